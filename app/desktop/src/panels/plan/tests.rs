//! The plan panel, driven by mouse, keys and names.

use egui::{Key, Modifiers, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use weft_model::{Lang, Localised, NodeId};
use weft_protocol::{
    Convergence, DeviceId, DeviceInfo, DeviceKind, DeviceLoad, Event, FitChange, FitRemedy, NodeStatus, Numbered,
    PlanView, Planned, PlannedTask, PlannedTransfer, QueuedRun, RacedPlan, Resident, RunId, SchedulerChoice,
    SchedulerParameter, Shortage,
};

use super::*;
use crate::commands::UiCommand;
use crate::planning::Queue;
use crate::theme::{self, Mode};

const RUN: RunId = RunId(14);

struct Bench {
    panel: PlanPanel,
    runs: RunState,
    theme: Theme,
    tr: Tr,
    planning: Planning,
    planner: PlannerSettings,
    actions: Vec<PanelAction>,
}

pub(super) fn gpu() -> DeviceId {
    DeviceId("gpu0".to_owned())
}

fn task(id: usize, node: &str, phase: &str, device: DeviceId, start_s: f64, finish_s: f64) -> PlannedTask {
    PlannedTask {
        id,
        node: node.to_owned(),
        phase: phase.to_owned(),
        device,
        mode: "2 threads".to_owned(),
        start_s,
        finish_s,
        slack_s: 3.0,
        why: Localised::new("It starts as soon as its data is there.", "数据一到就开始。"),
        node_id: Some(NodeId(id as u64 + 1)),
        range_s: [(finish_s - start_s) * 0.9, (finish_s - start_s) * 1.2],
        memory_bytes: 400_000_000,
        ..PlannedTask::default()
    }
}

/// Four models on a graphics card and the processor, as the drawing has it.
pub(super) fn plan() -> PlanView {
    let (cpu, gpu) = (DeviceId::cpu, gpu);
    let mut tasks = vec![
        task(0, "data", "run", cpu(), 0.0, 9.0),
        task(1, "ResNet", "train", gpu(), 10.0, 95.0),
        task(2, "LeNet", "train", cpu(), 11.0, 71.0),
        task(3, "augment", "run", cpu(), 10.0, 40.0),
        task(4, "LSTM", "train", cpu(), 42.0, 137.0),
        task(5, "Transformer", "train", gpu(), 97.0, 172.0),
        task(6, "eval", "run", cpu(), 73.0, 88.0),
        task(7, "k-fold 1–3", "run", cpu(), 90.0, 160.0),
        task(8, "quantise", "run", gpu(), 176.0, 206.0),
        task(9, "eval ResNet", "run", cpu(), 165.0, 190.0),
        task(10, "register", "deploy", cpu(), 208.0, 222.0),
    ];
    for id in [0, 1, 5, 8, 10] {
        tasks[id].critical = true;
        tasks[id].slack_s = 0.0;
    }
    for (id, after) in [(1, 0), (5, 1), (8, 5), (10, 8), (2, 0), (4, 3), (6, 2)] {
        tasks[id].after = Some(after);
    }
    let load = |device, capacity, busy, peak_memory_bytes, memory_bytes| DeviceLoad {
        device,
        capacity,
        busy,
        peak_memory_bytes,
        memory_bytes,
    };
    PlanView {
        algorithm: "auto".to_owned(),
        makespan_s: 222.0,
        lower_bound_s: 218.0,
        gap: 0.018,
        serial_index_s: 812.0,
        speed_up: 2.66,
        makespan_range_s: [214.0, 241.0],
        bound_by: "path".to_owned(),
        devices: vec![gpu(), cpu()],
        loads: vec![
            load(gpu(), 1.0, 0.86, 6_400_000_000, Some(8_000_000_000)),
            load(cpu(), 8.0, 0.61, 1_400_000_000, Some(23_500_000_000)),
        ],
        residents: vec![Resident { task: 1, device: gpu(), start_s: 95.0, finish_s: 200.0, bytes: 300_000_000 }],
        transfers: vec![PlannedTransfer {
            from: 0,
            to: 1,
            link: "cpu → gpu0".to_owned(),
            start_s: 9.0,
            finish_s: 10.0,
            bytes: 1_200_000_000,
        }],
        tasks,
        ..PlanView::default()
    }
}

pub(super) fn devices() -> Vec<DeviceInfo> {
    let device = |id: DeviceId, name: &str, kind, memory_bytes, threads| DeviceInfo {
        id,
        name: name.to_owned(),
        kind,
        backend: "wgpu".to_owned(),
        driver: None,
        memory_bytes,
        threads,
        offered: true,
        reason: String::new(),
    };
    vec![
        device(DeviceId::cpu(), "AMD EPYC", DeviceKind::Cpu, Some(23_500_000_000), Some(8)),
        device(gpu(), "Radeon 780M", DeviceKind::IntegratedGpu, Some(8_000_000_000), None),
    ]
}

/// Three rules, one of them with parameters.
pub(super) fn schedulers() -> Vec<SchedulerInfo> {
    let rule = |name: &str, parameters| SchedulerInfo {
        name: name.to_owned(),
        summary: Localised::new(format!("What {name} does."), format!("{name} 的作用。")),
        source: String::new(),
        anytime: name != "heft",
        parameters,
    };
    let parameter = |name: &str, default, minimum, maximum| SchedulerParameter {
        name: name.to_owned(),
        help: Localised::new("Plans kept from one generation to the next.", "每一代保留的方案数。"),
        unit: String::new(),
        default,
        minimum,
        maximum,
    };
    let population = parameter("population", 100.0, 4.0, 10_000.0);
    let crossover = parameter("crossover", 0.9, 0.0, 1.0);
    vec![rule("auto", Vec::new()), rule("heft", Vec::new()), rule("ga", vec![population, crossover])]
}

/// A run that follows the plan, two minutes in.
fn running(plan: PlanView) -> RunState {
    let mut runs = RunState::new();
    let nodes: Vec<NodeId> = plan.tasks.iter().filter_map(|task| task.node_id).collect();
    let run = RUN;
    let started = |id: u64, name: &str, t_s| Event::NodeStarted {
        run,
        node: NodeId(id),
        name: name.to_owned(),
        device: gpu(),
        mode: String::new(),
        t_s,
    };
    let finished = |id: u64, name: &str, elapsed_s, t_s| Event::NodeFinished {
        run,
        node: NodeId(id),
        name: name.to_owned(),
        status: NodeStatus::Done,
        elapsed_s,
        fault: None,
        metrics: Default::default(),
        summary: None,
        t_s,
    };
    let events = [
        Event::Devices(devices()),
        Event::RunStarted { run, project: "p.weft".to_owned(), seed: 7, devices: plan.devices.clone(), nodes },
        Event::Plan { run, plan: plan.clone(), reason: None },
        started(1, "data", 0.2),
        finished(1, "data", 8.9, 9.1),
        started(2, "ResNet", 10.0),
        finished(2, "ResNet", 79.0, 89.0),
        started(6, "Transformer", 97.0),
        started(3, "LeNet", 11.0),
        finished(3, "LeNet", 61.0, 72.0),
        Event::Plan { run, plan, reason: Some(Localised::new("LSTM took 8 % longer", "LSTM 用时超出 8 %")) },
    ];
    for (seq, event) in (1..).zip(events) {
        runs.apply_event(&Numbered { seq, event });
    }
    runs
}

fn bench(runs: RunState, lang: Lang, mode: Mode) -> Bench {
    Bench {
        panel: PlanPanel::default(),
        runs,
        theme: Theme::load(mode),
        tr: Tr::new(lang),
        planning: Planning::default(),
        planner: PlannerSettings::default(),
        actions: Vec::new(),
    }
}

fn harness_of(bench: Bench, size: egui::Vec2) -> Harness<'static, Bench> {
    Harness::builder().with_size(size).with_context_setup(theme::install).build_ui_state(
        |ui, bench| {
            ui.ctx().set_style_of(egui::Theme::Dark, bench.theme.style());
            ui.ctx().set_style_of(egui::Theme::Light, bench.theme.style());
            ui.painter().rect_filled(ui.max_rect().expand(20.0), 0, bench.theme.panel);
            let with = PlanContext {
                runs: &bench.runs,
                project: None,
                schedulers: &schedulers(),
                selected: &[(NodeId(2), "ResNet".to_owned())],
                blocked: 0,
                may_run: true,
                may_plan: true,
                theme: &bench.theme,
                tr: &bench.tr,
            };
            let actions = plan_ui(ui, &mut bench.panel, &mut bench.planning, &mut bench.planner, &with);
            bench.actions.extend(actions);
        },
        bench,
    )
}

