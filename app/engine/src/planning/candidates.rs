//! The ways in which a task can be computed: on which device, with how many threads, with which of the values that the
//! user allows; and what each takes, from what was measured, else from what is known of the task and the device.
//!
//! Must not know how a plan is made of them.

use std::collections::BTreeMap;

use weft_model::catalogue::Place;
use weft_model::timed::TimedTask;
use weft_model::{NodeKind, Value};
use weft_protocol::plan::WhatIf;
use weft_protocol::{DeviceId, DeviceInfo, DeviceKind};
use weft_schedule::Spread;

use crate::prepare::Task;
use crate::store::{Measure, Measured, RunStore, Throughput, WORKER_START};

/// The numeric mode on the processor: part of what keys are made from.
pub(crate) const CPU: &str = "cpu-f32";
/// The numeric mode on everything else.
pub(crate) const GPU: &str = "wgpu-f32";
/// What a task of the engine itself takes [s].
const ENGINE_S: f64 = 1e-5;
/// What it takes to start a worker where that was never measured [s].
const START_S: f64 = 0.3;
/// What a worker takes before it computes anything, where that was never measured: on the processor and elsewhere [bytes].
const BASE_BYTES: [f64; 2] = [1.5e8, 3e8];
/// What a step of training costs beside its operations [s].
const STEP_S: f64 = 2e-4;
/// What kernels reach of the throughput that a plain loop has on one thread.
const KERNELS: f64 = 1.5;

/// What training reaches of the throughput that a graphics processor has in multiplying large matrices.
const OF_LARGE_PRODUCTS: f64 = 0.15;

/// A device as plans see it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Machine {
    pub id: DeviceId,
    pub kind: DeviceKind,
    /// The device whose measurements hold for it.
    pub like: DeviceId,
    /// By how much it is faster than those say.
    pub speed: f64,
    /// Threads of a processor, 1 for anything else.
    pub capacity: f64,
    pub memory_bytes: Option<u64>,
    /// Supposed to be there, and not.
    pub imagined: bool,
}

impl Machine {
    fn of(info: &DeviceInfo) -> Self {
        let capacity = match info.id == DeviceId::cpu() {
            true => info.threads.unwrap_or(1).max(1) as f64,
            false => 1.0,
        };
        Self {
            id: info.id.clone(),
            kind: info.kind,
            like: info.id.clone(),
            speed: 1.0,
            capacity,
            memory_bytes: info.memory_bytes.filter(|b| *b > 0),
            imagined: false,
        }
    }

    fn is_processor(&self) -> bool {
        self.like == DeviceId::cpu()
    }

    fn numerics(&self) -> &'static str {
        if self.is_processor() { CPU } else { GPU }
    }
}

/// Threads of a worker; none for all that its device has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Threads(Option<usize>);

impl Threads {
    /// How many that are.
    fn count(self, machine: &Machine) -> usize {
        self.0.unwrap_or(machine.capacity as usize).max(1)
    }
}

/// The devices of a plan: those that are there, changed by what is supposed.
pub(crate) fn machines(devices: &[DeviceInfo], most_memory: Option<u64>, what_if: &WhatIf) -> Vec<Machine> {
    let mut machines: Vec<Machine> = devices.iter().map(Machine::of).collect();
    for imagined in &what_if.imagined {
        let Some(like) = machines.iter().find(|m| m.id == imagined.like).cloned() else { continue };
        let speed = if imagined.speed > 0.0 && imagined.speed.is_finite() { imagined.speed } else { 1.0 };
        machines.push(Machine { id: imagined.id.clone(), speed, imagined: true, ..like });
    }
    machines.retain(|m| !what_if.lost.contains(&m.id));
    for machine in &mut machines {
        if let Some(capacity) = what_if.capacity.get(&machine.id).filter(|c| **c >= 1.0 && **c <= 1e4) {
            machine.capacity = capacity.floor();
        }
        if let Some(bytes) = what_if.memory_bytes.get(&machine.id) {
            machine.memory_bytes = Some(*bytes);
        }
        if let Some(speed) = what_if.speed.get(&machine.id).filter(|s| **s > 0.0 && s.is_finite()) {
            machine.speed *= speed;
        }
        if let Some(most) = most_memory {
            machine.memory_bytes = Some(machine.memory_bytes.map_or(most, |b| b.min(most)));
        }
    }
    machines
}

