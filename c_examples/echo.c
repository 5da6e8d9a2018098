/* Answers every signal to the client that sent it, with the same type and the same text.
 *
 * The lesson: calls from inside a callback are normal; a signal that the server sent has no sender; and the main thread
 * has nothing to do but wait for the end. Ctrl-C leaves the session. Exit code: 0 left, 2 could not connect, 3 the
 * session ended by a fault, 64 bad command line.
 */
#define _POSIX_C_SOURCE 200809L
#include <opentok.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "options.h"

struct echo {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int connected; /* has been connected at least once */
  int failed;    /* on_error ran */
  int over;      /* nothing more will come: on_disconnected ran, or connecting failed */
};

static void on_connected(otc_session *session, void *user_data) {
  struct echo *echo = user_data;
  pthread_mutex_lock(&echo->lock);
  echo->connected = 1;
  pthread_mutex_unlock(&echo->lock);
  printf("echo: connected as %s\n", otc_connection_get_id(otc_session_get_connection(session)));
  fflush(stdout);
}

static void on_signal_received(otc_session *session, void *user_data, const char *type, const char *signal,
                               const otc_connection *connection) {
  otc_status status;
  (void)user_data;
  if (connection == NULL) {
    printf("echo: the server says [%s] %s; nobody to answer\n", type, signal);
    fflush(stdout);
    return;
  }
  status = otc_session_send_signal_to_connection(session, type, signal, connection);
  if (status != OTC_SUCCESS) {
    /* 1550: the sender has left meanwhile. 1010: this session has ended. Neither is a reason to stop answering others. */
    fprintf(stderr, "echo: could not answer %s: status %d\n", otc_connection_get_id(connection), (int)status);
  }
}

static void on_error(otc_session *session, void *user_data, const char *error_string, enum otc_session_error_code error) {
  struct echo *echo = user_data;
  (void)session;
  fprintf(stderr, "echo: error %d: %s\n", (int)error, error_string);
  pthread_mutex_lock(&echo->lock);
  echo->failed = 1;
  /* A failed connect is reported by on_error alone; a session that was established reports on_disconnected after it. */
  if (!echo->connected) echo->over = 1;
  pthread_cond_signal(&echo->changed);
  pthread_mutex_unlock(&echo->lock);
}

static void on_disconnected(otc_session *session, void *user_data) {
  struct echo *echo = user_data;
  (void)session;
  pthread_mutex_lock(&echo->lock);
  echo->over = 1;
  pthread_cond_signal(&echo->changed);
  pthread_mutex_unlock(&echo->lock);
}

/* Ctrl-C and SIGTERM arrive here, as ordinary function calls on an ordinary thread: main() blocks both signals before
 * any other thread exists, so that nobody else gets them. */
static void *wait_for_interrupt(void *argument) {
  otc_session *session = argument;
  sigset_t signals;
  int received;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigwait(&signals, &received);
  /* Success promises on_disconnected. Refusal means that the session is over already, and main() knows. */
  (void)otc_session_disconnect(session);
  return NULL;
}

int main(int argc, char **argv) {
  struct echo echo = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0};
  struct otc_session_callbacks callbacks = {0};
  struct options options;
  otc_session *session;
  pthread_t interrupt;
  sigset_t signals;
  otc_status status;
  int code = options_read(&options, argc, argv);
  if (code != 0) return code < 0 ? 0 : code;

  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, NULL);

  callbacks.on_connected = on_connected;
  callbacks.on_disconnected = on_disconnected;
  callbacks.on_signal_received = on_signal_received;
  callbacks.on_error = on_error;
  callbacks.user_data = &echo;

  if ((status = otc_init(NULL)) != OTC_SUCCESS) {
    fprintf(stderr, "echo: otc_init: status %d\n", (int)status);
    return 2;
  }
  session = otc_session_new(options.api_key, options.session_id, &callbacks);
  if (session == NULL) {
    fprintf(stderr, "echo: otc_session_new failed\n");
    otc_destroy();
    return 2;
  }
  if ((status = otc_session_connect(session, options.token)) != OTC_SUCCESS) {
    fprintf(stderr, "echo: otc_session_connect: status %d\n", (int)status);
    otc_session_delete(session);
    otc_destroy();
    return 2;
  }
  if (pthread_create(&interrupt, NULL, wait_for_interrupt, session) != 0) {
    fprintf(stderr, "echo: no thread to wait for Ctrl-C\n");
    otc_session_delete(session);
    otc_destroy();
    return 2;
  }

  pthread_mutex_lock(&echo.lock);
  while (!echo.over) pthread_cond_wait(&echo.changed, &echo.lock);
  code = !echo.failed ? 0 : echo.connected ? 3 : 2;
  pthread_mutex_unlock(&echo.lock);

  /* The thread may be waiting still: let it out, and only then delete what it uses. */
  pthread_kill(interrupt, SIGTERM);
  pthread_join(interrupt, NULL);
  otc_session_delete(session);
  if (otc_destroy() != OTC_SUCCESS && code == 0) code = 3;
  return code;
}
