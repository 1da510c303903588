//! Remedies that can be applied at once: each is made beside the rule in [`crate::validate`] that finds its problem, as a
//! change ready to be made. What needs a look at files is proposed where files are looked at.
//!
//! Knows no window: sizes of nodes are given by the caller or estimated.

mod params;
mod place;
mod search;
mod wires;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::catalogue::NodeKind;
use crate::edit::Edit;
use crate::graph::Graph;
use crate::id::NodeId;
use crate::shape::Schemas;
use crate::text::Localised;
use crate::validate::{Problem, validate};

pub(crate) use params::{bad_param, missing_param, network_output, unknown_param};
pub use place::Places;
pub(crate) use search::Search;
pub(crate) use wires::{cycle, run_again, unknown_kind};

/// A graph is fixed in so many rounds at most: each looks at all problems anew.
const ROUNDS: usize = 200;
/// Fixes that [`fix_all`] applies at most in one go.
const AT_ONCE: usize = 2_000;

/// A remedy that one click applies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fix {
    /// What it does, as a button says it.
    pub label: Localised,
    /// What it does.
    pub what: FixKind,
    /// Whether [`fix_all`] applies it unasked: not where something would go that only another version understands.
    pub automatic: bool,
}

/// What a fix does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "fix")]
pub enum FixKind {
    /// Makes a change of the graph.
    Edit {
        /// The change.
        edit: Edit,
    },
    /// Asks for a folder, and puts it into a parameter.
    FindPath {
        /// The node.
        node: NodeId,
        /// The parameter.
        param: String,
    },
}

impl Fix {
    /// A fix that changes the graph.
    pub fn edit(label: Localised, edit: Edit) -> Self {
        Self { label, what: FixKind::Edit { edit }, automatic: true }
    }

    /// A fix that asks where a folder has gone.
    pub fn find_path(node: NodeId, param: &str) -> Self {
        let what = FixKind::FindPath { node, param: param.to_owned() };
        Self { label: Localised::new("Find the folder…", "查找文件夹…"), what, automatic: false }
    }

    /// The same, but never applied unasked.
    pub fn only_by_hand(mut self) -> Self {
        self.automatic = false;
        self
    }
}

