//! Instances for `weft bench schedule`: which files there are, what is in them, and what is known of them.
//!
//! Must not know how an instance is solved.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use weft_model::Localised;
use weft_schedule::formats::{
    DeviceSet, FormatError, Instance, NamedDevice, Places, estee, patterson, psplib, stg, workflow,
};

use crate::exit::Ended;

/// An instance with what is known of it.
#[derive(Debug)]
pub struct Case {
    /// The file, as it was named or found.
    pub file: String,
    /// The file's name without extensions; for a graph of an archive `ARCHIVE.GRAPH`.
    pub stem: String,
    /// The number of processors, where one file is solved for several.
    pub processors: Option<usize>,
    /// The set that it belongs to, for the means.
    pub set: String,
    pub instance: Instance,
    /// The best makespan that anybody knows, in the instance's unit.
    pub best_known: Option<f64>,
}

impl Case {
    /// What tells it from every other of the same folder.
    pub fn name(&self) -> String {
        match self.processors {
            Some(m) => format!("{}.m{m}", self.stem),
            None => self.stem.clone(),
        }
    }
}

/// Where instances come from beside their files.
#[derive(Debug)]
pub struct Settings {
    /// Devices of workflow instances; `None`: those of the file [`DEVICES`] beside the instance, else the same five.
    pub devices: Option<DeviceSet>,
    /// Processors of STG instances; empty: every number that is known of the file.
    pub processors: Vec<usize>,
}

const REFERENCE: &str = "reference.csv";
const DEVICES: &str = "devices5.json";
/// Numbers of processors of which the Standard Task Graph Set has reference values.
const USUAL_PROCESSORS: [usize; 4] = [2, 4, 8, 16];
/// What an archive may unpack to, in bytes: tables of the Estee benchmark have less than 2 MB.
const MOST_UNPACKED_BYTES: u64 = 1 << 28;

/// Reads the instances of these files and folders; of each set only every n-th.
pub fn read(paths: &[PathBuf], settings: &Settings, every: usize) -> anyhow::Result<Vec<Case>> {
    let mut reader = Reader { settings, references: BTreeMap::new(), cases: Vec::new() };
    for path in paths {
        let metadata = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if metadata.is_dir() {
            reader.folder(path)?;
        } else {
            reader.file(path, true)?;
        }
    }
    if reader.cases.is_empty() {
        let names: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
        let names = names.join(", ");
        return Err(Ended::invalid(Localised::new(
            format!("there is no instance in {names}: RCPSP, PSPLIB, MMLIB, STG, WfFormat and Estee can be read"),
            format!("{names} 中没有算例：可以读取 RCPSP、PSPLIB、MMLIB、STG、WfFormat 与 Estee"),
        )));
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    reader.cases.retain(|case| {
        let number = seen.entry(case.set.clone()).or_default();
        *number += 1;
        (*number - 1).is_multiple_of(every)
    });
    Ok(reader.cases)
}

/// Reads a set of devices.
pub fn devices(path: &Path) -> anyhow::Result<DeviceSet> {
    DeviceSet::read(&text(path)?).map_err(|error| malformed(&path.display().to_string(), &error))
}

/// What `reference.csv` says of one problem.
#[derive(Debug, Clone)]
struct Reference {
    set: String,
    processors: Option<usize>,
    best_known: f64,
}

/// For each file, relative to the folder of its `reference.csv`, what is known.
type References = BTreeMap<String, Vec<Reference>>;

struct Reader<'s> {
    settings: &'s Settings,
    /// By folder; empty where a folder has none.
    references: BTreeMap<PathBuf, References>,
    cases: Vec<Case>,
}

