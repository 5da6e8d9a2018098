/* Between the files of the harness. */
#ifndef TESTS_INTERNAL_H
#define TESTS_INTERNAL_H

#include <pthread.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

/* A child process with pipes to its input and from its output. It is killed when this process ends, however that ends. Whatever
 * it does not do within the time limit fails the test. */
struct process {
  pid_t id;
  int input;
  int output;
  const char *name;
};

void process_start(struct process *process, const char *const *arguments);
void process_read_line(const struct process *process, char *line, size_t size);
void process_write_line(const struct process *process, const char *line);
void process_close_input(struct process *process);

/* Sends it SIGTERM, SIGINT or SIGKILL, or what does the same. */
void process_signal(const struct process *process, int signal_number);

/* Waits for its end. Returns what waitpid() gives; on Windows its exit code. */
int process_wait(struct process *process);

/* The path in an environment variable. */
const char *program_from(const char *variable);

/* Prints what every client that exists has seen. */
void print_histories(void);

/* The clock by which waits are limited. Windows' threads know only this one. */
#ifdef _WIN32
#define WAIT_CLOCK CLOCK_REALTIME
#define SIGKILL 9
#else
#define WAIT_CLOCK CLOCK_MONOTONIC
#endif

/* A condition variable that goes by this clock, and the moment at which a wait that starts now has taken too long. */
void init_condition(pthread_cond_t *condition);
struct timespec deadline(void);

/* The tests by name, from tests.def. */
struct test {
  const char *name;
  void (*run)(void);
};

/* What a child process does; the two arguments are those of run_child. Returns the exit code. */
struct child {
  const char *name;
  int (*run)(const char *first, const char *second);
};
extern const struct child children[];

/* The path of this program, to run a child. */
extern const char *program_path;

#endif
