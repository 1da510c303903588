//! Keys: what they open, select, move and take away. In full:
//!
//! | keys | what they do |
//! |---|---|
//! | Tab, Shift+Tab | the focus goes from node to node, as among all widgets |
//! | arrows | select the nearest node in a direction; with Shift, add it |
//! | Ctrl+arrows | move what is selected; with Shift, the right and lower edges of a frame or a note |
//! | Alt+Right, Alt+Left | the focus goes to the next output, or input, of the node |
//! | arrows on a pin | the next pin on its side, or the other side; Esc goes back to the node |
//! | Enter | opens a node; on a pin, takes up a wire |
//! | Tab and arrows with a wire | the next pin that fits, nearest first; back with Shift+Tab, Left and Up |
//! | Enter, Esc with a wire | joins it, drops it |
//! | Del, Backspace | the wires of the pin with the focus, the point of a wire, or what is selected |
//! | Menu, Shift+F10 | the context menu |
//! | Shift+A, Tab over the canvas | the menu of nodes |
//! | Home, full stop | all of the graph, what is selected |

use egui::{Event, FocusDirection, Key, KeyboardShortcut, Modifiers, Pos2};

use super::Hand;
use crate::{Action, NodeId, bindings};

/// Tab asks for a node only where it does not go from widget to widget.
const BARE_TAB: KeyboardShortcut = KeyboardShortcut::new(Modifiers::NONE, Key::Tab);

/// How far Ctrl and an arrow move the selected nodes, in graph units.
const NUDGE: f64 = 8.0;

const ARROWS: [(Key, [f64; 2]); 4] = [
    (Key::ArrowLeft, [-1.0, 0.0]),
    (Key::ArrowRight, [1.0, 0.0]),
    (Key::ArrowUp, [0.0, -1.0]),
    (Key::ArrowDown, [0.0, 1.0]),
];

