//! The canvas of the open project: shows the scene, turns gestures into edits, and lays breadcrumb, zoom and minimap over
//! it. Which wires are legal is for the model to say.

mod breadcrumb;
mod context;
mod edits;
pub(crate) mod sheets;
mod words;

use std::collections::HashMap;
use std::sync::Arc;

use egui::{Align2, Button, CornerRadius, Id, Order, Rect, RichText, StrokeKind, Ui, pos2, vec2};
use egui_node_graph::{
    Action, Camera, CanvasState, Extras, Form, PinId, Rules, Scene, Selection, Side, Style, Target, Words,
};
use weft_model::flat::NodePath;
use weft_model::graph::MOST_VIA;
use weft_model::{Edit, Endpoint, Lang, Localised, NodeId, WireId};

use crate::blocks::Block;
use crate::commands::UiCommand;
use crate::document::OpenProject;
use crate::i18n::Tr;
use crate::icons;
use crate::node_views::{endpoint, node_id, node_key, wire_id};
use crate::palette::{AddChoice, AddMenu, Dragged, Entry, Offer, WireEnd};
use crate::problems::FixRequest;
use crate::settings::RecentKind;
use crate::theme::Theme;
use crate::widgets;

/// What the canvas asks of the application.
#[derive(Debug)]
pub enum CanvasRequest {
    /// Do this.
    Command(UiCommand),
    /// Say this: something was refused.
    Refused(String),
    /// The scene shows what the project is not: draw it anew.
    Redraw,
    /// Show the graph at the end of this path.
    Go(NodePath),
    /// Remember that this was added.
    Added(Entry),
    /// Apply this fix.
    Fix(Box<FixRequest>),
    /// The scene holds a move already.
    Moved {
        /// Revision of the document before it.
        before: u64,
    },
}

struct GraphRules<'a> {
    project: &'a OpenProject,
    tr: &'a Tr,
}

impl Rules for GraphRules<'_> {
    fn can_connect(&self, from: PinId, to: PinId) -> Result<(), String> {
        let graph = self.project.graph();
        let (Some(from), Some(to)) = (endpoint(graph, from, self.tr), endpoint(graph, to, self.tr)) else {
            return Err(String::new());
        };
        graph.can_connect(&from, &to).map_err(|why| self.tr.of(&why.0).to_owned())
    }

    fn same_side_reason(&self) -> Option<String> {
        Some(self.tr.t("canvas-same-side").to_owned())
    }

    fn other_side_reason(&self) -> Option<String> {
        Some(self.tr.t("canvas-other-side").to_owned())
    }
}

/// The canvas of one project.
#[derive(Default)]
pub struct Canvas {
    /// Camera and selection.
    pub state: CanvasState,
    /// What is shown.
    pub scene: Scene,
    /// Kinds that were added lately, the newest first: the search for a node lists them first.
    pub recent: Vec<RecentKind>,
    /// The user's blocks.
    pub blocks: Vec<Arc<Block>>,
    /// The level that is shown.
    level: NodePath,
    /// How the levels that were shown before were looked at.
    left: HashMap<NodePath, (Camera, Selection)>,
    add_menu: Option<AddMenu>,
    /// Where the menu of what is selected is open, and whether it was opened just now.
    context_menu: Option<(egui::Pos2, bool)>,
    sheets: sheets::Sheets,
    words: Option<(Lang, Words)>,
    /// A node was given the keyboard without its user asking for it: the pointer takes it away again.
    lent_focus: bool,
}

impl Canvas {
    /// The selected nodes.
    pub fn selected_nodes(&self) -> Vec<NodeId> {
        self.state.selection().nodes.iter().map(|id| node_id(*id)).collect()
    }

    /// The selected node, if it is exactly one.
    pub fn selected_node(&self) -> Option<NodeId> {
        match self.selected_nodes().as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }

