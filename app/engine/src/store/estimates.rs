//! What was measured of tasks, to be planned with: durations for each unit of work with their spread, and memory; and how
//! fast devices were found to be. Each machine has its own, since several may share a data folder.
//!
//! Must not know what a unit of work is.

use std::sync::OnceLock;

use rusqlite::{OptionalExtension as _, Transaction, params};
use weft_protocol::DeviceId;

use super::{RunStore, StoreError};

/// How much the newest measurement counts.
const EWMA: f64 = 0.4;

/// Tables of this module, as a step of the schema. What older versions measured was in other units.
pub(super) const STEP: &str = "
    DROP TABLE estimates;
    CREATE TABLE estimates (
        machine TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, device TEXT NOT NULL, mode TEXT NOT NULL,
        seconds REAL NOT NULL, variance REAL NOT NULL, count INTEGER NOT NULL, peak_bytes INTEGER,
        PRIMARY KEY (machine, kind, subject, device, mode)) WITHOUT ROWID;
    CREATE TABLE throughput (
        machine TEXT NOT NULL, device TEXT NOT NULL, flops_per_s REAL NOT NULL, bytes_per_s REAL NOT NULL,
        PRIMARY KEY (machine, device)) WITHOUT ROWID;
";

/// Which measurements belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Measure<'a> {
    pub kind: &'a str,
    /// What was worked on, as a hash; empty for all of the kind.
    pub subject: &'a str,
    pub device: &'a DeviceId,
    pub mode: &'a str,
}

/// What was measured of tasks of a kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measured {
    /// Exponentially weighted mean for each unit of work [s].
    pub seconds: f64,
    /// Exponentially weighted variance of that [s²].
    pub variance: f64,
    /// How often it was measured.
    pub count: u32,
    /// The most memory in use, weighted alike [bytes].
    pub peak_bytes: Option<u64>,
}

impl Measured {
    /// The deviation as a share of the mean.
    pub(crate) fn deviation(&self) -> f64 {
        if self.seconds > 0.0 { self.variance.max(0.0).sqrt() / self.seconds } else { 0.0 }
    }
}

/// How fast a device was found to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Throughput {
    /// Operations of one thread in a second.
    pub flops_per_s: f64,
    /// Bytes copied in a second.
    pub bytes_per_s: f64,
}

/// What tells this machine from others that use the same data folder.
fn machine() -> &'static str {
    static MACHINE: OnceLock<String> = OnceLock::new();
    MACHINE.get_or_init(|| {
        let mut brand = String::new();
        if let Ok(mut system) = sysinfo::System::new() {
            system.refresh_cpu_list(sysinfo::CpuRefreshKind::nothing());
            brand = system.cpus().first().map(|c| c.brand().trim().to_owned()).unwrap_or_default();
        }
        let threads = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        let name = sysinfo::System::host_name().unwrap_or_default();
        format!("{name}|{brand}|{threads}")
    })
}

