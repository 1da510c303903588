//! From tasks with their ways to be computed to the problem that the planner's library solves: nodes become one task or, if
//! they are timed, one for each phase; the processor and the graphics processors become devices, the bus between them a
//! link, and a limit of branches a resource that each computing task takes one of.
//!
//! Must not know how the problem is solved.

use weft_model::catalogue::{Phase, Place};
use weft_model::timed::TimedTask;
use weft_protocol::command::RunLimits;
use weft_protocol::event::Fault;
use weft_protocol::{DeviceId, DeviceKind};
use weft_schedule::{self as schedule, Device, Link, Links, Mode, Problem, ProblemError, Resource, Service, Use, Wire};

use super::candidates::{Candidate, Machine};
use super::sheet::{Sheet, Step};
use super::{faults, l, shortages};
use crate::prepare::Task;

/// Bytes that pass between the memories of processor and graphics processor in a second.
const BUS_BYTES_PER_S: f64 = 8e9;
/// What any transfer takes beside its bytes [s]: data pass as files, so that nothing is waited for.
const BUS_LATENCY_S: f64 = 0.0;

/// A problem with what its plans are shown by.
#[derive(Debug)]
pub(crate) struct Drawn {
    pub problem: Problem,
    pub sheet: Sheet,
    /// The ways to compute each node's task; a plan's mode is the position in them.
    pub candidates: Vec<Vec<Candidate>>,
}

/// What a problem is drawn from.
pub(crate) struct Scene<'a> {
    pub tasks: &'a [Task],
    pub machines: &'a [Machine],
    pub candidates: Vec<Vec<Candidate>>,
    pub limits: &'a RunLimits,
    /// Memory that is short is said beside a plan instead of refusing one.
    pub is_lenient: bool,
}

fn phase_of(phase: Phase) -> schedule::Phase {
    match phase {
        Phase::Train => schedule::Phase::Train,
        Phase::Deploy => schedule::Phase::Deploy,
        Phase::Run => schedule::Phase::Run,
    }
}

/// The phases of a task and how long each takes where it is as fast as stated [s].
fn phases(task: &Task) -> Vec<(schedule::Phase, f64)> {
    if task.kind.place == Place::Clock && task.cached.is_none() {
        let stated = TimedTask::from_params(&task.params);
        return stated.phases().into_iter().map(|(phase, seconds)| (phase_of(phase), seconds)).collect();
    }
    let phase = if task.kind.id == "train" { schedule::Phase::Train } else { schedule::Phase::Run };
    vec![(phase, 1.0)]
}

/// The phase of a task that consumes what comes in by an input.
fn consumed_by(task: &Task, port: &str) -> schedule::Phase {
    task.kind.input(port).map_or(schedule::Phase::Run, |p| phase_of(p.phase))
}

