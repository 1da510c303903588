//! Steps that become one: sliders that are drawn, over one node or many, and what is typed and given up.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use weft_model::{Document, Edit, Graph, Node, NodeId, Value};

fn three() -> (Document, Vec<NodeId>) {
    let mut graph = Graph::default();
    let ids: Vec<NodeId> = (1..=3).map(NodeId).collect();
    for (index, id) in ids.iter().enumerate() {
        let node = Node::new("train", format!("train {index}"), [0.0, 0.0]);
        graph.apply(Edit::AddNode { id: *id, node }).unwrap();
    }
    (Document::new(graph), ids)
}

fn set(id: NodeId, value: Option<i64>) -> Edit {
    Edit::SetParam { id, param: "epochs".to_owned(), value: value.map(Value::Int) }
}

fn epochs(document: &Document, ids: &[NodeId]) -> Vec<Option<Value>> {
    ids.iter().map(|id| document.graph().node(*id).unwrap().params.get("epochs").cloned()).collect()
}

#[test]
fn a_slider_drawn_over_several_nodes_is_one_step_and_keeps_no_chain_of_values() {
    let (mut document, ids) = three();
    document.apply("set", set(ids[0], Some(5))).unwrap();
    let before = epochs(&document, &ids);
    for value in 20..120 {
        // Some of the nodes stand at the value already, and are left out of the change.
        let edits = ids.iter().skip((value % 2) as usize).map(|id| set(*id, Some(value))).collect();
        document.apply_merging("set", Edit::Batch { edits }, Some("many.epochs")).unwrap();
    }
    assert_eq!(document.undo_steps().len(), 2);
    let Edit::Batch { edits } = &document.undo_steps()[1].inverse else { panic!("several nodes were changed") };
    assert_eq!(edits.len(), ids.len());
    let after = epochs(&document, &ids);
    document.undo();
    assert_eq!(epochs(&document, &ids), before);
    document.redo();
    assert_eq!(epochs(&document, &ids), after);
}

#[test]
fn what_is_given_up_leaves_neither_a_step_nor_a_change() {
    let (mut document, ids) = three();
    document.apply_merging("set", set(ids[0], Some(3)), Some("a")).unwrap();
    document.mark_saved();
    document.apply_merging("set", set(ids[0], Some(1)), Some("a")).unwrap();
    document.apply_merging("set", set(ids[0], Some(12)), Some("a")).unwrap();
    assert!(!document.revoke("b"), "the newest step has another key");
    assert!(document.revoke("a"));
    assert_eq!(epochs(&document, &ids[..1]), [Some(Value::Int(3))]);
    assert!(!document.is_dirty() && !document.can_redo());
    assert_eq!(document.undo_steps().len(), 1);
    document.undo();
    assert!(!document.revoke("a"), "a step that was taken back is not the newest one");
    assert!(document.can_redo());
}