fn harness(plan: PlanView) -> Harness<'static, Bench> {
    let mut harness = harness_of(bench(running(plan), Lang::En, Mode::Dark), vec2(1080.0, 420.0));
    harness.run_steps(3);
    harness
}

#[test]
fn the_plan_shows_every_task_and_its_figures() {
    let mut harness = harness(plan());
    harness.get_by_label_contains("makespan 3:42 (3:34 – 4:01) · bound 3:38 (path) · gap 1.8 %");
    harness.get_by_label_contains("one after another 9:51 · W 13:32 · speed-up 2.66");
    harness.get_by_label("eval, cpu, 1:13 – 1:28");
    harness.get_by_label("ResNet · train, gpu0, 0:10 – 1:35, critical").click();
    harness.run_steps(3);
    assert_eq!(harness.state().actions, [PanelAction::ShowNode(NodeId(2))]);
    // The card beside the chart says why it stands there, and what it waited for.
    harness.get_by_label("It starts as soon as its data is there.");
    harness.get_by_label("Waits for data").click();
    harness.run_steps(3);
    assert_eq!(harness.state().panel.gantt.selected, Some(0));
    harness.get_by_label("Planned anew once").click();
    harness.run_steps(3);
    harness.get_by_label("LSTM took 8 % longer");
}

