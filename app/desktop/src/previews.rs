//! What is known of what nodes give: which nodes are to be looked at, what was asked of the engine, and what it answered.
//!
//! A few requests are under way at a time and a few nodes are compared in a frame, so that a project of any size costs a
//! frame little. Must not know how any of it is shown, and reads no data.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::time::{Duration, Instant};

use weft_model::shape::Schemas;
use weft_model::{Graph, NodeId, PortType};
use weft_protocol::Command;
use weft_protocol::event::Fault;
use weft_protocol::preview::{ChainNode, Preview, PreviewRequest, chain, has_preview};

/// Requests that are under way at once.
const UNDER_WAY: usize = 16;
/// Nodes that are compared with what was asked, in a frame.
const A_FRAME: usize = 64;
/// A look that takes longer than this is shown to be under way.
const SLOW: Duration = Duration::from_millis(100);

/// What is known of what a node gives.
#[derive(Debug, Clone, Default)]
pub struct NodePreview {
    /// Number of the newest request; 0 while none was made.
    request: u64,
    answered: u64,
    /// What was asked about, and with which seed of the project.
    asked: Option<(Vec<ChainNode>, u64)>,
    /// Since when the answer is awaited.
    since: Option<Instant>,
    is_slow: bool,
    /// To be asked anew, whatever is kept of earlier looks.
    fresh: bool,
    /// Revision of the previews at which it changed last.
    changed: u64,
    /// What was seen last, or why nothing can be seen; none while the first answer is awaited.
    pub result: Option<Result<Preview, Fault>>,
}

impl NodePreview {
    /// Number of the request that was answered last: another answer, another number.
    pub fn answered(&self) -> u64 {
        self.answered
    }

    /// Whether an answer is awaited: what is known may be of earlier parameters.
    pub fn is_under_way(&self) -> bool {
        self.since.is_some()
    }

    /// Whether an answer is awaited for so long that it is to be seen.
    pub fn is_slow(&self) -> bool {
        self.is_slow
    }

    /// What was seen, if there is anything to see.
    pub fn seen(&self) -> Option<&Preview> {
        self.result.as_ref()?.as_ref().ok()
    }

    /// Why nothing can be seen.
    pub fn fault(&self) -> Option<&Fault> {
        self.result.as_ref()?.as_ref().err()
    }
}

/// All of a project.
#[derive(Debug, Default)]
pub struct Previews {
    nodes: BTreeMap<NodeId, NodePreview>,
    /// Nodes that are still to be compared with what was asked.
    to_compare: VecDeque<NodeId>,
    /// Revision of the graph that is compared.
    compared: Option<u64>,
    requests: u64,
    revision: u64,
    schemas_revision: u64,
    /// Revision at which something went that can no longer say that it changed.
    dropped: u64,
    off: bool,
    off_at: BTreeSet<NodeId>,
    /// Nodes whose request could not be given up yet.
    to_cancel: Vec<NodeId>,
}

/// Whether a node is looked at even where previews are switched off: shapes are found from what it says.
fn gives_shapes(graph: &Graph, id: NodeId) -> bool {
    let Some(kind) = graph.node(id).and_then(|n| n.decl()) else { return false };
    kind.inputs.is_empty() && kind.outputs.iter().any(|p| p.ty == PortType::Dataset)
}

impl Previews {
    /// What is known of a node.
    pub fn get(&self, node: NodeId) -> Option<&NodePreview> {
        self.nodes.get(&node)
    }

    /// What is to be shown of a node; none where previews are switched off.
    pub fn shown(&self, node: NodeId) -> Option<&NodePreview> {
        self.is_on(node).then(|| self.nodes.get(&node)).flatten()
    }

    /// Whether previews are switched on at a node.
    pub fn is_on(&self, node: NodeId) -> bool {
        !self.off && !self.off_at.contains(&node)
    }

    /// Whether previews of this very node are switched on, whatever is said of all of them.
    pub fn is_on_at(&self, node: NodeId) -> bool {
        !self.off_at.contains(&node)
    }

