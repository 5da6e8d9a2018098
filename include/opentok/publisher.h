/* Generated: `cargo run -p xtask -- headers`. The text comes from xtask/headers and src/ffi. */
/**
 * @file publisher.h
 * Sending audio and video, which this library does not do: see otc_publisher_new().
 */
#ifndef OTC_HEADER_PUBLISHER_H
#define OTC_HEADER_PUBLISHER_H

#include <stddef.h>

#include "config.h"
#include "base.h"
#include "stream.h"
#include "camera_capture_resolution.h"
#include "media_transformer.h"
#include "video_capturer.h"
#include "video_frame.h"

OTC_BEGIN_DECL

#ifndef OTC_SESSION_FWD_DECL
#define OTC_SESSION_FWD_DECL
typedef struct otc_session otc_session;
#endif

/** What sends audio and video to a session. Opaque; this library never makes one. */
typedef struct otc_publisher otc_publisher;

/** What a publisher is made with. Opaque; this library never makes one. */
typedef struct otc_publisher_settings otc_publisher_settings;

/**
 * Why a publisher failed. Not used.
 */
enum otc_publisher_error_code {
  /**
   * The session is not connected.
   */
  OTC_PUBLISHER_SESSION_DISCONNECTED = 1010,
  /**
   * Publishing was refused.
   */
  OTC_PUBLISHER_UNABLE_TO_PUBLISH = 1500,
  /**
   * Publishing took too long.
   */
  OTC_PUBLISHER_TIMED_OUT = 1541,
  /**
   * The media engine failed.
   */
  OTC_PUBLISHER_WEBRTC_ERROR = 1610,
  /**
   * A defect.
   */
  OTC_PUBLISHER_INTERNAL_ERROR = 2000,
};

/**
 * Where the video of a publisher comes from.
 */
enum otc_publisher_video_type {
  /**
   * A camera.
   */
  OTC_PUBLISHER_VIDEO_TYPE_CAMERA = 1,
  /**
   * A screen or a window.
   */
  OTC_PUBLISHER_VIDEO_TYPE_SCREEN = 2,
};

/**
 * What was sent of the audio of a stream. Times are in milliseconds since 1970-01-01 00:00 UTC.
 */
struct otc_publisher_audio_stats {
  /**
   * Connection of the receiver.
   */
  const char *connection_id;
  /**
   * Its subscriber.
   */
  const char *subscriber_id;
  /**
   * Packets that did not arrive.
   */
  int64_t packets_lost;
  /**
   * Packets sent.
   */
  int64_t packets_sent;
  /**
   * Bytes sent.
   */
  int64_t bytes_sent;
  /**
   * Loudness from 0 to 1.
   */
  float audio_level;
  /**
   * When this was measured.
   */
  double timestamp;
  /**
   * Since when the sums are counted.
   */
  double start_time;
};

/**
 * What was sent of the video of a stream. Times are in milliseconds since 1970-01-01 00:00 UTC.
 */
struct otc_publisher_video_stats {
  /**
   * Connection of the receiver.
   */
  const char *connection_id;
  /**
   * Its subscriber.
   */
  const char *subscriber_id;
  /**
   * Packets that did not arrive.
   */
  int64_t packets_lost;
  /**
   * Packets sent.
   */
  int64_t packets_sent;
  /**
   * Bytes sent.
   */
  int64_t bytes_sent;
  /**
   * When this was measured.
   */
  double timestamp;
  /**
   * Since when the sums are counted.
   */
  double start_time;
};

/**
 * What a publisher would tell the program. No member is ever called.
 */
