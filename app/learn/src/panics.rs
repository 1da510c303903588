//! What a panic said and where: Burn reports wrong shapes and lost devices by panicking, and the person needs the cause.

use std::any::Any;
use std::cell::RefCell;
use std::sync::Once;

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Notes message and place of every panic, beside what is done with it anyway. Safe to call more than once.
pub fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let message = message_of(info.payload());
            let place = info.location().map(|l| format!(" ({}:{})", short(l.file()), l.line())).unwrap_or_default();
            // The thread may be ending, its locals gone.
            let _ = LAST.try_with(|last| {
                if let Ok(mut last) = last.try_borrow_mut() {
                    *last = Some(format!("{message}{place}"));
                }
            });
            before(info);
        }));
    });
}

/// What was noted of the panic that was just caught on this thread, or what its payload says.
pub fn describe(payload: &(dyn Any + Send)) -> String {
    let message = message_of(payload);
    let noted = LAST.try_with(|last| last.try_borrow_mut().ok().and_then(|mut last| last.take())).ok().flatten();
    // A panic that was passed on from another thread left its note there.
    noted.filter(|noted| noted.starts_with(&message)).unwrap_or(message)
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic without a message".to_owned()
    }
}

/// The last two parts of a source file's path.
fn short(file: &str) -> &str {
    let start = file.rmatch_indices(['/', '\\']).nth(1).map_or(0, |(at, _)| at + 1);
    &file[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caught_panic_tells_its_message_and_place() {
        install_hook();
        let payload = std::panic::catch_unwind(|| panic!("wrong shape {}", 7)).unwrap_err();
        let text = describe(&*payload);
        assert!(text.starts_with("wrong shape 7 (src/panics.rs:"), "{text}");
    }
}
