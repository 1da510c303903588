//! The project on disk: file format and its migrations, atomic saving, recovery journal, bundles, templates, schema.
//!
//! This crate knows no window, no engine and no Burn, and never looks inside data files: it only says whether they are
//! there. It writes nothing that it is not asked to write, and where things lie (data folder, recent projects) is
//! decided by who calls it.

mod bundle;
mod changes;
mod diff;
mod error;
mod files;
mod foreign;
mod format;
mod fragment;
mod journal;
mod json;
mod measure;
mod migrate;
mod planning;
mod save;
mod schema;
mod templates;

use std::collections::BTreeMap;

use serde_json::Value as Json;
use weft_model::{Graph, Localised, NodeId, ProjectId, WireId};

pub use bundle::{
    BundleHold, BundleOptions, MANIFEST, Opened, PROJECT_IN_BUNDLE, clear_bundles, export_bundle, hold_bundles,
    import_bundle, is_bundle, open,
};
pub use changes::changes;
pub use diff::diff;
pub use error::{ProjectError, ProjectErrorKind};
pub use files::{check_files, check_files_with, propose_folders};
pub use foreign::{FOREIGN_EXTENSIONS, GraphTask, GraphWire, TaskGraph, is_foreign};
pub use format::{read, read_str};
pub use fragment::{fragment_from_text, fragment_to_text};
pub use journal::{FileState, Journal, Recoverable, Recovered, recover};
pub use measure::folder_bytes;
pub use save::{save, write_atomically};
pub use schema::schema;
pub use templates::{Template, template, templates};

/// What the header of a project file calls its format.
pub const FORMAT: &str = "weft-project";
/// Version of the format that this program writes, and the newest that it reads.
pub const FORMAT_VERSION: u64 = 3;
/// Ending of a project file's name.
pub const EXTENSION: &str = "weft";
/// Ending of a bundle's name.
pub const BUNDLE_EXTENSION: &str = "weftz";
/// The seed of a run where the project names none.
pub const DEFAULT_SEED: u64 = 7;

/// Fields of wires that this version does not know.
pub type WireExtra = BTreeMap<(Vec<NodeId>, WireId), BTreeMap<String, Json>>;

/// A workflow with what belongs to it: all that a project file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// Identifies the project, whatever its file is called.
    pub id: ProjectId,
    /// What a person calls it; both languages alike unless the author gave two.
    pub title: Option<Localised>,
    /// What it is about, in a sentence or two.
    pub description: Option<Localised>,
    /// Seed of its runs; that of a node derives from it unless the node sets one.
    pub seed: u64,
    /// The workflow.
    pub graph: Graph,
    /// Fields of the file that this version does not know: kept.
    pub extra: BTreeMap<String, Json>,
    /// Fields of wires that this version does not know, by the nodes that own the graph of the wire (none for the outermost)
    /// and the wire: kept as long as the wire is there.
    pub wire_extra: WireExtra,
    /// What the file held and the workflow cannot hold (a wire to a node that is gone): kept in the file, unused.
    pub set_aside: Vec<Json>,
}

impl Project {
    /// An empty project under a new identifier.
    pub fn new() -> Self {
        Self::with_graph(Graph::default())
    }

    /// A project of a workflow, under a new identifier.
    pub fn with_graph(graph: Graph) -> Self {
        Self {
            id: ProjectId::random(),
            title: None,
            description: None,
            seed: DEFAULT_SEED,
            graph,
            extra: BTreeMap::new(),
            wire_extra: BTreeMap::new(),
            set_aside: Vec::new(),
        }
    }

    /// The text of its file. The same project always gives the same bytes.
    pub fn to_text(&self) -> String {
        format::to_text(self)
    }
}

impl Default for Project {
    fn default() -> Self {
        Self::new()
    }
}
