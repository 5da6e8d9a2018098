//! Secrets and keys, prepared once.

use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{self, RsaKeyPair, UnparsedPublicKey};

use super::pem;

/// Where credentials are checked against. A project may have several secrets at a time, so that one can be replaced
/// without a moment at which tokens fail.
pub trait Keys {
    /// The secrets of a project, any of which may have signed; `None` for a project that is not known.
    fn project_secrets(&self, api_key: &str) -> Option<&[Secret]>;

    /// The public key of an application; `None` for one that is not known. `id` is in lower case.
    fn application_key(&self, id: &str) -> Option<&PublicKey>;
}

/// A project's secret, ready for use. It cannot be printed.
#[derive(Clone)]
pub struct Secret {
    sha1: hmac::Key,
    sha256: hmac::Key,
    /// What the secret itself hashes to, for credentials that state it.
    fingerprint: hmac::Tag,
}

impl Secret {
    /// Prepares a secret.
    pub fn new(secret: &str) -> Self {
        Self {
            sha1: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes()),
            sha256: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
            fingerprint: hmac::sign(&fingerprint_key(), secret.as_bytes()),
        }
    }

    pub(super) fn sign_sha1(&self, text: &[u8]) -> hmac::Tag {
        hmac::sign(&self.sha1, text)
    }

    pub(super) fn sign_sha256(&self, text: &[u8]) -> hmac::Tag {
        hmac::sign(&self.sha256, text)
    }

    pub(super) fn verifies_sha1(&self, text: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.sha1, text, tag).is_ok()
    }

    pub(super) fn verifies_sha256(&self, text: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.sha256, text, tag).is_ok()
    }

    /// Whether this is the secret, in a time that does not tell how much of it is right.
    pub(super) fn is(&self, candidate: &str) -> bool {
        hmac::verify(&fingerprint_key(), candidate.as_bytes(), self.fingerprint.as_ref()).is_ok()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// Comparing what two texts hash to takes the same time whatever they have in common. The key need not be secret.
fn fingerprint_key() -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, b"secret comparison")
}

/// Why a key cannot be used. The text of it never contains the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyError(pub(super) &'static str);

impl std::fmt::Display for KeyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for KeyError {}

/// The public RSA key of an application, 2048 to 8192 bits.
#[derive(Debug, Clone)]
pub struct PublicKey {
    verifier: UnparsedPublicKey<Vec<u8>>,
}

impl PublicKey {
    /// Reads a key from PEM text: `PUBLIC KEY`, as the vendor's dashboard hands it out, or `RSA PUBLIC KEY`.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let section = pem::read(text)?;
        let der = match section.label {
            "PUBLIC KEY" => pem::rsa_key_of_spki(&section.der)?.to_vec(),
            "RSA PUBLIC KEY" => section.der,
            _ => return Err(KeyError("PEM must hold PUBLIC KEY or RSA PUBLIC KEY")),
        };
        pem::check_rsa_public_key(&der)?;
        Ok(Self { verifier: UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, der) })
    }

    pub(super) fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        self.verifier.verify(text, signature).is_ok()
    }
}

/// The private RSA key of an application. It cannot be printed.
pub struct PrivateKey {
    pair: RsaKeyPair,
}

impl PrivateKey {
    /// Reads a key from PEM text: `PRIVATE KEY` (PKCS#8) or `RSA PRIVATE KEY` (PKCS#1).
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        // PKCS#8 says so in its label, PKCS#1 in a line below it.
        if text.contains("ENCRYPTED") {
            return Err(KeyError("the key is encrypted: it must be stored without a password"));
        }
        let section = pem::read(text)?;
        let pair = match section.label {
            "PRIVATE KEY" => RsaKeyPair::from_pkcs8(&section.der),
            "RSA PRIVATE KEY" => RsaKeyPair::from_der(&section.der),
            _ => return Err(KeyError("PEM must hold PRIVATE KEY or RSA PRIVATE KEY")),
        };
        Ok(Self { pair: pair.map_err(|_| KeyError("not an RSA private key of 2048 to 4096 bits"))? })
    }

    /// Signs with RSASSA-PKCS1-v1_5 and SHA-256. The padding is fixed, so the same text gives the same signature; the
    /// source of randomness is demanded by the interface and not drawn from.
    pub(super) fn sign(&self, text: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature)
            .expect("the buffer has the length of the modulus");
        signature
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey")
    }
}
