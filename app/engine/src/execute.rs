//! Executors of the kinds that compute within the engine: they only pass on what stands in the graph.
//!
//! Whatever computes or reads data belongs in a worker; what only takes time is left to the engine's clock.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use weft_model::timed::{DONE, TimedTask, input_of};
use weft_model::{Localised, NodeKind, Value};
use weft_protocol::event::Fault;

/// One output: port, content, extension.
pub(crate) type InlineOutput = (String, Vec<u8>, String);

/// Executes a task; a panic is an error of the task.
pub(crate) fn execute(
    kind: &NodeKind,
    name: &str,
    params: &BTreeMap<String, Value>,
) -> Result<Vec<InlineOutput>, Fault> {
    catch_unwind(AssertUnwindSafe(|| match kind.id {
        "empty" => Ok(Vec::new()),
        "network" => network(name, params),
        other => Err(Fault::new(
            "no_executor",
            Localised::new(
                format!("'{name}' is of the kind '{other}', which this version cannot execute"),
                format!("“{name}”的类型“{other}”无法由本版本执行"),
            ),
            Localised::new("use the version that made the project", "请使用创建该项目的版本"),
        )),
    }))
    .unwrap_or_else(|panic| {
        let what = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        Err(Fault::new(
            "panic",
            Localised::new(
                format!("'{name}' met a bug in Weft: {what}"),
                format!("“{name}”触发了 Weft 的缺陷：{what}"),
            ),
            Localised::new("please report it with the project", "请附上项目并报告此问题"),
        ))
    })
}

/// What a timed task leaves at the end of its time: what it stated.
pub(crate) fn timed(stated: &TimedTask) -> Vec<InlineOutput> {
    let durations: serde_json::Map<_, _> =
        stated.phases().into_iter().map(|(phase, s)| (format!("{}_s", input_of(phase)), s.into())).collect();
    vec![(DONE.to_owned(), serde_json::Value::Object(durations).to_string().into_bytes(), "json".to_owned())]
}

fn network(name: &str, params: &BTreeMap<String, Value>) -> Result<Vec<InlineOutput>, Fault> {
    let unreadable = |why: String| {
        Fault::new(
            "bad_network",
            Localised::new(
                format!("the layers of '{name}' cannot be used: {why}"),
                format!("“{name}”的层无法使用：{why}"),
            ),
            Localised::new("draw the network anew", "请重新绘制该网络"),
        )
    };
    let layers = params.get("layers").and_then(Value::as_layers).ok_or_else(|| unreadable("none are given".into()))?;
    let json = serde_json::to_vec(layers).map_err(|e| unreadable(e.to_string()))?;
    Ok(vec![("network".to_owned(), json, "json".to_owned())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_the_engine_has_an_executor() {
        for kind in weft_model::catalogue::KINDS {
            if kind.place == weft_model::catalogue::Place::Engine {
                let node = weft_model::Node::new(kind.id, "n", [0.0, 0.0]);
                let outputs = execute(kind, "n", &node.canonical_params()).unwrap();
                assert!(outputs.iter().all(|(port, ..)| kind.output(port).is_some()));
            }
        }
    }
}
