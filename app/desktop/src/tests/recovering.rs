//! What a crash left, in the window: several projects at once, what they have beyond their files, thrown away only when
//! that is confirmed, and by keyboard alone.

use super::*;

/// A journal that a crash left: `epochs` of the training were set in a copy of the sample called `name`.
fn crashed(dir: &Path, name: &str, epochs: i64) -> PathBuf {
    let file = dir.join(name);
    let mut project = weft_project::template("mnist").unwrap().project();
    project.id = weft_model::ProjectId::random();
    weft_project::save(&project, &file).unwrap();
    let mut journal = weft_project::Journal::new(&dir.join("data-dir"), Some(&file), &project);
    let mut graph = project.graph.clone();
    let train = graph.node_named("train").unwrap();
    let value = Some(Value::Int(epochs));
    graph.apply(weft_model::Edit::SetParam { id: train, param: "epochs".to_owned(), value }).unwrap();
    journal.record("edit-set-param", &project, &graph).unwrap();
    file
}

pub(super) fn asked(names: &[(&str, i64)]) -> Window {
    let dir = tempfile::tempdir().unwrap();
    for (name, epochs) in names {
        crashed(dir.path(), name, *epochs);
    }
    let mut window = Window::in_folder(dir, None);
    window.until("the question is asked", |w| w.says("Recover the last edits?") && w.says("Later"));
    window.settle();
    window
}

#[test]
fn several_projects_are_offered_and_one_is_recovered_while_the_others_wait() {
    let mut window = asked(&[("a.weft", 11), ("b.weft", 12)]);
    assert!(window.says("a.weft") && window.says("b.weft"));
    assert_eq!(window.harness.query_all_by_label("Recover").count(), 2, "the page beneath does not ask too");
    let group = window.harness.get_by_role_and_label(egui::Role::Group, "b.weft").rect();
    let button = window.harness.query_all_by_label("Recover").find(|n| group.contains_rect(n.rect())).unwrap();
    button.click();
    window.until("it is open", |w| w.app().project().is_some());
    assert_eq!(window.param("train", "epochs"), Value::Int(12));
    window.settle();
    assert!(!window.says("Later"));
    assert!(window.says_something_like("Another project can be recovered"));
    window.harness.state_mut().execute(crate::commands::UiCommand::ShowStart);
    window.settle();
    window.click("Don't save");
    window.until("the other is on the page", |w| w.says_something_like("\"a.weft\" has unsaved changes"));
}

#[test]
fn differences_are_listed_and_nothing_is_thrown_away_without_a_second_question() {
    let mut window = asked(&[("a.weft", 11)]);
    window.click("View differences");
    window.until("they are listed", |w| w.says("Epochs of 'train': 10 → 11"));
    window.click("Hide differences");
    assert!(!window.says("Epochs of 'train': 10 → 11"));
    let journals = |w: &Window| std::fs::read_dir(w.dir.path().join("data-dir/recovery")).unwrap().count();
    window.click("Discard");
    assert_eq!(journals(&window), 1);
    window.click("Keep");
    assert!(window.says("Discard") && journals(&window) == 1);
    window.click("Discard");
    window.click("Discard for good");
    window.until("it is gone", |w| !w.says("Later"));
    assert_eq!(journals(&window), 0);
}

#[test]
fn later_leaves_it_on_the_start_page_where_it_is_offered_again() {
    let mut window = asked(&[("a.weft", 11)]);
    window.keys(Modifiers::NONE, Key::Escape);
    assert!(!window.says("Later") && window.says("Recover"));
    window.click("View differences");
    window.until("they are listed", |w| w.says("Epochs of 'train': 10 → 11"));
    window.click("Later");
    window.click("Discard");
    assert!(window.says("Discard for good"));
    window.click("Keep");
    window.click("Later");
    window.click("Recover");
    window.until("it is open", |w| w.app().project().is_some());
    assert_eq!(window.param("train", "epochs"), Value::Int(11));
}

#[test]
fn a_file_that_was_saved_since_is_told_and_compared_with() {
    let dir = tempfile::tempdir().unwrap();
    let file = crashed(dir.path(), "a.weft", 11);
    let (mut project, _) = weft_project::read(&file).unwrap();
    let train = project.graph.node_named("train").unwrap();
    let value = Some(Value::Int(11));
    project.graph.apply(weft_model::Edit::SetParam { id: train, param: "epochs".into(), value }).unwrap();
    weft_project::save(&project, &file).unwrap();
    let mut window = Window::in_folder(dir, None);
    window.until("the question is asked", |w| w.says("Later"));
    window.click("View differences");
    window.until("it is told", |w| w.says("The file already has all of it."));
    assert!(window.says_something_like("was saved again since"));
}

#[test]
fn the_keyboard_alone_recovers() {
    let mut window = asked(&[("a.weft", 11)]);
    window.keys(Modifiers::NONE, Key::Tab);
    window.keys(Modifiers::NONE, Key::Enter);
    window.until("the differences are listed", |w| w.says("Epochs of 'train': 10 → 11"));
    window.keys(Modifiers::SHIFT, Key::Tab);
    window.keys(Modifiers::NONE, Key::Enter);
    window.until("it is open", |w| w.app().project().is_some());
    assert_eq!(window.param("train", "epochs"), Value::Int(11));
}
