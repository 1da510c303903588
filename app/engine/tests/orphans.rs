//! No process is left behind. A test target of its own: it looks at all children of its process, and within one target
//! tests run side by side in one process.

mod harness;

use harness::{Bench, mnist_like};
use serde_json::json;
use weft_protocol::RunStatus;

use std::time::Duration;

#[test]
fn dropping_the_engine_leaves_no_process_behind() {
    let mut bench = Bench::patient(|p| {
        p.stop = Duration::from_millis(200);
        p.signal = Duration::from_millis(200);
    });
    for what in ["", "deaf"] {
        bench.script(json!({ "train": { "steps": 100_000, "what": what } }));
        bench.start(&mnist_like(), |r| r.fresh = true);
        bench.wait_for_progress("train", 6);
        bench.restart();
        assert_eq!(bench.store().list(None).unwrap()[0].status, RunStatus::Stopped, "{what}");
        assert!(harness::children_of_this_process().is_empty(), "{what}: {:?}", harness::children_of_this_process());
    }
}
