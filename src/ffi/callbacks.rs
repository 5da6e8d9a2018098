//! What a session tells the program, in the words of C: the callbacks struct, its neighbours, and the error codes.

use std::ffi::{c_char, c_int, c_void};

use super::base::{otc_bool, otc_on_mute_forced_info};
use super::handle::{otc_connection, otc_session, otc_stream};
use super::stream::otc_stream_video_type as StreamVideoType;

/// Why a call was refused, or why a session failed. An otc_status may carry any of these, and on_error always does.
///
/// Values marked "not used" exist so that programs which name them compile.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum otc_session_error_code {
    /// The server refused the token, its API key, or its role.
    OTC_SESSION_AUTHORIZATION_FAILURE = 1004,
    /// The server does not know the session id.
    OTC_SESSION_INVALID_SESSION = 1005,
    /// Connecting failed for a reason that has no code of its own.
    OTC_SESSION_CONNECTION_FAILED = 1006,
    /// The call needs a session that is connected.
    OTC_SESSION_NOT_CONNECTED = 1010,
    /// An argument other than the session is NULL or cannot be used.
    OTC_SESSION_NULL_OR_INVALID_PARAMETER = 1011,
    /// The call does not fit the state of the session, such as connecting twice.
    OTC_SESSION_ILLEGAL_STATE = 1015,
    /// The server accepted the client but did not tell in time who is in the session.
    OTC_SESSION_STATE_FAILED = 1020,
    /// Connecting took too long.
    OTC_SESSION_CONNECTION_TIMED_OUT = 1021,
    /// An established session ended by fault: reconnecting was given up, or the server refused to resume.
    OTC_SESSION_CONNECTION_DROPPED = 1022,
    /// No way to the server: nothing listens, the name is unknown, TLS, a proxy or the WebSocket upgrade refused.
    OTC_SESSION_CONNECTION_REFUSED = 1023,
    /// The server refuses clients of this country.
    OTC_SESSION_BLOCKED_COUNTRY = 1026,
    /// The session is full.
    OTC_SESSION_CONNECTION_LIMIT_EXCEEDED = 1027,
    /// Media; not used.
    OTC_SESSION_SUBSCRIBER_NOT_FOUND = 1112,
    /// Media; not used.
    OTC_SESSION_PUBLISHER_NOT_FOUND = 1113,
    /// The data of a signal is longer than 8192 bytes.
    OTC_SESSION_SIGNAL_DATA_TOO_LONG = 1413,
    /// The type of a signal is longer than 128 bytes.
    OTC_SESSION_SIGNAL_TYPE_TOO_LONG = 1414,
    /// The type of a signal has a character other than A-Z a-z 0-9 - . _ ~
    OTC_SESSION_INVALID_SIGNAL_TYPE = 1461,
    /// The server named no messaging server.
    OTC_SESSION_NO_MESSAGING_SERVER = 1503,
    /// Media; not used.
    OTC_SESSION_FORCE_UNPUBLISH_OR_INVALID_STREAM = 1535,
    /// The signal cannot be sent: its receiver has left, or too many signals wait already.
    OTC_SESSION_UNABLE_TO_SEND_SIGNAL = 1550,
    /// A defect of the library, or no memory. The session has ended.
    OTC_SESSION_INTERNAL_ERROR = 2000,
    /// The answer of the server was not understood. The name is spelt so in the mirrored interface.
    OTC_SESSION_UNEXPECTED_GET_SESSION_INFO_REPONSE = 2001,
    /// Media encryption; not used.
    OTC_SESSION_ENCRYPTION_SECRET_MISSING = 6000,
    /// The encryption secret is too short or too long.
    OTC_SESSION_INVALID_ENCRYPTION_SECRET = 6004,
}

/// What this client may do in its session, as the token's role says.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct otc_session_capabilities {
    /// Publish streams.
    pub publish: otc_bool,
    /// Subscribe to streams.
    pub subscribe: otc_bool,
    /// Mute other clients.
    pub force_mute: otc_bool,
    /// Remove other clients with otc_session_force_disconnect().
    pub force_disconnect: otc_bool,
}

/// How one signal is sent. Passed by value.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct otc_signal_options {
    /// What happens if the link to the server is broken. OTC_TRUE, the default of the functions without options: the
    /// signal is kept and sent after the reconnection. OTC_FALSE: the call is refused with OTC_SESSION_NOT_CONNECTED,
    /// and a signal that was accepted just before the link broke is not sent again.
    pub retry_after_reconnect: otc_bool,
}

/// Servers for media connections. Accepted and ignored: this library carries no media.
#[repr(C)]
#[derive(Debug)]
pub struct otc_custom_ice_config {
    /// Number of entries in each of the three arrays.
    pub num_ice_servers: c_int,
    /// URLs.
    pub ice_url: *mut *mut c_char,
    /// User names.
    pub ice_user: *mut *mut c_char,
    /// Passwords.
    pub ice_credential: *mut *mut c_char,
    /// Whether media must go through a TURN server.
    pub force_turn: otc_bool,
    /// Whether only the servers given here are used.
    pub use_custom_turn_only: otc_bool,
    /// Whether local addresses are left out.
    pub filter_out_lan_candidates: otc_bool,
}

