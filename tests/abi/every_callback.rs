//! Every callback there is, brought about by a server that tells of everything: bad arguments inside each, delete inside
//! each, and what was handed to it used until it returns.

use std::collections::BTreeSet;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use otc::ffi::base::*;
use otc::ffi::callbacks::*;
use otc::ffi::connection::*;
use otc::ffi::handle::{otc_connection, otc_session, otc_stream};
use otc::ffi::session::*;
use otc::ffi::settings::*;
use otc::ffi::stream::*;
use otc::ffi::x::*;
use otc_protocol::raptor::{Channel, Connection, Event, SessionState, Stream};
use otc_protocol::rumor::{Frame, FrameType, header};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, accept_async};

use crate::null_table::{LIBRARY, NO_CALLBACKS, TEXT, Table, any_session};

/// Only a hang reaches it.
const LIMIT: Duration = Duration::from_secs(60);

const PARTNER: &str = "100";
const SESSION: &str = "1_session";
const SERVER: &str = "symphony.relay";

/// The callbacks, in the order in which the server brings them about.
const ORDER: [&str; 18] = [
    "on_connected",
    "on_mute_forced",
    "on_connection_created",
    "on_stream_received",
    "on_stream_has_audio_changed",
    "on_stream_has_video_changed",
    "on_stream_has_captions_changed",
    "on_stream_video_dimensions_changed",
    "on_stream_video_type_changed",
    "on_stream_dropped",
    "on_archive_started",
    "on_archive_stopped",
    "on_signal_received",
    "on_connection_dropped",
    "on_reconnection_started",
    "on_reconnected",
    "on_error",
    "on_disconnected",
];

// ---- The server ------------------------------------------------------------------------------------------------------

type Link = WebSocketStream<TcpStream>;

