//! Clients and relay in one process, under a virtual clock and a seeded network.
//!
//! The state machines are the real ones: [`otc::session::Session`] and [`otc_relay::hub::Hub`]. What surrounds them
//! is made up: programs that join, send, leave and delete; drivers that move bytes as the real ones do; sockets that
//! delay, fill up, stall, break in every way and linger on; a relay that restarts and forgets. All of it follows from
//! one seed, so that a run that goes wrong can be had again.
//!
//! Each run leaves a [`History`](crate::history::History), which the [`checker`](crate::checker) judges. Beyond that
//! a run must come to rest: whatever was done to it, some time after the last of it every session is either idle or
//! connected with nothing waiting, and after everybody has left, nothing is left of anything.

mod client;
mod counting;
pub mod coverage;
pub(crate) mod dice;
mod driver;
mod edge;
mod faults;
mod machine;
pub mod plan;
pub mod report;
mod rest;
pub mod shrink;
mod stock;
pub mod sweep;
mod wire;
mod world;

#[cfg(test)]
mod tests;

use crate::checker::Verdict;
use crate::history::History;

pub use coverage::{Coverage, Feature};
pub use plan::Plan;

/// What to keep of a run beside its verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keep {
    /// The history, and a trace that people can read.
    pub trace: bool,
    /// A hash over everything that happened.
    pub digest: bool,
}

/// What a run came to.
#[derive(Debug)]
pub struct Outcome {
    /// The verdict over its history.
    pub verdict: Verdict,
    /// What else is wrong: whatever the history does not show.
    pub complaints: Vec<String>,
    /// The history, if it was to be kept.
    pub history: History,
    /// What happened, line by line, if it was to be kept.
    pub trace: Vec<String>,
    /// The hash, if it was asked for.
    pub digest: u64,
    /// How many things happened.
    pub happenings: u64,
    /// What happened how often.
    pub coverage: Coverage,
}

impl Outcome {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.verdict.is_clean() && self.complaints.is_empty()
    }

    /// The names of what is wrong: two runs with a name in common fail for the same reason, probably.
    pub fn failures(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.verdict.violations.iter().map(|v| format!("{:?}", v.rule)).collect();
        names.extend(self.complaints.iter().map(|text| text.split(':').next().unwrap_or("").to_owned()));
        names.sort();
        names.dedup();
        names
    }
}

/// Runs a plan.
pub fn run(plan: &Plan, keep: Keep) -> Outcome {
    world::World::new(plan.clone(), keep).run()
}
