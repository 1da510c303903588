//! What a gesture remembers between its press and its release. It neither reads input nor draws.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use egui::{Mesh, PointerButton, Pos2};

use crate::{
    Rules, Selection, Target,
    grid::Bounds,
    snap::Guide,
    state::FarKey,
    view::{NodeId, PinId, Side, WireId},
};

/// A gesture between its press and its release.
#[derive(Clone, Debug, Default)]
pub(crate) enum Gesture {
    #[default]
    Idle,
    /// The canvas follows the pointer.
    Pan { button: PointerButton, last: Pos2 },
    /// The left button went down and has not moved far enough to be a drag.
    Press(Press),
    /// Nodes follow the pointer.
    Move(MoveDrag),
    /// Edges of a frame or a note follow the pointer.
    Resize(ResizeDrag),
    /// A point of a wire follows the pointer.
    Via(ViaDrag),
    /// A frame is drawn over nodes, which join `base`.
    BoxSelect { origin: [f64; 2], corner: [f64; 2], base: Selection, before: Selection },
    /// A wire follows the pointer, or all wires of a pin do.
    Wire(WireDrag),
    /// The right button went down.
    Secondary { origin: Pos2 },
    /// A stroke is drawn over wires.
    Cut(CutStroke),
}

#[derive(Clone, Debug)]
pub(crate) struct Press {
    pub origin: Pos2,
    pub target: Target,
    /// Shift or Ctrl was down.
    pub adding: bool,
    /// Ctrl was down: a drag from a pin carries all its wires.
    pub all_wires: bool,
    /// Ctrl or Alt was down: a frame moves without what is in it.
    pub alone: bool,
    /// The edges of a frame or a note that were taken hold of: -1 for the left or upper one, 1 for the right or lower one.
    pub edges: Option<[i8; 2]>,
    /// It was on the arrow that collapses the node.
    pub chevron: bool,
    /// What was selected before the press.
    pub before: Selection,
    /// The node was selected already, so the selection changes only on release.
    pub was_selected: bool,
}

/// Nodes that follow the pointer.
#[derive(Clone, Debug)]
pub(crate) struct MoveDrag {
    pub origin: [f64; 2],
    /// Those in the selection and those that go along with a frame.
    pub nodes: Vec<NodeId>,
    pub delta: [f64; 2],
    /// The box around them where they started.
    pub bounds: Option<Bounds>,
    /// What they are aligned with.
    pub guides: Vec<Guide>,
    /// The wire into which the node would go, its input and its output.
    pub insertion: Option<(WireId, PinId, PinId)>,
    /// Which input and output the rules found for a wire, if any.
    pub asked: HashMap<WireId, Option<(PinId, PinId)>>,
    /// The structure of the scene for which they found them.
    pub structure: u64,
}

/// Edges of a frame or a note that follow the pointer.
#[derive(Clone, Debug)]
pub(crate) struct ResizeDrag {
    pub node: NodeId,
    /// Which: -1 for the left or upper one, 1 for the right or lower one.
    pub edges: [i8; 2],
    pub origin: [f64; 2],
    /// Where it was.
    pub start: Bounds,
    /// Where it is.
    pub bounds: Bounds,
    /// What its edges are aligned with.
    pub guides: Vec<Guide>,
}

/// A point of a wire that follows the pointer.
#[derive(Clone, Debug)]
pub(crate) struct ViaDrag {
    pub wire: WireId,
    pub index: u16,
    pub origin: [f64; 2],
    /// All points of the wire as they were.
    pub start: Vec<[f64; 2]>,
    /// All points of the wire as they are.
    pub via: Vec<[f64; 2]>,
}

/// What follows the pointer.
#[derive(Clone, Debug)]
pub(crate) enum InHand {
    /// A new wire.
    New,
    /// The end of a wire that came off a pin.
    End { wire: WireId, origin: PinId },
    /// The ends of all wires of a pin.
    All { wires: Vec<WireId>, origin: PinId },
}

#[derive(Clone, Debug)]
pub(crate) struct WireDrag {
    /// The ends that stay, never none; more than one only when all wires of a pin are carried. In the order of `hand`'s
    /// wires.
    pub fixed: Vec<PinId>,
    pub hand: InHand,
    pub pointer: Pos2,
    /// The pin that the wire is drawn to.
    pub snapped: Option<PinId>,
    /// A pin under the pointer that does not take the wire.
    pub refused: Option<PinId>,
    /// What the rules said of each pin.
    pub verdicts: HashMap<PinId, Result<(), String>>,
    /// The structure of the scene for which they said it.
    pub structure: u64,
    /// It is led by keys and not by the pointer.
    pub keys: Option<KeyWire>,
}

