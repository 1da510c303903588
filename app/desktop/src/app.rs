//! The application: holds what the window shows, takes in what engine and disk say, and carries out commands. Each part
//! of the window is a function of its own that hands back what the user asked for; this module does it.

mod blocks;
mod docking;
mod edits;
mod fixes;
mod fixing;
mod levels;
mod marks;
mod plans;
mod preferences;
mod projects;
mod recoveries;
mod session;
mod upkeep;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use egui::{CentralPanel, Panel, Ui, ViewportCommand};
use weft_model::{Lang, Mode, NodeId};
use weft_protocol::lanes::ClientEnd;
use weft_protocol::{Command, DeviceId, SchedulerInfo};

use crate::blocks::Blocks;
use crate::canvas::Canvas;
use crate::commands::{Situation, UiCommand};
use crate::dialogs::Dialogs;
use crate::dock::window::LayoutsWindow;
use crate::dock::{Asked, Dock, Edge, Layouts, Pane, Shape};
use crate::document::OpenProject;
use crate::export::Content;
use crate::files::{Files, Import, Job, RecoveryCard, Sample, SampleCard};
use crate::finder::{Finder, Found, Outcome};
use crate::focus::FocusRing;
use crate::i18n::{Tr, system_lang};
use crate::inspector::Inspector;
use crate::keymap::Keymap;
use crate::palette::Palette;
use crate::panels;
use crate::plan_marks::PlanMarks;
use crate::planning::{Planning, Wanted};
use crate::preview_window::PreviewAction;
use crate::recovery::RecoveryWindow;
use crate::run_state::RunState;
use crate::settings::{Layout, Settings, ThemeChoice, sane_scale};
use crate::settings_window::{Section, SettingsWindow};
use crate::start::{StartPage, StartRequest};
use crate::statusbar::{StatusRequest, statusbar_ui};
use crate::theme::{self, Theme};
use crate::toasts::Toasts;
use crate::topbar::{TopBar, TopRequest};
use crate::widgets;
use crate::windows::{self, Unsaved};
use session::Session;

/// How much larger or smaller the interface gets by a key.
const SCALE_STEP: f32 = 0.125;

/// Recent projects in the menu.
const RECENT: usize = 8;

/// Called once, after the first frame.
pub type FirstFrame = Box<dyn FnOnce(&egui::Context) + Send>;

/// What the window needs to begin.
pub struct Options {
    /// The lanes to the engine.
    pub engine: ClientEnd,
    /// File dialogs.
    pub dialogs: Box<dyn Dialogs>,
    /// Where settings, layouts and journals are kept.
    pub data_dir: PathBuf,
    /// Projects that come with the program.
    pub samples: Vec<Sample>,
    /// The rules that plan.
    pub schedulers: Vec<SchedulerInfo>,
    /// Reads workflows of other programs.
    pub import: Import,
    /// A project to open at once.
    pub open: Option<PathBuf>,
    /// A language to begin with, whatever the settings say.
    pub lang: Option<Lang>,
    /// A theme to begin with, whatever the settings say.
    pub theme: Option<ThemeChoice>,
    /// Called after the first frame: for measuring how long the start took.
    pub first_frame: Option<FirstFrame>,
}

