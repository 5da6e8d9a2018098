//! Asking a running relay how it is.

use std::path::PathBuf;

use clap::Args;
use hyper::Method;
use serde_json::Value;

use super::calls::ago;
use super::remote::{Credential, Remote};
use super::terminal::{Cell, Look, colours, table};
use super::{Failure, print};
use crate::config::AdminToken;

pub(super) const EXAMPLES: &str = "\
Examples:
  otc-relay status                                     a relay on this machine, as `otc-relay dev` runs it
  otc-relay status --admin https://relay:9090          another one; its token is in OTC_RELAY_ADMIN_TOKEN
  otc-relay status --json | jq .connections            one number, for a program";

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// The admin listener of the relay
    #[arg(long, env = "OTC_RELAY_ADMIN_URL", default_value = "http://127.0.0.1:9090", value_name = "URL")]
    admin: String,
    /// Its admin token, if it has one
    #[arg(long, env = "OTC_RELAY_ADMIN_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
    /// PEM file with further certificates to trust
    #[arg(long, env = "OTC_CA_FILE", value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

/// `otc-relay status`
pub(super) fn status(args: &StatusArgs) -> Result<(), Failure> {
    let hint = "is it running, with `admin` set? --admin or OTC_RELAY_ADMIN_URL says where";
    let remote = Remote::new("--admin", &args.admin, args.ca_file.as_deref(), hint)?;
    // Whatever cannot be a token must not get into the request.
    if args.admin_token.as_deref().is_some_and(|token| AdminToken::new(token).is_none()) {
        return Err(Failure::Usage(
            "--admin-token: allowed is 16 to 256 visible ASCII characters".to_owned(),
        ));
    }
    let credential = args.admin_token.as_deref().map_or(Credential::None, Credential::Bearer);
    let answer = remote.ask(Method::GET, "/status", &credential, None)?;
    let refused = |what: &str| Err(Failure::Failed(format!("{}: {what}", remote.url())));
    match answer.status {
        200 => {}
        401 if args.admin_token.is_some() => return refused("it does not take this admin token"),
        401 => return refused("it wants its admin token: --admin-token or OTC_RELAY_ADMIN_TOKEN"),
        _ => return refused("this is no admin listener of a relay"),
    }
    let Ok(Value::Object(status)) = serde_json::from_str(&answer.body) else {
        return refused("its answer is not understood");
    };
    if args.json {
        print(answer.body.trim_end());
        return Ok(());
    }
    let mut rows = Vec::new();
    for (name, value) in &status {
        match value {
            Value::Object(counts) => {
                let met = counts.iter().filter(|(_, count)| count.as_u64() != Some(0));
                rows.extend(
                    met.map(|(reason, count)| row(&format!("{name} {reason}"), count, Look::Attention)),
                );
            }
            value => rows.push(row(name, value, look(name, value))),
        }
    }
    table(&["WHAT", "NOW"], &rows, colours(&std::io::stdout())).iter().for_each(|line| print(line));
    Ok(())
}

fn look(name: &str, value: &Value) -> Look {
    match (name, value.as_str()) {
        ("state", Some("running")) => Look::Good,
        ("state", _) => Look::Attention,
        ("sockets_refused", _) if value.as_u64() != Some(0) => Look::Attention,
        _ => Look::Plain,
    }
}

fn row(name: &str, value: &Value, look: Look) -> Vec<Cell> {
    let text = match (name, value) {
        ("uptime_seconds", seconds) => ago(seconds.as_u64().unwrap_or_default()),
        (_, Value::String(text)) => text.clone(),
        (_, Value::Null) => "-".to_owned(),
        (_, value) => value.to_string(),
    };
    vec![Cell::new(name.replace("_seconds", "").replace('_', " ")), Cell::looking(text, look)]
}
