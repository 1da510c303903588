//! How much room the parts of a split get: panels keep the size that the user gave them, the canvas takes what is left,
//! and where that is too little the panels give way. Pure arithmetic.

use super::BAR;
use super::shape::{Direction, Pane, Part, Shape};

/// The share of the height that the canvas keeps, whatever stands above and below.
const CANVAS_SHARE: f32 = 0.4;
/// The share that it takes from panels at most.
const CANVAS_MOST: f32 = 0.6;

/// Width or height that a layout should not fall below [points].
pub fn least(shape: &Shape, direction: Direction) -> f32 {
    let axis = usize::from(direction == Direction::Vertical);
    match shape {
        Shape::Tabs { panes, .. } => panes.iter().map(|p| p.min_size()[axis]).fold(0.0, f32::max),
        Shape::Split { direction: own, parts } => {
            let each = parts.iter().filter(|p| !p.hidden).map(|p| least(&p.shape, direction));
            if *own == direction { each.sum() } else { each.fold(0.0, f32::max) }
        }
    }
}

/// Sizes of the parts of a split that has `room` points, gaps not counted; a hidden part gets none.
pub fn sizes(direction: Direction, parts: &[Part], room: f32) -> Vec<f32> {
    let room = room.max(0.0);
    let Some(flexible) = parts.iter().position(|p| p.shape.holds(Pane::Canvas)) else {
        let wanted = |p: &Part| if p.hidden { 0.0 } else { p.size.max(1.0) };
        let all: f32 = parts.iter().map(wanted).sum();
        return parts.iter().map(|p| room * wanted(p) / all.max(1.0)).collect();
    };
    let mut sizes: Vec<f32> = parts
        .iter()
        .map(|part| match part {
            Part { hidden: true, .. } => 0.0,
            Part { folded: true, .. } => BAR,
            part if part.shape.holds(Pane::Canvas) => 0.0,
            part => part.size.max(least(&part.shape, direction)),
        })
        .collect();
    let folded: f32 = sizes.iter().zip(parts).filter(|(_, p)| p.folded).map(|(size, _)| size).sum();
    let wanted: f32 = sizes.iter().sum::<f32>() - folded;
    let mut canvas = least(&parts[flexible].shape, direction);
    if direction == Direction::Vertical {
        canvas = canvas.max(room * CANVAS_SHARE);
    }
    // In the narrowest of windows nothing vanishes altogether.
    let canvas = canvas.min(room * CANVAS_MOST);
    let left = (room - folded - canvas).max(0.0);
    if wanted > left {
        for (size, part) in sizes.iter_mut().zip(parts) {
            if !part.folded {
                *size *= left / wanted;
            }
        }
    }
    sizes[flexible] = (room - sizes.iter().sum::<f32>()).max(0.0);
    sizes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn part(size: f32, pane: Pane) -> Part {
        Part { size, hidden: false, folded: false, shape: Shape::Tabs { panes: vec![pane], open: pane } }
    }

    #[test]
    fn the_canvas_takes_what_is_left_and_panels_give_way() {
        let mut parts = vec![part(212.0, Pane::Palette), part(0.0, Pane::Canvas), part(316.0, Pane::Inspector)];
        assert_eq!(sizes(Direction::Horizontal, &parts, 1440.0), [212.0, 912.0, 316.0]);
        let narrow = sizes(Direction::Horizontal, &parts, 600.0);
        assert_eq!(narrow[1], 240.0);
        parts[0].hidden = true;
        assert_eq!(sizes(Direction::Horizontal, &parts, 1440.0), [0.0, 1124.0, 316.0]);
        let mut parts = vec![part(0.0, Pane::Canvas), part(340.0, Pane::Training)];
        assert_eq!(sizes(Direction::Vertical, &parts, 832.0), [492.0, 340.0]);
        assert_eq!(sizes(Direction::Vertical, &parts, 400.0), [160.0, 240.0]);
        parts[1].folded = true;
        assert_eq!(sizes(Direction::Vertical, &parts, 832.0), [832.0 - BAR, BAR]);
    }

    proptest! {
        #[test]
        fn all_room_is_given_and_none_twice(
            sizes_of in proptest::collection::vec((1.0..3000.0f32, any::<bool>(), any::<bool>()), 1..5),
            at in 0..6usize, vertical in any::<bool>(), room in 0.0..4000.0f32,
        ) {
            let direction = if vertical { Direction::Vertical } else { Direction::Horizontal };
            let panes = [Pane::Palette, Pane::Training, Pane::Plan, Pane::Log];
            let mut parts: Vec<Part> = sizes_of
                .iter()
                .zip(panes)
                .map(|((size, hidden, folded), pane)| Part { hidden: *hidden, folded: *folded, ..part(*size, pane) })
                .collect();
            parts.insert(at % (parts.len() + 1), part(0.0, Pane::Canvas));
            let given = sizes(direction, &parts, room);
            prop_assert!(given.iter().all(|s| *s >= 0.0));
            let all: f32 = given.iter().sum();
            let tabs = BAR * parts.iter().filter(|p| p.folded && !p.hidden).count() as f32;
            prop_assert!((all - room).abs() < 0.1 || (all >= room && all <= room.max(tabs) + 0.1), "{} of {}", all, room);
        }
    }
}
