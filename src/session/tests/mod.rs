//! Tests of the session machine: a virtual clock, a scripted peer, one file for each behaviour.

mod harness;

mod calls;
mod chance;
mod chaos;
mod failures;
mod hostile;
mod joining;
mod keepalive;
mod leaving;
mod logging;
mod presence;
mod promise;
mod receiving;
mod reconnecting;
mod sending;
mod units;
mod welcome;
