//! What the selected nodes have in common: the parameters that all of them take, where their values agree, and how one
//! value is given to all of them. One node is the simplest case. Must not draw.

use std::collections::BTreeMap;

use egui::Id;
use weft_model::catalogue::hints::Hint;
use weft_model::{Graph, Localised, NodeId, NodeKind, ParamDecl, ParamKind, Value};

/// The value of a parameter over the selected nodes, defaults filled in.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Held {
    /// All have this one; none where an optional parameter is empty.
    Same(Option<Value>),
    /// They differ.
    Different,
}

/// One parameter of all the selected nodes.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// The declaration that label, help and unit are taken from.
    pub param: &'static ParamDecl,
    /// How it is set with least effort.
    pub hint: Hint,
    /// The nodes, each with its own declaration.
    pub targets: Vec<(NodeId, &'static ParamDecl)>,
    /// Each declaration once.
    decls: Vec<&'static ParamDecl>,
    /// Its value.
    pub held: Held,
    /// How many nodes have a value of their own.
    pub changed: usize,
    /// Name of its field.
    pub key: Id,
}

impl Row {
    /// A parameter of some nodes; `own` gives the value that a node has of its own.
    fn new<'a>(
        param: &'static ParamDecl,
        hint: Hint,
        targets: Vec<(NodeId, &'static ParamDecl)>,
        key: Id,
        own: impl Fn(NodeId) -> Option<&'a Value>,
    ) -> Self {
        let mut decls: Vec<&'static ParamDecl> = Vec::new();
        let mut held: Option<Held> = None;
        let mut changed = 0;
        for (id, decl) in &targets {
            if !decls.iter().any(|d| std::ptr::eq(*d, *decl)) {
                decls.push(decl);
            }
            let own = own(*id);
            changed += usize::from(own.is_some());
            let value = || own.cloned().or_else(|| decl.default.value());
            held = match held {
                None => Some(Held::Same(value())),
                Some(Held::Same(first)) if first == value() => Some(Held::Same(first)),
                Some(_) => Some(Held::Different),
            };
        }
        Self { param, hint, targets, decls, held: held.unwrap_or(Held::Different), changed, key: key.with(param.id) }
    }

    /// The value that all have.
    pub fn value(&self) -> Option<&Value> {
        match &self.held {
            Held::Same(value) => value.as_ref(),
            Held::Different => None,
        }
    }

    /// Whether the values differ.
    pub fn is_mixed(&self) -> bool {
        self.held == Held::Different
    }

    /// Whether every node takes this value; if not, what one of them takes.
    pub fn check(&self, value: &Value) -> Result<(), Localised> {
        self.decls.iter().try_for_each(|decl| decl.check(value))
    }

    /// Reads what stands in a field; nothing for an optional parameter that is empty. Numbers may be sums.
    pub fn parse(&self, text: &str) -> Result<Option<Value>, Localised> {
        let text = text.trim();
        if text.is_empty() && self.param.default.value().is_none() {
            return Ok(None);
        }
        let value = match self.param.parse(text) {
            Ok(value) => value,
            Err(why) => self.computed(text).ok_or(why)?,
        };
        self.check(&value).map(|()| Some(value))
    }

    /// The value of a sum.
    fn computed(&self, text: &str) -> Option<Value> {
        let number = super::arithmetic::evaluate(text)?;
        match self.param.kind {
            ParamKind::Float { .. } => Some(Value::Float(number)),
            ParamKind::Int { .. } | ParamKind::Seed => {
                // What is not whole stays a float, so that the check says so with the number.
                Some(Value::Float(number).as_i64().map_or(Value::Float(number), Value::Int))
            }
            _ => None,
        }
    }

    /// What each node is given so that all have this value: one that stands at its default has none of its own.
    pub fn assign(&self, value: Option<&Value>) -> Vec<(NodeId, Option<Value>)> {
        let own = |decl: &ParamDecl| value.filter(|v| decl.default.value().as_ref() != Some(*v)).cloned();
        self.targets.iter().map(|(id, decl)| (*id, own(decl))).collect()
    }
}

/// The selected nodes, taken together. Made anew when the graph or the selection changes.
#[derive(Debug)]
pub(super) struct Shared {
    revision: u64,
    /// The nodes.
    pub ids: Vec<NodeId>,
    /// Kinds of the nodes with their numbers: the declaration, or the name of a kind that this version does not know.
    pub kinds: Vec<(Result<&'static NodeKind, String>, usize)>,
    /// The parameters that all of them have, in the order of the first.
    pub rows: Vec<Row>,
    /// Name of this selection.
    pub key: Id,
}

impl Shared {
    /// Whether it still says how things are.
    pub fn is_for(&self, revision: u64, ids: &[NodeId]) -> bool {
        self.revision == revision && self.ids == ids
    }

