//! Losing a link and finding another: attempts, proof, what is sent again, what ends the session.

use std::time::Duration;

use otc_protocol::rumor::{Frame, FrameType};
use otc_protocol::session_info::SessionInfo;

use super::harness::*;
use crate::session::*;

fn pong() -> Frame {
    Frame::new(FrameType::Pong)
}

#[test]
fn a_lost_link_is_sought_at_once_under_the_same_socket_id() {
    let mut h = Harness::new();
    let (first, first_url) = h.connect_to_link();
    h.open(first);
    let own = h.own_id();
    h.accept_create(first, &state_of([&*own]));
    h.take_events();
    h.cut(first);
    assert_eq!(h.take_names(), ["reconnection started"]);
    assert_eq!(h.session.state(), StateName::Reconnecting);
    let (second, url) = h.take_open();
    let (before, attempt) = url.split_once("&attempt=").unwrap();
    let (first_before, first_attempt) = first_url.split_once("&attempt=").unwrap();
    assert_eq!(before, format!("{first_before}&reconnect=true"));
    assert_ne!(attempt, first_attempt);
    assert!(second > first);
}

#[test]
fn a_new_link_gets_a_ping_and_its_first_frame_proves_the_resume() {
    let mut h = Harness::new();
    let link = h.join();
    let next = h.cut_and_reopen(link);
    assert_eq!(h.take_kinds(next), [FrameType::Ping], "no CONNECT, SUBSCRIBE or create");
    assert_eq!(h.take_names(), ["reconnection started"], "an open socket proves nothing");
    h.tell(next, &pong());
    assert_eq!(h.take_names(), ["reconnected"]);
    assert_eq!(h.session.state(), StateName::Connected);
    assert_eq!((h.session.counters().losses, h.session.counters().resumes), (1, 1));
}

#[test]
fn whatever_comes_first_proves_the_resume_and_is_told_after_it() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    let next = h.cut_and_reopen(link);
    let frame = h.signal("b", "x");
    h.tell(next, &frame);
    assert_eq!(h.take_names(), ["reconnection started", "reconnected", "signal x from b"]);
}

#[test]
fn activity_below_frames_proves_nothing() {
    let mut h = Harness::new();
    let link = h.join();
    let next = h.cut_and_reopen(link);
    h.session.handle_activity(next, h.now);
    assert_eq!(h.take_names(), ["reconnection started"]);
}

#[test]
fn attempts_are_made_at_once_then_after_growing_pauses_with_jitter() {
    let mut h = Harness::new();
    let link = h.join();
    h.cut(link);
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let (link, _) = h.take_open();
        h.refuse_open(link, OpenFailure::Connect);
        pauses.push(h.step());
    }
    for (pause, expected) in pauses.iter().zip([500, 1_000, 2_000, 4_000, 4_000, 4_000, 4_000, 4_000]) {
        let range = Duration::from_millis(expected * 8 / 10)..=Duration::from_millis(expected * 12 / 10);
        assert!(range.contains(pause), "{pause:?} is not about {expected} ms");
    }
    assert_ne!(pauses[3], pauses[4], "jitter");
    assert_eq!(h.take_names(), ["reconnection started"], "once per loss");
}

#[test]
fn links_lost_before_the_proof_count_as_failed_attempts() {
    let mut h = Harness::new();
    let link = h.join();
    let mut next = h.cut_and_reopen(link);
    for expected in [500, 1_000, 2_000] {
        h.close(next, 1006);
        let pause = h.step();
        assert!(pause >= Duration::from_millis(expected * 8 / 10), "{pause:?}");
        (next, _) = h.take_open();
        h.open(next);
    }
    h.tell(next, &pong());
    assert_eq!(h.take_names(), ["reconnection started", "reconnected"]);
}

#[test]
fn an_attempt_may_take_fifteen_seconds_to_open_and_nine_point_nine_to_be_proven() {
    let mut h = Harness::new();
    let link = h.join();
    h.cut(link);
    let (slow, _) = h.take_open();
    h.advance_ms(14_999);
    assert_eq!(h.take_actions(), []);
    h.advance_ms(1);
    assert_eq!(h.take_actions(), [Action::AbandonLink { link: slow }]);
    h.open(slow);
    h.tell(slow, &pong());
    assert_eq!(h.session.state(), StateName::Reconnecting, "it came too late");
    h.step();
    let (mute, _) = h.take_open();
    h.open(mute);
    h.advance_ms(9_900);
    assert_eq!(h.take_actions()[0], Action::AbandonLink { link: mute });
    assert_eq!(h.session.state(), StateName::Reconnecting);
}

