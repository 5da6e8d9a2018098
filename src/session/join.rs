//! What one join owns, over all its links, and the frames it writes.
#![forbid(unsafe_code)]

use std::sync::Arc;

use bytes::Bytes;
use otc_protocol::planted::{self, Bug};
use otc_protocol::raptor::{CreateConnection, Request, SignalMessage, SignalPayload, Uri};
use otc_protocol::rumor::{EncodeError, Frame, FrameType, encode, header};
use otc_protocol::session_info::SessionInfo;

use super::config::SessionConfig;
use super::dedup::Recent;
use super::event::Target;
use super::ids::{Ids, Series};
use super::outbox::{Outbox, RequestKind};
use super::roster::{Capabilities, Roster};

/// The transaction number of CONNECT.
const CONNECT: u64 = 1;
/// The transaction number of create.
pub(super) const CREATE: u64 = 2;
/// The transaction number of session read.
pub(super) const READ: u64 = 3;
/// The transaction number of the first request of the program.
const FIRST_REQUEST: u64 = 4;

/// Where requests are addressed to when session info does not say.
const DEFAULT_SYMPHONY: &str = "symphony.";
/// The name and version that create announces.
const CLIENT_VERSION: &str = concat!("otc-", env!("CARGO_PKG_VERSION"));
/// The extension protocol that create announces.
const EXTENSION: &str = "otc-x/1";

/// A membership in a session, from session info to the end.
pub(super) struct Join {
    /// The id under which others know this client.
    pub(super) connection_id: String,
    /// The secret that proves a resume. Absent when the relay resumes nothing: then the first loss is the end.
    socket_id: Option<String>,
    partner: String,
    session: String,
    symphony: String,
    url: String,
    requests: Series,
    signals: Series,
    next_request: u64,
    /// The transaction ids of received frames.
    pub(super) seen: Recent,
    pub(super) roster: Roster,
    pub(super) outbox: Outbox,
    pub(super) capabilities: Capabilities,
    /// The version of the extension protocol that the relay announced.
    pub(super) extension: Option<u32>,
    /// How many resumed links in a row broke at once and brought nothing.
    pub(super) fruitless: u32,
}

impl Join {
    /// `session_id` is the id that the program gave, which its connections show; requests use the relay's.
    pub(super) fn new(
        info: SessionInfo,
        url: String,
        api_key: &str,
        session_id: &Arc<str>,
        config: &SessionConfig,
        ids: &mut Ids,
    ) -> Self {
        let departed = Recent::new(ids.key(), config.departed_count);
        let remembered = config.dedup_count / if planted::is(Bug::ShortMemory) { 2 } else { 1 };
        Self {
            connection_id: ids.uuid(),
            socket_id: info.reconnection.then(|| ids.uuid()),
            partner: info.partner_id.unwrap_or_else(|| api_key.to_owned()),
            session: info.session_id,
            symphony: info.symphony_address.unwrap_or_else(|| DEFAULT_SYMPHONY.to_owned()),
            url,
            requests: ids.series(),
            signals: ids.series(),
            next_request: FIRST_REQUEST,
            seen: Recent::new(ids.key(), remembered),
            roster: Roster::new(session_id.clone(), departed),
            outbox: Outbox::default(),
            capabilities: Capabilities::default(),
            extension: None,
            fruitless: 0,
        }
    }

    /// Whether a lost link can be resumed.
    pub(super) fn resumable(&self) -> bool {
        self.socket_id.is_some()
    }

    /// The messaging address, without the query that is a secret.
    pub(super) fn address(&self) -> String {
        super::text::public_url(&self.url)
    }

    /// Whether an address or sender is the relay itself.
    pub(super) fn is_relay(&self, address: &str) -> bool {
        address.is_empty() || address == self.symphony
    }

    /// The address to open a link to. Each attempt is told from the others; all but the first say that they are not
    /// the first.
    pub(super) fn link_url(&self, first: bool, ids: &mut Ids) -> String {
        let Some(socket_id) = &self.socket_id else { return self.url.clone() };
        let separator = if self.url.contains('?') { '&' } else { '?' };
        let reconnect = if first { "" } else { "&reconnect=true" };
        format!("{}{separator}socketId={socket_id}{reconnect}&attempt={}", self.url, ids.uuid())
    }

    /// The transaction id with this number.
    pub(super) fn transaction(&self, number: u64) -> String {
        self.requests.text(number)
    }

    /// The number of a transaction id, if it is one of this join's.
    pub(super) fn transaction_number(&self, id: &str) -> Option<u64> {
        self.requests.number(id)
    }

