//! What a timed task states: how long each of its phases takes, what it holds meanwhile and what it sends. Planner, engine
//! and validation read it here, so that the texts among its parameters mean one thing.
//!
//! Knows no devices: names are only compared. Amounts are in bytes here and in MB, a million bytes, on the node.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::Phase;
use crate::edit::Edit;
use crate::fix::Fix;
use crate::graph::{Graph, Node};
use crate::id::NodeId;
use crate::text::{Localised, brief};
use crate::validate::Problem;
use crate::value::Value;

/// The kind of node that takes a stated time.
pub const TIMED_TASK: &str = "timed_task";
/// Its only output.
pub const DONE: &str = "done";
/// The input that holds back a phase.
pub const fn input_of(phase: Phase) -> &'static str {
    match phase {
        Phase::Train => "train",
        Phase::Deploy => "deploy",
        Phase::Run => "run",
    }
}

/// The longest that a phase may be stated to take [s].
pub const MOST_S: f64 = 1e12;
/// The most memory or data that may be stated [MB].
pub const MOST_MB: f64 = 1e12;
/// The most often that a task may be stated to fail.
pub const MOST_TIMES: i64 = 1_000_000;
/// Bytes in a MB.
pub const MB: f64 = 1e6;
/// Characters of a text that a message repeats at most.
const LONGEST: usize = 40;

/// What a timed task states.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedTask {
    /// How long each phase takes, in the order in which they follow one another [s]; 0 where it has no such phase.
    pub durations_s: [(Phase, f64); 3],
    /// By what share of the stated time it may really take more or less, 0 to 1.
    pub spread: f64,
    /// Most memory that each phase takes while it goes on [bytes].
    pub memory_bytes: u64,
    /// Memory that stays taken from the beginning of its deployment to the end of its run [bytes].
    pub weights_bytes: u64,
    /// How much of what a device can do at a time it takes, 0 to 1.
    pub share: f64,
    /// How many times faster than stated it is on some devices, by their names in lower case; above 0.
    pub speeds: BTreeMap<String, f64>,
    /// What it sends to each node that it feeds [bytes], but for those in `sends`.
    pub sent_bytes: u64,
    /// What it sends to some nodes, by their names in lower case [bytes].
    pub sends: BTreeMap<String, u64>,
    /// How often it fails before it succeeds.
    pub failures: u32,
}

impl TimedTask {
    /// What a node states; none for a node of another kind. A value that is not allowed counts as its default would, a
    /// text that cannot be read as empty.
    pub fn of(node: &Node) -> Option<Self> {
        (node.kind == TIMED_TASK).then(|| Self::from_values(|id| node.param(id)))
    }

    /// The same from the parameters of a task, defaults filled in.
    pub fn from_params(params: &BTreeMap<String, Value>) -> Self {
        Self::from_values(|id| params.get(id).cloned())
    }

    fn from_values(value: impl Fn(&str) -> Option<Value>) -> Self {
        let number = |id: &str, default: f64, most: f64| {
            let given = value(id).and_then(|v| v.as_f64()).filter(|v| v.is_finite() && *v >= 0.0);
            given.unwrap_or(default).min(most)
        };
        let text = |id: &str| value(id).and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
        let speeds = entries(&text("speeds")).unwrap_or_default();
        let sends = entries(&text("sends")).unwrap_or_default();
        Self {
            durations_s: [
                (Phase::Train, number("train_s", 0.0, MOST_S)),
                (Phase::Deploy, number("deploy_s", 0.0, MOST_S)),
                (Phase::Run, number("run_s", 1.0, MOST_S)),
            ],
            spread: number("spread", 0.0, 1.0),
            memory_bytes: bytes(number("memory_mb", 0.0, MOST_MB)),
            weights_bytes: bytes(number("weights_mb", 0.0, MOST_MB)),
            share: number("share", 1.0, 1.0),
            speeds: speeds
                .into_iter()
                .filter_map(|(name, speed)| Some((name.to_lowercase(), speed.filter(|v| *v > 0.0)?)))
                .collect(),
            sent_bytes: bytes(number("output_mb", 0.0, MOST_MB)),
            sends: sends.into_iter().filter_map(|(name, mb)| Some((name.to_lowercase(), bytes(mb?)))).collect(),
            failures: number("failures", 0.0, MOST_TIMES as f64) as u32,
        }
    }

    /// The phases that it has, in the order in which they follow one another, and how long each is stated to take [s].
    /// A task of no length has its run.
    pub fn phases(&self) -> Vec<(Phase, f64)> {
        let all: Vec<_> = self.durations_s.into_iter().filter(|(_, s)| *s > 0.0).collect();
        if all.is_empty() { vec![(Phase::Run, 0.0)] } else { all }
    }

    /// How long all phases are stated to take together [s].
    pub fn total_s(&self) -> f64 {
        self.durations_s.iter().map(|(_, s)| s).sum()
    }

    /// How many times faster than stated it is on a device.
    pub fn speed_on(&self, device: &str) -> f64 {
        self.speeds.get(&device.to_lowercase()).copied().unwrap_or(1.0)
    }

