//! A session, a clock that is a field, and a peer that speaks real frames.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use otc_protocol::raptor::{self, Request};
use otc_protocol::rumor::{Frame, FrameType, header};
use otc_protocol::session_info::SessionInfo;

use crate::session::*;

pub(super) const API_KEY: &str = "100";
pub(super) const SESSION: &str = "1_MX4xMDB-fg";
pub(super) const SYMPHONY: &str = "symphony.relay.example";
pub(super) const RELAY: &str = "http://relay.example:8080";
pub(super) const URL: &str = "ws://relay.example:8080/rumorwebsocketsv2";
pub(super) const TOKEN: &str = "T1==secret-token";

/// A driver that does at once what the session asks, and remembers it.
pub(super) struct Harness {
    pub(super) session: Session,
    pub(super) now: Instant,
    /// Everything that was told, in order.
    pub(super) events: Vec<Event>,
    /// Everything that was asked for but messages, in order.
    pub(super) actions: Vec<Action>,
    /// The frames that were sent, by link.
    pub(super) sent: BTreeMap<LinkId, Vec<Frame>>,
    pub(super) log: Vec<LogRecord>,
    /// Whether messages count as written as soon as they are asked for.
    pub(super) writes: bool,
    own_id: String,
    next_transaction: u64,
}

impl Harness {
    pub(super) fn new() -> Self {
        Self::with(SessionConfig::default())
    }

    pub(super) fn with(config: SessionConfig) -> Self {
        Self::seeded(config, [7; 32])
    }

    #[allow(clippy::disallowed_methods, reason = "some instant to start from; it only ever moves by command")]
    pub(super) fn seeded(config: SessionConfig, seed: [u8; 32]) -> Self {
        let identity = Identity { api_key: API_KEY.into(), session_id: SESSION.into(), relay: RELAY.into() };
        Self {
            session: Session::new(identity, config, seed),
            now: Instant::now(),
            events: Vec::new(),
            actions: Vec::new(),
            sent: BTreeMap::new(),
            log: Vec::new(),
            writes: true,
            own_id: String::new(),
            next_transaction: 0,
        }
    }

    /// Polls until there is nothing left. Time limits on the number of rounds catch a machine that never rests.
    pub(super) fn pump(&mut self) {
        for _ in 0..1_000_000 {
            while let Some(event) = self.session.poll_event() {
                self.events.push(event);
            }
            while let Some(record) = self.session.poll_log() {
                self.log.push(record);
            }
            let Some(action) = self.session.poll_action() else { return };
            match action {
                Action::Send { link, message } => {
                    let frame = Frame::decode(message, usize::MAX).expect("the session sends frames");
                    if let Some(id) = frame.header(header::UNIQUE_ID) {
                        self.own_id = id.to_string();
                    }
                    self.sent.entry(link).or_default().push(frame);
                    if self.writes {
                        self.session.handle_sent(link, 1, self.now);
                    }
                }
                other => self.actions.push(other),
            }
        }
        panic!("the session asks for ever more");
    }

    /// Jumps from deadline to deadline until `by` has passed.
    pub(super) fn advance(&mut self, by: Duration) {
        let end = self.now + by;
        for _ in 0..100_000 {
            self.pump();
            match self.session.poll_timeout() {
                Some(at) if at <= end => {
                    self.now = self.now.max(at);
                    self.session.handle_timeout(self.now);
                }
                _ => {
                    self.now = end;
                    self.pump();
                    return;
                }
            }
        }
        panic!("timers fire without end");
    }

    pub(super) fn advance_ms(&mut self, ms: u64) {
        self.advance(Duration::from_millis(ms));
    }

    /// Jumps to the next deadline, and returns how far that was.
    pub(super) fn step(&mut self) -> Duration {
        self.pump();
        let at = self.session.poll_timeout().expect("something is due");
        let far = at.saturating_duration_since(self.now);
        self.now = self.now.max(at);
        self.session.handle_timeout(self.now);
        self.pump();
        far
    }

