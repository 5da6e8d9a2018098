//! Ways through real proxies on loopback, good and bad ones.
#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use http_body_util::Full;
use hyper::Response;
use otc_forward_proxy::{ForwardProxy, Kind as Speaks, Mishap, Rules};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::super::test_servers::*;
use super::super::websocket::{Route, WebSocketLink};
use super::super::{Connector as _, Hop, HttpAnswer, Incoming, InfoRequest};
use super::*;

/// A name that only the proxy of a test knows.
const RELAY: &str = "relay.example";

async fn start(rules: Rules) -> ForwardProxy {
    ForwardProxy::start(rules).await.expect("a proxy")
}

fn knowing(kind: Speaks, relay: SocketAddr) -> Rules {
    Rules { hosts: vec![(RELAY.to_owned(), relay)], ..Rules::new(kind) }
}

fn wanting(kind: Speaks, relay: SocketAddr, user: &str, password: &str) -> Rules {
    Rules { credentials: Some((user.to_owned(), password.to_owned())), ..knowing(kind, relay) }
}

fn through(api: &str, proxy: &str) -> Route {
    Route { proxies: Proxies::Chosen(Some(Proxy::parse(proxy).expect("a proxy"))), ..route(api) }
}

async fn failure(route: Route) -> TransportError {
    fetch(route).await.expect_err("no way")
}

async fn open(route: Route, url: &str) -> Result<WebSocketLink, TransportError> {
    in_time(connector(route).open_link(url, Progress::default())).await
}

async fn http() -> SocketAddr {
    http_server(|_| Response::new(Full::from("[]"))).await
}

async fn echo() -> SocketAddr {
    websocket_server(|mut stream| async move {
        while let Some(Ok(message)) = stream.next().await {
            if message.is_binary() {
                stream.send(message).await.expect("the client reads");
            }
        }
    })
    .await
}

/// TLS before something that does not speak it.
async fn secured(target: SocketAddr, config: Arc<rustls::ServerConfig>) -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let config = config.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = TlsAcceptor::from(config).accept(stream).await else { return };
                let mut target = TcpStream::connect(target).await.expect("the target listens");
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut target).await;
            });
        }
    });
    address
}

#[test]
fn the_url_of_a_proxy_has_a_scheme_perhaps_a_user_a_host_and_perhaps_a_port() {
    let table = [
        ("proxy", Kind::Http, "http://proxy:1080"),
        ("proxy.example:3128", Kind::Http, "http://proxy.example:3128"),
        ("HTTP://proxy:3128/", Kind::Http, "http://proxy:3128"),
        ("https://proxy", Kind::Https, "https://proxy:443"),
        ("socks5://10.0.0.1", Kind::Socks5, "socks5://10.0.0.1:1080"),
        ("socks5h://[::1]:9050", Kind::Socks5, "socks5h://[::1]:9050"),
        ("http://ada:secret@proxy:1", Kind::Http, "http://proxy:1"),
        ("ada:secret@proxy", Kind::Http, "http://proxy:1080"),
        ("http://ada:se@cr/et#?@proxy:1", Kind::Http, "http://proxy:1"),
    ];
    for (url, kind, shown) in table {
        let proxy = Proxy::parse(url).expect(url);
        assert_eq!((proxy.kind, proxy.shown()), (kind, shown), "{url}");
        assert!(!format!("{proxy:?}").contains("secret"));
    }
    let credentials =
        Proxy::parse("socks5://a%40b:%3a%25@proxy").expect("a proxy").credentials.expect("some");
    assert_eq!((&credentials.user[..], &credentials.password[..]), (&b"a@b"[..], &b":%"[..]));
    let long = format!("http://{}@proxy", "a".repeat(256));
    for url in [
        "",
        "http://",
        "ftp://proxy",
        "socks4://proxy",
        "http://proxy:0",
        "http://proxy:99999",
        "http://proxy/x",
        "http://a b",
        "http://a%zz@proxy",
        "direct://",
        &long,
    ] {
        assert!(Proxy::parse(url).is_err(), "{url}");
    }
}