    /// Grows with everything that is to be seen.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Grows when shapes or classes of data are known or have changed.
    pub fn schemas_revision(&self) -> u64 {
        self.schemas_revision
    }

    /// Nodes that have changed since a revision of the previews; none if some have gone since, so that anything may
    /// have changed.
    pub fn changed_since(&self, revision: u64) -> Option<impl Iterator<Item = NodeId>> {
        let changed = move |(id, p): (&NodeId, &NodePreview)| (p.changed > revision).then_some(*id);
        (self.dropped <= revision).then(|| self.nodes.iter().filter_map(changed))
    }

    /// Shapes and classes of the data, as far as they are known.
    pub fn schemas(&self) -> Schemas {
        self.nodes.iter().filter_map(|(id, p)| Some((*id, p.seen()?.schema.clone()))).collect()
    }

    /// Switches previews: of all nodes, and of those that are named.
    pub fn switch(&mut self, off: bool, off_at: &BTreeSet<NodeId>) {
        if self.off != off || self.off_at != *off_at {
            self.off = off;
            self.off_at.clone_from(off_at);
            self.compared = None;
            self.revision += 1;
            for node in self.nodes.values_mut() {
                node.changed = self.revision;
            }
        }
    }

    /// Everything is to be asked about anew: the same paths may lead elsewhere.
    pub fn forget_paths(&mut self) {
        for node in self.nodes.values_mut() {
            node.asked = None;
        }
        self.compared = None;
    }

    /// Asks about a node anew, whatever is kept of earlier looks.
    pub fn refresh(&mut self, node: NodeId) {
        if let Some(preview) = self.nodes.get_mut(&node) {
            preview.asked = None;
            preview.fresh = true;
            self.to_compare.push_front(node);
        }
    }

    /// Asks anew about nodes of which nothing could be seen: files may have come.
    pub fn retry_faults(&mut self) {
        for (id, preview) in &mut self.nodes {
            if preview.fault().is_some() {
                preview.asked = None;
                self.to_compare.push_back(*id);
            }
        }
    }

    /// What is to be asked of the engine, because nodes are new, have changed, or are gone. `graph` is the graph as it runs,
    /// at the revision `at`. To be called once a frame; there is more to come while [`Previews::has_more`].
    pub fn requests(&mut self, graph: &Graph, at: u64, seed: u64, base_dir: &Path, now: Instant) -> Vec<Command> {
        let mut commands: Vec<Command> = self.to_cancel.drain(..).map(|node| Command::CancelPreview { node }).collect();
        if self.compared != Some(at) {
            self.compared = Some(at);
            let with_preview = |(id, node): &(NodeId, &weft_model::Node)| {
                node.decl().is_some_and(has_preview) && (self.is_on(*id) || gives_shapes(graph, *id))
            };
            self.to_compare = graph.nodes().filter(with_preview).map(|(id, _)| id).collect();
            let there: BTreeSet<NodeId> = self.to_compare.iter().copied().collect();
            let gone: Vec<NodeId> = self.nodes.keys().filter(|id| !there.contains(id)).copied().collect();
            for node in gone {
                commands.extend(self.drop_node(node));
            }
        }
        let mut under_way = self.nodes.values().filter(|p| p.is_under_way()).count();
        for _ in 0..A_FRAME {
            if under_way >= UNDER_WAY {
                break;
            }
            let Some(node) = self.to_compare.pop_front() else { break };
            let Some(chain) = chain(graph, node) else {
                commands.extend(self.drop_node(node));
                continue;
            };
            let preview = self.nodes.entry(node).or_default();
            if preview.asked.as_ref().is_some_and(|(asked, with)| *asked == chain && *with == seed) {
                continue;
            }
            under_way += usize::from(!preview.is_under_way());
            self.requests += 1;
            preview.request = self.requests;
            preview.asked = Some((chain.clone(), seed));
            preview.since = Some(now);
            commands.push(Command::Preview(Box::new(PreviewRequest {
                node,
                request: preview.request,
                chain,
                seed,
                base_dir: base_dir.to_owned(),
                fresh: std::mem::take(&mut preview.fresh),
            })));
        }
        commands
    }

