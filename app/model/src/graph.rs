//! The workflow: nodes and wires. Its fields are private, and [`Graph::apply`] is the only way to change them.
//!
//! The graph holds whatever a file held, broken parts included, so that a broken project still opens: unknown kinds
//! and ports, values out of range and cycles are found by [`crate::validate`]. What always holds is checked by
//! [`Graph::check`]: wires join nodes that exist, an input has at most one wire unless its kind says that it takes many, the points of a wire are few and
//! finite, and names are unique; and all of that in every graph that a node owns, to a depth of [`MOST_DEPTH`].
//!
//! Graphs nest inline: a node of the kind `subgraph` owns a graph. Nothing is shared, so that a graph is never larger than
//! what was read or made, and a copy is a copy.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use imbl::OrdMap;
use imbl::ordmap::DiffItem;
use serde::{Deserialize, Serialize};

use crate::catalogue::{self, NodeKind};
use crate::edit::Edit;
use crate::id::{NodeId, WireId};
use crate::planning::Planning;
use crate::port::SUBGRAPH;
use crate::text::Localised;
use crate::value::Value;

/// Whether a node takes part in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It runs.
    #[default]
    Active,
    /// It does not run, nor does what needs it.
    Muted,
    /// It does not run; each of its outputs takes what feeds its first input that fits.
    Bypassed,
}

impl Mode {
    /// All modes.
    pub const ALL: [Mode; 3] = [Mode::Active, Mode::Muted, Mode::Bypassed];

    /// Identifier, as it stands in project files.
    pub fn id(self) -> &'static str {
        match self {
            Mode::Active => "active",
            Mode::Muted => "muted",
            Mode::Bypassed => "bypassed",
        }
    }
}

/// One service of the workflow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Identifier of its kind in the catalogue; a kind that this version does not know stays as it is.
    pub kind: String,
    /// The user's name for it, unique in the graph whatever the case of its letters.
    pub name: String,
    /// Parameters that differ from their defaults.
    #[serde(default)]
    pub params: BTreeMap<String, Value>,
    /// Place of its upper left corner on the canvas [points at zoom 1].
    pub pos: [f64; 2],
    /// Whether it takes part in a run.
    #[serde(default)]
    pub mode: Mode,
    /// Whether it is drawn as its title alone.
    #[serde(default)]
    pub collapsed: bool,
    /// How it is planned, where that differs from what every node has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planning: Option<Box<Planning>>,
    /// The graph that it owns: always there in a node of the kind `subgraph`, and in no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inner: Option<Box<Graph>>,
    /// Whatever else the file held about the node: kept, so that a newer minor version loses nothing.
    #[serde(flatten)]
    pub extra: BTreeMap<String, serde_json::Value>,
}

impl Node {
    /// A node of a kind, with no parameter changed; a subgraph is empty.
    pub fn new(kind: impl Into<String>, name: impl Into<String>, pos: [f64; 2]) -> Self {
        let kind = kind.into();
        Self {
            inner: (kind == SUBGRAPH).then(Box::default),
            kind,
            name: name.into(),
            params: BTreeMap::new(),
            pos,
            mode: Mode::Active,
            collapsed: false,
            planning: None,
            extra: BTreeMap::new(),
        }
    }

    /// The declaration of its kind, if this version has it.
    pub fn decl(&self) -> Option<&'static NodeKind> {
        catalogue::kind(&self.kind)
    }

    /// Whether it is there to be looked at only: a note, a frame.
    pub fn is_annotation(&self) -> bool {
        self.decl().is_some_and(NodeKind::is_annotation)
    }

    /// The value of a parameter: the node's own or the catalogue's default.
    pub fn param(&self, id: &str) -> Option<Value> {
        self.params.get(id).cloned().or_else(|| self.decl()?.param(id)?.default.value())
    }

    /// How it is planned.
    pub fn planning(&self) -> &Planning {
        self.planning.as_deref().unwrap_or(Planning::nothing())
    }

    /// All parameters that alter numbers, defaults filled in, in their one canonical form: what keys are made from.
    pub fn canonical_params(&self) -> BTreeMap<String, Value> {
        let Some(decl) = self.decl() else { return self.params.clone() };
        decl.params
            .iter()
            .filter(|p| p.alters_result)
            .filter_map(|p| Some((p.id.to_owned(), p.canonical(self.param(p.id)?))))
            .collect()
    }
}

