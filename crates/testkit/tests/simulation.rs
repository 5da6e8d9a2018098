//! A sample of the simulation's seeds, large enough that everything it can do happens in it.

use std::time::Instant;

use otc_testkit::sim::run;
use otc_testkit::sim::sweep::sweep;

/// `make sim` runs more.
const SEEDS: u64 = 4_000;

#[test]
fn simulated_runs_are_clean_and_everything_happens_in_them() {
    let start = std::env::var("SEED").ok().map_or(0, |seed| seed.parse().expect("SEED is a number"));
    let begun = now();
    let summary = sweep(start..start + SEEDS, true, run, |_| ());
    println!("{SEEDS} seeds from {start} on in {:?}: {}", begun.elapsed(), summary.tally);
    print!("{}", summary.coverage);
    for (name, seeds) in summary.by_failure() {
        println!("{name}: seeds {:?}", &seeds[..seeds.len().min(10)]);
    }
    assert!(
        summary.failed.is_empty(),
        "seeds fail; cargo run -p otc-testkit --bin otc-sim -- --start SEED --seeds 1"
    );
    let missing = summary.coverage.missing();
    assert!(missing.is_empty(), "never happened: {missing:?}");
}

#[expect(clippy::disallowed_methods, reason = "how long it took is for people to read")]
fn now() -> Instant {
    Instant::now()
}
