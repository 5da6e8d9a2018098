/* Generated: `cargo run -p xtask -- headers`. The text comes from xtask/headers and src/ffi. */
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

/**
 * Tells the id of a connection.
 *
 * - When: any time while the connection is valid.
 * - Threads: any; does not block.
 * - Ownership: the string belongs to the connection and lives as long.
 * - NULL: gives NULL.
 * - Returns: the id, never "".
 */
OTC_API const char *otc_connection_get_id(const otc_connection *connection);

/**
 * Tells when a client joined the session.
 *
 * - When: any time while the connection is valid.
 * - Threads: any; does not block.
 * - NULL: gives 0.
 * - Returns: milliseconds since 1970-01-01 00:00 UTC by the clock of the server; 0 if it is not known.
 */
OTC_API int64_t otc_connection_get_creation_time(const otc_connection *connection);

/**
 * Tells the connection data, which whoever made the client's token put into it: a name, for example.
 *
 * - When: any time while the connection is valid.
 * - Threads: any; does not block.
 * - Ownership: the string belongs to the connection and lives as long.
 * - NULL: gives NULL.
 * - Returns: the data, "" if there is none. It is as trustworthy as whoever makes tokens.
 */
OTC_API const char *otc_connection_get_data(const otc_connection *connection);

/**
 * Tells the id of the session that a connection is part of.
 *
 * - When: any time while the connection is valid.
 * - Threads: any; does not block.
 * - Ownership: the string belongs to the connection and lives as long.
 * - NULL: gives NULL.
 * - Returns: the session id.
 */
OTC_API const char *otc_connection_get_session_id(const otc_connection *connection);

/**
 * Makes a copy that the program owns.
 *
 * - When: any time while the connection is valid; typically inside a callback, to keep its argument.
 * - Threads: any; does not block.
 * - Ownership: the copy belongs to the caller, outlives callback, stream, session and otc_destroy(), and ends with
 *   otc_connection_delete().
 * - NULL: gives NULL.
 * - Returns: the copy; NULL on error.
 */
OTC_API
otc_connection *otc_connection_copy(const otc_connection *connection);

/**
 * Ends a copy.
 *
 * - When: once for each otc_connection_copy(), after the last use. Deleting a copy twice is an error that cannot
 *   always be detected.
 * - Threads: any; does not block.
 * - Ownership: the copy and the strings it returned are gone. A connection that belongs to the library (an argument
 *   of a callback, the own connection of a session, the connection of a stream) is left alone, with success.
 * - NULL: gives OTC_INVALID_PARAM.
 * - Returns: OTC_SUCCESS; OTC_INVALID_PARAM.
 */
OTC_API
otc_status otc_connection_delete(otc_connection *connection);

OTC_END_DECL

#endif
