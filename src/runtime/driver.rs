//! The task of a session: joins links, commands and timers to the machine.
//!
//! A round reads what has arrived, gives it to the machine in one go, queues the events, and writes what the machine
//! wants written, as one batch. Rounds repeat while something moves; then the task sleeps until the network, a timer
//! or a command wakes it.
#![forbid(unsafe_code)]

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use otc_protocol::session_info::{self, SessionInfo, SessionInfoError};
use tokio::time::Sleep;

use crate::session::{Action, InfoFailure, InfoId, LinkId, LinkLoss, Session};
use crate::transport::{Connector, Hop, HttpAnswer, InfoRequest, Progress, TransportError};

use super::clock::{SleepWatch, now};
use super::core::{Core, Machine, panic_text, write_logs};
use super::links::{LinkTask, open_failure};

/// Most rounds before other sessions have their turn.
const MAX_ROUNDS: usize = 16;

/// What is seen on the network, on its way to the machine.
pub(super) enum Input {
    Info(InfoId, Result<SessionInfo, InfoFailure>),
    Opened(LinkId),
    Lost(LinkId, LinkLoss),
    Message(LinkId, Bytes),
    Activity(LinkId),
    Sent(LinkId, usize),
}

type Fetch = Pin<Box<dyn Future<Output = Result<HttpAnswer, TransportError>> + Send>>;

/// The task of one session, from connect until nothing is left to do.
pub(super) struct Driver<C: Connector> {
    core: Arc<Core>,
    /// Under which the engine knows the task.
    id: u64,
    connector: Arc<C>,
    fetches: Vec<(InfoId, Fetch, Progress)>,
    links: Vec<LinkTask<C::Link>>,
    timer: Timer,
    sleep_watch: SleepWatch,
    reading_paused: bool,
    /// There is more to look at before sleeping: something unread, or a future that nobody has polled yet.
    again: bool,
    /// Most bytes that may wait to be written before reading stops: each message read makes an answer to write.
    unwritten_limit: usize,
    ended: bool,
}

/// Unwritten bytes beyond a full outbox at which reading stops.
const UNWRITTEN_SLACK: usize = 4 * 1024 * 1024;

impl<C: Connector> Driver<C> {
    pub(super) fn new(core: Arc<Core>, connector: Arc<C>) -> Self {
        let id = core.engine.register(core.clone());
        let unwritten_limit = core.look(|session| session.config().outbox_bytes) + UNWRITTEN_SLACK;
        Self {
            core,
            id,
            connector,
            fetches: Vec::new(),
            links: Vec::new(),
            timer: Timer::default(),
            sleep_watch: SleepWatch::new(),
            reading_paused: false,
            again: false,
            unwritten_limit,
            ended: false,
        }
    }

