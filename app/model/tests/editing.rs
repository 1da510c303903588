//! Copy and paste, delete and reconnect, align, distribute and arrange: each is one change that undo takes back, and
//! none ever breaks what must hold.

#![allow(clippy::unwrap_used, reason = "a test says best where it failed by failing there")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use weft_model::align::{Alignment, Axis, align, distribute};
use weft_model::clipboard::{Fragment, copy};
use weft_model::layout::{Outline, arrange};
use weft_model::{Edit, Endpoint, Graph, Node, NodeId, Wire, WireId};

/// A graph of few nodes, with names that meet, kinds that this version has and one that it has not, and circles.
fn graph() -> impl Strategy<Value = Graph> {
    let kind = prop::sample::select(vec!["image_dataset", "split", "normalise", "network", "train", "evaluate", "new"]);
    let name = prop::sample::select(vec!["a", "a 2", "A 3", "b", "c", "a 2 2", "2", "train"]);
    let node = (kind, name, [-1e3..1e3f64, -1e3..1e3f64]);
    let port = || prop::sample::select(vec!["samples", "train", "validation", "test", "network", "model"]);
    let wire = (0u64..8, port(), 0u64..8, port());
    (prop::collection::vec(node, 0..8), prop::collection::vec(wire, 0..30)).prop_map(|(nodes, wires)| {
        let mut graph = Graph::default();
        for (id, (kind, name, pos)) in nodes.into_iter().enumerate() {
            let node = Node::new(kind, graph.free_name(name), pos);
            graph.apply(Edit::AddNode { id: NodeId(id as u64), node }).unwrap();
        }
        for (id, (from, out, to, input)) in wires.into_iter().enumerate() {
            let wire = Wire::new(Endpoint::new(NodeId(from), out), Endpoint::new(NodeId(to), input));
            let _refused = graph.apply(Edit::AddWire { id: WireId(id as u64), wire });
        }
        graph
    })
}

fn chosen() -> impl Strategy<Value = Vec<NodeId>> {
    prop::collection::btree_set((0u64..10).prop_map(NodeId), 0..8).prop_map(|ids| ids.into_iter().collect())
}

fn present(graph: &Graph, nodes: &[NodeId]) -> Vec<NodeId> {
    nodes.iter().copied().filter(|id| graph.node(*id).is_some()).collect()
}

/// Applies a change and takes it back; the graph in between.
fn done(graph: &Graph, edit: Edit) -> Graph {
    assert!(matches!(edit, Edit::Batch { .. }), "one step: {edit:?}");
    let mut after = graph.clone();
    let inverse = after.apply(edit).unwrap();
    assert_eq!(after.check(), Ok(()));
    let mut back = after.clone();
    back.apply(inverse).unwrap();
    assert_eq!(&back, graph);
    after
}

fn size(id: NodeId) -> [f64; 2] {
    [80.0 + (id.0 % 7) as f64 * 20.0, 40.0 + (id.0 % 5) as f64 * 30.0]
}

