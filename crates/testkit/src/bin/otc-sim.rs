//! Runs the simulation for many seeds: `otc-sim [--seeds 1000] [--start 0] [--trace SEED] [--survey N]`.
//!
//! Shows how far it is, and at the end what was judged and how often each thing happened. A seed that fails is cut
//! down to the smallest plan that fails in the same way, which is printed with what happened in it. A survey goes on to
//! the end and lists what failed how often, with N seeds each. Built with the feature `planted-bugs`, it takes
//! `--plant BUG`, too.
//!
//! Exit status: 0 all clean, 1 something failed, 2 the arguments are no good.
#![forbid(unsafe_code)]

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use otc_testkit::sim::sweep::{CHUNK, sweep};
use otc_testkit::sim::{Keep, Outcome, Plan, report, run};

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
    /// Plants this defect, to see how it is found.
    #[cfg(feature = "planted-bugs")]
    #[arg(long, value_name = "BUG", value_parser = bug)]
    plant: Option<otc_protocol::planted::Bug>,
}

#[cfg(feature = "planted-bugs")]
fn bug(name: &str) -> Result<otc_protocol::planted::Bug, String> {
    let all = otc_protocol::planted::Bug::ALL;
    let names = || all.map(|bug| format!("{bug:?}"));
    let place = names().iter().position(|known| known == name);
    place.map(|place| all[place]).ok_or_else(|| format!("allowed are {}", names().join(", ")))
}

impl Arguments {
    /// One run, with what is planted in it.
    fn run(&self, plan: &Plan, keep: Keep) -> Outcome {
        // For each run anew: what one held back must not leak into the next.
        #[cfg(feature = "planted-bugs")]
        otc_protocol::planted::plant(self.plant);
        run(plan, keep)
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match work(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("otc-sim: nobody takes what is to be said: {error}");
            ExitCode::FAILURE
        }
    }
}

fn work(arguments: &Arguments) -> std::io::Result<ExitCode> {
    let run = |plan: &Plan, keep: Keep| arguments.run(plan, keep);
    let mut out = std::io::stdout().lock();
    if let Some(seed) = arguments.trace {
        let plan = Plan::from_seed(seed);
        let outcome = run(&plan, Keep { trace: true, digest: false });
        report::everything(&plan, &outcome, &mut out)?;
        return Ok(code(outcome.is_clean()));
    }
    let &Arguments { seeds, start, .. } = arguments;
    let Some(end) = start.checked_add(seeds) else {
        eprintln!("otc-sim: --start {start} and --seeds {seeds} together go beyond {}", u64::MAX);
        return Ok(ExitCode::from(2));
    };
    let summary = sweep(start..end, arguments.survey.is_some(), run, |done| progress(done, seeds));
    if std::io::stderr().is_terminal() {
        eprintln!();
    }
    write!(out, "{}", summary.coverage)?;
    if let Some(most) = arguments.survey {
        for (name, seeds) in summary.by_failure() {
            let some: Vec<String> = seeds.iter().take(most).map(u64::to_string).collect();
            writeln!(out, "{:>6} {name}: {}", seeds.len(), some.join(" "))?;
        }
        writeln!(out, "{} of {seeds} seeds fail: {}", summary.failed.len(), summary.tally)?;
    } else if let Some(seed) = summary.failed.keys().next() {
        report::failure(&Plan::from_seed(*seed), run, &mut out)?;
    } else {
        writeln!(out, "{seeds} seeds from {start} on, all clean: {}", summary.tally)?;
    }
    Ok(code(summary.failed.is_empty()))
}

fn code(clean: bool) -> ExitCode {
    if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE }
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
