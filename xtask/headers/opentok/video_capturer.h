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

//! generate media/video_capturer.rs
//! types otc_video_capturer_callbacks

OTC_END_DECL

#endif