    // What was asked for.

    /// The events since the last call.
    pub(super) fn take_events(&mut self) -> Vec<Event> {
        self.pump();
        std::mem::take(&mut self.events)
    }

    /// The names of the events since the last call.
    pub(super) fn take_names(&mut self) -> Vec<String> {
        self.take_events().iter().map(name).collect()
    }

    /// The one error that was told, and nothing else was.
    pub(super) fn take_error(&mut self) -> (SessionError, String) {
        match &*self.take_events() {
            [Event::Error { error, message }] => (*error, message.clone()),
            other => panic!("one error was expected, not {other:?}"),
        }
    }

    /// The actions but messages since the last call.
    pub(super) fn take_actions(&mut self) -> Vec<Action> {
        self.pump();
        std::mem::take(&mut self.actions)
    }

    /// The one session info request that was asked for.
    pub(super) fn take_info(&mut self) -> InfoId {
        match &*self.take_actions() {
            [Action::FetchSessionInfo { id, session_id, token }] => {
                assert_eq!((&**session_id, &**token), (SESSION, TOKEN));
                *id
            }
            other => panic!("a session info request was expected, not {other:?}"),
        }
    }

    /// The one link that was asked for, and its address.
    pub(super) fn take_open(&mut self) -> (LinkId, String) {
        match &*self.take_actions() {
            [Action::OpenLink { link, url }] => (*link, url.clone()),
            other => panic!("a link was to be asked for, not {other:?}"),
        }
    }

    /// The frames sent on a link since the last call.
    pub(super) fn take_sent(&mut self, link: LinkId) -> Vec<Frame> {
        self.pump();
        self.sent.remove(&link).unwrap_or_default()
    }

    /// The types of the frames sent on a link since the last call.
    pub(super) fn take_kinds(&mut self, link: LinkId) -> Vec<FrameType> {
        self.take_sent(link).iter().map(|frame| frame.kind).collect()
    }

    /// The data of the signals sent on a link since the last call, with their transaction ids.
    pub(super) fn take_signals(&mut self, link: LinkId) -> Vec<(String, String)> {
        self.take_sent(link).iter().filter_map(signal_in).collect()
    }

    // The way to a joined session.

    pub(super) fn connect(&mut self) {
        self.session.connect(TOKEN.into(), self.now).expect("an idle session connects");
    }

    pub(super) fn answer_info(&mut self, id: InfoId, answer: Result<SessionInfo, InfoFailure>) {
        self.session.handle_session_info(id, answer, self.now);
        self.pump();
    }

    /// Connects as far as the first request for a link.
    pub(super) fn connect_to_link(&mut self) -> (LinkId, String) {
        self.connect_with(info())
    }

    pub(super) fn connect_with(&mut self, info: SessionInfo) -> (LinkId, String) {
        self.connect();
        let id = self.take_info();
        self.answer_info(id, Ok(info));
        self.take_open()
    }

    /// Connects as far as an open link, with create sent.
    pub(super) fn connect_to_create(&mut self) -> LinkId {
        let (link, _) = self.connect_to_link();
        self.open(link);
        link
    }

    /// Joins a session that is otherwise empty.
    pub(super) fn join(&mut self) -> LinkId {
        self.join_among(&[])
    }

    /// Joins a session with these others in it. The events of joining are consumed.
    pub(super) fn join_among(&mut self, others: &[&str]) -> LinkId {
        let link = self.connect_to_create();
        let own = self.own_id();
        let state = state_of([&[&*own], others].concat());
        self.accept_create(link, &state);
        assert_eq!(self.session.state(), StateName::Connected);
        self.take_events();
        self.take_sent(link);
        link
    }

    /// The connection id that this client chose, as its CONNECT tells it.
    pub(super) fn own_id(&mut self) -> String {
        self.pump();
        self.own_id.clone()
    }

    // What the peer and the network do.

    pub(super) fn open(&mut self, link: LinkId) {
        self.session.handle_link_opened(link, self.now);
        self.pump();
    }

