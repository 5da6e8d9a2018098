//! PEM text and the little DER that an RSA public key needs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::key::KeyError;

/// The first section of a PEM text.
pub(super) struct Section<'a> {
    pub(super) label: &'a str,
    pub(super) der: Vec<u8>,
}

/// Reads the first section. Text around it is ignored, as is white space inside.
pub(super) fn read(text: &str) -> Result<Section<'_>, KeyError> {
    const NONE: KeyError = KeyError("no PEM section: expected -----BEGIN … KEY----- and its END");
    let (_, rest) = text.split_once("-----BEGIN ").ok_or(NONE)?;
    let (label, rest) = rest.split_once("-----").ok_or(NONE)?;
    let (body, rest) = rest.split_once("-----END ").ok_or(NONE)?;
    if !rest.strip_prefix(label).is_some_and(|rest| rest.starts_with("-----")) {
        return Err(NONE);
    }
    let body: String = body.split_ascii_whitespace().collect();
    let der = STANDARD.decode(body).map_err(|_| KeyError("PEM section is not base64"))?;
    Ok(Section { label, der })
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;

/// `rsaEncryption` with its NULL parameters: the only algorithm that is accepted, so it is compared as a whole.
const RSA_ENCRYPTION: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/// The RSA key inside a SubjectPublicKeyInfo.
pub(super) fn rsa_key_of_spki(der: &[u8]) -> Result<&[u8], KeyError> {
    const MALFORMED: KeyError = KeyError("malformed public key");
    let (info, rest) = element(der, SEQUENCE).ok_or(MALFORMED)?;
    let (algorithm, after) = element(info, SEQUENCE).ok_or(MALFORMED)?;
    if algorithm != RSA_ENCRYPTION {
        return Err(KeyError("not an RSA key"));
    }
    let (bits, end) = element(after, BIT_STRING).ok_or(MALFORMED)?;
    match bits {
        // The first byte counts unused bits; a key fills its bytes.
        [0, key @ ..] if rest.is_empty() && end.is_empty() => Ok(key),
        _ => Err(MALFORMED),
    }
}

/// Checks that `der` is an RSAPublicKey of a size that signatures are accepted for, so that a bad key is found when
/// it is configured and not when the first token fails.
pub(super) fn check_rsa_public_key(der: &[u8]) -> Result<(), KeyError> {
    const MALFORMED: KeyError = KeyError("malformed RSA key");
    let (key, rest) = element(der, SEQUENCE).ok_or(MALFORMED)?;
    let (modulus, after) = element(key, INTEGER).ok_or(MALFORMED)?;
    let (exponent, end) = element(after, INTEGER).ok_or(MALFORMED)?;
    if !rest.is_empty() || !end.is_empty() || exponent.is_empty() {
        return Err(MALFORMED);
    }
    // A zero byte in front keeps the number positive.
    let magnitude = modulus.strip_prefix(&[0]).unwrap_or(modulus);
    let bits = match magnitude.first() {
        Some(&first) if first != 0 => magnitude.len() * 8 - first.leading_zeros() as usize,
        _ => return Err(MALFORMED),
    };
    if (2048..=8192).contains(&bits) { Ok(()) } else { Err(KeyError("RSA key must have 2048 to 8192 bits")) }
}

/// The content of the first element, if it has this tag, and what follows the element.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let length = match first {
        0..=0x7f => usize::from(first),
        // The long form, with as many bytes of length as any key needs.
        0x81..=0x83 => {
            let (bytes, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
            rest = after;
            bytes.iter().fold(0, |length, &byte| length << 8 | usize::from(byte))
        }
        _ => return None,
    };
    if found == tag { rest.split_at_checked(length) } else { None }
}
