//! `weft bench engine`: what the engine costs beside the computing.

use std::path::Path;
use std::time::{Duration, Instant};

use weft_engine::bench::{BenchRow, empty_tasks, round_trip, streaming};
use weft_protocol::{Command, Event, Sample};

use super::{Row, Rows, median};
use crate::bench::train;
use crate::cli::BenchArgs;
use crate::run::{engine_config, start_engine, wait_for};

/// A graph of empty tasks, messages to a worker, a stream of samples, and how soon Stop is answered.
pub fn run(rows: &mut Rows<'_>, args: &BenchArgs) -> anyhow::Result<()> {
    let scratch = std::env::temp_dir().join(format!("weft-bench-engine-{}", std::process::id()));
    let measured = measure(rows, &scratch).and_then(|()| stop(rows, args, &scratch.join("stop")));
    let _best_effort = std::fs::remove_dir_all(&scratch);
    measured
}

fn measure(rows: &mut Rows<'_>, scratch: &Path) -> anyhow::Result<()> {
    let mut push = |measured: Vec<BenchRow>| {
        for row in measured {
            rows.push(Row::new(row.bench, &row.case, row.metric, row.value, row.unit));
        }
    };
    push(empty_tasks(&scratch.join("tasks"), 1_000, 11)?);
    push(round_trip(&engine_config(scratch)?.worker, 2_000)?);
    push(streaming(&scratch.join("samples"), 10)?);
    Ok(())
}

/// From Stop, in the middle of a training, to the word that it stops and to the end of the run with its model.
fn stop(rows: &mut Rows<'_>, args: &BenchArgs, scratch: &Path) -> anyhow::Result<()> {
    let limit = Duration::from_secs(60);
    let (_engine, client) = start_engine(scratch, || {})?;
    let (mut answered, mut ended) = (Vec::new(), Vec::new());
    for _ in 0..7 {
        client.commands.send(Command::Run(Box::new(train::request(
            &std::path::absolute(&args.data)?,
            "cpu",
            1_000,
        )?)))?;
        let begin = Instant::now();
        while !matches!(client.samples.recv_timeout(limit)?, Sample::Metrics { .. }) {
            anyhow::ensure!(begin.elapsed() < limit, "the training has not begun");
        }
        let asked = Instant::now();
        client.commands.send(Command::Stop)?;
        wait_for(&client, limit, |event| matches!(event, Event::RunStopping { .. }).then_some(()))?;
        answered.push(asked.elapsed());
        wait_for(&client, limit, |event| matches!(event, Event::RunFinished { .. }).then_some(()))?;
        ended.push(asked.elapsed());
        while client.samples.try_recv().is_ok() {}
    }
    for (metric, times) in [("answered", answered), ("run ended, model kept", ended)] {
        rows.push(Row::new("engine", "Stop in training", metric, median(times).as_secs_f64() * 1e3, "ms"));
    }
    Ok(())
}
