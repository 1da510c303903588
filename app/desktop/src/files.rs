//! Everything that touches the disk, on a thread of its own: a slow drive must not hold up a frame. The window sends
//! jobs and hears of the results. This module knows projects and journals, and nothing of what is shown.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crossbeam_channel::{Receiver, Sender, bounded};
use egui::ColorImage;
use weft_model::shape::Schemas;
use weft_model::{Graph, Localised, Problem, ProjectId, validate};
use weft_project::{BundleOptions, FileState, Journal, Opened, Project, ProjectError, Recoverable, Recovered};

use crate::blocks::{self, Blocks};
use crate::desktop;
use crate::dock::Layouts;
use crate::export::{self, Content};
use crate::picture::{Picture, PictureError};
use crate::settings::{Layout, Settings};

/// Jobs and results that may wait.
const QUEUE: usize = 64;

/// Reads a workflow of another program, whose file has one of the endings [`weft_project::FOREIGN_EXTENSIONS`], as a project
/// that has no file yet.
pub type Import = fn(&Path) -> Result<Opened, ProjectError>;

/// An [`Import`] for windows that read nothing but projects.
///
/// # Errors
/// Always.
pub fn no_import(path: &Path) -> Result<Opened, ProjectError> {
    Err(ProjectError::foreign(
        path,
        Localised::new("this window reads projects only", "此窗口只读取项目"),
        Localised::new("import it with 'weft import', then open the project", "请用“weft import”导入后再打开项目"),
    ))
}

/// A project that comes with the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Identifier.
    pub id: String,
    /// Its project file.
    pub path: PathBuf,
}

/// A sample as the start page shows it.
#[derive(Debug, Clone)]
pub struct SampleCard {
    /// Its project file.
    pub path: PathBuf,
    /// What a person calls it.
    pub title: Localised,
    /// What it does.
    pub sentence: Localised,
    /// Its workflow, for the picture.
    pub graph: Graph,
}

/// What a crash left, as the start page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryCard {
    /// The journal.
    pub journal: PathBuf,
    /// The project's file; none if it was never saved.
    pub project_file: Option<PathBuf>,
    /// Its title.
    pub title: Option<Localised>,
    /// When it was changed last.
    pub edited_at: SystemTime,
}

/// What a journal has beyond the file of its project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differences {
    /// A line for each change.
    pub changes: Vec<Localised>,
    /// Changes beyond those.
    pub more: usize,
    /// What became of the file since.
    pub file_state: FileState,
    /// Whether the end of the journal cannot be read.
    pub torn: bool,
}

/// Lines of differences that are shown.
const DIFFERENCES: usize = 500;

