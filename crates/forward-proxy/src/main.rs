//! A proxy that leads to hosts: `otc-forward-proxy http|socks5 [--listen 127.0.0.1:0] [--user NAME --password WORD]
//! [--host NAME=ADDRESS:PORT]`.
//!
//! Prints its address on one line. To each line of standard input it answers how many ways were asked for so far. It ends
//! at the end of its input.
#![forbid(unsafe_code)]

use std::io::{BufRead as _, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;

use otc_forward_proxy::{ForwardProxy, Kind, Rules};

fn main() -> ExitCode {
    let (listen, rules) = match arguments(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("otc-forward-proxy: {problem}");
            eprintln!(
                "usage: otc-forward-proxy http|socks5 [--listen 127.0.0.1:0] [--user NAME --password WORD] \
                 [--host NAME=ADDRESS:PORT]"
            );
            return ExitCode::from(2);
        }
    };
    match serve(listen, rules) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("otc-forward-proxy: {listen}: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn serve(listen: SocketAddr, rules: Rules) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_io().build()?;
    let proxy = runtime.block_on(ForwardProxy::start_on(listen, rules))?;
    say(&format!("otc-forward-proxy listening on {}", proxy.address()));
    for line in std::io::stdin().lock().lines() {
        line?;
        say(&format!("asked={}", proxy.asked().len()));
    }
    runtime.shutdown_background();
    Ok(())
}

/// Prints one line at once. A reader that went away is no reason to fail.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn arguments(mut words: impl Iterator<Item = String>) -> Result<(SocketAddr, Rules), String> {
    let mut listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let kind = match words.next().as_deref() {
        Some("http") => Kind::Http,
        Some("socks5") => Kind::Socks5,
        _ => return Err("the first word is http or socks5".to_owned()),
    };
    let mut rules = Rules::new(kind);
    let (mut user, mut password) = (None, None);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word}: a value is missing"))?;
        let address = |text: &str| text.parse().map_err(|_| format!("{word} {value:?}: no ADDRESS:PORT"));
        match word.as_str() {
            "--listen" => listen = address(&value)?,
            "--user" => user = Some(value),
            "--password" => password = Some(value),
            "--host" => {
                let (name, target) =
                    value.split_once('=').ok_or_else(|| format!("{word} {value:?}: no NAME="))?;
                rules.hosts.push((name.to_owned(), address(target)?));
            }
            _ => return Err(format!("{word}: unknown")),
        }
    }
    rules.credentials = user.map(|user| (user, password.unwrap_or_default()));
    Ok((listen, rules))
}
