//! Project files, recovery journals and bundles, through the public interface of the crate.

#![allow(clippy::unwrap_used, reason = "a test says best where it failed by failing there")]

mod bundle;
mod format;
mod fragment;
mod journal;
mod strategies;
