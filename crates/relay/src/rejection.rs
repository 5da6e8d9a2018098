//! Why a request is refused.

use std::borrow::Cow;

use otc_protocol::limits::SignalLimitError;
use otc_protocol::raptor::DecodeError;

use crate::stats::Rejections;

/// A refusal: what the client is answered, and under what it is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rejection {
    pub(crate) kind: Kind,
    /// In words, fit for the client and for logs.
    pub(crate) reason: Cow<'static, str>,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Malformed,
    OtherSession,
    Forbidden,
    TooManyStreams,
    NotFound,
    TooLarge,
    Token,
    Conflict,
    SessionFull,
    Draining,
    Create,
    NotAdmitted,
}

impl Rejection {
    pub(crate) fn new(kind: Kind, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, reason: reason.into() }
    }

    /// The STATUS that says it.
    pub(crate) fn status(&self) -> u16 {
        match self.kind {
            Kind::Malformed | Kind::Create => 400,
            Kind::Forbidden | Kind::TooManyStreams | Kind::OtherSession | Kind::Token | Kind::NotAdmitted => {
                403
            }
            Kind::NotFound => 404,
            Kind::Conflict => 409,
            Kind::SessionFull => 410,
            Kind::TooLarge => 413,
            Kind::Draining => 503,
        }
    }

    /// Counts it.
    pub(crate) fn count(&self, rejected: &mut Rejections) {
        let counter = match self.kind {
            Kind::Malformed => &mut rejected.malformed,
            Kind::OtherSession => &mut rejected.other_session,
            Kind::Forbidden => &mut rejected.forbidden,
            Kind::TooManyStreams => &mut rejected.too_many_streams,
            Kind::NotFound => &mut rejected.not_found,
            Kind::TooLarge => &mut rejected.too_large,
            Kind::Token => &mut rejected.token,
            Kind::Conflict => &mut rejected.conflict,
            Kind::SessionFull => &mut rejected.session_full,
            Kind::Draining => &mut rejected.draining,
            Kind::Create => &mut rejected.create,
            Kind::NotAdmitted => &mut rejected.not_admitted,
        };
        *counter += 1;
    }
}

impl From<DecodeError> for Rejection {
    fn from(error: DecodeError) -> Self {
        let kind = match error {
            DecodeError::OtherSession => Kind::OtherSession,
            DecodeError::BadEnvelope | DecodeError::BadContent { .. } => Kind::Malformed,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<SignalLimitError> for Rejection {
    fn from(error: SignalLimitError) -> Self {
        let kind = match error {
            SignalLimitError::TypeInvalid => Kind::Malformed,
            SignalLimitError::TypeTooLong | SignalLimitError::DataTooLong => Kind::TooLarge,
        };
        Self::new(kind, error.to_string())
    }
}
