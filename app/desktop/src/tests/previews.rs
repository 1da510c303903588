//! What the window shows of data before a run.

use std::collections::BTreeMap;

use weft_model::Localised;
use weft_model::shape::SampleSchema;
use weft_protocol::event::Fault;
use weft_protocol::preview::{
    Fact, FactValue, PartSummary, Preview, PreviewBody, PreviewRequest, Stage, Strip, Thumbnail,
};
use weft_protocol::run::Part;

use super::*;

/// What is seen of ten balanced classes.
pub(super) fn seen(parts: &[(Part, u64)], thumbnails: Vec<Thumbnail>) -> Preview {
    let summary =
        |(part, count): &(Part, u64)| PartSummary { part: *part, count: *count, class_counts: vec![count / 10; 10] };
    Preview {
        schema: SampleSchema { shape: vec![1, 28, 28], classes: 10 },
        classes: (0..10).map(|n| n.to_string()).collect(),
        parts: parts.iter().map(summary).collect(),
        facts: Vec::new(),
        body: PreviewBody::Images {
            strips: vec![Strip { part: Part::Train, stage: None, shown_range: None, thumbnails }],
        },
    }
}

/// A disc on a ground, as a digit would be.
fn blot(class: usize) -> Thumbnail {
    let pixels = (0..28 * 28).map(|at| {
        let (x, y) = (at % 28, at / 28);
        let far = (x - 8 - class as i32).pow(2) + (y - 14).pow(2);
        255 - (far * 3).clamp(0, 240) as u8
    });
    Thumbnail { width: 28, height: 28, channels: 1, pixels: pixels.collect(), label: class.to_string() }
}

/// What a preparation is seen to do.
fn prepared() -> Preview {
    let mut out = seen(&[(Part::Train, 54_000), (Part::Validation, 6_000), (Part::Test, 10_000)], vec![]);
    let strip = |stage, range| Strip {
        part: Part::Train,
        stage: Some(stage),
        shown_range: Some(range),
        thumbnails: (0..10).map(blot).collect(),
    };
    out.body =
        PreviewBody::Images { strips: vec![strip(Stage::Before, [0.0, 255.0]), strip(Stage::After, [-0.424, 2.822])] };
    let fact = |id: &str, label: (&str, &str), value| Fact {
        id: id.into(),
        label: Localised::new(label.0, label.1),
        value,
        unit: None,
    };
    out.facts = vec![
        fact("mean", ("Mean before (0 to 1)", "处理前均值（0 到 1）"), FactValue::Numbers(vec![0.1307])),
        fact("std", ("Standard deviation before (0 to 1)", "处理前标准差（0 到 1）"), FactValue::Numbers(vec![0.3081])),
        fact("range_after", ("Range after", "处理后范围"), FactValue::Range { least: -0.424, most: 2.822 }),
    ];
    out
}