    fn rounds(&mut self, cx: &mut Context<'_>, inputs: &mut Vec<Input>) -> Poll<()> {
        self.core.engine.pool().nudge();
        for _ in 0..MAX_ROUNDS {
            self.core.wake.arm(cx);
            self.again = false;
            self.receive(cx, inputs);
            let deadline = match self.step(inputs) {
                Step::Ended => return Poll::Ready(()),
                Step::Until(deadline) => deadline,
            };
            self.write(cx, inputs);
            if self.again || !inputs.is_empty() || self.core.wake.is_pending() {
                continue;
            }
            let links = self.links.iter().filter_map(LinkTask::deadline).min();
            if self.timer.poll(cx, deadline.into_iter().chain(links).min()).is_pending() {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Takes what the network has.
    fn receive(&mut self, cx: &mut Context<'_>, inputs: &mut Vec<Input>) {
        self.fetches.retain_mut(|(id, fetch, _)| match fetch.as_mut().poll(cx) {
            Poll::Pending => true,
            Poll::Ready(answer) => {
                inputs.push(Input::Info(*id, info(answer)));
                false
            }
        });
        if self.fetches.is_empty() {
            self.fetches = Vec::new();
        }
        let (now, pause) = (now(), self.should_pause());
        let again = &mut self.again;
        self.links.retain_mut(|link| link.receive(cx, now, pause, inputs, again));
    }

    /// Gives the machine what was seen, and takes from it what is to be done.
    fn step(&mut self, inputs: &mut Vec<Input>) -> Step {
        let core = self.core.clone();
        let slept = self.sleep_watch.check();
        let mut logs = Vec::new();
        let outcome = core.drive(|machine| {
            if machine.is_broken() {
                return self.end(machine);
            }
            let now = now();
            if let Some(slept) = slept {
                machine.session.handle_suspension(slept, now);
            }
            for input in inputs.drain(..) {
                handle(&mut machine.session, input, now);
            }
            if machine.session.poll_timeout().is_some_and(|deadline| deadline <= now) {
                machine.session.set_waiting_for(self.waiting_for());
                machine.session.handle_timeout(now);
            }
            // Events first: an action may acknowledge the frame that an event came from.
            machine.drain_events(&core.mailbox);
            self.tell_pause(machine, now);
            while let Some(action) = machine.session.poll_action() {
                self.act(action, inputs);
            }
            logs = machine.drain_logs();
            let deadline = machine.session.poll_timeout();
            let busy = deadline.is_some() || !self.links.is_empty() || !self.fetches.is_empty();
            if busy || !inputs.is_empty() { Step::Until(deadline) } else { self.end(machine) }
        });
        write_logs(logs);
        // After a caught defect there is more to do at once: telling of it.
        outcome.unwrap_or_else(|| Step::Until(Some(now())))
    }

    /// What the request or the opening link under way waits for.
    fn waiting_for(&self) -> String {
        let links = self.links.iter().rev().find_map(LinkTask::progress);
        let progress = links.or(self.fetches.last().map(|(.., progress)| progress));
        progress.map(Progress::waiting_for).unwrap_or_default()
    }

    /// Whether to leave unread what arrives: too much waits for callbacks, or to be written.
    fn should_pause(&self) -> bool {
        let unwritten: usize = self.links.iter().map(LinkTask::unwritten_bytes).sum();
        self.core.mailbox.is_congested() || unwritten > self.unwritten_limit
    }

    /// The machine must know of a pause: silence is not the peer's then.
    fn tell_pause(&mut self, machine: &mut Machine, now: Instant) {
        let pause = self.should_pause();
        if pause != self.reading_paused {
            self.reading_paused = pause;
            // Whatever arrived meanwhile is to be read now.
            self.again |= !pause;
            machine.session.set_reading_paused(pause, now);
        }
    }

    fn act(&mut self, action: Action, inputs: &mut Vec<Input>) {
        match action {
            Action::FetchSessionInfo { id, session_id, token } => {
                if token.chars().any(char::is_control) {
                    // It cannot be put into a header, and no server would take it.
                    let reason = "the token has control characters".to_owned();
                    inputs.push(Input::Info(id, Err(InfoFailure::Refused { code: 403, reason })));
                    return;
                }
                let request = InfoRequest { session_id, token };
                let progress = Progress::default();
                let fetch = self.connector.fetch_session_info(request, progress.clone());
                self.fetches.push((id, Box::pin(fetch), progress));
                self.again = true;
            }
            Action::CancelSessionInfo { id } => self.fetches.retain(|(other, ..)| *other != id),
            Action::OpenLink { link, url } => {
                // One is the rule, and a vector that grows by itself makes room for four.
                self.links.reserve_exact(1);
                let progress = Progress::default();
                let opening = self.connector.open_link(&url, progress.clone());
                self.links.push(LinkTask::open(link, Box::pin(opening), progress));
                self.again = true;
            }
            Action::Send { link, message } => {
                if let Some(task) = self.link(link) {
                    task.send(message);
                }
            }
            Action::CloseLink { link, code } => {
                if !self.link(link).is_some_and(|task| task.close(code, now())) {
                    self.links.retain(|task| task.id() != link);
                    inputs.push(Input::Lost(link, LinkLoss::Closed { code: None, reason: String::new() }));
                }
            }
            Action::AbandonLink { link } => self.links.retain(|task| task.id() != link),
        }
    }

    fn link(&mut self, link: LinkId) -> Option<&mut LinkTask<C::Link>> {
        self.links.iter_mut().find(|task| task.id() == link)
    }

    /// Writes what is queued.
    fn write(&mut self, cx: &mut Context<'_>, inputs: &mut Vec<Input>) {
        let now = now();
        self.links.retain_mut(|link| link.write(cx, now, inputs));
    }

    /// Nothing is left to do. Under the lock, so that whoever connects next knows that a new task is needed.
    fn end(&mut self, machine: &mut Machine) -> Step {
        machine.has_task = false;
        self.ended = true;
        Step::Ended
    }
}

enum Step {
    /// The task is over.
    Ended,
    /// Go on, at the latest then.
    Until(Option<Instant>),
}

fn handle(session: &mut Session, input: Input, now: Instant) {
    match input {
        Input::Info(id, answer) => session.handle_session_info(id, answer, now),
        Input::Opened(link) => session.handle_link_opened(link, now),
        Input::Lost(link, loss) => session.handle_link_lost(link, loss, now),
        Input::Message(link, message) => session.handle_message(link, message, now),
        Input::Activity(link) => session.handle_activity(link, now),
        Input::Sent(link, count) => session.handle_sent(link, count, now),
    }
}

/// What an HTTP answer means.
fn info(answer: Result<HttpAnswer, TransportError>) -> Result<SessionInfo, InfoFailure> {
    let HttpAnswer { status, body } = answer.map_err(|error| {
        let message = error.to_string();
        match error.hop {
            Hop::Answer => InfoFailure::NotUnderstood { detail: message },
            _ => InfoFailure::Unreachable { kind: open_failure(&error), message },
        }
    })?;
    match (status, session_info::decode(&body)) {
        (200..=299, Ok(info)) => Ok(info),
        (200..=299, Err(SessionInfoError::NotUnderstood)) if is_web_page(&body) => {
            Err(InfoFailure::NotUnderstood { detail: WEB_PAGE.to_owned() })
        }
        (200..=299, Err(error)) => Err(error.into()),
        (300..=399, _) => Err(InfoFailure::Refused { code: status, reason: REDIRECT.to_owned() }),
        (511, _) => {
            Err(InfoFailure::Refused { code: status, reason: "the network wants a login".to_owned() })
        }
        (code, Err(SessionInfoError::Refused { message, .. })) => {
            Err(InfoFailure::Refused { code, reason: message })
        }
        (code, _) => Err(InfoFailure::Refused { code, reason: String::new() }),
    }
}

/// What networks do that want a login in a browser first, and so do wrong addresses.
const WEB_PAGE: &str = "the answer is a web page: another server's, or the login page of this network";
const REDIRECT: &str = "redirects are not followed; a network that wants a login answers like this";

fn is_web_page(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'<')
}

impl<C: Connector> Future for Driver<C> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        thread_local! {
            /// Shared by all sessions of the I/O thread, so that an idle one holds no buffer.
            static INPUTS: Cell<Vec<Input>> = const { Cell::new(Vec::new()) };
        }
        let this = self.get_mut();
        let mut inputs = INPUTS.take();
        let outcome = catch_unwind(AssertUnwindSafe(|| this.rounds(cx, &mut inputs)));
        inputs.clear();
        INPUTS.set(inputs);
        outcome.unwrap_or_else(|panic| {
            // Not the machine's defect, or it would have been caught closer to it: what is on the network is at fault.
            this.links.clear();
            this.fetches.clear();
            this.core.fail(&panic_text(&*panic));
            cx.waker().wake_by_ref();
            Poll::Pending
        })
    }
}

