//! Whether the files that a project names are there. What is in them is read by workers.

mod moved;

use std::fs;
use std::path::{Path, PathBuf};

use weft_model::{Edit, Fix, FixKind, Graph, Localised, NodeId, ParamKind, Problem, Value};

use moved::Search;

fn l(en: impl Into<String>, zh: impl Into<String>) -> Localised {
    Localised::new(en, zh)
}

/// A folder that a parameter names.
pub(crate) struct Folder {
    /// The nodes that own the graph which the node stands in, from the outermost on.
    pub path: Vec<NodeId>,
    pub node: NodeId,
    pub kind: String,
    pub name: String,
    pub param: String,
    /// As the project has it.
    pub written: String,
}

/// Every folder that is named, in the order of the nodes; empty ones are for validation to find.
pub(crate) fn folders(graph: &Graph) -> Vec<Folder> {
    let mut out = Vec::new();
    let nodes = graph.levels().flat_map(|(path, level)| level.nodes().map(move |(id, node)| (path.clone(), id, node)));
    for (path, id, node) in nodes {
        for param in node.decl().map_or(&[][..], |k| k.params) {
            if param.kind == ParamKind::Folder
                && let Some(written) = node.param(param.id).as_ref().and_then(|v| v.as_str())
                && !written.trim().is_empty()
            {
                out.push(Folder {
                    path: path.clone(),
                    node: id,
                    kind: node.kind.clone(),
                    name: node.name.clone(),
                    param: param.id.to_owned(),
                    written: written.to_owned(),
                });
            }
        }
    }
    out
}

/// Where a path of a project leads. `base_dir` is the folder of the project's file.
pub(crate) fn resolve(base_dir: &Path, written: &str) -> PathBuf {
    let path = base_dir.join(written);
    std::path::absolute(&path).unwrap_or(path)
}

/// Every folder that a node which runs names and that is missing, is a file, or lacks files that its node needs. `base_dir`
/// is the folder of the project's file. Each problem proposes where the data may be now, if they are found nearby.
pub fn check_files(graph: &Graph, base_dir: &Path) -> Vec<Problem> {
    check_files_with(graph, base_dir, &[])
}

/// The same, looking for data that have been moved in `further` folders too (absolute ones), after those near the project.
pub fn check_files_with(graph: &Graph, base_dir: &Path, further: &[PathBuf]) -> Vec<Problem> {
    let mut out = Vec::new();
    let search = Search::new(base_dir, further);
    let flat = weft_model::flatten(graph);
    for folder in folders(graph) {
        let own: Vec<NodeId> = folder.path.iter().copied().chain([folder.node]).collect();
        if flat.left_out(&own).is_some() {
            continue;
        }
        let path = resolve(base_dir, &folder.written);
        let (at, name) = (path.display(), &folder.name);
        let mut report = |message: Localised, remedy: Localised| {
            let is_usable = |path: &Path| is_usable(&folder.kind, path);
            let mut fixes: Vec<Fix> = search
                .candidates(&folder.written, is_usable)
                .into_iter()
                .map(|found| use_folder(&folder, found))
                .collect();
            fixes.push(Fix::find_path(folder.node, &folder.param));
            let problem = Problem::error("missing_data", message, remedy);
            out.push(problem.at(folder.node).param(&folder.param).fixes(fixes).within(&folder.path));
        };
        let choose =
            || l("choose another folder in the inspector, or put it there", "请在检查器中另选文件夹，或将其放到该处");
        match fs::metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => report(
                l(format!("the folder {at} of '{name}' does not exist"), format!("“{name}”的文件夹 {at} 不存在")),
                choose(),
            ),
            Err(error) => report(
                l(
                    format!("the folder {at} of '{name}' cannot be read: {error}"),
                    format!("无法读取“{name}”的文件夹 {at}：{error}"),
                ),
                choose(),
            ),
            Ok(found) if !found.is_dir() => report(
                l(format!("{at}, the folder of '{name}', is a file"), format!("“{name}”的文件夹 {at} 是一个文件")),
                l("name the folder that the file lies in", "请指定该文件所在的文件夹"),
            ),
            Ok(_) if folder.kind == "image_dataset" => {
                let list = lacking(&path);
                if !list.is_empty() {
                    report(
                        l(
                            format!("the folder {at} of '{name}' lacks {}", list.join(", ")),
                            format!("“{name}”的文件夹 {at} 缺少 {}", list.join("、")),
                        ),
                        l(
                            "put these IDX files there, gzipped (.gz) or plain, or choose another folder",
                            "请放入这些 IDX 文件（可为 .gz），或另选文件夹",
                        ),
                    );
                }
            }
            Ok(_) => {}
        }
    }
    out
}

