//! A shard: a thread with a runtime of its own, the sessions that live on it, and the sockets of their clients.
//!
//! All clients of a session are on one shard, so that no lock and no other thread stands between what one says and the
//! others hear. Session info puts a [`hint`] of the session into the URL of the WebSocket; with it a socket is moved to
//! its shard before its first frame is read. Sockets without one are looked into first ([`foyer`]).
//!
//! Within a shard there is one task a socket, which reads, and one task for everything else, the [`Engine`]'s: it
//! carries the hub's decisions to the sockets at the end of each turn of the loop and keeps the timers. Output of a
//! whole turn leaves together, and most of it straight from the loop that fans it out: a socket's own task is woken
//! for writing only if the socket would not take more.

mod closing;
mod engine;
mod foyer;
mod link;
mod timer;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::clock;
use crate::gate::Gate;
use crate::http;
use crate::hub::Hub;
use crate::io::{Now, Opened};
use crate::meters::{Limited, Meters};
use crate::server::{Phase, Shared};
use crate::sockets::{Full, SocketPermit};
use crate::stream::{Parcel, Reader, Stream, Writer};
use engine::Engine;

/// What is asked of a shard from outside.
pub(crate) enum Command {
    /// Take this socket.
    Adopt(Arrival<Parcel>),
    /// Do this with the hub.
    Call(Work),
    /// Tell how many bytes wait for sockets to take them.
    OutputBytes(oneshot::Sender<u64>),
}

/// Something to do with a hub.
type Work = Box<dyn FnOnce(&mut Hub, Now) + Send>;

/// A socket that has become a WebSocket.
pub(crate) struct Arrival<S> {
    /// The socket.
    pub(crate) stream: S,
    /// What was read beyond the HTTP request.
    pub(crate) read_ahead: Bytes,
    /// What its URL said.
    pub(crate) opened: Opened,
    /// Its place among the open sockets.
    pub(crate) permit: SocketPermit,
}

impl<S> Arrival<S> {
    /// The same with another form of its socket.
    fn map<T>(self, change: impl FnOnce(S) -> T) -> Arrival<T> {
        let Self { stream, read_ahead, opened, permit } = self;
        Arrival { stream: change(stream), read_ahead, opened, permit }
    }

    /// The same with another form of its socket, if that can be had.
    fn try_map<T>(self, change: impl FnOnce(S) -> std::io::Result<T>) -> std::io::Result<Arrival<T>> {
        let Self { stream, read_ahead, opened, permit } = self;
        Ok(Arrival { stream: change(stream)?, read_ahead, opened, permit })
    }
}

/// How the rest of the relay reaches a shard.
#[derive(Debug, Clone)]
pub(crate) struct ShardHandle {
    commands: mpsc::UnboundedSender<Command>,
}

impl ShardHandle {
    /// A handle and what it leads to.
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Command>) {
        let (commands, receiver) = mpsc::unbounded_channel();
        (Self { commands }, receiver)
    }

    /// Asks something of the shard. A shard that has ended drops it.
    pub(crate) fn send(&self, command: Command) {
        let _ = self.commands.send(command);
    }

    /// Does something with the shard's hub and returns the outcome; `None` if the shard has ended.
    pub(crate) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Hub, Now) -> T + Send + 'static,
    ) -> Option<T> {
        let (reply, outcome) = oneshot::channel();
        self.send(Command::Call(Box::new(move |hub, now| {
            let _ = reply.send(work(hub, now));
        })));
        outcome.await.ok()
    }
}

/// One shard, as its tasks see it.
pub(crate) struct Shard {
    /// What all shards share.
    pub(crate) shared: Arc<Shared>,
    index: usize,
    engine: RefCell<Engine>,
    /// What sockets are read into. Not the engine's, which is called with what is in it.
    read_buffer: RefCell<Box<[u8]>>,
}

/// A short, stable name of a session. It is no secret and proves nothing: it only tells where to put a socket.
pub(crate) fn hint(session: &str) -> String {
    format!("{:016x}", hash(session))
}

/// Which of several shards a session lives on.
pub(crate) fn shard_of(session: &str, shards: usize) -> usize {
    spread(hash(session), shards)
}

/// Which of several shards a hint points to; `None` for what is no hint.
pub(crate) fn shard_of_hint(hint: &str, shards: usize) -> Option<usize> {
    u64::from_str_radix(hint, 16).ok().map(|hash| spread(hash, shards))
}

fn spread(hash: u64, shards: usize) -> usize {
    // The product's upper half is less than the number of shards.
    ((u128::from(hash) * shards as u128) >> 64) as usize
}

