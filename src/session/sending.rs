//! Accepting requests of the program.
#![forbid(unsafe_code)]

use otc_protocol::limits::{self, SignalLimitError};

use super::Session;
use super::error::{CommandError, SendError};
use super::event::{OutgoingSignal, Target};
use super::outbox::RequestKind;
use super::state::State;

impl Session {
    /// Checks a signal, in the documented order, and puts it into the outbox.
    pub(super) fn accept_signal(&mut self, signal: OutgoingSignal<'_>) -> Result<(), SendError> {
        let OutgoingSignal { kind, data, target, retry } = signal;
        if target == Target::Connection("") {
            return Err(SendError::InvalidTarget);
        }
        limits::check_type(kind).map_err(limit_error)?;
        limits::check_data(data).map_err(limit_error)?;
        let kind = std::str::from_utf8(kind).map_err(|_| SendError::NotUtf8)?;
        let data = std::str::from_utf8(data).map_err(|_| SendError::NotUtf8)?;
        let reconnecting = matches!(self.state, State::Reconnecting(_));
        let Some(join) = self.state.membership_mut() else { return Err(SendError::NotConnected) };
        if reconnecting && !retry {
            return Err(SendError::NotConnected);
        }
        if let Target::Connection(id) = target
            && join.roster.has_left(id)
        {
            return Err(SendError::TargetLeft);
        }
        if join.outbox.len() >= self.config.outbox_count {
            return Err(SendError::OutboxFull);
        }
        let number = join.next_number();
        // Only addresses and headers can be too long, and create was sent with the same ones.
        let frame = join.signal(number, kind, data, target).map_err(|_| SendError::InvalidTarget)?;
        if join.outbox.bytes() + frame.len() > self.config.outbox_bytes {
            return Err(SendError::OutboxFull);
        }
        join.accept(frame, RequestKind::Signal, retry);
        self.counters.signals_accepted += 1;
        Ok(())
    }

    /// Checks a removal and puts it into the outbox.
    pub(super) fn accept_removal(&mut self, connection: &str) -> Result<(), CommandError> {
        if connection.is_empty() {
            return Err(CommandError::InvalidArgument);
        }
        let Some(join) = self.state.membership_mut() else { return Err(CommandError::NotConnected) };
        if !join.capabilities.force_disconnect {
            return Err(CommandError::NotPermitted);
        }
        if join.roster.has_left(connection) {
            return Err(CommandError::TargetLeft);
        }
        if join.outbox.len() >= self.config.outbox_count {
            return Err(CommandError::OutboxFull);
        }
        let number = join.next_number();
        let frame = join.removal(number, connection).map_err(|_| CommandError::InvalidArgument)?;
        if join.outbox.bytes() + frame.len() > self.config.outbox_bytes {
            return Err(CommandError::OutboxFull);
        }
        join.accept(frame, RequestKind::Removal, true);
        Ok(())
    }
}

fn limit_error(error: SignalLimitError) -> SendError {
    match error {
        SignalLimitError::TypeTooLong => SendError::TypeTooLong,
        SignalLimitError::TypeInvalid => SendError::TypeInvalid,
        SignalLimitError::DataTooLong => SendError::DataTooLong,
    }
}
