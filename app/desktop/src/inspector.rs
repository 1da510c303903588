//! The inspector: what is selected, with every parameter that the catalogue declares; with nothing selected, the project.
//! It checks while one types and hands over only what is allowed.

mod network;

use std::collections::BTreeMap;

use egui::{
    Align, Align2, Button, ComboBox, CornerRadius, Frame, Layout, Margin, Response, RichText, Role, ScrollArea, Sense,
    TextEdit, Ui, WidgetInfo, pos2, vec2,
};
use weft_model::{Edit, Node, NodeId, NodeKind, ParamDecl, ParamKind, Value};

use crate::document::OpenProject;
use crate::i18n::Tr;
use crate::icons;
use crate::panels::figures;
use crate::run_state::{NodeRunState, RunState};
use crate::theme::Theme;
use crate::widgets;

/// Width of the fields.
const FIELD: f32 = 164.0;

/// A page of the inspector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Page {
    #[default]
    Parameters,
    Help,
}

/// What the inspector asks of the application.
#[derive(Debug)]
pub enum InspectorRequest {
    /// Ask for a folder, and put it into this parameter.
    PickFolder {
        /// The node.
        node: NodeId,
        /// The parameter.
        param: &'static str,
    },
    /// Say this: something was refused.
    Refused(String),
}

/// What is being typed, and which page is open.
#[derive(Debug, Default)]
pub struct Inspector {
    page: Page,
    /// Fields that have the focus or whose text is not allowed: what stands in them.
    typing: BTreeMap<(Option<NodeId>, &'static str), String>,
    /// Changes of one stay in a field are one step of the history.
    stay: u64,
}

/// What a frame of the inspector works with.
pub struct Context<'a> {
    /// Colours.
    pub theme: &'a Theme,
    /// Language.
    pub tr: &'a Tr,
    /// How things run.
    pub runs: &'a RunState,
}

impl Inspector {
    /// Forgets what was being typed: another project is open.
    pub fn clear(&mut self) {
        self.typing.clear();
    }

