//! Automatic layout: every node to the right of what feeds it, few crossings, wires as straight as may be.
//!
//! The method is that of K. Sugiyama, S. Tagawa and M. Toda, 'Methods for visual understanding of hierarchical system
//! structures', IEEE Trans. SMC 11 (1981): turn back what closes a circle, layers, order within the layers ([`order`]),
//! coordinates ([`place`]). Parts that are not joined are laid out one by one and set beside one another, and what a
//! frame holds is laid out by itself ([`cluster`]). The same graph always gives the same layout. Sizes are given by the caller: this module knows no pins, pixels or fonts.

mod cluster;
mod order;
mod place;

use std::collections::BTreeMap;

use crate::edit::Edit;
use crate::frame;
use crate::graph::Graph;
use crate::id::NodeId;
use crate::value::Value;

/// Free room between layers, for the bends of wires [points].
const LAYER_GAP: f64 = 80.0;
/// Free room between nodes of a layer [points].
const NODE_GAP: f64 = 32.0;
/// Free room between parts that are not joined [points].
const PART_GAP: f64 = 64.0;
/// Places are rounded to it [points].
const GRID: f64 = 4.0;
/// Width to height of the whole, as far as parts that are not joined leave a choice.
const ASPECT: f64 = 1.6;
/// Places that wires over many layers may take up in between. Beyond it the longest wires have no say in the order.
const MOST_BENDS: usize = 200_000;

/// How a node is drawn.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outline {
    /// Width and height [points at zoom 1].
    pub size: [f64; 2],
    /// How far below the upper edge its input pins are, in the order of its kind; evenly spread where it is not said.
    pub inputs: Vec<f64>,
    /// The same of its output pins.
    pub outputs: Vec<f64>,
}

impl Outline {
    /// A node of a size, its pins evenly spread.
    pub fn of_size(size: [f64; 2]) -> Self {
        Self { size, ..Self::default() }
    }
}

/// A wire of the layout: which node, and where on its side, from 0 at the top to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Link {
    from: usize,
    to: usize,
    out_at: f64,
    in_at: f64,
}

/// Something with a place in a layer: a node, or a bend of a wire that passes through.
#[derive(Debug, Clone, Copy)]
struct Cell {
    layer: usize,
    height: f64,
    is_bend: bool,
}

/// Cells and the links between neighbouring layers.
#[derive(Debug, Default)]
struct Layered {
    cells: Vec<Cell>,
    links: Vec<Link>,
    layers: usize,
}

/// The change that arranges nodes; `outline` says how a node is drawn. Only the wires among these nodes count. The upper
/// left corner of the whole stays where it is. Empty when nothing has to move.
///
/// What a chosen frame holds is arranged with it, stays together, and the frame is drawn anew around it. Wires among the
/// nodes take the straight way again.
pub fn arrange(graph: &Graph, nodes: &[NodeId], outline: impl Fn(NodeId) -> Outline) -> Edit {
    let mut ids: Vec<NodeId> = nodes.iter().copied().filter(|id| graph.node(*id).is_some()).collect();
    let is_frame = |id: &NodeId| graph.node(*id).is_some_and(|n| n.kind == frame::FRAME);
    let held: Vec<NodeId> =
        ids.iter().filter(|id| is_frame(id)).flat_map(|id| frame::contents(graph, *id, &outline)).collect();
    ids.extend(held);
    ids.sort_unstable();
    ids.dedup();
    let pos = |id: NodeId| graph.node(id).map_or([0.0; 2], |n| n.pos);
    // What the user had above stays above where crossings leave a choice.
    ids.sort_by(|a, b| {
        let (pa, pb) = (pos(*a), pos(*b));
        pa[1].total_cmp(&pb[1]).then(pa[0].total_cmp(&pb[0])).then(a.cmp(b))
    });
    let corner = ids.iter().map(|id| pos(*id)).fold([f64::INFINITY; 2], |a, b| [a[0].min(b[0]), a[1].min(b[1])]);
    let arranged = cluster::arranged(graph, &ids, outline);
    let mut edits: Vec<Edit> = ids
        .iter()
        .filter_map(|id| {
            let place = arranged.places.get(id)?;
            let to = [corner[0] + place[0], corner[1] + place[1]];
            (to != pos(*id) && to.iter().all(|v| v.is_finite())).then_some(Edit::Move { id: *id, pos: to })
        })
        .collect();
    for (id, size) in arranged.frames {
        let Some(before) = graph.node(id).and_then(frame::own_rect) else { continue };
        for (axis, param) in ["width", "height"].into_iter().enumerate() {
            if before.size[axis] != size[axis] {
                edits.push(Edit::SetParam { id, param: param.to_owned(), value: Some(Value::Float(size[axis])) });
            }
        }
    }
    for id in &ids {
        let led = graph.wires_at(*id).filter(|(_, w)| w.to.node == *id && !w.via.is_empty());
        let within = led.filter(|(_, w)| arranged.places.contains_key(&w.from.node));
        edits.extend(within.map(|(id, _)| Edit::SetVia { id, via: Vec::new() }));
    }
    Edit::Batch { edits }
}