/// One way to compute a task.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Candidate {
    /// Position among the machines.
    pub machine: usize,
    /// Threads of the worker; none for a task that no worker computes, or not on a processor.
    pub threads: Option<usize>,
    /// Parameters that differ from the node's own.
    pub params: BTreeMap<String, Value>,
    pub numerics: &'static str,
    /// What people read: numbers, threads, what differs.
    pub name: String,
    /// How long it takes [s]; of a timed task by how much less it takes than is stated, a share.
    pub seconds: f64,
    pub spread: Spread,
    /// What it takes of the machine's capacity.
    pub share: f64,
    pub memory_bytes: u64,
}

/// What costs are found with.
pub(crate) struct Costs<'a> {
    pub store: &'a RunStore,
    pub machines: &'a [Machine],
    /// The run's device.
    pub device: &'a DeviceId,
    /// Whether the user insists on it.
    pub insisted: bool,
    pub processor: Throughput,
    /// Threads of every task that is computed on a processor; none for what is best.
    pub threads: Option<usize>,
    pub what_if: &'a WhatIf,
}

/// How a worker computes, as it is shown and as measurements are told apart.
pub(crate) fn mode_name(numerics: &str, threads: Option<usize>) -> String {
    match threads {
        None => numerics.to_owned(),
        Some(1) => format!("{numerics} · 1 thread"),
        Some(n) => format!("{numerics} · {n} threads"),
    }
}

/// Parameters that differ from the node's own.
fn in_words(params: &BTreeMap<String, Value>) -> String {
    params.iter().map(|(param, value)| format!(" · {param} {value}")).collect()
}

/// What measurements of a task go by: what it works on, with the values that may be chosen.
pub(crate) fn subject(base: &str, params: &BTreeMap<String, Value>) -> String {
    let mut subject = base.to_owned();
    for name in weft_model::planning::CHOOSABLE {
        if let Some(value) = params.get(*name) {
            subject += &format!("/{name}={value}");
        }
    }
    subject
}

