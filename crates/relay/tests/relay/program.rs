//! The program: what it prints, how it ends, what it says of mistakes.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use otc_protocol::session_id;
use otc_protocol::token::{Keys, Role, TokenKind, verify_client};
use otc_relay::KeyRing;

use crate::support::{KEY, PATIENCE, SECRET, now_s, request_at, session};

pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_otc-relay"));
    for name in [
        "OTC_API_KEY",
        "OTC_API_SECRET",
        "OTC_API_URL",
        "OTC_CA_FILE",
        "OTC_APPLICATION_ID",
        "OTC_PRIVATE_KEY",
        "OTC_RELAY_ADMIN_URL",
        "OTC_RELAY_ADMIN_TOKEN",
        "OTC_SESSION_ID",
        "OTC_RELAY_CONFIG",
        "OTC_RELAY_LOG",
        "OTC_RELAY_LOG_FORMAT",
        "NOTIFY_SOCKET",
        "WATCHDOG_USEC",
        "LISTEN_FDS",
    ] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

pub(crate) fn run(args: &[&str]) -> Output {
    program().args(args).output().expect("the program runs")
}

pub(crate) fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).expect("text")
}

pub(crate) fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("text")
}

/// A program that runs until it is told to end. It is killed when a test fails before that.
pub(crate) struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::start_piping_output_only(command.stderr(Stdio::piped()))
    }

    /// The same with standard error as the command has it.
    pub(crate) fn start_piping_output_only(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let out = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines }
    }

    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line on standard output")
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().expect("kill runs").success());
    }

    /// The lines of the log, to be read while it runs. [`Self::end`] has none of them then.
    pub(crate) fn log(&mut self) -> mpsc::Receiver<String> {
        let pipe = BufReader::new(self.child.stderr.take().expect("piped"));
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || pipe.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        lines
    }

    /// Waits for the end: exit code and standard error.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let pipe = self.child.stderr.take();
        let (sender, text) = mpsc::channel();
        std::thread::spawn(move || {
            let mut text = String::new();
            let _ = pipe.map(|mut pipe| pipe.read_to_string(&mut text));
            let _ = sender.send(text);
        });
        let text = text.recv_timeout(PATIENCE).expect("it ends");
        (self.child.wait().expect("it ended").code(), text)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn keys() -> KeyRing {
    let mut keys = KeyRing::default();
    keys.set_project(KEY, &[SECRET]).unwrap();
    keys
}

#[test]
fn session_prints_one_session_id_of_the_project() {
    let output = run(&["session", "--api-key", KEY]);
    assert!(output.status.success(), "{}", stderr(&output));
    let lines: Vec<&str> = stdout(&output).lines().collect();
    assert_eq!(lines.len(), 1);
    assert_eq!(session_id::decode(lines[0]).unwrap().partner, KEY);
    assert_ne!(stdout(&run(&["session", "--api-key", KEY])), stdout(&output), "each is new");
}

#[test]
fn token_prints_one_token_that_lets_in() {
    let session = session(1);
    let base = ["token", "--api-key", KEY, "--api-secret", SECRET, "--session", &session];
    let claims_of = |extra: &[&str]| {
        let output = run(&[&base, extra].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        let lines: Vec<&str> = stdout(&output).lines().collect();
        assert_eq!(lines.len(), 1);
        verify_client(lines[0], &session, Some(KEY), &keys(), now_s()).unwrap()
    };
    let claims = claims_of(&[]);
    assert_eq!((claims.kind, claims.role, &*claims.connection_data), (TokenKind::T1, Role::Publisher, ""));
    assert!((86_300..=86_400).contains(&(claims.expire_time - now_s())), "a day by default");

    let claims = claims_of(&["--role", "moderator", "--data", "name=Zoë & co", "--ttl", "90m", "--jwt"]);
    assert_eq!((claims.kind, claims.role), (TokenKind::ProjectJwt, Role::Moderator));
    assert_eq!(claims.connection_data, "name=Zoë & co");
    assert!((5_300..=5_400).contains(&(claims.expire_time - now_s())));
}

#[test]
fn key_and_secret_can_come_from_the_environment() {
    let session = session(1);
    let output = program()
        .args(["token", "--session", &session])
        .envs([("OTC_API_KEY", KEY), ("OTC_API_SECRET", SECRET)])
        .output()
        .unwrap();
    assert!(verify_client(stdout(&output).trim(), &session, None, &keys(), now_s()).is_ok());
    assert!(keys().project_secrets(KEY).is_some());
}

#[test]
fn an_empty_variable_is_as_good_as_none() {
    let variables = [
        "OTC_API_KEY",
        "OTC_API_SECRET",
        "OTC_API_URL",
        "OTC_APPLICATION_ID",
        "OTC_CA_FILE",
        "OTC_PRIVATE_KEY",
        "OTC_RELAY_ADMIN_TOKEN",
        "OTC_RELAY_ADMIN_URL",
        "OTC_RELAY_CONFIG",
        "OTC_RELAY_LOG",
        "OTC_RELAY_LOG_FORMAT",
        "OTC_SESSION_ID",
    ];
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("empty-variables.toml");
    std::fs::write(&path, format!("[[project]]\napi_key = \"{KEY}\"\napi_secret = \"{SECRET}\"\n")).unwrap();
    let (file, session) = (path.to_str().unwrap(), session(1));
    let project = ["--api-key", KEY, "--api-secret", SECRET];
    for args in [
        &["check", "--config", file][..],
        &[&["check"], &project[..]].concat(),
        &[&["token", "--session", &session], &project[..]].concat(),
    ] {
        let output = program().args(args).envs(variables.map(|name| (name, ""))).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    }
    // The default is meant then, which is http:// and has no use for a file of authorities.
    let call = [&["connections", "--session", &session, "--ca-file", file], &project[..]].concat();
    for (args, flag) in [(&call[..], "--api-url"), (&["status", "--ca-file", file], "--admin")] {
        let output = program().args(args).envs(variables.map(|name| (name, ""))).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains(&format!("{flag} says http://")), "{}", stderr(&output));
    }
}

