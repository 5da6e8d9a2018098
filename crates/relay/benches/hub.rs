//! What the hub's decisions cost, in time and in allocations, without sockets. `cargo bench -p otc-relay --bench hub`.
//!
//! Sessions of 2, 100 and 1,000 clients. Each delivery is acknowledged, as clients do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use divan::{AllocProfiler, Bencher};
use otc_protocol::raptor::{CreateConnection, Request, SignalMessage, SignalPayload};
use otc_protocol::rumor::{Frame, FrameType, encode, header};
use otc_protocol::token::Role;
use otc_relay::authority::{Admission, Authority, Refusal};
use otc_relay::hub::Hub;
use otc_relay::io::{Now, Opened, Output, PeerId};
use otc_relay::limits::Limits;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

const PARTNER: &str = "100";
const SESSION: &str = "1_MX4xMDB-fjE3MDAwMDAwMDAwMDB-YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4fn4";
const SIZES: [usize; 3] = [2, 100, 1_000];

struct Doorman;

impl Authority for Doorman {
    fn verify(&self, _: &str, _: &str, _: Option<&str>, _: Now) -> Result<Admission, Refusal> {
        Ok(Admission { partner: PARTNER.to_owned(), role: Role::Publisher, connection_data: String::new() })
    }
}

struct World {
    hub: Hub,
    now: Now,
    members: usize,
    requests: u32,
}

fn id(member: usize) -> String {
    format!("{member:08x}-0000-4000-8000-000000000000")
}

fn acknowledgement(from: &str, transaction: &str) -> Bytes {
    let headers = [(header::TRANSACTION_ID, transaction), (header::FROM_ADDRESS, from)];
    encode(FrameType::Status, &[], &headers, "").expect("it is short")
}

impl World {
    fn new(members: usize) -> Self {
        #[expect(clippy::disallowed_methods, reason = "any moment to count from")]
        let mono = Instant::now();
        let limits = Limits { requests_per_second: 0, ..Limits::default() };
        let hub = Hub::new(Arc::new(limits), Arc::new(Doorman), [7; 32]);
        let mut world = Self { hub, now: Now { mono, unix_ms: 1_700_000_000_000 }, members: 0, requests: 0 };
        for _ in 0..members {
            world.join();
        }
        world
    }

    /// One more client enters, and everyone acknowledges the news.
    fn join(&mut self) {
        let (peer, id) = (PeerId(self.members as u64), id(self.members));
        self.members += 1;
        let opened =
            Opened { socket_id: Some(format!("socket-{id}")), reconnect: false, ..Opened::default() };
        self.hub.peer_opened(peer, opened, self.now);
        let connect = encode(FrameType::Connect, &[], &[(header::UNIQUE_ID, &id)], "").expect("it is short");
        self.hub.peer_message(peer, connect, self.now);
        let content = CreateConnection { client_version: Some("otc-0.1.0".into()), ..Default::default() };
        let payload = Request::encode_create_connection(PARTNER, SESSION, &id, &content);
        let headers = [(header::TOKEN_AUTH, "token"), (header::TRANSACTION_ID, "create")];
        let create = encode(FrameType::Message, &["symphony"], &headers, &payload).expect("it is short");
        self.hub.peer_message(peer, create, self.now);
        self.acknowledge_all();
    }

    /// What a socket would write; every message of it is acknowledged.
    fn acknowledge_all(&mut self) {
        let mut last: Option<(Bytes, String)> = None;
        while let Some(output) = self.hub.poll_output() {
            let Output::Send { peer, message } = output else { continue };
            // All receivers of a broadcast get the same bytes: they are read once, here as in no real client.
            if last.as_ref().is_none_or(|(bytes, _)| bytes.as_ptr() != message.as_ptr()) {
                let frame = Frame::decode(message.clone(), usize::MAX).expect("the hub sends frames");
                let transaction = (frame.kind == FrameType::Message)
                    .then(|| frame.header(header::TRANSACTION_ID).map(ToString::to_string));
                last = transaction.flatten().map(|transaction| (message, transaction));
            }
            if let Some((_, transaction)) = &last {
                let ack = acknowledgement("00000000-0000-4000-8000-000000000000", transaction);
                self.hub.peer_message(peer, ack, self.now);
            }
        }
        while self.hub.poll_notice().is_some() {}
    }

    fn signal(&mut self, to: Option<&str>) {
        self.requests += 1;
        self.now.mono += Duration::from_micros(10);
        let transaction = format!("ffffffff-0000-4000-8000-{:012x}", self.requests);
        let message = SignalMessage {
            address: "symphony",
            transaction: &transaction,
            from: "",
            partner: PARTNER,
            session: SESSION,
            to,
            id: &transaction,
            kind: "chat",
            data: SignalPayload::Text("a usual line of a chat, about so long: sixty-four bytes of it..."),
        };
        self.hub.peer_message(PeerId(0), message.encode().expect("it is short"), self.now);
        self.acknowledge_all();
    }
}

/// A signal to everyone, and all acknowledgements of it.
#[divan::bench(args = SIZES)]
fn signal_to_all(bencher: Bencher<'_, '_>, members: usize) {
    let mut world = World::new(members);
    bencher.bench_local(|| world.signal(None));
}

/// A signal to one client, in sessions of several sizes.
#[divan::bench(args = SIZES)]
fn signal_to_one(bencher: Bencher<'_, '_>, members: usize) {
    let mut world = World::new(members);
    let receiver = id(members - 1);
    bencher.bench_local(|| world.signal(Some(&receiver)));
}

/// A client enters a session of this size: it is told of all, and all are told of it.
#[divan::bench(args = SIZES, sample_count = 20, sample_size = 1)]
fn join(bencher: Bencher<'_, '_>, members: usize) {
    bencher.with_inputs(|| World::new(members)).bench_local_refs(World::join);
}
