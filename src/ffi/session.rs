//! `session.h`: making, joining, leaving and ending a session, and what may be asked of one.

use std::ffi::{c_char, c_void};

use super::base::otc_status;
use super::callbacks::{otc_session_callbacks, otc_session_capabilities};
use super::guard::guard;
use super::handle::{otc_connection, otc_session, otc_session_settings};
use super::{client, status, string};

/// Makes a session with default settings; it does not connect yet.
///
/// - When: after otc_init().
/// - Threads: any; does not block.
/// - Ownership: everything passed in is copied. The session belongs to the caller until otc_session_delete().
/// - NULL: a NULL argument gives NULL.
/// - Returns: the session; NULL if the library is not running or an argument is NULL. The strings are not checked: a
///   wrong one shows when connecting, through on_error.
/// - Defaults: the server is the one of OTC_API_URL in the environment, else http://127.0.0.1:8080;
///   otc_x_session_settings_set_api_url() sets another. callbacks has the layout that this header declares, unless
///   OTC_ABI_GENERATION says that the program was built against older headers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_new(
    apikey: *const c_char,
    session_id: *const c_char,
    callbacks: *const otc_session_callbacks,
) -> *mut otc_session {
    // SAFETY: passes on the caller's promises; NULL settings are allowed.
    unsafe { otc_session_new_with_settings(apikey, session_id, callbacks, std::ptr::null_mut()) }
}

/// Makes a session with settings; it does not connect yet.
///
/// - When: after otc_init().
/// - Threads: any; does not block.
/// - Ownership: everything passed in is copied; settings may be deleted at once and stay the caller's to delete. The
///   session belongs to the caller until otc_session_delete().
/// - NULL: NULL settings mean the defaults; another NULL argument gives NULL.
/// - Returns: the session; NULL if the library is not running, an argument is NULL or settings is no valid object.
/// - Defaults: as for otc_session_new().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_new_with_settings(
    apikey: *const c_char,
    session_id: *const c_char,
    callbacks: *const otc_session_callbacks,
    settings: *mut otc_session_settings,
) -> *mut otc_session {
    guard(std::ptr::null_mut(), || {
        // SAFETY: the caller passes NULL or a callbacks struct of the generation in force.
        let callbacks = unsafe { super::layout::read(callbacks) };
        // SAFETY: the caller passes NULL or strings that end with NUL.
        let (apikey, session_id) = unsafe { (string::bytes(apikey), string::bytes(session_id)) };
        client::create(apikey, session_id, callbacks, settings)
    })
}

/// Starts connecting to the session.
///
/// - When: the session is new, or its end was reported. Inside on_disconnected it is legal.
/// - Threads: any; does not block.
/// - Ownership: token is copied.
/// - NULL: a NULL or unknown session gives OTC_INVALID_PARAM, a NULL token OTC_SESSION_NULL_OR_INVALID_PARAMETER.
/// - Returns: OTC_SUCCESS when connecting has begun; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER also
///   for a token that is not UTF-8; OTC_SESSION_ILLEGAL_STATE if the session is connected, connecting, reconnecting
///   or disconnecting, or the library was stopped by otc_destroy(); OTC_FATAL if the system refused a thread or a
///   descriptor, which the log says and another try may get; OTC_SESSION_INTERNAL_ERROR.
/// - Outcome: on_connected or on_error, exactly one of them, within 30 s by default. A wrong token, API key or
///   session id is reported there too, never by the return value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_connect(session: *mut otc_session, token: *const c_char) -> otc_status {
    client::call(session, |client| {
        // SAFETY: the caller passes NULL or a string that ends with NUL.
        match unsafe { string::text(token) } {
            Some(token) => status::of_command(client.handle().connect(token)),
            None => status::NULL_OR_INVALID_PARAMETER,
        }
    })
}

/// Starts leaving the session.
///
/// - When: connecting (which is cancelled), connected, reconnecting (which is given up).
/// - Threads: any; does not block.
/// - NULL: a NULL or unknown session gives OTC_INVALID_PARAM.
/// - Returns: OTC_SUCCESS, also while an earlier call is still at work; OTC_INVALID_PARAM; OTC_SESSION_NOT_CONNECTED
///   if the session was not connected; OTC_SESSION_INTERNAL_ERROR.
/// - Outcome: on_disconnected, exactly once, within 3 s by default, and nothing else before it. Signals that were
///   accepted are sent first, for up to 1 s.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_disconnect(session: *mut otc_session) -> otc_status {
    client::call(session, |client| status::of_command(client.handle().disconnect()))
}

