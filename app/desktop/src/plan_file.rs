//! A plan, and what came of it, as files: a table, a trace that Perfetto opens, and a picture. Made by the thread that
//! writes it, from plain data. Must not know windows.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use egui::Color32;
use serde_json::{Value, json};
use weft_protocol::PlanView;

use crate::export::field;
use crate::picture::{Anchor, Letters, Picture, PictureError, Shape};

/// Pixels a point of a painted picture.
const PIXELS_PER_POINT: f32 = 2.0;
/// Width of a picture [points].
const WIDTH: f32 = 1200.0;
/// Lanes of a picture at most: more would not be a picture any more.
const MOST_LANES: usize = 240;

/// Kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Rows of comma-separated values.
    Csv,
    /// Chrome's trace events, which Perfetto opens.
    Trace,
    /// A picture of lines.
    Svg,
    /// A picture of pixels.
    Png,
}

impl Format {
    /// All, as menus list them.
    pub const ALL: [Format; 4] = [Format::Png, Format::Svg, Format::Csv, Format::Trace];

    /// Key of its label.
    pub fn label(self) -> &'static str {
        match self {
            Format::Csv => "plan-export-csv",
            Format::Trace => "plan-export-trace",
            Format::Svg => "plan-export-svg",
            Format::Png => "plan-export-png",
        }
    }

    /// How the name of a file of it ends.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Trace => "json",
            Format::Svg => "svg",
            Format::Png => "png",
        }
    }
}

/// Words of a picture, in the language of the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// What is above it.
    pub title: String,
    /// Figures below the title.
    pub head: String,
    /// Language, as BCP 47 has it.
    pub lang: &'static str,
}

/// Colours of a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Paper {
    /// Ground.
    pub ground: Color32,
    /// Text.
    pub text: Color32,
    /// Secondary text.
    pub muted: Color32,
    /// Lines.
    pub line: Color32,
    /// On the critical path.
    pub critical: Color32,
    /// Each task.
    pub tasks: Vec<Color32>,
    /// Text on each task.
    pub labels: Vec<Color32>,
}

/// A row of a picture: a name, and in each of its lanes which tasks.
#[derive(Debug, Clone, PartialEq)]
pub struct FileRow {
    /// Whose.
    pub name: String,
    /// Tasks by lane.
    pub lanes: Vec<Vec<usize>>,
}

/// A plan that is to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanFile {
    /// What as.
    pub format: Format,
    /// The plan.
    pub plan: Arc<PlanView>,
    /// When each task really began and ended [s]; none for one that has not.
    pub happened: Vec<Option<(f64, f64)>>,
    /// What each task is called.
    pub labels: Vec<String>,
    /// Rows of devices.
    pub rows: Vec<FileRow>,
    /// From when to when a picture shows [s].
    pub shown_s: (f64, f64),
    /// Words of a picture.
    pub words: Words,
    /// Colours of a picture.
    pub paper: Paper,
}

impl PlanFile {
    /// The content of the file.
    ///
    /// # Errors
    /// The picture cannot be painted.
    pub fn bytes(&self) -> Result<Vec<u8>, PictureError> {
        match self.format {
            Format::Csv => Ok(self.csv().into_bytes()),
            Format::Trace => Ok(self.trace().into_bytes()),
            Format::Svg => Ok(self.picture().to_svg().into_bytes()),
            Format::Png => self.picture().to_png(PIXELS_PER_POINT),
        }
    }

    fn csv(&self) -> String {
        let mut out = "task,node,phase,device,mode,start_s,finish_s,low_s,high_s,critical,slack_s,memory_bytes,cached,\
                       after,actual_start_s,actual_finish_s,reason\n"
            .to_owned();
        for (index, task) in self.plan.tasks.iter().enumerate() {
            let (from, to) = match self.happened.get(index).copied().flatten() {
                Some((from, to)) => (from.to_string(), to.to_string()),
                None => (String::new(), String::new()),
            };
            let reason = if task.why.en.is_empty() { &task.reason } else { &task.why.en };
            let _ = writeln!(
                out,
                "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{from},{to},{}",
                task.id,
                field(&task.node),
                field(&task.phase),
                field(&task.device.0),
                field(&task.mode),
                task.start_s,
                task.finish_s,
                task.range_s[0],
                task.range_s[1],
                task.critical,
                task.slack_s,
                task.memory_bytes,
                task.cached,
                task.after.map(|id| id.to_string()).unwrap_or_default(),
                field(reason),
            );
        }
        out
    }

