//! Logs, on standard error.
//!
//! Whatever becomes of the log, the relay goes on: a full disk, a reader that has gone, or one that stands still. Records
//! that standard error does not take are lost, and counted in a record of their own as soon as it takes some. A reader that
//! is merely slow is waited for, though not for long.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::serve::Common;

/// Sends log records of the wanted level and above to standard error, one a line.
pub(super) fn start(wanted: &Common) {
    let json = wanted.log_format == "json";
    let losses = Arc::new(Losses::default());
    let records = tracing_subscriber::fmt()
        .with_writer(move || Record { json, losses: Arc::clone(&losses) })
        // Otherwise it panics when it cannot tell standard error that standard error takes nothing.
        .log_internal_errors(false)
        .with_ansi(super::terminal::colours(&io::stderr()))
        .with_max_level(wanted.log)
        .with_target(false);
    if json {
        records.json().flatten_event(true).init();
    } else {
        records.init();
    }
}

/// What standard error did not take.
#[derive(Default)]
struct Losses {
    /// So many records since the last that it took.
    records: AtomicU64,
    /// It has the beginning of one of them.
    torn: AtomicBool,
}

/// Where one record goes, which comes in one piece.
struct Record {
    json: bool,
    losses: Arc<Losses>,
}

/// How long a reader is waited for, once each time that it stands still.
const PATIENCE_MS: u16 = 1000;

impl Write for Record {
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        let mut error = io::stderr().lock();
        let lost = self.losses.records.swap(0, Ordering::Relaxed);
        if lost > 0 && self.put(&mut error, self.tell_lost(lost).as_bytes(), 0).is_err() {
            self.losses.records.fetch_add(lost + 1, Ordering::Relaxed);
        } else if self.put(&mut error, record, if lost > 0 { 0 } else { PATIENCE_MS }).is_err() {
            self.losses.records.fetch_add(1, Ordering::Relaxed);
        }
        // There is nobody left to tell.
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a pipe takes without waiting whenever it takes anything.
const PIECE: usize = 4096;

impl Record {
    fn tell_lost(&self, lost: u64) -> String {
        const MESSAGE: &str = "log records were lost: standard error did not take them";
        let end = if self.losses.torn.load(Ordering::Relaxed) { "\n" } else { "" };
        match self.json {
            true => format!("{end}{{\"level\":\"WARN\",\"message\":\"{MESSAGE}\",\"lost\":{lost}}}\n"),
            false => format!("{end} WARN {MESSAGE} lost={lost}\n"),
        }
    }

    /// Writes it all, or fails if standard error takes nothing for so long.
    fn put(&self, error: &mut io::StderrLock<'_>, text: &[u8], patience_ms: u16) -> io::Result<()> {
        for piece in text.chunks(PIECE) {
            if !takes_more(error, patience_ms) {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            // Until all of it is there.
            self.losses.torn.store(true, Ordering::Relaxed);
            error.write_all(piece)?;
        }
        self.losses.torn.store(false, Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(unix)]
fn takes_more(error: &io::StderrLock<'_>, patience_ms: u16) -> bool {
    use std::os::fd::AsFd;

    use nix::poll::{PollFd, PollFlags, poll};

    let mut asked = [PollFd::new(error.as_fd(), PollFlags::POLLOUT)];
    match poll(&mut asked, patience_ms) {
        Ok(_) => asked[0].revents().is_some_and(|seen| seen.contains(PollFlags::POLLOUT)),
        Err(_) => true,
    }
}

/// There is no way to ask.
#[cfg(not(unix))]
fn takes_more(_error: &io::StderrLock<'_>, _patience_ms: u16) -> bool {
    true
}
