//! `--ca-file`: whom the commands trust that ask a relay over TLS, and what they say of mistakes.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use otc_relay::Relay;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};

use crate::certificates::{Authority, Files, Pair, self_signed};
use crate::program::{program, run, stderr};
use crate::support::{KEY, SECRET, session, start};

fn within_tls(name: &str, authority: &Authority) -> (Relay, Files) {
    let files = Files::new(name, &authority.issue());
    let relay = start(|config| {
        config.tls.certificate = Some(files.certificate.clone());
        config.tls.key = Some(files.key.clone());
        config.set("admin", "127.0.0.1:0").unwrap();
        config.tls.admin = true;
    });
    (relay, files)
}

/// A file of the tests that holds this.
fn file(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("trust-{name}"));
    std::fs::write(&path, text).expect("a file");
    path
}

/// Runs a command that fails with one line, which names all of these.
fn fails(args: &[&str], code: i32, words: &[&str]) {
    let output = run(args);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
    assert_eq!(said.lines().count(), 1, "{args:?}: one line: {said}");
    for word in words {
        assert!(said.contains(word), "{args:?} names {word}: {said}");
    }
    assert!(!said.contains(SECRET) && !said.contains("MII"), "{said}");
    assert!(!said.contains("is the relay running"), "somebody is there: {said}");
}

#[test]
fn a_file_of_authorities_that_is_none_is_a_mistake_of_the_command_line() {
    let authority = Authority::new();
    let (relay, files) = within_tls("trust-mistakes", &authority);
    let folder = env!("CARGO_TARGET_TMPDIR");
    let broken = authority.pem.replace("MII", "@@@");
    let no_x509 = "-----BEGIN CERTIFICATE-----\nczNjcjN0\n-----END CERTIFICATE-----\n";
    let public = include_str!("../../../protocol/testdata/keys/application_public.pem");
    let (url, admin, session) = (relay.url(), relay.admin_url().unwrap(), session(1));
    for (path, words) in [
        (PathBuf::from("/nonexistent.pem"), "No such file"),
        (PathBuf::from(folder), "directory"),
        (file("none.pem", "what is this?\n"), "it is not PEM"),
        (file("empty.pem", " \n"), "it is empty"),
        (files.key.clone(), "it holds a private key and no certificate"),
        (file("public.pem", public), "it is PEM without a certificate"),
        (file("broken.pem", &broken), "the PEM in it is broken"),
        (file("no_x509.pem", &(authority.pem.clone() + no_x509)), "number 2 in it is no X.509 certificate"),
    ] {
        let path = path.to_str().unwrap();
        let named = format!("--ca-file {path}: ");
        let project = ["--api-key", KEY, "--api-secret", SECRET, "--session", &session, "--ca-file", path];
        for command in ["connections", "signal"] {
            fails(&[&[command, "--api-url", &url], &project[..]].concat(), 2, &[&named, words]);
        }
        fails(&["status", "--admin", &admin, "--ca-file", path], 2, &[&named, words]);
    }
    let good = file("good.pem", &authority.pem);
    let good = good.to_str().unwrap();
    let output = run(&["status", "--admin", &admin, "--ca-file", good]);
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn a_certificate_that_is_not_accepted_is_told_with_its_reason() {
    let authority = Authority::new();
    let (relay, _files) = within_tls("trust-reasons", &authority);
    let ca = file("reasons.pem", &authority.pem);
    let other = file("other.pem", &Authority::new().pem);
    let (ca, other) = (ca.to_str().unwrap(), other.to_str().unwrap());
    let admin = relay.admin_url().unwrap();
    let by_name = admin.replace("127.0.0.1", "localhost");
    fails(
        &["status", "--admin", &admin],
        1,
        &[&admin, "not signed by an authority that is trusted here", "--ca-file"],
    );
    let included = format!("--ca-file {other} included");
    fails(
        &["status", "--admin", &admin, "--ca-file", other],
        1,
        &["authority that is trusted here", &included],
    );
    let named = ["TLS: the certificate is for 127.0.0.1 and not for localhost"];
    fails(&["status", "--admin", &by_name, "--ca-file", ca], 1, &named);
}

/// The URL of a server that shows this certificate to whoever comes, and says nothing else.
fn server_with(pair: &Pair) -> String {
    let certificate = CertificateDer::from_pem_slice(pair.certificate.as_bytes()).expect("PEM");
    let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).expect("PEM");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a pair");
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").expect("a port"));
    let url = format!("https://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut socket in listener.incoming().map_while(Result::ok) {
            let mut connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
            // The client breaks off. What is of interest is what it says of that.
            let _ = connection.complete_io(&mut socket);
        }
    });
    url
}

