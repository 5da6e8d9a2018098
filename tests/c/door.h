/* A door that callbacks wait at until the test opens it: a callback that takes as long as the test likes. */
#ifndef TESTS_DOOR_H
#define TESTS_DOOR_H

#include <pthread.h>

struct door {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int waiting; /* how many have come to it so far */
  int open;
};

void door_make(struct door *door);

/* For callbacks: waits until it is open. */
void door_wait(struct door *door);

/* The same, but not longer than that many milliseconds. */
void door_wait_at_most(struct door *door, long limit_ms);

/* For the test: waits, with the limit of all waits, until so many callbacks have come. */
void door_await(struct door *door, int count);

void door_open(struct door *door);

#endif
