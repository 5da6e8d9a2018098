/* The contract of callbacks, continued: what is told to whom. Arguments and what they are compared with, members that are NULL, and
 * what disconnect and delete leave untold. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <time.h>

#include "door.h"
#include "harness.h"
#include "internal.h"
#include "said.h"
#include "tests.h"

static void wait_at_door(struct client *client, const struct event *event) {
  if (event->kind == SIGNAL && strcmp(event->type, "wait") == 0) door_wait(client->hook_data);
}

/* ---- Arguments ---------------------------------------------------------------------------------------------------------- */

static void compare_with_own(struct client *client, const struct event *event) {
  const otc_connection *own = otc_session_get_connection(client->session);
  if (event->connection == NULL) return;
  if (event->kind == SIGNAL && strcmp(event->type, "own") == 0) {
    CHECK(event->connection == own);
  } else {
    CHECK(event->connection != own);
  }
}

/* Programs find out that way what they said themselves. */
void a_signal_of_its_own_comes_from_the_own_connection(void) {
  struct client *ada;
  struct client *bob;
  int round;
  world_begin();
  ada = CLIENT(.name = "ada", .hook = compare_with_own);
  bob = CLIENT(.name = "bob");
  client_join(bob);
  for (round = 0; round < 3; round++) {
    client_join(ada);
    expect_created(ada, bob);
    expect_created(bob, ada);
    send_to_all(ada, "own", "");
    expect_signal(ada, "own", "", ada);
    expect_signal(bob, "own", "", ada);
    send_to_all(bob, "other", "");
    expect_signal(ada, "other", "", bob);
    expect_signal(bob, "other", "", bob);
    CHECK_INT(otc_session_disconnect(ada->session), OTC_SUCCESS);
    expect(ada, DISCONNECTED);
    expect_dropped(bob, "ada");
  }
  client_free(ada);
  client_leave(bob);
  world_end();
}

void own_connections_live_until_the_session_is_deleted(void) {
  enum { JOINS = 5 };
  const otc_connection *own[JOINS];
  const char *ids[JOINS];
  struct client *ada;
  int i;
  int j;
  world_begin();
  ada = CLIENT(.name = "ada");
  for (i = 0; i < JOINS; i++) {
    client_join(ada);
    own[i] = otc_session_get_connection(ada->session);
    ids[i] = otc_connection_get_id(own[i]);
    CHECK(otc_session_get_connection(ada->session) == own[i]);
    for (j = 0; j < i; j++) {
      CHECK(own[j] != own[i]);
      CHECK(strcmp(ids[j], ids[i]) != 0);
      CHECK(otc_connection_get_id(own[j]) == ids[j]);
    }
    CHECK_INT(otc_session_disconnect(ada->session), OTC_SUCCESS);
    expect(ada, DISCONNECTED);
    CHECK(otc_session_get_connection(ada->session) == own[i]);
  }
  client_free(ada);
  world_end();
}

/* ---- Members that are NULL ------------------------------------------------------------------------------------------------ */

/* A session of which one kind of callback is told, and the other members are NULL. */
struct listener {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  otc_session *session;
  int calls;
};

static void count_call(otc_session *session, void *user_data) {
  struct listener *listener = user_data;
  pthread_mutex_lock(&listener->lock);
  CHECK(session == listener->session);
  listener->calls++;
  pthread_cond_broadcast(&listener->changed);
  pthread_mutex_unlock(&listener->lock);
}

static void count_connection(otc_session *session, void *user_data, const otc_connection *connection) {
  CHECK(otc_connection_get_id(connection) != NULL);
  count_call(session, user_data);
}

static void count_signal(otc_session *session, void *user_data, const char *type, const char *signal,
                         const otc_connection *connection) {
  CHECK(type != NULL && signal != NULL && otc_connection_get_id(connection) != NULL);
  count_call(session, user_data);
}

