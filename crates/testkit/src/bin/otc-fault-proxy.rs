//! A TCP proxy that breaks links on purpose: `otc-fault-proxy --target 127.0.0.1:8080 [--listen 127.0.0.1:0]`.
//!
//! Prints its address on one line, takes orders as lines from standard input (they are listed in
//! `otc_testkit::proxy::command`), and ends at the end of its input, if nothing ends it before.
#![forbid(unsafe_code)]

use std::io::{BufRead, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::process::ExitCode;

use clap::Parser;
use otc_testkit::proxy::{FaultProxy, command};
use tokio::sync::mpsc;

/// A TCP proxy that breaks links on purpose. It takes orders as lines from standard input.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where to pass connections on to.
    #[arg(long, value_name = "HOST:PORT", value_parser = address)]
    target: SocketAddr,
    /// Where to listen.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:0", value_parser = address)]
    listen: SocketAddr,
}

fn main() -> ExitCode {
    let Arguments { target, listen } = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = runtime.and_then(|runtime| {
        let result = runtime.block_on(serve(listen, target));
        // The thread that waits for input may wait for ever; it must not hold up the end.
        runtime.shutdown_background();
        result
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("otc-fault-proxy: {listen}: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let found = text.to_socket_addrs().ok().and_then(|mut found| found.next());
    found.ok_or_else(|| "not an address; HOST:PORT is allowed".to_owned())
}

async fn serve(listen: SocketAddr, target: SocketAddr) -> std::io::Result<()> {
    let proxy = FaultProxy::start_on(listen, target).await?;
    say(&format!("otc-fault-proxy listening on {}", proxy.address()));
    let mut lines = input();
    while let Some(line) = lines.recv().await {
        let answer = command::carry_out(&proxy, &line);
        settle().await;
        say(&answer);
    }
    Ok(())
}

/// Lets every task of this one-threaded runtime run, so that an order has taken effect when it is answered: a
/// listener is closed, a link is cut.
async fn settle() {
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
}

/// The lines of standard input.
fn input() -> mpsc::UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Prints one line at once. A reader that went away is no reason to fail.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
