//! The driver between a client machine and its sockets.

use otc::session::{Action, Event, InfoFailure, InfoId, LinkId, LinkLoss, OpenFailure, StateName};
use otc_protocol::session_info::SessionInfo;
use otc_relay::hub::SYMPHONY_ADDRESS;
use otc_relay::io::Opened;

use super::coverage::Feature;
use super::machine::{API_KEY, code, session_id};
use super::plan::{MILLI, Micros, Outage, SECOND};
use super::wire::{Item, Side, Way, Wire};
use super::world::{Happening, OpenTrouble, World};
use crate::history::What;

/// How long the driver waits for the relay to answer a close.
const CLOSE_LIMIT: Micros = 2 * SECOND;

impl World {
    /// The present on the client's own clock.
    pub(super) fn client_now(&self, client: usize) -> std::time::Instant {
        self.instant(self.now - self.clients[client].slept)
    }

    /// Does this now, or makes it happen when the client's machine is awake.
    pub(super) fn when_awake(
        &mut self,
        client: usize,
        what: Happening,
        action: impl FnOnce(&mut Self, usize),
    ) {
        match self.clients[client].frozen {
            Some((until, ..)) => self.arrange(until, what),
            None => action(self, client),
        }
    }

    pub(super) fn client_timer(&mut self, client: usize) {
        self.clients[client].timer = None;
        if self.clients[client].frozen.is_none() {
            let now = self.client_now(client);
            self.clients[client].machine.timeout(now);
            self.drain(client);
        }
    }

    /// Everything that is to be done after something was put into the machine.
    pub(super) fn drain(&mut self, client: usize) {
        loop {
            while let Some(event) = self.clients[client].machine.poll_event() {
                self.told(client, event);
            }
            if let Some(action) = self.clients[client].machine.poll_action() {
                self.act(client, action);
                continue;
            }
            if !self.write_all(client) {
                break;
            }
        }
        while let Some(line) = self.clients[client].machine.poll_log() {
            let name = &self.clients[client].name;
            let line = self.is_traced().then(|| format!("{name} logs: {line}"));
            self.note(|| line.unwrap_or_default());
        }
        for complaint in self.clients[client].machine.take_complaints() {
            let text = format!("{}: {complaint}", self.clients[client].name);
            self.complain("stock client offended", &text);
        }
        self.after_the_end(client);
        self.arrange_timer(client);
    }

    fn arrange_timer(&mut self, client: usize) {
        let c = &self.clients[client];
        let Some(due) = c.machine.poll_timeout() else { return };
        let at = (self.micros(due) + c.slept).max(self.now);
        // An earlier timer that turns out to be early does no harm, and arranges for the right one.
        if c.timer.is_none_or(|arranged| arranged > at) {
            self.clients[client].timer = Some(at);
            self.arrange(at, Happening::ClientTimer(client));
        }
    }

    /// What a program is told.
    fn told(&mut self, client: usize, event: Event) {
        self.count_told(client, &event);
        let what = match event {
            Event::Connected => {
                let own = self.clients[client].machine.own_connection();
                self.clients[client].own.clone_from(&own);
                What::Connected { connection_id: own.unwrap_or_default() }
            }
            Event::ConnectionCreated(connection) => {
                self.clients[client].known.push(connection.id.clone());
                What::ConnectionCreated { connection_id: connection.id.clone(), data: None }
            }
            Event::ConnectionDropped(connection) => {
                let c = &mut self.clients[client];
                c.known.retain(|id| *id != connection.id);
                c.departed.push(connection.id.clone());
                What::ConnectionDropped { connection_id: connection.id.clone() }
            }
            Event::SignalReceived { kind, data, from } => What::Signal {
                kind: kind.to_string(),
                data: data.to_string(),
                from: from.map(|connection| connection.id.clone()),
            },
            Event::ReconnectionStarted => What::ReconnectionStarted,
            Event::Reconnected => What::Reconnected,
            Event::Disconnected => What::Disconnected,
            Event::Error { error, message } => What::Error { code: code(error), message },
            other => return self.complain("stray event", &format!("{other:?}")),
        };
        let name = self.clients[client].name.clone();
        let failed = matches!(what, What::Error { .. });
        self.record(&name, what);
        if failed {
            let pause = self.dice.range(0, 20 * SECOND);
            self.arrange(self.now + pause, Happening::Rejoins(self.clients[client].place));
        }
    }

    /// Enters what a join that has ended gave up.
    fn after_the_end(&mut self, client: usize) {
        let c = &mut self.clients[client];
        if !c.in_join || c.machine.state() != StateName::Idle || (c.deleted && !c.machine.is_finished()) {
            return;
        }
        c.in_join = false;
        let signals = c.machine.dropped() - c.dropped_before;
        let name = c.name.clone();
        self.record(&name, What::GaveUp { signals });
    }

