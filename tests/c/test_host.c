/* Manners inside somebody else's process: signals, dispositions, standard output, forks, and callbacks that never return. */
#define _GNU_SOURCE
#include <dirent.h>
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "door.h"
#include "harness.h"
#include "tests.h"

extern char **environ;

/* ---- Threads and signals ------------------------------------------------------------------------------------------------- */

/* What a line of a thread's status says, as a bit for each signal. */
static unsigned long long signal_set(const char *thread, const char *name) {
  char line[256];
  unsigned long long set = 0;
  int found = 0;
  const char *path = keep_text("/proc/self/task/%s/status", thread);
  FILE *file = fopen(path, "r");
  if (file == NULL) return 0; /* it has just ended */
  while (!found && fgets(line, sizeof line, file) != NULL) {
    if (strncmp(line, name, strlen(name)) != 0) continue;
    found = sscanf(line + strlen(name), ": %llx", &set) == 1;
  }
  fclose(file);
  CHECK(found);
  return set;
}

static unsigned long long bit(int number) { return 1ULL << (number - 1); }

/* What tells a thread of its own faults. */
static const int faults[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};
enum { FAULTS = sizeof faults / sizeof faults[0] };

/* Every signal that comes from outside and that a thread can block: not the two that cannot be, the two that the C library keeps
 * for itself, and the one that valgrind does. */
static unsigned long long blockable(void) {
  unsigned long long all = 0;
  int number;
  for (number = 1; number <= 64; number++) {
    if (number != SIGKILL && number != SIGSTOP && number != 32 && number != 33 && number != 64) all |= bit(number);
  }
  for (number = 0; number < FAULTS; number++) all &= ~bit(faults[number]);
  return all;
}

/* Looks at every thread but the first. Returns how many there are. */
static int for_other_threads(void (*look)(const char *thread)) {
  struct dirent *entry;
  const char *own = keep_text("%d", (int)getpid());
  DIR *dir = opendir("/proc/self/task");
  int count = 0;
  CHECK(dir != NULL);
  while ((entry = readdir(dir)) != NULL) {
    if (entry->d_name[0] == '.' || strcmp(entry->d_name, own) == 0) continue;
    look(entry->d_name);
    count++;
  }
  closedir(dir);
  return count;
}

static void check_name(const char *thread) {
  char name[64] = "";
  FILE *file = fopen(keep_text("/proc/self/task/%s/comm", thread), "r");
  if (file == NULL) return; /* it has just ended */
  if (fgets(name, sizeof name, file) != NULL && strncmp(name, "otc-", 4) != 0) {
    check_failed(__FILE__, __LINE__, "thread %s has the name %s", thread, name);
  }
  fclose(file);
}

static void check_blocks_all(const char *thread) {
  int i;
  unsigned long long open = blockable() & ~signal_set(thread, "SigBlk");
  if (open != 0) check_failed(__FILE__, __LINE__, "thread %s does not block the signals %llx", thread, open);
  for (i = 0; i < FAULTS; i++) {
    if (signal_set(thread, "SigBlk") & bit(faults[i])) {
      check_failed(__FILE__, __LINE__, "thread %s blocks the signal %d, which tells of its own faults", thread, faults[i]);
    }
  }
}

static void check_nothing_pending(const char *thread) { CHECK_INT(signal_set(thread, "SigPnd"), 0); }

static pthread_t first_thread;
static volatile sig_atomic_t handled;
static volatile sig_atomic_t handled_elsewhere;

static void handle(int number) {
  (void)number;
  handled = handled + 1;
  if (!pthread_equal(pthread_self(), first_thread)) handled_elsewhere = 1;
}

static void wait_at_door(struct client *client, const struct event *event) {
  if (event->kind == SIGNAL && strcmp(event->type, "wait") == 0) door_wait(client->hook_data);
}

