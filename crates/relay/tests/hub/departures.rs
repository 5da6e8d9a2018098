//! What a lost socket means to the others.

use bytes::Bytes;
use otc_protocol::rumor::header;
use otc_relay::io::CloseSeen;

use crate::harness::*;

fn pair(world: &mut World) -> (Client, Client) {
    let mut a = Join::new("A").enter(world);
    let b = Join::new("B").enter(world);
    assert_eq!(a.hear(world), ["created B"]);
    (a, b)
}

const NOTHING: [String; 0] = [];

#[test]
fn disconnect_and_closes_with_1000_and_1001_mean_gone_now() {
    for code in [None, Some(1000), Some(1001)] {
        let mut world = World::new();
        let (mut a, b) = pair(&mut world);
        match code {
            None => b.send(&mut world, &disconnect()),
            code => world.end(b.peer, CloseSeen::Code(code)),
        }
        assert_eq!(a.hear(&mut world), ["deleted B clientDisconnected"], "{code:?}");
        assert_eq!(world.hub.stats().left, 1);
    }
}

#[test]
fn after_disconnect_the_relay_waits_for_the_client_to_close_and_closes_by_itself_later() {
    let mut world = World::new();
    let (_a, b) = pair(&mut world);
    b.send(&mut world, &disconnect());
    world.pass_s(4);
    assert_eq!(world.take(b.peer), []);
    world.pass_s(1);
    assert_eq!(world.take(b.peer), [Seen::Close(1000)]);
}

#[test]
fn anything_else_means_a_grace_window_for_those_who_can_resume() {
    for seen in [1005, 1006, 1002, 1011, 1012, 4001]
        .map(|code| CloseSeen::Code(Some(code)))
        .into_iter()
        .chain([CloseSeen::Code(None), CloseSeen::Lost])
    {
        let mut world = World::new();
        let (mut a, b) = pair(&mut world);
        world.end(b.peer, seen);
        world.pass_s(1);
        assert_eq!(a.hear(&mut world), NOTHING, "{seen:?}");
        assert_eq!(world.hub.stats().connections_away, 1);
    }
}

#[test]
fn a_lost_client_that_cannot_resume_is_gone_now() {
    let mut world = World::new();
    let mut a = Join::new("A").enter(&mut world);
    let b = Join::new("B").family_a().enter(&mut world);
    b.lose(&mut world);
    assert_eq!(a.hear(&mut world), ["created B", "deleted B networkDisconnected"]);
}

#[test]
fn an_expired_grace_window_ends_a_client_with_network_disconnected() {
    let mut world = World::new();
    let (mut a, b) = pair(&mut world);
    b.lose(&mut world);
    let heard = |world: &mut World, a: &mut Client| {
        a.send(world, &ping());
        a.hear(world).into_iter().filter(|gist| gist != "pong").collect::<Vec<_>>()
    };
    for _ in 0..8 {
        world.pass_s(11);
        assert_eq!(heard(&mut world, &mut a), NOTHING);
    }
    world.pass_s(1);
    assert_eq!(heard(&mut world, &mut a), NOTHING, "at 89 s");
    world.pass_s(1);
    assert_eq!(heard(&mut world, &mut a), ["deleted B networkDisconnected"], "at 90 s");
    assert_eq!(world.hub.stats().lost, 1);
}

#[test]
fn within_its_grace_window_a_client_is_listed_and_can_be_signalled() {
    let mut world = World::new();
    let (mut a, mut b) = pair(&mut world);
    b.lose(&mut world);
    let (_, state) = Join::new("C").enter_with_state(&mut world);
    assert_eq!(state.connection.len(), 3);
    let listed = world.hub.connections(SESSION).expect("somebody is there");
    let linked: Vec<(&str, bool)> = listed.iter().map(|info| (&*info.id, info.linked)).collect();
    assert_eq!(linked, [("A", true), ("B", false), ("C", true)]);
    assert_eq!(a.ask(&mut world, &signal_to("t", "B", "", "kept")), 200);
    let _ = a.hear(&mut world);
    b.come_back(&mut world);
    assert_eq!(b.hear(&mut world), ["created C", "signal kept from A"]);
    assert_eq!(a.hear(&mut world), NOTHING, "nobody is told of a resume");
}

#[test]
fn a_disconnect_that_announces_a_return_is_not_a_leave() {
    let mut world = World::new();
    let (mut a, mut b) = pair(&mut world);
    b.send(&mut world, &disconnect().with_header(header::RECONNECT, "1"));
    a.send(&mut world, &signal("t", "", "meanwhile"));
    world.end(b.peer, CloseSeen::Code(Some(4010)));
    assert_eq!(a.hear(&mut world), ["signal meanwhile from A", "status t 200"]);
    b.come_back(&mut world);
    assert_eq!(b.hear(&mut world), ["signal meanwhile from A"]);

    b.send(&mut world, &disconnect().with_header(header::RECONNECT, ""));
    assert_eq!(a.hear(&mut world), ["deleted B clientDisconnected"]);
}

