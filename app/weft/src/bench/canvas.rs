//! `weft bench canvas`: what a frame of the canvas costs the window's thread, in layout and tessellation, without painting.

use egui_node_graph::{MEASURED_VIEWS, Scene, Style, chained_scene, measure, mixed_scene};

use super::{Row, Rows, thread_cpu};

const NODES: [usize; 4] = [100, 1_000, 10_000, 50_000];

/// Makes a scene of so many nodes.
type Maker = fn(usize) -> Scene;

/// Measures every scene, with every number of nodes, in every view.
pub fn run(rows: &mut Rows<'_>) -> anyhow::Result<()> {
    let scenes: [(&str, Maker); 2] = [("chained", chained_scene), ("mixed", mixed_scene)];
    for (name, make) in scenes {
        for nodes in NODES {
            let scene = make(nodes);
            for view in MEASURED_VIEWS {
                let ctx = egui::Context::default();
                weft_desktop::theme::install(&ctx);
                let style = Style::from_visuals(&egui::Visuals::dark());
                let clock_s = || thread_cpu().as_secs_f64();
                let measured = measure(&ctx, &scene, nodes, view, &style, &clock_s);
                let case = format!("{name}, {nodes} nodes, {}", view.name);
                for (metric, ms) in [
                    ("layout", measured.layout_ms),
                    ("tessellation", measured.tessellation_ms),
                    ("frame", measured.median_ms),
                    ("worst frame", measured.worst_ms),
                    ("worst single frame", measured.worst_single_ms),
                ] {
                    rows.push(Row::new("canvas", &case, metric, ms, "ms"));
                }
                rows.push(Row::new("canvas", &case, "visible nodes", measured.visible_nodes as f64, ""));
            }
            let bytes = scene.heap_bytes() as f64;
            rows.push(Row::new("canvas", &format!("{name}, {nodes} nodes"), "memory", bytes / 1e6, "MB"));
        }
    }
    Ok(())
}
