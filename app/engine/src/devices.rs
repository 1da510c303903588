//! What can compute here: the processor always, graphics processors as a throw-away process finds them and a second one
//! tries them.
//!
//! No driver is ever loaded into this process: drivers crash. What a test found is kept by adapter, driver and program.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use weft_model::Localised;
use weft_protocol::event::Fault;
use weft_protocol::worker::WorkerRole;
use weft_protocol::{DeviceId, DeviceInfo, DeviceKind};

use crate::store::{RunStore, Throughput};
use crate::{Patience, WorkerCommand, worker};

/// A list of devices is never longer [bytes].
const OUTPUT_BYTES: u64 = 1 << 20;

/// Lists the devices without an engine: starts the same throw-away processes. `refresh` tries every device anew.
///
/// # Errors
/// The data folder cannot be used.
pub fn list_devices(config: &crate::EngineConfig, refresh: bool) -> Result<Vec<DeviceInfo>, crate::StoreError> {
    RunStore::open(&config.data_dir)?;
    Ok(DeviceBook::new(config).list(refresh))
}

/// The devices, once they are known.
#[derive(Debug)]
pub(crate) struct DeviceBook {
    worker: WorkerCommand,
    data_dir: PathBuf,
    patience: Patience,
    processor_threads: Option<usize>,
    known: Mutex<Option<Vec<DeviceInfo>>>,
    /// The engine ends: whoever asks devices is to give up.
    stop: AtomicBool,
}

impl DeviceBook {
    pub(crate) fn new(config: &crate::EngineConfig) -> Self {
        Self {
            worker: config.worker.clone(),
            data_dir: config.data_dir.clone(),
            patience: config.patience,
            processor_threads: config.processor_threads,
            known: Mutex::new(None),
            stop: AtomicBool::new(false),
        }
    }

    /// Lets every process that is asking devices end at once.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// The devices. Takes seconds the first time, and whoever asks meanwhile waits for the same answer.
    pub(crate) fn list(&self, refresh: bool) -> Vec<DeviceInfo> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some(list) if !refresh => list.clone(),
            _ => {
                let list = self.probe(refresh);
                *known = Some(list.clone());
                list
            }
        }
    }

    /// The device for a run: the one that is insisted on, else the first graphics processor that is offered and not
    /// forbidden, else the processor, which cannot be forbidden.
    pub(crate) fn choose(&self, insisted: Option<&DeviceId>, forbidden: &[DeviceId]) -> Result<DeviceInfo, Fault> {
        if insisted.is_some_and(|d| *d == DeviceId::cpu()) {
            return Ok(self.cpu());
        }
        if let Some(id) = insisted.filter(|id| forbidden.contains(id)) {
            return Err(Fault::new(
                "forbidden_device",
                Localised::new(format!("the device '{id}' is not allowed"), format!("设备“{id}”未被允许使用")),
                Localised::new(
                    "allow it in the settings under 'Devices', or choose another one",
                    "请在设置的“设备”中允许它，或选择其他设备",
                ),
            ));
        }
        let list = self.list(false);
        let found = match insisted {
            Some(id) => list.iter().find(|d| d.id == *id),
            None => list.iter().find(|d| d.offered && d.kind != DeviceKind::Cpu && !forbidden.contains(&d.id)),
        };
        match (found, insisted) {
            (Some(device), _) => Ok(device.clone()),
            (None, None) => Ok(self.cpu()),
            (None, Some(id)) => {
                let names = list.iter().map(|d| d.id.0.as_str()).collect::<Vec<_>>().join(", ");
                Err(Fault::new(
                    "unknown_device",
                    Localised::new(format!("there is no device '{id}' here"), format!("此处没有设备“{id}”")),
                    Localised::new(format!("choose one of: {names}"), format!("请选择：{names}")),
                ))
            }
        }
    }

    /// The processor, with the threads that may compute on it.
    pub(crate) fn cpu(&self) -> DeviceInfo {
        let processor = cpu();
        DeviceInfo { threads: self.processor_threads.or(processor.threads), ..processor }
    }

    fn probe(&self, refresh: bool) -> Vec<DeviceInfo> {
        let mut list = vec![self.cpu()];
        let found = self.ask(&WorkerRole::ListDevices, self.patience.list_devices);
        if !found.ended_well {
            log::warn!("listing devices failed: {}", found.how);
        }
        let devices = found.output.lines().filter_map(|line| serde_json::from_str::<DeviceInfo>(line).ok());
        for device in devices {
            if device.id == DeviceId::cpu() || device.kind == DeviceKind::Cpu {
                // The worker knows best what computes on the processor.
                list[0] = DeviceInfo { offered: true, ..device };
            } else if !device.offered || device.kind == DeviceKind::Software {
                // Software adapters, and those that could not even be opened: the reason is given already.
                list.push(DeviceInfo { offered: false, ..device });
            } else {
                list.push(self.tried(device, refresh));
            }
        }
        list
    }

    /// The device with what its self-test found, now or earlier.
    fn tried(&self, device: DeviceInfo, refresh: bool) -> DeviceInfo {
        let key = format!(
            "{}|{}|{}|{}|{}",
            device.name,
            device.backend,
            device.driver.as_deref().unwrap_or_default(),
            env!("CARGO_PKG_VERSION"),
            program_stamp(&self.worker.program),
        );
        let mut store = RunStore::open(&self.data_dir).ok();
        let earlier = store.as_ref().filter(|_| !refresh).and_then(|s| s.device_test(&key));
        let (offered, reason) = earlier.unwrap_or_else(|| {
            let test = self.ask(&WorkerRole::SelfTest(device.id.clone()), self.patience.self_test);
            let said = test.output.lines().rev().find_map(|l| serde_json::from_str::<SelfTest>(l).ok());
            if let (Some(store), Some(found)) = (&mut store, said.as_ref().and_then(SelfTest::throughput))
                && let Err(fault) = store.keep_throughput(&device.id, found)
            {
                log::warn!("the speed of {} is not kept: {fault}", device.id);
            }
            let (passed, reason) = match said {
                Some(said) if test.ended_well => (said.ok, said.reason),
                _ => (false, format!("did not pass its self-test: {}", test.how)),
            };
            // A test that was broken off says nothing about the device.
            if let Some(store) = &mut store
                && !self.stop.load(Ordering::Relaxed)
                && let Err(fault) = store.keep_device_test(&key, passed, &reason)
            {
                log::warn!("the self-test of {} is not kept: {fault}", device.id);
            }
            (passed, reason)
        });
        DeviceInfo { offered, reason, ..device }
    }

    /// Starts a throw-away process and waits for it to end.
    fn ask(&self, role: &WorkerRole, patience: Duration) -> Answer {
        let failed = |how: String| Answer { ended_well: false, how, output: String::new() };
        let mut child = match worker::command(&self.worker, role).spawn() {
            Ok(child) => child,
            Err(e) => return failed(format!("{} cannot be started: {e}", self.worker.program.display())),
        };
        drop(child.stdin.take());
        let read = |name: &str, pipe: Option<Box<dyn std::io::Read + Send>>| {
            let text = Arc::new(Mutex::new(Vec::new()));
            let into = Arc::clone(&text);
            let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
                let Some(mut pipe) = pipe else { return };
                let mut bytes = Vec::new();
                pipe.by_ref().take(OUTPUT_BYTES).read_to_end(&mut bytes).ok();
                *into.lock().unwrap_or_else(PoisonError::into_inner) = bytes;
                std::io::copy(&mut pipe, &mut std::io::sink()).ok();
            });
            (text, thread)
        };
        let out = read("devices out", child.stdout.take().map(|p| Box::new(p) as _));
        let log = read("devices log", child.stderr.take().map(|p| Box::new(p) as _));
        let until = Instant::now() + patience;
        let ended = loop {
            match child.try_wait() {
                Ok(Some(status)) => break Some(status),
                Ok(None) if Instant::now() < until && !self.stop.load(Ordering::Relaxed) => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                _ => {
                    child.kill().ok();
                    child.wait().ok();
                    break None;
                }
            }
        };
        let text = |(text, thread): (Arc<Mutex<Vec<u8>>>, std::io::Result<std::thread::JoinHandle<()>>)| {
            if let Ok(thread) = thread {
                thread.join().ok();
            }
            String::from_utf8_lossy(&text.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
        };
        let (output, log) = (text(out), text(log));
        let last = log.lines().rev().find(|l| !l.trim().is_empty()).unwrap_or_default().trim();
        let mut how = match ended {
            Some(status) => worker::exit_text(status),
            None => format!("did not end within {} s and was killed", patience.as_secs()),
        };
        if !last.is_empty() {
            how = format!("{how}; its last words: {last}");
        }
        Answer { ended_well: ended.is_some_and(|s| s.success()), how, output }
    }
}

