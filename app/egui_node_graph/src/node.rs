//! Draws one node. Text is laid out in half-point sizes, which egui keeps, and everything begins on a whole pixel.

mod icons;
mod preview;
mod sheet;

use egui::{
    Color32, CornerRadius, FontFamily, FontId, Pos2, Rect, Shadow, Shape, Stroke, StrokeKind, Vec2,
    epaint::{PathShape, RectShape, text::FontsView},
    pos2,
    text::{LayoutJob, TextWrapping},
    vec2,
};

use crate::{
    CanvasState, LevelOfDetail, Scene, Style, Target,
    geometry::{self, BAR, CHEVRON_ROOM, COLLAPSED_INDENT, HEADER, LINE, PADDING, PIECE_GAP, RADIUS},
    interact::{chevron_at, chevron_offset},
    view::{BodyText, NodeState, NodeView, PinId, PinShape, Side},
};

/// The radius of a pin at zoom 1.
const PIN_RADIUS: f32 = 5.0;
/// The room between the edge of a note and its content, in points at zoom 1.
pub(crate) const NOTE_MARGIN: f32 = 12.0;
/// How far the lower sheets of a stack stick out, at zoom 1.
const STACK_STEP: f32 = 4.0;
/// Smaller text is not drawn: nobody could read it.
const LEAST_TEXT: f32 = 3.0;

/// A size of text that is a multiple of half a point.
pub(crate) fn half_points(size: f32) -> f32 {
    (size * 2.0).round() * 0.5
}

/// Draws nodes into a list of shapes.
pub(crate) struct Pencil<'a, 'f> {
    scene: &'a Scene,
    state: &'a CanvasState,
    style: &'a Style,
    fonts: &'a mut FontsView<'f>,
    shapes: &'a mut Vec<Shape>,
    pixels_per_point: f32,
    zoom: f32,
    time_s: f64,
    pointer: Option<Pos2>,
    /// A circle was drawn that turns.
    pub turning: bool,
    /// How strong everything is drawn: less for a node that takes no part.
    strength: f32,
}

/// Where a piece of text goes: its left or right end, and the middle of its height.
#[derive(Clone, Copy)]
enum Anchor {
    Left(Pos2),
    Right(Pos2),
    Center(Pos2),
}

impl<'a, 'f> Pencil<'a, 'f> {
    pub(crate) fn new(
        scene: &'a Scene,
        state: &'a CanvasState,
        style: &'a Style,
        fonts: &'a mut FontsView<'f>,
        pixels_per_point: f32,
        time_s: f64,
        shapes: &'a mut Vec<Shape>,
    ) -> Self {
        let zoom = state.zoom() as f32;
        let pointer = None;
        Self {
            pointer,
            scene,
            state,
            style,
            fonts,
            shapes,
            pixels_per_point,
            zoom,
            time_s,
            turning: false,
            strength: 1.0,
        }
    }

    /// The same, knowing where the pointer is.
    pub(crate) fn with_pointer(self, pointer: Option<Pos2>) -> Self {
        Self { pointer, ..self }
    }

    fn tone(&self, color: Color32) -> Color32 {
        if self.strength < 1.0 { color.gamma_multiply(self.strength) } else { color }
    }

    /// Draws the node in a slot. `fits` says whether a pin takes the wire in hand.
    pub(crate) fn node(
        &mut self,
        slot: u32,
        level: LevelOfDetail,
        hovered: Option<Target>,
        fits: &dyn Fn(PinId) -> bool,
    ) {
        let scene = self.scene;
        let Some(view) = scene.view(slot) else { return };
        let node = &scene.boxes[slot as usize];
        let min = self.state.to_pixel(node.pos, self.pixels_per_point);
        let rect = Rect::from_min_size(min, Vec2::from(node.size) * self.zoom);
        let selected = self.state.scratch.selected.get(slot as usize).copied().unwrap_or_default();
        self.strength = match (view.muted || view.left_out, view.bypassed) {
            (true, _) => 0.5,
            (_, true) => 0.75,
            _ => 1.0,
        };
        let over = hovered == Some(Target::Node(view.id));
        self.frame(view, rect, level, selected, over);
        if view.bypassed {
            self.pass_through(view, min, node.size);
        }
        self.header(view, rect);
        if level == LevelOfDetail::Full {
            if view.collapsible {
                self.chevron(view, rect, over);
            }
            if view.collapsed {
                self.progress(view, rect.shrink2(vec2(RADIUS * self.zoom, 0.0)), rect.max.y - (BAR + 1.0) * self.zoom);
            } else {
                self.body(view, rect);
            }
        }
        self.pins(slot, view, min, level, hovered, fits);
    }

