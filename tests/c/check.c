#define _GNU_SOURCE
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "internal.h"

void (*before_failure)(void);

void check_failed(const char *file, int line, const char *format, ...) {
  va_list arguments;
  fprintf(stderr, "FAILED %s:%d: ", file, line);
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fprintf(stderr, "\n");
  if (before_failure != NULL) before_failure();
  print_histories();
  fflush(stdout);
  fflush(stderr);
  _exit(1); /* callbacks may be running: nothing can be tidied up */
}

void check_int(const char *file, int line, const char *what, long long actual, long long wanted) {
  if (actual != wanted) check_failed(file, line, "%s is %lld, wanted %lld", what, actual, wanted);
}

void check_text(const char *file, int line, const char *what, const char *actual, const char *wanted) {
  if (actual == wanted) return;
  if (actual == NULL || wanted == NULL || strcmp(actual, wanted) != 0) {
    check_failed(file, line, "%s is \"%.200s\", wanted \"%.200s\"", what, actual == NULL ? "(NULL)" : actual,
                 wanted == NULL ? "(NULL)" : wanted);
  }
}

int slow_factor(void) {
  const char *factor = getenv("OTC_TEST_SLOW");
  return factor == NULL ? 1 : atoi(factor);
}

int limit_seconds(void) {
  const char *limit = getenv("OTC_TEST_LIMIT");
  return limit == NULL ? 20 * slow_factor() : atoi(limit);
}

int64_t milliseconds(void) {
  struct timespec now;
  clock_gettime(WAIT_CLOCK, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
