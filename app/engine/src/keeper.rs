//! The thread 'keeper': what may take long on the disk, so that the engine's thread never waits for it.
//!
//! Prepares runs (reading projects, hashing data), takes outputs into the artifact store, and keeps that within its
//! limit. Must not know of workers or lanes.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender};
use weft_model::Localised;
use weft_protocol::artifact::StoredOutput;
use weft_protocol::event::Fault;
use weft_protocol::kept::Kept;
use weft_protocol::worker::Output;
use weft_protocol::{ArtifactKey, RunId, RunRequest};

use crate::artifacts::{ArtifactError, ArtifactStore};
use crate::devices::DeviceBook;
use crate::execute::InlineOutput;
use crate::forecast::Anew;
use crate::kept;
use crate::prepare::{Ground, Prepared, Refusal, prepare};
use crate::store::{KeptResult, Owner, RunStore, StoreError, Write};
use crate::thread::Inbound;

/// Where outputs come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// Files that a worker has written into a folder of their own.
    Files { outputs: Vec<Output>, folder: PathBuf },
    /// What the engine itself has made.
    Inline(Vec<InlineOutput>),
}

/// Something to do.
#[derive(Debug)]
pub(crate) enum Errand {
    Prepare {
        ticket: u64,
        request: Box<RunRequest>,
        resumed: Option<(RunId, f64)>,
        cancelled: Arc<AtomicBool>,
    },
    Ingest(Box<Ingest>),
    Replan(Box<Anew>),
    /// Clear these kinds, and say how much is left of all.
    Kept(BTreeSet<Kept>),
}

/// Outputs to be taken in.
#[derive(Debug)]
pub(crate) struct Ingest {
    pub run: RunId,
    pub task: usize,
    pub node: String,
    pub source: Source,
    /// Under which key a later run finds the result; none for what is left of a stopped or failed task.
    pub keep: Option<(ArtifactKey, KeptResult)>,
    /// Checkpoints that are of no more use.
    pub clear: Option<PathBuf>,
}

/// Outputs that were taken in, with their paths.
#[derive(Debug)]
pub(crate) struct Ingested {
    pub run: RunId,
    pub task: usize,
    pub result: Result<Vec<(StoredOutput, PathBuf)>, Fault>,
}

pub(crate) struct Keeper {
    pub data_dir: PathBuf,
    pub store: RunStore,
    pub artifacts: ArtifactStore,
    pub owner: Arc<Owner>,
    pub devices: Arc<DeviceBook>,
    pub cache_limit_bytes: u64,
    /// The engine ends: what takes long is to be given up.
    pub stop: Arc<AtomicBool>,
}

impl Keeper {
    /// Works until the other end is gone.
    pub(crate) fn run(mut self, errands: &Receiver<Errand>, done: &Sender<Inbound>) {
        if let Err(fault) = self.store.trim() {
            log::warn!("{fault}");
        }
        for errand in errands {
            let answer = match errand {
                Errand::Prepare { ticket, request, resumed, cancelled } => {
                    let result = self.prepare(*request, resumed, &cancelled).map(Box::new);
                    Inbound::Prepared { ticket, result }
                }
                Errand::Replan(anew) => Inbound::Renewed(Box::new(anew.make())),
                Errand::Ingest(ingest) => {
                    let Ingest { run, task, node, source, keep, clear } = *ingest;
                    let result = self.ingest(run, &node, source, keep).map_err(|fault| disk_fault(&node, &fault));
                    if let (Ok(_), Some(folder)) = (&result, clear) {
                        fs::remove_dir_all(folder).ok();
                    }
                    self.make_room();
                    Inbound::Ingested(Ingested { run, task, result })
                }
                Errand::Kept(kinds) => {
                    let report = kept::clear(&self.data_dir, &mut self.store, &mut self.artifacts, &kinds);
                    Inbound::Kept(report.map_err(|fault| fault.to_string()))
                }
            };
            if done.send(answer).is_err() {
                return;
            }
        }
    }

    fn prepare(
        &mut self,
        request: RunRequest,
        resumed: Option<(RunId, f64)>,
        cancelled: &AtomicBool,
    ) -> Result<Prepared, Refusal> {
        let stop = Arc::clone(&self.stop);
        let mut ground = Ground {
            store: &mut self.store,
            artifacts: &mut self.artifacts,
            devices: &self.devices,
            cancelled: &|| cancelled.load(Ordering::Relaxed) || stop.load(Ordering::Relaxed),
        };
        prepare(request, resumed, &mut ground)
    }

    fn ingest(
        &mut self,
        run: RunId,
        node: &str,
        source: Source,
        keep: Option<(ArtifactKey, KeptResult)>,
    ) -> Result<Vec<(StoredOutput, PathBuf)>, KeepError> {
        let mut outputs = Vec::new();
        match source {
            Source::Files { outputs: files, folder } => {
                for output in files {
                    outputs.push(self.artifacts.adopt(&output.port, &folder.join(&output.file))?);
                }
                fs::remove_dir_all(folder).ok();
            }
            Source::Inline(contents) => {
                for (port, content, extension) in contents {
                    outputs.push(self.artifacts.put(&port, &content, &extension)?);
                }
            }
        }
        match keep {
            Some((key, result)) => {
                let result = KeptResult { outputs: outputs.clone(), ..result };
                self.store.apply(&self.owner, &[Write::Result { key, result }])?;
            }
            None => {
                let left = Write::Left { run, name: node.to_owned(), outputs: outputs.clone() };
                self.store.apply(&self.owner, &[left])?;
            }
        }
        Ok(outputs
            .into_iter()
            .map(|output| {
                let path = self.artifacts.path(&output.content, &output.extension);
                (output, path)
            })
            .collect())
    }

    fn make_room(&mut self) {
        let cleared = self.store.surplus(self.cache_limit_bytes).and_then(|surplus| {
            for output in surplus {
                self.artifacts.remove(&output);
                self.store.forget(&output.content, &output.extension)?;
            }
            Ok(())
        });
        if let Err(fault) = cleared {
            log::warn!("old results are not cleared: {fault}");
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum KeepError {
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn disk_fault(node: &str, fault: &KeepError) -> Fault {
    let full = matches!(fault, KeepError::Artifact(a) if a.is_full_disk());
    if full {
        return Fault::new(
            "disk_full",
            Localised::new(
                format!("the disk is full: the result of '{node}' cannot be kept: {fault}"),
                format!("磁盘已满，无法保存“{node}”的结果：{fault}"),
            ),
            Localised::new(
                "make room on that disk, or choose another data folder (--data-dir)",
                "请腾出磁盘空间，或另选数据文件夹（--data-dir）",
            ),
        );
    }
    Fault::new(
        "artifact_store",
        Localised::new(
            format!("the result of '{node}' cannot be kept: {fault}"),
            format!("无法保存“{node}”的结果：{fault}"),
        ),
        Localised::new(
            "check that the data folder can be written, and run again",
            "请检查数据文件夹可写，然后重新运行",
        ),
    )
}
