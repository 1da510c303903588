use std::collections::BTreeMap;

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use weft_model::Lang;
use weft_protocol::event::{GpuResources, Progress, Resources};
use weft_protocol::run::{MetricValue, Metrics};
use weft_protocol::{
    DeviceId, Event, LogLevel, MetricPoint, NodeStatus, Numbered, Part, RunId, RunStatus, RunSummary, Sample,
};

use super::training::XUnit;
use super::*;
use crate::i18n::Tr;
use crate::run_state::RunState;
use crate::theme::{self, Mode, Theme};

const RUN: RunId = RunId(14);
const TRAIN: NodeId = NodeId(3);
const EVALUATE: NodeId = NodeId(4);

/// What a test draws, and what it keeps.
struct Bench<P> {
    panel: P,
    runs: RunState,
    theme: Theme,
    tr: Tr,
    actions: Vec<PanelAction>,
}

fn harness<P: Default + 'static>(
    runs: RunState,
    lang: Lang,
    draw: impl Fn(&mut Ui, &mut Bench<P>) + 'static,
) -> Harness<'static, Bench<P>> {
    let bench =
        Bench { panel: P::default(), runs, theme: Theme::load(Mode::Dark), tr: Tr::new(lang), actions: Vec::new() };
    Harness::builder()
        .with_size(vec2(1000.0, 340.0))
        .with_context_setup(theme::install)
        .build_ui_state(move |ui, bench| draw(ui, bench), bench)
}

fn training(runs: RunState, lang: Lang) -> Harness<'static, Bench<TrainingPanel>> {
    harness(runs, lang, |ui, bench| {
        let actions = training_ui(ui, &mut bench.panel, &bench.runs, &bench.theme, &bench.tr);
        bench.actions.extend(actions);
    })
}

fn apply(runs: &mut RunState, events: Vec<Event>) {
    for (index, event) in events.into_iter().enumerate() {
        runs.apply_event(&Numbered { seq: index as u64 + 1, event });
    }
}

fn summary(run: i64, accuracy: f64) -> RunSummary {
    RunSummary {
        run: RunId(run),
        project: "mnist.weft".to_owned(),
        project_id: "p".to_owned(),
        started_at: "2026-11-21T08:00:00Z".to_owned(),
        status: RunStatus::Done,
        seed: 7,
        elapsed_s: 100.0,
        metrics: BTreeMap::from([("Evaluate".to_owned(), evaluation(accuracy))]),
    }
}

/// Three classes; of class 2, 12 of 1,000 are taken for class 0.
fn evaluation(accuracy: f64) -> Metrics {
    Metrics::from([
        ("accuracy".to_owned(), MetricValue::Number(accuracy)),
        ("f1_macro".to_owned(), MetricValue::Number(0.98)),
        ("loss".to_owned(), MetricValue::Number(0.0412)),
        ("confusion_matrix".to_owned(), MetricValue::Matrix(vec![vec![980, 0, 0], vec![5, 990, 5], vec![12, 0, 988]])),
        ("labels".to_owned(), MetricValue::Labels(vec!["cat".into(), "dog".into(), "owl".into()])),
    ])
}

/// A run in its sixth epoch.
fn running() -> RunState {
    let mut runs = RunState::new();
    apply(
        &mut runs,
        vec![
            Event::Runs(vec![summary(13, 0.9881), summary(12, 0.9847)]),
            Event::RunStarted {
                run: RUN,
                project: "mnist.weft".to_owned(),
                seed: 7,
                devices: vec![DeviceId::cpu()],
                nodes: vec![TRAIN, EVALUATE],
            },
            Event::NodeStarted {
                run: RUN,
                node: TRAIN,
                name: "Train".to_owned(),
                device: DeviceId::cpu(),
                mode: "2 threads".to_owned(),
                t_s: 4.0,
            },
        ],
    );
    runs.apply_sample(Sample::Progress(Progress {
        run: RUN,
        node: TRAIN,
        name: "Train".to_owned(),
        step: 5500,
        steps: 10_000,
        epoch: Some(6),
        epochs: Some(10),
        elapsed_s: 72.0,
        eta_s: Some(56.0),
    }));
    let mut points = Vec::new();
    for step in 1..=5500_u64 {
        let x = step as f64 / 1000.0;
        let epoch = (step / 1000 + 1) as u32;
        let wave = 0.1 * ((step * 7919 % 101) as f64 / 101.0);
        for (name, value) in [("loss", 2.3 * (-x).exp() + wave), ("accuracy", 1.0 - (-x).exp())] {
            let name = name.to_owned();
            points.push(MetricPoint { name, part: Part::Train, epoch, step, per_epoch: false, value });
        }
        if step % 1000 == 0 {
            for (name, value) in [("loss", 1.5 * (-x).exp()), ("accuracy", 0.9894 - 0.3 * (-x).exp())] {
                let name = name.to_owned();
                let epoch = (step / 1000) as u32;
                points.push(MetricPoint { name, part: Part::Validation, epoch, step, per_epoch: true, value });
            }
        }
    }
    runs.apply_sample(Sample::Metrics { run: RUN, node: TRAIN, name: "Train".to_owned(), points, left_out: 3 });
    runs
}

