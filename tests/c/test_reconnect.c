/* Links that break: nothing is lost, doubled or reordered, and who looks on notices nothing. */
#include "harness.h"
#include "tests.h"

/* Two clients that have met, the first one through a proxy. */
static void meet(struct client **ada, struct client **bob, struct proxy *proxy, const struct otc_x_timeouts *timeouts) {
  *ada = CLIENT(.name = "ada", .through = proxy, .timeouts = timeouts);
  *bob = CLIENT(.name = "bob");
  client_join(*ada);
  client_join(*bob);
  expect_created(*ada, *bob);
  expect_created(*bob, *ada);
}

static void break_link(struct client *client, struct proxy *proxy) {
  proxy_refuse(proxy, 1);
  CHECK(proxy_cut(proxy) > 0);
  expect(client, RECONNECTION_STARTED);
}

static void mend_link(struct client *client, struct proxy *proxy) {
  proxy_refuse(proxy, 0);
  expect(client, RECONNECTED);
}

static const char *number(int i) {
  static char text[16];
  snprintf(text, sizeof text, "%d", i);
  return text;
}

void signals_sent_while_the_link_is_broken_arrive_once_and_in_order(void) {
  enum { COUNT = 100 };
  struct client *ada;
  struct client *bob;
  struct proxy *proxy;
  int i;
  world_begin();
  proxy = proxy_start(relay_port());
  meet(&ada, &bob, proxy, NULL);
  break_link(ada, proxy);
  for (i = 0; i < COUNT; i++) send_to_all(ada, "out", number(i));
  for (i = 0; i < COUNT; i++) send_to(bob, ada, "in", number(i));
  mend_link(ada, proxy);
  for (i = 0; i < COUNT; i++) expect_signal(bob, "out", number(i), ada);
  expect_quiet(bob); /* nothing of it twice, and bob never saw ada leave */
  client_free(ada);
  client_free(bob);
  proxy_stop(proxy);
  world_end();
}

/* The next signal of one type, passing over those of the other. */
static void expect_numbers(struct client *client, const char *mine, int count) {
  int next = 0;
  while (next < count) {
    const struct event *event = expect_any(client);
    if (event->kind != SIGNAL) continue;
    if (strcmp(event->type, mine) == 0) CHECK_TEXT(event->text, number(next++));
  }
}

void a_stream_survives_many_cuts_in_both_directions(void) {
  enum { CUTS = 10, BETWEEN = 200, COUNT = CUTS * BETWEEN };
  struct client *ada;
  struct client *bob;
  struct proxy *proxy;
  int i;
  world_begin();
  proxy = proxy_start(relay_port());
  meet(&ada, &bob, proxy, NULL);
  for (i = 0; i < COUNT; i++) {
    send_to(ada, bob, "out", number(i));
    send_to(bob, ada, "in", number(i));
    if (i % BETWEEN != BETWEEN - 1) continue;
    /* Half of this lot has arrived, the rest is on its way: cut wherever the bytes happen to be. */
    wait_for_count(bob, SIGNAL, (size_t)(i - BETWEEN / 2));
    proxy_cut(proxy);
  }
  expect_numbers(bob, "out", COUNT);
  expect_numbers(ada, "in", COUNT);
  client_wait_idle(ada);
  CHECK_INT(count_events(bob, SIGNAL), COUNT);
  CHECK_INT(count_events(ada, SIGNAL), COUNT);
  CHECK_INT(count_events(bob, DROPPED), 0);
  CHECK(count_events(ada, RECONNECTION_STARTED) > 0);
  expect_quiet(bob);
  client_free(ada);
  client_free(bob);
  proxy_stop(proxy);
  world_end();
}

void a_resumed_session_keeps_its_connection(void) {
  const otc_connection *own;
  struct client *ada;
  struct client *bob;
  struct proxy *proxy;
  int round;
  world_begin();
  proxy = proxy_start(relay_port());
  meet(&ada, &bob, proxy, NULL);
  own = otc_session_get_connection(ada->session);
  for (round = 0; round < 3; round++) {
    break_link(ada, proxy);
    mend_link(ada, proxy);
    CHECK(otc_session_get_connection(ada->session) == own);
    send_to(bob, ada, "t", number(round));
    expect_signal(ada, "t", number(round), bob);
    send_to(ada, bob, "t", number(round));
    expect_signal(bob, "t", number(round), ada);
  }
  expect_quiet(bob);
  client_free(ada);
  client_free(bob);
  proxy_stop(proxy);
  world_end();
}

void who_came_and_went_meanwhile_is_reported_after_it(void) {
  struct client *ada;
  struct client *bob;
  struct client *eve;
  struct proxy *proxy;
  world_begin();
  proxy = proxy_start(relay_port());
  meet(&ada, &bob, proxy, NULL);
  break_link(ada, proxy);
  eve = CLIENT(.name = "eve");
  client_join(eve);
  expect_created(eve, ada); /* still there, as far as anybody knows */
  expect_created(eve, bob);
  expect_created(bob, eve);
  send_to(eve, ada, "t", "anybody there?");
  expect_quiet(eve); /* the relay has both */
  client_leave(bob);
  expect_dropped(eve, "bob");
  mend_link(ada, proxy);
  expect_created(ada, eve);
  expect_signal(ada, "t", "anybody there?", eve);
  expect_dropped(ada, "bob");
  expect_quiet(ada);
  client_free(ada);
  client_free(eve);
  proxy_stop(proxy);
  world_end();
}

void silence_on_an_open_link_counts_as_a_loss(void) {
  struct otc_x_timeouts timeouts = {
      .struct_size = sizeof timeouts, .keepalive_interval_ms = 300, .keepalive_loss_ms = 1000, .socket_ms = 500};
  struct client *ada;
  struct client *bob;
  struct proxy *proxy;
  world_begin();
  proxy = proxy_start(relay_port());
  meet(&ada, &bob, proxy, &timeouts);
  proxy_stall(proxy, 1); /* nothing closes, nothing answers */
  expect(ada, RECONNECTION_STARTED);
  send_to(bob, ada, "t", "said into the silence");
  proxy_stall(proxy, 0);
  expect(ada, RECONNECTED);
  expect_signal(ada, "t", "said into the silence", bob);
  expect_quiet(bob);
  client_free(ada);
  client_free(bob);
  proxy_stop(proxy);
  world_end();
}

void a_link_cut_while_connecting_is_no_reconnection(void) {
  struct client *ada;
  struct proxy *proxy;
  world_begin();
  proxy = proxy_start(relay_port());
  ada = CLIENT(.name = "ada", .through = proxy);
  proxy_stall(proxy, 1);
  client_connect(ada);
  proxy_await(proxy, 1);
  CHECK(proxy_cut(proxy) > 0);
  proxy_stall(proxy, 0);
  expect(ada, CONNECTED);
  expect_quiet(ada);
  CHECK_INT(count_events(ada, RECONNECTION_STARTED), 0);
  client_leave(ada);
  proxy_stop(proxy);
  world_end();
}

void disconnect_while_reconnecting_gives_up_quietly(void) {
  struct client *ada;
  struct client *bob;
  struct proxy *proxy;
  world_begin();
  proxy = proxy_start(relay_port());
  meet(&ada, &bob, proxy, NULL);
  break_link(ada, proxy);
  CHECK_INT(otc_session_disconnect(ada->session), OTC_SUCCESS);
  expect(ada, DISCONNECTED);
  client_wait_idle(ada);
  expect_nothing_more(ada);
  client_free(ada);
  client_free(bob);
  proxy_stop(proxy);
  world_end();
}
