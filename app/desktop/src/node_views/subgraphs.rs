//! What the picture of a subgraph says of the nodes within it: how many there are, how far they have come, what is wrong.

use egui_node_graph::{BodyLine, BodyText, NodeState, NodeView, TextRole};
use weft_model::{NodeId, Severity};

use super::{NodeRunState, Sources};

/// How the nodes within a subgraph stand in a run.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Within {
    /// Nodes that are part of the run.
    pub nodes: usize,
    /// Those that have ended.
    pub over: usize,
    running: usize,
    failed: usize,
    stopped: usize,
    skipped: usize,
    cached: usize,
    /// How far all of them have come together, in nodes.
    progress: f32,
}

impl Within {
    /// Counts states.
    pub fn of<'a>(states: impl Iterator<Item = &'a NodeRunState>) -> Self {
        let mut within = Self::default();
        for state in states {
            within.nodes += 1;
            if state.is_over() {
                within.over += 1;
                within.progress += 1.0;
            }
            match state {
                NodeRunState::Running { progress, .. } => {
                    within.running += 1;
                    within.progress += progress.unwrap_or(0.0).clamp(0.0, 1.0);
                }
                NodeRunState::Failed(_) => within.failed += 1,
                NodeRunState::Stopped => within.stopped += 1,
                NodeRunState::Skipped => within.skipped += 1,
                NodeRunState::Cached => within.cached += 1,
                NodeRunState::Waiting | NodeRunState::Done => {}
            }
        }
        within
    }

    /// How the whole stands, and the key of the word for it; none where nothing of it is part of a run.
    pub fn state(&self, is_running: bool) -> Option<(NodeState, &'static str)> {
        Some(match self {
            Self { nodes: 0, .. } => return None,
            Self { failed: 1.., .. } => (NodeState::Failed, "state-failed"),
            _ if self.over == self.nodes => match self {
                Self { stopped: 1.., .. } => (NodeState::Stopped, "state-stopped"),
                Self { skipped: 1.., .. } => (NodeState::Skipped, "state-skipped"),
                _ if self.cached == self.nodes => (NodeState::Cached, "state-cached"),
                _ => (NodeState::Done, "state-done"),
            },
            _ if !is_running => return None,
            Self { running: 0, over: 0, .. } => (NodeState::Waiting, "state-waiting"),
            _ => {
                let progress = (self.progress / self.nodes as f32).clamp(0.0, 1.0);
                (NodeState::Running { progress: Some(progress) }, "state-running")
            }
        })
    }
}

/// Adds to the picture of a subgraph what is to be said of the nodes within. Returns the word for how it stands, which is
/// `word` where the nodes within say nothing else.
pub(super) fn complete(view: &mut NodeView, word: &str, id: NodeId, from: &Sources<'_>) -> String {
    let (project, tr) = (from.project, from.tr);
    let inside = project.runs_under(id);
    let within = Within::of(inside.iter().filter_map(|id| from.runs.node_state(*id)));
    let problems = project.problems_at(id).count();
    let is_wrong = project.problems_at(id).any(|p| p.severity == Severity::Error) && !from.runs.is_running();
    let state = within.state(from.runs.is_running()).filter(|_| !is_wrong);
    let mut word = word.to_owned();
    if let Some((state, key)) = state {
        view.state = state;
        word = tr.t(key).to_owned();
    }
    let is_under_way = matches!(view.state, NodeState::Running { .. });
    view.body = vec![if state.is_some() && (is_under_way || within.over > 0) {
        if is_under_way {
            word = tr.fmt("subgraph-running", &[("over", within.over.into()), ("nodes", within.nodes.into())]);
        }
        BodyLine::pair(
            BodyText::mono(tr.t("subgraph-done"), TextRole::Muted),
            BodyText::mono(format!("{} / {}", within.over, within.nodes), TextRole::Normal),
        )
    } else {
        BodyLine::new(BodyText::mono(tr.fmt("subgraph-nodes", &[("n", inside.len().into())]), TextRole::Muted))
    }];
    if problems > 0 {
        let role = if is_wrong { TextRole::Error } else { TextRole::Muted };
        let text = tr.fmt("subgraph-problems", &[("n", problems.into())]);
        view.body.push(BodyLine::new(BodyText::plain(text, role)));
    }
    // What went wrong within is said by the node that it went wrong at.
    let failed = inside.iter().find_map(|id| match from.runs.node_state(*id) {
        Some(NodeRunState::Failed(fault)) => Some(tr.said(&fault.message).into_owned()),
        _ => None,
    });
    let hint = tr.t("subgraph-hint");
    view.tooltip = Some(match failed.or(view.tooltip.take()) {
        Some(text) => format!("{text}\n{hint}"),
        None => hint.to_owned(),
    });
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(progress: Option<f32>) -> NodeRunState {
        NodeRunState::Running { progress, epoch: None, epochs: None, step: 0, steps: 0, elapsed_s: 0.0, eta_s: None }
    }

    #[test]
    fn the_whole_stands_as_what_matters_most_within() {
        use NodeRunState::{Cached, Done, Skipped, Stopped, Waiting};
        let check = |states: &[NodeRunState], word: Option<&str>| {
            let found = Within::of(states.iter()).state(true);
            assert_eq!(found.map(|(_, word)| word), word, "{states:?}");
        };
        check(&[], None);
        check(&[Waiting, Waiting], Some("state-waiting"));
        check(&[Done, Waiting], Some("state-running"));
        check(&[Done, Cached], Some("state-done"));
        check(&[Cached, Cached], Some("state-cached"));
        check(&[Done, Stopped], Some("state-stopped"));
        check(&[Done, Skipped], Some("state-skipped"));
        check(&[running(None), Waiting], Some("state-running"));
        let half = Within::of([Done, running(Some(0.5)), Waiting, running(Some(f32::NAN))].iter());
        assert_eq!((half.over, half.nodes), (1, 4));
        assert!(matches!(half.state(true), Some((NodeState::Running { progress: Some(p) }, _)) if !p.is_infinite()));
        assert_eq!(Within::of([Done, Waiting].iter()).state(false), None, "nothing goes on any more");
    }
}