    fn frame(&mut self, view: &NodeView, rect: Rect, level: LevelOfDetail, selected: bool, hovered: bool) {
        let style = self.style;
        let radius = (RADIUS * self.zoom).round().min(64.0) as u8;
        let corners = CornerRadius::same(radius);
        let focused = self.state.focused_node == Some(view.id);
        if level == LevelOfDetail::Full {
            let shadow = Shadow { offset: [0, 2], blur: 8, spread: 0, color: style.shadow };
            self.shapes.push(shadow.as_shape(rect, corners).into());
        }
        if selected || focused {
            let halo = Stroke::new(3.0, style.accent.gamma_multiply(if focused { 0.6 } else { 0.3 }));
            let halo_corners = CornerRadius::same(radius.saturating_add(2));
            self.shapes.push(Shape::rect_stroke(rect, halo_corners, halo, StrokeKind::Outside));
        }
        let edge = match view.state {
            _ if selected => style.accent,
            _ if view.critical => style.critical,
            NodeState::Failed => style.error,
            NodeState::Problem(severity) => style.severity(severity),
            _ if hovered => style.strong,
            _ => style.border,
        };
        let edge = Stroke::new(if view.critical && !selected { 2.0 } else { 1.0 }, self.tone(edge));
        if view.enterable {
            self.stack(rect, corners);
        }
        // The tint lies over the node's own colour, so that nothing shines through a header.
        let header = Rect::from_min_size(rect.min, vec2(rect.width(), HEADER * self.zoom));
        let ground = if view.bypassed { style.node.lerp_to_gamma(style.bypassed, 0.08) } else { style.node };
        let tint = match (view.muted || view.left_out, view.bypassed) {
            (true, _) => style.node.lerp_to_gamma(view.color, 0.09),
            (_, true) => style.node.lerp_to_gamma(style.bypassed, 0.2),
            _ => style.node.lerp_to_gamma(view.color, 0.18),
        };
        let fill = RectShape::filled(rect, corners, ground);
        self.shapes.push(fill.into());
        let top = if view.collapsed { corners } else { CornerRadius { nw: radius, ne: radius, sw: 0, se: 0 } };
        self.shapes.push(Shape::rect_filled(header, top, tint));
        self.shapes.push(Shape::rect_stroke(rect, corners, edge, StrokeKind::Inside));
    }

    fn header(&mut self, view: &NodeView, rect: Rect) {
        let style = self.style;
        let z = self.zoom;
        let middle = rect.min.y + HEADER * 0.5 * z;
        let indent = if view.collapsed { COLLAPSED_INDENT } else { 0.0 };
        let arrow = if view.collapsible { CHEVRON_ROOM } else { 0.0 };
        let mut left = rect.min.x + (PADDING + indent + arrow) * z;
        if let Some(icon) = view.icon {
            let at = pos2(left + style.icon_size * 0.5 * z, middle);
            let color = self.tone(view.color);
            self.glyph(icon, &style.icon_family, at, color);
            left += 22.0 * z;
        }
        let right = self.icons(view, rect.max.x - (PADDING + indent * 0.5) * z, middle);
        let color = self.tone(style.text);
        self.text(
            Anchor::Left(pos2(left, middle)),
            &view.title,
            (&style.semibold_family, style.title_size),
            color,
            right - left,
        );
    }

