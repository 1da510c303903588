//! Scenes to measure with, and the measuring.

mod measure;

pub use measure::{MEASURED_VIEWS, Measured, MeasuredView, measure};

use egui::TextureId;

use crate::{
    Bar, BodyLine, BodyText, NodeId, NodeState, NodeView, PinId, PinShape, PinView, PreviewRow, Scene, Severity, Style,
    TextRole, WireId, WireStyle, WireView,
};

/// How far apart the nodes of a scene are, in graph units.
const STEP: [f64; 2] = [240.0, 200.0];

/// How many nodes are side by side in a scene of `count`.
fn columns(count: usize) -> usize {
    ((count as f64 * 1.333).sqrt().ceil() as usize).max(1)
}

/// A scene of `count` nodes as a project has them after a while: three wires for every two nodes, some of them through
/// points; a frame for every 20 nodes and a note for every 50; pictures, charts, problems, nodes that are collapsed,
/// muted, bypassed, or can be entered.
pub fn mixed_scene(count: usize) -> Scene {
    let mut scene = chained_scene(count);
    let columns = columns(count);
    let style = Style::default();
    let mut next_wire = count as u64;
    for index in 0..count {
        let id = NodeId(index as u64);
        scene.update_node(id, |node| {
            node.tooltip = (index % 9 == 0).then(|| "Input 'network' has no wire".to_owned());
            node.collapsible = true;
            node.collapsed = index % 23 == 7;
            node.muted = index % 29 == 11;
            node.bypassed = index % 31 == 13;
            node.enterable = index % 17 == 5;
            if index % 9 == 4 {
                node.state = NodeState::Problem(Severity::Error);
            }
            match index % 6 {
                0 => node.previews.push(PreviewRow::Strip(vec![TextureId::default(); 5])),
                3 => node.previews.push(PreviewRow::Bars(
                    (0..10).map(|bar| Bar { value: (bar * 7 % 10) as f32 / 10.0, role: TextRole::Accent }).collect(),
                )),
                _ => {}
            }
        });
        if index % 2 == 1 && index > 1 {
            // From a little way back, and every other one round a corner that somebody gave it.
            let from = index.saturating_sub(5 + index % 7);
            let (from, to) = (PinId::output(NodeId(from as u64), 1), PinId::input(id, 1));
            let mut wire = WireView::new(WireId(next_wire), from, to, style.ok);
            next_wire += 1;
            if index % 4 == 1 {
                let places = [from.node, to.node].map(|node| scene.node_rect(node).map_or([0.0; 2], |(pos, _)| pos));
                let middle = [0, 1].map(|axis| (places[0][axis] + places[1][axis]) * 0.5);
                wire.via = vec![[middle[0] + 60.0, middle[1] - 30.0], [middle[0] + 140.0, middle[1] - 20.0]];
            }
            if index % 8 == 3 {
                wire.label = "N×64×7×7".to_owned();
            }
            scene.upsert_wire(wire);
        }
    }
    let place = |index: usize| {
        let (row, along) = (index / columns, index % columns);
        [along as f64 * STEP[0], row as f64 * STEP[1]]
    };
    for index in 0..count / 20 {
        let [x, y] = place(index * 20);
        let size = [STEP[0] as f32 * 5.0, STEP[1] as f32 * 4.0];
        let mut frame =
            NodeView::frame(NodeId((count + index) as u64), [x - 20.0, y - 40.0], size, format!("Part {}", index + 1));
        frame.color = [style.accent, style.warn, style.ok][index % 3];
        scene.upsert_node(frame);
    }
    for index in 0..count / 50 {
        let [x, y] = place(index * 50 + 3);
        let id = NodeId((count + count / 20 + index) as u64);
        let mut note = NodeView::note(id, [x + 20.0, y - 90.0], [200.0, 80.0], "Note");
        note.color = style.warn;
        for line in ["What was tried here", "Learning rate 0.001 diverges", "See the report of March"] {
            note.body.push(BodyLine::new(BodyText::plain(line, TextRole::Muted)));
        }
        scene.upsert_node(note);
    }
    scene
}

/// A scene of `count` nodes, each wired to the next, laid out to and fro in rows so that it is about as wide as a screen.
///
/// The nodes carry pins, text, states and progress like those of a project, so that what is measured with it is what a
/// user sees.
pub fn chained_scene(count: usize) -> Scene {
    let style = Style::default();
    let colors = [style.accent, style.warn, style.error, style.muted];
    let columns = columns(count);
    let mut scene = Scene::new();
    for index in 0..count {
        let (row, along) = (index / columns, index % columns);
        let column = if row % 2 == 0 { along } else { columns - 1 - along };
        let id = NodeId(index as u64);
        let color = colors[index / 7 % colors.len()];
        let pin = |label: &str, shape| PinView {
            label: label.to_owned(),
            shape,
            color,
            type_name: "Samples".to_owned(),
            many: false,
        };
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
