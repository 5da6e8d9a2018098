//! The driver over links in memory, on paused time.
//!
//! Paused time leaps to the next timer whenever nothing can run, but not while [`Program::told`] waits for a callback
//! thread; [`Program::told_in_time`] waits for what needs time to pass.
#![forbid(unsafe_code)]

use std::sync::mpsc;
use std::time::Duration;

use otc_protocol::rumor::{FrameType, header};
use parking_lot::{Condvar, Mutex};
use tokio::runtime::Handle;

use super::super::clock::pretend_sleep;
use super::super::engine::Engine;
use super::super::scripted_relay::{ScriptedRelay, session_info};
use super::super::settings::{Options, SessionSettings};
use super::super::{Observer, SessionHandle};
use super::*;
use crate::session::{
    CommandError, Event, OutgoingSignal, SendError, SessionConfig, SessionError, StateName, Target,
};
use crate::transport::memory::{MemoryNetwork, Script, Seen, network};

/// Only a hang reaches it.
const LIMIT: Duration = Duration::from_secs(30);

/// A program with one session, and the network it is on.
struct Program {
    session: SessionHandle,
    engine: Arc<Engine>,
    network: MemoryNetwork,
    events: Arc<Mutex<mpsc::Receiver<Event>>>,
    gate: Arc<Gate>,
}

/// Holds callbacks up while closed.
#[derive(Default)]
struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Default)]
struct GateState {
    closed: bool,
    /// Callbacks that are held up.
    held: usize,
}

impl Gate {
    fn close(&self) {
        self.state.lock().closed = true;
    }

    fn open(&self) {
        self.state.lock().closed = false;
        self.changed.notify_all();
    }

    fn pass(&self) {
        let mut state = self.state.lock();
        state.held += 1;
        self.changed.notify_all();
        self.changed.wait_while(&mut state, |state| state.closed);
        state.held -= 1;
    }

    /// Waits until a callback is held up.
    fn wait_for_held(&self) {
        let mut state = self.state.lock();
        let waited = self.changed.wait_while_for(&mut state, |state| state.held == 0, LIMIT);
        assert!(!waited.timed_out(), "no callback came");
    }
}

struct Recorder {
    events: mpsc::Sender<Event>,
    gate: Arc<Gate>,
    panic_on: Option<Event>,
}

impl Observer for Recorder {
    fn notify(&self, event: Event) {
        self.gate.pass();
        let on_purpose = self.panic_on.as_ref() == Some(&event);
        let _ = self.events.send(event);
        assert!(!on_purpose, "a defect in a callback, made on purpose");
    }
}

impl Program {
    fn new() -> Self {
        Self::with(SessionSettings::default(), None)
    }

    fn with(settings: SessionSettings, panic_on: Option<Event>) -> Self {
        let engine = Engine::on(Handle::current());
        let (connector, network) = network();
        let (sender, events) = mpsc::channel();
        let gate = Arc::new(Gate::default());
        let options = Options { api_key: "100".to_owned(), session_id: "1_session".to_owned(), settings };
        let observer = Arc::new(Recorder { events: sender, gate: gate.clone(), panic_on });
        let relay = "memory".to_owned();
        let session = SessionHandle::with_connector(options, relay, observer, engine.clone(), connector)
            .expect("a session");
        Self { session, engine, network, events: Arc::new(Mutex::new(events)), gate }
    }

    /// A program whose session has joined.
    async fn joined() -> (Self, ScriptedRelay) {
        let mut program = Self::new();
        let relay = program.join(Script::default()).await;
        (program, relay)
    }

    async fn join(&mut self, script: Script) -> ScriptedRelay {
        self.session.connect("token").expect("idle");
        let relay = ScriptedRelay::admit(&mut self.network, script).await;
        assert_eq!(self.told().await, Event::Connected);
        relay
    }

    /// The next event, while time stands still.
    async fn told(&self) -> Event {
        let events = self.events.clone();
        // Time does not leap while a blocking task is under way.
        let told = tokio::task::spawn_blocking(move || events.lock().recv_timeout(LIMIT));
        told.await.expect("no panic").expect("an event")
    }

