//! Init and destroy, which concern the whole process: the tests take turns.
#![forbid(unsafe_code)]

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use otc::runtime::{
    self, DestroyOutcome, NewSessionError, Observer, Options, SessionHandle, SessionSettings,
};
use otc::session::{CommandError, Event, OutgoingSignal, SendError, Target};
use parking_lot::{Mutex, MutexGuard};

/// Only a hang reaches it.
const LIMIT: Duration = Duration::from_secs(30);

static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    let turn = TURN.lock();
    assert!(!runtime::is_initialised());
    turn
}

/// Runs a function for each event.
struct Program(Box<dyn Fn(Event) + Send + Sync>);

impl Observer for Program {
    fn notify(&self, event: Event) {
        (self.0)(event);
    }
}

fn session(
    url: &str,
    behaviour: impl Fn(Event) + Send + Sync + 'static,
) -> Result<SessionHandle, NewSessionError> {
    let settings = SessionSettings { api_url: Some(url.to_owned()), ..SessionSettings::default() };
    let options = Options { api_key: "100".to_owned(), session_id: "1_x".to_owned(), settings };
    SessionHandle::new(options, Arc::new(Program(Box::new(behaviour))))
}

/// An address at which nothing listens: connecting fails after a second or so, which is told.
fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

/// An address at which somebody listens and says nothing.
fn silence() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    (listener, url)
}

fn await_one<T>(receiver: &Receiver<T>) -> T {
    receiver.recv_timeout(LIMIT).expect("it happens")
}

/// The names of this process's threads that are the library's.
#[cfg(target_os = "linux")]
fn library_threads() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").expect("tasks");
    let names = tasks.flatten().filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    names.map(|name| name.trim().to_owned()).filter(|name| name.starts_with("otc-")).collect()
}

#[test]
fn init_is_counted_and_the_last_destroy_counts() {
    let _turn = turn();
    assert_eq!(runtime::destroy(), DestroyOutcome::NotInitialised);
    (0..3).for_each(|_| runtime::init());
    assert_eq!(runtime::destroy(), DestroyOutcome::StillInUse);
    assert_eq!(runtime::destroy(), DestroyOutcome::StillInUse);
    assert!(runtime::is_initialised());
    assert_eq!(runtime::destroy(), DestroyOutcome::Done);
    assert!(!runtime::is_initialised());
    assert_eq!(runtime::destroy(), DestroyOutcome::NotInitialised);
}

#[test]
fn there_is_no_session_before_init_and_after_destroy() {
    let _turn = turn();
    assert_eq!(session("http://unused", drop).err(), Some(NewSessionError::NotInitialised));
    runtime::init();
    assert!(session("http://unused", drop).is_ok());
    runtime::destroy();
    assert_eq!(session("http://unused", drop).err(), Some(NewSessionError::NotInitialised));
}

#[cfg(target_os = "linux")]
#[test]
fn threads_come_with_the_first_connect_and_go_with_destroy() {
    let _turn = turn();
    for _ in 0..3 {
        runtime::init();
        let (told, tells) = channel();
        let told = Mutex::new(told);
        let session =
            session(&nowhere(), move |event| told.lock().send(event).unwrap_or(())).expect("a session");
        assert_eq!(library_threads(), [""; 0], "an idle session has no thread");
        session.connect("token").expect("idle");
        assert!(matches!(await_one(&tells), Event::Error { .. }));
        let mut threads = library_threads();
        threads.sort();
        assert_eq!(threads, ["otc-callback", "otc-io"]);
        session.delete();
        assert_eq!(runtime::destroy(), DestroyOutcome::Done);
        // A thread that was joined may be listed for a moment still.
        let gone = (0..1_000_000).any(|_| {
            std::thread::yield_now();
            library_threads().is_empty()
        });
        assert!(gone, "destroy leaves {:?}", library_threads());
    }
}

#[test]
fn destroy_inside_a_callback_fails_and_changes_nothing() {
    let _turn = turn();
    runtime::init();
    let (told, tells) = channel();
    let told = Mutex::new(told);
    let session = session(&nowhere(), move |_| {
        assert!(runtime::on_callback_thread());
        told.lock().send(runtime::destroy()).unwrap_or(());
    })
    .expect("a session");
    session.connect("token").expect("idle");
    assert_eq!(await_one(&tells), DestroyOutcome::InsideCallback);
    assert!(runtime::is_initialised() && !runtime::on_callback_thread());
    session.delete();
    assert_eq!(runtime::destroy(), DestroyOutcome::Done);
}

