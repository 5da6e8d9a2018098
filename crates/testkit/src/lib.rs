//! What the tests of this workspace share to prove that nothing is lost, doubled or reordered.
//!
//! * [`history`]: what happened in a run, simulated or real, as records that also travel as JSON lines.
//! * [`checker`]: the one judge of histories.
//! * [`proxy`]: breaks TCP links between real programs in every way a network does.
//! * [`real`]: clients of the C interface and a relay process over real sockets, with links that are cut.
//! * [`sim`]: clients and relay in one process, under a virtual clock and a seeded network.
//!
//! Nothing here is shipped.
#![deny(unsafe_code)]

pub mod checker;
pub mod history;
pub mod proxy;
pub mod real;
pub mod sim;
