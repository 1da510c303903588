//! Fixes: every one applies and its problem is gone, and applying them until none is left comes to an end.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use weft_model::catalogue::KINDS;
use weft_model::fix::{Places, fix_all};
use weft_model::shape::{SampleSchema, Schemas};
use weft_model::validate::validate;
use weft_model::{
    Edit, Endpoint, Fix, FixKind, Graph, LayerGraph, LayerKind, Mode, Node, NodeId, NodeKind, Problem, Value, WireId,
};

/// Builds a graph from `name: kind` and `a.port -> b.port` lines; each node stands right of the one before.
fn graph(lines: &str) -> Graph {
    let mut graph = Graph::default();
    for (n, line) in (1..).zip(lines.lines().map(str::trim).filter(|l| !l.is_empty())) {
        let edit = if let Some((from, to)) = line.split_once(" -> ") {
            let end = |text: &str| {
                let (node, port) = text.split_once('.').unwrap();
                Endpoint::new(graph.node_named(node).unwrap(), port)
            };
            let Edit::Batch { mut edits } = graph.connect(end(from), end(to)) else { unreachable!() };
            edits.pop().unwrap()
        } else {
            let (name, kind) = line.split_once(": ").unwrap();
            Edit::AddNode { id: NodeId(n), node: Node::new(kind, name, [n as f64 * 240.0, 0.0]) }
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

fn set(graph: &mut Graph, node: &str, param: &str, value: impl Into<Value>) {
    let id = graph.node_named(node).unwrap();
    graph.apply(Edit::SetParam { id, param: param.into(), value: Some(value.into()) }).unwrap();
}

fn remove(graph: &mut Graph, node: &str) {
    let edit = graph.delete(&[graph.node_named(node).unwrap()], &[]);
    graph.apply(edit).unwrap();
}

/// The wires as `a.port -> b.port`, sorted.
fn wires(graph: &Graph) -> Vec<String> {
    let end = |e: &Endpoint| format!("{}.{}", graph.node(e.node).unwrap().name, e.port);
    let mut out: Vec<String> = graph.wires().map(|(_, w)| format!("{} -> {}", end(&w.from), end(&w.to))).collect();
    out.sort();
    out
}

fn label(kind: &'static NodeKind) -> String {
    kind.label.en.to_owned()
}

fn problem(graph: &Graph, code: &str) -> Problem {
    let found = validate(graph, &Schemas::new());
    found.iter().find(|p| p.code == code).cloned().unwrap_or_else(|| panic!("no {code} in {found:?}"))
}

fn labels(problem: &Problem) -> Vec<&str> {
    problem.fixes.iter().map(|f| f.label.en.as_str()).collect()
}

fn edit_of(fix: &Fix) -> Edit {
    match &fix.what {
        FixKind::Edit { edit } => edit.clone(),
        FixKind::FindPath { .. } => panic!("{fix:?} asks for a path"),
    }
}

/// Applies the first fix of the first problem of a kind.
fn fixed(graph: &Graph, code: &str) -> Graph {
    let mut graph = graph.clone();
    graph.apply(edit_of(&problem(&graph, code).fixes[0])).unwrap();
    assert_eq!(graph.check(), Ok(()));
    graph
}

#[test]
fn a_train_node_without_a_network_gets_one_and_it_stands_free() {
    let mut g = graph(MNIST);
    remove(&mut g, "network");
    assert_eq!(labels(&problem(&g, "unwired_input")), ["Add 'Network'"]);
    let g = fixed(&g, "unwired_input");
    assert!(wires(&g).contains(&"Network.network -> train.network".to_owned()), "{:?}", wires(&g));
    let (new, train) = (g.node_named("Network").unwrap(), g.node_named("train").unwrap());
    assert!(g.node(new).unwrap().pos[0] < g.node(train).unwrap().pos[0]);
    for (id, node) in g.nodes().filter(|(id, _)| *id != new) {
        let (a, b) = (g.node(new).unwrap().pos, node.pos);
        assert!((a[0] - b[0]).abs() >= 200.0 || (a[1] - b[1]).abs() >= 110.0, "covers {id}: {a:?} {b:?}");
    }
}

#[test]
fn a_network_that_is_there_and_feeds_nothing_is_wired() {
    let mut g = graph(MNIST);
    let wire = g.wire_into(&Endpoint::new(g.node_named("train").unwrap(), "network")).unwrap();
    g.apply(Edit::RemoveWire { id: wire }).unwrap();
    assert_eq!(labels(&problem(&g, "unwired_input")), ["Wire 'network' of 'network'", "Add 'Network'"]);
    assert_eq!(wires(&fixed(&g, "unwired_input")), wires(&graph(MNIST)));
}

#[test]
fn every_wire_of_the_sample_that_an_input_needs_is_found_again() {
    let whole = graph(MNIST);
    for (id, wire) in whole.wires() {
        let mut g = whole.clone();
        g.apply(Edit::RemoveWire { id }).unwrap();
        let decl = g.node(wire.to.node).unwrap().decl().unwrap();
        if decl.input(&wire.to.port).unwrap().required {
            assert_eq!(wires(&fixed(&g, "unwired_input")), wires(&whole));
        }
    }
}

#[test]
fn a_test_input_is_never_wired_to_training_samples() {
    let g = graph("s: split\nn: normalise\ne: evaluate\ns.train -> n.train");
    let problems = validate(&g, &Schemas::new());
    let problem = problems.iter().find(|p| p.port.as_deref() == Some("test")).unwrap();
    assert_eq!(labels(problem), ["Wire 'test' of 'n'", "Wire 'test' of 's'", "Add 'Split'"]);
}

#[test]
fn a_data_set_where_samples_are_wanted_gets_a_split_between_or_takes_the_one_there_is() {
    let g = graph("d: image_dataset\nt: train\nd.samples -> t.train");
    assert_eq!(labels(&problem(&g, "type_mismatch")), ["Put 'Split' between", "Remove the wire"]);
    let split = fixed(&g, "type_mismatch");
    assert_eq!(wires(&split), ["Split.train -> t.train", "d.samples -> Split.samples"]);
    let g = graph("d: image_dataset\ns: split\ne: evaluate\nd.samples -> s.samples\nd.samples -> e.test");
    assert_eq!(labels(&problem(&g, "type_mismatch"))[0], "Take 'test' of 's'");
    assert_eq!(wires(&fixed(&g, "type_mismatch")), ["d.samples -> s.samples", "s.test -> e.test"]);
}

#[test]
fn a_wire_at_the_wrong_input_goes_to_the_right_one() {
    let g = graph("n: network\nt: train\nn.network -> t.train");
    assert_eq!(labels(&problem(&g, "type_mismatch"))[0], "Wire it to 'network'");
    assert_eq!(wires(&fixed(&g, "type_mismatch")), ["n.network -> t.network"]);
}

#[test]
fn a_wire_at_a_port_that_is_gone_goes_to_the_one_that_was_meant() {
    let check = |lines: &str, label: &str, expected: &[&str]| {
        let g = graph(lines);
        assert_eq!(labels(&problem(&g, "unknown_port"))[0], label);
        assert_eq!(wires(&fixed(&g, "unknown_port")), expected);
    };
    check("n: network\nt: train\nn.net -> t.network", "Wire it to 'network'", &["n.network -> t.network"]);
    check("s: split\nt: train\ns.trian -> t.train", "Wire it to 'train'", &["s.train -> t.train"]);
    check(
        "s: split\nt: train\ns.validation -> t.valdiation",
        "Wire it to 'validation'",
        &["s.validation -> t.validation"],
    );
    check("s: split\nt: train\ns.a -> t.b", "Remove the wire", &[]);
}

#[test]
fn of_a_circle_the_wire_that_leads_back_goes() {
    let g =
        graph("a: normalise\nb: normalise\nc: normalise\na.train -> b.train\nb.train -> c.train\nc.train -> a.train");
    assert_eq!(labels(&problem(&g, "cycle")), ["Remove the wire from 'c' to 'a'"]);
    assert_eq!(wires(&fixed(&g, "cycle")), ["a.train -> b.train", "b.train -> c.train"]);
}

#[test]
fn parameters_come_back_into_their_range_or_to_their_default() {
    let mut g = graph(MNIST);
    set(&mut g, "train", "epochs", 0_i64);
    assert_eq!(labels(&problem(&g, "bad_param")), ["Set to 1", "Reset to 10"]);
    set(&mut g, "train", "epochs", 5_i64);
    set(&mut g, "train", "optimiser", "adma");
    assert_eq!(labels(&problem(&g, "bad_param")), ["Set to Adam", "Reset to Adam"]);
    set(&mut g, "train", "optimiser", "rmsprop");
    assert_eq!(labels(&problem(&g, "bad_param")), ["Reset to Adam"]);
    set(&mut g, "train", "optimiser", "sgd");
    set(&mut g, "train", "batchsize", 32_i64);
    assert_eq!(labels(&problem(&g, "unknown_param")), ["Call it 'batch_size'", "Remove 'batchsize'"]);
    let g = fixed(&g, "unknown_param");
    let train = g.node(g.node_named("train").unwrap()).unwrap();
    assert_eq!(train.param("batch_size"), Some(Value::Int(32)));
    assert!(!train.params.contains_key("batchsize"));
}

#[test]
fn a_missing_folder_is_asked_for() {
    let g = graph(MNIST);
    let fixes = problem(&g, "missing_param").fixes;
    let node = g.node_named("data").unwrap();
    assert_eq!(fixes.len(), 1);
    assert_eq!(fixes[0].what, FixKind::FindPath { node, param: "path".into() });
    assert!(!fixes[0].automatic);
}

#[test]
fn the_last_layer_gets_as_many_units_as_there_are_classes() {
    let mut g = graph(MNIST);
    set(&mut g, "data", "path", "x");
    let data = g.node_named("data").unwrap();
    let schemas: Schemas = BTreeMap::from([(data, SampleSchema { shape: vec![1, 28, 28], classes: 7 })]);
    let problems = validate(&g, &schemas);
    assert_eq!((problems.len(), labels(&problems[0])), (1, vec!["Give the last layer 7 units"]));
    g.apply(edit_of(&problems[0].fixes[0])).unwrap();
    assert_eq!(validate(&g, &schemas), []);
    // A network that does not end in a linear layer has no such fix.
    let flat = LayerGraph::chain([("flatten", LayerKind::Flatten {})]);
    set(&mut g, "network", "layers", Value::Layers(flat));
    let problems = validate(&g, &schemas);
    assert_eq!((problems[0].code.as_str(), problems[0].fixes.len()), ("network_output", 0));
}

#[test]
fn what_only_another_version_understands_goes_by_hand_only() {
    let mut g = graph("a: split\nu: from_the_future\nt: train\na.train -> u.x\nu.train -> t.train");
    set(&mut g, "a", "wings", 2_i64);
    for code in ["unknown_kind", "unknown_param"] {
        assert!(problem(&g, code).fixes.iter().all(|f| !f.automatic), "{code}");
    }
    assert_eq!(labels(&problem(&g, "unknown_kind")), ["Delete 'u'"]);
    assert_eq!(wires(&fixed(&g, "unknown_kind")), ["a.train -> t.train"]);
}

#[test]
fn everything_that_evaluate_needs_is_added_in_one_go() {
    let g = graph("e: evaluate");
    let done = fix_all(&g, &Schemas::new(), &[], Places::of(&g, |_| None), &label);
    let mut after = g.clone();
    after.apply(done.edit).unwrap();
    assert_eq!(after.check(), Ok(()));
    let left: Vec<String> = validate(&after, &Schemas::new()).into_iter().map(|p| p.code).collect();
    assert_eq!(left, ["missing_param"], "only the folder of the data is for a person to say: {:?}", wires(&after));
    assert_eq!(after.nodes().len(), 5, "{:?}", wires(&after));
}

#[test]
fn nothing_to_fix_is_an_empty_change() {
    let g = graph(MNIST);
    let done = fix_all(&g, &Schemas::new(), &[], Places::default(), &label);
    assert_eq!((done.fixes, done.edit), (0, Edit::Batch { edits: vec![] }));
}

#[test]
fn a_thousand_nodes_that_lack_the_same_are_fixed_at_once() {
    let mut g = Graph::default();
    for n in 0..300 {
        let node = Node::new("train", format!("t{n}"), [f64::from(n % 20) * 260.0, f64::from(n / 20) * 240.0]);
        g.apply(Edit::AddNode { id: NodeId(n as u64), node }).unwrap();
    }
    let done = fix_all(&g, &Schemas::new(), &[], Places::of(&g, |_| None), &label);
    let mut after = g;
    after.apply(done.edit).unwrap();
    assert_eq!(after.check(), Ok(()));
    let left = validate(&after, &Schemas::new());
    assert!(left.iter().all(|p| p.code == "missing_param"), "{:?}", left.iter().map(|p| &p.code).collect::<Vec<_>>());
}

fn node() -> impl Strategy<Value = Node> {
    let kinds: Vec<&'static str> = KINDS.iter().map(|k| k.id).chain(["from_the_future"]).collect();
    let value = prop_oneof![
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_filter("JSON has no NaN", |v| v.is_finite()).prop_map(Value::Float),
        any::<bool>().prop_map(Value::Bool),
        "adma|sgd|yes|[a-z]{0,5}|n = 3; x=|n 2=1;x=2".prop_map(Value::Text),
        Just(Value::Layers(LayerGraph::default())),
        Just(Value::Other(serde_json::Value::Null)),
    ];
    let param = prop_oneof![
        "epochs",
        "epohcs",
        "optimiser",
        "path",
        "layers",
        "seed",
        "stratified",
        "method",
        "limit",
        "sends",
        "speeds",
        "run_s"
    ];
    let params = prop::collection::btree_map(param, value, 0..3);
    let mode = prop_oneof![8 => Just(Mode::Active), 1 => Just(Mode::Muted), 1 => Just(Mode::Bypassed)];
    (prop::sample::select(kinds), params, (-900_i32..900, -900_i32..900), mode).prop_map(
        |(kind, params, (x, y), mode)| {
            let mut node = Node::new(kind, "n", [f64::from(x), f64::from(y)]);
            node.mode = mode;
            node.params = params;
            node
        },
    )
}

/// Graphs with every kind of fault.
fn broken() -> impl Strategy<Value = Graph> {
    let port = || {
        prop_oneof![
            "samples",
            "train",
            "validation",
            "test",
            "network",
            "model",
            "metrics",
            "history",
            "netwrok",
            "x",
            "run",
            "done"
        ]
    };
    let wire = (0_u64..10, port(), 0_u64..10, port());
    (prop::collection::vec(node(), 0..10), prop::collection::vec(wire, 0..16)).prop_map(|(nodes, wires)| {
        let mut graph = Graph::default();
        for (id, mut node) in (0..).zip(nodes) {
            node.name = graph.free_name("n");
            graph.apply(Edit::AddNode { id: NodeId(id), node }).unwrap();
        }
        for (id, (from, output, to, input)) in (0..).zip(wires) {
            let edit = graph.connect(Endpoint::new(NodeId(from), output), Endpoint::new(NodeId(to), input));
            let Edit::Batch { mut edits } = edit else { unreachable!() };
            if let Some(Edit::AddWire { wire, .. }) = edits.pop() {
                let _ = graph.apply(Edit::AddWire { id: WireId(id), wire });
            }
        }
        graph
    })
}

/// The node that owns a graph, in a graph of [`nested`].
const OWNER: NodeId = NodeId(100);

/// A graph with every kind of fault whose node [`OWNER`] owns another: with boundary nodes, and wires to and from them
/// within, and to and from the ports that they make without.
fn nested() -> impl Strategy<Value = Graph> {
    let level = || {
        let types = prop::sample::select(vec!["samples", "network", "model", "dataset", "nonsense"]);
        let boundaries = prop::collection::vec((any::<bool>(), types, -900_i32..900), 0..5);
        // A boundary within or without, a node beside it, and a port of that node.
        let ports = prop_oneof!["samples", "train", "validation", "test", "network", "model", "metrics", "x"];
        let wires = prop::collection::vec((any::<bool>(), 0_u64..6, 0_u64..10, ports), 0..12);
        (broken(), boundaries, wires)
    };
    (broken(), level(), level(), prop::sample::select(Mode::ALL.to_vec())).prop_map(
        |(outer, inner, innermost, mode)| {
            let inner = owning(inner.0, innermost, Mode::Active);
            owning(outer, (inner, vec![(true, "samples", 0), (false, "model", 0)], Vec::new()), mode)
        },
    )
}

type Level = (Graph, Vec<(bool, &'static str, i32)>, Vec<(bool, u64, u64, String)>);

/// A graph with a node that owns another.
fn owning(mut outer: Graph, (mut inner, boundaries, wires): Level, mode: Mode) -> Graph {
    let boundary = |n: u64| NodeId(200 + n);
    for (n, (is_input, ty, y)) in (0..).zip(&boundaries) {
        let kind = if *is_input { "graph_input" } else { "graph_output" };
        let mut node = Node::new(kind, inner.free_name(ty), [0.0, f64::from(*y)]);
        node.params.insert("type".into(), Value::from(*ty));
        inner.apply(Edit::AddNode { id: boundary(n), node }).unwrap();
    }
    let mut owner = Node::new("subgraph", outer.free_name("block"), [300.0, 300.0]);
    owner.mode = mode;
    for (id, (_, n, beside, port)) in (1_000..).zip(&wires).filter(|(_, w)| w.0) {
        let is_input = boundaries.get(*n as usize).is_none_or(|b| b.0);
        let ends = (Endpoint::new(boundary(*n), "value"), Endpoint::new(NodeId(*beside), port.as_str()));
        let (from, to) = if is_input { ends } else { (ends.1, ends.0) };
        // What cannot be wired is not.
        let _ = inner.apply(Edit::AddWire { id: WireId(id), wire: weft_model::Wire::new(from, to) });
    }
    owner.inner = Some(Box::new(inner));
    outer.apply(Edit::AddNode { id: OWNER, node: owner }).unwrap();
    for (id, (_, n, beside, port)) in (1_000..).zip(&wires).filter(|(_, w)| !w.0) {
        let is_input = boundaries.get(*n as usize).is_none_or(|b| b.0);
        let ends = (Endpoint::new(NodeId(*beside), port.as_str()), Endpoint::new(OWNER, boundary(*n).to_string()));
        let (from, to) = if is_input { ends } else { (ends.1, ends.0) };
        let _ = outer.apply(Edit::AddWire { id: WireId(id), wire: weft_model::Wire::new(from, to) });
    }
    outer
}

/// What a problem is about, whatever it says: of circles and wires there may be several, and what they say tells them
/// apart.
#[allow(clippy::type_complexity, reason = "it is only compared")]
fn key(p: &Problem) -> (String, Option<Vec<NodeId>>, Option<String>, Option<String>, String) {
    let said = if ["cycle", "needs_muted"].contains(&p.code.as_str()) { p.message.en.clone() } else { String::new() };
    (p.code.clone(), p.node_path(), p.port.clone(), p.param.clone(), said)
}

fn circles(graph: &Graph) -> usize {
    validate(graph, &Schemas::new()).iter().filter(|p| p.code == "cycle").count()
}

proptest! {
    #[test]
    fn every_fix_applies_and_its_problem_is_gone(graph in prop_oneof![broken(), nested()]) {
        let problems = validate(&graph, &Schemas::new());
        for problem in &problems {
            let before = problems.iter().filter(|p| key(p) == key(problem)).count();
            for fix in &problem.fixes {
                prop_assert!(!fix.label.en.is_empty() && !fix.label.zh.is_empty());
                let FixKind::Edit { edit } = &fix.what else { continue };
                let mut after = graph.clone();
                let inverse = after.apply(edit.clone());
                prop_assert!(inverse.is_ok(), "{}: {:?}", fix.label.en, inverse);
                prop_assert_eq!(after.check(), Ok(()));
                let left = validate(&after, &Schemas::new()).iter().filter(|p| key(p) == key(problem)).count();
                prop_assert!(left < before, "'{}' does not mend '{}'", fix.label.en, problem.message.en);
                after.apply(inverse.unwrap()).unwrap();
                prop_assert_eq!(&after, &graph);
            }
        }
    }

    #[test]
    fn fixing_all_ends_and_leaves_what_only_a_person_can_say(graph in prop_oneof![broken(), nested()]) {
        let done = fix_all(&graph, &Schemas::new(), &[], Places::of(&graph, |_| None), &label);
        let mut after = graph.clone();
        let inverse = after.apply(done.edit);
        prop_assert!(inverse.is_ok(), "{:?}", inverse);
        prop_assert_eq!(after.check(), Ok(()));
        for problem in validate(&after, &Schemas::new()) {
            // What would close a circle is left to a person too.
            let helps = |f: &&Fix| f.automatic && matches!(f.what, FixKind::Edit { .. }) && {
                let mut then = after.clone();
                then.apply(edit_of(f)).unwrap();
                circles(&then) <= circles(&after)
            };
            prop_assert!(problem.fixes.iter().find(helps).is_none(), "{} is left: {:?}", problem.message.en, problem.fixes);
        }
        after.apply(inverse.unwrap()).unwrap();
        prop_assert_eq!(after, graph);
    }

    #[test]
    fn choosing_any_fix_again_and_again_ends(graph in prop_oneof![broken(), nested()], choices in prop::collection::vec(any::<prop::sample::Index>(), 300)) {
        let mut now = graph;
        let mut rounds = 0;
        for choice in choices {
            let fixes: Vec<Fix> = validate(&now, &Schemas::new()).into_iter().flat_map(|p| p.fixes).filter(|f| matches!(f.what, FixKind::Edit { .. })).collect();
            if fixes.is_empty() {
                break;
            }
            now.apply(edit_of(choice.get(&fixes))).unwrap();
            prop_assert_eq!(now.check(), Ok(()));
            rounds += 1;
        }
        prop_assert!(rounds < 300, "{} nodes, {:?}", now.nodes().len(), wires(&now));
    }
}

#[test]
fn what_a_subgraph_lacks_is_mended_within_and_without() {
    let within = graph("in: graph_input\nt: train\nn: network\nout: graph_output\nn.network -> t.network");
    let mut inner = within.clone();
    let [input, train, output] = ["in", "t", "out"].map(|name| inner.node_named(name).unwrap());
    set(&mut inner, "out", "type", "model");
    for (n, from, to) in [
        (50, Endpoint::new(input, "value"), Endpoint::new(train, "train")),
        (51, Endpoint::new(train, "model"), Endpoint::new(output, "value")),
    ] {
        inner.apply(Edit::AddWire { id: WireId(n), wire: weft_model::Wire::new(from, to) }).unwrap();
    }
    let mut g = graph("d: image_dataset\ns: split\ne: evaluate\nd.samples -> s.samples\ns.test -> e.test");
    set(&mut g, "d", "path", "x");
    let mut owner = Node::new("subgraph", "block", [600.0, 200.0]);
    owner.inner = Some(Box::new(inner.clone()));
    g.apply(Edit::AddNode { id: OWNER, node: owner.clone() }).unwrap();
    let done = |g: &Graph| {
        let mut after = g.clone();
        after.apply(fix_all(g, &Schemas::new(), &[], Places::of(g, |_| None), &label).edit).unwrap();
        assert_eq!(validate(&after, &Schemas::new()), []);
        after
    };
    // Its input takes samples, and evaluate takes the model that it gives.
    let after = done(&g);
    assert_eq!(after.nodes().len(), 4, "{:?}", wires(&after));
    assert!(wires(&after).contains(&format!("block.{output} -> e.model")), "{:?}", wires(&after));
    assert!(after.wire_into(&Endpoint::new(OWNER, input.to_string())).is_some());
    // What its train node lacks is within.
    let wire = inner.wire_into(&Endpoint::new(train, "network")).unwrap();
    g.apply(Edit::inside(&[OWNER], Edit::RemoveWire { id: wire })).unwrap();
    let problems = validate(&g, &Schemas::new());
    let problem = problems.iter().find(|p| p.path == [OWNER]).unwrap();
    assert_eq!((problem.node, labels(problem)[0]), (Some(train), "Wire 'network' of 'n'"));
    assert!(matches!(edit_of(&problem.fixes[0]), Edit::Inside { id: OWNER, .. }));
    let again = done(&g);
    assert_eq!(again.node(OWNER).unwrap().inner.as_ref().unwrap().wires().len(), inner.wires().len());
    // A parameter within.
    let bad = Edit::SetParam { id: train, param: "epochs".into(), value: Some(Value::Int(0)) };
    g = after;
    g.apply(Edit::inside(&[OWNER], bad)).unwrap();
    assert_eq!(done(&g).node_at(&[OWNER, train]).unwrap().param("epochs"), Some(Value::Int(1)));
}

#[test]
fn an_output_that_nothing_comes_out_of_is_no_remedy() {
    let inner = graph("out: graph_output");
    let output = inner.node_named("out").unwrap();
    let mut g = graph("s: split\nn: normalise");
    let mut owner = Node::new("subgraph", "block", [1.0, 0.0]);
    owner.inner = Some(Box::new(inner));
    g.apply(Edit::AddNode { id: OWNER, node: owner }).unwrap();
    assert!(g.node(OWNER).unwrap().output(&output.to_string()).is_some());
    let problems = validate(&g, &Schemas::new());
    let of_n = problems.iter().find(|p| p.node == g.node_named("n")).unwrap();
    assert!(!of_n.fixes.is_empty() && !labels(of_n).iter().any(|l| l.contains("block")), "{:?}", labels(of_n));
}

#[test]
fn a_name_that_many_have_is_made_free_all_the_same() {
    let mut g = Graph::default();
    for n in 0..300_u64 {
        let name = g.free_name("a");
        g.apply(Edit::AddNode { id: NodeId(n), node: Node::new("split", name, [0.0; 2]) }).unwrap();
    }
    assert_eq!(g.check(), Ok(()));
    assert!(g.node_named("a 300").is_some());
}

#[test]
fn of_a_million_faults_a_bounded_number_is_told_with_the_count_of_the_others() {
    let mut g = Graph::default();
    for n in 0..3_000_u64 {
        g.apply(Edit::AddNode { id: NodeId(n), node: Node::new("x", format!("n{n}"), [0.0; 2]) }).unwrap();
    }
    let problems = validate(&g, &Schemas::new());
    assert_eq!(problems.len(), 1_001);
    assert!(problems[1_000].message.en.contains("2000 further"), "{}", problems[1_000].message.en);
    assert_eq!(problems[1_000].severity, weft_model::Severity::Error);
}

#[test]
fn a_name_from_a_file_does_not_fill_a_message() {
    let mut g = Graph::default();
    g.apply(Edit::AddNode { id: NodeId(1), node: Node::new("x".repeat(10_000), "n".repeat(10_000), [0.0; 2]) })
        .unwrap();
    let problem = problem(&g, "unknown_kind");
    assert!(problem.message.en.len() < 500 && problem.fixes[0].label.en.len() < 200);
}
