//! What keeps a graph from running: every problem at once, each with its node and its remedy.

use serde::{Deserialize, Serialize};

use crate::catalogue::ParamKind;
use crate::edit::Edit;
use crate::fix::{self, Fix, FixKind, Search};
use crate::flat::{Flat, LeftOut, flatten};
use crate::found::Found;
use crate::graph::{Endpoint, Graph, Mode, Node, Wire};
use crate::id::NodeId;
use crate::port::{GRAPH_INPUT, Port};
use crate::shape::{self, Schemas};
use crate::text::{Localised, brief};
use crate::timed;

/// Characters of a name that a message says at most: names come from files.
const LONGEST: usize = 80;
/// Nodes of a circle that a message names.
const IN_CYCLE: usize = 12;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The graph runs, but perhaps not as meant.
    Warning,
    /// The node cannot run.
    Error,
}

/// Something that is wrong with a graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// Stable identifier of the kind of problem.
    pub code: String,
    /// The nodes that own the graph in which the fault is, from the outermost on; empty in the outermost graph.
    #[serde(default)]
    pub path: Vec<NodeId>,
    /// The node at fault.
    pub node: Option<NodeId>,
    /// The port at fault.
    pub port: Option<String>,
    /// The parameter at fault.
    pub param: Option<String>,
    /// What is wrong.
    pub message: Localised,
    /// What to do about it.
    pub remedy: Localised,
    /// What can be done about it with one click, the best first.
    #[serde(default)]
    pub fixes: Vec<Fix>,
}

impl Problem {
    /// An error of the whole graph; narrow it with the other methods.
    pub fn error(code: &str, message: Localised, remedy: Localised) -> Self {
        let (path, node, port, param) = (Vec::new(), None, None, None);
        Self {
            severity: Severity::Error,
            code: code.to_owned(),
            path,
            node,
            port,
            param,
            message,
            remedy,
            fixes: Vec::new(),
        }
    }

    /// The same as a warning.
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// The same at a node.
    pub fn at(mut self, node: NodeId) -> Self {
        self.node = Some(node);
        self
    }

    /// The same in the graph at the end of a path; the fixes become changes of the outermost graph.
    pub fn within(mut self, path: &[NodeId]) -> Self {
        if !path.is_empty() {
            self.path.splice(0..0, path.iter().copied());
            for fix in &mut self.fixes {
                if let FixKind::Edit { edit } = &mut fix.what {
                    let inner = std::mem::replace(edit, Edit::Batch { edits: Vec::new() });
                    *edit = Edit::inside(path, inner);
                }
            }
        }
        self
    }

    /// The path of the node at fault, itself included; none where the fault is that of a graph.
    pub fn node_path(&self) -> Option<Vec<NodeId>> {
        self.node.map(|node| self.path.iter().copied().chain([node]).collect())
    }

    /// The same at a port.
    pub fn port(mut self, port: &str) -> Self {
        self.port = Some(port.to_owned());
        self
    }

    /// The same at a parameter.
    pub fn param(mut self, param: &str) -> Self {
        self.param = Some(param.to_owned());
        self
    }

    /// The same with what can be done about it at once.
    pub fn fixes(mut self, fixes: Vec<Fix>) -> Self {
        self.fixes = fixes;
        self
    }
}

fn l(en: impl Into<String>, zh: impl Into<String>) -> Localised {
    Localised::new(en, zh)
}

/// Every problem that can be seen without reading files, in the order of the nodes. `schemas` says what is known of
/// the data; without it shapes are not checked. What a run leaves out has no problems: a node that it would need and that
/// is muted is a warning.
pub fn validate(graph: &Graph, schemas: &Schemas) -> Vec<Problem> {
    let mut out = Found::default();
    let flat = flatten(graph);
    if graph.levels().all(|(_, level)| level.nodes().all(|(_, n)| n.decl().is_some_and(|d| !d.is_computed()))) {
        out.add("empty_graph", || {
            Problem::error(
                "empty_graph",
                l("the workflow is empty", "工作流是空的"),
                l("add a node: double-click the canvas", "添加一个节点：双击画布"),
            )
            .warning()
        });
    }
    for (path, level) in graph.levels() {
        // What stands within a node that does not run has no say.
        let is_left_out = (1..=path.len()).any(|n| flat.left_out(&path[..n]).is_some());
        if !is_left_out {
            out.enter(&path);
            nodes(graph, &path, level, &flat, &mut out);
        }
    }
    out.enter(&[]);
    if let Err(cycle) = flat.graph().topological_order() {
        let graph = flat.graph();
        out.add("cycle", || {
            let names = cycle.iter().filter_map(|id| graph.node(*id)).map(|n| brief(&n.name, LONGEST));
            let mut round: Vec<_> = names.take(IN_CYCLE).collect();
            if cycle.len() > IN_CYCLE {
                round.push("…".into());
            }
            round.extend(round.first().cloned());
            let mut p = Problem::error(
                "cycle",
                l(
                    format!("these nodes wait for one another: {}", round.join(" → ")),
                    format!("这些节点互相等待：{}", round.join(" → ")),
                ),
                l("remove one of the wires between them", "请删除其中一条连线"),
            );
            let mut place = cycle.first().map(|id| flat.path(*id)).unwrap_or_default();
            p.node = place.pop();
            p.path = place;
            p.fixes(fix::cycle(&flat, &cycle))
        });
    }
    networks(&flat, schemas, &mut out);
    out.into_problems()
}

