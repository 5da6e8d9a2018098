//! What there is once in a process: the life of the library, its log, and the generation of headers it serves.

use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::log::otc_logger_callback;
use super::{LogLevel, layout, string};
use crate::log::{self, Level, Sink};
use crate::runtime::{self, DestroyOutcome};

/// Set in a child made by `fork()`, for good.
static FORKED: AtomicBool = AtomicBool::new(false);

/// Whether this process is a child that was forked off one that used the library. Its threads do not exist here and
/// its locks may be held by nobody: no call may touch them.
pub(super) fn is_forked_child() -> bool {
    FORKED.load(Ordering::Relaxed)
}

/// Starts the library or counts one more user; whether that worked.
pub(super) fn start() -> bool {
    watch_forks();
    layout::generation();
    runtime::init();
    true
}

/// Gives up one use.
pub(super) fn stop() -> DestroyOutcome {
    runtime::destroy()
}

/// Whether there is a use that was not given up.
pub(super) fn is_running() -> bool {
    runtime::is_initialised()
}

/// Makes every forked child know what it is.
fn watch_forks() {
    #[cfg(unix)]
    {
        extern "C" fn in_child() {
            FORKED.store(true, Ordering::Relaxed);
        }
        static WATCH: std::sync::Once = std::sync::Once::new();
        WATCH.call_once(|| {
            // SAFETY: the handler only stores to an atomic, and the library is never unloaded. Without memory it is
            // not
            // installed, and a forked child is then merely not recognised.
            unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
        });
    }
}

/// Sends the log to the program, or back to standard error.
pub(super) fn set_logger(callback: otc_logger_callback) {
    log::set_sink(callback.map(|callback| -> Sink {
        Arc::new(move |_, line| {
            let line = string::to_c(line);
            // SAFETY: the program promises a function that is callable until another is set; the string outlives the
            // call.
            unsafe { callback(line.as_ptr()) }
        })
    }));
}

/// Sets the level, whose number is of the generation in force.
pub(super) fn set_log_level(number: LogLevel) {
    let level = level_of_number(number, layout::generation());
    log::set_level(level);
    // Programs are known that wait for a record to see whether logging works, whichever they set last.
    log::debug!("log level is {level}");
}

/// The level, as a number of the generation in force.
pub(super) fn log_level() -> LogLevel {
    number_of_level(log::level(), layout::generation())
}

fn level_of_number(number: c_int, generation: layout::Generation) -> Level {
    let levels = numbers(generation);
    match number {
        ..=0 => Level::Disabled,
        _ => levels.iter().find(|(last, _)| number <= *last).map_or(Level::Debug, |(_, level)| *level),
    }
}

fn number_of_level(level: Level, generation: layout::Generation) -> c_int {
    numbers(generation).iter().find(|(_, known)| *known == level).map_or(0, |(number, _)| *number)
}

/// The levels with their numbers, ascending. A number in between means the next level, so that nothing asked for is
/// missing.
fn numbers(generation: layout::Generation) -> [(c_int, Level); 4] {
    let first = match generation {
        layout::Generation::A => 3,
        layout::Generation::B | layout::Generation::C => 1,
    };
    [(first, Level::Error), (first + 1, Level::Warn), (first + 2, Level::Info), (first + 3, Level::Debug)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use layout::Generation;

    #[test]
    fn log_levels_of_the_newest_headers() {
        let levels = [Level::Disabled, Level::Error, Level::Warn, Level::Info, Level::Debug];
        for (number, level) in (0..).zip(levels) {
            assert_eq!(level_of_number(number, Generation::C), level);
            assert_eq!(number_of_level(level, Generation::C), number);
        }
        for number in [5, 6, 7, 8, 100, c_int::MAX] {
            assert_eq!(level_of_number(number, Generation::C), Level::Debug, "{number}");
        }
        for number in [-1, c_int::MIN] {
            assert_eq!(level_of_number(number, Generation::C), Level::Disabled, "{number}");
        }
    }

    #[test]
    fn log_levels_of_the_oldest_headers() {
        // DISABLED, FATAL, ERROR, WARN, INFO, DEBUG, MSG, TRACE, ALL.
        let numbers = [
            (0, Level::Disabled),
            (2, Level::Error),
            (3, Level::Error),
            (4, Level::Warn),
            (5, Level::Info),
            (6, Level::Debug),
            (7, Level::Debug),
            (8, Level::Debug),
            (100, Level::Debug),
        ];
        for (number, level) in numbers {
            assert_eq!(level_of_number(number, Generation::A), level, "{number}");
        }
        for number in [0, 3, 4, 5, 6] {
            assert_eq!(number_of_level(level_of_number(number, Generation::A), Generation::A), number);
        }
    }
}