/// What is told to whoever has joined.
fn everything() -> Vec<(&'static str, String)> {
    let channel = |id: &str, kind: &str| Channel {
        id: id.into(),
        kind: kind.into(),
        active: true,
        ..Default::default()
    };
    let mut captions = channel("c", "captions");
    captions.active = false;
    let stream = Stream {
        id: "s".into(),
        name: "camera".into(),
        connection: "b".into(),
        channels: vec![channel("a", "audio"), channel("v", "video"), captions],
        ..Default::default()
    };
    let other = Connection { id: "b".into(), data: "name=b".into(), ..Default::default() };
    let tell = |method: &str, place: &str, content: &str| {
        let uri = format!("/v2/partner/{PARTNER}/session/{SESSION}/{place}");
        (SERVER, format!(r#"{{"method":"{method}","uri":"{uri}","content":{content}}}"#))
    };
    vec![
        (SERVER, Event::encode_connection_created(PARTNER, SESSION, &other)),
        (SERVER, Event::encode_stream_created(PARTNER, SESSION, &stream)),
        tell("updated", "stream/s/channel/a", r#"{"active":false}"#),
        tell("updated", "stream/s/channel/v", r#"{"active":false}"#),
        tell("updated", "stream/s/channel/c", r#"{"active":true}"#),
        tell("updated", "stream/s/channel/v", r#"{"width":320,"height":240}"#),
        tell("updated", "stream/s/channel/v", r#"{"source":"screen"}"#),
        (SERVER, Event::encode_stream_deleted(PARTNER, SESSION, "s", "clientDisconnected")),
        tell("created", "archive/r", r#"{"id":"r","name":"n","status":"started"}"#),
        tell("updated", "archive/r", r#"{"id":"r","name":"n","status":"stopped"}"#),
        ("b", tell("signal", "signal/x", r#"{"type":"t","data":"d"}"#).1),
        (SERVER, Event::encode_connection_deleted(PARTNER, SESSION, "b", "clientDisconnected")),
    ]
}

async fn send(link: &mut Link, frame: Frame) {
    // Whoever deletes its session does not listen to the end.
    let _ = link.send(Message::Binary(frame.encode().expect("a frame"))).await;
}

/// The next frame of which `wanted` holds; `None` at the end of the link.
async fn receive(link: &mut Link, wanted: impl Fn(&Frame) -> bool) -> Option<Frame> {
    while let Some(Ok(message)) = link.next().await {
        let Message::Binary(bytes) = message else { continue };
        let frame = Frame::decode(bytes, 1 << 20).expect("a frame");
        if wanted(&frame) {
            return Some(frame);
        }
    }
    None
}

/// Lets a client in, tells it of everything, and breaks the link.
async fn admit(mut link: Link) {
    let Some(create) = receive(&mut link, |frame| frame.header(header::TOKEN_AUTH).is_some()).await else {
        return;
    };
    let own = create.header(header::FROM_ADDRESS).expect("a sender").to_string();
    let own = Connection { id: own, creation_time: 1, ..Connection::default() };
    let state = SessionState { connection: vec![own], mute: true, ..SessionState::default() };
    let answer = Frame::new(FrameType::Status)
        .with_header(header::TRANSACTION_ID, create.header(header::TRANSACTION_ID).expect("an id").clone())
        .with_header(header::STATUS, "200")
        .with_data(serde_json::to_string(&state).expect("serialises"));
    send(&mut link, answer).await;
    for (number, (from, payload)) in everything().into_iter().enumerate() {
        let message = Frame::new(FrameType::Message)
            .with_address("topic")
            .with_header(header::CONTENT_TYPE, header::RAPTOR_CONTENT_TYPE)
            .with_header(header::TRANSACTION_ID, format!("t{number}"))
            .with_header(header::FROM_ADDRESS, from)
            .with_data(payload);
        send(&mut link, message).await;
    }
}

/// Takes a client back, and ends its session by a fault.
async fn resume(mut link: Link) {
    if receive(&mut link, |frame| frame.kind == FrameType::Ping).await.is_none() {
        return;
    }
    send(&mut link, Frame::new(FrameType::Pong)).await;
    let close = CloseFrame { code: 1011.into(), reason: "that is all".into() };
    let _ = link.close(Some(close)).await;
    while let Some(Ok(_)) = link.next().await {}
}

async fn serve(mut stream: TcpStream, address: String) {
    let mut head = [0; 4096];
    let text = loop {
        let Ok(length @ 1..) = stream.peek(&mut head).await else { return };
        let text = String::from_utf8_lossy(&head[..length]).to_ascii_lowercase();
        if text.contains("\r\n\r\n") {
            break text;
        }
        tokio::task::yield_now().await;
    };
    if text.contains("upgrade: websocket") {
        let Ok(link) = accept_async(stream).await else { return };
        if text.contains("reconnect=true") {
            resume(link).await
        } else {
            admit(link).await
        }
        return;
    }
    let body = format!(
        r#"[{{"session_id":"{SESSION}","partner_id":"{PARTNER}","messaging_url":"ws://{address}/x",
            "symphony_address":"{SERVER}","properties":{{"reconnection":true}}}}]"#
    );
    let answer =
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    let _ = stream.write_all(Bytes::from(answer).as_ref()).await;
    let _ = stream.shutdown().await;
}

/// Starts a server that tells everything to whoever joins; its address.
pub(crate) fn start_server(runtime: &Runtime) -> String {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
    let address = listener.local_addr().expect("bound").to_string();
    let own = address.clone();
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, own.clone()));
        }
    });
    address
}

// ---- The program -----------------------------------------------------------------------------------------------------

/// What one session told.
struct Record {
    /// The callback that deletes the session.
    last: &'static str,
    told: Mutex<Vec<&'static str>>,
    /// Whether the session is deleted, or what went wrong.
    done: Mutex<Sender<Result<(), String>>>,
}

/// The body of every callback. `look` uses what was handed over.
fn tell(session: *mut otc_session, data: *mut c_void, name: &'static str, look: &dyn Fn()) {
    // SAFETY: what was given with the callbacks, and outlives the session.
    let record = unsafe { &*data.cast::<Record>() };
    record.told.lock().unwrap_or_else(PoisonError::into_inner).push(name);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        look();
        let mut table = Table { state: name, called: BTreeSet::new() };
        any_session(&mut table, session);
        if name == record.last {
            // SAFETY: deleted once; the pointer is no pointer to anything.
            unsafe {
                assert_eq!(otc_session_delete(session), 0);
                assert_eq!(otc_session_delete(session), 1);
                assert_eq!(otc_session_connect(session, TEXT), 1);
            }
            look();
        }
    }));
    if name == record.last || outcome.is_err() {
        let outcome = outcome.map_err(|panic| match panic.downcast::<String>() {
            Ok(text) => format!("{name}: {text}"),
            Err(_) => format!("{name}: a panic"),
        });
        let _ = record.done.lock().unwrap_or_else(PoisonError::into_inner).send(outcome);
    }
}

fn text(text: *const c_char) -> &'static str {
    assert!(!text.is_null());
    // SAFETY: a string of the library, used before the callback returns.
    unsafe { CStr::from_ptr(text) }.to_str().expect("UTF-8")
}

fn look_at_connection(connection: *const otc_connection) {
    // SAFETY: handed to a callback that has not returned.
    unsafe {
        assert_eq!(text(otc_connection_get_id(connection)), "b");
        assert_eq!(text(otc_connection_get_session_id(connection)), SESSION);
        let copy = otc_connection_copy(connection);
        assert_eq!(text(otc_connection_get_data(copy)), text(otc_connection_get_data(connection)));
        assert_eq!(otc_connection_delete(copy), 0);
        assert_eq!(otc_connection_delete(connection.cast_mut()), 0, "lent ones are left alone");
    }
}

