//! The media functions of the mirrored interface: exported so that programs link, and refused.
