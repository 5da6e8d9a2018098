//! The program `otc-sim`: what it says, and its exit status.

use std::process::{Command, Output};

fn otc_sim(arguments: &[&str]) -> (Option<i32>, String, String) {
    let program = env!("CARGO_BIN_EXE_otc-sim");
    let Output { status, stdout, stderr } =
        Command::new(program).args(arguments).output().expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn clean_seeds_are_0_with_what_was_judged() {
    let (code, out, _) = otc_sim(&["--start", "7", "--seeds", "3"]);
    assert_eq!(code, Some(0), "{out}");
    let last = out.lines().last().unwrap_or("");
    assert!(last.starts_with("3 seeds from 7 on, all clean: ") && last.contains(" signals sent, "), "{last}");
    let (code, out, _) = otc_sim(&["--start", "7", "--seeds", "3", "--survey", "2"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.lines().last().unwrap_or("").starts_with("0 of 3 seeds fail: "), "{out}");
    let (code, out, _) = otc_sim(&["--trace", "7"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.starts_with("seed 7, Setup {\n") && out.contains("\n--- verdict\nhistory clean: "), "{out}");
}

#[test]
fn arguments_that_are_no_good_are_2_with_the_reason() {
    let (code, out, error) = otc_sim(&["--start", "18446744073709551615", "--seeds", "1"]);
    assert_eq!((code, &*out), (Some(2), ""), "{error}");
    assert!(error.contains("--start 18446744073709551615 and --seeds 1 together go beyond"), "{error}");
    let (code, _, error) = otc_sim(&["--seeds", "many"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("'many'") && error.contains("--seeds"), "{error}");
}

/// Planted, because no seed is known that fails.
#[cfg(feature = "planted-bugs")]
#[test]
fn seed_that_fails_is_1_with_a_small_plan_and_its_trace() {
    let (code, out, _) = otc_sim(&["--plant", "ForgottenRepeat", "--seeds", "100"]);
    assert_eq!(code, Some(1), "{out}");
    let seed =
        out.lines().find_map(|line| line.strip_prefix("seed ")?.strip_suffix(" FAILS; cutting it down"));
    let seed = seed.unwrap_or_else(|| panic!("no seed in {out}"));
    let (_, rest) = out.split_once("--- what happened\n").expect("a plan");
    let (trace, verdict) = rest.split_once("--- verdict\n").expect("a trace");
    assert!(trace.lines().count() > 10, "{trace}");
    assert!(verdict.contains("Doubled at record ") && verdict.contains("history BROKEN: "), "{verdict}");
    let enough = verdict.lines().find_map(|line| {
        let (few, all) = line.strip_prefix(&format!("seed {seed} FAILS: "))?.split_once(" of ")?;
        Some((few.parse::<usize>().ok()?, all.strip_suffix(" steps are enough")?.parse::<usize>().ok()?))
    });
    assert!(enough.is_some_and(|(few, all)| few < all && few < 10), "{verdict}");

    let again = otc_sim(&["--plant", "ForgottenRepeat", "--seeds", "1", "--start", seed]);
    assert_eq!(again.0, Some(1));
    assert_eq!(again.1.split_once("--- what happened\n").map(|(_, rest)| rest), Some(rest), "the same again");
    assert_eq!(otc_sim(&["--plant", "ForgottenRepeat", "--trace", seed]).0, Some(1));
    assert_eq!(otc_sim(&["--plant", "ForgottenRepeat", "--seeds", "100", "--survey", "1"]).0, Some(1));
}
