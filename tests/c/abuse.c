/* Calls the library at random, from several threads and from inside callbacks, with a relay behind a proxy that cuts links:
 *
 *   otc_abuse [SEED [CALLS [THREADS]]]
 *
 * Nothing may crash, hang, or stay behind. The seed is printed and repeats what each thread does, though not how the threads fall
 * between each other. A few lives of the library follow one another; at the end of each, half of the sessions still exist. */
#define _GNU_SOURCE
#include <errno.h>
#include <time.h>

#include "abuse.h"
#include "harness.h"
#include "internal.h"

enum { LIVES = 4, MAX_THREADS = 16, CALLS_BETWEEN_CUTS = 3000 };

static struct {
  pthread_mutex_t lock;
  pthread_cond_t ended;
  int running;
} workers = {.lock = PTHREAD_MUTEX_INITIALIZER};

static unsigned long goal; /* changed only while no worker runs */

static void *work(void *argument) {
  struct chance *chance = argument;
  while (calls_made() < goal) any_call(chance, 0);
  pthread_mutex_lock(&workers.lock);
  workers.running--;
  pthread_cond_broadcast(&workers.ended);
  pthread_mutex_unlock(&workers.lock);
  return NULL;
}

/* Cuts all links now and then, and tells a hang from slowness: as long as calls are made, nothing hangs. */
static void watch(struct proxy *proxy) {
  unsigned long next_cut = calls_made() + CALLS_BETWEEN_CUTS;
  unsigned long seen = 0;
  struct timespec hang = deadline();
  pthread_mutex_lock(&workers.lock);
  while (workers.running > 0) {
    struct timespec soon;
    unsigned long made;
    clock_gettime(WAIT_CLOCK, &soon);
    soon.tv_nsec += 20000000;
    if (soon.tv_nsec >= 1000000000) {
      soon.tv_sec++;
      soon.tv_nsec -= 1000000000;
    }
    if (pthread_cond_timedwait(&workers.ended, &workers.lock, &soon) != ETIMEDOUT) continue;
    pthread_mutex_unlock(&workers.lock);
    made = calls_made();
    if (made != seen) {
      seen = made;
      hang = deadline();
    } else if (soon.tv_sec > hang.tv_sec) {
      check_failed(__FILE__, __LINE__, "no call has returned for %d s", limit_seconds());
    }
    if (made >= next_cut) {
      proxy_cut(proxy);
      next_cut = made + CALLS_BETWEEN_CUTS;
    }
    pthread_mutex_lock(&workers.lock);
  }
  pthread_mutex_unlock(&workers.lock);
}

static void live(struct chance *chances, int threads, struct proxy *proxy) {
  pthread_t ids[MAX_THREADS];
  int i;
  CHECK_INT(otc_init(NULL), OTC_SUCCESS);
  workers.running = threads;
  for (i = 0; i < threads; i++) CHECK(pthread_create(&ids[i], NULL, work, &chances[i]) == 0);
  watch(proxy);
  for (i = 0; i < threads; i++) pthread_join(ids[i], NULL);
  slots_clear(1);
  CHECK_INT(otc_destroy(), OTC_SUCCESS);
  slots_clear(0);
}

int main(int argc, char **argv) {
  uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)time(NULL);
  unsigned long total = argc > 2 ? strtoul(argv[2], NULL, 0) : 100000;
  int threads = argc > 3 ? atoi(argv[3]) : 4;
  struct chance chances[MAX_THREADS];
  struct proxy *proxy;
  int descriptors = 0;
  int running = 0;
  int i;
  if (argc > 4 || total == 0 || threads < 1 || threads > MAX_THREADS) {
    fprintf(stderr, "usage: %s [SEED [CALLS [THREADS]]], 1 to %d threads\n", argv[0], MAX_THREADS);
    return 64;
  }
  printf("seed %llu, %lu calls, %d threads\n", (unsigned long long)seed, total, threads);
  fflush(stdout);
  init_condition(&workers.ended);
  relay_start();
  proxy = proxy_start(relay_port());
  set_variable("OTC_API_URL", keep_text("http://127.0.0.1:%d", proxy_port(proxy)));
  words_make();
  slots_begin(seed);
  for (i = 0; i < threads; i++) chances[i].state = seed * 1000003u + (unsigned)i;
  for (i = 1; i <= LIVES; i++) {
    goal = total / LIVES * (unsigned long)i;
    live(chances, threads, proxy);
    print_counts();
    if (i == 1) {
      descriptors = count_descriptors(); /* what is opened once in a process is there now */
      running = count_threads();         /* and the thread of a tool that this may run under */
    }
    CHECK(count_descriptors() <= descriptors);
    CHECK(count_threads() <= running && running <= 2);
  }
  check_counts();
  words_free();
  proxy_stop(proxy);
  relay_stop();
  printf("ok, %ld KiB resident\n", resident_kilobytes());
  return 0;
}
