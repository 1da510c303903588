//! Whether a node takes part in a run: buttons side by side.

use egui::{Align2, CornerRadius, Id, Key, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use weft_model::{Edit, Mode, Node, NodeId};

use super::{Context, InspectorRequest};
use crate::document::OpenProject;
use crate::widgets;

fn texts(mode: Mode) -> (&'static str, &'static str) {
    match mode {
        Mode::Active => ("mode-active", "mode-active-help"),
        Mode::Muted => ("mode-muted", "mode-muted-help"),
        Mode::Bypassed => ("mode-bypassed", "mode-bypassed-help"),
    }
}

/// Shows the mode of a node, and changes it.
pub(super) fn show(
    ui: &mut Ui,
    project: &mut OpenProject,
    id: NodeId,
    node: &Node,
    with: &Context<'_>,
    requests: &mut Vec<InspectorRequest>,
) {
    if node.is_annotation() {
        return;
    }
    let (theme, tr) = (with.theme, with.tr);
    ui.add_space(2.0);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), theme.size.field), Sense::hover());
    ui.painter().rect(rect, theme.radius(), theme.input, theme.line(), StrokeKind::Inside);
    let each = rect.width() / Mode::ALL.len() as f32;
    let key = |mode: Mode| Id::unique(("inspector mode", id.0, mode.id()));
    let mut taken = None;
    for (index, mode) in Mode::ALL.into_iter().enumerate() {
        let (label, help) = texts(mode);
        let left = rect.left() + each * index as f32;
        let part = Rect::from_min_size(pos2(left, rect.top()), vec2(each, rect.height())).shrink(2.0);
        let response = ui.interact(part, key(mode), Sense::click());
        let (chosen, radius) = (node.mode == mode, CornerRadius::same(4));
        if chosen {
            ui.painter().rect(part, radius, theme.selection(), Stroke::new(1.0, theme.accent), StrokeKind::Inside);
        } else if response.hovered() {
            ui.painter().rect_filled(part, radius, theme.hover());
        }
        let color = if chosen { theme.text } else { theme.muted };
        ui.painter().text(part.center(), Align2::CENTER_CENTER, tr.t(label), theme.font(), color);
        widgets::focus_ring(ui, theme, &response);
        if response.has_focus() {
            let (left, right) = ui.input(|i| (i.key_pressed(Key::ArrowLeft), i.key_pressed(Key::ArrowRight)));
            let next = match (left, right) {
                (true, false) => index.checked_sub(1),
                (false, true) => Some(index + 1),
                _ => None,
            };
            if let Some(next) = next.and_then(|next| Mode::ALL.get(next)) {
                ui.memory_mut(|m| m.request_focus(key(*next)));
            }
        }
        let name = format!("{} {}", tr.t("mode-name"), tr.t(label));
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, &name));
        if response.on_hover_text(tr.t(help)).clicked() && !chosen {
            taken = Some(mode);
        }
    }
    if let Some(mode) = taken
        && let Err(error) = project.apply("edit-mode", Edit::SetMode { id, mode })
    {
        requests.push(InspectorRequest::Refused(error.to_string()));
    }
}
