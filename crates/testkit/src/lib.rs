//! What the tests of this workspace share to prove that nothing is lost, doubled or reordered.
//!
//! * [`history`]: what happened in a run, simulated or real, as records that also travel as JSON lines.
//! * [`checker`]: the one judge of histories.
//! * [`proxy`]: breaks TCP links between real programs in every way a network does.
//! * [`real`]: clients and a relay over real sockets, with links that are cut.
//! * [`sim`]: clients and relay in one process, under a virtual clock and a seeded network.
//!
//! Nothing here is shipped.
#![forbid(unsafe_code)]

pub mod checker;
pub mod history;
pub mod proxy;
pub mod real;
pub mod sim;
