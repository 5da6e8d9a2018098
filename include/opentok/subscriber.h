/* Generated: `cargo run -p xtask -- headers`. The text comes from xtask/headers and src/ffi. */
/**
 * @file subscriber.h
 * Receiving audio and video, which this library does not do: see otc_subscriber_new().
 */
#ifndef OTC_HEADER_SUBSCRIBER_H
#define OTC_HEADER_SUBSCRIBER_H

#include <stddef.h>

#include "config.h"
#include "base.h"
#include "error.h"
#include "stream.h"
#include "video_frame.h"

OTC_BEGIN_DECL

#ifndef OTC_SESSION_FWD_DECL
#define OTC_SESSION_FWD_DECL
typedef struct otc_session otc_session;
#endif

/** What receives the audio and video of a stream. Opaque; this library never makes one. */
typedef struct otc_subscriber otc_subscriber;

/**
 * Why a subscriber failed. Not used.
 */
enum otc_subscriber_error_code {
  /**
   * The session is not connected.
   */
  OTC_SUBSCRIBER_SESSION_DISCONNECTED = 1010,
  /**
   * Subscribing took too long.
   */
  OTC_SUBSCRIBER_TIMED_OUT = 1542,
  /**
   * The media engine failed.
   */
  OTC_SUBSCRIBER_WEBRTC_ERROR = 1600,
  /**
   * There is no such stream.
   */
  OTC_SUBSCRIBER_SERVER_CANNOT_FIND_STREAM = 1604,
  /**
   * Too many streams.
   */
  OTC_SUBSCRIBER_STREAM_LIMIT_EXCEEDED = 1605,
  /**
   * A defect.
   */
  OTC_SUBSCRIBER_INTERNAL_ERROR = 2000,
};

/**
 * What was received of the audio of a stream.
 */
struct otc_subscriber_audio_stats {
  /**
   * Packets that did not arrive.
   */
  uint64_t packets_lost;
  /**
   * Packets that arrived.
   */
  uint64_t packets_received;
  /**
   * Bytes that arrived.
   */
  uint64_t bytes_received;
  /**
   * Loudness from 0 to 1.
   */
  float audio_level;
  /**
   * When this was measured, in milliseconds since 1970-01-01 00:00 UTC.
   */
  double timestamp;
};

/**
 * What was received of the video of a stream.
 */
struct otc_subscriber_video_stats {
  /**
   * Packets that did not arrive.
   */
  uint64_t packets_lost;
  /**
   * Packets that arrived.
   */
  uint64_t packets_received;
  /**
   * Bytes that arrived.
   */
  uint64_t bytes_received;
  /**
   * When this was measured, in milliseconds since 1970-01-01 00:00 UTC.
   */
  double timestamp;
};

/**
 * What a subscriber would tell the program. No member is ever called.
 */
