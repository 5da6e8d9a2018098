//! The relay under load, as those who connect to it need to know it.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use otc_protocol::session_id;
use otc_protocol::session_info;
use otc_protocol::token::{Role, Secret, T1Params, mint_t1};

use crate::clock;
use crate::wire::Way;

/// How long one plain request may take, a relay under full load included.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a relay is and with which project to use it.
#[derive(Debug, Clone)]
pub struct Place {
    /// `http://host:port`.
    pub url: String,
    /// The API key.
    pub api_key: String,
    /// Its secret.
    pub api_secret: String,
    /// The admin listener, `http://host:port`, if it may be asked.
    pub admin: Option<String>,
    /// The process, if its memory and time may be looked at.
    pub pid: Option<u32>,
}

impl Place {
    /// The address behind the URL.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        resolve(authority(&self.url)?)
    }

    /// Makes up a session and asks the relay where it is.
    pub(crate) fn new_session(&self, number: u64) -> io::Result<Way> {
        let now = clock::since_1970();
        let random = [now.subsec_nanos().into(), number, std::process::id().into()].map(u64::to_be_bytes);
        let session =
            session_id::mint(&self.api_key, u64::try_from(now.as_millis()).unwrap_or(0), &random.concat());
        let create_time = now.as_secs() - 60;
        let token = mint_t1(&T1Params {
            partner_id: &self.api_key,
            secret: &Secret::new(&self.api_secret),
            session_id: &session,
            role: Role::Publisher,
            connection_data: "",
            create_time,
            expire_time: create_time + 86_400,
            nonce: "load",
        });
        let host = authority(&self.url)?;
        let path = format!("/session/{session}?extended=true");
        let body = get(host, &path, &format!("X-TB-TOKEN-AUTH: {token}\r\n"))?;
        let info = session_info::decode(&body)
            .map_err(|error| io::Error::other(format!("session info of {}: {error:?}", self.url)))?;
        let socket =
            info.messaging_url.ok_or_else(|| io::Error::other("session info names no messaging_url"))?;
        let path = match socket.strip_prefix("ws://").and_then(|rest| rest.find('/').map(|at| &rest[at..])) {
            Some(path) => path.to_owned(),
            None => {
                return Err(io::Error::other(format!("messaging_url \"{socket}\" is not ws://host/path")));
            }
        };
        Ok(Way {
            api_key: self.api_key.clone(),
            session,
            token,
            path,
            host: host.to_owned(),
            server: info.symphony_address.unwrap_or_else(|| "symphony".to_owned()),
        })
    }

    /// A metric of the relay, summed over its labels; `None` without an admin listener.
    pub(crate) fn metric(&self, name: &str) -> io::Result<Option<u64>> {
        let Some(admin) = &self.admin else { return Ok(None) };
        let body = get(authority(admin)?, "/metrics", "")?;
        let text = String::from_utf8_lossy(&body).into_owned();
        let found = text.lines().filter_map(|line| {
            let (series, value) = line.rsplit_once(' ')?;
            let rest = series.strip_prefix("otc_relay_")?;
            let named = rest == name || (!name.contains('{') && rest.starts_with(&format!("{name}{{")));
            named.then(|| value.parse::<u64>().ok())?
        });
        Ok(Some(found.sum()))
    }
}

/// `host:port` of a URL.
fn authority(url: &str) -> io::Result<&str> {
    let rest = url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
    rest.filter(|rest| rest.contains(':') && !rest.contains('/'))
        .ok_or_else(|| io::Error::other(format!("URL \"{url}\": allowed is http://host:port")))
}

fn resolve(host: &str) -> io::Result<SocketAddr> {
    host.to_socket_addrs()?.next().ok_or_else(|| io::Error::other(format!("{host} has no address")))
}

/// The body of the answer to a GET.
fn get(host: &str, path: &str, headers: &str) -> io::Result<Vec<u8>> {
    let mut socket = TcpStream::connect_timeout(&resolve(host)?, PATIENCE)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    write!(socket, "GET {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer)?;
    let end = memchr::memmem::find(&answer, b"\r\n\r\n")
        .ok_or_else(|| io::Error::other(format!("http://{host}: the answer is no HTTP")))?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    if !head.starts_with("HTTP/1.1 200") {
        let line = head.lines().next().unwrap_or_default();
        return Err(io::Error::other(format!("http://{host}: {line}")));
    }
    Ok(answer.split_off(end + 4))
}