fn outline(id: NodeId) -> Outline {
    Outline::of_size(size(id))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_paste_adds_the_copied_part_and_changes_nothing_else(
        source in graph(), target in graph(), nodes in chosen(), same in any::<bool>(), keep in any::<bool>(),
        at in [-1e3..1e3f64, -1e3..1e3f64],
    ) {
        let fragment = copy(&source, &nodes);
        let target = if same { source.clone() } else { target };
        let (edit, ids) = fragment.paste(&target, at, keep);
        let after = done(&target, edit);
        let copied = present(&source, &nodes);
        prop_assert_eq!(ids.len(), copied.len());
        prop_assert_eq!(after.nodes().len(), target.nodes().len() + ids.len());
        for (id, node) in target.nodes() {
            prop_assert_eq!(after.node(id), Some(node));
        }
        for (old, new) in copied.iter().zip(&ids) {
            let (old, new) = (source.node(*old).unwrap(), after.node(*new).unwrap());
            prop_assert_eq!((&old.kind, &old.params, &old.extra), (&new.kind, &new.params, &new.extra));
            for (axis, at) in at.iter().enumerate() {
                let offset = at - fragment.corner()[axis];
                prop_assert!((new.pos[axis] - old.pos[axis] - offset).abs() < 1e-6);
            }
        }
        // Wires: those within, and those from outside that are to be kept and can be.
        let new_of: BTreeMap<NodeId, NodeId> = copied.iter().copied().zip(ids.iter().copied()).collect();
        let expected: BTreeSet<(Endpoint, Endpoint)> = source
            .wires()
            .filter_map(|(_, w)| {
                let to = Endpoint::new(*new_of.get(&w.to.node)?, w.to.port.clone());
                match new_of.get(&w.from.node) {
                    Some(from) => Some((Endpoint::new(*from, w.from.port.clone()), to)),
                    None => (keep && target.node(w.from.node).is_some()).then(|| (w.from.clone(), to)),
                }
            })
            .collect();
        let own: BTreeSet<(Endpoint, Endpoint)> = after
            .wires()
            .filter(|(id, _)| target.wire(*id).is_none())
            .map(|(_, w)| (w.from.clone(), w.to.clone()))
            .collect();
        prop_assert_eq!(own, expected);
    }

    #[test]
    fn copying_what_was_pasted_gives_the_same_part_again(source in graph(), nodes in chosen()) {
        let fragment = copy(&source, &nodes);
        let mut empty = Graph::default();
        let (edit, ids) = fragment.paste(&empty, fragment.corner(), false);
        empty.apply(edit).unwrap();
        let again = copy(&empty, &ids);
        let names = |f: &Fragment| f.graph().nodes().map(|(_, n)| n.name.clone()).collect::<BTreeSet<_>>();
        prop_assert_eq!(names(&fragment), names(&again));
        prop_assert_eq!(fragment.graph().wires().len(), again.graph().wires().len());
    }

    #[test]
    fn deleting_and_reconnecting_only_adds_wires_that_fit(graph in graph(), nodes in chosen()) {
        let nodes = present(&graph, &nodes);
        let after = done(&graph, graph.delete_and_reconnect(&nodes, &[]));
        let plain = done(&graph, graph.delete(&nodes, &[]));
        prop_assert_eq!(after.nodes().collect::<Vec<_>>(), plain.nodes().collect::<Vec<_>>());
        for (id, wire) in plain.wires() {
            prop_assert_eq!(after.wire(id), Some(wire));
        }
        for (_, wire) in after.wires().filter(|(id, _)| plain.wire(*id).is_none()) {
            let output = after.node(wire.from.node).unwrap().decl().unwrap().output(&wire.from.port).unwrap();
            let input = after.node(wire.to.node).unwrap().decl().unwrap().input(&wire.to.port).unwrap();
            prop_assert_eq!(output.ty.feeds(input.ty), Ok(()));
            prop_assert!(graph.reaches(wire.from.node, wire.to.node));
        }
        if graph.topological_order().is_ok() {
            prop_assert!(after.topological_order().is_ok());
        }
    }

    #[test]
    fn aligned_nodes_have_in_common_what_was_asked_for(graph in graph(), nodes in chosen()) {
        let ids = present(&graph, &nodes);
        for to in [
            Alignment::Left, Alignment::Center, Alignment::Right, Alignment::Top, Alignment::Middle, Alignment::Bottom,
        ] {
            let after = done(&graph, align(&graph, &nodes, size, to));
            let (axis, share) = match to {
                Alignment::Left => (0, 0.0),
                Alignment::Center => (0, 0.5),
                Alignment::Right => (0, 1.0),
                Alignment::Top => (1, 0.0),
                Alignment::Middle => (1, 0.5),
                Alignment::Bottom => (1, 1.0),
            };
            let lines: Vec<f64> =
                ids.iter().map(|id| after.node(*id).unwrap().pos[axis] + size(*id)[axis] * share).collect();
            prop_assert!(lines.windows(2).all(|w| (w[0] - w[1]).abs() < 1e-9), "{to:?}: {lines:?}");
            for (id, node) in graph.nodes() {
                prop_assert_eq!(node.pos[1 - axis], after.node(id).unwrap().pos[1 - axis]);
                prop_assert!(ids.contains(&id) || node.pos == after.node(id).unwrap().pos);
            }
        }
    }

    #[test]
    fn distributed_nodes_have_equal_gaps_and_the_outermost_stay(graph in graph(), nodes in chosen()) {
        for (axis, at) in [(Axis::Horizontal, 0), (Axis::Vertical, 1)] {
            let mut ids = present(&graph, &nodes);
            let after = done(&graph, distribute(&graph, &nodes, size, axis));
            ids.sort_by(|a, b| {
                let middle = |id: NodeId| graph.node(id).unwrap().pos[at] + size(id)[at] / 2.0;
                middle(*a).total_cmp(&middle(*b))
            });
            let start = |id: NodeId| after.node(id).unwrap().pos[at];
            let gaps: Vec<f64> = ids.windows(2).map(|w| start(w[1]) - start(w[0]) - size(w[0])[at]).collect();
            if ids.len() > 2 {
                prop_assert!(gaps.windows(2).all(|w| (w[0] - w[1]).abs() < 1e-6), "{gaps:?}");
            }
            for end in [ids.first(), ids.last()].into_iter().flatten() {
                prop_assert_eq!(start(*end), graph.node(*end).unwrap().pos[at]);
            }
        }
    }

    #[test]
    fn arranging_moves_the_chosen_only_keeps_their_corner_and_is_the_same_every_time(graph in graph(), nodes in chosen()) {
        let edit = arrange(&graph, &nodes, outline);
        prop_assert_eq!(&edit, &arrange(&graph, &nodes, outline));
        let after = done(&graph, edit);
        let ids = present(&graph, &nodes);
        for (id, node) in graph.nodes() {
            let moved = after.node(id).unwrap();
            prop_assert!(ids.contains(&id) || node == moved);
            prop_assert_eq!((&node.name, &node.params), (&moved.name, &moved.params));
        }
        for axis in 0..2 {
            let least = |g: &Graph| ids.iter().map(|id| g.node(*id).unwrap().pos[axis]).fold(f64::INFINITY, f64::min);
            prop_assert!(ids.is_empty() || (least(&graph) - least(&after)).abs() < 1e-9);
        }
        for (i, a) in ids.iter().enumerate() {
            for b in &ids[..i] {
                let (pa, pb) = (after.node(*a).unwrap().pos, after.node(*b).unwrap().pos);
                let apart = |axis: usize| {
                    pa[axis] >= pb[axis] + size(*b)[axis] - 1e-6 || pb[axis] >= pa[axis] + size(*a)[axis] - 1e-6
                };
                prop_assert!(apart(0) || apart(1));
            }
        }
    }
}

