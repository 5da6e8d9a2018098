/* Random calls, legal in the sense of the interface and mad in every other: sessions in any state, deleted ones, things that never
 * were sessions, text of every kind.
 *
 * The interface lets a program use a borrowed connection only until its session is deleted. A lock of each slot keeps to that: it
 * is held for reading while an own connection is in use and for writing while the session is deleted. Callbacks only ever try. */
#define _GNU_SOURCE
#include "abuse.h"

#include <time.h>

#include "harness.h"
#include "internal.h"

enum { ROOMS = 4, STALE = 64, BAG = 64, CALLBACKS = 8 };

struct slot {
  pthread_rwlock_t lock;
  otc_session *session; /* under pointers_lock as well: read without the lock of the slot */
  int room;
};

static struct slot slots[SLOTS];
static pthread_mutex_t pointers_lock = PTHREAD_MUTEX_INITIALIZER; /* for the next four */
static otc_session *stale[STALE];
static unsigned stale_next;
static otc_connection *bag[BAG];
static int extra_inits;

static struct {
  const char *session_id;
  const char *token;
  const char *moderator;
} rooms[ROOMS];

static pthread_mutex_t counts_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long calls;
static unsigned long callbacks_run[CALLBACKS];
static const char *const callback_names[CALLBACKS] = {"connected",      "disconnected", "created", "dropped", "signals",
                                                      "reconnections",  "reconnected",  "errors"};
static pthread_cond_t called; /* a callback has run */
static uint64_t callback_seed;

static void count_call(void) {
  pthread_mutex_lock(&counts_lock);
  calls++;
  pthread_mutex_unlock(&counts_lock);
}

unsigned long calls_made(void) {
  unsigned long made;
  pthread_mutex_lock(&counts_lock);
  made = calls;
  pthread_mutex_unlock(&counts_lock);
  return made;
}

void print_counts(void) {
  int i;
  pthread_mutex_lock(&counts_lock);
  printf("%lu calls, and callbacks:", calls);
  for (i = 0; i < CALLBACKS; i++) printf(" %s %lu", callback_names[i], callbacks_run[i]);
  printf("\n");
  pthread_mutex_unlock(&counts_lock);
  fflush(stdout);
}

void check_counts(void) {
  CHECK(callbacks_run[0] > 0 && callbacks_run[2] > 0 && callbacks_run[4] > 0); /* there was something to disturb */
}

/* ---- Callbacks ------------------------------------------------------------------------------------------------------------ */

/* A mark in user_data shows whether it is still what was given. */
static int user_mark;

static void called_back(int which, otc_session *session, void *user_data, const otc_connection *connection) {
  struct chance chance;
  CHECK(user_data == &user_mark);
  CHECK(otc_session_get_id(session) != NULL);
  pthread_mutex_lock(&counts_lock);
  callbacks_run[which]++;
  pthread_cond_broadcast(&called);
  chance.state = callback_seed++;
  pthread_mutex_unlock(&counts_lock);
  if (connection != NULL) {
    CHECK(otc_connection_get_id(connection) != NULL && otc_connection_get_data(connection) != NULL);
    if (chance_once_in(&chance, 8)) {
      otc_connection *copy = otc_connection_copy(connection);
      int place = chance_below(&chance, BAG);
      otc_connection *old;
      CHECK(copy != NULL);
      pthread_mutex_lock(&pointers_lock);
      old = bag[place];
      bag[place] = copy;
      pthread_mutex_unlock(&pointers_lock);
      if (old != NULL) CHECK_INT(otc_connection_delete(old), OTC_SUCCESS);
    }
  }
  /* Seldom enough that a callback does not cause another one on average. */
  if (chance_once_in(&chance, which == 4 ? 40 : 4)) any_call(&chance, 1);
}

static void on_connected(otc_session *session, void *user_data) { called_back(0, session, user_data, NULL); }
static void on_disconnected(otc_session *session, void *user_data) { called_back(1, session, user_data, NULL); }
static void on_created(otc_session *session, void *user_data, const otc_connection *connection) {
  called_back(2, session, user_data, connection);
}
static void on_dropped(otc_session *session, void *user_data, const otc_connection *connection) {
  called_back(3, session, user_data, connection);
}
static void on_signal(otc_session *session, void *user_data, const char *type, const char *signal,
                      const otc_connection *connection) {
  CHECK(strlen(type) <= 128 && strlen(signal) <= 8192);
  called_back(4, session, user_data, connection);
}
static void on_reconnection_started(otc_session *session, void *user_data) { called_back(5, session, user_data, NULL); }
static void on_reconnected(otc_session *session, void *user_data) { called_back(6, session, user_data, NULL); }
static void on_error(otc_session *session, void *user_data, const char *text, enum otc_session_error_code code) {
  CHECK(text != NULL && text[0] != '\0' && strchr(text, '\n') == NULL);
  CHECK((int)code != OTC_SESSION_INTERNAL_ERROR);
  called_back(7, session, user_data, NULL);
}