    pub(super) fn lose(&mut self, link: LinkId, loss: LinkLoss) {
        self.session.handle_link_lost(link, loss, self.now);
        self.pump();
    }

    pub(super) fn close(&mut self, link: LinkId, code: u16) {
        self.lose(link, LinkLoss::Closed { code: Some(code), reason: String::new() });
    }

    pub(super) fn cut(&mut self, link: LinkId) {
        self.lose(link, LinkLoss::Failed { message: "connection reset".into() });
    }

    pub(super) fn refuse_open(&mut self, link: LinkId, kind: OpenFailure) {
        self.lose(link, LinkLoss::OpenFailed { kind, message: format!("cannot open {URL}: {kind:?}") });
    }

    pub(super) fn tell(&mut self, link: LinkId, frame: &Frame) {
        let message = frame.encode().expect("the test's frames are frames");
        self.tell_bytes(link, message);
    }

    pub(super) fn tell_bytes(&mut self, link: LinkId, message: Bytes) {
        self.session.handle_message(link, message, self.now);
        self.pump();
    }

    /// Answers create with a session's state.
    pub(super) fn accept_create(&mut self, link: LinkId, state: &raptor::SessionState) {
        let payload = serde_json::to_string(state).expect("a state is JSON");
        self.answer_create(link, "200", &payload);
    }

    /// Answers create.
    pub(super) fn answer_create(&mut self, link: LinkId, code: &str, payload: &str) {
        self.pump();
        let create =
            self.sent[&link].iter().find(|frame| method_of(frame) == "create").expect("create was sent");
        let answer = status(&transaction_of(create), code).with_data(payload.to_owned());
        self.tell(link, &answer);
    }

    /// A transaction id of the peer's.
    pub(super) fn fresh(&mut self) -> String {
        self.next_transaction += 1;
        format!("relay-{}", self.next_transaction)
    }

    /// A message from the relay with a fresh transaction id.
    pub(super) fn message(&mut self, from: &str, payload: impl Into<String>) -> Frame {
        let transaction = self.fresh();
        message(&transaction, from, payload)
    }

    pub(super) fn created(&mut self, id: &str) -> Frame {
        let told = raptor::Connection { id: id.into(), data: format!("name={id}"), ..Default::default() };
        self.message(SYMPHONY, raptor::Event::encode_connection_created(API_KEY, SESSION, &told))
    }

    pub(super) fn deleted(&mut self, id: &str, reason: &str) -> Frame {
        self.message(SYMPHONY, raptor::Event::encode_connection_deleted(API_KEY, SESSION, id, reason))
    }

    pub(super) fn signal(&mut self, from: &str, data: &str) -> Frame {
        self.message(from, signal_payload(data))
    }

    pub(super) fn send(&mut self, data: &str) -> Result<(), SendError> {
        self.send_with(data, Target::Everyone, true)
    }

    pub(super) fn send_with(&mut self, data: &str, target: Target<'_>, retry: bool) -> Result<(), SendError> {
        let signal = OutgoingSignal { kind: b"", data: data.as_bytes(), target, retry };
        let result = self.session.send_signal(signal, self.now);
        self.pump();
        result
    }

    /// Loses the link and brings the next one as far as open.
    pub(super) fn cut_and_reopen(&mut self, link: LinkId) -> LinkId {
        self.take_actions();
        self.cut(link);
        let (next, _) = self.take_open();
        self.open(next);
        next
    }

    /// Loses the link and resumes on the next one. The events of it are consumed.
    pub(super) fn cut_and_resume(&mut self, link: LinkId) -> LinkId {
        let next = self.cut_and_reopen(link);
        self.tell(next, &Frame::new(FrameType::Pong));
        assert_eq!(self.take_names(), ["reconnection started", "reconnected"]);
        next
    }
}

/// Session info as a healthy relay gives it.
pub(super) fn info() -> SessionInfo {
    SessionInfo {
        session_id: SESSION.into(),
        partner_id: Some(API_KEY.into()),
        messaging_url: Some(URL.into()),
        symphony_address: Some(SYMPHONY.into()),
        reconnection: true,
    }
}

