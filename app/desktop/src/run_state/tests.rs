use std::time::Duration;

use proptest::prelude::*;
use weft_model::{Lang, Localised};
use weft_protocol::event::Progress;
use weft_protocol::run::MetricValue;
use weft_protocol::{DeviceId, MetricPoint};

use super::*;

const RUN: RunId = RunId(14);
const TRAIN: NodeId = NodeId(3);
const EVALUATE: NodeId = NodeId(4);

fn numbered(seq: u64, event: Event) -> Numbered {
    Numbered { seq, event }
}

fn started(run: RunId) -> Event {
    Event::RunStarted {
        run,
        project: "mnist.weft".to_owned(),
        seed: 7,
        devices: vec![DeviceId::cpu()],
        nodes: vec![TRAIN, EVALUATE],
    }
}

fn log(message: &str) -> Event {
    Event::Log { level: LogLevel::Info, node: None, message: message.to_owned(), at: "2026-11-21T08:00:00Z".to_owned() }
}

fn node_started(t_s: f64) -> Event {
    Event::NodeStarted {
        run: RUN,
        node: TRAIN,
        name: "Train".to_owned(),
        device: DeviceId::cpu(),
        mode: "2 threads".to_owned(),
        t_s,
    }
}

fn node_finished(node: NodeId, name: &str, status: NodeStatus, fault: Option<Fault>) -> Event {
    Event::NodeFinished {
        run: RUN,
        node,
        name: name.to_owned(),
        status,
        elapsed_s: 12.5,
        fault,
        metrics: Metrics::from([("accuracy".to_owned(), MetricValue::Number(0.9912))]),
        summary: Some("99.12 %".to_owned()),
        t_s: 20.0,
    }
}

fn finished(status: RunStatus) -> Event {
    Event::RunFinished { run: RUN, status, elapsed_s: 128.0, metrics: BTreeMap::new(), artifacts: Vec::new() }
}

fn progress(step: u64) -> Sample {
    Sample::Progress(Progress {
        run: RUN,
        node: TRAIN,
        name: "Train".to_owned(),
        step,
        steps: 1000,
        epoch: Some(6),
        epochs: Some(10),
        elapsed_s: 72.0,
        eta_s: Some(56.0),
    })
}

fn point(step: u64, epoch: u32, part: Part, per_epoch: bool, name: &str, value: f64) -> MetricPoint {
    MetricPoint { name: name.to_owned(), part, epoch, step, per_epoch, value }
}

fn points(points: Vec<MetricPoint>, left_out: u64) -> Sample {
    Sample::Metrics { run: RUN, node: TRAIN, name: "Train".to_owned(), points, left_out }
}

/// A state that has taken in these events, numbered from 1.
fn state_of(events: Vec<Event>) -> RunState {
    let mut state = RunState::new();
    for (index, event) in events.into_iter().enumerate() {
        state.apply_event(&numbered(index as u64 + 1, event));
    }
    state
}

fn messages(state: &RunState) -> Vec<&str> {
    state.log().iter().map(|line| line.message.as_str()).collect()
}

#[test]
fn a_gap_is_asked_for_once_and_filled_in_order() {
    let mut state = RunState::new();
    assert!(state.apply_event(&numbered(1, log("1"))).is_empty());
    assert_eq!(state.apply_event(&numbered(4, log("4"))), [Command::ReadEvents { from: 2 }]);
    assert!(state.apply_event(&numbered(5, log("5"))).is_empty(), "asked already");
    assert_eq!(messages(&state), ["1"], "nothing is taken in out of order");
    for seq in 2..=5 {
        assert!(state.apply_event(&numbered(seq, log(&seq.to_string()))).is_empty());
    }
    assert_eq!(messages(&state), ["1", "2", "3", "4", "5"]);
}

#[test]
fn a_notice_of_being_behind_asks_for_what_is_missing() {
    let mut state = RunState::new();
    state.apply_event(&numbered(1, log("1")));
    let behind = numbered(9, Event::Behind { missing_from: 2 });
    assert_eq!(state.apply_event(&behind), [Command::ReadEvents { from: 2 }]);
    assert!(state.apply_event(&behind).is_empty());
    for seq in 2..=9 {
        state.apply_event(&numbered(seq, log(&seq.to_string())));
    }
    assert_eq!(state.log().len(), 9);
}

