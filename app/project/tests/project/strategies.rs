//! Random projects: what a file may hold, unknown kinds, fields and values included.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value as Json;
use weft_model::{
    Edit, Endpoint, Graph, LayerGraph, Localised, Mode, Node, NodeId, Planning, ProjectId, Value, Wire, WireId,
};
use weft_project::Project;

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_filter("JSON has no NaN", |v| v.is_finite()).prop_map(Json::from),
        ".{0,12}".prop_map(Json::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map("[a-z]{1,6}", inner, 0..4).prop_map(|m| Json::Object(m.into_iter().collect())),
        ]
    })
}

/// Unknown fields: names that no version uses.
fn extra() -> impl Strategy<Value = BTreeMap<String, Json>> {
    prop::collection::btree_map("x_[a-z]{0,6}", json(), 0..3)
}

fn value() -> impl Strategy<Value = Value> {
    let plain = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_filter("JSON has no NaN", |v| v.is_finite()).prop_map(Value::Float),
        ".{0,12}".prop_map(Value::Text),
    ];
    prop_oneof![
        6 => plain.clone(),
        1 => Just(Value::Layers(LayerGraph::lenet5())),
        1 => prop::collection::vec(plain, 0..4).prop_map(Value::List),
        1 => Just(Value::Other(Json::Null)),
        1 => Just(Value::Other(Json::from(u64::MAX))),
        1 => prop::collection::btree_map("x_[a-z]{0,4}", json(), 0..3)
            .prop_map(|m| Value::Other(Json::Object(m.into_iter().collect()))),
    ]
}

fn planning() -> impl Strategy<Value = Planning> {
    let limits = (prop::option::of(0.5..1e6_f64), prop::option::of(any::<u64>()), prop::option::of(0_usize..9));
    let alternatives = prop::collection::btree_map("batch_size|[a-z]{1,3}", prop::collection::vec(value(), 0..3), 0..2);
    let devices = prop::collection::vec(".{0,4}", 0..3);
    ((0_i32..9).prop_map(f64::from), 0_u32..3, limits, devices, alternatives, extra()).prop_map(
        |(priority, retries, (time_limit_s, memory_limit_bytes, threads), devices, alternatives, extra)| Planning {
            priority,
            retries,
            time_limit_s,
            memory_limit_bytes,
            devices,
            threads,
            alternatives,
            extra,
        },
    )
}

fn node() -> impl Strategy<Value = Node> {
    let kind = prop_oneof!["image_dataset", "split", "train", "network", "from_the_future"];
    let params = prop::collection::btree_map(prop_oneof!["epochs", "path", "layers", "[a-z]{1,5}"], value(), 0..4);
    let pos = prop_oneof![(-900_i32..900).prop_map(f64::from), -1e9..1e9_f64];
    let mode = prop::sample::select(Mode::ALL.to_vec());
    let planning = prop::option::weighted(0.3, planning().prop_map(Box::new));
    (kind, "[a-c]{1,2}|.{1,8}", params, (pos.clone(), pos), (mode, any::<bool>(), planning), extra()).prop_map(
        |(kind, name, params, (x, y), (mode, collapsed, planning), extra)| Node {
            mode,
            collapsed,
            planning: planning.filter(|p| !p.is_default()),
            params,
            extra,
            ..Node::new(kind, name, [x, y])
        },
    )
}

/// A graph, and now and then others within its nodes.
pub fn graph() -> impl Strategy<Value = Graph> {
    fn add(graph: &mut Graph, inner: Graph) {
        let node = Node { inner: Some(Box::new(inner)), ..Node::new("subgraph", graph.free_name("sub"), [0.0; 2]) };
        graph.apply(Edit::AddNode { id: NodeId(9 << 56), node }).unwrap();
    }
    let inner = (level(), prop::option::weighted(0.3, level()));
    (level(), prop::option::weighted(0.3, inner)).prop_map(|(mut graph, inner)| {
        if let Some((mut inner, innermost)) = inner {
            if let Some(innermost) = innermost {
                add(&mut inner, innermost);
            }
            add(&mut graph, inner);
        }
        graph
    })
}

/// Few identifiers and few names, so that two random graphs have much in common.
fn level() -> impl Strategy<Value = Graph> {
    let point = (-1e3..1e3_f64, (-900_i32..900).prop_map(f64::from)).prop_map(|(x, y)| [x, y]);
    let via = prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(point, 1..4)];
    let wire = ((0_u64..8, "[ab]"), (0_u64..8, "[ab]"), via);
    (prop::collection::btree_map(0_u64..8, node(), 0..8), prop::collection::btree_map(0_u64..12, wire, 0..12)).prop_map(
        |(nodes, wires)| {
            let mut graph = Graph::default();
            for (id, mut node) in nodes {
                node.name = graph.free_name(&node.name);
                // A name of spaces alone is refused: such a node is left out.
                let _ = graph.apply(Edit::AddNode { id: NodeId(id << 56 | id), node });
            }
            for (id, ((from, output), (to, input), via)) in wires {
                let [from, to] =
                    [(from, output), (to, input)].map(|(n, port)| Endpoint::new(NodeId(n << 56 | n), port));
                let _ = graph.apply(Edit::AddWire { id: WireId(id), wire: Wire { from, to, via } });
            }
            graph
        },
    )
}

fn text() -> impl Strategy<Value = Option<Localised>> {
    prop::option::of(
        (".{0,9}", ".{0,9}", any::<bool>())
            .prop_map(|(en, zh, same)| Localised::new(en.clone(), if same { en } else { zh })),
    )
}

pub fn project() -> impl Strategy<Value = Project> {
    let header = (any::<u64>(), text(), text(), any::<u64>(), extra(), prop::collection::vec(json(), 0..3));
    (header, graph(), extra()).prop_map(|((id, title, description, seed, extra, set_aside), graph, fields)| {
        let wire_extra = match graph.wires().next() {
            Some((id, _)) if !fields.is_empty() => BTreeMap::from([((Vec::new(), id), fields)]),
            _ => BTreeMap::new(),
        };
        Project { id: ProjectId(id), title, description, seed, graph, extra, wire_extra, set_aside }
    })
}
