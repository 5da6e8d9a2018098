//! Properties that hold for any input. A failure prints the line to put into `properties.regressions` beside this
//! file, which repeats the case.

mod support;

use bytes::Bytes;
use otc_protocol::limits::{
    self, MAX_SIGNAL_DATA_BYTES, MAX_SIGNAL_TYPE_BYTES, MAX_WIRE_DATA_CHARS, SignalLimitError,
};
use otc_protocol::raptor::{
    Archive, Channel, Connection, CreateConnection, Event, Request, Resource, SessionState, SignalMessage,
    SignalPayload, Stream, Uri,
};
use otc_protocol::rumor::{DecodeError, Frame, FrameType};
use otc_protocol::session_id;
use otc_protocol::token::{
    ClientClaims, JwtParams, PrivateKey, RestCredential, RestJwtParams, Role, Secret, Signer, T1Params,
    TokenError, mint_jwt, mint_rest_jwt, mint_t1, verify_client, verify_rest,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::FileFailurePersistence;
use support::{APPLICATION, KeyRing, NOW, pem};

fn config(cases: u32) -> ProptestConfig {
    let persistence = FileFailurePersistence::WithSource("regressions");
    ProptestConfig { cases, failure_persistence: Some(Box::new(persistence)), ..ProptestConfig::default() }
}

/// Text with what gives encoders trouble: quotes, escapes, control characters, every width of UTF-8.
fn text() -> impl Strategy<Value = String> {
    let odd =
        select(vec!['"', '\\', '/', '\0', '\u{1f}', '\n', '\u{7f}', 'é', '世', '😀', '\u{feff}', '\u{2028}']);
    vec(prop_oneof![3 => any::<char>(), 3 => proptest::char::range(' ', '~'), 1 => odd], 0..60)
        .prop_map(String::from_iter)
}

/// An id as it may stand in a URI.
fn id() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_.~-]{1,40}"
}

fn frame() -> impl Strategy<Value = Frame> {
    (any::<u8>(), vec(text(), 0..6), vec((text(), text()), 0..8), text()).prop_map(
        |(kind, addresses, headers, data)| {
            let frame = Frame::new(FrameType::from_wire(kind)).with_data(data);
            let frame = addresses.into_iter().fold(frame, Frame::with_address);
            headers.into_iter().fold(frame, |frame, (name, value)| frame.with_header(name, value))
        },
    )
}

