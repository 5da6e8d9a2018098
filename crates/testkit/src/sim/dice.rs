//! The only source of chance in a simulation.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A seeded stream of numbers.
#[derive(Debug, Clone)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of this seed and purpose. Streams of different purposes have nothing in common, so that what one
    /// part of a run draws does not change what another gets.
    pub(crate) fn new(seed: u64, purpose: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&purpose.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A number in `low..=high`.
    pub(crate) fn range(&mut self, low: u64, high: u64) -> u64 {
        debug_assert!(low <= high, "{low} to {high}");
        let width = high.saturating_sub(low).saturating_add(1);
        // The bias of this is below one in 10^10 for every range used here.
        low + self.0.next_u64() % width.max(1)
    }

    /// A number in `low..=high`, small ones more often: each magnitude is as likely as any other.
    pub(crate) fn skewed(&mut self, low: u64, high: u64) -> u64 {
        let magnitudes = u64::from((high - low).checked_ilog2().unwrap_or(0));
        let magnitude = self.range(0, magnitudes);
        (low + self.range(0, 1 << magnitude)).min(high)
    }

    /// True in so many of a hundred cases.
    pub(crate) fn percent(&mut self, of_hundred: u64) -> bool {
        self.range(1, 100) <= of_hundred
    }

    /// One of these.
    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.range(0, of.len() as u64 - 1) as usize]
    }

    /// A seed for something else.
    pub(crate) fn seed(&mut self) -> [u8; 32] {
        let mut seed = [0; 32];
        self.0.fill_bytes(&mut seed);
        seed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_numbers_and_ranges_hold() {
        let draw = |seed, purpose| {
            let mut dice = Dice::new(seed, purpose);
            (0..200).map(|_| (dice.range(3, 9), dice.skewed(1, 1000), dice.percent(50))).collect::<Vec<_>>()
        };
        assert_eq!(draw(1, 1), draw(1, 1));
        assert_ne!(draw(1, 1), draw(1, 2));
        assert_ne!(draw(1, 1), draw(2, 1));
        assert!(
            draw(1, 1)
                .iter()
                .all(|(range, skewed, _)| (3..=9).contains(range) && (1..=1000).contains(skewed))
        );
    }
}
