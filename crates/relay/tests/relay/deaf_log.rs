//! Standard error that takes nothing: the log is lost, and nothing else.

use std::fs::File;
use std::io::{BufRead, BufReader, PipeReader, pipe};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use crate::client::Client;
use crate::program::{Running, program};
use crate::support::{KEY, PATIENCE, SECRET, exchange_with, session, soon};

fn command(extra: &[&str]) -> Command {
    let mut command = program();
    let args =
        ["serve", "--api-key", KEY, "--api-secret", SECRET, "--listen", "127.0.0.1:0", "--log", "debug"];
    command.args(args).args(extra);
    command
}

fn serve(mut command: Command, error: impl Into<Stdio>) -> (Running, SocketAddr) {
    let running = Running::start_piping_output_only(command.stderr(error));
    let line = running.line();
    let address = line.strip_prefix("otc-relay listening on http://").expect(&line).parse().expect(&line);
    (running, address)
}

/// What is worth a line of the log each time.
async fn break_the_rules(address: SocketAddr) {
    let answer = exchange_with(address, b"NO HTTP\r\n\r\n").await;
    assert!(answer.starts_with(b"HTTP/1.1 400 "), "{}", String::from_utf8_lossy(&answer));
}

/// Two clients enter, talk and leave, all of which is logged, and the relay ends as it should.
async fn works_and_ends_well((running, address): (Running, SocketAddr)) {
    let session = session(1);
    break_the_rules(address).await;
    let mut a = Client::enter_at(address, &session, "a").await;
    a.until("created", "a").await;
    let mut b = Client::enter_at(address, &session, "b").await;
    a.until("created", "b").await;
    b.until("created", "b").await;
    a.signal(None, "hello").await;
    assert_eq!(b.next_signal().await.0, "hello");
    assert_eq!(a.next_signal().await.0, "hello");
    b.leave().await;
    a.until("deleted", "b").await;
    running.signal("TERM");
    assert_eq!(running.end().0, Some(0));
}

#[tokio::test]
async fn a_log_that_nobody_reads_any_more_disturbs_nobody() {
    let (reader, writer) = pipe().expect("a pipe");
    drop(reader);
    works_and_ends_well(serve(command(&[]), writer)).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_disturbs_nobody() {
    let full = File::options().write(true).open("/dev/full").expect("Linux has it");
    works_and_ends_well(serve(command(&[]), full)).await;
}

#[tokio::test]
async fn a_mistake_on_a_command_line_has_its_exit_code_when_nobody_reads_why() {
    let (reader, writer) = pipe().expect("a pipe");
    drop(reader);
    let status = program().args(["serve", "--listen", "nowhere"]).stderr(writer).status().expect("it runs");
    assert_eq!(status.code(), Some(2));
}

fn lines(reader: PipeReader) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        BufReader::new(reader).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    lines
}

#[tokio::test]
async fn a_reader_of_the_log_that_stands_still_holds_nobody_up_and_is_told_what_it_missed() {
    for (format, told) in [("text", "lost="), ("json", "\"lost\":")] {
        let (reader, writer) = pipe().expect("a pipe");
        let (running, address) = serve(command(&["--log-format", format]), writer);
        // Far more than a pipe holds.
        for _ in 0..2000 {
            soon("an answer while the log stands still", break_the_rules(address)).await;
        }
        let lines = lines(reader);
        // Nobody can tell how soon there is room again; each of these is a chance to say so.
        let line = loop {
            break_the_rules(address).await;
            let line = lines.recv_timeout(PATIENCE).expect("a line of the log");
            if line.contains(told) {
                break line;
            }
        };
        assert!(line.contains("WARN") && line.contains("log records were lost"), "{line}");
        if format == "json" {
            let record: serde_json::Value = serde_json::from_str(&line).expect(&line);
            assert!(record["lost"].as_u64().is_some_and(|lost| lost > 0), "{line}");
        }
        works_and_ends_well((running, address)).await;
    }
}
