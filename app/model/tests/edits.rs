//! Properties of the graph's edits: the inverse takes every change back, and the invariants hold whatever is done.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use weft_model::graph::MOST_VIA;
use weft_model::{Document, Edit, Endpoint, Graph, Mode, Node, NodeId, Planning, Value, Wire, WireId, flatten};

/// An edit among few identifiers, so that many of them meet, and many fail.
fn edit() -> impl Strategy<Value = Edit> {
    let node = (0u64..6).prop_map(NodeId);
    let wire = (0u64..6).prop_map(WireId);
    let kind = prop::sample::select(vec![
        "image_dataset",
        "split",
        "normalise",
        "network",
        "train",
        "subgraph",
        "graph_input",
        "from the future",
    ]);
    let name = prop::sample::select(vec!["data", "Data", "split", "train", "a", ""]);
    let port = prop::sample::select(vec!["samples", "train", "validation", "test", "network", "model", "none"]);
    let value = prop::option::of(prop_oneof![
        any::<i64>().prop_map(Value::Int),
        any::<bool>().prop_map(Value::Bool),
        "[a-z]{0,5}".prop_map(Value::Text),
    ]);
    let pos = prop_oneof![4 => [-1e3..1e3f64, -1e3..1e3f64], 1 => Just([f64::NAN, 0.0])];
    let via = prop_oneof![
        4 => prop::collection::vec([-1e3..1e3f64, -1e3..1e3f64], 0..4),
        1 => Just(vec![[f64::INFINITY, 0.0]]),
        1 => Just(vec![[0.0; 2]; MOST_VIA + 1]),
    ];
    let mode = prop::sample::select(Mode::ALL.to_vec());
    let end = (node.clone(), port.clone()).prop_map(|(n, p)| Endpoint::new(n, p));
    let leaf = prop_oneof![
        4 => (node.clone(), kind, name.clone(), pos.clone())
            .prop_map(|(id, kind, name, pos)| Edit::AddNode { id, node: Node::new(kind, name, pos) }),
        2 => node.clone().prop_map(|id| Edit::RemoveNode { id }),
        4 => (wire.clone(), end.clone(), end).prop_map(|(id, from, to)| Edit::AddWire { id, wire: Wire::new(from, to) }),
        2 => (wire.clone(), via).prop_map(|(id, via)| Edit::SetVia { id, via }),
        2 => (node.clone(), mode).prop_map(|(id, mode)| Edit::SetMode { id, mode }),
        2 => (node.clone(), any::<bool>()).prop_map(|(id, collapsed)| Edit::SetCollapsed { id, collapsed }),
        2 => (node.clone(), 0_u32..3).prop_map(|(id, retries)| {
            Edit::SetPlanning { id, planning: Box::new(Planning { retries, ..Planning::default() }) }
        }),
        2 => wire.prop_map(|id| Edit::RemoveWire { id }),
        2 => (node.clone(), "[a-c]", value).prop_map(|(id, param, value)| Edit::SetParam { id, param, value }),
        2 => (node.clone(), name).prop_map(|(id, name)| Edit::Rename { id, name: name.to_owned() }),
        2 => (node, pos).prop_map(|(id, pos)| Edit::Move { id, pos }),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|edits| Edit::Batch { edits }),
            ((0u64..6).prop_map(NodeId), inner).prop_map(|(id, edit)| Edit::Inside { id, edit: Box::new(edit) }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_inverse_takes_back_and_a_refusal_changes_nothing(edits in prop::collection::vec(edit(), 1..60)) {
        let mut graph = Graph::default();
        for edit in edits {
            let before = graph.clone();
            match graph.apply(edit.clone()) {
                Ok(inverse) => {
                    prop_assert_eq!(graph.check(), Ok(()));
                    let after = graph.clone();
                    let again = graph.apply(inverse).expect("an inverse applies");
                    prop_assert_eq!(&graph, &before);
                    graph.apply(again).expect("and its inverse does");
                    prop_assert_eq!(&graph, &after);
                }
                Err(_) => prop_assert_eq!(&graph, &before),
            }
            prop_assert_eq!(graph.check(), Ok(()));
        }
    }

    #[test]
    fn undoing_everything_gives_the_first_graph_and_redoing_the_last(
        steps in prop::collection::vec((prop::collection::vec(edit(), 0..4), 0u8..4), 1..40)
    ) {
        let mut document = Document::new(Graph::default());
        let first = document.graph().clone();
        for (edits, how) in steps {
            if how == 0 {
                document.begin("gesture");
            }
            for edit in edits {
                let _refused = document.apply_merging("edit", edit, (how == 1).then_some("key"));
            }
            match how {
                0 => document.commit(),
                2 => { document.undo(); }
                3 => {
                    document.begin("given up");
                    let _refused = document.apply("edit", Edit::Batch { edits: vec![] });
                    document.abort();
                }
                _ => {}
            }
            prop_assert_eq!(document.graph().check(), Ok(()));
        }
        while document.redo().is_some() {}
        let last = document.graph().clone();
        while document.undo().is_some() {}
        prop_assert_eq!(document.graph(), &first);
        prop_assert!(!document.is_dirty());
        while document.redo().is_some() {}
        prop_assert_eq!(document.graph(), &last);
    }

    #[test]
    fn what_is_only_a_look_leaves_what_runs_and_a_later_graph_names_what_is_other(
        edits in prop::collection::vec(edit(), 1..60)
    ) {
        /// What runs, without what a change of looks may alter.
        fn runs(graph: &Graph) -> (Vec<String>, Vec<String>) {
            let flat = flatten(graph);
            let node = |(id, node): (NodeId, &Node)| {
                let bare = Node { pos: [0.0; 2], collapsed: false, ..node.clone() };
                format!("{id} {bare:?} {:?}", flat.path(id))
            };
            (flat.graph().nodes().map(node).collect(), flat.graph().wires().map(|wire| format!("{wire:?}")).collect())
        }
        let mut document = Document::new(Graph::default());
        for edit in edits {
            let (before, revision) = (document.graph().clone(), document.run_revision());
            let is_look = edit.is_look();
            let _refused = document.apply("edit", edit);
            let after = document.graph();
            if document.run_revision() == revision {
                prop_assert_eq!(runs(&before), runs(after));
            } else {
                prop_assert!(!is_look);
            }
            let (nodes, wires) = after.changed_since(&before);
            let ids: BTreeSet<_> = before.nodes().chain(after.nodes()).map(|(id, _)| id).collect();
            let others: Vec<_> = ids.into_iter().filter(|id| before.node(*id) != after.node(*id)).collect();
            prop_assert_eq!(nodes, others);
            let ids: BTreeSet<_> = before.wires().chain(after.wires()).map(|(id, _)| id).collect();
            let others: Vec<_> = ids.into_iter().filter(|id| before.wire(*id) != after.wire(*id)).collect();
            prop_assert_eq!(wires, others);
        }
    }

    #[test]
    fn a_topological_order_puts_sources_first_or_names_a_real_cycle(edits in prop::collection::vec(edit(), 1..60)) {
        let mut graph = Graph::default();
        for edit in edits {
            let _refused = graph.apply(edit);
        }
        match graph.topological_order() {
            Ok(order) => {
                for (_, wire) in graph.wires() {
                    let at = |id| order.iter().position(|n| *n == id);
                    prop_assert!(at(wire.from.node) < at(wire.to.node));
                }
            }
            Err(cycle) => {
                prop_assert!(cycle.len() > 1);
                for (i, id) in cycle.iter().enumerate() {
                    prop_assert!(graph.successors(*id).contains(&cycle[(i + 1) % cycle.len()]));
                }
            }
        }
    }
}

#[test]
fn a_gesture_that_is_given_up_leaves_nothing() {
    let mut document = Document::new(Graph::default());
    document.apply("add", Edit::AddNode { id: NodeId(1), node: Node::new("train", "train", [0.0; 2]) }).unwrap();
    let before = document.graph().clone();
    document.begin("drag");
    document.apply("move", Edit::Move { id: NodeId(1), pos: [5.0, 5.0] }).unwrap();
    document.abort();
    assert_eq!(document.graph(), &before);
    assert_eq!(document.undo_steps().len(), 1);
}

#[test]
fn drawing_a_slider_is_one_step_and_saving_ends_it() {
    let mut document = Document::new(Graph::default());
    document.apply("add", Edit::AddNode { id: NodeId(1), node: Node::new("train", "train", [0.0; 2]) }).unwrap();
    let set = |v| Edit::SetParam { id: NodeId(1), param: "epochs".into(), value: Some(Value::Int(v)) };
    for v in 1..50 {
        document.apply_merging("set", set(v), Some("1.epochs")).unwrap();
    }
    assert_eq!(document.undo_steps().len(), 2);
    document.mark_saved();
    document.apply_merging("set", set(99), Some("1.epochs")).unwrap();
    assert!(document.is_dirty());
    document.undo();
    assert!(!document.is_dirty());
    assert_eq!(document.graph().node(NodeId(1)).unwrap().param("epochs"), Some(Value::Int(49)));
    document.undo();
    assert_eq!(document.graph().node(NodeId(1)).unwrap().param("epochs"), Some(Value::Int(10)));
    assert!(document.is_dirty());
}

#[test]
fn a_saved_state_that_is_overwritten_by_another_step_cannot_be_reached() {
    let mut document = Document::new(Graph::default());
    let add = |n: u64| Edit::AddNode { id: NodeId(n), node: Node::new("train", format!("t{n}"), [0.0; 2]) };
    document.apply("add", add(1)).unwrap();
    document.mark_saved();
    document.undo();
    assert!(document.is_dirty());
    document.apply("add", add(2)).unwrap();
    document.undo();
    assert!(document.is_dirty());
}

#[test]
fn settings_of_the_project_are_steps_like_any_other() {
    let settings = std::collections::BTreeMap::from([("seed".to_owned(), "7".to_owned())]);
    let mut document = Document::new(Graph::default()).with_settings(settings);
    assert!(!document.is_dirty());
    for text in ["M", "Mi", "Mine"] {
        document.set("title", "title", Some(text.to_owned()), Some("title"));
    }
    document.set("seed", "seed", Some("9".to_owned()), None);
    document.set("seed", "seed", Some("9".to_owned()), None);
    assert_eq!(document.undo_steps().len(), 2, "typing a title is one step, and nothing changed is none");
    assert!(document.is_dirty());
    document.undo();
    assert_eq!((document.setting("title"), document.setting("seed")), (Some("Mine"), Some("7")));
    document.undo();
    assert_eq!(document.setting("title"), None);
    assert!(!document.is_dirty());
    document.redo();
    document.redo();
    assert_eq!((document.setting("title"), document.setting("seed")), (Some("Mine"), Some("9")));
}
