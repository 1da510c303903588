//! `weft runs` and `weft devices`: what was, and what can be used.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use weft_model::text::t;
use weft_model::{Lang, Localised};
use weft_protocol::command::QueuedRun;
use weft_protocol::run::{MetricValue, is_judgement};
use weft_protocol::{Command, DeviceKind, Event};

use crate::cli::{DevicesArgs, RunsArgs};
use crate::exit::Exit;
use crate::follow::{duration, run_status};
use crate::output::Output;
use crate::run::{start_engine, wait_for};

/// `weft runs`.
pub fn runs(args: &RunsArgs, data_dir: &Path, output: &Output) -> anyhow::Result<Exit> {
    if args.queue {
        return queue(args, data_dir, output);
    }
    let runs = weft_engine::RunStore::open(data_dir)?.list(None)?;
    if runs.is_empty() {
        output.note(output.say(&Localised::new(
            "no runs yet: try `weft run sample_projects/mnist/mnist.weft`",
            "还没有运行：试试 `weft run sample_projects/mnist/mnist.weft`",
        )));
    }
    let (seed, accuracy_word) = (t("seed", "种子").get(output.lang), t("accuracy", "准确率").get(output.lang));
    for run in runs.into_iter().take(args.limit) {
        if output.json {
            output.json_line(&run);
            continue;
        }
        let accuracy = run
            .metrics
            .values()
            .filter(|m| is_judgement(m))
            .find_map(|m| m.get("accuracy").and_then(MetricValue::number))
            .map(|v| format!("{accuracy_word} {:.2} %", 100.0 * v))
            .unwrap_or_default();
        output.line(
            format!(
                "{:>5}  {:<20}  {:<12}  {:>9}  {seed} {:<6}  {}  {accuracy}",
                run.run.to_string(),
                local_time(&run.started_at),
                run_status(run.status, output.lang),
                duration(run.elapsed_s),
                run.seed,
                run.project,
            )
            .trim_end(),
        );
    }
    Ok(Exit::Done)
}

/// `weft runs --queue`.
fn queue(args: &RunsArgs, data_dir: &Path, output: &Output) -> anyhow::Result<Exit> {
    let waiting = weft_engine::RunStore::open(data_dir)?.queue()?;
    if waiting.is_empty() {
        output.note(output.say(&Localised::new("no run waits", "没有排队的运行")));
    }
    let seed_word = t("seed", "种子").get(output.lang);
    for run in waiting.into_iter().take(args.limit) {
        if output.json {
            let QueuedRun { id, project, queued_at, device, seed } = run;
            output.json_line(&json!({
                "id": id, "project": project, "queued_at": queued_at, "status": "queued", "device": device, "seed": seed,
            }));
            continue;
        }
        let device = run.device.map(|d| d.0).unwrap_or_default();
        let seed = run.seed.map(|s| format!("{seed_word} {s}")).unwrap_or_default();
        let line = format!("{:>5}  {:<20}  {}  {device}  {seed}", run.id, local_time(&run.queued_at), run.project);
        output.line(line.trim_end());
    }
    Ok(Exit::Done)
}

/// A time as a clock on the wall shows it.
fn local_time(at: &str) -> String {
    match at.parse::<jiff::Timestamp>() {
        Ok(at) => at.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => at.to_owned(),
    }
}

/// `weft devices`.
pub fn devices(args: &DevicesArgs, data_dir: &Path, output: &Output) -> anyhow::Result<Exit> {
    let (_engine, client) = start_engine(data_dir, || {})?;
    client.commands.send(Command::ListDevices { refresh: args.refresh })?;
    let devices = wait_for(&client, Duration::from_secs(300), |event| match event {
        Event::Devices(devices) => Some(devices),
        _ => None,
    })?;
    for device in devices {
        if output.json {
            output.json_line(&json!({
                "name": device.id,
                "description": device.name,
                "kind": device.kind,
                "backend": device.backend,
                "driver": device.driver,
                "memory_bytes": device.memory_bytes,
                "threads": device.threads,
                "offered": device.offered,
                "reason": device.reason,
            }));
            continue;
        }
        let memory = device.memory_bytes.map(|b| format!("{:.1} GB", b as f64 / 1e9));
        let threads = device.threads.map(|n| format!("{n} {}", t("threads", "个线程").get(output.lang)));
        let facts: Vec<String> = [Some(device.backend), device.driver, threads, memory].into_iter().flatten().collect();
        let mark = if device.offered { "✓" } else { "–" };
        output.line(&format!("{mark} {:<6} {} ({})", device.id.to_string(), device.name, facts.join(", ")));
        if device.kind == DeviceKind::Software && output.lang == Lang::Zh {
            output.line(&format!("         软件适配器：若确实要用，请加 --device {}", device.id));
        } else if !device.reason.is_empty() {
            output.line(&format!("         {}", device.reason));
        }
    }
    Ok(Exit::Done)
}