impl Hand<'_> {
    pub(super) fn keys(&mut self) {
        let over = self.response.contains_pointer();
        let ctx = self.ctx;
        let take = |modifiers, key| ctx.input_mut(|i| i.consume_key(modifiers, key));
        // Esc belongs to the gesture, whatever else might want it.
        if self.state.is_gesture_active() && take(Modifiers::NONE, Key::Escape) {
            self.cancel();
        }
        let covered = ctx.any_popup_open() || !ctx.memory(|m| m.is_above_modal_layer(self.response.layer_id));
        if self.typing() || covered {
            return;
        }
        let any_key = |i: &egui::InputState| i.events.iter().any(|e| matches!(e, Event::Key { pressed: true, .. }));
        if self.ctx.input(any_key) {
            self.state.nothing_fits = None;
        }
        let elsewhere = self.state.something_focused && self.state.focused_node.is_none();
        if elsewhere && !over {
            return;
        }
        if self.pin_keys() {
            return;
        }
        let at = ctx
            .pointer_hover_pos()
            .filter(|pos| over && self.rect().contains(*pos))
            .unwrap_or_else(|| self.rect().center());
        let keys = self.state.keys.clone();
        let chosen = |shortcuts: &[KeyboardShortcut]| ctx.input_mut(|i| bindings::take(i, shortcuts));
        // Elsewhere Tab goes from widget to widget, as everywhere.
        let (tabs, add): (Vec<_>, Vec<_>) = keys.add.iter().copied().partition(|s| *s == BARE_TAB);
        if chosen(&add) {
            self.open_add_menu(at);
        }
        if over && !self.state.something_focused && chosen(&tabs) {
            ctx.memory_mut(|memory| {
                memory.move_focus(FocusDirection::None);
                if let Some(id) = memory.focused() {
                    memory.surrender_focus(id);
                }
            });
            self.open_add_menu(at);
        }
        if chosen(&keys.select_all) {
            let all: Vec<_> = self.scene.nodes().map(|view| view.id).collect();
            self.state.select(all, []);
        }
        if chosen(&keys.delete) && !self.state.is_gesture_active() {
            let under = ctx.pointer_hover_pos().filter(|_| over);
            if !self.delete_point(under) && !self.state.selection().is_empty() {
                self.actions.push(Action::DeleteSelection);
            }
        }
        if !self.state.is_gesture_active() && !elsewhere {
            self.menu_key();
        }
        if chosen(&keys.fit_all) {
            self.state.fit_all();
            ctx.request_repaint();
        }
        if chosen(&keys.fit_selection) {
            self.state.fit_selection();
            ctx.request_repaint();
        }
        // A slider that has the focus wants its arrows, wherever the pointer is.
        if (over || self.state.focused_node.is_some()) && !elsewhere && !self.state.is_gesture_active() {
            self.arrows();
        }
        if let Some(node) = self.state.focused_node
            && take(Modifiers::NONE, Key::Enter)
        {
            self.actions.push(Action::ActivateNode(node));
        }
    }

    pub(super) fn open_add_menu(&mut self, at: Pos2) {
        self.actions.push(Action::OpenAddMenu { graph_pos: self.state.to_graph(at), screen_pos: at });
    }

    fn arrows(&mut self) {
        let held = self.ctx.input(|i| i.modifiers);
        let nudging = held.command || held.ctrl;
        if held.alt {
            return;
        }
        let mut pattern = match nudging {
            true if held.command => Modifiers::COMMAND,
            true => Modifiers::CTRL,
            false => Modifiers::NONE,
        };
        pattern.shift = held.shift;
        for (key, direction) in ARROWS {
            let presses = self.ctx.input_mut(|i| i.count_and_consume_key(pattern, key));
            for _ in 0..presses {
                if nudging && held.shift {
                    if self.resize_by_key(direction) {
                        self.ctx.memory_mut(|memory| memory.move_focus(FocusDirection::None));
                        self.ctx.request_repaint();
                    }
                } else if nudging {
                    self.nudge(direction);
                } else {
                    self.step(direction, held.shift);
                }
            }
        }
    }

    /// The node from which an arrow sets out.
    fn stand(&self, direction: [f64; 2]) -> Option<NodeId> {
        let selected = &self.state.selection().nodes;
        let last = [self.state.focused_node, self.state.arrow_node].into_iter().flatten();
        last.into_iter().find(|id| selected.contains(id)).or_else(|| {
            let reach = |id: &NodeId| self.scene.middle(*id).map_or(f64::MIN, |at| along(at, direction));
            selected.iter().copied().max_by(|a, b| reach(a).total_cmp(&reach(b)))
        })
    }

    /// Selects the nearest node in a direction, or adds it to the selection.
    fn step(&mut self, direction: [f64; 2], extend: bool) {
        // egui would move the focus to any widget that lies there.
        self.ctx.memory_mut(|memory| memory.move_focus(FocusDirection::None));
        let target = match self.stand(direction) {
            Some(id) => self.scene.neighbour(id, direction),
            None => self.scene.nearest(self.state.to_graph(self.rect().center())),
        };
        let Some(target) = target else { return };
        self.scene.raise(target);
        self.state.change_selection(|selection| {
            if !extend {
                *selection = Default::default();
            }
            selection.nodes.insert(target);
        });
        self.state.arrow_node = Some(target);
        // Whoever came by Tab goes on with the focus; whoever came with the mouse keeps Tab for the list of nodes.
        if self.state.focused_node.is_some() {
            self.state.focused_node = Some(target);
            let widget = self.response.id.with(target);
            self.ctx.memory_mut(|memory| memory.request_focus(widget));
        }
        let view = self.state.view_bounds();
        if let Some((pos, size)) = self.scene.node_rect(target) {
            let end = [pos[0] + f64::from(size[0]), pos[1] + f64::from(size[1])];
            if !(view.contains(pos) && view.contains(end)) {
                self.state.center_on_point([(pos[0] + end[0]) * 0.5, (pos[1] + end[1]) * 0.5]);
            }
        }
        self.ctx.request_repaint();
    }

    fn nudge(&mut self, direction: [f64; 2]) {
        let nodes = self.moving(false);
        if nodes.is_empty() {
            return;
        }
        self.ctx.memory_mut(|memory| memory.move_focus(FocusDirection::None));
        self.scene.lift(nodes);
        self.scene.carry(direction.map(|x| x * NUDGE));
        self.finish_move();
        self.ctx.request_repaint();
    }
}

/// How far a point lies in a direction.
fn along(at: [f64; 2], direction: [f64; 2]) -> f64 {
    at[0] * direction[0] + at[1] * direction[1]
}
