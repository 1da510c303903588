//! The command line as it is written: each command and flag is declared here once, beside its documentation.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  weft                                        open the window
  weft sample_projects/mnist/mnist.weft       open the window with a project
  weft run sample_projects/mnist/mnist.weft   run a project without a window
  weft devices                                see what can compute here

Exit status: 0 all well; 1 the run failed or was stopped; 2 wrong use; 3 the project or its input is invalid;
130 interrupted.";

/// Weft: draw it, see what it costs, run it on any GPU, lose nothing, ship it. A workflow editor for deep learning.
#[derive(Debug, Parser)]
#[command(name = "weft", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; without one, the window opens.
    #[command(subcommand)]
    pub command: Option<Command>,

    #[command(flatten)]
    pub window: WindowArgs,

    #[command(flatten)]
    pub global: Global,
}

/// Flags that every command has.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Flags of every command")]
pub struct Global {
    /// Standard output carries JSON lines and nothing else; the log goes to standard error.
    #[arg(long, global = true)]
    pub json: bool,

    /// Say only what was asked for.
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say more; twice for everything.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,

    /// Language of messages.
    #[arg(long, global = true, value_name = "LANG")]
    pub lang: Option<LangArg>,

    /// Where runs, results and settings are kept; by default the platform's data folder.
    #[arg(long, global = true, value_name = "DIR", env = "WEFT_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
}

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LangArg {
    /// English.
    En,
    /// Chinese.
    Zh,
}

impl From<LangArg> for weft_model::Lang {
    fn from(lang: LangArg) -> Self {
        match lang {
            LangArg::En => weft_model::Lang::En,
            LangArg::Zh => weft_model::Lang::Zh,
        }
    }
}

/// Opening the window.
#[derive(Debug, Clone, Default, Args)]
pub struct WindowArgs {
    /// Project to open in the window: a .weft file or a .weftz bundle.
    pub project: Option<PathBuf>,

    /// Close the window after its first frame and print how long that took since the process began.
    #[arg(long, hide = true)]
    pub exit_after_first_frame: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a new project.
    #[command(after_help = "Example:\n  weft new --template mnist digits.weft")]
    New(NewArgs),

    /// Find every problem of a project, with its node and its remedy. Ends with 3 if something keeps it from running.
    #[command(after_help = "Example:\n  weft validate sample_projects/mnist/mnist.weft")]
    Validate(ProjectArg),

    /// Plan and run a project.
    #[command(after_help = "\
Examples:
  weft run sample_projects/mnist/mnist.weft
  weft run mnist.weft --set train.epochs=3 --set data.limit=2000 --seed 7 --out results
  weft run mnist.weft --set data.path=/data/fashion-mnist
  weft run mnist.weft --device cpu --json | jq 'select(.event == \"metric\")'
  weft run mnist.weft --scheduler heft --branches 1 --memory-limit 2GB --time-limit 3600

Ctrl-C stops the run; models keep what they have learnt so far. A second Ctrl-C ends at once.")]
    Run(RunArgs),

    /// Plan a project without running it: which task, where, when and why, with its bound and its gap.
    #[command(after_help = "\
Examples:
  weft plan sample_projects/mnist/mnist.weft
  weft plan mnist.weft --race
  weft plan mnist.weft --scheduler ga --parameter population=200 --time 5
  weft plan mnist.weft --set train.epochs=30 --branches 1 --json | jq .makespan_s

Everything is an estimate: from what was measured on this machine, else from what is known of the networks.")]
    Plan(PlanArgs),

    /// List earlier runs, the newest first.
    #[command(after_help = "Examples:\n  weft runs --json\n  weft runs --queue")]
    Runs(RunsArgs),

    /// Go on with a run that was interrupted or stopped.
    #[command(after_help = "Example:\n  weft resume 12")]
    Resume(ResumeArgs),

    /// Write a project as a bundle that opens elsewhere.
    #[command(after_help = "Example:\n  weft export sample_projects/mnist/mnist.weft -o mnist.weftz --with-data")]
    Export(ExportArgs),

    /// Unpack a bundle into a folder, or make a project of a workflow of another program.
    #[command(after_help = "\
Examples:
  weft import mnist.weftz -o mnist            unpack a bundle
  weft import montage.json -o montage.weft    a workflow in WfCommons' WfFormat as timed tasks
  weft import rand0042.stg                    a graph of the Standard Task Graph Set, beside it")]
    Import(ImportArgs),

    /// List what can compute here, and why something is not offered.
    #[command(after_help = "Example:\n  weft devices --refresh")]
    Devices(DevicesArgs),

