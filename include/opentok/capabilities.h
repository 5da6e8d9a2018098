/* Generated: `cargo run -p xtask -- headers`. The text comes from xtask/headers and src/ffi. */
/**
 * @file capabilities.h
 * Exists so that programs which include it compile. What a client may do in a session is struct
 * otc_session_capabilities, in session.h.
 */
#ifndef OTC_HEADER_CAPABILITIES_H
#define OTC_HEADER_CAPABILITIES_H

#include "config.h"

#endif
