//! Settings and keys that the user chooses: what is chosen takes effect at once, in the whole window, and is kept.

use egui::{Event, Key, Modifiers, Role};
use egui_kittest::kittest::Queryable as _;
use weft_model::Lang;
use weft_protocol::{Command, DeviceId, DeviceInfo, DeviceKind};

use super::Window;
use crate::commands::UiCommand;
use crate::keymap::{Keymap, shortcut_of};
use crate::settings::Settings;

const CTRL: Modifiers = Modifiers { ctrl: true, command: true, ..Modifiers::NONE };

impl Window {
    pub(super) fn settings_at(&mut self, section: &str) {
        self.keys(CTRL, Key::Comma);
        self.click(section);
    }

    fn kept(&self) -> Settings {
        Settings::load(&self.dir.path().join("data-dir"))
    }

    fn tick(&mut self, label: &str) {
        self.harness.get_by_role_and_label(Role::CheckBox, label).click();
        self.settle();
    }

    fn has_button(&self, label: &str) -> bool {
        self.harness.query_by_role_and_label(Role::Button, label).is_some()
    }

    fn find_setting(&mut self, text: &str) {
        self.harness.get_by_role_and_label(Role::TextInput, "Search the settings").focus();
        self.settle();
        self.keys(CTRL, Key::A);
        self.harness.get_by_role_and_label(Role::TextInput, "Search the settings").type_text(text);
        self.settle();
    }
}

#[test]
fn a_recorded_key_does_its_command_and_every_list_of_keys_shows_it() {
    let mut window = Window::with_mnist();
    window.settings_at("Keys");
    window.find_setting("arrange");
    window.click("Add a key to Arrange automatically");
    assert!(window.says("Press the key. Esc gives up."));
    window.keys(CTRL, Key::L);
    assert!(window.has_button("Take Ctrl+L away from Arrange automatically"));
    window.keys(Modifiers::NONE, Key::Escape);
    let steps = window.steps();
    let id = window.node("train");
    let before = window.pos_of(id);
    window.select("train");
    // Moved first, so that arranging is a change.
    window.keys(CTRL, Key::ArrowDown);
    window.keys(CTRL, Key::A);
    window.keys(CTRL, Key::L);
    assert!(window.steps() > steps + 1 || window.pos_of(id) != before);
    let ctx = window.harness.ctx.clone();
    assert_eq!(UiCommand::Arrange.shortcut_text(&ctx), "Ctrl+L");
    window.keys(Modifiers::NONE, Key::F1);
    assert!(window.says("Ctrl+L"), "the cheat sheet");
    window.click("Close");
    window.until("it is written", |w| w.kept().keys.get("arrange").is_some_and(|keys| keys == &["Ctrl+L"]));
    assert_eq!(window.kept().keys.len(), 1, "only what differs is kept");
}

#[test]
fn a_key_that_is_taken_is_asked_about_and_taken_away_or_swapped() {
    let mut window = Window::with_mnist();
    window.settings_at("Keys");
    window.find_setting("duplicate");
    window.click("Add a key to Duplicate");
    window.keys(CTRL, Key::Z);
    assert!(window.says("Ctrl+Z belongs to ‘Undo’."));
    window.click("Cancel");
    window.click("Add a key to Duplicate");
    window.keys(CTRL, Key::Z);
    window.click("Take it away");
    let keymap = Keymap::of(&window.harness.ctx);
    assert_eq!(keymap.owner(shortcut_of("Ctrl+Z").unwrap()), Some(UiCommand::Duplicate));
    assert!(keymap.keys(UiCommand::Undo).is_empty());
    window.click("Reset the keys of Duplicate");
    window.find_setting("undo");
    window.click("Reset the keys of Undo");
    assert!(!Keymap::of(&window.harness.ctx).any_changed());
    window.find_setting("duplicate");
    window.click("Add a key to Duplicate");
    window.keys(CTRL, Key::Z);
    window.click("Swap");
    let keymap = Keymap::of(&window.harness.ctx);
    assert_eq!(keymap.keys(UiCommand::Undo), [shortcut_of("Ctrl+D").unwrap()]);
    window.click("Reset all");
    assert!(!Keymap::of(&window.harness.ctx).any_changed());
}

#[test]
fn keys_that_gestures_need_are_refused_and_escape_gives_up() {
    let mut window = Window::with_mnist();
    window.settings_at("Keys");
    window.find_setting("arrange");
    window.click("Add a key to Arrange automatically");
    for key in [Key::ArrowLeft, Key::Enter, Key::Space] {
        window.keys(Modifiers::NONE, key);
        assert!(window.says_something_like("Choose another key"), "{key:?}");
    }
    window.keys(Modifiers::NONE, Key::Escape);
    assert!(!window.says_something_like("Choose another key"));
    assert!(window.says("Settings"), "Escape gave up the key and not the settings");
    assert!(!Keymap::of(&window.harness.ctx).any_changed());
}

