//! Leaving and deleting, in every state.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier};

use otc::runtime::{Observer, SessionSettings};
use otc::session::{CommandError, Event, SendError, StateName};
use otc_testkit::proxy::Cut;

use crate::support::{Client, TestRelay, Token, session};

/// A server that takes connections and never says anything.
fn silent_server() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    (listener, url)
}

#[test]
fn leaving_while_connecting_is_told_once_and_allows_another_try() {
    let (_server, url) = silent_server();
    let client = Client::new(&url, &session());
    for _ in 0..3 {
        client.session.connect("token").expect("idle");
        client.session.disconnect().expect("connecting");
        client.expect(&Event::Disconnected);
        assert_eq!(client.session.state(), StateName::Idle);
        assert_eq!(client.session.disconnect(), Err(CommandError::NotConnected));
    }
    client.expect_nothing();
}

#[test]
fn what_was_sent_just_before_leaving_arrives() {
    const SIGNALS: usize = 200;
    let relay = TestRelay::start();
    let session = session();
    let stays = Client::joined(&relay.url(), &session, "");
    let leaves = Client::joined(&relay.url(), &session, "");
    let id = leaves.id();
    assert_eq!(stays.expect_created().id, id);
    for number in 0..SIGNALS {
        leaves.send("", &number.to_string()).expect("connected");
    }
    leaves.session.disconnect().expect("connected");
    assert_eq!(leaves.send("", "late"), Err(SendError::NotConnected));
    for number in 0..SIGNALS {
        assert_eq!(stays.expect_signal().1, number.to_string());
    }
    assert_eq!(stays.expect_dropped(), id);
}

#[test]
fn leaving_twice_is_told_once() {
    let relay = TestRelay::start();
    let session = session();
    let client = Client::joined(&relay.url(), &session, "");
    client.session.disconnect().expect("connected");
    // Leaving still, or just over: never a second end.
    assert!(matches!(client.session.disconnect(), Ok(()) | Err(CommandError::NotConnected)));
    client.expect(&Event::Disconnected);
    client.join(&Token::of(&session).mint());
    client.leave();
    client.expect_nothing();
}

#[test]
fn leaving_while_the_link_is_sought_is_told_at_once_or_nearly() {
    let relay = TestRelay::start();
    let proxy = relay.behind_proxy();
    let session = session();
    let client = Client::joined(&format!("http://{}", proxy.address()), &session, "");
    proxy.refuse(true);
    proxy.cut(Cut::Rst);
    client.expect(&Event::ReconnectionStarted);
    client.session.disconnect().expect("reconnecting");
    client.expect(&Event::Disconnected);
    client.expect_nothing();
}

#[test]
fn delete_is_silent_and_final_in_every_state() {
    let relay = TestRelay::start();
    let proxy = relay.behind_proxy();
    let (_server, silent) = silent_server();
    let idle = Client::new(&relay.url(), &session());
    let connecting = Client::new(&silent, &session());
    connecting.session.connect("token").expect("idle");
    let connected = Client::joined(&relay.url(), &session(), "");
    let disconnecting = Client::joined(&relay.url(), &session(), "");
    disconnecting.session.disconnect().expect("connected");
    let ended = Client::joined(&relay.url(), &session(), "");
    ended.leave();
    let reconnecting = Client::joined(&format!("http://{}", proxy.address()), &session(), "");
    proxy.refuse(true);
    proxy.cut(Cut::Rst);
    reconnecting.expect(&Event::ReconnectionStarted);
    for client in [idle, connecting, connected, disconnecting, ended, reconnecting] {
        for _ in 0..2 {
            client.session.delete();
        }
        // The end that was under way may have been told before.
        assert!(client.told() <= 1);
        assert_eq!(client.session.connect("token"), Err(CommandError::IllegalState));
        assert_eq!(client.session.disconnect(), Err(CommandError::NotConnected));
        assert_eq!(client.send("", "x"), Err(SendError::NotConnected));
    }
}

#[test]
fn a_session_may_be_deleted_inside_any_of_its_callbacks() {
    let relay = TestRelay::start();
    let session = session();
    let other = Client::joined(&relay.url(), &session, "");
    for calls in 1..=3 {
        let (sender, events) = channel();
        let slot = Arc::new(parking_lot::Mutex::new(None));
        let observer = Suicidal { sender: parking_lot::Mutex::new(sender), slot: slot.clone(), calls };
        let settings = SessionSettings { api_url: Some(relay.url()), ..SessionSettings::default() };
        let client = Client::observed(&session, settings, Arc::new(observer), events);
        *slot.lock() = Some(client.session.clone());
        client.session.connect(&Token::of(&session).mint()).expect("idle");
        let id = other.expect_created().id.clone();
        // Connected, the other's presence, and a signal: the last of them deletes.
        if calls == 3 {
            other.send("", "x").expect("connected");
            other.expect_signal();
        }
        assert_eq!(other.expect_dropped(), id);
        assert_eq!(client.told(), calls);
    }
}

/// Deletes its session in the callback of this number.
struct Suicidal {
    sender: parking_lot::Mutex<std::sync::mpsc::Sender<Event>>,
    slot: Arc<parking_lot::Mutex<Option<otc::runtime::SessionHandle>>>,
    calls: usize,
}

impl Observer for Suicidal {
    fn notify(&self, event: Event) {
        let last = match &event {
            Event::Connected => 1,
            Event::ConnectionCreated(_) => 2,
            _ => 3,
        };
        let _ = self.sender.lock().send(event);
        if last == self.calls {
            let session = self.slot.lock().take();
            session.expect("deleted once").delete();
        }
    }
}

#[test]
fn delete_on_another_thread_waits_for_the_running_callback() {
    let relay = TestRelay::start();
    let session = session();
    let (_sender, events) = channel();
    let gate =
        Arc::new(Slow { entered: Barrier::new(2), deleting: Barrier::new(2), ended: AtomicBool::new(false) });
    let settings = SessionSettings { api_url: Some(relay.url()), ..SessionSettings::default() };
    let client = Client::observed(&session, settings, gate.clone(), events);
    client.session.connect(&Token::of(&session).mint()).expect("idle");
    gate.entered.wait();
    let release = {
        let gate = gate.clone();
        std::thread::spawn(move || gate.deleting.wait())
    };
    client.session.delete();
    assert!(gate.ended.load(Ordering::SeqCst), "delete returned while a callback ran");
    release.join().expect("no panic");
}

/// Is inside its first callback until the barrier.
struct Slow {
    entered: Barrier,
    deleting: Barrier,
    ended: AtomicBool,
}

impl Observer for Slow {
    fn notify(&self, _: Event) {
        assert!(!self.ended.load(Ordering::SeqCst), "a callback after delete");
        self.entered.wait();
        self.deleting.wait();
        self.ended.store(true, Ordering::SeqCst);
    }
}
