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
use crate::graph::{Endpoint, Graph, Mode, Node};
use crate::id::NodeId;
use crate::text::Localised;

/// Searches of one look at a graph.
const SEARCHES: u32 = 500;
/// Nodes that are looked at for what comes before or after a node.
const AROUND: usize = 5_000;
/// Outputs that are looked at on each side of an input.
const ASIDE: usize = 64;
/// How far left of a node one that feeds it is put [points at zoom 1].
const LEFT: f64 = 260.0;
/// How much lower a node stands for each input above the one that it feeds [points].
const LOWER: f64 = 60.0;

fn l(en: impl Into<String>, zh: impl Into<String>) -> Localised {
    Localised::new(en, zh)
}

/// An output that is there.
#[derive(Debug, Clone, Copy)]
struct Given {
    x: f64,
    node: NodeId,
    port: &'static PortDecl,
}

/// What searches are made with, put together when the first one is made.
struct Index {
    /// Outputs by what flows through them, from left to right.
    outputs: BTreeMap<&'static str, Vec<Given>>,
    places: Places,
}

/// Searches in one graph.
pub(crate) struct Search<'a> {
    pub(super) graph: &'a Graph,
    index: OnceCell<Index>,
    left: Cell<u32>,
}

impl<'a> Search<'a> {
    /// Nothing is looked at yet.
    pub fn new(graph: &'a Graph) -> Self {
        Self { graph, index: OnceCell::new(), left: Cell::new(SEARCHES) }
    }

    /// Whether another search may be made; counts it.
    pub(super) fn may_search(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let mut outputs: BTreeMap<&'static str, Vec<Given>> = BTreeMap::new();
            for (id, node) in self.graph.nodes().filter(|(_, n)| n.mode == Mode::Active) {
                for port in node.decl().map_or(&[][..], |d| d.outputs) {
                    let given = Given { x: node.pos[0], node: id, port };
                    outputs.entry(port.ty.label().en).or_default().push(given);
                }
            }
            for list in outputs.values_mut() {
                list.sort_by(|a, b| a.x.total_cmp(&b.x));
            }
            Index { outputs, places: Places::of(self.graph, |_| None) }
        })
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

    /// Outputs that could feed an input called `port` of type `ty`, the likeliest first: what the node `of` needs already
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
        let before = of.map(|of| self.before(of)).unwrap_or_default();
        let mut found: Vec<Given> = Vec::new();
        for id in before.keys() {
            // A node that is put aside gives nothing.
            let Some(node) = self.graph.node(*id).filter(|n| n.mode == Mode::Active) else { continue };
            let outputs = node.decl().map_or(&[][..], |d| d.outputs);
            found.extend(outputs.iter().map(|port| Given { x: node.pos[0], node: *id, port }));
        }
        for given_ty in PortType::ALL.into_iter().filter(|t| t.feeds(ty).is_ok()) {
            let Some(list) = self.index().outputs.get(given_ty.label().en) else { continue };
            let middle = list.partition_point(|g| g.x < at[0]);
            found.extend(&list[middle.saturating_sub(ASIDE)..list.len().min(middle + ASIDE)]);
        }
        let mut ranked: Vec<_> = found
            .into_iter()
            .filter(|g| !barred.contains(&g.node) && g.port.ty.feeds(ty).is_ok())
            .filter(|g| self.graph.node(g.node).and_then(Node::decl).is_some_and(|d| is_meant(d, g.port, port)))
            .map(|g| {
                let wired = self
                    .graph
                    .wires_at(g.node)
                    .take(AROUND)
                    .any(|(_, w)| w.from.node == g.node && w.from.port == g.port.id);
                let depth = before.get(&g.node).copied();
                let pos = self.pos(g.node);
                let (dx, dy) = (pos[0] - at[0], pos[1] - at[1]);
                // A wire that leads back is longer than it looks.
                let distance = dx.hypot(dy) * if dx > 0.0 { 4.0 } else { 1.0 };
                let natural = !wired || depth.is_some();
                ((depth.unwrap_or(usize::MAX), wired, distance), natural, Endpoint::new(g.node, g.port.id))
            })
            .collect();
        ranked.sort_by(|(a, _, x), (b, _, y)| {
            a.0.cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.total_cmp(&b.2)).then_with(|| x.cmp(y))
        });
        ranked.dedup_by(|a, b| a.2 == b.2);
        ranked.into_iter().map(|(_, natural, end)| (end, natural)).collect()
    }

    /// Fixes of an input that must be wired and is not: a wire from what is there, or a node that gives it.
    pub fn unwired_input(&self, id: NodeId, port: &PortDecl) -> Vec<Fix> {
        if !self.may_search() {
            return Vec::new();
        }
        let Some(barred) = self.beyond(id) else { return Vec::new() };
        let target = Endpoint::new(id, port.id);
        let sources = self.sources(Some(id), self.pos(id), port.ty, port.id, &barred);
        let mut fixes: Vec<Fix> = Vec::new();
        let mut is_natural = false;
        for (from, natural) in sources.into_iter().take(2) {
            is_natural |= natural;
            let name = super::params::short(self.name(from.node));
            let output = self.graph.node(from.node).and_then(|n| n.decl()?.output(&from.port)).map(|p| p.label);
            let (en, zh) = output.map_or((from.port.clone(), from.port.clone()), |t| (t.en.into(), t.zh.into()));
            let label = l(format!("Wire '{en}' of '{name}'"), format!("接入“{name}”的“{zh}”"));
            fixes.push(Fix::edit(label, self.graph.connect(from, target.clone())));
        }
        if let Some(kind) = giver(port.ty, port.id) {
            let add = Fix::edit(
                l(format!("Add '{}'", kind.label.en), format!("添加“{}”", kind.label.zh)),
                self.added_source(kind, &target, port, &barred),
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
        port: &PortDecl,
        barred: &BTreeSet<NodeId>,
    ) -> Edit {
        let at = self.pos(target.node);
        let decl = self.graph.node(target.node).and_then(Node::decl);
        let row = decl.and_then(|d| d.inputs.iter().position(|p| p.id == port.id)).unwrap_or(0);
        let pos = self.place([at[0] - LEFT, at[1] + row as f64 * LOWER], kind);
        let output = kind.outputs.iter().find(|o| o.ty.feeds(port.ty).is_ok() && is_meant(kind, o, port.id));
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

/// Whether an output of a kind is what an input called `input` wants: the only one of its type, or the one of that name.
pub(super) fn is_meant(kind: &NodeKind, output: &PortDecl, input: &str) -> bool {
    output.id == input || kind.outputs.iter().filter(|o| o.ty == output.ty).count() == 1
}

/// The kind of node to add for an input: the one that needs least itself. One that needs what it gives is no help.
fn giver(ty: PortType, input: &str) -> Option<&'static NodeKind> {
    KINDS
        .iter()
        .filter(|k| {
            !k.hidden && !k.is_annotation() && k.outputs.iter().any(|o| o.ty.feeds(ty).is_ok() && is_meant(k, o, input))
        })
        .filter(|k| k.inputs.iter().filter(|i| i.required).all(|i| ty.feeds(i.ty).is_err()))
        .min_by_key(|k| k.inputs.iter().filter(|i| i.required).count())
}