/// What a file dialog was opened for.
#[derive(Debug, Clone, PartialEq)]
enum Purpose {
    Open,
    SaveAs,
    Export,
    Folder { nodes: Vec<NodeId>, param: &'static str },
    DataFolder,
    Text(String),
    Content(Box<Content>),
}

/// What is to happen once unsaved changes are dealt with.
#[derive(Debug, Clone, PartialEq)]
enum Then {
    Nothing,
    New,
    AskOpen,
    AskImport,
    Open(PathBuf),
    Recover(PathBuf),
    Start,
    Quit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Overlay {
    Keys,
    About,
}

/// An error that is shown in full.
struct ShownError {
    title: String,
    message: String,
    remedy: String,
}

/// The window.
pub struct DesktopApp {
    ctx: egui::Context,
    engine: ClientEnd,
    files: Files,
    dialogs: Box<dyn Dialogs>,
    purpose: Option<Purpose>,
    data_dir: PathBuf,
    pub(crate) settings: Settings,
    saved_settings: Settings,
    /// The language that is wanted: of the settings, unless the start asked for another.
    lang: Lang,
    tr: Tr,
    theme: Theme,
    canvas_style: egui_node_graph::Style,
    samples: Vec<SampleCard>,
    recoveries: Vec<RecoveryCard>,
    /// The question about them, while it is open, and whether it has been asked.
    recovery: Option<RecoveryWindow>,
    recovery_asked: bool,
    /// Recent projects that are gone.
    missing: BTreeSet<PathBuf>,
    session: Option<Session>,
    runs: RunState,
    run_news: bool,
    /// A run was asked for and the engine has not answered yet.
    run_asked: Option<Instant>,
    device: Option<DeviceId>,
    palette: Palette,
    inspector: Inspector,
    pub(crate) training: panels::TrainingPanel,
    plan: panels::PlanPanel,
    planning: Planning,
    /// The question whose project is being written as text.
    asking: Option<Wanted>,
    schedulers: Vec<SchedulerInfo>,
    /// A run was asked for while another is on: what was to be run, until it is said whether it is to wait.
    to_queue: Option<(bool, Option<NodeId>)>,
    /// What the canvas says of the plan.
    plan_marks: PlanMarks,
    results: panels::ResultsPanel,
    log: panels::LogPanel,
    history: panels::HistoryPanel,
    layouts: Layouts,
    layouts_window: Option<LayoutsWindow>,
    /// The window is to be closed while a run is on.
    closing_run: bool,
    /// The user wants the run to end with the window.
    run_given_up: bool,
    toasts: Toasts,
    overlay: Option<Overlay>,
    settings_window: Option<SettingsWindow>,
    /// How much lies in the data folder [bytes]; none until it has been measured.
    data_dir_bytes: Option<u64>,
    /// Whether the desktop wants nothing to move of itself; none where it does not say.
    desktop_motion: Option<bool>,
    finder: Option<Finder>,
    blocks: Blocks,
    block_dialog: Option<blocks::BlockDialog>,
    focus: FocusRing,
    /// What was asked of the system's clipboard comes a frame later: whether inputs are kept, and when it was asked.
    pasting: Option<(bool, Instant)>,
    error: Option<ShownError>,
    unsaved: Option<Then>,
    /// What follows when the save that is under way has gone well.
    after_save: Then,
    opening: Option<PathBuf>,
    pub(crate) quitting: bool,
    pub(crate) title: String,
    first_frame: Option<FirstFrame>,
}

impl DesktopApp {
    /// Makes the application. Nothing slow is done here: samples, recoveries and the project are read by a thread.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn new(ctx: &egui::Context, options: Options) -> std::io::Result<Self> {
        theme::install(ctx);
        // The scale has a setting of its own.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        let mut settings = Settings::load(&options.data_dir);
        let layouts = Layouts::load(&options.data_dir);
        if let Some(choice) = options.theme {
            settings.theme = choice;
        }
        let lang = options.lang.or(settings.lang).unwrap_or_else(system_lang);
        let repaint = ctx.clone();
        let files = Files::start(options.data_dir.clone(), options.import, move || repaint.request_repaint())?;
        Keymap::from_kept(&settings.keys).install(ctx);
        let theme = Theme::load(settings.theme.mode(ctx.system_theme()));
        let mut app = Self {
            ctx: ctx.clone(),
            canvas_style: theme.canvas_style(settings.reduced_motion == Some(true)),
            engine: options.engine,
            files,
            dialogs: options.dialogs,
            purpose: None,
            data_dir: options.data_dir,
            saved_settings: settings.clone(),
            settings,
            lang,
            tr: Tr::new(lang),
            theme,
            samples: Vec::new(),
            recoveries: Vec::new(),
            recovery: None,
            recovery_asked: false,
            missing: BTreeSet::new(),
            session: None,
            runs: RunState::new(),
            run_news: false,
            run_asked: None,
            device: None,
            palette: Palette::default(),
            inspector: Inspector::default(),
            training: panels::TrainingPanel::default(),
            plan: panels::PlanPanel::default(),
            planning: Planning::default(),
            asking: None,
            schedulers: options.schedulers,
            to_queue: None,
            plan_marks: PlanMarks::default(),
            results: panels::ResultsPanel::default(),
            log: panels::LogPanel::default(),
            history: panels::HistoryPanel::default(),
            layouts,
            layouts_window: None,
            closing_run: false,
            run_given_up: false,
            toasts: Toasts::default(),
            overlay: None,
            settings_window: None,
            data_dir_bytes: None,
            desktop_motion: None,
            finder: None,
            blocks: Blocks::default(),
            block_dialog: None,
            focus: FocusRing::default(),
            pasting: None,
            error: None,
            unsaved: None,
            after_save: Then::Nothing,
            opening: None,
            quitting: false,
            title: String::new(),
            first_frame: options.first_frame,
        };
        app.apply_look();
        app.look_for_recent();
        app.send(Command::ListDevices { refresh: false });
        app.send(Command::ListQueue);
        // What the user waits for comes first.
        if let Some(path) = options.open {
            app.open_now(path);
        }
        app.files.send(Job::ReadSamples(options.samples));
        app.files.send(Job::FindRecoveries);
        app.files.send(Job::ReadBlocks);
        app.files.send(Job::AskMotion);
        Ok(app)
    }