#[test]
fn a_proved_plan_says_so() {
    let harness = harness(PlanView { proved: true, gap: 0.0, ..plan() });
    harness.get_by_label_contains("proved shortest");
    assert!(harness.query_all_by_label_contains("gap 0").next().is_none());
}

#[test]
fn keys_walk_through_the_tasks_zoom_and_lead_to_the_canvas() {
    let mut harness = harness(plan());
    harness.get_by_label("Plan of 11 tasks").focus();
    harness.run_steps(2);
    let press = |harness: &mut Harness<'_, Bench>, key| {
        harness.key_press_modifiers(Modifiers::NONE, key);
        harness.run_steps(2);
    };
    press(&mut harness, Key::ArrowRight);
    assert_eq!(harness.state().panel.gantt.selected, Some(0), "the first of all");
    press(&mut harness, Key::ArrowRight);
    assert_eq!(harness.state().panel.gantt.selected, Some(3), "the next in its lane");
    press(&mut harness, Key::Enter);
    assert_eq!(harness.state().actions, [PanelAction::ZoomToNode(NodeId(4))]);
    for _ in 0..6 {
        press(&mut harness, Key::Plus);
    }
    assert!(harness.state().panel.gantt.is_zoomed());
    press(&mut harness, Key::Num0);
    assert!(!harness.state().panel.gantt.is_zoomed());
    press(&mut harness, Key::Escape);
    assert_eq!(harness.state().panel.gantt.selected, None);
}

