//! What a member has been sent, or will be, and has not acknowledged.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::ids::Seq;

/// A message with its place. All receivers share its bytes.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) seq: Seq,
    pub(crate) bytes: Bytes,
}

/// Messages in the order of their places.
///
/// Clients acknowledge in order. One that does not costs itself room: what it acknowledges out of order gives up its
/// bytes at once, but its place only when everything before it is acknowledged too.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    messages: VecDeque<Slot>,
    bytes: usize,
}

#[derive(Debug)]
struct Slot {
    seq: Seq,
    /// `None` once acknowledged.
    bytes: Option<Bytes>,
}

/// Places that an emptied queue may go on holding memory for. Few: thousands of idle clients hold that much each, and a
/// busy one pays for a new queue only where it fell behind by more.
const SPARE: usize = 8;

impl Kept {
    /// Places taken.
    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Bytes of what is not acknowledged.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a message behind all others. Its place must be the highest.
    pub(crate) fn push(&mut self, message: Message) {
        debug_assert!(self.messages.back().is_none_or(|last| last.seq < message.seq));
        self.bytes += message.bytes.len();
        self.messages.push_back(Slot { seq: message.seq, bytes: Some(message.bytes) });
    }

    /// Adds a message before all others. Its place must be the lowest.
    pub(crate) fn push_front(&mut self, message: Message) {
        debug_assert!(self.messages.front().is_none_or(|first| message.seq < first.seq));
        self.bytes += message.bytes.len();
        self.messages.push_front(Slot { seq: message.seq, bytes: Some(message.bytes) });
    }

    /// Lets go of a message. Says whether it was there.
    pub(crate) fn acknowledge(&mut self, seq: Seq) -> bool {
        let first = self.messages.front().is_some_and(|slot| slot.seq == seq);
        let found = if first { Ok(0) } else { self.messages.binary_search_by_key(&seq, |slot| slot.seq) };
        let Ok(at) = found else { return false };
        let Some(bytes) = self.messages[at].bytes.take() else { return false };
        self.bytes -= bytes.len();
        while self.messages.front().is_some_and(|slot| slot.bytes.is_none()) {
            self.messages.pop_front();
        }
        if self.messages.is_empty() && self.messages.capacity() > SPARE {
            self.messages = VecDeque::new();
        }
        true
    }

    /// What is not acknowledged, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Bytes> {
        self.messages.iter().filter_map(|slot| slot.bytes.as_ref())
    }

    /// Lets go of everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(seq: u64) -> Message {
        Message { seq: Seq(seq), bytes: Bytes::from(vec![seq as u8; seq as usize]) }
    }

    fn contents(kept: &Kept) -> Vec<u8> {
        kept.iter().map(|bytes| bytes[0]).collect()
    }

    #[test]
    fn acknowledged_in_order_nothing_stays() {
        let mut kept = Kept::default();
        (1..=3).for_each(|seq| kept.push(message(seq)));
        assert_eq!((kept.len(), kept.bytes()), (3, 6));
        assert!(kept.acknowledge(Seq(1)));
        assert!(!kept.acknowledge(Seq(1)), "a second time it frees nothing");
        assert_eq!(contents(&kept), [2, 3]);
        assert!(kept.acknowledge(Seq(2)) && kept.acknowledge(Seq(3)));
        assert_eq!((kept.len(), kept.bytes()), (0, 0));
    }

    #[test]
    fn acknowledged_out_of_order_the_rest_keeps_its_order() {
        let mut kept = Kept::default();
        (2..=6).for_each(|seq| kept.push(message(seq)));
        kept.push_front(message(1));
        assert!(kept.acknowledge(Seq(4)) && kept.acknowledge(Seq(6)));
        assert!(!kept.acknowledge(Seq(4)));
        assert_eq!(contents(&kept), [1, 2, 3, 5]);
        assert_eq!(kept.len(), 6, "places are given up from the front only");
        (1..=3).for_each(|seq| assert!(kept.acknowledge(Seq(seq))));
        assert_eq!((contents(&kept), kept.len(), kept.bytes()), (vec![5], 2, 5));
    }

    #[test]
    fn an_emptied_queue_gives_its_memory_back() {
        let mut kept = Kept::default();
        (1..=10_000).for_each(|seq| kept.push(Message { seq: Seq(seq), bytes: Bytes::new() }));
        (1..=10_000).for_each(|seq| assert!(kept.acknowledge(Seq(seq))));
        assert!(kept.messages.capacity() <= SPARE);
    }
}
