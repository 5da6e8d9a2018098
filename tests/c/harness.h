/* What the C tests stand on: checks that say what failed, a relay started for the test, and clients that record every callback.
 *
 * A test is a function that returns when all is well. The first check that fails prints where, why, and what every client has
 * seen, and ends the process. Nothing here sleeps: what is waited for is an event, with a limit after which the test fails. */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include <opentok.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy.h"

/* ---- Checks -------------------------------------------------------------------------------------------------------- */

#define CHECK(condition) \
  do { \
    if (!(condition)) check_failed(__FILE__, __LINE__, "not true: %s", #condition); \
  } while (0)

#define CHECK_INT(actual, wanted) check_int(__FILE__, __LINE__, #actual, (long long)(actual), (long long)(wanted))
#define CHECK_TEXT(actual, wanted) check_text(__FILE__, __LINE__, #actual, actual, wanted)

void check_failed(const char *file, int line, const char *format, ...) __attribute__((noreturn, format(printf, 3, 4)));
void check_int(const char *file, int line, const char *what, long long actual, long long wanted);
void check_text(const char *file, int line, const char *what, const char *actual, const char *wanted);

/* OTC_TEST_SLOW: how many times slower everything is, for tools that watch each instruction; 1 by default. */
int slow_factor(void);

/* Seconds that a wait may take: OTC_TEST_LIMIT, or 20 and more where everything is slow. */
int limit_seconds(void);

/* Of a clock that only goes forward. */
int64_t milliseconds(void);

/* What a check that fails does before it ends the process; NULL: nothing. */
extern void (*before_failure)(void);

/* ---- The relay ----------------------------------------------------------------------------------------------------- */

/* Starts the library and a relay of its own on a free port, and makes up a session. */
void world_begin(void);

/* Checks that the library ends cleanly, and stops the relay. Every client must be gone. */
void world_end(void);

/* The two halves of it, for tests about one of them. */
void relay_start(void);
void relay_stop(void);

int relay_port(void);
const char *relay_url(void);
const char *relay_session(void); /* the session made up at the start */

/* Ends the relay with a signal and waits until the process is gone. */
void relay_end(int signal_number);

/* Starts it again on the same port, with no memory of what was. */
void relay_restart(void);

/* Sends a signal to the session as a server does, with the relay's own command. Returns 0 if it went out: somebody is there. */
int relay_speak(const char *type, const char *data);

/* The relay's project. */
#define TEST_API_KEY "test-project"

/* Mints with the relay's own command. NULL takes the default of the command. The texts live until the process ends. */
const char *mint_session(void);
const char *mint_token(const char *session_id, const char *role, const char *data, const char *ttl_seconds);

/* A text that lives until the process ends. */
const char *keep_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- Clients ------------------------------------------------------------------------------------------------------- */

enum kind {
  CONNECTED = 1,
  DISCONNECTED,
  CREATED,
  DROPPED,
  SIGNAL,
  RECONNECTION_STARTED,
  RECONNECTED,
  FAILED, /* on_error */
  STREAM_RECEIVED,
  STREAM_DROPPED,
  OTHER
};

const char *kind_name(enum kind kind);

/* One callback as it ran. Texts that it did not have are NULL. */
struct event {
  enum kind kind;
  const char *id;   /* of the connection it is about; of the sender for SIGNAL */
  const char *data; /* connection data */
  const char *type; /* of a signal */
  const char *text; /* of a signal, or of an error */
  int code;         /* of an error */
  int64_t creation_time;
  const otc_connection *connection; /* valid inside the hook only */
};

struct client;
typedef void (*client_hook)(struct client *client, const struct event *event);

struct client_options {
  const char *name;       /* connection data, and how messages of the tests call it */
  const char *session_id; /* NULL: relay_session() */
  const char *token;      /* NULL: minted for this session, role and name */
  const char *api_key;    /* NULL: the relay's */
  const char *role;       /* NULL: publisher */
  const char *api_url;    /* NULL: relay_url() */
  const char *forward_proxy; /* NULL: as the environment says */
  struct proxy *through;  /* every byte goes through this proxy */
  int suppress_connection_events;
  const struct otc_x_timeouts *timeouts; /* multiplied by slow_factor() */
  const struct otc_x_limits *limits;
  client_hook hook; /* called in each callback after it was recorded */
  void *hook_data;
};

struct client {
  const char *name;
  const char *token;
  const char *session_id;
  otc_session *session;
  client_hook hook;
  void *hook_data;

  pthread_mutex_t lock; /* for everything below */
  pthread_cond_t changed;
  struct event **events;
  size_t count;
  size_t capacity;
  size_t read;  /* events that the test has looked at */
  int running;  /* callbacks running now */
  int overlaps; /* how often a callback began while another one ran */
  int deleted;  /* the session is deleted */
  int sealed;   /* and no callback may start any more */
  pthread_t maker; /* the thread that made the session; callbacks must never run on it */
  struct client *next;
};

/* struct client *ada = CLIENT(.name = "ada"); */
#define CLIENT(...) client_new(&(struct client_options){__VA_ARGS__})
struct client *client_new(const struct client_options *options);

/* Starts connecting, and checks that this was accepted. */
void client_connect(struct client *client);

/* Connects and waits for on_connected, which must be the next event. */
void client_join(struct client *client);

/* Deletes the session if that was not done yet, checks that callbacks never overlapped nor ran on the maker's thread, frees. */
void client_free(struct client *client);

/* Disconnects, waits for on_disconnected, whatever came before it, frees. */
void client_leave(struct client *client);

/* otc_session_delete with a check of its result; from then on a callback fails the test. */
void client_delete(struct client *client);

/* Waits until no callback runs. For hooks that delete the session. */
void client_wait_idle(struct client *client);

/* The next event that the test has not looked at, waited for; it must be of this kind. */
const struct event *expect(struct client *client, enum kind kind);

/* The next one, of whatever kind. */
const struct event *expect_any(struct client *client);
void expect_created(struct client *client, const struct client *other);
void expect_dropped(struct client *client, const char *data);
void expect_signal(struct client *client, const char *type, const char *text, const struct client *from);

/* That nothing was reported that the test has not looked at: now, without waiting for more. */
void expect_nothing_more(struct client *client);

/* Like that, after everything that the relay had for this client has come: a signal to itself must be the next event. */
void expect_quiet(struct client *client);

/* Waits until there were that many events of a kind, looked at or not. */
void wait_for_count(struct client *client, enum kind kind, size_t count);

/* How many events of a kind there were so far. */
size_t count_events(struct client *client, enum kind kind);

/* Own connection's id, "" before the first join. */
const char *client_id(const struct client *client);

void send_to_all(struct client *client, const char *type, const char *text);
void send_to(struct client *client, const struct client *target, const char *type, const char *text);

/* ---- Finding out ---------------------------------------------------------------------------------------------------- */

int count_descriptors(void);
int count_threads(void);
long resident_kilobytes(void);

/* Bytes that the allocator has given out and not got back, in the whole process; 0 where that cannot be known. */
size_t heap_in_use(void);

/* ---- The system ----------------------------------------------------------------------------------------------------- */

/* Sets a variable of the environment, for this process and its children. */
void set_variable(const char *name, const char *value);

/* Zeroed pages, and the end of any access to them: whoever touches them then crashes. They are never given back. */
void *pages_make(size_t size);
void pages_forbid(void *pages, size_t size);

/* Runs `otc_tests --child NAME` with two arguments and returns its exit code; a child that ends by a signal or not at
 * all fails the test. */
int run_child(const char *name, const char *first, const char *second);

#endif
