//! Recovery journal: what was changed since the last save, on disk within seconds, so that a crash loses next to
//! nothing.
//!
//! A journal is a file of lines in `DATA_DIR/recovery`, made with the first change and gone after a save or an orderly
//! end. Its first line holds the whole project as it was saved, so that recovery depends on no other file; each further
//! line the edits that lead on from the one before. Every line begins with its checksum: what a crash or a full disk
//! cut off is left out. The program that writes it holds a lock on it; a journal without one was left by a crash.
//!
//! It takes states, not commands: whatever a window did, undo included, it hands over where it stands now.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value as Json, json};
use weft_model::{Edit, Graph, Localised, ProjectId};

use crate::format::{hash_u64, node_to_json, value_from_json, value_to_json, whole_node_from_json};
use crate::planning::{planning_from_json, planning_to_json};
use crate::{
    BundleHold, Project, ProjectError, ProjectErrorKind, WireExtra, diff, hold_bundles, json as text, read, read_str,
};

const NAME: &str = "weft-recovery";
const VERSION: u64 = 1;
/// How often a journal is written while something changes. Twice this is the most that a crash may lose.
const EVERY: Duration = Duration::from_secs(1);

/// The journal of one open project.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    project_file: Option<PathBuf>,
    /// Where its paths start from, if that is not the folder of its file.
    base_dir: Option<PathBuf>,
    /// As it was saved.
    base: Project,
    /// As it stands in the journal.
    last: Project,
    out: Option<Out>,
    written_at: Option<Instant>,
}

#[derive(Debug)]
struct Out {
    path: PathBuf,
    file: File,
    /// Up to here the file is whole.
    good_bytes: u64,
}

impl Journal {
    /// A journal of a project as it was saved (or as it began, without a file). Nothing is written until something has
    /// changed.
    pub fn new(data_dir: &Path, project_file: Option<&Path>, project: &Project) -> Self {
        Self {
            folder: data_dir.join("recovery"),
            project_file: project_file.map(|p| std::path::absolute(p).unwrap_or_else(|_| p.to_owned())),
            base_dir: None,
            base: project.clone(),
            last: project.clone(),
            out: None,
            written_at: None,
        }
    }

    /// Notes where the project's paths start from, where that is not the folder of its file: a project that came out of a
    /// bundle has no file, and would lose its data otherwise.
    pub fn with_base_dir(mut self, base_dir: &Path) -> Self {
        self.base_dir = Some(std::path::absolute(base_dir).unwrap_or_else(|_| base_dir.to_owned()));
        self
    }

    /// Whether it is time to call [`Self::record`], if something has changed.
    pub fn due(&self, now: Instant) -> bool {
        self.written_at.is_none_or(|at| now.saturating_duration_since(at) >= EVERY)
    }

    /// Writes down what has changed since the last call; the result says whether anything had. `graph` stands for the
    /// project's own, since a window holds it apart, in its history. `label` names the newest change.
    ///
    /// The operating system has it when this returns, so that it survives the end of the process however sudden;
    /// [`Self::sync`] makes it survive a power cut.
    ///
    /// # Errors
    /// The journal cannot be written. The next call tries again, with everything that is missing.
    pub fn record(&mut self, label: &str, project: &Project, graph: &Graph) -> Result<bool, ProjectError> {
        let edits = diff(&self.last.graph, graph);
        let header = header_of(project);
        let header_changed = header != header_of(&self.last);
        if edits.is_empty() && !header_changed {
            return Ok(false);
        }
        let mut record = json!({
            "at_ms": now_ms(),
            "label": label,
            "edits": edits.iter().map(edit_to_json).collect::<Vec<_>>(),
        });
        if header_changed && let Json::Object(record) = &mut record {
            record.insert("project".to_owned(), header.to_text().into());
        }
        self.append(&record)?;
        self.last = Project { graph: graph.clone(), ..header };
        self.written_at = Some(Instant::now());
        Ok(true)
    }