#[test]
fn mistakes_are_named_with_what_is_allowed() {
    let session = session(1);
    let foreign = session_id::mint("200", 0, &[1; 18]);
    let token = ["token", "--api-key", KEY, "--api-secret", SECRET, "--session"];
    let serve = ["serve", "--api-key", KEY, "--api-secret", SECRET];
    let with = |base: &[&'static str], extra: &[&str]| -> Vec<String> {
        base.iter().chain(extra).map(|arg| (*arg).to_owned()).collect()
    };
    for (args, words) in [
        (with(&["serve"], &[]), &["--api-key", "--api-secret", "--config"][..]),
        (with(&["serve", "--api-key", KEY], &[]), &["--api-secret is missing"]),
        (with(&serve, &["--port", "1"]), &["--port"]),
        (with(&serve, &["--listen", "nowhere"]), &["listen = \"nowhere\"", "address:port"]),
        (with(&serve, &["--listen", "127.0.0.1:99999"]), &["127.0.0.1:99999", "address:port"]),
        (with(&serve, &["--public-url", "relay"]), &["public_url = \"relay\"", "https://"]),
        (with(&serve, &["--set", "limits.grace_window=soon"]), &["limits.grace_window = \"soon\"", "90s"]),
        (
            with(&serve, &["--set", "limits.grace=90s"]),
            &["limits.grace", "did you mean limits.grace_window?"],
        ),
        (with(&serve, &["--set", "admin_tokn=x"]), &["admin_tokn", "did you mean admin_token?"]),
        (with(&serve, &["--set", "http.body_tmeout=9s"]), &["did you mean http.body_timeout?"]),
        (with(&serve, &["--set", "shards"]), &["--set = \"shards\"", "key=value"]),
        (with(&serve, &["--set", "shards=999"]), &["shards = \"999\"", "0 to 256"]),
        (with(&serve, &["--set", "link.output_hard=1MiB"]), &["link.output_hard", "limits.kept_bytes"]),
        (with(&serve, &["--log", "loud"]), &["loud", "debug"]),
        (
            with(&serve, &["--config", "/nonexistent/relay.toml"]),
            &["/nonexistent/relay.toml", "No such file"],
        ),
        (with(&["serve", "--api-key", "a key", "--api-secret", "s"], &[]), &["api_key = \"a key\"", "A-Z"]),
        (with(&["session"], &[]), &["--api-key", "OTC_API_KEY", "--application-id"]),
        (with(&["session", "--application-id", "shop"], &[]), &["--application-id \"shop\"", "UUID"]),
        (with(&["token", "--session"], &[&session]), &["--api-key", "OTC_API_SECRET", "--private-key"]),
        (with(&["token", "--api-key", KEY, "--session"], &[&session]), &["--api-secret", "OTC_API_SECRET"]),
        (with(&["session", "--api-key", "1~2"], &[]), &["1~2", "A-Z"]),
        (with(&token, &["nonsense"]), &["--session", "nonsense", "1_"]),
        (with(&token, &[&foreign]), &["--session", "200", KEY]),
        (with(&token, &[&session, "--role", "king"]), &["king", "moderator"]),
        (with(&token, &[&session, "--ttl", "50000m"]), &["50000m", "30 days"]),
        (with(&token, &[&session, "--ttl", "0"]), &["'0'", "1 s"]),
        (with(&token, &[&session, "--data", &"d".repeat(1001)]), &["--data", "1001", "1000"]),
        (with(&["token"], &[]), &["--session is missing", "OTC_SESSION_ID", "otc-relay session"]),
        (with(&["serv"], &[]), &["serv", "serve"]),
    ] {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = run(&args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{args:?}");
        for word in words {
            assert!(stderr(&output).contains(word), "{args:?} names {word}: {}", stderr(&output));
        }
        assert!(!stderr(&output).contains(SECRET), "{args:?}: the secret is not repeated");
    }
}

#[test]
fn mistakes_in_the_file_and_in_variables_name_their_place() {
    let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (name, text, words) in [
        ("key", "grace = \"90s\"", &["grace", "did you mean limits.grace_window?"][..]),
        ("value", "[limits]\ngrace_window = \"soon\"", &["limits.grace_window = \"soon\"", "90s"]),
        ("number", "shards = -1", &["shards = \"-1\"", "0 to 256"]),
        ("syntax", "shards = 1\nlisten = ", &["line 2", "TOML"]),
        (
            "project",
            "[[project]]\napi_key = \"100\"",
            &["[[project]] number 1", "100", "api_secret", "missing"],
        ),
        (
            "secret",
            "[[project]]\napi_key = \"100\"\napi_secret = \"\"",
            &["api_secret", "none of them empty"],
        ),
        (
            "application",
            "[[application]]\nid = \"a\"\npublic_key = \"b\"",
            &["[[application]] number 1", "\"a\"", "UUID"],
        ),
    ] {
        let path = directory.join(format!("wrong-{name}.toml"));
        std::fs::write(&path, text).unwrap();
        let path = path.to_str().unwrap();
        let output = run(&["serve", "--config", path]);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", stderr(&output));
        assert_eq!(stderr(&output).lines().count(), 1, "{name}: one line: {}", stderr(&output));
        for word in words.iter().chain(&[path]) {
            assert!(stderr(&output).contains(word), "{name} names {word}: {}", stderr(&output));
        }
    }
    let output = program().args(["serve"]).env("OTC_RELAY_LIMITS_GRACE_WINDOW", "soon").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("OTC_RELAY_LIMITS_GRACE_WINDOW"), "{}", stderr(&output));
}

