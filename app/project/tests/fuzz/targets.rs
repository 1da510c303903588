//! What is tried on bytes that may hold anything: readers end, never panic, and what they give holds together. A target
//! panics where that is not so. Knows nothing of where the bytes come from, so that any fuzzer can drive it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;

use weft_model::fix::{self, FixKind, Places};
use weft_model::shape::Schemas;
use weft_model::validate::validate;
use weft_model::{Graph, Problem, flatten, found};
use weft_project::{
    Journal, MANIFEST, PROJECT_IN_BUNDLE, Project, fragment_from_text, fragment_to_text, import_bundle, read_str,
    recover,
};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Nodes of a graph whose fixes are all tried.
const SMALL: usize = 80;

/// A project's file.
pub fn project_reader(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let path = Path::new("fuzz.weft");
    match read_str(text, path) {
        Ok((project, problems)) => sound_project(&project, &problems),
        Err(error) => {
            assert!(error.path() == path && !error.message().zh.is_empty() && !error.remedy().en.is_empty(), "{error}");
        }
    }
}

/// A bundle; what looks like JSON is packed as a bundle's list of files, and as its project.
pub fn bundle_reader(bytes: &[u8]) {
    unpacked_or_refused(bytes);
    if bytes.starts_with(b"{") {
        let empty = Project::new().to_text();
        let listed = format!(
            r#"{{"format": "weft-bundle", "format_version": 1, "files": {{"project.weft": {{"bytes": {}, "blake3": "{}"}}}}}}"#,
            bytes.len(),
            blake3::hash(bytes).to_hex()
        );
        unpacked_or_refused(&zip_of(&[(PROJECT_IN_BUNDLE, empty.as_bytes()), (MANIFEST, bytes)]));
        unpacked_or_refused(&zip_of(&[(PROJECT_IN_BUNDLE, bytes), (MANIFEST, listed.as_bytes())]));
    }
}

/// A recovery journal, as it is and with checksums that are right.
pub fn journal_reader(bytes: &[u8]) {
    let mut signed = Vec::new();
    for line in bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
        let content = line.splitn(2, |b| *b == b' ').last().unwrap_or(line);
        let sum = blake3::hash(content).as_bytes().first_chunk::<8>().map_or(0, |b| u64::from_le_bytes(*b));
        signed.extend_from_slice(format!("{sum:016x} ").as_bytes());
        signed.extend_from_slice(content);
        signed.push(b'\n');
    }
    for content in [bytes, &signed] {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("recovery");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("a.journal"), content).unwrap();
        for journal in Journal::find_all(home.path()) {
            let recovered = recover(&journal);
            sound_project(&recovered.base, &[]);
            sound_project(&recovered.project, &[]);
        }
    }
}

/// Text on the clipboard.
pub fn fragment_reader(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(fragment) = fragment_from_text(text) else { return };
    sound_graph(fragment.graph());
    let again = fragment_from_text(&fragment_to_text(&fragment)).unwrap();
    assert_eq!(again.graph(), fragment.graph());
    assert_eq!(again.inputs(), fragment.inputs());
    // Pasted twice, so that names and wires meet those that are there.
    let mut graph = Graph::default();
    for _ in 0..2 {
        let (edit, nodes) = fragment.paste(&graph, [0.0, 0.0], true);
        let before = graph.clone();
        match graph.apply(edit) {
            Ok(inverse) => {
                assert_eq!(graph.nodes().len(), before.nodes().len() + nodes.len());
                let mut back = graph.clone();
                back.apply(inverse).unwrap();
                assert_eq!(back, before);
            }
            // A place so far away that a paste beside it is nowhere.
            Err(error) => assert!(error.to_string().contains("stand at"), "{error}"),
        }
        sound_graph(&graph);
    }
}

fn sound_project(project: &Project, problems: &[Problem]) {
    assert!(problems.len() <= 20 * (found::MOST + 1), "{} problems", problems.len());
    for problem in problems {
        assert!(!problem.message.en.is_empty() && !problem.message.zh.is_empty() && !problem.code.is_empty());
    }
    sound_graph(&project.graph);
    // What was read is written, and reads as the same.
    let text = project.to_text();
    let (again, _) = read_str(&text, Path::new("again.weft")).unwrap();
    assert_eq!(again.to_text(), text);
    assert_eq!(&again, project);
}

fn sound_graph(graph: &Graph) {
    assert_eq!(graph.check(), Ok(()));
    let flat = flatten(graph);
    assert_eq!(flat.graph().check(), Ok(()));
    let problems = validate(graph, &Schemas::new());
    for problem in &problems {
        let level = graph.at(&problem.path).expect("a problem is where it says");
        assert!(problem.node.is_none_or(|node| level.node(node).is_some()));
    }
    if graph.levels().map(|(_, level)| level.nodes().len()).sum::<usize>() > SMALL {
        return;
    }
    for (problem, fix) in problems.iter().flat_map(|p| p.fixes.iter().map(move |f| (p, f))).take(SMALL) {
        if let FixKind::Edit { edit } = &fix.what {
            let mut mended = graph.clone();
            let applied = mended.apply(edit.clone());
            assert!(applied.is_ok(), "'{}' of {}: {applied:?}", fix.label.en, problem.code);
            assert_eq!(mended.check(), Ok(()));
        }
    }
    let all = fix::fix_all(graph, &Schemas::new(), &[], Places::of(graph, |_| None), &|kind| kind.label.en.to_owned());
    let mut mended = graph.clone();
    mended.apply(all.edit).unwrap();
    assert_eq!(mended.check(), Ok(()));
}

fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Everything is within the folder that was asked for, or nothing is anywhere.
fn unpacked_or_refused(bytes: &[u8]) {
    let home = tempfile::tempdir().unwrap();
    let bundle = home.path().join("made.weftz");
    fs::write(&bundle, bytes).unwrap();
    let names =
        |folder: &Path| -> BTreeSet<_> { fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name()).collect() };
    match import_bundle(&bundle, &home.path().join("new/into")) {
        Ok(file) => {
            assert!(file.starts_with(home.path().join("new/into")) && file.is_file());
            assert_eq!(names(home.path()).len(), 2);
            assert_eq!(names(&home.path().join("new")).len(), 1);
        }
        Err(error) => {
            assert!(!error.message().zh.is_empty());
            assert_eq!(names(home.path()).len(), 1, "{error}");
        }
    }
}