/// A job.
#[derive(Debug)]
pub enum Job {
    /// Gives a project as the text of a project file.
    Text {
        /// The project.
        project: Box<Project>,
        /// Given back.
        ticket: u64,
    },
    /// Reads a project, a bundle, or a workflow of another program.
    Open {
        /// Its file.
        path: PathBuf,
    },
    /// Writes a project.
    Save {
        /// The project.
        project: Box<Project>,
        /// Its file.
        path: PathBuf,
        /// Revision of the document, given back.
        revision: u64,
    },
    /// Writes a bundle with its data.
    Export {
        /// The project.
        project: Box<Project>,
        /// Folder that its paths start from.
        base_dir: PathBuf,
        /// The bundle.
        path: PathBuf,
    },
    /// Looks for problems.
    Check {
        /// The workflow.
        graph: Box<Graph>,
        /// What is known of the data.
        schemas: Schemas,
        /// Folder that its paths start from.
        base_dir: PathBuf,
        /// Folders in which data are looked for that were moved.
        further: Vec<PathBuf>,
        /// Folders that are proposed, beside all others, where a node names none yet.
        proposed: Vec<PathBuf>,
        /// Given back.
        revision: u64,
    },
    /// Begins a recovery journal for a project that has just been opened or made.
    BeginJournal {
        /// Its file.
        file: Option<PathBuf>,
        /// Folder that its paths start from, if it has no file and came out of a bundle.
        base_dir: Option<PathBuf>,
        /// As it was saved.
        project: Box<Project>,
    },
    /// Writes down how the project stands.
    Record {
        /// What was done last.
        label: String,
        /// How it stands.
        project: Box<Project>,
    },
    /// An orderly end of the project: nothing is left to recover.
    CloseJournal,
    /// Looks which of these files are gone.
    FindMissing(Vec<PathBuf>),
    /// Looks for what a crash left.
    FindRecoveries,
    /// Makes the changes of a journal again.
    Recover {
        /// The journal.
        journal: PathBuf,
    },
    /// Throws a journal away.
    Discard {
        /// The journal.
        journal: PathBuf,
    },
    /// Looks what a journal has beyond the file of its project.
    Compare {
        /// The journal.
        journal: PathBuf,
    },
    /// Reads the samples for their pictures.
    ReadSamples(Vec<Sample>),
    /// Writes a text: figures that a panel exports.
    WriteText {
        /// The file.
        path: PathBuf,
        /// What to write.
        text: String,
    },
    /// Makes a table or a picture of what a panel exports, and writes it.
    WriteContent {
        /// The file.
        path: PathBuf,
        /// What to write.
        content: Content,
    },
    /// Paints a picture for the clipboard.
    Paint(Box<Picture>),
    /// Asks the desktop whether it wants nothing to move of itself.
    AskMotion,
    /// Measures the data folder.
    MeasureDataDir,
    /// Reads the blocks.
    ReadBlocks,
    /// Writes a block.
    SaveBlock {
        /// What it is called.
        name: String,
        /// Its text.
        text: String,
    },
    /// Gives a block another name.
    RenameBlock {
        /// The name that it has.
        from: String,
        /// The name that it gets.
        to: String,
    },
    /// Takes a block away.
    DeleteBlock {
        /// What it is called.
        name: String,
    },
    /// Writes the settings.
    SaveSettings(Box<Settings>),
    /// Writes how a project is looked at.
    SaveLayout(ProjectId, Box<Layout>),
    /// Writes the layouts that have names.
    SaveLayouts(Box<Layouts>),
    /// Says when everything before it is done.
    Flush(Sender<()>),
}

/// What came of a job.
#[derive(Debug)]
pub enum Done {
    /// A project as the text of a project file.
    Text {
        /// The number that came with it.
        ticket: u64,
        /// The text.
        text: String,
    },
    /// A project was read.
    Opened {
        /// What was asked for.
        path: PathBuf,
        /// The project.
        result: Result<Box<Opened>, ProjectError>,
    },
    /// A project was written.
    Saved {
        /// Its file.
        path: PathBuf,
        /// The revision that was written.
        revision: u64,
        /// How it went.
        result: Result<(), ProjectError>,
    },
    /// A bundle was written.
    Exported {
        /// The bundle.
        path: PathBuf,
        /// How it went.
        result: Result<(), ProjectError>,
    },
    /// A picture could not be painted; nothing was written.
    NotPainted {
        /// The file.
        path: PathBuf,
        /// Why.
        error: PictureError,
    },
    /// A picture was painted for the clipboard.
    Painted(Result<ColorImage, PictureError>),
    /// A text was written.
    Written {
        /// The file.
        path: PathBuf,
        /// How it went.
        result: Result<(), ProjectError>,
    },
    /// Problems were looked for.
    Checked {
        /// The revision that was looked at.
        revision: u64,
        /// What was found.
        problems: Vec<Problem>,
    },
    /// Files that are gone.
    Missing(BTreeSet<PathBuf>),
    /// What a crash left.
    Recoveries(Vec<RecoveryCard>),
    /// The changes of a journal were made again.
    Recovered(Box<Recovered>),
    /// What a journal has beyond the file of its project.
    Compared {
        /// The journal.
        journal: PathBuf,
        /// What it has.
        differences: Differences,
    },
    /// The samples.
    Samples(Vec<SampleCard>),
    /// Whether the desktop wants nothing to move of itself; none where it does not say.
    Motion(Option<bool>),
    /// The blocks.
    Blocks(Blocks),
    /// How much lies in the data folder [bytes].
    FolderSize(u64),
    /// Something in the background failed: the journal, the settings.
    Failed(ProjectError),
}

/// The thread's other end.
pub struct Files {
    jobs: Sender<Job>,
    done: Receiver<Done>,
}

