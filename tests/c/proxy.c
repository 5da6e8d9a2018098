#define _GNU_SOURCE
#include "proxy.h"

#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "internal.h"

#define ANNOUNCEMENT "otc-fault-proxy listening on 127.0.0.1:"

struct proxy {
  struct process process;
  int port;
};

struct counts {
  long accepted;
  long live;
  long cut;
};

struct proxy *proxy_start(int target_port) {
  char line[256];
  const char *target = keep_text("127.0.0.1:%d", target_port);
  const char *arguments[] = {program_from("OTC_FAULT_PROXY"), "--target", target, NULL};
  struct proxy *proxy = calloc(1, sizeof *proxy);
  CHECK(proxy != NULL);
  process_start(&proxy->process, arguments);
  process_read_line(&proxy->process, line, sizeof line);
  if (strncmp(line, ANNOUNCEMENT, strlen(ANNOUNCEMENT)) != 0) {
    check_failed(__FILE__, __LINE__, "otc-fault-proxy announced \"%s\"", line);
  }
  proxy->port = atoi(line + strlen(ANNOUNCEMENT));
  return proxy;
}

void proxy_stop(struct proxy *proxy) {
  process_close_input(&proxy->process); /* the end of its input ends it */
  CHECK_INT(process_wait(&proxy->process), 0);
  free(proxy);
}

int proxy_port(const struct proxy *proxy) { return proxy->port; }

static void order(struct proxy *proxy, const char *command, char *answer, size_t size) {
  process_write_line(&proxy->process, command);
  process_read_line(&proxy->process, answer, size);
}

static void obey(struct proxy *proxy, const char *command) {
  char answer[256];
  order(proxy, command, answer, sizeof answer);
  CHECK_TEXT(answer, "ok");
}

static struct counts status(struct proxy *proxy) {
  struct counts counts;
  char answer[256];
  order(proxy, "status", answer, sizeof answer);
  CHECK_INT(sscanf(answer, "accepted=%ld live=%ld cut=%ld", &counts.accepted, &counts.live, &counts.cut), 3);
  return counts;
}

int proxy_cut(struct proxy *proxy) {
  long before = status(proxy).cut;
  obey(proxy, "cut rst");
  return (int)(status(proxy).cut - before);
}

void proxy_refuse(struct proxy *proxy, int refuse) { obey(proxy, refuse ? "refuse" : "accept"); }

void proxy_stall(struct proxy *proxy, int stall) { obey(proxy, stall ? "stall both" : "resume"); }

void proxy_await(struct proxy *proxy, long accepted) {
  struct timespec limit = deadline();
  struct timespec now;
  while (status(proxy).accepted < accepted) {
    clock_gettime(WAIT_CLOCK, &now);
    if (now.tv_sec > limit.tv_sec) check_failed(__FILE__, __LINE__, "no link came to the proxy");
  }
}
