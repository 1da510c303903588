//! What the widget tells the application, and what it asks it.
//!
//! The widget changes nothing but the camera, the selection and, while a drag goes on, the positions in the scene.

use egui::{Pos2, Response};

use crate::view::{NodeId, PinId, WireId};

/// What lies under the pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// The empty canvas.
    Canvas,
    /// A node.
    Node(NodeId),
    /// A pin.
    Pin(PinId),
    /// A wire.
    Wire(WireId),
    /// A point through which a wire goes.
    Via {
        /// The wire.
        wire: WireId,
        /// Which of its [`via`](crate::WireView::via).
        index: u16,
    },
}

/// What the user has done. `graph_pos` is in graph units, `screen_pos` in points of the window.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Nodes begin to be dragged. Until [`Action::MoveFinished`] or [`Action::MoveCancelled`] the scene holds their
    /// positions itself.
    MoveStarted {
        /// The nodes that move.
        nodes: Vec<NodeId>,
    },
    /// Dragged nodes have moved, in the scene already. For followers such as a frame around them; nothing to store.
    Moving {
        /// How far they are from where they started, in graph units.
        delta: [f64; 2],
    },
    /// The drag is over, or a key has nudged the nodes: one edit for the application.
    MoveFinished {
        /// Each node and its new position, those that went along with a frame included.
        nodes: Vec<(NodeId, [f64; 2])>,
        /// The wires whose points went along because both their ends did, and where those are now.
        wires: Vec<(WireId, Vec<[f64; 2]>)>,
    },
    /// A frame or a note has a new size, and perhaps a new place: one edit for the application. Until then the scene
    /// holds both itself.
    Resized {
        /// The frame or note.
        node: NodeId,
        /// Its top left corner.
        pos: [f64; 2],
        /// Its width and height.
        size: [f32; 2],
    },
    /// Wires go through other points now: one edit for the application.
    ViaChanged {
        /// Each wire and all its points.
        wires: Vec<(WireId, Vec<[f64; 2]>)>,
    },
    /// The small arrow in a node's header was clicked.
    ToggleCollapsed(NodeId),
    /// The drag was taken back: everything is where it was.
    MoveCancelled,
    /// A wire was drawn, which the [`Rules`] allow.
    Connect {
        /// An output.
        from: PinId,
        /// An input.
        to: PinId,
    },
    /// A wire's end was carried to another pin, which the [`Rules`] allow.
    Reconnect {
        /// The wire.
        wire: WireId,
        /// Its output now.
        from: PinId,
        /// Its input now.
        to: PinId,
    },
    /// A wire's end was dropped on the empty canvas.
    Disconnect(WireId),
    /// All wires of a pin are to go.
    BreakPin(PinId),
    /// All wires of a pin were carried to another one on the same side, and the [`Rules`] allow each of them.
    MoveWires {
        /// The pin that they came off.
        from: PinId,
        /// The pin where they belong now.
        to: PinId,
    },
    /// A stroke was drawn over wires: they are to go.
    CutWires(Vec<WireId>),
    /// A node without wires was dropped on a wire, which the [`Rules`] allow to run through it. Comes right after the
    /// [`Action::MoveFinished`] of the same drag, so that both can be one step.
    InsertOnWire {
        /// The node.
        node: NodeId,
        /// The wire.
        wire: WireId,
        /// The node's input, which the wire's output feeds now.
        input: PinId,
        /// The node's output, which feeds the wire's input now.
        output: PinId,
    },
    /// A new wire was dropped on the empty canvas: offer what fits.
    DropWireOnCanvas {
        /// The pin that it came from.
        pin: PinId,
        /// Where it was dropped.
        graph_pos: [f64; 2],
        /// Where it was dropped.
        screen_pos: Pos2,
    },
    /// A wire was dropped on a pin that does not take it, or on a node none of whose pins does.
    RefusedConnection {
        /// An output.
        from: PinId,
        /// An input.
        to: PinId,
        /// Why, in the application's words.
        reason: String,
    },
    /// The selected nodes and wires are to go.
    DeleteSelection,
    /// The selection has changed; see [`CanvasState::selection`](crate::CanvasState::selection).
    SelectionChanged,
    /// A node is wanted at this place.
    OpenAddMenu {
        /// Where the node should come.
        graph_pos: [f64; 2],
        /// Where the menu should open.
        screen_pos: Pos2,
    },
    /// A node was double-clicked (a frame on its title bar), or Enter was pressed on it.
    ActivateNode(NodeId),
    /// The right button was clicked, or the menu key or Shift+F10 was pressed. The selection is as it was.
    ContextMenu {
        /// On what.
        target: Target,
        /// Where.
        graph_pos: [f64; 2],
        /// Where the menu should open.
        screen_pos: Pos2,
    },
}

/// How much of the nodes is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LevelOfDetail {
    /// Below zoom 0.35: flat rectangles and straight wires.
    Far,
    /// To zoom 0.7: header and title.
    Middle,
    /// Above: everything.
    #[default]
    Full,
}

/// What [`show`](crate::show) gives back.
#[derive(Debug)]
pub struct CanvasOutput {
    /// The response of the canvas itself.
    pub response: Response,
    /// What the user did, in order.
    pub actions: Vec<Action>,
    /// What lies under the pointer, if it is over the canvas.
    pub hovered: Option<Target>,
    /// How much of the nodes was drawn.
    pub level_of_detail: LevelOfDetail,
    /// How many nodes were drawn.
    pub visible_nodes: usize,
    /// How many wires were drawn.
    pub visible_wires: usize,
}

/// What the application knows about pins and the widget does not.
pub trait Rules {
    /// May a wire go from the output `from` to the input `to`? If not, why not, in one sentence for the user.
    ///
    /// Asked while a wire is dragged, once for each pin in view, and again when the scene has changed.
    fn can_connect(&self, from: PinId, to: PinId) -> Result<(), String>;

    /// Why an output cannot be joined to an output, nor an input to an input: one sentence for the user, or nothing.
    fn same_side_reason(&self) -> Option<String> {
        None
    }

    /// Why the wires of an input cannot be carried to an output, nor the other way round: one sentence for the user, or
    /// nothing.
    fn other_side_reason(&self) -> Option<String> {
        None
    }
}

/// Everything goes: for examples and tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct AllowAll;

impl Rules for AllowAll {
    fn can_connect(&self, _from: PinId, _to: PinId) -> Result<(), String> {
        Ok(())
    }
}
