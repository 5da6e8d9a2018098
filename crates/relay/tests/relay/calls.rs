//! The program as a server's helper: signals, removals and lists from the command line, for people and for programs.

use std::io::Write;
use std::process::Stdio;

use otc_protocol::token::Role;
use otc_relay::Relay;
use serde_json::Value;

use crate::certificates::{Authority, Files};
use crate::client::{Client, End};
use crate::program::{Running, program, run, stderr, stdout};
use crate::support::{KEY, SECRET, session, start};

/// The arguments of a call to a relay.
fn call<'a>(command: &'a str, url: &'a str, session: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    let call = [command, "--api-url", url, "--api-key", KEY, "--api-secret", SECRET, "--session", session];
    call.into_iter().chain(rest.iter().copied()).collect()
}

async fn three(relay: &Relay, session: &str) -> [Client; 3] {
    let mut a = Client::enter(relay, session, "a", Role::Publisher).await;
    let mut b = Client::enter(relay, session, "b", Role::Publisher).await;
    let c = Client::enter(relay, session, "c", Role::Publisher).await;
    a.until("created", "b").await;
    a.until("created", "c").await;
    b.until("created", "c").await;
    [a, b, c]
}

#[tokio::test]
async fn signal_speaks_to_everyone_or_to_one() {
    let relay = start(|_| ());
    let (url, session) = (relay.url(), session(1));
    let [mut a, mut b, mut c] = three(&relay, &session).await;
    let output = run(&call("signal", &url, &session, &["--type", "chat", "--data", "-5 °C, \"outside\""]));
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), "sent to everyone\n");
    for client in [&mut a, &mut b, &mut c] {
        assert_eq!(client.next_signal().await, ("-5 °C, \"outside\"".to_owned(), String::new()));
    }
    let output = run(&call("signal", &url, &session, &["--to", "b", "--data", "only you", "--json"]));
    let said: Value = serde_json::from_str(stdout(&output)).expect("JSON");
    assert_eq!((&said["sent"], &said["to"]), (&true.into(), &"b".into()));
    assert_eq!(b.next_signal().await.0, "only you");

    let mut piped = program();
    piped.args(call("signal", &url, &session, &["--to", "b", "--data", "-"])).stdin(Stdio::piped());
    let mut child = piped.stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all("two\nlines\n".as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(b.next_signal().await.0, "two\nlines");
}

#[tokio::test]
async fn connections_are_listed_and_kicked() {
    let relay = start(|_| ());
    let (url, session) = (relay.url(), session(1));
    let output = run(&call("connections", &url, &session, &[]));
    assert_eq!((stdout(&output), output.status.code()), ("nobody is in the session\n", Some(0)));
    let [mut a, mut b, mut c] = three(&relay, &session).await;
    let output = run(&call("connections", &url, &session, &[]));
    let lines: Vec<Vec<&str>> = stdout(&output).lines().map(|l| l.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["CONNECTION", "STATE", "HERE", "FOR"]);
    let found: Vec<_> = lines[1..].iter().map(|line| (line[0], line[1])).collect();
    assert_eq!(found, [("a", "Connected"), ("b", "Connected"), ("c", "Connected")]);
    let output = run(&call("connections", &url, &session, &["--json"]));
    let list: Value = serde_json::from_str(stdout(&output)).expect("JSON");
    assert_eq!(list["count"], 3);

    let output = run(&call("kick", &url, &session, &["b"]));
    assert_eq!((stdout(&output), output.status.code()), ("ended b\n", Some(0)));
    assert!(matches!(b.end().await, End::Closed(_)));
    let output = run(&call("kick", &url, &session, &["b"]));
    assert_eq!((stdout(&output), output.status.code()), ("", Some(1)));
    assert!(stderr(&output).contains("answers 404"), "{}", stderr(&output));
    let output = run(&call("kick", &url, &session, &["--all", "--json"]));
    let ended: Value = serde_json::from_str(stdout(&output)).expect("JSON");
    assert_eq!(ended["ended"], serde_json::json!(["a", "c"]), "{}", stderr(&output));
    for client in [&mut a, &mut c] {
        assert!(matches!(client.end().await, End::Closed(_)));
    }
}

#[tokio::test]
async fn what_goes_wrong_is_one_line_that_helps() {
    let relay = start(|_| ());
    let (url, session) = (relay.url(), session(1));
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let long = "x".repeat(9000);
    for (args, code, words) in [
        (
            call("signal", &nobody, &session, &[]),
            1,
            &["no answer from", &*nobody, "refused", "--api-url"][..],
        ),
        (call("signal", &url, &session, &[]), 1, &["answers 404", "nobody"]),
        (call("signal", &url, &session, &["--data", &long]), 1, &["answers 413"]),
        (call("signal", &url, &session, &["--to", "a/b"]), 2, &["a/b", "otc-relay connections"]),
        (call("kick", &url, &session, &[]), 2, &["CONNECTION"]),
        (call("kick", &url, &session, &["a", "--all"]), 2, &["--all"]),
        (
            call("signal", "relay.example", &session, &[]),
            2,
            &["--api-url", "relay.example", "https://host:port"],
        ),
        (call("signal", "http://u:p@relay", &session, &[]), 2, &["--api-url", "http://host:port"]),
        (call("signal", &url, "nonsense", &[]), 2, &["--session", "nonsense"]),
    ] {
        let output = run(&args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", stderr(&output));
        for word in words {
            assert!(stderr(&output).contains(word), "{args:?} names {word}: {}", stderr(&output));
        }
        assert!(!stderr(&output).contains(SECRET) && stdout(&output).is_empty());
        if code == 1 {
            assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
        }
    }
    let wrong =
        call("signal", &url, &session, &[]).into_iter().map(|arg| if arg == SECRET { "guess" } else { arg });
    let output = run(&wrong.collect::<Vec<_>>());
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("answers 403"), "{}", stderr(&output));
}

