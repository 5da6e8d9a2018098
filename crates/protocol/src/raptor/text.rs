//! JSON strings: into JSON, and out of JSON that a parser has already accepted.
//!
//! JavaScript strings may hold halves of surrogate pairs, and its encoder writes them as escapes (`"\ud800"`). Such
//! text is legal JSON that no UTF-8 string can hold. It passes through relays as it is spelt; where a string has to
//! come out of it, U+FFFD stands for each half.

use std::borrow::Cow;

use bytes::{BufMut, BytesMut};
use memchr::memchr;

/// Text is looked at in pieces of this length, each tested as a whole: nearly all need no escapes.
const CHUNK: usize = 32;

/// The widest escape: `\u0001`.
const WIDEST: usize = 6;

/// The letter of the two-byte escape of a byte that has one.
const fn short_escape(byte: u8) -> Option<u8> {
    match byte {
        b'"' | b'\\' => Some(byte),
        b'\n' => Some(b'n'),
        b'\r' => Some(b'r'),
        b'\t' => Some(b't'),
        0x08 => Some(b'b'),
        0x0c => Some(b'f'),
        _ => None,
    }
}

/// What each byte needs in a JSON string, escapes included.
const WIDTHS: [u8; 256] = {
    let mut widths = [1; 256];
    let mut byte = 0;
    while byte < 256 {
        if short_escape(byte as u8).is_some() {
            widths[byte] = 2;
        } else if byte < 0x20 {
            widths[byte] = WIDEST as u8;
        }
        byte += 1;
    }
    widths
};

fn is_plain(chunk: &[u8]) -> bool {
    // No early exit, so that the compiler can test many bytes at a time.
    !chunk.iter().fold(false, |found, &b| found | (b < 0x20) | (b == b'"') | (b == b'\\'))
}

/// The length of a string in JSON, without its quotes.
pub(super) fn escaped_len(text: &str) -> usize {
    let chunk_len = |chunk: &[u8]| match is_plain(chunk) {
        true => chunk.len(),
        false => chunk.iter().map(|&byte| usize::from(WIDTHS[usize::from(byte)])).sum(),
    };
    text.as_bytes().chunks(CHUNK).map(chunk_len).sum()
}

/// Writes a string as JSON, without its quotes, the way JavaScript's encoder does.
pub(super) fn put_escaped(out: &mut BytesMut, text: &str) {
    for chunk in text.as_bytes().chunks(CHUNK) {
        if is_plain(chunk) {
            out.put_slice(chunk);
        } else {
            put_escaped_chunk(out, chunk);
        }
    }
}

/// Escapes on the stack first: appending byte by byte would check for room each time.
fn put_escaped_chunk(out: &mut BytesMut, chunk: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut buffer = [0; CHUNK * WIDEST];
    let mut used = 0;
    for &byte in chunk {
        match WIDTHS[usize::from(byte)] {
            1 => buffer[used] = byte,
            2 => {
                buffer[used] = b'\\';
                buffer[used + 1] = short_escape(byte).unwrap_or(byte);
            }
            _ => {
                let [high, low] = [byte >> 4, byte & 0xf].map(|digit| DIGITS[usize::from(digit)]);
                buffer[used..used + WIDEST].copy_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            }
        }
        used += usize::from(WIDTHS[usize::from(byte)]);
    }
    out.put_slice(&buffer[..used]);
}

/// The string that JSON text without its quotes stands for. It is borrowed where there are no escapes.
pub(super) fn unescape(json: &str) -> Cow<'_, str> {
    let Some(first) = memchr(b'\\', json.as_bytes()) else { return Cow::Borrowed(json) };
    let mut out = String::with_capacity(json.len());
    let (plain, mut rest) = json.split_at(first);
    out.push_str(plain);
    while let Some(escape) = Escape::read(rest) {
        out.push(escape.meaning);
        let after = &rest[escape.length..];
        let (plain, next) = after.split_at(memchr(b'\\', after.as_bytes()).unwrap_or(after.len()));
        out.push_str(plain);
        rest = next;
    }
    Cow::Owned(out)
}

/// Replaces each escaped half of a surrogate pair by an escaped U+FFFD; `None` if there is none.
pub(super) fn without_lone_surrogates(json: &str) -> Option<String> {
    let mut out = String::new();
    let (mut copied, mut at) = (0, 0);
    while let Some(offset) = memchr(b'\\', &json.as_bytes()[at..]) {
        at += offset;
        let escape = Escape::read(&json[at..])?;
        if escape.is_lone_surrogate {
            out.push_str(&json[copied..at]);
            out.push_str("\\ufffd");
            copied = at + escape.length;
        }
        at += escape.length;
    }
    if copied == 0 {
        return None;
    }
    out.push_str(&json[copied..]);
    Some(out)
}

