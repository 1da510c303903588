//! Reading and writing project files.

use std::path::Path;

use proptest::prelude::*;
use weft_model::validate::validate;
use weft_model::{Mode, NodeId, Problem, Severity, Value, WireId};
use weft_project::{DEFAULT_SEED, Project, ProjectErrorKind, diff, read, read_str, schema, template};

use crate::strategies;

fn at(text: &str) -> Result<(Project, Vec<Problem>), weft_project::ProjectError> {
    read_str(text, Path::new("folder/a.weft"))
}

/// A project of the current format with these nodes and wires.
fn of(nodes: &str, wires: &str) -> (Project, Vec<Problem>) {
    at(&format!(
        r#"{{"format": "weft-project", "format_version": 3, "id": "00000000000000ff", "nodes": {nodes}, "wires": {wires}}}"#
    ))
    .unwrap()
}

fn codes(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|p| p.code.as_str()).collect()
}

proptest! {
    #[test]
    fn what_is_written_reads_back_and_writes_the_same_bytes(project in strategies::project()) {
        let text = project.to_text();
        let (back, problems) = at(&text).unwrap();
        prop_assert_eq!(&back, &project);
        prop_assert_eq!(problems, Vec::new());
        prop_assert_eq!(back.to_text(), text.clone());
        let begins = text.starts_with("{\n  \"format\": \"weft-project\",\n  \"format_version\": 3,\n");
        prop_assert!(begins && text.ends_with('\n'));
    }

    #[test]
    fn every_wire_and_every_plain_parameter_has_a_line_of_its_own(graph in strategies::graph()) {
        let text = Project::with_graph(graph.clone()).to_text();
        for (id, wire) in graph.wires() {
            let line = format!(
                "    \"{id}\": {{\"from\": \"{}.{}\", \"to\": \"{}.{}\"",
                wire.from.node, wire.from.port, wire.to.node, wire.to.port
            );
            let end = if wire.via.is_empty() { "}" } else { "]]}" };
            let is_it = |l: &str| l.starts_with(&line) && l.trim_end_matches(',').ends_with(end);
            prop_assert!(text.lines().any(is_it), "{}", line);
        }
        for (_, node) in graph.nodes() {
            for (name, value) in &node.params {
                if let Value::Int(v) = value {
                    let line = format!("        \"{name}\": {v}");
                    prop_assert!(text.lines().any(|l| l.trim_end_matches(',') == line), "{}", line);
                }
            }
        }
    }

    #[test]
    fn the_diff_of_two_graphs_leads_from_one_to_the_other(a in strategies::graph(), b in strategies::graph()) {
        let mut graph = a.clone();
        for edit in diff(&a, &b) {
            graph.apply(edit).unwrap();
            prop_assert_eq!(graph.check(), Ok(()));
        }
        prop_assert_eq!(&graph, &b);
        prop_assert_eq!(diff(&b, &b), Vec::new());
    }

    #[test]
    fn no_damage_to_a_file_makes_reading_panic(project in strategies::project(), from in any::<prop::sample::Index>(), put in ".{0,3}") {
        let text: Vec<char> = project.to_text().chars().collect();
        let from = from.index(text.len());
        let mut damaged: String = text[..from].iter().collect();
        damaged.push_str(&put);
        let _ = at(&damaged);
        damaged.extend(&text[(from + 1).min(text.len())..]);
        if let Ok((project, _)) = at(&damaged) {
            prop_assert_eq!(project.graph.check(), Ok(()));
            // Whatever was read, saving it is stable.
            let text = project.to_text();
            prop_assert_eq!(at(&text).unwrap().0.to_text(), text);
        }
    }
}

#[test]
fn the_mnist_sample_is_the_template_in_the_writers_own_bytes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample_projects/mnist/mnist.weft");
    let (project, problems) = read(&path).unwrap();
    assert_eq!(problems, []);
    assert_eq!(project.to_text(), std::fs::read_to_string(&path).unwrap());
    let template = template("mnist").unwrap().project();
    assert_eq!(project, Project { id: project.id, ..template });
    assert_eq!(validate(&project.graph, &Default::default()), []);
    assert_eq!(weft_project::check_files(&project.graph, path.parent().unwrap()), []);
    let names: Vec<_> = project.graph.nodes().map(|(_, n)| n.name.as_str()).collect();
    assert_eq!(names, ["data", "split", "normalise", "network", "train", "evaluate"]);
}

