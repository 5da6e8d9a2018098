//! The clock, what is to happen, and the main loop.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::hash::{DefaultHasher, Hasher};
use std::time::{Duration, Instant};

use otc::session::{InfoId, LinkId};

use super::client::Client;
use super::coverage::{Coverage, Feature};
use super::dice::Dice;
use super::edge::Relay;
use super::plan::{Micros, Outage, Plan};
use super::wire::{Way, Wire};
use super::{Keep, Outcome};
use crate::checker::{Checker, Rules};
use crate::history::{History, Record, What};

/// Something that is to happen.
#[derive(Debug, Clone)]
pub(super) enum Happening {
    /// The step of the plan with this number.
    Step(usize),
    /// An attempt to open a wire reaches the relay's machine.
    Arrives(u64),
    /// The client learns that its wire is open.
    Opens(u64),
    /// The client learns that its wire could not be opened.
    OpenFails { client: usize, link: LinkId, how: OpenTrouble },
    /// Something may come out of a pipe.
    Deliver(u64, Way),
    /// A side waits no longer for the other to close.
    CloseBound(u64, Way),
    /// A client's timer.
    ClientTimer(usize),
    /// The relay's timer.
    RelayTimer,
    /// An answer to session info.
    Info(usize, InfoId),
    /// A program takes callbacks again.
    ReadsAgain(usize),
    /// A machine wakes up.
    Thaws(usize),
    /// The relay reads this wire again.
    RelayReads(u64),
    /// The relay is back.
    RelayBack,
    /// A program joins again after a failure.
    Rejoins(usize),
}

/// Why a wire could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OpenTrouble {
    Refused,
    Wrong,
    Interrupted,
}

/// Ordered by time, then by when it was arranged.
#[derive(Debug)]
struct Entry {
    at: Micros,
    serial: u64,
    what: Happening,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.serial).cmp(&(other.at, other.serial))
    }
}

/// More happenings than this mean that something goes in circles. The busiest sound runs have a tenth.
const MOST_HAPPENINGS: u64 = 2_000_000;

pub(super) struct World {
    pub(super) plan: Plan,
    pub(super) now: Micros,
    base: Instant,
    agenda: BinaryHeap<Reverse<Entry>>,
    serial: u64,
    pub(super) happenings: u64,
    /// Chance in the network and in what programs choose.
    pub(super) dice: Dice,
    pub(super) clients: Vec<Client>,
    /// For each place in the plan: the client that plays it now.
    pub(super) players: Vec<usize>,
    pub(super) relay: Relay,
    pub(super) wires: BTreeMap<u64, Wire>,
    pub(super) next_wire: u64,
    /// For each place in the plan: until when there is no way to the relay, and what attempts meet.
    pub(super) outages: Vec<(Micros, Outage)>,
    /// Whether every fault is over for good.
    pub(super) healed: bool,
    /// How many signals were sent: makes their data unique.
    pub(super) sent: u64,
    checker: Checker,
    history: History,
    pub(super) complaints: Vec<String>,
    keep: Keep,
    trace: Vec<String>,
    digest: DefaultHasher,
    pub(super) coverage: Coverage,
    /// Removals by REST at the present relay.
    pub(super) removed_by_server: u64,
}