/// Upper left corners, the whole beginning at the origin.
fn layout(sizes: &[[f64; 2]], links: &[Link]) -> Vec<[f64; 2]> {
    let mut places = vec![[0.0; 2]; sizes.len()];
    let mut parts: Vec<(Vec<usize>, [f64; 2])> = Vec::new();
    let members = connected(sizes.len(), links);
    let mut part_of = vec![(0, 0); sizes.len()];
    for (part, nodes) in members.iter().enumerate() {
        for (own, node) in nodes.iter().enumerate() {
            part_of[*node] = (part, own);
        }
    }
    let mut links_of: Vec<Vec<Link>> = vec![Vec::new(); members.len()];
    for link in links {
        let ((part, from), (_, to)) = (part_of[link.from], part_of[link.to]);
        links_of[part].push(Link { from, to, ..*link });
    }
    for (nodes, links) in members.into_iter().zip(links_of) {
        let own: Vec<[f64; 2]> = nodes.iter().map(|i| sizes[*i]).collect();
        let (own_places, extent) = connected_part(&own, links);
        for (node, place) in nodes.iter().zip(own_places) {
            places[*node] = place;
        }
        parts.push((nodes, extent));
    }
    // Rows of parts, the tallest first; parts that are alike stay in the order in which they came.
    parts.sort_by(|a, b| b.1[1].total_cmp(&a.1[1]));
    let area: f64 = parts.iter().map(|(_, e)| (e[0] + PART_GAP) * (e[1] + PART_GAP)).sum();
    let widest = parts.iter().map(|(_, e)| e[0]).fold(0.0, f64::max);
    let room = widest.max((area * ASPECT).sqrt());
    let (mut at, mut row) = ([0.0, 0.0], 0.0_f64);
    for (nodes, extent) in &parts {
        if at[0] > 0.0 && at[0] + extent[0] > room {
            at = [0.0, at[1] + row + PART_GAP];
            row = 0.0;
        }
        for node in nodes {
            let place = &mut places[*node];
            *place = [place[0] + at[0], place[1] + at[1]].map(|v| (v / GRID).round() * GRID);
        }
        at[0] += extent[0] + PART_GAP;
        row = row.max(extent[1]);
    }
    places
}

/// The nodes of each part that hangs together, in their order.
fn connected(nodes: usize, links: &[Link]) -> Vec<Vec<usize>> {
    let mut root: Vec<usize> = (0..nodes).collect();
    fn find(root: &mut [usize], mut node: usize) -> usize {
        while root[node] != node {
            root[node] = root[root[node]];
            node = root[node];
        }
        node
    }
    for link in links {
        let (a, b) = (find(&mut root, link.from), find(&mut root, link.to));
        root[a.max(b)] = a.min(b);
    }
    let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for node in 0..nodes {
        parts.entry(find(&mut root, node)).or_default().push(node);
    }
    parts.into_values().collect()
}

