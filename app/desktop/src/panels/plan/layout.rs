//! Where the tasks of a plan stand: a row for each device and link, in it lanes, so that what happens at the same time
//! does not hide one another; and what memory is in use when. Made once a plan. Knows no pixels and no colours.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};
use std::sync::Arc;

use weft_model::{Category, NodeId};
use weft_protocol::{DeviceId, PlanView};

/// Tolerance of times that touch [s].
const TOUCH_S: f64 = 1e-9;

/// From when to when something stands in a lane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    /// Which task, or which transfer, of the plan.
    pub index: u32,
    /// When it begins [s].
    pub start_s: f64,
    /// When it ends [s].
    pub finish_s: f64,
}

/// What a row is of.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum RowOf {
    /// A device: its lanes hold tasks.
    Device(DeviceId),
    /// A link: its lanes hold transfers.
    Link(String),
}

/// What memory of a device is in use from a time on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct MemoryStep {
    /// From when on [s].
    pub at_s: f64,
    /// Weights that stay there [bytes].
    pub weights_bytes: f64,
    /// All that is in use, weights included [bytes].
    pub used_bytes: f64,
}

/// A row: a device or a link.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// Whose.
    pub of: RowOf,
    /// What stands in it; in each lane in order and apart.
    pub lanes: Vec<Vec<Span>>,
    /// What memory is in use; empty where nothing is known of it.
    pub memory: Vec<MemoryStep>,
    /// The most of it [bytes].
    pub peak_bytes: f64,
    /// How much there is [bytes]; none where it is not known.
    pub memory_bytes: Option<f64>,
    /// Share of the time up to the makespan in which something computes in each of the lanes, 0 to 1.
    pub busy: f64,
}

/// A plan, laid out.
#[derive(Debug, Clone)]
pub(super) struct Laid {
    /// The plan.
    pub plan: Arc<PlanView>,
    /// Its rows: devices, then links.
    pub rows: Vec<Row>,
    /// Row and lane of each task.
    pub places: Vec<(usize, usize)>,
    /// The category of the node of each task, where it is known.
    pub categories: Vec<Option<Category>>,
    /// When each task was to begin and end by the first forecast [s].
    pub first_s: Vec<(f64, f64)>,
    /// For the first task of each node, when its first was to begin and its last to end by the first forecast [s]: what
    /// happened is known by node, not by task.
    pub node_s: Vec<Option<(f64, f64)>>,
    /// Which of the plan's tasks has a number.
    by_id: HashMap<usize, usize>,
    /// Whether every task says which node it is of.
    pub by_node_id: bool,
    /// When the last thing ends [s].
    pub end_s: f64,
}

