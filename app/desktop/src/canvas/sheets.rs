//! Frames and notes: what a note says, and how its text or a frame's title is written where it stands. Each time that one
//! writes is one step of the history. Must not know how sheets are dragged and resized: that is the widget's.

use std::borrow::Cow;
use std::sync::Arc;

use egui::{
    Align2, CornerRadius, Frame, Id, Key, Margin, Modifiers, OutputCommand, Rect, RichText, Role, ScrollArea,
    StrokeKind, Style, TextEdit, Ui, WidgetInfo, vec2,
};
use egui_commonmark::{AlertBundle, CommonMarkCache, CommonMarkViewer};
use egui_node_graph::{CanvasState, Scene};
use weft_model::frame::FRAME;
use weft_model::{NodeId, Value};

use crate::document::OpenProject;
use crate::i18n::Tr;
use crate::node_views::{node_id, node_key};
use crate::theme::Theme;

/// The kind of node that is a note.
pub(crate) const NOTE: &str = "note";
/// So much of a note is shown on the canvas: more does not fit onto a sheet that one can look at.
const MOST_CHARACTERS: usize = 8_000;
/// Lists and quotations within one another, and spaces before a line: a file may have thousands.
const DEEPEST: usize = 6;
const MOST_INDENT: usize = 3;
/// Height of a frame's title bar at zoom 1 [points].
const TITLE_BAR: f32 = 28.0;
/// So many frames a sheet may take to come into view before writing on it is given up.
const PATIENCE: u8 = 90;

/// What is being written.
struct Writing {
    node: NodeId,
    text: String,
    /// Names the step of the history.
    key: String,
    /// The field has not had the focus yet; so many frames are left for it.
    waits: u8,
    shown: bool,
}

/// Why writing ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// By a key: the keyboard goes back to the sheet.
    Kept,
    /// By Escape in a title: as it was.
    GivenUp,
    /// The user has gone elsewhere.
    Left,
}

/// Notes and titles of one canvas.
#[derive(Default)]
pub(super) struct Sheets {
    writing: Option<Writing>,
    begun: u64,
    cache: CommonMarkCache,
    /// How text looks at a zoom, made once for all notes.
    style: Option<(u32, Arc<Style>, Arc<Style>)>,
    /// What was written in this frame, for after the canvas has been shown.
    written: Option<String>,
    end: Option<End>,
}

impl Sheets {
    /// Begins to write on a frame or a note; false if the node is neither.
    pub(super) fn write(&mut self, project: &OpenProject, id: NodeId) -> bool {
        let Some(node) = project.graph().node(id).filter(|n| param_of(&n.kind).is_some()) else { return false };
        if self.writing.as_ref().is_some_and(|w| w.node == id) {
            return true;
        }
        let value = param_of(&node.kind).and_then(|param| node.param(param));
        let text = value.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
        self.begun += 1;
        let key = format!("sheet {id} {}", self.begun);
        self.writing = Some(Writing { node: id, text, key, waits: PATIENCE, shown: false });
        true
    }

    /// Draws a note into its rectangle on the screen.
    pub(super) fn note(
        &mut self,
        ui: &mut Ui,
        key: egui_node_graph::NodeId,
        rect: Rect,
        zoom: f32,
        project: &OpenProject,
        (theme, tr): (&Theme, &Tr),
    ) {
        let id = node_id(key);
        let Some(node) = project.graph().node(id) else { return };
        let style = self.style(ui, zoom);
        ui.set_style(style);
        ui.style_mut().interaction.selectable_labels = false;
        if self.writing.as_ref().is_some_and(|w| w.node == id) {
            self.note_field(ui, rect, theme, tr);
            return;
        }
        let text = node.param("text");
        let text = text.as_ref().and_then(Value::as_str).unwrap_or_default();
        if text.trim().is_empty() {
            ui.label(RichText::new(tr.t("note-empty")).color(theme.muted));
            return;
        }
        let before = ui.ctx().output(|o| o.commands.len());
        ui.set_max_width(rect.width());
        ui.push_id(id.0, |ui| {
            CommonMarkViewer::new().explicit_image_uri_scheme(true).alerts(AlertBundle::empty()).show(
                ui,
                &mut self.cache,
                &harmless(text),
            );
        });
        // A link leads to the web or nowhere: what a file says must not open what lies on this machine.
        ui.ctx().output_mut(|o| {
            let mut index = 0;
            o.commands.retain(|command| {
                index += 1;
                match command {
                    OutputCommand::OpenUrl(open) if index > before => is_web(&open.url),
                    _ => true,
                }
            });
        });
    }