    fn body(&mut self, view: &NodeView, rect: Rect) {
        let style = self.style;
        let z = self.zoom;
        let rows = geometry::rows(view);
        let inner = rect.shrink2(vec2(PADDING * z, 0.0));
        let mut top = rect.min.y + rows.previews * z;
        for row in &view.previews {
            let height = geometry::preview_height(row) * z;
            self.preview(row, Rect::from_x_y_ranges(inner.x_range(), top..=top + height));
            top += height + 4.0 * z;
        }
        let mut middle = rect.min.y + (rows.body + LINE * 0.5) * z;
        for line in &view.body {
            let mut right = inner.max.x;
            for piece in line.right.iter().rev() {
                right -= self.piece(Anchor::Right(pos2(right, middle)), piece, right - inner.min.x);
            }
            let mut left = inner.min.x;
            for piece in &line.left {
                left += self.piece(Anchor::Left(pos2(left, middle)), piece, right - left);
            }
            middle += LINE * z;
        }
        self.progress(view, inner, rect.min.y + rows.bar * z);
        if !view.progress_line.is_empty() {
            let at = pos2(inner.min.x, rect.min.y + (rows.progress_line + LINE * 0.5) * z);
            let color = self.tone(style.muted);
            self.text(
                Anchor::Left(at),
                &view.progress_line,
                (&style.mono_family, style.mono_size),
                color,
                inner.width(),
            );
        }
    }

    /// The bar of a node that runs, as wide as `inner`.
    fn progress(&mut self, view: &NodeView, inner: Rect, top: f32) {
        let style = self.style;
        let NodeState::Running { progress } = view.state else { return };
        let track = Rect::from_min_size(pos2(inner.min.x, top), vec2(inner.width(), (BAR * self.zoom).max(2.0)));
        self.shapes.push(Shape::rect_filled(track, 1.5, self.tone(style.strong)));
        if let Some(progress) = progress.filter(|progress| progress.is_finite()) {
            let mut done = track;
            done.set_width(track.width() * progress.clamp(0.0, 1.0));
            self.shapes.push(Shape::rect_filled(done, 1.5, self.tone(style.run)));
        }
    }

    /// Two more sheets under a node that can be entered.
    fn stack(&mut self, rect: Rect, corners: CornerRadius) {
        let step = STACK_STEP * self.zoom;
        let edge = Stroke::new(1.0, self.tone(self.style.strong));
        let fill = self.style.node.lerp_to_gamma(self.style.canvas, 0.4);
        for below in [2.0, 1.0] {
            let sheet = rect.translate(vec2(0.0, below * step)).shrink2(vec2(below * step, 0.0));
            self.shapes.push(RectShape::new(sheet, corners, fill, edge, StrokeKind::Inside).into());
        }
    }

    /// A line across a node that is passed by, from its first input to its first output.
    fn pass_through(&mut self, view: &NodeView, min: Pos2, size: [f32; 2]) {
        let (Some(input), Some(_)) = (view.inputs.first(), view.outputs.first()) else { return };
        let end = |side| min + Vec2::from(geometry::pin_offset(side, 0, size, view.collapsed)) * self.zoom;
        let (from, to) = (end(Side::Input), end(Side::Output));
        let stroke = Stroke::new((2.0 * self.zoom).max(1.0), input.color.gamma_multiply(0.6));
        if view.collapsed {
            self.shapes.push(Shape::line_segment([from, to], stroke));
            return;
        }
        // Between the header and the labels of the pins, so that it strikes nothing through.
        let lane = min.y + (HEADER + 3.0) * self.zoom;
        let inset = PADDING * self.zoom;
        let corners = [pos2(from.x + inset, lane), pos2(to.x - inset, lane)];
        self.shapes.push(Shape::line(vec![from, corners[0], corners[1], to], stroke));
    }

    /// The arrow that collapses a node, or expands it.
    fn chevron(&mut self, view: &NodeView, rect: Rect, over: bool) {
        let at = rect.min + Vec2::from(chevron_offset(view.collapsed)) * self.zoom;
        let pointer = self.pointer.filter(|_| over);
        let under =
            pointer.is_some_and(|pos| chevron_at(self.scene, self.state, pos, Target::Node(view.id)) == Some(view.id));
        let color = if under { self.style.text } else { self.style.muted };
        let arm = 2.8 * self.zoom;
        let points = match view.collapsed {
            true => [vec2(-0.5, -1.0), vec2(0.6, 0.0), vec2(-0.5, 1.0)],
            false => [vec2(-1.0, -0.5), vec2(0.0, 0.6), vec2(1.0, -0.5)],
        };
        let points = points.map(|point| at + point * arm).to_vec();
        self.shapes.push(Shape::line(points, Stroke::new((1.4 * self.zoom).max(1.0), self.tone(color))));
    }

