//! Session ids: `1_` or `2_`, then base64url of fields joined by `~`.
//!
//! Server SDKs look into them to find the project, so an id that is not made this way serves nobody.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Longest id that is read, in bytes, as documented by the REST interface.
pub const MAX_LENGTH: usize = 255;

/// Ids are compared as they are written, so that bits which say nothing are no reason to refuse one.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// The parts of a session id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionId {
    /// `1_` or `2_`.
    pub prefix: &'static str,
    /// The version of the format; `1` in every id seen so far.
    pub version: String,
    /// The project: an API key, or an application id.
    pub partner: String,
    /// The location hint the session was created with; usually empty.
    pub location: String,
    /// When it was created: milliseconds since 1970, or a date in words in ids of 2014 and before.
    pub create_time: String,
    /// Whatever follows: a random part, then fields without a known meaning.
    pub rest: Vec<String>,
}

impl SessionId {
    /// When the session was created, in milliseconds since 1970; `None` for ids that say it in words.
    pub fn create_time_ms(&self) -> Option<u64> {
        self.create_time.parse().ok()
    }
}

/// Why a text is not a session id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionIdError {
    reason: &'static str,
}

impl SessionIdError {
    /// The short name of the reason: `bad_format`, as there is only one.
    pub fn name(self) -> &'static str {
        "bad_format"
    }
}

impl std::fmt::Display for SessionIdError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "session id {}", self.reason)
    }
}

impl std::error::Error for SessionIdError {}

/// Reads a session id.
pub fn decode(id: &str) -> Result<SessionId, SessionIdError> {
    let refuse = |reason| SessionIdError { reason };
    if id.len() > MAX_LENGTH {
        return Err(refuse("is longer than 255 bytes"));
    }
    let (prefix, encoded) = if let Some(rest) = id.strip_prefix("1_") {
        ("1_", rest)
    } else if let Some(rest) = id.strip_prefix("2_") {
        ("2_", rest)
    } else {
        return Err(refuse("does not begin with 1_ or 2_"));
    };
    let bytes = BASE64URL.decode(encoded).map_err(|_| refuse("is not base64url after its prefix"))?;
    let text = String::from_utf8(bytes).map_err(|_| refuse("does not hold text"))?;
    let mut fields = text.split('~').map(str::to_owned);
    let too_few = || refuse("has fewer than 4 fields");
    let mut next = || fields.next().ok_or_else(too_few);
    let (version, partner, location, create_time) = (next()?, next()?, next()?, next()?);
    if partner.is_empty() {
        return Err(refuse("names no project"));
    }
    Ok(SessionId { prefix, version, partner, location, create_time, rest: fields.collect() })
}

/// Makes a session id for a project: `1~partner~~now~random~~`, the shape that all server SDKs can read.
///
/// `partner` must not contain `~`. `random` is what makes the id unguessable; 18 bytes give the usual 24 characters.
pub fn mint(partner: &str, now_ms: u64, random: &[u8]) -> String {
    // The alphabet of the random part must not contain the separator; that of base64url does not.
    let random = BASE64URL.encode(random);
    format!("1_{}", BASE64URL.encode(format!("1~{partner}~~{now_ms}~{random}~~")))
}

/// Whether a session belongs to this project. An id that cannot be read belongs to none.
pub(crate) fn belongs_to(id: &str, partner: &str) -> bool {
    decode(id).is_ok_and(|id| same_partner(&id.partner, partner))
}

/// Whether two texts name the same project or application.
///
/// Application ids are UUIDs, which some programs write in upper case. API keys are compared as they are: they are chosen
/// freely, and `Room` and `room` may be two projects.
pub fn same_partner(a: &str, b: &str) -> bool {
    a == b || (is_uuid(a) && a.eq_ignore_ascii_case(b))
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minted_id_names_its_project_and_time() {
        let id = decode(&mint("100", 1_700_000_000_123, &[7; 18])).unwrap();
        assert_eq!((id.prefix, &*id.version, &*id.partner, &*id.location), ("1_", "1", "100", ""));
        assert_eq!(id.create_time_ms(), Some(1_700_000_000_123));
        assert_eq!(id.rest.len(), 3);
        assert_eq!(id.rest[0].len(), 24);
    }

    #[test]
    fn an_id_longer_than_documented_is_refused_before_it_is_decoded() {
        let long = mint("100", 0, &[0; 200]);
        assert!(long.len() > MAX_LENGTH);
        assert_eq!(decode(&long).unwrap_err().to_string(), "session id is longer than 255 bytes");
    }
}
