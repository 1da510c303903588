//! The runs that wait: what comes next, what goes before, what is given up, and whether anything begins.

use std::path::Path;

use egui::{Align, EventFilter, Id, Key, Label, Layout, Modifiers, RichText, ScrollArea, Stroke, Ui};
use weft_protocol::{Command, QueueChange, QueuedRun};

use super::super::{PanelAction, empty_state, mono, small};
use super::PlanContext;
use crate::commands::UiCommand;
use crate::focus;
use crate::icons;
use crate::planning::Planning;
use crate::widgets;

/// Height of a row.
const ROW: f32 = 34.0;

fn change(change: QueueChange) -> PanelAction {
    PanelAction::Command(Command::Queue(change))
}

/// Draws the page.
pub(super) fn queue_ui(ui: &mut Ui, planning: &Planning, with: &PlanContext<'_>, actions: &mut Vec<PanelAction>) {
    let (theme, tr) = (with.theme, with.tr);
    let queue = &planning.queue;
    ui.horizontal_wrapped(|ui| {
        ui.add_enabled_ui(with.may_run, |ui| {
            if widgets::button(ui, theme, "queue", tr.t("cmd-queue-run")).clicked() {
                actions.push(PanelAction::Execute(UiCommand::QueueRun));
            }
        });
        let (icon, key) = if queue.held { ("play", "queue-go-on") } else { ("pause", "queue-hold") };
        if widgets::button(ui, theme, icon, tr.t(key)).on_hover_text(tr.t("queue-hold-hint")).clicked() {
            actions.push(change(QueueChange::Hold(!queue.held)));
        }
        if queue.held {
            ui.label(icons::filled("pause", 14.0, theme.warn));
            ui.label(small(theme, tr.t("queue-held"), theme.text));
        }
    });
    if queue.waiting.is_empty() {
        empty_state(ui, theme, "queue", tr.t("queue-empty"), tr.t("queue-empty-hint"));
        return;
    }
    ScrollArea::vertical().id_salt("queue").auto_shrink([false, false]).show(ui, |ui| {
        ui.set_width(ui.available_width() - 10.0);
        ui.spacing_mut().item_spacing.y = 2.0;
        let top = ui.cursor().top();
        for (place, run) in queue.waiting.iter().enumerate() {
            row(ui, run, place, queue.waiting.len(), top, with, actions);
        }
        ui.add_space(4.0);
        ui.add(Label::new(small(theme, tr.t("queue-keys"), theme.muted)).wrap());
        focus::keep_in_view(ui);
    });
}

fn row(
    ui: &mut Ui,
    run: &QueuedRun,
    place: usize,
    count: usize,
    top: f32,
    with: &PlanContext<'_>,
    actions: &mut Vec<PanelAction>,
) {
    let (theme, tr) = (with.theme, with.tr);
    let project = Path::new(&run.project)
        .file_name()
        .map_or_else(|| run.project.clone(), |name| name.to_string_lossy().into_owned());
    let said = tr.fmt("queue-run", &[("place", (place + 1).into()), ("project", project.as_str().into())]);
    let id = Id::unique(("queued", run.id));
    let mut to = None;
    let mut gone = false;
    let response = widgets::row(ui, theme, id, ROW, false, &said, |ui| {
        ui.label(icons::text("dots-six-vertical", 16.0, theme.muted));
        ui.label(mono(theme, (place + 1).to_string(), theme.muted));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            let name = |key: &str| tr.fmt(key, &[("project", project.as_str().into()), ("place", (place + 1).into())]);
            gone = widgets::icon_button(ui, theme, "x", &name("queue-remove")).clicked();
            ui.add_enabled_ui(place + 1 < count, |ui| {
                if widgets::icon_button(ui, theme, "caret-down", &name("queue-down")).clicked() {
                    to = Some(place + 1);
                }
            });
            ui.add_enabled_ui(place > 0, |ui| {
                if widgets::icon_button(ui, theme, "caret-up", &name("queue-up")).clicked() {
                    to = place.checked_sub(1);
                }
            });
            if ui.available_width() > 200.0 {
                let mut facts = vec![local_time(&run.queued_at)];
                facts.extend(run.device.as_ref().map(ToString::to_string));
                facts.extend(run.seed.map(|seed| tr.fmt("queue-seed", &[("seed", seed.to_string().into())])));
                ui.label(small(theme, facts.join(" · "), theme.muted));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(Label::new(RichText::new(&project).color(theme.text)).truncate());
            });
        });
    });
    let held = response.interact(egui::Sense::click_and_drag());
    if held.clicked() {
        held.request_focus();
    }
    // While it is dragged a line shows where it would go.
    let step = ROW + ui.spacing().item_spacing.y;
    if let Some(at) = held.interact_pointer_pos().filter(|_| held.dragged() || held.drag_stopped()) {
        let target = (((at.y - top) / step).floor().max(0.0) as usize).min(count - 1);
        if held.drag_stopped() {
            to = Some(target);
        } else {
            let line = top + (target + usize::from(target > place)) as f32 * step - 1.0;
            ui.painter().hline(held.rect.x_range(), line, Stroke::new(2.0, theme.accent));
        }
    }
    if held.has_focus() {
        let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(held.id, filter));
        let pressed = |modifiers, key| ui.input_mut(|i| i.consume_key(modifiers, key));
        if pressed(Modifiers::ALT, Key::ArrowUp) {
            to = place.checked_sub(1);
        } else if pressed(Modifiers::ALT, Key::ArrowDown) {
            to = Some(place + 1).filter(|to| *to < count);
        } else if pressed(Modifiers::NONE, Key::Delete) {
            gone = true;
        }
    }
    if gone {
        actions.push(change(QueueChange::Remove { id: run.id }));
    } else if let Some(to) = to.filter(|to| *to != place) {
        actions.push(change(QueueChange::Move { id: run.id, to }));
    }
}

/// When it was queued, by the clock of the machine.
fn local_time(at: &str) -> String {
    match at.parse::<jiff::Timestamp>() {
        Ok(at) => at.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M").to_string(),
        Err(_) => at.to_owned(),
    }
}
