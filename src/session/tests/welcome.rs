//! From an open link to a joined session: the answers to create and session read, what is told in which order, and
//! links that are lost in between.

use std::time::Duration;

use otc_protocol::raptor;
use otc_protocol::rumor::{Frame, FrameType, header};
use otc_protocol::session_info::SessionInfo;

use super::harness::*;
use crate::session::*;

#[test]
fn the_answer_to_create_joins_and_tells_who_is_here_in_order() {
    let mut h = Harness::new();
    let link = h.connect_to_create();
    let own = h.own_id();
    let mut state = state_of(["b", &own, "a"]);
    state.stream.push(raptor::Stream { id: "s".into(), connection: "a".into(), ..Default::default() });
    state.archive.push(raptor::Archive { id: "r".into(), name: "n".into(), status: "started".into() });
    h.accept_create(link, &state);
    assert_eq!(h.take_names(), ["connected", "created b", "created a", "stream s", "archive started r"]);
    assert_eq!(h.session.state(), StateName::Connected);
    let connection = h.session.own_connection().expect("joined");
    assert_eq!(
        (&*connection.id, &*connection.data, &*connection.session_id),
        (&*own, &*format!("name={own}"), SESSION)
    );
    assert_eq!(connection.creation_time, 1_700_000_000_000);
}

#[test]
fn the_own_connection_is_known_before_connected_is_told_and_is_new_for_each_join() {
    let mut h = Harness::new();
    assert_eq!(h.session.own_connection(), None);
    let link = h.connect_to_create();
    let own = h.own_id();
    let payload = serde_json::to_string(&state_of([&*own])).unwrap();
    let create = h.sent[&link][2].clone();
    let answer = status(&transaction_of(&create), "200").with_data(payload);
    h.session.handle_message(link, answer.encode().unwrap(), h.now);
    assert_eq!(h.session.own_connection().map(|connection| connection.id.clone()), Some(own.clone()));
    assert_eq!(h.session.poll_event(), Some(Event::Connected));

    let first = h.session.own_connection().unwrap();
    h.close(link, 1000);
    assert_eq!(h.session.own_connection().as_ref(), Some(&first), "kept after the end");
    h.take_events();
    h.take_actions();
    h.join();
    let second = h.session.own_connection().unwrap();
    assert_ne!(first.id, second.id);
}

#[test]
fn the_own_connection_is_never_announced() {
    let mut h = Harness::new();
    let link = h.join();
    let own = h.own_id();
    let created = h.created(&own);
    h.tell(link, &created);
    assert_eq!(h.take_names(), [""; 0]);
}

#[test]
fn what_the_relay_calls_itself_is_never_announced() {
    let mut h = Harness::new();
    let link = h.join_among(&[SYMPHONY]);
    let created = h.created(SYMPHONY);
    h.tell(link, &created);
    assert_eq!(h.take_names(), [""; 0]);
}

#[test]
fn permissions_become_capabilities_while_joined() {
    let mut h = Harness::new();
    assert_eq!(h.session.capabilities(), Capabilities::default());
    let link = h.join();
    let capabilities = h.session.capabilities();
    assert!(capabilities.publish && capabilities.subscribe && capabilities.signal);
    assert!(!capabilities.force_disconnect && !capabilities.force_mute && !capabilities.force_unpublish);
    h.close(link, 1000);
    assert_eq!(h.session.capabilities(), Capabilities::default());
}