/// A session with these connections in it.
pub(super) fn state_of<'a>(ids: impl IntoIterator<Item = &'a str>) -> raptor::SessionState {
    let connection = ids
        .into_iter()
        .map(|id| raptor::Connection {
            id: id.into(),
            creation_time: 1_700_000_000_000,
            data: format!("name={id}"),
            permissions: vec!["publish".into(), "subscribe".into(), "signal".into()],
        })
        .collect();
    raptor::SessionState { id: SESSION.into(), connection, ..Default::default() }
}

pub(super) fn message(transaction: &str, from: &str, payload: impl Into<String>) -> Frame {
    Frame::new(FrameType::Message)
        .with_address("topic")
        .with_header(header::CONTENT_TYPE, header::RAPTOR_CONTENT_TYPE)
        .with_header(header::TRANSACTION_ID, transaction.to_owned())
        .with_header(header::FROM_ADDRESS, from.to_owned())
        .with_data(payload.into())
}

pub(super) fn status(transaction: &str, code: &str) -> Frame {
    Frame::new(FrameType::Status)
        .with_header(header::TRANSACTION_ID, transaction.to_owned())
        .with_header(header::STATUS, code.to_owned())
}

pub(super) fn signal_payload(data: &str) -> String {
    let data = serde_json::to_string(data).expect("a string is JSON");
    format!(
        r#"{{"method":"signal","uri":"/v2/partner/{API_KEY}/session/{SESSION}/signal/x","content":{{"data":{data}}}}}"#
    )
}

pub(super) fn transaction_of(frame: &Frame) -> String {
    frame.header(header::TRANSACTION_ID).expect("the frame has a transaction id").to_string()
}

/// The method of a message, `""` for other frames.
pub(super) fn method_of(frame: &Frame) -> String {
    raptor::Envelope::decode(&frame.data).map(|envelope| envelope.method.into_owned()).unwrap_or_default()
}

/// The transaction id and data of a signal.
pub(super) fn signal_in(frame: &Frame) -> Option<(String, String)> {
    match Request::decode(&frame.data, SESSION) {
        Ok(Request::Signal { content, .. }) => {
            Some((transaction_of(frame), content.data_text().into_owned()))
        }
        _ => None,
    }
}

/// An event, in words.
pub(super) fn name(event: &Event) -> String {
    let id = |connection: &Arc<Connection>| connection.id.clone();
    match event {
        Event::Connected => "connected".into(),
        Event::Disconnected => "disconnected".into(),
        Event::ConnectionCreated(connection) => format!("created {}", id(connection)),
        Event::ConnectionDropped(connection) => format!("dropped {}", id(connection)),
        Event::StreamReceived(stream) => format!("stream {}", stream.id),
        Event::StreamDropped(stream) => format!("stream dropped {}", stream.id),
        Event::StreamHasAudioChanged { has_audio, .. } => format!("audio {has_audio}"),
        Event::StreamHasVideoChanged { has_video, .. } => format!("video {has_video}"),
        Event::StreamHasCaptionsChanged { has_captions, .. } => format!("captions {has_captions}"),
        Event::StreamVideoDimensionsChanged { width, height, .. } => format!("size {width}x{height}"),
        Event::StreamVideoTypeChanged { video_type, .. } => format!("type {video_type:?}"),
        Event::SignalReceived { data, from, .. } => {
            format!("signal {data} from {}", from.as_ref().map_or("server", |from| &from.id))
        }
        Event::ReconnectionStarted => "reconnection started".into(),
        Event::Reconnected => "reconnected".into(),
        Event::ArchiveStarted { id, .. } => format!("archive started {id}"),
        Event::ArchiveStopped { id } => format!("archive stopped {id}"),
        Event::Error { error, .. } => format!("error {error:?}"),
        Event::MuteForced { active } => format!("muted {active}"),
    }
}
