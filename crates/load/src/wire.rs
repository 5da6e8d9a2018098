//! What a client writes, and how it finds frames in what it reads: no I/O, and no memory between reads but an
//! unfinished frame.

use otc_protocol::raptor::{CreateConnection, Request, SignalMessage, SignalPayload, Uri};
use otc_protocol::rumor::{self, FrameType, header};

/// WebSocket opcodes that matter here.
pub(crate) mod opcode {
    pub(crate) const BINARY: u8 = 2;
    pub(crate) const CLOSE: u8 = 8;
    pub(crate) const PING: u8 = 9;
    pub(crate) const PONG: u8 = 10;
}

/// The mask that all frames carry. It protects proxies from scripts in browsers; there are neither here, but the relay
/// has the work of taking it off.
const MASK: [u8; 4] = [0x5a, 0x1c, 0x93, 0xe7];

/// What session info said, as every client of a session needs it.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) api_key: String,
    pub(crate) session: String,
    pub(crate) token: String,
    /// Path and query of the WebSocket.
    pub(crate) path: String,
    /// The `Host` to name.
    pub(crate) host: String,
    /// Where requests are addressed to.
    pub(crate) server: String,
}

/// A server frame found in what was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) opcode: u8,
    /// Bytes before the payload.
    pub(crate) head: usize,
    /// Bytes of the payload.
    pub(crate) length: usize,
}

/// The frame at the beginning of `bytes`; `None` if its header is not all there. An error says what is wrong with it.
pub(crate) fn find(bytes: &[u8]) -> Result<Option<Found>, &'static str> {
    let [first, second, rest @ ..] = bytes else { return Ok(None) };
    if first & 0xf0 != 0x80 {
        return Err("a WebSocket frame that is not whole, or with reserved bits");
    }
    let (head, length) = match second {
        0..=125 => (2, u64::from(*second)),
        126 => match rest.first_chunk::<2>() {
            Some(length) => (4, u64::from(u16::from_be_bytes(*length))),
            None => return Ok(None),
        },
        127 => match rest.first_chunk::<8>() {
            Some(length) => (10, u64::from_be_bytes(*length)),
            None => return Ok(None),
        },
        _ => return Err("a masked WebSocket frame"),
    };
    let length = usize::try_from(length).map_err(|_| "a WebSocket frame that fits nowhere")?;
    Ok(Some(Found { opcode: first & 0x0f, head, length }))
}

/// Appends a masked WebSocket frame.
pub(crate) fn put(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    out.push(0x80 | opcode);
    match payload.len() {
        length @ 0..=125 => out.push(0x80 | length as u8),
        length @ 126..=0xffff => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&MASK);
    let start = out.len();
    out.extend_from_slice(payload);
    let block: [u8; 32] = std::array::from_fn(|at| MASK[at % 4]);
    for bytes in out[start..].chunks_mut(32) {
        for (byte, key) in bytes.iter_mut().zip(&block) {
            *byte ^= key;
        }
    }
}

/// The connection id of a client.
pub(crate) fn connection_id(client: usize) -> String {
    format!("{client:08x}-10ad-4000-8000-000000000000")
}

/// The transaction id of a client's request.
pub(crate) fn transaction(client: usize, number: u32) -> String {
    format!("{client:08x}-10ad-4000-8000-{number:012x}")
}

/// Which request of this client a transaction id names.
pub(crate) fn request_number(client: usize, transaction: &str) -> Option<u32> {
    let (head, number) = transaction.split_at_checked(24)?;
    let named = usize::from_str_radix(head.get(..8)?, 16).ok()?;
    if named == client && head[8..] == *"-10ad-4000-8000-" {
        u32::from_str_radix(number, 16).ok()
    } else {
        None
    }
}

/// Appends the request for the WebSocket. `run` tells the runs against one relay apart.
pub(crate) fn put_upgrade(out: &mut Vec<u8>, way: &Way, client: usize, run: u64, attempt: u32) {
    let separator = if way.path.contains('?') { '&' } else { '?' };
    let reconnect = if attempt > 0 { "&reconnect=true" } else { "" };
    let head = format!(
        "GET {}{separator}socketId={run:016x}-{client:08x}{reconnect}&attempt={attempt} HTTP/1.1\r\nHost: {}\r\n\
         Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: bG9hZCBvZiBhIHJlbGF5IQ==\r\n\
         Sec-WebSocket-Version: 13\r\n\r\n",
        way.path, way.host,
    );
    out.extend_from_slice(head.as_bytes());
}

