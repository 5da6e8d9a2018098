//! The ends of sessions: which events tell of them, in which order, with which error and which words.

use otc_protocol::rumor::header;

use super::harness::*;
use crate::session::*;

#[test]
fn a_failed_connect_is_told_by_one_error_and_nothing_else() {
    type Fault = fn(&mut Harness);
    let faults: [(&str, Fault, SessionError); 9] = [
        (
            "refused in session info",
            |h| info_fails(h, InfoFailure::Refused { code: 403, reason: String::new() }),
            SessionError::AuthorizationFailure,
        ),
        (
            "no such session",
            |h| info_fails(h, InfoFailure::Refused { code: 404, reason: String::new() }),
            SessionError::InvalidSession,
        ),
        (
            "region refused",
            |h| info_fails(h, InfoFailure::Refused { code: 409, reason: String::new() }),
            SessionError::BlockedCountry,
        ),
        (
            "nonsense",
            |h| info_fails(h, InfoFailure::NotUnderstood { detail: "not JSON".into() }),
            SessionError::UnexpectedResponse,
        ),
        ("refused in create", |h| create_fails(h, "403"), SessionError::AuthorizationFailure),
        ("session full", |h| create_fails(h, "410"), SessionError::ConnectionLimitExceeded),
        (
            "nothing listens",
            |h| {
                let (link, _) = h.connect_to_link();
                h.refuse_open(link, OpenFailure::Connect);
            },
            SessionError::ConnectionRefused,
        ),
        (
            "no answer",
            |h| {
                h.connect_to_link();
                h.advance_ms(15_000);
            },
            SessionError::ConnectionTimedOut,
        ),
        (
            "closed early",
            |h| {
                let link = h.connect_to_create();
                h.close(link, 1000);
            },
            SessionError::ConnectionFailed,
        ),
    ];
    for (what, fault, expected) in faults {
        let mut h = Harness::new();
        fault(&mut h);
        assert_eq!(h.take_error().0, expected, "{what}");
        h.advance_ms(120_000);
        assert_eq!(h.take_names(), [""; 0], "{what}");
        assert_eq!(h.session.state(), StateName::Idle, "{what}");
    }
}

#[test]
fn names_and_tokens_too_long_for_any_server_are_refused_without_asking_one() {
    let mut h = Harness::new();
    h.session.connect("t".repeat(64 * 1024 * 1024), h.now).expect("the outcome comes by an event");
    h.pump();
    assert_eq!(h.take_error().0, SessionError::AuthorizationFailure);
    assert_eq!(h.take_actions(), []);

    let identity = Identity {
        api_key: "100".to_owned(),
        session_id: "1_".repeat(32 * 1024 * 1024),
        relay: "http://relay.test".to_owned(),
    };
    h.session = Session::new(identity, SessionConfig::default(), [1; 32]);
    h.connect();
    assert_eq!(h.take_error().0, SessionError::InvalidSession);
    assert_eq!(h.take_actions(), []);
    assert_eq!(h.session.state(), StateName::Idle);
}

fn info_fails(h: &mut Harness, failure: InfoFailure) {
    h.connect();
    let id = h.take_info();
    h.answer_info(id, Err(failure));
}

fn create_fails(h: &mut Harness, code: &str) {
    let link = h.connect_to_create();
    h.answer_create(link, code, "");
}

#[test]
fn an_established_session_that_ends_by_a_fault_tells_the_error_first() {
    type Fault = fn(&mut Harness, LinkId);
    let faults: [(&str, Fault); 4] = [
        ("1011", |h, link| h.close(link, 1011)),
        ("resume refused", |h, link| {
            let next = h.cut_and_reopen(link);
            h.close(next, 1011);
        }),
        ("gave up", |h, link| {
            h.cut(link);
            h.advance_ms(60_000);
        }),
        ("protocol broken", |h, link| h.lose(link, LinkLoss::Violation { message: "a text message".into() })),
    ];
    for (what, fault) in faults {
        let mut h = Harness::new();
        let link = h.join();
        fault(&mut h, link);
        let mut names = h.take_names();
        names.retain(|name| name != "reconnection started");
        assert_eq!(names, ["error ConnectionDropped", "disconnected"], "{what}");
        h.advance_ms(120_000);
        assert_eq!(h.take_names(), [""; 0], "{what}");
    }
}

