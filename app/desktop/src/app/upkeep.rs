//! Upkeep of the window: takes in what engine and disk say, and lets journal, checks, previews, scene and settings follow
//! what was done. Must not draw.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui::ViewportCommand;
use weft_project::ProjectError;
use weft_protocol::{Command, Event};

use super::{DesktopApp, Session, ShownError, Then};
use crate::dock::Pane;
use crate::document::OpenProject;
use crate::files::{Done, Job, SampleCard};
use crate::keymap::Keymap;
use crate::native;
use crate::node_views::{News, Sources};
use crate::panels::figures;
use crate::planning::Queue;
use crate::settings::Settings;
use crate::theme::{self, Mode, Theme};

/// Time of a frame that goes into taking in news: enough for many times what a training measures.
const NEWS_BUDGET: Duration = Duration::from_millis(2);
/// How long after a change the recovery journal is written at the latest.
pub(super) const RECORD_EVERY: Duration = Duration::from_secs(1);
/// How often the camera and the panels are remembered.
const LAYOUT_EVERY: Duration = Duration::from_secs(5);

/// Where data may lie for a node that names no folder yet: where such were found before, and what comes with the program.
fn proposed_folders(settings: &Settings, samples: &[SampleCard]) -> Vec<PathBuf> {
    let of_samples = samples.iter().filter_map(|s| s.path.parent().map(Path::to_owned));
    settings.recent_folders.iter().cloned().chain(of_samples).collect()
}

impl DesktopApp {
    pub(super) fn send(&mut self, command: Command) -> bool {
        let sent = self.engine.commands.try_send(command).is_ok();
        if !sent {
            self.toasts.error(self.tr.t("engine-silent"));
        }
        sent
    }

    /// Whoever comes back from another program may have put the files in place that were missing.
    pub(super) fn look_again_on_return(&mut self) {
        let returned = self.ctx.input(|i| i.events.iter().any(|e| matches!(e, egui::Event::WindowFocused(true))));
        if returned && let Some(session) = &mut self.session {
            session.project.previews_mut().retry_faults();
            session.checked = None;
        }
    }

    /// Takes in what has arrived, within a share of the frame.
    pub(super) fn take_news(&mut self) {
        let began = Instant::now();
        let mut more = false;
        let mut answers = Vec::new();
        while let Ok(event) = self.engine.events.try_recv() {
            self.run_news = true;
            answers.extend(self.runs.apply_event(&event));
            self.take_event(event.event);
            if began.elapsed() > NEWS_BUDGET {
                more = true;
                break;
            }
        }
        for command in answers {
            self.send(command);
        }
        if !more {
            let (taken, left) = self.runs.take_samples(&self.engine.samples, began + NEWS_BUDGET);
            self.run_news |= taken > 0;
            more = left;
            for (ticket, rule, points) in self.runs.take_searches() {
                self.planning.progress(ticket, rule, &points);
            }
        }
        while let Some(done) = self.files.next() {
            self.take_done(done);
        }
        if more {
            self.ctx.request_repaint();
        }
    }

    pub(super) fn take_event(&mut self, event: Event) {
        if matches!(event, Event::RunStarted { .. } | Event::RunRefused { .. }) {
            self.run_asked = None;
        }
        if matches!(event, Event::RunFinished { .. })
            && self.settings.attention
            && self.ctx.input(|i| i.viewport().focused == Some(false))
        {
            let kind = egui::UserAttentionType::Informational;
            self.ctx.send_viewport_cmd(ViewportCommand::RequestUserAttention(kind));
        }
        match event {
            Event::Preview { node, request, result } => {
                if let Some(session) = &mut self.session {
                    session.project.previews_mut().arrived(node, request, result);
                }
            }
            Event::Planned { ticket, planned } => self.planning.answered(ticket, &planned),
            Event::Queue { held, waiting } => self.planning.queue = Queue { held, waiting },
            Event::Kept(report) => {
                if let Some(bytes) = report.cleared_bytes {
                    let size = figures::bytes(bytes as f64);
                    self.toasts.done(self.tr.fmt("kept-cleared", &[("size", size.into())]));
                    self.files.send(Job::MeasureDataDir);
                }
            }
            Event::RunRefused { fault, problems } => {
                if let Some(session) = &mut self.session {
                    session.dock.show(Pane::Problems);
                    if !problems.is_empty() {
                        let revision = session.project.document().revision();
                        session.project.set_problems(revision, problems);
                        session.aspects += 1;
                    }
                }
                self.error = Some(ShownError {
                    title: self.tr.t("run-refused").to_owned(),
                    message: self.tr.said(&fault.message).into_owned(),
                    remedy: self.tr.said(&fault.remedy).into_owned(),
                });
            }
            _ => {}
        }
    }

