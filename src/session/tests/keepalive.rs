//! Keeping a link: PINGs, silence, requests without answers, pauses of our own, and a machine that slept.

use std::time::Duration;

use otc_protocol::rumor::{Frame, FrameType};
use otc_protocol::session_info::SessionInfo;

use super::harness::*;
use crate::session::*;

const PONG: FrameType = FrameType::Pong;

#[test]
fn a_ping_goes_out_every_five_seconds() {
    let mut h = Harness::new();
    let link = h.join();
    for _ in 0..20 {
        h.advance_ms(4_999);
        assert_eq!(h.take_kinds(link), []);
        h.advance_ms(1);
        assert_eq!(h.take_kinds(link), [FrameType::Ping]);
        h.tell(link, &Frame::new(PONG));
    }
    assert_eq!(h.session.state(), StateName::Connected);
}

#[test]
fn a_link_is_lost_after_nine_point_nine_seconds_of_silence() {
    let mut h = Harness::new();
    let link = h.join();
    h.advance_ms(3_000);
    h.tell(link, &Frame::new(PONG));
    h.advance_ms(9_899);
    assert_eq!(h.take_names(), [""; 0]);
    h.advance_ms(1);
    assert_eq!(h.take_names(), ["reconnection started"]);
    let actions = h.take_actions();
    assert!(
        matches!(&*actions, [Action::AbandonLink { link: old }, Action::OpenLink { .. }] if *old == link),
        "{actions:?}"
    );
}

#[test]
fn any_frame_counts_as_life() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    for _ in 0..10 {
        h.advance_ms(9_000);
        let frame = h.signal("b", "x");
        h.tell(link, &frame);
    }
    assert_eq!(h.session.state(), StateName::Connected);
}

#[test]
fn activity_below_frames_counts_as_life() {
    let mut h = Harness::new();
    let link = h.join();
    for _ in 0..10 {
        h.advance_ms(9_000);
        h.session.handle_activity(link, h.now);
    }
    assert_eq!(h.session.state(), StateName::Connected);
    h.session.handle_activity(LinkId(99), h.now);
    h.advance_ms(9_900);
    assert_eq!(h.session.state(), StateName::Reconnecting, "other links do not count");
}

#[test]
fn intervals_are_settings() {
    let mut h = Harness::with(SessionConfig {
        ping_interval: Duration::from_millis(100),
        silence_limit: Duration::from_millis(250),
        ..Default::default()
    });
    let link = h.join();
    h.advance_ms(249);
    assert_eq!(h.take_kinds(link), [FrameType::Ping, FrameType::Ping]);
    h.advance_ms(1);
    assert_eq!(h.session.state(), StateName::Reconnecting);
}

#[test]
fn intervals_of_nothing_do_not_make_the_machine_spin() {
    let mut h = Harness::with(SessionConfig { ping_interval: Duration::ZERO, ..Default::default() });
    let link = h.join();
    h.advance_ms(50);
    assert_eq!(h.take_kinds(link).len(), 50);
}

#[test]
fn absurdly_long_times_are_as_good_as_never() {
    let forever = Duration::MAX;
    let mut h = Harness::with(SessionConfig {
        info_limit: forever,
        info_pauses: [forever; 2],
        socket_limit: forever,
        create_limit: forever,
        read_limit: forever,
        connect_limit: forever,
        ping_interval: forever,
        silence_limit: forever,
        give_up_limit: forever,
        reconnect_pause: forever,
        reconnect_pause_max: forever,
        reconnect_spread: f64::NAN,
        request_limit: forever,
        drain_limit: forever,
        farewell_limit: forever,
        leave_limit: forever,
        ..Default::default()
    });
    let link = h.join();
    h.send("x").unwrap();
    h.advance_ms(3_600_000);
    let next = h.cut_and_reopen(link);
    h.cut(next);
    h.session.disconnect(h.now).unwrap();
    h.pump();
    assert_eq!(h.session.state(), StateName::Disconnecting);
}

#[test]
fn a_jump_of_the_clock_counts_as_silence() {
    let mut h = Harness::new();
    let link = h.join();
    h.now += Duration::from_secs(600);
    h.session.handle_timeout(h.now);
    assert_eq!(h.take_names(), ["reconnection started"]);
    // The search begins when the loss is noticed.
    h.take_actions();
    h.advance_ms(59_000);
    assert_eq!(h.session.state(), StateName::Reconnecting);
    h.cut(link);
    assert_eq!(h.session.state(), StateName::Reconnecting);
}