    /// The number of a transaction id, if a request of the program was made under it.
    pub(super) fn request_number(&self, id: &str) -> Option<u64> {
        self.transaction_number(id).filter(|number| (FIRST_REQUEST..self.next_request).contains(number))
    }

    /// The number that the next request will have.
    pub(super) fn next_number(&self) -> u64 {
        self.next_request
    }

    /// Puts a request into the outbox, under the number that it was written with.
    pub(super) fn accept(&mut self, frame: Bytes, kind: RequestKind, retry: bool) {
        self.outbox.push(self.next_request, frame, kind, retry);
        self.next_request += 1;
    }

    /// What is sent at once on each link until the session's state is known: CONNECT, SUBSCRIBE, create.
    pub(super) fn greeting(&self, token: &str, config: &SessionConfig) -> Result<[Bytes; 3], EncodeError> {
        let connect_headers = [
            (header::UNIQUE_ID, &*self.connection_id),
            (header::TRANSACTION_ID, &*self.transaction(CONNECT)),
            (header::NOTIFY_DISCONNECT_ADDRESS, &*self.symphony),
        ];
        let topic = Uri::for_session(&self.partner, &self.session);
        let content = CreateConnection {
            user_agent: config.user_agent.clone(),
            client_version: Some(CLIENT_VERSION.to_owned()),
            capabilities: Some(vec![EXTENSION.to_owned()]),
            connection_events_suppressed: config.connection_events_suppressed,
        };
        let create =
            Request::encode_create_connection(&self.partner, &self.session, &self.connection_id, &content);
        Ok([
            encode(FrameType::Connect, &[], &connect_headers, "")?,
            encode(FrameType::Subscribe, &[&topic], &[], "")?,
            self.message(CREATE, &[(header::TOKEN_AUTH, token)], &create)?,
        ])
    }

    /// Session read.
    pub(super) fn read(&self) -> Result<Bytes, EncodeError> {
        self.message(READ, &[], &Request::encode_read_session(&self.partner, &self.session))
    }

    /// A signal. Empty type and data are left out.
    pub(super) fn signal(
        &self,
        number: u64,
        kind: &str,
        data: &str,
        target: Target<'_>,
    ) -> Result<Bytes, EncodeError> {
        let to = match target {
            Target::Everyone => None,
            Target::Connection(id) => Some(id),
        };
        SignalMessage {
            address: &self.symphony,
            transaction: &self.transaction(number),
            from: &self.connection_id,
            partner: &self.partner,
            session: &self.session,
            to,
            id: &self.signals.text(number),
            kind,
            data: if data.is_empty() { SignalPayload::None } else { SignalPayload::Text(data) },
        }
        .encode()
    }

    /// The removal of another client.
    pub(super) fn removal(&self, number: u64, connection: &str) -> Result<Bytes, EncodeError> {
        let request = Request::encode_delete_connection(&self.partner, &self.session, connection);
        self.message(number, &[], &request)
    }

    /// The acknowledgement of a frame. It goes to where the frame came from; if that is the server itself, to where
    /// the frame was addressed, as clients of all generations do.
    pub(super) fn acknowledgement(&self, frame: &Frame, transaction: &str) -> Result<Bytes, EncodeError> {
        let headers =
            [(header::TRANSACTION_ID, transaction), (header::FROM_ADDRESS, self.connection_id.as_str())];
        match frame.header(header::FROM_ADDRESS).filter(|from| !from.is_empty()) {
            Some(from) => encode(FrameType::Status, &[from], &headers, ""),
            None => {
                let addresses: Vec<&str> = frame.addresses.iter().map(|address| &**address).collect();
                encode(FrameType::Status, &addresses, &headers, "")
            }
        }
    }

    fn message(&self, number: u64, extra: &[(&str, &str)], payload: &str) -> Result<Bytes, EncodeError> {
        let transaction = self.transaction(number);
        let common = [
            (header::CONTENT_TYPE, header::RAPTOR_CONTENT_TYPE),
            (header::TRANSACTION_ID, &*transaction),
            (header::FROM_ADDRESS, &*self.connection_id),
        ];
        let address = [&*self.symphony];
        match extra {
            [] => encode(FrameType::Message, &address, &common, payload),
            _ => encode(FrameType::Message, &address, &[extra, &common].concat(), payload),
        }
    }
}

/// A frame that is nothing but its type.
pub(super) fn bare(kind: FrameType) -> Bytes {
    encode(kind, &[], &[], "").unwrap_or_default()
}
