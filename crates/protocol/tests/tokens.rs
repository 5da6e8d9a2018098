//! What tokens do beyond the test vectors.

mod support;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use otc_protocol::session_id;
use otc_protocol::token::{
    JwtParams, PrivateKey, PublicKey, RestCredential, RestJwtParams, Role, Secret, Signer, T1Params,
    TokenError, TokenKind, mint_jwt, mint_rest_jwt, mint_t1, verify_client, verify_rest,
};
use ring::hmac;
use serde_json::{Value, json};
use support::{APPLICATION, KeyRing, NOW, pem};

fn session() -> String {
    session_id::mint("100", NOW * 1000, &[1; 18])
}

fn t1<'a>(secret: &'a Secret, session: &'a str) -> T1Params<'a> {
    T1Params {
        partner_id: "100",
        secret,
        session_id: session,
        role: Role::Moderator,
        connection_data: "name=Zoë & co: 100%+",
        create_time: NOW,
        expire_time: NOW + 60,
        nonce: "n",
    }
}

fn jwt<'a>(signer: Signer<'a>, session: &'a str) -> JwtParams<'a> {
    JwtParams {
        signer,
        session_id: session,
        role: Role::Subscriber,
        connection_data: "name=Zoë",
        create_time: NOW,
        expire_time: NOW + 60,
        jti: "j",
    }
}

/// A JWT of these claims, signed with the project's secret.
fn sign(header: &Value, claims: &Value) -> String {
    let segment = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", segment(header), segment(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"new secret"), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn hs256() -> Value {
    json!({ "alg": "HS256", "typ": "JWT" })
}

fn claims(session: &str) -> Value {
    json!({ "iss": "100", "ist": "project", "scope": "session.connect", "session_id": session, "iat": NOW, "exp": NOW + 60 })
}

/// The claims with some of them replaced; null removes.
fn with(mut claims: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    claims
}

fn judge(token: &str) -> Result<Role, TokenError> {
    verify_client(token, &session(), None, &KeyRing::of_tests(), NOW).map(|claims| claims.role)
}

#[test]
fn a_minted_t1_token_says_what_was_put_in() {
    let (secret, session) = (Secret::new("new secret"), session());
    let token = mint_t1(&t1(&secret, &session));
    let claims = verify_client(&token, &session, Some("100"), &KeyRing::of_tests(), NOW).unwrap();
    assert_eq!((claims.partner_id.as_str(), claims.session_id), ("100", session));
    assert_eq!((claims.role, claims.connection_data.as_str()), (Role::Moderator, "name=Zoë & co: 100%+"));
    assert_eq!((claims.create_time, claims.expire_time, claims.kind), (Some(NOW), NOW + 60, TokenKind::T1));
}

#[test]
fn a_minted_project_jwt_says_what_was_put_in() {
    let (secret, session) = (Secret::new("new secret"), session());
    let token = mint_jwt(&jwt(Signer::Project { api_key: "100", secret: &secret }, &session));
    let claims = verify_client(&token, &session, Some("100"), &KeyRing::of_tests(), NOW).unwrap();
    assert_eq!((claims.role, claims.connection_data.as_str()), (Role::Subscriber, "name=Zoë"));
    assert_eq!((claims.create_time, claims.expire_time), (Some(NOW), NOW + 60));
    assert_eq!(claims.kind, TokenKind::ProjectJwt);
}

#[test]
fn a_minted_application_jwt_says_what_was_put_in_whichever_form_the_key_has() {
    let session = session_id::mint(APPLICATION, NOW * 1000, &[1; 18]);
    for (private, public) in [
        ("application_private", "application_public"),
        ("application_private_pkcs1", "application_public_pkcs1"),
    ] {
        let key = PrivateKey::from_pem(&pem(private)).unwrap();
        let mut keys = KeyRing::of_tests();
        keys.applications.insert(APPLICATION.into(), PublicKey::from_pem(&pem(public)).unwrap());
        let token = mint_jwt(&jwt(Signer::Application { id: APPLICATION, key: &key }, &session));
        let claims = verify_client(&token, &session, None, &keys, NOW).unwrap();
        assert_eq!((claims.partner_id.as_str(), claims.kind), (APPLICATION, TokenKind::ApplicationJwt));
    }
}

