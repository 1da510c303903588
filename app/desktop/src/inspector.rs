//! The inspector: what is selected, with every parameter that the catalogue declares, for one node or many; wires; with
//! nothing selected, the project. It checks while one types and hands over only what is allowed.

mod arithmetic;
mod choice;
mod field;
pub(crate) mod folder;
mod mode;
mod network;
mod number;
mod planning;
mod preview;
mod project;
mod rows;
mod several;
mod shared;
mod state;
mod subgraph;
mod wire;

use std::path::PathBuf;

use egui::{Align, Frame, Id, Layout, Margin, RichText, ScrollArea, Ui};
use weft_model::{Edit, Node, NodeId, NodeKind, ParamKind, WireId};

use self::field::{Field, Fields, describe};
use self::preview::Pictures;
use self::rows::{Asked, problem};
use self::shared::Shared;
use crate::commands::{Situation, UiCommand};
use crate::document::OpenProject;
use crate::focus;
use crate::i18n::Tr;
use crate::icons;
use crate::node_views::icon_of;
use crate::problems::{self, FixRequest};
use crate::run_state::RunState;
use crate::theme::Theme;
use crate::widgets;

/// A page of the inspector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Page {
    #[default]
    Parameters,
    Help,
}

/// What the inspector asks of the application.
#[derive(Debug, Clone, PartialEq)]
pub enum InspectorRequest {
    /// Ask for a folder, and put it into this parameter of the nodes.
    PickFolder {
        /// The nodes.
        nodes: Vec<NodeId>,
        /// The parameter.
        param: &'static str,
    },
    /// Show a folder in the desktop's file manager.
    Reveal(PathBuf),
    /// Say this: something was refused.
    Refused(String),
    /// Carry out a command.
    Command(UiCommand),
    /// Select a node and bring it into view.
    Show(NodeId),
    /// Open the list of problems.
    Problems,
    /// Open the window with the preview of the selected node.
    Preview,
    /// Apply this fix.
    Fix(Box<FixRequest>),
}

/// What is being typed, and which page is open.
#[derive(Debug, Default)]
pub struct Inspector {
    page: Page,
    fields: Fields,
    /// The selected nodes taken together, as of the last frame.
    shared: Option<Shared>,
    /// The number that is drawn larger or smaller by its label, not yet rounded.
    drawn: Option<(Id, f64)>,
    /// What parameters are searched for.
    search: String,
    pictures: Pictures,
    /// The frame in which a field for a folder was shown last, and its row.
    folder_row: Option<(u64, usize)>,
}

/// What a frame of the inspector works with.
pub struct Context<'a> {
    /// Colours.
    pub theme: &'a Theme,
    /// Language.
    pub tr: &'a Tr,
    /// How things run.
    pub runs: &'a RunState,
    /// What can be done now.
    pub now: &'a Situation,
    /// Folders of data that were used before, the newest first.
    pub folders: &'a [PathBuf],
}

impl Inspector {
    /// Forgets what was being typed: another project is open.
    pub fn clear(&mut self) {
        *self = Self { page: self.page, ..Self::default() };
    }

