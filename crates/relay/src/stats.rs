//! Plain counters of what a hub does.

use crate::durations::Durations;

/// What a hub holds now and has done since it was made. Counters only grow; gauges say so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Gauge: sockets, bound or not.
    pub peers: u64,
    /// Gauge: sessions that somebody is in.
    pub sessions: u64,
    /// Gauge: clients in sessions, lost ones within their grace window included.
    pub connections: u64,
    /// Gauge: of those, how many have no socket.
    pub connections_away: u64,
    /// Gauge: messages kept until acknowledged, summed over connections.
    pub kept_messages: u64,
    /// Gauge: bytes of those messages, counted once for each connection.
    pub kept_bytes: u64,
    /// Clients that entered.
    pub joins: u64,
    /// Clients that left by themselves.
    pub left: u64,
    /// Clients that were lost and did not come back in time, or could not be kept.
    pub lost: u64,
    /// Clients that were removed by a moderator or over REST.
    pub removed: u64,
    /// Links of clients that were lost.
    pub links_lost: u64,
    /// Clients that came back on a new socket.
    pub resumes: u64,
    /// Sockets that wanted to resume what is not here.
    pub resumes_refused: u64,
    /// Messages sent again at a resume, or for the first time because they came while the client was away.
    pub replayed: u64,
    /// Frames read from clients.
    pub frames_in: u64,
    /// Frames written to clients.
    pub frames_out: u64,
    /// Signals accepted from clients.
    pub signals_in: u64,
    /// Signals accepted over REST.
    pub signals_server: u64,
    /// Signals queued for a receiver, each receiver counted.
    pub deliveries: u64,
    /// Requests that were repeats and had no effect.
    pub repeats: u64,
    /// Acknowledgements that freed something.
    pub acknowledged: u64,
    /// Times that reading stopped because a client sent too fast.
    pub pauses: u64,
    /// Times that reading stopped because others had yet to acknowledge what they were sent.
    pub waits: u64,
    /// Notices that were dropped because nobody took them.
    pub notices_dropped: u64,
    /// From the opening of a socket until its client was in its session.
    pub join_time: Durations,
    /// How long clients were without a socket before they came back.
    pub away_time: Durations,
    /// Pings sent to clients that were silent for a while.
    pub pings: u64,
    /// Sockets that were closed because their clients said goodbye and did not close them.
    pub goodbye_timeouts: u64,
    /// Resumed sockets whose clients said nothing in time, and got what they had missed all the same.
    pub resume_holds: u64,
    /// What was refused, by reason.
    pub rejected: Rejections,
}

/// Refusals by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rejections {
    /// Creates with a token that is no good.
    pub token: u64,
    /// Creates of a connection id that is in use.
    pub conflict: u64,
    /// Creates into a full session.
    pub session_full: u64,
    /// Creates refused because the relay is shutting down.
    pub draining: u64,
    /// Creates with a missing or unusable id.
    pub create: u64,
    /// Requests before create.
    pub not_admitted: u64,
    /// Requests that the role does not allow.
    pub forbidden: u64,
    /// Streams beyond those that a connection may publish.
    pub too_many_streams: u64,
    /// Requests that name another session.
    pub other_session: u64,
    /// Requests about a connection or stream that is not there.
    pub not_found: u64,
    /// Requests that are not understood.
    pub malformed: u64,
    /// Requests with too much in them.
    pub too_large: u64,
    /// Sockets that sent what is not a frame.
    pub undecodable: u64,
    /// Sockets that sent a text message.
    pub text: u64,
    /// Sockets that did not create in time.
    pub create_timeout: u64,
    /// Sockets that sent too much before create.
    pub create_flood: u64,
    /// Sockets that went silent.
    pub silent: u64,
    /// Connections that left too much unacknowledged.
    pub kept_overflow: u64,
}

impl Rejections {
    /// Each reason by its name and count, in a fixed order.
    pub fn by_reason(&self) -> [(&'static str, u64); 18] {
        [
            ("token", self.token),
            ("conflict", self.conflict),
            ("session_full", self.session_full),
            ("draining", self.draining),
            ("create", self.create),
            ("not_admitted", self.not_admitted),
            ("forbidden", self.forbidden),
            ("too_many_streams", self.too_many_streams),
            ("other_session", self.other_session),
            ("not_found", self.not_found),
            ("malformed", self.malformed),
            ("too_large", self.too_large),
            ("undecodable", self.undecodable),
            ("text", self.text),
            ("create_timeout", self.create_timeout),
            ("create_flood", self.create_flood),
            ("silent", self.silent),
            ("kept_overflow", self.kept_overflow),
        ]
    }
}
