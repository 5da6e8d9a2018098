/* Signals: who gets them, what they may hold, and when they are refused. */
#include "harness.h"
#include "tests.h"

#define GRIN "\xF0\x9F\x98\x80" /* one character, four bytes */

void a_broadcast_reaches_everyone_and_its_sender(void) {
  struct client *ada;
  struct client *bob;
  struct client *eve;
  world_begin();
  ada = CLIENT(.name = "ada");
  bob = CLIENT(.name = "bob");
  eve = CLIENT(.name = "eve");
  client_join(ada);
  client_join(bob);
  client_join(eve);
  expect_created(ada, bob);
  expect_created(ada, eve);
  expect_created(bob, ada);
  expect_created(bob, eve);
  expect_created(eve, ada);
  expect_created(eve, bob);
  send_to_all(ada, "greeting", "hello, everyone");
  expect_signal(ada, "greeting", "hello, everyone", ada);
  expect_signal(bob, "greeting", "hello, everyone", ada);
  expect_signal(eve, "greeting", "hello, everyone", ada);
  client_leave(eve);
  client_leave(bob);
  client_free(ada);
  world_end();
}

void a_directed_signal_reaches_its_target_alone(void) {
  struct client *ada;
  struct client *bob;
  struct client *eve;
  world_begin();
  ada = CLIENT(.name = "ada");
  bob = CLIENT(.name = "bob");
  eve = CLIENT(.name = "eve");
  client_join(ada);
  client_join(bob);
  expect_created(ada, bob);
  expect_created(bob, ada);
  client_join(eve);
  expect_created(ada, eve);
  expect_created(bob, eve);
  expect_created(eve, ada);
  expect_created(eve, bob);
  send_to(ada, bob, "secret", "for you");
  expect_signal(bob, "secret", "for you", ada);
  send_to(ada, ada, "note", "to self"); /* the target may be the sender */
  expect_signal(ada, "note", "to self", ada);
  expect_quiet(eve);
  expect_quiet(ada);
  client_free(eve);
  client_free(bob);
  client_free(ada);
  world_end();
}

void absent_type_and_data_arrive_as_empty_text(void) {
  struct client *ada;
  world_begin();
  ada = CLIENT(.name = "ada");
  client_join(ada);
  send_to_all(ada, NULL, NULL);
  expect_signal(ada, "", "", ada);
  send_to_all(ada, "", "");
  expect_signal(ada, "", "", ada);
  send_to_all(ada, "t", NULL);
  expect_signal(ada, "t", "", ada);
  send_to_all(ada, NULL, "d");
  expect_signal(ada, "", "d", ada);
  client_leave(ada);
  world_end();
}

/* A text of exactly `bytes` bytes that ends with `tail`. */
static const char *text_of(size_t bytes, const char *tail) {
  static char text[16384];
  size_t tail_bytes = strlen(tail);
  memset(text, 'x', bytes - tail_bytes);
  strcpy(text + bytes - tail_bytes, tail);
  return text;
}

void a_type_may_have_128_bytes(void) {
  static const struct {
    size_t bytes;
    otc_status status;
  } rows[] = {{0, OTC_SUCCESS}, {1, OTC_SUCCESS}, {127, OTC_SUCCESS}, {128, OTC_SUCCESS}, {129, OTC_SESSION_SIGNAL_TYPE_TOO_LONG}};
  struct client *ada;
  size_t i;
  world_begin();
  ada = CLIENT(.name = "ada");
  client_join(ada);
  for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const char *type = text_of(rows[i].bytes, "");
    CHECK_INT(otc_session_send_signal(ada->session, type, "d"), rows[i].status);
    if (rows[i].status == OTC_SUCCESS) expect_signal(ada, type, "d", ada);
  }
  expect_quiet(ada);
  client_leave(ada);
  world_end();
}