#[test]
fn events_that_are_not_kept_any_more_do_not_hold_up_those_that_are() {
    let mut state = RunState::new();
    state.apply_event(&numbered(1, log("1")));
    assert_eq!(state.apply_event(&numbered(5, log("5"))), [Command::ReadEvents { from: 2 }]);
    // The answer begins at 4 because 2 and 3 are gone.
    state.apply_event(&numbered(4, log("4")));
    state.apply_event(&numbered(5, log("5")));
    state.apply_event(&numbered(6, log("6")));
    assert_eq!(messages(&state), ["1", "4", "5", "6"]);
}

proptest! {
    #[test]
    fn lost_and_repeated_events_end_in_the_same_state(lost in prop::collection::vec(any::<bool>(), 1..120)) {
        let count = lost.len() as u64;
        let mut state = RunState::new();
        let mut wanted = Vec::new();
        for (index, lost) in lost.iter().enumerate() {
            if !lost {
                let seq = index as u64 + 1;
                wanted.extend(state.apply_event(&numbered(seq, log(&seq.to_string()))));
            }
        }
        wanted.extend(state.apply_event(&numbered(count + 1, log("last"))));
        // The engine answers every request from its store, up to the newest event.
        while let Some(Command::ReadEvents { from }) = wanted.pop() {
            for seq in from..=count {
                wanted.extend(state.apply_event(&numbered(seq, log(&seq.to_string()))));
            }
            wanted.extend(state.apply_event(&numbered(count + 1, log("last"))));
        }
        let mut expected: Vec<String> = (1..=count).map(|seq| seq.to_string()).collect();
        expected.push("last".to_owned());
        prop_assert_eq!(messages(&state), expected);
    }
}

#[test]
fn a_node_goes_from_waiting_over_running_to_done() {
    let mut state = state_of(vec![started(RUN)]);
    assert_eq!(state.node_state(TRAIN), Some(&NodeRunState::Waiting));
    assert!(state.is_running());
    state.apply_event(&numbered(2, node_started(1.0)));
    state.apply_sample(progress(600));
    let Some(NodeRunState::Running { progress: share, epoch, eta_s, .. }) = state.node_state(TRAIN) else {
        panic!("it runs");
    };
    assert_eq!((*share, *epoch, *eta_s), (Some(0.6), Some(6), Some(56.0)));
    state.apply_event(&numbered(3, node_finished(TRAIN, "Train", NodeStatus::Done, None)));
    state.apply_sample(progress(990));
    assert_eq!(state.node_state(TRAIN), Some(&NodeRunState::Done), "late progress does not wake it up again");
    assert_eq!(state.nodes_over(), (1, 2));
    assert_eq!(state.best_validation_accuracy(TRAIN), Some(0.9912), "what it measured, in want of series");
    state.apply_event(&numbered(4, node_finished(EVALUATE, "Evaluate", NodeStatus::Cached, None)));
    assert_eq!(state.node_state(EVALUATE), Some(&NodeRunState::Cached));
    let commands = state.apply_event(&numbered(5, finished(RunStatus::Done)));
    assert_eq!(commands, [Command::ListRuns { project_id: None }]);
    assert!(!state.is_running());
    assert_eq!(state.run_elapsed_s(Instant::now()), Some(128.0));
}

#[test]
fn a_fault_stays_with_its_node() {
    let fault = Fault::new("nan_loss", Localised::new("Loss is NaN", "损失为 NaN"), Localised::default());
    let state = state_of(vec![
        started(RUN),
        node_finished(TRAIN, "Train", NodeStatus::Failed, Some(fault.clone())),
        finished(RunStatus::Failed),
    ]);
    assert_eq!(state.node_state(TRAIN), Some(&NodeRunState::Failed(fault)));
    assert_eq!(state.headline(&Tr::new(Lang::En)), "Train failed");
}

#[test]
fn the_headline_says_what_goes_on_in_both_languages() {
    let (en, zh) = (Tr::new(Lang::En), Tr::new(Lang::Zh));
    let mut state = RunState::new();
    assert_eq!(state.headline(&en), "Ready");
    state.apply_event(&numbered(1, started(RUN)));
    state.apply_event(&numbered(2, node_started(1.0)));
    state.apply_sample(progress(600));
    assert_eq!(state.headline(&en), "Train · epoch 6 of 10");
    assert_eq!(state.headline(&zh), "Train · 第 6 轮，共 10 轮");
    state.apply_event(&numbered(3, Event::RunPaused { run: RUN, paused: true }));
    assert!(state.is_paused());
    assert_eq!(state.headline(&en), "Paused · Train · epoch 6 of 10");
    state.apply_event(&numbered(4, Event::RunStopping { run: RUN }));
    assert!(state.is_stopping());
    state.apply_event(&numbered(5, finished(RunStatus::Stopped)));
    assert_eq!(state.headline(&en), "Run #14 stopped after 2:08");
}

