//! Previews: which are asked for, which one is computed, and what is kept of those that were.
//!
//! Two halves. [`Previews`] belongs to the engine's thread and decides: the newest request of a node takes the place of
//! an earlier one, one look is computed at a time, one that nobody waits for is given up. [`Shelf`] has a thread of its
//! own, since it asks disks: it gives each request its key (everything that alters what is seen, and length and time of
//! change of each file that is read), and keeps what was seen in memory and on disk, both bounded.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Receiver, Sender};
use serde::{Deserialize, Serialize};
use weft_model::catalogue::{self, ParamKind};
use weft_model::{Localised, NodeId};
use weft_protocol::event::Fault;
use weft_protocol::frame;
use weft_protocol::preview::{LookNode, Preview, PreviewRequest, VERSION, folders};

use crate::prepare::seed_of;
use crate::thread::Inbound;

/// Nodes that may wait for a preview at once.
const WAITING: usize = 256;
/// Room for previews in memory [bytes].
const MEMORY_BYTES: usize = 32 << 20;
/// Room for previews on disk [bytes].
const DISK_BYTES: u64 = 64 << 20;
/// Files of a folder that are looked at to tell whether it has changed.
const FILES: usize = 10_000;

/// A request to find a preview that is kept, or to keep one.
#[derive(Debug)]
pub(crate) enum ShelfErrand {
    /// Find it.
    Find { ticket: u64, request: Box<PreviewRequest> },
    /// Forget all: the files are cleared.
    Forget,
    /// Keep it.
    Keep { key: String, preview: Box<Preview> },
}

/// What was found.
#[derive(Debug)]
pub(crate) struct ShelfAnswer {
    pub ticket: u64,
    pub request: Box<PreviewRequest>,
    pub key: String,
    pub found: Option<Box<Preview>>,
}

/// A request that is not kept: it is to be computed.
#[derive(Debug)]
struct Wanted {
    request: Box<PreviewRequest>,
    key: String,
}

/// The look that is computed.
#[derive(Debug)]
struct Awaited {
    /// Its number at the worker.
    number: u64,
    node: NodeId,
    request: u64,
    key: String,
    since: Instant,
    /// Since when nobody waits for it any more.
    given_up: Option<Instant>,
}

/// What is to be said about a request.
pub(crate) type Said = (NodeId, u64, Result<Preview, Fault>);

/// The engine's half.
#[derive(Debug)]
pub(crate) struct Previews {
    /// The newest request of each node that nothing has been done for.
    asked: BTreeMap<NodeId, Box<PreviewRequest>>,
    /// The request that the shelf looks for: its ticket, and its node while anybody waits for it.
    looking: Option<(u64, Option<NodeId>)>,
    wanted: BTreeMap<NodeId, Wanted>,
    awaited: Option<Awaited>,
    shelf: Option<Sender<ShelfErrand>>,
    ticket: u64,
}

impl Previews {
    pub(crate) fn new(shelf: Sender<ShelfErrand>) -> Self {
        Self {
            asked: BTreeMap::new(),
            looking: None,
            wanted: BTreeMap::new(),
            awaited: None,
            shelf: Some(shelf),
            ticket: 0,
        }
    }

    /// Takes a request in. The number of a look that is to be given up comes back, and what is to be said.
    pub(crate) fn ask(&mut self, request: Box<PreviewRequest>, now: Instant) -> (Option<u64>, Option<Said>) {
        let given_up = self.cancel(request.node, now);
        if self.asked.len() + self.wanted.len() >= WAITING {
            return (given_up, Some((request.node, request.request, Err(too_many()))));
        }
        self.asked.insert(request.node, request);
        (given_up, None)
    }

    /// Nobody waits for this node any more. The number of a look that is to be given up comes back.
    pub(crate) fn cancel(&mut self, node: NodeId, now: Instant) -> Option<u64> {
        self.asked.remove(&node);
        self.wanted.remove(&node);
        if let Some((_, looked_for)) = &mut self.looking {
            looked_for.take_if(|n| *n == node);
        }
        let awaited = self.awaited.as_mut().filter(|a| a.node == node && a.given_up.is_none())?;
        awaited.given_up = Some(now);
        Some(awaited.number)
    }

    /// Sends the oldest request to the shelf, if it is free.
    pub(crate) fn look_up(&mut self) {
        if self.looking.is_some() {
            return;
        }
        let Some(shelf) = &self.shelf else { return };
        let Some(node) = self.asked.values().min_by_key(|r| r.request).map(|r| r.node) else { return };
        let Some(request) = self.asked.remove(&node) else { return };
        self.ticket += 1;
        match shelf.try_send(ShelfErrand::Find { ticket: self.ticket, request }) {
            Ok(()) => self.looking = Some((self.ticket, Some(node))),
            Err(refused) => {
                if let ShelfErrand::Find { request, .. } = refused.into_inner() {
                    self.asked.insert(node, request);
                }
            }
        }
    }

