//! Which signals are accepted, what they look like on the wire, and how the outbox keeps them.

use otc_protocol::raptor::Request;
use otc_protocol::rumor::{Frame, FrameType, header};

use super::harness::*;
use crate::session::*;

fn signal<'a>(kind: &'a [u8], data: &'a [u8], target: Target<'a>, retry: bool) -> OutgoingSignal<'a> {
    OutgoingSignal { kind, data, target, retry }
}

fn check(h: &mut Harness, kind: &[u8], data: &[u8]) -> Result<(), SendError> {
    h.session.send_signal(signal(kind, data, Target::Everyone, true), h.now)
}

#[test]
fn types_may_have_128_bytes() {
    let mut h = Harness::new();
    h.join();
    for length in [0, 1, 127, 128] {
        assert_eq!(check(&mut h, &vec![b'a'; length], b""), Ok(()), "{length}");
    }
    assert_eq!(check(&mut h, &[b'a'; 129], b""), Err(SendError::TypeTooLong));
}

#[test]
fn types_consist_of_unreserved_characters() {
    let mut h = Harness::new();
    h.join();
    let allowed: Vec<u8> =
        (0..=127).filter(|b: &u8| b.is_ascii_alphanumeric() || b"-._~".contains(b)).collect();
    assert_eq!(allowed.len(), 66);
    assert_eq!(check(&mut h, &allowed, b""), Ok(()));
    for byte in (0..=255).filter(|byte| !allowed.contains(byte)) {
        assert_eq!(check(&mut h, &[b'a', byte], b""), Err(SendError::TypeInvalid), "{byte}");
    }
}

#[test]
fn data_may_have_8192_bytes() {
    let mut h = Harness::new();
    h.join();
    for length in [0, 1, 8191, 8192] {
        assert_eq!(check(&mut h, b"", &vec![b'x'; length]), Ok(()), "{length}");
    }
    assert_eq!(check(&mut h, b"", &[b'x'; 8193]), Err(SendError::DataTooLong));
}

#[test]
fn bytes_are_counted_not_characters() {
    let mut h = Harness::new();
    let link = h.join();
    let four = "\u{1F600}";
    let fits = format!("{}{four}", "x".repeat(8188));
    assert_eq!(fits.len(), 8192);
    assert_eq!(check(&mut h, b"", fits.as_bytes()), Ok(()));
    for lead in [8189, 8190, 8191] {
        let across = format!("{}{four}", "x".repeat(lead));
        assert_eq!(check(&mut h, b"", across.as_bytes()), Err(SendError::DataTooLong), "{lead}");
    }
    assert_eq!(h.take_signals(link).pop().map(|(_, data)| data), Some(fits));
}

#[test]
fn a_character_cut_at_the_edge_is_not_utf8() {
    let mut h = Harness::new();
    h.join();
    let mut cut = vec![b'x'; 8189];
    cut.extend_from_slice(&"\u{1F600}".as_bytes()[..3]);
    assert_eq!(cut.len(), 8192);
    assert_eq!(check(&mut h, b"", &cut), Err(SendError::NotUtf8));
    assert_eq!(check(&mut h, b"", b"\xff"), Err(SendError::NotUtf8));
    assert_eq!(check(&mut h, b"", b"\xed\xa0\x80"), Err(SendError::NotUtf8), "a lone surrogate");
}