    /// The next event, while time passes as it will.
    async fn told_in_time(&self) -> Event {
        loop {
            if let Ok(event) = self.events.lock().try_recv() {
                return event;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn told_error(&self) -> (SessionError, String) {
        match self.told_in_time().await {
            Event::Error { error, message } => (error, message),
            event => panic!("unexpected {event:?}"),
        }
    }

    fn send(&self, data: &str) -> Result<(), SendError> {
        let (kind, data) = (&b""[..], data.as_bytes());
        self.session.send_signal(OutgoingSignal { kind, data, target: Target::Everyone, retry: true })
    }

    /// Waits for the task to end, and checks that nothing was told that was not looked at.
    async fn at_rest(&self) {
        while self.engine.has_tasks() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(self.events.lock().try_recv().is_err(), "something else was told");
    }
}

fn data(event: Event) -> String {
    match event {
        Event::SignalReceived { data, .. } => data.to_string(),
        event => panic!("unexpected {event:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_joins_exchanges_signals_and_leaves() {
    let (program, mut relay) = Program::joined().await;
    program.send("there").expect("connected");
    assert_eq!(relay.signal().await, "there");
    relay.send_signal("and back");
    assert_eq!(data(program.told().await), "and back");
    let acknowledges = |frame: &otc_protocol::rumor::Frame| {
        frame.kind == FrameType::Status && frame.header(header::TRANSACTION_ID).is_some_and(|id| id == "t1")
    };
    relay.frame(acknowledges).await;
    program.session.disconnect().expect("connected");
    relay.frame(|frame| frame.kind == FrameType::Disconnect).await;
    assert!(matches!(relay.end.receive().await, Seen::Closed(_)));
    assert_eq!(program.told_in_time().await, Event::Disconnected);
    program.at_rest().await;
    assert_eq!(program.session.state(), StateName::Idle);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_left_can_join_again() {
    let (mut program, mut relay) = Program::joined().await;
    let first = program.session.own_connection().expect("joined");
    for _ in 0..3 {
        program.session.disconnect().expect("connected");
        relay.frame(|frame| frame.kind == FrameType::Disconnect).await;
        assert_eq!(program.told_in_time().await, Event::Disconnected);
        relay = program.join(Script::default()).await;
    }
    assert_ne!(program.session.own_connection().expect("joined").id, first.id);
}

#[tokio::test(start_paused = true)]
async fn a_burst_is_written_together() {
    let (program, mut relay) = Program::joined().await;
    let before = relay.end.flushes();
    for number in 0..100 {
        program.send(&number.to_string()).expect("connected");
    }
    for number in 0..100 {
        assert_eq!(relay.signal().await, number.to_string());
    }
    let flushes = relay.end.flushes() - before;
    assert!(flushes <= 4, "{flushes} flushes for one burst");
}

#[tokio::test(start_paused = true)]
async fn an_idle_link_is_kept_alive_and_costs_nothing_in_between() {
    let (program, mut relay) = Program::joined().await;
    let before = relay.end.flushes();
    let started = tokio::time::Instant::now();
    for _ in 0..20 {
        relay.frame(|frame| frame.kind == FrameType::Ping).await;
    }
    assert!(started.elapsed() >= Duration::from_secs(90), "{:?} for 20 PINGs", started.elapsed());
    let flushes = relay.end.flushes() - before;
    assert!(flushes <= 21, "{flushes} flushes for 20 PINGs");
    assert_eq!(program.session.state(), StateName::Connected);
}

#[tokio::test(start_paused = true)]
async fn a_cut_link_is_replaced_and_what_was_lost_goes_out_again() {
    let mut program = Program::new();
    // CONNECT, SUBSCRIBE and create are written, then one signal; the next is lost with the link.
    let mut relay = program.join(Script { cut_after_written: Some(5), ..Script::default() }).await;
    program.send("first").expect("connected");
    assert_eq!(relay.signal().await, "first");
    program.send("second").expect("connected");
    program.send("third").expect("connected");
    assert_eq!(program.told().await, Event::ReconnectionStarted);
    let opening = program.network.link().await;
    assert!(opening.url.contains("reconnect=true"), "{}", opening.url);
    relay.end = opening.accept(Script::default());
    relay.frame(|frame| frame.kind == FrameType::Ping).await;
    assert_eq!(program.told().await, Event::Reconnected);
    assert_eq!(relay.signal().await, "second");
    assert_eq!(relay.signal().await, "third");
}

#[tokio::test(start_paused = true)]
async fn a_link_that_takes_nothing_is_lost_though_the_relay_still_speaks() {
    let mut program = Program::new();
    let relay = program.join(Script::default()).await;
    relay.end.stall(true);
    program.send("unheard").expect("connected");
    let chatter = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            relay.end.ping();
        }
    });
    let started = tokio::time::Instant::now();
    assert_eq!(program.told_in_time().await, Event::ReconnectionStarted);
    assert!(started.elapsed() >= Duration::from_secs(14), "lost after {:?}", started.elapsed());
    chatter.abort();
}

#[tokio::test(start_paused = true)]
async fn a_link_that_takes_a_little_now_and_then_is_not_lost() {
    let (program, mut relay) = Program::joined().await;
    for number in 0..10 {
        relay.end.stall(true);
        program.send(&number.to_string()).expect("connected");
        for _ in 0..8 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            relay.end.ping();
        }
        relay.end.stall(false);
        assert_eq!(relay.signal().await, number.to_string());
    }
    assert_eq!(program.session.state(), StateName::Connected);
}

#[tokio::test(start_paused = true)]
async fn parts_of_a_large_message_are_signs_of_life() {
    let (program, mut relay) = Program::joined().await;
    for _ in 0..60 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        relay.end.trickle(100);
    }
    assert_eq!(program.session.state(), StateName::Connected);
    relay.send_signal("whole");
    assert_eq!(data(program.told().await), "whole");
}

#[tokio::test(start_paused = true)]
async fn silence_without_any_byte_is_a_loss() {
    let (program, _relay) = Program::joined().await;
    assert_eq!(program.told_in_time().await, Event::ReconnectionStarted);
}

/// The clock that sessions live by stood still: only the watch can tell.
#[tokio::test(start_paused = true)]
async fn a_machine_that_slept_too_long_takes_its_link_for_lost_and_resumes() {
    let (mut program, mut relay) = Program::joined().await;
    program.send("before").expect("connected");
    assert_eq!(relay.signal().await, "before");
    pretend_sleep(Duration::from_secs(30));
    // Whatever wakes the task first: here what came meanwhile, which is too late, as is the answer to the signal.
    relay.send_signal("late");
    assert_eq!(program.told().await, Event::ReconnectionStarted);
    let opening = program.network.link().await;
    assert!(opening.url.contains("reconnect=true"), "{}", opening.url);
    program.send("after").expect("it waits for the new link");
    relay.end = opening.accept(Script::default());
    relay.frame(|frame| frame.kind == FrameType::Ping).await;
    assert_eq!(program.told().await, Event::Reconnected);
    assert_eq!(relay.signal().await, "before", "unanswered, as far as this side knows");
    assert_eq!(relay.signal().await, "after");
    // The sleep is over: what follows is not taken for another.
    for _ in 0..6 {
        relay.frame(|frame| frame.kind == FrameType::Ping).await;
    }
    relay.send_signal("again");
    assert_eq!(data(program.told().await), "again");
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_slept_is_noticed_with_the_next_ping_at_the_latest() {
    let (mut program, _relay) = Program::joined().await;
    let joined = tokio::time::Instant::now();
    pretend_sleep(Duration::from_secs(30));
    let opening = program.network.link().await;
    // Without the watch, silence would be one of 9.9 s.
    assert!(joined.elapsed() < Duration::from_secs(6), "after {:?}", joined.elapsed());
    assert!(opening.url.contains("reconnect=true"), "{}", opening.url);
    assert_eq!(program.told().await, Event::ReconnectionStarted);
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_slept_for_a_moment_keeps_its_link() {
    let (program, mut relay) = Program::joined().await;
    for number in 0..20 {
        pretend_sleep(Duration::from_millis(3_000));
        // Wakes the task; the relay answers the PINGs that are due.
        let data = number.to_string();
        program.send(&data).expect("connected");
        assert_eq!(relay.signal().await, data);
    }
    assert_eq!(program.session.state(), StateName::Connected);
    assert!(program.events.lock().try_recv().is_err(), "something was told");
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_slept_beyond_all_limits_gives_up_at_once() {
    let (program, relay) = Program::joined().await;
    relay.end.cut();
    assert_eq!(program.told().await, Event::ReconnectionStarted);
    let lost = tokio::time::Instant::now();
    pretend_sleep(Duration::from_secs(600));
    program.send("x").expect("it waits for a link");
    while program.session.state() != StateName::Idle {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Without the watch, it would seek for 60 s.
    assert!(lost.elapsed() < Duration::from_secs(30), "after {:?}", lost.elapsed());
    assert_eq!(program.told_error().await.0, SessionError::ConnectionDropped);
    assert_eq!(program.told_in_time().await, Event::Disconnected);
    program.at_rest().await;
}

#[tokio::test(start_paused = true)]
async fn a_program_that_does_not_keep_up_stops_the_reading_and_loses_nothing() {
    const SIGNALS: usize = 2_000;
    let settings = SessionSettings { callback_queue_bytes: 32 * 1024, ..SessionSettings::default() };
    let mut program = Program::with(settings, None);
    let mut relay = program.join(Script::default()).await;
    program.gate.close();
    for number in 0..SIGNALS {
        relay.send_signal(&number.to_string());
    }
    // Far longer than the silence that would be a loss: the pause is the program's own.
    for _ in 0..12 {
        tokio::time::sleep(Duration::from_secs(5)).await;
        relay.frame(|frame| frame.kind == FrameType::Ping).await;
    }
    let unread = relay.end.unread();
    assert!(unread > SIGNALS / 2, "only {unread} of {SIGNALS} signals are left unread");
    assert_eq!(program.session.state(), StateName::Connected);
    program.gate.open();
    for number in 0..SIGNALS {
        assert_eq!(data(program.told().await), number.to_string());
    }
    assert_eq!(program.session.state(), StateName::Connected);
}

/// A callback that waits for room in the outbox while its own queue is full waits in vain, and may not: as documented.
#[tokio::test(start_paused = true)]
async fn a_full_outbox_has_no_room_before_the_program_takes_its_callbacks() {
    const SIGNALS: usize = 2_000;
    let config = SessionConfig { outbox_count: 10, ..SessionConfig::default() };
    let settings = SessionSettings { config, callback_queue_bytes: 32 * 1024, ..SessionSettings::default() };
    let mut program = Program::with(settings, None);
    let mut relay = program.join(Script::default()).await;
    program.gate.close();
    (0..SIGNALS).for_each(|number| relay.send_signal(&number.to_string()));
    for number in 0..10 {
        program.send(&number.to_string()).expect("there is room");
        // Answered at once, and behind all that is not read.
        assert_eq!(relay.signal().await, number.to_string());
    }
    for _ in 0..12 {
        assert_eq!(program.send("more"), Err(SendError::OutboxFull));
        tokio::time::sleep(Duration::from_secs(5)).await;
        relay.frame(|frame| frame.kind == FrameType::Ping).await;
    }
    assert_eq!(program.session.state(), StateName::Connected, "its own pause is no loss");
    program.gate.open();
    for number in 0..SIGNALS {
        assert_eq!(data(program.told().await), number.to_string());
    }
    while program.send("more") == Err(SendError::OutboxFull) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(relay.signal().await, "more");
}

#[tokio::test(start_paused = true)]
async fn the_largest_messages_are_read_a_few_at_a_time() {
    const SIGNALS: usize = 40;
    let settings = SessionSettings { callback_queue_bytes: 32 * 1024, ..SessionSettings::default() };
    let mut program = Program::with(settings, None);
    let mut relay = program.join(Script::default()).await;
    program.gate.close();
    let large = "x".repeat(1024 * 1024);
    (0..SIGNALS).for_each(|_| relay.send_signal(&large));
    tokio::time::sleep(Duration::from_secs(5)).await;
    relay.frame(|frame| frame.kind == FrameType::Ping).await;
    let unread = relay.end.unread();
    assert!(unread >= SIGNALS - 4, "only {unread} of {SIGNALS} are left unread");
    program.gate.open();
    for _ in 0..SIGNALS {
        assert_eq!(data(program.told().await).len(), large.len());
    }
}

#[tokio::test(start_paused = true)]
async fn leaving_drops_what_still_waits_for_callbacks() {
    let (program, mut relay) = Program::joined().await;
    program.gate.close();
    (0..10).for_each(|number| relay.send_signal(&number.to_string()));
    // The last acknowledgement shows that all are in the queue.
    relay.frame(|frame| frame.header(header::TRANSACTION_ID).is_some_and(|id| id == "t10")).await;
    program.gate.wait_for_held();
    program.session.disconnect().expect("connected");
    program.gate.open();
    assert_eq!(data(program.told_in_time().await), "0", "its callback was running");
    assert_eq!(program.told_in_time().await, Event::Disconnected);
    program.at_rest().await;
}

#[tokio::test(start_paused = true)]
async fn a_close_by_the_relay_ends_the_session_without_an_error() {
    let (program, mut relay) = Program::joined().await;
    relay.end.close(1000, "bye");
    assert_eq!(program.told_in_time().await, Event::Disconnected);
    relay.end.dropped().await;
    program.at_rest().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_against_the_rules_ends_the_session() {
    let (program, mut relay) = Program::joined().await;
    relay.end.violate("a text message");
    assert_eq!(program.told_error().await.0, SessionError::ConnectionDropped);
    assert_eq!(program.told_in_time().await, Event::Disconnected);
    relay.end.dropped().await;
    program.at_rest().await;
}

#[tokio::test(start_paused = true)]
async fn session_info_that_fails_is_tried_three_times_and_told_once() {
    let mut program = Program::new();
    program.session.connect("token").expect("idle");
    for _ in 0..3 {
        let cause = TransportError::new(Hop::Connect, "http://relay/session/x", "connection refused");
        program.network.info().await.fail(cause);
    }
    let (error, message) = program.told_error().await;
    assert_eq!(error, SessionError::ConnectionRefused);
    assert!(
        message.contains("http://relay/session/x") && message.contains("connection refused"),
        "{message}"
    );
    program.at_rest().await;
    assert_eq!(program.session.connect("token"), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_answer_has_its_error() {
    let refusal =
        |code: u16| format!(r#"[{{"error":{{"code":{code},"errorMessage":{{"message":"because"}}}}}}]"#);
    let table = [
        (200, refusal(403), SessionError::AuthorizationFailure, "because"),
        (403, refusal(403), SessionError::AuthorizationFailure, "because"),
        (403, "<html>".to_owned(), SessionError::AuthorizationFailure, "403"),
        (404, refusal(404), SessionError::InvalidSession, "because"),
        (409, refusal(409), SessionError::BlockedCountry, "because"),
        (302, String::new(), SessionError::ConnectionFailed, "redirect"),
        (200, "<html>".to_owned(), SessionError::UnexpectedResponse, ""),
        (200, session_info().replace("messaging_url", "other"), SessionError::NoMessagingServer, ""),
    ];
    for (status, body, expected, word) in table {
        let mut program = Program::new();
        program.session.connect("token").expect("idle");
        program.network.info().await.answer(status, body.clone());
        let (error, message) = program.told_error().await;
        assert_eq!(error, expected, "{status} {body}: {message}");
        assert!(message.contains(word), "{status} {body}: {message}");
        program.at_rest().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_cannot_be_sent_is_refused_without_a_request() {
    let program = Program::new();
    program.session.connect("T1==\r\nX-Evil: 1").expect("idle");
    let (error, message) = program.told_error().await;
    assert_eq!(error, SessionError::AuthorizationFailure);
    assert!(!message.contains("Evil"), "{message}");
    program.at_rest().await;
}

#[tokio::test(start_paused = true)]
async fn leaving_while_connecting_cancels_what_is_under_way() {
    let mut program = Program::new();
    program.session.connect("token").expect("idle");
    let asked = program.network.info().await;
    program.session.disconnect().expect("connecting");
    assert_eq!(program.told_in_time().await, Event::Disconnected);
    asked.cancelled().await;
    program.session.connect("token").expect("idle");
    program.network.info().await.answer(200, session_info());
    let opening = program.network.link().await;
    program.session.disconnect().expect("connecting");
    assert_eq!(program.told_in_time().await, Event::Disconnected);
    opening.abandoned().await;
    program.at_rest().await;
}

#[tokio::test(start_paused = true)]
async fn deleting_is_silent_in_every_state() {
    let connecting = Program::new();
    connecting.session.connect("token").expect("idle");
    let mut opening = Program::new();
    opening.session.connect("token").expect("idle");
    opening.network.info().await.answer(200, session_info());
    let link = opening.network.link().await;
    let (connected, mut relay) = Program::joined().await;
    let (reconnecting, lost) = Program::joined().await;
    lost.end.cut();
    assert_eq!(reconnecting.told().await, Event::ReconnectionStarted);
    let (disconnecting, _slow) = Program::joined().await;
    disconnecting.gate.close();
    disconnecting.session.disconnect().expect("connected");
    let idle = Program::new();
    for program in [&connecting, &opening, &connected, &reconnecting, &idle] {
        program.session.delete();
    }
    let deleting = disconnecting.session.clone();
    let deleted = tokio::task::spawn_blocking(move || deleting.delete());
    disconnecting.gate.open();
    deleted.await.expect("no panic");
    relay.frame(|frame| frame.kind == FrameType::Disconnect).await;
    link.abandoned().await;
    for program in [&connecting, &opening, &connected, &reconnecting, &idle] {
        program.at_rest().await;
        assert_eq!(program.session.connect("token"), Err(CommandError::IllegalState));
        assert_eq!(program.session.disconnect(), Err(CommandError::NotConnected));
        assert_eq!(program.send("x"), Err(SendError::NotConnected));
        program.session.delete();
    }
}

#[tokio::test(start_paused = true)]
async fn a_defect_on_the_network_side_ends_the_session_and_only_it() {
    let mut program = Program::new();
    program.session.connect("token").expect("idle");
    program.network.info().await.answer(200, session_info());
    program.network.link().await.accept(Script { panic_on_read: true, ..Script::default() });
    let (error, message) = program.told_error().await;
    assert_eq!(error, SessionError::Internal);
    assert_eq!(message, "internal error of the library: a defect of the transport, made on purpose");
    program.at_rest().await;
    program.join(Script::default()).await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_callback_ends_the_session() {
    let mut program = Program::with(SessionSettings::default(), Some(Event::Connected));
    let _relay = program.join(Script::default()).await;
    assert!(matches!(program.told().await, Event::Error { error: SessionError::Internal, .. }));
    assert_eq!(program.told().await, Event::Disconnected);
    program.at_rest().await;
}

#[tokio::test(start_paused = true)]
async fn a_defect_told_from_outside_ends_the_session() {
    let (program, _relay) = Program::joined().await;
    program.session.fail("a defect, made on purpose");
    assert_eq!(program.told_error().await.0, SessionError::Internal);
    assert_eq!(program.told_in_time().await, Event::Disconnected);
    program.at_rest().await;
}

#[tokio::test(start_paused = true)]
async fn unanswered_attempts_end_by_the_limits_of_the_session() {
    let config = SessionConfig { socket_limit: Duration::from_secs(3), ..SessionConfig::default() };
    let mut program = Program::with(SessionSettings { config, ..SessionSettings::default() }, None);
    program.session.connect("token").expect("idle");
    program.network.info().await.answer(200, session_info());
    let mut silent = std::mem::replace(&mut program.network, network().1);
    let attempts = tokio::spawn(async move {
        for attempts in 1.. {
            tokio::select! {
                opening = silent.link() => opening.abandoned().await,
                () = tokio::time::sleep(Duration::from_secs(60)) => return attempts,
            }
        }
        0
    });
    assert_eq!(program.told_error().await.0, SessionError::ConnectionTimedOut);
    program.at_rest().await;
    assert!(attempts.await.expect("no panic") > 0);
}
