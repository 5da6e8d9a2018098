//! Pointers of C, and the objects they stand for.
//!
//! Sessions and settings are tokens that were never an address and are never used again, looked up in a table:
//! whatever a program passes, it cannot make the library touch memory that is not there. Connections and streams are
//! real objects, because making a table entry for each signal's sender would be paid by every signal; a check word
//! tells a lent one from a copy and most garbage from both.

use std::ffi::{CString, c_char, c_int};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use super::base::{otc_bool, otc_status};
use super::choose::Refused;
use super::client::Client;
use super::guard::guard;
use super::stream::otc_stream_video_type;
use super::table::{Table, Tokens};
use super::{status, string};
use crate::runtime::SessionSettings;
use crate::session::{Connection, Stream, VideoType};

/// A session, as C sees it: only ever behind a pointer that is a token.
#[repr(C)]
#[derive(Debug)]
pub struct otc_session {
    _private: [u8; 0],
}

/// Settings, as C sees them: only ever behind a pointer that is a token.
#[repr(C)]
#[derive(Debug)]
pub struct otc_session_settings {
    _private: [u8; 0],
}

/// The sessions that were made and not deleted.
pub(super) static SESSIONS: Table<Client> = Table::new();

/// The settings that were made and not deleted.
static SETTINGS: Table<Mutex<SessionSettings>> = Table::new();

/// A token that no session and no settings ever had. `None` when there are no more, which only 32 bits can bring
/// about.
pub(super) fn new_token() -> Option<usize> {
    static TOKENS: Tokens = Tokens::new();
    TOKENS.take()
}

/// New settings; NULL when there are no more tokens.
pub(super) fn new_settings() -> *mut otc_session_settings {
    let Some(token) = new_token() else { return std::ptr::null_mut() };
    SETTINGS.insert(token, Arc::new(Mutex::new(SessionSettings::default())));
    std::ptr::without_provenance_mut(token)
}

/// A copy of what the settings say now. `None` if they are not valid.
pub(super) fn settings(settings: *const otc_session_settings) -> Option<SessionSettings> {
    SETTINGS.get(settings.addr()).map(|settings| settings.lock().clone())
}

/// Ends settings; whether there were any.
pub(super) fn delete_settings(settings: *const otc_session_settings) -> bool {
    SETTINGS.remove(settings.addr()).is_some()
}

/// Changes settings: the body of every setter.
pub(super) fn set(
    settings: *const otc_session_settings,
    change: impl FnOnce(&mut SessionSettings) -> Result<(), Refused>,
) -> otc_status {
    guard(status::FATAL, || match SETTINGS.get(settings.addr()) {
        Some(settings) => status::of_setting(change(&mut settings.lock())),
        None => status::INVALID_PARAM,
    })
}

/// Marks an object that belongs to the library.
const LENT: u32 = 0x6C65_6E74;
/// Marks an object that belongs to the program.
const COPY: u32 = 0x636F_7079;
/// Marks an object that is gone.
const DEAD: u32 = 0;

/// Addresses below are never objects: the zero page.
const LOWEST_ADDRESS: usize = 4096;

/// The check word that every connection and stream begins with.
#[derive(Debug)]
#[repr(transparent)]
struct Check(AtomicU32);

impl Check {
    fn is_valid(&self) -> bool {
        matches!(self.0.load(Ordering::Relaxed), LENT | COPY)
    }

    /// Turns a copy into a dead object. Of two threads that try, one succeeds.
    fn end_copy(&self) -> bool {
        self.0.compare_exchange(COPY, DEAD, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }
}

impl Drop for Check {
    fn drop(&mut self) {
        // Volatile, because nobody reads it afterwards except by mistake, which is what it is for.
        // SAFETY: a valid place that is exclusively borrowed.
        unsafe { std::ptr::from_mut(&mut self.0).cast::<u32>().write_volatile(DEAD) };
    }
}

/// A connection, as C sees it.
#[repr(C)]
#[derive(Debug)]
pub struct otc_connection {
    check: Check,
    facts: Arc<Connection>,
    id: OnceLock<CString>,
    data: OnceLock<CString>,
    session_id: OnceLock<CString>,
}

impl otc_connection {
    /// One that belongs to the library.
    pub(super) fn lent(facts: Arc<Connection>) -> Self {
        Self::new(LENT, facts)
    }

    /// One that belongs to the program.
    pub(super) fn copy(&self) -> Self {
        Self::new(COPY, self.facts.clone())
    }

    fn new(check: u32, facts: Arc<Connection>) -> Self {
        let check = Check(AtomicU32::new(check));
        Self { check, facts, id: OnceLock::new(), data: OnceLock::new(), session_id: OnceLock::new() }
    }

    /// What it stands for.
    pub(super) fn facts(&self) -> &Arc<Connection> {
        &self.facts
    }

    pub(super) fn id(&self) -> *const c_char {
        self.id.get_or_init(|| string::to_c(&self.facts.id)).as_ptr()
    }

    pub(super) fn data(&self) -> *const c_char {
        self.data.get_or_init(|| string::to_c(&self.facts.data)).as_ptr()
    }

    pub(super) fn session_id(&self) -> *const c_char {
        self.session_id.get_or_init(|| string::to_c(&self.facts.session_id)).as_ptr()
    }