/// What decoding a message takes from the allocator.
fn allocated(message: &[u8]) -> (Result<Frame, DecodeError>, u64) {
    let message = Bytes::copy_from_slice(message);
    let mut result = Err(DecodeError::Truncated);
    let info = allocation_counter::measure(|| result = Frame::decode(message, usize::MAX));
    (result, info.bytes_total)
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn a_frame_reads_as_it_was_written(frame in frame()) {
        let message = frame.encode().unwrap();
        prop_assert_eq!(Frame::decode(message.clone(), message.len()).unwrap(), frame);
    }

    #[test]
    fn a_cut_or_prolonged_frame_is_refused(frame in frame(), at in any::<prop::sample::Index>(), more in any::<u8>()) {
        let mut message = frame.encode().unwrap().to_vec();
        let cut = Bytes::copy_from_slice(&message[..at.index(message.len())]);
        prop_assert!(matches!(
            Frame::decode(cut, usize::MAX),
            Err(DecodeError::Truncated | DecodeError::SizeMismatch)
        ));
        message.push(more);
        prop_assert_eq!(Frame::decode(message.into(), usize::MAX), Err(DecodeError::SizeMismatch));
    }

    #[test]
    fn any_bytes_are_refused_or_read_without_loss(mut message in vec(any::<u8>(), 0..200), honest in any::<bool>()) {
        if honest && message.len() >= 4 {
            let size = u32::try_from(message.len() - 4).unwrap();
            message[..4].copy_from_slice(&size.to_be_bytes());
        }
        if let Ok(frame) = Frame::decode(message.clone().into(), usize::MAX) {
            message[4..6].fill(0);
            prop_assert_eq!(frame.encode().unwrap(), message);
        }
    }

    #[test]
    fn a_readers_memory_grows_with_what_is_there_and_not_with_what_is_claimed(
        addresses in any::<u8>(),
        headers in any::<u8>(),
        length in any::<u16>(),
        present in 0_usize..300,
    ) {
        // Fields of no length are the cheapest way to make a reader remember something.
        let mut body = vec![0, 0, 2, addresses];
        body.resize(body.len() + 2 * present, 0);
        body.push(headers);
        body.extend(length.to_be_bytes());
        let mut message = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
        message.append(&mut body);
        let (_, bytes) = allocated(&message);
        // A field is 32 bytes in memory, 2 bytes on the wire; vectors double as they grow.
        let bound = 512 + 64 * u64::try_from(message.len()).unwrap();
        prop_assert!(bytes <= bound, "{} bytes for a message of {}", bytes, message.len());
    }

    #[test]
    fn a_signal_reads_as_it_was_written(
        to in option::of(id()), kind in "[A-Za-z0-9._~-]{0,128}", data in option::of(text()), from in id(),
    ) {
        let written = SignalMessage {
            address: "a", transaction: "t", from: &from, partner: "100", session: "S", to: to.as_deref(), id: "G",
            kind: &kind, data: data.as_deref().map_or(SignalPayload::None, SignalPayload::Text),
        };
        let message = written.encode().unwrap();
        let frame = Frame::decode(message.clone(), message.len()).unwrap();
        let Ok(Request::Signal { to: found, content }) = Request::decode(&frame.data, "S") else {
            return Err(TestCaseError::fail(frame.data.to_string()));
        };
        prop_assert_eq!(&found, &to.as_deref().map(Into::into));
        prop_assert_eq!(content.kind.as_deref().unwrap_or(""), &kind);
        prop_assert_eq!(content.data.is_some(), data.is_some());
        prop_assert_eq!(content.data_text(), data.as_deref().unwrap_or(""));
        prop_assert_eq!(content.check_wire(), Ok(()));
        let forwarded = SignalMessage { data: content.payload(), ..written }.encode().unwrap();
        prop_assert_eq!(forwarded, message);
        let Ok(Event::Signal(event)) = Event::decode(&frame.data) else {
            return Err(TestCaseError::fail(frame.data.to_string()));
        };
        prop_assert_eq!(event.data_text(), content.data_text());
    }

    #[test]
    fn a_create_request_reads_as_it_was_written(
        connection in id(), user_agent in text(), client_version in option::of(text()),
        capabilities in option::of(vec(text(), 0..4)), connection_events_suppressed in any::<bool>(),
    ) {
        let content = CreateConnection { user_agent, client_version, capabilities, connection_events_suppressed };
        let payload = Request::encode_create_connection("100", "S", &connection, &content);
        let Ok(Request::CreateConnection { connection: found, content: read }) = Request::decode(&payload, "S") else {
            return Err(TestCaseError::fail(payload));
        };
        prop_assert_eq!((found.as_ref(), read), (connection.as_str(), content));
    }

    #[test]
    fn the_state_of_a_session_reads_as_it_was_written(state in state()) {
        let payload = Event::encode_session_state("100", "S", &state);
        let Ok(Event::SessionState(found)) = Event::decode(&payload) else {
            return Err(TestCaseError::fail(payload));
        };
        prop_assert_eq!(&*found, &state);
        let answer = serde_json::to_string(&state).unwrap();
        prop_assert_eq!(SessionState::decode(&answer), Some(state));
    }

    #[test]
    fn no_text_breaks_the_readers_of_messages(
        text in prop_oneof![
            text(),
            r#"[{}\[\]",:\\u0-9a-f ]*"#,
            nearly_message(),
        ],
    ) {
        let _ = Request::decode(&text, "S");
        let _ = Event::decode(&text);
        let _ = SessionState::decode(&text);
        let _ = otc_protocol::session_info::decode(text.as_bytes());
    }

    #[test]
    fn a_uri_names_what_it_was_made_for(partner in id(), session in id(), to in id(), signal in id()) {
        let uri = Uri::for_signal(&partner, &session, Some(&to), &signal);
        let parsed = Uri::parse(&uri);
        prop_assert_eq!(parsed.resource, Resource::Signal);
        prop_assert_eq!((parsed.partner(), parsed.session()), (Some(&*partner), Some(&*session)));
        prop_assert_eq!((parsed.connection(), parsed.param("signal")), (Some(&*to), Some(&*signal)));
    }

    #[test]
    fn a_session_id_reads_as_it_was_made(
        partner in "[0-9a-f-]{1,36}", now in any::<u64>(), random in vec(any::<u8>(), 0..40),
    ) {
        let id = session_id::decode(&session_id::mint(&partner, now, &random)).unwrap();
        prop_assert_eq!(id.create_time_ms(), Some(now));
        prop_assert_eq!(id.partner, partner);
        prop_assert_eq!(id.rest.len(), 3);
    }

    #[test]
    fn no_text_breaks_the_readers_of_tokens_and_ids(
        text in prop_oneof![
            text(),
            "T1==[A-Za-z0-9+/=]*",
            r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*",
            "[12]_[A-Za-z0-9_-]*",
        ],
    ) {
        let keys = KeyRing::of_tests();
        prop_assert!(verify_client(&text, &text, None, &keys, NOW).is_err());
        for credential in [
            RestCredential::Project(&text),
            RestCredential::Application(&text),
            RestCredential::KeyAndSecret(&text),
        ] {
            prop_assert!(verify_rest(credential, None, &keys, NOW).is_err());
        }
        let _ = session_id::decode(&text);
    }
}