/// Builds a graph from `name: kind` and `a.port -> b.port` lines.
fn drawn(lines: &str) -> Graph {
    let mut graph = Graph::default();
    for (n, line) in lines.lines().map(str::trim).filter(|l| !l.is_empty()).enumerate() {
        let edit = if let Some((from, to)) = line.split_once(" -> ") {
            let end = |text: &str| {
                let (node, port) = text.split_once('.').unwrap();
                Endpoint::new(graph.node_named(node).unwrap(), port)
            };
            Edit::AddWire { id: WireId(n as u64), wire: Wire::new(end(from), end(to)) }
        } else {
            let (name, kind) = line.split_once(": ").unwrap();
            Edit::AddNode { id: NodeId(n as u64), node: Node::new(kind, name, [0.0; 2]) }
        };
        graph.apply(edit).unwrap();
    }
    graph
}

fn wires(graph: &Graph) -> Vec<String> {
    let end = |e: &Endpoint| format!("{}.{}", graph.node(e.node).unwrap().name, e.port);
    let mut out: Vec<String> = graph.wires().map(|(_, w)| format!("{} -> {}", end(&w.from), end(&w.to))).collect();
    out.sort();
    out
}

/// What is left of the wires when nodes are deleted and reconnected.
fn left(lines: &str, gone: &[&str]) -> Vec<String> {
    let graph = drawn(lines);
    let gone: Vec<NodeId> = gone.iter().map(|name| graph.node_named(name).unwrap()).collect();
    wires(&done(&graph, graph.delete_and_reconnect(&gone, &[])))
}

