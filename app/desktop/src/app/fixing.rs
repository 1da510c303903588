//! Looking for what fixes every problem of a large graph: on a thread, with a notice that gives it up. Must not change the
//! project.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use egui::{Align2, Area, Context, Frame, Id, Order, vec2};
use weft_model::fix::{self, FixedAll, Places};
use weft_model::shape::Schemas;
use weft_model::{Graph, Lang, NodeKind, Problem};

use crate::i18n::Tr;
use crate::theme::Theme;

/// A graph of more nodes than this takes longer than a frame.
const SMALL: usize = 300;
/// How long it is not worth a notice.
const QUIET: Duration = Duration::from_millis(100);

/// What is to be fixed.
pub(super) struct Task {
    pub graph: Graph,
    pub schemas: Schemas,
    /// Problems that only a look at the disk finds.
    pub found: Vec<Problem>,
    pub places: Places,
    /// The language in which nodes are named that are added.
    pub lang: Lang,
}

impl Task {
    /// Whether it is done within a frame.
    pub fn is_small(&self) -> bool {
        self.graph.levels().map(|(_, level)| level.nodes().len()).sum::<usize>() <= SMALL
    }

    /// What is to be done; none if `go_on` said that it is no longer wanted.
    pub fn all(self, go_on: &impl Fn() -> bool) -> Option<FixedAll> {
        let name = |kind: &'static NodeKind| kind.label.get(self.lang).to_owned();
        fix::fix_all_while(&self.graph, &self.schemas, &self.found, self.places, &name, go_on)
    }
}

/// What has come of it.
pub(super) enum Outcome {
    Waiting,
    /// The project is another one by now, or the thread has ended without a word.
    Outdated,
    Found(FixedAll),
}

/// A thread that looks. It ends when this is dropped.
pub(super) struct Fixing {
    revision: u64,
    since: Instant,
    answer: Receiver<FixedAll>,
    given_up: Arc<AtomicBool>,
}

impl Fixing {
    /// Begins to look at a graph as it stands at a revision. `wake` is called when there is an answer.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(task: Task, revision: u64, wake: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let (sender, answer) = bounded(1);
        let given_up = Arc::new(AtomicBool::new(false));
        let stop = given_up.clone();
        std::thread::Builder::new().name("weft-fixes".to_owned()).spawn(move || {
            if let Some(done) = task.all(&|| !stop.load(Ordering::Relaxed)) {
                // Nobody may want it any more.
                let _ = sender.send(done);
            }
            drop(sender);
            wake();
        })?;
        Ok(Self { revision, since: Instant::now(), answer, given_up })
    }

    /// What has come of it, for a project at a revision.
    pub fn outcome(&self, revision: u64) -> Outcome {
        match self.answer.try_recv() {
            _ if revision != self.revision => Outcome::Outdated,
            Ok(done) => Outcome::Found(done),
            Err(TryRecvError::Empty) => Outcome::Waiting,
            Err(TryRecvError::Disconnected) => Outcome::Outdated,
        }
    }

    /// Tells of it; whether its user gives it up.
    pub fn ui(&self, ctx: &Context, theme: &Theme, tr: &Tr) -> bool {
        if let Some(left) = QUIET.checked_sub(self.since.elapsed()).filter(|left| !left.is_zero()) {
            ctx.request_repaint_after(left);
            return false;
        }
        let place = vec2(0.0, -theme.size.status_bar - 16.0);
        let notice = Area::new(Id::unique("fixing")).order(Order::Foreground).anchor(Align2::CENTER_BOTTOM, place);
        let notice = notice.show(ctx, |ui| {
            let row = |ui: &mut egui::Ui| {
                ui.label(tr.t("fixing"));
                ui.button(tr.t("cancel")).clicked()
            };
            Frame::popup(ui.style()).show(ui, |ui| ui.horizontal(row).inner).inner
        });
        notice.inner
    }
}

impl Drop for Fixing {
    fn drop(&mut self) {
        self.given_up.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_model::{Edit, Node, NodeId};

    fn broken(nodes: usize) -> Task {
        let mut graph = Graph::default();
        for id in 0..nodes as u64 {
            let node = Node::new("split", format!("Split {id}"), [id as f64 * 200.0, 0.0]);
            graph.apply(Edit::AddNode { id: NodeId(id + 1), node }).unwrap();
        }
        let places = Places::of(&graph, |_| None);
        Task { graph, schemas: Schemas::new(), found: Vec::new(), places, lang: Lang::En }
    }

    #[test]
    fn a_thread_finds_what_is_found_at_once() {
        let task = broken(SMALL + 1);
        assert!(!task.is_small() && broken(SMALL).is_small());
        let mut graph = task.graph.clone();
        let (woken, wait) = bounded(1);
        let fixing = Fixing::start(task, 7, move || woken.send(()).unwrap()).unwrap();
        wait.recv_timeout(Duration::from_secs(60)).unwrap();
        let Outcome::Found(done) = fixing.outcome(7) else { panic!("nothing was found") };
        assert!(done.fixes > SMALL);
        graph.apply(done.edit).unwrap();
        assert_eq!(graph.check(), Ok(()));
    }

    #[test]
    fn an_answer_about_another_revision_is_outdated() {
        let (woken, wait) = bounded(1);
        let fixing = Fixing::start(broken(3), 7, move || woken.send(()).unwrap()).unwrap();
        wait.recv_timeout(Duration::from_secs(60)).unwrap();
        assert!(matches!(fixing.outcome(8), Outcome::Outdated));
    }

    #[test]
    fn what_is_given_up_finds_nothing() {
        assert!(broken(10).all(&|| false).is_none());
    }
}