static void count_error(otc_session *session, void *user_data, const char *text, enum otc_session_error_code code) {
  CHECK(text[0] != '\0' && code != 0);
  count_call(session, user_data);
}

static struct otc_session_callbacks only(enum kind kind) {
  struct otc_session_callbacks callbacks = {0};
  switch (kind) {
    case CONNECTED: callbacks.on_connected = count_call; break;
    case DISCONNECTED: callbacks.on_disconnected = count_call; break;
    case CREATED: callbacks.on_connection_created = count_connection; break;
    case DROPPED: callbacks.on_connection_dropped = count_connection; break;
    case SIGNAL: callbacks.on_signal_received = count_signal; break;
    case RECONNECTION_STARTED: callbacks.on_reconnection_started = count_call; break;
    case RECONNECTED: callbacks.on_reconnected = count_call; break;
    case FAILED: callbacks.on_error = count_error; break;
    default: check_failed(__FILE__, __LINE__, "%s is not tried", kind_name(kind));
  }
  return callbacks;
}

static void listener_make(struct listener *listener, enum kind kind, otc_session_settings *settings) {
  struct otc_session_callbacks callbacks = only(kind);
  callbacks.user_data = listener;
  listener->calls = 0;
  pthread_mutex_init(&listener->lock, NULL);
  init_condition(&listener->changed);
  listener->session = otc_session_new_with_settings(TEST_API_KEY, relay_session(), &callbacks, settings);
  CHECK(listener->session != NULL);
}

static void listener_await(struct listener *listener, int calls) {
  struct timespec limit = deadline();
  pthread_mutex_lock(&listener->lock);
  while (listener->calls < calls) {
    if (pthread_cond_timedwait(&listener->changed, &listener->lock, &limit) == ETIMEDOUT) {
      check_failed(__FILE__, __LINE__, "%d callbacks came, wanted %d", listener->calls, calls);
    }
  }
  pthread_mutex_unlock(&listener->lock);
}

/* Repeats a call that is refused until the session is in another state, which nothing may tell here. */
#define UNTIL_ACCEPTED(call) \
  do { \
    time_t limit = time(NULL) + limit_seconds(); \
    while ((call) != OTC_SUCCESS) { \
      CHECK(time(NULL) < limit); \
      sched_yield(); \
    } \
  } while (0)

/* From a failed connect to the goodbye, with every kind of event. The host sees how far the session has come. */
static void live_through_all(struct listener *listener, enum kind kind, int calls, struct client *host, struct proxy *proxy) {
  otc_session *session = listener->session;
  const otc_connection *target = otc_session_get_connection(host->session);
  const char *token = mint_token(relay_session(), NULL, "listener", NULL);
  struct client *guest = CLIENT(.name = "guest");
  CHECK_INT(otc_session_connect(session, "no token"), OTC_SUCCESS);
  UNTIL_ACCEPTED(otc_session_connect(session, token));
  CHECK_TEXT(expect(host, CREATED)->data, "listener");
  UNTIL_ACCEPTED(otc_session_send_signal_to_connection(session, "here", "", target));
  CHECK_TEXT(expect(host, SIGNAL)->type, "here");
  client_join(guest);
  expect_created(host, guest);
  client_leave(guest);
  expect_dropped(host, "guest");
  send_to_all(host, "both", "");
  CHECK_TEXT(expect(host, SIGNAL)->type, "both");
  CHECK_INT(proxy_cut(proxy), 1);
  CHECK_INT(otc_session_send_signal_to_connection(session, "back", "", target), OTC_SUCCESS);
  CHECK_TEXT(expect(host, SIGNAL)->type, "back");
  if (kind != DISCONNECTED) listener_await(listener, calls); /* disconnect would leave it untold */
  CHECK_INT(otc_session_disconnect(session), OTC_SUCCESS);
  expect_dropped(host, "listener");
  listener_await(listener, calls);
}