/// Arguments that are wrong from one check on: each violates its own and all later ones.
#[test]
fn the_first_check_that_fails_decides() {
    let long_type = [b'!'; 129];
    let long_data = [0xff; 8193];
    let cases: [(&[u8], &[u8], Target<'_>, SendError); 5] = [
        (&long_type, &long_data, Target::Connection(""), SendError::InvalidTarget),
        (&long_type, &long_data, Target::Everyone, SendError::TypeTooLong),
        (b"a b", &long_data, Target::Everyone, SendError::TypeInvalid),
        (b"ab", &long_data, Target::Everyone, SendError::DataTooLong),
        (b"ab", b"\xff", Target::Everyone, SendError::NotUtf8),
    ];
    // Not even connected, which is the check after all of these.
    let mut h = Harness::new();
    for (kind, data, target, expected) in cases {
        let result = h.session.send_signal(signal(kind, data, target, false), h.now);
        assert_eq!(result, Err(expected));
    }
    let result = h.session.send_signal(signal(b"ab", b"ok", Target::Connection("gone"), false), h.now);
    assert_eq!(result, Err(SendError::NotConnected));
}

#[test]
fn state_is_checked_before_the_target_and_the_target_before_the_outbox() {
    let mut h = Harness::with(SessionConfig { outbox_count: 0, ..Default::default() });
    let link = h.join_among(&["b"]);
    let deleted = h.deleted("b", "clientDisconnected");
    h.tell(link, &deleted);
    assert_eq!(h.send_with("x", Target::Connection("b"), true), Err(SendError::TargetLeft));
    assert_eq!(h.send_with("x", Target::Connection("c"), true), Err(SendError::OutboxFull));
    h.cut(link);
    assert_eq!(h.send_with("x", Target::Connection("b"), false), Err(SendError::NotConnected));
    assert_eq!(h.send_with("x", Target::Connection("b"), true), Err(SendError::TargetLeft));
    assert_eq!(h.send_with("x", Target::Connection("c"), true), Err(SendError::OutboxFull));
}

#[test]
fn a_target_that_comes_back_can_be_sent_to() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    let deleted = h.deleted("b", "networkDisconnected");
    h.tell(link, &deleted);
    assert_eq!(h.send_with("x", Target::Connection("b"), true), Err(SendError::TargetLeft));
    let created = h.created("b");
    h.tell(link, &created);
    assert_eq!(h.send_with("x", Target::Connection("b"), true), Ok(()));
}

#[test]
fn only_so_many_departed_targets_are_remembered() {
    let mut h = Harness::with(SessionConfig { departed_count: 2, ..Default::default() });
    let link = h.join_among(&["a", "b", "c"]);
    for id in ["a", "b", "c"] {
        let deleted = h.deleted(id, "clientDisconnected");
        h.tell(link, &deleted);
    }
    assert_eq!(h.send_with("x", Target::Connection("a"), true), Ok(()), "forgotten: the relay will say");
    assert_eq!(h.send_with("x", Target::Connection("b"), true), Err(SendError::TargetLeft));
    assert_eq!(h.send_with("x", Target::Connection("c"), true), Err(SendError::TargetLeft));
}

#[test]
fn a_signal_to_everyone_on_the_wire() {
    let mut h = Harness::new();
    let link = h.join();
    let own = h.own_id();
    h.session.send_signal(signal(b"chat", "h\"é".as_bytes(), Target::Everyone, true), h.now).unwrap();
    let frame = h.take_sent(link).pop().unwrap();
    assert_eq!(frame.kind, FrameType::Message);
    assert_eq!(&*frame.addresses[0], SYMPHONY);
    assert_eq!(frame.header(header::CONTENT_TYPE).map(|v| &**v), Some("application/x-raptor+v2"));
    assert_eq!(frame.header(header::FROM_ADDRESS).map(|v| &**v), Some(&*own));
    assert_eq!(frame.header(header::TOKEN_AUTH), None);
    let message: serde_json::Value = serde_json::from_str(&frame.data).unwrap();
    assert_eq!(message["content"], serde_json::json!({"type": "chat", "data": "h\"é"}));
    let prefix = format!("/v2/partner/{API_KEY}/session/{SESSION}/signal/");
    let id =
        message["uri"].as_str().unwrap().strip_prefix(&prefix).expect("the uri of a broadcast").to_owned();
    assert_eq!(id.len(), 36);
    assert_ne!(id, transaction_of(&frame));
}

#[test]
fn a_directed_signal_names_its_target() {
    let mut h = Harness::new();
    let link = h.join_among(&["b"]);
    let own = h.own_id();
    h.send_with("x", Target::Connection("b"), true).unwrap();
    h.send_with("y", Target::Connection(&own), true).unwrap();
    let frames = h.take_sent(link);
    let target = |frame: &Frame| match Request::decode(&frame.data, SESSION) {
        Ok(Request::Signal { to, .. }) => to.map(|to| to.into_owned()),
        other => panic!("a signal was expected, not {other:?}"),
    };
    assert_eq!(target(&frames[0]).as_deref(), Some("b"));
    assert_eq!(target(&frames[1]), Some(own));
}

#[test]
fn an_empty_type_and_empty_data_are_left_out() {
    let mut h = Harness::new();
    let link = h.join();
    check(&mut h, b"", b"").unwrap();
    let frame = h.take_sent(link).pop().unwrap();
    let message: serde_json::Value = serde_json::from_str(&frame.data).unwrap();
    assert_eq!(message["content"], serde_json::json!({}));
}

