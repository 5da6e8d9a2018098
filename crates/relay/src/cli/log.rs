//! Logs, on standard error.
//!
//! Whatever becomes of the log, the relay goes on: a full disk, a reader that has gone, or one that stands still. Records
//! that standard error does not take at once are lost, and counted in a record of their own as soon as it takes some.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::serve::Common;

/// Sends log records of the wanted level and above to standard error, one a line.
pub(super) fn start(wanted: &Common) {
    let json = wanted.log_format == "json";
    let lost = Arc::new(AtomicU64::new(0));
    let records = tracing_subscriber::fmt()
        .with_writer(move || Record { json, lost: Arc::clone(&lost) })
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

/// Where one record goes, which comes in one piece.
struct Record {
    json: bool,
    /// Those that standard error did not take.
    lost: Arc<AtomicU64>,
}

impl Write for Record {
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        let mut error = io::stderr().lock();
        let lost = self.lost.swap(0, Ordering::Relaxed);
        let taken = match lost {
            0 => put(&mut error, record),
            // The one before may have got there in part.
            lost => put(&mut error, self.tell_lost(lost).as_bytes()).and_then(|()| put(&mut error, record)),
        };
        if taken.is_err() {
            self.lost.fetch_add(lost + 1, Ordering::Relaxed);
        }
        // There is nobody left to tell.
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Record {
    fn tell_lost(&self, lost: u64) -> String {
        const MESSAGE: &str = "log records were lost: standard error did not take them";
        match self.json {
            true => format!("\n{{\"level\":\"WARN\",\"message\":\"{MESSAGE}\",\"lost\":{lost}}}\n"),
            false => format!("\n WARN {MESSAGE} lost={lost}\n"),
        }
    }
}

/// What a pipe takes without waiting whenever it takes anything.
const PIECE: usize = 4096;

/// Writes it all, or fails: nobody waits for whoever reads the log.
fn put(error: &mut io::StderrLock<'_>, record: &[u8]) -> io::Result<()> {
    for piece in record.chunks(PIECE) {
        if !takes_more(error) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        error.write_all(piece)?;
    }
    Ok(())
}

#[cfg(unix)]
fn takes_more(error: &io::StderrLock<'_>) -> bool {
    use std::os::fd::AsFd;

    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    let mut asked = [PollFd::new(error.as_fd(), PollFlags::POLLOUT)];
    match poll(&mut asked, PollTimeout::ZERO) {
        Ok(_) => asked[0].revents().is_some_and(|seen| seen.contains(PollFlags::POLLOUT)),
        Err(_) => true,
    }
}

/// There is no way to ask.
#[cfg(not(unix))]
fn takes_more(_error: &io::StderrLock<'_>) -> bool {
    true
}
