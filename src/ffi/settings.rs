//! `session.h`, settings.

use std::ffi::c_char;

use super::base::{otc_bool, otc_status};
use super::callbacks::otc_custom_ice_config;
use super::choose::{self, Refused};
use super::guard::guard;
use super::handle::{self, otc_session_settings};
use super::{library, status, string};
use crate::runtime;

/// Makes settings that all have their defaults.
///
/// - When: after otc_init().
/// - Threads: any; does not block.
/// - Ownership: the settings belong to the caller until otc_session_settings_delete().
/// - Returns: the settings; NULL if the library is not running.
#[unsafe(no_mangle)]
pub extern "C" fn otc_session_settings_new() -> *mut otc_session_settings {
    guard(std::ptr::null_mut(), || {
        if library::is_running() { handle::new_settings() } else { std::ptr::null_mut() }
    })
}

/// Ends settings.
///
/// - When: any time, once; sessions made with them are not affected.
/// - Threads: any; does not block.
/// - Ownership: the settings are gone.
/// - NULL: gives OTC_INVALID_PARAM, and so do settings that were deleted before.
/// - Returns: OTC_SUCCESS; OTC_INVALID_PARAM.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_settings_delete(settings: *mut otc_session_settings) -> otc_status {
    guard(status::FATAL, || status::of_delete(handle::delete_settings(settings)))
}

/// Chooses whether the session is told who comes and goes.
///
/// - When: before the session is made with these settings; sessions that exist are not affected.
/// - Threads: any; does not block.
/// - NULL: NULL or unknown settings give OTC_INVALID_PARAM.
/// - Returns: OTC_SUCCESS; OTC_INVALID_PARAM.
/// - Outcome: with OTC_TRUE on_connection_created and on_connection_dropped never run, and the server does not send
///   these events. The sender of a signal is then known by its id alone: its data is "" and its creation time 0.
/// - Defaults: OTC_FALSE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_settings_set_connection_events_suppressed(
    settings: *mut otc_session_settings,
    suppress: otc_bool,
) -> otc_status {
    handle::set(settings, |settings| {
        settings.config.connection_events_suppressed = suppress != 0;
        Ok(())
    })
}

/// Accepts servers for media connections, and ignores them: this library carries no media.
///
/// - When: any time.
/// - Threads: any; does not block.
/// - Ownership: custom_ice_config is not looked at.
/// - NULL: NULL or unknown settings give OTC_INVALID_PARAM; a NULL custom_ice_config
///   OTC_SESSION_NULL_OR_INVALID_PARAMETER.
/// - Returns: OTC_SUCCESS; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_settings_set_custom_ice_config(
    settings: *mut otc_session_settings,
    custom_ice_config: *const otc_custom_ice_config,
) -> otc_status {
    // The struct has two sizes in the field and its last member is often uninitialised: only its presence is checked.
    handle::set(settings, |_| match custom_ice_config.is_null() {
        true => Err(Refused),
        false => Ok(()),
    })
}

/// Sends all traffic through an IP proxy: a server to which every URL is appended, without its scheme.
///
/// With https://proxy:8080 the URL https://api.example/session/X becomes https://proxy:8080/api.example/session/X.
/// This is not an HTTP CONNECT or SOCKS proxy; those are chosen by otc_x_session_settings_set_forward_proxy() or by the
/// environment.
///
/// - When: before the session is made with these settings; sessions that exist are not affected.
/// - Threads: any; does not block.
/// - Ownership: proxy_url is copied.
/// - NULL: NULL or unknown settings give OTC_INVALID_PARAM. A NULL proxy_url, or "", means no proxy.
/// - Returns: OTC_SUCCESS; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER for what is no URL of a proxy:
///   the log says why, and nothing has changed. Whether the proxy is there shows when connecting, through on_error.
/// - Defaults: no proxy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_settings_set_proxy_url(
    settings: *mut otc_session_settings,
    proxy_url: *const c_char,
) -> otc_status {
    // SAFETY: the caller passes NULL or a string that ends with NUL.
    let proxy_url = unsafe { string::optional(proxy_url) };
    handle::set(settings, |settings| {
        settings.proxy_url = choose::url(proxy_url, runtime::check_proxy_url)?;
        Ok(())
    })
}

/// Accepts the choice of a fixed set of server addresses, and ignores it: addresses are the operator's affair here.
///
/// - When: any time.
/// - Threads: any; does not block.
/// - NULL: NULL or unknown settings give OTC_INVALID_PARAM.
/// - Returns: OTC_SUCCESS; OTC_INVALID_PARAM.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_settings_set_ip_whitelist(
    settings: *mut otc_session_settings,
    ip_whitelist: otc_bool,
) -> otc_status {
    let _ = ip_whitelist;
    handle::set(settings, |_| Ok(()))
}

/// Accepts the choice of moving media to another server while the session runs, and ignores it: this library carries
/// none.
///
/// - When: any time.
/// - Threads: any; does not block.
/// - NULL: NULL or unknown settings give OTC_INVALID_PARAM.
/// - Returns: OTC_SUCCESS; OTC_INVALID_PARAM.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_settings_set_session_migration(
    settings: *mut otc_session_settings,
    session_migration: otc_bool,
) -> otc_status {
    let _ = session_migration;
    handle::set(settings, |_| Ok(()))
}

/// Accepts the choice of one media connection for all streams, and ignores it: this library carries none.
///
/// - When: any time.
/// - Threads: any; does not block.
/// - NULL: NULL or unknown settings give OTC_INVALID_PARAM.
/// - Returns: OTC_SUCCESS; OTC_INVALID_PARAM.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_settings_set_single_peer_connection(
    settings: *mut otc_session_settings,
    single_peer_connection: otc_bool,
) -> otc_status {
    let _ = single_peer_connection;
    handle::set(settings, |_| Ok(()))
}