#[test]
fn a_state_without_the_own_connection_still_joins() {
    let mut h = Harness::new();
    let link = h.connect_to_create();
    let own = h.own_id();
    h.answer_create(link, "200", r#"{"stream":[],"archive":[]}"#);
    assert_eq!(h.take_names(), ["connected"]);
    assert_eq!(h.session.own_connection().unwrap().id, own);
    let told =
        raptor::Connection { id: own, permissions: vec!["forcedisconnect".into()], ..Default::default() };
    let created = h.message(SYMPHONY, raptor::Event::encode_connection_created(API_KEY, SESSION, &told));
    h.tell(link, &created);
    assert!(h.session.capabilities().force_disconnect, "its permissions come with its own news");
    assert_eq!(h.take_names(), [""; 0]);
}

#[test]
fn a_muted_session_says_so_after_the_streams() {
    let mut h = Harness::new();
    let link = h.connect_to_create();
    let own = h.own_id();
    let state = raptor::SessionState { mute: true, ..state_of([&*own, "b"]) };
    h.accept_create(link, &state);
    assert_eq!(h.take_names(), ["connected", "created b", "muted true"]);
}

#[test]
fn a_relay_that_knows_the_extensions_is_recognised() {
    let mut h = Harness::new();
    let link = h.connect_to_create();
    h.answer_create(link, "200", r#"{"connection":[],"stream":[],"otc_x":{"version":1}}"#);
    assert_eq!(h.session.extension(), Some(1));
    h.close(link, 1000);
    assert_eq!(h.session.extension(), None);
}

#[test]
fn an_empty_answer_to_create_leads_to_session_read() {
    for payload in ["", "{}", "null", "what?", r#"{"content":{}}"#] {
        let mut h = Harness::new();
        let link = h.connect_to_create();
        let own = h.own_id();
        let create = h.take_sent(link).pop().unwrap();
        h.tell(link, &status(&transaction_of(&create), "200").with_data(payload));
        let frames = h.take_sent(link);
        let [read] = &*frames else { panic!("session read was expected after {payload:?}, not {frames:?}") };
        assert_eq!(method_of(read), "read");
        assert_eq!(h.session.state(), StateName::Connecting);

        let answer = raptor::Event::encode_session_state(API_KEY, SESSION, &state_of([&*own, "b"]));
        h.tell(link, &message(&transaction_of(read), SYMPHONY, answer));
        assert_eq!(h.take_names(), ["connected", "created b"]);
        let frames = h.take_sent(link);
        assert_eq!(transaction_of(&frames[0]), transaction_of(read), "it is acknowledged");
    }
}

#[test]
fn frames_that_come_before_the_state_are_kept_and_told_after_it() {
    let mut h = Harness::new();
    let link = h.connect_to_create();
    let own = h.own_id();
    let early = [h.created("late"), h.signal("late", "one"), h.signal("b", "two")];
    for frame in &early {
        h.tell(link, frame);
    }
    assert_eq!(h.take_names(), [""; 0]);
    h.accept_create(link, &state_of([&*own, "b"]));
    assert_eq!(
        h.take_names(),
        ["connected", "created b", "created late", "signal one from late", "signal two from b"]
    );
    let acknowledged: Vec<_> = h
        .take_sent(link)
        .iter()
        .filter(|frame| frame.kind == FrameType::Status)
        .map(transaction_of)
        .collect();
    assert_eq!(acknowledged, early.iter().map(transaction_of).collect::<Vec<_>>());
}

#[test]
fn frames_before_the_state_are_not_acknowledged_before_they_are_told() {
    let mut h = Harness::new();
    let link = h.connect_to_create();
    h.take_sent(link);
    let early = h.signal("b", "one");
    h.tell(link, &early);
    assert_eq!(h.take_kinds(link), []);
}

#[test]
fn too_many_frames_before_the_state_end_connecting() {
    let mut h = Harness::with(SessionConfig { early_count: 3, ..Default::default() });
    let link = h.connect_to_create();
    for n in 0..4 {
        let frame = h.signal("b", &n.to_string());
        h.tell(link, &frame);
    }
    assert_eq!(h.take_error().0, SessionError::UnexpectedResponse);
    assert_eq!(h.session.state(), StateName::Idle);
}

#[test]
fn too_many_bytes_before_the_state_end_connecting() {
    let mut h = Harness::with(SessionConfig { early_bytes: 1_000, ..Default::default() });
    let link = h.connect_to_create();
    let frame = h.signal("b", &"x".repeat(1_000));
    h.tell(link, &frame);
    assert_eq!(h.take_error().0, SessionError::UnexpectedResponse);
}

#[test]
fn a_removal_among_the_early_frames_ends_the_session_and_what_follows_it_is_not_told() {
    let mut h = Harness::new();
    let link = h.connect_to_create();
    let own = h.own_id();
    for frame in [h.deleted(&own, "forceDisconnected"), h.signal("b", "too late")] {
        h.tell(link, &frame);
    }
    h.accept_create(link, &state_of([&*own]));
    assert_eq!(h.take_names(), ["connected", "disconnected"]);
}

#[test]
fn refusals_of_create_have_their_codes() {
    let cases = [
        ("403", SessionError::AuthorizationFailure, "relay refused the token: expired 12 s ago"),
        ("410", SessionError::ConnectionLimitExceeded, "the session is full: expired 12 s ago"),
        ("400", SessionError::ConnectionFailed, "relay refused the connection: expired 12 s ago"),
        ("401", SessionError::ConnectionFailed, "relay refused the connection: expired 12 s ago"),
        ("409", SessionError::ConnectionFailed, "relay refused the connection: expired 12 s ago"),
        ("500", SessionError::ConnectionFailed, "relay refused the connection: expired 12 s ago"),
    ];
    for (code, expected, text) in cases {
        let mut h = Harness::new();
        let link = h.connect_to_create();
        let create = h.take_sent(link).pop().unwrap();
        let answer = status(&transaction_of(&create), code).with_header(header::REASON, "expired 12 s ago");
        h.tell(link, &answer);
        let (error, message) = h.take_error();
        assert_eq!(error, expected, "{code}");
        assert_eq!(message, format!("{text} (create, {URL}, {code})"));
        assert_eq!(h.session.state(), StateName::Idle);
        assert_eq!(h.take_actions(), [Action::CloseLink { link, code: None }]);
        // What the relay does next is nobody's business.
        h.close(link, 1000);
        assert_eq!(h.take_names(), [""; 0]);
    }
}

#[test]
fn an_answer_to_create_without_a_status_is_a_failure() {
    let mut h = Harness::new();
    let link = h.connect_to_create();
    let create = h.take_sent(link).pop().unwrap();
    h.tell(link, &Frame::new(FrameType::Status).with_header(header::TRANSACTION_ID, transaction_of(&create)));
    assert_eq!(h.take_error().0, SessionError::ConnectionFailed);
}

#[test]
fn all_statuses_that_begin_with_two_accept_create() {
    for code in ["200", "201", "204", "2"] {
        let mut h = Harness::new();
        let link = h.connect_to_create();
        h.answer_create(link, code, r#"{"connection":[]}"#);
        assert_eq!(h.take_names(), ["connected"], "{code}");
    }
}

#[test]
fn a_refused_session_read_fails_connecting() {
    let mut h = Harness::new();
    let link = h.connect_to_create();
    h.answer_create(link, "200", "");
    let read = h.take_sent(link).pop().unwrap();
    h.tell(link, &status(&transaction_of(&read), "403"));
    assert_eq!(h.take_error().0, SessionError::AuthorizationFailure);
}

#[test]
fn a_successful_status_before_or_after_the_answer_to_session_read_is_harmless() {
    let mut h = Harness::new();
    let link = h.connect_to_create();
    let own = h.own_id();
    h.answer_create(link, "200", "");
    let read = transaction_of(&h.take_sent(link).pop().unwrap());
    h.tell(link, &status(&read, "200"));
    let answer = raptor::Event::encode_session_state(API_KEY, SESSION, &state_of([&*own]));
    h.tell(link, &message(&read, SYMPHONY, answer));
    h.tell(link, &status(&read, "200"));
    assert_eq!(h.take_names(), ["connected"]);
}

#[test]
fn an_answer_to_session_read_that_makes_no_sense_is_unexpected() {
    for payload in
        ["", "{}", r#"{"method":"read","uri":"/v2/partner/1/session/2","content":{"connection":7}}"#]
    {
        let mut h = Harness::new();
        let link = h.connect_to_create();
        h.answer_create(link, "200", "");
        let read = transaction_of(&h.take_sent(link).pop().unwrap());
        h.tell(link, &message(&read, SYMPHONY, payload));
        assert_eq!(h.take_error().0, SessionError::UnexpectedResponse, "{payload}");
    }
}

#[test]
fn a_link_that_does_not_open_within_fifteen_seconds_times_out() {
    let mut h = Harness::new();
    let (link, _) = h.connect_to_link();
    h.advance_ms(14_999);
    assert_eq!(h.take_names(), [""; 0]);
    h.advance_ms(1);
    let (error, message) = h.take_error();
    assert_eq!(error, SessionError::ConnectionTimedOut);
    assert!(message.contains(URL), "{message}");
    assert_eq!(h.take_actions(), [Action::AbandonLink { link }]);
}

#[test]
fn what_was_waited_for_to_the_last_is_told_once_the_time_is_up() {
    let waiting = |h: &mut Harness, ms: u64| {
        h.advance_ms(ms - 1);
        h.session.set_waiting_for("the proxy http://proxy:1".to_owned());
        h.advance_ms(1);
        h.take_error().1
    };
    let mut h = Harness::new();
    h.connect_to_link();
    let message = waiting(&mut h, 15_000);
    assert!(message.ends_with("did not open within 15 s, waiting for the proxy http://proxy:1"), "{message}");
    let mut h = Harness::with(SessionConfig { info_pauses: [Duration::ZERO; 2], ..SessionConfig::default() });
    h.connect();
    h.advance_ms(10_000);
    h.advance_ms(10_000);
    let message = waiting(&mut h, 10_000);
    assert!(message.ends_with("within 10 s, waiting for the proxy http://proxy:1"), "{message}");
}

#[test]
fn a_create_without_an_answer_for_fifteen_seconds_times_out() {
    let mut h = Harness::new();
    let link = h.connect_to_create();
    for _ in 0..14 {
        h.advance_ms(1_000);
        h.tell(link, &Frame::new(FrameType::Pong));
    }
    assert_eq!(h.take_names(), [""; 0]);
    h.advance_ms(1_000);
    let (error, message) = h.take_error();
    assert_eq!(error, SessionError::ConnectionTimedOut);
    assert_eq!(message, format!("no answer to create from {URL} within 15 s"));
    assert_eq!(h.take_kinds(link).last(), Some(&FrameType::Disconnect));
    assert_eq!(h.take_actions(), [Action::CloseLink { link, code: None }]);
}

#[test]
fn a_session_read_without_an_answer_for_fifteen_seconds_has_a_code_of_its_own() {
    let mut h = Harness::new();
    let link = h.connect_to_create();
    h.advance_ms(5_000);
    h.answer_create(link, "200", "");
    for _ in 0..15 {
        assert_eq!(h.take_names(), [""; 0]);
        h.tell(link, &Frame::new(FrameType::Pong));
        h.advance_ms(1_000);
    }
    assert_eq!(h.take_error().0, SessionError::StateFailed);
}

#[test]
fn a_session_read_that_has_to_be_asked_again_has_its_time_on_open_links_only() {
    let mut h = Harness::new();
    let link = h.connect_to_create();
    h.answer_create(link, "200", "");
    h.advance_ms(9_000);
    h.take_actions();
    h.cut(link);
    let (second, _) = h.take_open();
    h.advance_ms(8_000);
    h.open(second);
    h.advance_ms(5_999);
    assert_eq!(h.take_names(), [""; 0]);
    h.advance_ms(1);
    assert_eq!(h.take_error().0, SessionError::StateFailed);
}

#[test]
fn a_relay_that_says_nothing_at_all_times_out_within_fifteen_seconds_of_open_links() {
    let mut h = Harness::new();
    let first = h.connect_to_create();
    h.advance_ms(9_900);
    let actions = h.take_actions();
    let [Action::AbandonLink { link }, Action::OpenLink { link: second, .. }] = &*actions else {
        panic!("silence was to be noticed, not {actions:?}")
    };
    assert_eq!(*link, first);
    h.advance_ms(2_000);
    h.open(*second);
    h.advance_ms(5_099);
    assert_eq!(h.take_names(), [""; 0]);
    h.advance_ms(1);
    assert_eq!(h.take_error().0, SessionError::ConnectionTimedOut);
}

#[test]
fn refusals_to_open_the_first_link_fail_connecting_at_once() {
    use OpenFailure::{Connect, Proxy, Resolve, Tls, Upgrade};
    for kind in [Resolve, Connect, Proxy, Tls, Upgrade] {
        let mut h = Harness::new();
        let (link, _) = h.connect_to_link();
        h.refuse_open(link, kind);
        assert_eq!(h.take_error(), (SessionError::ConnectionRefused, format!("cannot open {URL}: {kind:?}")));
        assert_eq!(h.session.poll_timeout(), None);
    }
}

#[test]
fn a_first_link_that_breaks_off_while_opening_is_tried_again() {
    let mut h = Harness::new();
    let (link, first_url) = h.connect_to_link();
    h.refuse_open(link, OpenFailure::Interrupted);
    assert_eq!(h.take_names(), [""; 0]);
    let pause = h.step();
    assert!(pause >= Duration::from_millis(400) && pause <= Duration::from_millis(600), "{pause:?}");
    let (link, url) = h.take_open();
    assert!(url.contains("&reconnect=true&"), "{url}");
    assert_eq!(socket_id(&url), socket_id(&first_url));
    h.open(link);
    assert_eq!(h.take_kinds(link), [FrameType::Connect, FrameType::Subscribe, FrameType::Message]);
}

#[test]
fn a_link_lost_while_connecting_is_replaced_and_everything_is_said_again_under_the_old_ids() {
    let mut h = Harness::new();
    let (first, first_url) = h.connect_to_link();
    h.open(first);
    let own = h.own_id();
    let said = h.take_sent(first);
    h.cut(first);
    let (second, second_url) = h.take_open();
    assert!(!first_url.contains("reconnect=") && second_url.contains("&reconnect=true&attempt="));
    assert_eq!(socket_id(&first_url), socket_id(&second_url));
    assert_ne!(first_url.rsplit('=').next(), second_url.rsplit('=').next(), "each attempt has its own id");
    h.open(second);
    assert_eq!(h.sent[&second], said);
    h.accept_create(second, &state_of([&*own]));
    assert_eq!(h.take_names(), ["connected"]);
}

#[test]
fn a_link_lost_while_session_read_is_pending_leads_to_the_same_read_again() {
    let mut h = Harness::new();
    let first = h.connect_to_create();
    let own = h.own_id();
    h.answer_create(first, "200", "");
    let said = h.take_sent(first);
    h.cut(first);
    let (second, _) = h.take_open();
    h.open(second);
    let again = h.take_sent(second);
    assert_eq!(again, said);
    // The relay repeats its answer to create, which is no news.
    h.tell(second, &status(&transaction_of(&again[2]), "200"));
    assert_eq!(h.take_sent(second), []);
    let answer = raptor::Event::encode_session_state(API_KEY, SESSION, &state_of([&*own]));
    h.tell(second, &message(&transaction_of(&again[3]), SYMPHONY, answer));
    assert_eq!(h.take_names(), ["connected"]);
}

#[test]
fn frames_replayed_on_a_second_link_while_connecting_are_told_once() {
    let mut h = Harness::new();
    let first = h.connect_to_create();
    let own = h.own_id();
    let (one, two) = (h.signal("b", "one"), h.signal("b", "two"));
    h.tell(first, &one);
    h.cut(first);
    let (second, _) = h.take_open();
    h.open(second);
    h.tell(second, &one);
    h.tell(second, &two);
    h.accept_create(second, &state_of([&*own, "b"]));
    assert_eq!(h.take_names(), ["connected", "created b", "signal one from b", "signal two from b"]);
}

#[test]
fn links_are_sought_for_thirty_seconds_while_connecting() {
    let mut h = Harness::new();
    let first = h.connect_to_create();
    h.cut(first);
    for _ in 0..100 {
        if let Some(Action::OpenLink { link, .. }) = h.take_actions().pop() {
            h.lose(link, LinkLoss::OpenFailed { kind: OpenFailure::Interrupted, message: "reset".into() });
        }
        h.advance_ms(300);
    }
    let (error, message) = h.take_error();
    assert_eq!(error, SessionError::ConnectionTimedOut);
    assert_eq!(message, format!("joining at {URL} took longer than 30 s"));
    assert_eq!(h.session.poll_timeout(), None);
}

#[test]
fn the_last_definite_refusal_is_told_when_no_link_was_found_in_time() {
    let mut h = Harness::new();
    let first = h.connect_to_create();
    h.cut(first);
    for _ in 0..100 {
        if let Some(Action::OpenLink { link, .. }) = h.take_actions().pop() {
            h.refuse_open(link, OpenFailure::Connect);
        }
        h.advance_ms(300);
    }
    assert_eq!(h.take_error(), (SessionError::ConnectionRefused, format!("cannot open {URL}: Connect")));
}

#[test]
fn final_closes_while_connecting_are_not_tried_again() {
    for code in [1000, 1001, 1011] {
        let mut h = Harness::new();
        let link = h.connect_to_create();
        h.lose(link, LinkLoss::Closed { code: Some(code), reason: "go away".into() });
        let (error, message) = h.take_error();
        assert_eq!(error, SessionError::ConnectionFailed);
        assert_eq!(
            message,
            format!("relay closed the link before the session was joined, {code}: go away ({URL})")
        );
        assert_eq!(h.take_actions(), []);
    }
}

#[test]
fn without_resume_a_link_lost_while_connecting_fails_it() {
    let mut h = Harness::new();
    let (link, _) = h.connect_with(SessionInfo { reconnection: false, ..info() });
    h.open(link);
    h.cut(link);
    assert_eq!(h.take_error().0, SessionError::ConnectionFailed);
    assert_eq!(h.session.state(), StateName::Idle);
}

#[test]
fn a_session_that_failed_to_connect_can_be_connected_again() {
    let mut h = Harness::new();
    let (link, _) = h.connect_to_link();
    h.refuse_open(link, OpenFailure::Connect);
    h.take_error();
    h.take_actions();
    h.join();
}

fn socket_id(url: &str) -> &str {
    url.split(['?', '&']).find_map(|part| part.strip_prefix("socketId=")).expect("there is one")
}
