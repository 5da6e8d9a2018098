//! What the log says, and how much of it a relay can bring about.

use otc_protocol::rumor::{Frame, FrameType};

use super::harness::*;
use crate::session::*;

/// Lines of the log since the last call.
fn take_lines(h: &mut Harness) -> Vec<String> {
    h.pump();
    std::mem::take(&mut h.log).into_iter().map(|record| record.text).collect()
}

/// Floods the session with messages that make no sense, and returns the lines that came of it.
fn flood(h: &mut Harness, link: LinkId, messages: u32) -> Vec<String> {
    for _ in 0..messages {
        let frame = h.message(SYMPHONY, "nonsense");
        h.tell(link, &frame);
    }
    take_lines(h)
}

#[test]
fn a_flood_of_nonsense_is_logged_within_bounds_and_counted_in_full() {
    let mut h = Harness::new();
    let link = h.join();
    take_lines(&mut h);
    let lines = flood(&mut h, link, 5_000);
    assert_eq!(lines.len(), 20);
    assert!(
        lines.iter().all(|line| line.starts_with("a message of the relay was passed over: ")),
        "{lines:?}"
    );
    assert_eq!(h.session.counters().malformed, 5_000);
    // Ten seconds make up for one line: it says what was missing, or comes before the next flood.
    let lines: Vec<_> = (0..1_200)
        .flat_map(|_| {
            h.advance_ms(3_000);
            h.tell(link, &Frame::new(FrameType::Pong));
            flood(&mut h, link, 10)
        })
        .collect();
    assert!((300..=361).contains(&lines.len()), "{}", lines.len());
    let told: u64 = lines.iter().map(|line| left_out(line)).sum();
    h.session.disconnect(h.now).unwrap();
    h.close(link, 1000);
    let rest = take_lines(&mut h);
    let told = told + rest.iter().map(|line| left_out(line)).sum::<u64>();
    let shown = 20 + lines.iter().filter(|line| left_out(line) == 0).count() as u64;
    assert_eq!(told + shown, h.session.counters().malformed, "{rest:?}");
}

/// How many messages of the relay a line says to have been left out.
fn left_out(line: &str) -> u64 {
    let count = line.strip_prefix("left out of the log: ").and_then(|rest| rest.split_once(' '));
    count
        .filter(|(_, what)| *what == "messages of the relay that were passed over")
        .map_or(0, |(count, _)| count.parse().expect("a count"))
}

#[test]
fn each_kind_of_line_that_a_relay_can_repeat_has_a_bound_of_its_own() {
    let mut h = Harness::new();
    let link = h.connect_to_create();
    let mut state = state_of([&*h.own_id(), "b"]);
    state.connection[0].permissions.push("forcedisconnect".into());
    h.accept_create(link, &state);
    h.take_events();
    take_lines(&mut h);
    let repeat = |h: &mut Harness, say: &mut dyn FnMut(&mut Harness)| {
        (0..500).for_each(|_| say(h));
        take_lines(h).len()
    };
    assert_eq!(flood(&mut h, link, 500).len(), 20);
    let unknown = r#"{"method":"offer","uri":"/v2/partner/100/session/S/stream/t","content":{}}"#;
    let unknown = repeat(&mut h, &mut |h| {
        let frame = h.message("b", unknown);
        h.tell(link, &frame);
    });
    assert_eq!(unknown, 20);
    // The same answer again and again to one signal; and one each to many.
    h.send("x").unwrap();
    let (id, _) = h.take_signals(link).remove(0);
    assert_eq!(repeat(&mut h, &mut |h| h.tell(link, &status(&id, "400"))), 20);
    let removal = repeat(&mut h, &mut |h| {
        h.session.force_disconnect("b", h.now).unwrap();
        h.pump();
        let id = transaction_of(&h.take_sent(link).pop().unwrap());
        h.tell(link, &status(&id, "400"));
    });
    assert_eq!(removal, 20);
    h.take_events();
    let mut link = link;
    let links = repeat(&mut h, &mut |h| {
        link = h.cut_and_resume(link);
        // What a link brings makes the next attempt come at once.
        let frame = h.signal("b", "x");
        h.tell(link, &frame);
        h.take_events();
    });
    assert_eq!(links, 100);
    h.close(link, 1011);
    let lines = take_lines(&mut h);
    for (count, what) in [
        (480, "messages of the relay that were passed over"),
        (480, "messages of the relay that mean nothing here"),
        (480, "signals that the relay refused"),
        (480, "removals that the relay refused"),
        (900, "lines about links that were lost, sought or found again"),
    ] {
        let line = format!("left out of the log: {count} {what}");
        assert!(lines.contains(&line), "{line}: {lines:?}");
    }
}

#[test]
fn the_log_that_nobody_polls_is_bounded_and_says_what_it_left_out() {
    let mut h = Harness::new();
    // Two lines each.
    for _ in 0..150 {
        h.session.connect("x".repeat(20_000), h.now).unwrap();
    }
    h.pump();
    assert_eq!(h.log.len(), 257);
    assert_eq!(h.log.last().unwrap().text, "log lines left out: 44");
}
