//! `weft bench canvas`, second part: the whole window over a real project, without a screen. How long it takes until a
//! large project is seen, what undo of a large paste costs, and what a frame costs with every panel shown.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use egui::{Event, Modifiers, MouseWheelUnit, Pos2, Rect, Vec2};
use weft_desktop::commands::UiCommand;
use weft_desktop::dialogs::ScriptedDialogs;
use weft_desktop::{DesktopApp, Options};
use weft_model::frame::frame_around;
use weft_model::layout::Outline;
use weft_model::{Edit, Graph, Lang, Node, NodeId, Value, clipboard};
use weft_project::Project;
use weft_protocol::lanes::{EngineEnd, lanes};

use super::{Row, Rows, median, resident_bytes, thread_cpu, typical};

const SIZE: Vec2 = egui::vec2(1440.0, 900.0);
const FRAMES: usize = 40;
/// How often the same frames are repeated.
const REPEATS: usize = 3;
/// Frames after a change in which what follows from it (checks, shapes, pictures) is looked for.
const AFTER: usize = 90;
/// How long a project may take to be seen before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A window without a screen, and an engine that listens and says nothing.
struct Window {
    ctx: egui::Context,
    app: DesktopApp,
    engine: EngineEnd,
    frame: u64,
}

impl Window {
    fn open(data_dir: &Path, project: PathBuf) -> anyhow::Result<Self> {
        let (client, engine) = lanes();
        let ctx = egui::Context::default();
        let options = Options {
            engine: client,
            dialogs: Box::new(ScriptedDialogs::new()),
            data_dir: data_dir.to_owned(),
            samples: Vec::new(),
            schedulers: Vec::new(),
            import: weft_desktop::no_import,
            open: Some(project),
            lang: Some(Lang::En),
            theme: None,
            first_frame: None,
        };
        let app = DesktopApp::new(&ctx, options).context("the window could not be made")?;
        Ok(Self { ctx, app, engine, frame: 0 })
    }

    /// One frame with its tessellation; the time that this thread computed.
    fn frame(&mut self, events: Vec<Event>) -> Duration {
        while self.engine.commands.try_recv().is_ok() {}
        let input = egui::RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
            time: Some(self.frame as f64 / 60.0),
            events,
            ..Default::default()
        };
        self.frame += 1;
        let app = &mut self.app;
        let start = thread_cpu();
        app.tick();
        let output = self.ctx.run_ui(input, |ui| app.draw(ui));
        let shapes = self.ctx.tessellate(output.shapes, output.pixels_per_point);
        std::hint::black_box(shapes);
        thread_cpu() - start
    }

    /// Nodes that the canvas holds.
    fn nodes(&self) -> usize {
        self.app.canvas().map_or(0, |canvas| canvas.scene.node_count())
    }

    /// Frames until nothing that was set going (checks, journal, flights of the camera) still arrives, and what each took.
    fn settle(&mut self) -> Vec<Duration> {
        let began = Instant::now();
        let mut times = Vec::new();
        while times.len() < AFTER || (!self.is_checked() && began.elapsed() < PATIENCE) {
            times.push(self.frame(Vec::new()));
            std::thread::sleep(Duration::from_millis(5));
        }
        times
    }

    fn is_checked(&self) -> bool {
        self.app.project().is_none_or(|project| project.is_checked())
    }
}

/// A workflow of at least `nodes` services, each six with a frame around them and a note: the MNIST workflow again and
/// again, in rows and columns. Its data are not there, so that every data node has a badge.
fn workflow(nodes: usize) -> anyhow::Result<Graph> {
    let mut unit = weft_project::template("mnist").context("the MNIST template is gone")?.project().graph;
    let services: Vec<_> = unit.nodes().map(|(id, _)| id).collect();
    let size = |_| Outline { size: [170.0, 120.0], ..Outline::default() };
    let (_, framed) = frame_around(&unit, &services, size).context("the frame could not be made")?;
    let mut note = Node::new("note", unit.free_name("Note"), [40.0, 330.0]);
    let text = "# Digits\n\nSix nodes, *one* frame, see [the data](https://example.org).\n\n- 60,000 to learn from\n- 10,000 to test";
    note.params.insert("text".to_owned(), Value::Text(text.to_owned()));
    unit.apply(Edit::Batch { edits: vec![framed, Edit::AddNode { id: NodeId::random(), node: note }] })
        .context("the frame could not be added")?;
    let all: Vec<_> = unit.nodes().map(|(id, _)| id).collect();
    let (mut graph, mut copies) = (Graph::default(), 0);
    let columns = ((nodes / services.len()) as f64).sqrt().ceil().max(1.0) as usize;
    // The copies double, so that a large workflow is a few pastes and not thousands.
    let mut fragment = clipboard::copy(&unit, &all);
    while graph.nodes().filter(|(_, n)| !n.is_annotation()).count() < nodes {
        let at = [(copies % columns) as f64 * 1_700.0, (copies / columns) as f64 * 520.0];
        let (edit, _) = fragment.paste(&graph, at, false);
        graph.apply(edit).context("the workflow could not be made")?;
        copies += 1;
        if copies == columns {
            let row: Vec<_> = graph.nodes().map(|(id, _)| id).collect();
            fragment = clipboard::copy(&graph, &row);
        } else if copies > columns {
            copies += columns - 1;
        }
    }
    Ok(graph)
}

