//! Prints what a frame of the canvas costs: layout and tessellation, in milliseconds of the thread's CPU time.
//!
//! `cargo run --release -p egui_node_graph --example frames [PART OF A VIEW'S NAME]`

use egui_node_graph::{MEASURED_VIEWS, Scene, Style, chained_scene, measure, mixed_scene};

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

fn main() {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    type Maker = fn(usize) -> Scene;
    let makers: [(&str, Maker); 2] = [("chained", chained_scene), ("mixed", mixed_scene)];
    for (name, make) in makers {
        for count in [1_000, 10_000, 50_000] {
            let scene = make(count);
            println!("{name}, {count} nodes: {:.1} MB", scene.heap_bytes() as f64 / 1e6);
            for view in MEASURED_VIEWS.iter().filter(|view| view.name.contains(&wanted)) {
                let (ctx, style) = (egui::Context::default(), Style::default());
                let m = measure(&ctx, &scene, count, *view, &style, &thread_time_s);
                println!(
                    "{:20} {:5.2} + {:5.2} = {:5.2} ms, worst {:5.2} ({:5.2}), first {:6.1}   ({} nodes, {} wires)",
                    view.name,
                    m.layout_ms,
                    m.tessellation_ms,
                    m.median_ms,
                    m.worst_ms,
                    m.worst_single_ms,
                    m.first_ms,
                    m.visible_nodes,
                    m.visible_wires
                );
            }
        }
    }
}
