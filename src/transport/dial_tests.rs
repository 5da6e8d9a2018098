//! The order of attempts, and the race, on paused time.
#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::future::pending;

use tokio::time::Instant;

use super::*;

fn addresses(list: &[&str]) -> Vec<SocketAddr> {
    list.iter().map(|text| text.parse().expect("a socket address")).collect()
}

#[test]
fn families_take_turns_and_repeats_are_left_out() {
    let table: [(&[&str], &[&str]); 5] = [
        (&[], &[]),
        (&["1.1.1.1:1"], &["1.1.1.1:1"]),
        (
            &["[::1]:1", "[::2]:1", "1.1.1.1:1", "2.2.2.2:1", "3.3.3.3:1"],
            &["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "3.3.3.3:1"],
        ),
        (&["1.1.1.1:1", "2.2.2.2:1", "[::1]:1"], &["1.1.1.1:1", "[::1]:1", "2.2.2.2:1"]),
        (&["1.1.1.1:1", "1.1.1.1:1", "[::1]:1", "[::1]:1"], &["1.1.1.1:1", "[::1]:1"]),
    ];
    for (found, ordered) in table {
        assert_eq!(in_order(addresses(found)), addresses(ordered));
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_address_delays_the_next_by_the_stagger_only() {
    let started = Instant::now();
    let candidates = addresses(&["1.1.1.1:1", "2.2.2.2:1", "3.3.3.3:1"]);
    let winner = race(candidates, |address| async move {
        if address.to_string() != "3.3.3.3:1" {
            pending::<()>().await;
        }
        Ok(address)
    })
    .await
    .expect("the third answers");
    assert_eq!(winner.to_string(), "3.3.3.3:1");
    assert_eq!(started.elapsed(), STAGGER * 2);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_makes_way_at_once() {
    let started = Instant::now();
    let tried = RefCell::new(Vec::new());
    let candidates = addresses(&["1.1.1.1:1", "2.2.2.2:1"]);
    let failures = race(candidates.clone(), |address| {
        tried.borrow_mut().push(address);
        async { Err::<(), _>(io::Error::from(io::ErrorKind::ConnectionRefused)) }
    })
    .await
    .expect_err("both refuse");
    assert_eq!(tried.into_inner(), candidates);
    assert_eq!(failures.len(), 2);
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert_eq!(in_words(&failures), "connection refused (1.1.1.1:1), connection refused (2.2.2.2:1)");
}

#[tokio::test(start_paused = true)]
async fn a_slow_first_address_still_wins_when_the_others_fail() {
    let candidates = addresses(&["1.1.1.1:1", "2.2.2.2:1"]);
    let winner = race(candidates, |address| async move {
        if address.to_string() == "2.2.2.2:1" {
            return Err(io::Error::from(io::ErrorKind::ConnectionRefused));
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
        Ok(address)
    })
    .await
    .expect("the first answers after all");
    assert_eq!(winner.to_string(), "1.1.1.1:1");
}

#[tokio::test]
async fn of_real_addresses_a_living_one_is_found_behind_dead_ones() {
    let (refusing, refused) = super::super::test_servers::listen().await;
    drop(refusing);
    // One that answers nothing at all: the system drops whoever knocks at a full queue.
    let silent = tokio::net::TcpSocket::new_v4().expect("a socket");
    silent.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let silent = silent.listen(0).expect("a listener");
    let dead = silent.local_addr().expect("an address");
    let mut filling: Vec<_> = (0..4).map(|_| Box::pin(TcpStream::connect(dead))).collect();
    // The first look at each sends its first packet.
    std::future::poll_fn(|cx| {
        filling.iter_mut().for_each(|knocking| drop(knocking.as_mut().poll(cx)));
        std::task::Poll::Ready(())
    })
    .await;
    let (_living, alive) = super::super::test_servers::listen().await;
    let candidates = in_order(vec![dead, refused, alive]);
    let found = super::super::test_servers::in_time(race(candidates, TcpStream::connect)).await;
    assert_eq!(found.expect("one lives").peer_addr().expect("connected"), alive);
}

#[tokio::test]
async fn a_name_with_a_dead_address_is_reached_by_another() {
    // On most machines it has an IPv6 address as well, where nothing listens.
    let (_listener, address) = super::super::test_servers::listen().await;
    let progress = Progress::default();
    let stream = dial("localhost", address.port(), "here", &progress).await.expect("one lives");
    assert_eq!(stream.peer_addr().expect("connected"), address);
    assert!(progress.waiting_for().starts_with("a connection to here ("), "{}", progress.waiting_for());
}
