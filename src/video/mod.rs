//! Video frames as plain data: formats, planes, conversion. No media travels anywhere; programs that render or test frames
//! get the memory operations they expect.
#![forbid(unsafe_code)]

mod convert;
mod format;

pub use convert::{ConvertError, Planes, PlanesMut, convert};
pub use format::{Format, PlaneKind, PlaneLayout};

#[cfg(test)]
mod tests;
