//! Bundles: what goes in comes out, and what should not come out is refused.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value as Json, json};
use tempfile::TempDir;
use weft_model::{Edit, NodeId, Value};
use weft_project::{
    BundleHold, BundleOptions, Journal, MANIFEST, PROJECT_IN_BUNDLE, Project, ProjectErrorKind, check_files,
    clear_bundles, export_bundle, folder_bytes, import_bundle, is_bundle, open, recover, save, template,
};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const DATA: [&str; 4] =
    ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

/// A folder with a project, its data and a trained model.
fn home() -> (TempDir, Project) {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join("data/inner")).unwrap();
    for name in DATA {
        fs::write(home.path().join("data").join(name), name.repeat(100)).unwrap();
    }
    fs::write(home.path().join("data/inner/not-taken"), "x").unwrap();
    fs::write(home.path().join("model.safetensors"), [0, 1, 2]).unwrap();
    let project = template("mnist").unwrap().project();
    save(&project, &home.path().join("mnist.weft")).unwrap();
    (home, project)
}

fn path_of(project: &Project, node: u64) -> Option<Value> {
    project.graph.node(NodeId(node)).unwrap().param("path")
}

fn files_under(folder: &Path) -> Vec<String> {
    let mut out = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                out.push(path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/"));
            }
        }
    }
    out.sort();
    out
}

#[test]
fn a_bundle_with_data_opens_and_imports_elsewhere() {
    let (home, project) = home();
    let dest = home.path().join("out.weftz");
    let options = BundleOptions {
        with_data: true,
        extra_files: vec![("models/train.safetensors".into(), home.path().join("model.safetensors"))],
    };
    export_bundle(&project, home.path(), &dest, &options).unwrap();
    assert!(is_bundle(&dest).unwrap());
    let first = fs::read(&dest).unwrap();
    export_bundle(&project, home.path(), &dest, &options).unwrap();
    assert_eq!(fs::read(&dest).unwrap(), first, "the same bundle from the same project");

    let elsewhere = tempfile::tempdir().unwrap();
    let moved = elsewhere.path().join("moved.weftz");
    fs::rename(&dest, &moved).unwrap();
    drop(home);
    let scratch = elsewhere.path().join("bundles");
    let opened = open(&moved, &scratch).unwrap();
    assert!(opened.from_bundle && opened.problems.is_empty());
    assert_eq!(path_of(&opened.project, 1), Some(Value::from("data/data")));
    assert_eq!(check_files(&opened.project.graph, &opened.base_dir), []);
    assert_eq!(fs::read(opened.base_dir.join("models/train.safetensors")).unwrap(), [0, 1, 2]);
    let mut rest = opened.project.clone();
    let edit = Edit::SetParam { id: NodeId(1), param: "path".into(), value: Some("data".into()) };
    rest.graph.apply(edit).unwrap();
    assert_eq!(rest, project, "nothing but the path has changed");

    // It is unpacked once, and mended if someone has altered what was unpacked.
    let data = opened.base_dir.join("data/data").join(DATA[0]);
    let unpacked_at = fs::metadata(&data).unwrap().modified().unwrap();
    assert_eq!(open(&moved, &scratch).unwrap().base_dir, opened.base_dir);
    assert_eq!(fs::metadata(&data).unwrap().modified().unwrap(), unpacked_at);
    fs::write(&data, "altered").unwrap();
    open(&moved, &scratch).unwrap();
    assert_eq!(fs::read_to_string(&data).unwrap(), DATA[0].repeat(100));
    let folders = fs::read_dir(&scratch).unwrap().filter(|e| e.as_ref().unwrap().path().is_dir());
    assert_eq!(folders.count(), 1);

    let into = elsewhere.path().join("new/folder");
    let file = import_bundle(&moved, &into).unwrap();
    assert_eq!(file, into.join("moved.weft"));
    let opened = open(&file, &scratch).unwrap();
    assert!(!opened.from_bundle);
    assert_eq!((opened.base_dir.as_path(), check_files(&opened.project.graph, &into)), (&*into, vec![]));
    let mut expected: Vec<String> = DATA.iter().map(|n| format!("data/data/{n}")).collect();
    expected.extend(["models/train.safetensors".into(), "moved.weft".into()]);
    expected.sort();
    assert_eq!(files_under(&into), expected);
    let error = import_bundle(&moved, &into).unwrap_err().to_string();
    assert!(error.contains("not an empty folder"), "{error}");
}

#[test]
fn without_data_only_the_project_goes_in() {
    let (home, project) = home();
    let dest = home.path().join("out.weftz");
    export_bundle(&project, home.path(), &dest, &BundleOptions::default()).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let opened = open(&dest, scratch.path()).unwrap();
    assert_eq!(opened.project, project);
    assert_eq!(files_under(&opened.base_dir), [MANIFEST, PROJECT_IN_BUNDLE]);
}

