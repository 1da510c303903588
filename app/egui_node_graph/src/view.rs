//! What the application shows on the canvas: nodes, pins and wires as plain data.
//!
//! These are pictures of the application's graph, already translated and coloured. They must not know what a node
//! computes, which wires are legal, or how the application stores its project.

use egui::{Color32, TextureId};
use serde::{Deserialize, Serialize};

/// Names a node. The application chooses it, and it is stable for the life of the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NodeId(pub u64);

/// Names a wire. The application chooses it, and it is stable for the life of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WireId(pub u64);

/// The side of a node on which a pin sits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Side {
    /// Left: what goes in.
    Input,
    /// Right: what comes out.
    Output,
}

/// Names a pin: the `index`-th one on a side of a node, counted from the top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PinId {
    /// The node that the pin sits on.
    pub node: NodeId,
    /// Its side.
    pub side: Side,
    /// Its place on that side, from 0 at the top.
    pub index: u16,
}

impl PinId {
    /// The `index`-th input of `node`.
    pub fn input(node: NodeId, index: u16) -> Self {
        Self { node, side: Side::Input, index }
    }

    /// The `index`-th output of `node`.
    pub fn output(node: NodeId, index: u16) -> Self {
        Self { node, side: Side::Output, index }
    }
}

/// The shape of a pin: tells the type together with its colour, so never by colour alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PinShape {
    /// ●
    #[default]
    Circle,
    /// ◆
    Diamond,
    /// ▲, pointing to the right: the way the data flow.
    Triangle,
    /// ■
    Square,
}

/// A pin of a node. Whether it is drawn full or hollow follows from the wires of the scene.
#[derive(Clone, Debug, PartialEq)]
pub struct PinView {
    /// What stands beside it.
    pub label: String,
    /// Its shape.
    pub shape: PinShape,
    /// Its colour.
    pub color: Color32,
    /// The name of its type, shown when the pointer rests on it. Empty: nothing is shown.
    pub type_name: String,
    /// Whether an input takes any number of wires, as outputs do: a drag from it draws another one, while from any other
    /// it takes off the one that is there.
    pub many: bool,
}

/// What a piece of text is, from which the [`Style`](crate::Style) takes its colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TextRole {
    /// Plain text.
    Normal,
    /// Secondary text.
    #[default]
    Muted,
    /// Ornaments and placeholders.
    Faint,
    /// Something to look at.
    Accent,
    /// A good figure.
    Ok,
    /// A doubtful one.
    Warn,
    /// A bad one.
    Error,
}

/// A piece of text in the body of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyText {
    /// The text: one line.
    pub text: String,
    /// What it is.
    pub role: TextRole,
    /// Set in the monospaced family: for figures, shapes and keys.
    pub mono: bool,
}

impl BodyText {
    /// Text in the monospaced family.
    pub fn mono(text: impl Into<String>, role: TextRole) -> Self {
        Self { text: text.into(), role, mono: true }
    }

    /// Text in the proportional family.
    pub fn plain(text: impl Into<String>, role: TextRole) -> Self {
        Self { text: text.into(), role, mono: false }
    }
}

/// A line in the body of a node: something at the left, and perhaps something at the right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyLine {
    /// At the left, one piece after another.
    pub left: Vec<BodyText>,
    /// At the right, one piece after another.
    pub right: Vec<BodyText>,
}

impl BodyLine {
    /// A line with one piece of text at the left.
    pub fn new(text: BodyText) -> Self {
        Self { left: vec![text], right: Vec::new() }
    }

    /// A line with text at both ends.
    pub fn pair(left: BodyText, right: BodyText) -> Self {
        Self { left: vec![left], right: vec![right] }
    }
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// It will run, but perhaps not as meant.
    Warning,
    /// It cannot run.
    Error,
}

/// Where a node stands: an icon at the right end of its header.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum NodeState {
    /// Nothing to say.
    #[default]
    None,
    /// Waits for others: a clock.
    Waiting,
    /// Runs: a turning circle, and a bar when it is known how far it got.
    Running {
        /// From 0 to 1.
        progress: Option<f32>,
    },
    /// Done in this run: a tick.
    Done,
    /// Taken from the cache: a flash.
    Cached,
    /// Failed: a cross.
    Failed,
    /// Stopped by hand: a square.
    Stopped,
    /// Left out: a dash.
    Skipped,
    /// Something is wrong with the node as it is drawn: an exclamation mark.
    Problem(Severity),
}

/// What kind of thing a node is on the canvas. All of them are selected, moved and deleted alike.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Form {
    /// A box with pins, as large as what is in it.
    #[default]
    Node,
    /// A tinted panel beneath everything. Its title bar and its edges are hit; inside is the empty canvas. Dragging it
    /// takes what lies wholly inside along.
    Frame {
        /// Width and height, in graph units.
        size: [f32; 2],
    },
    /// A sheet of text beneath the nodes, whose content the application draws (see [`Extras`](crate::Extras)). From
    /// farther away the lines of [`NodeView::body`] stand for it.
    Note {
        /// Width and height, in graph units.
        size: [f32; 2],
    },
}

impl Form {
    /// The size of a frame or a note, in graph units; a node has the size of its content.
    pub fn size(&self) -> Option<[f32; 2]> {
        match *self {
            Self::Node => None,
            Self::Frame { size } | Self::Note { size } => Some(size),
        }
    }