/// What a self-test prints.
#[derive(serde::Deserialize)]
struct SelfTest {
    ok: bool,
    reason: String,
    #[serde(default)]
    flops_per_s: Option<f64>,
    #[serde(default)]
    bytes_per_s: Option<f64>,
}

impl SelfTest {
    /// How fast the device was found to be, if it was.
    fn throughput(&self) -> Option<Throughput> {
        let (flops_per_s, bytes_per_s) = (self.flops_per_s?, self.bytes_per_s?);
        let is_sound = [flops_per_s, bytes_per_s].iter().all(|v| v.is_finite() && *v > 0.0);
        is_sound.then_some(Throughput { flops_per_s, bytes_per_s })
    }
}

struct Answer {
    ended_well: bool,
    how: String,
    output: String,
}

/// What tells one build of the program from another.
fn program_stamp(program: &Path) -> String {
    std::fs::metadata(program)
        .and_then(|m| Ok((m.len(), m.modified()?)))
        .ok()
        .and_then(|(bytes, at)| Some(format!("{bytes}-{}", at.duration_since(std::time::UNIX_EPOCH).ok()?.as_nanos())))
        .unwrap_or_default()
}

/// The processor as this process sees it.
fn cpu() -> DeviceInfo {
    let mut name = "processor".to_owned();
    let mut memory_bytes = None;
    if let Ok(mut system) = sysinfo::System::new() {
        system.refresh_cpu_list(sysinfo::CpuRefreshKind::nothing());
        system.refresh_memory();
        if let Some(brand) = system.cpus().first().map(|c| c.brand().trim()).filter(|b| !b.is_empty()) {
            brand.clone_into(&mut name);
        }
        memory_bytes = Some(system.total_memory()).filter(|b| *b > 0);
    }
    DeviceInfo {
        id: DeviceId::cpu(),
        name,
        kind: DeviceKind::Cpu,
        backend: "flex".to_owned(),
        driver: None,
        memory_bytes,
        threads: std::thread::available_parallelism().ok().map(std::num::NonZero::get),
        offered: true,
        reason: "always there".to_owned(),
    }
}