#[test]
fn series_grow_and_what_was_left_out_is_fetched_when_the_run_has_ended() {
    let mut state = state_of(vec![started(RUN)]);
    state.apply_sample(points(
        vec![
            point(1, 1, Part::Train, false, "loss", 2.3),
            point(100, 1, Part::Validation, true, "accuracy", 0.97),
            point(200, 2, Part::Validation, true, "accuracy", 0.96),
        ],
        5,
    ));
    let curves = &state.current().unwrap().curves["Train"];
    assert_eq!(curves.curve("loss", Part::Train, false).unwrap().points().iter().collect::<Vec<_>>(), [[1.0, 2.3]]);
    assert_eq!(curves.steps_per_epoch(), Some(100.0));
    assert_eq!(state.best_accuracy(), Some(0.97));
    assert_eq!(state.left_out(), 5);
    let commands = state.apply_event(&numbered(2, finished(RunStatus::Done)));
    assert!(commands.contains(&Command::GetRun { run: RUN }));
    let series = (1..=8).map(|step| point(step, 1, Part::Train, false, "loss", 1.0)).collect();
    state.apply_event(&numbered(3, Event::Run(Box::new(record(RUN, series)))));
    let loss = state.current().unwrap().curves["Train"].curve("loss", Part::Train, false).unwrap();
    assert_eq!(loss.len(), 8);
    assert_eq!(state.left_out(), 0);
}

fn summary(run: RunId) -> RunSummary {
    RunSummary {
        run,
        project: "mnist.weft".to_owned(),
        project_id: "p".to_owned(),
        started_at: "2026-11-21T08:00:00Z".to_owned(),
        status: RunStatus::Done,
        seed: 7,
        elapsed_s: 100.0,
        metrics: BTreeMap::from([(
            "Evaluate".to_owned(),
            Metrics::from([("accuracy".to_owned(), MetricValue::Number(0.9881))]),
        )]),
    }
}

fn record(run: RunId, points: Vec<MetricPoint>) -> RunRecord {
    RunRecord {
        summary: summary(run),
        project_text: String::new(),
        devices: BTreeMap::new(),
        version: "0.1.0".to_owned(),
        nodes: BTreeMap::new(),
        series: BTreeMap::from([("Train".to_owned(), points)]),
    }
}

#[test]
fn earlier_runs_are_those_of_the_project_without_the_current_one() {
    let mut state = RunState::new();
    assert_eq!(state.set_project(Some("p".to_owned())), Some(Command::ListRuns { project_id: Some("p".to_owned()) }));
    let other = RunSummary { project_id: "q".to_owned(), ..summary(RunId(9)) };
    state.apply_event(&numbered(1, Event::Runs(vec![summary(RUN), summary(RunId(13)), other])));
    state.apply_event(&numbered(2, started(RUN)));
    let earlier: Vec<_> = state.earlier().map(|run| run.run).collect();
    assert_eq!(earlier, [RunId(13)]);
    assert_eq!(state.earlier().next().and_then(summary_accuracy), Some(0.9881));
    let points = vec![point(1, 1, Part::Train, false, "loss", 2.3)];
    state.apply_event(&numbered(3, Event::Run(Box::new(record(RunId(13), points)))));
    assert!(state.loaded(RunId(13)).is_some());
    state.set_project(None);
    assert_eq!(state.earlier().count(), 0);
}

#[test]
fn the_series_of_a_run_stay_when_another_begins() {
    let mut state = state_of(vec![started(RUN)]);
    state.apply_sample(points(vec![point(1, 1, Part::Train, false, "loss", 2.3)], 0));
    state.apply_event(&numbered(2, started(RunId(15))));
    assert!(state.loaded(RUN).is_some());
    assert!(state.current().unwrap().curves.is_empty());
    // Samples of the run before do not end up in this one.
    state.apply_sample(points(vec![point(2, 1, Part::Train, false, "loss", 2.2)], 0));
    assert!(state.current().unwrap().curves.is_empty());
}

