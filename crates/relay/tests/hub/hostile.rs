//! Clients that send whatever they like. The harness checks what leaves the hub; here it must only go on.

use bytes::Bytes;
use otc_protocol::rumor::{Frame, FrameType, header};
use otc_relay::io::{CloseSeen, PeerId};
use proptest::prelude::*;

use crate::harness::*;

#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "nearly all are frames")]
enum Step {
    Open { socket: usize, socket_id: Option<u8>, reconnect: bool },
    Frame { socket: usize, frame: Frame },
    Bytes { socket: usize, bytes: Vec<u8> },
    Close { socket: usize, seen: Option<Option<u16>> },
    Text { socket: usize },
    Pass { seconds: u64 },
    Remove { connection: String },
}

/// Few of each, so that they meet.
fn id() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(vec!["A", "B", "C"]).prop_map(str::to_owned),
        1 => Just(SESSION.to_owned()),
        1 => "[a-z/\\\\\"é]{0,3}",
    ]
}

fn uri() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just(topic()),
        4 => id().prop_map(|id| connection_uri(&id)),
        3 => id().prop_map(|id| format!("{}/signal/{id}", topic())),
        3 => (id(), id()).prop_map(|(to, id)| format!("{}/signal/{id}", connection_uri(&to))),
        2 => id().prop_map(|id| format!("{}/stream/{id}", topic())),
        1 => (id(), id()).prop_map(|(id, channel)| format!("{}/stream/{id}/channel/{channel}", topic())),
        1 => "[a-z/]{0,20}",
    ]
}

fn content() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("{}".to_owned()),
        Just(r#"{"clientVersion":"js-2.7.6"}"#.to_owned()),
        Just(
            r#"{"clientVersion":"otc-1","connectionEventsSuppressed":true,"capabilities":["otc-x/1",7]}"#
                .to_owned()
        ),
        Just(r#"{"type":"t","data":{"a":[1,"\ud800"]}}"#.to_owned()),
        Just(r#"{"name":"n","channel":[{"id":"A","type":"video"},3]}"#.to_owned()),
        Just("[".repeat(300)),
        "[\\[\\]{}\":,0-9a-z\\\\]{0,12}",
    ]
}

fn payload() -> impl Strategy<Value = String> {
    let method = prop::sample::select(vec!["create", "read", "delete", "signal", "update", "offer", ""]);
    prop_oneof![
        9 => (method, uri(), content()).prop_map(|(method, uri, content)| {
            let uri = serde_json::Value::from(uri);
            format!("{{\"method\":\"{method}\",\"uri\":{uri},\"content\":{content}}}")
        }),
        1 => ".{0,20}",
    ]
}

fn frame() -> impl Strategy<Value = Frame> {
    let kind = prop_oneof![
        6 => Just(FrameType::Message),
        2 => Just(FrameType::Connect),
        2 => Just(FrameType::Status),
        1 => any::<u8>().prop_map(FrameType::from_wire),
    ];
    let transaction = prop_oneof![Just(String::new()), "t[0-9]", Just("t".repeat(300))];
    let token = prop_oneof![Just(token("publisher", "")), Just(token("moderator", "x")), Just(String::new())];
    (kind, id(), transaction, token, payload()).prop_map(|(kind, id, transaction, token, payload)| {
        Frame::new(kind)
            .with_address("anything")
            .with_header(header::UNIQUE_ID, id)
            .with_header(header::TRANSACTION_ID, transaction)
            .with_header(header::TOKEN_AUTH, token)
            .with_data(payload)
    })
}

fn step() -> impl Strategy<Value = Step> {
    let socket = || 0..4_usize;
    prop_oneof![
        4 => (socket(), prop::option::of(0..3_u8), any::<bool>())
            .prop_map(|(socket, socket_id, reconnect)| Step::Open { socket, socket_id, reconnect }),
        20 => (socket(), frame()).prop_map(|(socket, frame)| Step::Frame { socket, frame }),
        1 => (socket(), prop::collection::vec(any::<u8>(), 0..40))
            .prop_map(|(socket, bytes)| Step::Bytes { socket, bytes }),
        1 => (socket(), any::<Option<Option<u16>>>()).prop_map(|(socket, seen)| Step::Close { socket, seen }),
        1 => socket().prop_map(|socket| Step::Text { socket }),
        1 => (0..50_u64).prop_map(|seconds| Step::Pass { seconds }),
        1 => id().prop_map(|connection| Step::Remove { connection }),
    ]
}

fn run(world: &mut World, sockets: &mut [Option<PeerId>; 4], step: &Step) {
    match step {
        Step::Open { socket, socket_id, reconnect } => {
            let socket_id = socket_id.map(|number| format!("secret-socket-{number}"));
            sockets[*socket] = Some(world.open(socket_id.as_deref(), *reconnect));
        }
        Step::Frame { socket, frame } => {
            if let Some(peer) = sockets[*socket] {
                world.send(peer, frame);
            }
        }
        Step::Bytes { socket, bytes } => {
            if let Some(peer) = sockets[*socket] {
                world.send_raw(peer, Bytes::from(bytes.clone()));
            }
        }
        Step::Close { socket, seen } => {
            if let Some(peer) = sockets[*socket].take() {
                world.end(peer, seen.map_or(CloseSeen::Lost, CloseSeen::Code));
            }
        }
        Step::Text { socket } => {
            if let Some(peer) = sockets[*socket] {
                world.call(|hub, now| hub.peer_text(peer, now));
            }
        }
        Step::Pass { seconds } => world.pass_s(*seconds),
        Step::Remove { connection } => {
            let _ = world.call(|hub, now| hub.force_disconnect(SESSION, connection, now));
        }
    }
}

proptest! {
    #![proptest_config(tries(150))]

    #[test]
    fn whatever_clients_send_the_hub_goes_on_and_forgets_them_in_the_end(
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let mut world = World::with(|limits| {
            (limits.kept_messages, limits.remembered_requests, limits.connections_per_session) = (20, 5, 2);
            (limits.requests_per_second, limits.request_burst) = (5, 10);
        });
        let mut sockets = [None; 4];
        for step in &steps {
            run(&mut world, &mut sockets, step);
            let stats = world.hub.stats();
            let present = stats.joins - stats.left - stats.lost - stats.removed;
            prop_assert_eq!(stats.connections, present);
            prop_assert!(stats.connections_away <= stats.connections && stats.connections <= 2);
        }
        for peer in sockets.into_iter().flatten() {
            world.end(peer, CloseSeen::Lost);
        }
        world.pass_s(300);
        let stats = world.hub.stats();
        prop_assert_eq!((stats.peers, stats.sessions, stats.kept_messages, stats.kept_bytes), (0, 0, 0, 0));
        prop_assert_eq!(world.hub.poll_timeout(), None);
    }
}
