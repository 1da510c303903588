//! The thread 'resources': what is in use on the machine, by this program and by graphics processors.
//!
//! Whatever cannot be measured is absent, never zero. Rates need two measurements, so that the first sample lacks them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use nvml_wrapper::Nvml;
use nvml_wrapper::enum_wrappers::device::TemperatureSensor;
use nvml_wrapper::enums::device::UsedGpuMemory;
use nvml_wrapper::struct_wrappers::device::ProcessUtilizationSample;
use sysinfo::{Disks, MINIMUM_CPU_UPDATE_INTERVAL, Networks, Pid, ProcessRefreshKind, ProcessesToUpdate, System};
use weft_protocol::event::{GpuResources, Resources};

/// Numbers of the worker processes that are alive.
pub(crate) type Pids = Arc<Mutex<Vec<u32>>>;

/// What was measured.
#[derive(Debug)]
pub(crate) enum Seen {
    /// All of the machine.
    Machine(Resources),
    /// Memory of worker processes by their numbers [bytes].
    Workers(Vec<(u32, u64)>),
}

/// Measures until the other end of `quit` is gone, or `tell` says that nobody listens: the machine every so often, if at
/// all, and the memory of workers more often.
pub(crate) fn watch(
    every: Option<Duration>,
    memory_every: Duration,
    data_dir: &Path,
    workers: &Pids,
    quit: &Receiver<()>,
    tell: impl Fn(Seen) -> bool,
) {
    let every = every.map(|every| every.max(MINIMUM_CPU_UPDATE_INTERVAL));
    let mut watch = every.map(|_| Watch::new(data_dir.to_owned()));
    let mut scales = Scales::default();
    let mut next = Instant::now() + every.unwrap_or_default();
    loop {
        match quit.recv_timeout(memory_every) {
            Err(RecvTimeoutError::Timeout) => {}
            _ => return,
        }
        let pids = workers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if !pids.is_empty() && !tell(Seen::Workers(scales.weigh(&pids))) {
            return;
        }
        if let (Some(watch), Some(every)) = (&mut watch, every)
            && Instant::now() >= next
        {
            next = Instant::now() + every;
            if !tell(Seen::Machine(watch.measure(&pids))) {
                return;
            }
        }
    }
}

/// Memory that a process has in the machine's [bytes], where the system tells it for the price of reading a file of its own.
#[cfg(target_os = "linux")]
pub(crate) fn resident_bytes(pid: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kilobytes = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix("kB")?;
    Some(1_024 * kilobytes.trim().parse::<u64>().ok()?).filter(|bytes| *bytes > 0)
}

/// Other systems are asked through [`Scales`], by the thread that measures.
#[cfg(not(target_os = "linux"))]
pub(crate) fn resident_bytes(_: u32) -> Option<u64> {
    None
}

/// Measures the memory of processes.
#[derive(Default)]
struct Scales {
    system: Option<System>,
}

impl Scales {
    fn weigh(&mut self, pids: &[u32]) -> Vec<(u32, u64)> {
        if cfg!(target_os = "linux") {
            return pids.iter().filter_map(|pid| Some((*pid, resident_bytes(*pid)?))).collect();
        }
        if self.system.is_none() {
            self.system = System::new().ok();
        }
        let Some(system) = &mut self.system else { return Vec::new() };
        let wanted: Vec<Pid> = pids.iter().copied().map(Pid::from_u32).collect();
        let what = ProcessRefreshKind::nothing().with_memory();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&wanted), true, what);
        let weight = |pid: &u32| Some((*pid, system.process(Pid::from_u32(*pid))?.memory()));
        pids.iter().filter_map(weight).filter(|(_, bytes)| *bytes > 0).collect()
    }
}

struct Watch {
    data_dir: PathBuf,
    began: Instant,
    last: Option<Instant>,
    system: Option<System>,
    disks: Option<Disks>,
    networks: Option<Networks>,
    nvml: Option<Nvml>,
    /// Up to when the driver was asked what each process did, by device [µs].
    seen: BTreeMap<u32, u64>,
}

impl Watch {
    fn new(data_dir: PathBuf) -> Self {
        let mut watch = Self {
            data_dir: std::path::absolute(&data_dir).unwrap_or(data_dir),
            began: Instant::now(),
            last: None,
            system: System::new().ok(),
            disks: Disks::new_with_refreshed_list().ok(),
            networks: Networks::new_with_refreshed_list().ok(),
            // The driver's library is looked for now; without one there is none.
            nvml: Nvml::init().ok(),
            seen: BTreeMap::new(),
        };
        watch.measure(&[]);
        watch
    }

