//! How fast the processor is, tried for a few hundredths of a second before anything else was measured: a multiplication
//! of matrices and a copy of memory, on one thread. Rough, and replaced by what tasks are measured to take.
//!
//! Must not know of tasks, and loads no driver: how fast graphics processors are is measured with their self-test, in a
//! process of its own.

use std::hint::black_box;
use std::time::{Duration, Instant};

use weft_protocol::DeviceId;

use crate::store::{RunStore, Throughput};

/// Side of the matrices: three of them fit the caches.
const SIDE: usize = 96;
/// Bytes that are copied at a time: more than most caches hold.
const COPIED: usize = 16 << 20;
/// How long each is tried.
const FOR: Duration = Duration::from_millis(12);

/// The processor's throughput, as kept or tried now.
pub(crate) fn processor(store: &mut RunStore) -> Throughput {
    let cpu = DeviceId::cpu();
    if let Some(known) = store.throughput(&cpu) {
        return known;
    }
    let found = Throughput { flops_per_s: multiply(), bytes_per_s: copy() };
    if let Err(fault) = store.keep_throughput(&cpu, found) {
        log::warn!("the speed of the processor is not kept: {fault}");
    }
    found
}

/// How often something is done in a second.
fn rate(mut once: impl FnMut()) -> f64 {
    once();
    let began = Instant::now();
    let mut times = 0_u32;
    while began.elapsed() < FOR {
        once();
        times += 1;
    }
    f64::from(times.max(1)) / began.elapsed().as_secs_f64().max(1e-9)
}

fn multiply() -> f64 {
    let a: Vec<f32> = (0..SIDE * SIDE).map(|i| (i % 7) as f32).collect();
    let mut out = vec![0.0_f32; SIDE * SIDE];
    let times = rate(|| {
        for (row, out) in a.chunks_exact(SIDE).zip(out.chunks_exact_mut(SIDE)) {
            for (&factor, b) in row.iter().zip(a.chunks_exact(SIDE)) {
                for (o, &b) in out.iter_mut().zip(b) {
                    *o += factor * b;
                }
            }
        }
        black_box(&mut out);
    });
    times * 2.0 * (SIDE * SIDE * SIDE) as f64
}

fn copy() -> f64 {
    let from = vec![1_u8; COPIED];
    let mut to = vec![0_u8; COPIED];
    rate(|| {
        to.copy_from_slice(black_box(&from));
        black_box(&mut to);
    }) * COPIED as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_tried_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = RunStore::open(folder.path()).expect("a store");
        let found = processor(&mut store);
        assert!(found.flops_per_s > 1e6 && found.bytes_per_s > 1e6, "{found:?}");
        assert_eq!(processor(&mut store), found);
    }
}
