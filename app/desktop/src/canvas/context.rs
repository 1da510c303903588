//! The menu of what is selected: commands, the colours of frames and notes, and the points of wires. What a command does
//! is for the application to know.

use egui::{
    Align2, Area, Button, CornerRadius, Frame, Id, Key, Margin, Order, Role, ScrollArea, Sense, StrokeKind, Ui,
    WidgetInfo, vec2,
};
use weft_model::catalogue::ChoiceDecl;
use weft_model::{Edit, Node, NodeId, ParamKind, Value};

use super::sheets::NOTE;
use super::{Canvas, CanvasRequest, refuse};
use crate::commands::UiCommand;
use crate::document::OpenProject;
use crate::focus;
use crate::i18n::Tr;
use crate::icons;
use crate::node_views::{sheet_colour, wire_id};
use crate::problems;
use crate::theme::Theme;
use crate::widgets;

const WIDTH: f32 = 230.0;
/// Side of a swatch [points].
const SWATCH: f32 = 18.0;

/// The colours that a frame or a note can have.
fn colours(node: &Node) -> &'static [ChoiceDecl] {
    match node.decl().and_then(|d| d.param("colour")).map(|p| p.kind) {
        Some(ParamKind::Choice { choices }) => choices,
        _ => &[],
    }
}

/// One line of the menu.
fn item(ui: &mut Ui, theme: &Theme, icon: &str, text: &str, key: String, fresh: &mut bool) -> egui::Response {
    let button =
        Button::new((icons::text(icon, 15.0, theme.muted), text)).shortcut_text(key).min_size(vec2(WIDTH, 26.0));
    first(widgets::named(ui.add(button), Role::Button, text), fresh)
}

/// What is shown first has the keyboard when the menu opens: whoever came by the menu key goes on with the arrows.
fn first(response: egui::Response, fresh: &mut bool) -> egui::Response {
    if std::mem::take(fresh) {
        response.request_focus();
    }
    response
}

impl Canvas {
    /// Shows the menu, if it is open.
    pub(super) fn context(
        &mut self,
        ui: &Ui,
        project: &mut OpenProject,
        theme: &Theme,
        tr: &Tr,
        requests: &mut Vec<CanvasRequest>,
    ) {
        let Some((at, mut fresh)) = self.context_menu else { return };
        self.context_menu = Some((at, false));
        let mut done = false;
        let area = Area::new(Id::unique("canvas-context"))
            .order(Order::Foreground)
            .kind(egui::UiKind::Popup)
            .fixed_pos(at)
            .show(ui.ctx(), |ui| {
                Frame::menu(ui.style()).inner_margin(Margin::same(4)).show(ui, |ui| {
                    egui::containers::menu::menu_style(ui.style_mut());
                    ui.set_width(WIDTH);
                    // In a low window a long menu is scrolled.
                    let room = (ui.ctx().content_rect().height() - 24.0).max(120.0);
                    ScrollArea::vertical().max_height(room).min_scrolled_height(room).show(ui, |ui| {
                        let nodes = self.selected_nodes();
                        if let [one] = nodes.as_slice()
                            && let Some(fix) = problems::menu_ui(ui, project, *one, (WIDTH, &mut fresh), theme, tr)
                        {
                            requests.push(CanvasRequest::Fix(Box::new(fix)));
                            done = true;
                        }
                        done |= self.places(ui, nodes.len(), (theme, tr), &mut fresh, requests);
                        done |= self.sheet_items(ui, &nodes, project, (theme, tr), &mut fresh, requests);
                        done |= self.wire_items(ui, project, (theme, tr), &mut fresh, requests);
                        for command in commands(project, &nodes) {
                            if command.1 {
                                ui.separator();
                            }
                            let command = command.0;
                            let key = command.shortcut_text(ui.ctx());
                            if item(ui, theme, command.icon(), tr.t(command.label()), key, &mut fresh).clicked() {
                                requests.push(CanvasRequest::Command(command));
                                done = true;
                            }
                        }
                        focus::keep_in_view(ui);
                    });
                });
            });
        let outside = ui.input(|i| {
            i.key_pressed(Key::Escape)
                || (i.pointer.any_pressed()
                    && i.pointer.interact_pos().is_some_and(|p| !area.response.rect.contains(p)))
        });
        if done || outside {
            self.context_menu = None;
        }
    }

