//! Who gets in, as whom, and what happens to the others.

use std::time::Duration;

use otc_protocol::rumor::{Frame, FrameType, header};
use serde_json::json;

use crate::harness::*;

#[test]
fn the_connection_id_is_the_one_that_connect_announced() {
    let mut world = World::new();
    let (client, state) = Join::new("A").data("name=one").enter_with_state(&mut world);
    let own = &state.connection[0];
    assert_eq!((&*own.id, &*own.data, own.creation_time), ("A", "name=one", START_MS as i64));
    assert_eq!(own.permissions, ["publish", "subscribe", "signal"]);
    assert_eq!(client.ask(&mut world, &signal("t1", "", "x")), 200);
    let frame = client.peek(&mut world).remove(0);
    assert_eq!(
        gist(&frame),
        "signal x from A",
        "whatever the sender claims, the relay stamps the true sender"
    );
}

#[test]
fn a_create_that_contradicts_connect_is_refused() {
    let mut world = World::new();
    let peer = world.open(Some("socket"), false);
    world.send(peer, &connect("A"));
    world.send(peer, &create("c", &token("publisher", ""), "B", &json!({})));
    assert_eq!((world.status(peer, "c"), world.closed(peer)), (Some(400), Some(1000)));
}

#[test]
fn without_connect_the_connection_id_is_taken_from_the_create() {
    let mut world = World::new();
    let peer = world.open(Some("socket"), false);
    world.send(peer, &Join::new("A").create());
    assert_eq!(gists(&world.frames(peer)), ["status create-A 200", "created A"]);
}

#[test]
fn before_create_other_requests_are_answered_403_and_ping_is_answered() {
    let mut world = World::new();
    let peer = world.open(Some("socket"), false);
    world.send(peer, &connect("A"));
    world.send(peer, &subscribe());
    world.send(peer, &ping());
    world.send(peer, &signal("t1", "", "too early"));
    world.send(peer, &read("t2"));
    world.send(peer, &raw_request("t3", "not even JSON"));
    let frames = world.frames(peer);
    assert_eq!(gists(&frames), ["pong", "status t1 403", "status t2 403", "status t3 403"]);
    assert_eq!(&*frames[1].addresses[0], "A");
    world.send(peer, &Join::new("A").create());
    assert_eq!(world.status(peer, "create-A"), Some(200), "it may still enter");
    assert_eq!(world.hub.stats().rejected.not_admitted, 3);
}

#[test]
fn disconnect_before_create_ends_the_socket() {
    let mut world = World::new();
    let peer = world.open(None, false);
    world.send(peer, &disconnect());
    world.send(peer, &Join::new("A").create());
    assert_eq!(world.take(peer), []);
    world.pass_s(5);
    assert_eq!(world.closed(peer), Some(1000));
}

#[test]
fn a_socket_that_does_not_create_within_15_s_is_closed_with_1000() {
    let mut world = World::new();
    let peer = world.open(None, false);
    world.send(peer, &connect("A"));
    world.pass_s(14);
    world.send(peer, &ping());
    assert_eq!(world.closed(peer), None);
    world.pass_s(1);
    assert_eq!(world.closed(peer), Some(1000));
    assert_eq!(world.hub.stats().rejected.create_timeout, 1);
    assert_eq!(world.hub.poll_timeout(), None, "nothing waits for a closed socket");
}

#[test]
fn the_15_s_begin_when_the_socket_opened_wherever_it_waited() {
    let mut world = World::new();
    let peer = world.open_after(Duration::from_secs(10));
    world.send(peer, &connect("A"));
    world.pass_s(4);
    assert_eq!(world.closed(peer), None);
    world.pass_s(1);
    assert_eq!(world.closed(peer), Some(1000));
}

#[test]
fn a_socket_that_floods_before_create_is_closed() {
    let mut world = World::with(|limits| limits.frames_before_create = 5);
    let peer = world.open(None, false);
    (0..5).for_each(|_| world.send(peer, &ping()));
    assert_eq!(world.frames(peer).len(), 5);
    world.send(peer, &ping());
    assert_eq!(world.closed(peer), Some(1000));
}

