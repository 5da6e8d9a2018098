//! Rumor: the framing layer. One frame is one binary WebSocket message.

mod codec;
mod frame;

pub(crate) use codec::encode_with;
pub use codec::{DecodeError, EncodeError, encode};
pub use frame::{Frame, FrameType, header};
