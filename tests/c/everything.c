#include "everything.h"

#include "harness.h"

/* A status that a sane program may get for a good call in any state. */
static void check_status(const char *call, otc_status status) {
  switch (status) {
    case OTC_SUCCESS:
    case OTC_SESSION_NOT_CONNECTED:
    case OTC_SESSION_ILLEGAL_STATE:
    case OTC_SESSION_UNABLE_TO_SEND_SIGNAL: return;
    default: check_failed(__FILE__, __LINE__, "%s gave %d", call, status);
  }
}

#define GOOD(call) check_status(#call, call)

static void signals(otc_session *session) {
  const otc_connection *own = otc_session_get_connection(session);
  struct otc_signal_options options = {OTC_FALSE};
  char long_type[130];
  memset(long_type, 'x', sizeof long_type - 1);
  long_type[sizeof long_type - 1] = '\0';
  if (own != NULL) {
    GOOD(otc_session_send_signal_to_connection(session, "noise", "to myself", own));
    GOOD(otc_session_send_signal_to_connection_with_options(session, "noise", "to myself", own, options));
  }
  CHECK_INT(otc_session_send_signal(session, long_type, "d"), OTC_SESSION_SIGNAL_TYPE_TOO_LONG);
  CHECK_INT(otc_session_send_signal_with_options(session, "no blanks", "d", options), OTC_SESSION_INVALID_SIGNAL_TYPE);
  CHECK_INT(otc_session_send_signal_to_connection(session, "t", "d", NULL), OTC_SESSION_NULL_OR_INVALID_PARAMETER);
  CHECK_INT(otc_session_send_signal_to_connection_with_options(session, "t", "d", NULL, options),
            OTC_SESSION_NULL_OR_INVALID_PARAMETER);
}

static void questions(otc_session *session) {
  char *issue = NULL;
  const otc_connection *own = otc_session_get_connection(session);
  CHECK(otc_session_get_id(session) != NULL);
  otc_session_get_capabilities(session);
  otc_session_get_user_data(session);
  CHECK_INT(otc_session_report_issue(session, "asked by a test", &issue), OTC_SUCCESS);
  CHECK(issue != NULL);
  free(issue);
  if (own != NULL) {
    CHECK(otc_connection_get_id(own) != NULL && otc_connection_get_data(own) != NULL);
    CHECK(otc_connection_get_session_id(own) != NULL && otc_connection_get_creation_time(own) > 0);
  }
  CHECK_INT(otc_session_publish(session, NULL), OTC_INVALID_PARAM);
  CHECK_INT(otc_session_unpublish(session, NULL), OTC_INVALID_PARAM);
  CHECK_INT(otc_session_subscribe(session, NULL), OTC_INVALID_PARAM);
  CHECK_INT(otc_session_unsubscribe(session, NULL), OTC_INVALID_PARAM);
}

static void moderation(otc_session *session) {
  CHECK_INT(otc_session_force_mute_stream(session, "a stream"), OTC_UNABLE_TO_FORCE_MUTE);
  CHECK_INT(otc_session_force_mute_all(session, NULL, 0), OTC_UNABLE_TO_FORCE_MUTE);
  CHECK_INT(otc_session_disable_force_mute(session), OTC_UNABLE_TO_FORCE_MUTE);
  CHECK_INT(otc_session_force_disconnect(session, NULL), OTC_SESSION_NULL_OR_INVALID_PARAMETER);
  CHECK_INT(otc_session_set_encryption_secret(session, "12345678"), OTC_SUCCESS);
}

static void connections(const otc_connection *connection) {
  otc_connection *copy = otc_connection_copy(connection);
  CHECK((copy == NULL) == (connection == NULL));
  if (copy == NULL) return;
  CHECK_TEXT(otc_connection_get_id(copy), otc_connection_get_id(connection));
  CHECK_INT(otc_connection_delete((otc_connection *)(uintptr_t)connection), OTC_SUCCESS); /* not ours: left alone */
  CHECK(otc_connection_get_id(connection) != NULL);
  CHECK_INT(otc_connection_delete(copy), OTC_SUCCESS);
}

static void settings(void) {
  struct otc_x_timeouts timeouts = {.struct_size = sizeof timeouts};
  struct otc_x_limits limits = {.struct_size = sizeof limits};
  otc_session_settings *made = otc_session_settings_new();
  CHECK(made != NULL);
  CHECK_INT(otc_session_settings_set_connection_events_suppressed(made, OTC_TRUE), OTC_SUCCESS);
  CHECK_INT(otc_session_settings_set_proxy_url(made, "http://proxy.example"), OTC_SUCCESS);
  CHECK_INT(otc_session_settings_set_ip_whitelist(made, OTC_TRUE), OTC_SUCCESS);
  CHECK_INT(otc_session_settings_set_session_migration(made, OTC_TRUE), OTC_SUCCESS);
  CHECK_INT(otc_session_settings_set_single_peer_connection(made, OTC_TRUE), OTC_SUCCESS);
  CHECK_INT(otc_x_session_settings_set_api_url(made, "https://relay.example"), OTC_SUCCESS);
  CHECK_INT(otc_x_session_settings_set_ca_file(made, "/nowhere"), OTC_SUCCESS);
  CHECK_INT(otc_x_session_settings_set_forward_proxy(made, "socks5://ada:lovelace@proxy.example"), OTC_SUCCESS);
  CHECK_INT(otc_x_session_settings_set_timeouts(made, &timeouts), OTC_SUCCESS);
  CHECK_INT(otc_x_session_settings_set_limits(made, &limits), OTC_SUCCESS);
  CHECK_INT(otc_session_settings_delete(made), OTC_SUCCESS);
}

void everything(otc_session *session, const otc_connection *connection) {
  CHECK(otc_x_version() != NULL);
  otc_x_log_error(NULL);
  otc_get_log_level();
  questions(session);
  signals(session);
  moderation(session);
  connections(connection);
  settings();
}

void another_life(const char *session_id, const char *token) {
  struct otc_session_callbacks callbacks = {0};
  otc_session *session = otc_session_new(TEST_API_KEY, session_id, &callbacks);
  CHECK(session != NULL);
  CHECK_INT(otc_session_connect(session, token), OTC_SUCCESS);
  CHECK_INT(otc_session_connect(session, token), OTC_SESSION_ILLEGAL_STATE);
  everything(session, NULL);
  CHECK_INT(otc_session_disconnect(session), OTC_SUCCESS);
  CHECK_INT(otc_session_delete(session), OTC_SUCCESS);
  CHECK_INT(otc_session_delete(session), OTC_INVALID_PARAM);
}
