//! Looks for data that have been moved: where a folder may be now that is not where the project has it. Looks at names of
//! folders and files only, and at a bounded number of them.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Folders within the project's that are looked at.
const FOLDERS: usize = 500;
/// Entries of folders that are looked at.
const ENTRIES: usize = 4_000;
/// Levels of folders below the project's.
const DEPTH: usize = 4;
/// Levels above the project's folder in which the end of the old path is tried.
const ABOVE: usize = 4;
/// Parts of the old path that are tried.
const PARTS: usize = 4;
/// Proposals for one folder.
const PROPOSED: usize = 3;

/// A search around one project; its folder is read once, and only if something is missing.
pub(super) struct Search<'a> {
    base_dir: &'a Path,
    below: OnceCell<Vec<PathBuf>>,
}

impl<'a> Search<'a> {
    pub fn new(base_dir: &'a Path) -> Self {
        Self { base_dir, below: OnceCell::new() }
    }

    /// Where what was at `written` may be now, the likeliest first, as a project writes it. `is_usable` says whether a
    /// folder holds what is needed.
    pub fn candidates(&self, written: &str, is_usable: impl Fn(&Path) -> bool) -> Vec<String> {
        let old = Path::new(written);
        let parts: Vec<&str> = old
            .components()
            .filter_map(|c| match c {
                Component::Normal(part) => part.to_str(),
                _ => None,
            })
            .collect();
        // A path from another system has its own separators.
        let parts: Vec<&str> = parts.iter().flat_map(|p| p.split('\\')).filter(|p| !p.is_empty()).collect();
        let mut found: Vec<(usize, usize, String)> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut try_path = |rank: usize, relative: PathBuf| {
            let written = relative.to_string_lossy().replace('\\', "/");
            if !written.is_empty() && seen.insert(written.clone()) && is_usable(&self.base_dir.join(&relative)) {
                found.push((rank, relative.components().count(), written));
            }
        };
        // The end of the old path, from the project's folder and from those above it; without its last part where that
        // names a file.
        for dropped in 0..=1 {
            let kept = &parts[..parts.len().saturating_sub(dropped)];
            for count in (1..=kept.len().min(PARTS)).rev() {
                let end: PathBuf = kept[kept.len() - count..].iter().collect();
                for up in 0..=ABOVE {
                    let mut relative: PathBuf = std::iter::repeat_n("..", up).collect();
                    relative.push(&end);
                    try_path(up + 10 * dropped, relative);
                }
            }
        }
        let name = parts.last().copied().unwrap_or_default();
        for folder in self.below.get_or_init(|| below(self.base_dir)) {
            let alike = folder.file_name().is_some_and(|n| n.to_string_lossy().eq_ignore_ascii_case(name));
            try_path(if alike { 0 } else { 100 }, folder.clone());
        }
        found.sort();
        found.truncate(PROPOSED);
        found.into_iter().map(|(_, _, written)| written).collect()
    }
}

/// Folders below one, by their path from it, level by level. Hidden ones and links are left out.
fn below(base_dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut level = vec![PathBuf::new()];
    let mut entries = 0;
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for folder in level {
            let Ok(content) = fs::read_dir(base_dir.join(&folder)) else { continue };
            for entry in content.flatten() {
                entries += 1;
                if entries > ENTRIES || out.len() + next.len() >= FOLDERS {
                    out.extend(next);
                    out.sort();
                    return out;
                }
                let is_folder = entry.file_type().is_ok_and(|t| t.is_dir());
                let name = entry.file_name();
                if is_folder && !name.to_string_lossy().starts_with('.') {
                    next.push(folder.join(name));
                }
            }
        }
        next.sort();
        out.extend(next.iter().cloned());
        level = next;
    }
    out
}