#[test]
fn an_address_in_use_is_one_line() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(&["serve", "--api-key", KEY, "--api-secret", SECRET, "--listen", &address]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "");
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains(&format!("cannot listen on {address}: ")), "{}", stderr(&output));
    assert!(stderr(&output).contains("port 0 takes a free one"), "{}", stderr(&output));
}

#[test]
fn serve_says_where_it_listens_and_ends_on_either_signal() {
    for name in ["TERM", "INT"] {
        let running = Running::start(program().args([
            "serve",
            "--api-key",
            KEY,
            "--api-secret",
            SECRET,
            "--listen",
            "127.0.0.1:0",
        ]));
        let line = running.line();
        let address = line.strip_prefix("otc-relay listening on http://").expect(&line);
        let address: std::net::SocketAddr = address.parse().expect(&line);
        assert_ne!(address.port(), 0, "the real port");
        std::net::TcpStream::connect_timeout(&address, Duration::from_secs(5))
            .expect("it accepts connections");
        running.signal(name);
        let (code, log) = running.end();
        assert_eq!(code, Some(0), "{name}: {log}");
        assert!(!log.contains(SECRET));
    }
}

#[cfg(unix)]
#[test]
fn a_setting_in_a_variable_that_is_no_text_is_a_mistake() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let args = ["serve", "--api-key", KEY, "--api-secret", SECRET, "--listen", "127.0.0.1:0"];
    let token = OsStr::from_bytes(b"s3cr3t-of-the-listener-\xff");
    // It would be left out, and an admin listener would be open to everybody on the machine.
    let (code, log) = Running::start(program().args(args).env("OTC_RELAY_ADMIN_TOKEN", token)).end();
    assert_eq!(code, Some(2), "{log}");
    assert!(
        log.contains("OTC_RELAY_ADMIN_TOKEN") && log.contains("UTF-8") && !log.contains("s3cr3t"),
        "{log}"
    );
}

