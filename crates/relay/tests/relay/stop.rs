//! How a relay ends.

use std::time::Duration;

use otc_protocol::token::Role;
use tokio::net::TcpStream;

use crate::client::{Client, End};
use crate::support::{session, soon, start};

#[tokio::test]
async fn a_relay_that_stops_tells_every_client_1011() {
    let relay = start(|config| config.set("shards", "2").unwrap());
    let mut clients = Vec::new();
    for number in 0..4 {
        clients.push(Client::enter(&relay, &session(number), "a", Role::Publisher).await);
    }
    let address = relay.address();
    let stop = tokio::spawn(relay.stop());
    for client in &mut clients {
        assert_eq!(client.end().await, End::Closed(Some(1011)));
    }
    soon("the end", stop).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_relay_that_was_empty_before_tells_its_clients_too() {
    let relay = start(|config| config.set("shards", "1").unwrap());
    Client::enter(&relay, &session(1), "first", Role::Publisher).await.leave().await;
    soon("the first is gone", async {
        while relay.open_sockets() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let mut second = Client::enter(&relay, &session(1), "second", Role::Publisher).await;
    let (end, stopped) = tokio::join!(second.end(), relay.stop());
    stopped.unwrap();
    assert_eq!(end, End::Closed(Some(1011)));
}

#[tokio::test]
async fn a_relay_does_not_wait_for_clients_that_do_not_answer_its_close() {
    let relay = start(|config| config.set("link.close_timeout", "100ms").unwrap());
    let silent = Client::enter(&relay, &session(1), "a", Role::Publisher).await;
    soon("the end", relay.stop()).await.unwrap();
    drop(silent);
}

#[tokio::test]
async fn clients_may_finish_while_a_relay_drains() {
    let relay = start(|config| config.drain = Duration::from_secs(3600));
    let mut a = Client::enter(&relay, &session(1), "a", Role::Publisher).await;
    let stop = tokio::spawn(relay.stop());
    a.signal(None, "still heard").await;
    assert_eq!(a.next_signal().await.0, "still heard");
    assert!(!stop.is_finished());
    a.leave().await;
    soon("the end once the last has left", stop).await.unwrap().unwrap();
}

#[tokio::test]
async fn draining_has_an_end() {
    let relay = start(|config| config.drain = Duration::from_millis(50));
    let mut a = Client::enter(&relay, &session(1), "a", Role::Publisher).await;
    let stop = tokio::spawn(relay.stop());
    assert_eq!(a.end().await, End::Closed(Some(1011)));
    soon("the end", stop).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_relay_that_is_dropped_ends() {
    let relay = start(|_| ());
    let mut a = Client::enter(&relay, &session(1), "a", Role::Publisher).await;
    drop(relay);
    assert_eq!(a.end().await, End::Closed(Some(1011)));
}

#[tokio::test]
async fn run_serves_until_it_is_told_to_stop() {
    let mut config = otc_relay::Config::default();
    config.keys.set_project("100", &["s"]).unwrap();
    let listener = otc_relay::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(otc_relay::run(listener, config, async {
        let _ = stopped.await;
    }));
    soon("a connection", TcpStream::connect(address)).await.unwrap();
    stop.send(()).unwrap();
    soon("the end", running).await.unwrap().unwrap();
}
