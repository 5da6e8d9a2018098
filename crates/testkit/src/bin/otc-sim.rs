//! Runs the simulation for many seeds: `otc-sim [--seeds 1000] [--start 0] [--trace SEED] [--survey N]`.
//!
//! Shows how far it is, and at the end what was judged and how often each thing happened. A seed that fails is cut
//! down to the smallest plan that fails in the same way, which is printed with what happened in it; then the exit
//! status is 1. A survey goes on to the end and lists what failed how often, with N seeds each.
#![forbid(unsafe_code)]

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use otc_testkit::sim::sweep::{CHUNK, sweep};
use otc_testkit::sim::{Keep, Plan, run, shrink};

/// Clients and relay in one process, under a virtual clock and a network that breaks: one run for each seed.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 1000, value_name = "N")]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    start: u64,
    /// Runs this seed alone and shows everything that happens in it.
    #[arg(long, value_name = "SEED")]
    trace: Option<u64>,
    /// Goes on after failures, and lists at the end what failed how often, with this many seeds each.
    #[arg(long, value_name = "N")]
    survey: Option<usize>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(seed) = arguments.trace {
        return show(&Plan::from_seed(seed));
    }
    let Arguments { seeds, start, .. } = arguments;
    let Some(end) = start.checked_add(seeds) else {
        eprintln!("otc-sim: --start {start} and --seeds {seeds} together go beyond {}", u64::MAX);
        return ExitCode::from(2);
    };
    let summary = sweep(start..end, arguments.survey.is_some(), |done| progress(done, seeds));
    if std::io::stderr().is_terminal() {
        eprintln!();
    }
    print!("{}", summary.coverage);
    if let Some(most) = arguments.survey {
        for (name, seeds) in summary.by_failure() {
            let some: Vec<String> = seeds.iter().take(most).map(u64::to_string).collect();
            println!("{:>6} {name}: {}", seeds.len(), some.join(" "));
        }
        println!("{} of {seeds} seeds fail: {}", summary.failed.len(), summary.tally);
        return if summary.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    match summary.failed.keys().next().copied() {
        None => {
            println!("{seeds} seeds from {start} on, all clean: {}", summary.tally);
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

/// A line that overwrites itself for people; a line now and then for logs.
fn progress(done: u64, seeds: u64) {
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