    /// How long a phase really takes [s] when it is tried for the `attempt`-th time, counted from 0: the stated time, but
    /// for the spread, which is drawn from the seed.
    pub fn real_s(&self, phase: Phase, seed: u64, attempt: u32) -> f64 {
        let stated = self.durations_s.iter().find(|(p, _)| *p == phase).map_or(0.0, |(_, s)| *s);
        if self.spread == 0.0 {
            return stated;
        }
        let mixed = mix(seed ^ mix(u64::from(attempt) << 2 | phase as u64));
        // 53 bits make an even number from 0 up to 1.
        let even = (mixed >> 11) as f64 / (1_u64 << 53) as f64;
        stated * (1.0 + self.spread * (2.0 * even - 1.0))
    }

    /// What it sends to a node that it feeds, by the name that the node has or runs under [bytes].
    pub fn sent_bytes_to(&self, name: &str) -> u64 {
        if self.sends.is_empty() {
            return self.sent_bytes;
        }
        let name = name.to_lowercase();
        let own = name.rsplit('/').next().unwrap_or_default();
        self.sends.get(&name).or_else(|| self.sends.get(own)).copied().unwrap_or(self.sent_bytes)
    }
}

/// Spreads the bits of a number (SplitMix64, Steele, Lea and Flood, 2014).
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn bytes(mb: f64) -> u64 {
    (mb * MB).round() as u64
}

/// The entries of a text like `first = 20; second`: names, each with its number, if it has one. A name may hold anything
/// but a semicolon, and an `=` if a number follows.
///
/// # Errors
/// The entry that cannot be read, and what is wrong with it.
pub fn entries(text: &str) -> Result<Vec<(String, Option<f64>)>, Localised> {
    let mut out = Vec::new();
    for entry in text.split([';', '；']).map(str::trim).filter(|entry| !entry.is_empty()) {
        let wrong = |en: &str, zh: &str| {
            let said = brief(entry, LONGEST);
            Err(Localised::new(format!("'{said}' {en}"), format!("“{said}”{zh}")))
        };
        let (name, number) = match entry.rsplit_once('=') {
            None => (entry, None),
            Some((name, number)) => match number.trim().parse::<f64>() {
                Ok(number) if number.is_finite() && number >= 0.0 => (name.trim(), Some(number)),
                _ => return wrong("has no number of at least 0 after the '='", "的“=”之后不是不小于 0 的数"),
            },
        };
        if name.is_empty() {
            return wrong("names nothing", "没有名称");
        }
        out.push((name.to_owned(), number));
    }
    Ok(out)
}

/// The text that [`entries`] reads.
pub fn entries_text<'a>(entries: impl IntoIterator<Item = (&'a str, f64)>) -> String {
    entries.into_iter().map(|(name, number)| format!("{name} = {number}")).collect::<Vec<_>>().join("; ")
}

/// What is wrong with the texts of a timed task: none for a node of another kind.
pub(crate) fn problems(graph: &Graph, id: NodeId, node: &Node) -> Vec<Problem> {
    let mut out = Vec::new();
    let Some(decl) = node.decl().filter(|_| node.kind == TIMED_TASK) else { return out };
    let shown = brief(&node.name, 80);
    let unreadable = |param: &str, why: Localised| {
        let label = decl.param(param).map(|p| p.label).unwrap_or(crate::text::t("", ""));
        Problem::error(
            "bad_list",
            Localised::new(
                format!("{} of '{shown}': {}", label.en, why.en),
                format!("“{shown}”的{}：{}", label.zh, why.zh),
            ),
            Localised::new("write it as 'first = 20; second = 0.5'", "请写成“first = 20; second = 0.5”的形式"),
        )
        .at(id)
        .param(param)
        .fixes(vec![Fix::edit(
            Localised::new("Clear the value", "清空该值"),
            Edit::SetParam { id, param: param.to_owned(), value: None },
        )])
    };
    let text = |param: &str| node.param(param).and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
    match entries(&text("speeds")) {
        Err(why) => out.push(unreadable("speeds", why)),
        Ok(list) => {
            if let Some((name, _)) = list.iter().find(|(_, speed)| speed.is_none_or(|v| v == 0.0)) {
                let name = brief(name, LONGEST);
                let why = Localised::new(
                    format!("the speed on '{name}' is not above 0"),
                    format!("在“{name}”上的速度不大于 0"),
                );
                out.push(unreadable("speeds", why));
            }
        }
    }
    match entries(&text("sends")) {
        Err(why) => out.push(unreadable("sends", why)),
        Ok(list) if list.is_empty() => {}
        Ok(list) => {
            if let Some((name, _)) = list.iter().find(|(_, mb)| mb.is_none()) {
                let name = brief(name, LONGEST);
                let why = Localised::new(format!("'{name}' has no amount [MB]"), format!("“{name}”没有数据量 [MB]"));
                out.push(unreadable("sends", why));
            } else {
                out.extend(strangers(graph, id, &shown, &list));
            }
        }
    }
    out
}

