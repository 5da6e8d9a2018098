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
