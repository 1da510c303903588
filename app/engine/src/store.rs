//! The run store: one SQLite database in the data folder with all that is kept of runs, and the index of the artifacts.
//!
//! Must not know how a run is executed. Several programs may share a data folder: each holds a lock file while it lives
//! ([`Owner`]), and a run whose owner's lock is free was interrupted. Writing is batched: callers collect writes and
//! apply them in one transaction, so that a task costs no sync of its own.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension as _, params};
use weft_protocol::artifact::StoredOutput;
use weft_protocol::event::{NodeStatus, Numbered, RunStatus};
use weft_protocol::run::{MetricPoint, Metrics, NodeRecord, RunId, RunRecord, RunSummary};
use weft_protocol::{ArtifactKey, ContentHash, DeviceId, RunRequest};

mod estimates;
mod queue;
mod schema;
mod series;

pub(crate) use estimates::{Measure, Measured, Throughput};

/// Why something that is kept could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or folder of the data folder.
    #[error("{path}: {source}: check that the data folder can be written and its disk has room", path = path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The database.
    #[error(
        "the run store {path}: {source}: check that the data folder can be written and its disk has room",
        path = path.display()
    )]
    Database {
        /// Its file.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// A newer version of the program wrote the database.
    #[error(
        "the run store {path} was written by a newer version of Weft (its format is {found}, this version knows {known}): \
         use that version, or another data folder",
        path = path.display()
    )]
    Newer {
        /// Its file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that this program reads.
        known: i64,
    },
    /// There is no run of this number.
    #[error("there is no run {0} in this data folder: list them with `weft runs`")]
    NoSuchRun(RunId),
}

/// A program that uses the data folder: its lock file is locked as long as it lives, however it ends.
#[derive(Debug)]
pub struct Owner {
    name: String,
    path: PathBuf,
    _lock: fs::File,
}

impl Owner {
    /// Makes and locks a lock file.
    pub(crate) fn new(data_dir: &Path) -> Result<Self, StoreError> {
        let folder = data_dir.join("engines");
        let file = |path: &Path, source| StoreError::File { path: path.to_owned(), source };
        fs::create_dir_all(&folder).map_err(|e| file(&folder, e))?;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        // Several engines may live in one process, and numbers of processes come again.
        let (name, path, lock) = (0..)
            .find_map(|n: u32| {
                let name = format!("{}-{since}-{n}", std::process::id());
                let path = folder.join(format!("{name}.lock"));
                match fs::File::create_new(&path) {
                    Err(e) if e.kind() == io::ErrorKind::AlreadyExists && n < 1_000 => None,
                    made => Some((name, path, made)),
                }
            })
            .ok_or_else(|| file(&folder, io::ErrorKind::AlreadyExists.into()))?;
        let lock = lock.map_err(|e| file(&path, e))?;
        lock.try_lock().map_err(|e| file(&path, e.into()))?;
        Ok(Self { name, path, _lock: lock })
    }

    /// Its name in the store.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn is_gone(data_dir: &Path, name: &str) -> bool {
        let path = data_dir.join("engines").join(format!("{name}.lock"));
        match fs::File::open(&path) {
            Err(e) => e.kind() == io::ErrorKind::NotFound,
            Ok(lock) => lock.try_lock().is_ok(),
        }
    }

    /// Clears what programs that are gone have left: lock files and half-made outputs.
    pub(crate) fn sweep(data_dir: &Path) {
        let Ok(entries) = fs::read_dir(data_dir.join("engines")) else { return };
        for path in entries.flatten().map(|e| e.path()) {
            let young = fs::metadata(&path)
                .and_then(|m| m.modified())
                .is_ok_and(|t| t.elapsed().unwrap_or_default() < Duration::from_secs(60));
            let Some(name) = path.file_stem().and_then(|s| s.to_str()) else { continue };
            // A young one may stand between its making and its locking.
            if !young && Self::is_gone(data_dir, name) {
                fs::remove_dir_all(data_dir.join("work").join(name)).ok();
                fs::remove_file(&path).ok();
            }
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        fs::remove_file(&self.path).ok();
    }
}

