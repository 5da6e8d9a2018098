//! How often something may be done.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A number of tokens for each name: one is taken each time, and they grow back. Names are those of projects that have
/// shown their key, so that there are few of them.
#[derive(Debug)]
pub(crate) struct Rate {
    per_second: u32,
    burst: u32,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Rate {
    /// `per_second` in the long run, `burst` at once.
    pub(crate) fn new(per_second: u32, burst: u32) -> Self {
        Self { per_second, burst, buckets: Mutex::default() }
    }

    /// Takes a token of this name, if there is one.
    pub(crate) fn take(&self, name: &str, now: Instant) -> bool {
        let burst = f64::from(self.burst);
        let full = Bucket { tokens: burst, at: now };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        // Looked up before it is entered, so that the usual call copies no name.
        if !buckets.contains_key(name) {
            buckets.insert(name.to_owned(), full);
        }
        let Some(bucket) = buckets.get_mut(name) else { return true };
        let passed: Duration = now.saturating_duration_since(bucket.at);
        bucket.tokens = (bucket.tokens + passed.as_secs_f64() * f64::from(self.per_second)).min(burst);
        bucket.at = now;
        let granted = bucket.tokens >= 1.0;
        if granted {
            bucket.tokens -= 1.0;
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_granted_and_then_as_many_as_grow_back() {
        let rate = Rate::new(10, 3);
        let start = crate::clock::now().mono;
        let taken = |name, at| (0..10).filter(|_| rate.take(name, start + Duration::from_millis(at))).count();
        assert_eq!(taken("a", 0), 3);
        assert_eq!(taken("a", 50), 0);
        assert_eq!(taken("a", 200), 2);
        assert_eq!(taken("a", 60_000), 3);
        assert_eq!(taken("b", 0), 3, "projects do not share");
    }
}
