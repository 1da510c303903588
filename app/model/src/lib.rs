//! The workflow as data: typed graph, node catalogue, edits with inverses, history, validation and shape inference.
//!
//! This crate knows nothing of files, windows, processes or Burn. Everything a person can change goes through
//! [`Graph::apply`], and everything a node can be is declared once in [`catalogue`].

pub mod align;
pub mod catalogue;
pub mod clipboard;
pub mod edit;
pub mod fix;
pub mod flat;
pub mod found;
pub mod frame;
pub mod graph;
pub mod history;
pub mod id;
pub mod layers;
pub mod layout;
pub mod planning;
pub mod port;
mod reconnect;
pub mod shape;
pub mod subgraph;
pub mod text;
pub mod timed;
pub mod validate;
pub mod value;

pub use catalogue::{Category, NodeKind, ParamDecl, ParamKind, Phase, PortDecl, PortType};
pub use edit::{Edit, EditError};
pub use fix::{Fix, FixKind};
pub use flat::{Flat, flatten};
pub use graph::{ConnectError, Endpoint, Graph, Mode, Node, Wire};
pub use history::{Document, HistoryEntry};
pub use id::{NodeId, ProjectId, WireId};
pub use layers::{Layer, LayerGraph, LayerKind};
pub use planning::Planning;
pub use port::Port;
pub use text::{Lang, Localised, Text};
pub use validate::{Problem, Severity};
pub use value::Value;