const PREPARED: &str = "
    data: image_dataset
    split: split
    n1: normalise
    n2: normalise
    train: train
    data.samples -> split.samples
    split.train -> n1.train
    split.validation -> n1.validation
    n1.train -> n2.train
    n1.validation -> n2.validation
    n2.train -> train.train
    n2.validation -> train.validation
";

#[test]
fn samples_pass_on_through_the_port_of_the_same_name() {
    let n1_only = left(PREPARED, &["n1"]);
    assert!(n1_only.contains(&"split.train -> n2.train".into()), "{n1_only:?}");
    assert!(n1_only.contains(&"split.validation -> n2.validation".into()), "{n1_only:?}");
    assert_eq!(
        left(PREPARED, &["n1", "n2"]),
        ["data.samples -> split.samples", "split.train -> train.train", "split.validation -> train.validation"]
    );
}

#[test]
fn where_the_name_leads_nowhere_the_first_that_fits_is_taken() {
    let lines = "s: split\nn: normalise\nt: train\ns.test -> n.train\nn.validation -> t.validation";
    assert_eq!(left(lines, &["n"]), ["s.test -> t.validation"]);
}

#[test]
fn what_does_not_fit_is_left_open() {
    assert_eq!(left(PREPARED, &["split", "n1", "n2"]), Vec::<String>::new());
    let lines = "n: network\nt: train\ne: evaluate\nn.network -> t.network\nt.model -> e.model";
    assert_eq!(left(lines, &["t"]), Vec::<String>::new());
}

#[test]
fn a_very_long_chain_is_deleted_and_reconnected() {
    let mut graph = Graph::default();
    let (nodes, last) = (20_000_u64, 19_999);
    for n in 0..nodes {
        graph
            .apply(Edit::AddNode { id: NodeId(n), node: Node::new("normalise", format!("n{n}"), [n as f64, 0.0]) })
            .unwrap();
        if n > 0 {
            let wire = Wire::new(Endpoint::new(NodeId(n - 1), "train"), Endpoint::new(NodeId(n), "train"));
            graph.apply(Edit::AddWire { id: WireId(n), wire }).unwrap();
        }
    }
    let gone: Vec<NodeId> = (1..last).map(NodeId).collect();
    graph.apply(graph.delete_and_reconnect(&gone, &[])).unwrap();
    assert_eq!(wires(&graph), [format!("n0.train -> n{last}.train")]);
}

#[test]
fn a_copy_gets_the_next_free_number() {
    let graph = drawn("train: train\ntrain 2: train\nTRAIN 3: train");
    let names = |name: &str| {
        let (edit, ids) = copy(&graph, &[graph.node_named(name).unwrap()]).paste(&graph, [0.0; 2], false);
        done(&graph, edit).node(ids[0]).unwrap().name.clone()
    };
    assert_eq!(names("train"), "train 4");
    assert_eq!(names("train 2"), "train 4");
    let (edit, ids) = copy(&graph, &[graph.node_named("train").unwrap()]).paste(&Graph::default(), [0.0; 2], false);
    assert_eq!(done(&Graph::default(), edit).node(ids[0]).unwrap().name, "train");
}

