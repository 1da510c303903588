//! Timed tasks and workflows of other programs: imported, checked and run by the command line.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use support::{Place, root};

fn text(path: &Path) -> &str {
    path.to_str().expect("paths of the tests are UTF-8")
}

fn nodes(project: &Path) -> Vec<Value> {
    let project: Value = serde_json::from_str(&fs::read_to_string(project).unwrap()).unwrap();
    project["nodes"].as_object().unwrap().values().cloned().collect()
}

/// A fan of tasks: one feeds all others, and they feed the last.
fn workflow(tasks: usize) -> String {
    let id = |n: usize| format!("step_{n:03}");
    let middle = || 1..tasks - 1;
    let specified: Vec<Value> = (0..tasks)
        .map(|n| match n {
            0 => json!({"id": id(0), "children": middle().map(id).collect::<Vec<_>>(), "outputFiles": ["seed"]}),
            n if n == tasks - 1 => json!({"id": id(n), "parents": middle().map(id).collect::<Vec<_>>()}),
            n => json!({"id": id(n), "parents": [id(0)], "inputFiles": ["seed"]}),
        })
        .collect();
    let executed: Vec<Value> =
        (0..tasks).map(|n| json!({"id": id(n), "runtimeInSeconds": 0.02, "memoryInBytes": 5_000_000})).collect();
    let specification = json!({"tasks": specified, "files": [{"id": "seed", "sizeInBytes": 250_000}]});
    let workflow = json!({"specification": specification, "execution": {"tasks": executed}});
    json!({"name": "fan", "schemaVersion": "1.5", "workflow": workflow}).to_string()
}

#[test]
fn a_workflow_becomes_a_project_that_is_valid_and_runs() {
    let place = Place::new();
    let file = place.path("fan.json");
    fs::write(&file, workflow(12)).unwrap();
    let ran = place.weft(&["import", text(&file), "--json"]).expect(0);
    let project = place.path("fan.weft");
    assert!(ran.out.contains("fan.weft"), "{}", ran.out);
    let nodes = nodes(&project);
    assert_eq!(nodes.len(), 12);
    let first = nodes.iter().find(|n| n["name"] == "step_000").unwrap();
    assert_eq!(first["kind"], "timed_task");
    assert_eq!(first["params"], json!({"memory_mb": 5.0, "output_mb": 0.25, "run_s": 0.02}));
    place.weft(&["validate", text(&project)]).expect(0).says(&["12 nodes, no problems"]);
    let ran = place.weft(&["run", text(&project), "--json", "--device", "cpu"]).expect(0);
    let finished = ran.events("node_finished");
    assert_eq!(finished.len(), 12);
    assert!(finished.iter().all(|e| e["status"] == "done"));
    assert_eq!(finished.last().unwrap()["node"], "step_011");

    // What is there is not written over; elsewhere it may go.
    place.weft(&["import", text(&file)]).expect(3).says(&["fan.weft exists"]);
    let other = place.path("other.weft");
    place.weft(&["import", text(&file), "-o", text(&other)]).expect(0);
    assert!(other.is_file());
}

#[test]
fn what_is_no_workflow_is_refused_with_its_place() {
    let place = Place::new();
    for (name, content, words) in [
        ("broken.stg", "2\n0 0 0\n1 x 1 0\n", ["broken.stg cannot be imported", "line 3"]),
        ("broken.json", "{\"workflow\": {", ["broken.json cannot be imported", "line 1"]),
        ("circle.stg", "1\n0 0 0\n1 1 1 2\n2 1 1 1\n", ["circle.stg cannot be imported", "circle"]),
    ] {
        let file = place.path(name);
        fs::write(&file, content).unwrap();
        place.weft(&["import", text(&file)]).expect(3).says(&words);
        place.weft(&["import", text(&file), "--lang", "zh"]).expect(3).says(&["无法导入"]);
        assert!(!file.with_extension("weft").exists());
    }
    place.weft(&["import", "nowhere.json"]).expect(3).says(&["nowhere.json"]);
}

