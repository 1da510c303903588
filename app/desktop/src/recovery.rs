//! The question about what a crash left: each project with what its journal has beyond its file, to be recovered, thrown
//! away or left for later. It reads nothing itself and asks the application for everything.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use egui::{Align, Frame, Label, Layout, Margin, RichText, Role, ScrollArea, Ui, WidgetInfo};
use jiff::{Timestamp, Zoned};
use weft_project::FileState;

use crate::files::{Differences, RecoveryCard};
use crate::focus;
use crate::i18n::Tr;
use crate::icons;
use crate::start::when;
use crate::theme::Theme;
use crate::{widgets, windows};

/// What is asked of the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecoveryRequest {
    /// Make the changes of this journal again.
    Recover(PathBuf),
    /// Throw this journal away.
    Discard(PathBuf),
    /// Look what this journal has beyond the file of its project.
    Compare(PathBuf),
}

/// The question while it is open.
#[derive(Debug, Default)]
pub struct RecoveryWindow {
    /// Whose differences are shown; none as long as they are looked for.
    compared: BTreeMap<PathBuf, Option<Differences>>,
    /// Which is to be thrown away, once that is confirmed.
    discarding: Option<PathBuf>,
    drawn: bool,
}

impl RecoveryWindow {
    /// Asks at once whether a journal is to be thrown away.
    pub fn discarding(journal: PathBuf) -> Self {
        Self { discarding: Some(journal), ..Self::default() }
    }

    /// Shows the differences of a journal, which have been asked for.
    pub fn comparing(journal: PathBuf) -> Self {
        Self { compared: BTreeMap::from([(journal, None)]), ..Self::default() }
    }

    /// Takes in the differences of a journal.
    pub fn compared(&mut self, journal: PathBuf, differences: Differences) {
        if let Some(shown) = self.compared.get_mut(&journal) {
            *shown = Some(differences);
        }
    }

    /// Shows it; false when it was closed: the journals stay for later.
    pub fn ui(
        &mut self,
        ctx: &egui::Context,
        theme: &Theme,
        tr: &Tr,
        cards: &[RecoveryCard],
        now: &Zoned,
        requests: &mut Vec<RecoveryRequest>,
    ) -> bool {
        let room = ctx.content_rect().size();
        let width = (room.x - 64.0).clamp(260.0, 560.0);
        let (later, close) = windows::modal(ctx, theme, "recovery", width, |ui| {
            let mut later = windows::heading(ui, theme, tr, tr.t("recovery-title"));
            ui.add(Label::new(RichText::new(tr.t("recovery-sentence")).color(theme.muted)).wrap());
            ui.add_space(8.0);
            let height = (room.y - 230.0).clamp(120.0, 460.0);
            ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
                // The bar floats over what is beneath.
                ui.set_width(ui.available_width() - 10.0);
                for card in cards {
                    self.card(ui, theme, tr, card, now, requests);
                    ui.add_space(8.0);
                }
                focus::keep_in_view(ui);
            });
            ui.add_space(4.0);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                later |= widgets::button(ui, theme, "clock", tr.t("recovery-later"))
                    .on_hover_text(tr.t("recovery-later-hint"))
                    .clicked();
            });
            later
        });
        self.drawn = true;
        !(later || close)
    }

    fn card(
        &mut self,
        ui: &mut Ui,
        theme: &Theme,
        tr: &Tr,
        card: &RecoveryCard,
        now: &Zoned,
        requests: &mut Vec<RecoveryRequest>,
    ) {
        let name = name(card, tr);
        let drawn = widgets::card(theme).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                ui.label(icons::text("graph", 16.0, theme.accent));
                ui.add(Label::new(widgets::semibold(name.as_str(), theme)).truncate());
            });
            let folder = card.project_file.as_deref().and_then(Path::parent);
            let folder =
                folder.map_or_else(|| tr.t("recovery-never-saved").to_owned(), |path| path.display().to_string());
            ui.add(Label::new(widgets::muted(folder, theme)).truncate());
            let args = [("time", edited(card, now, tr).into())];
            ui.label(widgets::muted(tr.fmt("recovery-changed", &args), theme));
            ui.add_space(4.0);
            if self.discarding.as_ref() == Some(&card.journal) {
                self.really(ui, theme, tr, card, requests);
            } else {
                ui.horizontal_wrapped(|ui| self.buttons(ui, theme, tr, card, requests));
            }
            // Beneath the buttons, so that the keyboard stays on the one that was pressed.
            if let Some(shown) = self.compared.get(&card.journal) {
                ui.add_space(4.0);
                differences(ui, theme, tr, card, shown.as_ref());
            }
        });
        drawn.response.widget_info(|| WidgetInfo::labeled(Role::Group, true, &name));
    }

    fn buttons(
        &mut self,
        ui: &mut Ui,
        theme: &Theme,
        tr: &Tr,
        card: &RecoveryCard,
        requests: &mut Vec<RecoveryRequest>,
    ) {
        let recover = widgets::primary_button(ui, theme, "arrow-clockwise", tr.t("recovery-recover"), "");
        if !self.drawn && ui.memory(|m| m.focused().is_none()) {
            recover.request_focus();
        }
        if recover.clicked() {
            requests.push(RecoveryRequest::Recover(card.journal.clone()));
        }
        let shown = self.compared.contains_key(&card.journal);
        let (icon, text) =
            if shown { ("caret-up", "recovery-compare-hide") } else { ("caret-down", "recovery-compare") };
        if widgets::button(ui, theme, icon, tr.t(text)).clicked() {
            if shown {
                self.compared.remove(&card.journal);
            } else {
                self.compared.insert(card.journal.clone(), None);
                requests.push(RecoveryRequest::Compare(card.journal.clone()));
            }
        }
        if widgets::button(ui, theme, "trash", tr.t("recovery-discard")).clicked() {
            self.discarding = Some(card.journal.clone());
        }
    }

    /// Asks before anything is lost for good.
    fn really(
        &mut self,
        ui: &mut Ui,
        theme: &Theme,
        tr: &Tr,
        card: &RecoveryCard,
        requests: &mut Vec<RecoveryRequest>,
    ) {
        ui.horizontal_wrapped(|ui| {
            ui.label(icons::filled("warning", 16.0, theme.warn));
            ui.add(Label::new(RichText::new(tr.t("recovery-really")).color(theme.text)).wrap());
        });
        ui.horizontal_wrapped(|ui| {
            if widgets::button(ui, theme, "trash", tr.t("recovery-discard-sure")).clicked() {
                requests.push(RecoveryRequest::Discard(card.journal.clone()));
                self.discarding = None;
            }
            let keep = widgets::button(ui, theme, "x", tr.t("recovery-keep"));
            if !self.drawn {
                keep.request_focus();
            }
            if keep.clicked() {
                self.discarding = None;
            }
        });
    }
}

