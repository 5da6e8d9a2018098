//! The small parts by themselves.

use std::collections::HashSet;
use std::time::Duration;

use crate::session::dedup::Recent;
use crate::session::ids::Ids;
use crate::session::join::Join;
use crate::session::reconnect;
use crate::session::text::{foreign, open_failure, public_url, seconds};
use crate::session::{Session, SessionConfig};

#[test]
fn ids_are_version_four_uuids_and_all_different() {
    let mut ids = Ids::new([1; 32]);
    let made: HashSet<String> = (0..1_000).map(|_| ids.uuid()).collect();
    assert_eq!(made.len(), 1_000);
    for id in made {
        let groups: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12], "{id}");
        assert!(id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-')), "{id}");
        assert_eq!(id.as_bytes()[14], b'4', "{id}");
        assert!(matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{id}");
    }
}

#[test]
fn the_same_seed_makes_the_same_ids_and_another_seed_others() {
    let id = |seed| Ids::new([seed; 32]).uuid();
    assert_eq!(id(1), id(1));
    assert_ne!(id(1), id(2));
}

#[test]
fn a_series_finds_the_numbers_of_its_ids_and_of_no_others() {
    let mut ids = Ids::new([1; 32]);
    let (series, other) = (ids.series(), ids.series());
    for number in [0, 1, 255, 1 << 40] {
        let id = series.text(number);
        assert_eq!(id.len(), 36);
        assert_eq!(series.number(&id), Some(number));
        assert_eq!(other.number(&id), None);
    }
    let id = series.text(10);
    for wrong in
        [&id[..35], &id.to_uppercase(), &id.replace("00000000000a", "+0000000000a"), "", &format!("{id}0")]
    {
        assert_eq!(series.number(wrong), None, "{wrong}");
    }
}

#[test]
fn jitter_stays_in_its_range_and_varies() {
    let mut ids = Ids::new([1; 32]);
    let values: Vec<f64> = (0..1_000).map(|_| ids.jitter()).collect();
    assert!(values.iter().all(|value| (0.0..1.0).contains(value)));
    let mean = values.iter().sum::<f64>() / 1_000.0;
    assert!((0.45..0.55).contains(&mean), "{mean}");
}

#[test]
fn a_memory_tells_news_from_repeats_until_it_is_full() {
    let mut memory = Recent::new(7, 3);
    assert!(!memory.contains("a"));
    for id in ["a", "b", "c"] {
        assert!(memory.insert(id));
        assert!(!memory.insert(id));
    }
    assert!(memory.insert("d"), "news");
    assert!(!memory.contains("a"), "the oldest went");
    assert!(memory.contains("b") && memory.contains("c") && memory.contains("d"));
    memory.remove("c");
    assert!(!memory.contains("c"));
    assert!(memory.insert("c"));
    memory.remove("never there");
}

#[test]
fn a_memory_of_nothing_remembers_one() {
    let mut memory = Recent::new(7, 0);
    assert!(memory.insert("a"));
    assert!(!memory.insert("a"));
    assert!(memory.insert("b"));
}

#[test]
fn pauses_double_up_to_their_cap_and_never_overflow() {
    let config = SessionConfig { reconnect_spread: 0.0, ..Default::default() };
    let ms = |attempt| reconnect::pause(&config, attempt, 0.5).as_millis();
    let pauses: Vec<u128> = (0..7).map(ms).collect();
    assert_eq!(pauses, [0, 500, 1_000, 2_000, 4_000, 4_000, 4_000]);
    assert_eq!(ms(u32::MAX), 4_000);
}

#[test]
fn jitter_spreads_pauses_by_a_fifth_either_way() {
    let config = SessionConfig::default();
    let at = |jitter| reconnect::pause(&config, 2, jitter);
    assert_eq!(at(0.0), Duration::from_millis(800));
    assert_eq!(at(0.5), Duration::from_millis(1_000));
    assert!(at(0.999_999) <= Duration::from_millis(1_200));
    assert!(at(0.999_999) > Duration::from_millis(1_199));
}

#[test]
fn the_first_attempt_is_at_once_until_too_many_links_were_fruitless() {
    let config = SessionConfig { fruitless_count: 3, ..Default::default() };
    let first: Vec<u32> = (0..6).map(|fruitless| reconnect::first_attempt(&config, fruitless)).collect();
    assert_eq!(first, [0, 0, 0, 0, 1, 2]);
}

#[test]
fn addresses_are_shown_without_what_is_secret_in_them() {
    let cases = [
        ("ws://host:1/path?socketId=1&attempt=2", "ws://host:1/path"),
        ("wss://user:pass@host/a@b", "wss://host/a@b"),
        ("wss://u:p@ss@host", "wss://host"),
        ("ws://host#token", "ws://host"),
        ("nonsense", "nonsense"),
        ("", ""),
    ];
    for (url, shown) in cases {
        assert_eq!(public_url(url), shown);
    }
}

#[test]
fn foreign_words_are_cut_cleaned_and_rid_of_secrets() {
    assert_eq!(foreign("a\nb\tc\u{7f}", ""), "a b c ");
    assert_eq!(foreign("the token tok is bad", "tok"), "the [secret]en [secret] is bad");
    let long = foreign(&"é".repeat(1_000), "");
    assert_eq!(long.chars().count(), 203);
    assert!(long.ends_with("..."));
    // An address and a cause of three hundred characters each, and the hint at the default address, are kept whole.
    let account = "x".repeat(700);
    assert_eq!(open_failure(&account, ""), account);
    assert_eq!(open_failure(&"x".repeat(10_000), "").len(), 803);
}

#[test]
fn durations_are_told_in_seconds() {
    let cases = [(0, "0 s"), (250, "0.2 s"), (9_900, "9.9 s"), (60_000, "60 s")];
    for (ms, text) in cases {
        assert_eq!(seconds(Duration::from_millis(ms)), text);
    }
}

#[test]
fn a_session_at_rest_is_small_and_can_change_threads() {
    fn is_send<T: Send>() {}
    is_send::<Session>();
    // Per session: itself, its join, and short texts. Queues and memories allocate nothing before their first use.
    let bytes = size_of::<Session>() + size_of::<Join>();
    assert!(bytes <= 2_560, "{bytes}");
}
