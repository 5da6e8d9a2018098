//! Names that the hub gives: rooms, members, and the messages it queues.

use std::fmt::Write as _;

/// A room, in the order of opening; never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RoomId(pub(crate) u64);

/// A member of a room. Numbers grow in the order of entering and are never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MemberKey {
    pub(crate) room: RoomId,
    pub(crate) number: u64,
}

/// The place of a message in everything that a hub queues. Its transaction id spells it, so that an acknowledgement
/// leads back to it without a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seq(pub(crate) u64);

/// Length of an id in text.
const TEXT: usize = 36;
/// Bits of the second half that count; the two above them are the variant of a uuid.
const COUNTED: u64 = (1 << 62) - 1;
const VARIANT: u64 = 1 << 63;

/// Makes transaction ids: version 4 uuids to look at, in truth a part that differs between hubs and a count.
pub(crate) struct Ids {
    high: u64,
    last: u64,
}

impl Ids {
    /// `salt` should differ from that of any other hub that a client may meet.
    pub(crate) fn new(salt: [u8; 8]) -> Self {
        const VERSION_4: u64 = 0x4000;
        Self { high: u64::from_be_bytes(salt) & !0xf000 | VERSION_4, last: 0 }
    }

    /// The next place.
    pub(crate) fn next(&mut self) -> Seq {
        self.last += 1;
        Seq(self.last)
    }

    /// The place given last.
    pub(crate) fn last(&self) -> Seq {
        Seq(self.last)
    }

    /// A place as text.
    pub(crate) fn text(&self, seq: Seq) -> String {
        let (high, low) = (self.high, VARIANT | seq.0 & COUNTED);
        let mut text = String::with_capacity(TEXT);
        let written = write!(
            text,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff,
        );
        debug_assert!(written.is_ok(), "strings take whatever is written");
        text
    }

    /// The place that a text spells, if this hub made it.
    pub(crate) fn seq(&self, text: &str) -> Option<Seq> {
        let bytes = uuid_bytes(text)?;
        let value = u128::from_be_bytes(bytes);
        let (high, low) = ((value >> 64) as u64, value as u64);
        (high == self.high && low & !COUNTED == VARIANT).then_some(Seq(low & COUNTED))
    }
}

/// The bytes of a uuid in its usual spelling; `None` for any other text, a different spelling included.
pub(crate) fn uuid_bytes(text: &str) -> Option<[u8; 16]> {
    let text = text.as_bytes();
    if text.len() != TEXT || [8, 13, 18, 23].iter().any(|&at| text[at] != b'-') {
        return None;
    }
    let mut digits = text.iter().filter(|&&c| c != b'-').map(|c| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    });
    let mut bytes = [0; 16];
    for byte in &mut bytes {
        *byte = digits.next()?? << 4 | digits.next()??;
    }
    Some(bytes)
}

/// Whether a client may name itself or a stream so: ids stand in URIs, addresses and JSON.
pub(crate) fn is_usable(id: &str, longest: usize) -> bool {
    !id.is_empty()
        && id.len() <= longest
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transaction_ids_look_like_version_4_uuids_and_lead_back() {
        let mut ids = Ids::new([0xff; 8]);
        for _ in 0..300 {
            let seq = ids.next();
            let text = ids.text(seq);
            assert_eq!(text.len(), 36);
            assert_eq!(&text[14..15], "4", "{text}");
            assert!(matches!(&text[19..20], "8" | "9" | "a" | "b"), "{text}");
            assert_eq!(ids.seq(&text), Some(seq));
            assert_eq!(ids.last(), seq);
        }
    }

    #[test]
    fn ids_of_other_hubs_and_other_texts_lead_nowhere() {
        let (mut one, mut other) = (Ids::new([1; 8]), Ids::new([2; 8]));
        let text = other.text(other.last());
        let _ = (one.next(), other.next());
        assert_eq!(one.seq(&text), None);
        for text in [
            "",
            "x",
            "00000000-0000-0000-0000-00000000000",
            "0000000000000000000000000000000000000",
            "0000000g-0000-4000-8000-000000000000",
            "ABCDEF00-0000-4000-8000-000000000000",
            "-000000-0000-4000-8000-0000000000000",
        ] {
            assert_eq!(one.seq(text), None, "{text}");
        }
        assert_eq!(uuid_bytes("0000000é-000-4000-8000-000000000000"), None);
    }

    #[test]
    fn usable_ids_need_no_escaping_anywhere() {
        assert!(is_usable("11111111-1111-4111-8111-111111111111", 255));
        assert!(is_usable("A.b_c~d:e", 9));
        for (id, longest) in [("", 255), ("abc", 2), ("a/b", 255), ("a\"", 255), ("é", 255), ("a b", 255)] {
            assert!(!is_usable(id, longest), "{id:?}");
        }
    }
}
