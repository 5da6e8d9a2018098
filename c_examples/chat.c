/* A chat in the terminal.
 *
 * Everybody who joins the session with this program reads what the others write. Names come from the connection data of
 * the tokens, either all of it or what follows `name=`. Type a line to say it to all; /help lists the commands.
 *
 * The lesson: callbacks run on threads of the library, so what they share with main() has a lock; they copy what they keep
 * (here: one otc_connection for each person); and the way out is always the same: disconnect, wait for on_disconnected, delete.
 * Exit code: 0 left, 2 could not join, 3 the session ended by a fault, 64 bad command line.
 */
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

#include "options.h"
#include "terminal.h"

#define TYPE_PUBLIC "chat"
#define TYPE_PRIVATE "chat-private"
#define NAME_BYTES 48
#define LEAVE_SECONDS 5

struct person {
  otc_connection *connection; /* our copy */
  char name[NAME_BYTES];
  struct person *next;
};

struct chat {
  pthread_mutex_t lock; /* for everything below */
  pthread_cond_t changed;
  struct person *people; /* the others, in the order in which they came */
  char own_name[NAME_BYTES];
  int joined;       /* on_connected ran */
  int reconnecting; /* between on_reconnection_started and on_reconnected */
  int failed;       /* on_error ran */
  int over;         /* nothing more will come */
};

/* What interrupts the waiting for input. */
#define WAKE_JOINED 'J'
#define WAKE_LEAVE 'L' /* Ctrl-C, or the session is over */
static int wake_pipe[2];

static void wake(char reason) {
  ssize_t written;
  do written = write(wake_pipe[1], &reason, 1);
  while (written < 0 && errno == EINTR);
}

static void on_interrupt(int signal_number) {
  int saved = errno;
  (void)signal_number;
  wake(WAKE_LEAVE);
  errno = saved;
}

/* ---- People ------------------------------------------------------------------------------------------------------ */

/* The name in a connection's data: a single word, so that /msg can name it; the start of the id when there is none. */
static void name_of(char *name, const otc_connection *connection) {
  const char *data = otc_connection_get_data(connection);
  char *at;
  if (strncmp(data, "name=", 5) == 0) data += 5;
  terminal_clean(name, NAME_BYTES - 6, data);
  for (at = name; *at != '\0'; at++) {
    if (*at == ' ') *at = '_';
  }
  if (name[0] == '\0') snprintf(name, NAME_BYTES, "%.8s", otc_connection_get_id(connection));
}

static struct person *find_name(struct chat *chat, const char *name) {
  struct person *person;
  for (person = chat->people; person != NULL; person = person->next) {
    if (strcmp(person->name, name) == 0) return person;
  }
  return NULL;
}

static struct person *find_id(struct chat *chat, const char *id) {
  struct person *person;
  for (person = chat->people; person != NULL; person = person->next) {
    if (strcmp(otc_connection_get_id(person->connection), id) == 0) return person;
  }
  return NULL;
}

/* Adds somebody at the end of the list. Two of the same name are told apart by the start of the id. */
static struct person *add_person(struct chat *chat, const otc_connection *connection) {
  struct person **end = &chat->people;
  struct person *person = calloc(1, sizeof *person);
  if (person == NULL) return NULL;
  person->connection = otc_connection_copy(connection);
  if (person->connection == NULL) {
    free(person);
    return NULL;
  }
  name_of(person->name, connection);
  if (find_name(chat, person->name) != NULL || strcmp(person->name, chat->own_name) == 0) {
    size_t length = strlen(person->name);
    snprintf(person->name + length, sizeof person->name - length, "#%.4s", otc_connection_get_id(connection));
  }
  while (*end != NULL) end = &(*end)->next;
  *end = person;
  return person;
}

static void remove_person(struct chat *chat, struct person *gone) {
  struct person **link = &chat->people;
  while (*link != gone) link = &(*link)->next;
  *link = gone->next;
  otc_connection_delete(gone->connection);
  free(gone);
}

/* ---- Callbacks --------------------------------------------------------------------------------------------------- */

static void on_connected(otc_session *session, void *user_data) {
  struct chat *chat = user_data;
  pthread_mutex_lock(&chat->lock);
  name_of(chat->own_name, otc_session_get_connection(session));
  chat->joined = 1;
  terminal_print("* you are here as %s; /help lists the commands", chat->own_name);
  pthread_mutex_unlock(&chat->lock);
  wake(WAKE_JOINED);
}

static void on_connection_created(otc_session *session, void *user_data, const otc_connection *connection) {
  struct chat *chat = user_data;
  struct person *person;
  (void)session;
  pthread_mutex_lock(&chat->lock);
  person = add_person(chat, connection);
  terminal_print("* %s is here", person == NULL ? "somebody" : person->name);
  pthread_mutex_unlock(&chat->lock);
}