    /// Shows the level that the project shows, as it was looked at last; whether it had shown another.
    pub fn follow_level(&mut self, project: &OpenProject) -> bool {
        if self.level == project.level() {
            return false;
        }
        let seen = (self.state.camera(), self.state.selection().clone());
        self.left.insert(std::mem::replace(&mut self.level, project.level().to_vec()), seen);
        self.scene.clear();
        self.sheets = sheets::Sheets::default();
        self.add_menu = None;
        self.context_menu = None;
        match self.left.remove(&self.level) {
            Some((camera, selection)) => {
                self.state.set_camera(camera);
                self.state.select(selection.nodes, selection.wires);
            }
            None => {
                self.state.clear_selection();
                self.state.fit_all();
            }
        }
        true
    }

    /// How the outermost graph is looked at, or was last.
    pub fn outermost_camera(&self) -> Camera {
        self.left.get(&Vec::new()).map_or(self.state.camera(), |(camera, _)| *camera)
    }

    /// Selects a node and brings it into view.
    pub fn show_node(&mut self, id: NodeId) {
        self.state.select([node_key(id)], []);
        self.state.center_on(node_key(id));
    }

    /// Opens the search for a node at the middle of the canvas.
    pub fn open_add_menu(&mut self) {
        let Some(rect) = self.state.canvas_rect() else { return };
        let at = rect.center() - vec2(130.0, 120.0);
        let menu = AddMenu::new(at, self.state.to_graph(rect.center()), None);
        self.add_menu = Some(menu.with_recent(&self.recent));
    }

    /// Adds a node where there is room near the middle of what is seen.
    pub fn add_at_center(&mut self, entry: &Entry, project: &mut OpenProject, tr: &Tr) -> Result<NodeId, String> {
        let rect = self.state.canvas_rect().unwrap_or(Rect::from_min_size(pos2(0.0, 0.0), vec2(800.0, 600.0)));
        let center = self.state.to_graph(rect.center());
        let mut pos = [center[0] - 80.0, center[1] - 40.0];
        while self.scene.node_at([pos[0] + 4.0, pos[1] + 4.0]).is_some() {
            pos = [pos[0] + 24.0, pos[1] + 24.0];
        }
        self.add(entry, pos, None, project, tr)
    }

    fn add(
        &mut self,
        entry: &Entry,
        pos: [f64; 2],
        wire: Option<&WireEnd>,
        project: &mut OpenProject,
        tr: &Tr,
    ) -> Result<NodeId, String> {
        let pos = pos.map(|v| (v / 4.0).round() * 4.0);
        let wire = wire.map(|w| (w.end.clone(), w.is_output));
        let id = match &entry.block {
            Some(block) => project.add_block(block, pos, wire),
            None => project.add_node(entry.kind, entry.preset, pos, tr.lang(), wire),
        };
        let id = id.map_err(|e| e.to_string())?;
        self.state.select([node_key(id)], []);
        if entry.kind.is_annotation() {
            self.write(project, id);
        }
        Ok(id)
    }

    /// A place where no node stands: this one, or else to the right of what is there. Whoever adds nodes by keyboard adds
    /// all of them in the middle.
    fn free_place(&mut self, mut pos: [f64; 2]) -> [f64; 2] {
        let mut moved = false;
        for _ in 0..1_000 {
            let Some(id) = self.scene.node_at([pos[0] + 4.0, pos[1] + 4.0]) else { break };
            let is_node = self.scene.node(id).is_some_and(|view| view.form == Form::Node);
            let Some((at, size)) = self.scene.node_rect(id).filter(|_| is_node) else { break };
            pos[0] = at[0] + f64::from(size[0]) + 64.0;
            moved = true;
        }
        if moved {
            self.state.center_on_point(pos);
        }
        pos
    }

