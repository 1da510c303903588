//! Files of results, named by the BLAKE3 hash of their content: `DATA_DIR/artifacts/ab/HASH.EXTENSION`.
//!
//! Must not know whose they are: that is the run store's. A file comes here whole (written under another name, then
//! renamed) and is verified when it is first used in a process.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use weft_protocol::ContentHash;
use weft_protocol::artifact::StoredOutput;

/// Why a file of the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// It is not there: it was cleared to make room, or deleted.
    #[error("{path} is not in the store any more", path = .0.display())]
    Missing(PathBuf),
    /// Its content is not what its name says.
    #[error("{path} is damaged: its content does not match its name", path = .0.display())]
    Damaged(PathBuf),
    /// It cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl ArtifactError {
    /// Whether the disk has no room left.
    pub fn is_full_disk(&self) -> bool {
        matches!(self, Self::File { source, .. }
            if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    }
}

/// The files of a data folder.
#[derive(Debug, Clone)]
pub struct ArtifactStore {
    root: PathBuf,
    /// Verified since this store was opened.
    verified: HashSet<ContentHash>,
}

impl ArtifactStore {
    /// The store of a data folder. Costs nothing: folders are made when something is put there.
    pub fn new(data_dir: &Path) -> Self {
        Self { root: data_dir.join("artifacts"), verified: HashSet::new() }
    }

    /// Where a content stands, if it is there.
    pub fn path(&self, content: &ContentHash, extension: &str) -> PathBuf {
        // The names of foreign contents are never longer or shorter; a damaged name must not become another path.
        let name: String = content.0.chars().filter(char::is_ascii_alphanumeric).collect();
        let extension: String = extension.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '.').collect();
        let folder = self.root.join(name.get(..2).unwrap_or("__"));
        if extension.is_empty() { folder.join(name) } else { folder.join(format!("{name}.{extension}")) }
    }

    /// Takes a finished file in, under the name of its content. The file itself is moved.
    ///
    /// # Errors
    /// It cannot be read or moved.
    pub fn adopt(&mut self, port: &str, file: &Path) -> Result<StoredOutput, ArtifactError> {
        let fault = |source| ArtifactError::File { path: file.to_owned(), source };
        let (hash, bytes) = hash_file(file, &|| false).map_err(fault)?;
        let extension = file.extension().and_then(|e| e.to_str()).unwrap_or_default().to_owned();
        let content = ContentHash(hash);
        let path = self.path(&content, &extension);
        self.make_folder(&path)?;
        // Within a data folder this is a rename; a folder for outputs on another disk is copied from.
        if fs::rename(file, &path).is_err() {
            let copy = path.with_extension(format!("{}.tmp", std::process::id()));
            let copied = fs::copy(file, &copy).and_then(|_| fs::rename(&copy, &path));
            if let Err(source) = copied {
                fs::remove_file(&copy).ok();
                return Err(ArtifactError::File { path, source });
            }
            fs::remove_file(file).ok();
        }
        self.verified.insert(content.clone());
        Ok(StoredOutput { port: port.to_owned(), content, bytes, extension })
    }

    /// Takes a content in.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn put(&mut self, port: &str, content: &[u8], extension: &str) -> Result<StoredOutput, ArtifactError> {
        let hash = ContentHash(blake3::hash(content).to_hex().to_string());
        let path = self.path(&hash, extension);
        let folder = self.make_folder(&path)?;
        let fault = |source| ArtifactError::File { path: path.clone(), source };
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fault)?;
        file.write_all(content).map_err(fault)?;
        file.persist(&path).map_err(|e| fault(e.error))?;
        self.verified.insert(hash.clone());
        Ok(StoredOutput {
            port: port.to_owned(),
            content: hash,
            bytes: content.len() as u64,
            extension: extension.to_owned(),
        })
    }

    fn make_folder<'a>(&self, path: &'a Path) -> Result<&'a Path, ArtifactError> {
        let folder = path.parent().unwrap_or(path);
        fs::create_dir_all(folder).map_err(|source| ArtifactError::File { path: folder.to_owned(), source })?;
        Ok(folder)
    }

    /// The path of a content that is there with the right length.
    ///
    /// # Errors
    /// It is missing, or of another length.
    pub fn find(&self, output: &StoredOutput) -> Result<PathBuf, ArtifactError> {
        let path = self.path(&output.content, &output.extension);
        match fs::metadata(&path) {
            Ok(found) if found.len() == output.bytes => Ok(path),
            Ok(_) => Err(ArtifactError::Damaged(path)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Err(ArtifactError::Missing(path)),
            Err(source) => Err(ArtifactError::File { path, source }),
        }
    }

    /// The path of a content that is there and whole: read through on the first use in this process.
    ///
    /// # Errors
    /// It is missing or damaged; a damaged file is removed, so that it can be made anew.
    pub fn verify(&mut self, output: &StoredOutput) -> Result<PathBuf, ArtifactError> {
        let found = self.find(output).and_then(|path| {
            if self.verified.contains(&output.content) {
                return Ok(path);
            }
            match hash_file(&path, &|| false) {
                Ok((hash, _)) if hash == output.content.0 => Ok(path),
                Ok(_) => Err(ArtifactError::Damaged(path)),
                Err(source) => Err(ArtifactError::File { path, source }),
            }
        });
        match &found {
            Ok(_) => {
                self.verified.insert(output.content.clone());
            }
            Err(fault) => {
                self.verified.remove(&output.content);
                if let ArtifactError::Damaged(path) = fault {
                    fs::remove_file(path).ok();
                }
            }
        }
        found
    }

    /// Removes a content.
    pub fn remove(&mut self, output: &StoredOutput) {
        self.verified.remove(&output.content);
        fs::remove_file(self.path(&output.content, &output.extension)).ok();
    }
}