    pub(super) fn creation_time(&self) -> i64 {
        self.facts.creation_time
    }
}

/// A stream, as C sees it.
#[repr(C)]
#[derive(Debug)]
pub struct otc_stream {
    check: Check,
    facts: Arc<Stream>,
    connection: otc_connection,
    id: OnceLock<CString>,
    name: OnceLock<CString>,
}

impl otc_stream {
    /// One that belongs to the library.
    pub(super) fn lent(facts: Arc<Stream>) -> Self {
        Self::new(LENT, facts)
    }

    /// One that belongs to the program.
    pub(super) fn copy(&self) -> Self {
        Self::new(COPY, self.facts.clone())
    }

    fn new(check: u32, facts: Arc<Stream>) -> Self {
        let connection = otc_connection::lent(facts.connection.clone());
        let check = Check(AtomicU32::new(check));
        Self { check, facts, connection, id: OnceLock::new(), name: OnceLock::new() }
    }

    pub(super) fn id(&self) -> *const c_char {
        self.id.get_or_init(|| string::to_c(&self.facts.id)).as_ptr()
    }

    pub(super) fn name(&self) -> *const c_char {
        self.name.get_or_init(|| string::to_c(&self.facts.name)).as_ptr()
    }

    pub(super) fn connection(&self) -> *const otc_connection {
        &raw const self.connection
    }

    pub(super) fn has_video_track(&self) -> otc_bool {
        self.facts.has_video_track().into()
    }

    pub(super) fn has_video(&self) -> otc_bool {
        self.facts.has_video().into()
    }

    pub(super) fn has_audio_track(&self) -> otc_bool {
        self.facts.has_audio_track().into()
    }

    pub(super) fn has_audio(&self) -> otc_bool {
        self.facts.has_audio().into()
    }

    pub(super) fn has_captions(&self) -> otc_bool {
        self.facts.has_captions().into()
    }

    pub(super) fn video_width(&self) -> c_int {
        self.facts.video_width()
    }

    pub(super) fn video_height(&self) -> c_int {
        self.facts.video_height()
    }

    pub(super) fn creation_time(&self) -> i64 {
        self.facts.creation_time
    }

    pub(super) fn video_type(&self) -> otc_stream_video_type {
        video_type(self.facts.video_type())
    }
}

/// The video type, as C names it.
pub(super) fn video_type(video_type: VideoType) -> otc_stream_video_type {
    match video_type {
        VideoType::Camera => otc_stream_video_type::OTC_STREAM_VIDEO_TYPE_CAMERA,
        VideoType::Screen => otc_stream_video_type::OTC_STREAM_VIDEO_TYPE_SCREEN,
        VideoType::Custom => otc_stream_video_type::OTC_STREAM_VIDEO_TYPE_CUSTOM,
    }
}

/// The connection behind a pointer of the program, unless it is recognised as none.
///
/// # Safety
/// The pointer is NULL, or a connection that is valid for `'a`. Anything else is recognised only by luck.
pub(super) unsafe fn connection<'a>(pointer: *const otc_connection) -> Option<&'a otc_connection> {
    // SAFETY: promised by the caller, and checked as far as that is possible.
    unsafe { is_valid(pointer.cast(), align_of::<otc_connection>()).then(|| &*pointer) }
}

/// The stream behind a pointer of the program, unless it is recognised as none.
///
/// # Safety
/// The pointer is NULL, or a stream that is valid for `'a`. Anything else is recognised only by luck.
pub(super) unsafe fn stream<'a>(pointer: *const otc_stream) -> Option<&'a otc_stream> {
    // SAFETY: promised by the caller, and checked as far as that is possible.
    unsafe { is_valid(pointer.cast(), align_of::<otc_stream>()).then(|| &*pointer) }
}

/// Ends a connection of the program; leaves one of the library alone. Whether it was a connection.
///
/// # Safety
/// As for [`connection`]; a copy is not used again.
pub(super) unsafe fn delete_connection(pointer: *mut otc_connection) -> bool {
    // SAFETY: promised by the caller.
    let Some(connection) = (unsafe { connection(pointer) }) else { return false };
    if connection.check.end_copy() {
        // SAFETY: copies, and only they, come from Box::into_raw, and this one was not deleted before.
        drop(unsafe { Box::from_raw(pointer) });
    }
    true
}

/// Ends a stream of the program; leaves one of the library alone. Whether it was a stream.
///
/// # Safety
/// As for [`stream`]; a copy is not used again.
pub(super) unsafe fn delete_stream(pointer: *mut otc_stream) -> bool {
    // SAFETY: promised by the caller.
    let Some(stream) = (unsafe { stream(pointer) }) else { return false };
    if stream.check.end_copy() {
        // SAFETY: copies, and only they, come from Box::into_raw, and this one was not deleted before.
        drop(unsafe { Box::from_raw(pointer) });
    }
    true
}

/// Whether the pointer can be that of an object with a check word.
///
/// # Safety
/// The pointer is NULL, of the zero page, misaligned, or readable.
unsafe fn is_valid(pointer: *const Check, align: usize) -> bool {
    let address = pointer.addr();
    // SAFETY: what is left is readable, as the caller promises, and aligned.
    address >= LOWEST_ADDRESS && address.is_multiple_of(align) && unsafe { (*pointer).is_valid() }
}

#[cfg(test)]
#[path = "handle_tests.rs"]
mod tests;
