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
            .filter(|w| match graph.takes_many(&w.to) {
                // Each output once.
                true => taken.insert((w.to.clone(), Some(w.from.clone()))),
                false => graph.wire_into(&w.to).is_none() && taken.insert((w.to.clone(), None)),
            })
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
    ///
    /// Nodes within subgraphs get new identifiers and names that nothing in `graph` has, too: a node that is there already
    /// runs under the same name as before.
    pub fn paste(&self, graph: &Graph, at: [f64; 2], keep_inputs: bool) -> (Edit, Vec<NodeId>) {
        self.paste_into(graph, graph, at, keep_inputs)
    }

    /// The same for the graph at the end of `path` in `root`, as a change of `root`. None where there is no such graph.
    pub fn paste_at(
        &self,
        root: &Graph,
        path: &[NodeId],
        at: [f64; 2],
        keep_inputs: bool,
    ) -> Option<(Edit, Vec<NodeId>)> {
        let (edit, ids) = self.paste_into(root, root.at(path)?, at, keep_inputs);
        let edit = if path.is_empty() { edit } else { Edit::Batch { edits: vec![Edit::inside(path, edit)] } };
        Some((edit, ids))
    }

    fn paste_into(&self, root: &Graph, graph: &Graph, at: [f64; 2], keep_inputs: bool) -> (Edit, Vec<NodeId>) {
        let corner = self.corner();
        let moved = |pos: [f64; 2]| {
            [0, 1].map(|axis| {
                let moved = at[axis] + (pos[axis] - corner[axis]);
                // Places at the far end of what numbers can say.
                if moved.is_finite() { moved } else { pos[axis] }
            })
        };
        let mut names = Names { graph, given: names_elsewhere(root, graph), next: BTreeMap::new() };
        let mut ids = BTreeMap::new();
        // The ports of subgraphs are called after nodes within, which get new identifiers.
        let mut ports: BTreeMap<(NodeId, String), String> = BTreeMap::new();
        let mut edits = Vec::with_capacity(self.graph.nodes.len() + self.graph.wires.len());
        for (old, node) in &self.graph.nodes {
            let id = fresh(NodeId::random, |id| graph.nodes.contains_key(id));
            ids.insert(*old, id);
            let pos = moved(node.pos);
            let name = names.free(&node.name);
            let mut node = Node { name, pos, ..node.clone() };
            if let Some(inner) = node.inner.take() {
                let (inner, renamed) = renewed(&inner, &mut names);
                ports.extend(renamed.into_iter().map(|(was, is)| ((*old, was.to_string()), is.to_string())));
                node.inner = Some(Box::new(inner));
            }
            edits.push(Edit::AddNode { id, node });
        }
        let outside = self.inputs.iter().filter(|w| keep_inputs && graph.nodes.contains_key(&w.from.node));
        for wire in self.graph.wires.values().chain(outside) {
            let id = fresh(WireId::random, |id| graph.wires.contains_key(id));
            let end = |end: &Endpoint| renewed_end(end, &ids, &ports);
            let via = wire.via.iter().map(|point| moved(*point)).collect();
            let new = Wire { from: end(&wire.from), to: end(&wire.to), via };
            edits.push(Edit::AddWire { id, wire: new });
        }
        (Edit::Batch { edits }, ids.into_values().collect())
    }
}

fn renewed_end(end: &Endpoint, ids: &BTreeMap<NodeId, NodeId>, ports: &BTreeMap<(NodeId, String), String>) -> Endpoint {
    let port = ports.get(&(end.node, end.port.clone())).unwrap_or(&end.port);
    Endpoint::new(*ids.get(&end.node).unwrap_or(&end.node), port.clone())
}

/// The names of all nodes of `root` that do not stand in `graph` itself, in lower case.
fn names_elsewhere(root: &Graph, graph: &Graph) -> BTreeSet<String> {
    let others = root.levels().filter(|(_, level)| !std::ptr::eq(*level, graph));
    others.flat_map(|(_, level)| level.nodes.values().map(|n| n.name.to_lowercase())).collect()
}

/// A graph under new identifiers and free names, to any depth, and its new identifiers by the old ones.
fn renewed(graph: &Graph, names: &mut Names<'_>) -> (Graph, BTreeMap<NodeId, NodeId>) {
    let mut out = Graph::default();
    let (mut ids, mut given) = (BTreeMap::new(), BTreeSet::new());
    let mut ports = BTreeMap::new();
    let mut edits = Vec::with_capacity(graph.nodes.len() + graph.wires.len());
    for (old, node) in &graph.nodes {
        let id = fresh(NodeId::random, |id| given.contains(id));
        given.insert(id);
        ids.insert(*old, id);
        // The names of boundary nodes are those of ports, and need only be unique among their own kind.
        let name = if node.is_boundary() { node.name.clone() } else { names.free(&node.name) };
        let mut node = Node { name, ..node.clone() };
        if let Some(inner) = node.inner.take() {
            let (inner, renamed) = renewed(&inner, names);
            ports.extend(renamed.into_iter().map(|(was, is)| ((*old, was.to_string()), is.to_string())));
            node.inner = Some(Box::new(inner));
        }
        edits.push(Edit::AddNode { id, node });
    }
    for wire in graph.wires.values() {
        let new = Wire {
            from: renewed_end(&wire.from, &ids, &ports),
            to: renewed_end(&wire.to, &ids, &ports),
            ..wire.clone()
        };
        edits.push(Edit::AddWire { id: WireId::random(), wire: new });
    }
    // A new name may be that of a boundary node, which gives way: it comes after the others.
    edits.sort_by_key(|edit| match edit {
        Edit::AddNode { node, .. } => u8::from(node.is_boundary()),
        _ => 2,
    });
    for edit in edits {
        let edit = match edit {
            Edit::AddNode { id, node } => Edit::AddNode { id, node: Node { name: out.free_name(&node.name), ..node } },
            other => other,
        };
        let result = out.apply(edit);
        debug_assert!(result.is_ok(), "a copy of a graph is a graph: {result:?}");
    }
    (out, ids)
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
