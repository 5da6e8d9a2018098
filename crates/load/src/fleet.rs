//! Many clients in one thread: what happens on their sockets, one turn at a time.

use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

use bytes::Bytes;
use mio::event::Event;
use mio::net::TcpStream;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use nix::sys::time::{TimeSpec, TimeValLike};
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use otc_protocol::rumor::{Frame, FrameType, header};

use crate::client::{Client, End, Stage};
use crate::clock;
use crate::place::Place;
use crate::wire::{self, Way, opcode};

/// What one read takes at most.
const BUFFER: usize = 64 * 1024;
/// Sockets that one turn looks at. Few, so that what is due is sent in time.
const AT_ONCE: usize = 256;
/// The token of the clock.
const TIMER: Token = Token(usize::MAX);
/// Ports of one address are too few for many clients that come and go; so many addresses of the loopback are used.
const SOURCES: usize = 16;
/// The largest frame a client takes.
const MAX_FRAME: usize = otc_protocol::limits::MAX_CLIENT_INBOUND_FRAME;

/// A signal that a client got.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) client: usize,
    pub(crate) at: Instant,
    /// What was sent as data.
    pub(crate) data: Bytes,
}

/// What all clients have seen so far.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    /// Clients that entered.
    pub(crate) joined: u64,
    /// Clients that came back.
    pub(crate) resumed: u64,
    /// Signals that were accepted.
    pub(crate) accepted: u64,
    /// Requests that were refused.
    pub(crate) refused: u64,
    /// Signals received, repeats left out.
    pub(crate) signals: u64,
    /// Messages that came again.
    pub(crate) repeats: u64,
    /// News of clients that entered.
    pub(crate) created: u64,
    /// News of clients that are gone.
    pub(crate) deleted: u64,
}

/// The clients, and what happens to them.
pub(crate) struct Fleet {
    place: Place,
    address: SocketAddr,
    run: u64,
    poll: Poll,
    events: Events,
    timer: TimerFd,
    armed: Option<Instant>,
    buffer: Box<[u8]>,
    ways: Vec<Way>,
    clients: Vec<Client>,
    dirty: Vec<usize>,
    /// Clients on their way in.
    opening: usize,
    /// Clients remember which messages they got.
    pub(crate) remembers: bool,
    pub(crate) counts: Counts,
    /// Signals of the last turn.
    pub(crate) deliveries: Vec<Delivery>,
    /// Sockets that ended without being asked to.
    pub(crate) ends: Vec<(usize, End)>,
}

