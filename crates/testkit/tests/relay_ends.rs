//! A relay process that ends under traffic: clients end with an honest error, nothing is missing in between, and they
//! can join its successor.
#![forbid(unsafe_code)]
#![cfg(unix)]

use std::path::Path;

use otc_testkit::real::Ground;
use otc_testkit::real::ends::{End, outlive};
use otc_testkit::real::program::RelaySettings;

/// An established session ended by fault.
const CONNECTION_DROPPED: i32 = 1022;
/// Nothing listens.
const CONNECTION_REFUSED: i32 = 1023;

fn check(end: End, refusal: Option<i32>) {
    let relay = Path::new(env!("CARGO_BIN_EXE_otc-test-relay"));
    let mut ground = Ground::new(relay, RelaySettings::default()).expect("a relay");
    let outcome = outlive(&mut ground, end).expect("a relay again");
    assert!(outcome.verdict.is_clean(), "{}\n{}", outcome.verdict, outcome.tail.join("\n"));
    assert_eq!(outcome.errors, [CONNECTION_DROPPED; 3], "each client is told why, once");
    assert_eq!(outcome.refusal, refusal);
    // Each of the three joined twice.
    assert_eq!(outcome.verdict.tally.joins, 6, "{}", outcome.verdict);
    assert!(outcome.verdict.tally.arrived > 2_000, "{}", outcome.verdict);
}

#[test]
fn clients_of_a_relay_that_was_killed_and_replaced_end_honestly() {
    check(End::Killed, None);
}

#[test]
fn clients_of_a_relay_that_was_killed_and_stays_away_give_up_honestly() {
    check(End::KilledForLong, Some(CONNECTION_REFUSED));
}

#[test]
fn clients_of_a_relay_that_was_asked_to_end_are_told_at_once() {
    check(End::Terminated, Some(CONNECTION_REFUSED));
}
