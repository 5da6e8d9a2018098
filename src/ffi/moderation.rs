//! `session.h`, what moderators may do, and the encryption secret.

use std::ffi::{c_char, c_int};

use super::base::otc_status;
use super::client;
use super::handle::{self, otc_connection, otc_session};
use super::{status, string};

/// Asks to mute one stream. Refused: this library carries no media, and does not know how to ask for it.
///
/// - When: any time.
/// - Threads: any; does not block.
/// - NULL: a NULL or unknown session gives OTC_INVALID_PARAM; a NULL stream id OTC_SESSION_NULL_OR_INVALID_PARAMETER.
/// - Returns: OTC_UNABLE_TO_FORCE_MUTE; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER. The log says why.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_force_mute_stream(
    session: *mut otc_session,
    stream_id_to_mute: *const c_char,
) -> otc_status {
    client::call(session, |client| match stream_id_to_mute.is_null() {
        true => status::NULL_OR_INVALID_PARAMETER,
        false => client.refuse_mute(),
    })
}

/// Asks to mute every stream, except some. Refused: this library carries no media, and does not know how to ask for
/// it.
///
/// - When: any time.
/// - Threads: any; does not block.
/// - Ownership: excluded_streams_ids is not looked at.
/// - NULL: a NULL or unknown session gives OTC_INVALID_PARAM. NULL excluded_streams_ids with a length of 0 mean no
///   exception; NULL with another length, or a negative length, gives OTC_SESSION_NULL_OR_INVALID_PARAMETER.
/// - Returns: OTC_UNABLE_TO_FORCE_MUTE; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER. The log says why.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_force_mute_all(
    session: *mut otc_session,
    excluded_streams_ids: *mut *const c_char,
    excluded_streams_len: c_int,
) -> otc_status {
    let usable = excluded_streams_len == 0 || (excluded_streams_len > 0 && !excluded_streams_ids.is_null());
    client::call(session, |client| match usable {
        true => client.refuse_mute(),
        false => status::NULL_OR_INVALID_PARAMETER,
    })
}

/// Asks to lift a mute of every stream. Refused: this library carries no media, and does not know how to ask for it.
///
/// - When: any time.
/// - Threads: any; does not block.
/// - NULL: a NULL or unknown session gives OTC_INVALID_PARAM.
/// - Returns: OTC_UNABLE_TO_FORCE_MUTE; OTC_INVALID_PARAM. The log says why.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_disable_force_mute(session: *mut otc_session) -> otc_status {
    client::call(session, |client| client.refuse_mute())
}

/// Removes another client from the session. Needs the token of a moderator.
///
/// - When: connected.
/// - Threads: any; does not block.
/// - Ownership: connection is only read during the call.
/// - NULL: a NULL or unknown session gives OTC_INVALID_PARAM; a NULL or invalid connection
///   OTC_SESSION_NULL_OR_INVALID_PARAMETER.
/// - Returns: OTC_SUCCESS when the request is on its way; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER;
///   OTC_SESSION_NOT_CONNECTED; OTC_UNABLE_TO_FORCE_DISCONNECT if the role does not allow it or too much waits to be
///   sent already; OTC_SESSION_INTERNAL_ERROR.
/// - Outcome: on_disconnected at that client, on_connection_dropped at the others, this one included.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_force_disconnect(
    session: *mut otc_session,
    connection: *const otc_connection,
) -> otc_status {
    client::call(session, |client| {
        // SAFETY: the caller passes NULL or a connection that is still valid.
        match unsafe { handle::connection(connection) } {
            Some(connection) => status::of_force_disconnect(client.force_disconnect(connection)),
            None => status::NULL_OR_INVALID_PARAMETER,
        }
    })
}

/// Checks the secret for encrypting media, and ignores it: this library carries none. Signals are not affected.
///
/// - When: any time.
/// - Threads: any; does not block.
/// - Ownership: secret is only read during the call.
/// - NULL: a NULL or unknown session gives OTC_INVALID_PARAM; a NULL secret OTC_SESSION_INVALID_ENCRYPTION_SECRET.
/// - Returns: OTC_SUCCESS; OTC_INVALID_PARAM; OTC_SESSION_INVALID_ENCRYPTION_SECRET if the secret has fewer than 8 or
///   more than 256 characters or is not UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_set_encryption_secret(
    session: *mut otc_session,
    secret: *const c_char,
) -> otc_status {
    client::call(session, |_| {
        // SAFETY: the caller passes NULL or a string that ends with NUL.
        let length = unsafe { string::text(secret) }.map_or(0, |secret| secret.chars().count());
        match (SECRET_MINIMUM..=SECRET_MAXIMUM).contains(&length) {
            true => status::SUCCESS,
            false => status::INVALID_ENCRYPTION_SECRET,
        }
    })
}

/// ENCRYPTION_SECRET_MINIMUM_LENGTH of the header.
const SECRET_MINIMUM: usize = 8;

/// ENCRYPTION_SECRET_MAXIMUM_LENGTH of the header.
const SECRET_MAXIMUM: usize = 256;
