//! Projects that share a relay: what one may do in the sessions of another is nothing.

use otc_protocol::raptor::Uri;
use otc_protocol::session_id;
use otc_protocol::token::{RestJwtParams, Role, Secret, Signer, T1Params, mint_rest_jwt, mint_t1};
use otc_relay::Relay;
use serde_json::json;

use crate::client::Client;
use crate::support::{Answer, KEY, SECRET, now_s, request, start};

/// Projects beside the one of the tests, each with a name that a careless comparison takes for another's.
const OTHERS: [&str; 4] = ["200", "1000", "Room-a", "room-A"];

fn secret_of(project: &str) -> String {
    if project == KEY { SECRET.to_owned() } else { format!("secret of {project}") }
}

fn shared_relay() -> Relay {
    start(|config| {
        for project in OTHERS {
            config.keys.set_project(project, &[&secret_of(project)]).unwrap();
        }
    })
}

fn session_of(project: &str) -> String {
    session_id::mint(project, 1_700_000_000_000, &[7; 18])
}

/// A token that this project made for a session, whosever that is.
fn token_by(project: &str, session: &str) -> String {
    mint_t1(&T1Params {
        partner_id: project,
        secret: &Secret::new(&secret_of(project)),
        session_id: session,
        role: Role::Moderator,
        connection_data: "",
        create_time: now_s(),
        expire_time: now_s() + 60,
        nonce: "1",
    })
}

fn credential_of(project: &str) -> String {
    mint_rest_jwt(&RestJwtParams {
        signer: Signer::Project { api_key: project, secret: &Secret::new(&secret_of(project)) },
        create_time: now_s(),
        expire_time: now_s() + 60,
        jti: "1",
    })
}

/// Every call that there is, as this project with its credential, under this name of a project in the path.
async fn all_calls(
    relay: &Relay,
    caller: &str,
    named: &str,
    session: &str,
    client: &str,
) -> Vec<(String, Answer)> {
    let signal = json!({"type": "t", "data": "d"}).to_string();
    let mut answers = Vec::new();
    for (method, rest, body) in [
        ("POST", "signal".to_owned(), &*signal),
        ("POST", format!("connection/{client}/signal"), &signal),
        ("GET", "connection".to_owned(), ""),
        ("GET", "stream".to_owned(), ""),
        ("GET", "stream/x".to_owned(), ""),
        ("POST", "mute".to_owned(), "{\"active\":true}"),
        ("POST", "stream/x/mute".to_owned(), ""),
        ("DELETE", format!("connection/{client}"), ""),
    ] {
        let path = format!("/v2/project/{named}/session/{session}/{rest}");
        let auth = credential_of(caller);
        let answer = request(relay, method, &path, &[("X-OPENTOK-AUTH", &auth)], body).await;
        answers.push((format!("{caller} calls {method} {named}/…/{rest}"), answer));
    }
    answers
}

/// A client in a session of a project of its own.
async fn resident(relay: &Relay, project: &str, session: &str) -> Client {
    let mut client = Client::open_at(relay.address(), session, "resident").await;
    let create = create_as(&mut client, project, &token_by(project, session)).await;
    assert_eq!(client.status_of(&create).await, "200");
    client.until("created", "resident").await;
    client
}

/// A create that names this project beside the session.
async fn create_as(client: &mut Client, project: &str, token: &str) -> String {
    let uri = Uri::for_connection(project, &client.session, &client.id);
    let message = json!({"method": "create", "uri": uri, "content": {"clientVersion": "otc-0.1.0"}});
    client.request_with(message, &[(otc_protocol::rumor::header::TOKEN_AUTH, token)]).await
}

#[tokio::test]
async fn a_project_reaches_nothing_in_the_sessions_of_another() {
    let relay = shared_relay();
    let projects: Vec<&str> = [KEY].into_iter().chain(OTHERS).collect();
    for owner in &projects {
        let session = session_of(owner);
        let mut resident = resident(&relay, owner, &session).await;
        for stranger in projects.iter().filter(|stranger| *stranger != owner) {
            for named in [owner, stranger] {
                for (what, answer) in all_calls(&relay, stranger, named, &session, "resident").await {
                    let refused = if named == owner { 403 } else { 404 };
                    assert_eq!(answer.status, refused, "{what}: {}", answer.body);
                    assert!(!answer.body.contains("resident"), "{what}: {}", answer.body);
                }
            }
            let token = token_by(stranger, &session);
            let path = format!("/session/{session}");
            let info = request(&relay, "GET", &path, &[("X-TB-TOKEN-AUTH", &token)], "").await;
            assert_eq!(info.status, 403, "{stranger} at {owner}: {}", info.body);
            for named in [owner, stranger] {
                let mut client = Client::open_at(relay.address(), &session, "stranger").await;
                let create = create_as(&mut client, named, &token).await;
                assert_eq!(
                    client.status_of(&create).await,
                    "403",
                    "{stranger} enters {named}'s session of {owner}"
                );
            }
        }
        // Nobody came, nothing was said, and it is still there: its own signal is the next thing that it hears.
        resident.signal(None, "alone").await;
        assert_eq!(resident.next_signal().await.0, "alone", "{owner}");
        let answers = all_calls(&relay, owner, owner, &session, "resident").await;
        let statuses: Vec<u16> = answers.iter().map(|(_, answer)| answer.status).collect();
        assert_eq!(statuses, [204, 204, 200, 200, 404, 200, 404, 204], "its own project reaches all of it");
        assert!(answers[2].1.body.contains("\"count\":1"), "{}", answers[2].1.body);
        assert!(resident.next_signal().await.0 == "d" && resident.next_signal().await.0 == "d");
    }
}

#[tokio::test]
async fn an_application_id_may_be_written_in_capitals() {
    const ID: &str = "0a1b2c3d-0000-4000-8000-00000000abcd";
    let relay = start(|config| config.keys.set_project(ID, &[&secret_of(ID)]).unwrap());
    let session = session_of(&ID.to_uppercase());
    let token = token_by(ID, &session);
    let path = format!("/session/{session}");
    assert_eq!(request(&relay, "GET", &path, &[("X-TB-TOKEN-AUTH", &token)], "").await.status, 200);
    let path = format!("/v2/project/{}/session/{session}/stream", ID.to_uppercase());
    let auth = credential_of(ID);
    assert_eq!(request(&relay, "GET", &path, &[("X-OPENTOK-AUTH", &auth)], "").await.status, 200);
}
