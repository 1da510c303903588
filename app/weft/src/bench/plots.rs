//! `weft bench plots`: what a frame of the training panel costs the window's thread with ten series of a million points,
//! in layout and tessellation, without painting: at rest, while it is zoomed and panned, and in a burst of samples.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use egui::{Event, Modifiers, MouseWheelSource, MouseWheelUnit, Pos2, RawInput, Rect, TouchPhase, pos2, vec2};
use weft_desktop::i18n::Tr;
use weft_desktop::panels::{TrainingPanel, training_ui};
use weft_desktop::run_state::RunState;
use weft_desktop::theme::{self, Mode, Theme};
use weft_model::{Lang, NodeId};
use weft_protocol::lanes::{EngineEnd, SAMPLES, lanes};
use weft_protocol::{DeviceId, Event as RunEvent, MetricPoint, Numbered, Part, RunId, Sample};

use super::{Row, Rows, median, resident_bytes, thread_cpu, typical};

const SIZE: egui::Vec2 = egui::vec2(1440.0, 400.0);
const RUN: RunId = RunId(1);
/// Series, half of them loss and half accuracy: five in each plot.
const SERIES: usize = 10;
const POINTS: u64 = 1_000_000;
const FRAMES: usize = 120;
/// How often the same frames are repeated.
const REPEATS: usize = 3;
/// Samples a second of the burst, how long it lasts [s], and how often they are sent in that time.
const BURST_PER_S: u64 = 100_000;
const BURST_S: f64 = 5.0;
const FRAME_S: f64 = 1.0 / 60.0;

struct Bench {
    ctx: egui::Context,
    panel: TrainingPanel,
    runs: RunState,
    theme: Theme,
    tr: Tr,
    frame: usize,
}

impl Bench {
    fn new(runs: RunState) -> Self {
        let ctx = egui::Context::default();
        theme::install(&ctx);
        Self {
            ctx,
            panel: TrainingPanel::default(),
            runs,
            theme: Theme::load(Mode::Dark),
            tr: Tr::new(Lang::En),
            frame: 0,
        }
    }

    /// One frame: time in the interface and in tessellation.
    fn frame(&mut self, events: Vec<Event>) -> [Duration; 2] {
        self.frame += 1;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
            time: Some(self.frame as f64 * FRAME_S),
            events,
            ..RawInput::default()
        };
        let start = thread_cpu();
        let output = self.ctx.run_ui(input, |ui| {
            std::hint::black_box(training_ui(ui, &mut self.panel, &self.runs, &self.theme, &self.tr));
        });
        let middle = thread_cpu();
        std::hint::black_box(self.ctx.tessellate(output.shapes, output.pixels_per_point));
        [middle - start, thread_cpu() - middle]
    }

    /// Frames until the smoothed lines have caught up; the panel asks for no more frames then.
    fn settle(&mut self) {
        for _ in 0..400 {
            self.frame(Vec::new());
        }
    }
}

/// Measures all cases.
pub fn run(rows: &mut Rows<'_>) -> anyhow::Result<()> {
    let before = resident_bytes();
    let mut runs = begun();
    let start = thread_cpu();
    for first in (1..=POINTS).step_by(20_000) {
        for node in 0..SERIES / 2 {
            let points = (first..first + 20_000).flat_map(|step| points(step, node)).collect();
            runs.apply_sample(batch(node, points));
        }
    }
    let took = thread_cpu() - start;
    let per_point_ns = took.as_secs_f64() * 1e9 / (SERIES as f64 * POINTS as f64);
    rows.push(Row::new("plots", "10 × 1,000,000 points", "made and taken in", per_point_ns, "ns/point"));
    let mut bench = Bench::new(runs);
    bench.settle();
    if let (Some(before), Some(after)) = (before, resident_bytes()) {
        rows.push(Row::new(
            "plots",
            "10 × 1,000,000 points",
            "memory",
            after.saturating_sub(before) as f64 / 1e6,
            "MB",
        ));
    }

    let still: Vec<_> = (0..REPEATS).map(|_| (0..FRAMES).map(|_| bench.frame(Vec::new())).collect()).collect();
    report(rows, "10 × 1,000,000 points, still", &still);
    let place = pos2(520.0, 200.0);
    bench.frame(vec![Event::PointerMoved(place)]);
    let nearer = |frame: usize| if frame < FRAMES / 2 { 0.4 } else { -0.4 };
    let zoom: Vec<_> =
        (0..REPEATS).map(|_| (0..FRAMES).map(|frame| bench.frame(vec![wheel(nearer(frame))])).collect()).collect();
    report(rows, "10 × 1,000,000 points, zoom", &zoom);
    for _ in 0..4 {
        bench.frame(vec![wheel(1.0)]);
    }
    let button = |pressed, pos| Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    bench.frame(vec![button(true, place)]);
    let along = |frame: usize| if frame < FRAMES / 2 { frame } else { FRAMES - frame } as f32;
    let pan: Vec<_> = (0..REPEATS)
        .map(|_| {
            let moved = |frame| vec![Event::PointerMoved(place + vec2(4.0 * along(frame), 0.0))];
            (0..FRAMES).map(|frame| bench.frame(moved(frame))).collect()
        })
        .collect();
    report(rows, "10 × 1,000,000 points, pan", &pan);
    bench.frame(vec![button(false, place)]);
    burst(rows, &mut bench)
}

