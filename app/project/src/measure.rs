//! How much lies in a folder.

use std::fs;
use std::path::Path;

/// A folder of more entries is not measured to its end.
const ENTRIES: usize = 1_000_000;

/// How much lies in a folder and below it [bytes]. Links are not followed; what cannot be read counts as nothing.
pub fn folder_bytes(folder: &Path) -> u64 {
    let mut bytes = 0;
    let mut left = ENTRIES;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for entry in entries.flatten() {
            let Some(rest) = left.checked_sub(1) else { return bytes };
            left = rest;
            match entry.metadata() {
                Ok(found) if found.is_dir() => folders.push(entry.path()),
                Ok(found) if found.is_file() => bytes += found.len(),
                _ => {}
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_measured_with_what_lies_below_it() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(folder_bytes(dir.path()), 0);
        fs::write(dir.path().join("a"), [0; 10]).unwrap();
        fs::create_dir_all(dir.path().join("b/c")).unwrap();
        fs::write(dir.path().join("b/c/d"), [0; 32]).unwrap();
        assert_eq!(folder_bytes(dir.path()), 42);
        assert_eq!(folder_bytes(&dir.path().join("nowhere")), 0);
    }
}
