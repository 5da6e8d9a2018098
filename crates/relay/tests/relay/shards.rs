//! Several shards: every session on one of them, wherever its sockets came in.

use std::time::Duration;

use otc_protocol::rumor::header;
use otc_protocol::token::Role;
use otc_relay::Relay;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, End, binary, messaging_url};
use crate::support::{KEY, request, rest_jwt, session, start, token};

const SHARDS: &str = "4";

fn start_sharded() -> Relay {
    start(|config| config.set("shards", SHARDS).unwrap())
}

#[tokio::test]
async fn clients_meet_whichever_shard_their_sockets_came_to() {
    let relay = start_sharded();
    for number in 0..8 {
        let session = session(number);
        let mut clients = Vec::new();
        for id in ["a", "b", "c", "d"] {
            clients.push(Client::enter(&relay, &session, id, Role::Publisher).await);
        }
        clients[3].signal(None, "all").await;
        for (index, client) in clients.iter_mut().enumerate() {
            for later in &["a", "b", "c", "d"][index + 1..] {
                client.until("created", later).await;
            }
            assert_eq!(client.next_signal().await, ("all".to_owned(), "d".to_owned()));
        }
    }
    let used = relay.stats().await.iter().filter(|stats| stats.joins > 0).count();
    assert!(used > 1, "eight sessions spread over {used} shards");
}

#[tokio::test]
async fn a_socket_without_a_hint_finds_its_session() {
    let relay = start_sharded();
    let url = format!("ws://{}/rumorwebsocketsv2", relay.address());
    for number in 0..8 {
        let session = session(number);
        let mut first = Client::enter(&relay, &session, "a", Role::Publisher).await;
        let mut client = Client::open(&relay, &url, &session, "b").await;
        let create = client.hello(&token(&session, Role::Publisher, ""), None).await;
        assert_eq!(client.status_of(&create).await, "200");
        first.until("created", "b").await;
        client.signal(None, "found").await;
        assert_eq!(first.next_signal().await.0, "found");
    }
}

#[tokio::test]
async fn a_socket_without_a_hint_is_answered_at_once_when_it_breaks_the_rules() {
    let relay = start_sharded();
    let url = format!("ws://{}/rumorwebsocketsv2", relay.address());
    let nonsense: [(&str, Message); 2] =
        [("text", Message::Text("hello".into())), ("no frame", binary(b"\0\0\0\x01\0\0\x02"))];
    for (what, message) in nonsense {
        let mut client = Client::open(&relay, &url, &session(0), "a").await;
        client.send_raw(message).await;
        assert_eq!(client.end().await, End::Closed(Some(1011)), "{what}");
    }
}

#[tokio::test]
async fn a_socket_without_a_hint_that_never_names_its_session_has_no_more_time_than_others() {
    let relay = start(|config| {
        config.set("shards", SHARDS).unwrap();
        config.limits.create_timeout = Duration::from_millis(100);
    });
    let url = format!("ws://{}/rumorwebsocketsv2", relay.address());
    let mut client = Client::open(&relay, &url, &session(0), "a").await;
    assert_eq!(client.end().await, End::Closed(Some(1000)));
}

#[tokio::test]
async fn a_hint_of_another_session_does_not_split_one() {
    let relay = start_sharded();
    let mut refused = 0;
    for number in 1..8 {
        let token_of = |session: &str| token(session, Role::Publisher, "");
        let (own, other) = (session(0), session(number));
        let url = messaging_url(&relay, &other, &token_of(&other)).await;
        let mut client = Client::open(&relay, &format!("{url}&socketId=s{number}"), &own, "a").await;
        let create = client.hello(&token_of(&own), Some("otc-0.1.0")).await;
        let status = client.frame().await;
        assert_eq!(status.header(header::TRANSACTION_ID).map(|id| &**id), Some(&*create));
        if status.header(header::STATUS).is_some_and(|status| status == "403") {
            refused += 1;
            assert_eq!(client.end().await, End::Closed(Some(1000)));
        } else {
            client.leave().await;
        }
    }
    assert!(refused > 0, "some hints lead to other shards");
}

#[tokio::test]
async fn rest_calls_reach_the_session_from_every_shard() {
    let relay = start_sharded();
    let credential = rest_jwt();
    for number in 0..8 {
        let session = session(number);
        let mut client = Client::enter(&relay, &session, "a", Role::Publisher).await;
        let path = format!("/v2/project/{KEY}/session/{session}/signal");
        let headers = [("X-OPENTOK-AUTH", &*credential)];
        assert_eq!(request(&relay, "POST", &path, &headers, r#"{"data":"hi"}"#).await.status, 204);
        assert_eq!(client.next_signal().await, ("hi".to_owned(), String::new()));
    }
}
