//! What a relay holds and has done, over all its shards.

use std::time::Duration;

use serde_json::{Value, json};

use crate::server::Shared;
use crate::shard::Command;
use crate::stats::Stats;

/// The sum over all shards.
#[derive(Debug)]
pub(crate) struct Totals {
    shards: Vec<Stats>,
    /// Bytes that wait for sockets to take them.
    pub(crate) output_bytes: u64,
    /// Open sockets, HTTP included.
    pub(crate) sockets: u64,
    /// Sockets that were closed at once because there were too many.
    pub(crate) sockets_refused: u64,
    /// The relay takes no new sessions.
    pub(crate) draining: bool,
    /// How long it runs.
    pub(crate) uptime: Duration,
}

impl Totals {
    /// Asks all shards.
    pub(crate) async fn collect(shared: &Shared, draining: bool, uptime: Duration) -> Self {
        let (mut shards, mut output_bytes) = (Vec::new(), 0);
        for shard in &shared.shards {
            shards.extend(shard.call(|hub, _| hub.stats()).await);
            let (reply, waiting) = tokio::sync::oneshot::channel();
            shard.send(Command::OutputBytes(reply));
            output_bytes += waiting.await.unwrap_or_default();
        }
        let (sockets, sockets_refused) = shared.socket_counts();
        Self { shards, output_bytes, sockets, sockets_refused, draining, uptime }
    }

    /// One number, summed.
    pub(crate) fn sum(&self, of: impl Fn(&Stats) -> u64) -> u64 {
        self.shards.iter().map(of).sum()
    }

    /// Refusals by reason, summed.
    pub(crate) fn rejected(&self) -> Vec<(&'static str, u64)> {
        let names = Stats::default().rejected.by_reason().map(|(name, _)| name);
        let count = |index: usize| self.sum(|stats| stats.rejected.by_reason()[index].1);
        names.into_iter().enumerate().map(|(index, name)| (name, count(index))).collect()
    }

    /// For `otc-relay status`.
    pub(crate) fn to_json(&self) -> Value {
        let rejected: serde_json::Map<String, Value> =
            self.rejected().into_iter().map(|(name, count)| (name.to_owned(), json!(count))).collect();
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "state": if self.draining { "draining" } else { "running" },
            "uptime_seconds": self.uptime.as_secs(),
            "shards": self.shards.len(),
            "sockets": self.sockets,
            "sockets_refused": self.sockets_refused,
            "sessions": self.sum(|s| s.sessions),
            "connections": self.sum(|s| s.connections),
            "connections_away": self.sum(|s| s.connections_away),
            "signals_in": self.sum(|s| s.signals_in),
            "signals_server": self.sum(|s| s.signals_server),
            "deliveries": self.sum(|s| s.deliveries),
            "joins": self.sum(|s| s.joins),
            "links_lost": self.sum(|s| s.links_lost),
            "resumes": self.sum(|s| s.resumes),
            "resumes_refused": self.sum(|s| s.resumes_refused),
            "replayed": self.sum(|s| s.replayed),
            "kept_bytes": self.sum(|s| s.kept_bytes),
            "output_bytes": self.output_bytes,
            "rejected": rejected,
        })
    }
}
