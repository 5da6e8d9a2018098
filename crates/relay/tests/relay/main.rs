//! The relay over real sockets: started in this process on a free port, or as the program, and talked to by scripted
//! clients.

mod admin;
mod applications;
mod calls;
mod certificates;
mod client;
mod closing;
#[cfg(unix)]
mod deaf_log;
mod extremes;
mod hostile;
mod hostile_told;
mod http;
mod join;
mod limits;
mod logs;
mod met;
mod operate;
mod page;
mod program;
mod requests;
mod rest;
mod resume;
mod shards;
mod socket;
mod stop;
#[cfg(unix)]
mod supervisor;
mod support;
mod tenants;
mod tls;
mod trust;
