//! Every way in which connecting fails, as a server brings it about, and the one error that tells of it.

use std::io;
use std::time::Duration;

use otc::session::SessionError::{self, *};
use otc::session::StateName;
use serde_json::json;

use crate::hostile_server::{Server, Visitor};
use crate::support::Client;

/// What the server does when it is asked for session info, and when it is asked for the WebSocket.
type Scene =
    (&'static str, fn(&mut Visitor) -> io::Result<()>, fn(&mut Visitor) -> io::Result<()>, SessionError);

fn http(visitor: &mut Visitor, status: u16) -> io::Result<()> {
    visitor.say(format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n"))
}

/// A refusal inside an answer that says 200.
fn in_band(visitor: &mut Visitor, code: u16) -> io::Result<()> {
    let error = json!([{"error": {"code": code, "errorMessage": {"message": "no"}}}]);
    visitor.answer_json(&error.to_string())
}

fn info(visitor: &mut Visitor) -> io::Result<()> {
    visitor.give_info()
}

fn create(visitor: &mut Visitor, status: &str) -> io::Result<()> {
    visitor.upgrade()?;
    let (create, _) = visitor.await_create()?;
    visitor.answer(&create, status, "")?;
    visitor.await_close();
    Ok(())
}

fn nothing(visitor: &mut Visitor) -> io::Result<()> {
    visitor.await_close();
    Ok(())
}

#[test]
fn each_failure_of_connecting_is_one_error_of_its_own_kind() {
    let scenes: [Scene; 24] = [
        ("403 in band", |v| in_band(v, 403), nothing, AuthorizationFailure),
        ("401 in band", |v| in_band(v, 401), nothing, AuthorizationFailure),
        ("400 in band", |v| in_band(v, 400), nothing, InvalidSession),
        ("404 in band", |v| in_band(v, 404), nothing, InvalidSession),
        ("409 in band", |v| in_band(v, 409), nothing, BlockedCountry),
        ("418 in band", |v| in_band(v, 418), nothing, ConnectionFailed),
        ("500 in band", |v| in_band(v, 500), nothing, ConnectionFailed),
        ("HTTP 403", |v| http(v, 403), nothing, AuthorizationFailure),
        ("HTTP 404", |v| http(v, 404), nothing, InvalidSession),
        ("HTTP 409", |v| http(v, 409), nothing, BlockedCountry),
        ("HTTP 503", |v| http(v, 503), nothing, ConnectionFailed),
        ("no JSON", |v| v.answer_json("what?"), nothing, UnexpectedResponse),
        ("no messaging server", |v| v.answer_json(r#"[{"session_id":"S"}]"#), nothing, NoMessagingServer),
        ("an upgrade that is refused", info, |v| http(v, 403), ConnectionRefused),
        ("an upgrade without an answer", info, nothing, ConnectionTimedOut),
        ("create: 403", info, |v| create(v, "403"), AuthorizationFailure),
        ("create: 410", info, |v| create(v, "410"), ConnectionLimitExceeded),
        ("create: 404", info, |v| create(v, "404"), ConnectionFailed),
        ("create: 500", info, |v| create(v, "500"), ConnectionFailed),
        ("create: no status", info, |v| create(v, ""), ConnectionFailed),
        ("create: no answer", info, |v| v.upgrade().and_then(|()| nothing(v)), ConnectionTimedOut),
        ("session read: no answer", info, |v| create(v, "200"), StateFailed),
        (
            "a state that is none",
            info,
            |v| {
                v.upgrade()?;
                let (create, _) = v.await_create()?;
                v.answer(&create, "200", "")?;
                let (read, _) = v.await_create()?;
                v.tell_under(&read, "b", "[]")?;
                nothing(v)
            },
            UnexpectedResponse,
        ),
        ("a shutdown", info, |v| v.upgrade().and_then(|()| v.say([0x88, 2, 3, 233])), ConnectionFailed),
    ];
    for (what, on_info, on_link, expected) in scenes {
        let server = Server::start(
            move |visitor| {
                if visitor.asks_for_info() { on_info(visitor) } else { on_link(visitor) }
            },
        );
        let client = Client::with("S", |settings| {
            settings.api_url = Some(server.url());
            let config = &mut settings.config;
            config.info_pauses = [Duration::ZERO; 2];
            config.reconnect_pause = Duration::from_millis(1);
            // Only what is answered by silence waits for them.
            if expected == ConnectionTimedOut || expected == StateFailed {
                config.socket_limit = Duration::from_millis(300);
                config.create_limit = Duration::from_millis(300);
                config.read_limit = Duration::from_millis(300);
                config.connect_limit = Duration::from_secs(2);
            }
        });
        client.session.connect("token").expect("idle");
        let (error, message) = client.expect_error();
        assert_eq!(error, expected, "{what}: {message}");
        assert!(message.contains("127.0.0.1") && !message.contains('\n'), "{what}: {message}");
        client.expect_nothing();
        assert_eq!(client.session.state(), StateName::Idle, "{what}");
    }
}
