//! Whether the files that a project names are there. What is in them is read by workers.

use std::fs;
use std::path::{Path, PathBuf};

use weft_model::{Graph, Localised, NodeId, ParamKind, Problem};

fn l(en: impl Into<String>, zh: impl Into<String>) -> Localised {
    Localised::new(en, zh)
}

/// A folder that a parameter names.
pub(crate) struct Folder {
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
    for (id, node) in graph.nodes() {
        for param in node.decl().map_or(&[][..], |k| k.params) {
            if param.kind == ParamKind::Folder
                && let Some(written) = node.param(param.id).as_ref().and_then(|v| v.as_str())
                && !written.trim().is_empty()
            {
                out.push(Folder {
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
/// is the folder of the project's file.
pub fn check_files(graph: &Graph, base_dir: &Path) -> Vec<Problem> {
    let mut out = Vec::new();
    let flat = weft_model::flatten(graph);
    for folder in folders(graph).into_iter().filter(|folder| flat.left_out(&[folder.node]).is_none()) {
        let path = resolve(base_dir, &folder.written);
        let (at, name) = (path.display(), &folder.name);
        let mut report = |message: Localised, remedy: Localised| {
            out.push(Problem::error("missing_data", message, remedy).at(folder.node).param(&folder.param));
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
                let list: Vec<String> = IDX_FILES
                    .iter()
                    .filter(|(stem, ranks)| !has_idx(&path, stem, ranks))
                    .map(|(stem, ranks)| format!("{stem}-idx{}-ubyte", ranks[0]))
                    .collect();
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
}