impl Costs<'_> {
    /// All ways to compute a task. None at all where no device may compute it.
    pub(crate) fn of(&self, task: &Task) -> Vec<Candidate> {
        let factor = [&task.node].into_iter().chain(&task.path).find_map(|n| self.what_if.duration.get(n));
        let factor = factor.copied().filter(|f| *f > 0.0 && f.is_finite()).unwrap_or(1.0);
        let plain = |name: &str, seconds: f64| Candidate {
            machine: self.machines.iter().position(Machine::is_processor).unwrap_or(0),
            threads: None,
            params: BTreeMap::new(),
            numerics: task.numerics,
            name: name.to_owned(),
            seconds,
            spread: Spread::Exact,
            share: 0.0,
            memory_bytes: 0,
        };
        if self.machines.is_empty() {
            return Vec::new();
        }
        if task.cached.is_some() {
            return vec![plain("cached", 0.0)];
        }
        match task.kind.place {
            Place::Engine | Place::Annotation | Place::Structure => vec![plain("engine", ENGINE_S)],
            Place::Clock => self.timed(task, factor),
            Place::CpuWorker | Place::DeviceWorker => self.computed(task, factor),
        }
    }

    /// A task that states what it takes.
    fn timed(&self, task: &Task, factor: f64) -> Vec<Candidate> {
        let stated = TimedTask::from_params(&task.params);
        let allowed = |machine: &Machine| {
            let named = &task.planning.devices;
            let is_named = |id: &DeviceId| named.iter().any(|name| name.eq_ignore_ascii_case(&id.0));
            if !named.is_empty() && !is_named(&machine.id) && !machine.imagined {
                return None;
            }
            // What is supposed to be there is like another device, unless something is stated of itself.
            let own = stated.speeds.contains_key(&machine.id.0.to_lowercase());
            Some(stated.speed_on(if own { &machine.id.0 } else { &machine.like.0 }))
        };
        let spread = match stated.spread {
            0.0 => Spread::Exact,
            spread => Spread::Uniform { least: 1.0 - spread, most: 1.0 + spread },
        };
        self.machines
            .iter()
            .enumerate()
            .filter_map(|(at, machine)| {
                let speed = allowed(machine)? * machine.speed;
                Some(Candidate {
                    machine: at,
                    threads: None,
                    params: BTreeMap::new(),
                    numerics: task.numerics,
                    name: if speed == 1.0 { "timed".to_owned() } else { format!("timed · {speed:.3}×") },
                    seconds: factor / speed,
                    spread,
                    share: stated.share * machine.capacity,
                    memory_bytes: stated.memory_bytes,
                })
            })
            .collect()
    }

    /// A task that a worker computes.
    fn computed(&self, task: &Task, factor: f64) -> Vec<Candidate> {
        let mut out = Vec::new();
        for (at, machine) in self.machines.iter().enumerate() {
            let numerics = machine.numerics();
            if !self.may_compute(task, machine) || (task.settled.is_some() && numerics != task.numerics) {
                continue;
            }
            for threads in self.thread_counts(task, machine) {
                for params in values(task) {
                    let (each, spread, peak) = self.estimate(task, machine, numerics, threads, &params);
                    let is_first = task.inputs.is_empty();
                    // A worker of fewer threads than there are is not the one that computed what comes before.
                    let starts = is_first || (threads.count(machine) as f64) < machine.capacity;
                    let start_s = if starts { self.start_s(machine) } else { 0.0 };
                    let name = mode_name(numerics, threads.0) + &in_words(task.settled.as_ref().unwrap_or(&params));
                    out.push(Candidate {
                        machine: at,
                        threads: threads.0,
                        numerics,
                        name,
                        seconds: (each * task.facts.work * factor / machine.speed + start_s).min(1e12),
                        spread,
                        share: (threads.count(machine) as f64).min(machine.capacity),
                        memory_bytes: peak.unwrap_or_else(|| memory_of(task, machine, &params)),
                        params,
                    });
                }
            }
        }
        out
    }

    fn may_compute(&self, task: &Task, machine: &Machine) -> bool {
        if task.kind.place == Place::CpuWorker {
            return machine.is_processor();
        }
        if machine.imagined {
            return true;
        }
        let named = &task.planning.devices;
        let is_named = |id: &DeviceId| named.iter().any(|name| name.eq_ignore_ascii_case(&id.0));
        if named.is_empty() || (self.insisted && is_named(self.device)) {
            // Where the run's device is supposed to be lost, any other will do.
            return machine.id == *self.device || !self.machines.iter().any(|m| m.id == *self.device);
        }
        is_named(&machine.id)
    }

    /// All, half … and one of the threads of a processor, unless the user says how many.
    fn thread_counts(&self, task: &Task, machine: &Machine) -> Vec<Threads> {
        if !machine.is_processor() {
            return vec![Threads(None)];
        }
        if let Some(wanted) = task.planning.threads.or(self.threads) {
            return vec![Threads(Some(wanted.max(1)))];
        }
        let all = machine.capacity as usize;
        let there = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        // A worker that is told nothing takes all that there are.
        let first = Threads((all != there).then_some(all));
        let fewer = std::iter::successors(Some(1), |n| Some(n * 2)).take_while(|n| *n < all).collect::<Vec<usize>>();
        std::iter::once(first).chain(fewer.into_iter().rev().map(|n| Threads(Some(n)))).collect()
    }

    fn start_s(&self, machine: &Machine) -> f64 {
        let measure = Measure { kind: WORKER_START, subject: "", device: &machine.like, mode: "" };
        self.store.measured(measure).map_or(START_S, |m| m.seconds)
    }

    /// Seconds for each unit of work, their spread, and the most memory.
    fn estimate(
        &self,
        task: &Task,
        machine: &Machine,
        numerics: &str,
        threads: Threads,
        params: &BTreeMap<String, Value>,
    ) -> (f64, Spread, Option<u64>) {
        let mut all = task.params.clone();
        all.extend(params.iter().map(|(k, v)| (k.clone(), v.clone())));
        let own = subject(&task.subject, &all);
        let measured = |subject: &str, threads: Threads| -> Option<Measured> {
            let mode = mode_name(numerics, threads.0);
            let measure = Measure { kind: task.kind.id, subject, device: &machine.like, mode: &mode };
            self.store.measured(measure)
        };
        // The very same task, else all of its kind; with as many threads, else with others.
        for (subject, doubt) in [(own.as_str(), 0.0), ("", 0.3)] {
            if let Some(m) = measured(subject, threads) {
                return (m.seconds, spread(doubt_of(&m) + doubt), m.peak_bytes);
            }
            let others = self.thread_counts(task, machine).into_iter().filter(|n| *n != threads);
            if let Some((m, other)) = others.filter_map(|n| Some((measured(subject, n)?, n))).next() {
                let shares = [threads, other].map(|n| time_share(task.kind, n.count(machine)));
                let seconds = m.seconds * shares[0] / shares[1];
                return (seconds, spread(doubt_of(&m) + doubt + 0.15), m.peak_bytes);
            }
        }
        (self.rough(task, machine, threads, &all) / task.facts.work, spread(0.7), None)
    }

    /// What a task takes before anything like it was measured [s]: the order of magnitude.
    fn rough(&self, task: &Task, machine: &Machine, threads: Threads, params: &BTreeMap<String, Value>) -> f64 {
        let facts = &task.facts;
        let faster = match machine.kind {
            _ if machine.is_processor() => 1.0 / time_share(task.kind, threads.count(machine)),
            DeviceKind::DiscreteGpu => 25.0,
            DeviceKind::IntegratedGpu | DeviceKind::VirtualGpu => 4.0,
            _ => 1.0,
        };
        if facts.operations > 0.0 {
            let batch = params.get("batch_size").and_then(|v| v.as_f64()).unwrap_or(64.0).max(1.0);
            let forward = facts.flops.max(1.0) * if task.kind.id == "train" { 3.0 } else { 1.0 };
            let steps = facts.operations / forward / batch;
            let measured = self.store.throughput(&machine.like).filter(|_| !machine.is_processor());
            let flops_per_s = match measured {
                Some(found) => found.flops_per_s.max(1e6) * OF_LARGE_PRODUCTS,
                None => self.processor.flops_per_s.max(1e6) * KERNELS * faster,
            };
            return 0.05 + facts.operations / flops_per_s + steps * STEP_S;
        }
        let bytes = 784.0 * (facts.samples + facts.tests);
        match task.kind.id {
            "image_dataset" => 0.05 + 60.0 * bytes / self.processor.bytes_per_s.max(1e6),
            "split" | "normalise" => 0.05 + 20.0 * bytes / self.processor.bytes_per_s.max(1e6),
            _ => 0.2,
        }
    }
}

