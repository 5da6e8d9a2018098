//! Credentials: who may enter a session, who may call the REST interface, and as what.
//!
//! Participants come with a *client token*: the older `T1==` kind, signed with HMAC-SHA1 and a project's secret, or a
//! JWT, signed with HMAC-SHA256 and a project's secret or with RSA and an application's key. [`verify_client`] reads
//! all three. Servers come with a credential for REST, which [`verify_rest`] reads. The two kinds are signed with the
//! same keys, so each side refuses the other's: a participant must not get the REST interface with its token.
//!
//! Time, nonces and ids are arguments. Signatures are compared in constant time.

mod claims;
mod error;
mod jwt;
mod key;
mod mint;
mod pem;
mod rest;
mod role;
mod t1;

pub use claims::{ClientClaims, TokenKind};
pub use error::TokenError;
pub use key::{KeyError, Keys, PrivateKey, PublicKey, Secret};
pub use mint::{JwtParams, RestJwtParams, Signer, T1Params, mint_jwt, mint_rest_jwt, mint_t1};
pub use rest::{RestClaims, RestCredential, verify_rest};
pub use role::Role;

/// How far ahead of the relay's clock a JWT may claim to have been made, in seconds.
pub const MAX_CLOCK_SKEW_S: u64 = 60;

/// Longest life of a project's REST credential, in seconds, as documented: five minutes.
pub const MAX_REST_LIFE_S: u64 = 300;

/// Checks a client token against the session that its bearer wants to enter.
///
/// `partner` is the project that the bearer named beside the session, if it did. `now_unix_s` is the time in seconds
/// since 1970; a token is good while that is less than its expiry.
pub fn verify_client(
    token: &str,
    session_id: &str,
    partner: Option<&str>,
    keys: &(impl Keys + ?Sized),
    now_unix_s: u64,
) -> Result<ClientClaims, TokenError> {
    let claims = match token.strip_prefix(t1::SENTINEL) {
        Some(body) => t1::verify(body, keys, now_unix_s)?,
        None => jwt::verify_client(token, keys, now_unix_s)?,
    };
    if claims.session_id != session_id {
        return Err(TokenError::SessionMismatch);
    }
    if !crate::session_id::belongs_to(session_id, &claims.partner_id) {
        return Err(TokenError::SessionPartnerMismatch);
    }
    match partner {
        Some(named) if !crate::session_id::same_partner(named, &claims.partner_id) => {
            Err(TokenError::ProjectMismatch)
        }
        _ => Ok(claims),
    }
}
