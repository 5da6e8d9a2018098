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
