/* Connecting that fails, and sessions that end by a fault: which code, and a line that tells a person what to do. */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>

#include "harness.h"
#include "internal.h"
#include "tests.h"

/* One line, with something in it, and without the secrets. */
static void check_error_text(const struct event *event, const char *secret) {
  CHECK(event->text[0] != '\0');
  CHECK(strchr(event->text, '\n') == NULL);
  CHECK(secret == NULL || strstr(event->text, secret) == NULL);
}

/* Connects, expects on_error with this code and nothing else, and frees. Returns a copy of the text. */
static const char *fail_to_join(struct client *client, int code) {
  const struct event *event;
  const char *text;
  client_connect(client); /* the call itself succeeds: the answer is a callback */
  event = expect(client, FAILED);
  CHECK_INT(event->code, code);
  check_error_text(event, client->token);
  text = keep_text("%s", event->text);
  client_wait_idle(client);
  expect_nothing_more(client);
  CHECK(otc_session_get_connection(client->session) == NULL);
  CHECK_INT(otc_session_disconnect(client->session), OTC_SESSION_NOT_CONNECTED);
  CHECK_INT(otc_session_send_signal(client->session, "t", "d"), OTC_SESSION_NOT_CONNECTED);
  client_free(client);
  return text;
}

void bad_tokens_are_refused(void) {
  const char *good;
  const char *tokens[5];
  size_t i;
  world_begin();
  good = mint_token(relay_session(), NULL, "ada", NULL);
  tokens[0] = "nonsense";
  tokens[1] = "T1==AAAA";
  tokens[2] = keep_text("%.*s", (int)strlen(good) / 2, good);
  tokens[3] = keep_text("%sx", good);
  tokens[4] = "eyJhbGciOiJub25lIn0.eyJzY29wZSI6InNlc3Npb24uY29ubmVjdCJ9.";
  for (i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
    fail_to_join(CLIENT(.name = "ada", .token = tokens[i]), OTC_SESSION_AUTHORIZATION_FAILURE);
  }
  world_end();
}

/* A token of one second lets in until it does not: its bearer comes and goes until that is over. */
void an_expired_token_is_refused_and_the_text_says_so(void) {
  const struct event *event;
  struct client *ada;
  world_begin();
  ada = CLIENT(.name = "ada", .token = mint_token(relay_session(), NULL, "ada", "1"));
  for (client_connect(ada); (event = expect_any(ada))->kind == CONNECTED; client_connect(ada)) {
    CHECK_INT(otc_session_disconnect(ada->session), OTC_SUCCESS);
    expect(ada, DISCONNECTED);
  }
  CHECK_INT(event->kind, FAILED);
  CHECK_INT(event->code, OTC_SESSION_AUTHORIZATION_FAILURE);
  check_error_text(event, ada->token);
  if (strstr(event->text, "expired") == NULL) check_failed(__FILE__, __LINE__, "the text does not say why: %s", event->text);
  client_free(ada);
  world_end();
}

void a_token_of_another_session_is_refused(void) {
  world_begin();
  fail_to_join(CLIENT(.name = "ada", .token = mint_token(mint_session(), NULL, "ada", NULL)),
               OTC_SESSION_AUTHORIZATION_FAILURE);
  world_end();
}

void a_wrong_key_is_refused(void) {
  world_begin();
  fail_to_join(CLIENT(.name = "ada", .api_key = "another-project"), OTC_SESSION_AUTHORIZATION_FAILURE);
  world_end();
}

void a_nonsense_session_id_is_refused(void) {
  const char *token;
  world_begin();
  token = mint_token(relay_session(), NULL, "ada", NULL);
  fail_to_join(CLIENT(.name = "ada", .session_id = "nonsense", .token = token), OTC_SESSION_INVALID_SESSION);
  world_end();
}

void a_subscriber_may_listen_and_not_signal(void) {
  struct client *ada;
  struct client *listener;
  world_begin();
  ada = CLIENT(.name = "ada");
  listener = CLIENT(.name = "listener", .role = "subscriber");
  client_join(ada);
  client_join(listener);
  expect_created(listener, ada);
  expect_created(ada, listener);
  CHECK(!otc_session_get_capabilities(listener->session).publish);
  CHECK(otc_session_get_capabilities(ada->session).publish);
  CHECK_INT(otc_session_send_signal(listener->session, "t", "accepted here, refused by the relay"), OTC_SUCCESS);
  send_to_all(ada, "t", "for all");
  expect_signal(listener, "t", "for all", ada);
  expect_signal(ada, "t", "for all", ada); /* and nothing of the listener before it */
  client_leave(listener);
  client_free(ada);
  world_end();
}

void an_absent_relay_is_named_with_its_url(void) {
  const char *url;
  const char *text;
  world_begin();
  url = keep_text("%s", relay_url());
  relay_end(SIGTERM);
  text = fail_to_join(CLIENT(.name = "ada"), OTC_SESSION_CONNECTION_REFUSED);
  if (strstr(text, url) == NULL) check_failed(__FILE__, __LINE__, "the text does not name %s: %s", url, text);
  CHECK_INT(otc_destroy(), OTC_SUCCESS);
  relay_stop();
}

