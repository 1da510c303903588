//! `weft bench planning`: how soon a search ends that is cancelled, what the chart of ten thousand tasks costs a frame, how
//! well a run is foretold, and what independent branches gain from being computed side by side.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use weft_desktop::i18n::Tr;
use weft_desktop::panels::{PlanContext, PlanPanel, plan_ui};
use weft_desktop::planning::{PlannerSettings, Planning};
use weft_desktop::run_state::RunState;
use weft_desktop::theme::{self, Mode, Theme};
use weft_model::timed::{DONE, TIMED_TASK, input_of};
use weft_model::{Edit, Endpoint, Lang, Node, NodeId, Phase, Value, Wire, WireId};
use weft_project::Project;
use weft_protocol::lanes::ClientEnd;
use weft_protocol::run::Metrics;
use weft_protocol::{
    Command, DeviceId, Event, NodeStatus, Numbered, PlanRequest, PlanView, Planned, RunId, RunLimits, RunRequest,
    RunStatus, SchedulerChoice, WhatIf,
};
use weft_schedule::{Problem, ScheduleError, SearchContext, algorithms, by_name};

use super::schedule::random_graph;
use super::{Row, Rows, median, thread_cpu, train};
use crate::cli::BenchArgs;
use crate::run::{engine_config, start_engine, wait_for};

/// A search has come so far when it is cancelled.
const INTO_SEARCH: Duration = Duration::from_millis(400);
/// Longer than anybody waits.
const LIMIT: Duration = Duration::from_secs(600);
/// Runs from which the forecast learns, and runs that it foretells.
const RUNS: usize = 3;

/// All of it.
pub fn run(rows: &mut Rows<'_>, args: &BenchArgs) -> anyhow::Result<()> {
    let scratch = std::env::temp_dir().join(format!("weft-bench-planning-{}", std::process::id()));
    let measured = cancelled_searches(rows)
        .and_then(|()| chart(rows, &scratch.join("chart")))
        .and_then(|()| stopped_search(rows, &scratch.join("stop")))
        .and_then(|()| foretold(rows, args, &scratch.join("forecast")))
        .and_then(|()| branches(rows, args, &scratch.join("branches")));
    let _best_effort = std::fs::remove_dir_all(&scratch);
    measured
}

/// From the word that it is enough to the end of the search, for each rule that searches.
fn cancelled_searches(rows: &mut Rows<'_>) -> anyhow::Result<()> {
    for count in [1_000, 10_000] {
        let problem = random_graph(count)?;
        for info in algorithms().iter().filter(|info| info.anytime) {
            let times = (0..3).map(|seed| cancelled(&problem, info.name, seed)).collect::<anyhow::Result<Vec<_>>>()?;
            let case = format!("{count} tasks, {}", info.name);
            let worst = times.into_iter().max().unwrap_or_default();
            rows.push(row(&case, "cancelled, worst of 3", worst.as_secs_f64() * 1e3, "ms"));
        }
    }
    Ok(())
}

fn cancelled(problem: &Problem, rule: &str, seed: u64) -> anyhow::Result<Duration> {
    let enough = AtomicBool::new(false);
    let rule = by_name(rule)?;
    std::thread::scope(|scope| {
        let search = std::thread::Builder::new().name("search".to_owned()).spawn_scoped(scope, || {
            let is_enough = || enough.load(Ordering::Relaxed);
            let began = Instant::now();
            let clock = || began.elapsed().as_secs_f64();
            let mut context =
                SearchContext::new(seed).clock(&clock).time_limit_s(LIMIT.as_secs_f64()).cancelled_by(&is_enough);
            let found = rule.solve(problem, &mut context).map(|_| ());
            (found, Instant::now())
        })?;
        std::thread::sleep(INTO_SEARCH);
        let asked = Instant::now();
        enough.store(true, Ordering::Relaxed);
        let Ok((found, ended)) = search.join() else { bail!("the search panicked") };
        match found {
            Ok(()) | Err(ScheduleError::Cancelled) => Ok(ended.saturating_duration_since(asked)),
            Err(fault) => Err(fault.into()),
        }
    })
}

/// From Stop, while a run waits for its plan, to the word that there will be no run.
fn stopped_search(rows: &mut Rows<'_>, scratch: &Path) -> anyhow::Result<()> {
    let (_engine, client) = start_engine(scratch, || {})?;
    let mut times = Vec::new();
    for _ in 0..5 {
        let scheduler = SchedulerChoice { time_limit_s: Some(LIMIT.as_secs_f64()), ..SchedulerChoice::default() };
        let request =
            RunRequest { project_text: timed(100)?.to_text(), scheduler: Some(scheduler), ..RunRequest::default() };
        client.commands.send(Command::Run(Box::new(request)))?;
        std::thread::sleep(INTO_SEARCH);
        let asked = Instant::now();
        client.commands.send(Command::Stop)?;
        wait_for(&client, LIMIT, |event| match event {
            Event::RunRefused { .. } | Event::RunFinished { .. } => Some(()),
            _ => None,
        })?;
        times.push(asked.elapsed());
    }
    rows.push(row("Stop while a run is planned", "answered", median(times).as_secs_f64() * 1e3, "ms"));
    Ok(())
}

