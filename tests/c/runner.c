/* Runs one test by its name: otc_tests NAME. `otc_tests --list` prints the names. */
#include <limits.h>

#include "harness.h"
#include "internal.h"
#include "tests.h"

static const struct test tests[] = {
#define TEST(name) {#name, name},
#include "tests.def"
#undef TEST
};

int main(int argc, char **argv) {
  size_t count = sizeof tests / sizeof tests[0];
  size_t i;
  program_path = argv[0];
  if (argc == 5 && strcmp(argv[1], "--child") == 0) {
    const struct child *child;
    for (child = children; child->name != NULL; child++) {
      if (strcmp(child->name, argv[2]) == 0) return child->run(argv[3], argv[4]);
    }
    fprintf(stderr, "unknown child %s\n", argv[2]);
    return 64;
  }
  if (argc == 2 && strcmp(argv[1], "--list") == 0) {
    for (i = 0; i < count; i++) puts(tests[i].name);
    return 0;
  }
  for (i = 0; argc == 2 && i < count; i++) {
    if (strcmp(tests[i].name, argv[1]) != 0) continue;
    tests[i].run();
    printf("ok %s\n", argv[1]);
    return 0;
  }
  fprintf(stderr, "usage: %s TEST; --list prints the names\n", argv[0]);
  return 64;
}
