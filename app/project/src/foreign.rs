//! Task graphs that come from elsewhere as projects of timed tasks: named, wired and laid out. Knows no format of a file
//! but our own: whoever reads one says here what it holds.

use std::collections::BTreeMap;
use std::path::Path;

use weft_model::layout::{Outline, arrange};
use weft_model::timed::{DONE, MB, MOST_MB, MOST_S, TIMED_TASK, entries_text};
use weft_model::{Edit, Endpoint, Graph, Localised, Node, NodeId, Phase, Value, Wire, WireId, timed};

use crate::Project;

/// Endings of the names of files that hold workflows of other programs: WfCommons' WfFormat and the Standard Task Graph Set.
pub const FOREIGN_EXTENSIONS: [&str; 2] = ["json", "stg"];

/// Whether a file's name says that it holds a workflow of another program.
pub fn is_foreign(path: &Path) -> bool {
    let ending = path.extension().and_then(|e| e.to_str());
    ending.is_some_and(|ending| FOREIGN_EXTENSIONS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// How large a timed task is drawn, near enough to leave room for it [points at zoom 1].
const SIZE: [f64; 2] = [190.0, 164.0];
/// Characters of a name.
const LONGEST_NAME: usize = 120;

/// A task of a graph from elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphTask {
    /// What it is called there.
    pub name: String,
    /// How long it runs [s].
    pub run_s: f64,
    /// Most memory that it takes meanwhile [bytes]; 0 where that is not known.
    pub memory_bytes: u64,
}

/// One task waits for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GraphWire {
    /// Position of the task that is waited for.
    pub from: usize,
    /// Position of the task that waits.
    pub to: usize,
    /// What the one sends to the other [bytes].
    pub bytes: u64,
}

/// A graph of tasks from elsewhere.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TaskGraph {
    /// What it is called; may be empty.
    pub title: String,
    /// The tasks.
    pub tasks: Vec<GraphTask>,
    /// What waits for what. A wire to a task that is not there, or from a task to itself, is left out, and so is one that
    /// was there before.
    pub wires: Vec<GraphWire>,
}

impl TaskGraph {
    /// A new project of it, under an identifier of its own: a timed task each, to the right of what it waits for. Nodes
    /// and wires are numbered from 1 in the order of the lists. Names that are taken get a number, and durations and
    /// amounts that no node may state are brought into range.
    pub fn project(&self) -> Project {
        let mut graph = Graph::default();
        let id = |at: usize| NodeId(at as u64 + 1);
        let add = |graph: &mut Graph, edit: Edit| {
            // Names, identifiers and inputs are free: nothing can stand against it.
            let added = graph.apply(edit);
            debug_assert!(added.is_ok(), "{added:?}");
        };
        for (at, task) in self.tasks.iter().enumerate() {
            let mut node = Node::new(TIMED_TASK, graph.free_name(&plain(&task.name)), [0.0; 2]);
            node.params.insert("run_s".into(), Value::Float(within(task.run_s, MOST_S)));
            if task.memory_bytes > 0 {
                node.params.insert("memory_mb".into(), megabytes(task.memory_bytes));
            }
            add(&mut graph, Edit::AddNode { id: id(at), node });
        }
        // What each sends to each, in the order of the tasks.
        let mut sent: BTreeMap<usize, BTreeMap<usize, u64>> = BTreeMap::new();
        let count = self.tasks.len();
        let mut number = 0;
        for wire in self.wires.iter().filter(|w| w.from < count && w.to < count && w.from != w.to) {
            let before = sent.entry(wire.from).or_default().insert(wire.to, wire.bytes);
            if before.is_some() {
                continue;
            }
            number += 1;
            let ends = (Endpoint::new(id(wire.from), DONE), Endpoint::new(id(wire.to), timed::input_of(Phase::Run)));
            add(&mut graph, Edit::AddWire { id: WireId(number), wire: Wire::new(ends.0, ends.1) });
        }
        for (from, amounts) in sent {
            for (param, value) in amounts_of(&graph, &amounts, id) {
                add(&mut graph, Edit::SetParam { id: id(from), param: param.to_owned(), value: Some(value) });
            }
        }
        let nodes: Vec<NodeId> = graph.nodes().map(|(id, _)| id).collect();
        let arranged = arrange(&graph, &nodes, |_| Outline::of_size(SIZE));
        add(&mut graph, arranged);
        let title = plain(&self.title);
        Project {
            title: (!self.title.trim().is_empty()).then(|| Localised::new(title.as_str(), title.as_str())),
            ..Project::with_graph(graph)
        }
    }
}

