//! Commands that mark nodes: left out, passed by, drawn as a bar, framed; and notes. Each is one step of the history.

use weft_model::frame::frame_around;
use weft_model::{Edit, Mode, NodeId};

use super::DesktopApp;
use crate::canvas::sheets::NOTE;
use crate::node_views::node_key;
use crate::palette::Entry;

impl DesktopApp {
    /// The selected nodes that compute.
    fn selected_services(&self) -> Vec<NodeId> {
        let Some(session) = &self.session else { return Vec::new() };
        let graph = session.project.graph();
        let mut nodes = session.selected().0;
        nodes.retain(|id| graph.node(*id).is_some_and(|n| !n.is_annotation()));
        nodes
    }

    /// Puts the selected nodes into a mode; if all of them are in it already, they run again.
    pub(super) fn toggle_mode(&mut self, mode: Mode) {
        let nodes = self.selected_services();
        let Some(session) = &mut self.session else { return };
        let graph = session.project.graph();
        let is = |id: &NodeId, mode| graph.node(*id).is_some_and(|n| n.mode == mode);
        let mode = if nodes.iter().all(|id| is(id, mode)) { Mode::Active } else { mode };
        let edits = nodes.iter().filter(|id| !is(id, mode)).map(|id| Edit::SetMode { id: *id, mode }).collect();
        let result = session.change("edit-mode", Edit::Batch { edits });
        self.say_refusal(result);
    }

    /// Draws the selected nodes as bars; if all of them are bars already, whole.
    pub(super) fn toggle_collapsed(&mut self) {
        let nodes = self.selected_services();
        let Some(session) = &mut self.session else { return };
        let graph = session.project.graph();
        let is = |id: &NodeId| graph.node(*id).is_some_and(|n| n.collapsed);
        let collapsed = !nodes.iter().all(is);
        let others = nodes.iter().filter(|id| is(id) != collapsed);
        let edits = others.map(|id| Edit::SetCollapsed { id: *id, collapsed }).collect();
        let result = session.change("edit-collapse", Edit::Batch { edits });
        self.say_refusal(result);
    }

    /// Puts a frame around the selected nodes, whose title is then written.
    pub(super) fn frame_selection(&mut self) {
        let Some(session) = &mut self.session else { return };
        let (nodes, _) = session.selected();
        let framed = frame_around(session.project.graph(), &nodes, |id| session.outline(id));
        let Some((id, mut edit)) = framed else { return };
        if let Edit::AddNode { node, .. } = &mut edit
            && let Some(decl) = node.decl()
        {
            node.name = session.project.graph().free_name(self.tr.text(decl.label));
        }
        let result = session.change("edit-frame", edit);
        if result.is_ok() {
            session.canvas.state.select([node_key(id)], []);
            session.canvas.write(&session.project, id);
        }
        self.say_refusal(result);
    }

    /// Adds a note where there is room, which is then written.
    pub(super) fn add_note(&mut self) {
        let Some(session) = &mut self.session else { return };
        let Some(kind) = weft_model::catalogue::kind(NOTE) else { return };
        let added =
            session.canvas.add_at_center(&Entry { kind, preset: None, block: None }, &mut session.project, &self.tr);
        self.say_refusal(added.map(drop));
    }
}
