//! Log records: the level filter and the sink. Both belong to the process, so the tests take turns.
#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use otc::log::{self, Level, Sink};
use parking_lot::{Mutex, MutexGuard};

static TURN: Mutex<()> = Mutex::new(());

/// Waits for the turn and starts from the state of a fresh process.
fn turn() -> MutexGuard<'static, ()> {
    let turn = TURN.lock();
    log::set_level(Level::Disabled);
    log::set_sink(None);
    turn
}

type Records = Arc<Mutex<Vec<(Level, String)>>>;

fn recorder() -> (Sink, Records) {
    let records = Records::default();
    let sink = {
        let records = records.clone();
        Arc::new(move |level: Level, line: &str| records.lock().push((level, line.to_owned())))
    };
    (sink, records)
}

fn write(level: Level, text: &str) {
    log::write(level, "src/somewhere/file.rs", 7, format_args!("{text}"));
}

#[test]
fn nothing_is_logged_until_a_level_is_set() {
    let _turn = turn();
    let (sink, records) = recorder();
    log::set_sink(Some(sink));
    write(Level::Error, "unheard");
    assert_eq!(log::level(), Level::Disabled);
    assert_eq!(*records.lock(), []);
}

#[test]
fn records_up_to_the_level_pass_and_others_do_not() {
    let _turn = turn();
    let all = [Level::Error, Level::Warn, Level::Info, Level::Debug];
    for (count, filter) in all.into_iter().enumerate() {
        let (sink, records) = recorder();
        log::set_level(Level::Disabled);
        log::set_sink(Some(sink));
        log::set_level(filter);
        all.into_iter().for_each(|level| write(level, "text"));
        let heard: Vec<Level> = records.lock().iter().map(|(level, _)| *level).collect();
        assert_eq!(heard, all[..=count], "filter {filter}");
        assert_eq!(log::level(), filter);
    }
    assert!(!log::enabled(Level::Disabled));
}

#[test]
fn a_record_names_level_and_place_and_is_one_line() {
    let _turn = turn();
    let (sink, records) = recorder();
    log::set_level(Level::Warn);
    log::set_sink(Some(sink));
    write(Level::Warn, "what a peer said:\r\n[ERROR] x.rs:1 - \x1b[31mforged");
    assert_eq!(
        *records.lock(),
        [(Level::Warn, "[WARN] file.rs:7 - what a peer said:  [ERROR] x.rs:1 -  [31mforged".to_owned())]
    );
}

#[test]
fn installing_a_sink_produces_a_debug_record_if_the_level_allows() {
    let _turn = turn();
    let (sink, records) = recorder();
    log::set_level(Level::Debug);
    log::set_sink(Some(sink.clone()));
    assert!(matches!(&records.lock()[..], [(Level::Debug, line)] if line.starts_with("[DEBUG] log.rs:")));
    log::set_level(Level::Info);
    log::set_sink(Some(sink));
    assert_eq!(records.lock().len(), 1);
}

#[test]
fn a_record_made_inside_a_sink_is_dropped_and_the_sink_may_change_everything() {
    let _turn = turn();
    let (last, records) = recorder();
    let calls = Arc::new(AtomicUsize::new(0));
    let sink: Sink = {
        let calls = calls.clone();
        Arc::new(move |_, _| {
            calls.fetch_add(1, Ordering::Relaxed);
            assert!(log::inside_sink());
            write(Level::Error, "from inside");
            log::set_level(Level::Error);
            log::set_sink(Some(last.clone()));
        })
    };
    log::set_sink(Some(sink));
    log::set_level(Level::Info);
    write(Level::Info, "from outside");
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    assert!(!log::inside_sink());
    assert_eq!(*records.lock(), []);
    write(Level::Error, "to the new one");
    assert_eq!(records.lock().len(), 1);
}

#[test]
fn a_sink_that_panics_disturbs_nobody() {
    let _turn = turn();
    log::set_level(Level::Error);
    log::set_sink(Some(Arc::new(|_, _| panic!("a sink of the host"))));
    write(Level::Error, "first");
    assert!(!log::inside_sink());
    let (sink, records) = recorder();
    log::set_sink(Some(sink));
    write(Level::Error, "second");
    assert_eq!(records.lock().len(), 1);
}

#[test]
fn calls_of_a_sink_never_overlap() {
    const THREADS: usize = 4;
    const RECORDS: usize = 500;
    let _turn = turn();
    let inside = Arc::new(AtomicUsize::new(0));
    let total = Arc::new(AtomicUsize::new(0));
    let sink: Sink = {
        let (inside, total) = (inside.clone(), total.clone());
        Arc::new(move |_, _| {
            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
            total.fetch_add(1, Ordering::SeqCst);
            thread::yield_now();
            inside.fetch_sub(1, Ordering::SeqCst);
        })
    };
    log::set_sink(Some(sink));
    log::set_level(Level::Info);
    let start = Arc::new(Barrier::new(THREADS));
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let start = start.clone();
            thread::spawn(move || {
                start.wait();
                (0..RECORDS).for_each(|_| write(Level::Info, "text"));
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().expect("no thread panics"));
    assert_eq!(total.load(Ordering::SeqCst), THREADS * RECORDS);
}

#[test]
fn after_a_sink_was_replaced_it_is_not_running_any_more() {
    let _turn = turn();
    let entered = Arc::new(Barrier::new(2));
    let replacing = Arc::new(Barrier::new(2));
    let running = Arc::new(AtomicUsize::new(0));
    let sink: Sink = {
        let (entered, replacing, running) = (entered.clone(), replacing.clone(), running.clone());
        Arc::new(move |_, _| {
            running.store(1, Ordering::SeqCst);
            entered.wait();
            replacing.wait();
            running.store(0, Ordering::SeqCst);
        })
    };
    log::set_sink(Some(sink));
    log::set_level(Level::Info);
    let logging = thread::spawn(|| write(Level::Info, "text"));
    entered.wait();
    let release = thread::spawn(move || replacing.wait());
    log::set_sink(None);
    assert_eq!(running.load(Ordering::SeqCst), 0);
    release.join().expect("no panic");
    logging.join().expect("no panic");
}