    /// Shows it for what is selected.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        project: &mut OpenProject,
        nodes: &[NodeId],
        wires: &[WireId],
        with: &Context<'_>,
    ) -> Vec<InspectorRequest> {
        let mut requests = Vec::new();
        if let Some([before]) = self.shared.as_ref().map(|shared| shared.ids.as_slice()).filter(|ids| *ids != nodes) {
            // Another node was selected while a name was being typed.
            let before = *before;
            self.rename(project, before, &mut requests);
        }
        let revision = project.revision();
        if !self.shared.as_ref().is_some_and(|shared| shared.is_for(revision, nodes)) {
            self.shared = Some(Shared::of(project.graph(), revision, nodes));
        }
        match (nodes, wires) {
            ([], []) => self.project(ui, project, with, &mut requests),
            ([], wires) => wire::show(ui, project, wires, with, &mut requests),
            ([one], _) => self.node(ui, project, *one, with, &mut requests),
            _ => self.several(ui, project, with, &mut requests),
        }
        requests
    }

    /// The nodes and the parameter that a folder dropped on the window goes to, if a field for one is on the screen.
    pub fn drop_target(&self, frame: u64) -> Option<(Vec<NodeId>, &'static str)> {
        let (shown, row) = self.folder_row?;
        let row = self.shared.as_ref()?.rows.get(row)?;
        (frame.saturating_sub(shown) <= 1).then(|| (row.targets.iter().map(|(id, _)| *id).collect(), row.param.id))
    }

    // ---- Node --------------------------------------------------------------------------------------------------------

    fn node(
        &mut self,
        ui: &mut Ui,
        project: &mut OpenProject,
        id: NodeId,
        with: &Context<'_>,
        requests: &mut Vec<InspectorRequest>,
    ) {
        let Some(node) = project.graph().node(id).cloned() else { return };
        let (theme, tr) = (with.theme, with.tr);
        let decl = node.decl();
        let color = decl.map_or(theme.flow, |d| theme.category(&d.category));
        Frame::new().inner_margin(Margin { left: 12, right: 12, top: 10, bottom: 0 }).show(ui, |ui| {
            let mut wrong = None;
            ui.horizontal(|ui| {
                ui.set_height(26.0);
                ui.label(icons::text(icon_of(&node), 18.0, color));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    state::chip(ui, with, project.run_id(id));
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        wrong = self.name(ui, project, id, &node, with, requests);
                    });
                });
            });
            if let Some(wrong) = wrong {
                problem(ui, theme, wrong, Some(name_key(id)));
            }
            let kind = decl.map_or(node.kind.as_str(), |d| tr.text(d.label));
            ui.horizontal(|ui| {
                ui.set_height(theme.size.small_line);
                ui.add_space(28.0);
                ui.label(widgets::muted(kind, theme));
            });
            mode::show(ui, project, id, &node, with, requests);
            ui.horizontal(|ui| {
                ui.set_height(30.0);
                ui.spacing_mut().item_spacing.x = 0.0;
                for (page, key) in [(Page::Parameters, "inspector-parameters"), (Page::Help, "inspector-help")] {
                    if widgets::tab(ui, theme, None, tr.t(key), None, self.page == page).clicked() {
                        self.page = page;
                    }
                }
            });
        });
        widgets::rule(ui, theme);
        ScrollArea::vertical().id_salt(id.0).auto_shrink([false, false]).show(ui, |ui| {
            Frame::new().inner_margin(Margin::same(12)).show(ui, |ui| {
                state::fault(ui, with, project.run_id(id));
                if let Some(fix) = problems::node_problems_ui(ui, project, id, theme, tr) {
                    requests.push(InspectorRequest::Fix(Box::new(fix)));
                }
                match (decl, self.page) {
                    (None, _) => unknown(ui, &node, with),
                    (Some(decl), Page::Parameters) => self.parameters(ui, project, id, decl, with, requests),
                    (Some(decl), Page::Help) => state::help(ui, decl, with),
                }
            });
            focus::keep_in_view(ui);
        });
    }

    /// The node's name; what is wrong with what is typed there.
    fn name<'t>(
        &mut self,
        ui: &mut Ui,
        project: &mut OpenProject,
        id: NodeId,
        node: &Node,
        with: &'t Context<'_>,
        requests: &mut Vec<InspectorRequest>,
    ) -> Option<&'t str> {
        let tr = with.tr;
        let key = name_key(id);
        let field = Field { title: true, ..Field::new(key, tr.t("inspector-name"), &node.name, ui.available_width()) };
        let outcome = self.fields.show(ui, with.theme, &field);
        let wrong = outcome.pending.as_deref().and_then(|typed| name_problem(project, id, typed));
        let wrong = wrong.map(|key| tr.t(key));
        describe(ui, key, tr.t("inspector-rename"), wrong);
        if !outcome.response.has_focus() {
            self.rename(project, id, requests);
        }
        outcome.response.on_hover_text(tr.t("inspector-rename"));
        wrong
    }

    /// Gives a node the name that was typed for it, if one was and it can have it.
    fn rename(&mut self, project: &mut OpenProject, id: NodeId, requests: &mut Vec<InspectorRequest>) {
        let key = name_key(id);
        let Some(name) = self.fields.pending(key).map(|typed| typed.trim().to_owned()) else { return };
        if name_problem(project, id, &name).is_some() {
            return;
        }
        self.fields.forget(key);
        if project.graph().node(id).is_some_and(|node| node.name != name)
            && let Err(error) = project.apply("edit-rename", Edit::Rename { id, name })
        {
            requests.push(InspectorRequest::Refused(error.to_string()));
        }
    }

    fn parameters(
        &mut self,
        ui: &mut Ui,
        project: &mut OpenProject,
        id: NodeId,
        decl: &'static NodeKind,
        with: &Context<'_>,
        requests: &mut Vec<InspectorRequest>,
    ) {
        if decl.id == weft_model::port::SUBGRAPH {
            self.subgraph(ui, project, id, with, requests);
        } else if decl.params.is_empty() {
            ui.label(widgets::muted(with.tr.t("inspector-no-parameters"), with.theme));
        }
        for param in decl.params.iter().filter(|p| p.kind == ParamKind::Layers) {
            network::layers(ui, project, id, param, with);
        }
        let Some(shared) = self.shared.take() else { return };
        let asked = self.rows(ui, project, &shared.rows, with);
        self.carry_out(project, &shared, asked, requests);
        self.shared = Some(shared);
        if preview::show(ui, project, with, id, &mut self.pictures) {
            requests.push(InspectorRequest::Preview);
        }
        planning::show(ui, project, id, decl, with, requests);
    }

    /// Makes the changes that the rows ask for.
    fn carry_out(
        &mut self,
        project: &mut OpenProject,
        shared: &Shared,
        asked: Asked,
        requests: &mut Vec<InspectorRequest>,
    ) {
        if let Some(key) = &asked.revoke {
            project.give_up(key);
        }
        for change in asked.changes {
            let Some(row) = shared.rows.get(change.row) else { continue };
            let assigned = row.assign(change.value.as_ref());
            let values = assigned.into_iter().map(|(id, value)| (id, row.param.id, value)).collect();
            if let Err(error) = project.set_params(values, change.merge.as_deref()) {
                requests.push(InspectorRequest::Refused(error.to_string()));
            }
        }
        if let Some(row) = asked.pick.and_then(|index| shared.rows.get(index)) {
            let nodes = row.targets.iter().map(|(id, _)| *id).collect();
            requests.push(InspectorRequest::PickFolder { nodes, param: row.param.id });
        }
        requests.extend(asked.reveal.map(InspectorRequest::Reveal));
    }
}

