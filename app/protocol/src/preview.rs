//! Previews: what a node shows of what it gives, before any run.
//!
//! One form for all kinds of data: [`Preview`] has what every kind can say (schema, parts with their classes, facts) and
//! a [`PreviewBody`] that has a variant for each kind of data. A new kind of data is a further variant.
//!
//! What is asked for is a [`PreviewRequest`]: the node with everything that feeds it ([`chain`]), so that whoever
//! computes needs no graph and no run. Nothing here reads data.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use weft_model::catalogue::PortType;
use weft_model::shape::SampleSchema;
use weft_model::{Endpoint, Graph, Localised, NodeId, ParamKind, Value};

use crate::run::Part;

/// Version of what is seen of images. To be raised whenever the same data are to be looked at anew by this program;
/// previews of another version that lie in a store count as absent.
pub const VERSION: u32 = 1;

/// Nodes that one preview may depend on; longer chains have none.
pub const MAX_CHAIN: usize = 64;

/// A small image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thumbnail {
    /// Width [px].
    pub width: usize,
    /// Height [px].
    pub height: usize,
    /// 1 (grey) or 3 (red, green, blue).
    pub channels: usize,
    /// Rows from top to bottom, channels interleaved.
    #[serde(with = "bytes")]
    pub pixels: Vec<u8>,
    /// Name of its class.
    pub label: String,
}

mod bytes {
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, v: &[u8]) -> Result<Vec<u8>, E> {
                Ok(v.to_vec())
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<u8>, A::Error> {
                let mut out = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    out.push(byte);
                }
                Ok(out)
            }
        }
        deserializer.deserialize_bytes(Visitor)
    }
}

/// What a fact says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactValue {
    /// A number of things.
    Count(u64),
    /// One number for each channel.
    Numbers(Vec<f64>),
    /// From the smallest to the largest.
    Range {
        /// The smallest.
        least: f64,
        /// The largest.
        most: f64,
    },
    /// Words.
    Text(Localised),
}

/// Something worth knowing about the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// Stable identifier: `mean`, `std`, `range_before`, …
    pub id: String,
    /// What it is about.
    pub label: Localised,
    /// What it says.
    pub value: FactValue,
    /// Unit of its numbers; none where they have none.
    pub unit: Option<Localised>,
}

/// Samples of one part of the data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartSummary {
    /// Which.
    pub part: Part,
    /// Samples in all.
    pub count: u64,
    /// Samples of each class, in the order of [`Preview::classes`].
    pub class_counts: Vec<u64>,
}

/// Whether samples are shown as they come in or as they go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// As the node is given them.
    Before,
    /// As the node gives them.
    After,
}

/// A row of pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Strip {
    /// The part that the samples are of.
    pub part: Part,
    /// Before or after the node's work; none where the node does not change samples.
    pub stage: Option<Stage>,
    /// The values that are shown as black and as white; none where samples are shown as they are stored.
    pub shown_range: Option<[f64; 2]>,
    /// The samples, a few of each class in turn.
    pub thumbnails: Vec<Thumbnail>,
}

/// What the samples look like, by kind of data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PreviewBody {
    /// Images.
    Images {
        /// Rows of samples: one a part, or before and after.
        strips: Vec<Strip>,
    },
}

/// What is known of the data that a node gives, by looking at its files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// Shape of a sample and number of classes.
    pub schema: SampleSchema,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// The parts of the data that the node gives.
    pub parts: Vec<PartSummary>,
    /// What else is worth knowing.
    pub facts: Vec<Fact>,
    /// What the samples look like.
    pub body: PreviewBody,
}

impl Preview {
    /// A part of the data, if the node gives it.
    pub fn part(&self, part: Part) -> Option<&PartSummary> {
        self.parts.iter().find(|p| p.part == part)
    }

    /// Samples of a part; none where the node does not give it.
    pub fn count(&self, part: Part) -> u64 {
        self.part(part).map_or(0, |p| p.count)
    }

    /// Samples of all parts.
    pub fn total(&self) -> u64 {
        self.parts.iter().map(|p| p.count).fold(0, u64::saturating_add)
    }

    /// Rows of pictures; none for what is no image.
    pub fn strips(&self) -> &[Strip] {
        match &self.body {
            PreviewBody::Images { strips } => strips,
        }
    }

    /// Room that it takes, about [bytes].
    pub fn bytes(&self) -> usize {
        let pictures = self.strips().iter().flat_map(|s| &s.thumbnails).map(|t| t.pixels.len() + 64).sum::<usize>();
        let parts = self.parts.iter().map(|p| 8 * p.class_counts.len() + 64).sum::<usize>();
        pictures + parts + 256 * self.facts.len() + self.classes.iter().map(|c| c.len() + 32).sum::<usize>() + 256
    }
}

