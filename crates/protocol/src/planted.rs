//! Defects that tests plant on purpose, one at a time, to show that the simulation finds them.
//!
//! Without the feature `planted-bugs`, which nothing but those tests turns on, [`is`] is a constant: no defect can be
//! planted, and nothing of this is compiled into client or relay.

use bytes::Bytes;

/// A defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// Client: some messages are not acknowledged.
    SkippedAck,
    /// Client: repeats are not recognised.
    ForgottenRepeat,
    /// Client: a signal counts as delivered once it is written.
    WrittenIsDelivered,
    /// Client: after a loss the first two signals are resent in the wrong order.
    ResentOutOfOrder,
    /// Client: a resume is reported twice when it took more than one attempt.
    DoubleReconnected,
    /// Client: the error is reported after the end that it explains.
    ErrorAfterEnd,
    /// Client: silence is not noticed.
    SilenceUnnoticed,
    /// Client: signals that are thrown away at the end are not counted.
    UncountedLoss,
    /// Client: more is on its way without an answer than the relay remembers.
    EndlessWindow,
    /// Client: half as many received ids are remembered as a relay may send again.
    ShortMemory,
    /// Relay: request ids are not remembered.
    ForgottenRequests,
    /// Relay: a repeated request is not answered again.
    SilentRepeat,
    /// Relay: what was not acknowledged is replayed backwards.
    ReplayedBackwards,
    /// Relay: what was not acknowledged is replayed under new transaction ids.
    ReplayedRenamed,
    /// Relay: others are told of a newcomer only after its first signal.
    LateCreated,
    /// Relay: what no longer fits the bound of unacknowledged messages is thrown away in silence.
    SilentOverflow,
    /// Relay: a resume of something unknown is accepted.
    UnknownResumed,
    /// Relay: one acknowledgement counts for everything.
    AckForgetsAll,
    /// Relay: nothing is kept for a client that is away.
    NothingKeptWhileAway,
    /// Relay: a directed signal goes to everyone.
    DirectedToAll,
    /// Relay: the end of an old link of a client counts as the end of its present one.
    OldLinkCounts,
    /// Relay: a grace window that began with an earlier loss is not ended by the resume.
    OldGrace,
    /// Relay: nobody is told when a grace window ends.
    SilentExpiry,
    /// Relay: a client that is gone enters again under its old identity.
    ReturnOfTheGone,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 24] = [
        Self::SkippedAck,
        Self::ForgottenRepeat,
        Self::WrittenIsDelivered,
        Self::ResentOutOfOrder,
        Self::DoubleReconnected,
        Self::ErrorAfterEnd,
        Self::SilenceUnnoticed,
        Self::UncountedLoss,
        Self::EndlessWindow,
        Self::ShortMemory,
        Self::ForgottenRequests,
        Self::SilentRepeat,
        Self::ReplayedBackwards,
        Self::ReplayedRenamed,
        Self::LateCreated,
        Self::SilentOverflow,
        Self::UnknownResumed,
        Self::AckForgetsAll,
        Self::NothingKeptWhileAway,
        Self::DirectedToAll,
        Self::OldLinkCounts,
        Self::OldGrace,
        Self::SilentExpiry,
        Self::ReturnOfTheGone,
    ];
}

#[cfg(not(feature = "planted-bugs"))]
mod planting {
    use super::{Bug, Bytes};

    /// Whether this defect is planted: never.
    #[inline(always)]
    pub const fn is(_: Bug) -> bool {
        false
    }

    /// Never holds anything back.
    #[inline(always)]
    pub fn hold(_: &str) {}

    /// Never held anything back.
    #[inline(always)]
    pub fn release() -> Option<String> {
        None
    }

    /// Never renames anything.
    #[inline(always)]
    pub fn renamed(message: Bytes) -> Bytes {
        message
    }
}

#[cfg(feature = "planted-bugs")]
mod planting {
    use std::cell::{Cell, RefCell};
    use std::collections::VecDeque;

    use super::{Bug, Bytes};
    use crate::rumor::{Frame, header};

    thread_local! {
        static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
        static HELD: RefCell<VecDeque<String>> = const { RefCell::new(VecDeque::new()) };
        static RENAMED: Cell<u64> = const { Cell::new(0) };
    }

    /// Plants a defect on this thread, in place of any other.
    pub fn plant(bug: Option<Bug>) {
        PLANTED.set(bug);
        HELD.with_borrow_mut(VecDeque::clear);
        RENAMED.set(0);
    }

    /// Whether this defect is planted.
    pub fn is(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }

    /// Holds news back.
    pub fn hold(news: &str) {
        HELD.with_borrow_mut(|held| held.push_back(news.to_owned()));
    }

    /// Gives back news that was held.
    pub fn release() -> Option<String> {
        HELD.with_borrow_mut(VecDeque::pop_front)
    }

    /// The message under another transaction id.
    pub fn renamed(message: Bytes) -> Bytes {
        let Ok(mut frame) = Frame::decode(message.clone(), usize::MAX) else { return message };
        RENAMED.set(RENAMED.get() + 1);
        for (name, value) in &mut frame.headers {
            if name == header::TRANSACTION_ID {
                *value = format!("renamed-{}", RENAMED.get()).into();
            }
        }
        frame.encode().unwrap_or(message)
    }
}

pub use planting::*;
