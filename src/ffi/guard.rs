//! Stops panics at the boundary: they are defects of this library and never the host's problem.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::library;

/// Runs the body of an exported function. A panic is logged and gives `failed`, and so does any call in a forked
/// child, where the threads of the library do not exist and its locks may be held for ever.
pub(super) fn guard<T>(failed: T, body: impl FnOnce() -> T) -> T {
    match guarded(body) {
        Ok(value) => value,
        Err(Stopped) => failed,
    }
}

/// The body did not run to its end. Why has been logged.
pub(super) struct Stopped;

/// As [`guard`], for callers that have more to do after a panic.
pub(super) fn guarded<T>(body: impl FnOnce() -> T) -> Result<T, Stopped> {
    if library::is_forked_child() {
        return Err(Stopped);
    }
    // What a panic may leave half done is behind locks that do not poison; the session concerned is ended by the
    // caller.
    catch_unwind(AssertUnwindSafe(body)).map_err(|payload| {
        crate::log::error!("defect caught at the C interface: {}", describe(payload.as_ref()));
        Stopped
    })
}

fn describe(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_gives_the_failure_value() {
        assert_eq!(guard(7, || panic!("with a number {}", 3)), 7);
        assert_eq!(guard(7, || 8), 8);
    }

    #[test]
    fn panic_message_is_described() {
        let payload = catch_unwind(|| panic!("number {}", 3)).expect_err("it panics");
        assert_eq!(describe(payload.as_ref()), "number 3");
        let payload = catch_unwind(|| panic!("plain")).expect_err("it panics");
        assert_eq!(describe(payload.as_ref()), "plain");
        let payload = catch_unwind(|| std::panic::panic_any(3)).expect_err("it panics");
        assert_eq!(describe(payload.as_ref()), "no message");
    }
}
