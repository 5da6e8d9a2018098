//! NULL and other bad arguments in each position, in every state that needs a server, from several threads at once, and
//! inside callbacks.

use std::any::Any;
use std::collections::BTreeSet;
use std::ffi::{CString, c_char, c_int, c_void};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{null_mut, without_provenance_mut};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use otc::ffi::base::*;
use otc::ffi::callbacks::*;
use otc::ffi::handle::otc_session;
use otc::ffi::session::*;
use otc::ffi::settings::*;
use otc::ffi::signal::*;
use otc::ffi::x::*;
use otc_protocol::session_id;
use otc_protocol::token::{Role, Secret, T1Params, mint_t1};
use otc_relay::{Config, Relay, bind};
use otc_testkit::proxy::{Cut, Direction, FaultProxy};
use tokio::runtime::Runtime;

use crate::null_table::{
    LIBRARY, NO_CALLBACKS, NO_TIMEOUTS, TEXT, Table, any_session, check, no_session, nulls, send,
};

/// Only a hang reaches it.
const LIMIT: Duration = Duration::from_secs(60);

const API_KEY: &str = "100";
const API_SECRET: &str = "0123456789abcdef0123456789abcdef01234567";

/// What the calls of a state return where states differ.
#[derive(Clone, Copy)]
struct Expected {
    state: &'static str,
    /// With a token.
    connect: c_int,
    /// Of signals that are kept while the link is broken, and of others.
    send: (c_int, c_int),
    /// Whether there is an own connection.
    joined: bool,
}

const CONNECTING: Expected =
    Expected { state: "connecting", connect: 1015, send: (1010, 1010), joined: false };
const CONNECTED: Expected = Expected { state: "connected", connect: 1015, send: (0, 0), joined: true };
const RECONNECTING: Expected =
    Expected { state: "reconnecting", connect: 1015, send: (0, 1010), joined: true };
const DISCONNECTING: Expected =
    Expected { state: "disconnecting", connect: 1015, send: (1010, 1010), joined: true };

/// Everything that leaves the session in its state.
fn look(expected: Expected, session: usize) {
    let mut table = Table { state: expected.state, called: BTreeSet::new() };
    let (table, session) = (&mut table, without_provenance_mut::<otc_session>(session));
    nulls(table);
    any_session(table, session);
    check!(table, otc_session_connect(session, TEXT), expected.connect);
    send(table, session, expected.send.0, expected.send.1);
    // SAFETY: a session, or none.
    let own = unsafe { otc_session_get_connection(session) };
    assert_eq!(!own.is_null(), expected.joined, "{}", expected.state);
}

type Body = Box<dyn Fn() + Send + Sync>;

/// Something to do inside a callback, and where to tell how it went.
struct Errand {
    body: Body,
    done: Mutex<Sender<Result<(), String>>>,
}

fn text_of(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(_) => "a panic".to_owned(),
    }
}

extern "C" fn run_errand(
    _: *mut otc_session,
    data: *mut c_void,
    _: *const c_char,
    _: otc_session_error_code,
) {
    // SAFETY: what was given with the callbacks, and outlives the session.
    let errand = unsafe { &*data.cast::<Errand>() };
    let outcome = catch_unwind(AssertUnwindSafe(|| (errand.body)())).map_err(text_of);
    let _ = errand.done.lock().unwrap_or_else(PoisonError::into_inner).send(outcome);
}

fn inside_a_callback(body: Body) {
    let (done, outcome) = channel();
    let errand = Errand { body, done: Mutex::new(done) };
    let callbacks = otc_session_callbacks {
        on_error: Some(run_errand),
        user_data: (&raw const errand).cast_mut().cast(),
        ..NO_CALLBACKS
    };
    // Nobody listens on that port, so connecting fails at once, which a callback reports.
    let session = new_session("http://127.0.0.1:1", "session", &callbacks, None);
    // SAFETY: a session of its own.
    unsafe {
        assert_eq!(otc_session_connect(session, TEXT), 0);
        let outcome = outcome.recv_timeout(LIMIT).expect("the callback comes");
        assert_eq!(otc_session_delete(session), 0);
        outcome.expect("inside a callback");
    }
}

/// On this thread, on several at once, and inside a callback.
fn look_from_everywhere(expected: Expected, session: *mut otc_session) {
    let session = session.addr();
    look(expected, session);
    thread::scope(|scope| {
        let lookers = [(); 3].map(|()| scope.spawn(move || look(expected, session)));
        lookers.into_iter().for_each(|looker| looker.join().expect("on another thread"));
    });
    inside_a_callback(Box::new(move || {
        look(expected, session);
        assert_eq!(otc_destroy(), 2, "inside a callback");
    }));
}

