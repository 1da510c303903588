//! The lane of samples: coalesced for each node, the newest wins, sent a few times in a hundred milliseconds.
//!
//! Must not know what the samples mean. Points that are left out here stand in the run store.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use weft_model::NodeId;
use weft_protocol::event::{Progress, Resources};
use weft_protocol::plan::Convergence;
use weft_protocol::{MetricPoint, RunId, Sample};

/// Time between two batches.
const EVERY: Duration = Duration::from_millis(30);
/// Points of a node that may wait; the oldest are left out.
const POINTS: usize = 8_192;

#[derive(Debug)]
struct Waiting {
    run: RunId,
    name: String,
    points: Vec<MetricPoint>,
    left_out: u64,
}

/// The sending side of the samples.
#[derive(Debug)]
pub(crate) struct SampleLane {
    lane: Sender<Sample>,
    progress: BTreeMap<NodeId, Progress>,
    points: BTreeMap<NodeId, Waiting>,
    resources: Option<Resources>,
    /// Points of searches for plans, by question and rule.
    planning: BTreeMap<(u64, usize), Vec<Convergence>>,
    due: Instant,
}

impl SampleLane {
    pub(crate) fn new(lane: Sender<Sample>) -> Self {
        Self {
            lane,
            progress: BTreeMap::new(),
            points: BTreeMap::new(),
            resources: None,
            planning: BTreeMap::new(),
            due: Instant::now(),
        }
    }

    pub(crate) fn progress(&mut self, progress: Progress) {
        self.progress.insert(progress.node, progress);
    }

    pub(crate) fn resources(&mut self, resources: Resources) {
        self.resources = Some(resources);
    }

    /// A point of a search; of a later question alone, if there is one.
    pub(crate) fn planning(&mut self, ticket: u64, rule: usize, point: Convergence) {
        self.planning.retain(|(asked, _), _| *asked == ticket);
        let points = self.planning.entry((ticket, rule)).or_default();
        // A search that improves all the time is drawn by its newest points.
        if points.len() >= POINTS {
            points.drain(..POINTS / 2);
        }
        points.push(point);
    }

    pub(crate) fn points(&mut self, run: RunId, node: NodeId, name: &str, points: Vec<MetricPoint>) {
        let waiting = self.points.entry(node).or_insert_with(|| Waiting {
            run,
            name: name.to_owned(),
            points: Vec::new(),
            left_out: 0,
        });
        if waiting.run != run {
            *waiting = Waiting { run, name: name.to_owned(), points: Vec::new(), left_out: 0 };
        }
        waiting.points.extend(points);
        // Cut rarely, so that cutting costs no more than adding.
        if waiting.points.len() > 2 * POINTS {
            let surplus = waiting.points.len() - POINTS;
            waiting.points.drain(..surplus);
            waiting.left_out += surplus as u64;
        }
    }

    /// Whether anything waits.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.progress.is_empty() || !self.points.is_empty() || self.resources.is_some() || !self.planning.is_empty()
    }

    /// Sends what fits, if it is time or `now` says so. Says whether anything was sent.
    pub(crate) fn send(&mut self, at_once: bool) -> bool {
        if !self.is_waiting() || (!at_once && Instant::now() < self.due) {
            return false;
        }
        self.due = Instant::now() + EVERY;
        let mut sent = false;
        while let Some((node, progress)) = self.progress.pop_first() {
            match self.lane.try_send(Sample::Progress(progress)) {
                Ok(()) => sent = true,
                Err(refused) => {
                    if let Sample::Progress(progress) = refused.into_inner() {
                        self.progress.insert(node, progress);
                    }
                    return sent;
                }
            }
        }
        while let Some((node, Waiting { run, name, points, left_out })) = self.points.pop_first() {
            match self.lane.try_send(Sample::Metrics { run, node, name, points, left_out }) {
                Ok(()) => sent = true,
                Err(refused) => {
                    if let Sample::Metrics { run, node, name, points, left_out } = refused.into_inner() {
                        self.points.insert(node, Waiting { run, name, points, left_out });
                    }
                    return sent;
                }
            }
        }
        if let Some(resources) = self.resources.take() {
            match self.lane.try_send(Sample::Resources(resources)) {
                Ok(()) => sent = true,
                Err(refused) => {
                    if let Sample::Resources(resources) = refused.into_inner() {
                        self.resources = Some(resources);
                    }
                }
            }
        }
        while let Some(((ticket, rule), points)) = self.planning.pop_first() {
            match self.lane.try_send(Sample::Planning { ticket, rule, points }) {
                Ok(()) => sent = true,
                Err(refused) => {
                    if let Sample::Planning { ticket, rule, points } = refused.into_inner() {
                        self.planning.insert((ticket, rule), points);
                    }
                    return sent;
                }
            }
        }
        sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(step: u64) -> MetricPoint {
        let part = weft_protocol::Part::Train;
        MetricPoint { name: "loss".into(), part, epoch: 1, step, per_epoch: false, value: 0.5 }
    }

    fn progress(step: u64) -> Progress {
        Progress {
            run: RunId(1),
            node: NodeId(7),
            name: "train".into(),
            step,
            steps: 10,
            epoch: None,
            epochs: None,
            elapsed_s: 0.0,
            eta_s: None,
        }
    }

    #[test]
    fn while_the_receiver_does_not_keep_up_the_newest_wins_and_the_rest_is_counted() {
        let (lane, received) = crossbeam_channel::bounded(2);
        let mut samples = SampleLane::new(lane.clone());
        lane.try_send(Sample::Resources(Resources::default())).unwrap();
        lane.try_send(Sample::Resources(Resources::default())).unwrap();
        let count = 5 * POINTS as u64;
        for step in 0..count {
            samples.progress(progress(step));
            samples.points(RunId(1), NodeId(7), "train", vec![point(step)]);
            if step % 1_000 == 0 {
                assert!(!samples.send(true));
            }
        }
        received.try_iter().for_each(drop);
        assert!(samples.send(true));
        let got: Vec<Sample> = received.try_iter().collect();
        assert_eq!(got[0], Sample::Progress(progress(count - 1)));
        let Sample::Metrics { points, left_out, .. } = &got[1] else { panic!("{got:?}") };
        assert_eq!(points.last(), Some(&point(count - 1)));
        assert_eq!(points.len() as u64 + left_out, count);
        assert!(!samples.is_waiting());
    }
}
