//! The command line as scripts hold on to it: names, JSON, exit statuses, and what bad input is answered with.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};
use support::{Place, node_mut, root, sample, short_run};

fn text(path: &std::path::Path) -> &str {
    path.to_str().expect("paths of the tests are UTF-8")
}

#[test]
fn every_subcommand_has_help_with_examples() {
    let place = Place::new();
    for command in
        ["new", "validate", "run", "plan", "runs", "resume", "export", "import", "devices", "bench", "completions"]
    {
        place.weft(&[command, "--help"]).expect(0).says(&["Example", "weft ", "--json", "--data-dir"]);
    }
    place.weft(&["--help"]).expect(0).says(&["Exit status"]);
    place.weft(&["--version"]).expect(0).says(&["weft 0."]);
    place.weft(&["frobnicate", "--x"]).expect(2);
    place.weft(&["completions", "bash"]).expect(0).says(&["_weft"]);
}

#[test]
fn the_sample_is_valid_and_the_schema_knows_its_kinds() {
    let place = Place::new();
    let ran = place.weft(&["validate", text(&sample()), "--json"]).expect(0);
    assert_eq!(ran.json(), Vec::<Value>::new());
    let ran = place.weft(&["schema"]).expect(0);
    let schema: Value = serde_json::from_str(&ran.out).expect("the schema is JSON");
    assert!(schema["$schema"].is_string());
    for kind in ["image_dataset", "split", "normalise", "network", "train", "evaluate"] {
        assert!(ran.out.contains(kind), "{kind}");
    }
}