#[test]
fn a_search_finds_tasks_and_goes_from_one_to_the_next() {
    let mut harness = harness(plan());
    harness.get_by_role_and_label(egui::Role::TextInput, "Find a task").focus();
    harness.run_steps(2);
    harness.get_by_role_and_label(egui::Role::TextInput, "Find a task").type_text("EVAL");
    harness.run_steps(2);
    assert_eq!(harness.state().panel.gantt.matches(), Some(2));
    for expected in [6, 9, 6] {
        harness.key_press(Key::Enter);
        harness.run_steps(3);
        assert_eq!(harness.state().panel.gantt.selected, Some(expected));
    }
}

#[test]
fn the_wheel_with_ctrl_zooms_at_the_pointer_and_a_drag_moves_the_time() {
    let mut harness = harness(plan());
    let at = pos2(600.0, 200.0);
    harness.hover_at(at);
    harness.run_steps(2);
    harness.event(egui::Event::Zoom(4.0));
    harness.run_steps(4);
    let (from_s, to_s) = harness.state().panel.gantt.shown_s().unwrap();
    assert!(to_s - from_s < 100.0 && from_s > 0.0, "{from_s} – {to_s}");
    let button = egui::PointerButton::Primary;
    let modifiers = Modifiers::NONE;
    harness.event(egui::Event::PointerButton { pos: at, button, pressed: true, modifiers });
    harness.run_steps(1);
    for step in 1..=10 {
        harness.event(egui::Event::PointerMoved(at - vec2(step as f32 * 10.0, 0.0)));
        harness.run_steps(1);
    }
    harness.event(egui::Event::PointerButton { pos: at - vec2(100.0, 0.0), button, pressed: false, modifiers });
    harness.run_steps(2);
    let (later_s, _) = harness.state().panel.gantt.shown_s().unwrap();
    assert!(later_s > from_s + 1.0, "{from_s} to {later_s}");
}

#[test]
fn exports_carry_plan_and_reality() {
    for (label, extension) in [
        ("Picture (PNG)…", "png"),
        ("Picture (SVG)…", "svg"),
        ("Table (CSV)…", "csv"),
        ("Chrome trace for Perfetto (JSON)…", "json"),
    ] {
        let mut harness = harness(plan());
        harness.get_by_label("Export the plan").click();
        harness.run_steps(3);
        harness.get_by_label(label).click();
        harness.run_steps(3);
        let actions = std::mem::take(&mut harness.state_mut().actions);
        let [PanelAction::Save { file_name, content: Content::Plan(file) }] = &actions[..] else {
            panic!("{label}: {actions:?}")
        };
        assert_eq!(*file_name, format!("plan-14.{extension}"));
        assert_eq!(file.happened[1], Some((10.0, 89.0)));
        assert_eq!(file.happened[5], None, "it still computes");
        assert!(!file.bytes().unwrap().is_empty());
    }
}

#[test]
fn what_happened_to_phases_stands_below_each_of_them() {
    let (cpu, node_id) = (DeviceId::cpu, Some(NodeId(77)));
    let phase = |id, name: &str, start_s, finish_s| PlannedTask {
        node_id,
        ..task(id, "service", name, cpu(), start_s, finish_s)
    };
    let tasks = vec![phase(0, "train", 0.0, 20.0), phase(1, "deploy", 20.0, 25.0), phase(2, "run", 60.0, 70.0)];
    let mut runs = running(PlanView { tasks, ..plan() });
    let (run, node) = (RUN, NodeId(77));
    let name = "service".to_owned();
    let said = |phase: &str, begins, t_s| match begins {
        true => Event::PhaseStarted { run, node, phase: phase.to_owned(), t_s },
        false => Event::PhaseFinished { run, node, phase: phase.to_owned(), t_s },
    };
    let events = [
        Event::NodeStarted { run, node, name, device: cpu(), mode: String::new(), t_s: 1.0 },
        said("train", true, 1.0),
        said("train", false, 22.0),
        said("deploy", true, 22.5),
        said("deploy", false, 30.0),
        said("run", true, 64.0),
    ];
    for (seq, event) in (12..).zip(events) {
        runs.apply_event(&Numbered { seq, event });
    }
    let mut harness = harness_of(bench(runs, Lang::En, Mode::Dark), vec2(1080.0, 420.0));
    harness.run_steps(3);
    harness.get_by_label("Export the plan").click();
    harness.run_steps(3);
    harness.get_by_label("Table (CSV)…").click();
    harness.run_steps(3);
    let actions = std::mem::take(&mut harness.state_mut().actions);
    let [PanelAction::Save { content: Content::Plan(file), .. }] = &actions[..] else { panic!("{actions:?}") };
    assert_eq!(file.happened, [Some((1.0, 22.0)), Some((22.5, 30.0)), None], "the third still computes");
}

