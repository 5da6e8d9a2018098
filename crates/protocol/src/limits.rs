//! Limits of signals and frames, with their sources, and the checks that apply them.
//!
//! There are two measures of signal data. Callers of the C and REST interfaces are measured in UTF-8 bytes
//! ([`check_data`]); what arrives over a WebSocket is measured the way the most generous client measures its own
//! ([`check_wire_data`]), because every client checks differently and none may be refused what it passed itself.

/// Longest signal type, in bytes of UTF-8. Native SDKs and REST document 128.
pub const MAX_SIGNAL_TYPE_BYTES: usize = 128;

/// Longest signal data that a C or REST caller may pass, in bytes of UTF-8. Documented as "8 KB".
pub const MAX_SIGNAL_DATA_BYTES: usize = 8192;

/// Longest string data that is accepted from a WebSocket, in Unicode scalar values.
pub const MAX_WIRE_DATA_CHARS: usize = 8192;

/// Longest data other than a string that is accepted from a WebSocket, in UTF-16 units of its compact JSON.
pub const MAX_WIRE_JSON_UTF16: usize = 8192;

/// Longest id that a relay takes from a client: connection, transaction and socket ids. Clients use UUIDs of 36 bytes;
/// a relay remembers thousands of them for each client, so that their length has to have a bound.
pub const MAX_ID_BYTES: usize = 128;

/// Most requests that a client has on their way without an answer. A relay remembers no fewer: what is sent again after a
/// loss would be new to it otherwise. 512 every 100 ms, as answers come on a long way, are five times what a relay takes in
/// the long run.
pub const MAX_REQUESTS_UNDER_WAY: u16 = 512;

/// Most messages that a relay keeps for a client until it acknowledges them. A client remembers the ids of somewhat more,
/// so that none is told twice when they are sent again, and holds as many that come before the session's state.
pub const MAX_KEPT_MESSAGES: u16 = 16_384;

/// Largest frame a relay takes from a client, in bytes. A legal signal can reach about 50 KiB when its sender
/// escapes all non-ASCII, and media descriptions are tens of KiB.
pub const MAX_RELAY_INBOUND_FRAME: usize = 256 * 1024;

/// Largest frame a client takes from a relay, in bytes. The state of a session of 15,000 clients is several MiB.
pub const MAX_CLIENT_INBOUND_FRAME: usize = 16 * 1024 * 1024;

/// Why a signal is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalLimitError {
    /// The type is longer than [`MAX_SIGNAL_TYPE_BYTES`].
    TypeTooLong,
    /// The type has a byte outside `A-Z a-z 0-9 - . _ ~`.
    TypeInvalid,
    /// The data is longer than the limit that applies.
    DataTooLong,
}

impl std::fmt::Display for SignalLimitError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TypeTooLong => "signal type is longer than 128 bytes",
            Self::TypeInvalid => "signal type has a character outside A-Z a-z 0-9 - . _ ~",
            Self::DataTooLong => "signal data is longer than 8192 bytes or characters",
        })
    }
}

impl std::error::Error for SignalLimitError {}

/// Checks a signal type given as raw bytes. The empty type means "no type" and passes.
pub fn check_type(kind: &[u8]) -> Result<(), SignalLimitError> {
    if kind.len() > MAX_SIGNAL_TYPE_BYTES {
        return Err(SignalLimitError::TypeTooLong);
    }
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    if kind.iter().all(allowed) { Ok(()) } else { Err(SignalLimitError::TypeInvalid) }
}

/// Checks signal data that a C or REST caller passed, given as raw bytes.
pub fn check_data(data: &[u8]) -> Result<(), SignalLimitError> {
    if data.len() > MAX_SIGNAL_DATA_BYTES { Err(SignalLimitError::DataTooLong) } else { Ok(()) }
}

/// Checks string data that arrived over a WebSocket, decoded.
pub fn check_wire_data(data: &str) -> Result<(), SignalLimitError> {
    // Bytes bound the count of characters from above, so that the usual signal is not counted at all.
    if data.len() <= MAX_WIRE_DATA_CHARS || data.chars().count() <= MAX_WIRE_DATA_CHARS {
        Ok(())
    } else {
        Err(SignalLimitError::DataTooLong)
    }
}

/// Checks data that is not a string and arrived over a WebSocket, given as compact JSON.
pub fn check_wire_json(json: &str) -> Result<(), SignalLimitError> {
    if json.len() <= MAX_WIRE_JSON_UTF16 || json.encode_utf16().count() <= MAX_WIRE_JSON_UTF16 {
        Ok(())
    } else {
        Err(SignalLimitError::DataTooLong)
    }
}
