//! Why a credential is refused.

/// Why a credential is refused. The text of it is fit for people: it says what is wrong without repeating the
/// credential or any part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenError {
    /// It is not a credential at all.
    BadFormat(&'static str),
    /// It names a project or application that is not configured, or none.
    UnknownPartner,
    /// It is signed by another method than its kind demands.
    BadAlg,
    /// No key of the project or application made this signature.
    BadSignature,
    /// The `ist` claim is not `project`.
    BadIst,
    /// It is meant for the other purpose: entering a session or calling REST.
    BadScope,
    /// A claim is missing, or has a value that means nothing.
    BadClaims(&'static str),
    /// Its time has passed.
    Expired {
        /// How long ago, in seconds.
        ago_s: u64,
    },
    /// It says that it was made in the future.
    NotYetValid {
        /// How far ahead, in seconds.
        ahead_s: u64,
    },
    /// A REST credential that lives longer than [`MAX_REST_LIFE_S`](super::MAX_REST_LIFE_S).
    LifetimeTooLong {
        /// How long it lives, in seconds.
        life_s: u64,
    },
    /// It is for another session.
    SessionMismatch,
    /// The session belongs to another project.
    SessionPartnerMismatch,
    /// It is of another project than the one that is being acted on.
    ProjectMismatch,
}

impl TokenError {
    /// The short name of the reason, for logs and counters.
    pub fn name(&self) -> &'static str {
        match self {
            Self::BadFormat(_) => "bad_format",
            Self::UnknownPartner => "unknown_partner",
            Self::BadAlg => "bad_alg",
            Self::BadSignature => "bad_signature",
            Self::BadIst => "bad_ist",
            Self::BadScope => "bad_scope",
            Self::BadClaims(_) => "bad_claims",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not_yet_valid",
            Self::LifetimeTooLong { .. } => "lifetime_too_long",
            Self::SessionMismatch => "session_mismatch",
            Self::SessionPartnerMismatch => "session_partner_mismatch",
            Self::ProjectMismatch => "project_mismatch",
        }
    }
}

impl std::fmt::Display for TokenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BadFormat(what) => write!(f, "not a token: {what}"),
            Self::UnknownPartner => f.write_str("its project or application is not known here"),
            Self::BadAlg => f.write_str("signed with a method that is not allowed for its kind"),
            Self::BadSignature => f.write_str("signature does not match any key of its project"),
            Self::BadIst => f.write_str("claim ist must be \"project\""),
            Self::BadScope => f.write_str("made for another purpose: claim scope does not fit"),
            Self::BadClaims(what) => f.write_str(what),
            Self::Expired { ago_s } => write!(f, "expired {ago_s} s ago"),
            Self::NotYetValid { ahead_s } => write!(f, "made {ahead_s} s in the future; 60 s are allowed"),
            Self::LifetimeTooLong { life_s } => write!(f, "lives {life_s} s; 300 s are allowed"),
            Self::SessionMismatch => f.write_str("made for another session"),
            Self::SessionPartnerMismatch => f.write_str("the session belongs to another project"),
            Self::ProjectMismatch => f.write_str("made for another project than the one named"),
        }
    }
}

impl std::error::Error for TokenError {}
