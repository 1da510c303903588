//! Plans that are asked for without a run: when, of what, and what is done with them. Must not draw.

use std::time::{Duration, Instant};

use weft_model::{Edit, NodeId, Severity};
use weft_protocol::{Command, FitChange, PlanRequest, QueueChange, RunRequest};

use super::{DesktopApp, Session};
use crate::dock::Pane;
use crate::files::Job;
use crate::panels::plan::Page;
use crate::plan_marks::PlanMarks;
use crate::planning::Basis;
use crate::windows;

impl DesktopApp {
    /// A run of a project as text, as the user wants runs to be.
    pub(super) fn request_of(&self, project_text: String) -> Option<RunRequest> {
        let Session { project, layout, .. } = self.session.as_ref()?;
        Some(RunRequest {
            project_text,
            project_path: project.run_path(),
            device: self.device.clone(),
            scheduler: Some(layout.planner.choice()),
            limits: layout.planner.limits.clone(),
            forbidden: self.settings.forbidden_devices.iter().cloned().collect(),
            threads: self.settings.threads,
            ..RunRequest::default()
        })
    }

    /// Lets the forecast, what is supposed and races follow the project: asks for what is wanted. The project is written
    /// as text by another thread, since that takes longer than a frame where it is large.
    pub(super) fn follow_plans(&mut self) {
        let Some(session) = &self.session else { return };
        let Session { project, layout, dock, .. } = session;
        let basis = Basis {
            revision: project.document().run_revision(),
            scheduler: layout.planner.choice(),
            limits: layout.planner.limits.clone(),
            device: self.device.clone(),
            forbidden: self.settings.forbidden_devices.clone(),
            threads: self.settings.threads,
        };
        // A graph with errors is refused, and a run wants the machine for itself.
        let whole = project.root().nodes().len() > 0 && !project.problems().any(|p| p.severity == Severity::Error);
        let may_forecast = whole && !self.runs.is_running() && self.asking.is_none();
        let suppose = self.plan.page == Page::WhatIf && dock.shape().shows(Pane::Plan);
        let now = Instant::now();
        if let Some(wanted) = self.planning.follow(basis, may_forecast, suppose, now) {
            let job = Job::Text { project: Box::new(project.project()), ticket: wanted.ticket };
            if self.files.send(job) {
                self.asking = Some(wanted);
            } else {
                self.planning.not_sent(wanted.ticket);
            }
        }
        if may_forecast && let Some(after) = self.planning.due(now) {
            self.ctx.request_repaint_after(after);
        }
        if self.planning.is_racing() {
            self.ctx.request_repaint_after(Duration::from_millis(100));
        }
    }

    /// The project is there as text: asks the engine.
    pub(super) fn ask_for_plans(&mut self, ticket: u64, text: String) {
        let Some(wanted) = self.asking.take_if(|wanted| wanted.ticket == ticket) else { return };
        let Some(request) = self.request_of(text) else { return };
        let (what_if, race) = (wanted.what_if, wanted.race);
        let asked = Command::Plan(Box::new(PlanRequest { ticket, request, what_if, race }));
        if self.engine.commands.try_send(asked).is_err() {
            self.planning.not_sent(ticket);
        }
    }

    /// Shows a page of the plan panel.
    pub(super) fn show_plan(&mut self, page: Page) {
        self.plan.page = page;
        if let Some(session) = &mut self.session {
            session.dock.show(Pane::Plan);
        }
        self.ctx.request_repaint();
    }

    /// Puts a run at the end of the queue; it begins at once where nothing is going on.
    pub(super) fn queue_run(&mut self, fresh: bool, until: Option<NodeId>) {
        let Some(request) = self.checked_request(fresh, until) else { return };
        if self.send(Command::Queue(QueueChange::Add(Box::new(request)))) {
            self.toasts.note(self.tr.t("queued"));
        }
    }

    /// Asks whether a run is to wait for the one that is on.
    pub(super) fn ask_to_queue(&mut self, ctx: &egui::Context) {
        let Some((fresh, until)) = self.to_queue else { return };
        match windows::queue_it(ctx, &self.theme, &self.tr) {
            None => {}
            Some(false) => self.to_queue = None,
            Some(true) => {
                self.to_queue = None;
                self.queue_run(fresh, until);
            }
        }
    }

    /// Makes a change that lets a plan fit.
    pub(super) fn make_fit(&mut self, change: FitChange) {
        let Some(session) = &mut self.session else { return };
        match change {
            FitChange::Param { path, param, value } => {
                let Some((node, level)) = path.split_last() else { return };
                let edit = Edit::SetParam { id: *node, param, value: Some(value) };
                match session.project.apply_to_root("edit-set-param", Edit::inside(level, edit)) {
                    Ok(()) => self.toasts.done(self.tr.t("cost-changed").to_owned()),
                    Err(error) => self.toasts.error(error.to_string()),
                }
            }
            FitChange::Device(device) => self.device = Some(device),
            FitChange::Branches(branches) => session.layout.planner.limits.branches = Some(branches),
        }
        self.follow_level();
        self.ctx.request_repaint();
    }

    /// What the canvas says of the plan follows the plan: that of the run while it is on, else the forecast.
    pub(super) fn follow_plan_marks(&mut self) {
        let of_run = self.runs.current().filter(|_| self.runs.is_running()).and_then(|run| run.plan.clone());
        let plan = of_run.or_else(|| self.planning.forecast().filter(|_| self.planning.is_current()).cloned());
        let critical = self.plan.gantt.shows.critical;
        if self.plan_marks.is_of(plan.as_ref(), critical) {
            return;
        }
        self.plan_marks = PlanMarks::new(plan, critical);
        if let Some(session) = &mut self.session {
            session.views.refresh();
        }
    }
}
