//! The lane of events: numbered, kept, then sent in order; a full lane never blocks.
//!
//! When the lane is full the receiver is told from which number on it must read anew ([`Event::Behind`]), and nothing
//! more is sent until it asks: what it then gets is again in order and without gaps, so that it never has to sort.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, TrySendError};
use weft_protocol::{Event, LogLevel, Numbered};

/// Events kept in memory; older ones are read from the store.
const IN_MEMORY: usize = 16_384;
/// Answers kept in memory: they may be large, and whoever missed one asks again.
const ANSWERS: usize = 16;
/// The receiver is told again after this long, in case its question was lost.
const TELL_AGAIN: Duration = Duration::from_secs(2);

#[derive(Debug)]
struct Behind {
    missing_from: u64,
    told: Option<Instant>,
}

/// The sending side of the events.
#[derive(Debug)]
pub(crate) struct Outlet {
    lane: Sender<Numbered>,
    kept: VecDeque<Numbered>,
    answers: VecDeque<u64>,
    /// Number of the next event.
    next: u64,
    /// Number of the next event to be sent.
    cursor: u64,
    behind: Option<Behind>,
}

impl Outlet {
    pub(crate) fn new(lane: Sender<Numbered>) -> Self {
        Self { lane, kept: VecDeque::new(), answers: VecDeque::new(), next: 1, cursor: 1, behind: None }
    }

    /// Numbers an event and keeps it; [`Outlet::send`] sends it.
    pub(crate) fn keep(&mut self, event: Event) -> u64 {
        let seq = self.next;
        self.next += 1;
        let is_answer = matches!(
            event,
            Event::Runs(_) | Event::Run(_) | Event::Kept(_) | Event::Preview { .. } | Event::Planned { .. }
        );
        if is_answer {
            self.answers.push_back(seq);
            if self.answers.len() > ANSWERS
                && let Some(old) = self.answers.pop_front()
                && old < self.cursor
            {
                self.forget_answer(old);
            }
        }
        self.kept.push_back(Numbered { seq, event });
        while self.kept.len() > IN_MEMORY {
            self.kept.pop_front();
        }
        seq
    }

    fn forget_answer(&mut self, seq: u64) {
        let Some(first) = self.kept.front().map(|n| n.seq) else { return };
        if let Some(at) = seq.checked_sub(first)
            && let Some(kept) = self.kept.get_mut(at as usize)
        {
            kept.event = Event::Log {
                level: LogLevel::Debug,
                node: None,
                message: "an answer is not kept any more: ask again".to_owned(),
                at: jiff::Timestamp::now().to_string(),
            };
        }
    }

    /// The receiver asks for the events from a number on.
    pub(crate) fn read_from(&mut self, from: u64) {
        self.cursor = from.clamp(1, self.next);
        self.behind = None;
    }

    /// Whether something was said that has not been sent.
    pub(crate) fn is_waiting(&self) -> bool {
        self.behind.is_none() && self.cursor < self.next
    }

    /// Sends what there is and what fits. `older` reads events from the store that are no longer in memory. Says
    /// whether anything was sent.
    pub(crate) fn send(&mut self, older: &mut dyn FnMut(u64) -> Vec<Numbered>) -> bool {
        let mut sent = false;
        while self.behind.is_none() && self.cursor < self.next {
            let first = self.kept.front().map_or(self.next, |n| n.seq);
            if self.cursor < first {
                let mut batch: Vec<Numbered> = older(self.cursor);
                batch.retain(|n| n.seq >= self.cursor && n.seq < first);
                if batch.is_empty() {
                    self.cursor = first;
                }
                for numbered in batch {
                    sent |= self.send_one(numbered);
                    if self.behind.is_some() {
                        break;
                    }
                }
                continue;
            }
            let Some(numbered) = self.kept.get((self.cursor - first) as usize).cloned() else { break };
            sent |= self.send_one(numbered);
        }
        if let Some(behind) = &mut self.behind
            && behind.told.is_none_or(|at| at.elapsed() > TELL_AGAIN)
        {
            let event = Event::Behind { missing_from: behind.missing_from };
            if self.lane.try_send(Numbered { seq: self.next - 1, event }).is_ok() {
                behind.told = Some(Instant::now());
                sent = true;
            }
        }
        sent
    }

    fn send_one(&mut self, numbered: Numbered) -> bool {
        let seq = numbered.seq;
        match self.lane.try_send(numbered) {
            Ok(()) => {
                self.cursor = seq + 1;
                true
            }
            Err(TrySendError::Full(_)) => {
                self.behind = Some(Behind { missing_from: seq, told: None });
                false
            }
            // Nobody listens any more: the run goes on all the same, until the engine is told to end.
            Err(TrySendError::Disconnected(_)) => {
                self.cursor = self.next;
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paused(run: i64) -> Event {
        Event::RunPaused { run: weft_protocol::RunId(run), paused: true }
    }

    #[test]
    fn a_full_lane_says_behind_and_gives_everything_when_asked() {
        let (lane, received) = crossbeam_channel::bounded(3);
        let mut outlet = Outlet::new(lane);
        for n in 1..=10 {
            assert_eq!(outlet.keep(paused(n)), n as u64);
            outlet.send(&mut |_| Vec::new());
        }
        let first: Vec<u64> = received.try_iter().map(|n| n.seq).collect();
        assert_eq!(first, [1, 2, 3]);
        assert!(outlet.send(&mut |_| Vec::new()));
        let told = received.try_recv().unwrap();
        assert_eq!(told, Numbered { seq: 10, event: Event::Behind { missing_from: 4 } });

        let mut seen = vec![1, 2, 3];
        let mut ask = Some(4);
        while seen.len() < 10 {
            if let Some(from) = ask.take() {
                outlet.read_from(from);
            }
            outlet.send(&mut |_| Vec::new());
            for numbered in received.try_iter() {
                match numbered.event {
                    Event::Behind { missing_from } => ask = Some(missing_from),
                    _ => seen.push(numbered.seq),
                }
            }
        }
        assert_eq!(seen, (1..=10).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_no_longer_in_memory_is_read_from_the_store() {
        let (lane, received) = crossbeam_channel::bounded(IN_MEMORY + 10);
        let mut outlet = Outlet::new(lane);
        let count = IN_MEMORY as u64 + 5;
        for n in 0..count {
            outlet.keep(paused(n as i64));
        }
        outlet.send(&mut |from| (from..from + 2).map(|seq| Numbered { seq, event: paused(0) }).collect());
        let seen: Vec<u64> = received.try_iter().map(|n| n.seq).collect();
        assert_eq!(seen, (1..=count).collect::<Vec<_>>());
    }
}
