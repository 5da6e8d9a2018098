//! How long deliveries took, from the moment at which the signal was due to be sent.
//!
//! A generator that waits for answers before it sends on slows down with the relay and so never sees its worst times.
//! Here signals are due at fixed moments, and one that is sent late is late already.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::report::Report;

/// Times of deliveries.
pub(crate) struct Latency {
    histogram: Histogram<u64>,
}

impl Latency {
    pub(crate) fn new() -> Self {
        let minute = Duration::from_secs(60).as_nanos() as u64;
        let histogram = Histogram::new_with_bounds(100, minute, 3).expect("the bounds are in order");
        Self { histogram }
    }

    pub(crate) fn record(&mut self, due: Instant, at: Instant) {
        self.histogram.saturating_record(at.saturating_duration_since(due).as_nanos() as u64);
    }

    /// The time that this part of all took at most, in microseconds.
    pub(crate) fn quantile(&self, part: f64) -> f64 {
        self.histogram.value_at_quantile(part) as f64 / 1000.0
    }

    /// Notes the usual percentiles.
    pub(crate) fn note(&self, of: &str, report: &mut Report) {
        for (name, part) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)] {
            report.figure(format!("{of}, {name}"), self.quantile(part), "us");
        }
        report.figure(format!("{of}, max"), self.histogram.max() as f64 / 1000.0, "us");
    }
}
