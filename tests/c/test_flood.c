/* Bounds: what happens to a receiver that does not keep up, and to a sender whose signals cannot leave. */
#define _GNU_SOURCE
#include "door.h"
#include "harness.h"
#include "tests.h"

enum { DATA_BYTES = 8000, LOSS_MS = 2000 }; /* a link that is silent for so long is lost */

static void stand_once(struct client *client, const struct event *event) {
  if (event->kind != SIGNAL || strcmp(event->type, "0") != 0) return;
  /* OTC_TEST_LONG=1: for minutes (and OTC_TEST_LIMIT is needed, because waits take longer then). */
  if (getenv("OTC_TEST_LONG") != NULL) door_wait_at_most(client->hook_data, 150000);
  else door_wait(client->hook_data);
}

/* Sends signals that are numbered by their type until `count` are sent or the receiver is gone. Returns how many. */
static int flood(struct client *sender, const otc_connection *receiver, int count) {
  enum { TOGETHER = 50 };
  char data[DATA_BYTES + 1];
  int sent;
  memset(data, 'x', DATA_BYTES);
  data[DATA_BYTES] = '\0';
  for (sent = 0; sent < count; sent++) {
    otc_status status = otc_session_send_signal_to_connection(sender->session, keep_text("%d", sent), data, receiver);
    if (status == OTC_SESSION_UNABLE_TO_SEND_SIGNAL) {
      wait_for_count(sender, DROPPED, 1); /* known before it is told */
      break;
    }
    CHECK_INT(status, OTC_SUCCESS);
    if (sent % TOGETHER == 0) {
      /* The relay has taken what came before it. */
      send_to(sender, sender, "taken", "");
      wait_for_count(sender, SIGNAL, (size_t)(sent / TOGETHER) + 1);
    }
  }
  return sent;
}

static struct client *make_receiver_with(const struct otc_x_timeouts *timeouts, struct door *door, struct proxy *proxy) {
  struct otc_x_limits limits = {.struct_size = sizeof limits, .callback_queue_bytes = 256 * 1024};
  door_make(door);
  return CLIENT(.name = "receiver", .through = proxy, .limits = &limits, .timeouts = timeouts, .hook = stand_once,
                .hook_data = door);
}

static struct client *make_receiver(struct door *door, struct proxy *proxy) {
  struct otc_x_timeouts timeouts = {.struct_size = sizeof timeouts, .keepalive_interval_ms = 500, .keepalive_loss_ms = LOSS_MS};
  return make_receiver_with(&timeouts, door, proxy);
}

/* Both join and know of each other. Returns the receiver as signals are sent to it, for the caller to delete. */
static otc_connection *join_both(struct client *receiver, struct client *sender) {
  client_join(receiver);
  client_join(sender);
  expect_created(receiver, sender);
  expect_created(sender, receiver);
  return otc_connection_copy(otc_session_get_connection(receiver->session));
}

/* There and back, for longer than a link may be silent. */
static void pass_the_time(struct client *client) {
  int64_t end = milliseconds() + (LOSS_MS + 500) * slow_factor();
  size_t count = count_events(client, SIGNAL);
  while (milliseconds() < end) {
    send_to(client, client, "taken", "");
    wait_for_count(client, SIGNAL, ++count);
  }
}

/* Or waits until it lets go by itself. */
static void let_go(struct door *door) {
  if (getenv("OTC_TEST_LONG") == NULL) door_open(door);
}

void a_receiver_that_stands_under_a_flood_keeps_its_memory_and_loses_nothing(void) {
  enum { COUNT = 1500, SLACK_BYTES = 2 * 1024 * 1024, SLACK_RESIDENT_KB = 8 * 1024 };
  struct door door;
  struct client *receiver;
  struct client *sender;
  struct proxy *proxy;
  otc_connection *target;
  size_t before;
  long resident;
  int i;
  world_begin();
  proxy = proxy_start(relay_port());
  receiver = make_receiver(&door, proxy);
  sender = CLIENT(.name = "sender");
  target = join_both(receiver, sender);
  before = heap_in_use();
  resident = resident_kilobytes();
  CHECK_INT(flood(sender, target, COUNT), COUNT);
  door_await(&door, 1);
  /* Twelve megabytes are on their way, and the program holds a fraction of them. */
  printf("flooded with %d bytes: in use %lu -> %lu, resident %ld -> %ld KiB\n", COUNT * DATA_BYTES, (unsigned long)before,
         (unsigned long)heap_in_use(), resident, resident_kilobytes());
  CHECK(heap_in_use() < before + SLACK_BYTES);
  pass_the_time(sender);
  if (before > 0) CHECK(resident_kilobytes() < resident + SLACK_RESIDENT_KB); /* tools have memory of their own */
  let_go(&door);
  for (i = 0; i < COUNT; i++) {
    const struct event *event = expect(receiver, SIGNAL);
    CHECK_TEXT(event->type, keep_text("%d", i));
    CHECK_INT(strlen(event->text), DATA_BYTES);
  }
  expect_nothing_more(receiver);
  CHECK_INT(count_events(receiver, RECONNECTION_STARTED), 0); /* the pause was its own */
  CHECK_INT(proxy_cut(proxy), 1);
  CHECK_INT(otc_connection_delete(target), OTC_SUCCESS);
  client_free(receiver);
  client_free(sender);
  proxy_stop(proxy);
  world_end();
}