impl Laid {
    /// Lays out a plan. `first` is the one that a run began with, `category` says what kind a node is.
    pub fn new(plan: &Arc<PlanView>, first: Option<&PlanView>, category: &dyn Fn(NodeId) -> Option<Category>) -> Self {
        let before: HashMap<usize, (f64, f64)> = first
            .into_iter()
            .flat_map(|first| first.tasks.iter().map(|task| (task.id, (task.start_s, task.finish_s))))
            .collect();
        let first_s: Vec<(f64, f64)> = plan
            .tasks
            .iter()
            .map(|task| before.get(&task.id).copied().unwrap_or((task.start_s, task.finish_s)))
            .collect();
        let mut firsts: HashMap<&str, usize> = HashMap::new();
        let mut node_s: Vec<Option<(f64, f64)>> = vec![None; plan.tasks.len()];
        for (index, task) in plan.tasks.iter().enumerate() {
            let first = *firsts.entry(&task.node).or_insert(index);
            let (start_s, finish_s) = first_s[index];
            let whole = node_s[first].get_or_insert((start_s, finish_s));
            *whole = (whole.0.min(start_s), whole.1.max(finish_s));
        }
        let mut devices: Vec<&DeviceId> = plan.devices.iter().collect();
        let known: BTreeSet<&DeviceId> = devices.iter().copied().collect();
        let further: BTreeSet<&DeviceId> =
            plan.tasks.iter().map(|task| &task.device).filter(|device| !known.contains(device)).collect();
        devices.extend(further);
        let row_of: HashMap<&DeviceId, usize> = devices.iter().enumerate().map(|(row, id)| (*id, row)).collect();
        let mut spans: Vec<Vec<Span>> = vec![Vec::new(); devices.len()];
        for (index, task) in (0_u32..).zip(&plan.tasks) {
            if let Some(row) = row_of.get(&task.device) {
                spans[*row].push(span(index, task.start_s, task.finish_s));
            }
        }
        let by_id: HashMap<usize, usize> =
            plan.tasks.iter().enumerate().map(|(index, task)| (task.id, index)).collect();
        let mut rows: Vec<Row> = devices
            .iter()
            .zip(spans)
            .map(|(device, spans)| {
                let memory = memory(plan, device);
                let load = plan.loads.iter().find(|load| load.device == **device);
                let lanes = lanes(spans);
                Row {
                    of: RowOf::Device((*device).clone()),
                    busy: load.map_or_else(|| busy(&lanes, plan.makespan_s), |load| load.busy),
                    peak_bytes: memory.iter().map(|step| step.used_bytes).fold(0.0, f64::max),
                    memory_bytes: load.and_then(|load| load.memory_bytes).map(|bytes| bytes as f64),
                    memory,
                    lanes,
                }
            })
            .collect();
        let links: BTreeSet<&str> = plan.transfers.iter().map(|transfer| transfer.link.as_str()).collect();
        for link in links {
            let of_link = (0_u32..).zip(&plan.transfers).filter(|(_, transfer)| transfer.link == link);
            let lanes = lanes(of_link.map(|(index, t)| span(index, t.start_s, t.finish_s)).collect());
            rows.push(Row {
                of: RowOf::Link(link.to_owned()),
                busy: busy(&lanes, plan.makespan_s),
                lanes,
                memory: Vec::new(),
                peak_bytes: 0.0,
                memory_bytes: None,
            });
        }
        let mut places = vec![(0, 0); plan.tasks.len()];
        for (row, of) in rows.iter().enumerate().filter(|(_, row)| matches!(row.of, RowOf::Device(_))) {
            for (lane, spans) in of.lanes.iter().enumerate() {
                for span in spans {
                    places[span.index as usize] = (row, lane);
                }
            }
        }
        let ends = rows.iter().flat_map(|row| row.lanes.iter().filter_map(|lane| Some(lane.last()?.finish_s)));
        let makespan_s = if plan.makespan_s.is_finite() { plan.makespan_s } else { 0.0 };
        Self {
            end_s: ends.fold(makespan_s, f64::max),
            rows,
            places,
            categories: plan.tasks.iter().map(|task| category(task.node_id?)).collect(),
            by_node_id: plan.tasks.iter().all(|task| task.node_id.is_some()),
            first_s,
            node_s,
            by_id,
            plan: Arc::clone(plan),
        }
    }

    /// Which of the plan's tasks has this number.
    pub fn index_of(&self, id: usize) -> Option<usize> {
        self.by_id.get(&id).copied()
    }

    /// The task that the keyboard comes to from one: to the left and right in its lane, up and down to the lane beside,
    /// where it is nearest in time.
    pub fn beside(&self, index: usize, right: i32, down: i32) -> Option<usize> {
        let (row, lane) = *self.places.get(index)?;
        let task = self.plan.tasks.get(index)?;
        if right != 0 {
            let spans = self.rows.get(row)?.lanes.get(lane)?;
            let at = spans.iter().position(|span| span.index as usize == index)?;
            let to = at.checked_add_signed(right as isize)?;
            return Some(spans.get(to)?.index as usize);
        }
        let all: Vec<&Vec<Span>> = self
            .rows
            .iter()
            .filter(|row| matches!(row.of, RowOf::Device(_)))
            .flat_map(|row| row.lanes.iter().filter(|lane| !lane.is_empty()))
            .collect();
        let own = self.rows.get(row)?.lanes.get(lane)?;
        let at = all.iter().position(|lane| std::ptr::eq(*lane, own))?;
        let spans = all.get(at.checked_add_signed(down as isize)?)?;
        let middle_s = (task.start_s + task.finish_s) / 2.0;
        let far = |span: &Span| (span.start_s - middle_s).max(middle_s - span.finish_s).max(0.0);
        spans.iter().min_by(|a, b| far(a).total_cmp(&far(b))).map(|span| span.index as usize)
    }
}

