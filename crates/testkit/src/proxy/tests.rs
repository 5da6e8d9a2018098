//! The proxy over real sockets. Every wait has a limit; none is for a fixed time.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const LIMIT: Duration = Duration::from_secs(20);

async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, what).await.expect("came to nothing in time")
}

/// A proxy, and both ends of one connection through it.
struct Bench {
    proxy: FaultProxy,
    listener: TcpListener,
    client: TcpStream,
    target: TcpStream,
}

impl Bench {
    async fn new() -> Self {
        let (proxy, listener) = Self::proxy().await;
        let (client, target) = Self::link(&proxy, &listener).await;
        Self { proxy, listener, client, target }
    }

    async fn proxy() -> (FaultProxy, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = FaultProxy::start(listener.local_addr().unwrap()).await.unwrap();
        (proxy, listener)
    }

    async fn link(proxy: &FaultProxy, listener: &TcpListener) -> (TcpStream, TcpStream) {
        let client = within(TcpStream::connect(proxy.address())).await.unwrap();
        let (target, _) = within(listener.accept()).await.unwrap();
        (client, target)
    }

    async fn both_ways(&mut self) {
        self.client.write_all(b"ping").await.unwrap();
        expect(&mut self.target, b"ping").await;
        self.target.write_all(b"pong").await.unwrap();
        expect(&mut self.client, b"pong").await;
    }
}

async fn expect(side: &mut TcpStream, bytes: &[u8]) {
    let mut buffer = vec![0; bytes.len()];
    within(side.read_exact(&mut buffer)).await.unwrap();
    assert_eq!(buffer, bytes);
}

async fn expect_fin(side: &mut TcpStream) {
    assert_eq!(within(side.read(&mut [0; 8])).await.unwrap(), 0);
}

