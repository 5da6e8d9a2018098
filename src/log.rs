//! Log records of the library: one level filter and one sink for the whole process.
//!
//! Nothing is logged unless the program asks for it, and nothing ever goes to standard output. A record looks like
//! `[WARN] driver.rs:120 - text`. Sinks are called one record at a time; a record that is produced inside a sink is
//! dropped, so that a sink may call any function of the library.
#![forbid(unsafe_code)]

use std::cell::Cell;
use std::fmt;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use parking_lot::{Mutex, RwLock};

/// How important a record is, and, as a filter, the least important that is let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// Nothing is logged. The default.
    Disabled = 0,
    /// Something failed and the program is told through a callback or a result as well.
    Error = 1,
    /// Something unexpected that the library got over.
    Warn = 2,
    /// The milestones of a session.
    Info = 3,
    /// What happens in between.
    Debug = 4,
}

impl Level {
    fn from_u8(value: u8) -> Self {
        match value {
            0 => Self::Disabled,
            1 => Self::Error,
            2 => Self::Warn,
            3 => Self::Info,
            _ => Self::Debug,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disabled => "DISABLED",
            Self::Error => "ERROR",
            Self::Warn => "WARN",
            Self::Info => "INFO",
            Self::Debug => "DEBUG",
        })
    }
}

/// Takes finished records: the level and the line, without a line break.
pub type Sink = Arc<dyn Fn(Level, &str) + Send + Sync>;

static LEVEL: AtomicU8 = AtomicU8::new(Level::Disabled as u8);
static SINK: RwLock<Option<Sink>> = RwLock::new(None);
/// Held while a sink runs: that is what serialises the calls.
static TURN: Mutex<()> = Mutex::new(());

thread_local! {
    static INSIDE_SINK: Cell<bool> = const { Cell::new(false) };
}

/// Sets the least important level that is logged, for the whole process.
pub fn set_level(level: Level) {
    LEVEL.store(level as u8, Ordering::Relaxed);
}

/// The level set last; [`Level::Disabled`] at first.
pub fn level() -> Level {
    Level::from_u8(LEVEL.load(Ordering::Relaxed))
}

/// Whether a record of this level would be logged.
pub fn enabled(level: Level) -> bool {
    level != Level::Disabled && level as u8 <= LEVEL.load(Ordering::Relaxed)
}

/// Sends records to `sink`, or back to standard error with `None`.
///
/// Once this returns, the earlier sink is not running and will not run again, unless this is called inside a sink:
/// then the call in progress ends as usual. Installing a sink produces one DEBUG record, because programs are known
/// that wait for a record to see whether their sink works.
pub fn set_sink(sink: Option<Sink>) {
    let installed = sink.is_some();
    let earlier = if inside_sink() {
        std::mem::replace(&mut *SINK.write(), sink)
    } else {
        let _turn = TURN.lock();
        std::mem::replace(&mut *SINK.write(), sink)
    };
    // The sink's owner may run code of its own when it is dropped: not under our locks.
    drop(earlier);
    if installed {
        crate::log::debug!("log sink installed");
    }
}

/// Whether the calling thread is running a sink right now.
pub fn inside_sink() -> bool {
    INSIDE_SINK.try_with(Cell::get).unwrap_or(false)
}

/// Writes one record. Use the macros of this module, which add the place and test the level first.
pub fn write(level: Level, file: &str, line: u32, text: fmt::Arguments<'_>) {
    if !enabled(level) || inside_sink() {
        return;
    }
    let file = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let record = one_line(format!("[{level}] {file}:{line} - {text}"));
    deliver(level, &record);
}

fn deliver(level: Level, record: &str) {
    let _turn = TURN.lock();
    let sink = SINK.read().clone();
    let _inside = Inside::enter();
    match sink {
        Some(sink) => {
            // A panic of the sink is the sink's loss: there is nowhere left to report it.
            let _ = catch_unwind(AssertUnwindSafe(|| sink(level, record)));
        }
        // A standard error that cannot be written to must not disturb the program.
        None => drop(std::io::stderr().lock().write_all(format!("{record}\n").as_bytes())),
    }
}

/// A peer's words may hold line breaks and other control characters; a record is one line.
fn one_line(record: String) -> String {
    if record.chars().any(char::is_control) {
        record.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
    } else {
        record
    }
}

/// Marks the thread as running a sink, also when the sink unwinds.
struct Inside;

impl Inside {
    fn enter() -> Self {
        let _ = INSIDE_SINK.try_with(|inside| inside.set(true));
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        let _ = INSIDE_SINK.try_with(|inside| inside.set(false));
    }
}

macro_rules! record {
    ($level:expr, $($text:tt)+) => {
        if $crate::log::enabled($level) {
            $crate::log::write($level, file!(), line!(), format_args!($($text)+));
        }
    };
}
#[allow(unused_macros, reason = "the set is complete even where a level has no use yet")]
macro_rules! error { ($($text:tt)+) => { $crate::log::record!($crate::log::Level::Error, $($text)+) }; }
#[allow(unused_macros, reason = "the set is complete even where a level has no use yet")]
macro_rules! warning { ($($text:tt)+) => { $crate::log::record!($crate::log::Level::Warn, $($text)+) }; }
#[allow(unused_macros, reason = "the set is complete even where a level has no use yet")]
macro_rules! info { ($($text:tt)+) => { $crate::log::record!($crate::log::Level::Info, $($text)+) }; }
#[allow(unused_macros, reason = "the set is complete even where a level has no use yet")]
macro_rules! debug { ($($text:tt)+) => { $crate::log::record!($crate::log::Level::Debug, $($text)+) }; }

#[allow(unused_imports, reason = "the set is complete even where a level has no use yet")]
pub(crate) use {debug, error, info, record, warning};
