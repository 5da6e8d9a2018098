//! NULL in each position of each function, in every state that needs no server: before the start, running, with a session
//! that was never connected, after the end.

use std::collections::BTreeSet;
use std::ffi::{CStr, c_char, c_int};
use std::mem::size_of;
use std::ptr::{null, null_mut};
use std::sync::{Mutex, PoisonError};

use otc::ffi::base::*;
use otc::ffi::callbacks::*;
use otc::ffi::connection::*;
use otc::ffi::handle::{otc_connection, otc_session, otc_session_settings};
use otc::ffi::log::*;
use otc::ffi::media::session::*;
use otc::ffi::moderation::*;
use otc::ffi::session::*;
use otc::ffi::settings::*;
use otc::ffi::signal::*;
use otc::ffi::sized::*;
use otc::ffi::stream::*;
use otc::ffi::x::*;

/// Which functions were called.
pub(crate) struct Table {
    /// What the library is doing, for messages.
    pub(crate) state: &'static str,
    pub(crate) called: BTreeSet<&'static str>,
}

/// One test at a time starts and ends the library.
pub(crate) static LIBRARY: Mutex<()> = Mutex::new(());

/// Calls a function and compares what it returns.
macro_rules! check {
    ($table:ident, $function:ident($($argument:expr),* $(,)?), $expected:expr) => {{
        $table.called.insert(stringify!($function));
        // SAFETY: every function takes NULL anywhere; what is not NULL is valid or is not looked at.
        #[allow(unused_unsafe, reason = "some functions are safe to call")]
        let returned = unsafe { $function($($argument),*) };
        let expected = $crate::null_table::of_the_same_type(&returned, $expected);
        assert!(
            returned == expected,
            "{}{} returned {:?}, not {:?}, {}",
            stringify!($function),
            stringify!(($($argument),*)),
            returned,
            expected,
            $table.state
        );
    }};
}
pub(crate) use check;

/// Lets the compiler find out which kind of NULL is meant.
pub(crate) fn of_the_same_type<T>(_: &T, value: T) -> T {
    value
}

const OK: c_int = 0;
const INVALID_PARAM: c_int = 1;
const BAD_ARGUMENT: c_int = 1011;
const NOT_CONNECTED: c_int = 1010;

pub(crate) const TEXT: *const c_char = c"text".as_ptr();
/// Not UTF-8.
const RAW: *const c_char = c"\xFF\xFE".as_ptr();
const KEEP: otc_signal_options = otc_signal_options { retry_after_reconnect: 1 };
const NOTHING: otc_session_capabilities =
    otc_session_capabilities { publish: 0, subscribe: 0, force_mute: 0, force_disconnect: 0 };

pub(crate) const NO_CALLBACKS: otc_session_callbacks = otc_session_callbacks {
    on_connected: None,
    on_disconnected: None,
    on_connection_created: None,
    on_connection_dropped: None,
    on_stream_received: None,
    on_stream_dropped: None,
    on_stream_has_audio_changed: None,
    on_stream_has_video_changed: None,
    on_stream_has_captions_changed: None,
    on_stream_video_dimensions_changed: None,
    on_stream_video_type_changed: None,
    on_signal_received: None,
    on_reconnection_started: None,
    on_reconnected: None,
    on_archive_started: None,
    on_archive_stopped: None,
    on_error: None,
    on_mute_forced: None,
    user_data: null_mut(),
    reserved: null_mut(),
};

