//! Clients of the C interface and a relay in a process of its own, over real sockets, with proxies between them that
//! break links.
//!
//! * [`cuts`]: one fixed conversation, cut after any byte.
//! * [`soak`]: clients that signal each other for long while their links fail in every way.
//! * [`burst`]: clients that all send as much as the library takes, at the same moment.
//! * [`ends`]: a relay that ends, and its successor.
//! * [`c_api`]: the exported functions of the library, for callers in safe Rust.
//! * [`program`]: the relay's process.
//!
//! Everything that happens is judged by the [`checker`](crate::checker) while it happens.

pub mod burst;
pub mod c_api;
mod client;
pub mod cuts;
#[cfg(unix)]
pub mod ends;
pub mod program;
mod scene;
pub mod soak;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use otc_protocol::session_id;
use otc_protocol::token::{Role, Secret, T1Params, mint_t1};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::proxy::FaultProxy;
use program::{RelayProgram, RelaySettings};

const API_KEY: &str = "100";
const API_SECRET: &str = "0123456789abcdef0123456789abcdef01234567";

/// A relay process, and the runtime of the proxies before it.
pub struct Ground {
    relay: RelayProgram,
    network: Handle,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ground {
    /// Starts the relay program at `path` on a free loopback port.
    pub fn new(path: &Path, settings: RelaySettings) -> io::Result<Self> {
        let relay = RelayProgram::start(path, settings)?;
        let (network, end, thread) = start_network()?;
        c_api::start();
        Ok(Self { relay, network, end: Some(end), thread: Some(thread) })
    }

    /// The number of the relay's process.
    pub fn relay_id(&self) -> Option<u32> {
        self.relay.id()
    }

    fn relay_address(&self) -> SocketAddr {
        self.relay.address()
    }

    fn proxy(&self) -> io::Result<FaultProxy> {
        self.network.block_on(FaultProxy::start(self.relay_address()))
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        c_api::stop();
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A thread on which proxies run until the sender is dropped.
fn start_network() -> io::Result<(Handle, oneshot::Sender<()>, JoinHandle<()>)> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let (end, ended) = oneshot::channel();
    let run = move || {
        let _ = runtime.block_on(ended);
    };
    let thread = std::thread::Builder::new().name("proxies".to_owned()).spawn(run)?;
    Ok((handle, end, thread))
}

/// A new session id.
fn new_session() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let random = [now().subsec_nanos().into(), NEXT.fetch_add(1, Ordering::Relaxed)].map(u64::to_be_bytes);
    session_id::mint(API_KEY, u64::try_from(now().as_millis()).unwrap_or(0), &random.concat())
}

fn token(session: &str) -> String {
    let create_time = now().as_secs() - 60;
    mint_t1(&T1Params {
        partner_id: API_KEY,
        secret: &Secret::new(API_SECRET),
        session_id: session,
        role: Role::Publisher,
        connection_data: "",
        create_time,
        expire_time: create_time + 86_400,
        nonce: "nonce",
    })
}

/// A seed for a run that was not given one.
pub fn fresh_seed() -> u64 {
    u64::from(now().subsec_nanos())
}

fn now() -> Duration {
    #[allow(clippy::disallowed_methods, reason = "tokens tell the time of day")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).unwrap_or_default()
}
