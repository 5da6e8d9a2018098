//! The REST interface that server SDKs call.

use std::borrow::Cow;
use std::rc::Rc;

use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Request, StatusCode};
use otc_protocol::session_id;
use otc_protocol::token::{self, RestClaims, RestCredential};
use serde_json::json;

use super::answer::{self, Accepts, Answer, JSON, Trusted, XML, escape_xml};
use super::route::RestPath;
use super::{body, input, operation};
use crate::clock;
use crate::meters::Limited;
use crate::server::Shared;
use crate::shard::Shard;

/// Checks who calls. `path_project` is the one in the path.
fn authenticate(
    shard: &Shard,
    headers: &HeaderMap,
    path_project: Option<&str>,
    as_xml: bool,
) -> Result<RestClaims, Box<Answer>> {
    // What is no text is no good credential either, and said to be that.
    let header = |name: &str| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let (project, application, pair) =
        (header("x-opentok-auth"), header("authorization"), header("x-tb-partner-auth"));
    let now = clock::now();
    let refused = |reason: &'static str, message: &str| {
        shard.meters().limited(Limited::Credential, now.mono, |left_out| {
            tracing::info!(reason, left_out, "REST call refused");
        });
        Box::new(answer::no_credential(message, as_xml))
    };
    let credential = if let Some(token) = &project {
        RestCredential::Project(token)
    } else if let Some(token) = application.as_deref().and_then(input::bearer) {
        RestCredential::Application(token)
    } else if let Some(pair) = &pair {
        RestCredential::KeyAndSecret(pair)
    } else {
        return Err(refused("none", "no credentials: send X-OPENTOK-AUTH or Authorization: Bearer"));
    };
    token::verify_rest(credential, path_project, &*shard.shared.keys.get(), now.unix_ms / 1000)
        .map_err(|error| refused(error.name(), &error.to_string()))
}

/// Creates a session. Sessions exist by their ids alone: nothing is stored.
pub(crate) async fn create_session(shard: &Shard, request: &mut Request<Incoming>) -> Answer {
    let shared = &shard.shared;
    let accepts = Accepts::of(request.headers());
    // SDKs that cannot read JSON do not say what they accept.
    let as_xml = !accepts.json;
    let claims = match authenticate(shard, request.headers(), None, as_xml) {
        Ok(claims) => claims,
        Err(answer) => return *answer,
    };
    let answer = create_session_for(shared, &claims, request, as_xml).await;
    answer::marked(answer, Trusted)
}

async fn create_session_for(
    shared: &Shared,
    claims: &RestClaims,
    request: &mut Request<Incoming>,
    as_xml: bool,
) -> Answer {
    if !shared.rest_rate.take(&claims.partner_id, clock::now().mono) {
        return Failure::TOO_MANY.answer(as_xml);
    }
    let form = match body::read(request, &shared.config.http).await {
        Ok(form) => form,
        Err(error) => return Failure::from(error).answer(as_xml),
    };
    // Whatever the content type says, it is a form: one SDK sends it under the type of its previous call.
    if let Err(message) = input::form(&String::from_utf8_lossy(&form)) {
        return answer::error(StatusCode::BAD_REQUEST, &message, as_xml);
    }
    let now_ms = clock::now().unix_ms;
    let partner = &claims.partner_id;
    let session = session_id::mint(partner, now_ms, &clock::random::<18>());
    let created = date(now_ms);
    if as_xml {
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sessions><Session><session_id>{session}</session_id>\
             <partner_id>{}</partner_id><create_dt>{created}</create_dt></Session></sessions>",
            escape_xml(partner)
        );
        return answer::body(StatusCode::OK, XML, text);
    }
    let session = json!([{
        "session_id": session,
        "project_id": partner,
        "partner_id": partner,
        "create_dt": created,
        "session_status": null,
        "status_invalid": null,
        "media_server_hostname": null,
        "messaging_server_url": null,
        "messaging_url": null,
        "symphony_address": null,
        "properties": null,
        "ice_server": null,
        "session_segment_id": clock::uuid(),
        "ice_servers": null,
        "ice_credential_expiration": 86_100,
    }]);
    answer::body(StatusCode::OK, JSON, session.to_string())
}

/// A date as the vendor's service writes it: `Fri Feb 14 05:14:54 UTC 2025`.
fn date(unix_ms: u64) -> String {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_millis(unix_ms);
    let http = httpdate::fmt_http_date(time);
    let words: Vec<&str> = http.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    match words[..] {
        [weekday, day, month, year, clock, _] => format!("{weekday} {month} {day} {clock} UTC {year}"),
        _ => http,
    }
}

/// A call about a session.
pub(crate) async fn call(shard: &Rc<Shard>, path: RestPath<'_>, request: &mut Request<Incoming>) -> Answer {
    let accepts = Accepts::of(request.headers());
    let as_xml = accepts.xml && !accepts.json;
    let claims = match authenticate(shard, request.headers(), Some(path.project), as_xml) {
        Ok(claims) => claims,
        Err(answer) => return *answer,
    };
    let outcome = match check_session(path.session, &claims) {
        Ok(()) if shard.shared.rest_rate.take(&claims.partner_id, clock::now().mono) => {
            operation::perform(shard, path, request).await
        }
        Ok(()) => Err(Failure::TOO_MANY),
        Err(failure) => Err(failure),
    };
    answer::marked(outcome.unwrap_or_else(|failure| failure.answer(as_xml)), Trusted)
}

/// Sessions exist by their ids; one is there for a project if its id names the project.
fn check_session(session: &str, claims: &RestClaims) -> Result<(), Failure> {
    let id = session_id::decode(session)
        .map_err(|error| Failure { status: StatusCode::BAD_REQUEST, message: error.to_string().into() })?;
    if session_id::same_partner(&id.partner, &claims.partner_id) { Ok(()) } else { Err(Failure::NO_SESSION) }
}

/// Why a call is not answered as it hoped.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) message: Cow<'static, str>,
}

impl Failure {
    pub(crate) const NO_SESSION: Self = Self::of(StatusCode::NOT_FOUND, "nobody is in this session");
    const TOO_MANY: Self =
        Self::of(StatusCode::TOO_MANY_REQUESTS, "too many calls for this project; slow down");

    /// A failure with constant text.
    pub(crate) const fn of(status: StatusCode, message: &'static str) -> Self {
        Self { status, message: Cow::Borrowed(message) }
    }

    fn answer(&self, as_xml: bool) -> Answer {
        let mut answer = answer::error(self.status, &self.message, as_xml);
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            return answer::marked(answer, Limited::RestRate);
        }
        match self.status {
            StatusCode::PAYLOAD_TOO_LARGE => answer::marked(answer, Limited::BodyTooLarge),
            StatusCode::REQUEST_TIMEOUT => answer::marked(answer, Limited::BodyTimeout),
            _ => answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_the_service_writes_them() {
        assert_eq!(date(1_739_538_894_123), "Fri Feb 14 13:14:54 UTC 2025");
    }
}