void a_null_member_takes_nothing_from_the_others(void) {
  static const struct {
    enum kind kind;
    int calls;
  } rows[] = {{CONNECTED, 1},            {DISCONNECTED, 1}, {CREATED, 2}, {DROPPED, 1}, {SIGNAL, 1},
              {RECONNECTION_STARTED, 1}, {RECONNECTED, 1},  {FAILED, 1}};
  struct client *host;
  struct proxy *proxy;
  size_t i;
  world_begin();
  proxy = proxy_start(relay_port());
  set_variable("OTC_API_URL", keep_text("http://127.0.0.1:%d", proxy_port(proxy)));
  host = CLIENT(.name = "host");
  client_join(host);
  for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct listener listener;
    fprintf(stderr, "only %s\n", kind_name(rows[i].kind));
    listener_make(&listener, rows[i].kind, NULL);
    live_through_all(&listener, rows[i].kind, rows[i].calls, host, proxy);
    CHECK_INT(otc_session_delete(listener.session), OTC_SUCCESS);
    CHECK_INT(listener.calls, rows[i].calls);
  }
  client_leave(host);
  proxy_stop(proxy);
  world_end();
}

/* Signals that nobody is told of leave the queue all the same: it is filled many times over here. */
void signals_without_a_callback_do_not_fill_the_queue(void) {
  enum { COUNT = 400, DATA_BYTES = 8000 };
  struct otc_x_limits limits = {.struct_size = sizeof limits, .callback_queue_bytes = 256 * 1024};
  otc_session_settings *settings;
  struct listener deaf;
  struct client *sender;
  char data[DATA_BYTES + 1];
  int i;
  memset(data, 'x', DATA_BYTES);
  data[DATA_BYTES] = '\0';
  world_begin();
  settings = otc_session_settings_new();
  CHECK_INT(otc_x_session_settings_set_api_url(settings, relay_url()), OTC_SUCCESS);
  CHECK_INT(otc_x_session_settings_set_limits(settings, &limits), OTC_SUCCESS);
  listener_make(&deaf, DROPPED, settings);
  CHECK_INT(otc_session_settings_delete(settings), OTC_SUCCESS);
  sender = CLIENT(.name = "sender");
  client_join(sender);
  CHECK_INT(otc_session_connect(deaf.session, mint_token(relay_session(), NULL, "deaf", NULL)), OTC_SUCCESS);
  CHECK_TEXT(expect(sender, CREATED)->data, "deaf");
  for (i = 0; i < COUNT; i++) {
    send_to_all(sender, "t", data);
    expect_signal(sender, "t", data, sender);
  }
  client_leave(sender);
  listener_await(&deaf, 1);
  CHECK_INT(otc_session_delete(deaf.session), OTC_SUCCESS);
  world_end();
}

/* ---- What is left untold ---------------------------------------------------------------------------------------------------- */

/* A client that stands in a callback with signals behind it, in its session with a watcher. */
enum { BEHIND = 5 };

struct standing {
  struct door door;
  struct client *ada;
  struct client *watcher;
};

static void stand_before_signals(struct standing *standing) {
  struct client *guest;
  otc_connection *gone;
  time_t limit = time(NULL) + limit_seconds();
  int i;
  door_make(&standing->door);
  standing->ada = CLIENT(.name = "ada", .hook = wait_at_door, .hook_data = &standing->door);
  standing->watcher = CLIENT(.name = "watcher");
  guest = CLIENT(.name = "guest");
  client_join(standing->ada);
  client_join(standing->watcher);
  expect_created(standing->ada, standing->watcher);
  expect_created(standing->watcher, standing->ada);
  client_join(guest);
  expect_created(standing->ada, guest);
  expect_created(standing->watcher, guest);
  send_to(standing->watcher, standing->ada, "wait", "");
  door_await(&standing->door, 1);
  expect_signal(standing->ada, "wait", "", standing->watcher);
  for (i = 0; i < BEHIND; i++) send_to(standing->watcher, standing->ada, "untold", "");
  expect_quiet(standing->watcher); /* the relay has taken them */
  gone = otc_connection_copy(otc_session_get_connection(guest->session));
  client_leave(guest);
  expect_dropped(standing->watcher, "guest");
  /* That it has left is known before it is told, and then everything before it is there. */
  while (otc_session_send_signal_to_connection(standing->ada->session, "t", "", gone) != OTC_SESSION_UNABLE_TO_SEND_SIGNAL) {
    CHECK(time(NULL) < limit);
    sched_yield();
  }
  CHECK_INT(otc_connection_delete(gone), OTC_SUCCESS);
}