/// One end of a wire.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Endpoint {
    /// The node.
    pub node: NodeId,
    /// Identifier of its port.
    pub port: String,
}

impl Endpoint {
    /// A port of a node.
    pub fn new(node: NodeId, port: impl Into<String>) -> Self {
        Self { node, port: port.into() }
    }
}

/// How many graphs may stand within one another, the outermost not counted.
pub const MOST_DEPTH: usize = 16;

/// The most points that a wire is led through.
pub const MOST_VIA: usize = 64;

/// Joins an output to an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wire {
    /// The output.
    pub from: Endpoint,
    /// The input.
    pub to: Endpoint,
    /// Points that it is led through on its way, at most [`MOST_VIA`] [points at zoom 1].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<[f64; 2]>,
}

impl Wire {
    /// A wire that takes the straight way.
    pub fn new(from: Endpoint, to: Endpoint) -> Self {
        Self { from, to, via: Vec::new() }
    }

    /// Whether it joins the same two ports as another, whatever the way that it takes.
    pub fn joins_the_same(&self, other: &Wire) -> bool {
        self.from == other.from && self.to == other.to
    }
}

/// Whether a wire may be led through these points: few, and each somewhere.
pub(crate) fn can_be_led_through(via: &[[f64; 2]]) -> bool {
    via.len() <= MOST_VIA && via.iter().flatten().all(|v| v.is_finite())
}

/// Why two ports cannot be joined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.en)]
pub struct ConnectError(pub Localised);

/// Nodes and wires.
///
/// A copy shares what it has in common with the graph that it was made of, so that it costs next to nothing whatever the
/// size of the graph: checks, journal, runs and pictures each have one of their own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Graph {
    pub(crate) nodes: OrdMap<NodeId, Node>,
    pub(crate) wires: OrdMap<WireId, Wire>,
    /// Wires at each node, both ways: derived, kept in step by `apply`.
    pub(crate) at_node: OrdMap<NodeId, BTreeSet<WireId>>,
    /// The wire at each wired input that takes one: derived.
    pub(crate) at_input: OrdMap<Endpoint, WireId>,
    /// Node by lower-case name: derived.
    pub(crate) by_name: OrdMap<String, NodeId>,
}

