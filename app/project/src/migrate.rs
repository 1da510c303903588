//! Migrations: one function for each older version of the format, each from its version to the next. They work on the
//! JSON, never on today's types, so that a later change of those cannot break them; a fixture in `tests/fixtures` holds
//! each. What a migration does not understand it leaves as it is: reading says what it makes of it.

use serde_json::{Map, Value as Json};

use crate::format::hash_u64;

/// From version N (counted from 1, at index N - 1) to version N + 1.
const STEPS: [fn(&mut Map<String, Json>); 2] = [v1_to_v2, v2_to_v3];

/// Brings a project of version `from` (at least 1) to the current version.
pub(crate) fn to_current(top: &mut Map<String, Json>, from: u64) {
    let from = usize::try_from(from).unwrap_or(usize::MAX).max(1);
    for step in STEPS.iter().skip(from - 1) {
        step(top);
    }
}

/// Version 1, the draft form: the title was called `name`; nodes stood in a list, with `id`, `type`, `x` and `y`, and
/// with the wires that come in as `"inputs": {"PORT": "NODE.PORT"}`; an image data set called its folder `folder`.
fn v1_to_v2(top: &mut Map<String, Json>) {
    rename(top, "name", "title");
    let Some(Json::Array(list)) = top.remove("nodes") else { return };
    let mut nodes = Map::new();
    let mut wires = Map::new();
    let mut unreadable = Vec::new();
    for (position, value) in list.into_iter().enumerate() {
        let Json::Object(mut node) = value else {
            unreadable.push(value);
            continue;
        };
        let id = match node.remove("id") {
            Some(Json::String(id)) if !nodes.contains_key(&id) => id,
            _ => format!("node {position}"),
        };
        rename(&mut node, "type", "kind");
        if let (Some(x), Some(y)) = (node.get("x").cloned(), node.get("y").cloned()) {
            node.remove("x");
            node.remove("y");
            node.insert("pos".to_owned(), Json::Array(vec![x, y]));
        }
        if node.get("kind").and_then(Json::as_str) == Some("image_dataset")
            && let Some(Json::Object(params)) = node.get_mut("params")
        {
            rename(params, "folder", "path");
        }
        if node.get("inputs").is_some_and(Json::is_object)
            && let Some(Json::Object(inputs)) = node.remove("inputs")
        {
            for (port, from) in inputs {
                let to = format!("{id}.{port}");
                // Version 1 had no identifiers for wires: one that follows from the wire's ends is the same each time.
                let wire = format!("{:016x}", hash_u64(&format!("{from} to {to}")));
                let ends = [("from".to_owned(), from), ("to".to_owned(), to.into())];
                wires.insert(wire, Json::Object(ends.into_iter().collect()));
            }
        }
        nodes.insert(id, Json::Object(node));
    }
    top.insert("nodes".to_owned(), Json::Object(nodes));
    top.insert("wires".to_owned(), Json::Object(wires));
    if !unreadable.is_empty() {
        top.insert("set_aside".to_owned(), Json::Array(unreadable));
    }
}

/// Version 2 had no modes, no collapsed nodes, no graphs within nodes and no points on wires. Where a file has fields of
/// these names all the same, they were unknown ones that were kept, and may not come to mean something now.
fn v2_to_v3(top: &mut Map<String, Json>) {
    let taken: [(&str, &[&str]); 2] = [("nodes", &["mode", "collapsed", "inner", "planning"]), ("wires", &["via"])];
    for (list, fields) in taken {
        let Some(Json::Object(entries)) = top.get_mut(list) else { continue };
        for entry in entries.values_mut().filter_map(Json::as_object_mut) {
            for field in fields {
                rename(entry, field, &format!("{field}_of_version_2"));
            }
        }
    }
}

fn rename(map: &mut Map<String, Json>, from: &str, to: &str) {
    if !map.contains_key(to)
        && let Some(value) = map.remove(from)
    {
        map.insert(to.to_owned(), value);
    }
}
