//! What the page shows: counts and ids, never what is said, nor anything that would let anybody in.

use std::cmp::Reverse;

use hyper::StatusCode;
use serde_json::{Value, json};

use super::super::Admin;
use crate::clock;
use crate::http::answer::{self, Answer};
use crate::http::route::query_value;
use crate::hub::{ClientSummary, SessionSummary};
use crate::shard::shard_of;

/// Entries of a list in one answer, unless fewer or more are asked for.
const USUAL: usize = 50;
/// Entries of a list in one answer at most.
const MOST: usize = 500;

/// The sums over all sessions, and the limits that they meet.
pub(super) async fn overview(admin: &Admin) -> Answer {
    let totals = admin.totals().await;
    let config = &admin.shared.config;
    let mut overview = totals.to_json();
    overview["uptime_ms"] = json!(u64::try_from(totals.uptime.as_millis()).unwrap_or(u64::MAX));
    overview["development"] = json!(config.development.is_some());
    overview["pauses"] = json!(totals.sum(|stats| stats.pauses));
    let mut largest = 0;
    for shard in &admin.shared.shards {
        largest = largest.max(shard.call(|hub, _| hub.largest_session()).await.unwrap_or_default());
    }
    overview["largest_session"] = json!(largest);
    overview["limits"] = json!({
        "sockets": config.link.max_sockets,
        "half_open": config.link.max_half_open,
        "connections_per_session": config.limits.connections_per_session,
    });
    answer::json(StatusCode::OK, &overview)
}

/// A part of a list, by its place.
struct Part {
    offset: usize,
    limit: usize,
}

impl Part {
    fn of(query: &str) -> Result<Self, String> {
        let number = |name: &str, usual: usize, least: usize, most: usize| match query_value(query, name) {
            None => Ok(usual),
            Some(text) => text
                .parse()
                .ok()
                .filter(|number| (least..=most).contains(number))
                .ok_or_else(|| format!("{name}: allowed is a number from {least} to {most}")),
        };
        Ok(Self { offset: number("offset", 0, 0, 1_000_000_000)?, limit: number("limit", USUAL, 1, MOST)? })
    }
}

/// Sessions: `offset`, `limit`, `order` (`newest` or `clients`), `search` (a part of the id).
pub(super) async fn sessions(admin: &Admin, query: &str) -> Answer {
    let part = match Part::of(query) {
        Ok(part) => part,
        Err(message) => return answer::error(StatusCode::BAD_REQUEST, &message, false),
    };
    let largest = match query_value(query, "order").as_deref() {
        None | Some("newest") => false,
        Some("clients") => true,
        Some(_) => {
            let message = "order: allowed are newest and clients";
            return answer::error(StatusCode::BAD_REQUEST, message, false);
        }
    };
    let search = query_value(query, "search").unwrap_or_default();
    let mut found = Vec::new();
    for shard in &admin.shared.shards {
        found.extend(shard.call(|hub, _| hub.sessions()).await.into_iter().flatten());
    }
    found.retain(|summary| summary.session.contains(&*search));
    // The id makes the order the same each time.
    found.sort_by(|a, b| key(a, largest).cmp(&key(b, largest)));
    let list: Vec<Value> = found.iter().skip(part.offset).take(part.limit).map(describe).collect();
    answer::json(
        StatusCode::OK,
        &json!({ "now_ms": clock::now().unix_ms, "found": found.len(), "offset": part.offset, "sessions": list }),
    )
}

fn key(summary: &SessionSummary, largest: bool) -> impl Ord {
    (
        Reverse(if largest { summary.connections } else { 0 }),
        Reverse(summary.opened_at_ms),
        summary.session.clone(),
    )
}

/// A session and some of those who are in it: `offset`, `limit`.
pub(super) async fn session(admin: &Admin, session: &str, query: &str) -> Answer {
    let part = match Part::of(query) {
        Ok(part) => part,
        Err(message) => return answer::error(StatusCode::BAD_REQUEST, &message, false),
    };
    let shards = &admin.shared.shards;
    let wanted = session.to_owned();
    let found = shards[shard_of(session, shards.len())]
        .call(move |hub, _| {
            let clients = hub.clients(&wanted, part.offset, part.limit).ok()?;
            Some((hub.session(&wanted).ok()?, clients, part.offset))
        })
        .await;
    let Some((summary, clients, offset)) = found.flatten() else {
        return answer::error(StatusCode::NOT_FOUND, "nobody is in this session", false);
    };
    let mut description = describe(&summary);
    description["now_ms"] = json!(clock::now().unix_ms);
    description["offset"] = json!(offset);
    description["list"] = clients.iter().map(describe_client).collect();
    answer::json(StatusCode::OK, &description)
}

fn describe(summary: &SessionSummary) -> Value {
    json!({
        "id": &*summary.session,
        "project": &*summary.partner,
        "clients": summary.connections,
        "opened_at_ms": summary.opened_at_ms,
        "signals": summary.signals,
        "muted": summary.muted,
    })
}

/// The connection data is left out: what applications put there is often about people.
fn describe_client(client: &ClientSummary) -> Value {
    json!({
        "id": &*client.id,
        "entered_at_ms": client.entered_at_ms,
        "role": client.role,
        "client": client.client,
        "here": client.linked,
        "resumable": client.resumable,
        "signals": client.signals,
        "kept_messages": client.kept_messages,
        "kept_bytes": client.kept_bytes,
    })
}