#[test]
fn a_refused_create_is_answered_with_its_status_and_then_closed_with_1000() {
    let mut world = World::new();
    let long = "x".repeat(256);
    let good = token("publisher", "");
    let session_as_id = format!("{}/connection/{SESSION}", topic());
    let cases = [
        ("no token", create("t", "", "A", &json!({})), 403),
        ("bad token", create("t", "T1==bad", "A", &json!({})), 403),
        ("expired token", create("t", &token("expired", ""), "A", &json!({})), 403),
        (
            "id with a slash",
            create_at("t", &good, "/v2/partner/100/session/S/connection/a%2Fb", &json!({})),
            400,
        ),
        ("long id", create("t", &good, &long, &json!({})), 400),
        ("no session", create_at("t", &good, "/v2/partner/100/connection/A", &json!({})), 400),
        ("session as id", create_at("t", &good, &session_as_id, &json!({})), 400),
        ("server as id", create("t", &good, "symphony.A", &json!({})), 400),
        ("content", create("t", &good, "A", &json!(7)), 400),
    ];
    for (what, create, status) in cases {
        let peer = world.open(Some("socket"), false);
        world.send(peer, &create);
        let frames = world.take(peer);
        let [Seen::Frame(answer), Seen::Close(1000)] = &frames[..] else { panic!("{what}: {frames:?}") };
        assert_eq!(gist(answer), format!("status t {status}"), "{what}");
        assert!(answer.header(header::REASON).is_some_and(|reason| !reason.is_empty()), "{what}");
    }
    let stats = world.hub.stats();
    assert_eq!((stats.sessions, stats.connections, stats.peers), (0, 0, 0), "nothing is left of them");
    assert_eq!((stats.rejected.token, stats.rejected.create), (3, 6));
}

#[test]
fn the_reason_of_a_refused_token_reaches_the_client_and_the_log() {
    let mut world = World::new();
    let peer = world.open(None, false);
    world.send(peer, &create("t", &token("expired", ""), "A", &json!({})));
    let answer = world.frame(peer);
    assert_eq!(answer.header(header::REASON).map(|reason| &**reason), Some("expired 12 s ago"));
    let lines: Vec<String> = world.take_notices().iter().map(ToString::to_string).collect();
    assert!(lines.contains(&"create refused with 403: expired 12 s ago".to_owned()), "{lines:?}");
}

#[test]
fn a_connection_id_that_is_live_on_another_socket_id_is_refused_with_409() {
    let mut world = World::new();
    let mut first = Join::new("A").enter(&mut world);
    let other = Join { socket_id: Some("another".to_owned()), ..Join::new("A") };
    for thief in [other.clone(), Join { socket_id: None, ..other }] {
        let peer = thief.begin(&mut world);
        assert_eq!((world.status(peer, "create-A"), world.closed(peer)), (Some(409), Some(1000)));
    }
    assert_eq!(first.ask(&mut world, &signal("t", "", "still here")), 200);
    assert_eq!(first.hear(&mut world), ["signal still here from A"]);
}

#[test]
fn one_socket_id_cannot_be_two_connections() {
    let mut world = World::new();
    let _first = Join::new("A").enter(&mut world);
    let second = Join { socket_id: Some("socket-of-A".to_owned()), ..Join::new("B") };
    let peer = second.begin(&mut world);
    assert_eq!((world.status(peer, "create-B"), world.closed(peer)), (Some(409), Some(1000)));
    let peer = world.open(Some("socket-of-A"), false);
    let elsewhere = topic_of("2_other") + "/connection/A";
    world.send(peer, &create_at("t", &token("publisher", ""), &elsewhere, &json!({})));
    assert_eq!((world.status(peer, "t"), world.closed(peer)), (Some(409), Some(1000)));
}

#[test]
fn the_same_connection_id_may_be_used_in_another_session() {
    let mut world = World::new();
    let mut first = Join::new("A").enter(&mut world);
    let peer = world.open(Some("another"), false);
    let uri = topic_of("2_other") + "/connection/A";
    world.send(peer, &create_at("t", &token("publisher", ""), &uri, &json!({ "clientVersion": "otc-1" })));
    assert_eq!(gists(&world.frames(peer)), ["status t 200", "created A"]);
    assert_eq!(first.hear(&mut world), Vec::<String>::new());
    assert_eq!(world.hub.stats().sessions, 2);
}

#[test]
fn a_session_belongs_to_the_project_of_its_first_client() {
    let mut world = World::new();
    let _first = Join::new("A").enter(&mut world);
    let peer = world.open(None, false);
    let foreign = format!("/v2/partner/200/session/{SESSION}/connection/B");
    world.send(peer, &create_at("t", &token("publisher", ""), &foreign, &json!({})));
    assert_eq!((world.status(peer, "t"), world.closed(peer)), (Some(403), Some(1000)));
}

