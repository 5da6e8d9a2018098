//! SOCKS5, the proxy's side.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use super::{Asked, Client, Mishap, Rules, reach};

/// Reads the requests and answers them; the way, if it was opened.
pub(super) async fn negotiate(
    client: &mut Client,
    rules: &Rules,
    asked: &Asked,
) -> io::Result<Option<TcpStream>> {
    let [version, count] = read(client).await?;
    if version != 5 {
        return Ok(None);
    }
    let methods = read_some(client, count).await?;
    let method = if rules.credentials.is_some() { 2 } else { 0 };
    if !methods.contains(&method) {
        client.say(&[5, 0xFF]).await?;
        return Ok(None);
    }
    client.say(&[5, method]).await?;
    if let Some(credentials) = &rules.credentials {
        let [_, length] = read(client).await?;
        let user = read_some(client, length).await?;
        let [length] = read(client).await?;
        let password = read_some(client, length).await?;
        let welcome = (&user[..], &password[..]) == (credentials.0.as_bytes(), credentials.1.as_bytes());
        client.say(&[1, u8::from(!welcome)]).await?;
        if !welcome {
            return Ok(None);
        }
    }
    let [_, _, _, kind] = read(client).await?;
    let host = match kind {
        1 => Ipv4Addr::from(read::<4>(client).await?).to_string(),
        4 => Ipv6Addr::from(read::<16>(client).await?).to_string(),
        _ => {
            let [length] = read(client).await?;
            String::from_utf8(read_some(client, length).await?).map_err(|_| io::ErrorKind::InvalidData)?
        }
    };
    let port = u16::from_be_bytes(read(client).await?);
    if let Some(Mishap::Refuse(reply)) = rules.mishap {
        client.say(&answer(u8::try_from(reply).unwrap_or(u8::MAX))).await?;
        return Ok(None);
    }
    match reach(rules, asked, &host, port).await {
        Ok(target) => {
            client.say(&answer(0)).await?;
            Ok(Some(target))
        }
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            client.say(&answer(5)).await?;
            Ok(None)
        }
        Err(_) => {
            client.say(&answer(4)).await?;
            Ok(None)
        }
    }
}

/// A reply; the address in it is a name, the longest form there is.
fn answer(reply: u8) -> Vec<u8> {
    [&[5, reply, 0, 3, 5][..], b"tests", &[0, 0]].concat()
}

async fn read<const N: usize>(client: &mut Client) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    client.stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

async fn read_some(client: &mut Client, length: u8) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length.into()];
    client.stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}