impl Window {
    /// What the window asks about, by name of the node.
    fn asked(&mut self, wanted: &[&str]) -> BTreeMap<String, PreviewRequest> {
        let mut asked = BTreeMap::new();
        for _ in 0..2_000 {
            self.harness.step();
            while let Ok(command) = self.engine.commands.try_recv() {
                if let Command::Preview(request) = command {
                    asked.insert(request.chain.last().unwrap().name.clone(), *request);
                }
            }
            if wanted.iter().all(|name| asked.contains_key(*name)) {
                return asked;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("asked about {:?}, not {wanted:?}", asked.keys());
    }

    fn previewed(&mut self, request: &PreviewRequest, result: Result<Preview, Fault>) {
        self.say(Event::Preview { node: request.node, request: request.request, result });
    }

    fn previews_on(&self, node: &str) -> usize {
        let key = crate::node_views::node_key(self.node(node));
        self.harness.state().canvas().unwrap().scene.node(key).unwrap().previews.len()
    }

    /// A window whose nodes have all been looked at.
    pub(super) fn looked_at() -> Self {
        let mut window = Self::opened_unseen();
        let asked = window.asked(&["data", "split", "normalise"]);
        let parts = [(Part::Train, 54_000), (Part::Validation, 6_000), (Part::Test, 10_000)];
        let strip = || (0..10).map(blot).collect::<Vec<_>>();
        window.previewed(&asked["data"], Ok(seen(&[(Part::Train, 60_000), (Part::Test, 10_000)], strip())));
        window.previewed(&asked["split"], Ok(seen(&parts, strip())));
        window.previewed(&asked["normalise"], Ok(prepared()));
        window
    }

    /// Selects another node while the preview is open; the preview may lie over the node.
    fn look_at(&mut self, node: &str) {
        self.keys(Modifiers::ALT, Key::P);
        self.select(node);
        self.keys(Modifiers::ALT, Key::P);
    }

    fn opened_unseen() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = mnist_in(dir.path());
        let mut window = Self::in_folder(dir, Some(file));
        window.until("the project is open", |w| w.app().project().is_some());
        window
    }
}

#[test]
fn nodes_show_samples_and_class_balance_and_what_a_preparation_does() {
    let mut window = Window::looked_at();
    assert_eq!(["data", "split", "normalise", "train"].map(|n| window.previews_on(n)), [2, 2, 1, 0]);
    window.select("data");
    for shown in [0, 2] {
        window.harness.state_mut().execute(crate::commands::UiCommand::ToggleNodePreview);
        window.settle();
        assert_eq!((window.previews_on("data"), window.previews_on("split")), (shown, 2));
    }
    window.harness.state_mut().execute(crate::commands::UiCommand::TogglePreviews);
    window.settle();
    assert_eq!(["data", "split", "normalise"].map(|n| window.previews_on(n)), [0, 0, 0]);
    // Shapes are known all the same, and what was seen of the data with them.
    window.harness.state_mut().execute(crate::commands::UiCommand::TogglePreviews);
    window.settle();
    assert_eq!(window.previews_on("data"), 2);
    assert_eq!(window.asked(&["split", "normalise"]).len(), 2);
}

#[test]
fn the_preview_window_shows_the_selected_node_in_both_languages() {
    let mut window = Window::looked_at();
    window.keys(Modifiers::ALT, Key::P);
    assert!(window.says("Select a node that gives samples."));
    window.look_at("normalise");
    assert!(window.says("Mean before (0 to 1)") && window.says("0.1307"));
    assert!(window.says("black -0.4240, white 2.822"));
    assert!(window.says("Class balance, Training") && window.says("3, 5,400 (10.0 %)"));
    assert!(window.says("Sample of class 7"));
    window.look_at("train");
    assert!(window.says("Nodes of this kind have no preview."));
    window.look_at("split");
    window.click("Look again");
    let again = window.asked(&["split"]);
    assert!(again["split"].fresh);
    let fault =
        Fault::new("missing_data", Localised::new("no folder there", "没有文件夹"), Localised::new("look", "看"));
    window.previewed(&again["split"], Err(fault));
    assert!(window.says("No folder there") && window.says("Look"));
    window.harness.state_mut().execute(crate::commands::UiCommand::SwitchLanguage);
    window.settle();
    assert!(window.says("没有文件夹") && window.says("在节点上显示"));
}

#[test]
fn a_look_that_takes_long_is_seen_to_be_under_way() {
    let mut window = Window::opened_unseen();
    let asked = window.asked(&["data"]);
    window.select("data");
    window.keys(Modifiers::ALT, Key::P);
    let data = window.node("data");
    window.until("the look takes long", |w| w.app().project().unwrap().preview(data).is_some_and(|p| p.is_slow()));
    window.settle();
    assert!(window.says("Reading the data…"));
    window.previewed(&asked["data"], Ok(seen(&[(Part::Train, 60_000)], vec![blot(1)])));
    assert!(!window.says("Reading the data…"));
}

#[test]
fn the_inspector_opens_the_preview_and_escape_closes_it_wherever_the_keyboard_is() {
    let mut window = Window::looked_at();
    window.select("normalise");
    let shown = |w: &Window| w.says("Show on the node");
    assert!(!shown(&window));
    window.click("Show larger");
    assert!(shown(&window) && window.says("Mean before (0 to 1)"));
    // A button of the window has the keyboard.
    window.harness.get_by_role_and_label(egui::Role::Button, "Look again").focus();
    window.settle();
    window.keys(Modifiers::NONE, Key::Escape);
    assert!(!shown(&window));
    assert!(window.app().canvas().unwrap().selected_node().is_some(), "the key did nothing else");
    // Where text is typed the key ends that first.
    window.click("Show larger");
    window.harness.get_by_role_and_label(egui::Role::TextInput, "Name").focus();
    window.settle();
    window.keys(Modifiers::NONE, Key::Escape);
    assert!(shown(&window));
    window.keys(Modifiers::NONE, Key::Escape);
    assert!(!shown(&window));
}

#[test]
fn what_could_not_be_seen_is_asked_again_when_the_user_comes_back() {
    let mut window = Window::opened_unseen();
    let asked = window.asked(&["data"]);
    let fault =
        Fault::new("missing_data", Localised::new("no folder there", "没有文件夹"), Localised::new("look", "看"));
    window.previewed(&asked["data"], Err(fault));
    window.settle();
    while window.engine.commands.try_recv().is_ok() {}
    window.settle();
    assert!(window.engine.commands.try_recv().is_err(), "it is not asked again by itself");
    window.harness.event(egui::Event::WindowFocused(true));
    window.settle();
    assert_eq!(window.asked(&["data"]).len(), 1);
}
