//! JSON web tokens: reading them, and the checks of client tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

use super::MAX_CLOCK_SKEW_S;
use super::claims::{ClientClaims, TokenKind, check_expiry, role};
use super::error::TokenError;
use super::key::Keys;

/// The scope of a token that lets its bearer into a session.
pub(super) const CONNECT_SCOPE: &str = "session.connect";

/// A token taken apart, with nothing verified.
pub(super) struct Jwt<'a> {
    pub(super) header: Header,
    pub(super) claims: Claims,
    signed: &'a str,
    signature: Vec<u8>,
}

/// What is looked at in the header.
#[derive(Deserialize)]
pub(super) struct Header {
    #[serde(default)]
    alg: Value,
    /// Extensions that a reader must understand; this one understands none.
    #[serde(default)]
    crit: Option<Value>,
    /// An old program says the kind of the issuer here, …
    #[serde(default)]
    pub(super) iss: Value,
    /// … or here, and not among the claims.
    #[serde(default)]
    pub(super) ist: Value,
}

/// What is looked at among the claims. Everything else may be anything: programs differ in the types of `nonce`,
/// `jti` and the layout classes.
#[derive(Deserialize)]
pub(super) struct Claims {
    #[serde(default)]
    iss: Value,
    #[serde(default)]
    pub(super) ist: Value,
    #[serde(default)]
    application_id: Value,
    #[serde(default)]
    pub(super) scope: Value,
    #[serde(default)]
    pub(super) session_id: Value,
    #[serde(default)]
    role: Value,
    #[serde(default)]
    connection_data: Value,
    /// What one program calls the connection data.
    #[serde(default)]
    data: Value,
    #[serde(default)]
    pub(super) iat: Value,
    #[serde(default)]
    exp: Value,
}

impl<'a> Jwt<'a> {
    pub(super) fn parse(token: &'a str) -> Result<Self, TokenError> {
        const SEGMENTS: TokenError = TokenError::BadFormat("neither T1== nor three segments of a JWT");
        let (signed, signature) = token.rsplit_once('.').ok_or(SEGMENTS)?;
        let (header, claims) = signed.split_once('.').ok_or(SEGMENTS)?;
        if claims.contains('.') {
            return Err(SEGMENTS);
        }
        let header: Header = segment(header)?;
        if header.crit.is_some() {
            return Err(TokenError::BadFormat("header demands extensions"));
        }
        Ok(Self { header, claims: segment(claims)?, signed, signature: unbase64(signature)? })
    }

    /// Checks method and signature of a project's token; the result is the API key. The method comes first: it is
    /// fixed by the kind of the token and never chosen by it.
    pub(super) fn check_project(&self, keys: &(impl Keys + ?Sized)) -> Result<String, TokenError> {
        if self.header.alg != "HS256" {
            return Err(TokenError::BadAlg);
        }
        let api_key = text_or_number(&self.claims.iss).ok_or(TokenError::UnknownPartner)?;
        let secrets = keys.project_secrets(&api_key).ok_or(TokenError::UnknownPartner)?;
        if secrets.iter().any(|secret| secret.verifies_sha256(self.signed.as_bytes(), &self.signature)) {
            Ok(api_key)
        } else {
            Err(TokenError::BadSignature)
        }
    }

    /// Checks method and signature of an application's token; the result is the application id.
    pub(super) fn check_application(&self, keys: &(impl Keys + ?Sized)) -> Result<String, TokenError> {
        // UUIDs: some programs write them in upper case.
        let id = self.claims.application_id.as_str().ok_or(TokenError::UnknownPartner)?.to_ascii_lowercase();
        let key = keys.application_key(&id).ok_or(TokenError::UnknownPartner)?;
        if self.header.alg != "RS256" {
            return Err(TokenError::BadAlg);
        }
        if key.verifies(self.signed.as_bytes(), &self.signature) {
            Ok(id)
        } else {
            Err(TokenError::BadSignature)
        }
    }

    /// Checks that the token has begun and has not ended; the result is its end.
    pub(super) fn check_times(&self, now: u64) -> Result<u64, TokenError> {
        let expire_time =
            seconds(&self.claims.exp).ok_or(TokenError::BadClaims("claim exp must be a time in seconds"))?;
        check_expiry(expire_time, now)?;
        match seconds(&self.claims.iat) {
            Some(made) if made > now.saturating_add(MAX_CLOCK_SKEW_S) => {
                Err(TokenError::NotYetValid { ahead_s: made - now })
            }
            _ => Ok(expire_time),
        }
    }
}

/// Checks everything but the session.
pub(super) fn verify_client(
    token: &str,
    keys: &(impl Keys + ?Sized),
    now: u64,
) -> Result<ClientClaims, TokenError> {
    let jwt = Jwt::parse(token)?;
    let claims = &jwt.claims;
    let (partner_id, kind) = if claims.application_id.is_null() {
        (jwt.check_project(keys)?, TokenKind::ProjectJwt)
    } else {
        (jwt.check_application(keys)?, TokenKind::ApplicationJwt)
    };
    if kind == TokenKind::ProjectJwt && !claims.ist.is_null() && claims.ist != "project" {
        return Err(TokenError::BadIst);
    }
    if claims.scope != CONNECT_SCOPE {
        return Err(TokenError::BadScope);
    }
    let expire_time = jwt.check_times(now)?;
    let role = role(optional_text(&claims.role, "claim role must be a text")?)?;
    let session_id = optional_text(&claims.session_id, "claim session_id must be a text")?
        .filter(|id| !id.is_empty())
        .ok_or(TokenError::BadClaims("claim session_id is missing"))?;
    let data = optional_text(&claims.connection_data, "claim connection_data must be a text")?;
    Ok(ClientClaims {
        partner_id,
        session_id: session_id.to_owned(),
        role,
        connection_data: data.or(claims.data.as_str()).unwrap_or_default().to_owned(),
        create_time: seconds(&claims.iat),
        expire_time,
        kind,
    })
}

fn segment<T: for<'de> Deserialize<'de>>(encoded: &str) -> Result<T, TokenError> {
    serde_json::from_slice(&unbase64(encoded)?).map_err(|_| TokenError::BadFormat("a segment is not JSON"))
}

fn unbase64(encoded: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(encoded).map_err(|_| TokenError::BadFormat("a segment is not base64url"))
}

/// A claim that is a text where it is present.
fn optional_text<'a>(claim: &'a Value, otherwise: &'static str) -> Result<Option<&'a str>, TokenError> {
    match claim {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        _ => Err(TokenError::BadClaims(otherwise)),
    }
}

/// An API key: programs without types may write it as a number.
fn text_or_number(claim: &Value) -> Option<String> {
    match claim {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => number.as_u64().map(|number| number.to_string()),
        _ => None,
    }
}

/// A time in seconds; a fraction is cut off, and what lies before 1970 is 1970.
pub(super) fn seconds(claim: &Value) -> Option<u64> {
    match claim {
        // The conversion saturates, which is the meaning wanted at both ends.
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().map(|seconds| seconds as u64)),
        _ => None,
    }
}
