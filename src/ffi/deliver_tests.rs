use std::cell::RefCell;
use std::ffi::{CStr, c_int};
use std::mem::size_of;

use super::super::callbacks::otc_session_error_code;
use super::super::layout::{self, Generation};
use super::super::stream::{self, otc_stream_video_type};
use super::super::{connection, handle};
use super::*;
use crate::session::{SessionError, Stream, VideoType};

type Recording = RefCell<Vec<String>>;

const SESSION: usize = 0x7770;

/// What the callback was told, written into the table that user_data points to.
fn record(session: *mut otc_session, user_data: *mut c_void, what: String) {
    assert_eq!(session.addr(), SESSION, "the session pointer is the one that was returned");
    // SAFETY: every test gives a table that outlives its calls.
    let recording = unsafe { &*user_data.cast::<Recording>() };
    recording.borrow_mut().push(what);
}

fn text(text: *const c_char) -> String {
    assert!(!text.is_null(), "strings are never NULL");
    // SAFETY: a C string of the library.
    unsafe { CStr::from_ptr(text) }.to_str().expect("UTF-8").to_owned()
}

fn id(connection: *const otc_connection) -> String {
    // SAFETY: NULL or an argument of the callback that is running.
    let id = unsafe { connection::otc_connection_get_id(connection) };
    if id.is_null() { "server".to_owned() } else { text(id) }
}

fn stream_id(stream: *const otc_stream) -> String {
    // SAFETY: an argument of the callback that is running.
    text(unsafe { stream::otc_stream_get_id(stream) })
}

macro_rules! recorder {
    ($name:ident, ($($argument:ident: $type:ty),*) $what:expr) => {
        extern "C" fn $name(session: *mut otc_session, user_data: *mut c_void $(, $argument: $type)*) {
            record(session, user_data, format!("{} {}", stringify!($name), $what));
        }
    };
}

recorder!(on_connected, () "");
recorder!(on_disconnected, () "");
recorder!(on_connection_created, (connection: *const otc_connection) id(connection));
recorder!(on_connection_dropped, (connection: *const otc_connection) id(connection));
recorder!(on_stream_received, (stream: *const otc_stream) stream_id(stream));
recorder!(on_stream_dropped, (stream: *const otc_stream) stream_id(stream));
recorder!(on_stream_has_audio_changed, (stream: *const otc_stream, on: c_int) stream_id(stream)
    + &on.to_string());
recorder!(on_stream_has_video_changed, (stream: *const otc_stream, on: c_int) stream_id(stream)
    + &on.to_string());
recorder!(on_stream_has_captions_changed, (stream: *const otc_stream, on: c_int) stream_id(stream)
    + &on.to_string());
recorder!(
    on_stream_video_dimensions_changed, (stream: *const otc_stream, width: c_int, height: c_int) format!(
        "{} {width}x{height}",
        stream_id(stream)
    )
);
recorder!(on_stream_video_type_changed, (stream: *const otc_stream, kind: otc_stream_video_type) format!(
    "{} {}",
    stream_id(stream),
    kind as c_int
));
recorder!(
    on_signal_received, (kind: *const c_char, data: *const c_char, from: *const otc_connection) format!(
        "[{}] [{}] {}",
        text(kind),
        text(data),
        id(from)
    )
);
recorder!(on_reconnection_started, () "");
recorder!(on_reconnected, () "");
recorder!(on_archive_started, (archive: *const c_char, name: *const c_char) text(archive)
    + " "
    + &text(name));
recorder!(on_archive_stopped, (archive: *const c_char) text(archive));
recorder!(on_error, (message: *const c_char, error: otc_session_error_code) format!(
    "[{}] {}",
    text(message),
    error as c_int
));
recorder!(on_mute_forced, (info: *mut otc_on_mute_forced_info) {
    // SAFETY: an argument of the callback that is running.
    unsafe { (*info).active }
});

/// The pointers of every member in the order of the newest struct, with its name.
fn members(user_data: *mut c_void) -> Vec<(&'static str, *const c_void)> {
    macro_rules! list {
        ($($name:ident)*) => { vec![$((stringify!($name), $name as *const c_void)),*] };
    }
    let mut members = list![
        on_connected on_disconnected on_connection_created on_connection_dropped on_stream_received
        on_stream_dropped on_stream_has_audio_changed on_stream_has_video_changed
        on_stream_has_captions_changed on_stream_video_dimensions_changed on_stream_video_type_changed
        on_signal_received on_reconnection_started on_reconnected on_archive_started on_archive_stopped
        on_error on_mute_forced
    ];
    members.push(("user_data", user_data));
    members.push(("reserved", std::ptr::null()));
    members
}

fn stream() -> Arc<Stream> {
    Arc::new(Stream::for_tests("S", "name", other()))
}

fn other() -> Arc<Connection> {
    facts("other")
}

fn facts(id: &str) -> Arc<Connection> {
    let (id, data) = (id.to_owned(), "data".to_owned());
    Arc::new(Connection { id, creation_time: 5, data, session_id: "sid".into() })
}

