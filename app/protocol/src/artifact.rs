//! Names of artifacts.

use serde::{Deserialize, Serialize};

/// Key of a task's result: the BLAKE3 hash, in hexadecimal, of everything that alters its numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ArtifactKey(pub String);

/// BLAKE3 hash of a file's bytes, in hexadecimal: its name in the store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContentHash(pub String);

/// One output of a finished task, as it stands in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredOutput {
    /// The output port.
    pub port: String,
    /// Its content.
    pub content: ContentHash,
    /// Length [bytes].
    pub bytes: u64,
    /// What the content is, by its customary file extension: `json`, `safetensors`.
    pub extension: String,
}
