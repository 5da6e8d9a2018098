#define _GNU_SOURCE
#include <errno.h>
#include <time.h>

#include "harness.h"
#include "internal.h"

static pthread_mutex_t clients_lock = PTHREAD_MUTEX_INITIALIZER;
static struct client *clients;

void init_condition(pthread_cond_t *condition) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, WAIT_CLOCK);
  pthread_cond_init(condition, &attributes);
  pthread_condattr_destroy(&attributes);
}

struct timespec deadline(void) {
  struct timespec limit;
  clock_gettime(WAIT_CLOCK, &limit);
  limit.tv_sec += limit_seconds();
  return limit;
}

const char *kind_name(enum kind kind) {
  static const char *const names[] = {"(none)",          "connected",     "disconnected",         "connection_created",
                                      "connection_dropped", "signal",     "reconnection_started", "reconnected",
                                      "error",           "stream_received", "stream_dropped",     "another callback"};
  return names[kind];
}

/* ---- Recording ------------------------------------------------------------------------------------------------------ */

/* Holds an event and its texts in one piece of memory. */
struct stored {
  struct event event;
  char texts[];
};

static const char *store_text(char **at, const char *text) {
  char *here = *at;
  if (text == NULL) return NULL;
  strcpy(here, text);
  *at += strlen(text) + 1;
  return here;
}

static size_t size_of(const char *text) { return text == NULL ? 0 : strlen(text) + 1; }

static struct event *store(const struct event *event) {
  size_t size = size_of(event->id) + size_of(event->data) + size_of(event->type) + size_of(event->text);
  struct stored *stored = malloc(sizeof *stored + size);
  char *at;
  CHECK(stored != NULL);
  at = stored->texts;
  stored->event = *event;
  stored->event.id = store_text(&at, event->id);
  stored->event.data = store_text(&at, event->data);
  stored->event.type = store_text(&at, event->type);
  stored->event.text = store_text(&at, event->text);
  return &stored->event;
}

static void record(otc_session *session, void *user_data, struct event event) {
  struct client *client = user_data;
  struct event *stored;
  if (event.connection != NULL) {
    event.id = otc_connection_get_id(event.connection);
    event.data = otc_connection_get_data(event.connection);
    event.creation_time = otc_connection_get_creation_time(event.connection);
    CHECK_TEXT(otc_connection_get_session_id(event.connection), client->session_id);
  }
  stored = store(&event);
  pthread_mutex_lock(&client->lock);
  if (client->sealed) check_failed(__FILE__, __LINE__, "%s: %s after delete", client->name, kind_name(event.kind));
  if (session != client->session) check_failed(__FILE__, __LINE__, "%s: another session pointer", client->name);
  if (pthread_equal(pthread_self(), client->maker)) {
    check_failed(__FILE__, __LINE__, "%s: %s on the caller's own thread", client->name, kind_name(event.kind));
  }
  if (client->running++ > 0) client->overlaps++;
  if (client->count == client->capacity) {
    client->capacity = client->capacity * 2 + 64;
    client->events = realloc(client->events, client->capacity * sizeof *client->events);
    CHECK(client->events != NULL);
  }
  client->events[client->count++] = stored;
  pthread_cond_broadcast(&client->changed);
  pthread_mutex_unlock(&client->lock);

  if (client->hook != NULL) client->hook(client, stored);

  pthread_mutex_lock(&client->lock);
  stored->connection = NULL;
  client->running--;
  pthread_cond_broadcast(&client->changed);
  pthread_mutex_unlock(&client->lock);
}