static struct otc_session_callbacks any_callbacks(struct chance *chance) {
  struct otc_session_callbacks callbacks = {0};
  callbacks.on_connected = on_connected;
  callbacks.on_disconnected = on_disconnected;
  callbacks.on_connection_created = on_created;
  callbacks.on_connection_dropped = on_dropped;
  callbacks.on_signal_received = on_signal;
  callbacks.on_reconnection_started = on_reconnection_started;
  callbacks.on_reconnected = on_reconnected;
  callbacks.on_error = on_error;
  callbacks.user_data = &user_mark;
  if (chance_once_in(chance, 10)) callbacks.on_connection_created = NULL;
  if (chance_once_in(chance, 10)) callbacks.on_signal_received = NULL;
  return callbacks;
}

/* ---- Pointers -------------------------------------------------------------------------------------------------------------- */

static otc_session *session_of(const struct slot *slot) {
  otc_session *session;
  pthread_mutex_lock(&pointers_lock);
  session = slot->session;
  pthread_mutex_unlock(&pointers_lock);
  return session;
}

/* A session, mostly; else one that was deleted or is just being deleted, or garbage. */
static otc_session *any_session(struct chance *chance) {
  static const uintptr_t garbage[] = {0, 1, 16, 4096, 0x400000000000u, 0x7fffffffffffu, UINTPTR_MAX};
  otc_session *session;
  int draw = chance_below(chance, 20);
  if (draw == 0) return (otc_session *)garbage[chance_below(chance, sizeof garbage / sizeof garbage[0])];
  if (draw > 2) return session_of(&slots[chance_below(chance, SLOTS)]);
  pthread_mutex_lock(&pointers_lock);
  session = stale[chance_below(chance, STALE)];
  pthread_mutex_unlock(&pointers_lock);
  return session;
}

static int lock_slot(struct slot *slot, int writing, int inside_callback) {
  if (writing) return (inside_callback ? pthread_rwlock_trywrlock(&slot->lock) : pthread_rwlock_wrlock(&slot->lock)) == 0;
  return (inside_callback ? pthread_rwlock_tryrdlock(&slot->lock) : pthread_rwlock_rdlock(&slot->lock)) == 0;
}

/* The slot is held for writing. Others may call with the pointer meanwhile: it is known as a stale one before it is. */
static void empty_slot(struct slot *slot) {
  otc_session *session = slot->session;
  if (session == NULL) return;
  pthread_mutex_lock(&pointers_lock);
  slot->session = NULL;
  stale[stale_next++ % STALE] = session;
  pthread_mutex_unlock(&pointers_lock);
  (void)otc_session_delete(session); /* another thread may have been quicker */
  CHECK_INT(otc_session_delete(session), OTC_INVALID_PARAM);
}

/* ---- Calls ------------------------------------------------------------------------------------------------------------------ */

static otc_session_settings *any_settings(struct chance *chance) {
  struct otc_x_timeouts timeouts = {.struct_size = sizeof timeouts, .keepalive_interval_ms = 200, .keepalive_loss_ms = 1000,
                                    .reconnect_limit_ms = 500};
  struct otc_x_limits limits = {.struct_size = sizeof limits, .outbox_signals = 100, .callback_queue_bytes = 20000};
  otc_session_settings *settings = otc_session_settings_new();
  CHECK(settings != NULL);
  if (chance_once_in(chance, 3)) otc_x_session_settings_set_timeouts(settings, &timeouts);
  if (chance_once_in(chance, 3)) otc_x_session_settings_set_limits(settings, &limits);
  if (chance_once_in(chance, 5)) otc_session_settings_set_connection_events_suppressed(settings, OTC_TRUE);
  if (chance_once_in(chance, 9)) otc_session_settings_set_proxy_url(settings, any_text(chance));
  if (chance_once_in(chance, 9)) otc_x_session_settings_set_api_url(settings, any_text(chance));
  if (chance_once_in(chance, 9)) otc_x_session_settings_set_ca_file(settings, any_text(chance));
  if (chance_once_in(chance, 9)) otc_x_session_settings_set_forward_proxy(settings, any_text(chance));
  return settings;
}

