//! The panels of an open project: draws each where the layout has it, and carries out what is done to tabs and lines
//! between them. Where panels stand is for [`crate::dock`] to know.

use egui::{Color32, Frame, Id, Margin, Rect, Response, Stroke, Style, Ui, UiBuilder, Vec2, Visuals, WidgetText};
use egui_tiles::{Behavior, EditAction, ResizeState, SimplificationOptions, TabState, Tabs, TileId, Tiles, UiResponse};
use weft_model::Severity;

use super::{DesktopApp, Purpose, Session};
use crate::canvas::CanvasRequest;
use crate::commands::UiCommand;
use crate::dialogs::DialogKind;
use crate::dock::view::{self, Detail, TabAsked, TabLook};
use crate::dock::window::LayoutsAnswer;
use crate::dock::{Asked, BAR, Changes, GAP, Pane, Shape, name_arrows, pane_of, tree_id};
use crate::files::Job;
use crate::focus;
use crate::inspector::InspectorRequest;
use crate::keymap::Keymap;
use crate::node_views::wire_id;
use crate::palette::{Entry, Offer};
use crate::panels::plan::Page;
use crate::panels::{self, PanelAction};
use crate::problems::problems_ui;
use crate::widgets;

/// Below this a panel is only its tabs, and its content is not drawn [points].
const CONTENT: f32 = 8.0;
/// Selected nodes whose durations can be supposed to be others at once.
const SELECTED: usize = 50;
/// Contents are laid out at least this large, and scrolled where the panel is smaller [points].
const ROOM: Vec2 = Vec2::new(200.0, 104.0);

impl DesktopApp {
    /// Shows the panels of the open project in all the room that is left.
    pub(super) fn editor(&mut self, ui: &mut Ui) {
        if let Some((pane, asked)) = view::keys(ui.ctx()) {
            self.tab_asked(pane, asked);
        }
        name_arrows(ui.ctx(), &self.tr);
        let room = ui.available_size();
        let Some(session) = &mut self.session else { return };
        let Some(mut tree) = session.dock.begin(room) else { return };
        let dragged = tree.dragged_id(ui.ctx()).and_then(pane_of);
        let problems = session.project.problems().count().to_string();
        let mut tiles = TilesView { app: self, problems, dragged, changes: Changes::default() };
        tree.ui(&mut tiles, ui);
        let changes = tiles.changes;
        // What was drawn may have opened another project, or closed this one.
        let Some(session) = self.session.as_mut().filter(|s| s.dock.is_out()) else { return };
        session.dock.end(tree, changes);
        let pressed = ui.input(|i| i.pointer.any_pressed().then(|| i.pointer.interact_pos()).flatten());
        let focused = || ui.memory(|m| m.focused()).and_then(|id| ui.ctx().read_response(id)).map(|r| r.rect.center());
        if let Some(place) = pressed.or_else(focused) {
            session.dock.at(place);
        }
    }

    fn tab_asked(&mut self, pane: Pane, asked: TabAsked) {
        let Some(session) = &mut self.session else { return };
        if asked.close {
            session.dock.ask(Asked::Close(pane));
        }
        if let Some(forward) = asked.turn {
            session.dock.ask(Asked::Focus(pane));
            session.dock.ask(Asked::Turn(forward));
        }
        if let Some(edge) = asked.dock {
            session.dock.ask(Asked::Dock(pane, edge));
        }
        if asked != TabAsked::default() {
            self.ctx.request_repaint();
        }
    }

    pub(crate) fn take_layout(&mut self, shape: Option<Shape>) {
        if let (Some(session), Some(shape)) = (&mut self.session, shape) {
            session.dock.ask(Asked::Take(shape));
        }
    }

