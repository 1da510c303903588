//! Graphs within nodes: made of a selection, taken apart, copied, checked, and never altering what runs.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use weft_model::clipboard::copy;
use weft_model::flat::LeftOut;
use weft_model::graph::MOST_DEPTH;
use weft_model::layout::{Outline, arrange};
use weft_model::port::{GRAPH_INPUT, GRAPH_OUTPUT, SUBGRAPH};
use weft_model::subgraph::{delete_at, free_name, make_subgraph, unpack};
use weft_model::validate::validate;
use weft_model::{Document, Edit, EditError, Endpoint, Graph, Mode, Node, NodeId, Value, Wire, WireId, flatten};

const KINDS: [&str; 7] = ["image_dataset", "split", "normalise", "network", "train", "evaluate", "new"];

/// A graph of few nodes with modes, unknown kinds and circles.
fn graph() -> impl Strategy<Value = Graph> {
    let mode = prop_oneof![6 => Just(Mode::Active), 1 => Just(Mode::Muted), 2 => Just(Mode::Bypassed)];
    let node = (prop::sample::select(KINDS.to_vec()), [-1e3..1e3f64, -1e3..1e3f64], mode);
    let port = || prop::sample::select(vec!["samples", "train", "validation", "test", "network", "model"]);
    let wire = (0u64..8, port(), 0u64..8, port());
    (prop::collection::vec(node, 1..8), prop::collection::vec(wire, 0..30)).prop_map(|(nodes, wires)| {
        let mut graph = Graph::default();
        for (id, (kind, pos, mode)) in nodes.into_iter().enumerate() {
            let node = Node { mode, ..Node::new(kind, graph.free_name(kind), pos) };
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
    prop::collection::btree_set((0u64..8).prop_map(NodeId), 1..6).prop_map(|ids| ids.into_iter().collect())
}

fn applied(graph: &Graph, edit: Edit) -> Graph {
    let mut after = graph.clone();
    let inverse = after.apply(edit).unwrap();
    assert_eq!(after.check(), Ok(()));
    let mut back = after.clone();
    back.apply(inverse).unwrap();
    assert_eq!(&back, graph);
    after
}

/// Whether the same runs, under the same identifiers and names, wherever it stands.
fn runs_the_same(a: &Graph, b: &Graph) -> bool {
    let (a, b) = (flatten(a), flatten(b));
    let nodes = |graph: &Graph| -> Vec<(NodeId, Node)> {
        graph.nodes().map(|(id, n)| (id, Node { pos: [0.0; 2], ..n.clone() })).collect()
    };
    nodes(a.graph()) == nodes(b.graph()) && a.graph().wires().eq(b.graph().wires())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn grouping_does_not_alter_what_runs_and_unpacking_gives_the_graph_back(
        graph in graph(), outer in chosen(), inner in chosen(),
    ) {
        let Ok((id, edit)) = make_subgraph(&graph, &outer, "Block") else { return Ok(()) };
        let grouped = applied(&graph, edit);
        prop_assert!(runs_the_same(&grouped, &graph));
        // A subgraph within the subgraph.
        let level = grouped.at(&[id]).unwrap();
        if let Ok((_, edit)) = make_subgraph(level, &inner, "Inner") {
            let twice = applied(&grouped, Edit::inside(&[id], edit));
            prop_assert!(runs_the_same(&twice, &graph));
            let (_, edit) = unpack(&twice, id).unwrap();
            let once = applied(&twice, edit);
            prop_assert!(runs_the_same(&once, &graph));
        }
        let (ids, edit) = unpack(&grouped, id).unwrap();
        let back = applied(&grouped, edit);
        prop_assert_eq!(&back, &graph);
        let out: BTreeSet<NodeId> = ids.into_iter().collect();
        prop_assert!(out.iter().all(|id| outer.contains(id)));
    }

    #[test]
    fn grouping_finds_the_same_problems(graph in graph(), outer in chosen()) {
        let Ok((_, edit)) = make_subgraph(&graph, &outer, "Block") else { return Ok(()) };
        let grouped = applied(&graph, edit);
        let codes = |graph: &Graph| -> BTreeSet<(String, Option<NodeId>)> {
            let mut problems = validate(graph, &BTreeMap::new());
            // What is wrong with a wire that crosses the border is said of another wire.
            problems.retain(|p| !matches!(p.code.as_str(), "type_mismatch" | "unknown_port" | "cycle" | "unwired_input"));
            problems.into_iter().map(|p| (p.code, p.node)).collect()
        };
        prop_assert_eq!(codes(&graph), codes(&grouped));
    }

    #[test]
    fn pasted_subgraphs_are_the_same_under_new_identifiers_and_names(graph in graph(), outer in chosen()) {
        let Ok((id, edit)) = make_subgraph(&graph, &outer, "Block") else { return Ok(()) };
        let grouped = applied(&graph, edit);
        let before: BTreeMap<NodeId, String> =
            flatten(&grouped).graph().nodes().map(|(id, n)| (id, n.name.clone())).collect();
        let (edit, ids) = copy(&grouped, &[id]).paste(&grouped, [0.0; 2], true);
        let pasted = applied(&grouped, edit);
        let flat = flatten(&pasted);
        for (id, name) in &before {
            prop_assert_eq!(&flat.graph().node(*id).unwrap().name, name, "nothing is renamed by a copy beside it");
        }
        let size = |graph: &Graph, id: NodeId| {
            let inner = graph.at(&[id]).unwrap();
            (inner.nodes().len(), inner.wires().len())
        };
        prop_assert_eq!(size(&grouped, id), size(&pasted, ids[0]));
        let names: Vec<String> = pasted
            .levels()
            .flat_map(|(_, g)| g.nodes().filter(|(_, n)| !n.is_boundary()).map(|(_, n)| n.name.to_lowercase()).collect::<Vec<_>>())
            .collect();
        prop_assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        // The copy is fed as the original is.
        let fed = |graph: &Graph, id: NodeId| graph.wires_at(id).filter(|(_, w)| w.to.node == id).count();
        prop_assert_eq!(fed(&pasted, id), fed(&pasted, ids[0]));
        let ports: BTreeSet<String> = pasted.node(ids[0]).unwrap().inputs().iter().map(|p| p.id.to_string()).collect();
        prop_assert!(pasted.wires_at(ids[0]).all(|(_, w)| w.to.node != ids[0] || ports.contains(&w.to.port)));
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
            Edit::AddNode { id: NodeId(n as u64), node: Node::new(kind, name, [n as f64 * 200.0, 0.0]) }
        };
        graph.apply(edit).unwrap();
    }
    graph
}

const MNIST: &str = "
    data: image_dataset
    split: split
    normalise: normalise
    network: network
    train: train
    evaluate: evaluate
    data.samples -> split.samples
    split.train -> normalise.train
    split.validation -> normalise.validation
    split.test -> normalise.test
    normalise.train -> train.train
    normalise.validation -> train.validation
    network.network -> train.network
    train.model -> evaluate.model
    normalise.test -> evaluate.test
";

/// The workflow with split and normalise in a subgraph, and the subgraph.
fn prepared() -> (Graph, NodeId) {
    let mut graph = drawn(MNIST);
    let data = graph.node_named("data").unwrap();
    graph.apply(Edit::SetParam { id: data, param: "path".into(), value: Some("data".into()) }).unwrap();
    let nodes = ["split", "normalise"].map(|name| graph.node_named(name).unwrap());
    let (id, edit) = make_subgraph(&graph, &nodes, "Prepare").unwrap();
    (applied(&graph, edit), id)
}

#[test]
fn the_ports_of_a_subgraph_are_what_crosses_its_border() {
    let (graph, id) = prepared();
    let node = graph.node(id).unwrap();
    let shown = |ports: Vec<weft_model::Port<'_>>| -> Vec<String> {
        ports.iter().map(|p| format!("{} {} {}", p.label.localised().en, p.ty.id(), p.required)).collect()
    };
    assert_eq!(shown(node.inputs()), ["samples dataset true"]);
    assert_eq!(
        shown(node.outputs()),
        ["train 2 samples false", "validation samples false", "test samples false"].map(|s| s.replace(" 2", ""))
    );
    assert_eq!(validate(&graph, &BTreeMap::new()), []);
    for port in node.outputs() {
        assert_eq!(node.output(&port.id), Some(port.clone()));
        let input = Endpoint::new(graph.node_named("train").unwrap(), "train");
        assert_eq!(graph.can_connect(&Endpoint::new(id, &*port.id), &input), Ok(()));
    }
    let model = Endpoint::new(graph.node_named("evaluate").unwrap(), "model");
    let out = node.outputs()[0].id.to_string();
    assert!(graph.can_connect(&Endpoint::new(id, out), &model).is_err());
}

#[test]
fn an_input_of_a_subgraph_that_is_not_wired_is_one_problem_at_its_node() {
    let (mut graph, id) = prepared();
    let (wire, _) = graph.wires_at(id).find(|(_, w)| w.to.node == id).unwrap();
    graph.apply(Edit::RemoveWire { id: wire }).unwrap();
    let problems = validate(&graph, &BTreeMap::new());
    assert_eq!(
        problems.iter().map(|p| (p.code.as_str(), p.node, p.path.len())).collect::<Vec<_>>(),
        [("unwired_input", Some(id), 0)]
    );
}

#[test]
fn a_problem_within_says_where_and_its_fix_is_a_change_of_the_whole() {
    let (mut graph, id) = prepared();
    let split = graph.at(&[id]).unwrap().node_named("split").unwrap();
    let set =
        |param: &str, value| Edit::inside(&[id], Edit::SetParam { id: split, param: param.into(), value: Some(value) });
    graph.apply(set("wings", Value::Int(2))).unwrap();
    let problems = validate(&graph, &BTreeMap::new());
    assert_eq!(problems.len(), 1);
    assert_eq!((problems[0].path.clone(), problems[0].node_path()), (vec![id], Some(vec![id, split])));
    let weft_model::FixKind::Edit { edit } = problems[0].fixes[0].what.clone() else { panic!("a change of the graph") };
    graph.apply(edit).unwrap();
    assert_eq!(validate(&graph, &BTreeMap::new()), []);
}

#[test]
fn what_cannot_be_grouped_says_what_stands_in_between() {
    let graph = drawn(MNIST);
    let id = |name| graph.node_named(name).unwrap();
    let why = make_subgraph(&graph, &[id("split"), id("train")], "Block").unwrap_err();
    assert!(why.en.contains("'normalise'"), "{}", why.en);
    assert!(make_subgraph(&graph, &[NodeId(99)], "Block").unwrap_err().en.contains("choose nodes first"));
}

#[test]
fn muting_and_bypassing_a_subgraph_is_muting_and_bypassing_what_it_holds() {
    let (mut graph, id) = prepared();
    graph.apply(Edit::SetMode { id, mode: Mode::Muted }).unwrap();
    let names =
        |graph: &Graph| -> Vec<String> { flatten(graph).graph().nodes().map(|(_, n)| n.name.clone()).collect() };
    assert_eq!(names(&graph), ["data", "network"]);
    let split = graph.at(&[id]).unwrap().node_named("split").unwrap();
    assert_eq!(flatten(&graph).left_out(&[id, split]), Some(&LeftOut::Muted));
    assert_eq!(validate(&graph, &BTreeMap::new()).len(), 2, "what needs it, and no more");
    let (_, edit) = unpack(&graph, id).unwrap();
    assert_eq!(names(&applied(&graph, edit)), ["data", "network"]);

    // A data set does not fit where samples are wanted.
    graph.apply(Edit::SetMode { id, mode: Mode::Bypassed }).unwrap();
    assert_eq!(flatten(&graph).graph().wires().count(), 2);
    assert!(validate(&graph, &BTreeMap::new()).iter().all(|p| p.code == "unwired_input"));
}

#[test]
fn a_subgraph_between_outputs_of_the_same_name_is_passed_through_by_name() {
    let graph = drawn(
        "s: split\nn: normalise\nt: train\ns.train -> n.train\ns.validation -> n.validation\nn.train -> t.train\nn.validation -> t.validation",
    );
    let (id, edit) = make_subgraph(&graph, &[graph.node_named("n").unwrap()], "Block").unwrap();
    let mut graph = applied(&graph, edit);
    graph.apply(Edit::SetMode { id, mode: Mode::Bypassed }).unwrap();
    let flat = flatten(&graph);
    let wires: BTreeSet<(String, String)> =
        flat.graph().wires().map(|(_, w)| (w.from.port.clone(), w.to.port.clone())).collect();
    assert_eq!(
        wires,
        [("train", "train"), ("validation", "validation")].map(|(a, b)| (a.to_owned(), b.to_owned())).into()
    );
}

#[test]
fn names_and_identifiers_that_stand_twice_say_where_they_are() {
    let inner = drawn("train: train\nx: network\nx.network -> train.network");
    let mut graph = drawn("train: train");
    for (id, name) in [(50, "A"), (51, "B")] {
        let node = Node { inner: Some(Box::new(inner.clone())), ..Node::new(SUBGRAPH, name, [0.0; 2]) };
        graph.apply(Edit::AddNode { id: NodeId(id), node }).unwrap();
    }
    assert_eq!(graph.check(), Ok(()));
    let flat = flatten(&graph);
    let names: BTreeSet<&str> = flat.graph().nodes().map(|(_, n)| n.name.as_str()).collect();
    assert_eq!(names, ["train", "A/train", "B/train", "A/x", "B/x"].into());
    assert_eq!((flat.graph().check(), flat.graph().wires().len()), (Ok(()), 2));
    for (id, _) in flat.graph().nodes() {
        assert_eq!(flat.node_at(&flat.path(id)), Some(id));
    }
    assert_eq!(flat.nodes_of(NodeId(50)).len(), 2);
    assert_eq!(flat.nodes_under(&[NodeId(51)]).len(), 2);
    assert_eq!(graph.find_named("a/TRAIN"), Some(vec![NodeId(50), NodeId(0)]));
    assert_eq!(graph.find_named("x"), None, "there are two");
    assert_eq!(free_name(&graph, "x"), "x 2");
    // The same each time, and whatever else is muted.
    let with_muted = applied(&graph, Edit::SetMode { id: NodeId(0), mode: Mode::Muted });
    let muted = flatten(&with_muted);
    assert!(muted.graph().nodes().all(|(id, n)| flat.graph().node(id) == Some(n)));
}

#[test]
fn graphs_stand_within_one_another_only_so_deep() {
    let mut graph = Graph::default();
    let mut path = Vec::new();
    for n in 0..MOST_DEPTH as u64 {
        let add = Edit::AddNode { id: NodeId(n), node: Node::new(SUBGRAPH, "s", [0.0; 2]) };
        graph.apply(Edit::inside(&path, add)).unwrap();
        path.push(NodeId(n));
    }
    let add = Edit::AddNode { id: NodeId(99), node: Node::new(SUBGRAPH, "s", [0.0; 2]) };
    assert_eq!(graph.apply(Edit::inside(&path, add)), Err(EditError::TooDeep));
    assert_eq!((graph.depth(), graph.check()), (MOST_DEPTH, Ok(())));
    let (edit, _) = copy(&graph, &[NodeId(0)]).paste_at(&graph, &[NodeId(0)], [0.0; 2], false).unwrap();
    assert_eq!(graph.apply(edit), Err(EditError::TooDeep));
    let node = Node { inner: None, ..Node::new(SUBGRAPH, "x", [0.0; 2]) };
    assert_eq!(graph.apply(Edit::AddNode { id: NodeId(98), node }), Err(EditError::MisplacedGraph));
}

#[test]
fn a_boundary_node_takes_the_wires_of_its_port_with_it() {
    let (graph, id) = prepared();
    let inner = graph.at(&[id]).unwrap();
    let (boundary, _) = inner.nodes().find(|(_, n)| n.kind == GRAPH_INPUT).unwrap();
    let after = applied(&graph, delete_at(&graph, &[id], &[boundary], &[]).unwrap());
    assert_eq!(after.node(id).unwrap().inputs().len(), 0);
    assert_eq!(after.wires_at(id).filter(|(_, w)| w.to.node == id).count(), 0);
    let output = inner.nodes().find(|(_, n)| n.kind == GRAPH_OUTPUT).unwrap().0;
    let after = applied(&graph, delete_at(&graph, &[id], &[output], &[]).unwrap());
    assert_eq!(after.wires_at(id).count(), graph.wires_at(id).count() - 1);
    assert!(!validate(&after, &BTreeMap::new()).iter().any(|p| p.code == "unknown_port"));
}

#[test]
fn drawing_a_slider_within_a_subgraph_is_one_step() {
    let (graph, id) = prepared();
    let split = graph.at(&[id]).unwrap().node_named("split").unwrap();
    let mut document = Document::new(graph.clone());
    for n in 1..20 {
        let value = Some(Value::Float(0.01 * f64::from(n)));
        let edit = Edit::inside(&[id], Edit::SetParam { id: split, param: "validation".into(), value });
        document.apply_merging("set", edit, Some("key")).unwrap();
    }
    let steps = document.undo_steps();
    assert_eq!(steps.len(), 1);
    assert!(
        matches!(&steps[0].inverse, Edit::Inside { edit, .. } if matches!(**edit, Edit::SetParam { .. })),
        "{:?}",
        steps[0]
    );
    document.undo();
    assert_eq!(document.graph(), &graph);
}

#[test]
fn a_graph_within_a_node_survives_serde() {
    let (graph, _) = prepared();
    let text = serde_json::to_string(&graph).unwrap();
    assert_eq!(serde_json::from_str::<Graph>(&text).unwrap(), graph);
    let broken = text.replace("\"kind\":\"subgraph\"", "\"kind\":\"other\"");
    assert!(serde_json::from_str::<Graph>(&broken).is_err());
}

#[test]
fn arranging_lays_a_subgraph_out_by_its_own_ports() {
    let (graph, id) = prepared();
    let all: Vec<NodeId> = graph.nodes().map(|(id, _)| id).collect();
    let after = applied(&graph, arrange(&graph, &all, |_| Outline::of_size([160.0, 90.0])));
    for (_, wire) in after.wires() {
        let x = |end: &Endpoint| after.node(end.node).unwrap().pos[0];
        assert!(x(&wire.from) < x(&wire.to));
    }
    let level = graph.at(&[id]).unwrap();
    let inner: Vec<NodeId> = level.nodes().map(|(id, _)| id).collect();
    let edit = arrange(level, &inner, |_| Outline::of_size([160.0, 90.0]));
    assert!(graph.clone().apply(Edit::inside(&[id], edit)).is_ok());
}

#[test]
fn a_boundary_node_outside_any_subgraph_is_a_warning() {
    let graph = drawn("a: graph_input\nn: network");
    assert_eq!(
        validate(&graph, &BTreeMap::new()).iter().map(|p| p.code.as_str()).collect::<Vec<_>>(),
        ["graph_boundary"]
    );
    assert_eq!(flatten(&graph).graph().nodes().len(), 1);
}
