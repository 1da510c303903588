//! Bundles: one zip with the project, on request its data, and what runs made of it. `manifest.json` in it lists every
//! file with its length and BLAKE3 hash; what is not listed, or is not as listed, is refused, and so is every name that
//! would lead out of the folder that the bundle is unpacked into.

mod hold;
mod unpack;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::json;
use weft_model::{Edit, Localised, Problem, Value};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::files::{folders, resolve};
use crate::save::replace_file;
use crate::{BUNDLE_EXTENSION, EXTENSION, Project, ProjectError, json as text, read};

pub(crate) use hold::note_user;
pub use hold::{BundleHold, clear_bundles, hold_bundles};
use unpack::{Unpacked, unpack_beside, verify};

/// Name of the list of files within a bundle.
pub const MANIFEST: &str = "manifest.json";
/// Name of the project within a bundle.
pub const PROJECT_IN_BUNDLE: &str = "project.weft";
const FORMAT: &str = "weft-bundle";
const FORMAT_VERSION: u64 = 1;

/// What goes into a bundle besides the project.
#[derive(Debug, Clone, Default)]
pub struct BundleOptions {
    /// Take the data along: the files of every folder that the project names, not of folders within it.
    pub with_data: bool,
    /// Further files: name within the bundle (`runs/…`, `models/…`, with `/` between) and where each lies.
    pub extra_files: Vec<(String, PathBuf)>,
}

/// A project that was opened, whichever way it was packed.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The project.
    pub project: Project,
    /// What was wrong with the file, and what was done about it.
    pub problems: Vec<Problem>,
    /// The folder that the project's paths are relative to.
    pub base_dir: PathBuf,
    /// The project's own file; of a bundle the unpacked one.
    pub file: PathBuf,
    /// Whether it came out of a bundle: then `file` lies in a scratch folder, and saving needs another place.
    pub from_bundle: bool,
    /// Keep what bundles were unpacked to from being cleared: to be kept as long as the project is open.
    pub holds: Vec<BundleHold>,
}

fn l(en: impl Into<String>, zh: impl Into<String>) -> Localised {
    Localised::new(en, zh)
}

fn damaged(path: &Path, en: impl Into<String>, zh: impl Into<String>) -> ProjectError {
    ProjectError::bundle(path, l(en, zh), l("get the bundle anew from where it came", "请从来源处重新获取该项目包"))
}

enum Source {
    Text(String),
    File(PathBuf),
}

/// Writes a bundle, as atomically as a project is saved. `base_dir` is the folder of the project's file.
///
/// # Errors
/// Data or further files are missing, a name is not allowed, or the bundle cannot be written: what was there before is
/// untouched.
pub fn export_bundle(
    project: &Project,
    base_dir: &Path,
    dest: &Path,
    options: &BundleOptions,
) -> Result<(), ProjectError> {
    let mut packed = project.clone();
    let mut entries: BTreeMap<String, Source> = BTreeMap::new();
    if options.with_data {
        add_data(&mut packed, base_dir, dest, &mut entries)?;
    }
    entries.insert(PROJECT_IN_BUNDLE.to_owned(), Source::Text(packed.to_text()));
    for (name, path) in &options.extra_files {
        let taken = entries.contains_key(name) || name == MANIFEST;
        if taken || !is_safe(name) {
            return Err(ProjectError::bundle(
                dest,
                l(format!("'{name}' cannot be a name in a bundle"), format!("“{name}”不能作为包内的名称")),
                l("give each file a relative name of its own", "请为每个文件指定各自的相对名称"),
            ));
        }
        entries.insert(name.clone(), Source::File(path.clone()));
    }
    // The sources may fail as well as the destination, and each says which.
    let mut source_failed = None;
    let written = replace_file(dest, |file| {
        write_zip(file, &entries).map_err(|failure| match failure {
            Failure::Dest(error) => error,
            Failure::Source(path, error) => {
                source_failed = Some(ProjectError::read(&path, error));
                ErrorKind::Other.into()
            }
        })
    });
    match (source_failed, written) {
        (Some(error), _) => Err(error),
        (None, result) => result.map_err(|cause| ProjectError::write(dest, cause)),
    }
}

/// Lists the files of the folders that the project names, and lets it name them within the bundle.
fn add_data(
    packed: &mut Project,
    base_dir: &Path,
    dest: &Path,
    entries: &mut BTreeMap<String, Source>,
) -> Result<(), ProjectError> {
    let mut names: BTreeMap<PathBuf, String> = BTreeMap::new();
    for folder in folders(&packed.graph) {
        let path = resolve(base_dir, &folder.written);
        let path = fs::canonicalize(&path).map_err(|cause| ProjectError::read(&path, cause))?;
        let name = match names.get(&path) {
            Some(name) => name.clone(),
            None => {
                let own = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                let plain: String =
                    own.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' }).collect();
                let base = if plain.is_empty() { "data".to_owned() } else { plain };
                let taken: BTreeSet<String> = names.values().map(|n| n.to_lowercase()).collect();
                let name = (1_usize..)
                    .map(|n| if n == 1 { format!("data/{base}") } else { format!("data/{base}-{n}") })
                    .find(|name| !taken.contains(&name.to_lowercase()))
                    .unwrap_or_default();
                for (file, source) in files_of(&path, dest)? {
                    entries.insert(format!("{name}/{file}"), Source::File(source));
                }
                names.insert(path, name.clone());
                name
            }
        };
        let edit = Edit::SetParam { id: folder.node, param: folder.param, value: Some(Value::Text(name)) };
        if let Err(error) = packed.graph.apply(Edit::inside(&folder.path, edit)) {
            log::error!("'{}': {error}", folder.name);
        }
    }
    Ok(())
}