struct otc_subscriber_callbacks {
  /**
   * The stream is being received.
   */
  void (*on_connected)(otc_subscriber *subscriber, void *user_data, const otc_stream *stream);
  /**
   * The stream was interrupted.
   */
  void (*on_disconnected)(otc_subscriber *subscriber, void *user_data);
  /**
   * The stream goes on.
   */
  void (*on_reconnected)(otc_subscriber *subscriber, void *user_data);
  /**
   * There is a picture to show.
   */
  void (*on_render_frame)(otc_subscriber *subscriber, void *user_data, const otc_video_frame *frame);
  /**
   * Video has ceased.
   */
  void (*on_video_disabled)(otc_subscriber *subscriber, void *user_data, enum otc_video_reason reason);
  /**
   * Video has begun.
   */
  void (*on_video_enabled)(otc_subscriber *subscriber, void *user_data, enum otc_video_reason reason);
  /**
   * Audio has ceased.
   */
  void (*on_audio_disabled)(otc_subscriber *subscriber, void *user_data);
  /**
   * Audio has begun.
   */
  void (*on_audio_enabled)(otc_subscriber *subscriber, void *user_data);
  /**
   * The first video has arrived.
   */
  void (*on_video_data_received)(otc_subscriber *subscriber, void *user_data);
  /**
   * Video may cease soon.
   */
  void (*on_video_disable_warning)(otc_subscriber *subscriber, void *user_data);
  /**
   * Video will not cease soon after all.
   */
  void (*on_video_disable_warning_lifted)(otc_subscriber *subscriber, void *user_data);
  /**
   * Statistics of audio.
   */
  void (*on_audio_stats)(otc_subscriber *subscriber,
                         void *user_data,
                         struct otc_subscriber_audio_stats audio_stats);
  /**
   * Statistics of video.
   */
  void (*on_video_stats)(otc_subscriber *subscriber,
                         void *user_data,
                         struct otc_subscriber_video_stats video_stats);
  /**
   * Loudness from 0 to 1.
   */
  void (*on_audio_level_updated)(otc_subscriber *subscriber, void *user_data, float audio_level);
  /**
   * The subscriber has failed.
   */
  void (*on_error)(otc_subscriber *subscriber,
                   void *user_data,
                   const char *error_string,
                   enum otc_subscriber_error_code error);
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
 * Who receives reports of the media engine. Never called.
 */
struct otc_subscriber_rtc_stats_report_cb {
  /**
   * Handed to the callback.
   */
  void *user_data;
  /**
   * The report.
   */
  void (*on_rtc_stats_report)(otc_subscriber *subscriber, void *user_data, const char *json_array_of_reports);
  /**
   * Must be NULL.
   */
  void *reserved;
};

/**
 * Would make a subscriber to a stream: media, refused.
 *
 * - When, threads: any; does not block.
 * - Ownership: nothing is kept.
 * - Returns: NULL.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_subscriber *otc_subscriber_new(const otc_stream *stream,
                                   const struct otc_subscriber_callbacks *callbacks);

/**
 * Would end a subscriber: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_subscriber_delete(otc_subscriber *subscriber);

/**
 * Would tell the stream of a subscriber: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: no difference.
 * - Returns: NULL.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_stream *otc_subscriber_get_stream(const otc_subscriber *subscriber);

/**
 * Would choose whether video is received: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_status otc_subscriber_set_subscribe_to_video(otc_subscriber *subscriber,
                                                 otc_bool subscribe_to_video);

/**
 * Would choose whether audio is received: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_status otc_subscriber_set_subscribe_to_audio(otc_subscriber *subscriber,
                                                 otc_bool subscribe_to_audio);

/**
 * Would tell whether video is received: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: no difference.
 * - Returns: OTC_FALSE.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_bool otc_subscriber_get_subscribe_to_video(const otc_subscriber *subscriber);

/**
 * Would tell whether audio is received: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: no difference.
 * - Returns: OTC_FALSE.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_bool otc_subscriber_get_subscribe_to_audio(const otc_subscriber *subscriber);

/**
 * Would tell the session of a subscriber: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: no difference.
 * - Returns: NULL.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_session *otc_subscriber_get_session(const otc_subscriber *subscriber);

/**
 * Would ask for video of a size, in pixels: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_status otc_subscriber_set_preferred_resolution(otc_subscriber *subscriber,
                                                   uint32_t preferred_width,
                                                   uint32_t preferred_height);

/**
 * Would tell what size of video was asked for: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_status otc_subscriber_get_preferred_resolution(const otc_subscriber *subscriber,
                                                   uint32_t *preferred_width,
                                                   uint32_t *preferred_height);

/**
 * Would ask for so many frames a second: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_status otc_subscriber_set_preferred_framerate(otc_subscriber *subscriber,
                                                  float preferred_framerate);

/**
 * Would tell how many frames a second were asked for: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_status otc_subscriber_get_preferred_framerate(const otc_subscriber *subscriber,
                                                  float *preferred_framerate);

/**
 * Would tell the id of a subscriber: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: no difference.
 * - Returns: NULL.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API const char *otc_subscriber_get_subscriber_id(const otc_subscriber *subscriber);

/**
 * Would tell the user_data of the callbacks struct: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: no difference.
 * - Returns: NULL.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API void *otc_subscriber_get_user_data(const otc_subscriber *subscriber);

/**
 * Would ask for a report of the media engine: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_subscriber_get_rtc_stats_report(const otc_subscriber *subscriber);

/**
 * Would choose who receives reports of the media engine: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_status otc_subscriber_set_rtc_stats_report_cb(otc_subscriber *subscriber,
                                                  struct otc_subscriber_rtc_stats_report_cb cb);

/**
 * Would choose whether captions are received: media, refused. The parameters are assumed.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_status otc_subscriber_set_subscribe_to_captions(otc_subscriber *subscriber,
                                                    otc_bool subscribe_to_captions);

/**
 * Would tell whether captions are received: media, refused. The parameters are assumed.
 *
 * - When, threads: any; does not block.
 * - NULL: no difference.
 * - Returns: OTC_FALSE.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_bool otc_subscriber_get_subscribe_to_captions(const otc_subscriber *subscriber);

/**
 * Would choose how loud the audio is played: media, refused. The parameters are assumed.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_subscriber_set_audio_volume(otc_subscriber *subscriber, double audio_volume);

/**
 * Would tell how loud the audio is played: media, refused. The parameters are assumed.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_subscriber_get_audio_volume(const otc_subscriber *subscriber, double *audio_volume);

OTC_END_DECL

#endif
