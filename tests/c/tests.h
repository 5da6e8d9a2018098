/* Declares every test of tests.def: one that is listed and not written fails to link, one that is written and not listed fails to
 * compile (-Wmissing-prototypes). */
#ifndef TESTS_TESTS_H
#define TESTS_TESTS_H

#define TEST(name) void name(void);
#ifdef _WIN32
#define POSIX_TEST(name)
#else
#define POSIX_TEST(name) TEST(name)
#endif
#include "tests.def"
#undef TEST

#endif
