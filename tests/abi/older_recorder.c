/*
 * A program as it was built against older headers, to which everything happens that can: it prints a line for each event, as
 * the member of its own callbacks struct was called, until on_disconnected.
 *
 * older_layout.h is made by the test: struct older_callbacks with the members of one generation, and OLDER_EVENTS(X), which
 * is X(member) for each that is a function.
 */
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "older_layout.h"

typedef struct otc_session otc_session;

int otc_init(void *reserved);
int otc_destroy(void);
otc_session *otc_session_new(const char *apikey, const char *session_id, const struct older_callbacks *callbacks);
int otc_session_connect(otc_session *session, const char *token);
int otc_session_delete(otc_session *session);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int has_ended;
static int mine;
static otc_session *session;

static int number(const void *argument) { return (int)(intptr_t)argument; }

/* The arguments behind the first two travel like pointers, whatever they are; an event looks at those it has. */
static void record(const char *name, otc_session *from, void *user_data, const void *a, const void *b, const void *c) {
  if (from != session || user_data != &mine) {
    printf("%s was called for another session or with other user data\n", name);
    exit(9);
  }
  printf("%s", name);
  if (strcmp(name, "on_signal_received") == 0 || strcmp(name, "on_archive_started") == 0) {
    printf(" %s %s", (const char *)a, (const char *)b);
  } else if (strcmp(name, "on_archive_stopped") == 0) {
    printf(" %s", (const char *)a);
  } else if (strcmp(name, "on_stream_video_dimensions_changed") == 0) {
    printf(" %dx%d", number(b), number(c));
  } else if (strncmp(name, "on_stream_has_", 14) == 0 || strcmp(name, "on_stream_video_type_changed") == 0) {
    printf(" %d", number(b));
  } else if (strcmp(name, "on_error") == 0) {
    printf(" %d", a == NULL ? 0 : number(b));
  } else if (strcmp(name, "on_mute_forced") == 0) {
    printf(" %d", *(const int *)a);
  }
  printf("\n");
  if (strcmp(name, "on_disconnected") != 0) return;
  pthread_mutex_lock(&mutex);
  has_ended = 1;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

#define RECORDER(name) \
  static void record_##name(otc_session *from, void *user_data, const void *a, const void *b, const void *c) { \
    record(#name, from, user_data, a, b, c); \
  }
OLDER_EVENTS(RECORDER)

int main(void) {
  struct older_callbacks callbacks;
  struct timespec limit;
  int failed = 0;
  memset(&callbacks, 0, sizeof callbacks);
#define SET(name) callbacks.name = (void *)record_##name;
  OLDER_EVENTS(SET)
  callbacks.user_data = &mine;

  if (otc_init(NULL) != 0) return 2;
  session = otc_session_new("100", "1_session", &callbacks);
  if (session == NULL) return 3;
  /* The library has its own copy by now. */
  memset(&callbacks, 0xA5, sizeof callbacks);
  if (otc_session_connect(session, "token") != 0) return 4;
  clock_gettime(CLOCK_REALTIME, &limit);
  limit.tv_sec += 60;
  pthread_mutex_lock(&mutex);
  while (!has_ended && failed == 0) failed = pthread_cond_timedwait(&changed, &mutex, &limit);
  pthread_mutex_unlock(&mutex);
  if (failed != 0) return 5;
  if (otc_session_delete(session) != 0) return 6;
  return otc_destroy();
}