impl Reader<'_> {
    fn folder(&mut self, folder: &Path) -> anyhow::Result<()> {
        let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
        let mut paths = Vec::new();
        for entry in entries {
            paths.push(entry.map_err(|error| unreadable(folder, &error))?.path());
        }
        paths.sort();
        for path in paths {
            if path.is_dir() {
                self.folder(&path)?;
                continue;
            }
            self.file(&path, false)?;
        }
        Ok(())
    }

    /// Reads a file; one of a folder that is no instance is passed over, one that was named is an error.
    fn file(&mut self, path: &Path, named: bool) -> anyhow::Result<()> {
        let shown = path.display().to_string();
        let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
        let stem = stem(path);
        match extension.as_str() {
            "zip" => return self.archive(path, &stem),
            "json" => {
                let text = text(path)?;
                if text.contains("\"workflow\"") {
                    let instance =
                        workflow(&text, &self.devices_for(path)?).map_err(|error| malformed(&shown, &error))?;
                    self.keep(path, stem, None, "workflows", instance);
                    return Ok(());
                }
                if text.contains("\"graph_name\"") {
                    return self.tables(path, &shown, &stem, &text);
                }
            }
            "stg" => {
                let text = text(path)?;
                let numbers = self.processors_for(path)?;
                for &processors in &numbers {
                    let instance = stg(&text, processors).map_err(|error| malformed(&shown, &error))?;
                    let setting = (numbers.len() > 1).then_some(processors);
                    self.keep(path, stem.clone(), setting, "STG", instance);
                }
                return Ok(());
            }
            "txt" | "sm" | "mm" | "rcp" => {
                let text = text(path)?;
                let long = text.contains("PRECEDENCE");
                if long || named || text.trim_start().starts_with(|c: char| c.is_ascii_digit()) {
                    let read = if long { psplib(&text) } else { patterson(&text) };
                    let instance = read.map_err(|error| malformed(&shown, &error))?;
                    let several = instance.problem.tasks().iter().any(|task| task.modes.len() > 1);
                    self.keep(path, stem, None, if several { "MMRCPSP" } else { "RCPSP" }, instance);
                    return Ok(());
                }
            }
            _ => {}
        }
        if named {
            return Err(Ended::invalid(Localised::new(
                format!(
                    "{shown} is no instance: .txt, .rcp, .sm and .mm (RCPSP and MMLIB), .stg, .json (WfFormat) and .zip \
                     (Estee) can be read"
                ),
                format!(
                    "{shown} 不是算例：可以读取 .txt、.rcp、.sm 与 .mm（RCPSP 与 MMLIB）、.stg、.json（WfFormat）与 .zip（Estee）"
                ),
            )));
        }
        Ok(())
    }

    /// The tables within an archive.
    fn archive(&mut self, path: &Path, stem: &str) -> anyhow::Result<()> {
        let shown = path.display().to_string();
        let broken = |error: zip::result::ZipError| {
            Ended::invalid(Localised::new(
                format!("{shown} is no archive that can be read: {error}"),
                format!("{shown} 不是可以读取的压缩文件：{error}"),
            ))
        };
        let file = fs::File::open(path).map_err(|error| unreadable(path, &error))?;
        let mut archive = zip::ZipArchive::new(std::io::BufReader::new(file)).map_err(broken)?;
        for number in 0..archive.len() {
            let entry = archive.by_index(number).map_err(broken)?;
            if entry.is_dir() {
                continue;
            }
            let inner = format!("{shown}/{}", entry.name().map_err(broken)?);
            let mut text = String::new();
            let mut limited = entry.take(MOST_UNPACKED_BYTES + 1);
            limited.read_to_string(&mut text).map_err(|error| unreadable(Path::new(&inner), &error))?;
            if text.len() as u64 > MOST_UNPACKED_BYTES {
                return Err(Ended::invalid(Localised::new(
                    format!(
                        "{inner} unpacks to more than {} MB: unpack it and name the files",
                        MOST_UNPACKED_BYTES >> 20
                    ),
                    format!("{inner} 解压后超过 {} MB：请先解压再指定文件", MOST_UNPACKED_BYTES >> 20),
                )));
            }
            self.tables(path, &inner, stem, &text)?;
        }
        Ok(())
    }

    fn tables(&mut self, path: &Path, shown: &str, stem: &str, text: &str) -> anyhow::Result<()> {
        let graphs = estee(text, &self.devices_for(path)?).map_err(|error| malformed(shown, &error))?;
        for (instance, _estimates) in graphs {
            let name = format!("{stem}.{}", file_name(&instance.name));
            self.keep(path, name, None, "Estee", instance);
        }
        Ok(())
    }

    fn keep(&mut self, path: &Path, stem: String, setting: Option<usize>, family: &str, instance: Instance) {
        let processors = match instance.places {
            Places::Processors(count) => Some(count),
            _ => None,
        };
        let known = self.known(path).into_iter().find(|r| r.processors == processors);
        self.cases.push(Case {
            file: path.display().to_string(),
            stem,
            processors: setting,
            set: known.as_ref().map_or_else(|| family.to_owned(), |r| r.set.clone()),
            instance,
            best_known: known.map(|r| r.best_known),
        });
    }

    fn devices_for(&self, path: &Path) -> anyhow::Result<DeviceSet> {
        if let Some(set) = &self.settings.devices {
            return Ok(set.clone());
        }
        let beside = path.with_file_name(DEVICES);
        if beside.is_file() { devices(&beside) } else { Ok(five_devices()) }
    }

    fn processors_for(&mut self, path: &Path) -> anyhow::Result<Vec<usize>> {
        if !self.settings.processors.is_empty() {
            return Ok(self.settings.processors.clone());
        }
        let mut numbers: Vec<usize> = self.known(path).iter().filter_map(|r| r.processors).collect();
        numbers.sort_unstable();
        numbers.dedup();
        Ok(if numbers.is_empty() { USUAL_PROCESSORS.to_vec() } else { numbers })
    }

    /// What the nearest `reference.csv` above the file, at most three folders up, says of it.
    fn known(&mut self, path: &Path) -> Vec<Reference> {
        let Ok(path) = std::path::absolute(path) else { return Vec::new() };
        for folder in path.ancestors().skip(1).take(3) {
            let references = self.references.entry(folder.to_path_buf()).or_insert_with(|| {
                fs::read_to_string(folder.join(REFERENCE)).map(|t| references(&t)).unwrap_or_default()
            });
            let Ok(relative) = path.strip_prefix(folder) else { continue };
            let key: Vec<_> = relative.components().map(|c| c.as_os_str().to_string_lossy()).collect();
            if let Some(found) = references.get(&key.join("/")) {
                return found.clone();
            }
        }
        Vec::new()
    }
}

