//! Where things are on a node and how large it is, in graph units (points at zoom 1). It draws nothing.

use egui::{FontFamily, FontId, epaint::text::FontsView};

use crate::{
    Style,
    hash::Map,
    view::{BodyText, NodeState, NodeView, PreviewRow, Side},
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
/// The height of a chart.
pub(crate) const CHART: f32 = 28.0;
/// The space between a strip of pictures and the one that comes after it in time.
pub(crate) const PAIR_GAP: f32 = 12.0;
/// The middle of the arrow that collapses a node, from its left edge; the room that the icon and the title leave to it;
/// and how much more a collapsed node leaves there beside its pin.
pub(crate) const CHEVRON: f32 = 10.0;
pub(crate) const CHEVRON_ROOM: f32 = 8.0;
pub(crate) const COLLAPSED_INDENT: f32 = 10.0;
/// No frame and no note becomes smaller, in graph units; and their edges go from line to line of this grid where nothing
/// else draws them.
pub(crate) const LEAST_SIZE: [f64; 2] = [96.0, 48.0];
pub(crate) const SIZE_STEP: f64 = 16.0;
/// The height of the progress bar.
pub(crate) const BAR: f32 = 3.0;

const MIN_WIDTH: f32 = 152.0;
const MAX_WIDTH: f32 = 320.0;

/// The heights at which the parts of a node begin, from its top.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rows {
    pub previews: f32,
    pub body: f32,
    pub bar: f32,
    pub progress_line: f32,
    pub height: f32,
}

/// Where the parts of a node are.
pub(crate) fn rows(view: &NodeView) -> Rows {
    let pins = view.inputs.len().max(view.outputs.len()) as f32;
    let mut y = HEADER + if pins > 0.0 { 4.0 + pins * PIN_SPACING } else { 0.0 };
    let content = !(view.previews.is_empty() && view.body.is_empty());
    y += if pins > 0.0 && content { 8.0 } else { 4.0 };
    let previews = y;
    y += view.previews.iter().map(|row| preview_height(row) + 4.0).sum::<f32>();
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
    Rows { previews, body, bar, progress_line, height: y + 8.0 }
}

/// The height of a row of pictures.
pub(crate) fn preview_height(row: &PreviewRow) -> f32 {
    match row {
        PreviewRow::Strip(_) => THUMBNAIL,
        PreviewRow::Pair { .. } => 2.0 * THUMBNAIL + PAIR_GAP,
        PreviewRow::Bars(_) => CHART,
    }
}

/// The width that a row of pictures would like to have.
fn preview_width(row: &PreviewRow) -> f32 {
    let strip = |count: usize| (THUMBNAIL + THUMBNAIL_GAP) * count as f32 - THUMBNAIL_GAP;
    match row {
        PreviewRow::Strip(pictures) => strip(pictures.len()),
        PreviewRow::Pair { before, after } => strip(before.len().max(after.len())),
        PreviewRow::Bars(_) => 0.0,
    }
}

/// Where a pin is from the top left corner of its node. A pin that the node does not have (the project is broken) sits
/// at the foot.
pub(crate) fn pin_offset(side: Side, index: u16, size: [f32; 2], collapsed: bool) -> [f32; 2] {
    let y = if collapsed { HEADER * 0.5 } else { HEADER + PIN_TOP + PIN_SPACING * f32::from(index) };
    let y = y.min(size[1]);
    [if side == Side::Input { 0.0 } else { size[0] }, y]
}

/// The advance of every character of one font.
#[derive(Clone, Debug)]
struct Advances {
    font: FontId,
    /// Those of ASCII, which is most of them.
    ascii: [f32; 128],
    others: Map<char, f32>,
}

impl Advances {
    fn new(font: FontId, fonts: &mut FontsView<'_>) -> Self {
        let mut ascii = [0.0; 128];
        for (code, advance) in (0u8..).zip(&mut ascii).skip(32) {
            *advance = fonts.glyph_width(&font, char::from(code));
        }
        Self { font, ascii, others: Map::default() }
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
        if let Some(size) = view.form.size() {
            return sane_size(size);
        }
        let icon = if view.icon.is_some() { 22.0 } else { 0.0 };
        let mut width = PADDING + icon + self.title.width(&view.title, fonts) + 8.0 + 16.0 + PADDING;
        if view.muted || view.bypassed {
            width += 20.0;
        }
        if view.collapsible {
            width += CHEVRON_ROOM;
        }
        if view.collapsed {
            return [grid_width(width + 2.0 * COLLAPSED_INDENT), HEADER];
        }
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
        for row in &view.previews {
            width = width.max(2.0 * PADDING + preview_width(row));
        }
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
    if let Some(size) = view.form.size() {
        return sane_size(size);
    }
    if view.collapsed {
        return [grid_width(80.0 + 7.0 * view.title.chars().count() as f32), HEADER];
    }
    [grid_width(60.0 + 7.0 * view.title.chars().count() as f32), rows(view).height]
}

/// The size of a frame or a note that can be reckoned with, whatever the file said.
fn sane_size(size: [f32; 2]) -> [f32; 2] {
    const MOST: f32 = 1.0e6;
    [0, 1].map(|axis| {
        let least = LEAST_SIZE[axis] as f32;
        if size[axis].is_finite() { size[axis].clamp(least, MOST) } else { least }
    })
}
