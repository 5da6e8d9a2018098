/* A host that has run out of something: descriptors, threads. What cannot be done is refused with a reason, nothing ends the
 * program, and all is well again once there is enough. */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "door.h"
#include "harness.h"
#include "said.h"
#include "tests.h"

/* ---- Descriptors ------------------------------------------------------------------------------------------------------------ */

/* Lets the process have so many descriptors more than it has now. */
static void allow_descriptors(int more) {
  struct rlimit limit;
  int lowest = dup(STDERR_FILENO); /* the first free number: the limit is about numbers */
  CHECK(lowest >= 0);
  close(lowest);
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = (rlim_t)lowest + (rlim_t)more;
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

static void allow_all_descriptors(void) {
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = limit.rlim_max;
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

void a_host_without_descriptors_gets_an_error_and_may_try_again(void) {
  enum { ENOUGH = 40 };
  int refused = 0;
  int failed = 0;
  int more;
  struct client *ada = NULL;
  relay_start();
  for (more = 0; more < ENOUGH; more++) {
    otc_status status;
    const struct event *event;
    said_listen(OTC_LOG_LEVEL_ERROR);
    CHECK_INT(otc_init(NULL), OTC_SUCCESS);
    ada = CLIENT(.name = "ada", .api_url = keep_text("http://localhost:%d", relay_port()));
    allow_descriptors(more);
    status = otc_session_connect(ada->session, ada->token);
    if (status == OTC_SUCCESS) {
      event = expect_any(ada);
      if (event->kind == CONNECTED) {
        allow_all_descriptors();
        break;
      }
      CHECK_INT(event->kind, FAILED);
      CHECK(event->code != OTC_SESSION_INTERNAL_ERROR);
      failed++;
    } else {
      CHECK_INT(status, OTC_FATAL);
      CHECK(said_count("Too many open files") > 0);
      refused++;
    }
    allow_all_descriptors();
    CHECK_INT(otc_session_connect(ada->session, ada->token), OTC_SUCCESS);
    expect(ada, CONNECTED);
    client_leave(ada);
    CHECK_INT(otc_destroy(), OTC_SUCCESS);
  }
  CHECK(more < ENOUGH && refused > 0 && failed > 0);
  expect_quiet(ada);
  client_leave(ada);
  said_end();
  world_end();
}

/* A link that breaks while nothing can be opened is sought until something can. */
void a_link_lost_without_descriptors_is_found_again_later(void) {
  struct proxy *proxy;
  struct client *ada;
  world_begin();
  proxy = proxy_start(relay_port());
  ada = CLIENT(.name = "ada", .through = proxy);
  client_join(ada);
  allow_descriptors(0);
  /* Nothing is free once the library has closed the old link, but for that one number. */
  CHECK(dup(STDERR_FILENO) < 0);
  CHECK_INT(proxy_cut(proxy), 1);
  expect(ada, RECONNECTION_STARTED);
  send_to(ada, ada, "kept", "");
  allow_all_descriptors();
  expect(ada, RECONNECTED);
  expect_signal(ada, "kept", "", ada);
  client_leave(ada);
  proxy_stop(proxy);
  world_end();
}

/* ---- Threads ------------------------------------------------------------------------------------------------------------------ */

/* The limit is for each user, and root has none: root becomes somebody who has no process yet, for a while. */
enum { NOBODY_ELSE = 64317 };

static void become_root_again(void) {
  before_failure = NULL;
  if (getuid() == NOBODY_ELSE) CHECK(setresuid(0, 0, 0) == 0);
}

static void refuse_threads(void) {
  struct rlimit limit;
  if (getuid() == 0) {
    before_failure = become_root_again; /* only root ends the relay */
    CHECK(setresuid(NOBODY_ELSE, NOBODY_ELSE, 0) == 0);
  }
  CHECK(getrlimit(RLIMIT_NPROC, &limit) == 0);
  limit.rlim_cur = 0;
  CHECK(setrlimit(RLIMIT_NPROC, &limit) == 0);
}

static void allow_threads(void) {
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_NPROC, &limit) == 0);
  limit.rlim_cur = limit.rlim_max;
  CHECK(setrlimit(RLIMIT_NPROC, &limit) == 0);
  become_root_again();
}

