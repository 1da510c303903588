//! Projects as text: written in one fixed form, read tolerantly. Reading never loses anything without a word: what the
//! graph cannot hold is set aside in the project and written again with it.

mod parts;

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde::Deserialize as _;
use serde_json::{Map, Value as Json};
use weft_model::found::Found;
use weft_model::graph::{MOST_DEPTH, MOST_VIA};
use weft_model::{
    Edit, Endpoint, Graph, LayerGraph, Localised, Mode, Node, NodeId, Problem, ProjectId, Value, Wire, WireId,
};

use weft_model::text::brief;

use crate::planning::planning_to_json;
use crate::{DEFAULT_SEED, FORMAT, FORMAT_VERSION, Project, ProjectError, WireExtra, json, migrate};

use parts::{node_from_json, via_from_json};

/// Bytes that a project file has at most.
const MOST_BYTES: u64 = 1 << 30;
/// Characters of what a file says that a message repeats at most.
const LONGEST: usize = 80;
/// The fields that lead the file, so that whoever reads it knows at once what it is.
const FIRST: [&str; 2] = ["format", "format_version"];

pub(crate) fn to_text(project: &Project) -> String {
    let graph = &project.graph;
    let mut top: Map<String, Json> = project.extra.clone().into_iter().collect();
    let (nodes, wires) = graph_to_json(graph, &[], &project.wire_extra);
    top.insert("format".into(), FORMAT.into());
    top.insert("format_version".into(), FORMAT_VERSION.into());
    top.insert("id".into(), project.id.to_string().into());
    for (name, text) in [("title", &project.title), ("description", &project.description)] {
        if let Some(text) = text {
            top.insert(name.into(), text_to_json(text));
        }
    }
    top.insert("seed".into(), project.seed.into());
    top.insert("nodes".into(), nodes);
    top.insert("wires".into(), wires);
    if !project.set_aside.is_empty() {
        top.insert("set_aside".into(), Json::Array(project.set_aside.clone()));
    }
    json::document(&Json::Object(top), &FIRST)
}

pub(crate) fn text_to_json(text: &Localised) -> Json {
    if text.en == text.zh {
        return text.en.clone().into();
    }
    Json::Object([("en".into(), text.en.clone().into()), ("zh".into(), text.zh.clone().into())].into_iter().collect())
}

/// The inverse of [`text_to_json`]; none for anything else.
pub(crate) fn text_from_json(value: &Json) -> Option<Localised> {
    match value {
        Json::String(text) => Some(Localised::new(text, text)),
        Json::Object(map) if map.len() == 2 => Some(Localised::new(map.get("en")?.as_str()?, map.get("zh")?.as_str()?)),
        _ => None,
    }
}

/// Nodes and wires of the graph at the end of a path.
fn graph_to_json(graph: &Graph, path: &[NodeId], wire_extra: &WireExtra) -> (Json, Json) {
    let within = |id: NodeId| -> Vec<NodeId> { path.iter().copied().chain([id]).collect() };
    let nodes = graph.nodes().map(|(id, node)| {
        let path = if node.inner.is_some() { within(id) } else { Vec::new() };
        (id.to_string(), node_to_json(node, &path, wire_extra))
    });
    let wires = graph.wires().map(|(id, wire)| {
        let extra = if wire_extra.is_empty() { None } else { wire_extra.get(&(path.to_vec(), id)) };
        (id.to_string(), wire_to_json(wire, extra))
    });
    (Json::Object(nodes.collect()), Json::Object(wires.collect()))
}

/// A node; `path` is that of the graph which it owns.
pub(crate) fn node_to_json(node: &Node, path: &[NodeId], wire_extra: &WireExtra) -> Json {
    let mut map: Map<String, Json> = node.extra.clone().into_iter().collect();
    map.insert("kind".into(), node.kind.clone().into());
    map.insert("name".into(), node.name.clone().into());
    map.insert("params".into(), Json::Object(node.params.iter().map(|(k, v)| (k.clone(), value_to_json(v))).collect()));
    map.insert("pos".into(), point(node.pos));
    if node.mode != Mode::Active {
        map.insert("mode".into(), node.mode.id().into());
    }
    if node.collapsed {
        map.insert("collapsed".into(), true.into());
    }
    if let Some(planning) = &node.planning {
        map.insert("planning".into(), planning_to_json(planning));
    }
    if let Some(inner) = &node.inner {
        let (nodes, wires) = graph_to_json(inner, path, wire_extra);
        map.insert(
            "inner".into(),
            Json::Object([("nodes".into(), nodes), ("wires".into(), wires)].into_iter().collect()),
        );
    }
    Json::Object(map)
}

