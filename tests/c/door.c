#define _POSIX_C_SOURCE 200809L
#include "door.h"

#include <errno.h>
#include <time.h>

#include "harness.h"
#include "internal.h"

void door_make(struct door *door) {
  pthread_mutex_init(&door->lock, NULL);
  init_condition(&door->changed);
  door->waiting = door->open = 0;
}

static void come(struct door *door) {
  door->waiting++;
  pthread_cond_broadcast(&door->changed);
}

void door_wait(struct door *door) {
  pthread_mutex_lock(&door->lock);
  come(door);
  while (!door->open) pthread_cond_wait(&door->changed, &door->lock);
  pthread_mutex_unlock(&door->lock);
}

void door_wait_at_most(struct door *door, long limit_ms) {
  struct timespec limit;
  clock_gettime(WAIT_CLOCK, &limit);
  limit.tv_sec += limit_ms / 1000;
  limit.tv_nsec += limit_ms % 1000 * 1000000;
  if (limit.tv_nsec >= 1000000000) {
    limit.tv_sec++;
    limit.tv_nsec -= 1000000000;
  }
  pthread_mutex_lock(&door->lock);
  come(door);
  while (!door->open) {
    if (pthread_cond_timedwait(&door->changed, &door->lock, &limit) == ETIMEDOUT) break;
  }
  pthread_mutex_unlock(&door->lock);
}

void door_await(struct door *door, int count) {
  struct timespec limit = deadline();
  pthread_mutex_lock(&door->lock);
  while (door->waiting < count) {
    if (pthread_cond_timedwait(&door->changed, &door->lock, &limit) == ETIMEDOUT) {
      check_failed(__FILE__, __LINE__, "%d callbacks came to the door, wanted %d", door->waiting, count);
    }
  }
  pthread_mutex_unlock(&door->lock);
}

void door_open(struct door *door) {
  pthread_mutex_lock(&door->lock);
  door->open = 1;
  pthread_cond_broadcast(&door->changed);
  pthread_mutex_unlock(&door->lock);
}
