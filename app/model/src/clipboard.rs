//! Copy and paste: a part of a workflow that can be put into a graph again, the same one or another.
//!
//! How a fragment is written as text, and that there is a system clipboard at all, is not known here.

use std::collections::{BTreeMap, BTreeSet};

use crate::edit::Edit;
use crate::graph::{Endpoint, Graph, Node, Wire};
use crate::id::{NodeId, WireId};

/// Nodes with the wires between them, and what fed them from outside.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fragment {
    graph: Graph,
    inputs: Vec<Wire>,
}

/// Copies nodes: themselves, the wires between them, and the wires that come in from other nodes. Nodes that do not
/// exist are passed over.
pub fn copy(graph: &Graph, nodes: &[NodeId]) -> Fragment {
    let chosen: BTreeSet<NodeId> = nodes.iter().copied().filter(|id| graph.node(*id).is_some()).collect();
    let mut part = Graph::default();
    let mut edits: Vec<Edit> =
        chosen.iter().filter_map(|id| Some(Edit::AddNode { id: *id, node: graph.node(*id)?.clone() })).collect();
    let mut inputs = Vec::new();
    for (id, wire) in chosen.iter().flat_map(|node| graph.wires_at(*node).filter(move |(_, w)| w.to.node == *node)) {
        if chosen.contains(&wire.from.node) {
            edits.push(Edit::AddWire { id, wire: wire.clone() });
        } else {
            inputs.push(wire.clone());
        }
    }
    // What held in the graph holds in a part of it.
    let result = part.apply(Edit::Batch { edits });
    debug_assert!(result.is_ok(), "a part of a graph is a graph: {result:?}");
    Fragment::new(part, inputs)
}

impl Fragment {
    /// A fragment of a graph and the wires that came into it from outside. Wires that do not end at a free input of one
    /// of its nodes, or that begin at one of them, are left out.
    pub fn new(graph: Graph, inputs: impl IntoIterator<Item = Wire>) -> Self {
        let mut taken = BTreeSet::new();
        let mut inputs: Vec<Wire> = inputs
            .into_iter()
            .filter(|w| graph.node(w.to.node).is_some() && graph.node(w.from.node).is_none())
            .filter(|w| graph.wire_into(&w.to).is_none() && taken.insert(w.to.clone()))
            // Where the copies will stand, the way round the nodes of the original leads nowhere.
            .map(|w| Wire::new(w.from, w.to))
            .collect();
        inputs.sort_by(|a, b| a.to.cmp(&b.to));
        Self { graph, inputs }
    }

    /// The nodes and the wires between them, under the identifiers that they were copied from.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The wires that came in from outside, by the input that they end at.
    pub fn inputs(&self) -> &[Wire] {
        &self.inputs
    }

    /// Whether there is nothing to paste.
    pub fn is_empty(&self) -> bool {
        self.graph.nodes.is_empty()
    }

    /// Upper left corner of where the nodes stood [points at zoom 1].
    pub fn corner(&self) -> [f64; 2] {
        let least = |axis: usize| self.graph.nodes.values().map(|n| n.pos[axis]).fold(f64::INFINITY, f64::min);
        [least(0), least(1)].map(|v| if v.is_finite() { v } else { 0.0 })
    }

    /// The change that puts the fragment into `graph`, its upper left corner at `at`, and the identifiers of the new
    /// nodes. Names that are taken get the next free number. With `keep_inputs` the copies are fed by the same outputs
    /// as the originals, as far as those nodes are there.
    pub fn paste(&self, graph: &Graph, at: [f64; 2], keep_inputs: bool) -> (Edit, Vec<NodeId>) {
        let corner = self.corner();
        let moved = |pos: [f64; 2]| {
            [0, 1].map(|axis| {
                let moved = at[axis] + (pos[axis] - corner[axis]);
                // Places at the far end of what numbers can say.
                if moved.is_finite() { moved } else { pos[axis] }
            })
        };
        let mut names = Names { graph, given: BTreeSet::new(), next: BTreeMap::new() };
        let mut ids = BTreeMap::new();
        let mut edits = Vec::with_capacity(self.graph.nodes.len() + self.graph.wires.len());
        for (old, node) in &self.graph.nodes {
            let id = fresh(NodeId::random, |id| graph.nodes.contains_key(id));
            ids.insert(*old, id);
            let pos = moved(node.pos);
            let name = names.free(&node.name);
            edits.push(Edit::AddNode { id, node: Node { name, pos, ..node.clone() } });
        }
        let outside = self.inputs.iter().filter(|w| keep_inputs && graph.nodes.contains_key(&w.from.node));
        for wire in self.graph.wires.values().chain(outside) {
            let id = fresh(WireId::random, |id| graph.wires.contains_key(id));
            let end = |end: &Endpoint| Endpoint::new(*ids.get(&end.node).unwrap_or(&end.node), end.port.clone());
            let via = wire.via.iter().map(|point| moved(*point)).collect();
            let new = Wire { from: end(&wire.from), to: end(&wire.to), via };
            edits.push(Edit::AddWire { id, wire: new });
        }
        (Edit::Batch { edits }, ids.into_values().collect())
    }
}

fn fresh<T>(make: fn() -> T, taken: impl Fn(&T) -> bool) -> T {
    loop {
        let id = make();
        if !taken(&id) {
            return id;
        }
    }
}

/// Gives out names that neither the graph has nor any node that is about to join it.
struct Names<'a> {
    graph: &'a Graph,
    given: BTreeSet<String>,
    /// The number to try next, by the name that the numbers follow: a thousand copies of one node take no million looks.
    next: BTreeMap<String, u64>,
}

impl Names<'_> {
    fn free(&mut self, wanted: &str) -> String {
        let is_free =
            |name: &str, given: &BTreeSet<String>| self.graph.node_named(name).is_none() && !given.contains(name);
        let mut name = wanted.to_owned();
        if !is_free(&name.to_lowercase(), &self.given) {
            // The copy of "train 2" is "train 3", not "train 2 2".
            let base = match wanted.rsplit_once(' ') {
                Some((base, number)) if !base.trim().is_empty() && number.parse::<u64>().is_ok() => base,
                _ => wanted,
            };
            let next = self.next.entry(base.to_lowercase()).or_insert(2);
            loop {
                name = format!("{base} {next}");
                *next += 1;
                if is_free(&name.to_lowercase(), &self.given) {
                    break;
                }
            }
        }
        self.given.insert(name.to_lowercase());
        name
    }
}
