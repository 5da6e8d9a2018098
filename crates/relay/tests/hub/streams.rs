//! Streams, as far as the others are told of them.

use otc_protocol::raptor::SessionState;
use otc_protocol::rumor::Frame;
use serde_json::{Value, json};

use crate::harness::*;

fn about(transaction: &str, method: &str, path: &str, content: &Value) -> Frame {
    let uri = format!("{}/stream/{path}", topic());
    request(transaction, &json!({ "method": method, "uri": uri, "content": content }))
}

fn camera() -> Value {
    json!({
        "id": "lies", "name": "me", "connection": { "id": "lies" }, "audioFallbackEnabled": true,
        "channel": [
            { "id": "a", "type": "audio", "active": true },
            { "id": "v", "type": "video", "active": true, "width": 640, "height": 480, "source": "screen", "frameRate": 30 },
        ],
    })
}

#[test]
fn a_stream_is_announced_listed_changed_and_ended() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    let mut b = Join::new("B").enter(&mut world);
    let _ = a.peek(&mut world);

    a.send(&mut world, &about("t1", "create", "S", &camera()));
    let answer = a.peek(&mut world);
    assert_eq!(gists(&answer), ["status t1 200"], "the publisher knows from the answer");
    assert_eq!(&*answer[0].data, r#"{"content":{"iceServers":[]}}"#);
    let news = b.peek(&mut world).remove(0);
    assert_eq!(gist(&news), "stream S of A", "identity and owner are the relay's to state");
    let value: Value = serde_json::from_str(&news.data).expect("checked");
    assert_eq!(value["content"]["channel"][1]["frameRate"], 30, "what it does not know it passes on");
    assert_eq!(value["content"]["creationTime"], START_MS);
    b.acknowledge(&mut world, &[news]);

    let (_, state) = Join::new("C").enter_with_state(&mut world);
    assert_eq!(
        (&*state.stream[0].id, &*state.stream[0].connection, &*state.stream[0].name),
        ("S", "A", "me")
    );
    let infos = world.hub.streams(SESSION).expect("somebody is there");
    assert_eq!(
        (&*infos[0].id, infos[0].video_type.as_deref(), &*infos[0].connection),
        ("S", Some("screen"), "A")
    );
    let _ = (a.peek(&mut world), b.hear(&mut world));

    assert_eq!(a.ask(&mut world, &about("t2", "update", "S", &json!({ "name": "you" }))), 200);
    assert_eq!(
        a.ask(&mut world, &about("t3", "update", "S/channel/v", &json!({ "active": false, "id": "x" }))),
        200
    );
    let heard = b.hear(&mut world);
    assert!(heard[0].contains("you") && heard[1].contains("active: Some(false)"), "{heard:?}");
    let (_, state) = Join::new("D").enter_with_state(&mut world);
    let stream = &state.stream[0];
    assert_eq!((&*stream.name, &*stream.channels[1].id, stream.channels[1].active), ("you", "v", false));
    assert_eq!(stream.channels[1].width, 640);
    let _ = (a.peek(&mut world), b.hear(&mut world));

    assert_eq!(a.ask(&mut world, &about("t4", "delete", "S", &json!({}))), 200);
    assert_eq!(b.hear(&mut world), ["stream S ended clientDisconnected"]);
    assert_eq!(world.hub.streams(SESSION), Ok(Vec::new()));
}

#[test]
fn streams_end_before_their_owner_does_and_for_the_same_reason() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    let mut b = Join::new("B").enter(&mut world);
    for (id, stream) in [("t1", "S1"), ("t2", "S2")] {
        assert_eq!(a.ask(&mut world, &about(id, "create", stream, &json!({}))), 200);
    }
    let _ = b.hear(&mut world);
    a.lose(&mut world);
    for _ in 0..9 {
        b.send(&mut world, &ping());
        world.pass_s(10);
    }
    let heard: Vec<String> = b.hear(&mut world).into_iter().filter(|gist| gist != "pong").collect();
    assert_eq!(
        heard,
        [
            "stream S1 ended networkDisconnected",
            "stream S2 ended networkDisconnected",
            "deleted A networkDisconnected"
        ]
    );
}