#[test]
fn any_secret_of_a_project_may_have_signed_and_no_other() {
    let session = session();
    for (secret, expected) in
        [("old secret", None), ("new secret", None), ("third secret", Some("bad_signature"))]
    {
        let secret = Secret::new(secret);
        let signer = Signer::Project { api_key: "100", secret: &secret };
        for token in [mint_t1(&t1(&secret, &session)), mint_jwt(&jwt(signer, &session))] {
            assert_eq!(judge(&token).err().map(|error| error.name()), expected);
        }
    }
}

#[test]
fn application_ids_are_the_same_in_either_case() {
    let session = session_id::mint(APPLICATION, NOW * 1000, &[1; 18]);
    let key = PrivateKey::from_pem(&pem("application_private")).unwrap();
    let upper = APPLICATION.to_ascii_uppercase();
    let token = mint_jwt(&jwt(Signer::Application { id: &upper, key: &key }, &session));
    let claims = verify_client(&token, &session, Some(&upper), &KeyRing::of_tests(), NOW).unwrap();
    assert_eq!(claims.partner_id, APPLICATION);
}

#[test]
fn a_token_is_refused_for_another_project_than_the_one_named_beside_it() {
    let (secret, session) = (Secret::new("new secret"), session());
    let token = mint_t1(&t1(&secret, &session));
    let error = verify_client(&token, &session, Some("200"), &KeyRing::of_tests(), NOW).unwrap_err();
    assert_eq!(error.name(), "project_mismatch");
}

#[test]
fn a_session_id_that_says_nothing_of_a_project_belongs_to_none() {
    let secret = Secret::new("new secret");
    let token = mint_t1(&t1(&secret, "lobby"));
    let error = verify_client(&token, "lobby", None, &KeyRing::of_tests(), NOW).unwrap_err();
    assert_eq!(error.name(), "session_partner_mismatch");
}

#[test]
fn errors_are_sentences_that_say_how_far_off_a_time_is() {
    let (secret, session, keys) = (Secret::new("new secret"), session(), KeyRing::of_tests());
    let token = mint_jwt(&jwt(Signer::Project { api_key: "100", secret: &secret }, &session));
    let at = |now| verify_client(&token, &session, None, &keys, now).map(|_| ()).map_err(|e| e.to_string());
    assert_eq!(at(NOW + 59), Ok(()));
    assert_eq!(at(NOW + 72), Err("expired 12 s ago".into()));
    assert_eq!(at(NOW - 60), Ok(()));
    assert_eq!(at(NOW - 61), Err("made 61 s in the future; 60 s are allowed".into()));
}

#[test]
fn claims_of_odd_shapes_are_judged_and_never_guessed() {
    let session = session();
    let cases = [
        (json!({ "iss": 100 }), Ok(Role::Publisher)),
        (json!({ "exp": NOW as f64 + 0.9 }), Err("expired")),
        (json!({ "exp": NOW as f64 + 1.9 }), Ok(Role::Publisher)),
        (json!({ "exp": -1 }), Err("expired")),
        (json!({ "exp": (NOW + 60).to_string() }), Err("bad_claims")),
        (json!({ "exp": [NOW + 60] }), Err("bad_claims")),
        (json!({ "role": null }), Ok(Role::Publisher)),
        (json!({ "role": "Moderator" }), Err("bad_claims")),
        (json!({ "role": ["moderator"] }), Err("bad_claims")),
        (json!({ "scope": "session.connect x" }), Err("bad_scope")),
        (json!({ "scope": ["session.connect"] }), Err("bad_scope")),
        (json!({ "ist": "account" }), Err("bad_ist")),
        (json!({ "session_id": null }), Err("bad_claims")),
        (json!({ "session_id": "" }), Err("bad_claims")),
        (json!({ "connection_data": { "name": "x" } }), Err("bad_claims")),
        (json!({ "iss": null }), Err("unknown_partner")),
        (json!({ "iss": ["100"] }), Err("unknown_partner")),
        (json!({ "nonce": 0.5, "jti": 7, "initial_layout_class_list": ["a", "b"] }), Ok(Role::Publisher)),
    ];
    for (changes, expected) in cases {
        let token = sign(&hs256(), &with(claims(&session), &changes));
        assert_eq!(judge(&token).map_err(|error| error.name()), expected, "{changes}");
    }
}

