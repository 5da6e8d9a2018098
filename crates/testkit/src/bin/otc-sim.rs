//! Runs the simulation for many seeds: `otc-sim [--seeds 1000] [--start 0] [--trace SEED] [--survey N]`.
//!
//! Shows how far it is, and at the end what was judged. A seed that fails is cut down to the smallest plan that fails
//! in the same way, which is printed with what happened in it; then the exit status is 1. A survey goes on to the end
//! and lists what failed how often, with N seeds each.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use otc_testkit::checker::Tally;
use otc_testkit::sim::{Keep, Plan, run, shrink};

/// How many seeds pass between two looks at the progress.
const CHUNK: u64 = 50;

struct Arguments {
    seeds: u64,
    start: u64,
    trace: Option<u64>,
    survey: Option<u64>,
}

fn main() -> ExitCode {
    let arguments = match arguments(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("otc-sim: {problem}");
            eprintln!("usage: otc-sim [--seeds 1000] [--start 0] [--trace SEED] [--survey N]");
            return ExitCode::from(2);
        }
    };
    if let Some(seed) = arguments.trace {
        return show(&Plan::from_seed(seed));
    }
    let Summary { tally, failed } = sweep(&arguments);
    if let Some(most) = arguments.survey {
        for (name, seeds) in by_failure(&failed) {
            let some: Vec<String> = seeds.iter().take(most as usize).map(u64::to_string).collect();
            println!("{:>6} {name}: {}", seeds.len(), some.join(" "));
        }
        println!("{} of {} seeds fail: {tally}", failed.len(), arguments.seeds);
        return if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    match failed.keys().next().copied() {
        None => {
            println!("{} seeds from {} on, all clean: {tally}", arguments.seeds, arguments.start);
            ExitCode::SUCCESS
        }
        Some(seed) => {
            println!("seed {seed} FAILS; cutting it down");
            let plan = Plan::from_seed(seed);
            let (smaller, _) = shrink::shrink(&plan);
            show(&smaller);
            println!("seed {seed} FAILS: {} of {} steps are enough", smaller.steps.len(), plan.steps.len());
            println!("again: otc-sim --start {seed} --seeds 1; whole: otc-sim --trace {seed}");
            ExitCode::FAILURE
        }
    }
}

fn arguments(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = Arguments { seeds: 1000, start: 0, trace: None, survey: None };
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word}: a number is missing"))?;
        let number: u64 = value.parse().map_err(|_| format!("{word} {value:?}: not a number that fits"))?;
        match word.as_str() {
            "--seeds" => arguments.seeds = number,
            "--start" => arguments.start = number,
            "--trace" => arguments.trace = Some(number),
            "--survey" => arguments.survey = Some(number),
            _ => return Err(format!("{word}: unknown, --seeds, --start, --trace and --survey are known")),
        }
    }
    Ok(arguments)
}

/// What was judged, and the seeds that failed with the names of what is wrong.
#[derive(Default)]
struct Summary {
    tally: Tally,
    failed: BTreeMap<u64, Vec<String>>,
}

fn by_failure(failed: &BTreeMap<u64, Vec<String>>) -> BTreeMap<&str, Vec<u64>> {
    let mut names: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (seed, failures) in failed {
        for name in failures {
            names.entry(name).or_default().push(*seed);
        }
    }
    names
}

/// Runs the seeds on all cores; without a survey, until one fails.
fn sweep(arguments: &Arguments) -> Summary {
    let Arguments { seeds, start, .. } = *arguments;
    let next = AtomicU64::new(0);
    let done = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    let result: Mutex<Summary> = Mutex::default();
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let from = next.fetch_add(CHUNK, Ordering::Relaxed);
            if from >= seeds {
                break;
            }
            for number in from..(from + CHUNK).min(seeds) {
                let outcome = run(&Plan::from_seed(start + number), Keep::default());
                let mut result = result.lock().unwrap_or_else(PoisonError::into_inner);
                result.tally.add(&outcome.verdict.tally);
                if !outcome.is_clean() {
                    result.failed.insert(start + number, outcome.failures());
                    if arguments.survey.is_none() {
                        stop.store(true, Ordering::Relaxed);
                        break;
                    }
                }
            }
            progress(done.fetch_add(CHUNK, Ordering::Relaxed) + CHUNK, seeds);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    if std::io::stderr().is_terminal() {
        eprintln!();
    }
    result.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// A line that overwrites itself for people; a line now and then for logs.
fn progress(done: u64, seeds: u64) {
    let done = done.min(seeds);
    let mut out = std::io::stderr().lock();
    let percent = done * 100 / seeds.max(1);
    if out.is_terminal() {
        let _ = write!(out, "\rsimulation: {done} of {seeds} seeds ({percent} %)").and_then(|()| out.flush());
    } else if done * 20 / seeds.max(1) != done.saturating_sub(CHUNK) * 20 / seeds.max(1) {
        let _ = writeln!(out, "simulation: {done} of {seeds} seeds ({percent} %)");
    }
}

fn show(plan: &Plan) -> ExitCode {
    let outcome = run(plan, Keep { trace: true, digest: false });
    println!("seed {}, {:#?}", plan.seed, plan.setup);
    for (at, step) in &plan.steps {
        println!("{:>12.6} {step:?}", *at as f64 / 1e6);
    }
    println!("--- what happened");
    outcome.trace.iter().for_each(|line| println!("{line}"));
    println!("--- verdict");
    outcome.complaints.iter().for_each(|complaint| println!("{complaint}"));
    println!("{}", outcome.verdict);
    if outcome.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
