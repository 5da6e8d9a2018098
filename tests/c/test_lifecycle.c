/* The life of the library and of sessions in it. */
#define _POSIX_C_SOURCE 200809L
#include "door.h"
#include "harness.h"
#include "said.h"
#include "tests.h"

void calls_before_init_fail_cleanly(void) {
  struct otc_session_callbacks callbacks = {0};
  CHECK(otc_session_new("key", "session", &callbacks) == NULL);
  CHECK(otc_destroy() != OTC_SUCCESS);
  CHECK_INT(otc_session_connect(NULL, "token"), OTC_INVALID_PARAM);
  CHECK_INT(otc_session_delete(NULL), OTC_INVALID_PARAM);
  CHECK(otc_session_get_id(NULL) == NULL);
  CHECK(otc_x_version() != NULL && otc_x_version()[0] != '\0');
  CHECK_INT(count_threads(), 1);
}

void init_counts_and_the_last_destroy_ends_the_library(void) {
  struct otc_session_callbacks callbacks = {0};
  otc_session *session;
  CHECK_INT(otc_init(NULL), OTC_SUCCESS);
  CHECK_INT(otc_init(NULL), OTC_SUCCESS);
  CHECK_INT(otc_destroy(), OTC_SUCCESS);
  session = otc_session_new("key", "session", &callbacks);
  CHECK(session != NULL);
  CHECK_INT(otc_session_delete(session), OTC_SUCCESS);
  CHECK_INT(otc_destroy(), OTC_SUCCESS);
  CHECK(otc_session_new("key", "session", &callbacks) == NULL);
  CHECK_INT(otc_destroy(), OTC_FATAL);
}

void destroy_joins_every_thread_and_init_works_again(void) {
  int round;
  relay_start();
  for (round = 0; round < 3; round++) {
    struct client *ada;
    CHECK_INT(otc_init(NULL), OTC_SUCCESS);
    ada = CLIENT(.name = "ada");
    client_join(ada);
    expect_quiet(ada);
    client_leave(ada);
    CHECK_INT(otc_destroy(), OTC_SUCCESS);
    CHECK_INT(count_threads(), 1);
  }
  relay_stop();
}

void destroy_ends_sessions_that_still_exist(void) {
  struct client *ada;
  relay_start();
  CHECK_INT(otc_init(NULL), OTC_SUCCESS);
  ada = CLIENT(.name = "ada");
  client_join(ada);
  CHECK_INT(otc_destroy(), OTC_SUCCESS);
  expect_nothing_more(ada); /* destroy reports nothing */
  client_free(ada);         /* and the session may still be deleted */

  /* The relay was told: whoever comes next is alone. */
  CHECK_INT(otc_init(NULL), OTC_SUCCESS);
  ada = CLIENT(.name = "ada again");
  client_join(ada);
  expect_quiet(ada);
  client_leave(ada);
  world_end();
}

static void destroy_from_inside(struct client *client, const struct event *event) {
  (void)client;
  if (event->kind == CONNECTED) CHECK_INT(otc_destroy(), OTC_FATAL);
}

void destroy_inside_a_callback_fails_and_stops_nothing(void) {
  struct client *ada;
  world_begin();
  said_listen(OTC_LOG_LEVEL_ERROR);
  ada = CLIENT(.name = "ada", .hook = destroy_from_inside);
  client_join(ada);
  expect_quiet(ada);
  CHECK_INT(said_count("cannot be destroyed inside a callback"), 1); /* whoever looks at no result finds it there */
  said_end();
  client_leave(ada);
  world_end();
}

static void take_a_moment(struct client *client, const struct event *event) {
  if (event->kind == SIGNAL && strcmp(event->type, "wait") == 0) door_wait_at_most(client->hook_data, 300);
}

void destroy_waits_for_a_callback_that_returns_soon(void) {
  struct client *ada;
  struct door door;
  door_make(&door);
  relay_start();
  CHECK_INT(otc_init(NULL), OTC_SUCCESS);
  ada = CLIENT(.name = "ada", .hook = take_a_moment, .hook_data = &door);
  client_join(ada);
  send_to(ada, ada, "wait", "");
  door_await(&door, 1);
  CHECK_INT(otc_destroy(), OTC_SUCCESS);
  CHECK_INT(ada->running, 0);
  client_free(ada);
  relay_stop();
}

void strings_and_structs_are_copied(void) {
  struct client *ada;
  char type[] = "kind";
  char data[] = "what was said";
  world_begin();
  ada = CLIENT(.name = "ada"); /* scribbles over the callbacks and deletes the settings at once */
  client_join(ada);
  CHECK_INT(otc_session_send_signal(ada->session, type, data), OTC_SUCCESS);
  memset(type, '!', sizeof type - 1);
  memset(data, '!', sizeof data - 1);
  expect_signal(ada, "kind", "what was said", ada);
  client_leave(ada);
  world_end();
}

