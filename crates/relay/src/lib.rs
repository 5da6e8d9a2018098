//! Self-hosted signaling relay.
//!
//! What decides is pure: [`hub`] holds all rooms and sockets of one shard and turns inputs into outputs, without I/O,
//! clock or threads. [`io`] is the vocabulary between it and what moves the bytes.
#![forbid(unsafe_code)]

pub mod authority;
pub mod hub;
pub mod io;
pub mod limits;
pub mod notice;
pub mod stats;
