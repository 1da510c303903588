//! Draws one node. Text is laid out in half-point sizes, which egui keeps, and everything begins on a whole pixel.

use egui::{
    Color32, CornerRadius, FontFamily, FontId, Pos2, Rect, Shadow, Shape, Stroke, StrokeKind, Vec2,
    epaint::{PathShape, RectShape, text::FontsView},
    pos2,
    text::{LayoutJob, TextWrapping},
    vec2,
};

use crate::{
    CanvasState, LevelOfDetail, Scene, Style, Target,
    geometry::{self, BAR, HEADER, LINE, PADDING, PIECE_GAP, RADIUS, THUMBNAIL, THUMBNAIL_GAP},
    view::{BodyText, NodeState, NodeView, PinId, PinShape, Side},
};

/// The radius of a pin at zoom 1.
const PIN_RADIUS: f32 = 5.0;
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
        Self { scene, state, style, fonts, shapes, pixels_per_point, zoom, time_s, turning: false, strength: 1.0 }
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
        self.strength = if view.muted { 0.5 } else { 1.0 };
        self.frame(view, rect, level, selected, hovered == Some(Target::Node(view.id)));
        self.header(view, rect);
        if level == LevelOfDetail::Full {
            self.body(view, rect);
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
        // The tint lies over the node's own colour, so that nothing shines through a header.
        let header = Rect::from_min_size(rect.min, vec2(rect.width(), HEADER * self.zoom));
        let tint = style.node.lerp_to_gamma(view.color, if view.muted { 0.09 } else { 0.18 });
        let fill = RectShape::filled(rect, corners, style.node);
        self.shapes.push(fill.into());
        let top = CornerRadius { nw: radius, ne: radius, sw: 0, se: 0 };
        self.shapes.push(Shape::rect_filled(header, top, tint));
        self.shapes.push(Shape::rect_stroke(rect, corners, edge, StrokeKind::Inside));
    }

    fn header(&mut self, view: &NodeView, rect: Rect) {
        let style = self.style;
        let z = self.zoom;
        let middle = rect.min.y + HEADER * 0.5 * z;
        let mut left = rect.min.x + PADDING * z;
        if let Some(icon) = view.icon {
            let at = pos2(left + style.icon_size * 0.5 * z, middle);
            let color = self.tone(view.color);
            self.glyph(icon, &style.icon_family, at, color);
            left += 22.0 * z;
        }
        let mut right = rect.max.x - PADDING * z;
        if view.state != NodeState::None {
            self.state_icon(view.state, pos2(right - 8.0 * z, middle));
            right -= 20.0 * z;
        }
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
        let mut left = inner.min.x;
        for &texture in &view.thumbnails {
            let at = pos2(left, rect.min.y + rows.thumbnails * z);
            let thumbnail = Rect::from_min_size(at, Vec2::splat(THUMBNAIL * z));
            if thumbnail.max.x > inner.max.x + 1.0 {
                break;
            }
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            let picture = RectShape::filled(thumbnail, CornerRadius::same(2), self.tone(Color32::WHITE));
            self.shapes.push(picture.with_texture(texture, whole).into());
            left += (THUMBNAIL + THUMBNAIL_GAP) * z;
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
        if let NodeState::Running { progress } = view.state {
            let track = Rect::from_min_size(
                pos2(inner.min.x, rect.min.y + rows.bar * z),
                vec2(inner.width(), (BAR * z).max(2.0)),
            );
            self.shapes.push(Shape::rect_filled(track, 1.5, self.tone(style.strong)));
            if let Some(progress) = progress.filter(|progress| progress.is_finite()) {
                let mut done = track;
                done.set_width(track.width() * progress.clamp(0.0, 1.0));
                self.shapes.push(Shape::rect_filled(done, 1.5, self.tone(style.run)));
            }
        }
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
        for (side, full) in [Side::Input, Side::Output].into_iter().zip(full) {
            for ((index, pin), full) in (0u16..).zip(view.pins(side)).zip(full) {
                let id = PinId { node: view.id, side, index };
                let at = min + Vec2::from(geometry::pin_offset(side, index, size)) * z;
                let fits = fits(id);
                let strength = if fits { 1.0 } else { 0.25 };
                let color = self.tone(pin.color).gamma_multiply(strength);
                let radius = (PIN_RADIUS * z).max(2.0) * if hovered == Some(Target::Pin(id)) { 1.3 } else { 1.0 };
                self.pin(pin.shape, at, radius, color, full);
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

    fn pin(&mut self, shape: PinShape, at: Pos2, radius: f32, color: Color32, full: bool) {
        let (fill, stroke) = if full {
            (color, Stroke::NONE)
        } else {
            (self.style.node, Stroke::new((1.5 * self.zoom).clamp(1.0, 2.0), color))
        };
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

    fn state_icon(&mut self, state: NodeState, at: Pos2) {
        let style = self.style;
        let icons = style.icons;
        let r = 6.0 * self.zoom;
        let (icon, color) = match state {
            NodeState::None => return,
            NodeState::Running { .. } => return self.turning_circle(at, r),
            NodeState::Waiting => (icons.waiting, style.cached),
            NodeState::Done => (icons.done, style.ok),
            NodeState::Cached => (icons.cached, style.cached),
            NodeState::Failed => (icons.failed, style.error),
            NodeState::Stopped => (icons.stopped, style.muted),
            NodeState::Skipped => (icons.skipped, style.faint),
            NodeState::Problem(severity) => (icons.problem, style.severity(severity)),
        };
        let color = self.tone(color);
        if let Some(icon) = icon {
            self.glyph(icon, &style.icon_fill_family, at, color);
            return;
        }
        let pen = Stroke::new((1.5 * self.zoom).max(1.0), color);
        let hole = Stroke::new(pen.width, style.node);
        let point = |x: f32, y: f32| at + vec2(x, y) * r;
        let line = |points: &[[f32; 2]], stroke: Stroke| {
            Shape::line(points.iter().map(|&[x, y]| point(x, y)).collect(), stroke)
        };
        match state {
            NodeState::Waiting => {
                self.shapes.push(Shape::circle_stroke(at, r, pen));
                self.shapes.push(line(&[[0.0, -0.6], [0.0, 0.0], [0.45, 0.0]], pen));
            }
            NodeState::Done => {
                self.shapes.push(Shape::circle_filled(at, r, color));
                self.shapes.push(line(&[[-0.45, 0.0], [-0.1, 0.35], [0.45, -0.3]], hole));
            }
            NodeState::Cached => {
                let left = [[0.25, -1.1], [-0.65, 0.2], [0.1, 0.2]];
                let right = [[-0.25, 1.1], [0.65, -0.2], [-0.1, -0.2]];
                for half in [left, right] {
                    let points = half.iter().map(|&[x, y]| point(x, y)).collect();
                    self.shapes.push(Shape::convex_polygon(points, color, Stroke::NONE));
                }
            }
            NodeState::Failed => {
                self.shapes.push(Shape::circle_filled(at, r, color));
                self.shapes.push(line(&[[-0.35, -0.35], [0.35, 0.35]], hole));
                self.shapes.push(line(&[[0.35, -0.35], [-0.35, 0.35]], hole));
            }
            NodeState::Stopped => {
                let square = Rect::from_center_size(at, Vec2::splat(r * 1.5));
                self.shapes.push(Shape::rect_filled(square, 1.0, color));
            }
            NodeState::Skipped => self.shapes.push(line(&[[-0.7, 0.0], [0.7, 0.0]], pen)),
            NodeState::Problem(_) => {
                self.shapes.push(Shape::circle_filled(at, r, color));
                self.shapes.push(line(&[[0.0, -0.55], [0.0, 0.1]], hole));
                self.shapes.push(Shape::circle_filled(point(0.0, 0.5), hole.width * 0.6, hole.color));
            }
            NodeState::None | NodeState::Running { .. } => {}
        }
    }

    /// An open circle that turns once a second, or stands still where motion is not wanted.
    fn turning_circle(&mut self, at: Pos2, radius: f32) {
        const PARTS: usize = 20;
        self.turning = true;
        let begin = if self.style.reduced_motion { 0.0 } else { self.time_s.fract() as f32 };
        let points = (0..=PARTS)
            .map(|part| {
                let angle = (begin + 0.75 * part as f32 / PARTS as f32) * std::f32::consts::TAU;
                at + Vec2::angled(angle) * radius
            })
            .collect();
        let stroke = Stroke::new((1.8 * self.zoom).max(1.0), self.tone(self.style.run));
        self.shapes.push(Shape::line(points, stroke));
    }

    fn glyph(&mut self, icon: char, family: &FontFamily, at: Pos2, color: Color32) {
        let size = self.style.icon_size;
        let mut buffer = [0; 4];
        self.text(Anchor::Center(at), icon.encode_utf8(&mut buffer), (family, size), color, f32::INFINITY);
    }

    /// Draws one line of text, cut short with an ellipsis if it does not fit, and gives its width.
    fn text(
        &mut self,
        anchor: Anchor,
        text: &str,
        (family, size): (&FontFamily, f32),
        color: Color32,
        room: f32,
    ) -> f32 {
        let size = half_points(size * self.zoom);
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