/// Something to be kept.
#[derive(Debug, Clone)]
pub(crate) enum Write {
    Event {
        seq: u64,
        run: Option<RunId>,
        json: String,
    },
    NodeStarted {
        run: RunId,
        name: String,
        device: DeviceId,
    },
    NodeFinished {
        run: RunId,
        name: String,
        record: NodeRecord,
        metrics: Metrics,
    },
    Points {
        run: RunId,
        name: String,
        points: Vec<MetricPoint>,
    },
    CopySeries {
        from: (RunId, String),
        to: (RunId, String),
    },
    RunFinished {
        run: RunId,
        status: RunStatus,
        elapsed_s: f64,
    },
    Result {
        key: ArtifactKey,
        result: KeptResult,
    },
    Left {
        run: RunId,
        name: String,
        outputs: Vec<StoredOutput>,
    },
    /// What a task took for so many units of work, and the most memory that its worker used.
    Estimate {
        kind: String,
        /// What it worked on.
        subject: String,
        device: DeviceId,
        mode: String,
        work: f64,
        seconds: f64,
        peak_bytes: Option<u64>,
    },
}

/// The kind under which the start of a worker is kept, being no node's.
pub(crate) const WORKER_START: &str = "worker_start";

/// What is kept of a task that was done, under its key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KeptResult {
    pub run: RunId,
    pub node: String,
    pub metrics: Metrics,
    pub summary: Option<String>,
    pub elapsed_s: f64,
    pub outputs: Vec<StoredOutput>,
}

/// A run as it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KeptRun {
    pub request: RunRequest,
    pub status: RunStatus,
    pub elapsed_s: f64,
}

/// How a file was when its content was hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileState {
    pub bytes: u64,
    pub modified_ns: i64,
}

/// The database of a data folder.
#[derive(Debug)]
pub struct RunStore {
    db: Connection,
    data_dir: PathBuf,
    path: PathBuf,
}

impl RunStore {
    /// Opens the store of a data folder, makes it where there is none, and marks runs as interrupted whose program is
    /// gone. Costs no engine.
    ///
    /// # Errors
    /// The folder cannot be written, or a newer version wrote the store.
    pub fn open(data_dir: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(data_dir).map_err(|source| StoreError::File { path: data_dir.to_owned(), source })?;
        let path = data_dir.join("runs.sqlite");
        let database = |source| StoreError::Database { path: path.clone(), source };
        let mut db = Connection::open(&path).map_err(database)?;
        db.busy_timeout(Duration::from_secs(10)).map_err(database)?;
        db.set_prepared_statement_cache_capacity(64);
        schema::prepare(&mut db, &path)?;
        let store = Self { db, data_dir: data_dir.to_owned(), path };
        if let Err(fault) = store.mark_interrupted() {
            // On a full disk the history can still be read.
            log::warn!("interrupted runs are not marked: {fault}");
        }
        Ok(store)
    }

    fn database(&self, source: rusqlite::Error) -> StoreError {
        StoreError::Database { path: self.path.clone(), source }
    }

    /// Marks the runs that are going on, and whose program is gone.
    ///
    /// # Errors
    /// The database cannot be read or written.
    pub fn mark_interrupted(&self) -> Result<(), StoreError> {
        let mark = || {
            let mut running = self.db.prepare_cached("SELECT id, owner FROM runs WHERE status = 'running'")?;
            let rows: Vec<(i64, String)> =
                running.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
            for (id, owner) in rows {
                if Owner::is_gone(&self.data_dir, &owner) {
                    self.db.execute(
                        "UPDATE runs SET status = 'interrupted' WHERE id = ?1 AND owner = ?2 AND status = 'running'",
                        params![id, owner],
                    )?;
                }
            }
            Ok(())
        };
        mark().map_err(|e| self.database(e))
    }