/// Timed tasks, which no bound proves to be planned at their best.
fn timed(count: u64) -> anyhow::Result<Project> {
    let mut project = Project::new();
    let id = |at: u64| NodeId(at + 1);
    for at in 0..count {
        let node = Node::new(TIMED_TASK, format!("task {at}"), [0.0, 0.0]);
        project.graph.apply(Edit::AddNode { id: id(at), node })?;
        let value = Some(Value::Float((3 + at * 7 % 11) as f64));
        project.graph.apply(Edit::SetParam { id: id(at), param: "run_s".to_owned(), value })?;
    }
    for at in 1..count {
        let wire = Wire::new(Endpoint::new(id(at / 3), DONE), Endpoint::new(id(at), input_of(Phase::Run)));
        project.graph.apply(Edit::AddWire { id: WireId(at), wire })?;
    }
    Ok(project)
}

/// A project of 10,000 tasks: how long its plan takes in all, and what a frame of its chart costs the window's thread in
/// layout and tessellation, with half of the run behind it: at rest, zoomed and moved.
fn chart(rows: &mut Rows<'_>, scratch: &Path) -> anyhow::Result<()> {
    const TASKS: u64 = 10_000;
    let case = "10000 tasks";
    std::fs::create_dir_all(scratch)?;
    let config = engine_config(scratch)?;
    let scheduler = SchedulerChoice { algorithm: "heft".to_owned(), ..SchedulerChoice::default() };
    let request =
        RunRequest { project_text: timed(TASKS)?.to_text(), scheduler: Some(scheduler), ..RunRequest::default() };
    let question = PlanRequest { ticket: 1, request, what_if: WhatIf::default(), race: Vec::new() };
    let began = Instant::now();
    let planned = weft_engine::plan(&config, &question, &mut |_, _| {}).map_err(|fault| anyhow::anyhow!("{fault}"))?;
    rows.push(row(case, "planned from the project's text", began.elapsed().as_secs_f64() * 1e3, "ms"));
    let Planned::Plans(plans) = planned else { bail!("the project was refused") };
    let plan = plans.into_iter().find_map(|raced| raced.plan.ok()).context("there is a plan")?;
    let runs = half_way(plan);
    let ctx = egui::Context::default();
    theme::install(&ctx);
    let (colours, tr) = (Theme::load(Mode::Dark), Tr::new(Lang::En));
    let (mut panel, mut planning, mut planner) =
        (PlanPanel::default(), Planning::default(), PlannerSettings::default());
    let place = egui::pos2(700.0, 200.0);
    let mut frame = |number: usize, events: Vec<egui::Event>| {
        let input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1440.0, 400.0))),
            time: Some(number as f64 / 60.0),
            events,
            ..egui::RawInput::default()
        };
        let began = thread_cpu();
        let output = ctx.run_ui(input, |ui| {
            let with = PlanContext {
                runs: &runs,
                project: None,
                schedulers: &[],
                selected: &[],
                blocked: 0,
                may_run: true,
                may_plan: false,
                theme: &colours,
                tr: &tr,
            };
            std::hint::black_box(plan_ui(ui, &mut panel, &mut planning, &mut planner, &with));
        });
        std::hint::black_box(ctx.tessellate(output.shapes, output.pixels_per_point));
        thread_cpu() - began
    };
    for number in 0..30 {
        frame(number, vec![egui::Event::PointerMoved(place)]);
    }
    let wheel = |lines: f32, modifiers| egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Line,
        delta: egui::vec2(0.0, lines),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers,
    };
    for (metric, modifiers, lines) in [
        ("chart, still", egui::Modifiers::NONE, 0.0),
        ("chart, zoomed", egui::Modifiers::COMMAND, 0.4),
        ("chart, moved", egui::Modifiers::SHIFT, 1.0),
    ] {
        let mut times = Vec::new();
        for number in 0..120 {
            let lines = if number < 60 { lines } else { -lines };
            let events = if lines == 0.0 { Vec::new() } else { vec![wheel(lines, modifiers)] };
            times.push(frame(100 + number, events));
        }
        let worst = times.iter().max().copied().unwrap_or_default();
        rows.push(row(case, &format!("{metric}: frame"), median(times).as_secs_f64() * 1e3, "ms"));
        rows.push(row(case, &format!("{metric}: worst frame"), worst.as_secs_f64() * 1e3, "ms"));
    }
    Ok(())
}