fn point(place: [f64; 2]) -> Json {
    Json::Array(place.iter().map(|v| number(*v)).collect())
}

/// The inverse of [`point`]; none for anything else.
fn point_from_json(value: &Json) -> Option<[f64; 2]> {
    match value.as_array()?.as_slice() {
        [x, y] => x.as_f64().zip(y.as_f64()).map(|(x, y)| [x, y]),
        _ => None,
    }
}

/// A number without a fraction is written without one: `280`, not `280.0`.
pub(crate) fn number(v: f64) -> Json {
    let whole = v as i64;
    if whole as f64 == v && whole.unsigned_abs() < 1 << 53 && !(v == 0.0 && v.is_sign_negative()) {
        whole.into()
    } else {
        v.into()
    }
}

pub(crate) fn value_to_json(value: &Value) -> Json {
    match value {
        Value::Bool(v) => (*v).into(),
        Value::Int(v) => (*v).into(),
        Value::Float(v) => (*v).into(),
        Value::Text(v) => v.clone().into(),
        Value::Layers(v) => serde_json::to_value(v).unwrap_or(Json::Null),
        Value::List(v) => v.iter().map(value_to_json).collect(),
        Value::Other(v) => v.clone(),
    }
}

/// A value whose JSON is exactly what was read: what no variant holds in full is kept as it is.
pub(crate) fn value_from_json(value: Json) -> Value {
    match value {
        Json::Bool(v) => Value::Bool(v),
        Json::String(v) => Value::Text(v),
        Json::Number(ref n) => match (n.as_i64(), n.is_f64(), n.as_f64()) {
            (Some(v), ..) => Value::Int(v),
            (None, true, Some(v)) => Value::Float(v),
            _ => Value::Other(value),
        },
        Json::Array(values) => Value::List(values.into_iter().map(value_from_json).collect()),
        Json::Object(_) => match LayerGraph::deserialize(&value) {
            Ok(layers) if holds_layers(&layers, &value) => Value::Layers(layers),
            _ => Value::Other(value),
        },
        Json::Null => Value::Other(Json::Null),
    }
}

/// Whether a network has everything that stands in the value that it was read from: looked at layer by layer, since a
/// network as JSON takes many times its own memory.
fn holds_layers(network: &LayerGraph, value: &Json) -> bool {
    let read = value.get("layers").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    let alike = |(layer, read)| serde_json::to_value(layer).is_ok_and(|written| holds(&written, read));
    network.layers.len() == read.len() && network.layers.iter().zip(read).all(alike)
}

/// Whether `whole` has everything that stands in `part`.
fn holds(whole: &Json, part: &Json) -> bool {
    match (whole, part) {
        (Json::Object(whole), Json::Object(part)) => {
            part.iter().all(|(k, v)| whole.get(k).is_some_and(|w| holds(w, v)))
        }
        (Json::Array(whole), Json::Array(part)) => {
            whole.len() == part.len() && whole.iter().zip(part).all(|(w, p)| holds(w, p))
        }
        (Json::Number(a), Json::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        _ => whole == part,
    }
}

fn wire_to_json(wire: &Wire, extra: Option<&BTreeMap<String, Json>>) -> Json {
    let mut map: Map<String, Json> = extra.cloned().unwrap_or_default().into_iter().collect();
    for (name, end) in [("from", &wire.from), ("to", &wire.to)] {
        map.insert(name.into(), format!("{}.{}", end.node, end.port).into());
    }
    if !wire.via.is_empty() {
        map.insert("via".into(), wire.via.iter().map(|p| point(*p)).collect());
    }
    Json::Object(map)
}

/// Reads a project file; see [`read_str`].
///
/// # Errors
/// The file cannot be read, is no project, or was written by a newer version.
pub fn read(path: &Path) -> Result<(Project, Vec<Problem>), ProjectError> {
    let mut bytes = Vec::new();
    // Some things that can be opened have no end.
    File::open(path)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|cause| ProjectError::read(path, cause))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(ProjectError::not_a_project(
            path,
            l(format!("it has more than {MOST_BYTES} bytes"), format!("其大小超过 {MOST_BYTES} 字节")),
        ));
    }
    read_bytes(bytes, path)
}

