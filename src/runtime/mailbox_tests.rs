//! Order, one at a time, bounds, and the end of telling, on real threads.
#![forbid(unsafe_code)]

use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use super::*;

/// Far longer than anything here takes: only a hang reaches it.
const LIMIT: Duration = Duration::from_secs(30);

type Behaviour = Box<dyn Fn(Event) + Send + Sync>;

struct Program(Behaviour);

impl Observer for Program {
    fn notify(&self, event: Event) {
        (self.0)(event);
    }
}

#[derive(Default)]
struct Session {
    has_room: AtomicUsize,
    panics: AtomicUsize,
}

impl Owner for Session {
    fn has_room(&self) {
        self.has_room.fetch_add(1, Ordering::SeqCst);
    }

    fn observer_panicked(&self) {
        self.panics.fetch_add(1, Ordering::SeqCst);
    }
}

fn pool(max: usize) -> Arc<Pool> {
    Pool::new(max, LIMIT)
}

fn mailbox(pool: &Arc<Pool>, behaviour: impl Fn(Event) + Send + Sync + 'static) -> Arc<Mailbox> {
    owned_mailbox(pool, &Arc::default(), usize::MAX, behaviour)
}

fn owned_mailbox(
    pool: &Arc<Pool>,
    owner: &Arc<Session>,
    limit_bytes: usize,
    behaviour: impl Fn(Event) + Send + Sync + 'static,
) -> Arc<Mailbox> {
    let owner: Arc<dyn Owner> = owner.clone();
    Mailbox::new(Arc::new(Program(Box::new(behaviour))), limit_bytes, pool.clone(), Arc::downgrade(&owner))
}

fn event(number: usize) -> Event {
    Event::ArchiveStopped { id: number.to_string() }
}

fn number(event: &Event) -> usize {
    let Event::ArchiveStopped { id } = event else { panic!("unexpected {event:?}") };
    id.parse().expect("a number")
}

fn tell(mailbox: &Arc<Mailbox>, event: Event) {
    mailbox.extend(std::iter::once(event));
}

/// A callback that says when it begins and waits until it may end.
fn gate() -> (impl Fn() + Send + Sync + 'static, Receiver<()>, Sender<()>) {
    let (began, begins) = channel();
    let (go, going) = channel::<()>();
    let going = Mutex::new(going);
    let wait = move || {
        let _ = began.send(());
        let _ = going.lock().recv_timeout(LIMIT);
    };
    (wait, begins, go)
}

fn await_one<T>(receiver: &Receiver<T>) -> T {
    receiver.recv_timeout(LIMIT).expect("it happens")
}

#[test]
fn each_session_is_told_in_order_and_one_at_a_time() {
    const SESSIONS: usize = 100;
    const EVENTS: usize = 300;
    let pool = pool(8);
    let (done, all_done) = channel();
    let mailboxes: Vec<_> = (0..SESSIONS)
        .map(|_| {
            let (inside, next, done) = (AtomicBool::new(false), AtomicUsize::new(0), done.clone());
            mailbox(&pool, move |event| {
                assert!(!inside.swap(true, Ordering::SeqCst), "two callbacks at a time");
                assert_eq!(number(&event), next.fetch_add(1, Ordering::SeqCst));
                inside.store(false, Ordering::SeqCst);
                if number(&event) == EVENTS - 1 {
                    let _ = done.send(());
                }
            })
        })
        .collect();
    for first in (0..EVENTS).step_by(3) {
        for mailbox in &mailboxes {
            mailbox.extend((first..first + 3).map(event));
        }
    }
    for _ in 0..SESSIONS {
        await_one(&all_done);
    }
    assert!(pool.threads() <= 8);
}

#[test]
fn a_callback_that_blocks_delays_no_other_session() {
    let pool = pool(64);
    let (wait, begins, go) = gate();
    let blocked = mailbox(&pool, move |_| wait());
    tell(&blocked, event(0));
    await_one(&begins);
    let (told, tells) = channel();
    let other = mailbox(&pool, move |event| told.send(number(&event)).unwrap_or(()));
    for expected in 0..10 {
        tell(&other, event(expected));
        assert_eq!(await_one(&tells), expected);
    }
    go.send(()).expect("still blocked");
}

