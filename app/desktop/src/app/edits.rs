//! Commands that change several nodes at once: clipboard, duplicate, delete and reconnect, arrange, align. Each is one
//! step of the history; what it does to the graph is for the model to say.

use std::time::{Duration, Instant};

use egui::{Event, Key, KeyboardShortcut, Modifiers, ViewportCommand};
use egui_node_graph::PinId;
use weft_model::align::{self, Alignment, Axis};
use weft_model::clipboard::{self, Fragment};
use weft_model::layout::{self, Outline};
use weft_model::{Edit, NodeId, WireId};

use super::{DesktopApp, Session};
use crate::commands::UiCommand;
use crate::keymap::Keymap;
use crate::node_views::{node_id, node_key, wire_id};

/// How far the copies of a duplicate stand from the originals [points at zoom 1].
const ASIDE: f64 = 32.0;
/// Places are rounded to it [points at zoom 1].
const GRID: f64 = 4.0;

impl Session {
    /// What is selected and still there.
    pub(super) fn selected(&self) -> (Vec<NodeId>, Vec<WireId>) {
        let (selection, graph) = (self.canvas.state.selection(), self.project.graph());
        let nodes = selection.nodes.iter().map(|id| node_id(*id)).filter(|id| graph.node(*id).is_some()).collect();
        let wires = selection.wires.iter().map(|id| wire_id(*id)).filter(|id| graph.wire(*id).is_some()).collect();
        (nodes, wires)
    }

    /// How large a node is drawn.
    fn size(&self, id: NodeId) -> [f64; 2] {
        self.canvas.scene.node_rect(node_key(id)).map_or([160.0, 60.0], |(_, size)| size.map(f64::from))
    }

    /// How a node is drawn, pins and all.
    pub(super) fn outline(&self, id: NodeId) -> Outline {
        let (scene, key) = (&self.canvas.scene, node_key(id));
        let top = scene.node_rect(key).map_or(0.0, |(pos, _)| pos[1]);
        let pins = |count: usize, pin: fn(egui_node_graph::NodeId, u16) -> PinId| -> Vec<f64> {
            let indices = 0..u16::try_from(count).unwrap_or(u16::MAX);
            indices.map_while(|index| Some(scene.pin_pos(pin(key, index))?[1] - top)).collect()
        };
        let (inputs, outputs) = scene.node(key).map_or((0, 0), |view| (view.inputs.len(), view.outputs.len()));
        Outline { size: self.size(id), inputs: pins(inputs, PinId::input), outputs: pins(outputs, PinId::output) }
    }

    /// Makes a change, if it is one, as one step.
    pub(super) fn change(&mut self, label: &str, edit: Edit) -> Result<(), String> {
        if edit == (Edit::Batch { edits: Vec::new() }) {
            return Ok(());
        }
        self.project.apply(label, edit).map_err(|e| e.to_string())
    }

    fn put(&mut self, label: &str, fragment: &Fragment, at: [f64; 2], keep_inputs: bool) -> Result<(), String> {
        let project = &mut self.project;
        let pasted = fragment.paste_at(project.root(), project.level(), at, keep_inputs);
        let Some((edit, nodes)) = pasted.filter(|(_, nodes)| !nodes.is_empty()) else { return Ok(()) };
        project.apply_to_root(label, edit).map_err(|e| e.to_string())?;
        self.canvas.state.select(nodes.into_iter().map(node_key), []);
        Ok(())
    }

    /// Where a paste goes: under the pointer, or else near the middle of what is seen, where nothing stands yet.
    fn paste_place(&self, ctx: &egui::Context) -> [f64; 2] {
        let state = &self.canvas.state;
        let Some(rect) = state.canvas_rect() else { return [0.0; 2] };
        if let Some(at) = ctx.pointer_latest_pos().filter(|at| rect.contains(*at)) {
            return state.to_graph(at);
        }
        let mut at = state.to_graph(rect.center());
        while self.canvas.scene.node_at([at[0] + GRID, at[1] + GRID]).is_some() {
            at = [at[0] + ASIDE, at[1] + ASIDE];
        }
        at
    }
}

