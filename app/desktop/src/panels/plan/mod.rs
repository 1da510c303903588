//! The plan panel: what will compute where and when, held against what really happens. It keeps how plans are looked at
//! and hands back what is wanted; it plans nothing.

use std::sync::Arc;
use std::time::Instant;

use egui::{Button, Label, Layout, Margin, Rect, Role, ScrollArea, Ui, UiBuilder};
use weft_model::{Category, NodeId};
use weft_protocol::{PlanView, SchedulerInfo};

use self::gantt::{Asked, GanttView, Input, Shows, gantt_ui};
use super::chart::ChartState;
use super::{PanelAction, empty_state, figures, mono, small};
use crate::document::OpenProject;
use crate::export::Content;
use crate::focus;
use crate::i18n::Tr;
use crate::icons;
use crate::plan_file::{FileRow, Format, Paper, PlanFile, Words};
use crate::planning::{PlannerSettings, Planning};
use crate::run_state::{CurrentRun, RunState};
use crate::theme::{Mode, Theme};
use crate::widgets;

mod card;
mod costs;
pub mod gantt;
mod layout;
mod queue;
mod race;
mod scheduler;
mod what_if;

/// Width from which the selected task has its card beside the chart.
const WITH_CARD: f32 = 720.0;
/// Width of that card.
const CARD: f32 = 232.0;
/// Width from which switches and search stand beside one another.
const WIDE: f32 = 660.0;
/// Height below which pages and switches share a row.
const SHORT: f32 = 200.0;
/// Width below which zooming is in the menu.
const NARROW: f32 = 300.0;
/// Width of the field to search in.
const SEARCH: f32 = 150.0;

/// A page of the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Page {
    /// The chart.
    #[default]
    Chart,
    /// What a run will cost and may take.
    Costs,
    /// Which rule plans.
    Scheduler,
    /// What would be otherwise.
    WhatIf,
    /// Rules against one another.
    Race,
    /// Runs that wait.
    Queue,
}

impl Page {
    /// All, from left to right.
    pub const ALL: [Page; 6] = [Page::Chart, Page::Costs, Page::Scheduler, Page::WhatIf, Page::Race, Page::Queue];

    /// Its icon.
    pub fn icon(self) -> &'static str {
        match self {
            Page::Chart => "chart-bar-horizontal",
            Page::Costs => "receipt",
            Page::Scheduler => "sliders-horizontal",
            Page::WhatIf => "question",
            Page::Race => "flag-checkered",
            Page::Queue => "queue",
        }
    }

    /// Key of its label.
    pub fn label(self) -> &'static str {
        match self {
            Page::Chart => "plan-page-chart",
            Page::Costs => "plan-page-costs",
            Page::Scheduler => "plan-page-scheduler",
            Page::WhatIf => "plan-page-what-if",
            Page::Race => "plan-page-race",
            Page::Queue => "plan-page-queue",
        }
    }
}

/// Which plan the chart shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Run,
    Next,
}

/// How plans are looked at.
#[derive(Debug, Clone, Default)]
pub struct PlanPanel {
    /// The page that is open.
    pub page: Page,
    /// The chart of the run, or of the next.
    pub gantt: GanttView,
    /// Which of both was chosen; none for the run while there is one.
    which: Option<Which>,
    /// The plan as it is, and as it would be.
    supposed: [GanttView; 2],
    /// The chart of the race.
    race: ChartState,
}

/// What the panel is made from.
pub struct PlanContext<'a> {
    /// How things run.
    pub runs: &'a RunState,
    /// The open project.
    pub project: Option<&'a OpenProject>,
    /// The rules that there are.
    pub schedulers: &'a [SchedulerInfo],
    /// Nodes of a run that are selected on the canvas, with their names.
    pub selected: &'a [(NodeId, String)],
    /// Problems that keep the project from running.
    pub blocked: usize,
    /// Whether a run can be begun or queued.
    pub may_run: bool,
    /// Whether plans can be asked for.
    pub may_plan: bool,
    /// Colours.
    pub theme: &'a Theme,
    /// Language.
    pub tr: &'a Tr,
}

