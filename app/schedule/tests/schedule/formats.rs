//! The public formats: small texts, solutions in their words, and texts that are wrong.

use weft_schedule::{
    SearchContext, by_name,
    formats::{DeviceSet, Id, Instance, Places, estee, patterson, psplib, solution, stg, workflow},
    validate,
};

fn best(instance: &Instance) -> weft_schedule::Plan {
    let plan =
        by_name("auto").and_then(|s| s.solve(&instance.problem, &mut SearchContext::new(1).evaluation_limit(3000)));
    let plan = plan.expect("a plan");
    assert_eq!(validate(&instance.problem, &plan), vec![]);
    plan
}

/// Four tasks between two dummies; two need three of four workers, two share too little of the second resource.
const PATTERSON: &str = "6 2\n4 3\n0 0 0 3 2 3 4\n3 3 0 1 5\n4 3 1 1 6\n2 1 2 1 6\n2 1 3 1 6\n0 0 0 0\n";

#[test]
fn pattersons_form() {
    let instance = patterson(PATTERSON).expect("correct");
    let plan = best(&instance);
    assert_eq!((plan.makespan_s, plan.gap), (9.0, 0.0));
    let said = solution(&instance, "small", &plan, 0.5);
    assert!(said.proved && said.tasks.len() == 6);
    assert_eq!(said.tasks[0].id, Id::Number(1));
    let json = serde_json::to_value(&said).expect("it can be written");
    assert_eq!(json["tasks"][5]["finish"], 9.0);
    assert_eq!(json["tasks"][5]["mode"], 1);
    assert!(json["tasks"][5]["device"].is_null());
}

const MULTI: &str = "\
jobs  (incl. supersource/sink ):\t4
RESOURCES
- renewable                 : 1 R
- nonrenewable              : 1 N
- doubly constrained        : 0 D
****
PRECEDENCE RELATIONS:
jobnr.\t#modes\t#successors\tsuccessors
1\t1\t2\t2 3
2\t2\t1\t4
3\t2\t1\t4
4\t1\t0
****
REQUESTS/DURATIONS
jobnr.\tmode\tdur\tR1\tN1
----
1\t1\t0\t0\t0
2\t1\t2\t1\t5
\t2\t6\t1\t1
3\t1\t3\t2\t4
\t2\t5\t1\t1
4\t1\t0\t0\t0
****

 RESOURCE AVAILABILITIES
\tR 1\tN 1
\t2\t6

****
";

#[test]
fn modes_and_budgets_of_psplib() {
    let instance = psplib(MULTI).expect("correct");
    assert_eq!(instance.problem.tasks()[1].modes.len(), 2);
    // The budget of 6 allows one quick mode: 2 in 2 s beside 3 in 5 s.
    let plan = best(&instance);
    assert_eq!((plan.makespan_s, plan.gap), (5.0, 0.0));
    let modes: Vec<usize> = solution(&instance, "", &plan, 0.0).tasks.iter().map(|t| t.mode).collect();
    assert_eq!(modes, [1, 1, 2, 1]);
}

const GRAPH: &str = "3\n0 0 0\n1 4 1 0\n2 4 1 0\n3 3 1 1\n4 0 2 2 3\n# trailer 12 13\n";

#[test]
fn task_graphs_on_processors() {
    for (processors, makespan) in [(1, 11.0), (2, 7.0), (9, 7.0)] {
        let instance = stg(GRAPH, processors).expect("correct");
        let plan = best(&instance);
        assert_eq!((plan.makespan_s, plan.gap), (makespan, 0.0));
        let said = solution(&instance, "", &plan, 0.0);
        for (i, a) in said.tasks.iter().enumerate() {
            assert!(matches!(&a.device, Some(Id::Number(p)) if *p < processors as u64));
            for b in said.tasks[..i].iter().filter(|b| b.device == a.device) {
                assert!(a.finish <= b.start || b.finish <= a.start || a.start == a.finish || b.start == b.finish);
            }
        }
    }
}

const DEVICES: &str = r#"{"devices": [{"name": "slow", "speed": 1.0}, {"name": "fast", "speed": 4.0, "memory_bytes": 10}],
    "bandwidth": [[null, 100.0], [100.0, null]], "latency": [[0.0, 1.0], [1.0, 0.0]]}"#;

const WORKFLOW: &str = r#"{"name": "two", "workflow": {"specification": {"tasks": [
    {"id": "a", "name": "a", "parents": [], "children": ["b"], "inputFiles": ["in"], "outputFiles": ["x", "y"]},
    {"id": "b", "name": "b", "parents": ["a"], "children": [], "inputFiles": ["x", "in"], "outputFiles": []}],
    "files": [{"id": "in", "sizeInBytes": 7}, {"id": "x", "sizeInBytes": 500}, {"id": "y", "sizeInBytes": 9}]},
    "execution": {"tasks": [{"id": "a", "runtimeInSeconds": 8.0}, {"id": "b", "runtimeInSeconds": 0.001, "memoryInBytes": 99}]}}}"#;

