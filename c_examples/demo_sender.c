/* The other half of the demonstration: greets, then sends a stream of numbers to everybody.
 *
 * `make demo` breaks the link of this program too. A signal is accepted by the library or refused, and one that was accepted
 * arrives; so the loop that sends knows nothing of broken links. Broadcasts come back to their sender as well, which lets this
 * program judge its own copy of the stream. Exit code as that of demo_receiver. */
#define _POSIX_C_SOURCE 200809L
#include <opentok.h>
#include <pthread.h>
#include <time.h>

#include "demo.h"
#include "options.h"

#define LIMIT_SECONDS 60
#define PAUSE_MS 3 /* between two numbers, so that there is time to break something */

/* How far the conversation is. */
enum step { JOINING, RECEIVER_IS_HERE, WELCOMED, JUDGED, FAILED };

struct sender {
  pthread_mutex_t lock; /* for what follows */
  pthread_cond_t changed;
  enum step step;
  otc_connection *receiver; /* our copy */
  struct timespec limit;

  struct sequence sequence; /* used by callbacks only, and after delete by main() */
};

/* The step only ever goes forward. */
static void advance(struct sender *sender, enum step step) {
  pthread_mutex_lock(&sender->lock);
  if (step > sender->step) sender->step = step;
  pthread_cond_signal(&sender->changed);
  pthread_mutex_unlock(&sender->lock);
}

/* Waits until the conversation is that far. Returns 1 then, 0 when it failed or took too long. */
static int wait_for(struct sender *sender, enum step step) {
  int waited = 0;
  int reached;
  pthread_mutex_lock(&sender->lock);
  while (sender->step < step && waited == 0) {
    waited = pthread_cond_timedwait(&sender->changed, &sender->lock, &sender->limit);
  }
  reached = sender->step >= step && sender->step != FAILED;
  pthread_mutex_unlock(&sender->lock);
  if (waited != 0) printf("nothing more came within %d s\n", LIMIT_SECONDS);
  return reached;
}

static void on_connected(otc_session *session, void *user_data) {
  (void)user_data;
  printf("joined as %s\n", otc_connection_get_id(otc_session_get_connection(session)));
}

static void on_connection_created(otc_session *session, void *user_data, const otc_connection *connection) {
  struct sender *sender = user_data;
  (void)session;
  printf("sees that %s is here\n", otc_connection_get_data(connection));
  if (strcmp(otc_connection_get_data(connection), DEMO_RECEIVER) != 0) return;
  pthread_mutex_lock(&sender->lock);
  if (sender->receiver == NULL) sender->receiver = otc_connection_copy(connection); /* the original dies with this call */
  pthread_mutex_unlock(&sender->lock);
  advance(sender, RECEIVER_IS_HERE);
}

static void on_signal_received(otc_session *session, void *user_data, const char *type, const char *signal,
                               const otc_connection *connection) {
  struct sender *sender = user_data;
  (void)session;
  (void)connection;
  if (strcmp(type, DEMO_NUMBER) == 0) {
    sequence_add(&sender->sequence, signal);
  } else if (strcmp(type, DEMO_HELLO) == 0) {
    printf("<- its own broadcast came back: [%s] %s\n", type, signal);
  } else if (strcmp(type, DEMO_WELCOME) == 0) {
    printf("<- to me alone: [%s] %s\n", type, signal);
    advance(sender, WELCOMED);
  } else if (strcmp(type, DEMO_VERDICT) == 0) {
    printf("<- to me alone: [%s] %s\n", type, signal);
    advance(sender, JUDGED);
  }
}

static void on_reconnection_started(otc_session *session, void *user_data) {
  (void)session;
  (void)user_data;
  printf("LOST ITS LINK, reconnecting; goes on sending\n");
}

static void on_reconnected(otc_session *session, void *user_data) {
  (void)session;
  (void)user_data;
  printf("IS BACK\n");
}

static void on_error(otc_session *session, void *user_data, const char *error_string, enum otc_session_error_code error) {
  (void)session;
  printf("error %d: %s\n", (int)error, error_string);
  advance(user_data, FAILED);
}

static int send_numbers(otc_session *session) {
  const struct timespec pause = {0, PAUSE_MS * 1000000L};
  char text[16];
  int number;
  for (number = 1; number <= DEMO_NUMBERS; number++) {
    otc_status status;
    snprintf(text, sizeof text, "%d", number);
    status = otc_session_send_signal(session, DEMO_NUMBER, text);
    if (status != OTC_SUCCESS) {
      printf("number %d was refused: status %d\n", number, (int)status);
      return 0;
    }
    if (number % DEMO_NOTE_EVERY == 0) printf("-> number %d\n", number);
    nanosleep(&pause, NULL);
  }
  return 1;
}

/* The whole conversation, in its order. Returns 1 when it was held to its end. */
static int converse(struct sender *sender, otc_session *session) {
  char text[16];
  if (!wait_for(sender, RECEIVER_IS_HERE)) return 0;
  printf("-> everybody: [%s] hello, everybody\n", DEMO_HELLO);
  if (otc_session_send_signal(session, DEMO_HELLO, "hello, everybody") != OTC_SUCCESS) return 0;
  if (!wait_for(sender, WELCOMED)) return 0;
  printf("-> everybody: %d numbers\n", DEMO_NUMBERS);
  if (!send_numbers(session)) return 0;
  snprintf(text, sizeof text, "%d", DEMO_NUMBERS);
  printf("-> receiver alone: [%s] %s\n", DEMO_END, text);
  if (otc_session_send_signal_to_connection(session, DEMO_END, text, sender->receiver) != OTC_SUCCESS) return 0;
  return wait_for(sender, JUDGED);
}

static int run(struct sender *sender, const struct options *options) {
  struct otc_session_callbacks callbacks = {0};
  char text[160];
  otc_session *session;
  otc_status status;
  int held;
  int good;

  callbacks.on_connected = on_connected;
  callbacks.on_connection_created = on_connection_created;
  callbacks.on_signal_received = on_signal_received;
  callbacks.on_reconnection_started = on_reconnection_started;
  callbacks.on_reconnected = on_reconnected;
  callbacks.on_error = on_error;
  callbacks.user_data = sender;
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
  held = converse(sender, session);
  (void)otc_session_disconnect(session); /* refused after an error: there is nothing to leave */
  otc_session_delete(session);
  /* No callback runs any more. */
  if (sender->receiver != NULL) otc_connection_delete(sender->receiver);
  if (!held) return 2;
  good = sequence_judge(&sender->sequence, DEMO_NUMBERS, text, sizeof text);
  printf("its own copies: %s\n", text);
  return good ? 0 : 1;
}

int main(int argc, char **argv) {
  static struct sender sender = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
  struct options options;
  int code = options_read(&options, argc, argv);
  if (code != 0) return code < 0 ? 0 : code;
  setvbuf(stdout, NULL, _IOLBF, 0); /* whoever reads the timeline wants each line when it happens */
  clock_gettime(CLOCK_REALTIME, &sender.limit);
  sender.limit.tv_sec += LIMIT_SECONDS;
  if (otc_init(NULL) != OTC_SUCCESS) {
    printf("otc_init failed\n");
    return 2;
  }
  code = run(&sender, &options);
  if (otc_destroy() != OTC_SUCCESS) {
    printf("otc_destroy failed\n");
    if (code == 0) code = 2;
  }
  return code;
}