#[test]
fn flags_win_over_variables_and_variables_over_the_file() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("precedence.toml");
    let text = format!(
        "listen = \"127.0.0.1:1\"\nshards = 1\n[[project]]\napi_key = \"{KEY}\"\napi_secret = [\"old\", \"{SECRET}\"]\n"
    );
    std::fs::write(&path, text).unwrap();
    let mut command = program();
    command.args(["serve", "--config", path.to_str().unwrap()]).env("OTC_RELAY_LISTEN", "127.0.0.1:0");
    let running = Running::start(&mut command);
    assert!(running.line().starts_with("otc-relay listening on http://127.0.0.1:"));
    running.signal("TERM");
    assert_eq!(running.end().0, Some(0));

    command.env("OTC_RELAY_LISTEN", "nowhere").args(["--listen", "127.0.0.1:0"]);
    let (code, log) = Running::start(&mut command).end();
    assert_eq!(code, Some(2), "a wrong variable is told even where a flag stands above it: {log}");
}

#[test]
fn config_prints_what_serve_would_run_with() {
    let args = ["config", "--api-key", KEY, "--api-secret", SECRET, "--set", "shards=3"];
    let output = program().args(args).env("OTC_RELAY_LIMITS_GRACE_WINDOW", "77s").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    for line in ["shards = \"3\"", "grace_window = \"77s\"", "# project 100: 1 secret"] {
        assert!(stdout(&output).lines().any(|l| l == line), "{line} in {}", stdout(&output));
    }
    assert!(!stdout(&output).contains(SECRET));
    let output = run(&[&args[..], &["--set", "shards=many"]].concat());
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn check_says_whether_the_configuration_is_fine() {
    let output = run(&["check", "--api-key", KEY, "--api-secret", SECRET]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), "the configuration is fine: 1 project, 0 applications\n");
    let output = run(&["check", "--api-key", KEY, "--api-secret", SECRET, "--set", "admin=0.0.0.0:9090"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("admin = \"0.0.0.0:9090\""), "{}", stderr(&output));
}

#[test]
fn logs_can_be_json() {
    let mut command = program();
    command.args(["dev", "--listen", "127.0.0.1:0", "--log-format", "json"]);
    let running = Running::start(&mut command);
    running.line();
    running.signal("TERM");
    let (code, log) = running.end();
    assert_eq!(code, Some(0));
    let records: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(records.last().unwrap()["message"], "stopping");
}

#[test]
fn dev_shows_a_page_and_says_where() {
    let running = Running::start(program().args(["dev", "--listen", "127.0.0.1:0"]));
    let url = loop {
        let line = running.line();
        if let Some(url) = line.strip_prefix("See what happens, and try it out in a browser: http://") {
            break url.to_owned();
        }
    };
    let address = url.strip_suffix('/').expect(&url).parse().expect(&url);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let page = runtime.block_on(request_at(address, "GET", "/", &[], ""));
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let overview = runtime.block_on(request_at(address, "GET", "/api/overview", &[], ""));
    assert_eq!(overview.json()["development"], true);
    running.signal("TERM");
    assert_eq!(running.end().0, Some(0));
}

#[test]
fn dev_prints_what_two_clients_need() {
    let running = Running::start(program().args(["dev", "--listen", "127.0.0.1:0"]));
    let first = running.line();
    let url = first.strip_prefix("otc-relay listening on ").expect(&first).to_owned();
    let mut tokens = Vec::new();
    while tokens.len() < 2 {
        let line = running.line();
        let Some(exports) = line.strip_prefix("export ") else { continue };
        let value = |name: &str| {
            let mut words = exports.split(' ').filter_map(|word| word.split_once('='));
            words.find(|(n, _)| *n == name).map(|(_, value)| value.to_owned()).expect(name)
        };
        assert_eq!(value("OTC_API_URL"), url);
        let session = session_id::decode(&value("OTC_SESSION_ID")).unwrap();
        assert_eq!(session.partner, value("OTC_API_KEY"));
        tokens.push(value("OTC_TOKEN"));
    }
    assert_ne!(tokens[0], tokens[1]);
    // What a server needs is a line to paste as well.
    let line =
        std::iter::repeat_with(|| running.line()).find(|line| line.starts_with("export ")).expect("a line");
    let exports = line["export ".len()..].split(' ').map(|word| word.split_once('=').expect(&line));
    let output = program().args(["connections"]).envs(exports).output().unwrap();
    assert_eq!(stdout(&output), "nobody is in the session\n", "{}", stderr(&output));
    running.signal("TERM");
    let (code, log) = running.end();
    assert_eq!(code, Some(0));
    assert!(!tokens.iter().any(|token| log.contains(token)), "tokens stay out of the log");
}
