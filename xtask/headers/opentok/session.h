/**
 * @file session.h
 * Joining a session, sending and receiving signals, knowing who is there.
 *
 * A program makes a session with otc_session_new(), joins with otc_session_connect(), sends with
 * otc_session_send_signal() and its relatives, leaves with otc_session_disconnect() and ends with
 * otc_session_delete(). What happens in between comes through struct otc_session_callbacks.
 */
#ifndef OTC_HEADER_SESSION_H
#define OTC_HEADER_SESSION_H

#include <stddef.h>

#include "config.h"
#include "base.h"
#include "capabilities.h"
#include "connection.h"
#include "publisher.h"
#include "stream.h"
#include "subscriber.h"

OTC_BEGIN_DECL

#ifndef OTC_SESSION_FWD_DECL
#define OTC_SESSION_FWD_DECL
typedef struct otc_session otc_session;
#endif

/**
 * What a session is made with when the defaults do not fit. Opaque.
 *
 * Belongs to the program, always: otc_session_settings_new() makes it, otc_session_settings_delete() ends it, and
 * otc_session_new_with_settings() only reads it. One object may serve any number of sessions.
 */
typedef struct otc_session_settings otc_session_settings;

/** The shortest encryption secret, in characters. */
#define ENCRYPTION_SECRET_MINIMUM_LENGTH 8

/** The longest encryption secret, in characters. */
#define ENCRYPTION_SECRET_MAXIMUM_LENGTH 256

//! generate callbacks.rs session.rs signal.rs settings.rs moderation.rs
//! types otc_session_error_code otc_session_callbacks

OTC_END_DECL

#endif
