/* Programs that end in unusual ways. Each such program is a child process of the test. */
#define _POSIX_C_SOURCE 200809L
#include <unistd.h>

#include "harness.h"
#include "internal.h"
#include "tests.h"

/* ---- The children: plain programs without the recorder, given URL and token -------------------------------------------- */

struct simple {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int seen[OTHER + 1]; /* how often each kind of callback ran */
};

static struct simple simple = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

/* Of another client in the same process. */
static struct simple other = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

/* The kind of callback of the simple client that ends the process, and the one that never returns. */
static int deadly;
static int endless;

static void await(struct simple *who, enum kind kind) {
  pthread_mutex_lock(&who->lock);
  while (who->seen[kind] == 0) pthread_cond_wait(&who->changed, &who->lock);
  pthread_mutex_unlock(&who->lock);
}

static void tell(void *user_data, enum kind kind) {
  struct simple *who = user_data;
  if (who == &simple && (int)kind == deadly) exit(7);
  pthread_mutex_lock(&who->lock);
  who->seen[kind]++;
  pthread_cond_broadcast(&who->changed);
  pthread_mutex_unlock(&who->lock);
  while (who == &simple && (int)kind == endless) sleep(60);
}

static void on_connected(otc_session *session, void *user_data) {
  (void)session;
  tell(user_data, CONNECTED);
}

static void on_disconnected(otc_session *session, void *user_data) {
  (void)session;
  tell(user_data, DISCONNECTED);
}

static void on_created(otc_session *session, void *user_data, const otc_connection *connection) {
  (void)session, (void)connection;
  tell(user_data, CREATED);
}

static void on_dropped(otc_session *session, void *user_data, const otc_connection *connection) {
  (void)session, (void)connection;
  tell(user_data, DROPPED);
}

static void on_signal(otc_session *session, void *user_data, const char *type, const char *text, const otc_connection *connection) {
  (void)session, (void)type, (void)text, (void)connection;
  tell(user_data, SIGNAL);
}

static void on_reconnection_started(otc_session *session, void *user_data) {
  (void)session;
  tell(user_data, RECONNECTION_STARTED);
}

static void on_reconnected(otc_session *session, void *user_data) {
  (void)session;
  tell(user_data, RECONNECTED);
}

static void on_error(otc_session *session, void *user_data, const char *text, enum otc_session_error_code code) {
  (void)session, (void)text, (void)code;
  tell(user_data, FAILED);
}

/* The descriptors of the library then have the numbers 0 to 2, and nothing may be written to them that is not for them. */
static int close_standard;

/* Between the child and the relay. It goes when the child does. */
static struct proxy *proxy;

/* What the child was told: the session id, the relay's port, and a number that only some look at. */
static char session_id[256];
static int extra;

static struct otc_session_callbacks simple_callbacks(struct simple *who) {
  struct otc_session_callbacks callbacks = {0};
  callbacks.on_connected = on_connected;
  callbacks.on_disconnected = on_disconnected;
  callbacks.on_connection_created = on_created;
  callbacks.on_connection_dropped = on_dropped;
  callbacks.on_signal_received = on_signal;
  callbacks.on_reconnection_started = on_reconnection_started;
  callbacks.on_reconnected = on_reconnected;
  callbacks.on_error = on_error;
  callbacks.user_data = who;
  return callbacks;
}

/* Starts the proxy and the library. Returns 0 when `where` is no place. */
static int child_begin(const char *where) {
  int port = 0;
  if (sscanf(where, "%255s %d %d", session_id, &port, &extra) < 2) return 0;
  proxy = proxy_start(port);
  set_variable("OTC_API_URL", keep_text("http://127.0.0.1:%d", proxy_port(proxy)));
  if (close_standard) {
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
  }
  return otc_init(NULL) == OTC_SUCCESS;
}

static otc_session *child_connect(struct simple *who, const char *token) {
  struct otc_session_callbacks callbacks = simple_callbacks(who);
  otc_session *session = otc_session_new(TEST_API_KEY, session_id, &callbacks);
  if (session == NULL || otc_session_connect(session, token) != OTC_SUCCESS) return NULL;
  return session;
}

static otc_session *child_join(const char *where, const char *token) {
  otc_session *session = child_begin(where) ? child_connect(&simple, token) : NULL;
  if (session != NULL) await(&simple, CONNECTED);
  return session;
}

/* main returns. */

static int child_returns_idle(const char *where, const char *token) {
  struct otc_session_callbacks callbacks = simple_callbacks(&simple);
  (void)token;
  if (!child_begin(where)) return 1;
  return otc_session_new(TEST_API_KEY, session_id, &callbacks) == NULL ? 2 : 5;
}

/* Its first link was taken, and not a byte of it moves. */
static int child_returns_connecting(const char *where, const char *token) {
  if (!child_begin(where)) return 1;
  proxy_stall(proxy, 1);
  if (child_connect(&simple, token) == NULL) return 2;
  proxy_await(proxy, 1);
  return 5;
}

static int child_returns_connected(const char *where, const char *token) { return child_join(where, token) == NULL ? 1 : 5; }

static int child_returns_reconnecting(const char *where, const char *token) {
  if (child_join(where, token) == NULL) return 1;
  proxy_refuse(proxy, 1);
  if (proxy_cut(proxy) == 0) return 2;
  await(&simple, RECONNECTION_STARTED);
  return 5;
}