/// What a session tells the program.
///
/// Fill a struct with zeros, set the members of interest, hand it to otc_session_new(), which copies it. A NULL
/// member means "not interested".
///
/// Callbacks of one session run one at a time, in the order in which things happened, on a thread of the library that
/// does no network I/O. Those of different sessions may run at the same time. No lock is held: every function of this
/// library may be called inside, for any session, including otc_session_delete() of the same one. After
/// otc_session_delete() returned on another thread none is running and none will.
///
/// Each receives the very pointer that otc_session_new() returned, and user_data. All other pointers die when the
/// callback returns. Strings are never NULL.
///
/// @code
/// static void on_connected(otc_session* session, void* user_data) {
///   (void)user_data;
///   otc_session_send_signal(session, "greeting", "hello");
/// }
///
/// struct otc_session_callbacks callbacks = {0};
/// callbacks.on_connected = on_connected;
/// otc_session* session = otc_session_new(api_key, session_id, &callbacks);
/// @endcode
#[repr(C)]
#[derive(Clone, Copy)]
pub struct otc_session_callbacks {
    /// The session is joined; its own connection is known. Then one on_connection_created follows for each client
    /// that was there before, and one on_stream_received for each of their streams.
    pub on_connected: Option<unsafe extern "C" fn(session: *mut otc_session, user_data: *mut c_void)>,

    /// The session has ended: after otc_session_disconnect(), after on_error of an established session, or because a
    /// moderator or the server removed this client. It may be connected again, even from inside.
    pub on_disconnected: Option<unsafe extern "C" fn(session: *mut otc_session, user_data: *mut c_void)>,

    /// Another client is in the session. Once for each, also across reconnections. From here on signals to it arrive.
    pub on_connection_created: Option<
        unsafe extern "C" fn(
            session: *mut otc_session,
            user_data: *mut c_void,
            connection: *const otc_connection,
        ),
    >,

    /// Another client has left. Once for each.
    pub on_connection_dropped: Option<
        unsafe extern "C" fn(
            session: *mut otc_session,
            user_data: *mut c_void,
            connection: *const otc_connection,
        ),
    >,

    /// Another client publishes a stream.
    pub on_stream_received: Option<
        unsafe extern "C" fn(session: *mut otc_session, user_data: *mut c_void, stream: *const otc_stream),
    >,

    /// A stream has ended.
    pub on_stream_dropped: Option<
        unsafe extern "C" fn(session: *mut otc_session, user_data: *mut c_void, stream: *const otc_stream),
    >,

    /// A stream has begun or ceased to carry audio.
    pub on_stream_has_audio_changed: Option<
        unsafe extern "C" fn(
            session: *mut otc_session,
            user_data: *mut c_void,
            stream: *const otc_stream,
            has_audio: otc_bool,
        ),
    >,

    /// A stream has begun or ceased to carry video.
    pub on_stream_has_video_changed: Option<
        unsafe extern "C" fn(
            session: *mut otc_session,
            user_data: *mut c_void,
            stream: *const otc_stream,
            has_video: otc_bool,
        ),
    >,

    /// A stream has begun or ceased to carry captions.
    pub on_stream_has_captions_changed: Option<
        unsafe extern "C" fn(
            session: *mut otc_session,
            user_data: *mut c_void,
            stream: *const otc_stream,
            has_captions: otc_bool,
        ),
    >,

    /// The video of a stream has another size, in pixels.
    pub on_stream_video_dimensions_changed: Option<
        unsafe extern "C" fn(
            session: *mut otc_session,
            user_data: *mut c_void,
            stream: *const otc_stream,
            width: c_int,
            height: c_int,
        ),
    >,

    /// The video of a stream has another source.
    pub on_stream_video_type_changed: Option<
        unsafe extern "C" fn(
            session: *mut otc_session,
            user_data: *mut c_void,
            stream: *const otc_stream,
            r#type: StreamVideoType,
        ),
    >,

    /// A signal has arrived: from another client, from this one (a signal to all comes back to its sender), or from
    /// the server. type and signal are "" when the sender gave none. signal is the data; data that is not text is
    /// handed over as compact JSON; text with a NUL inside ends there. connection is the sender, and NULL exactly
    /// when the signal comes from the server: that is a normal case.
    pub on_signal_received: Option<
        unsafe extern "C" fn(
            session: *mut otc_session,
            user_data: *mut c_void,
            r#type: *const c_char,
            signal: *const c_char,
            connection: *const otc_connection,
        ),
    >,

    /// The link to the server is broken and the library has begun to mend it. Once for each loss. Then follows either
    /// on_reconnected, or on_error and on_disconnected, or on_disconnected alone.
    pub on_reconnection_started:
        Option<unsafe extern "C" fn(session: *mut otc_session, user_data: *mut c_void)>,

    /// The link works again. Nothing was lost, doubled or reordered.
    pub on_reconnected: Option<unsafe extern "C" fn(session: *mut otc_session, user_data: *mut c_void)>,

    /// A recording of the session has begun.
    pub on_archive_started: Option<
        unsafe extern "C" fn(
            session: *mut otc_session,
            user_data: *mut c_void,
            archive_id: *const c_char,
            name: *const c_char,
        ),
    >,

    /// A recording of the session has ended.
    pub on_archive_stopped: Option<
        unsafe extern "C" fn(session: *mut otc_session, user_data: *mut c_void, archive_id: *const c_char),
    >,

    /// Connecting failed, and nothing else follows; or an established session failed, and on_disconnected follows.
    /// error_string is one line for people: which hop, which URL, why.
    pub on_error: Option<
        unsafe extern "C" fn(
            session: *mut otc_session,
            user_data: *mut c_void,
            error_string: *const c_char,
            error: otc_session_error_code,
        ),
    >,

    /// A moderator has muted the session or lifted that.
    pub on_mute_forced: Option<
        unsafe extern "C" fn(
            session: *mut otc_session,
            user_data: *mut c_void,
            mute_info: *mut otc_on_mute_forced_info,
        ),
    >,

    /// Handed to each callback, and never looked at. Must stay valid until otc_session_delete() has returned, or,
    /// when that is called inside a callback of the same session, until that callback returns.
    pub user_data: *mut c_void,

    /// Must be NULL.
    pub reserved: *mut c_void,
}
