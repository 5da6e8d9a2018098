//! The library. A map of its layers.
