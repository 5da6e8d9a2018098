/* A client that other programs drive: a JSON object a line in, a JSON object a line out. The format is stable.
 *
 * It connects at once. Standard output, each line flushed, one for each callback:
 *
 *   {"event":"connected","connection_id":ID}
 *   {"event":"connection_created","connection_id":ID,"data":TEXT,"creation_time":MS}
 *   {"event":"connection_dropped","connection_id":ID,"data":TEXT,"creation_time":MS}
 *   {"event":"signal","type":TEXT,"data":TEXT,"from":ID}         from is null when the server sent it
 *   {"event":"reconnection_started"}
 *   {"event":"reconnected"}
 *   {"event":"disconnected"}
 *   {"event":"error","code":N,"message":TEXT}                    a code of session.h; 1011 also for a line not understood
 *   {"event":"refused","cmd":TEXT,"status":N}                    a command was refused with this otc_status
 *
 * Standard input, one command a line; all members but cmd may be left out or null:
 *
 *   {"cmd":"signal","type":TEXT,"data":TEXT,"to":ID,"retry_after_reconnect":BOOL}
 *   {"cmd":"force_disconnect","to":ID}
 *   {"cmd":"disconnect"}
 *   {"cmd":"quit"}
 *
 * `to` names a connection that this client has seen; another one is refused with 1011. The end of input does not end the
 * program: quit and SIGTERM (or SIGINT) do, after leaving the session. Exit code: 0 left, 2 could not connect, 64 bad
 * command line. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <opentok.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "json_line.h"
#include "options.h"

/* A line may carry data beyond every limit, each byte as a six-byte escape, so that limits can be tried out. */
#define LINE_MAX_BYTES (1024 * 1024)
/* Clients remembered after they left, so that a signal to one of them gets the library's own answer. */
#define DEPARTED_MAX 1024
/* Leaving is a matter of milliseconds; the library itself allows it 3 s. */
#define LEAVE_SECONDS 10

struct known {
  char *id;
  otc_connection *connection; /* our copy */
  int departed;
};

struct peer {
  pthread_mutex_t lock; /* for everything below */
  pthread_cond_t changed;
  int was_connected;
  int connect_failed;
  int live; /* a disconnect that succeeds will be answered by on_disconnected */
  struct known *known;
  size_t known_count;
  size_t known_capacity;
  size_t departed_count;
};

static pthread_mutex_t output_lock = PTHREAD_MUTEX_INITIALIZER;
static int wake_pipe[2]; /* written by callbacks and the handler of SIGTERM, read by the loop of main() */

static void wake(char reason) {
  ssize_t written;
  do written = write(wake_pipe[1], &reason, 1);
  while (written < 0 && errno == EINTR);
}

static void on_terminate(int signal_number) {
  int saved = errno;
  (void)signal_number;
  wake('T');
  errno = saved;
}

/* ---- Output ------------------------------------------------------------------------------------------------------ */

/* Prints one line, whole, whichever thread it comes from. */
static void emit(struct json_text *text) {
  json_put(text, "}\n");
  if (text->failed) {
    fprintf(stderr, "otc_peer: out of memory, a line is lost\n");
  } else {
    pthread_mutex_lock(&output_lock);
    fwrite(text->bytes, 1, text->length, stdout);
    fflush(stdout);
    pthread_mutex_unlock(&output_lock);
  }
  free(text->bytes);
}

static struct json_text event(const char *name) {
  struct json_text text = {NULL, 0, 0, 0};
  json_put(&text, "{\"event\":");
  json_put_string(&text, name);
  return text;
}

static void put_member(struct json_text *text, const char *key, const char *value) {
  json_put(text, ",\"");
  json_put(text, key);
  json_put(text, "\":");
  json_put_string(text, value);
}

static void put_number(struct json_text *text, const char *key, long long value) {
  char number[64];
  snprintf(number, sizeof number, ",\"%s\":%lld", key, value);
  json_put(text, number);
}

static void emit_plain(const char *name) {
  struct json_text text = event(name);
  emit(&text);
}

static void emit_error(int code, const char *message) {
  struct json_text text = event("error");
  put_number(&text, "code", code);
  put_member(&text, "message", message);
  emit(&text);
}

static void emit_refused(const char *cmd, int status) {
  struct json_text text = event("refused");
  put_member(&text, "cmd", cmd);
  put_number(&text, "status", status);
  emit(&text);
}

static void emit_connection(const char *name, const otc_connection *connection) {
  struct json_text text = event(name);
  put_member(&text, "connection_id", otc_connection_get_id(connection));
  put_member(&text, "data", otc_connection_get_data(connection));
  put_number(&text, "creation_time", (long long)otc_connection_get_creation_time(connection));
  emit(&text);
}

