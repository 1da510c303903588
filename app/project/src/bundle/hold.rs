//! Unpacked bundles as long as they are used, and their end: a folder that nobody holds, and that no journal would lead
//! back to, can be cleared. It is all unpacked again when the bundle is opened again.
//!
//! Beside each folder lies a file of its name that ends in `.lock`: whoever uses the folder shares the lock of that file,
//! and the time of its last change tells when the folder was used last. What makes or removes such a file holds the lock
//! of `guard.lock` for that moment, so that nobody locks a file that has just been removed.
//!
//! A project that came out of a bundle and was saved elsewhere goes on reading the data that were unpacked: a file that
//! ends in `.users` lists such projects, and as long as one of them is there and names the folder, the folder stays.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use weft_model::Graph;

use crate::files::{folders, resolve};
use crate::journal;
use crate::measure::folder_bytes;

/// Names of folders that are being made or cleared begin with a full stop; one that old was left by a crash.
const HALF_MADE: Duration = Duration::from_secs(24 * 3_600);

/// Keeps the folder that a bundle was unpacked to from being cleared, by this program and by others, as long as this or a
/// clone of it is there.
#[derive(Debug, Clone)]
pub struct BundleHold {
    /// The shared lock.
    _lock: Arc<File>,
}

impl BundleHold {
    /// Holds the unpacked bundle that a path lies in; none if it lies in none that is there.
    pub fn of(path: &Path) -> Option<Self> {
        let folder = unpacked_around(path)?;
        Self::take(folder)
            .inspect_err(|error| log::warn!("{} is not kept from being cleared: {error}", folder.display()))
            .ok()
            .flatten()
    }

    /// Holds a folder; none if it is not there.
    pub(super) fn take(folder: &Path) -> io::Result<Option<Self>> {
        if !folder.is_dir() {
            return Ok(None);
        }
        let _guard = guard(folder)?;
        // It may just have been cleared.
        if folder.is_dir() { Self::share(folder).map(Some) } else { Ok(None) }
    }

    /// Puts a folder in its place and holds it from that moment on.
    pub(super) fn place(folder: &Path, place: impl FnOnce() -> io::Result<()>) -> io::Result<Self> {
        let _guard = guard(folder)?;
        place()?;
        Self::share(folder)
    }

    fn share(folder: &Path) -> io::Result<Self> {
        let lock = File::options().read(true).create(true).append(true).open(lock_of(folder))?;
        // Whoever clears holds it only while it holds the guard too: this waits for nobody.
        lock.lock_shared()?;
        lock.set_modified(SystemTime::now())?;
        Ok(Self { _lock: Arc::new(lock) })
    }
}

/// The folder that a bundle was unpacked to and that a path lies in.
fn unpacked_around(path: &Path) -> Option<&Path> {
    path.ancestors().find(|folder| is_name(folder) && lock_of(folder).is_file())
}

/// Holds the unpacked bundles that the paths of a project lead to. `base_dir` is the folder of its file.
pub fn hold_bundles(graph: &Graph, base_dir: &Path) -> Vec<BundleHold> {
    let named = folders(graph).into_iter().map(|folder| resolve(base_dir, &folder.written));
    let paths: BTreeSet<PathBuf> = named.chain([base_dir.to_owned()]).collect();
    let unpacked: BTreeSet<&Path> = paths.iter().filter_map(|path| unpacked_around(path)).collect();
    unpacked.into_iter().filter_map(BundleHold::of).collect()
}

/// Notes that a project, which is saved as `file`, goes on reading what bundles were unpacked to.
pub(crate) fn note_user(graph: &Graph, file: &Path) {
    let Some(base_dir) = file.parent() else { return };
    let paths: Vec<PathBuf> = folders(graph).iter().map(|folder| resolve(base_dir, &folder.written)).collect();
    let unpacked: BTreeSet<&Path> = paths.iter().filter_map(|path| unpacked_around(path)).collect();
    for folder in unpacked.into_iter().filter(|folder| !base_dir.starts_with(folder)) {
        let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let list = fs::read_to_string(users_of(folder)).unwrap_or_default();
        let line = file.to_string_lossy();
        // A name that goes over two lines could not be told from two names.
        if line.contains('\n') || list.lines().any(|known| known == line) {
            continue;
        }
        let written = File::options().create(true).append(true).open(users_of(folder));
        if let Err(error) = written.and_then(|mut users| writeln!(users, "{line}")) {
            log::warn!("{} is not noted as in use: {error}", folder.display());
        }
    }
}

