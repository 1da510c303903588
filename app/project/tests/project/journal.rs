//! Recovery after a crash. A crash is a journal that is dropped without being closed: its lock goes, its file stays.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use weft_model::{Edit, Localised, NodeId, Value};
use weft_project::{FileState, Journal, Project, Recovered, recover, save, template};

use crate::strategies;

fn mnist() -> Project {
    template("mnist").unwrap().project()
}

fn set_epochs(project: &mut Project, epochs: i64) {
    let id = project.graph.node_named("train").unwrap();
    project.graph.apply(Edit::SetParam { id, param: "epochs".into(), value: Some(Value::Int(epochs)) }).unwrap();
}

fn record(journal: &mut Journal, project: &Project) -> bool {
    journal.record("test", project, &project.graph).unwrap()
}

fn only(data_dir: &Path) -> Recovered {
    let mut found = Journal::find_all(data_dir);
    assert_eq!(found.len(), 1);
    recover(&found.remove(0))
}

fn files(data_dir: &Path) -> usize {
    fs::read_dir(data_dir.join("recovery")).map_or(0, |entries| entries.count())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_was_recorded_last_comes_back(base in strategies::project(), states in prop::collection::vec(strategies::project(), 1..4)) {
        let data = tempfile::tempdir().unwrap();
        let mut journal = Journal::new(data.path(), None, &base);
        let mut last = base.clone();
        for mut state in states {
            // The identifier and unknown fields of wires are the file's, and no window changes them.
            state.id = base.id;
            state.wire_extra = base.wire_extra.clone();
            prop_assert_eq!(record(&mut journal, &state), state != last);
            prop_assert!(!record(&mut journal, &state));
            last = state;
        }
        drop(journal);
        let found = Journal::find_all(data.path());
        prop_assert_eq!(found.len(), usize::from(files(data.path()) > 0));
        if let Some(found) = found.first() {
            let recovered = recover(found);
            last.wire_extra.retain(|(_, id), _| last.graph.wire(*id).is_some());
            prop_assert_eq!(recovered.project, last);
            prop_assert_eq!(recovered.base, base);
            prop_assert!(!recovered.torn);
            prop_assert_eq!(recovered.file_state, FileState::NeverSaved);
        }
    }
}

#[test]
fn a_crash_loses_nothing_that_was_recorded_and_recovery_goes_on() {
    let (data, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = home.path().join("a.weft");
    let base = mnist();
    save(&base, &path).unwrap();
    let mut journal = Journal::new(data.path(), Some(&path), &base);
    assert_eq!(files(data.path()), 0, "nothing has changed yet");
    let mut project = base.clone();
    set_epochs(&mut project, 3);
    assert!(record(&mut journal, &project));
    project.seed = 99;
    project.title = Some(Localised::new("Digits", "数字"));
    assert!(record(&mut journal, &project));
    journal.sync().unwrap();
    assert!(Journal::find_all(data.path()).is_empty(), "its program still runs");
    drop(journal);

    let found = Journal::find_all(data.path());
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].project, found[0].records, found[0].project_file.as_deref()), (base.id, 2, Some(&*path)));
    assert!(Journal::find_all(data.path()).is_empty(), "another window looks at it");
    let recovered = recover(&found[0]);
    assert_eq!((&recovered.project, recovered.edits, recovered.torn), (&project, 1, false));
    assert_eq!(recovered.file_state, FileState::Unchanged);

    // A second crash, right after the recovery.
    let journal = recovered.journal(data.path()).unwrap();
    for found in found {
        found.discard();
    }
    drop(journal);
    assert_eq!(only(data.path()).project, project);
}

#[test]
fn undo_is_recorded_as_what_it_led_to() {
    let data = tempfile::tempdir().unwrap();
    let base = mnist();
    let mut journal = Journal::new(data.path(), None, &base);
    let mut project = base.clone();
    let edit = project.graph.delete(&[NodeId(3)], &[]);
    let inverse = project.graph.apply(edit).unwrap();
    record(&mut journal, &project);
    project.graph.apply(inverse).unwrap();
    record(&mut journal, &project);
    drop(journal);
    assert_eq!(only(data.path()).project, base);
}

