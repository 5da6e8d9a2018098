//! Session ids: the fields that are read are those that are there.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use otc_protocol::session_id;

/// Checks one input.
///
/// # Panics
///
/// When something reads wrongly.
pub fn check(input: &[u8]) {
    let Ok(input) = std::str::from_utf8(input) else { return };
    let Ok(id) = session_id::decode(input) else { return };
    assert!(!id.partner.is_empty());
    let mut fields =
        vec![id.version.clone(), id.partner.clone(), id.location.clone(), id.create_time.clone()];
    fields.extend(id.rest.iter().cloned());
    let again = format!("{}{}", id.prefix, URL_SAFE_NO_PAD.encode(fields.join("~")));
    assert_eq!(session_id::decode(&again), Ok(id));
}
