//! The binary: without a subcommand it opens the window, with one it is the command line, and `weft worker` is what the
//! engine starts to compute. Only here do window, engine and numerics meet.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

mod bench;
mod cli;
mod exit;
mod follow;
mod import;
mod output;
mod plan;
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
    let level = match (cli.global.quiet, cli.global.verbose) {
        (true, _) => log::LevelFilter::Error,
        (false, 0) => log::LevelFilter::Warn,
        (false, 1) => log::LevelFilter::Info,
        (false, _) => log::LevelFilter::Debug,
    };
    log_to_stderr(level, level <= log::LevelFilter::Warn);
    match dispatch(&cli, &output, started) {
        Ok(exit) => exit.into(),
        Err(error) => {
            let ended = error.downcast_ref::<Ended>();
            output.error(&ended.map_or_else(|| words(&error), |ended| output.say(&ended.message).to_owned()));
            ended.map_or(Exit::Failed, |ended| ended.exit).into()
        }
    }
}

/// An error and its causes, each said once: many messages quote their cause already.
fn words(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(cause.rsplit(": ").next().unwrap_or_default()) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

fn worker(role: &str) -> ExitCode {
    // What a worker logs goes to its standard error, which the engine reads.
    log_to_stderr(log::LevelFilter::Warn, false);
    match serde_json::from_str(role) {
        Ok(role) => weft_learn::worker_main(role),
        Err(error) => {
            eprintln!("weft worker: the role cannot be read: {error}");
            Exit::Usage.into()
        }
    }
}

fn log_to_stderr(level: log::LevelFilter, is_brief: bool) {
    // What drivers and desktops grumble about at every start is no use to a person who has not asked for more.
    let others = if level <= log::LevelFilter::Warn { log::LevelFilter::Error } else { level };
    let mut builder = env_logger::Builder::new();
    builder.filter_level(others).filter_module("weft", level).parse_default_env();
    if is_brief {
        // Time and module are for those who look for a fault.
        builder.format(|out, record| {
            use std::io::Write as _;
            writeln!(out, "{}: {}", record.level().as_str().to_lowercase(), record.args())
        });
    }
    let _already_set = builder.try_init();
}

fn dispatch(cli: &Cli, output: &Output, started: std::time::Instant) -> anyhow::Result<Exit> {
    let data_dir = || data_dir(cli);
    match &cli.command {
        None => window::run(&cli.window, cli.global.lang, &data_dir()?, started),
        Some(Command::New(args)) => project::new(args, output),
        Some(Command::Validate(args)) => project::validate(&args.project, &data_dir()?, output),
        Some(Command::Export(args)) => project::export(args, &data_dir()?, output),
        Some(Command::Import(args)) => project::import(args, output),
        Some(Command::Plan(args)) => plan::plan(args, &data_dir()?, output),
        Some(Command::Run(args)) => run::run(args, &data_dir()?, output),
        Some(Command::Resume(args)) => run::resume(args, &data_dir()?, output),
        Some(Command::Runs(args)) => report::runs(args, &data_dir()?, output),
        Some(Command::Devices(args)) => report::devices(args, &data_dir()?, output),
        Some(Command::Bench(args)) => bench::run(args, output).map(|()| Exit::Done),
        Some(Command::Schema) => {
            let schema = weft_project::schema();
            if output.json {
                output.json_line(&schema);
            } else {
                output.raw(&serde_json::to_string_pretty(&schema)?);
            }
            Ok(Exit::Done)
        }
        Some(Command::Completions(args)) => {
            let mut text = Vec::new();
            clap_complete::generate(args.shell, &mut Cli::command(), "weft", &mut text);
            let script = String::from_utf8_lossy(&text);
            if output.json {
                output.json_line(&serde_json::json!({ "shell": args.shell.to_string(), "script": script }));
            } else {
                output.raw(script.trim_end());
            }
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
    directories::ProjectDirs::from("", "", "weft").map(|dirs| dirs.data_dir().to_owned()).ok_or_else(|| {
        Ended::usage(
            "no home folder is known: name a folder with --data-dir or WEFT_DATA_DIR",
            "找不到用户文件夹：请用 --data-dir 或 WEFT_DATA_DIR 指定文件夹",
        )
    })
}
