//! One conversation, cut after any byte: connect, fifty signals each way, to one and to all, leave.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::c_api::Times;
use super::client::Client;
use super::program::RelaySettings;
use super::scene::{Phase, Scene};
use super::{Ground, new_session};
use crate::checker::Verdict;
use crate::history::What;
use crate::proxy::{Counts, Cut, Direction};
use crate::sim::dice::Dice;

/// Signals that each of the two sends.
const SIGNALS: usize = 50;

/// How many of them are sent one by one, each waiting for the last to arrive. The others are sent at once.
const ONE_BY_ONE: usize = 10;

/// How the relay is to be. It keeps lost clients for a short time, because a join that failed half-way leaves a client
/// behind for so long; and for a hundred times what a resume takes here.
pub const RELAY: RelaySettings =
    RelaySettings { grace_window: Duration::from_secs(15), requests_per_second: RelaySettings::ANY_PACE };

/// Where the link is cut, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Bytes of which direction are counted.
    pub direction: Direction,
    /// After how many of them.
    pub bytes: u64,
    /// How.
    pub cut: Cut,
}

/// How a conversation went.
#[derive(Debug)]
pub struct Outcome {
    /// The verdict over everything that happened.
    pub verdict: Verdict,
    /// What the proxy saw.
    pub counts: Counts,
    /// The last things that happened.
    pub tail: Vec<String>,
}

/// Lets two clients have the conversation, one of them behind a link that is cut at this place.
pub fn converse(ground: &Ground, place: Option<Place>) -> io::Result<Outcome> {
    let scene = Arc::new(Scene::new());
    let proxy = ground.proxy()?;
    let session = new_session();
    let join =
        |name, address| Client::new(&scene, name, &session, &format!("http://{address}"), Times::default());
    let steady = join("steady", ground.relay_address());
    let shaky = join("shaky", proxy.address());
    steady.join();
    if let Some(place) = place {
        scene.record("shaky", What::Fault { what: format!("{place:?}"), may_end: false });
        proxy.cut_after(place.direction, place.bytes, place.cut);
    }
    shaky.join();
    talk(&scene, &steady, &shaky);
    // A join that broke off may have left a client behind, which goes when its time is over.
    let ids = [steady.id(), shaky.id()];
    scene.settle(|state| {
        let sees = |place: usize, id| state.clients[place].others.iter().eq([id]);
        state.is_calm() && sees(steady.place, &ids[1]) && sees(shaky.place, &ids[0])
    });
    shaky.leave();
    scene.settle(|state| state.clients[steady.place].others.is_empty());
    steady.leave();
    drop((steady, shaky));
    let (verdict, tail) = scene.finish();
    Ok(Outcome { verdict, counts: proxy.counts(), tail })
}

fn talk(scene: &Scene, steady: &Client, shaky: &Client) {
    let id = shaky.id();
    scene.wait(|state| {
        let told = state.clients[steady.place].others.contains(&id);
        told && !state.clients[shaky.place].others.is_empty()
    });
    for number in 0..SIGNALS {
        let direct = number % 2 == 1;
        shaky.send(format!("shaky {number}"), direct.then_some(steady.place));
        steady.send(format!("steady {number}"), direct.then_some(shaky.place));
        if number < ONE_BY_ONE {
            scene.wait(|state| {
                state.clients.iter().all(|known| known.awaited == 0 || known.phase == Phase::Idle)
            });
        }
    }
}

/// Has the conversation once for each place, so many at a time: they wait for the network more than they compute.
/// `judge` is shown each outcome, and says whether to go on.
pub fn converse_at(
    ground: &Ground,
    places: &[Place],
    at_a_time: usize,
    judge: impl Fn(Place, Outcome) -> bool + Sync,
) -> io::Result<()> {
    let (next, enough) = (AtomicUsize::new(0), AtomicBool::new(false));
    let work = || -> io::Result<()> {
        while !enough.load(Ordering::Relaxed) {
            let Some(place) = places.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            if !judge(*place, converse(ground, Some(*place))?) {
                enough.store(true, Ordering::Relaxed);
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..at_a_time).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("a worker does not panic"))
    })
}

/// How long the conversation is in bytes up and down, when nothing cuts it: the longest of a few.
pub fn lengths(ground: &Ground) -> io::Result<(u64, u64)> {
    let mut longest = (0, 0);
    for _ in 0..5 {
        let Counts { up, down, .. } = converse(ground, None)?.counts;
        longest = (up.max(longest.0), down.max(longest.1));
    }
    Ok(longest)
}

/// All places with these byte numbers, in both directions, by FIN and by RST.
pub fn places((up, down): (u64, u64), start: u64, step: u64) -> Vec<Place> {
    let mut places = Vec::new();
    for (direction, length) in [(Direction::Up, up), (Direction::Down, down)] {
        for bytes in (start..=length).step_by(usize::try_from(step.max(1)).unwrap_or(1)) {
            places.extend([Cut::Fin, Cut::Rst].map(|cut| Place { direction, bytes, cut }));
        }
    }
    places
}

/// A seeded sample of all places.
pub fn sample(lengths: (u64, u64), seed: u64, count: usize) -> Vec<Place> {
    let all = places(lengths, 0, 1);
    let mut dice = Dice::new(seed, 1);
    (0..count).map(|_| *dice.pick(&all)).collect()
}