/* ---- Who has been seen ------------------------------------------------------------------------------------------- */

static struct known *find_known(struct peer *peer, const char *id) {
  size_t i;
  for (i = 0; i < peer->known_count; i++) {
    if (strcmp(peer->known[i].id, id) == 0) return &peer->known[i];
  }
  return NULL;
}

static void forget_known(struct peer *peer, size_t index) {
  free(peer->known[index].id);
  otc_connection_delete(peer->known[index].connection);
  peer->known_count--;
  memmove(&peer->known[index], &peer->known[index + 1], (peer->known_count - index) * sizeof *peer->known);
}

static void remember(struct peer *peer, const otc_connection *connection) {
  struct known entry = {NULL, NULL, 0};
  if (find_known(peer, otc_connection_get_id(connection)) != NULL) return;
  if (peer->known_count == peer->known_capacity) {
    size_t capacity = peer->known_capacity * 2 + 16;
    struct known *grown = realloc(peer->known, capacity * sizeof *grown);
    if (grown == NULL) return;
    peer->known = grown;
    peer->known_capacity = capacity;
  }
  entry.id = strdup(otc_connection_get_id(connection));
  entry.connection = otc_connection_copy(connection);
  if (entry.id == NULL || entry.connection == NULL) {
    free(entry.id);
    if (entry.connection != NULL) otc_connection_delete(entry.connection);
    return;
  }
  peer->known[peer->known_count++] = entry;
}

static void mark_departed(struct peer *peer, const char *id) {
  struct known *known = find_known(peer, id);
  size_t i;
  if (known == NULL || known->departed) return;
  known->departed = 1;
  if (++peer->departed_count <= DEPARTED_MAX) return;
  for (i = 0; i < peer->known_count; i++) {
    if (peer->known[i].departed) {
      forget_known(peer, i);
      peer->departed_count--;
      return;
    }
  }
}

/* ---- Callbacks: each prints its line and notes what the main loop must know ---------------------------------------- */

static void on_connected(otc_session *session, void *user_data) {
  struct peer *peer = user_data;
  const otc_connection *own = otc_session_get_connection(session);
  struct json_text text = event("connected");
  put_member(&text, "connection_id", otc_connection_get_id(own));
  pthread_mutex_lock(&peer->lock);
  peer->was_connected = 1;
  remember(peer, own);
  pthread_mutex_unlock(&peer->lock);
  emit(&text);
}

static void on_disconnected(otc_session *session, void *user_data) {
  struct peer *peer = user_data;
  (void)session;
  emit_plain("disconnected");
  pthread_mutex_lock(&peer->lock);
  peer->live = 0;
  pthread_cond_signal(&peer->changed);
  pthread_mutex_unlock(&peer->lock);
}

static void on_connection_created(otc_session *session, void *user_data, const otc_connection *connection) {
  struct peer *peer = user_data;
  (void)session;
  pthread_mutex_lock(&peer->lock);
  remember(peer, connection);
  pthread_mutex_unlock(&peer->lock);
  emit_connection("connection_created", connection);
}

static void on_connection_dropped(otc_session *session, void *user_data, const otc_connection *connection) {
  struct peer *peer = user_data;
  (void)session;
  pthread_mutex_lock(&peer->lock);
  mark_departed(peer, otc_connection_get_id(connection));
  pthread_mutex_unlock(&peer->lock);
  emit_connection("connection_dropped", connection);
}

static void on_signal_received(otc_session *session, void *user_data, const char *type, const char *signal,
                               const otc_connection *connection) {
  struct peer *peer = user_data;
  struct json_text text = event("signal");
  (void)session;
  put_member(&text, "type", type);
  put_member(&text, "data", signal);
  put_member(&text, "from", connection == NULL ? NULL : otc_connection_get_id(connection));
  if (connection != NULL) {
    pthread_mutex_lock(&peer->lock);
    remember(peer, connection);
    pthread_mutex_unlock(&peer->lock);
  }
  emit(&text);
}

static void on_reconnection_started(otc_session *session, void *user_data) {
  (void)session;
  (void)user_data;
  emit_plain("reconnection_started");
}

static void on_reconnected(otc_session *session, void *user_data) {
  (void)session;
  (void)user_data;
  emit_plain("reconnected");
}

static void on_error(otc_session *session, void *user_data, const char *error_string, enum otc_session_error_code error) {
  struct peer *peer = user_data;
  (void)session;
  emit_error((int)error, error_string);
  pthread_mutex_lock(&peer->lock);
  if (!peer->was_connected) {
    /* A failed connect is reported by this callback alone. */
    peer->connect_failed = 1;
    peer->live = 0;
    pthread_cond_signal(&peer->changed);
    wake('F');
  }
  pthread_mutex_unlock(&peer->lock);
}

