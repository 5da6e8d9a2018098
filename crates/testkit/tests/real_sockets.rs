//! Clients, a relay and a network that breaks, over real sockets: a sample of what `make cuts` runs in full.
#![forbid(unsafe_code)]

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use otc_testkit::real::burst::burst;
use otc_testkit::real::cuts::{self, Outcome, converse_at, lengths, sample};
use otc_testkit::real::program::RelaySettings;
use otc_testkit::real::soak::{Plan, Progress, round};
use otc_testkit::real::{Ground, fresh_seed};

const RELAY_PROGRAM: &str = env!("CARGO_BIN_EXE_otc-test-relay");

/// Conversations at a time.
const AT_A_TIME: usize = 8;

/// How many places are tried.
const CUTS: usize = 60;

#[test]
fn conversation_survives_a_cut_after_any_byte() {
    let seed = seed();
    println!("SEED={seed}");
    let ground = Ground::new(Path::new(RELAY_PROGRAM), cuts::RELAY).expect("a relay");
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

#[test]
fn signals_survive_links_that_fail_in_every_way() {
    let seed = seed();
    println!("SEED={seed}");
    let ground = Ground::new(Path::new(RELAY_PROGRAM), RelaySettings::default()).expect("a relay");
    let plan = Plan { seed, clients: 4, signals: 4_000, cuts: 200 };
    let outcome =
        round(&ground, plan, &Progress::default()).unwrap_or_else(|error| panic!("SEED={seed}: {error}"));
    let (verdict, tail) = (&outcome.verdict, outcome.tail.join("\n"));
    assert!(verdict.is_clean(), "SEED={seed}: {verdict}\n{tail}");
    assert_eq!(verdict.tally.sent, 4_000, "SEED={seed}");
    assert!(outcome.cuts >= 200, "SEED={seed}: only {} links were cut", outcome.cuts);
    assert!(verdict.tally.resumes > 100, "SEED={seed}: {verdict}");
}

/// Each sends what the library takes at once; together it is twice what the relay keeps for a client that acknowledges nothing.
#[test]
fn clients_that_all_send_at_once_do_not_drown_each_other() {
    const CLIENTS: usize = 4;
    const SIGNALS: usize = 8_000;
    // So few that it is a burst on the slowest machine, too.
    let settings = RelaySettings { requests_per_second: 100, ..RelaySettings::default() };
    let ground = Ground::new(Path::new(RELAY_PROGRAM), settings).expect("a relay");
    let (verdict, errors, tail) = burst(&ground, CLIENTS, SIGNALS);
    assert!(errors.is_empty() && verdict.is_clean(), "{errors:?} {verdict}\n{}", tail.join("\n"));
    assert_eq!(verdict.tally.arrived, (CLIENTS * CLIENTS * SIGNALS) as u64, "{verdict}");
}

/// The seed that was asked for, or a new one.
fn seed() -> u64 {
    std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(fresh_seed)
}
