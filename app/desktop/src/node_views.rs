//! Pictures of the project's nodes and wires for the canvas: names, colours, ports, what each kind has to say, and how
//! it stands in a run. Must not change the project, and knows nothing of camera and gestures.

mod subgraphs;
mod sync;
mod timed;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Instant;

use egui::{Color32, ColorImage, Context, TextureHandle, TextureOptions};
use egui_node_graph::{
    Bar, BodyLine, BodyText, NodeState, NodeView, PinId, PinShape, PinView, PreviewRow, Severity, Side, TextRole,
    WireStyle, WireView,
};
use weft_model::flat::LeftOut;
use weft_model::frame::{FRAME, own_rect};
use weft_model::layers::shape_text;
use weft_model::timed::TIMED_TASK;
use weft_model::{Category, Endpoint, Graph, Mode, Node, NodeId, PortType, Value, WireId};
use weft_protocol::preview::{FactValue, Preview, Strip, Thumbnail};
use weft_protocol::run::Metrics;

use crate::canvas::sheets::first_lines;
use crate::document::OpenProject;
use crate::i18n::Tr;
use crate::icons;
use crate::panels::figures;
use crate::plan_marks::{Mark, PlanMarks};
use crate::previews::NodePreview;
use crate::run_state::{NodeRunState, RunState};
use crate::theme::Theme;

pub use sync::News;

/// Pictures shown on a node.
const THUMBNAILS: usize = 5;
/// Classes whose bars still tell something on a node.
const BARS: usize = 32;

/// The canvas's name of a node.
pub fn node_key(id: NodeId) -> egui_node_graph::NodeId {
    egui_node_graph::NodeId(id.0)
}

/// The project's name of a node of the canvas.
pub fn node_id(key: egui_node_graph::NodeId) -> NodeId {
    NodeId(key.0)
}

/// The project's name of a wire of the canvas.
pub fn wire_id(key: egui_node_graph::WireId) -> WireId {
    WireId(key.0)
}

/// A port of a node as it stands in the graph: also one that this version does not know, as long as a wire ends there.
struct Port<'a> {
    id: Cow<'a, str>,
    label: String,
    ty: Option<PortType>,
}

fn ports<'a>(graph: &'a Graph, id: NodeId, node: &'a Node, side: Side, tr: &Tr) -> Vec<Port<'a>> {
    let own = match side {
        Side::Input => node.inputs(),
        Side::Output => node.outputs(),
    };
    let mut out: Vec<Port<'a>> =
        own.into_iter().map(|p| Port { label: p.label.get(tr.lang()).to_owned(), ty: Some(p.ty), id: p.id }).collect();
    for (_, wire) in graph.wires_at(id) {
        let end = match side {
            Side::Input => &wire.to,
            Side::Output => &wire.from,
        };
        if end.node == id && !out.iter().any(|p| p.id == end.port) {
            out.push(Port { id: Cow::Borrowed(&end.port), label: end.port.clone(), ty: None });
        }
    }
    out
}

/// The port behind a pin.
pub fn endpoint(graph: &Graph, pin: PinId, tr: &Tr) -> Option<Endpoint> {
    let id = node_id(pin.node);
    let node = graph.node(id)?;
    let ports = ports(graph, id, node, pin.side, tr);
    Some(Endpoint::new(id, &*ports.get(usize::from(pin.index))?.id))
}

fn pin_of(graph: &Graph, end: &Endpoint, side: Side, tr: &Tr) -> Option<PinId> {
    let node = graph.node(end.node)?;
    // One that this version does not know is listed after the others.
    let known = node.port_index(&end.port, side == Side::Output);
    let index = known.or_else(|| ports(graph, end.node, node, side, tr).iter().position(|p| p.id == end.port))?;
    Some(PinId { node: node_key(end.node), side, index: u16::try_from(index).ok()? })
}

/// The shape that tells a type.
pub fn pin_shape(ty: PortType) -> PinShape {
    match ty {
        PortType::Dataset | PortType::Samples => PinShape::Circle,
        PortType::Network => PinShape::Diamond,
        PortType::Model => PinShape::Triangle,
        PortType::Metrics | PortType::Signal => PinShape::Square,
    }
}

