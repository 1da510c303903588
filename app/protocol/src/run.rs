//! Runs as they are kept.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::device::DeviceId;
use crate::event::{NodeStatus, RunStatus};

/// Number of a run within a data folder, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub i64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for RunId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.trim_start_matches('#').parse().map(Self)
    }
}

/// Which samples a number was measured on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// What the model learns from.
    Train,
    /// What epoch and settings are chosen on.
    Validation,
    /// What the result is judged on.
    Test,
}

/// One measured number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricPoint {
    /// `loss`, `accuracy`, …
    pub name: String,
    /// What it was measured on.
    pub part: Part,
    /// Epoch, counted from 1.
    pub epoch: u32,
    /// Steps of the optimiser so far.
    pub step: u64,
    /// Whether it stands for a whole epoch, and not for one step.
    pub per_epoch: bool,
    /// The number.
    pub value: f64,
}

/// A table or number of a finished node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MetricValue {
    /// One number.
    Number(f64),
    /// Rows of whole numbers: a confusion matrix, true class by predicted class.
    Matrix(Vec<Vec<u64>>),
    /// Texts: the names of classes.
    Labels(Vec<String>),
}

impl MetricValue {
    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            MetricValue::Number(v) => Some(*v),
            _ => None,
        }
    }
}

/// Metrics of a node by name.
pub type Metrics = BTreeMap<String, MetricValue>;

/// The metric that an evaluation of classes has and nothing else.
pub const CONFUSION_MATRIX: &str = "confusion_matrix";

/// Whether these metrics are what an evaluation of classes found, and not what a training measured on the way.
pub fn is_judgement(metrics: &Metrics) -> bool {
    metrics.contains_key(CONFUSION_MATRIX)
}

/// A run in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// Its number.
    pub run: RunId,
    /// Path of the project.
    pub project: String,
    /// Identifier of the project.
    pub project_id: String,
    /// When it began, RFC 3339.
    pub started_at: String,
    /// How it stands.
    pub status: RunStatus,
    /// Its seed.
    pub seed: u64,
    /// How long it took, or has taken so far [s].
    pub elapsed_s: f64,
    /// Metrics of its nodes by the nodes' names.
    pub metrics: BTreeMap<String, Metrics>,
}

/// A run with all that is kept of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// What a list shows.
    pub summary: RunSummary,
    /// The project as it was run, as the text of a project file.
    pub project_text: String,
    /// Device of each node that computed.
    pub devices: BTreeMap<String, DeviceId>,
    /// Version of the program.
    pub version: String,
    /// State, time [s] and error of each node by name.
    pub nodes: BTreeMap<String, NodeRecord>,
    /// Series of each node by name.
    pub series: BTreeMap<String, Vec<MetricPoint>>,
}

/// What is kept of a node of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeRecord {
    /// How it ended; none while it has not.
    pub status: Option<NodeStatus>,
    /// How long it computed [s].
    pub elapsed_s: f64,
    /// What went wrong.
    pub error: Option<String>,
}
