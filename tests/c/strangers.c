/* Written the way programs for the mirrored interface tend to be: no result is looked at, nothing that was passed is kept, no
 * pointer is tested, and waiting is a loop around usleep(), which comes with opentok.h. As C and as C++. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* as compilers do unless told to be strict */
#endif
#include <opentok.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "strangers.h"

#define NAP_US 10000
#define MAX_NAPS 6000

static volatile int is_connected;
static volatile int is_done;
static volatile int has_failed;
static volatile int was_asked;

static void wait_for(volatile int *flag) {
  int naps = 0;
  while (!*flag && !has_failed && naps++ < MAX_NAPS) usleep(NAP_US);
}

static void reset(void) {
  is_connected = 0;
  is_done = 0;
  has_failed = 0;
  was_asked = 0;
}

static void on_connected(otc_session *session, void *user_data) {
  (void)session;
  (void)user_data;
  is_connected = 1;
}

static void on_error(otc_session *session, void *user_data, const char *error_string, enum otc_session_error_code error) {
  (void)session;
  (void)user_data;
  printf("%s: %d\n", error_string, (int)error);
  has_failed = 1;
}

/* Answers every "ping" of whoever with a "pong", and is done when one came. */
static void on_signal_received(otc_session *session, void *user_data, const char *type, const char *signal,
                               const otc_connection *connection) {
  (void)user_data;
  printf("%s says %s\n", otc_connection_get_id(connection), signal);
  if (!strcmp(type, "ping")) {
    char answer[64];
    snprintf(answer, sizeof answer, "%zu bytes", strlen(signal));
    otc_session_send_signal_to_connection(session, "pong", answer, connection);
    memset(answer, '?', sizeof answer);
    was_asked = 1;
  } else if (!strcmp(type, "pong") && !strcmp(signal, "5 bytes")) {
    is_done = 1;
  }
}

/* The struct and what it points to are gone when this returns. */
static otc_session *make(struct place place, otc_session_settings *settings) {
  struct otc_session_callbacks callbacks = {0};
  otc_session *session;
  callbacks.on_connected = on_connected;
  callbacks.on_signal_received = on_signal_received;
  callbacks.on_error = on_error;
  session = settings ? otc_session_new_with_settings(place.api_key, place.session_id, &callbacks, settings)
                     : otc_session_new(place.api_key, place.session_id, &callbacks);
  memset(&callbacks, 0x5a, sizeof callbacks);
  return session;
}

int stranger_that_echoes(struct place place) {
  otc_session *session;
  reset();
  otc_init(NULL);
  session = make(place, NULL);
  otc_session_connect(session, place.token);
  wait_for(&is_connected);
  otc_session_send_signal(session, "ping", "hello");
  wait_for(&is_done);
  otc_session_disconnect(session);
  otc_session_delete(session);
  otc_destroy();
  return !is_done;
}

static char *borrow(const char *text) {
  char *copy = (char *)malloc(strlen(text) + 1);
  return strcpy(copy, text);
}

static void give_back(char *text) {
  memset(text, '#', strlen(text));
  free(text);
}

int stranger_that_keeps_no_string(struct place place) {
  char *key = borrow(place.api_key);
  char *id = borrow(place.session_id);
  char *token = borrow(place.token);
  char *type = borrow("ping");
  char *text = borrow("12345");
  struct place lent;
  otc_session *session;
  lent.api_key = key;
  lent.session_id = id;
  lent.token = token;
  reset();
  otc_init(NULL);
  session = make(lent, NULL);
  give_back(key);
  give_back(id);
  otc_session_connect(session, token);
  give_back(token);
  wait_for(&is_connected);
  otc_session_send_signal(session, type, text);
  give_back(type);
  give_back(text);
  wait_for(&is_done);
  otc_session_delete(session);
  otc_destroy();
  return !is_done;
}

int stranger_that_deletes_its_settings_at_once(struct place place) {
  otc_session_settings *settings;
  otc_session *session;
  reset();
  otc_init(NULL);
  settings = otc_session_settings_new();
  otc_session_settings_set_connection_events_suppressed(settings, OTC_TRUE);
  session = make(place, settings);
  otc_session_settings_delete(settings);
  otc_session_connect(session, place.token);
  wait_for(&is_connected);
  otc_session_send_signal(session, "ping", "hello");
  wait_for(&is_done);
  otc_session_disconnect(session);
  otc_session_delete(session);
  otc_destroy();
  return !is_done;
}

/* Leaves at every moment of joining. */
int stranger_in_a_hurry(struct place place) {
  int round;
  for (round = 0; round < 20; round++) {
    otc_session *session;
    reset();
    otc_init(NULL);
    session = make(place, NULL);
    otc_session_connect(session, place.token);
    usleep((unsigned)round * 500);
    otc_session_disconnect(session);
    otc_session_delete(session);
    otc_destroy();
    if (has_failed) return 1;
  }
  return 0;
}

/* Echoes to whoever sent, without a test whether there is a sender: a server is none. */
int stranger_that_a_server_speaks_to(struct place place) {
  otc_session *session;
  reset();
  otc_init(NULL);
  session = make(place, NULL);
  otc_session_connect(session, place.token);
  wait_for(&was_asked);
  /* Nothing was harmed: signals still work. */
  otc_session_send_signal(session, "ping", "hello");
  wait_for(&is_done);
  otc_session_disconnect(session);
  otc_session_delete(session);
  otc_destroy();
  return !is_done;
}
