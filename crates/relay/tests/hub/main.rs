//! The hub, driven by scripted clients over real frames with a clock of the test's own.
//!
//! Whatever a test is about, the harness checks every frame that leaves the hub and every line it logs.
#![forbid(unsafe_code)]

mod harness;

mod admission;
mod departures;
mod families;
mod hostile;
mod limits;
mod liveness;
mod ordering;
mod properties;
mod repeats;
mod requests;
mod resuming;
mod server;
mod streams;
mod suppressed;
mod vectors;
