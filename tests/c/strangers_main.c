/* Runs the programs of strangers.c, one for each name: `strangers NAME`. They and the library meet for the first time here. */
#define _GNU_SOURCE
#include "harness.h"
#include "strangers.h"

static const struct {
  const char *name;
  int (*run)(struct place place);
} strangers[] = {
  {"stranger_that_echoes", stranger_that_echoes},
  {"stranger_that_keeps_no_string", stranger_that_keeps_no_string},
  {"stranger_that_deletes_its_settings_at_once", stranger_that_deletes_its_settings_at_once},
  {"stranger_in_a_hurry", stranger_in_a_hurry},
  {"stranger_that_a_server_speaks_to", stranger_that_a_server_speaks_to},
  {"stranger_with_a_reconnect_button", stranger_with_a_reconnect_button},
  {"stranger_that_waits_for_goodbye", stranger_that_waits_for_goodbye},
  {"stranger_that_configures_turn", stranger_that_configures_turn},
  {"stranger_that_watches_the_log", stranger_that_watches_the_log},
  {"stranger_that_is_a_plug_in", stranger_that_is_a_plug_in},
  {"stranger_that_wants_to_publish", stranger_that_wants_to_publish},
  {"stranger_with_a_renderer", stranger_with_a_renderer},
#ifdef STRANGERS_CPP
  {"stranger_of_cpp", stranger_of_cpp},
#endif
};

/* A server says something to the session, as soon as somebody is there to hear it. */
static void *speak(void *unused) {
  (void)unused;
  while (relay_speak("ping", "from a server") != 0) sched_yield();
  return NULL;
}

int main(int count, char **arguments) {
  for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
    if (count != 2 || strcmp(arguments[1], strangers[i].name) != 0) continue;
    relay_start();
    set_variable("OTC_API_URL", relay_url());
    struct place place = {TEST_API_KEY, relay_session(), mint_token(relay_session(), NULL, "stranger", NULL)};
    const int server = strangers[i].run == stranger_that_a_server_speaks_to;
    pthread_t speaker;
    if (server) CHECK_INT(pthread_create(&speaker, NULL, speak, NULL), 0);
    CHECK_INT(strangers[i].run(place), 0);
    if (server) CHECK_INT(pthread_join(speaker, NULL), 0);
    relay_stop();
    return 0;
  }
  fprintf(stderr, "usage: strangers NAME, with a name of strangers.h\n");
  return 2;
}
