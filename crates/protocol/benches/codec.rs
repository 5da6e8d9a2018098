//! What frames, messages and tokens cost, in time and in allocations. `cargo bench -p otc-protocol`.
//!
//! Sizes of data: 64 bytes, a usual chat line, and 8 KB, the longest signal there is.

use bytes::Bytes;
use divan::{AllocProfiler, Bencher, black_box};
use otc_protocol::limits::MAX_RELAY_INBOUND_FRAME;
use otc_protocol::raptor::{Connection, Event, Request, SessionState, SignalMessage, SignalPayload, Uri};
use otc_protocol::rumor::{self, Frame, FrameType, header};
use otc_protocol::token::{
    JwtParams, Keys, PublicKey, Role, Secret, Signer, T1Params, mint_jwt, mint_t1, verify_client,
};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

const SESSION: &str = "1_MX4xMDB-fjE3MDAwMDAwMDAwMDB-YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4fn4";
const CONNECTION: &str = "11111111-1111-4111-8111-111111111111";
const TRANSACTION: &str = "00000004-aaaa-4aaa-8aaa-aaaaaaaaaaaa";
const SIGNAL: &str = "33333333-3333-4333-8333-333333333333";
const NOW: u64 = 1_700_000_000;

const SIZES: [usize; 2] = [64, 8192];

fn signal<'a>(data: SignalPayload<'a>) -> SignalMessage<'a> {
    SignalMessage {
        address: "symphony.relay.example",
        transaction: TRANSACTION,
        from: CONNECTION,
        partner: "100",
        session: SESSION,
        to: None,
        id: SIGNAL,
        kind: "chat",
        data,
    }
}

/// Text without anything to escape.
fn plain(size: usize) -> String {
    "abcdefghijklmnopqrstuvwxyz 01234".repeat(size / 32)
}

/// JSON inside a string: a quote every eight bytes.
fn quoted(size: usize) -> String {
    "\"key\": 1".repeat(size / 8)
}

fn signal_frame(data: &str) -> Bytes {
    signal(SignalPayload::Text(data)).encode().expect("a frame")
}

#[divan::bench(args = SIZES)]
fn decode_frame(bencher: Bencher<'_, '_>, size: usize) {
    let message = signal_frame(&plain(size));
    bencher.bench(|| Frame::decode(black_box(message.clone()), MAX_RELAY_INBOUND_FRAME));
}

#[divan::bench]
fn decode_ping(bencher: Bencher<'_, '_>) {
    let message = Frame::new(FrameType::Ping).encode().expect("a frame");
    bencher.bench(|| Frame::decode(black_box(message.clone()), MAX_RELAY_INBOUND_FRAME));
}

#[divan::bench]
fn encode_status(bencher: Bencher<'_, '_>) {
    let headers = [(header::TRANSACTION_ID, TRANSACTION), (header::STATUS, "200")];
    bencher.bench(|| rumor::encode(FrameType::Status, &[CONNECTION], black_box(&headers), ""));
}

#[divan::bench(args = SIZES)]
fn encode_signal(bencher: Bencher<'_, '_>, size: usize) {
    let data = plain(size);
    bencher.bench(|| signal(SignalPayload::Text(black_box(&data))).encode());
}

#[divan::bench(args = SIZES)]
fn encode_signal_with_quotes(bencher: Bencher<'_, '_>, size: usize) {
    let data = quoted(size);
    bencher.bench(|| signal(SignalPayload::Text(black_box(&data))).encode());
}

/// What a relay does once for a broadcast: read frame and request, check, write the frame that all receivers share.
fn pass_on(message: Bytes, topic: &str) -> Bytes {
    let frame = Frame::decode(message, MAX_RELAY_INBOUND_FRAME).expect("a frame");
    let Ok(Request::Signal { content, .. }) = Request::decode(&frame.data, SESSION) else {
        panic!("a signal")
    };
    content.check_wire().expect("within the limits");
    let kind = content.kind.as_deref().unwrap_or("");
    SignalMessage { address: topic, kind, ..signal(content.payload()) }.encode().expect("a frame")
}

