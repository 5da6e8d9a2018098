/* Every call in every state of a session: idle, connecting, connected, reconnecting, disconnecting. */
#include "harness.h"
#include "tests.h"

/* A client that is in one of the states and stays there until the proxy lets go. */
enum state { IDLE, CONNECTING, JOINED, RECONNECTING, STATES };

static const char *const state_names[STATES] = {"idle", "connecting", "connected", "reconnecting"};

static struct client *client_in(enum state state, struct proxy *proxy) {
  /* Others are of no interest here, nor is its own former self, which the relay may still hold. */
  struct client *client = CLIENT(.name = state_names[state], .through = proxy, .suppress_connection_events = 1);
  if (state == CONNECTING) {
    proxy_stall(proxy, 1);
    client_connect(client);
  } else if (state >= JOINED) {
    client_join(client);
  }
  if (state == RECONNECTING) {
    proxy_refuse(proxy, 1);
    CHECK(proxy_cut(proxy) > 0);
    expect(client, RECONNECTION_STARTED);
  }
  return client;
}

static void release(struct proxy *proxy) {
  proxy_stall(proxy, 0);
  proxy_refuse(proxy, 0);
}

void connect_is_refused_unless_idle(void) {
  enum state state;
  struct proxy *proxy;
  world_begin();
  proxy = proxy_start(relay_port());
  for (state = CONNECTING; state < STATES; state++) {
    struct client *client = client_in(state, proxy);
    CHECK_INT(otc_session_connect(client->session, client->token), OTC_SESSION_ILLEGAL_STATE);
    release(proxy);
    if (state == CONNECTING) expect(client, CONNECTED);
    if (state == RECONNECTING) expect(client, RECONNECTED);
    expect_quiet(client); /* and it did no harm */
    client_leave(client);
  }
  proxy_stop(proxy);
  world_end();
}

void signals_are_accepted_when_connected_or_reconnecting(void) {
  static const struct {
    otc_status with_retry;
    otc_status without;
  } rows[STATES] = {{OTC_SESSION_NOT_CONNECTED, OTC_SESSION_NOT_CONNECTED},
                    {OTC_SESSION_NOT_CONNECTED, OTC_SESSION_NOT_CONNECTED},
                    {OTC_SUCCESS, OTC_SUCCESS},
                    {OTC_SUCCESS, OTC_SESSION_NOT_CONNECTED}};
  struct otc_signal_options with_retry = {OTC_TRUE};
  struct otc_signal_options without = {OTC_FALSE};
  enum state state;
  struct proxy *proxy;
  world_begin();
  proxy = proxy_start(relay_port());
  for (state = IDLE; state < STATES; state++) {
    struct client *client = client_in(state, proxy);
    CHECK_INT(otc_session_send_signal_with_options(client->session, "t", "kept", with_retry), rows[state].with_retry);
    CHECK_INT(otc_session_send_signal_with_options(client->session, "t", "not kept", without), rows[state].without);
    release(proxy);
    if (state == RECONNECTING) expect(client, RECONNECTED);
    if (rows[state].with_retry == OTC_SUCCESS) expect_signal(client, "t", "kept", client);
    if (rows[state].without == OTC_SUCCESS) expect_signal(client, "t", "not kept", client);
    client_free(client);
  }
  proxy_stop(proxy);
  world_end();
}

void disconnect_is_followed_by_exactly_one_on_disconnected(void) {
  enum state state;
  struct proxy *proxy;
  world_begin();
  proxy = proxy_start(relay_port());
  for (state = IDLE; state < STATES; state++) {
    struct client *client = client_in(state, proxy);
    if (state == IDLE) {
      CHECK_INT(otc_session_disconnect(client->session), OTC_SESSION_NOT_CONNECTED);
    } else {
      CHECK_INT(otc_session_disconnect(client->session), OTC_SUCCESS);
      expect(client, DISCONNECTED);
    }
    release(proxy);
    client_wait_idle(client);
    CHECK_INT(otc_session_disconnect(client->session), OTC_SESSION_NOT_CONNECTED);
    client_join(client); /* idle again, it may be connected again; had anything come late, it would stand before this */
    expect_quiet(client);
    client_leave(client);
  }
  proxy_stop(proxy);
  world_end();
}

