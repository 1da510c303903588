//! Opening, saving, exporting and running projects, with the questions that this takes. Must not draw.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use egui::ViewportCommand;
use weft_model::{NodeId, Severity};
use weft_protocol::{Command, PlanView, RunRequest};

use super::{DesktopApp, Purpose, Session, Then};
use crate::dialogs::{Answer, DialogKind, Request};
use crate::dock::Pane;
use crate::document::OpenProject;
use crate::files::Job;
use crate::inspector::folder;
use crate::settings::Layout;

impl DesktopApp {
    pub(super) fn show(&mut self, project: OpenProject) {
        self.keep_layout();
        let id = project.id();
        if let Some(command) = self.runs.set_project(Some(id.to_string())) {
            self.send(command);
        }
        self.inspector.clear();
        self.planning.forget();
        self.asking = None;
        let layout = Layout::load(&self.data_dir, id, self.settings.minimap);
        self.session = Some(Session::new(project, layout));
        self.ctx.request_repaint();
    }

    pub(super) fn open_now(&mut self, path: PathBuf) {
        // The list of recent projects must not depend on where the program was started.
        let path = std::path::absolute(&path).unwrap_or(path);
        if self.files.send(Job::Open { path: path.clone() }) {
            self.opening = Some(path);
        }
    }

    /// Does it at once, or asks first if something would be lost.
    pub(super) fn guarded(&mut self, then: Then) {
        if self.session.as_ref().is_some_and(|s| s.project.is_dirty()) {
            self.unsaved = Some(then);
        } else {
            self.go_on(then);
        }
    }

    pub(super) fn go_on(&mut self, then: Then) {
        match then {
            Then::Nothing => {}
            Then::New => {
                let project = OpenProject::new();
                self.files.send(Job::BeginJournal { file: None, base_dir: None, project: Box::new(project.project()) });
                self.show(project);
            }
            Then::AskOpen => {
                let filter = (self.tr.t("filter-projects").to_owned(), vec!["weft".into(), "weftz".into()]);
                self.ask(Purpose::Open, DialogKind::OpenFile, "dialog-open", None, Some(filter));
            }
            Then::AskImport => {
                let endings = weft_project::FOREIGN_EXTENSIONS.iter().chain([&weft_project::BUNDLE_EXTENSION]);
                let filter =
                    (self.tr.t("filter-workflows").to_owned(), endings.map(|ending| (*ending).to_owned()).collect());
                self.ask(Purpose::Open, DialogKind::OpenFile, "dialog-import", None, Some(filter));
            }
            Then::Open(path) => self.open_now(path),
            Then::Recover(journal) => {
                self.files.send(Job::Recover { journal });
            }
            Then::Start => {
                self.keep_layout();
                self.files.send(Job::CloseJournal);
                self.files.send(Job::FindRecoveries);
                self.look_for_recent();
                self.session = None;
                self.inspector.clear();
            }
            Then::Quit => {
                self.quitting = true;
                self.ctx.send_viewport_cmd(ViewportCommand::Close);
            }
        }
    }

    /// Asks which of the recent projects are gone.
    pub(super) fn look_for_recent(&mut self) {
        self.files.send(Job::FindMissing(self.settings.recent.iter().map(|r| r.path.clone()).collect()));
    }

    pub(super) fn ask(
        &mut self,
        purpose: Purpose,
        kind: DialogKind,
        title: &str,
        file_name: Option<String>,
        filter: Option<(String, Vec<String>)>,
    ) {
        if self.purpose.is_some() {
            return;
        }
        let directory = self
            .project()
            .and_then(|p| p.file().and_then(|f| f.parent()).map(std::path::Path::to_owned))
            .or_else(|| self.settings.recent.first().and_then(|r| r.path.parent().map(std::path::Path::to_owned)));
        let ctx = self.ctx.clone();
        let request = Request { kind, title: self.tr.t(title).to_owned(), directory, file_name, filter };
        self.purpose = Some(purpose);
        self.dialogs.ask(request, Box::new(move || ctx.request_repaint()));
    }

    pub(super) fn take_answer(&mut self) {
        let Some(answer) = self.dialogs.poll() else { return };
        let Some(purpose) = self.purpose.take() else { return };
        let path = match answer {
            Answer::Path(path) => path,
            Answer::GivenUp | Answer::Unavailable => {
                if purpose == Purpose::SaveAs {
                    self.after_save = Then::Nothing;
                    self.quitting = false;
                }
                if answer == Answer::Unavailable {
                    self.toasts.error(self.tr.t("dialog-unavailable").to_owned());
                }
                return;
            }
        };
        match purpose {
            Purpose::Open => self.open_now(path),
            Purpose::SaveAs => self.save_to(with_extension(path, weft_project::EXTENSION)),
            Purpose::Export => self.export_to(with_extension(path, weft_project::BUNDLE_EXTENSION)),
            Purpose::Folder { nodes, param } => self.take_folder(nodes, param, &path),
            Purpose::Content(content) => {
                let path = with_extension(path, content.extension());
                self.files.send(Job::WriteContent { path, content: *content });
            }
            Purpose::DataFolder => {
                if !self.settings.data_folders.contains(&path) {
                    self.settings.data_folders.push(path);
                }
            }
            Purpose::Text(text) => {
                self.files.send(Job::WriteText { path, text });
            }
        }
    }

