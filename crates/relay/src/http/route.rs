//! Paths to what they mean.

use std::borrow::Cow;

/// What a path means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    /// Where is this session?
    SessionInfo {
        /// The session id.
        session: &'a str,
    },
    /// The WebSocket.
    Socket,
    /// Create a session.
    CreateSession,
    /// A call about a session.
    Rest(RestPath<'a>),
    /// The configuration of a project, which browser clients ask for.
    ProjectConfig,
    /// What browser clients report about themselves.
    Logging,
    /// Nothing that exists here.
    Unknown,
}

/// A call of the REST interface, without its method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RestPath<'a> {
    /// The API key or application id.
    pub(crate) project: &'a str,
    /// The session id.
    pub(crate) session: &'a str,
    /// What of the session.
    pub(crate) target: Target<'a>,
}

/// What a call is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    /// A signal to all.
    Signal,
    /// A signal to one connection.
    ConnectionSignal(&'a str),
    /// A connection.
    Connection(&'a str),
    /// The list of connections.
    Connections,
    /// The list of streams.
    Streams,
    /// A stream.
    Stream(&'a str),
    /// The mute state of the session.
    Mute,
    /// The mute state of a stream.
    StreamMute(&'a str),
}

/// The path of the WebSocket.
pub(crate) const SOCKET_PATH: &str = "/rumorwebsocketsv2";

/// First segments of the paths served here.
const ROOTS: [&str; 6] = ["session", "v2", "project", "rumorwebsocketsv2", "logging", "prod"];

/// The meaning of a path.
///
/// Clients that reach the relay as their vendor's "IP proxy" put the host that they believe in before the path:
/// `/api.example/session/X`, `/127.0.0.1:8080/rumorwebsocketsv2`. A first segment that can be a host is dropped.
pub(crate) fn route(path: &str) -> Route<'_> {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let segments = match segments.as_slice() {
        [first, rest @ ..] if !ROOTS.contains(first) && looks_like_host(first) => rest,
        all => all,
    };
    match *segments {
        ["session", "create"] => Route::CreateSession,
        ["session", session] => Route::SessionInfo { session },
        ["rumorwebsocketsv2"] => Route::Socket,
        ["project", _, "config.json"] => Route::ProjectConfig,
        ["logging", ..] | ["prod", "logging", ..] => Route::Logging,
        ["v2", "project", project, "session", session, ref target @ ..] => match rest_target(target) {
            Some(target) => Route::Rest(RestPath { project, session, target }),
            None => Route::Unknown,
        },
        _ => Route::Unknown,
    }
}

fn rest_target<'a>(segments: &[&'a str]) -> Option<Target<'a>> {
    Some(match *segments {
        ["signal"] => Target::Signal,
        ["connection"] => Target::Connections,
        ["connection", connection] => Target::Connection(connection),
        ["connection", connection, "signal"] => Target::ConnectionSignal(connection),
        ["stream"] => Target::Streams,
        ["stream", stream] => Target::Stream(stream),
        ["stream", stream, "mute"] => Target::StreamMute(stream),
        ["mute"] => Target::Mute,
        _ => return None,
    })
}

fn looks_like_host(segment: &str) -> bool {
    // The colon before a port may come escaped.
    crate::config::is_host(&segment.replace("%3A", ":").replace("%3a", ":"))
}

/// The value of a query parameter, decoded; of several, the first.
pub(crate) fn query_value<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    query
        .split('&')
        .find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (key == name).then_some(value)
        })
        .map(decode)
}

/// Undoes form encoding. What is not valid UTF-8 afterwards becomes replacement characters.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let escaped = || {
            let mut ahead = bytes.clone();
            let high = char::from(ahead.next()?).to_digit(16)?;
            let low = char::from(ahead.next()?).to_digit(16)?;
            Some((high * 16 + low) as u8)
        };
        match byte {
            b'+' => out.push(b' '),
            b'%' => match escaped() {
                Some(value) => {
                    out.push(value);
                    bytes.nth(1);
                }
                None => out.push(b'%'),
            },
            _ => out.push(byte),
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_to_what_they_mean() {
        assert_eq!(route("/session/1_abc"), Route::SessionInfo { session: "1_abc" });
        assert_eq!(route("/session/create"), Route::CreateSession);
        assert_eq!(route("/rumorwebsocketsv2"), Route::Socket);
        assert_eq!(route("/project/100/config.json"), Route::ProjectConfig);
        assert_eq!(route("/logging/ClientEvent"), Route::Logging);
        assert_eq!(route("/prod/logging/ClientEvent"), Route::Logging);
        let rest = |target| Route::Rest(RestPath { project: "100", session: "S", target });
        for (path, target) in [
            ("signal", Target::Signal),
            ("connection", Target::Connections),
            ("connection/C", Target::Connection("C")),
            ("connection/C/signal", Target::ConnectionSignal("C")),
            ("stream", Target::Streams),
            ("stream/T", Target::Stream("T")),
            ("stream/T/mute", Target::StreamMute("T")),
            ("mute", Target::Mute),
        ] {
            assert_eq!(route(&format!("/v2/project/100/session/S/{path}")), rest(target), "{path}");
        }
        for path in ["/", "", "/session", "/session/a/b", "/v2/project/100/session/S", "/favicon.ico", "/x/y"]
        {
            assert_eq!(route(path), Route::Unknown, "{path}");
        }
    }

    #[test]
    fn a_host_before_the_path_is_dropped() {
        for host in ["anvil.opentok.com", "127.0.0.1:8080", "relay", "[::1]:8080", "relay%3A8080"] {
            assert_eq!(route(&format!("/{host}/session/1_abc")), Route::SessionInfo { session: "1_abc" });
            assert_eq!(route(&format!("/{host}/rumorwebsocketsv2")), Route::Socket);
        }
        assert_eq!(route("/a/b/session/1_abc"), Route::Unknown);
    }

    #[test]
    fn query_values_are_decoded() {
        let query = "extended=true&token=T1%3D%3Da+b%2&socketId=&flag";
        assert_eq!(query_value(query, "token").as_deref(), Some("T1==a b%2"));
        assert_eq!(query_value(query, "socketId").as_deref(), Some(""));
        assert_eq!(query_value(query, "flag").as_deref(), Some(""));
        assert_eq!(query_value(query, "Token"), None);
        assert_eq!(decode("%e2%82%ac%zz%ff"), "€%zz\u{fffd}");
    }
}