void handlers_of_the_host_run_on_its_own_threads(void) {
  const int numbers[] = {SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGHUP, SIGCHLD, SIGPIPE, SIGRTMIN};
  enum { COUNT = sizeof numbers / sizeof numbers[0] };
  struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
  struct client *ada;
  struct door door;
  sigset_t all;
  sigset_t before;
  int i;
  door_make(&door);
  first_thread = pthread_self();
  world_begin();
  /* A name has to be looked up, so that the threads for that are there as well. */
  ada = CLIENT(.name = "ada", .api_url = keep_text("http://localhost:%d", relay_port()), .hook = wait_at_door, .hook_data = &door);
  client_join(ada);
  send_to(ada, ada, "wait", "");
  door_await(&door, 1);
  CHECK(for_other_threads(check_blocks_all) >= 2);
  CHECK(for_other_threads(check_name) >= 2); /* whoever debugs the host knows whose they are */

  for (i = 0; i < COUNT; i++) CHECK(sigaction(numbers[i], &action, NULL) == 0);
  sigfillset(&all);
  CHECK(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
  for (i = 0; i < COUNT; i++) CHECK(kill(getpid(), numbers[i]) == 0);
  door_open(&door);
  expect_signal(ada, "wait", "", ada);
  expect_quiet(ada); /* the library has been busy, and its threads took none of them */
  CHECK_INT(handled, 0);
  CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
  CHECK_INT(handled, COUNT);
  CHECK_INT(handled_elsewhere, 0);
  client_leave(ada);
  world_end();
}

static void check_blocks_abort(const char *thread) { CHECK((signal_set(thread, "SigBlk") & bit(SIGABRT)) != 0); }

/* A host that waits for a signal blocks it everywhere: it must not find its way to a thread of the library, not even when it is one
 * that tells of faults. */
void what_the_host_blocks_its_threads_block_too(void) {
  struct client *ada;
  sigset_t aborts;
  sigset_t before;
  struct timespec none = {0, 0};
  sigemptyset(&aborts);
  sigaddset(&aborts, SIGABRT);
  CHECK(pthread_sigmask(SIG_BLOCK, &aborts, &before) == 0);
  world_begin();
  ada = CLIENT(.name = "ada");
  client_join(ada);
  CHECK(for_other_threads(check_blocks_abort) >= 2);
  CHECK(kill(getpid(), SIGABRT) == 0);
  expect_quiet(ada);
  CHECK_INT(sigtimedwait(&aborts, NULL, &none), SIGABRT);
  client_leave(ada);
  world_end();
  CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
}

/* ---- Faults of the host's own ---------------------------------------------------------------------------------------------- */

static struct {
  pthread_t callback; /* the thread that runs it */
  sigjmp_buf back;
  volatile sig_atomic_t handled; /* signals raised */
  volatile sig_atomic_t caught;  /* bad accesses */
  volatile sig_atomic_t elsewhere;
  volatile sig_atomic_t accessing;
} crash;

static void handle_crash(int number) {
  (void)number;
  if (!pthread_equal(pthread_self(), crash.callback)) crash.elsewhere = 1;
  crash.handled = crash.handled + 1;
  if (crash.accessing) {
    crash.caught = crash.caught + 1;
    siglongjmp(crash.back, 1);
  }
}

/* A program with a crash handler makes every mistake there is. */
static void crash_inside(struct client *client, const struct event *event) {
  char *page = client->hook_data;
  int i;
  if (event->kind != SIGNAL || strcmp(event->type, "crash") != 0) return;
  crash.callback = pthread_self();
  for (i = 0; i < FAULTS; i++) CHECK_INT(raise(faults[i]), 0);
  crash.accessing = 1;
  if (sigsetjmp(crash.back, 1) == 0) *(volatile char *)page = 1;
  crash.accessing = 0;
}

void a_fault_inside_a_callback_reaches_the_crash_handler_of_the_host(void) {
  struct sigaction action = {.sa_handler = handle_crash};
  struct sigaction before[FAULTS];
  struct client *ada;
  char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int i;
  CHECK(page != MAP_FAILED);
  for (i = 0; i < FAULTS; i++) CHECK(sigaction(faults[i], &action, &before[i]) == 0);
  world_begin();
  ada = CLIENT(.name = "ada", .hook = crash_inside, .hook_data = page);
  client_join(ada);
  send_to(ada, ada, "crash", "");
  expect_signal(ada, "crash", "", ada);
  expect_quiet(ada); /* and it goes on */
  CHECK_INT(crash.handled, FAULTS + 1);
  CHECK_INT(crash.caught, 1);
  CHECK_INT(crash.elsewhere, 0);
  for (i = 0; i < FAULTS; i++) CHECK(sigaction(faults[i], &before[i], NULL) == 0);
  client_leave(ada);
  world_end();
  munmap(page, 4096);
}

/* ---- Dead links ------------------------------------------------------------------------------------------------------------- */

/* SIGPIPE has its default action here, which would end this program. */
void a_dead_link_raises_no_sigpipe(void) {
  enum { CUTS = 20, SIGNALS = 40 };
  struct sigaction action = {.sa_handler = SIG_DFL};
  struct proxy *proxy;
  struct client *ada;
  char data[8001];
  int cut;
  int i;
  memset(data, 'x', sizeof data - 1);
  data[sizeof data - 1] = '\0';
  CHECK(sigaction(SIGPIPE, &action, NULL) == 0);
  world_begin();
  proxy = proxy_start(relay_port());
  ada = CLIENT(.name = "ada", .through = proxy);
  client_join(ada);
  for (cut = 0; cut < CUTS; cut++) {
    for (i = 0; i < SIGNALS; i++) send_to(ada, ada, "t", data);
    CHECK(proxy_cut(proxy) > 0);
    for (i = 0; i < SIGNALS; i++) send_to(ada, ada, "t", data); /* into the dead link, or what comes after it */
    wait_for_count(ada, SIGNAL, (size_t)(cut + 1) * 2 * SIGNALS);
    wait_for_count(ada, RECONNECTED, (size_t)cut + 1);
  }
  /* Not even held back by a thread that blocks it. */
  for_other_threads(check_nothing_pending);
  CHECK(sigaction(SIGPIPE, NULL, &action) == 0);
  CHECK(action.sa_handler == SIG_DFL);
  client_free(ada);
  proxy_stop(proxy);
  world_end();
}

/* ---- What belongs to the host ------------------------------------------------------------------------------------------------ */

struct surroundings {
  void (*handlers[65])(int);
  int flags[65];
  sigset_t mask;
  char folder[4096];
  char locale[256];
  mode_t mode;
  const char *environment;
};

static const char *whole_environment(void) {
  const char *text = "";
  char **variable;
  for (variable = environ; *variable != NULL; variable++) text = keep_text("%s%s\n", text, *variable);
  return text;
}

static void look_around(struct surroundings *found) {
  int number;
  memset(found, 0, sizeof *found);
  for (number = 1; number <= 64; number++) {
    struct sigaction action;
    if (sigaction(number, NULL, &action) != 0) continue;
    found->handlers[number] = action.sa_handler;
    found->flags[number] = action.sa_flags;
  }
  CHECK(pthread_sigmask(SIG_SETMASK, NULL, &found->mask) == 0);
  CHECK(getcwd(found->folder, sizeof found->folder) != NULL);
  snprintf(found->locale, sizeof found->locale, "%s", setlocale(LC_ALL, NULL));
  found->mode = umask(0);
  umask(found->mode);
  found->environment = whole_environment();
}

void dispositions_environment_locale_and_folder_are_left_alone(void) {
  static struct surroundings before;
  static struct surroundings after;
  struct proxy *proxy;
  struct client *ada;
  int number;
  CHECK(setlocale(LC_ALL, "C") != NULL);
  relay_start();
  look_around(&before);
  CHECK_INT(otc_init(NULL), OTC_SUCCESS);
  proxy = proxy_start(relay_port());
  ada = CLIENT(.name = "ada", .through = proxy);
  client_join(ada);
  CHECK_INT(proxy_cut(proxy), 1);
  expect(ada, RECONNECTION_STARTED);
  expect(ada, RECONNECTED);
  look_around(&after);
  for (number = 1; number <= 64; number++) {
    if (before.handlers[number] != after.handlers[number] || before.flags[number] != after.flags[number]) {
      check_failed(__FILE__, __LINE__, "the disposition of signal %d has changed", number);
    }
  }
  CHECK(memcmp(&before.mask, &after.mask, sizeof before.mask) == 0);
  CHECK_TEXT(after.folder, before.folder);
  CHECK_TEXT(after.locale, before.locale);
  CHECK_INT(after.mode, before.mode);
  CHECK_TEXT(after.environment, before.environment);
  client_leave(ada);
  proxy_stop(proxy);
  world_end();
}

void nothing_is_written_to_standard_output(void) {
  struct stat written;
  struct proxy *proxy;
  struct client *ada;
  FILE *file = tmpfile();
  int kept = dup(STDOUT_FILENO);
  CHECK(file != NULL && kept >= 0);
  relay_start();
  proxy = proxy_start(relay_port());
  fflush(stdout);
  CHECK(dup2(fileno(file), STDOUT_FILENO) >= 0);

  otc_log_enable(OTC_LOG_LEVEL_ALL);
  CHECK_INT(otc_init(NULL), OTC_SUCCESS);
  ada = CLIENT(.name = "ada", .through = proxy);
  client_join(ada);
  CHECK_INT(proxy_cut(proxy), 1);
  expect(ada, RECONNECTION_STARTED);
  expect(ada, RECONNECTED);
  expect_quiet(ada);
  client_leave(ada);
  ada = CLIENT(.name = "refused", .token = "no token");
  client_connect(ada);
  expect(ada, FAILED);
  client_free(ada);
  CHECK_INT(otc_session_publish(NULL, NULL), OTC_INVALID_PARAM);
  CHECK_INT(otc_destroy(), OTC_SUCCESS);

  fflush(stdout);
  CHECK(dup2(kept, STDOUT_FILENO) >= 0);
  close(kept);
  CHECK(fstat(fileno(file), &written) == 0);
  CHECK_INT(written.st_size, 0);
  fclose(file);
  proxy_stop(proxy);
  relay_stop();
}

/* ---- Forks ---------------------------------------------------------------------------------------------------------------------- */

/* The child does not use the library, but it has the sockets, and lives on for as long as the parent works. */
void a_fork_of_the_host_disturbs_nothing(void) {
  enum { CHILDREN = 3 };
  int gate[2];
  pid_t children[CHILDREN];
  struct proxy *proxy;
  struct client *ada;
  struct client *bob;
  int i;
  world_begin();
  proxy = proxy_start(relay_port());
  ada = CLIENT(.name = "ada", .through = proxy);
  bob = CLIENT(.name = "bob");
  client_join(ada);
  client_join(bob);
  expect_created(ada, bob);
  expect_created(bob, ada);
  CHECK(pipe(gate) == 0);
  for (i = 0; i < CHILDREN; i++) {
    send_to(ada, bob, "before", ""); /* so that the library is at work while it is forked */
    children[i] = fork();
    CHECK(children[i] >= 0);
    if (children[i] == 0) {
      char byte;
      close(gate[1]);
      _exit(read(gate[0], &byte, 1) == 0 ? 0 : 1); /* until the parent closes it */
    }
    send_to(bob, ada, "after", "");
    expect_signal(bob, "before", "", ada);
    expect_signal(ada, "after", "", bob);
  }
  CHECK_INT(proxy_cut(proxy), 1);
  expect(ada, RECONNECTION_STARTED);
  expect(ada, RECONNECTED);
  expect_quiet(ada);
  client_leave(ada);
  expect_dropped(bob, "ada");
  client_leave(bob);
  CHECK_INT(otc_destroy(), OTC_SUCCESS);
  close(gate[0]);
  close(gate[1]);
  for (i = 0; i < CHILDREN; i++) {
    int status = -1;
    CHECK(waitpid(children[i], &status, 0) == children[i]);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  proxy_stop(proxy);
  relay_stop();
}

/* ---- Callbacks that never return ---------------------------------------------------------------------------------------------------- */

void a_callback_that_never_returns_does_not_hold_destroy_up(void) {
  struct client *ada;
  struct client *bob;
  struct door door;
  int64_t began;
  door_make(&door);
  world_begin();
  ada = CLIENT(.name = "ada", .hook = wait_at_door, .hook_data = &door);
  bob = CLIENT(.name = "bob");
  client_join(ada);
  client_join(bob);
  expect_created(ada, bob);
  expect_created(bob, ada);
  send_to(bob, ada, "wait", "");
  door_await(&door, 1);
  send_to(bob, ada, "never-told", "");
  expect_quiet(bob);
  began = milliseconds();
  CHECK_INT(otc_destroy(), OTC_FATAL);
  CHECK(milliseconds() < began + 1000 * (int64_t)limit_seconds()); /* it takes 2 s */
  CHECK(otc_session_get_id(ada->session) != NULL); /* not deleted yet */
  CHECK_INT(otc_session_send_signal(ada->session, "t", ""), OTC_SESSION_NOT_CONNECTED);
  CHECK_INT(otc_session_connect(ada->session, ada->token), OTC_SESSION_ILLEGAL_STATE);
  /* A new life begins beside the callback. */
  CHECK_INT(otc_init(NULL), OTC_SUCCESS);
  client_free(bob);
  bob = CLIENT(.name = "bob again");
  client_join(bob);
  expect_quiet(bob);
  door_open(&door);
  CHECK_TEXT(expect(ada, SIGNAL)->type, "wait");
  client_wait_idle(ada);
  expect_nothing_more(ada);
  client_free(ada);
  client_leave(bob);
  world_end();
}
