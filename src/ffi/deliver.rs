//! Calls the program: one event of a session becomes one call of a callback.

use std::ffi::{CString, c_char, c_void};
use std::sync::Arc;

use bytestring::ByteString;
use parking_lot::Mutex;

use super::base::otc_on_mute_forced_info;
use super::callbacks::otc_session_callbacks;
use super::handle::{self, otc_connection, otc_session, otc_stream};
use super::{status, string};
use crate::runtime::Observer;
use crate::session::{Connection, Event};

/// What the program gave for a session, and the own connections it may have pointers to.
pub(super) struct Program {
    session: *mut otc_session,
    session_id: CString,
    callbacks: otc_session_callbacks,
    /// One for each join at which the program asked. All live as long as the session.
    own: Mutex<Vec<Arc<otc_connection>>>,
}

// SAFETY: the session is a token, user_data is only handed back, never used, and the interface says that callbacks run
// on
// threads of the library; everything else can be shared anyway.
unsafe impl Send for Program {}
// SAFETY: as above.
unsafe impl Sync for Program {}

/// Calls one callback with the session, the user data and what else it takes, unless it is NULL.
macro_rules! tell {
    ($program:expr, $callback:ident $(, $argument:expr)*) => {
        if let Some(call) = $program.callbacks.$callback {
            // SAFETY: the program's own function, called as its type says; the arguments outlive the call.
            unsafe { call($program.session, $program.callbacks.user_data $(, $argument)*) }
        }
    };
}

impl Program {
    pub(super) fn new(
        session: *mut otc_session,
        session_id: &[u8],
        callbacks: otc_session_callbacks,
    ) -> Self {
        // It was a C string, so there is no NUL in it.
        let session_id = CString::new(session_id).unwrap_or_default();
        Self { session, session_id, callbacks, own: Mutex::new(Vec::new()) }
    }

    pub(super) fn session_id(&self) -> *const c_char {
        self.session_id.as_ptr()
    }

    pub(super) fn user_data(&self) -> *mut c_void {
        self.callbacks.user_data
    }

    /// The object for the own connection, the same one each time.
    pub(super) fn own_connection(&self, facts: &Arc<Connection>) -> *const otc_connection {
        let mut own = self.own.lock();
        let known = own.iter().rposition(|known| Arc::ptr_eq(known.facts(), facts));
        let place = known.unwrap_or_else(|| {
            own.push(Arc::new(otc_connection::lent(facts.clone())));
            own.len() - 1
        });
        Arc::as_ptr(&own[place])
    }

    /// The own connection's object, if the program has seen it and this is it: programs may compare pointers.
    fn known_own(&self, facts: &Connection) -> Option<*const otc_connection> {
        let own = self.own.lock();
        own.last().filter(|last| last.facts().id == facts.id).map(Arc::as_ptr)
    }

    fn tell_signal(&self, kind: &ByteString, data: &ByteString, from: Option<Arc<Connection>>) {
        if self.callbacks.on_signal_received.is_none() {
            return;
        }
        let (kind, data) = (string::to_c(kind), string::to_c(data));
        let known = from.as_deref().and_then(|from| self.known_own(from));
        let lent = from.filter(|_| known.is_none()).map(otc_connection::lent);
        let sender = known.unwrap_or_else(|| lent.as_ref().map_or(std::ptr::null(), std::ptr::from_ref));
        tell!(self, on_signal_received, kind.as_ptr(), data.as_ptr(), sender);
    }

    /// What concerns one stream. Anything else is not for here.
    fn tell_stream(&self, event: Event) {
        match event {
            Event::StreamReceived(stream) => {
                let stream = otc_stream::lent(stream);
                tell!(self, on_stream_received, &raw const stream);
            }
            Event::StreamDropped(stream) => {
                let stream = otc_stream::lent(stream);
                tell!(self, on_stream_dropped, &raw const stream);
            }
            Event::StreamHasAudioChanged { stream, has_audio } => {
                let stream = otc_stream::lent(stream);
                tell!(self, on_stream_has_audio_changed, &raw const stream, has_audio.into());
            }
            Event::StreamHasVideoChanged { stream, has_video } => {
                let stream = otc_stream::lent(stream);
                tell!(self, on_stream_has_video_changed, &raw const stream, has_video.into());
            }
            Event::StreamHasCaptionsChanged { stream, has_captions } => {
                let stream = otc_stream::lent(stream);
                tell!(self, on_stream_has_captions_changed, &raw const stream, has_captions.into());
            }
            Event::StreamVideoDimensionsChanged { stream, width, height } => {
                let stream = otc_stream::lent(stream);
                tell!(self, on_stream_video_dimensions_changed, &raw const stream, width, height);
            }
            Event::StreamVideoTypeChanged { stream, video_type } => {
                let (stream, video_type) = (otc_stream::lent(stream), handle::video_type(video_type));
                tell!(self, on_stream_video_type_changed, &raw const stream, video_type);
            }
            _ => {}
        }
    }
}

impl Observer for Program {
    fn notify(&self, event: Event) {
        match event {
            Event::Connected => tell!(self, on_connected),
            Event::Disconnected => tell!(self, on_disconnected),
            Event::ConnectionCreated(connection) => {
                let connection = otc_connection::lent(connection);
                tell!(self, on_connection_created, &raw const connection);
            }
            Event::ConnectionDropped(connection) => {
                let connection = otc_connection::lent(connection);
                tell!(self, on_connection_dropped, &raw const connection);
            }
            Event::StreamReceived(_)
            | Event::StreamDropped(_)
            | Event::StreamHasAudioChanged { .. }
            | Event::StreamHasVideoChanged { .. }
            | Event::StreamHasCaptionsChanged { .. }
            | Event::StreamVideoDimensionsChanged { .. }
            | Event::StreamVideoTypeChanged { .. } => self.tell_stream(event),
            Event::SignalReceived { kind, data, from } => self.tell_signal(&kind, &data, from),
            Event::ReconnectionStarted => tell!(self, on_reconnection_started),
            Event::Reconnected => tell!(self, on_reconnected),
            Event::ArchiveStarted { id, name } => {
                let (id, name) = (string::to_c(&id), string::to_c(&name));
                tell!(self, on_archive_started, id.as_ptr(), name.as_ptr());
            }
            Event::ArchiveStopped { id } => {
                let id = string::to_c(&id);
                tell!(self, on_archive_stopped, id.as_ptr());
            }
            Event::Error { error, message } => {
                let message = string::to_c(&message);
                tell!(self, on_error, message.as_ptr(), status::of_session_error(error));
            }
            Event::MuteForced { active } => {
                let mut info = otc_on_mute_forced_info { active: active.into() };
                tell!(self, on_mute_forced, &raw mut info);
            }
        }
    }
}

#[cfg(test)]
#[path = "deliver_tests.rs"]
mod tests;
