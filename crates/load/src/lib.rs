//! Puts a relay under load and judges what it does.
//!
//! Thousands of clients share one thread and hold no memory while they are idle. They speak the protocol as native
//! clients do, acknowledgements included, over real sockets.
//!
//! * [`Scenario`]: what is done to the relay, and what has to hold.
//! * [`RelayProcess`]: the relay, in a process of its own whose memory and time can be told apart.
//! * [`Report`]: figures, checks and a verdict.
//!
//! It counts on Linux: `/proc`, timers as descriptors, and all of 127.0.0.0/8.
#![forbid(unsafe_code)]
#![cfg(target_os = "linux")]

mod client;
mod clock;
mod fleet;
mod latency;
mod place;
mod process;
mod relay;
mod report;
mod scenario;
mod wire;

pub use place::Place;
pub use relay::{RelayProcess, beside_this};
pub use report::Report;
pub use scenario::{Scenario, Size};
