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
  int connected;
  int reconnecting;
};

static void mark(struct simple *simple, int *flag) {
  pthread_mutex_lock(&simple->lock);
  *flag = 1;
  pthread_cond_broadcast(&simple->changed);
  pthread_mutex_unlock(&simple->lock);
}

static void await(struct simple *simple, const int *flag) {
  pthread_mutex_lock(&simple->lock);
  while (!*flag) pthread_cond_wait(&simple->changed, &simple->lock);
  pthread_mutex_unlock(&simple->lock);
}

static void on_connected(otc_session *session, void *user_data) {
  struct simple *simple = user_data;
  (void)session;
  mark(simple, &simple->connected);
}

static void on_reconnection_started(otc_session *session, void *user_data) {
  struct simple *simple = user_data;
  (void)session;
  mark(simple, &simple->reconnecting);
}

static void exit_at_once(otc_session *session, void *user_data) {
  (void)session;
  (void)user_data;
  exit(7);
}

/* The descriptors of the library then have the numbers 0 to 2, and nothing may be written to them that is not for them. */
static int close_standard;

/* Between the child and the relay. It goes when the child does. */
static struct proxy *proxy;

/* `where` is the session id, a space, and the relay's port. */
static otc_session *child_join(struct simple *simple, const struct otc_session_callbacks *callbacks, const char *where,
                               const char *token) {
  static char session_id[256];
  otc_session *session;
  int port = 0;
  if (sscanf(where, "%255s %d", session_id, &port) != 2) return NULL;
  proxy = proxy_start(port);
  set_variable("OTC_API_URL", keep_text("http://127.0.0.1:%d", proxy_port(proxy)));
  if (close_standard) {
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
  }
  if (otc_init(NULL) != OTC_SUCCESS) return NULL;
  session = otc_session_new(TEST_API_KEY, session_id, callbacks);
  if (session == NULL || otc_session_connect(session, token) != OTC_SUCCESS) return NULL;
  if (simple != NULL) await(simple, &simple->connected);
  return session;
}

static struct simple simple = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static struct otc_session_callbacks simple_callbacks(void) {
  struct otc_session_callbacks callbacks = {0};
  callbacks.on_connected = on_connected;
  callbacks.on_reconnection_started = on_reconnection_started;
  callbacks.user_data = &simple;
  return callbacks;
}

static int child_returns_connected(const char *where, const char *token) {
  struct otc_session_callbacks callbacks = simple_callbacks();
  return child_join(&simple, &callbacks, where, token) == NULL ? 1 : 5;
}

static int child_returns_reconnecting(const char *where, const char *token) {
  struct otc_session_callbacks callbacks = simple_callbacks();
  if (child_join(&simple, &callbacks, where, token) == NULL) return 1;
  proxy_refuse(proxy, 1);
  if (proxy_cut(proxy) == 0) return 2;
  await(&simple, &simple.reconnecting);
  return 5;
}

static int child_exits_in_callback(const char *where, const char *token) {
  struct otc_session_callbacks callbacks = simple_callbacks();
  callbacks.on_connected = exit_at_once;
  if (child_join(NULL, &callbacks, where, token) == NULL) return 1;
  for (;;) sleep(60); /* exit() comes from the callback */
}

static int child_closes_standard_descriptors(const char *where, const char *token) {
  struct otc_session_callbacks callbacks = simple_callbacks();
  close_standard = 1;
  if (child_join(&simple, &callbacks, where, token) == NULL) return 1;
  return otc_destroy() == OTC_SUCCESS ? 5 : 3;
}

static int child_destroys_without_delete(const char *where, const char *token) {
  struct otc_session_callbacks callbacks = simple_callbacks();
  otc_session *session = child_join(&simple, &callbacks, where, token);
  if (session == NULL) return 1;
  if (otc_session_disconnect(session) != OTC_SUCCESS) return 2; /* and without waiting for it */
  return otc_destroy() == OTC_SUCCESS ? 5 : 3;
}

const struct child children[] = {
    {"returns_connected", child_returns_connected},
    {"returns_reconnecting", child_returns_reconnecting},
    {"exits_in_callback", child_exits_in_callback},
    {"closes_standard_descriptors", child_closes_standard_descriptors},
    {"destroys_without_delete", child_destroys_without_delete},
    {NULL, NULL},
};

/* ---- The tests ------------------------------------------------------------------------------------------------------------ */

static void check_child(const char *name, int code) {
  const char *where;
  relay_start();
  where = keep_text("%s %d", relay_session(), relay_port());
  CHECK_INT(run_child(name, where, mint_token(relay_session(), NULL, "child", NULL)), code);
  relay_stop();
}

void main_may_return_while_connected(void) { check_child("returns_connected", 5); }

void main_may_return_while_reconnecting(void) { check_child("returns_reconnecting", 5); }

void exit_inside_a_callback_does_not_hang(void) { check_child("exits_in_callback", 7); }

void closed_standard_descriptors_do_no_harm(void) { check_child("closes_standard_descriptors", 5); }

void destroy_may_follow_disconnect_at_once(void) { check_child("destroys_without_delete", 5); }