/// Places and extent of a part that hangs together.
fn connected_part(sizes: &[[f64; 2]], mut links: Vec<Link>) -> (Vec<[f64; 2]>, [f64; 2]) {
    without_circles(sizes.len(), &mut links);
    let layer = layers(sizes.len(), &links);
    let layered = with_bends(sizes, &layer, &links);
    let order = order::order(&layered);
    let centers = place::places(&layered, &order);
    let mut widths = vec![0.0_f64; layered.layers];
    for (size, layer) in sizes.iter().zip(&layer) {
        widths[*layer] = widths[*layer].max(size[0]);
    }
    let mut left = Vec::with_capacity(widths.len());
    let mut right = 0.0;
    for width in &widths {
        left.push(right);
        right += width + LAYER_GAP;
    }
    let top = |i: usize| centers[i] - sizes[i][1] / 2.0;
    let highest = (0..sizes.len()).map(top).fold(f64::INFINITY, f64::min);
    let lowest = (0..sizes.len()).map(|i| top(i) + sizes[i][1]).fold(f64::NEG_INFINITY, f64::max);
    let places = (0..sizes.len()).map(|i| [left[layer[i]], top(i) - highest]).collect();
    (places, [right - LAYER_GAP, lowest - highest])
}

/// Turns the links round that close a circle, found by going depth first: a broken file may hold some.
fn without_circles(nodes: usize, links: &mut [Link]) {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        No,
        Open,
        Done,
    }
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    let mut fed = vec![false; nodes];
    for (i, link) in links.iter().enumerate() {
        out[link.from].push(i);
        fed[link.to] = true;
    }
    let mut seen = vec![Seen::No; nodes];
    let mut back = Vec::new();
    // From the sources first: then only links turn that must.
    let starts = (0..nodes).filter(|n| !fed[*n]).chain((0..nodes).filter(|n| fed[*n]));
    for start in starts {
        if seen[start] != Seen::No {
            continue;
        }
        seen[start] = Seen::Open;
        let mut path = vec![(start, 0)];
        while let Some((node, next)) = path.last_mut() {
            let Some(link) = out[*node].get(*next).copied() else {
                seen[*node] = Seen::Done;
                path.pop();
                continue;
            };
            *next += 1;
            match seen[links[link].to] {
                Seen::No => {
                    seen[links[link].to] = Seen::Open;
                    path.push((links[link].to, 0));
                }
                Seen::Open => back.push(link),
                Seen::Done => {}
            }
        }
    }
    for i in back {
        let Link { from, to, out_at, in_at } = links[i];
        links[i] = Link { from: to, to: from, out_at: in_at, in_at: out_at };
    }
}