/// Appends what a client says first: CONNECT, SUBSCRIBE and create, whose number is 0.
pub(crate) fn put_greeting(out: &mut Vec<u8>, way: &Way, client: usize, suppressed: bool) {
    let id = connection_id(client);
    put_frame(out, FrameType::Connect, &[], &[(header::UNIQUE_ID, &id)], "");
    put_frame(out, FrameType::Subscribe, &[&Uri::for_session(&way.api_key, &way.session)], &[], "");
    let content = CreateConnection {
        user_agent: "otc-load".to_owned(),
        client_version: Some(concat!("otc-", env!("CARGO_PKG_VERSION")).to_owned()),
        capabilities: Some(Vec::new()),
        connection_events_suppressed: suppressed,
    };
    let payload = Request::encode_create_connection(&way.api_key, &way.session, &id, &content);
    let headers = [
        (header::TOKEN_AUTH, &*way.token),
        (header::CONTENT_TYPE, header::RAPTOR_CONTENT_TYPE),
        (header::TRANSACTION_ID, &transaction(client, 0)),
        (header::FROM_ADDRESS, &id),
    ];
    put_frame(out, FrameType::Message, &[&way.server], &headers, &payload);
}

/// A signal, as a whole Rumor frame.
pub(crate) fn signal(way: &Way, client: usize, number: u32, to: Option<usize>, data: &str) -> bytes::Bytes {
    let (transaction, to) = (transaction(client, number), to.map(connection_id));
    let message = SignalMessage {
        address: &way.server,
        transaction: &transaction,
        from: &connection_id(client),
        partner: &way.api_key,
        session: &way.session,
        to: to.as_deref(),
        id: &transaction,
        kind: "load",
        data: SignalPayload::Text(data),
    };
    message.encode().expect("ids and text are short")
}

/// Appends the acknowledgement of a message.
pub(crate) fn put_acknowledgement(out: &mut Vec<u8>, client: usize, transaction: &str) {
    let headers = [(header::TRANSACTION_ID, transaction), (header::FROM_ADDRESS, &connection_id(client))];
    put_frame(out, FrameType::Status, &[], &headers, "");
}

/// Appends a frame without addresses, headers and data.
pub(crate) fn put_bare(out: &mut Vec<u8>, kind: FrameType) {
    put_frame(out, kind, &[], &[], "");
}

fn put_frame(out: &mut Vec<u8>, kind: FrameType, addresses: &[&str], headers: &[(&str, &str)], data: &str) {
    let frame = rumor::encode(kind, addresses, headers, data).expect("every field is short");
    put(out, opcode::BINARY, &frame);
}

/// The data of a signal of ours within its payload: what follows `"data":"` up to the quote. Nothing in it is escaped.
pub(crate) fn data_of(payload: &[u8]) -> Option<(usize, usize)> {
    const KEY: &[u8] = b"\"data\":\"";
    let start = memchr::memmem::find(payload, KEY)? + KEY.len();
    let length = memchr::memchr(b'"', &payload[start..])?;
    Some((start, start + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_only_when_their_header_is_there() {
        for length in [0_usize, 125, 126, 0xffff, 0x1_0000] {
            let mut frame = Vec::new();
            put(&mut frame, opcode::BINARY, &vec![7; length]);
            // A server's frame is the same without the mask.
            frame[1] &= 0x7f;
            let head = frame.len() - length - 4;
            for cut in 0..head {
                assert_eq!(find(&frame[..cut]), Ok(None), "{length} cut at {cut}");
            }
            assert_eq!(find(&frame), Ok(Some(Found { opcode: opcode::BINARY, head, length })));
        }
        assert!(find(&[0x02, 0]).is_err(), "a fragment");
        assert!(find(&[0x82, 0x80]).is_err(), "a mask");
    }

    #[test]
    fn transaction_ids_lead_back_to_their_request() {
        assert_eq!(request_number(7, &transaction(7, 123)), Some(123));
        assert_eq!(request_number(8, &transaction(7, 123)), None);
        assert_eq!(request_number(7, "00000007-10ad-4000-9000-000000000001"), None);
        assert_eq!(request_number(7, "é"), None);
    }

    #[test]
    fn the_data_of_a_signal_is_found_in_its_frame() {
        let way = Way {
            api_key: "100".to_owned(),
            session: "S".to_owned(),
            token: String::new(),
            path: String::new(),
            host: String::new(),
            server: "symphony.x".to_owned(),
        };
        let frame = signal(&way, 1, 2, Some(3), "4 5 6 xxx");
        let (start, end) = data_of(&frame).expect("it has data");
        assert_eq!(&frame[start..end], b"4 5 6 xxx");
    }
}