#[test]
fn ten_thousand_tasks_are_drawn_as_few_shapes() {
    let tasks = (0..10_000_usize).map(|id| {
        let (lane, at) = (id % 8, (id / 8) as f64);
        let device = DeviceId(format!("cpu{}", lane % 5));
        PlannedTask { critical: id % 11 == 0, ..task(id, &format!("t{id}"), "run", device, at, at + 0.9) }
    });
    let plan = PlanView { tasks: tasks.collect(), makespan_s: 1250.0, devices: Vec::new(), ..plan() };
    let mut harness = harness(plan);
    let shapes = harness.output().shapes.len();
    assert!(shapes < 1_500, "{shapes} shapes");
    harness.state_mut().panel.gantt.shows = Shows { slack: true, memory: true, ..Shows::default() };
    harness.run_steps(2);
    let shapes = harness.output().shapes.len();
    assert!(shapes < 16_000, "{shapes} shapes");
}

#[test]
fn the_chart_draws_in_both_themes_and_languages() {
    for (lang, mode, name) in [(Lang::En, Mode::Dark, "en-dark"), (Lang::Zh, Mode::Light, "zh-light")] {
        let mut bench = bench(running(plan()), lang, mode);
        bench.panel.gantt.selected = Some(5);
        bench.panel.gantt.shows = Shows { slack: true, memory: true, ..Shows::default() };
        let mut harness = harness_of(bench, vec2(1080.0, 460.0));
        harness.run_steps(4);
        // The selected task is not the same colour as its ground in either.
        assert!(harness.query_all_by_label_contains("Transformer · ").next().is_some());
        if let (Ok(dir), Ok(picture)) = (std::env::var("WEFT_PICTURES"), harness.render()) {
            picture.save(std::path::Path::new(&dir).join(format!("gantt-{name}.png"))).unwrap();
        }
    }
}

/// The panel at a page, with a forecast of the plan.
fn at_page(page: Page, lang: Lang, mode: Mode, size: egui::Vec2) -> Harness<'static, Bench> {
    let mut runs = RunState::new();
    runs.apply_event(&Numbered { seq: 1, event: Event::Devices(devices()) });
    let mut bench = bench(runs, lang, mode);
    bench.panel.page = page;
    foresee(&mut bench.planning, plan());
    let mut harness = harness_of(bench, size);
    harness.run_steps(3);
    harness
}

/// Has the engine answer the next question with this plan.
fn foresee(planning: &mut Planning, plan: PlanView) {
    let now = Instant::now();
    let later = now + std::time::Duration::from_secs(2);
    planning.follow(Default::default(), true, true, now);
    let wanted = planning.follow(Default::default(), true, true, later).unwrap();
    let raced = RacedPlan { scheduler: "auto".into(), plan: Ok(plan), adopted: true };
    planning.answered(wanted.ticket, &Planned::Plans(vec![raced]));
}

fn wide() -> egui::Vec2 {
    vec2(1080.0, 420.0)
}

#[test]
fn before_a_run_the_chart_shows_what_the_next_is_thought_to_be() {
    let harness = at_page(Page::Chart, Lang::En, Mode::Dark, wide());
    harness.get_by_label("Next run");
    harness.get_by_label_contains("makespan 3:42");
    assert!(harness.query_by_label("actual").is_none(), "nothing has happened yet");
}

