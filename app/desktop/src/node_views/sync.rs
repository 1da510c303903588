//! Brings a scene in step with a project: what has come, gone or moved in the frame of the change, all other pictures a few
//! a frame, those that the user looks at first. So a change of a large project costs no frame more than a change of a
//! small one. Must not know how a picture is made.

use std::collections::{BTreeSet, HashSet};

use egui::Context;
use egui_node_graph::{CanvasState, NodeView, Scene};
use weft_model::frame::own_rect;
use weft_model::{Mode, Node, NodeId, WireId};

use super::{NodeRunState, NodeViews, Sources, left_out, node_id, node_key, outline, rank, wire_id, wire_view};

/// Work done in the frame of a change, and in each after it. A picture of a node takes a few microseconds, so that this
/// is a millisecond or two.
const AT_ONCE: usize = 900;
const LATER: usize = 450;
/// What pictures of a node and of a wire count.
const NODE: usize = 3;
const WIRE: usize = 1;

/// What is new besides the project's graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News {
    /// Grows when problems, previews or shapes have changed.
    pub aspects: u64,
    /// Something has come from a run.
    pub of_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Item {
    Node(NodeId),
    Wire(WireId),
}

/// What is to be drawn anew, the next one last.
#[derive(Debug, Default)]
pub(super) struct Queue(Vec<Item>);

impl NodeViews {
    /// Brings the scene up to date, or nearer to it. True: more is to be done in the next frame.
    pub fn sync(
        &mut self,
        ctx: &Context,
        scene: &mut Scene,
        state: &CanvasState,
        from: &Sources<'_>,
        news: News,
    ) -> bool {
        let stamp = (from.project.document().revision(), from.project.previews().revision(), news.aspects);
        if self.shown != Some(stamp) {
            let run_revision = from.project.document().run_revision();
            let others_are_as_they_were = self.shown.filter(|s| (s.0, s.2) == (stamp.0, stamp.2));
            let changed = others_are_as_they_were.and_then(|shown| from.project.previews().changed_since(shown.1));
            let looks = self.shown.is_some_and(|s| (s.1, s.2) == (stamp.1, stamp.2)) && self.drawn.1 == run_revision;
            match changed {
                // Only looks at data have come in.
                Some(changed) => {
                    let shown = changed.filter_map(|id| from.project.shown_as(id));
                    for view in shown.filter_map(|id| self.view(ctx, id, from)).collect::<Vec<_>>() {
                        scene.upsert_node(view);
                    }
                }
                None if looks => self.follow_looks(ctx, scene, from),
                None => self.rebuild(ctx, scene, state, from),
            }
            self.drawn = (from.project.graph().clone(), run_revision);
            self.shown = Some(stamp);
            self.refreshed = Some(from.now);
            return !self.queue.0.is_empty();
        }
        if !self.queue.0.is_empty() {
            self.work(LATER, ctx, scene, from);
        }
        self.follow_run(ctx, scene, from, news.of_run);
        !self.queue.0.is_empty()
    }

    /// During a run only what moves is drawn anew, ten times a second at most.
    fn follow_run(&mut self, ctx: &Context, scene: &mut Scene, from: &Sources<'_>, news: bool) {
        let due = self.refreshed.is_none_or(|at| from.now.saturating_duration_since(at).as_millis() >= 100);
        if !due || !(news || from.runs.is_running()) {
            return;
        }
        self.refreshed = Some(from.now);
        let Some(run) = from.runs.current() else { return };
        let (mut moving, mut ended) = (BTreeSet::new(), BTreeSet::new());
        for (run_id, node) in &run.nodes {
            let rank = rank(&node.state);
            let changed = self.states.insert(*run_id, rank) != Some(rank);
            if (changed || matches!(node.state, NodeRunState::Running { .. }))
                && let Some(id) = from.project.shown_as(*run_id)
            {
                moving.insert(id);
                if changed {
                    ended.insert(id);
                }
            }
        }
        for view in moving.into_iter().filter_map(|id| self.view(ctx, id, from)).collect::<Vec<_>>() {
            scene.upsert_node(view);
        }
        for id in ended {
            for (wire, _) in from.project.graph().wires_at(id) {
                if let Some(view) = wire_view(wire, from) {
                    scene.upsert_wire(view);
                }
            }
        }
    }

    /// Nodes stand elsewhere, wires take another way, something is collapsed: nothing else is drawn anew.
    fn follow_looks(&mut self, ctx: &Context, scene: &mut Scene, from: &Sources<'_>) {
        let graph = from.project.graph();
        let (nodes, wires) = graph.changed_since(&self.drawn.0);
        for id in nodes {
            let only_moved = graph.node(id).filter(|node| scene.node(node_key(id)).is_some_and(|v| alike(v, node)));
            match only_moved {
                Some(node) if own_rect(node).is_none() => drop(scene.move_node(node_key(id), node.pos)),
                _ => {
                    if let Some(view) = self.view(ctx, id, from) {
                        scene.upsert_node(view);
                    }
                }
            }
        }
        for view in wires.into_iter().filter_map(|id| wire_view(id, from)) {
            scene.upsert_wire(view);
        }
    }

