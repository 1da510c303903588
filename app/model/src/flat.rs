//! The graph that runs: subgraphs taken apart, annotations left out, muted nodes taken away with what needs them, bypassed
//! nodes passed through. Engine, validation and command line all look at a graph through [`flatten`], so that none has a
//! rule of its own.
//!
//! What is left keeps its parameters, and its identifier and name where they are unique in the whole: a run gives the same
//! results whether or not nodes were grouped, or anything was left out beside them. A name that stands twice becomes
//! `Outer/Inner`. Which nodes are muted or bypassed alters no name. Since graphs nest inline, the flat graph never has more
//! nodes than the graph.

use std::borrow::Cow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::catalogue::PortType;
use crate::edit::Edit;
use crate::graph::{Endpoint, Graph, Mode, Node, Wire};
use crate::id::{NodeId, WireId};
use crate::port::{GRAPH_INPUT, GRAPH_OUTPUT, VALUE};

/// Where a node stands: the nodes that own the graphs on the way to it from the outermost, and itself.
pub type NodePath = Vec<NodeId>;

/// Why a node has no part in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftOut {
    /// It is muted, or stands within something that is.
    Muted,
    /// It is bypassed, or stands within something that is.
    Bypassed,
    /// It needs this one, which is muted.
    Needs(NodePath),
}

/// Where the nodes of a flat graph come from.
#[derive(Debug, Clone, Default, PartialEq)]
struct Origin {
    paths: BTreeMap<NodeId, NodePath>,
    nodes: BTreeMap<NodePath, NodeId>,
    /// The wires that are not of the outermost graph: the nodes that own theirs, and their identifier there.
    wires: BTreeMap<WireId, (NodePath, WireId)>,
}

/// A graph as it runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Flat<'a> {
    graph: Cow<'a, Graph>,
    /// None where the graph runs as it stands.
    origin: Option<Origin>,
    left_out: BTreeMap<NodePath, LeftOut>,
}

impl Flat<'_> {
    /// The same, holding what it shared with the graph that was flattened.
    pub fn into_owned(self) -> Flat<'static> {
        Flat { graph: Cow::Owned(self.graph.into_owned()), origin: self.origin, left_out: self.left_out }
    }

    /// Nodes and wires that run: every node active, of a kind that computes or that this version does not know.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Where a node of [`Self::graph`] stands in the graph that was flattened; empty for one that is not there.
    pub fn path(&self, id: NodeId) -> NodePath {
        match &self.origin {
            Some(origin) => origin.paths.get(&id).cloned().unwrap_or_default(),
            None => self.graph.node(id).map(|_| vec![id]).unwrap_or_default(),
        }
    }

    /// The node of [`Self::graph`] that stands for the one at `path`, if that runs.
    pub fn node_at(&self, path: &[NodeId]) -> Option<NodeId> {
        match &self.origin {
            Some(origin) => origin.nodes.get(path).copied(),
            None => path.first().copied().filter(|id| path.len() == 1 && self.graph.node(*id).is_some()),
        }
    }

    /// The nodes of [`Self::graph`] that stand at `path` or within what stands there.
    pub fn nodes_under(&self, path: &[NodeId]) -> Vec<NodeId> {
        match &self.origin {
            Some(Origin { nodes, .. }) => {
                nodes.range(path.to_vec()..).take_while(|(p, _)| p.starts_with(path)).map(|(_, id)| *id).collect()
            }
            None => self.node_at(path).into_iter().collect(),
        }
    }

    /// The wire of the graph that was flattened which a wire of [`Self::graph`] ends as: the nodes that own its graph, and
    /// its identifier there.
    pub fn wire_origin(&self, id: WireId) -> (NodePath, WireId) {
        let origin = self.origin.as_ref().and_then(|origin| origin.wires.get(&id));
        origin.cloned().unwrap_or_else(|| (NodePath::new(), id))
    }

    /// The nodes of [`Self::graph`] that `id` stands for, be it one of them or a subgraph at any depth.
    pub fn nodes_of(&self, id: NodeId) -> Vec<NodeId> {
        match &self.origin {
            _ if self.graph.node(id).is_some() => vec![id],
            Some(origin) => origin.paths.iter().filter(|(_, path)| path.contains(&id)).map(|(flat, _)| *flat).collect(),
            None => Vec::new(),
        }
    }

    /// Whether no node is kept from running by its mode or another's.
    pub fn is_whole(&self) -> bool {
        self.left_out.is_empty()
    }

    /// Why a node does not run; none for one that does, for annotations and for what is not there.
    pub fn left_out(&self, path: &[NodeId]) -> Option<&LeftOut> {
        self.left_out.get(path)
    }
}

