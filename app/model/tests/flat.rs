//! The graph that runs, frames, and the way of wires.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use weft_model::flat::LeftOut;
use weft_model::frame::{FRAME, contents, frame_around, own_rect};
use weft_model::layout::{Outline, arrange};
use weft_model::validate::validate;
use weft_model::{Edit, Endpoint, Graph, Mode, Node, NodeId, Value, Wire, WireId, flatten};

/// Builds a graph from `name: kind` (with `!` muted, with `~` bypassed) and `a.port -> b.port` lines.
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
            let mode = match name.as_bytes()[0] {
                b'!' => Mode::Muted,
                b'~' => Mode::Bypassed,
                _ => Mode::Active,
            };
            let name = name.trim_start_matches(['!', '~']);
            Edit::AddNode { id: NodeId(n as u64), node: Node { mode, ..Node::new(kind, name, [0.0; 2]) } }
        };
        graph.apply(edit).unwrap();
    }
    graph
}

fn names(graph: &Graph) -> Vec<&str> {
    let mut names: Vec<&str> = graph.nodes().map(|(_, n)| n.name.as_str()).collect();
    names.sort_unstable();
    names
}

fn wires(graph: &Graph) -> Vec<String> {
    let end = |e: &Endpoint| format!("{}.{}", graph.node(e.node).unwrap().name, e.port);
    let mut out: Vec<String> = graph.wires().map(|(_, w)| format!("{} -> {}", end(&w.from), end(&w.to))).collect();
    out.sort();
    out
}

fn codes(graph: &Graph) -> Vec<String> {
    validate(graph, &BTreeMap::new()).into_iter().map(|p| p.code).collect()
}

#[test]
fn a_graph_in_which_everything_runs_is_taken_as_it_is() {
    let graph = drawn("a: normalise\nb: normalise\na.train -> b.train");
    let flat = flatten(&graph);
    assert_eq!(flat.graph(), &graph);
    assert_eq!(flat.path(NodeId(1)), [NodeId(1)]);
    assert_eq!((flat.node_at(&[NodeId(0)]), flat.node_at(&[NodeId(9)])), (Some(NodeId(0)), None));
}

#[test]
fn what_needs_a_muted_node_does_not_run_and_is_a_warning() {
    let graph = drawn(
        "
        n: network
        !s: split
        p: normalise
        t: train
        e: evaluate
        s.train -> p.train
        p.train -> t.train
        n.network -> t.network
        t.model -> e.model
        s.test -> e.test
    ",
    );
    let flat = flatten(&graph);
    assert_eq!(names(flat.graph()), ["n"]);
    let id = |name| graph.node_named(name).unwrap();
    assert_eq!(flat.left_out(&[id("s")]), Some(&LeftOut::Muted));
    assert_eq!(flat.left_out(&[id("e")]), Some(&LeftOut::Needs(vec![id("s")])));
    assert_eq!(codes(&graph), ["needs_muted"; 3]);
    assert!(validate(&graph, &BTreeMap::new())[0].message.en.contains("'s', which is muted"));
}

#[test]
fn an_input_that_may_stay_open_does_without_a_muted_node() {
    let graph = drawn("!a: empty\nb: empty\na.done -> b.after");
    let flat = flatten(&graph);
    assert_eq!((names(flat.graph()), flat.graph().wires().len()), (vec!["b"], 0));
}

#[test]
fn a_bypassed_node_passes_on_what_fits() {
    let graph = drawn(
        "
        s: split
        ~p: normalise
        ~q: normalise
        t: train
        s.train -> p.train
        s.validation -> p.validation
        p.train -> q.train
        p.validation -> q.test
        q.train -> t.train
        q.validation -> t.validation
    ",
    );
    // The validation output of q has no input of its name wired: the first that fits is taken.
    assert_eq!(wires(flatten(&graph).graph()), ["s.train -> t.train", "s.train -> t.validation"]);
    assert_eq!(flatten(&graph).left_out(&[NodeId(1)]), Some(&LeftOut::Bypassed));
}

