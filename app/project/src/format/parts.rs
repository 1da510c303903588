//! One node and the points of one wire as they stand in a file. Must not know what stands beside them.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use weft_model::Node;
use weft_model::graph::{MOST_VIA, Mode};

use super::{point_from_json, value_from_json};
use crate::planning::planning_from_json;

/// The points of a wire; none for anything else.
pub(super) fn via_from_json(value: &Json) -> Option<Vec<[f64; 2]>> {
    let points = value.as_array().filter(|points| points.len() <= MOST_VIA)?;
    points.iter().map(point_from_json).collect()
}

/// The node, and those of its fields that were missing or unreadable and have their default instead.
///
/// # Errors
/// The value, if it holds what a [`Node`] cannot.
pub(super) fn node_from_json(value: Json) -> Result<(Node, Vec<&'static str>), Json> {
    let is_node = value.get("kind").is_some_and(Json::is_string)
        && value.get("name").is_none_or(Json::is_string)
        && value.get("params").is_none_or(Json::is_object);
    let mut map = match value {
        Json::Object(map) if is_node => map,
        other => return Err(other),
    };
    let mut text = |field: &str| match map.remove(field) {
        Some(Json::String(text)) => text,
        _ => String::new(),
    };
    let (kind, name) = (text("kind"), text("name"));
    let params = match map.remove("params") {
        Some(Json::Object(params)) => params.into_iter().map(|(k, v)| (k, value_from_json(v))).collect(),
        _ => BTreeMap::new(),
    };
    let mut unread = Vec::new();
    let pos = map.remove("pos").as_ref().and_then(point_from_json).unwrap_or_else(|| {
        unread.push("pos");
        [0.0; 2]
    });
    // What cannot be read stays among the unknown fields, so that it survives.
    let mode = match map.get("mode") {
        None => Mode::Active,
        Some(value) => match Mode::ALL.into_iter().find(|m| value.as_str() == Some(m.id())) {
            Some(mode) => {
                map.remove("mode");
                mode
            }
            None => {
                unread.push("mode");
                Mode::Active
            }
        },
    };
    let collapsed = match map.get("collapsed") {
        None => false,
        Some(Json::Bool(collapsed)) => {
            let collapsed = *collapsed;
            map.remove("collapsed");
            collapsed
        }
        Some(_) => {
            unread.push("collapsed");
            false
        }
    };
    let planning = map.get("planning").map(planning_from_json);
    match &planning {
        None => {}
        Some(Some(_)) => drop(map.remove("planning")),
        Some(None) => unread.push("planning"),
    }
    let planning = planning.flatten().filter(|p| !p.is_default()).map(Box::new);
    // The graph of a subgraph stays among the unknown fields until it is read.
    let node =
        Node { kind, name, params, pos, mode, collapsed, planning, inner: None, extra: map.into_iter().collect() };
    Ok((node, unread))
}
