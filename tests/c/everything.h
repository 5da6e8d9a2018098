/* Calls every function of the signaling interface that leaves a session as it is, with good arguments and with bad ones. For
 * places from which anything may be called: inside callbacks, beside them, in every state. */
#ifndef TESTS_EVERYTHING_H
#define TESTS_EVERYTHING_H

#include <opentok.h>

/* `connection` may be NULL. Signals go to the session's own connection only, with the type "noise". */
void everything(otc_session *session, const otc_connection *connection);

/* A whole life besides: a session is made, connected with this token, disconnected and deleted. */
void another_life(const char *session_id, const char *token);

#endif
