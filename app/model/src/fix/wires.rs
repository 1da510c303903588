//! Fixes of wires: from a port that is gone to the one that was meant, a node between ends that do not fit, the wire of
//! a circle that leads back.

use super::Fix;
use super::params::{distance, short};
use super::search::{Search, is_given, word};
use crate::catalogue::{KINDS, NodeKind, PortDecl, PortType};
use crate::edit::Edit;
use crate::flat::Flat;
use crate::graph::{Endpoint, Graph, Mode, Node, Wire};
use crate::id::{NodeId, WireId};
use crate::port::Port;
use crate::text::Localised;

/// Wires of a node that are looked at.
const WIRES: usize = 1_000;

fn l(en: impl Into<String>, zh: impl Into<String>) -> Localised {
    Localised::new(en, zh)
}

fn removed(id: WireId) -> Fix {
    Fix::edit(l("Remove the wire", "删除连线"), Edit::RemoveWire { id })
}

/// The change that joins other ends instead of a wire's.
fn instead(graph: &Graph, id: WireId, from: Endpoint, to: Endpoint) -> Edit {
    // What is at the input goes by itself.
    let replaced = graph.wire_into(&to) == Some(id);
    let connect = graph.connect(from, to);
    if replaced { connect } else { Edit::Batch { edits: vec![Edit::RemoveWire { id }, connect] } }
}

fn wired_to(port: &Localised) -> Localised {
    l(format!("Wire it to '{}'", short(&port.en)), format!("改接到“{}”", short(&port.zh)))
}

/// The one port that was meant by a name that does not exist: the only one that there is, or the one of a name that is
/// alike.
fn meant<'a, 'p>(
    node: &Node,
    is_output: bool,
    ports: &[&'a Port<'p>],
    name: &str,
    other: &str,
) -> Option<&'a Port<'p>> {
    let known = |port: &Port<'_>| word(node, port, is_output);
    let near = ports.iter().filter_map(|p| Some((distance(&known(p), name)?, *p)));
    let near = near.min_by_key(|(d, _)| *d).map(|(_, p)| p);
    near.or_else(|| ports.iter().copied().find(|p| known(p) == other)).or(match ports {
        [one] => Some(*one),
        _ => None,
    })
}

impl Search<'_> {
    /// Fixes of a wire that ends at a port which does not exist: the output's end if `is_output`.
    pub fn unknown_port(&self, id: WireId, wire: &Wire, is_output: bool) -> Vec<Fix> {
        let mut fixes = Vec::new();
        let (source, target) = (self.graph.node(wire.from.node), self.graph.node(wire.to.node));
        let (Some(source), Some(target)) = (source, target) else { return fixes };
        let found = if is_output {
            let input = target.input(&wire.to.port);
            let outputs = source.outputs();
            let fits = |o: &&Port<'_>| input.as_ref().is_some_and(|input| o.ty.feeds(input.ty).is_ok());
            let fits: Vec<&Port<'_>> = outputs.iter().filter(fits).collect();
            let wanted = input.as_ref().map(|input| word(target, input, false)).unwrap_or_default();
            meant(source, true, &fits, &wire.from.port, &wanted).map(|port| {
                let from = Endpoint::new(wire.from.node, &*port.id);
                (port.label.localised(), instead(self.graph, id, from, wire.to.clone()))
            })
        } else {
            let output = source.output(&wire.from.port);
            let inputs = self.free_inputs(wire.to.node, output.as_ref());
            let given = output.as_ref().map(|output| word(source, output, true)).unwrap_or_default();
            meant(target, false, &inputs.iter().collect::<Vec<_>>(), &wire.to.port, &given).map(|port| {
                let to = Endpoint::new(wire.to.node, &*port.id);
                (port.label.localised(), instead(self.graph, id, wire.from.clone(), to))
            })
        };
        if let Some((port, edit)) = found {
            fixes.push(Fix::edit(wired_to(&port), edit));
        }
        fixes.push(removed(id));
        fixes
    }

    /// The inputs of a node that an output fits and that are not wired; none for no output.
    fn free_inputs(&self, id: NodeId, output: Option<&Port<'_>>) -> Vec<Port<'_>> {
        let Some(output) = output else { return Vec::new() };
        let inputs = self.graph.node(id).map(Node::inputs).unwrap_or_default();
        let is_free = |port: &Port<'_>| self.graph.wire_into(&Endpoint::new(id, &*port.id)).is_none();
        inputs.into_iter().filter(|i| output.ty.feeds(i.ty).is_ok() && is_free(i)).collect()
    }

    /// Fixes of a wire whose ends do not fit: to another input of the node, through a node that is there, through one
    /// that is put between.
    pub fn type_mismatch(&self, id: WireId, wire: &Wire, output: &Port<'_>, input: &Port<'_>) -> Vec<Fix> {
        let mut fixes = Vec::new();
        let (source, target) = (self.graph.node(wire.from.node), self.graph.node(wire.to.node));
        let (Some(source), Some(target)) = (source, target) else { return fixes };
        let inputs = self.free_inputs(wire.to.node, Some(output));
        let given = word(source, output, true);
        if let Some(port) = meant(target, false, &inputs.iter().collect::<Vec<_>>(), &given, "") {
            let edit = instead(self.graph, id, wire.from.clone(), Endpoint::new(wire.to.node, &*port.id));
            fixes.push(Fix::edit(wired_to(&port.label.localised()), edit));
        }
        if let Some((kind, enters, leaves)) = converter(output, input.ty, &word(target, input, false))
            && self.may_search()
            && let Some(barred) = self.beyond(wire.to.node)
            && !barred.contains(&wire.from.node)
        {
            let there = self
                .graph
                .wires_at(wire.from.node)
                .take(WIRES)
                .map(|(_, w)| w)
                .find(|w| {
                    w.from == wire.from
                        && w.to.port == enters.id
                        && self.is_kind(w.to.node, kind)
                        && !barred.contains(&w.to.node)
                })
                .map(|w| w.to.node);
            if let Some(there) = there {
                let name = short(self.name(there));
                let label = l(
                    format!("Take '{}' of '{name}'", leaves.label.en),
                    format!("改用“{name}”的“{}”", leaves.label.zh),
                );
                fixes.push(Fix::edit(label, instead(self.graph, id, Endpoint::new(there, leaves.id), wire.to.clone())));
            }
            let (a, b) = (self.pos(wire.from.node), self.pos(wire.to.node));
            let pos = self.place([a[0] / 2.0 + b[0] / 2.0, a[1] / 2.0 + b[1] / 2.0], kind);
            let (between, mut edits) = self.added(kind, pos, &[enters.id], &barred);
            edits.push(self.graph.connect(wire.from.clone(), Endpoint::new(between, enters.id)));
            // The wire that was there goes by itself, unless others may stand beside it.
            if self.graph.takes_many(&wire.to) {
                edits.push(Edit::RemoveWire { id });
            }
            edits.push(self.graph.connect(Endpoint::new(between, leaves.id), wire.to.clone()));
            let label = l(format!("Put '{}' between", kind.label.en), format!("在中间加“{}”", kind.label.zh));
            fixes.push(Fix::edit(label, Edit::Batch { edits }));
        }
        fixes.push(removed(id));
        fixes
    }

    fn is_kind(&self, id: NodeId, kind: &NodeKind) -> bool {
        self.graph.node(id).is_some_and(|n| n.kind == kind.id && n.mode == Mode::Active)
    }
}

