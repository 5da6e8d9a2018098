#define _POSIX_C_SOURCE 200809L
#include "said.h"

#include <errno.h>
#include <time.h>

#include "harness.h"
#include "internal.h"

struct line {
  struct line *before;
  char text[];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static struct line *last;

static void make_condition(void) { init_condition(&changed); }

static void keep(const char *text) {
  struct line *line = malloc(sizeof *line + strlen(text) + 1);
  CHECK(line != NULL);
  strcpy(line->text, text);
  pthread_mutex_lock(&lock);
  line->before = last;
  last = line;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

static void forget(void) {
  pthread_mutex_lock(&lock);
  while (last != NULL) {
    struct line *line = last;
    last = line->before;
    free(line);
  }
  pthread_mutex_unlock(&lock);
}

static int count_locked(const char *part) {
  const struct line *line;
  int count = 0;
  for (line = last; line != NULL; line = line->before) count += strstr(line->text, part) != NULL;
  return count;
}

void said_listen(enum otc_log_level level) {
  pthread_once(&once, make_condition);
  forget();
  otc_log_set_logger_callback(keep);
  otc_log_enable(level);
}

int said_count(const char *part) {
  int count;
  pthread_mutex_lock(&lock);
  count = count_locked(part);
  pthread_mutex_unlock(&lock);
  return count;
}

void said_await(const char *part, int count) {
  struct timespec limit = deadline();
  pthread_mutex_lock(&lock);
  while (count_locked(part) < count) {
    if (pthread_cond_timedwait(&changed, &lock, &limit) == ETIMEDOUT) {
      check_failed(__FILE__, __LINE__, "\"%s\" was said %d times, wanted %d", part, count_locked(part), count);
    }
  }
  pthread_mutex_unlock(&lock);
}

void said_end(void) {
  otc_log_enable(OTC_LOG_LEVEL_DISABLED);
  otc_log_set_logger_callback(NULL);
  forget();
}