#[test]
fn after_sixty_seconds_the_session_gives_up() {
    let mut h = Harness::new();
    let link = h.join();
    h.send("lost").unwrap();
    h.cut(link);
    let end = h.now + Duration::from_secs(60);
    while h.now + Duration::from_millis(100) < end {
        if let Some(Action::OpenLink { link, .. }) = h.take_actions().pop() {
            h.refuse_open(link, OpenFailure::Connect);
        }
        h.advance_ms(100);
    }
    assert_eq!(h.take_names(), ["reconnection started"]);
    h.advance(end - h.now);
    match &*h.take_events() {
        [Event::Error { error: SessionError::ConnectionDropped, message }, Event::Disconnected] => {
            assert_eq!(message, &format!("session lost: no way back to the relay within 60 s ({URL})"));
        }
        other => panic!("the end was expected, not {other:?}"),
    }
    assert_eq!(h.session.state(), StateName::Idle);
    assert_eq!(h.session.counters().signals_dropped, 1);
    assert!(
        h.log.iter().any(|record| record.text == "signals without an answer at the end of the session: 1")
    );
    assert_eq!(h.session.poll_timeout(), None);
}

#[test]
fn giving_up_abandons_the_attempt_under_way() {
    let mut h = Harness::with(SessionConfig { give_up_limit: Duration::from_secs(5), ..Default::default() });
    let link = h.join();
    h.cut(link);
    let (next, _) = h.take_open();
    h.advance_ms(5_000);
    assert_eq!(h.take_names(), ["reconnection started", "error ConnectionDropped", "disconnected"]);
    assert_eq!(h.take_actions(), [Action::AbandonLink { link: next }]);
}

#[test]
fn a_refused_resume_ends_the_session_with_an_error() {
    let mut h = Harness::new();
    let link = h.join();
    let next = h.cut_and_reopen(link);
    h.lose(next, LinkLoss::Closed { code: Some(1011), reason: "unknown socket".into() });
    match &*h.take_events() {
        [
            Event::ReconnectionStarted,
            Event::Error { error: SessionError::ConnectionDropped, message },
            Event::Disconnected,
        ] => {
            assert_eq!(
                message,
                &format!("session lost: relay closed the link, 1011: unknown socket ({URL})")
            );
        }
        other => panic!("the end was expected, not {other:?}"),
    }
    assert_eq!(h.session.state(), StateName::Idle);
}

#[test]
fn an_orderly_close_of_a_new_link_ends_the_session_in_order() {
    for code in [1000, 1001] {
        let mut h = Harness::new();
        let link = h.join();
        let next = h.cut_and_reopen(link);
        h.close(next, code);
        assert_eq!(h.take_names(), ["reconnection started", "disconnected"]);
    }
}

#[test]
fn a_removal_learnt_after_a_resume_ends_the_session_in_order() {
    let mut h = Harness::new();
    let link = h.join();
    let own = h.own_id();
    let next = h.cut_and_reopen(link);
    let removal = h.deleted(&own, "forceDisconnected");
    h.tell(next, &removal);
    assert_eq!(h.take_names(), ["reconnection started", "reconnected", "disconnected"]);
}

#[test]
fn refused_upgrades_are_tried_again_while_reconnecting() {
    let mut h = Harness::new();
    let link = h.join();
    h.cut(link);
    let (next, _) = h.take_open();
    h.refuse_open(next, OpenFailure::Upgrade);
    assert_eq!(h.session.state(), StateName::Reconnecting);
    h.step();
    h.take_open();
}

#[test]
fn unanswered_signals_are_sent_again_in_order_under_their_old_ids() {
    let mut h = Harness::new();
    let link = h.join();
    for n in 0..5 {
        h.send(&n.to_string()).unwrap();
    }
    let first = h.take_signals(link);
    h.tell(link, &status(&first[1].0, "200"));
    let next = h.cut_and_reopen(link);
    h.send("5").unwrap();
    let again = h.take_signals(next);
    let data: Vec<_> = again.iter().map(|(_, data)| &**data).collect();
    assert_eq!(data, ["0", "2", "3", "4", "5"]);
    assert_eq!(again[0].0, first[0].0);
    assert_eq!(again[3].0, first[4].0);
    h.tell(next, &pong());
    assert_eq!(h.take_signals(next), [], "once per link");
    for (id, _) in &again {
        h.tell(next, &status(id, "200"));
    }
    assert_eq!(h.session.outbox_usage(), (0, 0));
}

#[test]
fn signals_sent_while_there_is_no_link_wait_for_one() {
    let mut h = Harness::new();
    let link = h.join();
    h.cut(link);
    h.send("a").unwrap();
    h.send("b").unwrap();
    let (next, _) = h.take_open();
    h.open(next);
    let data: Vec<_> = h.take_signals(next).into_iter().map(|(_, data)| data).collect();
    assert_eq!(data, ["a", "b"]);
}

#[test]
fn signals_that_are_not_kept_are_refused_while_reconnecting_and_forgotten_at_a_loss() {
    let mut h = Harness::new();
    h.writes = false;
    let link = h.join();
    h.send_with("unwritten", Target::Everyone, false).unwrap();
    h.send("kept").unwrap();
    let next = h.cut_and_reopen(link);
    assert_eq!(h.send_with("refused", Target::Everyone, false), Err(SendError::NotConnected));
    let data: Vec<_> = h.take_signals(next).into_iter().map(|(_, data)| data).collect();
    assert_eq!(data, ["kept"]);
    assert_eq!(h.session.counters().signals_dropped, 1);
}