    fn measure(&mut self, workers: &[u32]) -> Resources {
        let now = Instant::now();
        let elapsed_s = self.last.replace(now).map(|last| now.duration_since(last).as_secs_f64());
        let per_s = |bytes: u64| elapsed_s.filter(|s| *s > 0.0).map(|s| bytes as f64 / s);
        let mut r = Resources { t_s: self.began.elapsed().as_secs_f64(), ..Resources::default() };
        if let Some(system) = &mut self.system {
            system.refresh_cpu_usage();
            system.refresh_memory();
            let own: Vec<Pid> = workers.iter().copied().chain([std::process::id()]).map(Pid::from_u32).collect();
            let what = ProcessRefreshKind::nothing().with_cpu().with_memory().with_disk_usage();
            system.refresh_processes_specifics(ProcessesToUpdate::Some(&own), true, what);
            let cores = system.cpus().len();
            r.memory_total_bytes = Some(system.total_memory()).filter(|b| *b > 0);
            r.memory_bytes = r.memory_total_bytes.map(|_| system.used_memory());
            let processes: Vec<_> = own.iter().filter_map(|pid| system.process(*pid)).collect();
            if !processes.is_empty() {
                r.own_memory_bytes = Some(processes.iter().map(|p| p.memory()).sum());
            }
            if elapsed_s.is_some() && cores > 0 {
                r.cpu_busy = Some((f64::from(system.global_cpu_usage()) / 100.0).clamp(0.0, 1.0));
                if !processes.is_empty() {
                    // Of a process 100 % is one core.
                    let used: f64 = processes.iter().map(|p| f64::from(p.cpu_usage())).sum();
                    r.own_cpu_busy = Some((used / 100.0 / cores as f64).clamp(0.0, 1.0));
                    let usage = processes.iter().map(|p| p.disk_usage());
                    let (read, written) = usage.fold((0, 0), |(r, w), u| (r + u.read_bytes, w + u.written_bytes));
                    r.own_disk_read_bytes_per_s = per_s(read);
                    r.own_disk_written_bytes_per_s = per_s(written);
                }
            }
        }
        if let Some(disks) = &mut self.disks {
            disks.refresh(true);
            // A device that is mounted twice is counted once.
            let mut seen = std::collections::BTreeSet::new();
            let (mut read, mut written) = (0, 0);
            for disk in disks.iter().filter(|d| seen.insert(d.name().to_owned())) {
                read += disk.usage().read_bytes;
                written += disk.usage().written_bytes;
            }
            if !seen.is_empty() {
                r.disk_read_bytes_per_s = per_s(read);
                r.disk_written_bytes_per_s = per_s(written);
            }
            r.disk_free_bytes = disks
                .iter()
                .filter(|d| self.data_dir.starts_with(d.mount_point()))
                .max_by_key(|d| d.mount_point().components().count())
                .map(|d| d.available_space());
        }
        if let Some(networks) = &mut self.networks {
            networks.refresh(true);
            // What a program says to itself on this machine is no traffic.
            let real = || networks.iter().filter(|(name, _)| *name != "lo" && *name != "lo0");
            if real().next().is_some() {
                r.net_received_bytes_per_s = per_s(real().map(|(_, n)| n.received()).sum());
                r.net_sent_bytes_per_s = per_s(real().map(|(_, n)| n.transmitted()).sum());
            }
        }
        r.gpus = self.nvml.as_ref().map(|nvml| nvidia(nvml, workers, &mut self.seen)).unwrap_or_default();
        #[cfg(target_os = "linux")]
        r.gpus.extend(amd());
        r
    }
}

