//! Clients that come back on another socket.

use otc_relay::io::CloseSeen;

use crate::harness::*;

const NOTHING: [String; 0] = [];

/// A and B; A has heard of B.
fn pair(world: &mut World) -> (Client, Client) {
    let mut a = Join::new("A").enter(world);
    let b = Join::new("B").enter(world);
    assert_eq!(a.hear(world), ["created B"]);
    (a, b)
}

#[test]
fn what_was_not_acknowledged_comes_again_in_order_with_its_ids_and_then_live_traffic() {
    let mut world = World::new();
    let (a, mut b) = pair(&mut world);
    for n in 0..3 {
        a.send(&mut world, &signal(&format!("t{n}"), "", &n.to_string()));
    }
    let before = b.peek(&mut world);
    b.acknowledge(&mut world, &before[..1]);
    b.lose(&mut world);
    a.send(&mut world, &signal("t3", "", "3"));
    b.come_back(&mut world);
    let again = b.peek(&mut world);
    assert_eq!(gists(&again), ["signal 1 from A", "signal 2 from A", "signal 3 from A"]);
    assert_eq!(again[..2], before[1..], "to the byte");
    a.send(&mut world, &signal("t4", "", "4"));
    assert_eq!(b.hear(&mut world), ["signal 4 from A"]);
    let stats = world.hub.stats();
    assert_eq!((stats.resumes, stats.replayed, stats.connections_away), (1, 3, 0));
}

#[test]
fn no_connect_subscribe_or_create_is_needed_to_resume() {
    let mut world = World::new();
    let (mut a, mut b) = pair(&mut world);
    b.lose(&mut world);
    b.come_back(&mut world);
    assert_eq!(b.ask(&mut world, &signal("t", "", "back")), 200);
    assert_eq!(a.hear(&mut world), ["signal back from B"]);
}

#[test]
fn a_new_socket_replaces_one_that_still_looks_open_and_nobody_is_told() {
    let mut world = World::new();
    let (mut a, mut b) = pair(&mut world);
    let old = b.peer;
    b.come_back(&mut world);
    assert_eq!(world.closed(old), Some(1012));
    // The end of the old one comes to light later, in whatever way.
    world.end(old, CloseSeen::Code(Some(1000)));
    a.send(&mut world, &signal("t", "", "x"));
    assert_eq!(b.hear(&mut world), ["signal x from A"]);
    assert_eq!(a.hear(&mut world), ["signal x from A", "status t 200"]);
}

#[test]
fn what_still_arrives_over_a_replaced_socket_has_no_effect() {
    let mut world = World::new();
    let (mut a, mut b) = pair(&mut world);
    let old = b.peer;
    b.come_back(&mut world);
    world.hub.peer_message(old, signal("t", "", "late").encode().expect("small"), world.now());
    assert_eq!(world.hub.poll_output(), None);
    assert_eq!(b.ask(&mut world, &signal("t", "", "late")), 200, "its client sends it again");
    assert_eq!(a.hear(&mut world), ["signal late from B"]);
}

#[test]
fn losing_the_link_again_and_again_loses_nothing() {
    let mut world = World::new();
    let (a, mut b) = pair(&mut world);
    for n in 0..30 {
        b.lose(&mut world);
        a.send(&mut world, &signal(&format!("t{n}"), "", &n.to_string()));
        b.come_back(&mut world);
        if n % 3 == 0 {
            assert_eq!(b.peek(&mut world).len(), 1 + n % 3);
        }
        if n % 3 == 2 {
            let expected: Vec<String> = (n - 2..=n).map(|n| format!("signal {n} from A")).collect();
            assert_eq!(b.hear(&mut world), expected);
        }
    }
}

