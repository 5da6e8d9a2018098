//! The program by the key of an application: sessions, tokens and calls.

use std::path::{Path, PathBuf};

use otc_protocol::session_id;
use otc_protocol::token::{Role, TokenKind, verify_client};
use otc_relay::{KeyRing, Relay};

use crate::client::{Client, messaging_url};
use crate::program::{program, run, stderr, stdout};
use crate::support::{KEY, SECRET, now_s, session, start};

const ID: &str = "0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9";
const PUBLIC: &str = include_str!("../../../protocol/testdata/keys/application_public.pem");

/// A key file of the tests.
fn private(name: &str) -> String {
    format!("{}/../protocol/testdata/keys/{name}.pem", env!("CARGO_MANIFEST_DIR"))
}

fn file(name: &str, text: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("application-{name}"));
    std::fs::write(&path, text).expect("a file");
    path
}

/// Runs a command that succeeds, and gives its one line.
fn line(args: &[&str]) -> String {
    let output = run(args);
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    stdout(&output).trim_end().to_owned()
}

fn relay() -> Relay {
    start(|config| config.keys.set_application(ID, PUBLIC).expect("the key of the tests"))
}

#[tokio::test]
async fn the_key_of_an_application_does_what_that_of_a_project_does() {
    let relay = relay();
    let url = relay.url();
    for (public, name) in [
        ("application_public", "application_private"),
        ("application_public_pkcs1", "application_private_pkcs1"),
    ] {
        let pem = std::fs::read_to_string(private(public)).expect("a key of the tests");
        let mut keys = KeyRing::default();
        keys.set_application(ID, &pem).unwrap();
        relay.set_keys(keys.clone());
        let key = private(name);
        let upper = ID.to_uppercase();
        let by = ["--application-id", &upper, "--private-key", &key];

        let session = line(&["session", "--application-id", &upper]);
        assert_eq!(session_id::decode(&session).unwrap().partner, ID);
        let with = ["--session", &session];
        let token =
            line(&[&["token"], &by[..], &with, &["--role", "moderator", "--data", "name=ann"]].concat());
        let claims = verify_client(&token, &session, Some(ID), &keys, now_s()).unwrap();
        assert_eq!((claims.kind, claims.role), (TokenKind::ApplicationJwt, Role::Moderator));
        assert_eq!(claims.connection_data, "name=ann");

        let path = messaging_url(&relay, &session, &token).await;
        let mut client =
            Client::open(&relay, &format!("{path}&socketId={name}&attempt=1"), &session, "a").await;
        let create = client.hello_as(ID, &token, Some("otc-0.1.0")).await;
        assert_eq!(client.status_of(&create).await, "200");
        let call =
            |command, rest: &[&str]| line(&[&[command, "--api-url", &url], &by[..], &with, rest].concat());
        assert!(call("connections", &[]).contains("Connected"));
        assert_eq!(call("signal", &["--data", "hello"]), "sent to everyone");
        assert_eq!(call("kick", &["a"]), "ended a");
        client.end().await;
    }
}

#[test]
fn the_command_line_wins_over_variables_and_the_session_says_whose_it_is() {
    let (of_project, key) = (session(1), private("application_private"));
    let of_application = line(&["session", "--application-id", ID]);
    let both = [
        ("OTC_API_KEY", KEY),
        ("OTC_API_SECRET", SECRET),
        ("OTC_APPLICATION_ID", ID),
        ("OTC_PRIVATE_KEY", &key),
    ];
    let run = |args: &[&str]| program().args(args).envs(both).output().unwrap();
    for (session, start) in [(&of_project, "T1=="), (&of_application, "eyJ")] {
        let output = run(&["token", "--session", session]);
        assert!(stdout(&output).starts_with(start), "{}", stderr(&output));
    }
    let partner = |output: &std::process::Output| session_id::decode(stdout(output).trim()).unwrap().partner;
    assert_eq!(partner(&run(&["session", "--application-id", ID])), ID);
    assert_eq!(partner(&run(&["session", "--api-key", "200"])), "200");
    let output = run(&["session"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("not both"), "{}", stderr(&output));
    // A project on the command line is not excused by an application in variables.
    let output = run(&["token", "--session", &of_application, "--api-key", KEY, "--api-secret", SECRET]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains(ID) && stderr(&output).contains("--api-key"), "{}", stderr(&output));
}

#[test]
fn a_key_file_that_is_none_is_told_and_what_it_holds_is_not() {
    let session = line(&["session", "--application-id", ID]);
    let good = std::fs::read_to_string(private("application_private")).expect("a key of the tests");
    let pkcs1 = std::fs::read_to_string(private("application_private_pkcs1")).expect("a key of the tests");
    let body: String = good.lines().nth(3).expect("a line of the key").to_owned();
    let encrypted = good.replace("PRIVATE", "ENCRYPTED PRIVATE");
    let legacy = pkcs1.replacen('\n', "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n", 1);
    let cut = good.replacen(&body, "", 1);
    let ec = good.replace("PRIVATE", "EC PRIVATE");
    for (path, words) in [
        (PathBuf::from("/nonexistent.key"), "No such file"),
        (PathBuf::from(env!("CARGO_TARGET_TMPDIR")), "directory"),
        (file("empty", b""), "no PEM section"),
        (file("text", body.as_bytes()), "no PEM section"),
        (file("binary", &[0xff, 0xfe, 0x00]), "not text"),
        (file("encrypted", encrypted.as_bytes()), "is encrypted"),
        (file("legacy", legacy.as_bytes()), "is encrypted"),
        (file("cut", cut.as_bytes()), "RSA private key"),
        (file("ec", ec.as_bytes()), "PEM must hold PRIVATE KEY or RSA PRIVATE KEY"),
        (file("public", PUBLIC.as_bytes()), "PEM must hold PRIVATE KEY or RSA PRIVATE KEY"),
    ] {
        let path = path.to_str().unwrap();
        for command in ["token", "connections", "signal"] {
            let output =
                run(&[command, "--application-id", ID, "--private-key", path, "--session", &session]);
            let said = stderr(&output);
            assert_eq!(output.status.code(), Some(2), "{path}: {said}");
            assert_eq!(said.lines().count(), 1, "{said}");
            assert!(
                said.contains(&format!("--private-key {path}: ")) && said.contains(words),
                "{words}: {said}"
            );
            assert!(!said.contains(&body) && stdout(&output).is_empty(), "{said}");
        }
    }
    // The key itself, in place of its file.
    let output = run(&["token", "--application-id", ID, "--private-key", &good, "--session", &session]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("the path of a PEM file"), "{}", stderr(&output));
    assert!(!stderr(&output).contains(&body), "{}", stderr(&output));
}