/// The layer of each node: the longest way from a source, and then to the right where that makes the wires shorter, so
/// that a source stands beside what it feeds. Short wires in all are what E. Gansner et al., 'A technique for drawing
/// directed graphs', IEEE Trans. Software Eng. 19 (1993) ask for; this descends to them one node at a time.
fn layers(nodes: usize, links: &[Link]) -> Vec<usize> {
    let (mut ins, mut outs) = (vec![Vec::new(); nodes], vec![Vec::new(); nodes]);
    for link in links {
        outs[link.from].push(link.to);
        ins[link.to].push(link.from);
    }
    let mut missing: Vec<usize> = ins.iter().map(Vec::len).collect();
    let mut sorted: Vec<usize> = (0..nodes).filter(|n| missing[*n] == 0).collect();
    let mut layer = vec![0_usize; nodes];
    let mut at = 0;
    while let Some(node) = sorted.get(at).copied() {
        at += 1;
        for next in &outs[node] {
            layer[*next] = layer[*next].max(layer[node] + 1);
            missing[*next] -= 1;
            if missing[*next] == 0 {
                sorted.push(*next);
            }
        }
    }
    // Each move makes the wires shorter in all, so this ends; the bound only guards the time.
    for _ in 0..16 {
        let mut moved = false;
        for node in sorted.iter().rev().copied() {
            let Some(limit) = outs[node].iter().map(|n| layer[*n] - 1).min() else { continue };
            if outs[node].len() > ins[node].len() && limit > layer[node] {
                layer[node] = limit;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    let first = layer.iter().copied().min().unwrap_or(0);
    layer.iter_mut().for_each(|l| *l -= first);
    layer
}

/// Gives wires over several layers a bend in each layer between. Wires from one pin share theirs.
fn with_bends(sizes: &[[f64; 2]], layer: &[usize], links: &[Link]) -> Layered {
    let mut out = Layered {
        cells: (0..sizes.len()).map(|i| Cell { layer: layer[i], height: sizes[i][1], is_bend: false }).collect(),
        links: Vec::with_capacity(links.len()),
        layers: layer.iter().copied().max().map_or(0, |l| l + 1),
    };
    let span = |l: &Link| layer[l.to] - layer[l.from];
    let mut sorted: Vec<&Link> = links.iter().collect();
    sorted.sort_by_key(|l| span(l));
    let mut chains: BTreeMap<(usize, u64), Vec<usize>> = BTreeMap::new();
    for link in sorted {
        let key = (link.from, link.out_at.to_bits());
        let have = chains.get(&key).map_or(0, Vec::len);
        if out.cells.len() + (span(link) - 1).saturating_sub(have) > sizes.len() + MOST_BENDS {
            continue;
        }
        let chain = chains.entry(key).or_default();
        while chain.len() + 1 < span(link) {
            let bend = out.cells.len();
            out.cells.push(Cell { layer: layer[link.from] + chain.len() + 1, height: 0.0, is_bend: true });
            let (from, out_at) = chain.last().map_or((link.from, link.out_at), |last| (*last, 0.5));
            out.links.push(Link { from, to: bend, out_at, in_at: 0.5 });
            chain.push(bend);
        }
        let (from, out_at) = match span(link).checked_sub(2).and_then(|last| chain.get(last)) {
            Some(bend) => (*bend, 0.5),
            None => (link.from, link.out_at),
        };
        out.links.push(Link { from, to: link.to, out_at, in_at: link.in_at });
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        /// Random nodes and wires, from lower to higher numbers but for some.
        fn parts()(nodes in 1usize..40)(
            sizes in prop::collection::vec([20.0..300.0f64, 20.0..200.0f64], nodes),
            links in prop::collection::vec((0..nodes, 0..nodes, 0u8..4, 0u8..4, 0u8..20), 0..60),
        ) -> (Vec<[f64; 2]>, Vec<Link>) {
            let links = links
                .into_iter()
                .filter(|(a, b, ..)| a != b)
                .map(|(a, b, out, into, turned)| {
                    let (from, to) = if turned == 0 { (a.max(b), a.min(b)) } else { (a.min(b), a.max(b)) };
                    Link { from, to, out_at: f64::from(out) / 4.0, in_at: f64::from(into) / 4.0 }
                })
                .collect();
            (sizes, links)
        }
    }

    fn prepared(sizes: &[[f64; 2]], mut links: Vec<Link>) -> Layered {
        without_circles(sizes.len(), &mut links);
        let layer = layers(sizes.len(), &links);
        with_bends(sizes, &layer, &links)
    }

    proptest! {
        #[test]
        fn nothing_overlaps_and_the_same_comes_again((sizes, links) in parts()) {
            let places = layout(&sizes, &links);
            prop_assert_eq!(&places, &layout(&sizes, &links));
            for a in 0..sizes.len() {
                prop_assert!(places[a].iter().all(|v| v.is_finite() && *v >= 0.0));
                for b in 0..a {
                    let apart = |axis: usize| {
                        places[a][axis] >= places[b][axis] + sizes[b][axis]
                            || places[b][axis] >= places[a][axis] + sizes[a][axis]
                    };
                    prop_assert!(apart(0) || apart(1), "{a} at {:?} and {b} at {:?}", places[a], places[b]);
                }
            }
        }

        #[test]
        fn wires_go_from_left_to_right_unless_they_close_a_circle((sizes, mut links) in parts()) {
            without_circles(sizes.len(), &mut links);
            let places = layout(&sizes, &links);
            for link in &links {
                prop_assert!(places[link.from][0] + sizes[link.from][0] < places[link.to][0]);
            }
        }

        #[test]
        fn every_link_joins_neighbouring_layers((sizes, links) in parts()) {
            let layered = prepared(&sizes, links);
            for link in &layered.links {
                prop_assert_eq!(layered.cells[link.from].layer + 1, layered.cells[link.to].layer);
            }
        }

        #[test]
        fn there_are_never_more_crossings_than_in_the_order_that_came((sizes, links) in parts()) {
            let layered = prepared(&sizes, links);
            let naive = order::as_it_came(&layered);
            let ordered = order::order(&layered);
            prop_assert!(order::crossings(&layered, &ordered) <= order::crossings(&layered, &naive));
            // Each cell stands once, in its own layer.
            let mut all: Vec<usize> = ordered.concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..layered.cells.len()).collect::<Vec<_>>());
            for (at, layer) in ordered.iter().enumerate() {
                prop_assert!(layer.iter().all(|c| layered.cells[*c].layer == at));
            }
        }

        #[test]
        fn crossings_are_counted_as_one_would_by_looking_at_every_pair((sizes, links) in parts()) {
            let layered = prepared(&sizes, links);
            let ordered = order::as_it_came(&layered);
            let mut at = vec![0; layered.cells.len()];
            for layer in &ordered {
                layer.iter().enumerate().for_each(|(i, cell)| at[*cell] = i);
            }
            let key = |l: &Link| ((at[l.from] as f64 + l.out_at * 0.99), (at[l.to] as f64 + l.in_at * 0.99));
            let mut slow = 0;
            for (i, a) in layered.links.iter().enumerate() {
                for b in &layered.links[..i] {
                    let same_layer = layered.cells[a.from].layer == layered.cells[b.from].layer;
                    let ((af, at), (bf, bt)) = (key(a), key(b));
                    slow += u64::from(same_layer && (af - bf) * (at - bt) < 0.0);
                }
            }
            prop_assert_eq!(order::crossings(&layered, &ordered), slow);
        }
    }

    fn link(from: usize, to: usize) -> Link {
        Link { from, to, out_at: 0.5, in_at: 0.5 }
    }

    #[test]
    fn a_chain_is_straight() {
        let sizes = [[100.0, 40.0], [120.0, 80.0], [100.0, 60.0]];
        let places = layout(&sizes, &[link(0, 1), link(1, 2)]);
        let middle = |i: usize| places[i][1] + sizes[i][1] / 2.0;
        assert!((middle(0) - middle(1)).abs() <= GRID && (middle(1) - middle(2)).abs() <= GRID, "{places:?}");
        assert_eq!(places.iter().map(|p| p[0]).collect::<Vec<_>>(), [0.0, 180.0, 380.0]);
    }

    #[test]
    fn a_crossed_ladder_is_untangled() {
        // 0 and 1 feed 3 and 2: as they come, the two wires cross.
        let layered = prepared(&[[10.0, 10.0]; 4], vec![link(0, 3), link(1, 2)]);
        assert_eq!(order::crossings(&layered, &order::as_it_came(&layered)), 1);
        assert_eq!(order::crossings(&layered, &order::order(&layered)), 0);
    }

    #[test]
    fn a_source_stands_beside_what_it_feeds() {
        assert_eq!(layers(5, &[link(0, 1), link(1, 2), link(2, 3), link(4, 3)]), [0, 1, 2, 3, 2]);
    }

    #[test]
    fn a_wire_over_many_layers_costs_no_more_than_is_set_aside_for_it() {
        // A long chain with a shortcut from every node to the last: far more bends than there is room for.
        let nodes = 1_500;
        let mut links: Vec<Link> = (1..nodes).map(|i| link(i - 1, i)).collect();
        links.extend((0..nodes - 2).map(|i| link(i, nodes - 1)));
        let layered = prepared(&vec![[10.0, 10.0]; nodes], links);
        assert!(layered.cells.len() <= nodes + MOST_BENDS, "{}", layered.cells.len());
        assert_eq!(layered.layers, nodes);
    }

    #[test]
    fn nothing_gives_nothing() {
        assert!(layout(&[], &[]).is_empty());
    }
}
