//! Making a failing plan small enough to read.

use super::plan::{Plan, Step};
use super::{Keep, Outcome, run};

/// Most runs that one reduction may cost.
const MOST_RUNS: usize = 400;

/// The smallest plan found that fails in one of the ways that `plan` does, and its outcome with history and trace.
/// Only steps are taken away and made smaller; the world stays as it is.
pub fn shrink(plan: &Plan) -> (Plan, Outcome) {
    let failures = run(plan, Keep::default()).failures();
    let mut budget = MOST_RUNS;
    let mut fails = |candidate: &Plan| {
        budget = budget.saturating_sub(1);
        budget > 0 && run(candidate, Keep::default()).failures().iter().any(|name| failures.contains(name))
    };
    let mut best = plan.clone();
    loop {
        let before = size(&best);
        take_away(&mut best, &mut fails);
        make_smaller(&mut best, &mut fails);
        if size(&best) == before {
            break;
        }
    }
    let outcome = run(&best, Keep { trace: true, digest: false });
    (best, outcome)
}

fn size(plan: &Plan) -> usize {
    let weight = |step: &Step| if let Step::Send { count, .. } = step { 1 + count } else { 1 };
    plan.steps.iter().map(|(_, step)| weight(step)).sum()
}

/// Takes away runs of steps, long ones first.
fn take_away(best: &mut Plan, fails: &mut impl FnMut(&Plan) -> bool) {
    let mut length = best.steps.len().div_ceil(2);
    while length > 0 {
        let mut at = 0;
        while at < best.steps.len() {
            let mut candidate = best.clone();
            candidate.steps.drain(at..(at + length).min(best.steps.len()));
            if fails(&candidate) {
                *best = candidate;
            } else {
                at += length;
            }
        }
        length = if length == 1 { 0 } else { length.div_ceil(2) };
    }
}

/// Sends fewer signals with less in them.
fn make_smaller(best: &mut Plan, fails: &mut impl FnMut(&Plan) -> bool) {
    for number in 0..best.steps.len() {
        loop {
            let mut candidate = best.clone();
            let Step::Send { count, size, .. } = &mut candidate.steps[number].1 else { break };
            if *size > 0 {
                *size = 0;
            } else if *count > 1 {
                *count /= 2;
            } else {
                break;
            }
            if !fails(&candidate) {
                break;
            }
            *best = candidate;
        }
    }
}
