//! Runs that wait for their turn. Each belongs to the program that queued it, and to another one only once that is gone.
//!
//! Must not know when a run begins.

use rusqlite::{OptionalExtension as _, TransactionBehavior, params};
use weft_protocol::RunRequest;
use weft_protocol::command::QueuedRun;

use super::{Owner, RunStore, StoreError, project_label, to_json};

/// The table of this module, as a step of the schema.
pub(super) const STEP: &str = "
    CREATE TABLE queue (
        id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, place INTEGER NOT NULL, project TEXT NOT NULL,
        queued_at TEXT NOT NULL, device TEXT, seed INTEGER, request TEXT NOT NULL);
    CREATE INDEX queue_by_owner ON queue (owner, place);
";

impl RunStore {
    /// Puts a run at the end of a program's queue.
    pub(crate) fn enqueue(&mut self, owner: &Owner, request: &RunRequest, at: &str) -> Result<QueuedRun, StoreError> {
        let queued = QueuedRun {
            id: 0,
            project: project_label(request),
            queued_at: at.to_owned(),
            device: request.device.clone(),
            seed: request.seed,
        };
        self.db
            .execute(
                "INSERT INTO queue (owner, place, project, queued_at, device, seed, request) VALUES
                 (?1, (SELECT coalesce(max(place), 0) + 1 FROM queue WHERE owner = ?1), ?2, ?3, ?4, ?5, ?6)",
                params![
                    owner.name,
                    queued.project,
                    queued.queued_at,
                    queued.device.as_ref().map(|d| &d.0),
                    queued.seed.map(|s| s as i64),
                    to_json(request)
                ],
            )
            .map_err(|e| self.database(e))?;
        Ok(QueuedRun { id: self.db.last_insert_rowid(), ..queued })
    }

    /// The runs that wait, the next one first: of one program, or of all of them.
    pub(crate) fn queued(&self, owner: Option<&Owner>) -> Result<Vec<QueuedRun>, StoreError> {
        let read = || {
            self.db
                .prepare_cached(
                    "SELECT id, project, queued_at, device, seed FROM queue
                     WHERE ?1 IS NULL OR owner = ?1 ORDER BY owner, place, id",
                )?
                .query_map(params![owner.map(Owner::name)], |row| {
                    Ok(QueuedRun {
                        id: row.get(0)?,
                        project: row.get(1)?,
                        queued_at: row.get(2)?,
                        device: row.get::<_, Option<String>>(3)?.map(weft_protocol::DeviceId),
                        seed: row.get::<_, Option<i64>>(4)?.map(|s| s as u64),
                    })
                })?
                .collect::<Result<Vec<_>, _>>()
        };
        read().map_err(|e| self.database(e))
    }

    /// The runs that wait, of all programs that share the data folder: those of each in their order.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn queue(&self) -> Result<Vec<QueuedRun>, StoreError> {
        self.queued(None)
    }

    /// What a run that waits was asked for; none if it is no longer there, or cannot be read by this version.
    pub(crate) fn queued_request(&self, id: i64) -> Result<Option<RunRequest>, StoreError> {
        let text: Option<String> = self
            .db
            .query_row("SELECT request FROM queue WHERE id = ?1", [id], |row| row.get(0))
            .optional()
            .map_err(|e| self.database(e))?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Takes over what programs have left waiting that are gone, after what waits already. Says how many runs.
    pub(crate) fn adopt_queue(&mut self, owner: &Owner) -> Result<usize, StoreError> {
        let read = || {
            self.db
                .prepare_cached("SELECT DISTINCT owner FROM queue WHERE owner <> ?1")?
                .query_map([owner.name()], |row| row.get::<_, String>(0))?
                .collect::<Result<Vec<_>, _>>()
        };
        let others = read().map_err(|e| self.database(e))?;
        let mut taken = 0;
        for gone in others.iter().filter(|name| Owner::is_gone(&self.data_dir, name)) {
            // Of several programs that try only one finds them.
            taken += self
                .db
                .execute(
                    "UPDATE queue SET owner = ?1,
                     place = place + (SELECT coalesce(max(place), 0) FROM queue WHERE owner = ?1) WHERE owner = ?2",
                    params![owner.name, gone],
                )
                .map_err(|e| self.database(e))?;
        }
        Ok(taken)
    }

    /// Brings a program's queue into this order.
    pub(crate) fn order_queue(&mut self, owner: &Owner, ids: &[i64]) -> Result<(), StoreError> {
        let path = self.path.clone();
        let mut order = || {
            let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for (place, id) in ids.iter().enumerate() {
                transaction.execute(
                    "UPDATE queue SET place = ?3 WHERE id = ?1 AND owner = ?2",
                    params![id, owner.name, place as i64 + 1],
                )?;
            }
            transaction.commit()
        };
        order().map_err(|source| StoreError::Database { path, source })
    }

    /// A run does not wait any more. Says whether it did.
    pub(crate) fn unqueue(&mut self, owner: &Owner, id: i64) -> Result<bool, StoreError> {
        self.db
            .execute("DELETE FROM queue WHERE id = ?1 AND owner = ?2", params![id, owner.name])
            .map(|rows| rows == 1)
            .map_err(|e| self.database(e))
    }
}