/// The change of a fix made to suit what is drawn and what is there now: nodes that it adds stand where nothing else
/// does and have names that are free. `places` knows the sizes of the nodes that are there and learns the new ones;
/// `name` says what a node of a kind is called.
pub fn settle(edit: Edit, graph: &Graph, places: &mut Places, name: &impl Fn(&'static NodeKind) -> String) -> Edit {
    match edit {
        Edit::AddNode { id, mut node } => {
            let base = node.decl().map_or_else(|| node.name.clone(), name);
            node.name = graph.free_name(&base);
            let size = place::estimated_size(node.decl());
            node.pos = places.free_near(node.pos, size);
            places.add(node.pos, size);
            Edit::AddNode { id, node }
        }
        Edit::Batch { edits } => {
            // Two nodes of one change must not get the same name: each is settled against a graph that has the others.
            let adds = edits.iter().filter(|e| matches!(e, Edit::AddNode { .. })).count();
            if adds < 2 {
                return Edit::Batch { edits: edits.into_iter().map(|e| settle(e, graph, places, name)).collect() };
            }
            let mut now = graph.clone();
            let mut out = Vec::with_capacity(edits.len());
            for edit in edits {
                let edit = settle(edit, &now, places, name);
                // What cannot be applied says so when the whole is applied.
                let _ = now.apply(edit.clone());
                out.push(edit);
            }
            Edit::Batch { edits: out }
        }
        Edit::Inside { id, edit } => {
            let Some(inner) = graph.node(id).and_then(|n| n.inner.as_deref()) else { return Edit::Inside { id, edit } };
            // What is drawn is another graph: sizes are estimated.
            let mut places = Places::of(inner, |_| None);
            Edit::Inside { id, edit: Box::new(settle(*edit, inner, &mut places, name)) }
        }
        other => other,
    }
}

/// What [`fix_all`] found to do.
#[derive(Debug, Clone, PartialEq)]
pub struct FixedAll {
    /// All the changes as one; an empty batch if there is nothing to do.
    pub edit: Edit,
    /// Number of fixes in it.
    pub fixes: usize,
}

/// Applies the first automatic fix of every problem that closes no circle, again and again, until no problem has one. `found` are problems
/// that [`validate`] cannot see, with fixes of their own; `places` knows how large the nodes are drawn.
///
/// The graph is not changed: the result is what leads there.
pub fn fix_all(
    graph: &Graph,
    schemas: &Schemas,
    found: &[Problem],
    places: Places,
    name: &impl Fn(&'static NodeKind) -> String,
) -> FixedAll {
    let nothing = FixedAll { edit: Edit::Batch { edits: Vec::new() }, fixes: 0 };
    fix_all_while(graph, schemas, found, places, name, &|| true).unwrap_or(nothing)
}

/// The same as long as `go_on` says so, which is asked before each fix; none once it says no. For a graph so large that
/// its user may not want to wait.
pub fn fix_all_while(
    graph: &Graph,
    schemas: &Schemas,
    found: &[Problem],
    mut places: Places,
    name: &impl Fn(&'static NodeKind) -> String,
    go_on: &impl Fn() -> bool,
) -> Option<FixedAll> {
    let mut now = graph.clone();
    let mut edits = Vec::new();
    let mut rounds = 0;
    let mut problems: Vec<Problem> = found.to_vec();
    problems.extend(validate(&now, schemas));
    while rounds < ROUNDS && edits.len() < AT_ONCE {
        let before = edits.len();
        // Of several problems of one node only the first is fixed in a round: its fix may well change the others.
        let mut touched = BTreeSet::new();
        // What others can share is added once: in the next round they are wired to it.
        let mut shared = BTreeSet::new();
        for problem in problems {
            if !go_on() {
                return None;
            }
            for edit in automatic(problem.fixes) {
                let nodes = nodes_of(&edit, &now);
                let adds = shared_kinds(&edit);
                let wait = nodes.iter().any(|n| touched.contains(n)) || adds.iter().any(|k| shared.contains(k));
                if wait || edits.len() >= AT_ONCE {
                    break;
                }
                let edit = settle(edit, &now, &mut places, name);
                let Ok(inverse) = now.apply(edit.clone()) else { continue };
                // What would close a circle is no help: the next fix may be.
                if closes_circle(&edit, &now) {
                    now.take_back(vec![inverse]);
                    continue;
                }
                touched.extend(nodes);
                shared.extend(adds);
                edits.push(edit);
                break;
            }
        }
        if edits.len() == before {
            break;
        }
        rounds += 1;
        problems = validate(&now, schemas);
    }
    Some(FixedAll { fixes: edits.len(), edit: Edit::Batch { edits } })
}

fn automatic(fixes: Vec<Fix>) -> impl Iterator<Item = Edit> {
    fixes.into_iter().filter(|f| f.automatic).filter_map(|f| match f.what {
        FixKind::Edit { edit } => Some(edit),
        FixKind::FindPath { .. } => None,
    })
}

/// The nodes that a change is about, each with the nodes that own its graph: those whose wires or parameters it touches
/// on the receiving side, and those that go.
fn nodes_of(edit: &Edit, graph: &Graph) -> Vec<Vec<NodeId>> {
    match edit {
        Edit::Batch { edits } => edits.iter().flat_map(|e| nodes_of(e, graph)).collect(),
        Edit::Inside { id, edit } => {
            let inner = graph.node(*id).and_then(|n| n.inner.as_deref());
            let nodes = inner.map(|inner| nodes_of(edit, inner)).unwrap_or_default();
            nodes.into_iter().map(|path| [vec![*id], path].concat()).collect()
        }
        Edit::AddWire { wire, .. } => vec![vec![wire.to.node]],
        Edit::RemoveWire { id } | Edit::SetVia { id, .. } => {
            graph.wire(*id).map(|w| vec![w.to.node]).into_iter().collect()
        }
        Edit::AddNode { .. } => Vec::new(),
        Edit::RemoveNode { id }
        | Edit::SetParam { id, .. }
        | Edit::Rename { id, .. }
        | Edit::Move { id, .. }
        | Edit::SetMode { id, .. }
        | Edit::SetCollapsed { id, .. }
        | Edit::SetPlanning { id, .. } => vec![vec![*id]],
    }
}

/// Kinds of nodes that a change adds and that need something themselves, so that one serves many; each with the nodes
/// that own the graph that it is added to.
fn shared_kinds(edit: &Edit) -> Vec<(Vec<NodeId>, &'static str)> {
    match edit {
        Edit::Batch { edits } => edits.iter().flat_map(shared_kinds).collect(),
        Edit::Inside { id, edit } => {
            shared_kinds(edit).into_iter().map(|(path, kind)| ([vec![*id], path].concat(), kind)).collect()
        }
        Edit::AddNode { node, .. } => {
            node.decl().filter(|k| !search::is_whole(k)).map(|k| (Vec::new(), k.id)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a change that has been made added a wire that closes a circle: two fixes that are each right may do so
/// together.
fn closes_circle(edit: &Edit, after: &Graph) -> bool {
    match edit {
        Edit::Batch { edits } => edits.iter().any(|e| closes_circle(e, after)),
        Edit::AddWire { wire, .. } => after.reaches(wire.to.node, wire.from.node),
        Edit::Inside { id, edit } => {
            after.node(*id).and_then(|n| n.inner.as_deref()).is_some_and(|inner| closes_circle(edit, inner))
        }
        _ => false,
    }
}