void a_host_without_threads_gets_an_error_and_may_try_again(void) {
  struct client *ada;
  struct client *bob;
  const struct event *event;
  world_begin();
  said_listen(OTC_LOG_LEVEL_ERROR);
  ada = CLIENT(.name = "ada");
  refuse_threads();
  CHECK_INT(otc_session_connect(ada->session, ada->token), OTC_FATAL);
  CHECK(said_count("Resource temporarily unavailable") > 0);
  CHECK_INT(otc_session_disconnect(ada->session), OTC_SESSION_NOT_CONNECTED);
  allow_threads();
  client_join(ada);

  /* A name is looked up on a thread of its own. */
  bob = CLIENT(.name = "bob", .api_url = keep_text("http://localhost:%d", relay_port()));
  refuse_threads();
  client_connect(bob);
  event = expect(bob, FAILED);
  CHECK_INT(event->code, OTC_SESSION_CONNECTION_REFUSED);
  CHECK(strstr(event->text, "thread") != NULL);
  expect_quiet(ada);
  allow_threads();
  client_join(bob);
  expect_created(ada, bob);
  client_leave(bob);
  expect_dropped(ada, "bob");
  client_leave(ada);
  said_end();
  world_end();
}

static void wait_at_door(struct client *client, const struct event *event) {
  if (event->kind == SIGNAL && strcmp(event->type, "wait") == 0) door_wait(client->hook_data);
}

/* For a client whose callbacks cannot be told. */
static void send_when_joined(struct client *client, const char *text) {
  time_t limit = time(NULL) + limit_seconds();
  while (otc_session_send_signal(client->session, "n", text) != OTC_SUCCESS) {
    CHECK(time(NULL) < limit);
    sched_yield();
  }
}

/* The only callback thread there is stands in a callback. */
void callbacks_without_a_thread_are_late_and_not_lost(void) {
  struct door door;
  struct client *ada;
  struct client *bob;
  int i;
  door_make(&door);
  world_begin();
  ada = CLIENT(.name = "ada", .hook = wait_at_door, .hook_data = &door);
  bob = CLIENT(.name = "bob", .session_id = mint_session());
  client_join(ada);
  send_to(ada, ada, "wait", "");
  door_await(&door, 1);
  refuse_threads();
  client_connect(bob);
  send_when_joined(bob, "0"); /* it has, and cannot tell */
  for (i = 1; i < 50; i++) send_to_all(bob, "n", keep_text("%d", i));
  CHECK_INT(count_events(bob, CONNECTED), 0);
  allow_threads();
  /* With the next sign of life, a thread is tried again. */
  expect(bob, CONNECTED);
  for (i = 0; i < 50; i++) expect_signal(bob, "n", keep_text("%d", i), bob);
  door_open(&door);
  expect_signal(ada, "wait", "", ada);
  client_leave(ada);
  client_leave(bob);
  world_end();
}

void a_callback_that_returns_serves_who_found_no_thread(void) {
  struct door door;
  struct client *ada;
  struct client *bob;
  door_make(&door);
  world_begin();
  ada = CLIENT(.name = "ada", .hook = wait_at_door, .hook_data = &door);
  bob = CLIENT(.name = "bob", .session_id = mint_session());
  client_join(ada);
  send_to(ada, ada, "wait", "");
  door_await(&door, 1);
  refuse_threads();
  client_connect(bob);
  send_when_joined(bob, "");
  door_open(&door);
  expect(bob, CONNECTED);
  expect_signal(bob, "n", "", bob);
  expect_signal(ada, "wait", "", ada);
  allow_threads();
  client_leave(ada);
  client_leave(bob);
  world_end();
}