    fn note_field(&mut self, ui: &mut Ui, rect: Rect, theme: &Theme, tr: &Tr) {
        let Some(writing) = &mut self.writing else { return };
        let id = field_id(writing.node);
        let has_focus = ui.memory(|m| m.has_focus(id));
        let done = has_focus && ui.input_mut(|i| i.consume_key(Modifiers::COMMAND, Key::Enter));
        // Escape takes the focus away before the frame begins.
        let escaped = writing.waits == 0 && ui.input(|i| i.key_pressed(Key::Escape));
        let rows = (rect.height() / ui.text_style_height(&egui::TextStyle::Body)).floor().max(1.0) as usize;
        let response = ScrollArea::vertical()
            .id_salt(("note", writing.node.0))
            .max_height(rect.height())
            .show(ui, |ui| {
                ui.add(
                    TextEdit::multiline(&mut writing.text)
                        .id(id)
                        .frame(Frame::NONE)
                        .margin(Margin::ZERO)
                        .desired_width(rect.width())
                        .desired_rows(rows)
                        .text_color(theme.text),
                )
            })
            .inner;
        let ring = rect.expand(4.0);
        ui.painter().with_clip_rect(ring.expand(2.0)).rect_stroke(ring, 3.0, (1.0, theme.accent), StrokeKind::Inside);
        self.after_field(ui, &response, tr.t("note-edit"), if done || escaped { Some(End::Kept) } else { None });
    }

    /// Draws the field for the title of a frame over its title bar.
    pub(super) fn title(
        &mut self,
        ui: &mut Ui,
        canvas: Rect,
        scene: &Scene,
        state: &CanvasState,
        theme: &Theme,
        tr: &Tr,
    ) {
        let Some(writing) = &mut self.writing else { return };
        let Some(view) = scene.node(node_key(writing.node)) else { return };
        if !matches!(view.form, egui_node_graph::Form::Frame { .. }) {
            return;
        }
        let Some((pos, size)) = scene.node_rect(view.id) else { return };
        let zoom = state.zoom() as f32;
        let bar = Rect::from_min_size(state.to_screen(pos), vec2(size[0] * zoom, (TITLE_BAR * zoom).max(24.0)));
        let bar = bar.with_max_x(bar.right().max(bar.left() + 140.0));
        if !canvas.intersects(bar) {
            return;
        }
        let id = field_id(writing.node);
        // Escape takes the focus away before the frame begins, and so does Enter in the field.
        let had_focus = writing.waits == 0;
        let (enter, escaped) = ui.input(|i| (i.key_pressed(Key::Enter), i.key_pressed(Key::Escape)));
        let mut font = theme.semibold();
        font.size = half_points(font.size * zoom).max(11.0);
        let title = view.title.clone();
        let ui = &mut ui.new_child(egui::UiBuilder::new().id_salt("frame title").max_rect(bar));
        ui.set_clip_rect(bar.expand(2.0).intersect(canvas));
        ui.painter().rect(bar, CornerRadius::same(4), theme.input, (1.0, theme.accent), StrokeKind::Inside);
        let field = TextEdit::singleline(&mut writing.text)
            .id(id)
            .frame(Frame::NONE)
            .margin(Margin::ZERO)
            .font(font)
            .text_color(theme.text)
            .hint_text(RichText::new(title).color(theme.muted))
            .desired_width(bar.width() - 20.0)
            .align(Align2::LEFT_CENTER);
        let response = ui.put(bar.shrink2(vec2(10.0, 2.0)), field);
        let end = match (had_focus && enter, had_focus && escaped) {
            (true, _) => Some(End::Kept),
            (_, true) => Some(End::GivenUp),
            _ => None,
        };
        self.after_field(ui, &response, tr.t("frame-edit"), end);
    }

