/* Generated: `cargo run -p xtask -- headers`. The text comes from xtask/headers and src/ffi. */
/**
 * @file audio_data.h
 * A piece of audio.
 */
#ifndef OTC_HEADER_AUDIO_DATA_H
#define OTC_HEADER_AUDIO_DATA_H

#include <stddef.h>

#include "config.h"

OTC_BEGIN_DECL

/**
 * A piece of audio. This library never makes one.
 */
struct otc_audio_data {
  /**
   * The samples.
   */
  const void *sample_buffer;
  /**
   * Bits of a sample.
   */
  int bits_per_sample;
  /**
   * Samples a second.
   */
  int sample_rate;
  /**
   * Channels.
   */
  size_t number_of_channels;
  /**
   * Samples in sample_buffer.
   */
  size_t number_of_samples;
};

OTC_END_DECL

#endif
