//! Changes of the graph. Each returns its inverse: undo, redo, the recovery journal, copy and paste all use it. A change of
//! a graph that a node owns is a change of the outermost graph, [`Edit::Inside`], to any depth.

use serde::{Deserialize, Serialize};

use crate::graph::{Endpoint, Graph, MOST_DEPTH, MOST_VIA, Mode, Node, Wire, can_be_led_through};
use crate::id::{NodeId, WireId};
use crate::planning::Planning;
use crate::value::Value;

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "edit")]
pub enum Edit {
    /// Adds a node under a new identifier.
    AddNode {
        /// Its identifier.
        id: NodeId,
        /// The node.
        node: Node,
    },
    /// Takes away a node that has no wires.
    RemoveNode {
        /// Its identifier.
        id: NodeId,
    },
    /// Adds a wire to an input that has none.
    AddWire {
        /// Its identifier.
        id: WireId,
        /// The wire.
        wire: Wire,
    },
    /// Takes away a wire.
    RemoveWire {
        /// Its identifier.
        id: WireId,
    },
    /// Sets a parameter, or takes it back to its default.
    SetParam {
        /// The node.
        id: NodeId,
        /// The parameter.
        param: String,
        /// The value; none for the default.
        value: Option<Value>,
    },
    /// Gives a node another name.
    Rename {
        /// The node.
        id: NodeId,
        /// The new name.
        name: String,
    },
    /// Moves a node.
    Move {
        /// The node.
        id: NodeId,
        /// The new place [points at zoom 1].
        pos: [f64; 2],
    },
    /// Lets a node run, mutes it or bypasses it.
    SetMode {
        /// The node.
        id: NodeId,
        /// The new mode.
        mode: Mode,
    },
    /// Draws a node as its title alone, or whole.
    SetCollapsed {
        /// The node.
        id: NodeId,
        /// Whether it is its title alone.
        collapsed: bool,
    },
    /// Says how a node is planned.
    SetPlanning {
        /// The node.
        id: NodeId,
        /// All of it; the default for what every node has.
        planning: Box<Planning>,
    },
    /// Leads a wire through other points.
    SetVia {
        /// The wire.
        id: WireId,
        /// The points, at most [`MOST_VIA`] [points at zoom 1].
        via: Vec<[f64; 2]>,
    },
    /// Changes the graph that a node owns.
    Inside {
        /// The node.
        id: NodeId,
        /// The change.
        #[serde(rename = "change")]
        edit: Box<Edit>,
    },
    /// Several changes, one after another; all of them or none.
    Batch {
        /// The changes.
        edits: Vec<Edit>,
    },
}

/// Why a change cannot be made. The graph is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum EditError {
    #[error("node {0} does not exist")]
    NoNode(NodeId),
    #[error("wire {0} does not exist")]
    NoWire(WireId),
    #[error("identifier {0} is taken")]
    Taken(String),
    #[error("node {0} still has wires: remove them first")]
    StillWired(NodeId),
    #[error("input '{}' of node {} already has a wire", .0.port, .0.node)]
    InputTaken(Endpoint),
    #[error("a node cannot feed itself")]
    SelfLoop,
    #[error("the name '{0}' is empty or taken: choose another")]
    BadName(String),
    #[error("a node cannot stand at {0}")]
    BadPlace(String),
    #[error("a wire is led through at most {MOST_VIA} points, none of them infinitely far")]
    BadVia,
    #[error("node {0} owns no graph")]
    NoSubgraph(NodeId),
    #[error("a node of the kind 'subgraph' owns a graph, and no other does")]
    MisplacedGraph,
    #[error("subgraphs stand within one another at most {MOST_DEPTH} deep")]
    TooDeep,
}

impl Edit {
    /// The change of the graph at the end of a path as a change of the outermost one.
    pub fn inside(path: &[NodeId], edit: Edit) -> Edit {
        path.iter().rev().fold(edit, |edit, id| Edit::Inside { id: *id, edit: Box::new(edit) })
    }

    /// Whether it alters only how a graph looks: where nodes stand, the way of wires, what is collapsed. What runs stays as
    /// it is.
    pub fn is_look(&self) -> bool {
        self.is_look_at(0)
    }

