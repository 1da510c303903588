//! Looks for what could feed an input: an output that is there, best one first, or a node that could be added.
//!
//! Problems come from files, and a file can hold a million of them: each search looks at a bounded part of the graph, and
//! one look at a graph makes a bounded number of searches. Problems beyond that have no such fix until others are gone.

use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Fix;
use super::place::{Places, estimated_size};
use crate::catalogue::{KINDS, NodeKind, PortDecl, PortType};
use crate::edit::Edit;
use crate::flat::Flat;
use crate::graph::{Endpoint, Graph, Mode, Node};
use crate::id::NodeId;
use crate::port::{GRAPH_INPUT, Label, Port, VALUE};
use crate::text::Localised;

/// Searches of one look at a graph.
const SEARCHES: u32 = 500;
/// Nodes that are looked at for what comes before or after a node.
const AROUND: usize = 5_000;
/// Outputs that are looked at on each side of an input.
const ASIDE: usize = 64;
/// Graphs that are gone into, and out of again, to see whether something comes out of an output.
const DEPTH: usize = 64;
/// How far left of a node one that feeds it is put [points at zoom 1].
const LEFT: f64 = 260.0;
/// How much lower a node stands for each input above the one that it feeds [points].
const LOWER: f64 = 60.0;

fn l(en: impl Into<String>, zh: impl Into<String>) -> Localised {
    Localised::new(en, zh)
}

/// An output that is there: a node and one of its outputs, counted from 0.
#[derive(Debug, Clone, Copy)]
struct Given {
    x: f64,
    node: NodeId,
    at: usize,
}

/// What searches are made with, put together when the first one is made.
struct Index<'a> {
    /// Outputs of the nodes that are not put aside.
    of_node: BTreeMap<NodeId, Vec<Port<'a>>>,
    /// Outputs by what flows through them, from left to right.
    outputs: BTreeMap<&'static str, Vec<Given>>,
    places: Places,
}

/// Searches in one graph.
pub(crate) struct Search<'a> {
    pub(super) graph: &'a Graph,
    root: &'a Graph,
    /// The nodes that own the graph, from the outermost on.
    path: &'a [NodeId],
    flat: &'a Flat<'a>,
    index: OnceCell<Index<'a>>,
    left: Cell<u32>,
}

impl<'a> Search<'a> {
    /// Of the graph at the end of `path` in `root`, which runs as `flat`. Nothing is looked at yet.
    pub fn new(root: &'a Graph, path: &'a [NodeId], graph: &'a Graph, flat: &'a Flat<'a>) -> Self {
        Self { graph, root, path, flat, index: OnceCell::new(), left: Cell::new(SEARCHES) }
    }

    /// Whether another search may be made; counts it.
    pub(super) fn may_search(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }

