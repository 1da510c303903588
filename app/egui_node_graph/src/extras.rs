//! What the application may give [`show_with`](crate::show_with) besides the graph: who draws the content of notes, and
//! words for screen readers. The crate itself has neither Markdown nor English.

use egui::{Rect, Ui};

use crate::view::NodeId;

/// Draws the content of a note into the rectangle on the screen that is its own; the last argument is the zoom, by which
/// text and distances should be multiplied. What it draws is clipped to the sheet. Whatever there senses clicks takes
/// them from the canvas; labels cannot be selected, so that the sheet can be dragged by its text.
pub type NotePainter<'a> = dyn FnMut(&mut Ui, NodeId, Rect, f32) + 'a;

/// What may be given besides the graph. Everything can be left out: `Extras { words: Some(&words), ..Default::default() }`.
#[derive(Default)]
pub struct Extras<'a> {
    /// Draws the content of notes, at full detail and in view; without it they show their
    /// [`body`](crate::NodeView::body).
    pub note: Option<&'a mut NotePainter<'a>>,
    /// What a screen reader says of pins.
    pub words: Option<&'a Words>,
}

/// Sentences for screen readers, in the language of the application. In each, `{pin}` stands for the label of a pin,
/// `{type}` for that of its type, `{node}` for the title of its node, and `{joined}` for one of the last two sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// An input with the focus, such as 'Input {pin}, {type}, {joined}'.
    pub input: String,
    /// An output with the focus, such as 'Output {pin}, {type}, {joined}'.
    pub output: String,
    /// A pin that takes the wire in hand, such as 'Connect to {pin} of {node}, {type}'.
    pub candidate: String,
    /// No pin takes the wire, such as 'Nothing fits {pin}, {type}'. Shown beside the pin too.
    pub nothing_fits: String,
    /// A pin at the other end of a wire, such as '{pin} of {node}'.
    pub other_end: String,
    /// Stands for `{joined}` if there are wires; `{others}` stands for their other ends. Such as 'joined to {others}'.
    pub joined: String,
    /// Stands for `{joined}` if there are none, such as 'not joined'.
    pub free: String,
}

impl Default for Words {
    /// Signs instead of words.
    fn default() -> Self {
        Self {
            input: "→ {pin} · {type} {joined}".to_owned(),
            output: "{pin} → · {type} {joined}".to_owned(),
            candidate: "→ {node} · {pin} · {type}".to_owned(),
            nothing_fits: "{pin} · {type} ∅".to_owned(),
            other_end: "{node} · {pin}".to_owned(),
            joined: "— {others}".to_owned(),
            free: String::new(),
        }
    }
}
