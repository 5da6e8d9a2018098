//! A server that answers as a test tells it to, byte by byte.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use bytes::Bytes;
use otc_protocol::raptor::{Connection, SessionState};
use otc_protocol::rumor::{Frame, FrameType, header};
use serde_json::json;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::support::{API_KEY, LIMIT};

/// A listener whose connections all go through one script. Ends with the last of them when dropped.
pub(crate) struct Server {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(script: impl Fn(&mut Visitor) -> io::Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, script) = (stop.clone(), Arc::new(script));
        let thread = std::thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let script = script.clone();
                std::thread::spawn(move || {
                    // Clients hang up in the middle of much that is tried here.
                    let _ = Visitor::meet(socket, address).and_then(|mut visitor| script(&mut visitor));
                });
            }
        });
        Self { address, stop, thread: Some(thread) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A client that came, and the head of its request.
pub(crate) struct Visitor {
    pub(crate) socket: TcpStream,
    pub(crate) head: String,
    address: SocketAddr,
    transactions: u32,
}

impl Visitor {
    fn meet(mut socket: TcpStream, address: SocketAddr) -> io::Result<Self> {
        // Only a hang reaches it.
        socket.set_read_timeout(Some(LIMIT))?;
        socket.set_write_timeout(Some(LIMIT))?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            socket.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        Ok(Self { socket, head, address, transactions: 0 })
    }

    /// Whether it asks for session info; else it wants the WebSocket.
    pub(crate) fn asks_for_info(&self) -> bool {
        self.head.starts_with("GET /session/")
    }

    pub(crate) fn say(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.socket.write_all(bytes.as_ref())
    }

    pub(crate) fn answer_json(&mut self, body: &str) -> io::Result<()> {
        let length = body.len();
        self.say(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}"))
    }

    /// The answer that leads back here.
    pub(crate) fn info(&self) -> serde_json::Value {
        json!({
            "session_id": "S", "partner_id": API_KEY, "symphony_address": "symphony.here",
            "messaging_url": format!("ws://{}/link", self.address), "properties": {"reconnection": true},
        })
    }

    pub(crate) fn give_info(&mut self) -> io::Result<()> {
        let body = json!([self.info()]).to_string();
        self.answer_json(&body)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }

    pub(crate) fn upgrade(&mut self) -> io::Result<()> {
        let accept = derive_accept_key(self.header("sec-websocket-key").as_bytes());
        self.say(format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        ))
    }

    /// Upgrades, and lets the client join a session in which nobody else is. Returns its connection id.
    pub(crate) fn admit(&mut self) -> io::Result<String> {
        self.upgrade()?;
        let (create, own) = self.await_create()?;
        let state = SessionState {
            id: "S".into(),
            connection: vec![Connection { id: own.clone(), ..Connection::default() }],
            ..SessionState::default()
        };
        self.answer(&create, "200", &serde_json::to_string(&state).expect("a state"))?;
        Ok(own)
    }

    /// Reads on until the client's create: its transaction id and the client's connection id.
    pub(crate) fn await_create(&mut self) -> io::Result<(String, String)> {
        loop {
            let frame = self.read_frame()?;
            let value = |name| frame.header(name).map(|value| value.to_string()).unwrap_or_default();
            if frame.kind == FrameType::Message {
                return Ok((value(header::TRANSACTION_ID), value(header::FROM_ADDRESS)));
            }
        }
    }

    pub(crate) fn answer(&mut self, transaction: &str, status: &str, data: &str) -> io::Result<()> {
        let frame = Frame::new(FrameType::Status)
            .with_header(header::TRANSACTION_ID, transaction)
            .with_header(header::STATUS, status)
            .with_data(data);
        self.send(&frame)
    }

    /// A message under a new transaction id.
    pub(crate) fn tell(&mut self, from: &str, data: &str) -> io::Result<()> {
        self.transactions += 1;
        self.tell_under(&format!("t{}", self.transactions), from, data)
    }

    /// A message under a transaction id.
    pub(crate) fn tell_under(&mut self, transaction: &str, from: &str, data: &str) -> io::Result<()> {
        let frame = Frame::new(FrameType::Message)
            .with_header(header::TRANSACTION_ID, transaction)
            .with_header(header::FROM_ADDRESS, from)
            .with_data(data);
        self.send(&frame)
    }

    pub(crate) fn tell_signal(&mut self, from: &str, data: &str) -> io::Result<()> {
        let message = json!({"method": "signal", "uri": "/v2/partner/100/session/S/signal/x", "content": {"data": data}});
        self.tell(from, &message.to_string())
    }

    pub(crate) fn send(&mut self, frame: &Frame) -> io::Result<()> {
        let message = frame.encode().map_err(|error| io::Error::other(error.to_string()))?;
        self.say(websocket(0x82, &message))
    }

    /// The next binary message of the client.
    pub(crate) fn read_frame(&mut self) -> io::Result<Frame> {
        loop {
            let (first, payload) = self.read_raw()?;
            if first == 0x82 {
                return Frame::decode(Bytes::from(payload), usize::MAX)
                    .map_err(|error| io::Error::other(error.to_string()));
            }
        }
    }

    /// The next WebSocket frame of the client: its first byte and its payload.
    fn read_raw(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        self.socket.read_exact(&mut head)?;
        let length = match head[1] & 0x7f {
            126 => {
                let mut bytes = [0; 2];
                self.socket.read_exact(&mut bytes)?;
                u64::from(u16::from_be_bytes(bytes))
            }
            127 => {
                let mut bytes = [0; 8];
                self.socket.read_exact(&mut bytes)?;
                u64::from_be_bytes(bytes)
            }
            short => u64::from(short),
        };
        let mut mask = [0; 4];
        self.socket.read_exact(&mut mask)?;
        let mut payload = vec![0; usize::try_from(length).expect("clients send little")];
        self.socket.read_exact(&mut payload)?;
        payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        Ok((head[0], payload))
    }

    /// Reads until the client closes or hangs up; the code of its close.
    pub(crate) fn await_close(&mut self) -> Option<u16> {
        loop {
            let (first, payload) = self.read_raw().ok()?;
            if first == 0x88 {
                return payload.first_chunk().map(|code| u16::from_be_bytes(*code));
            }
        }
    }
}

/// A frame as servers send it.
pub(crate) fn websocket(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        short @ 0..=125 => frame.push(short as u8),
        medium @ 126..=0xffff => {
            frame.push(126);
            frame.extend((medium as u16).to_be_bytes());
        }
        long => {
            frame.push(127);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    frame.extend(payload);
    frame
}
