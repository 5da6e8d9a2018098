//! Logs for people, on standard error.

use tracing_subscriber::filter::LevelFilter;

/// Sends log records of this level and above to standard error, one a line.
pub(super) fn start(level: LevelFilter) {
    use std::io::IsTerminal;
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_max_level(level)
        .with_target(false)
        .init();
}