/// What a graphics processor does for some processes: share of its time, memory [bytes]. None where the driver does not
/// tell, as within containers that hide the numbers of processes.
fn nvidia_own(device: &nvml_wrapper::Device<'_>, workers: &[u32], seen: &mut u64) -> (Option<f64>, Option<u64>) {
    let mut busy = None;
    // Nothing new since it was last asked is an error, too; the time before the first question tells nothing of now.
    if let Ok(samples) = device.process_utilization_stats(Some(*seen)) {
        let is_first = *seen == 0;
        *seen = samples.iter().map(|s| s.timestamp).fold(*seen, u64::max);
        let own = |s: &&ProcessUtilizationSample| workers.contains(&s.pid) && s.sm_util <= 100;
        let mut of_process: BTreeMap<u32, (f64, u32)> = BTreeMap::new();
        for sample in samples.iter().filter(own) {
            let (sum, count) = of_process.entry(sample.pid).or_default();
            (*sum, *count) = (*sum + f64::from(sample.sm_util) / 100.0, *count + 1);
        }
        let all: f64 = of_process.values().map(|(sum, count)| sum / f64::from(*count)).sum();
        busy = (!is_first && !of_process.is_empty()).then(|| all.clamp(0.0, 1.0));
    }
    let processes = device.running_compute_processes().into_iter().chain(device.running_graphics_processes()).flatten();
    let mut memory: BTreeMap<u32, u64> = BTreeMap::new();
    for process in processes.filter(|p| workers.contains(&p.pid)) {
        if let UsedGpuMemory::Used(bytes) = process.used_gpu_memory {
            memory.insert(process.pid, bytes);
        }
    }
    (busy, (!memory.is_empty()).then(|| memory.values().sum()))
}

fn nvidia(nvml: &Nvml, workers: &[u32], seen: &mut BTreeMap<u32, u64>) -> Vec<GpuResources> {
    (0..nvml.device_count().unwrap_or(0))
        .filter_map(|index| {
            let device = nvml.device_by_index(index).ok()?;
            let memory = device.memory_info().ok();
            let (own_busy, own_memory_bytes) = nvidia_own(&device, workers, seen.entry(index).or_default());
            Some(GpuResources {
                name: device.name().unwrap_or_else(|_| format!("NVIDIA {index}")),
                busy: device.utilization_rates().ok().map(|u| f64::from(u.gpu) / 100.0),
                memory_bytes: memory.as_ref().map(|m| m.used),
                memory_total_bytes: memory.as_ref().map(|m| m.total),
                temperature_c: device.temperature(TemperatureSensor::Gpu).ok().map(f64::from),
                power_w: device.power_usage().ok().map(|milliwatts| f64::from(milliwatts) / 1e3),
                own_busy,
                own_memory_bytes,
            })
        })
        .collect()
}

/// What the kernel's driver for AMD says of its cards; other drivers have not all of these files.
#[cfg(target_os = "linux")]
fn amd() -> Vec<GpuResources> {
    let number = |path: PathBuf| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let Ok(cards) = std::fs::read_dir("/sys/class/drm") else { return Vec::new() };
    let mut list: Vec<(PathBuf, GpuResources)> = cards
        .flatten()
        .filter(|card| {
            let name = card.file_name();
            let name = name.to_string_lossy();
            name.strip_prefix("card").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        })
        .filter_map(|card| {
            let device = card.path().join("device");
            let busy = number(device.join("gpu_busy_percent"))?;
            let sensors = std::fs::read_dir(device.join("hwmon")).ok().and_then(|d| Some(d.flatten().next()?.path()));
            let sensor = |file: &str| number(sensors.as_ref()?.join(file)).map(|v| v as f64);
            let name = std::fs::read_to_string(device.join("product_name")).ok().map(|n| n.trim().to_owned());
            let gpu = GpuResources {
                name: name
                    .filter(|n| !n.is_empty())
                    .unwrap_or_else(|| format!("AMD {}", card.file_name().to_string_lossy())),
                busy: Some(busy as f64 / 100.0),
                memory_bytes: number(device.join("mem_info_vram_used")),
                memory_total_bytes: number(device.join("mem_info_vram_total")),
                temperature_c: sensor("temp1_input").map(|millidegrees| millidegrees / 1e3),
                power_w: sensor("power1_average").map(|microwatts| microwatts / 1e6),
                // The kernel counts the time of each process by open file: not what is asked here.
                own_busy: None,
                own_memory_bytes: None,
            };
            Some((card.path(), gpu))
        })
        .collect();
    list.sort_by(|a, b| a.0.cmp(&b.0));
    list.into_iter().map(|(_, gpu)| gpu).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_is_within_its_range() {
        let folder = tempfile::tempdir().unwrap();
        let mut watch = Watch::new(folder.path().to_owned());
        std::thread::sleep(MINIMUM_CPU_UPDATE_INTERVAL);
        let r = watch.measure(&[]);
        for share in [r.cpu_busy, r.own_cpu_busy].into_iter().flatten() {
            assert!((0.0..=1.0).contains(&share), "{r:?}");
        }
        if let (Some(used), Some(total)) = (r.memory_bytes, r.memory_total_bytes) {
            assert!(0 < used && used <= total, "{r:?}");
        }
        assert!(r.own_memory_bytes.is_none_or(|b| b > 0), "{r:?}");
    }
}
