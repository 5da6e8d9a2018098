/*
 * Children of fork() that go on to use the library: every call fails, none hangs, whatever the parent was doing at that moment, and
 * the child may end by exit().
 */
#include <opentok.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FORKS = 200, HANGS_AFTER_SECONDS = 30 };

static void on_line(const char *line) { (void)line; }

static int everything_fails(otc_session *session) {
  struct otc_session_callbacks callbacks = {0};
  otc_log_set_logger_callback(NULL);
  otc_log_enable(OTC_LOG_LEVEL_ALL);
  otc_log_set_logger_callback(on_line);
  return otc_init(NULL) == OTC_FATAL && otc_session_new("key", "session", &callbacks) == NULL &&
         otc_session_settings_new() == NULL && otc_session_connect(session, "token") != OTC_SUCCESS &&
         otc_session_send_signal(session, "type", "data") != OTC_SUCCESS &&
         otc_session_disconnect(session) != OTC_SUCCESS && otc_session_get_id(session) == NULL &&
         otc_session_get_connection(session) == NULL && otc_session_delete(session) != OTC_SUCCESS &&
         otc_destroy() == OTC_FATAL;
}

/* 0, or what went wrong. */
static int fork_off(otc_session *session) {
  int status = 0;
  pid_t child = fork();
  if (child == 0) {
    alarm(HANGS_AFTER_SECONDS); /* ends the child, and with it the wait for it */
    exit(everything_fails(session) ? 0 : 1);
  }
  if (child < 0 || waitpid(child, &status, 0) != child) return 4;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 5;
}

struct busy {
  otc_session *session;
  atomic_int stop;
};

/* Takes each lock there is, again and again. */
static void *work(void *data) {
  struct busy *busy = data;
  while (!atomic_load(&busy->stop)) {
    struct otc_session_callbacks callbacks = {0};
    otc_session *session = otc_session_new("key", "session", &callbacks);
    otc_session_connect(session, "token");
    otc_session_send_signal(busy->session, "type", "data");
    otc_session_connect(busy->session, "token");
    otc_session_disconnect(busy->session);
    otc_session_delete(session);
  }
  return NULL;
}

int main(void) {
  struct otc_session_callbacks callbacks = {0};
  struct busy busy = {0};
  pthread_t threads[2];
  int failed = 0;
  int i;

  if (otc_init(NULL) != OTC_SUCCESS) return 2;
  busy.session = otc_session_new("key", "session", &callbacks);
  if (busy.session == NULL) return 3;
  failed = fork_off(busy.session);
  if (failed) return failed;

  otc_log_set_logger_callback(on_line);
  otc_log_enable(OTC_LOG_LEVEL_ALL);
  for (i = 0; i < 2; i++) {
    if (pthread_create(&threads[i], NULL, work, &busy) != 0) return 8;
  }
  for (i = 0; i < FORKS && !failed; i++) failed = fork_off(busy.session);
  atomic_store(&busy.stop, 1);
  for (i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  if (failed) return failed;
  if (otc_session_delete(busy.session) != OTC_SUCCESS) return 6;
  return otc_destroy() == OTC_SUCCESS ? 0 : 7;
}