    /// The shelf has answered: what is to be said, unless it is to be computed or nobody waits for it any more.
    pub(crate) fn looked_up(&mut self, answer: ShelfAnswer) -> Option<Said> {
        let (_, looked_for) = self.looking.take_if(|(ticket, _)| *ticket == answer.ticket)?;
        let node = looked_for?;
        match answer.found {
            Some(preview) => Some((node, answer.request.request, Ok(*preview))),
            None => {
                self.wanted.insert(node, Wanted { request: answer.request, key: answer.key });
                None
            }
        }
    }

    /// Whether a look is to be computed now.
    pub(crate) fn has_work(&self) -> bool {
        self.awaited.is_none() && !self.wanted.is_empty()
    }

    /// Takes the oldest request that is to be computed, as the worker is given it.
    pub(crate) fn begin(&mut self, number: u64, now: Instant) -> Option<(Vec<LookNode>, PathBuf)> {
        let node = self.wanted.values().min_by_key(|w| w.request.request).map(|w| w.request.node)?;
        let Wanted { request, key } = self.wanted.remove(&node)?;
        self.awaited = Some(Awaited { number, node, request: request.request, key, since: now, given_up: None });
        Some((look_chain(&request), request.base_dir))
    }

    /// The worker has answered, or has been lost. What is to be said comes back.
    pub(crate) fn ended(&mut self, number: u64, result: Result<Preview, Fault>) -> Option<Said> {
        let awaited = self.awaited.take_if(|a| a.number == number)?;
        // What nobody waits for any more may be asked for again: it is kept all the same.
        if let (Ok(preview), Some(shelf)) = (&result, &self.shelf) {
            shelf.try_send(ShelfErrand::Keep { key: awaited.key, preview: Box::new(preview.clone()) }).ok();
        }
        awaited.given_up.is_none().then_some((awaited.node, awaited.request, result))
    }

    /// The number of the look that is computed.
    pub(crate) fn awaited(&self) -> Option<u64> {
        self.awaited.as_ref().map(|a| a.number)
    }

    /// Whether the worker is to be ended, and the fault to tell if anybody still waits.
    pub(crate) fn overdue(&self, patience: &crate::Patience, now: Instant) -> Option<(String, Fault)> {
        let awaited = self.awaited.as_ref()?;
        if let Some(at) = awaited.given_up {
            let late = now.saturating_duration_since(at) >= patience.preview_cancel;
            return late.then(|| ("did not give a preview up when it was told to".to_owned(), too_many()));
        }
        let took = now.saturating_duration_since(awaited.since);
        (took >= patience.preview).then(|| {
            (format!("did not finish a preview within {:.1} s", took.as_secs_f64()), timed_out(took.as_secs_f64()))
        })
    }

    /// What is kept is cleared: nothing is to be found any more.
    pub(crate) fn forget(&self) {
        if let Some(shelf) = &self.shelf {
            // One that has no time for it has the files gone all the same.
            shelf.try_send(ShelfErrand::Forget).ok();
        }
    }

    /// Takes every request that waits for a worker: there is none.
    pub(crate) fn take_wanted(&mut self) -> Vec<(NodeId, u64)> {
        std::mem::take(&mut self.wanted).into_iter().map(|(node, w)| (node, w.request.request)).collect()
    }

    /// Nothing is looked for any more: the shelf's thread ends.
    pub(crate) fn close(&mut self) {
        self.shelf = None;
        self.asked.clear();
        self.wanted.clear();
    }
}

fn look_chain(request: &PreviewRequest) -> Vec<LookNode> {
    let look = |node: &weft_protocol::preview::ChainNode| LookNode {
        kind: node.kind.clone(),
        params: node.params.clone(),
        seed: seed_of(&node.name, node.params.get("seed").and_then(|v| v.as_i64()), request.seed),
        inputs: node.inputs.clone(),
    };
    request.chain.iter().map(look).collect()
}

fn too_many() -> Fault {
    Fault::new(
        "previews_busy",
        Localised::new("too many previews wait already", "等待中的预览过多"),
        Localised::new("look again in a moment", "请稍后再试"),
    )
}

fn timed_out(took_s: f64) -> Fault {
    Fault::new(
        "preview_timeout",
        Localised::new(
            format!("the data could not be looked at within {took_s:.0} s"),
            format!("{took_s:.0} 秒内未能完成数据预览"),
        ),
        Localised::new(
            "check that the disk or network drive with the data answers, or set a limit on the number of samples",
            "请检查数据所在的磁盘或网络驱动器是否有响应，或限制样本数量",
        ),
    )
}