pub(crate) fn read_bytes(bytes: Vec<u8>, path: &Path) -> Result<(Project, Vec<Problem>), ProjectError> {
    match String::from_utf8(bytes) {
        Ok(text) => read_str(&text, path),
        Err(_) => Err(ProjectError::not_a_project(path, l("it is not text in UTF-8", "内容不是 UTF-8 文本"))),
    }
}

/// Reads the text of a project file. `path` is only named in messages.
///
/// A project with faults still opens: the problems say what was done about each. What the catalogue knows to be wrong
/// (unknown kinds, values out of range) is for [`weft_model::validate::validate`] to find.
///
/// # Errors
/// The text is not JSON (with line and column), is no project, or was written by a newer version.
pub fn read_str(text: &str, path: &Path) -> Result<(Project, Vec<Problem>), ProjectError> {
    let (value, mut lists) =
        json::parse_but_lists(text, &["nodes", "wires"]).map_err(|fault| ProjectError::syntax(path, fault))?;
    let Json::Object(mut top) = value else {
        return Err(ProjectError::not_a_project(path, l("it holds no JSON object", "内容不是 JSON 对象")));
    };
    match top.remove("format") {
        Some(Json::String(format)) if format == FORMAT => {}
        Some(other) => {
            return Err(ProjectError::not_a_project(
                path,
                l(format!("its format is {other}, not \"{FORMAT}\""), format!("其格式为 {other}，而非 \"{FORMAT}\"")),
            ));
        }
        None => {
            return Err(ProjectError::not_a_project(path, l("its header names no format", "文件头没有 format 字段")));
        }
    }
    let version = match top.remove("format_version").map(|v| (v.as_u64(), v)) {
        Some((Some(version), _)) if version > 0 => version,
        Some((_, other)) => {
            return Err(ProjectError::not_a_project(
                path,
                l(
                    format!("its format_version is {other}, not a whole number from 1"),
                    format!("其 format_version 为 {other}，而不是从 1 起的整数"),
                ),
            ));
        }
        None => {
            return Err(ProjectError::not_a_project(
                path,
                l("its header names no format_version", "文件头没有 format_version 字段"),
            ));
        }
    };
    if version > FORMAT_VERSION {
        return Err(ProjectError::newer(path, version, FORMAT_VERSION));
    }
    let mut problems = Found::default();
    if version < FORMAT_VERSION {
        for (name, list) in std::mem::take(&mut lists) {
            let list = list.into_iter().map(|(key, text)| (key.into_owned(), again(text)));
            top.insert(name.to_owned(), Json::Object(list.collect()));
        }
        migrate::to_current(&mut top, version);
        problems.add("migrated", || {
            warning(
                "migrated",
                l(
                    format!("the file was in format {version}, an older one, and was converted"),
                    format!("文件为旧格式 {version}，已转换"),
                ),
                l(
                    format!("saving writes format {FORMAT_VERSION}, which older versions of Weft do not read"),
                    format!("保存后为格式 {FORMAT_VERSION}，旧版 Weft 将无法读取"),
                ),
            )
        });
    }
    let project = Reading::default().project(top, lists, &mut problems, text);
    Ok((project, problems.into_problems()))
}

fn l(en: impl Into<String>, zh: impl Into<String>) -> Localised {
    Localised::new(en, zh)
}

fn warning(code: &str, message: Localised, remedy: Localised) -> Problem {
    Problem::error(code, message, remedy).warning()
}

/// A number that depends on nothing but the text: a replacement that is the same at every reading.
pub(crate) fn hash_u64(text: &str) -> u64 {
    let hash = blake3::hash(text.as_bytes());
    u64::from_le_bytes(*hash.as_bytes().first_chunk::<8>().unwrap_or(&[0; 8]))
}

/// The value of a text that was checked before.
fn again(text: &str) -> Json {
    json::parse(text).unwrap_or(Json::Null)
}