async fn expect_reset(side: &mut TcpStream) {
    let error = within(side.read(&mut [0; 8])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

/// Nothing has come, and the connection stands as far as this side can tell.
fn expect_nothing(side: &TcpStream) {
    assert_eq!(side.try_read(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[tokio::test]
async fn forwards_both_ways_and_passes_on_ends() {
    let mut bench = Bench::new().await;
    bench.both_ways().await;
    bench.client.shutdown().await.unwrap();
    expect_fin(&mut bench.target).await;
    bench.target.write_all(b"last words").await.unwrap();
    expect(&mut bench.client, b"last words").await;
    drop(bench.target);
    expect_fin(&mut bench.client).await;
    within(bench.proxy.until(|counts| counts.live == 0)).await;
    assert_eq!(bench.proxy.counts(), Counts { accepted: 1, live: 0, cut: 0, up: 4, down: 14 });
}

#[tokio::test]
async fn cut_by_fin_looks_like_an_orderly_end_to_both() {
    let mut bench = Bench::new().await;
    bench.both_ways().await;
    bench.proxy.cut(Cut::Fin);
    expect_fin(&mut bench.client).await;
    expect_fin(&mut bench.target).await;
    (bench.client, bench.target) = Bench::link(&bench.proxy, &bench.listener).await;
    bench.both_ways().await;
}

#[tokio::test]
async fn cut_by_rst_looks_like_a_reset_to_both() {
    let mut bench = Bench::new().await;
    bench.both_ways().await;
    bench.proxy.cut(Cut::Rst);
    expect_reset(&mut bench.client).await;
    expect_reset(&mut bench.target).await;
}

#[tokio::test]
async fn half_open_connections_tell_one_side_only() {
    let mut bench = Bench::new().await;
    bench.proxy.cut(Cut::KeepClient);
    expect_reset(&mut bench.target).await;
    within(bench.client.write_all(b"anybody there?")).await.unwrap();
    expect_nothing(&bench.client);

    let mut bench = Bench::new().await;
    bench.proxy.cut(Cut::KeepTarget);
    expect_reset(&mut bench.client).await;
    within(bench.target.write_all(b"anybody there?")).await.unwrap();
    expect_nothing(&bench.target);

    let mut bench = Bench::new().await;
    bench.proxy.cut(Cut::Silence);
    within(bench.proxy.until(|counts| counts.cut == 1)).await;
    within(bench.target.write_all(b"anybody there?")).await.unwrap();
    expect_nothing(&bench.client);
    expect_nothing(&bench.target);
}

#[tokio::test]
async fn stalled_bytes_arrive_when_resumed() {
    let mut bench = Bench::new().await;
    bench.proxy.stall(Direction::Up, true);
    bench.client.write_all(b"held").await.unwrap();
    bench.target.write_all(b"free").await.unwrap();
    expect(&mut bench.client, b"free").await;
    expect_nothing(&bench.target);
    bench.proxy.stall(Direction::Up, false);
    expect(&mut bench.target, b"held").await;
}

#[tokio::test]
async fn cut_falls_after_exactly_so_many_bytes() {
    for bytes in [0, 1, 5, 9] {
        for cut in [Cut::Fin, Cut::Rst] {
            let (proxy, listener) = Bench::proxy().await;
            proxy.cut_after(Direction::Down, bytes, cut);
            let (mut client, mut target) = Bench::link(&proxy, &listener).await;
            let sent = b"123456789";
            // With 0 the connection may be gone before this is written.
            let _ = target.write_all(sent).await;
            let mut got = Vec::new();
            let end = within(client.read_to_end(&mut got)).await;
            assert_eq!(end.is_ok(), cut == Cut::Fin, "after {bytes} bytes by {cut:?}");
            assert_eq!(got, sent[..bytes as usize], "after {bytes} bytes by {cut:?}");
            assert_eq!(proxy.counts().down, bytes);
            let (mut client, mut target) = Bench::link(&proxy, &listener).await;
            target.write_all(sent).await.unwrap();
            expect(&mut client, sent).await;
        }
    }
}

#[tokio::test]
async fn bytes_are_counted_over_all_connections() {
    let (proxy, listener) = Bench::proxy().await;
    proxy.cut_after(Direction::Up, 7, Cut::Fin);
    let (mut first, mut first_target) = Bench::link(&proxy, &listener).await;
    first.write_all(b"12345").await.unwrap();
    expect(&mut first_target, b"12345").await;
    let (mut second, mut second_target) = Bench::link(&proxy, &listener).await;
    second.write_all(b"678").await.unwrap();
    expect(&mut second_target, b"67").await;
    expect_fin(&mut second_target).await;
    first.write_all(b"9").await.unwrap();
    expect(&mut first_target, b"9").await;
}

#[tokio::test]
async fn refused_connections_are_refused_until_accepted_again() {
    let mut bench = Bench::new().await;
    bench.proxy.refuse(true);
    // The order takes effect at a moment of its own; what is refused then stays refused.
    let refused = async {
        loop {
            match TcpStream::connect(bench.proxy.address()).await {
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => return,
                // Taken before the order, or caught in the queue by it.
                Ok(_) | Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    within(refused).await;
    bench.both_ways().await;
    bench.proxy.refuse(false);
    let accepted = async {
        while TcpStream::connect(bench.proxy.address()).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    within(accepted).await;
}

#[tokio::test]
async fn throttled_bytes_all_arrive() {
    let mut bench = Bench::new().await;
    bench.proxy.throttle(Direction::Down, Some(50_000));
    let sent = vec![7; 10_000];
    bench.target.write_all(&sent).await.unwrap();
    expect(&mut bench.client, &sent).await;
    bench.proxy.throttle(Direction::Down, None);
    bench.both_ways().await;
}

#[tokio::test]
async fn absent_target_resets_the_client() {
    let (proxy, listener) = Bench::proxy().await;
    drop(listener);
    let mut client = within(TcpStream::connect(proxy.address())).await.unwrap();
    expect_reset(&mut client).await;
}

#[tokio::test]
async fn orders_come_as_lines_too() {
    let mut bench = Bench::new().await;
    bench.both_ways().await;
    within(bench.proxy.until(|counts| counts.down == 4)).await;
    assert_eq!(command::carry_out(&bench.proxy, "status"), "accepted=1 live=1 cut=0 up=4 down=4");
    assert_eq!(command::carry_out(&bench.proxy, "cut fin"), "ok");
    expect_fin(&mut bench.client).await;
    assert!(command::carry_out(&bench.proxy, "dance").starts_with("error: "));
}
