//! Looks for data that have been moved, or that nobody has named yet: where a folder may be that is not where the project
//! has it. Looks at names of folders and files only, and at a bounded number of them.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Folders within one that is searched that are looked at.
const FOLDERS: usize = 500;
/// Entries of folders that are looked at.
const ENTRIES: usize = 4_000;
/// Levels of folders below one that is searched.
const DEPTH: usize = 4;
/// Levels above the project's folder in which the end of the old path is tried.
const ABOVE: usize = 4;
/// Parts of the old path that are tried.
const PARTS: usize = 4;
/// Proposals for one folder.
const PROPOSED: usize = 3;

/// A search around one project and in further folders; each is read once, and only if something is missing.
pub(super) struct Search<'a> {
    base_dir: &'a Path,
    below: OnceCell<Vec<PathBuf>>,
    further: Vec<(&'a Path, OnceCell<Vec<PathBuf>>)>,
}

impl<'a> Search<'a> {
    pub fn new(base_dir: &'a Path, further: &'a [PathBuf]) -> Self {
        let further = further.iter().filter(|f| f.is_absolute()).map(|f| (f.as_path(), OnceCell::new())).collect();
        Self { base_dir, below: OnceCell::new(), further }
    }

    /// Where what was at `written` may be now, the likeliest first, as a project writes it; `written` is empty where
    /// nothing has been named yet. `is_usable` says whether a folder holds what is needed.
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
        let mut found = Found { base_dir: self.base_dir, is_usable, seen: BTreeSet::new(), list: Vec::new() };
        // The end of the old path, from the project's folder and from those above it; without its last part where that
        // names a file.
        let ends = |dropped: usize| {
            let kept = &parts[..parts.len().saturating_sub(dropped)];
            (1..=kept.len().min(PARTS)).rev().map(move |count| kept[kept.len() - count..].iter().collect::<PathBuf>())
        };
        for dropped in 0..=1 {
            for end in ends(dropped) {
                for up in 0..=ABOVE {
                    let mut relative: PathBuf = std::iter::repeat_n("..", up).collect();
                    relative.push(&end);
                    found.try_path(up + 10 * dropped, relative);
                }
            }
        }
        if parts.is_empty() {
            found.try_path(0, PathBuf::from("."));
            found.try_path(2, PathBuf::from("../data"));
        }
        let name = parts.last().copied().unwrap_or_default();
        let alike = |folder: &Path| folder.file_name().is_some_and(|n| n.to_string_lossy().eq_ignore_ascii_case(name));
        for folder in self.below.get_or_init(|| below(self.base_dir)) {
            found.try_path(if alike(folder) { 0 } else { 100 }, folder.clone());
        }
        for (further, inside) in &self.further {
            found.try_path(if alike(further) { 30 } else { 120 }, further.to_path_buf());
            for dropped in 0..=1 {
                ends(dropped).for_each(|end| found.try_path(30 + dropped, further.join(end)));
            }
            for folder in inside.get_or_init(|| below(further)) {
                found.try_path(if alike(folder) { 30 } else { 120 }, further.join(folder));
            }
        }
        let mut list = found.list;
        list.sort();
        list.truncate(PROPOSED);
        list.into_iter().map(|(_, _, written)| written).collect()
    }
}

/// What was found so far: each folder once, by the shortest way that was tried first.
struct Found<'a, F> {
    base_dir: &'a Path,
    is_usable: F,
    seen: BTreeSet<PathBuf>,
    list: Vec<(usize, usize, String)>,
}

impl<F: Fn(&Path) -> bool> Found<'_, F> {
    /// `path` starts from the project's folder or is absolute.
    fn try_path(&mut self, rank: usize, path: PathBuf) {
        // What lies within the project's folder is named from there, so that both can be moved together.
        let path = match path.strip_prefix(self.base_dir) {
            Ok(inside) if inside.as_os_str().is_empty() => PathBuf::from("."),
            Ok(inside) => inside.to_owned(),
            Err(_) => path,
        };
        let written = path.to_string_lossy().replace('\\', "/");
        let at = self.base_dir.join(&path);
        if written.is_empty() || !(self.is_usable)(&at) {
            return;
        }
        let folder = fs::canonicalize(&at).unwrap_or(at);
        if self.seen.insert(folder) {
            self.list.push((rank, path.components().count(), written));
        }
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
