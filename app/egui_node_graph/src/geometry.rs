//! Where things are on a node and how large it is, in graph units (points at zoom 1). It draws nothing.

use std::collections::HashMap;

use egui::{FontFamily, FontId, epaint::text::FontsView};

use crate::{
    Style,
    view::{BodyText, NodeState, NodeView, Side},
};

/// The height of a node's header.
pub(crate) const HEADER: f32 = 28.0;
/// The radius of a node's corners.
pub(crate) const RADIUS: f32 = 8.0;
/// The distance from pin to pin.
pub(crate) const PIN_SPACING: f32 = 20.0;
/// The distance from the header to the middle of the first pin.
const PIN_TOP: f32 = 14.0;
/// The space at the left and right of what is in a node.
pub(crate) const PADDING: f32 = 12.0;
/// The height of a line of the body.
pub(crate) const LINE: f32 = 16.0;
/// The side of a thumbnail.
pub(crate) const THUMBNAIL: f32 = 28.0;
/// The space between thumbnails.
pub(crate) const THUMBNAIL_GAP: f32 = 4.0;
/// The height of the progress bar.
pub(crate) const BAR: f32 = 3.0;

const MIN_WIDTH: f32 = 152.0;
const MAX_WIDTH: f32 = 320.0;

/// The heights at which the parts of a node begin, from its top.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rows {
    pub thumbnails: f32,
    pub body: f32,
    pub bar: f32,
    pub progress_line: f32,
    pub height: f32,
}

/// Where the parts of a node are.
pub(crate) fn rows(view: &NodeView) -> Rows {
    let pins = view.inputs.len().max(view.outputs.len()) as f32;
    let mut y = HEADER + if pins > 0.0 { 4.0 + pins * PIN_SPACING } else { 0.0 };
    let content = !(view.thumbnails.is_empty() && view.body.is_empty());
    y += if pins > 0.0 && content { 8.0 } else { 4.0 };
    let thumbnails = y;
    if !view.thumbnails.is_empty() {
        y += THUMBNAIL + 4.0;
    }
    let body = y;
    y += LINE * view.body.len() as f32;
    let running = matches!(view.state, NodeState::Running { .. });
    let bar = y + 5.0;
    if running {
        y += 5.0 + BAR + 4.0;
    }
    let progress_line = y;
    if !view.progress_line.is_empty() {
        y += LINE;
    }
    Rows { thumbnails, body, bar, progress_line, height: y + 8.0 }
}

/// Where a pin is from the top left corner of its node. A pin that the node does not have (the project is broken) sits
/// at the foot.
pub(crate) fn pin_offset(side: Side, index: u16, size: [f32; 2]) -> [f32; 2] {
    let y = HEADER + PIN_TOP + PIN_SPACING * f32::from(index);
    [if side == Side::Input { 0.0 } else { size[0] }, y.min(size[1])]
}

/// The advance of every character of one font.
#[derive(Clone, Debug)]
struct Advances {
    font: FontId,
    /// Those of ASCII, which is most of them.
    ascii: [f32; 128],
    others: HashMap<char, f32>,
}

impl Advances {
    fn new(font: FontId, fonts: &mut FontsView<'_>) -> Self {
        let mut ascii = [0.0; 128];
        for (code, advance) in (0u8..).zip(&mut ascii).skip(32) {
            *advance = fonts.glyph_width(&font, char::from(code));
        }
        Self { font, ascii, others: HashMap::new() }
    }

    fn width(&mut self, text: &str, fonts: &mut FontsView<'_>) -> f32 {
        let Self { font, ascii, others } = self;
        text.chars()
            .map(|c| match ascii.get(c as usize) {
                Some(advance) => *advance,
                None => *others.entry(c).or_insert_with(|| fonts.glyph_width(font, c)),
            })
            .sum()
    }
}

/// Measures nodes. Adds up advances instead of laying text out: a project of 10,000 nodes opens in milliseconds, and a
/// title that is kerned comes out no wider.
#[derive(Clone, Debug)]
pub(crate) struct Ruler {
    key: RulerKey,
    title: Advances,
    label: Advances,
    mono: Advances,
}

/// What a size depends on besides the node itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RulerKey {
    families: [FontFamily; 3],
    sizes: [f32; 3],
    pixels_per_point: f32,
}

impl RulerKey {
    pub(crate) fn new(style: &Style, pixels_per_point: f32) -> Self {
        Self {
            families: [style.semibold_family.clone(), style.family.clone(), style.mono_family.clone()],
            sizes: [style.title_size, style.label_size, style.mono_size],
            pixels_per_point,
        }
    }
}

impl Ruler {
    pub(crate) fn new(key: RulerKey, fonts: &mut FontsView<'_>) -> Self {
        let mut advances = |i: usize| Advances::new(FontId::new(key.sizes[i], key.families[i].clone()), fonts);
        let (title, label, mono) = (advances(0), advances(1), advances(2));
        Self { key, title, label, mono }
    }

    pub(crate) fn key(&self) -> &RulerKey {
        &self.key
    }

    /// The size of a node at zoom 1.
    pub(crate) fn size(&mut self, view: &NodeView, fonts: &mut FontsView<'_>) -> [f32; 2] {
        let icon = if view.icon.is_some() { 22.0 } else { 0.0 };
        let mut width = PADDING + icon + self.title.width(&view.title, fonts) + 8.0 + 16.0 + PADDING;
        for row in 0..view.inputs.len().max(view.outputs.len()) {
            let mut label = |pin: Option<&crate::PinView>| pin.map_or(0.0, |pin| self.label.width(&pin.label, fonts));
            let both = label(view.inputs.get(row)) + label(view.outputs.get(row));
            width = width.max(PADDING + both + 20.0 + PADDING);
        }
        let pieces = |ruler: &mut Self, texts: &[BodyText], fonts: &mut FontsView<'_>| -> f32 {
            texts
                .iter()
                .map(|piece| {
                    let advances = if piece.mono { &mut ruler.mono } else { &mut ruler.label };
                    advances.width(&piece.text, fonts) + PIECE_GAP
                })
                .sum()
        };
        for line in &view.body {
            let both = pieces(self, &line.left, fonts) + pieces(self, &line.right, fonts);
            width = width.max(PADDING + both + PADDING);
        }
        width = width.max(PADDING + self.mono.width(&view.progress_line, fonts) + PADDING);
        width = width.max(2.0 * PADDING + (THUMBNAIL + THUMBNAIL_GAP) * view.thumbnails.len() as f32 - THUMBNAIL_GAP);
        [grid_width(width), rows(view).height]
    }
}

/// The space between two pieces of text in a line of the body.
pub(crate) const PIECE_GAP: f32 = 6.0;

/// A width rounded up to the grid of 4, within limits.
fn grid_width(width: f32) -> f32 {
    ((width / 4.0).ceil() * 4.0).clamp(MIN_WIDTH, MAX_WIDTH)
}

/// A size good enough to cull and to fit by before the node has been measured.
pub(crate) fn guessed_size(view: &NodeView) -> [f32; 2] {
    [grid_width(60.0 + 7.0 * view.title.chars().count() as f32), rows(view).height]
}
