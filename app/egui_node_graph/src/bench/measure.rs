//! What a frame of the canvas costs: layout and tessellation, without painting. The clock is the caller's, who can ask the
//! system for the time of the thread alone; other programs then do not count.

use egui::{Context, Event, Modifiers, PointerButton, Pos2, RawInput, Rect, Vec2};

use super::columns;
use crate::{AllowAll, Camera, CanvasState, NodeId, Scene, Style, minimap, show};

/// How much of a scene is in view.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Sight {
    All,
    Zoom(f64),
}

/// What goes on meanwhile.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Motion {
    Still,
    Panning,
    Zooming,
    DraggingAll,
    /// A hundred nodes in the midst.
    DraggingMany,
    /// One node without wires, past nodes and over wires.
    DraggingOne,
    /// A stroke that cuts, to and fro over the whole screen.
    Cutting,
}

/// A view to measure, from [`MEASURED_VIEWS`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeasuredView {
    /// What it is called in a table.
    pub name: &'static str,
    sight: Sight,
    motion: Motion,
}

const fn view(name: &'static str, sight: Sight, motion: Motion) -> MeasuredView {
    MeasuredView { name, sight, motion }
}

/// Every view that is measured.
pub const MEASURED_VIEWS: [MeasuredView; 17] = [
    view("all", Sight::All, Motion::Still),
    view("all, panning", Sight::All, Motion::Panning),
    view("all, drag all", Sight::All, Motion::DraggingAll),
    view("all, drag 100", Sight::All, Motion::DraggingMany),
    view("all, cutting", Sight::All, Motion::Cutting),
    view("zoom 0.36", Sight::Zoom(0.36), Motion::Still),
    view("zoom 0.36, drag 100", Sight::Zoom(0.36), Motion::DraggingMany),
    view("zoom 0.36, drag all", Sight::Zoom(0.36), Motion::DraggingAll),
    view("zoom 0.36, drag one", Sight::Zoom(0.36), Motion::DraggingOne),
    view("zoom 0.36, cutting", Sight::Zoom(0.36), Motion::Cutting),
    view("zoom 0.4", Sight::Zoom(0.4), Motion::Still),
    view("zoom 0.4, panning", Sight::Zoom(0.4), Motion::Panning),
    view("zoom 0.4, zooming", Sight::Zoom(0.4), Motion::Zooming),
    view("zoom 0.71", Sight::Zoom(0.71), Motion::Still),
    view("zoom 1.0", Sight::Zoom(1.0), Motion::Still),
    view("zoom 1.0, panning", Sight::Zoom(1.0), Motion::Panning),
    view("zoom 1.0, drag 100", Sight::Zoom(1.0), Motion::DraggingMany),
];

/// What a view cost, in milliseconds of the clock that was given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Interface and tessellation of a frame in the middle of them all.
    pub median_ms: f64,
    /// The same of the worst frame. A frame counts as the middle one of its repeats, so that what the machine did
    /// meanwhile is not taken for what the frame costs.
    pub worst_ms: f64,
    /// The worst frame of any repeat.
    pub worst_single_ms: f64,
    /// The interface alone, the median.
    pub layout_ms: f64,
    /// The tessellation alone, the median.
    pub tessellation_ms: f64,
    /// The first frame, in which everything is measured.
    pub first_ms: f64,
    /// How many nodes were in view at the end.
    pub visible_nodes: usize,
    /// How many wires were in view at the end.
    pub visible_wires: usize,
}

/// How often the frames of a view are repeated.
const REPEATS: usize = 3;
const FRAMES: usize = 120;
/// Until then the fonts and the memory of the frames before are made.
const WARM: usize = 10;
/// So many frames follow the end of a drag.
const AFTER: usize = 10;

/// Shows a scene of `count` nodes, such as [`mixed_scene`](crate::mixed_scene) makes, for 120 frames on a screen of
/// 1440 × 900 with its minimap, three times over, and says what they cost. `clock_s` gives a time in seconds that only
/// grows.
pub fn measure(
    ctx: &Context,
    scene: &Scene,
    count: usize,
    view: MeasuredView,
    style: &Style,
    clock_s: &dyn Fn() -> f64,
) -> Measured {
    let mut measured = Measured {
        median_ms: 0.0,
        worst_ms: 0.0,
        worst_single_ms: 0.0,
        layout_ms: 0.0,
        tessellation_ms: 0.0,
        first_ms: 0.0,
        visible_nodes: 0,
        visible_wires: 0,
    };
    let repeats: [Vec<[f64; 2]>; REPEATS] =
        std::array::from_fn(|_| frames(ctx, &mut scene.clone(), count, view, style, clock_s, &mut measured));
    let single = |frame: &[f64; 2]| frame[0] + frame[1];
    measured.first_ms = repeats.iter().filter_map(|frames| frames.first()).map(single).fold(f64::INFINITY, f64::min);
    measured.worst_single_ms = repeats.iter().flat_map(|frames| &frames[WARM..]).map(single).fold(0.0, f64::max);
    let of = |cost: &dyn Fn(&[f64; 2]) -> f64| {
        let typical = |frame: usize| median_and_worst(repeats.iter().map(|frames| cost(&frames[frame])).collect()).0;
        median_and_worst((WARM..FRAMES).map(typical).collect())
    };
    (measured.layout_ms, _) = of(&|frame| frame[0]);
    (measured.tessellation_ms, _) = of(&|frame| frame[1]);
    (measured.median_ms, measured.worst_ms) = of(&single);
    measured
}

