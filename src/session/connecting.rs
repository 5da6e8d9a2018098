//! From connect to joined or failed.
#![forbid(unsafe_code)]

use std::mem;
use std::time::Instant;

use otc_protocol::raptor::SessionState;
use otc_protocol::session_info::SessionInfo;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Session;
use super::error::{InfoFailure, LinkLoss, OpenFailure, SessionError};
use super::event::{Action, Event, InfoId, LogLevel};
use super::join::Join;
use super::state::{Ask, Cause, Fetching, Live, State, Way};
use super::text::{because, open_failure, public_url, seconds, waiting_for};
use super::timer::Timer;

/// Longest session id, in bytes, as documented by the service. Ids have some 70.
const MAX_SESSION_ID: usize = otc_protocol::session_id::MAX_LENGTH;

/// Longest token, in bytes: it travels in an HTTP header, and servers take 8 to 16 KiB of those. Tokens with the longest
/// connection data have some 2 KiB.
const MAX_TOKEN: usize = 16 * 1024;

impl Session {
    pub(super) fn start_connecting(&mut self, token: String, now: Instant) {
        self.log(LogLevel::Info, format!("joining a session at {}", self.identity.relay));
        self.timers.set(Timer::Connect, now + self.config.connect_limit);
        let too_long = self.too_long_to_ask(&token);
        self.state = State::Fetching(Fetching { token, tries: 0, request: None, cause: None });
        match too_long {
            Some(cause) => self.fail_connecting(cause),
            None => self.fetch_info(now),
        }
    }

    /// No server knows a session id of such a length, nor takes such a token: sending them would only keep others of the
    /// process waiting.
    fn too_long_to_ask(&self, token: &str) -> Option<Cause> {
        if self.identity.session_id.len() > MAX_SESSION_ID {
            let message = format!("the session id is longer than {MAX_SESSION_ID} bytes");
            return Some(Cause::new(SessionError::InvalidSession, message));
        }
        (token.len() > MAX_TOKEN).then(|| {
            let message = format!("the token is longer than {MAX_TOKEN} bytes");
            Cause::new(SessionError::AuthorizationFailure, message)
        })
    }

    /// Asks for session info, for the first time or again.
    pub(super) fn fetch_info(&mut self, now: Instant) {
        let State::Fetching(fetching) = &mut self.state else { return };
        let id = self.ids.next_info();
        fetching.request = Some(id);
        fetching.tries += 1;
        self.timers.set(Timer::InfoAnswer, now + self.config.info_limit);
        self.output.action(Action::FetchSessionInfo {
            id,
            session_id: self.identity.session_id.clone(),
            token: fetching.token.clone(),
        });
    }

    pub(super) fn info_answered(
        &mut self,
        id: InfoId,
        answer: Result<SessionInfo, InfoFailure>,
        now: Instant,
    ) {
        let State::Fetching(fetching) = &mut self.state else { return };
        if fetching.request != Some(id) {
            return;
        }
        fetching.request = None;
        self.timers.clear(Timer::InfoAnswer);
        match answer {
            Ok(info) => self.informed(info, now),
            Err(failure) => self.info_failed(failure, now),
        }
    }

    /// The wait for an answer is over.
    pub(super) fn info_late(&mut self, now: Instant) {
        let State::Fetching(fetching) = &mut self.state else { return };
        let Some(id) = fetching.request.take() else { return };
        self.output.action(Action::CancelSessionInfo { id });
        let message = format!(
            "no answer to session info from {} within {}{}",
            self.identity.relay,
            seconds(self.config.info_limit),
            waiting_for(&self.waiting_for)
        );
        self.info_failed(InfoFailure::Unreachable { kind: OpenFailure::TimedOut, message }, now);
    }

