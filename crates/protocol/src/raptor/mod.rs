//! Raptor: the JSON messages inside MESSAGE frames.
//!
//! Clients send [`Request`]s, relays send [`Event`]s. Methods and resources that nobody here knows are
//! representable ([`Request::Other`], [`Event::Other`]): they are not errors, because newer peers may use them.

mod codec;
mod event;
mod lenient;
mod request;
mod signal;
mod state;
mod text;
mod uri;

pub use codec::{DecodeError, Envelope};
pub use event::{Event, StreamUpdate};
pub use request::{CreateConnection, Request, StreamAction};
pub use signal::{Signal, SignalData, SignalMessage, SignalPayload};
pub use state::{Archive, Channel, Connection, Extension, SessionState, Stream};
pub use uri::{Resource, Uri};
