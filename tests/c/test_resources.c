/* What the library takes from its host: memory, descriptors, threads. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "door.h"
#include "harness.h"
#include "tests.h"

static void cycle(const char *token) {
  struct client *ada = CLIENT(.name = "ada", .token = token);
  client_join(ada);
  if (otc_session_disconnect(ada->session) == OTC_SUCCESS) expect(ada, DISCONNECTED);
  client_free(ada);
}

/* Bytes that malloc has given out and not got back, in the whole process. */
static size_t bytes_in_use(void) { return mallinfo2().uordblks; }

void a_thousand_cycles_keep_memory_and_descriptors_flat(void) {
  enum { WARM = 100, CYCLES = 1000, SLACK_BYTES = 64 * 1024, SLACK_RESIDENT_KB = 4096 };
  const char *token;
  size_t bytes;
  long resident;
  int descriptors;
  int i;
  world_begin();
  token = mint_token(relay_session(), NULL, "ada", NULL);
  for (i = 0; i < WARM; i++) cycle(token);
  bytes = bytes_in_use();
  resident = resident_kilobytes();
  descriptors = count_descriptors();
  for (i = 0; i < CYCLES; i++) cycle(token);
  printf("bytes %lu -> %lu, resident %ld -> %ld KiB, descriptors %d -> %d\n", (unsigned long)bytes,
         (unsigned long)bytes_in_use(), resident, resident_kilobytes(), descriptors, count_descriptors());
  CHECK(bytes_in_use() < bytes + SLACK_BYTES);
  CHECK(resident_kilobytes() < resident + SLACK_RESIDENT_KB);
  CHECK(count_descriptors() <= descriptors);
  world_end();
}

void a_thousand_sessions_deleted_unconnected_leave_nothing(void) {
  enum { WARM = 100, CYCLES = 1000, SLACK_BYTES = 64 * 1024 };
  struct otc_session_callbacks callbacks = {0};
  size_t bytes = 0;
  int i;
  CHECK_INT(otc_init(NULL), OTC_SUCCESS);
  for (i = 0; i < WARM + CYCLES; i++) {
    otc_session *session = otc_session_new("key", "session", &callbacks);
    CHECK(session != NULL);
    CHECK_INT(otc_session_delete(session), OTC_SUCCESS);
    if (i == WARM) bytes = bytes_in_use();
  }
  CHECK(bytes_in_use() < bytes + SLACK_BYTES);
  CHECK_INT(otc_destroy(), OTC_SUCCESS);
}

void many_sessions_need_no_thread_each(void) {
  enum { COUNT = 50 };
  struct client *clients[COUNT];
  const char *token;
  int first;
  int i;
  world_begin();
  token = mint_token(relay_session(), NULL, "one of many", NULL);
  clients[0] = CLIENT(.name = "one of many", .token = token);
  client_join(clients[0]);
  first = count_threads();
  for (i = 1; i < COUNT; i++) {
    clients[i] = CLIENT(.name = "one of many", .token = token, .suppress_connection_events = 1);
    client_join(clients[i]);
  }
  printf("threads: %d with one session, %d with %d\n", first, count_threads(), COUNT);
  CHECK(count_threads() <= first + 8); /* callback threads come and go with the work there is */
  for (i = 0; i < COUNT; i++) client_free(clients[i]);
  world_end();
}

/* Comes by when the thread that it was set on ends. */
static pthread_key_t thread_end;

static void count_end(void *ends) { door_wait(ends); }

struct burst {
  struct door inside; /* where all of them stand at once, so that each has a thread of its own */
  struct door ends;   /* where nobody stands */
};

static void mark_thread_and_stand(struct client *client, const struct event *event) {
  struct burst *burst = client->hook_data;
  if (event->kind != SIGNAL || strcmp(event->type, "wait") != 0) return;
  CHECK(pthread_setspecific(thread_end, &burst->ends) == 0);
  door_wait(&burst->inside);
}