#[test]
fn a_message_that_is_no_frame_closes_with_1011_and_ends_the_client() {
    let mut world = World::new();
    let (mut a, b) = pair(&mut world);
    world.send_raw(b.peer, Bytes::from_static(b"\0\0\0\x05nonsense"));
    assert_eq!(b.closed(&mut world), Some(1011));
    assert_eq!(a.hear(&mut world), ["deleted B networkDisconnected"]);
    let before = world.open(None, false);
    world.send_raw(before, Bytes::new());
    assert_eq!(world.closed(before), Some(1011), "before create as well");
    assert_eq!(world.hub.stats().rejected.undecodable, 2);
}

#[test]
fn a_text_message_closes_with_1011() {
    let mut world = World::new();
    let (mut a, b) = pair(&mut world);
    world.call(|hub, now| hub.peer_text(b.peer, now));
    assert_eq!(b.closed(&mut world), Some(1011));
    assert_eq!(a.hear(&mut world), ["deleted B networkDisconnected"]);
    let before = world.open(None, false);
    world.call(|hub, now| hub.peer_text(before, now));
    assert_eq!(world.closed(before), Some(1011));
    assert_eq!(world.hub.stats().rejected.text, 2);
}

#[test]
fn what_cannot_be_read_at_all_closes_with_1011() {
    let mut world = World::new();
    let (mut a, b) = pair(&mut world);
    world.call(|hub, now| hub.peer_unreadable(b.peer, now));
    assert_eq!(b.closed(&mut world), Some(1011));
    assert_eq!(a.hear(&mut world), ["deleted B networkDisconnected"]);
}

#[test]
fn a_shutdown_closes_every_socket_and_forgets_everything() {
    let mut world = World::new();
    let (a, b) = pair(&mut world);
    let unbound = world.open(None, false);
    b.lose(&mut world);
    world.call(|hub, now| hub.shutdown(1011, now));
    assert_eq!((world.closed(a.peer), world.closed(unbound)), (Some(1011), Some(1011)));
    let stats = world.hub.stats();
    assert_eq!((stats.peers, stats.sessions, stats.connections_away, stats.kept_messages), (0, 0, 0, 0));
    assert_eq!(world.hub.poll_timeout(), None);
    let _again = Join::new("A").enter(&mut world);
}

#[test]
fn a_socket_whose_id_is_used_again_is_lost() {
    let mut world = World::new();
    let (_a, b) = pair(&mut world);
    world.call(|hub, now| hub.peer_opened(b.peer, Default::default(), now));
    assert_eq!(world.hub.stats().connections_away, 1);
    world.send(b.peer, &signal("t", "", "x"));
    assert_eq!(world.status(b.peer, "t"), Some(403), "the new one is nobody's link");
}

#[test]
fn what_arrives_from_a_socket_that_is_gone_is_ignored() {
    let mut world = World::new();
    let (mut a, b) = pair(&mut world);
    b.lose(&mut world);
    world.hub.peer_message(b.peer, signal("t", "", "late").encode().expect("small"), world.now());
    world.hub.peer_text(b.peer, world.now());
    world.hub.peer_unreadable(b.peer, world.now());
    world.hub.peer_activity(b.peer, world.now());
    world.hub.peer_closed(b.peer, CloseSeen::Code(Some(1000)), world.now());
    assert_eq!(world.hub.poll_output(), None);
    assert_eq!(a.hear(&mut world), NOTHING);
    assert_eq!(world.hub.stats().connections, 2);
}

#[test]
fn a_client_that_was_ended_while_it_joined_does_not_enter_again_as_the_same() {
    let mut world = World::with(|limits| limits.kept_messages = 3);
    let mut a = Join::new("A").enter(&mut world);
    let join = Join::new("B");
    let peer = join.begin(&mut world);
    for number in 0..4 {
        a.ask(&mut world, &signal(&format!("t{number}"), "", "flood"));
        let _ = a.hear(&mut world);
    }
    assert_eq!(world.closed(peer), Some(1011), "it acknowledges nothing");
    let again = world.open(join.socket_id.as_deref(), true);
    join.introduce(&mut world, again);
    assert_eq!(world.closed(again), Some(1011));
    assert_eq!(a.hear(&mut world), NOTHING, "nobody is told of it a second time");
}

#[test]
fn a_create_that_was_held_up_does_not_bring_a_client_back_that_has_left() {
    let mut world = World::new();
    let mut a = Join::new("A").enter(&mut world);
    let join = Join::new("B");
    let slow = world.open(join.socket_id.as_deref(), false);
    let peer = world.open(join.socket_id.as_deref(), true);
    join.introduce(&mut world, peer);
    world.send(peer, &disconnect());
    assert_eq!(a.hear(&mut world), ["created B", "deleted B clientDisconnected"]);
    join.introduce(&mut world, slow);
    assert_eq!((world.status(slow, &join.transaction()), world.closed(slow)), (Some(409), Some(1000)));
    assert_eq!(a.hear(&mut world), NOTHING);
}
