//! What a hub holds after everyone has left, counted to the byte. The only test of its program, so that nobody else
//! allocates meanwhile.
#![forbid(unsafe_code)]

use std::alloc::System;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use otc_protocol::raptor::Uri;
use otc_protocol::rumor::{Frame, FrameType, header};
use otc_protocol::token::Role;
use otc_relay::authority::{Admission, Authority, Refusal};
use otc_relay::hub::Hub;
use otc_relay::io::{CloseSeen, Now, Opened, Output, PeerId};
use otc_relay::limits::Limits;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes in use.
fn live() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

const PARTNER: &str = "100";
const SESSION: &str = "1_session";

/// Lets everyone in.
struct Anyone;

impl Authority for Anyone {
    fn verify(&self, _: &str, _: &str, _: Option<&str>, _: Now) -> Result<Admission, Refusal> {
        Ok(Admission { partner: PARTNER.to_owned(), role: Role::Publisher, connection_data: String::new() })
    }
}

/// A hub, and the sockets' side of it: whatever comes is acknowledged.
struct Driver {
    hub: Hub,
    now: Now,
    /// What each socket has to acknowledge.
    news: HashMap<PeerId, Vec<Frame>>,
    outputs: usize,
}

impl Driver {
    /// Takes what the hub gives.
    fn collect(&mut self) {
        while let Some(output) = self.hub.poll_output() {
            self.outputs += 1;
            if let Output::Send { peer, message } = output {
                let frame = Frame::decode(message, usize::MAX).expect("the hub sends frames");
                if frame.kind == FrameType::Message {
                    self.news.entry(peer).or_default().push(frame);
                }
            }
        }
        while self.hub.poll_notice().is_some() {}
    }

    fn send(&mut self, peer: PeerId, frame: &Frame) {
        let message = frame.encode().expect("a frame of a test");
        self.hub.peer_message(peer, message, self.now);
        self.collect();
    }

    /// Everyone acknowledges everything.
    fn acknowledge(&mut self) {
        for (peer, frames) in std::mem::take(&mut self.news) {
            for frame in frames {
                let id = frame.header(header::TRANSACTION_ID).expect("messages have one").clone();
                let ack = Frame::new(FrameType::Status).with_header(header::TRANSACTION_ID, id);
                self.send(peer, &ack);
            }
        }
    }

    fn enter(&mut self, number: u64) -> PeerId {
        let (peer, id) = (PeerId(number), format!("{number:08x}-0000-4000-8000-000000000000"));
        let opened = Opened { socket_id: Some(format!("s{id}")), ..Opened::default() };
        self.hub.peer_opened(peer, opened, self.now);
        let message = serde_json::json!({
            "method": "create",
            "uri": Uri::for_connection(PARTNER, SESSION, &id),
            "content": { "userAgent": "test", "clientVersion": "otc-0.1.0", "capabilities": [] },
        });
        let create = Frame::new(FrameType::Message)
            .with_address("symphony")
            .with_header(header::TOKEN_AUTH, "any")
            .with_header(header::CONTENT_TYPE, header::RAPTOR_CONTENT_TYPE)
            .with_header(header::TRANSACTION_ID, id.clone())
            .with_data(message.to_string());
        self.send(peer, &Frame::new(FrameType::Connect).with_header(header::UNIQUE_ID, id));
        self.send(peer, &create);
        assert!(self.hub.is_in_session(peer));
        peer
    }
}

/// Clients of a round. Each is told of each that comes after it.
const CLIENTS: u64 = 200;
/// What may remain: the queue of outputs keeps 4,096 places, other collections a few.
const REST: usize = 256 * 1024;

/// A session that fills and empties: in order, by lost links, by a relay that removes. Says what was in use at most.
fn round(driver: &mut Driver, first: u64) -> usize {
    let peers: Vec<PeerId> = (first..first + CLIENTS).map(|number| driver.enter(number)).collect();
    let mut most = live();
    driver.acknowledge();
    let (leaving, staying) = peers.split_at(peers.len() / 2);
    for peer in leaving {
        driver.hub.peer_closed(*peer, CloseSeen::Code(Some(1000)), driver.now);
        driver.collect();
    }
    most = most.max(live());
    // Half of those who stay acknowledge nothing more, and are lost.
    let (lost, loyal) = staying.split_at(staying.len() / 2);
    lost.iter().for_each(|peer| driver.hub.peer_closed(*peer, CloseSeen::Lost, driver.now));
    driver.collect();
    driver.acknowledge();
    for peer in loyal {
        driver.hub.peer_closed(*peer, CloseSeen::Code(Some(1000)), driver.now);
    }
    driver.collect();
    // Those who were lost are given up, and after as long again nobody who is gone is remembered.
    for _ in 0..3 {
        driver.now.mono += Limits::default().grace_window + Duration::from_secs(1);
        driver.hub.handle_timeout(driver.now);
        driver.collect();
    }
    // It is the next socket that finds that out.
    let last = PeerId(u64::MAX - first);
    let opened = Opened { socket_id: Some("stranger".to_owned()), reconnect: true, ..Opened::default() };
    driver.hub.peer_opened(last, opened, driver.now);
    driver.hub.peer_closed(last, CloseSeen::Lost, driver.now);
    driver.collect();
    driver.news = HashMap::new();
    let stats = driver.hub.stats();
    assert_eq!((stats.peers, stats.connections, stats.sessions, stats.kept_bytes), (0, 0, 0, 0));
    most
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test counts from any moment")]
fn a_hub_that_everyone_has_left_holds_what_an_empty_one_does() {
    let hub = Hub::new(Arc::new(Limits::default()), Arc::new(Anyone), [7; 32]);
    let now = Now { mono: Instant::now(), unix_ms: 1_700_000_000_000 };
    let mut driver = Driver { hub, now, news: HashMap::new(), outputs: 0 };
    let empty = live();
    let mut left = Vec::new();
    for at in 0..5 {
        let most = round(&mut driver, 1 + at * CLIENTS);
        let after = live();
        assert!(most > empty + 20 * REST, "the round is a crowd: {most} bytes");
        assert!(after <= empty + REST, "round {at}: {empty} bytes before, {most} at most, {after} after");
        left.push(after);
    }
    assert!(left.iter().all(|after| *after <= left[0] + 8 * 1024), "each round leaves something: {left:?}");
    assert!(driver.outputs as u64 > 5 * CLIENTS * CLIENTS / 2, "everyone was told of everyone");
}
