//! Every screen of the window, to be looked at: `WEFT_GALLERY=folder` has each written there as PNG, in both languages and
//! themes and at several sizes (`WEFT_GALLERY_ONLY=menu*zh.light,start` for some of them: parts of names). Without it they are only laid out, at
//! the interface scales 1 and 2, and what stands over the window (menus, questions, searches) must be whole there.

use std::path::{Path, PathBuf};

use egui::{Event as Input, Key, Modifiers, PointerButton, Pos2, Role, Vec2, vec2};
use egui_kittest::kittest::Queryable as _;
use weft_model::align::{Alignment, Axis};
use weft_model::{Edit, Lang, Value};

use super::*;
use crate::commands::UiCommand;
use crate::dock::{Edge, Pane};
use crate::node_views::node_key;

const NONE: Modifiers = Modifiers::NONE;
const CTRL: Modifiers = Modifiers { ctrl: true, command: true, ..NONE };

/// A name and how to come there.
type Screen = (&'static str, fn() -> Window);

impl Window {
    fn point_to(&mut self, names: &[&str]) {
        let keys: Vec<_> = names.iter().map(|name| node_key(self.node(name))).collect();
        self.harness.state_mut().canvas_mut().unwrap().state.select(keys, []);
        self.settle();
    }

    fn menu_at(&mut self, at: Pos2) {
        self.harness.event(Input::PointerMoved(at));
        self.harness.step();
        for pressed in [true, false] {
            let button = PointerButton::Secondary;
            self.harness.event(Input::PointerButton { pos: at, button, pressed, modifiers: NONE });
            self.harness.step();
        }
        self.settle();
    }

    fn menu_of(&mut self, name: &str) {
        let at = self.middle_of(self.node(name));
        self.menu_at(at);
    }

    fn empty_place(&self) -> Pos2 {
        self.app().canvas().unwrap().state.canvas_rect().unwrap().left_bottom() + vec2(220.0, -90.0)
    }

    fn running_with(pane: Pane) -> Self {
        let mut window = Self::with_everything();
        window.does(UiCommand::FitAll);
        window.does(UiCommand::ShowPanel(pane));
        window
    }

    fn at_settings(section: &str) -> Self {
        let mut window = Self::with_mnist();
        window.settings_at(section);
        window
    }

    fn inspecting(node: &str) -> Self {
        let mut window = Self::looked_at();
        window.point_to(&[node]);
        window
    }

    fn in_menu(menu: &str) -> Self {
        let mut window = Self::with_mnist();
        window.point_to(&["train"]);
        window.click(menu);
        window
    }

    fn broken() -> Self {
        let mut window = Self::without_network();
        for (node, param, value) in [
            ("train", "epochs", Value::Int(0)),
            ("normalise", "method", Value::from("scael")),
            (
                "data",
                "path",
                Value::from("../a/rather/long/path/to/a/folder/that/was/moved/from/here/to/somewhere/else"),
            ),
        ] {
            let id = window.node(node);
            window.break_it(Edit::SetParam { id, param: param.to_owned(), value: Some(value) });
        }
        window.until("all are found", |w| w.app().project().unwrap().problems().count() >= 4);
        window
    }

    fn annotated() -> Self {
        let mut window = Self::looked_at();
        window.point_to(&["split", "normalise"]);
        window.does(UiCommand::FrameSelection);
        window.harness.event(Input::Text("Prepare".to_owned()));
        window.settle();
        window.keys(NONE, Key::Enter);
        window.does(UiCommand::SelectNone);
        window.harness.hover_at(window.empty_place());
        window.settle();
        window.does(UiCommand::AddNote);
        let text = "# Plan\nTrain **LeNet-5** for ten epochs, see [the paper](https://example.org).\n\n- 60,000 images\n- 99 % or more";
        window.harness.event(Input::Text(text.to_owned()));
        window.settle();
        window.keys(CTRL, Key::Enter);
        window.point_to(&["network"]);
        window.does(UiCommand::Mute);
        window.point_to(&["evaluate"]);
        window.does(UiCommand::Collapse);
        window.does(UiCommand::FitAll);
        window.harness.run_steps(20);
        window
    }

    fn grouped() -> Self {
        let mut window = Self::looked_at();
        window.group(&["split", "normalise"]);
        window
    }
}

const DIALOGS: &[Screen] = &[
    ("settings-look", || Window::at_settings("Look")),
    ("settings-canvas", || Window::at_settings("Canvas")),
    ("settings-keys", || Window::at_settings("Keys")),
    ("settings-devices", || {
        let mut window = Window::with_mnist();
        window.say(Event::Devices(vec![preferences::gpu()]));
        window.settings_at("Devices");
        window
    }),
    ("settings-folders", || Window::at_settings("Folders")),
    ("settings-kept", || {
        let mut window = Window::at_settings("Folders");
        let bytes = [2_100_000_000, 640_000_000, 64_000, 0];
        let bytes = weft_protocol::kept::Kept::ALL.into_iter().zip(bytes).collect();
        window.say(Event::Kept(weft_protocol::KeptReport { bytes, cleared_bytes: None }));
        window.click("Clear Results…");
        window
    }),
    ("settings-messages", || Window::at_settings("Messages")),
    ("settings-search", || {
        let mut window = Window::at_settings("Keys");
        window.harness.get_by_role_and_label(Role::TextInput, "Search the settings").focus();
        window.settle();
        window.harness.event(Input::Text("zoom".to_owned()));
        window.settle();
        window
    }),
    ("settings-keys-taken", || {
        let mut window = Window::at_settings("Keys");
        window.click("Add a key to Duplicate");
        window.keys(CTRL, Key::C);
        window
    }),
    ("cheat-sheet", || {
        let mut window = Window::with_mnist();
        window.does(UiCommand::Keys);
        window
    }),
    ("about", || {
        let mut window = Window::with_mnist();
        window.does(UiCommand::About);
        window
    }),
    ("palette-commands", || {
        let mut window = Window::with_mnist();
        window.does(UiCommand::CommandPalette);
        window
    }),
    ("palette-nothing", || {
        let mut window = Window::with_mnist();
        window.does(UiCommand::CommandPalette);
        window.harness.event(Input::Text("qqqq".to_owned()));
        window.settle();
        window
    }),
    ("find-node", || {
        let mut window = Window::with_mnist();
        window.does(UiCommand::FindNode);
        window
    }),
    ("unsaved", || {
        let mut window = Window::with_mnist();
        window.point_to(&["train"]);
        window.does(UiCommand::Mute);
        window.does(UiCommand::New);
        window
    }),
    ("close-during-run", || {
        let mut window = Window::with_mnist();
        window.begin_run();
        let viewport = window.harness.input_mut().viewports.get_mut(&egui::ViewportId::ROOT).unwrap();
        viewport.events.push(egui::ViewportEvent::Close);
        window.harness.step();
        window.harness.input_mut().viewports.get_mut(&egui::ViewportId::ROOT).unwrap().events.clear();
        window.settle();
        window
    }),
    ("recovery", || recovering::asked(&[("a.weft", 11), ("another-project.weft", 12)])),
    ("recovery-differences", || {
        let mut window = recovering::asked(&[("a.weft", 11)]);
        window.click("View differences");
        window.until("they are listed", |w| w.says("Epochs of 'train': 10 → 11"));
        window
    }),
    ("recovery-discard", || {
        let mut window = recovering::asked(&[("a.weft", 11)]);
        window.click("Discard");
        window
    }),
    ("error", || {
        let mut window = Window::with_mnist();
        let path = window.dir.path().join("broken.weft");
        std::fs::write(&path, "{ \"format\": ").unwrap();
        window.dialogs.answer(Some(path));
        window.keys(CTRL, Key::O);
        window.until("the error is shown", |w| w.says("The project could not be opened"));
        window
    }),
    ("layouts", || {
        let mut window = Window::with_mnist();
        window.does(UiCommand::Layouts);
        window.harness.get_by_role_and_label(Role::TextInput, "Name of the present layout").type_text("Training");
        window.settle();
        window.click("Save");
        window
    }),
    ("block", || {
        let mut window = Window::grouped();
        window.does(UiCommand::SaveBlock);
        window
    }),
    ("preview", || {
        let mut window = Window::inspecting("normalise");
        window.does(UiCommand::ShowPreview);
        window
    }),
    ("preview-data", || {
        let mut window = Window::inspecting("data");
        window.does(UiCommand::ShowPreview);
        window
    }),
];

const MENUS: &[Screen] = &[
    ("menu-file", || Window::in_menu("File")),
    ("menu-edit", || Window::in_menu("Edit")),
    ("menu-view", || Window::in_menu("View")),
    ("menu-run", || Window::in_menu("Run")),
    ("menu-help", || Window::in_menu("Help")),
    ("add-node", || {
        let mut window = Window::with_mnist();
        let at = window.empty_place();
        window.harness.hover_at(at);
        window.settle();
        window.does(UiCommand::AddNode);
        window
    }),
    ("add-node-found", || {
        let mut window = Window::with_mnist();
        let at = window.empty_place();
        window.harness.hover_at(at);
        window.settle();
        window.does(UiCommand::AddNode);
        window.harness.event(Input::Text("lenet".to_owned()));
        window.settle();
        window
    }),
    ("context-node", || {
        let mut window = Window::with_mnist();
        window.menu_of("split");
        window
    }),
    ("context-several", || {
        let mut window = Window::with_mnist();
        window.point_to(&["split", "normalise", "train"]);
        window.menu_of("split");
        window
    }),
    ("context-wire", || {
        let mut window = Window::with_mnist();
        window.select_wire("data", "split");
        let at = window.pin_at(egui_node_graph::PinId::output(node_key(window.node("data")), 0));
        let to = window.pin_at(egui_node_graph::PinId::input(node_key(window.node("split")), 0));
        window.menu_at(at.lerp(to, 0.5));
        window
    }),
    ("context-canvas", || {
        let mut window = Window::with_mnist();
        let at = window.empty_place();
        window.menu_at(at);
        window
    }),
    ("context-fixes", || {
        let mut window = Window::broken();
        window.menu_of("train");
        window
    }),
    ("context-fix-path", || {
        let mut window = Window::broken();
        window.menu_of("data");
        window
    }),
    ("context-note", || {
        let mut window = Window::annotated();
        let note = window.kind("note").unwrap();
        let at = window.middle_of(note);
        window.menu_at(at);
        window
    }),
    ("context-subgraph", || {
        let mut window = Window::grouped();
        window.menu_of("Subgraph");
        window
    }),
];

const SCREENS: &[Screen] = &[
    ("start", || {
        let mut window = Window::new();
        window.until("the sample is listed", |w| w.says("MNIST"));
        window.settle();
        window
    }),
    ("start-recent", || {
        let mut window = recovering::asked(&[("a.weft", 11), ("another-project.weft", 12)]);
        window.keys(NONE, Key::Escape);
        window.click("MNIST");
        window.until("the project is open", |w| w.app().project().is_some());
        window.does(UiCommand::ShowStart);
        window.until("it is shown", |w| w.app().project().is_none());
        window.settle();
        window
    }),
    ("empty", || {
        let mut window = Window::new();
        window.does(UiCommand::New);
        window.settle();
        window
    }),
    ("mnist", Window::looked_at),
    ("inspect-data", || Window::inspecting("data")),
    ("inspect-split", || Window::inspecting("split")),
    ("inspect-normalise", || Window::inspecting("normalise")),
    ("inspect-network", || Window::inspecting("network")),
    ("inspect-train", || Window::inspecting("train")),
    ("inspect-evaluate", || Window::inspecting("evaluate")),
    ("inspect-several", || {
        let mut window = Window::looked_at();
        window.point_to(&["split", "train", "evaluate"]);
        window
    }),
    ("inspect-wire", || {
        let mut window = Window::looked_at();
        window.select_wire("data", "split");
        window
    }),
    ("run-training", || Window::running_with(Pane::Training)),
    ("run-plan", || Window::running_with(Pane::Plan)),
    ("run-resources", || Window::running_with(Pane::Resources)),
    ("run-results", || Window::running_with(Pane::Results)),
    ("run-problems", || Window::running_with(Pane::Problems)),
    ("run-log", || Window::running_with(Pane::Log)),
    ("run-history", || Window::running_with(Pane::History)),
    ("empty-plan", || {
        let mut window = Window::looked_at();
        window.does(UiCommand::ShowPanel(Pane::Plan));
        window
    }),
    ("empty-resources", || {
        let mut window = Window::looked_at();
        window.does(UiCommand::ShowPanel(Pane::Resources));
        window
    }),
    ("empty-results", || {
        let mut window = Window::looked_at();
        window.does(UiCommand::ShowPanel(Pane::Results));
        window
    }),
    ("empty-problems", || {
        let mut window = Window::looked_at();
        window.does(UiCommand::ShowPanel(Pane::Problems));
        window
    }),
    ("empty-log", || {
        let mut window = Window::looked_at();
        window.does(UiCommand::ShowPanel(Pane::Log));
        window
    }),
    ("broken", || {
        let mut window = Window::broken();
        window.point_to(&["train"]);
        window.does(UiCommand::ShowPanel(Pane::Problems));
        window
    }),
    ("broken-data", || {
        let mut window = Window::broken();
        window.point_to(&["data"]);
        window.does(UiCommand::ShowPanel(Pane::Problems));
        window
    }),
    ("broken-narrow", || {
        let mut window = Window::broken();
        window.point_to(&["data"]);
        window.does(UiCommand::ShowPanel(Pane::Problems));
        window.does(UiCommand::DockPanel(Edge::Left));
        window
    }),
    ("annotated", Window::annotated),
    ("grouped", Window::grouped),
    ("subgraph", || {
        let mut window = Window::grouped();
        window.does(UiCommand::EnterSubgraph);
        window.harness.run_steps(20);
        window
    }),
    ("arranged", || {
        let mut window = Window::looked_at();
        window.point_to(&["split", "normalise", "train"]);
        window.does(UiCommand::Align(Alignment::Top));
        window.does(UiCommand::Distribute(Axis::Horizontal));
        window
    }),
    ("layout-right", || {
        let mut window = Window::running_with(Pane::Training);
        window.does(UiCommand::DockPanel(Edge::Right));
        window.does(UiCommand::ShowPanel(Pane::Log));
        window.does(UiCommand::DockPanel(Edge::Left));
        window
    }),
    ("layout-top", || {
        let mut window = Window::running_with(Pane::Resources);
        window.does(UiCommand::DockPanel(Edge::Top));
        window.does(UiCommand::ShowPanel(Pane::Results));
        window.does(UiCommand::DockPanel(Edge::Right));
        window
    }),
    ("layout-plain", || {
        let mut window = Window::looked_at();
        window.does(UiCommand::ToggleLeft);
        window.does(UiCommand::ToggleRight);
        window.does(UiCommand::ToggleBottom);
        window.does(UiCommand::FitAll);
        window.harness.run_steps(20);
        window
    }),
    ("far", || {
        let mut window = Window::with_everything();
        for _ in 0..4 {
            window.does(UiCommand::ZoomOut);
        }
        window
    }),
];

/// Sizes in points, pixels of a point: whole windows of usual screens at the interface scales 1 and 2.
const SIZES: [(&str, Vec2, f32); 5] = [
    ("1440", Vec2::new(1440.0, 900.0), 1.0),
    ("1024", Vec2::new(1024.0, 700.0), 1.0),
    ("2560", Vec2::new(2560.0, 1440.0), 1.0),
    ("1440x2", Vec2::new(720.0, 450.0), 2.0),
    ("2560x2", Vec2::new(1280.0, 720.0), 2.0),
];

/// What stands over the window is within it, and nothing of it lies over something else.
fn overlays_are_whole(window: &Window, what: &str, faults: &mut Vec<String>) {
    let whole = window.harness.ctx.content_rect();
    let found = window.placed_over(whole);
    faults.extend(found.into_iter().map(|fault| format!("{what}: {fault}")));
}

/// Screens that take long to come to, and whose panels `sizes` measures at more sizes: they are for looking at.
const LONG: [&str; 4] = ["run-", "layout-right", "layout-top", "far"];

/// Whether a picture of this name is to be drawn.
fn wanted(name: &str) -> bool {
    let Ok(only) = std::env::var("WEFT_GALLERY_ONLY") else { return true };
    only.split(',').any(|pattern| pattern.split('*').all(|part| name.contains(part)))
}

fn names(screen: &str, lang: Lang, size: &str) -> [String; 2] {
    ["dark", "light"].map(|theme| format!("{screen}.{}.{theme}.{size}.png", lang.id()))
}

fn visit(screens: &[Screen]) {
    let folder = std::env::var_os("WEFT_GALLERY").map(PathBuf::from);
    let mut faults = Vec::new();
    for (name, make) in screens {
        if folder.is_none() && LONG.iter().any(|long| name.starts_with(long)) {
            continue;
        }
        let sizes = [Lang::En, Lang::Zh].into_iter().flat_map(|lang| SIZES.map(|size| (lang, size)));
        let asked = |(lang, size): &(Lang, (&str, Vec2, f32))| names(name, *lang, size.0).iter().any(|n| wanted(n));
        let sizes: Vec<_> = sizes.filter(asked).collect();
        if sizes.is_empty() {
            continue;
        }
        let mut window = make();
        for (lang, (size_name, size, scale)) in sizes {
            if window.app().lang() != lang {
                window.does(UiCommand::SwitchLanguage);
            }
            window.does(UiCommand::ScaleActual);
            for _ in 0..8 * (scale as usize - 1) {
                window.does(UiCommand::ScaleUp);
            }
            window.harness.set_size(size);
            window.harness.run_steps(12);
            assert_eq!(window.harness.ctx.pixels_per_point(), scale);
            overlays_are_whole(&window, &format!("{name} in {lang:?} at {size_name}"), &mut faults);
            let Some(folder) = &folder else { continue };
            for file in names(name, lang, size_name) {
                if wanted(&file) {
                    paint(&mut window, &folder.join(file));
                }
                window.does(UiCommand::SwitchTheme);
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

fn paint(window: &mut Window, file: &Path) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    window.settle();
    window.harness.render().unwrap().save(file).unwrap();
}

#[test]
fn dialogs_are_whole_at_every_size_in_both_languages() {
    visit(DIALOGS);
}

#[test]
fn menus_are_whole_at_every_size_in_both_languages() {
    visit(MENUS);
}

#[test]
fn screens_are_laid_out_at_every_size_in_both_languages() {
    visit(SCREENS);
}

#[test]
fn long_menus_stay_within_a_low_window() {
    let mut window = Window::with_mnist();
    window.select("train");
    window.harness.set_size(vec2(720.0, 450.0));
    let over = |window: &Window| {
        let ctx = &window.harness.ctx;
        let layers = ctx.memory(|m| m.areas().visible_layer_ids());
        let over = layers.into_iter().filter(|layer| layer.order == egui::Order::Foreground);
        let rects: Vec<_> = over.filter_map(|layer| ctx.memory(|m| m.area_rect(layer.id))).collect();
        assert!(!rects.is_empty());
        for rect in rects {
            assert!(ctx.content_rect().expand(1.0).contains_rect(rect), "{rect:?}");
        }
    };
    for menu in ["File", "Edit", "View", "Run", "Help"] {
        window.click(menu);
        window.harness.run_steps(4);
        over(&window);
        window.keys(NONE, Key::Escape);
    }
    window.keys(Modifiers::SHIFT, Key::F10);
    window.harness.run_steps(4);
    over(&window);
    // The keyboard comes to what is scrolled away.
    assert!(window.says("Make subgraph"));
}

#[test]
fn the_start_page_stands_in_the_middle_of_a_wide_window() {
    let mut window = Window::new();
    window.until("the sample is listed", |w| w.says("MNIST"));
    for width in [1440.0, 2560.0, 3840.0] {
        window.harness.set_size(vec2(width, 900.0));
        window.settle();
        let new = window.harness.get_by_role_and_label(Role::Button, "New project").rect();
        let recent = window.harness.get_by_label("Projects that you open are listed here.").rect();
        assert!(
            new.left() > (width - 1248.0) / 2.0 - 8.0 && recent.right() < width / 2.0 + 632.0,
            "{new:?} {recent:?}"
        );
    }
}
