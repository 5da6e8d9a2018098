//! What travels between clients and relays, and nothing that moves it.
//!
//! * [`rumor`]: frames, the units of the WebSocket connection.
//! * [`raptor`]: messages, the JSON inside MESSAGE frames.
//! * [`limits`]: what a signal may hold; the one place where client and relay look it up.
//! * [`session_info`]: the HTTP answer that comes before all of it.
//! * [`token`]: who may enter a session or call the REST interface, and as what.
//! * [`session_id`]: what a session is called.
//!
//! Everything here is a pure function of its arguments: no I/O, no clock, no randomness of its own, no threads.
#![forbid(unsafe_code)]

pub mod limits;
#[doc(hidden)]
pub mod planted;
pub mod raptor;
pub mod rumor;
pub mod session_id;
pub mod session_info;
pub mod token;
