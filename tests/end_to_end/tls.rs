//! The client and the relay within TLS, with nothing in between.

use otc::session::SessionError;
use otc_relay::CertificateNews;

use crate::certificates::{Authority, Files, self_signed};
use crate::support::{Client, TestRelay, Token, session};

fn relay(files: &Files) -> TestRelay {
    TestRelay::start_with("127.0.0.1:0", |config| {
        config.tls.certificate = Some(files.certificate.clone());
        config.tls.key = Some(files.key.clone());
    })
}

/// A client that trusts this authority beside those of the system.
fn trusting(relay: &TestRelay, session: &str, name: &str, authority: &Authority) -> Client {
    let ca_file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.ca.pem"));
    std::fs::write(&ca_file, &authority.pem).expect("a file");
    Client::with(session, |settings| {
        settings.api_url = Some(relay.url());
        settings.ca_file = Some(ca_file);
    })
}

#[test]
fn clients_that_trust_the_certificate_meet_and_a_new_one_disturbs_nobody() {
    let authority = Authority::new();
    let files = Files::new("end-to-end", &authority.issue());
    let relay = relay(&files);
    assert!(relay.url().starts_with("https://"));
    let session = session();
    let first = trusting(&relay, &session, "trusted", &authority);
    first.join(&Token::of(&session).mint());
    files.put(&authority.issue());
    assert_eq!(relay.running().refresh_certificate(), CertificateNews::Replaced);
    files.put(&authority.issue_expired());
    let news = relay.running().refresh_certificate();
    assert!(
        matches!(news, CertificateNews::Unusable(_)),
        "one that nobody would trust is not used: {news:?}"
    );
    let second = trusting(&relay, &session, "trusted", &authority);
    second.join(&Token::of(&session).mint());
    first.expect_created();
    second.expect_created();
    second.send("greeting", "within TLS").expect("connected");
    for client in [&first, &second] {
        assert_eq!(client.expect_signal(), ("greeting".into(), "within TLS".into(), second.id()));
    }
    second.leave();
    first.expect_dropped();
    first.leave();
}

#[test]
fn a_client_that_does_not_trust_the_certificate_says_why_and_does_not_join() {
    let files = Files::new("end-to-end-stranger", &Authority::new().issue());
    let relay = relay(&files);
    let session = session();
    let client = trusting(&relay, &session, "stranger", &Authority::new());
    client.session.connect(&Token::of(&session).mint()).expect("idle");
    let (error, message) = client.expect_error();
    assert_eq!(error, SessionError::ConnectionRefused, "{message}");
    assert!(message.contains("certificate"), "{message}");
}

#[test]
fn certificates_that_do_not_fit_are_told_in_words() {
    let authority = Authority::new();
    let is_ca = || rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let signs_others = self_signed(|params| params.is_ca = is_ca());
    let elsewhere = authority.issue_with(|params| {
        let name = "relay.example".try_into().expect("a name");
        params.subject_alt_names = vec![rcgen::SanType::DnsName(name)];
    });
    for (name, pair, words) in [
        ("authority", signs_others, "the certificate is that of an authority"),
        ("early", authority.issue_early(), "the certificate is not valid yet"),
        ("elsewhere", elsewhere, "the certificate is for relay.example and not for 127.0.0.1"),
    ] {
        let relay = relay(&Files::new(&format!("end-to-end-{name}"), &pair));
        let session = session();
        let client = trusting(&relay, &session, name, &authority);
        client.session.connect(&Token::of(&session).mint()).expect("idle");
        let (error, message) = client.expect_error();
        assert_eq!(error, SessionError::ConnectionRefused, "{message}");
        assert!(message.contains(words), "{message}");
    }
}
