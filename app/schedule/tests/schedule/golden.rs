//! Cases whose answer is known.

use weft_schedule::{
    Device, Edge, Links, Mode, Phase, Plan, Problem, SearchContext, Service, Task, WhyHere, WhyNow, Wire, analyse,
    by_name, lower_bounds, serial_index, services, upward_ranks, validate,
};

fn plan(algorithm: &str, problem: &Problem) -> Plan {
    let plan = by_name(algorithm).and_then(|a| a.solve(problem, &mut SearchContext::new(0))).expect("there is a plan");
    assert_eq!(validate(problem, &plan), []);
    plan
}

/// Two chained services of 100 / 20 / 10 s, the wire feeding a phase of the second.
fn chain(devices: usize, consumed_by: Phase) -> Problem {
    let two = ["first", "second"].map(|name| Service::timed(name, devices, 100.0, 20.0, 10.0));
    let wire = Wire { from: 0, to: 1, consumed_by, bytes: 0 };
    let names = (0..devices).map(|d| Device::new(format!("device {d}"))).collect();
    services(&two, &[wire], names, Links::instant(devices)).expect("consistent").0
}

#[test]
fn two_chained_services_one_after_another() {
    for consumed_by in [Phase::Train, Phase::Run] {
        for algorithm in ["fifo", "heft"] {
            let problem = chain(1, consumed_by);
            let plan = plan(algorithm, &problem);
            assert_eq!(plan.makespan_s, 260.0);
            let index = serial_index(&problem, &plan);
            assert_eq!((index.index_s, index.serial_s, index.speed_up), (360.0, 260.0, 1.0));
            assert_eq!(plan.gap, 0.0);
        }
    }
}

#[test]
fn two_chained_services_on_two_devices() {
    for (consumed_by, makespan_s) in [(Phase::Train, 260.0), (Phase::Deploy, 250.0 + 10.0 - 100.0), (Phase::Run, 140.0)]
    {
        let problem = chain(2, consumed_by);
        let plan = plan("heft", &problem);
        assert_eq!(plan.makespan_s, makespan_s, "{consumed_by}");
        let index = serial_index(&problem, &plan);
        assert_eq!((index.index_s, index.serial_s), (360.0, 260.0));
        assert_eq!(index.speed_up, 260.0 / makespan_s);
        assert_eq!(plan.gap, 0.0, "{consumed_by}: {}", plan.lower_bound_s);
    }
}

/// The example of Topcuoglu, Hariri, Wu 2002 (figure 2, table 2): ten tasks, three processors.
fn topcuoglu() -> Problem {
    let costs = [
        [14, 16, 9],
        [13, 19, 18],
        [11, 13, 19],
        [13, 8, 17],
        [12, 13, 10],
        [13, 16, 9],
        [7, 15, 11],
        [5, 11, 14],
        [18, 12, 20],
        [21, 7, 16],
    ];
    let wires = [
        (1, 2, 18),
        (1, 3, 12),
        (1, 4, 9),
        (1, 5, 11),
        (1, 6, 14),
        (2, 8, 19),
        (2, 9, 16),
        (3, 7, 23),
        (4, 8, 27),
        (4, 9, 23),
        (5, 9, 13),
        (6, 8, 15),
        (7, 10, 17),
        (8, 10, 11),
        (9, 10, 13),
    ];
    let tasks = costs.iter().enumerate().map(|(i, row)| {
        let modes = row.iter().enumerate().map(|(d, &cost)| Mode::on(d, f64::from(cost))).collect();
        Task::new(format!("n{}", i + 1), Phase::Run, modes)
    });
    let edges = wires.iter().map(|&(from, to, bytes)| Edge { from: from - 1, to: to - 1, bytes });
    let devices = (1..=3).map(|p| Device::new(format!("p{p}"))).collect();
    Problem::new(tasks.collect(), devices, Links::uniform(3, 1.0, 0.0, None), edges.collect()).expect("consistent")
}

#[test]
fn heft_finds_the_published_schedule() {
    let problem = topcuoglu();
    let ranks = upward_ranks(&problem);
    let published = [108.000, 77.000, 80.000, 80.000, 69.000, 63.333, 42.667, 35.667, 44.333, 14.667];
    for (rank, published) in ranks.iter().zip(published) {
        assert!((rank - published).abs() < 1e-3, "{rank} against {published}");
    }
    assert_eq!(plan("heft", &problem).makespan_s, 80.0);
}

#[test]
fn transfers_queue_for_the_channels_of_a_link() {
    // One sender, two receivers that can only be elsewhere; each transfer takes 1 + 8 / 4 = 3 s.
    let tasks = vec![
        Task::new("make", Phase::Run, vec![Mode::on(0, 2.0)]),
        Task::new("use", Phase::Run, vec![Mode::on(1, 5.0)]),
        Task::new("use too", Phase::Run, vec![Mode::on(2, 5.0)]),
    ];
    let edges = vec![Edge { from: 0, to: 1, bytes: 8 }, Edge { from: 0, to: 2, bytes: 8 }];
    let devices = || ["a", "b", "c"].map(Device::new).to_vec();
    let problem = |channels| {
        Problem::new(tasks.clone(), devices(), Links::uniform(3, 4.0, 1.0, channels), edges.clone())
            .expect("consistent")
    };
    assert_eq!(plan("heft", &problem(Some(1))).makespan_s, 2.0 + 3.0 + 3.0 + 5.0);
    assert_eq!(plan("heft", &problem(None)).makespan_s, 2.0 + 3.0 + 5.0);
    let together: Vec<Device> = devices().into_iter().map(|d| d.shares_memory(1)).collect();
    let same = Problem::new(tasks.clone(), together, Links::uniform(3, 4.0, 1.0, Some(1)), edges).expect("consistent");
    let plan = plan("heft", &same);
    assert_eq!((plan.makespan_s, plan.transfers.len()), (7.0, 0));
}

