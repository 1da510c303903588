//! Opens the window with a scripted engine, to look at it without a real one:
//! `cargo run --release -p weft-desktop --example preview -- [PROJECT] [en|zh] [dark|light] [--run]`

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use weft_desktop::dialogs::NativeDialogs;
use weft_desktop::settings::ThemeChoice;
use weft_desktop::{Options, Sample, run, waker};
use weft_model::shape::SampleSchema;
use weft_model::{Lang, NodeId};
use weft_protocol::event::{NodeStatus, Numbered, Progress, Resources};
use weft_protocol::lanes::{EngineEnd, lanes};
use weft_protocol::preview::PartSummary;
use weft_protocol::run::MetricPoint;
use weft_protocol::{
    Command, DeviceId, DeviceInfo, DeviceKind, Event, LogLevel, Part, PlanView, PlannedTask, Preview, PreviewBody,
    RunId, Sample as Live, Strip, Thumbnail,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let began = Instant::now();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| args.iter().any(|a| a == name);
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../sample_projects");
    let (client, engine) = lanes();
    let ctx = eframe::egui::Context::default();
    let wake = waker(&ctx);
    let start = has("--run");
    std::thread::Builder::new().name("scripted".to_owned()).spawn(move || scripted(&engine, &wake, start))?;
    let options = Options {
        engine: client,
        dialogs: Box::new(NativeDialogs::new()),
        data_dir: std::env::temp_dir().join("weft-preview"),
        samples: vec![Sample { id: "mnist".to_owned(), path: root.join("mnist/mnist.weft") }],
        schedulers: Vec::new(),
        import: weft_desktop::no_import,
        open: args.iter().find(|a| a.ends_with(".weft") || a.ends_with(".weftz")).map(PathBuf::from),
        lang: Some(if has("zh") { Lang::Zh } else { Lang::En }),
        theme: Some(if has("light") { ThemeChoice::Light } else { ThemeChoice::Dark }),
        first_frame: Some(Box::new(move |_| {
            eprintln!("first frame after {:.0} ms", began.elapsed().as_secs_f64() * 1e3)
        })),
    };
    run(ctx, options)?;
    Ok(())
}

/// A digit-like blot, so that the node has something to show.
fn blot(seed: usize) -> Thumbnail {
    let pixels = (0..28 * 28)
        .map(|at| {
            let (x, y) = ((at % 28) as f64 - 13.5, (at / 28) as f64 - 13.5);
            let turned = (y.atan2(x) * (2.0 + seed as f64)).cos() * 3.0;
            (255.0 * (1.0 - ((x.hypot(y) - 8.0 - turned).abs() / 2.5)).clamp(0.0, 1.0)) as u8
        })
        .collect();
    Thumbnail { width: 28, height: 28, channels: 1, pixels, label: seed.to_string() }
}

struct Script<'a> {
    engine: &'a EngineEnd,
    wake: &'a dyn Fn(),
    seq: u64,
}

impl Script<'_> {
    fn say(&mut self, event: Event) {
        self.seq += 1;
        let _ = self.engine.events.try_send(Numbered { seq: self.seq, event });
        (self.wake)();
    }

    fn sample(&self, sample: Live) {
        let _ = self.engine.samples.try_send(sample);
        (self.wake)();
    }
}

fn scripted(engine: &EngineEnd, wake: &dyn Fn(), at_once: bool) {
    let mut script = Script { engine, wake, seq: 0 };
    script.say(Event::Devices(vec![DeviceInfo {
        id: DeviceId::cpu(),
        name: "Processor".to_owned(),
        kind: DeviceKind::Cpu,
        backend: "flex".to_owned(),
        driver: None,
        memory_bytes: Some(23_500_000_000),
        threads: Some(2),
        offered: true,
        reason: "self-test passed".to_owned(),
    }]));
    let began = Instant::now();
    let mut run: Option<(Instant, Vec<(NodeId, String)>)> = None;
    let mut drawn = 0_u64;
    loop {
        while let Ok(command) = engine.commands.recv_timeout(Duration::from_millis(50)) {
            match command {
                Command::Preview(asked) => {
                    let strip = Strip {
                        part: Part::Train,
                        stage: None,
                        shown_range: None,
                        thumbnails: (0..6).map(blot).collect(),
                    };
                    let part = |part, count| PartSummary { part, count, class_counts: vec![count / 10; 10] };
                    let preview = Preview {
                        schema: SampleSchema { shape: vec![1, 28, 28], classes: 10 },
                        classes: (0..10).map(|n| n.to_string()).collect(),
                        parts: vec![part(Part::Train, 60_000), part(Part::Test, 10_000)],
                        facts: Vec::new(),
                        body: PreviewBody::Images { strips: vec![strip] },
                    };
                    script.say(Event::Preview { node: asked.node, request: asked.request, result: Ok(preview) });
                }
                Command::Run(request) => run = begin(&mut script, &request.project_text),
                Command::Stop => run = None,
                Command::Shutdown => return,
                Command::ListRuns { .. } if at_once && run.is_none() => {
                    let text = include_str!("../../../sample_projects/mnist/mnist.weft");
                    run = begin(&mut script, text);
                }
                _ => {}
            }
        }
        let t_s = began.elapsed().as_secs_f64();
        script.sample(Live::Resources(Resources {
            t_s,
            cpu_busy: Some(0.9 + 0.08 * (t_s * 0.7).sin()),
            own_cpu_busy: Some(0.8 + 0.08 * (t_s * 0.9).sin()),
            memory_bytes: Some(1_400_000_000),
            memory_total_bytes: Some(23_500_000_000),
            own_memory_bytes: Some(420_000_000),
            ..Resources::default()
        }));
        if let Some((since, nodes)) = &run {
            // Sixty epochs' worth of a run in a minute, so that there is something to see soon.
            let step = (since.elapsed().as_secs_f64() * 240.0) as u64 + 3_600;
            step_run(&mut script, nodes, step.min(8_440), &mut drawn);
        }
    }
}

