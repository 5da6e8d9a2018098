//! Clients, a relay and a network that breaks, over real sockets: a sample of what `make cuts` runs in full.
#![forbid(unsafe_code)]

use otc_testkit::real::cuts::{converse, lengths, sample};
use otc_testkit::real::{Ground, fresh_seed};

/// How many places are tried.
const CUTS: usize = 60;

#[test]
fn conversation_survives_a_cut_after_any_byte() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(fresh_seed);
    println!("SEED={seed}");
    let ground = Ground::new().expect("a relay");
    let lengths = lengths(&ground).expect("a proxy");
    let places = sample(lengths, seed, CUTS);
    let mut cut = 0;
    for place in places {
        let outcome = converse(&ground, Some(place)).expect("a proxy");
        assert!(
            outcome.verdict.is_clean(),
            "SEED={seed} {place:?}: {}\n{}",
            outcome.verdict,
            outcome.tail.join("\n")
        );
        assert_eq!(outcome.verdict.tally.sent, 100, "SEED={seed} {place:?}");
        cut += outcome.counts.cut;
    }
    // Only the very last bytes may not be reached, because their number varies a little.
    assert!(cut > CUTS as u64 / 2, "SEED={seed}: only {cut} links were cut");
}