    /// Shows it for what is selected.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        project: &mut OpenProject,
        selected: &[NodeId],
        with: &Context<'_>,
    ) -> Vec<InspectorRequest> {
        let mut requests = Vec::new();
        match selected {
            [] => self.project(ui, project, with),
            [one] => self.node(ui, project, *one, with, &mut requests),
            many => {
                Frame::new().inner_margin(Margin::same(12)).show(ui, |ui| {
                    let text = with.tr.fmt("inspector-many", &[("n", many.len().into())]);
                    ui.label(widgets::semibold(text, with.theme));
                    ui.label(widgets::muted(with.tr.t("inspector-many-hint"), with.theme));
                });
            }
        }
        requests
    }

    // ---- Project -----------------------------------------------------------------------------------------------------

    fn project(&mut self, ui: &mut Ui, project: &mut OpenProject, with: &Context<'_>) {
        let (theme, tr) = (with.theme, with.tr);
        Frame::new().inner_margin(Margin::same(12)).show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.label(icons::text("graph", 18.0, theme.accent));
                ui.label(widgets::semibold(tr.t("inspector-project"), theme));
            });
            ui.add_space(8.0);
            let title = project.title(tr.lang()).unwrap_or_default().to_owned();
            if let Some(text) = self.text_row(ui, with, (None, "title"), tr.t("inspector-title"), &title, "", None) {
                project.set_title(tr.lang(), &text);
            }
            let seed = project.seed().to_string();
            let label = tr.t("inspector-seed");
            if let Some(text) = self.text_row(ui, with, (None, "seed"), label, &seed, tr.t("inspector-seed-help"), None)
            {
                match text.trim().parse::<u64>() {
                    Ok(seed) => project.set_seed(seed),
                    Err(_) => problem(ui, theme, tr.t("inspector-seed-wrong")),
                }
            }
            if let Some(text) = project.description().map(|d| tr.of(d)).filter(|t| !t.is_empty()) {
                ui.add_space(8.0);
                ui.label(widgets::muted(text, theme));
            }
            ui.add_space(8.0);
            widgets::rule(ui, theme);
            ui.add_space(4.0);
            let file = project.file().map_or_else(|| tr.t("inspector-unsaved").to_owned(), |f| f.display().to_string());
            facts(
                ui,
                theme,
                &[
                    (tr.t("inspector-nodes"), project.graph().nodes().len().to_string()),
                    (tr.t("inspector-wires"), project.graph().wires().len().to_string()),
                ],
            );
            ui.add_space(4.0);
            ui.label(widgets::muted(tr.t("inspector-file"), theme));
            ui.add(egui::Label::new(RichText::new(file).font(theme.mono_small()).color(theme.muted)).wrap());
            ui.add_space(12.0);
            ui.label(widgets::muted(tr.t("inspector-hint"), theme));
        });
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
            ui.horizontal(|ui| {
                ui.set_height(26.0);
                ui.label(icons::text(decl.map_or("question", |d| d.category.icon()), 18.0, color));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    state_chip(ui, with, id);
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        self.name(ui, project, id, &node, with, requests);
                    });
                });
            });
            let kind = decl.map_or(node.kind.as_str(), |d| tr.text(d.label));
            ui.horizontal(|ui| {
                ui.add_space(28.0);
                ui.label(widgets::muted(kind, theme));
            });
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
                fault(ui, with, id);
                match (decl, self.page) {
                    (None, _) => {
                        ui.label(RichText::new(tr.t("inspector-unknown")).color(theme.error));
                    }
                    (Some(decl), Page::Parameters) => self.parameters(ui, project, id, decl, with, requests),
                    (Some(decl), Page::Help) => help(ui, decl, with),
                }
            });
        });
    }

    fn name(
        &mut self,
        ui: &mut Ui,
        project: &mut OpenProject,
        id: NodeId,
        node: &Node,
        with: &Context<'_>,
        requests: &mut Vec<InspectorRequest>,
    ) {
        let key = (Some(id), "");
        let mut text = self.typing.get(&key).cloned().unwrap_or_else(|| node.name.clone());
        let response = ui.add(
            TextEdit::singleline(&mut text)
                .font(with.theme.semibold())
                .frame(Frame::new())
                .desired_width(f32::INFINITY)
                .margin(Margin::symmetric(2, 2)),
        );
        named(&response, Role::TextInput, with.tr.t("inspector-name"));
        if response.changed() {
            self.typing.insert(key, text.clone());
        }
        if response.lost_focus() {
            let typed = self.typing.remove(&key).map(|t| t.trim().to_owned());
            if let Some(name) = typed.filter(|t| *t != node.name && !t.is_empty())
                && let Err(error) = project.apply("edit-rename", Edit::Rename { id, name })
            {
                let _ = error;
                requests.push(InspectorRequest::Refused(with.tr.t("inspector-name-taken").to_owned()));
            }
        }
        response.on_hover_text(with.tr.t("inspector-rename"));
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
        if decl.params.is_empty() {
            ui.label(widgets::muted(with.tr.t("inspector-no-parameters"), with.theme));
        }
        let mut group = None;
        for param in decl.params {
            if group != Some(param.group.en) {
                if group.is_some() {
                    ui.add_space(with.theme.size.section);
                }
                group = Some(param.group.en);
                ui.label(widgets::semibold(with.tr.text(param.group), with.theme));
                ui.add_space(2.0);
            }
            if param.kind == ParamKind::Layers {
                network::layers(ui, project, id, param, with);
            } else {
                self.param_row(ui, project, id, param, with, requests);
            }
        }
    }

    fn param_row(
        &mut self,
        ui: &mut Ui,
        project: &mut OpenProject,
        id: NodeId,
        param: &'static ParamDecl,
        with: &Context<'_>,
        requests: &mut Vec<InspectorRequest>,
    ) {
        let (theme, tr) = (with.theme, with.tr);
        let Some(node) = project.graph().node(id) else { return };
        let changed = node.params.contains_key(param.id);
        let value = node.param(param.id);
        let label = tr.text(param.label);
        let mut set: Option<Option<Value>> = None;
        let mut merge = None;
        let mut message = None;
        ui.horizontal(|ui| {
            ui.set_height(theme.size.field + 2.0);
            ui.label(RichText::new(label).color(theme.muted)).on_hover_text(tr.text(param.help));
            if changed && reset_dot(ui, with, param) {
                set = Some(None);
                self.typing.remove(&(Some(id), param.id));
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| match param.kind {
                ParamKind::Bool => {
                    let mut on = value.as_ref().and_then(Value::as_bool).unwrap_or(false);
                    ui.add_space(FIELD - 24.0);
                    let response = ui.checkbox(&mut on, "");
                    named_selected(&response, on, label);
                    if response.changed() {
                        set = Some(Some(Value::Bool(on)));
                    }
                }
                ParamKind::Choice { choices } => {
                    let current = value.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
                    let caret_color = theme.muted;
                    ui.spacing_mut().interact_size.y = theme.size.field;
                    ui.spacing_mut().button_padding.x = 8.0;
                    let shown = choices.iter().find(|c| c.id == current).map_or(current.as_str(), |c| tr.text(c.label));
                    let combo = ComboBox::from_id_salt((id.0, param.id))
                        .selected_text(RichText::new(shown).font(theme.mono()))
                        .width(FIELD)
                        .icon(move |ui, rect, _, _| {
                            let caret = icons::icon("caret-down");
                            ui.painter().text(
                                rect.center(),
                                Align2::CENTER_CENTER,
                                caret,
                                icons::font(12.0),
                                caret_color,
                            );
                        })
                        .truncate()
                        .show_ui(ui, |ui| {
                            for choice in choices {
                                let chosen = choice.id == current;
                                if ui.selectable_label(chosen, tr.text(choice.label)).clicked() {
                                    set = Some(Some(Value::Text(choice.id.to_owned())));
                                }
                            }
                        });
                    named(&combo.response, Role::ComboBox, label);
                }
                _ => {
                    let key = (Some(id), param.id);
                    let hint = if param.kind == ParamKind::Seed { tr.t("inspector-auto") } else { "" };
                    let unit = param.unit.map_or("", |u| tr.text(u));
                    let mut width = FIELD;
                    if param.kind == ParamKind::Folder {
                        width -= 34.0;
                        let pick =
                            Button::new(icons::text("folder-open", 15.0, theme.muted)).min_size(vec2(26.0, 26.0));
                        let pick = widgets::named(ui.add(pick), Role::Button, tr.t("inspector-pick-folder"));
                        if pick.on_hover_text(tr.t("inspector-pick-folder")).clicked() {
                            requests.push(InspectorRequest::PickFolder { node: id, param: param.id });
                        }
                    }
                    let shown = value.as_ref().map_or_else(String::new, shown);
                    let (text, response) = self.field(ui, theme, key, label, &shown, unit, hint, width);
                    if let Some(text) = text {
                        match parse(param, &text) {
                            Ok(value) => {
                                merge = Some(format!("{id}.{}.{}", param.id, self.stay));
                                set = Some(value);
                            }
                            Err(why) => message = Some(tr.of(&why).to_owned()),
                        }
                    } else if let Some(value) = &value
                        && let Err(why) = param.check(value)
                    {
                        message = Some(tr.of(&why).to_owned());
                    }
                    if response.lost_focus() {
                        self.stay += 1;
                    }
                }
            });
        });
        if let Some(message) = message {
            problem(ui, theme, &message);
        }
        if let Some(value) = set
            && let Err(error) = project.set_param(id, param.id, value, merge.as_deref())
        {
            requests.push(InspectorRequest::Refused(error.to_string()));
        }
    }

    /// A field with its unit inside. Returns the text while it is being typed.
    #[allow(clippy::too_many_arguments, reason = "the parts of one field")]
    fn field(
        &mut self,
        ui: &mut Ui,
        theme: &Theme,
        key: (Option<NodeId>, &'static str),
        label: &str,
        value: &str,
        unit: &str,
        hint: &str,
        width: f32,
    ) -> (Option<String>, Response) {
        let mut text = self.typing.get(&key).cloned().unwrap_or_else(|| value.to_owned());
        let mut edit = TextEdit::singleline(&mut text)
            .id_salt(("field", key.0.map(|id| id.0), key.1))
            .font(if key.1 == "title" { theme.font() } else { theme.mono() })
            .hint_text(RichText::new(hint).font(theme.mono()).color(theme.faint))
            .desired_width(width - 16.0)
            .margin(Margin::symmetric(8, 4))
            .align(egui::Align2::LEFT_CENTER)
            .min_size(vec2(width, theme.size.field));
        if !unit.is_empty() {
            edit = edit.suffix(RichText::new(unit).font(theme.small_font()).color(theme.muted));
        }
        let response = ui.add(edit);
        named(&response, Role::TextInput, label);
        if response.changed() {
            self.typing.insert(key, text.clone());
        }
        if response.lost_focus() {
            self.typing.remove(&key);
        }
        let typing = response.changed() || (self.typing.contains_key(&key) && response.has_focus());
        (typing.then_some(text), response)
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one row")]
    fn text_row(
        &mut self,
        ui: &mut Ui,
        with: &Context<'_>,
        key: (Option<NodeId>, &'static str),
        label: &str,
        value: &str,
        help: &str,
        unit: Option<&str>,
    ) -> Option<String> {
        let mut typed = None;
        ui.horizontal(|ui| {
            ui.set_height(with.theme.size.field + 2.0);
            let name = ui.label(RichText::new(label).color(with.theme.muted));
            if !help.is_empty() {
                name.on_hover_text(help);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let (text, _) = self.field(ui, with.theme, key, label, value, unit.unwrap_or(""), "", FIELD);
                typed = text;
            });
        });
        typed
    }
}

/// A value as a field shows it.
fn shown(value: &Value) -> String {
    match value {
        Value::Float(v) if *v != 0.0 && v.abs() < 1e-4 => format!("{v:e}"),
        other => other.to_string(),
    }
}

/// What stands in a field as a value; nothing for an optional parameter that is empty.
fn parse(param: &ParamDecl, text: &str) -> Result<Option<Value>, weft_model::Localised> {
    let text = text.trim();
    if text.is_empty() && param.default.value().is_none() {
        return Ok(None);
    }
    let value = param.parse(text)?;
    // A parameter at its default is not written down.
    Ok((param.default.value().as_ref() != Some(&value)).then_some(value))
}

/// The dot of a changed value; true when it was pressed to take the default back.
fn reset_dot(ui: &mut Ui, with: &Context<'_>, param: &ParamDecl) -> bool {
    let (theme, tr) = (with.theme, with.tr);
    let (rect, response) = ui.allocate_exact_size(vec2(12.0, 20.0), Sense::click());
    let radius = if response.hovered() || response.has_focus() { 4.0 } else { 2.5 };
    ui.painter().circle_filled(rect.center(), radius, theme.accent);
    let name = tr.fmt("inspector-reset", &[("param", tr.text(param.label).into())]);
    named(&response, Role::Button, &name);
    let default = param.default.value().map_or_else(|| tr.t("inspector-auto").to_owned(), |v| shown(&v));
    let hint = tr.fmt("inspector-reset-hint", &[("value", default.into())]);
    response.on_hover_text(hint).clicked()
}

fn problem(ui: &mut Ui, theme: &Theme, message: &str) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.label(icons::filled("warning-circle", 13.0, theme.error));
        ui.label(RichText::new(message).font(theme.small_font()).color(theme.error));
    });
}