    /// Trace events: <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>. Forecast and
    /// reality are two processes, lanes are threads, transfers are flows between the tasks that send and need.
    fn trace(&self) -> String {
        const FORECAST: u64 = 1;
        const ACTUAL: u64 = 2;
        let micros = |at_s: f64| if at_s.is_finite() { (at_s * 1e6).max(0.0) } else { 0.0 };
        let mut events: Vec<Value> = Vec::with_capacity(self.plan.tasks.len() * 2 + 16);
        let mut name = |what: &str, pid: u64, tid: usize, name: &str| {
            events.push(json!({"ph": "M", "name": what, "pid": pid, "tid": tid, "args": {"name": name}}));
        };
        name("process_name", FORECAST, 0, "forecast");
        name("process_name", ACTUAL, 0, "actual");
        let mut threads: HashMap<usize, usize> = HashMap::new();
        let mut thread = 0;
        for row in &self.rows {
            for (lane, tasks) in row.lanes.iter().enumerate() {
                thread += 1;
                let of = format!("{} {}", row.name, lane + 1);
                name("thread_name", FORECAST, thread, &of);
                name("thread_name", ACTUAL, thread, &of);
                threads.extend(tasks.iter().map(|task| (*task, thread)));
            }
        }
        let index_of: HashMap<usize, usize> =
            self.plan.tasks.iter().enumerate().map(|(index, task)| (task.id, index)).collect();
        for (index, task) in self.plan.tasks.iter().enumerate() {
            let label = self.labels.get(index).map_or(task.node.as_str(), String::as_str);
            let tid = threads.get(&index).copied().unwrap_or(0);
            let args = json!({
                "device": task.device.0, "mode": task.mode, "critical": task.critical, "slack_s": task.slack_s,
                "memory_bytes": task.memory_bytes, "reason": task.reason,
            });
            let (from, to) = (micros(task.start_s), micros(task.finish_s));
            events.push(json!({
                "ph": "X", "name": label, "cat": task.phase, "pid": FORECAST, "tid": tid, "ts": from,
                "dur": (to - from).max(0.0), "args": args,
            }));
            if let Some((from_s, to_s)) = self.happened.get(index).copied().flatten() {
                let (from, to) = (micros(from_s), micros(to_s));
                events.push(json!({
                    "ph": "X", "name": label, "cat": task.phase, "pid": ACTUAL, "tid": tid, "ts": from,
                    "dur": (to - from).max(0.0), "args": {"device": task.device.0},
                }));
            }
        }
        for (number, transfer) in self.plan.transfers.iter().enumerate() {
            let Some((from, to)) = index_of.get(&transfer.from).zip(index_of.get(&transfer.to)) else { continue };
            let (Some(sender), Some(needs)) = (self.plan.tasks.get(*from), self.plan.tasks.get(*to)) else { continue };
            // A flow is bound to the slice that is open at its time: just before the end of one, at the start of another.
            let out =
                micros(sender.finish_s) - (micros(sender.finish_s) - micros(sender.start_s)).clamp(0.0, 1.0) / 2.0;
            let args = json!({"link": transfer.link, "bytes": transfer.bytes});
            let tid = |index: &usize| threads.get(index).copied().unwrap_or(0);
            events.push(json!({
                "ph": "s", "name": transfer.link, "cat": "transfer", "id": number, "pid": FORECAST, "tid": tid(from),
                "ts": out, "args": args,
            }));
            events.push(json!({
                "ph": "f", "bp": "e", "name": transfer.link, "cat": "transfer", "id": number, "pid": FORECAST,
                "tid": tid(to), "ts": micros(needs.start_s),
            }));
        }
        json!({"displayTimeUnit": "ms", "traceEvents": events}).to_string()
    }

