//! File dialogs of the desktop, behind a trait: the window asks, goes on drawing, and hears of the answer later. Tests
//! answer from a script.

use std::collections::VecDeque;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};

/// What kind of path is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DialogKind {
    /// An existing file.
    OpenFile,
    /// A file to write.
    SaveFile,
    /// An existing folder.
    Folder,
}

/// A question for a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What kind of path.
    pub kind: DialogKind,
    /// Title of the dialog.
    pub title: String,
    /// Folder to begin in.
    pub directory: Option<PathBuf>,
    /// Name to suggest.
    pub file_name: Option<String>,
    /// What the kinds of file are called, and their endings.
    pub filter: Option<(String, Vec<String>)>,
}

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The user chose this path.
    Path(PathBuf),
    /// The user thought better of it.
    GivenUp,
    /// No dialog could be opened.
    Unavailable,
}

/// Asks the user for paths. One question at a time.
pub trait Dialogs {
    /// Asks. `wake` is called when the answer is there.
    fn ask(&mut self, request: Request, wake: Box<dyn Fn() + Send>);

    /// The answer, once.
    fn poll(&mut self) -> Option<Answer>;

    /// Shows a folder in the desktop's file manager; false if it has none.
    fn reveal(&mut self, folder: &Path) -> bool;
}

/// The desktop's own dialogs.
#[derive(Default)]
pub struct NativeDialogs {
    answer: Option<Receiver<Answer>>,
}

/// Nobody gives a dialog up so soon after it was asked for: it was never shown. (The library says 'given up' also where
/// the desktop has neither a portal nor `zenity`.)
const TOO_SOON: Duration = Duration::from_millis(200);

impl NativeDialogs {
    /// No question yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Dialogs for NativeDialogs {
    fn ask(&mut self, request: Request, wake: Box<dyn Fn() + Send>) {
        let mut dialog = rfd::AsyncFileDialog::new().set_title(request.title);
        if let Some(directory) = request.directory {
            dialog = dialog.set_directory(directory);
        }
        if let Some(name) = request.file_name {
            dialog = dialog.set_file_name(name);
        }
        if let Some((name, endings)) = request.filter {
            dialog = dialog.add_filter(name, &endings);
        }
        let (sender, receiver) = bounded(1);
        self.answer = Some(receiver);
        // The dialog is made here, on the thread of the window, as macOS demands; the waiting is done elsewhere.
        let wait = |answer: Box<dyn FnOnce() -> Option<PathBuf> + Send>| {
            let spare = sender.clone();
            let started = std::thread::Builder::new().name("weft-dialog".to_owned()).spawn(move || {
                let asked = Instant::now();
                let _ = sender.send(match answer() {
                    Some(path) => Answer::Path(path),
                    None if asked.elapsed() < TOO_SOON => Answer::Unavailable,
                    None => Answer::GivenUp,
                });
                wake();
            });
            if let Err(error) = started {
                log::error!("the file dialog could not be opened: {error}");
                let _ = spare.send(Answer::Unavailable);
            }
        };
        let path = |file: Option<rfd::FileHandle>| file.map(|f| f.path().to_owned());
        match request.kind {
            DialogKind::OpenFile => {
                let answer = dialog.pick_file();
                wait(Box::new(move || path(block_on(answer))));
            }
            DialogKind::SaveFile => {
                let answer = dialog.save_file();
                wait(Box::new(move || path(block_on(answer))));
            }
            DialogKind::Folder => {
                let answer = dialog.pick_folder();
                wait(Box::new(move || path(block_on(answer))));
            }
        }
    }

    fn poll(&mut self) -> Option<Answer> {
        let answer = match self.answer.as_ref()?.try_recv() {
            Ok(answer) => answer,
            Err(crossbeam_channel::TryRecvError::Empty) => return None,
            Err(crossbeam_channel::TryRecvError::Disconnected) => Answer::Unavailable,
        };
        self.answer = None;
        Some(answer)
    }

    fn reveal(&mut self, folder: &Path) -> bool {
        let program = match std::env::consts::OS {
            "windows" => "explorer",
            "macos" => "open",
            _ => "xdg-open",
        };
        let mut command = std::process::Command::new(program);
        command.arg(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let shown = command.spawn().and_then(|mut child| {
            // Waited for by a thread: on Unix an ended child that nobody asks about stays in the list of processes.
            std::thread::Builder::new().name("weft-reveal".to_owned()).spawn(move || child.wait())
        });
        shown.inspect_err(|error| log::warn!("{} cannot be shown: {error}", folder.display())).is_ok()
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for a future on this thread.
fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// Answers from a script, for tests and demonstrations: each question gets the next answer, and is remembered.
#[derive(Debug, Clone, Default)]
pub struct ScriptedDialogs {
    inner: Arc<Mutex<Script>>,
}

#[derive(Debug, Default)]
struct Script {
    answers: VecDeque<Answer>,
    asked: Vec<Request>,
    revealed: Vec<PathBuf>,
    ready: Option<Answer>,
}

impl ScriptedDialogs {
    /// No answers: every question is given up.
    pub fn new() -> Self {
        Self::default()
    }

    fn with<R>(&self, f: impl FnOnce(&mut Script) -> R) -> R {
        f(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds an answer: a path, or none if the question is given up.
    pub fn answer(&self, path: Option<PathBuf>) {
        self.with(|s| s.answers.push_back(path.map_or(Answer::GivenUp, Answer::Path)));
    }

    /// The next question finds no dialog to be opened.
    pub fn fail(&self) {
        self.with(|s| s.answers.push_back(Answer::Unavailable));
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Request> {
        self.with(|s| s.asked.clone())
    }

    /// The folders that were shown so far.
    pub fn revealed(&self) -> Vec<PathBuf> {
        self.with(|s| s.revealed.clone())
    }
}

impl Dialogs for ScriptedDialogs {
    fn ask(&mut self, request: Request, wake: Box<dyn Fn() + Send>) {
        self.with(|s| {
            s.asked.push(request);
            s.ready = Some(s.answers.pop_front().unwrap_or(Answer::GivenUp));
        });
        wake();
    }

    fn poll(&mut self) -> Option<Answer> {
        self.with(|s| s.ready.take())
    }

    fn reveal(&mut self, folder: &Path) -> bool {
        self.with(|s| s.revealed.push(folder.to_owned()));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_for_a_future_ends_when_it_is_woken() {
        let (sender, receiver) = bounded::<()>(1);
        let mut first = true;
        let future = std::future::poll_fn(move |context| {
            if std::mem::take(&mut first) {
                let (waker, sender) = (context.waker().clone(), sender.clone());
                std::thread::Builder::new()
                    .spawn(move || {
                        sender.send(()).unwrap();
                        waker.wake();
                    })
                    .unwrap();
            }
            match receiver.try_recv() {
                Ok(()) => Poll::Ready(7),
                Err(_) => Poll::Pending,
            }
        });
        assert_eq!(block_on(future), 7);
    }
}