    /// Begins to write on a frame or a note where it stands, near enough to be read.
    pub fn write(&mut self, project: &OpenProject, id: NodeId) {
        if self.sheets.write(project, id) && self.state.zoom() < 0.75 {
            self.state.center_on(node_key(id));
        }
    }

    /// Lends the keyboard to a node, so that who works without a mouse goes on from there.
    pub fn lend_focus(&mut self, id: NodeId) {
        self.state.focus(node_key(id));
        self.lent_focus = true;
    }

    /// Whoever moves the pointer over the canvas works with it: Tab asks for a node then, and does not go to the next.
    fn give_back_focus(&mut self, ui: &Ui, canvas: &egui::Response) {
        if !self.lent_focus || !canvas.contains_pointer() || ui.input(|i| i.pointer.delta() == egui::Vec2::ZERO) {
            return;
        }
        self.lent_focus = false;
        if let Some(focused) = self.state.focused() {
            ui.memory_mut(|m| m.surrender_focus(canvas.id.with(focused)));
        }
    }

    /// Takes away what is selected.
    pub fn delete_selection(&mut self, project: &mut OpenProject) -> Result<(), String> {
        let selection = self.state.selection().clone();
        let nodes: Vec<NodeId> =
            selection.nodes.iter().map(|id| node_id(*id)).filter(|id| project.graph().node(*id).is_some()).collect();
        let wires: Vec<WireId> =
            selection.wires.iter().map(|id| wire_id(*id)).filter(|id| project.graph().wire(*id).is_some()).collect();
        if nodes.is_empty() && wires.is_empty() {
            return Ok(());
        }
        self.state.clear_selection();
        project.delete(&nodes, &wires).map_err(|e| e.to_string())
    }

