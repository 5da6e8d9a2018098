//! The HTTP answer that tells a client where its session is.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// What a client needs of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionInfo {
    /// The session id to use in every URI.
    pub session_id: String,
    /// The partner to use in every URI; may be absent, and may arrive as a number.
    pub partner_id: Option<String>,
    /// The WebSocket to open, `ws:` or `wss:`.
    pub messaging_url: Option<String>,
    /// Where requests are addressed to.
    pub symphony_address: Option<String>,
    /// Whether the relay keeps a lost connection for a while.
    pub reconnection: bool,
}

/// An answer that gives no session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionInfoError {
    /// The server refused, in the body.
    Refused {
        /// 400, 403, 404, 409 and others.
        code: u16,
        /// The server's words, or `""`.
        message: String,
    },
    /// The body is not a session info answer.
    NotUnderstood,
}

/// Longest message of a refusal that is kept, in characters.
const MAX_MESSAGE_CHARS: usize = 200;

/// Reads the body of an answer.
pub fn decode(body: &[u8]) -> Result<SessionInfo, SessionInfoError> {
    #[derive(Deserialize)]
    struct Wire {
        #[serde(default)]
        error: Option<Value>,
        #[serde(default)]
        session_id: Option<String>,
        #[serde(default)]
        partner_id: Option<Value>,
        #[serde(default)]
        messaging_url: Option<String>,
        #[serde(default)]
        symphony_address: Option<String>,
        #[serde(default)]
        properties: Option<Value>,
    }
    let not_understood = SessionInfoError::NotUnderstood;
    let answer = first_object(body).ok_or(not_understood.clone())?;
    let answer: Wire = serde_json::from_str(answer).map_err(|_| not_understood.clone())?;
    if let Some(error) = answer.error {
        return Err(refusal(&error));
    }
    Ok(SessionInfo {
        session_id: answer.session_id.filter(|id| !id.is_empty()).ok_or(not_understood)?,
        partner_id: answer.partner_id.and_then(|id| match id {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }),
        messaging_url: answer.messaging_url.filter(|url| !url.is_empty()),
        symphony_address: answer.symphony_address.filter(|address| !address.is_empty()),
        reconnection: answer.properties.is_some_and(|p| p.get("reconnection") == Some(&Value::Bool(true))),
    })
}

/// The first element of the array, which must be an object. What follows it means nothing.
fn first_object(body: &[u8]) -> Option<&str> {
    let answers: Vec<&RawValue> = serde_json::from_slice(body).ok()?;
    answers.first().map(|first| first.get()).filter(|first| first.starts_with('{'))
}

fn refusal(error: &Value) -> SessionInfoError {
    let code = match error.get("code") {
        Some(Value::Number(n)) => n.as_u64().and_then(|n| u16::try_from(n).ok()),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    let message = error.pointer("/errorMessage/message").and_then(Value::as_str).unwrap_or("");
    let message = one_line(message);
    code.map_or(SessionInfoError::NotUnderstood, |code| SessionInfoError::Refused { code, message })
}

/// The server's words end up in a message for people, and in logs: they get one line there.
fn one_line(text: &str) -> String {
    let line: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.trim().chars().take(MAX_MESSAGE_CHARS).collect::<String>().trim_end().to_owned()
}

/// What a relay adds to a [`SessionInfo`] for clients that read more.
#[derive(Debug, Clone, Copy)]
pub struct Details<'a> {
    /// The relay's host name, without port.
    pub host: &'a str,
    /// When the session was created, in milliseconds since 1970.
    pub create_time_ms: u64,
    /// Any UUID.
    pub segment_id: &'a str,
}