/// The problems of one graph: `graph` stands at the end of `path` in `root`.
fn nodes(root: &Graph, path: &[NodeId], graph: &Graph, flat: &Flat<'_>, out: &mut Found) {
    let search = Search::new(root, path, graph, flat);
    let mut own = path.to_vec();
    for (id, node) in graph.nodes() {
        own.truncate(path.len());
        own.push(id);
        match flat.left_out(&own) {
            None => {}
            Some(LeftOut::Muted | LeftOut::Bypassed) => continue,
            Some(LeftOut::Needs(muted)) => {
                out.add("needs_muted", || needs_muted(root, path, node, id, muted));
                continue;
            }
        }
        let name = brief(&node.name, LONGEST);
        let Some(decl) = node.decl() else {
            out.add("unknown_kind", || {
                Problem::error(
                    "unknown_kind",
                    l(
                        format!("'{name}' is of the kind '{}', which this version does not know", brief(&node.kind, LONGEST)),
                        format!("“{name}”的类型“{}”在本版本中不存在", brief(&node.kind, LONGEST)),
                    ),
                    l(
                        "open the project with the version that made it, or delete the node; it is kept as it is until then",
                        "请用创建该项目的版本打开，或删除该节点；在此之前它会原样保留",
                    ),
                )
                .at(id)
                .fixes(fix::unknown_kind(graph, id))
            });
            continue;
        };
        for (param, value) in &node.params {
            match decl.param(param) {
                None => out.add("unknown_param", || {
                    let said = brief(param, LONGEST);
                    Problem::error(
                        "unknown_param",
                        l(
                            format!("'{name}' has a parameter '{said}' that its kind does not have"),
                            format!("“{name}”有一个该类型没有的参数“{said}”"),
                        ),
                        l("it is ignored and kept; reset it to remove it", "它会被忽略并保留；重置即可去除"),
                    )
                    .warning()
                    .at(id)
                    .param(param)
                    .fixes(fix::unknown_param(id, node, decl, param, value))
                }),
                Some(p) => {
                    if let Err(why) = p.check(value) {
                        out.add("bad_param", || {
                            let problem = Problem::error(
                                "bad_param",
                                l(
                                    format!("{} of '{name}': {}", p.label.en, why.en),
                                    format!("“{name}”的{}：{}", p.label.zh, why.zh),
                                ),
                                l("choose another value, or reset it", "请改用其他值或重置"),
                            )
                            .at(id)
                            .param(param)
                            .fixes(fix::bad_param(id, p, value));
                            // What is only looked at keeps nothing from running.
                            if decl.is_annotation() { problem.warning() } else { problem }
                        });
                    }
                }
            }
        }
        for p in decl.params.iter().filter(|p| p.required) {
            let value = node.param(p.id);
            let empty = value.as_ref().is_none_or(|v| v.as_str().is_some_and(|s| s.trim().is_empty()));
            if empty {
                let remedy = match p.kind {
                    ParamKind::Folder => l("choose a folder in the inspector", "请在检查器中选择文件夹"),
                    _ => l("give it a value in the inspector", "请在检查器中填写"),
                };
                out.add("missing_param", || {
                    Problem::error(
                        "missing_param",
                        l(
                            format!("'{name}' needs a value for {}", p.label.en),
                            format!("“{name}”需要填写{}", p.label.zh),
                        ),
                        remedy,
                    )
                    .at(id)
                    .param(p.id)
                    .fixes(fix::missing_param(id, node, p))
                });
            }
        }
        for (field, why) in node.planning.iter().flat_map(|p| p.problems(decl)) {
            out.add("bad_planning", || {
                let nothing = Edit::SetPlanning { id, planning: Box::default() };
                Problem::error(
                    "bad_planning",
                    l(format!("planning of '{name}': {}", why.en), format!("“{name}”的规划设置：{}", why.zh)),
                    l("change it under 'Planning' in the inspector", "请在检查器的“规划”中修改"),
                )
                .at(id)
                .param(&field)
                .fixes(vec![Fix::edit(l("Plan it like every other node", "按默认方式规划"), nothing)])
            });
        }
        for problem in timed::problems(graph, id, node) {
            let code = if problem.severity == Severity::Error { "bad_list" } else { "sends_nowhere" };
            out.add(code, || problem);
        }
        if node.is_boundary() && path.is_empty() {
            out.add("graph_boundary", || {
                Problem::error(
                    "graph_boundary",
                    l(
                        format!("'{name}' stands for a port of a subgraph, and this graph is in none"),
                        format!("“{name}”代表子图的端口，而此图不在任何子图中"),
                    ),
                    l("delete it, or move it into a subgraph", "请删除它，或将其移入子图"),
                )
                .warning()
                .at(id)
            });
        }
        unwired_inputs(&search, root, graph, flat, path, id, node, out);
    }
    wires(&search, graph, flat, path, out);
}

