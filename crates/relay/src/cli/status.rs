//! Asking a running relay how it is.

use clap::Args;
use hyper::Method;
use serde_json::Value;

use super::calls::ago;
use super::remote::{Credential, Remote};
use super::terminal::{Cell, Look, colours, table};
use super::trust::CaArgs;
use super::{Failure, print};
use crate::clock;
use crate::config::AdminToken;

pub(super) const EXAMPLES: &str = "\
Examples:
  otc-relay status                                     what `otc-relay dev` runs here
  OTC_RELAY_ADMIN_TOKEN=T otc-relay status --admin https://relay:9090
  otc-relay status --json | jq .connections            one number, for a program";

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// The admin listener of the relay
    #[arg(long, env = "OTC_RELAY_ADMIN_URL", default_value = "http://127.0.0.1:9090", value_name = "URL")]
    admin: String,
    /// Its admin token, if it has one
    #[arg(long, env = "OTC_RELAY_ADMIN_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
    #[command(flatten)]
    pub(super) ca: CaArgs,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

/// `otc-relay status`
pub(super) fn status(args: &StatusArgs) -> Result<(), Failure> {
    let hint = "is it running, with `admin` set? --admin or OTC_RELAY_ADMIN_URL says where";
    let remote = Remote::new("--admin", &args.admin, &args.ca, hint)?;
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
    let first = FIRST.iter().filter_map(|name| status.get_key_value(*name));
    for (name, value) in first.chain(status.iter().filter(|(name, _)| !FIRST.contains(&name.as_str()))) {
        match value {
            // There is no TLS.
            Value::Null => {}
            Value::Object(counts) => {
                let met = counts.iter().filter(|(_, count)| count.as_u64() != Some(0));
                rows.extend(
                    met.map(|(reason, count)| row(&format!("{name} {reason}"), count, Look::Attention)),
                );
            }
            Value::Number(at) if name == "certificate_expires" => {
                rows.push(certificate(at.as_i64().unwrap_or_default(), clock::unix_s()));
            }
            value => rows.push(row(name, value, look(name, value))),
        }
    }
    table(&["WHAT", "NOW"], &rows, colours(&std::io::stdout())).iter().for_each(|line| print(line));
    Ok(())
}

/// What people look for first.
const FIRST: [&str; 6] =
    ["state", "version", "uptime_seconds", "certificate_expires", "sessions", "connections"];

/// How long before its end a certificate is something to look after. Those that are renewed by themselves are by then.
const NEAR_S: i64 = 14 * 86_400;

/// When the certificate ends, as people read it.
fn certificate(at: i64, now: u64) -> Vec<Cell> {
    let left = at.saturating_sub(i64::try_from(now).unwrap_or(i64::MAX));
    let distance = ago(left.unsigned_abs());
    let text = match left {
        1.. => format!("{}, {distance} left", date(at)),
        _ => format!("{}, ended {distance} ago", date(at)),
    };
    let look = if left < NEAR_S { Look::Attention } else { Look::Plain };
    vec![Cell::new("certificate expires"), Cell::looking(text, look)]
}

/// A moment in UTC, from seconds since 1970.
fn date(at: i64) -> String {
    let (days, seconds) = (at.div_euclid(86_400), at.rem_euclid(86_400));
    // Counted from a first of March at the beginning of an era of 400 years, so that leap days come last.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) = (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    let year = year + era * 400 + i64::from(month <= 2);
    let (hour, minute) = (seconds / 3600, seconds % 3600 / 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
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
        (_, value) => value.to_string(),
    };
    vec![Cell::new(name.replace("_seconds", "").replace('_', " ")), Cell::looking(text, look)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_dates() {
        for (at, text) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_399, "2000-02-28 23:59 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (951_868_800, "2000-03-01 00:00 UTC"),
            (1_739_538_894, "2025-02-14 13:14 UTC"),
            (1_798_761_599, "2026-12-31 23:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"),
            (-1, "1969-12-31 23:59 UTC"),
        ] {
            assert_eq!(date(at), text);
        }
    }

    #[test]
    fn a_certificate_that_ends_soon_is_shown_so_on_a_terminal() {
        let shown = |left: i64, colours| {
            let now = 1_739_538_894;
            let rows = [certificate(now + left, now.unsigned_abs())];
            table(&["WHAT", "NOW"], &rows, colours).remove(1)
        };
        let long = "certificate expires  2025-03-16 13:14 UTC, 30d 0h left";
        assert_eq!((shown(30 * 86_400, false), shown(30 * 86_400, true)), (long.to_owned(), long.to_owned()));
        assert_eq!(shown(3 * 86_400, false), "certificate expires  2025-02-17 13:14 UTC, 3d 0h left");
        assert!(shown(3 * 86_400, true).contains("\x1b[33m2025-02-17 13:14 UTC, 3d 0h left\x1b[0m"));
        assert!(
            shown(-90, false).ends_with("2025-02-14 13:13 UTC, ended 1m 30s ago"),
            "{}",
            shown(-90, false)
        );
    }
}
