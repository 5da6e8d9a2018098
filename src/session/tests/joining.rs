//! Session info: tries, time limits, refusals; and the way from there to a joined session.

use otc_protocol::rumor::{FrameType, header};
use otc_protocol::session_info::{SessionInfo, SessionInfoError};

use super::harness::*;
use crate::session::*;

#[test]
fn connecting_asks_where_the_session_is_and_opens_a_link_there() {
    let mut h = Harness::new();
    h.connect();
    assert_eq!(h.session.state(), StateName::Connecting);
    let id = h.take_info();
    h.answer_info(id, Ok(info()));
    let (_, url) = h.take_open();
    let query = url.strip_prefix(&format!("{URL}?socketId=")).expect("the socket id comes first");
    let (socket_id, attempt) = query.split_once("&attempt=").expect("the attempt comes last");
    assert_eq!((socket_id.len(), attempt.len()), (36, 36));
    assert_ne!(socket_id, attempt);
    assert_eq!(h.take_names(), [""; 0]);
}

#[test]
fn an_address_with_a_query_keeps_it() {
    let mut h = Harness::new();
    let (_, url) = h.connect_with(SessionInfo { messaging_url: Some(format!("{URL}?shard=3")), ..info() });
    assert!(url.starts_with(&format!("{URL}?shard=3&socketId=")), "{url}");
}

#[test]
fn a_relay_that_resumes_nothing_gets_its_address_untouched() {
    let mut h = Harness::new();
    let (_, url) = h.connect_with(SessionInfo { reconnection: false, ..info() });
    assert_eq!(url, URL);
}

#[test]
fn an_open_link_gets_connect_subscribe_and_create_at_once() {
    let mut h = Harness::new();
    let link = h.connect_to_create();
    let own = h.own_id();
    let frames = h.take_sent(link);
    let kinds: Vec<_> = frames.iter().map(|frame| frame.kind).collect();
    assert_eq!(kinds, [FrameType::Connect, FrameType::Subscribe, FrameType::Message]);
    let names: Vec<_> = frames[0].headers.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, [header::UNIQUE_ID, header::TRANSACTION_ID, header::NOTIFY_DISCONNECT_ADDRESS]);
    assert_eq!(frames[0].header(header::NOTIFY_DISCONNECT_ADDRESS).map(|a| &**a), Some(SYMPHONY));
    assert_eq!(&*frames[1].addresses[0], format!("/v2/partner/{API_KEY}/session/{SESSION}"));
    assert_eq!(&*frames[2].addresses[0], SYMPHONY);
    assert_eq!(frames[2].header(header::TOKEN_AUTH).map(|token| &**token), Some(TOKEN));
    assert_eq!(frames[2].header(header::FROM_ADDRESS).map(|from| &**from), Some(&*own));
    let create: serde_json::Value = serde_json::from_str(&frames[2].data).unwrap();
    assert_eq!(create["uri"], format!("/v2/partner/{API_KEY}/session/{SESSION}/connection/{own}"));
    assert_eq!(create["content"]["clientVersion"], concat!("otc-", env!("CARGO_PKG_VERSION")));
    assert_eq!(create["content"]["capabilities"], serde_json::json!(["otc-x/1"]));
    assert_eq!(create["content"].get("connectionEventsSuppressed"), None);
}

#[test]
fn suppressed_connection_events_are_asked_for_in_create() {
    let mut h = Harness::with(SessionConfig { connection_events_suppressed: true, ..Default::default() });
    let link = h.connect_to_create();
    let create: serde_json::Value = serde_json::from_str(&h.take_sent(link)[2].data).unwrap();
    assert_eq!(create["content"]["connectionEventsSuppressed"], true);
}

