//! One worker process: started, spoken to, listened to, ended.
//!
//! Must not know what it works on; when to replace it is decided by [`crate::supervise`]. Three threads stand beside
//! each process (writing, reading, its log), so that the engine's thread never waits for a pipe.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, bounded};
use weft_protocol::frame::{self, FrameError};
use weft_protocol::worker::{FromWorker, ToWorker, WorkerRole};

use crate::WorkerCommand;

/// Messages that may wait to be written: few, so that a worker that does not read is noticed.
const WAITING: usize = 64;
/// Longer lines of the log are cut [bytes].
const LINE_BYTES: u64 = 4_096;
/// Lines of the log in a second; a worker that says more is cut short.
const LINES_PER_S: u32 = 200;

/// What comes from a worker.
#[derive(Debug)]
pub(crate) enum News {
    /// A message.
    Message(FromWorker),
    /// A line of its log.
    Line(String),
    /// It closed its end, or what it says cannot be read: why, if it did not simply end.
    Gone(Option<String>),
}

/// The command that starts a process of ours in a role.
pub(crate) fn command(worker: &WorkerCommand, role: &WorkerRole) -> Command {
    let mut command = Command::new(&worker.program);
    // A role is an enum of texts: it always has a JSON form.
    command.args(&worker.args).arg("--role").arg(serde_json::to_string(role).unwrap_or_default());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    {
        // Ctrl-C in a terminal reaches every process of its group: workers are to be stopped in order, by the engine.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
    }
    #[cfg(windows)]
    {
        const CREATE_NO_WINDOW: u32 = 0x0800_0000;
        const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
        const BELOW_NORMAL_PRIORITY_CLASS: u32 = 0x0000_4000;
        // Elsewhere such a worker steps back by itself.
        let priority = if *role == WorkerRole::Preview { BELOW_NORMAL_PRIORITY_CLASS } else { 0 };
        std::os::windows::process::CommandExt::creation_flags(
            &mut command,
            CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP | priority,
        );
    }
    command
}

/// A running worker. Dropping it kills the process.
#[derive(Debug)]
pub(crate) struct WorkerProcess {
    child: Child,
    messages: Option<Sender<ToWorker>>,
    last_words: Arc<Mutex<String>>,
}

impl WorkerProcess {
    /// Starts a worker with so many threads that compute; none for as many as the processor has. `tell` is called from other threads with what comes from it, and says whether anyone listens.
    pub(crate) fn start(
        worker: &WorkerCommand,
        role: &WorkerRole,
        threads: Option<usize>,
        name: &str,
        tell: impl Fn(News) -> bool + Send + Clone + 'static,
    ) -> io::Result<Self> {
        let mut command = command(worker, role);
        if let Some(threads) = threads {
            // The pool of threads of every worker asks for it.
            command.env("RAYON_NUM_THREADS", threads.to_string());
        }
        let mut child = command.spawn()?;
        let (messages, to_write) = bounded::<ToWorker>(WAITING);
        let last_words = Arc::new(Mutex::new(String::new()));
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        // From here on a failure must not leave the process behind.
        let process = Self { child, messages: Some(messages), last_words: Arc::clone(&last_words) };
        let (Some(mut stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let thread = |what: &str| std::thread::Builder::new().name(format!("{name} {what}"));
        thread("in").spawn(move || {
            for message in to_write {
                if frame::write(&mut stdin, &message).is_err() {
                    break;
                }
            }
        })?;
        let tell_lines = tell.clone();
        thread("log").spawn(move || read_log(BufReader::new(stderr), &last_words, &tell_lines))?;
        thread("out").spawn(move || {
            let mut stdout = BufReader::new(stdout);
            loop {
                match frame::read(&mut stdout) {
                    Ok(message) => {
                        if !tell(News::Message(message)) {
                            break;
                        }
                    }
                    Err(FrameError::Closed) => {
                        tell(News::Gone(None));
                        break;
                    }
                    Err(fault) => {
                        tell(News::Gone(Some(fault.to_string())));
                        break;
                    }
                }
            }
        })?;
        Ok(process)
    }

    /// Number of the process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a message. Says whether there was room: a worker that does not read is broken.
    pub(crate) fn send(&self, message: ToWorker) -> bool {
        self.messages.as_ref().is_some_and(|messages| messages.try_send(message).is_ok())
    }

    /// Asks the process to end, by signal where the system has one.
    pub(crate) fn terminate(&mut self) {
        #[cfg(unix)]
        {
            // Not yet waited for, so that the number is still its own.
            rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), rustix::process::Signal::TERM)
                .ok();
        }
        #[cfg(not(unix))]
        {
            self.child.kill().ok();
        }
    }

