//! Atomic saving: written beside the file under a temporary name, synced, renamed over it, and the folder synced. At
//! every moment the name leads to the whole old content or the whole new one.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::{Project, ProjectError};

/// Saves a project. An existing file keeps its permissions, and a symbolic link keeps leading to its file.
///
/// # Errors
/// The file cannot be written: what was there before is untouched.
pub fn save(project: &Project, path: &Path) -> Result<(), ProjectError> {
    write_atomically(path, project.to_text().as_bytes())?;
    crate::bundle::note_user(&project.graph, path);
    Ok(())
}

/// Writes a file as [`save`] does.
///
/// # Errors
/// The file cannot be written: what was there before is untouched.
pub fn write_atomically(path: &Path, content: &[u8]) -> Result<(), ProjectError> {
    replace(path, &RealDisk, |file| file.write_all(content)).map_err(|cause| ProjectError::write(path, cause))
}

/// The same for content that is written bit by bit.
pub(crate) fn replace_file(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    replace(path, &RealDisk, fill)
}

/// The steps at which a disk can refuse, so that tests can let each of them fail.
trait Disk {
    fn create(&self, folder: &Path, name: &str) -> io::Result<NamedTempFile>;
    fn sync(&self, file: &File) -> io::Result<()>;
    fn rename(&self, file: NamedTempFile, to: &Path) -> io::Result<()>;
}

struct RealDisk;

impl Disk for RealDisk {
    fn create(&self, folder: &Path, name: &str) -> io::Result<NamedTempFile> {
        let prefix = format!(".{name}.");
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(".tmp");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // Without this a new file is for its owner only; with it the user's umask decides, as everywhere. Windows
            // takes the permissions of the folder.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        builder.tempfile_in(folder)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    fn rename(&self, file: NamedTempFile, to: &Path) -> io::Result<()> {
        file.persist(to).map(drop).map_err(|error| error.error)
    }
}

fn replace(path: &Path, disk: &dyn Disk, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let target = follow(path)?;
    let folder = match target.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let name = target.file_name().ok_or(ErrorKind::IsADirectory)?.to_string_lossy().into_owned();
    let before = match fs::metadata(&target) {
        Ok(found) if found.is_dir() => return Err(ErrorKind::IsADirectory.into()),
        // Renaming would go past the protection that someone has put on the file.
        Ok(found) if found.permissions().readonly() => return Err(ErrorKind::PermissionDenied.into()),
        Ok(found) => Some(found.permissions()),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let mut file = disk.create(folder, &name)?;
    fill(file.as_file_mut())?;
    if let Some(permissions) = before {
        file.as_file().set_permissions(permissions)?;
    }
    disk.sync(file.as_file())?;
    disk.rename(file, &target)?;
    sync_folder(folder);
    Ok(())
}

/// Makes the renaming itself survive a power cut. Where that cannot be done the file is saved all the same.
#[cfg(unix)]
fn sync_folder(folder: &Path) {
    if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
        log::debug!("{} cannot be synced: {error}", folder.display());
    }
}

/// Windows opens no folders as files; its file systems journal the renaming.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) {}

/// Where a symbolic link leads, even if nothing is there yet.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut at = path.to_owned();
    for _ in 0..40 {
        match fs::symlink_metadata(&at) {
            Ok(found) if found.is_symlink() => {
                let to = fs::read_link(&at)?;
                at = at.parent().unwrap_or(Path::new("")).join(to);
            }
            _ => return Ok(at),
        }
    }
    Err(io::Error::other("the symbolic link leads in a circle"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ProjectErrorKind, read};

    /// A disk on which one step fails.
    struct Broken(&'static str, ErrorKind);

    impl Broken {
        fn step(&self, name: &str) -> io::Result<()> {
            if self.0 == name { Err(self.1.into()) } else { Ok(()) }
        }
    }

    impl Disk for Broken {
        fn create(&self, folder: &Path, name: &str) -> io::Result<NamedTempFile> {
            self.step("create")?;
            RealDisk.create(folder, name)
        }

        fn sync(&self, file: &File) -> io::Result<()> {
            self.step("sync")?;
            RealDisk.sync(file)
        }

        fn rename(&self, file: NamedTempFile, to: &Path) -> io::Result<()> {
            self.step("rename")?;
            RealDisk.rename(file, to)
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn whatever_step_fails_the_old_file_stands_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.weft");
        fs::write(&path, "old").unwrap();
        for step in ["create", "write", "sync", "rename"] {
            for kind in [ErrorKind::StorageFull, ErrorKind::PermissionDenied, ErrorKind::Other] {
                let disk = Broken(step, kind);
                let cause = replace(&path, &disk, |file| {
                    file.write_all(b"half of the n")?;
                    disk.step("write")
                })
                .unwrap_err();
                assert_eq!(cause.kind(), kind);
                let error = ProjectError::write(&path, cause);
                assert_eq!(error.kind(), ProjectErrorKind::Write);
                let said = error.to_string();
                assert!(said.contains("a.weft") && said.contains("untouched"), "{said}");
                assert_eq!(said.contains("the disk is full"), kind == ErrorKind::StorageFull, "{said}");
                assert_eq!(said.contains("write-protected"), kind == ErrorKind::PermissionDenied, "{said}");
                assert!(error.localised().zh.contains("a.weft"));
                assert_eq!(fs::read_to_string(&path).unwrap(), "old", "{step}");
                assert_eq!(names(folder.path()), ["a.weft"], "{step}");
            }
        }
    }

    #[test]
    fn a_saved_project_reads_back_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("名称.weft");
        let project = crate::template("mnist").unwrap().project();
        for _ in 0..2 {
            save(&project, &path).unwrap();
            assert_eq!(read(&path).unwrap(), (project.clone(), Vec::new()));
            assert_eq!(names(folder.path()), ["名称.weft"]);
        }
    }

    #[test]
    fn places_that_cannot_be_written_say_why() {
        let folder = tempfile::tempdir().unwrap();
        let check = |path: &Path, said: &str| {
            let error = write_atomically(path, b"x").unwrap_err().to_string();
            assert!(error.contains(said) && error.contains(&path.display().to_string()), "{error}");
        };
        check(&folder.path().join("gone").join("a.weft"), "there is no folder");
        check(folder.path(), "it is a folder");
        let protected = folder.path().join("protected.weft");
        fs::write(&protected, "old").unwrap();
        let mut permissions = fs::metadata(&protected).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&protected, permissions).unwrap();
        check(&protected, "write-protected");
        assert_eq!(fs::read_to_string(&protected).unwrap(), "old");
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_symbolic_links_are_kept() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.weft"), folder.path().join("link.weft"));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("real.weft", &link).unwrap();
        write_atomically(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);

        let (dangling, to) = (folder.path().join("dangling.weft"), folder.path().join("to.weft"));
        symlink("to.weft", &dangling).unwrap();
        write_atomically(&dangling, b"new").unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "new");
        let round = folder.path().join("round.weft");
        symlink("round.weft", &round).unwrap();
        assert!(write_atomically(&round, b"x").unwrap_err().to_string().contains("circle"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_that_really_takes_no_files_says_so() {
        // No user, the superuser included, can make files there.
        let path = Path::new("/proc/self/a.weft");
        let error = write_atomically(path, b"x").unwrap_err().to_string();
        assert!(error.contains("/proc/self/a.weft") && error.contains("untouched"), "{error}");
    }
}
