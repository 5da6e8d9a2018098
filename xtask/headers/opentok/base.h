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

//! generate base.rs log.rs
//! types otc_error_code otc_video_reason otc_on_mute_forced_info

/** So that C programs may leave out the word struct. */
typedef struct otc_on_mute_forced_info otc_on_mute_forced_info;

OTC_END_DECL

#endif
