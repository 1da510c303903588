//! What one project has beyond another, told line by line to a person: for the question whether lost edits are to be made
//! again. Knows no window and changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use weft_model::text::brief;
use weft_model::{Edit, Endpoint, Graph, Localised, Mode, NodeId, Value};

use crate::{Project, diff};

/// Characters of a name or a value that are shown.
const SHOWN: usize = 48;

fn l(en: impl Into<String>, zh: impl Into<String>) -> Localised {
    Localised::new(en, zh)
}

/// What leads from one project to another, a line each: what is about the project, then nodes that came and went, then
/// what was changed of those that stayed, then wires. What only concerns the drawing is counted. Empty if the two are
/// equal but for what a file keeps unread.
pub fn changes(from: &Project, to: &Project) -> Vec<Localised> {
    let edits = diff(&from.graph, &to.graph);
    let mut told = Told { lines: of_the_project(from, to), ..Told::default() };
    for edit in &edits {
        told.find_removed(edit);
    }
    for edit in &edits {
        told.take(edit, &from.graph, &to.graph);
    }
    let Told { lines: mut out, set, wires, names, moved, folded, led, other, .. } = told;
    for (before, name) in names.into_values() {
        let (before, name) = (brief(before, SHOWN), brief(name, SHOWN));
        out.push(l(format!("Renamed '{before}' to '{name}'"), format!("将“{before}”改名为“{name}”")));
    }
    out.extend(set);
    out.extend(wires);
    let counts = [
        (moved, "Moved one node", "Moved {} nodes", "移动 {} 个节点"),
        (folded, "Collapsed or expanded one node", "Collapsed or expanded {} nodes", "折叠或展开 {} 个节点"),
        (led, "Led one wire another way", "Led {} wires another way", "改变 {} 条连线的走线"),
        (other, "Changed one thing of the drawing", "Changed {} things of the drawing", "更改画面上的 {} 处"),
    ];
    for (count, one, many, zh) in counts {
        let number = count.to_string();
        match count {
            0 => {}
            1 => out.push(l(one, zh.replace("{}", &number))),
            _ => out.push(l(many.replace("{}", &number), zh.replace("{}", &number))),
        }
    }
    out
}

/// What is told so far.
#[derive(Default)]
struct Told<'a> {
    lines: Vec<Localised>,
    set: Vec<Localised>,
    wires: Vec<Localised>,
    /// Nodes that go: their wires go without saying.
    gone: BTreeSet<NodeId>,
    /// Name before and after: a node that changes its name may go round a third name, and only the last counts.
    names: BTreeMap<NodeId, (&'a str, &'a str)>,
    moved: usize,
    folded: usize,
    led: usize,
    other: usize,
}

impl<'a> Told<'a> {
    fn find_removed(&mut self, edit: &Edit) {
        match edit {
            Edit::RemoveNode { id } => drop(self.gone.insert(*id)),
            Edit::Inside { edit, .. } => self.find_removed(edit),
            _ => {}
        }
    }

    fn take(&mut self, edit: &'a Edit, from: &'a Graph, to: &'a Graph) {
        match edit {
            Edit::RemoveNode { id } => self.lines.push(about(from, *id, "Removed {}", "删除{}")),
            Edit::AddNode { id, .. } => self.lines.push(about(to, *id, "Added {}", "添加{}")),
            Edit::Rename { id, name } => {
                let before = from.node(*id).map_or("", |n| &n.name);
                self.names.insert(*id, (before, name));
            }
            Edit::SetParam { id, param, .. } => self.set.push(parameter(from, to, *id, param)),
            Edit::SetMode { id, mode } => self.set.push(match mode {
                Mode::Active => about(to, *id, "Let {} run again", "恢复运行{}"),
                Mode::Muted => about(to, *id, "Muted {}", "停用{}"),
                Mode::Bypassed => about(to, *id, "Bypassed {}", "绕过{}"),
            }),
            Edit::SetPlanning { id, .. } => {
                self.set.push(about(to, *id, "Changed how {} is planned", "更改{}的规划设置"));
            }
            Edit::Move { .. } => self.moved += 1,
            Edit::SetCollapsed { .. } => self.folded += 1,
            Edit::SetVia { .. } => self.led += 1,
            Edit::AddWire { wire, .. } => self.wires.push(wired(to, &wire.from, &wire.to, "Connected", "连接")),
            Edit::RemoveWire { id } => {
                let wire = from.wire(*id);
                let stays = |w: &&weft_model::Wire| ![w.from.node, w.to.node].iter().any(|n| self.gone.contains(n));
                if let Some(wire) = wire.filter(stays) {
                    self.wires.push(wired(from, &wire.from, &wire.to, "Disconnected", "断开"));
                }
            }
            Edit::Inside { id, edit } => {
                let inner = |graph: &'a Graph| graph.node(*id).and_then(|n| n.inner.as_deref());
                match inner(from).zip(inner(to)) {
                    Some((from, to)) => self.take(edit, from, to),
                    None => self.other += 1,
                }
            }
            Edit::Batch { .. } => self.other += 1,
        }
    }
}

fn of_the_project(from: &Project, to: &Project) -> Vec<Localised> {
    let mut out = Vec::new();
    if from.title != to.title {
        out.push(match &to.title {
            Some(title) => l(
                format!("Changed the title to '{}'", brief(&title.en, SHOWN)),
                format!("将标题改为“{}”", brief(&title.zh, SHOWN)),
            ),
            None => l("Removed the title", "删除标题"),
        });
    }
    if from.description != to.description {
        out.push(l("Changed the description", "更改说明"));
    }
    if from.seed != to.seed {
        out.push(l(
            format!("Changed the seed from {} to {}", from.seed, to.seed),
            format!("将随机种子由 {} 改为 {}", from.seed, to.seed),
        ));
    }
    out
}

