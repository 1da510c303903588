//! Prints what a frame of the canvas costs: layout and tessellation, in milliseconds of the thread's CPU time.
//!
//! `cargo run --release -p egui_node_graph --example measure`

use egui::{Pos2, RawInput, Rect, Vec2};
use egui_node_graph::{AllowAll, Camera, CanvasState, NodeId, Style, chained_scene, minimap, show};

#[cfg(unix)]
fn thread_time_s() -> f64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 * 1e-9
}

/// Where the thread's own time is not to be had, the wall clock has to do.
#[cfg(not(unix))]
fn thread_time_s() -> f64 {
    use std::{sync::OnceLock, time::Instant};
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    BEGAN.get_or_init(Instant::now).elapsed().as_secs_f64()
}

#[derive(Clone, Copy, PartialEq)]
enum View {
    All,
    Zoom(f64),
}

#[derive(Clone, Copy, PartialEq)]
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

fn press(pos: Pos2, button: egui::PointerButton, modifiers: egui::Modifiers) -> Vec<egui::Event> {
    vec![egui::Event::PointerMoved(pos), egui::Event::PointerButton { pos, button, pressed: true, modifiers }]
}

/// The median and the worst time of layout, and of tessellation, and what was seen.
fn measure(count: usize, view: View, motion: Motion) -> String {
    const FRAMES: usize = 120;
    let screen = Rect::from_min_size(Pos2::ZERO, Vec2::new(1440.0, 900.0));
    let (mut scene, style) = (chained_scene(count), Style::default());
    let ctx = egui::Context::default();
    let mut state = CanvasState::new();
    // In the middle of its row, which is in the middle of them all.
    let columns = (count as f64 * 1.333).sqrt().ceil();
    let in_hand = NodeId(((count as f64 / columns / 2.0).floor() * columns + columns / 2.0) as u64);
    match view {
        View::All => state.fit_all(),
        View::Zoom(zoom) => {
            // In the midst of the scene, where all sides are full.
            let middle = scene.node_rect(in_hand).map(|(pos, _)| pos).unwrap_or_default();
            let half = screen.center().to_vec2();
            let pan = [middle[0] - f64::from(half.x) / zoom, middle[1] - f64::from(half.y) / zoom];
            state.set_camera(Camera { pan, zoom });
        }
    }
    match motion {
        Motion::DraggingAll => state.select((0..count as u64).map(NodeId), []),
        Motion::DraggingMany => state.select((0..100).map(|n| NodeId(in_hand.0 + n)), []),
        Motion::DraggingOne => {
            let wires: Vec<_> = scene.wires_of(in_hand).map(|wire| wire.id).collect();
            for wire in wires {
                scene.remove_wire(wire);
            }
        }
        _ => {}
    }
    let (mut layout, mut tessellation) = (Vec::new(), Vec::new());
    let mut first_ms = 0.0;
    let mut seen = String::new();
    for frame in 0..FRAMES {
        let at = match motion {
            Motion::Cutting => Pos2::new(100.0 + frame as f32 * 10.0, if frame % 2 == 0 { 50.0 } else { 850.0 }),
            _ => screen.center() + Vec2::new(frame as f32 * 2.0, frame as f32),
        };
        let mut events = vec![egui::Event::PointerMoved(at)];
        let camera = state.camera();
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
                let (pos, size) = scene.node_rect(in_hand).unwrap_or_default();
                let at = state.to_screen([pos[0] + f64::from(size[0]) / 2.0, pos[1] + 14.0]);
                events = press(at, egui::PointerButton::Primary, egui::Modifiers::NONE);
            }
            Motion::Cutting if frame == 2 => {
                events = press(at, egui::PointerButton::Secondary, egui::Modifiers::COMMAND);
            }
            _ => {}
        }
        let input =
            RawInput { screen_rect: Some(screen), time: Some(frame as f64 / 60.0), events, ..Default::default() };
        let began = thread_time_s();
        let output = ctx.run_ui(input, |ui| {
            let canvas = show(ui, &mut scene, &mut state, &style, &AllowAll);
            let corner = Rect::from_min_size(canvas.response.rect.max - Vec2::new(140.0, 90.0), Vec2::new(120.0, 72.0));
            minimap(ui, &scene, &mut state, &style, corner);
            seen =
                format!("{:?}, {} nodes, {} wires", canvas.level_of_detail, canvas.visible_nodes, canvas.visible_wires);
        });
        let between = thread_time_s();
        let meshes = ctx.tessellate(output.shapes, output.pixels_per_point);
        let ended = thread_time_s();
        assert!(!meshes.is_empty());
        let mut textures = output.textures_delta;
        textures.clear();
        if frame == 0 {
            first_ms = (ended - began) * 1e3;
        } else if frame >= 10 {
            layout.push((between - began) * 1e3);
            tessellation.push((ended - between) * 1e3);
        }
    }
    let total: Vec<f64> = layout.iter().zip(&tessellation).map(|(a, b)| a + b).collect();
    let median = |times: &[f64]| {
        let mut times = times.to_vec();
        times.sort_by(f64::total_cmp);
        (times[times.len() / 2], times[times.len() - 1])
    };
    let ((a, _), (b, _), (c, worst)) = (median(&layout), median(&tessellation), median(&total));
    format!("{a:5.2} + {b:5.2} = {c:5.2} ms, worst {worst:5.2}, first {first_ms:6.1}   ({seen})")
}

fn main() {
    for count in [1_000, 10_000, 50_000] {
        for (name, view, motion) in [
            ("all in view", View::All, Motion::Still),
            ("all, panning", View::All, Motion::Panning),
            ("all, dragging all", View::All, Motion::DraggingAll),
            ("all, dragging 100", View::All, Motion::DraggingMany),
            ("all, cutting", View::All, Motion::Cutting),
            ("zoom 0.36", View::Zoom(0.36), Motion::Still),
            ("0.36, dragging 100", View::Zoom(0.36), Motion::DraggingMany),
            ("0.36, dragging one", View::Zoom(0.36), Motion::DraggingOne),
            ("0.36, cutting", View::Zoom(0.36), Motion::Cutting),
            ("zoom 0.4", View::Zoom(0.4), Motion::Still),
            ("zoom 0.4, panning", View::Zoom(0.4), Motion::Panning),
            ("zoom 0.4, zooming", View::Zoom(0.4), Motion::Zooming),
            ("zoom 0.71", View::Zoom(0.71), Motion::Still),
            ("zoom 1.0", View::Zoom(1.0), Motion::Still),
            ("zoom 1.0, panning", View::Zoom(1.0), Motion::Panning),
        ] {
            println!("{count:6} nodes, {name:18} {}", measure(count, view, motion));
        }
    }
}
