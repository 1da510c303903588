//! Frames: titled rectangles behind nodes. What lies wholly inside one belongs to it: geometry, not membership, so that
//! no list can be out of step with what is seen. How large a node is drawn is for the caller to say.

use std::collections::BTreeMap;

use crate::catalogue;
use crate::edit::Edit;
use crate::graph::{Graph, Node};
use crate::id::NodeId;
use crate::layout::Outline;
use crate::value::Value;

/// The kind of node that is a frame.
pub const FRAME: &str = "frame";
/// Room between the edge of a frame and what it holds [points].
pub const MARGIN: f64 = 24.0;
/// Room at the top of a frame for its title [points].
pub const TITLE: f64 = 40.0;

/// A rectangle on the canvas [points at zoom 1].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Upper left corner.
    pub pos: [f64; 2],
    /// Width and height.
    pub size: [f64; 2],
}

impl Rect {
    /// Whether another lies wholly inside, edges included.
    pub fn holds(&self, other: &Rect) -> bool {
        (0..2).all(|axis| {
            other.pos[axis] >= self.pos[axis] && other.pos[axis] + other.size[axis] <= self.pos[axis] + self.size[axis]
        })
    }

    fn area(&self) -> f64 {
        self.size[0] * self.size[1]
    }
}

/// The rectangle of a node that says itself how large it is (a note, a frame); none for any other.
pub fn own_rect(node: &Node) -> Option<Rect> {
    let decl = node.decl().filter(|d| d.is_annotation())?;
    let extent = |id: &str| {
        let value = node.param(id).and_then(|v| v.as_f64()).filter(|v| v.is_finite());
        value.or_else(|| decl.param(id)?.default.value()?.as_f64()).map(|v| v.max(1.0))
    };
    Some(Rect { pos: node.pos, size: [extent("width")?, extent("height")?] })
}

/// The rectangle of a node: its own, or as it is drawn.
fn rect(id: NodeId, node: &Node, outline: &impl Fn(NodeId) -> Outline) -> Rect {
    own_rect(node).unwrap_or_else(|| {
        let size = outline(id).size.map(|v| if v.is_finite() { v.max(1.0) } else { 1.0 });
        Rect { pos: node.pos, size }
    })
}

/// The nodes that lie wholly inside a frame, other frames included. Of two frames that cover one another the one with
/// the greater identifier belongs to the other.
pub fn contents(graph: &Graph, frame: NodeId, outline: impl Fn(NodeId) -> Outline) -> Vec<NodeId> {
    let Some(outer) = graph.node(frame).filter(|n| n.kind == FRAME).and_then(own_rect) else { return Vec::new() };
    graph
        .nodes()
        .filter(|(id, node)| {
            let inner = rect(*id, node, &outline);
            let twin = node.kind == FRAME && inner == outer && *id <= frame;
            *id != frame && !twin && outer.holds(&inner)
        })
        .map(|(id, _)| id)
        .collect()
}

/// The innermost frame, of those among `nodes`, that each of `nodes` lies in.
pub(crate) fn parents(
    graph: &Graph,
    nodes: &[NodeId],
    outline: &impl Fn(NodeId) -> Outline,
) -> BTreeMap<NodeId, NodeId> {
    let found = nodes.iter().filter_map(|id| graph.node(*id).map(|node| (*id, node)));
    let rects: Vec<(NodeId, bool, Rect)> =
        found.map(|(id, node)| (id, node.kind == FRAME, rect(id, node, outline))).collect();
    let mut frames: Vec<(NodeId, Rect)> = rects.iter().filter(|(_, f, _)| *f).map(|(id, _, r)| (*id, *r)).collect();
    // The smallest first; of equal ones that with the greater identifier lies in the other.
    frames.sort_by(|a, b| a.1.area().total_cmp(&b.1.area()).then(b.0.cmp(&a.0)));
    let rank: BTreeMap<NodeId, usize> = frames.iter().enumerate().map(|(rank, (id, _))| (*id, rank)).collect();
    rects
        .iter()
        .filter_map(|(id, is_frame, inner)| {
            let from = if *is_frame { rank.get(id)? + 1 } else { 0 };
            frames[from..].iter().find(|(_, outer)| outer.holds(inner)).map(|(frame, _)| (*id, *frame))
        })
        .collect()
}

/// The change that puts a frame around nodes, with room for its title, and the frame's identifier. None where none of
/// the nodes exists.
pub fn frame_around(graph: &Graph, nodes: &[NodeId], outline: impl Fn(NodeId) -> Outline) -> Option<(NodeId, Edit)> {
    let rects = nodes.iter().filter_map(|id| Some(rect(*id, graph.node(*id)?, &outline)));
    let (mut least, mut most) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for rect in rects {
        for axis in 0..2 {
            least[axis] = least[axis].min(rect.pos[axis]);
            most[axis] = most[axis].max(rect.pos[axis] + rect.size[axis]);
        }
    }
    let pos = [(least[0] - MARGIN).floor(), (least[1] - MARGIN - TITLE).floor()];
    if !pos.iter().chain(&most).all(|v| v.is_finite()) {
        return None;
    }
    let mut id = NodeId::random();
    while graph.node(id).is_some() {
        id = NodeId::random();
    }
    let label = catalogue::kind(FRAME).map_or("Frame", |k| k.label.en);
    let mut node = Node::new(FRAME, graph.free_name(label), pos);
    for (axis, param) in ["width", "height"].into_iter().enumerate() {
        node.params.insert(param.to_owned(), Value::Float((most[axis] + MARGIN - pos[axis]).ceil()));
    }
    Some((id, Edit::AddNode { id, node }))
}