/// No object: the same in every state. The session is NULL, was deleted, or never was one.
pub(crate) fn no_session(table: &mut Table, session: *mut otc_session) {
    let connection: *const otc_connection = null();
    let mut issue: *mut c_char = std::ptr::without_provenance_mut(1);
    check!(table, otc_session_connect(session, null()), INVALID_PARAM);
    check!(table, otc_session_connect(session, TEXT), INVALID_PARAM);
    check!(table, otc_session_disconnect(session), INVALID_PARAM);
    check!(table, otc_session_delete(session), INVALID_PARAM);
    check!(table, otc_session_get_id(session), null_mut());
    check!(table, otc_session_get_connection(session), null_mut());
    check!(table, otc_session_get_capabilities(session), NOTHING);
    check!(table, otc_session_get_user_data(session), null_mut());
    check!(table, otc_session_report_issue(session, TEXT, null_mut()), INVALID_PARAM);
    check!(table, otc_session_report_issue(session, TEXT, &raw mut issue), INVALID_PARAM);
    assert!(issue.is_null(), "the id is NULL on failure");
    check!(table, otc_session_send_signal(session, TEXT, TEXT), INVALID_PARAM);
    check!(table, otc_session_send_signal(session, null(), null()), INVALID_PARAM);
    check!(table, otc_session_send_signal_to_connection(session, TEXT, TEXT, connection), INVALID_PARAM);
    check!(table, otc_session_send_signal_with_options(session, TEXT, TEXT, KEEP), INVALID_PARAM);
    check!(
        table,
        otc_session_send_signal_to_connection_with_options(session, TEXT, TEXT, connection, KEEP),
        INVALID_PARAM
    );
    check!(table, otc_session_force_mute_stream(session, TEXT), INVALID_PARAM);
    check!(table, otc_session_force_mute_all(session, null_mut(), 0), INVALID_PARAM);
    check!(table, otc_session_disable_force_mute(session), INVALID_PARAM);
    check!(table, otc_session_force_disconnect(session, connection), INVALID_PARAM);
    check!(table, otc_session_set_encryption_secret(session, TEXT), INVALID_PARAM);
    check!(table, otc_session_publish(session, std::ptr::without_provenance_mut(16)), INVALID_PARAM);
    check!(table, otc_session_unpublish(session, std::ptr::without_provenance_mut(16)), INVALID_PARAM);
    check!(table, otc_session_subscribe(session, std::ptr::without_provenance_mut(16)), INVALID_PARAM);
    check!(table, otc_session_unsubscribe(session, std::ptr::without_provenance_mut(16)), INVALID_PARAM);
}

/// No settings: the same in every state.
fn no_settings(table: &mut Table, settings: *mut otc_session_settings) {
    check!(table, otc_session_settings_delete(settings), INVALID_PARAM);
    check!(table, otc_session_settings_set_connection_events_suppressed(settings, 1), INVALID_PARAM);
    check!(table, otc_session_settings_set_custom_ice_config(settings, null()), INVALID_PARAM);
    check!(table, otc_session_settings_set_proxy_url(settings, TEXT), INVALID_PARAM);
    check!(table, otc_session_settings_set_ip_whitelist(settings, 1), INVALID_PARAM);
    check!(table, otc_session_settings_set_session_migration(settings, 1), INVALID_PARAM);
    check!(table, otc_session_settings_set_single_peer_connection(settings, 1), INVALID_PARAM);
    check!(table, otc_x_session_settings_set_api_url(settings, TEXT), INVALID_PARAM);
    check!(table, otc_x_session_settings_set_ca_file(settings, TEXT), INVALID_PARAM);
    check!(table, otc_x_session_settings_set_forward_proxy(settings, TEXT), INVALID_PARAM);
    check!(table, otc_x_session_settings_set_timeouts(settings, null()), INVALID_PARAM);
    check!(table, otc_x_session_settings_set_limits(settings, null()), INVALID_PARAM);
}

/// NULL connections and streams: the same in every state.
fn no_facts(table: &mut Table) {
    let camera = otc_stream_video_type::OTC_STREAM_VIDEO_TYPE_CAMERA;
    check!(table, otc_connection_get_id(null()), null());
    check!(table, otc_connection_get_creation_time(null()), 0);
    check!(table, otc_connection_get_data(null()), null());
    check!(table, otc_connection_get_session_id(null()), null());
    check!(table, otc_connection_copy(null()), null_mut());
    check!(table, otc_connection_delete(null_mut()), INVALID_PARAM);
    check!(table, otc_stream_get_id(null()), null());
    check!(table, otc_stream_get_name(null()), null());
    check!(table, otc_stream_has_video_track(null()), 0);
    check!(table, otc_stream_has_video(null()), 0);
    check!(table, otc_stream_has_audio_track(null()), 0);
    check!(table, otc_stream_has_audio(null()), 0);
    check!(table, otc_stream_has_captions(null()), 0);
    check!(table, otc_stream_copy(null()), null_mut());
    check!(table, otc_stream_delete(null_mut()), INVALID_PARAM);
    check!(table, otc_stream_get_video_width(null()), 0);
    check!(table, otc_stream_get_video_height(null()), 0);
    check!(table, otc_stream_get_creation_time(null()), 0);
    check!(table, otc_stream_get_video_type(null()), camera);
    check!(table, otc_stream_get_connection(null()), null());
}

