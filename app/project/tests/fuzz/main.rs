//! Readers of files against real files that were altered at random, for `WEFT_FUZZ_SECONDS` (3) each from
//! `WEFT_FUZZ_SEED` (1): what makes one panic, or hold more memory than a multiple of what it reads, is kept in a file.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says best where it failed by failing there")]

#[path = "../hostile/memory.rs"]
mod memory;
mod mutate;
mod targets;

use std::fs;
use std::io::{Cursor, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use weft_model::clipboard::copy;
use weft_model::subgraph::make_subgraph;
use weft_model::{Edit, Graph, Mode, Node, NodeId, Planning, Value};
use weft_project::{BundleOptions, Journal, Project, export_bundle, fragment_to_text, read_str, save, templates};

use mutate::{Random, altered};

/// Bytes held for each byte that is read, beyond a few MiB.
const TIMES: usize = 400;

fn env(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

/// Runs a target on what comes of the files.
fn run(name: &str, corpus: &[Vec<u8>], target: fn(&[u8])) {
    let (seconds, seed) = (env("WEFT_FUZZ_SECONDS", 3), env("WEFT_FUZZ_SEED", 1));
    let mut random = Random(seed);
    let until = Instant::now() + Duration::from_secs(seconds);
    let (mut runs, mut most_held, mut slowest) = (0_u64, 0, Duration::ZERO);
    let mut try_one = |bytes: &[u8]| {
        let began = Instant::now();
        let (outcome, held) = memory::measured(|| catch_unwind(AssertUnwindSafe(|| target(bytes))));
        slowest = slowest.max(began.elapsed());
        most_held = most_held.max(held);
        runs += 1;
        let is_too_much = held > TIMES * bytes.len() + (1 << 25);
        if outcome.is_err() || is_too_much {
            let hash = blake3::hash(bytes).to_hex();
            let kept = std::env::temp_dir().join(format!("weft-fuzz-{name}-{}", &hash[..16]));
            fs::write(&kept, bytes).unwrap();
            // What a panic says takes memory of its own.
            let what = if outcome.is_err() { "panicked".to_owned() } else { format!("held {held} bytes") };
            panic!("{name} {what} on {} bytes (seed {seed}): they are in {}", bytes.len(), kept.display());
        }
    };
    corpus.iter().for_each(|file| try_one(file));
    while Instant::now() < until {
        try_one(&altered(&mut random, corpus));
    }
    println!(
        "{name}: {runs} runs from seed {seed}, {most_held} bytes held at most, {} ms at most",
        slowest.as_millis()
    );
}

/// A graph with all that a graph can hold: subgraphs within one another, notes, frames, modes, points.
fn rich() -> Graph {
    let mut graph = weft_project::template("mnist").unwrap().project().graph;
    let ids: Vec<NodeId> = graph.nodes().map(|(id, _)| id).collect();
    for (n, kind) in ["note", "frame", "from_the_future", "quality_gate"].into_iter().enumerate() {
        let mut node = Node::new(kind, format!("extra {n}"), [n as f64 * 300.0, -200.0]);
        node.params.insert("x".into(), Value::List(vec![Value::Int(1), Value::Text("名".into())]));
        graph.apply(Edit::AddNode { id: NodeId(900 + n as u64), node }).unwrap();
    }
    let wires: Vec<_> = graph.wires().map(|(id, _)| id).collect();
    graph.apply(Edit::SetVia { id: wires[0], via: vec![[1.5, 2.0], [-3.0, 4.0]] }).unwrap();
    graph.apply(Edit::SetMode { id: ids[1], mode: Mode::Bypassed }).unwrap();
    graph.apply(Edit::SetCollapsed { id: ids[0], collapsed: true }).unwrap();
    let mut planning = Box::new(Planning { threads: Some(2), devices: vec!["cpu".into()], ..Planning::default() });
    planning.alternatives.insert("batch_size".into(), vec![Value::Int(32), Value::Text("名".into())]);
    graph.apply(Edit::SetPlanning { id: ids[2], planning }).unwrap();
    let (inner, edit) = make_subgraph(&graph, &ids[1..3], "Inner").unwrap();
    graph.apply(edit).unwrap();
    let (_, edit) = make_subgraph(&graph, &[inner, ids[3]], "Outer").unwrap();
    graph.apply(edit).unwrap();
    assert_eq!(graph.depth(), 2);
    graph
}

fn projects() -> Vec<Project> {
    let mut out: Vec<Project> = templates().iter().map(|t| t.project()).collect();
    out.push(Project::with_graph(rich()));
    out
}

fn files() -> Vec<Vec<u8>> {
    let mut out: Vec<Vec<u8>> = projects().iter().map(|p| p.to_text().into_bytes()).collect();
    for text in [
        include_str!("../fixtures/v1.weft"),
        include_str!("../fixtures/v2.weft"),
        include_str!("../fixtures/v2.expected.weft"),
        include_str!("../../../../sample_projects/mnist/mnist.weft"),
    ] {
        out.push(text.as_bytes().to_vec());
    }
    out
}

#[test]
fn project_reader() {
    run("project_reader", &files(), targets::project_reader);
}

#[test]
fn fragment_reader() {
    let mut corpus = files();
    for project in projects() {
        let all: Vec<NodeId> = project.graph.nodes().map(|(id, _)| id).collect();
        corpus.push(fragment_to_text(&copy(&project.graph, &all)).into_bytes());
        corpus.push(fragment_to_text(&copy(&project.graph, &all[all.len() / 2..])).into_bytes());
    }
    run("fragment_reader", &corpus, targets::fragment_reader);
}

#[test]
fn journal_reader() {
    let home = tempfile::tempdir().unwrap();
    let corpus: Vec<Vec<u8>> = projects()
        .into_iter()
        .enumerate()
        .map(|(n, project)| {
            let data_dir = home.path().join(n.to_string());
            let mut journal = Journal::new(&data_dir, None, &project);
            let mut graph = project.graph.clone();
            let node = Node::new("network", "added", [7.0, 8.0]);
            graph.apply(Edit::AddNode { id: NodeId(77), node }).unwrap();
            journal.record("add", &project, &graph).unwrap();
            graph.apply(Edit::SetParam { id: NodeId(77), param: "layers".into(), value: Some(Value::Int(1)) }).unwrap();
            let titled = Project { seed: 5, graph: graph.clone(), ..project };
            journal.record("change", &titled, &graph).unwrap();
            let all: Vec<NodeId> = graph.nodes().map(|(id, _)| id).collect();
            if let Ok((_, edit)) = make_subgraph(&graph, &all[..all.len() / 2], "Block") {
                graph.apply(edit).unwrap();
                journal.record("group", &titled, &graph).unwrap();
            }
            drop(journal);
            let file = fs::read_dir(data_dir.join("recovery")).unwrap().next().unwrap().unwrap();
            fs::read(file.path()).unwrap()
        })
        .collect();
    run("journal_reader", &corpus, targets::journal_reader);
}

#[test]
fn bundle_reader() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("train-images-idx3-ubyte"), [7; 100]).unwrap();
    let mut corpus = files();
    let file = home.path().join("a.weft");
    for project in projects() {
        save(&project, &file).unwrap();
        for with_data in [false, true] {
            let bundle = home.path().join("a.weftz");
            let extra_files = vec![("runs/a".to_owned(), file.clone())];
            if export_bundle(&project, home.path(), &bundle, &BundleOptions { with_data, extra_files }).is_ok() {
                corpus.push(fs::read(&bundle).unwrap());
            }
        }
    }
    // One whose entries are not packed, so that a change within them is a change of what they say.
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let content = Project::new().to_text();
    let listed = format!(
        r#"{{"format": "weft-bundle", "format_version": 1, "files": {{"project.weft": {{"bytes": {}, "blake3": "{}"}}}}}}"#,
        content.len(),
        blake3::hash(content.as_bytes()).to_hex()
    );
    for (name, content) in [("project.weft", &content), ("manifest.json", &listed)] {
        zip.start_file(name, stored).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    corpus.push(zip.finish().unwrap().into_inner());
    corpus.push(listed.into_bytes());
    run("bundle_reader", &corpus, targets::bundle_reader);
}

#[test]
fn the_files_that_are_altered_are_good_ones() {
    for file in files() {
        let (project, _) = read_str(std::str::from_utf8(&file).unwrap(), "a.weft".as_ref()).unwrap();
        assert_eq!(project.set_aside, Vec::<serde_json::Value>::new());
    }
    let mut random = Random(3);
    let files = files();
    let read = (0..500).filter(|_| {
        let bytes = altered(&mut random, &files);
        std::str::from_utf8(&bytes).is_ok_and(|text| read_str(text, "a.weft".as_ref()).is_ok())
    });
    let read = read.count();
    assert!((50..450).contains(&read), "{read} of 500 altered files are projects");
}
