//! Tests of the session machine: a virtual clock, a scripted peer, one file for each behaviour.

mod harness;

mod joining;
mod keepalive;
mod leaving;
mod presence;
mod receiving;
mod reconnecting;
mod sending;
mod welcome;