/// Everything that a picture of a node is made from.
pub struct Sources<'a> {
    /// The project.
    pub project: &'a OpenProject,
    /// How it runs.
    pub runs: &'a RunState,
    /// What is said of the plan.
    pub marks: &'a PlanMarks,
    /// Colours.
    pub theme: &'a Theme,
    /// Language.
    pub tr: &'a Tr,
    /// Now.
    pub now: Instant,
}

impl<'a> Sources<'a> {
    /// What the plan says of a node of the graph that is shown.
    fn mark(&self, id: NodeId) -> Option<Mark> {
        if self.marks.is_empty() {
            return None;
        }
        let marks = self.project.runs_under(id).into_iter().filter_map(|run_id| self.marks.of(run_id));
        // A subgraph is done when all that is within is, and critical when anything is.
        marks.reduce(|a, b| Mark {
            finish_s: a.finish_s.max(b.finish_s),
            critical: a.critical || b.critical,
            cached: a.cached && b.cached,
        })
    }

    /// How a node of the graph that is shown stands in the run.
    fn run_state(&self, id: NodeId) -> Option<&'a NodeRunState> {
        self.runs.node_state(self.project.run_id(id))
    }
}

/// The icon that a node has in every list: that of its category, unless it has one of its own.
pub fn icon_of(node: &Node) -> &'static str {
    match (node.is_subgraph(), node.decl()) {
        (true, _) => "stack",
        (false, Some(decl)) => decl.category.icon(),
        (false, None) => "question",
    }
}

/// Keeps a scene in step with a project, and the textures of its pictures.
#[derive(Default)]
pub struct NodeViews {
    /// By node of a run: the answer that they are of, and the rows of pictures.
    textures: HashMap<NodeId, (u64, Vec<Vec<TextureHandle>>)>,
    shown: Option<(u64, u64, u64)>,
    /// The graph that the scene showed last, and the revision of what runs of it.
    drawn: (Graph, u64),
    /// What is still drawn as it was before the last change, or only in outline.
    queue: sync::Queue,
    /// The nodes that do not run because one that they need is muted.
    left_out: BTreeSet<NodeId>,
    /// How each node of the run stood when it was drawn last.
    states: BTreeMap<NodeId, u8>,
    refreshed: Option<Instant>,
}

impl NodeViews {
    /// Draws everything anew at the next call of [`Self::sync`]: the language or the theme has changed.
    pub fn invalidate(&mut self) {
        self.shown = None;
    }

    /// Draws everything anew from the next call of [`Self::sync`] on, a few pictures a frame.
    pub fn refresh(&mut self) {
        if let Some((.., aspects)) = &mut self.shown {
            // As many never come.
            *aspects = u64::MAX;
        }
    }

    /// The scene holds a move already: nothing else has changed since revision `before` of the document.
    pub fn moved(&mut self, before: u64, project: &OpenProject) {
        if let Some((revision, ..)) = &mut self.shown
            && *revision == before
        {
            *revision = project.document().revision();
            self.drawn = (project.graph().clone(), project.document().run_revision());
        }
    }

    fn view(&mut self, ctx: &Context, id: NodeId, from: &Sources<'_>) -> Option<NodeView> {
        let (project, tr) = (from.project, from.tr);
        let node = project.graph().node(id)?;
        if let Some(rect) = own_rect(node) {
            return Some(sheet(id, node, rect, from));
        }
        let mut view = outline(id, node, from);
        let decl = node.decl();
        view.previews = self.previews(ctx, id, project);
        view.body = body(id, node, from);
        if project.previews().shown(project.run_id(id)).is_some_and(NodePreview::is_slow) {
            view.body.push(BodyLine::new(BodyText::plain(tr.t("preview-reading"), TextRole::Muted)));
        }
        if decl.is_none() {
            view.body.push(BodyLine::new(BodyText::plain(tr.t("node-unknown-kind"), TextRole::Error)));
        }
        let (state, word) = state(id, from);
        view.state = state;
        view.progress_line = progress_line(id, from);
        view.critical = from.mark(id).is_some_and(|mark| mark.critical);
        view.tooltip = tooltip(id, from);
        view.left_out = self.left_out.contains(&id);
        let mut word = tr.t(match node.mode {
            Mode::Muted => "state-muted",
            Mode::Bypassed => "state-bypassed",
            Mode::Active if view.left_out => "state-left-out",
            Mode::Active => word,
        });
        let said;
        if node.is_subgraph() {
            said = subgraphs::complete(&mut view, word, id, from);
            word = &said;
        }
        let sentence = if node.collapsed { "node-accessible-collapsed" } else { "node-accessible" };
        view.accessible_name = tr.fmt(sentence, &[("name", node.name.as_str().into()), ("state", word.into())]);
        Some(view)
    }

