//! The binary: without a subcommand it opens the window, with one it is the command line, and `weft worker` is what the
//! engine starts to compute. Only here do window, engine and numerics meet.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

mod bench;
mod cli;
mod exit;
mod output;
mod project;
mod report;
mod run;
mod window;

use cli::{Cli, Command};
use exit::{Ended, Exit};
use output::Output;

// The system's allocator maps and unmaps every large tensor: page faults then take a third of a small network's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let started = std::time::Instant::now();
    let cli = Cli::parse();
    if let Some(Command::Worker(args)) = &cli.command {
        return worker(&args.role);
    }
    let output = Output::new(&cli.global);
    log_to_stderr(match (cli.global.quiet, cli.global.verbose) {
        (true, _) => log::LevelFilter::Error,
        (false, 0) => log::LevelFilter::Warn,
        (false, 1) => log::LevelFilter::Info,
        (false, _) => log::LevelFilter::Debug,
    });
    match dispatch(&cli, &output, started) {
        Ok(exit) => exit.into(),
        Err(error) => {
            output.error(&format!("{error:#}"));
            error.downcast_ref::<Ended>().map_or(Exit::Failed, |ended| ended.exit).into()
        }
    }
}

fn worker(role: &str) -> ExitCode {
    // What a worker logs goes to its standard error, which the engine reads.
    log_to_stderr(log::LevelFilter::Warn);
    match serde_json::from_str(role) {
        Ok(role) => weft_learn::worker_main(role),
        Err(error) => {
            eprintln!("weft worker: the role cannot be read: {error}");
            Exit::Usage.into()
        }
    }
}

fn log_to_stderr(level: log::LevelFilter) {
    // What drivers and desktops grumble about at every start is no use to a person who has not asked for more.
    let others = if level <= log::LevelFilter::Warn { log::LevelFilter::Error } else { level };
    let _already_set =
        env_logger::Builder::new().filter_level(others).filter_module("weft", level).parse_default_env().try_init();
}

fn dispatch(cli: &Cli, output: &Output, started: std::time::Instant) -> anyhow::Result<Exit> {
    let data_dir = || data_dir(cli);
    match &cli.command {
        None => window::run(&cli.window, cli.global.lang, &data_dir()?, output, started),
        Some(Command::New(args)) => project::new(args, output),
        Some(Command::Validate(args)) => project::validate(&args.project, &data_dir()?, output),
        Some(Command::Export(args)) => project::export(args, &data_dir()?, output),
        Some(Command::Import(args)) => project::import(args, output),
        Some(Command::Run(args)) => run::run(args, &data_dir()?, output),
        Some(Command::Resume(args)) => run::resume(args, &data_dir()?, output),
        Some(Command::Runs(args)) => report::runs(args, &data_dir()?, output),
        Some(Command::Devices(args)) => report::devices(args, &data_dir()?, output),
        Some(Command::Bench(args)) => bench::run(args, output).map(|()| Exit::Done),
        Some(Command::Schema) => {
            output.line(&serde_json::to_string_pretty(&weft_project::schema())?);
            Ok(Exit::Done)
        }
        Some(Command::Completions(args)) => {
            let mut text = Vec::new();
            clap_complete::generate(args.shell, &mut Cli::command(), "weft", &mut text);
            output.line(String::from_utf8_lossy(&text).trim_end());
            Ok(Exit::Done)
        }
        Some(Command::Worker(_)) => Ok(Exit::Done),
    }
}

/// The folder of runs, results and settings: the flag's, the environment's, or the platform's.
fn data_dir(cli: &Cli) -> anyhow::Result<PathBuf> {
    if let Some(dir) = &cli.global.data_dir {
        return Ok(std::path::absolute(dir)?);
    }
    directories::ProjectDirs::from("", "", "weft")
        .map(|dirs| dirs.data_dir().to_owned())
        .ok_or_else(|| Ended::usage("no home folder is known: name a folder with --data-dir or WEFT_DATA_DIR"))
}
