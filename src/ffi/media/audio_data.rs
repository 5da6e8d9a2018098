//! `audio_data.h`: a piece of audio, as programs know it.

use std::ffi::{c_int, c_void};

/// A piece of audio. This library never makes one.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct otc_audio_data {
    /// The samples.
    pub sample_buffer: *const c_void,
    /// Bits of a sample.
    pub bits_per_sample: c_int,
    /// Samples a second.
    pub sample_rate: c_int,
    /// Channels.
    pub number_of_channels: usize,
    /// Samples in sample_buffer.
    pub number_of_samples: usize,
}