    /// Pictures of what a node gives, and how many samples each class has.
    fn previews(&mut self, ctx: &Context, id: NodeId, project: &OpenProject) -> Vec<PreviewRow> {
        let run_id = project.run_id(id);
        let Some(preview) = project.previews().shown(run_id) else { return Vec::new() };
        let Some(seen) = preview.seen() else { return Vec::new() };
        let kept = self.textures.entry(run_id).or_insert_with(|| (0, Vec::new()));
        if kept.0 != preview.answered() {
            *kept = (preview.answered(), strips(seen).map(|strip| load(ctx, strip)).collect());
        }
        let mut strips = kept.1.iter().map(|strip| strip.iter().map(TextureHandle::id).collect::<Vec<_>>());
        let mut rows = match (strips.next(), strips.next()) {
            (Some(before), Some(after)) => vec![PreviewRow::Pair { before, after }],
            (Some(strip), None) if !strip.is_empty() => vec![PreviewRow::Strip(strip)],
            _ => Vec::new(),
        };
        // What is only prepared has the classes that it had.
        let is_prepared = matches!(rows.first(), Some(PreviewRow::Pair { .. }));
        if let Some(train) = seen.parts.first().filter(|p| !is_prepared && (2..=BARS).contains(&p.class_counts.len())) {
            let most = train.class_counts.iter().copied().max().unwrap_or(0).max(1) as f32;
            let bar = |count: &u64| Bar { value: *count as f32 / most, role: TextRole::Muted };
            rows.push(PreviewRow::Bars(train.class_counts.iter().map(bar).collect()));
        }
        rows
    }
}

/// What of a node the graph alone says: its name, place and ports, and how it is drawn.
fn outline(id: NodeId, node: &Node, from: &Sources<'_>) -> NodeView {
    let (theme, tr) = (from.theme, from.tr);
    let mut view = NodeView::new(node_key(id), node.pos, node.name.clone());
    view.color = node.decl().map_or(theme.flow, |d| theme.category(&d.category));
    view.icon = Some(icons::icon(icon_of(node)));
    view.enterable = node.is_subgraph();
    let pins = |side| -> Vec<PinView> {
        ports(from.project.graph(), id, node, side, tr)
            .into_iter()
            .map(|p| PinView {
                many: side == Side::Input && node.takes_many(&p.id),
                shape: p.ty.map_or(PinShape::Circle, pin_shape),
                color: p.ty.map_or(theme.flow, |ty| theme.port(ty)),
                type_name: p.ty.map_or(String::new(), |ty| tr.text(ty.label()).to_owned()),
                label: p.label,
            })
            .collect()
    };
    view.inputs = pins(Side::Input);
    view.outputs = pins(Side::Output);
    view.muted = node.mode == Mode::Muted;
    view.bypassed = node.mode == Mode::Bypassed;
    view.collapsed = node.collapsed;
    view.collapsible = true;
    view
}

/// The colour that a frame or a note names: that of a category, or of what belongs to none.
pub(crate) fn sheet_colour(theme: &Theme, id: &str) -> Color32 {
    let category = Category::ALL.iter().find(|category| category.id() == id);
    category.map_or(theme.muted, |category| theme.category(category))
}

