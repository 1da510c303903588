//! Files that a hostile hand made open with their problems listed or are refused: without a panic, and with memory
//! bounded by a multiple of what was read. Memory is counted where it is given out, so nothing is left to hope.

#![allow(clippy::unwrap_used, reason = "a test says best where it failed by failing there")]

mod bundles;
mod memory;

use std::fmt::Write as _;
use std::path::Path;

use weft_model::shape::Schemas;
use weft_model::validate::validate;
use weft_model::{Problem, found};
use weft_project::{Project, ProjectError, fragment_from_text, read, read_str};

use memory::measured;

type Read = Result<(Project, Vec<Problem>), ProjectError>;

/// Reads a text and looks for problems, as opening does; at most `times` its length and a little is held at once.
fn opened(what: &str, text: &str, times: usize) -> Read {
    let began = std::time::Instant::now();
    let mut after_reading = 0;
    let (result, bytes) = measured(|| {
        let (project, mut problems) = read_str(text, Path::new("hostile.weft"))?;
        after_reading = memory::peak();
        assert_eq!(project.graph.check(), Ok(()));
        problems.extend(validate(&project.graph, &Schemas::new()));
        Ok((project, problems))
    });
    println!(
        "{what}: {} bytes read, {bytes} held at most ({:.1} times; {:.1} to read), {:.2} s",
        text.len(),
        bytes as f64 / text.len() as f64,
        after_reading as f64 / text.len() as f64,
        began.elapsed().as_secs_f64()
    );
    assert!(bytes <= times * text.len() + (1 << 24), "{what}: {bytes} bytes held for {} read", text.len());
    if let Ok((_, problems)) = &result {
        // A bounded list, whatever the file holds.
        assert!(problems.len() <= 20 * (found::MOST + 1), "{} problems", problems.len());
    }
    result
}

fn file(nodes: &str, wires: &str) -> String {
    format!(
        r#"{{"format": "weft-project", "format_version": 3, "id": "0000000000000001", "nodes": {{{nodes}}}, "wires": {{{wires}}}}}"#
    )
}

fn many(count: usize, entry: impl Fn(&mut String, usize)) -> String {
    let mut out = String::new();
    for n in 0..count {
        out.push_str(if n > 0 { ",\n" } else { "" });
        entry(&mut out, n);
    }
    out
}

