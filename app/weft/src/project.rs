//! Commands that deal with project files: `new`, `validate`, `export`, `import`.

use std::path::{Path, PathBuf};

use weft_model::shape::Schemas;
use weft_model::{Localised, NodeId, Problem, Severity};
use weft_project::{BundleHold, BundleOptions, Project, ProjectError, ProjectErrorKind};

use crate::cli::{ExportArgs, ImportArgs, NewArgs};
use crate::exit::{Ended, Exit};
use crate::output::Output;

/// A project as a command is given it: a file or a bundle.
#[derive(Debug)]
pub struct Opened {
    /// The project.
    pub project: Project,
    /// Its file; that of a bundle within the place where it was unpacked.
    pub path: PathBuf,
    /// Folder that its relative paths start from.
    pub base_dir: PathBuf,
    /// What was wrong with the file itself.
    reading: Vec<Problem>,
    /// Keep what bundles were unpacked to from being cleared meanwhile.
    _holds: Vec<BundleHold>,
}

impl Opened {
    /// Opens a `.weft` file or a `.weftz` bundle.
    pub fn read(path: &Path, data_dir: &Path) -> anyhow::Result<Self> {
        let path = std::path::absolute(path)?;
        let opened = weft_project::open(&path, &data_dir.join("bundles")).map_err(|e| explain(&e))?;
        let weft_project::Opened { project, problems: reading, base_dir, file: path, holds, .. } = opened;
        Ok(Self { project, path, base_dir, reading, _holds: holds })
    }

    /// The name of the node at fault, after those of the subgraphs that it stands in.
    pub fn name_of(&self, problem: &Problem) -> Option<String> {
        let path = problem.node_path()?;
        let names = (1..=path.len()).map(|n| Some(self.project.graph.node_at(&path[..n])?.name.as_str()));
        Some(names.collect::<Option<Vec<_>>>()?.join("/"))
    }

    /// Every problem of file, graph and data.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = self.reading.clone();
        problems.extend(weft_model::validate::validate(&self.project.graph, &Schemas::new()));
        problems.extend(weft_project::check_files(&self.project.graph, &self.base_dir));
        problems
    }

    /// The path of a node by its name, or an error that lists the names there are. A node within a subgraph has the name
    /// under which it runs: its own, or `Outer/Inner`.
    pub fn node(&self, name: &str) -> anyhow::Result<Vec<NodeId>> {
        self.project.graph.find_named(name).ok_or_else(|| {
            let names: Vec<&str> = self.project.graph.nodes().map(|(_, n)| n.name.as_str()).collect();
            Ended::usage(
                format!("there is no node '{name}': the project has {}", names.join(", ")),
                format!("没有节点“{name}”：项目中有 {}", names.join("、")),
            )
        })
    }
}

/// A project's error as the end of a command.
pub fn explain(error: &ProjectError) -> anyhow::Error {
    let text = error.localised();
    match error.kind() {
        // Nothing is wrong with what was asked for or with the project.
        ProjectErrorKind::Write if !is_users_fault(error) => Ended { exit: Exit::Failed, message: text }.into(),
        _ => Ended::invalid(text),
    }
}

fn is_users_fault(error: &ProjectError) -> bool {
    error.path().parent().is_some_and(|folder| !folder.is_dir())
}

/// `weft new`.
pub fn new(args: &NewArgs, output: &Output) -> anyhow::Result<Exit> {
    let path = std::path::absolute(&args.file)?;
    if path.exists() {
        let path = path.display();
        return Err(Ended::invalid(Localised::new(
            format!("{path} exists: choose another name, or remove it first"),
            format!("{path} 已存在：请另选名称，或先将其移走"),
        )));
    }
    let template = weft_project::template(&args.template).ok_or_else(|| {
        let name = &args.template;
        Ended::usage(format!("there is no template '{name}'"), format!("没有模板“{name}”"))
    })?;
    weft_project::save(&template.project(), &path).map_err(|e| explain(&e))?;
    if output.json {
        output.file(&path);
    } else {
        output.note(&format!("{} ({})", path.display(), template.title.get(output.lang)));
    }
    Ok(Exit::Done)
}

/// `weft validate`.
pub fn validate(path: &Path, data_dir: &Path, output: &Output) -> anyhow::Result<Exit> {
    let opened = Opened::read(path, data_dir)?;
    let problems = opened.problems();
    for problem in &problems {
        output.problem(problem, opened.name_of(problem).as_deref());
    }
    let errors = problems.iter().filter(|p| p.severity == Severity::Error).count();
    if errors > 0 {
        return Ok(Exit::Invalid);
    }
    if problems.is_empty() && !output.json {
        let (path, count) = (path.display(), opened.project.graph.nodes().len());
        output.line(output.say(&Localised::new(
            format!("{path}: {count} nodes, no problems"),
            format!("{path}：{count} 个节点，没有问题"),
        )));
    }
    Ok(Exit::Done)
}

/// `weft export`.
pub fn export(args: &ExportArgs, data_dir: &Path, output: &Output) -> anyhow::Result<Exit> {
    let opened = Opened::read(&args.project, data_dir)?;
    let options = BundleOptions { with_data: args.with_data, ..BundleOptions::default() };
    let target = std::path::absolute(&args.output)?;
    weft_project::export_bundle(&opened.project, &opened.base_dir, &target, &options).map_err(|e| explain(&e))?;
    if output.json {
        output.file(&target);
    } else {
        output.note(&target.display().to_string());
    }
    Ok(Exit::Done)
}

/// A workflow of another program becomes a project beside it, or where the command says.
fn import_foreign(path: &Path, args: &ImportArgs, output: &Output) -> anyhow::Result<Exit> {
    let opened = crate::import::open(path).map_err(|e| explain(&e))?;
    let target = match &args.output {
        Some(target) => std::path::absolute(target)?,
        None => opened.file,
    };
    if target.exists() {
        let target = target.display();
        return Err(Ended::invalid(Localised::new(
            format!("{target} exists: choose another name with -o, or remove it first"),
            format!("{target} 已存在：请用 -o 另选名称，或先将其移走"),
        )));
    }
    weft_project::save(&opened.project, &target).map_err(|e| explain(&e))?;
    output.file(&target);
    Ok(Exit::Done)
}

/// `weft import`.
pub fn import(args: &ImportArgs, output: &Output) -> anyhow::Result<Exit> {
    let bundle = std::path::absolute(&args.file)?;
    if weft_project::is_foreign(&bundle) {
        return import_foreign(&bundle, args, output);
    }
    let target = match &args.output {
        Some(target) => std::path::absolute(target)?,
        None => bundle.with_extension(""),
    };
    let file = weft_project::import_bundle(&bundle, &target).map_err(|e| explain(&e))?;
    output.file(&file);
    Ok(Exit::Done)
}