#[test]
fn costs_say_what_does_not_fit_and_offer_what_would() {
    let mut harness = at_page(Page::Costs, Lang::En, Mode::Dark, wide());
    harness.get_by_label("≈ 3:42");
    harness.get_by_label("6.4 GB of 8.0 GB");
    let change = FitChange::Branches(1);
    let shortage = Shortage {
        message: Localised::new("The graphics card lacks 2.1 GB", "显卡缺少 2.1 GB"),
        remedies: vec![FitRemedy {
            label: Localised::new("One branch at a time", "一次一个分支"),
            change: change.clone(),
        }],
    };
    harness.state_mut().planning = Planning::default();
    foresee(
        &mut harness.state_mut().planning,
        PlanView { shortages: vec![shortage], disk_bytes: Some(5_000_000), ..plan() },
    );
    harness.run_steps(2);
    harness.get_by_label("The graphics card lacks 2.1 GB");
    harness.get_by_label("5.0 MB");
    harness.get_by_label("One branch at a time").click();
    harness.get_by_label("Run").click();
    harness.run_steps(2);
    assert!(harness.state().actions.contains(&PanelAction::Fit(change)));
    assert!(harness.state().actions.contains(&PanelAction::Execute(UiCommand::Run)));
}

#[test]
fn limits_are_there_when_they_are_ticked() {
    let mut harness = at_page(Page::Costs, Lang::En, Mode::Dark, wide());
    assert_eq!(harness.state().planner.limits, Default::default());
    for name in ["Time", "Memory", "Branches at once"] {
        harness.get_by_label(name).click();
        harness.run_steps(2);
    }
    let limits = &harness.state().planner.limits;
    assert_eq!((limits.time_s, limits.memory_bytes, limits.branches), (Some(3_600.0), Some(4_000_000_000), Some(1)));
    harness.get_by_label("Memory").click();
    harness.run_steps(2);
    assert_eq!(harness.state().planner.limits.memory_bytes, None);
}

#[test]
fn each_rule_keeps_its_own_parameters_within_their_ranges() {
    let mut harness = at_page(Page::Scheduler, Lang::En, Mode::Dark, wide());
    harness.get_by_label("It has no parameters.");
    harness.state_mut().planner.algorithm = "ga".to_owned();
    harness.run_steps(2);
    harness.get_by_label("4 – 10,000");
    harness.get_by_role_and_label(egui::Role::SpinButton, "Crossover").focus();
    harness.run_steps(2);
    harness.key_press(Key::ArrowDown);
    harness.run_steps(3);
    let crossover = harness.state().planner.choice().parameters["crossover"];
    assert!((0.0..0.9).contains(&crossover), "{crossover}");
    harness.state_mut().planner.algorithm = "heft".to_owned();
    assert!(harness.state().planner.choice().parameters.is_empty());
    harness.state_mut().planner.algorithm = "ga".to_owned();
    harness.run_steps(2);
    harness.get_by_label("Reset Crossover").click();
    harness.run_steps(2);
    assert!(harness.state().planner.choice().parameters.is_empty());
}

#[test]
fn a_race_begins_is_drawn_and_its_plan_is_taken() {
    let mut harness = at_page(Page::Race, Lang::En, Mode::Dark, wide());
    harness.get_by_label("No race yet");
    harness.get_by_role_and_label(egui::Role::Button, "Race").click();
    harness.run_steps(2);
    let planning = &mut harness.state_mut().planning;
    assert!(planning.is_racing());
    let wanted = planning.follow(Default::default(), true, false, Instant::now()).unwrap();
    let names: Vec<_> = wanted.race.iter().map(|rule| (rule.algorithm.as_str(), rule.time_limit_s)).collect();
    assert_eq!(names, [("auto", Some(2.0)), ("heft", Some(2.0)), ("ga", Some(2.0))]);
    planning.progress(wanted.ticket, 2, &convergence());
    harness.run_steps(2);
    harness.get_by_label("3:59");
    harness.get_by_label("Stop the race").click();
    harness.run_steps(2);
    assert_eq!(
        harness.state().actions,
        [PanelAction::Command(weft_protocol::Command::CancelPlan { ticket: wanted.ticket })]
    );
    finish_race(&mut harness.state_mut().planning, wanted.ticket);
    harness.run_steps(2);
    harness.get_by_label("Use the plan of ga").click();
    harness.run_steps(2);
    harness.get_by_label("in use");
    assert_eq!(harness.state().planning.adopted().map(|(plan, _)| plan.makespan_s), Some(239.0));
}

