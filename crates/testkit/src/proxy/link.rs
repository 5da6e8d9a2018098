//! One connection through the proxy.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::{Cut, Direction, Orders, Shared};

/// How long the proxy waits for both sides to close after a cut by FIN. Closing at once would send a reset instead,
/// because unread bytes would be left.
const LINGER: Duration = Duration::from_secs(5);

/// How long one piece of throttled bytes takes.
const PACE: Duration = Duration::from_millis(20);

/// Why forwarding stopped before both sides had ended.
enum Stop {
    Cut(Cut),
    Broken,
}

/// Forwards one client's connection to its end.
pub(super) async fn forward(client: TcpStream, target: SocketAddr, shared: Arc<Shared>) {
    let mut orders = shared.orders.subscribe();
    let known = orders.borrow_and_update().cut.0;
    let Ok(server) = TcpStream::connect(target).await else {
        reset(client);
        return;
    };
    // Delaying small writes would hide where exactly a cut falls.
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let live = Live::new(&shared);
    let stop = run(client, server, &shared, orders, known).await;
    drop(live);
    if let Some((stop, client, server)) = stop {
        finish(stop, client, server, &shared).await;
    }
}

/// Counts a connection while it is forwarded, also when its task is dropped.
struct Live<'a>(&'a Shared);

impl<'a> Live<'a> {
    fn new(shared: &'a Shared) -> Self {
        shared.count(&shared.live, 1);
        Self(shared)
    }
}

impl Drop for Live<'_> {
    fn drop(&mut self) {
        self.0.live.fetch_sub(1, Ordering::Relaxed);
        self.0.changed.send_replace(());
    }
}

async fn run(
    mut client: TcpStream,
    mut server: TcpStream,
    shared: &Shared,
    mut orders: watch::Receiver<Orders>,
    known: u64,
) -> Option<(Stop, TcpStream, TcpStream)> {
    let stop = {
        let (up, down) = (orders.clone(), orders.clone());
        let (client_read, client_write) = client.split();
        let (server_read, server_write) = server.split();
        let both = async {
            tokio::try_join!(
                copy(client_read, server_write, Direction::Up, shared, up),
                copy(server_read, client_write, Direction::Down, shared, down),
            )
        };
        tokio::select! {
            cut = ordered(&mut orders, known) => Some(Stop::Cut(cut)),
            ended = both => ended.err(),
        }
    };
    stop.map(|stop| (stop, client, server))
}

/// Waits for a cut that is newer than the one known.
async fn ordered(orders: &mut watch::Receiver<Orders>, known: u64) -> Cut {
    loop {
        let (number, cut) = orders.borrow_and_update().cut;
        if number != known {
            return cut;
        }
        if orders.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Forwards one direction until its sender ends, and passes the end on.
async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    direction: Direction,
    shared: &Shared,
    mut orders: watch::Receiver<Orders>,
) -> Result<(), Stop> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        if let (_, Some(cut)) = shared.admit(direction, 0) {
            return Err(Stop::Cut(cut));
        }
        let way = orders.borrow_and_update().way(direction);
        if way.stalled {
            orders.changed().await.map_err(|_| Stop::Broken)?;
            continue;
        }
        let room = way.rate.map_or(buffer.len(), |rate| piece(rate).min(buffer.len()));
        let read = tokio::select! {
            read = from.read(&mut buffer[..room]) => read.map_err(|_| Stop::Broken)?,
            changed = orders.changed() => {
                changed.map_err(|_| Stop::Broken)?;
                continue;
            }
        };
        if read == 0 {
            return to.shutdown().await.map_err(|_| Stop::Broken);
        }
        let mut waiting = &buffer[..read];
        while !waiting.is_empty() {
            // A stall or throttle that was ordered while the bytes arrived is for them too.
            let way = orders.borrow_and_update().way(direction);
            if way.stalled {
                orders.changed().await.map_err(|_| Stop::Broken)?;
                continue;
            }
            let room = way.rate.map_or(waiting.len(), |rate| piece(rate).min(waiting.len()));
            let (admitted, cut) = shared.admit(direction, room);
            to.write_all(&waiting[..admitted]).await.map_err(|_| Stop::Broken)?;
            shared.forwarded(direction, admitted);
            waiting = &waiting[admitted..];
            if let Some(cut) = cut {
                return Err(Stop::Cut(cut));
            }
            if way.rate.is_some() {
                tokio::time::sleep(PACE).await;
            }
        }
    }
}

/// How many bytes make [`PACE`] at this rate.
fn piece(rate: u32) -> usize {
    let bytes = u64::from(rate) * PACE.as_millis() as u64 / 1000;
    usize::try_from(bytes).unwrap_or(usize::MAX).max(1)
}

async fn finish(stop: Stop, client: TcpStream, server: TcpStream, shared: &Shared) {
    let Stop::Cut(cut) = stop else {
        // One side broke; the other is to see that.
        reset(client);
        reset(server);
        return;
    };
    shared.count(&shared.cut, 1);
    match cut {
        Cut::Fin => {
            let end = async |mut side: TcpStream| {
                let _ = side.shutdown().await;
                swallow(side).await;
            };
            let _ = tokio::time::timeout(LINGER, async { tokio::join!(end(client), end(server)) }).await;
        }
        Cut::Rst => {
            reset(client);
            reset(server);
        }
        Cut::KeepClient => {
            reset(server);
            swallow(client).await;
        }
        Cut::KeepTarget => {
            reset(client);
            swallow(server).await;
        }
        Cut::Silence => {
            tokio::join!(swallow(client), swallow(server));
        }
    }
}

/// Reads until the other side ends, and forgets.
async fn swallow(mut side: TcpStream) {
    let mut buffer = [0; 4096];
    while matches!(side.read(&mut buffer).await, Ok(read) if read > 0) {}
}

/// Closes with a reset.
fn reset(side: TcpStream) {
    let lingering: io::Result<()> = side.set_zero_linger();
    debug_assert!(lingering.is_ok(), "{lingering:?}");
    drop(side);
}