static void on_connected(otc_session *session, void *user_data) {
  record(session, user_data, (struct event){.kind = CONNECTED});
}
static void on_disconnected(otc_session *session, void *user_data) {
  record(session, user_data, (struct event){.kind = DISCONNECTED});
}
static void on_connection_created(otc_session *session, void *user_data, const otc_connection *connection) {
  CHECK(connection != NULL);
  record(session, user_data, (struct event){.kind = CREATED, .connection = connection});
}
static void on_connection_dropped(otc_session *session, void *user_data, const otc_connection *connection) {
  CHECK(connection != NULL);
  record(session, user_data, (struct event){.kind = DROPPED, .connection = connection});
}
static void on_signal_received(otc_session *session, void *user_data, const char *type, const char *signal,
                               const otc_connection *connection) {
  CHECK(type != NULL && signal != NULL);
  record(session, user_data, (struct event){.kind = SIGNAL, .type = type, .text = signal, .connection = connection});
}
static void on_reconnection_started(otc_session *session, void *user_data) {
  record(session, user_data, (struct event){.kind = RECONNECTION_STARTED});
}
static void on_reconnected(otc_session *session, void *user_data) {
  record(session, user_data, (struct event){.kind = RECONNECTED});
}
static void on_error(otc_session *session, void *user_data, const char *error_string, enum otc_session_error_code error) {
  CHECK(error_string != NULL);
  record(session, user_data, (struct event){.kind = FAILED, .text = error_string, .code = (int)error});
}
static void on_stream_received(otc_session *session, void *user_data, const otc_stream *stream) {
  record(session, user_data, (struct event){.kind = STREAM_RECEIVED, .text = otc_stream_get_id(stream)});
}
static void on_stream_dropped(otc_session *session, void *user_data, const otc_stream *stream) {
  record(session, user_data, (struct event){.kind = STREAM_DROPPED, .text = otc_stream_get_id(stream)});
}

static void print_event(const struct event *event, int seen) {
  fprintf(stderr, "   %s %s", seen ? " " : "*", kind_name(event->kind));
  if (event->data != NULL) fprintf(stderr, " by %s", event->data);
  if (event->kind == FAILED) fprintf(stderr, " %d", event->code);
  if (event->type != NULL) fprintf(stderr, " [%.40s]", event->type);
  if (event->text != NULL) fprintf(stderr, " %.160s", event->text);
  fprintf(stderr, "\n");
}

void print_histories(void) {
  const struct client *client;
  for (client = clients; client != NULL; client = client->next) {
    size_t first = client->count > 40 ? client->count - 40 : 0;
    size_t i;
    fprintf(stderr, "%s has seen %lu events (* = not looked at by the test):\n", client->name, (unsigned long)client->count);
    for (i = first; i < client->count; i++) print_event(client->events[i], i < client->read);
  }
}

/* ---- Life ----------------------------------------------------------------------------------------------------------- */

/* What the test asked for, else the defaults, and more of it where everything is slow. */
static void set_timeouts(otc_session_settings *settings, const struct otc_x_timeouts *wanted) {
  const struct otc_x_timeouts defaults = {.struct_size = sizeof defaults,
                                          .session_info_ms = 10000,
                                          .socket_ms = 15000,
                                          .create_ms = 15000,
                                          .keepalive_interval_ms = 5000,
                                          .keepalive_loss_ms = 9900,
                                          .reconnect_limit_ms = 60000,
                                          .request_ms = 30000,
                                          .drain_ms = 1000,
                                          .connect_ms = 30000};
  const uint32_t factor = (uint32_t)slow_factor();
  struct otc_x_timeouts chosen = defaults;
  if (wanted == NULL && factor == 1) return;
#define CHOOSE(member) chosen.member = factor * (wanted != NULL && wanted->member != 0 ? wanted->member : defaults.member)
  CHOOSE(session_info_ms);
  CHOOSE(socket_ms);
  CHOOSE(create_ms);
  CHOOSE(keepalive_interval_ms);
  CHOOSE(keepalive_loss_ms);
  CHOOSE(reconnect_limit_ms);
  CHOOSE(request_ms);
  CHOOSE(drain_ms);
  CHOOSE(connect_ms);
#undef CHOOSE
  CHECK_INT(otc_x_session_settings_set_timeouts(settings, &chosen), OTC_SUCCESS);
}