#[test]
fn a_second_create_on_the_same_socket_repeats_the_answer() {
    let mut world = World::new();
    let join = Join::new("A");
    let peer = join.begin(&mut world);
    let first = world.frames(peer);
    world.send(peer, &join.create());
    assert_eq!(world.frame(peer), first[0], "verbatim, the state in it included");
    let again = create("another-id", &token("publisher", ""), "A", &json!({}));
    world.send(peer, &again);
    let second = world.frame(peer);
    assert_eq!((gist(&second), &second.data), ("status another-id 200".to_owned(), &first[0].data));
    world.send(peer, &create("not-me", &token("publisher", ""), "B", &json!({})));
    assert_eq!(world.status(peer, "not-me"), Some(409));
    assert_eq!(world.hub.stats().joins, 1);
}

#[test]
fn the_state_in_the_answer_is_let_go_of_once_the_client_has_acknowledged_something_behind_it() {
    let mut world = World::new();
    let join = Join::new("A");
    let peer = join.begin(&mut world);
    let frames = world.frames(peer);
    world.send(peer, &acknowledge(&frames[1]));
    world.send(peer, &join.create());
    let again = world.frame(peer);
    assert_eq!((gist(&again), &*again.data), ("status create-A 200".to_owned(), ""));
}

#[test]
fn a_full_session_refuses_with_410() {
    let mut world = World::with(|limits| limits.connections_per_session = 2);
    let mut a = Join::new("A").enter(&mut world);
    let b = Join::new("B").enter(&mut world);
    let peer = Join::new("C").begin(&mut world);
    assert_eq!((world.status(peer, "create-C"), world.closed(peer)), (Some(410), Some(1000)));
    assert_eq!(a.hear(&mut world), ["created B"], "who was refused was never there");
    b.send(&mut world, &disconnect());
    let _c = Join::new("C").enter(&mut world);
    assert_eq!(world.hub.stats().rejected.session_full, 1);
}

#[test]
fn a_draining_relay_lets_clients_into_running_sessions_only() {
    let mut world = World::new();
    let _a = Join::new("A").enter(&mut world);
    world.call(|hub, _| hub.drain());
    let _b = Join::new("B").enter(&mut world);
    let peer = world.open(None, false);
    let elsewhere = topic_of("2_other") + "/connection/C";
    world.send(peer, &create_at("t", &token("publisher", ""), &elsewhere, &json!({})));
    assert_eq!((world.status(peer, "t"), world.closed(peer)), (Some(503), Some(1000)));
}

#[test]
fn a_client_that_knows_the_extension_is_answered_in_kind_and_others_are_not() {
    let mut world = World::new();
    let (_, state) = Join::new("A").enter_with_state(&mut world);
    assert_eq!(state.otc_x.map(|extension| extension.version), Some(1));
    let stock = Join {
        content: json!({ "clientVersion": "js-2.35.2", "capabilities": ["forceMute"] }),
        ..Join::new("B")
    };
    let (_, state) = stock.enter_with_state(&mut world);
    assert_eq!(state.otc_x, None);
}

#[test]
fn connect_and_subscribe_get_no_reply_and_unknown_types_are_ignored() {
    let mut world = World::new();
    let client = Join::new("A").enter(&mut world);
    for kind in [5, 6, 10, 255] {
        client.send(&mut world, &Frame::new(FrameType::from_wire(kind)));
    }
    client.send(&mut world, &connect("B"));
    client.send(&mut world, &Frame::new(FrameType::Subscribe).with_address(topic_of("2_other")));
    client.send(&mut world, &Frame::new(FrameType::Unsubscribe).with_address(topic()));
    client.send(&mut world, &Frame::new(FrameType::Pong));
    assert_eq!(client.peek(&mut world), []);
    assert_eq!(client.ask(&mut world, &signal("t", "", "x")), 200);
    assert_eq!(
        gists(&client.peek(&mut world)),
        ["signal x from A"],
        "who it is, and what it gets, has not changed"
    );
}

#[test]
fn what_a_client_says_of_itself_cannot_break_a_log_line() {
    let mut world = World::new();
    let content = json!({ "clientVersion": format!("line\none\u{1b}[31m\u{2028}\u{202e}\u{2066}{}", "x".repeat(1000)) });
    let _client = Join { content, ..Join::new("A") }.enter(&mut world);
    let joined = world.take_notices().iter().map(ToString::to_string).find(|line| line.starts_with("joined"));
    assert!(joined.is_some_and(|line| line.starts_with("joined (line?one?[31m???xxx") && line.len() < 250));
}

#[test]
fn a_connection_id_too_long_to_be_used_is_refused_at_create() {
    let mut world = World::new();
    let peer = world.open(None, false);
    world.send(peer, &connect(&"x".repeat(60_000)));
    world.send(peer, &Join::new("A").create());
    assert_eq!((world.status(peer, "create-A"), world.closed(peer)), (Some(400), Some(1000)));
}
