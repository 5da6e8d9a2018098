//! What passes between a [`Hub`](crate::hub::Hub) and whoever moves bytes for it.

use std::time::{Duration, Instant};

use bytes::Bytes;

/// One socket, named by its owner. An id is never used again while its hub lives, unless the hub has answered the end
/// of the first use: after [`Output::Close`] was polled, or after `peer_closed`, the hub has forgotten the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub u64);

/// The present, on both clocks. Pure code has no clock: every input carries one of these.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// For deadlines.
    pub mono: Instant,
    /// For what people and tokens see: milliseconds since 1970.
    pub unix_ms: u64,
}

/// What the address of a WebSocket said when it opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opened {
    /// The `socketId` query parameter: the secret that identifies a client over all its sockets. Clients that cannot
    /// resume send none.
    pub socket_id: Option<String>,
    /// Whether the `reconnect` query parameter was `true`.
    pub reconnect: bool,
    /// How long the socket was open before it came to the hub.
    pub waited: Duration,
}

/// How a socket ended, as its owner saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseSeen {
    /// A WebSocket close: its code, or `None` when it carried none (what browsers show as 1005).
    Code(Option<u16>),
    /// Anything else: end of file, a transport error, a write that took too long, a queue that overflowed.
    Lost,
}

/// What the owner of the sockets is to do, in this order for each peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Write one binary message. All receivers of a broadcast share its bytes.
    Send {
        /// To which socket.
        peer: PeerId,
        /// The message.
        message: Bytes,
    },
    /// Send a WebSocket ping: nothing was heard for a while.
    Ping {
        /// To which socket.
        peer: PeerId,
    },
    /// Close, after everything sent before is written. The hub has forgotten the peer; what still comes from it may be
    /// dropped or handed in, where it is ignored.
    Close {
        /// Which socket.
        peer: PeerId,
        /// The WebSocket close code.
        code: u16,
        /// The reason to put beside the code; fit for strangers.
        reason: &'static str,
    },
    /// Read no more from this socket before `until`: its client sends faster than it may. What was read already is
    /// handed in as usual. A later pause replaces an earlier one.
    PauseReading {
        /// Which socket.
        peer: PeerId,
        /// When to go on.
        until: Instant,
    },
}

/// Close codes, by what they make clients do.
pub mod close {
    /// Finished or removed: the client does not come back.
    pub const NORMAL: u16 = 1000;
    /// The client is leaving its page. Never sent by a relay.
    pub const GOING_AWAY: u16 = 1001;
    /// Do not come back: what would be resumed is not here, or cannot be understood.
    pub const GONE: u16 = 1011;
    /// Come back soon: state survives.
    pub const RESTART: u16 = 1012;
}