fn convergence() -> Vec<Convergence> {
    let at = |elapsed_s, makespan_s| Convergence { elapsed_s, makespan_s, lower_bound_s: 218.0 };
    vec![at(0.01, 364.0), at(0.2, 300.0), at(0.9, 260.0), at(1.7, 239.0)]
}

fn finish_race(planning: &mut Planning, ticket: u64) {
    let raced = |name: &str, makespan_s: f64, adopted| {
        let gap = makespan_s / 218.0 - 1.0;
        let plan =
            PlanView { makespan_s, gap, proved: adopted, algorithm: name.to_owned(), planned_in_s: 0.01, ..plan() };
        RacedPlan { scheduler: SchedulerChoice { time_limit_s: Some(2.0), ..name.into() }, plan: Ok(plan), adopted }
    };
    let plans = vec![raced("auto", 222.0, true), raced("heft", 277.0, false), raced("ga", 239.0, false)];
    planning.answered(ticket, &Planned::Plans(plans));
}

#[test]
fn what_is_supposed_changes_the_plan_beside_the_one_that_is() {
    let mut harness = at_page(Page::WhatIf, Lang::En, Mode::Dark, wide());
    harness.get_by_label("nothing is supposed yet");
    harness.get_by_label("Radeon 780M").click();
    harness.run_steps(2);
    assert_eq!(harness.state().planning.what_if.lost, [gpu()]);
    harness.get_by_label("Add a device").click();
    harness.run_steps(3);
    harness.get_by_label("one more like AMD EPYC").click();
    harness.run_steps(3);
    let imagined = &harness.state().planning.what_if.imagined;
    assert_eq!((imagined.len(), imagined[0].like.clone()), (1, DeviceId::cpu()));
    suppose(&mut harness.state_mut().planning, PlanView { makespan_s: 188.7, ..plan() });
    harness.run_steps(2);
    harness.get_by_label("-15.0 %");
    assert!(harness.query_all_by_label("As it would be").next().is_some());
    harness.get_by_label("Suppose nothing").click();
    harness.run_steps(2);
    assert_eq!(harness.state().planning.what_if, Default::default());
}

fn suppose(planning: &mut Planning, plan: PlanView) {
    let now = Instant::now();
    planning.follow(Default::default(), true, true, now);
    let later = now + std::time::Duration::from_secs(1);
    let wanted = planning.follow(Default::default(), true, true, later).unwrap();
    let raced = RacedPlan { scheduler: "auto".into(), plan: Ok(plan), adopted: true };
    planning.answered(wanted.ticket, &Planned::Plans(vec![raced]));
}

fn queued(id: i64, project: &str) -> QueuedRun {
    QueuedRun {
        id,
        project: format!("/home/ada/{project}"),
        queued_at: "2026-11-21T08:00:00Z".to_owned(),
        device: Some(DeviceId::cpu()),
        seed: Some(7),
    }
}

