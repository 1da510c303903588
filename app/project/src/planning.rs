//! How a node is planned, as it stands in a project file.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};
use weft_model::Planning;

use crate::format::{number, value_from_json, value_to_json};

/// Only what differs from what every node has.
pub(crate) fn planning_to_json(planning: &Planning) -> Json {
    let Planning { priority, retries, time_limit_s, memory_limit_bytes, devices, threads, alternatives, extra } =
        planning;
    let mut map: Map<String, Json> = extra.clone().into_iter().collect();
    if *priority != 0.0 {
        map.insert("priority".into(), number(*priority));
    }
    if *retries != 0 {
        map.insert("retries".into(), (*retries).into());
    }
    if let Some(limit_s) = time_limit_s {
        map.insert("time_limit_s".into(), number(*limit_s));
    }
    if let Some(bytes) = memory_limit_bytes {
        map.insert("memory_limit_bytes".into(), (*bytes).into());
    }
    if !devices.is_empty() {
        map.insert("devices".into(), devices.iter().map(|d| Json::from(d.as_str())).collect());
    }
    if let Some(threads) = threads {
        map.insert("threads".into(), (*threads).into());
    }
    if !alternatives.is_empty() {
        let values = alternatives.iter().map(|(p, values)| (p.clone(), values.iter().map(value_to_json).collect()));
        map.insert("alternatives".into(), Json::Object(values.collect()));
    }
    Json::Object(map)
}

/// The inverse; none where a field is not what it should be.
pub(crate) fn planning_from_json(value: &Json) -> Option<Planning> {
    let mut planning = Planning::default();
    for (field, value) in value.as_object()? {
        match field.as_str() {
            "priority" => planning.priority = value.as_f64()?,
            "retries" => planning.retries = value.as_u64()?.try_into().ok()?,
            "time_limit_s" => planning.time_limit_s = Some(value.as_f64()?),
            "memory_limit_bytes" => planning.memory_limit_bytes = Some(value.as_u64()?),
            "devices" => {
                let names = value.as_array()?.iter().map(|d| Some(d.as_str()?.to_owned()));
                planning.devices = names.collect::<Option<_>>()?;
            }
            "threads" => planning.threads = Some(value.as_u64()?.try_into().ok()?),
            "alternatives" => {
                let values = value.as_object()?.iter().map(|(param, values)| {
                    let values = values.as_array()?.iter().cloned().map(value_from_json).collect();
                    Some((param.clone(), values))
                });
                planning.alternatives = values.collect::<Option<BTreeMap<_, _>>>()?;
            }
            _ => drop(planning.extra.insert(field.clone(), value.clone())),
        }
    }
    Some(planning)
}
