//! How long things took, counted in classes.

use std::time::Duration;

/// The upper ends of the classes, in microseconds. One list for everything: from what a fast machine does in a turn to
/// what a client may stay away for.
pub const BOUNDS_US: [u64; 20] = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 5_000_000, 10_000_000, 30_000_000, 60_000_000, 90_000_000,
];

/// Durations that were counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Durations {
    /// How many lie within each class and above the one before; the last is for all beyond the classes.
    pub counts: [u64; BOUNDS_US.len() + 1],
    /// Their sum, in microseconds.
    pub sum_us: u64,
}

impl Durations {
    /// Counts one.
    pub fn add(&mut self, duration: Duration) {
        let us = micros(duration);
        self.counts[class(us)] += 1;
        self.sum_us += us;
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: &Self) {
        self.counts.iter_mut().zip(other.counts).for_each(|(count, more)| *count += more);
        self.sum_us += other.sum_us;
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}

pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// The class of a duration.
pub(crate) fn class(us: u64) -> usize {
    BOUNDS_US.partition_point(|bound| *bound < us)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_duration_is_in_the_first_class_that_it_fits_into() {
        let mut durations = Durations::default();
        for us in [0, 50, 51, 90_000_000, 90_000_001] {
            durations.add(Duration::from_micros(us));
        }
        assert_eq!((durations.counts[0], durations.counts[1]), (2, 1));
        assert_eq!((durations.counts[19], durations.counts[20]), (1, 1));
        assert_eq!((durations.count(), durations.sum_us), (5, 180_000_102));
        let mut twice = durations;
        twice.merge(&durations);
        assert_eq!((twice.count(), twice.sum_us), (10, 360_000_204));
    }

    #[test]
    fn the_classes_are_in_order() {
        assert!(BOUNDS_US.is_sorted());
    }
}