/// A run of a plan of which every second task has ended.
fn half_way(plan: PlanView) -> RunState {
    let mut runs = RunState::new();
    let nodes: Vec<NodeId> = plan.tasks.iter().filter_map(|task| task.node_id).collect();
    let (run, device) = (RunId(1), DeviceId::cpu());
    let mut seq = 0;
    let mut tell = |event| {
        seq += 1;
        runs.apply_event(&Numbered { seq, event });
    };
    let (project, devices) = ("bench.weft".to_owned(), vec![device.clone()]);
    tell(Event::RunStarted { run, project, seed: 1, devices, nodes });
    let tasks = plan.tasks.clone();
    tell(Event::Plan { run, plan, reason: None });
    for task in tasks.iter().step_by(2) {
        let Some(node) = task.node_id else { continue };
        let name = task.node.clone();
        let (device, mode) = (device.clone(), task.mode.clone());
        tell(Event::NodeStarted { run, node, name: name.clone(), device, mode, t_s: task.start_s });
        tell(Event::NodeFinished {
            run,
            node,
            name,
            status: NodeStatus::Done,
            elapsed_s: 1.1 * (task.finish_s - task.start_s),
            fault: None,
            metrics: Metrics::new(),
            summary: None,
            t_s: task.finish_s,
        });
    }
    runs
}

/// Time that the first plan of a run expects, and that the run took [s].
fn planned_and_taken(client: &ClientEnd, request: RunRequest) -> anyhow::Result<(f64, f64)> {
    client.commands.send(Command::Run(Box::new(request)))?;
    let mut planned_s = None;
    let taken_s = wait_for(client, LIMIT, |event| match event {
        Event::Plan { plan, .. } => {
            planned_s.get_or_insert(plan.makespan_s);
            None
        }
        Event::RunFinished { status: RunStatus::Done, elapsed_s, .. } => Some(Ok(elapsed_s)),
        Event::RunFinished { status, .. } => Some(Err(status.id().to_owned())),
        Event::RunRefused { fault, .. } => Some(Err(fault.to_string())),
        _ => None,
    })?;
    // What came of samples is not looked at, and their lane is not to be full.
    while client.samples.try_recv().is_ok() {}
    match taken_s {
        Ok(taken_s) => Ok((planned_s.context("the run had no plan")?, taken_s)),
        Err(why) => bail!("a run that was to be measured ended: {why}"),
    }
}

/// By how much the plans of a sample project are wrong, at first and after three runs.
fn foretold(rows: &mut Rows<'_>, args: &BenchArgs, scratch: &Path) -> anyhow::Result<()> {
    let (_engine, client) = start_engine(scratch, || {})?;
    let request = train::request(&std::path::absolute(&args.data)?, "cpu", args.epochs)?;
    let mut errors = Vec::new();
    for _ in 0..2 * RUNS {
        let (planned_s, taken_s) = planned_and_taken(&client, request.clone())?;
        errors.push((planned_s - taken_s).abs() / taken_s);
    }
    let mut later = errors.split_off(RUNS);
    later.sort_by(f64::total_cmp);
    let case = format!("MNIST, {} epochs", args.epochs);
    rows.push(row(&case, "forecast of the first run, off by", errors[0], super::FRACTION));
    rows.push(row(&case, "after three runs, median", later[RUNS / 2], super::FRACTION));
    Ok(())
}

/// Two trainings that need nothing of one another, a thread each: side by side, and one after another.
fn branches(rows: &mut Rows<'_>, args: &BenchArgs, scratch: &Path) -> anyhow::Result<()> {
    let base = train::request(&std::path::absolute(&args.data)?, "cpu", args.epochs)?;
    let (mut project, _) = weft_project::read_str(&base.project_text, Path::new("mnist.weft"))?;
    twin(&mut project)?;
    let (_engine, client) = start_engine(scratch, || {})?;
    let time_s = |branches| {
        let limits = RunLimits { branches: Some(branches), ..RunLimits::default() };
        let request = RunRequest { project_text: project.to_text(), threads: Some(1), limits, ..base.clone() };
        planned_and_taken(&client, request).map(|(_, taken_s)| Duration::from_secs_f64(taken_s))
    };
    // In turn, so that whatever else the machine does befalls both.
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        one.push(time_s(1)?);
        two.push(time_s(2)?);
    }
    let (one_s, two_s) = (median(one).as_secs_f64(), median(two).as_secs_f64());
    let case = "two trainings, a thread each";
    rows.push(row(case, "one after another", one_s, "s"));
    rows.push(row(case, "side by side", two_s, "s").beside("one after another", one_s));
    Ok(())
}

/// A second training of another rate beside the first.
fn twin(project: &mut Project) -> anyhow::Result<()> {
    let graph = &mut project.graph;
    let first = graph.node_named("train").context("the project has a training")?;
    let id = NodeId::random();
    let mut node = graph.node(first).context("it is there")?.clone();
    node.name = "train 2".to_owned();
    node.params.insert("learning_rate".to_owned(), Value::Float(0.002));
    let inputs: Vec<_> = graph.wires().filter(|(_, wire)| wire.to.node == first).map(|(_, w)| w.clone()).collect();
    graph.apply(Edit::AddNode { id, node })?;
    for Wire { from, to, .. } in inputs {
        let wire = Wire::new(from, Endpoint::new(id, &to.port));
        graph.apply(Edit::AddWire { id: WireId::random(), wire })?;
    }
    Ok(())
}

fn row(case: &str, metric: &str, value: f64, unit: &str) -> Row {
    Row::new("planning", case, metric, value, unit)
}