fn look_at_stream(stream: *const otc_stream) {
    // SAFETY: handed to a callback that has not returned.
    unsafe {
        assert_eq!((text(otc_stream_get_id(stream)), text(otc_stream_get_name(stream))), ("s", "camera"));
        look_at_connection(otc_stream_get_connection(stream));
        let copy = otc_stream_copy(stream);
        assert_eq!(otc_stream_get_video_width(copy), otc_stream_get_video_width(stream));
        assert_eq!(otc_stream_delete(copy), 0);
        assert_eq!(otc_stream_delete(stream.cast_mut()), 0, "lent ones are left alone");
    }
}

macro_rules! callbacks {
    ($($name:ident($($argument:ident: $type:ty),*) $look:expr;)*) => {
        $(
            unsafe extern "C" fn $name(session: *mut otc_session, data: *mut c_void $(, $argument: $type)*) {
                tell(session, data, stringify!($name), &|| $look);
            }
        )*

        fn all_callbacks(record: &Record) -> otc_session_callbacks {
            let user_data = std::ptr::from_ref(record).cast_mut().cast();
            otc_session_callbacks { $($name: Some($name),)* user_data, ..NO_CALLBACKS }
        }
    };
}

callbacks! {
    on_connected() ();
    on_disconnected() ();
    on_connection_created(connection: *const otc_connection) look_at_connection(connection);
    on_connection_dropped(connection: *const otc_connection) look_at_connection(connection);
    on_stream_received(stream: *const otc_stream) look_at_stream(stream);
    on_stream_dropped(stream: *const otc_stream) look_at_stream(stream);
    on_stream_has_audio_changed(stream: *const otc_stream, value: otc_bool) {
        look_at_stream(stream);
        assert_eq!(value, 0);
    };
    on_stream_has_video_changed(stream: *const otc_stream, value: otc_bool) {
        look_at_stream(stream);
        assert_eq!(value, 0);
    };
    on_stream_has_captions_changed(stream: *const otc_stream, value: otc_bool) {
        look_at_stream(stream);
        assert_eq!(value, 1);
    };
    on_stream_video_dimensions_changed(stream: *const otc_stream, width: c_int, height: c_int) {
        look_at_stream(stream);
        assert_eq!((width, height), (320, 240));
    };
    on_stream_video_type_changed(stream: *const otc_stream, _kind: otc_stream_video_type) look_at_stream(stream);
    on_signal_received(kind: *const c_char, signal: *const c_char, connection: *const otc_connection) {
        assert_eq!((text(kind), text(signal)), ("t", "d"));
        look_at_connection(connection);
    };
    on_reconnection_started() ();
    on_reconnected() ();
    on_archive_started(id: *const c_char, name: *const c_char) assert_eq!((text(id), text(name)), ("r", "n"));
    on_archive_stopped(id: *const c_char) assert_eq!(text(id), "r");
    on_error(message: *const c_char, code: otc_session_error_code) {
        assert!(!text(message).is_empty());
        assert_eq!(code as c_int, 1022);
    };
    on_mute_forced(info: *mut otc_on_mute_forced_info) {
        // SAFETY: handed to a callback that has not returned.
        assert_eq!(unsafe { (*info).active }, 1);
    };
}

/// A session that is to be deleted in one of its callbacks, connecting.
fn start_session(url: &CString, last: &'static str) -> (Box<Record>, Receiver<Result<(), String>>) {
    let (sender, done) = channel();
    let record = Box::new(Record { last, told: Mutex::default(), done: Mutex::new(sender) });
    // SAFETY: valid arguments.
    unsafe {
        let settings = otc_session_settings_new();
        assert_eq!(otc_x_session_settings_set_api_url(settings, url.as_ptr()), 0);
        let callbacks = all_callbacks(&record);
        let session =
            otc_session_new_with_settings(c"100".as_ptr(), c"1_session".as_ptr(), &callbacks, settings);
        assert_eq!(otc_session_settings_delete(settings), 0);
        assert_eq!(otc_session_connect(session, TEXT), 0);
    }
    (record, done)
}

#[test]
fn a_session_may_be_deleted_inside_every_callback_and_is_silent_then() {
    let _alone = LIBRARY.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = Runtime::new().expect("a runtime");
    let url = CString::new(format!("http://{}", start_server(&runtime))).expect("no NUL inside");
    assert_eq!(otc_init(null_mut()), 0);
    let sessions = ORDER.map(|last| start_session(&url, last));
    for (_, done) in &sessions {
        done.recv_timeout(LIMIT).expect("every callback comes").expect("all is well inside");
    }
    // Now nothing can be told any more.
    assert_eq!(otc_destroy(), 0);
    for (index, (record, _)) in sessions.iter().enumerate() {
        let told = record.told.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(told[..], ORDER[..=index]);
    }
}