    /// Measure this program on this machine.
    #[command(after_help = "\
Examples:
  weft bench canvas     time of a frame of the canvas, by number of nodes and view
  weft bench plots      time of a frame with ten series of a million points, and in a burst of samples
  weft bench engine     overhead of tasks, round trip to a worker, streaming of samples
  weft bench planning   cancelling a search, forecast against reality, branches side by side
  weft bench start      process start to first frame (needs a display)
  weft bench train      training speed, side by side with PyTorch where there is one
  weft bench gpu        training, memory and agreement on the graphics processor
  weft bench schedule   the planner on public instances, or with --size on large graphs
  weft bench all        everything that needs no instances

  weft bench schedule rcpsp mmrcpsp stg --time 10 --solutions solved
  weft bench schedule wfinstances --algorithm heft --algorithm auto --json
  weft bench schedule stg/50_rand0001.stg --processors 4
  weft bench schedule --size")]
    Bench(BenchArgs),

    /// Print the JSON schema of project files.
    Schema,

    /// Print the completions for a shell.
    #[command(after_help = "Example:\n  weft completions bash > ~/.local/share/bash-completion/completions/weft")]
    Completions(CompletionsArgs),

    /// Compute for an engine that started this process.
    #[command(hide = true)]
    Worker(WorkerArgs),
}

/// A project.
#[derive(Debug, Clone, Args)]
pub struct ProjectArg {
    /// A .weft file or a .weftz bundle.
    pub project: PathBuf,
}

/// `weft new`.
#[derive(Debug, Clone, Args)]
pub struct NewArgs {
    /// What to start from.
    #[arg(long, default_value = "empty", value_parser = template_names())]
    pub template: String,

    /// File to write; it must not exist.
    pub file: PathBuf,
}

fn template_names() -> clap::builder::PossibleValuesParser {
    weft_project::templates().iter().map(|t| t.id).collect::<Vec<_>>().into()
}

/// A project and what of it is to be run.
#[derive(Debug, Clone, Args)]
pub struct WhatArgs {
    /// A .weft file or a .weftz bundle.
    pub project: PathBuf,

    /// Set a parameter of a node for this run; a path is relative to the working directory. May be repeated.
    #[arg(long = "set", value_name = "NODE.PARAM=VALUE")]
    pub set: Vec<String>,

    /// The run's seed; a node's own seed derives from it unless the node sets one.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Device to insist on: `cpu`, or a name that `weft devices` prints.
    #[arg(long, value_name = "NAME")]
    pub device: Option<String>,

    /// Run only this node and what it needs.
    #[arg(long, value_name = "NODE")]
    pub until: Option<String>,

    /// Compute everything, even what stands in the cache.
    #[arg(long)]
    pub fresh: bool,
}

/// How it is planned.
#[derive(Debug, Clone, Args)]
pub struct SchedulerArgs {
    /// Rule that plans: auto, heft, peft, cpop, fifo, ga, pso, aco, sa, lns or exact.
    #[arg(long, visible_alias = "algorithm", value_name = "NAME")]
    pub scheduler: Option<String>,

    /// Set a parameter of the rule. May be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    pub parameter: Vec<String>,

    /// How long the rule may search, in seconds; by default what suits the size of the graph.
    #[arg(long, value_name = "S")]
    pub time: Option<f64>,
}

/// What a run may take.
#[derive(Debug, Clone, Args)]
pub struct LimitArgs {
    /// Stop the run after so many seconds.
    #[arg(long, value_name = "S")]
    pub time_limit: Option<f64>,

    /// Memory in use at once on a device at most, such as 2GB.
    #[arg(long, value_name = "AMOUNT")]
    pub memory_limit: Option<String>,

    /// So many tasks compute at once at most.
    #[arg(long, value_name = "N")]
    pub branches: Option<usize>,
}

/// `weft run`.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub what: WhatArgs,

    #[command(flatten)]
    pub scheduler: SchedulerArgs,

    #[command(flatten)]
    pub limits: LimitArgs,

    /// Folder for results.json and the trained models.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `weft plan`.
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    pub what: WhatArgs,

    /// Compare all rules on this project, each with its time, and name the one to adopt.
    #[arg(long)]
    pub race: bool,

    #[command(flatten)]
    pub scheduler: SchedulerArgs,

    #[command(flatten)]
    pub limits: LimitArgs,
}

/// `weft runs`.
#[derive(Debug, Clone, Args)]
pub struct RunsArgs {
    /// Show at most so many.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,

    /// Show the runs that wait for their turn instead, the next one first.
    #[arg(long)]
    pub queue: bool,
}

/// `weft resume`.
#[derive(Debug, Clone, Args)]
pub struct ResumeArgs {
    /// Number of the run, as `weft runs` prints it.
    pub run: String,

