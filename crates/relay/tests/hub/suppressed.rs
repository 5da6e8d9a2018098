//! Clients that want no news of others.

use crate::harness::*;

#[test]
fn a_suppressed_client_sees_itself_only_and_hears_signals() {
    let mut world = World::new();
    let mut a = Join::new("A").enter(&mut world);
    let (mut b, state) = Join::new("B").suppressed().enter_with_state(&mut world);
    assert_eq!(state.connection.iter().map(|connection| &*connection.id).collect::<Vec<_>>(), ["B"]);
    let c = Join::new("C").enter(&mut world);
    c.send(&mut world, &signal("t", "", "hello"));
    c.send(&mut world, &disconnect());
    a.send(&mut world, &signal_to("t", "B", "", "for B"));
    assert_eq!(b.hear(&mut world), ["signal hello from C", "signal for B from A"]);
    b.send(&mut world, &read("r"));
    assert_eq!(b.hear(&mut world), ["state B"]);
    assert_eq!(a.hear(&mut world)[..2], ["created B", "created C"], "the others are told of it as ever");
    b.send(&mut world, &disconnect());
    assert_eq!(a.hear(&mut world).last().map(String::as_str), Some("deleted B clientDisconnected"));
}

#[test]
fn a_suppressed_client_that_is_removed_is_told() {
    let mut world = World::new();
    let a = Join::new("A").role("moderator").enter(&mut world);
    let mut b = Join::new("B").suppressed().enter(&mut world);
    a.send(&mut world, &remove("t", "B"));
    assert_eq!(b.closed(&mut world), Some(1000));
    assert_eq!(b.hear(&mut world), ["deleted B forceDisconnected"]);
}