static void on_connection_dropped(otc_session *session, void *user_data, const otc_connection *connection) {
  struct chat *chat = user_data;
  struct person *person;
  (void)session;
  pthread_mutex_lock(&chat->lock);
  person = find_id(chat, otc_connection_get_id(connection));
  terminal_print("* %s has left", person == NULL ? "somebody" : person->name);
  if (person != NULL) remove_person(chat, person);
  pthread_mutex_unlock(&chat->lock);
}

static void on_signal_received(otc_session *session, void *user_data, const char *type, const char *signal,
                               const otc_connection *connection) {
  struct chat *chat = user_data;
  const otc_connection *own = otc_session_get_connection(session);
  char text[TERMINAL_LINE_BYTES + 1];
  char name[NAME_BYTES];
  struct person *person;
  terminal_clean(text, sizeof text, signal);
  pthread_mutex_lock(&chat->lock);
  if (connection == NULL) {
    snprintf(name, sizeof name, "(server)");
  } else if (strcmp(otc_connection_get_id(connection), otc_connection_get_id(own)) == 0) {
    snprintf(name, sizeof name, "%s", chat->own_name);
  } else if ((person = find_id(chat, otc_connection_get_id(connection))) != NULL) {
    snprintf(name, sizeof name, "%s", person->name);
  } else {
    name_of(name, connection);
  }
  pthread_mutex_unlock(&chat->lock);
  if (strcmp(type, TYPE_PUBLIC) == 0) {
    terminal_print("%s: %s", name, text);
  } else if (strcmp(type, TYPE_PRIVATE) == 0) {
    terminal_print("%s, to you alone: %s", name, text);
  } else {
    terminal_print("%s [%s]: %s", name, type, text); /* another program in the same session */
  }
}

static void on_reconnection_started(otc_session *session, void *user_data) {
  struct chat *chat = user_data;
  (void)session;
  pthread_mutex_lock(&chat->lock);
  chat->reconnecting = 1;
  pthread_mutex_unlock(&chat->lock);
  terminal_print("* the link is lost, reconnecting...; what you write is kept");
}

static void on_reconnected(otc_session *session, void *user_data) {
  struct chat *chat = user_data;
  (void)session;
  pthread_mutex_lock(&chat->lock);
  chat->reconnecting = 0;
  pthread_mutex_unlock(&chat->lock);
  terminal_print("* back again, nothing was missed");
}

static void end_session(struct chat *chat) {
  chat->over = 1;
  pthread_cond_signal(&chat->changed);
  wake(WAKE_LEAVE);
}

static void on_error(otc_session *session, void *user_data, const char *error_string, enum otc_session_error_code error) {
  struct chat *chat = user_data;
  (void)session;
  pthread_mutex_lock(&chat->lock);
  chat->failed = 1;
  terminal_print("* %s: %s (%d)", chat->joined ? "the session ends" : "could not join", error_string, (int)error);
  if (!chat->joined) end_session(chat); /* nothing follows a failed connect */
  pthread_mutex_unlock(&chat->lock);
}

static void on_disconnected(otc_session *session, void *user_data) {
  struct chat *chat = user_data;
  (void)session;
  terminal_print("* you have left");
  pthread_mutex_lock(&chat->lock);
  end_session(chat);
  pthread_mutex_unlock(&chat->lock);
}

/* ---- What the person types ---------------------------------------------------------------------------------------- */

/* Tells why a signal was not taken. */
static void explain(otc_status status, const char *name) {
  if (status == OTC_SESSION_SIGNAL_DATA_TOO_LONG) {
    terminal_print("* too long: a line may have 8192 bytes");
  } else if (status == OTC_SESSION_UNABLE_TO_SEND_SIGNAL) {
    terminal_print("* not sent: %s is not here any more, or too much is waiting already", name);
  } else if (status == OTC_SESSION_NULL_OR_INVALID_PARAMETER) {
    terminal_print("* not sent: the line is not UTF-8");
  } else {
    terminal_print("* not sent: status %d", (int)status);
  }
}

static void say(struct chat *chat, otc_session *session, const char *text) {
  otc_status status = otc_session_send_signal(session, TYPE_PUBLIC, text);
  int reconnecting;
  if (status != OTC_SUCCESS) {
    explain(status, "everybody");
    return;
  }
  /* Nothing to print while connected: the signal comes back like everybody's, which shows that it has arrived. */
  pthread_mutex_lock(&chat->lock);
  reconnecting = chat->reconnecting;
  pthread_mutex_unlock(&chat->lock);
  if (reconnecting) terminal_print("(waiting for the link) %s", text);
}

static void say_to(struct chat *chat, otc_session *session, char *arguments) {
  otc_connection *target = NULL;
  struct person *person;
  otc_status status;
  char *text = strchr(arguments, ' ');
  if (text == NULL || text[1] == '\0') {
    terminal_print("* usage: /msg NAME TEXT");
    return;
  }
  *text++ = '\0';
  pthread_mutex_lock(&chat->lock);
  person = find_name(chat, arguments);
  if (person != NULL) target = otc_connection_copy(person->connection);
  pthread_mutex_unlock(&chat->lock);
  if (target == NULL) {
    terminal_print("* nobody here is called %s; /who lists the names", arguments);
    return;
  }
  status = otc_session_send_signal_to_connection(session, TYPE_PRIVATE, text, target);
  otc_connection_delete(target);
  if (status != OTC_SUCCESS) explain(status, arguments);
  else terminal_print("you, to %s alone: %s", arguments, text);
}

