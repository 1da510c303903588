//! What can compute here: listing, opening and trying devices.
//!
//! Graphics adapters are listed through wgpu without opening any, in the order and on the graphics interface that Burn
//! would settle on, so that a number means the same adapter to both. Nothing here is called in the window's process.

#[cfg(feature = "gpu")]
use std::sync::{Mutex, PoisonError};

use burn::tensor::Device;
use weft_protocol::event::Fault;
use weft_protocol::{DeviceId, DeviceInfo, DeviceKind};

use crate::fault;

/// A device that was opened.
#[derive(Debug, Clone)]
pub struct ComputeDevice {
    /// What is known of it.
    pub info: DeviceInfo,
    plain: Device,
    learning: Device,
}

impl ComputeDevice {
    fn new(info: DeviceInfo, device: Device) -> Self {
        Self { info, learning: device.clone().autodiff(), plain: device }
    }

    /// The processor.
    pub fn cpu() -> Self {
        Self::new(cpu_info(), Device::flex())
    }

    /// The device for running a network.
    pub(crate) fn plain(&self) -> &Device {
        &self.plain
    }

    /// The device for teaching a network: it keeps what gradients need.
    pub(crate) fn learning(&self) -> &Device {
        &self.learning
    }

    /// Whether it is the processor.
    pub fn on_host(&self) -> bool {
        self.info.kind == DeviceKind::Cpu
    }
}

/// Everything that can compute here, the processor first.
pub fn list_devices() -> Vec<DeviceInfo> {
    #[cfg(feature = "gpu")]
    let graphics = adapters::list().into_iter().map(|adapter| adapter.info);
    #[cfg(not(feature = "gpu"))]
    let graphics = std::iter::empty();
    std::iter::once(cpu_info()).chain(graphics).collect()
}

/// Opens a device by its name.
///
/// # Errors
/// A [`Fault`] that says what there is, if there is no such device, or why it cannot be opened.
pub fn open(id: &DeviceId) -> Result<ComputeDevice, Fault> {
    if *id == DeviceId::cpu() {
        return Ok(ComputeDevice::cpu());
    }
    #[cfg(feature = "gpu")]
    {
        // An adapter can be opened once in a process: whoever comes later is given the same device.
        static OPENED: Mutex<Vec<ComputeDevice>> = Mutex::new(Vec::new());
        let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(device) = opened.iter().find(|device| device.info.id == *id) {
            return Ok(device.clone());
        }
        let found = adapters::list();
        if let Some(adapter) = found.iter().find(|adapter| adapter.info.id == *id) {
            let device = ComputeDevice::new(adapter.info.clone(), adapter.open()?);
            opened.push(device.clone());
            return Ok(device);
        }
    }
    let names: Vec<String> = list_devices().into_iter().map(|info| info.id.0).collect();
    Err(fault::fault(
        "no_device",
        (
            format!("there is no device '{id}' here; there is {}", names.join(", ")),
            format!("没有设备“{id}”；可用的有 {}", names.join("、")),
        ),
        ("Choose another device.", "请选择其他设备。"),
    ))
}

fn cpu_info() -> DeviceInfo {
    DeviceInfo {
        id: DeviceId::cpu(),
        name: processor_name().unwrap_or_else(|| "CPU".to_owned()),
        kind: DeviceKind::Cpu,
        backend: "flex".to_owned(),
        driver: None,
        memory_bytes: memory_bytes(),
        threads: std::thread::available_parallelism().ok().map(usize::from),
        offered: true,
        reason: String::new(),
    }
}

/// The processor's name where the system tells it in a file; elsewhere it is called 'CPU'.
fn processor_name() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The machine's memory where the system tells it in a file; elsewhere it is not known.
pub(crate) fn memory_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(feature = "gpu")]
mod adapters {
    //! Graphics adapters.

