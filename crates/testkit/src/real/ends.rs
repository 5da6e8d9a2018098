//! A relay that ends under traffic, and one that takes its place.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::c_api::Times;
use super::client::Client;
use super::scene::{Known, Phase, Scene, State};
use super::{Ground, new_session};
use crate::checker::Verdict;
use crate::history::What;

/// Signals under way to one client, from which on the senders wait.
const MOST_AWAITED: i64 = 200;

/// What only a client reaches that tries for long to find its relay again.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a relay ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// At once, by SIGKILL; its successor is there at once too.
    Killed,
    /// At once, by SIGKILL; its successor comes when all clients have given up.
    KilledForLong,
    /// In order, by SIGTERM.
    Terminated,
}

/// How it went.
#[derive(Debug)]
pub struct Outcome {
    /// The verdict over everything that happened.
    pub verdict: Verdict,
    /// Errors that clients were told, in order: the code of each.
    pub errors: Vec<i32>,
    /// What a client was told that tried to join while there was no relay.
    pub refusal: Option<i32>,
    /// Everything that happened, or the end of it.
    pub tail: Vec<String>,
}

/// Lets three clients signal each other, ends the relay meanwhile, and lets them join its successor.
pub fn outlive(ground: &mut Ground, end: End) -> io::Result<Outcome> {
    let scene = Arc::new(Scene::new());
    let session = new_session();
    let url = format!("http://{}", ground.relay_address());
    let reconnect_limit_ms = if end == End::KilledForLong { 1_500 } else { 0 };
    let times = Times { reconnect_limit_ms, ..Times::default() };
    let clients: Vec<Client> =
        ["one", "two", "three"].iter().map(|name| Client::new(&scene, name, &session, &url, times)).collect();
    join_all(&scene, &clients);
    let refusal = under_traffic(&scene, &clients, || -> io::Result<Option<i32>> {
        // What the relay knew is gone: to go on as if nothing had happened would hide a hole.
        scene.record("", What::Fault { what: format!("{end:?}"), may_end: true });
        scene.record("", What::Forgotten);
        if end == End::Terminated {
            let status = ground.relay.terminate()?;
            assert!(status.success(), "the relay ended with {status}");
        } else {
            ground.relay.kill()?;
        }
        if end == End::Killed {
            ground.relay.restart()?;
        }
        let over = |state: &State| state.clients.iter().all(|known| known.phase == Phase::Idle);
        assert!(scene.wait_at_most(PATIENCE, over), "every client is told of its end");
        if end == End::Killed {
            return Ok(None);
        }
        assert!(!clients[0].try_to_join(), "nothing listens");
        let refusal = scene.lock().errors.pop();
        ground.relay.restart()?;
        Ok(refusal)
    })?;
    let errors = std::mem::take(&mut scene.lock().errors);
    join_all(&scene, &clients);
    under_traffic(&scene, &clients, || Ok(None))?;
    scene.settle(State::is_calm);
    clients.iter().for_each(Client::leave);
    drop(clients);
    let (verdict, tail) = scene.finish();
    Ok(Outcome { verdict, errors, refusal, tail })
}

fn join_all(scene: &Scene, clients: &[Client]) {
    for client in clients {
        assert!(client.join(), "the relay is there");
    }
    let others = clients.len() - 1;
    let known = scene.wait(|state| state.clients.iter().all(|known| known.others.len() == others));
    assert!(known, "the clients know each other");
}

/// Lets every client send until something was done that takes place in the middle of it.
fn under_traffic(
    scene: &Scene,
    clients: &[Client],
    meanwhile: impl FnOnce() -> io::Result<Option<i32>>,
) -> io::Result<Option<i32>> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let enough = AtomicBool::new(false);
    let before = scene.lock().sent;
    std::thread::scope(|scope| {
        for client in clients {
            let enough = &enough;
            scope.spawn(move || {
                while !enough.load(Ordering::Relaxed) {
                    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
                    let to = (number % 2 == 1).then_some(number as usize / 2 % clients.len());
                    // Whoever is told of the end has nobody to send to.
                    if !client.send(number.to_string(), to) && client.phase() == Phase::Idle {
                        return;
                    }
                    scene.wait(|state| {
                        let few = |known: &Known| known.awaited < MOST_AWAITED;
                        let over = state.clients[client.place].phase == Phase::Idle;
                        over || enough.load(Ordering::Relaxed) || state.clients.iter().all(few)
                    });
                }
            });
        }
        scene.wait(|state| state.sent >= before + 1_000);
        let result = meanwhile();
        enough.store(true, Ordering::Relaxed);
        scene.wake();
        result
    })
}