#[test]
fn every_usual_mistake_with_a_certificate_is_told_in_words() {
    let authority = Authority::new();
    let is_ca = || rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let signs_others = self_signed(|params| params.is_ca = is_ca());
    let for_clients = authority.issue_with(|params| {
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    });
    let nameless = authority.issue_with(|params| params.subject_alt_names.clear());
    for (name, pair, trusted, words) in [
        (
            "ca",
            &signs_others,
            &signs_others.certificate,
            "made to sign others, which is not taken for a server's",
        ),
        (
            "ca-strange",
            &signs_others,
            &authority.pem,
            "one that signs itself needs basicConstraints=CA:FALSE",
        ),
        (
            "expired",
            &authority.issue_expired(),
            &authority.pem,
            "TLS: the certificate expired 1 day ago; is the clock",
        ),
        (
            "early",
            &authority.issue_early(),
            &authority.pem,
            "TLS: the certificate is not valid yet (it will be in",
        ),
        ("clients", &for_clients, &authority.pem, "TLS: the certificate is not one for servers"),
        ("nameless", &nameless, &authority.pem, "it has no names (subjectAltName)"),
    ] {
        let (url, ca) = (server_with(pair), file(&format!("mistake-{name}.pem"), trusted));
        let (ca, session) = (ca.to_str().unwrap(), session(1));
        fails(&["status", "--admin", &url, "--ca-file", ca], 1, &[&url, words]);
        let call = ["connections", "--api-url", &url, "--api-key", KEY, "--api-secret", SECRET];
        fails(&[&call[..], &["--session", &session, "--ca-file", ca]].concat(), 1, &[&url, words]);
    }
}

#[test]
fn a_file_of_authorities_is_for_tls_and_tls_for_who_speaks_it() {
    let authority = Authority::new();
    let (secure, _files) = within_tls("trust-plain", &authority);
    let plain = start(|config| config.set("admin", "127.0.0.1:0").unwrap());
    let ca = file("plain.pem", &authority.pem);
    let ca = ca.to_str().unwrap();
    let named = format!("--ca-file {ca}: ");
    let admin = plain.admin_url().unwrap();
    fails(&["status", "--admin", &admin, "--ca-file", ca], 2, &[&named, "https://", "--admin says http://"]);
    // A variable is for all relays, of which some need it.
    let output = program().args(["status", "--admin", &admin]).env("OTC_CA_FILE", ca).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let mut wrong = program();
    wrong.args(["status", "--admin", &secure.admin_url().unwrap()]).env("OTC_CA_FILE", "/nonexistent.pem");
    let output = wrong.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("OTC_CA_FILE /nonexistent.pem: No such file"), "{}", stderr(&output));
    let mistaken = admin.replace("http:", "https:");
    fails(&["status", "--admin", &mistaken], 1, &[&mistaken, "does not speak TLS", "http://"]);
    let mistaken = secure.admin_url().unwrap().replace("https:", "http:");
    fails(&["status", "--admin", &mistaken], 1, &[&mistaken, "does not speak HTTP", "https://"]);
}

#[test]
fn status_shows_until_when_the_certificate_is_good() {
    let authority = Authority::new();
    let (relay, _files) = within_tls("trust-status", &authority);
    let ca = file("status.pem", &authority.pem);
    let admin = relay.admin_url().unwrap();
    let args = ["status", "--admin", &admin, "--ca-file", ca.to_str().unwrap()];
    let output = run(&args);
    let table = crate::program::stdout(&output);
    let line = table
        .lines()
        .find(|line| line.starts_with("certificate expires "))
        .unwrap_or_else(|| panic!("{table}"));
    assert!(line.contains(" UTC, ") && line.ends_with(" left"), "{line}");
    let output = run(&[&args[..], &["--json"]].concat());
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(json["certificate_expires"].is_u64(), "{json}");
}
