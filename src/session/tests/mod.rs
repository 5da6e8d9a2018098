//! Tests of the session machine: a virtual clock, a scripted peer, one file for each behaviour.

mod harness;

mod joining;
mod welcome;
