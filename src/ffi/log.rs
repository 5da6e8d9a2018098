//! `base.h`, logging: who hears what the library has to say.

use std::ffi::c_char;

use super::guard::guard;
use super::{LogLevel, library};

/// Receives one line of the log: "[LEVEL] place - text", without an end of line.
///
/// Runs on any thread, also one of the program's own inside a call to the library; one call at a time in the whole
/// process. message dies when it returns. What the library would log while it runs is dropped.
///
/// Be quick in it: most lines come from the thread that does the network I/O of all sessions. For as long as one is being
/// taken, no session sends, receives or keeps its link alive, and after some seconds links count as lost. Other threads
/// that have something to log wait as well. If a line may take long to write, hand a copy to a thread of your own.
pub type otc_logger_callback = Option<unsafe extern "C" fn(message: *const c_char)>;

/// Chooses who receives the log.
///
/// - When: any time, before otc_init() too. One callback for the whole process; the last one set counts.
/// - Threads: any; waits for a running call of the former callback, unless called inside it.
/// - Ownership: the function must stay callable until another one is set.
/// - NULL: back to the default, which is standard error.
/// - Outcome: when otc_log_enable() allows it, a first DEBUG line tells that the callback is in place.
#[unsafe(no_mangle)]
pub extern "C" fn otc_log_set_logger_callback(callback: otc_logger_callback) {
    guard((), || library::set_logger(callback));
}

/// Sets how much is logged, in the whole process.
///
/// - When: any time, before otc_init() and before otc_log_set_logger_callback() too.
/// - Threads: any; does not block.
/// - Outcome: with OTC_LOG_LEVEL_DEBUG a first line tells the level.
/// - Defaults: until the first call nothing is logged. Values above OTC_LOG_LEVEL_DEBUG mean OTC_LOG_LEVEL_DEBUG;
///   negative ones mean OTC_LOG_LEVEL_DISABLED.
#[unsafe(no_mangle)]
pub extern "C" fn otc_log_enable(log_level: LogLevel) {
    guard((), || library::set_log_level(log_level));
}

/// Tells the level that otc_log_enable() set last.
///
/// - When: any time.
/// - Threads: any; does not block.
/// - Returns: one of the five levels from OTC_LOG_LEVEL_DISABLED to OTC_LOG_LEVEL_DEBUG.
/// - Defaults: OTC_LOG_LEVEL_DISABLED.
#[unsafe(no_mangle)]
pub extern "C" fn otc_get_log_level() -> LogLevel {
    guard(0, library::log_level)
}