/// A quarter of a million nodes, or as many as `WEFT_HOSTILE_NODES` says.
#[test]
fn a_great_many_nodes_open() {
    let count = std::env::var("WEFT_HOSTILE_NODES").ok().and_then(|n| n.parse().ok()).unwrap_or(250_000_usize);
    let nodes = many(count, |out, n| {
        write!(out, r#""{n:016x}": {{"kind": "normalise", "name": "n{n}", "params": {{}}, "pos": [{n}, 0]}}"#).unwrap();
    });
    let wires = many(count - 1, |out, n| {
        write!(out, r#""{n:016x}": {{"from": "{n:016x}.train", "to": "{:016x}.train"}}"#, n + 1).unwrap();
    });
    let (project, problems) = opened("many nodes in a row", &file(&nodes, &wires), 10).unwrap();
    assert_eq!((project.graph.nodes().len(), project.graph.wires().len()), (count, count - 1));
    assert!(problems.iter().any(|p| p.code == "unwired_input"));
}

#[test]
fn a_hundred_thousand_nodes_of_one_name_and_bad_identifiers_open() {
    let nodes = many(100_000, |out, n| {
        write!(out, r#""x{n}": {{"kind": "unknown", "name": "same", "params": {{"a": 1}}, "pos": [0, 0]}}"#).unwrap();
    });
    let (project, problems) = opened("one name", &file(&nodes, ""), 26).unwrap();
    assert_eq!(project.graph.nodes().len(), 100_000);
    for code in ["bad_id", "duplicate_name", "unknown_kind", found::FURTHER] {
        assert!(problems.iter().any(|p| p.code == code), "{code}");
    }
}

#[test]
fn a_great_many_nodes_within_another_open() {
    let count = 50_000;
    let nodes = many(count, |out, n| {
        write!(out, r#""{n:016x}": {{"kind": "normalise", "name": "n{n}", "params": {{}}, "pos": [{n}, 0]}}"#).unwrap();
    });
    let wires = many(count - 1, |out, n| {
        write!(out, r#""{n:016x}": {{"from": "{n:016x}.train", "to": "{:016x}.train"}}"#, n + 1).unwrap();
    });
    let owner = format!(
        r#""0000000000000001": {{"kind": "subgraph", "name": "a", "params": {{}}, "pos": [0, 0], "inner": {{"nodes": {{{nodes}}}, "wires": {{{wires}}}}}}}"#
    );
    let (project, _) = opened("nodes within a node", &file(&owner, ""), 16).unwrap();
    let inner = project.graph.nodes().next().and_then(|(_, node)| node.inner.as_deref()).unwrap();
    assert_eq!((inner.nodes().len(), inner.wires().len()), (count, count - 1));
}

#[test]
fn subgraphs_without_end_are_set_aside_or_refused() {
    let nest = |depth: usize| {
        let open = r#""0000000000000001": {"kind": "subgraph", "name": "a", "params": {}, "pos": [0, 0], "inner": {"nodes": {"#;
        file(&format!("{}{}", open.repeat(depth), "}}}".repeat(depth)), "")
    };
    let (project, problems) = opened("35 deep", &nest(35), 100).unwrap();
    assert!(project.graph.depth() < 20 && project.set_aside.len() == 1);
    assert!(problems.iter().any(|p| p.code == "too_deep"));
    assert!(opened("10 000 deep", &nest(10_000), 4).is_err());
}

#[test]
fn a_circle_of_a_hundred_thousand_nodes_is_told_in_a_sentence() {
    let count = 100_000;
    let nodes = many(count, |out, n| {
        write!(out, r#""{n:016x}": {{"kind": "normalise", "name": "n{n}", "params": {{}}, "pos": [0, 0]}}"#).unwrap();
    });
    let wires = many(count, |out, n| {
        write!(out, r#""{n:016x}": {{"from": "{n:016x}.train", "to": "{:016x}.train"}}"#, (n + 1) % count).unwrap();
    });
    let (_, problems) = opened("a circle", &file(&nodes, &wires), 12).unwrap();
    let circle = problems.iter().find(|p| p.code == "cycle").unwrap();
    assert!(circle.message.en.len() < 4_000);
}

#[test]
fn many_wires_to_one_input_and_to_nothing_are_set_aside() {
    let nodes = r#""0000000000000001": {"kind": "split", "name": "a", "params": {}, "pos": [0, 0]},
        "0000000000000002": {"kind": "train", "name": "b", "params": {}, "pos": [0, 0]}"#;
    let wires = many(100_000, |out, n| {
        let to = if n % 2 == 0 { "0000000000000002" } else { "00000000000000ff" };
        write!(out, r#""{n:016x}": {{"from": "0000000000000001.train", "to": "{to}.train"}}"#).unwrap();
    });
    let (project, problems) = opened("wires", &file(nodes, &wires), 18).unwrap();
    assert_eq!((project.graph.wires().len(), project.set_aside.len()), (1, 99_999));
    assert!(problems.iter().any(|p| p.code == "dropped_wire"));
}

#[test]
fn a_huge_network_is_looked_at_once() {
    let layers = many(50_000, |out, n| {
        let input = if n == 0 { "input".to_owned() } else { format!("l{}", n - 1) };
        write!(out, r#"{{"name": "l{n}", "inputs": ["{input}"], "type": "relu"}}"#).unwrap();
    });
    let text = file(
        &format!(
            r#""0000000000000001": {{"kind": "network", "name": "n", "params": {{"layers": {{"layers": [{layers}]}}}}, "pos": [0, 0]}}"#
        ),
        "",
    );
    let (project, _) = opened("layers", &text, 22).unwrap();
    let (_, node) = project.graph.nodes().next().unwrap();
    let network = node.param("layers").unwrap();
    let report = network.as_layers().unwrap().analyse(&[1, 28, 28]).unwrap();
    assert_eq!(report.layers.len(), 50_000);
}

#[test]
fn nesting_without_end_is_refused() {
    for open in ["[", "{\"a\":", "[{\"a\":"] {
        for text in [open.repeat(1_000_000), file(&format!("\"a\": {}", open.repeat(1_000_000)), "")] {
            let error = opened("nesting", &text, 4).unwrap_err();
            assert!(error.to_string().contains("levels of nesting"), "{error}");
        }
    }
}

#[test]
fn huge_numbers_and_names_are_read_or_refused() {
    let digits = "9".repeat(1_000_000);
    for number in [digits.clone(), format!("1e{digits}"), format!("0.{digits}"), format!("-{digits}e-{digits}")] {
        let node = format!(
            r#""0000000000000001": {{"kind": "train", "name": "a", "params": {{"epochs": {number}}}, "pos": [{number}, 0]}}"#
        );
        // Read as what it is or refused; never a crash and never much memory.
        let _ = opened("a number", &file(&node, ""), 8);
    }
    for pos in ["1e308", "-1e308", "9223372036854775808", "5e-324"] {
        let nodes = many(50, |out, n| {
            write!(out, r#""{n:016x}": {{"kind": "train", "name": "a{n}", "params": {{}}, "pos": [{pos}, {pos}]}}"#)
                .unwrap();
        });
        assert_eq!(opened("far away", &file(&nodes, ""), 100).unwrap().0.graph.nodes().len(), 50);
    }
    let name = "名".repeat(1_000_000);
    let node = format!(r#""0000000000000001": {{"kind": "{name}", "name": "{name}", "params": {{}}, "pos": [0, 0]}}"#);
    let (_, problems) = opened("a name", &file(&node, ""), 12).unwrap();
    assert!(problems.iter().all(|p| p.message.en.len() < 10_000));
}

#[test]
fn what_is_not_text_or_stands_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.weft");
    for bytes in [&b"\xff\xfe{\0}\0"[..], b"{\"format\": \"weft-\xc3\x28\"}", b"\xf0\x28\x8c\xbc", b""] {
        std::fs::write(&path, bytes).unwrap();
        let error = read(&path).unwrap_err();
        assert!(error.to_string().contains("a.weft"), "{error}");
    }
    let node = r#""0000000000000001": {"kind": "split", "name": "a", "params": {}, "pos": [0, 0]}"#;
    let error = opened("twice", &file(&format!("{node},{node}"), ""), 4).unwrap_err();
    assert!(error.to_string().contains("stands twice"), "{error}");
    // Two spellings of one identifier are two nodes.
    let upper = node.replace("0000000000000001", "000000000000000A");
    let lower = node.replace("0000000000000001", "000000000000000a");
    let (project, problems) = opened("spellings", &file(&format!("{upper},{lower}"), ""), 100).unwrap();
    assert_eq!(project.graph.nodes().len(), 2);
    assert!(problems.iter().any(|p| p.code == "bad_id"));
}

#[test]
fn a_clipboard_is_no_safer_than_a_file() {
    for text in ["[".repeat(1_000_000), file(&many(10_000, |out, n| write!(out, r#""{n}": {n}"#).unwrap()), "")] {
        let (result, bytes) = measured(|| fragment_from_text(&text).map(drop));
        assert!(bytes <= 40 * text.len() + (1 << 24), "{bytes}");
        drop(result);
    }
}
