//! Coordinates across the layers: wires as straight as the order and the gaps allow.
//!
//! As in the priority method of Sugiyama et al. (1981), sweeps move each layer towards its neighbours; but a layer is
//! placed at once and at its best: the least squares under 'each below the last, with room between' are an isotonic
//! regression (M. Ayer et al., 1955), which pooling adjacent violators solves in linear time.

use super::order::Order;
use super::{Layered, NODE_GAP};

/// Sweeps over all layers.
const SWEEPS: usize = 12;
/// Room around a bend, as a share of that around nodes.
const BEND_GAP: f64 = 0.5;

/// The middle of each cell [points, downwards].
pub(super) fn places(layered: &Layered, order: &Order) -> Vec<f64> {
    let cells = &layered.cells;
    let half = |cell: usize| {
        let gap = if cells[cell].is_bend { NODE_GAP * BEND_GAP } else { NODE_GAP };
        (cells[cell].height + gap) / 2.0
    };
    // Neighbours: where this cell wants to be by them, less their place, and how much they matter.
    let mut left: Vec<Vec<(usize, f64, f64)>> = vec![Vec::new(); cells.len()];
    let mut right = left.clone();
    for link in &layered.links {
        let (from, to) = (cells[link.from], cells[link.to]);
        let offset = (link.out_at - 0.5) * from.height - (link.in_at - 0.5) * to.height;
        // Long wires are to be straight above all (Gansner et al., 1993).
        let weight = match (from.is_bend, to.is_bend) {
            (true, true) => 8.0,
            (false, false) => 1.0,
            _ => 2.0,
        };
        left[link.to].push((link.from, offset, weight));
        right[link.from].push((link.to, -offset, weight));
    }
    let mut y = vec![0.0; cells.len()];
    for layer in order {
        let mut at = 0.0;
        for cell in layer {
            at += half(*cell);
            y[*cell] = at;
            at += half(*cell);
        }
        // All layers begin around one line.
        layer.iter().for_each(|cell| y[*cell] -= at / 2.0);
    }
    for sweep in 0..=SWEEPS {
        for i in 0..order.len() {
            let layer = &order[if sweep % 2 == 0 { i } else { order.len() - 1 - i }];
            let wishes: Vec<(f64, f64)> = layer
                .iter()
                .map(|cell| {
                    let sides: [&[(usize, f64, f64)]; 2] = match sweep {
                        SWEEPS => [&left[*cell], &right[*cell]],
                        s if s % 2 == 0 => [&left[*cell], &[]],
                        _ => [&[], &right[*cell]],
                    };
                    let near = || sides.into_iter().flatten();
                    let weight: f64 = near().map(|(_, _, w)| w).sum();
                    if weight == 0.0 {
                        // Nobody pulls: it gives way to the others.
                        return (y[*cell], 0.01);
                    }
                    (near().map(|(other, offset, w)| (y[*other] + offset) * w).sum::<f64>() / weight, weight)
                })
                .collect();
            let halves: Vec<f64> = layer.iter().map(|cell| half(*cell)).collect();
            for (cell, place) in layer.iter().zip(nearest(&wishes, &halves)) {
                y[*cell] = place;
            }
        }
    }
    y
}

/// The places nearest to the wishes (value, weight) of which each is at least the two halves below the last.
fn nearest(wishes: &[(f64, f64)], halves: &[f64]) -> Vec<f64> {
    // Taken off the room that those above need, what is left must only not decrease.
    let mut room = Vec::with_capacity(wishes.len());
    let mut at = 0.0;
    for half in halves {
        at += half;
        room.push(at);
        at += half;
    }
    let mut pools: Vec<(f64, f64, usize)> = Vec::with_capacity(wishes.len());
    for ((wish, weight), room) in wishes.iter().zip(&room) {
        let mut pool = (wish - room, *weight, 1);
        while let Some(last) = pools.last().copied()
            && last.0 > pool.0
        {
            let weight = last.1 + pool.1;
            pool = ((last.0 * last.1 + pool.0 * pool.1) / weight, weight, last.2 + pool.2);
            pools.pop();
        }
        pools.push(pool);
    }
    let values = pools.into_iter().flat_map(|(value, _, count)| std::iter::repeat_n(value, count));
    values.zip(room).map(|(value, room)| value + room).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_that_leave_room_are_met_and_the_others_share_the_loss() {
        assert_eq!(nearest(&[(0.0, 1.0), (50.0, 1.0)], &[10.0, 10.0]), [0.0, 50.0]);
        assert_eq!(nearest(&[(0.0, 1.0), (0.0, 1.0)], &[10.0, 10.0]), [-10.0, 10.0]);
        assert_eq!(nearest(&[(0.0, 3.0), (0.0, 1.0)], &[10.0, 10.0]), [-5.0, 15.0]);
    }
}
