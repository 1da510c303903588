//! Problems: each is found at its place, all of them at once, and a refusal to connect says why.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;

use weft_model::shape::{SampleSchema, Schemas};
use weft_model::validate::validate;
use weft_model::{Edit, Endpoint, Graph, LayerGraph, LayerKind, Node, NodeId, Value, Wire, WireId};

/// Builds a graph from `name: kind` and `a.port -> b.port` lines.
fn graph(lines: &str) -> Graph {
    let mut graph = Graph::default();
    let mut next = 0;
    for line in lines.lines().map(str::trim).filter(|l| !l.is_empty()) {
        next += 1;
        let edit = if let Some((from, to)) = line.split_once(" -> ") {
            let end = |text: &str| {
                let (node, port) = text.split_once('.').unwrap();
                Endpoint::new(graph.node_named(node).unwrap(), port)
            };
            Edit::AddWire { id: WireId(next), wire: Wire::new(end(from), end(to)) }
        } else {
            let (name, kind) = line.split_once(": ").unwrap();
            Edit::AddNode { id: NodeId(next), node: Node::new(kind, name, [0.0; 2]) }
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

fn set(graph: &mut Graph, node: &str, param: &str, value: Value) {
    let id = graph.node_named(node).unwrap();
    graph.apply(Edit::SetParam { id, param: param.into(), value: Some(value) }).unwrap();
}

fn schemas(graph: &Graph, shape: &[usize], classes: usize) -> Schemas {
    BTreeMap::from([(graph.node_named("data").unwrap(), SampleSchema { shape: shape.to_vec(), classes })])
}

fn codes(graph: &Graph) -> Vec<String> {
    validate(graph, &Schemas::new()).into_iter().map(|p| p.code).collect()
}

fn messages(graph: &Graph, schemas: &Schemas) -> Vec<String> {
    validate(graph, schemas).into_iter().map(|p| p.message.en).collect()
}

#[test]
fn the_whole_workflow_is_sound_once_it_has_a_folder() {
    let mut g = graph(MNIST);
    assert_eq!(messages(&g, &Schemas::new()), ["'data' needs a value for Folder"]);
    set(&mut g, "data", "path", "data".into());
    assert_eq!(validate(&g, &schemas(&g, &[1, 28, 28], 10)), []);
}

#[test]
fn the_shape_of_the_data_reaches_the_network_through_the_nodes_between() {
    let mut g = graph(MNIST);
    set(&mut g, "data", "path", "data".into());
    assert_eq!(
        messages(&g, &schemas(&g, &[1, 28, 28], 26)),
        ["network 'network' gives 10 and the data has 26 classes"]
    );
    assert_eq!(
        messages(&g, &schemas(&g, &[1, 8, 8], 10)),
        ["network 'network': layer 'conv2': a window of 5 does not fit into 4: make it smaller, or pad the input"]
    );
    let layers = LayerGraph::chain([("fc", LayerKind::Linear { units: 10, bias: true })]);
    set(&mut g, "network", "layers", Value::Layers(layers));
    assert!(messages(&g, &schemas(&g, &[1, 28, 28], 10))[0].contains("put a Flatten layer before it"));
}

#[test]
fn all_problems_are_found_at_once() {
    let mut g = graph("a: train\nb: from_the_future\nc: evaluate\na.model -> c.model");
    set(&mut g, "a", "epochs", Value::Int(0));
    set(&mut g, "a", "wings", Value::Int(2));
    assert_eq!(
        codes(&g),
        ["bad_param", "unknown_param", "unwired_input", "unwired_input", "unknown_kind", "unwired_input"]
    );
}

#[test]
fn a_network_without_layers_is_found_before_the_run() {
    let mut g = graph("n: network");
    set(&mut g, "n", "layers", Value::Layers(LayerGraph::default()));
    assert_eq!(codes(&g), ["bad_param"]);
}

#[test]
fn a_cycle_names_its_nodes() {
    let g = graph("a: normalise\nb: normalise\na.train -> b.train\nb.train -> a.train");
    let problems = validate(&g, &Schemas::new());
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.en.contains("→"), "{}", problems[0].message.en);
    assert!(problems[0].node.is_some());
}

#[test]
fn wires_that_do_not_fit_are_problems_of_a_file_and_refused_by_hand() {
    let g = graph("d: image_dataset\nt: train\nd.samples -> t.train\nd.nothing -> t.network");
    let codes = codes(&g);
    assert!(codes.contains(&"type_mismatch".into()) && codes.contains(&"unknown_port".into()), "{codes:?}");
    let (d, t) = (g.node_named("d").unwrap(), g.node_named("t").unwrap());
    let why = g.can_connect(&Endpoint::new(d, "samples"), &Endpoint::new(t, "train")).unwrap_err();
    assert!(why.to_string().contains("put a Split node between"));
}

#[test]
fn connecting_refuses_circles_and_oneself() {
    let g = graph("a: normalise\nb: normalise\na.train -> b.train");
    let end = |name: &str, port: &str| Endpoint::new(g.node_named(name).unwrap(), port);
    assert!(g.can_connect(&end("b", "train"), &end("a", "train")).unwrap_err().to_string().contains("circle"));
    assert!(g.can_connect(&end("a", "train"), &end("a", "test")).unwrap_err().to_string().contains("itself"));
    assert_eq!(g.can_connect(&end("a", "test"), &end("b", "test")), Ok(()));
}

#[test]
fn connecting_an_input_that_is_wired_replaces_its_wire() {
    let mut g = graph("a: normalise\nb: normalise\nc: normalise\na.train -> c.train");
    let end = |g: &Graph, name: &str| Endpoint::new(g.node_named(name).unwrap(), "train");
    let edit = g.connect(end(&g, "b"), end(&g, "c"));
    let inverse = g.apply(edit).unwrap();
    assert_eq!(g.wires().map(|(_, w)| w.from.clone()).collect::<Vec<_>>(), [end(&g, "b")]);
    g.apply(inverse).unwrap();
    assert_eq!(g.wires().map(|(_, w)| w.from.clone()).collect::<Vec<_>>(), [end(&g, "a")]);
}

#[test]
fn an_empty_graph_is_a_warning() {
    assert_eq!(codes(&Graph::default()), ["empty_graph"]);
}

#[test]
fn what_cannot_be_planned_is_named_with_its_remedy_and_mended_by_its_fix() {
    use weft_model::Planning;
    let mut g = graph(MNIST);
    let id = g.node_named("train").unwrap();
    let before = codes(&g);
    let mut plan = |change: &dyn Fn(&mut Planning)| {
        let mut planning = Box::new(Planning::default());
        change(&mut planning);
        g.apply(Edit::SetPlanning { id, planning }).unwrap();
        let found = validate(&g, &Schemas::new()).into_iter().filter(|p| p.code == "bad_planning");
        found.map(|p| (p.param.clone().unwrap(), p)).collect::<BTreeMap<_, _>>()
    };
    let good = |p: &mut Planning| {
        (p.priority, p.retries, p.threads, p.time_limit_s) = (3.0, 2, Some(2), Some(9.5));
        p.memory_limit_bytes = Some(1 << 30);
        p.alternatives.insert("batch_size".into(), vec![Value::Int(32)]);
    };
    assert!(plan(&good).is_empty());
    let bad = plan(&|p: &mut Planning| {
        (p.priority, p.retries, p.threads, p.time_limit_s) = (f64::NAN, 101, Some(0), Some(0.0));
        p.memory_limit_bytes = Some(1);
        p.devices = vec![" ".into()];
        p.alternatives.insert("epochs".into(), vec![Value::Int(1)]);
        p.alternatives.insert("batch_size".into(), vec![Value::Int(0)]);
    });
    let fields: Vec<&str> = bad.keys().map(String::as_str).collect();
    let all =
        ["batch_size", "devices", "epochs", "memory_limit_bytes", "priority", "retries", "threads", "time_limit_s"];
    assert_eq!(fields, all);
    let problem = &bad["batch_size"];
    assert!(problem.node == Some(id) && problem.message.en.contains("'train'"), "{problem:?}");
    let weft_model::FixKind::Edit { edit } = problem.fixes[0].what.clone() else { panic!("{problem:?}") };
    g.apply(edit).unwrap();
    assert_eq!(codes(&g), before);
}
