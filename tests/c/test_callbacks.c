/* The contract of callbacks: what may be called inside, what runs beside what, and when none runs any more. */
#define _POSIX_C_SOURCE 200809L
#include <time.h>

#include "door.h"
#include "harness.h"
#include "internal.h"
#include "tests.h"

/* ---- Calls inside ---------------------------------------------------------------------------------------------------- */

enum { RALLY = 200 };

static void hit_back(struct client *client, const struct event *event) {
  if (event->kind != SIGNAL || strcmp(event->type, "ball") != 0 || atoi(event->text) >= RALLY) return;
  CHECK_INT(otc_session_send_signal_to_connection(client->session, "ball", keep_text("%d", atoi(event->text) + 1),
                                                  event->connection),
            OTC_SUCCESS);
}

void two_programs_may_answer_each_other_inside_their_callbacks(void) {
  struct client *ada;
  struct client *bob;
  int i;
  world_begin();
  ada = CLIENT(.name = "ada", .hook = hit_back);
  bob = CLIENT(.name = "bob", .hook = hit_back);
  client_join(ada);
  client_join(bob);
  expect_created(ada, bob);
  expect_created(bob, ada);
  send_to(ada, bob, "ball", "1");
  for (i = 1; i <= RALLY; i++) {
    expect_signal(i % 2 ? bob : ada, "ball", keep_text("%d", i), i % 2 ? ada : bob);
  }
  client_free(ada);
  client_free(bob);
  world_end();
}

static void disconnect_at_once(struct client *client, const struct event *event) {
  if (event->kind == CONNECTED) CHECK_INT(otc_session_disconnect(client->session), OTC_SUCCESS);
}

void disconnect_inside_on_connected_leaves(void) {
  struct client *host;
  struct client *ada;
  world_begin();
  host = CLIENT(.name = "host");
  client_join(host);
  ada = CLIENT(.name = "ada", .hook = disconnect_at_once);
  client_join(ada);
  expect(ada, DISCONNECTED); /* not even on_connection_created(host) comes between */
  expect_created(host, ada);
  expect_dropped(host, "ada");
  client_wait_idle(ada);
  expect_nothing_more(ada);
  client_free(ada);
  client_leave(host);
  world_end();
}

static void come_back_twice(struct client *client, const struct event *event) {
  int *left = client->hook_data;
  if (event->kind == DISCONNECTED && (*left)-- > 0) {
    CHECK_INT(otc_session_connect(client->session, client->token), OTC_SUCCESS);
  }
}

void connect_inside_on_disconnected_joins_again(void) {
  int left = 2;
  struct client *ada;
  int round;
  world_begin();
  ada = CLIENT(.name = "ada", .hook = come_back_twice, .hook_data = &left);
  client_join(ada);
  for (round = 0; round < 3; round++) {
    expect_quiet(ada);
    CHECK_INT(otc_session_disconnect(ada->session), OTC_SUCCESS);
    expect(ada, DISCONNECTED);
    if (round < 2) expect(ada, CONNECTED);
  }
  client_free(ada);
  world_end();
}

static void try_again_once(struct client *client, const struct event *event) {
  struct proxy *proxy = client->hook_data;
  if (event->kind != FAILED) return;
  proxy_refuse(proxy, 0);
  CHECK_INT(otc_session_connect(client->session, client->token), OTC_SUCCESS);
}

void connect_inside_on_error_tries_again(void) {
  struct client *ada;
  struct proxy *proxy;
  world_begin();
  proxy = proxy_start(relay_port());
  proxy_refuse(proxy, 1);
  ada = CLIENT(.name = "ada", .through = proxy, .hook = try_again_once, .hook_data = proxy);
  client_connect(ada);
  expect(ada, FAILED);
  expect(ada, CONNECTED);
  expect_quiet(ada);
  client_leave(ada);
  proxy_stop(proxy);
  world_end();
}

static void remove_whoever_comes(struct client *client, const struct event *event) {
  if (event->kind == CREATED) CHECK_INT(otc_session_force_disconnect(client->session, event->connection), OTC_SUCCESS);
}

void a_moderator_may_remove_a_client_inside_a_callback(void) {
  struct client *moderator;
  struct client *guest;
  world_begin();
  moderator = CLIENT(.name = "moderator", .role = "moderator", .hook = remove_whoever_comes);
  guest = CLIENT(.name = "guest");
  client_join(moderator);
  client_join(guest);
  while (expect_any(guest)->kind != DISCONNECTED) continue; /* it may have seen the moderator */
  expect_created(moderator, guest);
  expect_dropped(moderator, "guest");
  client_free(guest);
  client_leave(moderator);
  world_end();
}

/* ---- Delete inside each kind of callback ------------------------------------------------------------------------------- */

static void delete_on_kind(struct client *client, const struct event *event) {
  const enum kind *kind = client->hook_data;
  if (event->kind != *kind) return;
  client_delete(client);
  CHECK_INT(otc_session_delete(client->session), OTC_INVALID_PARAM); /* gone already, even in here */
}