/// Writes the answer that serves every client seen so far.
pub fn encode(info: &SessionInfo, details: &Details<'_>) -> String {
    json!([{
        "session_id": info.session_id,
        "partner_id": info.partner_id,
        "project_id": info.partner_id,
        "session_status": "INFLIGHT",
        "status_invalid": null,
        "create_dt": details.create_time_ms.to_string(),
        "session_segment_id": details.segment_id,
        "messaging_server_url": details.host,
        "messaging_url": info.messaging_url,
        "media_server_hostname": details.host,
        "symphony_address": info.symphony_address,
        "ice_server": null,
        "ice_servers": [],
        "ice_credential_expiration": 86100,
        "properties": {
            "p2p": { "preference": { "value": "enabled" } },
            "reconnection": info.reconnection,
            "renegotiation": false,
            "clientLogging": false,
        },
    }])
    .to_string()
}

/// Writes a refusal. Browsers want it with HTTP status 200; other clients want `code` there as well.
pub fn encode_refusal(code: u16, message: &str) -> String {
    json!([{ "error": { "code": code, "errorMessage": { "message": message } } }]).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info() -> SessionInfo {
        SessionInfo {
            session_id: "1_abc".into(),
            partner_id: Some("100".into()),
            messaging_url: Some("ws://127.0.0.1:8080/rumorwebsocketsv2".into()),
            symphony_address: Some("symphony.127.0.0.1".into()),
            reconnection: true,
        }
    }

    fn refused(code: u16, message: &str) -> Result<SessionInfo, SessionInfoError> {
        Err(SessionInfoError::Refused { code, message: message.into() })
    }

    #[test]
    fn an_answer_reads_as_it_was_written() {
        let details = Details { host: "127.0.0.1", create_time_ms: 1_700_000_000_000, segment_id: "s" };
        assert_eq!(decode(encode(&info(), &details).as_bytes()), Ok(info()));
    }

    #[test]
    fn partner_and_times_are_written_as_strings_because_clients_compare_them_as_such() {
        let details = Details { host: "127.0.0.1", create_time_ms: 1_700_000_000_000, segment_id: "s" };
        let answer: Value = serde_json::from_str(&encode(&info(), &details)).unwrap();
        assert_eq!(answer[0]["partner_id"], "100");
        assert_eq!(answer[0]["create_dt"], "1700000000000");
    }

    #[test]
    fn a_numeric_partner_and_missing_fields_are_tolerated() {
        let answer = decode(br#" [{"session_id":"1_abc","partner_id":100,"more":[{}]},7]"#).unwrap();
        assert_eq!(answer.partner_id.as_deref(), Some("100"));
        assert_eq!((answer.messaging_url, answer.symphony_address, answer.reconnection), (None, None, false));
    }

    #[test]
    fn refusals_carry_code_and_words() {
        assert_eq!(decode(encode_refusal(403, "Invalid token").as_bytes()), refused(403, "Invalid token"));
        assert_eq!(decode(br#"[{"error":{"code":"404"}}]"#), refused(404, ""));
    }

    #[test]
    fn the_words_of_a_refusal_fit_one_line() {
        let words = format!(r"a\nb\u0000{}", "c".repeat(500));
        let body = format!(r#"[{{"error":{{"code":400,"errorMessage":{{"message":"{words}"}}}}}}]"#);
        let Err(SessionInfoError::Refused { message, .. }) = decode(body.as_bytes()) else {
            panic!("refused")
        };
        assert!(message.starts_with("a b ccc"), "{message}");
        assert_eq!(message.chars().count(), MAX_MESSAGE_CHARS);
    }

    #[test]
    fn what_is_not_an_answer_is_not_understood() {
        for body in [
            "",
            "[]",
            "{}",
            "null",
            "[null]",
            "[[]]",
            r#"[[null,"1_abc"]]"#,
            "[{}]",
            r#"[{"session_id":""}]"#,
            r#"[{"session_id":7}]"#,
            r#"[{"error":{}}]"#,
            r#"[{"error":{"code":70000}}]"#,
            r#"[{"session_id":"a","session_id":"b"}]"#,
            "<html>",
            r#"[{"session_id":"1_abc"}"#,
        ] {
            assert_eq!(decode(body.as_bytes()), Err(SessionInfoError::NotUnderstood), "{body}");
        }
        assert_eq!(decode(b"[{\xff}]"), Err(SessionInfoError::NotUnderstood));
    }
}
