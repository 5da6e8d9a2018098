//! Rumor: the framing layer. One frame is one binary WebSocket message.

mod codec;
mod frame;

pub use codec::{DecodeError, EncodeError, encode};
pub use frame::{Frame, FrameType, header};
