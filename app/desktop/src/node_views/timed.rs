//! What a timed task says on its node: how long its phases take, and what it holds.

use egui_node_graph::{BodyLine, BodyText, TextRole};
use weft_model::timed::TimedTask;
use weft_model::{Node, Phase};

use crate::i18n::Tr;
use crate::panels::figures;

/// A line for each phase that it has, and one for its memory.
pub(super) fn body(node: &Node, tr: &Tr) -> Vec<BodyLine> {
    let Some(task) = TimedTask::of(node) else { return Vec::new() };
    let line = |word: &str, figure: String, role| {
        BodyLine::pair(BodyText::mono(tr.t(word), TextRole::Muted), BodyText::mono(figure, role))
    };
    let phases = task.phases().into_iter().map(|(phase, seconds)| {
        let word = match phase {
            Phase::Train => "timed-train",
            Phase::Deploy => "timed-deploy",
            Phase::Run => "timed-run",
        };
        line(word, time(seconds), TextRole::Normal)
    });
    let mut lines: Vec<BodyLine> = phases.collect();
    let held = task.memory_bytes.saturating_add(task.weights_bytes);
    if held > 0 {
        lines.push(line("timed-memory", figures::bytes(held as f64), TextRole::Muted));
    }
    lines
}

/// Seconds in few characters: `0.35 s`, `12 s`, `1.5 h`.
fn time(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s < 120.0 => (s, "s"),
        s if s < 7_200.0 => (s / 60.0, "min"),
        s => (s / 3_600.0, "h"),
    };
    let digits = if value >= 100.0 || value == value.round() {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use weft_model::{Lang, Value};

    use super::*;

    #[test]
    fn it_says_the_phases_that_it_has() {
        let mut node = Node::new(weft_model::timed::TIMED_TASK, "t", [0.0; 2]);
        let said = |node: &Node| -> Vec<String> {
            let text = |line: &BodyLine| {
                line.left.iter().chain(&line.right).map(|text| text.text.as_str()).collect::<Vec<_>>().join(" ")
            };
            body(node, &Tr::new(Lang::En)).iter().map(text).collect()
        };
        assert_eq!(said(&node), ["run 1 s"]);
        node.params.insert("train_s".into(), Value::Float(90.5));
        node.params.insert("run_s".into(), Value::Float(5_400.0));
        node.params.insert("memory_mb".into(), Value::Float(2.0));
        assert_eq!(said(&node), ["train 90.5 s", "run 90 min", "memory 2.0 MB"]);
        assert_eq!([0.123, 36_000.0, 0.0].map(time), ["0.12 s", "10 h", "0 s"]);
    }
}
