//! Making a subgraph of nodes and taking one apart: each is one change, and neither alters what runs.
//!
//! Nodes keep their identifiers and names, and a wire that crosses the border keeps its identifier where it ends at a node
//! that computes, so that the flat graph ([`crate::flat`]) is the same before and after.

use std::collections::{BTreeMap, BTreeSet};

use crate::edit::Edit;
use crate::graph::{Endpoint, Graph, Mode, Node, Wire};
use crate::id::{NodeId, WireId};
use crate::port::{GRAPH_INPUT, GRAPH_OUTPUT, SUBGRAPH, TYPE, VALUE};
use crate::text::{Localised, brief};
use crate::value::Value;

/// Room between the nodes within and the boundary nodes, their own width included [points].
const ASIDE: f64 = 300.0;
/// Room from one boundary node to the next [points].
const BELOW: f64 = 96.0;
/// Characters of a name that a message says at most.
const LONGEST: usize = 80;

fn l(en: impl Into<String>, zh: impl Into<String>) -> Localised {
    Localised::new(en, zh)
}

/// The middle of the upper left corners of nodes [points].
fn middle<'a>(nodes: impl Iterator<Item = &'a Node>) -> [f64; 2] {
    let (mut least, mut most) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for node in nodes {
        for axis in 0..2 {
            least[axis] = least[axis].min(node.pos[axis]);
            most[axis] = most[axis].max(node.pos[axis]);
        }
    }
    [0, 1].map(|axis| {
        let middle = (least[axis] / 2.0 + most[axis] / 2.0).round();
        if middle.is_finite() { middle } else { 0.0 }
    })
}

fn fresh(taken: impl Fn(NodeId) -> bool) -> NodeId {
    loop {
        let id = NodeId::random();
        if !taken(id) {
            return id;
        }
    }
}

/// `base`, or `base 2` …: the first name that no node of the graph has, in whatever subgraph. A node that runs under a name
/// of its own keeps it whatever is added elsewhere.
pub fn free_name(root: &Graph, base: &str) -> String {
    let taken: BTreeSet<String> =
        root.levels().flat_map(|(_, graph)| graph.nodes().map(|(_, n)| n.name.to_lowercase())).collect();
    let mut name = base.to_owned();
    let mut number = 2_u64;
    while taken.contains(&name.to_lowercase()) {
        name = format!("{base} {number}");
        number += 1;
    }
    name
}

/// A boundary node on its way into a subgraph.
struct Boundary {
    id: NodeId,
    node: Node,
}

impl Boundary {
    fn new(inner: &Graph, kind: &str, name: &str, ty: &str, pos: [f64; 2]) -> Self {
        let mut node = Node::new(kind, inner.free_name(name), pos);
        let is_default = node.param(TYPE).is_some_and(|v| v.as_str() == Some(ty));
        if !is_default {
            node.params.insert(TYPE.to_owned(), Value::from(ty));
        }
        Self { id: fresh(|id| inner.node(id).is_some()), node }
    }
}