impl PlanContext<'_> {
    /// What kind a node of a run is.
    fn category(&self, run_id: NodeId) -> Option<Category> {
        Some(self.project?.flat().graph().node(run_id)?.decl()?.category)
    }
}

impl From<Asked> for PanelAction {
    fn from(asked: Asked) -> Self {
        match asked {
            Asked::Show(node) => PanelAction::ShowNode(node),
            Asked::Zoom(node) => PanelAction::ZoomToNode(node),
        }
    }
}

/// Draws the panel.
pub fn plan_ui(
    ui: &mut Ui,
    panel: &mut PlanPanel,
    planning: &mut Planning,
    planner: &mut PlannerSettings,
    with: &PlanContext<'_>,
) -> Vec<PanelAction> {
    let mut actions = Vec::new();
    egui::Frame::new().inner_margin(Margin { left: 12, right: 2, top: 6, bottom: 4 }).show(ui, |ui| {
        // With little height pages and switches share a row, and the figures are left to the pointer.
        let short = ui.available_height() < SHORT && panel.page == Page::Chart;
        if !short {
            pages(ui, panel, planning, with, false);
            ui.add_space(2.0);
        }
        match panel.page {
            Page::Chart => chart_page(ui, panel, planning, with, short, &mut actions),
            Page::Costs => costs::costs_ui(ui, planning, planner, with, &mut actions),
            Page::Scheduler => scheduler::scheduler_ui(ui, planner, with),
            Page::WhatIf => what_if::what_if_ui(ui, panel, planning, with, &mut actions),
            Page::Race => race::race_ui(ui, panel, planning, planner, with, &mut actions),
            Page::Queue => queue::queue_ui(ui, planning, with, &mut actions),
        }
    });
    actions
}

/// The pages to choose from: beside one another where there is room, else in a menu.
fn pages(ui: &mut Ui, panel: &mut PlanPanel, planning: &Planning, with: &PlanContext<'_>, folded: bool) {
    let (theme, tr) = (with.theme, with.tr);
    let waiting = planning.queue.waiting.len();
    let label = |page: Page| match page {
        Page::Queue if waiting > 0 => format!("{} ({waiting})", tr.t(page.label())),
        _ => tr.t(page.label()).to_owned(),
    };
    let wide = |text: String| ui.painter().layout_no_wrap(text, theme.small_font(), theme.text).size().x + 24.0;
    let needed: f32 = Page::ALL.iter().map(|page| wide(label(*page))).sum();
    let item = |ui: &mut Ui, page: Page, open: bool| {
        let text = label(page);
        let button = ui.add(Button::selectable(open, small(theme, &text, theme.text)));
        let enabled = button.enabled();
        button.widget_info(|| egui::WidgetInfo::selected(Role::Tab, enabled, open, &text));
        button.clicked()
    };
    if !folded && needed <= ui.available_width() {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            for page in Page::ALL {
                if item(ui, page, panel.page == page) {
                    panel.page = page;
                }
            }
        });
        return;
    }
    let text = (small(theme, label(panel.page), theme.text), icons::text("caret-down", 12.0, theme.muted));
    let menu = ui.menu_button(text, |ui| {
        for page in Page::ALL {
            if item(ui, page, panel.page == page) {
                panel.page = page;
                ui.close();
            }
        }
    });
    widgets::named(menu.response, Role::Button, &tr.fmt("plan-page", &[("page", label(panel.page).into())]));
}