/// The parameters that say what a task sends: the amount that most get, and the exceptions.
fn amounts_of(
    graph: &Graph,
    amounts: &BTreeMap<usize, u64>,
    id: impl Fn(usize) -> NodeId,
) -> Vec<(&'static str, Value)> {
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    for bytes in amounts.values() {
        *counts.entry(*bytes).or_default() += 1;
    }
    let usual = counts.into_iter().max_by_key(|(_, count)| *count).map_or(0, |(bytes, _)| bytes);
    let mut out = Vec::new();
    if usual > 0 {
        out.push(("output_mb", megabytes(usual)));
    }
    let others = amounts.iter().filter(|(_, bytes)| **bytes != usual);
    let others = others.filter_map(|(to, bytes)| Some((graph.node(id(*to))?.name.as_str(), *bytes as f64 / MB)));
    let text = entries_text(others);
    if !text.is_empty() {
        out.push(("sends", Value::Text(text)));
    }
    out
}

/// A name that can be said among others: on one line, without what parts names, and not too long.
fn plain(name: &str) -> String {
    let spoken: String = name
        .chars()
        .map(|c| match c {
            ';' | '；' => ',',
            // It parts the names of nodes within one another.
            '/' => '_',
            c => c,
        })
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST_NAME)
        .collect();
    match spoken.trim() {
        "" => "task".to_owned(),
        name => name.to_owned(),
    }
}

fn within(value: f64, most: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value.clamp(0.0, most) }
}

