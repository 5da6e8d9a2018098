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
};

int main(int count, char **arguments) {
  for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
    if (count != 2 || strcmp(arguments[1], strangers[i].name) != 0) continue;
    relay_start();
    set_variable("OTC_API_URL", relay_url());
    struct place place = {TEST_API_KEY, relay_session(), mint_token(relay_session(), NULL, "stranger", NULL)};
    CHECK_INT(strangers[i].run(place), 0);
    relay_stop();
    return 0;
  }
  fprintf(stderr, "usage: strangers NAME, with a name of strangers.h\n");
  return 2;
}