/// Name of the field for a node's name.
fn name_key(id: NodeId) -> Id {
    Id::unique(("inspector name", id.0))
}

/// Key of what is wrong with a name for a node.
fn name_problem(project: &OpenProject, id: NodeId, name: &str) -> Option<&'static str> {
    let name = name.trim();
    if name.is_empty() {
        return Some("inspector-name-empty");
    }
    let taken = project.graph().node_named(name).is_some_and(|other| other != id);
    taken.then_some("inspector-name-taken")
}

/// A node of a kind that this version does not know: what the file says of it.
fn unknown(ui: &mut Ui, node: &Node, with: &Context<'_>) {
    let (theme, tr) = (with.theme, with.tr);
    ui.label(RichText::new(tr.t("inspector-unknown")).color(theme.error));
    ui.add_space(theme.size.gap);
    let known: Vec<(&str, String)> = node.params.iter().map(|(id, value)| (id.as_str(), value.to_string())).collect();
    facts(ui, theme, &known);
}

fn facts(ui: &mut Ui, theme: &Theme, facts: &[(&str, String)]) {
    for (name, value) in facts {
        ui.horizontal(|ui| {
            ui.set_height(theme.size.text_line);
            ui.label(widgets::muted(*name, theme));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(RichText::new(value).font(theme.mono()).color(theme.text));
            });
        });
    }
}
