//! Raptor: the JSON messages inside MESSAGE frames.
//!
//! Clients send [`Request`]s, relays send [`Event`]s. Methods and resources that nobody here knows are
//! representable ([`Request::Other`], [`Event::Other`]): they are not errors, because newer peers may use them.

mod codec;
mod event;
mod request;
mod state;
mod uri;

pub use codec::{DecodeError, Envelope};
pub use event::{Event, StreamUpdate};
pub use request::{CreateConnection, Request, Signal, SignalData, StreamAction};
pub use state::{Archive, Channel, Connection, Extension, SessionState, Stream};
pub use uri::{Resource, Uri};
