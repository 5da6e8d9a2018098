//! Credentials of servers that call the REST interface.

use super::MAX_REST_LIFE_S;
use super::claims::TokenKind;
use super::error::TokenError;
use super::jwt::{Jwt, seconds};
use super::key::Keys;
use crate::session_id::same_partner;

/// A credential, by the header that it came in.
#[derive(Clone, Copy)]
pub enum RestCredential<'a> {
    /// The value of `X-OPENTOK-AUTH`: a JWT signed with a project's secret.
    Project(&'a str),
    /// The value of `Authorization` after `Bearer `: a JWT signed with an application's key.
    Application(&'a str),
    /// The value of `X-TB-PARTNER-AUTH`: `key:secret`, as old programs send it.
    KeyAndSecret(&'a str),
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestClaims {
    /// The API key, or the application id in lower case.
    pub partner_id: String,
}

/// Checks a credential. `project` is the API key or application id in the path of the request, if there is one.
pub fn verify_rest(
    credential: RestCredential<'_>,
    project: Option<&str>,
    keys: &(impl Keys + ?Sized),
    now_unix_s: u64,
) -> Result<RestClaims, TokenError> {
    let partner_id = match credential {
        RestCredential::Project(token) => {
            let jwt = Jwt::parse(token)?;
            let api_key = jwt.check_project(keys)?;
            check_claims(&jwt, TokenKind::ProjectJwt, now_unix_s)?;
            api_key
        }
        RestCredential::Application(token) => {
            let jwt = Jwt::parse(token)?;
            let id = jwt.check_application(keys)?;
            check_claims(&jwt, TokenKind::ApplicationJwt, now_unix_s)?;
            id
        }
        RestCredential::KeyAndSecret(pair) => check_pair(pair, keys)?,
    };
    match project {
        Some(named) if !same_partner(named, &partner_id) => Err(TokenError::ProjectMismatch),
        _ => Ok(RestClaims { partner_id }),
    }
}

fn check_claims(jwt: &Jwt<'_>, kind: TokenKind, now: u64) -> Result<(), TokenError> {
    // A client token is signed with the same key and says the same of its issuer. These two claims give it away.
    if !jwt.claims.scope.is_null() || !jwt.claims.session_id.is_null() {
        return Err(TokenError::BadScope);
    }
    if kind == TokenKind::ProjectJwt && !is_project_issuer(jwt) {
        return Err(TokenError::BadIst);
    }
    let expire_time = jwt.check_times(now)?;
    if kind == TokenKind::ProjectJwt {
        let made =
            seconds(&jwt.claims.iat).ok_or(TokenError::BadClaims("claim iat must be a time in seconds"))?;
        let life_s = expire_time.saturating_sub(made);
        if life_s > MAX_REST_LIFE_S {
            return Err(TokenError::LifetimeTooLong { life_s });
        }
    }
    Ok(())
}

/// The kind of the issuer stands among the claims, or, with an old program, in the header under either name.
fn is_project_issuer(jwt: &Jwt<'_>) -> bool {
    if jwt.claims.ist.is_null() {
        jwt.header.ist == "project" || jwt.header.iss == "project"
    } else {
        jwt.claims.ist == "project"
    }
}

fn check_pair(pair: &str, keys: &(impl Keys + ?Sized)) -> Result<String, TokenError> {
    let (api_key, secret) = pair.split_once(':').ok_or(TokenError::BadFormat("expected key:secret"))?;
    let secrets = keys.project_secrets(api_key).ok_or(TokenError::UnknownPartner)?;
    if secrets.iter().any(|known| known.is(secret)) {
        Ok(api_key.to_owned())
    } else {
        Err(TokenError::BadSignature)
    }
}
