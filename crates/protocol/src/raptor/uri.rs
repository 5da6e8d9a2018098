//! The grammar of message URIs: `/v2`, then `name/value` pairs.

use smallvec::SmallVec;

/// What a URI names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resource<'a> {
    /// A session.
    Session,
    /// A client in a session.
    Connection,
    /// An application message.
    Signal,
    /// Published media.
    Stream,
    /// A track of a stream.
    StreamChannel,
    /// A client's reception of a stream.
    Subscriber,
    /// A track of a reception.
    SubscriberChannel,
    /// A recording.
    Archive,
    /// A `channel` that is neither a stream's nor a subscriber's.
    Channel,
    /// Anything else, by its name.
    Other(&'a str),
}

impl Resource<'_> {
    /// The name of the resource, as the grammar's test vectors spell it.
    pub fn name(&self) -> &str {
        match self {
            Self::Session => "session",
            Self::Connection => "connection",
            Self::Signal => "signal",
            Self::Stream => "stream",
            Self::StreamChannel => "stream_channel",
            Self::Subscriber => "subscriber",
            Self::SubscriberChannel => "subscriber_channel",
            Self::Archive => "archive",
            Self::Channel => "channel",
            Self::Other(name) => name,
        }
    }

    /// The name under which a URI gives the id of the resource.
    pub(super) fn param(&self) -> &str {
        match self {
            Self::StreamChannel | Self::SubscriberChannel => "channel",
            other => other.name(),
        }
    }
}

/// Most pairs that a URI may have. Known URIs have up to five; a message could name a hundred thousand.
const MAX_PAIRS: usize = 16;

/// A parsed URI that borrows its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uri<'a> {
    /// What it names.
    pub resource: Resource<'a>,
    /// Names and values in order.
    pub params: SmallVec<[(&'a str, &'a str); 4]>,
}

impl<'a> Uri<'a> {
    /// Parses a URI. There is no wrong one: what does not fit the grammar is a resource that nobody knows.
    ///
    /// The version segment and one trailing empty segment are dropped; the rest are pairs. The resource is the name of
    /// the last pair, or the last segment if their count is odd. A `channel` below a stream or subscriber is theirs.
    /// A URI of more than 16 pairs names nothing that is known, and has no parameters.
    pub fn parse(uri: &'a str) -> Self {
        let path = uri.strip_prefix('/').unwrap_or(uri);
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut segments = path.split('/').skip(1);
        let mut params: SmallVec<[(&str, &str); 4]> = SmallVec::new();
        let mut last = "";
        while let Some(name) = segments.next() {
            last = name;
            if let Some(value) = segments.next() {
                if params.len() == MAX_PAIRS {
                    return Self { resource: Resource::Other(""), params: SmallVec::new() };
                }
                params.push((name, value));
            }
        }
        let within = |name: &str| params.iter().any(|(n, _)| *n == name);
        let resource = match last {
            "session" => Resource::Session,
            "connection" => Resource::Connection,
            "signal" => Resource::Signal,
            "stream" => Resource::Stream,
            "subscriber" => Resource::Subscriber,
            "archive" => Resource::Archive,
            "channel" if within("subscriber") => Resource::SubscriberChannel,
            "channel" if within("stream") => Resource::StreamChannel,
            "channel" => Resource::Channel,
            other => Resource::Other(other),
        };
        Self { resource, params }
    }

    /// The value of a parameter; of several with one name, the last.
    pub fn param(&self, name: &str) -> Option<&'a str> {
        self.params.iter().rev().find(|(n, _)| *n == name).map(|(_, value)| *value)
    }

    /// The partner: an API key or application id.
    pub fn partner(&self) -> Option<&'a str> {
        self.param("partner")
    }

    /// The session id.
    pub fn session(&self) -> Option<&'a str> {
        self.param("session")
    }

    /// The connection id.
    pub fn connection(&self) -> Option<&'a str> {
        self.param("connection")
    }

    /// The URI of a session, which is also the topic that its clients subscribe to.
    pub fn for_session(partner: &str, session: &str) -> String {
        format!("/v2/partner/{partner}/session/{session}")
    }

    /// The URI of a connection.
    pub fn for_connection(partner: &str, session: &str, connection: &str) -> String {
        format!("/v2/partner/{partner}/session/{session}/connection/{connection}")
    }

    /// The URI of a signal: to everyone, or to one connection.
    pub fn for_signal(partner: &str, session: &str, to: Option<&str>, signal: &str) -> String {
        match to {
            None => format!("/v2/partner/{partner}/session/{session}/signal/{signal}"),
            Some(to) => format!("/v2/partner/{partner}/session/{session}/connection/{to}/signal/{signal}"),
        }
    }

    /// The URI of a stream.
    pub fn for_stream(partner: &str, session: &str, stream: &str) -> String {
        format!("/v2/partner/{partner}/session/{session}/stream/{stream}")
    }
}