#[test]
fn folders_of_the_same_name_stay_apart_and_a_shared_one_goes_in_once() {
    let (home, mut project) = home();
    fs::create_dir_all(home.path().join("other/data")).unwrap();
    fs::write(home.path().join("other/data/x"), "x").unwrap();
    for (n, path) in [(10, "other/data"), (11, "./data"), (12, "data")] {
        let mut node = weft_model::Node::new("image_dataset", format!("n{n}"), [0.0, 0.0]);
        node.params.insert("path".into(), path.into());
        project.graph.apply(Edit::AddNode { id: NodeId(n), node }).unwrap();
    }
    let dest = home.path().join("out.weftz");
    export_bundle(&project, home.path(), &dest, &BundleOptions { with_data: true, ..Default::default() }).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let opened = open(&dest, scratch.path()).unwrap();
    let paths: Vec<_> = [1, 10, 11, 12].map(|n| path_of(&opened.project, n).unwrap().to_string()).to_vec();
    assert_eq!(paths, ["data/data", "data/data-2", "data/data", "data/data"]);
    assert_eq!(files_under(&opened.base_dir).len(), 2 + 4 + 1);
}

#[test]
fn what_cannot_be_packed_says_why_and_leaves_the_old_bundle() {
    let (home, project) = home();
    let dest = home.path().join("out.weftz");
    fs::write(&dest, "old").unwrap();
    let check = |options: BundleOptions, said: &str| {
        let error = export_bundle(&project, home.path(), &dest, &options).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
        assert_eq!(fs::read_to_string(&dest).unwrap(), "old");
    };
    let extra = |name: &str, path: PathBuf| BundleOptions { with_data: false, extra_files: vec![(name.into(), path)] };
    let model = home.path().join("model.safetensors");
    check(extra("models/gone", home.path().join("gone")), "gone does not exist");
    for name in ["../out", "/etc/x", MANIFEST, PROJECT_IN_BUNDLE, "a//b", "a\\b", "nul.txt", ""] {
        check(extra(name, model.clone()), "cannot be a name in a bundle");
    }
    fs::remove_dir_all(home.path().join("data")).unwrap();
    check(BundleOptions { with_data: true, ..Default::default() }, "does not exist");
    let nowhere = home.path().join("gone/out.weftz");
    let error = export_bundle(&project, home.path(), &nowhere, &BundleOptions::default()).unwrap_err();
    assert!(error.kind() == ProjectErrorKind::Write && error.to_string().contains("there is no folder"), "{error}");
}

/// A zip made by hand.
fn zip_of(entries: &[(&str, &[u8])]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.weftz");
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    for (name, content) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap();
    (folder, path)
}

fn manifest_of(entries: &[(&str, &[u8])]) -> Json {
    let files: serde_json::Map<String, Json> = entries
        .iter()
        .map(|(name, content)| {
            let hash = blake3::hash(content).to_hex().to_string();
            ((*name).to_owned(), json!({"bytes": content.len(), "blake3": hash}))
        })
        .collect();
    json!({"format": "weft-bundle", "format_version": 1, "files": files})
}

/// Nothing of a refused bundle is left, neither where it was to go nor beside.
fn refused(path: &Path, said: &str) {
    let folder = path.parent().unwrap();
    let before = files_under(folder);
    let (into, scratch) = (folder.join("deep/into"), folder.join("deep/scratch"));
    for error in [import_bundle(path, &into).unwrap_err(), open(path, &scratch).unwrap_err()] {
        assert!(error.to_string().contains(said) && error.path() == path, "{error}");
        assert!(!error.localised().zh.is_empty());
    }
    assert_eq!(files_under(folder), before);
}

#[test]
fn names_that_lead_out_of_the_folder_are_refused() {
    let project = template("empty").unwrap().project().to_text();
    for name in ["../evil", "data/../../evil", "/evil", "C:/evil", "a\\..\\..\\evil", "data//evil", "./evil", "aux"] {
        let files: [(&str, &[u8]); 2] = [(PROJECT_IN_BUNDLE, project.as_bytes()), (name, b"x")];
        let listed = manifest_of(&files).to_string();
        let (_folder, path) = zip_of(&[files[0], files[1], (MANIFEST, listed.as_bytes())]);
        refused(&path, "lead out of its folder");
        // The same when only the zip has the name, and not the list.
        let listed = manifest_of(&files[..1]).to_string();
        let (_folder, path) = zip_of(&[files[0], files[1], (MANIFEST, listed.as_bytes())]);
        refused(&path, "lead out of its folder");
    }
}