    fn act(&mut self, client: usize, action: Action) {
        match action {
            Action::FetchSessionInfo { id, .. } => {
                self.clients[client].infos.insert(id);
                let there_and_back = self.delay() + self.delay();
                self.arrange(self.now + there_and_back, Happening::Info(client, id));
            }
            Action::CancelSessionInfo { id } => {
                self.clients[client].infos.remove(&id);
            }
            Action::OpenLink { link, url } => self.open(client, link, &url),
            Action::Send { link, message } => {
                let wire = self.clients[client].links.get(&link).and_then(|wire| self.wires.get_mut(wire));
                match wire {
                    Some(wire) if wire.at_client == Side::Open => wire.up.queue(Item::Message(message)),
                    _ => self.complain("send without link", &self.clients[client].name.clone()),
                }
            }
            Action::CloseLink { link, code } => {
                let Some(&number) = self.clients[client].links.get(&link) else { return };
                let Some(wire) = self.wires.get_mut(&number) else { return };
                if wire.at_client == Side::Open {
                    wire.up.queue(Item::Close(code));
                    wire.at_client = Side::Closing;
                    self.arrange(self.now + CLOSE_LIMIT, Happening::CloseBound(number, Way::Up));
                }
            }
            Action::AbandonLink { link } => {
                if let Some(number) = self.clients[client].links.remove(&link) {
                    if self.wires.get(&number).is_some_and(|wire| wire.at_client == Side::Open) {
                        self.count(Feature::LinksAbandoned);
                    }
                    self.client_lets_go(number);
                }
            }
        }
    }

    /// Writes what the client's wires have room for. Returns whether the machine was told of any progress.
    fn write_all(&mut self, client: usize) -> bool {
        let links: Vec<(LinkId, u64)> = self.clients[client].links.iter().map(|(l, w)| (*l, *w)).collect();
        let mut progress = false;
        for (link, number) in links {
            let Some(wire) = self.wires.get_mut(&number) else { continue };
            // A write to a socket whose end has arrived fails, whether the end was read or not.
            if wire.at_client == Side::Open && wire.down.ended(self.now) && !wire.up.backlog.is_empty() {
                self.client_loses(number, LinkLoss::Failed { message: "broken pipe".to_owned() });
                progress = true;
                continue;
            }
            let written = self.write(number, Way::Up);
            if written > 0 {
                let now = self.client_now(client);
                self.clients[client].machine.sent(link, written, now);
                progress = true;
            }
        }
        progress
    }

