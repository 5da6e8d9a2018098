//! `session.h`, sending signals.

use std::ffi::c_char;

use super::base::otc_status;
use super::callbacks::otc_signal_options;
use super::client::{self, Receiver};
use super::handle::{otc_connection, otc_session};

/// Sends a signal to every client of the session, this one included.
///
/// - When: connected, or reconnecting: then it is kept and sent after the reconnection.
/// - Threads: any; does not block. Signals of one thread arrive in the order of the calls.
/// - Ownership: type and signal, which is the data, are copied.
/// - NULL: a NULL or unknown session gives OTC_INVALID_PARAM. A NULL type or signal means none, and so does "".
/// - Returns, the first that applies: OTC_INVALID_PARAM; OTC_SESSION_SIGNAL_TYPE_TOO_LONG above 128 bytes;
///   OTC_SESSION_INVALID_SIGNAL_TYPE for a byte other than A-Z a-z 0-9 - . _ ~; OTC_SESSION_SIGNAL_DATA_TOO_LONG
///   above 8192 bytes; OTC_SESSION_NULL_OR_INVALID_PARAMETER for data that is not UTF-8; OTC_SESSION_NOT_CONNECTED;
///   OTC_SESSION_UNABLE_TO_SEND_SIGNAL if too many wait already; OTC_SESSION_INTERNAL_ERROR; OTC_SUCCESS, which means
///   accepted for sending.
/// - Outcome: on_signal_received at each client. An accepted signal reaches the server exactly once, however often
///   the link breaks, unless the session ends first.
///   A full queue empties as the server answers. Inside a callback of the session do not wait for that: while one runs,
///   what arrives is queued behind it, and when that queue is full the library reads no more, the answers included.
///   Return instead, and send the rest later.
/// - Defaults: 10,000 signals or 16 MiB may wait; otc_x_session_settings_set_limits() changes that.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_send_signal(
    session: *mut otc_session,
    r#type: *const c_char,
    signal: *const c_char,
) -> otc_status {
    // SAFETY: the caller passes NULL or strings that end with NUL.
    client::call(session, |client| unsafe { client.send(r#type, signal, Receiver::Everyone, true) })
}

/// Sends a signal to one client of the session, which may be this one.
///
/// - When, threads: as for otc_session_send_signal().
/// - Ownership: type and signal are copied; connection is only read during the call.
/// - NULL: as for otc_session_send_signal(). A NULL connection gives OTC_SESSION_NULL_OR_INVALID_PARAMETER; it never
///   means everyone.
/// - Returns: as for otc_session_send_signal(), with OTC_SESSION_NULL_OR_INVALID_PARAMETER for a connection that is
///   NULL or not valid before everything about type and signal, and OTC_SESSION_UNABLE_TO_SEND_SIGNAL for one that is
///   known to have left.
/// - Outcome: on_signal_received at that client. If it leaves before the signal arrives, the signal is dropped.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_send_signal_to_connection(
    session: *mut otc_session,
    r#type: *const c_char,
    signal: *const c_char,
    connection: *const otc_connection,
) -> otc_status {
    let receiver = Receiver::Connection(connection);
    // SAFETY: the caller passes NULL or strings that end with NUL, and NULL or a valid connection.
    client::call(session, |client| unsafe { client.send(r#type, signal, receiver, true) })
}

/// Sends a signal to every client of the session, and says what happens if the link is broken.
///
/// Everything is as for otc_session_send_signal(), except that with retry_after_reconnect OTC_FALSE the call returns
/// OTC_SESSION_NOT_CONNECTED while reconnecting, and that a signal whose link breaks is not sent a second time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_send_signal_with_options(
    session: *mut otc_session,
    r#type: *const c_char,
    signal: *const c_char,
    signal_options: otc_signal_options,
) -> otc_status {
    let retry = signal_options.retry_after_reconnect != 0;
    // SAFETY: the caller passes NULL or strings that end with NUL.
    client::call(session, |client| unsafe { client.send(r#type, signal, Receiver::Everyone, retry) })
}

/// Sends a signal to one client of the session, and says what happens if the link is broken.
///
/// Everything is as for otc_session_send_signal_to_connection(), except that with retry_after_reconnect OTC_FALSE the
/// call returns OTC_SESSION_NOT_CONNECTED while reconnecting, and that a signal whose link breaks is not sent a
/// second time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_send_signal_to_connection_with_options(
    session: *mut otc_session,
    r#type: *const c_char,
    signal: *const c_char,
    connection: *const otc_connection,
    signal_options: otc_signal_options,
) -> otc_status {
    let (receiver, retry) = (Receiver::Connection(connection), signal_options.retry_after_reconnect != 0);
    // SAFETY: the caller passes NULL or strings that end with NUL, and NULL or a valid connection.
    client::call(session, |client| unsafe { client.send(r#type, signal, receiver, retry) })
}