#[test]
fn keys_of_the_canvas_and_of_the_clipboard_can_be_others() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("data-dir")).unwrap();
    let settings = r#"{"keys": {"delete": ["X"], "fit-all": ["F5"], "copy": ["Ctrl+Shift+C"], "duplicate": ["Ctrl+C"],
                       "nonsense": ["Q"], "undo": ["what"]}}"#;
    std::fs::write(dir.path().join("data-dir").join("settings.json"), settings).unwrap();
    let mut window = Window::in_folder(dir, None);
    window.until("the sample is listed", |w| w.says("MNIST"));
    window.click("MNIST");
    window.until("the project is open", |w| w.app().project().is_some());
    window.settle();
    window.select("train");
    window.keys(Modifiers::NONE, Key::Delete);
    assert_eq!(window.count(), 6, "that key does nothing any more");
    window.keys(Modifiers::NONE, Key::X);
    assert_eq!(window.count(), 5);
    window.keys(CTRL, Key::Z);
    assert_eq!(window.count(), 6, "what could not be read is ignored");
    window.select("train");
    assert_eq!(window.copied(Event::Copy), None, "Ctrl+C is another command's");
    assert_eq!(window.count(), 7);
    window.keys(Modifiers::NONE, Key::Home);
    window.harness.run_steps(30);
    let before = window.app().canvas().unwrap().state.camera();
    window.select("data");
    window.keys(Modifiers::NONE, Key::Period);
    window.harness.run_steps(30);
    assert_ne!(window.app().canvas().unwrap().state.camera(), before);
    window.keys(Modifiers::NONE, Key::F5);
    window.harness.run_steps(30);
    assert_ne!(window.app().canvas().unwrap().state.camera(), before, "the copy stands beside the others");
}

#[test]
fn every_setting_is_found_changes_at_once_and_is_kept() {
    let mut window = Window::with_mnist();
    window.keys(CTRL, Key::Comma);
    window.find_setting("grid");
    assert!(window.says("Snap to the grid") && !window.says("Theme"));
    window.tick("Snap to the grid");
    assert_eq!(window.app().canvas().unwrap().state.snapping.grid, Some(16.0));
    window.find_setting("minimap");
    window.tick("Minimap");
    window.find_setting("motion");
    window.click("Less");
    window.find_setting("no such thing at all");
    assert!(window.says("No setting answers that."));
    window.click("Folders");
    let data_dir = window.dir.path().join("data-dir");
    assert!(window.says(&data_dir.display().to_string()));
    // What could be made again is measured by the engine.
    let bytes = weft_protocol::kept::Kept::ALL.map(|kind| (kind, 0)).into();
    window.say(weft_protocol::Event::Kept(weft_protocol::KeptReport { bytes, cleared_bytes: None }));
    window.until("it is measured", |w| !w.says("Being measured"));
    window.click("Show in the file manager");
    assert_eq!(window.dialogs.revealed(), [data_dir]);
    let folder = window.dir.path().join("more data");
    window.dialogs.answer(Some(folder.clone()));
    window.click("Add folder…");
    window.until("it is listed", |w| w.has_button(&format!("Remove {}", folder.display())));
    window.until("all of it is written", |w| {
        let kept = w.kept();
        kept.snap_grid && !kept.minimap && kept.reduced_motion == Some(true) && kept.data_folders == [folder.clone()]
    });
    window.click(&format!("Remove {}", folder.display()));
    window.until("that is written too", |w| w.kept().data_folders.is_empty());
    assert_eq!(window.harness.unnamed_widgets(), Vec::<String>::new());
}

pub(super) fn gpu() -> DeviceInfo {
    DeviceInfo {
        id: DeviceId("gpu0".to_owned()),
        name: "A graphics card".to_owned(),
        kind: DeviceKind::DiscreteGpu,
        backend: "wgpu (Vulkan)".to_owned(),
        driver: Some("driver 1.2".to_owned()),
        memory_bytes: Some(8 << 30),
        threads: None,
        offered: true,
        reason: "passed its self-test".to_owned(),
    }
}

fn cpu() -> DeviceInfo {
    DeviceInfo { id: DeviceId::cpu(), name: "A processor".to_owned(), kind: DeviceKind::Cpu, threads: Some(8), ..gpu() }
}

#[test]
fn a_device_that_is_not_allowed_is_not_used_and_threads_are_told_to_the_engine() {
    let mut window = Window::with_mnist();
    window.say(weft_protocol::Event::Devices(vec![cpu(), gpu()]));
    window.settings_at("Devices");
    assert!(window.says("passed its self-test"));
    window.click("A graphics card · wgpu (Vulkan)");
    window.tick("Worker threads");
    window.click("Test again");
    window.until_command(|command| command == Command::ListDevices { refresh: true });
    window.until("it is written", |w| {
        let kept = w.kept();
        kept.forbidden_devices.contains(&gpu().id) && kept.threads == Some(8)
    });
    window.keys(Modifiers::NONE, Key::Escape);
    window.keys(CTRL, Key::Enter);
    let request = window.run_request();
    assert_eq!((request.forbidden, request.threads), (vec![gpu().id], Some(8)));
}

