//! The parts of a problem as people and files state them: tasks with their modes, devices, links, wires.
//!
//! Must not know whether they make sense together; [`crate::Problem`] checks that.

use serde::{Deserialize, Serialize};

/// Position of a task in [`ProblemInput::tasks`].
pub type TaskIndex = usize;
/// Position of a device in [`ProblemInput::devices`].
pub type DeviceIndex = usize;

/// Which part of a service a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Learning parameters from data.
    Train,
    /// Bringing weights onto a device, where they stay until the last run of the same node.
    Deploy,
    /// Doing the work: also the phase of a node that knows no other.
    Run,
}

impl Phase {
    /// All phases in the order in which a service passes through them.
    pub const ALL: [Phase; 3] = [Phase::Train, Phase::Deploy, Phase::Run];

    /// The name used in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Train => "train",
            Phase::Deploy => "deploy",
            Phase::Run => "run",
        }
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What a mode takes of a resource that is no device's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// Position in [`ProblemInput::resources`].
    pub resource: usize,
    /// How much of it, in the unit of [`Resource::capacity`]: while the task is active if the resource is renewable, for
    /// good if it is not.
    pub amount: u64,
}

/// Something limited that tasks on any device take: licences, sockets, people, money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// What people call it.
    pub name: String,
    /// How much of it there is, in a unit of its own.
    pub capacity: u64,
    /// Whether a task gives back what it took when it ends. What is not renewable is a budget for all tasks together.
    pub renewable: bool,
}

impl Resource {
    /// A resource whose amount is there again when a task ends.
    pub fn renewable(name: impl Into<String>, capacity: u64) -> Self {
        Self { name: name.into(), capacity, renewable: true }
    }

    /// A budget that all tasks share.
    pub fn budget(name: impl Into<String>, capacity: u64) -> Self {
        Self { name: name.into(), capacity, renewable: false }
    }
}

/// One way to execute a task: on which device, how long, with how much of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mode {
    /// The device that computes.
    pub device: DeviceIndex,
    /// How long the task takes in this mode, in seconds. A mode of 0 s occupies neither compute nor working memory; weights
    /// that it deploys stay all the same.
    pub duration_s: f64,
    /// Compute taken from the device while the task is active, in the unit of [`Device::capacity`]: with the default
    /// capacity of 1 it is the fraction of the device, 1 meaning the whole of it.
    pub compute_share: f64,
    /// Peak memory on the device while the task is active, in bytes.
    pub memory_bytes: u64,
    /// Weights that stay on the device after a deploy, in bytes: from its start to the end of the last run of the same
    /// node, on top of `memory_bytes`. Has no effect in the modes of other phases, whose weights are in `memory_bytes`.
    pub weights_bytes: u64,
    /// Accuracy lost by choosing this mode (a fraction: 0.01 is one percentage point); 0 for exact modes.
    pub accuracy_loss: f64,
    /// What it takes of the problem's resources, beside the device; a resource named twice counts twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<Use>,
    /// What the mode is called, for people ("8-bit", "batch 128"); empty when the device says it all.
    #[serde(default)]
    pub name: String,
}

impl Mode {
    /// A mode that takes the whole of a device of capacity 1 for `duration_s` seconds, without memory or loss.
    pub fn on(device: DeviceIndex, duration_s: f64) -> Self {
        Self {
            device,
            duration_s,
            compute_share: 1.0,
            memory_bytes: 0,
            weights_bytes: 0,
            accuracy_loss: 0.0,
            uses: Vec::new(),
            name: String::new(),
        }
    }

    /// Takes only this much of the device, in the unit of its capacity.
    pub fn share(mut self, compute_share: f64) -> Self {
        self.compute_share = compute_share;
        self
    }

    /// Needs this peak memory, in bytes.
    pub fn memory(mut self, memory_bytes: u64) -> Self {
        self.memory_bytes = memory_bytes;
        self
    }

    /// Leaves these weights resident, in bytes (deploy only).
    pub fn weights(mut self, weights_bytes: u64) -> Self {
        self.weights_bytes = weights_bytes;
        self
    }

    /// Takes this much of a resource, given by position.
    pub fn uses(mut self, resource: usize, amount: u64) -> Self {
        self.uses.push(Use { resource, amount });
        self
    }

    /// Costs this much accuracy.
    pub fn loss(mut self, accuracy_loss: f64) -> Self {
        self.accuracy_loss = accuracy_loss;
        self
    }

    /// Is called this.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }
}

/// One node, or one phase of it, made ready to execute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// What people call it.
    pub name: String,
    /// Which part of its node it is.
    pub phase: Phase,
    /// The ways to execute it; at least one.
    pub modes: Vec<Mode>,
    /// Not to be started before this, in seconds from the plan's zero.
    pub release_s: f64,
    /// Weight of its finish in the second objective Σ π F; larger is more urgent, 0 for none.
    pub priority: f64,
    /// The node it belongs to: tasks of one node share it. A run sits where its node's deploy put the weights.
    pub node: u32,
}

