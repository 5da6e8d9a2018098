//! Everything that must be unguessable or differ from client to client, from one seed.
#![forbid(unsafe_code)]

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::event::{InfoId, LinkId};

/// The source of ids and jitter.
pub(super) struct Ids {
    random: ChaCha12Rng,
    links: u64,
    infos: u64,
}

impl Ids {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        Self { random: ChaCha12Rng::from_seed(seed), links: 0, infos: 0 }
    }

    /// A version-4 UUID in lower case.
    pub(super) fn uuid(&mut self) -> String {
        let (head, tail) = (self.uuid_head(), self.random.next_u64());
        format!("{head}{:012x}", tail & TAIL_MASK)
    }

    /// UUIDs that differ from all others in their head and from each other in their tail.
    pub(super) fn series(&mut self) -> Series {
        Series { head: self.uuid_head() }
    }

    /// A number in `0.0..1.0`.
    pub(super) fn jitter(&mut self) -> f64 {
        f64::from(self.random.next_u32()) / (f64::from(u32::MAX) + 1.0)
    }

    /// A key for hashing what a peer chose.
    pub(super) fn key(&mut self) -> u64 {
        self.random.next_u64()
    }

    pub(super) fn next_link(&mut self) -> LinkId {
        self.links += 1;
        LinkId(self.links)
    }

    pub(super) fn next_info(&mut self) -> InfoId {
        self.infos += 1;
        InfoId(self.infos)
    }

    /// The latest link, if there ever was one.
    pub(super) fn last_link(&self) -> Option<LinkId> {
        (self.links > 0).then_some(LinkId(self.links))
    }

    /// The latest session info request, if there ever was one.
    pub(super) fn last_info(&self) -> Option<InfoId> {
        (self.infos > 0).then_some(InfoId(self.infos))
    }

    /// All of a UUID but its last group: 74 random bits, version and variant.
    fn uuid_head(&mut self) -> String {
        let random = self.random.next_u64();
        let more = self.random.next_u32();
        let (a, b, c) = (random >> 32, (random >> 16) & 0xffff, random & 0xfff);
        let variant = 0x8000 | (more & 0x3fff);
        format!("{a:08x}-{b:04x}-4{c:03x}-{variant:04x}-")
    }
}

/// The bits of a UUID's last group.
const TAIL_MASK: u64 = 0xffff_ffff_ffff;

/// Ids that look like UUIDs and count in their last group, so that an answer leads to its request without a search.
pub(super) struct Series {
    head: String,
}

impl Series {
    /// The id with this number. Numbers beyond 48 bits do not occur: that is a million a second for nine years.
    pub(super) fn text(&self, number: u64) -> String {
        format!("{}{:012x}", self.head, number & TAIL_MASK)
    }

    /// The number of an id of this series.
    pub(super) fn number(&self, id: &str) -> Option<u64> {
        let tail = id.strip_prefix(&*self.head)?;
        let wellformed = tail.len() == 12 && tail.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if wellformed { u64::from_str_radix(tail, 16).ok() } else { None }
    }
}