    /// Shows the canvas in all the room that is left.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        project: &mut OpenProject,
        style: &Style,
        theme: &Theme,
        tr: &Tr,
        minimap: bool,
    ) -> Vec<CanvasRequest> {
        let mut requests = Vec::new();
        let rect = ui.available_rect_before_wrap();
        let output = {
            let rules = GraphRules { project, tr };
            if self.words.as_ref().is_none_or(|(lang, _)| *lang != tr.lang()) {
                self.words = Some((tr.lang(), words::words(tr)));
            }
            let words = self.words.as_ref().map(|(_, words)| words);
            let (sheets, shown) = (&mut self.sheets, &*project);
            let mut note = |ui: &mut Ui, id, rect, zoom| sheets.note(ui, id, rect, zoom, shown, (theme, tr));
            let extras = Extras { note: Some(&mut note), words };
            egui_node_graph::show_with(ui, &mut self.scene, &mut self.state, style, &rules, extras)
        };
        self.sheets.title(ui, rect, &self.scene, &self.state, theme, tr);
        refuse(self.sheets.follow(project, &mut self.state), &mut requests);
        self.give_back_focus(ui, &output.response);
        let mut actions = output.actions.into_iter().peekable();
        while let Some(action) = actions.next() {
            match (action, actions.peek()) {
                // A node was dropped on a wire: the move and the wires are one step.
                (Action::MoveFinished { nodes, wires }, Some(&Action::InsertOnWire { wire, input, output, .. })) => {
                    actions.next();
                    let ends = (endpoint(project.graph(), input, tr), endpoint(project.graph(), output, tr));
                    insert((nodes, wires), wire_id(wire), ends, project, tr, &mut requests);
                }
                (action, _) => self.act(action, project, tr, &mut requests),
            }
        }
        if let Some(dragged) = output.response.dnd_release_payload::<Dragged>()
            && let Some(at) = ui.ctx().pointer_interact_pos()
        {
            let pos = self.state.to_graph(at);
            let added = self.add(&dragged.0, [pos[0] - 60.0, pos[1] - 14.0], None, project, tr);
            refuse(added.map(drop), &mut requests);
        }
        if let Some(dragged) = output.response.dnd_hover_payload::<Dragged>()
            && let Some(at) = ui.ctx().pointer_hover_pos()
        {
            drop_ghost(ui, theme, tr, &dragged.0, at);
        }
        self.overlays(ui, rect, project, style, theme, tr, minimap, &mut requests);
        self.menus(ui, project, theme, tr, &mut requests);
        requests
    }

    fn act(&mut self, action: Action, project: &mut OpenProject, tr: &Tr, requests: &mut Vec<CanvasRequest>) {
        match action {
            Action::MoveStarted { .. } | Action::Moving { .. } | Action::MoveCancelled | Action::SelectionChanged => {}
            Action::MoveFinished { nodes, wires } => {
                let before = project.document().revision();
                let moved = nodes.into_iter().map(|(id, pos)| (node_id(id), pos)).collect();
                let done = project.move_nodes(moved, led(wires));
                let held = done.is_ok();
                refuse(done.map_err(|e| e.to_string()), requests);
                if held {
                    requests.push(CanvasRequest::Moved { before });
                }
            }
            Action::Resized { node, pos, size } => {
                let done = project.resize(node_id(node), pos, size);
                refuse(done.map_err(|e| e.to_string()), requests);
            }
            Action::ToggleCollapsed(node) => {
                let id = node_id(node);
                if let Some(collapsed) = project.graph().node(id).map(|n| n.collapsed) {
                    let edit = Edit::SetCollapsed { id, collapsed: !collapsed };
                    refuse(project.apply("edit-collapse", edit).map_err(|e| e.to_string()), requests);
                }
            }
            Action::ViaChanged { wires } => {
                let done = match wires.iter().all(|(_, via)| via.len() <= MOST_VIA) {
                    true => project.lead_wires(led(wires)).map_err(|e| e.to_string()),
                    false => Err(tr.fmt("wire-too-many-points", &[("n", MOST_VIA.into())])),
                };
                if done.is_err() {
                    requests.push(CanvasRequest::Redraw);
                }
                refuse(done, requests);
            }
            Action::Connect { from, to } => {
                let ends = (endpoint(project.graph(), from, tr), endpoint(project.graph(), to, tr));
                if let (Some(from), Some(to)) = ends {
                    refuse(said(project.connect(from, to), tr), requests);
                }
            }
            Action::Reconnect { wire, from, to } => {
                let ends = (endpoint(project.graph(), from, tr), endpoint(project.graph(), to, tr));
                if let (Some(from), Some(to)) = ends {
                    refuse(said(project.reconnect(wire_id(wire), from, to), tr), requests);
                }
            }
            Action::Disconnect(wire) => {
                refuse(project.delete(&[], &[wire_id(wire)]).map_err(|e| e.to_string()), requests);
            }
            Action::BreakPin(pin) => {
                let wires: Vec<WireId> = self.scene.wires_at(pin).map(|w| wire_id(w.id)).collect();
                if !wires.is_empty() {
                    refuse(project.delete(&[], &wires).map_err(|e| e.to_string()), requests);
                }
            }
            Action::CutWires(wires) => {
                let wires: Vec<WireId> = wires.into_iter().map(wire_id).collect();
                let edit = project.graph().delete(&[], &wires);
                refuse(project.apply("edit-cut-wires", edit).map_err(|e| e.to_string()), requests);
            }
            Action::MoveWires { from, to } => {
                let ends = (endpoint(project.graph(), from, tr), endpoint(project.graph(), to, tr));
                if let (Some(from_end), Some(to_end)) = ends {
                    let is_output = from.side == Side::Output;
                    let edit = said(edits::move_wires(project.graph(), &from_end, &to_end, is_output), tr);
                    let done = edit.and_then(|e| project.apply("edit-move-wires", e).map_err(|e| e.to_string()));
                    refuse(done, requests);
                }
            }
            // Always comes with the end of its move.
            Action::InsertOnWire { wire, input, output, .. } => {
                let ends = (endpoint(project.graph(), input, tr), endpoint(project.graph(), output, tr));
                insert((Vec::new(), Vec::new()), wire_id(wire), ends, project, tr, requests);
            }
            Action::DropWireOnCanvas { pin, graph_pos, screen_pos } => {
                if let Some(wire) = wire_end(project, pin, tr) {
                    let menu = AddMenu::new(screen_pos, graph_pos, Some(wire)).with_recent(&self.recent);
                    self.add_menu = Some(menu.from_port(port_in_words(project, pin, tr)));
                }
            }
            Action::RefusedConnection { reason, .. } => refuse(Err(reason), requests),
            Action::DeleteSelection => requests.push(CanvasRequest::Command(UiCommand::Delete)),
            Action::OpenAddMenu { graph_pos, screen_pos } => {
                self.add_menu = Some(AddMenu::new(screen_pos, graph_pos, None).with_recent(&self.recent));
            }
            Action::ActivateNode(node) => {
                self.state.select([node], []);
                let id = node_id(node);
                if project.graph().node(id).is_some_and(|node| node.inner.is_some()) {
                    requests.push(CanvasRequest::Go(project.path_of(id)));
                }
                self.write(project, id);
            }
            Action::ContextMenu { target, screen_pos, graph_pos } => match target {
                Target::Canvas => {
                    self.add_menu = Some(AddMenu::new(screen_pos, graph_pos, None).with_recent(&self.recent));
                }
                Target::Node(node) => {
                    if !self.state.selection().nodes.contains(&node) {
                        self.state.select([node], []);
                    }
                    self.context_menu = Some((screen_pos, true));
                }
                Target::Wire(wire) | Target::Via { wire, .. } => {
                    if !self.state.selection().wires.contains(&wire) {
                        self.state.select([], [wire]);
                    }
                    self.context_menu = Some((screen_pos, true));
                }
                Target::Pin(_) => {}
            },
        }
    }

    #[allow(clippy::too_many_arguments, reason = "one frame's worth of context")]
    fn overlays(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        project: &OpenProject,
        style: &Style,
        theme: &Theme,
        tr: &Tr,
        minimap: bool,
        requests: &mut Vec<CanvasRequest>,
    ) {
        match breadcrumb::show(ui, rect, project, theme, tr) {
            Some(breadcrumb::Crumb::Go(level)) => requests.push(CanvasRequest::Go(level)),
            Some(breadcrumb::Crumb::Fit) => requests.push(CanvasRequest::Command(UiCommand::FitAll)),
            None => {}
        }
        self.zoom_bar(ui, rect, theme, tr, requests);
        // Minimap, bottom right.
        let size = vec2(122.0, 74.0);
        if minimap && rect.width() > 420.0 && rect.height() > 180.0 && self.scene.node_count() > 0 {
            let map = Rect::from_min_size(rect.right_bottom() - size - vec2(12.0, 12.0), size);
            ui.painter().rect(map, CornerRadius::same(4), theme.panel, theme.line(), StrokeKind::Inside);
            egui_node_graph::minimap(ui, &self.scene, &mut self.state, style, map);
        }
        if project.graph().nodes().len() == 0 && self.add_menu.is_none() {
            let at = rect.center();
            ui.painter().text(at, Align2::CENTER_CENTER, tr.t("canvas-empty"), theme.font(), theme.muted);
            let keys = UiCommand::AddNode.shortcut_text(ui.ctx());
            let hint = match keys.is_empty() {
                true => tr.t("canvas-empty-hint").to_owned(),
                false => tr.fmt("canvas-empty-hint-keys", &[("keys", keys.into())]),
            };
            let room = (rect.width() - 32.0).max(80.0);
            let hint = ui.painter().layout(hint, theme.small_font(), theme.muted, room);
            ui.painter().galley(at + vec2(-hint.size().x / 2.0, 14.0), hint, theme.muted);
        }
    }

    /// Zoom, at the bottom left: as much of it as there is room for.
    fn zoom_bar(&self, ui: &mut Ui, rect: Rect, theme: &Theme, tr: &Tr, requests: &mut Vec<CanvasRequest>) {
        /// Widths from which there is room for the figure, and for the buttons after it [points].
        const ROOM_FOR: [f32; 2] = [170.0, 260.0];
        let bar = Rect::from_min_size(rect.left_bottom() + vec2(12.0, -40.0), vec2(rect.width() - 24.0, 28.0));
        let id = Id::unique("canvas-zoom-bar");
        // Buttons take clicks and no drags: without this the canvas beneath would take a press for the beginning of one.
        if let Some(covered) = ui.data(|data| data.get_temp::<Rect>(id)) {
            ui.interact(covered.intersect(bar), id, egui::Sense::click_and_drag());
        }
        let builder = egui::UiBuilder::new().max_rect(bar).layout(egui::Layout::left_to_right(egui::Align::Center));
        let shown = ui.scope_builder(builder, |ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            let mut command = |ui: &mut Ui, icon: &str, command: UiCommand| {
                if widgets::framed_icon_button(ui, theme, icon, tr.t(command.label())).clicked() {
                    requests.push(CanvasRequest::Command(command));
                }
            };
            command(ui, "minus", UiCommand::ZoomOut);
            let mut actual = false;
            if rect.width() >= ROOM_FOR[0] {
                let percent = format!("{:.0} %", self.state.zoom() * 100.0);
                let zoom = Button::new(RichText::new(&percent).font(theme.mono())).min_size(vec2(56.0, 28.0));
                actual = ui.add(zoom).on_hover_text(tr.t(UiCommand::ZoomActual.label())).clicked();
            }
            command(ui, "plus", UiCommand::ZoomIn);
            if rect.width() >= ROOM_FOR[1] {
                command(ui, "corners-out", UiCommand::FitAll);
                command(ui, "map-trifold", UiCommand::ToggleMinimap);
            }
            if actual {
                requests.push(CanvasRequest::Command(UiCommand::ZoomActual));
            }
            ui.min_rect()
        });
        ui.data_mut(|data| data.insert_temp(id, shown.inner));
    }

    fn menus(
        &mut self,
        ui: &mut Ui,
        project: &mut OpenProject,
        theme: &Theme,
        tr: &Tr,
        requests: &mut Vec<CanvasRequest>,
    ) {
        if let Some(mut menu) = self.add_menu.take() {
            match menu.ui(ui.ctx(), theme, tr, &Offer { blocks: &self.blocks, inside: !project.level().is_empty() }) {
                AddChoice::Open => self.add_menu = Some(menu),
                AddChoice::Closed => {}
                AddChoice::Chosen(entry) => {
                    let place = self.free_place(menu.graph_pos);
                    let added = self.add(&entry, place, menu.wire.as_ref(), project, tr);
                    if let Ok(id) = added {
                        if !entry.kind.is_annotation() {
                            self.lend_focus(id);
                        }
                        requests.push(CanvasRequest::Added(entry));
                    }
                    refuse(added.map(drop), requests);
                }
            }
        }
        self.context(ui, project, theme, tr, requests);
    }
}