impl DesktopApp {
    /// The system says by events that the keys of the clipboard were pressed, and not by keys. While text is typed they
    /// are the field's.
    pub(super) fn take_clipboard_events(&mut self) {
        if self.session.is_none() || self.ctx.text_edit_focused() {
            return;
        }
        // What is marked in the log or in a message is what the user means to copy.
        let text_marked = self.ctx.with_plugin(|p: &mut egui::text_selection::LabelSelectionState| p.has_selection());
        let mut taken = Vec::new();
        self.ctx.input_mut(|i| {
            i.events.retain(|event| {
                let ours = match event {
                    Event::Copy | Event::Cut => text_marked != Some(true),
                    Event::Paste(_) => true,
                    _ => false,
                };
                if ours {
                    taken.push(event.clone());
                }
                !ours
            });
        });
        for event in taken {
            // The system has taken the keys for what they are everywhere: here they may be another command's.
            let pressed = |key| Keymap::of(&self.ctx).owner(KeyboardShortcut::new(Modifiers::COMMAND, key));
            match event {
                Event::Copy => pressed(Key::C).into_iter().for_each(|command| self.execute(command)),
                Event::Cut => pressed(Key::X).into_iter().for_each(|command| self.execute(command)),
                Event::Paste(text) => {
                    // An empty clipboard gives no answer: an old question is forgotten.
                    let asked = self.pasting.take().filter(|(_, at)| at.elapsed() < Duration::from_secs(2));
                    match (asked, pressed(Key::V)) {
                        (Some((keep_inputs, _)), _) => self.paste(&text, keep_inputs),
                        (None, Some(UiCommand::Paste)) => self.paste(&text, false),
                        (None, Some(UiCommand::PasteKeepingInputs)) => self.paste(&text, true),
                        (None, command) => command.into_iter().for_each(|command| self.execute(command)),
                    }
                }
                _ => {}
            }
        }
    }

    /// Copies the selected nodes as text that another window, or another program, can take.
    pub(super) fn copy(&mut self, cut: bool) {
        let Some(session) = &mut self.session else { return };
        let (nodes, _) = session.selected();
        let fragment = clipboard::copy(session.project.graph(), &nodes);
        if fragment.is_empty() {
            return;
        }
        self.ctx.copy_text(weft_project::fragment_to_text(&fragment));
        if cut {
            let edit = session.project.graph().delete(&nodes, &[]);
            session.canvas.state.clear_selection();
            let result = session.project.take_away("edit-cut", &nodes, edit).map_err(|e| e.to_string());
            self.say_refusal(result);
        }
    }

    /// Asks for what lies on the clipboard: it comes as an event.
    pub(super) fn ask_for_clipboard(&mut self, keep_inputs: bool) {
        self.pasting = Some((keep_inputs, Instant::now()));
        self.ctx.send_viewport_cmd(ViewportCommand::RequestPaste);
    }

    fn paste(&mut self, text: &str, keep_inputs: bool) {
        let Some(session) = &mut self.session else { return };
        let fragment = match weft_project::fragment_from_text(text) {
            Ok(fragment) => fragment,
            Err(error) => {
                self.toasts.note(self.tr.of(&error.localised()));
                return;
            }
        };
        let at = session.paste_place(&self.ctx).map(|v| (v / GRID).round() * GRID);
        let result = session.put("edit-paste", &fragment, at, keep_inputs);
        self.say_refusal(result);
    }

    pub(super) fn duplicate(&mut self) {
        let Some(session) = &mut self.session else { return };
        let fragment = clipboard::copy(session.project.graph(), &session.selected().0);
        let at = fragment.corner().map(|v| v + ASIDE);
        let result = session.put("edit-duplicate", &fragment, at, false);
        self.say_refusal(result);
    }

    pub(super) fn delete_and_reconnect(&mut self) {
        let Some(session) = &mut self.session else { return };
        let (nodes, wires) = session.selected();
        let edit = session.project.graph().delete_and_reconnect(&nodes, &wires);
        session.canvas.state.clear_selection();
        let result = session.project.take_away("edit-delete-reconnect", &nodes, edit).map_err(|e| e.to_string());
        self.say_refusal(result);
    }

    /// Arranges the selected nodes, or all when fewer than two are.
    pub(super) fn arrange(&mut self) {
        let Some(session) = &mut self.session else { return };
        let (mut nodes, _) = session.selected();
        let all = nodes.len() < 2;
        if all {
            nodes = session.project.graph().nodes().map(|(id, _)| id).collect();
        }
        let edit = layout::arrange(session.project.graph(), &nodes, |id| session.outline(id));
        let result = session.change("edit-arrange", edit);
        if all {
            session.canvas.state.fit_all();
        }
        self.say_refusal(result);
    }

    pub(super) fn align(&mut self, to: Alignment) {
        let Some(session) = &mut self.session else { return };
        let edit = align::align(session.project.graph(), &session.selected().0, |id| session.size(id), to);
        let result = session.change("edit-align", edit);
        self.say_refusal(result);
    }

    pub(super) fn distribute(&mut self, axis: Axis) {
        let Some(session) = &mut self.session else { return };
        let edit = align::distribute(session.project.graph(), &session.selected().0, |id| session.size(id), axis);
        let result = session.change("edit-align", edit);
        self.say_refusal(result);
    }

    pub(super) fn say_refusal(&mut self, result: Result<(), String>) {
        if let Err(why) = result {
            self.toasts.error(why);
        }
        self.ctx.request_repaint();
    }
}
