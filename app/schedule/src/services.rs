//! From services with phases to tasks: a node becomes up to three tasks, a wire holds back the phase that consumes it.
//!
//! Must not know how tasks are planned.

use serde::{Deserialize, Serialize};

use crate::{
    input::{Device, Edge, Links, Mode, Phase, Task, TaskIndex},
    problem::{Problem, ProblemError},
};

/// One node with the modes of each of its phases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// What people call it.
    pub name: String,
    /// Modes of each phase in the order of [`Phase::ALL`]; a phase without modes is left out.
    pub phases: [Vec<Mode>; 3],
    /// Not to be started before this, in seconds.
    pub release_s: f64,
    /// Weight of its tasks' finishes; larger is more urgent.
    pub priority: f64,
}

impl Service {
    /// A service without phases: add them with [`Service::phase`].
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), phases: Default::default(), release_s: 0.0, priority: 0.0 }
    }

    /// Has this phase, in one of these modes.
    pub fn phase(mut self, phase: Phase, modes: Vec<Mode>) -> Self {
        self.phases[phase as usize] = modes;
        self
    }

    /// Has this priority.
    pub fn with_priority(mut self, priority: f64) -> Self {
        self.priority = priority;
        self
    }

    /// A service that takes these seconds for train, deploy and run on any of `devices` equal devices, all of the device
    /// at a time; a phase of zero seconds is left out.
    pub fn timed(name: impl Into<String>, devices: usize, train_s: f64, deploy_s: f64, run_s: f64) -> Self {
        let modes = |duration_s: f64| match duration_s {
            0.0 => Vec::new(),
            _ => (0..devices).map(|device| Mode::on(device, duration_s)).collect(),
        };
        let mut service = Self::new(name);
        service.phases = [modes(train_s), modes(deploy_s), modes(run_s)];
        service
    }
}

/// A wire between services. What a service makes is there when its last phase has finished; what consumes it is held
/// back from the phase named on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wire {
    /// The service that makes the data.
    pub from: usize,
    /// The service that consumes it.
    pub to: usize,
    /// The phase of `to` that consumes it: samples feed train, a model feeds deploy, requests feed run. Where `to` lacks
    /// that phase, the next one it has; where it has none after it, its last.
    pub consumed_by: Phase,
    /// How much is sent, in bytes.
    pub bytes: u64,
}

/// Which tasks a service became: positions in [`Problem::tasks`] in the order of [`Phase::ALL`].
pub type ServiceTask = [Option<TaskIndex>; 3];

/// Expands services and wires into a problem, and says which tasks each service became.
///
/// The phases of a service follow one another; each service is a node of its own, numbered by its position.
///
/// # Errors
///
/// As [`Problem::from_input`]; a service without any phase has no mode.
///
/// ```
/// use weft_schedule::{Device, Links, Phase, Service, Wire, services};
///
/// let two = [Service::timed("a", 1, 100.0, 20.0, 10.0), Service::timed("b", 1, 100.0, 20.0, 10.0)];
/// let wire = Wire { from: 0, to: 1, consumed_by: Phase::Run, bytes: 0 };
/// let (problem, tasks) = services(&two, &[wire], vec![Device::new("cpu")], Links::instant(1))?;
/// assert_eq!(problem.tasks().len(), 6);
/// assert_eq!(problem.tasks()[5].name, "b · run");
/// assert_eq!(tasks[1], [Some(3), Some(4), Some(5)]);
/// # Ok::<(), weft_schedule::ProblemError>(())
/// ```
pub fn services(
    services: &[Service],
    wires: &[Wire],
    devices: Vec<Device>,
    links: Links,
) -> Result<(Problem, Vec<ServiceTask>), ProblemError> {
    let mut tasks = Vec::new();
    let mut edges = Vec::new();
    let mut made = Vec::with_capacity(services.len());
    for (node, service) in services.iter().enumerate() {
        let mut own: ServiceTask = [None; 3];
        let mut before = None;
        let count = service.phases.iter().filter(|modes| !modes.is_empty()).count();
        if count == 0 {
            return Err(ProblemError::NoMode { task: service.name.clone() });
        }
        for phase in Phase::ALL {
            let modes = &service.phases[phase as usize];
            if modes.is_empty() {
                continue;
            }
            // A node of one phase is known by its own name.
            let name = if count == 1 { service.name.clone() } else { format!("{} · {phase}", service.name) };
            let mut task = Task::new(name, phase, modes.clone()).of_node(node as u32);
            task.release_s = service.release_s;
            task.priority = service.priority;
            let index = tasks.len();
            tasks.push(task);
            own[phase as usize] = Some(index);
            if let Some(from) = before.replace(index) {
                edges.push(Edge { from, to: index, bytes: 0 });
            }
        }
        made.push(own);
    }
    for (number, wire) in wires.iter().enumerate() {
        let find = |what, index: usize| {
            made.get(index).ok_or_else(|| ProblemError::NoSuchIndex {
                what,
                name: format!("wire {number}"),
                index,
                count: services.len(),
            })
        };
        let from = find("the start", wire.from)?.iter().rev().flatten().next();
        let to = find("the end", wire.to)?;
        let consumer = to[wire.consumed_by as usize..].iter().flatten().next().or(to.iter().rev().flatten().next());
        if let (Some(&from), Some(&to)) = (from, consumer) {
            edges.push(Edge { from, to, bytes: wire.bytes });
        }
    }
    Ok((Problem::new(tasks, devices, links, edges)?, made))
}