static void list_people(struct chat *chat) {
  const struct person *person;
  pthread_mutex_lock(&chat->lock);
  terminal_print("* here: %s (you)", chat->own_name);
  for (person = chat->people; person != NULL; person = person->next) terminal_print("*       %s", person->name);
  pthread_mutex_unlock(&chat->lock);
}

/* Carries out one line. Returns 1 for /quit. */
static int run_line(struct chat *chat, otc_session *session, char *line) {
  if (line[0] == '\0') return 0;
  if (line[0] != '/') {
    say(chat, session, line);
  } else if (line[1] == '/') {
    say(chat, session, line + 1);
  } else if (strcmp(line, "/quit") == 0) {
    return 1;
  } else if (strcmp(line, "/who") == 0) {
    list_people(chat);
  } else if (strncmp(line, "/msg", 4) == 0 && (line[4] == ' ' || line[4] == '\0')) {
    say_to(chat, session, line + (line[4] == ' ' ? 5 : 4));
  } else if (strcmp(line, "/help") == 0) {
    terminal_print("* /who            who is here\n"
                   "* /msg NAME TEXT  say something to one person alone\n"
                   "* /quit           leave (so do Ctrl-C and Ctrl-D)\n"
                   "* //TEXT          say something that starts with a slash");
  } else {
    terminal_print("* unknown command %s; /help lists the commands", line);
  }
  return 0;
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

/* Reads and carries out lines until the person or the session ends it. */
static void talk(struct chat *chat, otc_session *session) {
  static char line[TERMINAL_LINE_BYTES + 1];
  struct pollfd sources[2] = {{-1, POLLIN, 0}, {-1, POLLIN, 0}}; /* no input yet: there is nobody to talk to */
  sources[0].fd = wake_pipe[0];
  for (;;) {
    enum terminal_input input;
    if (poll(sources, 2, -1) < 0) {
      if (errno != EINTR) return;
      continue;
    }
    if (sources[0].revents != 0) {
      char reason = WAKE_LEAVE;
      if (read(wake_pipe[0], &reason, 1) != 1 || reason == WAKE_LEAVE) return;
      sources[1].fd = STDIN_FILENO;
      continue;
    }
    terminal_read();
    while ((input = terminal_next(line)) == TERMINAL_LINE) {
      if (run_line(chat, session, line)) return;
    }
    if (input == TERMINAL_END) return;
  }
}

static void leave(struct chat *chat, otc_session *session) {
  struct timespec limit;
  if (otc_session_disconnect(session) != OTC_SUCCESS) return; /* it is over already */
  clock_gettime(CLOCK_REALTIME, &limit);
  limit.tv_sec += LEAVE_SECONDS;
  pthread_mutex_lock(&chat->lock);
  while (!chat->over && pthread_cond_timedwait(&chat->changed, &chat->lock, &limit) == 0) continue;
  pthread_mutex_unlock(&chat->lock);
}

static int chat_with(struct chat *chat, const struct options *options) {
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
  callbacks.user_data = chat;
  session = otc_session_new(options->api_key, options->session_id, &callbacks);
  if (session == NULL) {
    terminal_print("* otc_session_new failed");
    return 2;
  }
  terminal_print("* joining...");
  status = otc_session_connect(session, options->token);
  if (status == OTC_SUCCESS) {
    talk(chat, session);
    leave(chat, session);
  } else {
    terminal_print("* otc_session_connect: status %d", (int)status);
    chat->failed = 1;
  }
  otc_session_delete(session);
  /* No callback runs any more: from here on there is only this thread. */
  while (chat->people != NULL) remove_person(chat, chat->people);
  return !chat->failed ? 0 : chat->joined ? 3 : 2;
}

int main(int argc, char **argv) {
  struct chat chat = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
  struct sigaction action;
  struct options options;
  int code = options_read(&options, argc, argv);
  if (code != 0) return code < 0 ? 0 : code;

  if (pipe(wake_pipe) != 0 || fcntl(wake_pipe[1], F_SETFL, O_NONBLOCK) != 0) {
    perror("chat: pipe");
    return 2;
  }
  memset(&action, 0, sizeof action);
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGHUP, &action, NULL);
  if (otc_init(NULL) != OTC_SUCCESS) {
    fprintf(stderr, "chat: otc_init failed\n");
    return 2;
  }
  terminal_open("> ");
  code = chat_with(&chat, &options);
  terminal_close();
  if (otc_destroy() != OTC_SUCCESS && code == 0) code = 3;
  close(wake_pipe[0]);
  close(wake_pipe[1]);
  return code;
}
