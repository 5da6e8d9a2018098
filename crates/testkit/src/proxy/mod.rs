//! A TCP proxy that breaks links on purpose, between real programs over real sockets.
//!
//! It listens on the loopback, forwards each connection to one target, and does to them what it is told: cut by FIN
//! or RST, stall, drop one side silently, throttle, refuse; each but the last also after exactly so many bytes.
//! In-process it is a [`FaultProxy`]; as the program `otc-fault-proxy` it takes the same orders as lines
//! ([`command`]).

pub mod command;
mod link;

#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the target.
    Up,
    /// From the target to the client.
    Down,
}

/// How a connection is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Both sides see an orderly end. What was still under way is thrown away.
    Fin,
    /// Both sides see a reset.
    Rst,
    /// The target sees a reset; the client sees nothing, now or later. What it sends is swallowed.
    KeepClient,
    /// The client sees a reset; the target sees nothing, now or later. What it sends is swallowed.
    KeepTarget,
    /// Neither side sees anything. What they send is swallowed.
    Silence,
}

/// What may happen after a number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection that carried the last of them is broken.
    Cut(Cut),
    /// Their direction is stalled, for all connections, as by [`FaultProxy::stall`].
    Stall,
    /// Their direction is throttled to so many bytes a second, for all connections, as by [`FaultProxy::throttle`].
    Throttle(u32),
}

/// What was seen so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Connections taken from clients.
    pub accepted: u64,
    /// Connections that are being forwarded now.
    pub live: u64,
    /// Connections that were cut, by order or by count.
    pub cut: u64,
    /// Bytes forwarded to the target.
    pub up: u64,
    /// Bytes forwarded to clients.
    pub down: u64,
}

