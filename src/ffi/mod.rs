//! The C interface: check, convert, one call, convert back.
//!
//! | header | sources |
//! |---|---|
//! | `base.h` | `base.rs`, `log.rs` |
//! | `connection.h`, `stream.h` | `connection.rs`, `stream.rs` |
//! | `session.h` | `callbacks.rs`, `session.rs`, `sized.rs`, `signal.rs`, `settings.rs`, `moderation.rs` |
//! | `otc_x.h` | `x.rs` |
//! | media headers | the files of that name in `media/`; `session.h` has a few functions from there too |
//!
//! Behind them: `guard.rs` stops panics, `handle.rs` turns pointers into objects and back (with the
//! tokens of `table.rs`), `string.rs` does so with
//! text, `status.rs` gives every outcome its number, `layout.rs` knows the callback structs of all generations,
//! `client.rs` is what an `otc_session` stands for, `deliver.rs` calls the program, `library.rs` is what there is
//! once in a process.
//!
//! This is the only part of the library that may be unsafe. The documentation of the exported functions is the manual
//! of the C interface, which is why it has no section on safety: all of them take whatever C may pass, as their text
//! says.

#![allow(
    non_camel_case_types,
    clippy::missing_safety_doc,
    clippy::upper_case_acronyms,
    reason = "names and manual are those of the C interface"
)]

pub mod base;
pub mod callbacks;
pub mod connection;
pub mod log;
pub mod media;
pub mod moderation;
pub mod session;
pub mod settings;
pub mod signal;
pub mod sized;
pub mod stream;
pub mod x;

mod choose;
mod client;
mod deliver;
mod guard;
pub mod handle;
mod layout;
mod library;
mod status;
mod string;
mod table;
mod versioned;

/// An `enum otc_log_level` of C: any number may come.
pub type LogLevel = std::ffi::c_int;