#[test]
fn a_project_of_format_1_is_converted_in_place() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let (project, problems) = read(&folder.join("v1.weft")).unwrap();
    assert_eq!(codes(&problems), ["migrated"]);
    assert_eq!(project.to_text(), std::fs::read_to_string(folder.join("v1.expected.weft")).unwrap());
    assert_eq!((project.seed, project.title.as_ref().map(|t| t.en.as_str())), (11, Some("Digits")));
    let data = project.graph.node(project.graph.node_named("data").unwrap()).unwrap();
    assert_eq!(data.param("path"), Some(Value::from("data/mnist")));
    assert_eq!(project.graph.wires().len(), 3);
}

#[test]
fn a_project_of_format_2_is_converted_in_place() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let (project, problems) = read(&folder.join("v2.weft")).unwrap();
    assert_eq!(codes(&problems), ["migrated"]);
    assert_eq!(project.to_text(), std::fs::read_to_string(folder.join("v2.expected.weft")).unwrap());
    assert!(project.graph.nodes().all(|(_, n)| n.mode == Mode::Active && !n.collapsed));
    assert!(project.graph.wires().all(|(_, w)| w.via.is_empty()));
}

#[test]
fn modes_and_points_that_cannot_be_read_are_kept_and_named() {
    let (project, problems) = of(
        r#"{"0000000000000001": {"kind": "split", "name": "a", "params": {}, "pos": [0, 0], "mode": "asleep", "collapsed": 1},
           "0000000000000002": {"kind": "normalise", "name": "b", "params": {}, "pos": [0, 0], "mode": "muted"}}"#,
        r#"{"0000000000000003": {"from": "0000000000000001.train", "to": "0000000000000002.train", "via": [[1, 2], [3]]}}"#,
    );
    assert_eq!(codes(&problems), ["bad_field", "bad_field", "bad_field"]);
    let modes: Vec<Mode> = project.graph.nodes().map(|(_, n)| n.mode).collect();
    assert_eq!(modes, [Mode::Active, Mode::Muted]);
    let text = project.to_text();
    for kept in ["\"mode\": \"asleep\"", "\"collapsed\": 1", "\"via\": [[1, 2], [3]]"] {
        assert!(text.contains(kept), "{kept}: {text}");
    }
}

#[test]
fn how_a_node_is_planned_is_kept_and_what_cannot_be_read_of_it_named() {
    let (project, problems) = of(
        r#"{"0000000000000001": {"kind": "train", "name": "a", "params": {}, "pos": [0, 0], "planning":
                {"priority": 2, "retries": 1, "time_limit_s": 60.5, "memory_limit_bytes": 2000000000, "threads": 2,
                 "devices": ["cpu", "gpu0"], "alternatives": {"batch_size": [32, 128]}, "from_the_future": [1]}},
            "0000000000000002": {"kind": "train", "name": "b", "params": {}, "pos": [0, 0], "planning": {"retries": "often"}},
            "0000000000000003": {"kind": "train", "name": "c", "params": {}, "pos": [0, 0]}}"#,
        "{}",
    );
    assert_eq!(codes(&problems), ["bad_field"]);
    let node = |id| project.graph.node(NodeId(id)).unwrap();
    let planning = node(1).planning();
    assert_eq!((planning.priority, planning.retries, planning.threads), (2.0, 1, Some(2)));
    assert_eq!((planning.time_limit_s, planning.memory_limit_bytes), (Some(60.5), Some(2_000_000_000)));
    assert_eq!(planning.devices, ["cpu", "gpu0"]);
    assert_eq!(planning.alternatives["batch_size"], [Value::Int(32), Value::Int(128)]);
    assert!(node(2).planning().is_default() && node(3).planning.is_none());
    let text = project.to_text();
    for kept in ["\"from_the_future\": [1]", "\"priority\": 2,", "{\"retries\": \"often\"}"] {
        assert!(text.contains(kept), "{kept}: {text}");
    }
    assert_eq!(at(&text).unwrap().0, project);
}

