use std::ffi::CStr;

use super::super::table::{FIRST_TOKEN, TOKEN_STEP};
use super::*;
use crate::session::Stream;

fn facts() -> Arc<Connection> {
    let (id, data) = ("C".to_owned(), "name=\u{e4}".to_owned());
    Arc::new(Connection { id, creation_time: 1_700_000_000_123, data, session_id: "sid".into() })
}

/// What a program would read.
fn text<'a>(text: *const c_char) -> &'a str {
    // SAFETY: every test passes a string of an object that is still there.
    unsafe { CStr::from_ptr(text) }.to_str().expect("UTF-8")
}

#[test]
fn tokens_are_never_used_twice() {
    let first = new_token().expect("there are plenty");
    let second = new_token().expect("there are plenty");
    assert_ne!(first, second);
    assert_eq!(first % TOKEN_STEP, 0);
    assert!(first >= FIRST_TOKEN);
}

#[test]
fn table_gives_an_object_until_it_is_removed() {
    let table = Table::new();
    let token = new_token().expect("there are plenty");
    assert!(table.get(token).is_none());
    table.insert(token, Arc::new(7));
    assert_eq!(table.get(token).as_deref(), Some(&7));
    assert!(table.get(token + 1).is_none(), "near is not the same");
    assert_eq!(table.remove(token).as_deref(), Some(&7));
    assert!(table.get(token).is_none());
    assert!(table.remove(token).is_none(), "only one removes it");
}

#[test]
fn many_objects_are_told_apart() {
    let table = Table::new();
    let tokens: Vec<_> = (0..10_000).map(|_| new_token().expect("there are plenty")).collect();
    for (number, token) in tokens.iter().enumerate() {
        table.insert(*token, Arc::new(number));
    }
    for (number, token) in tokens.iter().enumerate() {
        assert_eq!(table.get(*token).as_deref(), Some(&number));
    }
}

#[test]
fn settings_are_unknown_after_their_end() {
    let pointer = new_settings();
    assert_eq!(set(pointer, |_| Ok(())), 0);
    assert_eq!(set(pointer, |_| Err(Refused)), 1011);
    assert!(settings(pointer).is_some());
    assert!(delete_settings(pointer));
    assert!(!delete_settings(pointer));
    assert_eq!(set(pointer, |_| Ok(())), 1);
    assert!(settings(pointer).is_none());
    assert_eq!(set(std::ptr::null(), |_| Ok(())), 1);
}

#[test]
fn copy_of_a_connection_outlives_the_original() {
    let original = otc_connection::lent(facts());
    let copy = Box::into_raw(Box::new(original.copy()));
    drop(original);
    // SAFETY: a copy that was not deleted.
    unsafe {
        let read = connection(copy).expect("valid");
        assert_eq!(text(read.id()), "C");
        assert_eq!(text(read.data()), "name=\u{e4}");
        assert_eq!(text(read.session_id()), "sid");
        assert_eq!(read.creation_time(), 1_700_000_000_123);
        assert_eq!(read.id(), read.id(), "the same string each time");
        assert!(delete_connection(copy));
    }
}

#[test]
fn deleting_what_is_lent_does_nothing() {
    let mut lent = otc_connection::lent(facts());
    let mut stream = otc_stream::lent(Arc::new(Stream::for_tests("S", "", facts())));
    // SAFETY: valid objects.
    unsafe {
        assert!(delete_connection(&raw mut lent));
        assert!(delete_connection(&raw mut lent));
        assert_eq!(text(lent.id()), "C");
        assert!(delete_stream(&raw mut stream));
        assert!(delete_connection(stream.connection().cast_mut()));
        assert_eq!(text(stream.id()), "S");
        assert_eq!(text(connection(stream.connection()).expect("valid").id()), "C");
    }
}

#[test]
fn copy_of_a_stream_has_a_connection_of_its_own() {
    let original = otc_stream::lent(Arc::new(Stream::for_tests("S", "front", facts())));
    let copy = Box::into_raw(Box::new(original.copy()));
    drop(original);
    // SAFETY: a copy that was not deleted.
    unsafe {
        let read = stream(copy).expect("valid");
        assert_eq!((text(read.id()), text(read.name())), ("S", "front"));
        assert_eq!(text(connection(read.connection()).expect("valid").data()), "name=\u{e4}");
        assert!(delete_stream(copy));
    }
}

#[test]
fn pointers_that_cannot_be_objects_are_refused() {
    let address = std::ptr::without_provenance_mut::<otc_connection>;
    // SAFETY: NULL, the zero page and misaligned pointers are recognised.
    unsafe {
        for pointer in [address(0), address(1), address(4095), address(0x1234_5678_9ABD)] {
            assert!(connection(pointer).is_none());
            assert!(!delete_connection(pointer));
            assert!(stream(pointer.cast()).is_none());
            assert!(!delete_stream(pointer.cast()));
        }
    }
}

#[test]
fn object_without_a_check_word_is_refused() {
    let zeros = [0_u64; 32];
    let dead = otc_connection::lent(facts());
    dead.check.0.store(DEAD, Ordering::Relaxed);
    // SAFETY: readable memory that is aligned.
    unsafe {
        assert!(connection(zeros.as_ptr().cast()).is_none());
        assert!(stream(zeros.as_ptr().cast()).is_none());
        assert!(connection(&raw const dead).is_none());
    }
}

#[test]
fn copy_is_ended_once_even_when_two_threads_try() {
    let connection = otc_connection::lent(facts()).copy();
    let ended: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| connection.check.end_copy())).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).map(usize::from).sum()
    });
    assert_eq!(ended, 1);
}
