//! What happens in a run: made from a seed, and simple enough to be cut down by hand or by machine.

use otc_protocol::limits::{MAX_KEPT_MESSAGES, MAX_REQUESTS_UNDER_WAY};

use super::dice::Dice;

/// Microseconds of virtual time.
pub type Micros = u64;

/// One second.
pub const SECOND: Micros = 1_000_000;
/// One millisecond.
pub const MILLI: Micros = 1_000;

/// A run: its world, and what happens in it when.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What it was made from; also the seed of everything that the plan leaves open.
    pub seed: u64,
    /// The world.
    pub setup: Setup,
    /// What happens, in the order of time.
    pub steps: Vec<(Micros, Step)>,
}

/// The world of a run.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The clients; steps name them by their place here.
    pub clients: Vec<Role>,
    /// How long a message travels, at least and at most.
    pub delay: (Micros, Micros),
    /// How many bytes fit between a writer and a reader that does not read.
    pub window: usize,
    /// How many bytes the relay queues for one socket before it gives the socket up.
    pub edge_queue: usize,
    /// The client's bound on unanswered signals.
    pub outbox: usize,
    /// The same in bytes.
    pub outbox_bytes: usize,
    /// The relay's bound on unacknowledged messages of one connection. Reaching it may end the session.
    pub kept: usize,
    /// How many received messages a client of this library remembers: no fewer than the relay may send again.
    pub seen: usize,
    /// How many requests a client of this library has on their way.
    pub on_the_way: u64,
    /// How many requests the relay remembers of one connection: no fewer than clients have on their way.
    pub remembered: usize,
    /// How many requests the relay takes at once, and then in a second, from one connection.
    pub rate: Option<(u32, u32)>,
    /// How many clients fit into a session.
    pub room: usize,
    /// Whether programs join again when their session ended with an error.
    pub rejoin: bool,
}

/// What one client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Role {
    /// Which session it is in.
    pub session: usize,
    /// Its kind.
    pub kind: Kind,
    /// Whether its token allows to signal.
    pub may_signal: bool,
    /// Whether its token allows to remove others.
    pub moderator: bool,
    /// Whether it wants to be told of other clients.
    pub sees_connections: bool,
}

/// Kinds of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// This library.
    Native,
    /// Stock clients that neither acknowledge nor resume.
    FamilyA,
    /// Stock clients that do both, but do not say that they take the state from the answer to create.
    FamilyB,
}

/// Something that happens. Clients are named by their place in [`Setup::clients`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The program connects.
    Join(usize),
    /// The program connects with a token that is no good.
    JoinBadly(usize),
    /// The program disconnects.
    Leave(usize),
    /// The program deletes its session, and makes another.
    Delete(usize),
    /// The program sends signals.
    Send {
        /// Which program.
        client: usize,
        /// How many.
        count: usize,
        /// To whom.
        aim: Aim,
        /// Whether they are kept for a resume.
        retry: bool,
        /// How much data each has, about.
        size: usize,
    },
    /// A REST caller sends a signal.
    Server {
        /// Into which session.
        session: usize,
        /// To whom.
        aim: Aim,
    },
    /// A client is removed by a moderator, or by REST.
    Remove {
        /// The moderator; none: REST.
        by: Option<usize>,
        /// Who.
        client: usize,
    },
    /// Links are cut.
    Cut {
        /// Whose; none: everybody's.
        client: Option<usize>,
        /// How.
        how: Cut,
    },
    /// Messages of a client's present links are held up.
    Stall {
        /// Whose.
        client: usize,
        /// Those to the relay.
        up: bool,
        /// Those to the client.
        down: bool,
        /// How long.
        time: Micros,
    },
    /// There is no way between a client and the relay.
    Outage {
        /// Whose; none: everybody's.
        client: Option<usize>,
        /// What attempts meet.
        how: Outage,
        /// How long.
        time: Micros,
    },
    /// The program takes no callbacks, so that the library stops reading.
    SlowReader {
        /// Which program.
        client: usize,
        /// How long.
        time: Micros,
    },
    /// The machine of a client is suspended.
    Freeze {
        /// Whose.
        client: usize,
        /// How long.
        time: Micros,
        /// Whether its clock shows it.
        seen: bool,
    },
    /// The relay ends and comes back without its memory.
    Restart {
        /// Whether it takes leave.
        clean: bool,
        /// How long it is away.
        time: Micros,
    },
}

/// How links are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Both sides see an end.
    Fin,
    /// Both sides see a reset, at once.
    Rst,
    /// Only the relay sees it.
    KeepClient,
    /// Only the client sees it.
    KeepRelay,
    /// Nobody sees anything.
    Silence,
}

