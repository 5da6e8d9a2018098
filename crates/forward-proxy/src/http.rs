//! HTTP CONNECT, the proxy's side.

use std::io;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use super::{Asked, Client, Mishap, Rules, reach};

/// Most bytes of a request.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Reads the request and answers it; the way, if it was opened.
pub(super) async fn negotiate(
    client: &mut Client,
    rules: &Rules,
    asked: &Asked,
) -> io::Result<Option<TcpStream>> {
    let head = read_head(client).await?;
    let mut words = head.lines().next().unwrap_or("").split(' ');
    let (method, authority) = (words.next(), words.next().unwrap_or(""));
    let Some((host, port)) = authority.rsplit_once(':').filter(|_| method == Some("CONNECT")) else {
        return refuse(client, 405, "").await;
    };
    if let Some((user, password)) = &rules.credentials {
        let wanted = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")));
        if header(&head, "proxy-authorization") != Some(&wanted) {
            return refuse(client, 407, "Proxy-Authenticate: Basic realm=\"the tests\"\r\n").await;
        }
    }
    if let Some(Mishap::Refuse(status)) = rules.mishap {
        let offers = "Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n";
        return refuse(client, status, if status == 407 { offers } else { "" }).await;
    }
    match reach(rules, asked, host, port.parse().unwrap_or(0)).await {
        Ok(target) => {
            client.say(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 tests\r\n\r\n").await?;
            Ok(Some(target))
        }
        Err(_) => refuse(client, 502, "").await,
    }
}

async fn refuse(client: &mut Client, status: u16, headers: &str) -> io::Result<Option<TcpStream>> {
    let body = "<html>secret words of the proxy</html>";
    let length = body.len();
    let answer = format!("HTTP/1.1 {status} No\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
    client.say(answer.as_bytes()).await?;
    Ok(None)
}

async fn read_head(client: &mut Client) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == MAX_HEAD_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.push(client.stream.read_u8().await?);
    }
    String::from_utf8(head).map_err(|_| io::ErrorKind::InvalidData.into())
}

fn header<'a>(head: &'a str, wanted: &str) -> Option<&'a str> {
    let headers = head.lines().filter_map(|line| line.split_once(": "));
    headers.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
}