#[tokio::test]
async fn a_relay_within_tls_is_asked_too() {
    let authority = Authority::new();
    let files = Files::new("calls-tls", &authority.issue());
    let relay = start(|config| {
        config.tls.certificate = Some(files.certificate.clone());
        config.tls.key = Some(files.key.clone());
        config.set("admin", "127.0.0.1:0").unwrap();
        config.tls.admin = true;
    });
    let ca_file = files.certificate.with_extension("ca");
    std::fs::write(&ca_file, &authority.pem).unwrap();
    let ca_file = ca_file.to_str().unwrap();
    let (url, session) = (relay.url(), session(1));
    let output = run(&call("connections", &url, &session, &["--ca-file", ca_file]));
    assert_eq!(stdout(&output), "nobody is in the session\n", "{}", stderr(&output));
    let output = run(&call("connections", &url, &session, &[]));
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("TLS") && stderr(&output).contains("certificate"),
        "{}",
        stderr(&output)
    );
    let admin = relay.admin_url().unwrap();
    let output = run(&["status", "--admin", &admin, "--ca-file", ca_file]);
    assert!(stdout(&output).contains("running"), "{}", stderr(&output));
    let output = run(&["status", "--admin", &admin, "--ca-file", "/nonexistent.pem"]);
    assert!(stderr(&output).contains("--ca-file /nonexistent.pem: No such file"), "{}", stderr(&output));
}

#[test]
fn a_session_that_is_not_named_is_told_with_every_way_to_name_it() {
    for command in ["connections", "signal", "kick", "token"] {
        let mut args = vec![command, "--api-key", KEY, "--api-secret", SECRET];
        args.extend((command == "kick").then_some("--all"));
        let none = run(&args);
        let empty = program().args(&args).env("OTC_SESSION_ID", "").output().unwrap();
        for output in [none, empty] {
            assert_eq!((output.status.code(), stdout(&output)), (Some(2), ""), "{command}");
            assert_eq!(
                stderr(&output),
                "otc-relay: --session is missing (or OTC_SESSION_ID); `otc-relay session` makes an id\n",
                "{command}"
            );
        }
    }
}

#[test]
fn a_time_below_zero_is_a_wrong_time_and_not_a_flag() {
    let session = session(1);
    let output =
        run(&["token", "--api-key", KEY, "--api-secret", SECRET, "--session", &session, "--ttl", "-5"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("'-5'") && stderr(&output).contains("1 s to 30 days"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn everything_that_prints_prints_json_too() {
    let session = session(1);
    let project = ["--api-key", KEY, "--api-secret", SECRET];
    let json = |args: &[&str]| -> Value {
        let output = run(&[args, &["--json"]].concat());
        serde_json::from_str(stdout(&output)).unwrap_or_else(|_| panic!("{args:?}: {}", stdout(&output)))
    };
    assert!(json(&["session", "--api-key", KEY])["session"].as_str().unwrap().starts_with(['1', '2']));
    let token = json(&[&["token"], &project[..], &["--session", &session]].concat());
    assert!(token["token"].as_str().unwrap().starts_with("T1==") && token["expires"].is_u64());
    let config = json(&[&["config"], &project[..], &["--set", "shards=3"]].concat());
    assert_eq!((&config["settings"]["shards"], &config["keys"][0]["project"]), (&"3".into(), &KEY.into()));
    assert!(!config.to_string().contains(SECRET));
    assert_eq!(json(&[&["check"], &project[..]].concat())["fine"], true);
    let output = run(&[&["check", "--json", "--set", "shards=x"], &project[..]].concat());
    let checked: Value = serde_json::from_str(stdout(&output)).expect("JSON");
    assert_eq!((&checked["fine"], output.status.code()), (&false.into(), Some(2)));
    assert!(checked["error"].as_str().unwrap().contains("shards = \"x\""));

    for (args, field) in
        [(&["dev"][..], "tokens"), (&["serve", "--api-key", KEY, "--api-secret", SECRET], "listening")]
    {
        let running = Running::start(program().args(args).args(["--json", "--listen", "127.0.0.1:0"]));
        let line: Value = serde_json::from_str(&running.line()).expect("JSON");
        assert!(line["listening"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{line}");
        assert!(!line[field].is_null(), "{line}");
        running.signal("TERM");
        assert_eq!(running.end().0, Some(0));
    }
}

#[test]
fn help_has_examples_and_no_colours_where_nobody_sees_them() {
    for command in
        ["", "serve", "config", "check", "status", "dev", "session", "token", "signal", "kick", "connections"]
    {
        let args: Vec<&str> = [command, "--help"].into_iter().filter(|arg| !arg.is_empty()).collect();
        let output = run(&args);
        assert!(output.status.success(), "{command}");
        let text = stdout(&output);
        assert!(!text.contains('\x1b'), "{command}: a pipe is no terminal");
        assert!(
            text.contains("otc-relay") && (text.contains("Examples") || text.contains("Settings")),
            "{command}: {text}"
        );
        if command.is_empty() {
            assert!(text.contains("Ends with 0") && text.contains("NO_COLOR"), "{text}");
        }
    }
}
