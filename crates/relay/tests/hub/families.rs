//! The three ways into a session, by generation of client.

use otc_protocol::raptor::SessionState;
use otc_protocol::rumor::{Frame, header};

use crate::harness::*;

fn state_of(read_answer: &Frame) -> SessionState {
    let value: serde_json::Value =
        serde_json::from_str(&read_answer.data).expect("the harness has checked it");
    SessionState::decode(&value["content"].to_string()).expect("the answer to read holds the state")
}

#[test]
fn family_c_gets_the_state_then_the_news_of_itself_then_live_traffic() {
    for version in ["js-2.13.2", "js-2.35.2", "otc-0.1.0", "something"] {
        let mut world = World::new();
        let mut a = Join::new("A").enter(&mut world);
        let peer = Join::new("B").version(version).begin(&mut world);
        let frames = world.frames(peer);
        assert_eq!(gists(&frames), ["status create-B 200", "created B"], "{version}");
        let state = SessionState::decode(&frames[0].data).expect("the state");
        let ids: Vec<&str> = state.connection.iter().map(|connection| &*connection.id).collect();
        assert_eq!((ids, &*state.id), (vec!["A", "B"], SESSION));
        assert_eq!(a.hear(&mut world), ["created B"]);
        a.send(&mut world, &signal("t", "", "hi"));
        assert_eq!(gists(&world.frames(peer)), ["signal hi from A"]);
    }
}

#[test]
fn families_a_and_b_get_nothing_but_the_answers_until_they_read_the_session() {
    for join in [Join::new("B").version("js-2.7.6"), Join::new("B").family_a()] {
        let mut world = World::new();
        let mut a = Join::new("A").enter(&mut world);
        let b = join.enter(&mut world);
        assert_eq!(a.hear(&mut world), ["created B"], "the others know it from its create on");

        a.send(&mut world, &signal("t1", "", "for all"));
        a.send(&mut world, &signal_to("t2", "B", "", "for B"));
        let mut c = Join::new("C").enter(&mut world);
        c.send(&mut world, &signal("t3", "", "from C"));
        let d = Join::new("D").enter(&mut world);
        d.send(&mut world, &disconnect());
        assert_eq!(b.peek(&mut world), [], "before it has the state it can make nothing of them");

        b.send(&mut world, &read("r"));
        let frames = b.peek(&mut world);
        assert_eq!(
            gists(&frames),
            ["state A B C", "signal for all from A", "signal for B from A", "signal from C from C"],
            "fresh state first; what it says is not told again; the signals in their order"
        );
        assert_eq!(id_of(&frames[0]), "r");
        assert_eq!(&*frames[0].addresses[0], "B");
        assert!(frames[0].header(header::FROM_ADDRESS).is_some_and(|from| from.starts_with("symphony.")));
        assert_eq!(state_of(&frames[0]).id, SESSION);

        c.send(&mut world, &disconnect());
        a.send(&mut world, &signal("t4", "", "live"));
        assert_eq!(gists(&b.peek(&mut world)), ["deleted C clientDisconnected", "signal live from A"]);
        c.hear(&mut world);
    }
}

#[test]
fn clients_that_may_read_the_session_find_no_state_in_the_answer_to_create() {
    // Stock clients from 2.11 to 2.13.0 read the session when they must, and do not when the answer holds the state:
    // then they would wait for ever for what is held back until they read.
    for version in ["js-2.7.6", "js-2.11.4", "js-2.12.2", "js-2.13.0"] {
        let mut world = World::new();
        let peer = Join::new("A").version(version).begin(&mut world);
        let frames = world.frames(peer);
        assert_eq!(gists(&frames), ["status create-A 200"], "{version}");
        assert_eq!(&*frames[0].data, "", "{version}");
        world.send(peer, &read("r"));
        assert_eq!(gists(&world.frames(peer)), ["state A"], "{version}");
    }
}

#[test]
fn session_read_is_answered_for_everyone_at_any_time() {
    let mut world = World::new();
    let mut a = Join::new("A").enter(&mut world);
    let mut b = Join::new("B").version("js-2.7.6").enter(&mut world);
    b.send(&mut world, &read("r1"));
    assert_eq!(b.hear(&mut world), ["state A B"]);
    a.send(&mut world, &read("r1"));
    assert_eq!(a.hear(&mut world), ["created B", "state A B"]);
    b.send(&mut world, &read("r2"));
    assert_eq!(b.hear(&mut world), ["state A B"]);
    assert_eq!(world.hub.stats().kept_messages, 0, "those answers are acknowledged by the client's own ids");
}

#[test]
fn a_session_read_without_a_transaction_id_does_no_harm() {
    let mut world = World::new();
    let mut a = Join::new("A").enter(&mut world);
    a.send(&mut world, &read(""));
    assert_eq!(a.hear(&mut world), Vec::<String>::new());
    assert_eq!(a.ask(&mut world, &signal("t", "", "x")), 200);
}

#[test]
fn a_family_b_client_that_loses_its_link_before_it_reads_gets_everything_after_that_read() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    let join = Join::new("B").version("js-2.7.6");
    let mut b = join.enter(&mut world);
    a.send(&mut world, &signal("t1", "", "one"));
    b.lose(&mut world);
    a.send(&mut world, &signal("t2", "", "two"));
    b.come_back(&mut world);
    b.send(&mut world, &read("r"));
    assert_eq!(b.hear(&mut world), ["state A B", "signal one from A", "signal two from A"]);
    b.lose(&mut world);
    b.come_back(&mut world);
    b.send(&mut world, &ping());
    assert_eq!(b.hear(&mut world), ["pong"], "all of it was acknowledged");
}

#[test]
fn the_answer_to_read_comes_first_again_when_it_is_replayed() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    let mut b = Join::new("B").version("js-2.7.6").enter(&mut world);
    a.send(&mut world, &signal("t1", "", "one"));
    b.send(&mut world, &read("r"));
    let first = b.peek(&mut world);
    assert_eq!(gists(&first), ["state A B", "signal one from A"]);
    b.lose(&mut world);
    b.come_back(&mut world);
    // The client has no answer to its read, so that it asks again; the replay is the answer.
    b.send(&mut world, &read("r"));
    assert_eq!(b.peek(&mut world), first);
}

#[test]
fn nothing_is_kept_for_a_client_that_cannot_resume() {
    let mut world = World::new();
    let a = Join::new("A").family_a().enter(&mut world);
    a.send(&mut world, &read("r"));
    (0..100).for_each(|n| a.send(&mut world, &signal(&format!("t{n}"), "", "x")));
    assert_eq!(a.peek(&mut world).len(), 201);
    assert_eq!(world.hub.stats().kept_messages, 0);
}
