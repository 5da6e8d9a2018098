/* What the library logs, kept for tests to look for. */
#ifndef TESTS_SAID_H
#define TESTS_SAID_H

#include <opentok.h>

/* Keeps every line from now on, and forgets earlier ones. */
void said_listen(enum otc_log_level level);

/* How many lines have this in them. */
int said_count(const char *part);

/* Waits until so many have. */
void said_await(const char *part, int count);

/* Keeps no more lines, and forgets all. */
void said_end(void);

#endif
