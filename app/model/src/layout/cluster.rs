//! Frames in the layout: what a frame holds is laid out by itself, the innermost first; around it the frame is one node
//! among the others, with the pins of what it holds.

use std::collections::BTreeMap;

use super::{GRID, Link, Outline, layout};
use crate::frame::{self, MARGIN, TITLE};
use crate::graph::Graph;
use crate::id::NodeId;

/// A frame is at least so wide: its title is to be read [points].
const LEAST_WIDTH: f64 = 120.0;

/// Where everything is to stand.
pub(super) struct Arranged {
    /// Upper left corner of each node, the whole beginning at the origin [points].
    pub places: BTreeMap<NodeId, [f64; 2]>,
    /// Width and height of the frames that hold something [points].
    pub frames: Vec<(NodeId, [f64; 2])>,
}

/// One end of a wire.
struct Pin {
    node: NodeId,
    /// How far below the upper edge of the node [points].
    y: f64,
}

struct Clusters<'a> {
    parents: BTreeMap<NodeId, NodeId>,
    sizes: BTreeMap<NodeId, [f64; 2]>,
    /// Place of each node within its frame, or of one without a frame in the whole; filled from the innermost outwards.
    local: BTreeMap<NodeId, [f64; 2]>,
    /// The wires that join what stands directly in a frame, or within frames that do.
    wires: BTreeMap<Option<NodeId>, Vec<(Pin, Pin)>>,
    members: BTreeMap<Option<NodeId>, Vec<NodeId>>,
    graph: &'a Graph,
}

/// Lays nodes out, frames among them around what they hold.
pub(super) fn arranged(graph: &Graph, ids: &[NodeId], outline: impl Fn(NodeId) -> Outline) -> Arranged {
    let parents = frame::parents(graph, ids, &outline);
    let outlines: BTreeMap<NodeId, Outline> = ids.iter().map(|id| (*id, outline(*id))).collect();
    let mut clusters = Clusters {
        sizes: outlines
            .iter()
            .map(|(id, outline)| {
                let own = graph.node(*id).and_then(frame::own_rect);
                let size = own.map_or(outline.size, |rect| rect.size);
                (*id, size.map(|v| if v.is_finite() { v.max(1.0) } else { 1.0 }))
            })
            .collect(),
        parents,
        local: BTreeMap::new(),
        wires: BTreeMap::new(),
        members: BTreeMap::new(),
        graph,
    };
    for id in ids {
        clusters.members.entry(clusters.parents.get(id).copied()).or_default().push(*id);
    }
    clusters.sort_wires(ids, &outlines);
    // Each frame after those within it, and at last the whole.
    let mut frames: Vec<NodeId> = clusters.members.keys().flatten().copied().collect();
    frames.sort_by_cached_key(|id| std::cmp::Reverse(clusters.depth(*id)));
    let mut resized = Vec::with_capacity(frames.len());
    for frame in &frames {
        let extent = clusters.lay_out(Some(*frame), [MARGIN, MARGIN + TITLE]);
        let size = [(extent[0] + MARGIN).max(LEAST_WIDTH), extent[1] + MARGIN].map(|v| (v / GRID).ceil() * GRID);
        clusters.sizes.insert(*frame, size);
        resized.push((*frame, size));
    }
    clusters.lay_out(None, [0.0; 2]);
    let mut places = clusters.local.clone();
    // Outwards from each frame to what it holds: the outermost first.
    for frame in frames.iter().rev() {
        let Some(at) = places.get(frame).copied() else { continue };
        for member in clusters.members.get(&Some(*frame)).into_iter().flatten() {
            if let Some(place) = places.get_mut(member) {
                *place = [place[0] + at[0], place[1] + at[1]];
            }
        }
    }
    Arranged { places, frames: resized }
}