/// FNV-1a, which is the same on every machine and in every version, and a multiplication that has every bit of it take
/// part in the upper ones, which is where [`spread`] looks.
fn hash(text: &str) -> u64 {
    let step = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Runs a shard on the present thread until the relay ends.
pub(crate) fn run(
    shared: Arc<Shared>,
    index: usize,
    listener: std::net::TcpListener,
    commands: mpsc::UnboundedReceiver<Command>,
    gate: Gate,
) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build_local(tokio::runtime::LocalOptions::default())?;
    if !gate.pass() {
        return Ok(());
    }
    runtime.block_on(async move {
        let listener = TcpListener::from_std(listener)?;
        let hub = Hub::new(Arc::clone(&shared.limits), shared.authority(index), clock::random());
        let meters = Arc::clone(&shared.meters[index]);
        let engine = RefCell::new(Engine::new(hub, &shared.config.link, meters));
        let read_buffer = RefCell::new(vec![0; engine::BUFFER].into());
        let shard = Rc::new(Shard { shared, index, engine, read_buffer });
        let accepting = tokio::task::spawn_local(accept(Rc::clone(&shard), listener));
        let driving = tokio::task::spawn_local(engine::drive(Rc::clone(&shard)));
        unless_broken(shard.obey(commands), [accepting, driving]).await
    })
}

/// Does `work` to its end, unless a defect ends one of `tasks` before. Without them a shard would take clients and never
/// answer them; better that the relay ends and is started anew.
async fn unless_broken(work: impl Future<Output = ()>, tasks: [JoinHandle<()>; 2]) -> std::io::Result<()> {
    let [first, second] = tasks.map(|task| async {
        match task.await {
            Err(error) if error.is_panic() => {}
            _ => std::future::pending().await,
        }
    });
    tokio::select! {
        () = work => Ok(()),
        () = first => Err(std::io::Error::other("accepting failed for good; that is a defect")),
        () = second => Err(std::io::Error::other("a shard failed; that is a defect")),
    }
}

impl Shard {
    /// Writes down that a socket found no place.
    fn tell_full(&self, full: Full, from: std::net::IpAddr) {
        self.meters().log(full.name(), clock::now().mono, |left_out| {
            let link = &self.shared.config.link;
            match full {
                Full::Sockets => tracing::warn!(limit = link.max_sockets, left_out, "too many open sockets"),
                Full::HalfOpen => {
                    tracing::warn!(limit = link.max_half_open, left_out, "too many sockets that show no token");
                }
                // That is told where it happens.
                Full::Admin => {}
                Full::Address => {
                    let limit = link.max_half_open_per_address;
                    tracing::warn!(%from, limit, left_out, "too many sockets of one address that show no token");
                }
            }
        });
    }

    /// Carries out commands until the relay ends and the sockets are closed, or have had their time for it.
    async fn obey(self: Rc<Self>, mut commands: mpsc::UnboundedReceiver<Command>) {
        let mut phase = self.shared.phase();
        let mut draining = self.shared.phase();
        let mut drained = false;
        loop {
            tokio::select! {
                _ = draining.wait_for(|phase| *phase == Phase::Draining), if !drained => {
                    drained = true;
                    self.call(|hub, _| hub.drain());
                }
                command = commands.recv() => match command {
                    Some(Command::Adopt(arrival)) => self.adopt_parcel(arrival),
                    Some(Command::Call(work)) => self.call(|hub, now| work(hub, now)),
                    Some(Command::OutputBytes(reply)) => {
                        let _ = reply.send(self.engine.borrow().output_bytes());
                    }
                    None => break,
                },
                _ = phase.wait_for(|phase| *phase == Phase::Closing) => break,
            }
        }
        let empty = self.engine.borrow_mut().shutdown(clock::now());
        let _ = tokio::time::timeout(self.shared.config.link.close_timeout, empty).await;
    }

    /// What it counts at its edge.
    pub(crate) fn meters(&self) -> &Meters {
        &self.shared.meters[self.index]
    }

    /// Does something with this shard's hub.
    pub(crate) fn call<T>(&self, work: impl FnOnce(&mut Hub, Now) -> T) -> T {
        self.engine.borrow_mut().call(work)
    }