#[test]
fn symbolic_links_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.weftz");
    let project = template("empty").unwrap().project().to_text();
    let files: [(&str, &[u8]); 1] = [(PROJECT_IN_BUNDLE, project.as_bytes())];
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    for (name, content) in [files[0], (MANIFEST, manifest_of(&files).to_string().as_bytes())] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.add_symlink("data", "/etc", SimpleFileOptions::default()).unwrap();
    zip.finish().unwrap();
    refused(&path, "lead out of its folder");
}

#[test]
fn what_is_not_as_listed_is_refused() {
    let project = template("empty").unwrap().project().to_text();
    let good: (&str, &[u8]) = (PROJECT_IN_BUNDLE, project.as_bytes());
    let check = |entries: &[(&str, &[u8])], listed: Json, said: &str| {
        let listed = listed.to_string();
        let mut all = entries.to_vec();
        all.push((MANIFEST, listed.as_bytes()));
        let (_folder, path) = zip_of(&all);
        refused(&path, said);
    };
    check(&[good, ("data/x", b"altered")], manifest_of(&[good, ("data/x", b"as listed")]), "the hash differs");
    check(&[good, ("data/x", b"longer than listed")], manifest_of(&[good, ("data/x", b"l")]), "the hash differs");
    check(&[good, ("data/x", b"x")], manifest_of(&[good]), "is not in its list of files");
    check(&[good], manifest_of(&[good, ("data/x", b"x")]), "'data/x' is missing");
    check(&[("data/x", b"x")], manifest_of(&[("data/x", b"x")]), "'project.weft' is missing");
    let a: (&str, &[u8]) = ("data/x", b"x");
    let b: (&str, &[u8]) = ("data/X", b"x");
    check(&[good, a, b], manifest_of(&[good, a, b]), "stands in it twice");
    let mut huge = manifest_of(&[good, a]);
    huge["files"]["data/x"]["bytes"] = json!(1_u64 << 40);
    check(&[good, a], huge, "more than is sensible");
    check(
        &[good],
        json!({"format": "weft-bundle", "format_version": 9}),
        "newer Weft (format 9, this one reads up to 1)",
    );
    check(&[good], json!({"format": "weft-bundle"}), "its list of files cannot be read");
    check(&[good], json!([1]), "its list of files cannot be read");
}

#[test]
fn damaged_and_foreign_files_are_refused() {
    let (_folder, path) = zip_of(&[("readme.txt", b"some other zip")]);
    refused(&path, "without a list of Weft's");

    let (home, project) = home();
    let dest = home.path().join("out.weftz");
    export_bundle(&project, home.path(), &dest, &BundleOptions { with_data: true, ..Default::default() }).unwrap();
    let whole = fs::read(&dest).unwrap();
    fs::write(&dest, &whole[..whole.len() / 2]).unwrap();
    refused(&dest, "it is damaged");

    let scratch = home.path().join("scratch");
    assert_eq!(open(&home.path().join("gone"), &scratch).unwrap_err().kind(), ProjectErrorKind::Read);
    let error = import_bundle(&home.path().join("mnist.weft"), &scratch).unwrap_err().to_string();
    assert!(error.contains("it is no bundle"), "{error}");
}

const DAY: Duration = Duration::from_secs(86_400);

/// A bundle with data, and a data folder.
fn bundled() -> (TempDir, PathBuf, PathBuf) {
    let (home, project) = home();
    let bundle = home.path().join("out.weftz");
    export_bundle(&project, home.path(), &bundle, &BundleOptions { with_data: true, ..Default::default() }).unwrap();
    let data_dir = home.path().join("data-dir");
    (home, bundle, data_dir)
}

#[test]
fn what_was_unpacked_is_cleared_once_nobody_uses_it_and_unpacked_again_when_it_is_opened() {
    let (_home, bundle, data_dir) = bundled();
    let scratch = data_dir.join("bundles");
    assert_eq!(
        (clear_bundles(&data_dir, Duration::ZERO), folder_bytes(&data_dir.join("bundles"))),
        (0, 0),
        "there is nothing yet"
    );
    let opened = open(&bundle, &scratch).unwrap();
    let bytes = folder_bytes(&data_dir.join("bundles"));
    assert!(bytes > 4 * 2_000, "{bytes}");
    // In use: by this one, and by whoever reads a file in it.
    let run = BundleHold::of(&opened.base_dir.join("data/data")).unwrap();
    assert_eq!(clear_bundles(&data_dir, Duration::ZERO), 0);
    let base_dir = opened.base_dir.clone();
    drop(opened);
    assert_eq!(clear_bundles(&data_dir, Duration::ZERO), 0);
    drop(run);
    assert_eq!(clear_bundles(&data_dir, DAY), 0, "it was used just now");
    assert_eq!(clear_bundles(&data_dir, Duration::ZERO), bytes);
    assert_eq!((folder_bytes(&data_dir.join("bundles")), base_dir.exists()), (0, false));
    assert!(BundleHold::of(&base_dir).is_none());
    let again = open(&bundle, &scratch).unwrap();
    assert_eq!((again.base_dir.as_path(), check_files(&again.project.graph, &base_dir)), (&*base_dir, vec![]));
}