fn begin(script: &mut Script<'_>, text: &str) -> Option<(Instant, Vec<(NodeId, String)>)> {
    let (project, _) = weft_project::read_str(text, std::path::Path::new("preview.weft")).ok()?;
    let order = project.graph.topological_order().ok()?;
    let nodes: Vec<(NodeId, String)> =
        order.iter().filter_map(|id| Some((*id, project.graph.node(*id)?.name.clone()))).collect();
    let run = RunId(14);
    script.say(Event::RunStarted {
        run,
        project: "mnist.weft".to_owned(),
        seed: 7,
        devices: vec![DeviceId::cpu()],
        nodes: order.clone(),
    });
    let task = |(id, (_, name)): (usize, &(NodeId, String))| PlannedTask {
        id,
        node: name.clone(),
        phase: "run".to_owned(),
        device: DeviceId::cpu(),
        mode: "2 threads".to_owned(),
        start_s: id as f64 * 3.0,
        finish_s: id as f64 * 3.0
            + if project.graph.node(order[id]).is_some_and(|n| n.kind == "train") { 120.0 } else { 3.0 },
        critical: true,
        slack_s: 0.0,
        reason: "the only device that passed its self-test".to_owned(),
        ..PlannedTask::default()
    };
    let plan = PlanView {
        algorithm: "heft".to_owned(),
        makespan_s: 130.0,
        lower_bound_s: 130.0,
        devices: vec![DeviceId::cpu()],
        tasks: nodes.iter().enumerate().map(task).collect(),
        ..PlanView::default()
    };
    script.say(Event::Plan { run, plan, reason: None });
    for (id, name) in &nodes {
        let kind = project.graph.node(*id).map_or("", |n| n.kind.as_str()).to_owned();
        if kind == "evaluate" {
            continue;
        }
        script.say(Event::NodeStarted {
            run,
            node: *id,
            name: name.clone(),
            device: DeviceId::cpu(),
            mode: "2 threads".to_owned(),
            t_s: 0.1,
        });
        if kind != "train" {
            script.say(Event::NodeFinished {
                run,
                node: *id,
                name: name.clone(),
                status: if kind == "network" { NodeStatus::Done } else { NodeStatus::Cached },
                elapsed_s: 0.4,
                fault: None,
                metrics: BTreeMap::new(),
                summary: match kind.as_str() {
                    "split" => Some("54 k · 6 k · 10 k".to_owned()),
                    "normalise" => Some("mean 0.131 · std 0.308".to_owned()),
                    _ => None,
                },
                t_s: 0.5,
            });
        }
        script.say(Event::Log {
            level: LogLevel::Info,
            node: Some(name.clone()),
            message: "begun on cpu".to_owned(),
            at: "2026-11-21T08:00:00Z".to_owned(),
        });
    }
    let train =
        nodes.into_iter().filter(|(id, _)| project.graph.node(*id).is_some_and(|n| n.kind == "train")).collect();
    Some((Instant::now(), train))
}

fn step_run(script: &mut Script<'_>, train: &[(NodeId, String)], step: u64, drawn: &mut u64) {
    const STEPS: u64 = 8_440;
    let Some((node, name)) = train.first() else { return };
    let run = RunId(14);
    let epoch = (step / 844 + 1).min(10) as u32;
    let mut points = Vec::new();
    for at in (*drawn..step).step_by(10) {
        let t = at as f64 / 844.0;
        let noise = ((at as f64 * 12.9898).sin() * 43_758.545).fract();
        let mut add = |name: &str, part, value, per_epoch| {
            let epoch = (at / 844 + 1) as u32;
            points.push(MetricPoint { name: name.to_owned(), part, epoch, step: at, per_epoch, value });
        };
        add("loss", Part::Train, 2.3 * (-1.4 * t).exp() + 0.04 + 0.1 * noise.abs() * (-0.3 * t).exp(), false);
        add("accuracy", Part::Train, (0.99 - 0.85 * (-1.1 * t).exp() + 0.02 * noise).clamp(0.0, 1.0), false);
        if at % 840 == 0 && at > 0 {
            add("loss", Part::Validation, 2.0 * (-1.8 * t).exp() + 0.05, true);
            add("accuracy", Part::Validation, 0.9894 - 0.2 * (-1.6 * t).exp(), true);
        }
    }
    *drawn = step;
    script.sample(Live::Metrics { run, node: *node, name: name.clone(), points, left_out: 0 });
    script.sample(Live::Progress(Progress {
        run,
        node: *node,
        name: name.clone(),
        step,
        steps: STEPS,
        epoch: Some(epoch),
        epochs: Some(10),
        elapsed_s: step as f64 / 70.0,
        eta_s: Some((STEPS - step) as f64 / 70.0),
    }));
}