    fn append(&mut self, record: &Json) -> Result<(), ProjectError> {
        let mut lines = String::new();
        let out = match &mut self.out {
            Some(out) => out,
            none => {
                lines = checked(&json!({
                    "journal": NAME,
                    "version": VERSION,
                    "project": self.base.id.to_string(),
                    "path": self.project_file.as_ref().map(|p| p.to_string_lossy()),
                    "base_dir": self.base_dir.as_ref().map(|p| p.to_string_lossy()),
                    "base": self.base.to_text(),
                    "started_ms": now_ms(),
                    "pid": std::process::id(),
                }));
                none.insert(create(&self.folder, self.base.id, self.project_file.as_deref())?)
            }
        };
        lines.push_str(&checked(record));
        if let Err(cause) = out.file.write_all(lines.as_bytes()) {
            let whole = out.good_bytes > 0 && out.file.set_len(out.good_bytes).is_ok();
            let error = not_written(&out.path, cause);
            if !whole {
                // Nothing that counts is in it: the next record begins a new file.
                self.remove();
            }
            return Err(error);
        }
        out.good_bytes += lines.len() as u64;
        Ok(())
    }

    /// Makes what is written survive a power cut. May take as long as the disk takes: not for a window's thread.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn sync(&self) -> Result<(), ProjectError> {
        match &self.out {
            Some(out) => out.file.sync_data().map_err(|cause| not_written(&out.path, cause)),
            None => Ok(()),
        }
    }

    /// The project was saved, perhaps under a new name, or another one was opened: begins anew from there.
    pub fn restart(&mut self, project_file: Option<&Path>, project: &Project) {
        self.remove();
        self.base_dir = None;
        self.project_file = project_file.map(|p| std::path::absolute(p).unwrap_or_else(|_| p.to_owned()));
        self.base = project.clone();
        self.last = project.clone();
        self.written_at = None;
    }

    /// An orderly end: everything is saved, or given up on purpose. A journal that is merely dropped stays and is
    /// offered for recovery.
    pub fn close(mut self) {
        self.remove();
    }

    fn remove(&mut self) {
        if let Some(Out { path, file, .. }) = self.out.take() {
            drop(file);
            remove(&path);
        }
    }

    /// Every journal that a crash left in this data folder, the newest change first. Those of running programs are left
    /// alone. What is returned stays locked as long as it is kept, so that no other window offers it too.
    pub fn find_all(data_dir: &Path) -> Vec<Recoverable> {
        let Ok(entries) = fs::read_dir(data_dir.join("recovery")) else { return Vec::new() };
        let mut out: Vec<Recoverable> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|e| e == "journal"))
            .filter_map(|path| examine(&path))
            .collect();
        out.sort_by(|a, b| b.edited_at.cmp(&a.edited_at).then_with(|| a.path.cmp(&b.path)));
        out
    }
}

/// The folders that the projects of all journals start their paths from, where those are not the folders of their files:
/// of running programs and of those that have crashed.
pub(crate) fn base_dirs(data_dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(data_dir.join("recovery")) else { return Vec::new() };
    let base_dir = |path: PathBuf| {
        let mut line = Vec::new();
        BufReader::new(File::open(path).ok()?).read_until(b'\n', &mut line).ok()?;
        verified(&line)?.get("base_dir")?.as_str().map(PathBuf::from)
    };
    entries.flatten().map(|entry| entry.path()).filter_map(base_dir).collect()
}

/// A project without its graph and what belongs to it: the part that edits do not reach.
fn header_of(project: &Project) -> Project {
    Project {
        id: project.id,
        title: project.title.clone(),
        description: project.description.clone(),
        seed: project.seed,
        graph: Graph::default(),
        extra: project.extra.clone(),
        wire_extra: Default::default(),
        set_aside: project.set_aside.clone(),
    }
}