    fn info_failed(&mut self, failure: InfoFailure, now: Instant) {
        let State::Fetching(fetching) = &mut self.state else { return };
        let again = match &failure {
            InfoFailure::Unreachable { kind, .. } => *kind != OpenFailure::ProxyLogin,
            InfoFailure::Refused { code, .. } => *code >= 500,
            InfoFailure::NotUnderstood { .. } => false,
        };
        let pause = self.config.info_pauses.get(fetching.tries - 1).filter(|_| again).copied();
        let cause = info_cause(failure, &self.identity.relay, &fetching.token);
        let Some(pause) = pause else { return self.fail_connecting(cause) };
        self.output.log(LogLevel::Warn, format!("{}; trying again", cause.message));
        let State::Fetching(fetching) = &mut self.state else { return };
        if cause.definite {
            fetching.cause = Some(cause);
        }
        self.timers.set(Timer::InfoRetry, now + pause);
    }

    /// Session info is here: seek a link.
    fn informed(&mut self, info: SessionInfo, now: Instant) {
        let url = match self.messaging_url(&info) {
            Ok(url) => url,
            Err(cause) => return self.fail_connecting(cause),
        };
        let State::Fetching(fetching) = mem::take(&mut self.state) else { return };
        let api_key = &self.identity.api_key;
        let join = Box::new(Join::new(info, url, api_key, &self.session_id, &self.config, &mut self.ids));
        match join.greeting(&fetching.token, &self.config) {
            Ok(greeting) => {
                self.state = State::Joining(Box::new(fetching.informed(join, greeting, &self.config)));
                self.seek(now);
            }
            Err(error) => {
                let message = format!("token or session id cannot be sent: {error}");
                self.fail_connecting(Cause::new(SessionError::AuthorizationFailure, message));
            }
        }
    }

    fn messaging_url(&self, info: &SessionInfo) -> Result<String, Cause> {
        let relay = &self.identity.relay;
        let cause = |error, message| Err(Cause::new(error, message));
        if info.partner_id.as_ref().is_some_and(|partner| *partner != self.identity.api_key) {
            let message = format!("the session belongs to another API key (session info from {relay})");
            return cause(SessionError::AuthorizationFailure, message);
        }
        let Some(url) = &info.messaging_url else {
            let message = format!("session info from {relay} names no messaging server");
            return cause(SessionError::NoMessagingServer, message);
        };
        let scheme = url.split("://").next().unwrap_or("");
        if !scheme.eq_ignore_ascii_case("ws") && !scheme.eq_ignore_ascii_case("wss") {
            let message = format!(
                "session info from {relay} names a messaging server that is neither ws nor wss: {}",
                public_url(url)
            );
            return cause(SessionError::UnexpectedResponse, message);
        }
        Ok(url.clone())
    }

    /// A link is open while connecting: say everything that leads to the session's state. On a later link it is said
    /// again with the same transaction ids, which the relay recognises.
    pub(super) fn greet(&mut self, now: Instant) {
        let State::Joining(joining) = &mut self.state else { return };
        let Way::Open(Live { id, .. }) = joining.way else { return };
        joining.was_open = true;
        for frame in &joining.greeting {
            self.output.send(id, frame.clone());
        }
        if !joining.create.answered {
            self.timers.set(Timer::Create, now + joining.create.left);
        }
        if let Some(read) = &joining.read {
            self.timers.set(Timer::Read, now + read.left);
            if let Ok(frame) = joining.join.read() {
                self.output.send(id, frame);
            }
        }
    }

    /// The relay accepted create. Its answer holds the session's state, or the state is asked for.
    pub(super) fn create_accepted(&mut self, payload: &str, now: Instant) {
        let State::Joining(joining) = &mut self.state else { return };
        if mem::replace(&mut joining.create.answered, true) {
            return;
        }
        self.timers.clear(Timer::Create);
        if let Some(state) = state_in(payload) {
            return self.joined(state, now);
        }
        joining.read = Some(Ask::new(self.config.read_limit));
        let Way::Open(Live { id, .. }) = joining.way else { return };
        self.timers.set(Timer::Read, now + self.config.read_limit);
        match joining.join.read() {
            Ok(frame) => self.output.send(id, frame),
            Err(error) => {
                let message = format!("session id cannot be sent: {error}");
                self.fail_connecting(Cause::new(SessionError::InvalidSession, message));
            }
        }
    }

