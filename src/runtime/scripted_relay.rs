//! The relay's side of a memory link, as far as tests of the driver need it.
#![forbid(unsafe_code)]

use otc_protocol::raptor::{Connection, Request, SessionState, SignalMessage, SignalPayload};
use otc_protocol::rumor::{Frame, FrameType, header};

use crate::transport::memory::{MemoryNetwork, PeerEnd, Script, Seen};

pub(super) const PARTNER: &str = "100";
pub(super) const SESSION: &str = "1_session";
const MAX_FRAME: usize = 1 << 20;

/// A session info answer.
pub(super) fn session_info() -> String {
    format!(
        r#"[{{"session_id":"{SESSION}","partner_id":"{PARTNER}","messaging_url":"ws://relay/x",
            "symphony_address":"symphony.relay","properties":{{"reconnection":true}}}}]"#
    )
}

/// A relay with one client.
pub(super) struct ScriptedRelay {
    pub(super) end: PeerEnd,
    pub(super) connection: String,
    sent: usize,
}

impl ScriptedRelay {
    /// Answers session info, opens the link and lets the client join.
    pub(super) async fn admit(network: &mut MemoryNetwork, script: Script) -> Self {
        network.info().await.answer(200, session_info());
        let end = network.link().await.accept(script);
        let mut relay = Self { end, connection: String::new(), sent: 0 };
        let create = relay.frame(|frame| frame.header(header::TOKEN_AUTH).is_some()).await;
        relay.connection = create.header(header::FROM_ADDRESS).expect("a sender").to_string();
        let own = Connection { id: relay.connection.clone(), creation_time: 1, ..Connection::default() };
        let state = SessionState { connection: vec![own], ..SessionState::default() };
        relay.answer(&create, "200", &serde_json::to_string(&state).expect("serialises"));
        relay
    }

    /// The next frame of which `wanted` holds. PINGs on the way are answered, other frames passed over.
    pub(super) async fn frame(&mut self, wanted: impl Fn(&Frame) -> bool) -> Frame {
        loop {
            let Seen::Message(message) = self.end.receive().await else { panic!("the link has ended") };
            let frame = Frame::decode(message, MAX_FRAME).expect("a frame");
            if frame.kind == FrameType::Ping {
                self.end.send(Frame::new(FrameType::Pong).encode().expect("a frame"));
            }
            if wanted(&frame) {
                return frame;
            }
        }
    }

    /// The data of the next signal, which is answered.
    pub(super) async fn signal(&mut self) -> String {
        let frame = self.frame(|frame| frame.data.contains("\"signal\"")).await;
        self.answer(&frame, "200", "");
        let Ok(Request::Signal { content, .. }) = Request::decode(&frame.data, SESSION) else {
            panic!("not a signal: {frame:?}")
        };
        content.data_text().into_owned()
    }

    /// Answers a request.
    pub(super) fn answer(&self, request: &Frame, status: &str, payload: &str) {
        let id = request.header(header::TRANSACTION_ID).expect("a transaction").clone();
        let answer = Frame::new(FrameType::Status)
            .with_header(header::TRANSACTION_ID, id)
            .with_header(header::STATUS, status.to_owned())
            .with_data(payload.to_owned());
        self.end.send(answer.encode().expect("a frame"));
    }

    /// Sends the client a signal of the server.
    pub(super) fn send_signal(&mut self, data: &str) {
        self.sent += 1;
        let transaction = format!("t{}", self.sent);
        let signal = SignalMessage {
            address: "/v2/partner/100/session/1_session",
            transaction: &transaction,
            from: "",
            partner: PARTNER,
            session: SESSION,
            to: None,
            id: &transaction,
            kind: "",
            data: SignalPayload::Text(data),
        };
        self.end.send(signal.encode().expect("a frame"));
    }
}