    // ---- What tests and the binary may ask ---------------------------------------------------------------------------

    /// The open project.
    pub fn project(&self) -> Option<&OpenProject> {
        self.session.as_ref().map(|s| &s.project)
    }

    /// How the panels of the open project stand.
    pub fn dock(&self) -> Option<&Dock> {
        self.session.as_ref().map(|s| &s.dock)
    }

    /// How things run.
    pub fn runs(&self) -> &RunState {
        &self.runs
    }

    /// The canvas of the open project.
    pub fn canvas(&self) -> Option<&Canvas> {
        self.session.as_ref().map(|s| &s.canvas)
    }

    /// The language that is spoken.
    pub fn lang(&self) -> Lang {
        self.tr.lang()
    }

    // ---- Commands ----------------------------------------------------------------------------------------------------

    fn situation(&self) -> Situation {
        // An engine that does not answer must not keep the button from being pressed again.
        let asked = self.run_asked.is_some_and(|at| at.elapsed() < Duration::from_secs(10));
        let running = self.runs.is_running() || asked;
        let busy = self.purpose.is_some() || self.opening.is_some();
        let Some(session) = &self.session else { return Situation { running, busy, ..Situation::default() } };
        Situation {
            project: true,
            folder: session.project.folder().is_some(),
            dirty: session.project.is_dirty(),
            can_undo: session.project.document().can_undo(),
            can_redo: session.project.document().can_redo(),
            selection: !session.canvas.state.selection().is_empty(),
            subgraph: session.selected_subgraph().is_some(),
            inside: !session.project.level().is_empty(),
            one_node: session.canvas.selected_node().is_some(),
            selected_nodes: session.canvas.state.selection().nodes.len(),
            fixable: session.project.is_fixable(),
            running,
            queues: self.runs.is_running(),
            busy: busy || session.saving,
        }
    }

    /// Carries out a command, if it can be done now.
    pub fn execute(&mut self, command: UiCommand) {
        if !command.enabled(&self.situation()) {
            return;
        }
        match command {
            UiCommand::New => self.guarded(Then::New),
            UiCommand::Open => self.guarded(Then::AskOpen),
            UiCommand::Import => self.guarded(Then::AskImport),
            UiCommand::Save => self.save(),
            UiCommand::SaveAs => self.save_as(),
            UiCommand::Export => self.export(),
            UiCommand::ShowStart => self.guarded(Then::Start),
            UiCommand::ShowFolder => {
                if let Some(folder) = self.project().and_then(|p| p.folder().map(std::path::Path::to_owned)) {
                    self.reveal(&folder);
                }
            }
            UiCommand::Settings => self.settings_window = Some(SettingsWindow::at(Section::default())),
            UiCommand::Quit => self.ctx.send_viewport_cmd(ViewportCommand::Close),
            UiCommand::QueueRun => self.queue_run(false, None),
            UiCommand::ShowPlan(page) => self.show_plan(page),
            UiCommand::Run => self.run(false, None),
            UiCommand::RunFresh => self.run(true, None),
            UiCommand::RunToHere => {
                let until = self.session.as_ref().and_then(|s| s.canvas.selected_node());
                self.run(false, until);
            }
            UiCommand::Pause => {
                let command = if self.runs.is_paused() { Command::Continue } else { Command::Pause };
                self.send(command);
            }
            UiCommand::Stop => {
                self.send(Command::Stop);
            }
            UiCommand::Keys => self.overlay = Some(Overlay::Keys),
            UiCommand::About => self.overlay = Some(Overlay::About),
            UiCommand::SwitchTheme => {
                self.settings.theme = if self.theme.is_dark() { ThemeChoice::Light } else { ThemeChoice::Dark };
            }
            UiCommand::ScaleUp => self.settings.scale = sane_scale(self.settings.scale + SCALE_STEP),
            UiCommand::ScaleDown => self.settings.scale = sane_scale(self.settings.scale - SCALE_STEP),
            UiCommand::ScaleActual => self.settings.scale = 1.0,
            UiCommand::SwitchLanguage => {
                let lang = if self.tr.lang() == Lang::En { Lang::Zh } else { Lang::En };
                self.lang = lang;
                self.settings.lang = Some(lang);
            }
            UiCommand::Cut => self.copy(true),
            UiCommand::Copy => self.copy(false),
            UiCommand::Paste => self.ask_for_clipboard(false),
            UiCommand::PasteKeepingInputs => self.ask_for_clipboard(true),
            UiCommand::Duplicate => self.duplicate(),
            UiCommand::DeleteAndReconnect => self.delete_and_reconnect(),
            UiCommand::Mute => self.toggle_mode(Mode::Muted),
            UiCommand::Bypass => self.toggle_mode(Mode::Bypassed),
            UiCommand::Collapse => self.toggle_collapsed(),
            UiCommand::FrameSelection => self.frame_selection(),
            UiCommand::AddNote => self.add_note(),
            UiCommand::MakeSubgraph => self.make_subgraph(),
            UiCommand::Unpack => self.unpack(),
            UiCommand::EnterSubgraph => self.enter_subgraph(),
            UiCommand::LeaveSubgraph => self.leave_subgraph(),
            UiCommand::SaveBlock => self.ask_to_save_block(),
            UiCommand::Undo | UiCommand::Redo => self.step(command == UiCommand::Undo),
            UiCommand::Arrange => self.arrange(),
            UiCommand::FixProblems => self.fix_all(),
            UiCommand::Align(to) => self.align(to),
            UiCommand::Distribute(axis) => self.distribute(axis),
            UiCommand::Layouts => self.layouts_window = Some(LayoutsWindow::default()),
            UiCommand::FindNode => self.finder = Some(Finder::nodes()),
            UiCommand::CommandPalette => self.finder = Some(Finder::commands()),
            _ => self.execute_on_session(command),
        }
    }