#[divan::bench(args = SIZES)]
fn pass_on_signal(bencher: Bencher<'_, '_>, size: usize) {
    let (message, topic) = (signal_frame(&plain(size)), Uri::for_session("100", SESSION));
    bencher.bench(|| pass_on(black_box(message.clone()), &topic));
}

#[divan::bench(args = SIZES)]
fn pass_on_signal_with_quotes(bencher: Bencher<'_, '_>, size: usize) {
    let (message, topic) = (signal_frame(&quoted(size / 4 * 3)), Uri::for_session("100", SESSION));
    bencher.bench(|| pass_on(black_box(message.clone()), &topic));
}

/// A broadcast to as many receivers: encoded once, each gets a reference to the same bytes.
#[divan::bench(args = [1, 100, 10_000])]
fn fan_out_signal(bencher: Bencher<'_, '_>, receivers: usize) {
    let (message, topic) = (signal_frame(&plain(64)), Uri::for_session("100", SESSION));
    let mut queues: Vec<Vec<Bytes>> = (0..receivers).map(|_| Vec::with_capacity(1)).collect();
    bencher.bench_local(|| {
        let encoded = pass_on(black_box(message.clone()), &topic);
        for queue in &mut queues {
            queue.clear();
            queue.push(encoded.clone());
        }
    });
}

/// What a client does with a signal it receives.
#[divan::bench(args = SIZES)]
fn receive_signal(bencher: Bencher<'_, '_>, size: usize) {
    let message = signal_frame(&plain(size));
    bencher.bench(|| {
        let frame = Frame::decode(black_box(message.clone()), MAX_RELAY_INBOUND_FRAME).expect("a frame");
        let Ok(Event::Signal(signal)) = Event::decode(&frame.data) else { panic!("a signal") };
        signal.data_text().len()
    });
}

fn state(connections: usize) -> SessionState {
    let connection = |number| Connection {
        id: format!("{number:08}-1111-4111-8111-111111111111"),
        creation_time: 1_700_000_000_000,
        data: "name=someone".into(),
        permissions: Role::Publisher.permissions().iter().map(|&p| p.to_owned()).collect(),
    };
    SessionState { connection: (0..connections).map(connection).collect(), ..SessionState::default() }
}

#[divan::bench(args = [10, 1000])]
fn encode_session_state(bencher: Bencher<'_, '_>, connections: usize) {
    let state = state(connections);
    bencher.bench(|| Event::encode_session_state("100", SESSION, black_box(&state)));
}

#[divan::bench(args = [10, 1000])]
fn decode_session_state(bencher: Bencher<'_, '_>, connections: usize) {
    let payload = serde_json::to_string(&state(connections)).expect("JSON");
    bencher.bench(|| SessionState::decode(black_box(&payload)));
}

struct Project([Secret; 1]);

impl Keys for Project {
    fn project_secrets(&self, _: &str) -> Option<&[Secret]> {
        Some(&self.0)
    }

    fn application_key(&self, _: &str) -> Option<&PublicKey> {
        None
    }
}

#[divan::bench]
fn verify_t1(bencher: Bencher<'_, '_>) {
    let keys = Project([Secret::new("secret")]);
    let token = mint_t1(&T1Params {
        partner_id: "100",
        secret: &keys.0[0],
        session_id: SESSION,
        role: Role::Publisher,
        connection_data: "name=someone",
        create_time: NOW,
        expire_time: NOW + 60,
        nonce: "n",
    });
    bencher.bench(|| verify_client(black_box(&token), SESSION, None, &keys, NOW).expect("valid"));
}

#[divan::bench]
fn verify_jwt(bencher: Bencher<'_, '_>) {
    let keys = Project([Secret::new("secret")]);
    let token = mint_jwt(&JwtParams {
        signer: Signer::Project { api_key: "100", secret: &keys.0[0] },
        session_id: SESSION,
        role: Role::Publisher,
        connection_data: "name=someone",
        create_time: NOW,
        expire_time: NOW + 60,
        jti: "j",
    });
    bencher.bench(|| verify_client(black_box(&token), SESSION, None, &keys, NOW).expect("valid"));
}