/// Nodes and wires that are still text, by the name of the list.
type Lists<'a> = BTreeMap<&'a str, json::List<'a>>;

/// What a file held under one name in the list of nodes or of wires.
type Entry = (String, Json);

/// One graph as it is read.
#[derive(Default)]
struct Reading {
    /// The nodes that own it, from the outermost on.
    path: Vec<NodeId>,
    graph: Graph,
    wire_extra: WireExtra,
    set_aside: Vec<Json>,
    /// Identifiers that were not sixteen hexadecimal digits, and what stands for them.
    replaced: BTreeMap<String, NodeId>,
    /// The number to try next for a name that stood twice: a file may have a hundred thousand nodes of one name.
    next_number: HashMap<String, u64>,
}

impl Reading {
    /// The name itself if no node has it, else the first number after it that is free.
    fn free_name(&mut self, base: &str) -> String {
        if self.graph.node_named(base).is_none() {
            return base.to_owned();
        }
        let next = self.next_number.entry(base.to_lowercase()).or_insert(2);
        loop {
            let name = format!("{base} {next}");
            *next += 1;
            if self.graph.node_named(&name).is_none() {
                return name;
            }
        }
    }

    fn project(mut self, mut top: Map<String, Json>, lists: Lists<'_>, problems: &mut Found, text: &str) -> Project {
        self.set_aside = match top.remove("set_aside") {
            Some(Json::Array(values)) => values,
            other => other.into_iter().collect(),
        };
        let id =
            top.remove("id").and_then(|v| v.as_str().and_then(|v| v.parse::<ProjectId>().ok())).unwrap_or_else(|| {
                problems.add("bad_id", || {
                    warning(
                        "bad_id",
                        l("the project's identifier is missing or unreadable", "项目标识缺失或无法读取"),
                        l("a new one was made; save to keep it", "已生成新的标识；保存即可保留"),
                    )
                });
                ProjectId(hash_u64(text))
            });
        let seed = match top.remove("seed").map(|v| (v.as_u64(), v)) {
            None => DEFAULT_SEED,
            Some((Some(seed), _)) => seed,
            Some((None, other)) => {
                problems.add("bad_field", || {
                    warning(
                        "bad_field",
                        l(
                            format!("the seed is {other}, not a whole number of at least 0"),
                            format!("种子为 {other}，不是非负整数"),
                        ),
                        l(format!("{DEFAULT_SEED} is taken instead"), format!("已改用 {DEFAULT_SEED}")),
                    )
                });
                DEFAULT_SEED
            }
        };
        let mut text_field = |name: &str| {
            let text = top.get(name).and_then(text_from_json);
            // Anything else stays among the unknown fields, so that it survives.
            if text.is_some() {
                top.remove(name);
            }
            text
        };
        let (title, description) = (text_field("title"), text_field("description"));
        self.parts(&mut top, lists, problems);
        Project {
            id,
            title,
            description,
            seed,
            graph: self.graph,
            extra: top.into_iter().collect(),
            wire_extra: self.wire_extra,
            set_aside: self.set_aside,
        }
    }

    /// Nodes and wires: those of `lists`, and those that stand in `top` instead.
    fn parts(&mut self, top: &mut Map<String, Json>, mut lists: Lists<'_>, problems: &mut Found) {
        for (id, text) in lists.remove("nodes").unwrap_or_default() {
            self.node(&id, again(text), problems);
        }
        for (id, node) in self.list(top, "nodes", problems) {
            self.node(&id, node, problems);
        }
        for (id, text) in lists.remove("wires").unwrap_or_default() {
            self.wire(&id, again(text), problems);
        }
        for (id, wire) in self.list(top, "wires", problems) {
            self.wire(&id, wire, problems);
        }
    }

    /// The graph that a node owns.
    fn inner(&mut self, id: NodeId, value: Json, problems: &mut Found) -> Graph {
        let path: Vec<NodeId> = self.path.iter().copied().chain([id]).collect();
        problems.enter(&path);
        let mut within = Reading { path, ..Reading::default() };
        match value {
            Json::Object(mut map) => {
                within.parts(&mut map, Lists::new(), problems);
                if !map.is_empty() {
                    within.put_aside("inner", &id.to_string(), Json::Object(map));
                }
            }
            other => {
                problems.add("unreadable_part", || {
                    warning(
                        "unreadable_part",
                        l("'inner' is not an object", "“inner”不是对象"),
                        l("it is kept in the file, unused, as set_aside", "它保留在文件的 set_aside 中，未被使用"),
                    )
                });
                within.put_aside("inner", &id.to_string(), other);
            }
        }
        problems.enter(&self.path);
        self.wire_extra.extend(within.wire_extra);
        self.set_aside.extend(within.set_aside);
        within.graph
    }

