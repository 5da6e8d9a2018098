//! Each call in each state.

use super::harness::*;
use crate::session::*;

const STATES: [StateName; 5] = [
    StateName::Idle,
    StateName::Connecting,
    StateName::Connected,
    StateName::Reconnecting,
    StateName::Disconnecting,
];

/// All the ways in which a session can be in this state.
fn in_state(state: StateName) -> Vec<(&'static str, Harness)> {
    type Reach = fn(&mut Harness);
    let ways: &[(&str, Reach)] = match state {
        StateName::Idle => &[
            ("new", |_| {}),
            ("failed to connect", |h| {
                let (link, _) = h.connect_to_link();
                h.refuse_open(link, OpenFailure::Connect);
            }),
            ("ended", |h| {
                let link = h.join();
                h.close(link, 1000);
            }),
        ],
        StateName::Connecting => &[
            ("asking for session info", |h| h.connect()),
            ("waiting to ask again", |h| {
                h.connect();
                let id = h.take_info();
                h.answer_info(id, Err(InfoFailure::Refused { code: 500, reason: String::new() }));
            }),
            ("opening a link", |h| _ = h.connect_to_link()),
            ("waiting for create", |h| _ = h.connect_to_create()),
            ("waiting for session read", |h| {
                let link = h.connect_to_create();
                h.answer_create(link, "200", "");
            }),
            ("opening a second link", |h| {
                let link = h.connect_to_create();
                h.cut(link);
            }),
        ],
        StateName::Connected => &[
            ("joined", |h| _ = h.join()),
            ("resumed", |h| {
                let link = h.join();
                h.cut_and_resume(link);
            }),
        ],
        StateName::Reconnecting => &[
            ("opening a link", |h| {
                let link = h.join();
                h.cut(link);
            }),
            ("waiting to try again", |h| {
                let link = h.join();
                h.cut(link);
                let (next, _) = h.take_open();
                h.refuse_open(next, OpenFailure::Connect);
            }),
            ("waiting for the proof", |h| {
                let link = h.join();
                h.cut_and_reopen(link);
            }),
        ],
        StateName::Disconnecting => &[
            ("draining", |h| {
                h.writes = false;
                h.join();
                h.send("x").unwrap();
                h.session.disconnect(h.now).unwrap();
            }),
            ("closing", |h| {
                h.join();
                h.session.disconnect(h.now).unwrap();
            }),
            ("telling", |h| {
                let link = h.join();
                h.cut(link);
                h.session.disconnect(h.now).unwrap();
            }),
        ],
    };
    ways.iter()
        .map(|(how, reach)| {
            let mut h = Harness::new();
            reach(&mut h);
            h.pump();
            h.take_actions();
            h.take_events();
            assert_eq!(h.session.state(), state, "{how}");
            (*how, h)
        })
        .collect()
}

/// Lets everything under way come to its end, with a network that is gone.
fn settle(h: &mut Harness) {
    for _ in 0..1_000 {
        if let Some(Action::OpenLink { link, .. }) = h.take_actions().pop() {
            h.refuse_open(link, OpenFailure::Connect);
        }
        h.advance_ms(100);
    }
}

#[test]
fn connect_is_for_idle_sessions() {
    for state in STATES {
        for (how, mut h) in in_state(state) {
            let result = h.session.connect(TOKEN.into(), h.now);
            if state == StateName::Idle {
                assert_eq!(result, Ok(()), "{how}");
                assert_eq!(h.session.state(), StateName::Connecting, "{how}");
            } else {
                assert_eq!(result, Err(CommandError::IllegalState), "{how}");
                assert_eq!(h.session.state(), state, "{how}");
            }
        }
    }
}

#[test]
fn disconnect_ends_everything_but_idleness_with_exactly_one_event() {
    for state in STATES {
        for (how, mut h) in in_state(state) {
            let result = h.session.disconnect(h.now);
            if state == StateName::Idle {
                assert_eq!(result, Err(CommandError::NotConnected), "{how}");
                assert_eq!(h.take_names(), [""; 0], "{how}");
                continue;
            }
            assert_eq!(result, Ok(()), "{how}");
            let told = h.take_names();
            if h.session.state() == StateName::Disconnecting {
                assert_eq!(h.session.disconnect(h.now), Ok(()), "{how}: once more changes nothing");
            }
            settle(&mut h);
            assert_eq!([told, h.take_names()].concat(), ["disconnected"], "{how}");
            assert_eq!(h.session.state(), StateName::Idle, "{how}");
        }
    }
}

#[test]
fn disconnect_is_over_within_three_seconds_in_every_state() {
    for state in &STATES[1..] {
        for (how, mut h) in in_state(*state) {
            h.session.disconnect(h.now).unwrap();
            h.advance_ms(3_000);
            assert_eq!(h.session.state(), StateName::Idle, "{how}");
            assert_eq!(h.take_names(), ["disconnected"], "{how}");
        }
    }
}

#[test]
fn signals_to_be_kept_are_accepted_while_joined() {
    for state in STATES {
        for (how, mut h) in in_state(state) {
            let expected = match state {
                StateName::Connected | StateName::Reconnecting => Ok(()),
                _ => Err(SendError::NotConnected),
            };
            assert_eq!(h.send("x"), expected, "{how}");
        }
    }
}

