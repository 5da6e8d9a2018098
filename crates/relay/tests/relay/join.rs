//! Entering a session and talking in it.

use otc_protocol::raptor::Uri;
use otc_protocol::rumor::{FrameType, header};
use otc_protocol::token::Role;
use serde_json::{Value, json};

use crate::client::{Client, End, FAMILIES, messaging_url};
use crate::support::{KEY, SECRET, now_s, request, rest_jwt, session, start, t1, token};

/// The ids of the connections in a session state.
fn ids(state: &Value) -> Vec<&str> {
    state["connection"].as_array().expect("a list").iter().map(|c| c["id"].as_str().expect("an id")).collect()
}

#[tokio::test]
async fn clients_of_all_generations_enter_and_are_told_who_is_there() {
    let relay = start(|_| ());
    for (number, (family, version)) in FAMILIES.into_iter().enumerate() {
        let session = session(number as u8);
        let mut first = Client::enter(&relay, &session, "first", Role::Publisher).await;
        let token = token(&session, Role::Moderator, "name=new");
        let url = messaging_url(&relay, &session, &token).await;
        let url = if family == "A" { url } else { format!("{url}&socketId=secret-{family}&attempt=1") };
        let mut new = Client::open(&relay, &url, &session, "new").await;
        let create = new.hello(&token, version).await;

        let status = new.frame().await;
        assert_eq!(status.kind, FrameType::Status, "{family}");
        assert_eq!(status.header(header::TRANSACTION_ID).map(|id| &**id), Some(&*create), "{family}");
        assert_eq!(status.header(header::STATUS).map(|s| &**s), Some("200"), "{family}");
        if matches!(family, "A" | "B") {
            assert_eq!(&*status.data, "", "{family}");
            let read = new.read_session().await;
            let (frame, message) = new.message().await;
            assert_eq!(frame.header(header::TRANSACTION_ID).map(|id| &**id), Some(&*read), "{family}");
            assert_eq!(message["method"], json!("read"), "{family}");
            let content = &message["content"];
            assert_eq!(ids(content), ["first", "new"], "{family}");
            let own = &content["connection"][1];
            assert_eq!(own["data"], json!("name=new"), "{family}");
            assert!(own["permissions"].as_array().unwrap().contains(&json!("forcedisconnect")), "{family}");
        } else {
            let state: Value = serde_json::from_str(&status.data).expect("the state of the session");
            assert_eq!(ids(&state), ["first", "new"], "{family}");
            assert!(state["stream"].is_array() && state["archive"].is_array(), "{family}: {state}");
            new.until("created", "new").await;
        }
        let created = first.until("created", "new").await;
        assert_eq!(created["content"]["data"], json!("name=new"), "{family}");

        new.signal(None, "hello").await;
        assert_eq!(first.next_signal().await, ("hello".to_owned(), "new".to_owned()), "{family}");
        new.leave().await;
        let deleted = first.until("deleted", "new").await;
        assert_eq!(deleted["reason"], json!("clientDisconnected"), "{family}");
    }
}

#[tokio::test]
async fn a_broadcast_reaches_everyone_and_a_directed_signal_one() {
    let relay = start(|_| ());
    let session = session(1);
    let mut a = Client::enter(&relay, &session, "a", Role::Publisher).await;
    let mut b = Client::enter(&relay, &session, "b", Role::Publisher).await;
    a.until("created", "b").await;
    let mut c = Client::enter(&relay, &session, "c", Role::Publisher).await;
    a.until("created", "c").await;
    b.until("created", "c").await;

    let all = a.signal(None, "to all").await;
    let one = a.signal(Some("b"), "to b").await;
    let own = a.signal(Some("a"), "to myself").await;
    let absent = a.signal(Some("nobody"), "to nobody").await;
    let end = a.signal(None, "end").await;
    for (transaction, status) in [(all, "200"), (one, "200"), (own, "200"), (absent, "404"), (end, "200")] {
        assert_eq!(a.status_of(&transaction).await, status, "{transaction}");
    }
    let mut again = Client::enter(&relay, &session, "d", Role::Publisher).await;
    again.signal(None, "last").await;
    for (client, expected) in [(&mut b, &["to all", "to b", "end"][..]), (&mut c, &["to all", "end"])] {
        for data in expected {
            assert_eq!(client.next_signal().await, ((*data).to_owned(), "a".to_owned()), "{}", client.id);
        }
        client.until("created", "d").await;
        assert_eq!(client.next_signal().await.0, "last");
    }
}

#[tokio::test]
async fn the_sender_of_a_broadcast_receives_it_too() {
    let relay = start(|_| ());
    let mut a = Client::enter(&relay, &session(1), "a", Role::Publisher).await;
    a.signal(None, "echo").await;
    assert_eq!(a.next_signal().await, ("echo".to_owned(), "a".to_owned()));
}