#[test]
fn a_frame_that_comes_after_the_silence_comes_too_late() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    h.now += Duration::from_secs(600);
    let frame = h.signal("b", "from before");
    h.tell(link, &frame);
    assert_eq!(h.take_names(), ["reconnection started"]);
    assert_eq!(h.take_sent(link), [], "and is not acknowledged, so that it comes again");
}

#[test]
fn sleep_that_the_clock_does_not_show_counts_as_silence() {
    let mut h = Harness::new();
    h.join();
    h.advance_ms(4_000);
    h.session.handle_suspension(Duration::from_millis(5_899), h.now);
    assert_eq!(h.take_names(), [""; 0]);
    h.session.handle_suspension(Duration::from_millis(1), h.now);
    assert_eq!(h.take_names(), ["reconnection started"]);
}

#[test]
fn sleep_uses_up_the_time_to_find_a_way_back() {
    let mut h = Harness::new();
    let link = h.join();
    h.cut(link);
    h.session.handle_suspension(Duration::from_secs(600), h.now);
    h.session.handle_timeout(h.now);
    assert_eq!(h.take_names(), ["reconnection started", "error ConnectionDropped", "disconnected"]);
}

#[test]
fn sleep_uses_up_the_time_to_connect() {
    let mut h = Harness::new();
    h.connect_to_link();
    h.session.handle_suspension(Duration::from_secs(29), h.now);
    h.session.handle_timeout(h.now);
    assert_eq!(h.take_names(), [""; 0], "thirty seconds are the limit");
    h.session.handle_suspension(Duration::from_secs(2), h.now);
    h.session.handle_timeout(h.now);
    assert_eq!(h.take_error().0, SessionError::ConnectionTimedOut);
}

#[test]
fn sleep_uses_up_the_time_to_leave() {
    let mut h = Harness::new();
    h.join();
    h.session.disconnect(h.now).unwrap();
    h.session.handle_suspension(Duration::from_secs(2), h.now);
    h.session.handle_timeout(h.now);
    assert_eq!(h.take_names(), [""; 0], "three seconds are the limit");
    h.session.handle_suspension(Duration::from_secs(2), h.now);
    h.session.handle_timeout(h.now);
    assert_eq!(h.take_names(), ["disconnected"]);
}

#[test]
fn a_pause_of_reading_is_not_silence() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    h.session.set_reading_paused(true, h.now);
    h.advance_ms(3_600_000);
    assert_eq!(h.session.state(), StateName::Connected);
    assert_eq!(h.take_kinds(link).len(), 720, "and the link is kept alive meanwhile");
    h.session.set_reading_paused(false, h.now);
    h.advance_ms(9_899);
    let frame = h.signal("b", "at last");
    h.tell(link, &frame);
    assert_eq!(h.take_names(), ["signal at last from b"]);
    h.advance_ms(9_899);
    assert_eq!(h.session.state(), StateName::Connected);
    h.advance_ms(1);
    assert_eq!(h.session.state(), StateName::Reconnecting, "silence counts again");
}

#[test]
fn a_pause_of_reading_does_not_make_requests_late() {
    let mut h = Harness::new();
    let link = h.join();
    h.send("x").unwrap();
    h.advance_ms(2_000);
    h.session.set_reading_paused(true, h.now);
    h.advance_ms(3_600_000);
    h.session.set_reading_paused(false, h.now);
    for _ in 0..29 {
        h.tell(link, &Frame::new(PONG));
        h.advance_ms(1_000);
    }
    assert_eq!(h.session.state(), StateName::Connected);
    h.tell(link, &Frame::new(PONG));
    h.advance_ms(1_000);
    assert_eq!(h.session.state(), StateName::Reconnecting);
}

#[test]
fn a_pause_of_reading_during_a_resume_leaves_time_for_its_proof() {
    let mut h = Harness::new();
    let link = h.join();
    h.session.set_reading_paused(true, h.now);
    let next = h.cut_and_reopen(link);
    h.advance_ms(600_000);
    assert_eq!(h.session.state(), StateName::Reconnecting);
    h.session.set_reading_paused(false, h.now);
    h.advance_ms(9_000);
    h.tell(next, &Frame::new(PONG));
    assert_eq!(h.take_names(), ["reconnection started", "reconnected"]);
}