    /// The entries under `name`, in the order of their names.
    fn list(&mut self, top: &mut Map<String, Json>, name: &str, problems: &mut Found) -> Vec<Entry> {
        match top.remove(name) {
            None => Vec::new(),
            Some(Json::Object(map)) => {
                let mut entries: Vec<Entry> = map.into_iter().collect();
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                entries
            }
            Some(other) => {
                problems.add("unreadable_part", || {
                    warning(
                        "unreadable_part",
                        l(format!("'{name}' is not an object"), format!("“{name}”不是对象")),
                        l("it is kept in the file, unused, as set_aside", "它保留在文件的 set_aside 中，未被使用"),
                    )
                });
                self.set_aside.push(Json::Object([(name.to_owned(), other)].into_iter().collect()));
                Vec::new()
            }
        }
    }

    fn put_aside(&mut self, what: &str, id: &str, value: Json) {
        let entry = [(what.to_owned(), Json::Object([(id.to_owned(), value)].into_iter().collect()))];
        self.set_aside.push(Json::Object(entry.into_iter().collect()));
    }

    fn node(&mut self, raw_id: &str, value: Json, problems: &mut Found) {
        let (id, bad_id) = match raw_id.parse::<NodeId>() {
            // Upper-case digits are read; two spellings of one identifier are two nodes.
            Ok(id) if self.graph.node(id).is_none() => (id, false),
            _ => (NodeId(hash_u64(raw_id)), true),
        };
        let is_taken = self.graph.node(id).is_some();
        let (mut node, unread) = match if is_taken { Err(value) } else { node_from_json(value) } {
            Ok(read) => read,
            Err(value) => {
                problems.add("unreadable_node", || {
                    let id = brief(raw_id, LONGEST);
                    warning(
                        "unreadable_node",
                        l(
                            format!(
                                "node {id} cannot be read: it must be an object with a text 'kind' and an object 'params'"
                            ),
                            format!("节点 {id} 无法读取：应为含文本 kind 与对象 params 的对象"),
                        ),
                        l("it is kept in the file, unused, as set_aside", "它保留在文件的 set_aside 中，未被使用"),
                    )
                });
                self.put_aside("node", raw_id, value);
                return;
            }
        };
        if node.is_subgraph() {
            if self.path.len() >= MOST_DEPTH {
                problems.add("too_deep", || {
                    let name = brief(&node.name, LONGEST);
                    warning(
                        "too_deep",
                        l(
                            format!("subgraph '{name}' stands more than {MOST_DEPTH} deep"),
                            format!("子图“{name}”的嵌套超过 {MOST_DEPTH} 层"),
                        ),
                        l("it is kept in the file, unused, as set_aside", "它保留在文件的 set_aside 中，未被使用"),
                    )
                });
                // What it owns is still among its unknown fields.
                self.put_aside("node", raw_id, node_to_json(&node, &[], &WireExtra::new()));
                return;
            }
            let inner = node.extra.remove("inner").unwrap_or_else(|| Json::Object(Map::new()));
            node.inner = Some(Box::new(self.inner(id, inner, problems)));
        }
        if bad_id {
            problems.add("bad_id", || {
                warning(
                    "bad_id",
                    l(
                        format!("'{raw_id}' is not an identifier of sixteen hexadecimal digits, or stands twice"),
                        format!("“{raw_id}”不是十六位十六进制标识，或重复出现"),
                    ),
                    l(format!("the node has {id} instead, its wires too"), format!("该节点及其连线已改用 {id}")),
                )
                .at(id)
            });
            self.replaced.insert(raw_id.to_owned(), id);
        }
        if unread.contains(&"pos") {
            problems.add("bad_field", || {
                warning(
                    "bad_field",
                    l(
                        format!("node '{}' has no readable 'pos'", node.name),
                        format!("节点“{}”没有可读的 pos", node.name),
                    ),
                    l("it was put at the origin", "已放在原点"),
                )
                .at(id)
            });
        }
        for field in unread.iter().filter(|f| **f != "pos") {
            problems.add("bad_field", || {
                warning(
                    "bad_field",
                    l(
                        format!("node '{}' has no readable '{field}'", node.name),
                        format!("节点“{}”没有可读的 {field}", node.name),
                    ),
                    l("it is kept in the file, unused", "它保留在文件中，未被使用"),
                )
                .at(id)
            });
        }
        let asked = node.name.clone();
        let base = if asked.trim().is_empty() { node.kind.clone() } else { asked.clone() };
        node.name = self.free_name(if base.trim().is_empty() { "node" } else { &base });
        if node.name != asked {
            problems.add("duplicate_name", || {
                warning(
                    "duplicate_name",
                    l(format!("the name '{asked}' is empty or stands twice"), format!("名称“{asked}”为空或重复")),
                    l(format!("the node is called '{}' now", node.name), format!("该节点现名“{}”", node.name)),
                )
                .at(id)
            });
        }
        // Identifier, name, place and depth were made to fit above.
        if let Err(error) = self.graph.apply(Edit::AddNode { id, node }) {
            log::error!("node {id}: {error}");
        }
    }

