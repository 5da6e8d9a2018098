//! Which requests a member has made lately, and how they were answered: what tells a repeat from news.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hasher};

use hashbrown::HashTable;

use crate::ids::uuid_bytes;

/// A transaction id of a client, in 16 bytes: itself if it is a uuid, as all known clients send, else a hash under a
/// secret key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RequestKey([u8; 16]);

/// Makes [`RequestKey`]s and hashes them. Its secret keeps clients from choosing ids that collide.
#[derive(Clone)]
pub(crate) struct RequestHasher {
    secret: [u8; 16],
}

impl RequestHasher {
    pub(crate) fn new(secret: [u8; 16]) -> Self {
        Self { secret }
    }

    /// The key of a transaction id.
    pub(crate) fn key(&self, id: &str) -> RequestKey {
        RequestKey(uuid_bytes(id).unwrap_or_else(|| {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&self.hash(1, id.as_bytes()).to_be_bytes());
            bytes[8..].copy_from_slice(&self.hash(2, id.as_bytes()).to_be_bytes());
            bytes
        }))
    }

    fn hash(&self, purpose: u8, bytes: &[u8]) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write(&self.secret);
        hasher.write_u8(purpose);
        hasher.write(bytes);
        hasher.finish()
    }
}

/// How a request was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    /// By a STATUS without payload.
    Status(u16),
    /// By the state of the session: the answer to create.
    Create,
    /// By a message with the state of the session, which is kept until it is acknowledged: the answer to read.
    Read,
    /// By a STATUS with the servers for media: the answer to the create of a stream.
    Stream,
}

/// The last requests of a member, oldest first.
#[derive(Default)]
pub(crate) struct Remembered {
    ring: VecDeque<(RequestKey, Reply)>,
    /// Numbers of requests, counted from the first ever, by key. Empty while there are few of them.
    table: HashTable<u32>,
    /// The number of the first in the ring.
    first: u32,
}

/// Up to so many are searched one by one: most members make few requests.
const FEW: usize = 16;

impl Remembered {
    /// How a request was answered, if it is remembered.
    pub(crate) fn find(&self, key: RequestKey, hasher: &RequestHasher) -> Option<Reply> {
        if self.ring.len() <= FEW {
            return self.ring.iter().rev().find(|(k, _)| *k == key).map(|(_, reply)| *reply);
        }
        let number = *self.table.find(hasher.hash(0, &key.0), |&number| self.at(number).0 == key)?;
        Some(self.at(number).1)
    }

    /// Remembers a request that is not remembered yet, and forgets the oldest if they are more than `most`.
    pub(crate) fn insert(&mut self, key: RequestKey, reply: Reply, most: usize, hasher: &RequestHasher) {
        while self.ring.len() >= most.max(1) {
            self.forget_oldest(hasher);
        }
        let number = self.first.wrapping_add(self.ring.len() as u32);
        self.ring.push_back((key, reply));
        if self.ring.len() == FEW + 1 {
            for at in 0..FEW as u32 {
                self.index(self.first.wrapping_add(at), hasher);
            }
        }
        if self.ring.len() > FEW {
            self.index(number, hasher);
        }
    }

    fn forget_oldest(&mut self, hasher: &RequestHasher) {
        let Some((key, _)) = self.ring.pop_front() else { return };
        if self.ring.len() <= FEW {
            self.table.clear();
        } else if let Ok(entry) = self.table.find_entry(hasher.hash(0, &key.0), |&n| n == self.first) {
            entry.remove();
        }
        self.first = self.first.wrapping_add(1);
    }

    fn index(&mut self, number: u32, hasher: &RequestHasher) {
        let (ring, first) = (&self.ring, self.first);
        let hash_of = |&n: &u32| hasher.hash(0, &ring[n.wrapping_sub(first) as usize].0.0);
        self.table.insert_unique(hash_of(&number), number, hash_of);
    }

    fn at(&self, number: u32) -> &(RequestKey, Reply) {
        &self.ring[number.wrapping_sub(self.first) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher() -> RequestHasher {
        RequestHasher::new([7; 16])
    }

    #[test]
    fn the_last_requests_are_remembered_with_their_replies_and_older_ones_are_not() {
        for most in [1, 2, FEW - 1, FEW, FEW + 1, FEW + 2, 100] {
            let (mut remembered, hasher) = (Remembered::default(), hasher());
            for n in 0..500_u32 {
                let id = if n % 2 == 0 {
                    format!("{n:08x}-0000-4000-8000-000000000000")
                } else {
                    format!("odd {n}")
                };
                let key = hasher.key(&id);
                assert_eq!(remembered.find(key, &hasher), None, "{id}");
                remembered.insert(key, Reply::Status(n as u16), most, &hasher);
                for (back, past) in (0..=n).rev().enumerate() {
                    let id = if past % 2 == 0 {
                        format!("{past:08x}-0000-4000-8000-000000000000")
                    } else {
                        format!("odd {past}")
                    };
                    let expected = (back < most).then_some(Reply::Status(past as u16));
                    assert_eq!(remembered.find(hasher.key(&id), &hasher), expected, "{id} of {most} at {n}");
                    if back > most {
                        break;
                    }
                }
            }
        }
    }

    #[test]
    fn the_count_may_wrap_around() {
        let (mut remembered, hasher) =
            (Remembered { first: u32::MAX - 20, ..Remembered::default() }, hasher());
        for n in 0..60 {
            remembered.insert(hasher.key(&format!("r{n}")), Reply::Read, 30, &hasher);
        }
        assert_eq!(remembered.find(hasher.key("r59"), &hasher), Some(Reply::Read));
        assert_eq!(remembered.find(hasher.key("r30"), &hasher), Some(Reply::Read));
        assert_eq!(remembered.find(hasher.key("r29"), &hasher), None);
    }

    #[test]
    fn spellings_of_one_uuid_are_different_ids() {
        let hasher = hasher();
        let (lower, upper) = ("abcdef00-0000-4000-8000-000000000000", "ABCDEF00-0000-4000-8000-000000000000");
        assert_ne!(hasher.key(lower), hasher.key(upper));
        assert_eq!(hasher.key(upper), hasher.key(upper));
    }
}
