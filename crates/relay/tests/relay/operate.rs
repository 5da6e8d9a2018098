//! The program in the hands of operators: reload and status.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Instant;

use otc_protocol::token::{JwtParams, PrivateKey, RestJwtParams, Role, Signer, mint_jwt, mint_rest_jwt};

use crate::client::Client;
use crate::program::{Running, program, run, stderr, stdout};
use crate::support::{KEY, PATIENCE, SECRET, now_s, request_at, session, t1, token};

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

/// Waits until the relay says that it drains.
#[allow(clippy::disallowed_methods, reason = "a limit for waiting")]
async fn until_draining(admin: SocketAddr) {
    let began = Instant::now();
    while request_at(admin, "GET", "/ready", &[], "").await.status != 503 {
        assert!(began.elapsed() < PATIENCE, "it does not drain");
    }
}

#[tokio::test]
async fn sigterm_lets_clients_finish_and_a_second_one_does_not_wait() {
    let path = write("drain.toml", &format!("\"{SECRET}\""));
    std::fs::write(&path, format!("drain = \"1h\"\n{}", file(&format!("\"{SECRET}\"")))).unwrap();
    for twice in [false, true] {
        let (running, public, admin) = start(&path);
        let (session, other) = (session(1), session(2));
        let mut a = Client::enter_at(public, &session, "a").await;
        running.signal("TERM");
        until_draining(admin).await;
        let sent = a.signal(None, "still heard").await;
        assert_eq!(a.status_of(&sent).await, "200");
        let mut b = Client::open_at(public, &other, "b").await;
        let create = b.hello(&token(&other, Role::Publisher, ""), None).await;
        assert_eq!(b.status_of(&create).await, "503", "no new session begins");
        b.end().await;
        if twice {
            running.signal("TERM");
            a.end().await;
        } else {
            a.leave().await;
        }
        assert_eq!(running.end().0, Some(0));
    }
}

#[tokio::test]
async fn an_application_signs_with_its_own_key() {
    const ID: &str = "0a1b2c3d-0000-4000-8000-00000000abcd";
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/testdata/keys");
    let read = |name| std::fs::read_to_string(keys.join(name)).expect("a key of the tests");
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("application.toml");
    let application =
        format!("[[application]]\nid = \"{ID}\"\npublic_key = '''\n{}'''\n", read("application_public.pem"));
    std::fs::write(&path, file(&format!("\"{SECRET}\"")) + &application).unwrap();
    let (running, public, _) = start(&path);
    let key = PrivateKey::from_pem(&read("application_private.pem")).expect("a key of the tests");
    let session = otc_protocol::session_id::mint(ID, 1_700_000_000_000, &[1; 18]);
    let signer = || Signer::Application { id: ID, key: &key };
    let client_token = mint_jwt(&JwtParams {
        signer: signer(),
        session_id: &session,
        role: Role::Publisher,
        connection_data: "",
        create_time: now_s(),
        expire_time: now_s() + 60,
        jti: "1",
    });
    let path = format!("/session/{session}");
    assert_eq!(request_at(public, "GET", &path, &[("X-TB-TOKEN-AUTH", &client_token)], "").await.status, 200);
    let bearer = format!(
        "Bearer {}",
        mint_rest_jwt(&RestJwtParams {
            signer: signer(),
            create_time: now_s(),
            expire_time: now_s() + 60,
            jti: "1"
        })
    );
    let path = format!("/v2/project/{ID}/session/{session}/connection");
    let list = request_at(public, "GET", &path, &[("Authorization", &bearer)], "").await;
    assert_eq!((list.status, &list.json()["count"]), (200, &0.into()), "{list:?}");
    let session = self::session(1);
    let path = format!("/session/{session}");
    let of_project = token(&session, Role::Publisher, "");
    let answer = request_at(public, "GET", &path, &[("X-TB-TOKEN-AUTH", &of_project)], "").await;
    assert_eq!(answer.status, 200, "the project beside it is served as well");
    running.signal("TERM");
    assert_eq!(running.end().0, Some(0));
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

#[cfg(unix)]
#[test]
fn a_file_that_can_be_read_once_is_not_waited_for_again() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("once.toml");
    let _ = std::fs::remove_file(&path);
    assert!(std::process::Command::new("mkfifo").arg(&path).status().expect("it is there").success());
    let (pipe, text) = (path.clone(), file(&format!("\"{SECRET}\"")));
    let writer = std::thread::spawn(move || std::fs::write(pipe, text));
    let (mut running, ..) = start(&path);
    writer.join().expect("no panic").expect("the program reads it");
    let log = running.log();
    running.signal("HUP");
    let line = log.recv_timeout(PATIENCE).expect("a line of the log");
    assert!(line.contains("not reloaded") && line.contains("a file that can be read again"), "{line}");
    running.signal("TERM");
    assert_eq!(running.end().0, Some(0));
}