#[test]
fn the_file_is_looked_at_for_changes_since() {
    let (data, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = home.path().join("a.weft");
    let base = mnist();
    save(&base, &path).unwrap();
    let mut project = base.clone();
    let mut journal = Journal::new(data.path(), Some(&path), &base);
    set_epochs(&mut project, 3);
    record(&mut journal, &project);
    drop(journal);
    assert_eq!(only(data.path()).file_state, FileState::Unchanged);
    let mut other = base;
    set_epochs(&mut other, 77);
    save(&other, &path).unwrap();
    let recovered = only(data.path());
    assert_eq!((recovered.file_state, recovered.project), (FileState::Changed, project));
    fs::remove_file(&path).unwrap();
    assert_eq!(only(data.path()).file_state, FileState::Missing);
}

#[test]
fn wherever_the_end_is_cut_off_what_is_whole_before_it_comes_back() {
    let data = tempfile::tempdir().unwrap();
    let base = mnist();
    let mut project = base.clone();
    let mut journal = Journal::new(data.path(), None, &base);
    let mut ends = Vec::new();
    let path = |data: &Path| fs::read_dir(data.join("recovery")).unwrap().next().unwrap().unwrap().path();
    for epochs in 1..=3 {
        set_epochs(&mut project, epochs);
        record(&mut journal, &project);
        ends.push(fs::metadata(path(data.path())).unwrap().len() as usize);
    }
    drop(journal);
    let path = path(data.path());
    let whole = fs::read(&path).unwrap();
    for length in (0..whole.len()).rev().step_by(7).chain(ends.clone()) {
        fs::write(&path, &whole[..length]).unwrap();
        let records = ends.iter().filter(|end| **end <= length).count();
        let found = Journal::find_all(data.path());
        assert_eq!(found.len(), usize::from(records > 0), "cut at {length}");
        if let Some(found) = found.first() {
            let recovered = recover(found);
            assert_eq!(
                recovered.project.graph.node(NodeId(5)).unwrap().param("epochs"),
                Some(Value::Int(records as i64))
            );
            assert_eq!(recovered.torn, !ends.contains(&length), "cut at {length}");
        }
    }
    // A byte that has changed is as good as a cut.
    let mut altered = whole;
    let at = ends[1] + 30;
    altered[at] ^= 1;
    fs::write(&path, altered).unwrap();
    let recovered = only(data.path());
    assert!(recovered.torn);
    assert_eq!(recovered.project.graph.node(NodeId(5)).unwrap().param("epochs"), Some(Value::Int(2)));
}

#[test]
fn saving_and_an_orderly_end_leave_nothing_to_recover() {
    let data = tempfile::tempdir().unwrap();
    let base = mnist();
    let mut project = base.clone();
    let mut journal = Journal::new(data.path(), None, &base);
    set_epochs(&mut project, 3);
    record(&mut journal, &project);
    assert_eq!(files(data.path()), 1);
    journal.restart(Some(Path::new("saved.weft")), &project);
    assert_eq!(files(data.path()), 0);
    assert!(!record(&mut journal, &project), "as it was saved");
    set_epochs(&mut project, 4);
    assert!(record(&mut journal, &project));
    journal.close();
    assert_eq!(files(data.path()), 0);
}

#[test]
fn two_windows_and_an_old_crash_of_the_same_project_each_keep_their_journal() {
    let data = tempfile::tempdir().unwrap();
    let base = mnist();
    let path = Path::new("a.weft");
    let mut journals: Vec<Journal> = (0..3).map(|_| Journal::new(data.path(), Some(path), &base)).collect();
    for (n, journal) in journals.iter_mut().enumerate() {
        let mut project = base.clone();
        set_epochs(&mut project, n as i64 + 1);
        record(journal, &project);
    }
    journals.remove(0);
    assert_eq!(Journal::find_all(data.path()).len(), 1);
    drop(journals);
    assert_eq!(Journal::find_all(data.path()).len(), 3);
}

#[test]
fn it_is_due_once_a_second() {
    let data = tempfile::tempdir().unwrap();
    let base = mnist();
    let mut project = base.clone();
    let mut journal = Journal::new(data.path(), None, &base);
    assert!(journal.due(Instant::now()));
    let before = Instant::now();
    set_epochs(&mut project, 3);
    record(&mut journal, &project);
    assert!(!journal.due(before));
    assert!(journal.due(Instant::now() + Duration::from_secs(1)));
}

#[test]
fn a_journal_that_cannot_be_written_says_so_and_tries_again() {
    let data = tempfile::tempdir().unwrap();
    let blocked = data.path().join("recovery");
    fs::write(&blocked, "a file where the folder should be").unwrap();
    let base = mnist();
    let mut project = base.clone();
    let mut journal = Journal::new(data.path(), None, &base);
    set_epochs(&mut project, 3);
    let error = journal.record("test", &project, &project.graph).unwrap_err().to_string();
    assert!(error.contains("recovery journal") && error.contains("save the project"), "{error}");
    fs::remove_file(&blocked).unwrap();
    assert!(record(&mut journal, &project));
    drop(journal);
    assert_eq!(only(data.path()).project, project);
}

#[test]
fn foreign_files_and_journals_of_newer_versions_are_left_alone() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("recovery");
    fs::create_dir(&folder).unwrap();
    for (name, content) in [("a.journal", "nonsense"), ("b.journal", ""), ("c.txt", "notes")] {
        fs::write(folder.join(name), content).unwrap();
    }
    assert!(Journal::find_all(data.path()).is_empty());
    assert_eq!(files(data.path()), 3);
    assert!(Journal::find_all(&data.path().join("gone")).is_empty());
}
