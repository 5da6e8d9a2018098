//! The simulation itself, and a sample of seeds.

use super::*;

#[test]
fn same_seed_is_the_same_run() {
    let keep = Keep { trace: false, digest: true };
    for seed in 0..20 {
        let plan = Plan::from_seed(seed);
        let (first, second) = (run(&plan, keep), run(&plan, keep));
        assert_eq!(first.digest, second.digest, "seed {seed}");
        assert_eq!(first.happenings, second.happenings, "seed {seed}");
    }
}

#[test]
fn stock_client_that_is_cut_off_as_it_is_removed_does_not_keep_a_run_from_its_rest() {
    use plan::{Cut, Kind, MILLI, Role, SECOND, Setup, Step};
    let role =
        Role { session: 0, kind: Kind::FamilyA, may_signal: true, moderator: false, sees_connections: true };
    for seed in 0..200 {
        let setup = Setup {
            clients: vec![role],
            delay: (MILLI, 20 * MILLI),
            window: 20_000,
            edge_queue: 4_000_000,
            outbox: 10_000,
            outbox_bytes: 16 << 20,
            kept: 16_384,
            seen: 20_480,
            on_the_way: 512,
            remembered: 16_384,
            rate: None,
            room: 3_000,
            rejoin: true,
        };
        let steps = vec![
            (0, Step::Join(0)),
            (SECOND, Step::Remove { by: None, client: 0 }),
            (SECOND + 10 * MILLI, Step::Cut { client: Some(0), how: Cut::KeepClient }),
        ];
        let outcome = run(&Plan { seed, setup, steps }, Keep::default());
        assert!(outcome.is_clean(), "seed {seed}: {:?} {}", outcome.complaints, outcome.verdict);
    }
}

/// The real simulation, and a rule that no run may break in which a link was reset and a signal arrived.
fn run_with_a_rule_made_up(plan: &Plan, keep: Keep) -> Outcome {
    use plan::{Cut, Step};
    let mut outcome = run(plan, keep);
    let reset = plan.steps.iter().any(|(_, step)| matches!(step, Step::Cut { how: Cut::Rst, .. }));
    if reset && outcome.verdict.tally.arrived > 0 {
        outcome.complaints.push(format!("made up: {} signals arrived", outcome.verdict.tally.arrived));
    }
    outcome
}

#[test]
fn seed_that_fails_is_found_cut_down_and_printed_for_people() {
    use plan::Step;
    let summary = sweep::sweep(0..2_000, false, run_with_a_rule_made_up, |_| ());
    let (&seed, names) = summary.failed.iter().next().expect("some seed of these has both");
    assert_eq!(*names, ["made up"]);

    let whole = Plan::from_seed(seed);
    let (smaller, outcome) = shrink::shrink(&whole, run_with_a_rule_made_up);
    assert_eq!(outcome.failures(), ["made up"], "seed {seed}: fails as before");
    let (mut joins, mut sends, mut cuts) = (0, 0, 0);
    for (at, step) in &smaller.steps {
        assert!(whole.steps.iter().any(|(other, _)| other == at), "seed {seed}: at its time");
        match step {
            Step::Join(_) => joins += 1,
            Step::Send { count, size, .. } => {
                assert_eq!((*count, *size), (1, 0), "seed {seed}: no more is sent than is needed");
                sends += 1;
            }
            Step::Server { .. } => sends += 1,
            Step::Cut { how: plan::Cut::Rst, .. } => cuts += 1,
            other => panic!("seed {seed}: {other:?} is not needed"),
        }
    }
    assert_eq!((sends, cuts), (1, 1), "seed {seed}: {:?}", smaller.steps);
    assert!((1..=2).contains(&joins), "seed {seed}: {:?}", smaller.steps);

    let mut printed = Vec::new();
    report::failure(&whole, run_with_a_rule_made_up, &mut printed).expect("memory takes it");
    let printed = String::from_utf8(printed).expect("text");
    let (plan, rest) = printed.split_once("--- what happened\n").expect("a plan");
    let (trace, verdict) = rest.split_once("--- verdict\n").expect("a trace");
    assert!(
        plan.starts_with(&format!("seed {seed} FAILS; cutting it down\nseed {seed}, Setup {{\n")),
        "{plan}"
    );
    for (at, step) in &smaller.steps {
        assert!(plan.contains(&format!("\n{:>12.6} {step:?}\n", *at as f64 / 1e6)), "{step:?} in {plan}");
    }
    assert_eq!(
        trace.lines().collect::<Vec<_>>(),
        outcome.trace,
        "seed {seed}: the same seed, the same trace"
    );
    let times: Vec<f64> = trace
        .lines()
        .map(|line| {
            line.split_whitespace().next().and_then(|time| time.parse().ok()).expect("a time in front")
        })
        .collect();
    assert!(times.is_sorted() && times.len() > 10, "{trace}");
    assert!(verdict.starts_with("made up: 1 signals arrived\nhistory clean: "), "{verdict}");
    let (small, large) = (smaller.steps.len(), whole.steps.len());
    assert!(
        verdict.contains(&format!("\nseed {seed} FAILS: {small} of {large} steps are enough\n")),
        "{verdict}"
    );
    assert!(
        verdict.ends_with(&format!("--start {seed} --seeds 1; whole: otc-sim --trace {seed}\n")),
        "{verdict}"
    );
}