    /// The same of a change within `depth` subgraphs: there the order of ports follows from where nodes stand.
    fn is_look_at(&self, depth: usize) -> bool {
        match self {
            Edit::Move { .. } => depth == 0,
            Edit::SetVia { .. } | Edit::SetCollapsed { .. } => true,
            Edit::Inside { edit, .. } => edit.is_look_at(depth + 1),
            Edit::Batch { edits } => edits.iter().all(|edit| edit.is_look_at(depth)),
            _ => false,
        }
    }
}

impl Graph {
    /// Makes a change and returns the change that takes it back.
    ///
    /// # Errors
    /// Why the change cannot be made; then nothing has changed.
    pub fn apply(&mut self, edit: Edit) -> Result<Edit, EditError> {
        self.apply_within(edit, 0)
    }

    /// Makes a change of a graph that stands within `depth` others.
    fn apply_within(&mut self, edit: Edit, depth: usize) -> Result<Edit, EditError> {
        match edit {
            Edit::AddNode { id, node } => {
                if self.nodes.contains_key(&id) {
                    return Err(EditError::Taken(id.to_string()));
                }
                self.check_name(&node.name, None)?;
                check_place(node.pos)?;
                if node.is_subgraph() != node.inner.is_some() {
                    return Err(EditError::MisplacedGraph);
                }
                if node.inner.as_deref().is_some_and(|inner| depth + 1 + inner.depth() > MOST_DEPTH) {
                    return Err(EditError::TooDeep);
                }
                self.by_name.insert(node.name.to_lowercase(), id);
                self.nodes.insert(id, node);
                Ok(Edit::RemoveNode { id })
            }
            Edit::RemoveNode { id } => {
                if self.at_node.contains_key(&id) {
                    return Err(EditError::StillWired(id));
                }
                let node = self.nodes.remove(&id).ok_or(EditError::NoNode(id))?;
                self.by_name.remove(&node.name.to_lowercase());
                Ok(Edit::AddNode { id, node })
            }
            Edit::AddWire { id, wire } => {
                if self.wires.contains_key(&id) {
                    return Err(EditError::Taken(id.to_string()));
                }
                if wire.from.node == wire.to.node {
                    return Err(EditError::SelfLoop);
                }
                check_via(&wire.via)?;
                for end in [&wire.from, &wire.to] {
                    if !self.nodes.contains_key(&end.node) {
                        return Err(EditError::NoNode(end.node));
                    }
                }
                if !self.takes_many(&wire.to) {
                    if self.at_input.contains_key(&wire.to) {
                        return Err(EditError::InputTaken(wire.to));
                    }
                    self.at_input.insert(wire.to.clone(), id);
                }
                for end in [&wire.from, &wire.to] {
                    self.at_node.entry(end.node).or_default().insert(id);
                }
                self.wires.insert(id, wire);
                Ok(Edit::RemoveWire { id })
            }
            Edit::RemoveWire { id } => {
                let wire = self.wires.remove(&id).ok_or(EditError::NoWire(id))?;
                self.at_input.remove(&wire.to);
                for end in [&wire.from, &wire.to] {
                    if let Some(wires) = self.at_node.get_mut(&end.node) {
                        wires.remove(&id);
                        if wires.is_empty() {
                            self.at_node.remove(&end.node);
                        }
                    }
                }
                Ok(Edit::AddWire { id, wire })
            }
            Edit::SetParam { id, param, value } => {
                let node = self.nodes.get_mut(&id).ok_or(EditError::NoNode(id))?;
                let before = match value {
                    Some(value) => node.params.insert(param.clone(), value),
                    None => node.params.remove(&param),
                };
                Ok(Edit::SetParam { id, param, value: before })
            }
            Edit::Rename { id, name } => {
                if !self.nodes.contains_key(&id) {
                    return Err(EditError::NoNode(id));
                }
                self.check_name(&name, Some(id))?;
                let node = self.nodes.get_mut(&id).ok_or(EditError::NoNode(id))?;
                self.by_name.remove(&node.name.to_lowercase());
                self.by_name.insert(name.to_lowercase(), id);
                let before = std::mem::replace(&mut node.name, name);
                Ok(Edit::Rename { id, name: before })
            }
            Edit::Move { id, pos } => {
                check_place(pos)?;
                let node = self.nodes.get_mut(&id).ok_or(EditError::NoNode(id))?;
                let before = std::mem::replace(&mut node.pos, pos);
                Ok(Edit::Move { id, pos: before })
            }
            Edit::SetMode { id, mode } => {
                let node = self.nodes.get_mut(&id).ok_or(EditError::NoNode(id))?;
                let before = std::mem::replace(&mut node.mode, mode);
                Ok(Edit::SetMode { id, mode: before })
            }
            Edit::SetCollapsed { id, collapsed } => {
                let node = self.nodes.get_mut(&id).ok_or(EditError::NoNode(id))?;
                let before = std::mem::replace(&mut node.collapsed, collapsed);
                Ok(Edit::SetCollapsed { id, collapsed: before })
            }
            Edit::SetPlanning { id, planning } => {
                let node = self.nodes.get_mut(&id).ok_or(EditError::NoNode(id))?;
                let before = std::mem::replace(&mut node.planning, Some(planning).filter(|p| !p.is_default()));
                Ok(Edit::SetPlanning { id, planning: before.unwrap_or_default() })
            }
            Edit::SetVia { id, via } => {
                check_via(&via)?;
                let wire = self.wires.get_mut(&id).ok_or(EditError::NoWire(id))?;
                let before = std::mem::replace(&mut wire.via, via);
                Ok(Edit::SetVia { id, via: before })
            }
            Edit::Inside { id, edit } => {
                let node = self.nodes.get_mut(&id).ok_or(EditError::NoNode(id))?;
                let inner = node.inner.as_deref_mut().ok_or(EditError::NoSubgraph(id))?;
                let inverse = inner.apply_within(*edit, depth + 1)?;
                Ok(Edit::Inside { id, edit: Box::new(inverse) })
            }
            Edit::Batch { edits } => {
                let mut inverses = Vec::with_capacity(edits.len());
                for edit in edits {
                    match self.apply_within(edit, depth) {
                        Ok(inverse) => inverses.push(inverse),
                        Err(error) => {
                            self.take_back(inverses);
                            return Err(error);
                        }
                    }
                }
                inverses.reverse();
                Ok(Edit::Batch { edits: inverses })
            }
        }
    }

