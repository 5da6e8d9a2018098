/* More programs as others write them: what they do before they talk, and how they begin again. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <opentok.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "strangers.h"

static volatile int joined;
static volatile int left;
static volatile int lines;
static otc_session *expected;
static volatile int of_another;

static void wait_until(volatile int *flag, int wanted) {
  int naps = 0;
  while (*flag < wanted && naps++ < 6000) usleep(10000);
}

static void note_joined(otc_session *session, void *user_data) {
  /* A program with several sessions finds its own by the pointer. */
  if (session != expected) of_another = 1;
  if (user_data != NULL) *(volatile int *)user_data = 1;
  joined = joined + 1;
}

static void note_left(otc_session *session, void *user_data) {
  const otc_connection *connection = otc_session_get_connection(session);
  (void)user_data;
  printf("%s has left\n", otc_connection_get_id(connection));
  left = left + 1;
}

static void note_error(otc_session *session, void *user_data, const char *error_string, enum otc_session_error_code error) {
  (void)session;
  (void)user_data;
  fprintf(stderr, "%s (%d)\n", error_string, (int)error);
  exit(1);
}

static struct otc_session_callbacks callbacks_of(void *user_data) {
  struct otc_session_callbacks callbacks = {0};
  callbacks.on_connected = note_joined;
  callbacks.on_disconnected = note_left;
  callbacks.on_error = note_error;
  callbacks.user_data = user_data;
  return callbacks;
}

/* A button that begins again: whatever was is deleted, and a new session made. */
int stranger_with_a_reconnect_button(struct place place) {
  struct otc_session_callbacks callbacks = callbacks_of(NULL);
  int pressed;
  joined = 0;
  of_another = 0;
  otc_init(NULL);
  expected = NULL;
  for (pressed = 1; pressed <= 3; pressed++) {
    const char *id;
    const otc_connection *own;
    if (expected) {
      otc_session_disconnect(expected);
      otc_session_delete(expected);
    }
    expected = otc_session_new(place.api_key, place.session_id, &callbacks);
    otc_session_connect(expected, place.token);
    wait_until(&joined, pressed);
    /* Not theirs to free, and read without a test. */
    id = otc_session_get_id(expected);
    own = otc_session_get_connection(expected);
    if (strcmp(id, place.session_id) || strcmp(otc_connection_get_session_id(own), id)) return 1;
    if (strcmp(otc_connection_get_data(own), "stranger")) return 1;
  }
  otc_session_delete(expected);
  otc_destroy();
  return joined != 3 || of_another;
}

/* Waits for the end of a session wherever it ends one, and destroys the library at once. */
int stranger_that_waits_for_goodbye(struct place place) {
  struct otc_session_callbacks callbacks = callbacks_of(NULL);
  joined = 0;
  left = 0;
  otc_init(NULL);
  expected = otc_session_new(place.api_key, place.session_id, &callbacks);
  otc_session_connect(expected, place.token);
  wait_until(&joined, 1);
  if (otc_session_disconnect(expected) == OTC_SUCCESS) wait_until(&left, 1);
  otc_destroy();
  return left != 1;
}

/* Servers of its own for media: one member of the struct is never set, and the arrays go while the session exists. */
int stranger_that_configures_turn(struct place place) {
  struct otc_session_callbacks callbacks = callbacks_of(NULL);
  struct otc_custom_ice_config ice;
  otc_session_settings *settings;
  int i;
  joined = 0;
  memset(&ice, 0x5a, sizeof ice);
  ice.num_ice_servers = 2;
  ice.ice_url = (char **)malloc(2 * sizeof(char *));
  ice.ice_user = (char **)malloc(2 * sizeof(char *));
  ice.ice_credential = (char **)malloc(2 * sizeof(char *));
  for (i = 0; i < 2; i++) {
    ice.ice_url[i] = strdup("turn:turn.example:3478");
    ice.ice_user[i] = strdup("user");
    ice.ice_credential[i] = strdup("credential");
  }
  ice.force_turn = OTC_TRUE;
  ice.use_custom_turn_only = OTC_TRUE;
  otc_init(NULL);
  settings = otc_session_settings_new();
  otc_session_settings_set_custom_ice_config(settings, &ice);
  otc_session_settings_set_ip_whitelist(settings, OTC_TRUE);
  expected = otc_session_new_with_settings(place.api_key, place.session_id, &callbacks, settings);
  for (i = 0; i < 2; i++) {
    free(ice.ice_url[i]);
    free(ice.ice_user[i]);
    free(ice.ice_credential[i]);
  }
  free(ice.ice_url);
  free(ice.ice_user);
  free(ice.ice_credential);
  otc_session_connect(expected, place.token);
  wait_until(&joined, 1);
  otc_session_delete(expected);
  /* The settings last until everything has ended. */
  otc_session_settings_delete(settings);
  otc_destroy();
  return joined != 1;
}

static void note_line(const char *message) {
  if (message[0] == '[') lines = lines + 1;
}

/* Turns the log on and waits for a line of it, calling nothing more. */
int stranger_that_watches_the_log(struct place place) {
  (void)place;
  lines = 0;
  otc_init(NULL);
  otc_log_enable(OTC_LOG_LEVEL_ALL);
  otc_log_set_logger_callback(note_line);
  wait_until(&lines, 1);
  otc_log_set_logger_callback(NULL);
  otc_log_enable(OTC_LOG_LEVEL_DISABLED);
  otc_destroy();
  return lines < 1;
}

/* A plug-in: every output brings the library up and takes it down, whatever the others do. */
int stranger_that_is_a_plug_in(struct place place) {
  int outputs[2] = {0, 0};
  otc_session *sessions[2];
  int i;
  for (i = 0; i < 2; i++) {
    struct otc_session_callbacks callbacks = callbacks_of(&outputs[i]);
    otc_init(NULL);
    sessions[i] = otc_session_new(place.api_key, place.session_id, &callbacks);
    otc_session_connect(sessions[i], place.token);
  }
  wait_until(&outputs[0], 1);
  otc_session_disconnect(sessions[0]);
  otc_session_delete(sessions[0]);
  otc_destroy();
  wait_until(&outputs[1], 1);
  otc_session_send_signal(sessions[1], "", "still here");
  otc_session_disconnect(sessions[1]);
  otc_session_delete(sessions[1]);
  otc_destroy();
  return !outputs[0] || !outputs[1];
}
