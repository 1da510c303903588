//! What can compute.

use serde::{Deserialize, Serialize};

/// Name of a device, as `weft devices` prints it and `--device` takes it: `cpu`, `gpu0`, …
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceId(pub String);

impl Default for DeviceId {
    fn default() -> Self {
        Self::cpu()
    }
}

impl DeviceId {
    /// The processor.
    pub fn cpu() -> Self {
        Self("cpu".to_owned())
    }
}

impl std::fmt::Display for DeviceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Kind of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// The processor.
    Cpu,
    /// A graphics card of its own memory.
    DiscreteGpu,
    /// A graphics processor that shares the machine's memory.
    IntegratedGpu,
    /// A graphics card of a virtual machine.
    VirtualGpu,
    /// A processor that plays a graphics card: never offered by itself.
    Software,
    /// Anything else.
    Other,
}

/// A device, and whether it may be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// The name by which flags and plans call it.
    pub id: DeviceId,
    /// What it is called by its maker.
    pub name: String,
    /// Its kind.
    pub kind: DeviceKind,
    /// What computes on it: `flex`, `wgpu (Vulkan)`, …
    pub backend: String,
    /// Driver and version, where there is one.
    pub driver: Option<String>,
    /// Memory in all [bytes]; none when it is not known.
    pub memory_bytes: Option<u64>,
    /// Threads that compute, on a processor.
    pub threads: Option<usize>,
    /// Whether runs use it without being told to.
    pub offered: bool,
    /// Why it is not offered, or what its self-test found.
    pub reason: String,
}
