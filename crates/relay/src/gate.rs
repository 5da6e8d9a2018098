//! Threads that begin together, or not at all.
//!
//! A thread that is to serve needs descriptors of its own. Were the first to serve while the last is still being set up, its
//! clients could take them, and a relay that had said that it listens would fail.

use std::sync::mpsc::{Receiver, Sender, channel};

/// Lets threads begin once all of them are set up.
pub(crate) struct Start {
    ready: Sender<()>,
    all_ready: Receiver<()>,
    gates: Vec<Sender<()>>,
}

/// Where a thread waits for the others.
pub(crate) struct Gate {
    ready: Sender<()>,
    opened: Receiver<()>,
}

impl Default for Start {
    fn default() -> Self {
        let (ready, all_ready) = channel();
        Self { ready, all_ready, gates: Vec::new() }
    }
}

impl Start {
    /// A gate for one more thread. Dropping it says that the thread cannot begin.
    pub(crate) fn gate(&mut self) -> Gate {
        let (open, opened) = channel();
        self.gates.push(open);
        Gate { ready: self.ready.clone(), opened }
    }

    /// Waits until every thread is at its gate or has failed. If all are there, they may begin, else none does.
    pub(crate) fn open(self) -> bool {
        let Self { ready, all_ready, gates } = self;
        drop(ready);
        let there = all_ready.iter().count();
        there == gates.len() && gates.iter().all(|gate| gate.send(()).is_ok())
    }
}

impl Gate {
    /// Says that this thread is set up, and waits for the others; whether to begin.
    pub(crate) fn pass(self) -> bool {
        let said = self.ready.send(());
        drop(self.ready);
        said.is_ok() && self.opened.recv().is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn all_begin_once_the_last_is_set_up() {
        let mut start = Start::default();
        let (first, last) = (start.gate(), start.gate());
        let first = thread::spawn(|| first.pass());
        let last = thread::spawn(|| last.pass());
        assert!(start.open());
        assert!(first.join().unwrap() && last.join().unwrap());
    }

    #[test]
    fn none_begins_if_one_cannot() {
        let mut start = Start::default();
        let (first, last) = (start.gate(), start.gate());
        let first = thread::spawn(|| first.pass());
        drop(last);
        assert!(!start.open());
        assert!(!first.join().unwrap());
    }

    #[test]
    fn none_waits_for_a_start_that_was_given_up() {
        let mut start = Start::default();
        let gate = start.gate();
        let thread = thread::spawn(|| gate.pass());
        drop(start);
        assert!(!thread.join().unwrap());
    }
}