/// Text that gets past the first checks of messages.
fn nearly_message() -> impl Strategy<Value = String> {
    let method = "(create|created|read|signal|delete|deleted|update|updated)";
    let uri = "/v2/partner/1/session/S(/(connection|signal|stream|channel|archive|x)(/[a-z]?)?){0,3}";
    let content = r#"[{}\[\]",:\\u0-9a-f ]*"#;
    (method, uri, content).prop_map(|(method, uri, content)| {
        format!(r#"{{"method":"{method}","uri":"{uri}","content":{content}}}"#)
    })
}

fn state() -> impl Strategy<Value = SessionState> {
    let connection =
        (id(), any::<i64>(), text(), vec(id(), 0..4)).prop_map(|(id, creation_time, data, permissions)| {
            Connection { id, creation_time, data, permissions }
        });
    let channel = (id(), id(), any::<bool>(), any::<i64>(), any::<i64>(), option::of(text())).prop_map(
        |(id, kind, active, width, height, source)| Channel { id, kind, active, width, height, source },
    );
    let stream = (id(), text(), any::<i64>(), id(), vec(channel, 0..3)).prop_map(
        |(id, name, creation_time, connection, channels)| Stream {
            id,
            name,
            creation_time,
            connection,
            channels,
        },
    );
    let archive = (id(), text(), id()).prop_map(|(id, name, status)| Archive { id, name, status });
    (id(), vec(connection, 0..4), vec(stream, 0..3), vec(archive, 0..2), any::<bool>()).prop_map(
        |(id, connection, stream, archive, mute)| SessionState {
            id,
            connection,
            stream,
            archive,
            mute,
            otc_x: None,
        },
    )
}

/// The error that a length deserves.
fn over<E>(length: usize, limit: usize, error: E) -> Result<(), E> {
    if length > limit { Err(error) } else { Ok(()) }
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn data_is_measured_in_bytes_from_callers_and_in_characters_from_the_wire(
        width in select(vec!["x", "é", "世", "😀", "\"", "\u{1}"]),
        limit in select(vec![1, 2, 3, 4]).prop_map(|width| MAX_SIGNAL_DATA_BYTES / width),
        offset in 0_usize..4,
    ) {
        let data = width.repeat(limit + 2 - offset);
        let too_long = SignalLimitError::DataTooLong;
        prop_assert_eq!(limits::check_data(data.as_bytes()), over(data.len(), MAX_SIGNAL_DATA_BYTES, too_long));
        let on_the_wire = over(data.chars().count(), MAX_WIRE_DATA_CHARS, too_long);
        prop_assert_eq!(limits::check_wire_data(&data), on_the_wire);
        // The same through a message, in both spellings of the same text.
        let escaped: String = data.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        for json in [serde_json::to_string(&data).unwrap(), format!("\"{escaped}\"")] {
            let uri = Uri::for_signal("1", "S", None, "G");
            let payload = format!(r#"{{"method":"signal","uri":"{uri}","content":{{"data":{json}}}}}"#);
            let Ok(Request::Signal { content, .. }) = Request::decode(&payload, "S") else {
                return Err(TestCaseError::fail(payload));
            };
            prop_assert_eq!(content.check_wire(), on_the_wire);
        }
    }

    #[test]
    fn types_are_measured_in_bytes_and_before_their_characters_are_looked_at(
        length in 120_usize..140, odd in any::<bool>(),
    ) {
        let kind = if odd { " " } else { "x" }.repeat(length);
        let expected = over(length, MAX_SIGNAL_TYPE_BYTES, SignalLimitError::TypeTooLong)
            .and(if odd { Err(SignalLimitError::TypeInvalid) } else { Ok(()) });
        prop_assert_eq!(limits::check_type(kind.as_bytes()), expected);
    }

    #[test]
    fn any_byte_but_the_documented_ones_makes_a_type_invalid(byte in any::<u8>()) {
        let allowed = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".contains(&byte);
        prop_assert_eq!(limits::check_type(&[b'a', byte]).is_ok(), allowed);
    }

    #[test]
    fn minted_tokens_verify_and_a_changed_byte_makes_them_fail(
        data in text(), role in select(Role::ALL.to_vec()), nonce in text(), life in 1_u64..100_000,
        at in any::<prop::sample::Index>(), change in 1_u8..=255,
    ) {
        let keys = KeyRing::of_tests();
        let secret = Secret::new("new secret");
        let session = session_id::mint("100", NOW * 1000, &[1; 18]);
        let (create_time, expire_time) = (NOW, NOW + life);
        let t1 = mint_t1(&T1Params {
            partner_id: "100", secret: &secret, session_id: &session, role, connection_data: &data,
            create_time, expire_time, nonce: &nonce,
        });
        let jwt = mint_jwt(&JwtParams {
            signer: Signer::Project { api_key: "100", secret: &secret }, session_id: &session, role,
            connection_data: &data, create_time, expire_time, jti: &nonce,
        });
        for token in [t1, jwt] {
            let verify = |token: &str, now| verify_client(token, &session, Some("100"), &keys, now);
            let claims = verify(&token, NOW).unwrap();
            prop_assert_eq!((claims.role, &claims.connection_data), (role, &data));
            prop_assert!(verify(&token, expire_time - 1).is_ok());
            prop_assert_eq!(verify(&token, expire_time), Err(TokenError::Expired { ago_s: 0 }));
            if let Some(changed) = changed(&token, at.index(token.len()), change) {
                prop_assert!(is_harmless(verify(&changed, NOW), &claims, &token, &changed), "{}", changed);
            }
        }
    }

    #[test]
    fn minted_application_tokens_verify_and_a_changed_byte_makes_them_fail(
        data in text(), at in any::<prop::sample::Index>(), change in 1_u8..=255,
    ) {
        let keys = KeyRing::of_tests();
        let key = PrivateKey::from_pem(&pem("application_private")).unwrap();
        let session = session_id::mint(APPLICATION, NOW * 1000, &[1; 18]);
        let signer = Signer::Application { id: APPLICATION, key: &key };
        let token = mint_jwt(&JwtParams {
            signer, session_id: &session, role: Role::Publisher, connection_data: &data,
            create_time: NOW, expire_time: NOW + 1, jti: "j",
        });
        let verify = |token: &str| verify_client(token, &session, None, &keys, NOW);
        prop_assert_eq!(verify(&token).unwrap().connection_data, data);
        if let Some(changed) = changed(&token, at.index(token.len()), change) {
            prop_assert!(verify(&changed).is_err(), "{}", changed);
        }
        let rest = mint_rest_jwt(&RestJwtParams { signer, create_time: NOW, expire_time: NOW + 1, jti: "j" });
        let verify = |token: &str| verify_rest(RestCredential::Application(token), None, &keys, NOW);
        prop_assert!(verify(&rest).is_ok());
        if let Some(changed) = changed(&rest, at.index(rest.len()), change) {
            prop_assert!(verify(&changed).is_err(), "{}", changed);
        }
    }
}

/// The text with one byte changed, if it still is text.
fn changed(text: &str, at: usize, change: u8) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    bytes[at] ^= change;
    String::from_utf8(bytes).ok()
}

/// Whether a changed token gained nothing. It fails, unless the change hit what is only spelling: the case of a
/// hexadecimal digit in the signature of a T1 token.
fn is_harmless(
    result: Result<ClientClaims, TokenError>,
    claims: &ClientClaims,
    token: &str,
    changed: &str,
) -> bool {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let body = |token: &str| STANDARD.decode(token.strip_prefix("T1==")?).ok();
    match result {
        Err(_) => true,
        Ok(found) => {
            let (Some(before), Some(after)) = (body(token), body(changed)) else { return false };
            found == *claims && before.eq_ignore_ascii_case(&after)
        }
    }
}