/// Ends a session, whatever it is doing.
///
/// - When: any time, once. Leaving first is not needed: a connected session says goodbye to the server in the
///   background.
/// - Threads: any. Outside callbacks it waits until a running callback of this session has returned. Inside a
///   callback, of any session, it never waits: a callback of this session that runs elsewhere may finish, no further
///   one starts.
/// - Ownership: the session, its own connections and the string of otc_session_get_id() are gone when it returns;
///   inside a callback of the same session, when that callback returns. user_data may be freed then; not so when a
///   callback of another session deletes it: one of this session may still be running.
/// - What the session still answers: calls from elsewhere treat it as unknown at once. A callback of it that is running
///   may go on to ask for id, connection, capabilities and user_data until it returns.
/// - NULL: gives OTC_INVALID_PARAM, and so does a session that was deleted before.
/// - Returns: OTC_SUCCESS; OTC_INVALID_PARAM.
/// - Outcome: no callback reports it, not even on_disconnected.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_delete(session: *mut otc_session) -> otc_status {
    guard(status::INTERNAL_ERROR, || client::delete(session))
}

/// Tells the session id that the session was made with.
///
/// - When: any time.
/// - Threads: any; does not block.
/// - Ownership: the string belongs to the session and lives as long; do not free it, do not write to it.
/// - NULL: a NULL or unknown session gives NULL.
/// - Returns: the session id.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_get_id(session: *const otc_session) -> *mut c_char {
    client::ask(session, std::ptr::null_mut(), |client| client.session_id().cast_mut())
}

/// Tells which connection of the session this client is.
///
/// - When: from on_connected on, also after the session has ended.
/// - Threads: any; does not block.
/// - Ownership: the connection belongs to the session and lives as long. otc_connection_delete() leaves it alone.
/// - NULL: a NULL or unknown session gives NULL.
/// - Returns: the connection, the same pointer each time until the session is connected again, which makes a new one;
///   NULL before the session was connected for the first time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_get_connection(session: *const otc_session) -> *mut otc_connection {
    client::ask(session, std::ptr::null_mut(), |client| client.own_connection().cast_mut())
}

/// Tells what this client may do in the session.
///
/// - When: from on_connected on.
/// - Threads: any; does not block.
/// - Ownership: returned by value.
/// - NULL: a NULL or unknown session gives OTC_FALSE in every member.
/// - Returns: what the role of the token allows; OTC_FALSE in every member before the session is connected.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_get_capabilities(
    session: *const otc_session,
) -> otc_session_capabilities {
    client::ask(session, otc_session_capabilities::default(), |client| client.capabilities())
}

/// Tells the user_data of the callbacks struct.
///
/// - When: any time.
/// - Threads: any; does not block.
/// - Ownership: stays the program's; the library never looks at it.
/// - NULL: a NULL or unknown session gives NULL.
/// - Returns: user_data.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_get_user_data(session: *const otc_session) -> *mut c_void {
    client::ask(session, std::ptr::null_mut(), |client| client.user_data())
}

/// Notes a problem in the log and gives it an id, to be quoted when asking for help.
///
/// - When: any time.
/// - Threads: any; does not block.
/// - Ownership: issue_description is copied. *issue_id is set to a new string that the caller frees with free(); on
///   failure to NULL.
/// - NULL: a NULL or unknown session gives OTC_INVALID_PARAM; another NULL argument
///   OTC_SESSION_NULL_OR_INVALID_PARAMETER.
/// - Returns: OTC_SUCCESS; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER also for a description that is
///   not UTF-8; OTC_SESSION_INTERNAL_ERROR without memory.
/// - Outcome: one line at level WARN with id and description. Nothing is sent anywhere.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_report_issue(
    session: *mut otc_session,
    issue_description: *const c_char,
    issue_id: *mut *mut c_char,
) -> otc_status {
    if !issue_id.is_null() {
        // SAFETY: not NULL, so by contract it points to room for one pointer.
        unsafe { issue_id.write(std::ptr::null_mut()) };
    }
    client::call(session, |client| {
        // SAFETY: the caller passes NULL or a string that ends with NUL.
        let description = unsafe { string::text(issue_description) };
        let (Some(description), false) = (description, issue_id.is_null()) else {
            return status::NULL_OR_INVALID_PARAMETER;
        };
        let id = string::to_malloc(&client.report_issue(description));
        if id.is_null() {
            return status::INTERNAL_ERROR;
        }
        // SAFETY: not NULL, so by contract it points to room for one pointer.
        unsafe { issue_id.write(id) };
        status::SUCCESS
    })
}