/// The regular files directly within a folder, by name; not the bundle that is being written.
fn files_of(folder: &Path, dest: &Path) -> Result<Vec<(String, PathBuf)>, ProjectError> {
    let fail = |cause| ProjectError::read(folder, cause);
    let dest = fs::canonicalize(dest).ok();
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if !path.is_file() || fs::canonicalize(&path).ok() == dest {
            continue;
        }
        if !is_safe(&name) {
            return Err(ProjectError::bundle(
                &path,
                l("a file of this name cannot be packed", "此名称的文件无法打包"),
                l("rename it", "请重命名"),
            ));
        }
        out.push((name, path));
    }
    out.sort();
    Ok(out)
}

enum Failure {
    Source(PathBuf, io::Error),
    Dest(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Dest(error)
    }
}

impl From<zip::result::ZipError> for Failure {
    fn from(error: zip::result::ZipError) -> Self {
        Failure::Dest(error.into())
    }
}

fn write_zip(file: &mut File, entries: &BTreeMap<String, Source>) -> Result<(), Failure> {
    let mut zip = ZipWriter::new(BufWriter::new(file));
    let mut listed = serde_json::Map::new();
    for (name, source) in entries {
        let mut reader: Box<dyn Read + '_> = match source {
            Source::Text(text) => Box::new(text.as_bytes()),
            Source::File(path) => Box::new(File::open(path).map_err(|e| Failure::Source(path.clone(), e))?),
        };
        let (bytes, hash) = {
            zip.start_file(name, options(name))?;
            copy_hashing(&mut reader, &mut zip).map_err(|failure| match (failure, source) {
                (CopyError::Read(error), Source::File(path)) => Failure::Source(path.clone(), error),
                (CopyError::Read(error) | CopyError::Write(error), _) => Failure::Dest(error),
            })?
        };
        listed.insert(name.clone(), json!({"bytes": bytes, "blake3": hash.to_hex().as_str()}));
    }
    let manifest = json!({"format": FORMAT, "format_version": FORMAT_VERSION, "files": listed});
    zip.start_file(MANIFEST, options(MANIFEST))?;
    zip.write_all(text::document(&manifest, &["format", "format_version"]).as_bytes())?;
    zip.finish()?.flush()?;
    Ok(())
}

/// The same bundle from the same project: no times. What is packed already is not packed again.
fn options(name: &str) -> SimpleFileOptions {
    let packed = [".gz", ".zip", ".png", ".jpg", ".safetensors"].iter().any(|end| name.to_lowercase().ends_with(end));
    SimpleFileOptions::default()
        .compression_method(if packed { CompressionMethod::Stored } else { CompressionMethod::Deflated })
        .last_modified_time(zip::DateTime::DEFAULT)
        .unix_permissions(0o644)
        .large_file(true)
}

enum CopyError {
    Read(io::Error),
    Write(io::Error),
}

fn copy_hashing(from: &mut dyn Read, to: &mut dyn Write) -> Result<(u64, blake3::Hash), CopyError> {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let n = match from.read(&mut buffer) {
            Ok(0) => return Ok((bytes, hasher.finalize())),
            Ok(n) => n,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(CopyError::Read(error)),
        };
        hasher.update(&buffer[..n]);
        to.write_all(&buffer[..n]).map_err(CopyError::Write)?;
        bytes += n as u64;
    }
}