#[test]
fn workflows_on_mixed_devices() {
    let devices = DeviceSet::read(DEVICES).expect("correct");
    let instance = workflow(WORKFLOW, &devices).expect("correct");
    let problem = &instance.problem;
    assert_eq!((instance.name.as_str(), instance.places), ("two", Places::Devices));
    assert_eq!(problem.edges().len(), 1);
    assert_eq!(problem.edges()[0].bytes, 500);
    assert_eq!(problem.tasks()[0].modes[1].duration_s, 2.0);
    assert_eq!(problem.tasks()[1].modes[0].duration_s, 0.01, "never less than that");
    // The second task fits only the slow device: 2 s there and 1 + 5 s for the file, or all of it slowly.
    let plan = best(&instance);
    assert!((plan.makespan_s - 8.01).abs() < 1e-9);
    assert_eq!(solution(&instance, "", &plan, 0.0).tasks[1].device, Some(Id::Name("slow".to_owned())));
}

#[test]
fn tables_of_graphs() {
    let devices = DeviceSet::read(DEVICES).expect("correct");
    let graph = r#"[{"d": 3.0, "e_d": null, "cpus": 1, "outputs": [{"s": 2.0}], "inputs": []},
        {"d": 1.0, "e_d": 2.0, "cpus": 1, "outputs": [], "inputs": [[0, 0]]}]"#;
    let table = |graph: &str| serde_json::json!({"graph_name": {"0": "g"}, "graph": {"0": graph}}).to_string();
    let read = estee(&table(graph), &devices).expect("correct");
    assert_eq!(read[0].0.name, "g");
    assert_eq!(read[0].1, [3.0, 2.0]);
    assert_eq!(read[0].0.problem.edges()[0].bytes, 2 << 20);
    let error =
        estee(&table(&graph.replace("[[0, 0]]", "[[0, 7]]")), &devices).expect_err("no such output").to_string();
    assert!(error.contains("graph g") && error.contains('7'), "{error}");
}

#[test]
fn wrong_texts_are_refused_where_they_are_wrong() {
    let refused = |result: Result<Instance, weft_schedule::formats::FormatError>, parts: &[&str]| {
        let error = result.expect_err("it is wrong").to_string();
        for part in parts {
            assert!(error.contains(part), "{error:?} should say {part:?}");
        }
    };
    refused(patterson(""), &["line 1", "number of tasks"]);
    refused(patterson(&PATTERSON.replace("3 3 0 1 5", "3 x 0 1 5")), &["line 4", "\"x\""]);
    refused(patterson(&PATTERSON.replace("3 3 0 1 5", "3 3 0 1 9")), &["line 4", "9"]);
    refused(patterson(&PATTERSON.replace("3 3 0 1 5", "3 3 0 1 0")), &["line 4", "counted from 1"]);
    refused(patterson(&PATTERSON.replace("3 3 0 1 5", "3 9 0 1 5")), &["\"R1\"", "9", "4"]);
    refused(patterson(&PATTERSON[..30]), &["the text ends"]);
    refused(patterson("99999999999 1"), &["line 1", "more than"]);
    refused(psplib("no project"), &["jobs"]);
    refused(psplib(&MULTI.replace(": 0 D", ": 1 D")), &["line 5", "doubly"]);
    refused(psplib(&MULTI.replace("2\t2\t1\t4", "2\t2\t2\t4")), &["line 10", "1 of 2"]);
    refused(psplib(&MULTI.replace("\t2\t6\t1\t1", "\t2\t6\t1")), &["line 19", "3 numbers"]);
    refused(psplib(&MULTI.replace("\t2\t6\n", "\t2\n")), &["capacities"]);
    refused(psplib(&MULTI.replace("\t2\t6\n", "\t2\t1\n")), &["\"N1\"", " 1"]);
    refused(stg(&GRAPH.replace("2 4 1 0", "2 4 1 8"), 2), &["line 4", "8"]);
    refused(stg(&GRAPH.replace("3 3 1 1", "3 3 1 4"), 2), &["circle"]);
    refused(stg(GRAPH, 0), &["processor"]);
    let devices = DeviceSet::read(DEVICES).expect("correct");
    refused(workflow("{", &devices), &["line 1"]);
    refused(workflow(&WORKFLOW.replace("\"parents\": [\"a\"]", "\"parents\": [\"z\"]"), &devices), &["b", "\"z\""]);
    for (from, to) in [("\"speed\": 4.0", "\"speed\": 0"), ("[1.0, 0.0]]", "[1.0]]"), ("[100.0, null]", "[100.0]")] {
        assert!(DeviceSet::read(&DEVICES.replace(from, to)).is_err(), "{to}");
    }
}
