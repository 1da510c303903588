//! Taking a bundle apart. The file may have been made to do harm: nothing in it is believed before it is checked, and
//! what it may cost (memory, disk, files, folders) is bounded before any of it is spent. Knows nothing of projects.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde::Deserialize;
use tempfile::TempDir;
use zip::ZipArchive;
use zip::read::{ArchiveOffset, Config};

use super::{CopyError, FORMAT, FORMAT_VERSION, MANIFEST, PROJECT_IN_BUNDLE, copy_hashing, damaged, is_safe, l};
use crate::ProjectError;

/// What a bundle may hold at most: against files made to fill the disk or the memory.
struct Limits {
    /// Files, and as many folders.
    files: usize,
    bytes: u64,
    /// Unpacked bytes for each byte of the bundle, beyond [`Self::free_bytes`].
    ratio: u64,
    free_bytes: u64,
    /// The same for the project's own file, which is read into memory.
    project_ratio: u64,
    project_free_bytes: u64,
    /// The list of files, which is read into memory, too.
    manifest_bytes: u64,
    /// Bytes read to find and to read the zip's own directory.
    directory_bytes: u64,
}

const LIMITS: Limits = Limits {
    files: 100_000,
    bytes: 1 << 38,
    ratio: 200,
    free_bytes: 1 << 28,
    project_ratio: 40,
    project_free_bytes: 1 << 24,
    manifest_bytes: 1 << 24,
    directory_bytes: 1 << 25,
};

/// What a bundle was unpacked to. It clears itself away, with the folders made for it, unless it is moved into its place.
pub(super) struct Unpacked {
    folder: TempDir,
    /// Dropped after the folder. One that holds something by then stays.
    _above: MadeFolders,
}