/// What a session told, by name.
struct Told(Mutex<Sender<&'static str>>);

impl Told {
    fn tell(data: *mut c_void, name: &'static str) {
        // SAFETY: what was given with the callbacks, and outlives the session.
        let told = unsafe { &*data.cast::<Self>() };
        let _ = told.0.lock().unwrap_or_else(PoisonError::into_inner).send(name);
    }
}

extern "C" fn on_connected(_: *mut otc_session, data: *mut c_void) {
    Told::tell(data, "connected");
}

extern "C" fn on_reconnection_started(_: *mut otc_session, data: *mut c_void) {
    Told::tell(data, "reconnection started");
}

fn c(text: &str) -> CString {
    CString::new(text).expect("no NUL inside")
}

fn new_session(
    api_url: &str,
    session_id: &str,
    callbacks: &otc_session_callbacks,
    timeouts: Option<&otc_x_timeouts>,
) -> *mut otc_session {
    let (url, id, key) = (c(api_url), c(session_id), c(API_KEY));
    // SAFETY: valid arguments.
    unsafe {
        let settings = otc_session_settings_new();
        assert_eq!(otc_x_session_settings_set_api_url(settings, url.as_ptr()), 0);
        if let Some(timeouts) = timeouts {
            assert_eq!(otc_x_session_settings_set_timeouts(settings, timeouts), 0);
        }
        let session = otc_session_new_with_settings(key.as_ptr(), id.as_ptr(), callbacks, settings);
        assert_eq!(otc_session_settings_delete(settings), 0);
        assert!(!session.is_null());
        session
    }
}

/// A relay behind a proxy, and one session of it.
struct World {
    runtime: Runtime,
    relay: Option<Relay>,
    proxy: FaultProxy,
    session_id: String,
    token: CString,
}

impl World {
    fn new() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let mut config = Config::default();
        config.keys.set_project(API_KEY, &[API_SECRET]).expect("a project");
        let relay = Relay::start(bind("127.0.0.1:0").expect("a port"), config).expect("a relay");
        let proxy = runtime.block_on(FaultProxy::start(relay.address())).expect("a proxy");
        #[allow(clippy::disallowed_methods, reason = "tokens tell the time of day")]
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        let session_id = session_id::mint(API_KEY, now.as_millis().try_into().expect("fits"), b"live states");
        let token = mint_t1(&T1Params {
            partner_id: API_KEY,
            secret: &Secret::new(API_SECRET),
            session_id: &session_id,
            role: Role::Publisher,
            connection_data: "",
            create_time: now.as_secs() - 10,
            expire_time: now.as_secs() + 600,
            nonce: "nonce",
        });
        Self { runtime, relay: Some(relay), proxy, session_id, token: c(&token) }
    }

    fn stall(&self, stalled: bool) {
        self.proxy.stall(Direction::Up, stalled);
        self.proxy.stall(Direction::Down, stalled);
    }

    /// From here on nobody can connect.
    fn refuse(&self) {
        self.proxy.refuse(true);
        while TcpStream::connect(self.proxy.address()).is_ok() {}
    }

    /// Brings a session into a state, looks, and deletes it.
    fn in_state(&self, expected: Expected, bring: impl FnOnce(*mut otc_session, &Receiver<&'static str>)) {
        let (sender, told) = channel();
        let data = Told(Mutex::new(sender));
        let callbacks = otc_session_callbacks {
            on_connected: Some(on_connected),
            on_reconnection_started: Some(on_reconnection_started),
            user_data: (&raw const data).cast_mut().cast(),
            ..NO_CALLBACKS
        };
        let patient =
            otc_x_timeouts { drain_ms: 50_000, session_info_ms: 50_000, connect_ms: 55_000, ..NO_TIMEOUTS };
        let url = format!("http://{}", self.proxy.address());
        let session = new_session(&url, &self.session_id, &callbacks, Some(&patient));
        // SAFETY: valid arguments.
        assert_eq!(unsafe { otc_session_connect(session, self.token.as_ptr()) }, 0);
        bring(session, &told);
        look_from_everywhere(expected, session);
        // SAFETY: deleted once, and then used as what it is no more.
        assert_eq!(unsafe { otc_session_delete(session) }, 0);
        let mut table = Table { state: "deleted", called: BTreeSet::new() };
        no_session(&mut table, session);
    }
}

fn expect(told: &Receiver<&'static str>, name: &str) {
    assert_eq!(told.recv_timeout(LIMIT).expect("something is told"), name);
}

#[test]
fn bad_arguments_are_refused_in_every_live_state_from_everywhere() {
    let _alone = LIBRARY.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(otc_init(null_mut()), 0);
    let mut world = World::new();

    world.stall(true);
    world.in_state(CONNECTING, |_, _| ());
    world.stall(false);

    world.in_state(CONNECTED, |_, told| expect(told, "connected"));

    world.in_state(DISCONNECTING, |session, told| {
        expect(told, "connected");
        world.stall(true);
        // SAFETY: a session. What is accepted cannot leave, so that leaving takes its time.
        unsafe {
            assert_eq!(otc_session_send_signal(session, TEXT, TEXT), 0);
            assert_eq!(otc_session_disconnect(session), 0);
            assert_eq!(otc_session_disconnect(session), 0);
        }
    });
    world.stall(false);

    world.in_state(RECONNECTING, |_, told| {
        expect(told, "connected");
        world.refuse();
        world.proxy.cut(Cut::Rst);
        expect(told, "reconnection started");
    });

    assert_eq!(otc_destroy(), 0);
    let relay = world.relay.take().expect("not stopped yet");
    world.runtime.block_on(relay.stop()).expect("the relay ends well");
}
