//! Every bound, at its edge.

use std::time::Duration;

use otc_protocol::rumor::{Frame, FrameType, header};
use serde_json::json;

use crate::harness::*;

#[test]
fn signal_types_may_have_128_bytes_and_not_129() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    for (length, status) in [(0, 200), (1, 200), (127, 200), (128, 200), (129, 413), (60_000, 413)] {
        let sent = signal(&format!("t{length}"), &"t".repeat(length), "");
        assert_eq!(a.ask(&mut world, &sent), status, "{length}");
    }
}

#[test]
fn signal_data_may_have_8192_characters_and_not_8193() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    for character in ["x", "é", "😀", "\"", "\u{1}"] {
        for (length, status) in [(8191, 200), (8192, 200), (8193, 413)] {
            let id = format!("{length}{}", character.escape_unicode());
            assert_eq!(a.ask(&mut world, &signal(&id, "", &character.repeat(length))), status, "{id}");
        }
    }
    let list = |units: usize| json!({ "data": ["x".repeat(units - 4)] });
    for (units, status) in [(8192, 200), (8193, 413)] {
        let body =
            json!({ "method": "signal", "uri": format!("{}/signal/x", topic()), "content": list(units) });
        assert_eq!(a.ask(&mut world, &request(&format!("list{units}"), &body)), status);
    }
}

#[test]
fn the_longest_legal_signal_passes_however_it_is_escaped() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    let payload = format!(
        "{{\"method\":\"signal\",\"uri\":\"{}/signal/x\",\"content\":{{\"data\":\"{}\"}}}}",
        topic(),
        "\\ud83d\\ude00".repeat(8192)
    );
    assert_eq!(a.ask(&mut world, &raw_request("t", &payload)), 200);
    let padded =
        payload.replace("\"content\"", &format!("\"padding\":\"{}\",\"content\"", "x".repeat(33_000)));
    assert!(padded.len() > 128 * 1024);
    assert_eq!(a.ask(&mut world, &raw_request("t2", &padded)), 413, "nor may more be hidden in it");
}

#[test]
fn a_well_formed_request_that_is_too_large_is_answered_413_and_the_client_stays() {
    let mut world = World::new();
    let mut a = Join::new("A").enter(&mut world);
    let large = raw_request("t", &"x".repeat(256 * 1024));
    assert_eq!(a.ask(&mut world, &large), 413);
    assert_eq!(a.ask(&mut world, &large), 413, "a repeat as well");
    assert_eq!(a.ask(&mut world, &signal("t2", "", "x")), 200);
    assert_eq!(a.hear(&mut world), ["signal x from A"]);
    a.send(&mut world, &Frame::new(FrameType::Ping).with_data("x".repeat(256 * 1024)));
    assert_eq!(a.closed(&mut world), Some(1011), "nothing else has a reason to be so large");
}

#[test]
fn a_create_that_is_too_large_is_refused() {
    let mut world = World::new();
    let peer = world.open(None, false);
    world.send(
        peer,
        &create("t", &token("publisher", ""), "A", &json!({ "userAgent": "x".repeat(256 * 1024) })),
    );
    assert_eq!((world.status(peer, "t"), world.closed(peer)), (Some(413), Some(1000)));
}

#[test]
fn transaction_ids_may_have_255_bytes() {
    let mut world = World::new();
    let mut a = Join::new("A").enter(&mut world);
    for (length, status) in [(255, 200), (256, 400)] {
        let sent = signal(&"t".repeat(length), "", "x");
        assert_eq!(a.ask(&mut world, &sent), status);
        assert_eq!(a.ask(&mut world, &sent), status);
    }
    assert_eq!(a.hear(&mut world), ["signal x from A"]);
}

#[test]
fn a_client_that_acknowledges_nothing_is_ended_when_too_many_messages_are_kept_for_it() {
    let mut world = World::with(|limits| limits.kept_messages = 10);
    let mut a = Join::new("A").enter(&mut world);
    let b = Join::new("B").enter(&mut world);
    let _ = a.hear(&mut world);
    for n in 0..10 {
        a.send(&mut world, &signal(&format!("t{n}"), "", "x"));
        let _ = a.hear(&mut world);
    }
    assert_eq!(b.closed(&mut world), None, "as many as may be");
    a.send(&mut world, &signal("one-more", "", "x"));
    assert_eq!(b.closed(&mut world), Some(1011));
    assert_eq!(
        a.hear(&mut world),
        ["signal x from A", "status one-more 200", "deleted B networkDisconnected"]
    );
    let stats = world.hub.stats();
    assert_eq!((stats.rejected.kept_overflow, stats.lost, stats.kept_messages), (1, 1, 0));
}