/// An escape at the beginning of a text.
struct Escape {
    meaning: char,
    length: usize,
    is_lone_surrogate: bool,
}

impl Escape {
    /// Reads it; `None` where the text is over. What a parser would not have accepted reads as U+FFFD.
    fn read(text: &str) -> Option<Self> {
        let letter = text.strip_prefix('\\')?.chars().next()?;
        let meaning = match letter {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return Some(Self::read_unicode(text)),
            other => other,
        };
        Some(Self { meaning, length: 1 + letter.len_utf8(), is_lone_surrogate: false })
    }

    fn read_unicode(text: &str) -> Self {
        const LENGTH: usize = 6;
        let first = unit(text);
        let second = text.get(LENGTH..).and_then(unit);
        if let (Some(high @ 0xd800..0xdc00), Some(low @ 0xdc00..0xe000)) = (first, second) {
            let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            let meaning = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            return Self { meaning, length: 2 * LENGTH, is_lone_surrogate: false };
        }
        match first {
            Some(code) => {
                let meaning = char::from_u32(code);
                Self {
                    meaning: meaning.unwrap_or(char::REPLACEMENT_CHARACTER),
                    length: LENGTH,
                    is_lone_surrogate: meaning.is_none(),
                }
            }
            None => Self { meaning: char::REPLACEMENT_CHARACTER, length: 2, is_lone_surrogate: false },
        }
    }
}

/// The UTF-16 unit of an escape `\uXXXX` at the beginning of a text.
fn unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.chars().try_fold(0, |value, digit| Some(value << 4 | digit.to_digit(16)?))
}

/// JSON text without the white space between its tokens. Strings and numbers keep their spelling.
pub(super) fn compact(json: &str) -> Cow<'_, str> {
    let mut out: Option<String> = None;
    let (mut copied, mut at) = (0, 0);
    let bytes = json.as_bytes();
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => at += string_len(&bytes[at..]),
            b' ' | b'\t' | b'\n' | b'\r' => {
                out.get_or_insert_default().push_str(&json[copied..at]);
                at += 1;
                copied = at;
            }
            _ => at += 1,
        }
    }
    match out {
        None => Cow::Borrowed(json),
        Some(mut out) => {
            out.push_str(&json[copied..]);
            Cow::Owned(out)
        }
    }
}

/// The length of the JSON string at the beginning of a text, quotes included.
fn string_len(bytes: &[u8]) -> usize {
    let mut at = 1;
    loop {
        match bytes.get(at) {
            None => return bytes.len(),
            Some(b'"') => return at + 1,
            Some(b'\\') => at = (at + 2).min(bytes.len()),
            Some(_) => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn halves_of_surrogate_pairs_read_as_replacement_characters() {
        assert_eq!(unescape(r"a\ud800b"), "a\u{fffd}b");
        assert_eq!(unescape(r"\udc00\ud800"), "\u{fffd}\u{fffd}");
        assert_eq!(unescape(r"\ud800\ud83d\ude00"), "\u{fffd}😀");
        assert_eq!(unescape(r"\ud83d\ude00\ude00"), "😀\u{fffd}");
        assert_eq!(unescape(r"\ud800\n"), "\u{fffd}\n");
    }

    #[test]
    fn only_halves_of_surrogate_pairs_are_replaced() {
        assert_eq!(without_lone_surrogates(r#"{"a":"\ud83d\ude00\\ud800\n"}"#), None);
        assert_eq!(
            without_lone_surrogates(r#"["\ud800x","\\\udc00"]"#).unwrap(),
            r#"["\ufffdx","\\\ufffd"]"#
        );
    }

    #[test]
    fn white_space_goes_from_between_tokens_and_stays_in_strings() {
        assert_eq!(compact(" { \"a b\" :\t[1 ,\r\n\"\\\" c\"] } "), "{\"a b\":[1,\"\\\" c\"]}");
        assert!(matches!(compact(r#"{"a b":1}"#), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn strings_are_written_and_read_as_a_json_library_does(text in any::<String>()) {
            let mut out = BytesMut::new();
            put_escaped(&mut out, &text);
            let quoted = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(std::str::from_utf8(&out).unwrap(), &quoted[1..quoted.len() - 1]);
            prop_assert_eq!(escaped_len(&text), out.len());
            prop_assert_eq!(unescape(std::str::from_utf8(&out).unwrap()), text);
        }

        #[test]
        fn no_text_breaks_the_readers(text in r#"([\\"u{} \n]|[0-9a-fA-F]|.)*"#) {
            let _ = unescape(&text);
            let _ = compact(&text);
            if let Some(mended) = without_lone_surrogates(&text) {
                prop_assert_eq!(without_lone_surrogates(&mended), None);
            }
        }
    }
}