impl Clusters<'_> {
    /// Number of frames around a node.
    fn depth(&self, id: NodeId) -> usize {
        std::iter::successors(Some(id), |id| self.parents.get(id).copied()).count()
    }

    /// Puts each wire where both its ends are seen as members of one frame, or of the whole.
    fn sort_wires(&mut self, ids: &[NodeId], outlines: &BTreeMap<NodeId, Outline>) {
        let chain = |id: NodeId| -> Vec<Option<NodeId>> {
            let frames = std::iter::successors(self.parents.get(&id).copied(), |id| self.parents.get(id).copied());
            frames.map(Some).chain([None]).collect()
        };
        // Place of each port, and how many there are on its side.
        let mut ports: BTreeMap<(NodeId, bool, String), (usize, usize)> = BTreeMap::new();
        for (id, node) in ids.iter().filter_map(|id| Some((*id, self.graph.node(*id)?))) {
            for (output, list) in [(false, node.inputs()), (true, node.outputs())] {
                let count = list.len();
                ports
                    .extend(list.into_iter().enumerate().map(|(at, p)| ((id, output, p.id.into_owned()), (at, count))));
            }
        }
        let pin = |id: NodeId, port: &str, output: bool| -> Option<Pin> {
            let (outline, size) = (outlines.get(&id)?, self.sizes.get(&id)?);
            let (place, count) = ports.get(&(id, output, port.to_owned())).copied().unwrap_or((0, 0));
            let pins = if output { &outline.outputs } else { &outline.inputs };
            let y = match pins.get(place) {
                Some(pin) if pin.is_finite() => pin.clamp(0.0, size[1]),
                _ => size[1] * (place as f64 + 1.0) / (count as f64 + 1.0),
            };
            Some(Pin { node: id, y })
        };
        let mut wires: BTreeMap<Option<NodeId>, Vec<(Pin, Pin)>> = BTreeMap::new();
        for id in ids {
            for (_, wire) in self.graph.wires_at(*id).filter(|(_, w)| w.to.node == *id) {
                let (Some(from), Some(to)) =
                    (pin(wire.from.node, &wire.from.port, true), pin(*id, &wire.to.port, false))
                else {
                    continue;
                };
                let around: Vec<Option<NodeId>> = chain(from.node);
                let common = chain(to.node).into_iter().find(|frame| around.contains(frame));
                wires.entry(common.flatten()).or_default().push((from, to));
            }
        }
        self.wires = wires;
    }

    /// Lays out the members of a frame, or of the whole, from `at` on; how far they reach to the right and down.
    fn lay_out(&mut self, frame: Option<NodeId>, at: [f64; 2]) -> [f64; 2] {
        let members = self.members.get(&frame).cloned().unwrap_or_default();
        let index: BTreeMap<NodeId, usize> = members.iter().enumerate().map(|(i, id)| (*id, i)).collect();
        let sizes: Vec<[f64; 2]> = members.iter().map(|id| self.sizes.get(id).copied().unwrap_or([1.0; 2])).collect();
        let links = self.wires.get(&frame).into_iter().flatten();
        let links = links.filter_map(|(from, to)| {
            let ((from, out_at), (to, in_at)) = (self.member(from, &index, &sizes)?, self.member(to, &index, &sizes)?);
            // A frame holds no frame that it is wired to: such a wire would have gone further in.
            (from != to).then_some(Link { from, to, out_at, in_at })
        });
        let links: Vec<Link> = links.collect();
        let places = layout(&sizes, &links);
        let mut extent = at;
        for ((id, place), size) in members.iter().zip(places).zip(&sizes) {
            let place = [place[0] + at[0], place[1] + at[1]];
            for axis in 0..2 {
                extent[axis] = extent[axis].max(place[axis] + size[axis]);
            }
            self.local.insert(*id, place);
        }
        extent
    }

    /// The member of the frame in which a pin is, and where on its side from 0 at the top to 1.
    fn member(&self, pin: &Pin, index: &BTreeMap<NodeId, usize>, sizes: &[[f64; 2]]) -> Option<(usize, f64)> {
        let (mut node, mut y) = (pin.node, pin.y);
        loop {
            if let Some(at) = index.get(&node) {
                return Some((*at, (y / sizes[*at][1]).clamp(0.0, 1.0)));
            }
            y += self.local.get(&node)?[1];
            node = *self.parents.get(&node)?;
        }
    }
}