    /// The relay refused create or session read.
    pub(super) fn join_refused(&mut self, code: Option<u16>, reason: &str) {
        let State::Joining(joining) = &self.state else { return };
        let address = joining.join.address();
        let why = because(reason, &joining.token);
        let (error, message) = match code {
            Some(403) => (
                SessionError::AuthorizationFailure,
                format!("relay refused the token{why} (create, {address}, 403)"),
            ),
            Some(410) => (
                SessionError::ConnectionLimitExceeded,
                format!("the session is full{why} (create, {address}, 410)"),
            ),
            Some(code) => (
                SessionError::ConnectionFailed,
                format!("relay refused the connection{why} (create, {address}, {code})"),
            ),
            None => (
                SessionError::ConnectionFailed,
                format!("relay answered create without a status ({address})"),
            ),
        };
        self.fail_connecting(Cause::new(error, message));
    }

    /// The answer to session read cannot be read.
    pub(super) fn state_not_understood(&mut self, detail: &str) {
        let State::Joining(joining) = &self.state else { return };
        let message =
            format!("answer to session read from {} not understood: {detail}", joining.join.address());
        self.fail_connecting(Cause::new(SessionError::UnexpectedResponse, message));
    }

    /// The session's state is here.
    pub(super) fn joined(&mut self, state: SessionState, now: Instant) {
        let State::Joining(joining) = mem::take(&mut self.state) else { return };
        let (connected, early) = match joining.joined() {
            Ok(joined) => joined,
            Err(joining) => {
                self.state = State::Joining(joining);
                return;
            }
        };
        for timer in [Timer::Connect, Timer::Create, Timer::Read] {
            self.timers.clear(timer);
        }
        let link = connected.link.id;
        self.state = State::Connected(connected);
        self.announce(state);
        for frame in early.frames {
            // One of them may end the session, and what came after it is then nobody's.
            if self.state.link() == Some(link) {
                self.receive(frame, now);
            }
        }
    }

    /// A link was lost, or could not be opened, while connecting.
    pub(super) fn joining_lost(&mut self, loss: LinkLoss, now: Instant) {
        let State::Joining(joining) = &mut self.state else { return };
        let address = joining.join.address();
        let was_open = matches!(joining.way, Way::Open(_));
        let (cause, fatal) = match loss {
            LinkLoss::OpenFailed { kind, message } => {
                let kind_says = !matches!(kind, OpenFailure::Interrupted);
                (open_cause(kind, open_failure(&message, "")), kind_says && !joining.was_open)
            }
            LinkLoss::Closed { code: code @ Some(1000 | 1001 | 1011), reason } if was_open => {
                let code = code.unwrap_or_default();
                let why = because(&reason, &joining.token);
                let message =
                    format!("relay closed the link before the session was joined, {code}{why} ({address})");
                (Cause::new(SessionError::ConnectionFailed, message), true)
            }
            LinkLoss::Violation { message } => {
                let message = format!("relay broke the protocol{} ({address})", because(&message, ""));
                (Cause::new(SessionError::ConnectionFailed, message), true)
            }
            LinkLoss::Closed { .. } | LinkLoss::Failed { .. } => {
                let message = format!("{} while joining ({address})", loss.describe(&joining.token));
                (Cause::vague(SessionError::ConnectionFailed, message), false)
            }
        };
        let fatal = fatal || !joining.join.resumable();
        let link = joining.way.link();
        joining.way = Way::Waiting;
        if let Some(link) = link {
            self.output.forget_sends(link);
        }
        self.keep_asking_time(now);
        self.clear_link_timers();
        if fatal {
            return self.fail_connecting(cause);
        }
        self.output.log(LogLevel::Warn, format!("{}; trying again", cause.message));
        let State::Joining(joining) = &mut self.state else { return };
        if cause.definite {
            joining.cause = Some(cause);
        }
        self.schedule_attempt(now);
    }