#[test]
fn where_nothing_fits_the_input_is_as_if_it_were_not_wired() {
    let graph = drawn("d: image_dataset\n~s: split\nt: train\nd.samples -> s.samples\ns.train -> t.train");
    assert_eq!(wires(flatten(&graph).graph()), Vec::<String>::new());
    let problems = validate(&graph, &BTreeMap::new());
    let at = problems.iter().find(|p| p.port.as_deref() == Some("train")).unwrap();
    assert_eq!((at.code.as_str(), at.node), ("unwired_input", graph.node_named("t")));
    assert!(at.message.en.contains("through 's'"), "{}", at.message.en);
}

#[test]
fn a_muted_node_behind_a_bypassed_one_is_needed_all_the_same() {
    let graph = drawn("!s: split\n~p: normalise\nt: train\ns.train -> p.train\np.train -> t.train");
    assert_eq!(flatten(&graph).left_out(&[NodeId(2)]), Some(&LeftOut::Needs(vec![NodeId(0)])));
}

#[test]
fn long_chains_of_bypassed_nodes_with_many_branches_are_passed_through() {
    let mut graph = Graph::default();
    let (chain, branches) = (20_000_u64, 40_000_u64);
    for n in 0..branches {
        let kind = if n == 0 { "split" } else { "normalise" };
        let mode = if (1..chain).contains(&n) { Mode::Bypassed } else { Mode::Active };
        let node = Node { mode, ..Node::new(kind, format!("n{n}"), [0.0; 2]) };
        graph.apply(Edit::AddNode { id: NodeId(n), node }).unwrap();
        if n > 0 {
            let from = if n < chain { n - 1 } else { n - chain };
            let wire = Wire::new(Endpoint::new(NodeId(from), "train"), Endpoint::new(NodeId(n), "train"));
            graph.apply(Edit::AddWire { id: WireId(n), wire }).unwrap();
        }
    }
    let flat = flatten(&graph);
    assert_eq!(flat.graph().wires().len() as u64, branches - chain);
    assert!(flat.graph().wires().all(|(_, w)| w.from.node == NodeId(0)));
}

#[test]
fn notes_and_frames_are_no_workflow() {
    let mut graph = drawn("a: note\nb: frame");
    assert_eq!(codes(&graph), ["empty_graph"]);
    let set = Edit::SetParam { id: NodeId(0), param: "width".into(), value: Some("wide".into()) };
    graph.apply(set).unwrap();
    let problems = validate(&graph, &BTreeMap::new());
    assert!(problems.iter().all(|p| p.severity == weft_model::Severity::Warning), "{problems:?}");
    assert_eq!(flatten(&graph).graph().nodes().len(), 0);
}

fn outline(id: NodeId) -> Outline {
    Outline::of_size([80.0 + (id.0 % 7) as f64 * 20.0, 40.0 + (id.0 % 5) as f64 * 30.0])
}

/// Left, top, right and bottom of a node.
fn edges(graph: &Graph, id: NodeId) -> [f64; 4] {
    let node = graph.node(id).unwrap();
    let size = own_rect(node).map_or(outline(id).size, |rect| rect.size);
    [node.pos[0], node.pos[1], node.pos[0] + size[0], node.pos[1] + size[1]]
}

fn overlap(a: [f64; 4], b: [f64; 4]) -> bool {
    (0..2).all(|axis| a[axis] < b[axis + 2] - 1e-6 && b[axis] < a[axis + 2] - 1e-6)
}

