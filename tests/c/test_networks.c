/* Sessions through the proxies of real networks: chosen by the program or by the environment, and what on_error is told of those
 * that refuse. relay.example is a name that only the proxies know. */
#define _GNU_SOURCE
#include <signal.h>

#include "harness.h"
#include "internal.h"
#include "tests.h"

#define ANNOUNCEMENT "otc-forward-proxy listening on 127.0.0.1:"
#define RELAY "http://relay.example"

/* The program otc-forward-proxy. */
struct forward {
  struct process process;
  int port;
};

static void forward_start(struct forward *proxy, const char *kind, int port, const char *user, const char *password) {
  char line[256];
  const char *arguments[] = {program_from("OTC_FORWARD_PROXY"), kind, "--listen", keep_text("127.0.0.1:%d", port), "--host",
                             keep_text("relay.example=127.0.0.1:%d", relay_port()), NULL, NULL, NULL, NULL, NULL};
  if (user != NULL) {
    arguments[6] = "--user";
    arguments[7] = user;
    arguments[8] = "--password";
    arguments[9] = password;
  }
  process_start(&proxy->process, arguments);
  process_read_line(&proxy->process, line, sizeof line);
  if (strncmp(line, ANNOUNCEMENT, strlen(ANNOUNCEMENT)) != 0) {
    check_failed(__FILE__, __LINE__, "otc-forward-proxy announced \"%s\"", line);
  }
  proxy->port = atoi(line + strlen(ANNOUNCEMENT));
}

/* How many ways it was asked for. */
static int forward_asked(struct forward *proxy) {
  char line[64];
  int asked = -1;
  process_write_line(&proxy->process, "status");
  process_read_line(&proxy->process, line, sizeof line);
  CHECK_INT(sscanf(line, "asked=%d", &asked), 1);
  return asked;
}

static void forward_stop(struct forward *proxy) {
  process_close_input(&proxy->process);
  CHECK_INT(process_wait(&proxy->process), 0);
}

static void join_and_talk(struct client *client) {
  client_join(client);
  send_to_all(client, "t", "through the proxy");
  expect_signal(client, "t", "through the proxy", client);
}

void the_environment_names_proxies_and_hosts_without_one(void) {
  static const char *const kinds[][2] = {{"http", "http"}, {"socks5", "socks5h"}};
  size_t i;
  world_begin();
  for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    struct forward proxy;
    struct client *ada;
    forward_start(&proxy, kinds[i][0], 0, "ada", "p@ss:word");
    set_variable(i == 0 ? "http_proxy" : "ALL_PROXY", keep_text("%s://ada:p%%40ss%%3Aword@127.0.0.1:%d", kinds[i][1], proxy.port));
    ada = CLIENT(.name = "ada", .api_url = RELAY);
    join_and_talk(ada);
    client_leave(ada);
    CHECK_INT(forward_asked(&proxy), 2); /* session info, link */

    /* Loopback is spared, and what the list names: that name nobody else knows. */
    ada = CLIENT(.name = "ada");
    join_and_talk(ada);
    client_leave(ada);
    set_variable("no_proxy", "other.example,relay.example:80");
    ada = CLIENT(.name = "ada", .api_url = RELAY);
    client_connect(ada);
    CHECK_INT(expect(ada, FAILED)->code, OTC_SESSION_CONNECTION_REFUSED);
    client_free(ada);
    CHECK_INT(forward_asked(&proxy), 2);
    set_variable("no_proxy", "");
    set_variable("http_proxy", "");
    forward_stop(&proxy);
  }
  world_end();
}

void the_program_chooses_its_proxy_whatever_the_environment_says(void) {
  struct forward proxy;
  struct client *ada;
  world_begin();
  forward_start(&proxy, "socks5", 0, NULL, NULL);
  set_variable("all_proxy", "http://127.0.0.1:1");
  ada = CLIENT(.name = "ada", .api_url = RELAY, .forward_proxy = keep_text("socks5://127.0.0.1:%d", proxy.port));
  join_and_talk(ada);
  client_leave(ada);
  ada = CLIENT(.name = "ada", .forward_proxy = keep_text("socks5://127.0.0.1:%d", proxy.port));
  join_and_talk(ada); /* loopback too */
  client_leave(ada);
  CHECK_INT(forward_asked(&proxy), 4);
  ada = CLIENT(.name = "ada", .api_url = RELAY, .forward_proxy = "direct");
  client_connect(ada);
  CHECK(strstr(expect(ada, FAILED)->text, "cannot look up the host of " RELAY) != NULL);
  client_free(ada);
  forward_stop(&proxy);
  world_end();
}

