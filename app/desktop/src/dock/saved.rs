//! Layouts that the user has given names, kept in one file of the data folder. What cannot be read is left out with a line
//! in the log: a layout is never worth a refusal to start.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use weft_project::{ProjectError, write_atomically};

use super::Shape;

/// Layouts that are kept.
const MOST: usize = 100;
/// Characters of a name.
const LONGEST: usize = 60;

/// Layouts by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layouts(BTreeMap<String, Shape>);

impl Layouts {
    fn path(data_dir: &Path) -> PathBuf {
        data_dir.join("layouts.json")
    }

    /// Reads the layouts of a data folder.
    pub fn load(data_dir: &Path) -> Self {
        let path = Self::path(data_dir);
        let Ok(text) = std::fs::read_to_string(&path) else { return Self::default() };
        let found: BTreeMap<String, serde_json::Value> = serde_json::from_str(&text).unwrap_or_else(|error| {
            log::warn!("{} is not readable and is ignored: {error}", path.display());
            BTreeMap::new()
        });
        let layouts = found.into_iter().filter_map(|(name, value)| match serde_json::from_value::<Shape>(value) {
            Ok(shape) => Some((name_of(&name)?, shape.repaired())),
            Err(error) => {
                log::warn!("layout '{name}' in {} is not readable and is ignored: {error}", path.display());
                None
            }
        });
        Self(layouts.take(MOST).collect())
    }

    /// Writes them.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, data_dir: &Path) -> Result<(), ProjectError> {
        // If this fails the writing below says why, with the path.
        let _ = std::fs::create_dir_all(data_dir);
        let text = serde_json::to_string_pretty(&self.0).unwrap_or_default();
        write_atomically(&Self::path(data_dir), text.as_bytes())
    }

    /// Their names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// A layout.
    pub fn get(&self, name: &str) -> Option<&Shape> {
        self.0.get(name)
    }

    /// Whether there is one of this name.
    pub fn has(&self, name: &str) -> bool {
        name_of(name).is_some_and(|name| self.0.contains_key(&name))
    }

    /// Whether a layout can be kept under a name.
    pub fn can_keep(&self, name: &str) -> bool {
        name_of(name).is_some_and(|name| self.0.len() < MOST || self.0.contains_key(&name))
    }

    /// Keeps a layout under a name, in place of the one that has it.
    pub fn keep(&mut self, name: &str, shape: Shape) {
        if self.can_keep(name)
            && let Some(name) = name_of(name)
        {
            self.0.insert(name, shape);
        }
    }

    /// Forgets a layout.
    pub fn forget(&mut self, name: &str) {
        self.0.remove(name);
    }
}

/// A name as it is kept: without spaces around it, in one line, not too long; none if nothing is left.
fn name_of(name: &str) -> Option<String> {
    let name: String = name.trim().chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::super::{Edge, Pane};
    use super::*;

    #[test]
    fn layouts_survive_and_a_damaged_one_takes_none_with_it() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Layouts::load(dir.path()), Layouts::default());
        let mut layouts = Layouts::default();
        let mut shape = Shape::default();
        shape.dock(Pane::Log, Edge::Left);
        layouts.keep("  wide screen ", shape.clone());
        layouts.keep(" ", Shape::default());
        layouts.save(dir.path()).unwrap();
        assert_eq!(Layouts::load(dir.path()), layouts);
        assert_eq!(layouts.names().collect::<Vec<_>>(), ["wide screen"]);
        assert_eq!(layouts.get("wide screen"), Some(&shape));

        let path = dir.path().join("layouts.json");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replacen('{', "{ \"bad\": 7,", 1)).unwrap();
        assert_eq!(Layouts::load(dir.path()), layouts);
        std::fs::write(&path, "nonsense").unwrap();
        assert_eq!(Layouts::load(dir.path()), Layouts::default());
    }
}
