//! The library. A map of its layers.

pub mod ffi;
pub mod log;
pub mod runtime;
pub mod session;
mod sync;
pub mod transport;
pub mod video;
