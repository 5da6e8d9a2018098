//! Changes texts with JSON in them as JSON: a value for another, a member twice, a value inside a list.
//!
//! Bytes changed at random rarely are JSON any more, and readers of JSON see little but syntax errors. This finds what
//! looks like a value, whatever stands around it, so that it helps with whole documents, with several in one input, and
//! with broken ones.

use std::ops::Range;

use fastrand::Rng;

/// Where the parts of a text are.
#[derive(Debug, Default, PartialEq)]
struct Parts {
    /// Values, those inside others included.
    values: Vec<Range<usize>>,
    /// Elements of lists, and members of objects from their names on.
    entries: Vec<Range<usize>>,
    /// Names of members, in quotes.
    names: Vec<Range<usize>>,
}

/// What stands open while a text is read.
struct Open {
    /// Where its bracket is.
    begin: usize,
    /// Where the name began whose value comes next.
    name: Option<usize>,
}

impl Parts {
    fn find(text: &[u8]) -> Self {
        let mut parts = Self::default();
        let mut open = vec![Open { begin: 0, name: None }];
        let mut at = 0;
        while at < text.len() {
            let begin = at;
            at += 1;
            match text[begin] {
                b'{' | b'[' => open.push(Open { begin, name: None }),
                b'}' | b']' if open.len() > 1 => {
                    let inner = open.pop().expect("there are two");
                    parts.value(inner.begin..at, &mut open);
                }
                b'"' => {
                    at = end_of_string(text, at);
                    let next = text[at..].iter().find(|byte| !byte.is_ascii_whitespace());
                    if next == Some(&b':') {
                        parts.names.push(begin..at);
                        open.last_mut().expect("never empty").name = Some(begin);
                    } else {
                        parts.value(begin..at, &mut open);
                    }
                }
                byte if is_word(byte) => {
                    at += text[at..].iter().take_while(|byte| is_word(**byte)).count();
                    parts.value(begin..at, &mut open);
                }
                _ => {}
            }
        }
        parts
    }

