//! The ports of a node as it stands: those of its kind, or, where the node owns a graph, those that the boundary nodes
//! within make.

use std::borrow::Cow;
use std::str::FromStr as _;

use crate::catalogue::{Phase, PortDecl, PortType};
use crate::graph::{Graph, Node};
use crate::id::NodeId;
use crate::text::{Lang, Localised, Text};

/// The kind of node that owns a graph.
pub const SUBGRAPH: &str = "subgraph";
/// The kind of node that stands within a subgraph for one of its inputs.
pub const GRAPH_INPUT: &str = "graph_input";
/// The kind of node that stands within a subgraph for one of its outputs.
pub const GRAPH_OUTPUT: &str = "graph_output";
/// The one port of a boundary node.
pub const VALUE: &str = "value";
/// The parameter of a boundary node that says what flows through it: identifier of a port type.
pub const TYPE: &str = "type";

/// What a person calls a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label<'a> {
    /// As the catalogue has it.
    Declared(Text),
    /// As the user named it.
    Named(&'a str),
}

impl<'a> Label<'a> {
    /// The label in one language.
    pub fn get(self, lang: Lang) -> &'a str {
        match self {
            Label::Declared(text) => text.get(lang),
            Label::Named(name) => name,
        }
    }

    /// The label in both languages.
    pub fn localised(self) -> Localised {
        Localised::new(self.get(Lang::En), self.get(Lang::Zh))
    }
}

/// A port of a node.
#[derive(Debug, Clone, PartialEq)]
pub struct Port<'a> {
    /// Identifier within the node's inputs or outputs; for a port of a subgraph that of the boundary node within.
    pub id: Cow<'a, str>,
    /// What a person calls it.
    pub label: Label<'a>,
    /// What flows through it.
    pub ty: PortType,
    /// Whether an input must be wired for the node to run.
    pub required: bool,
    /// Whether an input takes any number of wires; every other takes one.
    pub many: bool,
    /// The phase that consumes an input, or that makes an output.
    pub phase: Phase,
    /// Its declaration; none for a port of a subgraph or of a boundary node.
    pub decl: Option<&'static PortDecl>,
}

impl Port<'_> {
    fn declared(decl: &'static PortDecl) -> Port<'static> {
        Port {
            id: Cow::Borrowed(decl.id),
            label: Label::Declared(decl.label),
            ty: decl.ty,
            required: decl.required,
            many: decl.many,
            phase: decl.phase,
            decl: Some(decl),
        }
    }
}

const VALUE_LABEL: Text = Text { en: "value", zh: "值" };

impl Node {
    /// Whether it owns a graph.
    pub fn is_subgraph(&self) -> bool {
        self.kind == SUBGRAPH
    }

    /// Whether it stands for a port of the subgraph that it is in.
    pub fn is_boundary(&self) -> bool {
        self.kind == GRAPH_INPUT || self.kind == GRAPH_OUTPUT
    }

    /// What flows through a boundary node; samples where its parameter says nothing that is known.
    fn boundary_type(&self) -> PortType {
        let id = self.param(TYPE);
        let known = PortType::ALL.into_iter().find(|ty| id.as_ref().and_then(|v| v.as_str()) == Some(ty.id()));
        known.unwrap_or(PortType::Samples)
    }

    /// Its inputs, from top to bottom.
    pub fn inputs(&self) -> Vec<Port<'_>> {
        self.ports(false)
    }

    /// Its outputs, from top to bottom.
    pub fn outputs(&self) -> Vec<Port<'_>> {
        self.ports(true)
    }

    /// One of its inputs.
    pub fn input(&self, id: &str) -> Option<Port<'_>> {
        self.port(id, false)
    }

    /// Whether one of its inputs takes any number of wires.
    pub fn takes_many(&self, input: &str) -> bool {
        // Only what a kind declares does, so that it never changes.
        self.inner.is_none() && self.decl().and_then(|d| d.input(input)).is_some_and(|p| p.many)
    }

    /// One of its outputs.
    pub fn output(&self, id: &str) -> Option<Port<'_>> {
        self.port(id, true)
    }

    /// Where one of its inputs or outputs stands among them, from the top.
    pub fn port_index(&self, id: &str, output: bool) -> Option<usize> {
        if self.inner.is_some() || self.is_boundary() {
            return self.ports(output).iter().position(|port| port.id == id);
        }
        let decl = self.decl()?;
        if output { decl.outputs } else { decl.inputs }.iter().position(|port| port.id == id)
    }

    fn ports(&self, outputs: bool) -> Vec<Port<'_>> {
        if let Some(inner) = &self.inner {
            let kind = if outputs { GRAPH_OUTPUT } else { GRAPH_INPUT };
            let mut boundary: Vec<(NodeId, &Node)> = inner.nodes().filter(|(_, node)| node.kind == kind).collect();
            boundary.sort_by(|(a, na), (b, nb)| na.pos[1].total_cmp(&nb.pos[1]).then(a.cmp(b)));
            return boundary.into_iter().map(|(id, node)| of_boundary(inner, id, node)).collect();
        }
        if self.is_boundary() {
            return self.port(VALUE, outputs).into_iter().collect();
        }
        let declared = self.decl().map_or(&[][..], |d| if outputs { d.outputs } else { d.inputs });
        declared.iter().map(Port::declared).collect()
    }

    fn port(&self, id: &str, output: bool) -> Option<Port<'_>> {
        if let Some(inner) = &self.inner {
            let boundary = NodeId::from_str(id).ok()?;
            let node = inner.node(boundary)?;
            let kind = if output { GRAPH_OUTPUT } else { GRAPH_INPUT };
            return (node.kind == kind && boundary.to_string() == id).then(|| of_boundary(inner, boundary, node));
        }
        if self.is_boundary() {
            // What stands for an input gives, what stands for an output takes.
            let there = id == VALUE && output == (self.kind == GRAPH_INPUT);
            return there.then(|| Port {
                id: Cow::Borrowed(VALUE),
                label: Label::Declared(VALUE_LABEL),
                ty: self.boundary_type(),
                required: false,
                many: false,
                phase: Phase::Run,
                decl: None,
            });
        }
        let decl = self.decl()?;
        if output { decl.output(id) } else { decl.input(id) }.map(Port::declared)
    }
}

/// The port that a boundary node makes. An input is required if it feeds one within that is.
fn of_boundary<'a>(inner: &'a Graph, id: NodeId, node: &'a Node) -> Port<'a> {
    let feeds_required = || {
        let mut fed = inner.wires_at(id).filter(|(_, w)| w.from.node == id);
        fed.any(|(_, w)| inner.node(w.to.node).and_then(|n| n.input(&w.to.port)).is_some_and(|p| p.required))
    };
    Port {
        id: Cow::Owned(id.to_string()),
        label: Label::Named(&node.name),
        ty: node.boundary_type(),
        required: node.kind == GRAPH_INPUT && feeds_required(),
        many: false,
        phase: Phase::Run,
        decl: None,
    }
}
