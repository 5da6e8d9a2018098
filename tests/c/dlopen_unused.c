/* A program that loads the library and never uses it: dlopen_unused PATH [keep]. With `keep` it ends with the library loaded.
 * Otherwise it goes on: unloading is not supported, but dlclose must do no harm either, with the library running or not. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <dlfcn.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

typedef const char *(*version_function)(void);
typedef int (*init_function)(void *);

static int count_entries(const char *folder) {
  int count = 0;
  DIR *entries = opendir(folder);
  if (entries == NULL) return -1;
  while (readdir(entries) != NULL) count++;
  closedir(entries);
  return count;
}

/* What a library that is merely there must leave alone. */
struct manners {
  int threads;
  int descriptors;
  void (*on_broken_pipe)(int);
  char locale[256];
};

static struct manners look(void) {
  struct manners now = {0, 0, NULL, ""};
  struct sigaction action;
  now.threads = count_entries("/proc/self/task");
  now.descriptors = count_entries("/proc/self/fd");
  sigaction(SIGPIPE, NULL, &action);
  now.on_broken_pipe = action.sa_handler;
  strncpy(now.locale, setlocale(LC_ALL, NULL), sizeof now.locale - 1);
  return now;
}

static int differs(const char *when, const struct manners *before) {
  struct manners now = look();
  if (now.threads == before->threads && now.descriptors == before->descriptors &&
      now.on_broken_pipe == before->on_broken_pipe && strcmp(now.locale, before->locale) == 0) {
    return 0;
  }
  fprintf(stderr, "FAILED: %s: %d threads and %d descriptors, before %d and %d; or SIGPIPE, or the locale\n", when,
          now.threads, now.descriptors, before->threads, before->descriptors);
  return 1;
}

/* Nothing of it is called. */
static int load_only(const char *path, int keep) {
  struct manners before = look();
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "FAILED: %s\n", dlerror());
    return 1;
  }
  if (differs("loaded", &before)) return 1;
  if (keep) return 0;
  if (dlclose(library) != 0) return 1;
  return differs("closed", &before);
}

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
  if (argc == 3 && strcmp(argv[2], "keep") == 0) return load_only(argv[1], 1);
  if (argc != 2) return 64;
  if (load_only(argv[1], 0) != 0) return 1;
  if (load(argv[1], 0) != 0) return 1;
  return load(argv[1], 1);
}
