//! Start and end of a relay.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use crate::admin;
use crate::admission::TokenAuthority;
use crate::authority::Authority;
use crate::config::{Config, CurrentKeys, KeyRing, TlsConfig};
use crate::gate::Start;
use crate::http::Rate;
use crate::limits::Limits;
use crate::meters::Meters;
use crate::shard::{self, ShardHandle};
use crate::sockets::Sockets;
use crate::stats::Stats;
use crate::tls::{CertificateNews, Tls};

/// Connections that the system keeps for the relay until it accepts them. A thousand clients that return at the same
/// moment must not meet a full queue.
const BACKLOG: i32 = 4096;

/// How often a relay that is being stopped looks whether its last client has gone.
const DRAIN_LOOK: Duration = Duration::from_millis(100);

/// Where a relay is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It takes what comes.
    Running,
    /// It takes no new sessions; those it has may go on.
    Draining,
    /// It closes what it has.
    Closing,
}

/// What all shards share.
pub(crate) struct Shared {
    /// Where clients are listened for.
    pub(crate) address: SocketAddr,
    pub(crate) config: Config,
    /// TLS, if there is a certificate.
    pub(crate) tls: Option<Tls>,
    /// Whose tokens are accepted now; those in `config` were at the start.
    pub(crate) keys: Arc<CurrentKeys>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) shards: Vec<ShardHandle>,
    /// How often each project calls the REST interface.
    pub(crate) rest_rate: Rate,
    phase: watch::Receiver<Phase>,
    /// The open sockets.
    pub(crate) sockets: Arc<Sockets>,
    /// What each shard counts at its edge, and then the admin listener.
    pub(crate) meters: Vec<Arc<Meters>>,
}

impl Shared {
    /// The phase, to wait for.
    pub(crate) fn phase(&self) -> watch::Receiver<Phase> {
        self.phase.clone()
    }

    /// What the admin listener counts.
    pub(crate) fn admin_meters(&self) -> &Meters {
        &self.meters[self.shards.len()]
    }

    /// Who decides for a shard which clients may come in.
    pub(crate) fn authority(self: &Arc<Self>, shard: usize) -> Arc<dyn Authority> {
        Arc::new(TokenAuthority::new(Arc::clone(self), shard))
    }
}

/// A relay that runs in this process, on threads of its own. Dropping it ends it without waiting; [`Relay::stop`] waits.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    admin_address: Option<SocketAddr>,
    admin_tls: bool,
    phase: watch::Sender<Phase>,
    drain: Duration,
    keys: Arc<CurrentKeys>,
    tls: Option<Tls>,
    sockets: Arc<Sockets>,
    shards: Vec<ShardHandle>,
    ends: Vec<oneshot::Receiver<io::Result<()>>>,
    threads: Vec<thread::JoinHandle<()>>,
}