    fn open(&mut self, client: usize, link: LinkId, url: &str) {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let value = |name: &str| {
            query
                .split('&')
                .find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name))
                .map(|(_, v)| v)
        };
        let opened = Opened {
            socket_id: value("socketId").map(str::to_owned),
            reconnect: value("reconnect") == Some("true"),
            ..Opened::default()
        };
        if opened.reconnect && self.clients[client].machine.state() == StateName::Connecting {
            self.count(Feature::LinkLostJoining);
        }
        let number = self.next_wire;
        self.next_wire += 1;
        let peer = self.relay.next_peer();
        let wire = Wire::new(client, link, peer, opened, self.plan.setup.window);
        self.clients[client].links.insert(link, number);
        self.wires.insert(number, wire);
        self.note(|| format!("wire {number}: c{client} opens {link:?} as {peer:?}"));
        let travel = self.delay();
        self.arrange(self.now + travel, Happening::Arrives(number));
    }

    pub(super) fn wire_opens(&mut self, number: u64) {
        let Some(client) = self.wires.get(&number).map(|wire| wire.client) else { return };
        self.when_awake(client, Happening::Opens(number), |world, client| {
            let Some(wire) = world.wires.get_mut(&number) else { return };
            if wire.at_client != Side::Opening {
                return;
            }
            wire.at_client = Side::Open;
            let link = wire.link;
            let now = world.client_now(client);
            world.clients[client].machine.link_opened(link, now);
            world.drain(client);
            world.kick(number, Way::Down);
        });
    }

    pub(super) fn open_fails(&mut self, client: usize, link: LinkId, how: OpenTrouble) {
        self.when_awake(client, Happening::OpenFails { client, link, how }, |world, client| {
            let Some(number) = world.clients[client].links.remove(&link) else { return };
            match how {
                OpenTrouble::Refused => world.count(Feature::Refused),
                OpenTrouble::Wrong => world.count(Feature::Wrong),
                OpenTrouble::Interrupted => {}
            }
            world.client_lets_go(number);
            let kind = match how {
                OpenTrouble::Refused => OpenFailure::Connect,
                OpenTrouble::Wrong => OpenFailure::Upgrade,
                OpenTrouble::Interrupted => OpenFailure::Interrupted,
            };
            let loss = LinkLoss::OpenFailed { kind, message: format!("{how:?}") };
            let now = world.client_now(client);
            world.clients[client].machine.link_lost(link, loss, now);
            world.drain(client);
        });
    }

    /// The client's side of a wire is gone without its machine needing to be told.
    pub(super) fn client_lets_go(&mut self, number: u64) {
        let delay = self.delay();
        let Some(wire) = self.wires.get_mut(&number) else { return };
        if wire.at_client == Side::Gone {
            return;
        }
        wire.at_client = Side::Gone;
        // What is in the socket still goes out, then its end; unless it goes by a reset, which overtakes some of it.
        if self.dice.percent(50) {
            let lost = wire.up.sever(self.now, &mut self.dice, delay);
            self.coverage.note_many(Feature::Swallowed, lost as u64);
        }
        wire.up.finish(self.now + delay);
        self.kick(number, Way::Up);
        self.forget_if_over(number);
    }

    /// The client's side of a wire is gone, and its machine is told.
    pub(super) fn client_loses(&mut self, number: u64, loss: LinkLoss) {
        let Some(wire) = self.wires.get(&number) else { return };
        if wire.at_client == Side::Gone {
            return;
        }
        let (client, link) = (wire.client, wire.link);
        self.note(|| format!("wire {number}: c{client} loses {link:?}: {loss:?}"));
        self.client_lets_go(number);
        self.clients[client].links.remove(&link);
        let now = self.client_now(client);
        self.clients[client].machine.link_lost(link, loss, now);
    }

    /// Something came out of a pipe at the client.
    pub(super) fn client_gets(&mut self, number: u64, item: Item) {
        let Some(wire) = self.wires.get(&number).filter(|wire| wire.at_client != Side::Gone) else { return };
        let (client, link, side) = (wire.client, wire.link, wire.at_client);
        let now = self.client_now(client);
        let Some(wire) = self.wires.get_mut(&number) else { return };
        match item {
            Item::Message(message) => self.clients[client].machine.message(link, message, now),
            Item::Ping => {
                if side == Side::Open {
                    wire.up.queue(Item::Pong);
                }
                self.clients[client].machine.activity(link, now);
            }
            Item::Pong => self.clients[client].machine.activity(link, now),
            Item::Close(code) => {
                let code = if side == Side::Closing { None } else { code };
                if side == Side::Open {
                    wire.up.queue(Item::Close(code));
                    self.write(number, Way::Up);
                }
                self.client_loses(number, LinkLoss::Closed { code, reason: String::new() });
            }
            Item::End => {
                self.client_loses(number, LinkLoss::Failed { message: "connection reset".to_owned() })
            }
        }
        self.drain(client);
    }

    pub(super) fn info(&mut self, client: usize, id: InfoId) {
        self.when_awake(client, Happening::Info(client, id), |world, client| {
            let trouble = world.trouble_of(client);
            if trouble == Some(Outage::Silent) || !world.clients[client].infos.remove(&id) {
                return;
            }
            let answer = match trouble {
                None => Ok(world.session_info(client)),
                Some(Outage::Wrong) => {
                    Err(InfoFailure::Refused { code: 503, reason: "overloaded".to_owned() })
                }
                Some(_) => {
                    let message = "nothing listens".to_owned();
                    Err(InfoFailure::Unreachable { kind: OpenFailure::Connect, message })
                }
            };
            if answer.is_err() {
                world.count(Feature::InfoFailed);
            }
            let now = world.client_now(client);
            world.clients[client].machine.session_info(id, answer, now);
            world.drain(client);
        });
    }

    fn session_info(&self, client: usize) -> SessionInfo {
        SessionInfo {
            session_id: session_id(self.clients[client].role.session),
            partner_id: Some(API_KEY.to_owned()),
            messaging_url: Some("ws://relay/rumorwebsocketsv2?hint=1".to_owned()),
            symphony_address: Some(SYMPHONY_ADDRESS.to_owned()),
            reconnection: true,
        }
    }

    /// What stands between a client and the relay now.
    pub(super) fn trouble_of(&self, client: usize) -> Option<Outage> {
        if !self.relay.is_up {
            return Some(Outage::Refused);
        }
        let (until, how) = self.outages[self.clients[client].place];
        (until > self.now).then_some(how)
    }

    pub(super) fn reads_again(&mut self, client: usize) {
        self.when_awake(client, Happening::ReadsAgain(client), |world, client| {
            if !world.clients[client].paused || world.clients[client].paused_until > world.now {
                return;
            }
            world.clients[client].paused = false;
            let now = world.client_now(client);
            world.clients[client].machine.reading_paused(false, now);
            world.drain(client);
            let wires: Vec<u64> = world.clients[client].links.values().copied().collect();
            for number in wires {
                world.kick(number, Way::Down);
            }
        });
    }

    pub(super) fn thaws(&mut self, client: usize) {
        let Some((until, since, seen)) = self.clients[client].frozen else { return };
        if until > self.now {
            return;
        }
        self.clients[client].frozen = None;
        let asleep = self.now - since;
        if !seen {
            self.clients[client].slept += asleep;
            let now = self.client_now(client);
            self.clients[client].machine.suspended(std::time::Duration::from_micros(asleep), now);
        }
        let now = self.client_now(client);
        self.clients[client].machine.timeout(now);
        self.clients[client].timer = None;
        self.drain(client);
        let wires: Vec<u64> = self.clients[client].links.values().copied().collect();
        for number in wires {
            self.kick(number, Way::Down);
        }
    }

    /// A little later.
    pub(super) fn soon(&self) -> Micros {
        self.now + MILLI
    }
}
