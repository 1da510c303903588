//! `weft runs` and `weft devices`: what was, and what can be used.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use weft_protocol::run::MetricValue;
use weft_protocol::{Command, Event};

use crate::cli::{DevicesArgs, RunsArgs};
use crate::exit::Exit;
use crate::output::Output;
use crate::run::{duration, start_engine, wait_for};

/// `weft runs`.
pub fn runs(args: &RunsArgs, data_dir: &Path, output: &Output) -> anyhow::Result<Exit> {
    let runs = {
        let store = weft_engine::RunStore::open(data_dir)?;
        store.mark_interrupted()?;
        store.list(None)?
    };
    if runs.is_empty() {
        output.note("no runs yet: try `weft run sample_projects/mnist/mnist.weft`");
    }
    for run in runs.into_iter().take(args.limit) {
        if output.json {
            output.json_line(&run);
            continue;
        }
        let accuracy = run
            .metrics
            .values()
            .find_map(|m| m.get("confusion_matrix").and(m.get("accuracy")).and_then(MetricValue::number))
            .map(|v| format!("accuracy {:.2} %", 100.0 * v))
            .unwrap_or_default();
        output.line(
            format!(
                "{:>5}  {:<20}  {:<12}  {:>9}  seed {:<6}  {}  {accuracy}",
                run.run.to_string(),
                run.started_at.get(..19).unwrap_or(&run.started_at).replace('T', " "),
                run.status.id(),
                duration(run.elapsed_s),
                run.seed,
                run.project,
            )
            .trim_end(),
        );
    }
    Ok(Exit::Done)
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
        let threads = device.threads.map(|n| format!("{n} threads"));
        let facts: Vec<String> = [Some(device.backend), device.driver, threads, memory].into_iter().flatten().collect();
        let mark = if device.offered { "✓" } else { "–" };
        output.line(&format!("{mark} {:<6} {} ({})", device.id.to_string(), device.name, facts.join(", ")));
        if !device.reason.is_empty() {
            output.line(&format!("         {}", device.reason));
        }
    }
    Ok(Exit::Done)
}
