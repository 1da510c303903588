//! Where the graph that is shown stands: the project and the subgraphs on the way to it, each a button, with the subgraphs
//! that can be entered from there in a menu. Must not change anything: it says where to go.

use egui::{Button, Id, Rect, RichText, Role, ScrollArea, Sense, Ui, vec2};
use weft_model::flat::NodePath;
use weft_model::text::brief;

use crate::document::OpenProject;
use crate::i18n::Tr;
use crate::icons;
use crate::theme::Theme;
use crate::widgets;

/// Characters of a name that are shown.
const LONGEST: usize = 28;
/// Subgraphs that a menu lists.
const LISTED: usize = 20;
/// Height [points].
const HEIGHT: f32 = 24.0;

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Crumb {
    /// Another graph.
    Go(NodePath),
    /// The whole of the present one in view.
    Fit,
}

/// Shows it in the upper left of the canvas.
pub(super) fn show(ui: &mut Ui, canvas: Rect, project: &OpenProject, theme: &Theme, tr: &Tr) -> Option<Crumb> {
    let mut asked = None;
    let width = (canvas.width() - 24.0).max(80.0);
    let place = Rect::from_min_size(canvas.min + vec2(12.0, 9.0), vec2(width, HEIGHT));
    let builder = egui::UiBuilder::new().max_rect(place).layout(egui::Layout::left_to_right(egui::Align::Center));
    let id = Id::unique("breadcrumb");
    // A button takes clicks and no drags: without this the canvas beneath would take a press for the beginning of one.
    if let Some(covered) = ui.data(|data| data.get_temp::<Rect>(id)) {
        ui.interact(covered.intersect(place), id, Sense::click_and_drag());
    }
    let shown = ui.scope_builder(builder, |ui| {
        let bar = ScrollArea::horizontal().id_salt("breadcrumb").auto_shrink([true, true]).stick_to_right(true);
        bar.scroll_bar_visibility(egui::containers::scroll_area::ScrollBarVisibility::AlwaysHidden).show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.set_height(HEIGHT);
                ui.spacing_mut().item_spacing.x = 2.0;
                let mut title = project.title(tr.lang()).unwrap_or_default().to_owned();
                if title.is_empty() {
                    title = project.name(tr.lang(), tr.t("project-unnamed"));
                }
                let level = project.level();
                for depth in 0..=level.len() {
                    let path = &level[..depth];
                    let (icon, name) = match project.root().node_at(path) {
                        None => ("house", brief(&title, LONGEST)),
                        Some(node) => ("stack", brief(&node.name, LONGEST)),
                    };
                    let is_here = depth == level.len();
                    let hint = if is_here { tr.t("cmd-fit-all") } else { tr.t("breadcrumb-go") };
                    if widgets::chip(ui, theme, icon, &name).on_hover_text(hint).clicked() {
                        asked = Some(if is_here { Crumb::Fit } else { Crumb::Go(path.to_vec()) });
                    }
                    if let Some(path) = inner(ui, project, path, level.get(depth).copied(), theme, tr) {
                        asked = Some(Crumb::Go(path));
                    }
                }
            })
        })
    });
    ui.data_mut(|data| data.insert_temp(id, shown.inner.inner.response.rect));
    asked
}

/// The menu of the subgraphs of a graph; the one that was chosen. `on_the_way` is the one that is entered already.
fn inner(
    ui: &mut Ui,
    project: &OpenProject,
    path: &[weft_model::NodeId],
    on_the_way: Option<weft_model::NodeId>,
    theme: &Theme,
    tr: &Tr,
) -> Option<NodePath> {
    let graph = project.root().at(path)?;
    let mut inside: Vec<_> = graph.nodes().filter(|(_, node)| node.is_subgraph()).collect();
    if inside.is_empty() {
        return None;
    }
    inside.sort_by(|a, b| a.1.name.cmp(&b.1.name));
    let mut chosen = None;
    let caret = Button::new(icons::text("caret-right", 12.0, theme.muted))
        .frame_when_inactive(false)
        .min_size(vec2(18.0, 20.0));
    let (button, _) = egui::containers::menu::MenuButton::from_button(caret).ui(ui, |ui| {
        for (id, node) in inside.iter().take(LISTED) {
            let name = brief(&node.name, LONGEST);
            let ink = if on_the_way == Some(*id) { theme.accent } else { theme.text };
            let text = RichText::new(&*name).color(ink);
            let row = Button::new((icons::text("stack", 14.0, theme.muted), text)).min_size(vec2(180.0, 24.0));
            if widgets::named(ui.add(row), Role::Button, &name).clicked() {
                chosen = Some(path.iter().copied().chain([*id]).collect());
                ui.close();
            }
        }
    });
    widgets::named(button, Role::Button, tr.t("breadcrumb-inside")).on_hover_text(tr.t("breadcrumb-inside"));
    chosen
}