#[test]
fn a_client_that_is_away_for_too_many_bytes_cannot_resume() {
    let mut world = World::with(|limits| limits.kept_bytes = 100_000);
    let mut a = Join::new("A").enter(&mut world);
    let mut b = Join::new("B").enter(&mut world);
    let _ = a.hear(&mut world);
    b.lose(&mut world);
    let mut gone = None;
    for n in 0..20 {
        a.send(&mut world, &signal(&format!("t{n}"), "", &"x".repeat(8000)));
        if a.hear(&mut world).iter().any(|gist| gist == "deleted B networkDisconnected") {
            gone.get_or_insert(n);
        }
    }
    assert_eq!(gone, Some(11), "at the first that does not fit into 100,000 bytes");
    b.come_back(&mut world);
    b.send(&mut world, &ping());
    assert_eq!(b.closed(&mut world), Some(1011), "with a hole in it, it is not resumed");
}

#[test]
fn several_that_overflow_at_once_all_end_and_the_others_stay() {
    let mut world = World::with(|limits| limits.kept_messages = 5);
    let mut a = Join::new("A").enter(&mut world);
    let silent = ["B", "C", "D"].map(|id| {
        let client = Join::new(id).enter(&mut world);
        let _ = a.hear(&mut world);
        client
    });
    for n in 0..6 {
        a.send(&mut world, &signal(&format!("t{n}"), "", "x"));
        let _ = a.hear(&mut world);
    }
    for client in &silent {
        assert_eq!(client.closed(&mut world), Some(1011));
    }
    assert_eq!(world.hub.stats().connections, 1);
    assert_eq!(a.ask(&mut world, &signal("t", "", "x")), 200);
}

#[test]
fn a_client_that_never_reads_the_session_is_bounded_too() {
    let mut world = World::with(|limits| limits.kept_messages = 5);
    let mut a = Join::new("A").enter(&mut world);
    for join in [Join::new("B").version("js-2.7.6"), Join::new("C").family_a()] {
        let peer = join.begin(&mut world);
        let _ = a.hear(&mut world);
        for n in 0..6 {
            a.send(&mut world, &signal(&format!("{}{n}", join.id), "", "x"));
            let _ = a.hear(&mut world);
        }
        assert_eq!(world.closed(peer), Some(1011));
    }
}

#[test]
fn a_client_that_sends_too_fast_is_not_read_for_a_while_and_loses_nothing() {
    let mut world = World::with(|limits| (limits.requests_per_second, limits.request_burst) = (10, 20));
    let a = Join::new("A").enter(&mut world);
    for n in 0..21 {
        a.send(&mut world, &signal(&format!("t{n}"), "", "x"));
    }
    let seen = world.take(a.peer);
    let pauses: Vec<&Seen> = seen.iter().filter(|seen| matches!(seen, Seen::Pause(_))).collect();
    assert_eq!(pauses, [&Seen::Pause(Duration::from_millis(100))]);
    let accepted =
        seen.iter().filter(|seen| matches!(seen, Seen::Frame(f) if f.kind == FrameType::Status)).count();
    assert_eq!(accepted, 21, "none is refused");
    for n in 21..200 {
        a.send(&mut world, &signal(&format!("t{n}"), "", "x"));
    }
    world.pass(Duration::from_millis(100));
    let _ = world.take(a.peer);
    a.send(&mut world, &ping());
    let seen = world.take(a.peer);
    assert_eq!(
        seen[0],
        Seen::Pause(Duration::from_secs(1)),
        "what was read meanwhile is paid for, within limits"
    );
    assert_eq!(world.hub.stats().signals_in, 200);
}

#[test]
fn acknowledgements_are_free() {
    let mut world = World::with(|limits| (limits.requests_per_second, limits.request_burst) = (1, 1));
    let mut a = Join::new("A").enter(&mut world);
    let senders = ["B", "C", "D", "E"].map(|id| Join::new(id).enter(&mut world));
    for client in &senders {
        client.send(&mut world, &signal("t", "", "x"));
    }
    assert_eq!(a.hear(&mut world).len(), 8);
    assert!(!world.take(a.peer).iter().any(|seen| matches!(seen, Seen::Pause(_))));
    assert_eq!(world.hub.stats().pauses, 0);
}

