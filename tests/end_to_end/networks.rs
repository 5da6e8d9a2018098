//! Sessions through the proxies of real networks, and networks that only pretend to lead somewhere.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use otc::runtime::ForwardProxy as Choice;
use otc::session::{Event, SessionError};
use otc_forward_proxy::{ForwardProxy, Kind, Mishap, Rules};
use otc_testkit::proxy::{Cut, FaultProxy};

use crate::support::{Client, TestRelay, Token, block_on, session};

fn start(rules: Rules) -> ForwardProxy {
    block_on(ForwardProxy::start(rules)).expect("a proxy")
}

fn start_on(address: SocketAddr, kind: Kind) -> ForwardProxy {
    block_on(ForwardProxy::start_on(address, Rules::new(kind))).expect("a proxy")
}

/// A client whose way leads through the proxy.
fn through(proxy: &str, api_url: &str, session: &str) -> Client {
    Client::with(session, |settings| {
        settings.api_url = Some(api_url.to_owned());
        settings.forward_proxy = Some(Choice::parse(proxy).expect("a proxy"));
        settings.config.info_pauses = [Duration::from_millis(1); 2];
    })
}

fn joined_through(proxy: &str, api_url: &str, session: &str) -> Client {
    let client = through(proxy, api_url, session);
    client.join(&Token::of(session).mint());
    client
}

/// What on_error would be told.
fn failure(client: &Client) -> (SessionError, String) {
    client.session.connect("token").expect("idle");
    let told = client.expect_error();
    client.expect_nothing();
    assert!(!told.1.contains('\n'), "{}", told.1);
    told
}

#[test]
fn sessions_meet_through_both_kinds_of_proxies() {
    let relay = TestRelay::start();
    let session = session();
    let direct = Client::joined(&relay.url(), &session, "");
    for (kind, scheme) in [(Kind::Http, "http"), (Kind::Socks5, "socks5h")] {
        let credentials = Some(("ada".to_owned(), "lovelace".to_owned()));
        let proxy = start(Rules { credentials, ..Rules::new(kind) });
        let url = format!("{scheme}://ada:lovelace@{}", proxy.address());
        let client = joined_through(&url, &relay.url(), &session);
        assert_eq!(direct.expect_created().id, client.id());
        client.expect_created();
        client.send("t", scheme).expect("connected");
        for receiver in [&direct, &client] {
            assert_eq!(receiver.expect_signal(), ("t".to_owned(), scheme.to_owned(), client.id()));
        }
        // Session info and the link, and nothing past the proxy.
        assert_eq!(proxy.asked(), vec![relay.address.to_string(); 2]);
        client.leave();
        direct.expect_dropped();
    }
}

#[test]
fn a_link_that_the_proxy_loses_is_resumed_through_it() {
    let relay = TestRelay::start();
    let session = session();
    let steady = Client::joined(&relay.url(), &session, "");
    for (kind, scheme) in [(Kind::Http, "http"), (Kind::Socks5, "socks5")] {
        let proxy = start(Rules::new(kind));
        let front = block_on(FaultProxy::start(proxy.address())).expect("a proxy");
        let shaky = joined_through(&format!("{scheme}://{}", front.address()), &relay.url(), &session);
        steady.expect_created();
        shaky.expect_created();
        for cut in [Cut::Fin, Cut::Rst] {
            front.cut(cut);
            shaky.expect(&Event::ReconnectionStarted);
            shaky.send("", "kept").expect("reconnecting");
            shaky.expect(&Event::Reconnected);
            assert_eq!(shaky.expect_signal().1, "kept");
            assert_eq!(steady.expect_signal().1, "kept");
        }
        assert_eq!(proxy.asked(), vec![relay.address.to_string(); 4]);
        shaky.leave();
        steady.expect_dropped();
    }
}

#[test]
fn a_proxy_that_dies_and_comes_back_is_used_again() {
    let relay = TestRelay::start();
    let session = session();
    let proxy = start(Rules::new(Kind::Socks5));
    let address = proxy.address();
    let client = joined_through(&format!("socks5://{address}"), &relay.url(), &session);
    drop(proxy);
    client.expect(&Event::ReconnectionStarted);
    client.send("", "kept").expect("reconnecting");
    let again = start_on(address, Kind::Socks5);
    client.expect(&Event::Reconnected);
    assert_eq!(client.expect_signal().1, "kept");
    assert_eq!(again.asked(), [relay.address.to_string()]);
}

