/* Generated: `cargo run -p xtask -- headers`. The text comes from xtask/headers and src/ffi. */
/**
 * @file video_capturer.h
 * Sources of video of the program's own, which this library does not use.
 */
#ifndef OTC_HEADER_VIDEO_CAPTURER_H
#define OTC_HEADER_VIDEO_CAPTURER_H

#include "config.h"
#include "base.h"
#include "video_frame.h"

OTC_BEGIN_DECL

/** A source of video. Opaque; this library never makes one. */
typedef struct otc_video_capturer otc_video_capturer;

/**
 * How a source of video works.
 */
struct otc_video_capturer_settings {
  /**
   * Format of the pictures, a value of enum otc_video_frame_format.
   */
  int format;
  /**
   * Pixels.
   */
  int width;
  /**
   * Pixels.
   */
  int height;
  /**
   * Pictures a second.
   */
  int fps;
  /**
   * Delay in milliseconds.
   */
  int expected_delay;
  /**
   * Whether pictures are mirrored where they are shown to the publisher.
   */
  otc_bool mirror_on_local_render;
};

/**
 * What a publisher would ask of a source of video of the program. No member is ever called.
 */
struct otc_video_capturer_callbacks {
  /**
   * Make the source ready.
   */
  otc_bool (*init)(const otc_video_capturer *capturer, void *user_data);
  /**
   * The source is not needed any more.
   */
  otc_bool (*destroy)(const otc_video_capturer *capturer, void *user_data);
  /**
   * Begin to capture.
   */
  otc_bool (*start)(const otc_video_capturer *capturer, void *user_data);
  /**
   * Cease to capture.
   */
  otc_bool (*stop)(const otc_video_capturer *capturer, void *user_data);
  /**
   * How it captures.
   */
  otc_bool (*get_capture_settings)(const otc_video_capturer *capturer,
                                   void *user_data,
                                   struct otc_video_capturer_settings *settings);
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
 * Would hand over a picture that was captured: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_status otc_video_capturer_provide_frame(const otc_video_capturer *capturer,
                                            int rotation,
                                            const otc_video_frame *frame);

/**
 * Would tell what kind of pictures come: media, refused. The parameters are assumed.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_video_capturer_set_content_hint(otc_video_capturer *capturer, int content_hint);

/**
 * Would tell what kind of pictures was announced: media, refused. The parameters are assumed.
 *
 * - When, threads: any; does not block.
 * - NULL: no difference.
 * - Returns: 0.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API int otc_video_capturer_get_content_hint(const otc_video_capturer *capturer);

OTC_END_DECL

#endif