void disconnect_leaves_untold_what_waits_behind_a_callback(void) {
  struct standing standing;
  world_begin();
  stand_before_signals(&standing);
  CHECK_INT(otc_session_disconnect(standing.ada->session), OTC_SUCCESS);
  expect_dropped(standing.watcher, "ada");
  door_open(&standing.door);
  expect(standing.ada, DISCONNECTED);
  client_wait_idle(standing.ada);
  expect_nothing_more(standing.ada);
  client_free(standing.ada);
  client_leave(standing.watcher);
  world_end();
}

/* Each connect has its outcome, each leave its end, though a program does both before it was told anything. */
void how_earlier_joins_ended_is_told_after_a_later_disconnect(void) {
  struct standing standing;
  struct client *ada;
  world_begin();
  stand_before_signals(&standing);
  ada = standing.ada;
  CHECK_INT(otc_session_disconnect(ada->session), OTC_SUCCESS);
  UNTIL_ACCEPTED(otc_session_connect(ada->session, "no token"));
  UNTIL_ACCEPTED(otc_session_connect(ada->session, ada->token));
  CHECK_INT(otc_session_disconnect(ada->session), OTC_SUCCESS);
  door_open(&standing.door);
  expect(ada, DISCONNECTED);
  expect(ada, FAILED);
  expect(ada, DISCONNECTED);
  client_wait_idle(ada);
  expect_nothing_more(ada);
  client_free(ada);
  client_leave(standing.watcher);
  world_end();
}

/* The session has ended, and the program does not know it yet. */
void a_refused_disconnect_leaves_nothing_untold(void) {
  struct standing standing;
  struct client *moderator;
  struct client *ada;
  time_t limit = time(NULL) + limit_seconds();
  int i;
  world_begin();
  stand_before_signals(&standing);
  ada = standing.ada;
  moderator = CLIENT(.name = "moderator", .role = "moderator", .suppress_connection_events = 1);
  client_join(moderator);
  CHECK_INT(otc_session_force_disconnect(moderator->session, otc_session_get_connection(ada->session)), OTC_SUCCESS);
  while (otc_session_get_capabilities(ada->session).publish) { /* until it has heard of that */
    CHECK(time(NULL) < limit);
    sched_yield();
  }
  CHECK_INT(otc_session_disconnect(ada->session), OTC_SESSION_NOT_CONNECTED);
  door_open(&standing.door);
  for (i = 0; i < BEHIND; i++) expect_signal(ada, "untold", "", standing.watcher);
  expect_dropped(ada, "guest");
  expect_created(ada, moderator);
  expect(ada, DISCONNECTED);
  client_wait_idle(ada);
  expect_nothing_more(ada);
  client_free(ada);
  client_free(moderator);
  client_free(standing.watcher);
  world_end();
}

static void *delete_client(void *client) {
  client_delete(client);
  return NULL;
}

/* Whoever wonders why delete does not return finds the reason in the log. Once it is said, delete waits: what is told from then on
 * is told too late. */