struct otc_publisher_callbacks {
  /**
   * The stream has begun.
   */
  void (*on_stream_created)(otc_publisher *publisher, void *user_data, const otc_stream *stream);
  /**
   * The stream has ended.
   */
  void (*on_stream_destroyed)(otc_publisher *publisher, void *user_data, const otc_stream *stream);
  /**
   * There is a picture to show.
   */
  void (*on_render_frame)(otc_publisher *publisher, void *user_data, const otc_video_frame *frame);
  /**
   * Loudness from 0 to 1.
   */
  void (*on_audio_level_updated)(otc_publisher *publisher, void *user_data, float audio_level);
  /**
   * Statistics of audio.
   */
  void (*on_audio_stats)(otc_publisher *publisher,
                         void *user_data,
                         struct otc_publisher_audio_stats *audio_stats,
                         size_t number_of_stats);
  /**
   * Statistics of video.
   */
  void (*on_video_stats)(otc_publisher *publisher,
                         void *user_data,
                         struct otc_publisher_video_stats *video_stats,
                         size_t number_of_stats);
  /**
   * The publisher has failed.
   */
  void (*on_error)(otc_publisher *publisher,
                   void *user_data,
                   const char *error_string,
                   enum otc_publisher_error_code error_code);
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
 * A report of the media engine about one receiver.
 */
struct otc_publisher_rtc_stats {
  /**
   * Connection of the receiver.
   */
  const char *connection_id;
  /**
   * The report.
   */
  const char *json_array_of_reports;
};

/**
 * Who receives reports of the media engine. Never called.
 */
struct otc_publisher_rtc_stats_report_cb {
  /**
   * Handed to the callback.
   */
  void *user_data;
  /**
   * The reports, one for each receiver.
   */
  void (*on_rtc_stats_report)(otc_publisher *publisher,
                              void *user_data,
                              const struct otc_publisher_rtc_stats *stats,
                              size_t entries);
  /**
   * Must be NULL.
   */
  void *reserved;
};

/**
 * Would make a publisher: media, refused.
 *
 * - When, threads: any; does not block.
 * - Ownership: nothing is kept.
 * - Returns: NULL.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_publisher *otc_publisher_new(const char *name,
                                 const struct otc_video_capturer_callbacks *capturer,
                                 const struct otc_publisher_callbacks *callbacks);

/**
 * Would make a publisher with settings: media, refused.
 *
 * - When, threads: any; does not block.
 * - Ownership: nothing is kept.
 * - Returns: NULL.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_publisher *otc_publisher_new_with_settings(const struct otc_publisher_callbacks *callbacks,
                                               otc_publisher_settings *settings);

/**
 * Would end a publisher: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_publisher_delete(otc_publisher *publisher);

/**
 * Would tell the stream of a publisher: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: no difference.
 * - Returns: NULL.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_stream *otc_publisher_get_stream(otc_publisher *publisher);

/**
 * Would choose whether a publisher sends video: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_publisher_set_publish_video(otc_publisher *publisher, otc_bool publish_video);

/**
 * Would choose whether a publisher sends audio: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_publisher_set_publish_audio(otc_publisher *publisher, otc_bool publish_audio);

/**
 * Would tell whether a publisher sends video: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: no difference.
 * - Returns: OTC_FALSE.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_bool otc_publisher_get_publish_video(const otc_publisher *publisher);

/**
 * Would tell whether a publisher sends audio: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: no difference.
 * - Returns: OTC_FALSE.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_bool otc_publisher_get_publish_audio(const otc_publisher *publisher);

/**
 * Would tell the session of a publisher: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: no difference.
 * - Returns: NULL.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_session *otc_publisher_get_session(const otc_publisher *publisher);

/**
 * Would limit the bits per second of audio: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_publisher_set_max_audio_bitrate(otc_publisher *publisher, uint32_t bitrate);

/**
 * Would choose who receives reports of the media engine: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_status otc_publisher_set_rtc_stats_report_cb(otc_publisher *publisher,
                                                 struct otc_publisher_rtc_stats_report_cb cb);

/**
 * Would ask for a report of the media engine: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_publisher_get_rtc_stats_report(const otc_publisher *publisher);

/**
 * Would choose whether audio goes on without video when the network is poor: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_publisher_set_audio_fallback_enabled(otc_publisher *publisher, otc_bool enabled);

/**
 * Would tell whether audio goes on without video when the network is poor: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: no difference.
 * - Returns: OTC_FALSE.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_bool otc_publisher_get_audio_fallback_enabled(const otc_publisher *publisher);

/**
 * Would tell the id of a publisher: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: no difference.
 * - Returns: NULL.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API const char *otc_publisher_get_publisher_id(const otc_publisher *publisher);

/**
 * Would tell others where the video comes from: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_status otc_publisher_set_video_type(otc_publisher *publisher,
                                        enum otc_publisher_video_type video_type);

/**
 * Would tell where the video comes from: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: no difference.
 * - Returns: 0.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API enum otc_publisher_video_type otc_publisher_get_video_type(const otc_publisher *publisher);

/**
 * Would tell the user_data of the callbacks struct: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: no difference.
 * - Returns: NULL.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API void *otc_publisher_get_user_data(const otc_publisher *publisher);

/**
 * Would tell the name of the stream of a publisher: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: no difference.
 * - Returns: NULL.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API const char *otc_publisher_get_name(const otc_publisher *publisher);

/**
 * Would choose whether captions are sent: media, refused. The parameters are assumed.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_publisher_set_publish_captions(otc_publisher *publisher, otc_bool publish_captions);

/**
 * Would choose what changes the video before it is sent: media, refused. The parameters are assumed.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_status otc_publisher_set_video_transformers(otc_publisher *publisher,
                                                otc_video_transformer **transformers,
                                                size_t size);

/**
 * Would choose what changes the audio before it is sent: media, refused. The parameters are assumed.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_status otc_publisher_set_audio_transformers(otc_publisher *publisher,
                                                otc_audio_transformer **transformers,
                                                size_t size);

/**
 * Would make settings for a publisher: media, refused.
 *
 * - When, threads: any; does not block.
 * - Ownership: nothing is kept.
 * - Returns: NULL.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_publisher_settings *otc_publisher_settings_new(void);

/**
 * Would end settings of a publisher: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_publisher_settings_delete(otc_publisher_settings *settings);

/**
 * Would name the stream of a publisher: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_publisher_settings_set_name(otc_publisher_settings *settings, const char *name);

/**
 * Would choose the source of video of a publisher: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_status otc_publisher_settings_set_video_capturer(otc_publisher_settings *settings,
                                                     const struct otc_video_capturer_callbacks *capturer);

/**
 * Would choose whether a publisher has an audio track: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_publisher_settings_set_audio_track(otc_publisher_settings *settings, otc_bool enabled);

/**
 * Would choose whether a publisher has a video track: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_publisher_settings_set_video_track(otc_publisher_settings *settings, otc_bool enabled);

/**
 * Would choose whether a publisher sends two channels of audio: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_publisher_settings_set_stereo(otc_publisher_settings *settings, otc_bool enabled);

/**
 * Would choose whether silence is sent with fewer packets: media, refused. The parameters are assumed.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_publisher_settings_set_opus_dtx(otc_publisher_settings *settings, otc_bool enable);

/**
 * Would choose whether loudness is evened out: media, refused. The parameters are assumed.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_status otc_publisher_settings_set_auto_gain_control(otc_publisher_settings *settings,
                                                        otc_bool enable);

/**
 * Would choose whether noise is removed: media, refused. The parameters are assumed.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_status otc_publisher_settings_set_noise_suppression(otc_publisher_settings *settings,
                                                        otc_bool enable);

/**
 * Would choose whether echo is removed: media, refused. The parameters are assumed.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_status otc_publisher_settings_set_echo_cancellation(otc_publisher_settings *settings,
                                                        otc_bool enable);

/**
 * Would choose whether a shared screen is sent in several sizes: media, refused. The parameters are assumed.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_status otc_publisher_settings_set_scalable_screenshare(otc_publisher_settings *settings,
                                                           otc_bool enable);

/**
 * Would choose whether statistics of the sender are sent along: media, refused. The parameters are assumed.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_status otc_publisher_settings_set_sender_stats_track(otc_publisher_settings *settings,
                                                         otc_bool enable);

/**
 * Would choose the size of the video of the default camera: media, refused. The parameters are assumed.
 *
 * - When, threads: any; does not block.
 * - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API
otc_status otc_publisher_settings_set_default_camera_capture_resolution(otc_publisher_settings *settings,
                                                                        enum otc_camera_capture_resolution resolution);

OTC_END_DECL

#endif
