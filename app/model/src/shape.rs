//! Shapes along the wires: what is known of the data reaches the network through the nodes between.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::graph::{Endpoint, Graph};
use crate::id::NodeId;
use crate::layers::{LayerProblem, NetworkReport};

/// What is known of the samples that a data node gives, once something has looked at its files.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SampleSchema {
    /// Shape of one sample without the batch dimension: `[channels, height, width]` for images.
    pub shape: Vec<usize>,
    /// Number of classes of the target.
    pub classes: usize,
}

/// What is known of data nodes by looking at their files.
pub type Schemas = BTreeMap<NodeId, SampleSchema>;

/// The analysis of a network node, in the place where it is used.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkAnalysis {
    /// Shape of the samples that the network will be given.
    pub input: SampleSchema,
    /// Cost and shapes, or what is wrong.
    pub result: Result<NetworkReport, Vec<LayerProblem>>,
}

/// Follows a samples wire back to the data node that it comes from.
pub fn data_source(graph: &Graph, input: &Endpoint) -> Option<NodeId> {
    Sources::default().of(graph, input)
}

/// The way from an input back to the data node, for many inputs: ways that meet are walked once.
#[derive(Default)]
struct Sources {
    known: BTreeMap<Endpoint, Option<NodeId>>,
}

impl Sources {
    fn of(&mut self, graph: &Graph, input: &Endpoint) -> Option<NodeId> {
        let mut walked = Vec::new();
        let mut at = Some(input.clone());
        let mut source = None;
        while let Some(input) = at {
            if let Some(known) = self.known.get(&input) {
                source = *known;
                break;
            }
            // Until the end of the way is known there is none: that also ends a circle.
            self.known.insert(input.clone(), None);
            at = match step_back(graph, &input) {
                Some(Step::Source(node)) => {
                    source = Some(node);
                    None
                }
                Some(Step::Input(before)) => Some(before),
                None => None,
            };
            walked.push(input);
        }
        for input in walked {
            self.known.insert(input, source);
        }
        source
    }
}

/// Where a samples wire comes from.
enum Step {
    /// A data node.
    Source(NodeId),
    /// An input of a node that passes it on.
    Input(Endpoint),
}

fn step_back(graph: &Graph, input: &Endpoint) -> Option<Step> {
    let from = &graph.wire(graph.wire_into(input)?)?.from;
    let decl = graph.node(from.node)?.decl()?;
    if decl.inputs.is_empty() {
        return Some(Step::Source(from.node));
    }
    // Preparing nodes pass on the part that they are given: the input of the same name, or their only one.
    let port = decl.input(&from.port).or_else(|| decl.inputs.first())?;
    Some(Step::Input(Endpoint::new(from.node, port.id)))
}

/// Analyses every network that is trained on data of a known shape.
pub fn analyse_networks(graph: &Graph, schemas: &Schemas) -> BTreeMap<NodeId, NetworkAnalysis> {
    let mut out: BTreeMap<NodeId, NetworkAnalysis> = BTreeMap::new();
    if schemas.is_empty() {
        return out;
    }
    let mut sources = Sources::default();
    for (id, _) in graph.nodes().filter(|(_, n)| n.kind == "train") {
        let network = graph.wire_into(&Endpoint::new(id, "network")).and_then(|w| graph.wire(w)).map(|w| w.from.node);
        let schema = sources.of(graph, &Endpoint::new(id, "train")).and_then(|d| schemas.get(&d));
        let (Some(network), Some(schema)) = (network, schema) else { continue };
        // Many may train the same network on the same data.
        if out.get(&network).is_some_and(|known| known.input == *schema) {
            continue;
        }
        if let Some(layers) = graph.node(network).and_then(|n| n.param("layers"))
            && let Some(layers) = layers.as_layers()
        {
            let result = layers.analyse(&schema.shape);
            out.insert(network, NetworkAnalysis { input: schema.clone(), result });
        }
    }
    out
}