    fn value(&mut self, value: Range<usize>, open: &mut [Open]) {
        let name = open.last_mut().and_then(|open| open.name.take());
        self.entries.push(name.unwrap_or(value.start)..value.end);
        self.values.push(value);
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
}

fn end_of_string(text: &[u8], mut at: usize) -> usize {
    while at < text.len() {
        match text[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

/// Values of every kind, and those at the edges of what is a number or a text.
const VALUES: [&str; 36] = [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1",
    "-1",
    "7.25",
    "-0.5",
    "1e3",
    "1E-3",
    "1e400",
    "1e-400",
    "0.1e+1",
    "123456789012345678901234567890",
    "0.12345678901234567890123456789",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "01",
    "1.",
    "-",
    "\"\"",
    "\"a\"",
    "\"1\"",
    r#""\"\\\/\b\f\n\r\t""#,
    r#""\u0041\u00e9\u20ac""#,
    r#""\ud83d\ude00""#,
    r#""\ud83d""#,
    r#""\ude00\ud83d""#,
    "[]",
    "{}",
];

fn made(rng: &mut Rng) -> Vec<u8> {
    let any = |rng: &mut Rng| VALUES[rng.usize(..VALUES.len())];
    match rng.u8(..8) {
        0 => rng.u64(..).to_string().into(),
        1 => rng.i64(..).to_string().into(),
        2 => format!("[{},{}]", any(rng), any(rng)).into(),
        3 => format!("{{\"{}\":{}}}", rng.alphabetic(), any(rng)).into(),
        4 => [&b"["[..], any(rng).as_bytes(), b"]"].concat(),
        _ => any(rng).into(),
    }
}

/// One change. `None`: the text has nothing to change in this way.
fn change(text: &[u8], rng: &mut Rng) -> Option<Vec<u8>> {
    let parts = Parts::find(text);
    let one =
        |of: &[Range<usize>], rng: &mut Rng| (!of.is_empty()).then(|| of[rng.usize(..of.len())].clone());
    let put = |place: Range<usize>, new: &[u8]| [&text[..place.start], new, &text[place.end..]].concat();
    let value = one(&parts.values, rng)?;
    let entry = one(&parts.entries, rng)?;
    Some(match rng.u8(..12) {
        0..4 => put(value, &made(rng)),
        4 => {
            let other = one(&parts.values, rng)?;
            put(value, &text[other])
        }
        5 => {
            let (name, other) = (one(&parts.names, rng)?, one(&parts.names, rng)?);
            put(name, &text[other])
        }
        // An entry once more, here or somewhere else.
        6 => put(entry.end..entry.end, &[b",", &text[entry.clone()]].concat()),
        7 => {
            let other = one(&parts.entries, rng)?;
            put(entry.end..entry.end, &[b",", &text[other]].concat())
        }
        8 => put(without(text, entry), b""),
        9 => put(value.clone(), &[b"[", &text[value], b"]"].concat()),
        10 => put(value.clone(), &[b"{\"a\":", &text[value], b"}"].concat()),
        _ => {
            let space = [" ", "\t", "\r\n"][rng.usize(..3)];
            let place = if rng.bool() { value.start } else { value.end };
            put(place..place, space.as_bytes())
        }
    })
}

/// An entry with the comma that it leaves behind.
fn without(text: &[u8], entry: Range<usize>) -> Range<usize> {
    if text.get(entry.end) == Some(&b',') {
        entry.start..entry.end + 1
    } else if entry.start > 0 && text[entry.start - 1] == b',' {
        entry.start - 1..entry.end
    } else {
        entry
    }
}

/// Changes the first `size` bytes of `data`, which may become `max_size`; returns how many they are then. Half of the
/// time that is left to `usual`, which knows nothing of JSON; so is what has none in it.
pub fn mutate(
    data: &mut [u8],
    size: usize,
    max_size: usize,
    seed: u32,
    usual: impl FnOnce(&mut [u8], usize, usize) -> usize,
) -> usize {
    let mut rng = Rng::with_seed(seed.into());
    if rng.bool() {
        return usual(data, size, max_size);
    }
    let mut text = None;
    for _ in 0..rng.usize(1..4) {
        let Some(next) = change(text.as_deref().unwrap_or(&data[..size]), &mut rng) else { break };
        text = Some(next);
    }
    match text {
        Some(text) if text.len() <= max_size => {
            data[..text.len()].copy_from_slice(&text);
            text.len()
        }
        _ => usual(data, size, max_size),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"x {"a":[1,"b\"",{}],"c" : true} y"#;

    fn texts(of: &[Range<usize>]) -> Vec<&'static str> {
        of.iter().map(|part| &TEXT[part.clone()]).collect()
    }

    #[test]
    fn parts_are_found_whatever_stands_around_them() {
        let parts = Parts::find(TEXT.as_bytes());
        let whole = r#"{"a":[1,"b\"",{}],"c" : true}"#;
        let list = r#"[1,"b\"",{}]"#;
        assert_eq!(texts(&parts.values), ["x", "1", r#""b\"""#, "{}", list, "true", whole, "y"]);
        assert_eq!(texts(&parts.names), [r#""a""#, r#""c""#]);
        assert_eq!(
            texts(&parts.entries),
            ["x", "1", r#""b\"""#, "{}", r#""a":[1,"b\"",{}]"#, r#""c" : true"#, whole, "y"]
        );
    }

    #[test]
    fn broken_texts_have_parts_too() {
        for broken in [&b"\""[..], b"\"\\", b"]]}", b"[[{", b"{\"a\":", b"\xff\xfe", b""] {
            for seed in 0..100 {
                let mut data = [0; 64];
                data[..broken.len()].copy_from_slice(broken);
                let size = mutate(&mut data, broken.len(), 64, seed, |_, size, _| size);
                assert!(size <= 64);
            }
        }
    }

    #[test]
    fn changes_follow_from_the_seed_keep_to_the_size_and_mostly_stay_json() {
        let text = br#"{"a":[1,"b",{}],"c":true}"#;
        let changed = |seed, max_size| {
            let mut data = [0; 256];
            data[..text.len()].copy_from_slice(text);
            let size = mutate(&mut data, text.len(), max_size, seed, |_, size, _| size);
            data[..size].to_vec()
        };
        let (mut other, mut json) = (0, 0);
        for seed in 0..1000 {
            let now = changed(seed, 256);
            assert_eq!(now, changed(seed, 256), "{seed}");
            assert!(changed(seed, text.len()).len() <= text.len(), "{seed}");
            if now != text {
                other += 1;
                json += i32::from(serde_json::from_slice::<serde::de::IgnoredAny>(&now).is_ok());
            }
        }
        assert!(other > 400 && json > other / 2, "{json} of {other}");
    }
}
