//! The window of Weft: start page, canvas, inspector, panels, plots, theme and translations.
//!
//! It draws what it has, sends commands and drains events; it never computes and never waits. It knows the engine only
//! through the lanes of `weft_protocol` and must never depend on the engine, on the learning crate or on Burn.

pub mod i18n;
pub mod icons;
pub mod panels;
pub mod run_state;
pub mod series;
pub mod theme;