/* ---- Commands ---------------------------------------------------------------------------------------------------- */

struct command {
  const char *cmd;
  const char *type;
  const char *data;
  const char *to;
  int retry;
};

/* Sorts the members of a line. Returns 0, or -1 with the message printed: what is not understood is never guessed at. */
static int read_command(struct command *command, const struct json_member *members, int count) {
  char message[160];
  int i;
  command->cmd = command->type = command->data = command->to = NULL;
  command->retry = OTC_TRUE;
  for (i = 0; i < count; i++) {
    const struct json_member *member = &members[i];
    const char **text = strcmp(member->key, "cmd") == 0    ? &command->cmd
                        : strcmp(member->key, "type") == 0 ? &command->type
                        : strcmp(member->key, "data") == 0 ? &command->data
                        : strcmp(member->key, "to") == 0   ? &command->to
                                                           : NULL;
    if (member->kind == JSON_NULL) continue;
    if (text != NULL && member->kind == JSON_STRING) {
      *text = member->text;
    } else if (strcmp(member->key, "retry_after_reconnect") == 0 &&
               (member->kind == JSON_TRUE || member->kind == JSON_FALSE)) {
      command->retry = member->kind == JSON_TRUE;
    } else {
      snprintf(message, sizeof message,
               "member \"%.40s\": allowed are the strings cmd, type, data, to and the Boolean retry_after_reconnect",
               member->key);
      emit_error(OTC_SESSION_NULL_OR_INVALID_PARAMETER, message);
      return -1;
    }
  }
  if (command->cmd == NULL) {
    emit_error(OTC_SESSION_NULL_OR_INVALID_PARAMETER, "the member \"cmd\" is missing");
    return -1;
  }
  return 0;
}

/* A copy of our own of the connection that a command names, or NULL for one that this client has not seen. */
static otc_connection *copy_of_known(struct peer *peer, const char *id) {
  otc_connection *copy = NULL;
  struct known *known;
  pthread_mutex_lock(&peer->lock);
  known = find_known(peer, id);
  if (known != NULL) copy = otc_connection_copy(known->connection);
  pthread_mutex_unlock(&peer->lock);
  return copy;
}

static otc_status send_command(struct peer *peer, otc_session *session, const struct command *command) {
  struct otc_signal_options options;
  otc_connection *target;
  otc_status status;
  options.retry_after_reconnect = command->retry;
  if (command->to == NULL) {
    return otc_session_send_signal_with_options(session, command->type, command->data, options);
  }
  target = copy_of_known(peer, command->to);
  if (target == NULL) return OTC_SESSION_NULL_OR_INVALID_PARAMETER;
  status = otc_session_send_signal_to_connection_with_options(session, command->type, command->data, target, options);
  otc_connection_delete(target);
  return status;
}

static otc_status remove_command(struct peer *peer, otc_session *session, const struct command *command) {
  otc_connection *target = command->to == NULL ? NULL : copy_of_known(peer, command->to);
  otc_status status;
  if (target == NULL) return OTC_SESSION_NULL_OR_INVALID_PARAMETER;
  status = otc_session_force_disconnect(session, target);
  otc_connection_delete(target);
  return status;
}

/* Carries out one line. Returns 1 for quit. */
static int run_line(struct peer *peer, otc_session *session, char *line, size_t length) {
  struct json_member members[16];
  struct command command;
  const char *problem;
  otc_status status;
  int count = json_read_line(line, length, members, 16, &problem);
  if (count < 0) {
    emit_error(OTC_SESSION_NULL_OR_INVALID_PARAMETER, problem);
    return 0;
  }
  if (read_command(&command, members, count) != 0) return 0;
  if (strcmp(command.cmd, "quit") == 0) return 1;
  if (strcmp(command.cmd, "signal") == 0) {
    status = send_command(peer, session, &command);
  } else if (strcmp(command.cmd, "force_disconnect") == 0) {
    status = remove_command(peer, session, &command);
  } else if (strcmp(command.cmd, "disconnect") == 0) {
    status = otc_session_disconnect(session);
  } else {
    status = OTC_SESSION_NULL_OR_INVALID_PARAMETER;
  }
  if (status != OTC_SUCCESS) emit_refused(command.cmd, (int)status);
  return 0;
}

struct input {
  char *line; /* LINE_MAX_BYTES and one for the 0 at the end */
  size_t length;
  int too_long; /* the line is being skipped */
  int open;
};

