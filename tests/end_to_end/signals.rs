//! Signals: whom they reach, what they may hold, and in which order.

use otc::session::{SendError, Target};

use crate::support::{Client, TestRelay, session};

/// Clients that have joined and have seen each other.
fn group(relay: &TestRelay, session: &str, count: usize) -> Vec<Client> {
    let clients: Vec<Client> = (0..count).map(|_| Client::joined(&relay.url(), session, "")).collect();
    for client in &clients {
        for _ in 1..count {
            client.expect_created();
        }
    }
    clients
}

#[test]
fn a_broadcast_reaches_everyone_the_sender_included() {
    let relay = TestRelay::start();
    let clients = group(&relay, &session(), 3);
    clients[0].send("kind", "data").expect("connected");
    for client in &clients {
        assert_eq!(client.expect_signal(), ("kind".to_owned(), "data".to_owned(), clients[0].id()));
    }
    clients.iter().for_each(Client::expect_nothing);
}

#[test]
fn a_directed_signal_reaches_one_only_which_may_be_the_sender() {
    let relay = TestRelay::start();
    let clients = group(&relay, &session(), 3);
    let (sender, target) = (&clients[0], clients[1].id());
    sender.send_to(Target::Connection(&target), "to", "one").expect("connected");
    sender.send_to(Target::Connection(&sender.id()), "to", "self").expect("connected");
    sender.send("to", "all").expect("connected");
    let data = |client: &Client| client.expect_signal().1;
    assert_eq!([data(&clients[1]), data(&clients[1])], ["one", "all"]);
    assert_eq!([data(sender), data(sender)], ["self", "all"]);
    assert_eq!(data(&clients[2]), "all");
    clients.iter().for_each(Client::expect_nothing);
}

#[test]
fn a_target_that_was_seen_to_leave_is_refused() {
    let relay = TestRelay::start();
    let mut clients = group(&relay, &session(), 2);
    let gone = clients.pop().expect("two");
    let id = gone.id();
    gone.leave();
    assert_eq!(clients[0].expect_dropped(), id);
    assert_eq!(clients[0].send_to(Target::Connection(&id), "", "x"), Err(SendError::TargetLeft));
    assert_eq!(clients[0].send_to(Target::Connection(""), "", "x"), Err(SendError::InvalidTarget));
}

#[test]
fn type_and_data_may_both_be_absent() {
    let relay = TestRelay::start();
    let clients = group(&relay, &session(), 2);
    for (kind, data) in [("", ""), ("kind", ""), ("", "data")] {
        clients[0].send(kind, data).expect("connected");
        for client in &clients {
            assert_eq!(client.expect_signal(), (kind.to_owned(), data.to_owned(), clients[0].id()));
        }
    }
}

#[test]
fn any_text_arrives_as_it_was_sent() {
    let relay = TestRelay::start();
    let clients = group(&relay, &session(), 2);
    let texts = [
        "\u{1F600} \u{10FFFF} \u{7FF} \u{800} \u{FFFD}",
        "\"quoted\" \\ back\\\\slash / \u{7f}",
        "\u{1}\u{2}\u{8}\t\n\u{b}\u{c}\r\u{1f}",
        "{\"json\":[1,2,{\"x\":null}]}",
        "</script>\u{2028}\u{2029}",
        "nul \0 inside",
        " leading and trailing ",
    ];
    for text in texts {
        clients[0].send("kind", text).expect("connected");
        for client in &clients {
            assert_eq!(client.expect_signal().1, text);
        }
    }
}

#[test]
fn types_are_limited_to_128_bytes_of_their_alphabet() {
    let relay = TestRelay::start();
    let clients = group(&relay, &session(), 2);
    for length in [0, 1, 127, 128] {
        let kind = "k".repeat(length);
        clients[0].send(&kind, "data").expect("within the limit");
        assert_eq!(clients[1].expect_signal().0, kind);
    }
    assert_eq!(clients[0].send(&"k".repeat(129), "data"), Err(SendError::TypeTooLong));
    clients[0].send("AZaz09-._~", "data").expect("the alphabet");
    assert_eq!(clients[1].expect_signal().0, "AZaz09-._~");
    for kind in ["a b", "a/b", "\u{e9}", "a\0", "a:b"] {
        assert_eq!(clients[0].send(kind, "data"), Err(SendError::TypeInvalid), "{kind:?}");
    }
    clients[1].expect_nothing();
}

#[test]
fn data_is_limited_to_8192_bytes_whatever_the_characters() {
    let relay = TestRelay::start();
    let clients = group(&relay, &session(), 2);
    let four_bytes = "\u{1F600}";
    let texts = [
        String::new(),
        "x".repeat(8191),
        "x".repeat(8192),
        four_bytes.repeat(2048),
        // The last character begins before the limit and ends on it, after each way of being out of step.
        format!("{}{}", "x".repeat(8188), four_bytes),
        format!("{}{}{}", "x", "\u{7FF}\u{7FF}\u{7FF}\u{800}".repeat(910), "x"),
        "\"".repeat(8192),
        "\u{1}".repeat(8192),
    ];
    for text in texts {
        assert!(text.len() <= 8192);
        clients[0].send("", &text).expect("within the limit");
        for client in &clients {
            assert_eq!(client.expect_signal().1, text);
        }
    }
    for over in [1, 2, 3] {
        let text = format!("{}{}", "x".repeat(8188 + over), four_bytes);
        assert_eq!(clients[0].send("", &text), Err(SendError::DataTooLong), "{over} bytes over");
    }
    assert_eq!(clients[0].send("", &"x".repeat(8193)), Err(SendError::DataTooLong));
    clients.iter().for_each(Client::expect_nothing);
}

#[test]
fn signals_of_several_senders_arrive_once_and_in_the_order_of_each() {
    const SIGNALS: usize = 500;
    let relay = TestRelay::start();
    let clients = group(&relay, &session(), 3);
    std::thread::scope(|scope| {
        for client in &clients {
            scope.spawn(|| {
                for number in 0..SIGNALS {
                    client.send("n", &number.to_string()).expect("connected");
                }
            });
        }
        for client in &clients {
            scope.spawn(|| {
                let mut next = vec![0; clients.len()];
                for _ in 0..SIGNALS * clients.len() {
                    let (_, data, from) = client.expect_signal();
                    let sender = clients.iter().position(|client| client.id() == from).expect("a member");
                    assert_eq!(data, next[sender].to_string());
                    next[sender] += 1;
                }
            });
        }
    });
    clients.iter().for_each(Client::expect_nothing);
}

#[test]
fn nothing_can_be_sent_before_and_after() {
    let relay = TestRelay::start();
    let session = session();
    let client = Client::new(&relay.url(), &session);
    assert_eq!(client.send("", "early"), Err(SendError::NotConnected));
    client.join(&crate::support::Token::of(&session).mint());
    client.send("", "now").expect("connected");
    client.expect_signal();
    client.leave();
    assert_eq!(client.send("", "late"), Err(SendError::NotConnected));
}