#[test]
fn rights_and_ownership_of_streams_are_enforced() {
    let mut world = World::new();
    let mut a = Join::new("A").role("publisheronly").enter(&mut world);
    let b = Join::new("B").enter(&mut world);
    let s = Join::new("S").role("subscriber").enter(&mut world);
    let m = Join::new("M").role("moderator").enter(&mut world);
    let _ = a.hear(&mut world);
    assert_eq!(s.ask(&mut world, &about("t1", "create", "X", &json!({}))), 403);
    assert_eq!(a.ask(&mut world, &about("t1", "create", "X", &json!({}))), 200);
    assert_eq!(b.ask(&mut world, &about("t2", "create", "X", &json!({}))), 409);
    assert_eq!(b.ask(&mut world, &about("t3", "update", "X", &json!({}))), 403);
    assert_eq!(b.ask(&mut world, &about("t4", "delete", "X", &json!({}))), 403);
    assert_eq!(b.ask(&mut world, &about("t5", "delete", "none", &json!({}))), 404);
    assert_eq!(a.ask(&mut world, &about("t6", "update", "X/channel/none", &json!({}))), 404);
    assert_eq!(a.ask(&mut world, &about("t7", "create", "a b", &json!({}))), 400);
    assert_eq!(a.ask(&mut world, &about("t8", "create", "Y", &json!([]))), 400);
    assert_eq!(m.ask(&mut world, &about("t9", "delete", "X", &json!({}))), 200);
    assert_eq!(a.hear(&mut world), ["stream X ended forceUnpublished"], "the publisher has to be told");
}

#[test]
fn streams_are_bounded_in_number_and_size() {
    let mut world = World::with(|limits| (limits.streams_per_connection, limits.stream_bytes) = (2, 500));
    let a = Join::new("A").enter(&mut world);
    assert_eq!(a.ask(&mut world, &about("t1", "create", "S1", &json!({}))), 200);
    assert_eq!(a.ask(&mut world, &about("t2", "create", "S2", &json!({ "x": "x".repeat(500) }))), 413);
    assert_eq!(a.ask(&mut world, &about("t3", "create", "S2", &json!({}))), 200);
    assert_eq!(a.ask(&mut world, &about("t4", "create", "S3", &json!({}))), 403);
    let grow =
        |n: u32| about(&format!("grow{n}"), "update", "S1", &json!({ format!("key{n}"): "x".repeat(80) }));
    let statuses: Vec<u16> = (0..8).map(|n| a.ask(&mut world, &grow(n))).collect();
    assert_eq!((statuses[0], statuses[7]), (200, 413), "nor can it grow by changes: {statuses:?}");
    let a = Join::new("B").enter(&mut world);
    assert_eq!(a.ask(&mut world, &about("t5", "create", "S4", &json!(7))), 400);
    let deep = "[".repeat(200) + &"]".repeat(200);
    let payload =
        format!("{{\"method\":\"create\",\"uri\":\"{}/stream/S5\",\"content\":{{\"x\":{deep}}}}}", topic());
    assert_eq!(a.ask(&mut world, &raw_request("t6", &payload)), 400, "depth is bounded as well");
}

#[test]
fn a_suppressed_client_is_not_told_of_streams_whose_owners_it_does_not_know() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    assert_eq!(a.ask(&mut world, &about("t", "create", "S", &json!({}))), 200);
    let (mut b, state) = Join::new("B").suppressed().enter_with_state(&mut world);
    assert_eq!(state.stream, []);
    assert_eq!(a.ask(&mut world, &about("t2", "delete", "S", &json!({}))), 200);
    assert_eq!(b.hear(&mut world), Vec::<String>::new());
    assert_eq!(b.ask(&mut world, &about("t", "create", "Own", &json!({}))), 200);
    b.send(&mut world, &read("r"));
    let frame = b.peek(&mut world).remove(0);
    let value: Value = serde_json::from_str(&frame.data).expect("checked");
    let state = SessionState::decode(&value["content"].to_string()).expect("checked");
    assert_eq!(state.stream.len(), 1);
}