impl Files {
    /// Starts the thread. `wake` is called whenever there is a result.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(data_dir: PathBuf, import: Import, wake: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let (jobs, job_out) = bounded(QUEUE);
        let (done_in, done) = bounded(QUEUE);
        std::thread::Builder::new().name("weft-files".to_owned()).spawn(move || {
            let mut thread = FileThread { data_dir, import, journal: None, recoverable: Vec::new() };
            for job in job_out {
                for result in thread.run(job) {
                    if done_in.send(result).is_err() {
                        return;
                    }
                    wake();
                }
            }
        })?;
        Ok(Self { jobs, done })
    }

    /// Gives a job. False: so many jobs wait that the drive must have stopped answering; the job was not taken.
    pub fn send(&self, job: Job) -> bool {
        let taken = self.jobs.try_send(job).is_ok();
        if !taken {
            log::warn!("the drive does not keep up");
        }
        taken
    }

    /// The next result.
    pub fn next(&self) -> Option<Done> {
        self.done.try_recv().ok()
    }

    /// Waits until everything so far is on the disk, at most a few seconds: for the end of the program.
    pub fn finish(&self) {
        let (sender, receiver) = bounded(1);
        if self.jobs.send_timeout(Job::Flush(sender), std::time::Duration::from_secs(2)).is_ok() {
            let _ = receiver.recv_timeout(std::time::Duration::from_secs(3));
        }
    }
}

struct FileThread {
    data_dir: PathBuf,
    import: Import,
    journal: Option<Journal>,
    recoverable: Vec<Recoverable>,
}

impl FileThread {
    fn run(&mut self, job: Job) -> Vec<Done> {
        match job {
            Job::Open { path } => {
                let result = match weft_project::is_foreign(&path) {
                    true => (self.import)(&path),
                    false => weft_project::open(&path, &self.data_dir.join("bundles")),
                };
                let result = result.map(Box::new);
                vec![Done::Opened { path, result }]
            }
            Job::Save { project, path, revision } => {
                let result = weft_project::save(&project, &path);
                if result.is_ok()
                    && let Some(journal) = &mut self.journal
                {
                    journal.restart(Some(&path), &project);
                }
                vec![Done::Saved { path, revision, result }]
            }
            Job::Export { project, base_dir, path } => {
                let options = BundleOptions { with_data: true, ..BundleOptions::default() };
                let result = weft_project::export_bundle(&project, &base_dir, &path, &options);
                vec![Done::Exported { path, result }]
            }
            Job::Check { graph, schemas, base_dir, further, mut proposed, revision } => {
                let mut problems = validate::validate(&graph, &schemas);
                problems.extend(weft_project::check_files_with(&graph, &base_dir, &further));
                proposed.splice(0..0, further);
                weft_project::propose_folders(&mut problems, &graph, &base_dir, &proposed);
                vec![Done::Checked { revision, problems }]
            }
            Job::BeginJournal { file, base_dir, project } => {
                self.close_journal();
                let journal = Journal::new(&self.data_dir, file.as_deref(), &project);
                self.journal = Some(match base_dir {
                    Some(base_dir) => journal.with_base_dir(&base_dir),
                    None => journal,
                });
                Vec::new()
            }
            Job::Record { label, project } => {
                let Some(journal) = &mut self.journal else { return Vec::new() };
                let graph = project.graph.clone();
                match journal.record(&label, &project, &graph).and_then(|_| journal.sync()) {
                    Ok(()) => Vec::new(),
                    Err(error) => vec![Done::Failed(error)],
                }
            }
            Job::CloseJournal => {
                self.close_journal();
                Vec::new()
            }
            Job::FindMissing(paths) => vec![Done::Missing(paths.into_iter().filter(|p| !p.exists()).collect())],
            Job::FindRecoveries => {
                // What is kept is locked; without letting go first it would not be found again.
                self.recoverable.clear();
                self.recoverable = Journal::find_all(&self.data_dir);
                vec![Done::Recoveries(self.cards())]
            }
            Job::Recover { journal } => self.recover(&journal),
            Job::Discard { journal } => {
                if let Some(at) = self.recoverable.iter().position(|r| r.path == journal) {
                    self.recoverable.remove(at).discard();
                }
                vec![Done::Recoveries(self.cards())]
            }
            Job::Compare { journal } => {
                let found = self.recoverable.iter().find(|r| r.path == journal).map(differences);
                found.map(|differences| Done::Compared { journal, differences }).into_iter().collect()
            }
            Job::ReadSamples(samples) => vec![Done::Samples(samples.into_iter().filter_map(sample_card).collect())],
            Job::Text { project, ticket } => vec![Done::Text { ticket, text: project.to_text() }],
            Job::WriteText { path, text } => {
                let result = weft_project::write_atomically(&path, text.as_bytes());
                vec![Done::Written { path, result }]
            }
            Job::WriteContent { path, content } => match content.bytes() {
                Ok(bytes) => {
                    let result = weft_project::write_atomically(&path, &bytes);
                    vec![Done::Written { path, result }]
                }
                Err(error) => vec![Done::NotPainted { path, error }],
            },
            Job::Paint(picture) => vec![Done::Painted(export::pixels(&picture))],
            Job::AskMotion => vec![Done::Motion(desktop::reduced_motion())],
            Job::MeasureDataDir => vec![Done::FolderSize(weft_project::folder_bytes(&self.data_dir))],
            Job::ReadBlocks => vec![self.blocks()],
            Job::SaveBlock { name, text } => self.changed_blocks(blocks::save(&self.data_dir, &name, &text)),
            Job::RenameBlock { from, to } => self.changed_blocks(blocks::rename(&self.data_dir, &from, &to)),
            Job::DeleteBlock { name } => self.changed_blocks(blocks::delete(&self.data_dir, &name)),
            Job::SaveSettings(settings) => failed(settings.save(&self.data_dir)),
            Job::SaveLayout(project, layout) => failed(layout.save(&self.data_dir, project)),
            Job::SaveLayouts(layouts) => failed(layouts.save(&self.data_dir)),
            Job::Flush(sender) => {
                let _ = sender.send(());
                Vec::new()
            }
        }
    }