    fn picture(&self) -> Picture {
        let (left, top, lane_height) = (150.0_f32, 84.0_f32, 26.0_f32);
        let (paper, words) = (&self.paper, &self.words);
        let (from_s, to_s) = self.shown_s;
        let wide_s = (to_s - from_s).max(1e-9);
        let right = WIDTH - 20.0;
        let x = |at_s: f64| left + (((at_s - from_s) / wide_s).clamp(0.0, 1.0) as f32) * (right - left);
        let text = Shape::text;
        let mut shapes = vec![
            text([20.0, 30.0], Anchor::Start, &words.title, 16.0, Letters::Semibold, paper.text),
            text([20.0, 50.0], Anchor::Start, &words.head, 12.0, Letters::Mono, paper.muted),
        ];
        let (mut bars, mut y, mut left_over) = (Vec::new(), top, MOST_LANES);
        for row in &self.rows {
            shapes.push(text([20.0, y + 16.0], Anchor::Start, &row.name, 12.0, Letters::Semibold, paper.text));
            for lane in row.lanes.iter().take(left_over) {
                for index in lane {
                    let Some(task) = self.plan.tasks.get(*index) else { continue };
                    if task.finish_s < from_s || task.start_s > to_s {
                        continue;
                    }
                    self.bar(&mut bars, *index, [x(task.start_s), x(task.finish_s)], y);
                    if let Some((began_s, ended_s)) = self.happened.get(*index).copied().flatten() {
                        let place = [x(began_s), y + 17.0, (x(ended_s) - x(began_s)).max(1.0), 4.0];
                        bars.push(Shape::Rect {
                            place,
                            radius: 2.0,
                            fill: paper.tasks.get(*index).copied(),
                            edge: None,
                        });
                    }
                }
                y += lane_height;
            }
            left_over = left_over.saturating_sub(row.lanes.len());
            y += if row.lanes.is_empty() { lane_height } else { 4.0 };
            let points = vec![[20.0, y - 2.0], [right, y - 2.0]];
            shapes.push(Shape::Line { points, colour: paper.line, width: 1.0, dash: Vec::new() });
        }
        for mark in 0..=8 {
            let at_s = from_s + wide_s * f64::from(mark) / 8.0;
            let place = x(at_s);
            let points = vec![[place, top - 6.0], [place, y]];
            shapes.insert(0, Shape::Line { points, colour: paper.line, width: 1.0, dash: Vec::new() });
            let said = time(at_s, wide_s);
            let anchor = if mark == 8 { Anchor::End } else { Anchor::Middle };
            shapes.push(text([place, top - 10.0], anchor, &said, 10.0, Letters::Mono, paper.muted));
        }
        shapes.push(Shape::Clip { place: [left, top - 2.0, right - left, y - top + 4.0], shapes: bars });
        Picture { title: words.title.clone(), lang: words.lang, size: [WIDTH, y + 16.0], ground: paper.ground, shapes }
    }

    fn bar(&self, shapes: &mut Vec<Shape>, index: usize, [left, right]: [f32; 2], y: f32) {
        let critical = self.plan.tasks.get(index).is_some_and(|task| task.critical);
        let place = [left, y, (right - left).max(1.0), 16.0];
        let edge = critical.then_some((self.paper.critical, 1.5));
        shapes.push(Shape::Rect { place, radius: 3.0, fill: self.paper.tasks.get(index).copied(), edge });
        if right - left > 24.0
            && let (Some(label), Some(colour)) = (self.labels.get(index), self.paper.labels.get(index))
        {
            let word = Shape::Text {
                at: [left + 5.0, y + 12.0],
                anchor: Anchor::Start,
                text: label.clone(),
                size: 11.0,
                letters: Letters::Plain,
                colour: *colour,
            };
            shapes.push(Shape::Clip { place: [left, y, right - left - 3.0, 16.0], shapes: vec![word] });
        }
    }
}

/// A time on the axis of a picture that shows so long a stretch.
fn time(at_s: f64, wide_s: f64) -> String {
    if wide_s < 0.5 {
        format!("{:.1} ms", at_s * 1e3)
    } else if wide_s < 60.0 {
        format!("{at_s:.1} s")
    } else {
        crate::panels::figures::clock(at_s)
    }
}

