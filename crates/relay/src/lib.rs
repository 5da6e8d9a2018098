//! Self-hosted signaling relay.
//!
//! [`run`] takes a listener and a [`Config`] and serves until it is told to stop; [`Relay`] does the same as a handle,
//! for programs that have more to do. The `otc-relay` program is a thin wrapper around them.
//!
//! ```text
//!   sockets ──> http ──> session info, REST ──┐
//!                 │ upgrade                   │ calls
//!                 └──> shard (one a core) <───┘
//!                        link   link   link      bytes in and out, bounded queues, timers
//!                           \    |    /
//!                             hub                decides; no I/O, no clock
//! ```
//!
//! What decides is pure: [`hub`] holds all rooms and sockets of one shard and turns inputs into outputs, without I/O,
//! clock or threads. [`io`] is the vocabulary between it and what moves the bytes:
//!
//! * [`config`]: what can be configured, its defaults and their reasons.
//! * `server`: start, stop, and what all shards share.
//! * `http`: requests, and the upgrade to WebSocket.
//! * `shard`: a thread, its sockets and its sessions.
//! * `ws`: WebSocket framing, as pure functions over bytes.
//! * `admission`: who may come in.
//! * `admin`: health, metrics, status and a page to look at, on a listener of their own.
#![forbid(unsafe_code)]

pub mod authority;
mod budget;
mod context;
pub mod durations;
mod family;
pub mod hub;
mod ids;
pub mod io;
mod kept;
pub mod limits;
mod member;
pub mod notice;
mod peer;
mod rejection;
mod remembered;
mod room;
mod slack;
pub mod stats;
mod timer;
mod wire;

mod admin;
mod admission;
#[cfg(feature = "cli")]
pub mod cli;
mod clock;
pub mod config;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod gate;
mod http;
mod meters;
mod server;
mod shard;
mod sockets;
mod stream;
mod tls;
mod ws;

pub use config::{Config, ConfigError, KeyRing};
pub use server::{Relay, bind, run};
pub use tls::CertificateNews;