    /// Draws a piece of body text and says how much room it took.
    fn piece(&mut self, anchor: Anchor, piece: &BodyText, room: f32) -> f32 {
        let style = self.style;
        let font = if piece.mono { (&style.mono_family, style.mono_size) } else { (&style.family, style.label_size) };
        let color = self.tone(style.role(piece.role));
        self.text(anchor, &piece.text, font, color, room) + PIECE_GAP * self.zoom
    }

    fn pins(
        &mut self,
        slot: u32,
        view: &NodeView,
        min: Pos2,
        level: LevelOfDetail,
        hovered: Option<Target>,
        fits: &dyn Fn(PinId) -> bool,
    ) {
        let style = self.style;
        let z = self.zoom;
        let size = self.scene.boxes[slot as usize].size;
        let full = self.scene.connected(slot);
        if view.collapsed {
            for (side, full) in [Side::Input, Side::Output].into_iter().zip(full) {
                self.merged_pins(view, side, min, size, full.contains(&true), hovered, fits);
            }
            return;
        }
        for (side, full) in [Side::Input, Side::Output].into_iter().zip(full) {
            for ((index, pin), full) in (0u16..).zip(view.pins(side)).zip(full) {
                let id = PinId { node: view.id, side, index };
                let at = min + Vec2::from(geometry::pin_offset(side, index, size, false)) * z;
                let fits = fits(id);
                let strength = if fits { 1.0 } else { 0.25 };
                let color = self.tone(pin.color).gamma_multiply(strength);
                let radius = (PIN_RADIUS * z).max(2.0) * if hovered == Some(Target::Pin(id)) { 1.3 } else { 1.0 };
                self.pin(pin.shape, at, radius, color, full);
                self.focus_ring(id, at, radius);
                if level != LevelOfDetail::Full {
                    continue;
                }
                let inset = PADDING * z;
                let opposite = if side == Side::Input { &view.outputs } else { &view.inputs };
                // Alone in its row a label may have the whole width.
                let alone = opposite.get(usize::from(index)).is_none_or(|pin| pin.label.is_empty());
                let room = (size[0] * z - 2.0 * inset) * if alone { 1.0 } else { 0.62 };
                let anchor = match side {
                    Side::Input => Anchor::Left(pos2(at.x + inset, at.y)),
                    Side::Output => Anchor::Right(pos2(at.x - inset, at.y)),
                };
                let color = self.tone(style.muted).gamma_multiply(if fits { 1.0 } else { 0.4 });
                self.text(anchor, &pin.label, (&style.family, style.label_size), color, room);
            }
        }
    }

    /// All pins of a side of a collapsed node in one place: the only one as it is, more of them as an upright bar.
    #[allow(clippy::too_many_arguments, reason = "what a pin is drawn from")]
    fn merged_pins(
        &mut self,
        view: &NodeView,
        side: Side,
        min: Pos2,
        size: [f32; 2],
        full: bool,
        hovered: Option<Target>,
        fits: &dyn Fn(PinId) -> bool,
    ) {
        let pins = view.pins(side);
        let Some(first) = pins.first() else { return };
        let ids = || (0u16..).zip(pins).map(|(index, _)| PinId { node: view.id, side, index });
        let at = min + Vec2::from(geometry::pin_offset(side, 0, size, true)) * self.zoom;
        let over = ids().any(|id| hovered == Some(Target::Pin(id)));
        let radius = (PIN_RADIUS * self.zoom).max(2.0) * if over { 1.3 } else { 1.0 };
        let color = self.tone(first.color).gamma_multiply(if ids().any(fits) { 1.0 } else { 0.25 });
        if pins.len() == 1 {
            self.pin(first.shape, at, radius, color, full);
        } else {
            let bar = Rect::from_center_size(at, vec2(1.4, 2.8) * radius);
            let (fill, stroke) = self.pin_paint(color, full);
            let corners = CornerRadius::same((0.7 * radius).min(64.0) as u8);
            self.shapes.push(RectShape::new(bar, corners, fill, stroke, StrokeKind::Middle).into());
        }
        for id in ids() {
            self.focus_ring(id, at, radius);
        }
    }