    /// Folder for results.json and the trained models.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `weft export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// The project's file.
    pub project: PathBuf,

    /// Bundle to write.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,

    /// Pack the data as well.
    #[arg(long)]
    pub with_data: bool,
}

/// `weft import`.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// A bundle (.weftz), a workflow in WfCommons' WfFormat (.json) or a task graph (.stg).
    pub file: PathBuf,

    /// Of a bundle the folder to unpack into, which must not exist or be empty; of a workflow the project to write, which
    /// must not exist. By default beside the file, named like it.
    #[arg(short, long, value_name = "PATH")]
    pub output: Option<PathBuf>,
}

/// `weft devices`.
#[derive(Debug, Clone, Args)]
pub struct DevicesArgs {
    /// Test every device anew.
    #[arg(long)]
    pub refresh: bool,
}

/// `weft bench`.
#[derive(Debug, Clone, Args)]
pub struct BenchArgs {
    /// What to measure.
    pub name: BenchName,

    /// Instances for `schedule`: files or folders of RCPSP (Patterson, PSPLIB), MMLIB, STG, WfFormat or Estee archives.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// What `schedule` solves, and how.
    #[command(flatten, next_help_heading = "Options of schedule")]
    pub schedule: ScheduleArgs,

    /// Data for the benchmarks that train: a folder with the MNIST files.
    #[arg(long, value_name = "DIR", default_value = "sample_projects/mnist/data")]
    pub data: PathBuf,

    /// Epochs for the benchmarks that train.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub epochs: u32,

    /// Python with PyTorch, to measure side by side.
    #[arg(long, value_name = "FILE", env = "WEFT_PYTHON", default_value = "python3")]
    pub python: PathBuf,

    /// Device for `gpu`.
    #[arg(long, value_name = "NAME", default_value = "gpu0")]
    pub device: String,
}

/// `weft bench schedule`.
#[derive(Debug, Clone, Args)]
pub struct ScheduleArgs {
    /// Algorithm that plans; may be repeated to compare several, `all` for each there is.
    #[arg(long = "algorithm", value_name = "NAME", default_value = "auto")]
    pub algorithms: Vec<String>,

    /// Time for each instance and algorithm, in seconds.
    #[arg(long = "time", value_name = "SECONDS", default_value_t = 10.0)]
    pub time_s: f64,

    /// From which all randomness of the algorithms derives.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// Devices for workflow instances, in the form of devices5.json: `devices` with `name`, `speed` and `memory_bytes`,
    /// matrices `bandwidth` in bytes per second and `latency` in seconds. By default that file's five.
    #[arg(long, value_name = "FILE")]
    pub devices: Option<PathBuf>,

    /// Number of processors for STG instances; may be repeated. By default every number that reference.csv has, else 2,
    /// 4, 8 and 16.
    #[arg(long, value_name = "M", value_delimiter = ',')]
    pub processors: Vec<usize>,

    /// Folder for a file with the schedule of each instance, STEM.json; STEM.m4.json for one of several numbers of
    /// processors, STEM.NAME.json for one of several algorithms, ARCHIVE.GRAPH.json for a graph within an archive.
    #[arg(long, value_name = "DIR")]
    pub solutions: Option<PathBuf>,

    /// Take only every N-th instance of each set.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub every: u64,

    /// Measure in time on the processor, also for the limit, so that a machine that is busy with other things finds the same.
    #[arg(long)]
    pub processor_time: bool,

    /// Measure large random graphs instead: list rules with 10,000 and 100,000 tasks on five devices, re-planning with
    /// 1,000 and 10,000 tasks left. Needs no PATH.
    #[arg(long)]
    pub size: bool,
}

/// Names of benchmarks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BenchName {
    /// Frames of the canvas.
    Canvas,
    /// Frames of plots of many points.
    Plots,
    /// Overhead of the engine.
    Engine,
    /// Process start to first frame.
    Start,
    /// Training on the processor.
    Train,
    /// Training on a graphics processor.
    Gpu,
    /// Cancelled searches, forecasts, branches side by side.
    Planning,
    /// The planner.
    Schedule,
    /// Everything.
    All,
}

/// `weft completions`.
#[derive(Debug, Clone, Args)]
pub struct CompletionsArgs {
    /// The shell.
    pub shell: clap_complete::Shell,
}

/// `weft worker`.
#[derive(Debug, Clone, Args)]
pub struct WorkerArgs {
    /// What the worker is for, as JSON.
    #[arg(long)]
    pub role: String,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_declarations_are_consistent() {
        super::Cli::command().debug_assert();
    }
}
