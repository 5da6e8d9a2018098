//! One order for everyone.

use otc_protocol::rumor::FrameType;

use crate::harness::*;

#[test]
fn after_the_state_come_exactly_the_events_that_happened_after_it() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    let gone = Join::new("gone").enter(&mut world);
    gone.send(&mut world, &disconnect());
    a.send(&mut world, &signal("t0", "", "before"));
    let (mut b, state) = Join::new("B").enter_with_state(&mut world);
    let ids: Vec<&str> = state.connection.iter().map(|connection| &*connection.id).collect();
    assert_eq!(ids, ["A", "B"]);
    a.send(&mut world, &signal("t1", "", "after"));
    let c = Join::new("C").enter(&mut world);
    c.send(&mut world, &disconnect());
    assert_eq!(b.hear(&mut world), ["signal after from A", "created C", "deleted C clientDisconnected"]);
}

#[test]
fn everyone_sees_everything_in_the_same_order() {
    let mut world = World::new();
    let mut a = Join::new("A").enter(&mut world);
    let mut b = Join::new("B").enter(&mut world);
    let mut c = Join::new("C").enter(&mut world);
    let _ = (a.hear(&mut world), b.hear(&mut world));
    for n in 0..20 {
        let sender = [&a, &b, &c][n % 3];
        sender.send(&mut world, &signal(&format!("t{n}"), "", &n.to_string()));
        if n == 10 {
            Join::new("D").enter(&mut world).send(&mut world, &disconnect());
        }
    }
    let without_answers = |mut heard: Vec<String>| {
        heard.retain(|gist| !gist.starts_with("status"));
        heard
    };
    let heard = without_answers(a.hear(&mut world));
    assert_eq!(heard.len(), 22);
    assert_eq!(heard, without_answers(b.hear(&mut world)));
    assert_eq!(heard, without_answers(c.hear(&mut world)));
}

#[test]
fn created_comes_before_anything_of_a_connection_and_deleted_after_everything() {
    let mut world = World::new();
    let mut a = Join::new("A").enter(&mut world);
    let b = Join::new("B").enter(&mut world);
    b.send(&mut world, &signal("t1", "", "first"));
    b.send(&mut world, &disconnect());
    b.send(&mut world, &signal("t2", "", "after goodbye"));
    assert_eq!(a.hear(&mut world), ["created B", "signal first from B", "deleted B clientDisconnected"]);
}

#[test]
fn the_answer_to_a_signal_is_sent_when_the_signal_is_queued_for_all() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    let b = Join::new("B").enter(&mut world);
    let _ = a.peek(&mut world);
    a.send(&mut world, &signal("t", "", "x"));
    assert_eq!(gists(&b.peek(&mut world)), ["signal x from A"]);
    assert_eq!(gists(&a.peek(&mut world)), ["signal x from A", "status t 200"]);
}

#[test]
fn all_receivers_of_a_broadcast_share_its_bytes_and_its_transaction_id() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    let b = Join::new("B").enter(&mut world);
    let _ = a.peek(&mut world);
    let sent = signal("t", "chat", "x");
    a.send(&mut world, &sent);
    let (at_a, at_b) = (a.peek(&mut world).remove(0), b.peek(&mut world).remove(0));
    assert_eq!(at_a, at_b);
    // Decoded strings are slices of the message: the same address is the same message.
    assert_eq!(at_a.data.as_ptr(), at_b.data.as_ptr());
    assert_eq!(at_a.data, sent.data, "the payload is passed on as it came");
    assert_eq!(&*at_a.addresses[0], topic());
    assert_ne!(id_of(&at_a), "t", "the relay has ids of its own");
}

#[test]
fn each_message_has_a_fresh_transaction_id() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    for n in 0..50 {
        a.send(&mut world, &signal(&format!("t{n}"), "", "same"));
    }
    let messages = a.peek(&mut world).into_iter().filter(|frame| frame.kind == FrameType::Message);
    let ids: std::collections::HashSet<String> = messages.map(|frame| id_of(&frame).to_owned()).collect();
    assert_eq!(ids.len(), 50);
}