void a_session_tells_its_id_and_user_data(void) {
  struct client *ada;
  world_begin();
  ada = CLIENT(.name = "ada");
  CHECK_TEXT(otc_session_get_id(ada->session), relay_session());
  CHECK(otc_session_get_user_data(ada->session) == ada);
  CHECK(otc_session_get_connection(ada->session) == NULL);
  client_free(ada);
  world_end();
}

void a_deleted_session_is_refused_everywhere(void) {
  struct client *ada;
  otc_session *gone;
  struct otc_signal_options options = {OTC_TRUE};
  char *issue = NULL;
  world_begin();
  ada = CLIENT(.name = "ada");
  client_join(ada);
  gone = ada->session;
  client_delete(ada);
  CHECK_INT(otc_session_delete(gone), OTC_INVALID_PARAM);
  CHECK_INT(otc_session_connect(gone, ada->token), OTC_INVALID_PARAM);
  CHECK_INT(otc_session_disconnect(gone), OTC_INVALID_PARAM);
  CHECK_INT(otc_session_send_signal(gone, "t", "d"), OTC_INVALID_PARAM);
  CHECK_INT(otc_session_send_signal_with_options(gone, "t", "d", options), OTC_INVALID_PARAM);
  CHECK_INT(otc_session_report_issue(gone, "text", &issue), OTC_INVALID_PARAM);
  CHECK(issue == NULL);
  CHECK(otc_session_get_id(gone) == NULL);
  CHECK(otc_session_get_connection(gone) == NULL);
  CHECK(otc_session_get_user_data(gone) == NULL);
  CHECK_INT(otc_session_get_capabilities(gone).publish, OTC_FALSE);
  client_free(ada);
  world_end();
}

void null_is_refused_with_a_code(void) {
  struct otc_session_callbacks callbacks = {0};
  otc_session_settings *settings;
  otc_session *session;
  CHECK_INT(otc_init(NULL), OTC_SUCCESS);
  CHECK(otc_session_new(NULL, "session", &callbacks) == NULL);
  CHECK(otc_session_new("key", NULL, &callbacks) == NULL);
  CHECK(otc_session_new("key", "session", NULL) == NULL);
  session = otc_session_new_with_settings("key", "session", &callbacks, NULL);
  CHECK(session != NULL);
  CHECK_INT(otc_session_connect(session, NULL), OTC_SESSION_NULL_OR_INVALID_PARAMETER);
  CHECK_INT(otc_session_connect(NULL, "token"), OTC_INVALID_PARAM);
  CHECK_INT(otc_session_disconnect(NULL), OTC_INVALID_PARAM);
  CHECK_INT(otc_session_send_signal(NULL, "t", "d"), OTC_INVALID_PARAM);
  CHECK_INT(otc_session_send_signal_to_connection(session, "t", "d", NULL), OTC_SESSION_NULL_OR_INVALID_PARAMETER);
  CHECK_INT(otc_session_delete(session), OTC_SUCCESS);
  CHECK_INT(otc_connection_delete(NULL), OTC_INVALID_PARAM);
  CHECK(otc_connection_get_id(NULL) == NULL);
  CHECK(otc_connection_get_data(NULL) == NULL);
  CHECK(otc_connection_copy(NULL) == NULL);
  CHECK_INT(otc_connection_get_creation_time(NULL), 0);
  CHECK_INT(otc_session_settings_delete(NULL), OTC_INVALID_PARAM);
  settings = otc_session_settings_new();
  CHECK(settings != NULL);
  CHECK_INT(otc_x_session_settings_set_timeouts(settings, NULL), OTC_SESSION_NULL_OR_INVALID_PARAMETER);
  CHECK_INT(otc_session_settings_delete(settings), OTC_SUCCESS);
  CHECK_INT(otc_session_settings_delete(settings), OTC_INVALID_PARAM);
  CHECK_INT(otc_destroy(), OTC_SUCCESS);
}

/* ---- A session without a single callback --------------------------------------------------------------------------- */

void every_callback_may_be_null(void) {
  struct otc_session_callbacks callbacks = {0};
  struct client *ada;
  otc_session *silent;
  world_begin();
  ada = CLIENT(.name = "ada");
  client_join(ada);
  set_variable("OTC_API_URL", relay_url());
  silent = otc_session_new(TEST_API_KEY, relay_session(), &callbacks);
  CHECK(silent != NULL);
  CHECK_INT(otc_session_connect(silent, mint_token(relay_session(), NULL, "silent", NULL)), OTC_SUCCESS);
  CHECK_TEXT(expect(ada, CREATED)->data, "silent");
  send_to_all(ada, "t", "to nobody who listens");
  expect_signal(ada, "t", "to nobody who listens", ada);
  CHECK_INT(otc_session_disconnect(silent), OTC_SUCCESS);
  expect_dropped(ada, "silent");
  CHECK_INT(otc_session_delete(silent), OTC_SUCCESS);
  client_leave(ada);
  world_end();
}
