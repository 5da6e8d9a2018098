//! TLS: clients within it, its certificate and how it is replaced, and sockets that never get through the handshake.

use std::sync::Arc;

use otc_protocol::token::Role;
use otc_relay::{CertificateNews, Config, Relay};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::certificates::{Authority, Files, Pair};
use crate::client::{Client, End};
use crate::program::{Running, program, run, stderr};
use crate::support::{KEY, PATIENCE, SECRET, parse, session, soon, start, token};

/// A relay that speaks TLS.
fn start_tls(files: &Files, adjust: impl FnOnce(&mut Config)) -> Relay {
    start(|config| {
        config.tls.certificate = Some(files.certificate.clone());
        config.tls.key = Some(files.key.clone());
        adjust(config);
    })
}

/// Makes a handshake as a client that trusts the authority and speaks these protocols.
async fn handshake(
    relay: &Relay,
    trusted: &Authority,
    alpn: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.pem.as_bytes()).expect("PEM")).expect("a certificate");
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let tcp = TcpStream::connect(relay.address()).await.expect("the relay listens");
    let name = ServerName::try_from("127.0.0.1").expect("a name");
    soon("a handshake", TlsConnector::from(Arc::new(config)).connect(name, tcp)).await
}

/// The certificate that new handshakes get.
async fn shown(relay: &Relay, trusted: &Authority) -> Vec<u8> {
    let stream = handshake(relay, trusted, &[]).await.expect("a trusted certificate");
    stream.get_ref().1.peer_certificates().expect("a certificate")[0].to_vec()
}

fn der(pair: &Pair) -> Vec<u8> {
    CertificateDer::from_pem_slice(pair.certificate.as_bytes()).expect("PEM").to_vec()
}

/// Where session info sends a client that came within TLS.
async fn messaging_url(relay: &Relay, trusted: &Authority, session: &str) -> String {
    let mut stream = handshake(relay, trusted, &["http/1.1"]).await.expect("a trusted certificate");
    let token = token(session, Role::Publisher, "");
    let request = format!(
        "GET /session/{session} HTTP/1.1\r\nHost: {}\r\nX-TB-TOKEN-AUTH: {token}\r\nConnection: close\r\n\r\n",
        relay.address()
    );
    stream.write_all(request.as_bytes()).await.expect("the relay reads");
    let mut answer = String::new();
    soon("an answer", stream.read_to_string(&mut answer)).await.expect("a proper end");
    parse(&answer).json()[0]["messaging_url"].as_str().expect("a URL").to_owned()
}

/// Enters a session within TLS, by a URL with a hint of the session or without.
async fn enter(relay: &Relay, trusted: &Authority, session: &str, id: &str, hint: bool) -> Client {
    let url = messaging_url(relay, trusted, session).await;
    assert!(url.starts_with(&format!("wss://{}/", relay.address())), "{url}");
    let url = if hint { url } else { url.replace("hint=", "other=") };
    let stream = handshake(relay, trusted, &["http/1.1"]).await.expect("a trusted certificate");
    let url = format!("{url}&socketId={id}.{session}&attempt=1");
    let mut client = Client::over(Box::new(stream), &url, session, id).await;
    let create = client.hello(&token(session, Role::Publisher, ""), Some("otc-0.1.0")).await;
    assert_eq!(client.status_of(&create).await, "200");
    client.until("created", id).await;
    client
}

#[tokio::test]
async fn clients_within_tls_meet_on_whichever_shard_their_session_is() {
    let authority = Authority::new();
    let files = Files::new("tls-meet", &authority.issue());
    let relay = start_tls(&files, |config| config.set("shards", "3").unwrap());
    assert_eq!(relay.url(), format!("https://{}", relay.address()));
    for number in 0..4 {
        let session = session(number);
        let mut a = enter(&relay, &authority, &session, "a", true).await;
        let mut b = enter(&relay, &authority, &session, "b", false).await;
        a.until("created", "b").await;
        b.signal(Some("a"), "within TLS").await;
        assert_eq!(a.next_signal().await, ("within TLS".to_owned(), "b".to_owned()));
        b.leave().await;
        a.until("deleted", "b").await;
        a.leave().await;
    }
    soon("the end", relay.stop()).await.unwrap();
}

#[tokio::test]
async fn more_than_the_socket_takes_at_once_arrives_whole_and_in_order() {
    let authority = Authority::new();
    let files = Files::new("tls-much", &authority.issue());
    let relay = start_tls(&files, |_| ());
    let session = session(1);
    let mut a = enter(&relay, &authority, &session, "a", true).await;
    let mut b = enter(&relay, &authority, &session, "b", true).await;
    a.until("created", "b").await;
    // Nobody reads meanwhile: 10 MB are more than sockets hold on the way.
    const COUNT: usize = 1300;
    for number in 0..COUNT {
        b.signal(Some("a"), &format!("{number:08}{}", "x".repeat(8000))).await;
    }
    for number in 0..COUNT {
        let (data, _) = a.next_signal().await;
        assert_eq!((&data[..8], data.len()), (&*format!("{number:08}"), 8008));
    }
}