#[test]
fn a_new_socket_is_read_but_does_not_make_a_client_faster() {
    let mut world = World::with(|limits| (limits.requests_per_second, limits.request_burst) = (10, 20));
    let mut a = Join::new("A").enter(&mut world);
    (0..30).for_each(|n| a.send(&mut world, &signal(&format!("t{n}"), "", "x")));
    a.lose(&mut world);
    a.come_back(&mut world);
    let _ = world.take(a.peer);
    a.send(&mut world, &signal("t", "", "x"));
    assert!(world.take(a.peer).contains(&Seen::Pause(Duration::from_secs(1))));
}

#[test]
fn refusals_say_why_in_one_short_line() {
    let mut world = World::new();
    let a = Join::new("A").role("publisheronly").enter(&mut world);
    a.send(&mut world, &signal("t", "", "x"));
    let reason = a.peek(&mut world)[0].header(header::REASON).cloned();
    assert_eq!(reason.as_deref(), Some("role publisheronly may not signal"));
}

/// Sends signals of A to everyone and tells which of them A was not read after, and for how many milliseconds. A acknowledges
/// what it is sent.
fn breaks(
    world: &mut World,
    a: &mut Client,
    names: impl Iterator<Item = usize>,
    apart_ms: u64,
) -> Vec<(usize, u64)> {
    let mut breaks = Vec::new();
    for n in names {
        world.pass(Duration::from_millis(apart_ms));
        a.send(world, &signal(&format!("t{n}"), "", "x"));
        let seen = world.take(a.peer);
        breaks.extend(seen.iter().filter_map(|seen| match seen {
            Seen::Pause(pause) => Some((n, pause.as_millis() as u64)),
            _ => None,
        }));
        let frames: Vec<Frame> = seen
            .into_iter()
            .filter_map(|seen| if let Seen::Frame(frame) = seen { Some(frame) } else { None })
            .collect();
        a.acknowledge(world, &frames);
    }
    breaks
}

/// A relay that keeps 64 messages for a client, with A and B in a session.
fn behind() -> (World, Client, Client) {
    let mut world = World::with(|limits| (limits.kept_messages, limits.requests_per_second) = (64, 10));
    let mut a = Join::new("A").enter(&mut world);
    let mut b = Join::new("B").enter(&mut world);
    let _ = a.hear(&mut world);
    let _ = b.hear(&mut world);
    // What entering cost has been paid for.
    world.pass_s(10);
    (world, a, b)
}

#[test]
fn whoever_sends_a_burst_waits_for_those_who_are_behind_with_acknowledging() {
    let (mut world, mut a, mut b) = behind();
    // 33 signals are more than half of what is kept, and two of them are no burst: 31 are owed at 10 a second.
    assert_eq!(breaks(&mut world, &mut a, 0..40, 0), [(32, 1000)]);
    world.pass(Duration::from_millis(999));
    assert_eq!(breaks(&mut world, &mut a, 40..44, 0), [], "the pause is not over");
    world.pass(Duration::from_millis(1));
    assert_eq!(breaks(&mut world, &mut a, 44..46, 0), [(44, 1000)]);
    let stats = world.hub.stats();
    assert_eq!((stats.waits, stats.pauses), (2, 0), "it was not too fast");
    let frames = b.peek(&mut world);
    b.acknowledge(&mut world, &frames);
    world.pass_s(2);
    assert_eq!(breaks(&mut world, &mut a, 46..70, 0), [], "B has caught up");
}

#[test]
fn whoever_sends_no_more_than_in_the_long_run_waits_for_nobody() {
    let (mut world, mut a, _b) = behind();
    assert_eq!(breaks(&mut world, &mut a, 0..64, 100), []);
}

#[test]
fn nobody_waits_for_clients_that_are_away() {
    let (mut world, mut a, b) = behind();
    b.lose(&mut world);
    assert_eq!(breaks(&mut world, &mut a, 0..64, 0), []);
}

#[test]
fn whoever_is_behind_itself_waits_a_moment_only() {
    let (mut world, a, mut b) = behind();
    for n in 0..60 {
        a.send(&mut world, &signal(&format!("t{n}"), "", "x"));
        let frames = b.peek(&mut world);
        b.acknowledge(&mut world, &frames);
    }
    let pauses: Vec<Seen> =
        world.take(a.peer).into_iter().filter(|seen| matches!(seen, Seen::Pause(_))).collect();
    assert_eq!(pauses, [Seen::Pause(Duration::from_millis(10))]);
}
