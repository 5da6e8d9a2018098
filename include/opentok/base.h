/* Generated: `cargo run -p xtask -- headers`. The text comes from xtask/headers and src/ffi. */
/**
 * @file base.h
 * Status and Boolean types, starting and stopping the library, logging.
 */
#ifndef OTC_HEADER_BASE_H
#define OTC_HEADER_BASE_H

#include "config.h"

OTC_BEGIN_DECL

/** Success, and the two values of an otc_bool. Any other value than 0 also counts as true. */
enum otc_constant {
  /** The call did what it was asked to do. */
  OTC_SUCCESS = 0,
  /** No. */
  OTC_FALSE = 0,
  /** Yes. */
  OTC_TRUE = 1
};

/**
 * How much is logged. A level includes those with smaller numbers.
 *
 * Programs built against headers from before the numbers changed pass greater values; whatever is above
 * OTC_LOG_LEVEL_DEBUG counts as OTC_LOG_LEVEL_DEBUG, so they see at least what they asked for. With the environment
 * variable OTC_ABI_GENERATION=A the former numbers are understood exactly.
 */
enum otc_log_level {
  /** Nothing is logged. */
  OTC_LOG_LEVEL_DISABLED = 0,
  /** Something failed and the program will notice. */
  OTC_LOG_LEVEL_ERROR = 1,
  /** Something unexpected that the library coped with. */
  OTC_LOG_LEVEL_WARN = 2,
  /** Life of sessions: connected, reconnecting, ended. */
  OTC_LOG_LEVEL_INFO = 3,
  /** Everything else. */
  OTC_LOG_LEVEL_DEBUG = 4,
  /** The same as OTC_LOG_LEVEL_ERROR. */
  OTC_LOG_LEVEL_FATAL = 1,
  /** The same as OTC_LOG_LEVEL_DEBUG. */
  OTC_LOG_LEVEL_MSG = 4,
  /** The same as OTC_LOG_LEVEL_DEBUG. */
  OTC_LOG_LEVEL_TRACE = 4,
  /** The same as OTC_LOG_LEVEL_DEBUG. */
  OTC_LOG_LEVEL_ALL = 4
};

/**
 * Codes that belong to no session. Codes of sessions are in enum otc_session_error_code.
 *
 * Values marked "not used" exist so that programs which name them compile.
 */
enum otc_error_code {
  /**
   * The object that the function works on is NULL, was deleted, or never was one.
   */
  OTC_INVALID_PARAM = 1,
  /**
   * The call cannot be done at all: the library is not running, the moment is wrong, or it needs media.
   */
  OTC_FATAL = 2,
  /**
   * A format of pictures that the function does not know.
   */
  OTC_INVALID_VIDEO_FORMAT = 3,
  /**
   * The same as OTC_SESSION_CONNECTION_DROPPED.
   */
  OTC_CONNECTION_DROPPED = 1022,
  /**
   * The client could not be removed from the session.
   */
  OTC_UNABLE_TO_FORCE_DISCONNECT = 1520,
  /**
   * The client could not be muted.
   */
  OTC_UNABLE_TO_FORCE_MUTE = 1540,
  /**
   * Media; not used.
   */
  OTC_CONNECTION_TIMED_OUT = 1542,
  /**
   * Media; not used.
   */
  OTC_UNKNOWN_PUBLISHER_INSTANCE = 2003,
  /**
   * Media; not used.
   */
  OTC_UNKNOWN_SUBSCRIBER_INSTANCE = 2004,
  /**
   * Media; not used.
   */
  OTC_VIDEO_CAPTURE_FAILED = 3000,
  /**
   * Media; not used.
   */
  OTC_CAMERA_FAILED = 3010,
  /**
   * Media; not used.
   */
  OTC_VIDEO_RENDER_FAILED = 4000,
  /**
   * Media; not used. The prefix is spelt so in the mirrored interface.
   */
  OT_UNABLE_TO_ACCESS_MEDIA_ENGINE = 5000,
};

/**
 * Why the video of a stream came or went. Media; not used.
 */
enum otc_video_reason {
  /**
   * No reason is known.
   */
  OTC_VIDEO_REASON_NONE = 0,
  /**
   * The publisher began or ceased to send video.
   */
  OTC_VIDEO_REASON_PUBLISH_VIDEO = 1,
  /**
   * This client began or ceased to ask for video.
   */
  OTC_VIDEO_REASON_SUBSCRIBE_TO_VIDEO = 2,
  /**
   * The quality of the network changed.
   */
  OTC_VIDEO_REASON_QUALITY = 3,
  /**
   * The codec is not supported here.
   */
  OTC_VIDEO_REASON_CODEC_NOT_SUPPORTED = 4,
  /**
   * The quality changed for lack of bandwidth.
   */
  OTC_VIDEO_REASON_QUALITY_DEGRADATION_BANDWIDTH = 5,
  /**
   * The quality changed for lack of processor time.
   */
  OTC_VIDEO_REASON_QUALITY_DEGRADATION_CPU = 6,
  /**
   * The quality changed for another reason.
   */
  OTC_VIDEO_REASON_QUALITY_DEGRADATION_OTHER = 7,
  /**
   * The codec changed.
   */
  OTC_VIDEO_REASON_CODEC_CHANGE = 8,
  /**
   * The size of the picture changed.
   */
  OTC_VIDEO_REASON_RESOLUTION_CHANGE = 9,
  /**
   * The video was interrupted.
   */
  OTC_VIDEO_REASON_VIDEO_INTERRUPTION = 10,
  /**
   * The sender limits the quality.
   */
  OTC_VIDEO_REASON_SENDER_QUALITY_RESTRICTION = 11,
};

