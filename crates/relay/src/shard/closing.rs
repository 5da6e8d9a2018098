//! How long a socket may take to close.

use std::time::{Duration, Instant};

/// How many times over the usual time a socket may take whose peer gives signs of life, or has yet to take what was
/// sent before the close frame.
const MOST: u32 = 10;

/// A socket that is being closed.
///
/// Whoever is told why it is closed has to find the time to read it. A peer that says nothing for a while has gone. One
/// that still speaks has not got that far; letting go of its socket would turn what it says into a reset, which destroys
/// what is on the way to it. And one that lets its output wait is slow, which mostly is why it is closed: it gets all the
/// time that closing may take.
#[derive(Debug)]
pub(super) struct Closing {
    began: Instant,
    heard: Instant,
    slow: bool,
}

impl Closing {
    /// Closing begins.
    pub(super) fn new(now: Instant) -> Self {
        Self { began: now, heard: now, slow: false }
    }

    /// The peer said something, whatever it was.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
    }

    /// The usual time is over, and the peer has yet to take what waits for it.
    pub(super) fn waits(&mut self) {
        self.slow = true;
    }

    /// When the socket is let go if nothing more comes from it until then. `timeout` is the time for a silent peer.
    pub(super) fn deadline(&self, timeout: Duration) -> Instant {
        let most = self.began + timeout.saturating_mul(MOST);
        if self.slow { most } else { most.min(self.heard + timeout) }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "a test counts from any moment")]

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(2);

    fn start() -> (Closing, impl Fn(u64) -> Instant) {
        let now = Instant::now();
        (Closing::new(now), move |seconds| now + Duration::from_secs(seconds))
    }

    #[test]
    fn a_silent_peer_has_the_usual_time() {
        let (closing, at) = start();
        assert_eq!(closing.deadline(TIMEOUT), at(2));
    }

    #[test]
    fn a_peer_that_speaks_has_more_but_not_for_ever() {
        let (mut closing, at) = start();
        for seconds in 1..=18 {
            closing.heard(at(seconds));
            assert_eq!(closing.deadline(TIMEOUT), at(seconds + 2));
        }
        closing.heard(at(19));
        assert_eq!(closing.deadline(TIMEOUT), at(20));
    }

    #[test]
    fn a_peer_that_is_slow_to_read_need_not_speak() {
        let (mut closing, at) = start();
        closing.waits();
        assert_eq!(closing.deadline(TIMEOUT), at(20));
        closing.heard(at(1));
        assert_eq!(closing.deadline(TIMEOUT), at(20));
    }
}