/// The change that moves nodes into a new subgraph of the name `name`, or the next that is free, and the identifier of the
/// node that owns it. A wire that came in becomes an input, one for each output outside that fed the nodes; a wire that
/// went out becomes an output, one for each output within.
///
/// # Errors
/// There is nothing to group, or what is outside needs some of the nodes and feeds others.
pub fn make_subgraph(graph: &Graph, nodes: &[NodeId], name: &str) -> Result<(NodeId, Edit), Localised> {
    // What stands for the ports of this graph stays in it.
    let is_movable = |id: &NodeId| graph.node(*id).is_some_and(|n| !n.is_boundary());
    let chosen: BTreeSet<NodeId> = nodes.iter().copied().filter(is_movable).collect();
    if chosen.is_empty() {
        return Err(l("there is nothing to group: choose nodes first", "没有可组合的节点：请先选择节点"));
    }
    if let Some(between) = between(graph, &chosen) {
        let name = graph.node(between).map_or_else(String::new, |n| brief(&n.name, LONGEST).into_owned());
        return Err(l(
            format!("these nodes cannot be grouped without '{name}', which needs some of them and feeds others"),
            format!("这些节点不能脱离“{name}”组合：它依赖其中一些节点，又为另一些提供输入"),
        ));
    }
    let mut inner = Graph::default();
    let apply = |inner: &mut Graph, edit: Edit| {
        // What held in the graph holds in a part of it.
        let result = inner.apply(edit);
        debug_assert!(result.is_ok(), "a part of a graph is a graph: {result:?}");
    };
    for id in &chosen {
        if let Some(node) = graph.node(*id) {
            apply(&mut inner, Edit::AddNode { id: *id, node: node.clone() });
        }
    }
    let all: BTreeMap<WireId, &Wire> = chosen.iter().flat_map(|id| graph.wires_at(*id)).collect();
    // Wires that come in by the output that they come from, those that go out by the output within.
    let (mut coming, mut going) = (BTreeMap::<&Endpoint, Vec<(WireId, &Wire)>>::new(), BTreeMap::new());
    for (id, wire) in &all {
        match (chosen.contains(&wire.from.node), chosen.contains(&wire.to.node)) {
            (true, true) => apply(&mut inner, Edit::AddWire { id: *id, wire: (*wire).clone() }),
            (false, _) => coming.entry(&wire.from).or_default().push((*id, *wire)),
            (true, false) => going.entry(&wire.from).or_insert_with(Vec::new).push((*id, *wire)),
        }
    }
    let ty = |from: &Endpoint, to: &Endpoint| {
        let given = graph.node(from.node).and_then(|n| n.output(&from.port)).map(|p| p.ty);
        let ty = given.or_else(|| graph.node(to.node).and_then(|n| n.input(&to.port)).map(|p| p.ty));
        ty.map_or("samples", |ty| ty.id())
    };
    let place = |id: NodeId| graph.node(id).map_or([0.0; 2], |n| n.pos);
    let (mut left, mut right) = (f64::INFINITY, f64::NEG_INFINITY);
    for id in &chosen {
        (left, right) = (left.min(place(*id)[0]), right.max(place(*id)[0]));
    }
    let id = fresh(|id| graph.node(id).is_some() || chosen.contains(&id));
    let mut edits: Vec<Edit> = all.keys().map(|id| Edit::RemoveWire { id: *id }).collect();
    edits.extend(chosen.iter().map(|id| Edit::RemoveNode { id: *id }));
    let mut outer = Vec::new();
    let sorted = |of: BTreeMap<&Endpoint, Vec<(WireId, &Wire)>>, inputs: bool| {
        // In the order in which the ends within stand, so that the ports come in an order that crosses few wires.
        let mut sorted: Vec<_> = of
            .into_iter()
            .map(|(from, wires)| {
                let end = |w: &Wire| if inputs { w.to.clone() } else { w.from.clone() };
                let y = wires.iter().map(|(_, w)| place(end(w).node)[1]).fold(f64::INFINITY, f64::min);
                let row = wires.iter().filter_map(|(_, w)| {
                    let end = end(w);
                    let node = graph.node(end.node)?;
                    let ports = if inputs { node.inputs() } else { node.outputs() };
                    ports.iter().position(|p| p.id == end.port)
                });
                (
                    y,
                    row.min().unwrap_or(usize::MAX),
                    from.clone(),
                    wires.into_iter().map(|(id, w)| (id, w.clone())).collect::<Vec<_>>(),
                )
            })
            .collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then_with(|| a.2.cmp(&b.2)));
        sorted
    };
    let mut y = f64::NEG_INFINITY;
    for (wanted, _, from, wires) in sorted(coming, true) {
        let Some(first) = wires.first().map(|(_, w)| w.clone()) else { continue };
        y = wanted.max(y + BELOW);
        let base = port_name(graph, &first, &wires);
        let boundary = Boundary::new(&inner, GRAPH_INPUT, &base, ty(&from, &first.to), [left - ASIDE, y]);
        let port = Endpoint::new(id, boundary.id.to_string());
        outer.push(Edit::AddWire { id: WireId::random(), wire: Wire::new(from, port) });
        let value = Endpoint::new(boundary.id, VALUE);
        apply(&mut inner, Edit::AddNode { id: boundary.id, node: boundary.node });
        for (wire_id, wire) in wires {
            apply(&mut inner, Edit::AddWire { id: wire_id, wire: Wire::new(value.clone(), wire.to) });
        }
    }
    let mut y = f64::NEG_INFINITY;
    for (wanted, _, from, wires) in sorted(going, false) {
        let Some(first) = wires.first().map(|(_, w)| w.clone()) else { continue };
        y = wanted.max(y + BELOW);
        let base = graph
            .node(from.node)
            .and_then(|n| n.output(&from.port).map(|p| p.label.get(crate::text::Lang::En).to_owned()));
        let base = base.unwrap_or_else(|| from.port.clone());
        let boundary = Boundary::new(&inner, GRAPH_OUTPUT, &base, ty(&from, &first.to), [right + ASIDE, y]);
        let port = Endpoint::new(id, boundary.id.to_string());
        apply(&mut inner, Edit::AddNode { id: boundary.id, node: boundary.node });
        let mut wire_id = WireId::random();
        while inner.wire(wire_id).is_some() {
            wire_id = WireId::random();
        }
        apply(&mut inner, Edit::AddWire { id: wire_id, wire: Wire::new(from, Endpoint::new(boundary.id, VALUE)) });
        for (wire_id, wire) in wires {
            outer.push(Edit::AddWire { id: wire_id, wire: Wire::new(port.clone(), wire.to) });
        }
    }
    let pos = middle(chosen.iter().filter_map(|id| graph.node(*id)));
    let mut node = Node::new(SUBGRAPH, graph.free_name(name), pos);
    node.inner = Some(Box::new(inner));
    edits.push(Edit::AddNode { id, node });
    edits.extend(outer);
    Ok((id, Edit::Batch { edits }))
}