/// Samples arrive 100,000 a second in real time, each a batch of its own from another thread, and are taken in and drawn
/// at 60 frames a second.
fn burst(rows: &mut Rows<'_>, bench: &mut Bench) -> anyhow::Result<()> {
    let (client, engine) = lanes();
    let frames = (BURST_S / FRAME_S) as usize;
    let began = Instant::now();
    let sender = std::thread::Builder::new().name("burst".to_owned()).spawn(move || send(&engine, began))?;
    let (mut times, mut taken_all, mut longest) = (Vec::new(), 0_usize, 0);
    for frame in 0..frames {
        let due = began + Duration::from_secs_f64(frame as f64 * FRAME_S);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        longest = longest.max(client.samples.len());
        let start = thread_cpu();
        // What the window gives to news in a frame.
        let (taken, _) = bench.runs.take_samples(&client.samples, Instant::now() + Duration::from_millis(2));
        let taking = thread_cpu() - start;
        taken_all += taken;
        let [layout, tessellation] = bench.frame(Vec::new());
        times.push([taking + layout, tessellation]);
    }
    drop(client);
    let sent = sender.join().map_err(|_| anyhow::anyhow!("the thread that sends samples panicked"))?;
    let case = "burst, 100,000 samples/s, 5 s";
    report(rows, case, &[times]);
    rows.push(Row::new("plots", case, "points sent", sent as f64, ""));
    rows.push(Row::new("plots", case, "batches taken in", taken_all as f64, ""));
    rows.push(Row::new("plots", case, "longest queue", longest as f64, "batches"));
    rows.push(Row::new("plots", case, "room of the queue", SAMPLES as f64, "batches"));
    Ok(())
}

/// Sends points as they come due. What finds no room waits and is sent with what follows, as the engine does it.
/// Returns how many were sent.
fn send(engine: &EngineEnd, began: Instant) -> u64 {
    let mut waiting: BTreeMap<usize, Vec<MetricPoint>> = BTreeMap::new();
    let (mut made, mut sent) = (0_u64, 0_u64);
    let pairs = (SERIES / 2) as u64;
    loop {
        let elapsed_s = began.elapsed().as_secs_f64();
        let due = (elapsed_s.min(BURST_S) * BURST_PER_S as f64) as u64 / (2 * pairs);
        while made < due {
            made += 1;
            for node in 0..SERIES / 2 {
                waiting.entry(node).or_default().extend(points(POINTS + made, node));
            }
        }
        for (node, list) in &mut waiting {
            if list.is_empty() {
                continue;
            }
            let count = list.len() as u64;
            match engine.samples.try_send(batch(*node, std::mem::take(list))) {
                Ok(()) => sent += count,
                Err(refused) => {
                    if let Sample::Metrics { points, .. } = refused.into_inner() {
                        *list = points;
                    }
                }
            }
        }
        if elapsed_s >= BURST_S {
            return sent;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn wheel(lines: f32) -> Event {
    let delta = vec2(0.0, lines);
    Event::MouseWheel {
        unit: MouseWheelUnit::Line,
        delta,
        phase: TouchPhase::Move,
        source: MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    }
}

/// A run that has begun with as many nodes as there are pairs of series.
fn begun() -> RunState {
    let mut runs = RunState::new();
    let nodes = (0..SERIES / 2).map(|node| NodeId(node as u64)).collect();
    let event = RunEvent::RunStarted {
        run: RUN,
        project: "bench.weft".to_owned(),
        seed: 1,
        devices: vec![DeviceId::cpu()],
        nodes,
    };
    runs.apply_event(&Numbered { seq: 1, event });
    runs
}

fn batch(node: usize, points: Vec<MetricPoint>) -> Sample {
    Sample::Metrics { run: RUN, node: NodeId(node as u64), name: format!("Train {node}"), points, left_out: 0 }
}

/// Loss and accuracy of a step, with the noise that they have.
fn points(step: u64, node: usize) -> [MetricPoint; 2] {
    let noise =
        (step.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(node as u64) >> 40) as f64 / (1 << 24) as f64;
    let x = step as f64 / POINTS as f64;
    let loss = 2.3 * (-4.0 * x).exp() + 0.3 * noise + 0.1 * node as f64;
    let accuracy = (1.0 - 0.9 * (-5.0 * x).exp() - 0.08 * noise - 0.01 * node as f64).max(0.0);
    [("loss", loss), ("accuracy", accuracy)].map(|(name, value)| MetricPoint {
        name: name.to_owned(),
        part: Part::Train,
        epoch: 1,
        step,
        per_epoch: false,
        value,
    })
}

/// What the frames of a case took, interface and tessellation, where they were repeated each as the middle one of its
/// repeats; and the worst of any repeat.
fn report(rows: &mut Rows<'_>, case: &str, repeats: &[Vec<[Duration; 2]>]) {
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let of = |cost: &dyn Fn(&[Duration; 2]) -> Duration| {
        typical(&repeats.iter().map(|times| times.iter().map(cost).collect()).collect::<Vec<_>>())
    };
    let total = of(&|t| t[0] + t[1]);
    let worst = total.iter().max().copied().unwrap_or_default();
    let single = repeats.iter().flatten().map(|t| t[0] + t[1]).max().unwrap_or_default();
    for (metric, time) in [
        ("layout", median(of(&|t| t[0]))),
        ("tessellation", median(of(&|t| t[1]))),
        ("frame", median(total)),
        ("worst frame", worst),
        ("worst single frame", single),
    ] {
        rows.push(Row::new("plots", case, metric, ms(time), "ms"));
    }
}