#[test]
fn signals_go_out_in_the_order_of_the_calls_with_ids_of_their_own() {
    let mut h = Harness::new();
    let link = h.join();
    for n in 0..100 {
        h.session
            .send_signal(signal(b"", n.to_string().as_bytes(), Target::Everyone, n % 3 != 0), h.now)
            .unwrap();
    }
    let sent = h.take_signals(link);
    let data: Vec<_> = sent.iter().map(|(_, data)| data.parse::<u32>().unwrap()).collect();
    assert_eq!(data, (0..100).collect::<Vec<_>>());
    let ids: std::collections::HashSet<_> = sent.iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), 100);
}

#[test]
fn the_outbox_is_bounded_by_count() {
    let mut h = Harness::with(SessionConfig { outbox_count: 3, ..Default::default() });
    let link = h.join();
    for n in 0..3 {
        assert_eq!(h.send(&n.to_string()), Ok(()));
    }
    assert_eq!(h.send("3"), Err(SendError::OutboxFull));
    let (first, _) = h.take_signals(link).remove(0);
    h.tell(link, &status(&first, "200"));
    assert_eq!(h.send("3"), Ok(()));
    assert_eq!(h.session.outbox_usage().0, 3);
}

#[test]
fn the_default_outbox_holds_ten_thousand_signals() {
    let mut h = Harness::new();
    h.join();
    for n in 0..10_000 {
        assert_eq!(h.session.send_signal(signal(b"", b"x", Target::Everyone, true), h.now), Ok(()), "{n}");
    }
    assert_eq!(h.send("x"), Err(SendError::OutboxFull));
}

#[test]
fn the_outbox_is_bounded_by_bytes() {
    let mut h = Harness::with(SessionConfig { outbox_bytes: 20_000, ..Default::default() });
    let link = h.join();
    assert_eq!(h.send(&"x".repeat(8000)), Ok(()));
    assert_eq!(h.send(&"x".repeat(8000)), Ok(()));
    assert_eq!(h.send(&"x".repeat(8000)), Err(SendError::OutboxFull));
    assert_eq!(h.send("small"), Ok(()), "what fits still fits");
    for (id, _) in h.take_signals(link) {
        h.tell(link, &status(&id, "200"));
    }
    assert_eq!(h.session.outbox_usage(), (0, 0));
}

#[test]
fn signals_that_are_not_kept_count_until_they_are_written() {
    let mut h = Harness::with(SessionConfig { outbox_count: 2, ..Default::default() });
    h.writes = false;
    let link = h.join();
    assert_eq!(h.send_with("0", Target::Everyone, false), Ok(()));
    assert_eq!(h.send_with("1", Target::Everyone, false), Ok(()));
    assert_eq!(h.send_with("2", Target::Everyone, false), Err(SendError::OutboxFull));
    // CONNECT, SUBSCRIBE and create, then the first signal.
    h.session.handle_sent(link, 4, h.now);
    assert_eq!(h.session.outbox_usage().0, 1);
    assert_eq!(h.send_with("2", Target::Everyone, false), Ok(()));
    h.session.handle_sent(link, 100, h.now);
    assert_eq!(h.session.outbox_usage(), (0, 0));
}

#[test]
fn any_status_takes_a_signal_out_of_the_outbox_and_refusals_are_counted_and_logged() {
    let mut h = Harness::new();
    let link = h.join();
    for (n, code) in ["200", "400", "403", "404", "413", "429", "500"].into_iter().enumerate() {
        h.send("x").unwrap();
        let (id, _) = h.take_signals(link).remove(0);
        h.tell(link, &status(&id, code).with_header(header::REASON, "because"));
        assert_eq!(h.session.outbox_usage(), (0, 0), "{code}");
        assert_eq!(h.session.counters().signals_refused, n as u64);
    }
    let warnings: Vec<_> = h.log.iter().filter(|record| record.level == LogLevel::Warn).collect();
    assert_eq!(warnings.len(), 6);
    assert_eq!(warnings[2].text, "relay refused a signal, 404: because; 3 refused so far");
    // Refused signals are not sent again.
    let next = h.cut_and_resume(link);
    assert_eq!(h.take_signals(next), []);
}

