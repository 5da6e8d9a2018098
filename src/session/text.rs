//! Lines for people.
#![forbid(unsafe_code)]

/// Longest foreign text in a line, in characters: a peer's words may be a page.
const MAX_FOREIGN_CHARS: usize = 200;
/// Longest account of a link that could not be opened: room for an address, a cause and a hint, whose lengths the
/// transport bounds one by one.
const MAX_FAILURE_CHARS: usize = 800;

/// A peer's words as part of a line: no line breaks, not too long, and without `secret` should they hold it.
pub(super) fn foreign(words: &str, secret: &str) -> String {
    line(words, secret, MAX_FOREIGN_CHARS)
}

/// What the transport says about a link that could not be opened, cleaned like [`foreign`] words.
pub(super) fn open_failure(words: &str, secret: &str) -> String {
    line(words, secret, MAX_FAILURE_CHARS)
}

fn line(words: &str, secret: &str, longest: usize) -> String {
    let words = if secret.is_empty() { words.to_owned() } else { words.replace(secret, "[secret]") };
    let mut line: String =
        words.chars().take(longest).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if words.chars().nth(longest).is_some() {
        line.push_str("...");
    }
    line
}

/// `: words`, or nothing if there are none.
pub(super) fn because(words: &str, secret: &str) -> String {
    if words.trim().is_empty() { String::new() } else { format!(": {}", foreign(words.trim(), secret)) }
}

/// What was waited for to the last, as the end of a line; nothing if that is not known.
pub(super) fn waiting_for(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(", waiting for {}", open_failure(words, "")) }
}

/// An address without what is secret in it: user name, password, query.
pub(super) fn public_url(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or("");
    let shown = match url.split_once("://") {
        Some((scheme, rest)) => {
            let host_end = rest.find('/').unwrap_or(rest.len());
            let host_start = rest[..host_end].rfind('@').map_or(0, |at| at + 1);
            format!("{scheme}://{}", &rest[host_start..])
        }
        None => url.to_owned(),
    };
    foreign(&shown, "")
}

/// A duration in seconds, with one decimal where that says more.
pub(super) fn seconds(duration: std::time::Duration) -> String {
    let tenths = duration.as_millis() / 100;
    if tenths.is_multiple_of(10) {
        format!("{} s", tenths / 10)
    } else {
        format!("{}.{} s", tenths / 10, tenths % 10)
    }
}
