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

//! generate media/media_transformer.rs
//! types otc_media_transformer_type

OTC_END_DECL

#endif
