//! A canvas without a window and without a renderer: events in, actions out.

use egui::{
    Color32, Context, CursorIcon, Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2,
    RawInput, Rect, TouchPhase, Vec2, pos2, vec2,
};
use egui_node_graph::{
    Action, Camera, CanvasOutput, CanvasState, Extras, LevelOfDetail, NodeId, NodeView, PinId, PinShape, PinView,
    Rules, Scene, Style, Target, WireId, WireView, Words, minimap, show_with,
};

pub const A: NodeId = NodeId(1);
pub const B: NodeId = NodeId(2);
pub const C: NodeId = NodeId(3);
pub const WIRE: WireId = WireId(10);
/// A point of the screen where nothing is.
pub const EMPTY: Pos2 = pos2(500.0, 500.0);

/// The inputs of C take nothing.
pub struct TestRules;

impl Rules for TestRules {
    fn can_connect(&self, from: PinId, to: PinId) -> Result<(), String> {
        if to.node == C { Err(format!("{} does not fit", from.node.0)) } else { Ok(()) }
    }

    fn same_side_reason(&self) -> Option<String> {
        Some("two outputs".to_owned())
    }

    fn other_side_reason(&self) -> Option<String> {
        Some("an input and an output".to_owned())
    }
}

/// A canvas of 1000 × 600 with three nodes; A is wired to B.
pub struct Bench {
    pub ctx: Context,
    pub scene: Scene,
    pub state: CanvasState,
    pub time_s: f64,
    pub modifiers: Modifiers,
    /// A text field above the canvas, if it is wanted.
    pub text: Option<String>,
    pub with_minimap: bool,
    pub accesskit: Vec<(String, egui::accesskit::NodeId)>,
    pub actions: Vec<Action>,
    pub hovered: Option<Target>,
    pub level: LevelOfDetail,
    pub cursor: CursorIcon,
    /// The application draws the content of notes, and these were the notes of the last frame.
    pub draw_notes: bool,
    pub notes: Vec<(NodeId, Rect, f32)>,
    /// What a screen reader says of the widget with the focus.
    pub focused_name: Option<String>,
}

fn words() -> Words {
    Words {
        input: "Input {pin}, {type}, {joined}".to_owned(),
        output: "Output {pin}, {type}, {joined}".to_owned(),
        candidate: "Connect to {pin} of {node}".to_owned(),
        nothing_fits: "Nothing fits {pin}".to_owned(),
        other_end: "{pin} of {node}".to_owned(),
        joined: "joined to {others}".to_owned(),
        free: "free".to_owned(),
    }
}

pub fn pin(label: &str) -> PinView {
    PinView {
        label: label.to_owned(),
        shape: PinShape::Circle,
        color: Color32::GRAY,
        type_name: "Tensor".to_owned(),
        many: false,
    }
}

pub fn node(id: NodeId, pos: [f64; 2], title: &str) -> NodeView {
    let mut node = NodeView::new(id, pos, title);
    node.accessible_name = format!("Node: {title}");
    node.inputs = vec![pin("in"), pin("more")];
    node.outputs = vec![pin("out"), pin("other")];
    node
}

impl Bench {
    pub fn new() -> Self {
        let mut scene = Scene::new();
        scene.upsert_node(node(A, [50.0, 100.0], "A"));
        scene.upsert_node(node(B, [350.0, 100.0], "B"));
        scene.upsert_node(node(C, [650.0, 300.0], "C"));
        assert!(scene.upsert_wire(WireView::new(WIRE, PinId::output(A, 0), PinId::input(B, 0), Color32::GRAY)));
        let mut state = CanvasState::new();
        state.set_camera(Camera { pan: [0.0, 0.0], zoom: 1.0 });
        let mut bench = Self {
            ctx: Context::default(),
            scene,
            state,
            time_s: 0.0,
            modifiers: Modifiers::NONE,
            text: None,
            with_minimap: false,
            accesskit: Vec::new(),
            actions: Vec::new(),
            hovered: None,
            level: LevelOfDetail::Full,
            cursor: CursorIcon::Default,
            draw_notes: false,
            notes: Vec::new(),
            focused_name: None,
        };
        bench.frame([]);
        bench.frame([]);
        bench
    }

