//! Task graphs, resources, bounds and scheduling algorithms.
//!
//! A [`Problem`] says what is to be done and with what: tasks in modes, devices with compute and memory, links with
//! bandwidth and channels, wires between tasks. A [`Scheduler`] makes a [`Plan`] of it: start, device and mode of every
//! task, every transfer, a lower bound and the gap to it, and for each task why it is where it is. [`validate`] checks a
//! plan without trusting whoever made it; [`analyse`] finds slack and the critical path; [`serial_index`] the classical
//! index of service-oriented workflow management; [`ReadyQueue`] follows a plan while it is executed, [`simulate`] shows
//! what may come of it, [`replan`] plans again what has not started. [`formats`] reads public benchmark files and writes
//! solutions in their words; [`algorithms`] lists the searches with their parameters.
//!
//! # What this crate must not know
//!
//! No file, no network, no thread, no clock: time and cancellation are injected through [`SearchContext`]. Nothing of
//! workflows, nodes' kinds or engines: a caller translates its graph into a [`Problem`] (see [`services()`] for nodes with
//! the phases train, deploy and run).
//!
//! # Example
//!
//! ```
//! use weft_schedule::{Device, Edge, Links, Mode, Phase, Problem, Task, by_name, SearchContext, validate};
//!
//! let devices = vec![Device::new("cpu"), Device::new("gpu")];
//! // Two devices that reach one another at 1 GB/s with 1 ms latency, one transfer at a time.
//! let links = Links::uniform(2, 1e9, 1e-3, Some(1));
//! let tasks = vec![
//!     Task::new("read", Phase::Run, vec![Mode::on(0, 2.0)]),
//!     Task::new("train", Phase::Train, vec![Mode::on(0, 60.0), Mode::on(1, 10.0)]),
//! ];
//! let edges = vec![Edge { from: 0, to: 1, bytes: 500_000_000 }];
//! let problem = Problem::new(tasks, devices, links, edges)?;
//!
//! let heft = by_name("heft")?;
//! let plan = heft.solve(&problem, &mut SearchContext::new(7))?;
//! assert_eq!(plan.assignments[1].device, 1);
//! assert!((plan.makespan_s - (2.0 + 0.501 + 10.0)).abs() < 1e-9);
//! assert!(validate(&problem, &plan).is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod analysis;
mod annealing;
mod ants;
mod auto;
mod bounds;
mod budgets;
mod clause;
mod decoder;
mod enumeration;
mod exact;
mod fleet;
pub mod formats;
mod genetic;
mod giants;
mod input;
mod lattice;
mod list_rules;
mod neighbourhood;
mod plan;
mod problem;
mod profile;
mod ready_queue;
mod replan;
mod rng;
mod search;
mod services;
mod simulate;
mod swarm;
mod validate;
mod workbench;

pub use analysis::{Analysis, SerialIndex, TaskAnalysis, analyse, serial_index};
pub use annealing::Annealing;
pub use ants::Ants;
pub use auto::Auto;
pub use bounds::{Bounds, lower_bounds};
pub use decoder::{Decoder, ModeChoice, Order};
pub use exact::Exact;
pub use genetic::Genetic;
pub use input::{Device, DeviceIndex, Edge, Link, Links, Mode, Phase, ProblemInput, Resource, Task, TaskIndex, Use};
pub use list_rules::{Cpop, Fifo, Heft, Peft, upward_ranks};
pub use neighbourhood::Neighbourhood;
pub use plan::{Assignment, Plan, Reason, ReasonText, Transfer, WhyHere, WhyNow};
pub use problem::{Problem, ProblemError};
pub use ready_queue::{ReadyQueue, TaskState};
pub use replan::{Replanned, TaskProgress, replan};
pub use search::{
    AlgorithmInfo, ParameterInfo, Progress, ScheduleError, Scheduler, SearchContext, algorithms, by_name,
};
pub use services::{Service, ServiceTask, Wire, services};
pub use simulate::{Attempts, Executed, Simulation, Spread, simulate};
pub use swarm::Swarm;
pub use validate::{Violation, validate};
