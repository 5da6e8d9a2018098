/* What the program of random calls is made of. */
#ifndef TESTS_ABUSE_H
#define TESTS_ABUSE_H

#include <opentok.h>
#include <stdint.h>

/* ---- Chance: a sequence that a seed repeats ------------------------------------------------------------------------------ */

struct chance {
  uint64_t state;
};

uint64_t chance_next(struct chance *chance);

/* A number from 0 to below - 1. */
int chance_below(struct chance *chance, int below);

/* True once in so many times. */
int chance_once_in(struct chance *chance, int times);

/* ---- Awkward text -------------------------------------------------------------------------------------------------------- */

void words_make(void);
void words_free(void);

/* NULL, empty, plain, not UTF-8, halves of surrogate pairs, overlong forms, and lengths around every limit. */
const char *any_text(struct chance *chance);

/* The same, more often good than bad. */
const char *any_type(struct chance *chance);
const char *any_data(struct chance *chance);

/* ---- Sessions, and connections that the program owns ------------------------------------------------------------------------ */

enum { SLOTS = 24 };

void slots_begin(uint64_t seed);

/* Deletes whatever there is, half of it only if told so. */
void slots_clear(int half);

/* One random call, or a few that belong together. Inside a callback none of them waits for anything. */
void any_call(struct chance *chance, int inside_callback);

/* How many calls were made so far, and how many callbacks of some kinds ran. */
unsigned long calls_made(void);
void print_counts(void);
void check_counts(void);

#endif
