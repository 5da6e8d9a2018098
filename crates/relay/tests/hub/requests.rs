//! Signals and other requests: what they are answered.

use otc_protocol::rumor::header;
use serde_json::{Value, json};

use crate::harness::*;

fn signal_at(transaction: &str, uri: &str, content: &Value) -> otc_protocol::rumor::Frame {
    request(transaction, &json!({ "method": "signal", "uri": uri, "content": content }))
}

#[test]
fn a_broadcast_reaches_everyone_and_its_sender_too() {
    let mut world = World::new();
    let mut a = Join::new("A").enter(&mut world);
    let mut b = Join::new("B").enter(&mut world);
    let _ = a.hear(&mut world);
    assert_eq!(a.ask(&mut world, &signal("t", "chat", "hello")), 200);
    assert_eq!(a.hear(&mut world), ["signal hello from A"]);
    assert_eq!(b.hear(&mut world), ["signal hello from A"]);
}

#[test]
fn a_directed_signal_reaches_its_receiver_only_which_may_be_the_sender() {
    let mut world = World::new();
    let mut a = Join::new("A").enter(&mut world);
    let mut b = Join::new("B").enter(&mut world);
    let _ = a.hear(&mut world);
    assert_eq!(a.ask(&mut world, &signal_to("t1", "B", "", "psst")), 200);
    let frame = b.peek(&mut world).remove(0);
    assert_eq!((gist(&frame), &*frame.addresses[0]), ("signal psst from A".to_owned(), "B"));
    assert_eq!(a.hear(&mut world), Vec::<String>::new());
    assert_eq!(a.ask(&mut world, &signal_to("t2", "A", "", "me")), 200);
    assert_eq!(a.hear(&mut world), ["signal me from A"]);
    assert_eq!(b.hear(&mut world), Vec::<String>::new());
}

#[test]
fn the_session_id_in_place_of_a_connection_id_means_everyone() {
    let mut world = World::new();
    let mut a = Join::new("A").enter(&mut world);
    let mut b = Join::new("B").enter(&mut world);
    let _ = a.hear(&mut world);
    assert_eq!(a.ask(&mut world, &signal_to("t", SESSION, "", "all")), 200);
    assert_eq!(
        (a.hear(&mut world), b.hear(&mut world)),
        (vec!["signal all from A".to_owned()], vec!["signal all from A".to_owned()])
    );
}

#[test]
fn a_signal_to_somebody_who_is_not_there_is_answered_404() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    for (id, to) in [("t1", "nobody"), ("t2", "a")] {
        assert_eq!(a.ask(&mut world, &signal_to(id, to, "", "x")), 404, "ids are compared exactly");
    }
    assert_eq!(
        a.ask(&mut world, &signal_at("t3", &format!("{}/connection//signal/x", topic()), &json!({}))),
        404
    );
}

#[test]
fn another_session_is_refused_and_a_foreign_project_on_a_signal_is_not() {
    let mut world = World::new();
    let mut a = Join::new("A").enter(&mut world);
    assert_eq!(
        a.ask(&mut world, &signal_at("t1", "/v2/partner/100/session/2_other/signal/x", &json!({}))),
        403
    );
    let foreign = format!("/v2/partner/999/session/{SESSION}/signal/x");
    assert_eq!(a.ask(&mut world, &signal_at("t2", &foreign, &json!({ "data": "x" }))), 200);
    assert_eq!(a.hear(&mut world), ["signal x from A"]);
    assert_eq!(world.hub.stats().rejected.other_session, 1);
}

#[test]
fn type_and_data_are_both_optional_and_data_may_be_any_json() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    let contents = [
        json!({}),
        json!({ "type": "" }),
        json!({ "type": null }),
        json!({ "data": "" }),
        json!({ "type": "t", "data": null }),
        json!({ "data": 7 }),
        json!({ "data": { "a": [1, 2, { "b": null }] } }),
    ];
    for (n, content) in contents.iter().enumerate() {
        let sent = signal_at(&format!("t{n}"), &format!("{}/signal/x", topic()), content);
        assert_eq!(a.ask(&mut world, &sent), 200, "{content}");
        assert_eq!(a.peek(&mut world).remove(0).data, sent.data, "passed on as it came");
    }
    let bare = request("t", &json!({ "method": "signal", "uri": format!("{}/signal/x", topic()) }));
    assert_eq!(a.ask(&mut world, &bare), 200);
}

#[test]
fn malformed_requests_are_answered_400() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    let uri = format!("{}/signal/x", topic());
    let cases = [
        String::new(),
        "x".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        json!({ "method": "signal" }).to_string(),
        json!({ "method": 7, "uri": uri }).to_string(),
        json!({ "method": "signal", "uri": uri, "content": "x" }).to_string(),
        json!({ "method": "signal", "uri": uri, "content": { "type": 7 } }).to_string(),
        json!({ "method": "signal", "uri": uri, "content": { "type": "a b" } }).to_string(),
        json!({ "method": "signal", "uri": uri, "content": { "type": "é" } }).to_string(),
        "[".repeat(100_000),
    ];
    for (n, payload) in cases.iter().enumerate() {
        let id = format!("t{n}");
        assert_eq!(
            a.ask(&mut world, &raw_request(&id, payload)),
            400,
            "{}",
            &payload[..payload.len().min(99)]
        );
    }
    assert_eq!(a.closed(&mut world), None, "one bad request does not end a client");
    assert_eq!(world.hub.stats().rejected.malformed, cases.len() as u64);
}

