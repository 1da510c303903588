//! What a crash left: asks about it once, at the start, and does what was answered.

use super::{DesktopApp, Then};
use crate::files::{Job, RecoveryCard};
use crate::recovery::{RecoveryRequest, RecoveryWindow};

impl DesktopApp {
    /// Takes in what can be recovered. The first time that there is something, the user is asked.
    pub(super) fn take_recoveries(&mut self, cards: Vec<RecoveryCard>) {
        self.recoveries = cards;
        if self.recoveries.is_empty() {
            self.recovery = None;
        } else if !std::mem::replace(&mut self.recovery_asked, true) && self.session.is_none() {
            self.recovery = Some(RecoveryWindow::default());
        }
    }

    pub(super) fn recovery_ui(&mut self, ctx: &egui::Context) {
        let Some(mut window) = self.recovery.take() else { return };
        let now = jiff::Zoned::now();
        let mut requests = Vec::new();
        if window.ui(ctx, &self.theme, &self.tr, &self.recoveries, &now, &mut requests) {
            self.recovery = Some(window);
        }
        for request in requests {
            match request {
                RecoveryRequest::Recover(journal) => self.guarded(Then::Recover(journal)),
                RecoveryRequest::Discard(journal) => {
                    self.files.send(Job::Discard { journal });
                }
                RecoveryRequest::Compare(journal) => {
                    self.files.send(Job::Compare { journal });
                }
            }
        }
    }
}