    use std::future::Future;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Wake, Waker};

    use burn::tensor::wgpu::{WgpuBackend, wgpu};
    use burn::tensor::{Device, DeviceKind as BurnKind};
    use weft_protocol::event::Fault;
    use weft_protocol::{DeviceId, DeviceInfo, DeviceKind};

    use crate::fault;

    /// An adapter, and how Burn is asked for it.
    pub(super) struct Adapter {
        pub info: DeviceInfo,
        interface: WgpuBackend,
        kind: Option<BurnKind>,
    }

    impl Adapter {
        /// Opens the adapter.
        pub fn open(&self) -> Result<Device, Fault> {
            let failed = |cause: String| {
                let name = &self.info.name;
                fault::fault(
                    "device_failed",
                    (
                        format!("{} ({name}) cannot be opened: {cause}", self.info.id),
                        format!("无法打开 {}（{name}）：{cause}", self.info.id),
                    ),
                    ("Choose another device, or update the graphics driver.", "请选择其他设备，或更新显卡驱动。"),
                )
            };
            let Some(kind) = &self.kind else {
                return Err(failed(self.info.reason.clone()));
            };
            Device::wgpu_options()
                .device_kind(kind.clone())
                .graphics_api(self.interface)
                .init()
                .map_err(|e| failed(e.to_string()))
        }
    }

    /// The interfaces in the order in which Burn tries them: it settles on the first that has a real adapter, or else on
    /// the first that has any.
    fn interfaces() -> Vec<(WgpuBackend, wgpu::Backend, &'static str)> {
        if cfg!(target_os = "macos") {
            vec![(WgpuBackend::Metal, wgpu::Backend::Metal, "wgpu (Metal)")]
        } else {
            vec![
                (WgpuBackend::Vulkan, wgpu::Backend::Vulkan, "wgpu (Vulkan)"),
                (WgpuBackend::Dx12, wgpu::Backend::Dx12, "wgpu (DirectX 12)"),
                (WgpuBackend::Gl, wgpu::Backend::Gl, "wgpu (OpenGL)"),
            ]
        }
    }

    /// All adapters of the interface that is settled on.
    pub(super) fn list() -> Vec<Adapter> {
        let mut software = Vec::new();
        for (interface, backend, name) in interfaces() {
            let found = of_interface(interface, backend, name);
            if found.iter().any(|adapter| adapter.info.kind != DeviceKind::Software) {
                return found;
            }
            if software.is_empty() {
                software = found;
            }
        }
        software
    }

    fn of_interface(interface: WgpuBackend, backend: wgpu::Backend, name: &str) -> Vec<Adapter> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends: backend.into(),
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let found = wait(instance.enumerate_adapters(backend.into()));
        // Each kind is counted for itself: the second discrete adapter is discrete adapter 1, wherever it stands.
        let mut counted = [0; 3];
        let mut next = |kind: usize| {
            counted[kind] += 1;
            counted[kind] - 1
        };
        found
            .iter()
            .map(wgpu::Adapter::get_info)
            .enumerate()
            .map(|(number, adapter)| {
                let id = DeviceId(format!("gpu{number}"));
                let (kind, burn_kind) = match adapter.device_type {
                    wgpu::DeviceType::DiscreteGpu => (DeviceKind::DiscreteGpu, Some(BurnKind::DiscreteGpu(next(0)))),
                    wgpu::DeviceType::IntegratedGpu => {
                        (DeviceKind::IntegratedGpu, Some(BurnKind::IntegratedGpu(next(1))))
                    }
                    wgpu::DeviceType::VirtualGpu => (DeviceKind::VirtualGpu, Some(BurnKind::VirtualGpu(next(2)))),
                    wgpu::DeviceType::Cpu => (DeviceKind::Software, Some(BurnKind::Cpu)),
                    wgpu::DeviceType::Other => (DeviceKind::Other, None),
                };
                let reason = match kind {
                    DeviceKind::Software => format!("software adapter: use --device {id} to insist"),
                    DeviceKind::Other => "an adapter of unknown kind, which Burn cannot be asked for".to_owned(),
                    _ => String::new(),
                };
                let driver = [adapter.driver, adapter.driver_info].join(" ").trim().to_owned();
                Adapter {
                    info: DeviceInfo {
                        id,
                        name: adapter.name,
                        kind,
                        backend: name.to_owned(),
                        driver: Some(driver).filter(|driver| !driver.is_empty()),
                        // wgpu does not tell it.
                        memory_bytes: None,
                        threads: None,
                        offered: reason.is_empty(),
                        reason,
                    },
                    interface,
                    kind: burn_kind,
                }
            })
            .collect()
    }

    /// Waits for a future that is ready as soon as it is asked, or wakes this thread.
    fn wait<F: Future>(future: F) -> F::Output {
        struct Unpark(std::thread::Thread);
        impl Wake for Unpark {
            fn wake(self: Arc<Self>) {
                self.0.unpark();
            }
        }
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut future = pin!(future);
        loop {
            match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(output) => return output,
                Poll::Pending => std::thread::park(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_always_there() {
        let devices = list_devices();
        assert_eq!(devices[0].id, DeviceId::cpu());
        assert!(devices[0].offered && devices[0].threads.is_some_and(|threads| threads > 0));
        assert!(open(&DeviceId::cpu()).unwrap().on_host());
        for device in &devices[1..] {
            assert!(device.kind != DeviceKind::Software || !device.offered, "{device:?}");
        }
    }

    #[test]
    fn a_device_that_is_not_there_is_refused_with_those_that_are() {
        let fault = open(&DeviceId("gpu77".into())).unwrap_err();
        assert_eq!(fault.code, "no_device");
        assert!(fault.message.en.contains("'gpu77'") && fault.message.en.contains("cpu"), "{fault}");
    }
}