#[test]
fn an_empty_training_panel_invites_to_run() {
    training(RunState::new(), Lang::En).get_by_label("Press Run and watch it learn");
    training(RunState::new(), Lang::Zh).get_by_label("点击“运行”，看它学习");
}

#[test]
fn training_shows_both_plots_with_their_series() {
    let harness = training(running(), Lang::En);
    harness.get_by_label("Loss");
    harness.get_by_label("Accuracy");
    harness.get_by_role_and_label(egui::Role::Image, "Loss: train, validation");
    harness.get_by_role_and_label(egui::Role::Image, "Accuracy: train, validation");
    assert_eq!(harness.query_all_by_label("train").count(), 2, "a legend on each plot");
    assert!(harness.query_all_by_label("thinned: smallest and greatest of each pixel column").count() > 0);
    harness.get_by_label("3 points follow after the run");
    let harness = training(running(), Lang::Zh);
    harness.get_by_role_and_label(egui::Role::Image, "损失: 训练, 验证");
}

#[test]
fn a_click_on_an_earlier_run_asks_for_it_and_lays_it_over() {
    let mut harness = training(running(), Lang::En);
    harness.get_by_label("#13 done 98.81 %").click();
    harness.run();
    let get = PanelAction::Command(Command::GetRun { run: RunId(13) });
    assert_eq!(harness.state().actions, [get], "asked for once");
    assert_eq!(harness.state().panel.overlays().collect::<Vec<_>>(), [RunId(13)]);
    let points = [(1, 2.3), (500, 1.0), (1000, 0.4)];
    let point = |(step, value)| MetricPoint {
        name: "loss".to_owned(),
        part: Part::Train,
        epoch: 1,
        step,
        per_epoch: false,
        value,
    };
    let record = weft_protocol::RunRecord {
        summary: summary(13, 0.9881),
        project_text: String::new(),
        devices: BTreeMap::new(),
        version: "0.1.0".to_owned(),
        nodes: BTreeMap::new(),
        series: BTreeMap::from([("Train".to_owned(), points.map(point).to_vec())]),
    };
    harness.state_mut().runs.apply_event(&Numbered { seq: 4, event: Event::Run(Box::new(record)) });
    harness.run();
    harness.get_by_label("#13 train");
    harness.get_by_label("#13 done 98.81 %").click();
    harness.run();
    assert_eq!(harness.query_all_by_label("#13 train").count(), 0);
}

#[test]
fn the_current_run_can_be_hidden_and_the_axes_switched() {
    let mut harness = training(running(), Lang::En);
    harness.get_by_label("log").click();
    harness.get_by_label("steps").click();
    harness.run();
    assert!(harness.state().panel.is_log("loss") && harness.state().panel.x == XUnit::Steps);
    harness.get_by_label_contains("#14 now").click();
    harness.run();
    harness.get_by_label("No curves to show");
}

#[test]
fn curves_are_saved_as_a_table_with_every_point() {
    let mut harness = training(running(), Lang::En);
    harness.get_by_label("Save the curves as CSV…").click();
    harness.run();
    let [PanelAction::Save { content, .. }] = harness.state().actions.as_slice() else { panic!("one file") };
    let text = String::from_utf8(content.bytes().unwrap()).unwrap();
    assert!(text.starts_with("run,node,metric,part,per_epoch,step,value\n"));
    assert_eq!(text.lines().count(), 1 + 2 * 5500 + 2 * 5);
    assert!(text.contains("14,Train,accuracy,validation,true,5000,"));
}

/// The one file that was asked for by an entry of the menu of the loss plot.
fn saved(entry: &str, lang: Lang, menu: &str) -> (String, Vec<u8>) {
    let mut harness = training(running(), lang);
    harness.run();
    harness.get_by_label(menu).click();
    harness.run();
    harness.get_by_label(entry).click();
    harness.run();
    let [PanelAction::Save { file_name, content }] = harness.state().actions.as_slice() else { panic!("one file") };
    (file_name.clone(), content.bytes().unwrap())
}