    /// Closes its input, upon which a worker ends itself.
    pub(crate) fn close(&mut self) {
        self.messages = None;
    }

    /// Whether the process has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends the process for good, after giving it `grace` to end by itself, and says how it ended.
    pub(crate) fn end(mut self, grace: Duration) -> String {
        self.close();
        let until = Instant::now() + grace;
        let mut killed = false;
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break Some(status),
                Ok(None) if !killed && Instant::now() < until => std::thread::sleep(Duration::from_millis(2)),
                Ok(None) => {
                    killed = true;
                    self.child.kill().ok();
                    break self.child.wait().ok();
                }
                Err(_) => break None,
            }
        };
        let mut text = match status {
            _ if killed => "did not end and was killed".to_owned(),
            Some(status) => exit_text(status),
            None => "ended".to_owned(),
        };
        let last = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        if !last.is_empty() {
            text.push_str("; its last words: ");
            text.push_str(&last);
        }
        text
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        if !self.has_ended() {
            self.child.kill().ok();
            self.child.wait().ok();
        }
    }
}

/// How a process ended, in words.
pub(crate) fn exit_text(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let guess = match signal {
            4 => " (an instruction that this processor does not have)",
            6 => " (it aborted)",
            7 | 11 => " (a crash in a driver or library)",
            9 => " (out of memory?)",
            _ => "",
        };
        return format!("killed by signal {signal}{guess}");
    }
    match status.code() {
        Some(code) => format!("ended with exit status {code}"),
        None => "ended".to_owned(),
    }
}

/// Whether a line could say why a process ended: a backtrace and the notes about it do not.
fn tells_something(line: &str) -> bool {
    let frame = line.split_once(": ").is_some_and(|(number, _)| number.bytes().all(|b| b.is_ascii_digit()));
    !frame && !["note: ", "at ", "stack backtrace:"].iter().any(|start| line.starts_with(start))
}

fn read_log(mut log: impl io::BufRead, last_words: &Mutex<String>, tell: &impl Fn(News) -> bool) {
    let mut since = Instant::now();
    let mut lines = 0_u32;
    let mut line = Vec::new();
    loop {
        line.clear();
        match log.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        if tells_something(text) {
            text.clone_into(&mut last_words.lock().unwrap_or_else(PoisonError::into_inner));
        }
        if since.elapsed() > Duration::from_secs(1) {
            if lines > LINES_PER_S {
                tell(News::Line(format!("… {} further lines", lines - LINES_PER_S)));
            }
            since = Instant::now();
            lines = 0;
        }
        lines += 1;
        if lines <= LINES_PER_S && !tell(News::Line(text.to_owned())) {
            break;
        }
    }
    // Whoever writes on must not stop for want of a reader.
    io::copy(&mut log, &mut io::sink()).ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_are_the_cause_and_not_its_backtrace() {
        let log = "memory allocation of 9 bytes failed\nstack backtrace:\n   0: std::alloc::rust_oom\n             at \
                   /rustc/alloc.rs:1\nnote: Some details are omitted\n";
        let last = Mutex::new(String::new());
        read_log(log.as_bytes(), &last, &|_| true);
        assert_eq!(*last.lock().unwrap(), "memory allocation of 9 bytes failed");
    }
}
