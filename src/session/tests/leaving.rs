//! Leaving: the drain, the goodbye, the time limits; and delete, which does the same in silence.

use otc_protocol::rumor::{Frame, FrameType};

use super::harness::*;
use crate::session::*;

const PING: FrameType = FrameType::Ping;
const DISCONNECT: FrameType = FrameType::Disconnect;

fn leave(h: &mut Harness) {
    assert_eq!(h.session.disconnect(h.now), Ok(()));
    h.pump();
}

/// What a driver reports when it has done what it was asked.
fn closed(h: &mut Harness, link: LinkId) {
    h.lose(link, LinkLoss::Closed { code: None, reason: String::new() });
}

#[test]
fn leaving_says_goodbye_closes_and_is_over_when_the_link_is() {
    let mut h = Harness::new();
    let link = h.join();
    h.take_actions();
    leave(&mut h);
    assert_eq!(h.session.state(), StateName::Disconnecting);
    assert_eq!(h.take_sent(link), [Frame::new(DISCONNECT)], "without a header that promises to come back");
    assert_eq!(h.take_actions(), [Action::CloseLink { link, code: None }]);
    assert_eq!(h.take_names(), [""; 0]);
    closed(&mut h, link);
    assert_eq!(h.take_names(), ["disconnected"]);
    assert_eq!(h.session.state(), StateName::Idle);
    assert_eq!(h.session.poll_timeout(), None);
}

#[test]
fn a_link_that_does_not_end_holds_leaving_up_for_three_seconds() {
    let mut h = Harness::new();
    let link = h.join();
    h.take_actions();
    leave(&mut h);
    h.take_actions();
    h.advance_ms(2_999);
    assert_eq!(h.take_names(), [""; 0]);
    h.advance_ms(1);
    assert_eq!(h.take_names(), ["disconnected"]);
    assert_eq!(h.take_actions(), [Action::AbandonLink { link }]);
    closed(&mut h, link);
    assert_eq!(h.take_names(), [""; 0], "exactly once");
}

#[test]
fn leaving_waits_for_signals_to_be_written_before_it_says_goodbye() {
    let mut h = Harness::new();
    h.writes = false;
    let link = h.join();
    h.session.handle_sent(link, 3, h.now);
    h.take_actions();
    h.send("a").unwrap();
    h.send_with("b", Target::Everyone, false).unwrap();
    leave(&mut h);
    assert_eq!(h.take_signals(link).len(), 2);
    h.session.handle_sent(link, 1, h.now);
    assert_eq!(h.take_sent(link), []);
    h.advance_ms(500);
    h.session.handle_sent(link, 1, h.now);
    assert_eq!(h.take_kinds(link), [DISCONNECT], "when the last is written, answered or not");
}

#[test]
fn signals_still_in_the_outbox_are_written_out_while_leaving() {
    let mut h = Harness::new();
    let link = h.join();
    for n in 0..50 {
        let data = n.to_string();
        let signal =
            OutgoingSignal { kind: b"", data: data.as_bytes(), target: Target::Everyone, retry: n % 2 == 0 };
        h.session.send_signal(signal, h.now).unwrap();
    }
    // Nothing of it was polled yet.
    h.session.disconnect(h.now).unwrap();
    let frames = h.take_sent(link);
    assert_eq!(frames.iter().filter_map(signal_in).count(), 50);
    assert_eq!(frames.last().map(|frame| frame.kind), Some(DISCONNECT));
}

#[test]
fn the_drain_takes_at_most_one_second() {
    let mut h = Harness::new();
    h.writes = false;
    let link = h.join();
    h.take_actions();
    h.send("stuck").unwrap();
    leave(&mut h);
    h.take_sent(link);
    h.advance_ms(999);
    assert_eq!(h.take_sent(link), []);
    h.advance_ms(1);
    assert_eq!(h.take_kinds(link), [DISCONNECT]);
    assert_eq!(h.take_actions(), [Action::CloseLink { link, code: None }]);
    h.advance_ms(2_000);
    assert_eq!(h.take_names(), ["disconnected"]);
    assert_eq!(h.session.counters().signals_dropped, 1);
    assert!(
        h.log.iter().any(|record| record.text == "signals without an answer at the end of the session: 1")
    );
}

#[test]
fn answers_that_come_while_leaving_count() {
    let mut h = Harness::new();
    let link = h.join();
    h.send("x").unwrap();
    let (id, _) = h.take_signals(link).remove(0);
    leave(&mut h);
    h.tell(link, &status(&id, "200"));
    closed(&mut h, link);
    assert_eq!(h.session.counters().signals_dropped, 0);
}

#[test]
fn nothing_but_the_end_is_told_after_leaving_began() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    // One event that was not polled yet, and one that comes later.
    let frame = h.signal("b", "before");
    h.session.handle_message(link, frame.encode().unwrap(), h.now);
    h.session.disconnect(h.now).unwrap();
    let (signal, created) = (h.signal("b", "after"), h.created("c"));
    h.tell(link, &signal);
    h.tell(link, &created);
    closed(&mut h, link);
    assert_eq!(h.take_names(), ["disconnected"]);
}

#[test]
fn a_link_lost_while_draining_ends_it() {
    let mut h = Harness::new();
    h.writes = false;
    let link = h.join();
    h.send("x").unwrap();
    leave(&mut h);
    h.cut(link);
    assert_eq!(h.take_names(), ["disconnected"]);
}

#[test]
fn leaving_while_session_info_is_fetched_cancels_it() {
    let mut h = Harness::new();
    h.connect();
    let id = h.take_info();
    leave(&mut h);
    assert_eq!(h.take_actions(), [Action::CancelSessionInfo { id }]);
    assert_eq!(h.take_names(), ["disconnected"]);
    h.answer_info(id, Ok(info()));
    h.advance_ms(60_000);
    assert_eq!(h.take_actions(), []);
    assert_eq!(h.take_names(), [""; 0]);
}