/// A frame or a note.
fn sheet(id: NodeId, node: &Node, rect: weft_model::frame::Rect, from: &Sources<'_>) -> NodeView {
    let text = |param: &str| match node.param(param) {
        Some(Value::Text(text)) => text,
        _ => String::new(),
    };
    let size = rect.size.map(|v| v as f32);
    let title = text("title");
    let title = if title.trim().is_empty() { node.name.clone() } else { title };
    let (mut view, name) = if node.kind == FRAME {
        (
            NodeView::frame(node_key(id), rect.pos, size, title.clone()),
            from.tr.fmt("frame-accessible", &[("name", title.into())]),
        )
    } else {
        let lines = first_lines(&text("text"));
        let name = lines.first().cloned().unwrap_or_else(|| node.name.clone());
        let mut view = NodeView::note(node_key(id), rect.pos, size, node.name.clone());
        view.body = lines.into_iter().map(|line| BodyLine::new(BodyText::plain(line, TextRole::Normal))).collect();
        (view, from.tr.fmt("note-accessible", &[("name", name.into())]))
    };
    view.color = sheet_colour(from.theme, &text("colour"));
    view.accessible_name = name;
    view.tooltip = tooltip(id, from);
    view
}

/// The nodes of the graph that is shown that do not run because one that they need is muted.
fn left_out(project: &OpenProject) -> BTreeSet<NodeId> {
    if project.flat().is_whole() {
        return BTreeSet::new();
    }
    let needs = |id: &NodeId| matches!(project.flat().left_out(&project.path_of(*id)), Some(LeftOut::Needs(_)));
    project.graph().nodes().map(|(id, _)| id).filter(needs).collect()
}

/// The rows of pictures that a node has room for: before and after, or those of the part that is learnt from.
fn strips(preview: &Preview) -> impl Iterator<Item = &Strip> {
    let has_stages = preview.strips().iter().any(|s| s.stage.is_some());
    preview.strips().iter().filter(move |s| s.stage.is_some() == has_stages).take(if has_stages { 2 } else { 1 })
}

fn load(ctx: &Context, strip: &Strip) -> Vec<TextureHandle> {
    strip
        .thumbnails
        .iter()
        .take(THUMBNAILS)
        .filter_map(|t| Some(ctx.load_texture(t.label.clone(), image(t)?, TextureOptions::LINEAR)))
        .collect()
}

/// A thumbnail as a picture of egui; none if its numbers do not fit.
pub(crate) fn image(thumbnail: &Thumbnail) -> Option<ColorImage> {
    let size = [thumbnail.width, thumbnail.height];
    let pixels = thumbnail.width.checked_mul(thumbnail.height)?;
    match thumbnail.channels {
        1 if pixels > 0 && thumbnail.pixels.len() == pixels => Some(ColorImage::from_gray(size, &thumbnail.pixels)),
        3 if pixels > 0 && thumbnail.pixels.len() == 3 * pixels => Some(ColorImage::from_rgb(size, &thumbnail.pixels)),
        _ => None,
    }
}

fn rank(state: &NodeRunState) -> u8 {
    match state {
        NodeRunState::Waiting => 0,
        NodeRunState::Running { .. } => 1,
        NodeRunState::Done => 2,
        NodeRunState::Cached => 3,
        NodeRunState::Failed(_) => 4,
        NodeRunState::Stopped => 5,
        NodeRunState::Skipped => 6,
    }
}

/// How a node stands, for its header, and the key of the word for it.
fn state(id: NodeId, from: &Sources<'_>) -> (NodeState, &'static str) {
    let worst = from.project.problems_at(id).map(|p| p.severity).max();
    if worst == Some(weft_model::Severity::Error) && !from.runs.is_running() {
        return (NodeState::Problem(Severity::Error), "state-problem");
    }
    match from.run_state(id) {
        Some(NodeRunState::Waiting) if from.runs.is_running() => (NodeState::Waiting, "state-waiting"),
        Some(NodeRunState::Running { progress, .. }) => (NodeState::Running { progress: *progress }, "state-running"),
        Some(NodeRunState::Done) => (NodeState::Done, "state-done"),
        Some(NodeRunState::Cached) => (NodeState::Cached, "state-cached"),
        Some(NodeRunState::Failed(_)) => (NodeState::Failed, "state-failed"),
        Some(NodeRunState::Stopped) => (NodeState::Stopped, "state-stopped"),
        Some(NodeRunState::Skipped) => (NodeState::Skipped, "state-skipped"),
        Some(NodeRunState::Waiting) | None => match worst {
            Some(_) => (NodeState::Problem(Severity::Warning), "state-warning"),
            None => (NodeState::None, "state-ready"),
        },
    }
}

