//! Lining nodes up: edges, middles and equal gaps. How large a node is drawn is for the caller to say.

use crate::edit::Edit;
use crate::graph::Graph;
use crate::id::NodeId;

/// What nodes are to have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Alignment {
    /// Their left edges, at the leftmost.
    Left,
    /// Their middles, on one vertical line.
    Center,
    /// Their right edges, at the rightmost.
    Right,
    /// Their upper edges, at the topmost.
    Top,
    /// Their middles, on one horizontal line.
    Middle,
    /// Their lower edges, at the lowest.
    Bottom,
}

/// A direction of the canvas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Axis {
    /// From left to right.
    Horizontal,
    /// From top to bottom.
    Vertical,
}

/// A node in one direction.
struct Span {
    id: NodeId,
    start: f64,
    extent: f64,
}

fn spans(graph: &Graph, nodes: &[NodeId], size: impl Fn(NodeId) -> [f64; 2], axis: usize) -> Vec<Span> {
    let ids: std::collections::BTreeSet<NodeId> = nodes.iter().copied().collect();
    ids.into_iter()
        .filter_map(|id| Some(Span { id, start: graph.node(id)?.pos[axis], extent: size(id)[axis] }))
        .collect()
}

/// The moves of those that do not stand at their new place already.
fn moves(graph: &Graph, axis: usize, places: impl IntoIterator<Item = (NodeId, f64)>) -> Edit {
    let edits = places
        .into_iter()
        .filter_map(|(id, to)| {
            let mut pos = graph.node(id)?.pos;
            let moved = to.is_finite() && pos[axis] != to;
            pos[axis] = to;
            moved.then_some(Edit::Move { id, pos })
        })
        .collect();
    Edit::Batch { edits }
}

/// The change that lines nodes up; `size` is the width and height of a node [points at zoom 1]. Empty when nothing has
/// to move.
pub fn align(graph: &Graph, nodes: &[NodeId], size: impl Fn(NodeId) -> [f64; 2], to: Alignment) -> Edit {
    let axis = match to {
        Alignment::Left | Alignment::Center | Alignment::Right => 0,
        Alignment::Top | Alignment::Middle | Alignment::Bottom => 1,
    };
    let spans = spans(graph, nodes, size, axis);
    let first = spans.iter().map(|s| s.start).fold(f64::INFINITY, f64::min);
    let last = spans.iter().map(|s| s.start + s.extent).fold(f64::NEG_INFINITY, f64::max);
    let place = |s: &Span| match to {
        Alignment::Left | Alignment::Top => first,
        Alignment::Center | Alignment::Middle => (first + last - s.extent) / 2.0,
        Alignment::Right | Alignment::Bottom => last - s.extent,
    };
    moves(graph, axis, spans.iter().map(|s| (s.id, place(s))))
}

/// The change that makes the gaps between nodes equal; the two outermost stay. Where the nodes take more room than there
/// is between those two, the gaps are negative and still equal. Empty for fewer than three nodes.
pub fn distribute(graph: &Graph, nodes: &[NodeId], size: impl Fn(NodeId) -> [f64; 2], axis: Axis) -> Edit {
    let axis = match axis {
        Axis::Horizontal => 0,
        Axis::Vertical => 1,
    };
    let mut spans = spans(graph, nodes, size, axis);
    spans.sort_by(|a, b| (a.start + a.extent / 2.0).total_cmp(&(b.start + b.extent / 2.0)).then(a.id.cmp(&b.id)));
    let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return Edit::Batch { edits: Vec::new() } };
    if spans.len() < 3 {
        return Edit::Batch { edits: Vec::new() };
    }
    let inner: f64 = spans[1..spans.len() - 1].iter().map(|s| s.extent).sum();
    let mut at = first.start + first.extent;
    let gap = (last.start - at - inner) / (spans.len() - 1) as f64;
    let mut places = Vec::with_capacity(spans.len());
    for span in &spans[1..spans.len() - 1] {
        at += gap;
        places.push((span.id, at));
        at += span.extent;
    }
    moves(graph, axis, places)
}