void data_may_have_8192_bytes(void) {
  static const struct {
    size_t bytes;
    const char *tail;
    otc_status status;
  } rows[] = {
      {0, "", OTC_SUCCESS},
      {8191, "", OTC_SUCCESS},
      {8192, "", OTC_SUCCESS},
      {8193, "", OTC_SESSION_SIGNAL_DATA_TOO_LONG},
      /* Bytes count, not characters: a character of four bytes that ends at the edge fits, one that crosses it does not. */
      {8192, GRIN, OTC_SUCCESS},
      {8193, GRIN, OTC_SESSION_SIGNAL_DATA_TOO_LONG},
      {8195, GRIN, OTC_SESSION_SIGNAL_DATA_TOO_LONG},
  };
  struct client *ada;
  size_t i;
  world_begin();
  ada = CLIENT(.name = "ada");
  client_join(ada);
  for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const char *data = text_of(rows[i].bytes, rows[i].tail);
    CHECK_INT(otc_session_send_signal(ada->session, "t", data), rows[i].status);
    if (rows[i].status == OTC_SUCCESS) expect_signal(ada, "t", data, ada);
  }
  expect_quiet(ada);
  client_leave(ada);
  world_end();
}

void data_of_nothing_but_long_characters_arrives_whole(void) {
  char data[8192 + 1];
  struct client *ada;
  size_t i;
  for (i = 0; i < 8192; i += 4) memcpy(data + i, GRIN, 4);
  data[8192] = '\0';
  world_begin();
  ada = CLIENT(.name = "ada");
  client_join(ada);
  send_to_all(ada, "t", data);
  expect_signal(ada, "t", data, ada);
  client_leave(ada);
  world_end();
}

void a_type_has_letters_digits_and_four_signs_only(void) {
  static const char *const good[] = {"A", "z", "0", "-", ".", "_", "~", "chat-1.2_3~x", "signal"};
  static const char *const bad[] = {" ", "a b", "a:b", "a/b", "caf\xC3\xA9", "\n", "a\"b", "a+b", "%41", GRIN, "\xFF"};
  struct client *ada;
  size_t i;
  world_begin();
  ada = CLIENT(.name = "ada");
  client_join(ada);
  for (i = 0; i < sizeof good / sizeof good[0]; i++) {
    send_to_all(ada, good[i], "d");
    expect_signal(ada, good[i], "d", ada);
  }
  for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    CHECK_INT(otc_session_send_signal(ada->session, bad[i], "d"), OTC_SESSION_INVALID_SIGNAL_TYPE);
  }
  expect_quiet(ada);
  client_leave(ada);
  world_end();
}

void data_arrives_byte_for_byte(void) {
  static const char *const texts[] = {
      "plain",
      " spaces at both ends ",
      "\"quotes\" and \\backslashes\\ and /slashes/",
      "tab\tnewline\nreturn\rbell\abackspace\bescape\x1B delete\x7F one\x01",
      "{\"json\":[1,2,{\"x\":null}]}",
      "\\u0041 is not an escape here",
      "gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xE4\xBD\xA0\xE5\xA5\xBD \xF0\x9F\x98\x80",
      "\xEF\xBB\xBF a mark at the start, \xEF\xBF\xBF a non-character, \xE2\x80\xA8 a line separator",
      "null",
      "12",
      "<script>alert(1)</script> &amp; %00 %s %n",
  };
  struct client *ada;
  size_t i;
  world_begin();
  ada = CLIENT(.name = "ada");
  client_join(ada);
  for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    send_to_all(ada, "t", texts[i]);
    expect_signal(ada, "t", texts[i], ada);
  }
  client_leave(ada);
  world_end();
}

void data_that_is_not_utf8_is_refused(void) {
  static const char *const bad[] = {"\xFF", "\x80", "abc\xC3", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF0\x9F\x98"};
  struct client *ada;
  size_t i;
  world_begin();
  ada = CLIENT(.name = "ada");
  client_join(ada);
  for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    CHECK_INT(otc_session_send_signal(ada->session, "t", bad[i]), OTC_SESSION_NULL_OR_INVALID_PARAMETER);
  }
  expect_quiet(ada);
  client_leave(ada);
  world_end();
}

