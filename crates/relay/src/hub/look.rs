//! What operators look at: who is in a session, and nothing of what they say or of what would let anyone in.

use std::sync::Arc;

use super::{Hub, ServerError};
use crate::member::Link;

/// What an operator wants to know of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSummary {
    /// The connection id.
    pub id: Arc<str>,
    /// When it entered, in milliseconds since 1970.
    pub entered_at_ms: u64,
    /// The role of its token.
    pub role: &'static str,
    /// What it says it is, such as `js-2.35.2`; empty if it does not say.
    pub client: String,
    /// Whether it has a socket now; without one it is within its grace window.
    pub linked: bool,
    /// Whether it may come back on another socket.
    pub resumable: bool,
    /// Signals accepted from it.
    pub signals: u64,
    /// Messages that it has not acknowledged.
    pub kept_messages: usize,
    /// The bytes of those.
    pub kept_bytes: usize,
}

impl Hub {
    /// How many clients are in the session that has most.
    pub fn largest_session(&self) -> usize {
        self.rooms.values().map(|room| room.members().len()).max().unwrap_or_default()
    }

    /// Some of those who are in a session, in the order of their entering.
    pub fn clients(
        &self,
        session: &str,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<ClientSummary>, ServerError> {
        let members = self.room(session)?.members().iter();
        Ok(members
            .skip(offset)
            .take(limit)
            .map(|member| {
                let (kept_messages, kept_bytes) = member.kept();
                ClientSummary {
                    id: Arc::clone(&member.id),
                    entered_at_ms: member.entered_ms,
                    role: member.role.name(),
                    client: member.client.to_string(),
                    linked: member.link != Link::Away,
                    resumable: member.is_resumable(),
                    signals: member.signals,
                    kept_messages,
                    kept_bytes,
                }
            })
            .collect())
    }
}
