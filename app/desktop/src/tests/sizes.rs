//! Panels and bars at every size that docking gives them: nothing that can be pressed or read lies over another such
//! thing, and nothing is out of reach beyond the edge of its panel.

use std::collections::BTreeMap;

use egui::{Event as Input, MouseWheelUnit, Rect, Role, Vec2, pos2, vec2};
use egui_kittest::kittest::NodeT as _;
use weft_protocol::event::{GpuResources, LogLevel, Resources};
use weft_protocol::run::{MetricValue, Metrics};
use weft_protocol::{DeviceInfo, DeviceKind, MetricPoint, PlanView, PlannedTask, RunSummary};

use super::*;
use crate::commands::UiCommand;
use crate::dock::{Direction, Pane, Part as Piece, Shape};
use crate::panels::plan::Page;

/// Tolerance for edges that touch [points].
const SLACK: f32 = 1.0;

impl Window {
    /// A window with something in every panel: a run in its sixth epoch and one before it, a plan of forty tasks, two
    /// hundred lines, thirty problems, fifty steps.
    pub(super) fn with_everything() -> Self {
        let mut window = Self::with_mnist();
        window.select("train");
        for _ in 0..50 {
            window.harness.state_mut().execute(UiCommand::Duplicate);
            window.harness.step();
        }
        window.settle();
        let node = |name: &str| window.app().project().unwrap().graph().node_named(name).unwrap();
        let (train, evaluate) = (node("train"), node("evaluate"));
        let cpu = DeviceId::cpu();
        let device = DeviceInfo {
            id: cpu.clone(),
            name: "Intel(R) Xeon(R) Processor @ 2.10GHz".to_owned(),
            kind: DeviceKind::Cpu,
            backend: "flex".to_owned(),
            driver: None,
            memory_bytes: None,
            threads: Some(2),
            offered: true,
            reason: String::new(),
        };
        window.say(Event::Devices(vec![device]));
        let before = RunSummary {
            run: RunId(13),
            project: "mnist.weft".to_owned(),
            project_id: "p".to_owned(),
            started_at: "2026-11-21T08:00:00Z".to_owned(),
            status: RunStatus::Done,
            seed: 7,
            elapsed_s: 100.0,
            metrics: BTreeMap::from([("evaluate".to_owned(), evaluation())]),
        };
        window.say(Event::Runs(vec![before]));
        let run = window.begin_run();
        let started = |node, name: &str, t_s| Event::NodeStarted {
            run,
            node,
            name: name.to_owned(),
            device: cpu.clone(),
            mode: "2 threads".to_owned(),
            t_s,
        };
        let (begun, judged) = (started(train, "train", 4.0), started(evaluate, "evaluate", 100.0));
        window.say(begun);
        window.say(judged);
        window.say(Event::NodeFinished {
            run,
            node: evaluate,
            name: "evaluate".to_owned(),
            status: NodeStatus::Done,
            elapsed_s: 3.0,
            fault: None,
            metrics: evaluation(),
            summary: None,
            t_s: 130.0,
        });
        window.say(Event::Plan {
            run,
            plan: plan(),
            reason: Some(weft_model::Localised::new("train took longer than planned", "训练比计划的久")),
        });
        for n in 0..200 {
            let (level, message) = match n % 4 {
                0 => (LogLevel::Info, format!("epoch {n} of 200 done: loss 0.0412, accuracy 98.94 %, 3,612 samples/s")),
                1 => (LogLevel::Warn, "classes are uneven".to_owned()),
                2 => (LogLevel::Error, "loss is NaN\nthe learning rate may be too high".to_owned()),
                _ => (LogLevel::Debug, "kernel compiled".to_owned()),
            };
            let node = (n % 3 > 0).then(|| "train".to_owned());
            window.seq += 1;
            let event = Event::Log { level, node, message, at: "2026-11-21T08:00:00Z".to_owned() };
            window.engine.events.send(Numbered { seq: window.seq, event }).unwrap();
            window.harness.step();
        }
        window.sample(Live::Progress(Progress {
            run,
            node: train,
            name: "train".to_owned(),
            step: 5500,
            steps: 10_000,
            epoch: Some(6),
            epochs: Some(10),
            elapsed_s: 72.0,
            eta_s: Some(5_600.0),
        }));
        window.sample(Live::Metrics { run, node: train, name: "train".to_owned(), points: points(), left_out: 3 });
        for second in 0..100 {
            window.sample(Live::Resources(resources(f64::from(second))));
        }
        window.settle();
        window
    }

    fn sample(&mut self, sample: Live) {
        self.engine.samples.send(sample).unwrap();
        self.harness.step();
    }

