/* Generated: `cargo run -p xtask -- headers`. The text comes from xtask/headers and src/ffi. */
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

/**
 * Where the video of a stream comes from.
 */
enum otc_stream_video_type {
  /**
   * A camera.
   */
  OTC_STREAM_VIDEO_TYPE_CAMERA = 1,
  /**
   * A screen or a window.
   */
  OTC_STREAM_VIDEO_TYPE_SCREEN = 2,
  /**
   * Something else that the publisher draws itself.
   */
  OTC_STREAM_VIDEO_TYPE_CUSTOM = 3,
};

/**
 * Tells the id of a stream.
 *
 * - When: any time while the stream is valid.
 * - Threads: any; does not block.
 * - Ownership: the string belongs to the stream and lives as long.
 * - NULL: gives NULL.
 * - Returns: the id, never "".
 */
OTC_API const char *otc_stream_get_id(const otc_stream *stream);

/**
 * Tells the name that the publisher gave a stream.
 *
 * - When: any time while the stream is valid.
 * - Threads: any; does not block.
 * - Ownership: the string belongs to the stream and lives as long.
 * - NULL: gives NULL.
 * - Returns: the name, "" if there is none.
 */
OTC_API const char *otc_stream_get_name(const otc_stream *stream);

/**
 * Tells whether a stream was published with a video track at all.
 *
 * - When: any time while the stream is valid.
 * - Threads: any; does not block.
 * - NULL: gives OTC_FALSE.
 * - Returns: OTC_TRUE or OTC_FALSE.
 */
OTC_API otc_bool otc_stream_has_video_track(const otc_stream *stream);

/**
 * Tells whether a stream carries video now.
 *
 * - When: any time while the stream is valid.
 * - Threads: any; does not block.
 * - NULL: gives OTC_FALSE.
 * - Returns: OTC_TRUE or OTC_FALSE. Changes are reported by on_stream_has_video_changed.
 */
OTC_API otc_bool otc_stream_has_video(const otc_stream *stream);

/**
 * Tells whether a stream was published with an audio track at all.
 *
 * - When: any time while the stream is valid.
 * - Threads: any; does not block.
 * - NULL: gives OTC_FALSE.
 * - Returns: OTC_TRUE or OTC_FALSE.
 */
OTC_API otc_bool otc_stream_has_audio_track(const otc_stream *stream);

/**
 * Tells whether a stream carries audio now.
 *
 * - When: any time while the stream is valid.
 * - Threads: any; does not block.
 * - NULL: gives OTC_FALSE.
 * - Returns: OTC_TRUE or OTC_FALSE. Changes are reported by on_stream_has_audio_changed.
 */
OTC_API otc_bool otc_stream_has_audio(const otc_stream *stream);

/**
 * Tells whether a stream carries captions now.
 *
 * - When: any time while the stream is valid.
 * - Threads: any; does not block.
 * - NULL: gives OTC_FALSE.
 * - Returns: OTC_TRUE or OTC_FALSE. Changes are reported by on_stream_has_captions_changed.
 */
OTC_API otc_bool otc_stream_has_captions(const otc_stream *stream);

/**
 * Makes a copy that the program owns.
 *
 * - When: any time while the stream is valid; typically inside a callback, to keep its argument.
 * - Threads: any; does not block.
 * - Ownership: the copy belongs to the caller, outlives callback, session and otc_destroy(), and ends with
 *   otc_stream_delete(). It keeps the facts of the moment; later changes do not reach it.
 * - NULL: gives NULL.
 * - Returns: the copy; NULL on error.
 */
OTC_API otc_stream *otc_stream_copy(const otc_stream *stream);

/**
 * Ends a copy.
 *
 * - When: once for each otc_stream_copy(), after the last use. Deleting a copy twice is an error that cannot always
 *   be detected.
 * - Threads: any; does not block.
 * - Ownership: the copy, its connection and the strings it returned are gone. A stream that belongs to the library
 *   (an argument of a callback) is left alone, with success.
 * - NULL: gives OTC_INVALID_PARAM.
 * - Returns: OTC_SUCCESS; OTC_INVALID_PARAM.
 */
OTC_API
otc_status otc_stream_delete(otc_stream *stream);

/**
 * Tells the width of the video of a stream.
 *
 * - When: any time while the stream is valid.
 * - Threads: any; does not block.
 * - NULL: gives 0.
 * - Returns: pixels; 0 without video. Changes are reported by on_stream_video_dimensions_changed.
 */
OTC_API int otc_stream_get_video_width(const otc_stream *stream);

/**
 * Tells the height of the video of a stream.
 *
 * - When: any time while the stream is valid.
 * - Threads: any; does not block.
 * - NULL: gives 0.
 * - Returns: pixels; 0 without video. Changes are reported by on_stream_video_dimensions_changed.
 */
OTC_API int otc_stream_get_video_height(const otc_stream *stream);

/**
 * Tells when a stream was published.
 *
 * - When: any time while the stream is valid.
 * - Threads: any; does not block.
 * - NULL: gives 0.
 * - Returns: milliseconds since 1970-01-01 00:00 UTC by the clock of the server; 0 if it is not known.
 */
OTC_API int64_t otc_stream_get_creation_time(const otc_stream *stream);

/**
 * Tells where the video of a stream comes from.
 *
 * - When: any time while the stream is valid.
 * - Threads: any; does not block.
 * - NULL: gives OTC_STREAM_VIDEO_TYPE_CAMERA.
 * - Returns: one of the three types. Changes are reported by on_stream_video_type_changed.
 */
OTC_API enum otc_stream_video_type otc_stream_get_video_type(const otc_stream *stream);

/**
 * Tells which client publishes a stream.
 *
 * - When: any time while the stream is valid.
 * - Threads: any; does not block.
 * - Ownership: the connection belongs to the stream and lives as long.
 * - NULL: gives NULL.
 * - Returns: the connection, never NULL for a valid stream.
 */
OTC_API const otc_connection *otc_stream_get_connection(const otc_stream *stream);

OTC_END_DECL

#endif
