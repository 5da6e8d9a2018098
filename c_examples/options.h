/* What every example needs to join a session: three texts, from options or from the environment.
 *
 *   --api-key KEY        or OTC_API_KEY
 *   --session-id ID      or OTC_SESSION_ID
 *   --token TOKEN        or OTC_TOKEN
 *
 * An option wins over the environment. Where the relay is comes from OTC_API_URL, which the library reads by itself.
 */
#ifndef EXAMPLE_OPTIONS_H
#define EXAMPLE_OPTIONS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
  const char *api_key;
  const char *session_id;
  const char *token;
};

/* Fills `options`. Returns 0, or the exit code to end with after it has printed the usage or what is wrong: 64 for a bad
 * command line (EX_USAGE of sysexits.h), -1 when only help was asked for. */
static int options_read(struct options *options, int argc, char **argv) {
  struct {
    const char *flag;
    const char *variable;
    const char **value;
  } known[] = {
      {"--api-key", "OTC_API_KEY", &options->api_key},
      {"--session-id", "OTC_SESSION_ID", &options->session_id},
      {"--token", "OTC_TOKEN", &options->token},
  };
  const size_t count = sizeof known / sizeof known[0];
  size_t at;
  int i;

  for (at = 0; at < count; at++) *known[at].value = getenv(known[at].variable);
  for (i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
      printf("usage: %s [--api-key KEY] [--session-id ID] [--token TOKEN]\n"
             "Without an option the environment decides: OTC_API_KEY, OTC_SESSION_ID, OTC_TOKEN.\n"
             "OTC_API_URL says where the relay is (default http://127.0.0.1:8080).\n"
             "`otc-relay dev` starts a relay and prints all four.\n",
             argv[0]);
      return -1;
    }
    for (at = 0; at < count && strcmp(argv[i], known[at].flag) != 0; at++) continue;
    if (at == count) {
      fprintf(stderr, "%s: unknown option %s; allowed: --api-key, --session-id, --token, --help\n", argv[0], argv[i]);
      return 64;
    }
    if (i + 1 == argc) {
      fprintf(stderr, "%s: %s needs a value\n", argv[0], argv[i]);
      return 64;
    }
    *known[at].value = argv[++i];
  }
  for (at = 0; at < count; at++) {
    if (*known[at].value == NULL || **known[at].value == '\0') {
      fprintf(stderr, "%s: give %s or set %s\n", argv[0], known[at].flag, known[at].variable);
      return 64;
    }
  }
  return 0;
}

#endif
