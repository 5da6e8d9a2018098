//! What servers ask for.

use otc_protocol::limits::SignalLimitError;
use otc_protocol::raptor::SignalPayload;
use otc_protocol::rumor::header;
use otc_relay::hub::ServerError;

use crate::harness::*;

fn send(world: &mut World, to: Option<&str>, kind: &str, data: &str) -> Result<usize, ServerError> {
    world.call(|hub, now| hub.server_signal(SESSION, to, kind, SignalPayload::Text(data), now))
}

#[test]
fn a_signal_of_the_server_has_an_empty_sender_and_is_kept_like_any_other() {
    let mut world = World::new();
    let a = Join::new("A").enter(&mut world);
    let mut b = Join::new("B").enter(&mut world);
    let _ = a.peek(&mut world);
    b.lose(&mut world);
    assert_eq!(send(&mut world, None, "sys", "maintenance"), Ok(2));
    assert_eq!(send(&mut world, Some("B"), "", "for B"), Ok(1));
    let frames = a.peek(&mut world);
    assert_eq!(gists(&frames), ["signal maintenance from "]);
    assert_eq!(frames[0].header(header::FROM_ADDRESS).map(|from| &**from), Some(""), "present and empty");
    assert_eq!(&*frames[0].addresses[0], topic());
    let value: serde_json::Value = serde_json::from_str(&frames[0].data).expect("checked");
    assert_eq!(value["content"], serde_json::json!({ "type": "sys", "data": "maintenance" }));
    b.come_back(&mut world);
    let frames = b.peek(&mut world);
    assert_eq!(gists(&frames), ["signal maintenance from ", "signal for B from "]);
    assert_eq!(&*frames[1].addresses[0], "B");
    assert_eq!(world.hub.stats().signals_server, 2);
}

#[test]
fn signals_of_the_server_need_a_session_a_receiver_and_respect_the_limits_of_callers() {
    let mut world = World::new();
    assert_eq!(send(&mut world, None, "", ""), Err(ServerError::NoSession));
    let _a = Join::new("A").enter(&mut world);
    assert_eq!(send(&mut world, Some("B"), "", ""), Err(ServerError::NoConnection));
    assert_eq!(send(&mut world, None, &"t".repeat(128), &"x".repeat(8192)), Ok(1));
    let refused = |error| Err(ServerError::Signal(error));
    assert_eq!(send(&mut world, None, &"t".repeat(129), ""), refused(SignalLimitError::TypeTooLong));
    assert_eq!(send(&mut world, None, "a b", ""), refused(SignalLimitError::TypeInvalid));
    assert_eq!(send(&mut world, None, "", &"é".repeat(4097)), refused(SignalLimitError::DataTooLong));
}

#[test]
fn a_server_removes_a_client_as_a_moderator_does() {
    let mut world = World::new();
    let mut a = Join::new("A").enter(&mut world);
    let mut b = Join::new("B").enter(&mut world);
    let _ = a.hear(&mut world);
    assert_eq!(world.call(|hub, now| hub.force_disconnect("2_other", "B", now)), Err(ServerError::NoSession));
    assert_eq!(
        world.call(|hub, now| hub.force_disconnect(SESSION, "C", now)),
        Err(ServerError::NoConnection)
    );
    assert_eq!(world.call(|hub, now| hub.force_disconnect(SESSION, "B", now)), Ok(()));
    assert_eq!(b.closed(&mut world), Some(1000));
    assert_eq!(b.hear(&mut world), ["deleted B forceDisconnected"]);
    assert_eq!(a.hear(&mut world), ["deleted B forceDisconnected"]);
    assert_eq!(world.call(|hub, now| hub.force_disconnect(SESSION, "A", now)), Ok(()));
    assert_eq!(world.hub.connections(SESSION), Err(ServerError::NoSession), "empty rooms are let go of");
}

#[test]
fn connections_and_sessions_are_listed_in_their_order() {
    let mut world = World::new();
    let _a = Join::new("A").data("name=one").enter(&mut world);
    world.pass_s(1);
    let b = Join::new("B").enter(&mut world);
    b.send(&mut world, &signal("t", "", "x"));
    let infos = world.hub.connections(SESSION).expect("somebody is there");
    let shown: Vec<_> =
        infos.iter().map(|info| (&*info.id, &*info.data, info.created_at_ms - START_MS)).collect();
    assert_eq!(shown, [("A", "name=one", 0), ("B", "", 1000)]);
    let sessions = world.hub.sessions();
    assert_eq!(
        (&*sessions[0].session, &*sessions[0].partner, sessions[0].connections),
        (SESSION, PARTNER, 2)
    );
    assert_eq!((sessions[0].opened_at_ms, sessions[0].signals, sessions.len()), (START_MS, 1, 1));
}

#[test]
fn a_muted_session_says_so_in_later_states() {
    let mut world = World::new();
    assert_eq!(world.hub.set_mute(SESSION, true), Err(ServerError::NoSession));
    let (a, state) = Join::new("A").enter_with_state(&mut world);
    assert!(!state.mute);
    assert_eq!(world.hub.set_mute(SESSION, true), Ok(()));
    assert_eq!(a.peek(&mut world), [], "clients are not told");
    let (_, state) = Join::new("B").enter_with_state(&mut world);
    assert!(state.mute && world.hub.sessions()[0].muted);
    assert_eq!(world.hub.set_mute(SESSION, false), Ok(()));
    let (_, state) = Join::new("C").enter_with_state(&mut world);
    assert!(!state.mute);
    assert_eq!(world.hub.mute_stream(SESSION, "S"), Err(ServerError::NoStream));
}