#[tokio::test]
async fn session_info_and_link_go_through_every_kind_of_proxy() {
    let (info, relay) = (http().await, echo().await);
    let (config, ca) = certificate(&["localhost"], false);
    let file = TempFile::new("proxy.pem", &ca);
    for (kind, user) in [
        (Speaks::Http, ""),
        (Speaks::Http, "a%40b:se%3Acret@"),
        (Speaks::Socks5, ""),
        (Speaks::Socks5, "a%40b:se%3Acret@"),
    ] {
        for over_tls in [false, true] {
            let mut rules = knowing(kind, info);
            rules.hosts.push(("messages.example".to_owned(), relay));
            if !user.is_empty() {
                rules.credentials = Some(("a@b".to_owned(), "se:cret".to_owned()));
            }
            let proxy = start(rules).await;
            let url = match (kind, over_tls) {
                (Speaks::Socks5, true) => continue,
                (Speaks::Socks5, false) => format!("socks5://{user}{}", proxy.address()),
                (Speaks::Http, false) => format!("http://{user}{}", proxy.address()),
                (Speaks::Http, true) => {
                    let secure = secured(proxy.address(), config.clone()).await;
                    format!("https://{user}localhost:{}", secure.port())
                }
            };
            let route = Route { ca_file: Some(file.0.clone()), ..through("http://relay.example:81", &url) };
            assert_eq!(&*fetch(route.clone()).await.expect("an answer").body, b"[]");
            let mut link = open(route, "ws://messages.example/x?socketId=1").await.expect("a link");
            for size in [1, 20_000, 64 * 1024] {
                let message = vec![7; size];
                send(&mut link, &message).await.expect("the relay reads");
                assert_eq!(receive(&mut link).await, Ok(Incoming::Message(message.into())));
            }
            assert_eq!(proxy.asked(), ["relay.example:81", "messages.example:80"]);
        }
    }
}

#[tokio::test]
async fn addresses_go_to_the_proxy_as_they_are() {
    for (kind, scheme) in [(Speaks::Http, "http"), (Speaks::Socks5, "socks5")] {
        let relay = http().await;
        let proxy = start(Rules::new(kind)).await;
        let url = format!("{scheme}://{}", proxy.address());
        fetch(through(&format!("http://{relay}"), &url)).await.expect("an answer");
        assert_eq!(proxy.asked(), [relay.to_string()]);
        // Whether this machine has such addresses does not matter: the proxy is asked.
        let _ = fetch(through("http://[::1]:9", &url)).await;
        assert!(proxy.asked()[1].contains("::1"), "{:?}", proxy.asked());
    }
}

