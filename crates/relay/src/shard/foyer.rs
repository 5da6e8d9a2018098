//! Sockets whose URL does not tell their session.
//!
//! Old clients build the URL of the WebSocket themselves, and so do people with a script. With several shards such a
//! socket is looked into until it names its session; what was read goes to the shard with it.

use bytes::{Bytes, BytesMut};
use otc_protocol::limits::MAX_RELAY_INBOUND_FRAME;
use otc_protocol::raptor::{Envelope, Uri};
use otc_protocol::rumor::{Frame, FrameType};
use tokio::io::AsyncReadExt;

use super::{Arrival, shard_of};
use crate::clock;
use crate::limits::Limits;
use crate::stream::Stream;
use crate::ws::{Incoming, Receiver};

/// What is read while looking: the frames before the one that names the session are short.
const MOST: usize = 2 * MAX_RELAY_INBOUND_FRAME;

/// What looking into a socket came to.
enum Found {
    /// It names this session.
    Session(String),
    /// It does what a hub has to answer before it names a session, or never names one.
    Nothing,
    /// It has gone.
    Gone,
}

/// Finds the shard of a socket: the one of the session that it names, or else `here`, whose hub closes it as it closes
/// others of its kind. What was read goes with it, unread, and so does the time that it took, which is part of what the
/// socket may take until it has joined. `None` if the socket has gone.
pub(super) async fn find_shard(
    shards: usize,
    mut arrival: Arrival<Stream>,
    here: usize,
    limits: &Limits,
) -> Option<(usize, Arrival<Stream>)> {
    let patience =
        if arrival.opened.reconnect { limits.unknown_resume_timeout } else { limits.create_timeout };
    let began = clock::now().mono;
    let mut read = BytesMut::from(&arrival.read_ahead[..]);
    let found = tokio::time::timeout(
        patience,
        look_into(&mut arrival.stream, &mut read, limits.frames_before_create),
    )
    .await;
    arrival.read_ahead = Bytes::from(read);
    arrival.opened.waited = clock::now().mono.duration_since(began);
    match found {
        Ok(Found::Session(session)) => Some((shard_of(&session, shards), arrival)),
        Ok(Found::Nothing) | Err(_) => Some((here, arrival)),
        Ok(Found::Gone) => None,
    }
}

/// Reads until a frame names the session, or something comes that a hub has to answer: more than `most` frames, too.
async fn look_into(stream: &mut Stream, read: &mut BytesMut, most: u32) -> Found {
    let mut receiver = Receiver::new(MAX_RELAY_INBOUND_FRAME);
    let (mut seen, mut frames) = (0, 0);
    loop {
        let mut news = &read[seen..];
        loop {
            match receiver.next(&mut news) {
                Ok(None) => break,
                Ok(Some(Incoming::Binary(bytes))) => match Frame::decode(bytes, MAX_RELAY_INBOUND_FRAME) {
                    Ok(frame) => {
                        if let Some(session) = session_of(&frame) {
                            return Found::Session(session);
                        }
                        frames += 1;
                        if frames > most {
                            return Found::Nothing;
                        }
                    }
                    Err(_) => return Found::Nothing,
                },
                Ok(Some(Incoming::Ping(_) | Incoming::Pong)) => {}
                Ok(Some(Incoming::Text(_) | Incoming::Close(_))) | Err(_) => return Found::Nothing,
            }
        }
        seen = read.len();
        if seen > MOST {
            return Found::Nothing;
        }
        if !matches!(stream.read_buf(read).await, Ok(1..)) {
            return Found::Gone;
        }
    }
}

/// The session that a frame is about.
fn session_of(frame: &Frame) -> Option<String> {
    let of_uri = |uri: &str| Uri::parse(uri).session().map(str::to_owned);
    match frame.kind {
        FrameType::Subscribe => frame.addresses.iter().find_map(|topic| of_uri(topic)),
        FrameType::Message => of_uri(&Envelope::decode(&frame.data).ok()?.uri),
        _ => None,
    }
}