/// Keeps what was seen.
pub(crate) struct Shelf {
    folder: PathBuf,
    memory: HashMap<String, Preview>,
    /// Keys in memory, the one used last at the end.
    used: VecDeque<String>,
    memory_bytes: usize,
    /// What lies on disk, about [bytes]; none before it was counted.
    disk_bytes: Option<u64>,
    limit_bytes: u64,
}

/// A preview in its file.
#[derive(Serialize, Deserialize)]
struct Kept<P> {
    version: u32,
    preview: P,
}

impl Shelf {
    pub(crate) fn new(data_dir: &Path) -> Self {
        Self {
            folder: data_dir.join("previews"),
            memory: HashMap::new(),
            used: VecDeque::new(),
            memory_bytes: 0,
            disk_bytes: None,
            limit_bytes: DISK_BYTES,
        }
    }

    /// Works until the other end is gone.
    pub(crate) fn run(mut self, errands: &Receiver<ShelfErrand>, done: &Sender<Inbound>) {
        for errand in errands {
            match errand {
                ShelfErrand::Find { ticket, request } => {
                    let key = key(&request);
                    let found = if request.fresh { None } else { self.find(&key).map(Box::new) };
                    if done.send(Inbound::LookedUp(ShelfAnswer { ticket, request, key, found })).is_err() {
                        return;
                    }
                }
                ShelfErrand::Keep { key, preview } => self.keep(&key, *preview),
                ShelfErrand::Forget => {
                    self.memory.clear();
                    self.used.clear();
                    (self.memory_bytes, self.disk_bytes) = (0, None);
                }
            }
        }
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.preview"))
    }

    fn find(&mut self, key: &str) -> Option<Preview> {
        if let Some(preview) = self.memory.get(key) {
            let found = preview.clone();
            self.used.retain(|k| k != key);
            self.used.push_back(key.to_owned());
            return Some(found);
        }
        let path = self.path(key);
        let mut file = fs::File::open(&path).ok()?;
        match frame::read::<Kept<Preview>>(&mut io::BufReader::new(&mut file)) {
            Ok(kept) if kept.version == VERSION => {
                // The one used last is cleared last.
                if let Ok(file) = fs::File::options().append(true).open(&path) {
                    file.set_modified(SystemTime::now()).ok();
                }
                self.remember(key, kept.preview.clone());
                Some(kept.preview)
            }
            Ok(_) => None,
            Err(fault) => {
                log::info!("{} is looked at anew: {fault}", path.display());
                fs::remove_file(&path).ok();
                None
            }
        }
    }

    fn remember(&mut self, key: &str, preview: Preview) {
        self.memory_bytes += preview.bytes();
        if let Some(before) = self.memory.insert(key.to_owned(), preview) {
            self.memory_bytes -= before.bytes();
            self.used.retain(|k| k != key);
        }
        self.used.push_back(key.to_owned());
        while self.memory_bytes > MEMORY_BYTES && self.used.len() > 1 {
            let Some(oldest) = self.used.pop_front() else { break };
            self.memory_bytes -= self.memory.remove(&oldest).map_or(0, |p| p.bytes());
        }
    }

    fn keep(&mut self, key: &str, preview: Preview) {
        if let Err(fault) = self.write(key, &preview) {
            // It is looked at again next time: a nuisance, not a fault.
            log::info!("a preview is not kept on disk: {fault}");
        }
        self.remember(key, preview);
    }

    fn write(&mut self, key: &str, preview: &Preview) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let mut bytes = Vec::new();
        frame::write(&mut bytes, &Kept { version: VERSION, preview }).map_err(io::Error::other)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(&bytes)?;
        file.persist(self.path(key)).map_err(|e| e.error)?;
        let on_disk = match self.disk_bytes {
            Some(before) => before + bytes.len() as u64,
            None => self.files()?.iter().map(|(_, bytes, _)| bytes).sum(),
        };
        self.disk_bytes = Some(on_disk);
        if on_disk > self.limit_bytes {
            self.make_room()?;
        }
        Ok(())
    }

    /// Files, the one used last at the end: when, length, path.
    fn files(&self) -> io::Result<Vec<(SystemTime, u64, PathBuf)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let found = entry.metadata()?;
            if found.is_file() {
                files.push((found.modified().unwrap_or(UNIX_EPOCH), found.len(), entry.path()));
            }
        }
        files.sort();
        Ok(files)
    }

    /// Clears what was not used for longest, until a quarter of the room is free.
    fn make_room(&mut self) -> io::Result<()> {
        let files = self.files()?;
        let mut left: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, bytes, path) in files {
            if left <= self.limit_bytes / 4 * 3 {
                break;
            }
            fs::remove_file(path)?;
            left -= bytes;
        }
        self.disk_bytes = Some(left);
        Ok(())
    }
}

