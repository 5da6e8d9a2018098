//! Chance that can be repeated, and the rules that the events of any run keep.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::session::*;

/// Names the seed that a random test is to run with instead of its usual ones.
const SEED_VARIABLE: &str = "OTC_SESSION_SEED";

/// Runs a test with each of `count` seeds, or with the one that the environment names, and returns how many that were.
/// A failure tells its seed.
pub(super) fn for_seeds(count: u64, test: impl Fn(u64)) -> u64 {
    let seeds = match std::env::var(SEED_VARIABLE) {
        Ok(text) => {
            let seed = text.parse().unwrap_or_else(|_| panic!("{SEED_VARIABLE} is a number, not {text:?}"));
            seed..seed + 1
        }
        Err(_) => 0..count,
    };
    let runs = seeds.end - seeds.start;
    for seed in seeds {
        let told = TellsSeed(seed);
        test(seed);
        std::mem::forget(told);
    }
    runs
}

struct TellsSeed(u64);

impl Drop for TellsSeed {
    fn drop(&mut self) {
        eprintln!("failed with {SEED_VARIABLE}={}", self.0);
    }
}

pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number from 0 up to and without `end`.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }

    /// Whether something happens that does `percent` times of a hundred.
    pub(super) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }

    pub(super) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

/// Where the story that a session tells stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chapter {
    /// Not joined; whether an outcome of connect is owed.
    Apart,
    Joined,
    /// A reconnection was told and its outcome is owed.
    Seeking,
    /// An error was told that ends a joined session.
    Ending,
}

/// Holds a story to its rules: one outcome for each connect, one for each episode of reconnecting, nothing after the
/// end but another beginning.
pub(super) struct Judge {
    chapter: Chapter,
    /// Outcomes of connect that are owed: at most one.
    connecting: bool,
    /// Disconnect was accepted: only its event may follow.
    leaving: bool,
    /// Deleted: nothing may follow.
    silenced: bool,
}

impl Judge {
    pub(super) fn new() -> Self {
        Self { chapter: Chapter::Apart, connecting: false, leaving: false, silenced: false }
    }

    pub(super) fn connected(&mut self) {
        self.connecting = true;
    }

    /// Disconnect was accepted.
    pub(super) fn left(&mut self) {
        self.leaving = true;
    }

    pub(super) fn deleted(&mut self) {
        self.silenced = true;
    }

    /// Whether everything that was owed was told.
    pub(super) fn is_settled(&self) -> bool {
        self.silenced || (self.chapter == Chapter::Apart && !self.connecting && !self.leaving)
    }

    /// Takes the next event, or says why it must not come.
    pub(super) fn hears(&mut self, event: &Event) -> Result<(), String> {
        use Chapter::{Apart, Ending, Joined, Seeking};
        if self.silenced {
            return Err(format!("told after delete: {event:?}"));
        }
        if self.leaving && *event != Event::Disconnected {
            return Err(format!("told after disconnect: {event:?}"));
        }
        self.chapter = match (self.chapter, event) {
            (Apart, Event::Connected) if self.connecting => Joined,
            (Apart, Event::Error { .. }) if self.connecting => Apart,
            (chapter, Event::Disconnected) if self.leaving || chapter != Apart => Apart,
            (Joined, Event::ReconnectionStarted) => Seeking,
            (Seeking, Event::Reconnected) => Joined,
            (Joined | Seeking, Event::Error { error: SessionError::ConnectionDropped, .. }) => Ending,
            (Joined, Event::Connected | Event::Error { .. } | Event::Reconnected)
            | (Apart | Seeking | Ending, _) => {
                return Err(format!("told while {:?}: {event:?}", self.chapter));
            }
            (Joined, _) => Joined,
        };
        if matches!(event, Event::Connected | Event::Error { .. } | Event::Disconnected) {
            self.connecting = false;
        }
        if *event == Event::Disconnected {
            self.leaving = false;
        }
        Ok(())
    }
}
