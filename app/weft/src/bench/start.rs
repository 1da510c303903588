//! `weft bench start`: from the start of the process to the first frame, in a window of its own.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::{Row, Rows, median};

const TIMES: usize = 7;

/// Opens the window several times, the first not counted.
pub fn run(rows: &mut Rows<'_>) -> anyhow::Result<()> {
    if cfg!(target_os = "linux")
        && std::env::var_os("DISPLAY").is_none()
        && std::env::var_os("WAYLAND_DISPLAY").is_none()
    {
        bail!("there is no display: run it on a desktop, or under `xvfb-run -s '-screen 0 1440x900x24'`");
    }
    let program = std::env::current_exe().context("this program's own file is not known")?;
    let scratch = std::env::temp_dir().join(format!("weft-bench-start-{}", std::process::id()));
    let (mut frames, mut whole) = (Vec::new(), Vec::new());
    for time in 0..=TIMES {
        let start = Instant::now();
        let output = Command::new(&program)
            .arg("--exit-after-first-frame")
            .arg("--data-dir")
            .arg(&scratch)
            .stdin(Stdio::null())
            .output()
            .context("the window could not be started")?;
        let elapsed = start.elapsed();
        if !output.status.success() {
            bail!("the window did not open: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let ms: f64 = text.trim().parse().with_context(|| format!("'{}' is not a time", text.trim()))?;
        if time > 0 {
            frames.push(Duration::from_secs_f64(ms / 1e3));
            whole.push(elapsed);
        }
    }
    let _best_effort = std::fs::remove_dir_all(&scratch);
    rows.push(Row::new(
        "start",
        "start page",
        "process start to first frame",
        median(frames).as_secs_f64() * 1e3,
        "ms",
    ));
    rows.push(Row::new("start", "start page", "process start to exit", median(whole).as_secs_f64() * 1e3, "ms"));
    Ok(())
}
