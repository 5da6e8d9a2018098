/* The contract of callbacks, continued: what runs beside what, everything that may be called inside, callbacks that take very
 * long, and the end of telling under a flood. */
#define _GNU_SOURCE
#include <time.h>
#include <unistd.h>

#include "door.h"
#include "everything.h"
#include "harness.h"
#include "tests.h"

static void wait_at_door(struct client *client, const struct event *event) {
  if (event->kind == SIGNAL && strcmp(event->type, "wait") == 0) door_wait(client->hook_data);
}

/* ---- At the same time -------------------------------------------------------------------------------------------------- */

/* Makes clients of sessions of their own whose callbacks stand at the door. */
static void stand_many(struct client **clients, int count, struct door *door) {
  int i;
  for (i = 0; i < count; i++) {
    clients[i] = CLIENT(.name = "one of many", .session_id = mint_session(), .hook = wait_at_door, .hook_data = door);
    client_connect(clients[i]);
  }
  for (i = 0; i < count; i++) expect(clients[i], CONNECTED);
  for (i = 0; i < count; i++) {
    send_to(clients[i], clients[i], "wait", "");
    send_to(clients[i], clients[i], "after", "");
  }
}

static void pass_all(struct client **clients, int count, struct door *door) {
  int i;
  door_open(door);
  for (i = 0; i < count; i++) {
    expect_signal(clients[i], "wait", "", clients[i]);
    expect_signal(clients[i], "after", "", clients[i]);
    client_leave(clients[i]);
  }
}

void callbacks_of_different_sessions_run_at_the_same_time(void) {
  enum { COUNT = 12 };
  struct client *clients[COUNT];
  struct door door;
  door_make(&door);
  world_begin();
  stand_many(clients, COUNT, &door);
  door_await(&door, COUNT); /* all of them are inside at once */
  pass_all(clients, COUNT, &door);
  world_end();
}

/* At most 64 threads call: the sessions beyond wait for one, and lose nothing by it. */
void more_standing_callbacks_than_threads_delay_and_lose_nothing(void) {
  enum { COUNT = 70, THREADS = 64 };
  struct client *clients[COUNT];
  struct door door;
  int threads;
  door_make(&door);
  world_begin();
  threads = count_threads();
  stand_many(clients, COUNT, &door);
  door_await(&door, THREADS);
  CHECK(count_threads() <= threads + THREADS + 2); /* and the one for the network, and one of a tool that this may run under */
  pass_all(clients, COUNT, &door);
  CHECK_INT(door.waiting, COUNT);
  world_end();
}

/* Each signal that it is told of brings about another one, and is dealt with more slowly than they come: there are always some that
 * wait. */
static void keep_busy(struct client *client, const struct event *event) {
  if (event->kind != SIGNAL) return;
  door_wait_at_most(client->hook_data, 1);
  (void)otc_session_send_signal_to_connection(client->session, "more", "", event->connection); /* refused once it is deleted */
}

void a_session_with_much_to_tell_leaves_the_last_thread_to_others(void) {
  enum { STANDING = 63, WAITING = 300 };
  struct client *clients[STANDING];
  struct client *busy;
  struct client *other;
  struct door never;
  struct door door;
  int i;
  door_make(&never);
  door_make(&door);
  world_begin();
  stand_many(clients, STANDING, &door);
  door_await(&door, STANDING);
  busy = CLIENT(.name = "busy", .session_id = mint_session(), .hook = keep_busy, .hook_data = &never);
  other = CLIENT(.name = "other", .session_id = mint_session());
  client_join(busy);
  client_join(other);
  for (i = 0; i < WAITING; i++) send_to(busy, busy, "more", "");
  wait_for_count(busy, SIGNAL, WAITING);
  for (i = 0; i < 3; i++) expect_quiet(other);
  client_free(busy);
  client_leave(other);
  pass_all(clients, STANDING, &door);
  world_end();
}

/* ---- Very slow callbacks ------------------------------------------------------------------------------------------------ */

struct slowness {
  struct door door;
  long ms;
};

static void take_long(struct client *client, const struct event *event) {
  struct slowness *slowness = client->hook_data;
  if (event->kind == SIGNAL && strcmp(event->type, "take-long") == 0) door_wait_at_most(&slowness->door, slowness->ms);
}

/* Three times as long as a silent link is given. OTC_TEST_LONG=1 takes the default times and half a minute (and needs
 * OTC_TEST_LIMIT, because waits take longer then), else all of them are a tenth. */
