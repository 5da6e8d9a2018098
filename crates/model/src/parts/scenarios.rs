//! What must be true however the threads run.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use shuttle::thread;

use super::mailbox::{Mailbox, Owner};
use super::pool::Pool;
use super::table::{Table, Tokens};
use super::wake::Wake;
use super::{Event, Observer};
use crate::sync::{AtomicBool, AtomicUsize, Condvar, Mutex, Ordering, let_time_pass};

type Behaviour = Box<dyn Fn(Event) + Send + Sync>;

/// A program with one callback. It checks that it is called one at a time.
struct Program {
    behaviour: Behaviour,
    running: AtomicBool,
}

impl Observer for Program {
    fn notify(&self, event: Event) {
        assert!(!self.running.swap(true, Ordering::SeqCst), "two callbacks at a time");
        (self.behaviour)(event);
        self.running.store(false, Ordering::SeqCst);
    }
}

fn program(behaviour: impl Fn(Event) + Send + Sync + 'static) -> Arc<Program> {
    Arc::new(Program { behaviour: Box::new(behaviour), running: AtomicBool::new(false) })
}

#[derive(Default)]
struct Session {
    wake: Wake,
}

impl Owner for Session {
    fn has_room(&self) {
        self.wake.wake();
    }

    fn observer_panicked(&self) {
        panic!("no callback panics here");
    }
}

/// Counts, and lets others wait for a count.
#[derive(Default)]
struct Tally {
    count: Mutex<usize>,
    changed: Changed,
}

struct Changed(Condvar);

impl Default for Changed {
    fn default() -> Self {
        Self(Condvar::new())
    }
}

impl Tally {
    fn add(&self) -> usize {
        let mut count = self.count.lock();
        *count += 1;
        self.changed.0.notify_all();
        *count
    }

    fn wait_for(&self, wanted: usize) {
        let mut count = self.count.lock();
        while *count < wanted {
            self.changed.0.wait(&mut count);
        }
    }
}

/// A pool, and a session whose mailboxes it serves.
struct World {
    pool: Arc<Pool>,
    owner: Arc<Session>,
}

impl World {
    fn new(threads: usize) -> Self {
        let_time_pass(false);
        Self { pool: Pool::new(threads, Duration::ZERO), owner: Arc::default() }
    }

    fn mailbox(&self, observer: Arc<dyn Observer>) -> Arc<Mailbox> {
        self.small_mailbox(observer, usize::MAX)
    }

    fn small_mailbox(&self, observer: Arc<dyn Observer>, limit_bytes: usize) -> Arc<Mailbox> {
        let owner: Arc<dyn Owner> = self.owner.clone();
        Mailbox::new(observer, limit_bytes, self.pool.clone(), Arc::downgrade(&owner))
    }

    /// Ends the threads, all of which must end.
    fn end(self) {
        let_time_pass(false);
        self.pool.stop();
        #[allow(clippy::disallowed_methods, reason = "any moment: here no wait ends by its limit")]
        let deadline = Instant::now();
        assert!(self.pool.join(deadline), "a thread is left");
    }
}

fn event(number: usize) -> Event {
    Event::ArchiveStopped { id: number.to_string() }
}

fn number(event: &Event) -> usize {
    match event {
        Event::ArchiveStopped { id } => id.parse().expect("a number"),
        other => panic!("unexpected {other:?}"),
    }
}

/// A callback that checks the order, and counts.
fn in_order(tally: &Arc<Tally>) -> impl Fn(Event) + Send + Sync + use<> {
    let tally = tally.clone();
    move |event| {
        thread::yield_now();
        assert_eq!(tally.add(), number(&event), "out of order");
    }
}

fn fill(mailbox: &Arc<Mailbox>, first: usize, last: usize) {
    for number in first..=last {
        mailbox.extend(std::iter::once(event(number)));
    }
}

fn tell_everything(threads: usize, time_passes: bool) {
    let world = World::new(threads);
    let_time_pass(time_passes);
    let tallies = [Arc::new(Tally::default()), Arc::new(Tally::default())];
    let mailboxes = [0, 1].map(|which: usize| world.mailbox(program(in_order(&tallies[which]))));
    let other = mailboxes[1].clone();
    let filler = thread::spawn(move || fill(&other, 1, 3));
    fill(&mailboxes[0], 1, 3);
    filler.join().expect("no panic");
    for (mailbox, tally) in mailboxes.iter().zip(&tallies) {
        tally.wait_for(3);
        mailbox.close();
    }
    world.end();
}

/// Every event is told once, in order, one at a time, however few threads there are.
pub fn events_are_told_once_and_in_order() {
    tell_everything(2, false);
}

/// As above, with one thread for two sessions.
pub fn sessions_that_share_a_thread_are_both_told() {
    tell_everything(1, false);
}

/// As above, while idle threads give up and leave.
pub fn threads_that_leave_take_no_event_with_them() {
    tell_everything(2, true);
}

