//! Streams of another client, through a real relay to the callbacks of C: what each getter tells when it comes, changes, ends.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::null_mut;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use otc::ffi::base::*;
use otc::ffi::callbacks::*;
use otc::ffi::connection::*;
use otc::ffi::handle::{otc_session, otc_stream};
use otc::ffi::session::*;
use otc::ffi::settings::*;
use otc::ffi::stream::*;
use otc::ffi::x::*;
use otc_protocol::session_id;
use otc_protocol::token::{Role, Secret, T1Params, mint_t1};
use otc_relay::{Config, Relay, bind};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::null_table::{LIBRARY, NO_CALLBACKS};
use crate::publisher::Publisher;

/// Only a hang reaches it.
const LIMIT: Duration = Duration::from_secs(60);
const KEY: &str = "100";
const SECRET: &str = "0123456789abcdef0123456789abcdef01234567";

/// Everything that the getters tell of a stream.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    id: String,
    name: String,
    owner: String,
    owner_data: String,
    tracks: [otc_bool; 2],
    sends: [otc_bool; 3],
    size: (c_int, c_int),
    kind: otc_stream_video_type,
}

/// What a callback told: its name, the stream as it was then, and the values beside it.
type Told = (&'static str, Seen, i64, [c_int; 2]);

/// A change of a stream: the channel, what is said of it, the callback, its values, and what the getters tell differently then.
type Step = (&'static str, serde_json::Value, &'static str, [c_int; 2], fn(&mut Seen));

fn text(text: *const c_char) -> String {
    // SAFETY: a string of the library, copied before the callback returns.
    unsafe { CStr::from_ptr(text) }.to_str().expect("UTF-8").to_owned()
}

fn look(stream: *const otc_stream) -> (Seen, i64) {
    // SAFETY: handed to a callback that has not returned.
    unsafe {
        let owner = otc_stream_get_connection(stream);
        let seen = Seen {
            id: text(otc_stream_get_id(stream)),
            name: text(otc_stream_get_name(stream)),
            owner: text(otc_connection_get_id(owner)),
            owner_data: text(otc_connection_get_data(owner)),
            tracks: [otc_stream_has_audio_track(stream), otc_stream_has_video_track(stream)],
            sends: [
                otc_stream_has_audio(stream),
                otc_stream_has_video(stream),
                otc_stream_has_captions(stream),
            ],
            size: (otc_stream_get_video_width(stream), otc_stream_get_video_height(stream)),
            kind: otc_stream_get_video_type(stream),
        };
        (seen, otc_stream_get_creation_time(stream))
    }
}

fn tell(data: *mut c_void, name: &'static str, stream: *const otc_stream, values: [c_int; 2]) {
    // SAFETY: what was given with the callbacks, and outlives the session.
    let sender = unsafe { &*data.cast::<Mutex<Sender<Option<Told>>>>() };
    let (seen, created) = look(stream);
    let told = Some((name, seen, created, values));
    sender.lock().unwrap_or_else(PoisonError::into_inner).send(told).expect("somebody listens");
}

unsafe extern "C" fn on_connected(_: *mut otc_session, data: *mut c_void) {
    // SAFETY: as above.
    let sender = unsafe { &*data.cast::<Mutex<Sender<Option<Told>>>>() };
    sender.lock().unwrap_or_else(PoisonError::into_inner).send(None).expect("somebody listens");
}

macro_rules! callbacks {
    ($($name:ident($($argument:ident: $type:ty),*) $values:expr;)*) => {
        $(
            unsafe extern "C" fn $name(
                _: *mut otc_session, data: *mut c_void, stream: *const otc_stream $(, $argument: $type)*
            ) {
                tell(data, stringify!($name), stream, $values);
            }
        )*

        fn all_callbacks(data: *mut c_void) -> otc_session_callbacks {
            otc_session_callbacks {
                $($name: Some($name),)* on_connected: Some(on_connected), user_data: data, ..NO_CALLBACKS
            }
        }
    };
}

callbacks! {
    on_stream_received() [0, 0];
    on_stream_dropped() [0, 0];
    on_stream_has_audio_changed(value: otc_bool) [value, 0];
    on_stream_has_video_changed(value: otc_bool) [value, 0];
    on_stream_has_captions_changed(value: otc_bool) [value, 0];
    on_stream_video_dimensions_changed(width: c_int, height: c_int) [width, height];
    on_stream_video_type_changed(kind: otc_stream_video_type) [kind as c_int, 0];
}

fn now() -> Duration {
    #[allow(clippy::disallowed_methods, reason = "tokens tell the time of day")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).expect("after 1970")
}

fn token(session: &str, data: &str) -> String {
    mint_t1(&T1Params {
        partner_id: KEY,
        secret: &Secret::new(SECRET),
        session_id: session,
        role: Role::Publisher,
        connection_data: data,
        create_time: now().as_secs(),
        expire_time: now().as_secs() + 600,
        nonce: "nonce",
    })
}

fn connect(url: &str, session: &str, data: *mut c_void) -> *mut otc_session {
    let [url, id] = [url, session].map(|text| CString::new(text).expect("no NUL inside"));
    let token = CString::new(token(session, "watcher")).expect("no NUL inside");
    // SAFETY: valid arguments.
    unsafe {
        let settings = otc_session_settings_new();
        assert_eq!(otc_x_session_settings_set_api_url(settings, url.as_ptr()), 0);
        let watcher =
            otc_session_new_with_settings(c"100".as_ptr(), id.as_ptr(), &all_callbacks(data), settings);
        assert_eq!(otc_session_settings_delete(settings), 0);
        assert_eq!(otc_session_connect(watcher, token.as_ptr()), 0);
        watcher
    }
}

fn next(told: &Receiver<Option<Told>>) -> Told {
    told.recv_timeout(LIMIT).expect("it is told in time").expect("it is about a stream")
}

#[test]
fn streams_of_others_come_change_and_end_with_all_that_is_known_of_them() {
    let _alone = LIBRARY.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = Runtime::new().expect("a runtime");
    let mut config = Config::default();
    config.keys.set_project(KEY, &[SECRET]).expect("a project");
    let relay = Relay::start(bind("127.0.0.1:0").expect("a port"), config).expect("a relay");
    let session = session_id::mint(KEY, now().as_millis().try_into().expect("fits"), b"streams of others");
    let address = relay.address().to_string();
    let began = i64::try_from(now().as_millis()).expect("fits");

    assert_eq!(otc_init(null_mut()), 0);
    let (sender, told) = channel::<Option<Told>>();
    let sender = Box::new(Mutex::new(sender));
    let watcher = connect(&relay.url(), &session, std::ptr::from_ref(&*sender).cast_mut().cast());
    assert!(told.recv_timeout(LIMIT).expect("it connects").is_none());

    let mut publisher =
        runtime.block_on(Publisher::join(&address, KEY, &session, &token(&session, "name=ann")));
    let camera = json!({ "name": "Ann's camera", "channel": [
        { "id": "a", "type": "audio", "active": true },
        { "id": "v", "type": "video", "active": true, "width": 640, "height": 480, "source": "camera" },
        { "id": "c", "type": "captions", "active": false },
    ]});
    runtime.block_on(publisher.tell("create", "S", &camera));
    let (name, mut seen, created, _) = next(&told);
    let expected = Seen {
        id: "S".into(),
        name: "Ann's camera".into(),
        owner: publisher.id().into(),
        owner_data: "name=ann".into(),
        tracks: [1, 1],
        sends: [1, 1, 0],
        size: (640, 480),
        kind: otc_stream_video_type::OTC_STREAM_VIDEO_TYPE_CAMERA,
    };
    assert_eq!((name, &seen), ("on_stream_received", &expected));
    let ended = i64::try_from(now().as_millis()).expect("fits");
    assert!((began..=ended).contains(&created), "{created} is between {began} and {ended}");

    // One change after the other; the stream tells what is so after it.
    let steps: [Step; 6] = [
        ("a", json!({ "active": false }), "on_stream_has_audio_changed", [0, 0], |it| it.sends[0] = 0),
        ("v", json!({ "active": false }), "on_stream_has_video_changed", [0, 0], |it| it.sends[1] = 0),
        ("c", json!({ "active": true }), "on_stream_has_captions_changed", [1, 0], |it| it.sends[2] = 1),
        (
            "v",
            json!({ "width": 320, "height": 200 }),
            "on_stream_video_dimensions_changed",
            [320, 200],
            |it| {
                it.size = (320, 200);
            },
        ),
        ("v", json!({ "source": "screen" }), "on_stream_video_type_changed", [2, 0], |it| {
            it.kind = otc_stream_video_type::OTC_STREAM_VIDEO_TYPE_SCREEN;
        }),
        ("a", json!({ "active": true }), "on_stream_has_audio_changed", [1, 0], |it| it.sends[0] = 1),
    ];
    for (channel, content, callback, values, change) in steps {
        runtime.block_on(publisher.tell("update", &format!("S/channel/{channel}"), &content));
        change(&mut seen);
        assert_eq!(next(&told), (callback, seen.clone(), created, values));
    }

    // A second one, without sound, and both end: one by its owner's wish, one with its owner.
    let screen = json!({ "channel": [{ "id": "v", "type": "video", "active": true, "source": "custom" }] });
    runtime.block_on(publisher.tell("create", "T", &screen));
    let (name, second, ..) = next(&told);
    assert_eq!(
        (name, &*second.id, &*second.name),
        ("on_stream_received", "T", ""),
        "no name is an empty name"
    );
    assert_eq!((second.tracks, second.sends, second.size), ([0, 1], [0, 1, 0], (0, 0)));
    assert_eq!(second.kind, otc_stream_video_type::OTC_STREAM_VIDEO_TYPE_CUSTOM);
    runtime.block_on(publisher.tell("delete", "S", &json!({})));
    assert_eq!(next(&told), ("on_stream_dropped", seen, created, [0, 0]));
    runtime.block_on(async { drop(publisher) });
    // The relay keeps the client for a while, in case it comes back: a watcher that comes now still hears of the stream.
    let (late_sender, late) = channel::<Option<Told>>();
    let late_sender = Box::new(Mutex::new(late_sender));
    let late_watcher = connect(&relay.url(), &session, std::ptr::from_ref(&*late_sender).cast_mut().cast());
    assert!(late.recv_timeout(LIMIT).expect("it connects").is_none());
    let (name, there, ..) = next(&late);
    assert_eq!((name, there), ("on_stream_received", second));

    // SAFETY: deleted once.
    unsafe {
        assert_eq!(otc_session_delete(watcher), 0);
        assert_eq!(otc_session_delete(late_watcher), 0);
    }
    assert_eq!(otc_destroy(), 0);
    runtime.block_on(relay.stop()).expect("the relay ends well");
}