#[test]
fn a_plot_is_saved_as_table_drawing_and_picture() {
    let menu = "Menu of the plot Loss";
    let (name, table) = saved("Save points as CSV…", Lang::En, menu);
    assert_eq!(name, "loss.csv");
    assert_eq!(String::from_utf8(table).unwrap().lines().count(), 1 + 5500 + 5, "all points of this metric");
    let (name, svg) = saved("Save as SVG…", Lang::En, menu);
    assert_eq!(name, "loss.svg");
    let svg = String::from_utf8(svg).unwrap();
    for text in ["Loss", "train", "validation", "epochs"] {
        assert!(svg.contains(text), "{text}");
    }
    let light = Theme::load(Mode::Light);
    assert!(svg.contains(&light.train.to_hex()[..7].to_lowercase()), "in the colours of paper");
    let (name, png) = saved("保存为 PNG…", Lang::Zh, "曲线图“损失”的菜单");
    assert_eq!(name, "loss.png");
    assert!(png.starts_with(b"\x89PNG"));
}

#[test]
fn time_as_axis_is_taken_from_progress() {
    let mut harness = training(running(), Lang::En);
    harness.get_by_label("time").click();
    harness.run();
    assert_eq!(harness.state().panel.x, XUnit::Time);
    let (_, end) = harness.state().panel.chart("loss").unwrap().x_shown().unwrap();
    assert!((end - 72.0).abs() < 1e-6, "step 5,500 was done after 72 s, not {end}");
}

fn results(runs: RunState, lang: Lang) -> Harness<'static, Bench<ResultsPanel>> {
    harness(runs, lang, |ui, bench| {
        let actions = results_ui(ui, &mut bench.panel, &bench.runs, &bench.theme, &bench.tr);
        bench.actions.extend(actions);
    })
}

fn evaluated() -> RunState {
    let mut runs = running();
    let finish = Event::NodeFinished {
        run: RUN,
        node: EVALUATE,
        name: "Evaluate".to_owned(),
        status: NodeStatus::Done,
        elapsed_s: 3.0,
        fault: None,
        metrics: evaluation(0.9894),
        summary: None,
        t_s: 130.0,
    };
    runs.apply_event(&Numbered { seq: 4, event: finish });
    runs
}

#[test]
fn results_show_figures_classes_and_every_cell_of_the_matrix() {
    let mut harness = results(evaluated(), Lang::En);
    harness.get_by_label("98.94 %");
    harness.get_by_label("#13 98.81 %");
    harness.get_by_role_and_label(egui::Role::Cell, "true owl, predicted cat: 12 samples (1.2 %)");
    assert_eq!(harness.query_all_by_role(egui::Role::Cell).count(), 9);
    assert!(harness.query_all_by_label_contains("98.29 %").count() > 0, "precision of cat: 980 of 997");
    harness.get_by_label("Show node").click();
    harness.run();
    assert_eq!(harness.state().actions, [PanelAction::ShowNode(EVALUATE)]);
    let harness = results(evaluated(), Lang::Zh);
    harness.get_by_role_and_label(egui::Role::Cell, "真实 owl，预测 cat：12 个样本（1.2 %）");
}

#[test]
fn results_of_earlier_runs_are_there_before_anything_runs() {
    let mut runs = RunState::new();
    apply(&mut runs, vec![Event::Runs(vec![summary(13, 0.9881)])]);
    results(runs, Lang::En).get_by_label("98.81 %");
    results(RunState::new(), Lang::En).get_by_label("No results yet");
}

#[test]
fn measures_of_classes_are_those_of_the_matrix() {
    let rows = results::class_rows(&[vec![8, 2, 0], vec![0, 10, 0], vec![0, 0, 0]]);
    assert_eq!(rows[0].precision, 1.0);
    assert_eq!(rows[0].recall, 0.8);
    assert!((rows[1].precision - 10.0 / 12.0).abs() < 1e-12);
    assert!((rows[1].f1 - 20.0 / 22.0).abs() < 1e-12);
    assert_eq!((rows[2].precision, rows[2].recall, rows[2].f1, rows[2].support), (0.0, 0.0, 0.0, 0));
}

#[test]
fn a_matrix_that_is_not_square_is_not_drawn() {
    let mut metrics = evaluation(0.5);
    metrics.insert("confusion_matrix".to_owned(), MetricValue::Matrix(vec![vec![1, 2], vec![3]]));
    let mut runs = RunState::new();
    let broken = RunSummary { metrics: BTreeMap::from([("Evaluate".to_owned(), metrics)]), ..summary(13, 0.5) };
    apply(&mut runs, vec![Event::Runs(vec![broken])]);
    let harness = results(runs, Lang::En);
    harness.get_by_label("50.00 %");
    assert_eq!(harness.query_all_by_role(egui::Role::Cell).count(), 0);
}

