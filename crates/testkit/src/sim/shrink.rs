//! Making a failing plan small enough to read.

use super::plan::{Plan, Step};
use super::{Keep, Outcome};

/// Most runs that one reduction may cost.
const MOST_RUNS: usize = 400;

/// The smallest plan found that fails under `run` in one of the ways that `plan` does, and its outcome with history and
/// trace. Only steps are taken away and made smaller; the world stays as it is.
pub fn shrink(plan: &Plan, run: impl Fn(&Plan, Keep) -> Outcome) -> (Plan, Outcome) {
    let failures = run(plan, Keep::default()).failures();
    let fails = |candidate: &Plan| {
        run(candidate, Keep::default()).failures().iter().any(|name| failures.contains(name))
    };
    let best = smallest(plan, fails);
    let outcome = run(&best, Keep { trace: true, digest: false });
    (best, outcome)
}

/// The smallest plan found, in [`MOST_RUNS`] attempts, of which `fails` is still true.
fn smallest(plan: &Plan, fails: impl Fn(&Plan) -> bool) -> Plan {
    let mut budget = MOST_RUNS;
    let mut fails = |candidate: &Plan| {
        budget = budget.saturating_sub(1);
        budget > 0 && fails(candidate)
    };
    let mut best = plan.clone();
    loop {
        let before = size(&best);
        take_away(&mut best, &mut fails);
        make_smaller(&mut best, &mut fails);
        if size(&best) == before {
            return best;
        }
    }
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::plan::{Aim, Cut};
    use super::*;

    fn cut(client: usize) -> Step {
        Step::Cut { client: Some(client), how: Cut::Rst }
    }

    fn send(count: usize, size: usize) -> Step {
        Step::Send { client: 0, count, aim: Aim::All, retry: true, size }
    }

    /// A plan of these steps, one in a microsecond.
    fn plan(steps: impl IntoIterator<Item = Step>) -> Plan {
        Plan { steps: (0..).zip(steps).collect(), ..Plan::from_seed(1) }
    }

    fn has(plan: &Plan, wanted: impl Fn(&Step) -> bool) -> bool {
        plan.steps.iter().any(|(_, step)| wanted(step))
    }

    #[test]
    fn only_the_steps_that_matter_are_left_in_their_order_and_at_their_times() {
        let noise = (0..40).map(|client| if client % 3 == 0 { send(50, 999) } else { Step::Leave(client) });
        let mut steps: Vec<Step> = noise.collect();
        steps.insert(33, cut(7));
        steps.insert(5, Step::Join(3));
        let whole = plan(steps);
        let fails = |plan: &Plan| {
            let join = plan.steps.iter().position(|(_, step)| *step == Step::Join(3));
            let cut = plan.steps.iter().position(|(_, step)| *step == cut(7));
            join.zip(cut).is_some_and(|(join, cut)| join < cut)
        };
        assert_eq!(smallest(&whole, fails).steps, [(5, Step::Join(3)), (34, cut(7))]);
    }

    #[test]
    fn what_is_sent_is_cut_down_too_as_far_as_it_still_fails() {
        let many = |plan: &Plan| has(plan, |step| matches!(step, Step::Send { count: 20.., .. }));
        assert_eq!(smallest(&plan([send(100, 999), cut(0)]), many).steps, [(0, send(25, 0))]);
        let large = |plan: &Plan| has(plan, |step| matches!(step, Step::Send { size: 1.., .. }));
        assert_eq!(smallest(&plan([send(1, 999), cut(0)]), large).steps, [(0, send(1, 999))]);
    }

    #[test]
    fn a_plan_that_fails_whatever_happens_loses_all_its_steps() {
        assert_eq!(smallest(&plan([send(9, 9), cut(0), Step::Leave(0)]), |_| true).steps, []);
    }

    #[test]
    fn a_reduction_ends_however_large_the_plan_is_and_what_it_gives_still_fails() {
        let runs = Cell::new(0);
        let needed = |plan: &Plan| {
            runs.set(runs.get() + 1);
            plan.steps.iter().filter(|(_, step)| *step == cut(1)).count() >= 900
        };
        let smaller = smallest(&plan((0..1_000).map(|_| cut(1))), needed);
        assert!(runs.get() < MOST_RUNS, "{} runs", runs.get());
        assert!((900..1_000).contains(&smaller.steps.len()), "{} steps", smaller.steps.len());
    }
}
