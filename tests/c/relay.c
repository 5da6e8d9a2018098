#define _GNU_SOURCE
#include <signal.h>
#include <stdarg.h>

#include "harness.h"
#include "internal.h"

#define SECRET "0123456789abcdef0123456789abcdef01234567"
#define ANNOUNCEMENT "otc-relay listening on http://127.0.0.1:"

static struct {
  struct process process;
  int port;
  char url[64];
  const char *session;
} relay = {.process = {.id = -1}};

/* Texts handed out; kept reachable so that a leak checker is content. */
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static char **kept;
static size_t kept_count;

const char *keep_text(const char *format, ...) {
  va_list arguments;
  char *text = NULL;
  va_start(arguments, format);
  CHECK(vasprintf(&text, format, arguments) >= 0);
  va_end(arguments);
  pthread_mutex_lock(&kept_lock);
  kept = realloc(kept, (kept_count + 1) * sizeof *kept);
  CHECK(kept != NULL);
  kept[kept_count++] = text;
  pthread_mutex_unlock(&kept_lock);
  return text;
}

static void launch(int port) {
  char line[256];
  const char *listen = keep_text("127.0.0.1:%d", port);
  const char *arguments[] = {program_from("OTC_RELAY"), "serve", "--listen",     listen, "--api-key", TEST_API_KEY,
                             "--api-secret",            SECRET,  NULL};
  CHECK(relay.process.id < 0);
  process_start(&relay.process, arguments);
  process_read_line(&relay.process, line, sizeof line);
  if (strncmp(line, ANNOUNCEMENT, strlen(ANNOUNCEMENT)) != 0) {
    check_failed(__FILE__, __LINE__, "otc-relay announced \"%s\"", line);
  }
  relay.port = atoi(line + strlen(ANNOUNCEMENT));
  CHECK(relay.port > 0);
  snprintf(relay.url, sizeof relay.url, "http://127.0.0.1:%d", relay.port);
}

/* The one line that a command of the relay prints. */
static const char *mint(const char *const *arguments) {
  char line[8192];
  struct process process;
  process_start(&process, arguments);
  process_read_line(&process, line, sizeof line);
  CHECK_INT(process_wait(&process), 0);
  return keep_text("%s", line);
}

const char *mint_session(void) {
  const char *arguments[] = {program_from("OTC_RELAY"), "session", "--api-key", TEST_API_KEY, NULL};
  return mint(arguments);
}

const char *mint_token(const char *session_id, const char *role, const char *data, const char *ttl_seconds) {
  const char *arguments[20] = {program_from("OTC_RELAY"), "token", "--api-key", TEST_API_KEY, "--api-secret", SECRET,
                               "--session", session_id};
  int count = 8;
  if (role != NULL) {
    arguments[count++] = "--role";
    arguments[count++] = role;
  }
  if (data != NULL) {
    arguments[count++] = "--data";
    arguments[count++] = data;
  }
  if (ttl_seconds != NULL) {
    arguments[count++] = "--ttl";
    arguments[count++] = ttl_seconds;
  }
  return mint(arguments);
}

int relay_speak(const char *type, const char *data) {
  const char *arguments[] = {program_from("OTC_RELAY"), "signal", "--api-url", relay_url(), "--api-key", TEST_API_KEY,
                             "--api-secret", SECRET, "--session", relay_session(), "--type", type, "--data", data, NULL};
  struct process process;
  process_start(&process, arguments);
  return process_wait(&process);
}

void relay_start(void) {
  launch(0);
  relay.session = mint_session();
}

void relay_end(int signal_number) {
  CHECK(relay.process.id > 0);
  process_signal(&relay.process, signal_number);
  process_wait(&relay.process);
}

void relay_restart(void) { launch(relay.port); }

void relay_stop(void) {
  if (relay.process.id > 0) relay_end(SIGTERM);
  while (kept_count > 0) free(kept[--kept_count]);
  free(kept);
  kept = NULL;
}

int relay_port(void) { return relay.port; }
const char *relay_url(void) { return relay.url; }
const char *relay_session(void) { return relay.session; }

void world_begin(void) {
  relay_start();
  CHECK_INT(otc_init(NULL), OTC_SUCCESS);
}

void world_end(void) {
  CHECK_INT(otc_destroy(), OTC_SUCCESS);
  relay_stop();
}
