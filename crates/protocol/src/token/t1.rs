//! Tokens of the older kind: `T1==`, then base64 of `partner_id=…&sig=…:` and the signed fields.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::claims::{ClientClaims, TokenKind, check_expiry, role};
use super::error::TokenError;
use super::key::{Keys, Secret};

/// What every such token begins with.
pub(super) const SENTINEL: &str = "T1==";

/// Some programs drop the padding.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Length of a signature, in bytes.
const SIGNATURE: usize = 20;

/// Checks everything but the session. `body` is what follows the sentinel.
pub(super) fn verify(body: &str, keys: &(impl Keys + ?Sized), now: u64) -> Result<ClientClaims, TokenError> {
    let bytes = BASE64.decode(body).map_err(|_| TokenError::BadFormat("not base64 after T1=="))?;
    let text = String::from_utf8(bytes).map_err(|_| TokenError::BadFormat("does not hold text"))?;
    // Connection data may hold colons too: only the first separates.
    let (prefix, signed) =
        text.split_once(':').ok_or(TokenError::BadFormat("no colon after the signature"))?;
    let partner_id = field(prefix, "partner_id").ok_or(TokenError::BadFormat("no partner_id"))?;
    let signature = field(prefix, "sig").ok_or(TokenError::BadFormat("no sig"))?;

    let secrets = keys.project_secrets(partner_id).ok_or(TokenError::UnknownPartner)?;
    check_signature(signature, signed, secrets)?;

    let session_id = claim(signed, "session_id")?
        .filter(|id| !id.is_empty())
        .ok_or(TokenError::BadClaims("claim session_id is missing"))?;
    let role = role(claim(signed, "role")?.as_deref())?;
    let expire_time = claim(signed, "expire_time")?
        .and_then(|text| whole_seconds(&text))
        .ok_or(TokenError::BadClaims("claim expire_time must be a time in seconds"))?;
    let connection_data = claim(signed, "connection_data")?.unwrap_or_default();
    let create_time = claim(signed, "create_time")?.and_then(|text| whole_seconds(&text));
    check_expiry(expire_time, now)?;

    Ok(ClientClaims {
        partner_id: partner_id.to_owned(),
        session_id,
        role,
        connection_data,
        create_time,
        expire_time,
        kind: TokenKind::T1,
    })
}

fn check_signature(hex: &str, signed: &str, secrets: &[Secret]) -> Result<(), TokenError> {
    let tag = unhex(hex).ok_or(TokenError::BadSignature)?;
    // The signature covers the bytes as they were sent: field order and encoding differ between the programs that
    // make tokens, so nothing may be decoded and written again before this.
    if secrets.iter().any(|secret| secret.verifies_sha1(signed.as_bytes(), &tag)) {
        Ok(())
    } else {
        Err(TokenError::BadSignature)
    }
}

fn unhex(hex: &str) -> Option<[u8; SIGNATURE]> {
    let digits = hex.as_bytes();
    if digits.len() != 2 * SIGNATURE {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|value| value as u8);
    let mut tag = [0; SIGNATURE];
    for (byte, pair) in tag.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(tag)
}

/// The value of a field as it stands. Of several the first counts: programs that encode nothing put connection data,
/// which may look like further fields, at the end.
fn field<'a>(form: &'a str, name: &str) -> Option<&'a str> {
    form.split('&').filter_map(|pair| pair.split_once('=')).find(|(n, _)| *n == name).map(|(_, value)| value)
}

/// The decoded value of a field.
fn claim(form: &str, name: &str) -> Result<Option<String>, TokenError> {
    field(form, name).map(form_decode).transpose()
}

/// Undoes form encoding: `+` and `%20` are spaces. A `%` without two digits stands for itself, since some programs
/// encode nothing.
fn form_decode(text: &str) -> Result<String, TokenError> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%').then(|| escaped_byte(bytes, at)).flatten();
        match (byte, escaped) {
            (_, Some(value)) => {
                out.push(value);
                at += 3;
            }
            (b'+', None) => {
                out.push(b' ');
                at += 1;
            }
            (other, None) => {
                out.push(other);
                at += 1;
            }
        }
    }
    String::from_utf8(out).map_err(|_| TokenError::BadClaims("a claim is not UTF-8"))
}

fn escaped_byte(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = |offset: usize| char::from(*bytes.get(at + offset)?).to_digit(16);
    Some((digit(1)? << 4 | digit(2)?) as u8)
}

/// A decimal number of seconds; a fraction is cut off.
fn whole_seconds(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if digits(whole) && digits(fraction) { whole.parse().ok() } else { None }
}