/* Reads what is there and carries out every whole line. Returns 1 for quit. */
static int read_input(struct input *input, struct peer *peer, otc_session *session) {
  char block[65536];
  ssize_t i;
  ssize_t count = read(STDIN_FILENO, block, sizeof block);
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return 0;
  if (count <= 0) {
    input->open = 0;
    return 0;
  }
  for (i = 0; i < count; i++) {
    if (block[i] != '\n') {
      if (input->length == LINE_MAX_BYTES) input->too_long = 1;
      else input->line[input->length++] = block[i];
      continue;
    }
    if (input->too_long) {
      emit_error(OTC_SESSION_NULL_OR_INVALID_PARAMETER, "the line is longer than 1048576 bytes");
    } else if (input->length > 0 && run_line(peer, session, input->line, input->length)) {
      return 1;
    }
    input->length = 0;
    input->too_long = 0;
  }
  return 0;
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

/* Serves commands until quit, SIGTERM, or a connect that failed. */
static void serve(struct peer *peer, otc_session *session) {
  struct input input = {NULL, 0, 0, 1};
  input.line = malloc(LINE_MAX_BYTES + 1);
  if (input.line == NULL) return;
  for (;;) {
    struct pollfd sources[2] = {{-1, POLLIN, 0}, {-1, POLLIN, 0}};
    sources[0].fd = wake_pipe[0];
    if (input.open) sources[1].fd = STDIN_FILENO;
    if (poll(sources, 2, -1) < 0 && errno != EINTR) break;
    if (sources[0].revents != 0) break;
    if (sources[1].revents != 0 && read_input(&input, peer, session)) break;
  }
  free(input.line);
}

/* Leaves the session, if there is one to leave, and waits for the goodbye. */
static void leave(struct peer *peer, otc_session *session) {
  struct timespec limit;
  int live;
  (void)otc_session_disconnect(session); /* refused: it is over already, or on its way */
  clock_gettime(CLOCK_REALTIME, &limit);
  limit.tv_sec += LEAVE_SECONDS;
  pthread_mutex_lock(&peer->lock);
  while (peer->live && pthread_cond_timedwait(&peer->changed, &peer->lock, &limit) == 0) continue;
  live = peer->live;
  pthread_mutex_unlock(&peer->lock);
  if (live) fprintf(stderr, "otc_peer: no on_disconnected within %d s\n", LEAVE_SECONDS);
}

static otc_session *start(struct peer *peer, const struct options *options) {
  struct otc_session_callbacks callbacks = {0};
  otc_session *session;
  otc_status status;
  callbacks.on_connected = on_connected;
  callbacks.on_disconnected = on_disconnected;
  callbacks.on_connection_created = on_connection_created;
  callbacks.on_connection_dropped = on_connection_dropped;
  callbacks.on_signal_received = on_signal_received;
  callbacks.on_reconnection_started = on_reconnection_started;
  callbacks.on_reconnected = on_reconnected;
  callbacks.on_error = on_error;
  callbacks.user_data = peer;
  session = otc_session_new(options->api_key, options->session_id, &callbacks);
  if (session == NULL) {
    emit_error(OTC_SESSION_NULL_OR_INVALID_PARAMETER, "otc_session_new failed");
    return NULL;
  }
  peer->live = 1;
  status = otc_session_connect(session, options->token);
  if (status != OTC_SUCCESS) {
    emit_error((int)status, "otc_session_connect was refused");
    otc_session_delete(session);
    return NULL;
  }
  return session;
}

int main(int argc, char **argv) {
  struct peer peer = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0, NULL, 0, 0, 0};
  struct sigaction action;
  struct options options;
  otc_session *session;
  int code = options_read(&options, argc, argv);
  if (code != 0) return code < 0 ? 0 : code;

  /* A full pipe must never block a handler or a callback: one unread reason is as good as many. */
  if (pipe(wake_pipe) != 0 || fcntl(wake_pipe[1], F_SETFL, O_NONBLOCK) != 0) {
    perror("otc_peer: pipe");
    return 2;
  }
  memset(&action, 0, sizeof action);
  action.sa_handler = on_terminate;
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);

  if (otc_init(NULL) != OTC_SUCCESS) {
    emit_error(OTC_FATAL, "otc_init failed");
    return 2;
  }
  session = start(&peer, &options);
  if (session == NULL) {
    code = 2;
  } else {
    serve(&peer, session);
    leave(&peer, session);
    otc_session_delete(session);
    /* After delete no callback runs: everything is ours alone again. */
    code = peer.connect_failed ? 2 : 0;
  }
  while (peer.known_count > 0) forget_known(&peer, peer.known_count - 1);
  free(peer.known);
  if (otc_destroy() != OTC_SUCCESS) fprintf(stderr, "otc_peer: otc_destroy failed\n");
  close(wake_pipe[0]);
  close(wake_pipe[1]);
  return code;
}