/// The hash of everything that alters what is seen.
fn key(request: &PreviewRequest) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(b"weft-preview");
    part(&VERSION.to_le_bytes());
    for (node, look) in request.chain.iter().zip(look_chain(request)) {
        let kind = catalogue::kind(&node.kind);
        part(node.kind.as_bytes());
        part(&kind.map_or(0, |k| k.version).to_le_bytes());
        part(serde_json::to_string(&node.params).unwrap_or_default().as_bytes());
        if kind.is_some_and(|k| k.params.iter().any(|p| p.kind == ParamKind::Seed)) {
            part(&look.seed.to_le_bytes());
        }
        for input in &node.inputs {
            part(input.port.as_bytes());
            part(&(input.from as u64).to_le_bytes());
            part(input.output.as_bytes());
        }
        for folder in folders(&node.kind, &node.params) {
            let folder = request.base_dir.join(folder);
            part(folder.as_os_str().as_encoded_bytes());
            for (name, bytes, changed_ns) in fingerprint(&folder) {
                part(name.as_encoded_bytes());
                part(&bytes.to_le_bytes());
                part(&changed_ns.to_le_bytes());
            }
        }
    }
    hasher.finalize().to_hex().to_string()
}

/// Name, length and time of change of the files in a folder; none where it cannot be read, which the look will say.
fn fingerprint(folder: &Path) -> Vec<(std::ffi::OsString, u64, u128)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .take(FILES)
        .filter_map(|entry| {
            // Followed through links, as reading does.
            let found = fs::metadata(entry.path()).ok().filter(fs::Metadata::is_file)?;
            let changed = found.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
            Some((entry.file_name(), found.len(), changed.map_or(0, |at| at.as_nanos())))
        })
        .collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_protocol::preview::{PreviewBody, Strip, Thumbnail};
    use weft_protocol::run::Part;

    fn preview(bytes: usize) -> Preview {
        let picture = Thumbnail { width: bytes, height: 1, channels: 1, pixels: vec![7; bytes], label: "0".into() };
        let strip = Strip { part: Part::Train, stage: None, shown_range: None, thumbnails: vec![picture] };
        Preview {
            schema: Default::default(),
            classes: vec!["0".into()],
            parts: vec![],
            facts: vec![],
            body: PreviewBody::Images { strips: vec![strip] },
        }
    }

    #[test]
    fn what_is_kept_is_found_by_the_next_program_and_damage_counts_as_absent() {
        let dir = tempfile::tempdir().unwrap();
        Shelf::new(dir.path()).keep("a", preview(100));
        let mut later = Shelf::new(dir.path());
        assert_eq!(later.find("a"), Some(preview(100)));
        assert_eq!(later.find("b"), None);
        let path = later.path("a");
        let whole = fs::read(&path).unwrap();
        for damage in [whole[..whole.len() / 2].to_vec(), vec![0xff; 300], Vec::new()] {
            fs::write(&path, damage).unwrap();
            assert_eq!(Shelf::new(dir.path()).find("a"), None);
            assert!(!path.exists());
        }
        let mut bytes = Vec::new();
        frame::write(&mut bytes, &Kept { version: VERSION + 1, preview: preview(1) }).unwrap();
        fs::write(&path, bytes).unwrap();
        assert_eq!(Shelf::new(dir.path()).find("a"), None);
    }

    #[test]
    fn memory_and_disk_are_bounded_and_what_was_used_last_stays() {
        let dir = tempfile::tempdir().unwrap();
        let mut shelf = Shelf { limit_bytes: 10_000, ..Shelf::new(dir.path()) };
        let names: Vec<String> = (0..20).map(|n| format!("k{n}")).collect();
        let long_ago = |n: u64| UNIX_EPOCH + std::time::Duration::from_secs(1_000 + n);
        for (n, name) in names.iter().enumerate() {
            shelf.keep(name, preview(1_000));
            fs::File::options().append(true).open(shelf.path(name)).unwrap().set_modified(long_ago(n as u64)).unwrap();
        }
        let total: u64 = shelf.files().unwrap().iter().map(|(_, bytes, _)| bytes).sum();
        assert!(total <= 10_000, "{total}");
        assert!(shelf.path("k19").exists() && !shelf.path("k0").exists());

        for name in &names {
            shelf.remember(name, preview(4 << 20));
        }
        assert!(shelf.memory_bytes <= MEMORY_BYTES);
        assert_eq!(shelf.memory_bytes, shelf.memory.values().map(Preview::bytes).sum::<usize>());
        assert!(shelf.memory.contains_key("k19") && !shelf.memory.contains_key("k0"));
    }
}
