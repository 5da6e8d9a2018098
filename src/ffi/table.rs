//! Tokens that stand for objects.
#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use crate::sync::{AtomicUsize, Ordering, RwLock};

/// Objects by token.
pub(super) struct Table<T> {
    entries: RwLock<HashMap<usize, Arc<T>, BuildHasherDefault<TokenHasher>>>,
}

impl<T> Table<T> {
    pub(super) const fn new() -> Self {
        Self { entries: RwLock::new(HashMap::with_hasher(BuildHasherDefault::new())) }
    }

    /// The object of a token, unless it was removed or never was one.
    pub(super) fn get(&self, token: usize) -> Option<Arc<T>> {
        self.entries.read().get(&token).cloned()
    }

    /// Gives a new token its object.
    pub(super) fn insert(&self, token: usize, object: Arc<T>) {
        self.entries.write().insert(token, object);
    }

    /// Takes the object away; of several that try, one succeeds.
    pub(super) fn remove(&self, token: usize) -> Option<Arc<T>> {
        self.entries.write().remove(&token)
    }
}

/// The first token. High enough to be no address of the zero page, low enough (47 bits) for languages that keep
/// pointers in fewer bits than 64.
#[cfg(target_pointer_width = "64")]
pub(super) const FIRST_TOKEN: usize = 0x4000_0000_0000;
#[cfg(not(target_pointer_width = "64"))]
pub(super) const FIRST_TOKEN: usize = 0x1_0000;

/// Tokens are as far apart as objects would be, for programs that keep marks in the low bits of pointers.
pub(super) const TOKEN_STEP: usize = 16;

/// Where tokens come from.
pub(super) struct Tokens {
    next: AtomicUsize,
}

impl Tokens {
    pub(super) const fn new() -> Self {
        Self { next: AtomicUsize::new(FIRST_TOKEN) }
    }

    /// A token that was never given before. `None` when there are no more, which only 32 bits can bring about.
    pub(super) fn take(&self) -> Option<usize> {
        self.next
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |token| token.checked_add(TOKEN_STEP))
            .ok()
    }
}

/// Spreads tokens over the buckets. Tokens are ours, so nobody can choose colliding ones.
#[derive(Default)]
pub(super) struct TokenHasher(u64);

impl Hasher for TokenHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_usize(self.0 as usize ^ usize::from(*byte)));
    }

    fn write_usize(&mut self, token: usize) {
        // Fibonacci hashing: the table takes its bucket from the low bits and its tag from the high ones.
        self.0 = ((token / TOKEN_STEP) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(32);
    }
}