    /// The history, the newest run first: of one project (by its identifier), or of all.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn list(&self, project_id: Option<&str>) -> Result<Vec<RunSummary>, StoreError> {
        let read = || {
            let mut runs = self.db.prepare_cached(
                "SELECT id, project, project_id, started_at, status, seed, elapsed_s FROM runs
                 WHERE ?1 IS NULL OR project_id = ?1 ORDER BY id DESC",
            )?;
            let mut metrics = self.db.prepare_cached("SELECT name, metrics FROM nodes WHERE run = ?1")?;
            let mut list = Vec::new();
            let mut rows = runs.query(params![project_id])?;
            while let Some(row) = rows.next()? {
                let id: i64 = row.get(0)?;
                let mut of_nodes = BTreeMap::new();
                let mut nodes = metrics.query([id])?;
                while let Some(node) = nodes.next()? {
                    let values: Metrics = from_json(&node.get::<_, String>(1)?);
                    if !values.is_empty() {
                        of_nodes.insert(node.get(0)?, values);
                    }
                }
                list.push(RunSummary {
                    run: RunId(id),
                    project: row.get(1)?,
                    project_id: row.get(2)?,
                    started_at: row.get(3)?,
                    status: run_status(&row.get::<_, String>(4)?),
                    seed: row.get::<_, i64>(5)? as u64,
                    elapsed_s: row.get(6)?,
                    metrics: of_nodes,
                });
            }
            Ok(list)
        };
        read().map_err(|e| self.database(e))
    }

    /// All that is kept of a run.
    ///
    /// # Errors
    /// There is no such run, or the database cannot be read.
    pub fn get(&self, run: RunId) -> Result<RunRecord, StoreError> {
        let Some(summary) = self.list(None)?.into_iter().find(|s| s.run == run) else {
            return Err(StoreError::NoSuchRun(run));
        };
        let read = || {
            let (project_text, version): (String, String) =
                self.db.query_row("SELECT project_text, version FROM runs WHERE id = ?1", [run.0], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?;
            let mut record = RunRecord {
                summary,
                project_text,
                version,
                devices: BTreeMap::new(),
                nodes: BTreeMap::new(),
                series: BTreeMap::new(),
            };
            let mut nodes =
                self.db.prepare_cached("SELECT name, status, elapsed_s, error, device FROM nodes WHERE run = ?1")?;
            let mut rows = nodes.query([run.0])?;
            while let Some(row) = rows.next()? {
                let name: String = row.get(0)?;
                if let Some(device) = row.get::<_, Option<String>>(4)? {
                    record.devices.insert(name.clone(), DeviceId(device));
                }
                let status = row.get::<_, Option<String>>(1)?.as_deref().and_then(node_status);
                record.nodes.insert(name, NodeRecord { status, elapsed_s: row.get(2)?, error: row.get(3)? });
            }
            let mut names = self.db.prepare_cached("SELECT DISTINCT node FROM metrics WHERE run = ?1")?;
            let names: Vec<String> = names.query_map([run.0], |row| row.get(0))?.collect::<Result<_, _>>()?;
            for name in names {
                let points = self.series_of(run, &name)?;
                record.series.insert(name, points);
            }
            Ok(record)
        };
        read().map_err(|e| self.database(e))
    }

    /// The series of a node of a run, in order. Where a task was gone on with from a checkpoint, what had been measured
    /// beyond it is replaced by what was measured again.
    pub(crate) fn series(&self, run: RunId, node: &str) -> Result<Vec<MetricPoint>, StoreError> {
        self.series_of(run, node).map_err(|e| self.database(e))
    }

    fn series_of(&self, run: RunId, node: &str) -> rusqlite::Result<Vec<MetricPoint>> {
        let mut chunks =
            self.db.prepare_cached("SELECT chunk FROM metrics WHERE run = ?1 AND node = ?2 ORDER BY rowid")?;
        let mut points = Vec::new();
        let mut rows = chunks.query(params![run.0, node])?;
        while let Some(row) = rows.next()? {
            series::read(row.get_ref(0)?.as_blob().unwrap_or_default(), &mut points);
        }
        Ok(series::without_repeats(points))
    }

    /// Files that a run has left: node, port, content.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn run_artifacts(&self, run: RunId) -> Result<Vec<(String, StoredOutput)>, StoreError> {
        let read = || {
            self.db
                .prepare_cached(
                    "SELECT node, port, hash, bytes, extension FROM run_artifacts WHERE run = ?1 ORDER BY node, port",
                )?
                .query_map([run.0], |row| {
                    Ok((
                        row.get(0)?,
                        StoredOutput {
                            port: row.get(1)?,
                            content: ContentHash(row.get(2)?),
                            bytes: row.get::<_, i64>(3)? as u64,
                            extension: row.get(4)?,
                        },
                    ))
                })?
                .collect::<Result<_, _>>()
        };
        read().map_err(|e| self.database(e))
    }

    /// Begins a run and gives it its number.
    pub(crate) fn begin_run(
        &mut self,
        owner: &Owner,
        request: &RunRequest,
        project_id: &str,
        started_at: &str,
    ) -> Result<RunId, StoreError> {
        let project = project_label(request);
        let slim = RunRequest { project_text: String::new(), ..request.clone() };
        self.db
            .execute(
                "INSERT INTO runs (project, project_id, project_text, started_at, status, seed, elapsed_s, version,
                 owner, request) VALUES (?1, ?2, ?3, ?4, 'running', ?5, 0, ?6, ?7, ?8)",
                params![
                    project,
                    project_id,
                    request.project_text,
                    started_at,
                    request.seed.unwrap_or_default() as i64,
                    env!("CARGO_PKG_VERSION"),
                    owner.name,
                    to_json(&slim)
                ],
            )
            .map_err(|e| self.database(e))?;
        Ok(RunId(self.db.last_insert_rowid()))
    }

    /// Takes over a run that is not going on. Says whether it could: another program may be quicker.
    pub(crate) fn take_over(&mut self, owner: &Owner, run: RunId) -> Result<bool, StoreError> {
        self.mark_interrupted()?;
        self.db
            .execute(
                "UPDATE runs SET status = 'running', owner = ?2 WHERE id = ?1 AND status <> 'running'",
                params![run.0, owner.name],
            )
            .map(|rows| rows == 1)
            .map_err(|e| self.database(e))
    }

    /// A run as it was asked for.
    pub(crate) fn request_of(&self, run: RunId) -> Result<KeptRun, StoreError> {
        let row: Option<(String, String, String, f64)> = self
            .db
            .query_row("SELECT request, project_text, status, elapsed_s FROM runs WHERE id = ?1", [run.0], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()
            .map_err(|e| self.database(e))?;
        let (request, project_text, status, elapsed_s) = row.ok_or(StoreError::NoSuchRun(run))?;
        let request: Option<RunRequest> = serde_json::from_str(&request).ok();
        let request = request.ok_or(StoreError::NoSuchRun(run))?;
        let status = run_status(&status);
        Ok(KeptRun { request: RunRequest { project_text, ..request }, status, elapsed_s })
    }

    /// Keeps all of these, or none of them.
    pub(crate) fn apply(&mut self, owner: &Owner, writes: &[Write]) -> Result<(), StoreError> {
        if writes.is_empty() {
            return Ok(());
        }
        let path = self.path.clone();
        let mut apply = || {
            let transaction = self.db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let now_s = now_s();
            for write in writes {
                keep(&transaction, owner, write, now_s)?;
            }
            transaction.commit()
        };
        apply().map_err(|source| StoreError::Database { path, source })
    }

    /// Events that this program has kept, from a number on, at most so many.
    pub(crate) fn events(&self, owner: &Owner, from: u64, count: usize) -> Result<Vec<Numbered>, StoreError> {
        let read = || {
            self.db
                .prepare_cached("SELECT seq, json FROM events WHERE owner = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3")?
                .query_map(params![owner.name, from as i64, count as i64], |row| {
                    Ok((row.get::<_, i64>(0)? as u64, row.get::<_, String>(1)?))
                })?
                .collect::<Result<Vec<_>, _>>()
        };
        let rows = read().map_err(|e| self.database(e))?;
        Ok(rows
            .into_iter()
            .filter_map(|(seq, json)| Some(Numbered { seq, event: serde_json::from_str(&json).ok()? }))
            .collect())
    }

    /// What is kept under a key.
    pub(crate) fn result(&self, key: &ArtifactKey) -> Result<Option<KeptResult>, StoreError> {
        let read = || {
            let mut rows = self.db.prepare_cached(
                "SELECT r.run, r.node, r.metrics, r.summary, r.elapsed_s, o.port, o.hash, o.bytes, o.extension
                 FROM results r LEFT JOIN outputs o ON o.key = r.key WHERE r.key = ?1 ORDER BY o.port",
            )?;
            let mut rows = rows.query([&key.0])?;
            let mut result: Option<KeptResult> = None;
            while let Some(row) = rows.next()? {
                let result = match &mut result {
                    Some(result) => result,
                    none => none.insert(KeptResult {
                        run: RunId(row.get(0)?),
                        node: row.get(1)?,
                        metrics: from_json(&row.get::<_, String>(2)?),
                        summary: row.get(3)?,
                        elapsed_s: row.get(4)?,
                        outputs: Vec::new(),
                    }),
                };
                if let Some(port) = row.get(5)? {
                    result.outputs.push(StoredOutput {
                        port,
                        content: ContentHash(row.get(6)?),
                        bytes: row.get::<_, i64>(7)? as u64,
                        extension: row.get(8)?,
                    });
                }
            }
            Ok(result)
        };
        read().map_err(|e| self.database(e))
    }

    /// Contents to be removed so that no more than `limit_bytes` are kept: the longest unused first, and none that a run
    /// uses which is going on.
    pub(crate) fn surplus(&self, limit_bytes: u64) -> Result<Vec<StoredOutput>, StoreError> {
        let read = || {
            let total: i64 = self.db.query_row("SELECT coalesce(sum(bytes), 0) FROM contents", [], |row| row.get(0))?;
            let mut over = (total as u64).saturating_sub(limit_bytes);
            let mut list = Vec::new();
            if over == 0 {
                return Ok(list);
            }
            let mut oldest = self.db.prepare_cached(
                "SELECT hash, bytes, extension FROM contents c WHERE NOT EXISTS (
                    SELECT 1 FROM run_artifacts a JOIN runs r ON r.id = a.run
                    WHERE a.hash = c.hash AND r.status = 'running') ORDER BY used_at, hash",
            )?;
            let mut rows = oldest.query([])?;
            while over > 0 {
                let Some(row) = rows.next()? else { break };
                let bytes = row.get::<_, i64>(1)? as u64;
                let content = ContentHash(row.get(0)?);
                list.push(StoredOutput { port: String::new(), content, bytes, extension: row.get(2)? });
                over = over.saturating_sub(bytes);
            }
            Ok(list)
        };
        read().map_err(|e| self.database(e))
    }

    /// Forgets a content that is gone.
    pub(crate) fn forget(&mut self, content: &ContentHash, extension: &str) -> Result<(), StoreError> {
        self.db
            .execute("DELETE FROM contents WHERE hash = ?1 AND extension = ?2", params![content.0, extension])
            .map(|_| ())
            .map_err(|e| self.database(e))
    }

    /// Forgets a content that is to be removed, unless a run uses it which is going on. Says whether it was forgotten: a
    /// run that begins from then on does not count on it.
    pub(crate) fn forget_unused(&mut self, content: &ContentHash, extension: &str) -> Result<bool, StoreError> {
        self.db
            .execute(
                "DELETE FROM contents WHERE hash = ?1 AND extension = ?2 AND NOT EXISTS (
                    SELECT 1 FROM run_artifacts a JOIN runs r ON r.id = a.run
                    WHERE a.hash = ?1 AND r.status = 'running')",
                params![content.0, extension],
            )
            .map(|rows| rows > 0)
            .map_err(|e| self.database(e))
    }

    /// How much all results take [bytes].
    pub(crate) fn kept_bytes(&self) -> Result<u64, StoreError> {
        self.db
            .query_row("SELECT coalesce(sum(bytes), 0) FROM contents", [], |row| row.get::<_, i64>(0))
            .map(|bytes| bytes as u64)
            .map_err(|e| self.database(e))
    }

    /// The hash of a file's content, if it was hashed in this state.
    pub(crate) fn file_hash(&self, path: &str, state: FileState) -> Option<String> {
        self.db
            .prepare_cached("SELECT hash FROM files WHERE path = ?1 AND bytes = ?2 AND modified_ns = ?3")
            .and_then(|mut s| {
                s.query_row(params![path, state.bytes as i64, state.modified_ns], |row| row.get(0)).optional()
            })
            .ok()
            .flatten()
    }

    /// Keeps the hash of a file's content.
    pub(crate) fn keep_file_hash(&mut self, path: &str, state: FileState, hash: &str) -> Result<(), StoreError> {
        self.db
            .execute(
                "INSERT OR REPLACE INTO files VALUES (?1, ?2, ?3, ?4)",
                params![path, state.bytes as i64, state.modified_ns, hash],
            )
            .map(|_| ())
            .map_err(|e| self.database(e))
    }

    /// What the self-test of a device found, by adapter, driver and version.
    pub(crate) fn device_test(&self, key: &str) -> Option<(bool, String)> {
        self.db
            .query_row("SELECT passed, reason FROM device_tests WHERE key = ?1", [key], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()
            .ok()
            .flatten()
    }

    /// Keeps what the self-test of a device found.
    pub(crate) fn keep_device_test(&mut self, key: &str, passed: bool, reason: &str) -> Result<(), StoreError> {
        self.db
            .execute("INSERT OR REPLACE INTO device_tests VALUES (?1, ?2, ?3)", params![key, passed, reason])
            .map(|_| ())
            .map_err(|e| self.database(e))
    }

    /// Forgets the events of all but the newest runs; what runs measured stays.
    pub(crate) fn trim(&mut self) -> Result<(), StoreError> {
        self.db
            .execute("DELETE FROM events WHERE run IS NULL OR run < (SELECT max(id) - 200 FROM runs)", [])
            .map(|_| ())
            .map_err(|e| self.database(e))
    }
}

