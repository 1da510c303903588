//! Applying fixes: one, or all of them, each as one step of the history that a message offers to take back.

use egui::Context;
use weft_model::fix::{self, FixedAll, Places};
use weft_model::validate::validate;
use weft_model::{Edit, FixKind, NodeId, NodeKind, ParamKind, Problem};

use super::fixing::{Fixing, Outcome, Task};
use super::{DesktopApp, Purpose, Session};
use crate::dialogs::DialogKind;
use crate::node_views::node_key;
use crate::problems::{FixRequest, ProblemRequest};

impl Session {
    /// What room is taken, by the sizes in which nodes are drawn.
    fn places(&self) -> Places {
        // What is drawn is the outermost graph, or another one: then sizes are estimated.
        let is_drawn = self.project.level().is_empty();
        Places::of(self.project.root(), |id| {
            let drawn = self.canvas.scene.node_rect(node_key(id)).filter(|_| is_drawn);
            drawn.map(|(_, size)| size.map(f64::from))
        })
    }

    /// The fix as it is now: the graph may have changed since the problem was found. None if the problem is gone.
    fn fresh(&self, request: FixRequest) -> Option<FixKind> {
        let FixRequest { problem, fix } = request;
        // A path is right or wrong whatever the graph is like, and where data lie is not found out by looking at it.
        let level = self.project.root().at(&problem.path);
        let node = problem.node.and_then(|id| level?.node(id));
        let param = node.and_then(|n| n.decl()).zip(problem.param.as_deref()).and_then(|(kind, p)| kind.param(p));
        let is_path = param.is_some_and(|p| p.kind == ParamKind::Folder);
        if self.project.is_checked() || problem.code == "missing_data" || is_path {
            return Some(fix.what);
        }
        let same = |p: &Problem| {
            (&p.code, &p.path, p.node, &p.port, &p.param)
                == (&problem.code, &problem.path, problem.node, &problem.port, &problem.param)
        };
        let now = validate(self.project.root(), &self.project.schemas());
        now.into_iter().filter(same).flat_map(|p| p.fixes).find(|f| f.label == fix.label).map(|f| f.what)
    }
}

impl DesktopApp {
    pub(super) fn problem_request(&mut self, request: ProblemRequest) {
        match request {
            ProblemRequest::Show(path) => self.show_problem(&path),
            ProblemRequest::Fix(fix) => self.apply_fix(*fix),
            ProblemRequest::FixAll => self.fix_all(),
        }
    }

    /// Selects a node and fits it into the view.
    fn show_problem(&mut self, path: &[NodeId]) {
        let Some((node, level)) = path.split_last() else { return };
        self.go_to(level);
        let Some(session) = &mut self.session else { return };
        session.canvas.state.select([node_key(*node)], []);
        session.canvas.state.fit_selection();
    }

    /// Applies one fix, or asks what it needs to know.
    pub(super) fn apply_fix(&mut self, request: FixRequest) {
        let level = request.problem.path.clone();
        let Some(session) = &mut self.session else { return };
        let label = self.tr.of(&request.fix.label).to_owned();
        match session.fresh(request) {
            None => self.toasts.note(self.tr.t("fix-outdated")),
            Some(FixKind::FindPath { node, param }) => {
                self.go_to(&level);
                let Some(session) = &self.session else { return };
                let decl = session.project.graph().node(node).and_then(|n| n.decl());
                if let Some(param) = decl.and_then(|d| d.param(&param)) {
                    let purpose = Purpose::Folder { nodes: vec![node], param: param.id };
                    self.ask(purpose, DialogKind::Folder, "dialog-folder", None, None);
                }
            }
            Some(FixKind::Edit { edit }) => {
                let name = |kind: &'static NodeKind| kind.label.get(self.tr.lang()).to_owned();
                let edit = fix::settle(edit, session.project.root(), &mut session.places(), &name);
                self.make_fix(edit, self.tr.fmt("fixed", &[("what", label.into())]));
            }
        }
        self.ctx.request_repaint();
    }

    /// Applies the first fix of every problem, until there is none left: at once, or where there is much to look through
    /// as soon as a thread has found what to do.
    pub(super) fn fix_all(&mut self) {
        let Some(session) = &mut self.session else { return };
        let project = &session.project;
        let task = Task {
            graph: project.root().clone(),
            schemas: project.schemas(),
            found: project.problems().filter(|p| p.code == "missing_data").cloned().collect(),
            places: session.places(),
            lang: self.tr.lang(),
        };
        if task.is_small() {
            self.fixed_all(task.all(&|| true));
            return;
        }
        let ctx = self.ctx.clone();
        match Fixing::start(task, project.revision(), move || ctx.request_repaint()) {
            Ok(fixing) => session.fixing = Some(fixing),
            Err(error) => {
                log::error!("no thread to look for fixes: {error}");
                self.toasts.error(self.tr.t("fixing-no-thread"));
            }
        }
    }

    /// Applies what a thread has found, and tells of one that is still looking.
    pub(super) fn follow_fixing(&mut self, ctx: &Context) {
        let Some(Session { fixing, project, .. }) = &mut self.session else { return };
        let Some(under_way) = fixing else { return };
        match under_way.outcome(project.revision()) {
            Outcome::Waiting => {
                if under_way.ui(ctx, &self.theme, &self.tr) {
                    *fixing = None;
                }
            }
            Outcome::Outdated => {
                *fixing = None;
                self.toasts.note(self.tr.t("fix-outdated"));
            }
            Outcome::Found(done) => {
                *fixing = None;
                self.fixed_all(Some(done));
            }
        }
    }

    fn fixed_all(&mut self, done: Option<FixedAll>) {
        match done.filter(|done| done.fixes > 0) {
            None => self.toasts.note(self.tr.t("fixed-none")),
            Some(done) => self.make_fix(done.edit, self.tr.fmt("fixed-all", &[("n", done.fixes.into())])),
        }
        self.ctx.request_repaint();
    }

    fn make_fix(&mut self, edit: Edit, said: String) {
        let Some(session) = &mut self.session else { return };
        match session.project.apply_to_root("edit-fix", edit) {
            Ok(()) => self.toasts.undoable(said, session.project.revision()),
            Err(error) => {
                log::warn!("a fix cannot be applied: {error}");
                self.toasts.note(self.tr.t("fix-outdated"));
            }
        }
    }
}

/// What tests do to a project and its view past the window.
#[cfg(test)]
impl DesktopApp {
    pub(crate) fn project_mut(&mut self) -> Option<&mut crate::document::OpenProject> {
        self.session.as_mut().map(|s| &mut s.project)
    }

    pub(crate) fn canvas_mut(&mut self) -> Option<&mut crate::canvas::Canvas> {
        self.session.as_mut().map(|s| &mut s.canvas)
    }
}
