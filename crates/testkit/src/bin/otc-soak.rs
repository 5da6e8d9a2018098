//! Clients that signal each other while their links fail in every way: `otc-soak`, with variables for what it is to be.
//!
//! SIGNALS (1,000,000) and CUTS (10,000) are how much, CLIENTS (4) how many take part, SEED what chance depends on. Shows
//! how far it is, and at the end what was judged. Exit status 1: something was lost, doubled, reordered, or else not as
//! promised.
#![forbid(unsafe_code)]

use std::io;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use otc_testkit::checker::Tally;
use otc_testkit::real::program::{RelaySettings, beside_this_program};
use otc_testkit::real::soak::{Plan, Progress, round};
use otc_testkit::real::{Ground, fresh_seed};

/// Signals of one round.
const ROUND: u64 = 20_000;

/// Rounds at a time: they wait for silent links more than they compute.
const AT_A_TIME: u64 = 4;

/// How often it is said how far it is.
const PACE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let result = wanted().map_err(io::Error::other).and_then(run);
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("otc-soak: {error}");
            ExitCode::from(2)
        }
    }
}

/// What the variables ask for.
fn wanted() -> Result<Plan, String> {
    let signals = number("SIGNALS", 1_000_000, 1)?;
    Ok(Plan {
        seed: number("SEED", fresh_seed(), 0)?,
        clients: number("CLIENTS", 4, 2)? as usize,
        signals,
        cuts: number("CUTS", 10_000, 0)?,
    })
}

fn number(name: &str, default: u64, least: u64) -> Result<u64, String> {
    let Ok(text) = std::env::var(name) else { return Ok(default) };
    if text.is_empty() {
        return Ok(default);
    }
    let number = text.parse().ok().filter(|number| *number >= least);
    number.ok_or_else(|| format!("{name}={text:?}: allowed is a number from {least} on"))
}

/// What was judged so far.
#[derive(Default)]
struct Sum {
    tally: Tally,
    cuts: u64,
    broken: bool,
    /// Memory when a quarter of the rounds was over.
    memory: Option<String>,
}

#[allow(clippy::disallowed_methods, reason = "people want to know how long it takes")]
fn run(all: Plan) -> io::Result<bool> {
    println!("soak: SEED={}: {} signals, {} cuts, {} clients", all.seed, all.signals, all.cuts, all.clients);
    let ground = Ground::new(&beside_this_program()?, RelaySettings::default())?;
    let (progress, begun) = (Progress::default(), Instant::now());
    let (sum, next) = (Mutex::new(Sum::default()), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let (end, ended) = channel::<()>();
        let (all, ground, progress, sum, next) = (&all, &ground, &progress, &sum, &next);
        scope.spawn(move || tell(all, ground, progress, begun, &ended));
        // The teller stops when this goes.
        let _end = end;
        let work = move || rounds(all, ground, progress, sum, next);
        let workers: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("a worker does not panic"))
    })?;
    let sum = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!(
        "soak: memory: {} after a quarter of it, {} at the end",
        sum.memory.unwrap_or_default(),
        memory_of(&ground)
    );
    let result = if sum.broken { "BROKEN" } else { "all clean" };
    println!("soak: {} links cut in {} s, {result}: {}", sum.cuts, begun.elapsed().as_secs(), sum.tally);
    Ok(!sum.broken)
}

/// Runs one round after the other until none is left, or one was broken.
fn rounds(
    all: &Plan,
    ground: &Ground,
    progress: &Progress,
    sum: &Mutex<Sum>,
    next: &AtomicU64,
) -> io::Result<()> {
    let count = all.signals.div_ceil(ROUND);
    let sum = || sum.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= count || sum().broken {
            return Ok(());
        }
        let share = |whole: u64| whole * (number + 1) / count - whole * number / count;
        let seed = all.seed.wrapping_add(number << 32);
        let plan = Plan { seed, signals: share(all.signals), cuts: share(all.cuts), ..*all };
        let outcome = round(ground, plan, progress)?;
        let mut sum = sum();
        sum.tally.add(&outcome.verdict.tally);
        sum.cuts += outcome.cuts;
        // By then everything has been as large as it gets.
        if number >= count / 4 {
            sum.memory.get_or_insert_with(|| memory_of(ground));
        }
        if !outcome.verdict.is_clean() {
            outcome.tail.iter().for_each(|line| println!("{line}"));
            println!("soak: SEED={}, round {number}: {}", all.seed, outcome.verdict);
            sum.broken = true;
        }
    }
}

/// Says how far it is, until it is told to end.
fn tell(all: &Plan, ground: &Ground, progress: &Progress, begun: Instant, ended: &Receiver<()>) {
    while ended.recv_timeout(PACE) == Err(RecvTimeoutError::Timeout) {
        let signals = progress.signals.load(Ordering::Relaxed);
        let rate = signals as f64 / begun.elapsed().as_secs_f64();
        let left = (all.signals.saturating_sub(signals) as f64 / rate.max(1.0)) as u64;
        println!(
            "soak: {signals} of {} signals, {rate:.0} a second, {} of {} cuts, {} min {} s left; {}",
            all.signals,
            progress.cuts.load(Ordering::Relaxed),
            all.cuts,
            left / 60,
            left % 60,
            memory_of(ground)
        );
    }
}

/// Memory that clients and relay have in use.
fn memory_of(ground: &Ground) -> String {
    let own = resident("self");
    let relay = ground.relay_id().and_then(|id| resident(&id.to_string()));
    let show = |mib: Option<u64>| mib.map_or("?".to_owned(), |mib| mib.to_string());
    format!("{} MiB here, {} MiB in the relay", show(own), show(relay))
}

/// Resident memory of a process in MiB, where the system tells.
fn resident(process: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? / 1024)
}