void disconnecting_twice_is_no_mistake(void) {
  struct client *ada;
  struct proxy *proxy;
  otc_status second;
  world_begin();
  proxy = proxy_start(relay_port());
  ada = CLIENT(.name = "ada", .through = proxy);
  client_join(ada);
  proxy_stall(proxy, 1); /* the goodbye cannot end at once */
  CHECK_INT(otc_session_disconnect(ada->session), OTC_SUCCESS);
  second = otc_session_disconnect(ada->session);
  CHECK(second == OTC_SUCCESS || second == OTC_SESSION_NOT_CONNECTED); /* it may be over by now */
  expect(ada, DISCONNECTED);
  client_wait_idle(ada);
  expect_nothing_more(ada);
  proxy_stall(proxy, 0);
  client_join(ada);
  client_leave(ada);
  proxy_stop(proxy);
  world_end();
}

void disconnect_lets_accepted_signals_leave_first(void) {
  enum { COUNT = 500 };
  struct client *ada;
  struct client *bob;
  int i;
  world_begin();
  ada = CLIENT(.name = "ada");
  bob = CLIENT(.name = "bob");
  client_join(ada);
  client_join(bob);
  expect_created(ada, bob);
  expect_created(bob, ada);
  for (i = 0; i < COUNT; i++) send_to(ada, bob, "t", "last words");
  CHECK_INT(otc_session_disconnect(ada->session), OTC_SUCCESS);
  for (i = 0; i < COUNT; i++) CHECK_TEXT(expect(bob, SIGNAL)->text, "last words");
  expect_dropped(bob, "ada");
  expect(ada, DISCONNECTED);
  client_free(ada);
  client_leave(bob);
  world_end();
}

void delete_is_silent_in_every_state(void) {
  enum state state;
  struct client *watcher;
  struct proxy *proxy;
  world_begin();
  proxy = proxy_start(relay_port());
  watcher = CLIENT(.name = "watcher");
  client_join(watcher);
  for (state = IDLE; state < STATES; state++) {
    struct client *client = client_in(state, proxy);
    client_wait_idle(client);
    client_delete(client); /* a callback from now on would fail the test */
    expect_nothing_more(client);
    client_free(client);
    release(proxy);
    if (state == JOINED) {
      expect(watcher, CREATED);
      expect(watcher, DROPPED);
    }
    if (state == RECONNECTING) expect(watcher, CREATED); /* leaves when the relay knows, which may take its grace window */
  }
  client_free(watcher);
  proxy_stop(proxy);
  world_end();
}

void delete_right_after_disconnect_still_says_goodbye(void) {
  struct client *ada;
  struct client *watcher;
  world_begin();
  watcher = CLIENT(.name = "watcher");
  ada = CLIENT(.name = "ada");
  client_join(watcher);
  client_join(ada);
  expect_created(watcher, ada);
  send_to_all(ada, "t", "last words");
  CHECK_INT(otc_session_disconnect(ada->session), OTC_SUCCESS);
  client_delete(ada);
  CHECK_TEXT(expect(watcher, SIGNAL)->text, "last words");
  expect_dropped(watcher, "ada");
  client_free(ada);
  client_leave(watcher);
  world_end();
}

void a_session_may_be_joined_again_as_somebody_new(void) {
  const char *ids[5];
  struct client *ada;
  int i;
  int j;
  world_begin();
  ada = CLIENT(.name = "ada");
  for (i = 0; i < 5; i++) {
    client_join(ada);
    ids[i] = keep_text("%s", client_id(ada));
    for (j = 0; j < i; j++) CHECK(strcmp(ids[i], ids[j]) != 0);
    expect_quiet(ada);
    CHECK_INT(otc_session_disconnect(ada->session), OTC_SUCCESS);
    expect(ada, DISCONNECTED);
  }
  client_free(ada);
  world_end();
}
