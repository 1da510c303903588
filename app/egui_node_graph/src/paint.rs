//! Draws the canvas: ground, wires, and the gesture that is going on. It changes nothing but buffers.

use std::sync::Arc;

use egui::{
    Color32, CornerRadius, FontId, Mesh, Pos2, Rect, Shape, Stroke, Ui, UiBuilder, epaint::text::FontsView, vec2,
};

use crate::{
    CanvasState, LevelOfDetail, NotePainter, Rules, Scene, Style, Target,
    gesture::{CutStroke, Gesture, StrokeKind, WireDrag},
    mesh,
    node::{self, Pencil},
    route::Route,
    scene::Layer,
    snap::Guide,
    view::{NodeId, PinId, Side, WireId, WireStyle, WireView},
};

/// The width of a wire, and of one through which data flow, in points at zoom 1.
const WIRE_WIDTH: f32 = 2.0;
const ACTIVE_WIRE_WIDTH: f32 = 3.0;
/// The length of a dash and of the gap after it, in points.
const DASH: f32 = 5.0;
const DASH_GAP: f32 = 4.0;
/// How far a line of alignment goes on past what it joins, in points.
const GUIDE_OVER: f32 = 10.0;
/// The radius of a point of a wire, in points at zoom 1.
const VIA_RADIUS: f32 = 4.0;
/// More dashes than this in one wire are drawn as a line.
const MOST_DASHES: usize = 2000;

/// Draws the canvas, and says how many nodes and wires were in view. Afterwards the nodes in view stand in the scratch
/// buffer of the state, lowest first.
#[allow(clippy::too_many_arguments, reason = "one frame's worth of context")]
pub(crate) fn paint(
    ui: &mut Ui,
    rect: Rect,
    scene: &Scene,
    state: &mut CanvasState,
    style: &Style,
    rules: &dyn Rules,
    hovered: Option<Target>,
    note: Option<&mut NotePainter<'_>>,
) -> (usize, usize) {
    let level = state.level_of_detail();
    state.mark_selected(scene);
    let mut nodes = std::mem::take(&mut state.scratch.nodes);
    let mut wires = std::mem::take(&mut state.scratch.wires);
    // A little more than what is seen: shadows, halos and pins reach over the edge of a node.
    let view = state.view_bounds().expand(12.0 / state.zoom().min(1.0));
    scene.query_nodes(&view, &mut nodes);
    scene.query_wires(&view, &mut wires);

    // Taken out, because asking the rules fills the drag's memory of what they said.
    let mut gesture = std::mem::take(&mut state.gesture);
    let mut shapes = vec![Shape::rect_filled(rect, 0.0, style.canvas)];
    add_mesh(&mut shapes, mesh::dots(state, style).into());
    // The nodes drawn one by one.
    let mut near = kept_nodes(scene, state, &gesture);
    if level == LevelOfDetail::Far {
        if let Gesture::Cut(stroke) = &mut gesture
            && stroke.kind == StrokeKind::Cut
        {
            mesh::mark_crossed(stroke, scene, state, style);
        }
        let mesh = mesh::far(scene, state, style, &nodes, &wires);
        add_mesh(&mut shapes, mesh);
        ui.ctx().fonts_mut(|fonts| {
            let mut pencil = Pencil::new(scene, state, style, fonts, ui.pixels_per_point(), 0.0, &mut shapes);
            for &slot in nodes.iter().filter(|&&slot| scene.boxes[slot as usize].layer == Layer::Frame) {
                pencil.far_title(slot);
            }
        });
        near.retain(|&slot| scene.boxes[slot as usize].layer == Layer::Node);
    } else {
        near.retain(|slot| !nodes.contains(slot));
        nodes.append(&mut near);
        nodes.sort_unstable_by_key(|&slot| scene.boxes[slot as usize].rank());
        let beneath = nodes.partition_point(|&slot| scene.boxes[slot as usize].layer != Layer::Node);
        near.extend_from_slice(&nodes[beneath..]);
        sheets(ui, rect, scene, state, style, &nodes[..beneath], hovered, note, &mut shapes);
        let wiring = Wiring { scene, state, style, gesture: &gesture, rect, hovered };
        for &slot in &wires {
            wiring.wire(slot, &mut shapes);
        }
    }

    if let Gesture::Wire(drag) = &mut gesture {
        for &slot in &near {
            ask_rules(scene, slot, drag, rules);
        }
    }
    let fits = |pin: PinId| match &gesture {
        Gesture::Wire(drag) => drag.fixed.contains(&pin) || drag.verdicts.get(&pin).is_none_or(Result::is_ok),
        _ => true,
    };
    let (time_s, pointer) = ui.input(|i| (i.time, i.pointer.latest_pos()));
    let turning = ui.ctx().fonts_mut(|fonts| {
        let mut pencil =
            Pencil::new(scene, state, style, fonts, ui.pixels_per_point(), time_s, &mut shapes).with_pointer(pointer);
        for &slot in &near {
            pencil.node(slot, level, hovered, &fits);
        }
        let turning = pencil.turning;
        if level == LevelOfDetail::Full {
            let wiring = Wiring { scene, state, style, gesture: &gesture, rect, hovered };
            for &slot in &wires {
                wiring.label(slot, fonts, &mut shapes);
            }
        }
        turning
    });
    Wiring { scene, state, style, gesture: &gesture, rect, hovered }.gesture(level, &mut shapes);
    state.gesture = gesture;
    if turning && !style.reduced_motion {
        // Twenty times a second is enough for a circle, and leaves the processor to what runs.
        ui.ctx().request_repaint_after_secs(0.05);
    }
    ui.painter_at(rect).extend(shapes);
    let counts = (nodes.len(), wires.len());
    state.scratch.nodes = nodes;
    state.scratch.wires = wires;
    counts
}

