//! What a relay holds and has done, over all its shards.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use crate::durations::Durations;
use crate::meters::{Limited, Meters, Purpose, Timings};
use crate::server::Shared;
use crate::shard::Command;
use crate::sockets::Full;
use crate::stats::Stats;
use crate::tls::Tls;

/// The sum over all shards.
#[derive(Debug)]
pub(crate) struct Totals {
    shards: Vec<Stats>,
    /// Bytes that wait for sockets to take them.
    pub(crate) output_bytes: u64,
    /// Open sockets, HTTP included.
    pub(crate) sockets: u64,
    /// Those whose clients have shown nothing good yet.
    pub(crate) sockets_half_open: u64,
    /// Sockets that were closed at once because there were too many, by reason.
    pub(crate) sockets_refused: [(&'static str, u64); Full::NAMES.len()],
    /// What the shards count at their edges.
    pub(crate) meters: Vec<Arc<Meters>>,
    /// When the certificate ends, in seconds since 1970, if there is one.
    pub(crate) certificate_expires: Option<i64>,
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
        Self {
            shards,
            output_bytes,
            sockets: shared.sockets.open() as u64,
            sockets_half_open: shared.sockets.half_open() as u64,
            sockets_refused: shared.sockets.refused(),
            meters: shared.meters.clone(),
            certificate_expires: shared.tls.as_ref().map(Tls::expires),
            draining,
            uptime,
        }
    }

    /// One number, summed.
    pub(crate) fn sum(&self, of: impl Fn(&Stats) -> u64) -> u64 {
        self.shards.iter().map(of).sum()
    }

    /// Durations, summed.
    pub(crate) fn durations(&self, of: impl Fn(&Stats) -> &Durations) -> Durations {
        sum(self.shards.iter().map(|stats| *of(stats)))
    }

    /// Durations that the edges counted, summed.
    pub(crate) fn timings(&self, of: impl Fn(&Meters) -> &Timings) -> Durations {
        sum(self.meters.iter().map(|meters| of(meters).get()))
    }

    /// What was limited at the edges, by reason, summed.
    pub(crate) fn limits_met(&self) -> [(&'static str, u64); Limited::NAMES.len()] {
        let mut met = Limited::NAMES.map(|name| (name, 0));
        for counts in self.meters.iter().map(|meters| meters.limits_met()) {
            met.iter_mut().zip(counts).for_each(|((_, sum), count)| *sum += count);
        }
        met
    }

    /// HTTP answers by what they were for and their status, summed.
    pub(crate) fn answers(&self) -> BTreeMap<(Purpose, u16), u64> {
        let mut all = BTreeMap::new();
        for (key, count) in self.meters.iter().flat_map(|meters| meters.answers()) {
            *all.entry(key).or_default() += count;
        }
        all
    }

    /// Log records that were left out, summed.
    pub(crate) fn muted(&self) -> u64 {
        self.meters.iter().map(|meters| meters.muted.load(Ordering::Relaxed)).sum()
    }

    /// Refusals by reason, summed.
    pub(crate) fn rejected(&self) -> Vec<(&'static str, u64)> {
        let names = Stats::default().rejected.by_reason().map(|(name, _)| name);
        let count = |index: usize| self.sum(|stats| stats.rejected.by_reason()[index].1);
        names.into_iter().enumerate().map(|(index, name)| (name, count(index))).collect()
    }

    /// For `otc-relay status`.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "state": if self.draining { "draining" } else { "running" },
            "uptime_seconds": self.uptime.as_secs(),
            "shards": self.shards.len(),
            "sockets": self.sockets,
            "sockets_half_open": self.sockets_half_open,
            "sockets_refused": self.sockets_refused.iter().map(|(_, count)| count).sum::<u64>(),
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
            "rejected": named(&self.rejected()),
            "limited": named(&self.limits_met()),
            "certificate_expires": self.certificate_expires,
        })
    }
}

/// Counts by name, as an object.
fn named(counts: &[(&'static str, u64)]) -> Value {
    counts
        .iter()
        .map(|(name, count)| ((*name).to_owned(), json!(count)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn sum(all: impl Iterator<Item = Durations>) -> Durations {
    all.fold(Durations::default(), |mut sum, more| {
        sum.merge(&more);
        sum
    })
}