/// The required inputs of a node that nothing feeds.
#[allow(clippy::too_many_arguments, reason = "where a node stands, in the whole and in what runs")]
fn unwired_inputs(
    search: &Search<'_>,
    root: &Graph,
    graph: &Graph,
    flat: &Flat<'_>,
    path: &[NodeId],
    id: NodeId,
    node: &Node,
    out: &mut Found,
) {
    let own: Vec<NodeId> = path.iter().copied().chain([id]).collect();
    let in_flat = flat.node_at(&own);
    for port in node.inputs().into_iter().filter(|p| p.required) {
        let wire = graph.wires_into(&Endpoint::new(id, &*port.id)).next().map(|(_, wire)| wire);
        let passed = match (wire, in_flat) {
            (None, _) => None,
            // What a subgraph makes of an input is looked at within.
            (Some(_), None) => continue,
            (Some(_), Some(id)) if flat.graph().wires_into(&Endpoint::new(id, &*port.id)).next().is_some() => continue,
            (Some(wire), Some(_)) => graph.node(wire.from.node),
        };
        // An input of the subgraph that is not wired is a problem of the subgraph, not of all that it feeds.
        let is_open_input = wire.is_some_and(|wire| comes_from_open_input(root, path, wire));
        if is_open_input {
            continue;
        }
        let name = brief(&node.name, LONGEST);
        out.add("unwired_input", || unwired(&name, &port, passed).at(id).fixes(search.unwired_input(id, &port)));
    }
}

/// Whether a wire of the graph at the end of `path` comes from an input of the subgraph, and so on outwards, that is not
/// wired.
fn comes_from_open_input(root: &Graph, path: &[NodeId], wire: &Wire) -> bool {
    let is_input = root.at(path).and_then(|g| g.node(wire.from.node)).is_some_and(|n| n.kind == GRAPH_INPUT);
    let Some((owner, above)) = path.split_last().filter(|_| is_input) else { return false };
    let Some(outer) = root.at(above) else { return false };
    let outer_wire = outer.wire_into(&Endpoint::new(*owner, wire.from.node.to_string())).and_then(|id| outer.wire(id));
    outer_wire.is_none_or(|wire| comes_from_open_input(root, above, wire))
}

/// A required input that nothing feeds, or nothing but what is passed through a bypassed node.
fn unwired(name: &str, port: &Port<'_>, passed: Option<&Node>) -> Problem {
    let (label, ty) = (port.label.localised(), port.ty.label());
    let bypassed = passed.is_some_and(|node| node.mode == Mode::Bypassed);
    let (message, remedy) = match passed.map(|node| brief(&node.name, LONGEST)) {
        None => (
            l(
                format!("input '{}' of '{name}' is not wired", label.en),
                format!("“{name}”的输入“{}”没有连线", label.zh),
            ),
            l(format!("wire a {} output to it", ty.en), format!("请接入一个“{}”输出", ty.zh)),
        ),
        Some(passed) => (
            l(
                format!("nothing reaches input '{}' of '{name}' through '{passed}'", label.en),
                format!("“{name}”的输入“{}”无法经过“{passed}”得到任何内容", label.zh),
            ),
            if bypassed {
                l(
                    format!("end the bypass of '{passed}', or wire a {} output to the input", ty.en),
                    format!("请取消对“{passed}”的旁路，或接入一个“{}”输出", ty.zh),
                )
            } else {
                l(
                    format!("wire what is missing behind '{passed}', or a {} output to the input", ty.en),
                    format!("请补全“{passed}”之前的连线，或接入一个“{}”输出", ty.zh),
                )
            },
        ),
    };
    Problem::error("unwired_input", message, remedy).port(&port.id)
}