/// Draws frames and notes, the lowest first.
#[allow(clippy::too_many_arguments, reason = "one frame's worth of context")]
fn sheets(
    ui: &mut Ui,
    rect: Rect,
    scene: &Scene,
    state: &CanvasState,
    style: &Style,
    slots: &[u32],
    hovered: Option<Target>,
    mut note: Option<&mut NotePainter<'_>>,
    shapes: &mut Vec<Shape>,
) {
    let level = state.level_of_detail();
    for &slot in slots {
        let node = &scene.boxes[slot as usize];
        let Some(view) = scene.view(slot) else { continue };
        let painter = note.as_mut().filter(|_| level == LevelOfDetail::Full && node.layer == Layer::Note);
        let sheet = ui.ctx().fonts_mut(|fonts| {
            let mut pencil = Pencil::new(scene, state, style, fonts, ui.pixels_per_point(), 0.0, shapes);
            pencil.sheet(slot, level, hovered, painter.is_none())
        });
        let Some(painter) = painter else { continue };
        let room = sheet.shrink(node::NOTE_MARGIN * state.zoom() as f32);
        if !room.is_positive() {
            continue;
        }
        // The content lies over this sheet and under the next.
        ui.painter_at(rect).extend(std::mem::take(shapes));
        let mut child = ui.new_child(UiBuilder::new().id_salt(("note", view.id)).max_rect(room));
        child.set_clip_rect(room.intersect(rect));
        child.style_mut().interaction.selectable_labels = false;
        painter(&mut child, view.id, room, state.zoom() as f32);
    }
}

fn add_mesh(shapes: &mut Vec<Shape>, mesh: Arc<Mesh>) {
    if !mesh.is_empty() {
        shapes.push(Shape::Mesh(mesh));
    }
}