    /// Applies inverses, the newest first. An inverse applied to the state that it was made from cannot fail.
    pub(crate) fn take_back(&mut self, inverses: Vec<Edit>) {
        for inverse in inverses.into_iter().rev() {
            let result = self.apply(inverse);
            debug_assert!(result.is_ok(), "an inverse always applies: {result:?}");
        }
    }

    fn check_name(&self, name: &str, own: Option<NodeId>) -> Result<(), EditError> {
        let taken = self.by_name.get(&name.to_lowercase()).is_some_and(|id| Some(*id) != own);
        if name.trim().is_empty() || taken {
            return Err(EditError::BadName(name.to_owned()));
        }
        Ok(())
    }

    /// The change that joins an output to an input; a wire that is there already is replaced, or, where the input takes
    /// many, joined by another from elsewhere.
    pub fn connect(&self, from: Endpoint, to: Endpoint) -> Edit {
        let mut edits = Vec::new();
        if self.wires_into(&to).any(|(_, wire)| wire.from == from && self.takes_many(&to)) {
            return Edit::Batch { edits };
        }
        if let Some(id) = self.wire_into(&to) {
            edits.push(Edit::RemoveWire { id });
        }
        edits.push(Edit::AddWire { id: WireId::random(), wire: Wire::new(from, to) });
        Edit::Batch { edits }
    }

    /// The change that takes away nodes with all their wires, and further wires.
    pub fn delete(&self, nodes: &[NodeId], wires: &[WireId]) -> Edit {
        let mut gone: std::collections::BTreeSet<WireId> = wires.iter().copied().collect();
        for node in nodes {
            gone.extend(self.wires_at(*node).map(|(id, _)| id));
        }
        let mut edits: Vec<Edit> = gone.into_iter().map(|id| Edit::RemoveWire { id }).collect();
        edits.extend(nodes.iter().map(|id| Edit::RemoveNode { id: *id }));
        Edit::Batch { edits }
    }
}

fn check_place(pos: [f64; 2]) -> Result<(), EditError> {
    if pos.iter().all(|v| v.is_finite()) { Ok(()) } else { Err(EditError::BadPlace(format!("{pos:?}"))) }
}

fn check_via(via: &[[f64; 2]]) -> Result<(), EditError> {
    if can_be_led_through(via) { Ok(()) } else { Err(EditError::BadVia) }
}