/// A missing argument of what makes sessions: the same in every state.
fn nothing_to_make(table: &mut Table) {
    let none = NO_CALLBACKS;
    let (callbacks, settings) = (&raw const none, null_mut());
    let size = size_of::<otc_session_callbacks>();
    check!(table, otc_session_new(null(), TEXT, callbacks), null_mut());
    check!(table, otc_session_new(TEXT, null(), callbacks), null_mut());
    check!(table, otc_session_new(TEXT, TEXT, null()), null_mut());
    check!(table, otc_session_new_with_settings(null(), TEXT, callbacks, settings), null_mut());
    check!(table, otc_session_new_with_settings(TEXT, null(), callbacks, settings), null_mut());
    check!(table, otc_session_new_with_settings(TEXT, TEXT, null(), settings), null_mut());
    check!(table, otc_x_session_new_sized(size, 3, null(), TEXT, callbacks), null_mut());
    check!(table, otc_x_session_new_sized(size, 3, TEXT, null(), callbacks), null_mut());
    check!(table, otc_x_session_new_sized(size, 3, TEXT, TEXT, null()), null_mut());
    check!(
        table,
        otc_x_session_new_with_settings_sized(size, 3, null(), TEXT, callbacks, settings),
        null_mut()
    );
    check!(
        table,
        otc_x_session_new_with_settings_sized(size, 3, TEXT, null(), callbacks, settings),
        null_mut()
    );
    check!(table, otc_x_session_new_with_settings_sized(size, 3, TEXT, TEXT, null(), settings), null_mut());
}

fn logging(table: &mut Table) {
    check!(table, otc_log_enable(0), ());
    check!(table, otc_x_log_error(null()), ());
    check!(table, otc_x_log_error(RAW), ());
    check!(table, otc_get_log_level(), 0);
    check!(table, otc_log_set_logger_callback(None), ());
}

/// Everything that is the same in every state.
pub(crate) fn nulls(table: &mut Table) {
    no_session(table, null_mut());
    no_settings(table, null_mut());
    no_facts(table);
    nothing_to_make(table);
    logging(table);
    crate::null_media::media(table);
    crate::null_frames::frames(table);
}

/// Whatever makes something, while the library is not running.
fn not_running(table: &mut Table) {
    let none = NO_CALLBACKS;
    let callbacks = &raw const none;
    check!(table, otc_session_settings_new(), null_mut());
    check!(table, otc_session_new(TEXT, TEXT, callbacks), null_mut());
    check!(table, otc_session_new_with_settings(TEXT, TEXT, callbacks, null_mut()), null_mut());
    check!(
        table,
        otc_x_session_new_sized(size_of::<otc_session_callbacks>(), 3, TEXT, TEXT, callbacks),
        null_mut()
    );
    check!(table, otc_destroy(), 2);
}

/// The other arguments, with a session in any state: what is refused or answered whatever it is doing.
pub(crate) fn any_session(table: &mut Table, session: *mut otc_session) {
    let connection: *const otc_connection = null();
    let mut issue: *mut c_char = null_mut();
    check!(table, otc_session_connect(session, null()), BAD_ARGUMENT);
    check!(table, otc_session_connect(session, RAW), BAD_ARGUMENT);
    check!(table, otc_session_report_issue(session, null(), &raw mut issue), BAD_ARGUMENT);
    check!(table, otc_session_report_issue(session, RAW, &raw mut issue), BAD_ARGUMENT);
    check!(table, otc_session_report_issue(session, TEXT, null_mut()), BAD_ARGUMENT);
    check!(table, otc_session_send_signal(session, RAW, TEXT), 1461);
    check!(table, otc_session_send_signal(session, TEXT, RAW), BAD_ARGUMENT);
    check!(table, otc_session_send_signal_to_connection(session, RAW, TEXT, connection), BAD_ARGUMENT);
    check!(
        table,
        otc_session_send_signal_to_connection_with_options(session, TEXT, TEXT, connection, KEEP),
        BAD_ARGUMENT
    );
    check!(table, otc_session_force_mute_stream(session, null()), BAD_ARGUMENT);
    check!(table, otc_session_force_mute_stream(session, TEXT), 1540);
    check!(table, otc_session_force_mute_all(session, null_mut(), 0), 1540);
    check!(table, otc_session_force_mute_all(session, null_mut(), 1), BAD_ARGUMENT);
    check!(table, otc_session_force_mute_all(session, null_mut(), -1), BAD_ARGUMENT);
    check!(table, otc_session_disable_force_mute(session), 1540);
    check!(table, otc_session_force_disconnect(session, null()), BAD_ARGUMENT);
    check!(table, otc_session_set_encryption_secret(session, null()), 6004);
    check!(table, otc_session_set_encryption_secret(session, RAW), 6004);
    check!(table, otc_session_publish(session, null_mut()), INVALID_PARAM);
    check!(table, otc_session_publish(session, std::ptr::without_provenance_mut(16)), 2);
    check!(table, otc_session_unpublish(session, null_mut()), INVALID_PARAM);
    check!(table, otc_session_subscribe(session, null_mut()), INVALID_PARAM);
    check!(table, otc_session_subscribe(session, std::ptr::without_provenance_mut(16)), 2);
    check!(table, otc_session_unsubscribe(session, null_mut()), INVALID_PARAM);
}