/// What a node is to the flat graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// It is in it, if it runs.
    Plain,
    Subgraph,
    Input,
    Output,
}

/// A node on its way into the flat graph.
struct Site<'a> {
    id: NodeId,
    node: &'a Node,
    /// The graph that it stands in.
    level: &'a Graph,
    /// The node that owns that graph.
    owner: Option<usize>,
    role: Role,
    /// Its own mode, or that of a node that it stands within.
    mode: Mode,
}

/// What feeds an input.
#[derive(Debug, Clone, PartialEq)]
enum Source<'a> {
    /// An output of a node that runs.
    Output(usize, &'a str),
    /// A node that is muted.
    Muted(usize),
    /// Nothing.
    Open,
}

/// An output, and the type that is wanted of it once a bypassed node was passed through: before, whatever the wires say
/// is taken, and what does not fit is a problem for [`crate::validate`] to find.
type Key<'a> = (usize, &'a str, Option<PortType>);

/// A wire, and the node that owns its graph.
type Way<'a> = (&'a Wire, Option<usize>);

/// Outputs that were come to, and the type that was wanted of them where they were passed through.
type Seen<'a> = HashSet<Key<'a>>;

/// Wires that are followed for all that stands behind inputs that take many: more than any graph has that a person drew.
/// Beyond, each wire stands for the first that is found behind it.
const STEPS: usize = 1_000_000;

/// The graph as it runs.
pub fn flatten(graph: &Graph) -> Flat<'_> {
    let mut annotations = Vec::new();
    for (id, node) in &graph.nodes {
        match node.decl() {
            _ if node.mode != Mode::Active => return Flattening::new(graph).finish(),
            Some(decl) if decl.is_annotation() => annotations.push(*id),
            Some(decl) if !decl.is_computed() => return Flattening::new(graph).finish(),
            _ => {}
        }
    }
    let graph = if annotations.is_empty() { Cow::Borrowed(graph) } else { Cow::Owned(without(graph, &annotations)) };
    Flat { graph, origin: None, left_out: BTreeMap::new() }
}

/// The graph without these nodes, each wire by the straight way: nothing else has to be taken apart, so that the many
/// nodes of a large graph are copied at once.
fn without(graph: &Graph, annotations: &[NodeId]) -> Graph {
    let mut graph = graph.clone();
    // Only a broken file wires them.
    let wired: Vec<_> = annotations.iter().filter_map(|id| graph.at_node.get(id)).flatten().copied().collect();
    for edit in wired.into_iter().map(|id| Edit::RemoveWire { id }) {
        // A wire between two of them is gone already.
        let _ = graph.apply(edit);
    }
    for id in annotations {
        if let Some(node) = graph.nodes.remove(id) {
            graph.by_name.remove(&node.name.to_lowercase());
        }
    }
    let led: Vec<_> = graph.wires().filter(|(_, wire)| !wire.via.is_empty()).map(|(id, _)| id).collect();
    for id in led {
        if let Some(wire) = graph.wires.get_mut(&id) {
            wire.via.clear();
        }
    }
    graph
}

struct Flattening<'a> {
    /// Those of a graph stand together, after the node that owns it.
    sites: Vec<Site<'a>>,
    index: HashMap<(Option<usize>, NodeId), usize>,
    /// What stands behind an output, as far as it is known.
    behind: HashMap<Key<'a>, Source<'a>>,
}

impl<'a> Flattening<'a> {
    fn new(graph: &'a Graph) -> Self {
        let mut this = Self { sites: Vec::new(), index: HashMap::new(), behind: HashMap::new() };
        this.enter(graph, None);
        let mut at = 0;
        while at < this.sites.len() {
            if let Some(inner) = this.sites[at].node.inner.as_deref() {
                this.enter(inner, Some(at));
            }
            at += 1;
        }
        this
    }

    fn enter(&mut self, level: &'a Graph, owner: Option<usize>) {
        let around = owner.map_or(Mode::Active, |owner| self.sites[owner].mode);
        for (id, node) in level.nodes.iter().filter(|(_, n)| !n.is_annotation()) {
            let role = match node.kind.as_str() {
                GRAPH_INPUT => Role::Input,
                GRAPH_OUTPUT => Role::Output,
                _ if node.inner.is_some() => Role::Subgraph,
                _ => Role::Plain,
            };
            let mode = match around {
                // A boundary node has nothing to pass by.
                Mode::Active if matches!(role, Role::Input | Role::Output) && node.mode == Mode::Bypassed => {
                    Mode::Active
                }
                Mode::Active => node.mode,
                around => around,
            };
            self.index.insert((owner, *id), self.sites.len());
            self.sites.push(Site { id: *id, node, level, owner, role, mode });
        }
    }