static void make_session(struct chance *chance, int inside_callback) {
  struct slot *slot = &slots[chance_below(chance, SLOTS)];
  struct otc_session_callbacks callbacks = any_callbacks(chance);
  otc_session_settings *settings = chance_once_in(chance, 2) ? any_settings(chance) : NULL;
  otc_session *session;
  int room = chance_below(chance, ROOMS);
  const char *session_id = chance_once_in(chance, 20) ? any_text(chance) : rooms[room].session_id;
  const char *key = chance_once_in(chance, 20) ? any_text(chance) : TEST_API_KEY;
  if (lock_slot(slot, 1, inside_callback)) {
    empty_slot(slot);
    session = otc_session_new_with_settings(key, session_id, &callbacks, settings);
    memset(&callbacks, 0xA5, sizeof callbacks);
    if (session != NULL && chance_below(chance, 4) > 0) CHECK_INT(otc_session_connect(session, rooms[room].token), OTC_SUCCESS);
    pthread_mutex_lock(&pointers_lock);
    slot->session = session;
    slot->room = room;
    pthread_mutex_unlock(&pointers_lock);
    pthread_rwlock_unlock(&slot->lock);
  }
  if (settings != NULL) {
    CHECK_INT(otc_session_settings_delete(settings), OTC_SUCCESS);
    CHECK_INT(otc_session_settings_delete(settings), OTC_INVALID_PARAM);
  }
}

static void delete_session(struct chance *chance, int inside_callback) {
  struct slot *slot = &slots[chance_below(chance, SLOTS)];
  if (chance_once_in(chance, 3)) {
    /* One that is gone or is just going. */
    otc_session *session;
    pthread_mutex_lock(&pointers_lock);
    session = stale[chance_below(chance, STALE)];
    pthread_mutex_unlock(&pointers_lock);
    (void)otc_session_delete(session);
  } else if (lock_slot(slot, 1, inside_callback)) {
    empty_slot(slot);
    pthread_rwlock_unlock(&slot->lock);
  }
}

static void join_or_leave(struct chance *chance) {
  int room = chance_below(chance, ROOMS);
  otc_session *session = any_session(chance);
  switch (chance_below(chance, 20)) {
    case 0: otc_session_disconnect(session); break;
    case 1: otc_session_connect(session, any_text(chance)); break;
    case 2: otc_session_connect(session, rooms[room].moderator); break;
    default: otc_session_connect(session, rooms[room].token); break;
  }
}

/* To a connection of the program's own, or to an own connection that is borrowed. */
static void send_directed(struct chance *chance, int inside_callback) {
  struct otc_signal_options options = {chance_once_in(chance, 2)};
  const char *type = any_type(chance);
  const char *data = any_data(chance);
  otc_session *session = any_session(chance);
  if (chance_once_in(chance, 2)) {
    struct slot *slot = &slots[chance_below(chance, SLOTS)];
    if (!lock_slot(slot, 0, inside_callback)) return;
    otc_session_send_signal_to_connection_with_options(session, type, data, otc_session_get_connection(slot->session), options);
    pthread_rwlock_unlock(&slot->lock);
  } else {
    int place = chance_below(chance, BAG);
    otc_connection *connection;
    pthread_mutex_lock(&pointers_lock);
    connection = bag[place];
    bag[place] = NULL;
    pthread_mutex_unlock(&pointers_lock);
    otc_session_send_signal_to_connection(session, type, data, connection);
    if (chance_once_in(chance, 200)) otc_session_force_disconnect(session, connection);
    if (connection == NULL) return;
    CHECK(otc_connection_get_session_id(connection) != NULL);
    CHECK_INT(otc_connection_delete(connection), OTC_SUCCESS);
  }
}

static void send_broadcast(struct chance *chance) {
  struct otc_signal_options options = {chance_once_in(chance, 2)};
  const char *type = any_type(chance);
  const char *data = any_data(chance);
  if (chance_once_in(chance, 2)) {
    otc_session_send_signal(any_session(chance), type, data);
  } else {
    otc_session_send_signal_with_options(any_session(chance), type, data, options);
  }
}

static void ask(struct chance *chance, int inside_callback) {
  struct slot *slot = &slots[chance_below(chance, SLOTS)];
  otc_session_get_capabilities(any_session(chance));
  otc_session_get_user_data(any_session(chance));
  otc_session_get_id(any_session(chance));
  otc_session_get_connection(any_session(chance));
  if (lock_slot(slot, 0, inside_callback)) {
    const otc_connection *own = otc_session_get_connection(slot->session);
    const char *id = otc_session_get_id(slot->session);
    CHECK((id == NULL) == (slot->session == NULL) || inside_callback);
    CHECK(own == NULL || strlen(otc_connection_get_id(own)) > 0);
    pthread_rwlock_unlock(&slot->lock);
  }
}

static void moderate(struct chance *chance) {
  const char *streams[2];
  streams[0] = any_text(chance);
  streams[1] = any_text(chance);
  otc_session_force_mute_stream(any_session(chance), streams[0]);
  otc_session_force_mute_all(any_session(chance), streams, chance_below(chance, 3));
  otc_session_disable_force_mute(any_session(chance));
  otc_session_set_encryption_secret(any_session(chance), any_text(chance));
}