void a_proxy_that_refuses_is_named_with_its_reason(void) {
  struct forward http;
  struct forward socks;
  const char *via_http;
  const char *via_socks;
  size_t i;
  world_begin();
  forward_start(&http, "http", 0, "ada", "right");
  forward_start(&socks, "socks5", 0, "ada", "right");
  via_http = keep_text("127.0.0.1:%d", http.port);
  via_socks = keep_text("127.0.0.1:%d", socks.port);
  {
    const struct {
      const char *proxy, *api_url, *names, *words;
    } rows[] = {
        {keep_text("http://%s", via_http), RELAY, via_http, "it wants a user name and a password"},
        {keep_text("http://ada:secret@%s", via_http), RELAY, via_http, "it refuses this user name and password"},
        {keep_text("http://ada:right@%s", via_http), "https://no-such.invalid", via_http, "HTTP 502 Bad Gateway"},
        {keep_text("http://ada:secret@%s", via_socks), RELAY, via_socks, "does not lead to " RELAY},
        {keep_text("socks5://%s", via_socks), RELAY, via_socks, "it wants a user name and a password"},
        {keep_text("socks5://ada:secret@%s", via_socks), RELAY, via_socks, "it refuses this user name and password"},
        {keep_text("socks5://ada:right@%s", via_socks), "https://no-such.invalid", via_socks, "host unreachable"},
        {keep_text("https://ada:secret@localhost:%d", relay_port()), RELAY, "the proxy https://localhost:", "TLS"},
        {"ada:secret@127.0.0.1:1", RELAY, "cannot connect to the proxy http://127.0.0.1:1 on the way to " RELAY, "refused"},
        {"socks5://ada:secret@no-such.invalid", RELAY, "cannot look up the host of the proxy socks5://no-such.invalid:1080", ""},
        {keep_text("http://ada:right@%s", via_http), keep_text("https://relay.example:%d", relay_port()), via_http,
         "TLS handshake failed with https://relay.example:"},
    };
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
      struct client *ada = CLIENT(.name = "ada", .api_url = rows[i].api_url, .forward_proxy = rows[i].proxy);
      const struct event *event;
      client_connect(ada);
      event = expect(ada, FAILED);
      printf("%d %s\n", event->code, event->text);
      CHECK(event->code == OTC_SESSION_CONNECTION_REFUSED || event->code == OTC_SESSION_CONNECTION_FAILED);
      CHECK(strstr(event->text, rows[i].names) != NULL && strstr(event->text, rows[i].words) != NULL);
      CHECK(strstr(event->text, "secret") == NULL && strstr(event->text, "right") == NULL && strchr(event->text, '\n') == NULL);
      client_wait_idle(ada);
      expect_nothing_more(ada);
      client_free(ada);
    }
  }
  forward_stop(&http);
  forward_stop(&socks);
  world_end();
}

void a_link_is_resumed_through_a_proxy_that_came_back(void) {
  struct forward proxy;
  struct client *ada;
  world_begin();
  forward_start(&proxy, "http", 0, NULL, NULL);
  ada = CLIENT(.name = "ada", .api_url = RELAY, .forward_proxy = keep_text("http://127.0.0.1:%d", proxy.port));
  client_join(ada);
  process_signal(&proxy.process, SIGKILL);
  process_wait(&proxy.process);
  expect(ada, RECONNECTION_STARTED);
  send_to_all(ada, "t", "kept");
  forward_start(&proxy, "http", proxy.port, NULL, NULL);
  expect(ada, RECONNECTED);
  expect_signal(ada, "t", "kept", ada);
  CHECK_INT(forward_asked(&proxy), 1);
  client_leave(ada);
  forward_stop(&proxy);
  world_end();
}
