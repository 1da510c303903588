//! Executed workflows in WfCommons' WfFormat, on a set of mixed devices.
//!
//! Must not know how instances are solved (T. Coleman, H. Casanova, L. Pottier et al. 2022).

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::{FormatError, Id, Instance, Places};
use crate::{
    input::{Device, Edge, Links, Mode, Phase, Task},
    problem::Problem,
};

/// Devices with speeds, and how they reach one another.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct DeviceSet {
    /// The devices.
    pub devices: Vec<NamedDevice>,
    /// Bytes per second from row to column; null on the diagonal, or where sending takes no time.
    pub bandwidth: Vec<Vec<Option<f64>>>,
    /// Seconds from row to column.
    pub latency: Vec<Vec<f64>>,
}

/// A device of a [`DeviceSet`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct NamedDevice {
    /// What people call it.
    pub name: String,
    /// Work done a second; work is in seconds on a device of speed 1.
    pub speed: f64,
    /// Memory in bytes; unlimited where it is missing.
    #[serde(default)]
    pub memory_bytes: Option<u64>,
}

impl DeviceSet {
    /// Reads a set of devices from JSON.
    ///
    /// # Errors
    ///
    /// [`FormatError`] where it is not of this form, has no devices, or its matrices are not square.
    pub fn read(text: &str) -> Result<Self, FormatError> {
        let set: DeviceSet = serde_json::from_str(text)?;
        let n = set.devices.len();
        if n == 0 {
            return Err(FormatError::json("devices", "there is none"));
        }
        for device in &set.devices {
            if !(device.speed > 0.0 && device.speed.is_finite()) {
                return Err(FormatError::json(&*device.name, format!("its speed is {}, not above 0", device.speed)));
            }
        }
        if set.bandwidth.len() != n || set.bandwidth.iter().any(|row| row.len() != n) {
            return Err(FormatError::json("bandwidth", format!("{n} rows of {n} numbers expected")));
        }
        if set.latency.len() != n || set.latency.iter().any(|row| row.len() != n) {
            return Err(FormatError::json("latency", format!("{n} rows of {n} numbers expected")));
        }
        Ok(set)
    }

    /// The devices as the problem has them: one task at a time each.
    pub(super) fn problem_devices(&self) -> Vec<Device> {
        let device = |d: &NamedDevice| Device { memory_bytes: d.memory_bytes, ..Device::new(&*d.name) };
        self.devices.iter().map(device).collect()
    }

    /// The links as the problem has them: transfers do not queue.
    pub(super) fn links(&self) -> Links {
        let bandwidth = self.bandwidth.iter().flatten().map(|b| b.unwrap_or(f64::INFINITY)).collect();
        let latency = self.latency.iter().flatten().copied().collect();
        Links::pairwise(self.devices.len(), bandwidth, latency, None)
    }
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    name: String,
    workflow: Workflow,
}

#[derive(Deserialize)]
struct Workflow {
    specification: Specification,
    #[serde(default)]
    execution: Execution,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Specification {
    tasks: Vec<SpecifiedTask>,
    #[serde(default)]
    files: Vec<File>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SpecifiedTask {
    id: String,
    #[serde(default)]
    parents: Vec<String>,
    #[serde(default)]
    children: Vec<String>,
    #[serde(default)]
    input_files: Vec<String>,
    #[serde(default)]
    output_files: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    id: String,
    #[serde(default)]
    size_in_bytes: f64,
}

#[derive(Deserialize, Default)]
struct Execution {
    #[serde(default)]
    tasks: Vec<ExecutedTask>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecutedTask {
    id: String,
    runtime_in_seconds: Option<f64>,
    memory_in_bytes: Option<f64>,
}

/// Where no run time was recorded, in seconds.
const UNKNOWN_RUNTIME_S: f64 = 0.1;
const SHORTEST_RUNTIME_S: f64 = 0.01;

/// Reads a workflow in WfFormat 1.5 for a set of devices: a task's run time divided by a device's speed is its duration
/// there; a dependency carries the files that the one writes and the other reads.
///
/// # Errors
///
/// [`FormatError`] where the text is not of this form, or names a task that does not exist.
pub fn workflow(text: &str, devices: &DeviceSet) -> Result<Instance, FormatError> {
    let document: Document = serde_json::from_str(text)?;
    let Specification { tasks: specified, files } = document.workflow.specification;
    let index: HashMap<&str, usize> = specified.iter().enumerate().map(|(i, t)| (&*t.id, i)).collect();
    if index.len() != specified.len() {
        return Err(FormatError::json("specification.tasks", "two tasks have the same id"));
    }
    let size: HashMap<&str, f64> = files.iter().map(|f| (&*f.id, f.size_in_bytes)).collect();
    let executed: HashMap<&str, &ExecutedTask> =
        document.workflow.execution.tasks.iter().map(|t| (&*t.id, t)).collect();
    let limited = devices.devices.iter().any(|d| d.memory_bytes.is_some());
    let mut tasks = Vec::with_capacity(specified.len());
    for task in &specified {
        let ran = executed.get(&*task.id);
        let work_s = ran.and_then(|t| t.runtime_in_seconds).unwrap_or(UNKNOWN_RUNTIME_S).max(SHORTEST_RUNTIME_S);
        let memory = ran.and_then(|t| t.memory_in_bytes).filter(|_| limited).unwrap_or(0.0).max(0.0) as u64;
        let mode = |(d, device): (usize, &NamedDevice)| Mode::on(d, work_s / device.speed).memory(memory);
        tasks.push(Task::new(&*task.id, Phase::Run, devices.devices.iter().enumerate().map(mode).collect()));
    }
    let mut pairs = Vec::new();
    let mut seen = HashSet::new();
    for (i, task) in specified.iter().enumerate() {
        let find = |name: &String| {
            let unknown = || FormatError::json(&*task.id, format!("it names the task {name:?}, which does not exist"));
            index.get(&**name).copied().ok_or_else(unknown)
        };
        for parent in &task.parents {
            let pair = (find(parent)?, i);
            if seen.insert(pair) {
                pairs.push(pair);
            }
        }
        for child in &task.children {
            let pair = (i, find(child)?);
            if seen.insert(pair) {
                pairs.push(pair);
            }
        }
    }
    let reads: Vec<HashSet<&str>> = specified.iter().map(|t| t.input_files.iter().map(|f| &**f).collect()).collect();
    let edges = pairs
        .into_iter()
        .map(|(from, to)| {
            let written: HashSet<&str> = specified[from].output_files.iter().map(|f| &**f).collect();
            let mut sent: Vec<f64> =
                written.intersection(&reads[to]).map(|f| size.get(f).copied().unwrap_or(0.0)).collect();
            sent.sort_by(f64::total_cmp);
            Edge { from, to, bytes: sent.iter().sum::<f64>().max(0.0) as u64 }
        })
        .collect();
    let ids = specified.iter().map(|t| Id::Name(t.id.clone())).collect();
    let problem = Problem::new(tasks, devices.problem_devices(), devices.links(), edges)?;
    Ok(Instance { name: document.name, problem, ids, places: Places::Devices })
}
