/**
 * @file stream.h
 * A stream is audio or video that a client publishes. This library carries no media; it tells who
 * publishes what.
 */
#ifndef OTC_HEADER_STREAM_H
#define OTC_HEADER_STREAM_H

#include "config.h"
#include "base.h"
#include "connection.h"

OTC_BEGIN_DECL

/**
 * A stream that some client of the session publishes. Opaque: compare it, keep it, hand it back.
 *
 * A pointer that a callback receives belongs to the library and dies when the callback returns. Take
 * otc_stream_copy() of what is needed longer; a copy keeps the facts as they were when the original was made, is
 * independent of the session, and ends with otc_stream_delete(). Using one after its end is an error that the library
 * detects only by luck.
 *
 * Functions: otc_stream_get_id(), otc_stream_get_name(), otc_stream_has_video_track(), otc_stream_has_video(),
 * otc_stream_has_audio_track(), otc_stream_has_audio(), otc_stream_has_captions(), otc_stream_get_video_width(),
 * otc_stream_get_video_height(), otc_stream_get_video_type(), otc_stream_get_creation_time(),
 * otc_stream_get_connection(), otc_stream_copy(), otc_stream_delete().
 */
typedef struct otc_stream otc_stream;

//! generate stream.rs
//! types otc_stream_video_type

OTC_END_DECL

#endif