/// The nodes that are never dropped, however far away: the one with the focus, and the one that holds the wire in hand.
fn kept_nodes(scene: &Scene, state: &CanvasState, gesture: &Gesture) -> Vec<u32> {
    let holder = match gesture {
        Gesture::Wire(drag) => drag.fixed.first().map(|pin| pin.node),
        _ => None,
    };
    let mut kept: Vec<u32> =
        [state.focused_node, holder].into_iter().flatten().filter_map(|id| scene.node_slot(id)).collect();
    kept.dedup();
    kept
}

/// Asks the rules about every pin of a node.
fn ask_rules(scene: &Scene, slot: u32, drag: &mut WireDrag, rules: &dyn Rules) {
    let Some(view) = scene.view(slot) else { return };
    let id: NodeId = view.id;
    for side in [Side::Input, Side::Output] {
        for index in 0..view.pins(side).len().min(usize::from(u16::MAX)) as u16 {
            let pin = PinId { node: id, side, index };
            if !drag.fixed.contains(&pin) {
                drag.verdict(pin, rules);
            }
        }
    }
}

/// Draws wires.
struct Wiring<'a> {
    scene: &'a Scene,
    state: &'a CanvasState,
    style: &'a Style,
    gesture: &'a Gesture,
    rect: Rect,
    hovered: Option<Target>,
}