/// Signals without type or data, kept and not kept.
pub(crate) fn send(table: &mut Table, session: *mut otc_session, kept: c_int, not_kept: c_int) {
    let drop = otc_signal_options { retry_after_reconnect: 0 };
    check!(table, otc_session_send_signal(session, null(), null()), kept);
    check!(table, otc_session_send_signal(session, TEXT, null()), kept);
    check!(table, otc_session_send_signal(session, null(), TEXT), kept);
    check!(table, otc_session_send_signal_with_options(session, null(), null(), KEEP), kept);
    check!(table, otc_session_send_signal_with_options(session, TEXT, null(), drop), not_kept);
}

/// The other arguments, with a session that was never connected.
fn idle_session(table: &mut Table, session: *mut otc_session) {
    any_session(table, session);
    check!(table, otc_session_disconnect(session), NOT_CONNECTED);
    check!(table, otc_session_get_connection(session), null_mut());
    check!(table, otc_session_get_capabilities(session), NOTHING);
    check!(table, otc_session_get_user_data(session), null_mut());
    send(table, session, NOT_CONNECTED, NOT_CONNECTED);
}

/// Secrets of media encryption: 8 to 256 characters, however many bytes those have.
fn secrets(table: &mut Table, session: *mut otc_session) {
    for (length, status) in [(0, 6004), (7, 6004), (8, OK), (256, OK), (257, 6004)] {
        for letter in ["a", "\u{1F600}"] {
            let secret = std::ffi::CString::new(letter.repeat(length)).expect("no NUL inside");
            check!(table, otc_session_set_encryption_secret(session, secret.as_ptr()), status);
        }
    }
}

/// The other arguments of settings.
fn valid_settings(table: &mut Table, settings: *mut otc_session_settings) {
    let servers = std::ptr::without_provenance(16);
    let (mut timeouts, mut limits) = (NO_TIMEOUTS, NO_LIMITS);
    check!(table, otc_session_settings_set_connection_events_suppressed(settings, 1), OK);
    check!(table, otc_session_settings_set_custom_ice_config(settings, null()), BAD_ARGUMENT);
    check!(table, otc_session_settings_set_custom_ice_config(settings, servers), OK);
    check!(table, otc_session_settings_set_proxy_url(settings, null()), OK);
    check!(table, otc_session_settings_set_proxy_url(settings, c"".as_ptr()), OK);
    check!(table, otc_session_settings_set_proxy_url(settings, RAW), BAD_ARGUMENT);
    check!(table, otc_session_settings_set_proxy_url(settings, c"not a url".as_ptr()), BAD_ARGUMENT);
    check!(table, otc_session_settings_set_proxy_url(settings, c"https://proxy.example:8080".as_ptr()), OK);
    check!(table, otc_session_settings_set_ip_whitelist(settings, 1), OK);
    check!(table, otc_session_settings_set_session_migration(settings, 1), OK);
    check!(table, otc_session_settings_set_single_peer_connection(settings, 1), OK);
    check!(table, otc_x_session_settings_set_api_url(settings, null()), OK);
    check!(table, otc_x_session_settings_set_api_url(settings, RAW), BAD_ARGUMENT);
    check!(
        table,
        otc_x_session_settings_set_api_url(settings, c"ftp://relay.example".as_ptr()),
        BAD_ARGUMENT
    );
    check!(table, otc_x_session_settings_set_api_url(settings, c"https://relay.example".as_ptr()), OK);
    check!(table, otc_x_session_settings_set_ca_file(settings, null()), OK);
    check!(table, otc_x_session_settings_set_ca_file(settings, RAW), BAD_ARGUMENT);
    check!(table, otc_x_session_settings_set_ca_file(settings, c"/nowhere/ca.pem".as_ptr()), OK);
    check!(table, otc_x_session_settings_set_forward_proxy(settings, null()), OK);
    check!(table, otc_x_session_settings_set_forward_proxy(settings, RAW), BAD_ARGUMENT);
    check!(table, otc_x_session_settings_set_forward_proxy(settings, c"ftp://proxy".as_ptr()), BAD_ARGUMENT);
    check!(table, otc_x_session_settings_set_forward_proxy(settings, c"direct".as_ptr()), OK);
    check!(table, otc_x_session_settings_set_forward_proxy(settings, c"socks5://u:p@proxy".as_ptr()), OK);
    check!(table, otc_x_session_settings_set_timeouts(settings, null()), BAD_ARGUMENT);
    check!(table, otc_x_session_settings_set_timeouts(settings, &raw const timeouts), OK);
    timeouts.struct_size = 8;
    check!(table, otc_x_session_settings_set_timeouts(settings, &raw const timeouts), BAD_ARGUMENT);
    check!(table, otc_x_session_settings_set_limits(settings, null()), BAD_ARGUMENT);
    check!(table, otc_x_session_settings_set_limits(settings, &raw const limits), OK);
    limits.struct_size = 0;
    check!(table, otc_x_session_settings_set_limits(settings, &raw const limits), BAD_ARGUMENT);
}

