//! Passing a node through: what fed it feeds what it fed, where that fits. Deleting a node without cutting the way
//! through it stands on the rule, and so does bypassing one.

use std::collections::{BTreeMap, BTreeSet};

use crate::edit::Edit;
use crate::graph::{Graph, MOST_VIA, Wire};
use crate::id::{NodeId, WireId};
use crate::text::Lang;

impl Graph {
    /// The change that takes away nodes and wires as [`Graph::delete`] does, and joins what fed the nodes to what they
    /// fed where the types fit: through the input of the same name as the output, or else the first that fits. The new
    /// wires take the way of those that they stand for.
    pub fn delete_and_reconnect(&self, nodes: &[NodeId], wires: &[WireId]) -> Edit {
        let gone: BTreeSet<NodeId> = nodes.iter().copied().collect();
        let mut edits = match self.delete(nodes, wires) {
            Edit::Batch { edits } => edits,
            other => vec![other],
        };
        let cut: BTreeSet<WireId> = gone.iter().flat_map(|n| self.wires_at(*n).map(|(id, _)| id)).collect();
        for wire in cut.iter().filter_map(|id| self.wire(*id)) {
            if !gone.contains(&wire.to.node)
                && let Some(wire) = self.wire_beyond(wire, &gone)
            {
                edits.push(Edit::AddWire { id: WireId::random(), wire });
            }
        }
        Edit::Batch { edits }
    }

    /// The wires that feed a node, the first that a passing through `output` tries first: that of the same name, then
    /// from the top of the node downwards.
    pub(crate) fn feeds_through(&self, node: NodeId, output: &str) -> Vec<&Wire> {
        let mut feeds: Vec<&Wire> = self.wires_at(node).map(|(_, w)| w).filter(|w| w.to.node == node).collect();
        if feeds.len() > 1
            && let Some(node) = self.node(node)
        {
            let inputs = node.inputs();
            let places: BTreeMap<&str, usize> = inputs.iter().enumerate().map(|(at, p)| (&*p.id, at)).collect();
            // An input and an output of a subgraph belong together when they have the same name, but for the number that
            // keeps the nodes apart which make them.
            let label = node.inner.is_some().then(|| node.output(output).map(|p| p.label)).flatten();
            let is_same = |at: Option<&usize>| match (label, at.and_then(|at| inputs.get(*at))) {
                (Some(label), Some(port)) => base(port.label.get(Lang::En)) == base(label.get(Lang::En)),
                _ => false,
            };
            feeds.sort_by_cached_key(|w| {
                let place = places.get(w.to.port.as_str());
                (w.to.port != output && !is_same(place), place.copied().unwrap_or(inputs.len()), w.to.port.as_str())
            });
        }
        feeds
    }

    /// A wire to the end of `wire` from the first output that fits on the ways back through nodes that go.
    fn wire_beyond(&self, wire: &Wire, gone: &BTreeSet<NodeId>) -> Option<Wire> {
        let wanted = self.node(wire.to.node)?.input(&wire.to.port)?.ty;
        let mut seen = BTreeSet::new();
        // Every wire that was looked at, with the one that it was come to from.
        let mut ways: Vec<(&Wire, Option<usize>)> = vec![(wire, None)];
        let mut open = vec![0];
        while let Some(way) = open.pop() {
            let output = &ways[way].0.from;
            if !gone.contains(&output.node) {
                let given = self.node(output.node).and_then(|n| n.output(&output.port));
                if output.node != wire.to.node && given.is_some_and(|o| o.ty.feeds(wanted).is_ok()) {
                    return Some(Wire { from: output.clone(), to: wire.to.clone(), via: points(&ways, way) });
                }
                continue;
            }
            if !seen.insert(output) {
                continue;
            }
            // The last is looked at first.
            for feed in self.feeds_through(output.node, &output.port).into_iter().rev() {
                open.push(ways.len());
                ways.push((feed, Some(way)));
            }
        }
        None
    }
}

/// A name without the number at its end.
fn base(name: &str) -> &str {
    match name.rsplit_once(' ') {
        Some((base, number)) if !base.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => base,
        _ => name,
    }
}

/// The points of all wires on a way; none where they are too many for one wire.
fn points(ways: &[(&Wire, Option<usize>)], way: usize) -> Vec<[f64; 2]> {
    let mut out = Vec::new();
    let mut at = Some(way);
    while let Some((wire, next)) = at.and_then(|at| ways.get(at)) {
        out.extend_from_slice(&wire.via);
        if out.len() > MOST_VIA {
            return Vec::new();
        }
        at = *next;
    }
    out
}
