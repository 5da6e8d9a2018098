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

/** Which layout of struct otc_session_callbacks this header declares. Changes when the middle of the struct does. */
#define OTC_X_GENERATION 3

//! generate callbacks.rs session.rs sized.rs signal.rs settings.rs moderation.rs media/session.rs
//! types otc_session_error_code otc_session_callbacks

OTC_END_DECL

/** The other name by which programs know the member of struct otc_signal_options. */
#define retryAfterReconnect retry_after_reconnect

/*
 * These tell the library what struct otc_session_callbacks the program was compiled with, so that it works with every
 * later library. The address of either function is the plain one. Define OTC_X_NO_SIZED_CALLS before including the
 * header to call the plain functions, for example where a struct of the program has members of these names.
 */
#if !defined(OTC_X_NO_SIZED_CALLS) && !defined(SWIG)
#define otc_session_new(...) \
  otc_x_session_new_sized(sizeof(struct otc_session_callbacks), OTC_X_GENERATION, __VA_ARGS__)
#define otc_session_new_with_settings(...) \
  otc_x_session_new_with_settings_sized(sizeof(struct otc_session_callbacks), OTC_X_GENERATION, __VA_ARGS__)
#endif

#endif
