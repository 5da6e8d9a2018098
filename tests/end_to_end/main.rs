//! Clients through a real relay in this process: what a program sees from connect to disconnect.
#![forbid(unsafe_code)]

#[path = "../../crates/relay/tests/relay/certificates.rs"]
mod certificates;
mod codes;
mod hammer;
mod hostile;
mod hostile_server;
mod joining;
mod leaving;
mod networks;
mod signals;
mod support;
mod tls;
mod trouble;
