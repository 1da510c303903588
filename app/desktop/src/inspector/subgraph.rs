//! A subgraph in the inspector: what can be done with it, and its ports, which are named, ordered and typed here or at the
//! nodes within that stand for them.

use egui::{Button, ComboBox, Id, RichText, Role, Ui, vec2};
use weft_model::port::TYPE;
use weft_model::{Edit, NodeId, PortType, Value};

use super::field::{Field, describe};
use super::{Context, Inspector, InspectorRequest};
use crate::commands::UiCommand;
use crate::document::OpenProject;
use crate::icons;
use crate::widgets;

/// A port, and the node within that makes it.
struct Row {
    boundary: NodeId,
    name: String,
    ty: PortType,
    y: f64,
}

impl Inspector {
    /// Shows what is particular to a subgraph.
    pub(super) fn subgraph(
        &mut self,
        ui: &mut Ui,
        project: &mut OpenProject,
        id: NodeId,
        with: &Context<'_>,
        requests: &mut Vec<InspectorRequest>,
    ) {
        let (theme, tr) = (with.theme, with.tr);
        ui.horizontal_wrapped(|ui| {
            for command in [UiCommand::EnterSubgraph, UiCommand::Unpack, UiCommand::SaveBlock] {
                if widgets::button(ui, theme, command.icon(), tr.t(command.label())).clicked() {
                    requests.push(InspectorRequest::Command(command));
                }
            }
        });
        for (key, outputs) in [("inspector-inputs", false), ("inspector-outputs", true)] {
            ui.add_space(theme.size.section);
            ui.label(widgets::semibold(tr.t(key), theme));
            let rows = rows(project, id, outputs);
            if rows.is_empty() {
                ui.label(widgets::muted(tr.t("subgraph-no-ports"), theme));
            }
            for index in 0..rows.len() {
                let edit = self.port(ui, project, id, &rows, index, with);
                if let Some((label, edit)) = edit {
                    let edit = Edit::Inside { id, edit: Box::new(edit) };
                    if let Err(error) = project.apply(label, edit) {
                        requests.push(InspectorRequest::Refused(error.to_string()));
                    }
                }
            }
        }
        ui.add_space(theme.size.section);
        ui.label(widgets::muted(tr.t("subgraph-ports-hint"), theme));
    }

    /// One port; the change of the graph within that was asked for.
    fn port(
        &mut self,
        ui: &mut Ui,
        project: &OpenProject,
        id: NodeId,
        rows: &[Row],
        index: usize,
        with: &Context<'_>,
    ) -> Option<(&'static str, Edit)> {
        let (theme, tr) = (with.theme, with.tr);
        let row = rows.get(index)?;
        let named = |key: &str| tr.fmt(key, &[("name", row.name.as_str().into())]);
        let mut edit = None;
        let mut wrong = None;
        let field_id = Id::unique(("subgraph port", id.0, row.boundary.0));
        ui.horizontal(|ui| {
            ui.set_height(theme.size.field + 4.0);
            ui.spacing_mut().item_spacing.x = 4.0;
            ui.label(RichText::new("●").font(theme.small_font()).color(theme.port(row.ty)));
            let width = (ui.available_width() - 196.0).max(60.0);
            let label = named("subgraph-port-name");
            let outcome = self.fields.show(ui, theme, &Field::new(field_id, &label, &row.name, width));
            let inner = project.graph().node(id).and_then(|node| node.inner.as_deref());
            let problem = |name: &str| match name.trim() {
                "" => Some("inspector-name-empty"),
                name => {
                    let taken = inner.and_then(|g| g.node_named(name)).is_some_and(|other| other != row.boundary);
                    taken.then_some("inspector-name-taken")
                }
            };
            wrong = outcome.pending.as_deref().and_then(problem).map(|key| tr.t(key));
            if !outcome.response.has_focus()
                && wrong.is_none()
                && let Some(name) = self.fields.pending(field_id).map(|typed| typed.trim().to_owned())
            {
                self.fields.forget(field_id);
                if name != row.name {
                    edit = Some(("edit-rename", Edit::Rename { id: row.boundary, name }));
                }
            }
            let mut ty = row.ty;
            let combo = ComboBox::from_id_salt(field_id.with("type"))
                .width(96.0)
                .icon(widgets::caret(theme))
                .selected_text(tr.text(ty.label()));
            let combo = combo.show_ui(ui, |ui| {
                for other in PortType::ALL {
                    ui.selectable_value(&mut ty, other, tr.text(other.label()));
                }
            });
            widgets::named(combo.response, Role::ComboBox, &named("subgraph-port-type"));
            if ty != row.ty {
                let value = Some(Value::from(ty.id()));
                edit = Some(("edit-set-param", Edit::SetParam { id: row.boundary, param: TYPE.to_owned(), value }));
            }
            for (icon, key, other) in [
                ("caret-up", "subgraph-port-up", index.checked_sub(1)),
                ("caret-down", "subgraph-port-down", Some(index + 1).filter(|i| *i < rows.len())),
            ] {
                let button = Button::new(icons::text(icon, 12.0, theme.muted)).frame_when_inactive(false);
                let response = ui.add_enabled(other.is_some(), button.min_size(vec2(22.0, 22.0)));
                if widgets::named(response, Role::Button, &named(key)).clicked()
                    && let Some(other) = other
                {
                    edit = Some(("edit-order-ports", swapped(rows, index, other, project, id)));
                }
            }
        });
        describe(ui, field_id, tr.t("subgraph-ports-hint"), wrong);
        if let Some(wrong) = wrong {
            super::rows::problem(ui, theme, wrong, Some(field_id));
        }
        edit
    }
}

fn rows(project: &OpenProject, id: NodeId, outputs: bool) -> Vec<Row> {
    let Some(node) = project.graph().node(id) else { return Vec::new() };
    let Some(inner) = node.inner.as_deref() else { return Vec::new() };
    let ports = if outputs { node.outputs() } else { node.inputs() };
    let row = |port: weft_model::Port<'_>| {
        let boundary = port.id.parse().ok()?;
        let within = inner.node(boundary)?;
        Some(Row { boundary, name: within.name.clone(), ty: port.ty, y: within.pos[1] })
    };
    ports.into_iter().filter_map(row).collect()
}

/// The change that exchanges two ports: they come in the order in which the nodes within stand, from top to bottom.
fn swapped(rows: &[Row], a: usize, b: usize, project: &OpenProject, id: NodeId) -> Edit {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.swap(a, b);
    let mut y = f64::NEG_INFINITY;
    // Where several stand at one height, they move apart a little.
    let heights = rows.iter().map(|row| {
        y = if row.y > y { row.y } else { y + 4.0 };
        y
    });
    let inner = project.graph().node(id).and_then(|node| node.inner.as_deref());
    let edits = order.into_iter().zip(heights).filter_map(|(index, y)| {
        let row = &rows[index];
        let pos = inner?.node(row.boundary)?.pos;
        (pos[1] != y).then_some(Edit::Move { id: row.boundary, pos: [pos[0], y] })
    });
    Edit::Batch { edits: edits.collect() }
}
