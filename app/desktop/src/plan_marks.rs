//! What the canvas says of a plan: when each node is expected to be done, and what lies on the critical path. Must not know
//! the canvas.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use weft_model::NodeId;
use weft_protocol::PlanView;

/// When a node is expected to be done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// When its last task ends, from the beginning of the run [s].
    pub finish_s: f64,
    /// Whether the whole plan ends later if it does.
    pub critical: bool,
    /// Whether all of its results stand in the store.
    pub cached: bool,
}

/// What is said of a plan, by node of the run.
#[derive(Debug, Clone, Default)]
pub struct PlanMarks {
    plan: Option<Arc<PlanView>>,
    with_critical: bool,
    nodes: HashMap<NodeId, Mark>,
    steps: HashSet<(NodeId, NodeId)>,
}

impl PlanMarks {
    /// Of a plan; `critical` says whether its critical path is to be seen.
    pub fn new(plan: Option<Arc<PlanView>>, critical: bool) -> Self {
        let (mut nodes, mut steps) = (HashMap::new(), HashSet::new());
        if let Some(plan) = &plan {
            let of: HashMap<usize, NodeId> =
                plan.tasks.iter().filter_map(|task| Some((task.id, task.node_id?))).collect();
            for task in &plan.tasks {
                let Some(node) = task.node_id else { continue };
                let mark = nodes.entry(node).or_insert(Mark { finish_s: 0.0, critical: false, cached: true });
                mark.finish_s = task.finish_s.max(mark.finish_s);
                mark.critical |= task.critical && critical;
                mark.cached &= task.cached;
                if let Some(before) = task.after.and_then(|id| of.get(&id))
                    && task.critical
                    && critical
                    && *before != node
                {
                    steps.insert((*before, node));
                }
            }
        }
        Self { plan, with_critical: critical, nodes, steps }
    }

    /// Whether it is of this plan.
    pub fn is_of(&self, plan: Option<&Arc<PlanView>>, critical: bool) -> bool {
        let same = match (&self.plan, plan) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        same && self.with_critical == critical
    }

    /// Whether nothing is said of any node.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// What is said of a node of the run.
    pub fn of(&self, node: NodeId) -> Option<Mark> {
        self.nodes.get(&node).copied()
    }

    /// Whether the critical path goes from one node straight to another.
    pub fn is_step(&self, from: NodeId, to: NodeId) -> bool {
        self.steps.contains(&(from, to))
    }
}

#[cfg(test)]
mod tests {
    use weft_protocol::PlannedTask;

    use super::*;

    #[test]
    fn a_node_is_done_with_its_last_task_and_the_path_goes_over_what_each_waits_for() {
        let task = |id: usize, node: u64, finish_s: f64, critical, after| PlannedTask {
            id,
            node_id: Some(NodeId(node)),
            finish_s,
            critical,
            after,
            ..PlannedTask::default()
        };
        let tasks = vec![
            task(0, 1, 10.0, true, None),
            task(1, 1, 15.0, true, Some(0)),
            task(2, 2, 40.0, true, Some(1)),
            task(3, 3, 20.0, false, Some(0)),
        ];
        let plan = Arc::new(PlanView { tasks, ..PlanView::default() });
        let marks = PlanMarks::new(Some(Arc::clone(&plan)), true);
        assert_eq!(marks.of(NodeId(1)), Some(Mark { finish_s: 15.0, critical: true, cached: false }));
        assert_eq!(marks.of(NodeId(9)), None);
        assert!(marks.is_step(NodeId(1), NodeId(2)) && !marks.is_step(NodeId(1), NodeId(3)));
        assert!(!marks.is_step(NodeId(1), NodeId(1)));
        assert!(marks.is_of(Some(&plan), true) && !marks.is_of(Some(&plan), false) && !marks.is_of(None, true));
        let hidden = PlanMarks::new(Some(plan), false);
        assert!(!hidden.is_step(NodeId(1), NodeId(2)) && !hidden.of(NodeId(2)).unwrap().critical);
    }
}