#[test]
fn the_log_and_the_resources_stay_bounded() {
    let mut state = RunState::new();
    for seq in 1..=LOG_LINES as u64 + 50 {
        state.apply_event(&numbered(seq, log("x")));
    }
    assert_eq!(state.log().len(), LOG_LINES);
    assert_eq!(state.log().front().map(|line| line.number), Some(51));
    for second in 0..1000 {
        state.apply_sample(Sample::Resources(Resources { t_s: f64::from(second), ..Resources::default() }));
    }
    assert_eq!(state.resources().front().map(|r| r.t_s), Some(999.0 - RESOURCES_KEPT_S));
}

#[test]
fn times_go_on_between_two_samples() {
    let mut state = RunState::new();
    let begin = Instant::now();
    state.apply_event_at(&numbered(1, started(RUN)), begin);
    state.apply_event_at(&numbered(2, node_started(5.0)), begin + Duration::from_secs(5));
    state.apply_sample_at(progress(600), begin + Duration::from_secs(77));
    let later = begin + Duration::from_secs(79);
    let (elapsed_s, left_s) = state.node(TRAIN).unwrap().times_s(later);
    assert!((elapsed_s - 74.0).abs() < 1e-9 && (left_s.unwrap() - 54.0).abs() < 1e-9);
    assert!((state.run_elapsed_s(later).unwrap() - 79.0).abs() < 1e-9);
}

#[test]
fn a_refusal_is_kept_until_a_run_begins() {
    let fault = Fault::new("problems", Localised::new("2 problems", "2 个问题"), Localised::default());
    let mut state = state_of(vec![Event::RunRefused { fault: fault.clone(), problems: Vec::new() }]);
    assert_eq!(state.refusal().map(|refusal| &refusal.fault), Some(&fault));
    state.apply_event(&numbered(2, started(RUN)));
    assert!(state.refusal().is_none());
}

#[test]
fn the_accuracy_of_a_run_is_that_on_validation_then_that_of_its_evaluation() {
    let number = |name: &str, value| (name.to_owned(), MetricValue::Number(value));
    let matrix = ("confusion_matrix".to_owned(), MetricValue::Matrix(vec![vec![1]]));
    let judged = Metrics::from([number("accuracy", 0.97), matrix]);
    let learnt = Metrics::from([number("accuracy", 1.0)]);
    let validated = Metrics::from([number("accuracy", 1.0), number("validation/accuracy", 0.98)]);
    let of = |train: &Metrics| {
        let metrics = [("Train", train), ("Evaluate", &judged)];
        let metrics = metrics.map(|(name, metrics)| (name.to_owned(), metrics.clone())).into();
        summary_accuracy(&RunSummary { metrics, ..summary(RUN) })
    };
    assert_eq!(of(&validated), Some(0.98));
    assert_eq!(of(&learnt), Some(0.97));
    assert_eq!(summary_accuracy(&RunSummary { metrics: BTreeMap::new(), ..summary(RUN) }), None);
}

#[test]
fn what_is_left_of_a_run_follows_its_plan_and_what_the_running_node_says() {
    let task = |id, node: &str, start_s, finish_s| weft_protocol::PlannedTask {
        id,
        node: node.to_owned(),
        phase: "run".to_owned(),
        device: DeviceId::cpu(),
        start_s,
        finish_s,
        critical: true,
        ..weft_protocol::PlannedTask::default()
    };
    let plan = PlanView {
        makespan_s: 120.0,
        tasks: vec![task(0, "Train", 5.0, 100.0), task(1, "Evaluate", 100.0, 120.0)],
        ..PlanView::default()
    };
    let begin = Instant::now();
    let mut state = RunState::new();
    state.apply_event_at(&numbered(1, started(RUN)), begin);
    assert_eq!(state.run_left_s(begin), None, "nobody can say without a plan");
    state.apply_event_at(&numbered(2, Event::Plan { run: RUN, plan, reason: None }), begin);
    let left = |state: &RunState, after_s| state.run_left_s(begin + Duration::from_secs(after_s)).unwrap();
    assert!((left(&state, 20) - 100.0).abs() < 1e-9);
    state.apply_event_at(&numbered(3, node_started(5.0)), begin + Duration::from_secs(5));
    // At 77 s the training says that it needs 56 s more: it ends at 133 s instead of 100 s, and the run 33 s late.
    state.apply_sample_at(progress(600), begin + Duration::from_secs(77));
    assert!((left(&state, 77) - (120.0 + 33.0 - 77.0)).abs() < 1e-9);
}
