//! What an `otc_session` stands for, and the way to it.

use std::cell::Cell;
use std::ffi::{c_char, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::base::otc_status;
use super::callbacks::{otc_session_callbacks, otc_session_capabilities};
use super::deliver::Program;
use super::guard::{Stopped, guarded};
use super::handle::{self, SESSIONS, otc_connection, otc_session, otc_session_settings};
use super::{status, string};
use crate::runtime::{NewSessionError, Observer, Options, SessionHandle};
use crate::session::{CommandError, Event, OutgoingSignal, Target};

/// A session of the program: the running one, and what the program gave for it.
pub(super) struct Client {
    session: SessionHandle,
    program: Arc<Program>,
    /// Takes no more orders. It stays in the table for as long as a callback of it runs, which may ask about it.
    deleted: AtomicBool,
}

/// Tells the program, and ends the session's token when there is nothing more to tell: after delete, and after the
/// callback that ran then.
struct Teller {
    program: Arc<Program>,
    token: usize,
}

thread_local! {
    /// The session whose callback this thread is running, 0 for none.
    static TOLD_HERE: Cell<usize> = const { Cell::new(0) };
}

impl Observer for Teller {
    fn notify(&self, event: Event) {
        let before = TOLD_HERE.replace(self.token);
        self.program.notify(event);
        TOLD_HERE.set(before);
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        SESSIONS.remove(self.token);
    }
}

/// Whom a signal is for.
#[derive(Clone, Copy)]
pub(super) enum Receiver {
    Everyone,
    Connection(*const otc_connection),
}

/// Makes a session. NULL if an argument is missing, the settings are not valid, or the library is not running.
pub(super) fn create(
    apikey: Option<&[u8]>,
    session_id: Option<&[u8]>,
    callbacks: Option<otc_session_callbacks>,
    settings: *const otc_session_settings,
) -> *mut otc_session {
    let made = apikey.zip(session_id).zip(callbacks).and_then(|((apikey, session_id), callbacks)| {
        let settings = match settings.is_null() {
            true => Default::default(),
            false => handle::settings(settings)?,
        };
        let options = Options {
            // A server judges them: what is not text is not the id of any session either.
            api_key: String::from_utf8_lossy(apikey).into_owned(),
            session_id: String::from_utf8_lossy(session_id).into_owned(),
            settings,
        };
        register(options, session_id, callbacks)
    });
    made.unwrap_or(std::ptr::null_mut())
}

fn register(
    options: Options,
    session_id: &[u8],
    callbacks: otc_session_callbacks,
) -> Option<*mut otc_session> {
    let token = handle::new_token()?;
    let pointer = std::ptr::without_provenance_mut(token);
    let program = Arc::new(Program::new(pointer, session_id, callbacks));
    let teller = Arc::new(Teller { program: program.clone(), token });
    match SessionHandle::new(options, teller) {
        Ok(session) => {
            let deleted = AtomicBool::new(false);
            SESSIONS.insert(token, Arc::new(Client { session, program, deleted }));
            Some(pointer)
        }
        Err(NewSessionError::NotInitialised) => {
            crate::log::error!("otc_session_new before otc_init or after otc_destroy");
            None
        }
        Err(error) => {
            crate::log::error!("session not made: {error}");
            None
        }
    }
}

/// Ends a session, with the guarantees about callbacks that the runtime gives.
pub(super) fn delete(session: *const otc_session) -> otc_status {
    let known = SESSIONS.get(session.addr()).filter(|client| !client.deleted.swap(true, Ordering::AcqRel));
    if let Some(client) = &known {
        client.session.delete();
    }
    status::of_delete(known.is_some())
}

/// Runs a call that returns a status. A defect ends the session it was about.
pub(super) fn call(session: *const otc_session, body: impl FnOnce(&Client) -> otc_status) -> otc_status {
    ask_or(session, |client| !client.is_deleted(), status::INVALID_PARAM, status::INTERNAL_ERROR, body)
}

/// Runs a call that returns something else, or `unknown`. Inside a callback of the session that works until the
/// callback returns, whoever deletes the session meanwhile: programs do not expect to be told NULL there.
pub(super) fn ask<T: Clone>(session: *const otc_session, unknown: T, body: impl FnOnce(&Client) -> T) -> T {
    let answers = |client: &Client| !client.is_deleted() || TOLD_HERE.get() == session.addr();
    ask_or(session, answers, unknown.clone(), unknown, body)
}

fn ask_or<T>(
    session: *const otc_session,
    is_known: impl FnOnce(&Client) -> bool,
    unknown: T,
    failed: T,
    body: impl FnOnce(&Client) -> T,
) -> T {
    let found = guarded(|| SESSIONS.get(session.addr()).filter(|client| is_known(client)));
    let Ok(found) = found else { return failed };
    let Some(client) = found else { return unknown };
    match guarded(|| body(&client)) {
        Ok(value) => value,
        Err(Stopped) => {
            // The session may be half changed: it must not go on. If even that fails there is nothing left to do.
            let _ = guarded(|| client.session.fail("defect caught at the C interface"));
            failed
        }
    }
}

impl Client {
    /// The running session.
    pub(super) fn handle(&self) -> &SessionHandle {
        &self.session
    }

    fn is_deleted(&self) -> bool {
        self.deleted.load(Ordering::Acquire)
    }

    pub(super) fn session_id(&self) -> *const c_char {
        self.program.session_id()
    }

    pub(super) fn user_data(&self) -> *mut c_void {
        self.program.user_data()
    }

    /// The own connection, NULL before the first join.
    pub(super) fn own_connection(&self) -> *const otc_connection {
        self.session.own_connection().map_or(std::ptr::null(), |own| self.program.own_connection(&own))
    }

    pub(super) fn capabilities(&self) -> otc_session_capabilities {
        let allowed = self.session.capabilities();
        otc_session_capabilities {
            publish: allowed.publish.into(),
            subscribe: allowed.subscribe.into(),
            force_mute: allowed.force_mute.into(),
            force_disconnect: allowed.force_disconnect.into(),
        }
    }

    /// Sends a signal.
    ///
    /// # Safety
    /// `kind` and `data` are NULL or end with NUL; a connection is NULL or valid.
    pub(super) unsafe fn send(
        &self,
        kind: *const c_char,
        data: *const c_char,
        receiver: Receiver,
        retry: bool,
    ) -> otc_status {
        let target = match receiver {
            Receiver::Everyone => Target::Everyone,
            // SAFETY: promised by the caller.
            Receiver::Connection(connection) => match unsafe { handle::connection(connection) } {
                Some(connection) => Target::Connection(&connection.facts().id),
                None => return status::NULL_OR_INVALID_PARAMETER,
            },
        };
        // SAFETY: promised by the caller.
        let (kind, data) = unsafe { (string::bytes(kind), string::bytes(data)) };
        let (kind, data) = (kind.unwrap_or_default(), data.unwrap_or_default());
        status::of_send(self.session.send_signal(OutgoingSignal { kind, data, target, retry }))
    }

    pub(super) fn force_disconnect(&self, connection: &otc_connection) -> Result<(), CommandError> {
        self.session.force_disconnect(&connection.facts().id)
    }

    /// Refuses to mute anybody, and says why.
    pub(super) fn refuse_mute(&self) -> otc_status {
        crate::log::warning!("forced mute is refused: this library carries no media and does not ask for it");
        status::UNABLE_TO_FORCE_MUTE
    }

    /// Logs a problem under a new id, which it returns.
    pub(super) fn report_issue(&self, description: &str) -> String {
        let id = format!("{:016x}{:016x}", random(), random());
        crate::log::warning!("issue {id}: {description}");
        id
    }
}

/// A number that is hardly ever drawn twice. For names only: it need not be unguessable.
fn random() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one("issue")
}

