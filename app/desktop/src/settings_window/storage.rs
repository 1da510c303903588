//! What is kept only so that it need not be made again: how much it is, and clearing it after a question. Must not know
//! files: the engine owns them.

use std::collections::BTreeSet;

use egui::{Frame, Label, Layout, Margin, RichText, Ui, vec2};
use weft_protocol::kept::{Kept, KeptReport};

use super::SettingsRequest;
use crate::i18n::Tr;
use crate::panels::figures;
use crate::theme::Theme;
use crate::widgets;

/// The list while the settings are open.
#[derive(Debug, Clone, Default)]
pub(super) struct StoragePage {
    /// What is to be cleared, while that is asked about.
    asked: BTreeSet<Kept>,
}

/// What a kind is called, and what becomes of it once it is gone.
fn texts(kind: Kept) -> [&'static str; 2] {
    match kind {
        Kept::Results => ["kept-results", "kept-results-hint"],
        Kept::Checkpoints => ["kept-checkpoints", "kept-checkpoints-hint"],
        Kept::Previews => ["kept-previews", "kept-previews-hint"],
        Kept::Bundles => ["kept-bundles", "kept-bundles-hint"],
    }
}

/// Words by which the list is found, as keys of texts.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    Kept::ALL.into_iter().flat_map(texts)
}

impl StoragePage {
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        theme: &Theme,
        tr: &Tr,
        report: Option<&KeptReport>,
        requests: &mut Vec<SettingsRequest>,
    ) {
        for kind in Kept::ALL {
            let [name, hint] = texts(kind);
            let bytes = report.and_then(|report| report.bytes.get(&kind).copied());
            ui.horizontal(|ui| {
                ui.set_min_height(theme.size.row + 4.0);
                ui.label(RichText::new(tr.t(name)).color(theme.text)).on_hover_text(tr.t(hint));
                ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
                    let text = tr.fmt("kept-clear", &[("what", tr.t(name).into())]);
                    ui.add_enabled_ui(bytes.is_some_and(|b| b > 0), |ui| {
                        if widgets::icon_button(ui, theme, "trash", &text).clicked() {
                            self.asked = BTreeSet::from([kind]);
                        }
                    });
                    let size = match bytes {
                        Some(bytes) => figures::bytes(bytes as f64),
                        None => tr.t("settings-measuring").to_owned(),
                    };
                    ui.label(RichText::new(size).font(theme.mono_small()).color(theme.muted));
                });
            });
            if self.asked == BTreeSet::from([kind]) {
                self.question(ui, theme, tr, report, requests);
            }
        }
        let all: BTreeSet<Kept> =
            Kept::ALL.into_iter().filter(|kind| sum(report, &BTreeSet::from([*kind])) > 0).collect();
        ui.add_enabled_ui(!all.is_empty(), |ui| {
            if widgets::button(ui, theme, "trash", tr.t("kept-clear-all")).clicked() {
                self.asked.clone_from(&all);
            }
        });
        if self.asked.len() > 1 {
            self.question(ui, theme, tr, report, requests);
        }
    }

    /// Asks whether it is to be cleared, and says what that means.
    fn question(
        &mut self,
        ui: &mut Ui,
        theme: &Theme,
        tr: &Tr,
        report: Option<&KeptReport>,
        requests: &mut Vec<SettingsRequest>,
    ) {
        let size = figures::bytes(sum(report, &self.asked) as f64);
        let frame: Frame = widgets::card(theme).inner_margin(Margin::symmetric(10, 8)).stroke((1.0, theme.warn));
        let shown = frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
            let title = tr.fmt("kept-question", &[("size", size.into())]);
            ui.add(Label::new(widgets::semibold(title, theme)).wrap());
            for kind in &self.asked {
                ui.add(Label::new(widgets::muted(tr.t(texts(*kind)[1]), theme)).wrap());
            }
            ui.add(Label::new(widgets::muted(tr.t("kept-in-use"), theme)).wrap());
            let mut answer = None;
            ui.horizontal_wrapped(|ui| {
                if widgets::button(ui, theme, "trash", tr.t("kept-yes")).clicked() {
                    answer = Some(true);
                }
                if widgets::button(ui, theme, "x", tr.t("cancel")).clicked() {
                    answer = Some(false);
                }
            });
            answer
        });
        if let Some(agreed) = shown.inner {
            let kinds = std::mem::take(&mut self.asked);
            if agreed {
                requests.push(SettingsRequest::ClearKept(kinds));
            }
        } else {
            shown.response.scroll_to_me(None);
        }
    }
}

/// How much is kept of some kinds [bytes].
fn sum(report: Option<&KeptReport>, kinds: &BTreeSet<Kept>) -> u64 {
    report.map_or(0, |report| kinds.iter().filter_map(|kind| report.bytes.get(kind)).sum())
}