impl<C: Connector> Drop for Driver<C> {
    fn drop(&mut self) {
        if !self.ended {
            // The runtime ended first.
            self.core.drive(|machine| machine.has_task = false);
        }
        self.core.engine.unregister(self.id);
    }
}

/// One timer, set lazily: a deadline that only moves away, as it does with each message, leaves it as it is.
#[derive(Default)]
struct Timer {
    sleep: Option<Pin<Box<Sleep>>>,
    /// When it rings, unless it has.
    armed: Option<Instant>,
}

impl Timer {
    /// Ready when `deadline` has come; else it wakes the task then, or earlier.
    fn poll(&mut self, cx: &mut Context<'_>, deadline: Option<Instant>) -> Poll<()> {
        let Some(deadline) = deadline else { return Poll::Pending };
        loop {
            if deadline <= now() {
                return Poll::Ready(());
            }
            if self.armed.is_none_or(|armed| armed > deadline) {
                self.arm(deadline);
            }
            let Some(sleep) = &mut self.sleep else { return Poll::Pending };
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.armed = None;
        }
    }

    fn arm(&mut self, deadline: Instant) {
        self.armed = Some(deadline);
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().reset(deadline.into()),
            None => self.sleep = Some(Box::pin(tokio::time::sleep_until(deadline.into()))),
        }
    }
}

#[cfg(test)]
#[path = "driver_tests.rs"]
mod tests;
