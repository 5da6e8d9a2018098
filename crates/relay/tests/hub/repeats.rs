//! A request that arrives twice has one effect and one answer, given twice.

use serde_json::json;

use crate::harness::*;

#[test]
fn a_repeated_signal_is_answered_again_and_not_delivered_again() {
    let mut world = World::new();
    let mut a = Join::new("A").enter(&mut world);
    let sent = signal("t", "", "x");
    assert_eq!(a.ask(&mut world, &sent), 200);
    assert_eq!(a.ask(&mut world, &sent), 200);
    assert_eq!(a.hear(&mut world), ["signal x from A"]);
    let stats = world.hub.stats();
    assert_eq!((stats.signals_in, stats.repeats), (1, 1));
}

#[test]
fn a_repeated_refusal_is_the_same_refusal_even_if_it_would_succeed_now() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    let sent = signal_to("t", "B", "", "x");
    assert_eq!(a.ask(&mut world, &sent), 404);
    let mut b = Join::new("B").enter(&mut world);
    assert_eq!(a.ask(&mut world, &sent), 404);
    assert_eq!(b.hear(&mut world), Vec::<String>::new());
}

#[test]
fn requests_repeated_after_a_lost_link_have_one_effect_each() {
    let mut world = World::new();
    let mut a = Join::new("A").enter(&mut world);
    let mut b = Join::new("B").enter(&mut world);
    let _ = a.hear(&mut world);
    a.send(&mut world, &signal("t1", "", "one"));
    a.send(&mut world, &signal("t2", "", "two"));
    a.lose(&mut world);
    a.come_back(&mut world);
    // Of these it had no answer; the third never arrived before.
    for (id, data) in [("t1", "one"), ("t2", "two"), ("t3", "three")] {
        assert_eq!(a.ask(&mut world, &signal(id, "", data)), 200);
    }
    assert_eq!(b.hear(&mut world), ["signal one from A", "signal two from A", "signal three from A"]);
}

#[test]
fn ids_are_remembered_for_each_client_by_itself() {
    let mut world = World::new();
    let mut a = Join::new("A").enter(&mut world);
    let b = Join::new("B").enter(&mut world);
    a.send(&mut world, &signal("t", "", "of A"));
    b.send(&mut world, &signal("t", "", "of B"));
    assert_eq!(a.hear(&mut world), ["created B", "signal of A from A", "status t 200", "signal of B from B"]);
}

#[test]
fn the_last_requests_are_remembered_and_one_before_them_is_not() {
    let mut world = World::with(|limits| limits.remembered_requests = 3);
    let mut a = Join::new("A").enter(&mut world);
    for id in ["t1", "t2", "t3"] {
        a.send(&mut world, &signal(id, "", id));
    }
    let _ = a.hear(&mut world);
    a.send(&mut world, &signal("t1", "", "t1"));
    assert_eq!(a.hear(&mut world), ["status t1 200"]);
    a.send(&mut world, &signal("t4", "", "t4"));
    a.send(&mut world, &signal("t1", "", "t1"));
    assert_eq!(
        a.hear(&mut world),
        ["signal t4 from A", "status t4 200", "signal t1 from A", "status t1 200"]
    );
}

#[test]
fn by_default_a_full_resend_of_a_client_is_recognised() {
    let mut world = World::new();
    let a = Join::new("A").family_a().enter(&mut world);
    a.send(&mut world, &read("r"));
    let id = |n| format!("{n:08x}-0000-4000-8000-000000000000");
    (0..16_384).for_each(|n| a.send(&mut world, &signal(&id(n), "", "x")));
    let _ = a.peek(&mut world);
    (0..16_384).for_each(|n| a.send(&mut world, &signal(&id(n), "", "x")));
    let stats = world.hub.stats();
    assert_eq!((stats.signals_in, stats.repeats), (16_384, 16_384));
}

#[test]
fn a_repeated_session_read_is_answered_by_the_stored_state_and_never_by_a_second_one() {
    let mut world = World::new();
    let mut a = Join::new("A").enter(&mut world);
    a.send(&mut world, &read("r"));
    let _b = Join::new("B").enter(&mut world);
    a.send(&mut world, &read("r"));
    assert_eq!(a.hear(&mut world), ["state A", "created B"], "the answer is on its way already");
    a.send(&mut world, &read("r"));
    assert_eq!(a.hear(&mut world), ["status r 200"], "it has the answer; a status behind it does no harm");
}

#[test]
fn a_repeated_stream_create_gets_its_payload_again() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    let create = request(
        "t",
        &json!({ "method": "create", "uri": format!("{}/stream/S", topic()), "content": { "id": "S" } }),
    );
    a.send(&mut world, &create);
    a.send(&mut world, &create);
    let answers = a.peek(&mut world);
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0], answers[1]);
    assert_eq!(&*answers[0].data, r#"{"content":{"iceServers":[]}}"#);
}

#[test]
fn requests_without_a_transaction_id_have_their_effect_and_no_answer() {
    let mut world = World::new();
    let mut a = Join::new("A").enter(&mut world);
    a.send(&mut world, &signal("", "", "x"));
    a.send(&mut world, &signal("", "", "x"));
    assert_eq!(a.hear(&mut world), ["signal x from A", "signal x from A"]);
}