    /// Gives a panel a place of its own at the right of the canvas, of this size.
    pub(super) fn alone(&mut self, pane: Pane, size: Vec2) -> Rect {
        let group = |pane| Shape::Tabs { panes: vec![pane], open: pane };
        let part = |size, pane| Piece { size, hidden: false, folded: false, shape: group(pane) };
        let parts = vec![part(0.0, Pane::Canvas), part(size.x, pane)];
        self.harness.state_mut().take_layout(Some(Shape::Split { direction: Direction::Horizontal, parts }));
        let sizes = crate::theme::Theme::load(crate::theme::Mode::Dark).size;
        let bar = if pane.speaks_for_itself() { 0.0 } else { crate::dock::BAR };
        self.harness.set_size(size + vec2(241.0, sizes.top_bar + sizes.status_bar + bar));
        self.settle();
        let mut room = self.app().dock().unwrap().rect_of(pane).unwrap();
        room.min.y += bar;
        room
    }

    /// What can be pressed or read within a part of the window: name, whole place, and what is seen of it.
    fn placed(&self, within: Rect) -> Vec<Placed> {
        self.layers(within, |order| order == egui::Order::Background).into_iter().flatten().collect()
    }

    /// What is wrong with what stands over the window: menus, questions, searches.
    pub(super) fn placed_over(&self, whole: Rect) -> Vec<String> {
        let over = self.layers(whole, |order| matches!(order, egui::Order::Middle | egui::Order::Foreground));
        over.into_iter().flat_map(|layer| overlaps_and_cuts(layer, whole, false)).collect()
    }

    /// What can be pressed or read within a part of the window, for each layer of some orders.
    fn layers(&self, within: Rect, wanted: impl Fn(egui::Order) -> bool) -> Vec<Vec<Placed>> {
        let nodes: BTreeMap<u64, (Role, String)> = self
            .harness
            .root()
            .children_recursive()
            .filter_map(|node| {
                let (role, of) = (node.accesskit_node().role(), node.accesskit_node().locate().0);
                let name = node.accesskit_node().label().or_else(|| node.accesskit_node().value())?;
                (PRESSED.contains(&role) || role == Role::Label).then_some((of.0, (role, name)))
            })
            .collect();
        let mut layers = Vec::new();
        self.harness.ctx.viewport(|viewport| {
            for (layer, widgets) in viewport.prev_pass.widgets.layers() {
                if !wanted(layer.order) {
                    continue;
                }
                let mut placed = Vec::new();
                for widget in widgets.iter().filter(|w| within.expand(SLACK).intersects(w.rect)) {
                    let Some((role, name)) = nodes.get(&widget.id.value()) else { continue };
                    let (role, name) = (*role, name.clone());
                    placed.push(Placed { role, name, id: widget.id, whole: widget.rect, seen: widget.interact_rect });
                }
                layers.push(placed);
            }
        });
        layers
    }

    /// What is wrong with a part of the window.
    fn faults(&mut self, within: Rect, sideways: bool) -> Vec<String> {
        let placed = self.placed(within);
        let mut hidden: Vec<Placed> = placed.iter().filter(|p| p.lies_beneath(within)).cloned().collect();
        let mut faults = overlaps_and_cuts(placed, within, sideways);
        // What lies beneath the lower edge must come up when it is scrolled.
        if !hidden.is_empty() {
            for x in [0.15, 0.5, 0.85] {
                for y in [0.35, 0.8] {
                    let at = pos2(within.left() + within.width() * x, within.top() + within.height() * y);
                    for points in [-40.0, -80.0, -1e4, 1e4] {
                        self.wheel(at, points);
                        let now = self.placed(within);
                        // Long lists give their rows other identifiers when they are scrolled.
                        let same = |p: &Placed, h: &Placed| p.id == h.id || (p.role, &p.name) == (h.role, &h.name);
                        hidden.retain(|h| !now.iter().any(|p| same(p, h) && !p.lies_beneath(within)));
                    }
                }
            }
            faults.extend(hidden.iter().map(|h| format!("{h} is beneath {within} and cannot be reached")));
        }
        faults
    }

    fn wheel(&mut self, at: Pos2, points: f32) {
        self.harness.event(Input::PointerMoved(at));
        let phase = egui::TouchPhase::Move;
        let (unit, modifiers, source) = (MouseWheelUnit::Point, Modifiers::NONE, egui::MouseWheelSource::Wheel);
        self.harness.event(Input::MouseWheel { unit, delta: vec2(0.0, points), phase, modifiers, source });
        self.harness.run_steps(12);
        self.harness.event(Input::PointerGone);
        self.settle();
    }
}