/// What an input of a subgraph is called: as the port that it feeds, or, where these have several names, as the one that
/// feeds it.
fn port_name(graph: &Graph, first: &Wire, wires: &[(WireId, Wire)]) -> String {
    let label = |end: &Endpoint, output: bool| {
        let node = graph.node(end.node)?;
        let port = if output { node.output(&end.port) } else { node.input(&end.port) };
        port.map(|p| p.label.get(crate::text::Lang::En).to_owned())
    };
    let name = label(&first.to, false).unwrap_or_else(|| first.to.port.clone());
    if wires.iter().all(|(_, w)| label(&w.to, false).as_deref() == Some(name.as_str())) {
        return name;
    }
    label(&first.from, true).unwrap_or(name)
}

/// A node outside that needs some of the chosen and feeds others.
fn between(graph: &Graph, chosen: &BTreeSet<NodeId>) -> Option<NodeId> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<NodeId> =
        chosen.iter().flat_map(|id| graph.successors(*id)).filter(|id| !chosen.contains(id)).collect();
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            let next = graph.successors(id);
            if next.iter().any(|id| chosen.contains(id)) {
                return Some(id);
            }
            open.extend(next);
        }
    }
    None
}

/// The change that puts what a subgraph holds in its place, and the identifiers of the nodes that come out. None where the
/// node owns no graph. Names that are taken get the next free number. What comes out of a subgraph that is muted or
/// bypassed is.
pub fn unpack(graph: &Graph, id: NodeId) -> Option<(Vec<NodeId>, Edit)> {
    let node = graph.node(id)?;
    let inner = node.inner.as_deref()?;
    let moving = || inner.nodes().filter(|(_, n)| !n.is_boundary());
    let from = middle(moving().map(|(_, n)| n));
    let moved = |pos: [f64; 2]| {
        [0, 1].map(|axis| {
            let to = pos[axis] + (node.pos[axis] - from[axis]);
            if to.is_finite() { to } else { pos[axis] }
        })
    };
    let mut edits: Vec<Edit> = graph.wires_at(id).map(|(id, _)| Edit::RemoveWire { id }).collect();
    edits.push(Edit::RemoveNode { id });
    let mut ids = BTreeMap::new();
    let mut given = BTreeSet::new();
    let mut names = BTreeSet::new();
    // The name that the subgraph had is free.
    let is_free = |name: &str, names: &BTreeSet<String>| {
        graph.node_named(name).is_none_or(|other| other == id) && !names.contains(&name.to_lowercase())
    };
    for (old, inner_node) in moving() {
        let taken =
            |new: NodeId, given: &BTreeSet<NodeId>| new != id && graph.node(new).is_some() || given.contains(&new);
        let new = if taken(old, &given) { fresh(|id| taken(id, &given)) } else { old };
        given.insert(new);
        ids.insert(old, new);
        let mut name = inner_node.name.clone();
        let mut number = 2_u64;
        while !is_free(&name, &names) {
            name = format!("{} {number}", inner_node.name);
            number += 1;
        }
        names.insert(name.to_lowercase());
        let mode = if node.mode == Mode::Active { inner_node.mode } else { node.mode };
        let node = Node { name, mode, pos: moved(inner_node.pos), ..inner_node.clone() };
        edits.push(Edit::AddNode { id: new, node });
    }
    let mut taken: BTreeSet<WireId> =
        graph.wires().filter(|(_, w)| w.from.node != id && w.to.node != id).map(|(id, _)| id).collect();
    let mut add = |edits: &mut Vec<Edit>, mut wire_id: WireId, wire: Wire| {
        // A broken file may have led a subgraph round to itself.
        if wire.from.node == wire.to.node || wire.from.node == id || wire.to.node == id {
            return;
        }
        while !taken.insert(wire_id) {
            wire_id = WireId::random();
        }
        edits.push(Edit::AddWire { id: wire_id, wire });
    };
    let outside =
        |boundary: NodeId| graph.wire_into(&Endpoint::new(id, boundary.to_string())).and_then(|w| graph.wire(w));
    // What stands behind an end within, seen from outside: none where nothing comes in.
    let source = |from: &Endpoint| match ids.get(&from.node) {
        Some(new) => Some(Endpoint::new(*new, from.port.clone())),
        None => outside(from.node).map(|w| w.from.clone()),
    };
    for (wire_id, wire) in inner.wires() {
        let Some(from) = source(&wire.from) else { continue };
        match ids.get(&wire.to.node) {
            Some(to) => {
                let via = wire.via.iter().map(|p| moved(*p)).collect();
                let via = if ids.contains_key(&wire.from.node) { via } else { Vec::new() };
                add(&mut edits, wire_id, Wire { from, to: Endpoint::new(*to, wire.to.port.clone()), via });
            }
            None => {
                let port = wire.to.node.to_string();
                for (outer_id, outer) in graph.wires_at(id).filter(|(_, w)| w.from.node == id && w.from.port == port) {
                    add(&mut edits, outer_id, Wire::new(from.clone(), outer.to.clone()));
                }
            }
        }
    }
    Some((ids.into_values().collect(), Edit::Batch { edits }))
}