    fn execute_on_session(&mut self, command: UiCommand) {
        let Some(session) = &mut self.session else { return };
        let Session { project, canvas, layout, dock, preview, .. } = session;
        if let Some(asked) = asked_of_dock(command) {
            dock.ask(asked);
        }
        match command {
            UiCommand::AddNode => canvas.open_add_menu(),
            UiCommand::Delete => {
                if let Err(why) = canvas.delete_selection(project) {
                    self.toasts.error(why);
                }
            }
            UiCommand::SelectAll => {
                let all: Vec<_> = canvas.scene.nodes().map(|n| n.id).collect();
                canvas.state.select(all, []);
            }
            UiCommand::SelectNone => canvas.state.clear_selection(),
            UiCommand::FitAll => canvas.state.fit_all(),
            UiCommand::FitSelection => canvas.state.fit_selection(),
            UiCommand::ZoomIn => canvas.state.zoom_to(canvas.state.zoom() * 1.25),
            UiCommand::ZoomOut => canvas.state.zoom_to(canvas.state.zoom() / 1.25),
            UiCommand::ZoomActual => canvas.state.zoom_to(1.0),
            UiCommand::ToggleMinimap => layout.minimap = !layout.minimap,
            UiCommand::ShowPreview => preview.toggle(),
            UiCommand::TogglePreviews => layout.previews = !layout.previews,
            UiCommand::ToggleNodePreview => {
                let nodes: Vec<NodeId> =
                    canvas.selected_nodes().iter().flat_map(|id| project.runs_under(*id)).collect();
                let all_off = nodes.iter().all(|n| layout.previews_off.contains(n));
                for node in nodes {
                    switch_preview(layout, node, all_off);
                }
            }
            _ => {}
        }
        self.ctx.request_repaint();
    }

    // ---- Parts of the window -----------------------------------------------------------------------------------------

