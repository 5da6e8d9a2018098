//! Who is alive.

use std::time::Duration;

use otc_relay::io::CloseSeen;

use crate::harness::*;

fn pings(world: &mut World, client: &Client) -> usize {
    world.take(client.peer).iter().filter(|seen| **seen == Seen::Ping).count()
}

#[test]
fn ping_is_answered_by_pong_at_once() {
    let mut world = World::new();
    let mut a = Join::new("A").enter(&mut world);
    a.send(&mut world, &ping());
    assert_eq!(a.hear(&mut world), ["pong"]);
}

#[test]
fn a_silent_socket_is_pinged_every_10_s_and_given_up_after_30() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    world.pass_s(9);
    assert_eq!(pings(&mut world, &a), 0);
    world.pass_s(2);
    assert_eq!(pings(&mut world, &a), 1);
    world.pass_s(10);
    assert_eq!(pings(&mut world, &a), 1);
    world.pass_s(8);
    assert_eq!(a.closed(&mut world), None);
    world.pass_s(2);
    assert_eq!(a.closed(&mut world), Some(1012), "should it be alive after all, it may resume");
    assert_eq!(world.hub.stats().rejected.silent, 1);
}

#[test]
fn anything_that_arrives_shows_life_and_a_lively_socket_is_not_pinged() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    for _ in 0..20 {
        world.pass_s(5);
        a.send(&mut world, &ping());
    }
    assert_eq!(pings(&mut world, &a), 0);
    for _ in 0..20 {
        world.pass_s(15);
        world.call(|hub, now| hub.peer_activity(a.peer, now));
    }
    assert_eq!(pings(&mut world, &a), 20);
    assert_eq!(a.closed(&mut world), None);
}

#[test]
fn a_relay_that_stood_still_asks_before_it_gives_anybody_up() {
    // Before the first ping, and when the answer to one may be there, unread.
    for before in [5, 15, 25] {
        let mut world = World::new();
        let (a, b) = (Join::new("A").enter(&mut world), Join::new("B").enter(&mut world));
        world.pass_s(before);
        let _ = (pings(&mut world, &a), pings(&mut world, &b));
        world.stand_still_s(60);
        assert_eq!((pings(&mut world, &a), pings(&mut world, &b)), (1, 1), "after {before} s");
        world.call(|hub, now| hub.peer_activity(a.peer, now));
        world.pass_s(9);
        assert_eq!(b.closed(&mut world), None, "it has the time that it always has: {before} s");
        world.pass_s(2);
        assert_eq!((a.closed(&mut world), b.closed(&mut world)), (None, Some(1012)), "after {before} s");
    }
}

#[test]
fn a_relay_that_is_late_again_and_again_gives_the_silent_up_all_the_same() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    let mut turns = 0;
    while a.closed(&mut world).is_none() {
        world.stand_still_s(13);
        turns += 1;
        assert!(turns < 20, "{turns}");
    }
}

#[test]
fn whatever_the_limits_a_silent_socket_is_asked_and_then_given_up_in_time() {
    for (interval, limit) in [(10, 25), (10, 11), (1, 30), (7, 21), (4, 5)] {
        let mut world = World::with(|limits| {
            limits.ping_interval = Duration::from_secs(interval);
            limits.silence_limit = Duration::from_secs(limit);
        });
        let a = Join::new("A").enter(&mut world);
        world.pass(Duration::from_millis(limit * 1_000 - 1));
        assert!(pings(&mut world, &a) as u64 >= (limit - 1) / interval, "{interval} s, {limit} s");
        assert_eq!(a.closed(&mut world), None, "{interval} s, {limit} s");
        world.pass(Duration::from_millis(751));
        assert_eq!(a.closed(&mut world), Some(1012), "{interval} s, {limit} s");
    }
}

#[test]
fn thousands_of_idle_sockets_wake_the_hub_a_few_times_a_second() {
    let mut world = World::with(|limits| limits.connections_per_session = 10_000);
    let mut peers = Vec::new();
    for n in 0..500 {
        let peer = world.open(Some(&format!("socket-{n}")), false);
        let uri = format!("{}/connection/c{n}", topic_of(&format!("2_{n}")));
        world.send(peer, &create_at("t", &token("publisher", ""), &uri, &serde_json::json!({})));
        peers.push(peer);
        world.pass(Duration::from_millis(7));
    }
    let (mut wakes, mut pinged) = (0, 0);
    let until = world.now().mono + Duration::from_secs(10);
    while let Some(at) = world.hub.poll_timeout().filter(|at| *at <= until) {
        world.pass(at - world.now().mono);
        wakes += 1;
        for &peer in &peers {
            if world.take(peer).contains(&Seen::Ping) {
                pinged += 1;
                world.call(|hub, now| hub.peer_activity(peer, now));
            }
        }
    }
    assert_eq!(pinged, 500);
    assert!(wakes <= 45, "{wakes} wakes in 10 s");
}

#[test]
fn a_dead_socket_of_a_client_that_cannot_resume_is_the_end_of_it() {
    let mut world = World::new();
    let mut a = Join::new("A").enter(&mut world);
    let _b = Join::new("B").family_a().enter(&mut world);
    let _ = a.hear(&mut world);
    for _ in 0..4 {
        world.pass_s(8);
        a.send(&mut world, &ping());
    }
    assert!(a.hear(&mut world).contains(&"deleted B networkDisconnected".to_owned()));
    assert_eq!(world.hub.stats().connections, 1);
}

#[test]
fn every_deadline_is_gone_with_the_last_socket() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    let b = Join::new("B").enter(&mut world);
    world.end(a.peer, CloseSeen::Code(Some(1001)));
    world.end(b.peer, CloseSeen::Lost);
    world.pass_s(90);
    assert_eq!(world.hub.poll_timeout(), None);
    let stats = world.hub.stats();
    assert_eq!((stats.peers, stats.connections, stats.connections_away, stats.sessions), (0, 0, 0, 0));
    assert_eq!((stats.kept_messages, stats.kept_bytes), (0, 0));
}