#[test]
fn session_info_is_asked_for_three_times_on_transport_faults() {
    let mut h = Harness::new();
    h.connect();
    let unreachable = |kind| InfoFailure::Unreachable { kind, message: format!("cannot connect to {RELAY}") };
    let first = h.take_info();
    h.answer_info(first, Err(unreachable(OpenFailure::Connect)));
    assert_eq!(h.step().as_millis(), 250);
    let second = h.take_info();
    h.answer_info(second, Err(unreachable(OpenFailure::Interrupted)));
    assert_eq!(h.step().as_millis(), 1000);
    let third = h.take_info();
    assert!(first < second && second < third);
    h.answer_info(third, Err(unreachable(OpenFailure::Resolve)));
    let (error, message) = h.take_error();
    assert_eq!(error, SessionError::ConnectionRefused);
    assert_eq!(message, format!("cannot connect to {RELAY}"));
    assert_eq!(h.session.state(), StateName::Idle);
    assert_eq!(h.session.poll_timeout(), None);
}

#[test]
fn a_proxy_that_wants_another_password_is_asked_once() {
    let mut h = Harness::new();
    h.connect();
    let id = h.take_info();
    let message = "the proxy http://p:1080 does not lead there: it refuses this user name and password";
    let failure = InfoFailure::Unreachable { kind: OpenFailure::ProxyLogin, message: message.to_owned() };
    h.answer_info(id, Err(failure));
    assert_eq!(h.take_error(), (SessionError::ConnectionRefused, message.to_owned()));
    assert_eq!(h.take_actions(), []);
    assert_eq!(h.session.poll_timeout(), None);
}

#[test]
fn session_info_is_asked_for_three_times_on_server_errors() {
    let mut h = Harness::new();
    h.connect();
    for _ in 0..2 {
        let id = h.take_info();
        h.answer_info(id, Err(InfoFailure::Refused { code: 503, reason: "overloaded".into() }));
        h.step();
    }
    let id = h.take_info();
    h.answer_info(id, Err(InfoFailure::Refused { code: 503, reason: "overloaded".into() }));
    let (error, message) = h.take_error();
    assert_eq!(error, SessionError::ConnectionFailed);
    assert_eq!(message, format!("relay refused session info: overloaded (session info, {RELAY}, 503)"));
}

#[test]
fn a_try_that_succeeds_after_failures_goes_on() {
    let mut h = Harness::new();
    h.connect();
    let id = h.take_info();
    h.answer_info(id, Err(InfoFailure::Refused { code: 500, reason: String::new() }));
    h.step();
    let id = h.take_info();
    h.answer_info(id, Ok(info()));
    h.take_open();
    assert_eq!(h.take_names(), [""; 0]);
}

#[test]
fn refusals_of_session_info_have_their_codes_and_are_not_tried_again() {
    let cases = [
        (400, SessionError::InvalidSession),
        (401, SessionError::AuthorizationFailure),
        (403, SessionError::AuthorizationFailure),
        (404, SessionError::InvalidSession),
        (409, SessionError::BlockedCountry),
        (418, SessionError::ConnectionFailed),
        (429, SessionError::ConnectionFailed),
    ];
    for (code, expected) in cases {
        let mut h = Harness::new();
        h.connect();
        let id = h.take_info();
        let refused = SessionInfoError::Refused { code, message: "expired 12 s ago".into() };
        h.answer_info(id, Err(refused.into()));
        let (error, message) = h.take_error();
        assert_eq!(error, expected, "{code}");
        assert!(message.ends_with(&format!("expired 12 s ago (session info, {RELAY}, {code})")), "{message}");
        assert_eq!(h.session.state(), StateName::Idle);
    }
}

#[test]
fn an_answer_that_is_not_session_info_is_unexpected() {
    let mut h = Harness::new();
    h.connect();
    let id = h.take_info();
    h.answer_info(id, Err(SessionInfoError::NotUnderstood.into()));
    let (error, message) = h.take_error();
    assert_eq!(error, SessionError::UnexpectedResponse);
    assert!(message.contains(RELAY), "{message}");
}

#[test]
fn session_info_without_a_messaging_server_is_an_error_of_its_own() {
    let mut h = Harness::new();
    h.connect();
    let id = h.take_info();
    h.answer_info(id, Ok(SessionInfo { messaging_url: None, ..info() }));
    assert_eq!(h.take_error().0, SessionError::NoMessagingServer);
}

