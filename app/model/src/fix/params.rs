//! Fixes of parameters: the nearest value that is allowed, the default, the parameter that was meant.

use crate::catalogue::{NodeKind, ParamDecl, ParamKind};
use crate::edit::Edit;
use crate::fix::Fix;
use crate::graph::Node;
use crate::id::NodeId;
use crate::layers::LayerKind;
use crate::shape::SampleSchema;
use crate::text::{Localised, brief};
use crate::value::Value;

/// Letters that may differ for a word to be taken for another.
const SLIPS: usize = 2;
/// Longer words are not compared: they come from files.
const LONGEST_WORD: usize = 64;

fn l(en: impl Into<String>, zh: impl Into<String>) -> Localised {
    Localised::new(en, zh)
}

fn set(id: NodeId, param: &str, value: Option<Value>) -> Edit {
    Edit::SetParam { id, param: param.to_owned(), value }
}

/// For a value that is not allowed: the nearest that is, and the default.
pub(crate) fn bad_param(id: NodeId, param: &ParamDecl, value: &Value) -> Vec<Fix> {
    let mut fixes = Vec::new();
    let near = nearest(param, value).filter(|v| param.check(v).is_ok());
    if let Some(near) = near {
        let shown = shown(param, &near);
        fixes.push(Fix::edit(
            l(format!("Set to {}", shown.en), format!("设为 {}", shown.zh)),
            set(id, param.id, Some(near)),
        ));
    }
    let label = match param.default.value() {
        Some(default) => {
            let shown = shown(param, &default);
            l(format!("Reset to {}", shown.en), format!("重置为 {}", shown.zh))
        }
        None => l("Clear the value", "清空该值"),
    };
    fixes.push(Fix::edit(label, set(id, param.id, None)));
    fixes
}

/// For a parameter that the kind does not have: the one that was meant, or its end.
pub(crate) fn unknown_param(id: NodeId, node: &Node, decl: &NodeKind, param: &str, value: &Value) -> Vec<Fix> {
    let mut fixes = Vec::new();
    let meant = decl
        .params
        .iter()
        .filter(|p| !node.params.contains_key(p.id) && p.check(value).is_ok())
        .filter_map(|p| Some((distance(p.id, param)?, p)))
        .min_by_key(|(distance, _)| *distance);
    if let Some((_, meant)) = meant {
        let edits = vec![set(id, param, None), set(id, meant.id, Some(value.clone()))];
        let label = l(format!("Call it '{}'", meant.id), format!("改名为“{}”", meant.id));
        fixes.push(Fix::edit(label, Edit::Batch { edits }));
    }
    let label = l(format!("Remove '{}'", short(param)), format!("去除“{}”", short(param)));
    fixes.push(Fix::edit(label, set(id, param, None)).only_by_hand());
    fixes
}

/// For a parameter that must have a value and has none.
pub(crate) fn missing_param(id: NodeId, node: &Node, param: &ParamDecl) -> Vec<Fix> {
    let mut fixes = Vec::new();
    if let Some(default) = param.default.value().filter(|_| node.params.contains_key(param.id)) {
        let shown = shown(param, &default);
        let label = l(format!("Reset to {}", shown.en), format!("重置为 {}", shown.zh));
        fixes.push(Fix::edit(label, set(id, param.id, None)));
    }
    if param.kind == ParamKind::Folder {
        fixes.push(Fix::find_path(id, param.id));
    }
    fixes
}

/// For a network that gives something else than the data has classes: as many units in its last layer, where that helps.
pub(crate) fn network_output(id: NodeId, node: &Node, input: &SampleSchema) -> Vec<Fix> {
    let Some(Value::Layers(mut network)) = node.param("layers") else { return Vec::new() };
    let Some(LayerKind::Linear { units, .. }) = network.layers.last_mut().map(|l| &mut l.kind) else {
        return Vec::new();
    };
    *units = input.classes;
    let fits = network.analyse(&input.shape).is_ok_and(|report| report.output_shape == [input.classes]);
    if !fits {
        return Vec::new();
    }
    let label =
        l(format!("Give the last layer {} units", input.classes), format!("把最后一层设为 {} 个单元", input.classes));
    vec![Fix::edit(label, set(id, "layers", Some(Value::Layers(network))))]
}

/// What a person reads for a value.
fn shown(param: &ParamDecl, value: &Value) -> Localised {
    match (param.kind, value) {
        (ParamKind::Choice { choices }, Value::Text(text)) => {
            choices.iter().find(|c| c.id == text).map_or_else(|| l(short(text), short(text)), |c| c.label.into())
        }
        (ParamKind::Bool, Value::Bool(true)) => l("on", "开"),
        (ParamKind::Bool, Value::Bool(false)) => l("off", "关"),
        (ParamKind::Layers, _) => l("its default", "默认值"),
        _ => {
            let text = value.to_string();
            l(short(&text), short(&text))
        }
    }
}