#[test]
fn tasks_share_a_device_while_compute_and_memory_allow() {
    let problem = |memory| {
        let task = |name| Task::new(name, Phase::Run, vec![Mode::on(0, 4.0).share(0.5).memory(60)]);
        let tasks = vec![task("a"), task("b"), task("c"), task("d")];
        Problem::new(tasks, vec![Device::new("gpu").memory(memory)], Links::instant(1), vec![]).expect("consistent")
    };
    assert_eq!(plan("heft", &problem(120)).makespan_s, 8.0);
    let tight = plan("heft", &problem(100));
    assert_eq!(tight.makespan_s, 16.0);
    assert_eq!(tight.assignments[1].reason.now, WhyNow::Memory);
    assert_eq!(tight.gap, (16.0 - lower_bounds(&problem(100)).memory_area_s) / 9.6);
}

#[test]
fn weights_stay_until_the_last_run_of_their_node() {
    // Two models that fit one at a time; served by two runs each.
    let mut tasks = Vec::new();
    for node in 0..2 {
        let deploy = vec![Mode::on(0, 1.0).weights(70), Mode::on(1, 1.0).weights(70)];
        tasks.push(Task::new(format!("deploy {node}"), Phase::Deploy, deploy).of_node(node));
        for run in 0..2 {
            let modes = vec![Mode::on(0, 3.0).memory(20), Mode::on(1, 9.0).memory(20)];
            tasks.push(Task::new(format!("run {node}.{run}"), Phase::Run, modes).of_node(node));
        }
    }
    let devices = vec![Device::new("gpu").memory(100), Device::new("small").memory(80)];
    let problem = Problem::new(tasks, devices, Links::instant(2), vec![]).expect("consistent");
    for algorithm in ["fifo", "heft"] {
        let plan = plan(algorithm, &problem);
        // "small" cannot hold weights and run together: 90 of 80.
        assert!(plan.assignments.iter().all(|a| a.device == 0));
        assert_eq!(plan.makespan_s, 14.0);
        assert_eq!(plan.assignments[1].reason.here, WhyHere::WeightsAreHere);
    }
}

#[test]
fn slack_and_critical_path() {
    // a (3) and b (1) before c (2) on two devices; d (1) after b on its device.
    let task = |name, device, seconds| Task::new(name, Phase::Run, vec![Mode::on(device, seconds)]);
    let tasks = vec![task("a", 0, 3.0), task("b", 1, 1.0), task("c", 0, 2.0), task("d", 1, 1.0)];
    let edge = |from, to| Edge { from, to, bytes: 0 };
    let devices = vec![Device::new("x"), Device::new("y")];
    let edges = vec![edge(0, 2), edge(1, 2), edge(1, 3)];
    let problem = Problem::new(tasks, devices, Links::instant(2), edges).expect("consistent");
    let plan = plan("heft", &problem);
    let analysis = analyse(&problem, &plan);
    assert_eq!(analysis.tasks.iter().map(|t| t.slack_s).collect::<Vec<_>>(), [0.0, 2.0, 0.0, 3.0]);
    assert_eq!(analysis.tasks.iter().map(|t| t.critical).collect::<Vec<_>>(), [true, false, true, false]);
    assert_eq!(analysis.utilisation, [1.0, 0.4]);
}

#[test]
fn reasons_read_as_sentences() {
    let problem = chain(2, Phase::Run);
    let plan = plan("heft", &problem);
    let text = |task: usize| plan.assignments[task].reason.text(&problem, plan.assignments[task].device).to_string();
    assert_eq!(text(0), "earliest finish on device 0; starts at once");
    assert_eq!(text(1), "earliest finish on device 0; waited for predecessor first · train");
    assert_eq!(text(2), "its weights are on device 0; waited for predecessor first · deploy");
}

#[test]
fn a_bound_spreads_work_by_speed() {
    // Sixty units of work on devices of speed 1 and 2 take at least 20 s.
    let task = |i: usize| Task::new(format!("{i}"), Phase::Run, vec![Mode::on(0, 1.0), Mode::on(1, 0.5)]);
    let devices = vec![Device::new("slow"), Device::new("fast")];
    let problem = Problem::new((0..60).map(task).collect(), devices, Links::instant(2), vec![]).expect("consistent");
    let bounds = lower_bounds(&problem);
    assert!(bounds.compute_area_s <= 20.0 + 1e-9 && bounds.compute_area_s > 19.5, "{bounds:?}");
    assert_eq!(plan("heft", &problem).makespan_s, 20.0);
}
