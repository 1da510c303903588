//! The dependency rules of ARCHITECTURE.md: arrows point inward only. Read from `cargo metadata`, so that nothing but
//! the manifests decides.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// For each crate, the crates of ours that it may stand on.
const ALLOWED: &[(&str, &[&str])] = &[
    ("weft-model", &[]),
    ("weft-schedule", &[]),
    ("egui_node_graph", &[]),
    ("weft-project", &["weft-model"]),
    ("weft-protocol", &["weft-model"]),
    ("weft-data", &["weft-model"]),
    ("weft-learn", &["weft-model", "weft-data", "weft-protocol"]),
    ("weft-engine", &["weft-model", "weft-project", "weft-protocol", "weft-schedule"]),
    ("weft-desktop", &["weft-model", "weft-project", "weft-protocol", "egui_node_graph"]),
];

/// For each crate that knows nothing of something: what must not be among all that it is made of.
const NEVER: &[(&str, &[&str])] = &[
    ("weft-model", &["egui", "burn", "rusqlite", "wgpu"]),
    ("weft-project", &["egui", "burn", "rusqlite", "wgpu"]),
    ("weft-protocol", &["egui", "burn", "rusqlite", "wgpu"]),
    ("weft-schedule", &["egui", "burn", "rusqlite", "wgpu", "rayon"]),
    ("weft-data", &["egui", "burn", "rusqlite", "wgpu"]),
    ("weft-learn", &["egui", "eframe", "rusqlite"]),
    ("weft-engine", &["egui", "burn", "wgpu", "weft-data", "weft-learn"]),
    ("egui_node_graph", &["burn", "eframe", "rusqlite", "wgpu"]),
    ("weft-desktop", &["burn", "rusqlite", "weft-engine", "weft-learn", "weft-data"]),
];

/// Of what is built here: crates for other systems need not be on this machine.
fn metadata() -> cargo_metadata::Metadata {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"))
        .other_options(["--offline", "--locked", "--filter-platform=host-tuple"].map(str::to_owned))
        .exec()
        .expect("cargo metadata reads the workspace")
}

#[test]
fn every_crate_stands_only_on_what_it_may() {
    let metadata = metadata();
    let ours: BTreeSet<String> = metadata.workspace_packages().iter().map(|p| p.name.to_string()).collect();
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    for package in metadata.workspace_packages() {
        if package.name.as_str() == "weft" {
            continue;
        }
        let may = allowed.get(package.name.as_str()).unwrap_or_else(|| panic!("{} has no rule: add one", package.name));
        for dependency in package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development) {
            assert!(
                !ours.contains(&dependency.name) || may.contains(&dependency.name.as_str()),
                "{} must not stand on {}",
                package.name,
                dependency.name
            );
        }
    }
}

#[test]
fn what_a_crate_must_not_know_is_nowhere_below_it() {
    let metadata = metadata();
    let resolve = metadata.resolve.as_ref().expect("dependencies are resolved");
    let names: BTreeMap<_, _> = metadata.packages.iter().map(|p| (&p.id, p.name.as_str())).collect();
    let nodes: BTreeMap<_, _> = resolve.nodes.iter().map(|n| (&n.id, n)).collect();
    for (name, never) in NEVER {
        let root = metadata.packages.iter().find(|p| p.name.as_str() == *name).expect("the crate exists");
        let (mut seen, mut open) = (BTreeSet::new(), vec![&root.id]);
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            assert!(!never.contains(&names[id]) || *id == root.id, "{name} must not be made of {}", names[id]);
            let normal =
                nodes[id].deps.iter().filter(|d| d.dep_kinds.iter().any(|k| k.kind != DependencyKind::Development));
            open.extend(normal.map(|d| &d.pkg));
        }
    }
}

#[test]
fn burn_and_egui_are_pinned_to_the_version_that_was_tried() {
    let manifest = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"))
        .expect("the workspace has a manifest");
    for pinned in
        ["burn = { version = \"=0.22.1\"", "egui = { version = \"=0.37.0\"", "eframe = { version = \"=0.37.0\""]
    {
        assert!(manifest.contains(pinned), "{pinned} is expected in Cargo.toml");
    }
}