fn keep(db: &rusqlite::Transaction<'_>, owner: &Owner, write: &Write, now_s: i64) -> rusqlite::Result<()> {
    match write {
        Write::Event { seq, run, json } => {
            db.prepare_cached("INSERT INTO events VALUES (?1, ?2, ?3, ?4)")?.execute(params![
                owner.name,
                *seq as i64,
                run.map(|r| r.0),
                json
            ])?;
        }
        Write::NodeStarted { run, name, device } => {
            db.prepare_cached("INSERT OR REPLACE INTO nodes VALUES (?1, ?2, NULL, 0, NULL, ?3, '{}')")?
                .execute(params![run.0, name, device.0])?;
        }
        Write::NodeFinished { run, name, record, metrics } => {
            db.prepare_cached(
                "INSERT INTO nodes VALUES (?1, ?2, ?3, ?4, ?5, NULL, ?6) ON CONFLICT DO UPDATE
                 SET status = ?3, elapsed_s = ?4, error = ?5, metrics = ?6",
            )?
            .execute(params![
                run.0,
                name,
                record.status.map(NodeStatus::id),
                record.elapsed_s,
                record.error,
                to_json(metrics)
            ])?;
        }
        Write::Points { run, name, points } => {
            db.prepare_cached("INSERT INTO metrics VALUES (?1, ?2, ?3)")?.execute(params![
                run.0,
                name,
                series::write(points)
            ])?;
        }
        Write::CopySeries { from, to } => {
            db.prepare_cached(
                "INSERT INTO metrics SELECT ?1, ?2, chunk FROM metrics WHERE run = ?3 AND node = ?4
                 AND NOT EXISTS (SELECT 1 FROM metrics WHERE run = ?1 AND node = ?2) ORDER BY rowid",
            )?
            .execute(params![to.0.0, to.1, from.0.0, from.1])?;
        }
        Write::RunFinished { run, status, elapsed_s } => {
            db.prepare_cached("UPDATE runs SET status = ?2, elapsed_s = ?3 WHERE id = ?1")?.execute(params![
                run.0,
                status.id(),
                elapsed_s
            ])?;
        }
        Write::Result { key, result } => {
            db.prepare_cached("INSERT OR REPLACE INTO results VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
                key.0,
                result.run.0,
                result.node,
                to_json(&result.metrics),
                result.summary,
                result.elapsed_s
            ])?;
            for output in &result.outputs {
                db.prepare_cached("INSERT OR REPLACE INTO outputs VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
                    key.0,
                    output.port,
                    output.content.0,
                    output.bytes as i64,
                    output.extension
                ])?;
            }
            leave(db, result.run, &result.node, &result.outputs, now_s)?;
        }
        Write::Left { run, name, outputs } => leave(db, *run, name, outputs, now_s)?,
        Write::Estimate { kind, subject, device, mode, work, seconds, peak_bytes } => {
            let measure = Measure { kind, subject, device, mode };
            estimates::keep(db, measure, seconds / work.max(f64::MIN_POSITIVE), *peak_bytes)?;
        }
    }
    Ok(())
}

