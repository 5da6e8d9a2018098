/**
 * @file connection.h
 * A connection is one client that is present in a session.
 */
#ifndef OTC_HEADER_CONNECTION_H
#define OTC_HEADER_CONNECTION_H

#include "config.h"
#include "base.h"

OTC_BEGIN_DECL

/**
 * A client in a session. Opaque: compare it, keep it, hand it back.
 *
 * A pointer that a callback receives, that otc_stream_get_connection() returns or that otc_session_get_connection()
 * returns belongs to the library and lives as long as those descriptions say. Take otc_connection_copy() of what is
 * needed longer; a copy is independent of callback, stream and session, and ends with otc_connection_delete().
 *
 * Unlike sessions and settings, connections are plain memory: using one after its end is an error that the library
 * detects only by luck. Such a call then does nothing and returns NULL, 0 or OTC_INVALID_PARAM.
 *
 * Functions: otc_connection_get_id(), otc_connection_get_creation_time(), otc_connection_get_data(),
 * otc_connection_get_session_id(), otc_connection_copy(), otc_connection_delete().
 */
typedef struct otc_connection otc_connection;

//! generate connection.rs

OTC_END_DECL

#endif
