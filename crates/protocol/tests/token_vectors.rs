//! Tokens and session ids against the test vectors.

mod support;

use otc_protocol::session_id::{self, SessionId};
use otc_protocol::token::{ClientClaims, RestCredential, Role, TokenKind, verify_client, verify_rest};
use serde_json::Value;
use support::{KeyRing, list, load, name, text};

/// The claims that a vector expects, over what the token itself decides.
fn expected_claims(vector: &Value, kind: TokenKind, create_time: Option<u64>) -> ClientClaims {
    let claims = &vector["expect"]["claims"];
    ClientClaims {
        partner_id: text(claims, "partner_id").into(),
        session_id: text(claims, "session_id").into(),
        role: Role::from_name(text(claims, "role")).expect("a role"),
        connection_data: text(claims, "connection_data").into(),
        create_time: claims["create_time"].as_u64().or(create_time),
        expire_time: claims["expire_time"].as_u64().expect("a time"),
        kind,
    }
}

fn check_client_tokens(vectors: &[Value], kind_of: impl Fn(&Value) -> TokenKind) {
    let keys = KeyRing::of_vectors();
    for vector in vectors {
        let now = vector["now"].as_u64().expect("a time");
        let result = verify_client(text(vector, "token"), text(vector, "session_id"), None, &keys, now);
        if vector["expect"]["ok"] == true {
            let claims = result.unwrap_or_else(|error| panic!("{}: {error}", name(vector)));
            let expected = expected_claims(vector, kind_of(vector), claims.create_time);
            assert_eq!(claims, expected, "{}", name(vector));
        } else {
            let error = result.expect_err(name(vector));
            assert_eq!(error.name(), text(&vector["expect"], "error"), "{}", name(vector));
        }
    }
}

#[test]
fn t1_tokens_are_judged_as_the_vectors_say() {
    check_client_tokens(list(&load("client_tokens"), "t1"), |_| TokenKind::T1);
}

#[test]
fn client_jwts_are_judged_as_the_vectors_say() {
    check_client_tokens(list(&load("client_tokens"), "jwt"), |vector| {
        if name(vector).starts_with("rs256") { TokenKind::ApplicationJwt } else { TokenKind::ProjectJwt }
    });
}

#[test]
fn rest_credentials_are_judged_as_the_vectors_say() {
    let keys = KeyRing::of_vectors();
    for vector in list(&load("rest_jwts"), "credentials") {
        let token = text(vector, "token");
        let credential = match text(vector, "header") {
            "X-OPENTOK-AUTH" => RestCredential::Project(token),
            "Authorization: Bearer" => RestCredential::Application(token),
            other => panic!("{}: header {other}", name(vector)),
        };
        let project = text(vector, "project");
        let now = vector["now"].as_u64().expect("a time");
        let result = verify_rest(credential, Some(project), &keys, now);
        if vector["expect"]["ok"] == true {
            let claims = result.unwrap_or_else(|error| panic!("{}: {error}", name(vector)));
            assert_eq!(claims.partner_id, project, "{}", name(vector));
        } else {
            let error = result.expect_err(name(vector));
            assert_eq!(error.name(), text(&vector["expect"], "error"), "{}", name(vector));
        }
    }
}

#[test]
fn session_ids_are_read_as_the_vectors_say() {
    for vector in list(&load("session_ids"), "ids") {
        let result = session_id::decode(text(vector, "session_id"));
        let expect = &vector["expect"];
        if expect["ok"] == true {
            let id: SessionId = result.unwrap_or_else(|error| panic!("{}: {error}", name(vector)));
            let known = [id.prefix, &id.version, &id.partner, &id.location, &id.create_time];
            let fields = ["prefix", "version", "partner", "location", "create_time"];
            assert_eq!(known, fields.map(|field| text(expect, field)), "{}", name(vector));
            assert_eq!(serde_json::json!(id.rest), expect["rest"], "{}", name(vector));
        } else {
            assert_eq!(result.expect_err(name(vector)).name(), text(expect, "error"), "{}", name(vector));
        }
    }
}
