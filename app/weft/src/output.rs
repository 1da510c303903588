//! Where words go: standard output for what was asked for, standard error for everything else.

use std::borrow::Cow;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use weft_model::text::t;
use weft_model::{Lang, Localised, Problem, Severity};

use crate::cli::Global;

/// How this invocation speaks.
#[derive(Debug)]
pub struct Output {
    /// Standard output carries JSON lines and nothing else.
    pub json: bool,
    /// Say only what was asked for.
    pub quiet: bool,
    /// How much more to say: 1 more, 2 everything.
    pub verbose: u8,
    /// The language of messages.
    pub lang: Lang,
    /// The reader of standard output is gone: nothing more is written, and nothing fails because of it.
    closed: AtomicBool,
}

impl Output {
    /// From the flags; the language from the system where no flag names it.
    pub fn new(global: &Global) -> Self {
        let lang = global.lang.map_or_else(weft_desktop::i18n::system_lang, Into::into);
        Self { json: global.json, quiet: global.quiet, verbose: global.verbose, lang, closed: AtomicBool::new(false) }
    }

    /// One JSON object on a line of standard output.
    pub fn json_line(&self, value: &impl Serialize) {
        match serde_json::to_string(value) {
            Ok(line) => self.raw(&line),
            Err(error) => self.note(&error.to_string()),
        }
    }

    /// A line of standard output, for a person.
    pub fn line(&self, text: &str) {
        self.raw(&plain(text));
    }

    /// What a command was asked for is a file that it has written.
    pub fn file(&self, path: &std::path::Path) {
        if self.json {
            self.json_line(&serde_json::json!({ "file": path }));
        } else {
            self.line(&path.display().to_string());
        }
    }

    /// A line of standard output exactly as it is.
    pub fn raw(&self, text: &str) {
        if self.closed.load(Ordering::Relaxed) {
            return;
        }
        let mut out = std::io::stdout().lock();
        if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
            self.closed.store(true, Ordering::Relaxed);
        }
    }

    /// A word on standard error, unless it was asked to be quiet.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            // Nothing can be done, and nothing is lost, when standard error is closed.
            let _closed = writeln!(std::io::stderr().lock(), "{}", plain(text));
        }
    }

    /// An error, on standard error.
    pub fn error(&self, text: &str) {
        let _closed = writeln!(std::io::stderr().lock(), "{}", plain(&self.error_text(text)));
    }

    /// An error in words.
    pub fn error_text(&self, text: &str) -> String {
        format!("{}: {text}", t("error", "错误").get(self.lang))
    }

    /// A text in the language of this invocation.
    pub fn say<'a>(&self, text: &'a Localised) -> &'a str {
        text.get(self.lang)
    }

    /// A problem, as `weft validate` prints it.
    pub fn problem(&self, problem: &Problem, node: Option<&str>) {
        if self.json {
            self.json_line(&serde_json::json!({
                "severity": problem.severity,
                "code": problem.code,
                "node": node,
                "port": problem.port,
                "param": problem.param,
                "message": self.say(&problem.message),
                "remedy": self.say(&problem.remedy),
                "fixes": problem.fixes.iter().map(|f| self.say(&f.label)).collect::<Vec<_>>(),
            }));
            return;
        }
        self.line(&self.problem_text(problem));
    }

    /// A problem in words.
    pub fn problem_text(&self, problem: &Problem) -> String {
        let word = match problem.severity {
            Severity::Error => t("error", "错误"),
            Severity::Warning => t("warning", "警告"),
        };
        let mut text = format!("{}[{}]: {}", word.get(self.lang), problem.code, self.say(&problem.message));
        if !self.say(&problem.remedy).is_empty() {
            text += &format!("\n  → {}", self.say(&problem.remedy));
        }
        text
    }
}

/// A text that stays text: names and messages come from files, and must not steer the terminal that shows them.
pub fn plain(text: &str) -> Cow<'_, str> {
    let steers = |c: char| c.is_control() && c != '\n';
    if text.contains(steers) { text.replace(steers, "\u{fffd}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        assert_eq!(plain("a\u{1b}[31mred\r\nb"), "a\u{fffd}[31mred\u{fffd}\nb");
        assert!(matches!(plain("训练 ✓"), Cow::Borrowed(_)));
    }
}
