#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "internal.h"

const char *program_path;

const char *program_from(const char *variable) {
  const char *path = getenv(variable);
  if (path == NULL) check_failed(__FILE__, __LINE__, "%s must name a program", variable);
  return path;
}

static int is_of_the_machine(const char *program) {
  static const char *const variables[] = {"OTC_RELAY", "OTC_FAULT_PROXY", "OTC_FORWARD_PROXY"};
  size_t i;
  for (i = 0; i < sizeof variables / sizeof variables[0]; i++) {
    const char *path = getenv(variables[i]);
    if (path != NULL && strcmp(path, program) == 0) return 1;
  }
  return 0;
}

/* OTC_TEST_EMULATOR: a command that runs the programs of this build, where the machine itself cannot; relay and proxies are
 * the machine's own then. Puts its words before the arguments, and returns these. */
static const char *const *with_emulator(const char *const *arguments) {
  const char *emulator = getenv("OTC_TEST_EMULATOR");
  const char **longer;
  size_t count = 0;
  size_t words = 0;
  char *text;
  char *word;
  if (emulator == NULL || *emulator == '\0' || is_of_the_machine(arguments[0])) return arguments;
  while (arguments[count] != NULL) count++;
  longer = calloc(count + strlen(emulator) + 1, sizeof *longer);
  text = strdup(emulator);
  CHECK(longer != NULL && text != NULL);
  for (word = strtok(text, " "); word != NULL; word = strtok(NULL, " ")) longer[words++] = keep_text("%s", word);
  free(text);
  memcpy(longer + words, arguments, count * sizeof *longer);
  return longer;
}

void process_start(struct process *process, const char *const *own_arguments) {
  const char *const *arguments = with_emulator(own_arguments);
  int input[2];
  int output[2];
  CHECK(pipe2(input, O_CLOEXEC) == 0);
  CHECK(pipe2(output, O_CLOEXEC) == 0);
  process->id = fork();
  CHECK(process->id >= 0);
  if (process->id == 0) {
    /* Only async-signal-safe calls: other threads may exist in the parent. */
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nothing behind */
    dup2(input[0], STDIN_FILENO);
    dup2(output[1], STDOUT_FILENO);
    execv(arguments[0], (char *const *)(uintptr_t)arguments);
    _exit(127);
  }
  close(input[0]);
  close(output[1]);
  process->input = input[1];
  process->output = output[0];
  process->name = own_arguments[0];
  if (arguments != own_arguments) free((void *)(uintptr_t)arguments);
}

void process_read_line(const struct process *process, char *line, size_t size) {
  struct pollfd entry = {process->output, POLLIN, 0};
  size_t length = 0;
  while (length + 1 < size) {
    if (poll(&entry, 1, limit_seconds() * 1000) != 1) {
      check_failed(__FILE__, __LINE__, "no line from %s in time", process->name);
    }
    if (read(process->output, line + length, 1) != 1) {
      check_failed(__FILE__, __LINE__, "%s ended without a whole line", process->name);
    }
    if (line[length] == '\n') break;
    length++;
  }
  line[length] = '\0';
}

void process_write_line(const struct process *process, const char *line) {
  if (dprintf(process->input, "%s\n", line) < 0) check_failed(__FILE__, __LINE__, "%s does not listen", process->name);
}

void process_signal(const struct process *process, int signal_number) { CHECK(kill(process->id, signal_number) == 0); }

void process_close_input(struct process *process) {
  close(process->input);
  process->input = -1;
}

int process_wait(struct process *process) {
  struct pollfd entry = {process->output, POLLIN, 0};
  char ignored[4096];
  int status;
  /* Its output ends when it does, and unlike waitpid() that can be waited for with a limit. */
  do {
    if (poll(&entry, 1, limit_seconds() * 1000) != 1) {
      kill(process->id, SIGKILL);
      check_failed(__FILE__, __LINE__, "%s does not end", process->name);
    }
  } while (read(process->output, ignored, sizeof ignored) > 0);
  if (process->input >= 0) process_close_input(process);
  close(process->output);
  CHECK(waitpid(process->id, &status, 0) == process->id);
  process->id = -1;
  return status;
}

int run_child(const char *name, const char *first, const char *second) {
  const char *arguments[] = {program_path, "--child", name, first, second, NULL};
  struct process process;
  int status;
  process_start(&process, arguments);
  status = process_wait(&process);
  if (!WIFEXITED(status)) check_failed(__FILE__, __LINE__, "child %s ended by signal %d", name, WTERMSIG(status));
  return WEXITSTATUS(status);
}

static int count_entries(const char *folder) {
  int count = 0;
  struct dirent *entry;
  DIR *dir = opendir(folder);
  CHECK(dir != NULL);
  while ((entry = readdir(dir)) != NULL) count += entry->d_name[0] != '.';
  closedir(dir);
  return count;
}

int count_descriptors(void) { return count_entries("/proc/self/fd") - 1; } /* one is the folder being read */

int count_threads(void) { return count_entries("/proc/self/task"); }

long resident_kilobytes(void) {
  long total;
  long resident;
  FILE *file = fopen("/proc/self/statm", "r");
  CHECK(file != NULL);
  CHECK(fscanf(file, "%ld %ld", &total, &resident) == 2);
  fclose(file);
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

size_t heap_in_use(void) { return mallinfo2().uordblks; } /* 0 under tools that replace malloc */

void set_variable(const char *name, const char *value) { CHECK(setenv(name, value, 1) == 0); }

void *pages_make(size_t size) {
  void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(pages != MAP_FAILED);
  return pages;
}

void pages_forbid(void *pages, size_t size) { CHECK(mprotect(pages, size, PROT_NONE) == 0); }