/// What attempts to reach the relay meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// A refusal.
    Refused,
    /// Nothing.
    Silent,
    /// A server that is not the relay: HTTP errors.
    Wrong,
}

/// Whom a signal is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// Everyone.
    All,
    /// Somebody that the sender knows of.
    Somebody,
    /// The sender itself.
    Self_,
    /// Somebody that the sender knows to have left, if there is one.
    Departed,
}

impl Plan {
    /// The plan of this seed.
    pub fn from_seed(seed: u64) -> Self {
        Maker { dice: Dice::new(seed, 1), steps: Vec::new(), quiet_from: Vec::new() }.make(seed)
    }
}

/// How long after an outage the next may begin: enough for every client to find its way back.
const RECOVERY: Micros = 25 * SECOND;
/// Outages that sessions must survive are no longer than this: clients seek for 60 s from when they notice a loss.
const BEARABLE: Micros = 40 * SECOND;

struct Maker {
    dice: Dice,
    steps: Vec<(Micros, Step)>,
    /// For each client: when its next outage may begin.
    quiet_from: Vec<Micros>,
}

impl Maker {
    fn make(mut self, seed: u64) -> Plan {
        let setup = self.setup(seed);
        let clients = setup.clients.len();
        self.quiet_from = vec![0; clients];
        let mut length = self.dice.range(5, 90) * SECOND;
        // Long enough for a grace window to end that began with an earlier loss than the present one.
        if Dice::new(seed, 4).percent(15) {
            length *= 4;
        }
        self.joins(&setup);
        // Each run has its own mixture, so that some are calm but for one thing and some have everything.
        let weights: Vec<u64> =
            (0..12).map(|_| if self.dice.percent(40) { 0 } else { self.dice.range(1, 10) }).collect();
        // Most things happen at much the same time as others: that is when they get in each other's way.
        let centres: Vec<Micros> = (0..self.dice.range(1, 6)).map(|_| self.dice.range(0, length)).collect();
        let crowded = *self.dice.pick(&[0, 50, 80, 95]);
        let count = self.dice.range(5, 60);
        for _ in 0..count {
            let at = if self.dice.percent(crowded) {
                *self.dice.pick(&centres) + self.dice.skewed(0, 2 * SECOND)
            } else {
                self.dice.range(0, length)
            };
            let client = self.dice.range(0, clients as u64 - 1) as usize;
            if self.dice.percent(55) {
                self.send(at, client, &setup);
            } else {
                self.trouble(at, client, &setup, &weights);
            }
        }
        self.steps.sort_by_key(|(at, _)| *at);
        Plan { seed, setup, steps: self.steps }
    }

    fn setup(&mut self, seed: u64) -> Setup {
        let dice = &mut self.dice;
        let sessions = if dice.percent(15) { 2 } else { 1 };
        let count = dice.range(1, 6) as usize;
        let stock = dice.percent(25);
        let suppressed = dice.percent(20);
        let clients: Vec<Role> = (0..count)
            .map(|_| {
                let kind = match dice.range(0, 3) {
                    0 if stock => Kind::FamilyA,
                    1 if stock => Kind::FamilyB,
                    _ => Kind::Native,
                };
                Role {
                    session: dice.range(0, sessions - 1) as usize,
                    kind,
                    may_signal: !dice.percent(5),
                    moderator: dice.percent(20),
                    sees_connections: kind != Kind::Native || !(suppressed && dice.percent(40)),
                }
            })
            .collect();
        let shortest = dice.skewed(100, 50 * MILLI);
        // Stock clients have no such bounds. The dice are others, so that the plans are what they were.
        let mut memory = Dice::new(seed, 3);
        let narrow = memory.percent(40) && clients.iter().all(|role| role.kind == Kind::Native);
        let (on_the_way, remembered, spare) = if narrow {
            let most = memory.skewed(1, 40);
            (most, (most + memory.range(0, 2)) as usize, memory.range(0, 2) as usize)
        } else {
            (MAX_REQUESTS_UNDER_WAY.into(), 16_384, 4_096)
        };
        let mut setup = Setup {
            clients,
            delay: (shortest, shortest + dice.skewed(1, 300 * MILLI)),
            window: dice.skewed(2_000, 1_000_000) as usize,
            edge_queue: if dice.percent(if stock { 60 } else { 30 }) {
                dice.skewed(8_000, 100_000) as usize
            } else {
                4_000_000
            },
            outbox: if dice.percent(20) { dice.range(2, 40) as usize } else { 10_000 },
            outbox_bytes: if dice.percent(8) { dice.skewed(3_000, 60_000) as usize } else { 16 << 20 },
            kept: if dice.percent(12) { dice.range(8, 60) as usize } else { MAX_KEPT_MESSAGES.into() },
            seen: 0,
            on_the_way,
            remembered,
            rate: dice.percent(15).then(|| (dice.range(5, 60) as u32, dice.range(20, 100) as u32)),
            room: if dice.percent(5) { 2 } else { 3_000 },
            rejoin: dice.percent(70),
        };
        // Few clients reach the usual bound before it ends them.
        if narrow && memory.percent(30) {
            setup.kept = memory.range(4, 24) as usize;
        }
        setup.seen = setup.kept + spare;
        setup
    }