/// The chart of the run, or of what the next one is thought to be.
fn chart_page(
    ui: &mut Ui,
    panel: &mut PlanPanel,
    planning: &Planning,
    with: &PlanContext<'_>,
    short: bool,
    actions: &mut Vec<PanelAction>,
) {
    let (theme, tr) = (with.theme, with.tr);
    let of_run = with.runs.current().and_then(|run| Some((run, run.plan.clone()?)));
    let of_next = planning.forecast().cloned();
    let which = match (&of_run, &of_next) {
        (Some(_), Some(_)) if !with.runs.is_running() => panel.which.unwrap_or(Which::Run),
        (Some(_), _) => Which::Run,
        (None, _) => Which::Next,
    };
    let both = of_run.is_some() && of_next.is_some() && !with.runs.is_running();
    let (run, plan) = match which {
        Which::Run => (of_run.as_ref().map(|(run, _)| *run), of_run.as_ref().map(|(_, plan)| plan.clone())),
        Which::Next => (None, of_next),
    };
    let Some(plan) = plan else {
        let (title, hint) = match planning.refused() {
            Some((fault, _)) => (tr.said(&fault.message), tr.said(&fault.remedy)),
            None => (tr.t("plan-empty").into(), tr.t("plan-empty-hint").into()),
        };
        if short {
            pages(ui, panel, planning, with, true);
        }
        empty_state(ui, theme, "chart-bar-horizontal", &title, &hint);
        return;
    };
    let now_s = with.runs.run_elapsed_s(Instant::now()).filter(|_| run.is_some() && with.runs.is_running());
    if short {
        ui.horizontal(|ui| {
            pages(ui, panel, planning, with, true);
            toolbar(ui, &mut panel.gantt, run, &plan, with, actions);
        });
        return chart_and_card(ui, &mut panel.gantt, run, &plan, now_s, with, actions);
    }
    toolbar(ui, &mut panel.gantt, run, &plan, with, actions);
    ui.horizontal(|ui| {
        if both {
            let number = of_run.as_ref().map_or_else(String::new, |(run, _)| run.id.to_string());
            let labels = [
                (Which::Run, tr.fmt("plan-of-run", &[("run", number.into())])),
                (Which::Next, tr.t("plan-of-next").to_owned()),
            ];
            for (of, label) in labels {
                if ui.selectable_label(which == of, small(theme, label, theme.text)).clicked() {
                    panel.which = Some(of);
                }
            }
        } else if run.is_none() {
            ui.label(small(theme, tr.t("plan-of-next"), theme.muted));
        }
        head_ui(ui, &plan, run, with);
    });
    ui.add_space(2.0);
    chart_and_card(ui, &mut panel.gantt, run, &plan, now_s, with, actions);
}

/// The chart, and beside it what is said of the selected task where there is room.
fn chart_and_card(
    ui: &mut Ui,
    view: &mut GanttView,
    run: Option<&CurrentRun>,
    plan: &Arc<PlanView>,
    now_s: Option<f64>,
    with: &PlanContext<'_>,
    actions: &mut Vec<PanelAction>,
) {
    let (theme, tr) = (with.theme, with.tr);
    let full = ui.available_rect_before_wrap();
    let selected = view.selected_index().filter(|_| full.width() >= WITH_CARD && full.height() >= 100.0);
    let chart = if selected.is_some() { full.with_max_x(full.right() - CARD - 12.0) } else { full };
    let name = tr.fmt("plan-accessible", &[("n", plan.tasks.len().into())]);
    let input = Input {
        plan,
        run,
        now_s,
        least_end_s: 0.0,
        devices: with.runs.devices(),
        category: &|id| with.category(id),
        name: &name,
        theme,
        tr,
    };
    let asked = ui.scope_builder(UiBuilder::new().max_rect(chart), |ui| {
        ui.shrink_clip_rect(chart);
        gantt_ui(ui, view, &input)
    });
    actions.extend(asked.inner.map(PanelAction::from));
    if let Some(index) = selected {
        let beside = Rect::from_min_max(egui::pos2(chart.right() + 12.0, full.top()), full.max);
        ui.painter().vline(beside.left() - 6.0, beside.y_range(), theme.line());
        ui.scope_builder(UiBuilder::new().max_rect(beside), |ui| {
            ui.shrink_clip_rect(beside);
            ScrollArea::vertical().id_salt("plan card").auto_shrink([false, false]).show(ui, |ui| {
                ui.set_width(ui.available_width() - 10.0);
                selected_ui(ui, view, index, run, with, actions);
                focus::keep_in_view(ui);
            });
        });
    }
    ui.allocate_rect(full, egui::Sense::hover());
}

