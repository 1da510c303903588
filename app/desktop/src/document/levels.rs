//! The levels of a project: which graph is shown of those that stand within one another, and how nodes of a level and
//! nodes of a run find each other. Must not know how any of it is shown.

use weft_model::flat::NodePath;
use weft_model::{Document, Edit, EditError, Endpoint, Flat, NodeId, PortType, WireId, flatten, subgraph};

use super::OpenProject;
use crate::blocks::Block;

/// A step of the history that was taken back or made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Name of the command, as a key of the translations.
    pub label: String,
    /// The nodes of the present level that it was about, those that are there.
    pub nodes: Vec<NodeId>,
}

/// Where a change is made: the graph, and the nodes and wires there.
#[derive(Default)]
pub(super) struct Place {
    /// Every graph that it is made in.
    levels: Vec<NodePath>,
    nodes: Vec<(NodePath, NodeId)>,
    wires: Vec<(NodePath, WireId)>,
}

impl Place {
    fn visit(&mut self, path: &mut NodePath, edit: &Edit) {
        match edit {
            Edit::Batch { edits } => edits.iter().for_each(|edit| self.visit(path, edit)),
            Edit::Inside { id, edit } => {
                path.push(*id);
                self.visit(path, edit);
                path.pop();
            }
            other => {
                if !self.levels.contains(path) {
                    self.levels.push(path.clone());
                }
                match other {
                    Edit::AddNode { id, .. }
                    | Edit::RemoveNode { id }
                    | Edit::SetParam { id, .. }
                    | Edit::Rename { id, .. }
                    | Edit::Move { id, .. }
                    | Edit::SetMode { id, .. }
                    | Edit::SetCollapsed { id, .. }
                    | Edit::SetPlanning { id, .. } => self.nodes.push((path.clone(), *id)),
                    Edit::AddWire { id, .. } | Edit::RemoveWire { id } | Edit::SetVia { id, .. } => {
                        self.wires.push((path.clone(), *id));
                    }
                    Edit::Inside { .. } | Edit::Batch { .. } => {}
                }
            }
        }
    }

    /// The graph that shows the change: the present one if it is changed, else the one that all others stand around, or else
    /// the innermost that holds all of it.
    fn level(&self, present: &[NodeId]) -> Option<NodePath> {
        let (first, others) = self.levels.split_first()?;
        if self.levels.iter().any(|level| level == present) {
            return Some(present.to_vec());
        }
        let deepest = self.levels.iter().max_by_key(|level| level.len())?;
        if self.levels.iter().all(|level| deepest.starts_with(level)) {
            return Some(deepest.clone());
        }
        let common = |a: usize, b: &NodePath| first[..a].iter().zip(b).take_while(|(x, y)| x == y).count();
        Some(first[..others.iter().fold(first.len(), common)].to_vec())
    }
}

impl OpenProject {
    /// The nodes that own the graph which is shown, from the outermost on; empty for the outermost graph.
    pub fn level(&self) -> &[NodeId] {
        &self.level
    }

    /// Shows another graph from now on; whether there is such a graph.
    pub fn go_to_level(&mut self, level: &[NodeId]) -> bool {
        let there = self.root().at(level).is_some();
        if there {
            self.level = level.to_vec();
        }
        there
    }

    /// Changes the document. What runs is asked anew if that may have changed, and where the graph that was shown is gone,
    /// the one around it is.
    pub(super) fn changing<T>(&mut self, change: impl FnOnce(&mut Document) -> T) -> T {
        let before = self.document.run_revision();
        let result = change(&mut self.document);
        if self.document.run_revision() != before {
            self.flat = std::cell::OnceCell::new();
        }
        while self.document.graph().at(&self.level).is_none() {
            self.level.pop();
        }
        result
    }

    /// The path of a node of the graph that is shown, itself included.
    pub fn path_of(&self, node: NodeId) -> NodePath {
        self.level.iter().copied().chain([node]).collect()
    }

