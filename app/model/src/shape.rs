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
    let mut at = input.clone();
    for _ in 0..=graph.nodes().len() {
        let from = &graph.wire(graph.wire_into(&at)?)?.from;
        let decl = graph.node(from.node)?.decl()?;
        if decl.inputs.is_empty() {
            return Some(from.node);
        }
        // Preparing nodes pass on the part that they are given: the input of the same name, or their only one.
        let port = decl.input(&from.port).or_else(|| decl.inputs.first())?;
        at = Endpoint::new(from.node, port.id);
    }
    None
}

/// Analyses every network that is trained on data of a known shape.
pub fn analyse_networks(graph: &Graph, schemas: &Schemas) -> BTreeMap<NodeId, NetworkAnalysis> {
    let mut out = BTreeMap::new();
    for (id, _) in graph.nodes().filter(|(_, n)| n.kind == "train") {
        let network = graph
            .wire_into(&Endpoint::new(id, "network"))
            .and_then(|w| graph.wire(w))
            .map(|w| w.from.node)
            .and_then(|n| Some((n, graph.node(n)?.param("layers")?)));
        let schema = data_source(graph, &Endpoint::new(id, "train")).and_then(|d| schemas.get(&d));
        if let (Some((network, layers)), Some(schema)) = (network, schema)
            && let Some(layers) = layers.as_layers()
        {
            let result = layers.analyse(&schema.shape);
            out.insert(network, NetworkAnalysis { input: schema.clone(), result });
        }
    }
    out
}