#[test]
fn old_bundles_go_and_what_is_none_of_them_stays() {
    let (_home, bundle, data_dir) = bundled();
    let scratch = data_dir.join("bundles");
    let base_dir = open(&bundle, &scratch).unwrap().base_dir;
    let foreign = scratch.join("notes");
    fs::create_dir(&foreign).unwrap();
    let old = SystemTime::now() - 40 * DAY;
    File::options().append(true).open(base_dir.with_extension("lock")).unwrap().set_modified(old).unwrap();
    assert!(clear_bundles(&data_dir, 30 * DAY) > 0);
    assert!(!base_dir.exists() && foreign.exists());
    // One of a version that held nothing has no lock.
    fs::create_dir(&base_dir).unwrap();
    fs::write(base_dir.join("x"), "1234").unwrap();
    assert_eq!(clear_bundles(&data_dir, Duration::ZERO), 4);
    assert!(!base_dir.exists() && !base_dir.with_extension("lock").exists());
}

#[test]
fn a_bundle_that_a_journal_leads_back_to_stays() {
    let (_home, bundle, data_dir) = bundled();
    let opened = open(&bundle, &data_dir.join("bundles")).unwrap();
    let mut journal = Journal::new(&data_dir, None, &opened.project).with_base_dir(&opened.base_dir);
    let mut changed = opened.project.clone();
    changed.graph.apply(Edit::SetParam { id: NodeId(1), param: "path".into(), value: Some("x".into()) }).unwrap();
    journal.record("edit", &changed, &changed.graph).unwrap();
    // The program is gone, and nobody has looked for what it left.
    drop((journal, opened));
    assert_eq!(clear_bundles(&data_dir, Duration::ZERO), 0);
    let found = Journal::find_all(&data_dir).pop().unwrap();
    assert_eq!(clear_bundles(&data_dir, Duration::ZERO), 0);
    let recovered = recover(&found);
    found.discard();
    assert_eq!(clear_bundles(&data_dir, Duration::ZERO), 0, "it is open again");
    drop(recovered);
    assert!(clear_bundles(&data_dir, Duration::ZERO) > 0);
}

#[test]
fn a_bundle_stays_as_long_as_a_project_that_was_saved_elsewhere_reads_its_data() {
    let (home, bundle, data_dir) = bundled();
    let mut opened = open(&bundle, &data_dir.join("bundles")).unwrap();
    let data = opened.base_dir.join("data/data");
    let path = |path: &Path| Edit::SetParam {
        id: NodeId(1),
        param: "path".into(),
        value: Some(Value::Text(path.to_string_lossy().into_owned())),
    };
    opened.project.graph.apply(path(&data)).unwrap();
    let file = home.path().join("mine.weft");
    save(&opened.project, &file).unwrap();
    save(&opened.project, &file).unwrap();
    assert_eq!(fs::read_to_string(opened.base_dir.with_extension("users")).unwrap().lines().count(), 1);
    drop(opened);
    assert_eq!(clear_bundles(&data_dir, Duration::ZERO), 0);
    // Under another name it is known again once it is saved there, and held as long as it is open.
    let moved = home.path().join("moved.weft");
    fs::rename(&file, &moved).unwrap();
    let opened = open(&moved, &data_dir.join("bundles")).unwrap();
    assert_eq!(opened.holds.len(), 1);
    assert_eq!(clear_bundles(&data_dir, Duration::ZERO), 0);
    let mut project = opened.project.clone();
    save(&project, &moved).unwrap();
    drop(opened);
    assert_eq!(clear_bundles(&data_dir, Duration::ZERO), 0);
    // One that reads something else needs it no more.
    project.graph.apply(path(Path::new("data"))).unwrap();
    save(&project, &moved).unwrap();
    assert!(clear_bundles(&data_dir, Duration::ZERO) > 0);
    assert!(!data.exists());
    assert_eq!(fs::read_dir(data_dir.join("bundles")).unwrap().count(), 1, "the guard alone is left");
}

#[test]
fn many_that_open_and_one_that_clears_never_take_anything_from_one_another() {
    let (_home, bundle, data_dir) = bundled();
    std::thread::scope(|scope| {
        let opening = || {
            for _ in 0..12 {
                let opened = open(&bundle, &data_dir.join("bundles")).unwrap();
                assert_eq!(opened.holds.len(), 1);
                assert_eq!(check_files(&opened.project.graph, &opened.base_dir), []);
            }
        };
        let threads = [scope.spawn(opening), scope.spawn(opening)];
        while threads.iter().any(|thread| !thread.is_finished()) {
            clear_bundles(&data_dir, Duration::ZERO);
        }
    });
}