/// A running proxy. Dropping it closes everything.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl FaultProxy {
    /// Listens on a free loopback port and forwards to `target`. Needs a tokio runtime, on which it runs.
    pub async fn start(target: SocketAddr) -> io::Result<Self> {
        Self::start_on(SocketAddr::from(([127, 0, 0, 1], 0)), target).await
    }

    /// Listens on `listen` and forwards to `target`.
    pub async fn start_on(listen: SocketAddr, target: SocketAddr) -> io::Result<Self> {
        let place = Place::take(listen)?;
        let address = place.address;
        let listener = place.listen()?;
        let shared = Arc::new(Shared::default());
        let task = tokio::spawn(accept(listener, place, target, shared.clone()));
        Ok(Self { address, shared, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What was seen so far.
    pub fn counts(&self) -> Counts {
        self.shared.counts()
    }

    /// Breaks every connection there is. Later ones are forwarded.
    pub fn cut(&self, cut: Cut) {
        self.shared.orders.send_modify(|orders| orders.cut = (orders.cut.0 + 1, cut));
    }

    /// Stops or starts forwarding in one direction, for connections there are and to come. Nothing is thrown away:
    /// the sender meets full buffers.
    pub fn stall(&self, direction: Direction, stalled: bool) {
        self.shared.stall(direction, stalled);
    }

    /// Forwards at most so many bytes a second in one direction, each connection for itself; `None`: no limit.
    pub fn throttle(&self, direction: Direction, bytes_per_second: Option<u32>) {
        self.shared.throttle(direction, bytes_per_second);
    }

    /// Refuses connections: while true, nothing listens at the address.
    pub fn refuse(&self, refuse: bool) {
        self.shared.orders.send_modify(|orders| orders.refuse = refuse);
    }

    /// Breaks the connection that carries the byte number `bytes`, counted from now over all connections in this
    /// direction, right after that byte was forwarded; with 0, before the next one is. Replaces an earlier order of
    /// this kind. Happens once.
    pub fn cut_after(&self, direction: Direction, bytes: u64, cut: Cut) {
        self.after(direction, bytes, Fault::Cut(cut));
    }

    /// As [`cut_after`](Self::cut_after), with any fault. Of a stall and a throttle, the bytes that were under way behind
    /// the last one are held back too; none is thrown away.
    pub fn after(&self, direction: Direction, bytes: u64, fault: Fault) {
        *self.shared.trigger() = Some(Trigger { direction, left: bytes, fault });
    }

    /// Waits until the counts are as wanted.
    pub async fn until(&self, wanted: impl Fn(&Counts) -> bool) {
        let mut changed = self.shared.changed.subscribe();
        loop {
            changed.mark_unchanged();
            if wanted(&self.counts()) {
                return;
            }
            if changed.changed().await.is_err() {
                return;
            }
        }
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What holds in one direction.
#[derive(Debug, Clone, Copy, Default)]
struct Way {
    stalled: bool,
    rate: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Orders {
    up: Way,
    down: Way,
    refuse: bool,
    /// The number of the last cut, and its kind. Connections act when the number changes.
    cut: (u64, Cut),
}

impl Default for Orders {
    fn default() -> Self {
        Self { up: Way::default(), down: Way::default(), refuse: false, cut: (0, Cut::Fin) }
    }
}

impl Orders {
    fn way(&self, direction: Direction) -> Way {
        match direction {
            Direction::Up => self.up,
            Direction::Down => self.down,
        }
    }

    fn way_mut(&mut self, direction: Direction) -> &mut Way {
        match direction {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        }
    }
}

/// A fault that waits for a byte.
#[derive(Debug, Clone, Copy)]
struct Trigger {
    direction: Direction,
    left: u64,
    fault: Fault,
}

#[derive(Debug)]
struct Shared {
    orders: watch::Sender<Orders>,
    trigger: Mutex<Option<Trigger>>,
    accepted: AtomicU64,
    live: AtomicU64,
    cut: AtomicU64,
    up: AtomicU64,
    down: AtomicU64,
    changed: watch::Sender<()>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            orders: watch::Sender::new(Orders::default()),
            trigger: Mutex::default(),
            accepted: AtomicU64::default(),
            live: AtomicU64::default(),
            cut: AtomicU64::default(),
            up: AtomicU64::default(),
            down: AtomicU64::default(),
            changed: watch::Sender::new(()),
        }
    }
}

impl Shared {
    fn trigger(&self) -> std::sync::MutexGuard<'_, Option<Trigger>> {
        self.trigger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stall(&self, direction: Direction, stalled: bool) {
        self.orders.send_modify(|orders| orders.way_mut(direction).stalled = stalled);
    }

    fn throttle(&self, direction: Direction, bytes_per_second: Option<u32>) {
        let rate = bytes_per_second.map(|rate| rate.max(1));
        self.orders.send_modify(|orders| orders.way_mut(direction).rate = rate);
    }

    /// How many of `available` bytes may go in this direction, and the cut to make after them; none while it is stalled.
    /// With `available` 0 it tells whether a cut is due now.
    fn admit(&self, direction: Direction, available: usize) -> (usize, Option<Cut>) {
        let mut trigger = self.trigger();
        if self.orders.borrow().way(direction).stalled {
            return (0, None);
        }
        let Some(armed) = trigger.as_mut().filter(|armed| armed.direction == direction) else {
            return (available, None);
        };
        let admitted = usize::try_from(armed.left).unwrap_or(usize::MAX).min(available);
        armed.left -= admitted as u64;
        if armed.left > 0 {
            return (admitted, None);
        }
        let fault = armed.fault;
        *trigger = None;
        // Before anybody else is asked: not a byte more goes on any connection.
        match fault {
            Fault::Cut(cut) => return (admitted, Some(cut)),
            Fault::Stall => self.stall(direction, true),
            Fault::Throttle(rate) => self.throttle(direction, Some(rate)),
        }
        (admitted, None)
    }

    fn count(&self, counter: &AtomicU64, by: u64) {
        counter.fetch_add(by, Ordering::Relaxed);
        self.changed.send_replace(());
    }

    fn forwarded(&self, direction: Direction, bytes: usize) {
        let counter = match direction {
            Direction::Up => &self.up,
            Direction::Down => &self.down,
        };
        self.count(counter, bytes as u64);
    }

    fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            accepted: read(&self.accepted),
            live: read(&self.live),
            cut: read(&self.cut),
            up: read(&self.up),
            down: read(&self.down),
        }
    }
}

/// Takes connections until dropped; its connections end with it.
async fn accept(listener: TcpListener, place: Place, target: SocketAddr, shared: Arc<Shared>) {
    let mut links = JoinSet::new();
    let mut orders = shared.orders.subscribe();
    let mut listener = Some(listener);
    loop {
        let refuse = orders.borrow_and_update().refuse;
        if refuse {
            listener = None;
        } else if listener.is_none() {
            // Should somebody else have the port, where it cannot be kept, the clients stay refused.
            listener = place.listen().ok();
        }
        tokio::select! {
            changed = orders.changed() => if changed.is_err() { return },
            Some(_) = links.join_next() => {}
            client = next(listener.as_ref()) => if let Ok(client) = client {
                shared.count(&shared.accepted, 1);
                links.spawn(link::forward(client, target, shared.clone()));
            }
        }
    }
}

/// The address of a proxy, kept while nothing listens there: a port that is free for a moment becomes that of any other
/// program, whose answers clients would take for those of their relay.
#[derive(Debug)]
struct Place {
    address: SocketAddr,
    /// Bound and never listening, so that the system refuses whoever connects.
    #[cfg(unix)]
    _keeper: TcpSocket,
}

impl Place {
    fn take(wanted: SocketAddr) -> io::Result<Self> {
        let keeper = Self::socket(wanted)?;
        Ok(Self {
            address: keeper.local_addr()?,
            #[cfg(unix)]
            _keeper: keeper,
        })
    }

    fn listen(&self) -> io::Result<TcpListener> {
        Self::socket(self.address)?.listen(1024)
    }

    fn socket(address: SocketAddr) -> io::Result<TcpSocket> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // The two sockets share the port. Elsewhere the switch would let strangers in as well: there the port is not kept.
        #[cfg(unix)]
        {
            socket.set_reuseport(true)?;
        }
        socket.bind(address)?;
        Ok(socket)
    }
}

async fn next(listener: Option<&TcpListener>) -> io::Result<TcpStream> {
    match listener {
        Some(listener) => listener.accept().await.map(|(client, _)| client),
        None => std::future::pending().await,
    }
}
