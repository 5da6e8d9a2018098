//! Who decides whether a client may enter.

use otc_protocol::token::Role;

use crate::io::Now;

/// Verifies client tokens. The hub asks it once for each client that enters.
pub trait Authority: Send + Sync {
    /// Decides whether the bearer of `token` may enter `session`, as a client of `partner` when the client named one.
    fn verify(
        &self,
        token: &str,
        session: &str,
        partner: Option<&str>,
        now: Now,
    ) -> Result<Admission, Refusal>;
}

/// What a good token grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// The project that the session belongs to: an API key or application id.
    pub partner: String,
    /// What the client may do, for as long as it stays.
    pub role: Role,
    /// What the token's maker wants the other clients to be told of it; `""` for nothing.
    pub connection_data: String,
}

/// Why a token is no good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The short name of the reason, for logs and counters.
    pub name: &'static str,
    /// The reason in words, without any part of the token. The client is told it.
    pub message: String,
}