pub(crate) const NO_TIMEOUTS: otc_x_timeouts = otc_x_timeouts {
    struct_size: size_of::<otc_x_timeouts>(),
    session_info_ms: 0,
    socket_ms: 0,
    create_ms: 0,
    keepalive_interval_ms: 0,
    keepalive_loss_ms: 0,
    reconnect_limit_ms: 0,
    request_ms: 0,
    drain_ms: 0,
    connect_ms: 0,
};

const NO_LIMITS: otc_x_limits = otc_x_limits {
    struct_size: size_of::<otc_x_limits>(),
    outbox_signals: 0,
    outbox_bytes: 0,
    callback_queue_bytes: 0,
};

fn text(text: *const c_char) -> String {
    assert!(!text.is_null());
    // SAFETY: a string of the library that is still there.
    unsafe { CStr::from_ptr(text) }.to_str().expect("UTF-8").to_owned()
}

/// Makes objects, uses them, deletes them, and uses the pointers once more.
fn objects(table: &mut Table) {
    let none = NO_CALLBACKS;
    let callbacks = &raw const none;
    // SAFETY: valid arguments.
    let (settings, session) = unsafe {
        let settings = otc_session_settings_new();
        (settings, otc_session_new_with_settings(TEXT, c"the id".as_ptr(), callbacks, settings))
    };
    assert!(!settings.is_null() && !session.is_null());
    // SAFETY: a valid session.
    assert_eq!(text(unsafe { otc_session_get_id(session) }), "the id");
    nulls(table);
    idle_session(table, session);
    secrets(table, session);
    valid_settings(table, settings);
    // Each kind of pointer where the other is expected.
    no_session(table, settings.cast());
    no_settings(table, session.cast());
    check!(table, otc_session_new_with_settings(TEXT, TEXT, callbacks, session.cast()), null_mut());

    check!(table, otc_session_delete(session), OK);
    check!(table, otc_session_settings_delete(settings), OK);
    no_session(table, session);
    no_settings(table, settings);
    check!(table, otc_session_new_with_settings(TEXT, TEXT, callbacks, settings), null_mut());
    for garbage in [1, 16, 4096, usize::MAX, 0x4000_0000_0000 - 16] {
        no_session(table, std::ptr::without_provenance_mut(garbage));
        no_settings(table, std::ptr::without_provenance_mut(garbage));
    }
}

#[test]
fn every_function_takes_null_in_every_state() {
    let _alone = LIBRARY.lock().unwrap_or_else(PoisonError::into_inner);
    let mut table = Table { state: "before the start", called: BTreeSet::new() };
    let table = &mut table;
    assert_eq!(text(otc_x_version()), env!("CARGO_PKG_VERSION"));
    table.called.insert("otc_x_version");
    nulls(table);
    not_running(table);

    table.state = "running";
    check!(table, otc_init(null_mut()), OK);
    check!(table, otc_init(std::ptr::without_provenance_mut(1)), OK);
    nulls(table);
    objects(table);
    check!(table, otc_destroy(), OK);
    objects(table);

    // SAFETY: valid arguments.
    let session = unsafe { otc_session_new(TEXT, TEXT, &NO_CALLBACKS) };
    check!(table, otc_destroy(), OK);
    table.state = "after the end";
    nulls(table);
    not_running(table);
    check!(table, otc_session_connect(session, TEXT), 1015);
    check!(table, otc_session_send_signal(session, TEXT, TEXT), NOT_CONNECTED);
    check!(table, otc_session_delete(session), OK);
    no_session(table, session);

    let listed = include_str!("exports.txt").lines();
    let forgotten: Vec<_> = listed.filter(|name| !table.called.contains(name)).collect();
    assert!(forgotten.is_empty(), "not called: {forgotten:?}");
}