/* Room in the queue is reason enough to read on: no timer and no call of the program comes to help here. */
void a_receiver_that_stood_reads_on_as_soon_as_there_is_room(void) {
  enum { COUNT = 400 };
  struct otc_x_timeouts timeouts = {.struct_size = sizeof timeouts, .keepalive_interval_ms = 300000, .keepalive_loss_ms = 600000};
  struct door door;
  struct client *receiver;
  struct client *sender;
  otc_connection *target;
  int i;
  world_begin();
  receiver = make_receiver_with(&timeouts, &door, NULL);
  sender = CLIENT(.name = "sender");
  target = join_both(receiver, sender);
  CHECK_INT(flood(sender, target, COUNT), COUNT);
  door_await(&door, 1);
  door_open(&door);
  for (i = 0; i < COUNT; i++) CHECK_TEXT(expect(receiver, SIGNAL)->type, keep_text("%d", i));
  CHECK_INT(otc_connection_delete(target), OTC_SUCCESS);
  client_free(receiver);
  client_free(sender);
  world_end();
}

/* Neither a callback that stands nor a queue that is full holds up what was accepted before, and the goodbye. */
void a_receiver_that_stands_under_a_flood_may_leave(void) {
  enum { COUNT = 400 };
  struct otc_x_timeouts timeouts = {.struct_size = sizeof timeouts, .keepalive_interval_ms = 300000, .keepalive_loss_ms = 600000};
  struct door door;
  struct client *receiver;
  struct client *sender;
  otc_connection *target;
  world_begin();
  receiver = make_receiver_with(&timeouts, &door, NULL);
  sender = CLIENT(.name = "sender");
  target = join_both(receiver, sender);
  CHECK_INT(flood(sender, target, COUNT), COUNT);
  door_await(&door, 1);
  send_to(receiver, sender, "last-words", "");
  CHECK_INT(otc_session_disconnect(receiver->session), OTC_SUCCESS);
  wait_for_count(sender, DROPPED, 1);
  door_open(&door);
  expect(receiver, SIGNAL);
  expect(receiver, DISCONNECTED);
  client_wait_idle(receiver);
  expect_nothing_more(receiver);
  while (strcmp(expect(sender, SIGNAL)->type, "last-words") != 0) continue;
  expect_dropped(sender, "receiver");
  CHECK_INT(otc_connection_delete(target), OTC_SUCCESS);
  client_free(receiver);
  client_free(sender);
  world_end();
}

/* The relay keeps so much for a client and no more: it ends the connection then, and the client says so. What was reported until
 * then is the beginning of what was sent. */
void a_receiver_that_stands_for_too_long_ends_with_an_error_and_no_hole(void) {
  enum { COUNT = 1000 };
  struct door door;
  struct client *receiver;
  struct client *sender;
  struct proxy *proxy;
  otc_connection *target;
  const struct event *event;
  int sent;
  int told = 0;
  set_variable("OTC_RELAY_LIMITS_KEPT_BYTES", "1MiB");
  world_begin();
  proxy = proxy_start(relay_port());
  receiver = make_receiver(&door, proxy);
  sender = CLIENT(.name = "sender");
  target = join_both(receiver, sender);
  sent = flood(sender, target, COUNT);
  CHECK(sent < COUNT);
  wait_for_count(sender, DROPPED, 1);
  let_go(&door);
  for (event = expect_any(receiver); event->kind == SIGNAL; event = expect_any(receiver)) {
    CHECK_TEXT(event->type, keep_text("%d", told++));
  }
  CHECK(told > 0 && told <= sent);
  if (event->kind == RECONNECTION_STARTED) event = expect_any(receiver);
  CHECK_INT(event->kind, FAILED);
  CHECK_INT(event->code, OTC_CONNECTION_DROPPED);
  expect(receiver, DISCONNECTED);
  client_wait_idle(receiver);
  expect_nothing_more(receiver);
  CHECK_INT(otc_connection_delete(target), OTC_SUCCESS);
  client_free(receiver);
  client_free(sender);
  proxy_stop(proxy);
  world_end();
}

void a_full_outbox_refuses_and_loses_nothing_that_it_accepted(void) {
  struct otc_x_limits limits = {.struct_size = sizeof limits, .outbox_signals = 50};
  struct client *ada;
  struct proxy *proxy;
  otc_status status = OTC_SUCCESS;
  int accepted = 0;
  int i;
  world_begin();
  proxy = proxy_start(relay_port());
  ada = CLIENT(.name = "ada", .through = proxy, .limits = &limits);
  client_join(ada);
  proxy_refuse(proxy, 1);
  CHECK_INT(proxy_cut(proxy), 1);
  expect(ada, RECONNECTION_STARTED);
  while (accepted < 1000) {
    status = otc_session_send_signal(ada->session, "t", keep_text("%d", accepted));
    if (status != OTC_SUCCESS) break;
    accepted++;
  }
  CHECK_INT(status, OTC_SESSION_UNABLE_TO_SEND_SIGNAL);
  CHECK_INT(accepted, 50);
  proxy_refuse(proxy, 0);
  expect(ada, RECONNECTED);
  for (i = 0; i < accepted; i++) expect_signal(ada, "t", keep_text("%d", i), ada);
  expect_quiet(ada); /* there is room again */
  client_leave(ada);
  proxy_stop(proxy);
  world_end();
}
