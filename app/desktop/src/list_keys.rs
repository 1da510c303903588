//! The keys of a list under a search field: up and down go round, Enter chooses, Escape gives up. Must not know what is
//! listed.

use egui::{Context, Key, Modifiers};

/// Which answer of a list is highlighted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ListKeys {
    highlighted: usize,
}

/// What was pressed in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pressed {
    /// Whether another answer is highlighted, which has to be brought into view.
    pub moved: bool,
    /// The answer that was chosen.
    pub enter: Option<usize>,
    /// Whether it was given up.
    pub escape: bool,
}

impl ListKeys {
    /// Takes its keys out of the input, before the field sees them.
    pub(crate) fn take(&mut self, ctx: &Context, count: usize) -> Pressed {
        let (up, down, enter, escape) = ctx.input_mut(|i| {
            let mut take = |key| i.consume_key(Modifiers::NONE, key);
            (take(Key::ArrowUp), take(Key::ArrowDown), take(Key::Enter), take(Key::Escape))
        });
        let Some(last) = count.checked_sub(1) else { return Pressed { moved: false, enter: None, escape } };
        self.highlighted = self.highlighted.min(last);
        if down {
            self.highlighted = if self.highlighted == last { 0 } else { self.highlighted + 1 };
        }
        if up {
            self.highlighted = self.highlighted.checked_sub(1).unwrap_or(last);
        }
        Pressed { moved: up || down, enter: enter.then_some(self.highlighted), escape }
    }

    /// The first answer is highlighted again: the list is another one.
    pub(crate) fn restart(&mut self) {
        self.highlighted = 0;
    }

    /// The answer that is highlighted.
    pub(crate) fn highlighted(&self) -> usize {
        self.highlighted
    }
}
