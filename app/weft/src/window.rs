//! `weft [PROJECT]`: opens the window, with an engine behind it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use weft_desktop::{Options, Sample, StartError};

use crate::cli::{LangArg, WindowArgs};
use crate::exit::{Ended, Exit};
use crate::run::start_engine;

/// Opens the window and waits until it is closed.
pub fn run(args: &WindowArgs, lang: Option<LangArg>, data_dir: &Path, started: Instant) -> anyhow::Result<Exit> {
    let open = args.project.as_ref().map(std::path::absolute).transpose()?;
    let context = egui::Context::default();
    let (engine, client) = start_engine(data_dir, weft_desktop::waker(&context))?;
    let options = Options {
        engine: client,
        dialogs: Box::new(weft_desktop::dialogs::NativeDialogs::new()),
        data_dir: data_dir.to_owned(),
        samples: samples(),
        schedulers: weft_engine::schedulers(),
        import: crate::import::open,
        open,
        lang: lang.map(Into::into),
        theme: None,
        first_frame: args.exit_after_first_frame.then(|| -> Box<dyn FnOnce(&egui::Context) + Send> {
            Box::new(move |context| {
                println!("{:.3}", started.elapsed().as_secs_f64() * 1e3);
                context.send_viewport_cmd(egui::ViewportCommand::Close);
            })
        }),
    };
    let shown = weft_desktop::run(context, options);
    drop(engine);
    match shown {
        Ok(()) => Ok(Exit::Done),
        Err(StartError { message, .. }) => Err(Ended { exit: Exit::Failed, message }.into()),
    }
}

/// The sample projects, by folder name: each holds a project of the same name.
fn samples() -> Vec<Sample> {
    let Some(dir) = samples_dir() else { return Vec::new() };
    let Ok(entries) = std::fs::read_dir(&dir) else { return Vec::new() };
    let mut samples: Vec<Sample> = entries
        .filter_map(|entry| {
            let folder = entry.ok()?.path();
            let id = folder.file_name()?.to_str()?.to_owned();
            let path = folder.join(format!("{id}.{}", weft_project::EXTENSION));
            path.is_file().then_some(Sample { id, path })
        })
        .collect();
    samples.sort_by(|a, b| a.id.cmp(&b.id));
    samples
}

/// Where the sample projects are: beside the program, where a package puts them, or in the source tree.
fn samples_dir() -> Option<PathBuf> {
    let mut places = Vec::new();
    if let Ok(program) = std::env::current_exe() {
        for up in program.ancestors().skip(1).take(4) {
            places.push(up.join("sample_projects"));
            places.push(up.join("share/weft/sample_projects"));
        }
    }
    if let Ok(here) = std::env::current_dir() {
        places.push(here.join("sample_projects"));
    }
    places.push(PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../sample_projects")));
    places.into_iter().find_map(|p| p.join("mnist").is_dir().then(|| p.canonicalize().unwrap_or(p)))
}