    pub(super) fn take_done(&mut self, done: Done) {
        match done {
            Done::Opened { path, result } => {
                if self.opening.as_ref() == Some(&path) {
                    self.opening = None;
                }
                match result {
                    Ok(opened) => {
                        self.settings.remember(&path, jiff::Timestamp::now());
                        let saved = opened.project.clone();
                        let base_dir = opened.from_bundle.then(|| opened.base_dir.clone());
                        let project = OpenProject::opened(*opened);
                        let file = project.file().map(std::path::Path::to_owned);
                        self.files.send(Job::BeginJournal { file, base_dir, project: Box::new(saved) });
                        self.show(project);
                    }
                    Err(error) => {
                        self.show_error("open-failed", &error);
                        self.look_for_recent();
                    }
                }
            }
            Done::Saved { path, revision, result } => self.saved(path, revision, result),
            Done::Exported { path, result } => self.written(&path, result, "exported", "export-failed"),
            Done::NotPainted { path, error } => {
                self.error = Some(ShownError {
                    title: self.tr.t("save-failed").to_owned(),
                    message: format!("{}: {error}", path.display()),
                    remedy: self.tr.t("plot-paint-remedy").to_owned(),
                });
            }
            Done::Painted(Ok(picture)) => {
                self.ctx.copy_image(picture);
                self.toasts.done(self.tr.t("plot-copied").to_owned());
            }
            Done::Painted(Err(error)) => {
                self.error = Some(ShownError {
                    title: self.tr.t("plot-not-copied").to_owned(),
                    message: error.to_string(),
                    remedy: self.tr.t("plot-paint-remedy").to_owned(),
                });
            }
            Done::Written { path, result } => self.written(&path, result, "saved", "save-failed"),
            Done::Checked { revision, problems } => {
                if let Some(session) = &mut self.session {
                    session.checking = false;
                    if session.project.set_problems(revision, problems) {
                        session.aspects += 1;
                    }
                }
            }
            Done::Recoveries(cards) => self.take_recoveries(cards),
            Done::Compared { journal, differences } => {
                if let Some(window) = &mut self.recovery {
                    window.compared(journal, differences);
                }
            }
            Done::Missing(paths) => self.missing = paths,
            Done::Recovered(recovered) => {
                if recovered.torn {
                    self.toasts.note(self.tr.t("recovery-torn"));
                }
                self.recovery = None;
                self.show(OpenProject::recovered(*recovered));
                // The list is not told anew yet: it still has the one that is open now.
                let others = self.recoveries.len().saturating_sub(1);
                if others > 0 {
                    self.toasts.note(self.tr.fmt("recovery-others", &[("n", others.into())]));
                }
            }
            Done::Text { ticket, text } => self.ask_for_plans(ticket, text),
            Done::Samples(samples) => self.samples = samples,
            Done::Motion(reduced) => self.desktop_motion = reduced,
            Done::Blocks(blocks) => self.take_blocks(blocks),
            Done::FolderSize(bytes) => self.data_dir_bytes = Some(bytes),
            Done::Failed(error) => self.toasts.error(self.tr.of(&error.localised()).to_owned()),
        }
    }

