//! What threads meet through. One place, so that the table of handles, the mailbox and the callback threads can also be
//! compiled for a model checker, which tries out the orders in which threads may run (`crates/model`).
#![forbid(unsafe_code)]

pub(crate) use parking_lot::{Condvar, Mutex, MutexGuard, RwLock};
pub(crate) use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
pub(crate) use std::thread::JoinHandle;
