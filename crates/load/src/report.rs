//! What a scenario found: figures, checks and a verdict, for people and for programs.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::clock;

/// What a scenario found.
#[derive(Debug)]
pub struct Report {
    /// The name of the scenario.
    pub scenario: &'static str,
    figures: Vec<(String, f64, &'static str)>,
    checks: Vec<(String, bool)>,
    quiet: bool,
    said: Option<Instant>,
}

/// The least time between two lines of progress.
const PROGRESS: Duration = Duration::from_secs(1);

impl Report {
    /// An empty report. A quiet one shows no progress.
    pub fn new(scenario: &'static str, quiet: bool) -> Self {
        Self { scenario, figures: Vec::new(), checks: Vec::new(), quiet, said: None }
    }

    /// Whether everything that was checked holds.
    pub fn is_good(&self) -> bool {
        !self.checks.is_empty() && self.checks.iter().all(|(_, holds)| *holds)
    }

    /// Shows how far it is, once a second at most.
    pub(crate) fn progress(&mut self, what: impl FnOnce() -> String) {
        let now = clock::now();
        if !self.quiet && self.said.is_none_or(|said| now.duration_since(said) >= PROGRESS) {
            self.said = Some(now);
            eprintln!("{}: {}", self.scenario, what());
        }
    }

    /// Notes a figure.
    pub(crate) fn figure(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        self.figures.push((name.into(), value, unit));
    }

    /// Notes what has to hold and whether it does.
    pub(crate) fn check(&mut self, what: impl Into<String>, holds: bool) {
        self.checks.push((what.into(), holds));
    }

    /// Notes that it could not be brought to its end.
    pub fn failed(&mut self, why: String) {
        self.check(why, false);
    }

    /// The figures, the checks and the verdict as lines.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (name, value, unit) in &self.figures {
            let _ = writeln!(text, "  {name:<44} {:>14} {unit}", rounded(*value));
        }
        for (what, holds) in &self.checks {
            let _ = writeln!(text, "  {}  {what}", if *holds { "ok    " } else { "FAILED" });
        }
        let verdict = if self.is_good() { "good" } else { "FAILED" };
        let _ = write!(text, "{}: {verdict}", self.scenario);
        text
    }

    /// All of it as one object.
    pub fn to_json(&self) -> Value {
        let figures = self.figures.iter().map(|(name, value, unit)| {
            json!({"name": name, "value": (value * 1000.0).round() / 1000.0, "unit": unit})
        });
        let checks = self.checks.iter().map(|(what, holds)| json!({"what": what, "holds": holds}));
        json!({
            "scenario": self.scenario,
            "good": self.is_good(),
            "figures": figures.collect::<Vec<_>>(),
            "checks": checks.collect::<Vec<_>>(),
        })
    }
}

/// A number with as many digits as mean something, its thousands apart.
fn rounded(value: f64) -> String {
    if value.abs() < 100.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{:.0}", value.abs());
    let mut text = if value < 0.0 { "-".to_owned() } else { String::new() };
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_show_what_means_something() {
        assert_eq!(rounded(1.234), "1.23");
        assert_eq!(rounded(999.6), "1,000");
        assert_eq!(rounded(1_234_567.0), "1,234,567");
        assert_eq!(rounded(-12_345.0), "-12,345");
    }

    #[test]
    fn a_report_is_good_only_if_something_was_checked_and_all_of_it_holds() {
        let mut report = Report::new("x", true);
        assert!(!report.is_good());
        report.check("one", true);
        assert!(report.is_good());
        report.check("two", false);
        assert!(!report.is_good());
        assert_eq!(report.to_json()["good"], false);
        assert!(report.to_text().ends_with("x: FAILED"), "{}", report.to_text());
    }
}