/// Measures opening, undo and frames of the whole window.
pub fn run(rows: &mut Rows<'_>) -> anyhow::Result<()> {
    let scratch = std::env::temp_dir().join(format!("weft-bench-window-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).with_context(|| format!("{} cannot be made", scratch.display()))?;
    let result = [1_000, 10_000].into_iter().try_for_each(|nodes| measure(rows, &scratch, nodes));
    let _best_effort = std::fs::remove_dir_all(&scratch);
    result
}

/// Frames while about a hundred selected nodes are dragged, with all in view and nearer.
fn drag_hundred(rows: &mut Rows<'_>, window: &mut Window, case: &str) -> anyhow::Result<()> {
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    let selected = |window: &Window| window.app.canvas().map_or(0, |canvas| canvas.state.selection().nodes.len());
    window.app.execute(UiCommand::FitAll);
    window.settle();
    let canvas = window.app.canvas().and_then(|c| c.state.canvas_rect()).context("the canvas is not shown")?;
    // A box from the corner where no button lies, as large as it takes.
    let corner = canvas.right_top() + egui::vec2(-6.0, 60.0);
    for part in 1..=40 {
        let far = corner + egui::vec2(-canvas.width(), canvas.height()) * (part as f32 / 40.0);
        window.frame(vec![Event::PointerMoved(corner)]);
        window.frame(vec![button(corner, true)]);
        window.frame(vec![Event::PointerMoved(corner.lerp(far, 0.5))]);
        window.frame(vec![Event::PointerMoved(far)]);
        window.frame(vec![button(far, false)]);
        if selected(window) >= 100 {
            break;
        }
    }
    let count = selected(window);
    for (view, command) in [("all", UiCommand::FitAll), ("selection in view", UiCommand::FitSelection)] {
        window.app.execute(command);
        window.settle();
        let at = window.app.canvas().and_then(|canvas| {
            let middles = canvas.state.selection().nodes.iter().filter_map(|id| {
                let (pos, size) = canvas.scene.node_rect(*id)?;
                canvas.scene.node(*id).filter(|n| n.form == egui_node_graph::Form::Node)?;
                Some(canvas.state.to_screen([0, 1].map(|n| pos[n] + f64::from(size[n]) * 0.5)))
            });
            let inner = canvas.state.canvas_rect()?.shrink(90.0);
            middles.into_iter().find(|at| inner.contains(*at))
        });
        let at = at.context("none of the selected nodes is seen")?;
        let (mut drags, mut ends) = (Vec::new(), Vec::new());
        for _ in 0..REPEATS {
            window.frame(vec![Event::PointerMoved(at)]);
            window.frame(vec![button(at, true)]);
            window.frame(vec![Event::PointerMoved(at + egui::vec2(10.0, 10.0))]);
            let to = |n: usize| at + egui::vec2(12.0 + (n % 7) as f32 * 3.0, 14.0);
            drags.push((0..FRAMES).map(|n| window.frame(vec![Event::PointerMoved(to(n))])).collect::<Vec<_>>());
            let released = window.frame(vec![button(to(FRAMES - 1), false)]);
            let after = window.settle().into_iter().take(AFTER);
            ends.push(std::iter::once(released).chain(after).collect::<Vec<_>>());
            window.app.execute(UiCommand::Undo);
            window.settle();
        }
        let case = format!("{case}, {view}, dragging {count}");
        report(rows, &case, &drags);
        let worst = typical(&ends).into_iter().max().unwrap_or_default();
        rows.push(Row::new("canvas", &case, "worst frame at its end", worst.as_secs_f64() * 1e3, "ms"));
    }
    Ok(())
}

/// The frame in the middle, the worst one, and the worst of any repeat.
fn report(rows: &mut Rows<'_>, case: &str, repeats: &[Vec<Duration>]) {
    let times = typical(repeats);
    let worst = times.iter().max().copied().unwrap_or_default();
    let single = repeats.iter().flatten().max().copied().unwrap_or_default();
    for (metric, time) in [("frame", median(times)), ("worst frame", worst), ("worst single frame", single)] {
        rows.push(Row::new("canvas", case, metric, time.as_secs_f64() * 1e3, "ms"));
    }
}

fn measure(rows: &mut Rows<'_>, scratch: &Path, nodes: usize) -> anyhow::Result<()> {
    let file = scratch.join(format!("{nodes}.weft"));
    weft_project::save(&Project::with_graph(workflow(nodes)?), &file).map_err(|e| anyhow::anyhow!("{e}"))?;
    let before = resident_bytes();

    // Opening: from the wish to the first frame that shows all nodes; the file is read and parsed anew each time.
    let (mut opened, mut longest) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let mut window = Window::open(&scratch.join("data"), file.clone())?;
        let start = Instant::now();
        let mut last = Duration::ZERO;
        while window.nodes() < nodes {
            // The window sleeps while a file is read.
            std::thread::sleep(Duration::from_millis(1));
            last = window.frame(Vec::new());
            if start.elapsed() > PATIENCE {
                bail!("a project of {nodes} nodes was not shown within {} s", PATIENCE.as_secs());
            }
        }
        opened.push(start.elapsed());
        longest.push(last);
        // What it has set going must not lie in the way of the next.
        window.settle();
    }
    let case = format!("{nodes} nodes, whole window");
    rows.push(Row::new("canvas", &case, "open to first frame", median(opened).as_secs_f64() * 1e3, "ms"));
    rows.push(Row::new("canvas", &case, "of it in that frame", median(longest).as_secs_f64() * 1e3, "ms"));

    let mut window = Window::open(&scratch.join("data"), file)?;
    while window.nodes() < nodes {
        window.frame(Vec::new());
    }
    window.settle();
    if let (Some(before), Some(after)) = (before, resident_bytes()) {
        rows.push(Row::new("canvas", &case, "memory", after.saturating_sub(before) as f64 / 1e6, "MB"));
    }

    // A frame while the wheel pans the canvas.
    let middle = Pos2::new(700.0, 350.0);
    let pan = |by: f32| {
        vec![
            Event::PointerMoved(middle),
            Event::MouseWheel {
                unit: MouseWheelUnit::Point,
                delta: egui::vec2(0.0, by),
                phase: egui::TouchPhase::Move,
                modifiers: Modifiers::SHIFT,
                source: egui::MouseWheelSource::Wheel,
            },
        ]
    };
    for (view, command) in [("all", UiCommand::FitAll), ("zoom 1.0", UiCommand::ZoomActual)] {
        window.app.execute(command);
        window.settle();
        let repeats: Vec<Vec<Duration>> = (0..REPEATS)
            .map(|_| (0..FRAMES).map(|n| window.frame(pan(if n % 2 == 0 { 3.0 } else { -3.0 }))).collect())
            .collect();
        report(rows, &format!("{case}, {view}"), &repeats);
    }

    drag_hundred(rows, &mut window, &case)?;

    // Undo and redo of a paste of a thousand nodes: the command and the frame that shows it.
    if nodes == 1_000 {
        window.app.execute(UiCommand::SelectAll);
        window.frame(Vec::new());
        let start = thread_cpu();
        window.app.execute(UiCommand::Duplicate);
        let pasted = thread_cpu() - start + window.frame(Vec::new());
        let case = format!("paste of {} nodes", window.nodes() - nodes.min(window.nodes()));
        rows.push(Row::new("canvas", &case, "paste", pasted.as_secs_f64() * 1e3, "ms"));
        let (mut undone, mut redone, mut after) = (Vec::new(), Vec::new(), Vec::new());
        window.settle();
        for _ in 0..5 {
            for (command, times) in [(UiCommand::Undo, &mut undone), (UiCommand::Redo, &mut redone)] {
                let start = thread_cpu();
                window.app.execute(command);
                let done = thread_cpu() - start;
                times.push(done + window.frame(Vec::new()));
                after.push(window.settle().into_iter().max().unwrap_or_default());
            }
        }
        rows.push(Row::new("canvas", &case, "undo", median(undone).as_secs_f64() * 1e3, "ms"));
        rows.push(Row::new("canvas", &case, "redo", median(redone).as_secs_f64() * 1e3, "ms"));
        rows.push(Row::new("canvas", &case, "worst frame after either", median(after).as_secs_f64() * 1e3, "ms"));
    }
    Ok(())
}