#[test]
fn what_a_proxy_refuses_is_told_with_its_address_and_reason() {
    let table = [
        (
            Kind::Http,
            "http",
            Mishap::Refuse(407),
            SessionError::ConnectionRefused,
            "it wants Negotiate or NTLM",
        ),
        (Kind::Http, "http", Mishap::Refuse(403), SessionError::ConnectionRefused, "HTTP 403 Forbidden"),
        (Kind::Http, "http", Mishap::BreakOff(9), SessionError::ConnectionFailed, "does not lead to"),
        (
            Kind::Http,
            "http",
            Mishap::Silence,
            SessionError::ConnectionTimedOut,
            "to open a way to relay.example:80",
        ),
        (
            Kind::Socks5,
            "socks5",
            Mishap::Refuse(2),
            SessionError::ConnectionRefused,
            "not allowed by its rules",
        ),
        (
            Kind::Socks5,
            "socks5",
            Mishap::BreakOff(1),
            SessionError::ConnectionFailed,
            "in the middle of its answer",
        ),
        (
            Kind::Socks5,
            "socks5",
            Mishap::Silence,
            SessionError::ConnectionTimedOut,
            "to open a way to relay.example:80",
        ),
    ];
    for (kind, scheme, mishap, code, words) in table {
        let silent = mishap == Mishap::Silence;
        let proxy = start(Rules { mishap: Some(mishap), ..Rules::new(kind) });
        let shown = format!("{scheme}://{}", proxy.address());
        let url = format!("{scheme}://ada:secret@{}", proxy.address());
        let client = Client::with(&session(), |settings| {
            settings.api_url = Some("http://relay.example".to_owned());
            settings.forward_proxy = Some(Choice::parse(&url).expect("a proxy"));
            settings.config.info_pauses = [Duration::ZERO; 2];
            if silent {
                settings.config.info_limit = Duration::from_millis(300);
            }
        });
        let (error, message) = failure(&client);
        assert_eq!(error, code, "{message}");
        assert!(message.contains(&shown) && message.contains(words), "{message} lacks {words}");
        assert!(!message.contains("secret") && !message.contains("ada"), "{message}");
    }
}

#[test]
fn a_proxy_that_refuses_a_password_is_asked_once_within_one_connect() {
    let answers: [(&str, &[u8]); 4] = [
        ("http", b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n"),
        ("http", b"HTTP/1.1 401 Unauthorized\r\n\r\n"),
        ("socks5", &[5, 2, 1, 1]),
        ("socks5", &[5, 0xff]),
    ];
    for (scheme, answer) in answers {
        let (url, asked) = counting_portal(answer);
        let client = Client::with(&session(), |settings| {
            let proxy = url.replace("http://", &format!("{scheme}://ada:secret@"));
            settings.api_url = Some("http://relay.example".to_owned());
            settings.forward_proxy = Some(Choice::parse(&proxy).expect("a proxy"));
            settings.config.info_pauses = [Duration::ZERO; 2];
        });
        let (error, message) = failure(&client);
        assert_eq!(error, SessionError::ConnectionRefused, "{message}");
        assert!(message.contains("user name and password"), "{message}");
        assert_eq!(asked.load(Ordering::SeqCst), 1, "{message}");
    }
}

/// A server that answers every request like that, as hotels and airports do.
fn portal(answer: &'static str) -> String {
    counting_portal(answer.as_bytes()).0
}

/// The same, with a count of those who came.
fn counting_portal(answer: &'static [u8]) -> (String, Arc<AtomicUsize>) {
    let came = Arc::new(AtomicUsize::new(0));
    let count = came.clone();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            count.fetch_add(1, Ordering::SeqCst);
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).and_then(|_| stream.write_all(answer));
        }
    });
    (url, came)
}

#[test]
fn a_captive_portal_is_not_taken_for_the_relay() {
    let table = [
        (
            "HTTP/1.1 302 Found\r\nLocation: http://portal.example/login\r\nContent-Length: 0\r\n\r\n",
            SessionError::ConnectionFailed,
            "redirects are not followed",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 21\r\n\r\n<html>log in</html>\r\n",
            SessionError::UnexpectedResponse,
            "a web page",
        ),
        (
            "HTTP/1.1 511 Network Authentication Required\r\nContent-Length: 0\r\n\r\n",
            SessionError::ConnectionFailed,
            "511",
        ),
    ];
    for (answer, code, words) in table {
        let url = portal(answer);
        let client = Client::with(&session(), |settings| {
            settings.api_url = Some(url.clone());
            settings.config.info_pauses = [Duration::ZERO; 2];
        });
        let (error, message) = failure(&client);
        assert_eq!(error, code, "{message}");
        assert!(message.contains(words) && message.contains(&url), "{message} lacks {words}");
    }
}

#[test]
fn a_server_that_takes_connections_and_says_nothing_is_named_with_what_was_missing() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("an address");
    let table =
        [("http", "waiting for the HTTP answer"), ("https", "waiting for the TLS handshake with https://")];
    for (scheme, words) in table {
        let client = Client::with(&session(), |settings| {
            settings.api_url = Some(format!("{scheme}://{address}"));
            settings.config.info_limit = Duration::from_millis(300);
            settings.config.info_pauses = [Duration::ZERO; 2];
        });
        let (error, message) = failure(&client);
        assert_eq!(error, SessionError::ConnectionTimedOut, "{message}");
        assert!(message.contains(words) && message.contains(&address.to_string()), "{message} lacks {words}");
    }
}
