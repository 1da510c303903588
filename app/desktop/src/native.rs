//! Opens the native window, and says what is missing where it cannot.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use egui::{IconData, ViewportBuilder};
use weft_model::Localised;

use crate::app::{DesktopApp, Options};
use crate::theme::{Mode, Theme};

/// Why the window could not be opened: what is missing, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .message.en)]
pub struct StartError {
    /// What happened, and what to install.
    pub message: Localised,
    /// What the system said.
    pub cause: String,
}

/// What kind of thing is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    Display,
    Library,
    Adapter,
    Other,
}

impl StartError {
    fn of(cause: String) -> Self {
        let lower = cause.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|w| lower.contains(w));
        let missing = if has(&["wayland_display", "no display", "xopendisplay", "noconnection", "xnotsupported"]) {
            Missing::Display
        } else if has(&["libxkbcommon", "xkbcommon", "libx11", "libxcursor", "libxi", "libwayland", "dlopen", ".so"]) {
            Missing::Library
        } else if has(&["adapter", "surface", "vulkan", "egl", "opengl", "wgpu", "device"]) {
            Missing::Adapter
        } else {
            Missing::Other
        };
        let (en, zh) = match missing {
            Missing::Display => (
                "the window cannot be opened: there is no display to open it on. Start Weft from a desktop session, or set \
                 DISPLAY or WAYLAND_DISPLAY",
                "无法打开窗口：没有可用的显示。请在桌面会话中启动 Weft，或设置 DISPLAY 或 WAYLAND_DISPLAY",
            ),
            Missing::Library => (
                "the window cannot be opened: a library of the desktop is missing. On Debian and Ubuntu: sudo apt install \
                 libxkbcommon-x11-0 libegl1 mesa-vulkan-drivers",
                "无法打开窗口：缺少桌面所需的库。在 Debian 与 Ubuntu 上：sudo apt install libxkbcommon-x11-0 libegl1 \
                 mesa-vulkan-drivers",
            ),
            Missing::Adapter => (
                "the window cannot be opened: no usable graphics adapter was found, not even one in software. On Debian and \
                 Ubuntu: sudo apt install mesa-vulkan-drivers libegl1",
                "无法打开窗口：找不到可用的图形适配器，连软件渲染也没有。在 Debian 与 Ubuntu 上：sudo apt install \
                 mesa-vulkan-drivers libegl1",
            ),
            Missing::Other => (
                "the window cannot be opened. On Debian and Ubuntu these packages are needed: mesa-vulkan-drivers libegl1 \
                 libxkbcommon-x11-0",
                "无法打开窗口。在 Debian 与 Ubuntu 上需要这些软件包：mesa-vulkan-drivers libegl1 libxkbcommon-x11-0",
            ),
        };
        let message = Localised::new(
            format!("{en}. Every command without a window works: see weft --help ({cause})"),
            format!("{zh}。所有不需要窗口的命令仍可使用：见 weft --help（{cause}）"),
        );
        Self { message, cause }
    }
}

/// News of a run are shown so often: the eye needs no more, and the processor has other work.
const NEWS_EVERY: Duration = Duration::from_millis(33);
/// The same where the processor paints the window as well: every frame is taken from what runs.
const NEWS_EVERY_IN_SOFTWARE: Duration = Duration::from_millis(500);

/// Whether the processor paints the window.
#[derive(Debug, Clone, Copy, Default)]
struct InSoftware(bool);

/// Whether the processor paints the window, since no graphics adapter does.
pub fn paints_in_software(ctx: &egui::Context) -> bool {
    ctx.data(|data| data.get_temp(egui::Id::NULL).unwrap_or(InSoftware(false)).0)
}

/// What wakes the window: give it to the engine, which calls it whenever it has news.
pub fn waker(ctx: &egui::Context) -> impl Fn() + Clone + Send + Sync + 'static {
    let ctx = ctx.clone();
    move || ctx.request_repaint_after(if paints_in_software(&ctx) { NEWS_EVERY_IN_SOFTWARE } else { NEWS_EVERY })
}

