//! Reusable blocks: subgraphs that are kept as files in the user's data folder, one fragment each, so that any project can
//! take a copy. Bringing a file into the folder brings the block. Must not know a project, nor how blocks are listed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use weft_model::clipboard::Fragment;
use weft_model::{Edit, Node, PortType};
use weft_project::ProjectError;

/// The folder within the data folder.
pub const FOLDER: &str = "blocks";
/// Ending of a block's file.
pub const EXTENSION: &str = "weft-block";
/// Blocks that are read.
const MOST: usize = 500;
/// Size of a file that is still read [bytes].
const LARGEST: u64 = 16 << 20;
/// Characters of a name.
const LONGEST: usize = 60;

/// A block.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// What it is called: its file's name without the ending.
    pub name: String,
    /// What is put into a graph: one subgraph.
    pub fragment: Fragment,
}

impl Block {
    /// A block of a fragment; none unless it is exactly one subgraph.
    pub fn new(name: impl Into<String>, fragment: Fragment) -> Option<Self> {
        let mut nodes = fragment.graph().nodes();
        let is_block = matches!((nodes.next(), nodes.next()), (Some((_, node)), None) if node.is_subgraph());
        if !is_block {
            return None;
        }
        let name = name.into();
        let mut graph = fragment.graph().clone();
        let id = graph.nodes().next().map(|(id, _)| id)?;
        // Whoever renames the file renames the block. What fed it once belongs to another project.
        graph.apply(Edit::Rename { id, name: name.clone() }).ok()?;
        Some(Self { name, fragment: Fragment::new(graph, []) })
    }

    fn node(&self) -> Option<&Node> {
        self.fragment.graph().nodes().next().map(|(_, node)| node)
    }

    /// Whether it has an input, or an output, that is joined to a port of this type.
    pub fn fits(&self, ty: PortType, is_output: bool) -> bool {
        let Some(node) = self.node() else { return false };
        match is_output {
            true => node.inputs().iter().any(|p| ty.feeds(p.ty).is_ok()),
            false => node.outputs().iter().any(|p| p.ty.feeds(ty).is_ok()),
        }
    }
}

/// The blocks of a user, and the files that hold none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Blocks {
    /// In the order of their names.
    pub found: Vec<Arc<Block>>,
    /// Names of files that were passed over.
    pub skipped: Vec<String>,
}

/// Why a name cannot be that of a block, as a key of the translations; none if it can.
pub fn name_problem(name: &str) -> Option<&'static str> {
    const RESERVED: [&str; 22] = [
        "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1",
        "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
    ];
    let name = name.trim();
    if name.is_empty() {
        return Some("block-name-empty");
    }
    if name.chars().count() > LONGEST {
        return Some("block-name-long");
    }
    // What some file system does not take is taken by none, so that the folder can be carried elsewhere.
    let is_bad = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
    let stem = name.split('.').next().unwrap_or(name).to_lowercase();
    let bad = name.chars().any(is_bad) || name.starts_with('.') || name.ends_with('.');
    (bad || RESERVED.contains(&stem.as_str())).then_some("block-name-characters")
}

fn path(data_dir: &Path, name: &str) -> PathBuf {
    data_dir.join(FOLDER).join(format!("{}.{EXTENSION}", name.trim()))
}

/// Reads all blocks. A file that holds none is passed over and named.
pub fn read_all(data_dir: &Path) -> Blocks {
    let mut blocks = Blocks::default();
    let Ok(files) = std::fs::read_dir(data_dir.join(FOLDER)) else { return blocks };
    let mut paths: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(EXTENSION)));
    paths.sort();
    for path in paths {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        match read(&path).and_then(|fragment| Block::new(name.as_str(), fragment)) {
            Some(block) if blocks.found.len() < MOST => blocks.found.push(Arc::new(block)),
            _ => blocks.skipped.push(name),
        }
    }
    blocks.found.sort_by_key(|block| block.name.to_lowercase());
    blocks
}