#[tokio::test]
async fn a_refusal_names_the_proxy_and_its_reason() {
    use Mishap::{Babble, BreakOff, Refuse, Say};
    use Speaks::{Http, Socks5};
    let relay = http().await;
    let table = [
        (Http, "", Some(Refuse(403)), false, "HTTP 403 Forbidden"),
        (Http, "", Some(Refuse(503)), false, "HTTP 503 Service Unavailable"),
        (Http, "", Some(Refuse(401)), false, "HTTP 401 Unauthorized: it wants a user name and a password"),
        (
            Http,
            "ada:secret@",
            Some(Refuse(401)),
            false,
            "HTTP 401 Unauthorized: it refuses this user name and password",
        ),
        (Http, "", Some(Refuse(302)), false, "HTTP 302 Found"),
        (Http, "", Some(Refuse(407)), false, "it wants Negotiate or NTLM, and only Basic is supported"),
        (Http, "", Some(Say(b"SSH-2.0-x\r\n\r\n".to_vec())), false, "its answer is not HTTP"),
        (Http, "", Some(Say(vec![5, 0xFF])), false, "its answer is not HTTP"),
        (
            Http,
            "",
            Some(Say(b"HTTP/1.1 200 OK\r\n\r\nmore".to_vec())),
            false,
            "data that nobody had asked for",
        ),
        (
            Http,
            "",
            Some(Babble(b"HTTP/1.1 200 OK\r\nX: ".to_vec())),
            false,
            "its answer is not HTTP (message head is too large)",
        ),
        (Http, "", Some(BreakOff(0)), true, ""),
        (Http, "", Some(BreakOff(20)), true, ""),
        (Socks5, "", Some(Refuse(1)), false, "general failure (SOCKS reply 1)"),
        (Socks5, "", Some(Refuse(2)), false, "not allowed by its rules (SOCKS reply 2)"),
        (Socks5, "", Some(Refuse(4)), false, "host unreachable (SOCKS reply 4)"),
        (Socks5, "", Some(Refuse(200)), false, "unknown reason (SOCKS reply 200)"),
        (
            Socks5,
            "",
            Some(Say(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())),
            false,
            "HTTP by the look of it",
        ),
        (Socks5, "", Some(Say(vec![4, 90])), false, "it does not speak SOCKS5"),
        (Socks5, "", Some(Say(vec![5, 3])), false, "an authentication that was not offered, 3"),
        (Socks5, "", Some(Say(vec![5, 0, 5, 0, 0, 9])), false, "an address of an unknown kind"),
        (Socks5, "", Some(BreakOff(0)), true, ""),
        (Socks5, "", Some(BreakOff(1)), true, "in the middle of its answer"),
        (Socks5, "", Some(BreakOff(5)), true, "in the middle of its answer"),
        (Socks5, "", Some(BreakOff(9)), true, "in the middle of its answer"),
    ];
    for (kind, user, mishap, interrupted, words) in table {
        let proxy = start(Rules { mishap: mishap.clone(), ..knowing(kind, relay) }).await;
        let scheme = if kind == Http { "http" } else { "socks5" };
        let address = proxy.address();
        let error = failure(through("http://relay.example", &format!("{scheme}://{user}{address}"))).await;
        let asks_who = matches!(mishap, Some(Refuse(401 | 407)));
        let step = if asks_who { ProxyStep::Login } else { ProxyStep::Tunnel };
        assert_eq!(error.hop, Hop::Proxy(step), "{mishap:?}: {error}");
        assert_eq!(error.interrupted, interrupted, "{mishap:?}: {error}");
        let start =
            format!("the proxy {scheme}://{address} does not lead to http://relay.example/session/1_a%2Fb: ");
        assert_words(&error, &[&start, words]);
    }
}

#[tokio::test]
async fn a_wrong_or_missing_password_is_told_and_never_shown() {
    let relay = http().await;
    for (kind, scheme) in [(Speaks::Http, "http"), (Speaks::Socks5, "socks5")] {
        let proxy = start(wanting(kind, relay, "ada", "right")).await;
        for (user, words) in [
            ("", "it wants a user name and a password"),
            ("ada:secret@", "it refuses this user name and password"),
        ] {
            let url = format!("{scheme}://{user}{}", proxy.address());
            let error = failure(through("http://relay.example", &url)).await;
            assert_eq!((error.hop, error.interrupted), (Hop::Proxy(ProxyStep::Login), false));
            assert_words(&error, &[words, &proxy.address().to_string()]);
            assert!(!error.to_string().contains("ada"), "{error}");
        }
        assert!(proxy.asked().is_empty());
    }
}