#[test]
fn signals_not_to_be_kept_are_accepted_while_there_is_a_link() {
    for state in STATES {
        for (how, mut h) in in_state(state) {
            let expected = match state {
                StateName::Connected => Ok(()),
                _ => Err(SendError::NotConnected),
            };
            assert_eq!(h.send_with("x", Target::Everyone, false), expected, "{how}");
        }
    }
}

#[test]
fn delete_is_possible_and_silent_everywhere() {
    for state in STATES {
        for (how, mut h) in in_state(state) {
            h.session.delete(h.now);
            settle(&mut h);
            assert_eq!(h.take_names(), [""; 0], "{how}");
            assert!(h.session.is_finished(), "{how}");
            assert_eq!(h.session.poll_timeout(), None, "{how}");
            // From then on nothing is possible but deleting once more.
            assert_eq!(h.session.connect(TOKEN.into(), h.now), Err(CommandError::IllegalState), "{how}");
            assert_eq!(h.session.disconnect(h.now), Err(CommandError::NotConnected), "{how}");
            assert_eq!(h.send("x"), Err(SendError::NotConnected), "{how}");
            h.session.delete(h.now);
        }
    }
}

#[test]
fn delete_after_disconnect_lets_the_drain_go_on_without_its_event() {
    for (how, mut h) in in_state(StateName::Disconnecting) {
        h.session.delete(h.now);
        assert_eq!(h.session.state(), StateName::Disconnecting, "{how}");
        assert!(!h.session.is_finished(), "{how}");
        settle(&mut h);
        assert_eq!(h.take_names(), [""; 0], "{how}");
    }
}

#[test]
fn connect_is_possible_as_soon_as_the_end_is_told() {
    let mut h = Harness::new();
    let link = h.join();
    h.session.disconnect(h.now).unwrap();
    h.pump();
    h.session.handle_link_lost(link, LinkLoss::Closed { code: None, reason: String::new() }, h.now);
    assert_eq!(h.session.poll_event(), Some(Event::Disconnected));
    assert_eq!(h.session.connect(TOKEN.into(), h.now), Ok(()));
}

#[test]
fn inputs_that_concern_nothing_current_change_nothing() {
    for state in STATES {
        for (how, mut h) in in_state(state) {
            let due = h.session.poll_timeout();
            h.session.handle_session_info(InfoId(999), Ok(info()), h.now);
            h.session.handle_link_opened(LinkId(999), h.now);
            h.session.handle_message(LinkId(999), Default::default(), h.now);
            h.session.handle_activity(LinkId(999), h.now);
            h.session.handle_sent(LinkId(999), 7, h.now);
            h.session.handle_link_lost(LinkId(999), LinkLoss::Violation { message: "x".into() }, h.now);
            h.session.handle_timeout(h.now);
            assert_eq!(h.session.state(), state, "{how}");
            assert_eq!(h.session.poll_timeout(), due, "{how}");
            assert_eq!(h.take_names(), [""; 0], "{how}");
            assert_eq!(h.take_actions(), [], "{how}");
        }
    }
}

#[test]
fn there_is_a_next_deadline_exactly_while_something_is_under_way() {
    for state in STATES {
        for (how, h) in in_state(state) {
            assert_eq!(h.session.poll_timeout().is_some(), state != StateName::Idle, "{how}");
        }
    }
}

#[test]
fn a_caught_defect_ends_the_session_in_every_state() {
    for state in STATES {
        for (how, mut h) in in_state(state) {
            h.session.fail("index out of bounds\nat some place", h.now);
            let expected: &[&str] = match state {
                StateName::Idle | StateName::Connecting => &["error Internal"],
                StateName::Connected | StateName::Reconnecting => &["error Internal", "disconnected"],
                // Disconnect was accepted, so its event comes, and nothing else.
                StateName::Disconnecting => &["disconnected"],
            };
            let events = h.take_events();
            assert_eq!(events.iter().map(name).collect::<Vec<_>>(), expected, "{how}");
            if let Some(Event::Error { message, .. }) = events.first() {
                assert_eq!(message, "internal error of the library: index out of bounds at some place");
            }
            assert_eq!(h.session.state(), StateName::Idle, "{how}");
            settle(&mut h);
            assert_eq!(h.take_names(), [""; 0], "{how}");
        }
    }
}

#[test]
fn a_caught_defect_while_a_cancelled_connect_is_left_tells_the_end_that_is_owed() {
    let mut h = Harness::new();
    h.connect_to_create();
    h.session.disconnect(h.now).unwrap();
    assert_eq!(h.take_names(), [""; 0], "the relay is being told");
    h.session.fail("a defect", h.now);
    assert_eq!(h.take_names(), ["disconnected"]);
    h.advance_ms(10_000);
    assert_eq!(h.take_names(), [""; 0]);
}

#[test]
fn a_caught_defect_in_a_deleted_session_is_silent() {
    let mut h = Harness::new();
    h.join();
    h.session.delete(h.now);
    h.session.fail("x", h.now);
    assert_eq!(h.take_names(), [""; 0]);
    assert!(h.session.is_finished());
}