fn read(path: &Path) -> Option<Fragment> {
    let is_small = std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() <= LARGEST);
    let text = is_small.then(|| std::fs::read_to_string(path).ok()).flatten()?;
    weft_project::fragment_from_text(&text).inspect_err(|error| log::warn!("'{}': {error}", path.display())).ok()
}

/// Writes a block, over one of the same name if there is one.
///
/// # Errors
/// The drive does not take it.
pub fn save(data_dir: &Path, name: &str, text: &str) -> Result<(), ProjectError> {
    let folder = data_dir.join(FOLDER);
    std::fs::create_dir_all(&folder).map_err(|error| ProjectError::write(&folder, error))?;
    weft_project::write_atomically(&path(data_dir, name), text.as_bytes())
}

/// Gives a block another name.
///
/// # Errors
/// The drive does not take it, or there is a block of that name.
pub fn rename(data_dir: &Path, from: &str, to: &str) -> Result<(), ProjectError> {
    let (old, new) = (path(data_dir, from), path(data_dir, to));
    let other_case = from.to_lowercase() == to.to_lowercase();
    if new.exists() && !other_case {
        let error = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
        return Err(ProjectError::write(&new, error));
    }
    std::fs::rename(&old, &new).map_err(|error| ProjectError::write(&new, error))
}

/// Takes a block away.
///
/// # Errors
/// The drive does not let go of it.
pub fn delete(data_dir: &Path, name: &str) -> Result<(), ProjectError> {
    let path = path(data_dir, name);
    match std::fs::remove_file(&path) {
        // What is gone already need not go.
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(ProjectError::write(&path, error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use weft_model::clipboard::copy;
    use weft_model::{Graph, NodeId};

    use super::*;

    fn text(kind: &str) -> String {
        let mut graph = Graph::default();
        graph.apply(Edit::AddNode { id: NodeId(1), node: Node::new(kind, "b", [0.0; 2]) }).unwrap();
        weft_project::fragment_to_text(&copy(&graph, &[NodeId(1)]))
    }

    #[test]
    fn blocks_are_written_read_renamed_and_taken_away_and_what_is_none_is_named() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read_all(dir.path()), Blocks::default());
        save(dir.path(), "b 块", &text("subgraph")).unwrap();
        save(dir.path(), "a", &text("subgraph")).unwrap();
        for (name, text) in [("bad", "{"), ("other", text("split").as_str())] {
            std::fs::write(path(dir.path(), name), text).unwrap();
        }
        std::fs::create_dir(path(dir.path(), "folder")).unwrap();
        std::fs::write(dir.path().join(FOLDER).join("note.txt"), "x").unwrap();
        let names = |blocks: &Blocks| blocks.found.iter().map(|b| b.name.clone()).collect::<Vec<_>>();
        let blocks = read_all(dir.path());
        assert_eq!(names(&blocks), ["a", "b 块"]);
        assert_eq!(blocks.skipped, ["bad", "folder", "other"]);
        assert!(rename(dir.path(), "a", "b 块").is_err(), "nothing is lost");
        rename(dir.path(), "a", "c").unwrap();
        delete(dir.path(), "b 块").unwrap();
        assert_eq!(names(&read_all(dir.path())), ["c"]);
        assert!(delete(dir.path(), "no such").is_ok());
    }

    #[test]
    fn names_that_some_file_system_does_not_take_are_refused() {
        for good in ["a", "LeNet block 2", "预处理 v1.2", "x".repeat(60).as_str()] {
            assert_eq!(name_problem(good), None, "{good}");
        }
        for bad in
            ["", "  ", "a/b", "a\\b", "..", ".hidden", "a.", "nul", "COM1.x", "a\nb", "a:b", "x".repeat(61).as_str()]
        {
            assert!(name_problem(bad).is_some(), "{bad}");
        }
    }
}