/// Where nodes came to stand, and the points of wires that moved along.
type Moved = (Vec<(egui_node_graph::NodeId, [f64; 2])>, Vec<(egui_node_graph::WireId, Vec<[f64; 2]>)>);

/// Moves nodes and leads a wire through one of them, as one step. A wire that cannot go through leaves the move.
fn insert(
    (nodes, wires): Moved,
    wire: WireId,
    ends: (Option<Endpoint>, Option<Endpoint>),
    project: &mut OpenProject,
    tr: &Tr,
    requests: &mut Vec<CanvasRequest>,
) {
    let moved: Vec<_> = nodes.into_iter().map(|(id, pos)| (node_id(id), pos)).collect();
    let mut led = led(wires);
    led.retain(|(id, _)| *id != wire);
    let (Some(input), Some(output)) = ends else {
        refuse(project.move_nodes(moved, led).map_err(|e| e.to_string()), requests);
        return;
    };
    match said(edits::insert_on_wire(project.graph(), wire, &input, &output), tr) {
        Ok(Some(through)) => {
            let mut edits: Vec<Edit> = moved.into_iter().map(|(id, pos)| Edit::Move { id, pos }).collect();
            edits.extend(led.into_iter().map(|(id, via)| Edit::SetVia { id, via }));
            edits.push(through);
            refuse(project.apply("edit-insert", Edit::Batch { edits }).map_err(|e| e.to_string()), requests);
        }
        refused => {
            refuse(project.move_nodes(moved, led).map_err(|e| e.to_string()), requests);
            refuse(refused.map(drop), requests);
        }
    }
}

