//! A session of the library as a C program has one: only the exported functions, with pointers and callbacks.
//!
//! This is the one place of this crate that may be unsafe; what it offers is safe.
#![allow(unsafe_code, reason = "the interface is one of C")]

use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use otc::ffi::base::{otc_destroy, otc_init};
use otc::ffi::callbacks::{otc_session_callbacks, otc_session_error_code, otc_signal_options};
use otc::ffi::connection::{otc_connection_copy, otc_connection_delete, otc_connection_get_id};
use otc::ffi::handle::{otc_connection, otc_session};
use otc::ffi::session::*;
use otc::ffi::settings::{otc_session_settings_delete, otc_session_settings_new};
use otc::ffi::signal::*;
use otc::ffi::x::{otc_x_session_settings_set_api_url, otc_x_session_settings_set_timeouts, otc_x_timeouts};

/// What the library tells the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Connected, under this id.
    Connected(String),
    /// Another client is there.
    Created(String),
    /// Another client is gone.
    Dropped(String),
    /// A signal arrived.
    Signal {
        /// Its type.
        kind: String,
        /// Its data.
        data: String,
        /// The sender; `None`: the server.
        from: Option<String>,
    },
    /// The link is lost.
    ReconnectionStarted,
    /// It is mended.
    Reconnected,
    /// The session is over.
    Disconnected,
    /// The session failed.
    Error {
        /// Why, as a number.
        code: i32,
        /// Why, in words.
        message: String,
    },
}

/// Times that tests need shorter than the defaults, in milliseconds; 0 is the default.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    /// Between two questions whether the link is alive.
    pub keepalive_interval_ms: u32,
    /// Silence after which it counts as lost.
    pub keepalive_loss_ms: u32,
    /// How long reconnecting is tried.
    pub reconnect_limit_ms: u32,
}

/// Starts the library, or counts one more user of it.
pub fn start() {
    assert_eq!(otc_init(ptr::null_mut()), 0, "otc_init");
}

/// Gives up one use of the library. No session may be left.
pub fn stop() {
    assert_eq!(otc_destroy(), 0, "otc_destroy");
}

/// A session. Dropping it deletes it.
pub struct Session {
    session: *mut otc_session,
    /// What callbacks get as their user_data.
    program: Arc<Program>,
}

/// What belongs to a session on the side of the program.
struct Program {
    tell: Box<dyn Fn(Told) + Send + Sync>,
    /// Copies of the connections that are there, by id.
    others: Mutex<HashMap<String, Copied>>,
}

/// A connection that the program owns.
struct Copied(*mut otc_connection);

// SAFETY: connections may be used by any thread.
unsafe impl Send for Copied {}

impl Drop for Copied {
    fn drop(&mut self) {
        // SAFETY: made by otc_connection_copy and deleted only here.
        assert_eq!(unsafe { otc_connection_delete(self.0) }, 0, "otc_connection_delete");
    }
}

// SAFETY: the functions of the library may be called by any thread.
unsafe impl Send for Session {}
// SAFETY: as above.
unsafe impl Sync for Session {}

