//! The library. A map of its layers.

pub mod ffi;
pub mod log;
pub mod runtime;
pub mod session;
pub mod transport;
pub mod video;
