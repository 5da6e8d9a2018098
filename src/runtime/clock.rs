//! The time, and whether the machine slept.
#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

/// The time that sessions are told. Tests with paused time are told theirs.
pub(super) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Notices that the machine was suspended: on Linux the clock that sessions live by stands still meanwhile, and the
/// peer's patience does not.
pub(super) struct SleepWatch {
    asleep_so_far: Duration,
}

/// Shorter than this is the difference between two readings of clocks, not sleep.
const SHORTEST_SLEEP: Duration = Duration::from_millis(500);

impl SleepWatch {
    pub(super) fn new() -> Self {
        Self { asleep_so_far: time_asleep() }
    }

    /// How long the machine slept since this was last asked, if it did.
    pub(super) fn check(&mut self) -> Option<Duration> {
        self.advance(time_asleep())
    }

    fn advance(&mut self, asleep_so_far: Duration) -> Option<Duration> {
        let slept = asleep_so_far.saturating_sub(self.asleep_so_far);
        if slept < SHORTEST_SLEEP {
            return None;
        }
        self.asleep_so_far = asleep_so_far;
        Some(slept)
    }
}

/// How long the machine slept since it was started.
#[cfg(not(test))]
fn time_asleep() -> Duration {
    system_time_asleep()
}

/// For tests: with what [`pretend_sleep`] adds.
#[cfg(test)]
fn time_asleep() -> Duration {
    system_time_asleep() + PRETENDED.get()
}

#[cfg(test)]
thread_local! {
    static PRETENDED: std::cell::Cell<Duration> = const { std::cell::Cell::new(Duration::ZERO) };
}

/// The machine of this thread's tasks sleeps, and no clock shows it but the one that says so: a test cannot suspend the
/// machine it runs on.
#[cfg(test)]
pub(super) fn pretend_sleep(asleep: Duration) {
    PRETENDED.set(PRETENDED.get() + asleep);
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn system_time_asleep() -> Duration {
    use nix::time::{ClockId, clock_gettime};
    let read = |clock| clock_gettime(clock).map(Duration::from).unwrap_or_default();
    // In this order, what passes between the readings does not look like sleep.
    let with_sleep = read(ClockId::CLOCK_BOOTTIME);
    with_sleep.saturating_sub(read(ClockId::CLOCK_MONOTONIC))
}

/// Elsewhere sleep is part of the time that sessions are told, or cannot be told apart.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn system_time_asleep() -> Duration {
    Duration::ZERO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_is_reported_once_and_jitter_never() {
        let mut watch = SleepWatch { asleep_so_far: Duration::from_secs(100) };
        assert_eq!(watch.advance(Duration::from_millis(100_001)), None);
        assert_eq!(watch.advance(Duration::from_millis(99_990)), None);
        assert_eq!(watch.advance(Duration::from_secs(160)), Some(Duration::from_secs(60)));
        assert_eq!(watch.advance(Duration::from_secs(160)), None);
    }

    /// Against the system's own words for the two clocks, read around it.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_time_asleep_is_what_the_clock_of_the_machine_is_ahead() {
        let uptime = || -> f64 {
            let text = std::fs::read_to_string("/proc/uptime").expect("the system says so");
            text.split(' ').next().and_then(|seconds| seconds.parse().ok()).expect("seconds")
        };
        use nix::time::{ClockId, clock_gettime};
        let awake =
            || Duration::from(clock_gettime(ClockId::CLOCK_MONOTONIC).expect("a clock")).as_secs_f64();
        let least = uptime() - awake();
        let asleep = system_time_asleep().as_secs_f64();
        let after = awake();
        let most = uptime() - after;
        // The system tells hundredths, cut off.
        assert!(asleep <= most + 0.02 && asleep >= least - 0.02, "{asleep}: not {least} to {most}");
    }
}