fn megabytes(bytes: u64) -> Value {
    Value::Float((bytes as f64 / MB).min(MOST_MB))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use weft_model::timed::TimedTask;
    use weft_model::validate::validate;

    use super::*;

    fn task(name: &str, run_s: f64, memory_bytes: u64) -> GraphTask {
        GraphTask { name: name.to_owned(), run_s, memory_bytes }
    }

    fn stated(project: &Project, name: &str) -> TimedTask {
        let id = project.graph.node_named(name).unwrap_or_else(|| panic!("no node '{name}'"));
        TimedTask::of(project.graph.node(id).unwrap()).unwrap()
    }

    #[test]
    fn tasks_become_nodes_with_their_times_memory_and_amounts() {
        let wire = |from, to, bytes| GraphWire { from, to, bytes };
        let project = TaskGraph {
            title: "blast; small".into(),
            tasks: vec![
                task("split_fasta", 2.5, 1_000_001),
                task("Blast", 0.0, 0),
                task("blast", 1e99, 0),
                task(" ; ", f64::NAN, 0),
                task("merge", 4.0, 7),
            ],
            wires: vec![
                wire(0, 1, 10),
                wire(0, 2, 10),
                wire(0, 3, 11),
                wire(1, 4, 0),
                wire(2, 4, 3),
                wire(3, 4, 0),
                wire(0, 9, 1),
                wire(4, 4, 1),
                wire(1, 4, 0),
            ],
        }
        .project();
        assert_eq!(project.title.as_ref().map(|t| t.en.as_str()), Some("blast, small"));
        assert_eq!(project.graph.check(), Ok(()));
        assert_eq!(validate(&project.graph, &BTreeMap::new()), []);
        assert_eq!(project.graph.wires().len(), 6);
        let first = stated(&project, "split_fasta");
        assert_eq!((first.total_s(), first.memory_bytes), (2.5, 1_000_001));
        let sent = |name: &str| first.sent_bytes_to(name);
        assert_eq!([sent("Blast"), sent("blast 2"), sent(",")], [10, 10, 11]);
        assert_eq!((stated(&project, "Blast").total_s(), stated(&project, "blast 2").total_s()), (0.0, MOST_S));
        assert_eq!(stated(&project, "blast 2").sent_bytes_to("merge"), 3);
        let place = |name: &str| project.graph.node(project.graph.node_named(name).unwrap()).unwrap().pos;
        assert!(place("split_fasta")[0] < place("Blast")[0] && place("Blast")[0] < place("merge")[0]);
    }

    #[test]
    fn thousands_of_tasks_are_laid_out_without_covering_one_another() {
        let tasks = (0..2_000).map(|n| task(&format!("t{n}"), f64::from(n % 7), 0)).collect();
        let wires = (1..2_000).flat_map(|to: usize| {
            [to / 3, to.saturating_sub(97), to / 2].map(|from| GraphWire { from, to, bytes: to as u64 })
        });
        let project = TaskGraph { title: String::new(), tasks, wires: wires.collect() }.project();
        assert_eq!(project.graph.nodes().len(), 2_000);
        for (_, wire) in project.graph.wires() {
            let x = |id| project.graph.node(id).unwrap().pos[0];
            assert!(x(wire.from.node) + SIZE[0] <= x(wire.to.node));
        }
        let mut cells: BTreeMap<i64, Vec<[f64; 2]>> = BTreeMap::new();
        for (_, node) in project.graph.nodes() {
            cells.entry(node.pos[0] as i64).or_default().push(node.pos);
        }
        for column in cells.values_mut() {
            column.sort_by(|a, b| a[1].total_cmp(&b[1]));
            assert!(column.windows(2).all(|pair| pair[0][1] + SIZE[1] <= pair[1][1]));
        }
    }

    proptest! {
        #[test]
        fn everything_survives_the_file(
            tasks in prop::collection::vec(("[a-c;= ./\n]{0,4}", 0.0_f64..1e5, 0_u64..(1 << 50)), 0..12),
            wires in prop::collection::vec((0_usize..12, 0_usize..12, 0_u64..(1 << 50)), 0..30),
        ) {
            let mut wires: Vec<GraphWire> = wires
                .into_iter()
                .filter(|(from, to, _)| from < to && *to < tasks.len())
                .map(|(from, to, bytes)| GraphWire { from, to, bytes })
                .collect();
            wires.sort_by_key(|w| (w.from, w.to));
            wires.dedup_by_key(|w| (w.from, w.to));
            let graph = TaskGraph {
                title: "t".into(),
                tasks: tasks.into_iter().map(|(name, run_s, memory)| task(&name, run_s, memory)).collect(),
                wires,
            };
            let text = graph.project().to_text();
            let (project, problems) = crate::read_str(&text, std::path::Path::new("t.weft")).unwrap();
            prop_assert_eq!(problems, []);
            prop_assert!(validate(&project.graph, &BTreeMap::new()).iter().all(|p| p.code == "empty_graph"));
            let node = |at: usize| project.graph.node(NodeId(at as u64 + 1)).unwrap();
            for (at, task) in graph.tasks.iter().enumerate() {
                let stated = TimedTask::of(node(at)).unwrap();
                prop_assert_eq!((stated.total_s(), stated.memory_bytes), (task.run_s, task.memory_bytes));
            }
            prop_assert_eq!(project.graph.wires().len(), graph.wires.len());
            for wire in &graph.wires {
                prop_assert!(project.graph.successors(NodeId(wire.from as u64 + 1)).contains(&NodeId(wire.to as u64 + 1)));
                let stated = TimedTask::of(node(wire.from)).unwrap();
                prop_assert_eq!(stated.sent_bytes_to(&node(wire.to).name), wire.bytes);
            }
        }
    }
}