#[tokio::test]
async fn a_host_that_the_proxy_cannot_reach_is_told_by_the_proxy() {
    let (listener, closed) = listen().await;
    drop(listener);
    let table = [
        (Speaks::Http, "http", "relay.example:80", "HTTP 502 Bad Gateway"),
        (Speaks::Socks5, "socks5", "relay.example:80", "connection refused (SOCKS reply 5)"),
        (Speaks::Socks5, "socks5", "no-such-host.invalid", "host unreachable (SOCKS reply 4)"),
    ];
    for (kind, scheme, host, words) in table {
        let proxy = start(knowing(kind, closed)).await;
        let error =
            failure(through(&format!("http://{host}"), &format!("{scheme}://{}", proxy.address()))).await;
        assert_words(&error, &["the proxy", words]);
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_told_with_its_address() {
    let (listener, closed) = listen().await;
    drop(listener);
    let error = failure(through("https://relay.example", &format!("ada:secret@{closed}"))).await;
    assert_eq!((error.hop, error.interrupted), (Hop::Proxy(ProxyStep::Connect), false));
    let begin =
        format!("cannot connect to the proxy http://{closed} on the way to https://relay.example/session/");
    assert_words(&error, &[&begin, "Connection refused"]);
    let error = failure(through("http://relay.example", "socks5://no-such-host.invalid")).await;
    assert_eq!(error.hop, Hop::Proxy(ProxyStep::Resolve));
    let begin = "cannot look up the host of the proxy socks5://no-such-host.invalid:1080 on the way to http://relay.example/";
    assert_words(&error, &[begin]);
}

/// The failure of asking a server with this certificate, through an HTTP proxy.
async fn judged(names: &[&str], expired: bool, trusted: bool) -> TransportError {
    let (config, own) = certificate(names, expired);
    let (_, stranger) = certificate(names, expired);
    let proxy = start(knowing(Speaks::Http, https_server(config).await)).await;
    let file = TempFile::new(
        &format!("judged-{expired}-{trusted}-{}.pem", names[0]),
        if trusted { &own } else { &stranger },
    );
    let url = format!("http://{}", proxy.address());
    failure(Route { ca_file: Some(file.0.clone()), ..through("https://relay.example", &url) }).await
}

#[tokio::test]
async fn certificates_are_judged_behind_a_proxy_as_anywhere() {
    let (config, ca) = certificate(&[RELAY], false);
    let proxy = start(knowing(Speaks::Socks5, https_server(config).await)).await;
    let file = TempFile::new("behind.pem", &ca);
    let url = format!("socks5://{}", proxy.address());
    let route = Route { ca_file: Some(file.0.clone()), ..through("https://relay.example", &url) };
    let HttpAnswer { status, .. } = fetch(route).await.expect("an answer");
    assert_eq!(status, 200);
    let table = [
        (judged(&["other.example"], false, true).await, "the certificate is for other.example and not for"),
        (judged(&[RELAY], true, true).await, "expired"),
        (judged(&[RELAY], false, false).await, "not signed by an authority that is trusted here"),
    ];
    for (error, words) in table {
        assert_eq!((error.hop, error.interrupted), (Hop::Tls, false), "{error}");
        assert_words(
            &error,
            &[
                "TLS handshake failed with https://relay.example/",
                " through the proxy http://127.0.0.1:",
                words,
            ],
        );
    }
    let plain = start(knowing(Speaks::Http, http().await)).await;
    let error = failure(through("https://relay.example", &format!("http://{}", plain.address()))).await;
    assert_eq!(error.hop, Hop::Tls);
    assert_words(&error, &["the other side does not speak TLS", "through the proxy"]);
}

#[tokio::test]
async fn the_certificate_of_the_proxy_is_judged_too() {
    let (config, ca) = certificate(&["other.example"], false);
    let proxy = start(Rules::new(Speaks::Http)).await;
    let secure = secured(proxy.address(), config).await;
    let file = TempFile::new("of-proxy.pem", &ca);
    let url = format!("https://localhost:{}", secure.port());
    let error =
        failure(Route { ca_file: Some(file.0.clone()), ..through("http://relay.example", &url) }).await;
    assert_eq!((error.hop, error.interrupted), (Hop::Proxy(ProxyStep::Tls), false));
    let begin = format!("TLS handshake failed with the proxy {url} on the way to http://relay.example/");
    assert_words(&error, &[&begin, "the certificate is for other.example and not for localhost"]);
    // One that does not speak TLS at all.
    let answer = b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec();
    let plain = start(Rules { mishap: Some(Mishap::Say(answer)), ..Rules::new(Speaks::Http) }).await;
    let url = format!("https://localhost:{}", plain.address().port());
    let error = failure(through("http://relay.example", &url)).await;
    assert_eq!(error.hop, Hop::Proxy(ProxyStep::Tls), "{error}");
    assert_words(&error, &["with the proxy", "the other side does not speak TLS"]);
    assert!(proxy.asked().is_empty());
}

#[tokio::test]
async fn a_server_that_breaks_off_behind_a_proxy_is_told_with_the_proxy() {
    let relay = raw_server(|_| async {}).await;
    let proxy = start(knowing(Speaks::Http, relay)).await;
    let url = format!("http://{}", proxy.address());
    let error = failure(through("http://relay.example", &url)).await;
    assert_eq!((error.hop, error.interrupted), (Hop::Http, true));
    assert_words(
        &error,
        &["HTTP request failed at http://relay.example/", "through the proxy http://127.0.0.1:"],
    );
    let error =
        open(through("http://unused", &url), "ws://relay.example/x?secret").await.err().expect("no link");
    assert_words(&error, &["WebSocket handshake failed with ws://relay.example/x through the proxy"]);
}

#[tokio::test]
async fn a_proxy_that_goes_away_loses_the_link() {
    let proxy = start(knowing(Speaks::Socks5, echo().await)).await;
    let route = through("http://unused", &format!("socks5://{}", proxy.address()));
    let mut link = open(route, "ws://relay.example/x").await.expect("a link");
    drop(proxy);
    let error = receive(&mut link).await.expect_err("the proxy is gone");
    assert_eq!((error.hop, error.interrupted), (Hop::Link, true));
    assert_words(&error, &["link lost to ws://relay.example/x through the proxy socks5://127.0.0.1:"]);
}

#[tokio::test]
async fn whoever_loses_patience_with_a_proxy_knows_what_it_waited_for() {
    for (kind, scheme) in [(Speaks::Http, "http"), (Speaks::Socks5, "socks5")] {
        let proxy = start(Rules { mishap: Some(Mishap::Silence), ..Rules::new(kind) }).await;
        let route = through("http://relay.example", &format!("{scheme}://me:secret@{}", proxy.address()));
        let progress = Progress::default();
        let request = InfoRequest { session_id: "1".to_owned(), token: "t".to_owned() };
        let fetching = connector(route).fetch_session_info(request, progress.clone());
        let expected = format!("the proxy {scheme}://{} to open a way to relay.example:80", proxy.address());
        tokio::pin!(fetching);
        let reached = async {
            while progress.waiting_for() != expected {
                tokio::task::yield_now().await;
            }
        };
        in_time(async {
            tokio::select! {
                answer = &mut fetching => panic!("unexpected {answer:?}"),
                () = reached => {}
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_proxy_with_a_dead_address_is_reached_by_another() {
    let relay = http().await;
    let proxy = start(knowing(Speaks::Http, relay)).await;
    // That name has an IPv6 address as well on most machines, where nothing listens.
    let url = format!("http://localhost:{}", proxy.address().port());
    fetch(through("http://relay.example", &url)).await.expect("an answer");
}

fn address(url: &str) -> Address {
    Address::parse(url, super::super::address::Family::WebSocket).expect(url)
}

#[test]
fn the_environment_chooses_by_scheme_and_spares_loopback_and_the_exempt() {
    let proxy = |url| Some(Ok(Proxy::parse(url).expect("a proxy")));
    let proxies = Proxies::Environment(FromEnvironment {
        plain: proxy("http://plain"),
        secure: proxy("http://secure"),
        exempt: Exempt::parse("inner.example,10.0.0.0/8,relay.example:8443").0,
    });
    let table = [
        ("ws://relay.example", Some("http://plain:1080")),
        ("wss://relay.example", Some("http://secure:1080")),
        ("wss://relay.example:8443", None),
        ("wss://a.inner.example", None),
        ("ws://10.1.1.1:8080", None),
        ("ws://11.1.1.1:8080", Some("http://plain:1080")),
        ("ws://localhost:8080", None),
        ("ws://127.0.0.1", None),
        ("wss://[::1]", None),
    ];
    for (url, expected) in table {
        let chosen = proxies.choose(&address(url)).expect("usable");
        assert_eq!(chosen.map(Proxy::shown), expected, "{url}");
    }
    let chosen = Proxies::Chosen(Some(Proxy::parse("http://chosen").expect("a proxy")));
    assert!(
        chosen.choose(&address("ws://127.0.0.1")).expect("usable").is_some(),
        "the program's choice is for all"
    );
}

#[tokio::test]
async fn a_variable_that_cannot_be_used_stops_only_what_it_is_for() {
    let broken = TransportError::new(Hop::Setting, "https_proxy \"x\"", "allowed is another");
    let environment = FromEnvironment { secure: Some(Err(broken.clone())), ..FromEnvironment::default() };
    let proxies = Proxies::Environment(environment);
    assert_eq!(proxies.choose(&address("wss://relay.example")), Err(broken.clone()));
    assert_eq!(proxies.choose(&address("ws://relay.example")), Ok(None));
    assert_eq!(proxies.choose(&address("wss://localhost")), Ok(None));
    let route = Route { proxies, ..route("https://relay.example") };
    assert_eq!(fetch(route).await, Err(broken));
}
