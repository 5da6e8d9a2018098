//! Coming in, seeing who is there, and not being let in.

use otc::runtime::{NewSessionError, Options, SessionHandle, SessionSettings};
use otc::session::{CommandError, Event, SessionError, StateName};
use otc_protocol::token::Role;

use crate::support::{Client, TestRelay, Token, session};

#[test]
fn both_sides_see_who_comes_and_who_goes() {
    let relay = TestRelay::start();
    let session = session();
    let first = Client::joined(&relay.url(), &session, "first");
    let second = Client::joined(&relay.url(), &session, "second");
    let seen = first.expect_created();
    assert_eq!((&*seen.id, &*seen.data, &*seen.session_id), (&*second.id(), "second", &*session));
    assert!(seen.creation_time > 1_600_000_000_000, "milliseconds since 1970: {}", seen.creation_time);
    let seen = second.expect_created();
    assert_eq!((&*seen.id, &*seen.data), (&*first.id(), "first"));
    let third = Client::joined(&relay.url(), &session, "third");
    assert_eq!(third.expect_created().id, first.id());
    assert_eq!(third.expect_created().id, second.id());
    for client in [&first, &second] {
        assert_eq!(client.expect_created().id, third.id());
    }
    let gone = second.id();
    second.leave();
    for client in [&first, &third] {
        assert_eq!(client.expect_dropped(), gone);
    }
    for client in [&first, &second, &third] {
        client.expect_nothing();
    }
}

#[test]
fn a_client_that_deletes_its_session_is_seen_to_leave() {
    let relay = TestRelay::start();
    let session = session();
    let stays = Client::joined(&relay.url(), &session, "");
    let goes = Client::joined(&relay.url(), &session, "");
    let id = goes.id();
    assert_eq!(stays.expect_created().id, id);
    drop(goes);
    assert_eq!(stays.expect_dropped(), id);
}

#[test]
fn a_full_session_is_told_by_its_own_error_and_has_room_again_when_somebody_leaves() {
    let relay = TestRelay::start_with("127.0.0.1:0", |config| config.limits.connections_per_session = 1);
    let session = session();
    let first = Client::joined(&relay.url(), &session, "");
    let second = Client::new(&relay.url(), &session);
    second.session.connect(&Token::of(&session).mint()).expect("idle");
    let (error, message) = second.expect_error();
    assert_eq!(error, SessionError::ConnectionLimitExceeded, "{message}");
    first.leave();
    second.join(&Token::of(&session).mint());
}

#[test]
fn sessions_do_not_see_each_other() {
    let relay = TestRelay::start();
    let (one, other) = (session(), session());
    let here = Client::joined(&relay.url(), &one, "");
    let there = Client::joined(&relay.url(), &other, "");
    there.send("", "there").expect("connected");
    assert_eq!(there.expect_signal().1, "there");
    here.send("", "here").expect("connected");
    assert_eq!(here.expect_signal().1, "here");
    here.expect_nothing();
    there.expect_nothing();
}

#[test]
fn a_client_may_come_back_as_another() {
    let relay = TestRelay::start();
    let session = session();
    let client = Client::joined(&relay.url(), &session, "");
    let mut ids = vec![client.id()];
    for _ in 0..3 {
        client.leave();
        assert_eq!(client.session.state(), StateName::Idle);
        assert_eq!(client.id(), *ids.last().expect("one"), "the own connection is kept after the end");
        client.join(&Token::of(&session).mint());
        assert!(!ids.contains(&client.id()));
        ids.push(client.id());
    }
}

#[test]
fn suppressed_connection_events_leave_signals_alone() {
    let relay = TestRelay::start();
    let session = session();
    let seen = Client::joined(&relay.url(), &session, "");
    let blind = Client::with(&session, |settings| {
        settings.api_url = Some(relay.url());
        settings.config.connection_events_suppressed = true;
    });
    blind.join(&Token::of(&session).mint());
    assert_eq!(seen.expect_created().id, blind.id());
    seen.send("kind", "data").expect("connected");
    assert_eq!(blind.expect_signal(), ("kind".to_owned(), "data".to_owned(), seen.id()));
    let id = seen.id();
    drop(seen);
    blind.send("", "alone").expect("connected");
    assert_eq!(blind.expect_signal().1, "alone");
    blind.expect_nothing();
    assert_ne!(id, blind.id());
}

