//! Relays that are not there, links that break, relays that end.

use std::net::TcpListener;
use std::time::Duration;

use otc::session::{Event, SessionError, StateName};
use otc_testkit::proxy::{Cut, Direction};

use crate::support::{Client, TestRelay, Token, block_on, session};

#[test]
fn an_absent_relay_is_told_with_its_address_and_the_cause() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let session = session();
    let client = Client::new(&url, &session);
    client.session.connect("token").expect("idle");
    let (error, message) = client.expect_error();
    assert_eq!(error, SessionError::ConnectionRefused);
    assert!(message.contains(&url) && message.contains("refused"), "{message}");
    assert!(!message.contains('\n'), "{message}");
    client.expect_nothing();
    assert_eq!(client.session.state(), StateName::Idle);
}

#[test]
fn a_relay_that_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let client = Client::with(&session(), |settings| {
        settings.api_url = Some(url.clone());
        settings.config.info_limit = Duration::from_millis(50);
        settings.config.info_pauses = [Duration::from_millis(1); 2];
    });
    client.session.connect("token").expect("idle");
    let (error, message) = client.expect_error();
    assert_eq!(error, SessionError::ConnectionTimedOut, "{message}");
    client.expect_nothing();
}

#[test]
fn a_cut_link_is_resumed_and_nobody_else_notices() {
    let relay = TestRelay::start();
    let proxy = relay.behind_proxy();
    let session = session();
    let steady = Client::joined(&relay.url(), &session, "");
    let shaky = Client::joined(&format!("http://{}", proxy.address()), &session, "");
    let id = shaky.id();
    assert_eq!(steady.expect_created().id, id);
    shaky.expect_created();
    for (round, cut) in [Cut::Fin, Cut::Rst, Cut::KeepTarget].into_iter().enumerate() {
        proxy.cut(cut);
        shaky.expect(&Event::ReconnectionStarted);
        steady.send("", &format!("to {round}")).expect("connected");
        shaky.send("", &format!("from {round}")).expect("reconnecting");
        let (mut reconnected, mut heard) = (false, Vec::new());
        while !reconnected || heard.len() < 2 {
            match shaky.next() {
                Event::Reconnected => reconnected = true,
                Event::SignalReceived { data, .. } => heard.push(data.to_string()),
                event => panic!("unexpected {event:?}"),
            }
        }
        let told = [steady.expect_signal().1, steady.expect_signal().1];
        assert_eq!(heard, told, "the relay's order is everyone's");
        assert_eq!(shaky.id(), id, "a resume keeps the connection");
    }
    steady.expect_nothing();
    shaky.expect_nothing();
}

#[test]
fn a_stream_of_signals_survives_cuts_in_the_middle() {
    const SIGNALS: usize = 2_000;
    let relay = TestRelay::start();
    let proxy = relay.behind_proxy();
    let session = session();
    let receiver = Client::joined(&relay.url(), &session, "");
    let sender = Client::joined(&format!("http://{}", proxy.address()), &session, "");
    assert_eq!(receiver.expect_created().id, sender.id());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..SIGNALS {
                sender.send("", &number.to_string()).expect("connected or reconnecting");
                if number % 400 == 200 {
                    proxy.cut_after(Direction::Up, 5_000, Cut::Rst);
                }
            }
        });
        for number in 0..SIGNALS {
            assert_eq!(receiver.expect_signal().1, number.to_string());
        }
    });
    assert!(proxy.counts().cut > 0, "no link was cut");
    receiver.expect_nothing();
}

#[test]
fn a_relay_that_ends_is_an_honest_end_and_its_successor_is_joined_anew() {
    let mut relay = TestRelay::start();
    let address = relay.address;
    let session = session();
    let client = Client::joined(&relay.url(), &session, "");
    let id = client.id();
    relay.stop();
    assert_eq!(client.expect_error().0, SessionError::ConnectionDropped);
    client.expect(&Event::Disconnected);
    let _successor = TestRelay::start_at(&address.to_string());
    client.join(&Token::of(&session).mint());
    assert_ne!(client.id(), id);
    client.send("", "again").expect("connected");
    assert_eq!(client.expect_signal().1, "again");
    client.expect_nothing();
}

#[test]
fn a_relay_that_was_replaced_while_the_link_was_away_refuses_the_resume() {
    let mut relay = TestRelay::start();
    let address = relay.address;
    let proxy = relay.behind_proxy();
    let client = Client::joined(&format!("http://{}", proxy.address()), &session(), "");
    proxy.refuse(true);
    proxy.cut(Cut::Rst);
    client.expect(&Event::ReconnectionStarted);
    relay.stop();
    let _successor = TestRelay::start_at(&address.to_string());
    proxy.refuse(false);
    assert_eq!(client.expect_error().0, SessionError::ConnectionDropped);
    client.expect(&Event::Disconnected);
    client.expect_nothing();
}

#[test]
fn a_relay_that_stays_away_is_given_up() {
    let relay = TestRelay::start();
    let proxy = relay.behind_proxy();
    let session = session();
    let client = Client::with(&session, |settings| {
        settings.api_url = Some(format!("http://{}", proxy.address()));
        settings.config.give_up_limit = Duration::from_millis(300);
    });
    client.join(&Token::of(&session).mint());
    proxy.refuse(true);
    proxy.cut(Cut::Fin);
    client.expect(&Event::ReconnectionStarted);
    let (error, message) = client.expect_error();
    assert_eq!(error, SessionError::ConnectionDropped, "{message}");
    client.expect(&Event::Disconnected);
    client.expect_nothing();
}

#[test]
fn a_silent_link_is_noticed_and_resumed() {
    let relay = TestRelay::start();
    let proxy = relay.behind_proxy();
    let session = session();
    let client = Client::with(&session, |settings| {
        settings.api_url = Some(format!("http://{}", proxy.address()));
        settings.config.ping_interval = Duration::from_millis(50);
        settings.config.silence_limit = Duration::from_millis(200);
    });
    client.join(&Token::of(&session).mint());
    proxy.cut(Cut::Silence);
    client.expect(&Event::ReconnectionStarted);
    client.send("", "kept").expect("reconnecting");
    client.expect(&Event::Reconnected);
    assert_eq!(client.expect_signal().1, "kept");
    block_on(proxy.until(|counts| counts.cut == 1));
    client.expect_nothing();
}
