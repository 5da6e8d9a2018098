//! What the targets for credentials share.
//!
//! Random bytes never carry a valid signature, so most inputs are signed here first: what is then tested is the
//! reading of claims, not the refusal of forgeries. The first byte of an input says what the rest is.
#![forbid(unsafe_code)]

pub mod check;
pub mod json;
#[cfg(test)]
mod replay;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use otc_protocol::token::{Keys, PublicKey, Secret};
use ring::hmac;

/// The time at which credentials are judged, in seconds since 1970.
pub const NOW: u64 = 1_700_000_000;

/// The session that client tokens are for. It belongs to project `100`.
pub const SESSION: &str = "1_MX4xMDB-fjE3MDAwMDAwMDAwMDB-YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4fn4";

const SECRET: &str = "secret";

/// One project, `100`.
pub struct Project([Secret; 1]);

impl Project {
    /// Prepares the secret.
    pub fn new() -> Self {
        Self([Secret::new(SECRET)])
    }

    /// The secret.
    pub fn secret(&self) -> &Secret {
        &self.0[0]
    }
}

impl Default for Project {
    fn default() -> Self {
        Self::new()
    }
}

impl Keys for Project {
    fn project_secrets(&self, api_key: &str) -> Option<&[Secret]> {
        (api_key == "100").then_some(&self.0)
    }

    fn application_key(&self, _: &str) -> Option<&PublicKey> {
        None
    }
}

/// The credential that an input stands for.
///
/// * `t`: a `T1==` token of the fields that follow, signed.
/// * `j`: a JWT of a header, a line feed and claims, signed.
/// * anything else: the credential itself.
pub fn credential(input: &[u8]) -> Option<String> {
    match input.split_first()? {
        (b't', fields) => {
            let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, SECRET.as_bytes());
            let signature: String =
                hmac::sign(&key, fields).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
            let mut body = format!("partner_id=100&sig={signature}:").into_bytes();
            body.extend(fields);
            Some(format!("T1=={}", STANDARD.encode(body)))
        }
        (b'j', segments) => {
            let mut segments = segments.splitn(2, |&byte| byte == b'\n');
            let (header, claims) = (segments.next()?, segments.next()?);
            let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
            let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
            let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes()));
            Some(format!("{signed}.{signature}"))
        }
        _ => Some(std::str::from_utf8(input).ok()?.to_owned()),
    }
}
