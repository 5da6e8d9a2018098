//! REST credentials: what opens REST does not open a session, and the other way round.

use crate::{NOW, Project, SESSION, credential};
use otc_protocol::token::{RestCredential, verify_client, verify_rest};

/// Checks one input.
///
/// # Panics
///
/// When something reads wrongly.
pub fn check(input: &[u8]) {
    let Some(text) = credential(input) else { return };
    let keys = Project::new();
    for credential in [
        RestCredential::Project(&text),
        RestCredential::Application(&text),
        RestCredential::KeyAndSecret(&text),
    ] {
        if let Ok(claims) = verify_rest(credential, None, &keys, NOW) {
            assert_eq!(claims.partner_id, "100");
            assert!(verify_client(&text, SESSION, None, &keys, NOW).is_err());
            assert!(verify_rest(credential, Some("200"), &keys, NOW).is_err());
        }
    }
}
