//! Random problems with everything in them: shares, memory, resident weights, contended links, releases, groups.

use proptest::prelude::*;
use weft_schedule::{Device, Edge, Links, Mode, Phase, Problem, ProblemInput, Resource, Task};

const DEVICES: usize = 3;

fn device(index: usize) -> impl Strategy<Value = Device> {
    let memory = prop_oneof![Just(None), Just(Some(100_u64)), Just(Some(60))];
    (prop_oneof![Just(1.0), Just(2.0)], memory, proptest::option::weighted(0.3, Just(0_u32))).prop_map(
        move |(capacity, memory_bytes, memory_group)| Device {
            name: format!("device {index}"),
            capacity,
            memory_bytes,
            memory_group,
        },
    )
}

fn mode() -> impl Strategy<Value = Mode> {
    let share = prop_oneof![Just(1.0), Just(0.5), Just(1.0 / 3.0), Just(0.25), Just(0.0)];
    let weights = prop_oneof![Just(0_u64), 10..40_u64];
    (0..DEVICES, 0..40_u32, share, 0..20_u64, weights, 0..3_u8, (0..4_u64, 0..4_u64)).prop_map(
        |(device, quarters, share, memory, weights, loss, (people, money))| {
            let mode = Mode::on(device, f64::from(quarters) / 4.0)
                .share(share)
                .memory(memory)
                .weights(weights)
                .loss(f64::from(loss) / 100.0);
            let mode = if people > 0 { mode.uses(0, people) } else { mode };
            if money > 1 { mode.uses(1, money) } else { mode }
        },
    )
}

/// Tasks in pairs: the second of a pair is a run, of the first's node if the first is its deploy.
fn task(index: usize) -> impl Strategy<Value = Task> {
    let modes = proptest::collection::vec(mode(), 1..4);
    let release = prop_oneof![4 => Just(0.0), 1 => Just(5.5)];
    (modes, any::<bool>(), release, 0..3_u8).prop_map(move |(mut modes, deploys, release_s, priority)| {
        let phase = match (index % 2, deploys) {
            (0, true) => Phase::Deploy,
            (0, false) => Phase::Train,
            _ => Phase::Run,
        };
        // A mode on every device, so that a run can follow its weights anywhere.
        modes.extend((0..DEVICES).map(|d| Mode::on(d, 7.0).memory(5)));
        Task::new(format!("task {index}"), phase, modes)
            .of_node(index as u32 / 2)
            .released_at(release_s)
            .with_priority(f64::from(priority))
    })
}

fn links() -> impl Strategy<Value = Links> {
    let channels = prop_oneof![Just(None), Just(Some(1)), Just(Some(2))];
    (
        prop_oneof![Just(f64::INFINITY), Just(8.0), Just(3.0)],
        prop_oneof![Just(0.0), Just(0.25)],
        channels,
        any::<bool>(),
    )
        .prop_map(|(bandwidth, latency, channels, common)| {
            if common {
                Links::uniform(DEVICES, bandwidth, latency, channels)
            } else {
                let pairs = DEVICES * DEVICES;
                Links::pairwise(DEVICES, vec![bandwidth; pairs], vec![latency; pairs], channels)
            }
        })
}

/// Problems that are consistent; some have more weights than room.
pub fn problems() -> impl Strategy<Value = Problem> {
    (1..24_usize)
        .prop_flat_map(|count| {
            let tasks: Vec<_> = (0..count).map(task).collect();
            let devices: Vec<_> = (0..DEVICES).map(device).collect();
            let edges = proptest::collection::vec((0..count, 0..count, 0..50_u64), 0..2 * count);
            let budget = proptest::option::weighted(0.3, Just(0.0));
            (tasks, devices, links(), edges, budget)
        })
        .prop_map(|(tasks, devices, links, ends, budget)| {
            let edges = ends
                .into_iter()
                .filter(|(a, b, _)| a != b)
                .map(|(a, b, bytes)| Edge { from: a.min(b), to: a.max(b), bytes })
                .collect();
            let resources = vec![Resource::renewable("people", 4), Resource::budget("money", 6)];
            Problem::from_input(ProblemInput { tasks, devices, links, edges, resources, accuracy_budget: budget })
                .expect("the generator makes consistent problems")
        })
}
