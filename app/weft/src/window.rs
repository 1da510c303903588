//! `weft [PROJECT]`: opens the window, with an engine behind it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use anyhow::Context as _;

use crate::cli::{LangArg, WindowArgs};
use crate::exit::Exit;
use crate::run::start_engine;

/// Opens the window and waits until it is closed.
pub fn run(args: &WindowArgs, lang: Option<LangArg>, data_dir: &Path, started: Instant) -> anyhow::Result<Exit> {
    let open = args.project.as_ref().map(std::path::absolute).transpose()?;
    // The engine starts before there is a window to wake.
    let context: Arc<OnceLock<egui::Context>> = Arc::default();
    let wake = {
        let context = Arc::clone(&context);
        Arc::new(move || {
            if let Some(context) = context.get() {
                context.request_repaint();
            }
        })
    };
    let (engine, client) = start_engine(data_dir, wake)?;
    let options = weft_desktop::Options {
        engine: client,
        data_dir: data_dir.to_owned(),
        samples_dir: samples_dir(),
        open,
        lang: lang.map(Into::into),
        first_frame: args.exit_after_first_frame.then_some(started),
        context: Box::new(move |ctx| {
            let _only_once = context.set(ctx.clone());
        }),
    };
    weft_desktop::run(options).context("the window could not be opened")?;
    drop(engine);
    Ok(Exit::Done)
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
    places.into_iter().find(|p| p.join("mnist").is_dir())
}