/// What is said of the selected task, and where it leads.
fn selected_ui(
    ui: &mut Ui,
    view: &mut GanttView,
    index: usize,
    run: Option<&CurrentRun>,
    with: &PlanContext<'_>,
    actions: &mut Vec<PanelAction>,
) {
    let (theme, tr) = (with.theme, with.tr);
    let Some(laid) = view.laid() else { return };
    card::card_ui(ui, laid, index, view.happened_to(index), with.runs.devices(), theme, tr);
    let Some(task) = laid.plan.tasks.get(index) else { return };
    let node = task.node_id.or_else(|| Some(run?.node_named(&task.node)?.0));
    let before = task.after.and_then(|id| laid.index_of(id));
    let before_name = before.map(|index| card::label_of(&laid.plan.tasks[index], tr));
    ui.add_space(6.0);
    if let (Some(before), Some(name)) = (before, before_name) {
        let text = tr.fmt("plan-waits-for", &[("task", name.as_str().into())]);
        let button = Button::new((icons::text("arrow-left", 14.0, theme.text), small(theme, &text, theme.text)));
        if widgets::named(ui.add(button.truncate()), Role::Button, &text).clicked() {
            view.select(before);
        }
    }
    if let Some(node) = node
        && widgets::button(ui, theme, "crosshair", tr.t("plan-show-node")).clicked()
    {
        actions.push(PanelAction::ZoomToNode(node));
    }
}

/// Switches, search, zoom and export.
fn toolbar(
    ui: &mut Ui,
    view: &mut GanttView,
    run: Option<&CurrentRun>,
    plan: &Arc<PlanView>,
    with: &PlanContext<'_>,
    actions: &mut Vec<PanelAction>,
) {
    let (theme, tr) = (with.theme, with.tr);
    let (wide, narrow) = (ui.available_width() >= WIDE, ui.available_width() < NARROW);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let mut zoomed_by = None;
        let zooms = [("plan-zoom-in", 1.0 / 1.6), ("plan-zoom-out", 1.6), ("plan-fit", f64::INFINITY)];
        let Shows { actual, critical, slack, transfers, memory } = &mut view.shows;
        let switches = [
            ("plan-actual", actual, run.is_some()),
            ("plan-critical", critical, true),
            ("plan-slack", slack, true),
            ("plan-transfers", transfers, !plan.transfers.is_empty()),
            ("plan-memory", memory, true),
        ];
        let switches = switches.into_iter().filter(|(_, _, there)| *there);
        if wide {
            for (key, on, _) in switches {
                ui.toggle_value(on, small(theme, tr.t(key), theme.text));
            }
        } else {
            let menu = ui.menu_button(icons::text("eye", 16.0, theme.muted), |ui| {
                for (key, on, _) in switches {
                    ui.checkbox(on, tr.t(key));
                }
                for (key, factor) in zooms.into_iter().filter(|_| narrow) {
                    if ui.add(Button::new(tr.t(key)).frame_when_inactive(false)).clicked() {
                        zoomed_by = Some(factor);
                    }
                }
            });
            widgets::named(menu.response, Role::Button, tr.t("plan-shows")).on_hover_text(tr.t("plan-shows"));
        }
        ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            ui.add_space(8.0);
            export_menu(ui, view, run, plan, with, actions);
            let icons = ["magnifying-glass-plus", "magnifying-glass-minus", "corners-out"];
            for ((key, factor), icon) in zooms.into_iter().zip(icons).rev().filter(|_| !narrow) {
                let enabled = factor.is_finite() || view.is_zoomed();
                ui.add_enabled_ui(enabled, |ui| {
                    if widgets::icon_button(ui, theme, icon, tr.t(key)).clicked() {
                        zoomed_by = Some(factor);
                    }
                });
            }
            match zoomed_by {
                Some(factor) if factor.is_finite() => view.zoom(factor),
                Some(_) => view.fit(),
                None => {}
            }
            if let Some(run) = run.filter(|run| !run.replanned.is_empty()) {
                replans(ui, run, with);
            }
            let room = ui.available_width() - 8.0;
            if room >= 90.0 {
                search(ui, view, room.min(SEARCH), with);
            }
        });
    });
}