    pub(super) fn layouts_window(&mut self, ctx: &egui::Context) {
        let Some(mut window) = self.layouts_window.take() else { return };
        let Some(session) = &self.session else { return };
        let before = self.layouts.clone();
        let answer = window.ui(ctx, &self.theme, &self.tr, &mut self.layouts, session.dock.shape());
        if self.layouts != before {
            self.files.send(Job::SaveLayouts(Box::new(self.layouts.clone())));
        }
        match answer {
            LayoutsAnswer::Open => self.layouts_window = Some(window),
            LayoutsAnswer::Closed => {}
            LayoutsAnswer::Take(shape) => self.take_layout(Some(shape)),
        }
    }

    // ---- What is in the panels ---------------------------------------------------------------------------------------

    fn pane(&mut self, ui: &mut Ui, pane: Pane) {
        match pane {
            Pane::Canvas => self.canvas_ui(ui),
            Pane::Palette => self.palette(ui),
            Pane::Inspector => self.inspector(ui),
            _ => {
                let room = ui.available_rect_before_wrap();
                let least = if pane == Pane::History { Vec2::new(160.0, ROOM.y) } else { ROOM };
                if room.width() >= least.x && room.height() >= least.y {
                    return self.panel(ui, pane);
                }
                // What has too little room is scrolled and not squeezed.
                egui::ScrollArea::both().auto_shrink([false, false]).show(ui, |ui| {
                    let inside = Rect::from_min_size(ui.max_rect().min, room.size().max(least));
                    ui.allocate_rect(inside, egui::Sense::hover());
                    ui.scope_builder(UiBuilder::new().max_rect(inside), |ui| self.panel(ui, pane));
                    focus::keep_in_view(ui);
                });
            }
        }
    }

    fn panel(&mut self, ui: &mut Ui, pane: Pane) {
        let may_run = UiCommand::QueueRun.enabled(&self.situation());
        let Some(session) = &mut self.session else { return };
        let (runs, theme, tr) = (&self.runs, &self.theme, &self.tr);
        let mut actions = Vec::new();
        match pane {
            Pane::Canvas | Pane::Palette | Pane::Inspector => {}
            Pane::Training => actions = panels::training_ui(ui, &mut self.training, runs, theme, tr),
            Pane::Plan => {
                // Only what-ifs need them, and a list of hundreds is of no use.
                let wanted = if self.plan.page == Page::WhatIf { SELECTED } else { 0 };
                let selected: Vec<_> = session
                    .canvas
                    .selected_nodes()
                    .iter()
                    .take(wanted)
                    .flat_map(|id| session.project.runs_under(*id))
                    .filter_map(|id| Some((id, session.project.flat().graph().node(id)?.name.clone())))
                    .collect();
                let blocked = session.project.problems().filter(|p| p.severity == Severity::Error).count();
                let with = panels::PlanContext {
                    runs,
                    project: Some(&session.project),
                    schedulers: &self.schedulers,
                    selected: &selected,
                    blocked,
                    may_run,
                    may_plan: blocked == 0 && session.project.root().nodes().len() > 0,
                    theme,
                    tr,
                };
                let planner = &mut session.layout.planner;
                actions = panels::plan_ui(ui, &mut self.plan, &mut self.planning, planner, &with);
            }
            Pane::Resources => panels::resources_ui(ui, runs, theme, tr),
            Pane::Results => actions = panels::results_ui(ui, &mut self.results, runs, theme, tr),
            Pane::Log => panels::log_ui(ui, &mut self.log, runs, theme, tr),
            Pane::Problems => {
                let asked = Frame::new().inner_margin(Margin::symmetric(6, 0)).show(ui, |ui| {
                    // Rows are as wide as the panel.
                    problems_ui(ui, &session.project, theme, tr)
                });
                if let Some(request) = asked.inner {
                    self.problem_request(request);
                }
            }
            Pane::History => {
                if let Some(step) = panels::history_ui(ui, &mut self.history, &session.project, theme, tr) {
                    self.go_to_step(step);
                }
            }
        }
        for action in actions {
            self.panel_action(action);
        }
    }