fn named(response: &Response, kind: Role, name: &str) {
    let enabled = response.enabled();
    response.widget_info(|| WidgetInfo::labeled(kind, enabled, name));
}

fn named_selected(response: &Response, on: bool, name: &str) {
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, on, name));
}

fn facts(ui: &mut Ui, theme: &Theme, facts: &[(&str, String)]) {
    for (name, value) in facts {
        ui.horizontal(|ui| {
            ui.label(widgets::muted(*name, theme));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(RichText::new(value).font(theme.mono()).color(theme.text));
            });
        });
    }
}

/// How the node stands, as a small rounded label.
fn state_chip(ui: &mut Ui, with: &Context<'_>, id: NodeId) {
    let (theme, tr) = (with.theme, with.tr);
    let Some(node) = with.runs.node(id) else { return };
    let (icon, color, text) = match &node.state {
        NodeRunState::Waiting => ("clock", theme.muted, tr.t("state-waiting").to_owned()),
        NodeRunState::Running { epoch: Some(epoch), epochs: Some(epochs), .. } => {
            let of = [("epoch", i64::from(*epoch).into()), ("epochs", i64::from(*epochs).into())];
            ("circle-notch", theme.run, tr.fmt("inspector-epoch", &of))
        }
        NodeRunState::Running { .. } => ("circle-notch", theme.run, tr.t("state-running").to_owned()),
        NodeRunState::Done => ("check-circle", theme.ok, figures::duration(node.elapsed_s.unwrap_or(0.0))),
        NodeRunState::Cached => ("lightning", theme.cached, tr.t("state-cached").to_owned()),
        NodeRunState::Failed(_) => ("x-circle", theme.error, tr.t("state-failed").to_owned()),
        NodeRunState::Stopped => ("stop", theme.warn, tr.t("state-stopped").to_owned()),
        NodeRunState::Skipped => ("minus-circle", theme.muted, tr.t("state-skipped").to_owned()),
    };
    let painter = ui.painter();
    let font = if icon == "circle-notch" { icons::font(12.0) } else { icons::fill_font(12.0) };
    let icon = painter.layout_no_wrap(icons::icon(icon).to_string(), font, color);
    let label = painter.layout_no_wrap(text.clone(), theme.small_font(), theme.text);
    let size = vec2(icon.size().x + label.size().x + 20.0, 20.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let ground = theme.tint(theme.panel, color);
    ui.painter().rect_filled(rect, CornerRadius::same(10), ground);
    let middle = rect.center().y;
    let after = rect.left() + 12.0 + icon.size().x;
    ui.painter().galley(pos2(rect.left() + 8.0, middle - icon.size().y / 2.0), icon, color);
    ui.painter().galley(pos2(after, middle - label.size().y / 2.0), label, theme.text);
    named(&response, Role::Label, &text);
}

fn fault(ui: &mut Ui, with: &Context<'_>, id: NodeId) {
    let Some(NodeRunState::Failed(fault)) = with.runs.node_state(id) else { return };
    let (theme, tr) = (with.theme, with.tr);
    widgets::card(theme).stroke((1.0, theme.error)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(RichText::new(tr.of(&fault.message)).color(theme.error));
        ui.label(widgets::muted(tr.of(&fault.remedy), theme));
    });
    ui.add_space(theme.size.section);
}