/// Whether a project that was saved elsewhere reads what lies in the folder.
fn has_users(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let list = fs::read_to_string(users_of(folder)).unwrap_or_default();
    list.lines().any(|file| fs::read(file).is_ok_and(|text| String::from_utf8_lossy(&text).contains(&*name)))
}

/// Waits until nobody else makes or removes folders beside this one, and keeps them from it.
fn guard(folder: &Path) -> io::Result<File> {
    let scratch_dir = folder.parent().unwrap_or(Path::new("."));
    let guard = File::options().read(true).create(true).append(true).open(scratch_dir.join("guard.lock"))?;
    guard.lock()?;
    Ok(guard)
}

fn lock_of(folder: &Path) -> PathBuf {
    folder.with_extension("lock")
}

fn users_of(folder: &Path) -> PathBuf {
    folder.with_extension("users")
}

/// Whether a folder is called as one that a bundle was unpacked to: by the beginning of a hash.
fn is_name(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    name.len() == 32 && name.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Clears the unpacked bundles of a data folder that nobody uses and that were not used for so long; what was freed
/// [bytes]. Those that a journal leads back to after a crash stay, and those that a saved project reads. What cannot be removed stays as well.
pub fn clear_bundles(data_dir: &Path, unused_for: Duration) -> u64 {
    let scratch_dir = data_dir.join("bundles");
    let Ok(entries) = fs::read_dir(&scratch_dir) else { return 0 };
    let needed: BTreeSet<PathBuf> = journal::base_dirs(data_dir).into_iter().collect();
    let mut freed_bytes = 0;
    for path in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let left_over = name.starts_with('.') && age(&path) > HALF_MADE;
        let is_needed = needed.iter().any(|dir| dir.starts_with(&path));
        let away = match (left_over, is_name(&path) && !is_needed) {
            (true, _) => Some(path),
            (_, true) => put_away(&path, unused_for)
                .inspect_err(|error| log::warn!("{} is not cleared: {error}", path.display()))
                .unwrap_or_default(),
            _ => None,
        };
        if let Some(away) = away {
            let bytes = folder_bytes(&away);
            match fs::remove_dir_all(&away) {
                Ok(()) => freed_bytes += bytes,
                Err(error) => log::warn!("{} is not cleared: {error}", away.display()),
            }
        }
    }
    freed_bytes
}

/// Gives a folder that nobody holds another name, under which nobody looks for it: what it is called now.
fn put_away(folder: &Path, unused_for: Duration) -> io::Result<Option<PathBuf>> {
    let scratch_dir = folder.parent().unwrap_or(Path::new("."));
    let _guard = guard(folder)?;
    let lock_path = lock_of(folder);
    let unused = age(if lock_path.exists() { &lock_path } else { folder });
    if unused < unused_for || has_users(folder) {
        return Ok(None);
    }
    let lock = File::options().read(true).create(true).append(true).open(&lock_path)?;
    if lock.try_lock().is_err() {
        return Ok(None);
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let away = (0..).map(|n: u32| scratch_dir.join(format!(".cleared-{name}-{n}"))).find(|path| !path.exists());
    let away = away.unwrap_or_else(|| scratch_dir.join(format!(".cleared-{name}")));
    fs::rename(folder, &away)?;
    drop(lock);
    fs::remove_file(&lock_path)?;
    let _ = fs::remove_file(users_of(folder));
    Ok(Some(away))
}

/// How long ago something was changed last; nothing for what is not there or comes from the future.
fn age(path: &Path) -> Duration {
    let changed = fs::metadata(path).and_then(|found| found.modified()).ok();
    changed.and_then(|at| at.elapsed().ok()).unwrap_or_default()
}
