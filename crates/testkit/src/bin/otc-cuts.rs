//! Cuts one conversation after each byte, up and down, by FIN and by RST: `otc-cuts [START [STEP]]`.
//!
//! START is the first byte number, STEP the distance to the next; so several runs can share the work. Shows how far it
//! is, and at the end what was judged. The first conversation that goes wrong ends it, with exit status 1.
#![forbid(unsafe_code)]

use std::io;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use otc_testkit::checker::Tally;
use otc_testkit::real::Ground;
use otc_testkit::real::cuts::{Place, converse, lengths, places};

/// Conversations at a time: they wait for the network more than they compute.
const AT_A_TIME: usize = 4;

fn main() -> ExitCode {
    let numbers: Result<Vec<u64>, _> = std::env::args().skip(1).map(|word| word.parse()).collect();
    let (start, step) = match numbers.as_deref() {
        Ok([]) => (0, 1),
        Ok([start]) => (*start, 1),
        Ok([start, step]) if *step > 0 => (*start, *step),
        _ => {
            eprintln!("usage: otc-cuts [START [STEP]], two numbers, STEP at least 1");
            return ExitCode::from(2);
        }
    };
    match run(start, step) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("otc-cuts: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(start: u64, step: u64) -> io::Result<bool> {
    let ground = Ground::new()?;
    let lengths = lengths(&ground)?;
    let places = places(lengths, start, step);
    println!("cuts: {} bytes up, {} down; {} places to cut", lengths.0, lengths.1, places.len());
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let sum = Mutex::new((Tally::default(), 0_u64));
    let work = || -> io::Result<()> {
        while !failed.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(place) = places.get(number) else { return Ok(()) };
            if !judge(&ground, *place, &sum)? {
                failed.store(true, Ordering::Relaxed);
            }
            if (number + 1).is_multiple_of(500) {
                println!("cuts: {} of {}", number + 1, places.len());
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("a worker does not panic"))
    })?;
    let (tally, cut) = *sum.lock().expect("no worker panicked");
    let clean = !failed.into_inner();
    let result = if clean { "all clean" } else { "BROKEN" };
    println!("cuts: {cut} links cut at {} places, {result}: {tally}", places.len());
    Ok(clean)
}

fn judge(ground: &Ground, place: Place, sum: &Mutex<(Tally, u64)>) -> io::Result<bool> {
    let outcome = converse(ground, Some(place))?;
    let mut sum = sum.lock().expect("no worker panicked");
    sum.0.add(&outcome.verdict.tally);
    sum.1 += outcome.counts.cut;
    if !outcome.verdict.is_clean() {
        outcome.tail.iter().for_each(|line| println!("{line}"));
        println!("{place:?}: {}", outcome.verdict);
    }
    Ok(outcome.verdict.is_clean())
}
