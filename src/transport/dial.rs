//! From a host name to a connected socket.
//!
//! A name may have several addresses, some of them dead. They are tried in turn with a short pause between the
//! starts, without waiting for the earlier ones to fail, and the first that connects wins (RFC 8305).
#![forbid(unsafe_code)]

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;

use super::{Hop, Progress, TransportError, blocking};

/// From the start of one attempt to the start of the next. The value that RFC 8305 recommends.
const STAGGER: Duration = Duration::from_millis(250);

/// Opens a socket to `host`, which `what` is for people.
pub(super) async fn dial(
    host: &str,
    port: u16,
    what: &str,
    progress: &Progress,
) -> Result<TcpStream, TransportError> {
    progress.set(format!("the look-up of the name {host}"));
    let candidates = in_order(resolve(host, port, what).await?);
    progress.set(format!("a connection to {what} ({})", list(&candidates)));
    let stream = race(candidates, TcpStream::connect)
        .await
        .map_err(|failures| TransportError::new(Hop::Connect, what, in_words(&failures)))?;
    // Signals are small and each wants to leave at once.
    stream.set_nodelay(true).map_err(|error| TransportError::interrupted(Hop::Connect, what, error))?;
    Ok(stream)
}

async fn resolve(host: &str, port: u16, what: &str) -> Result<Vec<SocketAddr>, TransportError> {
    // An address needs no look-up, and so no thread that waits for one.
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let failed = |cause: String| TransportError::new(Hop::Resolve, what, cause);
    let host = host.to_owned();
    let look_up = move || (host.as_str(), port).to_socket_addrs().map(Vec::from_iter);
    let found =
        blocking::run(look_up).await.and_then(|found| found).map_err(|error| failed(error.to_string()))?;
    if found.is_empty() { Err(failed("the name has no address".to_owned())) } else { Ok(found) }
}

/// The order of the attempts: families take turns, beginning with that of the first address, and within a family
/// the system's order is kept. Repeats are left out.
pub(super) fn in_order(found: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let Some(first) = found.first().copied() else { return found };
    let (mut preferred, mut other) = (Vec::new(), Vec::new());
    for address in found {
        let family = if address.is_ipv4() == first.is_ipv4() { &mut preferred } else { &mut other };
        if !family.contains(&address) {
            family.push(address);
        }
    }
    let mut other = other.into_iter();
    let mut ordered: Vec<SocketAddr> =
        preferred.into_iter().flat_map(|address| [Some(address), other.next()]).flatten().collect();
    ordered.extend(other);
    ordered
}

/// Starts one attempt after the other and returns the first success, or all failures.
async fn race<T, F, A>(candidates: Vec<SocketAddr>, attempt: A) -> Result<T, Vec<(SocketAddr, io::Error)>>
where
    F: Future<Output = io::Result<T>>,
    A: Fn(SocketAddr) -> F,
{
    let mut waiting = candidates.into_iter();
    let mut running = FuturesUnordered::new();
    let mut failures = Vec::new();
    loop {
        if let Some(address) = waiting.next() {
            let attempt = attempt(address);
            running.push(async move { (address, attempt.await) });
        } else if running.is_empty() {
            return Err(failures);
        }
        // A failure makes way for the next attempt at once; otherwise it starts after a pause.
        tokio::select! {
            biased;
            ended = running.next() => match ended {
                Some((_, Ok(connected))) => return Ok(connected),
                Some((address, Err(error))) => failures.push((address, error)),
                None => {}
            },
            () = tokio::time::sleep(STAGGER), if waiting.len() > 0 => {}
        }
    }
}

/// Most addresses that a message names; the rest is counted.
const MAX_NAMED: usize = 3;

fn list(addresses: &[SocketAddr]) -> String {
    let mut words: Vec<String> = addresses.iter().take(MAX_NAMED).map(SocketAddr::to_string).collect();
    if addresses.len() > MAX_NAMED {
        words.push(format!("and {} more", addresses.len() - MAX_NAMED));
    }
    words.join(", ")
}

fn in_words(failures: &[(SocketAddr, io::Error)]) -> String {
    let mut words: Vec<String> = failures
        .iter()
        .take(MAX_NAMED)
        .map(|(address, error)| format!("{} ({address})", reason(error)))
        .collect();
    if failures.len() > MAX_NAMED {
        words.push(format!("and {} more", failures.len() - MAX_NAMED));
    }
    words.join(", ")
}

/// The system's words without the number that std appends.
pub(super) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

#[cfg(test)]
#[path = "dial_tests.rs"]
mod tests;
