/*
 * A child of fork() that goes on to use the library: every call fails, none hangs.
 */
#include <opentok.h>
#include <stdio.h>
#include <sys/wait.h>

static int everything_fails(otc_session *session) {
  struct otc_session_callbacks callbacks = {0};
  return otc_init(NULL) == OTC_FATAL && otc_session_new("key", "session", &callbacks) == NULL &&
         otc_session_connect(session, "token") != OTC_SUCCESS && otc_session_disconnect(session) != OTC_SUCCESS &&
         otc_session_get_id(session) == NULL && otc_session_delete(session) != OTC_SUCCESS &&
         otc_destroy() == OTC_FATAL;
}

int main(void) {
  struct otc_session_callbacks callbacks = {0};
  otc_session *session;
  pid_t child;
  int status = 0;

  if (otc_init(NULL) != OTC_SUCCESS) return 2;
  session = otc_session_new("key", "session", &callbacks);
  if (session == NULL) return 3;
  child = fork();
  if (child == 0) _exit(everything_fails(session) ? 0 : 1);
  if (child < 0 || waitpid(child, &status, 0) != child) return 4;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return 5;
  if (otc_session_delete(session) != OTC_SUCCESS) return 6;
  return otc_destroy() == OTC_SUCCESS ? 0 : 7;
}