/// A warning if amounts are stated for nodes that are not fed.
fn strangers(graph: &Graph, id: NodeId, shown: &str, list: &[(String, Option<f64>)]) -> Option<Problem> {
    let mut fed = BTreeSet::new();
    for next in graph.successors(id) {
        let next = graph.node(next)?;
        // Whatever stands behind a port of a subgraph has names of its own.
        if next.is_subgraph() || next.is_boundary() {
            return None;
        }
        fed.insert(next.name.to_lowercase());
    }
    let is_fed = |name: &str| fed.contains(&name.to_lowercase());
    let (known, unknown): (Vec<_>, Vec<_>) = list.iter().partition(|(name, _)| is_fed(name));
    let first = brief(&unknown.first()?.0, LONGEST);
    let text = entries_text(known.into_iter().filter_map(|(name, mb)| Some((name.as_str(), (*mb)?))));
    let value = (!text.is_empty()).then_some(Value::Text(text));
    let problem = Problem::error(
        "sends_nowhere",
        Localised::new(
            format!("'{shown}' states what it sends to '{first}', which it does not feed"),
            format!("“{shown}”写明了发送给“{first}”的数据，但并未连接到它"),
        ),
        Localised::new("wire it there, or take the entry away", "请连接到该节点，或去掉该项"),
    );
    let label = Localised::new("Take away what it does not feed", "去掉未连接的项");
    let edit = Edit::SetParam { id, param: "sends".to_owned(), value };
    Some(problem.warning().at(id).param("sends").fixes(vec![Fix::edit(label, edit)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(params: &[(&str, Value)]) -> TimedTask {
        let mut node = Node::new(TIMED_TASK, "t", [0.0; 2]);
        node.params = params.iter().map(|(id, value)| ((*id).to_owned(), value.clone())).collect();
        TimedTask::of(&node).unwrap()
    }

    #[test]
    fn phases_of_no_length_are_left_out() {
        let phases = |train: f64, deploy: f64, run: f64| {
            task(&[("train_s", train.into()), ("deploy_s", deploy.into()), ("run_s", run.into())]).phases()
        };
        assert_eq!(phases(3.0, 0.0, 2.0), [(Phase::Train, 3.0), (Phase::Run, 2.0)]);
        assert_eq!(phases(0.0, 0.0, 0.0), [(Phase::Run, 0.0)]);
        assert_eq!(task(&[]).phases(), [(Phase::Run, 1.0)]);
        assert_eq!(task(&[("train_s", Value::Int(3))]).total_s(), 4.0);
    }

    #[test]
    fn amounts_are_stated_for_all_and_for_some() {
        let task = task(&[
            ("output_mb", 2.5.into()),
            ("sends", "A first = 0.000001; a=b = 3；third=0".into()),
            ("speeds", " CPU = 0.5 ;gpu = 4; ".into()),
        ]);
        assert_eq!(task.sent_bytes_to("other"), 2_500_000);
        assert_eq!(task.sent_bytes_to("a FIRST"), 1);
        assert_eq!(task.sent_bytes_to("group/a first"), 1);
        assert_eq!(task.sent_bytes_to("a=b"), 3_000_000);
        assert_eq!(task.sent_bytes_to("third"), 0);
        assert_eq!(["cpu", "GPU", "other"].map(|device| task.speed_on(device)), [0.5, 4.0, 1.0]);
    }

    #[test]
    fn texts_that_cannot_be_read_say_what_is_wrong() {
        for (text, why) in [
            ("a = x", "'a = x' has no number of at least 0 after the '='"),
            ("a = -1", "'a = -1' has no number of at least 0 after the '='"),
            ("a = NaN", "'a = NaN' has no number of at least 0 after the '='"),
            ("b; = 3", "'= 3' names nothing"),
        ] {
            assert_eq!(entries(text).unwrap_err().en, why);
        }
        let list = [("one", 0.1), ("two = 2", 1e-9), ("three", 3e20)];
        let read = entries(&entries_text(list)).unwrap();
        assert_eq!(read, list.map(|(name, number)| (name.to_owned(), Some(number))));
    }

    #[test]
    fn the_real_time_stays_within_its_spread_and_follows_from_the_seed() {
        let task = task(&[("run_s", 10.0.into()), ("spread", 0.2.into())]);
        let drawn: Vec<f64> = (0..200).map(|seed| task.real_s(Phase::Run, seed, 0)).collect();
        assert!(drawn.iter().all(|s| (8.0..=12.0).contains(s)));
        let mean = drawn.iter().sum::<f64>() / 200.0;
        assert!((mean - 10.0).abs() < 0.3, "{mean}");
        assert_eq!(task.real_s(Phase::Run, 7, 0), task.real_s(Phase::Run, 7, 0));
        assert_ne!(task.real_s(Phase::Run, 7, 0), task.real_s(Phase::Run, 7, 1));
        assert_eq!(task.real_s(Phase::Train, 7, 0), 0.0);
    }

    #[test]
    fn bytes_survive_the_way_through_megabytes() {
        for bytes in [0_u64, 1, 999_999, 1_000_001, 123_456_789_012, (1 << 50) + 1] {
            assert_eq!(task(&[("output_mb", (bytes as f64 / MB).into())]).sent_bytes, bytes);
        }
    }
}