/* The relay hears nothing of it, so that the library waits. */
static int child_returns_disconnecting(const char *where, const char *token) {
  otc_session *session = child_join(where, token);
  if (session == NULL) return 1;
  proxy_stall(proxy, 1);
  return otc_session_disconnect(session) == OTC_SUCCESS ? 5 : 2;
}

static int child_returns_disconnected(const char *where, const char *token) {
  otc_session *session = child_join(where, token);
  if (session == NULL || otc_session_disconnect(session) != OTC_SUCCESS) return 1;
  await(&simple, DISCONNECTED);
  return 5;
}

static int child_returns_beside_a_callback(const char *where, const char *token) {
  endless = CONNECTED;
  return child_join(where, token) == NULL ? 1 : 5;
}

/* exit() comes from a callback, of the kind that `where` names; whoever waits for that kind waits for ever. */

static int child_exits_in_callback(const char *where, const char *token) {
  otc_session *session;
  otc_session *second;
  if (!child_begin(where)) return 1;
  deadly = extra;
  session = child_connect(&simple, deadly == FAILED ? "no token" : token);
  if (session == NULL) return 2;
  if (deadly == FAILED) await(&simple, FAILED);
  await(&simple, CONNECTED);
  second = child_connect(&other, token);
  if (second == NULL) return 3;
  await(&other, CONNECTED);
  await(&simple, CREATED);
  otc_session_delete(second);
  await(&simple, DROPPED);
  otc_session_send_signal(session, "t", "");
  await(&simple, SIGNAL);
  proxy_refuse(proxy, 1);
  proxy_cut(proxy);
  await(&simple, RECONNECTION_STARTED);
  proxy_refuse(proxy, 0);
  await(&simple, RECONNECTED);
  otc_session_disconnect(session);
  await(&simple, DISCONNECTED);
  return 4;
}

static pthread_t main_thread;

static void exit_elsewhere(const char *line) {
  (void)line;
  if (!pthread_equal(pthread_self(), main_thread)) exit(7);
}

static int child_exits_in_logger(const char *where, const char *token) {
  main_thread = pthread_self();
  otc_log_set_logger_callback(exit_elsewhere);
  otc_log_enable(OTC_LOG_LEVEL_DEBUG);
  if (child_join(where, token) == NULL) return 1;
  for (;;) sleep(60);
}

static int child_closes_standard_descriptors(const char *where, const char *token) {
  close_standard = 1;
  if (child_join(where, token) == NULL) return 1;
  return otc_destroy() == OTC_SUCCESS ? 5 : 3;
}

static int child_destroys_without_delete(const char *where, const char *token) {
  otc_session *session = child_join(where, token);
  if (session == NULL) return 1;
  if (otc_session_disconnect(session) != OTC_SUCCESS) return 2; /* and without waiting for it */
  return otc_destroy() == OTC_SUCCESS ? 5 : 3;
}

const struct child children[] = {
    {"returns_idle", child_returns_idle},
    {"returns_connecting", child_returns_connecting},
    {"returns_connected", child_returns_connected},
    {"returns_reconnecting", child_returns_reconnecting},
    {"returns_disconnecting", child_returns_disconnecting},
    {"returns_disconnected", child_returns_disconnected},
    {"returns_beside_a_callback", child_returns_beside_a_callback},
    {"exits_in_callback", child_exits_in_callback},
    {"exits_in_logger", child_exits_in_logger},
    {"closes_standard_descriptors", child_closes_standard_descriptors},
    {"destroys_without_delete", child_destroys_without_delete},
    {NULL, NULL},
};

/* ---- The tests ------------------------------------------------------------------------------------------------------------ */

static void check_child_with(const char *name, int number, int code) {
  const char *where = keep_text("%s %d %d", relay_session(), relay_port(), number);
  CHECK_INT(run_child(name, where, mint_token(relay_session(), NULL, "child", NULL)), code);
}

static void check_child(const char *name, int code) {
  relay_start();
  check_child_with(name, 0, code);
  relay_stop();
}

void main_may_return_while_idle(void) { check_child("returns_idle", 5); }

void main_may_return_while_connecting(void) { check_child("returns_connecting", 5); }

void main_may_return_while_connected(void) { check_child("returns_connected", 5); }

void main_may_return_while_reconnecting(void) { check_child("returns_reconnecting", 5); }

void main_may_return_while_disconnecting(void) { check_child("returns_disconnecting", 5); }

void main_may_return_after_disconnecting(void) { check_child("returns_disconnected", 5); }

void main_may_return_while_a_callback_runs(void) { check_child("returns_beside_a_callback", 5); }

void exit_inside_a_callback_does_not_hang(void) {
  static const enum kind kinds[] = {CONNECTED, CREATED,     DROPPED,      SIGNAL, RECONNECTION_STARTED,
                                    RECONNECTED, DISCONNECTED, FAILED};
  size_t i;
  relay_start();
  for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    fprintf(stderr, "exit() in %s\n", kind_name(kinds[i]));
    check_child_with("exits_in_callback", kinds[i], 7);
  }
  relay_stop();
}

void exit_inside_the_logger_does_not_hang(void) { check_child("exits_in_logger", 7); }

void closed_standard_descriptors_do_no_harm(void) { check_child("closes_standard_descriptors", 5); }

void destroy_may_follow_disconnect_at_once(void) { check_child("destroys_without_delete", 5); }