impl Task {
    /// A task that may start at once, of a node of its own: [`crate::Problem::new`] numbers the nodes left at `u32::MAX`.
    pub fn new(name: impl Into<String>, phase: Phase, modes: Vec<Mode>) -> Self {
        Self { name: name.into(), phase, modes, release_s: 0.0, priority: 0.0, node: u32::MAX }
    }

    /// Belongs to this node.
    pub fn of_node(mut self, node: u32) -> Self {
        self.node = node;
        self
    }

    /// Does not start before `release_s`.
    pub fn released_at(mut self, release_s: f64) -> Self {
        self.release_s = release_s;
        self
    }

    /// Has this priority.
    pub fn with_priority(mut self, priority: f64) -> Self {
        self.priority = priority;
        self
    }
}

/// Something that computes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// What people call it.
    pub name: String,
    /// How much compute it has: the shares of active tasks sum to this at most. A CPU may count cores, a GPU is 1.
    pub capacity: f64,
    /// Memory in bytes; `None` where it is unlimited or unknown.
    pub memory_bytes: Option<u64>,
    /// Devices with the same group see the same memory, so that nothing is sent between them. Their limits stay their
    /// own.
    pub memory_group: Option<u32>,
}

impl Device {
    /// A device of capacity 1 with unlimited memory of its own.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), capacity: 1.0, memory_bytes: None, memory_group: None }
    }

    /// Has this capacity.
    pub fn capacity(mut self, capacity: f64) -> Self {
        self.capacity = capacity;
        self
    }

    /// Has this much memory, in bytes.
    pub fn memory(mut self, memory_bytes: u64) -> Self {
        self.memory_bytes = Some(memory_bytes);
        self
    }

    /// Shares its memory with the devices of this group.
    pub fn shares_memory(mut self, group: u32) -> Self {
        self.memory_group = Some(group);
        self
    }
}

/// A wire: `to` needs what `from` makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// The task that makes the data.
    pub from: TaskIndex,
    /// The task that waits for it.
    pub to: TaskIndex,
    /// How much is sent when the two sit on devices without common memory, in bytes.
    pub bytes: u64,
}

/// Something that transfers occupy while they are under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What people call it.
    pub name: String,
    /// How many transfers pass at the same time at full speed; `None` for any number (no contention).
    pub channels: Option<u32>,
}

/// How devices reach one another: square matrices, row to column, in the order of the devices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Links {
    /// Bytes per second from row to column, row-major; infinite (or, in JSON, null) where sending takes no time.
    #[serde(with = "infinite_as_null")]
    pub bandwidth_bytes_per_s: Vec<f64>,
    /// Seconds before the first byte arrives, row-major.
    pub latency_s: Vec<f64>,
    /// Which of `links` the pair uses, row-major; ignored on the diagonal.
    pub link: Vec<usize>,
    /// The links that the pairs share.
    pub links: Vec<Link>,
}

/// JSON has no infinity.
mod infinite_as_null {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(|v| v.is_finite().then_some(*v)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        let values = Vec::<Option<f64>>::deserialize(deserializer)?;
        Ok(values.into_iter().map(|v| v.unwrap_or(f64::INFINITY)).collect())
    }
}

impl Links {
    /// Every pair of `devices` is joined by one common link, such as a bus or a switch.
    pub fn uniform(devices: usize, bandwidth_bytes_per_s: f64, latency_s: f64, channels: Option<u32>) -> Self {
        Self {
            bandwidth_bytes_per_s: vec![bandwidth_bytes_per_s; devices * devices],
            latency_s: vec![latency_s; devices * devices],
            link: vec![0; devices * devices],
            links: vec![Link { name: "link".to_owned(), channels }],
        }
    }

    /// Sending takes no time: precedence only.
    pub fn instant(devices: usize) -> Self {
        Self::uniform(devices, f64::INFINITY, 0.0, None)
    }

    /// Each ordered pair has a link of its own with this many channels. Both matrices are row-major, row to column.
    pub fn pairwise(
        devices: usize,
        bandwidth_bytes_per_s: Vec<f64>,
        latency_s: Vec<f64>,
        channels: Option<u32>,
    ) -> Self {
        let links = (0..devices * devices)
            .map(|pair| Link { name: format!("{} to {}", pair / devices, pair % devices), channels })
            .collect();
        Self { bandwidth_bytes_per_s, latency_s, link: (0..devices * devices).collect(), links }
    }
}

/// A problem as it is written down: what [`crate::Problem`] is made from and saved as.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProblemInput {
    /// The tasks.
    pub tasks: Vec<Task>,
    /// The devices.
    pub devices: Vec<Device>,
    /// How the devices reach one another.
    pub links: Links,
    /// The wires.
    pub edges: Vec<Edge>,
    /// What is limited beside the devices and links.
    #[serde(default)]
    pub resources: Vec<Resource>,
    /// The accuracy that may be lost over all tasks together; `None` for any.
    #[serde(default)]
    pub accuracy_budget: Option<f64>,
}