    /// One frame. Actions gather until they are taken.
    pub fn frame(&mut self, events: impl IntoIterator<Item = Event>) {
        let Self { ctx, scene, state, text, with_minimap, actions, hovered, level, notes, .. } = self;
        let draw_notes = self.draw_notes;
        notes.clear();
        self.time_s += 1.0 / 60.0;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1000.0, 600.0))),
            time: Some(self.time_s),
            events: events.into_iter().collect(),
            focused: true,
            ..Default::default()
        };
        let words = words();
        let style = Style { reduced_motion: true, ..Style::default() };
        let output = ctx.run_ui(input, |ui| {
            if let Some(text) = text {
                ui.text_edit_singleline(text);
            }
            let CanvasOutput { actions: new, hovered: under, level_of_detail, .. } = if draw_notes {
                let mut note = |ui: &mut egui::Ui, id: NodeId, rect: Rect, zoom: f32| {
                    notes.push((id, rect, zoom));
                    ui.label("Something to remember");
                };
                let extras = Extras { note: Some(&mut note), words: Some(&words) };
                show_with(ui, scene, state, &style, &TestRules, extras)
            } else {
                let extras = Extras { words: Some(&words), ..Extras::default() };
                show_with(ui, scene, state, &style, &TestRules, extras)
            };
            actions.extend(new);
            (*hovered, *level) = (under, level_of_detail);
            if *with_minimap {
                minimap(ui, scene, state, &style, Rect::from_min_size(pos2(880.0, 500.0), vec2(100.0, 80.0)));
            }
        });
        if let Some(update) = &output.platform_output.accesskit_update {
            let named = |(id, node): &(egui::accesskit::NodeId, egui::accesskit::Node)| {
                node.label().map(|label| (label.to_owned(), *id))
            };
            self.accesskit = update.nodes.iter().filter_map(named).collect();
            let focused = self.accesskit.iter().find(|(_, id)| *id == update.focus);
            self.focused_name = focused.map(|(name, _)| name.clone());
        }
        self.cursor = output.platform_output.cursor_icon;
        let meshes = self.ctx.tessellate(output.shapes.clone(), output.pixels_per_point);
        assert!(!meshes.is_empty());
        output.drop_without_applying_deltas();
    }

    pub fn take(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    pub fn button(&self, pos: Pos2, button: PointerButton, pressed: bool) -> Event {
        Event::PointerButton { pos, button, pressed, modifiers: self.modifiers }
    }

    pub fn hold(&mut self, modifiers: Modifiers) {
        self.modifiers = modifiers;
        self.frame([Event::ModifiersChanged(modifiers)]);
    }

    pub fn hover(&mut self, pos: Pos2) {
        self.frame([Event::PointerMoved(pos)]);
        self.frame([]);
    }

    pub fn press_button(&mut self, pos: Pos2, button: PointerButton) {
        self.hover(pos);
        self.frame([self.button(pos, button, true)]);
    }

    pub fn press(&mut self, pos: Pos2) {
        self.press_button(pos, PointerButton::Primary);
    }

    pub fn move_to(&mut self, pos: Pos2) {
        self.frame([Event::PointerMoved(pos)]);
    }

    pub fn release(&mut self, pos: Pos2) {
        self.frame([self.button(pos, PointerButton::Primary, false)]);
        self.frame([]);
    }

    pub fn click(&mut self, pos: Pos2) {
        self.time_s += 1.0;
        self.press(pos);
        self.release(pos);
    }

    pub fn drag(&mut self, from: Pos2, to: Pos2) {
        self.press(from);
        self.move_to(from + (to - from) * 0.5);
        self.move_to(to);
        self.release(to);
    }

    pub fn double_click(&mut self, pos: Pos2) {
        self.click(pos);
        self.frame([self.button(pos, PointerButton::Primary, true)]);
        self.release(pos);
    }

    pub fn key(&mut self, modifiers: Modifiers, key: Key) {
        self.hold(modifiers);
        for pressed in [true, false] {
            self.frame([Event::Key { key, physical_key: None, pressed, repeat: false, modifiers }]);
        }
        self.hold(Modifiers::NONE);
    }

    pub fn wheel(&mut self, pos: Pos2, delta: Vec2, source: MouseWheelSource) {
        self.hover(pos);
        let unit = if source == MouseWheelSource::Wheel { MouseWheelUnit::Line } else { MouseWheelUnit::Point };
        self.frame([Event::MouseWheel { unit, delta, phase: TouchPhase::Move, source, modifiers: self.modifiers }]);
        // egui spreads a notch over some frames.
        for _ in 0..40 {
            self.frame([]);
        }
    }

    /// A point on the title of a node.
    pub fn title(&self, id: NodeId) -> Pos2 {
        let (pos, _) = self.scene.node_rect(id).expect("the node is there");
        self.state.to_screen([pos[0] + 40.0, pos[1] + 14.0])
    }

    pub fn pin(&self, pin: PinId) -> Pos2 {
        self.state.to_screen(self.scene.pin_pos(pin).expect("the pin is there"))
    }

    pub fn pos(&self, id: NodeId) -> [f64; 2] {
        self.scene.node_rect(id).expect("the node is there").0
    }

    pub fn selected(&self) -> Vec<NodeId> {
        self.state.selection().nodes.iter().copied().collect()
    }
}