    fn blocks(&self) -> Done {
        Done::Blocks(blocks::read_all(&self.data_dir))
    }

    fn changed_blocks(&self, result: Result<(), ProjectError>) -> Vec<Done> {
        failed(result).into_iter().chain([self.blocks()]).collect()
    }

    fn close_journal(&mut self) {
        if let Some(journal) = self.journal.take() {
            journal.close();
        }
    }

    fn cards(&self) -> Vec<RecoveryCard> {
        self.recoverable
            .iter()
            .map(|r| RecoveryCard {
                journal: r.path.clone(),
                project_file: r.project_file.clone(),
                title: r.title.clone(),
                edited_at: r.edited_at,
            })
            .collect()
    }

    fn recover(&mut self, path: &Path) -> Vec<Done> {
        let Some(at) = self.recoverable.iter().position(|r| r.path == path) else {
            return vec![Done::Recoveries(self.cards())];
        };
        let recovered = weft_project::recover(&self.recoverable[at]);
        self.close_journal();
        let mut out = Vec::new();
        match recovered.journal(&self.data_dir) {
            Ok(journal) => {
                self.journal = Some(journal);
                self.recoverable.remove(at).discard();
            }
            // The old journal stays: it is all that there is.
            Err(error) => out.push(Done::Failed(error)),
        }
        out.push(Done::Recovered(Box::new(recovered)));
        out.push(Done::Recoveries(self.cards()));
        out
    }
}

fn differences(journal: &Recoverable) -> Differences {
    let recovered = weft_project::recover(journal);
    // Where the file cannot be read, what it held when the journal began.
    let file = recovered.project_file.as_deref().and_then(|path| weft_project::read(path).ok());
    let saved = file.map_or(recovered.base, |(project, _)| project);
    let mut changes = weft_project::changes(&saved, &recovered.project);
    let more = changes.len().saturating_sub(DIFFERENCES);
    changes.truncate(DIFFERENCES);
    Differences { changes, more, file_state: recovered.file_state, torn: recovered.torn }
}

fn failed(result: Result<(), ProjectError>) -> Vec<Done> {
    result.err().map(Done::Failed).into_iter().collect()
}

fn sample_card(sample: Sample) -> Option<SampleCard> {
    let (project, _) = weft_project::read(&sample.path)
        .inspect_err(|error| log::warn!("sample '{}' is left out: {error}", sample.id))
        .ok()?;
    Some(SampleCard {
        path: sample.path,
        title: project.title.unwrap_or_else(|| Localised::new(sample.id.as_str(), sample.id.as_str())),
        sentence: project.description.unwrap_or_default(),
        graph: project.graph,
    })
}
