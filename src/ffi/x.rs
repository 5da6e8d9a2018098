//! `otc_x.h`: what this library offers beyond the interface that it mirrors.

use std::ffi::c_char;

use super::base::otc_status;
use super::choose::{self, Refused};
use super::guard::guard;
use super::handle::{self, otc_session_settings};
use super::{string, versioned};
use crate::runtime;

/// How long things may take, in milliseconds. 0 in a member means its default.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct otc_x_timeouts {
    /// sizeof(struct otc_x_timeouts).
    pub struct_size: usize,
    /// One try to ask the API server for the session. Default 10000.
    pub session_info_ms: u32,
    /// Opening the socket, with TLS and the WebSocket upgrade. Default 15000.
    pub socket_ms: u32,
    /// The server's answer to joining, and the list of who is there: each. Default 15000.
    pub create_ms: u32,
    /// Time between two questions whether the link is alive. Default 5000.
    pub keepalive_interval_ms: u32,
    /// Silence after which the link counts as lost. Default 9900; must exceed keepalive_interval_ms.
    pub keepalive_loss_ms: u32,
    /// How long reconnecting is tried after a loss. Default 60000.
    pub reconnect_limit_ms: u32,
    /// An answer that a request may wait for before the link counts as lost. Default 30000.
    pub request_ms: u32,
    /// How long otc_session_disconnect() lets accepted signals leave. Default 1000.
    pub drain_ms: u32,
    /// Connecting as a whole, from otc_session_connect() to on_connected or on_error. Default 30000.
    pub connect_ms: u32,
}

/// How much may wait. 0 in a member means its default.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct otc_x_limits {
    /// sizeof(struct otc_x_limits).
    pub struct_size: usize,
    /// Signals that were accepted and not yet answered by the server. Default 10000.
    pub outbox_signals: usize,
    /// Bytes of such signals. Default 16777216 (16 MiB).
    pub outbox_bytes: usize,
    /// Bytes of events that wait for a callback to return; beyond it the library stops reading from the server until
    /// half of them are gone. Default 67108864 (64 MiB).
    pub callback_queue_bytes: usize,
}

/// Tells the version of the library.
///
/// - When: any time, before otc_init() too.
/// - Threads: any; does not block.
/// - Ownership: the string is a constant.
/// - Returns: three numbers with dots between them, such as "1.2.3".
#[unsafe(no_mangle)]
pub extern "C" fn otc_x_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Writes a record of the level OTC_LOG_LEVEL_ERROR to the library's log, for wrappers that have something to complain of.
///
/// - When: any time, before otc_init() too.
/// - Threads: any; inside a logger the record is dropped, as all are.
/// - Ownership: text is copied. It may end up in files: no secrets. It is made one line.
/// - NULL: nothing is written; nor is text that is not UTF-8.
/// - Outcome: the logger of otc_log_set_logger_callback() gets the record, else standard error, if otc_log_enable() lets
///   errors through.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_x_log_error(text: *const c_char) {
    // SAFETY: the caller passes NULL or a string that ends with NUL.
    let text = unsafe { string::optional(text) };
    guard((), || {
        if let Ok(Some(text)) = text {
            crate::log::error!("{text}");
        }
    });
}

/// Sets the address of the API server, for example https://relay.example.
///
/// - When: before the session is made with these settings; sessions that exist are not affected.
/// - Threads: any; does not block.
/// - Ownership: url is copied.
/// - NULL: NULL or unknown settings give OTC_INVALID_PARAM. A NULL url, or "", means the default.
/// - Returns: OTC_SUCCESS; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER for what is no http or https URL:
///   the log says why, and nothing has changed. Whether the server is there shows when connecting, through on_error.
/// - Defaults: OTC_API_URL of the environment (ignored in set-uid programs), else http://127.0.0.1:8080.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_x_session_settings_set_api_url(
    settings: *mut otc_session_settings,
    url: *const c_char,
) -> otc_status {
    // SAFETY: the caller passes NULL or a string that ends with NUL.
    let url = unsafe { string::optional(url) };
    handle::set(settings, |settings| {
        settings.api_url = choose::url(url, runtime::check_api_url)?;
        Ok(())
    })
}

