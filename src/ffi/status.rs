//! The one table from outcomes to the numbers of the C interface. No match has a wildcard arm: a new outcome does not
//! compile until it has a number. Numbers are never given a second meaning.

use super::base::{otc_error_code as base, otc_status};
use super::callbacks::otc_session_error_code as session;
use super::choose::Refused;
use crate::runtime::DestroyOutcome;
use crate::session::{CommandError, SendError, SessionError};

pub(super) const SUCCESS: otc_status = 0;
pub(super) const INVALID_PARAM: otc_status = base::OTC_INVALID_PARAM as otc_status;
pub(super) const FATAL: otc_status = base::OTC_FATAL as otc_status;
pub(super) const INVALID_VIDEO_FORMAT: otc_status = base::OTC_INVALID_VIDEO_FORMAT as otc_status;
pub(super) const UNABLE_TO_FORCE_MUTE: otc_status = base::OTC_UNABLE_TO_FORCE_MUTE as otc_status;
pub(super) const NULL_OR_INVALID_PARAMETER: otc_status =
    session::OTC_SESSION_NULL_OR_INVALID_PARAMETER as otc_status;
pub(super) const INTERNAL_ERROR: otc_status = session::OTC_SESSION_INTERNAL_ERROR as otc_status;
pub(super) const INVALID_ENCRYPTION_SECRET: otc_status =
    session::OTC_SESSION_INVALID_ENCRYPTION_SECRET as otc_status;

/// `otc_init`.
pub(super) fn of_init(started: bool) -> otc_status {
    if started { SUCCESS } else { FATAL }
}

/// `otc_destroy`.
pub(super) fn of_destroy(outcome: DestroyOutcome) -> otc_status {
    match outcome {
        DestroyOutcome::StillInUse | DestroyOutcome::Done => SUCCESS,
        DestroyOutcome::CallbacksStillRunning
        | DestroyOutcome::InsideCallback
        | DestroyOutcome::NotInitialised => FATAL,
    }
}

/// Every `*_delete`: whether there was something to delete.
pub(super) fn of_delete(known: bool) -> otc_status {
    if known { SUCCESS } else { INVALID_PARAM }
}

/// Every setter of settings.
pub(super) fn of_setting(outcome: Result<(), Refused>) -> otc_status {
    match outcome {
        Ok(()) => SUCCESS,
        Err(Refused) => NULL_OR_INVALID_PARAMETER,
    }
}

/// `otc_session_connect`, `otc_session_disconnect`.
pub(super) fn of_command(outcome: Result<(), CommandError>) -> otc_status {
    let code = match outcome {
        Ok(()) => return SUCCESS,
        Err(CommandError::IllegalState | CommandError::NotPermitted) => session::OTC_SESSION_ILLEGAL_STATE,
        Err(CommandError::NotConnected) => session::OTC_SESSION_NOT_CONNECTED,
        Err(CommandError::InvalidArgument) => session::OTC_SESSION_NULL_OR_INVALID_PARAMETER,
        Err(CommandError::TargetLeft | CommandError::OutboxFull) => {
            session::OTC_SESSION_UNABLE_TO_SEND_SIGNAL
        }
        Err(CommandError::NoResources) => return FATAL,
    };
    code as otc_status
}

/// `otc_session_force_disconnect`.
pub(super) fn of_force_disconnect(outcome: Result<(), CommandError>) -> otc_status {
    match outcome {
        Ok(()) => SUCCESS,
        Err(CommandError::NotConnected) => session::OTC_SESSION_NOT_CONNECTED as otc_status,
        Err(CommandError::InvalidArgument) => NULL_OR_INVALID_PARAMETER,
        Err(
            CommandError::IllegalState
            | CommandError::NotPermitted
            | CommandError::TargetLeft
            | CommandError::OutboxFull
            | CommandError::NoResources,
        ) => base::OTC_UNABLE_TO_FORCE_DISCONNECT as otc_status,
    }
}

/// The four functions that send a signal.
pub(super) fn of_send(outcome: Result<(), SendError>) -> otc_status {
    let code = match outcome {
        Ok(()) => return SUCCESS,
        Err(SendError::InvalidTarget | SendError::NotUtf8) => session::OTC_SESSION_NULL_OR_INVALID_PARAMETER,
        Err(SendError::TypeTooLong) => session::OTC_SESSION_SIGNAL_TYPE_TOO_LONG,
        Err(SendError::TypeInvalid) => session::OTC_SESSION_INVALID_SIGNAL_TYPE,
        Err(SendError::DataTooLong) => session::OTC_SESSION_SIGNAL_DATA_TOO_LONG,
        Err(SendError::NotConnected) => session::OTC_SESSION_NOT_CONNECTED,
        Err(SendError::TargetLeft | SendError::OutboxFull) => session::OTC_SESSION_UNABLE_TO_SEND_SIGNAL,
    };
    code as otc_status
}