/// A node that does not run for want of one that is muted.
fn needs_muted(root: &Graph, path: &[NodeId], node: &Node, id: NodeId, muted: &[NodeId]) -> Problem {
    // A fix is a change of the graph that the problem is in.
    let beside = muted.split_last().filter(|(_, owners)| *owners == path);
    let fixes = beside.and_then(|(last, _)| fix::run_again(root.at(path)?, *last)).into_iter().collect();
    let muted = root.node_at(muted).map(|node| brief(&node.name, LONGEST)).unwrap_or_default();
    let node = brief(&node.name, LONGEST);
    Problem::error(
        "needs_muted",
        l(
            format!("'{node}' does not run: it needs '{muted}', which is muted"),
            format!("“{node}”不会运行：它需要已停用的“{muted}”"),
        ),
        l(
            format!("let '{muted}' run again, or wire the input to something else"),
            format!("请恢复“{muted}”，或将输入接到别处"),
        ),
    )
    .warning()
    .at(id)
    .fixes(fixes)
}

fn wires(search: &Search<'_>, graph: &Graph, flat: &Flat<'_>, path: &[NodeId], out: &mut Found) {
    let mut own = path.to_vec();
    for (id, wire) in graph.wires() {
        let mut is_left_out = |end: &Endpoint| {
            own.truncate(path.len());
            own.push(end.node);
            flat.left_out(&own).is_some()
        };
        if is_left_out(&wire.from) || is_left_out(&wire.to) {
            continue;
        }
        let (Some(source), Some(target)) = (graph.node(wire.from.node), graph.node(wire.to.node)) else { continue };
        if source.decl().is_none() || target.decl().is_none() {
            continue;
        }
        let no_port = |is_output: bool| {
            let end = if is_output { &wire.from } else { &wire.to };
            let node = brief(if is_output { &source.name } else { &target.name }, LONGEST);
            let port = brief(&end.port, LONGEST);
            Problem::error(
                "unknown_port",
                l(
                    format!("a wire ends at port '{port}' of '{node}', which does not exist"),
                    format!("有连线接到“{node}”的端口“{port}”，但该端口不存在"),
                ),
                l("delete the wire and wire the node anew", "请删除该连线并重新连接"),
            )
            .at(end.node)
            .port(&port)
            .fixes(search.unknown_port(id, wire, is_output))
        };
        match (source.output(&wire.from.port), target.input(&wire.to.port)) {
            (None, _) => out.add("unknown_port", || no_port(true)),
            (_, None) => out.add("unknown_port", || no_port(false)),
            (Some(output), Some(input)) => {
                if let Err(why) = output.ty.feeds(input.ty) {
                    out.add("type_mismatch", || {
                        let (source, target) = (brief(&source.name, LONGEST), brief(&target.name, LONGEST));
                        Problem::error(
                            "type_mismatch",
                            l(
                                format!("the wire from '{source}' to '{target}': {}", why.en),
                                format!("从“{source}”到“{target}”的连线：{}", why.zh),
                            ),
                            l("delete the wire", "请删除该连线"),
                        )
                        .at(wire.to.node)
                        .port(&wire.to.port)
                        .fixes(search.type_mismatch(id, wire, &output, &input))
                    });
                }
            }
        }
    }
}

fn networks(flat: &Flat<'_>, schemas: &Schemas, out: &mut Found) {
    for (flat_id, analysis) in shape::analyse_networks(flat.graph(), schemas) {
        let (Some(node), Some((id, path))) =
            (flat.graph().node(flat_id), flat.path(flat_id).pop().zip(Some(flat.path(flat_id))))
        else {
            continue;
        };
        out.enter(&path[..path.len() - 1]);
        let name = brief(&node.name, LONGEST);
        match analysis.result {
            Err(problems) => {
                for p in problems {
                    out.add("network_shape", || {
                        Problem::error(
                            "network_shape",
                            l(format!("network '{name}': {}", p.message.en), format!("网络“{name}”：{}", p.message.zh)),
                            l("change the layer in the inspector", "请在检查器中修改该层"),
                        )
                        .at(id)
                        .param("layers")
                    });
                }
            }
            Ok(report) if report.output_shape != [analysis.input.classes] => out.add("network_output", || {
                Problem::error(
                    "network_output",
                    l(
                        format!(
                            "network '{name}' gives {} and the data has {} classes",
                            crate::layers::shape_text(&report.output_shape),
                            analysis.input.classes
                        ),
                        format!(
                            "网络“{name}”输出 {}，而数据有 {} 个类别",
                            crate::layers::shape_text(&report.output_shape),
                            analysis.input.classes
                        ),
                    ),
                    l(
                        format!("let the last layer be linear with {} units", analysis.input.classes),
                        format!("请让最后一层为 {} 个单元的全连接层", analysis.input.classes),
                    ),
                )
                .at(id)
                .param("layers")
                .fixes(fix::network_output(id, node, &analysis.input))
            }),
            Ok(_) => {}
        }
    }
}
