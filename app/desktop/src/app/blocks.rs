//! Blocks in the window: a subgraph is kept as one, renamed, deleted; each after a question. Must not touch the disk.

use egui::{Button, Id, Key, Label, Modal, RichText, Role, TextEdit, Ui, WidgetInfo, vec2};
use weft_model::clipboard;

use super::DesktopApp;
use crate::blocks::{self, Blocks};
use crate::files::Job;
use crate::icons;
use crate::palette::PaletteRequest;
use crate::widgets;

/// What is asked about a block.
#[derive(Debug, Clone, PartialEq)]
enum Question {
    /// Under which name to keep it.
    Save {
        /// Its text.
        text: String,
    },
    /// Which other name it is to have.
    Rename {
        /// The name that it has.
        from: String,
    },
    /// Whether it is to go.
    Delete,
}

/// A question about a block.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BlockDialog {
    question: Question,
    name: String,
    is_new: bool,
}

enum Answer {
    Yes,
    No,
}

impl DesktopApp {
    /// Asks under which name the selected subgraph is to be kept.
    pub(super) fn ask_to_save_block(&mut self) {
        let Some(session) = &self.session else { return };
        let Some(id) = session.selected_subgraph() else { return };
        let graph = session.project.graph();
        let text = weft_project::fragment_to_text(&clipboard::Fragment::new(
            clipboard::copy(graph, &[id]).graph().clone(),
            // What fed it belongs to this project.
            [],
        ));
        let name = graph.node(id).map_or_else(String::new, |node| node.name.clone());
        self.block_dialog = Some(BlockDialog { question: Question::Save { text }, name, is_new: true });
    }

    pub(super) fn palette_request(&mut self, request: PaletteRequest) {
        let (question, name) = match request {
            PaletteRequest::Add(entry) => {
                let Some(session) = &mut self.session else { return };
                match session.canvas.add_at_center(&entry, &mut session.project, &self.tr) {
                    Ok(_) => self.remember_entry(&entry),
                    Err(why) => self.toasts.error(why),
                }
                return;
            }
            PaletteRequest::ShowBlocks => {
                self.reveal(&self.data_dir.join(blocks::FOLDER));
                return;
            }
            PaletteRequest::RenameBlock(name) => (Question::Rename { from: name.clone() }, name),
            PaletteRequest::DeleteBlock(name) => (Question::Delete, name),
        };
        self.block_dialog = Some(BlockDialog { question, name, is_new: true });
    }

    /// Takes in which blocks there are.
    pub(super) fn take_blocks(&mut self, blocks: Blocks) {
        if !blocks.skipped.is_empty() && blocks.skipped != self.blocks.skipped {
            let names = blocks.skipped.join(", ");
            self.toasts.note(self.tr.fmt("blocks-skipped", &[("names", names.into())]));
        }
        self.blocks = blocks;
    }

    /// Shows the question, if there is one, and does what is answered.
    pub(super) fn block_dialog_ui(&mut self, ctx: &egui::Context) {
        let Some(mut dialog) = self.block_dialog.take() else { return };
        match self.ask_about_block(ctx, &mut dialog) {
            None => self.block_dialog = Some(dialog),
            Some(Answer::No) => {}
            Some(Answer::Yes) => {
                let name = dialog.name.trim().to_owned();
                let (job, said) = match dialog.question {
                    Question::Save { text } => (Job::SaveBlock { name: name.clone(), text }, "block-saved"),
                    Question::Rename { from } if from == name => return,
                    Question::Rename { from } => (Job::RenameBlock { from, to: name.clone() }, "block-renamed"),
                    Question::Delete => (Job::DeleteBlock { name: name.clone() }, "block-deleted"),
                };
                if self.files.send(job) {
                    self.toasts.done(self.tr.fmt(said, &[("name", name.into())]));
                }
            }
        }
    }

    fn ask_about_block(&self, ctx: &egui::Context, dialog: &mut BlockDialog) -> Option<Answer> {
        let (theme, tr) = (&self.theme, &self.tr);
        let taken = self.blocks.found.iter().any(|b| b.name.to_lowercase() == dialog.name.trim().to_lowercase());
        let (title, yes, icon) = match &dialog.question {
            Question::Save { .. } if taken => ("block-save-title", "block-replace", "bookmark-simple"),
            Question::Save { .. } => ("block-save-title", "block-save", "bookmark-simple"),
            Question::Rename { .. } => ("block-rename-title", "block-rename", "pencil-simple"),
            Question::Delete => ("block-delete-title", "block-delete", "trash"),
        };
        let problem = match &dialog.question {
            Question::Delete => None,
            Question::Rename { from } if taken && from.to_lowercase() != dialog.name.trim().to_lowercase() => {
                Some("block-name-taken")
            }
            Question::Save { .. } | Question::Rename { .. } => blocks::name_problem(&dialog.name),
        };
        let mut answer = None;
        let frame = egui::Frame::window(&ctx.global_style()).inner_margin(egui::Margin::same(18));
        let modal = Modal::new(Id::unique("block-dialog")).frame(frame).backdrop_color(theme.veil()).show(ctx, |ui| {
            ui.set_width(400.0);
            ui.horizontal(|ui| {
                ui.label(icons::text(icon, 18.0, theme.accent));
                ui.label(widgets::semibold(tr.t(title), theme));
            });
            ui.add_space(8.0);
            if dialog.question == Question::Delete {
                let text = tr.fmt("block-delete-text", &[("name", dialog.name.as_str().into())]);
                ui.add(Label::new(RichText::new(text).color(theme.muted)).wrap());
            } else {
                let entered = self.block_name(ui, dialog, problem);
                if entered && problem.is_none() {
                    answer = Some(Answer::Yes);
                }
            }
            ui.add_space(12.0);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.add_enabled_ui(problem.is_none(), |ui| {
                    if widgets::primary_button(ui, theme, icon, tr.t(yes), "").clicked() {
                        answer = Some(Answer::Yes);
                    }
                });
                if ui.add(Button::new(tr.t("cancel")).min_size(vec2(0.0, 28.0))).clicked() {
                    answer = Some(Answer::No);
                }
            });
        });
        answer.or(modal.should_close().then_some(Answer::No))
    }

    /// The field for the name; whether Enter was pressed in it.
    fn block_name(&self, ui: &mut Ui, dialog: &mut BlockDialog, problem: Option<&str>) -> bool {
        let (theme, tr) = (&self.theme, &self.tr);
        let field = TextEdit::singleline(&mut dialog.name)
            .desired_width(f32::INFINITY)
            .min_size(vec2(0.0, theme.size.field))
            .show(ui);
        let response = field.response.response;
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, tr.t("block-name")));
        if std::mem::take(&mut dialog.is_new) {
            response.request_focus();
        }
        match problem {
            Some(problem) => {
                ui.label(RichText::new(tr.t(problem)).font(theme.small_font()).color(theme.error));
            }
            None => {
                let folder = self.data_dir.join(blocks::FOLDER).display().to_string();
                ui.add(Label::new(widgets::muted(tr.fmt("block-folder", &[("folder", folder.into())]), theme)).wrap());
            }
        }
        response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter))
    }
}
