//! Logs, on standard error.

use super::serve::Common;

/// Sends log records of the wanted level and above to standard error, one a line.
pub(super) fn start(wanted: &Common) {
    let records = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(super::terminal::colours(&std::io::stderr()))
        .with_max_level(wanted.log)
        .with_target(false);
    if wanted.log_format == "json" {
        records.json().flatten_event(true).init();
    } else {
        records.init();
    }
}
