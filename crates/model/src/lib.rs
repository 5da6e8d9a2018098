//! The library's table of handles, mailbox, callback threads and wake-up, compiled from the library's own sources for a
//! model checker: threads, locks and atomics are the checker's, which decides at each of them who runs next. A scenario
//! is run under many such schedules; a lost wake-up, a deadlock or a broken promise shows as a panic that prints the
//! schedule.
//!
//! `OTC_MODEL_RUNS` is the number of schedules of each kind and scenario (default 200), `OTC_MODEL_SEED` where they come
//! from (default 1).
#![forbid(unsafe_code)]

mod log;
mod parts;
mod sync;

pub use parts::scenarios;

/// What a mailbox carries.
mod session {
    pub(crate) use otc::session::Event;
}

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};

/// Most bugs need few switches at the wrong moment: so many are placed on purpose.
const DEPTH: usize = 3;

/// Runs a scenario under many schedules: random ones, and ones that hold threads back as long as possible.
pub fn check(scenario: fn()) {
    let runs = number("OTC_MODEL_RUNS", 200);
    let seed = number("OTC_MODEL_SEED", 1);
    println!("{runs} schedules of each kind, seed {seed}");
    let count = usize::try_from(runs).expect("a number of runs fits");
    run(RandomScheduler::new_from_seed(seed, count), scenario);
    run(PctScheduler::new_from_seed(seed, DEPTH, count), scenario);
}

fn run(scheduler: impl Scheduler + 'static, scenario: fn()) {
    shuttle::Runner::new(scheduler, shuttle::Config::new()).run(scenario);
}

fn number(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} is {text:?}; a number is allowed")),
        Err(_) => default,
    }
}
