//! Several clients that signal each other without a break, while their links fail in every way.
//!
//! A run is made of rounds. Each has a session, clients and a judge of its own, so that what a run has to remember does
//! not grow; library and relay stay the same all the time.

mod faults;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::c_api::Times;
use super::client::Client;
use super::scene::{Scene, State};
use super::{Ground, new_session};
use crate::checker::Verdict;
use crate::proxy::FaultProxy;
use crate::sim::dice::Dice;

/// Signals under way to one client, from which on the senders wait.
const MOST_AWAITED: i64 = 2_000;

/// By how many cuts a client may be behind the signals before the senders wait for them.
const CUTS_BEHIND: u64 = 4;

/// Links that fall silent are to be noticed soon.
const TIMES: Times = Times { keepalive_interval_ms: 300, keepalive_loss_ms: 1_000, reconnect_limit_ms: 0 };

/// What a round is to be.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// What chance depends on. The same seed gives the same signals and faults, though not the same meeting of both.
    pub seed: u64,
    /// How many clients.
    pub clients: usize,
    /// Signals that all of them send, together.
    pub signals: u64,
    /// Links that are cut, together.
    pub cuts: u64,
}

/// How a round went.
#[derive(Debug)]
pub struct Outcome {
    /// The verdict over everything that happened.
    pub verdict: Verdict,
    /// Links that were cut.
    pub cuts: u64,
    /// The last things that happened.
    pub tail: Vec<String>,
}

/// How far a run is, for whoever wants to tell.
#[derive(Debug, Default)]
pub struct Progress {
    /// Signals sent.
    pub signals: AtomicU64,
    /// Links cut.
    pub cuts: AtomicU64,
}

/// One client and what breaks its links.
struct Member {
    client: Client,
    proxy: FaultProxy,
    plan: Plan,
}

impl Member {
    /// What one client's share of the cuts is.
    fn cuts(&self) -> u64 {
        self.plan.cuts.div_ceil(self.plan.clients as u64)
    }

    /// How many signals all clients have sent when this client's cut of that number is due.
    fn due(&self, number: u64) -> u64 {
        self.plan.signals * number / self.cuts().max(1)
    }
}

/// Runs one round.
pub fn round(ground: &Ground, plan: Plan, progress: &Progress) -> io::Result<Outcome> {
    let scene = Arc::new(Scene::new());
    let session = new_session();
    let member = |place| -> io::Result<Member> {
        let proxy = ground.proxy()?;
        let url = format!("http://{}", proxy.address());
        let client = Client::new(&scene, &format!("client {place}"), &session, &url, TIMES);
        Ok(Member { client, proxy, plan })
    };
    let members: Vec<Member> = (0..plan.clients).map(member).collect::<io::Result<_>>()?;
    for member in &members {
        member.client.join();
    }
    let all_here = |state: &State| state.clients.iter().all(|known| known.others.len() == plan.clients - 1);
    patient(scene.wait(all_here), "the clients to know each other")?;
    std::thread::scope(|scope| {
        let mut workers = Vec::new();
        for member in &members {
            workers.push(scope.spawn(|| signal(member, &scene, progress)));
            workers.push(scope.spawn(|| faults::disturb(member, ground, &scene, progress)));
        }
        workers.into_iter().try_for_each(|worker| worker.join().expect("a worker does not panic"))
    })?;
    scene.settle(|state| state.is_calm() && all_here(state));
    for (gone, member) in members.iter().enumerate() {
        member.client.leave();
        let left = (plan.clients - gone).saturating_sub(2);
        scene.wait(|state| state.clients[gone + 1..].iter().all(|known| known.others.len() == left));
    }
    scene.settle(|_| true);
    let cuts = members.iter().map(|member| member.proxy.counts().cut).sum();
    drop(members);
    let (verdict, tail) = scene.finish();
    Ok(Outcome { verdict, cuts, tail })
}

/// Sends one client's share of the signals.
fn signal(member: &Member, scene: &Scene, progress: &Progress) -> io::Result<()> {
    let (plan, place) = (member.plan, member.client.place);
    let mut dice = Dice::new(plan.seed, place as u64);
    let share =
        plan.signals / plan.clients as u64 + u64::from((place as u64) < plan.signals % plan.clients as u64);
    for number in 0..share {
        let there_is_room = |state: &State| {
            let far = |cuts: u64| state.sent > member.due(cuts + CUTS_BEHIND);
            state.clients.iter().all(|known| known.awaited < MOST_AWAITED && !far(known.cuts))
        };
        patient(scene.wait(there_is_room), "signals to arrive and links to be cut")?;
        let to = dice.percent(50).then(|| dice.range(0, plan.clients as u64 - 1) as usize);
        let padding = if dice.percent(1) { 8_000 } else { dice.skewed(0, 1_000) as usize };
        let data = format!("{place} {number} {:.<padding$}", "");
        if !member.client.send(data, to) {
            return Err(io::Error::other(format!("client {place} could not send signal {number}")));
        }
        progress.signals.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

fn patient(came: bool, what: &str) -> io::Result<()> {
    if came { Ok(()) } else { Err(io::Error::other(format!("waited in vain for {what}"))) }
}