/// Adds to the problems of nodes that name no folder yet which folders they could name: those near the project and in
/// `further` folders (absolute ones) that hold what the node reads. Which one is meant only the user knows: none of them
/// is taken by itself.
pub fn propose_folders(problems: &mut [Problem], graph: &Graph, base_dir: &Path, further: &[PathBuf]) {
    let search = Search::new(base_dir, further);
    for problem in problems.iter_mut().filter(|p| p.code == "missing_param") {
        let Some(level) = graph.at(&problem.path) else { continue };
        let Some((id, node)) = problem.node.and_then(|id| Some((id, level.node(id)?))) else { continue };
        let param = node.decl().zip(problem.param.as_deref()).and_then(|(decl, param)| decl.param(param));
        let Some(param) = param.filter(|p| p.kind == ParamKind::Folder && node.kind == "image_dataset") else {
            continue;
        };
        let folder = Folder {
            path: problem.path.clone(),
            node: id,
            kind: node.kind.clone(),
            name: node.name.clone(),
            param: param.id.to_owned(),
            written: String::new(),
        };
        let found = search.candidates("", |path| is_usable(&folder.kind, path));
        let fixes = found.into_iter().map(|found| inside(&folder.path, use_folder(&folder, found).only_by_hand()));
        problem.fixes.splice(0..0, fixes);
    }
}

/// A fix of the graph at the end of a path as one of the outermost graph.
fn inside(path: &[NodeId], mut fix: Fix) -> Fix {
    if let FixKind::Edit { edit } = fix.what {
        fix.what = FixKind::Edit { edit: Edit::inside(path, edit) };
    }
    fix
}

/// The fix that names another folder.
fn use_folder(folder: &Folder, found: String) -> Fix {
    let shown = weft_model::text::brief(&found, 40);
    let label = l(format!("Use {shown}"), format!("使用 {shown}"));
    let value = Some(Value::Text(found));
    Fix::edit(label, Edit::SetParam { id: folder.node, param: folder.param.clone(), value })
}

/// Whether a folder holds what a node of a kind reads.
fn is_usable(kind: &str, path: &Path) -> bool {
    path.is_dir() && (kind != "image_dataset" || lacking(path).is_empty())
}

/// Names of the files of an image data set that a folder lacks.
fn lacking(folder: &Path) -> Vec<String> {
    IDX_FILES
        .iter()
        .filter(|(stem, ranks)| !has_idx(folder, stem, ranks))
        .map(|(stem, ranks)| format!("{stem}-idx{}-ubyte", ranks[0]))
        .collect()
}

/// Beginnings of the four files of an image data set and the ranks that each may have.
const IDX_FILES: [(&str, &[u8]); 4] =
    [("train-images", &[3, 4]), ("train-labels", &[1]), ("t10k-images", &[3, 4]), ("t10k-labels", &[1])];

