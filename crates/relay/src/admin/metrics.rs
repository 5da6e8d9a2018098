//! Metrics in the text format that Prometheus reads.

use std::fmt::Write;

use super::Totals;
use crate::stats::Stats;

/// The format and its version.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// One series: its labels, and where its number is.
type Series = (&'static str, fn(&Stats) -> u64);

/// What the hubs count: name, kind, help, series.
const METRICS: &[(&str, &str, &str, &[Series])] = &[
    ("peers", "gauge", "WebSockets.", &[("", |s| s.peers)]),
    ("sessions", "gauge", "Sessions that somebody is in.", &[("", |s| s.sessions)]),
    (
        "connections",
        "gauge",
        "Clients in sessions, lost ones that may return included.",
        &[("", |s| s.connections)],
    ),
    ("connections_away", "gauge", "Clients in sessions without a socket.", &[("", |s| s.connections_away)]),
    ("kept_messages", "gauge", "Messages kept until they are acknowledged.", &[("", |s| s.kept_messages)]),
    ("kept_bytes", "gauge", "Bytes of those messages, counted for each receiver.", &[("", |s| s.kept_bytes)]),
    ("joins_total", "counter", "Clients that entered a session.", &[("", |s| s.joins)]),
    (
        "departures_total",
        "counter",
        "Clients that are gone, by how.",
        &[
            ("{reason=\"left\"}", |s| s.left),
            ("{reason=\"lost\"}", |s| s.lost),
            ("{reason=\"removed\"}", |s| s.removed),
        ],
    ),
    ("links_lost_total", "counter", "Sockets of clients that were lost.", &[("", |s| s.links_lost)]),
    ("resumes_total", "counter", "Clients that came back on a new socket.", &[("", |s| s.resumes)]),
    (
        "resumes_refused_total",
        "counter",
        "Sockets that asked for state that is not here.",
        &[("", |s| s.resumes_refused)],
    ),
    ("replayed_messages_total", "counter", "Messages sent at a resume.", &[("", |s| s.replayed)]),
    (
        "frames_total",
        "counter",
        "Protocol frames, by direction.",
        &[("{direction=\"in\"}", |s| s.frames_in), ("{direction=\"out\"}", |s| s.frames_out)],
    ),
    (
        "signals_total",
        "counter",
        "Signals accepted, by who sent them.",
        &[("{source=\"client\"}", |s| s.signals_in), ("{source=\"server\"}", |s| s.signals_server)],
    ),
    (
        "deliveries_total",
        "counter",
        "Signals queued for a receiver, each receiver counted.",
        &[("", |s| s.deliveries)],
    ),
    ("repeats_total", "counter", "Requests that were repeats and had no effect.", &[("", |s| s.repeats)]),
    ("acknowledged_total", "counter", "Acknowledgements that freed something.", &[("", |s| s.acknowledged)]),
    (
        "pauses_total",
        "counter",
        "Times that a client sent too fast and was not read for a while.",
        &[("", |s| s.pauses)],
    ),
    (
        "notices_dropped_total",
        "counter",
        "Log records that were dropped in a burst.",
        &[("", |s| s.notices_dropped)],
    ),
];

/// The whole text.
pub(super) fn render(totals: &Totals) -> String {
    let mut text = String::with_capacity(8 * 1024);
    let info = concat!("{version=\"", env!("CARGO_PKG_VERSION"), "\"}");
    let mut one = |name: &str, kind: &str, help: &str, series: &[(String, u64)]| {
        let _ = writeln!(text, "# HELP otc_relay_{name} {help}\n# TYPE otc_relay_{name} {kind}");
        for (labels, value) in series {
            let _ = writeln!(text, "otc_relay_{name}{labels} {value}");
        }
    };
    let plain = |value: u64| [(String::new(), value)];
    one("info", "gauge", "The version that runs.", &[(info.to_owned(), 1)]);
    one("draining", "gauge", "1 while no new sessions are taken.", &plain(totals.draining.into()));
    one("uptime_seconds", "gauge", "Time since the start.", &plain(totals.uptime.as_secs()));
    one("sockets", "gauge", "Open sockets, HTTP included.", &plain(totals.sockets));
    one("sockets_refused_total", "counter", "Sockets over the limit.", &plain(totals.sockets_refused));
    one("output_bytes", "gauge", "Bytes that wait for sockets to take them.", &plain(totals.output_bytes));
    for (name, kind, help, series) in METRICS {
        let series: Vec<_> = series.iter().map(|(labels, of)| (labels.to_string(), totals.sum(of))).collect();
        one(name, kind, help, &series);
    }
    let rejected: Vec<_> = totals
        .rejected()
        .into_iter()
        .map(|(reason, count)| (format!("{{reason=\"{reason}\"}}"), count))
        .collect();
    one("rejections_total", "counter", "What was refused, by reason.", &rejected);
    text
}
