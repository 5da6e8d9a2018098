//! The only place that reads clocks.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The present.
pub(crate) fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "a load generator measures time")]
    Instant::now()
}

/// Time since 1970.
pub(crate) fn since_1970() -> Duration {
    #[expect(clippy::disallowed_methods, reason = "tokens tell the time of day")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).unwrap_or_default()
}
