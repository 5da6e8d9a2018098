/* Declares every test of tests.def: one that is listed and not written fails to link, one that is written and not listed fails to
 * compile (-Wmissing-prototypes). */
#ifndef TESTS_TESTS_H
#define TESTS_TESTS_H

#define TEST(name) void name(void);
#include "tests.def"
#undef TEST

#endif
