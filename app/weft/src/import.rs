//! Workflows of other programs as projects: WfCommons' WfFormat and the Standard Task Graph Set. The planner's library
//! reads the text, the project makes timed tasks of what it holds; here a file goes from one to the other.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use weft_model::Localised;
use weft_project::{EXTENSION, GraphTask, GraphWire, Opened, Project, ProjectError, TaskGraph};
use weft_schedule::formats::{self, DeviceSet, FormatError, Id, Instance, NamedDevice};

/// Bytes that such a file has at most.
const MOST_BYTES: u64 = 1 << 30;
/// Tasks that a project can show.
const MOST_TASKS: usize = 200_000;

fn l(en: impl Into<String>, zh: impl Into<String>) -> Localised {
    Localised::new(en, zh)
}

/// Reads a workflow of another program as a project that has no file yet; its name proposes one.
///
/// # Errors
/// The file cannot be read, or is not as its format says: with the line, or the place within the document.
pub fn open(path: &Path) -> Result<Opened, ProjectError> {
    let path = &std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Ok(Opened {
        project: read(path)?,
        problems: Vec::new(),
        base_dir: path.parent().unwrap_or(Path::new(".")).to_owned(),
        file: path.with_extension(EXTENSION),
        from_bundle: true,
        holds: Vec::new(),
    })
}

fn read(path: &Path) -> Result<Project, ProjectError> {
    let unreadable = |why: String, zh: String| {
        ProjectError::foreign(
            path,
            l(why, zh),
            l("check the file, and that it may be read", "请检查该文件是否存在且可读"),
        )
    };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|e| unreadable(e.to_string(), e.to_string()))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(unreadable(
            format!("it has more than {MOST_BYTES} bytes"),
            format!("其大小超过 {MOST_BYTES} 字节"),
        ));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| unreadable("it is not text in UTF-8".into(), "内容不是 UTF-8 文本".into()))?;
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let graph = parse(&text, &name).map_err(|error| explain(path, &error))?;
    if graph.tasks.len() > MOST_TASKS {
        let count = graph.tasks.len();
        return Err(ProjectError::foreign(
            path,
            l(
                format!("it has {count} tasks, and a project shows {MOST_TASKS} at most"),
                format!("它有 {count} 个任务，而一个项目至多显示 {MOST_TASKS} 个"),
            ),
            l("measure the planner on it with 'weft bench schedule'", "可用“weft bench schedule”在其上测试规划器"),
        ));
    }
    Ok(graph.project())
}

/// The graph that a text holds: JSON is a workflow in WfFormat, anything else a graph of the Standard Task Graph Set.
fn parse(text: &str, name: &str) -> Result<TaskGraph, FormatError> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with(['{', '[']) {
        let instance = formats::workflow(text, &one_device())?;
        let title = if instance.name.trim().is_empty() { name.to_owned() } else { instance.name.clone() };
        return Ok(graph(&instance, title));
    }
    Ok(graph(&formats::stg(text, 1)?, name.to_owned()))
}

/// On a device of speed 1 every duration is the one that the file states, and its memory is read.
fn one_device() -> DeviceSet {
    let device = NamedDevice { name: "cpu".to_owned(), speed: 1.0, memory_bytes: Some(u64::MAX) };
    DeviceSet { devices: vec![device], bandwidth: vec![vec![None]], latency: vec![vec![0.0]] }
}

fn graph(instance: &Instance, title: String) -> TaskGraph {
    let tasks = instance.problem.tasks().iter().zip(&instance.ids).map(|(task, id)| {
        let mode = task.modes.first();
        GraphTask {
            name: match id {
                Id::Number(number) => number.to_string(),
                Id::Name(name) => name.clone(),
            },
            run_s: mode.map_or(0.0, |m| m.duration_s),
            memory_bytes: mode.map_or(0, |m| m.memory_bytes),
        }
    });
    let wire = |edge: &weft_schedule::Edge| GraphWire { from: edge.from, to: edge.to, bytes: edge.bytes };
    TaskGraph { title, tasks: tasks.collect(), wires: instance.problem.edges().iter().map(wire).collect() }
}