    /// Whether nodes are left to be compared, and could be now.
    pub fn has_more(&self) -> bool {
        !self.to_compare.is_empty() && self.nodes.values().filter(|p| p.is_under_way()).count() < UNDER_WAY
    }

    /// A node has nothing to look at any more.
    fn drop_node(&mut self, node: NodeId) -> Option<Command> {
        let preview = self.nodes.remove(&node)?;
        self.revision += 1;
        self.dropped = self.revision;
        if preview.seen().is_some() {
            self.schemas_revision += 1;
        }
        preview.is_under_way().then_some(Command::CancelPreview { node })
    }

    /// A command could not be sent: it is made again later.
    pub fn not_sent(&mut self, command: &Command) {
        match command {
            Command::Preview(request) => {
                if let Some(preview) = self.nodes.get_mut(&request.node) {
                    preview.asked = None;
                    preview.since = None;
                    preview.fresh = request.fresh;
                }
                self.to_compare.push_back(request.node);
            }
            Command::CancelPreview { node } => self.to_cancel.push(*node),
            _ => {}
        }
    }

    /// Takes in the answer to a request; false if it is not the newest one.
    pub fn arrived(&mut self, node: NodeId, request: u64, result: Result<Preview, Fault>) -> bool {
        let Some(preview) = self.nodes.get_mut(&node).filter(|p| p.request == request) else { return false };
        let schema = |result: Option<&Result<Preview, Fault>>| Some(result?.as_ref().ok()?.schema.clone());
        if schema(preview.result.as_ref()) != schema(Some(&result)) {
            self.schemas_revision += 1;
        }
        self.revision += 1;
        preview.changed = self.revision;
        preview.result = Some(result);
        preview.answered = request;
        preview.since = None;
        preview.is_slow = false;
        true
    }