/// A wire that keys lead from pin to pin.
#[derive(Clone, Debug)]
pub(crate) struct KeyWire {
    /// The pin on which Enter was pressed.
    pub began: PinId,
    /// The pins on the other side of all nodes, the nearest first.
    pub order: Vec<PinId>,
    /// Which of them it has come to.
    pub at: Option<usize>,
}

impl Gesture {
    /// The wire that keys lead.
    pub(crate) fn key_wire(&self) -> Option<&KeyWire> {
        match self {
            Self::Wire(drag) => drag.keys.as_ref(),
            _ => None,
        }
    }
}

impl WireDrag {
    pub(crate) fn new(fixed: Vec<PinId>, hand: InHand, pointer: Pos2, structure: u64) -> Self {
        Self { fixed, hand, pointer, snapped: None, refused: None, verdicts: HashMap::new(), structure, keys: None }
    }

    /// The wires whose ends are carried.
    pub(crate) fn wires(&self) -> &[WireId] {
        match &self.hand {
            InHand::New => &[],
            InHand::End { wire, .. } => std::slice::from_ref(wire),
            InHand::All { wires, .. } => wires,
        }
    }

    /// The pin that the end came off.
    pub(crate) fn origin(&self) -> Option<PinId> {
        match self.hand {
            InHand::New => None,
            InHand::End { origin, .. } | InHand::All { origin, .. } => Some(origin),
        }
    }

    /// What the rules say of ending the wire at `pin`, or all of them.
    pub(crate) fn verdict(&mut self, pin: PinId, rules: &dyn Rules) -> &Result<(), String> {
        let (fixed, all) = (&self.fixed, matches!(self.hand, InHand::All { .. }));
        self.verdicts.entry(pin).or_insert_with(|| {
            fixed.iter().try_for_each(|&end| match ordered(end, pin) {
                Some((from, to)) => rules.can_connect(from, to),
                None if all => Err(rules.other_side_reason().unwrap_or_default()),
                None => Err(rules.same_side_reason().unwrap_or_default()),
            })
        })
    }
}

/// What a stroke does to the wires that it crosses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StrokeKind {
    /// It cuts them.
    Cut,
    /// It gives each of them a point there.
    Bend,
}

/// A stroke over wires.
#[derive(Clone, Debug)]
pub(crate) struct CutStroke {
    pub kind: StrokeKind,
    /// Where the button went down.
    pub origin: Pos2,
    /// It has gone far enough not to be a click.
    pub drawn: bool,
    /// Where it went, in graph units.
    pub points: Vec<[f64; 2]>,
    /// The wires that it has crossed, and where it did so first.
    pub crossed: BTreeMap<WireId, [f64; 2]>,
    /// The same wires, in the order in which it crossed them.
    pub order: Vec<WireId>,
    /// What it has crossed, as it looks from far away.
    pub marked: Marked,
}

/// The crossed wires seen from far away: what comes to them is added to what is there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marked {
    pub mesh: Arc<Mesh>,
    /// What it was made from, and how many wires are in it.
    pub key: Option<FarKey>,
    pub count: usize,
}

impl CutStroke {
    /// One that has gone nowhere yet.
    pub(crate) fn new(kind: StrokeKind, origin: Pos2, points: Vec<[f64; 2]>) -> Self {
        Self {
            kind,
            origin,
            drawn: false,
            points,
            crossed: BTreeMap::new(),
            order: Vec::new(),
            marked: Marked::default(),
        }
    }

    /// It crosses a wire.
    pub(crate) fn cross(&mut self, wire: WireId, at: [f64; 2]) {
        self.crossed.entry(wire).or_insert_with(|| {
            self.order.push(wire);
            at
        });
    }
}

/// The output and the input of two pins, if they are one of each.
pub(crate) fn ordered(a: PinId, b: PinId) -> Option<(PinId, PinId)> {
    match (a.side, b.side) {
        (Side::Output, Side::Input) => Some((a, b)),
        (Side::Input, Side::Output) => Some((b, a)),
        _ => None,
    }
}