/// Opens the window and shows it until it is closed. `ctx` is the one that [`waker`] was made from.
///
/// # Errors
/// There is no display, no usable graphics adapter, or a library is missing.
pub fn run(ctx: egui::Context, options: Options) -> Result<(), StartError> {
    let native = eframe::NativeOptions {
        viewport: ViewportBuilder::default()
            .with_title("Weft")
            .with_app_id("weft")
            .with_inner_size([1440.0, 900.0])
            .with_min_inner_size([900.0, 560.0])
            .with_drag_and_drop(true)
            .with_icon(Arc::new(icon())),
        renderer: eframe::Renderer::Wgpu,
        // egui smooths its own edges.
        multisampling: 0,
        persistence_path: Some(options.data_dir.join("window.ron")),
        ..Default::default()
    };
    let create: eframe::AppCreator<'_> = Box::new(move |cc| {
        let software = |state: &eframe::egui_wgpu::RenderState| {
            state.adapter.get_info().device_type == eframe::wgpu::DeviceType::Cpu
        };
        let software = InSoftware(cc.wgpu_render_state.as_ref().is_some_and(software));
        cc.egui_ctx.data_mut(|data| data.insert_temp(egui::Id::NULL, software));
        Ok(Box::new(DesktopApp::new(&cc.egui_ctx, options)?))
    });
    // Libraries that are loaded at run time are reported by panicking.
    let outcome = catch_unwind(AssertUnwindSafe(|| eframe::run_native_ext("weft", native, Some(ctx), create)));
    match outcome {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(StartError::of(error.to_string())),
        Err(panic) => {
            let cause = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()))
                .unwrap_or_else(|| "unknown cause".to_owned());
            Err(StartError::of(cause))
        }
    }
}

/// The mark of the program: threads from knot to knot, in the accent colour.
fn icon() -> IconData {
    const SIDE: u32 = 64;
    let theme = Theme::load(Mode::Dark);
    let (ground, ink) = (theme.panel, theme.accent);
    let knots: [([f32; 2], f32); 5] =
        [([32.0, 32.0], 8.0), ([14.0, 18.0], 6.0), ([50.0, 16.0], 6.0), ([16.0, 50.0], 6.0), ([50.0, 46.0], 6.0)];
    let mut rgba = Vec::with_capacity((SIDE * SIDE * 4) as usize);
    for y in 0..SIDE {
        for x in 0..SIDE {
            let p = [x as f32 + 0.5, y as f32 + 0.5];
            let corner = rounded(p, SIDE as f32, 14.0);
            let knot = knots.iter().map(|(c, r)| distance(p, *c) - r).fold(f32::INFINITY, f32::min);
            let thread = knots[1..].iter().map(|(c, _)| to_line(p, knots[0].0, *c) - 1.8).fold(f32::INFINITY, f32::min);
            let cover = (0.5 - knot.min(thread)).clamp(0.0, 1.0);
            let color = ground.lerp_to_gamma(ink, cover);
            rgba.extend([color.r(), color.g(), color.b(), (255.0 * (0.5 - corner).clamp(0.0, 1.0)) as u8]);
        }
    }
    IconData { rgba, width: SIDE, height: SIDE }
}

fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

fn to_line(p: [f32; 2], a: [f32; 2], b: [f32; 2]) -> f32 {
    let along = [b[0] - a[0], b[1] - a[1]];
    let length = along[0] * along[0] + along[1] * along[1];
    let t = (((p[0] - a[0]) * along[0] + (p[1] - a[1]) * along[1]) / length).clamp(0.0, 1.0);
    distance(p, [a[0] + t * along[0], a[1] + t * along[1]])
}

/// Distance to a square with rounded corners; negative inside.
fn rounded(p: [f32; 2], side: f32, radius: f32) -> f32 {
    let half = side / 2.0;
    let d = [(p[0] - half).abs() - half + radius, (p[1] - half).abs() - half + radius];
    d[0].max(0.0).hypot(d[1].max(0.0)) + d[0].max(d[1]).min(0.0) - radius
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cause: &str, package: &str) {
        let error = StartError::of(cause.to_owned());
        for text in [&error.message.en, &error.message.zh] {
            assert!(text.contains(package), "{cause}: {text}");
            assert!(text.contains("weft --help") && text.contains(cause), "{text}");
        }
    }

    #[test]
    fn what_is_missing_is_said_with_what_to_install() {
        check("neither WAYLAND_DISPLAY nor WAYLAND_SOCKET nor DISPLAY is set.", "DISPLAY");
        check("Library libxkbcommon-x11.so could not be loaded.", "libxkbcommon-x11-0");
        check("WGPU error: No suitable graphics adapter found", "mesa-vulkan-drivers");
        check("something else", "libegl1");
    }

    #[test]
    fn the_icon_is_whole() {
        let icon = icon();
        assert_eq!(icon.rgba.len(), (icon.width * icon.height * 4) as usize);
        let middle = 4 * (32 * 64 + 32);
        assert_eq!(&icon.rgba[middle + 3], &255);
        assert_eq!(&icon.rgba[3], &0, "the corner is clear");
    }
}
