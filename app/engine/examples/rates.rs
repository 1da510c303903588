//! Prints what the engine costs, with the scripted worker: `weft bench engine` does the same with the real one.

use weft_engine::{WorkerCommand, bench};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let program = std::env::current_exe()?.with_file_name(format!("scripted_worker{}", std::env::consts::EXE_SUFFIX));
    let worker = WorkerCommand { program, args: vec!["worker".into()] };
    let (one, other) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let mut rows = bench::empty_tasks(one.path(), 1_000, 5)?;
    rows.extend(bench::round_trip(&worker, 2_000)?);
    rows.extend(bench::streaming(other.path(), 30)?);
    for row in rows {
        println!("{:40} {:18} {:10.4} {}", row.case, row.metric, row.value, row.unit);
    }
    Ok(())
}
