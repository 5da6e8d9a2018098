//! Every bound that the relay's state machines apply, with its unit, its default and where the number comes from.

use std::time::Duration;

use otc_protocol::limits;

/// The bounds of a [`Hub`](crate::hub::Hub). The default is what a relay should run with; tests shrink it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// From the opening of a socket to its successful create; then close 1000. Default 15 s: clients give up
    /// opening at 15 s themselves.
    pub create_timeout: Duration,
    /// How long a socket that claims to resume something unknown may stay silent before it is told that there is
    /// nothing to resume. Default 2 s: a client that never got through sends at once, a resumed one may be silent for 5 s.
    pub unknown_resume_timeout: Duration,
    /// How long a replay waits on a resumed socket for the client to repeat a create whose answer it may not have.
    /// Default 2 s; such a client repeats it at once.
    pub resume_hold: Duration,
    /// Silence after which a WebSocket ping is sent. Default 10 s. Browser tabs in the background send PINGs too
    /// rarely to be judged by them, but answer these.
    pub ping_interval: Duration,
    /// Silence after which a socket counts as dead. Default 30 s: three pings.
    pub silence_limit: Duration,
    /// From a client's DISCONNECT to the close that the relay does by itself. Default 5 s; clients close within 1 s.
    pub leave_timeout: Duration,
    /// How long a lost client may stay away before the others are told that it is gone. Default 90 s: clients notice a
    /// loss up to 15 s late, try for 60 s, and the last try may take 15 s. Never below 60 s on a real network.
    pub grace_window: Duration,

    /// Largest message from a client, in bytes. Default 256 KiB: see
    /// [`MAX_RELAY_INBOUND_FRAME`](otc_protocol::limits::MAX_RELAY_INBOUND_FRAME).
    pub frame_bytes: usize,
    /// Largest payload of a signal, in bytes. Default 128 KiB: 8,192 characters, each escaped as two of six bytes, and
    /// the envelope around them.
    pub signal_payload_bytes: usize,
    /// Longest transaction id, connection id and socket id, in bytes. Default 255; all known clients use 36.
    pub id_bytes: usize,
    /// Frames that a socket may send before its create succeeds. Default 64; clients send three.
    pub frames_before_create: u32,

    /// Requests remembered for each connection, to tell repeats from news. Default 16,384; no fewer than
    /// [`MAX_REQUESTS_UNDER_WAY`](otc_protocol::limits::MAX_REQUESTS_UNDER_WAY).
    pub remembered_requests: usize,
    /// Messages kept for each connection until they are acknowledged. Default and most:
    /// [`MAX_KEPT_MESSAGES`](otc_protocol::limits::MAX_KEPT_MESSAGES). Beyond it the connection ends, because it can no
    /// longer be brought up to date.
    pub kept_messages: usize,
    /// The bytes of those messages, counted for each connection although receivers share them. Default 32 MiB.
    pub kept_bytes: usize,

    /// Requests that a connection may make in a second, in the long run. Default 1,000. Beyond it the relay stops
    /// reading from the client for a while; nothing is refused or lost.
    pub requests_per_second: u32,
    /// Requests that a connection may make at once. Default 20,000: a client that resumes may repeat 10,000.
    pub request_burst: u32,
    /// The longest time for which reading stops at a time. Default 1 s, so that pings and acknowledgements get through.
    pub longest_pause: Duration,

    /// Clients in a session. Default 3,000: documented for sessions whose clients are told of each other.
    pub connections_per_session: usize,
    /// Streams that a connection may publish at a time. Default 32.
    pub streams_per_connection: usize,
    /// Largest description of a stream, in bytes of JSON. Default 16 KiB.
    pub stream_bytes: usize,
    /// Whether the role `subscriber` may send signals. Default no: server documents list signaling from `publisher` up.
    pub subscriber_may_signal: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            create_timeout: Duration::from_secs(15),
            unknown_resume_timeout: Duration::from_secs(2),
            resume_hold: Duration::from_secs(2),
            ping_interval: Duration::from_secs(10),
            silence_limit: Duration::from_secs(30),
            leave_timeout: Duration::from_secs(5),
            grace_window: Duration::from_secs(90),
            frame_bytes: otc_protocol::limits::MAX_RELAY_INBOUND_FRAME,
            signal_payload_bytes: 128 * 1024,
            id_bytes: 255,
            frames_before_create: 64,
            remembered_requests: 16_384,
            kept_messages: limits::MAX_KEPT_MESSAGES.into(),
            kept_bytes: 32 * 1024 * 1024,
            requests_per_second: 1_000,
            request_burst: 20_000,
            longest_pause: Duration::from_secs(1),
            connections_per_session: 3_000,
            streams_per_connection: 32,
            stream_bytes: 16 * 1024,
            subscriber_may_signal: false,
        }
    }
}