/// `1:12 elapsed · 0:56 left`.
fn progress_line(id: NodeId, from: &Sources<'_>) -> String {
    let Some(node) =
        from.runs.node(from.project.run_id(id)).filter(|n| matches!(n.state, NodeRunState::Running { .. }))
    else {
        return expected(id, from);
    };
    let (elapsed_s, left_s) = node.times_s(from.now);
    let elapsed = figures::duration(elapsed_s);
    match left_s {
        Some(left_s) => {
            let left = figures::duration(left_s);
            from.tr.fmt("node-elapsed-left", &[("elapsed", elapsed.into()), ("left", left.into())])
        }
        None => from.tr.fmt("node-elapsed", &[("elapsed", elapsed.into())]),
    }
}

/// `→ 1:23`, when it is expected to be done, for a node that has yet to compute.
fn expected(id: NodeId, from: &Sources<'_>) -> String {
    let yet = matches!(from.run_state(id), Some(NodeRunState::Waiting)) || !from.runs.is_running();
    match from.mark(id).filter(|mark| yet && !mark.cached) {
        Some(mark) if mark.critical => {
            from.tr.fmt("node-expected-critical", &[("time", figures::clock(mark.finish_s).into())])
        }
        Some(mark) => from.tr.fmt("node-expected", &[("time", figures::clock(mark.finish_s).into())]),
        None => String::new(),
    }
}

