//! The program under a service manager: listeners that it inherits, and what it tells.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::program::{Running, program};
use crate::support::{KEY, PATIENCE, SECRET, request_at};

/// Starts the program as a manager does: with these listeners from descriptor 3 on, by these names.
fn inheriting(listeners: [Option<TcpListener>; 2], names: &str, args: &[&str]) -> Command {
    let relay = program();
    // A shell puts them in place, since the process id that stands beside them must be the program's own.
    let mut command = Command::new("sh");
    let script = "exec 3<&0 4<&2 0</dev/null 2>&1; export LISTEN_PID=$$; exec \"$@\"";
    let count = listeners.iter().flatten().count();
    command.args(["-c", script, "sh"]).arg(relay.get_program()).args(args);
    for (name, value) in relay.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("LISTEN_FDS", count.to_string()).env("LISTEN_FDNAMES", names);
    let [first, second] = listeners.map(|listener| match listener {
        Some(listener) => Stdio::from(OwnedFd::from(listener)),
        None => Stdio::null(),
    });
    command.stdin(first).stderr(second);
    command
}

fn listener() -> (Option<TcpListener>, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    (Some(listener), address)
}

async fn status(address: SocketAddr, path: &str) -> u16 {
    request_at(address, "GET", path, &[], "").await.status
}

#[tokio::test]
async fn inherited_listeners_are_used_by_their_names() {
    let serve = ["serve", "--api-key", KEY, "--api-secret", SECRET, "--log", "off"];
    let ((admin, admin_at), (main, main_at)) = (listener(), listener());
    let mut command = inheriting([admin, main], "admin:otc-relay.socket", &serve);
    let running = Running::start_piping_output_only(&mut command);
    assert_eq!(running.line(), format!("otc-relay listening on http://{main_at}"));
    assert_eq!(running.line(), format!("otc-relay admin on http://{admin_at}"));
    assert_eq!(status(main_at, "/project/100/config.json").await, 200);
    assert_eq!(status(admin_at, "/health").await, 200);

    // Names are optional: the one there is serves clients.
    let (main, main_at) = listener();
    let mut command = inheriting([main, None], "", &serve);
    let running = Running::start_piping_output_only(&mut command);
    assert_eq!(running.line(), format!("otc-relay listening on http://{main_at}"));
    assert_eq!(status(main_at, "/project/100/config.json").await, 200);
}

#[test]
fn an_inherited_listener_for_others_needs_tls_as_well() {
    let main = TcpListener::bind("0.0.0.0:0").expect("a free port");
    let address = main.local_addr().expect("bound");
    let serve = ["serve", "--api-key", KEY, "--api-secret", SECRET, "--log", "off"];
    let mut command = inheriting([Some(main), None], "", &serve);
    let running = Running::start_piping_output_only(&mut command);
    // The shell has joined standard error to standard output.
    let line = running.line();
    assert!(line.contains(&format!("listen = \"{address}\"")) && line.contains("plain_http"), "{line}");
}

#[test]
fn an_inherited_connection_is_no_listener() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let there = std::net::TcpStream::connect(listener.local_addr().expect("bound")).expect("it listens");
    // As a manager hands them over that starts a program for each connection.
    let connection = TcpListener::from(OwnedFd::from(there));
    let serve = ["serve", "--api-key", KEY, "--api-secret", SECRET, "--log", "off"];
    let mut command = inheriting([Some(connection), None], "connection", &serve);
    let running = Running::start_piping_output_only(&mut command);
    let line = running.line();
    assert!(line.contains("the inherited socket 1 (\"connection\")") && line.contains("Accept=no"), "{line}");
    assert_eq!(running.end().0, Some(1));
}

/// Where a manager listens for news, and what it hears.
struct Manager {
    path: PathBuf,
    socket: UnixDatagram,
}

impl Manager {
    fn new(name: &str) -> Self {
        // Names of such sockets are short; the folder of the tests may be deep.
        let path = std::env::temp_dir().join(format!("otc-relay-{name}-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let socket = UnixDatagram::bind(&path).expect("a socket");
        socket.set_read_timeout(Some(PATIENCE)).expect("a socket");
        Self { path, socket }
    }

    fn next(&self) -> String {
        let mut news = [0; 512];
        let length = self.socket.recv(&mut news).expect("news");
        String::from_utf8_lossy(&news[..length]).trim().to_owned()
    }

    /// The next news that are no sign of life.
    fn next_change(&self) -> String {
        std::iter::repeat_with(|| self.next()).find(|news| news != "WATCHDOG=1").expect("it repeats")
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

#[test]
fn the_manager_is_told_how_things_stand() {
    let manager = Manager::new("news");
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("supervised.toml");
    std::fs::write(&file, format!("[[project]]\napi_key = \"{KEY}\"\napi_secret = \"{SECRET}\"\n")).unwrap();
    let mut command = program();
    command.args(["serve", "--listen", "127.0.0.1:0", "--config", file.to_str().unwrap()]);
    command.env("NOTIFY_SOCKET", &manager.path).env("WATCHDOG_USEC", "100000").env_remove("WATCHDOG_PID");
    let running = Running::start(&mut command);
    running.line();
    assert_eq!(manager.next(), "READY=1");
    assert_eq!(manager.next(), "WATCHDOG=1");
    assert_eq!(manager.next(), "WATCHDOG=1");
    running.signal("HUP");
    let news = manager.next_change();
    assert!(news.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{news}");
    assert_eq!(manager.next_change(), "READY=1");
    running.signal("TERM");
    assert_eq!(manager.next_change(), "STOPPING=1");
    assert_eq!(running.end().0, Some(0));
}
