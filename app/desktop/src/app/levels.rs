//! Levels in the window: entering and leaving subgraphs, making them, taking them apart, and finding a node wherever it
//! stands. Must not draw.

use egui_node_graph::{CanvasState, NodeId as Key};
use weft_model::{NodeId, subgraph};

use super::{DesktopApp, Session};
use crate::node_views::node_key;

/// The nodes of the project that are shown need not be those of the canvas: brings both together.
impl Session {
    /// Lets the canvas follow to the level that the project shows; whether it had shown another.
    pub(super) fn follow_level(&mut self) -> bool {
        let changed = self.canvas.follow_level(&self.project);
        if changed {
            self.views.invalidate();
        }
        changed
    }

    /// Shows the graph at the end of a path.
    pub(super) fn go(&mut self, level: &[NodeId]) -> bool {
        self.project.go_to_level(level) && self.follow_level()
    }

    /// Selects the node at the end of a path and brings it into view.
    pub(super) fn show_at(&mut self, path: &[NodeId]) {
        let Some((node, level)) = path.split_last() else { return };
        self.go(level);
        self.canvas.show_node(*node);
    }

    /// The only selected node, if it is a subgraph.
    pub(super) fn selected_subgraph(&self) -> Option<NodeId> {
        let selected = self.canvas.selected_node()?;
        self.project.graph().node(selected)?.inner.is_some().then_some(selected)
    }

    /// Brings nodes into view, if none of them is.
    pub(super) fn reveal(&mut self, nodes: &[NodeId]) {
        let (graph, state) = (self.project.graph(), &self.canvas.state);
        let Some(rect) = state.canvas_rect() else { return };
        let is_seen = |id: &NodeId| graph.node(*id).is_some_and(|node| rect.contains(state.to_screen(node.pos)));
        if nodes.is_empty() || nodes.iter().any(is_seen) {
            return;
        }
        let keys: Vec<Key> = nodes.iter().map(|id| node_key(*id)).collect();
        match keys.as_slice() {
            [one] => self.canvas.state.center_on(*one),
            _ => CanvasState::fit_nodes(&mut self.canvas.state, keys),
        }
    }
}

impl DesktopApp {
    /// Lets canvas and inspector follow to the level that the project shows.
    pub(super) fn follow_level(&mut self) {
        if self.session.as_mut().is_some_and(Session::follow_level) {
            // What was being typed belongs to a node that is not shown.
            self.inspector.clear();
        }
    }

    /// Shows the graph at the end of a path.
    pub(super) fn go_to(&mut self, level: &[NodeId]) {
        if self.session.as_mut().is_some_and(|s| s.go(level)) {
            self.inspector.clear();
            self.ctx.request_repaint();
        }
    }

    /// Selects the node at the end of a path and brings it into view.
    pub(super) fn show_at(&mut self, path: &[NodeId]) {
        if let Some((_, level)) = path.split_last() {
            self.go_to(level);
        }
        if let Some(session) = &mut self.session {
            session.show_at(path);
        }
        self.ctx.request_repaint();
    }

    /// The same for a node of a run.
    pub(crate) fn show_run_node(&mut self, run_id: NodeId) {
        if let Some(path) = self.session.as_ref().and_then(|s| s.project.find(run_id)) {
            self.show_at(&path);
        }
    }

    /// Takes the newest step of the history back or makes it again, says so, and shows where.
    pub(super) fn step(&mut self, back: bool) {
        let Some(session) = &mut self.session else { return };
        let step = if back { session.project.undo() } else { session.project.redo() };
        let Some(step) = step else { return };
        let what = self.tr.t(&step.label).to_owned();
        let said = if back { "undone" } else { "redone" };
        self.toasts.note(self.tr.fmt(said, &[("what", what.into())]));
        self.follow_level();
        if let Some(session) = &mut self.session {
            session.reveal(&step.nodes);
        }
        self.ctx.request_repaint();
    }

    pub(super) fn enter_subgraph(&mut self) {
        let Some(session) = &self.session else { return };
        if let Some(id) = session.selected_subgraph() {
            let level = session.project.path_of(id);
            self.go_to(&level);
        }
    }

    /// Shows the graph around, with the subgraph that was left selected.
    pub(super) fn leave_subgraph(&mut self) {
        let Some((owner, around)) = self.session.as_ref().and_then(|s| s.project.level().split_last()) else { return };
        let (owner, around) = (*owner, around.to_vec());
        self.go_to(&around);
        if let Some(session) = &mut self.session {
            session.canvas.state.select([node_key(owner)], []);
        }
    }

    pub(super) fn make_subgraph(&mut self) {
        let Some(session) = &mut self.session else { return };
        let nodes = session.canvas.selected_nodes();
        let project = &session.project;
        let name = subgraph::free_name(project.root(), self.tr.t("subgraph-name"));
        match subgraph::make_subgraph(project.graph(), &nodes, &name) {
            Err(why) => self.toasts.note(self.tr.of(&why)),
            Ok((id, edit)) => {
                let result = session.change("edit-make-subgraph", edit);
                if result.is_ok() {
                    session.canvas.state.select([node_key(id)], []);
                }
                self.say_refusal(result);
            }
        }
    }

    pub(super) fn unpack(&mut self) {
        let Some(session) = &mut self.session else { return };
        let Some(id) = session.selected_subgraph() else { return };
        let Some((nodes, edit)) = subgraph::unpack(session.project.graph(), id) else { return };
        let result = session.change("edit-unpack", edit);
        if result.is_ok() {
            session.canvas.state.select(nodes.into_iter().map(node_key), []);
        }
        self.say_refusal(result);
    }
}
