//! Cuts one conversation after each byte, up and down, by FIN and by RST: `otc-cuts [START [STEP
//! [SKIP]]]`.
//!
//! START is the first byte number, STEP the distance to the next; so several runs can share the work. SKIP is how many
//! places are left out, to go on with a run that was broken off. Shows how far it
//! is, and at the end what was judged. Exit status 1: conversations went wrong; after a few of them it goes no further.
//! OTC_CUTS_AT_A_TIME is how many conversations go on at a time.
#![forbid(unsafe_code)]

use std::io;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use otc_testkit::checker::Tally;
use otc_testkit::real::cuts::{Outcome, Place, RELAY, converse_at, lengths, places};
use otc_testkit::real::{Ground, program};

/// Conversations at a time: they wait for the network more than they compute.
const AT_A_TIME: usize = 96;

/// So many conversations that went wrong are enough to look into.
const MAX_FAILURES: usize = 5;

/// How often it is said how far it is.
const PACE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let numbers: Result<Vec<u64>, _> = std::env::args().skip(1).map(|word| word.parse()).collect();
    let (start, step, skip) = match numbers.as_deref() {
        Ok([]) => (0, 1, 0),
        Ok([start]) => (*start, 1, 0),
        Ok([start, step]) if *step > 0 => (*start, *step, 0),
        Ok([start, step, skip]) if *step > 0 => (*start, *step, *skip),
        _ => {
            eprintln!("usage: otc-cuts [START [STEP [SKIP]]], three numbers, STEP at least 1");
            return ExitCode::from(2);
        }
    };
    match run(start, step, skip) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("otc-cuts: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(start: u64, step: u64, skip: u64) -> io::Result<bool> {
    let at_a_time = std::env::var("OTC_CUTS_AT_A_TIME").ok().and_then(|number| number.parse().ok());
    let ground = Ground::new(&program::beside_this_program()?, RELAY)?;
    let lengths = lengths(&ground)?;
    let places = places(lengths, start, step);
    let places = &places[places.len().min(usize::try_from(skip).unwrap_or(usize::MAX))..];
    println!("cuts: {} bytes up, {} down; {} places to cut", lengths.0, lengths.1, places.len());
    let sum = Mutex::new(Sum::new());
    converse_at(&ground, places, at_a_time.unwrap_or(AT_A_TIME), |place, outcome| {
        let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
        sum.add(place, &outcome);
        sum.say(places.len());
        sum.failures < MAX_FAILURES
    })?;
    let sum = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!(
        "cuts: {} links cut at {} of {} places in {} s, {}: {}",
        sum.cut,
        sum.done,
        places.len(),
        sum.begun.elapsed().as_secs(),
        if sum.failures == 0 { "all clean" } else { "BROKEN" },
        sum.tally
    );
    Ok(sum.failures == 0)
}

/// What was judged so far.
struct Sum {
    tally: Tally,
    cut: u64,
    done: usize,
    failures: usize,
    begun: Instant,
    said: Instant,
}

impl Sum {
    #[allow(clippy::disallowed_methods, reason = "people want to know how long it takes")]
    fn new() -> Self {
        let begun = Instant::now();
        Self { tally: Tally::default(), cut: 0, done: 0, failures: 0, begun, said: begun }
    }

    fn add(&mut self, place: Place, outcome: &Outcome) {
        self.tally.add(&outcome.verdict.tally);
        self.cut += outcome.counts.cut;
        self.done += 1;
        if !outcome.verdict.is_clean() {
            self.failures += 1;
            outcome.tail.iter().for_each(|line| println!("{line}"));
            println!("{place:?}: {}", outcome.verdict);
        }
    }

    fn say(&mut self, all: usize) {
        if self.said.elapsed() < PACE {
            return;
        }
        self.said += self.said.elapsed();
        let seconds = self.begun.elapsed().as_secs_f64();
        let rate = self.done as f64 / seconds;
        let left = Duration::from_secs_f64((all - self.done) as f64 / rate).as_secs();
        println!(
            "cuts: {} of {all}, {rate:.0} a second, {} min {} s left; {} resumes",
            self.done,
            left / 60,
            left % 60,
            self.tally.resumes
        );
    }
}
