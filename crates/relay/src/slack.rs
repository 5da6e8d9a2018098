//! Memory given back where a crowd has left.

use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::hash::Hash;

/// Places that a collection may have in any case.
const SPARE: usize = 64;
/// A collection that has more than so many places for each element is too large.
const LOOSE: usize = 8;

/// What grows with a crowd and does not shrink by itself.
pub(crate) trait Tighten {
    /// Gives memory back if hardly any of it is used. To be called where elements are taken out: that costs a constant
    /// time for each in the long run.
    fn tighten(&mut self);
}

/// To how many places a collection should shrink, if it should.
fn goal(len: usize, capacity: usize) -> Option<usize> {
    (capacity > SPARE && len < capacity / LOOSE).then_some(len * 2)
}

/// The standard collections shrink alike, but share no trait that says so.
macro_rules! tighten {
    ($([$($parameters:tt)+] $collection:ty;)+) => {$(
        impl<$($parameters)+> Tighten for $collection {
            fn tighten(&mut self) {
                if let Some(places) = goal(self.len(), self.capacity()) {
                    self.shrink_to(places);
                }
            }
        }
    )+};
}

tighten! {
    [T] Vec<T>;
    [T] VecDeque<T>;
    [T: Ord] BinaryHeap<T>;
    [K: Eq + Hash, V] HashMap<K, V>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_that_left_holds_no_memory() {
        let mut map: HashMap<u32, u32> = (0..10_000).map(|n| (n, n)).collect();
        for n in 0..10_000 {
            map.remove(&n);
            map.tighten();
            let (len, capacity) = (map.len(), map.capacity());
            assert!(capacity <= (2 * LOOSE * (len + 1)).max(2 * SPARE), "{len} of {capacity}");
        }
    }

    #[test]
    fn small_collections_are_left_alone() {
        let mut few: VecDeque<u32> = VecDeque::with_capacity(SPARE);
        few.push_back(1);
        few.tighten();
        assert!(few.capacity() >= SPARE);
    }
}