#[cfg(test)]
mod tests {
    use weft_protocol::{DeviceId, PlannedTask, PlannedTransfer};

    use super::*;
    use crate::theme::{Mode, Theme};

    fn file(format: Format) -> PlanFile {
        let theme = Theme::load(Mode::Light);
        let task = |id: usize, node: &str, device: &str, start_s: f64, finish_s: f64| PlannedTask {
            id,
            node: node.to_owned(),
            phase: "run".to_owned(),
            device: DeviceId(device.to_owned()),
            start_s,
            finish_s,
            ..PlannedTask::default()
        };
        let plan = PlanView {
            tasks: vec![task(4, "a, \"b\"", "cpu", 0.0, 2.0), task(6, "损失", "gpu0", 2.5, 4.0)],
            transfers: vec![PlannedTransfer {
                from: 4,
                to: 6,
                link: "cpu → gpu0".to_owned(),
                start_s: 2.0,
                finish_s: 2.5,
                bytes: 1_000,
            }],
            ..PlanView::default()
        };
        let row = |name: &str, task| FileRow { name: name.to_owned(), lanes: vec![vec![task]] };
        PlanFile {
            format,
            plan: Arc::new(plan),
            happened: vec![Some((0.1, 2.2)), None],
            labels: vec!["a, \"b\"".to_owned(), "损失".to_owned()],
            rows: vec![row("cpu", 0), row("gpu0", 1)],
            shown_s: (0.0, 4.0),
            words: Words { title: "plan".to_owned(), head: "4.0 s".to_owned(), lang: "en" },
            paper: Paper {
                ground: theme.panel,
                text: theme.text,
                muted: theme.muted,
                line: theme.border,
                critical: theme.critical,
                tasks: vec![theme.train; 2],
                labels: vec![theme.text; 2],
            },
        }
    }

    #[test]
    fn the_table_has_a_row_for_each_task_with_forecast_and_reality() {
        let text = String::from_utf8(file(Format::Csv).bytes().unwrap()).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        let columns = lines[0].split(',').count();
        assert!(lines[1].starts_with("4,\"a, \"\"b\"\"\",run,cpu,,0,2,"));
        assert!(lines[1].contains(",0.1,2.2,"));
        assert_eq!(lines[2].split(',').count(), columns);
    }

    #[test]
    fn the_trace_is_what_perfetto_wants() {
        let text = String::from_utf8(file(Format::Trace).bytes().unwrap()).unwrap();
        let trace: Value = serde_json::from_str(&text).unwrap();
        let events = trace["traceEvents"].as_array().unwrap();
        let of = |ph: &str| events.iter().filter(|e| e["ph"] == ph).collect::<Vec<_>>();
        let slices = of("X");
        assert_eq!(slices.len(), 3, "two forecasts, one of which has happened");
        let first = slices[0];
        assert_eq!((&first["ts"], &first["dur"], &first["pid"]), (&json!(0.0), &json!(2e6), &json!(1)));
        let (out, into) = (of("s")[0], of("f")[0]);
        assert_eq!((&out["id"], &out["cat"], &out["name"]), (&into["id"], &into["cat"], &into["name"]));
        // Each end lies within the slice that it is to be bound to.
        let within = |flow: &Value| {
            slices.iter().any(|slice| {
                let (ts, dur) = (slice["ts"].as_f64().unwrap(), slice["dur"].as_f64().unwrap());
                let at = flow["ts"].as_f64().unwrap();
                slice["tid"] == flow["tid"] && slice["pid"] == flow["pid"] && ts <= at && at < ts + dur
            })
        };
        assert!(within(out) && within(into));
        let names: Vec<_> = of("M").iter().map(|e| e["args"]["name"].as_str().unwrap()).collect();
        assert!(names.contains(&"forecast") && names.contains(&"actual") && names.contains(&"gpu0 1"));
    }

    #[test]
    fn pictures_are_drawn_of_both_kinds() {
        let svg = String::from_utf8(file(Format::Svg).bytes().unwrap()).unwrap();
        assert!(svg.contains("损失") && svg.contains("gpu0"));
        assert!(file(Format::Png).bytes().unwrap().starts_with(b"\x89PNG"));
    }
}