/// Draws the problem.
///
/// # Errors
/// The constraint that no plan can keep: a task that fits no device, weights that do not fit together.
pub(crate) fn draw(scene: Scene<'_>) -> Result<Drawn, Fault> {
    let Scene { tasks, machines, candidates, limits, is_lenient } = scene;
    if let Some((task, _)) = tasks.iter().zip(&candidates).find(|(_, ways)| ways.is_empty()) {
        return Err(no_device(task, machines));
    }
    let mut services = Vec::with_capacity(tasks.len());
    let mut wires = Vec::new();
    for (at, (task, ways)) in tasks.iter().zip(&candidates).enumerate() {
        let mut service = Service::new(&*task.name).with_priority(task.planning.priority);
        let weights = match task.kind.place {
            Place::Clock if task.cached.is_none() => TimedTask::from_params(&task.params).weights_bytes,
            _ => 0,
        };
        for (phase, seconds) in phases(task) {
            let modes = ways.iter().map(|way| {
                let mode = Mode::on(way.machine, way.seconds * seconds)
                    .share(way.share)
                    .memory(way.memory_bytes)
                    .named(&*way.name);
                if phase == schedule::Phase::Deploy { mode.weights(weights) } else { mode }
            });
            service = service.phase(phase, modes.collect());
        }
        services.push(service);
        for input in &task.inputs {
            let from = &tasks[input.task];
            let wire = Wire {
                from: input.task,
                to: at,
                consumed_by: consumed_by(task, input.port),
                bytes: sent_bytes(from, task),
            };
            // Several wires between the same two hold back the earliest phase that any of them feeds.
            if !wires.iter().rev().take(task.inputs.len()).any(|w| *w == wire) {
                wires.push(wire);
            }
        }
    }
    let devices = |with_memory: bool| -> Vec<Device> { machines.iter().map(|m| device(m, with_memory)).collect() };
    let links = links(machines);
    let made = schedule::services(&services, &wires, devices(true), links.clone());
    let (made, short) = match made {
        Err(error) if is_lenient && is_memory(&error) => {
            let short = shortages::of_memory(tasks, machines, &candidates, &error);
            (schedule::services(&services, &wires, devices(false), links), short)
        }
        made => (made, Vec::new()),
    };
    let (mut problem, of_service) = made.map_err(|e| faults::of_problem(&e))?;
    if let Some(branches) = limits.branches {
        let mut input = problem.input().clone();
        input.resources.push(Resource::renewable("branches", branches.max(1) as u64));
        for mode in input.tasks.iter_mut().flat_map(|t| &mut t.modes).filter(|m| m.compute_share > 0.0) {
            mode.uses.push(Use { resource: 0, amount: 1 });
        }
        problem = Problem::from_input(input).map_err(|e| faults::of_problem(&e))?;
    }
    let mut steps: Vec<Step> = Vec::with_capacity(problem.tasks().len());
    for (at, of_phase) in of_service.iter().enumerate() {
        for _ in of_phase.iter().flatten() {
            let task = &tasks[at];
            steps.push(Step {
                task: at,
                node: task.node,
                name: task.name.clone(),
                is_cached: task.cached.is_some(),
                spread: candidates[at].iter().map(|way| way.spread).collect(),
            });
        }
    }
    let computed = tasks.iter().filter(|t| t.cached.is_none() && t.kind.place != Place::Clock);
    let disk: f64 = computed.map(|t| t.facts.output_bytes).sum();
    let sheet = Sheet {
        steps,
        devices: machines.iter().map(|m| m.id.clone()).collect(),
        memory_bytes: machines.iter().map(|m| m.memory_bytes).collect(),
        disk_bytes: Some(disk.min(1e18) as u64),
        shortages: short,
        ..Sheet::default()
    };
    Ok(Drawn { problem, sheet, candidates })
}

fn is_memory(error: &ProblemError) -> bool {
    match error {
        ProblemError::FitsNoDevice { what, .. } => what.contains("memory"),
        ProblemError::RunApartFromWeights { .. } => true,
        _ => false,
    }
}

/// What a task sends to one that it feeds [bytes].
fn sent_bytes(from: &Task, to: &Task) -> u64 {
    match from.kind.place {
        Place::Clock => TimedTask::from_params(&from.params).sent_bytes_to(&to.name),
        _ => from.facts.output_bytes.min(1e18) as u64,
    }
}

fn device(machine: &Machine, with_memory: bool) -> Device {
    let mut device = Device::new(&*machine.id.0).capacity(machine.capacity);
    if let Some(bytes) = machine.memory_bytes.filter(|_| with_memory) {
        device = device.memory(bytes);
    }
    // What shares the processor's memory needs nothing sent.
    let shares = machine.like == DeviceId::cpu() || machine.kind == DeviceKind::IntegratedGpu;
    if shares && !machine.imagined { device.shares_memory(0) } else { device }
}

fn links(machines: &[Machine]) -> Links {
    if machines.len() < 2 {
        return Links::instant(machines.len());
    }
    let mut links = Links::uniform(machines.len(), BUS_BYTES_PER_S, BUS_LATENCY_S, Some(1));
    links.links = vec![Link { name: "bus".to_owned(), channels: Some(1) }];
    links
}

fn no_device(task: &Task, machines: &[Machine]) -> Fault {
    let there = machines.iter().map(|m| m.id.0.as_str()).collect::<Vec<_>>().join(", ");
    let name = &task.name;
    Fault::new(
        "no_device",
        l(
            format!("none of the devices that '{name}' may be computed on is there"),
            format!("“{name}”允许使用的设备都不存在"),
        ),
        l(
            format!("allow it one of: {there} (under 'Planning' in the inspector, or its parameter 'devices')"),
            format!("请允许它使用：{there}（检查器的“规划”，或其参数“devices”）"),
        ),
    )
}