fn search(ui: &mut Ui, view: &mut GanttView, width: f32, with: &PlanContext<'_>) {
    let (theme, tr) = (with.theme, with.tr);
    ui.scope(|ui| {
        ui.set_max_width(width);
        let name = tr.t("plan-search");
        let found = view.matches().map(|n| n.to_string());
        let field = widgets::search_field(ui, theme, &mut view.search, name, found.as_deref(), name);
        let (enter, shift) = ui.input(|i| (i.key_pressed(egui::Key::Enter), i.modifiers.shift));
        if field.lost_focus() && enter {
            view.find(!shift);
            field.request_focus();
        }
    });
}

/// When and why the plan was made anew.
fn replans(ui: &mut Ui, run: &CurrentRun, with: &PlanContext<'_>) {
    let (theme, tr) = (with.theme, with.tr);
    let name = tr.fmt("plan-replans", &[("n", run.replanned.len().into())]);
    let text =
        (icons::text("arrows-clockwise", 14.0, theme.text), small(theme, run.replanned.len().to_string(), theme.text));
    let menu = ui.menu_button(text, |ui| {
        ui.set_min_width(280.0);
        ScrollArea::vertical().max_height(240.0).show(ui, |ui| {
            for (at_s, reason) in run.replanned.iter().rev() {
                ui.horizontal_top(|ui| {
                    ui.label(mono(theme, figures::clock(*at_s), theme.muted));
                    ui.add(Label::new(small(theme, reason.get(tr.lang()), theme.text)).wrap());
                });
            }
        });
    });
    widgets::named(menu.response, Role::Button, &name).on_hover_text(name);
}

fn export_menu(
    ui: &mut Ui,
    view: &GanttView,
    run: Option<&CurrentRun>,
    plan: &Arc<PlanView>,
    with: &PlanContext<'_>,
    actions: &mut Vec<PanelAction>,
) {
    let (theme, tr) = (with.theme, with.tr);
    let menu = ui.menu_button(icons::text("export", 16.0, theme.muted), |ui| {
        for format in Format::ALL {
            if ui.add(Button::new(tr.t(format.label())).frame_when_inactive(false)).clicked() {
                actions.extend(file(view, format, run, plan, with));
                ui.close();
            }
        }
    });
    widgets::named(menu.response, Role::Button, tr.t("plan-export")).on_hover_text(tr.t("plan-export"));
}