static otc_session_settings *settings_for(const struct client_options *options) {
  otc_session_settings *settings = otc_session_settings_new();
  const char *url = options->api_url != NULL ? options->api_url : relay_url();
  CHECK(settings != NULL);
  if (options->through != NULL) url = keep_text("http://127.0.0.1:%d", proxy_port(options->through));
  CHECK_INT(otc_x_session_settings_set_api_url(settings, url), OTC_SUCCESS);
  CHECK_INT(otc_x_session_settings_set_forward_proxy(settings, options->forward_proxy), OTC_SUCCESS);
  set_timeouts(settings, options->timeouts);
  if (options->limits != NULL) CHECK_INT(otc_x_session_settings_set_limits(settings, options->limits), OTC_SUCCESS);
  if (options->suppress_connection_events) {
    CHECK_INT(otc_session_settings_set_connection_events_suppressed(settings, OTC_TRUE), OTC_SUCCESS);
  }
  return settings;
}

struct client *client_new(const struct client_options *options) {
  struct client *client = calloc(1, sizeof *client);
  const char *session_id = options->session_id != NULL ? options->session_id : relay_session();
  struct otc_session_callbacks callbacks = {0};
  otc_session_settings *settings;
  CHECK(client != NULL);
  client->name = options->name != NULL ? options->name : "client";
  client->token = options->token;
  if (client->token == NULL) client->token = mint_token(session_id, options->role, client->name, NULL);
  client->session_id = session_id;
  client->hook = options->hook;
  client->hook_data = options->hook_data;
  client->maker = pthread_self();
  pthread_mutex_init(&client->lock, NULL);
  init_condition(&client->changed);
  callbacks.on_connected = on_connected;
  callbacks.on_disconnected = on_disconnected;
  callbacks.on_connection_created = on_connection_created;
  callbacks.on_connection_dropped = on_connection_dropped;
  callbacks.on_stream_received = on_stream_received;
  callbacks.on_stream_dropped = on_stream_dropped;
  callbacks.on_signal_received = on_signal_received;
  callbacks.on_reconnection_started = on_reconnection_started;
  callbacks.on_reconnected = on_reconnected;
  callbacks.on_error = on_error;
  callbacks.user_data = client;
  settings = settings_for(options);
  client->session = otc_session_new_with_settings(options->api_key != NULL ? options->api_key : TEST_API_KEY, session_id,
                                                  &callbacks, settings);
  CHECK(client->session != NULL);
  /* Neither the settings nor the callbacks are needed any more. */
  CHECK_INT(otc_session_settings_delete(settings), OTC_SUCCESS);
  memset(&callbacks, 0xA5, sizeof callbacks);
  pthread_mutex_lock(&clients_lock);
  client->next = clients;
  clients = client;
  pthread_mutex_unlock(&clients_lock);
  return client;
}

void client_connect(struct client *client) {
  CHECK_INT(otc_session_connect(client->session, client->token), OTC_SUCCESS);
}

void client_join(struct client *client) {
  client_connect(client);
  expect(client, CONNECTED);
}

void client_delete(struct client *client) {
  CHECK_INT(otc_session_delete(client->session), OTC_SUCCESS);
  pthread_mutex_lock(&client->lock);
  client->deleted = client->sealed = 1;
  pthread_mutex_unlock(&client->lock);
}

void client_wait_idle(struct client *client) {
  struct timespec limit = deadline();
  pthread_mutex_lock(&client->lock);
  while (client->running > 0) {
    if (pthread_cond_timedwait(&client->changed, &client->lock, &limit) == ETIMEDOUT) {
      check_failed(__FILE__, __LINE__, "%s: a callback does not return", client->name);
    }
  }
  pthread_mutex_unlock(&client->lock);
}

void client_free(struct client *client) {
  struct client **link = &clients;
  if (!client->deleted) client_delete(client);
  CHECK_INT(client->overlaps, 0);
  pthread_mutex_lock(&clients_lock);
  while (*link != client) link = &(*link)->next;
  *link = client->next;
  pthread_mutex_unlock(&clients_lock);
  while (client->count > 0) free(client->events[--client->count]);
  free(client->events);
  pthread_cond_destroy(&client->changed);
  pthread_mutex_destroy(&client->lock);
  free(client);
}

