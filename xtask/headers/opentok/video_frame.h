/**
 * @file video_frame.h
 * Video frames.
 */
#ifndef OTC_HEADER_VIDEO_FRAME_H
#define OTC_HEADER_VIDEO_FRAME_H

#include <stddef.h>
#if !defined(_WIN32)
#include <unistd.h>
#endif

#include "config.h"
#include "base.h"

OTC_BEGIN_DECL

/** The most bytes of metadata that a frame carries. */
#define OTC_VIDEO_FRAME_METADATA_MAX_SIZE 32

/**
 * A picture. Opaque.
 *
 * Belongs to the program that made it, until otc_video_frame_delete(). This library never sends, receives or shows
 * one; the functions exist for programs that do so themselves.
 */
typedef struct otc_video_frame otc_video_frame;

//! generate media/video_frame.rs media/video_frame_access.rs
//! types otc_video_frame_format otc_video_frame_plane

OTC_END_DECL

#endif