/// The node's own values, and every choice among those that the user allows besides.
fn values(task: &Task) -> Vec<BTreeMap<String, Value>> {
    let mut out = vec![BTreeMap::new()];
    if task.settled.is_some() {
        return out;
    }
    for (param, others) in &task.planning.alternatives {
        let own = task.params.get(param);
        let before = out.clone();
        for value in others.iter().filter(|v| Some(*v) != own) {
            out.extend(before.iter().map(|chosen| {
                let mut chosen = chosen.clone();
                chosen.insert(param.clone(), value.clone());
                chosen
            }));
        }
    }
    out
}

/// Memory that a task is expected to take where that was never measured [bytes].
pub(crate) fn memory_of(task: &Task, machine: &Machine, params: &BTreeMap<String, Value>) -> u64 {
    let batch = params.get("batch_size").or_else(|| task.params.get("batch_size")).and_then(|v| v.as_f64());
    let base = BASE_BYTES[usize::from(!machine.is_processor())];
    (base + task.facts.working_bytes(task.kind, batch.unwrap_or(64.0))).min(1e18) as u64
}

/// The time that a task takes with so many threads as a share of that with one (G. Amdahl, 1967).
fn time_share(kind: &NodeKind, threads: usize) -> f64 {
    let alone = if matches!(kind.id, "train" | "evaluate") { 0.25 } else { 0.9 };
    alone + (1.0 - alone) / threads.max(1) as f64
}

/// How far what was measured may be off: less the more often it was measured.
fn doubt_of(measured: &Measured) -> f64 {
    let few = 0.2 / f64::from(measured.count.max(1)).sqrt();
    (measured.deviation().powi(2) + few * few).sqrt()
}

fn spread(deviation: f64) -> Spread {
    Spread::LogNormal { deviation: deviation.clamp(0.0, 1.5) }
}
