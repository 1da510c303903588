//! `weft bench schedule --size`: how long list rules and re-planning take on large random graphs.

use std::time::{Duration, Instant};

use weft_schedule::{
    Device, Edge, Links, Mode, Phase, Plan, Problem, SearchContext, Task, TaskProgress, by_name, replan,
};

use super::super::{Row, Rows, median, thread_cpu};

/// Relative speeds of the five devices.
const SPEEDS: [f64; 5] = [1.0, 1.0, 4.0, 2.0, 2.0];
/// Tasks that have started when the rest is planned again.
const STARTED: usize = 500;

/// List rules with 10,000 and 100,000 tasks, re-planning with 1,000 and 10,000 left.
///
/// In time on the processor where that is asked for, so that a machine that is busy with other things measures the same.
pub fn run(rows: &mut Rows<'_>, processor_time: bool) -> anyhow::Result<()> {
    let zero = Instant::now();
    let clock = || if processor_time { thread_cpu() } else { zero.elapsed() };
    for (count, repeats) in [(10_000, 9), (100_000, 3)] {
        let problem = random_graph(count)?;
        for name in ["heft", "fifo", "peft", "cpop"] {
            let rule = by_name(name)?;
            let mut times = Vec::new();
            for _ in 0..repeats {
                let began = clock();
                rule.solve(&problem, &mut SearchContext::new(1))?;
                times.push(clock() - began);
            }
            rows.push(row(&format!("size, {count} tasks, {name}"), "plan, median", median(times)));
        }
    }
    for (left, repeats) in [(1_000, 300), (10_000, 100)] {
        let problem = random_graph(left + STARTED)?;
        let plan = by_name("heft")?.solve(&problem, &mut SearchContext::new(1))?;
        let mut times = Vec::new();
        let mut random = Random(7);
        for repeat in 0..repeats {
            let (progress, now_s) = half_way(&plan, &mut random);
            // A device has gone, every other time.
            let lost: &[usize] = if repeat % 2 == 0 { &[] } else { &[3] };
            let began = clock();
            replan(&problem, &plan, &progress, now_s, lost, 1.0)?;
            times.push(clock() - began);
        }
        times.sort_unstable();
        let p99 = times.get((times.len() * 99).div_ceil(100) - 1).copied().unwrap_or_default();
        let case = format!("size, {left} tasks left");
        rows.push(row(&case, "re-plan, median", median(times)));
        rows.push(row(&case, "re-plan, p99", p99));
    }
    Ok(())
}

fn row(case: &str, metric: &str, time: Duration) -> Row {
    Row::new("schedule", case, metric, 1e3 * time.as_secs_f64(), "ms")
}

/// The first tasks of a plan have started, and each that runs is late or early.
fn half_way(plan: &Plan, random: &mut Random) -> (Vec<TaskProgress>, f64) {
    let mut order: Vec<usize> = (0..plan.assignments.len()).collect();
    order.sort_by(|&a, &b| plan.assignments[a].start_s.total_cmp(&plan.assignments[b].start_s));
    let now_s = order.get(STARTED).map_or(0.0, |&next| plan.assignments[next].start_s);
    let mut progress = vec![TaskProgress::NotStarted; plan.assignments.len()];
    for &task in &order[..STARTED] {
        let a = &plan.assignments[task];
        let (start_s, finish_s) = (a.start_s, a.finish_s);
        progress[task] = if finish_s <= now_s {
            TaskProgress::Finished { start_s, finish_s }
        } else {
            let late = 0.5 + random.below(1_000) as f64 / 1_000.0;
            TaskProgress::Running { start_s, expected_finish_s: now_s.max(start_s + late * (finish_s - start_s)) }
        };
    }
    (progress, now_s)
}

/// Tasks with two predecessors each, among all before.
pub fn random_graph(count: usize) -> anyhow::Result<Problem> {
    let mut random = Random(1);
    let tasks = (0..count)
        .map(|number| {
            let work_s = 1.0 + random.below(100) as f64;
            let modes = SPEEDS.iter().enumerate().map(|(d, speed)| Mode::on(d, work_s / speed));
            Task::new(number.to_string(), Phase::Run, modes.collect())
        })
        .collect();
    let edges = (1..count)
        .flat_map(|to| [random.below(to), random.below(to)].map(|from| Edge { from, to, bytes: 1_000_000 }))
        .collect();
    let devices = (0..SPEEDS.len()).map(|d| Device::new(d.to_string())).collect();
    Ok(Problem::new(tasks, devices, Links::uniform(SPEEDS.len(), 1e8, 1e-3, None), edges)?)
}

/// A linear congruence: random enough for this, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}