#[test]
fn wires_from_outside_that_make_no_sense_are_left_out_of_a_fragment() {
    let graph = drawn("a: normalise\nb: normalise\na.train -> b.train");
    let wire = |from: u64, out: &str, to: u64, input: &str| {
        Wire::new(Endpoint::new(NodeId(from), out), Endpoint::new(NodeId(to), input))
    };
    let good = wire(7, "test", 1, "test");
    let fragment = Fragment::new(
        graph,
        [
            good.clone(),
            wire(8, "test", 1, "test"),
            wire(7, "train", 1, "train"),
            wire(0, "validation", 1, "validation"),
            wire(7, "test", 9, "test"),
        ],
    );
    assert_eq!(fragment.inputs(), [good]);
}

#[test]
fn arranging_a_whole_workflow_puts_every_node_to_the_right_of_what_feeds_it() {
    let graph = drawn(PREPARED);
    let all: Vec<NodeId> = graph.nodes().map(|(id, _)| id).collect();
    let after = done(&graph, arrange(&graph, &all, outline));
    for (_, wire) in after.wires() {
        let (from, to) = (after.node(wire.from.node).unwrap(), after.node(wire.to.node).unwrap());
        assert!(from.pos[0] + size(wire.from.node)[0] < to.pos[0], "{} and {}", from.name, to.name);
    }
}

#[test]
fn a_wire_is_straight_where_its_pins_are_and_not_where_they_would_be_evenly() {
    let graph = drawn("d: image_dataset\ns: split\nd.samples -> s.samples");
    let ids: Vec<NodeId> = graph.nodes().map(|(id, _)| id).collect();
    let outline = |id: NodeId| match id.0 {
        0 => Outline { size: [100.0, 40.0], inputs: vec![], outputs: vec![32.0] },
        _ => Outline { size: [100.0, 200.0], inputs: vec![8.0, f64::NAN], outputs: vec![] },
    };
    let after = done(&graph, arrange(&graph, &ids, outline));
    let y = |at: usize| after.node(ids[at]).unwrap().pos[1];
    assert_eq!(y(0) + 32.0, y(1) + 8.0);
}

#[test]
fn a_thousand_nodes_are_copied_pasted_and_arranged() {
    let mut graph = Graph::default();
    let mut next = 0x9e37_79b9_u64;
    let mut random = |below: u64| {
        next = next.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (next >> 33) % below
    };
    for n in 0..1_000_u64 {
        let node = Node::new("normalise", graph.free_name("Normalise"), [(n % 40) as f64, (n / 40) as f64]);
        graph.apply(Edit::AddNode { id: NodeId(n), node }).unwrap();
    }
    let mut id = 0;
    while id < 1_500 {
        let (a, b) = (random(1_000), random(1_000));
        let wire = Wire::new(
            Endpoint::new(NodeId(a.min(b)), "train"),
            Endpoint::new(NodeId(a.max(b)), ["train", "validation", "test"][random(3) as usize]),
        );
        id += u64::from(graph.apply(Edit::AddWire { id: WireId(id), wire }).is_ok());
    }
    let all: Vec<NodeId> = graph.nodes().map(|(id, _)| id).collect();
    let (edit, ids) = copy(&graph, &all).paste(&graph, [5_000.0, 0.0], true);
    let pasted = done(&graph, edit);
    assert_eq!((pasted.nodes().len(), pasted.wires().len()), (2_000, 3_000));
    let arranged = done(&pasted, arrange(&pasted, &ids, outline));
    for (_, wire) in arranged.wires().filter(|(_, w)| ids.contains(&w.from.node)) {
        assert!(arranged.node(wire.from.node).unwrap().pos[0] < arranged.node(wire.to.node).unwrap().pos[0]);
    }
}
