/*
 * Structs that travel by value, and calls through the macros of the header, in a program of a C compiler.
 */
#include <opentok.h>
#include <stdio.h>
#include <string.h>

#define CHECK(condition)                                        \
  do {                                                          \
    if (!(condition)) {                                         \
      fprintf(stderr, "line %d: %s\n", __LINE__, #condition);   \
      return 1;                                                 \
    }                                                           \
  } while (0)

static int nothing_is_allowed_yet(const otc_session *session) {
  struct otc_session_capabilities allowed;
  memset(&allowed, 0xFF, sizeof allowed);
  allowed = otc_session_get_capabilities(session);
  return !allowed.publish && !allowed.subscribe && !allowed.force_mute && !allowed.force_disconnect;
}

int main(void) {
  struct otc_session_callbacks callbacks = {0};
  struct otc_signal_options keep = {OTC_TRUE};
  struct otc_signal_options drop = {OTC_FALSE};
  struct otc_custom_ice_config servers = {0};
  otc_session_settings *settings;
  otc_session *session;
  otc_session *(*plain)(const char *, const char *, const struct otc_session_callbacks *) = otc_session_new;
  char *issue = NULL;
  int mine = 0;

  CHECK(otc_session_new("key", "session", &callbacks) == NULL);
  CHECK(otc_session_settings_new() == NULL);
  CHECK(otc_init(NULL) == OTC_SUCCESS);

  callbacks.user_data = &mine;
  session = otc_session_new("key", "session", &callbacks);
  CHECK(session != NULL);
  CHECK(otc_session_get_user_data(session) == &mine);
  CHECK(strcmp(otc_session_get_id(session), "session") == 0);
  CHECK(nothing_is_allowed_yet(session));
  CHECK(nothing_is_allowed_yet(NULL));

  CHECK(otc_session_send_signal_with_options(session, "type", "data", keep) == OTC_SESSION_NOT_CONNECTED);
  CHECK(otc_session_send_signal_with_options(session, "type", "data", drop) == OTC_SESSION_NOT_CONNECTED);
  CHECK(otc_session_send_signal_with_options(session, "no spaces", "data", keep) == OTC_SESSION_INVALID_SIGNAL_TYPE);
  CHECK(otc_session_send_signal_to_connection_with_options(session, "type", "data", NULL, drop) ==
        OTC_SESSION_NULL_OR_INVALID_PARAMETER);
  CHECK(otc_session_delete(session) == OTC_SUCCESS);
  CHECK(otc_session_delete(session) == OTC_INVALID_PARAM);

  settings = otc_session_settings_new();
  CHECK(settings != NULL);
  CHECK(otc_session_settings_set_custom_ice_config(settings, &servers) == OTC_SUCCESS);
  session = otc_session_new_with_settings("key", "session", &callbacks, settings);
  CHECK(session != NULL);
  CHECK(otc_session_settings_delete(settings) == OTC_SUCCESS);
  CHECK(otc_session_new_with_settings("key", "session", &callbacks, settings) == NULL);
  CHECK(otc_session_report_issue(session, "something is odd", &issue) == OTC_SUCCESS);
  CHECK(issue != NULL && strlen(issue) == 32);
  free(issue);
  CHECK(otc_session_delete(session) == OTC_SUCCESS);

  session = plain("key", "session", &callbacks);
  CHECK(session != NULL);
  CHECK(otc_session_get_user_data(session) == &mine);
  CHECK(otc_session_delete(session) == OTC_SUCCESS);

  session = otc_x_session_new_sized(sizeof callbacks, 99, "key", "session", &callbacks);
  CHECK(session == NULL);
  /* A struct that ends after two members: what comes after them is not looked at. */
  session = otc_x_session_new_sized(2 * sizeof(void *), OTC_X_GENERATION, "key", "session", &callbacks);
  CHECK(session != NULL);
  CHECK(otc_session_get_user_data(session) == NULL);
  CHECK(otc_session_delete(session) == OTC_SUCCESS);

  CHECK(otc_destroy() == OTC_SUCCESS);
  CHECK(otc_destroy() == OTC_FATAL);
  return 0;
}
