//! What a client token says, and the checks that its kinds share.

use super::error::TokenError;
use super::role::Role;

/// The kind of a client token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// `T1==…`, signed with a project's secret.
    T1,
    /// A JWT signed with a project's secret.
    ProjectJwt,
    /// A JWT signed with an application's private key.
    ApplicationJwt,
}

/// What a valid client token grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientClaims {
    /// The API key, or the application id in lower case.
    pub partner_id: String,
    /// The session it is for.
    pub session_id: String,
    /// What its bearer may do.
    pub role: Role,
    /// Text that other participants see with the connection; `""` for none.
    pub connection_data: String,
    /// When it was made, in seconds since 1970, if it says so.
    pub create_time: Option<u64>,
    /// When it ends, in seconds since 1970. It lets its bearer in while the time is less than that.
    pub expire_time: u64,
    /// How it was made.
    pub kind: TokenKind,
}

/// Refuses a credential whose end has come. A second is the unit: it is over in the second that it names.
pub(super) fn check_expiry(expire_time: u64, now: u64) -> Result<(), TokenError> {
    if now < expire_time { Ok(()) } else { Err(TokenError::Expired { ago_s: now - expire_time }) }
}

/// The role of a token, the default one if it names none.
pub(super) fn role(name: Option<&str>) -> Result<Role, TokenError> {
    const ALLOWED: &str = "claim role must be subscriber, publisher, publisheronly or moderator";
    name.map_or(Ok(Role::default()), |name| Role::from_name(name).ok_or(TokenError::BadClaims(ALLOWED)))
}