#[test]
fn a_header_that_demands_more_than_is_understood_is_refused() {
    let header = json!({ "alg": "HS256", "crit": ["exp"] });
    assert_eq!(judge(&sign(&header, &claims(&session()))).unwrap_err().name(), "bad_format");
    let header = json!({ "alg": ["HS256"] });
    assert_eq!(judge(&sign(&header, &claims(&session()))).unwrap_err().name(), "bad_alg");
}

#[test]
fn the_first_of_several_fields_of_one_name_counts_in_a_t1_token() {
    // A program that encodes nothing lets connection data look like further fields.
    let session = session();
    let signed = format!(
        "session_id={session}&create_time=1&expire_time={}&role=publisher&nonce=1&connection_data=x&role=moderator",
        NOW + 60
    );
    let tag =
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"new secret"), signed.as_bytes());
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let body = format!("partner_id=100&sdk_version=x&sig={hex}:{signed}");
    let token = format!("T1=={}", base64::engine::general_purpose::STANDARD.encode(body));
    assert_eq!(judge(&token), Ok(Role::Publisher));
}

#[test]
fn rest_credentials_of_both_kinds_name_their_project() {
    let (secret, keys) = (Secret::new("new secret"), KeyRing::of_tests());
    let private = PrivateKey::from_pem(&pem("application_private")).unwrap();
    let mint = |signer, life| {
        mint_rest_jwt(&RestJwtParams { signer, create_time: NOW, expire_time: NOW + life, jti: "j" })
    };
    let project = mint(Signer::Project { api_key: "100", secret: &secret }, 300);
    let application = mint(Signer::Application { id: APPLICATION, key: &private }, 900);
    let verify = |credential, project| {
        verify_rest(credential, project, &keys, NOW).map(|c| c.partner_id).map_err(|e| e.name())
    };
    assert_eq!(verify(RestCredential::Project(&project), None), Ok("100".into()));
    assert_eq!(verify(RestCredential::Application(&application), Some(APPLICATION)), Ok(APPLICATION.into()));
    // Each header takes its own kind only.
    assert_eq!(verify(RestCredential::Application(&project), None), Err("unknown_partner"));
    assert_eq!(verify(RestCredential::Project(&application), None), Err("bad_alg"));
    assert_eq!(verify(RestCredential::Application(&application), Some("100")), Err("project_mismatch"));
}

#[test]
fn a_rest_credential_cannot_buy_time_by_its_date() {
    let keys = KeyRing::of_tests();
    let rest = json!({ "iss": "100", "ist": "project", "iat": NOW, "exp": NOW + 300 });
    let judge = |changes: Value| {
        let token = sign(&hs256(), &with(rest.clone(), &changes));
        verify_rest(RestCredential::Project(&token), None, &keys, NOW).map(|_| ()).map_err(|e| e.name())
    };
    assert_eq!(judge(json!({})), Ok(()));
    assert_eq!(judge(json!({ "exp": NOW + 301 })), Err("lifetime_too_long"));
    assert_eq!(judge(json!({ "iat": NOW + 86400, "exp": NOW + 86700 })), Err("not_yet_valid"));
    assert_eq!(judge(json!({ "iat": null })), Err("bad_claims"));
    assert_eq!(judge(json!({ "session_id": "s" })), Err("bad_scope"));
}