/* Makes a client whose session deletes itself in one kind of callback, and brings that callback about. */
static void delete_inside(enum kind kind, struct client *host, struct proxy *proxy) {
  struct otc_x_timeouts timeouts = {.struct_size = sizeof timeouts, .reconnect_limit_ms = 200};
  struct client *guest = NULL;
  struct client *ada = CLIENT(.name = "ada", .through = proxy, .timeouts = kind == FAILED ? &timeouts : NULL,
                              .hook = delete_on_kind, .hook_data = &kind);
  client_join(ada);
  CHECK_TEXT(expect(host, CREATED)->data, "ada");
  if (kind != CONNECTED) expect_created(ada, host);
  if (kind == DROPPED) {
    guest = CLIENT(.name = "guest");
    client_join(guest);
    expect_created(ada, guest);
    client_leave(guest);
    expect(ada, DROPPED);
    expect(host, CREATED);
    expect(host, DROPPED);
  } else if (kind == SIGNAL) {
    otc_connection *target = otc_connection_copy(otc_session_get_connection(ada->session));
    CHECK_INT(otc_session_send_signal_to_connection(host->session, "t", "delete yourself", target), OTC_SUCCESS);
    (void)otc_session_send_signal_to_connection(host->session, "t", "and never see this", target); /* it may be gone */
    CHECK_INT(otc_connection_delete(target), OTC_SUCCESS);
    expect(ada, SIGNAL);
  } else if (kind == DISCONNECTED) {
    CHECK_INT(otc_session_disconnect(ada->session), OTC_SUCCESS);
    expect(ada, DISCONNECTED);
  } else if (kind == RECONNECTION_STARTED || kind == RECONNECTED || kind == FAILED) {
    proxy_refuse(proxy, 1);
    CHECK(proxy_cut(proxy) > 0);
    expect(ada, RECONNECTION_STARTED);
    if (kind == RECONNECTED) {
      proxy_refuse(proxy, 0);
      expect(ada, RECONNECTED);
    } else if (kind == FAILED) {
      expect(ada, FAILED); /* and no on_disconnected after it */
    }
    proxy_refuse(proxy, 0);
  }
  client_wait_idle(ada);
  client_free(ada);
}

/* The relay learns of a deletion at once, except where the link is broken: there the grace window has to pass, so those kinds
 * come last and nobody waits. */
void delete_inside_each_kind_of_callback_ends_the_session(void) {
  static const enum kind kinds[] = {CONNECTED, CREATED, SIGNAL, DROPPED, DISCONNECTED, RECONNECTED};
  static const enum kind without_goodbye[] = {RECONNECTION_STARTED, FAILED};
  struct client *host;
  struct proxy *proxy;
  size_t i;
  world_begin();
  proxy = proxy_start(relay_port());
  host = CLIENT(.name = "host");
  client_join(host);
  for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    delete_inside(kinds[i], host, proxy);
    expect_dropped(host, "ada");
  }
  client_free(host);
  for (i = 0; i < sizeof without_goodbye / sizeof without_goodbye[0]; i++) {
    host = CLIENT(.name = "host", .session_id = relay_session());
    client_join(host);
    delete_inside(without_goodbye[i], host, proxy);
    client_free(host);
    world_end();
    proxy_stop(proxy);
    world_begin();
    proxy = proxy_start(relay_port());
  }
  proxy_stop(proxy);
  world_end();
}

/* Delete does not wait here, because it is inside a callback: one of the other session may be running and may finish. */
static void delete_the_other(struct client *client, const struct event *event) {
  struct client *other = client->hook_data;
  if (event->kind != SIGNAL || strcmp(event->type, "delete") != 0) return;
  CHECK_INT(otc_session_delete(other->session), OTC_SUCCESS);
  other->deleted = 1;
}

void two_callbacks_may_delete_each_others_sessions(void) {
  enum { ROUNDS = 50 };
  struct client *pairs[ROUNDS][2];
  int i;
  world_begin();
  for (i = 0; i < ROUNDS; i++) {
    const char *session_id = mint_session();
    struct client *host = CLIENT(.name = "host", .session_id = session_id);
    pairs[i][0] = CLIENT(.name = "ada", .session_id = session_id, .hook = delete_the_other);
    pairs[i][1] = CLIENT(.name = "bob", .session_id = session_id, .hook = delete_the_other);
    pairs[i][0]->hook_data = pairs[i][1];
    pairs[i][1]->hook_data = pairs[i][0];
    client_join(pairs[i][0]);
    client_join(pairs[i][1]);
    client_join(host);
    expect(host, CREATED);
    expect(host, CREATED);
    send_to_all(host, "delete", "");
    while (expect_any(host)->kind != DROPPED) continue; /* one of the two may be gone before it has read that */
    client_free(host);
  }
  /* Only now is it certain that none of their callbacks runs any more. */
  CHECK_INT(otc_destroy(), OTC_SUCCESS);
  for (i = 0; i < ROUNDS; i++) {
    client_free(pairs[i][0]);
    client_free(pairs[i][1]);
  }
  relay_stop();
}

