//! The order of the cells in each layer: sweeps by barycentre, as Sugiyama et al. (1981) do, each followed by exchanges
//! of neighbours (Gansner et al., 1993), and the best order that was seen. Pins count: two wires of one node cross when
//! their pins are the other way round than what they lead to.

use super::Layered;

/// Sweeps in a small graph; a large one gets fewer.
const SWEEPS: usize = 24;
/// Work that the sweeps may take in all, in visits of links.
const WORK: usize = 4_000_000;

/// The cells of each layer, from top to bottom.
pub(super) type Order = Vec<Vec<usize>>;

/// Neighbours on one side: link's pin on this cell, the neighbour, and the pin there.
type Sides = Vec<Vec<(f64, usize, f64)>>;

/// The order in which the cells came.
pub(super) fn as_it_came(layered: &Layered) -> Order {
    let mut order = vec![Vec::new(); layered.layers];
    for (cell, c) in layered.cells.iter().enumerate() {
        order[c.layer].push(cell);
    }
    order
}

/// An order with few crossings: never more than [`as_it_came`] has.
pub(super) fn order(layered: &Layered) -> Order {
    let (left, right) = sides(layered);
    let sweeps = (WORK / (layered.links.len() + layered.cells.len() + 1)).clamp(2, SWEEPS);
    let mut best = as_it_came(layered);
    let mut fewest = crossings(layered, &best);
    for start in [best.clone(), by_depth(layered, &right)] {
        let mut now = start;
        for sweep in 0..=sweeps {
            if fewest == 0 {
                return best;
            }
            // The start itself counts, too.
            if sweep > 0 {
                let mut at = positions(layered, &now);
                let to_the_right = sweep % 2 == 1;
                let toward = if to_the_right { &left } else { &right };
                for i in 0..now.len() {
                    let layer = if to_the_right { i } else { now.len() - 1 - i };
                    by_barycentre(&mut now[layer], toward, &at, sweep % 4 >= 2);
                    exchange(&mut now[layer], toward, &at);
                    now[layer].iter().enumerate().for_each(|(i, cell)| at[*cell] = i);
                }
            }
            let count = crossings(layered, &now);
            if count < fewest {
                fewest = count;
                best.clone_from(&now);
            }
        }
    }
    best
}

fn sides(layered: &Layered) -> (Sides, Sides) {
    let mut left: Sides = vec![Vec::new(); layered.cells.len()];
    let mut right = left.clone();
    for link in &layered.links {
        left[link.to].push((link.in_at, link.from, link.out_at));
        right[link.from].push((link.out_at, link.to, link.in_at));
    }
    (left, right)
}

fn positions(layered: &Layered, order: &Order) -> Vec<usize> {
    let mut at = vec![0; layered.cells.len()];
    for layer in order {
        layer.iter().enumerate().for_each(|(i, cell)| at[*cell] = i);
    }
    at
}

/// Cells in the order in which going depth first from the sources meets them: what belongs together comes together.
fn by_depth(layered: &Layered, right: &Sides) -> Order {
    let mut order = vec![Vec::new(); layered.layers];
    let mut seen = vec![false; layered.cells.len()];
    let mut starts: Vec<usize> = (0..layered.cells.len()).collect();
    starts.sort_by_key(|c| layered.cells[*c].layer);
    for start in starts {
        let mut open = vec![start];
        while let Some(cell) = open.pop() {
            if std::mem::replace(&mut seen[cell], true) {
                continue;
            }
            order[layered.cells[cell].layer].push(cell);
            let mut next: Vec<_> = right[cell].iter().filter(|(_, to, _)| !seen[*to]).collect();
            next.sort_by(|a, b| b.0.total_cmp(&a.0));
            open.extend(next.into_iter().map(|(_, to, _)| *to));
        }
    }
    order
}

/// Sorts a layer by the mean place of the neighbours; cells without any keep theirs. `turned`: equal ones change places.
fn by_barycentre(layer: &mut [usize], toward: &Sides, at: &[usize], turned: bool) {
    let mut sorted: Vec<(f64, usize, usize)> = Vec::with_capacity(layer.len());
    let mut slots = Vec::with_capacity(layer.len());
    for (i, cell) in layer.iter().enumerate() {
        let near = &toward[*cell];
        if !near.is_empty() {
            let sum: f64 = near.iter().map(|(_, to, pin)| at[*to] as f64 + pin * 0.99).sum();
            sorted.push((sum / near.len() as f64, if turned { usize::MAX - i } else { i }, *cell));
            slots.push(i);
        }
    }
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    for (slot, (_, _, cell)) in slots.into_iter().zip(sorted) {
        layer[slot] = cell;
    }
}

/// Exchanges neighbours as long as that takes crossings away.
fn exchange(layer: &mut [usize], toward: &Sides, at: &[usize]) {
    /// Cells with more links are left to the barycentre: every pair of links would be looked at.
    const MOST: usize = 64;
    let ends = |cell: usize| toward[cell].iter().map(|(_, to, pin)| at[*to] as f64 + pin * 0.99);
    for _ in 0..4 {
        let mut changed = false;
        for i in 1..layer.len() {
            let (a, b) = (layer[i - 1], layer[i]);
            if toward[a].len() > MOST || toward[b].len() > MOST {
                continue;
            }
            let mut gain = 0_i64;
            for above in ends(a) {
                for below in ends(b) {
                    gain += i64::from(above > below) - i64::from(above < below);
                }
            }
            if gain > 0 {
                layer.swap(i - 1, i);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
}

/// The number of crossings, in O(n log n): W. Barth, M. Jünger, P. Mutzel, 'Simple and efficient bilayer cross counting'
/// (2002).
pub(super) fn crossings(layered: &Layered, order: &Order) -> u64 {
    let at = positions(layered, order);
    let mut between: Vec<Vec<(f64, f64)>> = vec![Vec::new(); layered.layers];
    for link in &layered.links {
        let end = |cell: usize, pin: f64| at[cell] as f64 + pin * 0.99;
        between[layered.cells[link.from].layer].push((end(link.from, link.out_at), end(link.to, link.in_at)));
    }
    between
        .into_iter()
        .map(|mut links| {
            // Links from one pin cross none of their own: they come in the order of their ends.
            links.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
            let mut ends: Vec<f64> = links.iter().map(|l| l.1).collect();
            inversions(&mut ends)
        })
        .sum()
}

/// Pairs that are in the wrong order, counted while sorting.
fn inversions(values: &mut [f64]) -> u64 {
    if values.len() < 2 {
        return 0;
    }
    let middle = values.len() / 2;
    let mut count = inversions(&mut values[..middle]) + inversions(&mut values[middle..]);
    let mut merged = Vec::with_capacity(values.len());
    let (mut i, mut j) = (0, middle);
    while i < middle && j < values.len() {
        if values[i] <= values[j] {
            merged.push(values[i]);
            i += 1;
        } else {
            merged.push(values[j]);
            count += (middle - i) as u64;
            j += 1;
        }
    }
    merged.extend_from_slice(&values[i..middle]);
    merged.extend_from_slice(&values[j..]);
    values.copy_from_slice(&merged);
    count
}