    /// Without a link the limits of create and session read stand still.
    fn keep_asking_time(&mut self, now: Instant) {
        let State::Joining(joining) = &mut self.state else { return };
        if let Some(at) = self.timers.clear(Timer::Create) {
            joining.create.left = at.saturating_duration_since(now);
        }
        if let (Some(at), Some(read)) = (self.timers.clear(Timer::Read), &mut joining.read) {
            read.left = at.saturating_duration_since(now);
        }
    }

    /// Create or session read was not answered in time.
    pub(super) fn joining_late(&mut self, timer: Timer) {
        let State::Joining(joining) = &self.state else { return };
        let address = joining.join.address();
        let cause = |error, what, limit| {
            Cause::new(error, format!("no answer to {what} from {address} within {}", seconds(limit)))
        };
        self.fail_connecting(match timer {
            Timer::Read => cause(SessionError::StateFailed, "session read", self.config.read_limit),
            _ => cause(SessionError::ConnectionTimedOut, "create", self.config.create_limit),
        });
    }

    /// All of connecting took too long.
    pub(super) fn connecting_late(&mut self) {
        let (address, cause) = match &mut self.state {
            State::Fetching(fetching) => (self.identity.relay.clone(), fetching.cause.take()),
            State::Joining(joining) => (joining.join.address(), joining.cause.take()),
            _ => return,
        };
        let limit = seconds(self.config.connect_limit);
        self.fail_connecting(cause.unwrap_or_else(|| {
            let message = format!("joining at {address} took longer than {limit}");
            Cause::new(SessionError::ConnectionTimedOut, message)
        }));
    }

    /// Connecting is over: one error, and nothing else.
    fn fail_connecting(&mut self, cause: Cause) {
        match mem::take(&mut self.state) {
            State::Fetching(Fetching { request: Some(id), .. }) => {
                self.output.action(Action::CancelSessionInfo { id });
            }
            // The relay may hold the connection for present by now.
            State::Joining(joining) => self.part_from(&joining.way),
            _ => {}
        }
        self.timers.clear_all();
        self.output.log(LogLevel::Warn, format!("joining failed: {}", cause.message));
        self.tell(Event::Error { error: cause.error, message: cause.message });
    }
}

/// The session's state, if the payload of the answer to create is one. Relays for old clients leave it out.
fn state_in(payload: &str) -> Option<SessionState> {
    #[derive(Deserialize)]
    struct Shape {
        connection: Option<IgnoredAny>,
        stream: Option<IgnoredAny>,
    }
    if payload.is_empty() {
        return None;
    }
    let shape: Shape = serde_json::from_str(payload).ok()?;
    let is_state = shape.connection.is_some() || shape.stream.is_some();
    if is_state { SessionState::decode(payload) } else { None }
}

fn info_cause(failure: InfoFailure, relay: &str, token: &str) -> Cause {
    match failure {
        InfoFailure::Unreachable { kind, message } => open_cause(kind, open_failure(&message, token)),
        InfoFailure::Refused { code, reason } => {
            let why = because(&reason, token);
            let (error, what) = match code {
                401 | 403 => (SessionError::AuthorizationFailure, "relay refused the token"),
                400 | 404 => (SessionError::InvalidSession, "relay refused the session id"),
                409 => (SessionError::BlockedCountry, "relay refuses to serve this region"),
                _ => (SessionError::ConnectionFailed, "relay refused session info"),
            };
            Cause::new(error, format!("{what}{why} (session info, {relay}, {code})"))
        }
        InfoFailure::NotUnderstood { detail } => {
            let message = format!("session info from {relay} not understood{}", because(&detail, token));
            Cause::new(SessionError::UnexpectedResponse, message)
        }
    }
}

fn open_cause(kind: OpenFailure, message: String) -> Cause {
    match kind {
        OpenFailure::Resolve
        | OpenFailure::Connect
        | OpenFailure::Proxy
        | OpenFailure::ProxyLogin
        | OpenFailure::Tls
        | OpenFailure::Upgrade => Cause::new(SessionError::ConnectionRefused, message),
        OpenFailure::TimedOut => Cause::vague(SessionError::ConnectionTimedOut, message),
        OpenFailure::Interrupted => Cause::vague(SessionError::ConnectionFailed, message),
    }
}