static void report(struct chance *chance) {
  char *issue = NULL;
  otc_status status = otc_session_report_issue(any_session(chance), any_text(chance), &issue);
  CHECK((status == OTC_SUCCESS) == (issue != NULL));
  free(issue);
}

static void quiet_log(const char *line) { CHECK(line != NULL); }

static void other_quiet_log(const char *line) {
  CHECK(line != NULL);
  otc_get_log_level();
  CHECK_INT(otc_session_delete(NULL), OTC_INVALID_PARAM);
}

/* Never back to standard error: that would drown whoever reads it. */
static void change_log(struct chance *chance) {
  otc_log_enable((enum otc_log_level)chance_below(chance, 6));
  otc_x_log_error(any_text(chance));
  otc_log_set_logger_callback(chance_once_in(chance, 2) ? quiet_log : other_quiet_log);
}

static void count_users(struct chance *chance, int inside_callback) {
  if (chance_once_in(chance, 2)) {
    CHECK_INT(otc_init(NULL), OTC_SUCCESS);
    pthread_mutex_lock(&pointers_lock);
    extra_inits++;
    pthread_mutex_unlock(&pointers_lock);
  } else if (inside_callback) {
    CHECK_INT(otc_destroy(), OTC_FATAL);
  } else {
    int had;
    pthread_mutex_lock(&pointers_lock);
    had = extra_inits > 0;
    extra_inits -= had;
    pthread_mutex_unlock(&pointers_lock);
    if (had) CHECK_INT(otc_destroy(), OTC_SUCCESS);
  }
}

static void media(struct chance *chance) {
  otc_session *session = any_session(chance);
  otc_session_publish(session, NULL);
  otc_session_unsubscribe(session, NULL);
  CHECK(otc_publisher_new(any_text(chance), NULL, NULL) == NULL);
  otc_video_frame_delete(otc_video_frame_new(OTC_VIDEO_FRAME_FORMAT_ARGB32, chance_below(chance, 40), 8, NULL));
}

/* Lets the network have its turn: calls take microseconds, joining takes milliseconds. */
static void await_callback(void) {
  struct timespec limit;
  clock_gettime(WAIT_CLOCK, &limit);
  limit.tv_nsec += limit_seconds() * 250000L; /* 5 ms, longer under a tool that slows everything down */
  if (limit.tv_nsec >= 1000000000) {
    limit.tv_sec++;
    limit.tv_nsec -= 1000000000;
  }
  pthread_mutex_lock(&counts_lock);
  pthread_cond_timedwait(&called, &counts_lock, &limit);
  pthread_mutex_unlock(&counts_lock);
}

void any_call(struct chance *chance, int inside_callback) {
  int draw = chance_below(chance, 100);
  count_call();
  if (!inside_callback && chance_once_in(chance, 10)) await_callback();
  if (draw < 1) make_session(chance, inside_callback);
  else if (draw < 2) delete_session(chance, inside_callback);
  else if (draw < 15) join_or_leave(chance);
  else if (draw < 50) send_directed(chance, inside_callback);
  else if (draw < 58) send_broadcast(chance);
  else if (draw < 80) ask(chance, inside_callback);
  else if (draw < 86) moderate(chance);
  else if (draw < 90) report(chance);
  else if (draw < 93) change_log(chance);
  else if (draw < 96) count_users(chance, inside_callback);
  else media(chance);
}

/* ---- Beginning and end -------------------------------------------------------------------------------------------------------- */

void slots_begin(uint64_t seed) {
  int i;
  init_condition(&called);
  callback_seed = seed ^ 0xCA11BACCu;
  otc_log_set_logger_callback(quiet_log);
  for (i = 0; i < ROOMS; i++) {
    rooms[i].session_id = mint_session();
    rooms[i].token = mint_token(rooms[i].session_id, NULL, "random", NULL);
    rooms[i].moderator = mint_token(rooms[i].session_id, "moderator", "random", NULL);
  }
  for (i = 0; i < SLOTS; i++) pthread_rwlock_init(&slots[i].lock, NULL);
}

void slots_clear(int half) {
  int i;
  for (i = 0; i < (half ? SLOTS / 2 : SLOTS); i++) {
    CHECK(lock_slot(&slots[i], 1, 0));
    empty_slot(&slots[i]);
    pthread_rwlock_unlock(&slots[i].lock);
  }
  for (i = 0; !half && i < BAG; i++) {
    if (bag[i] != NULL) CHECK_INT(otc_connection_delete(bag[i]), OTC_SUCCESS);
    bag[i] = NULL;
  }
  for (; extra_inits > 0; extra_inits--) CHECK_INT(otc_destroy(), OTC_SUCCESS);
}
