/* The example programs, run as a person or another program runs them. */
#define _GNU_SOURCE
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "internal.h"
#include "tests.h"

/* Starts an example that joins the session under a name. OTC_EXAMPLES is the start of the programs' paths, OTC_EXAMPLES_SUFFIX their end. */
static void prepare(const char *name, const char *token) {
  set_variable("OTC_API_URL", relay_url());
  set_variable("OTC_API_KEY", TEST_API_KEY);
  set_variable("OTC_SESSION_ID", relay_session());
  set_variable("OTC_TOKEN", token != NULL ? token : mint_token(relay_session(), NULL, name, NULL));
}

static const char *example(const char *program) {
  return keep_text("%s/%s%s", program_from("OTC_EXAMPLES"), program, program_from("OTC_EXAMPLES_SUFFIX"));
}

static void start_example(struct process *process, const char *program, const char *name, const char *token) {
  const char *arguments[] = {example(program), NULL};
  prepare(name, token);
  process_start(process, arguments);
}

static void expect_line(const struct process *process, const char *wanted) {
  char line[100000];
  process_read_line(process, line, sizeof line);
  CHECK_TEXT(line, wanted);
}

/* The text between the quotes after "key": in the next line, which must begin as given. */
static const char *read_id(const struct process *process, const char *beginning) {
  char line[4096];
  char id[128];
  const char *at;
  process_read_line(process, line, sizeof line);
  if (strncmp(line, beginning, strlen(beginning)) != 0) check_failed(__FILE__, __LINE__, "line %s", line);
  at = strstr(line, "\"connection_id\":\"");
  CHECK(at != NULL);
  CHECK(sscanf(at, "\"connection_id\":\"%127[^\"]", id) == 1);
  return keep_text("%s", id);
}

static void check_exit(struct process *process, int code) {
  int status = process_wait(process);
  CHECK(WIFEXITED(status));
  CHECK_INT(WEXITSTATUS(status), code);
}

/* ---- otc_peer --------------------------------------------------------------------------------------------------------- */

void peer_prints_a_line_for_each_callback(void) {
  struct process ada;
  struct process bob;
  const char *ada_id;
  const char *bob_id;
  const char *seen;
  relay_start();
  start_example(&ada, "otc_peer", "ada", NULL);
  ada_id = read_id(&ada, "{\"event\":\"connected\",");
  start_example(&bob, "otc_peer", "b\"\\ob \xC3\xBC", NULL);
  bob_id = read_id(&bob, "{\"event\":\"connected\",");
  seen = read_id(&bob, "{\"event\":\"connection_created\",");
  CHECK_TEXT(seen, ada_id);
  {
    char line[4096];
    const char *start = keep_text("{\"event\":\"connection_created\",\"connection_id\":\"%s\",\"data\":\"b\\\"\\\\ob \xC3\xBC\","
                                  "\"creation_time\":1",
                                  bob_id);
    process_read_line(&ada, line, sizeof line);
    if (strncmp(line, start, strlen(start)) != 0) check_failed(__FILE__, __LINE__, "line %s, wanted %s...", line, start);
  }
  process_write_line(&ada, "{\"cmd\":\"signal\",\"type\":\"t\",\"data\":\"to all\"}");
  expect_line(&ada, keep_text("{\"event\":\"signal\",\"type\":\"t\",\"data\":\"to all\",\"from\":\"%s\"}", ada_id));
  expect_line(&bob, keep_text("{\"event\":\"signal\",\"type\":\"t\",\"data\":\"to all\",\"from\":\"%s\"}", ada_id));
  process_write_line(&bob, keep_text("{\"cmd\":\"signal\",\"to\":\"%s\",\"data\":\"you\",\"retry_after_reconnect\":false}", ada_id));
  expect_line(&ada, keep_text("{\"event\":\"signal\",\"type\":\"\",\"data\":\"you\",\"from\":\"%s\"}", bob_id));
  process_write_line(&bob, "{\"cmd\":\"disconnect\"}");
  expect_line(&bob, "{\"event\":\"disconnected\"}");
  CHECK_TEXT(read_id(&ada, "{\"event\":\"connection_dropped\","), bob_id);
  process_write_line(&bob, "{\"cmd\":\"signal\"}");
  expect_line(&bob, "{\"event\":\"refused\",\"cmd\":\"signal\",\"status\":1010}");
  process_write_line(&bob, "{\"cmd\":\"quit\"}");
  check_exit(&bob, 0);
  process_write_line(&ada, keep_text("{\"cmd\":\"signal\",\"to\":\"%s\"}", bob_id));
  expect_line(&ada, "{\"event\":\"refused\",\"cmd\":\"signal\",\"status\":1550}");
  process_write_line(&ada, "{\"cmd\":\"quit\"}");
  expect_line(&ada, "{\"event\":\"disconnected\"}");
  check_exit(&ada, 0);
  relay_stop();
}