/// Whether a name within a bundle stays within the folder that it is unpacked into, on every platform.
fn is_safe(name: &str) -> bool {
    let reserved = |part: &str| {
        let stem = part.split('.').next().unwrap_or(part).trim_end().to_ascii_uppercase();
        // Windows takes the superscript digits for digits, too.
        let numbered = |prefix| {
            let mut rest = stem.strip_prefix(prefix).unwrap_or_default().chars();
            rest.next().is_some_and(|c| matches!(c, '1'..='9' | '¹' | '²' | '³')) && rest.next().is_none()
        };
        ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"].contains(&stem.as_str())
            || numbered("COM")
            || numbered("LPT")
    };
    name.len() <= 1_000
        && !name.chars().any(|c| c.is_control() || r#"\:*?"<>|"#.contains(c))
        && name
            .split('/')
            .all(|part| !part.is_empty() && !part.ends_with(['.', ' ']) && !part.starts_with(' ') && !reserved(part))
}

/// Whether a file is a bundle, judged by how it begins.
///
/// # Errors
/// The file cannot be read.
pub fn is_bundle(path: &Path) -> Result<bool, ProjectError> {
    let mut magic = [0; 4];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    match read {
        Ok(()) => Ok(magic == *b"PK\x03\x04"),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(cause) => Err(ProjectError::read(path, cause)),
    }
}

/// Opens a project or a bundle. A bundle is unpacked into a folder of its content's hash in `scratch_dir`
/// (`DATA_DIR/bundles`); one that lies there already is verified and used.
///
/// # Errors
/// The file cannot be read, is no project, is damaged, or was written by a newer version.
pub fn open(path: &Path, scratch_dir: &Path) -> Result<Opened, ProjectError> {
    if !is_bundle(path)? {
        let (project, problems) = read(path)?;
        let base_dir = match path.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let holds = hold_bundles(&project.graph, &base_dir);
        return Ok(Opened { project, problems, base_dir, file: path.to_owned(), from_bundle: false, holds });
    }
    let mut hasher = blake3::Hasher::new();
    File::open(path)
        .and_then(|file| hasher.update_reader(file).map(drop))
        .map_err(|cause| ProjectError::read(path, cause))?;
    let base_dir = scratch_dir.join(&hasher.finalize().to_hex()[..32]);
    let hold = unpack_if_needed(path, &base_dir)?;
    let file = base_dir.join(PROJECT_IN_BUNDLE);
    let (project, problems) = read(&file)?;
    Ok(Opened { project, problems, base_dir, file, from_bundle: true, holds: hold.into_iter().collect() })
}

/// Unpacks a bundle to a folder, unless it lies there already, whole, and holds it.
fn unpack_if_needed(path: &Path, base_dir: &Path) -> Result<Option<BundleHold>, ProjectError> {
    match BundleHold::take(base_dir) {
        Ok(Some(hold)) if verify(base_dir).is_ok() => return Ok(Some(hold)),
        Ok(_) => {}
        Err(error) => {
            log::warn!("{} is not kept from being cleared: {error}", base_dir.display());
            if verify(base_dir).is_ok() {
                return Ok(None);
            }
        }
    }
    let fresh = unpack_beside(path, base_dir)?;
    let place = || {
        put_in_place(&fresh, base_dir).or_else(|error| {
            // Another process may have unpacked the same bundle just now, and be reading it.
            if verify(base_dir).is_ok() {
                return Ok(());
            }
            log::warn!("{} is unpacked again: {error}", base_dir.display());
            fs::remove_dir_all(base_dir)?;
            put_in_place(&fresh, base_dir)
        })
    };
    BundleHold::place(base_dir, place).map(Some).map_err(|cause| ProjectError::write(base_dir, cause))
}

/// Unpacks a bundle into a new or empty folder and returns the project's file, which is called as the bundle.
///
/// # Errors
/// The bundle is damaged or of a newer version, or the folder holds something or cannot be written. Then nothing is
/// left of it.
pub fn import_bundle(path: &Path, dest_dir: &Path) -> Result<PathBuf, ProjectError> {
    if !is_bundle(path)? {
        return Err(ProjectError::bundle(
            path,
            l("it is no bundle", "它不是项目包"),
            l(format!("choose a .{BUNDLE_EXTENSION} file"), format!("请选择 .{BUNDLE_EXTENSION} 文件")),
        ));
    }
    let occupied = match fs::read_dir(dest_dir) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) => error.kind() != ErrorKind::NotFound,
    };
    if occupied {
        let at = dest_dir.display();
        return Err(ProjectError::bundle(
            path,
            l(format!("{at} is not an empty folder"), format!("{at} 不是空文件夹")),
            l("name a new folder to unpack into", "请指定一个新文件夹"),
        ));
    }
    let fresh = unpack_beside(path, dest_dir)?;
    read(&fresh.path().join(PROJECT_IN_BUNDLE))?;
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).filter(|s| is_safe(s));
    let name = format!("{}.{EXTENSION}", stem.as_deref().unwrap_or("project"));
    let place = || {
        fs::rename(fresh.path().join(PROJECT_IN_BUNDLE), fresh.path().join(&name))?;
        // The project has another name from here on and will change: the list would only be wrong.
        fs::remove_file(fresh.path().join(MANIFEST))
    };
    place().map_err(|cause| ProjectError::write(dest_dir, cause))?;
    put_in_place(&fresh, dest_dir).map_err(|cause| ProjectError::write(dest_dir, cause))?;
    Ok(dest_dir.join(name))
}

/// Moves an unpacked folder to where nothing, or an empty folder, is.
fn put_in_place(fresh: &Unpacked, at: &Path) -> io::Result<()> {
    // Windows does not rename over an empty folder. One that holds something stays, and the renaming says so.
    let _ = fs::remove_dir(at);
    fs::rename(fresh.path(), at)
}
