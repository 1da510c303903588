//! What keeps a graph from running: every problem at once, each with its node and its remedy.

use serde::{Deserialize, Serialize};

use crate::catalogue::{ParamKind, PortDecl};
use crate::fix::{self, Fix, Search};
use crate::flat::{Flat, LeftOut, flatten};
use crate::found::Found;
use crate::graph::{Endpoint, Graph, Node};
use crate::id::NodeId;
use crate::shape::{self, Schemas};
use crate::text::{Localised, brief};

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
        let (node, port, param) = (None, None, None);
        Self { severity: Severity::Error, code: code.to_owned(), node, port, param, message, remedy, fixes: Vec::new() }
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
    let search = Search::new(graph);
    let flat = flatten(graph);
    if graph.nodes().all(|(_, node)| node.is_annotation()) {
        out.add("empty_graph", || {
            Problem::error(
                "empty_graph",
                l("the workflow is empty", "工作流是空的"),
                l("add a node: double-click the canvas", "添加一个节点：双击画布"),
            )
            .warning()
        });
    }
    for (id, node) in graph.nodes() {
        match flat.left_out(&[id]) {
            None => {}
            Some(LeftOut::Muted | LeftOut::Bypassed) => continue,
            Some(LeftOut::Needs(muted)) => {
                out.add("needs_muted", || needs_muted(graph, id, muted));
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
        for port in decl.inputs.iter().filter(|p| p.required) {
            let input = Endpoint::new(id, port.id);
            let passed = match graph.wire_into(&input).and_then(|wire| graph.wire(wire)) {
                None => None,
                Some(_) if flat.graph().wire_into(&input).is_some() => continue,
                Some(wire) => graph.node(wire.from.node),
            };
            out.add("unwired_input", || unwired(&name, port, passed).at(id).fixes(search.unwired_input(id, port)));
        }
    }
    wires(&search, graph, &flat, &mut out);
    let drawn = graph;
    let graph = flat.graph();
    if let Err(cycle) = graph.topological_order() {
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
            p.node = cycle.first().copied();
            p.fixes(fix::cycle(drawn, graph, &cycle))
        });
    }
    networks(graph, schemas, &mut out);
    out.into_problems()
}

/// A required input that nothing feeds, or nothing but what is passed through a bypassed node.
fn unwired(name: &str, port: &PortDecl, passed: Option<&Node>) -> Problem {
    let (label, ty) = (port.label, port.ty.label());
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
            l(
                format!("end the bypass of '{passed}', or wire a {} output to the input", ty.en),
                format!("请取消对“{passed}”的旁路，或接入一个“{}”输出", ty.zh),
            ),
        ),
    };
    Problem::error("unwired_input", message, remedy).port(port.id)
}

/// A node that does not run for want of one that is muted.
fn needs_muted(graph: &Graph, id: NodeId, muted: &[NodeId]) -> Problem {
    let name = |id: Option<&NodeId>| id.and_then(|id| graph.node(*id)).map(|node| brief(&node.name, LONGEST));
    let last = muted.last().copied();
    let (node, muted) = (name(Some(&id)).unwrap_or_default(), name(muted.last()).unwrap_or_default());
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
    .fixes(last.and_then(|id| fix::run_again(graph, id)).into_iter().collect())
}

fn wires(search: &Search<'_>, graph: &Graph, flat: &Flat<'_>, out: &mut Found) {
    for (id, wire) in graph.wires() {
        if [&wire.from, &wire.to].into_iter().any(|end| flat.left_out(&[end.node]).is_some()) {
            continue;
        }
        let (Some(source), Some(target)) = (graph.node(wire.from.node), graph.node(wire.to.node)) else { continue };
        let (Some(from), Some(to)) = (source.decl(), target.decl()) else { continue };
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
        match (from.output(&wire.from.port), to.input(&wire.to.port)) {
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
                        .fixes(search.type_mismatch(id, wire, output, input))
                    });
                }
            }
        }
    }
}

fn networks(graph: &Graph, schemas: &Schemas, out: &mut Found) {
    for (id, analysis) in shape::analyse_networks(graph, schemas) {
        let Some(node) = graph.node(id) else { continue };
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