#[test]
fn leaving_between_two_tries_for_session_info_cancels_the_next() {
    let mut h = Harness::new();
    h.connect();
    let id = h.take_info();
    h.answer_info(id, Err(InfoFailure::Refused { code: 503, reason: String::new() }));
    leave(&mut h);
    assert_eq!(h.take_names(), ["disconnected"]);
    h.advance_ms(60_000);
    assert_eq!(h.take_actions(), []);
}

#[test]
fn leaving_while_the_first_link_opens_abandons_it() {
    let mut h = Harness::new();
    let (link, _) = h.connect_to_link();
    leave(&mut h);
    assert_eq!(h.take_actions(), [Action::AbandonLink { link }]);
    assert_eq!(h.take_names(), ["disconnected"]);
    h.open(link);
    assert_eq!(h.take_sent(link), []);
}

#[test]
fn leaving_while_create_is_pending_tells_the_relay() {
    let mut h = Harness::new();
    let link = h.connect_to_create();
    h.take_sent(link);
    leave(&mut h);
    assert_eq!(h.take_kinds(link), [DISCONNECT]);
    assert_eq!(h.take_actions(), [Action::CloseLink { link, code: None }]);
    // The answer that was under way changes nothing.
    let own = h.own_id();
    let payload = serde_json::to_string(&state_of([&*own])).unwrap();
    h.tell(link, &status("00000000-0000-4000-8000-000000000002", "200").with_data(payload));
    closed(&mut h, link);
    assert_eq!(h.take_names(), ["disconnected"]);
}

#[test]
fn leaving_without_a_link_makes_one_quiet_try_to_tell_the_relay() {
    let mut h = Harness::new();
    let link = h.join();
    h.send("given up").unwrap();
    h.cut(link);
    let (failed, _) = h.take_open();
    h.refuse_open(failed, OpenFailure::Connect);
    h.take_names();
    leave(&mut h);
    let (last, url) = h.take_open();
    assert!(url.contains("&reconnect=true&"));
    h.open(last);
    assert_eq!(h.take_kinds(last), [DISCONNECT], "and nothing else");
    assert_eq!(h.take_actions(), [Action::CloseLink { link: last, code: None }]);
    closed(&mut h, last);
    assert_eq!(h.take_names(), ["disconnected"]);
    assert_eq!(h.session.counters().signals_dropped, 1);
}

#[test]
fn the_quiet_try_has_one_second() {
    let mut h = Harness::new();
    let link = h.join();
    h.cut(link);
    let (opening, _) = h.take_open();
    h.take_names();
    leave(&mut h);
    assert_eq!(h.take_actions(), [], "the attempt under way is the try");
    h.advance_ms(999);
    assert_eq!(h.take_names(), [""; 0]);
    h.advance_ms(1);
    assert_eq!(h.take_names(), ["disconnected"]);
    assert_eq!(h.take_actions(), [Action::AbandonLink { link: opening }]);
    h.advance_ms(60_000);
    assert_eq!(h.take_actions(), []);
}

#[test]
fn a_quiet_try_that_fails_is_the_last() {
    let mut h = Harness::new();
    let link = h.join();
    h.cut(link);
    let (opening, _) = h.take_open();
    h.take_names();
    leave(&mut h);
    h.refuse_open(opening, OpenFailure::Connect);
    assert_eq!(h.take_names(), ["disconnected"]);
    h.advance_ms(60_000);
    assert_eq!(h.take_actions(), []);
}

#[test]
fn leaving_on_a_link_that_is_not_proven_takes_at_most_one_second() {
    let mut h = Harness::new();
    let link = h.join();
    let next = h.cut_and_reopen(link);
    assert_eq!(h.take_kinds(next), [PING]);
    h.take_names();
    leave(&mut h);
    assert_eq!(h.take_kinds(next), [DISCONNECT]);
    h.advance_ms(1_000);
    assert_eq!(h.take_names(), ["disconnected"]);
}

#[test]
fn a_session_that_was_left_can_be_joined_again_as_someone_else() {
    let mut h = Harness::new();
    let (link, first_url) = h.connect_to_link();
    h.open(link);
    let first = h.own_id();
    h.accept_create(link, &state_of([&*first]));
    leave(&mut h);
    closed(&mut h, link);
    h.take_events();
    h.take_actions();
    let (link, second_url) = h.connect_to_link();
    h.open(link);
    assert_ne!(h.own_id(), first);
    assert_ne!(
        first_url.split("socketId=").nth(1).map(|rest| &rest[..36]),
        second_url.split("socketId=").nth(1).map(|rest| &rest[..36])
    );
}

#[test]
fn delete_is_silent_and_the_drain_goes_on() {
    let mut h = Harness::new();
    h.writes = false;
    let link = h.join_among(&["b"]);
    h.session.handle_sent(link, 3, h.now);
    h.take_actions();
    h.send("last words").unwrap();
    h.session.delete(h.now);
    assert!(!h.session.is_finished());
    assert_eq!(h.take_signals(link).len(), 1);
    h.session.handle_sent(link, 1, h.now);
    assert_eq!(h.take_kinds(link), [DISCONNECT]);
    closed(&mut h, link);
    assert!(h.session.is_finished());
    assert_eq!(h.take_names(), [""; 0]);
    assert_eq!(h.session.poll_timeout(), None);
}

#[test]
fn delete_forgets_events_that_were_not_told_yet() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    let frame = h.signal("b", "x");
    h.session.handle_message(link, frame.encode().unwrap(), h.now);
    h.session.delete(h.now);
    assert_eq!(h.session.poll_event(), None);
}