fn differences(ui: &mut Ui, theme: &Theme, tr: &Tr, card: &RecoveryCard, shown: Option<&Differences>) {
    let Some(shown) = shown else {
        ui.label(widgets::muted(tr.t("recovery-comparing"), theme));
        return;
    };
    let warned = [
        (shown.file_state == FileState::Changed, "recovery-file-changed"),
        (shown.file_state == FileState::Missing, "recovery-file-missing"),
        (shown.torn, "recovery-torn"),
    ];
    for (_, key) in warned.into_iter().filter(|(holds, _)| *holds) {
        ui.horizontal_wrapped(|ui| {
            ui.label(icons::filled("warning", 14.0, theme.warn));
            ui.add(Label::new(RichText::new(tr.t(key)).color(theme.text)).wrap());
        });
    }
    let ground = Frame::new().fill(theme.panel).corner_radius(theme.radius()).inner_margin(Margin::symmetric(8, 6));
    ground.show(ui, |ui| {
        ui.set_width(ui.available_width());
        let list = ScrollArea::vertical().id_salt(&card.journal).max_height(180.0).auto_shrink([false, true]);
        list.show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            if shown.changes.is_empty() {
                ui.label(widgets::muted(tr.t("recovery-same"), theme));
            }
            for line in &shown.changes {
                ui.add(Label::new(RichText::new(tr.of(line)).color(theme.text)).wrap());
            }
            if shown.more > 0 {
                ui.label(widgets::muted(tr.fmt("recovery-more", &[("n", shown.more.into())]), theme));
            }
        });
    });
}

/// What a person calls the project.
pub(crate) fn name(card: &RecoveryCard, tr: &Tr) -> String {
    match (&card.project_file, &card.title) {
        (Some(file), _) => file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        (None, Some(title)) => tr.of(title).to_owned(),
        (None, None) => tr.t("project-unnamed").to_owned(),
    }
}

/// When it was changed last.
pub(crate) fn edited(card: &RecoveryCard, now: &Zoned, tr: &Tr) -> String {
    Timestamp::try_from(card.edited_at).map(|at| when(at, now, tr)).unwrap_or_default()
}