/// BLAKE3 hash and length of a file. `cancelled` is asked between blocks.
pub(crate) fn hash_file(path: &Path, cancelled: &dyn Fn() -> bool) -> io::Result<(String, u64)> {
    use io::Read as _;
    let mut file = fs::File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut block = vec![0; 1 << 20];
    let mut bytes = 0;
    loop {
        if cancelled() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let read = match file.read(&mut block) {
            Ok(0) => break,
            Ok(read) => read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        hasher.update(&block[..read]);
        bytes += read as u64;
    }
    Ok((hasher.finalize().to_hex().to_string(), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_there_is_found_and_a_damaged_file_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = ArtifactStore::new(folder.path());
        let output = store.put("model", b"weights", "safetensors").unwrap();
        let path = store.verify(&output).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"weights");
        assert_eq!(path.extension().unwrap(), "safetensors");

        let mut opened_later = ArtifactStore::new(folder.path());
        fs::write(&path, b"weightz").unwrap();
        assert!(matches!(opened_later.verify(&output), Err(ArtifactError::Damaged(_))));
        assert!(matches!(opened_later.verify(&output), Err(ArtifactError::Missing(_))));
    }

    #[test]
    fn a_finished_file_moves_in_under_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = ArtifactStore::new(&folder.path().join("data"));
        let file = folder.path().join("history.json");
        fs::write(&file, "{}").unwrap();
        let output = store.adopt("history", &file).unwrap();
        assert!(!file.exists());
        assert_eq!((output.port.as_str(), output.bytes, output.extension.as_str()), ("history", 2, "json"));
        assert_eq!(output, store.put("history", b"{}", "json").unwrap());
    }

    #[test]
    fn a_damaged_name_leads_nowhere_else() {
        let store = ArtifactStore::new(Path::new("data"));
        let path = store.path(&ContentHash("../../etc/passwd".into()), "/../x");
        assert!(path.starts_with("data/artifacts"));
        assert!(!path.to_string_lossy().contains("../"), "{path:?}");
    }
}
