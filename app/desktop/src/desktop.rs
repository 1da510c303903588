//! What the desktop around the window says: whether it wants nothing to move of itself. May take as long as a disk or
//! another program takes: never for the thread that draws.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A program of the desktop that has not answered by then is not waited for.
const PATIENCE: Duration = Duration::from_millis(500);

/// Whether the desktop wants nothing to move of itself; none where it does not say.
pub fn reduced_motion() -> Option<bool> {
    match std::env::consts::OS {
        "macos" => said(&ask("defaults", &["read", "com.apple.universalaccess", "reduceMotion"])?, &["1"], &["0"]),
        "linux" | "freebsd" => {
            let asked = ask("gsettings", &["get", "org.gnome.desktop.interface", "enable-animations"]);
            asked.and_then(|text| said(&text, &["false"], &["true"])).or_else(|| {
                let file = directories::BaseDirs::new()?.config_dir().join("kdeglobals");
                of_kde(&std::fs::read_to_string(file).ok()?)
            })
        }
        _ => None,
    }
}

/// What KDE's settings file says: a factor of 0 lets nothing move.
fn of_kde(text: &str) -> Option<bool> {
    let factor = text.lines().find_map(|line| line.trim().strip_prefix("AnimationDurationFactor="))?;
    factor.trim().parse::<f64>().ok().map(|factor| factor <= 0.0)
}

fn said(text: &str, yes: &[&str], no: &[&str]) -> Option<bool> {
    let text = text.trim();
    if yes.contains(&text) { Some(true) } else { no.contains(&text).then_some(false) }
}

/// What a program prints, if it ends well and soon.
fn ask(program: &str, args: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let until = Instant::now() + PATIENCE;
    loop {
        match child.try_wait() {
            // It says one word: that fits any pipe, so that it never waits for its reader.
            Ok(Some(status)) if status.success() => {
                return child.wait_with_output().ok().map(|out| String::from_utf8_lossy(&out.stdout).into_owned());
            }
            Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(5)),
            _ => {
                // It may have ended meanwhile.
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_desktop_says_of_motion_is_understood() {
        assert_eq!(said("false\n", &["false"], &["true"]), Some(true));
        assert_eq!(said("true", &["false"], &["true"]), Some(false));
        assert_eq!(said("'what'", &["false"], &["true"]), None);
        assert_eq!(of_kde("[KDE]\nAnimationDurationFactor=0\n"), Some(true));
        assert_eq!(of_kde("[KDE]\nAnimationDurationFactor=1\n"), Some(false));
        assert_eq!(of_kde("[KDE]\nwidgetStyle=Breeze\n"), None);
    }

    #[test]
    fn a_program_that_is_not_there_says_nothing() {
        assert_eq!(ask("there-is-no-such-program", &[]), None);
    }
}