void a_very_slow_callback_is_no_loss_of_the_link(void) {
  struct otc_x_timeouts tenth = {.struct_size = sizeof tenth, .keepalive_interval_ms = 500, .keepalive_loss_ms = 990};
  int literal = getenv("OTC_TEST_LONG") != NULL;
  struct slowness slowness;
  struct proxy *proxy;
  struct client *slow;
  struct client *other;
  door_make(&slowness.door);
  slowness.ms = literal ? 30000 : 3000;
  world_begin();
  proxy = proxy_start(relay_port());
  slow = CLIENT(.name = "slow", .through = proxy, .timeouts = literal ? NULL : &tenth, .hook = take_long, .hook_data = &slowness);
  other = CLIENT(.name = "other", .timeouts = literal ? NULL : &tenth);
  client_join(slow);
  client_join(other);
  expect_created(slow, other);
  expect_created(other, slow);
  send_to(other, slow, "take-long", "");
  door_await(&slowness.door, 1);
  send_to(other, slow, "afterwards", "");
  expect_quiet(other); /* another session's callbacks are not held up */
  expect_signal(slow, "take-long", "", other);
  expect_signal(slow, "afterwards", "", other);
  CHECK_INT(count_events(slow, RECONNECTION_STARTED), 0);
  CHECK_INT(count_events(other, DROPPED), 0);
  CHECK_INT(proxy_cut(proxy), 1); /* it was still the first link */
  client_free(slow);
  client_free(other);
  proxy_stop(proxy);
  world_end();
}

/* ---- Everything inside ---------------------------------------------------------------------------------------------------- */

struct inside {
  int seen[OTHER + 1];
  int inits;
  struct client *other;
  const char *token; /* of a third client, in the same session */
};

static void count_line(const char *line) { CHECK(line != NULL); }

static void do_everything(struct client *client, const struct event *event) {
  struct inside *inside = client->hook_data;
  otc_status status;
  if (inside->seen[event->kind]++ > 0) return;
  everything(client->session, event->connection);
  everything(inside->other->session, event->connection);
  another_life(relay_session(), inside->token);
  otc_log_set_logger_callback(count_line);
  otc_log_set_logger_callback(NULL);
  CHECK_INT(otc_destroy(), OTC_FATAL);
  CHECK_INT(otc_init(NULL), OTC_SUCCESS);
  inside->inits++;
  if (event->kind == DISCONNECTED || event->kind == FAILED) return; /* connecting is legal there, and another test's */
  status = otc_session_connect(client->session, client->token);
  CHECK_INT(status, OTC_SESSION_ILLEGAL_STATE);
}

void every_function_may_be_called_inside_every_callback(void) {
  static const enum kind kinds[] = {CONNECTED, CREATED, DROPPED, SIGNAL, RECONNECTION_STARTED, RECONNECTED, DISCONNECTED};
  struct inside inside = {.inits = 0};
  struct inside failing = {.inits = 0};
  struct inside losing = {.inits = 0};
  struct otc_x_timeouts timeouts = {.struct_size = sizeof timeouts, .reconnect_limit_ms = 200};
  struct client *ada;
  struct client *bob;
  struct client *guest;
  struct client *stranger;
  struct client *lost;
  struct proxy *proxy;
  size_t i;
  world_begin();
  set_variable("OTC_API_URL", relay_url());
  proxy = proxy_start(relay_port());
  bob = CLIENT(.name = "bob");
  guest = CLIENT(.name = "guest");
  client_join(bob);
  inside.other = failing.other = losing.other = bob;
  inside.token = failing.token = losing.token = mint_token(relay_session(), NULL, "another life", NULL);
  ada = CLIENT(.name = "ada", .through = proxy, .hook = do_everything, .hook_data = &inside);
  client_join(ada);
  wait_for_count(ada, CREATED, 1);
  client_join(guest);
  client_free(guest);
  wait_for_count(ada, DROPPED, 1);
  send_to(bob, ada, "t", "");
  wait_for_count(ada, SIGNAL, 1);
  proxy_refuse(proxy, 1);
  CHECK_INT(proxy_cut(proxy), 1);
  wait_for_count(ada, RECONNECTION_STARTED, 1);
  proxy_refuse(proxy, 0);
  wait_for_count(ada, RECONNECTED, 1);
  client_wait_idle(ada); /* what it does inside counts on a session that is not being left */
  CHECK_INT(otc_session_disconnect(ada->session), OTC_SUCCESS);
  wait_for_count(ada, DISCONNECTED, 1);
  client_wait_idle(ada);
  for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) CHECK(inside.seen[kinds[i]] > 0);

  stranger = CLIENT(.name = "stranger", .token = "no token", .hook = do_everything, .hook_data = &failing);
  client_connect(stranger);
  wait_for_count(stranger, FAILED, 1);
  client_wait_idle(stranger);
  CHECK_INT(failing.inits, 1);
  client_free(stranger);

  /* An error of a session that was joined: it has a connection of its own, about which may be asked. */
  lost = CLIENT(.name = "lost", .through = proxy, .timeouts = &timeouts, .hook = do_everything, .hook_data = &losing);
  client_join(lost);
  proxy_refuse(proxy, 1);
  CHECK(proxy_cut(proxy) > 0);
  wait_for_count(lost, FAILED, 1);
  wait_for_count(lost, DISCONNECTED, 1);
  client_wait_idle(lost);
  CHECK_INT(losing.seen[FAILED], 1);
  client_free(lost);
  client_free(ada);
  client_free(bob);
  proxy_stop(proxy);
  for (i = inside.inits + failing.inits + losing.inits; i > 0; i--) CHECK_INT(otc_destroy(), OTC_SUCCESS);
  world_end();
}

