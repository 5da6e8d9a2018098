/* Generated: `cargo run -p xtask -- headers`. The text comes from xtask/headers and src/ffi. */
/**
 * @file camera_capture_resolution.h
 * Sizes of the video of a camera.
 */
#ifndef OTC_HEADER_CAMERA_CAPTURE_RESOLUTION_H
#define OTC_HEADER_CAMERA_CAPTURE_RESOLUTION_H

#include "config.h"

OTC_BEGIN_DECL

/**
 * A size of video.
 */
enum otc_camera_capture_resolution {
  /**
   * 320 by 240 pixels.
   */
  OTC_CAMERA_CAPTURE_RESOLUTION_LOW = 0,
  /**
   * 640 by 480 pixels.
   */
  OTC_CAMERA_CAPTURE_RESOLUTION_MEDIUM = 1,
  /**
   * 1280 by 720 pixels.
   */
  OTC_CAMERA_CAPTURE_RESOLUTION_HIGH = 2,
  /**
   * 1920 by 1080 pixels.
   */
  OTC_CAMERA_CAPTURE_RESOLUTION_1080P = 3,
};

OTC_END_DECL

#endif
