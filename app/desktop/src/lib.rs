//! The window of Weft: start page, canvas, inspector, panels, plots, theme and translations.
//!
//! It draws what it has, sends commands and drains events; it never computes and never waits. It knows the engine only
//! through the lanes of `weft_protocol` and must never depend on the engine, on the learning crate or on Burn.

pub mod app;
pub mod blocks;
pub mod canvas;
pub mod commands;
pub mod desktop;
pub mod dialogs;
pub mod dock;
pub mod document;
pub mod export;
pub mod files;
pub mod finder;
pub mod focus;
pub mod i18n;
pub mod icons;
pub mod inspector;
pub mod keymap;
mod list_keys;
pub mod native;
pub mod node_views;
pub mod palette;
pub mod panels;
pub mod picture;
pub mod plan_file;
pub mod plan_marks;
pub mod planning;
pub mod preview_window;
pub mod previews;
pub mod problems;
pub mod recovery;
pub mod run_state;
pub mod series;
pub mod settings;
pub mod settings_window;
pub mod start;
pub mod statusbar;
pub mod theme;
pub mod toasts;
pub mod topbar;
pub mod widgets;
pub mod windows;

pub use app::{DesktopApp, Options};
pub use files::{Import, Sample, no_import};
pub use native::{StartError, run, waker};

#[cfg(test)]
mod tests;
