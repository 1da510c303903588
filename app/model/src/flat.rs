//! The graph that runs: annotations left out, muted nodes taken away with what needs them, bypassed nodes passed
//! through. Engine, validation and command line all look at a graph through [`flatten`], so that none has a rule of its
//! own.
//!
//! What is left keeps identifier, name and parameters: a run gives the same results whether or not anything was left
//! out beside it.

use std::borrow::Cow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::catalogue::PortType;
use crate::graph::{Endpoint, Graph, Mode, Node, Wire};
use crate::id::{NodeId, WireId};

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

/// A graph as it runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Flat<'a> {
    graph: Cow<'a, Graph>,
    /// Path of each node and node of each path; none where the graph runs as it stands.
    paths: Option<(BTreeMap<NodeId, NodePath>, BTreeMap<NodePath, NodeId>)>,
    left_out: BTreeMap<NodePath, LeftOut>,
}

impl Flat<'_> {
    /// Nodes and wires that run: every node active, of a kind that computes or that this version does not know.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Where a node of [`Self::graph`] stands in the graph that was flattened; empty for one that is not there.
    pub fn path(&self, id: NodeId) -> NodePath {
        match &self.paths {
            Some((paths, _)) => paths.get(&id).cloned().unwrap_or_default(),
            None => self.graph.node(id).map(|_| vec![id]).unwrap_or_default(),
        }
    }

    /// The node of [`Self::graph`] that stands for the one at `path`, if that runs.
    pub fn node_at(&self, path: &[NodeId]) -> Option<NodeId> {
        match &self.paths {
            Some((_, nodes)) => nodes.get(path).copied(),
            None => path.first().copied().filter(|id| path.len() == 1 && self.graph.node(*id).is_some()),
        }
    }

    /// The nodes of [`Self::graph`] that stand at `path` or within what stands there.
    pub fn nodes_under(&self, path: &[NodeId]) -> Vec<NodeId> {
        match &self.paths {
            Some((_, nodes)) => {
                nodes.range(path.to_vec()..).take_while(|(p, _)| p.starts_with(path)).map(|(_, id)| *id).collect()
            }
            None => self.node_at(path).into_iter().collect(),
        }
    }

    /// Why a node does not run; none for one that does, for annotations and for what is not there.
    pub fn left_out(&self, path: &[NodeId]) -> Option<&LeftOut> {
        self.left_out.get(path)
    }
}

/// A node on its way into the flat graph.
struct Site<'a> {
    id: NodeId,
    node: &'a Node,
    /// The graph that it stands in.
    level: &'a Graph,
}

/// What feeds an input.
#[derive(Debug, Clone, PartialEq)]
enum Source {
    /// An output of a node that runs.
    Output(usize, String),
    /// A node that is muted.
    Muted(usize),
    /// Nothing.
    Open,
}

/// The graph as it runs.
pub fn flatten(graph: &Graph) -> Flat<'_> {
    if graph.nodes.values().all(|n| n.mode == Mode::Active && !n.is_annotation()) {
        return Flat { graph: Cow::Borrowed(graph), paths: None, left_out: BTreeMap::new() };
    }
    Flattening::new(graph).finish()
}

struct Flattening<'a> {
    sites: Vec<Site<'a>>,
    index: HashMap<NodeId, usize>,
    /// What a bypassed output passes on, by the type that is wanted.
    passed: HashMap<(usize, &'a str, PortType), Source>,
}

impl<'a> Flattening<'a> {
    fn new(graph: &'a Graph) -> Self {
        let nodes = graph.nodes.iter().filter(|(_, n)| !n.is_annotation());
        let sites: Vec<Site<'a>> = nodes.map(|(id, node)| Site { id: *id, node, level: graph }).collect();
        let index = sites.iter().enumerate().map(|(at, site)| (site.id, at)).collect();
        Self { sites, index, passed: HashMap::new() }
    }

    fn site_of(&self, end: &Endpoint) -> Option<usize> {
        self.index.get(&end.node).copied()
    }

    /// What stands at the other end of a wire, bypassed nodes passed through.
    fn source(&mut self, wire: &'a Wire) -> Source {
        let Some(site) = self.site_of(&wire.from) else { return Source::Open };
        match self.sites[site].node.mode {
            Mode::Active => Source::Output(site, wire.from.port.clone()),
            Mode::Muted => Source::Muted(site),
            Mode::Bypassed => {
                let target = self.site_of(&wire.to).and_then(|at| self.sites[at].node.decl()?.input(&wire.to.port));
                target.map_or(Source::Open, |input| self.passed_on(site, &wire.from.port, input.ty))
            }
        }
    }