#[test]
fn destroy_ends_every_session_silently_and_they_stay_valid_to_delete() {
    let _turn = turn();
    runtime::init();
    let (_server, url) = silence();
    let sessions: Vec<_> =
        (0..20).map(|_| session(&url, |event| panic!("unexpected {event:?}")).expect("a session")).collect();
    sessions.iter().for_each(|session| session.connect("token").expect("idle"));
    assert_eq!(runtime::destroy(), DestroyOutcome::Done);
    let signal = OutgoingSignal { kind: b"", data: b"", target: Target::Everyone, retry: true };
    for session in &sessions {
        assert_eq!(session.connect("token"), Err(CommandError::IllegalState));
        assert_eq!(session.disconnect(), Err(CommandError::NotConnected));
        assert_eq!(session.send_signal(signal), Err(SendError::NotConnected));
        session.delete();
    }
    // An earlier life's sessions do not come back with a new one.
    runtime::init();
    assert_eq!(sessions[0].connect("token"), Err(CommandError::IllegalState));
    assert_eq!(runtime::destroy(), DestroyOutcome::Done);
}

#[test]
fn a_callback_that_does_not_return_is_let_go() {
    let _turn = turn();
    runtime::init();
    let (entered, enters) = channel();
    let (go, going): (Sender<()>, Receiver<()>) = channel();
    let (entered, going) = (Mutex::new(entered), Mutex::new(going));
    let stuck = session(&nowhere(), move |_| {
        entered.lock().send(()).unwrap_or(());
        let _ = going.lock().recv_timeout(LIMIT);
    })
    .expect("a session");
    stuck.connect("token").expect("idle");
    await_one(&enters);
    assert_eq!(runtime::destroy(), DestroyOutcome::CallbacksStillRunning);
    // The next life does not mind.
    runtime::init();
    assert_eq!(runtime::destroy(), DestroyOutcome::Done);
    go.send(()).expect("the callback waits");
    // Deleting still waits for it.
    stuck.delete();
    assert!(enters.try_recv().is_err(), "another callback began");
}

#[test]
fn init_on_other_threads_while_the_last_destroy_runs_begins_a_new_life() {
    let _turn = turn();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    runtime::init();
                    let session = session("http://unused", drop).expect("this thread has initialised");
                    session.delete();
                    let outcome = runtime::destroy();
                    assert!(
                        matches!(outcome, DestroyOutcome::Done | DestroyOutcome::StillInUse),
                        "{outcome:?}"
                    );
                }
            });
        }
    });
    assert!(!runtime::is_initialised());
}

#[test]
fn sessions_that_others_make_and_connect_while_the_library_is_destroyed_neither_hang_nor_stay() {
    let _turn = turn();
    let url = nowhere();
    let over = AtomicBool::new(false);
    let (made, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let (url, over, made, refused) = (&url, &over, &made, &refused);
            scope.spawn(move || {
                // They have not initialised: whether there is a library is up to chance.
                for turn in 0.. {
                    if over.load(Ordering::SeqCst) {
                        return;
                    }
                    let Ok(session) = session(url, drop) else {
                        refused.fetch_add(1, Ordering::SeqCst);
                        continue;
                    };
                    made.fetch_add(1, Ordering::SeqCst);
                    let connected = session.connect("token");
                    assert!(matches!(connected, Ok(()) | Err(CommandError::IllegalState)), "{connected:?}");
                    if (turn + thread) % 3 == 0 {
                        let left = session.disconnect();
                        assert!(matches!(left, Ok(()) | Err(CommandError::NotConnected)), "{left:?}");
                    }
                    if (turn + thread) % 2 == 0 {
                        session.delete();
                    }
                }
            });
        }
        let mut rounds = 0;
        // Until each has happened often enough.
        while rounds < 100 || made.load(Ordering::SeqCst) < 200 || refused.load(Ordering::SeqCst) < 200 {
            rounds += 1;
            runtime::init();
            for _ in 0..rounds % 7 {
                std::thread::yield_now();
            }
            assert_eq!(runtime::destroy(), DestroyOutcome::Done);
        }
        over.store(true, Ordering::SeqCst);
    });
    assert!(!runtime::is_initialised());
    #[cfg(target_os = "linux")]
    {
        let gone = (0..1_000_000).any(|_| {
            std::thread::yield_now();
            library_threads().is_empty()
        });
        assert!(gone, "destroy leaves {:?}", library_threads());
    }
}