    fn index(&self) -> &Index<'a> {
        self.index.get_or_init(|| {
            let mut outputs: BTreeMap<&'static str, Vec<Given>> = BTreeMap::new();
            let mut of_node = BTreeMap::new();
            for (id, node) in self.graph.nodes().filter(|(_, n)| n.mode == Mode::Active) {
                let ports = node.outputs();
                for (at, port) in ports.iter().enumerate() {
                    let given = Given { x: node.pos[0], node: id, at };
                    outputs.entry(port.ty.label().en).or_default().push(given);
                }
                if !ports.is_empty() {
                    of_node.insert(id, ports);
                }
            }
            for list in outputs.values_mut() {
                list.sort_by(|a, b| a.x.total_cmp(&b.x));
            }
            Index { of_node, outputs, places: Places::of(self.graph, |_| None) }
        })
    }

    /// Whether something comes out of an output as the graph runs: of one of a subgraph it depends on what stands within,
    /// of a subgraph's input on what stands without.
    fn gives(&self, path: &[NodeId], end: &Endpoint, depth: usize) -> bool {
        let Some(graph) = self.root.at(path).filter(|_| depth < DEPTH) else { return false };
        // A wire within may come from a port that its node does not have.
        let is_there = |n: &&Node| n.mode == Mode::Active && n.output(&end.port).is_some();
        let Some(node) = graph.node(end.node).filter(is_there) else { return false };
        let within: Vec<NodeId> = path.iter().copied().chain([end.node]).collect();
        if let Some(inner) = &node.inner {
            let Ok(boundary) = end.port.parse() else { return false };
            let wire = inner.wire_into(&Endpoint::new(boundary, VALUE)).and_then(|id| inner.wire(id));
            return wire.is_some_and(|wire| self.gives(&within, &wire.from, depth + 1));
        }
        if node.kind == GRAPH_INPUT {
            let Some((owner, above)) = path.split_last() else { return false };
            let Some(outer) = self.root.at(above) else { return false };
            let wire = outer.wire_into(&Endpoint::new(*owner, end.node.to_string())).and_then(|id| outer.wire(id));
            // Where nothing is wired without, that is a problem of its own of those who stand within.
            return wire.map_or(self.path.starts_with(path), |wire| self.gives(above, &wire.from, depth + 1));
        }
        self.flat.node_at(&within).is_some()
    }

    pub(super) fn pos(&self, id: NodeId) -> [f64; 2] {
        self.graph.node(id).map_or([0.0; 2], |n| n.pos)
    }

    pub(super) fn name(&self, id: NodeId) -> &'a str {
        self.graph.node(id).map_or("", |n| n.name.as_str())
    }

    /// A place for a new node of a kind where it covers nothing.
    pub(super) fn place(&self, wanted: [f64; 2], kind: &NodeKind) -> [f64; 2] {
        self.index().places.free_near(wanted, estimated_size(Some(kind)))
    }

    /// A node and all that it feeds: what must not feed it. None if they are too many to be sure.
    pub(super) fn beyond(&self, node: NodeId) -> Option<BTreeSet<NodeId>> {
        let mut seen = BTreeSet::new();
        let mut open = vec![node];
        let mut looked_at = 0;
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                for (_, wire) in self.graph.wires_at(id) {
                    looked_at += 1;
                    if looked_at > AROUND {
                        return None;
                    }
                    if wire.from.node == id {
                        open.push(wire.to.node);
                    }
                }
            }
        }
        Some(seen)
    }

    /// How many wires back each node is that a node needs already, as far as that can be looked at.
    fn before(&self, node: NodeId) -> BTreeMap<NodeId, usize> {
        let mut depth = BTreeMap::from([(node, 0)]);
        let mut open = VecDeque::from([node]);
        let mut looked_at = 0;
        while let Some(id) = open.pop_front() {
            let own = depth.get(&id).copied().unwrap_or(0);
            for (_, wire) in self.graph.wires_at(id) {
                looked_at += 1;
                if looked_at > AROUND {
                    return depth;
                }
                if wire.to.node == id && !depth.contains_key(&wire.from.node) {
                    depth.insert(wire.from.node, own + 1);
                    open.push_back(wire.from.node);
                }
            }
        }
        depth
    }

    /// At most two outputs that could feed an input called `port` of type `ty`, the likeliest first: what the node `of` needs already
    /// goes before what lies elsewhere, and what is near before what is far. `at` is where the input is, `barred` are
    /// nodes that must not feed it. With each, whether it is a natural choice: it feeds nothing yet, or the node needs it
    /// anyway.
    pub(super) fn sources(
        &self,
        of: Option<NodeId>,
        at: [f64; 2],
        ty: PortType,
        port: &str,
        barred: &BTreeSet<NodeId>,
    ) -> Vec<(Endpoint, bool)> {
        let index = self.index();
        let before = of.map(|of| self.before(of)).unwrap_or_default();
        let mut found: Vec<Given> = Vec::new();
        for id in before.keys() {
            // A node that is put aside gives nothing.
            let (count, x) = (index.of_node.get(id).map_or(0, Vec::len), self.pos(*id)[0]);
            found.extend((0..count).map(|at| Given { x, node: *id, at }));
        }
        for given_ty in PortType::ALL.into_iter().filter(|t| t.feeds(ty).is_ok()) {
            let Some(list) = index.outputs.get(given_ty.label().en) else { continue };
            let middle = list.partition_point(|g| g.x < at[0]);
            found.extend(&list[middle.saturating_sub(ASIDE)..list.len().min(middle + ASIDE)]);
        }
        let mut ranked: Vec<_> = found
            .into_iter()
            .filter(|g| !barred.contains(&g.node))
            .filter_map(|g| {
                let (node, outputs) = (self.graph.node(g.node)?, index.of_node.get(&g.node)?);
                let output =
                    outputs.get(g.at).filter(|o| o.ty.feeds(ty).is_ok() && is_meant(node, outputs, o, port))?;
                Some((g, output))
            })
            .map(|(g, output)| {
                let wired = self
                    .graph
                    .wires_at(g.node)
                    .take(AROUND)
                    .any(|(_, w)| w.from.node == g.node && w.from.port == output.id);
                let depth = before.get(&g.node).copied();
                let pos = self.pos(g.node);
                let (dx, dy) = (pos[0] - at[0], pos[1] - at[1]);
                // A wire that leads back is longer than it looks.
                let distance = dx.hypot(dy) * if dx > 0.0 { 4.0 } else { 1.0 };
                let natural = !wired || depth.is_some();
                ((depth.unwrap_or(usize::MAX), wired, distance), natural, Endpoint::new(g.node, &*output.id))
            })
            .collect();
        ranked.sort_by(|(a, _, x), (b, _, y)| {
            a.0.cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.total_cmp(&b.2)).then_with(|| x.cmp(y))
        });
        ranked.dedup_by(|a, b| a.2 == b.2);
        let ranked = ranked.into_iter().map(|(_, natural, end)| (end, natural));
        ranked.filter(|(end, _)| self.gives(self.path, end, 0)).take(2).collect()
    }

    /// Fixes of an input that must be wired and is not: a wire from what is there, or a node that gives it.
    pub fn unwired_input(&self, id: NodeId, port: &Port<'_>) -> Vec<Fix> {
        if !self.may_search() {
            return Vec::new();
        }
        let (Some(node), Some(barred)) = (self.graph.node(id), self.beyond(id)) else { return Vec::new() };
        let (target, wanted) = (Endpoint::new(id, &*port.id), word(node, port, false));
        let sources = self.sources(Some(id), self.pos(id), port.ty, &wanted, &barred);
        let mut fixes: Vec<Fix> = Vec::new();
        let mut is_natural = false;
        for (from, natural) in sources {
            is_natural |= natural;
            let name = super::params::short(self.name(from.node));
            let output = self.graph.node(from.node).and_then(|n| n.output(&from.port)).map(|p| p.label.localised());
            let (en, zh) = output.map_or_else(|| (from.port.clone(), from.port.clone()), |t| (t.en, t.zh));
            let (en, zh) = (super::params::short(&en), super::params::short(&zh));
            let label = l(format!("Wire '{en}' of '{name}'"), format!("接入“{name}”的“{zh}”"));
            fixes.push(Fix::edit(label, self.graph.connect(from, target.clone())));
        }
        if let Some(kind) = giver(port.ty, &wanted) {
            let add = Fix::edit(
                l(format!("Add '{}'", kind.label.en), format!("添加“{}”", kind.label.zh)),
                self.added_source(kind, &target, port.ty, &wanted, &barred),
            );
            // What stands elsewhere and serves others is shared only where a node of its own would need more.
            let first = fixes.is_empty() || (is_whole(kind) && !is_natural);
            fixes.insert(if first { 0 } else { fixes.len() }, add);
        }
        fixes
    }

    /// The change that adds a node of a kind before an input and wires it, both ways as far as that goes.
    fn added_source(
        &self,
        kind: &'static NodeKind,
        target: &Endpoint,
        ty: PortType,
        wanted: &str,
        barred: &BTreeSet<NodeId>,
    ) -> Edit {
        let at = self.pos(target.node);
        let inputs = self.graph.node(target.node).map(Node::inputs).unwrap_or_default();
        let row = inputs.iter().position(|p| *p.id == target.port).unwrap_or(0);
        let pos = self.place([at[0] - LEFT, at[1] + row as f64 * LOWER], kind);
        let output = kind.outputs.iter().find(|o| o.ty.feeds(ty).is_ok() && is_given(kind, o, wanted));
        let (id, mut edits) = self.added(kind, pos, &[], barred);
        if let Some(output) = output {
            edits.push(self.graph.connect(Endpoint::new(id, output.id), target.clone()));
        }
        Edit::Batch { edits }
    }

    /// The changes that add a node of a kind and wire the inputs that it must have, but for those in `wired`, to what is
    /// there.
    pub(super) fn added(
        &self,
        kind: &'static NodeKind,
        pos: [f64; 2],
        wired: &[&str],
        barred: &BTreeSet<NodeId>,
    ) -> (NodeId, Vec<Edit>) {
        let id = NodeId::random();
        let node = Node::new(kind.id, self.graph.free_name(kind.label.en), pos);
        let mut edits = vec![Edit::AddNode { id, node }];
        for input in kind.inputs.iter().filter(|p| p.required && !wired.contains(&p.id)) {
            let sources = self.sources(None, pos, input.ty, input.id, barred);
            if let Some((from, _)) = sources.into_iter().next() {
                edits.push(self.graph.connect(from, Endpoint::new(id, input.id)));
            }
        }
        (id, edits)
    }
}