#[test]
fn public_workflows_keep_their_tasks() {
    let data = std::env::var_os("WEFT_SCHEDULING_DATA").map(PathBuf::from);
    let data = data.unwrap_or_else(|| root().join("../shared/data/scheduling"));
    let listed = |folder: &str, ending: &str| -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = fs::read_dir(data.join(folder))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|e| e == ending))
            .filter(|path| path.file_stem().is_some_and(|stem| stem != "devices5"))
            .collect();
        files.sort();
        files
    };
    let (workflows, graphs) = (listed("wfinstances", "json"), listed("stg", "stg"));
    if workflows.is_empty() && graphs.is_empty() {
        eprintln!(
            "no instances in {}: nothing is imported (WEFT_SCHEDULING_DATA names another folder)",
            data.display()
        );
        return;
    }
    let place = Place::new();
    for file in workflows.iter().chain(graphs.iter().step_by(6)) {
        let content = fs::read_to_string(file).unwrap();
        let count = match serde_json::from_str::<Value>(&content) {
            Ok(workflow) => workflow["workflow"]["specification"]["tasks"].as_array().unwrap().len(),
            // A dummy before and after.
            Err(_) => content.split_whitespace().next().unwrap().parse::<usize>().unwrap() + 2,
        };
        let project = place.path("imported.weft");
        place.weft(&["import", text(file), "-o", text(&project), "--quiet"]).expect(0);
        assert_eq!(nodes(&project).len(), count, "{}", file.display());
        place.weft(&["validate", text(&project), "--json"]).expect(0);
        fs::remove_file(&project).unwrap();
    }
}

#[test]
fn the_planning_sample_runs_to_its_end_in_hundredths_of_its_time() {
    let place = Place::new();
    let sample = root().join("sample_projects/planning/planning.weft");
    let mut sets = Vec::new();
    for node in nodes(&sample) {
        let stated = |param: &str, default: f64| node["params"][param].as_f64().unwrap_or(default);
        for (param, default) in [("train_s", 0.0), ("deploy_s", 0.0), ("run_s", 1.0)] {
            sets.push(format!("{}.{param}={}", node["name"].as_str().unwrap(), stated(param, default) / 100.0));
        }
    }
    let mut args = vec!["run", text(&sample), "--json", "--device", "cpu"];
    args.extend(sets.iter().flat_map(|set| ["--set", set.as_str()]));
    let ran = place.weft(&args).expect(0);
    let finished = ran.events("node_finished");
    assert_eq!(finished.len(), 12);
    assert!(finished.iter().all(|e| e["status"] == "done"));
    let at = |node: &str| finished.iter().position(|e| e["node"] == node).unwrap();
    for (before, after) in [("collect", "label"), ("label", "detect"), ("detect", "track"), ("fuse", "rank")] {
        assert!(at(before) < at(after), "{before} before {after}");
    }
    assert_eq!(at("report"), 11);
    let planned = ran.events("plan")[0]["plan"]["tasks"].as_array().map(Vec::len);
    assert!(planned.is_some_and(|count| count >= 12), "{planned:?}");
}

#[test]
fn the_three_services_learn_from_the_data_that_they_share() {
    let place = Place::new();
    let sample = root().join("sample_projects/three-services/three-services.weft");
    let run = ["run", text(&sample), "--json", "--device", "cpu", "--set", "data.limit=400"];
    let ran = place.weft(&run).expect(0);
    let finished = ran.events("run_finished");
    for service in ["lenet", "perceptron", "small"] {
        let accuracy = &finished[0]["metrics"][format!("{service} evaluate")]["accuracy"];
        assert!(accuracy.as_f64().is_some_and(|share| (0.0..=1.0).contains(&share)), "{service}: {accuracy}");
    }
    let started = ran.events("node_started");
    assert_eq!(started.iter().filter(|e| e["node"] == "normalise").count(), 1);
}
