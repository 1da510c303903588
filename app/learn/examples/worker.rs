//! A worker process by itself, for trying it without the program around it:
//! `cargo run --release -p weft -p weft-learn --example worker -- '"ListDevices"'` (or `'{"SelfTest":"gpu0"}'`).

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let role = std::env::args().nth(1).unwrap_or_else(|| "\"ListDevices\"".to_owned());
    match serde_json::from_str(&role) {
        Ok(role) => weft_learn::worker_main(role),
        Err(e) => {
            eprintln!("the role cannot be read: {e}");
            ExitCode::FAILURE
        }
    }
}
