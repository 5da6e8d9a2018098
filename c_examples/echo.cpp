// echo.c in C++, with otc.hpp: answers every signal to the client that sent it, with the same type and the same text.
//
// The lesson: an object takes the news of a session; connections are values that may be kept; what is refused is a
// std::error_code; and whatever a handler throws goes to on_exception instead of ending the program. Ctrl-C leaves the session.
// Exit code: 0 left, 2 could not connect, 3 the session ended by a fault, 64 bad command line.
#include <otc.hpp>

#include <condition_variable>
#include <csignal>
#include <iostream>
#include <memory>
#include <mutex>
#include <thread>

#include <pthread.h>

#include "options.h"

namespace {

class Echo final : public otc::handlers {
 public:
  explicit Echo(otc::session &session) : session_(session) {}

  void on_connected() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      connected_ = true;
    }
    std::cout << "echo: connected as " << session_.own_connection().id() << std::endl;
  }

  void on_signal(const otc::signal &signal) override {
    if (!signal.from) {
      std::cout << "echo: the server says [" << signal.type << "] " << signal.data << "; nobody to answer" << std::endl;
      return;
    }
    // A sender that has left meanwhile, or the end of this session, is no reason to stop answering others.
    if (const std::error_code refused = session_.send_to(signal.from, signal.type, signal.data)) {
      std::cerr << "echo: could not answer " << signal.from.id() << ": " << refused.message() << '\n';
    }
  }

  void on_error(std::error_code code, std::string_view text) override {
    std::cerr << "echo: error " << code.value() << ": " << text << '\n';
    const std::lock_guard<std::mutex> lock(mutex_);
    failed_ = true;
    // A failed connect is reported by on_error alone; a session that was established reports on_disconnected after it.
    if (!connected_) end();
  }

  void on_disconnected() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    end();
  }

  void on_exception(std::exception_ptr) override { std::cerr << "echo: a handler threw\n"; }

  // Waits until nothing more will come. Returns the exit code.
  int wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return over_; });
    return !failed_ ? 0 : connected_ ? 3 : 2;
  }

 private:
  void end() {
    over_ = true;
    changed_.notify_all();
  }

  otc::session &session_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool connected_ = false;
  bool failed_ = false;
  bool over_ = false;
};

int echo(const options &options, const sigset_t &signals) {
  const otc::library library;
  otc::session session(options.api_key, options.session_id);
  const auto news = std::make_shared<Echo>(session);
  session.handle_with(news);
  if (const std::error_code refused = session.connect(options.token)) throw std::system_error(refused, "connect");

  // Ctrl-C and SIGTERM arrive here, as ordinary function calls on an ordinary thread.
  std::thread interrupt([&] {
    int received = 0;
    sigwait(&signals, &received);
    session.disconnect();  // refused when the session is over already, and main() knows
  });
  const int code = news->wait();
  // The thread may be waiting still: let it out, and only then destroy what it uses.
  pthread_kill(interrupt.native_handle(), SIGTERM);
  interrupt.join();
  return code;
}

}  // namespace

int main(int argc, char **argv) {
  options options = {};
  const int code = options_read(&options, argc, argv);
  if (code != 0) return code < 0 ? 0 : code;
  // Before any other thread exists, so that nobody else gets them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  try {
    return echo(options, signals);
  } catch (const std::system_error &error) {
    std::cerr << "echo: " << error.what() << '\n';
    return 2;
  }
}
