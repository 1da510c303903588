#![no_main]

#[allow(dead_code, clippy::unwrap_used, clippy::expect_used)]
#[path = "../../../app/project/tests/fuzz/targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::project_reader(bytes));