void peer_understands_every_escape(void) {
  static const struct {
    const char *sent;
    const char *printed;
  } rows[] = {
      {"plain", "plain"},
      {"\\\"\\\\\\/", "\\\"\\\\/"},
      {"\\b\\f\\n\\r\\t", "\\u0008\\u000c\\u000a\\u000d\\u0009"},
      {"\\u0041\\u00e9\\u20AC", "A\xC3\xA9\xE2\x82\xAC"},
      {"\\ud83d\\ude00 \\uD83D\\uDE00", "\xF0\x9F\x98\x80 \xF0\x9F\x98\x80"},
      {"raw \xF0\x9F\x98\x80", "raw \xF0\x9F\x98\x80"},
      {"\\uffff\\u007f", "\xEF\xBF\xBF\\u007f"},
  };
  struct process peer;
  const char *id;
  size_t i;
  relay_start();
  start_example(&peer, "otc_peer", "peer", NULL);
  id = read_id(&peer, "{\"event\":\"connected\",");
  for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    process_write_line(&peer, keep_text(" { \"cmd\" : \"signal\" , \"data\" : \"%s\" } \r", rows[i].sent));
    expect_line(&peer, keep_text("{\"event\":\"signal\",\"type\":\"\",\"data\":\"%s\",\"from\":\"%s\"}", rows[i].printed, id));
  }
  process_write_line(&peer, "{\"cmd\":\"quit\"}");
  expect_line(&peer, "{\"event\":\"disconnected\"}");
  check_exit(&peer, 0);
  relay_stop();
}

void peer_answers_bad_lines_and_goes_on(void) {
  static const char *const bad[] = {
      "nonsense",
      "{",
      "[]",
      "{}",
      "{\"cmd\"}",
      "{\"cmd\":\"quit\"} {}",
      "{\"cmd\":\"quit\",}",
      "{\"cmd\":5}",
      "{\"cmd\":{\"a\":1}}",
      "{\"cmd\":\"signal\",\"data\":\"\\ud83d\"}",
      "{\"cmd\":\"signal\",\"data\":\"\\ude00\"}",
      "{\"cmd\":\"signal\",\"data\":\"\\u0000\"}",
      "{\"cmd\":\"signal\",\"data\":\"\\x\"}",
      "{\"cmd\":\"signal\",\"data\":\"\\u12",
      "{\"cmd\":\"signal\",\"data\":\"no end}",
      "{\"cmd\":\"signal\",\"data\":7}",
      "{\"cmd\":\"signal\",\"retry_after_reconnect\":\"yes\"}",
      "{\"cmd\":\"signal\",\"text\":\"an unknown member\"}",
  };
  const char *start = "{\"event\":\"error\",\"code\":1011,\"message\":\"";
  struct process peer;
  char line[4096];
  char *huge;
  size_t i;
  relay_start();
  start_example(&peer, "otc_peer", "peer", NULL);
  read_id(&peer, "{\"event\":\"connected\",");
  for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    process_write_line(&peer, bad[i]);
    process_read_line(&peer, line, sizeof line);
    if (strncmp(line, start, strlen(start)) != 0) check_failed(__FILE__, __LINE__, "%s gave %s", bad[i], line);
  }
  process_write_line(&peer, "{\"cmd\":\"dance\"}");
  expect_line(&peer, "{\"event\":\"refused\",\"cmd\":\"dance\",\"status\":1011}");
  process_write_line(&peer, "{\"cmd\":\"signal\",\"to\":\"nobody\"}");
  expect_line(&peer, "{\"event\":\"refused\",\"cmd\":\"signal\",\"status\":1011}");
  process_write_line(&peer, "{\"cmd\":\"signal\",\"type\":\"not allowed\"}");
  expect_line(&peer, "{\"event\":\"refused\",\"cmd\":\"signal\",\"status\":1461}");

  /* A line as long as data can get in escapes, and one that is longer than any line may be. */
  huge = malloc(3000000);
  CHECK(huge != NULL);
  memset(huge, 'x', 3000000);
  huge[2999999] = '\0';
  process_write_line(&peer, keep_text("{\"cmd\":\"signal\",\"data\":\"%.900000s\"}", huge));
  expect_line(&peer, "{\"event\":\"refused\",\"cmd\":\"signal\",\"status\":1413}");
  process_write_line(&peer, huge);
  process_read_line(&peer, line, sizeof line);
  CHECK(strncmp(line, start, strlen(start)) == 0);
  free(huge);

  process_write_line(&peer, "{\"cmd\":\"quit\"}");
  expect_line(&peer, "{\"event\":\"disconnected\"}");
  check_exit(&peer, 0);
  relay_stop();
}