fn span(index: u32, start_s: f64, finish_s: f64) -> Span {
    // What a plan says comes from elsewhere: nothing may stand where it cannot be compared.
    let start_s = if start_s.is_finite() { start_s.max(0.0) } else { 0.0 };
    let finish_s = if finish_s.is_finite() { finish_s.max(start_s) } else { start_s };
    Span { index, start_s, finish_s }
}

/// Puts spans into lanes: each into the first that is free when it begins.
pub(super) fn lanes(mut spans: Vec<Span>) -> Vec<Vec<Span>> {
    spans.sort_by(|a, b| a.start_s.total_cmp(&b.start_s).then(a.index.cmp(&b.index)));
    let mut lanes: Vec<Vec<Span>> = Vec::new();
    let mut free: BTreeSet<usize> = BTreeSet::new();
    let mut taken: BinaryHeap<Reverse<(Time, usize)>> = BinaryHeap::new();
    for span in spans {
        while let Some(Reverse((until, lane))) = taken.peek().copied()
            && until.0 <= span.start_s + TOUCH_S
        {
            taken.pop();
            free.insert(lane);
        }
        let lane = free.pop_first().unwrap_or_else(|| {
            lanes.push(Vec::new());
            lanes.len() - 1
        });
        taken.push(Reverse((Time(span.finish_s), lane)));
        lanes[lane].push(span);
    }
    lanes
}

/// A time that can be ordered.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Time(f64);

impl Eq for Time {}