#[test]
fn a_refused_signal_that_was_not_kept_is_counted_too() {
    let mut h = Harness::new();
    let link = h.join();
    h.send_with("x", Target::Everyone, false).unwrap();
    let (id, _) = h.take_signals(link).remove(0);
    h.tell(link, &status(&id, "403"));
    assert_eq!(h.session.counters().signals_refused, 1);
}

#[test]
fn answers_in_any_order_find_their_requests() {
    let mut h = Harness::new();
    let link = h.join();
    for n in 0..5 {
        h.send(&n.to_string()).unwrap();
    }
    let ids: Vec<_> = h.take_signals(link).into_iter().map(|(id, _)| id).collect();
    for n in [3, 0, 4, 0, 3] {
        h.tell(link, &status(&ids[n], "200"));
    }
    assert_eq!(h.session.outbox_usage().0, 2);
    let next = h.cut_and_reopen(link);
    let again = h.take_signals(next);
    assert_eq!(again, [(ids[1].clone(), "1".into()), (ids[2].clone(), "2".into())]);
}

#[test]
fn a_message_with_the_id_of_a_request_answers_it() {
    let mut h = Harness::new();
    let link = h.join();
    let own = h.own_id();
    h.send("echo").unwrap();
    let (id, _) = h.take_signals(link).remove(0);
    h.tell(link, &message(&id, &own, signal_payload("echo")));
    assert_eq!(h.take_names(), [format!("signal echo from {own}")]);
    assert_eq!(h.session.outbox_usage(), (0, 0));
}

#[test]
fn answers_to_nothing_are_passed_over() {
    let mut h = Harness::new();
    let link = h.join();
    for id in ["", "x", "00000000-0000-4000-8000-000000000004"] {
        h.tell(link, &status(id, "404"));
    }
    h.tell(link, &Frame::new(FrameType::Status));
    assert_eq!(h.session.counters().signals_refused, 0);
    assert_eq!(h.take_names(), [""; 0]);
}

#[test]
fn answers_to_what_the_program_did_not_ask_for_are_no_refused_signals() {
    let mut h = Harness::new();
    let link = h.connect_to_create();
    let greeting = h.take_sent(link);
    let create = greeting.last().unwrap();
    let payload = serde_json::to_string(&state_of([&*h.own_id()])).unwrap();
    h.tell(link, &status(&transaction_of(create), "200").with_data(payload));
    assert_eq!(h.session.state(), StateName::Connected);
    for asked in [&greeting[0], create] {
        h.tell(link, &status(&transaction_of(asked), "404"));
    }
    assert_eq!(h.session.counters().signals_refused, 0);
    assert_eq!(h.session.state(), StateName::Connected);
}

/// What arrived on a link since the last look, as the data of the signals.
fn arrived(h: &mut Harness, link: LinkId) -> Vec<String> {
    h.take_signals(link).into_iter().map(|(_, data)| data).collect()
}

#[test]
fn no_more_is_on_its_way_than_the_relay_remembers() {
    let mut h = Harness::with(SessionConfig { window_count: 3, ..Default::default() });
    let link = h.join();
    for n in 0..6 {
        h.send(&n.to_string()).unwrap();
    }
    let first = h.take_signals(link);
    assert_eq!(first.iter().map(|(_, data)| &**data).collect::<Vec<_>>(), ["0", "1", "2"]);
    h.tell(link, &status(&first[1].0, "200"));
    assert_eq!(
        arrived(&mut h, link),
        [""; 0],
        "the first of them is still further back than the rest may be"
    );
    h.tell(link, &status(&first[0].0, "200"));
    assert_eq!(arrived(&mut h, link), ["3", "4"]);
    let next = h.cut_and_resume(link);
    assert_eq!(arrived(&mut h, next), ["2", "3", "4"]);
    assert_eq!(h.session.outbox_usage().0, 4);
}

#[test]
fn signals_that_are_not_kept_count_until_they_are_answered_or_their_link_is_gone() {
    let mut h = Harness::with(SessionConfig { window_count: 3, ..Default::default() });
    let link = h.join();
    h.send("kept").unwrap();
    for n in 0..4 {
        h.send_with(&n.to_string(), Target::Everyone, false).unwrap();
    }
    let first = h.take_signals(link);
    assert_eq!(first.len(), 3, "what a repeat of the first would be told from is not pushed out");
    assert_eq!(h.session.outbox_usage().0, 3, "but what was written takes no room in the outbox");
    for (id, _) in &first[..2] {
        h.tell(link, &status(id, "200"));
    }
    assert_eq!(arrived(&mut h, link), ["2", "3"]);
    assert_eq!(h.session.outbox_usage(), (0, 0));
    h.send("also kept").unwrap();
    assert_eq!(arrived(&mut h, link), [""; 0]);
    let next = h.cut_and_resume(link);
    assert_eq!(arrived(&mut h, next), ["also kept"]);
    assert_eq!(h.session.counters().signals_dropped, 0, "all others were written");
}