#[test]
fn capabilities_follow_from_the_role() {
    let relay = TestRelay::start();
    let session = session();
    for (role, may_disconnect, may_publish) in
        [(Role::Moderator, true, true), (Role::Publisher, false, true), (Role::Subscriber, false, false)]
    {
        let client = Client::new(&relay.url(), &session);
        assert_eq!(client.session.capabilities(), Default::default());
        client.join(&Token { role, ..Token::of(&session) }.mint());
        let allowed = client.session.capabilities();
        assert_eq!((allowed.force_disconnect, allowed.publish), (may_disconnect, may_publish), "{role:?}");
    }
}

#[test]
fn tokens_that_are_not_good_are_refused_with_a_reason_and_never_shown() {
    let relay = TestRelay::start();
    let (own, other) = (session(), session());
    let wrong_secret = "ffffffffffffffffffffffffffffffffffffffff";
    let table = [
        ("expired", Token { seconds: -20, ..Token::of(&own) }.mint(), "expired"),
        ("signed by another", Token { secret: wrong_secret, ..Token::of(&own) }.mint(), ""),
        ("for another session", Token::of(&other).mint(), ""),
        ("garbage", "T1==garbage".to_owned(), ""),
        ("empty", String::new(), ""),
        ("with a line break", "T1==\r\nx".to_owned(), ""),
    ];
    for (name, token, word) in table {
        let client = Client::new(&relay.url(), &own);
        client.session.connect(&token).expect("idle");
        let (error, message) = client.expect_error();
        assert_eq!(error, SessionError::AuthorizationFailure, "{name}: {message}");
        assert!(message.contains(word), "{name}: {message}");
        assert!(
            !message.contains('\n') && (token.len() < 8 || !message.contains(&token[4..])),
            "{name}: {message}"
        );
        assert_eq!(client.session.state(), StateName::Idle);
        client.expect_nothing();
        client.join(&Token::of(&own).mint());
    }
}

#[test]
fn session_ids_that_are_none_are_refused() {
    let relay = TestRelay::start();
    for id in ["", "nonsense", "1_", "../..", "1_MX4xMDB-\u{e9}", "a b?c#d"] {
        let client = Client::new(&relay.url(), id);
        client.session.connect(&Token::of(id).mint()).expect("idle");
        let (error, message) = client.expect_error();
        assert_eq!(error, SessionError::InvalidSession, "{id:?}: {message}");
        client.expect_nothing();
    }
}

#[test]
fn connecting_twice_is_refused_and_changes_nothing() {
    let relay = TestRelay::start();
    let session = session();
    let token = Token::of(&session).mint();
    let client = Client::new(&relay.url(), &session);
    client.session.connect(&token).expect("idle");
    assert_eq!(client.session.connect(&token), Err(CommandError::IllegalState));
    client.expect(&Event::Connected);
    assert_eq!(client.session.connect(&token), Err(CommandError::IllegalState));
    client.send("", "still there").expect("connected");
    assert_eq!(client.expect_signal().1, "still there");
    client.expect_nothing();
}

#[test]
fn a_bad_setting_makes_no_session() {
    let _library = Client::new("http://127.0.0.1:1", "1_");
    let settings =
        SessionSettings { api_url: Some("relay.example".to_owned()), ..SessionSettings::default() };
    let options = Options { api_key: "100".to_owned(), session_id: session(), settings };
    let error = SessionHandle::new(options, std::sync::Arc::new(Deaf)).err().expect("an error");
    let NewSessionError::Setting(error) = error else { panic!("unexpected {error:?}") };
    assert!(error.to_string().starts_with("api_url is \"relay.example\"; allowed is http://"), "{error}");
}

struct Deaf;

impl otc::runtime::Observer for Deaf {
    fn notify(&self, _: Event) {}
}
