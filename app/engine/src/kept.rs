//! What is kept only so that it need not be made again: measured and cleared when that is asked for, and cleared by itself
//! when nobody has used it for long. Must not know who asks.
//!
//! What a run that goes on uses stays, in this program or in another: its results stand under its name in the run store
//! before any of them is read, its checkpoints and the unpacked bundles that it reads are locked. What a run will read that
//! waits in a queue is locked while anything is cleared.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use weft_project::folder_bytes;
use weft_protocol::kept::{Kept, KeptReport};

use crate::artifacts::ArtifactStore;
use crate::prepare::base_dir;
use crate::store::{RunStore, StoreError};

/// Checkpoints and unpacked bundles are cleared by themselves after this long without use.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3_600);

/// Clears what nobody has used for long.
pub(crate) fn sweep(data_dir: &Path, store: &RunStore) {
    clear_checkpoints(&data_dir.join("checkpoints"), KEPT_FOR);
    if let Err(fault) = clear_bundles(data_dir, store, KEPT_FOR) {
        log::warn!("unpacked bundles are not cleared: {fault}");
    }
}

/// Clears the unpacked bundles that have not been used for so long and that no run will read which waits, in this program
/// or in another; what was freed [bytes].
fn clear_bundles(data_dir: &Path, store: &RunStore, unused_for: Duration) -> Result<u64, StoreError> {
    let mut holds = Vec::new();
    for waiting in store.queue()? {
        let Some(request) = store.queued_request(waiting.id)? else { continue };
        let path = request.project_path.clone().unwrap_or_default();
        // One that cannot be read will not run.
        if let Ok((project, _)) = weft_project::read_str(&request.project_text, &path) {
            let base_dir = base_dir(request.project_path.as_deref());
            holds.extend(weft_project::hold_bundles(&project.graph, &base_dir));
        }
    }
    Ok(weft_project::clear_bundles(data_dir, unused_for))
}

/// Clears these kinds and measures what is left of all.
pub(crate) fn clear(
    data_dir: &Path,
    store: &mut RunStore,
    artifacts: &mut ArtifactStore,
    kinds: &BTreeSet<Kept>,
) -> Result<KeptReport, StoreError> {
    let mut cleared_bytes = 0;
    for kind in kinds {
        cleared_bytes += match kind {
            Kept::Results => clear_results(store, artifacts)?,
            Kept::Checkpoints => clear_checkpoints(&data_dir.join("checkpoints"), Duration::ZERO),
            Kept::Previews => clear_previews(&data_dir.join("previews")),
            Kept::Bundles => clear_bundles(data_dir, store, Duration::ZERO)?,
        };
    }
    let mut report = KeptReport { cleared_bytes: (!kinds.is_empty()).then_some(cleared_bytes), ..Default::default() };
    for kind in Kept::ALL {
        let bytes = match kind {
            Kept::Results => store.kept_bytes()?,
            Kept::Checkpoints => folder_bytes(&data_dir.join("checkpoints")),
            Kept::Previews => folder_bytes(&data_dir.join("previews")),
            Kept::Bundles => folder_bytes(&data_dir.join("bundles")),
        };
        report.bytes.insert(kind, bytes);
    }
    Ok(report)
}

/// Clears every result that no run uses which is going on.
fn clear_results(store: &mut RunStore, artifacts: &mut ArtifactStore) -> Result<u64, StoreError> {
    // A run whose program is gone uses nothing.
    store.mark_interrupted()?;
    let mut cleared_bytes = 0;
    for output in store.surplus(0)? {
        // Asked again: a run may have begun since, in another program.
        if store.forget_unused(&output.content, &output.extension)? {
            artifacts.remove(&output);
            cleared_bytes += output.bytes;
        }
    }
    Ok(cleared_bytes)
}

fn clear_previews(folder: &Path) -> u64 {
    let files = entries(folder).filter(|path| path.extension().is_some_and(|e| e == "preview"));
    files.map(|path| bytes_of(&path).filter(|_| fs::remove_file(&path).is_ok()).unwrap_or_default()).sum()
}

/// Clears the checkpoints that nobody computes on and that have not changed for so long; what was freed [bytes].
fn clear_checkpoints(folder: &Path, unchanged_for: Duration) -> u64 {
    let mut cleared_bytes = 0;
    for lock in entries(folder).filter(|path| path.extension().is_some_and(|e| e == "lock")) {
        let checkpoints = lock.with_extension("");
        let changed = fs::metadata(&checkpoints).or_else(|_| fs::metadata(&lock)).and_then(|m| m.modified());
        let is_old = changed.is_ok_and(|t| t.elapsed().unwrap_or_default() >= unchanged_for);
        // Nobody computes what nobody has locked.
        if (is_old || !checkpoints.exists()) && fs::File::open(&lock).is_ok_and(|file| file.try_lock().is_ok()) {
            let bytes = folder_bytes(&checkpoints);
            if !checkpoints.exists() || fs::remove_dir_all(&checkpoints).is_ok() {
                cleared_bytes += bytes;
                fs::remove_file(&lock).ok();
            }
        }
    }
    cleared_bytes
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

fn bytes_of(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|found| found.len())
}