    fn after_field(&mut self, ui: &Ui, response: &egui::Response, name: &str, end: Option<End>) {
        let Some(writing) = &mut self.writing else { return };
        writing.shown = true;
        if writing.waits > 0 {
            if response.has_focus() {
                writing.waits = 0;
            } else {
                response.request_focus();
                ui.ctx().request_repaint();
            }
        } else if end.is_some() {
            self.end = end;
        } else if !response.has_focus() {
            self.end = Some(End::Left);
        }
        if response.changed() {
            self.written = Some(writing.text.clone());
        }
        let text = writing.text.clone();
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::TextInput, true, name);
            info.current_text_value = Some(text.clone());
            info
        });
    }

    /// Puts what was written into the project, after the canvas has been shown.
    ///
    /// # Errors
    /// Why it cannot be put there.
    pub(super) fn follow(&mut self, project: &mut OpenProject, state: &mut CanvasState) -> Result<(), String> {
        let (written, end) = (self.written.take(), self.end.take());
        let Some(writing) = &mut self.writing else { return Ok(()) };
        let Some(kind) = project.graph().node(writing.node).map(|n| n.kind.clone()) else {
            self.writing = None;
            return Ok(());
        };
        let mut result = Ok(());
        if let (Some(text), Some(param)) = (written, param_of(&kind)) {
            let value = (!text.is_empty()).then_some(Value::Text(text));
            let label = if kind == FRAME { "edit-frame-title" } else { "edit-write-note" };
            result =
                project.set_param_as(label, writing.node, param, value, Some(&writing.key)).map_err(|e| e.to_string());
        }
        let node = writing.node;
        if !std::mem::take(&mut writing.shown) {
            // It is out of sight: on its way into view at first, and else left behind.
            writing.waits = writing.waits.saturating_sub(1);
            if writing.waits == 0 {
                self.writing = None;
            }
        }
        match end {
            None => {}
            Some(end) => {
                if let (End::GivenUp, Some(writing)) = (end, &self.writing) {
                    project.give_up(&writing.key);
                }
                self.writing = None;
                if end != End::Left {
                    state.focus(node_key(node));
                }
            }
        }
        result
    }

    /// The style of text at a zoom.
    fn style(&mut self, ui: &Ui, zoom: f32) -> Arc<Style> {
        let base = ui.ctx().global_style();
        if let Some((at, of, style)) = &self.style
            && *at == zoom.to_bits()
            && Arc::ptr_eq(of, &base)
        {
            return style.clone();
        }
        let mut style = (*base).clone();
        for font in style.text_styles.values_mut() {
            font.size = half_points(font.size * zoom).max(1.0);
        }
        let spacing = &mut style.spacing;
        spacing.item_spacing *= zoom;
        spacing.indent *= zoom;
        spacing.icon_width *= zoom;
        spacing.icon_width_inner *= zoom;
        spacing.icon_spacing *= zoom;
        spacing.interact_size *= zoom;
        // Where a link leads is seen before it is followed.
        style.url_in_tooltip = true;
        let style = Arc::new(style);
        self.style = Some((zoom.to_bits(), base, style.clone()));
        style
    }
}

/// The parameter that is written where a node of a kind stands.
fn param_of(kind: &str) -> Option<&'static str> {
    match kind {
        NOTE => Some("text"),
        FRAME => Some("title"),
        _ => None,
    }
}

fn field_id(node: NodeId) -> Id {
    Id::unique(("sheet", node.0))
}

/// Sizes of fonts in steps of half a point, so that laid-out text is found again.
fn half_points(size: f32) -> f32 {
    (size * 2.0).round() / 2.0
}

/// Whether an address leads to the web or to a mail program.
fn is_web(url: &str) -> bool {
    let url = url.trim().to_ascii_lowercase();
    ["https://", "http://", "mailto:"].iter().any(|scheme| url.starts_with(scheme))
}

/// The text of a note as it may be shown: not too long and not too deep, with links in place of pictures, so that nothing
/// is ever loaded, and with lines of code in place of blocks of it, whose button has a sign that no font of ours has.
fn harmless(text: &str) -> Cow<'_, str> {
    let cut = text.char_indices().nth(MOST_CHARACTERS).map_or(text.len(), |(at, _)| at);
    let shown = &text[..cut];
    if cut == text.len() && !shown.contains("![") && shown.lines().all(is_tame) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(shown.len() + 8);
    let mut code = false;
    for line in shown.lines() {
        let bare = line.trim_start();
        if is_fence(bare) {
            code = !code;
        } else if code {
            let line = line.trim_end().replace('`', "'").replace("![", "! [");
            if !line.is_empty() {
                out.push_str(&format!("`` {line} ``  "));
            }
        } else {
            out.extend(std::iter::repeat_n(' ', (line.len() - bare.len()).min(MOST_INDENT)));
            push_line(&mut out, bare);
        }
        out.push('\n');
    }
    if cut < text.len() {
        out.push('…');
    }
    Cow::Owned(out)
}

fn is_fence(line: &str) -> bool {
    let line = line.trim_start_matches(|c: char| c.is_whitespace() || c.is_ascii_digit() || ">-*+.)".contains(c));
    line.starts_with("```") || line.starts_with("~~~")
}

/// Whether a line is shown as it stands.
fn is_tame(line: &str) -> bool {
    let bare = line.trim_start();
    let prefix = bare.len() - bare.trim_start_matches(is_sign).len();
    line.len() - bare.len() <= MOST_INDENT
        && !line.contains('\t')
        && !bare[..prefix].contains("  ")
        && !is_fence(bare)
        && markers(bare, DEEPEST).is_none()
}