/// A kind that takes what an output gives and gives what an input takes, with the ports in question: the one that needs
/// least besides.
fn converter(
    output: &Port<'_>,
    ty: PortType,
    input: &str,
) -> Option<(&'static NodeKind, &'static PortDecl, &'static PortDecl)> {
    KINDS
        .iter()
        .filter(|k| !k.hidden)
        .filter_map(|k| {
            let enters = k.inputs.iter().find(|i| output.ty.feeds(i.ty).is_ok())?;
            let leaves = k.outputs.iter().find(|o| o.ty.feeds(ty).is_ok() && is_given(k, o, input))?;
            Some((k, enters, leaves))
        })
        .min_by_key(|(k, ..)| k.inputs.iter().filter(|i| i.required).count())
}

/// Fix of a circle of what runs: the wires of it that lead furthest back go. `cycle` are its nodes, each feeding the next.
pub(crate) fn cycle(flat: &Flat<'_>, cycle: &[NodeId]) -> Vec<Fix> {
    let graph = flat.graph();
    let next = cycle.iter().cycle().skip(1);
    let x = |id: NodeId| graph.node(id).map_or(0.0, |n| n.pos[0]);
    let back = cycle.iter().zip(next).max_by(|(a, b), (c, d)| (x(**a) - x(**b)).total_cmp(&(x(**c) - x(**d))));
    let Some((from, to)) = back else { return Vec::new() };
    let wires: Vec<Edit> = graph
        .wires_at(*from)
        .filter(|(_, w)| w.from.node == *from && w.to.node == *to)
        .map(|(id, _)| flat.wire_origin(id))
        .map(|(path, id)| Edit::inside(&path, Edit::RemoveWire { id }))
        .collect();
    let name = |id: NodeId| short(graph.node(id).map_or("", |n| n.name.as_str()));
    let label = l(
        format!("Remove the wire from '{}' to '{}'", name(*from), name(*to)),
        format!("删除从“{}”到“{}”的连线", name(*from), name(*to)),
    );
    if wires.is_empty() { Vec::new() } else { vec![Fix::edit(label, Edit::Batch { edits: wires })] }
}

/// Fix where a node is muted or passed through: it runs again. Never unasked: it was put aside on purpose.
pub(crate) fn run_again(graph: &Graph, id: NodeId) -> Option<Fix> {
    let node = graph.node(id).filter(|n| n.mode != Mode::Active)?;
    let name = short(&node.name);
    let label = l(format!("Let '{name}' run again"), format!("恢复“{name}”"));
    Some(Fix::edit(label, Edit::SetMode { id, mode: Mode::Active }).only_by_hand())
}

/// Fix of a node whose kind is not known: it goes, and what it stood between is joined where that fits.
pub(crate) fn unknown_kind(graph: &Graph, id: NodeId) -> Vec<Fix> {
    let name = short(graph.node(id).map_or("", |n| n.name.as_str()));
    let label = l(format!("Delete '{name}'"), format!("删除“{name}”"));
    vec![Fix::edit(label, graph.delete_and_reconnect(&[id], &[])).only_by_hand()]
}