    pub(super) fn written(&mut self, path: &Path, result: Result<(), ProjectError>, done: &str, failed: &str) {
        match result {
            Ok(()) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                self.toasts.done(self.tr.fmt(done, &[("name", name.into())]));
            }
            Err(error) => self.show_error(failed, &error),
        }
    }

    pub(super) fn saved(&mut self, path: PathBuf, revision: u64, result: Result<(), ProjectError>) {
        let then = std::mem::replace(&mut self.after_save, Then::Nothing);
        let Some(session) = &mut self.session else { return };
        session.saving = false;
        match result {
            Ok(()) => {
                session.project.saved(path.clone(), revision, jiff::Timestamp::now());
                session.recorded = revision;
                self.settings.remember(&path, jiff::Timestamp::now());
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                self.toasts.done(self.tr.fmt("saved", &[("name", name.into())]));
                self.go_on(then);
            }
            Err(error) => {
                self.quitting = false;
                self.show_error("save-failed", &error);
            }
        }
    }

    pub(super) fn show_error(&mut self, title: &str, error: &ProjectError) {
        self.error = Some(ShownError {
            title: self.tr.t(title).to_owned(),
            message: self.tr.of(error.message()).to_owned(),
            remedy: self.tr.of(error.remedy()).to_owned(),
        });
    }

    /// Puts settings into effect and writes them when they have changed.
    pub(super) fn apply_look(&mut self) {
        let mode = self.settings.theme.mode(self.ctx.system_theme());
        let theme_changed = self.theme.mode != mode || self.canvas_style.reduced_motion != self.reduced_motion();
        if theme_changed {
            self.theme = Theme::load(mode);
            self.canvas_style = self.theme.canvas_style(self.reduced_motion());
        }
        theme::set_motion(&self.ctx, self.reduced_motion());
        self.ctx.set_theme(match mode {
            Mode::Dark => egui::Theme::Dark,
            Mode::Light => egui::Theme::Light,
        });
        let lang_changed = self.lang != self.tr.lang();
        if lang_changed {
            self.tr.set_lang(self.lang);
        }
        if (theme_changed || lang_changed)
            && let Some(session) = &mut self.session
        {
            session.views.invalidate();
        }
        if (self.ctx.zoom_factor() - self.settings.scale).abs() > 1e-3 {
            self.ctx.set_zoom_factor(self.settings.scale);
        }
        if self.settings.keys != self.saved_settings.keys {
            Keymap::from_kept(&self.settings.keys).install(&self.ctx);
        }
        self.toasts.set_stay(Duration::from_secs(self.settings.message_s.into()));
        if self.settings.data_folders != self.saved_settings.data_folders
            && let Some(session) = &mut self.session
        {
            // What is missing may lie there.
            session.checked = None;
        }
        if self.settings != self.saved_settings {
            self.files.send(Job::SaveSettings(Box::new(self.settings.clone())));
            self.saved_settings = self.settings.clone();
        }
    }

    pub(super) fn keep_layout(&mut self) {
        let Some(session) = &mut self.session else { return };
        session.layout.camera = Some(session.canvas.outermost_camera());
        session.layout.dock.clone_from(session.dock.shape());
        if session.layout != session.saved_layout {
            let job = Job::SaveLayout(session.project.id(), Box::new(session.layout.clone()));
            if self.files.send(job) {
                session.saved_layout = session.layout.clone();
            }
        }
        session.layout_at = Instant::now();
    }

    /// Journal, checks, previews and shapes follow the project.
    pub(super) fn follow_project(&mut self) {
        let Some(session) = &mut self.session else { return };
        let now = Instant::now();
        session.project.previews_mut().switch(!session.layout.previews, &session.layout.previews_off);
        for command in session.project.preview_requests(now) {
            if self.engine.commands.try_send(command.clone()).is_err() {
                session.project.previews_mut().not_sent(&command);
            }
        }
        match session.project.previews_mut().mark_slow(now) {
            _ if session.project.previews().has_more() => self.ctx.request_repaint(),
            Some(after) => self.ctx.request_repaint_after(after),
            None => {}
        }
        if session.project.analyse() {
            session.aspects += 1;
        }
        let stamp = (session.project.document().revision(), session.project.previews().schemas_revision());
        // What follows a change of a large project is spread over frames: each of the two below copies it.
        let mut changing = session.noticed != Some(stamp);
        session.noticed = Some(stamp);
        if !changing && !session.checking && session.checked != Some(stamp) {
            let job = Job::Check {
                graph: Box::new(session.project.root().clone()),
                schemas: session.project.schemas(),
                base_dir: session.project.base_dir(),
                further: self.settings.data_folders.clone(),
                proposed: proposed_folders(&self.settings, &self.samples),
                revision: stamp.0,
            };
            if self.files.send(job) {
                session.checking = true;
                session.checked = Some(stamp);
                changing = true;
            }
        }
        let revision = session.project.revision();
        if changing {
            self.ctx.request_repaint();
        } else if revision != session.recorded && !session.saving {
            let since = now.saturating_duration_since(session.recorded_at);
            if since >= RECORD_EVERY {
                let job =
                    Job::Record { label: session.last_label.to_owned(), project: Box::new(session.project.project()) };
                if self.files.send(job) {
                    session.recorded = revision;
                }
                session.recorded_at = now;
            } else {
                self.ctx.request_repaint_after(RECORD_EVERY - since);
            }
        }
        if now.saturating_duration_since(session.layout_at) >= LAYOUT_EVERY {
            self.keep_layout();
        }
    }

    pub(super) fn sync_scene(&mut self) {
        self.follow_level();
        self.follow_plan_marks();
        let Some(session) = &mut self.session else { return };
        let Session { project, canvas, views, aspects, .. } = session;
        let marks = &self.plan_marks;
        let from = Sources { project, runs: &self.runs, marks, theme: &self.theme, tr: &self.tr, now: Instant::now() };
        let news = News { aspects: *aspects, of_run: std::mem::take(&mut self.run_news) };
        if views.sync(&self.ctx, &mut canvas.scene, &canvas.state, &from, news) {
            self.ctx.request_repaint();
        }
        if self.runs.is_running() && !self.runs.is_paused() {
            // Times go on and the circle turns between two pieces of news.
            let every = if self.reduced_motion() { 1000 } else { 50 };
            self.ctx.request_repaint_after(Duration::from_millis(every));
        }
    }

    /// Whether nothing moves that need not: because the user wants it so, or because the processor paints every frame.
    fn reduced_motion(&self) -> bool {
        self.settings.reduced_motion.or(self.desktop_motion) == Some(true) || native::paints_in_software(&self.ctx)
    }

    pub(super) fn window_title(&mut self) {
        let title = match &self.session {
            Some(session) => {
                let dot = if session.project.is_dirty() { " •" } else { "" };
                let name = session.project.name(self.tr.lang(), self.tr.t("project-unnamed"));
                format!("{name}{dot} – Weft")
            }
            None => "Weft".to_owned(),
        };
        if title != self.title {
            self.ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }

    pub(super) fn closing_and_dropping(&mut self) {
        let (close, dropped) = self.ctx.input(|i| {
            let dropped: Vec<PathBuf> = i.raw.dropped_files.iter().map(|f| f.path().to_owned()).collect();
            (i.viewport().close_requested(), dropped)
        });
        if close && !self.quitting {
            if self.runs.is_running() && !self.run_given_up {
                self.ctx.send_viewport_cmd(ViewportCommand::CancelClose);
                self.closing_run = true;
            } else if self.session.as_ref().is_some_and(|s| s.project.is_dirty()) {
                self.ctx.send_viewport_cmd(ViewportCommand::CancelClose);
                self.unsaved = Some(Then::Quit);
            } else {
                self.quitting = true;
            }
        }
        if let Some(path) = dropped.into_iter().next() {
            // A folder is no project: it goes to the field for one, if such a field is on the screen.
            let target = self.inspector.drop_target(self.ctx.cumulative_frame_nr()).filter(|_| path.is_dir());
            match target {
                Some((nodes, param)) => self.take_folder(nodes, param, &path),
                None => self.guarded(Then::Open(path)),
            }
        }
    }
}