fn has_idx(folder: &Path, stem: &str, ranks: &[u8]) -> bool {
    ranks.iter().any(|rank| {
        ['-', '.'].into_iter().any(|separator| {
            ["", ".gz"].into_iter().any(|end| folder.join(format!("{stem}{separator}idx{rank}-ubyte{end}")).is_file())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_folder_a_file_and_missing_files_are_each_reported_with_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let project = crate::template("mnist").unwrap().project();
        let check = |said: &[&str]| {
            let problems = check_files(&project.graph, folder.path());
            assert_eq!(problems.len(), usize::from(!said.is_empty()), "{problems:?}");
            for problem in problems {
                assert_eq!((problem.code.as_str(), problem.param.as_deref()), ("missing_data", Some("path")));
                assert_eq!(problem.node, project.graph.node_named("data"));
                for part in said {
                    assert!(problem.message.en.contains(part), "{} has no {part}", problem.message.en);
                }
                assert!(problem.message.zh.contains(&folder.path().join("data").display().to_string()));
            }
        };
        check(&["does not exist"]);
        let data = folder.path().join("data");
        fs::write(&data, "").unwrap();
        check(&["is a file"]);
        fs::remove_file(&data).unwrap();
        fs::create_dir(&data).unwrap();
        for name in ["train-images-idx3-ubyte.gz", "train-labels.idx1-ubyte", "t10k-images-idx3-ubyte"] {
            fs::write(data.join(name), "").unwrap();
        }
        check(&["lacks t10k-labels-idx1-ubyte"]);
        fs::write(data.join("t10k-labels-idx1-ubyte"), "").unwrap();
        check(&[]);
    }

    /// The project of the sample in a folder, with its path set, and what is proposed for it.
    fn proposed(base: &Path, written: &str) -> (Vec<String>, Graph) {
        let mut graph = crate::template("mnist").unwrap().project().graph;
        let id = graph.node_named("data").unwrap();
        graph.apply(Edit::SetParam { id, param: "path".into(), value: Some(written.into()) }).unwrap();
        let problems = check_files(&graph, base);
        assert_eq!(problems.len(), 1, "{problems:?}");
        let last = problems[0].fixes.last().unwrap();
        assert_eq!(*last, Fix::find_path(id, "path"));
        let found = &problems[0].fixes[..problems[0].fixes.len() - 1];
        let labels = found.iter().map(|f| f.label.en.clone()).collect();
        for fix in found {
            let weft_model::FixKind::Edit { edit } = &fix.what else { panic!("{fix:?}") };
            let mut mended = graph.clone();
            mended.apply(edit.clone()).unwrap();
            assert_eq!(check_files(&mended, base), [], "{}", fix.label.en);
        }
        (labels, graph)
    }

    fn idx_in(folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        for (stem, ranks) in IDX_FILES {
            fs::write(folder.join(format!("{stem}-idx{}-ubyte", ranks[0])), "").unwrap();
        }
    }

    #[test]
    fn data_that_were_moved_are_found_within_the_folder_beside_it_and_above() {
        let home = tempfile::tempdir().unwrap();
        let base = home.path().join("work/project");
        fs::create_dir_all(&base).unwrap();
        assert_eq!(proposed(&base, "data").0, Vec::<String>::new());
        idx_in(&base.join("inputs/mnist"));
        assert_eq!(proposed(&base, "data").0, ["Use inputs/mnist"], "the files are what counts");
        idx_in(&base.join("inputs/data"));
        assert_eq!(proposed(&base, "data").0[0], "Use inputs/data", "the same name goes first");
        // A folder of that name without the files is no help.
        fs::create_dir_all(base.join("old/data")).unwrap();
        assert!(!proposed(&base, "/gone/data").0.contains(&"Use old/data".to_owned()));
        fs::remove_dir_all(base.join("inputs")).unwrap();
        idx_in(&home.path().join("sets/data"));
        let labels = proposed(&base, "/gone/far/sets/data").0;
        assert_eq!(labels.len(), 1);
        assert!(labels[0].contains("../../sets/data"), "{labels:?}");
    }

    #[test]
    fn a_file_in_place_of_the_folder_and_a_folder_one_too_high_are_mended() {
        let home = tempfile::tempdir().unwrap();
        idx_in(&home.path().join("data"));
        let labels = proposed(home.path(), "data/train-images-idx3-ubyte").0;
        assert_eq!(labels, ["Use data"]);
        idx_in(&home.path().join("sets/inner"));
        fs::remove_dir_all(home.path().join("data")).unwrap();
        assert_eq!(proposed(home.path(), "sets").0, ["Use sets/inner"]);
    }

    #[test]
    fn further_folders_are_looked_into_after_those_near_the_project() {
        let home = tempfile::tempdir().unwrap();
        let (base, far) = (home.path().join("work/project"), home.path().join("far"));
        fs::create_dir_all(&base).unwrap();
        idx_in(&far.join("sets/digits"));
        let graph = {
            let mut graph = crate::template("mnist").unwrap().project().graph;
            let id = graph.node_named("data").unwrap();
            graph.apply(Edit::SetParam { id, param: "path".into(), value: Some("/gone/digits".into()) }).unwrap();
            graph
        };
        let labels = |further: &[PathBuf]| -> Vec<String> {
            let problems = check_files_with(&graph, &base, further);
            problems[0].fixes.iter().map(|f| f.label.en.clone()).filter(|l| l.starts_with("Use ")).collect()
        };
        assert_eq!(labels(&[]), Vec::<String>::new());
        assert_eq!(labels(std::slice::from_ref(&base)), Vec::<String>::new());
        let found = labels(std::slice::from_ref(&far));
        assert_eq!(found.len(), 1, "{found:?}");
        // The same folder by two ways is proposed once, and what is no absolute path is not looked into.
        assert_eq!(labels(&[far.clone(), far.join("sets"), PathBuf::from("far")]).len(), 1);
        idx_in(&base.join("near"));
        assert_eq!(labels(std::slice::from_ref(&far)).len(), 2);
        let problems = check_files_with(&graph, &base, &[far]);
        for fix in problems[0].fixes.iter().filter(|f| f.label.en.starts_with("Use ")) {
            let weft_model::FixKind::Edit { edit } = &fix.what else { panic!("{fix:?}") };
            let mut mended = graph.clone();
            mended.apply(edit.clone()).unwrap();
            assert_eq!(check_files(&mended, &base), []);
        }
    }

    #[test]
    fn a_node_that_names_no_folder_is_offered_those_that_hold_what_it_reads() {
        let home = tempfile::tempdir().unwrap();
        let base = home.path().join("project");
        idx_in(&base.join("inputs/mnist"));
        idx_in(&home.path().join("data"));
        idx_in(&home.path().join("shipped/mnist/data"));
        fs::create_dir_all(base.join("data")).unwrap();
        let mut graph = Graph::default();
        let id = NodeId(1);
        let node = weft_model::Node::new("image_dataset", "data", [0.0, 0.0]);
        graph.apply(Edit::AddNode { id, node }).unwrap();
        let mut problems = weft_model::validate::validate(&graph, &Default::default());
        let before: Vec<usize> = problems.iter().map(|p| p.fixes.len()).collect();
        propose_folders(&mut problems, &graph, &base, &[home.path().join("shipped")]);
        let at = problems.iter().position(|p| p.code == "missing_param").unwrap();
        let fixes = &problems[at].fixes;
        let labels: Vec<&str> = fixes.iter().map(|f| f.label.en.as_str()).collect();
        assert_eq!(labels.len(), before[at] + 3, "{labels:?}");
        assert_eq!(labels[..2], ["Use ../data", "Use inputs/mnist"]);
        for fix in &fixes[..3] {
            assert!(!fix.automatic, "which is meant only the user knows");
            let weft_model::FixKind::Edit { edit } = &fix.what else { panic!("{fix:?}") };
            let mut mended = graph.clone();
            mended.apply(edit.clone()).unwrap();
            assert_eq!(check_files(&mended, &base), [], "{}", fix.label.en);
        }
        // The project's own folder may be the one.
        idx_in(&base);
        let mut problems = weft_model::validate::validate(&graph, &Default::default());
        propose_folders(&mut problems, &graph, &base, &[]);
        assert_eq!(problems[at].fixes[0].label.en, "Use .");
    }

    #[cfg(unix)]
    #[test]
    fn the_search_follows_no_links_and_ends() {
        let home = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(home.path(), home.path().join("round")).unwrap();
        for n in 0..600 {
            fs::create_dir(home.path().join(format!("d{n}"))).unwrap();
        }
        assert_eq!(proposed(home.path(), "data").0, Vec::<String>::new());
    }
}