#[test]
fn what_was_not_written_on_the_old_link_is_not_written_on_it_later() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    let frame = h.signal("b", "x");
    h.session.handle_message(link, frame.encode().unwrap(), h.now);
    h.session.handle_link_lost(link, LinkLoss::Failed { message: "reset".into() }, h.now);
    h.pump();
    assert_eq!(h.take_sent(link), []);
}

#[test]
fn replayed_frames_are_told_once_and_missed_ones_in_order() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    let frames: Vec<_> = (0..6).map(|n| h.signal("b", &n.to_string())).collect();
    for frame in &frames[..3] {
        h.tell(link, frame);
    }
    let next = h.cut_and_reopen(link);
    for frame in &frames[1..] {
        h.tell(next, frame);
    }
    let names = h.take_names();
    let signals: Vec<_> = names.iter().filter(|name| name.starts_with("signal")).collect();
    assert_eq!(signals.len(), 6);
    for (n, signal) in signals.iter().enumerate() {
        assert_eq!(**signal, format!("signal {n} from b"));
    }
    assert_eq!(h.take_kinds(next).iter().filter(|kind| **kind == FrameType::Status).count(), 5);
}

#[test]
fn who_came_and_went_during_a_loss_is_told_once() {
    let mut h = Harness::new();
    let link = h.join_among(&["a", "b"]);
    let gone = h.deleted("a", "clientDisconnected");
    h.tell(link, &gone);
    assert_eq!(h.take_names(), ["dropped a"]);
    let next = h.cut_and_resume(link);
    for frame in [gone, h.created("c"), h.created("b"), h.deleted("b", "networkDisconnected")] {
        h.tell(next, &frame);
    }
    assert_eq!(h.take_names(), ["created c", "dropped b"]);
}

#[test]
fn what_an_old_link_says_is_ignored() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    h.send("x").unwrap();
    let (id, _) = h.take_signals(link).remove(0);
    let next = h.cut_and_reopen(link);
    let frame = h.signal("b", "old");
    h.tell(link, &frame);
    h.tell(link, &status(&id, "200"));
    h.close(link, 1011);
    h.open(link);
    h.session.handle_sent(link, 5, h.now);
    h.pump();
    assert_eq!(h.take_names(), ["reconnection started"]);
    assert_eq!(h.session.outbox_usage().0, 1);
    h.tell(next, &pong());
    h.cut(link);
    assert_eq!(h.take_names(), ["reconnected"]);
    assert_eq!(h.session.state(), StateName::Connected);
}

#[test]
fn each_loss_is_an_episode_of_its_own() {
    let mut h = Harness::new();
    let mut link = h.join();
    for _ in 0..10 {
        link = h.cut_and_resume(link);
        h.advance_ms(2_000);
    }
    assert_eq!(h.session.counters().resumes, 10);
}

#[test]
fn other_close_codes_and_none_are_losses() {
    for code in [1002, 1003, 1005, 1006, 1007, 1008, 1009, 1012, 1013, 4000, 4001, 4404] {
        let mut h = Harness::new();
        let link = h.join();
        h.close(link, code);
        assert_eq!(h.take_names(), ["reconnection started"], "{code}");
    }
    let mut h = Harness::new();
    let link = h.join();
    h.lose(link, LinkLoss::Closed { code: None, reason: String::new() });
    assert_eq!(h.take_names(), ["reconnection started"]);
}

#[test]
fn without_resume_any_loss_ends_the_session() {
    let mut h = Harness::new();
    let (link, _) = h.connect_with(SessionInfo { reconnection: false, ..info() });
    h.open(link);
    h.answer_create(link, "200", r#"{"connection":[]}"#);
    h.take_events();
    h.take_actions();
    h.cut(link);
    assert_eq!(h.take_names(), ["error ConnectionDropped", "disconnected"]);
    assert_eq!(h.take_actions(), []);
}

#[test]
fn a_relay_that_accepts_and_drops_without_end_is_met_with_pauses() {
    let config = SessionConfig { fruitless_count: 5, ..Default::default() };
    let mut h = Harness::with(config);
    let mut link = h.join();
    for _ in 0..6 {
        link = h.cut_and_resume(link);
    }
    h.take_actions();
    h.cut(link);
    assert_eq!(h.take_actions(), [], "no attempt at once");
    let first = h.step();
    assert!(first >= Duration::from_millis(400), "{first:?}");
    let (next, _) = h.take_open();
    h.open(next);
    // A link that brings something makes up for it.
    let frame = h.signal("b", "x");
    h.tell(next, &frame);
    h.take_actions();
    h.cut(next);
    h.take_open();
}

#[test]
fn membership_survives_a_resume() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    let own = h.session.own_connection();
    let capabilities = h.session.capabilities();
    let next = h.cut_and_resume(link);
    assert_eq!(h.session.own_connection(), own);
    assert_eq!(h.session.capabilities(), capabilities);
    let frame = h.signal("b", "x");
    h.tell(next, &frame);
    match &*h.take_events() {
        [Event::SignalReceived { from: Some(from), .. }] => assert_eq!(from.data, "name=b"),
        other => panic!("a signal was expected, not {other:?}"),
    }
}