/// `file, problem, set, best_known, ...`: the set of STG says the number of processors.
fn references(text: &str) -> References {
    let mut references = References::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let [file, _problem, set, best, ..] = fields[..] else { continue };
        let Ok(best_known) = best.parse() else { continue };
        let processors = set.strip_suffix("processors").and_then(|rest| rest.split_whitespace().last()?.parse().ok());
        let reference = Reference { set: set.to_owned(), processors, best_known };
        references.entry(file.to_owned()).or_default().push(reference);
    }
    references
}

/// The five mixed devices with which workflow instances are compared: two processors and a graphics processor that reach
/// one another at 1 GB/s, two remote machines at 12.5 MB/s.
fn five_devices() -> DeviceSet {
    let device = |(name, speed): (&str, f64)| NamedDevice { name: name.to_owned(), speed, memory_bytes: None };
    let devices: Vec<NamedDevice> =
        [("cpu0", 1.0), ("cpu1", 1.0), ("gpu", 4.0), ("rem0", 2.0), ("rem1", 2.0)].map(device).into();
    let count = devices.len();
    let near = |d: usize| d < 3;
    let bandwidth = |a: usize, b: usize| (a != b).then_some(if near(a) && near(b) { 1e9 } else { 12.5e6 });
    DeviceSet {
        devices,
        bandwidth: (0..count).map(|a| (0..count).map(|b| bandwidth(a, b)).collect()).collect(),
        latency: vec![vec![0.0; count]; count],
    }
}

/// A file's name without its extension, and without `.tar` before that.
fn stem(path: &Path) -> String {
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    stem.strip_suffix(".tar").map(str::to_owned).unwrap_or(stem)
}

/// A name from a file's inside as a part of a file's name.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
    name.chars().map(plain).collect()
}

fn text(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> anyhow::Error {
    let path = path.display();
    Ended::invalid(Localised::new(format!("{path} cannot be read: {error}"), format!("无法读取 {path}：{error}")))
}

fn malformed(shown: &str, error: &FormatError) -> anyhow::Error {
    Ended::invalid(Localised::new(format!("{shown}: {error}"), format!("{shown}：{error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_a_file_is_found_with_its_processors() {
        let known = references(
            "file,problem,set,best_known,lower_bound,proved_optimal\n\
             stg/a.stg,STG,50 tasks x 2 processors,146,146,1\n\
             stg/a.stg,STG,50 tasks x 16 processors,80,80,1\n\
             rcpsp/J30_1.txt,RCPSP,J30,43,43,1\nbroken\n",
        );
        let processors: Vec<_> = known["stg/a.stg"].iter().map(|r| r.processors).collect();
        assert_eq!(processors, [Some(2), Some(16)]);
        assert_eq!((known["rcpsp/J30_1.txt"][0].processors, known["rcpsp/J30_1.txt"][0].best_known), (None, 43.0));
        assert_eq!(known.len(), 2);
    }

    #[test]
    fn names_lose_their_extensions_and_what_no_file_may_be_called() {
        assert_eq!(stem(Path::new("x/J501_2.txt")), "J501_2");
        assert_eq!(stem(Path::new("a.tar.gz")), "a");
        assert_eq!(file_name("../a b/c:d"), ".._a_b_c_d");
    }
}