void peer_outlives_its_input_and_leaves_on_sigterm(void) {
  struct process peer;
  struct process other;
  const char *id;
  relay_start();
  start_example(&peer, "otc_peer", "peer", NULL);
  id = read_id(&peer, "{\"event\":\"connected\",");
  process_close_input(&peer);
  start_example(&other, "otc_peer", "other", NULL); /* that it sees somebody come shows that it is still there */
  read_id(&other, "{\"event\":\"connected\",");
  CHECK_TEXT(read_id(&other, "{\"event\":\"connection_created\","), id);
  read_id(&peer, "{\"event\":\"connection_created\",");
  CHECK(kill(peer.id, SIGTERM) == 0);
  expect_line(&peer, "{\"event\":\"disconnected\"}");
  check_exit(&peer, 0);
  CHECK_TEXT(read_id(&other, "{\"event\":\"connection_dropped\","), id);
  CHECK(kill(other.id, SIGTERM) == 0);
  check_exit(&other, 0);
  relay_stop();
}

void peer_that_cannot_connect_says_why_and_exits_2(void) {
  const char *start = "{\"event\":\"error\",\"code\":1004,\"message\":\"";
  struct process peer;
  char line[4096];
  relay_start();
  start_example(&peer, "otc_peer", "peer", "T1==nonsense");
  process_read_line(&peer, line, sizeof line);
  if (strncmp(line, start, strlen(start)) != 0) check_failed(__FILE__, __LINE__, "line %s", line);
  check_exit(&peer, 2);
  relay_stop();
}

void examples_refuse_a_bad_command_line(void) {
  static const char *const programs[] = {"chat", "echo", "otc_peer", "demo_sender", "demo_receiver"};
  size_t i;
  for (i = 0; i < sizeof programs / sizeof programs[0]; i++) {
    const char *unknown[] = {example(programs[i]), "--port", "5", NULL};
    const char *incomplete[] = {example(programs[i]), "--api-key", "key", NULL};
    struct process process;
    process_start(&process, unknown);
    check_exit(&process, 64);
    CHECK(unsetenv("OTC_TOKEN") == 0);
    process_start(&process, incomplete);
    check_exit(&process, 64);
  }
  relay_stop();
}

/* ---- echo --------------------------------------------------------------------------------------------------------------- */

static void check_echo(const char *program) {
  struct client *ada;
  struct process echo;
  char line[256];
  const struct event *arrived;
  world_begin();
  ada = CLIENT(.name = "ada");
  client_join(ada);
  start_example(&echo, program, "echo", NULL);
  process_read_line(&echo, line, sizeof line);
  arrived = expect(ada, CREATED);
  CHECK_TEXT(arrived->data, "echo");
  CHECK_TEXT(line, keep_text("echo: connected as %s", arrived->id));
  send_to_all(ada, "question", "anybody there?");
  expect_signal(ada, "question", "anybody there?", ada);
  {
    const struct event *answer = expect(ada, SIGNAL);
    CHECK_TEXT(answer->type, "question");
    CHECK_TEXT(answer->text, "anybody there?");
    CHECK_TEXT(answer->id, arrived->id);
  }
  CHECK(kill(echo.id, SIGINT) == 0);
  check_exit(&echo, 0);
  expect_dropped(ada, "echo");
  client_leave(ada);
  world_end();
}

void echo_answers_whoever_sends(void) { check_echo("echo"); }

void the_echo_in_cpp_answers_whoever_sends(void) {
  if (access(example("echo_cpp"), X_OK) != 0) {
    puts("skipped: echo_cpp was not built, for want of a C++ compiler");
    return;
  }
  check_echo("echo_cpp");
}

/* ---- chat --------------------------------------------------------------------------------------------------------------- */