void client_leave(struct client *client) {
  CHECK_INT(otc_session_disconnect(client->session), OTC_SUCCESS);
  while (expect_any(client)->kind != DISCONNECTED) continue;
  client_free(client);
}

/* ---- Looking -------------------------------------------------------------------------------------------------------- */

/* The next event once there is one, left unread. `wanted` is for the message only. The lock is held. */
static const struct event *wait_event(struct client *client, const char *wanted) {
  struct timespec limit = deadline();
  while (client->read == client->count) {
    if (pthread_cond_timedwait(&client->changed, &client->lock, &limit) == ETIMEDOUT) {
      check_failed(__FILE__, __LINE__, "%s: waited in vain for %s", client->name, wanted);
    }
  }
  return client->events[client->read];
}

const struct event *expect(struct client *client, enum kind kind) {
  const struct event *event;
  pthread_mutex_lock(&client->lock);
  event = wait_event(client, kind_name(kind));
  if (event->kind != kind) {
    check_failed(__FILE__, __LINE__, "%s: the next event is %s, wanted %s", client->name, kind_name(event->kind),
                 kind_name(kind));
  }
  client->read++;
  pthread_mutex_unlock(&client->lock);
  return event;
}

const struct event *expect_any(struct client *client) {
  const struct event *event;
  pthread_mutex_lock(&client->lock);
  event = wait_event(client, "anything");
  client->read++;
  pthread_mutex_unlock(&client->lock);
  return event;
}

void expect_created(struct client *client, const struct client *other) {
  const struct event *event = expect(client, CREATED);
  CHECK_TEXT(event->data, other->name);
  CHECK_TEXT(event->id, client_id(other));
}

void expect_dropped(struct client *client, const char *data) { CHECK_TEXT(expect(client, DROPPED)->data, data); }

void expect_signal(struct client *client, const char *type, const char *text, const struct client *from) {
  const struct event *event = expect(client, SIGNAL);
  CHECK_TEXT(event->type, type);
  CHECK_TEXT(event->text, text);
  CHECK_TEXT(event->id, from == NULL ? NULL : client_id(from));
}

void expect_nothing_more(struct client *client) {
  pthread_mutex_lock(&client->lock);
  if (client->read != client->count) {
    check_failed(__FILE__, __LINE__, "%s: unexpected %s", client->name, kind_name(client->events[client->read]->kind));
  }
  pthread_mutex_unlock(&client->lock);
}

void expect_quiet(struct client *client) {
  send_to(client, client, "quiet", "");
  expect_signal(client, "quiet", "", client);
}

static size_t count_locked(const struct client *client, enum kind kind) {
  size_t found = 0;
  size_t i;
  for (i = 0; i < client->count; i++) found += client->events[i]->kind == kind;
  return found;
}

size_t count_events(struct client *client, enum kind kind) {
  size_t found;
  pthread_mutex_lock(&client->lock);
  found = count_locked(client, kind);
  pthread_mutex_unlock(&client->lock);
  return found;
}

void wait_for_count(struct client *client, enum kind kind, size_t count) {
  struct timespec limit = deadline();
  pthread_mutex_lock(&client->lock);
  while (count_locked(client, kind) < count) {
    if (pthread_cond_timedwait(&client->changed, &client->lock, &limit) == ETIMEDOUT) {
      check_failed(__FILE__, __LINE__, "%s: waited in vain for %lu times %s", client->name, (unsigned long)count,
                   kind_name(kind));
    }
  }
  pthread_mutex_unlock(&client->lock);
}

const char *client_id(const struct client *client) {
  const otc_connection *own = otc_session_get_connection(client->session);
  return own == NULL ? "" : otc_connection_get_id(own);
}

void send_to_all(struct client *client, const char *type, const char *text) {
  CHECK_INT(otc_session_send_signal(client->session, type, text), OTC_SUCCESS);
}

void send_to(struct client *client, const struct client *target, const char *type, const char *text) {
  const otc_connection *connection = otc_session_get_connection(target->session);
  CHECK_INT(otc_session_send_signal_to_connection(client->session, type, text, connection), OTC_SUCCESS);
}