#[tokio::test]
async fn a_relay_that_stops_says_goodbye_within_tls_too() {
    let authority = Authority::new();
    let files = Files::new("tls-stop", &authority.issue());
    let relay = start_tls(&files, |_| ());
    let mut a = enter(&relay, &authority, &session(1), "a", true).await;
    let stop = tokio::spawn(relay.stop());
    assert_eq!(a.end().await, End::Closed(Some(1011)));
    a.cut();
    soon("the end", stop).await.unwrap().unwrap();
}

#[tokio::test]
async fn http_1_1_is_chosen_and_nothing_else_is_spoken() {
    let authority = Authority::new();
    let files = Files::new("tls-alpn", &authority.issue());
    let relay = start_tls(&files, |_| ());
    let stream = handshake(&relay, &authority, &["h2", "http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    assert!(handshake(&relay, &authority, &["h2"]).await.is_err());
    assert!(handshake(&relay, &Authority::new(), &[]).await.is_err(), "a stranger's certificate");

    // Whoever does not speak TLS gets no answer that could be taken for one.
    let mut plain = TcpStream::connect(relay.address()).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: relay\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = soon("an end", plain.read_to_end(&mut answer)).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[tokio::test]
async fn a_handshake_that_does_not_come_to_an_end_is_ended() {
    let authority = Authority::new();
    let files = Files::new("tls-slow", &authority.issue());
    let relay = start_tls(&files, |config| config.set("tls.handshake_timeout", "100ms").unwrap());
    for begun in [&b""[..], &[0x16, 0x03, 0x01]] {
        let mut socket = TcpStream::connect(relay.address()).await.unwrap();
        socket.write_all(begun).await.unwrap();
        let mut nothing = Vec::new();
        let _ = soon("an end", socket.read_to_end(&mut nothing)).await;
        assert!(nothing.is_empty());
    }
    let _still_serves = handshake(&relay, &authority, &[]).await.unwrap();
}

#[tokio::test]
async fn a_new_certificate_is_for_new_handshakes_and_clients_stay() {
    let authority = Authority::new();
    let (first, second, third) = (authority.issue(), authority.issue(), authority.issue());
    let files = Files::new("tls-replaced", &first);
    let relay = start_tls(&files, |_| ());
    let mut a = enter(&relay, &authority, &session(1), "a", true).await;
    assert_eq!(shown(&relay, &authority).await, der(&first));
    assert_eq!(relay.refresh_certificate(), CertificateNews::Unchanged);

    files.put(&second);
    assert_eq!(relay.refresh_certificate(), CertificateNews::Replaced);
    assert_eq!(relay.refresh_certificate(), CertificateNews::Unchanged);
    assert_eq!(shown(&relay, &authority).await, der(&second));
    a.signal(None, "still here").await;
    assert_eq!(a.next_signal().await.0, "still here");

    let elsewhere = Files::new("tls-elsewhere", &third);
    let config = start_config(&elsewhere);
    assert_eq!(relay.reload_certificate(&config.tls), CertificateNews::Replaced);
    assert_eq!(shown(&relay, &authority).await, der(&third));
    a.signal(None, "and here").await;
    assert_eq!(a.next_signal().await.0, "and here");
}

fn start_config(files: &Files) -> Config {
    let mut config = Config::default();
    config.tls.certificate = Some(files.certificate.clone());
    config.tls.key = Some(files.key.clone());
    config
}

#[tokio::test]
async fn a_bad_certificate_leaves_the_old_one_in_use() {
    let authority = Authority::new();
    let (good, other, expired) = (authority.issue(), authority.issue(), authority.issue_expired());
    let files = Files::new("tls-bad", &good);
    let relay = start_tls(&files, |_| ());
    for (pair, key, words) in [
        (
            Pair { certificate: good.certificate.clone(), key: other.key.clone() },
            "tls.key",
            "belongs to another",
        ),
        (expired, "tls.certificate", "expired"),
        (Pair { certificate: "nonsense".into(), key: good.key.clone() }, "tls.certificate", "no certificate"),
        (Pair { certificate: good.certificate.clone(), key: "nonsense".into() }, "tls.key", "no private key"),
    ] {
        files.put(&pair);
        let CertificateNews::Unusable(error) = relay.refresh_certificate() else {
            panic!("{words}: it is used")
        };
        let error = error.to_string();
        let path = if key == "tls.key" { &files.key } else { &files.certificate };
        for word in [key, words, path.to_str().unwrap()] {
            assert!(error.contains(word), "{word} in {error}");
        }
        assert_eq!(error.lines().count(), 1, "{error}");
        assert_eq!(relay.refresh_certificate(), CertificateNews::Unchanged, "it is told once");
        let again = relay.reload_certificate(&start_config(&files).tls);
        assert!(matches!(again, CertificateNews::Unusable(_)), "and to whoever asks for it");
        assert_eq!(shown(&relay, &authority).await, der(&good));
    }
    std::fs::remove_file(&files.key).unwrap();
    assert!(matches!(relay.refresh_certificate(), CertificateNews::Unusable(_)));
    files.put(&other);
    assert_eq!(relay.refresh_certificate(), CertificateNews::Replaced);
    assert_eq!(shown(&relay, &authority).await, der(&other));
}

fn serve(files: &Files, extra: &[&str]) -> Vec<String> {
    let set = |key: &str, path: &std::path::Path| format!("--set={key}={}", path.display());
    let mut args: Vec<String> =
        ["--api-key", KEY, "--api-secret", SECRET, "--listen", "127.0.0.1:0"].map(str::to_owned).into();
    args.extend([set("tls.certificate", &files.certificate), set("tls.key", &files.key)]);
    args.extend(extra.iter().map(|arg| (*arg).to_owned()));
    args
}

#[test]
fn the_program_names_what_is_wrong_with_the_certificate() {
    let authority = Authority::new();
    let files = Files::new("tls-program-bad", &authority.issue_expired());
    let args = serve(&files, &[]);
    for command in ["serve", "check"] {
        let args: Vec<&str> = [command].into_iter().chain(args.iter().map(String::as_str)).collect();
        let output = run(&args);
        assert_eq!(output.status.code(), Some(2), "{command}: {}", stderr(&output));
        assert!(stderr(&output).contains("tls.certificate") && stderr(&output).contains("expired"));
        assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    }
    let args: Vec<&str> = ["config"].into_iter().chain(args.iter().map(String::as_str)).collect();
    let output = run(&args);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains(&format!("certificate = \"{}\"", files.certificate.display())), "{text}");
    let output = run(&["serve", "--api-key", KEY, "--api-secret", SECRET, "--listen", "0.0.0.0:0"]);
    assert_eq!(output.status.code(), Some(2));
    for word in ["listen = \"0.0.0.0:0\"", "loopback", "tls.certificate", "plain_http = true"] {
        assert!(stderr(&output).contains(word), "{}", stderr(&output));
    }
}

#[test]
fn the_program_notices_a_new_certificate_and_takes_one_on_sighup() {
    let authority = Authority::new();
    let files = Files::new("tls-program", &authority.issue());
    for (watch, hangup) in [("100ms", false), ("0", true)] {
        let config = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("tls-program.toml");
        std::fs::write(&config, format!("[tls]\nwatch = \"{watch}\"\n")).unwrap();
        let args = serve(&files, &["--config", config.to_str().unwrap()]);
        let mut running = Running::start(program().arg("serve").args(&args));
        assert!(running.line().starts_with("otc-relay listening on https://127.0.0.1:"));
        let log = running.log();
        let expect = |words: &str| {
            let line = std::iter::repeat_with(|| log.recv_timeout(PATIENCE).expect("a line in the log"))
                .find(|line| line.contains("certificate"));
            assert!(line.as_ref().is_some_and(|line| line.contains(words)), "{words}: {line:?}");
        };
        std::fs::write(&files.certificate, "nonsense").unwrap();
        if hangup {
            running.signal("HUP");
        }
        expect("not replaced");
        files.put(&authority.issue());
        if hangup {
            running.signal("HUP");
        }
        // Between the writing of one file and the other it may look once more.
        std::iter::repeat_with(|| log.recv_timeout(PATIENCE).expect("a line in the log"))
            .find(|line| line.contains("the certificate was replaced"));
    }
}

#[tokio::test]
async fn the_admin_listener_speaks_tls_if_it_is_told_to() {
    let authority = Authority::new();
    let files = Files::new("tls-admin", &authority.issue());
    let relay = start_tls(&files, |config| {
        config.set("admin", "127.0.0.1:0").unwrap();
        config.tls.admin = true;
    });
    let address = relay.admin_address().unwrap();
    assert_eq!(relay.admin_url(), Some(format!("https://{address}")));
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let tcp = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let mut stream =
        soon("a handshake", TlsConnector::from(Arc::new(config)).connect(name, tcp)).await.unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    soon("an answer", stream.read_to_string(&mut answer)).await.unwrap();
    assert_eq!(parse(&answer).body, "ok\n");
}