    /// Lines and gaps, for several nodes.
    fn places(
        &self,
        ui: &mut Ui,
        nodes: usize,
        (theme, tr): (&Theme, &Tr),
        fresh: &mut bool,
        requests: &mut Vec<CanvasRequest>,
    ) -> bool {
        if nodes < 2 {
            return false;
        }
        let lines = UiCommand::all().filter(|c| match c {
            UiCommand::Align(_) => true,
            UiCommand::Distribute(_) => nodes > 2,
            _ => false,
        });
        let mut done = false;
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
            for command in lines {
                let button = widgets::icon_button(ui, theme, command.icon(), tr.t(command.label()));
                if first(button, fresh).clicked() {
                    requests.push(CanvasRequest::Command(command));
                    done = true;
                }
            }
        });
        done
    }

    /// Colours, and writing, where nothing but frames and notes is selected.
    fn sheet_items(
        &mut self,
        ui: &mut Ui,
        nodes: &[NodeId],
        project: &mut OpenProject,
        (theme, tr): (&Theme, &Tr),
        fresh: &mut bool,
        requests: &mut Vec<CanvasRequest>,
    ) -> bool {
        let sheets: Vec<&Node> = nodes.iter().filter_map(|id| project.graph().node(*id)).collect();
        let Some(head) = sheets.first().filter(|_| sheets.iter().all(|n| n.is_annotation())) else { return false };
        let value = |node: &Node| node.param("colour").and_then(|v| v.as_str().map(str::to_owned));
        let current = value(head).filter(|colour| sheets.iter().all(|n| value(n).as_ref() == Some(colour)));
        let (choices, is_note) = (colours(head), head.kind == NOTE);
        let mut done = false;
        let taken = swatches(ui, choices, current.as_deref(), (theme, tr), fresh);
        if let Some(colour) = taken {
            let values = nodes.iter().map(|id| (*id, "colour", Some(Value::Text(colour.to_owned())))).collect();
            refuse(project.set_params(values, None).map_err(|e| e.to_string()), requests);
            done = true;
        }
        if let [one] = nodes {
            let (icon, text) =
                if is_note { ("pencil-simple", "canvas-edit-note") } else { ("pencil-simple", "canvas-edit-frame") };
            if item(ui, theme, icon, tr.t(text), String::new(), fresh).clicked() {
                self.write(project, *one);
                done = true;
            }
        }
        done
    }

    /// Points of the selected wires.
    fn wire_items(
        &mut self,
        ui: &mut Ui,
        project: &mut OpenProject,
        (theme, tr): (&Theme, &Tr),
        fresh: &mut bool,
        requests: &mut Vec<CanvasRequest>,
    ) -> bool {
        let wires = self.state.selection().wires.iter().map(|id| wire_id(*id));
        let led: Vec<_> = wires.filter(|id| project.graph().wire(*id).is_some_and(|w| !w.via.is_empty())).collect();
        if led.is_empty() || !item(ui, theme, "minus", tr.t("canvas-remove-points"), String::new(), fresh).clicked() {
            return false;
        }
        let edits = led.into_iter().map(|id| Edit::SetVia { id, via: Vec::new() }).collect();
        refuse(project.apply("edit-reroute", Edit::Batch { edits }).map_err(|e| e.to_string()), requests);
        true
    }
}

/// The commands of the menu, and whether a line stands before each.
fn commands(project: &OpenProject, nodes: &[NodeId]) -> Vec<(UiCommand, bool)> {
    if nodes.is_empty() {
        return vec![(UiCommand::Delete, false)];
    }
    let computes = nodes.iter().filter_map(|id| project.graph().node(*id)).any(|n| !n.is_annotation());
    let mut items = Vec::new();
    if nodes.len() == 1 && computes {
        items.push((UiCommand::RunToHere, false));
        items.push((UiCommand::ShowPreview, false));
    }
    items.push((UiCommand::FitSelection, false));
    let edit = [UiCommand::Cut, UiCommand::Copy, UiCommand::Duplicate, UiCommand::Delete];
    items.extend(edit.into_iter().map(|c| (c, c == UiCommand::Cut)));
    if computes {
        items.push((UiCommand::DeleteAndReconnect, false));
        let modes = [UiCommand::Mute, UiCommand::Bypass, UiCommand::Collapse];
        items.extend(modes.into_iter().map(|c| (c, c == UiCommand::Mute)));
    }
    items.push((UiCommand::FrameSelection, true));
    if computes {
        items.push((UiCommand::MakeSubgraph, false));
    }
    if let [one] = nodes
        && project.graph().node(*one).is_some_and(|node| node.inner.is_some())
    {
        let inside = [UiCommand::EnterSubgraph, UiCommand::Unpack, UiCommand::SaveBlock];
        items.extend(inside.into_iter().map(|c| (c, c == UiCommand::EnterSubgraph)));
    }
    if nodes.len() > 1 {
        items.push((UiCommand::Arrange, false));
    }
    items
}

fn swatches(
    ui: &mut Ui,
    choices: &'static [ChoiceDecl],
    current: Option<&str>,
    (theme, tr): (&Theme, &Tr),
    fresh: &mut bool,
) -> Option<&'static str> {
    let mut taken = None;
    let named = |id: &str| choices.iter().find(|c| c.id == id).map_or("", |c| tr.text(c.label));
    let mut shown = current.map_or("", named);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.add_space(4.0);
        for choice in choices {
            let (rect, response) = ui.allocate_exact_size(vec2(SWATCH, 26.0), Sense::click());
            let rect = egui::Rect::from_center_size(rect.center(), vec2(SWATCH, SWATCH));
            let chosen = current == Some(choice.id);
            let radius = CornerRadius::same(5);
            ui.painter().rect_filled(rect.shrink(1.0), radius, sheet_colour(theme, choice.id));
            if chosen {
                // A tick, so that the choice is not told by colour.
                let check = icons::icon("check");
                ui.painter().text(rect.center(), Align2::CENTER_CENTER, check, icons::font(12.0), theme.app);
                ui.painter().rect_stroke(rect, radius, (2.0, theme.text), StrokeKind::Outside);
            }
            if response.hovered() || response.has_focus() {
                shown = tr.text(choice.label);
            }
            widgets::focus_ring(ui, theme, &response);
            let name = tr.text(choice.label);
            response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, name));
            if first(response, fresh).clicked() {
                taken = Some(choice.id);
            }
        }
    });
    ui.horizontal(|ui| {
        ui.add_space(6.0);
        ui.label(widgets::muted(shown, theme));
    });
    ui.separator();
    taken
}