thread_local! {
    /// Whether this thread runs a callback.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

impl Session {
    /// A session that is not connected. `tell` hears what the library tells, one thing at a time.
    pub fn new(
        api_key: &str,
        session_id: &str,
        api_url: &str,
        times: Times,
        tell: impl Fn(Told) + Send + Sync + 'static,
    ) -> Self {
        let [api_key, session_id, api_url] = [api_key, session_id, api_url].map(text);
        let program = Arc::new(Program { tell: Box::new(tell), others: Mutex::default() });
        let callbacks = callbacks(Arc::as_ptr(&program).cast_mut().cast());
        let timeouts = otc_x_timeouts {
            struct_size: size_of::<otc_x_timeouts>(),
            session_info_ms: 0,
            socket_ms: 0,
            create_ms: 0,
            keepalive_interval_ms: times.keepalive_interval_ms,
            keepalive_loss_ms: times.keepalive_loss_ms,
            reconnect_limit_ms: times.reconnect_limit_ms,
            request_ms: 0,
            drain_ms: 0,
            connect_ms: 0,
        };
        let settings = otc_session_settings_new();
        // SAFETY: strings that end with NUL and structs of their full size, all of them copied.
        let session = unsafe {
            assert_eq!(otc_x_session_settings_set_api_url(settings, api_url.as_ptr()), 0, "API URL");
            assert_eq!(otc_x_session_settings_set_timeouts(settings, &timeouts), 0, "timeouts");
            otc_session_new_with_settings(api_key.as_ptr(), session_id.as_ptr(), &callbacks, settings)
        };
        assert!(!session.is_null(), "the library runs");
        // SAFETY: made above.
        assert_eq!(unsafe { otc_session_settings_delete(settings) }, 0, "settings");
        Self { session, program }
    }

    /// Starts to connect: the status.
    pub fn connect(&self, token: &str) -> i32 {
        // An earlier life's connections are gone.
        self.program.others().clear();
        let token = text(token);
        // SAFETY: a string that ends with NUL, which is copied.
        unsafe { otc_session_connect(self.session, token.as_ptr()) }
    }

    /// Sends, to everyone or to the client with an id: the status. `None`: no such client was announced.
    pub fn send(&self, data: &str, to: Option<&str>, retry: bool) -> Option<i32> {
        let (data, options) = (text(data), otc_signal_options { retry_after_reconnect: retry.into() });
        let (session, data, none) = (self.session, data.as_ptr(), ptr::null());
        let Some(to) = to else {
            // SAFETY: a string that ends with NUL, which is copied.
            return Some(unsafe { otc_session_send_signal_with_options(session, none, data, options) });
        };
        // Held while the copy is used.
        let others = self.program.others();
        let connection = match others.get(to) {
            Some(copy) => copy.0,
            None if self.own_id().as_deref() == Some(to) => self.own_connection(),
            None => return None,
        };
        // SAFETY: as above; the connection is a copy that is still there, or the session's own.
        Some(unsafe {
            otc_session_send_signal_to_connection_with_options(session, none, data, connection, options)
        })
    }

    /// Starts to leave: the status.
    pub fn disconnect(&self) -> i32 {
        // SAFETY: any token may be passed.
        unsafe { otc_session_disconnect(self.session) }
    }

    /// The id of the own connection, once there was one.
    pub fn own_id(&self) -> Option<String> {
        id(self.own_connection())
    }

    fn own_connection(&self) -> *mut otc_connection {
        // SAFETY: any token may be passed.
        unsafe { otc_session_get_connection(self.session) }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Elsewhere delete waits for a running callback, and only then may what callbacks use be freed.
        assert!(!INSIDE.get(), "sessions are not dropped inside callbacks");
        // SAFETY: any token may be passed.
        assert_eq!(unsafe { otc_session_delete(self.session) }, 0, "otc_session_delete");
    }
}

impl Program {
    fn others(&self) -> MutexGuard<'_, HashMap<String, Copied>> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn text(text: &str) -> CString {
    CString::new(text).expect("no NUL in it")
}

/// The text of a string of the library.
fn read(text: *const c_char) -> String {
    assert!(!text.is_null(), "strings of callbacks are never NULL");
    // SAFETY: the library passes strings that end with NUL, for the time of the callback.
    unsafe { CStr::from_ptr(text) }.to_str().expect("UTF-8").to_owned()
}

/// The id of a connection that is valid for now; `None` for NULL.
fn id(connection: *const otc_connection) -> Option<String> {
    // SAFETY: NULL or a connection that the library lends.
    (!connection.is_null()).then(|| read(unsafe { otc_connection_get_id(connection) }))
}

/// Runs a callback: `what` makes of it what is told.
fn told(user_data: *mut c_void, what: impl FnOnce(&Program) -> Told) {
    // SAFETY: it was made from an `Arc` that lives until delete has returned.
    let program = unsafe { &*user_data.cast::<Program>() };
    INSIDE.set(true);
    (program.tell)(what(program));
    INSIDE.set(false);
}

unsafe extern "C" fn on_connected(session: *mut otc_session, user_data: *mut c_void) {
    // SAFETY: any token may be passed.
    let own = unsafe { otc_session_get_connection(session) };
    told(user_data, |_| Told::Connected(id(own).expect("connected sessions have a connection")));
}

unsafe extern "C" fn on_disconnected(_: *mut otc_session, user_data: *mut c_void) {
    told(user_data, |_| Told::Disconnected);
}

unsafe extern "C" fn on_created(
    _: *mut otc_session,
    user_data: *mut c_void,
    connection: *const otc_connection,
) {
    let id = id(connection).expect("a connection");
    told(user_data, |program| {
        // SAFETY: valid during the callback.
        let copy = Copied(unsafe { otc_connection_copy(connection) });
        program.others().insert(id.clone(), copy);
        Told::Created(id)
    });
}

unsafe extern "C" fn on_dropped(
    _: *mut otc_session,
    user_data: *mut c_void,
    connection: *const otc_connection,
) {
    let id = id(connection).expect("a connection");
    told(user_data, |program| {
        program.others().remove(&id);
        Told::Dropped(id)
    });
}

unsafe extern "C" fn on_signal(
    _: *mut otc_session,
    user_data: *mut c_void,
    kind: *const c_char,
    data: *const c_char,
    from: *const otc_connection,
) {
    told(user_data, |_| Told::Signal { kind: read(kind), data: read(data), from: id(from) });
}

unsafe extern "C" fn on_reconnection_started(_: *mut otc_session, user_data: *mut c_void) {
    told(user_data, |_| Told::ReconnectionStarted);
}

unsafe extern "C" fn on_reconnected(_: *mut otc_session, user_data: *mut c_void) {
    told(user_data, |_| Told::Reconnected);
}

unsafe extern "C" fn on_error(
    _: *mut otc_session,
    user_data: *mut c_void,
    message: *const c_char,
    error: otc_session_error_code,
) {
    told(user_data, |_| Told::Error { code: error as i32, message: read(message) });
}

/// Those that clients without media need.
fn callbacks(user_data: *mut c_void) -> otc_session_callbacks {
    otc_session_callbacks {
        on_connected: Some(on_connected),
        on_disconnected: Some(on_disconnected),
        on_connection_created: Some(on_created),
        on_connection_dropped: Some(on_dropped),
        on_stream_received: None,
        on_stream_dropped: None,
        on_stream_has_audio_changed: None,
        on_stream_has_video_changed: None,
        on_stream_has_captions_changed: None,
        on_stream_video_dimensions_changed: None,
        on_stream_video_type_changed: None,
        on_signal_received: Some(on_signal),
        on_reconnection_started: Some(on_reconnection_started),
        on_reconnected: Some(on_reconnected),
        on_archive_started: None,
        on_archive_stopped: None,
        on_error: Some(on_error),
        on_mute_forced: None,
        user_data,
        reserved: ptr::null_mut(),
    }
}
