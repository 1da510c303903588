//! Deleting a node without cutting the way through it: what fed it feeds what it fed, where that fits.

use std::collections::BTreeSet;

use crate::edit::Edit;
use crate::graph::{Endpoint, Graph, Wire};
use crate::id::{NodeId, WireId};

impl Graph {
    /// The change that takes away nodes and wires as [`Graph::delete`] does, and joins what fed the nodes to what they
    /// fed where the types fit: through the input of the same name as the output, or else the first that fits.
    pub fn delete_and_reconnect(&self, nodes: &[NodeId], wires: &[WireId]) -> Edit {
        let gone: BTreeSet<NodeId> = nodes.iter().copied().collect();
        let mut edits = match self.delete(nodes, wires) {
            Edit::Batch { edits } => edits,
            other => vec![other],
        };
        let cut: BTreeSet<WireId> = gone.iter().flat_map(|n| self.wires_at(*n).map(|(id, _)| id)).collect();
        for wire in cut.iter().filter_map(|id| self.wire(*id)) {
            if !gone.contains(&wire.to.node)
                && let Some(from) = self.source_beyond(&wire.from, &wire.to, &gone)
            {
                edits.push(Edit::AddWire { id: WireId::random(), wire: Wire { from, to: wire.to.clone() } });
            }
        }
        Edit::Batch { edits }
    }

    /// The first output that fits `input` on the ways back from `output` through nodes that go.
    fn source_beyond(&self, output: &Endpoint, input: &Endpoint, gone: &BTreeSet<NodeId>) -> Option<Endpoint> {
        let wanted = self.node(input.node)?.decl()?.input(&input.port)?.ty;
        let mut seen = BTreeSet::new();
        let mut open = vec![output];
        while let Some(output) = open.pop() {
            if !gone.contains(&output.node) {
                let given = self.node(output.node).and_then(|n| n.decl()?.output(&output.port));
                if output.node != input.node && given.is_some_and(|o| o.ty.feeds(wanted).is_ok()) {
                    return Some(output.clone());
                }
                continue;
            }
            if !seen.insert(output) {
                continue;
            }
            let inputs = self.node(output.node).and_then(|n| n.decl()).map_or(&[][..], |d| d.inputs);
            let mut feeds: Vec<&Wire> =
                self.wires_at(output.node).map(|(_, w)| w).filter(|w| w.to.node == output.node).collect();
            // The last is looked at first: that of the same name, then from the top of the node downwards.
            feeds.sort_by_key(|w| {
                let place = inputs.iter().position(|p| p.id == w.to.port).unwrap_or(inputs.len());
                std::cmp::Reverse((w.to.port != output.port, place, w.to.port.as_str()))
            });
            open.extend(feeds.into_iter().map(|w| &w.from));
        }
        None
    }
}
