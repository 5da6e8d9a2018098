/* Generated: `cargo run -p xtask -- headers`. The text comes from xtask/headers and src/ffi. */
/**
 * @file audio_device.h
 * Audio devices of the program's own, which this library does not use.
 */
#ifndef OTC_HEADER_AUDIO_DEVICE_H
#define OTC_HEADER_AUDIO_DEVICE_H

#include <stddef.h>
#include <stdlib.h>

#include "config.h"
#include "base.h"

OTC_BEGIN_DECL

/** A microphone and a loudspeaker. Opaque; this library never makes one. */
typedef struct otc_audio_device otc_audio_device;

/**
 * How an audio device works.
 */
struct otc_audio_device_settings {
  /**
   * Samples a second.
   */
  int sampling_rate;
  /**
   * Channels.
   */
  int number_of_channels;
};

/**
 * What the media engine would ask of an audio device of the program. No member is ever called.
 */
struct otc_audio_device_callbacks {
  /**
   * Make the device ready.
   */
  otc_bool (*init)(const otc_audio_device *audio_device, void *user_data);
  /**
   * The device is not needed any more.
   */
  otc_bool (*destroy)(const otc_audio_device *audio_device, void *user_data);
  /**
   * Make recording ready.
   */
  otc_bool (*init_capturer)(const otc_audio_device *audio_device, void *user_data);
  /**
   * Recording is not needed any more.
   */
  otc_bool (*destroy_capturer)(const otc_audio_device *audio_device, void *user_data);
  /**
   * Begin to record.
   */
  otc_bool (*start_capturer)(const otc_audio_device *audio_device, void *user_data);
  /**
   * Cease to record.
   */
  otc_bool (*stop_capturer)(const otc_audio_device *audio_device, void *user_data);
  /**
   * Whether recording is ready.
   */
  otc_bool (*is_capturer_initialized)(const otc_audio_device *audio_device, void *user_data);
  /**
   * Whether it records.
   */
  otc_bool (*is_capturer_started)(const otc_audio_device *audio_device, void *user_data);
  /**
   * Delay of recording in milliseconds.
   */
  int (*get_estimated_capture_delay)(const otc_audio_device *audio_device, void *user_data);
  /**
   * How it records.
   */
  otc_bool (*get_capture_settings)(const otc_audio_device *audio_device,
                                   void *user_data,
                                   struct otc_audio_device_settings *settings);
  /**
   * Make playing ready.
   */
  otc_bool (*init_renderer)(const otc_audio_device *audio_device, void *user_data);
  /**
   * Playing is not needed any more.
   */
  otc_bool (*destroy_renderer)(const otc_audio_device *audio_device, void *user_data);
  /**
   * Begin to play.
   */
  otc_bool (*start_renderer)(const otc_audio_device *audio_device, void *user_data);
  /**
   * Cease to play.
   */
  otc_bool (*stop_renderer)(const otc_audio_device *audio_device, void *user_data);
  /**
   * Whether playing is ready.
   */
  otc_bool (*is_renderer_initialized)(const otc_audio_device *audio_device, void *user_data);
  /**
   * Whether it plays.
   */
  otc_bool (*is_renderer_started)(const otc_audio_device *audio_device, void *user_data);
  /**
   * Delay of playing in milliseconds.
   */
  int (*get_estimated_render_delay)(const otc_audio_device *audio_device, void *user_data);
  /**
   * How it plays.
   */
  otc_bool (*get_render_settings)(const otc_audio_device *audio_device,
                                  void *user_data,
                                  struct otc_audio_device_settings *settings);
  /**
   * Handed to each callback.
   */
  void *user_data;
  /**
   * Must be NULL.
   */
  void *reserved;
};

/**
 * Would read audio that is to be played: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: no difference.
 * - Returns: 0.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API size_t otc_audio_device_read_render_data(int16_t *buffer, size_t number_of_samples);

/**
 * Would hand over audio that was recorded: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_audio_device_write_capture_data(const int16_t *buffer, size_t number_of_samples);

/**
 * Would choose the audio device of the program: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_set_audio_device(const struct otc_audio_device_callbacks *callbacks);

OTC_END_DECL

#endif