#[test]
fn an_unknown_resume_gets_no_answer_at_all_and_is_closed_with_1011_at_its_first_frame() {
    let first_words = [
        ping(),
        signal("t", "", "x"),
        read("r"),
        subscribe(),
        disconnect(),
        acknowledge(&signal("t", "", "x")),
    ];
    for word in first_words {
        let mut world = World::new();
        let peer = world.open(Some("unknown"), true);
        assert_eq!(world.take(peer), []);
        world.send(peer, &word);
        assert_eq!(world.take(peer), [Seen::Close(1011)], "an answer would prove a resume: {word:?}");
        assert_eq!(world.hub.stats().resumes_refused, 1);
    }
}

#[test]
fn an_unknown_resume_that_says_nothing_is_closed_with_1011_after_2_s() {
    let mut world = World::new();
    for socket_id in [Some("unknown"), Some(""), None] {
        let peer = world.open(socket_id, true);
        world.pass(std::time::Duration::from_millis(1999));
        assert_eq!(world.take(peer), []);
        world.pass(std::time::Duration::from_millis(1));
        assert_eq!(world.take(peer), [Seen::Close(1011)]);
    }
}

#[test]
fn a_client_that_never_got_through_enters_on_a_socket_that_claims_to_resume() {
    let mut world = World::new();
    let join = Join::new("A");
    let peer = world.open(Some("socket-of-A"), true);
    join.introduce(&mut world, peer);
    assert_eq!(gists(&world.frames(peer)), ["status create-A 200", "created A"]);
    let peer = world.open(Some("socket-of-B"), true);
    world.send(peer, &Join::new("B").create());
    assert_eq!(
        gists(&world.frames(peer)),
        ["status create-B 200", "created B"],
        "CONNECT may have been lost"
    );
}

#[test]
fn a_client_without_the_answer_to_its_create_gets_it_verbatim_before_everything_else() {
    let mut world = World::new();
    let join = Join::new("A");
    let first = join.begin(&mut world);
    let lost = world.frames(first);
    world.end(first, CloseSeen::Lost);
    let b = Join::new("B").enter(&mut world);
    b.send(&mut world, &signal("t", "", "meanwhile"));
    let second = world.open(Some("socket-of-A"), true);
    assert_eq!(world.take(second), [], "first of all the client has its word");
    join.introduce(&mut world, second);
    let frames = world.frames(second);
    assert_eq!(gists(&frames), ["status create-A 200", "created A", "created B", "signal meanwhile from B"]);
    assert_eq!(frames[..2], lost[..2]);
    assert_eq!(world.hub.stats().joins, 2);
}

#[test]
fn an_acknowledgement_does_not_cost_a_client_the_answer_that_it_never_got() {
    let mut world = World::new();
    let join = Join::new("A");
    let first = join.begin(&mut world);
    let lost = world.frames(first);
    world.end(first, CloseSeen::Lost);
    // The second socket says nothing for so long that the replay begins without it.
    let second = world.open(Some("socket-of-A"), true);
    world.pass_s(2);
    let replayed = world.frames(second);
    assert_eq!(gists(&replayed), ["created A"]);
    // Its create arrives late, the acknowledgement behind it; but the answer is lost with the socket.
    world.send(second, &connect("A"));
    world.send(second, &join.create());
    world.send(second, &acknowledge(&replayed[0]));
    world.end(second, CloseSeen::Lost);
    let third = world.open(Some("socket-of-A"), true);
    world.send(third, &connect("A"));
    world.send(third, &join.create());
    assert_eq!(world.frames(third), lost[..1], "the state is still in the answer");
}

#[test]
fn a_resumed_client_that_has_its_answer_shows_it_by_its_first_word_and_gets_the_rest() {
    for word in [ping(), signal("t", "", "x")] {
        let mut world = World::new();
        let join = Join::new("A");
        let first = join.begin(&mut world);
        world.end(first, CloseSeen::Lost);
        let second = world.open(Some("socket-of-A"), true);
        world.send(second, &word);
        let frames = world.frames(second);
        assert_eq!(
            gist(&frames[0]),
            "created A",
            "what was missed comes before the answer to the first word"
        );
        assert_eq!(frames.len(), if word == ping() { 2 } else { 3 });
        world.send(second, &join.create());
        let again = world.frame(second);
        assert_eq!((gist(&again), &*again.data), ("status create-A 200".to_owned(), ""));
    }
}

