//! What each target checks of its input.

pub mod client_token;
pub mod public_key;
pub mod raptor_event;
pub mod raptor_request;
pub mod rest_call;
pub mod rest_token;
pub mod rumor_frame;
pub mod session_id;
pub mod session_info;
pub mod uri;
pub mod websocket;

/// A check of one input.
pub type Check = fn(&[u8]);

/// All targets by name.
pub const ALL: [(&str, Check); 11] = [
    ("rumor_frame", rumor_frame::check),
    ("raptor_request", raptor_request::check),
    ("raptor_event", raptor_event::check),
    ("client_token", client_token::check),
    ("rest_token", rest_token::check),
    ("public_key", public_key::check),
    ("session_id", session_id::check),
    ("session_info", session_info::check),
    ("uri", uri::check),
    ("rest_call", rest_call::check),
    ("websocket", websocket::check),
];