/// Roles of what can be pressed, drawn or typed into.
const PRESSED: [Role; 14] = [
    Role::Button,
    Role::CheckBox,
    Role::ComboBox,
    Role::Image,
    Role::Link,
    Role::ListBoxOption,
    Role::RadioButton,
    Role::Cell,
    Role::SearchInput,
    Role::Slider,
    Role::SpinButton,
    Role::Tab,
    Role::TextInput,
    Role::MultilineTextInput,
];

#[derive(Clone)]
struct Placed {
    role: Role,
    name: String,
    id: egui::Id,
    whole: Rect,
    seen: Rect,
}

impl Placed {
    fn is_seen(&self) -> bool {
        self.seen.width() > SLACK && self.seen.height() > SLACK
    }

    /// Whether the other stands in this one on purpose: rows have words and buttons, tabs a cross, pictures a menu.
    fn carries(&self, other: &Self) -> bool {
        let bears = matches!(self.role, Role::ListBoxOption | Role::Tab | Role::Image | Role::CheckBox);
        bears && self.whole.expand(SLACK).contains_rect(other.seen)
    }

    fn lies_beneath(&self, within: Rect) -> bool {
        self.role != Role::Label && (self.whole.bottom() > within.bottom() + SLACK || !self.is_seen())
    }
}

impl std::fmt::Display for Placed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name: String = self.name.chars().take(40).collect();
        write!(f, "{:?} '{name}' {:.0?}", self.role, self.whole)
    }
}

/// Things that are seen and lie over one another, or that the sides of their part of the window cut.
fn overlaps_and_cuts(placed: Vec<Placed>, within: Rect, sideways: bool) -> Vec<String> {
    let mut faults = Vec::new();
    let seen: Vec<&Placed> = placed.iter().filter(|p| p.is_seen()).collect();
    for (index, one) in seen.iter().enumerate() {
        for other in &seen[index + 1..] {
            let shared = one.seen.intersect(other.seen);
            let apart = shared.width() <= SLACK || shared.height() <= SLACK;
            if !apart && !one.carries(other) && !other.carries(one) {
                faults.push(format!("{one} lies over {other}"));
            }
        }
        let cut = one.whole.left() < within.left() - SLACK || one.whole.right() > within.right() + SLACK;
        if cut && !(sideways && matches!(one.role, Role::Label | Role::Cell)) {
            faults.push(format!("{one} is cut at the side of {within}"));
        }
    }
    faults
}

fn evaluation() -> Metrics {
    let matrix = (0..10).map(|i| (0..10).map(|j| if i == j { 980 } else { (i * 7 + j * 3) % 5 }).collect()).collect();
    Metrics::from([
        ("accuracy".to_owned(), MetricValue::Number(0.9894)),
        ("precision_macro".to_owned(), MetricValue::Number(0.9884)),
        ("recall_macro".to_owned(), MetricValue::Number(0.9874)),
        ("f1_macro".to_owned(), MetricValue::Number(0.98)),
        ("loss".to_owned(), MetricValue::Number(0.0412)),
        ("confusion_matrix".to_owned(), MetricValue::Matrix(matrix)),
    ])
}

fn plan() -> PlanView {
    let task = |id: usize| PlannedTask {
        id,
        node: format!("task {id}"),
        phase: ["run", "train", "deploy"][id % 3].to_owned(),
        device: DeviceId::cpu(),
        mode: "2 threads".to_owned(),
        start_s: (id / 4) as f64 * 22.0 + (id % 4) as f64 * 3.0,
        finish_s: (id / 4) as f64 * 22.0 + (id % 4) as f64 * 3.0 + 18.0,
        critical: id.is_multiple_of(4),
        slack_s: 3.0,
        reason: "the only device".to_owned(),
        ..PlannedTask::default()
    };
    PlanView {
        algorithm: "heft".to_owned(),
        makespan_s: 222.0,
        lower_bound_s: 218.0,
        gap: 0.018,
        serial_index_s: 591.0,
        devices: vec![DeviceId::cpu()],
        tasks: (0..40).map(task).collect(),
        ..PlanView::default()
    }
}

fn points() -> Vec<MetricPoint> {
    let mut points = Vec::new();
    for step in 1..=5500_u64 {
        let x = step as f64 / 1000.0;
        let wave = 0.1 * ((step * 7919 % 101) as f64 / 101.0);
        let (train, validation) =
            ([("loss", 2.3 * (-x).exp() + wave), ("accuracy", 1.0 - (-x).exp())], [("loss", 1.5 * (-x).exp())]);
        let epoch = (step / 1000 + 1) as u32;
        let point = |name: &str, part, epoch, per_epoch, value| {
            let name = name.to_owned();
            MetricPoint { name, part, epoch, step, per_epoch, value }
        };
        points.extend(train.map(|(name, value)| point(name, Part::Train, epoch, false, value)));
        if step % 1000 == 0 {
            points.extend(validation.map(|(name, value)| point(name, Part::Validation, epoch - 1, true, value)));
        }
    }
    points
}