#[test]
fn a_create_with_the_same_identity_on_a_socket_that_does_not_claim_to_resume_takes_the_connection_over() {
    let mut world = World::new();
    let (mut a, b) = pair(&mut world);
    a.send(&mut world, &signal("t", "", "meanwhile"));
    let _ = a.hear(&mut world);
    let again = Join::new("B").begin(&mut world);
    assert_eq!(world.closed(b.peer), Some(1012));
    assert_eq!(gists(&world.frames(again)), ["signal meanwhile from A", "status create-B 200"]);
    assert_eq!(a.hear(&mut world), NOTHING);
}

#[test]
fn a_leftover_of_an_earlier_attempt_does_not_take_the_connection_from_a_later_one() {
    let mut world = World::new();
    let join = Join::new("A");
    let early = world.open(Some("socket-of-A"), false);
    let late = world.open(Some("socket-of-A"), true);
    join.introduce(&mut world, late);
    assert_eq!(world.frames(late).len(), 2);
    join.introduce(&mut world, early);
    assert_eq!(world.closed(early), Some(1012));
    world.send(late, &signal("t", "", "x"));
    assert_eq!(gists(&world.frames(late)), ["signal x from A", "status t 200"]);
}

#[test]
fn a_socket_id_is_void_after_the_grace_window_and_after_a_leave() {
    let mut world = World::new();
    let (a, mut b) = pair(&mut world);
    b.lose(&mut world);
    world.pass_s(91);
    b.come_back(&mut world);
    b.send(&mut world, &ping());
    assert_eq!(b.closed(&mut world), Some(1011));
    let mut c = Join::new("C").enter(&mut world);
    c.send(&mut world, &disconnect());
    c.come_back(&mut world);
    c.send(&mut world, &ping());
    assert_eq!(c.closed(&mut world), Some(1011));
    assert_eq!(a.closed(&mut world), Some(1012), "it was silent all the time");
}

#[test]
fn a_client_that_was_removed_while_away_is_told_so_when_it_comes_back() {
    let mut world = World::new();
    let mut a = Join::new("A").role("moderator").enter(&mut world);
    let mut b = Join::new("B").enter(&mut world);
    b.lose(&mut world);
    a.send(&mut world, &remove("t", "B"));
    assert_eq!(a.hear(&mut world), ["created B", "status t 200", "deleted B forceDisconnected"]);
    b.come_back(&mut world);
    for _ in 0..2 {
        // Told again, because the first time may not have reached it.
        let seen = world.take(b.peer);
        let [Seen::Frame(own), Seen::Close(1000)] = &seen[..] else { panic!("{seen:?}") };
        assert_eq!(gist(own), "deleted B forceDisconnected");
        b.come_back(&mut world);
    }
}

#[test]
fn the_grace_window_starts_anew_with_each_loss() {
    let mut world = World::new();
    let (mut a, mut b) = pair(&mut world);
    for _ in 0..3 {
        b.lose(&mut world);
        for _ in 0..8 {
            world.pass_s(10);
            a.send(&mut world, &ping());
        }
        b.come_back(&mut world);
    }
    let heard = a.hear(&mut world);
    assert!(heard.iter().all(|gist| gist == "pong"), "{heard:?}");
}

#[test]
fn a_socket_id_that_is_too_long_cannot_be_resumed() {
    let mut world = World::new();
    let long = "x".repeat(256);
    let a = Join { socket_id: Some(long.clone()), ..Join::new("A") };
    let a = a.enter(&mut world);
    a.lose(&mut world);
    assert_eq!(world.hub.stats().connections, 0);
    let b = Join { socket_id: Some(long[..255].to_owned()), ..Join::new("B") }.enter(&mut world);
    b.lose(&mut world);
    assert_eq!(world.hub.stats().connections_away, 1);
}
