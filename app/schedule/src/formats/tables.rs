//! Task graphs of the Estee benchmark: tables with true and estimated durations.
//!
//! Must not know how instances are solved (J. Beránek, S. Böhm, V. Cima 2022).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{DeviceSet, FormatError, Id, Instance, Places};
use crate::{
    input::{Edge, Mode, Phase, Task},
    problem::Problem,
};

#[derive(Deserialize)]
struct Table {
    graph_name: BTreeMap<String, String>,
    /// Each graph is JSON within a string.
    graph: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct TableTask {
    /// Seconds.
    d: f64,
    /// As a user estimated it; null where nobody did.
    e_d: Option<f64>,
    outputs: Vec<Output>,
    /// (task, output of it)
    inputs: Vec<(usize, usize)>,
}

#[derive(Deserialize)]
struct Output {
    /// Size in MiB.
    s: f64,
}

const BYTES_PER_MIB: f64 = 1_048_576.0;

/// Reads all graphs of a table (the JSON within the archive) for a set of devices, each with the true durations and, one
/// a task, the estimated ones in seconds (the true one where there is none).
///
/// # Errors
///
/// [`FormatError`] where the text is not of this form, or a task reads what does not exist.
pub fn estee(text: &str, devices: &DeviceSet) -> Result<Vec<(Instance, Vec<f64>)>, FormatError> {
    let table: Table = serde_json::from_str(text)?;
    let mut instances = Vec::with_capacity(table.graph.len());
    for (key, graph) in &table.graph {
        let name = table.graph_name.get(key).cloned().unwrap_or_else(|| key.clone());
        let rows: Vec<TableTask> =
            serde_json::from_str(graph).map_err(|e| FormatError::json(format!("graph {name}"), e.to_string()))?;
        let mut edges: BTreeMap<(usize, usize), f64> = BTreeMap::new();
        let mut tasks = Vec::with_capacity(rows.len());
        for (number, row) in rows.iter().enumerate() {
            for &(from, output) in &row.inputs {
                let Some(output) = rows.get(from).and_then(|row| row.outputs.get(output)) else {
                    let what = format!("task {number} reads output {output} of task {from}, which does not exist");
                    return Err(FormatError::json(format!("graph {name}"), what));
                };
                *edges.entry((from, number)).or_default() += output.s * BYTES_PER_MIB;
            }
            let modes = devices.devices.iter().enumerate().map(|(d, device)| Mode::on(d, row.d / device.speed));
            tasks.push(Task::new(number.to_string(), Phase::Run, modes.collect()));
        }
        let estimates = rows.iter().map(|row| row.e_d.unwrap_or(row.d)).collect();
        let ids = (0..rows.len() as u64).map(Id::Number).collect();
        let edges = edges.into_iter().map(|((from, to), bytes)| Edge { from, to, bytes: bytes as u64 }).collect();
        let problem = Problem::new(tasks, devices.problem_devices(), devices.links(), edges)?;
        instances.push((Instance { name, problem, ids, places: Places::Devices }, estimates));
    }
    Ok(instances)
}
