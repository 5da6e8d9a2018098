//! The binary interface: what the library exports, what the headers declare, and that both are what programs of the
//! mirrored interface were compiled against.

mod description;
mod every_callback;
mod exports;
mod frames;
mod headers;
mod live_states;
mod null_frames;
mod null_media;
mod null_table;
mod programs;
mod publisher;
mod streams;
mod toolchain;
