//! Measures an algorithm on the benchmark data: `measure DATA SET ALGORITHM SECONDS [STRIDE [OFFSET [name=value ...]]]`,
//! SET being one of J30, J60, J120, MMLIB50, STG, WF, ESTEE or a part of one of those names in `reference.csv`. Every
//! STRIDE-th instance from OFFSET on is solved; one line an instance, then the means.

use std::{cell::Cell, error::Error, fs, path::Path, time::Instant};

use weft_schedule::{
    SearchContext, algorithms, by_name,
    formats::{DeviceSet, Instance, patterson, psplib, stg, workflow},
    validate,
};

struct Case {
    name: String,
    instance: Instance,
    best_known_s: Option<f64>,
}

fn cases(data: &Path, set: &str) -> Result<Vec<Case>, Box<dyn Error>> {
    let mut cases = Vec::new();
    if set == "WF" {
        let devices = DeviceSet::read(&fs::read_to_string(data.join("wfinstances/devices5.json"))?)?;
        let mut files: Vec<_> =
            fs::read_dir(data.join("wfinstances"))?.filter_map(Result::ok).map(|e| e.path()).collect();
        files.sort();
        for file in files {
            let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            if name.ends_with(".json") && name != "devices5.json" {
                let instance = workflow(&fs::read_to_string(&file)?, &devices)?;
                cases.push(Case { name, instance, best_known_s: None });
            }
        }
        return Ok(cases);
    }
    for line in fs::read_to_string(data.join("reference.csv"))?.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [file, problem, group, best, ..] = fields[..] else { continue };
        if !(group == set || problem == set || (problem == "STG" && group.contains(set))) {
            continue;
        }
        let text = fs::read_to_string(data.join(file))?;
        let instance = if file.ends_with(".stg") {
            let processors = group.split_whitespace().nth(3).and_then(|n| n.parse().ok()).unwrap_or(1);
            stg(&text, processors)?
        } else if file.starts_with("mm") {
            psplib(&text)?
        } else {
            patterson(&text)?
        };
        cases.push(Case { name: format!("{file} {group}"), instance, best_known_s: Some(best.parse()?) });
    }
    Ok(cases)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [data, set, algorithm, seconds, rest @ ..] = &arguments[..] else {
        return Err("measure DATA SET ALGORITHM SECONDS [STRIDE [OFFSET [name=value ...]]]".into());
    };
    let seconds: f64 = seconds.parse()?;
    let stride: usize = rest.first().map_or(Ok(1), |s| s.parse())?;
    let offset: usize = rest.get(1).map_or(Ok(0), |s| s.parse())?;
    let mut values = Vec::new();
    for pair in rest.iter().skip(2) {
        let (name, value) = pair.split_once('=').ok_or("name=value expected")?;
        values.push((name, value.parse::<f64>()?));
    }
    let info = algorithms().iter().find(|info| info.name == algorithm).ok_or("no such algorithm")?;
    let (mut count, mut gaps, mut bound_gaps, mut proved, mut optimal, mut heft_gain) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    let mut worse = 0;
    for case in cases(Path::new(data), set)?.iter().skip(offset).step_by(stride) {
        let problem = &case.instance.problem;
        let began = Instant::now();
        // Time on the processor where the system tells it, so that a busy machine measures the same; read seldom.
        let reads = Cell::new(0_u32);
        let read_s = Cell::new(0.0);
        let zero_s = Cell::new(None);
        let clock = || {
            if reads.replace(reads.get() + 1).is_multiple_of(8) {
                let told = fs::read_to_string("/proc/thread-self/schedstat").ok();
                let told = told.and_then(|t| t.split_whitespace().next().and_then(|n| n.parse::<f64>().ok()));
                let now_s = told.map_or_else(|| began.elapsed().as_secs_f64(), |ns| 1e-9 * ns);
                let zero = zero_s.get().unwrap_or(now_s);
                zero_s.set(Some(zero));
                read_s.set(now_s - zero);
            }
            read_s.get()
        };
        let mut context = SearchContext::new(1).clock(&clock).time_limit_s(seconds);
        let plan = info.create_with(&values)?.solve(problem, &mut context)?;
        let (elapsed_s, schedules) = (clock(), context.evaluations());
        let violations = validate(problem, &plan);
        if !violations.is_empty() {
            return Err(format!("{}: {violations:?}", case.name).into());
        }
        let heft_s = by_name("heft")?.solve(problem, &mut SearchContext::new(1))?.makespan_s;
        let fifo_s = by_name("fifo")?.solve(problem, &mut SearchContext::new(1))?.makespan_s;
        let gap = case.best_known_s.map_or(0.0, |best| plan.makespan_s / best - 1.0);
        worse += usize::from(plan.makespan_s > heft_s.min(fifo_s) * (1.0 + 1e-9));
        count += 1.0;
        gaps += gap;
        bound_gaps += plan.gap;
        heft_gain += 1.0 - plan.makespan_s / heft_s.max(1e-12);
        proved += f64::from(u8::from(plan.gap <= 1e-9));
        optimal += f64::from(u8::from(gap <= 1e-9));
        println!(
            "{:58} n {:5} makespan {:10.2} gap {:7.3} % above bound {:7.3} % below heft {:6.2} % {:6.2} s {:8} schedules{}",
            case.name,
            problem.tasks().len(),
            plan.makespan_s,
            100.0 * gap,
            100.0 * plan.gap,
            100.0 * (1.0 - plan.makespan_s / heft_s.max(1e-12)),
            elapsed_s,
            schedules,
            if plan.gap <= 1e-9 { " proved" } else { "" }
        );
    }
    println!(
        "{set} {algorithm} {seconds} s: {count} instances, mean gap {:.4} %, at best known {:.1} %, proved {:.1} %, above \
         bound {:.3} %, below heft {:.3} %, worse than a list rule {worse}",
        100.0 * gaps / count,
        100.0 * optimal / count,
        100.0 * proved / count,
        100.0 * bound_gaps / count,
        100.0 * heft_gain / count
    );
    Ok(())
}
