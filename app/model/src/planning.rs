//! What a user lets the planner decide about a node, and what its task may take. Alters no result by itself: what the
//! planner chooses among the alternatives of a parameter is a parameter like any other, and so in the result's key.
//!
//! Must not know how plans are made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalogue::NodeKind;
use crate::text::{Localised, brief};
use crate::value::Value;

/// Parameters among whose values the planner may choose where the user allows several.
pub const CHOOSABLE: &[&str] = &["batch_size"];

/// Most attempts again after an error that a node may ask for.
pub const MOST_RETRIES: u32 = 100;
/// The largest priority.
pub const MOST_PRIORITY: f64 = 1_000.0;
/// Most threads that a node may be bound to.
pub const MOST_THREADS: usize = 4_096;
/// Most values of one parameter that the planner may choose among, the node's own not counted.
pub const MOST_ALTERNATIVES: usize = 32;
/// No worker takes less memory than this [bytes].
pub const LEAST_MEMORY_BYTES: u64 = 16 << 20;
/// Characters of what a file says that a message repeats.
const LONGEST: usize = 60;

/// How a node is planned.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Planning {
    /// Weight of its finish among plans of the same length: larger is more urgent, 0 to [`MOST_PRIORITY`].
    pub priority: f64,
    /// How often its task is tried again after an error.
    pub retries: u32,
    /// Its task is stopped after this long [s].
    pub time_limit_s: Option<f64>,
    /// Its task is stopped when it takes more memory than this [bytes].
    pub memory_limit_bytes: Option<u64>,
    /// Names of the devices that it may be computed on; none for the run's.
    pub devices: Vec<String>,
    /// Threads that it gets on a processor; none for what the planner finds best.
    pub threads: Option<usize>,
    /// Values that the planner may choose besides the node's own, by parameter.
    pub alternatives: BTreeMap<String, Vec<Value>>,
    /// Whatever else a file held about it: kept.
    #[serde(flatten)]
    pub extra: BTreeMap<String, serde_json::Value>,
}

/// What every node has.
static NOTHING: Planning = Planning {
    priority: 0.0,
    retries: 0,
    time_limit_s: None,
    memory_limit_bytes: None,
    devices: Vec::new(),
    threads: None,
    alternatives: BTreeMap::new(),
    extra: BTreeMap::new(),
};

impl Planning {
    /// What every node has that says nothing else.
    pub fn nothing() -> &'static Self {
        &NOTHING
    }

    /// Whether nothing differs from what every node has.
    pub fn is_default(&self) -> bool {
        *self == NOTHING
    }

    /// What is wrong with it for a node of a kind: the field, or the parameter, and why.
    pub fn problems(&self, kind: &NodeKind) -> Vec<(String, Localised)> {
        let mut out = Vec::new();
        let mut range = |field: &str, ok: bool, value: String, en: &str, zh: &str| {
            if !ok {
                let message = Localised::new(format!("{value} is not {en}"), format!("{value} 不是{zh}"));
                out.push((field.to_owned(), message));
            }
        };
        let priority = self.priority;
        range(
            "priority",
            (0.0..=MOST_PRIORITY).contains(&priority),
            priority.to_string(),
            "a priority from 0 to 1000",
            "0 到 1000 的优先级",
        );
        range(
            "retries",
            self.retries <= MOST_RETRIES,
            self.retries.to_string(),
            "a number of retries from 0 to 100",
            "0 到 100 的重试次数",
        );
        if let Some(limit_s) = self.time_limit_s {
            let ok = limit_s > 0.0 && limit_s.is_finite();
            range("time_limit_s", ok, limit_s.to_string(), "a time above 0 s", "大于 0 秒的时间");
        }
        if let Some(limit) = self.memory_limit_bytes {
            let ok = limit >= LEAST_MEMORY_BYTES;
            let value = format!("{} MB", limit as f64 / 1e6);
            range("memory_limit_bytes", ok, value, "enough for any task: at least 17 MB", "任务所需的内存：至少 17 MB");
        }
        if let Some(threads) = self.threads {
            let ok = (1..=MOST_THREADS).contains(&threads);
            range("threads", ok, threads.to_string(), "a number of threads from 1 to 4096", "1 到 4096 的线程数");
        }
        if self.devices.iter().any(|d| d.trim().is_empty()) {
            out.push(("devices".to_owned(), Localised::new("a device has no name", "有设备没有名称")));
        }
        for (param, values) in &self.alternatives {
            let said = brief(param, LONGEST);
            let Some(decl) = kind.param(param).filter(|_| CHOOSABLE.contains(&&**param)) else {
                let message = Localised::new(
                    format!("the planner cannot choose the parameter '{said}'"),
                    format!("规划器不能选择参数“{said}”"),
                );
                out.push((param.clone(), message));
                continue;
            };
            if values.len() > MOST_ALTERNATIVES {
                let message = Localised::new(
                    format!("there are {} values to choose among, and {MOST_ALTERNATIVES} at most", values.len()),
                    format!("可选的值有 {} 个，至多 {MOST_ALTERNATIVES} 个", values.len()),
                );
                out.push((param.clone(), message));
            }
            out.extend(values.iter().filter_map(|v| decl.check(v).err()).take(1).map(|why| (param.clone(), why)));
        }
        out
    }
}