    fn joins(&mut self, setup: &Setup) {
        let together = self.dice.percent(50);
        for client in 0..setup.clients.len() {
            let at = if together { self.dice.range(0, SECOND) } else { self.dice.range(0, 20 * SECOND) };
            let step = if self.dice.percent(2) { Step::JoinBadly(client) } else { Step::Join(client) };
            self.steps.push((at, step));
        }
    }

    fn send(&mut self, at: Micros, client: usize, setup: &Setup) {
        let dice = &mut self.dice;
        let aim = match dice.range(0, 9) {
            0..=4 => Aim::All,
            5..=7 => Aim::Somebody,
            8 => Aim::Self_,
            _ => Aim::Departed,
        };
        let step = if dice.percent(12) {
            Step::Server { session: setup.clients[client].session, aim }
        } else {
            // With a rate limit, what is sent must be answered within the client's patience of 30 s.
            let most = if setup.rate.is_some() { 60 } else { 150 };
            let count = dice.skewed(1, most) as usize;
            let size = if dice.percent(10) { dice.skewed(1, 8_000) } else { 0 } as usize;
            Step::Send { client, count, aim, retry: !dice.percent(20), size }
        };
        self.steps.push((at, step));
    }

    fn trouble(&mut self, at: Micros, client: usize, setup: &Setup, weights: &[u64]) {
        let total: u64 = weights.iter().sum();
        if total == 0 {
            return;
        }
        let mut left = self.dice.range(1, total);
        let chosen = weights.iter().position(|weight| {
            let hit = left <= *weight;
            left = left.saturating_sub(*weight);
            hit
        });
        let dice = &mut self.dice;
        let short = |dice: &mut Dice| dice.skewed(50 * MILLI, 30 * SECOND);
        let step = match chosen.unwrap_or(0) {
            0 => Step::Cut { client: Some(client), how: *dice.pick(&[Cut::Fin, Cut::Rst]) },
            1 => {
                let how = *dice.pick(&[Cut::KeepClient, Cut::KeepRelay, Cut::Silence]);
                Step::Cut { client: Some(client), how }
            }
            2 => Step::Cut { client: None, how: *dice.pick(&[Cut::Fin, Cut::Rst, Cut::Silence]) },
            3 => {
                let (up, down) = *dice.pick(&[(true, false), (false, true), (true, true)]);
                Step::Stall { client, up, down, time: short(dice) }
            }
            4 => {
                let who = (!dice.percent(30)).then_some(client);
                let how = *dice.pick(&[Outage::Refused, Outage::Silent, Outage::Wrong]);
                let time = self.outage(at, who);
                let Some(time) = time else { return };
                Step::Outage { client: who, how, time }
            }
            5 => Step::SlowReader { client, time: dice.skewed(50 * MILLI, 100 * SECOND) },
            6 => {
                let seen = dice.percent(50);
                let Some(time) = self.outage(at, Some(client)) else { return };
                Step::Freeze { client, time, seen }
            }
            7 => Step::Leave(client),
            8 => Step::Delete(client),
            9 => {
                let by = (!dice.percent(50)).then(|| dice.range(0, setup.clients.len() as u64 - 1) as usize);
                Step::Remove { by, client }
            }
            10 => Step::Join(client),
            _ if dice.percent(15) => Step::Restart { clean: dice.percent(50), time: short(dice) },
            _ => Step::Join(client),
        };
        self.steps.push((at, step));
    }

    /// How long an outage that begins now lasts; `None` if the last one is too near.
    fn outage(&mut self, at: Micros, client: Option<usize>) -> Option<Micros> {
        let time = if self.dice.percent(8) {
            self.dice.range(BEARABLE, 140 * SECOND)
        } else {
            self.dice.skewed(100 * MILLI, BEARABLE)
        };
        let concerned = client.map_or(0..self.quiet_from.len(), |client| client..client + 1);
        let quiet = &mut self.quiet_from[concerned];
        if quiet.iter().any(|from| *from > at) {
            return None;
        }
        // Steps are not made in the order of time: one outage before another that was made earlier would also do,
        // but the simple rule is enough.
        quiet.fill(at + time + RECOVERY);
        Some(time)
    }
}

/// Whether an outage of this length may end the sessions that it meets.
pub(super) fn may_end(time: Micros) -> bool {
    time > BEARABLE
}