/// The way to the graph that is shown, at the top left: where one is, and a click for each graph around it.
fn led(wires: Vec<(egui_node_graph::WireId, Vec<[f64; 2]>)>) -> Vec<(WireId, Vec<[f64; 2]>)> {
    wires.into_iter().map(|(id, via)| (wire_id(id), via)).collect()
}

fn said<T>(result: Result<T, Localised>, tr: &Tr) -> Result<T, String> {
    result.map_err(|why| tr.of(&why).to_owned())
}

fn refuse(result: Result<(), String>, requests: &mut Vec<CanvasRequest>) {
    if let Err(why) = result
        && !why.is_empty()
    {
        requests.push(CanvasRequest::Refused(why));
    }
}

fn wire_end(project: &OpenProject, pin: PinId, tr: &Tr) -> Option<WireEnd> {
    let end = endpoint(project.graph(), pin, tr)?;
    let node = project.graph().node(end.node)?;
    let is_output = pin.side == Side::Output;
    let ty = if is_output { node.output(&end.port) } else { node.input(&end.port) }?.ty;
    Some(WireEnd { ty, end, is_output })
}

/// What the search for a node says of the wire that looks for one.
fn port_in_words(project: &OpenProject, pin: PinId, tr: &Tr) -> String {
    let named = || {
        let end = endpoint(project.graph(), pin, tr)?;
        let node = project.graph().node(end.node)?;
        let decl = node.decl()?;
        let is_output = pin.side == Side::Output;
        let port = if is_output { decl.output(&end.port) } else { decl.input(&end.port) }?;
        let key = if is_output { "add-menu-takes" } else { "add-menu-gives" };
        Some(tr.fmt(key, &[("port", tr.text(port.label).into()), ("node", node.name.as_str().into())]))
    };
    named().unwrap_or_default()
}

/// What is dragged, under the pointer.
fn drop_ghost(ui: &Ui, theme: &Theme, tr: &Tr, entry: &Entry, at: egui::Pos2) {
    let painter = ui.ctx().layer_painter(egui::LayerId::new(Order::Tooltip, Id::unique("drop-ghost")));
    let color = theme.category(&entry.kind.category);
    let galley = painter.layout_no_wrap(entry.label(tr.lang()).to_owned(), theme.semibold(), theme.text);
    let rect = Rect::from_min_size(at - vec2(60.0, 14.0), vec2(galley.size().x + 44.0, 28.0));
    let radius = CornerRadius::same(theme.size.node_radius);
    painter.rect(rect, radius, theme.tint(theme.node, color), (1.0, theme.accent), StrokeKind::Inside);
    let icon = icons::icon(entry.icon());
    painter.text(rect.left_center() + vec2(10.0, 0.0), Align2::LEFT_CENTER, icon, icons::font(16.0), color);
    painter.galley(pos2(rect.left() + 34.0, rect.center().y - galley.size().y / 2.0), galley, theme.text);
}
