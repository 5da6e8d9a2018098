//! A bounded memory of ids.
#![forbid(unsafe_code)]

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// Remembers the last ids it was given, to a bound; nothing is allocated before the first.
///
/// Of each id it keeps a 64-bit keyed hash. A peer that does not know the key cannot find two ids with one hash, and
/// by chance one id in 10^15 is mistaken for one of 20,000 others.
pub(super) struct Recent {
    key: u64,
    capacity: usize,
    order: VecDeque<u64>,
    known: HashSet<u64, BuildHasherDefault<Unchanged>>,
}

impl Recent {
    pub(super) fn new(key: u64, capacity: usize) -> Self {
        Self { key, capacity: capacity.max(1), order: VecDeque::new(), known: HashSet::default() }
    }

    /// Remembers an id, forgetting the oldest if there are too many. Returns whether it is news.
    pub(super) fn insert(&mut self, id: &str) -> bool {
        let hash = self.hash(id);
        if !self.known.insert(hash) {
            return false;
        }
        if self.order.len() == self.capacity
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        self.order.push_back(hash);
        true
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        !self.known.is_empty() && self.known.contains(&self.hash(id))
    }

    /// Forgets an id. Rare, and therefore allowed to be slow.
    pub(super) fn remove(&mut self, id: &str) {
        let hash = self.hash(id);
        if self.known.remove(&hash) {
            self.order.retain(|&other| other != hash);
        }
    }

    fn hash(&self, id: &str) -> u64 {
        // The standard hasher is SipHash; it has no public way to set its key, so the key goes first.
        let mut hasher = std::hash::DefaultHasher::new();
        hasher.write_u64(self.key);
        hasher.write(id.as_bytes());
        hasher.finish()
    }
}

/// Hashes a hash by leaving it alone.
#[derive(Default)]
struct Unchanged(u64);

impl Hasher for Unchanged {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}