#[tokio::test]
async fn sessions_do_not_hear_each_other() {
    let relay = start(|_| ());
    let mut here = Client::enter(&relay, &session(1), "here", Role::Publisher).await;
    let mut there = Client::enter(&relay, &session(2), "there", Role::Publisher).await;
    here.signal(None, "here only").await;
    there.signal(None, "there only").await;
    assert_eq!(here.next_signal().await.0, "here only");
    assert_eq!(there.next_signal().await.0, "there only");
}

#[tokio::test]
async fn a_bad_token_is_refused_at_create_and_the_socket_closed_for_good() {
    let relay = start(|_| ());
    let session = session(1);
    let good = token(&session, Role::Publisher, "");
    let url = messaging_url(&relay, &session, &good).await;
    for (what, bad) in [
        ("expired", t1(&session, Role::Publisher, "", now_s() - 20, now_s() - 10, SECRET)),
        ("wrong secret", t1(&session, Role::Publisher, "", now_s(), now_s() + 10, "guess")),
        ("nonsense", "nonsense".to_owned()),
    ] {
        let mut client = Client::open(&relay, &format!("{url}&socketId=s"), &session, "a").await;
        let create = client.hello(&bad, Some("otc-0.1.0")).await;
        assert_eq!(client.status_of(&create).await, "403", "{what}");
        assert_eq!(client.end().await, End::Closed(Some(1000)), "{what}");
    }
}

#[tokio::test]
async fn servers_signal_list_and_remove_over_rest() {
    let relay = start(|_| ());
    let session = session(1);
    let mut a = Client::enter(&relay, &session, "a", Role::Publisher).await;
    let mut b = Client::enter(&relay, &session, "b", Role::Publisher).await;
    a.until("created", "b").await;
    let credential = rest_jwt();
    let headers = [("X-OPENTOK-AUTH", &*credential), ("Content-Type", "application/json")];
    let path = |rest: &str| format!("/v2/project/{KEY}/session/{session}/{rest}");

    let answer = request(&relay, "POST", &path("signal"), &headers, r#"{"type":"t","data":"for all"}"#).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    let answer = request(&relay, "POST", &path("connection/b/signal"), &headers, r#"{"data":"for b"}"#).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    let from_server = |data: &str| (data.to_owned(), String::new());
    assert_eq!(a.next_signal().await, from_server("for all"));
    assert_eq!(b.next_signal().await, from_server("for all"));
    assert_eq!(b.next_signal().await, from_server("for b"));
    assert_eq!(request(&relay, "POST", &path("connection/x/signal"), &headers, "{}").await.status, 404);

    let answer = request(&relay, "GET", &path("connection"), &headers, "").await;
    let list = answer.json();
    assert_eq!((answer.status, &list["count"], &list["sessionId"]), (200, &json!(2), &json!(session)));
    assert_eq!(list["items"][0]["connectionId"], json!("a"));
    assert_eq!(list["items"][0]["connectionState"], json!("Connected"));
    assert!(list["items"][0]["createdAt"].as_u64().unwrap() / 1000 <= now_s());

    let answer = request(&relay, "DELETE", &path("connection/b"), &headers, "").await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    for client in [&mut a, &mut b] {
        assert_eq!(client.until("deleted", "b").await["reason"], json!("forceDisconnected"));
    }
    assert_eq!(b.end().await, End::Closed(Some(1000)));
    assert_eq!(request(&relay, "DELETE", &path("connection/b"), &headers, "").await.status, 404);
}

#[tokio::test]
async fn moderators_remove_and_others_may_not() {
    let relay = start(|_| ());
    let session = session(1);
    let mut moderator = Client::enter(&relay, &session, "m", Role::Moderator).await;
    let mut publisher = Client::enter(&relay, &session, "p", Role::Publisher).await;
    let remove =
        |id: &str| json!({"method": "delete", "uri": Uri::for_connection(KEY, &session, id), "content": {}});
    let refused = publisher.request_with(remove("m"), &[]).await;
    assert_eq!(publisher.status_of(&refused).await, "403");
    let granted = moderator.request_with(remove("p"), &[]).await;
    assert_eq!(moderator.status_of(&granted).await, "200");
    assert_eq!(publisher.until("deleted", "p").await["reason"], json!("forceDisconnected"));
    assert_eq!(publisher.end().await, End::Closed(Some(1000)));
}

#[tokio::test]
async fn a_full_session_is_told_410() {
    let relay = start(|config| config.set("limits.connections_per_session", "1").unwrap());
    let session = session(1);
    let _first = Client::enter(&relay, &session, "a", Role::Publisher).await;
    let token = token(&session, Role::Publisher, "");
    let url = messaging_url(&relay, &session, &token).await;
    let mut second = Client::open(&relay, &format!("{url}&socketId=s"), &session, "b").await;
    let create = second.hello(&token, Some("otc-0.1.0")).await;
    assert_eq!(second.status_of(&create).await, "410");
    assert_eq!(second.end().await, End::Closed(Some(1000)));
}
