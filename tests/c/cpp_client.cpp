// The C headers from C++: lambdas as callbacks, temporaries for every string, handles in smart pointers.
#include <opentok.h>

#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

extern "C" {
#include "harness.h"
}

namespace {

struct SessionDeleter {
  void operator()(otc_session *session) const { otc_session_delete(session); }
};
using Session = std::unique_ptr<otc_session, SessionDeleter>;

struct ConnectionDeleter {
  void operator()(otc_connection *connection) const { otc_connection_delete(connection); }
};
using Connection = std::unique_ptr<otc_connection, ConnectionDeleter>;

struct Seen {
  std::mutex lock;
  std::condition_variable changed;
  bool connected = false;
  bool disconnected = false;
  std::vector<std::string> signals;
  std::vector<Connection> senders;

  template <typename Condition>
  void wait(Condition condition) {
    std::unique_lock<std::mutex> guard(lock);
    CHECK(changed.wait_for(guard, std::chrono::seconds(limit_seconds()), condition));
  }
};

Seen &seen_of(void *user_data) { return *static_cast<Seen *>(user_data); }

otc_session_callbacks callbacks_for(Seen &seen) {
  otc_session_callbacks callbacks{};
  callbacks.user_data = &seen;
  callbacks.on_connected = [](otc_session *, void *user_data) {
    std::lock_guard<std::mutex> guard(seen_of(user_data).lock);
    seen_of(user_data).connected = true;
    seen_of(user_data).changed.notify_all();
  };
  callbacks.on_disconnected = [](otc_session *, void *user_data) {
    std::lock_guard<std::mutex> guard(seen_of(user_data).lock);
    seen_of(user_data).disconnected = true;
    seen_of(user_data).changed.notify_all();
  };
  callbacks.on_signal_received = [](otc_session *, void *user_data, const char *type, const char *signal,
                                    const otc_connection *connection) {
    std::lock_guard<std::mutex> guard(seen_of(user_data).lock);
    seen_of(user_data).signals.push_back(std::string(type) + ": " + signal);
    seen_of(user_data).senders.emplace_back(otc_connection_copy(connection));
    seen_of(user_data).changed.notify_all();
  };
  callbacks.on_error = [](otc_session *, void *, const char *text, otc_session_error_code code) {
    check_failed(__FILE__, __LINE__, "on_error %d: %s", static_cast<int>(code), text);
  };
  return callbacks;
}

void talk() {
  Seen seen;
  Session session;
  {
    const otc_session_callbacks callbacks = callbacks_for(seen);
    session.reset(otc_session_new((std::string("test-") + "project").c_str(), std::string(relay_session()).c_str(), &callbacks));
  }
  CHECK(session != nullptr);
  const std::string token = mint_token(relay_session(), nullptr, "c++", nullptr);
  CHECK_INT(otc_session_connect(session.get(), std::string(token).c_str()), OTC_SUCCESS);
  seen.wait([&] { return seen.connected; });
  CHECK_INT(otc_session_send_signal(session.get(), std::string("greeting").c_str(), std::string("hello").c_str()), OTC_SUCCESS);
  seen.wait([&] { return seen.signals.size() == 1; });
  CHECK_TEXT(seen.signals[0].c_str(), "greeting: hello");
  CHECK_TEXT(otc_connection_get_data(seen.senders[0].get()), "c++");
  CHECK_INT(otc_session_disconnect(session.get()), OTC_SUCCESS);
  seen.wait([&] { return seen.disconnected; });
}

} // namespace

int main() {
  world_begin();
  set_variable("OTC_API_URL", relay_url());
  talk();
  world_end();
  std::puts("ok");
  return 0;
}