#[test]
fn the_menu_of_devices_says_which_the_settings_forbid_and_lets_none_of_them_be_chosen() {
    let mut window = Window::with_mnist();
    window.say(weft_protocol::Event::Devices(vec![cpu(), gpu()]));
    assert!(window.has_button("A graphics card"), "the best device is named");
    window.click("A graphics card");
    window.click("A graphics card · wgpu (Vulkan)");
    window.settings_at("Devices");
    window.click("A graphics card · wgpu (Vulkan)");
    window.keys(Modifiers::NONE, Key::Escape);
    assert!(window.has_button("CPU · 8 threads"), "what was chosen is no longer");
    window.click("CPU · 8 threads");
    assert!(window.says("Switched off in the settings."));
    window.click("A graphics card · wgpu (Vulkan)");
    window.keys(Modifiers::NONE, Key::Escape);
    window.keys(CTRL, Key::Enter);
    assert_eq!(window.run_request().device, None);
}

#[test]
fn the_interface_is_scaled_by_keys_within_its_bounds() {
    let mut window = Window::with_mnist();
    let keys = CTRL | Modifiers::ALT;
    window.keys(keys, Key::Equals);
    window.until("it is larger", |w| w.kept().scale == 1.125 && w.harness.ctx.zoom_factor() == 1.125);
    window.keys(keys, Key::Num0);
    window.until("it is as it was", |w| w.kept().scale == 1.0);
    for _ in 0..20 {
        window.keys(keys, Key::Minus);
    }
    window.until("it is small", |w| w.kept().scale == crate::settings::MIN_SCALE);
    for _ in 0..20 {
        window.keys(keys, Key::Plus);
    }
    window.until("it is large", |w| w.kept().scale == crate::settings::MAX_SCALE);
}

#[test]
fn the_settings_are_whole_in_a_small_window_and_in_chinese() {
    for (lang, scale) in [(Lang::En, 2.0), (Lang::Zh, 2.0), (Lang::Zh, 0.75)] {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("data-dir")).unwrap();
        let settings = format!("{{\"scale\": {scale}}}");
        std::fs::write(dir.path().join("data-dir").join("settings.json"), settings).unwrap();
        let mut window = Window::in_folder(dir, None);
        window.harness.set_size(egui::vec2(900.0, 560.0));
        if lang == Lang::Zh {
            window.harness.state_mut().execute(UiCommand::SwitchLanguage);
        }
        window.settle();
        window.keys(CTRL, Key::Comma);
        let close = if lang == Lang::En { "Close" } else { "关闭" };
        let rect = window.harness.get_by_role_and_label(Role::Button, close).rect();
        let screen = window.harness.ctx.content_rect();
        assert!(screen.contains_rect(rect), "{lang:?} {scale}: {rect:?} in {screen:?}");
    }
}

#[test]
fn a_recent_project_that_is_gone_is_marked_and_can_be_removed() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = Settings::default();
    let gone = dir.path().join("gone.weft");
    settings.remember(&gone, jiff::Timestamp::UNIX_EPOCH);
    settings.save(&dir.path().join("data-dir")).unwrap();
    let mut window = Window::in_folder(dir, None);
    window.until("it is marked", |w| w.says("Not found"));
    window.click("Remove gone.weft from the list");
    assert!(!window.says("Not found"));
    window.until("it is forgotten", |w| w.kept().recent.is_empty());
}

#[test]
fn what_came_out_of_a_bundle_is_recovered_with_its_data_folder() {
    let dir = tempfile::tempdir().unwrap();
    let data_dir = dir.path().join("data-dir");
    let unpacked = dir.path().join("unpacked");
    let project = weft_project::template("mnist").unwrap().project();
    let mut journal = weft_project::Journal::new(&data_dir, None, &project).with_base_dir(&unpacked);
    let mut changed = project.clone();
    let train = changed.graph.node_named("train").unwrap();
    let value = Some(weft_model::Value::Int(3));
    changed.graph.apply(weft_model::Edit::SetParam { id: train, param: "epochs".into(), value }).unwrap();
    journal.record("edit", &changed, &changed.graph).unwrap();
    drop(journal);
    let mut window = Window::in_folder(dir, None);
    window.until("it is offered", |w| w.says("Recover"));
    window.click("Recover");
    window.until("it is open", |w| w.app().project().is_some());
    assert_eq!(window.app().project().unwrap().base_dir(), unpacked);
    assert_eq!(window.param("train", "epochs"), weft_model::Value::Int(3));
}