    /// Takes a socket to the shard it belongs on.
    pub(crate) async fn place(self: &Rc<Self>, arrival: Arrival<Stream>, hint: Option<&str>) {
        let shards = self.shared.shards.len();
        let place = match hint.and_then(|hint| shard_of_hint(hint, shards)) {
            _ if shards == 1 => Some((self.index, arrival)),
            Some(index) => Some((index, arrival)),
            None => foyer::find_shard(shards, arrival, self.index, &self.shared.limits).await,
        };
        match place {
            Some((index, arrival)) if index == self.index => self.adopt(arrival.map(Stream::into_link)),
            Some((index, arrival)) => match arrival.try_map(Stream::pack) {
                Ok(arrival) => self.shared.shards[index].send(Command::Adopt(arrival)),
                Err(error) => tracing::warn!(%error, "a socket could not be moved to its shard"),
            },
            None => {}
        }
    }

    fn adopt_parcel(self: &Rc<Self>, arrival: Arrival<Parcel>) {
        match arrival.try_map(Parcel::into_link) {
            Ok(arrival) => self.adopt(arrival),
            Err(error) => tracing::warn!(%error, "a socket could not be taken over from another shard"),
        }
    }

    /// Makes a socket a peer of this shard's hub.
    fn adopt(self: &Rc<Self>, arrival: Arrival<(Reader, Writer)>) {
        let (read, write) = arrival.stream;
        let peer = self.engine.borrow_mut().open(write, arrival.opened, clock::now());
        // Somewhat too large is answered by the hub; only what is far too large is not even read.
        let max_message = self.shared.limits.frame_bytes.saturating_mul(4);
        let task =
            link::LinkTask::new(Rc::clone(self), peer, read, arrival.read_ahead, max_message, arrival.permit);
        tokio::task::spawn_local(task);
    }
}

/// How long accepting rests after it failed, which it mostly does because there are no descriptors left.
const ACCEPT_REST: Duration = Duration::from_millis(100);

async fn accept(shard: Rc<Shard>, listener: TcpListener) {
    let mut phase = shard.shared.phase();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = phase.wait_for(|phase| *phase == Phase::Closing) => return,
        };
        match accepted {
            Ok((stream, from)) => match shard.shared.sockets.admit(from.ip()) {
                Ok(permit) => {
                    let _ = stream.set_nodelay(true);
                    tokio::task::spawn_local(welcome(Rc::clone(&shard), stream, permit));
                }
                Err(full) => shard.tell_full(full, from.ip()),
            },
            Err(error) => {
                shard.meters().log("accepting", clock::now().mono, |left_out| {
                    tracing::warn!(%error, left_out, "accepting failed");
                });
                tokio::time::sleep(ACCEPT_REST).await;
            }
        }
    }
}

/// Makes the TLS handshake, if there is to be one, and serves the socket.
async fn welcome(shard: Rc<Shard>, socket: TcpStream, permit: SocketPermit) {
    let stream = match &shard.shared.tls {
        None => Stream::Plain(socket),
        Some(tls) => {
            let patience = shard.shared.config.tls.handshake_timeout;
            let began = clock::now().mono;
            let accepted = tls.accept(socket, patience).await;
            let now = clock::now().mono;
            match accepted {
                Ok(stream) => {
                    shard.meters().handshake.add(now - began);
                    stream
                }
                Err(error) => {
                    let late = error.kind() == std::io::ErrorKind::TimedOut;
                    let what = if late { Limited::HandshakeTimeout } else { Limited::Handshake };
                    return shard.meters().limited(what, now, |left_out| {
                        tracing::info!(%error, left_out, "TLS handshake failed");
                    });
                }
            }
        }
    };
    http::serve(shard, stream, permit).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_one_thread<T>(work: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build_local(tokio::runtime::LocalOptions::default())
            .expect("a runtime");
        runtime.block_on(work)
    }

    fn spawn(task: impl Future<Output = ()> + 'static) -> JoinHandle<()> {
        tokio::task::spawn_local(task)
    }

    #[test]
    fn a_shard_ends_with_the_task_that_serves_it() {
        on_one_thread(async {
            let broken = || async { panic!("as planned") };
            for tasks in
                [[spawn(broken()), spawn(std::future::pending())], [spawn(async {}), spawn(broken())]]
            {
                let outcome = unless_broken(std::future::pending(), tasks).await;
                assert!(outcome.is_err());
            }
        });
    }

    #[test]
    fn a_task_that_is_done_ends_nothing() {
        on_one_thread(async {
            let (say, said) = oneshot::channel::<()>();
            let first = spawn(async {});
            let second = spawn(async move {
                tokio::task::yield_now().await;
                let _ = say.send(());
            });
            let work = async { said.await.expect("it is said") };
            assert!(unless_broken(work, [first, second]).await.is_ok());
        });
    }
}
