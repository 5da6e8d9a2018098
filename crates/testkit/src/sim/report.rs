//! What people are shown of a run that failed.

use std::io::{self, Write};

use super::shrink::shrink;
use super::{Keep, Outcome, Plan};

/// Cuts a plan that fails under `run` down to the smallest one that fails in the same way, and shows that, with how to
/// have it again.
pub fn failure(plan: &Plan, run: impl Fn(&Plan, Keep) -> Outcome, out: &mut impl Write) -> io::Result<()> {
    let seed = plan.seed;
    writeln!(out, "seed {seed} FAILS; cutting it down")?;
    let (smaller, outcome) = shrink(plan, run);
    everything(&smaller, &outcome, out)?;
    writeln!(out, "seed {seed} FAILS: {} of {} steps are enough", smaller.steps.len(), plan.steps.len())?;
    writeln!(out, "again: otc-sim --start {seed} --seeds 1; whole: otc-sim --trace {seed}")
}

/// Shows a plan, what happened in it, and the verdict. The outcome must have its trace.
pub fn everything(plan: &Plan, outcome: &Outcome, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "seed {}, {:#?}", plan.seed, plan.setup)?;
    for (at, step) in &plan.steps {
        writeln!(out, "{:>12.6} {step:?}", *at as f64 / 1e6)?;
    }
    writeln!(out, "--- what happened")?;
    outcome.trace.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    writeln!(out, "--- verdict")?;
    outcome.complaints.iter().try_for_each(|complaint| writeln!(out, "{complaint}"))?;
    writeln!(out, "{}", outcome.verdict)
}