#[test]
fn a_graph_within_a_node_is_written_as_the_outermost_is_and_read_as_tolerantly() {
    let (project, problems) = of(
        r#"{"0000000000000001": {"kind": "subgraph", "name": "Block", "params": {}, "pos": [0, 0], "inner": {
            "nodes": {"00000000000000a1": {"kind": "split", "name": "s", "params": {"x": 1}, "pos": [0, 0]},
                      "00000000000000a2": {"kind": "normalise", "name": "S", "params": {}, "pos": [0, 0]}},
            "wires": {"00000000000000b1": {"from": "00000000000000a1.train", "to": "00000000000000a2.train", "x": [1]},
                      "00000000000000b2": {"from": "00000000000000a1.train", "to": "00000000000000a9.train"}}}},
           "0000000000000002": {"kind": "subgraph", "name": "empty", "params": {}, "pos": [0, 0]},
           "0000000000000003": {"kind": "from_the_future", "name": "f", "params": {}, "pos": [0, 0], "inner": {"nodes": 3}}}"#,
        "{}",
    );
    assert_eq!(codes(&problems), ["duplicate_name", "dropped_wire"]);
    assert!(problems.iter().all(|p| p.path == [NodeId(1)]), "{problems:?}");
    let inner = project.graph.at(&[NodeId(1)]).unwrap();
    assert_eq!((inner.nodes().len(), inner.wires().len()), (2, 1));
    assert_eq!(project.graph.check(), Ok(()));
    let text = project.to_text();
    let line =
        r#"          "00000000000000b1": {"from": "00000000000000a1.train", "to": "00000000000000a2.train", "x": [1]}"#;
    assert!(text.lines().any(|l| l == line), "{text}");
    assert!(text.contains(r#""nodes": 3"#), "{text}");
    assert_eq!(at(&text).unwrap().0, project);
}

#[test]
fn subgraphs_that_stand_too_deep_are_set_aside() {
    let mut inner = r#"{"nodes": {}}"#.to_owned();
    for n in 0..20 {
        inner = format!(
            r#"{{"nodes": {{"{n:016x}": {{"kind": "subgraph", "name": "s", "params": {{}}, "pos": [0, 0], "inner": {inner}}}}}}}"#
        );
    }
    let nodes = inner.strip_prefix(r#"{"nodes": "#).unwrap().strip_suffix('}').unwrap().to_owned();
    let (project, problems) = of(&nodes, "{}");
    assert_eq!((codes(&problems), project.graph.depth()), (vec!["too_deep"], weft_model::graph::MOST_DEPTH));
    assert_eq!(project.graph.check(), Ok(()));
    assert_eq!(project.set_aside.len(), 1);
}

#[test]
fn a_file_of_format_1_that_is_damaged_still_opens() {
    let (project, problems) = at(
        r#"{"format": "weft-project", "format_version": 1, "id": "00000000000000aa", "nodes": [
            3, {"type": "split", "x": "left"}, {"id": "1", "type": "split", "name": "a", "x": 1, "y": 2, "inputs": {"samples": 7}}
        ]}"#,
    )
    .unwrap();
    assert_eq!(project.graph.nodes().len(), 2);
    assert_eq!(project.set_aside.len(), 2);
    assert_eq!(codes(&problems), ["migrated", "bad_id", "bad_id", "bad_field", "duplicate_name", "dropped_wire"]);
}