/// The plan as it is written.
fn file(
    view: &GanttView,
    format: Format,
    run: Option<&CurrentRun>,
    plan: &Arc<PlanView>,
    with: &PlanContext<'_>,
) -> Option<PanelAction> {
    let (tr, laid) = (with.tr, view.laid()?);
    // Pictures are for paper.
    let light = Theme::load(Mode::Light);
    let tasks: Vec<_> = (0..plan.tasks.len()).map(|index| gantt::colour_of(laid, index, &light)).collect();
    let title = with.project.map(|project| project.name(tr.lang(), tr.t("project-unnamed"))).unwrap_or_default();
    let stem = title.strip_suffix(".weft").unwrap_or(&title).to_owned();
    let happened = (0..plan.tasks.len()).map(|index| {
        let happened = view.happened_to(index).filter(|happened| !happened.running)?;
        laid.planned(index, &happened).map(|_| (happened.from_s, happened.to_s))
    });
    let rows = laid.rows.iter().filter_map(|row| {
        let layout::RowOf::Device(id) = &row.of else { return None };
        let lanes = row.lanes.iter().map(|lane| lane.iter().map(|span| span.index as usize).collect()).collect();
        Some(FileRow { name: id.to_string(), lanes })
    });
    let content = PlanFile {
        format,
        plan: Arc::clone(plan),
        happened: happened.collect(),
        labels: plan.tasks.iter().map(|task| card::label_of(task, tr)).collect(),
        rows: rows.collect(),
        shown_s: view.shown_s().unwrap_or((0.0, laid.end_s)),
        words: Words { title, head: head(plan, tr), lang: tr.lang().id() },
        paper: Paper {
            ground: light.panel,
            text: light.text,
            muted: light.muted,
            line: light.border,
            critical: light.critical,
            labels: tasks.iter().map(|ground| super::text_on(&light, *ground)).collect(),
            tasks,
        },
    };
    let name = run.map_or_else(|| format!("{stem}-plan"), |run| format!("{stem}-plan-{}", run.id));
    let file_name = format!("{}.{}", name.trim_start_matches('-'), format.extension());
    Some(PanelAction::Save { file_name, content: Content::Plan(Box::new(content)) })
}

/// What the plan promises, in one line; cut off where there is no room for all of it, the pointer shows the rest.
fn head_ui(ui: &mut Ui, plan: &PlanView, run: Option<&CurrentRun>, with: &PlanContext<'_>) {
    let (theme, tr) = (with.theme, with.tr);
    let mut text = head(plan, tr);
    if let Some((_, reason)) = run.and_then(|run| run.replanned.last()) {
        text = format!("{text} · {}", tr.fmt("plan-replanned", &[("reason", reason.get(tr.lang()).into())]));
    }
    ui.add(Label::new(mono(theme, &text, theme.muted)).truncate()).on_hover_text(text);
}

/// Makespan with its range, bound and gap, one after another, index and speed-up.
fn head(plan: &PlanView, tr: &Tr) -> String {
    let time = |s: f64| figures::duration(s);
    let mut parts = vec![plan.algorithm.clone()];
    let makespan = time(plan.makespan_s);
    parts.push(match card::range_text(plan.makespan_range_s) {
        Some(range) => tr.fmt("plan-makespan-range", &[("makespan", makespan.into()), ("range", range.into())]),
        None => tr.fmt("plan-makespan", &[("makespan", makespan.into())]),
    });
    let bound = time(plan.lower_bound_s);
    let by = bound_by(&plan.bound_by, tr);
    parts.push(match by {
        Some(by) => tr.fmt("plan-bound-by", &[("bound", bound.into()), ("by", by.into())]),
        None => tr.fmt("plan-bound", &[("bound", bound.into())]),
    });
    parts.push(match plan.proved {
        true => tr.t("plan-proved").to_owned(),
        false => tr.fmt("plan-gap", &[("gap", figures::percent(plan.gap, 1).into())]),
    });
    if plan.speed_up > 0.0 {
        parts.push(tr.fmt("plan-one-by-one", &[("time", time(plan.speed_up * plan.makespan_s).into())]));
    }
    if plan.serial_index_s > 0.0 {
        parts.push(tr.fmt("plan-serial", &[("serial", time(plan.serial_index_s).into())]));
    }
    if plan.speed_up > 0.0 {
        parts.push(tr.fmt("plan-speed-up", &[("speedup", format!("{:.2}", plan.speed_up).into())]));
    }
    parts.join(" · ")
}

/// What the largest bound comes from, in words.
fn bound_by(bound: &str, tr: &Tr) -> Option<String> {
    if bound.is_empty() {
        return None;
    }
    let key = format!("plan-bound-{bound}");
    let text = tr.t(&key);
    Some(if text == key { bound.to_owned() } else { text.to_owned() })
}

#[cfg(test)]
mod tests;