/// Takes a measurement into the estimates of what was worked on and into those of the kind.
pub(super) fn keep(
    db: &Transaction<'_>,
    measure: Measure<'_>,
    seconds: f64,
    peak_bytes: Option<u64>,
) -> rusqlite::Result<()> {
    if !seconds.is_finite() || seconds < 0.0 {
        return Ok(());
    }
    let subjects: &[&str] = if measure.subject.is_empty() { &[""] } else { &[measure.subject, ""] };
    for subject in subjects {
        let Measure { kind, device, mode, .. } = measure;
        let before: Option<(f64, f64, u32, Option<i64>)> = db
            .prepare_cached(
                "SELECT seconds, variance, count, peak_bytes FROM estimates
                 WHERE machine = ?1 AND kind = ?2 AND subject = ?3 AND device = ?4 AND mode = ?5",
            )?
            .query_row(params![machine(), kind, subject, device.0, mode], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()?;
        let peak = peak_bytes.map(|b| b as f64);
        let (mean, variance, count, peak) = match before {
            None => (seconds, 0.0, 1, peak),
            Some((mean, variance, count, before)) => {
                let delta = seconds - mean;
                let before = before.map(|b| b as f64);
                let peak = before.zip(peak).map(|(b, p)| b + EWMA * (p - b)).or(peak).or(before);
                // T. Finch, Incremental calculation of weighted mean and variance, 2009.
                let variance = (1.0 - EWMA) * (variance + EWMA * delta * delta);
                (mean + EWMA * delta, variance, count.saturating_add(1), peak)
            }
        };
        db.prepare_cached("INSERT OR REPLACE INTO estimates VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?.execute(
            params![machine(), kind, subject, device.0, mode, mean, variance, count, peak.map(|b| b as i64)],
        )?;
    }
    Ok(())
}

impl RunStore {
    /// What was measured so far, if anything was.
    pub(crate) fn measured(&self, measure: Measure<'_>) -> Option<Measured> {
        let Measure { kind, subject, device, mode } = measure;
        let read = || {
            self.db
                .prepare_cached(
                    "SELECT seconds, variance, count, peak_bytes FROM estimates
                     WHERE machine = ?1 AND kind = ?2 AND subject = ?3 AND device = ?4 AND mode = ?5",
                )?
                .query_row(params![machine(), kind, subject, device.0, mode], |row| {
                    Ok(Measured {
                        seconds: row.get(0)?,
                        variance: row.get(1)?,
                        count: row.get(2)?,
                        peak_bytes: row.get::<_, Option<i64>>(3)?.map(|b| b.max(0) as u64),
                    })
                })
                .optional()
        };
        read().unwrap_or_else(|fault| {
            log::warn!("what was measured of '{kind}' cannot be read: {fault}");
            None
        })
    }

    /// How fast a device was found to be, if it was tried.
    pub(crate) fn throughput(&self, device: &DeviceId) -> Option<Throughput> {
        self.db
            .query_row(
                "SELECT flops_per_s, bytes_per_s FROM throughput WHERE machine = ?1 AND device = ?2",
                params![machine(), device.0],
                |row| Ok(Throughput { flops_per_s: row.get(0)?, bytes_per_s: row.get(1)? }),
            )
            .optional()
            .ok()
            .flatten()
    }

    /// Keeps how fast a device was found to be.
    pub(crate) fn keep_throughput(&mut self, device: &DeviceId, found: Throughput) -> Result<(), StoreError> {
        self.db
            .execute(
                "INSERT OR REPLACE INTO throughput VALUES (?1, ?2, ?3, ?4)",
                params![machine(), device.0, found.flops_per_s, found.bytes_per_s],
            )
            .map(|_| ())
            .map_err(|e| self.database(e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, RunStore) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = RunStore::open(folder.path()).expect("a store");
        (folder, store)
    }

    fn measure<'a>(subject: &'a str, device: &'a DeviceId) -> Measure<'a> {
        Measure { kind: "train", subject, device, mode: "cpu-f32 · 1 thread" }
    }

    #[test]
    fn what_is_measured_converges_and_its_spread_with_it() {
        let (_folder, mut store) = store();
        let cpu = DeviceId::cpu();
        assert_eq!(store.measured(measure("a", &cpu)), None);
        let transaction = store.db.transaction().expect("a transaction");
        for n in 0..200 {
            let seconds = if n % 2 == 0 { 9.0 } else { 11.0 };
            keep(&transaction, measure("a", &cpu), seconds, Some(1_000 + n)).expect("kept");
        }
        keep(&transaction, measure("b", &cpu), f64::NAN, None).expect("left out");
        transaction.commit().expect("kept");
        let found = store.measured(measure("a", &cpu)).expect("measured");
        assert!((found.seconds - 10.0).abs() < 0.6 && found.count == 200, "{found:?}");
        assert!((0.05..0.15).contains(&found.deviation()), "{found:?}");
        assert!(found.peak_bytes.is_some_and(|b| (1_150..1_200).contains(&b)), "{found:?}");
        // All of the kind together, and nothing of another subject.
        assert_eq!(store.measured(measure("", &cpu)).map(|m| m.count), Some(200));
        assert_eq!(store.measured(measure("b", &cpu)), None);
    }

    #[test]
    fn how_fast_a_device_is_is_kept() {
        let (_folder, mut store) = store();
        assert_eq!(store.throughput(&DeviceId::cpu()), None);
        let found = Throughput { flops_per_s: 2e9, bytes_per_s: 1e10 };
        store.keep_throughput(&DeviceId::cpu(), found).expect("kept");
        assert_eq!(store.throughput(&DeviceId::cpu()), Some(found));
        assert_eq!(store.throughput(&DeviceId("gpu0".to_owned())), None);
    }
}