fn resources(runs: RunState, lang: Lang) -> Harness<'static, Bench<()>> {
    harness(runs, lang, |ui, bench| resources_ui(ui, &bench.runs, &bench.theme, &bench.tr))
}

#[test]
fn what_cannot_be_measured_is_said_to_be_so() {
    let mut runs = RunState::new();
    resources(RunState::new(), Lang::En).get_by_label("No measurements yet");
    for second in 0..100 {
        runs.apply_sample(Sample::Resources(Resources {
            t_s: f64::from(second),
            cpu_busy: Some(0.63),
            own_cpu_busy: Some(0.51),
            memory_bytes: Some(1_400_000_000),
            memory_total_bytes: Some(23_500_000_000),
            ..Resources::default()
        }));
    }
    let harness = resources(runs.clone(), Lang::En);
    harness.get_by_label("63 %");
    harness.get_by_label("51 %");
    harness.get_by_label("1.4 GB / 23.5 GB");
    assert!(harness.query_all_by_label("not available").count() >= 8, "own memory, disk, network, GPU");
    assert!(harness.query_all_by_label("0 %").next().is_none(), "nothing unknown is shown as zero");
    assert!(resources(runs.clone(), Lang::Zh).query_all_by_label("不可用").count() >= 8);

    runs.apply_sample(Sample::Resources(Resources {
        t_s: 100.0,
        gpus: vec![GpuResources {
            name: "NVIDIA H200".to_owned(),
            busy: Some(0.88),
            memory_bytes: Some(6_400_000_000),
            memory_total_bytes: Some(150_000_000_000),
            temperature_c: Some(61.0),
            power_w: None,
            own_busy: None,
            own_memory_bytes: None,
        }],
        ..Resources::default()
    }));
    let harness = resources(runs, Lang::En);
    harness.get_by_label("NVIDIA H200");
    harness.get_by_label("88 %");
    harness.get_by_label("61 °C");
}

fn log_panel(runs: RunState, lang: Lang) -> Harness<'static, Bench<LogPanel>> {
    harness(runs, lang, |ui, bench| log_ui(ui, &mut bench.panel, &bench.runs, &bench.theme, &bench.tr))
}

#[test]
fn the_log_is_filtered_by_level_node_and_text() {
    let line = |level, node: Option<&str>, message: &str| Event::Log {
        level,
        node: node.map(str::to_owned),
        message: message.to_owned(),
        at: "2026-11-21T08:00:00Z".to_owned(),
    };
    let mut runs = RunState::new();
    apply(
        &mut runs,
        vec![
            line(LogLevel::Debug, None, "kernel compiled"),
            line(LogLevel::Info, Some("Train"), "epoch 1 done"),
            line(LogLevel::Warn, Some("Split"), "classes are uneven"),
            line(LogLevel::Error, Some("Train"), "loss is NaN"),
        ],
    );
    let mut harness = log_panel(runs.clone(), Lang::En);
    let seen = |harness: &Harness<'_, Bench<LogPanel>>, text: &str| harness.query_all_by_label_contains(text).count();
    assert_eq!(seen(&harness, "kernel compiled"), 0, "debug is off at first");
    assert_eq!(seen(&harness, "epoch 1 done"), 1);
    harness.get_by_label("3 of 4 lines");
    harness.get_by_label("Warn").click();
    harness.run();
    assert_eq!((seen(&harness, "epoch 1 done"), seen(&harness, "uneven"), seen(&harness, "NaN")), (0, 1, 1));
    harness.state_mut().panel.node = Some("Train".to_owned());
    harness.run();
    assert_eq!((seen(&harness, "uneven"), seen(&harness, "NaN")), (0, 1));
    harness.state_mut().panel.node = None;
    harness.state_mut().panel.level = LogLevel::Debug;
    harness.state_mut().panel.search = "KERNEL".to_owned();
    harness.run();
    assert_eq!((seen(&harness, "kernel compiled"), seen(&harness, "NaN")), (1, 0));
    harness.state_mut().panel.search = "no such thing".to_owned();
    harness.run();
    harness.get_by_label("No line fits");
    // New lines are taken in without looking at the old ones again.
    harness.state_mut().panel.search = "late".to_owned();
    harness.state_mut().runs.apply_event(&Numbered { seq: 5, event: line(LogLevel::Info, None, "late line") });
    harness.run();
    assert_eq!(seen(&harness, "late line"), 1);
    log_panel(runs, Lang::Zh).get_by_label("3 / 4 行");
}
