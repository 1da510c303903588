//! The bounded channels between the engine and those who use it.
//!
//! Events are few and are never lost: when their lane is full the engine drops them from the lane (not from its store)
//! and says so with [`Event::Behind`] as soon as there is room; the receiver then asks with [`Command::ReadEvents`].
//! Samples are many: when their lane is full the engine keeps the newest and sends them together later.

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::command::Command;
#[allow(unused_imports, reason = "named in the documentation")]
use crate::event::Event;
use crate::event::{Numbered, Sample};

/// Commands that may wait.
pub const COMMANDS: usize = 64;
/// Events that may wait.
pub const EVENTS: usize = 4_096;
/// Batches of samples that may wait.
pub const SAMPLES: usize = 256;

/// The end of the window or of the command line.
#[derive(Debug, Clone)]
pub struct ClientEnd {
    /// Takes commands.
    pub commands: Sender<Command>,
    /// Gives events, in order.
    pub events: Receiver<Numbered>,
    /// Gives samples, the newest of each kind.
    pub samples: Receiver<Sample>,
}

/// The engine's end.
#[derive(Debug, Clone)]
pub struct EngineEnd {
    /// Gives commands.
    pub commands: Receiver<Command>,
    /// Takes events.
    pub events: Sender<Numbered>,
    /// Takes samples.
    pub samples: Sender<Sample>,
}

/// Both ends of new lanes.
pub fn lanes() -> (ClientEnd, EngineEnd) {
    let (command_in, command_out) = bounded(COMMANDS);
    let (event_in, event_out) = bounded(EVENTS);
    let (sample_in, sample_out) = bounded(SAMPLES);
    (
        ClientEnd { commands: command_in, events: event_out, samples: sample_out },
        EngineEnd { commands: command_out, events: event_in, samples: sample_in },
    )
}
