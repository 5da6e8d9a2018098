//! Clients through a real relay in this process: what a program sees from connect to disconnect.
#![forbid(unsafe_code)]

mod hammer;
mod joining;
mod leaving;
mod signals;
mod support;
mod trouble;