#[test]
fn an_orderly_end_is_told_without_an_error() {
    type End = fn(&mut Harness, LinkId);
    let ends: [(&str, End); 4] = [
        ("1000", |h, link| h.close(link, 1000)),
        ("1001", |h, link| h.close(link, 1001)),
        ("removed", |h, link| {
            let own = h.own_id();
            let removal = h.deleted(&own, "forceDisconnected");
            h.tell(link, &removal);
            h.close(link, 1000);
        }),
        ("left", |h, link| {
            h.session.disconnect(h.now).unwrap();
            h.pump();
            h.lose(link, LinkLoss::Closed { code: None, reason: String::new() });
        }),
    ];
    for (what, end) in ends {
        let mut h = Harness::new();
        let link = h.join();
        end(&mut h, link);
        assert_eq!(h.take_names(), ["disconnected"], "{what}");
    }
}

#[test]
fn words_for_people_name_hop_address_and_cause() {
    let mut h = Harness::new();
    let link = h.connect_to_create();
    let create = h.take_sent(link).pop().unwrap();
    let answer = status(&transaction_of(&create), "403").with_header(header::REASON, "expired 12 s ago");
    h.tell(link, &answer);
    assert_eq!(h.take_error().1, format!("relay refused the token: expired 12 s ago (create, {URL}, 403)"));
}

#[test]
fn foreign_words_are_one_short_line_and_hold_no_token() {
    let mut h = Harness::new();
    let link = h.connect_to_create();
    let create = h.take_sent(link).pop().unwrap();
    let reason = format!("{TOKEN}\r\n\u{1b}[31m{}", "é".repeat(500));
    h.tell(link, &status(&transaction_of(&create), "403").with_header(header::REASON, reason));
    let (_, message) = h.take_error();
    assert!(!message.contains(TOKEN), "{message}");
    assert!(message.chars().all(|c| !c.is_control()), "{message}");
    assert!(message.chars().count() < 400, "{message}");
}

#[test]
fn neither_errors_nor_the_log_hold_the_secrets_of_a_session() {
    let mut h = Harness::new();
    let (link, url) = h.connect_to_link();
    h.open(link);
    let own = h.own_id();
    h.accept_create(link, &state_of([&*own, "b"]));
    let frame = h.signal("b", "confidential");
    h.tell(link, &frame);
    h.send("confidential").unwrap();
    let next = h.cut_and_reopen(link);
    h.close(next, 1011);
    let socket_id = &url.split("socketId=").nth(1).unwrap()[..36];
    let told = h.take_events();
    let texts = h.log.iter().map(|record| &record.text).chain(told.iter().filter_map(|event| match event {
        Event::Error { message, .. } => Some(message),
        _ => None,
    }));
    for text in texts {
        for secret in [TOKEN, socket_id, "confidential"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[test]
fn words_about_the_milestones_of_a_session_are_logged() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    let next = h.cut_and_resume(link);
    h.close(next, 1000);
    let told: Vec<_> = h.log.iter().map(|record| (record.level, &*record.text)).collect();
    let ended = format!("session ended: relay closed the link, 1000 ({URL})");
    assert_eq!(
        told,
        [
            (LogLevel::Info, &*format!("joining a session at {RELAY}")),
            (LogLevel::Info, "joined; others here: 1"),
            (LogLevel::Warn, "the link broke: connection reset; reconnecting"),
            (LogLevel::Info, "resumed after 0 s, attempt 1"),
            (LogLevel::Info, &*ended),
        ]
    );
}