impl PartialOrd for Time {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Time {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

fn busy(lanes: &[Vec<Span>], makespan_s: f64) -> f64 {
    let sum: f64 = lanes.iter().flatten().map(|span| span.finish_s - span.start_s).sum();
    let room = makespan_s * lanes.len() as f64;
    if room > 0.0 { (sum / room).clamp(0.0, 1.0) } else { 0.0 }
}

/// What memory of a device is in use over time: of the tasks that compute and of the weights that stay.
fn memory(plan: &PlanView, device: &DeviceId) -> Vec<MemoryStep> {
    // When, how much more is used, and how much of it are weights.
    let mut changes: Vec<(f64, f64, f64)> = Vec::new();
    let mut change = |start_s: f64, finish_s: f64, bytes: u64, weights: bool| {
        let span = span(0, start_s, finish_s);
        let bytes = bytes as f64;
        let of_weights = if weights { bytes } else { 0.0 };
        changes.push((span.start_s, bytes, of_weights));
        changes.push((span.finish_s, -bytes, -of_weights));
    };
    for task in plan.tasks.iter().filter(|task| task.device == *device && task.memory_bytes > 0) {
        change(task.start_s, task.finish_s, task.memory_bytes, false);
    }
    for resident in plan.residents.iter().filter(|r| r.device == *device && r.bytes > 0) {
        change(resident.start_s, resident.finish_s, resident.bytes, true);
    }
    changes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut steps: Vec<MemoryStep> = Vec::new();
    let (mut used_bytes, mut weights_bytes) = (0.0, 0.0);
    for (at_s, more, of_weights) in changes {
        used_bytes += more;
        weights_bytes += of_weights;
        match steps.last_mut().filter(|last| last.at_s >= at_s) {
            Some(last) => (last.used_bytes, last.weights_bytes) = (used_bytes, weights_bytes),
            None => steps.push(MemoryStep { at_s, used_bytes, weights_bytes }),
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use weft_protocol::{PlannedTask, PlannedTransfer, Resident};

    use super::*;

    proptest! {
        #[test]
        fn in_a_lane_nothing_hides_another_and_there_are_no_more_lanes_than_at_once(
            times in prop::collection::vec((0.0..100.0_f64, 0.0..20.0_f64), 0..120)
        ) {
            let spans: Vec<Span> =
                (0_u32..).zip(&times).map(|(index, (start, length))| span(index, *start, start + length)).collect();
            let lanes = lanes(spans.clone());
            for lane in &lanes {
                for pair in lane.windows(2) {
                    prop_assert!(pair[0].finish_s <= pair[1].start_s + TOUCH_S);
                }
            }
            let mut all: Vec<u32> = lanes.iter().flatten().map(|span| span.index).collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..spans.len() as u32).collect::<Vec<_>>());
            let at_once = |t: f64| spans.iter().filter(|s| s.start_s <= t && t < s.finish_s.max(s.start_s + TOUCH_S)).count();
            let most = spans.iter().map(|s| at_once(s.start_s)).max().unwrap_or(0);
            prop_assert!(lanes.len() <= most.max(1) || spans.iter().any(|s| s.finish_s - s.start_s < 1e-6));
        }
    }

    fn task(id: usize, device: &str, start_s: f64, finish_s: f64, memory_bytes: u64) -> PlannedTask {
        let device = DeviceId(device.to_owned());
        PlannedTask { id, device, start_s, finish_s, memory_bytes, ..PlannedTask::default() }
    }

    fn laid(plan: PlanView) -> Laid {
        Laid::new(&Arc::new(plan), None, &|_| None)
    }

    #[test]
    fn devices_have_rows_idle_ones_too_and_links_come_last() {
        let laid = laid(PlanView {
            makespan_s: 10.0,
            devices: vec![DeviceId::cpu(), DeviceId("gpu0".to_owned())],
            tasks: vec![task(7, "cpu", 0.0, 4.0, 0), task(9, "gpu1", 5.0, 10.0, 0)],
            transfers: vec![PlannedTransfer {
                from: 7,
                to: 9,
                link: "cpu → gpu1".to_owned(),
                start_s: 4.0,
                finish_s: 12.0,
                bytes: 1,
            }],
            ..PlanView::default()
        });
        let rows: Vec<_> = laid.rows.iter().map(|row| row.of.clone()).collect();
        let device = |id: &str| RowOf::Device(DeviceId(id.to_owned()));
        assert_eq!(rows, [device("cpu"), device("gpu0"), device("gpu1"), RowOf::Link("cpu → gpu1".to_owned())]);
        assert_eq!((laid.index_of(9), laid.index_of(8)), (Some(1), None));
        assert!((laid.end_s - 12.0).abs() < 1e-9, "a late transfer is in the picture");
        assert!((laid.rows[0].busy - 0.4).abs() < 1e-9);
    }

    #[test]
    fn memory_is_that_of_tasks_and_of_weights_that_stay() {
        let laid = laid(PlanView {
            makespan_s: 10.0,
            devices: vec![DeviceId::cpu()],
            tasks: vec![task(0, "cpu", 0.0, 4.0, 100), task(1, "cpu", 2.0, 6.0, 50)],
            residents: vec![Resident { task: 0, device: DeviceId::cpu(), start_s: 3.0, finish_s: 8.0, bytes: 10 }],
            ..PlanView::default()
        });
        let steps: Vec<_> = laid.rows[0].memory.iter().map(|s| (s.at_s, s.used_bytes, s.weights_bytes)).collect();
        let expected = [(0.0, 100.0, 0.0), (2.0, 150.0, 0.0), (3.0, 160.0, 10.0), (4.0, 60.0, 10.0)];
        assert_eq!(steps[..4], expected);
        assert_eq!(steps[4..], [(6.0, 10.0, 10.0), (8.0, 0.0, 0.0)]);
        assert_eq!(laid.rows[0].peak_bytes, 160.0);
    }

    #[test]
    fn times_that_make_no_sense_break_nothing() {
        let plan = PlanView {
            makespan_s: f64::NAN,
            tasks: vec![task(0, "cpu", f64::NAN, 1.0, 3), task(1, "cpu", 5.0, f64::NEG_INFINITY, 3)],
            ..PlanView::default()
        };
        let laid = laid(plan);
        assert!(laid.end_s.is_finite());
        assert_eq!(laid.rows[0].lanes.iter().map(Vec::len).sum::<usize>(), 2);
    }

    #[test]
    fn arrows_lead_along_a_lane_and_to_the_lane_beside() {
        let laid = laid(PlanView {
            makespan_s: 20.0,
            tasks: vec![
                task(0, "cpu", 0.0, 10.0, 0),
                task(1, "cpu", 5.0, 12.0, 0),
                task(2, "cpu", 10.0, 20.0, 0),
                task(3, "gpu0", 15.0, 16.0, 0),
            ],
            ..PlanView::default()
        });
        assert_eq!(laid.beside(0, 1, 0), Some(2));
        assert_eq!(laid.beside(0, -1, 0), None);
        assert_eq!(laid.beside(2, 0, 1), Some(1), "the only one of that lane");
        assert_eq!(laid.beside(1, 0, 1), Some(3), "the lane of the next device");
        assert_eq!(laid.beside(3, 0, -1), Some(1));
        assert_eq!(laid.beside(3, 0, 1), None);
    }
}
