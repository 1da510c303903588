//! A bound by the longest tasks alone, where devices take one task at a time.
//!
//! Of a few tasks everything is decided: each is put on one of its modes, with the earliest start and the least rest that
//! the mode has, and those on one device follow one another. All others are only area: what they take at least, spread
//! over the devices as favourably as may be. The least of the largest of these, over all ways to put the few, is a bound:
//! every plan puts them in one of these ways, and in none it can end before. The relaxation over modes splits a task over
//! several devices, which no plan can; where two tasks are most of the work, that is most of the gap.
//!
//! Must not know any algorithm.

use crate::{
    bounds::{device_weights, heads, mode_tails},
    problem::Problem,
};

/// How many tasks are put, one number after the other.
const FEW: [usize; 5] = [2, 4, 6, 8, 10];
/// Ways that are looked at for one of these numbers; a number that takes more gives no bound.
const MOST_WAYS: u32 = 60_000;
/// Ways between two looks at whether to stop.
const WAYS_A_LOOK: u32 = 512;

/// What is put on a device: earliest start, duration and least rest [s].
type Job = (f64, f64, f64);

struct Putting<'p> {
    problem: &'p Problem,
    head_s: Vec<f64>,
    tail_s: Vec<f64>,
    weight: Vec<f64>,
    weights: f64,
    /// What all tasks take of the area at least, by weight.
    least_area: Vec<f64>,
    on: Vec<Vec<Job>>,
    ways: u32,
    best_s: f64,
}

/// The bound; `limit_s` where it is that much at least. 0 for problems of other devices. `stop` is asked now and then.
pub(crate) fn giants_bound(problem: &Problem, limit_s: f64, stop: &dyn Fn() -> bool) -> f64 {
    let modes = &problem.modes;
    let admissible = |task: usize| problem.modes_of(task).filter(|&m| modes.admissible[m]);
    let takes_all = |m: usize| 2 * modes.units[m] > problem.capacity_units[modes.device[m] as usize];
    let count = problem.tasks().len();
    if !(0..count).flat_map(admissible).all(|m| takes_all(m) || modes.duration_s[m] <= 0.0) {
        return 0.0;
    }
    let weight = device_weights(problem);
    let of_mode = |m: usize| weight[modes.device[m] as usize] * modes.duration_s[m];
    let least = |task: usize, of: &dyn Fn(usize) -> f64| admissible(task).map(of).fold(f64::INFINITY, f64::min);
    let least_area: Vec<f64> = (0..count).map(|task| least(task, &of_mode)).collect();
    let mut longest: Vec<(f64, usize)> = (0..count).map(|task| (least(task, &|m| modes.duration_s[m]), task)).collect();
    longest.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut putting = Putting {
        problem,
        head_s: heads(problem),
        tail_s: mode_tails(problem),
        weights: weight.iter().sum(),
        weight,
        on: vec![Vec::new(); problem.devices().len()],
        ways: 0,
        best_s: limit_s,
        least_area,
    };
    let area = putting.least_area.iter().sum();
    let mut bound_s: f64 = 0.0;
    for few in FEW {
        let chosen: Vec<usize> = longest.iter().take(few).map(|(_, task)| *task).collect();
        (putting.ways, putting.best_s) = (0, limit_s);
        if !putting.put(&chosen, 0.0, area, stop) {
            break;
        }
        bound_s = bound_s.max(putting.best_s);
        if few >= count || bound_s >= limit_s {
            break;
        }
    }
    bound_s
}

impl Putting<'_> {
    /// Puts the tasks in every way that may be better than the best. Says whether it has come to an end.
    fn put(&mut self, tasks: &[usize], so_far_s: f64, area: f64, stop: &dyn Fn() -> bool) -> bool {
        let Some((&task, rest)) = tasks.split_first() else {
            self.best_s = self.best_s.min(so_far_s);
            return true;
        };
        let modes = &self.problem.modes;
        let mut ways: Vec<(f64, f64, usize, Job)> = Vec::new();
        for m in self.problem.modes_of(task).filter(|&m| modes.admissible[m]) {
            let device = modes.device[m] as usize;
            let job = (self.head_s[m], modes.duration_s[m], self.tail_s[m]);
            let area = area - self.least_area[task] + self.weight[device] * job.1;
            self.on[device].push(job);
            let least_s = so_far_s.max(one_after_another(&self.on[device])).max(area / self.weights);
            self.on[device].pop();
            ways.push((least_s, area, device, job));
        }
        ways.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.2.cmp(&b.2)));
        for (least_s, area, device, job) in ways {
            if least_s >= self.best_s {
                break;
            }
            self.ways += 1;
            if self.ways > MOST_WAYS || (self.ways.is_multiple_of(WAYS_A_LOOK) && stop()) {
                return false;
            }
            self.on[device].push(job);
            let ended = self.put(rest, least_s, area, stop);
            self.on[device].pop();
            if !ended {
                return false;
            }
        }
        true
    }
}

/// When jobs end at least that follow one another: of all with some head at least and some tail at least, that head, their
/// durations and that tail.
fn one_after_another(jobs: &[Job]) -> f64 {
    let mut most_s: f64 = 0.0;
    for &(from_s, ..) in jobs {
        for &(.., rest_s) in jobs {
            let within = jobs.iter().filter(|job| job.0 >= from_s && job.2 >= rest_s);
            let (count, sum_s) = within.fold((0, 0.0), |(count, sum_s), job| (count + 1, sum_s + job.1));
            if count > 0 {
                most_s = most_s.max(from_s + sum_s + rest_s);
            }
        }
    }
    most_s
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Device, Links, Mode, Phase, Task};

    #[test]
    fn a_task_is_on_one_device_whatever_a_relaxation_says() {
        // Two tasks of 12 s of work on devices of speed 4, 1 and 1: both on the fast one, 6 s.
        let mode = |work: f64| vec![Mode::on(0, work / 4.0), Mode::on(1, work), Mode::on(2, work)];
        let tasks = (0..2).map(|i| Task::new(i.to_string(), Phase::Run, mode(12.0)));
        let devices = (0..3).map(|d| Device::new(d.to_string())).collect();
        let problem = Problem::new(tasks.collect(), devices, Links::instant(3), vec![]).expect("consistent");
        assert!((giants_bound(&problem, 100.0, &|| false) - 6.0).abs() < 1e-9);
        assert!((giants_bound(&problem, 5.0, &|| false) - 5.0).abs() < 1e-9);
    }

    #[test]
    fn devices_that_are_shared_have_no_such_bound() {
        let tasks = (0..2).map(|i| Task::new(i.to_string(), Phase::Run, vec![Mode::on(0, 3.0).share(0.5)])).collect();
        let problem = Problem::new(tasks, vec![Device::new("a")], Links::instant(1), vec![]).expect("consistent");
        assert_eq!(giants_bound(&problem, 100.0, &|| false), 0.0);
    }
}