/// What each frame took in the interface and in tessellation [ms].
fn frames(
    ctx: &Context,
    scene: &mut Scene,
    count: usize,
    view: MeasuredView,
    style: &Style,
    clock_s: &dyn Fn() -> f64,
    measured: &mut Measured,
) -> Vec<[f64; 2]> {
    let screen = Rect::from_min_size(Pos2::ZERO, Vec2::new(1440.0, 900.0));
    let mut state = CanvasState::new();
    let mut run = Run { view, count, screen, in_hand: in_the_midst(count) };
    run.prepare(scene, &mut state);
    let mut times = Vec::with_capacity(FRAMES);
    for frame in 0..FRAMES {
        let events = run.events(frame, FRAMES, scene, &mut state);
        let input =
            RawInput { screen_rect: Some(screen), time: Some(frame as f64 / 60.0), events, ..Default::default() };
        let began = clock_s();
        let output = ctx.run_ui(input, |ui| {
            let canvas = show(ui, scene, &mut state, style, &AllowAll);
            let corner = Rect::from_min_size(canvas.response.rect.max - Vec2::new(140.0, 90.0), Vec2::new(120.0, 72.0));
            minimap(ui, scene, &mut state, style, corner);
            (measured.visible_nodes, measured.visible_wires) = (canvas.visible_nodes, canvas.visible_wires);
        });
        let between = clock_s();
        let meshes = ctx.tessellate(output.shapes, output.pixels_per_point);
        let ended = clock_s();
        std::hint::black_box(meshes);
        let mut textures = output.textures_delta;
        textures.clear();
        times.push([(between - began) * 1e3, (ended - between) * 1e3]);
    }
    times
}

fn median_and_worst(mut times: Vec<f64>) -> (f64, f64) {
    times.sort_by(f64::total_cmp);
    let at = |index: usize| times.get(index).copied().unwrap_or_default();
    (at(times.len() / 2), at(times.len().saturating_sub(1)))
}

/// The node in the middle of its row, which is in the middle of them all.
fn in_the_midst(count: usize) -> NodeId {
    let columns = columns(count);
    NodeId((count / columns / 2 * columns + columns / 2) as u64)
}

struct Run {
    view: MeasuredView,
    count: usize,
    screen: Rect,
    in_hand: NodeId,
}

impl Run {
    fn prepare(&mut self, scene: &mut Scene, state: &mut CanvasState) {
        match self.view.sight {
            Sight::All => state.fit_all(),
            Sight::Zoom(zoom) => {
                // In the midst of the scene, where all sides are full.
                let middle = scene.node_rect(self.in_hand).map(|(pos, _)| pos).unwrap_or_default();
                let half = self.screen.center().to_vec2();
                let pan = [middle[0] - f64::from(half.x) / zoom, middle[1] - f64::from(half.y) / zoom];
                state.set_camera(Camera { pan, zoom });
            }
        }
        match self.view.motion {
            Motion::DraggingAll => state.select((0..self.count as u64).map(NodeId), []),
            Motion::DraggingMany => state.select((0..100).map(|n| NodeId(self.in_hand.0 + n)), []),
            Motion::DraggingOne => {
                let wires: Vec<_> = scene.wires_of(self.in_hand).map(|wire| wire.id).collect();
                for wire in wires {
                    scene.remove_wire(wire);
                }
            }
            _ => {}
        }
    }

    /// Moves the camera or the pointer. The drag begins while the frames are warmed up and ends in the
    /// last but ten: those after it have what it leaves behind.
    fn events(&self, frame: usize, frames: usize, scene: &Scene, state: &mut CanvasState) -> Vec<Event> {
        let motion = self.view.motion;
        let at = match motion {
            Motion::Cutting => {
                Pos2::new(100.0 + frame as f32 * 10.0, if frame.is_multiple_of(2) { 50.0 } else { 850.0 })
            }
            _ => self.screen.center() + Vec2::new(frame as f32 * 2.0, frame as f32),
        };
        let camera = state.camera();
        let button = |pos, button, pressed, modifiers| {
            vec![Event::PointerMoved(pos), Event::PointerButton { pos, button, pressed, modifiers }]
        };
        match motion {
            // The first frame carries out the fit.
            _ if frame == 0 => {}
            Motion::Panning => {
                let pan = [camera.pan[0] + 3.3 / camera.zoom, camera.pan[1] + 1.7 / camera.zoom];
                state.set_camera(Camera { pan, ..camera });
            }
            Motion::Zooming => {
                let zoom = camera.zoom * if frame % 40 < 20 { 1.01 } else { 1.0 / 1.01 };
                state.set_camera(Camera { zoom, ..camera });
            }
            Motion::DraggingAll | Motion::DraggingMany | Motion::DraggingOne if frame == 2 => {
                let (pos, size) = scene.node_rect(self.in_hand).unwrap_or_default();
                let at = state.to_screen([pos[0] + f64::from(size[0]) / 2.0, pos[1] + 14.0]);
                return button(at, PointerButton::Primary, true, Modifiers::NONE);
            }
            Motion::DraggingAll | Motion::DraggingMany | Motion::DraggingOne if frame + AFTER == frames => {
                return button(at, PointerButton::Primary, false, Modifiers::NONE);
            }
            Motion::Cutting if frame == 2 => {
                return button(at, PointerButton::Secondary, true, Modifiers::COMMAND);
            }
            _ => {}
        }
        vec![Event::PointerMoved(at)]
    }
}
