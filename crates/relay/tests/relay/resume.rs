//! Links that are lost, and clients that come back.

use otc_protocol::raptor::Uri;
use otc_protocol::rumor::{Frame, FrameType, header};
use otc_protocol::token::Role;
use otc_relay::Relay;
use serde_json::json;

use crate::client::{Client, End, messaging_url};
use crate::support::{KEY, session, start, token};

/// Opens a socket that resumes what [`Client::enter`] began.
async fn resume(relay: &Relay, session: &str, id: &str) -> Client {
    let url = messaging_url(relay, session, &token(session, Role::Publisher, "")).await;
    let url = format!("{url}&socketId={id}.{session}&reconnect=true&attempt=2");
    let mut client = Client::open(relay, &url, session, id).await;
    client.transactions = 1000;
    client
}

#[tokio::test]
async fn a_client_that_comes_back_gets_what_it_missed_once_and_in_order() {
    let relay = start(|_| ());
    let session = session(1);
    let mut a = Client::enter(&relay, &session, "a", Role::Publisher).await;
    let mut b = Client::enter(&relay, &session, "b", Role::Publisher).await;
    a.until("created", "b").await;
    a.signal(None, "0").await;
    assert_eq!(b.next_signal().await.0, "0");
    b.cut();
    for number in 1..20 {
        let sent = a.signal(None, &number.to_string()).await;
        assert_eq!(a.status_of(&sent).await, "200");
    }
    let mut b = resume(&relay, &session, "b").await;
    for number in 1..20 {
        assert_eq!(b.next_signal().await.0, number.to_string());
    }
    let sent = a.signal(Some("b"), "live again").await;
    assert_eq!(b.next_signal().await.0, "live again");
    // Nobody was told that it had been away.
    let (mut signals, mut other) = (0, 0);
    loop {
        let frame = a.frame().await;
        match frame.kind {
            FrameType::Message if frame.data.contains("\"signal\"") => signals += 1,
            FrameType::Message => other += 1,
            _ if frame.header(header::TRANSACTION_ID).is_some_and(|id| id == &*sent) => break,
            _ => {}
        }
    }
    assert_eq!((signals, other), (0, 0), "its own copies came before each status");
}

#[tokio::test]
async fn a_request_that_is_repeated_is_answered_again_and_done_once() {
    let relay = start(|_| ());
    let session = session(1);
    let mut a = Client::enter(&relay, &session, "a", Role::Publisher).await;
    let mut b = Client::enter(&relay, &session, "b", Role::Publisher).await;
    let uri = Uri::for_signal(KEY, &session, None, "u");
    let signal = json!({"method": "signal", "uri": uri, "content": {"data": "once"}});
    b.request_as("repeated", signal.clone(), &[]).await;
    assert_eq!(b.status_of("repeated").await, "200");
    b.cut();
    let mut b = resume(&relay, &session, "b").await;
    b.request_as("repeated", signal, &[]).await;
    assert_eq!(b.status_of("repeated").await, "200");
    b.signal(None, "next").await;
    a.until("created", "b").await;
    assert_eq!(a.next_signal().await.0, "once");
    assert_eq!(a.next_signal().await.0, "next");
}

#[tokio::test]
async fn a_new_socket_takes_over_from_one_that_still_looks_open() {
    let relay = start(|_| ());
    let session = session(1);
    let mut old = Client::enter(&relay, &session, "a", Role::Publisher).await;
    let mut new = resume(&relay, &session, "a").await;
    new.send(Frame::new(FrameType::Ping)).await;
    while new.frame().await.kind != FrameType::Pong {}
    old.end().await;
    new.signal(None, "still here").await;
    assert_eq!(new.next_signal().await.0, "still here");
}

#[tokio::test]
async fn what_cannot_be_resumed_is_told_1011() {
    let relay = start(|_| ());
    let session = session(1);
    let mut stranger = resume(&relay, &session, "stranger").await;
    stranger.send(Frame::new(FrameType::Ping)).await;
    assert_eq!(stranger.end().await, End::Closed(Some(1011)));
    let mut silent = resume(&relay, &session, "silent").await;
    assert_eq!(silent.end().await, End::Closed(Some(1011)));
}

#[tokio::test]
async fn a_client_that_stays_away_is_gone_when_the_grace_window_ends() {
    let relay = start(|config| config.set("limits.grace_window", "100ms").unwrap());
    let session = session(1);
    let mut a = Client::enter(&relay, &session, "a", Role::Publisher).await;
    let b = Client::enter(&relay, &session, "b", Role::Publisher).await;
    a.until("created", "b").await;
    b.cut();
    assert_eq!(a.until("deleted", "b").await["reason"], json!("networkDisconnected"));
    let mut late = resume(&relay, &session, "b").await;
    late.send(Frame::new(FrameType::Ping)).await;
    assert_eq!(late.end().await, End::Closed(Some(1011)));
}

#[tokio::test]
async fn a_disconnect_that_announces_a_return_is_no_leave() {
    let relay = start(|_| ());
    let session = session(1);
    let mut a = Client::enter(&relay, &session, "a", Role::Publisher).await;
    let mut b = Client::enter(&relay, &session, "b", Role::Publisher).await;
    a.until("created", "b").await;
    b.send(Frame::new(FrameType::Disconnect).with_header(header::RECONNECT, "1")).await;
    b.cut();
    a.signal(None, "meanwhile").await;
    let mut b = resume(&relay, &session, "b").await;
    assert_eq!(b.next_signal().await.0, "meanwhile");
    assert_eq!(a.next_signal().await.0, "meanwhile");
}
