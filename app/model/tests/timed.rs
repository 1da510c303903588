//! Timed tasks, and inputs that take any number of wires.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use weft_model::clipboard::copy;
use weft_model::flat::LeftOut;
use weft_model::subgraph::{make_subgraph, unpack};
use weft_model::timed::{DONE, TIMED_TASK, TimedTask};
use weft_model::validate::validate;
use weft_model::{
    Edit, EditError, Endpoint, FixKind, Graph, Mode, Node, NodeId, Severity, Value, Wire, WireId, flatten,
};

/// Timed tasks `0..count` and wires between their `done` and the input of the name.
fn tasks(count: u64, wires: &[(u64, u64, &str)]) -> Graph {
    let mut graph = Graph::default();
    for id in 0..count {
        let node = Node::new(TIMED_TASK, format!("t{id}"), [200.0 * id as f64, 0.0]);
        graph.apply(Edit::AddNode { id: NodeId(id), node }).unwrap();
    }
    for (at, (from, to, input)) in wires.iter().enumerate() {
        graph.apply(wire(at as u64, *from, *to, input)).unwrap();
    }
    graph
}

fn wire(id: u64, from: u64, to: u64, input: &str) -> Edit {
    let wire = Wire::new(Endpoint::new(NodeId(from), DONE), Endpoint::new(NodeId(to), input));
    Edit::AddWire { id: WireId(id), wire }
}

/// Which tasks each task waits for, by name and input.
fn waits(graph: &Graph) -> BTreeSet<(String, String, String)> {
    let name = |id: NodeId| graph.node(id).unwrap().name.clone();
    graph.wires().map(|(_, w)| (name(w.from.node), name(w.to.node), w.to.port.clone())).collect()
}

#[test]
fn an_input_of_a_timed_task_takes_many_wires_and_every_other_takes_one() {
    let mut graph = tasks(12, &[]);
    for from in 1..12 {
        graph.apply(wire(from, from, 0, "run")).unwrap();
    }
    assert_eq!(graph.check(), Ok(()));
    let into = Endpoint::new(NodeId(0), "run");
    assert_eq!(graph.wires_into(&into).count(), 11);
    assert_eq!(graph.predecessors(NodeId(0)).len(), 11);
    // The same once more changes nothing, another joins the others.
    let again = graph.connect(Endpoint::new(NodeId(5), DONE), into.clone());
    assert_eq!(again, Edit::Batch { edits: Vec::new() });
    let more = graph.connect(Endpoint::new(NodeId(5), DONE), Endpoint::new(NodeId(0), "train"));
    let before = graph.clone();
    let inverse = graph.apply(more).unwrap();
    assert_eq!((graph.check(), graph.wires().len()), (Ok(()), 12));
    graph.apply(inverse).unwrap();
    assert_eq!(graph, before);
    let json = serde_json::to_string(&graph).unwrap();
    assert_eq!(serde_json::from_str::<Graph>(&json).unwrap(), graph);

    for (id, kind) in [(20, "split"), (21, "image_dataset"), (22, "image_dataset")] {
        graph.apply(Edit::AddNode { id: NodeId(id), node: Node::new(kind, format!("n{id}"), [0.0; 2]) }).unwrap();
    }
    let end = Endpoint::new(NodeId(20), "samples");
    let data = |id| Wire::new(Endpoint::new(NodeId(id), "samples"), end.clone());
    graph.apply(Edit::AddWire { id: WireId(50), wire: data(21) }).unwrap();
    let second = graph.apply(Edit::AddWire { id: WireId(51), wire: data(22) });
    assert_eq!(second, Err(EditError::InputTaken(end.clone())));
    assert_eq!(graph.wires_into(&end).count(), 1);
    assert!(graph.can_connect(&Endpoint::new(NodeId(21), "samples"), &into).is_err(), "a signal is no data");
}

#[test]
fn a_bypassed_task_passes_on_all_that_it_waits_for() {
    let mut graph = tasks(6, &[(0, 2, "run"), (1, 2, "train"), (2, 3, "deploy"), (0, 3, "deploy"), (3, 4, "run")]);
    graph.apply(Edit::SetMode { id: NodeId(2), mode: Mode::Bypassed }).unwrap();
    let wanted = |list: &[(&str, &str, &str)]| -> BTreeSet<_> {
        list.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect()
    };
    let flat = flatten(&graph);
    assert_eq!(flat.graph().check(), Ok(()));
    assert_eq!(waits(flat.graph()), wanted(&[("t0", "t3", "deploy"), ("t1", "t3", "deploy"), ("t3", "t4", "run")]));
    assert_eq!(flat.graph().wires().len(), 3, "each once");
    for (id, _) in flat.graph().wires() {
        assert!(graph.wire(flat.wire_origin(id).1).is_some());
    }
    // Both in a row.
    graph.apply(Edit::SetMode { id: NodeId(3), mode: Mode::Bypassed }).unwrap();
    assert_eq!(waits(flatten(&graph).graph()), wanted(&[("t0", "t4", "run"), ("t1", "t4", "run")]));
}

#[test]
fn what_waits_for_a_muted_task_does_not_run() {
    let mut graph = tasks(4, &[(0, 2, "run"), (1, 2, "run"), (2, 3, "train")]);
    graph.apply(Edit::SetMode { id: NodeId(1), mode: Mode::Muted }).unwrap();
    let flat = flatten(&graph);
    let left: Vec<_> = flat.graph().nodes().map(|(id, _)| id).collect();
    assert_eq!(left, [NodeId(0)]);
    assert_eq!(flat.left_out(&[NodeId(3)]), Some(&LeftOut::Needs(vec![NodeId(1)])));
}