    fn wire(&mut self, raw_id: &str, value: Json, problems: &mut Found) {
        let id = match raw_id.parse::<WireId>() {
            Ok(id) if self.graph.wire(id).is_none() => id,
            _ => WireId(hash_u64(raw_id)),
        };
        let end = |name: &str| {
            let (node, port) = value.get(name)?.as_str()?.split_once('.')?;
            let node = self.replaced.get(node).copied().or_else(|| node.parse().ok())?;
            Some(Endpoint::new(node, port))
        };
        let via = value.get("via").map(via_from_json);
        let result = match (end("from"), end("to")) {
            (Some(from), Some(to)) => self
                .graph
                .apply(Edit::AddWire {
                    id,
                    wire: Wire { from: from.clone(), to: to.clone(), via: via.clone().flatten().unwrap_or_default() },
                })
                .map_err(|why| (Some((from, to)), why.to_string())),
            _ => Err((None, "its ends are not of the form IDENTIFIER.PORT".to_owned())),
        };
        match result {
            Ok(_) => {
                let Json::Object(mut map) = value else { return };
                map.remove("from");
                map.remove("to");
                match via {
                    None => {}
                    Some(Some(_)) => drop(map.remove("via")),
                    Some(None) => problems.add("bad_field", || {
                        warning(
                            "bad_field",
                            l(
                                format!("wire {raw_id} has no readable 'via': at most {MOST_VIA} points are expected"),
                                format!("连线 {raw_id} 的 via 无法读取：应为至多 {MOST_VIA} 个点"),
                            ),
                            l("it is kept in the file, unused", "它保留在文件中，未被使用"),
                        )
                    }),
                }
                if !map.is_empty() {
                    self.wire_extra.insert((self.path.clone(), id), map.into_iter().collect());
                }
            }
            Err((ends, why)) => {
                let mut problem = warning(
                    "dropped_wire",
                    l(format!("wire {raw_id} was left out: {why}"), format!("连线 {raw_id} 未采用：{why}")),
                    l(
                        "wire the input anew if it is needed; the old wire is kept in the file, unused, as set_aside",
                        "如有需要请重新连线；原连线保留在文件的 set_aside 中，未被使用",
                    ),
                );
                if let Some((_, to)) = ends.filter(|(_, to)| self.graph.node(to.node).is_some()) {
                    problem = problem.at(to.node).port(&to.port);
                }
                problems.add("dropped_wire", || problem);
                self.put_aside("wire", raw_id, value);
            }
        }
    }
}

/// The inverse of [`node_to_json`], for what this program wrote itself.
pub(crate) fn whole_node_from_json(value: Json) -> Option<Node> {
    let (mut node, _) = node_from_json(value).ok()?;
    if node.is_subgraph() {
        let inner = node.extra.remove("inner")?;
        node.inner = Some(Box::new(Reading::default().inner(NodeId(0), inner, &mut Found::default())));
    }
    Some(node)
}