/// A sentence about a node, by its name and its kind.
fn about(graph: &Graph, id: NodeId, en: &str, zh: &str) -> Localised {
    let Some(node) = graph.node(id) else { return l(en.replace("{}", "a node"), zh.replace("{}", "节点")) };
    let name = brief(&node.name, SHOWN);
    let kind =
        node.decl().map_or_else(|| l(&*brief(&node.kind, SHOWN), &*brief(&node.kind, SHOWN)), |d| d.label.into());
    l(
        en.replacen("{}", &format!("'{name}' ({})", kind.en), 1),
        zh.replacen("{}", &format!("“{name}”（{}）", kind.zh), 1),
    )
}

/// What a parameter was and what it is.
fn parameter(from: &Graph, to: &Graph, id: NodeId, param: &str) -> Localised {
    let decl = to.node(id).and_then(|n| n.decl()).and_then(|d| d.param(param));
    let label = decl.map_or_else(|| l(&*brief(param, SHOWN), &*brief(param, SHOWN)), |p| p.label.into());
    let name = to.node(id).map_or_else(Default::default, |n| brief(&n.name, SHOWN));
    let value = |graph: &Graph| match graph.node(id).and_then(|n| n.param(param)) {
        Some(Value::Layers(_)) => None,
        Some(value) => Some(brief(&value.to_string(), SHOWN).into_owned()),
        None => Some("–".to_owned()),
    };
    match (value(from), value(to)) {
        (Some(before), Some(after)) => l(
            format!("{} of '{name}': {before} → {after}", label.en),
            format!("“{name}”的{}：{before} → {after}", label.zh),
        ),
        _ => l(format!("Changed {} of '{name}'", label.en), format!("更改“{name}”的{}", label.zh)),
    }
}

fn wired(graph: &Graph, from: &Endpoint, to: &Endpoint, en: &str, zh: &str) -> Localised {
    let name = |end: &Endpoint| graph.node(end.node).map_or_else(Default::default, |n| brief(&n.name, SHOWN));
    let (a, b) = (name(from), name(to));
    let (out, into) = (brief(&from.port, SHOWN), brief(&to.port, SHOWN));
    l(format!("{en} '{a}' ({out}) and '{b}' ({into})"), format!("{zh}“{a}”（{out}）与“{b}”（{into}）"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(from: &Project, to: &Project) -> Vec<String> {
        changes(from, to).into_iter().map(|line| line.en).collect()
    }

    #[test]
    fn every_kind_of_change_has_its_line_and_equal_projects_have_none() {
        let from = crate::template("mnist").unwrap().project();
        assert_eq!(said(&from, &from), Vec::<String>::new());
        let mut to = from.clone();
        to.seed = 9;
        to.title = Some(l("Digits", "数字"));
        let node = |name: &str| from.graph.node_named(name).unwrap();
        let (train, split, evaluate) = (node("train"), node("split"), node("evaluate"));
        let wires: Vec<_> =
            from.graph.wires().filter(|(_, w)| w.to.node == evaluate || w.from.node == evaluate).collect();
        let mut edits: Vec<Edit> = wires.iter().map(|(id, _)| Edit::RemoveWire { id: *id }).collect();
        edits.push(Edit::RemoveNode { id: evaluate });
        edits.push(Edit::SetParam { id: train, param: "epochs".into(), value: Some(3.into()) });
        edits.push(Edit::SetMode { id: train, mode: Mode::Muted });
        edits.push(Edit::Move { id: split, pos: [5.0, 5.0] });
        edits.push(Edit::Move { id: train, pos: [5.0, 500.0] });
        edits.push(Edit::Rename { id: split, name: "parts".into() });
        to.graph.apply(Edit::Batch { edits }).unwrap();
        let lines = said(&from, &to);
        for line in [
            "Changed the title to 'Digits'",
            "Changed the seed from 7 to 9",
            "Removed 'evaluate' (Evaluate)",
            "Renamed 'split' to 'parts'",
            "Epochs of 'train': 10 → 3",
            "Muted 'train' (Train)",
            "Moved 2 nodes",
        ] {
            assert!(lines.contains(&line.to_owned()), "{line} is not among {lines:?}");
        }
        assert_eq!(lines.len(), 7, "the wires of a node that is gone go without saying: {lines:?}");
        let back = said(&to, &from);
        assert!(back.iter().any(|line| line == "Added 'evaluate' (Evaluate)"), "{back:?}");
        assert_eq!(back.iter().filter(|line| line.starts_with("Connected")).count(), wires.len(), "{back:?}");
    }

    #[test]
    fn names_that_are_exchanged_are_told_once_each_and_long_ones_are_cut() {
        let from = crate::template("mnist").unwrap().project();
        let mut to = from.clone();
        let [a, b] = ["train", "split"].map(|name| from.graph.node_named(name).unwrap());
        for (id, name) in [(a, "x"), (b, "train"), (a, "split")] {
            to.graph.apply(Edit::Rename { id, name: name.into() }).unwrap();
        }
        let mut lines = said(&from, &to);
        lines.sort();
        assert_eq!(lines, ["Renamed 'split' to 'train'", "Renamed 'train' to 'split'"]);
        to.graph.apply(Edit::Rename { id: a, name: "y".repeat(5_000) }).unwrap();
        assert!(said(&from, &to).iter().all(|line| line.chars().count() < 200));
    }
}
