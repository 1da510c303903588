//! Plans in the whole window: the forecast beside Run, what the canvas says of it, limits and rules that go with a run,
//! and runs that wait.

use std::time::Duration;

use weft_protocol::{PlanRequest, PlanView, Planned, PlannedTask, QueueChange, RacedPlan};

use super::*;
use crate::commands::UiCommand;
use crate::panels::plan::Page;

impl Window {
    /// The next question for plans.
    fn plan_request(&mut self) -> PlanRequest {
        let mut asked = None;
        self.until_command(|command| match command {
            Command::Plan(request) => {
                asked = Some(*request);
                true
            }
            _ => false,
        });
        asked.unwrap()
    }

    /// Answers the next question: data, then training, then evaluation.
    fn foresee(&mut self) {
        let ticket = self.plan_request().ticket;
        let plan = self.mnist_plan();
        let raced = RacedPlan { scheduler: "auto".into(), plan: Ok(plan), adopted: true };
        self.say(Event::Planned { ticket, planned: Planned::Plans(vec![raced]) });
    }

    fn mnist_plan(&self) -> PlanView {
        let task = |id: usize, name: &str, start_s: f64, finish_s: f64, critical| PlannedTask {
            id,
            node: name.to_owned(),
            phase: if name == "train" { "train" } else { "run" }.to_owned(),
            start_s,
            finish_s,
            critical,
            node_id: Some(self.node(name)),
            after: critical.then(|| id.checked_sub(1)).flatten(),
            ..PlannedTask::default()
        };
        PlanView {
            algorithm: "auto".to_owned(),
            makespan_s: 100.0,
            devices: vec![DeviceId::cpu()],
            tasks: vec![
                task(0, "normalise", 0.0, 10.0, true),
                task(1, "train", 10.0, 90.0, true),
                task(2, "evaluate", 90.0, 100.0, true),
                task(3, "network", 0.0, 5.0, false),
            ],
            ..PlanView::default()
        }
    }
}

#[test]
fn the_forecast_follows_the_graph_and_is_on_the_canvas() {
    let mut window = Window::with_mnist();
    window.foresee();
    window.until("the forecast is beside Run", |w| w.says("Costs of the next run, ≈ 1:40"));
    let key = |window: &Window, name: &str| crate::node_views::node_key(window.node(name));
    let line = |window: &Window, name: &str| {
        let scene = &window.app().canvas().unwrap().scene;
        let view = scene.node(key(window, name)).unwrap();
        (view.progress_line.clone(), view.critical)
    };
    window.settle();
    assert_eq!(line(&window, "train"), ("→ 1:30 · critical".to_owned(), true));
    assert_eq!(line(&window, "network"), ("→ 0:05".to_owned(), false));
    let scene = &window.app().canvas().unwrap().scene;
    let critical = scene.wires().filter(|wire| wire.critical).count();
    assert!(critical >= 2, "normalise to train, train to evaluate: {critical}");
    // A change makes it old, and a new one is asked for.
    window.select("train");
    window.type_into("Epochs", "3");
    window.keys(Modifiers::NONE, Key::Enter);
    let asked = window.plan_request();
    assert!(asked.request.project_text.contains("\"epochs\": 3"), "{}", asked.request.project_text);
    window.click("Costs of the next run, ≈ 1:40");
    window.until("the costs are shown", |w| w.says("≈ 1:40") && w.says("Limits"));
}

#[test]
fn limits_and_the_rule_go_with_every_run_and_are_kept_for_the_project() {
    let mut window = Window::with_mnist();
    window.foresee();
    window.harness.state_mut().execute(UiCommand::ShowPlan(Page::Costs));
    window.settle();
    window.click("Branches at once");
    window.keys(Modifiers::COMMAND, Key::Enter);
    let request = window.run_request();
    assert_eq!(request.limits.branches, Some(1));
    assert_eq!(request.scheduler.map(|rule| rule.algorithm), Some("auto".to_owned()));
    assert_eq!(request.plan, None, "nothing was adopted");
}

#[test]
fn a_run_beside_another_is_asked_about_and_waits() {
    let mut window = Window::with_mnist();
    window.begin_run();
    window.keys(Modifiers::COMMAND, Key::Enter);
    assert!(window.says("A run is on"));
    window.click("Cancel");
    assert!(!window.says("A run is on"));
    window.keys(Modifiers::COMMAND, Key::Enter);
    window.click("Queue it");
    let mut added = None;
    window.until_command(|command| match command {
        Command::Queue(QueueChange::Add(request)) => {
            added = Some(request);
            true
        }
        _ => false,
    });
    assert!(added.unwrap().project_text.contains("image_dataset"));
    // The same without being asked.
    window.keys(Modifiers::COMMAND | Modifiers::SHIFT, Key::Enter);
    window.until_command(|command| matches!(command, Command::Queue(QueueChange::Add(_))));
}

#[test]
fn while_a_run_is_on_nothing_is_planned_ahead() {
    let mut window = Window::with_mnist();
    window.foresee();
    window.begin_run();
    window.harness.state_mut().execute(UiCommand::SelectAll);
    window.harness.state_mut().execute(UiCommand::Duplicate);
    let began = std::time::Instant::now();
    while began.elapsed() < Duration::from_millis(1_500) {
        window.harness.step();
        while let Ok(command) = window.engine.commands.try_recv() {
            assert!(!matches!(command, Command::Plan(_)));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn how_a_node_is_planned_is_set_in_the_inspector_and_undone() {
    let mut window = Window::with_mnist();
    window.harness.set_size(vec2(1440.0, 1600.0));
    window.select("train");
    window.click("Planning");
    window.until("it is unfolded", |w| w.says("Retries"));
    window.settle();
    window.click("Threads");
    window.click("Batch size may be 128");
    let planning = |window: &Window| {
        let id = window.node("train");
        window.app().project().unwrap().graph().node(id).unwrap().planning().clone()
    };
    assert_eq!(planning(&window).threads, Some(1));
    assert_eq!(planning(&window).alternatives["batch_size"], [Value::Int(128)]);
    window.keys(Modifiers::COMMAND, Key::Z);
    assert!(planning(&window).alternatives.is_empty());
    window.keys(Modifiers::COMMAND, Key::Z);
    assert!(planning(&window).is_default());
}