/// Names a file of certificates, in PEM form, that are trusted in addition to those of the system.
///
/// - When: before the session is made with these settings; sessions that exist are not affected.
/// - Threads: any; does not block.
/// - Ownership: path is copied; the file is read when the session connects.
/// - NULL: NULL or unknown settings give OTC_INVALID_PARAM. A NULL path, or "", means the default.
/// - Returns: OTC_SUCCESS; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER for text that is not UTF-8. A
///   file that cannot be read shows when connecting, through on_error.
/// - Defaults: OTC_CA_FILE of the environment (ignored in set-uid programs), else none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_x_session_settings_set_ca_file(
    settings: *mut otc_session_settings,
    path: *const c_char,
) -> otc_status {
    // SAFETY: the caller passes NULL or a string that ends with NUL.
    let path = unsafe { string::optional(path) };
    handle::set(settings, |settings| {
        settings.ca_file = path?.map(Into::into);
        Ok(())
    })
}

/// Chooses the proxy that leads to servers: HTTP CONNECT or SOCKS5, for session info and signals alike.
///
/// It is another thing than the IP proxy of otc_session_settings_set_proxy_url(), and both may be set.
///
/// - When: before the session is made with these settings; sessions that exist are not affected.
/// - Threads: any; does not block.
/// - Ownership: url is copied.
/// - NULL: NULL or unknown settings give OTC_INVALID_PARAM. A NULL url, or "", means the default.
/// - Returns: OTC_SUCCESS; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER for what is no URL of a proxy: the
///   log says why, and nothing has changed. Whether the proxy is there shows when connecting, through on_error.
/// - Allowed: http://[user:password@]host[:port], or the same with https, socks5 or socks5h. Special characters of user
///   and password are written as %XX. Without a port it is 1080, for https 443. The proxy looks names up. "direct"
///   means no proxy, whatever the environment says.
/// - Outcome: every host is reached through it, this machine's own loopback too. User and password never reach the log
///   or error_string.
/// - Defaults: https_proxy or http_proxy of the environment by the scheme of the URL, else all_proxy, in small or capital
///   letters, except for hosts that no_proxy lists and for loopback; ignored in set-uid programs. See docs/networks.md.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_x_session_settings_set_forward_proxy(
    settings: *mut otc_session_settings,
    url: *const c_char,
) -> otc_status {
    // SAFETY: the caller passes NULL or a string that ends with NUL.
    let url = unsafe { string::optional(url) };
    handle::set(settings, |settings| {
        settings.forward_proxy = choose::forward_proxy(url?)?;
        Ok(())
    })
}

/// Sets how long things may take.
///
/// - When: before the session is made with these settings; sessions that exist are not affected.
/// - Threads: any; does not block.
/// - Ownership: timeouts is copied.
/// - NULL: NULL or unknown settings give OTC_INVALID_PARAM; NULL timeouts OTC_SESSION_NULL_OR_INVALID_PARAMETER.
/// - Returns: OTC_SUCCESS; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER for a struct_size that fits no
///   version of the struct, for a member set that this library does not know, and for values that contradict each
///   other. Then nothing has changed.
/// - Defaults: see struct otc_x_timeouts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_x_session_settings_set_timeouts(
    settings: *mut otc_session_settings,
    timeouts: *const otc_x_timeouts,
) -> otc_status {
    handle::set(settings, |settings| {
        // SAFETY: the caller passes NULL or a struct of at least struct_size bytes.
        match unsafe { versioned::read(timeouts) } {
            Some(timeouts) => choose::set_timeouts(settings, &timeouts),
            None => Err(Refused),
        }
    })
}

/// Sets how much may wait.
///
/// - When: before the session is made with these settings; sessions that exist are not affected.
/// - Threads: any; does not block.
/// - Ownership: limits is copied.
/// - NULL: NULL or unknown settings give OTC_INVALID_PARAM; NULL limits OTC_SESSION_NULL_OR_INVALID_PARAMETER.
/// - Returns: OTC_SUCCESS; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER for a struct_size that fits no
///   version of the struct and for a member set that this library does not know. Then nothing has changed.
/// - Defaults: see struct otc_x_limits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_x_session_settings_set_limits(
    settings: *mut otc_session_settings,
    limits: *const otc_x_limits,
) -> otc_status {
    handle::set(settings, |settings| {
        // SAFETY: the caller passes NULL or a struct of at least struct_size bytes.
        match unsafe { versioned::read(limits) } {
            Some(limits) => {
                choose::set_limits(settings, &limits);
                Ok(())
            }
            None => Err(Refused),
        }
    })
}