#[test]
fn tasks_are_copied_grouped_and_ungrouped_with_all_their_wires() {
    let graph = tasks(6, &[(0, 3, "run"), (1, 3, "run"), (2, 3, "run"), (3, 4, "train"), (2, 4, "run"), (4, 5, "run")]);
    let all: Vec<NodeId> = (0..6).map(NodeId).collect();
    let mut pasted = Graph::default();
    let (edit, _) = copy(&graph, &all).paste(&pasted, [0.0; 2], true);
    pasted.apply(edit).unwrap();
    assert_eq!(waits(&pasted), waits(&graph));
    // A part is fed as the original is.
    let mut twice = graph.clone();
    let (edit, new) = copy(&graph, &[NodeId(3)]).paste(&graph, [0.0; 2], true);
    twice.apply(edit).unwrap();
    assert_eq!(twice.predecessors(new[0]).len(), 3);

    let mut grouped = graph.clone();
    let (id, edit) = make_subgraph(&graph, &[NodeId(3), NodeId(4)], "group").unwrap();
    grouped.apply(edit).unwrap();
    assert_eq!(grouped.check(), Ok(()));
    assert_eq!(waits(flatten(&grouped).graph()), waits(&graph));
    let (_, edit) = unpack(&grouped, id).unwrap();
    grouped.apply(edit).unwrap();
    assert_eq!(waits(&grouped), waits(&graph));
}

#[test]
fn texts_that_cannot_be_read_are_problems_with_a_remedy() {
    let mut graph = tasks(3, &[(0, 1, "run"), (0, 2, "run")]);
    assert_eq!(validate(&graph, &BTreeMap::new()), []);
    let mut set = |param: &str, value: &str| {
        let edit = Edit::SetParam { id: NodeId(0), param: param.into(), value: Some(Value::from(value)) };
        graph.apply(edit).unwrap();
        let problems = validate(&graph, &BTreeMap::new());
        let problem = problems.into_iter().next()?;
        let FixKind::Edit { edit } = problem.fixes[0].what.clone() else { unreachable!() };
        graph.apply(edit).unwrap();
        assert_eq!(validate(&graph, &BTreeMap::new()), [], "{param} = {value}");
        Some((problem.code, problem.severity, graph.node(NodeId(0)).unwrap().params.get(param).cloned()))
    };
    let list = Some(("bad_list".to_owned(), Severity::Error, None));
    assert_eq!(set("speeds", "gpu = fast"), list);
    assert_eq!(set("speeds", "gpu = 0"), list);
    assert_eq!(set("speeds", "gpu; cpu = 0.5"), list);
    assert_eq!(set("speeds", "gpu = 4; cpu = 0.5"), None);
    assert_eq!(set("sends", "t1"), list);
    assert_eq!(set("sends", "t1 = much"), list);
    assert_eq!(set("sends", "t1 = 2; T2 = 3"), None);
    let kept = Some(Value::from("t1 = 2"));
    assert_eq!(set("sends", "t1 = 2; other = 1"), Some(("sends_nowhere".to_owned(), Severity::Warning, kept)));
    assert_eq!(TimedTask::of(graph.node(NodeId(0)).unwrap()).unwrap().sent_bytes_to("T1"), 2_000_000);
}

const INPUTS: [&str; 3] = ["train", "deploy", "run"];

proptest! {
    /// A task waits for every task that stands before it with nothing but bypassed ones between.
    #[test]
    fn what_waits_for_what_does_not_depend_on_bypassed_tasks_between(
        modes in prop::collection::vec(any::<bool>(), 9),
        joined in prop::collection::btree_set((0_u64..9, 0_u64..9, 0_usize..3), 0..24),
    ) {
        let wires: Vec<_> = joined.into_iter().filter(|(a, b, _)| a < b).map(|(a, b, i)| (a, b, INPUTS[i])).collect();
        let mut graph = tasks(9, &wires);
        let bypassed = |id: u64| modes[id as usize];
        for id in (0..9).filter(|id| bypassed(*id)) {
            graph.apply(Edit::SetMode { id: NodeId(id), mode: Mode::Bypassed }).unwrap();
        }
        let mut expected = BTreeSet::new();
        for (from, to, input) in wires.iter().filter(|(_, to, _)| !bypassed(*to)) {
            let mut open = vec![*from];
            while let Some(id) = open.pop() {
                match bypassed(id) {
                    true => open.extend(wires.iter().filter(|w| w.1 == id).map(|w| w.0)),
                    false => drop(expected.insert((format!("t{id}"), format!("t{to}"), (*input).to_owned()))),
                }
            }
        }
        let flat = flatten(&graph);
        prop_assert_eq!(flat.graph().check(), Ok(()));
        prop_assert_eq!(flat.graph().wires().len(), expected.len());
        prop_assert_eq!(waits(flat.graph()), expected);
    }

    /// Any change of a graph with such inputs is taken back exactly.
    #[test]
    fn changes_of_many_wires_are_taken_back(joined in prop::collection::vec((0_u64..6, 0_u64..6, 0_usize..3), 0..20)) {
        let mut graph = tasks(6, &[]);
        let mut back = Vec::new();
        for (from, to, input) in joined {
            let before = graph.clone();
            let edit = graph.connect(Endpoint::new(NodeId(from), DONE), Endpoint::new(NodeId(to), INPUTS[input]));
            if let Ok(inverse) = graph.apply(edit) {
                prop_assert_eq!(graph.check(), Ok(()));
                back.push((inverse, before));
            }
        }
        while let Some((inverse, before)) = back.pop() {
            graph.apply(inverse).unwrap();
            prop_assert_eq!(&graph, &before);
        }
    }
}
