//! The HTTP answer that tells a client where its session is.

use serde::Deserialize;
use serde_json::Value;

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
    let answers: Vec<Wire> = serde_json::from_slice(body).map_err(|_| SessionInfoError::NotUnderstood)?;
    let answer = answers.into_iter().next().ok_or(SessionInfoError::NotUnderstood)?;
    if let Some(error) = answer.error.filter(|error| !error.is_null()) {
        return Err(refusal(&error));
    }
    Ok(SessionInfo {
        session_id: answer.session_id.ok_or(SessionInfoError::NotUnderstood)?,
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

fn refusal(error: &Value) -> SessionInfoError {
    let code = match error.get("code") {
        Some(Value::Number(n)) => n.as_u64().and_then(|n| u16::try_from(n).ok()),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    let message = error.pointer("/errorMessage/message").and_then(Value::as_str).unwrap_or("").to_owned();
    code.map_or(SessionInfoError::NotUnderstood, |code| SessionInfoError::Refused { code, message })
}