/// What may stand before the text of a line within lists and quotations.
fn is_sign(c: char) -> bool {
    c.is_whitespace() || c.is_ascii_digit() || ">-*+.)".contains(c)
}

/// Adds a line without what stands before it, with one space where there were more, and without pictures.
fn push_line(out: &mut String, line: &str) {
    let deep = markers(line, DEEPEST);
    let mut before = true;
    for (at, c) in line.char_indices() {
        if deep == Some(at) {
            out.push('\\');
        }
        before &= is_sign(c);
        let c = if c == '\t' { ' ' } else { c };
        if before && c == ' ' && out.ends_with(' ') {
            continue;
        }
        while c == '[' && out.ends_with('!') {
            out.pop();
        }
        out.push(c);
    }
}

/// Where in a line the signs of lists and quotations within one another become more than `most`; none if they do not.
fn markers(line: &str, most: usize) -> Option<usize> {
    let mut count = 0;
    let mut signs = std::collections::BTreeSet::new();
    for (at, c) in line.char_indices() {
        match c {
            ' ' | '\t' | '0'..='9' => {}
            '>' | '-' | '*' | '+' | '.' | ')' => {
                count += 1;
                signs.insert(c);
                if count > most {
                    // A line across the sheet is none.
                    let is_rule = signs.len() == 1
                        && !line.starts_with('>')
                        && line.chars().all(|c| c == ' ' || signs.contains(&c));
                    return (!is_rule).then_some(at);
                }
            }
            _ => return None,
        }
    }
    None
}

/// What stands for a note from afar: its first lines, without signs.
pub(crate) fn first_lines(text: &str) -> Vec<String> {
    const LINES: usize = 16;
    const CHARACTERS: usize = 80;
    let bare = |line: &str| {
        let line = line.trim_start_matches(|c: char| c.is_whitespace() || "#>*-+".contains(c));
        line.chars().filter(|c| !"*_`".contains(*c)).take(CHARACTERS).collect::<String>()
    };
    text.lines().take(4 * LINES).map(bare).filter(|line| !line.trim().is_empty()).take(LINES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn links_lead_to_the_web_or_nowhere() {
        for url in ["https://example.org", " HTTP://example.org", "mailto:a@example.org"] {
            assert!(is_web(url), "{url}");
        }
        for url in ["file:///etc/passwd", "/etc/passwd", "javascript:alert(1)", "smb://host", "", "httpsx://a"] {
            assert!(!is_web(url), "{url}");
        }
    }

    #[test]
    fn plain_text_is_shown_as_it_is_and_pictures_become_links() {
        for text in ["", "# Title\n\n- one\n  - two\n\n> said\n\n---\n\n**bold** 1.5", "-----------", "2026-11-21"] {
            assert_eq!(harmless(text), text);
        }
        assert_eq!(harmless("!!![a](http://x/y.png)!"), "[a](http://x/y.png)!\n");
    }

    #[test]
    fn what_is_deep_or_long_is_cut() {
        assert_eq!(harmless(&"> ".repeat(5_000)).matches("\\>").count(), 1);
        assert_eq!(harmless(&"- ".repeat(100)).matches('\\').count(), 0, "a line across the sheet");
        assert_eq!(harmless(&("- ".repeat(100) + "x")).matches('\\').count(), 1);
        let deep: String = (0..200).map(|n| format!("{}- x\n", " ".repeat(2 * n))).collect();
        assert!(harmless(&deep).lines().all(|line| line.len() - line.trim_start().len() <= MOST_INDENT));
        assert!(harmless(&"龙".repeat(1_000_000)).chars().count() <= MOST_CHARACTERS + 2);
    }

    #[test]
    fn code_is_shown_line_by_line() {
        assert_eq!(harmless("```rust\nlet a = `b`;\n```\nend"), "\n`` let a = 'b'; ``  \n\nend\n");
        assert_eq!(harmless("    indented"), "   indented\n");
        assert_eq!(harmless("-       x"), "- x\n");
        assert_eq!(harmless("\tx"), " x\n");
        assert_eq!(harmless("> - ~~~\nx"), "\n`` x ``  \n");
    }

    proptest! {
        #[test]
        fn whatever_a_file_says_is_bounded(text in "[>*+. a1()!\\[\\]`#|\n\t-]{0,400}") {
            let shown = harmless(&text);
            prop_assert!(shown.lines().all(|line| line.len() - line.trim_start().len() <= MOST_INDENT));
            prop_assert!(!shown.contains("!["), "{}", shown);
            prop_assert!(first_lines(&text).len() <= 16);
        }
    }
}