/// Opens a listener as a relay wants it: `address:port`, port 0 for a free one.
pub fn bind(address: &str) -> io::Result<TcpListener> {
    let mut last = io::Error::new(io::ErrorKind::InvalidInput, "the name has no address");
    for address in address.to_socket_addrs()? {
        match bind_one(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Opens the admin listener. An error names the address: it is not the one that clients use.
fn bind_admin(address: &str) -> io::Result<TcpListener> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("admin = \"{address}\": {error}"));
    bind(address).map_err(named)
}

fn bind_one(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = socket2::Socket::new(
        socket2::Domain::for_address(address),
        socket2::Type::STREAM,
        Some(socket2::Protocol::TCP),
    )?;
    // A relay that was just stopped leaves sockets that are winding up; they need not keep the next one waiting. On
    // Windows the option means something else: that two may share a port.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Runs a relay on `listener` until `shutdown` is ready, then ends it as [`Relay::stop`] does. Fails if it cannot start
/// or if one of its threads ends early.
pub async fn run(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut relay = Relay::start(listener, config)?;
    tokio::select! {
        () = shutdown => {}
        () = relay.broken() => {}
    }
    relay.stop().await
}

impl Relay {
    /// Starts a relay. It accepts connections when this returns.
    pub fn start(listener: TcpListener, config: Config) -> io::Result<Self> {
        Self::start_on(listener, None, config)
    }

    /// The same with a listener for [`Config::admin`] that is open already, if there is one.
    pub fn start_on(listener: TcpListener, admin: Option<TcpListener>, config: Config) -> io::Result<Self> {
        let unusable = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
        config.check().map_err(unusable)?;
        let tls = Tls::load(&config.tls).map_err(unusable)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let admin = match admin {
            Some(admin) => Some(admin),
            None => config.admin.as_deref().map(bind_admin).transpose()?,
        };
        admin.iter().try_for_each(|admin| admin.set_nonblocking(true))?;
        let admin_address = admin.as_ref().map(TcpListener::local_addr).transpose()?;
        let count = match config.shards {
            0 => thread::available_parallelism().map_or(1, usize::from),
            shards => shards,
        };
        let (handles, receivers): (Vec<_>, Vec<_>) = (0..count).map(|_| ShardHandle::new()).unzip();
        let (phase, phase_seen) = watch::channel(Phase::Running);
        let sockets = Arc::new(Sockets::new(&config.link));
        let (drain, admin_tls) = (config.drain, config.tls.admin);
        let keys = Arc::new(CurrentKeys::new(config.keys.clone()));
        let shared = Arc::new(Shared {
            address,
            limits: Arc::new(config.limits.clone()),
            rest_rate: Rate::new(config.http.rest_per_second, config.http.rest_burst),
            config,
            tls: tls.clone(),
            keys: Arc::clone(&keys),
            shards: handles.clone(),
            phase: phase_seen,
            sockets: Arc::clone(&sockets),
            meters: (0..=count).map(|_| Arc::default()).collect(),
        });
        let mut relay = Self {
            address,
            admin_address,
            admin_tls,
            phase,
            drain,
            keys,
            tls,
            sockets,
            shards: handles,
            ends: Vec::new(),
            threads: Vec::new(),
        };
        let mut start = Start::default();
        for (index, commands) in receivers.into_iter().enumerate() {
            let (shared, listener, gate) = (Arc::clone(&shared), listener.try_clone()?, start.gate());
            relay.spawn(format!("otc-relay-{index}"), move || {
                shard::run(shared, index, listener, commands, gate)
            })?;
        }
        if let Some(listener) = admin {
            let gate = start.gate();
            relay.spawn("otc-relay-admin".to_owned(), move || admin::run(shared, listener, gate))?;
        }
        match start.open() {
            true => Ok(relay),
            false => Err(relay.why_not()),
        }
    }

    /// Why a thread did not get as far as its gate.
    fn why_not(&mut self) -> io::Error {
        self.threads.drain(..).for_each(|thread| drop(thread.join()));
        let mut ends = self.ends.drain(..).filter_map(|mut end| end.try_recv().ok()?.err());
        ends.next().unwrap_or_else(|| io::Error::other("a thread of the relay did not start"))
    }

    /// Starts a thread whose end is waited for at the end.
    fn spawn(
        &mut self,
        name: String,
        work: impl FnOnce() -> io::Result<()> + Send + 'static,
    ) -> io::Result<()> {
        let (end, ended) = oneshot::channel();
        let thread = thread::Builder::new().name(name).spawn(move || {
            let _ = end.send(work());
        })?;
        self.ends.push(ended);
        self.threads.push(thread);
        Ok(())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where health, metrics, status and the page are served, if anywhere.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin_address
    }

    /// Its URL for clients on this machine.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.tls.is_some() { "https" } else { "http" }, self.address)
    }

    /// The URL of the admin listener, if there is one.
    pub fn admin_url(&self) -> Option<String> {
        let scheme = if self.admin_tls { "https" } else { "http" };
        self.admin_address.map(|address| format!("{scheme}://{address}"))
    }

    /// Replaces the keys of all projects and applications. Clients that are in a session stay, whatever their tokens
    /// were made with; whoever enters from now on needs one made with these.
    pub fn set_keys(&self, keys: KeyRing) {
        self.keys.replace(keys);
    }

    /// Looks whether the files of the certificate have changed, and uses what they hold for handshakes from now on.
    /// Clients that are connected stay.
    pub fn refresh_certificate(&self) -> CertificateNews {
        self.tls.as_ref().map_or(CertificateNews::Unchanged, Tls::refresh)
    }

    /// The same with the files named here. A relay that was started without TLS stays without.
    pub fn reload_certificate(&self, config: &TlsConfig) -> CertificateNews {
        match (&self.tls, &config.certificate, &config.key) {
            (Some(tls), Some(certificate), Some(key)) => tls.reload(certificate, key),
            _ => CertificateNews::Unchanged,
        }
    }

    /// Open sockets, HTTP included.
    pub fn open_sockets(&self) -> usize {
        self.sockets.open()
    }

    /// What its sessions hold and have done, over all shards.
    pub async fn stats(&self) -> Vec<Stats> {
        let mut all = Vec::new();
        for shard in &self.shards {
            all.extend(shard.call(|hub, _| hub.stats()).await);
        }
        all
    }

    /// Ends it. No new sessions begin from now on, and clients may finish within [`Config::drain`]. Then each is told
    /// 1011, because the sessions end with the memory they are in, and has
    /// [`LinkConfig::close_timeout`](crate::config::LinkConfig) to take its last output.
    pub async fn stop(mut self) -> io::Result<()> {
        if !self.drain.is_zero() {
            let _ = self.phase.send(Phase::Draining);
            let _ = tokio::time::timeout(self.drain, self.deserted()).await;
        }
        let _ = self.phase.send(Phase::Closing);
        let mut outcome = Ok(());
        for end in self.ends.drain(..) {
            let ended = end.await.unwrap_or_else(|_| Err(io::Error::other("a relay thread failed")));
            outcome = outcome.and(ended);
        }
        for thread in self.threads.drain(..) {
            // It has reported its end: nothing is left to wait for.
            let _ = thread.join();
        }
        outcome
    }

    /// Ready when nobody is in any session.
    async fn deserted(&self) {
        while self.stats().await.iter().any(|stats| stats.connections > 0) {
            tokio::time::sleep(DRAIN_LOOK).await;
        }
    }

    /// Ready if a thread of the relay has ended although nobody asked for it.
    pub(crate) async fn broken(&mut self) {
        let ends = &mut self.ends;
        std::future::poll_fn(|cx| {
            for (index, end) in ends.iter_mut().enumerate() {
                if let std::task::Poll::Ready(ended) = std::pin::Pin::new(end).poll(cx) {
                    // A receiver that has reported must not be asked again: a new one stands in with the same report.
                    let (report, receiver) = oneshot::channel();
                    let _ =
                        report.send(ended.unwrap_or_else(|_| Err(io::Error::other("a relay thread failed"))));
                    ends[index] = receiver;
                    return std::task::Poll::Ready(());
                }
            }
            std::task::Poll::Pending
        })
        .await;
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.phase.send(Phase::Closing);
    }
}