fn tooltip(id: NodeId, from: &Sources<'_>) -> Option<String> {
    if let Some(NodeRunState::Failed(fault)) = from.run_state(id) {
        return Some(format!("{}\n{}", from.tr.said(&fault.message), from.tr.said(&fault.remedy)));
    }
    let lines: Vec<String> = from
        .project
        .problems_at(id)
        .map(|p| format!("{}: {}", from.tr.of(&p.message), from.tr.of(&p.remedy)))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn figure(text: impl Into<String>) -> BodyLine {
    BodyLine::new(BodyText::mono(text, TextRole::Muted))
}

/// The one thing that a kind of node has to say.
fn body(id: NodeId, node: &Node, from: &Sources<'_>) -> Vec<BodyLine> {
    let tr = from.tr;
    let run_id = from.project.run_id(id);
    let run = from.runs.node(run_id);
    let summary = run.and_then(|r| r.summary.clone());
    match node.kind.as_str() {
        "image_dataset" => match from.project.preview(id).and_then(|p| p.result.as_ref()) {
            Some(Ok(seen)) => {
                let count = figures::count(seen.total());
                let shape = channels_last(&seen.schema.shape);
                vec![figure(format!("{count} × {shape} · {}", seen.schema.classes))]
            }
            Some(Err(fault)) => vec![BodyLine::new(BodyText::plain(short(&tr.said(&fault.message)), TextRole::Error))],
            None => summary.map(figure).into_iter().collect(),
        },
        "network" => match from.project.analysis(id) {
            Some(analysis) => match &analysis.result {
                Ok(report) => vec![
                    figure(tr.fmt("node-parameters", &[("n", short_count(report.parameters).into())])),
                    figure(format!("N×{} → N×{}", shape_text(&analysis.input.shape), shape_text(&report.output_shape))),
                ],
                Err(_) => vec![BodyLine::new(BodyText::plain(tr.t("node-network-broken"), TextRole::Error))],
            },
            None => {
                let layers = node.param("layers").and_then(|v| v.as_layers().map(|l| l.layers.len())).unwrap_or(0);
                vec![figure(tr.fmt("node-layers", &[("n", layers.into())]))]
            }
        },
        "train" => {
            let epochs = node.param("epochs").and_then(|v| v.as_i64());
            let best = from.runs.best_validation_accuracy(run_id);
            let accuracy = best.map(|v| figures::percent(v, 2));
            let mut line = BodyLine::default();
            match run.map(|r| &r.state) {
                Some(NodeRunState::Running { epoch: Some(epoch), epochs: Some(epochs), .. }) => {
                    line.left.push(BodyText::mono(format!("{} ", tr.t("node-epoch")), TextRole::Muted));
                    line.left.push(BodyText::mono(format!("{epoch} / {epochs}"), TextRole::Normal));
                }
                Some(state) if state.is_over() && accuracy.is_some() => {
                    line.left.push(BodyText::mono(tr.t("node-best-validation"), TextRole::Muted));
                    line.right.push(BodyText::mono(accuracy.unwrap_or_default(), TextRole::Ok));
                    return vec![line];
                }
                Some(_) if summary.is_some() => {
                    let (word, role) = if best.is_some() {
                        ("node-validation-accuracy", TextRole::Ok)
                    } else {
                        ("node-accuracy", TextRole::Normal)
                    };
                    let figure = accuracy.or(summary).unwrap_or_default();
                    let word = BodyText::mono(tr.t(word), TextRole::Muted);
                    return vec![BodyLine::pair(word, BodyText::mono(figure, role))];
                }
                _ => {
                    let batch = node.param("batch_size").and_then(|v| v.as_i64());
                    if let (Some(epochs), Some(batch)) = (epochs, batch) {
                        let text = tr.fmt("node-train", &[("epochs", epochs.into()), ("batch", batch.into())]);
                        line.left.push(BodyText::mono(text, TextRole::Muted));
                    }
                }
            }
            if let Some(accuracy) = accuracy {
                line.right.push(BodyText::mono(format!("{} ", tr.t("node-val")), TextRole::Muted));
                line.right.push(BodyText::mono(accuracy, TextRole::Ok));
            }
            vec![line]
        }
        "evaluate" => {
            let accuracy = from.runs.metrics_of(run_id).and_then(|m| m.get("accuracy")).and_then(|v| v.number());
            match accuracy {
                Some(accuracy) => vec![BodyLine::pair(
                    BodyText::mono(tr.t("node-test-accuracy"), TextRole::Muted),
                    BodyText::mono(figures::percent(accuracy, 2), TextRole::Ok),
                )],
                None => summary.map(figure).into_iter().collect(),
            }
        }
        TIMED_TASK => timed::body(node, tr),
        "split" => match summary {
            Some(summary) => vec![figure(summary)],
            None if from.project.preview(id).and_then(NodePreview::seen).is_some() => {
                let seen = from.project.preview(id).and_then(NodePreview::seen);
                let counts = seen.map_or(&[][..], |s| &s.parts).iter().map(|p| figures::count(p.count));
                vec![figure(counts.collect::<Vec<_>>().join(" · "))]
            }
            None => {
                let share = node.param("validation").and_then(|v| v.as_f64()).unwrap_or(0.0);
                vec![figure(tr.fmt("node-split", &[("share", figures::percent(share, 0).into())]))]
            }
        },
        // What a run has measured, in the language of the window: the summary has none.
        "normalise" if from.runs.metrics_of(run_id).and_then(|m| measured(m, tr)).is_some() => {
            from.runs.metrics_of(run_id).and_then(|m| measured(m, tr)).map(figure).into_iter().collect()
        }
        _ => match summary.or_else(|| fitted(from.project.preview(id)?.seen()?, tr)) {
            Some(summary) => vec![figure(summary)],
            None => node
                .decl()
                .and_then(|d| d.params.first())
                .and_then(|p| Some((p, node.param(p.id)?)))
                .and_then(|(p, value)| match p.kind {
                    weft_model::ParamKind::Choice { choices } => {
                        choices.iter().find(|c| Some(c.id) == value.as_str()).map(|c| tr.text(c.label).to_owned())
                    }
                    _ => None,
                })
                .map(figure)
                .into_iter()
                .collect(),
        },
    }
}

/// What a preparation has measured on the data, as its run would say it.
fn fitted(seen: &Preview, tr: &Tr) -> Option<String> {
    let of = |id: &str| match &seen.facts.iter().find(|f| f.id == id)?.value {
        FactValue::Numbers(values) => Some(values.iter().map(|v| format!("{v:.3}")).collect::<Vec<_>>().join(", ")),
        _ => None,
    };
    Some(tr.fmt("node-fitted", &[("mean", of("mean")?.into()), ("std", of("std")?.into())]))
}

/// The same of what a run has found, by channel.
fn measured(metrics: &Metrics, tr: &Tr) -> Option<String> {
    let of = |name: &str| {
        let values = (0..).map_while(|channel| metrics.get(&format!("{name}/{channel}"))?.number());
        Some(values.map(|v| format!("{v:.3}")).collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty())
    };
    Some(tr.fmt("node-fitted", &[("mean", of("mean")?.into()), ("std", of("std")?.into())]))
}

/// A number of parameters as people say it: `61.7 k`.
pub fn short_count(number: u64) -> String {
    let value = number as f64;
    match number {
        0..1_000 => number.to_string(),
        1_000..1_000_000 => format!("{:.1} k", value / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} M", value / 1e6),
        _ => format!("{:.1} G", value / 1e9),
    }
}

/// `[1, 28, 28]` as pictures are described: `28×28×1`.
fn channels_last(shape: &[usize]) -> String {
    match shape {
        [c, h, w] => format!("{h}×{w}×{c}"),
        other => shape_text(other),
    }
}

fn short(text: &str) -> String {
    const CHARACTERS: usize = 42;
    if text.chars().count() <= CHARACTERS {
        return text.to_owned();
    }
    text.chars().take(CHARACTERS - 1).chain(['…']).collect()
}

fn wire_view(id: WireId, from: &Sources<'_>) -> Option<WireView> {
    let graph = from.project.graph();
    let wire = graph.wire(id)?;
    let start = pin_of(graph, &wire.from, Side::Output, from.tr)?;
    let end = pin_of(graph, &wire.to, Side::Input, from.tr)?;
    let ty = |end: &Endpoint, output: bool| {
        let node = graph.node(end.node)?;
        if output { node.output(&end.port) } else { node.input(&end.port) }.map(|p| p.ty)
    };
    let (source, target) = (ty(&wire.from, true), ty(&wire.to, false));
    let color = source.or(target).map_or(from.theme.flow, |ty| from.theme.port(ty));
    let mut view = WireView::new(egui_node_graph::WireId(id.0), start, end, color);
    let fits = matches!((source, target), (Some(a), Some(b)) if a.feeds(b).is_ok());
    let there = match from.run_state(wire.from.node) {
        Some(NodeRunState::Waiting | NodeRunState::Running { .. }) => !from.runs.is_running(),
        Some(NodeRunState::Failed(_) | NodeRunState::Skipped) => false,
        _ => true,
    };
    if !fits || !there {
        view.style = WireStyle::Dashed;
    }
    let ends = (from.project.run_id(wire.from.node), from.project.run_id(wire.to.node));
    view.critical = from.marks.is_step(ends.0, ends.1);
    view.via = wire.via.clone();
    view.active = there && matches!(from.run_state(wire.to.node), Some(NodeRunState::Running { .. }));
    Some(view)
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_model::Lang;

    #[test]
    fn pins_and_ports_name_one_another() {
        let project = weft_project::template("mnist").unwrap().project();
        let tr = Tr::new(Lang::En);
        for (_, wire) in project.graph.wires() {
            for (end, side) in [(&wire.from, Side::Output), (&wire.to, Side::Input)] {
                let pin = pin_of(&project.graph, end, side, &tr).unwrap();
                assert_eq!(endpoint(&project.graph, pin, &tr).as_ref(), Some(end));
            }
        }
    }

    #[test]
    fn broken_thumbnails_are_left_out() {
        let mut t = Thumbnail { width: 2, height: 2, channels: 1, pixels: vec![0; 4], label: String::new() };
        assert!(image(&t).is_some());
        t.pixels.pop();
        assert!(image(&t).is_none());
        t.width = usize::MAX;
        assert!(image(&t).is_none());
    }
}
