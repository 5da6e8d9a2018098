/* Who is here. */
#include <time.h>

#include "harness.h"
#include "tests.h"

void two_clients_see_each_other_come_and_go(void) {
  struct client *ada;
  struct client *bob;
  world_begin();
  ada = CLIENT(.name = "ada");
  bob = CLIENT(.name = "bob");
  client_join(ada);
  client_join(bob);
  expect_created(bob, ada);
  expect_created(ada, bob);
  client_leave(bob);
  expect_dropped(ada, "bob");
  expect_quiet(ada);
  client_leave(ada);
  world_end();
}

void a_late_client_sees_everyone_in_the_order_they_came(void) {
  static const char *const names[] = {"one", "two", "three", "four", "five"};
  struct client *early[5];
  struct client *late;
  int i;
  world_begin();
  for (i = 0; i < 5; i++) {
    early[i] = CLIENT(.name = names[i]);
    client_join(early[i]);
  }
  late = CLIENT(.name = "late");
  client_join(late);
  for (i = 0; i < 5; i++) expect_created(late, early[i]);
  expect_quiet(late);
  client_leave(late);
  for (i = 0; i < 5; i++) client_free(early[i]);
  world_end();
}

static void remember_own_connection(struct client *client, const struct event *event) {
  const otc_connection **seen = client->hook_data;
  if (event->kind == CONNECTED) *seen = otc_session_get_connection(client->session);
}

void the_own_connection_is_known_before_on_connected_and_after_the_end(void) {
  const otc_connection *seen = NULL;
  const otc_connection *own;
  struct client *ada;
  world_begin();
  ada = CLIENT(.name = "ada", .hook = remember_own_connection, .hook_data = &seen);
  CHECK(otc_session_get_connection(ada->session) == NULL);
  client_join(ada);
  expect_quiet(ada); /* the hook of on_connected has returned */
  own = otc_session_get_connection(ada->session);
  CHECK(own != NULL && own == seen);
  CHECK(otc_connection_get_id(own)[0] != '\0');
  CHECK_TEXT(otc_connection_get_data(own), "ada");
  CHECK_TEXT(otc_connection_get_session_id(own), relay_session());
  CHECK_INT(otc_connection_delete((otc_connection *)(uintptr_t)own), OTC_SUCCESS); /* harmless: it is not the caller's */
  CHECK_INT(otc_session_disconnect(ada->session), OTC_SUCCESS);
  expect(ada, DISCONNECTED);
  CHECK(otc_session_get_connection(ada->session) == own);
  CHECK_TEXT(otc_connection_get_data(own), "ada");
  client_free(ada);
  world_end();
}

void connection_data_and_creation_time_reach_the_others(void) {
  static const char *const data[] = {"name=ada", "{\"a\":[1,\"\\\"\"]}", "gr\xC3\xBC\xC3\x9F dich \xF0\x9F\x98\x80", "a&b=c%20d+e"};
  const int64_t now = (int64_t)time(NULL) * 1000;
  struct client *watcher;
  size_t i;
  world_begin();
  watcher = CLIENT(.name = "watcher");
  client_join(watcher);
  for (i = 0; i < sizeof data / sizeof data[0]; i++) {
    struct client *other = CLIENT(.name = data[i]);
    const struct event *event;
    client_join(other);
    expect(other, CREATED);
    event = expect(watcher, CREATED);
    CHECK_TEXT(event->data, data[i]);
    /* Milliseconds since 1970: within a day of the clock here, which no other unit can be. */
    CHECK(event->creation_time > now - 86400000 && event->creation_time < now + 86400000);
    CHECK(event->creation_time == otc_connection_get_creation_time(otc_session_get_connection(other->session)));
    client_leave(other);
    expect_dropped(watcher, data[i]);
  }
  client_leave(watcher);
  world_end();
}

void a_copied_connection_outlives_its_owner_and_the_session(void) {
  struct client *ada;
  struct client *bob;
  otc_connection *copy;
  const char *id;
  world_begin();
  ada = CLIENT(.name = "ada");
  bob = CLIENT(.name = "bob");
  client_join(ada);
  client_join(bob);
  expect_created(ada, bob);
  id = keep_text("%s", client_id(bob));
  copy = otc_connection_copy(otc_session_get_connection(bob->session));
  CHECK(copy != NULL);
  client_free(bob);
  expect_dropped(ada, "bob");
  client_free(ada);
  CHECK_TEXT(otc_connection_get_id(copy), id);
  CHECK_TEXT(otc_connection_get_data(copy), "bob");
  CHECK_INT(otc_connection_delete(copy), OTC_SUCCESS);
  world_end();
}

void suppressed_connection_events_are_not_reported(void) {
  struct client *ada;
  struct client *quiet;
  struct client *bob;
  world_begin();
  ada = CLIENT(.name = "ada");
  client_join(ada);
  quiet = CLIENT(.name = "quiet", .suppress_connection_events = 1);
  client_join(quiet);
  expect_created(ada, quiet);
  bob = CLIENT(.name = "bob");
  client_join(bob);
  expect_created(ada, bob);
  send_to_all(bob, "t", "hello"); /* signals arrive all the same, with the sender's id */
  expect_signal(quiet, "t", "hello", bob);
  expect_signal(ada, "t", "hello", bob);
  client_leave(bob);
  expect_dropped(ada, "bob");
  expect_quiet(quiet);
  client_leave(quiet);
  client_free(ada);
  world_end();
}

void sessions_do_not_mix(void) {
  const char *other_session;
  struct client *here;
  struct client *there;
  world_begin();
  other_session = mint_session();
  here = CLIENT(.name = "here");
  there = CLIENT(.name = "there", .session_id = other_session);
  client_join(here);
  client_join(there);
  send_to_all(here, "t", "only here");
  send_to_all(there, "t", "only there");
  expect_signal(here, "t", "only here", here);
  expect_signal(there, "t", "only there", there);
  expect_quiet(here);
  expect_quiet(there);
  client_leave(here);
  client_leave(there);
  world_end();
}

void a_moderator_removes_a_client(void) {
  struct client *moderator;
  struct client *guest;
  world_begin();
  moderator = CLIENT(.name = "moderator", .role = "moderator");
  guest = CLIENT(.name = "guest");
  client_join(moderator);
  client_join(guest);
  expect_created(guest, moderator);
  expect_created(moderator, guest);
  CHECK(otc_session_get_capabilities(moderator->session).force_disconnect);
  CHECK(!otc_session_get_capabilities(guest->session).force_disconnect);
  CHECK_INT(otc_session_force_disconnect(guest->session, otc_session_get_connection(moderator->session)),
            OTC_UNABLE_TO_FORCE_DISCONNECT);
  CHECK_INT(otc_session_force_disconnect(moderator->session, otc_session_get_connection(guest->session)), OTC_SUCCESS);
  expect(guest, DISCONNECTED); /* no on_error: nothing failed */
  expect_nothing_more(guest);
  expect_dropped(moderator, "guest");
  CHECK_INT(otc_session_disconnect(guest->session), OTC_SESSION_NOT_CONNECTED);
  client_join(guest); /* and may come back */
  expect_created(guest, moderator);
  client_leave(guest);
  client_free(moderator);
  world_end();
}