    /// What a bypassed node passes on through an output: the first that fits, depth first. What was found for one output
    /// is known for all that lead to it, so that long chains take no longer than they are long.
    fn passed_on(&mut self, site: usize, output: &'a str, wanted: PortType) -> Source {
        type Key<'a> = (usize, &'a str);
        let mut stack: Vec<(Key<'a>, Vec<&'a Wire>)> = Vec::new();
        let mut enter: Option<Key<'a>> = Some((site, output));
        let mut result = Source::Open;
        loop {
            if let Some((site, output)) = enter.take() {
                match self.passed.get(&(site, output, wanted)) {
                    Some(known) => result = known.clone(),
                    None => {
                        // A circle passes nothing on.
                        self.passed.insert((site, output, wanted), Source::Open);
                        let Site { id, level, .. } = self.sites[site];
                        let mut feeds = level.feeds_through(id, output);
                        feeds.reverse();
                        stack.push(((site, output), feeds));
                        result = Source::Open;
                    }
                }
            }
            let Some((key, feeds)) = stack.last_mut() else { return result };
            if result != Source::Open {
                self.passed.insert((key.0, key.1, wanted), result.clone());
                stack.pop();
                continue;
            }
            let Some(feed) = feeds.pop() else {
                stack.pop();
                continue;
            };
            let Some(from) = self.index.get(&feed.from.node).copied() else { continue };
            let node = self.sites[from].node;
            if node.mode == Mode::Bypassed {
                enter = Some((from, &feed.from.port));
            } else if node.decl().and_then(|d| d.output(&feed.from.port)).is_some_and(|o| o.ty.feeds(wanted).is_ok()) {
                result = match node.mode {
                    Mode::Muted => Source::Muted(from),
                    _ => Source::Output(from, feed.from.port.clone()),
                };
            }
        }
    }

    fn finish(mut self) -> Flat<'a> {
        let mut wires: Vec<(WireId, usize, String, &'a str, usize)> = Vec::new();
        let mut left_out: BTreeMap<usize, LeftOut> = BTreeMap::new();
        let mut needs: Vec<(usize, usize)> = Vec::new();
        for site in 0..self.sites.len() {
            let Site { id, node, level } = self.sites[site];
            match node.mode {
                Mode::Active => {}
                Mode::Muted => drop(left_out.insert(site, LeftOut::Muted)),
                Mode::Bypassed => drop(left_out.insert(site, LeftOut::Bypassed)),
            }
            if node.mode != Mode::Active {
                continue;
            }
            for (wire_id, wire) in level.wires_at(id).filter(|(_, w)| w.to.node == id) {
                match self.source(wire) {
                    Source::Output(from, port) => wires.push((wire_id, from, port, &wire.to.port, site)),
                    Source::Muted(muted) if is_required(node, &wire.to.port) => needs.push((site, muted)),
                    Source::Muted(_) | Source::Open => {}
                }
            }
        }
        // What needs a node that is left out is left out, too.
        let mut fed: HashMap<usize, Vec<usize>> = HashMap::new();
        for (_, from, _, port, to) in &wires {
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
        let mut paths = BTreeMap::new();
        for (at, site) in self.sites.iter().enumerate().filter(|(at, _)| !left_out.contains_key(at)) {
            graph.by_name.insert(site.node.name.to_lowercase(), site.id);
            graph.nodes.insert(site.id, site.node.clone());
            paths.insert(site.id, self.path(at));
        }
        for (id, from, output, input, to) in wires {
            if left_out.contains_key(&from) || left_out.contains_key(&to) {
                continue;
            }
            let wire = Wire::new(Endpoint::new(self.sites[from].id, output), Endpoint::new(self.sites[to].id, input));
            // Through a bypassed node, a node of a broken file may come to feed itself.
            if wire.from.node == wire.to.node {
                continue;
            }
            graph.at_input.insert(wire.to.clone(), id);
            for end in [&wire.from, &wire.to] {
                graph.at_node.entry(end.node).or_insert_with(BTreeSet::new).insert(id);
            }
            graph.wires.insert(id, wire);
        }
        let nodes = paths.iter().map(|(id, path): (&NodeId, &NodePath)| (path.clone(), *id)).collect();
        let left_out = left_out.into_iter().map(|(at, why)| (self.path(at), why)).collect();
        Flat { graph: Cow::Owned(graph), paths: Some((paths, nodes)), left_out }
    }

    fn path(&self, site: usize) -> NodePath {
        vec![self.sites[site].id]
    }
}

fn is_required(node: &Node, input: &str) -> bool {
    // A kind that this version does not know may need all it is given.
    node.decl().is_none_or(|d| d.input(input).is_none_or(|p| p.required))
}