#[cfg(test)]
mod tests {
    use super::super::layout::{self, Generation};
    use super::*;

    /// A session without callbacks.
    fn session() -> *mut otc_session {
        let nothing = [std::ptr::null::<c_void>(); 20];
        // SAFETY: a struct of the newest generation.
        let callbacks =
            unsafe { layout::read_as(nothing.as_ptr().cast(), Generation::C, size_of_val(&nothing)) };
        create(Some(b"key"), Some(b"session"), callbacks, std::ptr::null())
    }

    #[test]
    fn deleted_session_leaves_the_table() {
        crate::runtime::init();
        let session = session();
        assert!(SESSIONS.get(session.addr()).is_some());
        assert_eq!(delete(session), status::SUCCESS);
        assert!(SESSIONS.get(session.addr()).is_none());
        assert_eq!(delete(session), status::INVALID_PARAM);
    }

    #[test]
    fn defect_in_a_call_ends_the_session_and_not_the_program() {
        crate::runtime::init();
        let session = session();
        assert_eq!(call(session, |_| panic!("on purpose")), status::INTERNAL_ERROR);
        assert_eq!(ask(session, 7, |_| panic!("on purpose")), 7);
        assert_eq!(call(session, |_| status::SUCCESS), status::SUCCESS, "the handle stays valid");
        assert_eq!(delete(session), status::SUCCESS);
    }

    #[test]
    fn only_one_of_many_threads_deletes_a_session() {
        crate::runtime::init();
        let session = session().addr();
        let deleted: usize = std::thread::scope(|scope| {
            let one = || delete(std::ptr::without_provenance(session)) == status::SUCCESS;
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
            threads.into_iter().map(|thread| usize::from(thread.join().expect("it returns"))).sum()
        });
        assert_eq!(deleted, 1);
    }
}