/// A text from a file, short enough for a button.
pub(super) fn short(text: &str) -> String {
    brief(text, 32).into_owned()
}

/// The allowed value that a wrong one comes nearest to, if it comes near one at all.
fn nearest(param: &ParamDecl, value: &Value) -> Option<Value> {
    let number = match value {
        Value::Text(text) => text.trim().parse::<f64>().ok().filter(|v| v.is_finite()),
        other => other.as_f64(),
    };
    match param.kind {
        ParamKind::Int { min, max } => match value.as_i64() {
            Some(v) => Some(Value::Int(v.clamp(min, max))),
            None => Some(Value::Int((number?.round() as i64).clamp(min, max))),
        },
        ParamKind::Float { min, max, .. } => Some(Value::Float(number?.clamp(min, max))),
        ParamKind::Seed => Some(Value::Int((number?.abs().round() as i64).max(0))),
        ParamKind::Bool => match value {
            Value::Text(text) => match text.trim().to_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => Some(Value::Bool(true)),
                "false" | "no" | "off" | "0" => Some(Value::Bool(false)),
                _ => None,
            },
            other => other.as_f64().map(|v| Value::Bool(v != 0.0)),
        },
        ParamKind::Choice { choices } => {
            let text = value.as_str()?.trim();
            let near = choices.iter().filter_map(|c| {
                let distance = [c.id, c.label.en, c.label.zh].iter().filter_map(|name| distance(name, text)).min()?;
                Some((distance, c.id))
            });
            near.min_by_key(|(distance, _)| *distance).map(|(_, id)| Value::from(id))
        }
        ParamKind::Text | ParamKind::Folder | ParamKind::Markdown => match value {
            Value::Int(_) | Value::Float(_) | Value::Bool(_) => Some(Value::Text(value.to_string())),
            _ => None,
        },
        ParamKind::Layers => None,
    }
}

/// Letters in which two words differ (Levenshtein, 1966), whatever their case; none if the words are not alike.
pub(super) fn distance(a: &str, b: &str) -> Option<usize> {
    if a.len() > LONGEST_WORD || b.len() > LONGEST_WORD {
        return None;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.to_lowercase().chars().collect(), b.to_lowercase().chars().collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    let distance = row[b.len()];
    // Two slips in a word of three letters make another word.
    (distance <= SLIPS && 2 * distance <= a.len().max(b.len())).then_some(distance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::kind;

    #[test]
    fn the_nearest_value_that_is_allowed_is_proposed() {
        let check = |node: &str, param: &str, value: Value, expected: Option<Value>| {
            let param = kind(node).and_then(|k| k.param(param)).unwrap();
            assert!(param.check(&value).is_err(), "{value:?} is allowed");
            assert_eq!(nearest(param, &value), expected, "{value:?}");
        };
        check("train", "epochs", Value::Int(0), Some(Value::Int(1)));
        check("train", "epochs", Value::Int(i64::MAX), Some(Value::Int(100_000)));
        check("train", "epochs", Value::Float(1e300), Some(Value::Int(100_000)));
        check("train", "epochs", Value::from("12"), Some(Value::Int(12)));
        check("train", "epochs", Value::from("ten"), None);
        check("train", "learning_rate", Value::Float(-1.0), Some(Value::Float(1e-8)));
        check("train", "optimiser", Value::from("Adamw"), Some(Value::from("adamw")));
        check("train", "optimiser", Value::from("sgdd"), Some(Value::from("sgd")));
        check("train", "optimiser", Value::from("rmsprop"), None);
        check("train", "seed", Value::Int(-3), Some(Value::Int(3)));
        check("split", "stratified", Value::from("yes"), Some(Value::Bool(true)));
        check("split", "stratified", Value::Int(0), Some(Value::Bool(false)));
        check("image_dataset", "path", Value::Int(7), Some(Value::from("7")));
    }

    #[test]
    fn words_are_alike_with_few_slips_only() {
        assert_eq!(distance("epochs", "epoch"), Some(1));
        assert_eq!(distance("epochs", "EPOHCS"), Some(2));
        assert_eq!(distance("sgd", "adam"), None);
        assert_eq!(distance("a", "b"), None);
        assert_eq!(distance("epochs", &"e".repeat(1_000_000)), None);
    }
}
