//! Metrics in the text format that Prometheus reads.

use std::fmt::Write;

use super::Totals;
use crate::durations::{BOUNDS_US, Durations};
use crate::meters::Purpose;
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
    ("pings_total", "counter", "Pings to clients that were silent for a while.", &[("", |s| s.pings)]),
    (
        "goodbye_timeouts_total",
        "counter",
        "Sockets closed because their clients said goodbye and did not close them.",
        &[("", |s| s.goodbye_timeouts)],
    ),
    (
        "resume_holds_total",
        "counter",
        "Resumed sockets whose clients said nothing for a while, and got what they had missed all the same.",
        &[("", |s| s.resume_holds)],
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
        "waits_total",
        "counter",
        "Times that a client was not read for a while because others had yet to acknowledge what they were sent.",
        &[("", |s| s.waits)],
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
    one(
        "sockets_half_open",
        "gauge",
        "Those that have shown no good token yet.",
        &plain(totals.sockets_half_open),
    );
    let by = |label: &str, counts: &[(&'static str, u64)]| -> Vec<(String, u64)> {
        counts.iter().map(|(name, count)| (format!("{{{label}=\"{name}\"}}"), *count)).collect()
    };
    one("sockets_refused_total", "counter", "Sockets over a limit.", &by("limit", &totals.sockets_refused));
    one(
        "limited_total",
        "counter",
        "What was limited or refused before it reached a session.",
        &by("reason", &totals.limits_met()),
    );
    let answers: Vec<_> = totals
        .answers()
        .into_iter()
        .map(|((purpose, status), count)| {
            (format!("{{for=\"{}\",status=\"{status}\"}}", purpose.name()), count)
        })
        .collect();
    one("http_answers_total", "counter", "HTTP answers, by what was asked for and their status.", &answers);
    one(
        "log_records_left_out_total",
        "counter",
        "Log records that were left out in a flood.",
        &plain(totals.muted()),
    );
    let expires = totals.certificate_expires.map(|at| (String::new(), u64::try_from(at).unwrap_or_default()));
    one(
        "certificate_expires_seconds",
        "gauge",
        "When the certificate ends, in seconds since 1970.",
        expires.as_slice(),
    );
    one("output_bytes", "gauge", "Bytes that wait for sockets to take them.", &plain(totals.output_bytes));
    for (name, kind, help, series) in METRICS {
        let series: Vec<_> = series.iter().map(|(labels, of)| (labels.to_string(), totals.sum(of))).collect();
        one(name, kind, help, &series);
    }
    one("rejections_total", "counter", "What was refused, by reason.", &by("reason", &totals.rejected()));
    histograms(totals, &mut text);
    text
}

/// How long things took.
fn histograms(totals: &Totals, text: &mut String) {
    let mut one = |name: &str, help: &str, series: &[(String, Durations)]| {
        let _ = writeln!(text, "# HELP otc_relay_{name} {help}\n# TYPE otc_relay_{name} histogram");
        for (label, durations) in series {
            histogram(text, name, label, durations);
        }
    };
    let plain = |durations| [(String::new(), durations)];
    one(
        "join_seconds",
        "From the opening of a socket until its client was in its session.",
        &plain(totals.durations(|stats| &stats.join_time)),
    );
    one(
        "away_seconds",
        "How long clients were without a socket before they came back.",
        &plain(totals.durations(|stats| &stats.away_time)),
    );
    one(
        "turnaround_seconds",
        "From reading messages until all that they led to was handed to the sockets.",
        &plain(totals.timings(|meters| &meters.turnaround)),
    );
    one("admission_seconds", "The checking of a token.", &plain(totals.timings(|meters| &meters.admission)));
    one("tls_handshake_seconds", "TLS handshakes.", &plain(totals.timings(|meters| &meters.handshake)));
    let http: Vec<_> = Purpose::NAMES
        .iter()
        .enumerate()
        .map(|(index, name)| (format!("for=\"{name}\""), totals.timings(|meters| &meters.http[index])))
        .collect();
    one("http_request_seconds", "HTTP requests, by what was asked for.", &http);
}

/// The series of one histogram: for each class how many are in it or below.
fn histogram(text: &mut String, name: &str, label: &str, durations: &Durations) {
    let comma = if label.is_empty() { "" } else { "," };
    let mut below = 0;
    for (bound, count) in BOUNDS_US.iter().zip(durations.counts) {
        below += count;
        let _ = writeln!(text, "otc_relay_{name}_bucket{{{label}{comma}le=\"{}\"}} {below}", seconds(*bound));
    }
    let (all, sum) = (durations.count(), seconds(durations.sum_us));
    let label = if label.is_empty() { String::new() } else { format!("{{{label}}}") };
    let open = label.trim_end_matches('}');
    let open = if open.is_empty() { "{".to_owned() } else { format!("{open},") };
    let _ = writeln!(text, "otc_relay_{name}_bucket{open}le=\"+Inf\"}} {all}");
    let _ = writeln!(text, "otc_relay_{name}_sum{label} {sum}\notc_relay_{name}_count{label} {all}");
}

/// Microseconds as seconds, without zeros that say nothing.
fn seconds(us: u64) -> String {
    let text = format!("{}.{:06}", us / 1_000_000, us % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