impl Wiring<'_> {
    /// The wire whose end is in hand is drawn with the gesture, not at its old place.
    fn in_hand(&self, id: WireId) -> bool {
        matches!(self.gesture, Gesture::Wire(drag) if drag.wires().contains(&id))
    }

    fn wire(&self, slot: u32, shapes: &mut Vec<Shape>) {
        let Some(view) = self.scene.wire_view(slot) else { return };
        if self.in_hand(view.id) {
            return;
        }
        let wire = &self.scene.wire_boxes[slot as usize];
        let points = self.points(&wire.route, self.scene.wire_offset(slot));
        let hovered = self.hovered == Some(Target::Wire(view.id));
        let mut width = if view.active { ACTIVE_WIRE_WIDTH } else { WIRE_WIDTH };
        width *= (self.state.zoom() as f32).clamp(0.5, 1.5);
        let (mut color, mut style) = (view.color, view.style);
        if view.critical {
            // Not by colour alone: it is three lines, not one.
            shapes.push(Shape::line(points.clone(), Stroke::new(width + 6.0, self.style.critical)));
            shapes.push(Shape::line(points.clone(), Stroke::new(width + 3.0, self.style.canvas)));
        }
        let taking =
            matches!(self.gesture, Gesture::Move(drag) if drag.insertion.is_some_and(|(id, ..)| id == view.id));
        if matches!(self.gesture, Gesture::Cut(stroke) if stroke.kind == StrokeKind::Cut && stroke.crossed.contains_key(&view.id))
        {
            // Dashed as well: never by colour alone.
            let halo = Stroke::new(width + 5.0, self.style.error.gamma_multiply(0.4));
            shapes.push(Shape::line(points.clone(), halo));
            (color, style) = (self.style.error, WireStyle::Dashed);
        } else if taking {
            let halo = Stroke::new(width + 8.0, self.style.accent.gamma_multiply(0.5));
            shapes.push(Shape::line(points.clone(), halo));
            width = ACTIVE_WIRE_WIDTH;
        } else if self.state.selection().wires.contains(&view.id) {
            let halo = Stroke::new(width + 4.0, self.style.accent.gamma_multiply(0.45));
            shapes.push(Shape::line(points.clone(), halo));
        } else if hovered {
            let halo = Stroke::new(width + 3.0, view.color.gamma_multiply(0.35));
            shapes.push(Shape::line(points.clone(), halo));
        }
        self.stroke(points, Stroke::new(width, color), style, shapes);
        self.via(view, self.scene.wire_offset(slot), color, shapes);
    }

    /// The points through which a wire goes.
    fn via(&self, view: &WireView, way: [f64; 2], color: Color32, shapes: &mut Vec<Shape>) {
        let radius = (VIA_RADIUS * self.state.zoom() as f32).clamp(2.0, 8.0);
        let selected = self.state.selected_via.filter(|_| self.state.selection().wires.contains(&view.id));
        for (index, at) in (0u16..).zip(&view.via) {
            let center = self.state.to_screen([at[0] + way[0], at[1] + way[1]]);
            let this = (view.id, index);
            let held = matches!(self.gesture, Gesture::Via(drag) if (drag.wire, drag.index) == this);
            let hovered = held || self.hovered == Some(Target::Via { wire: view.id, index });
            let radius = if hovered { radius * 1.4 } else { radius };
            if selected == Some(this) || held {
                shapes.push(Shape::circle_stroke(center, radius + 3.0, Stroke::new(2.0, self.style.accent)));
            }
            shapes.push(Shape::circle_filled(center, radius + 1.0, self.style.canvas));
            shapes.push(Shape::circle_filled(center, radius, color));
        }
    }

    /// The way of a wire as points on the screen: few where it is short.
    fn points(&self, route: &Route, way: [f64; 2]) -> Vec<Pos2> {
        let zoom = self.state.zoom();
        let parts = if route.is_straight(zoom) { 2 } else { (route.length() * zoom / 9.0).clamp(8.0, 64.0) as usize };
        let place = |point: [f64; 2]| self.state.to_screen([point[0] + way[0], point[1] + way[1]]);
        route.points(parts).into_iter().map(place).collect()
    }

    fn stroke(&self, points: Vec<Pos2>, stroke: Stroke, style: WireStyle, shapes: &mut Vec<Shape>) {
        if style == WireStyle::Solid {
            shapes.push(Shape::line(points, stroke));
            return;
        }
        // Only the dashes in view: a long wire seen near would have thousands.
        let seen = self.rect.expand(DASH);
        let mut left = MOST_DASHES;
        // How far along dash and gap the walk is.
        let mut phase = 0.0;
        for pair in points.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let length = from.distance(to);
            if length <= 0.0 {
                continue;
            }
            if !seen.intersects(Rect::from_two_pos(from, to)) {
                phase = (phase + length) % (DASH + DASH_GAP);
                continue;
            }
            let along = (to - from) / length;
            let mut done = 0.0;
            while done < length && left > 0 {
                let in_dash = phase < DASH;
                let until = if in_dash { DASH - phase } else { DASH + DASH_GAP - phase };
                let step = until.min(length - done).max(0.01);
                if in_dash {
                    shapes.push(Shape::line_segment([from + along * done, from + along * (done + step)], stroke));
                    left -= 1;
                }
                done += step;
                phase = (phase + step) % (DASH + DASH_GAP);
            }
        }
    }

    /// The text over the middle of a wire.
    fn label(&self, slot: u32, fonts: &mut FontsView<'_>, shapes: &mut Vec<Shape>) {
        let Some(view) = self.scene.wire_view(slot).filter(|view| !view.label.is_empty()) else { return };
        if self.in_hand(view.id) {
            return;
        }
        let wire = &self.scene.wire_boxes[slot as usize];
        let (middle, way) = (wire.route.middle(), self.scene.wire_offset(slot));
        let middle = self.state.to_screen([middle[0] + way[0], middle[1] + way[1]]);
        let size = node::half_points(self.style.mono_size * 0.9 * self.state.zoom() as f32);
        let font = FontId::new(size, self.style.mono_family.clone());
        let galley = fonts.layout_no_wrap(view.label.clone(), font, Color32::PLACEHOLDER);
        let text = Rect::from_center_size(middle, galley.size());
        shapes.push(Shape::rect_filled(text.expand2(vec2(4.0, 1.0)), 3.0, self.style.canvas.gamma_multiply(0.85)));
        shapes.push(Shape::galley(text.min, galley, self.style.muted));
    }

    /// The frame of a selection, the wire in hand, the lines that show what is aligned, and the stroke that cuts.
    fn gesture(&self, level: LevelOfDetail, shapes: &mut Vec<Shape>) {
        match self.gesture {
            Gesture::BoxSelect { origin, corner, .. } => {
                let frame = Rect::from_two_pos(self.state.to_screen(*origin), self.state.to_screen(*corner));
                shapes.push(Shape::Rect(egui::epaint::RectShape::new(
                    frame,
                    CornerRadius::same(2),
                    self.style.accent.gamma_multiply(0.1),
                    Stroke::new(1.0, self.style.accent),
                    egui::StrokeKind::Inside,
                )));
            }
            Gesture::Wire(drag) => self.wires_in_hand(drag, shapes),
            Gesture::Move(drag) => self.guides(&drag.guides, shapes),
            Gesture::Resize(drag) => self.guides(&drag.guides, shapes),
            Gesture::Cut(stroke) => self.cut_stroke(stroke, level, shapes),
            _ => {}
        }
    }

    fn guides(&self, guides: &[Guide], shapes: &mut Vec<Shape>) {
        for guide in guides {
            let [from, to] = guide.span.map(|across| {
                let point = if guide.axis == 0 { [guide.at, across] } else { [across, guide.at] };
                self.state.to_screen(point)
            });
            let over = if guide.axis == 0 { vec2(0.0, GUIDE_OVER) } else { vec2(GUIDE_OVER, 0.0) };
            let stroke = Stroke::new(1.0, self.style.accent);
            shapes.push(Shape::line_segment([from - over, to + over], stroke));
        }
    }

    fn cut_stroke(&self, stroke: &CutStroke, level: LevelOfDetail, shapes: &mut Vec<Shape>) {
        let cuts = stroke.kind == StrokeKind::Cut;
        let color = if cuts { self.style.error } else { self.style.accent };
        // Nearer by, the wires have drawn themselves so.
        if level == LevelOfDetail::Far && cuts {
            add_mesh(shapes, stroke.marked.mesh.clone());
        }
        let points = stroke.points.iter().map(|&point| self.state.to_screen(point)).collect();
        shapes.push(Shape::line(points, Stroke::new(1.5, color)));
        if !cuts {
            for at in stroke.crossed.values() {
                shapes.push(Shape::circle_filled(self.state.to_screen(*at), VIA_RADIUS, color));
            }
        }
    }

    fn wires_in_hand(&self, drag: &WireDrag, shapes: &mut Vec<Shape>) {
        let free = drag.snapped.and_then(|pin| self.scene.pin_pos(pin));
        let free = free.unwrap_or_else(|| self.state.to_graph(drag.pointer));
        let sure = drag.snapped.is_some();
        let mut end_color = self.style.muted;
        for (index, &pin) in drag.fixed.iter().enumerate() {
            let Some(fixed) = self.scene.pin_pos(pin) else { continue };
            let color = match drag.wires().get(index).and_then(|id| self.scene.wire(*id)) {
                Some(wire) => wire.color,
                None => {
                    let pins = self.scene.node(pin.node).map(|view| view.pins(pin.side));
                    let pin = pins.and_then(|pins| pins.get(usize::from(pin.index)));
                    pin.map_or(self.style.muted, |pin| pin.color)
                }
            };
            end_color = if drag.refused.is_some() { self.style.error } else { color };
            let (from, to) = if pin.side == Side::Output { (fixed, free) } else { (free, fixed) };
            let stroke = Stroke::new(if sure { ACTIVE_WIRE_WIDTH } else { WIRE_WIDTH }, end_color);
            let style = if sure { WireStyle::Solid } else { WireStyle::Dashed };
            self.stroke(self.points(&Route::loose(from, to), [0.0; 2]), stroke, style, shapes);
        }
        let end = self.state.to_screen(free);
        if sure {
            shapes.push(Shape::circle_stroke(end, 8.0, Stroke::new(2.0, end_color)));
        } else {
            shapes.push(Shape::circle_filled(end, 3.5, end_color));
        }
    }
}