    /// A ring around the pin with the keyboard focus.
    fn focus_ring(&mut self, pin: PinId, at: Pos2, radius: f32) {
        if self.state.focused_pin == Some(pin) {
            let ring = Stroke::new(2.0, self.style.accent);
            self.shapes.push(Shape::circle_stroke(at, radius + 4.0, ring));
        }
    }

    /// A pin is full where a wire ends, and hollow elsewhere.
    fn pin_paint(&self, color: Color32, full: bool) -> (Color32, Stroke) {
        if full {
            (color, Stroke::NONE)
        } else {
            (self.style.node, Stroke::new((1.5 * self.zoom).clamp(1.0, 2.0), color))
        }
    }

    fn pin(&mut self, shape: PinShape, at: Pos2, radius: f32, color: Color32, full: bool) {
        let (fill, stroke) = self.pin_paint(color, full);
        let corners =
            |offsets: &[[f32; 2]]| -> Vec<Pos2> { offsets.iter().map(|&[x, y]| at + vec2(x, y) * radius).collect() };
        let polygon = |points: Vec<Pos2>| Shape::Path(PathShape::convex_polygon(points, fill, stroke));
        let shape = match shape {
            PinShape::Circle => Shape::Circle(egui::epaint::CircleShape { center: at, radius, fill, stroke }),
            PinShape::Diamond => polygon(corners(&[[0.0, -1.2], [1.2, 0.0], [0.0, 1.2], [-1.2, 0.0]])),
            PinShape::Triangle => polygon(corners(&[[-0.9, -1.15], [1.25, 0.0], [-0.9, 1.15]])),
            PinShape::Square => polygon(corners(&[[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]])),
        };
        self.shapes.push(shape);
    }

    fn glyph(&mut self, icon: char, family: &FontFamily, at: Pos2, color: Color32) {
        let size = self.style.icon_size;
        let mut buffer = [0; 4];
        self.text(Anchor::Center(at), icon.encode_utf8(&mut buffer), (family, size), color, f32::INFINITY);
    }

    /// Draws one line of text, cut short with an ellipsis if it does not fit, and gives its width. The size is at zoom 1.
    fn text(
        &mut self,
        anchor: Anchor,
        text: &str,
        (family, size): (&FontFamily, f32),
        color: Color32,
        room: f32,
    ) -> f32 {
        self.line(anchor, text, (family, size * self.zoom), color, room)
    }

    /// The same in a size on the screen.
    fn line(
        &mut self,
        anchor: Anchor,
        text: &str,
        (family, size): (&FontFamily, f32),
        color: Color32,
        room: f32,
    ) -> f32 {
        let size = half_points(size);
        if text.is_empty() || size < LEAST_TEXT || room < size {
            return 0.0;
        }
        let job = |wrap: TextWrapping| LayoutJob {
            wrap,
            ..LayoutJob::simple_singleline(text.to_owned(), FontId::new(size, family.clone()), Color32::PLACEHOLDER)
        };
        // Cut only what is too long: a limit belongs to what egui keeps a layout by, and changes with every step of the
        // zoom. The size is rounded up by at most a quarter of a point, which is no reason to cut.
        let mut galley = self.fonts.layout_job(job(TextWrapping::no_max_width()));
        if galley.size().x > room * (1.0 + 0.3 / size) + 1.0 {
            galley = self.fonts.layout_job(job(TextWrapping::truncate_at_width(room)));
        }
        let extent = galley.size();
        let min = match anchor {
            Anchor::Left(at) => pos2(at.x, at.y - extent.y * 0.5),
            Anchor::Right(at) => pos2(at.x - extent.x, at.y - extent.y * 0.5),
            Anchor::Center(at) => at - extent * 0.5,
        };
        self.shapes.push(Shape::galley(min, galley, color));
        extent.x
    }
}