    /// Takes steps back, or makes them again, until so many are done.
    fn go_to_step(&mut self, step: usize) {
        let Some(Session { project, .. }) = &mut self.session else { return };
        while project.document().undo_steps().len() > step && project.undo().is_some() {}
        while project.document().undo_steps().len() < step && project.redo().is_some() {}
        self.follow_level();
        self.ctx.request_repaint();
    }

    fn palette(&mut self, ui: &mut Ui) {
        let inside = self.session.as_ref().is_some_and(|s| !s.project.level().is_empty());
        let offer = Offer { blocks: &self.blocks.found, inside };
        if let Some(request) = self.palette.ui(ui, &self.theme, &self.tr, &offer) {
            self.palette_request(request);
        }
    }

    /// Notes that this was added: it is offered first from now on.
    pub(super) fn remember_entry(&mut self, entry: &Entry) {
        if entry.block.is_none() {
            self.settings.remember_kind(entry.kind.id, entry.preset.map(|p| p.id));
        }
    }

    fn canvas_ui(&mut self, ui: &mut Ui) {
        let Some(session) = &mut self.session else { return };
        session.canvas.state.keys = Keymap::of(ui.ctx()).of_canvas();
        if focus::fitting_is_claimed(ui.ctx()) {
            session.canvas.state.keys.fit_all.clear();
        }
        session.canvas.state.snapping = self.settings.snapping();
        session.canvas.recent.clone_from(&self.settings.recent_kinds);
        session.canvas.blocks.clone_from(&self.blocks.found);
        let requests = session.canvas.ui(
            ui,
            &mut session.project,
            &self.canvas_style,
            &self.theme,
            &self.tr,
            session.layout.minimap,
        );
        for request in requests {
            match request {
                CanvasRequest::Command(command) => self.execute(command),
                CanvasRequest::Redraw => {
                    if let Some(session) = &mut self.session {
                        session.views.invalidate();
                    }
                }
                CanvasRequest::Go(level) => self.go_to(&level),
                CanvasRequest::Refused(why) => self.toasts.note(why),
                CanvasRequest::Added(entry) => self.remember_entry(&entry),
                CanvasRequest::Fix(fix) => self.apply_fix(*fix),
                CanvasRequest::Moved { before } => {
                    if let Some(session) = &mut self.session {
                        session.views.moved(before, &session.project);
                    }
                }
            }
        }
    }

    fn inspector(&mut self, ui: &mut Ui) {
        let now = self.situation();
        let Some(session) = &mut self.session else { return };
        let mut nodes = session.canvas.selected_nodes();
        nodes.retain(|id| session.project.graph().node(*id).is_some());
        let mut wires: Vec<_> = session.canvas.state.selection().wires.iter().map(|id| wire_id(*id)).collect();
        wires.retain(|id| session.project.graph().wire(*id).is_some());
        let with = crate::inspector::Context {
            theme: &self.theme,
            tr: &self.tr,
            runs: &self.runs,
            now: &now,
            folders: &self.settings.recent_folders,
        };
        for request in self.inspector.ui(ui, &mut session.project, &nodes, &wires, &with) {
            self.inspector_request(request);
        }
    }

    fn inspector_request(&mut self, request: InspectorRequest) {
        match request {
            InspectorRequest::PickFolder { nodes, param } => {
                self.ask(Purpose::Folder { nodes, param }, DialogKind::Folder, "dialog-folder", None, None);
            }
            InspectorRequest::Reveal(folder) => self.reveal(&folder),
            InspectorRequest::Refused(why) => self.toasts.error(why),
            InspectorRequest::Fix(fix) => self.apply_fix(*fix),
            InspectorRequest::Command(command) => self.execute(command),
            InspectorRequest::Show(node) => {
                if let Some(session) = &mut self.session {
                    session.canvas.show_node(node);
                }
            }
            InspectorRequest::Preview => {
                if let Some(session) = &mut self.session {
                    session.preview.open();
                }
            }
            InspectorRequest::Problems => {
                if let Some(session) = &mut self.session {
                    session.dock.show(Pane::Problems);
                }
            }
        }
    }