/// One event of every kind, with what its callback is to be told.
fn every_event() -> Vec<(Event, &'static str)> {
    let stream = stream();
    let has = |on: bool| (stream.clone(), on);
    let (audio, video, captions) = (has(true), has(false), has(true));
    let signal = |kind: &'static str, data: &'static str, from| Event::SignalReceived {
        kind: ByteString::from_static(kind),
        data: ByteString::from_static(data),
        from,
    };
    vec![
        (Event::Connected, "on_connected "),
        (Event::ConnectionCreated(other()), "on_connection_created other"),
        (Event::StreamReceived(stream.clone()), "on_stream_received S"),
        (
            Event::StreamHasAudioChanged { stream: audio.0, has_audio: audio.1 },
            "on_stream_has_audio_changed S1",
        ),
        (
            Event::StreamHasVideoChanged { stream: video.0, has_video: video.1 },
            "on_stream_has_video_changed S0",
        ),
        (
            Event::StreamHasCaptionsChanged { stream: captions.0, has_captions: captions.1 },
            "on_stream_has_captions_changed S1",
        ),
        (
            Event::StreamVideoDimensionsChanged { stream: stream.clone(), width: 640, height: 480 },
            "on_stream_video_dimensions_changed S 640x480",
        ),
        (
            Event::StreamVideoTypeChanged { stream: stream.clone(), video_type: VideoType::Screen },
            "on_stream_video_type_changed S 2",
        ),
        (signal("chat", "hello", Some(other())), "on_signal_received [chat] [hello] other"),
        (signal("", "", None), "on_signal_received [] [] server"),
        (signal("cut", "a\0b", None), "on_signal_received [cut] [a] server"),
        (Event::ReconnectionStarted, "on_reconnection_started "),
        (Event::Reconnected, "on_reconnected "),
        (Event::ArchiveStarted { id: "A".to_owned(), name: "film".to_owned() }, "on_archive_started A film"),
        (Event::ArchiveStopped { id: "A".to_owned() }, "on_archive_stopped A"),
        (Event::MuteForced { active: true }, "on_mute_forced 1"),
        (Event::StreamDropped(stream), "on_stream_dropped S"),
        (Event::ConnectionDropped(other()), "on_connection_dropped other"),
        (
            Event::Error { error: SessionError::ConnectionDropped, message: "gone".to_owned() },
            "on_error [gone] 1022",
        ),
        (Event::Disconnected, "on_disconnected "),
    ]
}

/// Fires everything at a program that was built against a generation of headers that lacks some members.
fn fire_at(generation: Generation, lacking: &[&str]) {
    let recording = Recording::default();
    let user_data = (&raw const recording).cast_mut().cast::<c_void>();
    let members = members(user_data);
    let members: Vec<_> =
        members.iter().filter(|(name, _)| !lacking.contains(name)).map(|(_, at)| *at).collect();
    let size = members.len() * size_of::<*mut c_void>();
    assert_eq!(size, generation.size());
    // SAFETY: a struct of that generation and size.
    let callbacks = unsafe { layout::read_as(members.as_ptr().cast(), generation, size) };
    let program =
        Program::new(std::ptr::without_provenance_mut(SESSION), b"sid", callbacks.expect("not NULL"));

    let mut expected = Vec::new();
    for (event, told) in every_event() {
        program.notify(event);
        if !lacking.iter().any(|name| told.split(' ').next() == Some(name)) {
            expected.push(told);
        }
    }
    assert_eq!(*recording.borrow(), expected);
}

#[test]
fn every_event_reaches_its_callback_in_generation_a() {
    fire_at(Generation::A, &["on_stream_has_captions_changed", "on_mute_forced"]);
}

#[test]
fn every_event_reaches_its_callback_in_generation_b() {
    fire_at(Generation::B, &["on_stream_has_captions_changed"]);
}

#[test]
fn every_event_reaches_its_callback_in_generation_c() {
    fire_at(Generation::C, &[]);
}

/// A program without any callback.
fn silent() -> Program {
    let nothing = [std::ptr::null::<c_void>(); 20];
    // SAFETY: a struct of the newest generation.
    let callbacks = unsafe { layout::read_as(nothing.as_ptr().cast(), Generation::C, size_of_val(&nothing)) };
    Program::new(std::ptr::without_provenance_mut(SESSION), b"sid", callbacks.expect("not NULL"))
}

#[test]
fn null_members_are_skipped() {
    let program = silent();
    every_event().into_iter().for_each(|(event, _)| program.notify(event));
}

#[test]
fn own_connection_is_one_pointer_for_each_join() {
    let program = silent();
    let (first, second) = (facts("me"), facts("me again"));
    let pointer = program.own_connection(&first);
    assert_eq!(program.own_connection(&first), pointer);
    let next = program.own_connection(&second);
    assert_ne!(next, pointer);
    assert_eq!(program.own_connection(&second), next);
    assert_eq!(id(pointer), "me", "the former one lives on");
    // SAFETY: a valid connection that belongs to the library.
    assert!(unsafe { handle::delete_connection(pointer.cast_mut()) });
    assert_eq!(id(pointer), "me", "deleting it does nothing");
}

#[test]
fn own_signal_names_the_own_connection() {
    extern "C" fn compare(
        _: *mut otc_session,
        user_data: *mut c_void,
        _: *const c_char,
        _: *const c_char,
        from: *const otc_connection,
    ) {
        // SAFETY: the test gives a cell that outlives the call.
        unsafe { *user_data.cast::<*const otc_connection>() = from };
    }
    let mut from: *const otc_connection = std::ptr::null();
    let mut program = silent();
    program.callbacks.on_signal_received = Some(compare);
    program.callbacks.user_data = (&raw mut from).cast();
    let own = program.own_connection(&facts("me"));
    let signal = |from: &str| Event::SignalReceived {
        kind: ByteString::new(),
        data: ByteString::new(),
        from: Some(facts(from)),
    };
    program.notify(signal("me"));
    assert_eq!(from, own);
    program.notify(signal("other"));
    assert_ne!(from, own);
}
