//! The program in the hands of operators: reload and status.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Instant;

use otc_protocol::token::Role;

use crate::program::{Running, program, run, stderr, stdout};
use crate::support::{KEY, PATIENCE, SECRET, now_s, request_at, session, t1};

const TOKEN: &str = "an-admin-token-of-the-tests";

fn write(name: &str, secrets: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, file(secrets)).unwrap();
    path
}

fn file(secrets: &str) -> String {
    format!(
        "listen = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\nadmin_token = \"{TOKEN}\"\n[[project]]\napi_key = \"{KEY}\"\napi_secret = {secrets}\n"
    )
}

fn start(path: &Path) -> (Running, SocketAddr, SocketAddr) {
    let running = Running::start(program().args(["serve", "--config", path.to_str().unwrap()]));
    let address = |line: String, before| line.strip_prefix(before).expect(&line).parse().expect(&line);
    let public = address(running.line(), "otc-relay listening on http://");
    let admin = address(running.line(), "otc-relay admin on http://");
    (running, public, admin)
}

/// The status of session info with a token made with `secret`.
fn entering(address: SocketAddr, secret: &str) -> u16 {
    let session = session(1);
    let token = t1(&session, Role::Publisher, "", now_s(), now_s() + 3600, secret);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let path = format!("/session/{session}");
    runtime.block_on(request_at(address, "GET", &path, &[("X-TB-TOKEN-AUTH", &token)], "")).status
}

/// Waits until tokens of a secret are answered so.
#[allow(clippy::disallowed_methods, reason = "a limit for waiting")]
fn until_entering(address: SocketAddr, secret: &str, status: u16) {
    let began = Instant::now();
    while entering(address, secret) != status {
        assert!(began.elapsed() < PATIENCE, "tokens of this secret are not answered {status}");
    }
}

#[test]
fn sighup_takes_new_secrets_and_names_what_takes_a_restart() {
    let path = write("reload.toml", "\"the first secret\"");
    let (running, public, _) = start(&path);
    assert_eq!((entering(public, "the first secret"), entering(public, "the second secret")), (200, 403));

    std::fs::write(&path, file("[\"the second secret\", \"the first secret\"]")).unwrap();
    running.signal("HUP");
    until_entering(public, "the second secret", 200);
    assert_eq!(entering(public, "the first secret"), 200, "both are good while one replaces the other");

    std::fs::write(&path, file("\"the third secret\"").replace("admin =", "drain = \"1s\"\nadmin ="))
        .unwrap();
    running.signal("HUP");
    until_entering(public, "the third secret", 200);
    assert_eq!(entering(public, "the first secret"), 403);
    running.signal("TERM");
    let (code, log) = running.end();
    assert_eq!(code, Some(0), "{log}");
    for secret in ["first secret", "second secret", "third secret", TOKEN] {
        assert!(!log.contains(secret), "{log}");
    }
    assert!(log.contains("reloaded") && log.contains("drain") && log.contains("next start"), "{log}");
}

#[test]
fn a_file_that_cannot_be_read_again_is_one_line_and_the_old_keys_stay() {
    let path = write("reload-bad.toml", "\"the secret\"");
    let (mut running, public, _) = start(&path);
    let log = running.log();
    std::fs::write(&path, "api_secret = \"a secret in the wrong place\"\nshards = ").unwrap();
    running.signal("HUP");
    let line = log.recv_timeout(PATIENCE).expect("a line in the log");
    assert!(line.contains("not reloaded") && line.contains("line 2"), "{line}");
    assert!(!line.contains("wrong place"), "{line}");
    assert_eq!(entering(public, "the secret"), 200);
}

#[test]
fn status_asks_a_running_relay() {
    let path = write("status.toml", &format!("\"{SECRET}\""));
    let (running, _, admin) = start(&path);
    let url = format!("http://{admin}");
    let output = run(&["status", "--admin", &url]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("--admin-token"), "{}", stderr(&output));
    let with_token = ["status", "--admin", &url, "--admin-token", TOKEN];
    let output = run(&with_token);
    assert!(output.status.success(), "{}", stderr(&output));
    let rows: Vec<Vec<&str>> = stdout(&output).lines().map(|l| l.split_whitespace().collect()).collect();
    assert!(rows.contains(&vec!["state", "running"]) && rows.contains(&vec!["sessions", "0"]), "{rows:?}");
    let output = run(&[&with_token[..], &["--json"]].concat());
    let status: serde_json::Value = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!((&status["state"], &status["connections"]), (&"running".into(), &0.into()));
    running.signal("TERM");
    assert_eq!(running.end().0, Some(0));

    let output = run(&with_token);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains(&url) && stderr(&output).lines().count() == 1, "{}", stderr(&output));
    for wrong in ["127.0.0.1:1", "ftp://127.0.0.1:1", "http://a b:1", "http://"] {
        let output = run(&["status", "--admin", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(stderr(&output).contains("http://host:port"), "{}", stderr(&output));
    }
}