impl World {
    pub(super) fn new(plan: Plan, keep: Keep) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "an arbitrary origin; only differences to it are ever looked at"
        )]
        let base = Instant::now();
        let mut dice = Dice::new(plan.seed, 2);
        let clients: Vec<Client> = (0..plan.setup.clients.len())
            .map(|place| Client::new(place, 0, &plan.setup, &mut dice, base))
            .collect();
        let relay = Relay::new(&plan.setup, &mut dice);
        let mut world = Self {
            players: (0..clients.len()).collect(),
            outages: vec![(0, Outage::Refused); clients.len()],
            clients,
            relay,
            now: 0,
            base,
            agenda: BinaryHeap::new(),
            serial: 0,
            happenings: 0,
            dice,
            wires: BTreeMap::new(),
            next_wire: 0,
            healed: false,
            sent: 0,
            checker: Checker::new(Rules::default()),
            history: History::default(),
            complaints: Vec::new(),
            keep,
            trace: Vec::new(),
            digest: DefaultHasher::new(),
            coverage: Coverage::default(),
            removed_by_server: 0,
            plan,
        };
        if world.plan.setup.room < 100 {
            let what = "room for few".to_owned();
            world.record("", What::Fault { what, may_end: false });
        }
        for number in 0..world.plan.steps.len() {
            world.arrange(world.plan.steps[number].0, Happening::Step(number));
        }
        world
    }

    pub(super) fn run(mut self) -> Outcome {
        let end = self.plan.steps.last().map_or(0, |(at, _)| *at);
        self.drive_until(end);
        self.come_to_rest();
        self.say_goodbye();
        self.count_relay();
        self.count_clients();
        Outcome {
            verdict: self.checker.finish(),
            complaints: self.complaints,
            history: self.history,
            trace: self.trace,
            digest: self.digest.finish(),
            happenings: self.happenings,
            coverage: self.coverage,
        }
    }

    /// Lets happen what is due until then.
    pub(super) fn drive_until(&mut self, end: Micros) {
        while let Some(Reverse(entry)) = self.agenda.peek()
            && entry.at <= end
        {
            let Some(Reverse(entry)) = self.agenda.pop() else { break };
            self.now = self.now.max(entry.at);
            self.happenings += 1;
            if self.happenings > MOST_HAPPENINGS {
                self.complain("runaway", "more happens than can be");
                self.agenda.clear();
                break;
            }
            self.happen(entry.what);
        }
        self.now = self.now.max(end);
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Step(number) => self.step(number),
            Happening::Arrives(wire) => self.wire_arrives(wire),
            Happening::Opens(wire) => self.wire_opens(wire),
            Happening::OpenFails { client, link, how } => self.open_fails(client, link, how),
            Happening::Deliver(wire, way) => self.deliver(wire, way),
            Happening::CloseBound(wire, way) => self.close_bound(wire, way),
            Happening::ClientTimer(client) => self.client_timer(client),
            Happening::RelayTimer => self.relay_timer(),
            Happening::Info(client, id) => self.info(client, id),
            Happening::ReadsAgain(client) => self.reads_again(client),
            Happening::Thaws(client) => self.thaws(client),
            Happening::RelayReads(wire) => self.relay_reads(wire),
            Happening::RelayBack => self.relay_back(),
            Happening::Rejoins(place) => self.rejoins(place),
        }
    }

    pub(super) fn arrange(&mut self, at: Micros, what: Happening) {
        self.serial += 1;
        self.agenda.push(Reverse(Entry { at: at.max(self.now), serial: self.serial, what }));
    }

    /// The present as machines see it.
    pub(super) fn instant(&self, at: Micros) -> Instant {
        self.base + Duration::from_micros(at)
    }

    /// When an instant is: never before it, or a timer would fire early for ever.
    pub(super) fn micros(&self, instant: Instant) -> Micros {
        instant.saturating_duration_since(self.base).as_nanos().div_ceil(1000) as Micros
    }

    /// How long the next message travels.
    pub(super) fn delay(&mut self) -> Micros {
        let (shortest, longest) = self.plan.setup.delay;
        self.dice.range(shortest, longest)
    }

    /// Enters something into the history.
    pub(super) fn record(&mut self, who: &str, what: What) {
        let record = Record { at_us: self.now, who: who.to_owned(), what };
        self.checker.record(&record);
        if self.keep.trace || self.keep.digest {
            let line = record.to_line();
            self.digest.write(line.as_bytes());
            self.note(|| format!("HISTORY {line}"));
        }
        if self.keep.trace {
            self.history.records.push(record);
        }
    }

    /// Feeds something that happened into the hash.
    pub(super) fn digest(&mut self, bytes: &[u8]) {
        if self.keep.digest {
            self.digest.write_u64(self.now);
            self.digest.write(bytes);
        }
    }

    /// Counts something that happened.
    pub(super) fn count(&mut self, feature: Feature) {
        self.coverage.note(feature);
    }

    /// Adds a line to the trace.
    pub(super) fn note(&mut self, line: impl FnOnce() -> String) {
        if self.keep.trace {
            self.trace.push(format!("{:>12.6} {}", self.now as f64 / 1e6, line()));
        }
    }

    pub(super) fn is_traced(&self) -> bool {
        self.keep.trace
    }

    /// Something is wrong that the history does not show.
    pub(super) fn complain(&mut self, name: &str, text: &str) {
        self.note(|| format!("COMPLAINT {name}: {text}"));
        if self.complaints.len() < Self::MOST_COMPLAINTS {
            self.complaints.push(format!("{name}: {text} (at {:.6} s)", self.now as f64 / 1e6));
        }
    }

    const MOST_COMPLAINTS: usize = 20;
}