#[test]
fn a_newer_project_is_refused_with_what_to_do() {
    let error = at(r#"{"format": "weft-project", "format_version": 9, "nodes": "anything"}"#).unwrap_err();
    assert_eq!(error.kind(), ProjectErrorKind::Newer { found: 9, supported: 3 });
    let said = error.to_string();
    assert!(
        said.starts_with("folder/a.weft was written by a newer Weft (format 9, this one reads up to 3): install"),
        "{said}"
    );
    assert!(error.localised().zh.contains("更新版本"));
}

#[test]
fn broken_json_names_file_line_and_column() {
    let error = at("{\n  \"format\": \"weft-project\",\n  \"format_version\": 3\n  \"nodes\": {}\n}").unwrap_err();
    assert_eq!(error.kind(), ProjectErrorKind::Syntax { line: 4, column: 3 });
    let said = error.to_string();
    assert!(said.contains("folder/a.weft, line 4, column 3: expected ',' or '}'"), "{said}");
    assert!(said.contains("text editor"), "{said}");
    assert!(error.localised().zh.contains("第 4 行第 3 列"));
}

#[test]
fn what_is_no_project_is_refused_with_the_reason() {
    let check = |text: &str, why: &str| {
        let error = at(text).unwrap_err();
        assert_eq!(error.kind(), ProjectErrorKind::NotAProject, "{text}");
        assert!(error.to_string().contains("is not a Weft project") && error.to_string().contains(why), "{error}");
    };
    check("[]", "no JSON object");
    check("{}", "names no format");
    check(r#"{"format": "other"}"#, "its format is \"other\"");
    check(r#"{"format": "weft-project"}"#, "no format_version");
    check(r#"{"format": "weft-project", "format_version": "2"}"#, "format_version is \"2\"");
    check(r#"{"format": "weft-project", "format_version": 0}"#, "format_version is 0");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.weft");
    std::fs::write(&path, [0xff, 0xfe, 0x00]).unwrap();
    assert!(read(&path).unwrap_err().to_string().contains("not text in UTF-8"));
    std::fs::write(&path, "").unwrap();
    assert!(matches!(read(&path).unwrap_err().kind(), ProjectErrorKind::Syntax { line: 1, column: 1 }));
    let gone = read(&folder.path().join("gone.weft")).unwrap_err();
    assert!(gone.to_string().contains("does not exist") && gone.kind() == ProjectErrorKind::Read, "{gone}");
}

#[test]
fn unknown_kinds_and_fields_and_bad_values_survive_a_save() {
    let (project, problems) = of(
        r#"{
            "0000000000000001": {"kind": "from_the_future", "name": "f", "params": {"n": {"deep": [1, null]}}, "pos": [1, 2], "colour": "red"},
            "0000000000000002": {"kind": "train", "name": "t", "params": {"epochs": "many", "seed": null}, "pos": [3, 4]}
        }"#,
        r#"{"0000000000000009": {"from": "0000000000000001.x", "to": "0000000000000002.train", "style": "dashed"}}"#,
    );
    assert_eq!(problems, []);
    let found = validate(&project.graph, &Default::default());
    for code in ["unknown_kind", "bad_param"] {
        assert!(codes(&found).contains(&code), "{code}");
    }
    let text = project.to_text();
    for kept in [
        "from_the_future",
        r#""n": {"deep": [1, null]}"#,
        r#""colour": "red""#,
        r#""many""#,
        r#""seed": null"#,
        "dashed",
    ] {
        assert!(text.contains(kept), "{kept} is lost:\n{text}");
    }
}

#[test]
fn a_layer_with_a_setting_of_a_newer_version_keeps_it() {
    let layers = r#"{"layers": [{"inputs": ["input"], "name": "a", "type": "linear", "units": 3, "quantised": true}]}"#;
    let node = format!(
        r#"{{"0000000000000001": {{"kind": "network", "name": "n", "params": {{"layers": {layers}}}, "pos": [0, 0]}}}}"#
    );
    let (project, _) = of(&node, "{}");
    assert!(project.to_text().contains(r#""quantised": true"#));
    assert!(codes(&validate(&project.graph, &Default::default())).contains(&"bad_param"));
    // What this version knows is a network, whether or not its defaults are written out.
    let (project, _) = of(&node.replace(r#", "quantised": true"#, ""), "{}");
    assert!(matches!(project.graph.node(NodeId(1)).unwrap().params["layers"], Value::Layers(_)));
}

#[test]
fn names_that_stand_twice_or_are_empty_get_a_free_one() {
    let (project, problems) = of(
        r#"{
            "0000000000000001": {"kind": "split", "name": "Data", "pos": [0, 0]},
            "0000000000000002": {"kind": "split", "name": "data", "pos": [0, 0]},
            "0000000000000003": {"kind": "split", "name": "", "pos": [0, 0]},
            "0000000000000004": {"kind": "split", "pos": [0, 0]}
        }"#,
        "{}",
    );
    let names: Vec<_> = project.graph.nodes().map(|(_, n)| n.name.as_str()).collect();
    assert_eq!(names, ["Data", "data 2", "split", "split 2"]);
    assert_eq!(codes(&problems), ["duplicate_name"; 3]);
    assert!(problems.iter().all(|p| p.severity == Severity::Warning && p.node.is_some()));
}

#[test]
fn wires_that_cannot_be_are_left_out_with_a_warning_and_kept_in_the_file() {
    let (project, problems) = of(
        r#"{
            "0000000000000001": {"kind": "split", "name": "a", "pos": [0, 0]},
            "0000000000000002": {"kind": "split", "name": "b", "pos": [0, 0]}
        }"#,
        r#"{
            "0000000000000001": {"from": "0000000000000001.train", "to": "0000000000000002.samples"},
            "0000000000000002": {"from": "0000000000000001.test", "to": "0000000000000002.samples"},
            "0000000000000003": {"from": "0000000000000007.test", "to": "0000000000000002.other"},
            "0000000000000004": {"from": "0000000000000001.test", "to": "0000000000000001.samples"},
            "0000000000000005": {"from": 3},
            "0000000000000006": "nonsense"
        }"#,
    );
    assert_eq!(project.graph.wires().map(|(id, _)| id).collect::<Vec<_>>(), [WireId(1)]);
    assert_eq!(codes(&problems), ["dropped_wire"; 5]);
    assert!(problems.iter().all(|p| p.severity == Severity::Warning));
    assert_eq!((problems[0].node, problems[0].port.as_deref()), (Some(NodeId(2)), Some("samples")));
    assert_eq!(project.set_aside.len(), 5);
    let (again, problems) = at(&project.to_text()).unwrap();
    assert_eq!((again, problems), (project, Vec::new()), "a warning comes once");
}

#[test]
fn identifiers_written_by_hand_are_replaced_with_their_wires() {
    let nodes = r#"{
        "data": {"kind": "image_dataset", "name": "data", "pos": [0, 0]},
        "split": {"kind": "split", "name": "split", "pos": [9, 0]},
        "odd": {"kind": 3},
        "00000000000000AB": {"kind": "split", "name": "upper", "pos": [9, 0]}
    }"#;
    let wires = r#"{"w": {"from": "data.samples", "to": "split.samples"}}"#;
    let (project, problems) = of(nodes, wires);
    assert_eq!(codes(&problems), ["bad_id", "unreadable_node", "bad_id"]);
    assert_eq!((project.graph.nodes().len(), project.graph.wires().len()), (3, 1));
    assert!(project.graph.node(NodeId(0xab)).is_some());
    assert_eq!(of(nodes, wires).0, project, "the same at every reading");
}

#[test]
fn a_header_with_faults_opens_with_warnings() {
    let (project, problems) =
        at(r#"{"format": "weft-project", "format_version": 3, "seed": -1, "title": 3, "nodes": [], "set_aside": "x"}"#)
            .unwrap();
    assert_eq!(codes(&problems), ["bad_id", "bad_field", "unreadable_part"]);
    assert_eq!((project.seed, &project.title), (DEFAULT_SEED, &None));
    assert!(project.to_text().contains("\"title\": 3"));
    assert_eq!(project.set_aside.len(), 2);
    let (project, problems) =
        at(r#"{"format": "weft-project", "format_version": 3, "id": "00000000000000ff"}"#).unwrap();
    assert_eq!((project.seed, problems), (DEFAULT_SEED, Vec::new()));
}

#[test]
fn the_schema_has_every_kind_with_its_parameters() {
    let schema = schema();
    let kinds = schema["$defs"]["node"]["allOf"].as_array().unwrap();
    for decl in weft_model::catalogue::KINDS {
        let kind = kinds.iter().find(|k| k["if"]["properties"]["kind"]["const"] == decl.id).unwrap();
        let params = &kind["then"]["properties"]["params"]["properties"];
        for param in decl.params {
            let stated = &params[param.id];
            assert_eq!(stated["title"], param.label.en);
            match param.kind {
                weft_model::ParamKind::Int { min, max } => {
                    assert_eq!((stated["minimum"].as_i64(), stated["maximum"].as_i64()), (Some(min), Some(max)));
                }
                weft_model::ParamKind::Float { min, max, .. } => {
                    assert_eq!((stated["minimum"].as_f64(), stated["maximum"].as_f64()), (Some(min), Some(max)));
                }
                weft_model::ParamKind::Choice { choices } => {
                    assert_eq!(stated["enum"].as_array().unwrap().len(), choices.len());
                }
                _ => {}
            }
            assert_eq!(stated.get("default").is_some(), param.default.value().is_some(), "{}", param.id);
        }
    }
    assert_eq!(schema["properties"]["format_version"]["const"], weft_project::FORMAT_VERSION);
}

#[test]
fn the_other_samples_are_whole_and_in_the_writers_own_bytes() {
    for (name, nodes, wires) in [("planning", 12, 18), ("three-services", 12, 19)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../sample_projects/{name}/{name}.weft"));
        let (project, problems) = read(&path).unwrap();
        assert_eq!(problems, [], "{name}");
        assert_eq!(project.to_text(), std::fs::read_to_string(&path).unwrap(), "{name}");
        assert_eq!(validate(&project.graph, &Default::default()), [], "{name}");
        assert_eq!(weft_project::check_files(&project.graph, path.parent().unwrap()), [], "{name}");
        assert_eq!((project.graph.nodes().len(), project.graph.wires().len()), (nodes, wires), "{name}");
        let (title, description) = (project.title.unwrap(), project.description.unwrap());
        assert!(title.en != title.zh && description.en != description.zh, "{name}: in both languages");
    }
}
