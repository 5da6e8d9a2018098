/*
 * A program as it was built against older headers: its callbacks struct has another layout, and nothing in the call
 * says so. Connects to a port where nobody listens and expects on_error, and only that, with its own user_data.
 *
 * older_layout.h is made by the test: struct older_callbacks with the members of one generation.
 */
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "older_layout.h"

typedef struct otc_session otc_session;

int otc_init(void *reserved);
int otc_destroy(void);
otc_session *otc_session_new(const char *apikey, const char *session_id, const struct older_callbacks *callbacks);
int otc_session_connect(otc_session *session, const char *token);
int otc_session_delete(otc_session *session);
void *otc_session_get_user_data(const otc_session *session);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int errors;
static int others;
static int wrong_arguments;
static int mine;
static otc_session *session;

static void on_error(otc_session *from, void *user_data, const char *text, int code) {
  pthread_mutex_lock(&mutex);
  errors++;
  wrong_arguments = from != session || user_data != &mine || code != 1023 || text == NULL || text[0] == '\0';
  printf("on_error: %d %s\n", code, text == NULL ? "NULL" : text);
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

static void on_anything_else(otc_session *from, void *user_data) {
  (void)from;
  (void)user_data;
  pthread_mutex_lock(&mutex);
  others++;
  pthread_mutex_unlock(&mutex);
}

static int wait_for_error(void) {
  struct timespec limit;
  int failed = 0;
  clock_gettime(CLOCK_REALTIME, &limit);
  limit.tv_sec += 20;
  pthread_mutex_lock(&mutex);
  while (errors == 0 && failed == 0) failed = pthread_cond_timedwait(&changed, &mutex, &limit);
  pthread_mutex_unlock(&mutex);
  return failed;
}

int main(void) {
  struct older_callbacks callbacks;
  void (*other)(otc_session *, void *) = on_anything_else;
  void (*error)(otc_session *, void *, const char *, int) = on_error;
  void *data = &mine;
  size_t at;

  memset(&callbacks, 0, sizeof callbacks);
  for (at = 0; at < OLDER_FUNCTIONS; at++) memcpy((char *)&callbacks + at * sizeof other, &other, sizeof other);
  memcpy(&callbacks.on_error, &error, sizeof error);
  memcpy(&callbacks.user_data, &data, sizeof data);

  if (otc_init(NULL) != 0) return 2;
  session = otc_session_new("key", "session", &callbacks);
  if (session == NULL) return 3;
  /* The library has its own copy by now. */
  memset(&callbacks, 0xA5, sizeof callbacks);
  if (otc_session_get_user_data(session) != &mine) return 4;
  if (otc_session_connect(session, "token") != 0) return 5;
  if (wait_for_error() != 0) return 6;
  if (otc_session_delete(session) != 0) return 7;
  if (otc_destroy() != 0) return 8;
  if (errors != 1 || others != 0 || wrong_arguments) return 9;
  return 0;
}
