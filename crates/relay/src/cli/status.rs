//! Asking a running relay how it is.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::{Failure, print};
use crate::config::{AdminToken, is_host};

/// How long each step of asking may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// More than any answer of a relay.
const MAX_ANSWER: u64 = 1 << 20;

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// The admin listener of the relay
    #[arg(long, env = "OTC_RELAY_ADMIN_URL", default_value = "http://127.0.0.1:9090", value_name = "URL")]
    admin: String,
    /// Its admin token, if it has one
    #[arg(long, env = "OTC_RELAY_ADMIN_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

/// `otc-relay status`
pub(super) fn status(args: &StatusArgs) -> Result<(), Failure> {
    let host = args.admin.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
    let host = host.filter(|host| is_host(host) && host.rsplit_once(':').is_some()).ok_or_else(|| {
        Failure::Usage(format!("--admin \"{}\": allowed is http://host:port", args.admin.escape_debug()))
    })?;
    // Whatever cannot be a token must not get into the request.
    if args.admin_token.as_deref().is_some_and(|token| AdminToken::new(token).is_none()) {
        return Err(Failure::Usage(
            "--admin-token: allowed is 16 to 256 visible ASCII characters".to_owned(),
        ));
    }
    let answer = ask(host, args.admin_token.as_deref())
        .map_err(|error| Failure::Failed(format!("no answer from http://{host}: {error}")))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let refused = |what: &str| Err(Failure::Failed(format!("http://{host}: {what}")));
    match head.split(' ').nth(1) {
        Some("200") => {}
        Some("401") => return refused("it wants its admin token: --admin-token or OTC_RELAY_ADMIN_TOKEN"),
        _ => return refused("this is no admin listener of a relay"),
    }
    let Ok(Value::Object(status)) = serde_json::from_str(body) else {
        return refused("its answer is not understood");
    };
    if args.json {
        print(body.trim_end());
        return Ok(());
    }
    for (name, value) in &status {
        match value {
            Value::Object(rejected) => {
                let reasons = rejected.iter().filter(|(_, count)| count.as_u64() != Some(0));
                reasons.for_each(|(reason, count)| row(&format!("{name} {reason}"), count));
            }
            value => row(name, value),
        }
    }
    Ok(())
}

fn row(name: &str, value: &Value) {
    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    print(&format!("{:<24} {value:>12}", name.replace('_', " ")));
}

fn ask(host: &str, token: Option<&str>) -> std::io::Result<String> {
    let mut last = std::io::Error::other("the name has no address");
    for address in host.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(socket) => return exchange(socket, host, token),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn exchange(mut socket: TcpStream, host: &str, token: Option<&str>) -> std::io::Result<String> {
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    let token = token.map_or(String::new(), |token| format!("Authorization: Bearer {token}\r\n"));
    let request = format!("GET /status HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{token}\r\n");
    socket.write_all(request.as_bytes())?;
    let mut answer = String::new();
    socket.take(MAX_ANSWER).read_to_string(&mut answer)?;
    Ok(answer)
}