#[test]
fn a_messaging_server_that_is_no_websocket_is_unexpected() {
    let mut h = Harness::new();
    h.connect();
    let id = h.take_info();
    let url = "http://user:secret@relay.example/x?token=secret".to_owned();
    h.answer_info(id, Ok(SessionInfo { messaging_url: Some(url), ..info() }));
    let (error, message) = h.take_error();
    assert_eq!(error, SessionError::UnexpectedResponse);
    assert!(message.ends_with("http://relay.example/x"), "{message}");
}

#[test]
fn a_session_of_another_api_key_is_refused() {
    let mut h = Harness::new();
    h.connect();
    let id = h.take_info();
    h.answer_info(id, Ok(SessionInfo { partner_id: Some("101".into()), ..info() }));
    assert_eq!(h.take_error().0, SessionError::AuthorizationFailure);
}

#[test]
fn session_info_may_leave_out_partner_and_symphony() {
    let mut h = Harness::new();
    let (link, _) = h.connect_with(SessionInfo { partner_id: None, symphony_address: None, ..info() });
    h.open(link);
    let frames = h.take_sent(link);
    assert_eq!(&*frames[1].addresses[0], format!("/v2/partner/{API_KEY}/session/{SESSION}"));
    assert_eq!(frames[2].addresses.len(), 1);
}

#[test]
fn each_try_for_session_info_has_ten_seconds() {
    let mut h = Harness::new();
    h.connect();
    let first = h.take_info();
    assert_eq!(h.step().as_secs(), 10);
    assert_eq!(h.take_actions(), [Action::CancelSessionInfo { id: first }]);
    assert_eq!(h.step().as_millis(), 250);
    let second = h.take_info();
    // A late answer to a request that was given up is nobody's.
    h.answer_info(first, Ok(info()));
    assert_eq!(h.take_actions(), []);
    h.answer_info(second, Ok(info()));
    h.take_open();
}

#[test]
fn session_info_that_never_comes_times_out() {
    let mut h = Harness::new();
    h.connect();
    h.advance_ms(30_000);
    let (error, message) = h.take_error();
    assert_eq!(error, SessionError::ConnectionTimedOut);
    assert!(message.contains(RELAY), "{message}");
    let ended = h.take_actions();
    assert!(matches!(ended.last(), Some(Action::CancelSessionInfo { .. })), "{ended:?}");
}

#[test]
fn the_last_definite_cause_is_told_when_all_of_connecting_took_too_long() {
    let mut h = Harness::with(SessionConfig {
        connect_limit: std::time::Duration::from_millis(10_500),
        ..Default::default()
    });
    h.connect();
    let id = h.take_info();
    h.answer_info(
        id,
        Err(InfoFailure::Unreachable { kind: OpenFailure::Tls, message: "bad certificate".into() }),
    );
    h.advance_ms(10_500);
    assert_eq!(h.take_error(), (SessionError::ConnectionRefused, "bad certificate".into()));
}

#[test]
fn errors_while_connecting_never_hold_the_token() {
    let mut h = Harness::new();
    h.connect();
    let id = h.take_info();
    let reason = format!("no such token:\n{TOKEN}");
    h.answer_info(id, Err(InfoFailure::Refused { code: 403, reason }));
    let (_, message) = h.take_error();
    assert!(!message.contains(TOKEN) && !message.contains('\n'), "{message}");
    assert!(h.log.iter().all(|record| !record.text.contains(TOKEN)));
}

#[test]
fn a_token_is_shown_to_the_server_up_to_the_longest_that_one_takes() {
    for (length, asked) in [(16 * 1024, true), (16 * 1024 + 1, false), (70_000, false)] {
        let mut h = Harness::new();
        h.session.connect("x".repeat(length), h.now).unwrap();
        h.pump();
        let request = matches!(h.take_actions()[..], [Action::FetchSessionInfo { .. }]);
        assert_eq!(request, asked, "{length}");
        if !asked {
            assert_eq!(h.take_error().0, SessionError::AuthorizationFailure, "{length}");
        }
    }
}