impl Fleet {
    pub(crate) fn new(place: &Place) -> io::Result<Self> {
        let poll = Poll::new()?;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_NONBLOCK)?;
        poll.registry().register(&mut SourceFd(&timer.as_fd().as_raw_fd()), TIMER, Interest::READABLE)?;
        let since = clock::since_1970();
        Ok(Self {
            place: place.clone(),
            address: place.address()?,
            run: since.as_secs() << 30 | u64::from(since.subsec_nanos()),
            poll,
            events: Events::with_capacity(AT_ONCE),
            timer,
            armed: None,
            buffer: vec![0; BUFFER].into(),
            ways: Vec::new(),
            clients: Vec::new(),
            dirty: Vec::new(),
            opening: 0,
            remembers: false,
            counts: Counts::default(),
            deliveries: Vec::new(),
            ends: Vec::new(),
        })
    }

    /// A new session with so many clients, none of which has joined. Says which they are.
    pub(crate) fn add_session(&mut self, clients: usize) -> io::Result<std::ops::Range<usize>> {
        let way = self.place.new_session(self.ways.len() as u64)?;
        self.ways.push(way);
        let first = self.clients.len();
        self.clients.extend((0..clients).map(|_| Client::new(self.ways.len() - 1)));
        Ok(first..self.clients.len())
    }

    pub(crate) fn client(&self, client: usize) -> &Client {
        &self.clients[client]
    }

    /// Asks for no news of others.
    pub(crate) fn suppress_news(&mut self, clients: impl IntoIterator<Item = usize>) {
        for client in clients {
            self.clients[client].suppressed = true;
        }
    }

    /// Clients on their way in.
    pub(crate) fn opening(&self) -> usize {
        self.opening
    }

    /// Opens a socket for a client: it enters, or comes back if it was in.
    pub(crate) fn open(&mut self, client: usize) -> io::Result<()> {
        let domain = socket2::Domain::for_address(self.address);
        let socket = socket2::Socket::new(domain, socket2::Type::STREAM, Some(socket2::Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        if self.address.ip().is_loopback() && self.address.is_ipv4() {
            let source = Ipv4Addr::new(127, 0, 1, (client % SOURCES) as u8 + 1);
            socket.bind(&SocketAddr::new(IpAddr::V4(source), 0).into())?;
        }
        match socket.connect(&self.address.into()) {
            Ok(()) => {}
            Err(error) if error.raw_os_error() == Some(nix::errno::Errno::EINPROGRESS as i32) => {}
            Err(error) => return Err(error),
        }
        let mut socket = TcpStream::from_std(socket.into());
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut socket, Token(client), interest)?;
        let state = &mut self.clients[client];
        state.put_away();
        state.socket = Some(socket);
        state.stage = Stage::Opening;
        self.opening += 1;
        Ok(())
    }

    /// Sends a signal, or keeps it until the client is back.
    pub(crate) fn signal(&mut self, client: usize, to: Option<usize>, data: &str) {
        let state = &mut self.clients[client];
        let number = state.next_request;
        state.next_request += 1;
        let frame = wire::signal(&self.ways[state.way], client, number, to, data);
        if state.stage == Stage::Live || (state.stage == Stage::Joining && state.entered) {
            wire::put(&mut state.out, opcode::BINARY, &frame);
            self.soil(client);
        }
        self.clients[client].unanswered.push_back((number, frame));
    }

    /// Cuts a client's link, as a network does that is gone: nothing is said.
    pub(crate) fn cut(&mut self, client: usize) {
        if let Some(socket) = &self.clients[client].socket {
            let _ = socket2::SockRef::from(socket).set_linger(Some(Duration::ZERO));
        }
        self.put_away(client);
    }

    /// Has a client that is in leave in order.
    pub(crate) fn leave(&mut self, client: usize) {
        let state = &mut self.clients[client];
        if state.stage == Stage::Live {
            wire::put_bare(&mut state.out, FrameType::Disconnect);
            wire::put(&mut state.out, opcode::CLOSE, &[]);
            state.stage = Stage::Leaving;
            self.soil(client);
        }
    }

    /// Has a client stop or resume reading.
    pub(crate) fn set_deaf(&mut self, client: usize, deaf: bool) {
        self.clients[client].deaf = deaf;
        if !deaf {
            self.read(client, true);
        }
    }

    fn put_away(&mut self, client: usize) {
        let state = &mut self.clients[client];
        if matches!(state.stage, Stage::Opening | Stage::Upgrading | Stage::Joining) {
            self.opening -= 1;
        }
        state.put_away();
    }

    fn soil(&mut self, client: usize) {
        if !std::mem::replace(&mut self.clients[client].dirty, true) {
            self.dirty.push(client);
        }
    }

    /// Writes what was said, then waits for something to happen, until then at most, and deals with it.
    pub(crate) fn turn(&mut self, until: Instant) -> io::Result<()> {
        self.deliveries.clear();
        self.flush_all();
        let wait = until.saturating_duration_since(clock::now());
        let at_once = if wait.is_zero() {
            Some(Duration::ZERO)
        } else {
            self.arm(until, wait)?;
            None
        };
        match self.poll.poll(&mut self.events, at_once) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            outcome => outcome?,
        }
        let events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        for event in &events {
            if event.token() == TIMER {
                self.armed = None;
            } else {
                self.happened(event);
            }
        }
        self.events = events;
        self.flush_all();
        Ok(())
    }

    /// Sets the clock, whose alarm is exact to the microsecond; waiting for sockets is to the millisecond only.
    fn arm(&mut self, until: Instant, wait: Duration) -> io::Result<()> {
        if self.armed != Some(until) {
            let wait = TimeSpec::nanoseconds(i64::try_from(wait.as_nanos()).unwrap_or(i64::MAX));
            self.timer.set(Expiration::OneShot(wait), TimerSetTimeFlags::empty())?;
            self.armed = Some(until);
        }
        Ok(())
    }

    fn flush_all(&mut self) {
        while let Some(client) = self.dirty.pop() {
            self.clients[client].dirty = false;
            if let Err(error) = self.clients[client].flush() {
                self.end(client, End::Lost(error.to_string()));
            }
        }
    }

    fn happened(&mut self, event: &Event) {
        let client = event.token().0;
        if self.clients[client].stage == Stage::Opening && (event.is_writable() || event.is_error()) {
            self.connected(client);
        }
        if event.is_writable() && !self.clients[client].out.is_empty() {
            self.soil(client);
        }
        if (event.is_readable() || event.is_read_closed()) && !self.clients[client].deaf {
            self.read(client, event.is_read_closed());
        }
    }

    fn connected(&mut self, client: usize) {
        let state = &mut self.clients[client];
        let Some(socket) = &state.socket else { return };
        let failed = match socket.take_error() {
            Ok(failed) => failed,
            Err(error) => Some(error),
        };
        if let Some(error) = failed {
            return self.end(client, End::Lost(format!("cannot connect: {error}")));
        }
        state.stage = Stage::Upgrading;
        wire::put_upgrade(&mut state.out, &self.ways[state.way], client, self.run, state.attempt);
        state.attempt += 1;
        self.soil(client);
    }

    /// Reads until nothing is left; a short read shows that already, unless the end is near.
    fn read(&mut self, client: usize, to_the_end: bool) {
        let mut buffer = std::mem::take(&mut self.buffer);
        while let Some(socket) = &mut self.clients[client].socket {
            match socket.read(&mut buffer) {
                Ok(0) => self.end(client, End::Lost("end of file".to_owned())),
                Ok(count) => {
                    self.received(client, &buffer[..count]);
                    if count < buffer.len() && !to_the_end {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.end(client, End::Lost(error.to_string())),
            }
        }
        self.buffer = buffer;
    }

    fn received(&mut self, client: usize, bytes: &[u8]) {
        let state = &mut self.clients[client];
        let upgraded = state.stage != Stage::Upgrading;
        let mut read = if state.tail.is_empty() {
            Bytes::copy_from_slice(bytes)
        } else {
            state.tail.extend_from_slice(bytes);
            // Large frames come in many reads and are not looked at before they are whole.
            let whole = |found: wire::Found| found.head + found.length <= state.tail.len();
            if upgraded && !wire::find(&state.tail).is_ok_and(|found| found.is_some_and(whole)) {
                return;
            }
            Bytes::from(std::mem::take(&mut state.tail))
        };
        if !upgraded && !self.upgraded(client, &mut read) {
            return;
        }
        let at = clock::now();
        while self.clients[client].socket.is_some() {
            match wire::find(&read) {
                Ok(Some(found)) if found.head + found.length <= read.len() => {
                    let mut frame = read.split_to(found.head + found.length);
                    let payload = frame.split_off(found.head);
                    self.frame(client, found.opcode, payload, at);
                }
                Ok(_) => break,
                Err(what) => self.end(client, End::Lost(what.to_owned())),
            }
        }
        if !read.is_empty() && self.clients[client].socket.is_some() {
            self.clients[client].tail = read.to_vec();
        }
    }

    /// The answer to the request for a WebSocket. Says whether it is all there and good.
    fn upgraded(&mut self, client: usize, read: &mut Bytes) -> bool {
        let Some(end) = memchr::memmem::find(read, b"\r\n\r\n") else {
            self.clients[client].tail = read.to_vec();
            return false;
        };
        let head = read.split_to(end + 4);
        if !head.starts_with(b"HTTP/1.1 101 ") {
            let line = String::from_utf8_lossy(head.split(|c| *c == b'\r').next().unwrap_or_default());
            self.end(client, End::Lost(format!("no WebSocket: {line}")));
            return false;
        }
        let state = &mut self.clients[client];
        state.stage = Stage::Joining;
        if state.entered {
            wire::put_bare(&mut state.out, FrameType::Ping);
            for (_, request) in &state.unanswered {
                wire::put(&mut state.out, opcode::BINARY, request);
            }
        } else {
            wire::put_greeting(&mut state.out, &self.ways[state.way], client, state.suppressed);
        }
        self.soil(client);
        true
    }

    fn frame(&mut self, client: usize, kind: u8, payload: Bytes, at: Instant) {
        match kind {
            opcode::BINARY if self.clients[client].stage == Stage::Leaving => {}
            opcode::BINARY => {
                if self.clients[client].stage == Stage::Joining && self.clients[client].entered {
                    self.live(client);
                    self.counts.resumed += 1;
                }
                match Frame::decode(payload, MAX_FRAME) {
                    Ok(frame) => self.rumor(client, &frame, at),
                    Err(error) => self.end(client, End::Lost(format!("a frame that is none: {error}"))),
                }
            }
            opcode::PING => {
                wire::put(&mut self.clients[client].out, opcode::PONG, &payload);
                self.soil(client);
            }
            opcode::CLOSE => {
                let code = payload.first_chunk::<2>().map(|code| u16::from_be_bytes(*code));
                let state = &mut self.clients[client];
                wire::put(&mut state.out, opcode::CLOSE, payload.get(..2).unwrap_or_default());
                let _ = state.flush();
                self.end(client, End::Closed(code));
            }
            _ => {}
        }
    }

    fn rumor(&mut self, client: usize, frame: &Frame, at: Instant) {
        let Some(transaction) = frame.header(header::TRANSACTION_ID) else { return };
        match frame.kind {
            FrameType::Status => self.answered(client, frame, transaction),
            FrameType::Message => {
                let state = &mut self.clients[client];
                wire::put_acknowledgement(&mut state.out, client, transaction);
                let news = !self.remembers || state.seen.insert(Box::from(&**transaction));
                self.soil(client);
                if news {
                    self.message(client, frame, at);
                } else {
                    self.counts.repeats += 1;
                }
            }
            _ => {}
        }
    }

    fn message(&mut self, client: usize, frame: &Frame, at: Instant) {
        let payload = frame.data.as_bytes();
        if payload.starts_with(b"{\"method\":\"signal\"") {
            self.counts.signals += 1;
            if let Some((start, end)) = wire::data_of(payload.as_ref()) {
                self.deliveries.push(Delivery { client, at, data: payload.slice(start..end) });
            }
        } else if payload.starts_with(b"{\"method\":\"created\"") {
            self.counts.created += 1;
            self.clients[client].created += 1;
        } else if payload.starts_with(b"{\"method\":\"deleted\"") {
            self.counts.deleted += 1;
            self.clients[client].deleted += 1;
        }
    }

    fn answered(&mut self, client: usize, frame: &Frame, transaction: &str) {
        let accepted = frame.header(header::STATUS).is_some_and(|status| status.starts_with('2'));
        let state = &mut self.clients[client];
        match wire::request_number(client, transaction) {
            Some(0) if state.entered => {}
            Some(0) if accepted => {
                state.entered = true;
                for (_, request) in &state.unanswered {
                    wire::put(&mut state.out, opcode::BINARY, request);
                }
                self.counts.joined += 1;
                self.soil(client);
                self.live(client);
            }
            Some(0) => {
                let status = frame.header(header::STATUS).map_or("", |status| &**status).to_owned();
                self.end(client, End::Refused(status));
            }
            Some(number) => {
                let waiting = state.unanswered.iter().position(|(waiting, _)| *waiting == number);
                if waiting.and_then(|at| state.unanswered.remove(at)).is_some() {
                    *if accepted { &mut self.counts.accepted } else { &mut self.counts.refused } += 1;
                }
            }
            None => {}
        }
    }

    fn live(&mut self, client: usize) {
        self.clients[client].stage = Stage::Live;
        self.opening -= 1;
    }

    fn end(&mut self, client: usize, end: End) {
        let expected = self.clients[client].stage == Stage::Leaving;
        self.put_away(client);
        if !expected {
            self.ends.push((client, end));
        }
    }
}
