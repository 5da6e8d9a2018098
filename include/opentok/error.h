/* Generated: `cargo run -p xtask -- headers`. The text comes from xtask/headers and src/ffi. */
/**
 * @file error.h
 * A generic error value. The codes that functions return are in base.h and session.h.
 */
#ifndef OTC_HEADER_ERROR_H
#define OTC_HEADER_ERROR_H

#include "config.h"

/** The one value of the mirrored header; no function of this library returns it. */
enum otc_error {
  /** An error without a kind. */
  OTC_GENERIC_ERROR = 0
};

#endif