void chat_shows_people_and_what_they_say(void) {
  struct process ada;
  struct process bob;
  relay_start();
  start_example(&ada, "chat", "name=ada", NULL);
  expect_line(&ada, "* joining...");
  expect_line(&ada, "* you are here as ada; /help lists the commands");
  start_example(&bob, "chat", "bob \x1B[31m", NULL); /* a name that would colour the terminal */
  expect_line(&bob, "* joining...");
  expect_line(&bob, "* you are here as bob__[31m; /help lists the commands");
  expect_line(&bob, "* ada is here");
  expect_line(&ada, "* bob__[31m is here");
  process_write_line(&ada, "hello, bob");
  expect_line(&ada, "ada: hello, bob");
  expect_line(&bob, "ada: hello, bob");
  process_write_line(&bob, "/msg ada psst");
  expect_line(&bob, "you, to ada alone: psst");
  expect_line(&ada, "bob__[31m, to you alone: psst");
  process_write_line(&bob, "/msg nobody psst");
  expect_line(&bob, "* nobody here is called nobody; /who lists the names");
  process_write_line(&bob, "//slash");
  expect_line(&bob, "bob__[31m: /slash");
  expect_line(&ada, "bob__[31m: /slash");
  process_write_line(&bob, "/who");
  expect_line(&bob, "* here: bob__[31m (you)");
  expect_line(&bob, "*       ada");
  process_write_line(&ada, "last words");
  process_close_input(&ada); /* the end of input is a goodbye too, after what was said */
  check_exit(&ada, 0);
  expect_line(&bob, "ada: last words");
  expect_line(&bob, "* ada has left");
  process_write_line(&bob, "/quit");
  expect_line(&bob, "* you have left");
  check_exit(&bob, 0);
  relay_stop();
}

/* Reads from a terminal until the text has come. */
static void read_until(const struct process *terminal, const char *wanted) {
  static char seen[65536];
  size_t length = 0;
  do {
    struct process one = *terminal;
    char line[2] = "";
    /* Character by character: a line of two bytes is full after one. */
    process_read_line(&one, line, sizeof line);
    if (line[0] == '\0') line[0] = '\n';
    CHECK(length + 1 < sizeof seen);
    seen[length++] = line[0];
    seen[length] = '\0';
  } while (strstr(seen, wanted) == NULL);
}

/* Runs chat as somebody in a terminal. Returns the descriptor of the other side, at which a person sits. */
static int chat_in_a_terminal(struct process *chat, const char *name) {
  const char *program = example("chat");
  int fd;
  prepare(name, NULL);
  chat->name = "chat";
  chat->id = forkpty(&fd, NULL, NULL, NULL);
  CHECK(chat->id >= 0);
  if (chat->id == 0) {
    execl(program, program, (char *)NULL);
    _exit(127);
  }
  chat->input = chat->output = fd;
  return fd;
}

static void check_left_the_terminal(const struct process *chat) {
  int status;
  read_until(chat, "* you have left");
  CHECK(waitpid(chat->id, &status, 0) == chat->id);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  close(chat->input);
}

void chat_in_a_terminal_keeps_what_is_being_typed(void) {
  struct process chat = {.id = 0};
  struct client *bob;
  int fd;
  world_begin();
  bob = CLIENT(.name = "bob");
  client_join(bob);
  fd = chat_in_a_terminal(&chat, "ada");
  read_until(&chat, "* bob is here");
  CHECK(write(fd, "half a li", 9) == 9);
  read_until(&chat, "> half a li");
  send_to_all(bob, "chat", "hello");
  read_until(&chat, "bob: hello\r\n");
  read_until(&chat, "> half a li"); /* drawn again below what bob said */
  CHECK(write(fd, "\x7F\x7Fword\n", 7) == 7);
  CHECK_TEXT(expect(bob, CREATED)->data, "ada");
  expect_signal(bob, "chat", "hello", bob);
  CHECK_TEXT(expect(bob, SIGNAL)->text, "half a word");
  read_until(&chat, "ada: half a word");
  CHECK(write(fd, "\x03", 1) == 1); /* Ctrl-C */
  check_left_the_terminal(&chat);
  expect_dropped(bob, "ada");
  client_leave(bob);
  world_end();
}

void ctrl_d_leaves_the_chat_and_says_nothing_half_typed(void) {
  struct process chat = {.id = 0};
  struct client *bob;
  int fd;
  world_begin();
  bob = CLIENT(.name = "bob");
  client_join(bob);
  fd = chat_in_a_terminal(&chat, "ada");
  read_until(&chat, "* bob is here");
  CHECK(write(fd, "half a li", 9) == 9);
  read_until(&chat, "> half a li");
  CHECK(write(fd, "\x04", 1) == 1); /* Ctrl-D */
  check_left_the_terminal(&chat);
  CHECK_TEXT(expect(bob, CREATED)->data, "ada");
  expect_dropped(bob, "ada");
  client_leave(bob);
  world_end();
}