#[test]
fn beyond_the_limit_sessions_share_threads() {
    let pool = pool(2);
    let gates: Vec<_> = (0..2).map(|_| gate()).collect();
    let (told, tells) = channel();
    let mut releases = Vec::new();
    let mut blocked = Vec::new();
    for (wait, begins, go) in gates {
        let mailbox = mailbox(&pool, move |_| wait());
        tell(&mailbox, event(0));
        await_one(&begins);
        releases.push(go);
        blocked.push(mailbox);
    }
    let waiting = mailbox(&pool, move |event| told.send(number(&event)).unwrap_or(()));
    waiting.extend((0..5).map(event));
    assert_eq!(pool.threads(), 2);
    assert!(tells.try_recv().is_err(), "no thread is free");
    releases.iter().for_each(|go| go.send(()).expect("still blocked"));
    assert_eq!((0..5).map(|_| await_one(&tells)).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
}

#[test]
fn threads_come_with_work_and_go_without() {
    let pool = Pool::new(64, Duration::from_millis(1));
    assert_eq!(pool.threads(), 0);
    let (told, tells) = channel();
    let mailbox = mailbox(&pool, move |event| told.send(number(&event)).unwrap_or(()));
    for round in 0..3 {
        tell(&mailbox, event(round));
        assert_eq!(await_one(&tells), round);
        assert!(pool.wait_until_empty(LIMIT), "an idle thread ends");
    }
}

#[test]
fn close_waits_for_the_running_callback_and_none_follows() {
    let pool = pool(4);
    let (wait, begins, go) = gate();
    let ended = Arc::new(AtomicBool::new(false));
    let calls = Arc::new(AtomicUsize::new(0));
    let mailbox = {
        let (ended, calls) = (ended.clone(), calls.clone());
        mailbox(&pool, move |_| {
            calls.fetch_add(1, Ordering::SeqCst);
            wait();
            ended.store(true, Ordering::SeqCst);
        })
    };
    mailbox.extend((0..10).map(event));
    await_one(&begins);
    let release = {
        let mailbox = mailbox.clone();
        thread::spawn(move || {
            while mailbox.state.lock().waiters == 0 {
                thread::yield_now();
            }
            go.send(())
        })
    };
    mailbox.close();
    assert!(ended.load(Ordering::SeqCst), "close returned while a callback ran");
    assert_eq!(Arc::strong_count(&ended), 1, "the observer is gone once close has returned");
    tell(&mailbox, event(10));
    mailbox.close();
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    release.join().expect("no panic").expect("the callback was waiting");
}

#[test]
fn close_inside_the_own_callback_takes_effect_when_it_returns() {
    let pool = pool(4);
    let slot: Arc<Mutex<Option<Arc<Mailbox>>>> = Arc::default();
    let (told, tells) = channel();
    let mailbox = {
        let slot = slot.clone();
        mailbox(&pool, move |event| {
            let own = slot.lock().clone().expect("a mailbox");
            own.close();
            let _ = told.send(number(&event));
        })
    };
    *slot.lock() = Some(mailbox.clone());
    mailbox.extend((0..10).map(event));
    assert_eq!(await_one(&tells), 0);
    mailbox.close();
    assert!(tells.try_recv().is_err(), "a callback ran after close");
}

#[test]
fn callbacks_that_close_each_others_sessions_do_not_wait_for_each_other() {
    let pool = pool(4);
    for _ in 0..100 {
        let others: Arc<Mutex<Vec<Arc<Mailbox>>>> = Arc::default();
        let both_run = Arc::new(std::sync::Barrier::new(2));
        let (done, dones) = channel();
        let make = |other: usize| {
            let (others, both_run, done) = (others.clone(), both_run.clone(), done.clone());
            mailbox(&pool, move |_| {
                let other = others.lock()[other].clone();
                both_run.wait();
                other.close();
                let _ = done.send(());
            })
        };
        let pair = vec![make(1), make(0)];
        *others.lock() = pair.clone();
        pair.iter().for_each(|mailbox| tell(mailbox, event(0)));
        await_one(&dones);
        await_one(&dones);
    }
}

#[test]
fn any_number_of_threads_may_close_while_events_pour_in() {
    let pool = pool(8);
    for _ in 0..50 {
        let closed = Arc::new(AtomicBool::new(false));
        let mailbox = {
            let closed = closed.clone();
            mailbox(&pool, move |_| assert!(!closed.load(Ordering::SeqCst), "called after close"))
        };
        thread::scope(|scope| {
            scope.spawn(|| (0..200).for_each(|number| tell(&mailbox, event(number))));
            for _ in 0..2 {
                scope.spawn(|| {
                    mailbox.close();
                    closed.store(true, Ordering::SeqCst);
                });
            }
        });
    }
}

#[test]
fn a_full_queue_is_congested_until_half_of_it_is_told() {
    let pool = pool(4);
    let owner = Arc::new(Session::default());
    let (wait, begins, go) = gate();
    let (told, tells) = channel();
    let weight = event(0).weight();
    let mailbox = owned_mailbox(&pool, &owner, weight * 8, move |event| {
        wait();
        let _ = told.send(number(&event));
    });
    tell(&mailbox, event(0));
    await_one(&begins);
    // One is being told; eight more fill the queue.
    mailbox.extend((1..=8).map(event));
    assert!(!mailbox.is_congested());
    tell(&mailbox, event(9));
    assert!(mailbox.is_congested());
    for expected in 0..9 {
        assert_eq!(mailbox.is_congested(), expected < 5, "before {expected} has ended");
        go.send(()).expect("a callback waits");
        assert_eq!(await_one(&tells), expected);
        await_one(&begins);
    }
    assert_eq!(owner.has_room.load(Ordering::SeqCst), 1);
    go.send(()).expect("a callback waits");
    assert_eq!(await_one(&tells), 9);
}

#[test]
fn leaving_drops_what_was_not_told_except_how_earlier_joins_ended() {
    let pool = pool(4);
    let owner = Arc::new(Session::default());
    let (wait, begins, go) = gate();
    let (told, tells) = channel();
    let mailbox = owned_mailbox(&pool, &owner, event(0).weight() * 3, move |event| {
        wait();
        let _ = told.send(event);
    });
    tell(&mailbox, event(0));
    await_one(&begins);
    mailbox.extend([event(1), Event::ReconnectionStarted, Event::Disconnected].into_iter());
    mailbox.begin_episode();
    mailbox.extend([Event::Connected, event(2), Event::Disconnected].into_iter());
    assert!(mailbox.is_congested());
    mailbox.purge();
    assert!(!mailbox.is_congested());
    assert_eq!(owner.has_room.load(Ordering::SeqCst), 1);
    tell(&mailbox, Event::Disconnected);
    drop(go);
    let heard: Vec<Event> = (0..3).map(|_| await_one(&tells)).collect();
    assert_eq!(heard, [event(0), Event::Disconnected, Event::Disconnected]);
    mailbox.close();
    assert!(tells.try_recv().is_err(), "something else was told");
}

#[test]
fn a_panic_in_a_callback_is_reported_and_the_thread_goes_on() {
    let pool = pool(1);
    let owner = Arc::new(Session::default());
    let (told, tells) = channel();
    let mailbox = owned_mailbox(&pool, &owner, usize::MAX, move |event| {
        assert!(number(&event) != 0, "a defect in a callback, made on purpose");
        let _ = told.send(number(&event));
    });
    mailbox.extend((0..2).map(event));
    assert_eq!(await_one(&tells), 1);
    assert_eq!(owner.panics.load(Ordering::SeqCst), 1);
    assert_eq!(pool.threads(), 1);
}

#[test]
fn after_stop_nothing_starts_and_a_running_callback_is_waited_for() {
    let pool = pool(4);
    let (wait, begins, go) = gate();
    let calls = Arc::new(AtomicUsize::new(0));
    let mailbox = {
        let calls = calls.clone();
        mailbox(&pool, move |_| {
            calls.fetch_add(1, Ordering::SeqCst);
            wait();
        })
    };
    mailbox.extend((0..10).map(event));
    await_one(&begins);
    pool.stop();
    assert!(!pool.join(super::super::clock::now()), "a callback still runs");
    go.send(()).expect("a callback waits");
    assert!(pool.wait_until_empty(LIMIT));
    tell(&mailbox, event(10));
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    assert_eq!(pool.threads(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn callback_threads_are_named_and_block_all_signals_but_those_of_their_own_faults() {
    let pool = pool(1);
    let (told, tells) = channel();
    let mailbox = mailbox(&pool, move |_| {
        let _ = told.send(std::fs::read_to_string("/proc/thread-self/status").expect("a status"));
    });
    tell(&mailbox, event(0));
    let status = await_one(&tells);
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect(name);
        line.trim().to_owned()
    };
    assert_eq!(field("Name:"), "otc-callback");
    let blocked = u64::from_str_radix(&field("SigBlk:"), 16).expect("a mask");
    // Signals 1 to 31 but KILL and STOP, and but ILL, TRAP, ABRT, BUS, FPE, SEGV and SYS; of those beyond, the C library
    // keeps some for itself.
    assert_eq!(blocked & 0x7fff_ffff, 0x3ffb_fa07);
}