    /// The same with another size; a node stays as it is.
    pub fn with_size(self, size: [f32; 2]) -> Self {
        match self {
            Self::Node => self,
            Self::Frame { .. } => Self::Frame { size },
            Self::Note { .. } => Self::Note { size },
        }
    }
}

/// A bar of a small chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// Its height, from 0 to 1. Anything else is drawn as the nearer of the two, what is no number as 0.
    pub value: f32,
    /// What it is, from which the [`Style`](crate::Style) takes its colour.
    pub role: TextRole,
}

/// A row of pictures on a node, drawn at full detail. What does not fit into its width is left out.
#[derive(Clone, Debug, PartialEq)]
pub enum PreviewRow {
    /// Small square pictures side by side.
    Strip(Vec<TextureId>),
    /// Pictures before and after something was done to them, one strip over the other with an arrow between.
    Pair {
        /// Before.
        before: Vec<TextureId>,
        /// After.
        after: Vec<TextureId>,
    },
    /// A chart, such as how many samples each class has.
    Bars(Vec<Bar>),
}

/// A node as the canvas shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeView {
    /// Its name for the application.
    pub id: NodeId,
    /// Its top left corner, in graph units (points at zoom 1).
    pub pos: [f64; 2],
    /// The title in its header.
    pub title: String,
    /// The icon of its category, a character of [`Style::icon_family`](crate::Style::icon_family).
    pub icon: Option<char>,
    /// The colour of its category.
    pub color: Color32,
    /// Its inputs, from the top.
    pub inputs: Vec<PinView>,
    /// Its outputs, from the top.
    pub outputs: Vec<PinView>,
    /// Pictures above the body, row by row.
    pub previews: Vec<PreviewRow>,
    /// The lines of its body; of a note, what stands for its content from afar.
    pub body: Vec<BodyLine>,
    /// Where it stands.
    pub state: NodeState,
    /// The line below the bar, such as '1:12 elapsed · 0:56 left'. Empty: no line.
    pub progress_line: String,
    /// What is wrong, or why it waits: shown when the pointer rests on the header.
    pub tooltip: Option<String>,
    /// It lies on the critical path, and that view is on.
    pub critical: bool,
    /// It takes no part in a run, and is drawn fainter.
    pub muted: bool,
    /// It takes no part for another's sake: drawn as faint as a muted one, without its icon.
    pub left_out: bool,
    /// What comes in goes out unchanged: a line across it says so.
    pub bypassed: bool,
    /// It is a bar as high as its header, with all pins of a side in one place.
    pub collapsed: bool,
    /// A small arrow in the header collapses and expands it.
    pub collapsible: bool,
    /// There is a graph in it, which can be entered: it looks like a stack.
    pub enterable: bool,
    /// Node, frame or note.
    pub form: Form,
    /// What a screen reader says and what tests look for, such as 'Node: Train, running'.
    pub accessible_name: String,
}

impl NodeView {
    /// A frame with a title.
    pub fn frame(id: NodeId, pos: [f64; 2], size: [f32; 2], title: impl Into<String>) -> Self {
        Self { form: Form::Frame { size }, ..Self::new(id, pos, title) }
    }

    /// An empty note.
    pub fn note(id: NodeId, pos: [f64; 2], size: [f32; 2], title: impl Into<String>) -> Self {
        Self { form: Form::Note { size }, ..Self::new(id, pos, title) }
    }

    /// A node with a title and nothing else.
    pub fn new(id: NodeId, pos: [f64; 2], title: impl Into<String>) -> Self {
        let title = title.into();
        Self {
            id,
            pos,
            accessible_name: title.clone(),
            title,
            icon: None,
            color: Color32::GRAY,
            inputs: Vec::new(),
            outputs: Vec::new(),
            previews: Vec::new(),
            body: Vec::new(),
            state: NodeState::None,
            progress_line: String::new(),
            tooltip: None,
            critical: false,
            muted: false,
            left_out: false,
            bypassed: false,
            collapsed: false,
            collapsible: false,
            enterable: false,
            form: Form::Node,
        }
    }

    /// The pins on a side.
    pub fn pins(&self, side: Side) -> &[PinView] {
        match side {
            Side::Input => &self.inputs,
            Side::Output => &self.outputs,
        }
    }
}

/// How a wire is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WireStyle {
    /// What it carries is there, or will be.
    #[default]
    Solid,
    /// What it carries is not there yet, or does not fit.
    Dashed,
}

/// A wire as the canvas shows it, from an output to an input.
#[derive(Clone, Debug, PartialEq)]
pub struct WireView {
    /// Its name for the application.
    pub id: WireId,
    /// The output where it begins.
    pub from: PinId,
    /// The input where it ends.
    pub to: PinId,
    /// The colour of what it carries.
    pub color: Color32,
    /// Solid or dashed.
    pub style: WireStyle,
    /// Data flow through it now: it is drawn 3 wide instead of 2.
    pub active: bool,
    /// It lies on the critical path, and that view is on: it has an edge of that colour on both sides.
    pub critical: bool,
    /// A short text over its middle, such as a shape. Empty: none.
    pub label: String,
    /// Points through which it goes, from its output to its input, in graph units.
    pub via: Vec<[f64; 2]>,
}

impl WireView {
    /// A solid wire.
    pub fn new(id: WireId, from: PinId, to: PinId, color: Color32) -> Self {
        Self {
            id,
            from,
            to,
            color,
            style: WireStyle::Solid,
            active: false,
            critical: false,
            label: String::new(),
            via: Vec::new(),
        }
    }
}
