/* Generated: `cargo run -p xtask -- headers`. The text comes from xtask/headers and src/ffi. */
/**
 * @file media_transformer.h
 * Changing audio and video on its way, which this library does not do.
 */
#ifndef OTC_HEADER_MEDIA_TRANSFORMER_H
#define OTC_HEADER_MEDIA_TRANSFORMER_H

#include "config.h"
#include "base.h"
#include "audio_data.h"
#include "video_frame.h"

OTC_BEGIN_DECL

/** What changes video. Opaque; this library never makes one. */
typedef struct otc_video_transformer otc_video_transformer;

/** What changes audio. Opaque; this library never makes one. */
typedef struct otc_audio_transformer otc_audio_transformer;

/**
 * Whose transformer it is. The numbers are assumed.
 */
enum otc_media_transformer_type {
  /**
   * One that comes with the mirrored library.
   */
  OTC_MEDIA_TRANSFORMER_TYPE_VONAGE = 0,
  /**
   * One of the program.
   */
  OTC_MEDIA_TRANSFORMER_TYPE_CUSTOM = 1,
};

/**
 * Changes a picture. Never called.
 */
typedef void (*video_transform_callback)(void *user_data, otc_video_frame *frame);

/**
 * Changes a piece of audio. Never called.
 */
typedef void (*audio_transform_callback)(void *user_data, struct otc_audio_data *data);

/**
 * Would make something that changes video: media, refused. The parameters are assumed.
 *
 * - When, threads: any; does not block.
 * - Ownership: nothing is kept.
 * - Returns: NULL.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_video_transformer *otc_video_transformer_create(enum otc_media_transformer_type type,
                                                    const char *name,
                                                    const char *properties,
                                                    video_transform_callback callback,
                                                    void *user_data);

/**
 * Would end something that changes video: media, refused. The parameters are assumed.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_video_transformer_delete(otc_video_transformer *transformer);

/**
 * Would make something that changes audio: media, refused. The parameters are assumed.
 *
 * - When, threads: any; does not block.
 * - Ownership: nothing is kept.
 * - Returns: NULL.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_audio_transformer *otc_audio_transformer_create(enum otc_media_transformer_type type,
                                                    const char *name,
                                                    const char *properties,
                                                    audio_transform_callback callback,
                                                    void *user_data);

/**
 * Would end something that changes audio: media, refused. The parameters are assumed.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_audio_transformer_delete(otc_audio_transformer *transformer);

OTC_END_DECL

#endif
