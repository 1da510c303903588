//! `weft bench canvas`: what a frame of the canvas costs the window's thread, in layout and tessellation, without painting.

use std::time::Duration;

use egui_node_graph::{AllowAll, Camera, CanvasState, Style};

use super::{Row, Rows, median, resident_bytes, thread_cpu};

const SIZE: egui::Vec2 = egui::vec2(1440.0, 900.0);
const NODES: [usize; 4] = [100, 1_000, 10_000, 50_000];
const FRAMES: usize = 40;

/// Measures every number of nodes in every view.
pub fn run(rows: &mut Rows<'_>) -> anyhow::Result<()> {
    for nodes in NODES {
        let before = resident_bytes();
        let mut scene = egui_node_graph::chained_scene(nodes);
        for (view, zoom) in [("all", None), ("zoom 0.4", Some(0.4)), ("zoom 1.0", Some(1.0))] {
            let ctx = egui::Context::default();
            weft_desktop::theme::install(&ctx);
            let mut state = CanvasState::new();
            match zoom {
                None => state.fit_all(),
                Some(zoom) => state.set_camera(Camera { zoom, ..state.camera() }),
            }
            let (mut layout, mut tessellation) = (Vec::new(), Vec::new());
            let mut visible = 0;
            for frame in 0..FRAMES + 10 {
                // A view that moves a little each frame: nothing is still, as when a user pans.
                if frame > 5 {
                    let mut camera = state.camera();
                    camera.pan[0] += 1.5 / camera.zoom;
                    state.set_camera(camera);
                }
                let input = egui::RawInput {
                    screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, SIZE)),
                    time: Some(frame as f64 / 60.0),
                    ..Default::default()
                };
                let start = thread_cpu();
                let output = ctx.run_ui(input, |ui| {
                    let style = Style::from_visuals(ui.visuals());
                    let shown = egui_node_graph::show(ui, &mut scene, &mut state, &style, &AllowAll);
                    visible = shown.visible_nodes;
                });
                let middle = thread_cpu();
                let shapes = ctx.tessellate(output.shapes, output.pixels_per_point);
                let end = thread_cpu();
                std::hint::black_box(shapes);
                if frame >= 10 {
                    layout.push(middle - start);
                    tessellation.push(end - middle);
                }
            }
            let total: Vec<Duration> = layout.iter().zip(&tessellation).map(|(a, b)| *a + *b).collect();
            let case = format!("{nodes} nodes, {view}");
            for (metric, times) in [("layout", layout), ("tessellation", tessellation), ("frame", total)] {
                rows.push(Row::new("canvas", &case, metric, median(times).as_secs_f64() * 1e3, "ms"));
            }
            rows.push(Row::new("canvas", &case, "visible nodes", visible as f64, ""));
        }
        if let (Some(before), Some(after)) = (before, resident_bytes()) {
            let bytes = after.saturating_sub(before) as f64;
            rows.push(Row::new("canvas", &format!("{nodes} nodes"), "memory", bytes / 1e6, "MB"));
        }
    }
    Ok(())
}