    /// Puts a folder into a parameter of nodes.
    pub(super) fn take_folder(&mut self, nodes: Vec<NodeId>, param: &str, path: &Path) {
        let Some(session) = &mut self.session else { return };
        let text = folder::written(&session.project.base_dir(), path);
        let values = nodes.into_iter().map(|id| (id, param, Some(text.as_str().into()))).collect();
        match session.project.set_params(values, None) {
            Ok(()) => self.settings.remember_folder(path),
            Err(error) => self.toasts.error(error.to_string()),
        }
    }

    pub(super) fn save(&mut self) {
        match self.project().and_then(|p| p.file().map(std::path::Path::to_owned)) {
            Some(path) => self.save_to(path),
            None => self.save_as(),
        }
    }

    pub(super) fn save_as(&mut self) {
        let Some(project) = self.project() else { return };
        let name = with_extension(
            PathBuf::from(project.name(self.tr.lang(), self.tr.t("project-unnamed"))),
            weft_project::EXTENSION,
        );
        let filter = (self.tr.t("filter-project").to_owned(), vec![weft_project::EXTENSION.to_owned()]);
        let name = name.to_string_lossy().into_owned();
        self.ask(Purpose::SaveAs, DialogKind::SaveFile, "dialog-save", Some(name), Some(filter));
    }

    pub(super) fn save_to(&mut self, path: PathBuf) {
        let Some(session) = &mut self.session else { return };
        if let Some(folder) = path.parent()
            && let Err(error) = session.project.rebase(folder)
        {
            self.toasts.error(error.to_string());
        }
        let job =
            Job::Save { project: Box::new(session.project.project()), path, revision: session.project.revision() };
        session.saving = self.files.send(job);
    }

    pub(super) fn export(&mut self) {
        let Some(project) = self.project() else { return };
        let name = project.name(self.tr.lang(), self.tr.t("project-unnamed"));
        let name = PathBuf::from(name).with_extension(weft_project::BUNDLE_EXTENSION).to_string_lossy().into_owned();
        let filter = (self.tr.t("filter-bundle").to_owned(), vec![weft_project::BUNDLE_EXTENSION.to_owned()]);
        self.ask(Purpose::Export, DialogKind::SaveFile, "dialog-export", Some(name), Some(filter));
    }

    pub(super) fn export_to(&mut self, path: PathBuf) {
        let Some(session) = &self.session else { return };
        let project = Box::new(session.project.project());
        if self.files.send(Job::Export { project, base_dir: session.project.base_dir(), path }) {
            self.toasts.note(self.tr.t("exporting"));
        }
    }

    pub(super) fn run(&mut self, fresh: bool, until: Option<NodeId>) {
        if self.runs.is_running() {
            self.to_queue = Some((fresh, until));
            return;
        }
        let Some(request) = self.checked_request(fresh, until) else { return };
        if self.send(Command::Run(Box::new(request))) {
            self.run_asked = Some(Instant::now());
        }
    }

    /// The run that is asked for, if nothing keeps it from being begun; else says what does.
    pub(super) fn checked_request(&mut self, fresh: bool, until: Option<NodeId>) -> Option<RunRequest> {
        let session = self.session.as_mut()?;
        let needed: Option<BTreeSet<NodeId>> = until.map(|node| {
            let flat = session.project.flat();
            session.project.runs_under(node).into_iter().flat_map(|id| flat.graph().ancestors(id)).collect()
        });
        let problems = session.project.errors_before_run();
        let blocking = problems
            .iter()
            .filter(|p| p.severity == Severity::Error)
            .filter(|p| match (&needed, p.node_path()) {
                (Some(needed), Some(path)) => {
                    session.project.flat().nodes_under(&path).iter().any(|id| needed.contains(id))
                }
                _ => true,
            })
            .count();
        if blocking > 0 {
            let revision = session.project.document().revision();
            session.project.set_problems(revision, problems);
            // What could mend them is looked for anew.
            session.checked = None;
            session.aspects += 1;
            session.dock.show(Pane::Problems);
            self.toasts.error(self.tr.fmt("run-blocked", &[("n", blocking.into())]));
            return None;
        }
        if session.project.root().nodes().len() == 0 {
            self.toasts.note(self.tr.t("run-empty"));
            return None;
        }
        // Whoever looks at the problems wants to see how it goes now.
        if session.dock.shape().shows(Pane::Problems) && session.dock.shape().holds(Pane::Training) {
            session.dock.show(Pane::Training);
        }
        let until = until.map(|node| session.project.run_id(node));
        let text = session.project.project().to_text();
        let mut request = self.request_of(text)?;
        request.until = until;
        request.fresh = fresh;
        if let Some((plan, rule)) = self.planning.adopted().filter(|_| until.is_none() && !fresh) {
            request.plan = Some(Box::new(PlanView::clone(plan)));
            request.scheduler = Some(rule.clone());
        }
        Some(request)
    }
}

fn with_extension(path: PathBuf, extension: &str) -> PathBuf {
    match path.extension() {
        Some(found) if found.eq_ignore_ascii_case(extension) => path,
        // 'mnist v1.2' has no extension, whatever Path says.
        _ => {
            let mut name = path.into_os_string();
            name.push(".");
            name.push(extension);
            PathBuf::from(name)
        }
    }
}
