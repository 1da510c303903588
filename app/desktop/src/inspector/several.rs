//! Several nodes at once: which kinds they are, what can be done with all of them, and the parameters that they share.

use egui::{Button, Frame, Margin, Role, ScrollArea, Ui, vec2};
use weft_model::align::{Alignment, Axis};

use super::{Context, Inspector, InspectorRequest};
use crate::commands::UiCommand;
use crate::document::OpenProject;
use crate::focus;
use crate::icons;
use crate::widgets;

/// Where several nodes stand.
const PLACES: [UiCommand; 9] = [
    UiCommand::Align(Alignment::Left),
    UiCommand::Align(Alignment::Center),
    UiCommand::Align(Alignment::Right),
    UiCommand::Align(Alignment::Top),
    UiCommand::Align(Alignment::Middle),
    UiCommand::Align(Alignment::Bottom),
    UiCommand::Distribute(Axis::Horizontal),
    UiCommand::Distribute(Axis::Vertical),
    UiCommand::Arrange,
];
/// How several nodes count and show.
const MODES: [UiCommand; 3] = [UiCommand::Mute, UiCommand::Bypass, UiCommand::Collapse];

impl Inspector {
    /// Shows several nodes.
    pub(super) fn several(
        &mut self,
        ui: &mut Ui,
        project: &mut OpenProject,
        with: &Context<'_>,
        requests: &mut Vec<InspectorRequest>,
    ) {
        let Some(shared) = self.shared.take() else { return };
        let (theme, tr) = (with.theme, with.tr);
        Frame::new().inner_margin(Margin { left: 12, right: 12, top: 10, bottom: 8 }).show(ui, |ui| {
            ui.label(widgets::semibold(tr.fmt("inspector-many", &[("n", shared.ids.len().into())]), theme));
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(4.0, 2.0);
                for (kind, count) in &shared.kinds {
                    let (icon, color, name) = match kind {
                        Ok(kind) => (kind.category.icon(), theme.category(&kind.category), tr.text(kind.label)),
                        Err(unknown) => ("question", theme.flow, unknown.as_str()),
                    };
                    ui.label(icons::text(icon, 13.0, color));
                    ui.label(widgets::muted(format!("{name} × {count}"), theme));
                    ui.add_space(6.0);
                }
            });
            ui.add_space(2.0);
            for commands in [&PLACES[..], &MODES[..]] {
                ui.horizontal_wrapped(|ui| {
                    ui.spacing_mut().item_spacing = vec2(2.0, 2.0);
                    ui.spacing_mut().button_padding = vec2(4.0, 2.0);
                    for command in commands {
                        let name = tr.t(command.label());
                        let button = Button::new(icons::text(command.icon(), 15.0, theme.text))
                            .frame_when_inactive(false)
                            .min_size(vec2(24.0, 24.0));
                        let button = ui.add_enabled(command.enabled(with.now), button);
                        if widgets::named(button, Role::Button, name).on_hover_text(name).clicked() {
                            requests.push(InspectorRequest::Command(*command));
                        }
                    }
                });
            }
        });
        widgets::rule(ui, theme);
        ScrollArea::vertical().id_salt(shared.key).auto_shrink([false, false]).show(ui, |ui| {
            Frame::new().inner_margin(Margin::same(12)).show(ui, |ui| {
                if shared.rows.is_empty() {
                    ui.label(widgets::muted(tr.t("inspector-nothing-shared"), theme));
                    return;
                }
                let asked = self.rows(ui, project, &shared.rows, with);
                self.carry_out(project, &shared, asked, requests);
                let changed = shared.rows.iter().any(|row| row.changed > 0);
                ui.add_space(theme.size.section);
                let name = tr.t("inspector-reset-all");
                let icon = icons::text("arrow-counter-clockwise", 15.0, theme.text);
                let button = ui.add_enabled(changed, Button::new((icon, name)).min_size(vec2(0.0, 28.0)));
                if widgets::named(button, Role::Button, name).clicked() {
                    let rows = shared.rows.iter();
                    let all = rows.flat_map(|row| row.targets.iter().map(|(id, _)| (*id, row.param.id, None)));
                    if let Err(error) = project.set_params(all.collect(), None) {
                        requests.push(InspectorRequest::Refused(error.to_string()));
                    }
                    self.fields.clear();
                }
            });
            focus::keep_in_view(ui);
        });
        self.shared = Some(shared);
    }
}
