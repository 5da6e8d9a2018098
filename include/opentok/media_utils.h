/* Generated: `cargo run -p xtask -- headers`. The text comes from xtask/headers and src/ffi. */
/**
 * @file media_utils.h
 * Which codecs the media engine knows; this library has none.
 */
#ifndef OTC_HEADER_MEDIA_UTILS_H
#define OTC_HEADER_MEDIA_UTILS_H

#include <stddef.h>

#include "config.h"
#include "base.h"

OTC_BEGIN_DECL

/**
 * A codec of video.
 */
enum otc_video_codec_type {
  /**
   * VP8.
   */
  OTC_VIDEO_CODEC_VP8 = 1,
  /**
   * H.264.
   */
  OTC_VIDEO_CODEC_H264 = 2,
};

/**
 * Codecs of a media engine.
 */
struct otc_media_utils_codecs {
  /**
   * Number of codecs to send with.
   */
  size_t number_encoder_video_codecs;
  /**
   * Codecs to send with.
   */
  enum otc_video_codec_type *encoder_video_codecs;
  /**
   * Number of codecs to receive with.
   */
  size_t number_decoder_video_codecs;
  /**
   * Codecs to receive with.
   */
  enum otc_video_codec_type *decoder_video_codecs;
};

/**
 * Would tell which codecs the media engine knows: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_media_utils_get_supported_codecs(struct otc_media_utils_codecs **supported_codecs);

/**
 * Would end a list of codecs: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_media_utils_codecs_delete(struct otc_media_utils_codecs *supported_codecs);

/** So that programs may leave out the word enum. */
typedef enum otc_video_codec_type otc_video_codec_type;

/** So that programs may leave out the word struct. */
typedef struct otc_media_utils_codecs otc_media_utils_codecs;

OTC_END_DECL

#endif
