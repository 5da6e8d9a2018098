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

//! generate media/media_utils.rs

/** So that programs may leave out the word enum. */
typedef enum otc_video_codec_type otc_video_codec_type;

/** So that programs may leave out the word struct. */
typedef struct otc_media_utils_codecs otc_media_utils_codecs;

OTC_END_DECL

#endif
