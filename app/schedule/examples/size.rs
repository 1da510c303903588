//! Times the list rules on random layered graphs: `size TASKS`.

use std::time::Instant;

use weft_schedule::{Device, Edge, Links, Mode, Phase, Problem, SearchContext, Task, TaskProgress, by_name, replan};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: usize = std::env::args().nth(1).ok_or("size TASKS")?.parse()?;
    // A linear congruence is random enough for this.
    let mut state = 1_u64;
    let mut next = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    let tasks: Vec<Task> = (0..count)
        .map(|i| {
            let work = 1.0 + next(100) as f64;
            let modes = [1.0, 1.0, 4.0, 2.0, 2.0].iter().enumerate().map(|(d, speed)| Mode::on(d, work / speed));
            Task::new(i.to_string(), Phase::Run, modes.collect())
        })
        .collect();
    let edges =
        (1..count).flat_map(|to| [next(to), next(to)].map(|from| Edge { from, to, bytes: 1_000_000 })).collect();
    let devices = (0..5).map(|d| Device::new(d.to_string())).collect();
    let problem = Problem::new(tasks, devices, Links::uniform(5, 1e8, 1e-3, None), edges)?;
    for name in ["heft", "fifo", "peft", "cpop"] {
        let began = Instant::now();
        let plan = by_name(name)?.solve(&problem, &mut SearchContext::new(1))?;
        println!(
            "{name}: {count} tasks, {:.1} ms, {:.2} % above the bound",
            1e3 * began.elapsed().as_secs_f64(),
            100.0 * plan.gap
        );
    }
    let plan = by_name("heft")?.solve(&problem, &mut SearchContext::new(1))?;
    let progress = vec![TaskProgress::NotStarted; count];
    let began = Instant::now();
    replan(&problem, &plan, &progress, 1.0, &[3], 1.0)?;
    println!("replan: {:.1} ms", 1e3 * began.elapsed().as_secs_f64());
    Ok(())
}
