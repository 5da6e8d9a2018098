//! Random calls from several threads and from inside callbacks: whatever they do, each session tells a sound story and
//! can be used afterwards.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use otc::runtime::{Observer, SessionHandle, SessionSettings};
use otc::session::{Event, OutgoingSignal, StateName, Target};
use otc_testkit::proxy::{Cut, FaultProxy};
use parking_lot::Mutex;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::support::{Client, TestRelay, Token, session};

const SESSIONS: usize = 3;
const THREADS: u64 = 3;
const CALLS: usize = 20_000;

/// `OTC_TEST_SEED` repeats a run's choices, though not how its threads interleave.
fn seed() -> u64 {
    let given = std::env::var("OTC_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| u64::from(std::process::id()));
    println!("OTC_TEST_SEED={seed}");
    seed
}

/// Makes one call, chosen at random.
fn call(random: &mut ChaCha8Rng, session: &SessionHandle, token: &str) {
    let _ = match random.next_u32() % 400 {
        0 => session.disconnect().is_ok(),
        1..20 => session.connect(token).is_ok(),
        20..25 => session.force_disconnect("nobody").is_ok(),
        25..30 => session.own_connection().is_some() && session.capabilities().signal,
        30..35 => session.counters().signals_received > 0 && session.state() == StateName::Connected,
        other => {
            let retry = other.is_multiple_of(2);
            let signal = OutgoingSignal { kind: b"k", data: b"d", target: Target::Everyone, retry };
            session.send_signal(signal).is_ok()
        }
    };
}

/// Tells the test, and makes a call of its own now and then.
struct Meddler {
    events: Mutex<Sender<Event>>,
    random: Mutex<ChaCha8Rng>,
    session: Mutex<Option<SessionHandle>>,
    token: String,
}

impl Observer for Meddler {
    fn notify(&self, event: Event) {
        self.events.lock().send(event).unwrap_or(());
        let session = self.session.lock().clone();
        if let Some(session) = session {
            call(&mut self.random.lock(), &session, &self.token);
        }
    }
}

/// Where a session is, judged by what it told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Story {
    Out,
    In,
    Away,
}

impl Story {
    fn goes_on(self, event: &Event) -> Self {
        match (self, event) {
            (Self::Out, Event::Connected) => Self::In,
            // A join that failed or was cancelled.
            (Self::Out, Event::Error { .. } | Event::Disconnected) => Self::Out,
            (Self::In, Event::ReconnectionStarted) => Self::Away,
            (Self::Away, Event::Reconnected) => Self::In,
            (Self::In | Self::Away, Event::Disconnected) => Self::Out,
            (Self::In | Self::Away, Event::Error { .. }) => self,
            (Self::Out, _) | (Self::In, Event::Connected | Event::Reconnected) | (Self::Away, _) => {
                panic!("{event:?} while {self:?}")
            }
            (Self::In, _) => Self::In,
        }
    }
}

fn meddled(url: &str, session: &str, random: ChaCha8Rng) -> (Client, Arc<Meddler>) {
    let (sender, events) = channel();
    let token = Token::of(session).mint();
    let observer = Arc::new(Meddler {
        events: Mutex::new(sender),
        random: Mutex::new(random),
        session: Mutex::new(None),
        token,
    });
    let settings = SessionSettings { api_url: Some(url.to_owned()), ..SessionSettings::default() };
    let client = Client::observed(session, settings, observer.clone(), events);
    *observer.session.lock() = Some(client.session.clone());
    (client, observer)
}

#[test]
fn random_calls_from_everywhere_leave_sound_sessions() {
    let seed = seed();
    let relay = TestRelay::start();
    let proxy: FaultProxy = relay.behind_proxy();
    let url = format!("http://{}", proxy.address());
    let session = session();
    let random = |stream: u64| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(stream);
        random
    };
    let clients: Vec<_> =
        (0..SESSIONS).map(|number| meddled(&url, &session, random(number as u64))).collect();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (clients, proxy, mut random) = (&clients, &proxy, random(100 + thread));
            scope.spawn(move || {
                for number in 0..CALLS {
                    let (client, observer) = &clients[random.next_u32() as usize % SESSIONS];
                    call(&mut random, &client.session, &observer.token);
                    if number % 1_000 == 999 {
                        proxy.cut(if random.next_u32().is_multiple_of(2) { Cut::Fin } else { Cut::Rst });
                    }
                    std::thread::yield_now();
                }
            });
        }
    });
    for (client, observer) in &clients {
        *observer.session.lock() = None;
        let mut story = Story::Out;
        // A joined session ends by this; one that is joining is cancelled; an idle one has to be joined first.
        while client.session.disconnect().is_err() {
            if client.session.connect(&observer.token).is_err() {
                std::thread::yield_now();
            }
        }
        // The last event is the end of that, unless it was told already.
        while client.session.state() != StateName::Idle {
            story = story.goes_on(&client.next());
        }
        client.session.connect(&observer.token).expect("idle");
        let id = loop {
            let event = client.next();
            story = story.goes_on(&event);
            if event == Event::Connected && client.session.state() == StateName::Connected {
                break client.id();
            }
        };
        client.send("last", &id).expect("connected");
        loop {
            let event = client.next();
            story = story.goes_on(&event);
            if matches!(&event, Event::SignalReceived { data, .. } if **data == *id) {
                break;
            }
        }
        assert_eq!(story, Story::In);
        client.session.disconnect().expect("connected");
        while story == Story::In {
            story = story.goes_on(&client.next());
        }
        client.expect_nothing();
    }
}