/// Whether a node of a kind needs nothing more once it is there.
pub(super) fn is_whole(kind: &NodeKind) -> bool {
    kind.inputs.is_empty() && kind.params.iter().all(|p| !p.required)
}

/// What a port is known by: its identifier, or for a port of a subgraph, whose identifier says nothing, that of the port
/// within that it leads to, or else the name that its user gave it.
pub(super) fn word(node: &Node, port: &Port<'_>, is_output: bool) -> String {
    within(node, &port.id, is_output, 0).unwrap_or_else(|| match port.label {
        Label::Declared(_) => port.id.to_string(),
        Label::Named(name) => name.to_owned(),
    })
}

/// The port of a node that is no boundary to which a port of a subgraph leads.
fn within(node: &Node, port: &str, is_output: bool, depth: usize) -> Option<String> {
    let Some(inner) = node.inner.as_deref().filter(|_| depth < DEPTH) else {
        return (depth > 0 && !node.is_boundary()).then(|| port.to_owned());
    };
    let boundary = port.parse().ok()?;
    let end = if is_output {
        &inner.wire(inner.wire_into(&Endpoint::new(boundary, VALUE))?)?.from
    } else {
        &inner.wires_at(boundary).find(|(_, w)| w.from.node == boundary)?.1.to
    };
    within(inner.node(end.node)?, &end.port, is_output, depth + 1)
}

/// Whether an output of a node is what an input known as `input` wants: the only one of its type, or the one of that
/// name. `outputs` are all of the node.
fn is_meant(node: &Node, outputs: &[Port<'_>], output: &Port<'_>, input: &str) -> bool {
    outputs.iter().filter(|o| o.ty == output.ty).count() == 1 || word(node, output, true) == input
}

/// The same of a kind of node.
pub(super) fn is_given(kind: &NodeKind, output: &PortDecl, input: &str) -> bool {
    output.id == input || kind.outputs.iter().filter(|o| o.ty == output.ty).count() == 1
}

/// The kind of node to add for an input: the one that needs least itself. One that needs what it gives is no help.
fn giver(ty: PortType, input: &str) -> Option<&'static NodeKind> {
    KINDS
        .iter()
        .filter(|k| {
            !k.hidden && !k.is_annotation() && k.outputs.iter().any(|o| o.ty.feeds(ty).is_ok() && is_given(k, o, input))
        })
        .filter(|k| k.inputs.iter().filter(|i| i.required).all(|i| ty.feeds(i.ty).is_err()))
        .min_by_key(|k| k.inputs.iter().filter(|i| i.required).count())
}