void callback_threads_end_when_there_is_no_work(void) {
  enum { COUNT = 12 };
  static struct burst burst;
  struct client *clients[COUNT];
  int i;
  door_make(&burst.inside);
  door_make(&burst.ends);
  door_open(&burst.ends);
  CHECK(pthread_key_create(&thread_end, count_end) == 0);
  world_begin();
  for (i = 0; i < COUNT; i++) {
    clients[i] = CLIENT(.name = "one of many", .session_id = mint_session(), .hook = mark_thread_and_stand, .hook_data = &burst);
    client_join(clients[i]);
    send_to(clients[i], clients[i], "wait", "");
  }
  door_await(&burst.inside, COUNT);
  CHECK_INT(burst.ends.waiting, 0);
  door_open(&burst.inside);
  door_await(&burst.ends, COUNT); /* though the sessions stay */
  for (i = 0; i < COUNT; i++) {
    expect_signal(clients[i], "wait", "", clients[i]);
    expect_quiet(clients[i]);
    client_leave(clients[i]);
  }
  world_end();
}

/* How many sockets there are with such numbers. */
static int sockets_above(int number) {
  struct stat facts;
  int sockets = 0;
  int i;
  for (i = number; i < number + 200; i++) sockets += fstat(i, &facts) == 0 && S_ISSOCK(facts.st_mode);
  return sockets;
}

/* select() and its sets end there. Names are looked up, links are lost and found up there, too. */
void descriptors_above_1024_work(void) {
  enum { COUNT = 1100 };
  struct rlimit limit;
  struct client *ada;
  struct proxy *proxy;
  int descriptors[COUNT];
  int before;
  int i;
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  if (limit.rlim_cur < 2048 && limit.rlim_max >= 2048) {
    limit.rlim_cur = 2048;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  }
  relay_start();
  proxy = proxy_start(relay_port());
  for (i = 0; i < COUNT; i++) CHECK((descriptors[i] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0);
  CHECK_INT(otc_init(NULL), OTC_SUCCESS);
  before = sockets_above(1024);
  ada = CLIENT(.name = "ada", .api_url = keep_text("http://localhost:%d", proxy_port(proxy)));
  client_join(ada);
  CHECK(sockets_above(1024) > before);
  expect_quiet(ada);
  CHECK_INT(proxy_cut(proxy), 1);
  expect(ada, RECONNECTION_STARTED);
  expect(ada, RECONNECTED);
  CHECK(sockets_above(1024) > before);
  expect_quiet(ada);
  client_leave(ada);
  CHECK_INT(otc_destroy(), OTC_SUCCESS);
  for (i = 0; i < COUNT; i++) close(descriptors[i]);
  proxy_stop(proxy);
  relay_stop();
}

/* Everything that the library opened is closed again, also what was opened once for all sessions. */
void after_the_last_destroy_no_descriptor_and_no_thread_is_left(void) {
  int descriptors;
  int threads;
  int life;
  relay_start();
  descriptors = count_descriptors();
  threads = count_threads();
  for (life = 0; life < 3; life++) {
    struct client *ada;
    struct client *bob;
    CHECK_INT(otc_init(NULL), OTC_SUCCESS);
    /* A name has to be looked up, which threads of their own do. */
    ada = CLIENT(.name = "ada", .api_url = keep_text("http://localhost:%d", relay_port()));
    bob = CLIENT(.name = "bob");
    client_join(ada);
    client_join(bob);
    client_leave(ada);
    CHECK_INT(otc_session_disconnect(bob->session), OTC_SUCCESS);
    client_free(bob);
    CHECK_INT(otc_destroy(), OTC_SUCCESS);
    CHECK_INT(count_descriptors(), descriptors);
    CHECK_INT(count_threads(), threads);
  }
  relay_stop();
}

/* Every descriptor that the library opens is closed in a program that the host starts. */
void descriptors_are_not_inherited(void) {
  struct client *ada;
  int fd;
  int found = 0;
  world_begin();
  ada = CLIENT(.name = "ada");
  client_join(ada);
  for (fd = 3; fd < 256; fd++) {
    int flags = fcntl(fd, F_GETFD);
    if (flags < 0) continue;
    found++;
    if ((flags & FD_CLOEXEC) == 0) {
      char path[64];
      char target[256] = "";
      snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
      if (readlink(path, target, sizeof target - 1) < 0) target[0] = '\0';
      /* ctest and make may have left some of theirs to us. */
      if (strncmp(target, "socket:", 7) == 0 || strstr(target, "eventpoll") != NULL || strstr(target, "eventfd") != NULL) {
        check_failed(__FILE__, __LINE__, "descriptor %d (%s) would be inherited", fd, target);
      }
    }
  }
  CHECK(found > 0);
  client_leave(ada);
  world_end();
}
