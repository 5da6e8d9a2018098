//! `connection.h`: what is known about a client in a session.

use std::ffi::c_char;

use super::base::otc_status;
use super::guard::guard;
use super::handle::{self, otc_connection};
use super::status;

/// Tells the id of a connection.
///
/// - When: any time while the connection is valid.
/// - Threads: any; does not block.
/// - Ownership: the string belongs to the connection and lives as long.
/// - NULL: gives NULL.
/// - Returns: the id, never "".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_connection_get_id(connection: *const otc_connection) -> *const c_char {
    guard(std::ptr::null(), || {
        // SAFETY: the caller passes NULL or a connection that is still valid.
        unsafe { handle::connection(connection) }.map_or(std::ptr::null(), otc_connection::id)
    })
}

/// Tells when a client joined the session.
///
/// - When: any time while the connection is valid.
/// - Threads: any; does not block.
/// - NULL: gives 0.
/// - Returns: milliseconds since 1970-01-01 00:00 UTC by the clock of the server; 0 if it is not known.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_connection_get_creation_time(connection: *const otc_connection) -> i64 {
    guard(0, || {
        // SAFETY: the caller passes NULL or a connection that is still valid.
        unsafe { handle::connection(connection) }.map_or(0, otc_connection::creation_time)
    })
}

/// Tells the connection data, which whoever made the client's token put into it: a name, for example.
///
/// - When: any time while the connection is valid.
/// - Threads: any; does not block.
/// - Ownership: the string belongs to the connection and lives as long.
/// - NULL: gives NULL.
/// - Returns: the data, "" if there is none. It is as trustworthy as whoever makes tokens.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_connection_get_data(connection: *const otc_connection) -> *const c_char {
    guard(std::ptr::null(), || {
        // SAFETY: the caller passes NULL or a connection that is still valid.
        unsafe { handle::connection(connection) }.map_or(std::ptr::null(), otc_connection::data)
    })
}

/// Tells the id of the session that a connection is part of.
///
/// - When: any time while the connection is valid.
/// - Threads: any; does not block.
/// - Ownership: the string belongs to the connection and lives as long.
/// - NULL: gives NULL.
/// - Returns: the session id.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_connection_get_session_id(connection: *const otc_connection) -> *const c_char {
    guard(std::ptr::null(), || {
        // SAFETY: the caller passes NULL or a connection that is still valid.
        unsafe { handle::connection(connection) }.map_or(std::ptr::null(), otc_connection::session_id)
    })
}

/// Makes a copy that the program owns.
///
/// - When: any time while the connection is valid; typically inside a callback, to keep its argument.
/// - Threads: any; does not block.
/// - Ownership: the copy belongs to the caller, outlives callback, stream, session and otc_destroy(), and ends with
///   otc_connection_delete().
/// - NULL: gives NULL.
/// - Returns: the copy; NULL on error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_connection_copy(connection: *const otc_connection) -> *mut otc_connection {
    guard(std::ptr::null_mut(), || {
        // SAFETY: the caller passes NULL or a connection that is still valid.
        let original = unsafe { handle::connection(connection) };
        original.map_or(std::ptr::null_mut(), |original| Box::into_raw(Box::new(original.copy())))
    })
}

/// Ends a copy.
///
/// - When: once for each otc_connection_copy(), after the last use. Deleting a copy twice is an error that cannot
///   always be detected.
/// - Threads: any; does not block.
/// - Ownership: the copy and the strings it returned are gone. A connection that belongs to the library (an argument
///   of a callback, the own connection of a session, the connection of a stream) is left alone, with success.
/// - NULL: gives OTC_INVALID_PARAM.
/// - Returns: OTC_SUCCESS; OTC_INVALID_PARAM.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_connection_delete(connection: *mut otc_connection) -> otc_status {
    guard(status::FATAL, || {
        // SAFETY: the caller passes NULL or a connection that is still valid, and does not use a copy again.
        status::of_delete(unsafe { handle::delete_connection(connection) })
    })
}
