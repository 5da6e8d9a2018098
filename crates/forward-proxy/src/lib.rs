//! Proxies as networks put them before the world: HTTP CONNECT and SOCKS5, real ones on the loopback, good and bad.
//!
//! In-process it is a [`ForwardProxy`]; as the program `otc-forward-proxy` it serves tests in other languages. Not part of
//! the testkit, because the tests inside the library use it and the testkit is built upon the library. Not shipped.
#![forbid(unsafe_code)]

mod http;
mod socks;

#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// What a proxy speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// HTTP CONNECT.
    Http,
    /// SOCKS version 5.
    Socks5,
}

/// What a proxy does instead of opening the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mishap {
    /// Refuses, with this HTTP status or this SOCKS reply.
    Refuse(u16),
    /// Closes after so many bytes of its answers.
    BreakOff(usize),
    /// Reads, and says nothing.
    Silence,
    /// Says this to the first byte that it gets, and then only listens.
    Say(Vec<u8>),
    /// Says this, and goes on with one letter for ever.
    Babble(Vec<u8>),
}

/// How a proxy behaves.
#[derive(Debug, Clone)]
pub struct Rules {
    /// What it speaks.
    pub kind: Kind,
    /// The user name and password it wants; `None`: anybody may use it.
    pub credentials: Option<(String, String)>,
    /// Names that it knows, and nobody else.
    pub hosts: Vec<(String, SocketAddr)>,
    /// What goes wrong.
    pub mishap: Option<Mishap>,
}

impl Rules {
    /// A good proxy for everybody.
    pub fn new(kind: Kind) -> Self {
        Self { kind, credentials: None, hosts: Vec::new(), mishap: None }
    }
}

/// A running proxy. Dropping it closes everything.
#[derive(Debug)]
pub struct ForwardProxy {
    address: SocketAddr,
    asked: Arc<Asked>,
    task: JoinHandle<()>,
}

/// What ways were asked for, `host:port` each, in order.
#[derive(Debug, Default)]
struct Asked(Mutex<Vec<String>>);

impl Asked {
    fn list(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, target: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(target);
    }
}

impl ForwardProxy {
    /// Listens on a free loopback port. Needs a tokio runtime, on which it runs.
    pub async fn start(rules: Rules) -> io::Result<Self> {
        Self::start_on(SocketAddr::from(([127, 0, 0, 1], 0)), rules).await
    }

    /// Listens on `listen`.
    pub async fn start_on(listen: SocketAddr, rules: Rules) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let asked = Arc::<Asked>::default();
        let task = tokio::spawn(accept(listener, Arc::new(rules), asked.clone()));
        Ok(Self { address, asked, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What ways were asked for, `host:port` each, in order; refused ones as well.
    pub fn asked(&self) -> Vec<String> {
        self.asked.list()
    }
}

impl Drop for ForwardProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, rules: Arc<Rules>, asked: Arc<Asked>) {
    // Ends them all when the proxy ends.
    let mut links = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (rules, asked) = (rules.clone(), asked.clone());
        links.spawn(async move {
            // Whatever goes wrong here, the client sees it by itself.
            let _ = serve(stream, &rules, &asked).await;
        });
        while links.try_join_next().is_some() {}
    }
}

async fn serve(stream: TcpStream, rules: &Rules, asked: &Asked) -> io::Result<()> {
    let mut client = Client { stream, left: None };
    match &rules.mishap {
        Some(Mishap::BreakOff(bytes)) => client.left = Some(*bytes),
        Some(Mishap::Silence) => return client.listen().await,
        Some(Mishap::Say(words)) => {
            client.stream.read_u8().await?;
            client.say(words).await?;
            return client.listen().await;
        }
        Some(Mishap::Babble(words)) => {
            client.stream.read_u8().await?;
            client.say(words).await?;
            loop {
                client.say(&[b'x'; 4096]).await?;
            }
        }
        Some(Mishap::Refuse(_)) | None => {}
    }
    let target = match rules.kind {
        Kind::Http => http::negotiate(&mut client, rules, asked).await?,
        Kind::Socks5 => socks::negotiate(&mut client, rules, asked).await?,
    };
    if let Some(mut target) = target {
        tokio::io::copy_bidirectional(&mut client.stream, &mut target).await?;
    }
    Ok(())
}

/// The client's side of a link.
struct Client {
    stream: TcpStream,
    /// How many bytes may still be said.
    left: Option<usize>,
}

impl Client {
    async fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(left) = &mut self.left else { return self.stream.write_all(bytes).await };
        let now = bytes.len().min(*left);
        *left -= now;
        self.stream.write_all(&bytes[..now]).await?;
        if *left > 0 { Ok(()) } else { Err(io::ErrorKind::ConnectionAborted.into()) }
    }

    /// Reads until the client goes.
    async fn listen(&mut self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        while self.stream.read(&mut buffer).await? > 0 {}
        Ok(())
    }
}

/// Connects to a host as the proxy knows it.
async fn reach(rules: &Rules, asked: &Asked, host: &str, port: u16) -> io::Result<TcpStream> {
    asked.add(format!("{host}:{port}"));
    match rules.hosts.iter().find(|(name, _)| name == host) {
        Some((_, address)) => TcpStream::connect(address).await,
        None => TcpStream::connect((host.trim_matches(['[', ']']), port)).await,
    }
}