    /// The wire into an input of a node.
    fn feed(&self, site: usize, port: &str) -> Option<&'a Wire> {
        let Site { id, level, .. } = &self.sites[site];
        level.wire_into(&Endpoint::new(*id, port)).and_then(|wire| level.wires.get(&wire))
    }

    /// What stands behind the wire into an input: through boundaries of subgraphs, and through bypassed nodes where it
    /// fits. What was found for one output is known for all that lead to it, so that long chains take no longer than they
    /// are long.
    fn source(&mut self, site: usize, wire: &'a Wire) -> Source<'a> {
        let wanted = self.sites[site].node.input(&wire.to.port).map(|port| port.ty);
        let owner = self.sites[site].owner;
        // Wires that may still be followed from each output on the way, the next one last, with the owner of their graph.
        let mut stack: Vec<(Key<'a>, Vec<Way<'a>>)> = Vec::new();
        let mut next = Some((wire, owner, None));
        let mut result = Source::Open;
        loop {
            if let Some((wire, owner, ty)) = next.take() {
                result = Source::Open;
                if let Some(from) = self.index.get(&(owner, wire.from.node)).copied() {
                    let port = wire.from.port.as_str();
                    let Site { node, role, mode, .. } = &self.sites[from];
                    let fits = |ty: PortType| node.output(port).is_some_and(|o| o.ty.feeds(ty).is_ok());
                    match (mode, role) {
                        (Mode::Muted, _) if ty.is_none_or(fits) => result = Source::Muted(from),
                        (Mode::Active, Role::Plain) if ty.is_none_or(fits) => result = Source::Output(from, port),
                        (Mode::Muted, _) | (Mode::Active, Role::Plain | Role::Output) => {}
                        (Mode::Bypassed, _) | (Mode::Active, Role::Subgraph | Role::Input) => {
                            let ty = if *mode == Mode::Bypassed { ty.or(wanted) } else { ty };
                            let key = (from, port, ty);
                            match self.behind.get(&key) {
                                Some(known) => result = known.clone(),
                                None => {
                                    // A circle leads nowhere.
                                    self.behind.insert(key, Source::Open);
                                    stack.push((key, self.ways(from, port, ty)));
                                }
                            }
                        }
                    }
                }
            }
            let Some((key, ways)) = stack.last_mut() else { return result };
            match ways.pop() {
                Some((wire, owner)) if result == Source::Open => next = Some((wire, owner, key.2)),
                _ => {
                    self.behind.insert(*key, result.clone());
                    stack.pop();
                }
            }
        }
    }

    /// All that stands behind a wire into an input that takes many: where a bypassed node waits for several, so does what
    /// comes after it. What stands in `seen` already is left out. `steps` are counted down.
    fn all_sources(&self, site: usize, wire: &'a Wire, seen: &mut Seen<'a>, steps: &mut usize) -> Vec<Source<'a>> {
        let wanted = self.sites[site].node.input(&wire.to.port).map(|port| port.ty);
        let mut found = Vec::new();
        let mut stack: Vec<(Way<'a>, Option<PortType>)> = vec![((wire, self.sites[site].owner), None)];
        while let Some(((wire, owner), ty)) = stack.pop() {
            *steps = steps.saturating_sub(1);
            let Some(from) = self.index.get(&(owner, wire.from.node)).copied().filter(|_| *steps > 0) else { continue };
            let port = wire.from.port.as_str();
            let Site { node, role, mode, .. } = &self.sites[from];
            let through =
                *mode == Mode::Bypassed || (*mode == Mode::Active && matches!(role, Role::Subgraph | Role::Input));
            let ty = if *mode == Mode::Bypassed { ty.or(wanted) } else { ty };
            let fits = ty.is_none_or(|ty| through || node.output(port).is_some_and(|o| o.ty.feeds(ty).is_ok()));
            if !fits || !seen.insert((from, port, ty.filter(|_| through))) {
                continue;
            }
            match (mode, role) {
                _ if through => stack.extend(self.ways(from, port, ty).into_iter().map(|way| (way, ty))),
                (Mode::Muted, _) => found.push(Source::Muted(from)),
                (_, Role::Plain) => found.push(Source::Output(from, port)),
                _ => {}
            }
        }
        found
    }

    /// The wires that lead on behind an output, the first to follow last.
    fn ways(&self, site: usize, port: &'a str, ty: Option<PortType>) -> Vec<Way<'a>> {
        let Site { id, level, owner, role, mode, .. } = &self.sites[site];
        match (mode, role) {
            (Mode::Bypassed, _) if ty.is_some() => {
                level.feeds_through(*id, port).into_iter().rev().map(|wire| (wire, *owner)).collect()
            }
            (Mode::Active, Role::Subgraph) => {
                let boundary = port.parse().ok().and_then(|id| self.index.get(&(Some(site), id)));
                let boundary = boundary.filter(|at| self.sites[**at].role == Role::Output).copied();
                let feed = boundary.and_then(|at| self.feed(at, VALUE));
                feed.map(|wire| (wire, Some(site))).into_iter().collect()
            }
            (Mode::Active, Role::Input) => {
                let feed = owner.and_then(|owner| Some((self.feed(owner, &id.to_string())?, self.sites[owner].owner)));
                feed.into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn finish(mut self) -> Flat<'a> {
        let mut wires: Vec<(WireId, usize, &'a str, &'a str, usize)> = Vec::new();
        let mut further = Vec::new();
        let mut steps = STEPS;
        let mut left_out: BTreeMap<usize, LeftOut> = BTreeMap::new();
        let mut needs: Vec<(usize, usize)> = Vec::new();
        for site in 0..self.sites.len() {
            let Site { id, node, level, role, mode, .. } = self.sites[site];
            match mode {
                Mode::Active => {}
                Mode::Muted => drop(left_out.insert(site, LeftOut::Muted)),
                Mode::Bypassed => drop(left_out.insert(site, LeftOut::Bypassed)),
            }
            if mode != Mode::Active || role != Role::Plain {
                continue;
            }
            // What was found behind the wires of an input that takes many, so that each output comes once.
            let mut seen: BTreeMap<&str, Seen<'a>> = BTreeMap::new();
            for (wire_id, wire) in level.wires_at(id).filter(|(_, w)| w.to.node == id) {
                if node.takes_many(&wire.to.port) && steps > 0 {
                    let seen = seen.entry(&wire.to.port).or_default();
                    let mut list = &mut wires;
                    for source in self.all_sources(site, wire, seen, &mut steps) {
                        match source {
                            Source::Output(from, port) => list.push((wire_id, from, port, &wire.to.port, site)),
                            Source::Muted(muted) => needs.push((site, muted)),
                            Source::Open => {}
                        }
                        // The first goes under the wire's own identifier.
                        list = &mut further;
                    }
                    continue;
                }
                match self.source(site, wire) {
                    Source::Output(from, port) => wires.push((wire_id, from, port, &wire.to.port, site)),
                    Source::Muted(muted) if is_required(node, &wire.to.port) => needs.push((site, muted)),
                    Source::Muted(_) | Source::Open => {}
                }
            }
        }
        // What needs a node that is left out is left out, too.
        let mut fed: HashMap<usize, Vec<usize>> = HashMap::new();
        for (_, from, _, port, to) in wires.iter().chain(&further) {
            if is_required(self.sites[*to].node, port) {
                fed.entry(*from).or_default().push(*to);
            }
        }
        while let Some((site, muted)) = needs.pop() {
            if let Entry::Vacant(entry) = left_out.entry(site) {
                entry.insert(LeftOut::Needs(self.path(muted)));
                needs.extend(fed.get(&site).into_iter().flatten().map(|next| (*next, muted)));
            }
        }
        let mut graph = Graph::default();
        let mut origin = Origin::default();
        let names = self.names();
        let ids = self.ids();
        for (at, site) in self.sites.iter().enumerate() {
            let (Some(id), Some(name)) = (ids.get(&at), names.get(&at)) else { continue };
            if left_out.contains_key(&at) {
                continue;
            }
            graph.by_name.insert(name.to_lowercase(), *id);
            graph.nodes.insert(*id, Node { name: name.clone(), ..site.node.clone() });
            origin.paths.insert(*id, self.path(at));
        }
        for (id, from, output, input, to) in wires.into_iter().chain(further) {
            let (Some(source), Some(target)) = (ids.get(&from), ids.get(&to)) else { continue };
            // Through a bypassed node, a node of a broken file may come to feed itself.
            if left_out.contains_key(&from) || left_out.contains_key(&to) || source == target {
                continue;
            }
            let wire = Wire::new(Endpoint::new(*source, output), Endpoint::new(*target, input));
            let mut flat_id = id;
            let owner = self.sites[to].owner;
            if owner.is_some() || graph.wires.contains_key(&id) {
                let path = owner.map(|owner| self.path(owner)).unwrap_or_default();
                flat_id = WireId(free(id.0, &path, |id| graph.wires.contains_key(&WireId(id))));
                origin.wires.insert(flat_id, (path, id));
            }
            if !self.sites[to].node.takes_many(&wire.to.port) {
                graph.at_input.insert(wire.to.clone(), flat_id);
            }
            for end in [&wire.from, &wire.to] {
                graph.at_node.entry(end.node).or_default().insert(flat_id);
            }
            graph.wires.insert(flat_id, wire);
        }
        origin.nodes = origin.paths.iter().map(|(id, path)| (path.clone(), *id)).collect();
        let left_out = left_out.into_iter().map(|(at, why)| (self.path(at), why)).collect();
        Flat { graph: Cow::Owned(graph), origin: Some(origin), left_out }
    }

    fn path(&self, site: usize) -> NodePath {
        let mut path: NodePath =
            std::iter::successors(Some(site), |at| self.sites[*at].owner).map(|at| self.sites[at].id).collect();
        path.reverse();
        path
    }

    fn plain(&self) -> impl Iterator<Item = (usize, &Site<'a>)> {
        self.sites.iter().enumerate().filter(|(_, site)| site.role == Role::Plain)
    }

    /// The name of every plain node, whether or not it runs.
    fn names(&self) -> HashMap<usize, String> {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for (_, site) in self.plain() {
            *counts.entry(site.node.name.to_lowercase()).or_default() += 1;
        }
        let is_kept = |site: &Site<'_>| site.owner.is_none() || counts.get(&site.node.name.to_lowercase()) == Some(&1);
        let (kept, other): (Vec<_>, Vec<_>) = self.plain().partition(|(_, site)| is_kept(site));
        let mut taken: HashSet<String> = kept.iter().map(|(_, site)| site.node.name.to_lowercase()).collect();
        let mut names: HashMap<usize, String> = kept.iter().map(|(at, site)| (*at, site.node.name.clone())).collect();
        // The number to try next, by the name that it follows.
        let mut next: HashMap<String, u64> = HashMap::new();
        for (at, _) in other {
            let mut parts: Vec<&str> = std::iter::successors(Some(at), |at| self.sites[*at].owner)
                .map(|at| self.sites[at].node.name.as_str())
                .collect();
            parts.reverse();
            let base = parts.join("/");
            let mut name = base.clone();
            while !taken.insert(name.to_lowercase()) {
                let number = next.entry(base.to_lowercase()).or_insert(2);
                name = format!("{base} {number}");
                *number += 1;
            }
            names.insert(at, name);
        }
        names
    }

    /// The identifier of every plain node, whether or not it runs.
    fn ids(&self) -> HashMap<usize, NodeId> {
        let mut counts: HashMap<NodeId, usize> = HashMap::new();
        for (_, site) in self.plain() {
            *counts.entry(site.id).or_default() += 1;
        }
        let is_kept = |site: &Site<'_>| site.owner.is_none() || counts.get(&site.id) == Some(&1);
        let mut ids: HashMap<usize, NodeId> =
            self.plain().filter(|(_, site)| is_kept(site)).map(|(at, site)| (at, site.id)).collect();
        let mut taken: HashSet<u64> = ids.values().map(|id| id.0).collect();
        for (at, site) in self.plain().filter(|(_, site)| !is_kept(site)) {
            // Its own identifier means more than one node: one that follows from where it stands is the same each time.
            let id = free(derived(&self.path(at), site.id.0), &[], |id| taken.contains(&id));
            taken.insert(id);
            ids.insert(at, NodeId(id));
        }
        ids
    }
}

/// `id`, or else one derived from it and a path that is not taken.
fn free(id: u64, path: &[NodeId], is_taken: impl Fn(u64) -> bool) -> u64 {
    let mut id = id;
    while is_taken(id) {
        id = derived(path, id);
    }
    id
}

/// A number that follows from a path and a number: FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo, 1991) over their bytes.
fn derived(path: &[NodeId], number: u64) -> u64 {
    let bytes = path.iter().map(|id| id.0).chain([number]).flat_map(u64::to_le_bytes);
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

fn is_required(node: &Node, input: &str) -> bool {
    // A kind that this version does not know may need all it is given, and what is waited for is needed.
    node.decl().is_none_or(|d| d.input(input).is_none_or(|p| p.required || p.many))
}