/// When close has returned on a thread of the program, no callback runs, none starts, and the observer is gone, with
/// what the program may free now.
pub fn after_close_nothing_is_told() {
    let world = World::new(2);
    let closed = Arc::new(AtomicBool::new(false));
    let seen = closed.clone();
    let observer = program(move |_| {
        assert!(!seen.load(Ordering::SeqCst), "a callback began after close");
        thread::yield_now();
        assert!(!seen.load(Ordering::SeqCst), "a callback ran on after close");
    });
    let gone: Weak<Program> = Arc::downgrade(&observer);
    let mailbox = world.mailbox(observer);
    let filled = mailbox.clone();
    let filler = thread::spawn(move || fill(&filled, 1, 3));
    mailbox.close();
    closed.store(true, Ordering::SeqCst);
    assert!(gone.upgrade().is_none(), "the observer is still there");
    filler.join().expect("no panic");
    world.end();
}

/// Two that close at the same time both wait.
pub fn two_may_close_at_once() {
    let world = World::new(1);
    let running = Arc::new(AtomicBool::new(false));
    let flag = running.clone();
    let mailbox = world.mailbox(program(move |_| {
        flag.store(true, Ordering::SeqCst);
        thread::yield_now();
        flag.store(false, Ordering::SeqCst);
    }));
    fill(&mailbox, 1, 2);
    let closers = [0, 1].map(|_| {
        let (mailbox, running) = (mailbox.clone(), running.clone());
        thread::spawn(move || {
            mailbox.close();
            assert!(!running.load(Ordering::SeqCst), "a callback runs after close");
        })
    });
    closers.into_iter().for_each(|closer| closer.join().expect("no panic"));
    world.end();
}

/// Two callbacks that close each other's mailbox do not wait for each other.
pub fn callbacks_may_close_each_other() {
    let world = World::new(2);
    let places: Arc<Mutex<Vec<Arc<Mailbox>>>> = Arc::default();
    let tally = Arc::new(Tally::default());
    let mailboxes = [0, 1].map(|own: usize| {
        let (places, tally) = (places.clone(), tally.clone());
        world.mailbox(program(move |_| {
            let other = places.lock()[1 - own].clone();
            other.close();
            tally.add();
        }))
    });
    *places.lock() = mailboxes.to_vec();
    let other = mailboxes[1].clone();
    let filler = thread::spawn(move || fill(&other, 1, 2));
    fill(&mailboxes[0], 1, 2);
    filler.join().expect("no panic");
    tally.wait_for(1); // the other may have been closed before it could
    mailboxes.iter().for_each(|mailbox| mailbox.close());
    places.lock().clear();
    world.end();
}

/// A callback that closes its own mailbox is the last one.
pub fn a_callback_may_close_its_own() {
    let world = World::new(2);
    let place: Arc<Mutex<Option<Arc<Mailbox>>>> = Arc::default();
    let tally = Arc::new(Tally::default());
    let (own, told) = (place.clone(), tally.clone());
    let mailbox = world.mailbox(program(move |_| {
        let own = own.lock().take().expect("called once");
        own.close();
        told.add();
    }));
    *place.lock() = Some(mailbox.clone());
    fill(&mailbox, 1, 3);
    tally.wait_for(1);
    mailbox.close();
    assert_eq!(*tally.count.lock(), 1);
    world.end();
}

/// A reader that stops while the mailbox is full is woken when there is room: it never stands for ever.
pub fn whoever_waits_for_room_is_woken() {
    let world = World::new(1);
    let tally = Arc::new(Tally::default());
    let mailbox = world.small_mailbox(program(in_order(&tally)), event(1).weight());
    let (owner, filled) = (world.owner.clone(), mailbox.clone());
    shuttle::future::block_on(async move {
        for number in 1..=4 {
            std::future::poll_fn(|cx| {
                owner.wake.arm(cx);
                match filled.is_congested() && !owner.wake.is_pending() {
                    true => std::task::Poll::Pending,
                    false if filled.is_congested() => {
                        cx.waker().wake_by_ref();
                        std::task::Poll::Pending
                    }
                    false => std::task::Poll::Ready(()),
                }
            })
            .await;
            filled.extend(std::iter::once(event(number)));
        }
    });
    tally.wait_for(4);
    mailbox.close();
    world.end();
}

/// Once a program has left, it is told of no more than the callback that was under way, and then of its leaving.
pub fn after_purge_only_the_end_is_told() {
    let world = World::new(2);
    let purged = Arc::new(AtomicBool::new(false));
    let late = Arc::new(AtomicUsize::new(0));
    let tally = Arc::new(Tally::default());
    let (seen, counted, ended) = (purged.clone(), late.clone(), tally.clone());
    let mailbox = world.mailbox(program(move |event| {
        if matches!(event, Event::Disconnected) {
            ended.add();
        } else {
            assert_eq!(*ended.count.lock(), 0, "told after the end");
            counted.fetch_add(seen.load(Ordering::SeqCst).into(), Ordering::SeqCst);
        }
    }));
    fill(&mailbox, 1, 3);
    mailbox.purge();
    purged.store(true, Ordering::SeqCst);
    mailbox.extend(std::iter::once(Event::Disconnected));
    tally.wait_for(1);
    assert!(late.load(Ordering::SeqCst) <= 1, "told of what was purged");
    mailbox.close();
    world.end();
}

