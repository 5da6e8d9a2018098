//! Sockets whose URL does not tell their session.
//!
//! Old clients build the URL of the WebSocket themselves, and so do people with a script. With several shards such a
//! socket is looked into until it names its session; what was read goes to the shard with it.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use otc_protocol::limits::MAX_RELAY_INBOUND_FRAME;
use otc_protocol::raptor::{Envelope, Uri};
use otc_protocol::rumor::{Frame, FrameType};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::{Arrival, shard_of};
use crate::ws::{Incoming, Receiver};

/// How long a socket may take to name its session. Clients do so at once.
const PATIENCE: Duration = Duration::from_secs(15);
/// The same for one that says it returns: clients old enough to come without a hint cannot do that.
const PATIENCE_RETURNING: Duration = Duration::from_secs(2);
/// What is read while looking: the frames before the one that names the session are short.
const MOST: usize = 2 * MAX_RELAY_INBOUND_FRAME;

/// Finds the shard of a socket: the one of the session that it names, or else `here`, whose hub closes it as it closes
/// others of its kind. `None` if the socket has gone, or sends what cannot be read.
pub(super) async fn find_shard(
    shards: usize,
    mut arrival: Arrival<TcpStream>,
    here: usize,
) -> Option<(usize, Arrival<TcpStream>)> {
    let patience = if arrival.opened.reconnect { PATIENCE_RETURNING } else { PATIENCE };
    match tokio::time::timeout(patience, read_session(&mut arrival)).await {
        Ok(Some(session)) => Some((shard_of(&session, shards), arrival)),
        Err(_) => Some((here, arrival)),
        Ok(None) => None,
    }
}

/// Reads until a frame names the session. What was read stays with the socket, unread.
async fn read_session(arrival: &mut Arrival<TcpStream>) -> Option<String> {
    let mut read = BytesMut::from(&arrival.read_ahead[..]);
    let mut receiver = Receiver::new(MAX_RELAY_INBOUND_FRAME);
    let mut seen = 0;
    let session = loop {
        let mut news = &read[seen..];
        let mut session = None;
        while let Some(message) = receiver.next(&mut news).ok()? {
            session = session.or_else(|| session_of(message));
        }
        seen = read.len();
        if session.is_some() || read.len() > MOST {
            break session;
        }
        if arrival.stream.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
    };
    arrival.read_ahead = Bytes::from(read);
    session
}

/// The session that a frame is about.
fn session_of(message: Incoming) -> Option<String> {
    let Incoming::Binary(bytes) = message else { return None };
    let frame = Frame::decode(bytes, MAX_RELAY_INBOUND_FRAME).ok()?;
    let of_uri = |uri: &str| Uri::parse(uri).session().map(str::to_owned);
    match frame.kind {
        FrameType::Subscribe => frame.addresses.iter().find_map(|topic| of_uri(topic)),
        FrameType::Message => of_uri(&Envelope::decode(&frame.data).ok()?.uri),
        _ => None,
    }
}
