//! The relay over real sockets: started in this process on a free port, or as the program, and talked to by scripted
//! clients.

mod http;
mod program;
mod rest;
mod support;