/**
 * The outcome of a call: OTC_SUCCESS (0), or a value of enum otc_error_code or enum otc_session_error_code.
 */
typedef int otc_status;

/**
 * Receives one line of the log: "[LEVEL] place - text", without an end of line.
 *
 * Runs on any thread, also one of the program's own inside a call to the library; one call at a time in the whole
 * process. message dies when it returns. What the library would log while it runs is dropped.
 *
 * Be quick in it: most lines come from the thread that does the network I/O of all sessions. For as long as one is being
 * taken, no session sends, receives or keeps its link alive, and after some seconds links count as lost. Other threads
 * that have something to log wait as well. If a line may take long to write, hand a copy to a thread of your own.
 */
typedef void (*otc_logger_callback)(const char *message);

/**
 * Yes or no: OTC_FALSE is 0, anything else is yes.
 */
typedef int otc_bool;

/**
 * What on_mute_forced receives.
 */
struct otc_on_mute_forced_info {
  /**
   * OTC_TRUE: the session was muted by a moderator. OTC_FALSE: that was lifted.
   */
  otc_bool active;
};

/**
 * Starts the library, or counts one more user of it.
 *
 * - When: first of all. May be called any number of times; the library runs until otc_destroy() was called as often.
 *   After that it may be started again.
 * - Threads: any; does not block.
 * - Ownership: reserved is not looked at.
 * - NULL: pass NULL.
 * - Returns: OTC_SUCCESS; OTC_FATAL if the threads of the library could not be started, or in a process made by
 *   fork() after the library had been started in its parent.
 * - Defaults: the environment variable OTC_ABI_GENERATION (A, B or C, for programs built against older headers) is
 *   read here; OTC_API_URL, OTC_CA_FILE and the variables of proxies when a session is made.
 */
OTC_API
otc_status otc_init(void *reserved);

/**
 * Gives up one use of the library; the last one ends every session and stops it.
 *
 * - When: after otc_session_delete() of every session. Sessions that still exist are ended without a callback; they
 *   may, and should, still be deleted afterwards.
 * - Threads: any that is not inside a callback. The last call takes up to 2 s: it lets signals that were accepted
 *   leave, says goodbye to the server, and waits for running callbacks. After it no callback runs.
 * - Ownership: nothing changes hands.
 * - Returns: OTC_SUCCESS; OTC_FATAL if the library is not running, if called inside a callback (nothing is stopped
 *   then), or if a callback was still running after 2 s (it is left to itself, and everything else is stopped).
 */
OTC_API
otc_status otc_destroy(void);

/**
 * Chooses who receives the log.
 *
 * - When: any time, before otc_init() too. One callback for the whole process; the last one set counts.
 * - Threads: any; waits for a running call of the former callback, unless called inside it.
 * - Ownership: the function must stay callable until another one is set.
 * - NULL: back to the default, which is standard error.
 * - Outcome: when otc_log_enable() allows it, a first DEBUG line tells that the callback is in place.
 */
OTC_API void otc_log_set_logger_callback(otc_logger_callback callback);

/**
 * Sets how much is logged, in the whole process.
 *
 * - When: any time, before otc_init() and before otc_log_set_logger_callback() too.
 * - Threads: any; does not block.
 * - Outcome: with OTC_LOG_LEVEL_DEBUG a first line tells the level.
 * - Defaults: until the first call nothing is logged. Values above OTC_LOG_LEVEL_DEBUG mean OTC_LOG_LEVEL_DEBUG;
 *   negative ones mean OTC_LOG_LEVEL_DISABLED.
 */
OTC_API
void otc_log_enable(enum otc_log_level log_level);

/**
 * Tells the level that otc_log_enable() set last.
 *
 * - When: any time.
 * - Threads: any; does not block.
 * - Returns: one of the five levels from OTC_LOG_LEVEL_DISABLED to OTC_LOG_LEVEL_DEBUG.
 * - Defaults: OTC_LOG_LEVEL_DISABLED.
 */
OTC_API enum otc_log_level otc_get_log_level(void);

/** So that C programs may leave out the word struct. */
typedef struct otc_on_mute_forced_info otc_on_mute_forced_info;

OTC_END_DECL

#endif