/// What is wrong with a text, and where.
fn explain(path: &Path, error: &FormatError) -> ProjectError {
    let why = match error {
        FormatError::Line { line, what } => l(format!("line {line}: {what}"), format!("第 {line} 行：{what}")),
        FormatError::Json { place, what } => l(format!("{place}: {what}"), format!("{place} 处：{what}")),
        other => l(other.to_string(), format!("其任务无法规划：{other}")),
    };
    let remedy = l(
        "choose a workflow in WfCommons' WfFormat (.json) or a graph of the Standard Task Graph Set (.stg)",
        "请选择 WfCommons 的 WfFormat 工作流 (.json) 或 Standard Task Graph Set 的任务图 (.stg)",
    );
    ProjectError::foreign(path, why, remedy)
}

#[cfg(test)]
mod tests {
    use weft_model::timed::TimedTask;

    use super::*;

    fn written(name: &str, text: &str) -> Result<Project, ProjectError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        open(&file).map(|opened| opened.project)
    }

    fn stated(project: &Project, name: &str) -> TimedTask {
        let id = project.graph.node_named(name).unwrap_or_else(|| panic!("no '{name}'"));
        TimedTask::of(project.graph.node(id).unwrap()).unwrap()
    }

    const WORKFLOW: &str = r#"{"name": "two", "schemaVersion": "1.5", "workflow": {
        "specification": {
            "tasks": [
                {"id": "first", "children": ["second", "third"], "outputFiles": ["x", "y"]},
                {"id": "second", "parents": ["first"], "inputFiles": ["x"]},
                {"id": "third", "parents": ["first"], "inputFiles": ["x", "y"]}
            ],
            "files": [{"id": "x", "sizeInBytes": 1500000}, {"id": "y", "sizeInBytes": 7}]
        },
        "execution": {"tasks": [
            {"id": "first", "runtimeInSeconds": 2.5, "memoryInBytes": 4096},
            {"id": "second", "runtimeInSeconds": 0}
        ]}
    }}"#;

    #[test]
    fn a_workflow_keeps_its_times_memory_and_bytes() {
        let project = written("two.json", WORKFLOW).unwrap();
        assert_eq!(project.title.as_ref().map(|t| t.en.as_str()), Some("two"));
        let first = stated(&project, "first");
        assert_eq!((first.total_s(), first.memory_bytes), (2.5, 4096));
        assert_eq!((first.sent_bytes_to("second"), first.sent_bytes_to("third")), (1_500_000, 1_500_007));
        assert_eq!((stated(&project, "second").total_s(), stated(&project, "third").total_s()), (0.01, 0.1));
        assert_eq!(project.graph.wires().len(), 2);
    }

    #[test]
    fn a_task_graph_keeps_its_numbers() {
        let project = written("small.STG", "2\n0 0 0\n1 4 1 0\n2 6 1 0\n3 0 2 1 2\n# a remark\n").unwrap();
        assert_eq!(["0", "1", "2", "3"].map(|name| stated(&project, name).total_s()), [0.0, 4.0, 6.0, 0.0]);
        assert_eq!((project.graph.wires().len(), project.title.unwrap().en.as_str()), (4, "small"));
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        for (name, text, place) in [
            ("a.stg", "2\n0 0 0\n1 x 1 0\n", "line 3: a processing time"),
            ("a.stg", "", "line 1: the text ends"),
            ("a.stg", "1\n0 0 0\n1 1 1 2\n2 1 1 1\n", "circle"),
            ("a.json", "{\"workflow\": ", "line 1, column"),
            ("a.json", "{}", "workflow"),
            ("a.json", &WORKFLOW.replace("\"parents\": [\"first\"]", "\"parents\": [\"none\"]"), "second: it names"),
        ] {
            let error = written(name, text).unwrap_err();
            let said = error.localised();
            assert!(said.en.contains(place) && said.en.contains(name), "{place}: {}", said.en);
            assert!(said.zh.contains("无法导入"), "{}", said.zh);
        }
        assert!(open(Path::new("/nowhere/x.json")).unwrap_err().localised().en.contains("/nowhere/x.json"));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.json");
        std::fs::write(&file, [0xff, 0xfe, 0x00]).unwrap();
        assert!(open(&file).unwrap_err().localised().en.contains("not text"));
    }
}