    fn top(&mut self, ui: &mut Ui) {
        let situation = self.situation();
        let name = self.project().map(|p| p.name(self.tr.lang(), self.tr.t("project-unnamed")));
        let layouts: Vec<&str> = self.layouts.names().collect();
        if self.device.as_ref().is_some_and(|device| self.settings.forbidden_devices.contains(device)) {
            self.device = None;
        }
        let here = self.project().and_then(|p| p.file());
        let recent = self.settings.recent.iter().map(|recent| recent.path.as_path());
        let recent = recent.filter(|path| !self.missing.contains(*path) && Some(*path) != here).take(RECENT);
        let recent: Vec<&std::path::Path> = recent.collect();
        let bar = TopBar {
            project: name.as_deref(),
            now: &situation,
            runs: &self.runs,
            device: self.device.as_ref(),
            forbidden: &self.settings.forbidden_devices,
            layouts: &layouts,
            forecast_s: self.planning.forecast().map(|plan| plan.makespan_s),
            forecast_is_current: self.planning.is_current(),
            recent: &recent,
        };
        for request in bar.ui(ui, &self.theme, &self.tr) {
            match request {
                TopRequest::Command(command) => self.execute(command),
                TopRequest::Device(device) => self.device = device,
                TopRequest::Open(path) => self.guarded(Then::Open(path)),
                TopRequest::Layout(name) => self.take_layout(self.layouts.get(&name).cloned()),
            }
        }
    }

    fn status(&mut self, ui: &mut Ui) {
        let (project, zoom) = match &self.session {
            Some(session) => (Some(&session.project), Some(session.canvas.state.zoom())),
            None => (None, None),
        };
        match statusbar_ui(ui, project, &self.runs, zoom, &self.theme, &self.tr) {
            Some(StatusRequest::Command(command)) => self.execute(command),
            Some(StatusRequest::Problems) => {
                if let Some(session) = &mut self.session {
                    session.dock.show(Pane::Problems);
                }
            }
            None => {}
        }
    }

    fn start(&mut self, ui: &mut Ui) {
        let page = StartPage {
            samples: &self.samples,
            recent: &self.settings.recent,
            // The question over the page has them.
            recoveries: if self.recovery.is_some() { &[] } else { &self.recoveries },
            missing: &self.missing,
            now: jiff::Zoned::now(),
        };
        for request in page.ui(ui, &self.theme, &self.tr) {
            match request {
                StartRequest::Command(command) => self.execute(command),
                StartRequest::Open(path) => self.guarded(Then::Open(path)),
                StartRequest::Recover(journal) => self.guarded(Then::Recover(journal)),
                StartRequest::Discard(journal) => self.recovery = Some(RecoveryWindow::discarding(journal)),
                StartRequest::Compare(journal) => {
                    self.files.send(Job::Compare { journal: journal.clone() });
                    self.recovery = Some(RecoveryWindow::comparing(journal));
                }
                StartRequest::Forget(path) => self.settings.recent.retain(|r| r.path != path),
            }
        }
    }

    fn finder(&mut self, ctx: &egui::Context) {
        let Some(mut finder) = self.finder.take() else { return };
        let now = self.situation();
        let graph = self.session.as_ref().map(|s| (s.project.root(), s.project.document().revision()));
        match finder.ui(ctx, &self.theme, &self.tr, &now, graph) {
            Outcome::Open => self.finder = Some(finder),
            Outcome::Closed => {}
            Outcome::Chosen(Found::Command(command)) => self.execute(command),
            Outcome::Chosen(Found::Node(path)) => {
                self.show_at(&path);
                if let (Some(session), Some(node)) = (&mut self.session, path.last()) {
                    session.canvas.lend_focus(*node);
                }
            }
        }
    }

    fn preview_window(&mut self, ctx: &egui::Context) {
        let Some(Session { project, canvas, preview, layout, .. }) = &mut self.session else { return };
        for action in preview.ui(ctx, project, canvas.selected_node(), &self.theme, &self.tr) {
            match action {
                PreviewAction::Refresh(node) => project.previews_mut().refresh(node),
                PreviewAction::Switch(node, on) => switch_preview(layout, node, on),
            }
            ctx.request_repaint();
        }
    }