#[test]
fn waiting_runs_are_moved_by_buttons_keys_and_drags_and_given_up() {
    use weft_protocol::{Command, QueueChange};
    let mut harness = at_page(Page::Queue, Lang::En, Mode::Dark, wide());
    harness.get_by_label("No runs wait");
    let waiting = vec![queued(4, "a.weft"), queued(6, "b.weft"), queued(9, "c.weft")];
    harness.state_mut().planning.queue = Queue { held: false, waiting };
    harness.run_steps(2);
    let did = |harness: &mut Harness<'_, Bench>| match std::mem::take(&mut harness.state_mut().actions)[..] {
        [PanelAction::Command(Command::Queue(ref change))] => change.clone(),
        ref other => panic!("{other:?}"),
    };
    harness.get_by_label("Move b.weft at 2 up").click();
    harness.run_steps(2);
    assert_eq!(did(&mut harness), QueueChange::Move { id: 6, to: 0 });
    harness.get_by_label("Remove c.weft at 3").click();
    harness.run_steps(2);
    assert_eq!(did(&mut harness), QueueChange::Remove { id: 9 });
    harness.get_by_label("Hold the queue").click();
    harness.run_steps(2);
    assert_eq!(did(&mut harness), QueueChange::Hold(true));
    harness.get_by_role_and_label(egui::Role::ListBoxOption, "1. a.weft").focus();
    harness.run_steps(2);
    harness.key_press_modifiers(Modifiers::ALT, Key::ArrowDown);
    harness.run_steps(2);
    assert_eq!(did(&mut harness), QueueChange::Move { id: 4, to: 1 });
    let place = |harness: &Harness<'_, Bench>, name: &str| {
        harness.get_by_role_and_label(egui::Role::ListBoxOption, name).rect().left_center() + vec2(60.0, 0.0)
    };
    let (from, to) = (place(&harness, "1. a.weft"), place(&harness, "3. c.weft"));
    let button = |pos, pressed| egui::Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    harness.event(egui::Event::PointerMoved(from));
    harness.event(button(from, true));
    harness.run_steps(1);
    for step in 1..=8 {
        harness.event(egui::Event::PointerMoved(from + (to - from) * (step as f32 / 8.0)));
        harness.run_steps(1);
    }
    harness.event(button(to, false));
    harness.run_steps(2);
    assert_eq!(did(&mut harness), QueueChange::Move { id: 4, to: 2 });
}

#[test]
fn every_page_draws_in_both_themes_and_languages() {
    for (lang, mode, name) in [(Lang::En, Mode::Dark, "en-dark"), (Lang::Zh, Mode::Light, "zh-light")] {
        for page in Page::ALL {
            let mut harness = at_page(page, lang, mode, wide());
            let bench = harness.state_mut();
            if page == Page::Scheduler {
                bench.planner.algorithm = "ga".to_owned();
            }
            if page == Page::Queue {
                bench.planning.queue = Queue { held: true, waiting: vec![queued(4, "a.weft"), queued(6, "b.weft")] };
            }
            if page == Page::WhatIf {
                bench.planning.what_if.branches = Some(1);
                suppose(&mut bench.planning, PlanView { makespan_s: 250.0, ..plan() });
            }
            if page == Page::Race {
                bench.planning.begin_race(vec!["auto".into(), "heft".into(), "ga".into()]);
                let wanted = bench.planning.follow(Default::default(), true, false, Instant::now()).unwrap();
                for rule in 0..3 {
                    let shift = rule as f64 * 9.0;
                    let points =
                        convergence().into_iter().map(|p| Convergence { makespan_s: p.makespan_s - shift, ..p });
                    bench.planning.progress(wanted.ticket, rule, &points.collect::<Vec<_>>());
                }
                finish_race(&mut bench.planning, wanted.ticket);
            }
            harness.run_steps(3);
            let label = Tr::new(lang).t(page.label()).to_owned();
            assert!(harness.query_all_by_label_contains(&label).next().is_some(), "{label}");
            if let (Ok(dir), Ok(picture)) = (std::env::var("WEFT_PICTURES"), harness.render()) {
                picture.save(std::path::Path::new(&dir).join(format!("{page:?}-{name}.png"))).unwrap();
            }
        }
    }
}