impl Graph {
    /// All nodes, in the order of their identifiers.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = (NodeId, &Node)> {
        self.nodes.iter().map(|(id, node)| (*id, node))
    }

    /// All wires, in the order of their identifiers.
    pub fn wires(&self) -> impl ExactSizeIterator<Item = (WireId, &Wire)> {
        self.wires.iter().map(|(id, wire)| (*id, wire))
    }

    /// A node.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(&id)
    }

    /// A wire.
    pub fn wire(&self, id: WireId) -> Option<&Wire> {
        self.wires.get(&id)
    }

    /// The nodes and wires that are new, other ones or gone since an earlier graph. Takes time for what is different, not for
    /// what is there, if one of the two was made of the other.
    pub fn changed_since(&self, earlier: &Graph) -> (Vec<NodeId>, Vec<WireId>) {
        fn changed<K: Ord + Copy, V: PartialEq>(was: &OrdMap<K, V>, is: &OrdMap<K, V>) -> Vec<K> {
            let key = |item| match item {
                DiffItem::Add(key, _) | DiffItem::Remove(key, _) | DiffItem::Update { new: (key, _), .. } => *key,
            };
            was.diff(is).map(key).collect()
        }
        (changed(&earlier.nodes, &self.nodes), changed(&earlier.wires, &self.wires))
    }

    /// The graph that the last of `path` owns, each node of it standing in the graph of the one before; the graph itself
    /// for an empty path.
    pub fn at(&self, path: &[NodeId]) -> Option<&Graph> {
        path.iter().try_fold(self, |graph, id| graph.node(*id)?.inner.as_deref())
    }

    /// The node at the end of a path.
    pub fn node_at(&self, path: &[NodeId]) -> Option<&Node> {
        let (last, owners) = path.split_last()?;
        self.at(owners)?.node(*last)
    }

    /// Every graph, the outermost first, with the nodes that own it from the outermost on.
    pub fn levels(&self) -> impl Iterator<Item = (Vec<NodeId>, &Graph)> {
        let mut open: std::collections::VecDeque<(Vec<NodeId>, &Graph)> = [(Vec::new(), self)].into();
        std::iter::from_fn(move || {
            let (path, graph) = open.pop_front()?;
            for (id, inner) in graph.nodes().filter_map(|(id, node)| Some((id, node.inner.as_deref()?))) {
                let mut path = path.clone();
                path.push(id);
                open.push_back((path, inner));
            }
            Some((path, graph))
        })
    }

    /// How many graphs stand within one another in it; 0 where no node owns one.
    pub fn depth(&self) -> usize {
        self.nodes.values().filter_map(|node| node.inner.as_deref()).map(|inner| 1 + inner.depth()).max().unwrap_or(0)
    }

    /// The node that a name means, whatever the case of its letters: one of the outermost graph, one of a path of names
    /// `Outer/Inner`, or the only one of that name within any subgraph.
    pub fn find_named(&self, name: &str) -> Option<Vec<NodeId>> {
        if let Some(id) = self.node_named(name) {
            return Some(vec![id]);
        }
        // Names may hold slashes themselves.
        for (at, _) in name.match_indices('/') {
            let owner = self.node_named(&name[..at]).and_then(|id| Some((id, self.node(id)?.inner.as_deref()?)));
            if let Some((id, inner)) = owner
                && let Some(rest) = inner.find_named(&name[at + 1..])
            {
                return Some(std::iter::once(id).chain(rest).collect());
            }
        }
        let mut found = self.levels().skip(1).filter_map(|(mut path, graph)| {
            path.push(graph.node_named(name)?);
            Some(path)
        });
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// The node of this name, whatever the case of its letters.
    pub fn node_named(&self, name: &str) -> Option<NodeId> {
        self.by_name.get(&name.to_lowercase()).copied()
    }

    /// The wires at a node, both ways.
    pub fn wires_at(&self, node: NodeId) -> impl Iterator<Item = (WireId, &Wire)> {
        self.at_node.get(&node).into_iter().flatten().filter_map(|id| self.wires.get(id).map(|wire| (*id, wire)))
    }

    /// Whether an input takes any number of wires.
    pub fn takes_many(&self, input: &Endpoint) -> bool {
        self.node(input.node).is_some_and(|node| node.takes_many(&input.port))
    }

    /// The wires that feed an input, in the order of their identifiers: at most one, unless the input takes many.
    pub fn wires_into(&self, input: &Endpoint) -> impl Iterator<Item = (WireId, &Wire)> + use<'_> {
        let many = self.takes_many(input).then(|| {
            let input = input.clone();
            self.wires_at(input.node).filter(move |(_, wire)| wire.to == input)
        });
        let one = self.wire_into(input).and_then(|id| Some((id, self.wire(id)?)));
        many.into_iter().flatten().chain(one)
    }

    /// The wire that feeds an input; none of an input that takes many, see [`Self::wires_into`].
    pub fn wire_into(&self, input: &Endpoint) -> Option<WireId> {
        self.at_input.get(input).copied()
    }

    /// The nodes that feed a node.
    pub fn predecessors(&self, node: NodeId) -> BTreeSet<NodeId> {
        self.wires_at(node).filter(|(_, w)| w.to.node == node).map(|(_, w)| w.from.node).collect()
    }

    /// The nodes that a node feeds.
    pub fn successors(&self, node: NodeId) -> BTreeSet<NodeId> {
        self.wires_at(node).filter(|(_, w)| w.from.node == node).map(|(_, w)| w.to.node).collect()
    }

    /// Nodes in an order in which each comes after those that feed it; ties by identifier.
    ///
    /// # Errors
    /// The nodes of a cycle, in the order of their wires.
    pub fn topological_order(&self) -> Result<Vec<NodeId>, Vec<NodeId>> {
        let mut missing: BTreeMap<NodeId, usize> =
            self.nodes.keys().map(|id| (*id, self.predecessors(*id).len())).collect();
        let mut ready: BTreeSet<NodeId> = missing.iter().filter(|(_, n)| **n == 0).map(|(id, _)| *id).collect();
        let mut order = Vec::with_capacity(self.nodes.len());
        while let Some(id) = ready.pop_first() {
            order.push(id);
            for next in self.successors(id) {
                if let Some(n) = missing.get_mut(&next) {
                    *n -= 1;
                    if *n == 0 {
                        ready.insert(next);
                    }
                }
            }
        }
        if order.len() == self.nodes.len() {
            return Ok(order);
        }
        // Every node that is left has a predecessor that is left: walking back must come round.
        let left: BTreeSet<NodeId> = missing.into_iter().filter(|(_, n)| *n > 0).map(|(id, _)| id).collect();
        let mut walk: Vec<NodeId> = left.first().copied().into_iter().collect();
        let mut at: BTreeMap<NodeId, usize> = walk.iter().map(|id| (*id, 0)).collect();
        while let Some(last) = walk.last() {
            let Some(previous) = self.predecessors(*last).into_iter().find(|p| left.contains(p)) else { break };
            if let Some(at) = at.get(&previous) {
                let mut cycle = walk.split_off(*at);
                cycle.reverse();
                return Err(cycle);
            }
            at.insert(previous, walk.len());
            walk.push(previous);
        }
        Err(walk)
    }

    /// Whether `to` can be reached from `from` along the wires; a node reaches itself.
    pub fn reaches(&self, from: NodeId, to: NodeId) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(id) = open.pop() {
            if id == to {
                return true;
            }
            if seen.insert(id) {
                open.extend(self.successors(id));
            }
        }
        false
    }

    /// A node and everything that it needs, directly or not.
    pub fn ancestors(&self, node: NodeId) -> BTreeSet<NodeId> {
        let mut seen = BTreeSet::new();
        let mut open = vec![node];
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                open.extend(self.predecessors(id));
            }
        }
        seen
    }

    /// Whether an output may be joined to an input. A wire that is there already does not count: it would be replaced.
    ///
    /// # Errors
    /// Why not, in words for the user.
    pub fn can_connect(&self, from: &Endpoint, to: &Endpoint) -> Result<(), ConnectError> {
        let refuse = |en: String, zh: String| Err(ConnectError(Localised::new(en, zh)));
        let (Some(source), Some(target)) = (self.node(from.node), self.node(to.node)) else {
            return refuse("one of the nodes is gone".into(), "其中一个节点已不存在".into());
        };
        let (Some(output), Some(input)) = (source.output(&from.port), target.input(&to.port)) else {
            return refuse(
                format!("'{}' or '{}' has no such port in this version", source.name, target.name),
                format!("本版本中“{}”或“{}”没有这样的端口", source.name, target.name),
            );
        };
        if from.node == to.node {
            return refuse("a node cannot feed itself".into(), "节点不能连接到自身".into());
        }
        if let Err(why) = output.ty.feeds(input.ty) {
            return Err(ConnectError(why));
        }
        if self.reaches(to.node, from.node) {
            return refuse(
                format!("this would close a circle: '{}' already needs '{}'", source.name, target.name),
                format!("这会形成环：“{}”已经依赖“{}”", source.name, target.name),
            );
        }
        Ok(())
    }

    /// `base`, or `base 2`, `base 3` …: one that no node has, and the first of them unless there are many.
    pub fn free_name(&self, base: &str) -> String {
        /// So many are tried one by one; a file may have a million nodes of one name.
        const ONE_BY_ONE: u64 = 16;
        if self.node_named(base).is_none() {
            return base.to_owned();
        }
        let name = |n: u64| format!("{base} {n}");
        let is_free = |n: u64| self.node_named(&name(n)).is_none();
        if let Some(n) = (2..=ONE_BY_ONE).find(|n| is_free(*n)) {
            return name(n);
        }
        // Doubled until one is free, then halved to the edge of those that are taken.
        let mut taken = ONE_BY_ONE;
        let mut free = 2 * taken;
        while !is_free(free) {
            (taken, free) = (free, free.saturating_mul(2));
        }
        while free - taken > 1 {
            let middle = taken + (free - taken) / 2;
            if is_free(middle) { free = middle } else { taken = middle }
        }
        name(free)
    }

    /// Verifies what must always hold; tests call it after every edit.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub fn check(&self) -> Result<(), String> {
        let mut at_node: OrdMap<NodeId, BTreeSet<WireId>> = OrdMap::new();
        let mut at_input = OrdMap::new();
        for (id, wire) in &self.wires {
            for end in [&wire.from, &wire.to] {
                if !self.nodes.contains_key(&end.node) {
                    return Err(format!("wire {id} ends at node {}, which does not exist", end.node));
                }
                at_node.entry(end.node).or_default().insert(*id);
            }
            if !can_be_led_through(&wire.via) {
                return Err(format!("wire {id} is led through points that cannot be"));
            }
            if !self.takes_many(&wire.to) && at_input.insert(wire.to.clone(), *id).is_some() {
                return Err(format!("input '{}' of node {} has two wires", wire.to.port, wire.to.node));
            }
        }
        if at_node != self.at_node || at_input != self.at_input {
            return Err("the lists of wires at nodes are out of step".into());
        }
        let mut by_name = OrdMap::new();
        for (id, node) in &self.nodes {
            if node.name.trim().is_empty() {
                return Err(format!("node {id} has no name"));
            }
            if node.is_subgraph() != node.inner.is_some() {
                return Err(format!("node {id} owns a graph and is no subgraph, or the other way round"));
            }
            if let Some(inner) = &node.inner {
                inner.check().map_err(|why| format!("in node {id}: {why}"))?;
            }
            if !node.pos.iter().all(|v| v.is_finite()) {
                return Err(format!("node {id} stands nowhere"));
            }
            if by_name.insert(node.name.to_lowercase(), *id).is_some() {
                return Err(format!("two nodes are named '{}'", node.name));
            }
        }
        if self.depth() > MOST_DEPTH {
            return Err(format!("graphs stand within one another more than {MOST_DEPTH} deep"));
        }
        if by_name != self.by_name {
            return Err("the list of names is out of step".into());
        }
        Ok(())
    }
}

/// A graph as serde has it: what holds is checked when it is read.
#[derive(Serialize, Deserialize)]
struct Plain<'a> {
    #[serde(default)]
    nodes: Cow<'a, OrdMap<NodeId, Node>>,
    #[serde(default)]
    wires: Cow<'a, OrdMap<WireId, Wire>>,
}

impl Serialize for Graph {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Plain { nodes: Cow::Borrowed(&self.nodes), wires: Cow::Borrowed(&self.wires) }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Graph {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let plain = Plain::deserialize(deserializer)?;
        let mut graph = Graph::default();
        let nodes = plain.nodes.into_owned().into_iter().map(|(id, node)| Edit::AddNode { id, node });
        let wires = plain.wires.into_owned().into_iter().map(|(id, wire)| Edit::AddWire { id, wire });
        for edit in nodes.chain(wires) {
            graph.apply(edit).map_err(serde::de::Error::custom)?;
        }
        Ok(graph)
    }
}
