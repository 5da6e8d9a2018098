//! What every part of a hub writes to: outputs, notices, counters, and ids for what it queues.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use crate::ids::{Ids, MemberKey};
use crate::io::{Output, PeerId};
use crate::limits::Limits;
use crate::notice::{Notice, NoticeEvent};
use crate::remembered::RequestHasher;
use crate::slack::Tighten;
use crate::stats::Stats;

/// See the module.
pub(crate) struct Context {
    pub(crate) limits: Arc<Limits>,
    pub(crate) ids: Ids,
    pub(crate) hasher: RequestHasher,
    /// Counters; of the gauges, only those that are summed over members.
    pub(crate) stats: Stats,
    /// Members that left too much unacknowledged: to be ended when the present input is dealt with.
    pub(crate) overflowed: VecDeque<MemberKey>,
    outputs: VecDeque<Output>,
    notices: VecDeque<Notice>,
}

/// Notices that may wait; a burst of refusals must not become a burst of memory.
const NOTICES: usize = 4096;
/// Outputs that an emptied queue may go on holding memory for.
const SPARE: usize = 4096;

impl Context {
    /// `seed` gives the ids their salt and the tables their secret.
    pub(crate) fn new(limits: Arc<Limits>, seed: [u8; 32]) -> Self {
        let (mut salt, mut secret) = ([0; 8], [0; 16]);
        salt.copy_from_slice(&seed[..8]);
        secret.copy_from_slice(&seed[8..24]);
        Self {
            limits,
            ids: Ids::new(salt),
            hasher: RequestHasher::new(secret),
            stats: Stats::default(),
            overflowed: VecDeque::new(),
            outputs: VecDeque::new(),
            notices: VecDeque::new(),
        }
    }

    pub(crate) fn send(&mut self, peer: PeerId, message: Bytes) {
        self.stats.frames_out += 1;
        self.outputs.push_back(Output::Send { peer, message });
    }

    pub(crate) fn output(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        let output = self.outputs.pop_front();
        if output.is_none() && self.outputs.capacity() > SPARE {
            self.outputs = VecDeque::new();
        }
        output
    }

    pub(crate) fn note(
        &mut self,
        session: Option<&Arc<str>>,
        connection: Option<&Arc<str>>,
        event: NoticeEvent,
    ) {
        if self.notices.len() < NOTICES {
            self.notices.push_back(Notice {
                session: session.cloned(),
                connection: connection.cloned(),
                event,
            });
        } else {
            self.stats.notices_dropped += 1;
        }
    }

    pub(crate) fn poll_notice(&mut self) -> Option<Notice> {
        let notice = self.notices.pop_front();
        self.notices.tighten();
        notice
    }
}
