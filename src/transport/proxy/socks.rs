//! The way through a SOCKS proxy, version 5 (RFC 1928), with a user name and a password if there are any (RFC 1929).
#![forbid(unsafe_code)]

use std::io;
use std::net::IpAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::super::dial::reason;
use super::super::socket::Socket;
use super::super::{Hop, TransportError};
use super::{Address, Credentials, ProxyStep};

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const NOTHING_ACCEPTABLE: u8 = 0xFF;
const USER_VERSION: u8 = 1;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// Asks the proxy behind `socket` for a way to the host of `target`. Reads not a byte more than the proxy's answers.
pub(super) async fn tunnel(
    mut socket: Socket,
    target: &Address,
    credentials: Option<&Credentials>,
) -> Result<Socket, TransportError> {
    authenticate(&mut socket, credentials).await?;
    let mut request = vec![VERSION, CONNECT, 0];
    append_host(&mut request, target.host())?;
    request.extend_from_slice(&target.port().to_be_bytes());
    write(&mut socket, &request).await?;
    let [version, reply, _, kind] = read(&mut socket).await?;
    check_version(version)?;
    if reply != 0 {
        return Err(refused(in_words(reply)));
    }
    // Where the proxy connects from: of no use, but before what follows.
    let rest = match kind {
        IPV4 => 4,
        IPV6 => 16,
        NAME => usize::from(read::<1>(&mut socket).await?[0]),
        _ => return Err(refused("its answer has an address of an unknown kind")),
    };
    socket.read_exact(&mut vec![0; rest + 2]).await.map_err(broken)?;
    Ok(socket)
}

async fn authenticate(socket: &mut Socket, credentials: Option<&Credentials>) -> Result<(), TransportError> {
    let greeting: &[u8] = match credentials {
        Some(_) => &[VERSION, 2, NO_AUTHENTICATION, USER_AND_PASSWORD],
        None => &[VERSION, 1, NO_AUTHENTICATION],
    };
    write(socket, greeting).await?;
    let [version] = read(socket).await?;
    check_version(version)?;
    match (read(socket).await?, credentials) {
        ([NO_AUTHENTICATION], _) => Ok(()),
        ([USER_AND_PASSWORD], Some(credentials)) => {
            let Credentials { user, password } = credentials;
            let mut message = vec![USER_VERSION];
            for word in [user, password] {
                // Longer ones were refused when the URL was read.
                message.push(u8::try_from(word.len()).unwrap_or(u8::MAX));
                message.extend(word.iter().take(u8::MAX.into()));
            }
            write(socket, &message).await?;
            match read(socket).await? {
                [_, 0] => Ok(()),
                [_, _] => Err(stranger("it refuses this user name and password")),
            }
        }
        ([NOTHING_ACCEPTABLE], None) => Err(stranger("it wants a user name and a password")),
        ([NOTHING_ACCEPTABLE], Some(_)) => Err(stranger("it takes no user name and password")),
        ([other], _) => Err(refused(format!("it chose an authentication that was not offered, {other}"))),
    }
}

fn append_host(request: &mut Vec<u8>, host: &str) -> Result<(), TransportError> {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => {
            request.push(IPV4);
            request.extend_from_slice(&ip.octets());
        }
        Ok(IpAddr::V6(ip)) => {
            request.push(IPV6);
            request.extend_from_slice(&ip.octets());
        }
        Err(_) => {
            let length = u8::try_from(host.len())
                .map_err(|_| refused("a SOCKS proxy takes host names of at most 255 bytes"))?;
            request.extend_from_slice(&[NAME, length]);
            request.extend_from_slice(host.as_bytes());
        }
    }
    Ok(())
}

fn check_version(version: u8) -> Result<(), TransportError> {
    match version {
        VERSION => Ok(()),
        b'H' => {
            Err(refused("it does not speak SOCKS5, but HTTP by the look of it: its URL begins with http://"))
        }
        _ => Err(refused("it does not speak SOCKS5")),
    }
}

/// The words of RFC 1928 for a reply.
fn in_words(reply: u8) -> String {
    let words = match reply {
        1 => "general failure",
        2 => "not allowed by its rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "time to live expired",
        7 => "it cannot connect",
        8 => "it does not know this kind of address",
        _ => "unknown reason",
    };
    format!("{words} (SOCKS reply {reply})")
}

async fn write(socket: &mut Socket, bytes: &[u8]) -> Result<(), TransportError> {
    socket.write_all(bytes).await.map_err(broken)?;
    socket.flush().await.map_err(broken)
}

async fn read<const N: usize>(socket: &mut Socket) -> Result<[u8; N], TransportError> {
    let mut bytes = [0; N];
    socket.read_exact(&mut bytes).await.map_err(broken)?;
    Ok(bytes)
}

fn refused(cause: impl std::fmt::Display) -> TransportError {
    TransportError::new(Hop::Proxy(ProxyStep::Tunnel), "", cause)
}

/// It does not want this user, or nobody that it does not know.
fn stranger(cause: &str) -> TransportError {
    TransportError::new(Hop::Proxy(ProxyStep::Login), "", cause)
}

fn broken(error: io::Error) -> TransportError {
    let cause = match error.kind() {
        io::ErrorKind::UnexpectedEof => "it closed the connection in the middle of its answer".to_owned(),
        _ => reason(&error),
    };
    TransportError::interrupted(Hop::Proxy(ProxyStep::Tunnel), "", cause)
}
