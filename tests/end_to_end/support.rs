//! A relay, a proxy that breaks its links, and clients that remember what they were told.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use otc::runtime::{self, Observer, Options, SessionHandle, SessionSettings};
use otc::session::{Connection, Event, OutgoingSignal, SendError, SessionError, Target};
use otc_protocol::session_id;
use otc_protocol::token::{Role, Secret, T1Params, mint_t1};
use otc_relay::{Config, Relay, bind};
use otc_testkit::proxy::FaultProxy;
use parking_lot::Mutex;
use tokio::runtime::Runtime;

/// Only a hang reaches it.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

pub(crate) const API_KEY: &str = "100";
const API_SECRET: &str = "0123456789abcdef0123456789abcdef01234567";

/// Where relays are stopped and proxies run.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.block_on(future)
}

fn now() -> Duration {
    #[allow(clippy::disallowed_methods, reason = "tokens tell the time of day")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).expect("after 1970")
}

/// A new session id.
pub(crate) fn session() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let random = [now().subsec_nanos().into(), NEXT.fetch_add(1, Ordering::Relaxed)].map(u64::to_be_bytes);
    session_id::mint(API_KEY, now().as_millis().try_into().expect("fits"), &random.concat())
}

/// What a token says.
pub(crate) struct Token<'a> {
    pub(crate) session: &'a str,
    pub(crate) data: &'a str,
    pub(crate) role: Role,
    pub(crate) secret: &'a str,
    /// Seconds from now until it ends; negative: it has ended.
    pub(crate) seconds: i64,
}

impl<'a> Token<'a> {
    pub(crate) fn of(session: &'a str) -> Self {
        Self { session, data: "", role: Role::Publisher, secret: API_SECRET, seconds: 600 }
    }

    pub(crate) fn mint(&self) -> String {
        let create_time = now().as_secs() - 1_000;
        mint_t1(&T1Params {
            partner_id: API_KEY,
            secret: &Secret::new(self.secret),
            session_id: self.session,
            role: self.role,
            connection_data: self.data,
            create_time,
            expire_time: (create_time + 1_000).saturating_add_signed(self.seconds),
            nonce: "nonce",
        })
    }
}

/// A relay that knows one project.
pub(crate) struct TestRelay {
    relay: Option<Relay>,
    url: String,
    pub(crate) address: SocketAddr,
}

impl TestRelay {
    pub(crate) fn start() -> Self {
        Self::start_at("127.0.0.1:0")
    }

    pub(crate) fn start_at(address: &str) -> Self {
        Self::start_with(address, |_| ())
    }

    pub(crate) fn start_with(address: &str, adjust: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        config.keys.set_project(API_KEY, &[API_SECRET]).expect("a project");
        adjust(&mut config);
        let relay = Relay::start(bind(address).expect("a port"), config).expect("a relay");
        let (url, address) = (relay.url(), relay.address());
        Self { relay: Some(relay), url, address }
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    pub(crate) fn running(&self) -> &Relay {
        self.relay.as_ref().expect("it was not stopped")
    }

    pub(crate) fn stop(&mut self) {
        if let Some(relay) = self.relay.take() {
            block_on(relay.stop()).expect("the relay ends well");
        }
    }

    /// A proxy in front of it.
    pub(crate) fn behind_proxy(&self) -> FaultProxy {
        block_on(FaultProxy::start(self.address)).expect("a proxy")
    }
}

impl Drop for TestRelay {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Recorder(Mutex<Sender<Event>>);

impl Observer for Recorder {
    fn notify(&self, event: Event) {
        let _ = self.0.lock().send(event);
    }
}

/// A client that remembers what it was told.
pub(crate) struct Client {
    pub(crate) session: SessionHandle,
    events: Mutex<Receiver<Event>>,
}

impl Client {
    /// A client of the session, not connected.
    pub(crate) fn new(api_url: &str, session_id: &str) -> Self {
        Self::with(session_id, |settings| settings.api_url = Some(api_url.to_owned()))
    }

