//! What servers can ask of a relay, from the command line: over the REST interface, with a key of the session's owner.

use std::io::Read;

use clap::Args;
use hyper::Method;
use otc_protocol::token::{RestJwtParams, mint_rest_jwt};
use serde_json::{Value, json};

use super::keys::{KeyArgs, Owner};
use super::remote::{Answer, Credential, Remote};
use super::terminal::{Cell, Look, Progress, colours, table};
use super::trust::CaArgs;
use super::which::SessionArg;
use super::{Failure, print};
use crate::clock;

/// How long a credential is good: one request.
const GOOD_FOR_S: u64 = 120;
/// More than a signal can hold.
const MAX_DATA: u64 = 64 * 1024;

/// Which session, where, and by whose key.
#[derive(Debug, Args)]
pub(super) struct Call {
    /// Where the relay is
    #[arg(long, env = "OTC_API_URL", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    api_url: String,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    session: SessionArg,
    #[command(flatten)]
    ca: CaArgs,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

pub(super) const SIGNAL_EXAMPLES: &str = "\
Examples (the key, the secret and the session can come from the environment):
  export OTC_API_KEY=100 OTC_API_SECRET=S OTC_SESSION_ID=SID
  otc-relay signal --type chat --data 'hello all'      to everyone in the session
  otc-relay signal --to CONNECTION --data 'hello you'  to one client
  date | otc-relay signal --data -                     what standard input says";

#[derive(Debug, Args)]
pub(super) struct SignalArgs {
    #[command(flatten)]
    pub(super) call: Call,
    /// Connection to send to; everyone if it is not given
    #[arg(long, value_name = "CONNECTION")]
    to: Option<String>,
    /// Type of the signal
    #[arg(long = "type", default_value = "", hide_default_value = true, value_name = "TYPE")]
    kind: String,
    /// What the signal says; - for standard input
    #[arg(
        long,
        default_value = "",
        hide_default_value = true,
        value_name = "TEXT",
        allow_hyphen_values = true
    )]
    data: String,
}

pub(super) const CONNECTIONS_EXAMPLES: &str = "\
Examples (the key, the secret and the session can come from the environment):
  otc-relay connections --session SID                  who is there?
  otc-relay connections --application-id ID --private-key private.key
  otc-relay connections --json | jq .count             one number, for a program";

pub(super) const KICK_EXAMPLES: &str = "\
Examples (the key, the secret and the session can come from the environment):
  otc-relay connections                                who is there?
  otc-relay kick CONNECTION                            end one of them
  otc-relay kick --all                                 end them all";

#[derive(Debug, Args)]
pub(super) struct KickArgs {
    #[command(flatten)]
    pub(super) call: Call,
    /// Connections to end
    #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "CONNECTION")]
    connections: Vec<String>,
    /// End all connections of the session
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
pub(super) struct ConnectionsArgs {
    #[command(flatten)]
    pub(super) call: Call,
}

/// A session that can be asked about.
struct Session {
    id: String,
    owner: Owner,
    remote: Remote,
}

impl Call {
    /// Has flags win over variables.
    pub(super) fn prefer(&mut self, given: &[String]) {
        self.keys.prefer(given);
        self.ca.prefer(given);
    }

    fn session(&self) -> Result<Session, Failure> {
        let (id, session) = self.session.get()?;
        let owner = self.keys.owner(&session.partner)?;
        let hint = "is the relay running? --api-url or OTC_API_URL says where";
        let remote = Remote::new("--api-url", &self.api_url, &self.ca, hint)?;
        Ok(Session { id: id.to_owned(), owner, remote })
    }
}

impl Session {
    /// Makes a request about the session. An answer that refuses it is an error.
    fn ask(&self, method: Method, rest: &str, body: Option<Value>) -> Result<Answer, Failure> {
        let now = clock::unix_s();
        let credential = mint_rest_jwt(&RestJwtParams {
            signer: self.owner.signer(),
            create_time: now,
            expire_time: now + GOOD_FOR_S,
            jti: &clock::uuid(),
        });
        let path = format!("/v2/project/{}/session/{}/{rest}", self.owner.name(), self.id);
        let body = body.map(|body| body.to_string());
        let credential = match self.owner {
            Owner::Project { .. } => Credential::Project(&credential),
            Owner::Application { .. } => Credential::Bearer(&credential),
        };
        let answer = self.remote.ask(method, &path, &credential, body)?;
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        let said: Option<Value> = serde_json::from_str(&answer.body).ok();
        let said = said.as_ref().and_then(|said| said["message"].as_str()).unwrap_or("this is no relay");
        let said: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
        Err(Failure::Failed(format!("{} answers {}: {said}", self.remote.url(), answer.status)))
    }