    fn panel_action(&mut self, action: PanelAction) {
        match action {
            PanelAction::Command(command) => {
                self.send(command);
            }
            PanelAction::Execute(command) => self.execute(command),
            PanelAction::Fit(change) => self.make_fit(change),
            PanelAction::Reveal(path) => self.reveal(&path),
            PanelAction::ShowNode(node) => self.show_run_node(node),
            PanelAction::ZoomToNode(node) => {
                self.show_run_node(node);
                if let Some(session) = &mut self.session {
                    session.canvas.state.fit_selection();
                }
            }
            PanelAction::Save { file_name, content } => {
                let extension = content.extension();
                let filter = (self.tr.t(&format!("filter-{extension}")).to_owned(), vec![extension.to_owned()]);
                let purpose = Purpose::Content(Box::new(content));
                self.ask(purpose, DialogKind::SaveFile, "dialog-save-text", Some(file_name), Some(filter));
            }
            PanelAction::Copy(picture) => {
                self.files.send(Job::Paint(picture));
            }
            PanelAction::SaveText { file_name, text } => {
                self.ask(Purpose::Text(text), DialogKind::SaveFile, "dialog-save-text", Some(file_name), None);
            }
        }
    }
}

/// The tiles as egui_tiles asks for them.
struct TilesView<'a> {
    app: &'a mut DesktopApp,
    /// How many problems there are, as text.
    problems: String,
    /// The panel whose tab or handle is being dragged.
    dragged: Option<Pane>,
    changes: Changes,
}

impl TilesView<'_> {
    fn shape(&self) -> Option<&Shape> {
        self.app.session.as_ref().map(|s| s.dock.shape())
    }

    /// Whether a panel is alone in its group and says itself what it is.
    fn is_bare(&self, pane: Pane) -> bool {
        pane.speaks_for_itself()
            && self.shape().and_then(|s| s.group_of(pane)).is_some_and(|(panes, _)| panes.len() == 1)
    }

    /// Gives the keyboard to a tab or handle if it was asked for.
    fn focus(&mut self, pane: Pane, response: &Response) {
        if let Some(session) = &mut self.app.session
            && session.dock.focus == Some(pane)
        {
            session.dock.focus = None;
            response.request_focus();
            response.scroll_to_me(None);
        }
    }
}

impl Behavior<Pane> for TilesView<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, tile: TileId, pane: &mut Pane) -> UiResponse {
        let (pane, rect) = (*pane, ui.max_rect());
        let bare = self.is_bare(pane);
        let ground = if pane == Pane::Canvas { self.app.theme.canvas } else { self.app.theme.panel };
        ui.painter().rect_filled(rect, 0, ground);
        let handle = bare.then(|| view::handle(ui, &self.app.theme, &self.app.tr, tile.egui_id(tree_id()), pane, rect));
        if rect.height() >= CONTENT && rect.width() >= CONTENT {
            // What a panel remembers (how far it is scrolled) goes along with it.
            let builder = UiBuilder::new().max_rect(rect).scope_id(Id::unique(("pane", pane)));
            ui.scope_builder(builder, |ui| {
                ui.shrink_clip_rect(rect);
                self.app.pane(ui, pane);
            });
        }
        if let Some((response, asked)) = handle {
            self.focus(pane, &response);
            self.app.tab_asked(pane, asked);
            if response.has_focus() {
                view::focus_outline(ui.painter(), &self.app.theme, rect);
            }
        }
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> WidgetText {
        self.app.tr.t(pane.label()).into()
    }