    pub(crate) fn with(session_id: &str, change: impl FnOnce(&mut SessionSettings)) -> Self {
        let mut settings = SessionSettings::default();
        change(&mut settings);
        let (sender, events) = channel();
        let observer = Recorder(Mutex::new(sender));
        Self::observed(session_id, settings, Arc::new(observer), events)
    }

    pub(crate) fn observed(
        session_id: &str,
        settings: SessionSettings,
        observer: Arc<dyn Observer>,
        events: Receiver<Event>,
    ) -> Self {
        runtime::init();
        let options = Options { api_key: API_KEY.to_owned(), session_id: session_id.to_owned(), settings };
        let session = SessionHandle::new(options, observer).expect("a session");
        Self { session, events: Mutex::new(events) }
    }

    /// A client that has joined.
    pub(crate) fn joined(api_url: &str, session_id: &str, data: &str) -> Self {
        let client = Self::new(api_url, session_id);
        client.join(&Token { data, ..Token::of(session_id) }.mint());
        client
    }

    pub(crate) fn join(&self, token: &str) {
        self.session.connect(token).expect("idle");
        self.expect(&Event::Connected);
    }

    pub(crate) fn next(&self) -> Event {
        match self.events.lock().recv_timeout(LIMIT) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => panic!("nothing was told"),
            Err(RecvTimeoutError::Disconnected) => panic!("nothing will be told any more"),
        }
    }

    pub(crate) fn expect(&self, event: &Event) {
        assert_eq!(self.next(), *event);
    }

    pub(crate) fn expect_created(&self) -> Arc<Connection> {
        match self.next() {
            Event::ConnectionCreated(connection) => connection,
            event => panic!("unexpected {event:?}"),
        }
    }

    pub(crate) fn expect_dropped(&self) -> String {
        match self.next() {
            Event::ConnectionDropped(connection) => connection.id.clone(),
            event => panic!("unexpected {event:?}"),
        }
    }

    pub(crate) fn expect_error(&self) -> (SessionError, String) {
        match self.next() {
            Event::Error { error, message } => (error, message),
            event => panic!("unexpected {event:?}"),
        }
    }

    /// The next event, a signal: type, data, and the id of its sender.
    pub(crate) fn expect_signal(&self) -> (String, String, String) {
        match self.next() {
            Event::SignalReceived { kind, data, from } => {
                (kind.to_string(), data.to_string(), from.map_or(String::new(), |from| from.id.clone()))
            }
            event => panic!("unexpected {event:?}"),
        }
    }

    /// Checks that nothing was told that was not looked at.
    pub(crate) fn expect_nothing(&self) {
        if let Ok(event) = self.events.lock().try_recv() {
            panic!("unexpected {event:?}");
        }
    }

    /// How many events were told, once the observer is gone and none can be told any more.
    pub(crate) fn told(&self) -> usize {
        for told in 0.. {
            match self.events.lock().recv_timeout(LIMIT) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => return told,
                Err(RecvTimeoutError::Timeout) => panic!("the observer is still there"),
            }
        }
        unreachable!("the range has no end")
    }

    pub(crate) fn id(&self) -> String {
        self.session.own_connection().expect("joined").id.clone()
    }

    pub(crate) fn send(&self, kind: &str, data: &str) -> Result<(), SendError> {
        self.send_to(Target::Everyone, kind, data)
    }

    pub(crate) fn send_to(&self, target: Target<'_>, kind: &str, data: &str) -> Result<(), SendError> {
        let (kind, data) = (kind.as_bytes(), data.as_bytes());
        self.session.send_signal(OutgoingSignal { kind, data, target, retry: true })
    }

    /// Leaves, and waits until that is told.
    pub(crate) fn leave(&self) {
        self.session.disconnect().expect("joined");
        self.expect(&Event::Disconnected);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.session.delete();
        runtime::destroy();
    }
}