/// What feeds an input of a node of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainInput {
    /// The input port.
    pub port: String,
    /// Place of the node in the chain that feeds it: before the node itself.
    pub from: usize,
    /// The output port that feeds it.
    pub output: String,
}

/// A node of a chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChainNode {
    /// Its name, from which its seed derives where it has none of its own.
    pub name: String,
    /// Its kind in the catalogue.
    pub kind: String,
    /// Its parameters, defaults filled in.
    pub params: BTreeMap<String, Value>,
    /// What feeds it.
    pub inputs: Vec<ChainInput>,
}

/// A request to look at what a node gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PreviewRequest {
    /// The node.
    pub node: NodeId,
    /// Number that comes back with the answer: a later request has a larger one.
    pub request: u64,
    /// The node (the last) and everything that feeds it, each after what feeds it.
    pub chain: Vec<ChainNode>,
    /// Seed of the project, as a run would have it.
    pub seed: u64,
    /// Folder that relative paths start from.
    pub base_dir: PathBuf,
    /// Whether to look anew, whatever is kept of an earlier look.
    pub fresh: bool,
}

/// A node of a chain as a worker is given it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LookNode {
    /// Its kind in the catalogue.
    pub kind: String,
    /// Its parameters, defaults filled in.
    pub params: BTreeMap<String, Value>,
    /// Seed of its random streams, the same as in a run.
    pub seed: u64,
    /// What feeds it.
    pub inputs: Vec<ChainInput>,
}

/// Whether nodes of a kind have a preview: those that give samples.
pub fn has_preview(kind: &weft_model::NodeKind) -> bool {
    kind.outputs.iter().any(|p| matches!(p.ty, PortType::Dataset | PortType::Samples))
}

/// A node with everything that feeds it, each after what feeds it; the node itself comes last. None where nothing can
/// be looked at yet: a node of a kind without preview, an input that nothing feeds, a path that is not given, a wire
/// that does not fit, or a chain beyond [`MAX_CHAIN`].
pub fn chain(graph: &Graph, node: NodeId) -> Option<Vec<ChainNode>> {
    if !has_preview(graph.node(node)?.decl()?) {
        return None;
    }
    let mut chain = Vec::new();
    let mut places = BTreeMap::new();
    let mut open = BTreeSet::new();
    add(graph, node, &mut chain, &mut places, &mut open)?;
    Some(chain)
}

fn add(
    graph: &Graph,
    id: NodeId,
    chain: &mut Vec<ChainNode>,
    places: &mut BTreeMap<NodeId, usize>,
    open: &mut BTreeSet<NodeId>,
) -> Option<usize> {
    if let Some(place) = places.get(&id) {
        return Some(*place);
    }
    // A node that is still open feeds itself; the limit also bounds the depth of these calls.
    if !open.insert(id) || open.len() > MAX_CHAIN {
        return None;
    }
    let node = graph.node(id)?;
    let kind = node.decl()?;
    let given = |value: Value| value.as_str().is_none_or(|text| !text.trim().is_empty());
    if !kind.params.iter().filter(|p| p.required).all(|p| node.param(p.id).is_some_and(given)) {
        return None;
    }
    let mut inputs = Vec::new();
    for port in kind.inputs {
        let Some(wire) = graph.wire_into(&Endpoint::new(id, port.id)).and_then(|w| graph.wire(w)) else {
            if port.required {
                return None;
            }
            continue;
        };
        let output = graph.node(wire.from.node)?.decl()?.output(&wire.from.port)?;
        output.ty.feeds(port.ty).ok()?;
        let from = add(graph, wire.from.node, chain, places, open)?;
        inputs.push(ChainInput { port: port.id.to_owned(), from, output: wire.from.port.clone() });
    }
    if chain.len() >= MAX_CHAIN {
        return None;
    }
    let place = chain.len();
    chain.push(ChainNode { name: node.name.clone(), kind: node.kind.clone(), params: node.canonical_params(), inputs });
    places.insert(id, place);
    Some(place)
}

/// Folders that a node's parameters name, as they are written.
pub fn folders<'a>(kind: &str, params: &'a BTreeMap<String, Value>) -> Vec<&'a str> {
    let declared = weft_model::catalogue::kind(kind).map_or(&[][..], |k| k.params);
    declared.iter().filter(|p| p.kind == ParamKind::Folder).filter_map(|p| params.get(p.id)?.as_str()).collect()
}