/// Nodes, wires among them, and frames of any size anywhere.
fn framed() -> impl Strategy<Value = Graph> {
    let place = || (-600..600_i32, -600..600_i32).prop_map(|(x, y)| [f64::from(x), f64::from(y)]);
    let frames = prop::collection::vec((place(), 60..900_i32, 60..900_i32), 0..5);
    let nodes = prop::collection::vec(place(), 0..12);
    let wires = prop::collection::vec((0..12_u64, 0..12_u64, prop::sample::select(vec!["train", "test"])), 0..16);
    (frames, nodes, wires).prop_map(|(frames, nodes, wires)| {
        let mut graph = Graph::default();
        for (id, pos) in nodes.into_iter().enumerate() {
            let node = Node::new("normalise", format!("n{id}"), pos);
            graph.apply(Edit::AddNode { id: NodeId(id as u64), node }).unwrap();
        }
        for (id, (pos, width, height)) in frames.into_iter().enumerate() {
            let mut node = Node::new(FRAME, format!("f{id}"), pos);
            node.params.insert("width".into(), Value::Int(width.into()));
            node.params.insert("height".into(), Value::Float(height.into()));
            graph.apply(Edit::AddNode { id: NodeId(100 + id as u64), node }).unwrap();
        }
        for (id, (a, b, port)) in wires.into_iter().enumerate() {
            let mut wire = Wire::new(Endpoint::new(NodeId(a), port), Endpoint::new(NodeId(b), port));
            wire.via = vec![[id as f64, 0.0]];
            let _refused = graph.apply(Edit::AddWire { id: WireId(id as u64), wire });
        }
        graph
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn arranging_keeps_together_what_a_frame_holds_and_all_else_out(graph in framed()) {
        let all: Vec<NodeId> = graph.nodes().map(|(id, _)| id).collect();
        let frames: Vec<NodeId> = all.iter().copied().filter(|id| graph.node(*id).unwrap().kind == FRAME).collect();
        let mut after = graph.clone();
        let inverse = after.apply(arrange(&graph, &all, outline)).unwrap();
        prop_assert_eq!(after.check(), Ok(()));
        prop_assert!(after.wires().all(|(_, w)| w.via.is_empty()));
        for a in &all {
            for b in all.iter().filter(|b| **b < *a) {
                // Of two things, one is in the other or they are apart.
                let held = |outer: NodeId, inner: NodeId| contents(&after, outer, outline).contains(&inner);
                let apart = !overlap(edges(&after, *a), edges(&after, *b));
                prop_assert!(apart || held(*a, *b) || held(*b, *a), "{a} and {b}");
            }
        }
        // Whatever lay in one frame only, or in none, still does.
        let holders = |graph: &Graph, id: NodeId| -> Vec<NodeId> {
            frames.iter().copied().filter(|f| contents(graph, *f, outline).contains(&id)).collect()
        };
        for id in all.iter().filter(|id| !frames.contains(id)) {
            let before = holders(&graph, *id);
            if before.len() < 2 {
                let now = holders(&after, *id);
                prop_assert!(before.iter().all(|f| now.contains(f)), "{id}: {before:?}, {now:?}");
                prop_assert!(!before.is_empty() || now.is_empty(), "{id}: {now:?}");
            }
        }
        after.apply(inverse).unwrap();
        prop_assert_eq!(&after, &graph);
    }

    #[test]
    fn a_frame_around_nodes_holds_them(graph in framed(), chosen in prop::collection::vec((0_u64..12).prop_map(NodeId), 0..5)) {
        let there: Vec<NodeId> = chosen.iter().copied().filter(|id| graph.node(*id).is_some()).collect();
        match frame_around(&graph, &chosen, outline) {
            None => prop_assert!(there.is_empty()),
            Some((id, edit)) => {
                let mut after = graph.clone();
                after.apply(edit).unwrap();
                let held = contents(&after, id, outline);
                prop_assert!(there.iter().all(|n| held.contains(n)));
                let frame = after.node(id).unwrap();
                prop_assert!(frame.params.iter().all(|(p, v)| frame.decl().unwrap().param(p).unwrap().check(v).is_ok()));
            }
        }
    }
}

#[test]
fn points_of_a_wire_are_pasted_where_the_nodes_are() {
    let mut graph = drawn("a: normalise\nb: normalise\nc: normalise\na.train -> b.train\nb.train -> c.train");
    for id in [3, 4] {
        graph.apply(Edit::SetVia { id: WireId(id), via: vec![[10.0, id as f64]] }).unwrap();
    }
    let part = weft_model::clipboard::copy(&graph, &[NodeId(0), NodeId(1)]);
    let (edit, _) = part.paste(&Graph::default(), [100.0, 100.0], false);
    let mut pasted = Graph::default();
    pasted.apply(edit).unwrap();
    assert_eq!(pasted.wires().map(|(_, w)| w.via.clone()).collect::<Vec<_>>(), [vec![[110.0, 103.0]]]);
    // Where b goes, the new wire takes the way of both.
    let mut joined = graph.clone();
    joined.apply(graph.delete_and_reconnect(&[NodeId(1)], &[])).unwrap();
    assert_eq!(joined.wires().next().unwrap().1.via, [[10.0, 3.0], [10.0, 4.0]]);
}