void addresses_that_lead_nowhere_give_a_code_and_a_line(void) {
  static const struct {
    const char *url;
    int code;
  } rows[] = {
      {"http://name.invalid", OTC_SESSION_CONNECTION_REFUSED},
      {"https://127.0.0.1:1", OTC_SESSION_CONNECTION_REFUSED},
      {"no address at all", OTC_SESSION_CONNECTION_REFUSED},
      {"ftp://127.0.0.1", OTC_SESSION_CONNECTION_REFUSED},
  };
  otc_session_settings *settings;
  size_t i;
  world_begin();
  for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const char *text;
    set_variable("OTC_API_URL", rows[i].url);
    text = fail_to_join(CLIENT(.name = "ada", .api_url = ""), rows[i].code);
    if (strstr(text, rows[i].url) == NULL) check_failed(__FILE__, __LINE__, "the text does not name it: %s", text);
    printf("%s: %s\n", rows[i].url, text);
  }
  /* What is no address is refused at once where there is a status to say so. */
  settings = otc_session_settings_new();
  CHECK_INT(otc_x_session_settings_set_api_url(settings, "ftp://127.0.0.1"), OTC_SESSION_NULL_OR_INVALID_PARAMETER);
  CHECK_INT(otc_session_settings_delete(settings), OTC_SUCCESS);
  world_end();
}

void a_relay_that_does_not_answer_times_out(void) {
  struct otc_x_timeouts timeouts = {.struct_size = sizeof timeouts, .session_info_ms = 50, .socket_ms = 50, .create_ms = 50};
  struct proxy *proxy;
  world_begin();
  proxy = proxy_start(relay_port());
  proxy_stall(proxy, 1);
  fail_to_join(CLIENT(.name = "ada", .through = proxy, .timeouts = &timeouts), OTC_SESSION_CONNECTION_TIMED_OUT);
  proxy_stop(proxy);
  world_end();
}

void a_failed_connect_may_be_repeated(void) {
  struct client *ada;
  struct proxy *proxy;
  world_begin();
  proxy = proxy_start(relay_port());
  proxy_refuse(proxy, 1);
  ada = CLIENT(.name = "ada", .through = proxy);
  client_connect(ada);
  CHECK_INT(expect(ada, FAILED)->code, OTC_SESSION_CONNECTION_REFUSED);
  proxy_refuse(proxy, 0);
  client_join(ada);
  expect_quiet(ada);
  client_leave(ada);
  proxy_stop(proxy);
  world_end();
}

/* ---- Established sessions ------------------------------------------------------------------------------------------ */

void a_relay_restarted_without_its_memory_ends_the_session(void) {
  struct client *ada;
  const char *old_id;
  world_begin();
  ada = CLIENT(.name = "ada");
  client_join(ada);
  old_id = keep_text("%s", client_id(ada));
  relay_end(SIGKILL);
  expect(ada, RECONNECTION_STARTED);
  relay_restart();
  CHECK_INT(expect(ada, FAILED)->code, OTC_SESSION_CONNECTION_DROPPED);
  expect(ada, DISCONNECTED);
  client_wait_idle(ada);
  expect_nothing_more(ada);
  client_join(ada); /* the program decides to come again: as somebody new */
  CHECK(strcmp(client_id(ada), old_id) != 0);
  expect_quiet(ada);
  client_leave(ada);
  world_end();
}

void a_relay_that_shuts_down_ends_the_session_honestly(void) {
  struct otc_x_timeouts timeouts = {.struct_size = sizeof timeouts, .reconnect_limit_ms = 500};
  struct client *ada;
  const struct event *event;
  world_begin();
  ada = CLIENT(.name = "ada", .timeouts = &timeouts);
  client_join(ada);
  relay_end(SIGTERM);
  /* Whether the goodbye says "over" or "gone": the session ends, with on_disconnected last and once. */
  do {
    event = expect_any(ada);
    CHECK(event->kind != RECONNECTED && event->kind != SIGNAL);
  } while (event->kind != DISCONNECTED);
  client_wait_idle(ada);
  expect_nothing_more(ada);
  CHECK_INT(otc_session_send_signal(ada->session, "t", "d"), OTC_SESSION_NOT_CONNECTED);
  client_free(ada);
  CHECK_INT(otc_destroy(), OTC_SUCCESS);
  relay_stop();
}

void reconnecting_is_given_up_at_its_limit(void) {
  struct otc_x_timeouts timeouts = {.struct_size = sizeof timeouts, .reconnect_limit_ms = 300};
  struct client *ada;
  struct proxy *proxy;
  world_begin();
  proxy = proxy_start(relay_port());
  ada = CLIENT(.name = "ada", .through = proxy, .timeouts = &timeouts);
  client_join(ada);
  proxy_refuse(proxy, 1);
  CHECK(proxy_cut(proxy) > 0);
  expect(ada, RECONNECTION_STARTED);
  (void)otc_session_send_signal(ada->session, "t", "will not make it"); /* accepted, unless it is over already */
  CHECK_INT(expect(ada, FAILED)->code, OTC_SESSION_CONNECTION_DROPPED);
  expect(ada, DISCONNECTED);
  client_wait_idle(ada);
  expect_nothing_more(ada);
  CHECK_INT(otc_session_send_signal(ada->session, "t", "d"), OTC_SESSION_NOT_CONNECTED);
  client_free(ada);
  proxy_stop(proxy);
  world_end();
}