    /// The graph is another one: what came, went or moved is seen at once, and everything is to be drawn anew.
    fn rebuild(&mut self, ctx: &Context, scene: &mut Scene, state: &CanvasState, from: &Sources<'_>) {
        let graph = from.project.graph();
        // In another language or theme nothing may stand beside what is still in the old one.
        let all = self.shown.is_none() && scene.node_count() > 0;
        let gone: Vec<_> = scene.nodes().map(|v| v.id).filter(|id| graph.node(node_id(*id)).is_none()).collect();
        for id in gone {
            scene.remove_node(id);
        }
        let gone: Vec<_> = scene.wires().map(|v| v.id).filter(|id| graph.wire(wire_id(*id)).is_none()).collect();
        for id in gone {
            scene.remove_wire(id);
        }
        self.textures.retain(|run_id, _| from.project.previews().get(*run_id).is_some());
        let states = from.runs.current().into_iter().flat_map(|run| &run.nodes);
        self.states = states.map(|(run_id, node)| (*run_id, rank(&node.state))).collect();
        let left_out_before = std::mem::replace(&mut self.left_out, left_out(from.project));

        let mut missing = Vec::new();
        let mut first: Vec<Item> = Vec::new();
        for (id, node) in graph.nodes() {
            match scene.node(node_key(id)) {
                None => missing.push(id),
                Some(view) if !alike(view, node) => first.push(Item::Node(id)),
                Some(_) => drop(scene.move_node(node_key(id), node.pos)),
            }
        }
        for (id, wire) in graph.wires() {
            let there = scene.wire(egui_node_graph::WireId(id.0));
            if there.is_some_and(|view| view.via != wire.via) {
                first.push(Item::Wire(id));
            }
        }
        first.extend(self.left_out.symmetric_difference(&left_out_before).copied().map(Item::Node));
        first.extend(state.selection().nodes.iter().map(|id| Item::Node(node_id(*id))));

        // All that is new stands there at once, though most of many in outline only.
        let mut budget: usize = if all { usize::MAX } else { AT_ONCE };
        let mut done = HashSet::new();
        for id in missing {
            let in_full = budget >= NODE;
            if in_full {
                budget -= NODE;
                done.insert(Item::Node(id));
            }
            let drawn = if in_full { self.view(ctx, id, from) } else { graph.node(id).map(|n| outlined(id, n, from)) };
            if let Some(view) = drawn {
                scene.upsert_node(view);
            }
        }
        for (id, _) in graph.wires() {
            if scene.wire(egui_node_graph::WireId(id.0)).is_none()
                && let Some(view) = wire_view(id, from)
            {
                done.insert(Item::Wire(id));
                scene.upsert_wire(view);
            }
        }
        if let Some(rect) = state.canvas_rect() {
            let seen = scene.nodes_in(state.to_graph(rect.min), state.to_graph(rect.max));
            first.extend(seen.into_iter().map(|id| Item::Node(node_id(id))));
        }
        let mut ordered: Vec<Item> = first.into_iter().filter(|item| done.insert(*item)).collect();
        let rest = graph.nodes().map(|(id, _)| Item::Node(id)).chain(graph.wires().map(|(id, _)| Item::Wire(id)));
        ordered.extend(rest.filter(|item| !done.contains(item)));
        ordered.reverse();
        self.queue = Queue(ordered);
        self.work(budget, ctx, scene, from);
    }

    /// Draws anew what comes next, as long as `budget` lasts.
    fn work(&mut self, mut budget: usize, ctx: &Context, scene: &mut Scene, from: &Sources<'_>) {
        while let Some(item) = self.queue.0.last().copied() {
            let cost = if matches!(item, Item::Node(_)) { NODE } else { WIRE };
            let Some(left) = budget.checked_sub(cost) else { return };
            budget = left;
            self.queue.0.pop();
            match item {
                Item::Node(id) => {
                    if let Some(view) = self.view(ctx, id, from) {
                        scene.upsert_node(view);
                    }
                }
                Item::Wire(id) => {
                    if let Some(view) = wire_view(id, from) {
                        scene.upsert_wire(view);
                    }
                }
            }
        }
    }
}

/// Whether a picture has the name, the way and the size of a node, which are seen from afar. The ports of a subgraph
/// change with what is within, so that it is never taken to be as it was.
fn alike(view: &NodeView, node: &Node) -> bool {
    if let Some(rect) = own_rect(node) {
        return view.form.size() == Some(rect.size.map(|v| v as f32));
    }
    !node.is_subgraph()
        && view.form.size().is_none()
        && view.title == node.name
        && view.collapsed == node.collapsed
        && (view.muted, view.bypassed) == (node.mode == Mode::Muted, node.mode == Mode::Bypassed)
}