/// What `on_error` is given.
pub(super) fn of_session_error(error: SessionError) -> session {
    match error {
        SessionError::AuthorizationFailure => session::OTC_SESSION_AUTHORIZATION_FAILURE,
        SessionError::InvalidSession => session::OTC_SESSION_INVALID_SESSION,
        SessionError::ConnectionFailed => session::OTC_SESSION_CONNECTION_FAILED,
        SessionError::StateFailed => session::OTC_SESSION_STATE_FAILED,
        SessionError::ConnectionTimedOut => session::OTC_SESSION_CONNECTION_TIMED_OUT,
        SessionError::ConnectionDropped => session::OTC_SESSION_CONNECTION_DROPPED,
        SessionError::ConnectionRefused => session::OTC_SESSION_CONNECTION_REFUSED,
        SessionError::BlockedCountry => session::OTC_SESSION_BLOCKED_COUNTRY,
        SessionError::ConnectionLimitExceeded => session::OTC_SESSION_CONNECTION_LIMIT_EXCEEDED,
        SessionError::NoMessagingServer => session::OTC_SESSION_NO_MESSAGING_SERVER,
        SessionError::UnexpectedResponse => session::OTC_SESSION_UNEXPECTED_GET_SESSION_INFO_REPONSE,
        SessionError::Internal => session::OTC_SESSION_INTERNAL_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn send_errors_have_their_documented_numbers() {
        let numbers = [
            (SendError::InvalidTarget, 1011),
            (SendError::TypeTooLong, 1414),
            (SendError::TypeInvalid, 1461),
            (SendError::DataTooLong, 1413),
            (SendError::NotUtf8, 1011),
            (SendError::NotConnected, 1010),
            (SendError::TargetLeft, 1550),
            (SendError::OutboxFull, 1550),
        ];
        for (error, number) in numbers {
            assert_eq!(of_send(Err(error)), number, "{error:?}");
        }
        assert_eq!(of_send(Ok(())), 0);
    }

    #[test]
    fn command_errors_have_their_documented_numbers() {
        assert_eq!(of_command(Ok(())), 0);
        assert_eq!(of_command(Err(CommandError::IllegalState)), 1015);
        assert_eq!(of_command(Err(CommandError::NotConnected)), 1010);
        assert_eq!(of_force_disconnect(Ok(())), 0);
        assert_eq!(of_force_disconnect(Err(CommandError::NotConnected)), 1010);
        assert_eq!(of_force_disconnect(Err(CommandError::NotPermitted)), 1520);
        assert_eq!(of_force_disconnect(Err(CommandError::OutboxFull)), 1520);
    }

    #[test]
    fn session_errors_have_their_documented_numbers() {
        let numbers = [
            (SessionError::AuthorizationFailure, 1004),
            (SessionError::InvalidSession, 1005),
            (SessionError::ConnectionFailed, 1006),
            (SessionError::StateFailed, 1020),
            (SessionError::ConnectionTimedOut, 1021),
            (SessionError::ConnectionDropped, 1022),
            (SessionError::ConnectionRefused, 1023),
            (SessionError::BlockedCountry, 1026),
            (SessionError::ConnectionLimitExceeded, 1027),
            (SessionError::NoMessagingServer, 1503),
            (SessionError::UnexpectedResponse, 2001),
            (SessionError::Internal, 2000),
        ];
        for (error, number) in numbers {
            assert_eq!(of_session_error(error) as otc_status, number, "{error:?}");
        }
    }

    #[test]
    fn destroy_fails_when_it_did_not_end_everything() {
        assert_eq!(of_destroy(DestroyOutcome::Done), 0);
        assert_eq!(of_destroy(DestroyOutcome::StillInUse), 0);
        assert_eq!(of_destroy(DestroyOutcome::CallbacksStillRunning), 2);
        assert_eq!(of_destroy(DestroyOutcome::InsideCallback), 2);
        assert_eq!(of_destroy(DestroyOutcome::NotInitialised), 2);
    }
}