fn resources(t_s: f64) -> Resources {
    Resources {
        t_s,
        cpu_busy: Some(0.63 + 0.2 * (t_s / 9.0).sin()),
        own_cpu_busy: Some(0.51),
        memory_bytes: Some(11_400_000_000),
        memory_total_bytes: Some(23_500_000_000),
        own_memory_bytes: Some(400_000_000),
        disk_read_bytes_per_s: Some(123_400_000.0),
        own_disk_read_bytes_per_s: Some(100_300_000.0),
        gpus: vec![GpuResources {
            name: "NVIDIA GeForce RTX 4090 Laptop GPU".to_owned(),
            busy: Some(0.88),
            memory_bytes: Some(6_400_000_000),
            memory_total_bytes: Some(150_000_000_000),
            temperature_c: Some(61.0),
            power_w: Some(285.0),
            own_busy: None,
            own_memory_bytes: None,
        }],
        ..Resources::default()
    }
}

/// All panels but the canvas, and whether what they show may be scrolled sideways.
pub(super) const PANELS: [(Pane, bool); 9] = [
    (Pane::Palette, false),
    (Pane::Inspector, false),
    (Pane::Training, false),
    (Pane::Plan, false),
    (Pane::Resources, false),
    (Pane::Results, true),
    (Pane::Problems, false),
    (Pane::Log, true),
    (Pane::History, false),
];

#[test]
fn in_panels_of_any_size_nothing_overlaps_and_all_can_be_reached() {
    let mut window = Window::with_everything();
    let mut faults = Vec::new();
    for lang in [Lang::En, Lang::Zh] {
        if window.app().lang() != lang {
            window.harness.state_mut().execute(UiCommand::SwitchLanguage);
        }
        for (pane, sideways) in PANELS {
            for size in
                [vec2(220.0, 140.0), vec2(220.0, 700.0), vec2(400.0, 300.0), vec2(700.0, 140.0), vec2(1080.0, 340.0)]
            {
                let room = window.alone(pane, size);
                let found = window.faults(room, sideways);
                faults.extend(found.into_iter().map(|f| format!("{pane:?} in {lang:?} at {size}: {f}")));
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn pages_of_the_plan_have_room_at_any_size() {
    let mut window = Window::with_everything();
    let mut faults = Vec::new();
    for lang in [Lang::En, Lang::Zh] {
        if window.app().lang() != lang {
            window.harness.state_mut().execute(UiCommand::SwitchLanguage);
        }
        for page in [Page::Costs, Page::Scheduler, Page::WhatIf, Page::Race, Page::Queue] {
            window.harness.state_mut().execute(UiCommand::ShowPlan(page));
            for size in [vec2(240.0, 200.0), vec2(700.0, 240.0), vec2(1080.0, 340.0)] {
                let room = window.alone(Pane::Plan, size);
                let found = window.faults(room, false);
                faults.extend(found.into_iter().map(|f| format!("{page:?} in {lang:?} at {size}: {f}")));
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn in_windows_of_any_width_the_bars_have_room_for_what_they_show() {
    let mut window = Window::with_everything();
    let mut faults = Vec::new();
    let sizes = crate::theme::Theme::load(crate::theme::Mode::Dark).size;
    for lang in [Lang::En, Lang::Zh] {
        if window.app().lang() != lang {
            window.harness.state_mut().execute(UiCommand::SwitchLanguage);
        }
        window.harness.state_mut().execute(UiCommand::ResetLayout);
        for width in [480.0, 600.0, 720.0, 900.0, 1100.0, 1440.0, 2560.0] {
            window.harness.set_size(vec2(width, 620.0));
            window.settle();
            let whole = Rect::from_min_size(Pos2::ZERO, vec2(width, 620.0));
            let (top, rest) = whole.split_top_bottom_at_y(sizes.top_bar);
            let status = rest.split_top_bottom_at_y(rest.bottom() - sizes.status_bar).1;
            assert!(window.placed(top).iter().any(|p| p.name == "mnist.weft"), "no name at {width}");
            if width < 500.0 {
                let arrow = if lang == Lang::Zh { "向右滚动标签" } else { "Scroll tabs to the right" };
                assert!(window.says(arrow) && !window.says_something_like("Scroll tabs right"), "{arrow}");
            }
            for bar in [top, status] {
                let shown = window.placed(bar).into_iter().filter(|p| bar.contains(p.seen.center())).collect();
                let found = overlaps_and_cuts(shown, bar, false);
                faults.extend(found.into_iter().map(|f| format!("in {lang:?} at {width}: {f}")));
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