/* ---- What runs beside what --------------------------------------------------------------------------------------------- */

static void wait_at_door(struct client *client, const struct event *event) {
  if (event->kind == SIGNAL && strcmp(event->type, "wait") == 0) door_wait(client->hook_data);
}

void a_slow_callback_delays_only_its_own_session(void) {
  struct otc_x_timeouts timeouts = {.struct_size = sizeof timeouts, .keepalive_interval_ms = 200, .keepalive_loss_ms = 900};
  struct door door;
  struct client *slow;
  struct client *quick;
  int64_t began;
  int count = 0;
  int i;
  door_make(&door);
  world_begin();
  slow = CLIENT(.name = "slow", .timeouts = &timeouts, .hook = wait_at_door, .hook_data = &door);
  quick = CLIENT(.name = "quick", .timeouts = &timeouts);
  client_join(slow);
  client_join(quick);
  expect_created(slow, quick);
  expect_created(quick, slow);
  send_to(quick, slow, "wait", "");
  door_await(&door, 1);
  /* For longer than a link may be silent, there and back again and again: sending works while the callback stands. */
  for (began = milliseconds(); milliseconds() < began + 1500 * slow_factor(); count++) {
    send_to(slow, slow, "n", keep_text("%d", count));
    send_to(quick, quick, "n", keep_text("%d", count));
    expect_signal(quick, "n", keep_text("%d", count), quick);
  }
  CHECK_INT(count_events(quick, DROPPED), 0);
  door_open(&door);
  expect_signal(slow, "wait", "", quick);
  for (i = 0; i < count; i++) expect_signal(slow, "n", keep_text("%d", i), slow);
  CHECK_INT(count_events(slow, RECONNECTION_STARTED), 0);
  client_free(slow);
  client_free(quick);
  world_end();
}

void disconnect_returns_while_a_callback_stands(void) {
  struct door door;
  struct client *ada;
  struct client *watcher;
  door_make(&door);
  world_begin();
  ada = CLIENT(.name = "ada", .hook = wait_at_door, .hook_data = &door);
  watcher = CLIENT(.name = "watcher");
  client_join(ada);
  client_join(watcher);
  expect_created(ada, watcher);
  expect_created(watcher, ada);
  send_to(ada, ada, "wait", "");
  door_await(&door, 1);
  CHECK_INT(otc_session_disconnect(ada->session), OTC_SUCCESS);
  expect_dropped(watcher, "ada"); /* it has really left */
  door_open(&door);
  expect_signal(ada, "wait", "", ada);
  expect(ada, DISCONNECTED);
  client_free(ada);
  client_leave(watcher);
  world_end();
}

/* ---- The barrier of delete ---------------------------------------------------------------------------------------------- */

/* What a program frees right after delete. */
struct fragile {
  unsigned char alive;
  struct door *door;
};

static void use_fragile(otc_session *session, void *user_data, const char *type, const char *signal,
                        const otc_connection *connection) {
  struct fragile *fragile = user_data;
  (void)session;
  (void)signal;
  (void)connection;
  CHECK_INT(fragile->alive, 1);
  if (strcmp(type, "wait") == 0) {
    door_wait(fragile->door);
    CHECK_INT(fragile->alive, 1); /* delete waits for a callback that runs */
  }
}

static void *open_door(void *argument) {
  door_open(argument);
  return NULL;
}

void after_delete_returned_user_data_may_be_freed(void) {
  enum { ROUNDS = 30 };
  struct client *host;
  int round;
  int i;
  world_begin();
  set_variable("OTC_API_URL", relay_url());
  host = CLIENT(.name = "host");
  client_join(host);
  for (round = 0; round < ROUNDS; round++) {
    struct otc_session_callbacks callbacks = {0};
    struct fragile *fragile = malloc(sizeof *fragile);
    struct door door;
    otc_session *session;
    pthread_t opener;
    door_make(&door);
    CHECK(fragile != NULL);
    fragile->alive = 1;
    fragile->door = &door;
    callbacks.on_signal_received = use_fragile;
    callbacks.user_data = fragile;
    session = otc_session_new(TEST_API_KEY, relay_session(), &callbacks);
    CHECK_INT(otc_session_connect(session, mint_token(relay_session(), NULL, "fragile", NULL)), OTC_SUCCESS);
    expect(host, CREATED);
    send_to_all(host, "wait", "");
    for (i = 0; i < 20; i++) send_to_all(host, "flood", "");
    door_await(&door, 1); /* it stands in a callback, and others wait behind it */
    CHECK(pthread_create(&opener, NULL, open_door, &door) == 0);
    CHECK_INT(otc_session_delete(session), OTC_SUCCESS);
    fragile->alive = 0xDD;
    free(fragile);
    pthread_join(opener, NULL);
    for (i = 0; i < 22; i++) expect_any(host); /* its own signals, and somewhere among them that the other one left */
  }
  client_free(host);
  world_end();
}