impl Unpacked {
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Folders that were made, the innermost first.
struct MadeFolders(Vec<PathBuf>);

impl Drop for MadeFolders {
    fn drop(&mut self) {
        for folder in &self.0 {
            // One that is not empty is in use, and so are those above it.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Unpacks into a new folder beside `beside`.
pub(super) fn unpack_beside(bundle: &Path, beside: &Path) -> Result<Unpacked, ProjectError> {
    let parent = match beside.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let missing = parent.ancestors().take_while(|p| *p != Path::new("") && !p.exists());
    let above = MadeFolders(missing.map(Path::to_owned).collect());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".unpacking-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    let folder = fs::create_dir_all(parent)
        .and_then(|()| builder.tempdir_in(parent))
        .map_err(|cause| ProjectError::write(beside, cause))?;
    let fresh = Unpacked { folder, _above: above };
    unpack(bundle, fresh.path(), &LIMITS)?;
    Ok(fresh)
}

/// A file as a manifest lists it.
#[derive(Deserialize)]
struct Listed {
    bytes: u64,
    #[serde(rename = "blake3")]
    hash: String,
}

/// What a manifest of any version begins with. Read by itself: the rest of a newer one may look different.
#[derive(Deserialize)]
struct Header {
    format: String,
    format_version: u64,
}

#[derive(Deserialize)]
struct Manifest {
    files: BTreeMap<String, Listed>,
}

/// Reads a manifest. `path` is named in messages.
fn manifest(content: &[u8], path: &Path) -> Result<BTreeMap<String, Listed>, ProjectError> {
    let unreadable = |_| damaged(path, "its list of files cannot be read", "其文件清单无法读取");
    let header: Header = serde_json::from_slice(content).map_err(unreadable)?;
    if header.format != FORMAT {
        return Err(damaged(path, "its list of files cannot be read", "其文件清单无法读取"));
    }
    if header.format_version > FORMAT_VERSION {
        return Err(ProjectError::newer(path, header.format_version, FORMAT_VERSION));
    }
    let Manifest { files } = serde_json::from_slice(content).map_err(unreadable)?;
    match files.keys().find(|name| !is_safe(name) || *name == MANIFEST) {
        Some(name) => Err(unsafe_name(path, name)),
        None => Ok(files),
    }
}

fn unsafe_name(path: &Path, name: &str) -> ProjectError {
    ProjectError::bundle(
        path,
        l(
            format!("it holds '{}', a name that would lead out of its folder", name.escape_debug()),
            format!("其中的名称“{}”会指向文件夹之外", name.escape_debug()),
        ),
        l("nothing was unpacked; do not trust where it came from", "未解包任何内容；请勿信任其来源"),
    )
}

/// A file of which only so much may be read: a directory made to be read for ever comes to an end.
struct Metered {
    file: File,
    left_bytes: Rc<Cell<u64>>,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        match self.left_bytes.get().checked_sub(n as u64) {
            Some(left) => {
                self.left_bytes.set(left);
                Ok(n)
            }
            None => Err(io::Error::other("its directory is too large")),
        }
    }
}

impl Seek for Metered {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// Number of entries that a zip claims to have, from the record at its very end; none where that record is not there,
/// or has a comment after it, which no bundle has.
fn claimed_entries(file: &mut File) -> io::Result<Option<u64>> {
    /// The record at the end, and the one before it that says where the record for large files lies.
    const END: usize = 22;
    const LOCATOR: usize = 20;
    let length_bytes = file.seek(SeekFrom::End(0))?;
    let mut last = [0; LOCATOR + END];
    let Some(start) = length_bytes.checked_sub(last.len() as u64) else { return Ok(None) };
    file.seek(SeekFrom::Start(start))?;
    file.read_exact(&mut last)?;
    let (locator, end) = last.split_at(LOCATOR);
    if !end.starts_with(b"PK\x05\x06") || !end.ends_with(&[0, 0]) {
        return Ok(None);
    }
    let short = u16::from_le_bytes([end[10], end[11]]);
    if !locator.starts_with(b"PK\x06\x07") {
        return Ok(Some(u64::from(short)));
    }
    let number = |from: &[u8]| from.first_chunk().map_or(u64::MAX, |bytes| u64::from_le_bytes(*bytes));
    file.seek(SeekFrom::Start(number(&locator[8..])))?;
    let mut large = [0; 40];
    Ok(match file.read_exact(&mut large) {
        Ok(()) if large.starts_with(b"PK\x06\x06") => Some(number(&large[32..]).max(u64::from(short))),
        _ => None,
    })
}

/// Opens the zip and reads its directory, if that is of a sensible size.
fn directory(bundle: &Path, limits: &Limits) -> Result<ZipArchive<BufReader<Metered>>, ProjectError> {
    let unreadable = |cause| ProjectError::read(bundle, cause);
    let mut file = File::open(bundle).map_err(unreadable)?;
    match claimed_entries(&mut file).map_err(unreadable)? {
        Some(entries) if entries > 2 * limits.files as u64 => {
            return Err(too_much(bundle, &format!("{entries} files"), &format!("{entries} 个文件")));
        }
        Some(_) => {}
        None => {
            return Err(damaged(bundle, "it is damaged (its end is missing)", "它已损坏（缺少结尾）"));
        }
    }
    let left_bytes = Rc::new(Cell::new(limits.directory_bytes));
    let metered = Metered { file, left_bytes: left_bytes.clone() };
    // A bundle begins with its first entry: nothing is searched for.
    let config = Config { archive_offset: ArchiveOffset::Known(0) };
    let mut zip = ZipArchive::with_config(config, BufReader::new(metered)).map_err(|e| broken(bundle, e))?;
    // From here on what may be read is bounded by what is listed.
    left_bytes.set(u64::MAX);
    if zip.has_duplicate_names() {
        return Err(damaged(bundle, "a name stands in it twice", "其中有名称出现两次"));
    }
    if zip.has_overlapping_entries().map_err(|e| broken(bundle, e))? {
        return Err(damaged(bundle, "files in it lie over one another", "其中的文件相互重叠"));
    }
    Ok(zip)
}

fn broken(bundle: &Path, error: zip::result::ZipError) -> ProjectError {
    damaged(bundle, format!("it is damaged ({error})"), format!("它已损坏（{error}）"))
}

fn too_much(bundle: &Path, en: &str, zh: &str) -> ProjectError {
    damaged(
        bundle,
        format!("it claims {en}, more than is sensible for its size"),
        format!("它声称有 {zh}，与其大小不符"),
    )
}

/// Whether what is listed may be unpacked from a bundle of so many bytes.
fn check_sizes(
    bundle: &Path,
    listed: &BTreeMap<String, Listed>,
    packed_bytes: u64,
    limits: &Limits,
) -> Result<(), ProjectError> {
    let allowed = |free: u64, ratio: u64| free.saturating_add(packed_bytes.saturating_mul(ratio));
    let total = listed.values().try_fold(0_u64, |sum, file| sum.checked_add(file.bytes)).unwrap_or(u64::MAX);
    if total > limits.bytes.min(allowed(limits.free_bytes, limits.ratio)) || listed.len() > limits.files {
        let files = listed.len();
        return Err(too_much(
            bundle,
            &format!("{files} files of {total} bytes"),
            &format!("{files} 个文件共 {total} 字节"),
        ));
    }
    let project_bytes = listed.get(PROJECT_IN_BUNDLE).map_or(0, |p| p.bytes);
    if project_bytes > allowed(limits.project_free_bytes, limits.project_ratio) {
        return Err(too_much(
            bundle,
            &format!("a project of {project_bytes} bytes"),
            &format!("{project_bytes} 字节的项目"),
        ));
    }
    let mut folders = BTreeSet::new();
    for name in listed.keys() {
        for (at, _) in name.match_indices('/') {
            folders.insert(&name[..at]);
        }
        if folders.len() > limits.files {
            return Err(too_much(
                bundle,
                &format!("more than {} folders", limits.files),
                &format!("超过 {} 个文件夹", limits.files),
            ));
        }
    }
    Ok(())
}

/// Unpacks into an existing, empty folder that nobody else uses.
fn unpack(bundle: &Path, into: &Path, limits: &Limits) -> Result<(), ProjectError> {
    let broken = |error| broken(bundle, error);
    let packed_bytes = fs::metadata(bundle).map_err(|cause| ProjectError::read(bundle, cause))?.len();
    let mut zip = directory(bundle, limits)?;
    let listed = read_manifest(&mut zip, bundle, limits)?;
    check_sizes(bundle, &listed, packed_bytes, limits)?;
    // Names that differ only in case are one file on some platforms.
    let mut seen = BTreeSet::new();
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).map_err(broken)?;
        let name = entry.name().map_err(broken)?.into_owned();
        if entry.is_symlink() || !is_safe(name.strip_suffix('/').unwrap_or(&name)) {
            return Err(unsafe_name(bundle, &name));
        }
        if entry.is_dir() {
            continue;
        }
        if !seen.insert(name.to_lowercase()) {
            return Err(damaged(bundle, format!("'{name}' stands in it twice"), format!("“{name}”在其中出现两次")));
        }
        let expected = match listed.get(&name) {
            Some(listed) => Some(listed),
            None if name == MANIFEST => None,
            None => {
                return Err(damaged(
                    bundle,
                    format!("'{name}' is not in its list of files"),
                    format!("“{name}”不在其文件清单中"),
                ));
            }
        };
        let to = into.join(&name);
        let mut out = to
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| File::create_new(&to))
            .map_err(|cause| ProjectError::write(&to, cause))?;
        // One byte more than listed tells a file that is longer, and no file can go on without end.
        let mut limited = (&mut entry).take(expected.map_or(limits.manifest_bytes, |l| l.bytes) + 1);
        let (bytes, hash) = copy_hashing(&mut limited, &mut out).map_err(|failure| match failure {
            CopyError::Read(error) => {
                damaged(bundle, format!("'{name}' is damaged ({error})"), format!("“{name}”已损坏（{error}）"))
            }
            CopyError::Write(error) => ProjectError::write(&to, error),
        })?;
        if expected.is_some_and(|l| l.bytes != bytes || l.hash != hash.to_hex().as_str()) {
            return Err(not_as_listed(bundle, &name));
        }
    }
    let missing =
        listed.keys().map(String::as_str).chain([PROJECT_IN_BUNDLE]).find(|n| !seen.contains(&n.to_lowercase()));
    match missing {
        Some(name) => Err(damaged(bundle, format!("'{name}' is missing from it"), format!("其中缺少“{name}”"))),
        None => Ok(()),
    }
}

fn not_as_listed(path: &Path, name: &str) -> ProjectError {
    damaged(
        path,
        format!("'{name}' is not as its list of files has it: the hash differs"),
        format!("“{name}”与文件清单不符：哈希不同"),
    )
}

fn read_manifest<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    bundle: &Path,
    limits: &Limits,
) -> Result<BTreeMap<String, Listed>, ProjectError> {
    let entry = zip.by_name(MANIFEST).map_err(|_| {
        ProjectError::not_a_project(bundle, l("it is a zip without a list of Weft's", "它是不含 Weft 文件清单的 zip"))
    })?;
    let mut content = Vec::new();
    entry.take(limits.manifest_bytes + 1).read_to_end(&mut content).map_err(|error| {
        damaged(bundle, format!("its list of files is damaged ({error})"), format!("其文件清单已损坏（{error}）"))
    })?;
    if content.len() as u64 > limits.manifest_bytes {
        let most = limits.manifest_bytes;
        return Err(too_much(
            bundle,
            &format!("a list of files of more than {most} bytes"),
            &format!("超过 {most} 字节的文件清单"),
        ));
    }
    manifest(&content, bundle)
}

/// Whether a folder still holds what a bundle was unpacked to.
pub(super) fn verify(folder: &Path) -> Result<(), ProjectError> {
    let path = folder.join(MANIFEST);
    let content = fs::read(&path).map_err(|cause| ProjectError::read(&path, cause))?;
    for (name, listed) in manifest(&content, &path)? {
        let path = folder.join(&name);
        let mut hasher = blake3::Hasher::new();
        File::open(&path)
            .and_then(|file| hasher.update_reader(file).map(drop))
            .map_err(|cause| ProjectError::read(&path, cause))?;
        if hasher.count() != listed.bytes || hasher.finalize().to_hex().as_str() != listed.hash {
            return Err(not_as_listed(folder, &name));
        }
    }
    Ok(())
}
