/* One half of the demonstration: greets the sender, takes in its stream of numbers, and judges it.
 *
 * Run by `make demo`, which breaks the link of this program in the middle of the stream. Nothing here deals with that: the library
 * reconnects by itself, and the two callbacks about it only print. Exit code: 0 every number came exactly once and in order,
 * 1 not so, 2 could not join or the session ended early, 64 bad command line. */
#define _POSIX_C_SOURCE 200809L
#include <opentok.h>
#include <pthread.h>
#include <time.h>

#include "demo.h"
#include "options.h"

#define LIMIT_SECONDS 60

struct receiver {
  pthread_mutex_t lock; /* for what follows */
  pthread_cond_t changed;
  int finished; /* the sender has left, or nothing can come any more */
  int code;

  /* Used by callbacks only, of which there is never more than one at a time. */
  struct sequence sequence;
  int sender_is_here;
};

static void finish(struct receiver *receiver, int code) {
  pthread_mutex_lock(&receiver->lock);
  if (!receiver->finished && code >= 0) receiver->code = code;
  receiver->finished = 1;
  pthread_cond_signal(&receiver->changed);
  pthread_mutex_unlock(&receiver->lock);
}

/* Sends to one client alone. A refusal here would spoil the demonstration, so it is shown. */
static void answer(otc_session *session, const char *type, const char *text, const otc_connection *to) {
  otc_status status = otc_session_send_signal_to_connection(session, type, text, to);
  if (status == OTC_SUCCESS) printf("-> sender alone: [%s] %s\n", type, text);
  else printf("could not send [%s]: status %d\n", type, (int)status);
}

static void judge(struct receiver *receiver, otc_session *session, const char *sent, const otc_connection *sender) {
  char text[160];
  int good = sequence_judge(&receiver->sequence, strtol(sent, NULL, 10), text, sizeof text);
  pthread_mutex_lock(&receiver->lock);
  receiver->code = good ? 0 : 1;
  pthread_mutex_unlock(&receiver->lock);
  printf("received %s\n", text);
  answer(session, DEMO_VERDICT, text, sender);
}

static void on_signal_received(otc_session *session, void *user_data, const char *type, const char *signal,
                               const otc_connection *connection) {
  struct receiver *receiver = user_data;
  if (connection == NULL) return; /* the server's own signals are none of our business */
  if (strcmp(type, DEMO_NUMBER) == 0) {
    long number = sequence_add(&receiver->sequence, signal);
    if (number > 0 && number % DEMO_NOTE_EVERY == 0) printf("<- number %s\n", signal);
  } else if (strcmp(type, DEMO_HELLO) == 0) {
    printf("<- to everybody: [%s] %s\n", type, signal);
    answer(session, DEMO_WELCOME, "nice to meet you", connection);
  } else if (strcmp(type, DEMO_END) == 0) {
    printf("<- to me alone: [%s] that was all, %s numbers\n", type, signal);
    judge(receiver, session, signal, connection);
  }
}

static void on_connected(otc_session *session, void *user_data) {
  (void)user_data;
  printf("joined as %s\n", otc_connection_get_id(otc_session_get_connection(session)));
}

static void on_connection_created(otc_session *session, void *user_data, const otc_connection *connection) {
  (void)session;
  (void)user_data;
  printf("sees that %s is here\n", otc_connection_get_data(connection));
}

static void on_connection_dropped(otc_session *session, void *user_data, const otc_connection *connection) {
  (void)session;
  printf("sees that %s has left\n", otc_connection_get_data(connection));
  if (strcmp(otc_connection_get_data(connection), DEMO_SENDER) == 0) finish(user_data, -1);
}

static void on_reconnection_started(otc_session *session, void *user_data) {
  struct receiver *receiver = user_data;
  (void)session;
  printf("LOST ITS LINK after number %ld, reconnecting\n", receiver->sequence.highest);
}

static void on_reconnected(otc_session *session, void *user_data) {
  struct receiver *receiver = user_data;
  (void)session;
  printf("IS BACK, goes on after number %ld\n", receiver->sequence.highest);
}

static void on_error(otc_session *session, void *user_data, const char *error_string, enum otc_session_error_code error) {
  (void)session;
  printf("error %d: %s\n", (int)error, error_string);
  finish(user_data, 2);
}

static int run(struct receiver *receiver, const struct options *options) {
  struct otc_session_callbacks callbacks = {0};
  struct timespec limit;
  otc_session *session;
  otc_status status;
  int waited = 0;

  callbacks.on_connected = on_connected;
  callbacks.on_connection_created = on_connection_created;
  callbacks.on_connection_dropped = on_connection_dropped;
  callbacks.on_signal_received = on_signal_received;
  callbacks.on_reconnection_started = on_reconnection_started;
  callbacks.on_reconnected = on_reconnected;
  callbacks.on_error = on_error;
  callbacks.user_data = receiver;
  session = otc_session_new(options->api_key, options->session_id, &callbacks);
  if (session == NULL) {
    printf("otc_session_new failed\n");
    return 2;
  }
  status = otc_session_connect(session, options->token);
  if (status != OTC_SUCCESS) {
    printf("otc_session_connect: status %d\n", (int)status);
    otc_session_delete(session);
    return 2;
  }

  clock_gettime(CLOCK_REALTIME, &limit);
  limit.tv_sec += LIMIT_SECONDS;
  pthread_mutex_lock(&receiver->lock);
  while (!receiver->finished && waited == 0) waited = pthread_cond_timedwait(&receiver->changed, &receiver->lock, &limit);
  pthread_mutex_unlock(&receiver->lock);
  if (waited != 0) printf("nothing more came within %d s\n", LIMIT_SECONDS);

  (void)otc_session_disconnect(session); /* refused after an error: there is nothing to leave */
  otc_session_delete(session);
  return receiver->code;
}

int main(int argc, char **argv) {
  static struct receiver receiver = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .code = 1};
  struct options options;
  int code = options_read(&options, argc, argv);
  if (code != 0) return code < 0 ? 0 : code;
  setvbuf(stdout, NULL, _IOLBF, 0); /* whoever reads the timeline wants each line when it happens */
  if (otc_init(NULL) != OTC_SUCCESS) {
    printf("otc_init failed\n");
    return 2;
  }
  code = run(&receiver, &options);
  if (otc_destroy() != OTC_SUCCESS) {
    printf("otc_destroy failed\n");
    if (code == 0) code = 2;
  }
  return code;
}