#[test]
fn unknown_methods_and_resources_are_answered_404_and_never_with_silence() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    let uris = [
        topic(),
        connection_uri("A"),
        format!("{}/stream/S/subscriber/B", topic()),
        "/v2".to_owned(),
        "x".to_owned(),
    ];
    for (n, uri) in uris.iter().enumerate() {
        for method in ["offer", "candidate", "shout", ""] {
            let id = format!("{method}{n}");
            assert_eq!(
                a.ask(&mut world, &request(&id, &json!({ "method": method, "uri": uri }))),
                404,
                "{method} {uri}"
            );
        }
    }
    let subscriber = format!("{}/stream/S/subscriber/B", topic());
    assert_eq!(
        a.ask(&mut world, &request("s", &json!({ "method": "create", "uri": subscriber, "content": {} }))),
        404
    );
}

#[test]
fn roles_decide_who_may_signal_and_a_switch_lets_subscribers() {
    for (role, by_default, switched) in [
        ("subscriber", 403, 200),
        ("publisher", 200, 200),
        ("publisheronly", 403, 403),
        ("moderator", 200, 200),
    ] {
        for (switch, expected) in [(false, by_default), (true, switched)] {
            let mut world = World::with(|limits| limits.subscriber_may_signal = switch);
            let mut a = Join::new("A").role(role).enter(&mut world);
            assert_eq!(a.ask(&mut world, &signal("t", "", "x")), expected, "{role}");
            let heard = if expected == 200 { vec!["signal x from A".to_owned()] } else { Vec::new() };
            assert_eq!(a.hear(&mut world), heard);
        }
    }
}

#[test]
fn whoever_may_not_signal_receives_signals_all_the_same() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    let mut b = Join::new("B").role("subscriber").enter(&mut world);
    a.send(&mut world, &signal("t", "", "x"));
    assert_eq!(b.hear(&mut world), ["signal x from A"]);
}

#[test]
fn a_moderator_removes_others_who_are_told_and_closed_with_1000() {
    let mut world = World::new();
    let mut a = Join::new("A").role("moderator").enter(&mut world);
    let b = Join::new("B").enter(&mut world);
    let mut c = Join::new("C").enter(&mut world);
    let _ = (a.hear(&mut world), b.peek(&mut world));
    a.send(&mut world, &remove("t", "B"));
    let seen = world.take(b.peer);
    let [Seen::Frame(own), Seen::Close(1000)] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((gist(own), &*own.addresses[0]), ("deleted B forceDisconnected".to_owned(), "B"));
    assert!(own.header(header::FROM_ADDRESS).is_some_and(|from| from.starts_with("symphony.")));
    assert_eq!(a.hear(&mut world), ["status t 200", "deleted B forceDisconnected"]);
    assert_eq!(c.hear(&mut world), ["deleted B forceDisconnected"]);
    assert_eq!(a.ask(&mut world, &remove("t2", "B")), 404);
    assert_eq!(a.ask(&mut world, &remove("t", "B")), 200, "a repeat is answered as before");
}

#[test]
fn others_may_not_remove_anybody_themselves_included() {
    let mut world = World::new();
    let _a = Join::new("A").enter(&mut world);
    for role in ["publisher", "subscriber", "publisheronly"] {
        let join = Join::new(role).role(role);
        let b = join.enter(&mut world);
        assert_eq!(b.ask(&mut world, &remove("t1", "A")), 403);
        assert_eq!(b.ask(&mut world, &remove("t2", role)), 403);
    }
    assert_eq!(world.hub.stats().removed, 0);
}

#[test]
fn a_moderator_may_remove_itself() {
    let mut world = World::new();
    let a = Join::new("A").role("moderator").enter(&mut world);
    a.send(&mut world, &remove("t", "A"));
    let seen = world.take(a.peer);
    let [Seen::Frame(status), Seen::Frame(own), Seen::Close(1000)] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!(
        (gist(status), gist(own)),
        ("status t 200".to_owned(), "deleted A forceDisconnected".to_owned())
    );
    assert_eq!(world.hub.stats().sessions, 0);
}

#[test]
fn a_status_with_a_code_and_acknowledgements_of_nothing_mean_nothing() {
    let mut world = World::new();
    let mut a = Join::new("A").enter(&mut world);
    a.send(&mut world, &signal("t", "", "x"));
    let message = a.peek(&mut world).remove(0);
    let kept = world.hub.stats().kept_messages;
    a.send(&mut world, &acknowledge(&message).with_header(header::STATUS, "200"));
    a.send(&mut world, &acknowledge(&signal("made-up", "", "")));
    assert_eq!(world.hub.stats().kept_messages, kept);
    a.acknowledge(&mut world, &[message]);
    assert_eq!(world.hub.stats().kept_messages, kept - 1);
}
