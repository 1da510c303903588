//! The changes that lead from one graph to another: whatever a window did, undo and redo included, the recovery journal
//! only needs to know where it led.

use std::collections::BTreeSet;

use weft_model::{Edit, Graph, NodeId, Wire};

/// Changes that, applied one after another to `from`, give `to`. None where the two are equal.
pub fn diff(from: &Graph, to: &Graph) -> Vec<Edit> {
    // No edit changes a node's kind or its unknown fields: such a node is taken out and put in anew, with its wires.
    let replaced: BTreeSet<NodeId> = from
        .nodes()
        .filter(|(id, a)| {
            to.node(*id)
                .is_some_and(|b| a.kind != b.kind || a.extra != b.extra || a.inner.is_some() != b.inner.is_some())
        })
        .map(|(id, _)| id)
        .collect();
    let stays = |id: &NodeId| !replaced.contains(id);
    let mut edits = Vec::new();
    let mut wires_gone = BTreeSet::new();
    for (id, wire) in from.wires() {
        if !to.wire(id).is_some_and(|after| after.joins_the_same(wire))
            || !stays(&wire.from.node)
            || !stays(&wire.to.node)
        {
            wires_gone.insert(id);
            edits.push(Edit::RemoveWire { id });
        }
    }
    edits.extend(
        from.nodes().filter(|(id, _)| to.node(*id).is_none() || !stays(id)).map(|(id, _)| Edit::RemoveNode { id }),
    );
    rename(from, to, &stays, &mut edits);
    for (id, node) in to.nodes() {
        let Some(before) = from.node(id).filter(|_| stays(&id)) else {
            edits.push(Edit::AddNode { id, node: node.clone() });
            continue;
        };
        for param in before.params.keys().filter(|p| !node.params.contains_key(*p)) {
            edits.push(Edit::SetParam { id, param: param.clone(), value: None });
        }
        for (param, value) in &node.params {
            if before.params.get(param) != Some(value) {
                edits.push(Edit::SetParam { id, param: param.clone(), value: Some(value.clone()) });
            }
        }
        if before.pos != node.pos {
            edits.push(Edit::Move { id, pos: node.pos });
        }
        if let (Some(before), Some(inner)) = (&before.inner, &node.inner)
            && before != inner
        {
            edits.extend(diff(before, inner).into_iter().map(|edit| Edit::Inside { id, edit: Box::new(edit) }));
        }
        if before.mode != node.mode {
            edits.push(Edit::SetMode { id, mode: node.mode });
        }
        if before.planning != node.planning {
            edits.push(Edit::SetPlanning { id, planning: node.planning.clone().unwrap_or_default() });
        }
        if before.collapsed != node.collapsed {
            edits.push(Edit::SetCollapsed { id, collapsed: node.collapsed });
        }
    }
    for (id, wire) in to.wires() {
        match from.wire(id).filter(|_| !wires_gone.contains(&id)) {
            None => edits.push(Edit::AddWire { id, wire: wire.clone() }),
            Some(Wire { via, .. }) if *via != wire.via => edits.push(Edit::SetVia { id, via: wire.via.clone() }),
            Some(_) => {}
        }
    }
    edits
}

/// Renames in an order in which no name is ever taken: two nodes that change names with one another go round a third.
fn rename(from: &Graph, to: &Graph, stays: &impl Fn(&NodeId) -> bool, edits: &mut Vec<Edit>) {
    let renamed: Vec<(NodeId, &str)> = to
        .nodes()
        .filter(|(id, _)| stays(id))
        .filter_map(|(id, after)| from.node(id).filter(|before| before.name != after.name).map(|_| (id, &*after.name)))
        .collect();
    for (id, _) in &renamed {
        let Some(before) = from.node(*id) else { continue };
        if to.node_named(&before.name).is_some_and(|other| other != *id) {
            let mut name = format!("~{id}");
            while from.node_named(&name).is_some() || to.node_named(&name).is_some() {
                name.insert(0, '~');
            }
            edits.push(Edit::Rename { id: *id, name });
        }
    }
    edits.extend(renamed.into_iter().map(|(id, name)| Edit::Rename { id, name: name.to_owned() }));
}
