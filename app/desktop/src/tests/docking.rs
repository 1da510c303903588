//! Panels: tabs, docking, layouts, the keyboard going round them, the history panel, and closing while a run is on.

use egui::{Event, Key, Modifiers, PointerButton, Pos2, Role, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use weft_model::Value;

use super::Window;
use crate::commands::UiCommand;
use crate::dock::{Edge, Layouts, Pane, Shape};

const CTRL: Modifiers = Modifiers { ctrl: true, command: true, ..Modifiers::NONE };

impl Window {
    fn shape(&self) -> Shape {
        self.app().dock().unwrap().shape().clone()
    }

    #[track_caller]
    fn tab(&self, label: &str) -> egui::Rect {
        self.harness.get_by_role_and_label(Role::Tab, label).rect()
    }

    fn is_selected(&self, tab: &str) -> bool {
        let node = self.harness.get_by_role_and_label(Role::Tab, tab);
        node.accesskit_node().is_selected() == Some(true)
    }

    fn rect(&self, pane: Pane) -> egui::Rect {
        self.app().dock().unwrap().rect_of(pane).unwrap()
    }

    fn drag_to(&mut self, from: Pos2, to: Pos2) {
        let button = |pos, pressed| {
            let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
            Event::PointerButton { pos, button, pressed, modifiers }
        };
        self.harness.event(Event::PointerMoved(from));
        self.harness.step();
        self.harness.event(button(from, true));
        self.harness.step();
        for n in 1..=6 {
            self.harness.event(Event::PointerMoved(from.lerp(to, n as f32 / 6.0)));
            self.harness.step();
        }
        self.harness.event(button(to, false));
        self.settle();
    }

    pub(super) fn does(&mut self, command: UiCommand) {
        self.harness.state_mut().execute(command);
        self.settle();
    }

    pub(super) fn focused_name(&self) -> Option<String> {
        let focused = self.harness.query_all(egui_kittest::kittest::By::new().predicate(|n| n.is_focused())).next();
        focused.and_then(|n| n.accesskit_node().label())
    }
}

#[test]
fn the_layout_begins_as_drawn() {
    let window = Window::with_mnist();
    let (palette, canvas) = (window.rect(Pane::Palette), window.rect(Pane::Canvas));
    let (training, inspector) = (window.rect(Pane::Training), window.rect(Pane::Inspector));
    assert_eq!((palette.width(), inspector.width(), training.height()), (212.0, 316.0, 340.0));
    assert!(palette.right() < canvas.left() && canvas.right() < inspector.left() && canvas.bottom() < training.top());
    assert_eq!((training.left(), training.right()), (palette.left(), canvas.right()));
    assert_eq!(inspector.bottom(), training.bottom());
    assert!(window.is_selected("Training") && !window.is_selected("Log"));
    assert!(window.harness.query_by_role_and_label(Role::Tab, "Nodes").is_none(), "alone it needs no tab");
}

#[test]
fn a_tab_is_opened_folded_closed_and_brought_back() {
    let mut window = Window::with_mnist();
    window.click("Log");
    assert!(window.is_selected("Log") && window.shape().shows(Pane::Log));
    let unfolded = window.rect(Pane::Canvas).height();
    window.click("Log");
    assert!(!window.shape().shows(Pane::Log) && window.rect(Pane::Canvas).height() > unfolded + 300.0);
    window.click("Plan");
    assert!(window.shape().shows(Pane::Plan) && window.rect(Pane::Canvas).height() == unfolded);
    window.click("Fold the panels");
    assert!(!window.shape().shows(Pane::Plan));
    window.click("Unfold the panels");
    assert!(window.shape().shows(Pane::Plan));

    window.click("Close Plan");
    assert!(!window.shape().holds(Pane::Plan) && window.shape().shows(Pane::Resources));
    window.does(UiCommand::ShowPanel(Pane::Plan));
    assert!(window.is_selected("Plan"));
    assert_eq!(window.focused_name().as_deref(), Some("Plan"));
    window.keys(Modifiers::NONE, Key::Delete);
    assert!(!window.shape().holds(Pane::Plan));
    assert_eq!(window.count(), 6, "Del took the panel and no node");
    for (pane, _) in window.shape().panes().into_iter().zip(0..) {
        window.does(UiCommand::ShowPanel(pane));
        window.keys(CTRL, Key::W);
    }
    assert_eq!(window.shape().panes(), [Pane::Canvas]);
    window.does(UiCommand::ResetLayout);
    assert_eq!(window.shape(), Shape::default());
}

#[test]
fn tabs_are_dragged_to_sides_and_into_groups_and_sizes_are_drawn() {
    let mut window = Window::with_mnist();
    let canvas = window.rect(Pane::Canvas);
    // To the right half of the canvas.
    window.drag_to(window.tab("Log").center(), canvas.center() + vec2(canvas.width() * 0.25, 0.0));
    assert_eq!(window.shape().group_of(Pane::Log).unwrap().0, [Pane::Log]);
    assert!(window.rect(Pane::Log).left() > window.rect(Pane::Canvas).right());
    assert_eq!(window.rect(Pane::Palette).width(), 212.0, "the others keep their sizes");
    // Back among the others.
    let group = window.rect(Pane::Training);
    window.drag_to(window.tab("Log").center(), group.center() + vec2(0.0, crate::dock::BAR / 2.0));
    assert!(window.shape().group_of(Pane::Log).unwrap().0.contains(&Pane::Training), "{:?}", window.shape());
    assert_eq!(window.rect(Pane::Canvas), canvas);
    // The palette by its handle, to the bottom half of the inspector.
    let handle = window.harness.get_by_role_and_label(Role::Group, "Nodes").rect();
    let inspector = window.rect(Pane::Inspector);
    window.drag_to(handle.center(), inspector.center() + vec2(0.0, inspector.height() * 0.25));
    assert!(window.rect(Pane::Palette).top() > window.rect(Pane::Inspector).bottom(), "{:?}", window.shape());
    window.does(UiCommand::ResetLayout);
    // A line between two parts.
    let line = Pos2::new(window.rect(Pane::Palette).right() + 0.5, 300.0);
    window.drag_to(line, line + vec2(60.0, 0.0));
    assert!((window.rect(Pane::Palette).width() - 272.0).abs() < 2.0, "{}", window.rect(Pane::Palette).width());
    let inspector = window.rect(Pane::Inspector);
    window.harness.set_size(vec2(1200.0, 800.0));
    window.settle();
    assert!((window.rect(Pane::Palette).width() - 272.0).abs() < 2.0, "sizes are points and not shares");
    assert_eq!(window.rect(Pane::Inspector).width(), inspector.width());
    assert_eq!(window.rect(Pane::Inspector).right(), 1200.0);
}

#[test]
fn the_keyboard_goes_round_the_panels_and_their_tabs() {
    let mut window = Window::with_mnist();
    window.keys(Modifiers::NONE, Key::F6);
    assert_eq!(window.focused_name().as_deref(), Some("Training"));
    window.keys(Modifiers::NONE, Key::ArrowRight);
    assert_eq!(window.focused_name().as_deref(), Some("Plan"));
    assert!(window.is_selected("Plan"));
    window.keys(Modifiers::NONE, Key::ArrowLeft);
    assert!(window.is_selected("Training"));
    window.keys(CTRL, Key::PageUp);
    assert!(window.is_selected("Log"));
    window.keys(CTRL, Key::PageDown);
    assert_eq!(window.focused_name().as_deref(), Some("Training"));
    for name in ["Inspector", "Nodes", "Canvas", "Training"] {
        window.keys(Modifiers::NONE, Key::F6);
        assert_eq!(window.focused_name().as_deref(), Some(name));
    }
    window.keys(Modifiers::SHIFT, Key::F6);
    assert_eq!(window.focused_name().as_deref(), Some("Canvas"));
    // Out of a field of text as well.
    window.harness.get_by_role_and_label(Role::TextInput, "Search nodes").focus();
    window.settle();
    window.keys(Modifiers::NONE, Key::F6);
    assert_eq!(window.focused_name().as_deref(), Some("Canvas"));
    window.does(UiCommand::ShowPanel(Pane::Problems));
    window.does(UiCommand::DockPanel(Edge::Left));
    assert_eq!(window.focused_name().as_deref(), Some("Problems"));
    assert!(window.rect(Pane::Problems).right() < window.rect(Pane::Canvas).left());
}

#[test]
fn the_old_toggles_hide_sides_and_fold_the_bottom() {
    let mut window = Window::with_mnist();
    for (key, pane) in [(Key::Num1, Pane::Palette), (Key::Num2, Pane::Inspector), (Key::Num3, Pane::Training)] {
        window.keys(CTRL, key);
        assert!(!window.shape().shows(pane), "{pane:?}");
        window.keys(CTRL, key);
        assert_eq!(window.shape(), Shape::default());
    }
}

#[test]
fn layouts_are_kept_by_name_and_for_the_project() {
    let mut window = Window::with_mnist();
    window.does(UiCommand::ShowPanel(Pane::History));
    let mine = window.shape();
    window.does(UiCommand::Layouts);
    window.harness.get_by_role_and_label(Role::TextInput, "Name of the present layout").type_text("edit");
    window.settle();
    window.click("Save");
    window.keys(Modifiers::NONE, Key::Escape);
    let data_dir = window.dir.path().join("data-dir");
    window.until("it is written", |_| Layouts::load(&data_dir).has("edit"));
    window.does(UiCommand::ResetLayout);
    assert_eq!(window.shape(), Shape::default());
    window.click("View");
    window.click("Layouts");
    window.click("edit");
    assert_eq!(window.shape(), mine);
    window.does(UiCommand::Layouts);
    window.click("Delete layout edit");
    window.keys(Modifiers::NONE, Key::Escape);
    window.until("it is gone", |_| !Layouts::load(&data_dir).has("edit"));

    // The project's own layout comes back with it.
    eframe::App::on_exit(window.harness.state_mut());
    let Window { dir, .. } = window;
    let file = dir.path().join("mnist.weft");
    let mut again = Window::in_folder(dir, Some(file));
    again.until("the project is open", |w| w.app().project().is_some());
    assert_eq!(again.shape(), mine);
}

#[test]
fn the_history_lists_steps_and_a_click_goes_to_one() {
    let mut window = Window::with_mnist();
    window.select("train");
    for epochs in ["2", "3", "4"] {
        window.type_into("Epochs", epochs);
        window.keys(Modifiers::NONE, Key::Enter);
        window.select("split");
        window.select("train");
    }
    window.does(UiCommand::ShowPanel(Pane::History));
    let steps = window.app().project().unwrap().document().undo_steps().len();
    assert_eq!(steps, 3);
    assert!(window.says("Beginning, saved") && window.says("change parameter train, present state"));
    window.click("Beginning, saved");
    assert_eq!(window.param("train", "epochs"), Value::Int(10));
    assert!(!window.app().project().unwrap().is_dirty());
    assert!(window.says("Beginning, present state, saved"));
    // The keyboard goes on from there.
    for epochs in [2, 3, 4, 4] {
        window.keys(Modifiers::NONE, Key::ArrowDown);
        assert_eq!(window.param("train", "epochs"), Value::Int(epochs));
    }
    window.keys(Modifiers::NONE, Key::ArrowUp);
    assert_eq!(window.param("train", "epochs"), Value::Int(3));
    assert!(window.says("change parameter train, taken back"));
    assert_eq!(window.app().project().unwrap().graph().check(), Ok(()));
}

#[test]
fn closing_while_a_run_is_on_asks_first() {
    let mut window = Window::with_mnist();
    window.begin_run();
    let close = |w: &mut Window| {
        let viewport = w.harness.input_mut().viewports.get_mut(&egui::ViewportId::ROOT).unwrap();
        viewport.events.push(egui::ViewportEvent::Close);
        w.harness.step();
        w.harness.input_mut().viewports.get_mut(&egui::ViewportId::ROOT).unwrap().events.clear();
        w.settle();
    };
    close(&mut window);
    assert!(window.says("A run is going on"));
    window.click("Cancel");
    assert!(!window.says("A run is going on") && !window.app().quitting);
    close(&mut window);
    window.click("Stop and close");
    assert!(window.app().quitting);
}

#[test]
fn every_panel_works_in_a_narrow_window_and_has_names() {
    let mut window = Window::with_mnist();
    for (width, height) in [(1440.0, 900.0), (640.0, 420.0), (300.0, 260.0)] {
        window.harness.set_size(vec2(width, height));
        for pane in Pane::ALL {
            window.does(UiCommand::ShowPanel(pane));
            assert!(window.shape().shows(pane));
            let rect = window.rect(pane);
            assert!(rect.right() <= width && rect.bottom() <= height && rect.width() > 40.0, "{pane:?}: {rect:?}");
            assert_eq!(window.harness.unnamed_widgets(), Vec::<String>::new(), "{pane:?} at {width}");
        }
        assert!(window.rect(Pane::Canvas).width() > 0.0);
    }
}