void the_first_reason_to_refuse_decides(void) {
  const char *long_data = keep_text("%s", text_of(8193, ""));
  const char *long_type = text_of(129, " ");
  struct client *ada;
  world_begin();
  ada = CLIENT(.name = "ada");
  /* Before it is connected, a session tells first what is wrong with the call itself. */
  CHECK_INT(otc_session_send_signal(NULL, long_type, long_data), OTC_INVALID_PARAM);
  CHECK_INT(otc_session_send_signal_to_connection(ada->session, long_type, long_data, NULL),
            OTC_SESSION_NULL_OR_INVALID_PARAMETER);
  CHECK_INT(otc_session_send_signal(ada->session, long_type, long_data), OTC_SESSION_SIGNAL_TYPE_TOO_LONG);
  CHECK_INT(otc_session_send_signal(ada->session, "a b", long_data), OTC_SESSION_INVALID_SIGNAL_TYPE);
  CHECK_INT(otc_session_send_signal(ada->session, "t", long_data), OTC_SESSION_SIGNAL_DATA_TOO_LONG);
  CHECK_INT(otc_session_send_signal(ada->session, "t", "\xFF"), OTC_SESSION_NULL_OR_INVALID_PARAMETER);
  CHECK_INT(otc_session_send_signal(ada->session, "t", "d"), OTC_SESSION_NOT_CONNECTED);
  client_free(ada);
  world_end();
}

void a_signal_to_someone_who_left_is_refused(void) {
  otc_connection *gone;
  struct client *ada;
  struct client *bob;
  world_begin();
  ada = CLIENT(.name = "ada");
  bob = CLIENT(.name = "bob");
  client_join(ada);
  client_join(bob);
  expect_created(ada, bob);
  gone = otc_connection_copy(otc_session_get_connection(bob->session));
  client_leave(bob);
  expect_dropped(ada, "bob");
  CHECK_INT(otc_session_send_signal_to_connection(ada->session, "t", "d", gone), OTC_SESSION_UNABLE_TO_SEND_SIGNAL);
  CHECK_INT(otc_connection_delete(gone), OTC_SUCCESS);
  expect_quiet(ada);
  client_leave(ada);
  world_end();
}

void many_signals_keep_their_order(void) {
  enum { COUNT = 2000 };
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
  for (i = 0; i < COUNT; i++) {
    char text[16];
    snprintf(text, sizeof text, "%d", i);
    if (i % 2 == 0) send_to_all(ada, "n", text);
    else send_to(ada, bob, "n", text);
  }
  for (i = 0; i < COUNT; i++) {
    char text[16];
    snprintf(text, sizeof text, "%d", i);
    expect_signal(bob, "n", text, ada);
    if (i % 2 == 0) expect_signal(ada, "n", text, ada);
  }
  client_free(bob);
  client_free(ada);
  world_end();
}

static void answer_at_once(struct client *client, const struct event *event) {
  if (event->kind == CREATED && strcmp(event->data, "late") == 0) {
    CHECK_INT(otc_session_send_signal_to_connection(client->session, "welcome", "you", event->connection), OTC_SUCCESS);
  }
}

/* From on_connection_created on, a signal reaches the newcomer, even if it has only just joined. */
void a_signal_sent_on_seeing_someone_come_arrives(void) {
  enum { ROUNDS = 20 };
  struct client *host;
  int i;
  world_begin();
  host = CLIENT(.name = "host", .hook = answer_at_once);
  client_join(host);
  for (i = 0; i < ROUNDS; i++) {
    struct client *late = CLIENT(.name = "late");
    client_join(late);
    expect_created(late, host);
    expect_signal(late, "welcome", "you", host);
    expect(host, CREATED);
    client_leave(late);
    expect(host, DROPPED);
  }
  client_leave(host);
  world_end();
}
