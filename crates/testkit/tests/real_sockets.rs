//! Clients, a relay and a network that breaks, over real sockets: a sample of what `make cuts` runs in full.
#![forbid(unsafe_code)]

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use otc_testkit::real::cuts::{Outcome, converse_at, lengths, sample};
use otc_testkit::real::{Ground, fresh_seed};

/// Conversations at a time.
const AT_A_TIME: usize = 8;

/// How many places are tried.
const CUTS: usize = 60;

#[test]
fn conversation_survives_a_cut_after_any_byte() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(fresh_seed);
    println!("SEED={seed}");
    let ground = Ground::new(Path::new(env!("CARGO_BIN_EXE_otc-test-relay"))).expect("a relay");
    let lengths = lengths(&ground).expect("a proxy");
    let places = sample(lengths, seed, CUTS);
    let cut = AtomicU64::new(0);
    let judge = |place, outcome: Outcome| {
        let (verdict, tail) = (&outcome.verdict, outcome.tail.join("\n"));
        assert!(verdict.is_clean(), "SEED={seed} {place:?}: {verdict}\n{tail}");
        assert_eq!(verdict.tally.sent, 100, "SEED={seed} {place:?}");
        cut.fetch_add(outcome.counts.cut, Ordering::Relaxed);
        true
    };
    converse_at(&ground, &places, AT_A_TIME, judge).expect("a proxy");
    let cut = cut.into_inner();
    // Only the very last bytes may not be reached, because their number varies a little.
    assert!(cut > CUTS as u64 / 2, "SEED={seed}: only {cut} links were cut");
}
