//! Learning: layers, training, evaluation and the worker's loop. The only crate that sees Burn.
//!
//! A worker process runs [`worker::worker_main`]. What it does with a job is in an [`executor::Executor`], one a kind of
//! node, behind a narrow interface of steps, metrics, checkpoints, pause and stop; so that everything here can be driven
//! without a process too. Samples come as descriptions of `weft_data`; models and checkpoints are safetensors.
//!
//! This crate knows no engine, no window and no project file. Beside the executors, it keeps to a few small pieces:
//!
//! - [`network`]: layer specifications become a Burn module at run time; `ops`: the one place where operations are
//!   chosen, with room for kernels of our own;
//! - [`weights`], [`model_file`]: weights as plain named arrays, and as files;
//! - [`optimiser`], `train`: the rules of updating and the loop;
//! - [`preview`]: what nodes would give, without a run;
//! - [`devices`], [`self_test`]: what can compute here, and whether it does so rightly.
#![recursion_limit = "256"]

mod batches;
pub mod bench;
pub mod devices;
mod evaluate;
pub mod executor;
mod fault;
pub mod model_file;
pub mod network;
mod ops;
pub mod optimiser;
pub mod panics;
pub mod preview;
mod samples;
pub mod self_test;
#[cfg(test)]
mod tests;
mod train;
pub mod weights;
pub mod worker;

pub use train::{EpochRecord, Settings};
pub use worker::worker_main;