    /// Marks looks that take long. When to come again, if any look may become one.
    pub fn mark_slow(&mut self, now: Instant) -> Option<Duration> {
        let mut next: Option<Duration> = None;
        for preview in self.nodes.values_mut().filter(|p| !p.is_slow) {
            let Some(since) = preview.since else { continue };
            let took = now.saturating_duration_since(since);
            if took >= SLOW {
                self.revision += 1;
                preview.is_slow = true;
                preview.changed = self.revision;
            } else {
                next = Some(next.map_or(SLOW - took, |n| n.min(SLOW - took)));
            }
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_model::{Edit, Localised, Value};

    struct Bench {
        graph: Graph,
        previews: Previews,
        at: u64,
        seed: u64,
        now: Instant,
    }

    impl Bench {
        fn new() -> Self {
            let graph = weft_project::template("mnist").unwrap().project().graph;
            Self { graph, previews: Previews::default(), at: 0, seed: 1, now: Instant::now() }
        }

        fn ask(&mut self) -> Vec<Command> {
            let flat = weft_model::flatten(&self.graph);
            self.previews.requests(flat.graph(), self.at, self.seed, Path::new("."), self.now)
        }

        fn edit(&mut self, edit: Edit) {
            self.graph.apply(edit).unwrap();
            self.at += 1;
        }

        fn node(&self, name: &str) -> NodeId {
            self.graph.node_named(name).unwrap()
        }

        fn fail(&mut self, name: &str, request: u64) -> bool {
            let fault = Fault::new("x", Localised::default(), Localised::default());
            self.previews.arrived(self.node(name), request, Err(fault))
        }
    }

    fn asked(commands: &[Command], bench: &Bench) -> Vec<(String, u64)> {
        let name = |node: &NodeId| bench.graph.node(*node).map_or("gone".to_owned(), |n| n.name.clone());
        commands
            .iter()
            .map(|c| match c {
                Command::Preview(request) => (name(&request.node), request.request),
                Command::CancelPreview { node } => (format!("not {}", name(node)), 0),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn nodes_that_give_samples_are_asked_about_once_and_late_answers_are_ignored() {
        let mut bench = Bench::new();
        let commands = bench.ask();
        let mut names: Vec<String> = asked(&commands, &bench).into_iter().map(|(name, _)| name).collect();
        names.sort();
        assert_eq!(names, ["data", "normalise", "split"]);
        assert!(bench.ask().is_empty());
        // What does not concern the data asks about nothing.
        let train = bench.node("train");
        bench.edit(Edit::SetParam { id: train, param: "epochs".into(), value: Some(Value::Int(3)) });
        assert!(bench.ask().is_empty());
        // What is changed at the split concerns it and what it feeds.
        let split = bench.node("split");
        bench.edit(Edit::SetParam { id: split, param: "validation".into(), value: Some(Value::Float(0.3)) });
        let commands = bench.ask();
        let again = asked(&commands, &bench);
        assert_eq!(again.len(), 2);
        assert!(again.iter().all(|(name, _)| name != "data"), "{again:?}");
        for (name, request) in again {
            assert!(!bench.fail(&name, request - 2), "an old answer");
            assert!(bench.fail(&name, request));
        }
    }

    #[test]
    fn what_is_gone_or_switched_off_is_given_up() {
        let mut bench = Bench::new();
        bench.ask();
        let wire = bench.graph.wire_into(&weft_model::Endpoint::new(bench.node("split"), "samples")).unwrap();
        bench.edit(Edit::RemoveWire { id: wire });
        let commands = bench.ask();
        let mut given_up = asked(&commands, &bench);
        given_up.sort();
        assert_eq!(given_up, [("not normalise".to_owned(), 0), ("not split".to_owned(), 0)]);
        // Shapes are found from the data: they are looked at even where nothing is shown.
        bench.previews.switch(true, &BTreeSet::new());
        assert!(bench.ask().is_empty());
        assert!(bench.previews.shown(bench.node("data")).is_none() && bench.previews.get(bench.node("data")).is_some());
        bench.previews.switch(false, &BTreeSet::from([bench.node("data")]));
        assert!(bench.previews.shown(bench.node("data")).is_none());
        bench.previews.switch(false, &BTreeSet::new());
        assert!(bench.previews.shown(bench.node("data")).is_some());
        let data = bench.node("data");
        let delete = bench.graph.delete(&[data], &[]);
        bench.edit(delete);
        let commands = bench.ask();
        assert!(matches!(commands.as_slice(), [Command::CancelPreview { node }] if *node == data), "{commands:?}");
        // A word that found no room is said again.
        bench.previews.not_sent(&commands[0]);
        assert_eq!(bench.ask(), commands);
    }

    #[test]
    fn a_look_that_takes_long_is_seen_and_a_few_are_under_way_at_a_time() {
        let mut bench = Bench::new();
        for n in 0..100 {
            let mut node = weft_model::Node::new("image_dataset", format!("d{n}"), [0.0, 0.0]);
            node.params.insert("path".into(), Value::from("data"));
            bench.edit(Edit::AddNode { id: NodeId::random(), node });
        }
        let commands = bench.ask();
        assert_eq!(commands.len(), UNDER_WAY);
        assert!(!bench.previews.has_more());
        let revision = bench.previews.revision();
        assert!(bench.previews.mark_slow(bench.now).is_some_and(|after| after <= SLOW));
        assert_eq!(bench.previews.revision(), revision);
        assert_eq!(bench.previews.mark_slow(bench.now + SLOW), None);
        assert_eq!(bench.previews.changed_since(revision).unwrap().count(), UNDER_WAY);
        let (name, request) = asked(&commands, &bench)[0].clone();
        assert!(bench.fail(&name, request));
        assert!(!bench.previews.get(bench.node(&name)).unwrap().is_slow());
        assert!(bench.previews.has_more());
        assert_eq!(bench.ask().len(), 1);
        // What could not be seen is tried again when files may have come, and when it is asked for.
        bench.previews.refresh(bench.node(&name));
        assert!(bench.fail(&asked(&commands, &bench)[1].0, asked(&commands, &bench)[1].1));
        let again = bench.ask();
        assert!(matches!(&again[0], Command::Preview(r) if r.fresh && r.node == bench.node(&name)), "{again:?}");
    }
}