    /// What runs of it. Where its nodes stand, and whether they are collapsed, may be as it was before.
    pub fn flat(&self) -> &Flat<'static> {
        self.flat.get_or_init(|| flatten(self.root()).into_owned())
    }

    /// The identifier under which a node of the graph that is shown runs; its own where it does not.
    pub fn run_id(&self, node: NodeId) -> NodeId {
        self.flat().node_at(&self.path_of(node)).unwrap_or(node)
    }

    /// The identifiers under which a node of the graph that is shown runs, or all that runs within it.
    pub fn runs_under(&self, node: NodeId) -> Vec<NodeId> {
        self.flat().nodes_under(&self.path_of(node))
    }

    /// The node of the graph that is shown that a node of a run is, or that it stands within.
    pub fn shown_as(&self, run_id: NodeId) -> Option<NodeId> {
        let path = self.flat().path(run_id);
        path.starts_with(&self.level).then(|| path.get(self.level.len()).copied()).flatten()
    }

    /// Where a node of a run stands, or a node of this identifier at any level.
    pub fn find(&self, run_id: NodeId) -> Option<NodePath> {
        let path = self.flat().path(run_id);
        if !path.is_empty() {
            return Some(path);
        }
        self.root().levels().find_map(|(mut path, level)| {
            level.node(run_id)?;
            path.push(run_id);
            Some(path)
        })
    }

    /// The input of a node that runs which an input of the graph that is shown leads to.
    pub fn running_input(&self, input: &Endpoint) -> Option<Endpoint> {
        let (mut level, mut input) = (self.level.clone(), input.clone());
        // Inwards and outwards at most as often as graphs can stand within one another, and then some.
        for _ in 0..64 {
            let graph = self.root().at(&level)?;
            let node = graph.node(input.node)?;
            if let Some(inner) = &node.inner {
                let boundary = input.port.parse().ok()?;
                let (_, wire) = inner.wires_at(boundary).find(|(_, w)| w.from.node == boundary)?;
                level.push(input.node);
                input = wire.to.clone();
            } else if node.is_boundary() {
                let (port, owner) = (input.node.to_string(), level.pop()?);
                let outer = self.root().at(&level)?;
                input = outer.wires_at(owner).find(|(_, w)| w.from.node == owner && w.from.port == port)?.1.to.clone();
            } else {
                let path: NodePath = level.into_iter().chain([input.node]).collect();
                return Some(Endpoint::new(self.flat().node_at(&path)?, input.port));
            }
        }
        None
    }

    /// What a port of the graph that is shown is called, and what flows through it.
    pub(super) fn port_at(&self, end: &Endpoint, is_output: bool) -> Option<(weft_model::Localised, PortType)> {
        let node = self.graph().node(end.node)?;
        let port = if is_output { node.output(&end.port) } else { node.input(&end.port) }?;
        Some((port.label.localised(), port.ty))
    }

    /// Adds a copy of a block, wired to `wire` where that is given, as one step. Returns its node.
    ///
    /// # Errors
    /// Why it cannot be added.
    pub fn add_block(
        &mut self,
        block: &Block,
        pos: [f64; 2],
        wire: Option<(Endpoint, bool)>,
    ) -> Result<NodeId, EditError> {
        let pasted = block.fragment.paste_at(self.root(), &self.level, pos, false);
        let Some((edit, id)) = pasted.and_then(|(edit, nodes)| Some((edit, *nodes.first()?))) else {
            return Err(EditError::NoSubgraph(self.level.last().copied().unwrap_or(NodeId(0))));
        };
        self.changing(|document| document.begin("edit-add-node"));
        let mut result = self.apply_to_root("edit-add-node", edit);
        if let (Ok(()), Some((end, is_output))) = (&result, wire) {
            result = self.join(id, &end, is_output);
        }
        self.end(result).map(|()| id)
    }

    /// Makes a change of the graph that is shown which takes nodes away, as one step. With nodes that stand for ports, the
    /// wires at these ports go too.
    ///
    /// # Errors
    /// Why it cannot be made.
    pub fn take_away(&mut self, label: &str, gone: &[NodeId], edit: Edit) -> Result<(), EditError> {
        match subgraph::with_ports(self.root(), &self.level, gone, edit.clone()) {
            Some(edit) => self.apply_to_root(label, edit),
            None => self.apply(label, edit),
        }
    }

    /// Where a step of the history is made.
    pub(super) fn place_of(&self, edit: &Edit) -> Place {
        let mut place = Place::default();
        place.visit(&mut Vec::new(), edit);
        place
    }

    /// Goes to where a step was made.
    pub(super) fn arrive(&mut self, label: String, place: Option<Place>) -> Option<Step> {
        let place = place.unwrap_or_default();
        if let Some(level) = place.level(&self.level) {
            // Where the graph is gone with the step, the one around it shows that.
            (0..=level.len()).rev().any(|n| self.go_to_level(&level[..n]));
        }
        let graph = self.graph();
        let wires = place.wires.iter().filter(|(at, _)| *at == self.level).filter_map(|(_, id)| graph.wire(*id));
        let ends = wires.flat_map(|wire| [wire.from.node, wire.to.node]);
        let nodes = place.nodes.iter().filter(|(at, id)| *at == self.level && graph.node(*id).is_some());
        let nodes = nodes.map(|(_, id)| *id).chain(ends).collect();
        Some(Step { label, nodes })
    }
}
