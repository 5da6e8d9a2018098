//! What callers of the REST interface write into bodies and forms. Pure.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::route::query_value;

/// The body of a call that sends a signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignalBody {
    /// The type, `""` for none.
    pub(crate) kind: String,
    /// The data.
    pub(crate) data: Option<String>,
}

impl SignalBody {
    /// Reads a body; what is wrong with it is told in words.
    pub(crate) fn read(body: &[u8]) -> Result<Self, &'static str> {
        let mut fields = object(body)?;
        let kind = text(fields.remove("type"), "type must be text")?.unwrap_or_default();
        Ok(Self { kind, data: text(fields.remove("data"), "data must be text")? })
    }
}

/// The body of a call that mutes a session: whether it is to be mute.
pub(crate) fn mute(body: &[u8]) -> Result<bool, &'static str> {
    // Streams to be left out are named in several ways; no client can be told of any.
    match object(body)?.remove("active") {
        None | Some(Field::Null(())) => Ok(true),
        Some(Field::Flag(active)) => Ok(active),
        Some(_) => Err("active must be true or false"),
    }
}

/// The body of a call that takes none: an object, whatever is in it.
pub(crate) fn nothing(body: &[u8]) -> Result<(), &'static str> {
    object(body).map(drop)
}

/// Fields of the form that creates a session, as far as they mean something to somebody. Nothing depends on them here,
/// but nonsense is a mistake that its sender wants to hear of.
pub(crate) fn form(form: &str) -> Result<(), String> {
    let one_of = |name: &str, allowed: &[&str]| match query_value(form, name) {
        Some(value) if !value.is_empty() && !allowed.contains(&&*value) => {
            Err(format!("{name} is none of {}", allowed.join(", ")))
        }
        _ => Ok(()),
    };
    one_of("p2p.preference", &["enabled", "disabled", "always"])?;
    one_of("archiveMode", &["manual", "always"])?;
    match query_value(form, "location") {
        // One SDK writes the word for an absent location.
        Some(value)
            if !value.is_empty() && value != "null" && value.parse::<std::net::Ipv4Addr>().is_err() =>
        {
            Err("location is no IPv4 address".to_owned())
        }
        _ => Ok(()),
    }
}

/// What follows the scheme of an Authorization header, whose name may be in any case.
pub(crate) fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What a field of a body can be. It is not read as a JSON value of `serde_json`: that one takes objects with a name of
/// its own inside for something else.
#[derive(Deserialize)]
#[serde(untagged)]
enum Field {
    Null(()),
    Flag(bool),
    Text(String),
    Other(IgnoredAny),
}

/// The fields of a body, which is an object; of two with one name, the last.
fn object(body: &[u8]) -> Result<HashMap<String, Field>, &'static str> {
    // Some SDKs send no body where nothing is to be said, under the type of JSON.
    let text: &[u8] = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(text).map_err(|_| "the body is not the JSON that this call takes")
}

/// A text that may be absent.
fn text(field: Option<Field>, message: &'static str) -> Result<Option<String>, &'static str> {
    match field {
        None | Some(Field::Null(())) => Ok(None),
        Some(Field::Text(text)) => Ok(Some(text)),
        Some(_) => Err(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_all_server_sdks_pass() {
        for sent in [
            "",
            "p2p.preference=enabled&archiveMode=manual&e2ee=false",
            "archiveMode=manual&p2p.preference=disabled&location=10.1.2.3",
            "archiveMode=manual&location=null&p2p.preference=disabled",
            "archiveMode=always&media_mode=relayed&e2ee=True&p2p.preference=always",
        ] {
            assert_eq!(form(sent), Ok(()), "{sent}");
        }
        for sent in ["p2p.preference=maybe", "archiveMode=never", "location=here", "location=%3A%3A1"] {
            assert!(form(sent).is_err(), "{sent}");
        }
    }

    #[test]
    fn bodies_are_objects_of_texts_or_nothing() {
        let read = |body: &str| SignalBody::read(body.as_bytes()).map(|body| (body.kind, body.data));
        assert_eq!(read(r#"{"type":"t","data":"d","more":[1]}"#), Ok(("t".into(), Some("d".into()))));
        assert_eq!(read(""), Ok((String::new(), None)));
        assert_eq!(read(r#"{"type":null,"data":null}"#), Ok((String::new(), None)));
        assert_eq!(read(r#"{"data":7}"#), Err("data must be text"));
        for body in ["[]", "7", "{", &"[".repeat(100_000), r#"{"type":"t"} x"#] {
            assert!(
                read(body).is_err() && mute(body.as_bytes()).is_err() && nothing(body.as_bytes()).is_err()
            );
        }
        assert_eq!((mute(b""), mute(br#"{"active":false}"#)), (Ok(true), Ok(false)));
    }
}