    fn connections(&self) -> Result<(String, Vec<Value>), Failure> {
        let answer = self.ask(Method::GET, "connection", None)?;
        let list: Option<Value> = serde_json::from_str(&answer.body).ok();
        let items = list.as_ref().and_then(|list| list["items"].as_array()).cloned();
        let not_understood =
            || Failure::Failed(format!("{}: its answer is not understood", self.remote.url()));
        Ok((answer.body, items.ok_or_else(not_understood)?))
    }
}

/// `otc-relay signal`
pub(super) fn signal(args: &SignalArgs) -> Result<(), Failure> {
    let session = args.call.session()?;
    let mut data = args.data.clone();
    if data == "-" {
        data.clear();
        let read = std::io::stdin().take(MAX_DATA).read_to_string(&mut data);
        read.map_err(|error| Failure::Failed(format!("standard input: {error}")))?;
        // A line's end belongs to the line, not to what it says.
        data.truncate(data.trim_end_matches('\n').len());
    }
    let rest = match args.to.as_deref().map(segment).transpose()? {
        None => "signal".to_owned(),
        Some(to) => format!("connection/{to}/signal"),
    };
    session.ask(Method::POST, &rest, Some(json!({"type": args.kind, "data": data})))?;
    if args.call.json {
        print(&json!({"sent": true, "session": session.id, "to": args.to}).to_string());
    } else {
        print(&format!("sent to {}", args.to.as_deref().unwrap_or("everyone")));
    }
    Ok(())
}

/// `otc-relay kick`
pub(super) fn kick(args: &KickArgs) -> Result<(), Failure> {
    let session = args.call.session()?;
    let wanted = match args.all {
        false => args.connections.clone(),
        true => ids(&session.connections()?.1),
    };
    for connection in &wanted {
        segment(connection)?;
    }
    let (mut kicked, mut failed) = (Vec::new(), None);
    let progress = Progress::new();
    for (done, connection) in wanted.iter().enumerate() {
        progress.at("ended", done, wanted.len());
        let rest = format!("connection/{}", segment(connection)?);
        match session.ask(Method::DELETE, &rest, None) {
            Ok(_) => kicked.push(connection),
            // Whoever went by itself meanwhile is gone as wanted with --all; else it is told, after the others are ended.
            Err(Failure::Failed(why)) if why.contains("answers 404") => {
                if !args.all {
                    failed = Some(Failure::Failed(why));
                }
            }
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    drop(progress);
    if args.call.json {
        print(&json!({"session": session.id, "ended": kicked}).to_string());
    } else {
        kicked.iter().for_each(|connection| print(&format!("ended {connection}")));
        if args.all && kicked.is_empty() && failed.is_none() {
            print("nobody is in the session");
        }
    }
    failed.map_or(Ok(()), Err)
}

/// `otc-relay connections`
pub(super) fn connections(args: &ConnectionsArgs) -> Result<(), Failure> {
    let (body, items) = args.call.session()?.connections()?;
    if args.call.json {
        print(body.trim_end());
        return Ok(());
    }
    if items.is_empty() {
        print("nobody is in the session");
        return Ok(());
    }
    let now_ms = clock::now().unix_ms;
    let row = |item: &Value| {
        let state = item["connectionState"].as_str().unwrap_or_default();
        let look = if state == "Connected" { Look::Good } else { Look::Attention };
        let since = now_ms.saturating_sub(item["createdAt"].as_u64().unwrap_or(now_ms)) / 1000;
        vec![
            Cell::new(item["connectionId"].as_str().unwrap_or_default()),
            Cell::looking(state, look),
            Cell::new(ago(since)),
        ]
    };
    let rows: Vec<_> = items.iter().map(row).collect();
    table(&["CONNECTION", "STATE", "HERE FOR"], &rows, colours(&std::io::stdout()))
        .iter()
        .for_each(|line| print(line));
    Ok(())
}

fn ids(items: &[Value]) -> Vec<String> {
    items.iter().filter_map(|item| item["connectionId"].as_str().map(str::to_owned)).collect()
}

/// A connection id as a segment of a path: whatever would end the segment is no such id.
fn segment(connection: &str) -> Result<&str, Failure> {
    let fits = !connection.is_empty()
        && connection
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~' | b':'));
    match fits {
        true => Ok(connection),
        false => Err(Failure::Usage(format!(
            "connection \"{}\": allowed is an id as `otc-relay connections` lists them",
            connection.escape_debug()
        ))),
    }
}

/// Seconds as people say them.
pub(super) fn ago(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h {}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}
