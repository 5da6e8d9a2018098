// A program in the style of C++: no keyword before the names of structs and enums, temporaries for every text, sessions in a map
// by their pointer, smart pointers that end copies, and streams that take texts untested.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#include <opentok.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "strangers.h"

namespace {

struct deleter {
  void operator()(otc_connection *connection) const { otc_connection_delete(connection); }
};

class chat {
 public:
  explicit chat(const place &where) {
    otc_session_callbacks callbacks = {0};
    callbacks.user_data = this;
    callbacks.on_connected = [](otc_session *session, void *user_data) { of(user_data, session).connected(); };
    callbacks.on_signal_received = [](otc_session *session, void *user_data, const char *type, const char *signal,
                                      const otc_connection *connection) {
      of(user_data, session).heard(type, signal, connection);
    };
    callbacks.on_error = [](otc_session *, void *, const char *text, otc_session_error_code code) {
      std::cerr << text << ' ' << static_cast<int>(code) << std::endl;
      std::exit(1);
    };
    session_ = otc_session_new(std::string(where.api_key).c_str(), std::string(where.session_id).c_str(), &callbacks);
    std::lock_guard<std::mutex> lock(mutex());
    all()[session_] = this;
  }
  ~chat() {
    otc_session_disconnect(session_);
    otc_session_delete(session_);
    std::lock_guard<std::mutex> lock(mutex());
    all().erase(session_);
  }
  void join(const std::string &token) { otc_session_connect(session_, (token + "").c_str()); }
  bool heard_itself() const { return heard_itself_; }

 private:
  static std::map<otc_session *, chat *> &all() {
    static std::map<otc_session *, chat *> sessions;
    return sessions;
  }
  static std::mutex &mutex() {
    static std::mutex one;
    return one;
  }
  static chat &of(void *user_data, otc_session *session) {
    std::lock_guard<std::mutex> lock(mutex());
    if (all().at(session) != user_data) std::abort();
    return *all().at(session);
  }
  void connected() {
    const otc_signal_options options = {OTC_FALSE};
    otc_session_send_signal_with_options(session_, std::string("gre") .append("eting").c_str(), std::string(100, 'x').c_str(),
                                         options);
  }
  void heard(const char *type, const char *signal, const otc_connection *connection) {
    sender_.reset(otc_connection_copy(connection));
    std::cout << type << ": " << signal << " from " << otc_connection_get_id(sender_.get()) << std::endl;
    heard_itself_ = std::string(signal).size() == 100;
  }

  otc_session *session_ = nullptr;
  std::unique_ptr<otc_connection, deleter> sender_;
  std::atomic<bool> heard_itself_{false};
};

}  // namespace

int stranger_of_cpp(struct place where) {
  otc_init(nullptr);
  bool done = false;
  {
    chat chat(where);
    chat.join(where.token);
    for (int naps = 0; !chat.heard_itself() && naps < 6000; naps++) usleep(10000);
    done = chat.heard_itself();
  }
  otc_destroy();
  return done ? 0 : 1;
}
