//! Plants known defects, one at a time, and shows that the simulation finds each.
#![cfg(feature = "planted-bugs")]

use otc_protocol::planted::{self, Bug};
use otc_testkit::sim::{Keep, Plan, run};

/// Every defect must show within so many seeds.
const SEEDS: u64 = 10_000;

#[test]
fn every_planted_bug_is_found() {
    let mut missed = Vec::new();
    println!("{:<22} {:>6}  found as", "planted", "seeds");
    for bug in Bug::ALL {
        planted::plant(Some(bug));
        let found = (0..SEEDS).find_map(|seed| {
            // What one run held back must not leak into the next.
            planted::plant(Some(bug));
            let outcome = run(&Plan::from_seed(seed), Keep::default());
            (!outcome.is_clean()).then(|| (seed + 1, outcome.failures().join(", ")))
        });
        match found {
            Some((seeds, failures)) => println!("{:<22} {seeds:>6}  {failures}", format!("{bug:?}")),
            None => missed.push(bug),
        }
    }
    planted::plant(None);
    assert!(missed.is_empty(), "not found within {SEEDS} seeds: {missed:?}");
}
