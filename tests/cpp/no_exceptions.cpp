// otc.hpp in a program without exceptions and without run-time types: failures are error codes.
#include <otc.hpp>

#include <condition_variable>
#include <cstdio>
#include <mutex>

extern "C" {
#include "harness.h"
}

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error this program is about doing without them
#endif

namespace {

class Listener final : public otc::handlers {
 public:
  void on_connected() override { reach(1); }
  void on_signal(const otc::signal &signal) override {
    if (signal.type == "t" && signal.data == "hello" && signal.from) reach(2);
  }
  void on_disconnected() override { reach(3); }

  void wait(int step) {
    std::unique_lock<std::mutex> guard(lock_);
    CHECK(changed_.wait_for(guard, std::chrono::seconds(limit_seconds()), [&] { return step_ >= step; }));
  }

 private:
  void reach(int step) {
    const std::lock_guard<std::mutex> guard(lock_);
    step_ = step;
    changed_.notify_all();
  }

  std::mutex lock_;
  std::condition_variable changed_;
  int step_ = 0;
};

void talk() {
  std::error_code failure;
  const otc::library library(failure);
  CHECK(!failure);
  otc::settings settings;
  settings.api_url = "no address";
  CHECK(!otc::session(TEST_API_KEY, relay_session(), settings, failure) && failure);
  settings.api_url = relay_url();
  otc::session session(TEST_API_KEY, relay_session(), settings, failure);
  CHECK(session && !failure);
  const auto listener = std::make_shared<Listener>();
  session.handle_with(listener);
  CHECK(!session.connect(mint_token(relay_session(), nullptr, "ada", nullptr)));
  listener->wait(1);
  CHECK(!session.send("t", "hello"));
  listener->wait(2);
  CHECK(!session.disconnect());
  listener->wait(3);
}

}  // namespace

int main() {
  world_begin();
  talk();
  world_end();
  std::puts("ok");
  return 0;
}
