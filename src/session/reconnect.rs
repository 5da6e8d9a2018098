//! When to try the next link. Pure functions.
#![forbid(unsafe_code)]

use std::time::Duration;

use super::config::SessionConfig;

/// The pause before an attempt to open a link.
///
/// Attempt 0 is made at once; attempt `n` waits `first * 2^(n-1)`, at most `longest`, lengthened or shortened by up to
/// `spread` of itself. `jitter` is a random number in `0.0..1.0`: without it all clients of a relay that went away
/// would come back in the same instant.
pub(super) fn pause(config: &SessionConfig, attempt: u32, jitter: f64) -> Duration {
    if attempt == 0 {
        return Duration::ZERO;
    }
    let doublings = (attempt - 1).min(31);
    let pause = config.reconnect_pause.saturating_mul(1 << doublings).min(config.reconnect_pause_max);
    pause.mul_f64(1.0 - config.reconnect_spread + 2.0 * config.reconnect_spread * jitter)
}

/// The number of the first attempt after a loss, given how many resumed links in a row broke at once and brought
/// nothing. It is 0, unless a relay accepts and drops again and again: then it grows as if the attempts had failed.
pub(super) fn first_attempt(config: &SessionConfig, fruitless: u32) -> u32 {
    fruitless.saturating_sub(config.fruitless_count)
}