static void fill_stack(struct client *client, const struct event *event) {
  volatile char room[1024 * 1024];
  size_t i;
  (void)client;
  if (event->kind != SIGNAL) return;
  for (i = 0; i < sizeof room; i += 1024) room[i] = 1;
  CHECK_INT(room[sizeof room - 1024], 1);
}

/* As on a thread of the host's own. */
void a_callback_has_room_on_its_stack(void) {
  struct client *ada;
  world_begin();
  ada = CLIENT(.name = "ada", .hook = fill_stack);
  client_join(ada);
  expect_quiet(ada);
  client_leave(ada);
  world_end();
}

static void *do_everything_beside(void *argument) {
  struct client *client = argument;
  int i;
  for (i = 0; i < 20; i++) {
    everything(client->session, NULL);
    everything(client->session, otc_session_get_connection(client->session));
  }
  return NULL;
}

/* No lock of the library is held while a callback runs: everything works from other threads, for this session too. */
void a_standing_callback_blocks_no_call_of_other_threads(void) {
  enum { THREADS = 4 };
  pthread_t threads[THREADS];
  struct door door;
  struct client *ada;
  int i;
  door_make(&door);
  world_begin();
  ada = CLIENT(.name = "ada", .hook = wait_at_door, .hook_data = &door);
  client_join(ada);
  send_to(ada, ada, "wait", "");
  door_await(&door, 1);
  for (i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, do_everything_beside, ada) == 0);
  for (i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  CHECK_INT(otc_session_disconnect(ada->session), OTC_SUCCESS);
  door_open(&door);
  expect_signal(ada, "wait", "", ada);
  expect(ada, DISCONNECTED);
  client_free(ada);
  world_end();
}

/* ---- Questions while the session is being deleted --------------------------------------------------------------------------- */

/* What a callback may rely on until it returns. What the client may do is not part of it: a session that ends allows nothing. */
static void ask(struct client *client) {
  const otc_connection *own = otc_session_get_connection(client->session);
  CHECK_TEXT(otc_session_get_id(client->session), relay_session());
  CHECK(otc_session_get_user_data(client->session) == client);
  CHECK(own != NULL && otc_connection_get_id(own) != NULL);
}

/* Comes back when another thread has begun to delete the session. */
static void ask_while_deleted(struct client *client, const struct event *event) {
  struct door *door = client->hook_data;
  time_t limit = time(NULL) + limit_seconds();
  if (event->kind != SIGNAL || strcmp(event->type, "ask") != 0) return;
  ask(client);
  CHECK_INT(otc_session_get_capabilities(client->session).publish, OTC_TRUE);
  door_wait(door);
  while (otc_session_send_signal(client->session, "t", "") != OTC_INVALID_PARAM) CHECK(time(NULL) < limit);
  ask(client);
}

static void *open_door(void *argument) {
  door_open(argument);
  return NULL;
}

void a_callback_may_ask_about_its_session_while_another_thread_deletes_it(void) {
  struct client *ada;
  struct door door;
  pthread_t opener;
  door_make(&door);
  world_begin();
  ada = CLIENT(.name = "ada", .hook = ask_while_deleted, .hook_data = &door);
  client_join(ada);
  send_to(ada, ada, "ask", "");
  door_await(&door, 1);
  CHECK(pthread_create(&opener, NULL, open_door, &door) == 0);
  client_delete(ada);
  CHECK(otc_session_get_id(ada->session) == NULL);
  CHECK(otc_session_get_connection(ada->session) == NULL);
  pthread_join(opener, NULL);
  client_free(ada);
  world_end();
}

