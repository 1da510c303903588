//! Short messages that come and go at the lower right; those that matter stay until they are closed.

use std::time::{Duration, Instant};

use egui::{Align2, Area, Id, Label, Order, RichText, vec2};

use crate::commands::UiCommand;
use crate::i18n::Tr;
use crate::icons;
use crate::theme::Theme;
use crate::widgets;

/// Messages shown at once.
const SHOWN: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Done,
    Note,
    Error,
}

#[derive(Debug)]
struct Toast {
    number: u64,
    kind: Kind,
    text: String,
    until: Instant,
    /// Revision of the project that the step led to which the message offers to take back.
    undo: Option<u64>,
}

/// The messages that are shown.
#[derive(Debug)]
pub struct Toasts {
    toasts: Vec<Toast>,
    next: u64,
    stay: Duration,
}

impl Default for Toasts {
    fn default() -> Self {
        Self { toasts: Vec::new(), next: 0, stay: Duration::from_secs(5) }
    }
}

impl Toasts {
    /// How long a message stays from now on.
    pub fn set_stay(&mut self, stay: Duration) {
        self.stay = stay;
    }

    fn add(&mut self, kind: Kind, text: String, stay: Duration) {
        // The same again renews what is there.
        self.toasts.retain(|t| t.text != text);
        self.next += 1;
        self.toasts.push(Toast { number: self.next, kind, text, until: Instant::now() + stay, undo: None });
        if self.toasts.len() > SHOWN {
            self.toasts.remove(0);
        }
    }

    /// Something went well.
    pub fn done(&mut self, text: impl Into<String>) {
        self.add(Kind::Done, text.into(), self.stay);
    }

    /// Something was done to the project that led to `revision`: as long as nothing was done since, it can be taken back
    /// from here.
    pub fn undoable(&mut self, text: impl Into<String>, revision: u64) {
        self.add(Kind::Done, text.into(), 2 * self.stay);
        if let Some(toast) = self.toasts.last_mut() {
            toast.undo = Some(revision);
        }
    }

    /// Something is worth knowing, or was refused.
    pub fn note(&mut self, text: impl Into<String>) {
        self.add(Kind::Note, text.into(), self.stay);
    }

    /// Something failed: it stays long enough to be read twice.
    pub fn error(&mut self, text: impl Into<String>) {
        self.add(Kind::Error, text.into(), 4 * self.stay);
    }

    /// Shows them; whether the newest step is to be taken back. `revision` is the project's.
    pub fn ui(&mut self, ctx: &egui::Context, theme: &Theme, tr: &Tr, revision: Option<u64>) -> bool {
        let now = Instant::now();
        self.toasts.retain(|t| t.until > now);
        let Some(next) = self.toasts.iter().map(|t| t.until).min() else { return false };
        ctx.request_repaint_after(next.saturating_duration_since(now));
        let mut closed = None;
        let mut undo = false;
        Area::new(Id::unique("toasts"))
            .order(Order::Foreground)
            .anchor(Align2::RIGHT_BOTTOM, vec2(-16.0, -theme.size.status_bar - 16.0))
            .show(ctx, |ui| {
                for toast in &self.toasts {
                    let (icon, color) = match toast.kind {
                        Kind::Done => ("check-circle", theme.ok),
                        Kind::Note => ("info", theme.accent),
                        Kind::Error => ("warning-circle", theme.error),
                    };
                    let frame = egui::Frame::popup(ui.style()).stroke((1.0, theme.strong)).fill(theme.raised);
                    frame.show(ui, |ui| {
                        ui.set_width(340.0);
                        ui.horizontal(|ui| {
                            ui.label(icons::filled(icon, 16.0, color));
                            ui.scope(|ui| {
                                ui.set_width(280.0);
                                ui.add(Label::new(RichText::new(&toast.text).color(theme.text)).wrap());
                                if toast.undo.is_some() && toast.undo == revision {
                                    let key = UiCommand::Undo.label();
                                    if widgets::button(ui, theme, UiCommand::Undo.icon(), tr.t(key)).clicked() {
                                        undo = true;
                                        closed = Some(toast.number);
                                    }
                                }
                            });
                            if widgets::icon_button(ui, theme, "x", tr.t("close")).clicked() {
                                closed = Some(toast.number);
                            }
                        });
                    });
                    ui.add_space(6.0);
                }
            });
        self.toasts.retain(|t| Some(t.number) != closed);
        undo
    }
}