/// Says which files a node of a run has left, and that they were used now.
fn leave(
    db: &rusqlite::Transaction<'_>,
    run: RunId,
    node: &str,
    outputs: &[StoredOutput],
    now_s: i64,
) -> rusqlite::Result<()> {
    for output in outputs {
        let StoredOutput { port, content, bytes, extension } = output;
        let bytes = *bytes as i64;
        db.prepare_cached("INSERT OR REPLACE INTO run_artifacts VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![run.0, node, port, content.0, bytes, extension])?;
        db.prepare_cached("INSERT OR REPLACE INTO contents VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![content.0, extension, bytes, now_s])?;
    }
    Ok(())
}

/// What a run's project is called where it is listed.
pub(crate) fn project_label(request: &RunRequest) -> String {
    request.project_path.as_ref().map_or_else(|| "untitled".to_owned(), |p| p.display().to_string())
}

fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "{}".to_owned())
}

fn from_json<T: serde::de::DeserializeOwned + Default>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_default()
}

fn run_status(id: &str) -> RunStatus {
    use RunStatus::{Done, Failed, Interrupted, Running, Stopped};
    [Running, Done, Failed, Stopped].into_iter().find(|s| s.id() == id).unwrap_or(Interrupted)
}

fn node_status(id: &str) -> Option<NodeStatus> {
    use NodeStatus::{Cached, Done, Failed, Skipped, Stopped};
    [Done, Cached, Failed, Skipped, Stopped].into_iter().find(|s| s.id() == id)
}

fn now_s() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64)
}