    fn overlays(&mut self, ctx: &egui::Context) {
        if let Some(then) = self.unsaved.clone() {
            let name = self.project().map(|p| p.name(self.tr.lang(), self.tr.t("project-unnamed")));
            match windows::unsaved(ctx, &self.theme, &self.tr, name.as_deref().unwrap_or_default()) {
                None => {}
                Some(Unsaved::Cancel) => {
                    self.unsaved = None;
                    self.run_given_up = false;
                }
                Some(Unsaved::Discard) => {
                    self.unsaved = None;
                    self.go_on(then);
                }
                Some(Unsaved::Save) => {
                    self.unsaved = None;
                    self.after_save = then;
                    self.save();
                }
            }
        }
        if self.closing_run
            && let Some(stop) = windows::running(ctx, &self.theme, &self.tr)
        {
            self.closing_run = false;
            self.run_given_up = stop;
            if stop {
                self.guarded(Then::Quit);
            }
        }
        self.ask_to_queue(ctx);
        self.recovery_ui(ctx);
        self.layouts_window(ctx);
        match self.overlay {
            Some(Overlay::Keys) => self.list_of_keys(ctx),
            Some(Overlay::About) if !windows::about(ctx, &self.theme, &self.tr) => self.overlay = None,
            _ => {}
        }
        self.settings_ui(ctx);
        self.preview_window(ctx);
        self.finder(ctx);
        self.block_dialog_ui(ctx);
        if let Some(error) = &self.error
            && windows::error(ctx, &self.theme, &self.tr, &error.title, &error.message, &error.remedy)
        {
            self.error = None;
        }
        let revision = self.project().map(OpenProject::revision);
        if self.toasts.ui(ctx, &self.theme, &self.tr, revision) {
            self.execute(UiCommand::Undo);
        }
    }
}

impl DesktopApp {
    /// Takes in what has arrived and lets journal, checks and previews follow: once a frame, before [`Self::draw`].
    pub fn tick(&mut self) {
        self.take_news();
        self.take_answer();
        self.follow_project();
        self.follow_plans();
    }

    /// Shows the window in all of `ui` and carries out what the user does.
    pub fn draw(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        self.closing_and_dropping();
        let asked = self.unsaved.is_some()
            || self.overlay.is_some()
            || self.settings_window.is_some()
            || self.error.is_some()
            || self.finder.is_some()
            || self.block_dialog.is_some()
            || self.layouts_window.is_some()
            || self.recovery.is_some()
            || self.closing_run
            || self.to_queue.is_some();
        self.focus.follow(&ctx);
        self.look_again_on_return();
        if !asked {
            if let Some(session) = &mut self.session {
                session.preview.close_by_key(&ctx);
            }
            self.take_clipboard_events();
            if let Some(command) = Keymap::of(&ctx).pressed(&ctx, &self.situation()) {
                self.execute(command);
            }
        }
        self.apply_look();
        self.sync_scene();
        self.window_title();
        let size = self.theme.size;
        let frame = widgets::panel(&self.theme);
        Panel::top("top").frame(frame).exact_size(size.top_bar).resizable(false).show(ui, |ui| self.top(ui));
        Panel::bottom("status")
            .frame(frame)
            .exact_size(size.status_bar)
            .resizable(false)
            .show(ui, |ui| self.status(ui));
        if self.session.is_some() {
            self.editor(ui);
        } else {
            CentralPanel::no_frame().show(ui, |ui| self.start(ui));
        }
        self.overlays(&ctx);
        self.follow_fixing(&ctx);
        self.focus.paint(&ctx, &self.theme);
        if let Some(first_frame) = self.first_frame.take() {
            first_frame(&ctx);
        }
    }
}

/// Has a node show its preview, or not.
fn switch_preview(layout: &mut Layout, node: NodeId, on: bool) {
    if on {
        layout.previews_off.remove(&node);
    } else {
        layout.previews_off.insert(node);
    }
}

/// What a command asks of the layout.
fn asked_of_dock(command: UiCommand) -> Option<Asked> {
    Some(match command {
        UiCommand::ToggleLeft => Asked::Side(Edge::Left),
        UiCommand::ToggleRight => Asked::Side(Edge::Right),
        UiCommand::ToggleBottom => Asked::Fold,
        UiCommand::ShowPanel(pane) => Asked::Focus(pane),
        UiCommand::DockPanel(edge) => Asked::DockCurrent(edge),
        UiCommand::ClosePanel => Asked::CloseCurrent,
        UiCommand::NextPanel => Asked::NextPanel(true),
        UiCommand::PreviousPanel => Asked::NextPanel(false),
        UiCommand::NextTab => Asked::Turn(true),
        UiCommand::PreviousTab => Asked::Turn(false),
        UiCommand::ResetLayout => Asked::Take(Shape::default()),
        _ => return None,
    })
}

impl eframe::App for DesktopApp {
    fn logic(&mut self, _ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.tick();
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.draw(ui);
    }

    fn on_exit(&mut self) {
        self.keep_layout();
        // An orderly end: what is unsaved was given up on purpose.
        self.files.send(Job::CloseJournal);
        self.files.finish();
        let _ = self.engine.commands.try_send(Command::Shutdown);
    }

    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        self.theme.app.to_normalized_gamma_f32()
    }

    fn persist_egui_memory(&self) -> bool {
        // Panels and camera are remembered by project, and nothing else is worth it.
        false
    }
}