/// Stopping while work arrives: the threads end, and afterwards nothing is told.
pub fn after_stop_and_join_nothing_is_told() {
    let world = World::new(2);
    let joined = Arc::new(AtomicBool::new(false));
    let seen = joined.clone();
    let mailbox = world.mailbox(program(move |_| {
        thread::yield_now();
        assert!(!seen.load(Ordering::SeqCst), "a callback runs after the threads were joined");
    }));
    let filled = mailbox.clone();
    let filler = thread::spawn(move || fill(&filled, 1, 3));
    let pool = world.pool.clone();
    world.end();
    joined.store(true, Ordering::SeqCst);
    filler.join().expect("no panic");
    fill(&mailbox, 4, 5);
    assert!(pool.is_stopped());
    mailbox.close();
}

/// What is done before a wake-up is seen by the task that is woken.
pub fn no_wake_up_is_lost() {
    let wake = Arc::new(Wake::default());
    let done = Arc::new(AtomicUsize::new(0));
    let wakers = [0, 1].map(|_| {
        let (wake, done) = (wake.clone(), done.clone());
        thread::spawn(move || {
            done.fetch_add(1, Ordering::SeqCst);
            wake.wake();
        })
    });
    shuttle::future::block_on(std::future::poll_fn(|cx| {
        loop {
            wake.arm(cx);
            if done.load(Ordering::SeqCst) == 2 {
                return std::task::Poll::Ready(());
            }
            if !wake.is_pending() {
                return std::task::Poll::Pending;
            }
        }
    }));
    wakers.into_iter().for_each(|waker| waker.join().expect("no panic"));
}

/// No two threads are given the same token.
pub fn tokens_are_given_once() {
    let tokens = Arc::new(Tokens::new());
    let takers = [0, 1, 2].map(|_| {
        let tokens = tokens.clone();
        thread::spawn(move || [(); 2].map(|()| tokens.take().expect("enough")))
    });
    let mut taken: Vec<usize> =
        takers.into_iter().flat_map(|taker| taker.join().expect("no panic")).collect();
    taken.sort_unstable();
    taken.dedup();
    assert_eq!(taken.len(), 6);
}

/// What a session's token stands for: as in the library, it stays known until there is nothing more to tell.
struct Client {
    mailbox: Arc<Mailbox>,
    deleted: AtomicBool,
}

struct Teller {
    table: Arc<Table<Client>>,
    token: usize,
    behaviour: Behaviour,
}

impl Observer for Teller {
    fn notify(&self, event: Event) {
        (self.behaviour)(event);
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        self.table.remove(self.token);
    }
}

fn delete(table: &Table<Client>, token: usize) -> bool {
    let known = table.get(token).filter(|client| !client.deleted.swap(true, Ordering::AcqRel));
    if let Some(client) = &known {
        client.mailbox.close();
    }
    known.is_some()
}

/// Of several that delete a session one succeeds; inside a callback the session is known until it returns; when the
/// delete has returned it is not.
pub fn a_session_is_deleted_once_and_known_until_then() {
    let world = World::new(2);
    let table = Arc::new(Table::new());
    let token = Tokens::new().take().expect("enough");
    let deleted = Arc::new(AtomicBool::new(false));
    let (asked, over) = (table.clone(), deleted.clone());
    let behaviour = Box::new(move |_| {
        assert!(asked.get(token).is_some(), "unknown inside its own callback");
        thread::yield_now();
        assert!(asked.get(token).is_some(), "unknown inside its own callback");
        assert!(!over.load(Ordering::SeqCst), "told after delete");
    });
    let mailbox = world.mailbox(Arc::new(Teller { table: table.clone(), token, behaviour }));
    table.insert(token, Arc::new(Client { mailbox: mailbox.clone(), deleted: AtomicBool::new(false) }));
    let filler = thread::spawn(move || fill(&mailbox, 1, 2));
    let deleters = [0, 1].map(|_| {
        let (table, deleted) = (table.clone(), deleted.clone());
        thread::spawn(move || {
            let was_mine = delete(&table, token);
            if was_mine {
                deleted.store(true, Ordering::SeqCst);
                assert!(table.get(token).is_none(), "known after delete");
            }
            was_mine
        })
    });
    let mine = deleters.into_iter().map(|deleter| deleter.join().expect("no panic"));
    assert_eq!(mine.filter(|was_mine| *was_mine).count(), 1);
    filler.join().expect("no panic");
    assert!(!delete(&table, token));
    world.end();
}
