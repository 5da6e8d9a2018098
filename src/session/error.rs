//! What can go wrong, by operation. Numbers are given elsewhere.
#![forbid(unsafe_code)]

use otc_protocol::session_info::SessionInfoError;

use super::text::{because, open_failure};

/// Why a session could not be joined, or ended. Told by [`Event::Error`](super::Event::Error).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionError {
    /// The token, key or role was refused.
    AuthorizationFailure,
    /// The session id was refused.
    InvalidSession,
    /// Connecting failed in a way that has no name of its own.
    ConnectionFailed,
    /// The session's state was not told in time.
    StateFailed,
    /// No answer in time while connecting.
    ConnectionTimedOut,
    /// An established session was lost: gave up reconnecting, or the relay refused the resume.
    ConnectionDropped,
    /// No link to the relay: nothing listens, no such host, TLS, proxy or upgrade refused.
    ConnectionRefused,
    /// The relay refuses this region or tenant.
    BlockedCountry,
    /// The session is full.
    ConnectionLimitExceeded,
    /// The relay named no messaging server.
    NoMessagingServer,
    /// The relay's answer could not be understood.
    UnexpectedResponse,
    /// A defect of the library, caught.
    Internal,
}

/// Why a command was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CommandError {
    /// Not possible in this state: connecting twice, or after delete.
    IllegalState,
    /// There is no session to do this in.
    NotConnected,
    /// An argument is empty where it must not be.
    InvalidArgument,
    /// The own role does not allow it.
    NotPermitted,
    /// The connection that it is about is known to have left.
    TargetLeft,
    /// Too much is waiting for answers of the relay.
    OutboxFull,
    /// The system refused a thread or a descriptor.
    NoResources,
}

/// Why a signal was not accepted, in the order of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SendError {
    /// The target's id is empty.
    InvalidTarget,
    /// The type is longer than 128 bytes.
    TypeTooLong,
    /// The type has a byte outside `A-Z a-z 0-9 - . _ ~`.
    TypeInvalid,
    /// The data is longer than 8192 bytes.
    DataTooLong,
    /// The data is not UTF-8.
    NotUtf8,
    /// The session is not connected; or it is reconnecting, and the signal is not to be kept.
    NotConnected,
    /// The target is known to have left.
    TargetLeft,
    /// Too much is waiting for answers of the relay.
    OutboxFull,
}

/// Where opening a link, or asking for session info, failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpenFailure {
    /// The host name has no address.
    Resolve,
    /// Nothing listens there, or the network has no way to it.
    Connect,
    /// A proxy refused or failed.
    Proxy,
    /// A proxy refused the user name and password, or wants some. Not tried again while connecting: the next try would
    /// be refused as well, and some proxies lock out who guesses too often.
    ProxyLogin,
    /// The TLS handshake failed, or the certificate is not trusted.
    Tls,
    /// The WebSocket upgrade was refused.
    Upgrade,
    /// No answer in time.
    TimedOut,
    /// The way was there and broke off before the end: a reset, an end of file, an I/O error.
    Interrupted,
}

/// Why there is no session info.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InfoFailure {
    /// No answer could be had. Tried again, unless it is [`OpenFailure::ProxyLogin`].
    Unreachable {
        /// Where it failed.
        kind: OpenFailure,
        /// One line for people: the hop, the address without secrets, the cause.
        message: String,
    },
    /// The relay refused, by an HTTP status other than 2xx or inside a 2xx answer. Tried again from 500 up.
    Refused {
        /// The HTTP status, or the code inside the answer.
        code: u16,
        /// The relay's words, or `""`.
        reason: String,
    },
    /// The relay answered 2xx, but not with session info.
    NotUnderstood {
        /// What is wrong with the answer.
        detail: String,
    },
}

impl From<SessionInfoError> for InfoFailure {
    fn from(error: SessionInfoError) -> Self {
        match error {
            SessionInfoError::Refused { code, message } => Self::Refused { code, reason: message },
            SessionInfoError::NotUnderstood => {
                Self::NotUnderstood { detail: "the answer is not session info".to_owned() }
            }
        }
    }
}

/// How a link ended, or why it never was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkLoss {
    /// It could not be opened.
    OpenFailed {
        /// Where it failed.
        kind: OpenFailure,
        /// One line for people: the hop, the address without secrets, the cause.
        message: String,
    },
    /// The peer closed it, or the driver finished a close that the session asked for.
    Closed {
        /// The close code, if there was one.
        code: Option<u16>,
        /// The peer's words, or `""`.
        reason: String,
    },
    /// It broke: an I/O error, or its end without a close.
    Failed {
        /// One line for people.
        message: String,
    },
    /// The peer broke the rules below frames: a text message, a message that is too large. Coming back would meet
    /// the same again, so the session ends.
    Violation {
        /// One line for people.
        message: String,
    },
}

impl LinkLoss {
    /// What happened, as part of a line; without `secret` should the peer have said it.
    pub(super) fn describe(&self, secret: &str) -> String {
        match self {
            Self::OpenFailed { message, .. } => open_failure(message, secret),
            Self::Closed { code: Some(code), reason } => {
                format!("relay closed the link, {code}{}", because(reason, secret))
            }
            Self::Closed { code: None, reason } => {
                format!("relay closed the link without a code{}", because(reason, secret))
            }
            Self::Failed { message } => format!("the link broke{}", because(message, secret)),
            Self::Violation { message } => format!("relay broke the protocol{}", because(message, secret)),
        }
    }
}