static void delete_and_ask(struct client *client, const struct event *event) {
  if (event->kind != SIGNAL || strcmp(event->type, "ask") != 0) return;
  client_delete(client);
  ask(client);
  CHECK_INT(otc_session_send_signal(client->session, "t", ""), OTC_INVALID_PARAM);
  CHECK_INT(otc_session_disconnect(client->session), OTC_INVALID_PARAM);
  CHECK_INT(otc_session_delete(client->session), OTC_INVALID_PARAM);
  ask(client);
}

void a_callback_may_ask_about_its_session_after_it_deleted_it(void) {
  struct client *ada;
  world_begin();
  ada = CLIENT(.name = "ada", .hook = delete_and_ask);
  client_join(ada);
  send_to(ada, ada, "ask", "");
  CHECK_TEXT(expect(ada, SIGNAL)->type, "ask");
  client_wait_idle(ada);
  client_free(ada);
  world_end();
}

/* ---- The barrier of delete, under a flood --------------------------------------------------------------------------------- */

/* A page of its own, so that whoever touches it after delete is caught by the hardware. */
struct page {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  unsigned long calls;
};

static void count_call(otc_session *session, void *user_data, const char *type, const char *signal,
                       const otc_connection *connection) {
  struct page *page = user_data;
  (void)type, (void)signal;
  CHECK(otc_session_get_user_data(session) == page || otc_session_get_user_data(session) == NULL);
  CHECK(connection == NULL || otc_connection_get_id(connection) != NULL);
  pthread_mutex_lock(&page->lock);
  page->calls++;
  pthread_cond_broadcast(&page->changed);
  pthread_mutex_unlock(&page->lock);
}

struct flood {
  struct client *client;
  pthread_mutex_t lock;
  int stop;
};

static int is_over(struct flood *flood) {
  int stop;
  pthread_mutex_lock(&flood->lock);
  stop = flood->stop;
  pthread_mutex_unlock(&flood->lock);
  return stop;
}

/* As fast as they come back, so that no queue grows. */
static void *send_on(void *argument) {
  struct flood *flood = argument;
  int i;
  while (!is_over(flood)) {
    for (i = 0; i < 10; i++) send_to_all(flood->client, "flood", "");
    for (i = 0; i < 10; i++) {
      while (expect_any(flood->client)->kind != SIGNAL) continue;
    }
  }
  return NULL;
}

void user_data_is_not_touched_after_delete_under_a_flood(void) {
  enum { ROUNDS = 60 };
  const size_t size = sizeof(struct page); /* rounded up to whole pages by the system */
  struct flood flood = {.lock = PTHREAD_MUTEX_INITIALIZER};
  const char *token;
  pthread_t sender;
  unsigned long round;
  world_begin();
  set_variable("OTC_API_URL", relay_url());
  token = mint_token(relay_session(), NULL, "fragile", NULL);
  flood.client = CLIENT(.name = "sender");
  client_join(flood.client);
  CHECK(pthread_create(&sender, NULL, send_on, &flood) == 0);
  for (round = 0; round < ROUNDS; round++) {
    struct otc_session_callbacks callbacks = {0};
    otc_session *session;
    struct page *page = pages_make(size);
    pthread_mutex_init(&page->lock, NULL);
    pthread_cond_init(&page->changed, NULL);
    callbacks.on_signal_received = count_call;
    callbacks.user_data = page;
    session = otc_session_new(TEST_API_KEY, relay_session(), &callbacks);
    CHECK_INT(otc_session_connect(session, token), OTC_SUCCESS);
    pthread_mutex_lock(&page->lock);
    while (page->calls < round % 7) pthread_cond_wait(&page->changed, &page->lock); /* ctest has the limit */
    pthread_mutex_unlock(&page->lock);
    CHECK_INT(otc_session_delete(session), OTC_SUCCESS);
    memset(page, 0xDD, sizeof *page);
    pages_forbid(page, size); /* kept mapped, so that nothing else moves in */
  }
  pthread_mutex_lock(&flood.lock);
  flood.stop = 1;
  pthread_mutex_unlock(&flood.lock);
  pthread_join(sender, NULL);
  client_free(flood.client);
  world_end();
}