#[test]
fn a_pause_of_reading_during_a_resume_does_not_use_up_the_time_to_seek_a_link() {
    let mut h = Harness::new();
    let link = h.join();
    h.session.set_reading_paused(true, h.now);
    let next = h.cut_and_reopen(link);
    h.advance_ms(600_000);
    h.session.set_reading_paused(false, h.now);
    h.cut(next);
    h.advance_ms(50_000);
    assert_eq!(h.session.state(), StateName::Reconnecting);
    h.advance_ms(10_000);
    assert_eq!(h.take_names(), ["reconnection started", "error ConnectionDropped", "disconnected"]);
}

#[test]
fn a_request_without_an_answer_for_thirty_seconds_is_a_loss_of_the_link() {
    let mut h = Harness::new();
    let link = h.join();
    h.send("first").unwrap();
    h.advance_ms(10);
    h.send("second").unwrap();
    let first = h.take_signals(link).remove(0).0;
    for _ in 0..29 {
        h.tell(link, &Frame::new(PONG));
        h.advance_ms(1_000);
    }
    h.tell(link, &status(&first, "200"));
    h.advance_ms(999);
    assert_eq!(h.take_names(), [""; 0], "the second is not late yet");
    h.advance_ms(1);
    assert_eq!(h.take_names(), ["reconnection started"]);
    let warning = h.log.iter().find(|record| record.level == LogLevel::Warn).unwrap();
    assert_eq!(warning.text, "the link broke: a request had no answer for 30 s; reconnecting");
}

#[test]
fn a_request_waits_for_its_answer_from_when_it_was_written() {
    let mut h = Harness::new();
    h.writes = false;
    let link = h.join();
    h.session.handle_sent(link, 100, h.now);
    h.send("slow").unwrap();
    for _ in 0..20 {
        h.tell(link, &Frame::new(PONG));
        h.advance_ms(1_000);
    }
    h.session.handle_sent(link, 100, h.now);
    for _ in 0..29 {
        h.tell(link, &Frame::new(PONG));
        h.advance_ms(1_000);
    }
    assert_eq!(h.session.state(), StateName::Connected);
    h.tell(link, &Frame::new(PONG));
    h.advance_ms(1_000);
    assert_eq!(h.session.state(), StateName::Reconnecting);
}

#[test]
fn signals_that_are_not_kept_are_not_waited_for() {
    let mut h = Harness::new();
    let link = h.join();
    h.send_with("x", Target::Everyone, false).unwrap();
    for _ in 0..60 {
        h.tell(link, &Frame::new(PONG));
        h.advance_ms(1_000);
    }
    assert_eq!(h.session.state(), StateName::Connected);
}

#[test]
fn a_relay_that_sends_and_does_not_read_loses_its_link_before_it_costs_memory() {
    let mut h = Harness::with(SessionConfig { backlog_count: 100, outbox_count: 10, ..Default::default() });
    h.writes = false;
    let link = h.join_among(&["b"]);
    for n in 0..110 {
        let frame = h.signal("b", &n.to_string());
        h.tell(link, &frame);
    }
    assert_eq!(h.session.state(), StateName::Reconnecting);
    assert!(h.log.iter().any(|record| record.text.contains("does not read")));
}

#[test]
fn an_idle_session_wakes_only_for_its_keep_alive() {
    let mut h = Harness::new();
    let link = h.join();
    let mut wakes = 0;
    let end = h.now + Duration::from_secs(600);
    while h.now < end {
        h.step();
        wakes += 1;
        h.tell(link, &Frame::new(PONG));
    }
    assert!(wakes <= 250, "{wakes} wakes in 120 intervals of PING and 60 of silence");
}

#[test]
fn without_resume_silence_ends_the_session() {
    let mut h = Harness::new();
    let (link, _) = h.connect_with(SessionInfo { reconnection: false, ..info() });
    h.open(link);
    h.answer_create(link, "200", r#"{"connection":[]}"#);
    h.take_events();
    h.advance_ms(9_900);
    assert_eq!(h.take_names(), ["error ConnectionDropped", "disconnected"]);
}