/// The change that takes away nodes of the graph at `path` with all their wires, and further wires; where boundary nodes
/// go, the wires go with them that end at the ports which they make.
pub fn delete_at(root: &Graph, path: &[NodeId], nodes: &[NodeId], wires: &[WireId]) -> Option<Edit> {
    let edit = root.at(path)?.delete(nodes, wires);
    with_ports(root, path, nodes, edit)
}

/// A change of the graph at `path` that takes nodes away, as a change of `root` that also takes away the wires which end
/// at the ports that these nodes make.
pub fn with_ports(root: &Graph, path: &[NodeId], gone: &[NodeId], edit: Edit) -> Option<Edit> {
    let level = root.at(path)?;
    let edit = Edit::inside(path, edit);
    let Some((owner, above)) = path.split_last() else { return Some(edit) };
    let is_port = |id: &&NodeId| level.node(**id).is_some_and(Node::is_boundary);
    let ports: BTreeSet<String> = gone.iter().filter(is_port).map(ToString::to_string).collect();
    let ends = |w: &Wire| {
        (w.from.node == *owner && ports.contains(&w.from.port)) || (w.to.node == *owner && ports.contains(&w.to.port))
    };
    let outer = root.at(above)?;
    let edits: Vec<Edit> =
        outer.wires_at(*owner).filter(|(_, w)| ends(w)).map(|(id, _)| Edit::RemoveWire { id }).collect();
    if edits.is_empty() {
        return Some(edit);
    }
    Some(Edit::Batch { edits: vec![Edit::inside(above, Edit::Batch { edits }), edit] })
}
