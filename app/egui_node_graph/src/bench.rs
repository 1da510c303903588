//! A scene to measure with. It knows nothing of the widget.

use crate::{
    BodyLine, BodyText, NodeId, NodeState, NodeView, PinId, PinShape, PinView, Scene, Style, TextRole, WireId,
    WireStyle, WireView,
};

/// A scene of `count` nodes, each wired to the next, laid out to and fro in rows so that it is about as wide as a screen.
///
/// The nodes carry pins, text, states and progress like those of a project, so that what is measured with it is what a
/// user sees.
pub fn chained_scene(count: usize) -> Scene {
    const STEP: [f64; 2] = [240.0, 200.0];
    let style = Style::default();
    let colors = [style.accent, style.warn, style.error, style.muted];
    let columns = ((count as f64 * 1.333).sqrt().ceil() as usize).max(1);
    let mut scene = Scene::new();
    for index in 0..count {
        let (row, along) = (index / columns, index % columns);
        let column = if row % 2 == 0 { along } else { columns - 1 - along };
        let id = NodeId(index as u64);
        let color = colors[index / 7 % colors.len()];
        let pin =
            |label: &str, shape| PinView { label: label.to_owned(), shape, color, type_name: "Samples".to_owned() };
        let mut node =
            NodeView::new(id, [column as f64 * STEP[0], row as f64 * STEP[1]], format!("Step {}", index + 1));
        node.accessible_name = format!("Node: {}", node.title);
        node.icon = Some('▣');
        node.color = color;
        node.inputs = vec![pin("samples", PinShape::Circle), pin("network", PinShape::Diamond)];
        node.outputs = vec![pin("samples", PinShape::Circle), pin("metrics", PinShape::Square)];
        node.body = vec![
            BodyLine::new(BodyText::mono("55 k · 5 k · 10 k", TextRole::Muted)),
            BodyLine::pair(
                BodyText::mono(format!("epoch {}", index % 10), TextRole::Normal),
                BodyText::mono("98.94 %", TextRole::Ok),
            ),
        ];
        node.state = match index % 16 {
            0 => NodeState::Running { progress: Some((index % 100) as f32 / 100.0) },
            1..6 => NodeState::Done,
            6..10 => NodeState::Cached,
            _ => NodeState::Waiting,
        };
        if index % 16 == 0 {
            node.progress_line = "1:12 elapsed · 0:56 left".to_owned();
        }
        scene.upsert_node(node);
        if index > 0 {
            let (from, to) = (PinId::output(NodeId(index as u64 - 1), 0), PinId::input(id, 0));
            let mut wire = WireView::new(WireId(index as u64), from, to, color);
            wire.active = index % 16 == 0;
            if index % 16 > 9 {
                wire.style = WireStyle::Dashed;
            }
            scene.upsert_wire(wire);
        }
    }
    scene
}