    fn tab_ui(&mut self, _: &mut Tiles<Pane>, ui: &mut Ui, id: Id, tile: TileId, state: &TabState) -> Response {
        let Some(pane) = pane_of(tile) else { return ui.response() };
        let tabs = self.shape().and_then(|s| s.group_of(pane)).map_or(1, |(panes, _)| panes.len());
        let fold = self.shape().and_then(|s| s.fold_of(pane));
        let look = TabLook {
            pane,
            open: state.active && fold != Some(true),
            dragged: state.is_being_dragged,
            badge: (pane == Pane::Problems).then_some(self.problems.as_str()),
            detail: Detail::of(tabs, ui.max_rect().width()),
        };
        let (response, asked) = view::tab(ui, &self.app.theme, &self.app.tr, id, &look);
        self.app.tab_asked(pane, asked);
        self.focus(pane, &response);
        if response.clicked()
            && let Some(session) = &mut self.app.session
        {
            match (fold, state.active) {
                // The open tab folds its group, and any tab unfolds it.
                (Some(false), true) => session.dock.ask(Asked::FoldOf(pane)),
                (Some(true), _) => session.dock.ask(Asked::Show(pane)),
                _ => {}
            }
            ui.ctx().request_repaint();
        }
        response
    }

    fn top_bar_right_ui(&mut self, _: &Tiles<Pane>, ui: &mut Ui, _: TileId, tabs: &Tabs, _: &mut f32) {
        let Some(pane) = tabs.children.first().copied().and_then(pane_of) else { return };
        let Some(folded) = self.shape().and_then(|s| s.fold_of(pane)) else { return };
        ui.add_space(8.0);
        let (icon, key) = if folded { ("caret-up", "panels-unfold") } else { ("caret-down", "panels-fold") };
        if widgets::icon_button(ui, &self.app.theme, icon, self.app.tr.t(key)).clicked()
            && let Some(session) = &mut self.app.session
        {
            session.dock.ask(Asked::FoldOf(pane));
            ui.ctx().request_repaint();
        }
    }

    fn is_tab_bar_visible(&self, _: TileId, tabs: &Tabs) -> bool {
        match tabs.children[..] {
            [only] => !pane_of(only).is_some_and(Pane::speaks_for_itself),
            _ => true,
        }
    }

    fn paint_on_top_of_tile(&self, painter: &egui::Painter, _: &Style, tile: TileId, rect: Rect) {
        // The line beneath the tabs; a panel itself has none.
        if pane_of(tile).is_none() && self.app.session.as_ref().is_some_and(|s| s.dock.has_bar(tile)) {
            painter.hline(rect.x_range(), rect.top() + BAR - 0.5, self.app.theme.line());
        }
    }

    fn tab_bar_height(&self, _: &Style) -> f32 {
        BAR
    }

    fn gap_width(&self, _: &Style) -> f32 {
        GAP
    }

    fn min_size(&self) -> f32 {
        BAR
    }

    fn simplification_options(&self) -> SimplificationOptions {
        // The layout is made simple whenever it is read back.
        SimplificationOptions::OFF
    }

    fn is_tile_draggable(&self, _: &Tiles<Pane>, tile: TileId) -> bool {
        pane_of(tile).is_some_and(|pane| pane != Pane::Canvas)
    }

    fn tab_bar_color(&self, _: &Visuals) -> Color32 {
        self.app.theme.panel
    }

    fn resize_stroke(&self, _: &Style, state: ResizeState) -> Stroke {
        match state {
            ResizeState::Idle => self.app.theme.line(),
            ResizeState::Hovering | ResizeState::Dragging => Stroke::new(2.0, self.app.theme.accent),
        }
    }

    fn drag_preview_stroke(&self, _: &Visuals) -> Stroke {
        Stroke::new(1.5, self.app.theme.accent)
    }

    fn drag_preview_color(&self, _: &Visuals) -> Color32 {
        self.app.theme.selection().gamma_multiply(0.6)
    }

    fn dragged_overlay_color(&self, _: &Visuals) -> Color32 {
        self.app.theme.veil()
    }

    fn on_edit(&mut self, action: EditAction) {
        match action {
            EditAction::TileResized => self.changes.resized = true,
            EditAction::TabSelected => self.changes.opened = true,
            EditAction::TileDropped => self.changes.dropped = self.dragged,
            EditAction::TileDragged => {}
        }
    }
}
