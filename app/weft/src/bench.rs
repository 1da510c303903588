//! `weft bench`: this program measured on this machine. Each figure is a row; a peer that was measured in the same run
//! stands beside it, with the ratio.

use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;

use crate::cli::{BenchArgs, BenchName};
use crate::exit::Ended;
use crate::output::Output;

mod canvas;
mod engine;
mod planning;
mod plots;
mod schedule;
mod start;
mod train;
mod window;

/// One figure.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    bench: String,
    case: String,
    metric: String,
    value: f64,
    unit: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer_value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
}

impl Row {
    /// A figure without a peer.
    pub fn new(bench: &str, case: &str, metric: &str, value: f64, unit: &str) -> Self {
        Self {
            bench: bench.to_owned(),
            case: case.to_owned(),
            metric: metric.to_owned(),
            value,
            unit: unit.to_owned(),
            peer: None,
            peer_value: None,
            ratio: None,
        }
    }

    /// The same beside a peer that was measured in the same run; the ratio is ours to the peer's.
    pub fn beside(mut self, peer: &str, value: f64) -> Self {
        self.ratio = (value != 0.0).then(|| self.value / value);
        self.peer = Some(peer.to_owned());
        self.peer_value = Some(value);
        self
    }
}

/// The unit of gaps and shares.
const FRACTION: &str = "fraction";

/// Prints rows as they come.
#[derive(Debug)]
pub struct Rows<'a> {
    output: &'a Output,
}

impl Rows<'_> {
    /// Prints a row.
    pub fn push(&mut self, row: Row) {
        if self.output.json {
            self.output.json_line(&row);
            return;
        }
        // Of a share that is to be small three digits would say nothing.
        let digits = if row.unit == FRACTION { 5 } else { 3 };
        let mut line =
            format!("{:<8} {:<28} {:<28} {:>12.digits$} {:<10}", row.bench, row.case, row.metric, row.value, row.unit);
        if let (Some(peer), Some(value), Some(ratio)) = (&row.peer, row.peer_value, row.ratio) {
            line += &format!(" {peer} {value:.3}, ratio {ratio:.2}");
        }
        self.output.line(line.trim_end());
    }

    /// Says something that is no figure.
    pub fn note(&self, text: &str) {
        self.output.note(text);
    }
}

/// Runs the benchmarks that were asked for.
pub fn run(args: &BenchArgs, output: &Output) -> anyhow::Result<()> {
    let mut rows = Rows { output };
    let all = args.name == BenchName::All;
    let trains = matches!(
        args.name,
        BenchName::All | BenchName::Engine | BenchName::Planning | BenchName::Train | BenchName::Gpu
    );
    if trains && !args.data.is_dir() {
        let data = args.data.display();
        return Err(Ended::usage(
            format!("there is no folder {data}: name the one with the MNIST files with --data"),
            format!("没有文件夹 {data}：请用 --data 指定存放 MNIST 文件的文件夹"),
        ));
    }
    if args.name != BenchName::Schedule && !args.paths.is_empty() {
        return Err(Ended::usage(
            "only `weft bench schedule` takes paths: the other benchmarks bring their own data",
            "只有 `weft bench schedule` 接受路径：其他测量自带数据",
        ));
    }
    // What cannot be read is told before anything is measured.
    let solving = (args.name == BenchName::Schedule && !args.schedule.size)
        .then(|| schedule::Solving::prepare(&args.paths, &args.schedule))
        .transpose()?;
    rows.note(&machine());
    if let Some(solving) = &solving {
        solving.run(&mut rows)?;
    } else if all || args.name == BenchName::Schedule {
        schedule::size(&mut rows, args.schedule.processor_time)?;
    }
    if all || args.name == BenchName::Canvas {
        canvas::run(&mut rows)?;
        window::run(&mut rows).context("the window could not be measured")?;
    }
    if all || args.name == BenchName::Plots {
        plots::run(&mut rows).context("the plots could not be measured")?;
    }
    if all || args.name == BenchName::Engine {
        engine::run(&mut rows, args).context("the engine could not be measured")?;
    }
    if all || args.name == BenchName::Planning {
        planning::run(&mut rows, args).context("planning could not be measured")?;
    }
    if all || args.name == BenchName::Start {
        match start::run(&mut rows) {
            Err(error) if all => rows.note(&format!("start: skipped: {error:#}")),
            result => result?,
        }
    }
    if all || args.name == BenchName::Train {
        train::run(&mut rows, args, "cpu")?;
    }
    if all || args.name == BenchName::Gpu {
        match train::run(&mut rows, args, &args.device) {
            Err(error) if all => rows.note(&format!("gpu: skipped: {error:#}")),
            result => result?,
        }
    }
    Ok(())
}

/// Processor, threads and system, for the record.
fn machine() -> String {
    let threads = std::thread::available_parallelism().map_or(0, usize::from);
    let model = std::fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|l| l.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        })
        .unwrap_or_else(|| "processor not known".to_owned());
    format!("{model}, {threads} threads, {} {}", std::env::consts::OS, std::env::consts::ARCH)
}

/// The median of times, zero of none.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// What each frame takes: the middle one of its repeats, so that what else the machine did meanwhile is not taken for what
/// the frame costs. All repeats have the same frames.
pub fn typical(repeats: &[Vec<Duration>]) -> Vec<Duration> {
    let frames = repeats.iter().map(Vec::len).min().unwrap_or(0);
    (0..frames).map(|frame| median(repeats.iter().map(|times| times[frame]).collect())).collect()
}

/// Processor time of this thread.
#[cfg(unix)]
pub fn thread_cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Wall time since the first call: systems without a clock of the thread's own time in safe code measure that instead.
#[cfg(not(unix))]
pub fn thread_cpu() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}

/// Memory of this process [bytes]; none where the system does not say.
pub fn resident_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|l| l.starts_with("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}
