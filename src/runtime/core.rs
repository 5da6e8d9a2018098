//! A session with all that its handles, its task and its callbacks share.
#![forbid(unsafe_code)]

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::runtime::Handle;

use crate::session::{CommandError, Event, LogLevel, LogRecord, Session, SessionError, StateName};

use super::Observer;
use super::clock::now;
use super::engine::Engine;
use super::mailbox::{Mailbox, Owner};
use super::wake::Wake;

/// Starts the task of a session on a runtime.
pub(super) type Launch = Box<dyn Fn(&Handle, Arc<Core>) + Send + Sync>;

/// What the handles of a session, its task and its callbacks share.
pub(super) struct Core {
    machine: Mutex<Machine>,
    pub(super) wake: Wake,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) engine: Arc<Engine>,
    launch: Launch,
}

/// The machine, and whether a task drives it.
///
/// Whoever holds the lock and changes the machine either sees to it that the task looks (it has one), or settles what
/// came of the change (it has none).
pub(super) struct Machine {
    pub(super) session: Session,
    pub(super) has_task: bool,
    /// The machine panicked even while it was told of a panic: it is left alone.
    broken: bool,
}

impl Core {
    pub(super) fn new(
        session: Session,
        observer: Arc<dyn Observer>,
        callback_queue_bytes: usize,
        engine: Arc<Engine>,
        launch: Launch,
    ) -> Arc<Self> {
        Arc::new_cyclic(|core: &Weak<Self>| {
            let pool = engine.pool().clone();
            let mailbox = Mailbox::new(observer, callback_queue_bytes, pool, core.clone());
            let machine = Mutex::new(Machine { session, has_task: false, broken: false });
            Self { machine, wake: Wake::default(), mailbox, engine, launch }
        })
    }

    /// Starts joining, on a new task if there is none.
    pub(super) fn connect(self: &Arc<Self>, token: &str) -> Result<(), CommandError> {
        let handle = self.engine.handle()?;
        let needs_task = self.change(|core, machine| {
            if machine.broken {
                return Err(CommandError::IllegalState);
            }
            machine.session.connect(token.to_owned(), now())?;
            core.mailbox.begin_episode();
            Ok(!std::mem::replace(&mut machine.has_task, true))
        })?;
        if needs_task {
            // Not under the lock: a runtime that has just ended drops the task here and now, and the task's end
            // takes the lock.
            (self.launch)(&handle, self.clone());
            if self.engine.is_closing() {
                self.abandon();
            }
        }
        Ok(())
    }

    /// Starts leaving.
    pub(super) fn disconnect(&self) -> Result<(), CommandError> {
        self.change(|core, machine| {
            machine.session.disconnect(now())?;
            // Before the machine's own word on it is queued.
            core.mailbox.purge();
            Ok(())
        })
    }

    /// Ends silently, without waiting. Does not panic.
    pub(super) fn abandon(&self) {
        let deleted = catch_unwind(AssertUnwindSafe(|| {
            self.change(|_, machine| machine.session.delete(now()));
        }));
        if let Err(panic) = deleted {
            self.fail(&panic_text(&*panic));
        }
    }

    /// Changes the machine and sees to what comes of it. Whoever catches a panic of this must [`fail`](Self::fail).
    pub(super) fn change<R>(&self, change: impl FnOnce(&Self, &mut Machine) -> R) -> R {
        let mut machine = self.machine.lock();
        let result = change(self, &mut machine);
        if machine.has_task {
            drop(machine);
            self.wake.wake();
        } else {
            let logs = machine.settle(&self.mailbox);
            drop(machine);
            write_logs(logs);
        }
        result
    }

    /// Looks at the machine.
    pub(super) fn look<R>(&self, look: impl FnOnce(&Session) -> R) -> R {
        look(&self.machine.lock().session)
    }

    /// For the task: works with the machine. A panic ends the session, and is `None`.
    pub(super) fn drive<R>(&self, work: impl FnOnce(&mut Machine) -> R) -> Option<R> {
        let mut machine = self.machine.lock();
        match catch_unwind(AssertUnwindSafe(|| work(&mut machine))) {
            Ok(result) => Some(result),
            Err(panic) => {
                drop(machine);
                self.fail(&panic_text(&*panic));
                None
            }
        }
    }

    /// Ends the session because of a defect that was caught somewhere around it. Does not panic.
    pub(super) fn fail(&self, text: &str) {
        let mut machine = self.machine.lock();
        machine.fail(&self.mailbox, text);
        let logs = if machine.has_task { Vec::new() } else { machine.settle(&self.mailbox) };
        drop(machine);
        self.wake.wake();
        write_logs(logs);
    }
}

impl Owner for Core {
    fn has_room(&self) {
        self.wake.wake();
    }

    fn observer_panicked(&self) {
        self.fail("a callback panicked");
    }
}

impl Machine {
    /// Puts all events into the mailbox.
    pub(super) fn drain_events(&mut self, mailbox: &Arc<Mailbox>) {
        if let Some(first) = self.session.poll_event() {
            mailbox.extend(std::iter::once(first).chain(std::iter::from_fn(|| self.session.poll_event())));
        }
    }

    /// Takes the lines for the log; to be written once the lock is released, because a sink may call anything.
    pub(super) fn drain_logs(&mut self) -> Vec<LogRecord> {
        std::iter::from_fn(|| self.session.poll_log()).collect()
    }

    /// Whether the machine must be left alone.
    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Without a task: events are told, actions have nobody to carry them out and nothing to reach.
    fn settle(&mut self, mailbox: &Arc<Mailbox>) -> Vec<LogRecord> {
        if self.broken {
            return Vec::new();
        }
        let settled = catch_unwind(AssertUnwindSafe(|| {
            self.drain_events(mailbox);
            while self.session.poll_action().is_some() {}
            self.drain_logs()
        }));
        settled.unwrap_or_else(|panic| {
            self.fail(mailbox, &panic_text(&*panic));
            Vec::new()
        })
    }

    /// Ends the session because of a defect. Should the machine fail at that too, its part is taken over here.
    fn fail(&mut self, mailbox: &Arc<Mailbox>, text: &str) {
        if self.broken {
            return;
        }
        let joined = matches!(
            self.session.state(),
            StateName::Connected | StateName::Reconnecting | StateName::Disconnecting
        );
        let told = catch_unwind(AssertUnwindSafe(|| self.session.fail(text, now())));
        if told.is_err() {
            self.broken = true;
            let message = format!("internal error of the library: {text}");
            let error = Event::Error { error: SessionError::Internal, message };
            mailbox.extend(std::iter::once(error).chain(joined.then_some(Event::Disconnected)));
        }
    }
}

/// Writes the machine's lines to the log.
pub(super) fn write_logs(logs: Vec<LogRecord>) {
    for LogRecord { level, text } in logs {
        match level {
            LogLevel::Error => crate::log::error!("{text}"),
            LogLevel::Warn => crate::log::warning!("{text}"),
            LogLevel::Info => crate::log::info!("{text}"),
            LogLevel::Debug => crate::log::debug!("{text}"),
        }
    }
}

/// What a panic said.
pub(super) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let words = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    words.unwrap_or("unknown panic").to_owned()
}