    /// Looks at the nodes.
    pub fn of(graph: &Graph, revision: u64, ids: &[NodeId]) -> Self {
        let key = Id::unique(("inspector", ids));
        let mut kinds: Vec<(Result<&'static NodeKind, String>, usize)> = Vec::new();
        let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
        for node in ids.iter().filter_map(|id| graph.node(*id)) {
            let index = *by_name.entry(node.kind.as_str()).or_insert_with(|| {
                kinds.push((node.decl().ok_or_else(|| node.kind.clone()), 0));
                kinds.len() - 1
            });
            kinds[index].1 += 1;
        }
        let mut rows = Vec::new();
        let first = ids.first().and_then(|id| graph.node(*id)?.decl());
        for param in first.map_or(&[][..], |decl| decl.params) {
            let several = kinds.len() > 1 || ids.len() > 1;
            if several && param.kind == ParamKind::Layers {
                continue;
            }
            let taken = |(kind, _): &(Result<&'static NodeKind, String>, usize)| {
                kind.as_ref().ok().and_then(|k| k.param(param.id)).is_some_and(|other| alike(param, other))
            };
            if !kinds.iter().all(taken) {
                continue;
            }
            let declared = |id: &NodeId| Some((*id, graph.node(*id)?.decl()?.param(param.id)?));
            let targets = ids.iter().filter_map(declared).collect();
            let hint = first.map(|decl| decl.hint(param)).unwrap_or_default();
            rows.push(Row::new(param, hint, targets, key, |id| graph.node(id)?.params.get(param.id)));
        }
        Self { revision, ids: ids.to_vec(), kinds, rows, key }
    }
}

/// Whether two parameters take values of the same kind.
fn alike(a: &ParamDecl, b: &ParamDecl) -> bool {
    match (a.kind, b.kind) {
        (ParamKind::Choice { choices: a }, ParamKind::Choice { choices: b }) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.id == b.id)
        }
        (a, b) => std::mem::discriminant(&a) == std::mem::discriminant(&b),
    }
}

#[cfg(test)]
mod tests {
    use weft_model::{Edit, Node};

    use super::*;

    fn graph(kinds: &[&str]) -> (Graph, Vec<NodeId>) {
        let mut graph = Graph::default();
        let mut ids = Vec::new();
        for (index, kind) in kinds.iter().enumerate() {
            let id = NodeId(index as u64 + 1);
            graph.apply(Edit::AddNode { id, node: Node::new(*kind, format!("n{index}"), [0.0; 2]) }).unwrap();
            ids.push(id);
        }
        (graph, ids)
    }

    fn set(graph: &mut Graph, id: NodeId, param: &str, value: Value) {
        graph.apply(Edit::SetParam { id, param: param.to_owned(), value: Some(value) }).unwrap();
    }

    fn row<'a>(shared: &'a Shared, id: &str) -> &'a Row {
        shared.rows.iter().find(|r| r.param.id == id).unwrap()
    }

    #[test]
    fn nodes_of_different_kinds_share_the_parameters_that_mean_the_same() {
        let (mut graph, ids) = graph(&["train", "evaluate", "train"]);
        let shared = Shared::of(&graph, 0, &ids);
        assert_eq!(shared.kinds.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(shared.rows.iter().map(|r| r.param.id).collect::<Vec<_>>(), ["batch_size"]);
        // 64 and 256 are the defaults.
        assert!(row(&shared, "batch_size").is_mixed());
        for id in &ids {
            set(&mut graph, *id, "batch_size", Value::Int(32));
        }
        let shared = Shared::of(&graph, 1, &ids);
        assert_eq!(row(&shared, "batch_size").value(), Some(&Value::Int(32)));
        assert_eq!(row(&shared, "batch_size").changed, 3);
        let given = row(&shared, "batch_size").assign(Some(&Value::Int(64)));
        assert_eq!(given, [(ids[0], None), (ids[1], Some(Value::Int(64))), (ids[2], None)]);
        assert!(shared.is_for(1, &ids) && !shared.is_for(2, &ids) && !shared.is_for(1, &ids[..2]));
    }

    #[test]
    fn unknown_kinds_and_layers_have_nothing_in_common() {
        let (graph, ids) = graph(&["train", "from the future"]);
        assert!(Shared::of(&graph, 0, &ids).rows.is_empty());
        let (graph, ids) = self::graph(&["network", "network"]);
        assert!(Shared::of(&graph, 0, &ids).rows.is_empty());
        assert_eq!(Shared::of(&graph, 0, &ids[..1]).rows.len(), 1);
    }

    #[test]
    fn what_is_typed_becomes_a_value_or_a_reason() {
        let (graph, ids) = graph(&["train"]);
        let shared = Shared::of(&graph, 0, &ids);
        let epochs = row(&shared, "epochs");
        assert_eq!(epochs.parse(" 12 "), Ok(Some(Value::Int(12))));
        assert_eq!(epochs.parse("2*32"), Ok(Some(Value::Int(64))));
        assert_eq!(epochs.parse("1e3"), Ok(Some(Value::Int(1000))));
        assert!(epochs.parse("10/4").unwrap_err().en.contains("2.5"));
        for wrong in ["0", "", "many", "3*", "1e30"] {
            assert!(epochs.parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(row(&shared, "seed").parse(""), Ok(None));
        let rate = row(&shared, "learning_rate");
        assert_eq!(rate.parse("1e-4"), Ok(Some(Value::Float(1e-4))));
        assert_eq!(rate.parse("1/1000"), Ok(Some(Value::Float(1e-3))));
        assert!(rate.parse("NaN").is_err() && rate.parse("1/0").is_err());
    }
}
