//! Public keys, from PEM or, for inputs that are no text, from the DER inside.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use otc_protocol::token::{PrivateKey, PublicKey};

/// Checks one input.
///
/// # Panics
///
/// When something reads wrongly.
pub fn check(input: &[u8]) {
    let text = match std::str::from_utf8(input) {
        Ok(text) if text.starts_with('-') => text.to_owned(),
        _ => format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(input)),
    };
    if let Err(error) = PublicKey::from_pem(&text) {
        assert!(!error.to_string().is_empty());
    }
    let _ = PrivateKey::from_pem(&text);
}