#[test]
fn a_client_token_of_an_application_does_not_open_rest() {
    let session = session_id::mint(APPLICATION, NOW * 1000, &[1; 18]);
    let key = PrivateKey::from_pem(&pem("application_private")).unwrap();
    let token = mint_jwt(&jwt(Signer::Application { id: APPLICATION, key: &key }, &session));
    let result = verify_rest(RestCredential::Application(&token), None, &KeyRing::of_tests(), NOW);
    assert_eq!(result.unwrap_err().name(), "bad_scope");
}

#[test]
fn the_old_header_gives_key_and_secret_in_the_clear() {
    let keys = KeyRing::of_tests();
    let verify = |pair, project| {
        verify_rest(RestCredential::KeyAndSecret(pair), project, &keys, NOW)
            .map(|claims| claims.partner_id)
            .map_err(|error| error.name())
    };
    assert_eq!(verify("100:new secret", Some("100")), Ok("100".into()));
    assert_eq!(verify("100:old secret", None), Ok("100".into()));
    assert_eq!(verify("100:new secre", None), Err("bad_signature"));
    assert_eq!(verify("100:", None), Err("bad_signature"));
    assert_eq!(verify("200:new secret", None), Err("unknown_partner"));
    assert_eq!(verify("100", None), Err("bad_format"));
    assert_eq!(verify("100:new secret", Some("200")), Err("project_mismatch"));
}

#[test]
fn unusable_keys_are_found_when_they_are_read() {
    let read = |text: &str| PublicKey::from_pem(text).map(|_| ()).map_err(|error| error.to_string());
    assert_eq!(read(&pem("short_public")), Err("RSA key must have 2048 to 8192 bits".into()));
    assert_eq!(read(&pem("ec_public")), Err("not an RSA key".into()));
    assert_eq!(read("hello"), Err("no PEM section: expected -----BEGIN … KEY----- and its END".into()));
    assert_eq!(read(&pem("application_private")), Err("PEM must hold PUBLIC KEY or RSA PUBLIC KEY".into()));
    let key = pem("application_public");
    assert_eq!(read(&key.replace("MIIB", "MIIC")), Err("malformed public key".into()));
    assert_eq!(read(&key.replace('M', "*")), Err("PEM section is not base64".into()));
    assert_eq!(
        PrivateKey::from_pem(&key).unwrap_err().to_string(),
        "PEM must hold PRIVATE KEY or RSA PRIVATE KEY"
    );
}

#[test]
fn secrets_and_keys_cannot_be_printed() {
    let secret = Secret::new("new secret");
    let key = PrivateKey::from_pem(&pem("application_private")).unwrap();
    assert_eq!(format!("{secret:?} {key:?}"), "Secret PrivateKey");
    let signer = format!("{:?}", Signer::Project { api_key: "100", secret: &secret });
    assert!(!signer.contains("new secret"), "{signer}");
}

#[test]
fn roles_grant_what_is_documented() {
    for (role, signal, signal_if_subscribers_may, force) in [
        (Role::Subscriber, false, true, false),
        (Role::Publisher, true, true, false),
        (Role::PublisherOnly, false, false, false),
        (Role::Moderator, true, true, true),
    ] {
        assert_eq!(role.may_signal(false), signal, "{role:?}");
        assert_eq!(role.may_signal(true), signal_if_subscribers_may, "{role:?}");
        assert_eq!(role.may_force_disconnect(), force, "{role:?}");
        assert_eq!(role.permissions().contains(&"forcedisconnect"), force, "{role:?}");
        assert_eq!(role.permissions().contains(&"signal"), signal, "{role:?}");
        assert_eq!(Role::from_name(role.name()), Some(role));
    }
}