#[test]
fn so_many_bytes_are_on_their_way_or_one_request() {
    let mut h = Harness::with(SessionConfig { window_bytes: 2_000, ..Default::default() });
    let link = h.join();
    let long = "x".repeat(4_000);
    for data in ["a", "b", &*long, "c"] {
        h.send(data).unwrap();
    }
    let first = h.take_signals(link);
    assert_eq!(first.len(), 2);
    h.tell(link, &status(&first[0].0, "200"));
    assert_eq!(arrived(&mut h, link), [""; 0]);
    h.tell(link, &status(&first[1].0, "200"));
    let second = h.take_signals(link);
    assert_eq!(second[0].1, long);
    h.tell(link, &status(&second[0].0, "200"));
    assert_eq!(arrived(&mut h, link), ["c"]);
}

#[test]
fn whoever_leaves_writes_everything_at_once() {
    let mut h = Harness::with(SessionConfig { window_count: 2, ..Default::default() });
    let link = h.join();
    for n in 0..5 {
        h.send(&n.to_string()).unwrap();
    }
    assert_eq!(arrived(&mut h, link), ["0", "1"]);
    h.session.disconnect(h.now).unwrap();
    h.pump();
    assert_eq!(arrived(&mut h, link), ["2", "3", "4"]);
}

#[test]
fn a_relay_that_answers_nothing_does_not_hold_up_what_waits_behind_signals_that_are_not_kept() {
    let mut h = Harness::with(SessionConfig { window_count: 2, ..Default::default() });
    let link = h.join();
    for data in ["lost", "too", "held up"] {
        h.send_with(data, Target::Everyone, data == "held up").unwrap();
    }
    for _ in 0..8 {
        h.advance_ms(5_000);
        h.tell(link, &Frame::new(FrameType::Pong));
    }
    assert_eq!(h.session.state(), StateName::Reconnecting, "a request had no answer for 30 s");
    let Some(Action::OpenLink { link: next, .. }) = h.take_actions().pop() else {
        panic!("it seeks another")
    };
    h.open(next);
    h.tell(next, &Frame::new(FrameType::Pong));
    assert_eq!(arrived(&mut h, next), ["held up"]);
}

#[test]
fn removing_a_client_needs_the_permission_for_it() {
    let mut h = Harness::new();
    assert_eq!(h.session.force_disconnect("b", h.now), Err(CommandError::NotConnected));
    let link = h.join_among(&["b"]);
    assert_eq!(h.session.force_disconnect("", h.now), Err(CommandError::InvalidArgument));
    assert_eq!(h.session.force_disconnect("b", h.now), Err(CommandError::NotPermitted));
    assert_eq!(h.take_sent(link), []);
}

#[test]
fn removing_a_client_asks_the_relay_once_and_across_a_resume() {
    let mut h = Harness::new();
    let link = h.connect_to_create();
    let own = h.own_id();
    let mut state = state_of([&*own, "b", "c"]);
    state.connection[0].permissions.push("forcedisconnect".into());
    h.accept_create(link, &state);
    h.take_sent(link);
    assert_eq!(h.session.force_disconnect("b", h.now), Ok(()));
    let request = h.take_sent(link).pop().unwrap();
    assert_eq!(method_of(&request), "delete");
    assert!(request.data.contains(&format!("/session/{SESSION}/connection/b\"")), "{}", request.data);

    let next = h.cut_and_reopen(link);
    assert_eq!(h.take_sent(next), [Frame::new(FrameType::Ping), request.clone()]);
    h.tell(next, &status(&transaction_of(&request), "404"));
    assert_eq!(h.session.outbox_usage(), (0, 0));
    assert_eq!(h.session.counters().signals_refused, 0, "it was no signal");
    assert!(h.log.iter().any(|record| record.text == "relay refused to remove a client, 404"));

    let deleted = h.deleted("b", "forceDisconnected");
    h.tell(next, &deleted);
    assert_eq!(h.session.force_disconnect("b", h.now), Err(CommandError::TargetLeft));
}
