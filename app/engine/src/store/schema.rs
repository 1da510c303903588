//! Tables of the run store, and how older ones become the newest.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::{StoreError, estimates};

/// One step for each version: the first makes the tables of version 1, the next changes them into version 2, and so on.
const STEPS: &[&str] = &[FIRST, super::queue::STEP, estimates::STEP];

/// The tables of version 1.
const FIRST: &str = "
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT, project TEXT NOT NULL, project_id TEXT NOT NULL,
        project_text TEXT NOT NULL, started_at TEXT NOT NULL, status TEXT NOT NULL, seed INTEGER NOT NULL,
        elapsed_s REAL NOT NULL, version TEXT NOT NULL, owner TEXT NOT NULL, request TEXT NOT NULL);
    CREATE INDEX runs_by_project ON runs (project_id);
    CREATE INDEX runs_by_status ON runs (status);
    CREATE TABLE nodes (
        run INTEGER NOT NULL, name TEXT NOT NULL, status TEXT, elapsed_s REAL NOT NULL, error TEXT, device TEXT,
        metrics TEXT NOT NULL, PRIMARY KEY (run, name)) WITHOUT ROWID;
    CREATE TABLE metrics (run INTEGER NOT NULL, node TEXT NOT NULL, chunk BLOB NOT NULL);
    CREATE INDEX metrics_by_node ON metrics (run, node);
    CREATE TABLE events (
        owner TEXT NOT NULL, seq INTEGER NOT NULL, run INTEGER, json TEXT NOT NULL,
        PRIMARY KEY (owner, seq)) WITHOUT ROWID;
    CREATE TABLE results (
        key TEXT PRIMARY KEY, run INTEGER NOT NULL, node TEXT NOT NULL, metrics TEXT NOT NULL, summary TEXT,
        elapsed_s REAL NOT NULL) WITHOUT ROWID;
    CREATE TABLE outputs (
        key TEXT NOT NULL, port TEXT NOT NULL, hash TEXT NOT NULL, bytes INTEGER NOT NULL, extension TEXT NOT NULL,
        PRIMARY KEY (key, port)) WITHOUT ROWID;
    CREATE TABLE contents (
        hash TEXT NOT NULL, extension TEXT NOT NULL, bytes INTEGER NOT NULL, used_at INTEGER NOT NULL,
        PRIMARY KEY (hash, extension)) WITHOUT ROWID;
    CREATE TABLE run_artifacts (
        run INTEGER NOT NULL, node TEXT NOT NULL, port TEXT NOT NULL, hash TEXT NOT NULL, bytes INTEGER NOT NULL,
        extension TEXT NOT NULL, PRIMARY KEY (run, node, port)) WITHOUT ROWID;
    CREATE INDEX run_artifacts_by_hash ON run_artifacts (hash);
    CREATE TABLE estimates (
        kind TEXT NOT NULL, device TEXT NOT NULL, seconds REAL NOT NULL, PRIMARY KEY (kind, device)) WITHOUT ROWID;
    CREATE TABLE files (
        path TEXT PRIMARY KEY, bytes INTEGER NOT NULL, modified_ns INTEGER NOT NULL, hash TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE device_tests (key TEXT PRIMARY KEY, passed INTEGER NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID;
";

/// Another program may be doing the very same for so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Turns the write-ahead log on. SQLite itself does not wait while another program does so.
fn begin_wal(db: &Connection) -> rusqlite::Result<()> {
    let until = Instant::now() + PATIENCE;
    loop {
        let begun = db
            .pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0))
            .and_then(|mode| if mode == "wal" { Ok(()) } else { db.pragma_update(None, "journal_mode", "WAL") });
        match begun {
            Err(e) if e.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(5));
            }
            begun => return begun,
        }
    }
}

/// Brings a database to the newest version.
pub(super) fn prepare(db: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let database = |source| StoreError::Database { path: path.to_owned(), source };
    // A commit in WAL mode appends to one file and waits for no disk: after a power failure the newest runs may be
    // missing, and the database is whole.
    begin_wal(db).map_err(database)?;
    db.pragma_update(None, "synchronous", "NORMAL").map_err(database)?;
    let version = |db: &Connection| db.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
    let known = STEPS.len() as i64;
    if version(db).map_err(database)? == known {
        return Ok(());
    }
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(database)?;
    // Another program may have been quicker.
    let found = version(&transaction).map_err(database)?;
    if found > known {
        return Err(StoreError::Newer { path: path.to_owned(), found, known });
    }
    for step in &STEPS[found.max(0) as usize..] {
        transaction.execute_batch(step).map_err(database)?;
    }
    transaction.pragma_update(None, "user_version", known).map_err(database)?;
    transaction.commit().map_err(database)
}