/// A node as it is drawn until its turn comes.
fn outlined(id: NodeId, node: &Node, from: &Sources<'_>) -> NodeView {
    match own_rect(node) {
        Some(rect) => super::sheet(id, node, rect, from),
        None => NodeView { accessible_name: node.name.clone(), ..outline(id, node, from) },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use weft_model::{Edit, Lang, clipboard};

    use super::*;
    use crate::document::OpenProject;
    use crate::i18n::Tr;
    use crate::plan_marks::PlanMarks;
    use crate::run_state::RunState;
    use crate::theme::{Mode as Look, Theme};

    /// What stands for the window: a canvas that follows a project.
    struct Desk {
        ctx: Context,
        views: NodeViews,
        scene: Scene,
        runs: RunState,
        theme: Theme,
        tr: Tr,
    }

    impl Desk {
        fn new() -> Self {
            Self {
                ctx: Context::default(),
                views: NodeViews::default(),
                scene: Scene::new(),
                runs: RunState::new(),
                theme: Theme::load(Look::Dark),
                tr: Tr::new(Lang::En),
            }
        }

        fn sync(&mut self, project: &OpenProject) -> bool {
            let marks = PlanMarks::default();
            let from = Sources {
                project,
                runs: &self.runs,
                marks: &marks,
                theme: &self.theme,
                tr: &self.tr,
                now: Instant::now(),
            };
            let news = News { aspects: 0, of_run: false };
            self.views.sync(&self.ctx, &mut self.scene, &CanvasState::new(), &from, news)
        }

        /// Frames until nothing is left to do, and how many.
        fn finish(&mut self, project: &OpenProject) -> usize {
            (1..10_000).find(|_| !self.sync(project)).unwrap()
        }

        fn assert_shows(&mut self, project: &OpenProject) {
            let mut fresh = Self::new();
            fresh.finish(project);
            assert_eq!(self.scene.node_count(), project.graph().nodes().len());
            assert_eq!(self.scene.wire_count(), project.graph().wires().len());
            for view in fresh.scene.nodes() {
                assert_eq!(self.scene.node(view.id), Some(view));
            }
            for view in fresh.scene.wires() {
                assert_eq!(self.scene.wire(view.id), Some(view));
            }
        }
    }

    /// The MNIST workflow so many times, as one step.
    fn large(copies: usize) -> OpenProject {
        let unit = weft_project::template("mnist").unwrap().project().graph;
        let all: Vec<_> = unit.nodes().map(|(id, _)| id).collect();
        let fragment = clipboard::copy(&unit, &all);
        let mut graph = weft_model::Graph::default();
        let mut edits = Vec::new();
        for copy in 0..copies {
            let (edit, _) = fragment.paste(&graph, [0.0, copy as f64 * 400.0], false);
            graph.apply(edit.clone()).unwrap();
            edits.push(edit);
        }
        let mut project = OpenProject::new();
        project.apply("edit-paste", Edit::Batch { edits }).unwrap();
        project
    }

    #[test]
    fn many_nodes_stand_there_at_once_and_are_finished_in_the_frames_after() {
        let mut project = large(120);
        let mut desk = Desk::new();
        assert!(desk.sync(&project), "more than a frame takes");
        assert_eq!(desk.scene.node_count(), project.graph().nodes().len());
        assert_eq!(desk.scene.wire_count(), project.graph().wires().len());
        assert!(desk.finish(&project) > 1);
        desk.assert_shows(&project);
        project.undo();
        desk.sync(&project);
        assert_eq!((desk.scene.node_count(), desk.scene.wire_count()), (0, 0));
        project.redo();
        desk.finish(&project);
        desk.assert_shows(&project);
    }

    #[test]
    fn what_is_seen_from_afar_follows_in_the_same_frame() {
        let mut project = large(120);
        let mut desk = Desk::new();
        desk.finish(&project);
        // The last ones: their turn would come at the end.
        let ids: Vec<_> = project.graph().nodes().map(|(id, _)| id).collect();
        let [.., a, b, c, d] = ids[..] else { panic!("there are many") };
        let edits = vec![
            Edit::Rename { id: a, name: "Another".to_owned() },
            Edit::Move { id: b, pos: [-900.0, 7.0] },
            Edit::SetCollapsed { id: c, collapsed: true },
            Edit::SetMode { id: d, mode: Mode::Muted },
        ];
        project.apply("edit-move", Edit::Batch { edits }).unwrap();
        assert!(desk.sync(&project));
        let view = |id| desk.scene.node(node_key(id)).unwrap();
        assert_eq!((view(a).title.as_str(), view(b).pos), ("Another", [-900.0, 7.0]));
        assert!(view(c).collapsed && view(d).muted);
        desk.finish(&project);
        desk.assert_shows(&project);
    }

    #[test]
    fn another_language_is_spoken_by_all_at_once() {
        let project = large(120);
        let mut desk = Desk::new();
        desk.finish(&project);
        desk.tr = Tr::new(Lang::Zh);
        desk.views.invalidate();
        assert!(!desk.sync(&project));
        let english: Vec<_> = desk.scene.nodes().filter(|v| v.accessible_name.starts_with("Node")).collect();
        assert!(english.is_empty(), "{}", english.len());
    }
}
