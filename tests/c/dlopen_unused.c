/* A program that loads the library and never uses it: dlopen_unused PATH. Unloading is not supported, but dlclose must do no
 * harm either, with the library running or not. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

typedef const char *(*version_function)(void);
typedef int (*init_function)(void *);

static int load(const char *path, int start) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  void *symbol;
  if (library == NULL) {
    fprintf(stderr, "FAILED: %s\n", dlerror());
    return 1;
  }
  symbol = dlsym(library, start ? "otc_init" : "otc_x_version");
  if (symbol == NULL) {
    fprintf(stderr, "FAILED: %s\n", dlerror());
    return 1;
  }
  if (start) {
    init_function init;
    memcpy(&init, &symbol, sizeof init); /* ISO C has no cast from an object to a function pointer */
    if (init(NULL) != 0) return 1;
  } else {
    version_function version;
    memcpy(&version, &symbol, sizeof version);
    printf("version %s\n", version());
  }
  return dlclose(library);
}

int main(int argc, char **argv) {
  if (argc != 2) return 64;
  if (load(argv[1], 0) != 0) return 1;
  return load(argv[1], 1);
}
