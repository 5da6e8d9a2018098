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

/// One connection through a proxy that does something after so many bytes in a direction: the side that sends in it, and
/// the side that receives.
async fn link_with_fault(
    direction: Direction,
    bytes: u64,
    fault: Fault,
) -> (FaultProxy, TcpStream, TcpStream) {
    let (proxy, listener) = Bench::proxy().await;
    proxy.after(direction, bytes, fault);
    let (client, target) = Bench::link(&proxy, &listener).await;
    match direction {
        Direction::Up => (proxy, client, target),
        Direction::Down => (proxy, target, client),
    }
}

fn count(proxy: &FaultProxy, direction: Direction) -> u64 {
    match direction {
        Direction::Up => proxy.counts().up,
        Direction::Down => proxy.counts().down,
    }
}

const SENT: &[u8] = b"123456789";

#[tokio::test]
async fn cut_falls_after_exactly_so_many_bytes_in_either_direction() {
    for direction in [Direction::Up, Direction::Down] {
        for bytes in [0, 1, 5, 9] {
            for cut in [Cut::Fin, Cut::Rst] {
                let what = format!("{direction:?} after {bytes} bytes by {cut:?}");
                let (proxy, mut sender, mut receiver) =
                    link_with_fault(direction, bytes, Fault::Cut(cut)).await;
                // With 0 the connection may be gone before this is written.
                let _ = sender.write_all(SENT).await;
                let mut got = Vec::new();
                let end = within(receiver.read_to_end(&mut got)).await;
                assert_eq!(end.is_ok(), cut == Cut::Fin, "{what}");
                assert_eq!(got, SENT[..bytes as usize], "{what}");
                assert_eq!(count(&proxy, direction), bytes, "{what}");
            }
        }
    }
}

#[tokio::test]
async fn cut_after_bytes_happens_once() {
    let (proxy, listener) = Bench::proxy().await;
    proxy.cut_after(Direction::Down, 0, Cut::Fin);
    let (mut client, _target) = Bench::link(&proxy, &listener).await;
    expect_fin(&mut client).await;
    let (mut client, mut target) = Bench::link(&proxy, &listener).await;
    target.write_all(SENT).await.unwrap();
    expect(&mut client, SENT).await;
}

#[tokio::test]
async fn half_open_begins_after_exactly_so_many_bytes_in_either_direction() {
    for direction in [Direction::Up, Direction::Down] {
        for bytes in [0, 1, 5, 9] {
            for cut in [Cut::KeepClient, Cut::KeepTarget, Cut::Silence] {
                let (proxy, mut sender, mut receiver) =
                    link_with_fault(direction, bytes, Fault::Cut(cut)).await;
                let _ = sender.write_all(SENT).await;
                within(proxy.until(|counts| counts.cut == 1)).await;
                assert_eq!(count(&proxy, direction), bytes, "{direction:?} after {bytes} bytes by {cut:?}");
                let receiver_is_kept = match cut {
                    Cut::KeepClient => direction == Direction::Down,
                    Cut::KeepTarget => direction == Direction::Up,
                    _ => true,
                };
                if receiver_is_kept {
                    expect(&mut receiver, &SENT[..bytes as usize]).await;
                    expect_nothing(&receiver);
                }
                if !receiver_is_kept || cut == Cut::Silence {
                    // What comes after it vanishes, and nobody says so.
                    within(sender.write_all(b"anybody there?")).await.unwrap();
                    expect_nothing(&sender);
                }
            }
        }
    }
}

#[tokio::test]
async fn stall_begins_after_exactly_so_many_bytes_in_either_direction_and_loses_none() {
    for direction in [Direction::Up, Direction::Down] {
        for bytes in [0, 1, 5, 9] {
            let (proxy, mut sender, mut receiver) = link_with_fault(direction, bytes, Fault::Stall).await;
            sender.write_all(SENT).await.unwrap();
            expect(&mut receiver, &SENT[..bytes as usize]).await;
            // The other direction goes on, and what it brings comes after the proxy had its chance.
            receiver.write_all(b"free").await.unwrap();
            expect(&mut sender, b"free").await;
            expect_nothing(&receiver);
            assert_eq!(count(&proxy, direction), bytes);
            proxy.stall(direction, false);
            expect(&mut receiver, &SENT[bytes as usize..]).await;
        }
    }
}

#[tokio::test]
async fn throttle_begins_after_exactly_so_many_bytes_in_either_direction_and_loses_none() {
    for direction in [Direction::Up, Direction::Down] {
        // A byte each 20 ms: had it begun with the first of 10,000, this would not end in time.
        for (bytes, throttled) in [(0, 8), (9_990, 10)] {
            let (_proxy, mut sender, mut receiver) =
                link_with_fault(direction, bytes, Fault::Throttle(1)).await;
            let sent = vec![7; bytes as usize + throttled];
            let begun = tokio::time::Instant::now();
            sender.write_all(&sent).await.unwrap();
            expect(&mut receiver, &sent).await;
            let least = Duration::from_millis(20) * (throttled as u32 - 1);
            assert!(begun.elapsed() >= least, "{direction:?} after {bytes}: {:?}", begun.elapsed());
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
    // Nobody else gets the port meanwhile.
    #[cfg(unix)]
    assert_eq!(std::net::TcpListener::bind(bench.proxy.address()).unwrap_err().kind(), ErrorKind::AddrInUse);
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
async fn throttled_bytes_take_their_time_and_all_arrive() {
    let mut bench = Bench::new().await;
    bench.proxy.throttle(Direction::Down, Some(50_000));
    let sent = vec![7; 10_000];
    let begun = tokio::time::Instant::now();
    bench.target.write_all(&sent).await.unwrap();
    expect(&mut bench.client, &sent).await;
    assert!(begun.elapsed() >= Duration::from_millis(180), "{:?}", begun.elapsed());
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
