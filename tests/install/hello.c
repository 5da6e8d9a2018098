/* What somebody writes who has the installed files only: joins, sends a signal, gets it back, leaves. Exits 0 if that went
 * well. OTC_API_KEY, OTC_SESSION_ID and OTC_TOKEN say where. */
#include <opentok.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT_SECONDS = 60 };

static atomic_int came_back;
static atomic_int failed;

static void on_connected(otc_session *session, void *user_data) {
  (void)user_data;
  if (otc_session_send_signal(session, "greeting", "hello") != OTC_SUCCESS) failed = 1;
}

static void on_signal_received(otc_session *session, void *user_data, const char *type, const char *signal,
                               const otc_connection *connection) {
  (void)session;
  (void)user_data;
  (void)connection;
  if (strcmp(type, "greeting") == 0 && strcmp(signal, "hello") == 0) came_back = 1;
}

static void on_error(otc_session *session, void *user_data, const char *error_string, enum otc_session_error_code code) {
  (void)session;
  (void)user_data;
  fprintf(stderr, "error %d: %s\n", (int)code, error_string);
  failed = 1;
}

int main(void) {
  struct otc_session_callbacks callbacks = {0};
  callbacks.on_connected = on_connected;
  callbacks.on_signal_received = on_signal_received;
  callbacks.on_error = on_error;
  if (otc_init(NULL) != OTC_SUCCESS) return 2;
  otc_session *session = otc_session_new(getenv("OTC_API_KEY"), getenv("OTC_SESSION_ID"), &callbacks);
  if (session == NULL || otc_session_connect(session, getenv("OTC_TOKEN")) != OTC_SUCCESS) return 2;
  const time_t start = time(NULL);
  while (!came_back && !failed && time(NULL) - start < LIMIT_SECONDS) usleep(10 * 1000);
  otc_session_delete(session);
  if (otc_destroy() != OTC_SUCCESS) return 2;
  puts(came_back ? "hello came back" : "nothing came back");
  return came_back ? 0 : 1;
}