void delete_that_waits_says_so_and_leaves_the_rest_untold(void) {
  struct standing standing;
  pthread_t deleter;
  world_begin();
  stand_before_signals(&standing);
  said_listen(OTC_LOG_LEVEL_WARN);
  CHECK(pthread_create(&deleter, NULL, delete_client, standing.ada) == 0);
  said_await("delete has been waiting 5s for a callback", 1);
  said_await("delete has been waiting 10s for a callback", 1);
  door_open(&standing.door);
  pthread_join(deleter, NULL);
  said_end();
  expect_nothing_more(standing.ada);
  client_free(standing.ada);
  client_leave(standing.watcher);
  world_end();
}

/* ---- Delete from elsewhere ---------------------------------------------------------------------------------------------------- */

static void delete_and_stand(struct client *client, const struct event *event) {
  if (event->kind != SIGNAL || strcmp(event->type, "wait") != 0) return;
  client_delete(client);
  door_wait(client->hook_data);
  CHECK_TEXT(otc_session_get_id(client->session), relay_session());
}

static void ask_about_the_other(struct client *client, const struct event *event) {
  struct client *other = client->hook_data;
  if (event->kind != SIGNAL) return;
  CHECK(otc_session_get_id(other->session) == NULL);
  CHECK(otc_session_get_connection(other->session) == NULL);
  CHECK(otc_session_get_user_data(other->session) == NULL);
  CHECK_INT(otc_session_send_signal(other->session, "t", ""), OTC_INVALID_PARAM);
}

/* Only the callback that runs may go on to ask, not those of other sessions. */
void a_session_deleted_in_its_callback_is_unknown_to_other_callbacks(void) {
  struct door door;
  struct client *ada;
  struct client *bob;
  door_make(&door);
  world_begin();
  ada = CLIENT(.name = "ada", .hook = delete_and_stand, .hook_data = &door);
  bob = CLIENT(.name = "bob", .session_id = mint_session(), .hook = ask_about_the_other, .hook_data = ada);
  client_join(ada);
  client_join(bob);
  send_to(ada, ada, "wait", "");
  door_await(&door, 1);
  send_to(bob, bob, "ask", "");
  expect_signal(bob, "ask", "", bob);
  client_leave(bob);
  door_open(&door);
  CHECK_TEXT(expect(ada, SIGNAL)->type, "wait");
  client_wait_idle(ada);
  client_free(ada);
  world_end();
}

static struct {
  struct door door;
  struct client *ada;
} logger;

/* Its callback wants to log, and waits for the logger, which deletes its session. */
static void log_an_issue(struct client *client, const struct event *event) {
  char *issue = NULL;
  if (event->kind != SIGNAL) return;
  door_wait(&logger.door);
  otc_session_report_issue(client->session, "of the callback", &issue);
  free(issue);
}

static void delete_in_logger(const char *line) {
  if (strstr(line, "of the test") == NULL) return;
  door_open(&logger.door);
  CHECK_INT(otc_destroy(), OTC_FATAL); /* it would wait in here just as well */
  client_delete(logger.ada);
}

void delete_inside_the_logger_does_not_wait_for_a_callback_that_logs(void) {
  struct client *bob;
  char *issue = NULL;
  door_make(&logger.door);
  world_begin();
  logger.ada = CLIENT(.name = "ada", .hook = log_an_issue);
  bob = CLIENT(.name = "bob", .session_id = mint_session());
  client_join(logger.ada);
  send_to(logger.ada, logger.ada, "log", "");
  door_await(&logger.door, 1);
  otc_log_set_logger_callback(delete_in_logger);
  otc_log_enable(OTC_LOG_LEVEL_WARN);
  CHECK_INT(otc_session_report_issue(bob->session, "of the test", &issue), OTC_SUCCESS);
  free(issue);
  otc_log_enable(OTC_LOG_LEVEL_DISABLED);
  otc_log_set_logger_callback(NULL);
  CHECK_TEXT(expect(logger.ada, SIGNAL)->type, "log");
  client_wait_idle(logger.ada);
  client_free(logger.ada);
  client_free(bob);
  world_end();
}