fn help(ui: &mut Ui, decl: &NodeKind, with: &Context<'_>) {
    let (theme, tr) = (with.theme, with.tr);
    ui.label(RichText::new(tr.text(decl.help)).color(theme.text));
    for (key, ports) in [("inspector-inputs", decl.inputs), ("inspector-outputs", decl.outputs)] {
        if ports.is_empty() {
            continue;
        }
        ui.add_space(theme.size.section);
        ui.label(widgets::semibold(tr.t(key), theme));
        for port in ports {
            ui.horizontal(|ui| {
                ui.label(RichText::new("●").font(theme.small_font()).color(theme.port(port.ty)));
                ui.label(tr.text(port.label));
                let optional =
                    if port.required || key == "inspector-outputs" { "" } else { tr.t("inspector-optional") };
                ui.label(widgets::muted(format!("{} {optional}", tr.text(port.ty.label())), theme));
            });
        }
    }
    ui.add_space(theme.size.section);
    for param in decl.params {
        ui.label(widgets::semibold(tr.text(param.label), theme));
        ui.label(widgets::muted(tr.text(param.help), theme));
        ui.add_space(6.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn param(kind: &str, id: &str) -> &'static ParamDecl {
        weft_model::catalogue::kind(kind).and_then(|k| k.param(id)).unwrap()
    }

    #[test]
    fn what_is_typed_becomes_a_value_or_a_reason() {
        let epochs = param("train", "epochs");
        assert_eq!(parse(epochs, " 12 "), Ok(Some(Value::Int(12))));
        assert_eq!(parse(epochs, "10"), Ok(None), "the default is not written down");
        assert!(parse(epochs, "0").is_err() && parse(epochs, "").is_err() && parse(epochs, "many").is_err());
        assert_eq!(parse(param("train", "seed"), ""), Ok(None));
        assert_eq!(parse(param("train", "learning_rate"), "1e-4"), Ok(Some(Value::Float(1e-4))));
        assert!(parse(param("train", "learning_rate"), "NaN").is_err());
    }

    #[test]
    fn values_read_back_as_they_are_shown() {
        for value in [1e-3, 1e-8, 0.1, 5.0, 123_456.0] {
            let text = shown(&Value::Float(value));
            assert_eq!(text.parse::<f64>(), Ok(value), "{text}");
        }
    }
}
