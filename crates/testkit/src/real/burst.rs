//! Clients that all send as much as the library takes, at the same moment.

use std::sync::Arc;

use super::c_api::Times;
use super::client::Client;
use super::scene::{Scene, State};
use super::{Ground, new_session};
use crate::checker::Verdict;

/// Lets so many clients of one session send so many signals to everyone, each as fast as it can, until all have arrived.
/// Returns the verdict, the codes of the errors that clients were told, and the end of what happened.
pub fn burst(ground: &Ground, clients: usize, signals: usize) -> (Verdict, Vec<i32>, Vec<String>) {
    let scene = Arc::new(Scene::new());
    let session = new_session();
    let url = format!("http://{}", ground.relay_address());
    let join = |number: usize| {
        let client = Client::new(&scene, &format!("client{number}"), &session, &url, Times::default());
        assert!(client.join(), "the relay is there");
        client
    };
    let joined: Vec<Client> = (0..clients).map(join).collect();
    let known = scene.wait(|state| state.clients.iter().all(|known| known.others.len() == clients - 1));
    assert!(known, "the clients know each other");
    std::thread::scope(|scope| {
        for client in &joined {
            scope.spawn(|| {
                let accepted = (0..signals).all(|n| client.send(format!("{}-{n}", client.place), None));
                assert!(accepted, "so many fit into the outbox");
            });
        }
    });
    scene.settle(|state| State::is_calm(state) || !state.errors.is_empty());
    joined.iter().for_each(Client::leave);
    drop(joined);
    let errors = std::mem::take(&mut scene.lock().errors);
    let (verdict, tail) = scene.finish();
    (verdict, errors, tail)
}