#[test]
fn a_run_tells_what_the_contract_says_and_the_second_one_computes_nothing() {
    let place = Place::new();
    let sample = sample();
    let first = place.weft(&short_run(text(&sample), &["--out", "out"])).expect(0);
    let lines = first.json();
    assert_eq!(lines[0]["event"], "run_started");
    assert_eq!(lines[0]["seed"], 7);
    assert_eq!(lines[0]["devices"], json!(["cpu"]));
    let last = lines.last().expect("there are lines");
    assert_eq!(last["event"], "run_finished");
    assert_eq!(last["status"], "done");
    let mut before = 0.0;
    for line in &lines {
        let t = line["t_s"].as_f64().expect("every line has t_s");
        assert!(t >= before, "time goes on: {line}");
        before = t;
    }

    // Whatever is told of a node stands between its beginning and its end.
    let at = |event: &str, node: &Value| lines.iter().position(|l| l["event"] == event && l["node"] == *node);
    for (position, line) in lines.iter().enumerate().filter(|(_, l)| l["event"] == "metric" || l["event"] == "progress")
    {
        let (began, ended) = (at("node_started", &line["node"]), at("node_finished", &line["node"]));
        assert!(began < Some(position) && Some(position) < ended, "{line}");
    }

    let plan = &first.events("plan")[0]["plan"];
    assert!(plan["makespan_s"].as_f64() >= plan["lower_bound_s"].as_f64());
    assert_eq!(plan["tasks"].as_array().map(Vec::len), Some(6));
    for field in ["id", "node", "phase", "device", "mode", "start_s", "finish_s", "critical", "slack_s", "reason"] {
        assert!(!plan["tasks"][0][field].is_null(), "{field}");
    }

    let finished = first.events("node_finished");
    let nodes: BTreeSet<&str> = finished.iter().filter_map(|e| e["node"].as_str()).collect();
    assert_eq!(nodes, BTreeSet::from(["data", "split", "normalise", "network", "train", "evaluate"]));
    assert!(finished.iter().all(|e| e["status"] == "done"), "{finished:?}");

    let metrics = first.events("metric");
    let of = |part: &str, name: &str| {
        metrics.iter().filter(|m| m["node"] == "train" && m["part"] == part && m["name"] == name).count()
    };
    assert!(of("train", "loss") > 20, "a loss each step");
    assert!(of("validation", "accuracy") >= 2 && of("validation", "loss") >= 2);
    assert!(!first.events("progress").is_empty());

    let train = &last["metrics"]["train"];
    for name in ["train/loss", "train/accuracy", "validation/loss", "validation/accuracy"] {
        assert!(train[name].is_f64(), "{name} in {train}");
    }
    let evaluate = &last["metrics"]["evaluate"];
    for name in ["accuracy", "precision_macro", "recall_macro", "f1_macro", "precision/0", "recall/9", "f1/5"] {
        let value = evaluate[name].as_f64().unwrap_or_else(|| panic!("{name} is measured"));
        assert!((0.0..=1.0).contains(&value), "{name} is a fraction");
    }
    let matrix = evaluate["confusion_matrix"].as_array().expect("rows");
    let sum: u64 = matrix.iter().flat_map(|r| r.as_array().unwrap()).filter_map(Value::as_u64).sum();
    assert_eq!((matrix.len(), sum), (10, 1000), "each of the 1,000 test images is counted once");
    let right: u64 = (0..10).filter_map(|i| matrix[i][i].as_u64()).sum();
    assert_eq!(evaluate["accuracy"].as_f64(), Some(right as f64 / 1000.0));

    let results: Value = serde_json::from_slice(&fs::read(place.path("out/results.json")).unwrap()).unwrap();
    assert_eq!(results["metrics"]["evaluate"], *evaluate);
    let model = fs::read(place.path("out/train.safetensors")).expect("the model is written");
    let header = u64::from_le_bytes(model[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&model[8..8 + header]).expect("a safetensors header");
    assert_eq!(header["conv1.weight"]["shape"], json!([6, 1, 5, 5]));
    assert_eq!(header["out.bias"]["shape"], json!([10]));

    let second = place.weft(&short_run(text(&sample), &[])).expect(0);
    assert!(second.events("node_finished").iter().all(|e| e["status"] == "cached"), "{}", second.out);
    assert_eq!(second.events("run_finished")[0]["metrics"]["evaluate"], *evaluate);

    // What is changed runs again, and only that and what depends on it.
    let third = place.weft(&short_run(text(&sample), &["--set", "train.batch_size=50"])).expect(0);
    let again: BTreeSet<String> = third
        .events("node_finished")
        .iter()
        .filter(|e| e["status"] == "done")
        .filter_map(|e| e["node"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(again, BTreeSet::from(["train".to_owned(), "evaluate".to_owned()]));

    // The same seed gives the same numbers, to the last bit.
    let fresh = place.weft(&short_run(text(&sample), &["--fresh"])).expect(0);
    let numbers = |ran: &support::Ran| -> Vec<Value> {
        ran.events("metric").iter().map(|m| json!([m["node"], m["name"], m["part"], m["step"], m["value"]])).collect()
    };
    assert_eq!(numbers(&fresh), numbers(&first));

    let runs = place.weft(&["runs", "--json"]).expect(0).json();
    assert_eq!(runs.len(), 4);
    for field in ["run", "project", "started_at", "status", "seed", "elapsed_s", "metrics"] {
        assert!(!runs[0][field].is_null(), "{field}");
    }
    assert!(runs.iter().all(|r| r["status"] == "done"));
    place.weft(&["runs"]).expect(0).says(&["done", "accuracy"]);
}

#[test]
fn a_plan_is_printed_as_the_contract_says_and_rules_race() {
    let place = Place::new();
    let sample = sample();
    let lines = place.weft(&["plan", text(&sample), "--json"]).expect(0).json();
    let [plan] = &lines[..] else { panic!("one line: {lines:?}") };
    for field in ["algorithm", "makespan_s", "lower_bound_s", "gap", "serial_index_s", "devices", "transfers"] {
        assert!(!plan[field].is_null(), "{field}");
    }
    for field in ["id", "node", "phase", "device", "mode", "start_s", "finish_s", "critical", "slack_s", "reason"] {
        assert!(!plan["tasks"][0][field].is_null(), "{field}");
    }
    let makespan_s = |args: &[&str]| {
        let all: Vec<&str> = ["plan", text(&sample), "--json", "--fresh"].iter().chain(args).copied().collect();
        place.weft(&all).expect(0).json()[0]["makespan_s"].as_f64().expect("a number")
    };
    assert!(makespan_s(&["--set", "train.epochs=50"]) > 2.0 * makespan_s(&["--set", "train.epochs=5"]));

    let raced = place.weft(&["plan", text(&sample), "--race", "--time", "0.05", "--json"]).expect(0).json();
    assert!(raced.len() >= 11, "{raced:?}");
    assert_eq!(raced.iter().filter(|p| p["adopted"] == true).count(), 1);
    assert!(raced.iter().any(|p| p["algorithm"] == "ga") && raced.iter().all(|p| p["adopted"].is_boolean()));
    place.weft(&["plan", text(&sample), "--lang", "en"]).expect(0).says(&["lower bound", "speed-up", "train", "W"]);
    place.weft(&["plan", text(&sample), "--race", "--time", "0.05", "--lang", "zh"]).expect(0).says(&["采用", "heft"]);

    for wrong in [
        &["--scheduler", "best"][..],
        &["--scheduler", "ga", "--parameter", "ants=3"],
        &["--parameter", "population"],
        &["--time", "0"],
        &["--branches", "0"],
        &["--memory-limit", "much"],
    ] {
        let all: Vec<&str> = ["plan", text(&sample)].iter().chain(wrong).copied().collect();
        place.weft(&all).expect(2);
    }
    place
        .weft(&["plan", text(&sample), "--memory-limit", "1MB", "--lang", "en"])
        .expect(0)
        .says(&["needs", "of memory"]);
}

#[test]
fn until_runs_a_node_and_what_it_needs() {
    let place = Place::new();
    let sample = sample();
    let ran = place.weft(&short_run(text(&sample), &["--until", "SPLIT"])).expect(0);
    assert_eq!(ran.events("node_finished").len(), 2);
}

#[test]
fn a_person_gets_words_and_chinese_on_request() {
    let place = Place::new();
    let sample = sample();
    let args = ["run", text(&sample), "--device", "cpu", "--until", "split", "--set", "data.limit=200"];
    place.weft(&args).expect(0).says(&["done", "split"]);
    let mut chinese = args.to_vec();
    chinese.extend(["--lang", "zh", "--fresh"]);
    place.weft(&chinese).expect(0).says(&["完成"]);
    place.weft(&["validate", "nowhere.weft", "--lang", "zh"]).expect(3).says(&["不存在"]);
    place.weft(&["runs", "--lang", "zh"]).expect(0).says(&["完成", "种子"]);
    place.weft(&["resume", "77", "--lang", "zh"]).expect(3).says(&["没有运行 77"]);
    for wrong in [["--set", "x.y=1"], ["--set", "train.y=1"], ["--set", "nonsense"], ["--until", "nobody"]] {
        let ran = place.weft(&["run", text(&sample), wrong[0], wrong[1], "--lang", "zh"]).expect(2);
        assert!(["没有节点", "没有参数", "格式应为"].iter().any(|words| ran.err.contains(words)), "{}", ran.err);
    }
}

#[test]
fn with_json_standard_output_is_json_whatever_the_command() {
    let place = Place::new();
    let sample = sample();
    for args in [
        &["new", "a.weft", "--json"][..],
        &["validate", "a.weft", "--json"],
        &["export", text(&sample), "-o", "m.weftz", "--json"],
        &["import", "m.weftz", "-o", "m", "--json"],
        &["schema", "--json"],
        &["completions", "bash", "--json"],
        &["runs", "--json"],
    ] {
        let lines = place.weft(args).expect(0).json();
        assert!(lines.iter().all(Value::is_object), "{args:?}");
    }
    let file = place.weft(&["new", "b.weft", "--json"]).expect(0).json()[0]["file"].clone();
    assert!(std::path::Path::new(file.as_str().expect("a path")).is_file());
}

#[test]
fn what_is_skipped_is_told_without_crying_error() {
    let place = Place::new();
    data_with(&place, "train-images-idx3-ubyte.gz", |bytes| Some(bytes[..1000].to_vec()));
    let sample = sample();
    let args = ["run", text(&sample), "--device", "cpu", "--set", "data.path=data"];
    let ran = place.weft(&args).expect(1).says(&["error: data:", "skipped"]);
    assert_eq!(ran.err.matches("error: ").count(), 1, "{}", ran.err);
}

#[test]
fn a_project_that_was_moved_trains_nothing_anew_and_finds_its_data() {
    let place = Place::new();
    data_with(&place, "", |_| None);
    fs::create_dir(place.path("a")).unwrap();
    fs::rename(place.path("data"), place.path("a/data")).unwrap();
    fs::copy(sample(), place.path("a/p.weft")).unwrap();
    let first = place.weft(&short_run("a/p.weft", &[])).expect(0);
    fs::rename(place.path("a"), place.path("b")).unwrap();
    let statuses = |ran: &support::Ran| -> BTreeMap<String, String> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        ran.events("node_finished").iter().map(|e| (text(&e["node"]), text(&e["status"]))).collect()
    };
    let moved = place.weft(&short_run("b/p.weft", &[])).expect(0);
    assert_eq!((&*statuses(&moved)["train"], &*statuses(&moved)["evaluate"]), ("cached", "cached"));
    let changed = place.weft(&short_run("b/p.weft", &["--set", "train.batch_size=50"])).expect(0);
    assert_eq!((&*statuses(&changed)["data"], &*statuses(&changed)["train"]), ("cached", "done"));
    let evaluation = |ran: &support::Ran| ran.events("run_finished")[0]["metrics"]["evaluate"].clone();
    assert_eq!(evaluation(&moved), evaluation(&first));
}

#[test]
fn two_programs_share_a_new_data_folder() {
    let place = Place::new();
    let sample = sample();
    let args = short_run(text(&sample), &["--until", "split"]);
    let start = || place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    for child in [start(), start(), start()] {
        support::Ran::new(&args, child.wait_with_output().expect("it ends")).expect(0);
    }
    let runs = place.weft(&["runs", "--json"]).expect(0).json();
    assert_eq!(runs.iter().filter(|r| r["status"] == "done").count(), 3);
}

#[test]
fn wrong_use_of_run_says_what_is_right() {
    let place = Place::new();
    let sample = sample();
    for (set, words) in [
        ("nonsense", "NODE.PARAM=VALUE"),
        ("train=3", "has no dot"),
        ("trian.epochs=3", "train"),
        ("train.epoch=3", "it has"),
        ("train.epochs=0", "outside the range 1"),
        ("train.epochs=many", "not a whole number"),
        ("train.optimiser=magic", "adam"),
    ] {
        place.weft(&["run", text(&sample), "--set", set]).expect(2).says(&[words]);
    }
    place.weft(&["run", text(&sample), "--until", "nobody"]).expect(2).says(&["nobody"]);
    place.weft(&["run", text(&sample), "--device", "gpu77"]).expect(3).says(&["gpu77", "cpu"]);
    place.weft(&["resume", "999"]).says(&["999"]);
    place.weft(&["resume", "yesterday"]).expect(2);
    place.weft(&["bench", "engine", "--data", "nowhere"]).expect(2).says(&["nowhere", "--data"]);
}

#[test]
fn files_that_are_no_project_are_refused_with_file_and_place() {
    let place = Place::new();
    place.weft(&["run", "nowhere.weft"]).expect(3).says(&["nowhere.weft", "does not exist"]);
    for (name, content, words) in [
        ("broken.weft", "{\n \"format\": \"weft-project\",\n \"format_version\": 3,\n \"nodes\": {,}\n}\n", "line 4"),
        ("empty.weft", "", "line 1"),
        ("other.weft", "{\"format\": \"something\"}", "not a Weft project"),
        ("newer.weft", "{\"format\": \"weft-project\", \"format_version\": 99}", "newer"),
    ] {
        fs::write(place.path(name), content).unwrap();
        for command in ["validate", "run"] {
            place.weft(&[command, name]).expect(3).says(&[name, words]);
        }
        assert_eq!(fs::read_to_string(place.path(name)).unwrap(), content, "{name} is untouched");
    }
}

#[test]
fn every_problem_of_a_graph_is_printed_with_its_node_and_remedy() {
    let place = Place::new();
    let mut project: Value = serde_json::from_str(&fs::read_to_string(sample()).unwrap()).unwrap();
    node_mut(&mut project, "split").unwrap()["kind"] = "from_the_future".into();
    node_mut(&mut project, "train").unwrap()["params"] = json!({"epochs": -3});
    fs::write(place.path("p.weft"), project.to_string()).unwrap();
    let problems = place.weft(&["validate", "p.weft", "--json"]).expect(3).json();
    let codes: Vec<&str> = problems.iter().filter_map(|p| p["code"].as_str()).collect();
    for code in ["unknown_kind", "bad_param", "missing_data"] {
        assert!(codes.contains(&code), "{code} in {codes:?}");
    }
    for problem in &problems {
        for field in ["severity", "code", "message", "remedy"] {
            assert!(problem[field].as_str().is_some_and(|t| !t.is_empty()), "{field} of {problem}");
        }
    }
    let bad = problems.iter().find(|p| p["code"] == "bad_param").unwrap();
    assert_eq!((bad["node"].as_str(), bad["param"].as_str()), (Some("train"), Some("epochs")));
    place.weft(&["run", "p.weft"]).expect(3).says(&["unknown_kind"]);
}

#[test]
fn a_cycle_and_an_unwired_port_are_named() {
    let place = Place::new();
    let node = |kind: &str, name: &str| json!({"kind": kind, "name": name, "pos": [0, 0]});
    let project = json!({
        "format": "weft-project", "format_version": 3, "id": "00000000000000aa", "seed": 1,
        "nodes": {
            "0000000000000001": node("normalise", "a"),
            "0000000000000002": node("normalise", "b"),
            "0000000000000003": node("evaluate", "c"),
        },
        "wires": {
            "0000000000000011": {"from": "0000000000000001.train", "to": "0000000000000002.train"},
            "0000000000000012": {"from": "0000000000000002.train", "to": "0000000000000001.train"},
        },
    });
    fs::write(place.path("cycle.weft"), project.to_string()).unwrap();
    place.weft(&["validate", "cycle.weft"]).expect(3).says(&["cycle", "unwired_input", "'c'"]);
}

/// A copy of the sample's data, one file changed.
fn data_with(place: &Place, file: &str, change: impl Fn(Vec<u8>) -> Option<Vec<u8>>) {
    let (from, to) = (root().join("sample_projects/mnist/data"), place.path("data"));
    fs::create_dir_all(&to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if name == file {
            if let Some(bytes) = change(fs::read(entry.path()).unwrap()) {
                fs::write(to.join(name), bytes).unwrap();
            }
        } else {
            fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}

#[test]
fn missing_data_is_found_before_the_run() {
    let place = Place::new();
    let sample = sample();
    place.weft(&["run", text(&sample), "--set", "data.path=nowhere"]).expect(3).says(&["missing_data", "nowhere"]);
    data_with(&place, "train-labels-idx1-ubyte.gz", |_| None);
    place.weft(&["run", text(&sample), "--set", "data.path=data"]).expect(3).says(&["train-labels-idx1-ubyte"]);
}

#[test]
fn damaged_data_fails_its_node_and_names_the_file() {
    for (file, change) in [
        ("train-images-idx3-ubyte.gz", (|bytes: Vec<u8>| Some(bytes[..bytes.len() / 2].to_vec())) as fn(_) -> _),
        ("train-labels-idx1-ubyte.gz", |_| {
            fs::read(root().join("sample_projects/mnist/data/t10k-labels-idx1-ubyte.gz")).ok()
        }),
        ("t10k-images-idx3-ubyte.gz", |_| Some(b"not an image".to_vec())),
    ] {
        let place = Place::new();
        data_with(&place, file, change);
        let sample = sample();
        let ran = place.weft(&short_run(text(&sample), &["--set", "data.path=data"])).expect(1).says(&[file]);
        let finished = ran.events("node_finished");
        let of = |name: &str| finished.iter().find(|e| e["node"] == name).map(|e| e["status"].clone());
        assert_eq!(of("data"), Some("failed".into()), "{file}");
        assert_eq!(of("network"), Some("done".into()), "what does not depend on it goes on");
        for node in ["split", "normalise", "train", "evaluate"] {
            assert_eq!(of(node), Some("skipped".into()), "{node}");
        }
        assert_eq!(ran.events("run_finished")[0]["status"], "failed");
    }
}

#[test]
fn nan_in_training_stops_the_node_with_a_remedy() {
    let place = Place::new();
    let sample = sample();
    let ran = place
        .weft(&short_run(
            text(&sample),
            &["--set", "train.optimiser=sgd", "--set", "train.learning_rate=1e6", "--out", "out"],
        ))
        .expect(1)
        .says(&["NaN", "learning rate"]);
    let finished = ran.events("node_finished");
    let train = finished.iter().find(|e| e["node"] == "train").unwrap();
    assert_eq!(train["status"], "failed");
    assert!(finished.iter().any(|e| e["node"] == "evaluate" && e["status"] == "skipped"));
}

#[test]
fn a_bundle_with_its_data_runs_elsewhere() {
    let place = Place::new();
    let sample = sample();
    place.weft(&["export", text(&sample), "-o", "m.weftz", "--with-data"]).expect(0);
    let elsewhere = Place::new();
    fs::copy(place.path("m.weftz"), elsewhere.path("m.weftz")).unwrap();
    elsewhere.weft(&["validate", "m.weftz"]).expect(0);
    elsewhere.weft(&short_run("m.weftz", &["--until", "normalise"])).expect(0);
    elsewhere.weft(&["import", "m.weftz", "-o", "m"]).expect(0);
    let project = fs::read_dir(elsewhere.path("m"))
        .unwrap()
        .filter_map(|e| Some(e.ok()?.path()))
        .find(|p| p.extension().is_some_and(|e| e == "weft"))
        .expect("the project is unpacked");
    elsewhere.weft(&short_run(text(&project), &["--until", "normalise"])).expect(0);
    // It does not write over what is there, and a damaged bundle is refused.
    elsewhere.weft(&["import", "m.weftz", "-o", "m"]).expect(3).says(&["m"]);
    let mut bytes = fs::read(place.path("m.weftz")).unwrap();
    bytes.truncate(bytes.len() / 2);
    fs::File::create(elsewhere.path("half.weftz")).unwrap().write_all(&bytes).unwrap();
    elsewhere.weft(&["validate", "half.weftz"]).expect(3).says(&["half.weftz"]);
}

#[test]
fn new_makes_a_project_and_never_writes_over_one() {
    let place = Place::new();
    place.weft(&["new", "--template", "mnist", "a.weft"]).expect(0);
    let before = fs::read(place.path("a.weft")).unwrap();
    place.weft(&["new", "a.weft"]).expect(3).says(&["a.weft"]);
    assert_eq!(fs::read(place.path("a.weft")).unwrap(), before);
    place.weft(&["new", "b.weft"]).expect(0);
    place.weft(&["validate", "b.weft"]).expect(0).says(&["empty"]);
    place.weft(&["new", "no/such/folder/c.weft"]).expect(3).says(&["folder"]);
    place.weft(&["new", "--template", "unheard-of", "d.weft"]).expect(2);
}

#[test]
fn devices_always_offers_the_processor() {
    let place = Place::new();
    let devices = place.weft(&["devices", "--json"]).expect(0).json();
    let cpu = devices.iter().find(|d| d["name"] == "cpu").expect("the processor");
    assert_eq!(cpu["offered"], true);
    for device in &devices {
        for field in ["name", "kind", "backend", "offered", "reason"] {
            assert!(!device[field].is_null(), "{field} of {device}");
        }
        assert!(device["kind"] != "software" || device["offered"] == false, "a software adapter is never offered");
    }
}

#[test]
fn without_a_display_the_window_says_what_is_missing() {
    if !cfg!(target_os = "linux") {
        return;
    }
    let place = Place::new();
    let ran = place.weft(&[]).says(&["display", "command without a window works"]);
    assert_eq!(ran.status, Some(1));
}

#[test]
fn the_planner_is_measured_on_instances_and_writes_schedules_that_a_stranger_can_check() {
    let place = Place::new();
    fs::create_dir_all(place.path("sets/stg")).unwrap();
    // Two tasks of 3 and 2 that need 1 and 2 of a resource of 2, between dummies.
    fs::write(place.path("sets/small.txt"), "4 1\n2\n0 0 2 2 3\n3 1 1 4\n2 2 1 4\n0 0 0\n").unwrap();
    fs::write(place.path("sets/stg/three.stg"), "3\n0 0 0\n1 4 1 0\n2 4 1 0\n3 4 1 0\n4 0 3 1 2 3\n# end\n").unwrap();
    let workflow = json!({"name": "flow", "workflow": {
        "specification": {
            "tasks": [
                {"id": "a", "parents": [], "children": ["b"], "inputFiles": [], "outputFiles": ["f"]},
                {"id": "b", "parents": ["a"], "children": [], "inputFiles": ["f"], "outputFiles": []},
            ],
            "files": [{"id": "f", "sizeInBytes": 1_000_000}],
        },
        "execution": {"tasks": [{"id": "a", "runtimeInSeconds": 8.0}, {"id": "b", "runtimeInSeconds": 4.0}]},
    }});
    fs::write(place.path("sets/flow.json"), workflow.to_string()).unwrap();
    fs::write(place.path("sets/README"), "not an instance").unwrap();
    fs::write(
        place.path("sets/reference.csv"),
        "file,problem,set,best_known,lower_bound,proved_optimal\nsmall.txt,RCPSP,Small,5,5,1\n\
         stg/three.stg,STG,3 tasks x 2 processors,8,8,1\nstg/three.stg,STG,3 tasks x 3 processors,4,4,1\n",
    )
    .unwrap();
    let arguments = ["bench", "schedule", "sets", "--time", "0.5", "--solutions", "solved", "--json"];
    let rows = place.weft(&arguments).expect(0).json();
    let value = |case: &str, metric: &str| {
        let row = rows.iter().find(|r| r["case"] == case && r["metric"] == metric);
        row.unwrap_or_else(|| panic!("{case}: {metric}"))["value"].as_f64()
    };
    assert!(rows.iter().all(|r| r["bench"] == "schedule" && r["unit"].is_string()));
    assert_eq!(value("Small, auto", "mean gap"), Some(0.0));
    assert_eq!(value("Small, auto", "proved"), Some(1.0));
    assert_eq!(value("STG, auto", "instances"), Some(2.0));
    assert_eq!(value("workflows, auto", "worse than heft or fifo"), Some(0.0));

    let read = |name: &str| -> Value {
        serde_json::from_slice(&fs::read(place.path("solved").join(name)).unwrap()).expect("a schedule is JSON")
    };
    let small = read("small.json");
    assert_eq!((&small["makespan"], &small["proved"]), (&json!(5.0), &json!(true)));
    let tasks = small["tasks"].as_array().unwrap();
    assert_eq!(tasks.iter().map(|t| &t["id"]).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(tasks.iter().all(|t| t["mode"] == 1 && t["device"].is_null()));
    let processors: BTreeSet<u64> =
        read("three.m3.json")["tasks"].as_array().unwrap()[1..4].iter().filter_map(|t| t["device"].as_u64()).collect();
    assert_eq!(processors, BTreeSet::from([0, 1, 2]));
    assert_eq!(read("three.m2.json")["makespan"], 8.0);
    // Both on the fastest device, so that nothing is sent.
    let flow = read("flow.json");
    assert_eq!(flow["tasks"][1]["device"], "gpu");
    assert_eq!(flow["makespan"], 3.0);

    place.weft(&["bench", "schedule"]).expect(2).says(&["--size"]);
    place.weft(&["bench", "schedule", "sets", "--algorithm", "magic"]).expect(2).says(&["heft"]);
    place.weft(&["bench", "schedule", "sets", "--time", "0"]).expect(2).says(&["--time"]);
    place.weft(&["bench", "canvas", "sets"]).expect(2).says(&["schedule"]);
    place.weft(&["bench", "schedule", "nowhere"]).expect(3).says(&["nowhere"]);
    place.weft(&["bench", "schedule", "sets/README"]).expect(3).says(&["README", ".stg"]);
    fs::write(place.path("broken.txt"), "4 1\n2\n0 0 2 2 x\n").unwrap();
    place.weft(&["bench", "schedule", "broken.txt"]).expect(3).says(&["broken.txt", "line 3"]);
    fs::write(place.path("broken.zip"), "PK no archive").unwrap();
    place.weft(&["bench", "schedule", "broken.zip"]).expect(3).says(&["broken.zip"]);
    fs::write(place.path("devices.json"), r#"{"devices": [], "bandwidth": [], "latency": []}"#).unwrap();
    place.weft(&["bench", "schedule", "sets", "--devices", "devices.json"]).expect(3).says(&["devices.json"]);
}