fn not_written(path: &Path, cause: std::io::Error) -> ProjectError {
    let error = ProjectError::write(path, cause);
    let (message, at) = (error.message().clone(), path.display());
    ProjectError::new(
        ProjectErrorKind::Journal,
        path,
        Localised::new(
            format!("the recovery journal {at} cannot be written ({})", message.en),
            format!("无法写入恢复日志 {at}（{}）", message.zh),
        ),
        Localised::new(
            "changes would be lost in a crash: save the project, and free or unlock that place",
            "程序崩溃时更改会丢失：请保存项目，并检查该处的空间与权限",
        ),
    )
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != ErrorKind::NotFound
    {
        log::warn!("{} cannot be removed: {error}", path.display());
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Makes a new, locked file. A second window with the same project, and a crash that nobody has looked at yet, each keep
/// theirs.
fn create(folder: &Path, id: ProjectId, project_file: Option<&Path>) -> Result<Out, ProjectError> {
    let of = hash_u64(&project_file.map_or_else(String::new, |p| p.to_string_lossy().into_owned()));
    fs::create_dir_all(folder).map_err(|cause| not_written(folder, cause))?;
    for n in 1_u32.. {
        let path = folder.join(format!("{id}-{of:016x}-{n}.journal"));
        match OpenOptions::new().read(true).append(true).create_new(true).open(&path) {
            Ok(file) => {
                if let Err(error) = file.try_lock() {
                    // Some network file systems have no locks: then another window may offer this journal too early.
                    log::warn!("{} cannot be locked: {error}", path.display());
                }
                return Ok(Out { path, file, good_bytes: 0 });
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(cause) => return Err(not_written(&path, cause)),
        }
    }
    Err(not_written(folder, ErrorKind::AlreadyExists.into()))
}

/// One line: checksum, space, JSON, newline.
fn checked(value: &Json) -> String {
    let line = text::line(value);
    format!("{:016x} {line}\n", hash_u64(&line))
}

/// The value of a line, if the line is whole.
fn verified(line: &[u8]) -> Option<Json> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (sum, line) = line.split_once(' ')?;
    (sum == format!("{:016x}", hash_u64(line))).then(|| text::parse(line).ok())?
}

/// Edits in the form of project files, where every value reads back as it was: serde's own form of an edit cannot tell
/// the value `null` from no value.
fn edit_to_json(edit: &Edit) -> Json {
    match edit {
        Edit::AddNode { id, node } => {
            json!({"edit": "add_node", "id": id, "node": node_to_json(node, &[], &WireExtra::new())})
        }
        Edit::SetParam { id, param, value: Some(value) } => {
            json!({"edit": "set_param", "id": id, "param": param, "value": value_to_json(value)})
        }
        Edit::SetParam { id, param, value: None } => json!({"edit": "set_param", "id": id, "param": param}),
        Edit::SetPlanning { id, planning } => {
            json!({"edit": "set_planning", "id": id, "planning": planning_to_json(planning)})
        }
        Edit::Inside { id, edit } => json!({"edit": "inside", "id": id, "change": edit_to_json(edit)}),
        Edit::Batch { edits } => {
            json!({"edit": "batch", "edits": edits.iter().map(edit_to_json).collect::<Vec<_>>()})
        }
        other => serde_json::to_value(other).unwrap_or(Json::Null),
    }
}

fn edit_from_json(value: &Json) -> Option<Edit> {
    let map = value.as_object()?;
    let id = || map.get("id")?.as_str()?.parse().ok();
    Some(match map.get("edit")?.as_str()? {
        "add_node" => Edit::AddNode { id: id()?, node: whole_node_from_json(map.get("node")?.clone())? },
        "inside" => Edit::Inside { id: id()?, edit: Box::new(edit_from_json(map.get("change")?)?) },
        "set_planning" => {
            Edit::SetPlanning { id: id()?, planning: Box::new(planning_from_json(map.get("planning")?)?) }
        }
        "set_param" => Edit::SetParam {
            id: id()?,
            param: map.get("param")?.as_str()?.to_owned(),
            value: map.get("value").cloned().map(value_from_json),
        },
        "batch" => Edit::Batch { edits: edits_from_json(map)? },
        _ => serde_json::from_value(value.clone()).ok()?,
    })
}

fn edits_from_json(map: &Map<String, Json>) -> Option<Vec<Edit>> {
    map.get("edits")?.as_array()?.iter().map(edit_from_json).collect()
}

/// A journal that a crash left.
#[derive(Debug)]
pub struct Recoverable {
    /// The journal's own file.
    pub path: PathBuf,
    /// The project's file; none if it was never saved.
    pub project_file: Option<PathBuf>,
    /// Where its paths start from, if that is not the folder of its file.
    pub base_dir: Option<PathBuf>,
    /// The project.
    pub project: ProjectId,
    /// The project's title as it was saved.
    pub title: Option<Localised>,
    /// When the last change was written down.
    pub edited_at: SystemTime,
    /// How often changes were written down.
    pub records: usize,
    base: Project,
    steps: Vec<Map<String, Json>>,
    torn: bool,
    /// Holds the lock.
    _file: File,
    /// And the unpacked bundle that it leads back to.
    _hold: Option<BundleHold>,
}

impl Recoverable {
    /// Throws the journal away.
    pub fn discard(self) {
        remove(&self.path);
    }
}

/// What became of the project's file since the journal began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    /// It was never saved.
    NeverSaved,
    /// It holds what the journal began with.
    Unchanged,
    /// It holds something else: someone has saved it since.
    Changed,
    /// It is gone or cannot be read.
    Missing,
}

/// A project as it was before the crash.
#[derive(Debug, Clone)]
pub struct Recovered {
    /// The project with all its changes.
    pub project: Project,
    /// The project as it had been saved.
    pub base: Project,
    /// Number of edits that were made again.
    pub edits: usize,
    /// Whether the journal's end was cut off or unreadable: the very last changes are missing.
    pub torn: bool,
    /// The project's file; none if it was never saved.
    pub project_file: Option<PathBuf>,
    /// Where its paths start from, if that is not the folder of its file.
    pub base_dir: Option<PathBuf>,
    /// What became of that file since.
    pub file_state: FileState,
    /// Keep the unpacked bundles that its data lie in from being cleared: to be kept as long as it is open.
    pub holds: Vec<BundleHold>,
}

impl Recovered {
    /// A journal that goes on from here, so that another crash loses nothing either. Discard the old one after it.
    ///
    /// # Errors
    /// The new journal cannot be written.
    pub fn journal(&self, data_dir: &Path) -> Result<Journal, ProjectError> {
        let mut journal = Journal::new(data_dir, self.project_file.as_deref(), &self.base);
        journal.base_dir.clone_from(&self.base_dir);
        journal.record("recover", &self.project, &self.project.graph)?;
        Ok(journal)
    }
}

/// Reads a journal; none if a running program holds it or nothing can be got from it.
fn examine(path: &Path) -> Option<Recoverable> {
    let mut file = OpenOptions::new().read(true).append(true).open(path).ok()?;
    if let Err(fs::TryLockError::WouldBlock) = file.try_lock() {
        return None;
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).ok()?;
    let mut lines = bytes.split_inclusive(|b| *b == b'\n');
    let header = lines.next().and_then(verified)?;
    if header.get("journal")?.as_str()? != NAME || header.get("version")?.as_u64()? > VERSION {
        log::warn!("{} is left alone: another version of Weft wrote it", path.display());
        return None;
    }
    let (base, _) = read_str(header.get("base")?.as_str()?, path).ok()?;
    let mut steps = Vec::new();
    let mut torn = false;
    for line in lines {
        match verified(line) {
            Some(Json::Object(step)) => steps.push(step),
            _ => {
                torn = true;
                break;
            }
        }
    }
    let Some(last) = steps.last() else {
        // The crash came before the first change was whole: there is nothing to recover.
        drop(file);
        remove(path);
        return None;
    };
    let edited_ms = last.get("at_ms").and_then(Json::as_u64).unwrap_or(0);
    let base_dir = header.get("base_dir").and_then(Json::as_str).map(PathBuf::from);
    Some(Recoverable {
        path: path.to_owned(),
        project_file: header.get("path").and_then(Json::as_str).map(PathBuf::from),
        _hold: base_dir.as_deref().and_then(BundleHold::of),
        base_dir,
        project: base.id,
        title: base.title.clone(),
        edited_at: UNIX_EPOCH + Duration::from_millis(edited_ms),
        records: steps.len(),
        base,
        steps,
        torn,
        _file: file,
    })
}

/// Makes the changes of a journal again. The journal stays until it is discarded.
pub fn recover(journal: &Recoverable) -> Recovered {
    let base = journal.base.clone();
    let mut project = base.clone();
    let mut edits = 0;
    let mut torn = journal.torn;
    for step in &journal.steps {
        let header = step.get("project").and_then(Json::as_str).map(|text| read_str(text, &journal.path));
        let Some(batch) = edits_from_json(step) else {
            torn = true;
            break;
        };
        let count = batch.len();
        if let Err(error) = project.graph.apply(Edit::Batch { edits: batch }) {
            log::warn!("{}: {error}", journal.path.display());
            torn = true;
            break;
        }
        edits += count;
        if let Some(Ok((header, _))) = header {
            project = Project { graph: project.graph, wire_extra: project.wire_extra, ..header };
        }
    }
    project.wire_extra.retain(|(path, id), _| project.graph.at(path).is_some_and(|g| g.wire(*id).is_some()));
    let file_state = match &journal.project_file {
        None => FileState::NeverSaved,
        Some(path) => match read(path) {
            Ok((found, _)) if found == base => FileState::Unchanged,
            Ok(_) => FileState::Changed,
            Err(_) => FileState::Missing,
        },
    };
    let (project_file, base_dir) = (journal.project_file.clone(), journal.base_dir.clone());
    let of_file = project_file.as_deref().and_then(Path::parent);
    let holds = base_dir.as_deref().or(of_file).map(|dir| hold_bundles(&project.graph, dir)).unwrap_or_default();
    Recovered { project, base, edits, torn, project_file, base_dir, file_state, holds }
}
