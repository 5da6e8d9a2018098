// otc.hpp against a real relay. CTest runs this program once for each test, by name: `wrapper NAME`. `--all` runs them all, and
// `--list` prints the names.
#include <otc.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

extern "C" {
#include "harness.h"
}

namespace {

// What handlers write down, and tests wait for.
class Journal {
 public:
  void write(const std::string &line) {
    const std::lock_guard<std::mutex> guard(lock_);
    lines_.push_back(line);
    changed_.notify_all();
  }

  void wait(const std::string &line, long times = 1) {
    std::unique_lock<std::mutex> guard(lock_);
    const auto written = [&] { return std::count(lines_.begin(), lines_.end(), line) >= times; };
    if (changed_.wait_for(guard, std::chrono::seconds(limit_seconds()), written)) return;
    std::string all;
    for (const std::string &each : lines_) all += "\n  " + each;
    check_failed(__FILE__, __LINE__, "never came: %s; but:%s", line.c_str(), all.c_str());
  }

  std::vector<std::string> lines() {
    const std::lock_guard<std::mutex> guard(lock_);
    return lines_;
  }

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

// Writes its name down when the last owner lets it go: shows that what a handler captured is freed.
std::shared_ptr<int> notice(Journal &journal, const std::string &name) {
  return {new int(0), [&journal, name](int *number) {
            delete number;
            journal.write(name + " freed");
          }};
}

std::string token(const char *data, const char *role = nullptr) {
  return mint_token(relay_session(), role, data, nullptr);
}

otc::settings relay() {
  otc::settings chosen;
  chosen.api_url = relay_url();
  return chosen;
}

otc::session prepare(Journal &journal) {
  otc::session made(TEST_API_KEY, relay_session(), relay());
  made.on_connected([&journal] { journal.write("connected"); });
  made.on_disconnected([&journal] { journal.write("disconnected"); });
  made.on_error([&journal](std::error_code code, std::string_view text) {
    CHECK(!text.empty());
    journal.write("error " + std::to_string(code.value()));
  });
  return made;
}

void join(otc::session &session, Journal &journal, const char *data, const char *role = nullptr) {
  CHECK(!session.connect(token(data, role)));
  journal.wait("connected");
}

struct Test {
  const char *name;
  void (*run)();
};

std::vector<Test> &tests() {
  static std::vector<Test> all;
  return all;
}

struct Registration {
  Registration(const char *name, void (*run)()) { tests().push_back({name, run}); }
};

}  // namespace

#define TEST(name) \
  static void name(); \
  static const Registration registration_of_##name(#name, name); \
  static void name()

static_assert(!std::is_copy_constructible<otc::session>::value && !std::is_copy_assignable<otc::session>::value,
              "a session has one owner");
static_assert(std::is_nothrow_move_constructible<otc::session>::value &&
                  std::is_nothrow_move_assignable<otc::session>::value,
              "a session can be handed on");

TEST(a_moved_session_goes_on) {
  Journal journal, other;
  otc::session first = prepare(journal);
  first.on_signal([&](const otc::signal &signal) { journal.write(std::string(signal.data)); });
  join(first, journal, "ada");

  std::vector<otc::session> kept;
  kept.push_back(std::move(first));
  CHECK(first.native() == nullptr);
  CHECK(!kept[0].send("t", "moved"));
  journal.wait("moved");

  // The one that is assigned over ends like one that is destroyed.
  otc::session target = prepare(other);
  target.on_signal("never", [held = notice(other, "target's")](const otc::signal &) {});
  target = std::move(kept[0]);
  other.wait("target's freed");
  CHECK(!target.send("t", "moved again"));
  journal.wait("moved again");
  CHECK(!target.disconnect());
  journal.wait("disconnected");
}

TEST(a_signal_goes_to_the_handler_of_its_type_after_the_one_for_all) {
  Journal journal;
  otc::session session = prepare(journal);
  session.on_signal([&](const otc::signal &signal) { journal.write("any " + std::string(signal.type)); })
      .on_signal("a", [&](const otc::signal &signal) { journal.write("a: " + std::string(signal.data)); })
      .on_signal("b", [&](const otc::signal &signal) { journal.write("b: " + std::string(signal.data)); })
      .on_signal("", [&](const otc::signal &signal) { journal.write("none: " + std::string(signal.data)); });
  join(session, journal, "ada");
  CHECK(!session.send("a", "1"));
  CHECK(!session.send("c", "2"));
  CHECK(!session.send("", "3"));
  journal.wait("none: 3");
  session.on_signal("b", nullptr);
  CHECK(!session.send("b", "4"));
  CHECK(!session.send("a", "5"));
  journal.wait("a: 5");
  const std::vector<std::string> wanted = {"connected", "any a", "a: 1", "any c", "any ",
                                           "none: 3",   "any b", "any a", "a: 5"};
  CHECK(journal.lines() == wanted);
}

TEST(a_handler_may_replace_itself) {
  Journal journal;
  otc::session session = prepare(journal);
  session.on_signal("t", [&, held = notice(journal, "old")](const otc::signal &) {
    session.on_signal("t", [&](const otc::signal &signal) { journal.write("new " + std::string(signal.data)); });
    CHECK(held.use_count() >= 1);
    *held = 1;  // still there: the one that runs finishes first
    journal.write("old ran");
  });
  join(session, journal, "ada");
  CHECK(!session.send("t", "1"));
  CHECK(!session.send("t", "2"));
  journal.wait("new 2");
  const std::vector<std::string> wanted = {"connected", "old ran", "old freed", "new 2"};
  CHECK(journal.lines() == wanted);
}

TEST(a_replaced_handler_may_use_the_session_when_it_is_destroyed) {
  Journal journal;
  otc::session session = prepare(journal);
  const auto last_words = [&](const char *text) {
    return std::shared_ptr<int>(new int(0), [&session, &journal, text](int *number) {
      delete number;
      session.on_signal("unused", nullptr);
      journal.write(text);
    });
  };
  session.on_reconnected([held = last_words("plain")] {});
  session.on_reconnected(nullptr);
  journal.wait("plain");
  session.on_signal("t", [held = last_words("typed")](const otc::signal &) {});
  session.on_signal("t", nullptr);
  journal.wait("typed");
}

TEST(a_handler_keeps_what_it_changes_in_itself) {
  Journal journal;
  otc::session session = prepare(journal);
  session.on_signal("t", [&, count = 0](const otc::signal &) mutable { journal.write("call " + std::to_string(++count)); });
  join(session, journal, "ada");
  CHECK(!session.send("t", "1"));
  CHECK(!session.send("t", "2"));
  journal.wait("call 2");
}

TEST(an_exception_is_handed_to_its_handler_and_the_session_goes_on) {
  Journal journal;
  otc::session session = prepare(journal);
  session.on_signal("throw", [](const otc::signal &signal) { throw std::runtime_error(std::string(signal.data)); })
      .on_signal("number", [](const otc::signal &) { throw 42; })
      .on_signal("t", [&](const otc::signal &signal) { journal.write(std::string(signal.data)); })
      .on_exception([&](std::exception_ptr thrown) {
        try {
          std::rethrow_exception(thrown);
        } catch (const std::exception &error) {
          journal.write(std::string("caught ") + error.what());
        }  // 42 leaves this handler too
      });
  join(session, journal, "ada");
  CHECK(!session.send("throw", "1"));
  CHECK(!session.send("number", "2"));
  CHECK(!session.send("t", "3"));
  journal.wait("3");
  session.on_exception(nullptr);
  CHECK(!session.send("throw", "4"));
  CHECK(!session.send("t", "5"));
  journal.wait("5");
  const std::vector<std::string> wanted = {"connected", "caught 1", "3", "5"};
  CHECK(journal.lines() == wanted);
}

// Writes every piece of news down, and throws when it is told so.
class Listener : public otc::handlers {
 public:
  explicit Listener(Journal &journal) : journal_(journal) {}
  ~Listener() override { journal_.write("listener freed"); }
  Listener(const Listener &) = delete;
  Listener &operator=(const Listener &) = delete;

  void on_connected() override { journal_.write("object connected"); }
  void on_disconnected() override { journal_.write("object disconnected"); }
  void on_connection_created(const otc::connection &who) override { journal_.write("object sees " + std::string(who.data())); }
  void on_connection_dropped(const otc::connection &who) override { journal_.write("object misses " + std::string(who.data())); }
  void on_signal(const otc::signal &signal) override {
    journal_.write("object hears " + std::string(signal.data));
    if (signal.type == "throw") throw std::runtime_error("object's");
  }
  void on_error(std::error_code code, std::string_view) override { journal_.write("object's error " + std::to_string(code.value())); }
  void on_exception(std::exception_ptr thrown) override {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception &error) {
      journal_.write(std::string("object caught ") + error.what());
    }
  }

 private:
  Journal &journal_;
};

TEST(an_object_may_take_the_news) {
  Journal journal, peer;
  otc::session session = prepare(journal);
  session.handle_with(std::make_shared<Listener>(journal));
  session.on_signal("t", [&](const otc::signal &signal) { journal.write("function hears " + std::string(signal.data)); });
  join(session, journal, "ada");
  {
    otc::session other = prepare(peer);
    join(other, peer, "bob");
    journal.wait("object sees bob");
  }
  journal.wait("object misses bob");
  CHECK(!session.send("t", "1"));
  journal.wait("function hears 1");
  session.handle_with(nullptr);
  journal.wait("listener freed");
  CHECK(!session.send("t", "2"));
  journal.wait("function hears 2");
  session.handle_with(std::make_shared<Listener>(journal));
  CHECK(!session.disconnect());
  journal.wait("disconnected");
  CHECK(!session.connect("T1==nonsense"));
  journal.wait("object's error 1004");
  journal.wait("error 1004");
  const std::vector<std::string> wanted = {"object connected",    "connected",           "object sees bob",
                                           "object misses bob",   "object hears 1",      "function hears 1",
                                           "listener freed",      "function hears 2",    "object disconnected",
                                           "disconnected",        "object's error 1004", "error 1004"};
  CHECK(journal.lines() == wanted);
}

TEST(an_exception_does_not_keep_the_news_from_other_handlers) {
  Journal journal;
  otc::session session = prepare(journal);
  session.handle_with(std::make_shared<Listener>(journal))
      .on_signal([&](const otc::signal &) {
        journal.write("any");
        throw std::runtime_error("any's");
      })
      .on_signal("throw", [&](const otc::signal &) { journal.write("typed"); });
  join(session, journal, "ada");
  CHECK(!session.send("throw", "1"));
  journal.wait("typed");
  const std::vector<std::string> wanted = {"object connected",      "connected", "object hears 1",      "object caught object's",
                                           "any",                   "object caught any's",          "typed"};
  CHECK(journal.lines() == wanted);
}

// The library's log: every line that speaks of an exception.
Journal &complaints() {
  static Journal all;
  return all;
}

TEST(an_exception_is_logged) {
  Journal journal;
  otc_log_set_logger_callback([](const char *line) {
    const char *const complaint = std::strstr(line, "an exception left");
    if (complaint != nullptr) complaints().write(complaint);
  });
  otc_log_enable(OTC_LOG_LEVEL_ERROR);
  otc::session session = prepare(journal);
  session.on_signal("a", [](const otc::signal &) { throw std::runtime_error("too\nbad"); })
      .on_signal("b", [](const otc::signal &) { throw 42; })
      .on_disconnected([] { throw std::string(100000, 'x'); })
      .on_exception([](std::exception_ptr) {});
  join(session, journal, "ada");
  CHECK(!session.send("a", ""));
  CHECK(!session.send("b", ""));
  complaints().wait("an exception left the handler on_signal: too bad");
  complaints().wait("an exception left the handler on_signal: of a type that is not std::exception");
  CHECK(!session.disconnect());
  complaints().wait("an exception left the handler on_disconnected: of a type that is not std::exception");
  otc_log_enable(OTC_LOG_LEVEL_DISABLED);
  otc_log_set_logger_callback(nullptr);
}

TEST(a_destroyed_session_starts_no_further_handler_of_the_same_signal) {
  Journal journal;
  auto session = std::make_unique<otc::session>(prepare(journal));
  session->on_signal([&](const otc::signal &) {
    session.reset();
    journal.write("any");
  });
  session->on_signal("t", [&, held = notice(journal, "typed")](const otc::signal &) { journal.write("typed ran"); });
  join(*session, journal, "ada");
  CHECK(!session->send("t", ""));
  journal.wait("typed freed");
  const std::vector<std::string> wanted = {"connected", "any", "typed freed"};
  CHECK(journal.lines() == wanted);
}

TEST(a_session_is_moved_while_its_handlers_run) {
  Journal journal, peer;
  otc::session sender = prepare(peer);
  join(sender, peer, "bob");
  auto first = std::make_unique<otc::session>(prepare(journal));
  int handled = 0;  // not atomic on purpose: handlers run one at a time
  first->on_signal("t", [&](const otc::signal &) { ++handled; });
  first->on_signal("last", [&](const otc::signal &) { journal.write("last"); });
  join(*first, journal, "ada");
  for (int round = 0; round < 50; ++round) {
    for (int sent = 0; sent < 10; ++sent) CHECK(!sender.send("t", "x"));
    auto second = std::make_unique<otc::session>(std::move(*first));
    CHECK(!*first && *second);
    first = std::move(second);
  }
  CHECK(!sender.send("last", ""));
  journal.wait("last");
  first.reset();
  CHECK(handled == 500);
}

TEST(an_object_is_replaced_while_it_is_told) {
  Journal journal;
  otc::session session = prepare(journal);
  join(session, journal, "ada");
  for (int round = 0; round < 100; ++round) {
    CHECK(!session.send("t", std::to_string(round)));
    session.handle_with(std::make_shared<Listener>(journal));
  }
  journal.wait("listener freed", 99);
  session.on_signal("last", [&](const otc::signal &) { journal.write("last"); });
  CHECK(!session.send("last", ""));
  journal.wait("last");
  session = otc::session();
  journal.wait("listener freed", 100);
}

TEST(no_session_refuses_everything) {
  otc::session nothing;
  CHECK(!nothing && nothing.native() == nullptr && nothing.id().empty() && !nothing.own_connection());
  CHECK(nothing.connect("token") && nothing.disconnect() && nothing.send("t", "x"));
  CHECK(nothing.send_to(otc::connection(), "t", "x") && nothing.force_disconnect(otc::connection()));
  nothing.on_connected([] {}).on_signal("t", [](const otc::signal &) {}).handle_with(nullptr);
  const otc::session moved = std::move(nothing);
  CHECK(!moved);
}

TEST(a_session_may_be_destroyed_inside_its_own_handler) {
  Journal journal;
  auto session = std::make_unique<otc::session>(prepare(journal));
  session->on_signal("end", [&, held = notice(journal, "captured")](const otc::signal &) {
    session.reset();
    *held = 1;  // the running handler and what it owns stay until it returns
    journal.write("returning");
  });
  join(*session, journal, "ada");
  CHECK(!session->send("end", ""));
  journal.wait("captured freed");
  const std::vector<std::string> wanted = {"connected", "returning", "captured freed"};
  CHECK(journal.lines() == wanted);
}

TEST(a_session_owned_by_its_own_handler_ends_with_it) {
  Journal journal;
  auto session = std::make_shared<otc::session>(prepare(journal));
  otc::session &known = *session;
  known.on_signal("end", [&journal, owned = session, held = notice(journal, "captured")](const otc::signal &) mutable {
    owned.reset();
    journal.write("returning");
  });
  join(known, journal, "ada");
  CHECK(!known.send("hold", ""));
  session.reset();
  Journal peer;
  otc::session other = prepare(peer);
  join(other, peer, "bob");
  CHECK(!other.send("end", ""));
  journal.wait("captured freed");
}

TEST(destroying_waits_for_the_running_handler_and_frees_what_it_captured) {
  Journal journal, peer;
  otc::session sender = prepare(peer);
  join(sender, peer, "bob");
  for (int round = 0; round < 20; ++round) {
    auto receiver = std::make_unique<otc::session>(prepare(journal));
    int handled = 0;  // not atomic on purpose: what destroying promises is all that protects it
    bool running = false;
    receiver->on_signal("t", [&, held = notice(journal, "captured")](const otc::signal &) {
      running = true;
      handled += 1 + *held;
      if (handled == 3) journal.write("busy");
      running = false;
    });
    CHECK(!receiver->connect(token("ada")));
    journal.wait("connected", round + 1);
    for (int sent = 0; sent < 50; ++sent) CHECK(!sender.send("t", "x"));
    journal.wait("busy", round + 1);
    receiver.reset();
    CHECK(!running);
    CHECK(handled >= 3 && handled <= 50);
    journal.wait("captured freed", round + 1);
  }
}

TEST(handlers_may_be_set_by_other_threads_while_they_run) {
  Journal journal;
  otc::session session = prepare(journal);
  join(session, journal, "ada");
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&session] {
      for (int n = 0; n < 500; ++n) {
        session.on_signal("t", [n](const otc::signal &signal) { CHECK(!signal.data.empty() && n >= 0); });
        session.on_signal([held = std::make_shared<int>(n)](const otc::signal &) { *held += 1; });
      }
    });
  }
  for (int sent = 0; sent < 100; ++sent) CHECK(!session.send("t", "x"));
  for (std::thread &thread : threads) thread.join();
  session.on_signal("last", [&](const otc::signal &) { journal.write("last"); });
  CHECK(!session.send("last", ""));
  journal.wait("last");
}

TEST(two_programs_see_and_answer_each_other) {
  Journal ada, bob;
  otc::connection seen;
  otc::session first = prepare(ada);
  first.on_connection_created([&](const otc::connection &who) {
    seen = who;
    ada.write("sees " + std::string(who.data()));
  });
  first.on_connection_dropped([&](const otc::connection &who) { ada.write("misses " + std::string(who.data())); });
  first.on_signal("question", [&](const otc::signal &signal) {
    CHECK(!first.send_to(signal.from, "answer", "to " + std::string(signal.data)));
  });
  join(first, ada, "ada", "moderator");
  CHECK(first.own_connection().data() == "ada");
  CHECK(first.own_connection().creation_time() > 0);
  CHECK(first.id() == relay_session());
  {
    otc::session second = prepare(bob);
    second.on_signal("answer", [&](const otc::signal &signal) {
      CHECK(signal.from && signal.from.data() == "ada");
      bob.write(std::string(signal.data));
    });
    join(second, bob, "bob");
    ada.wait("sees bob");
    CHECK(seen == second.own_connection() && seen != first.own_connection());
    CHECK(!second.send("question", "bob", false));
    bob.wait("to bob");
    CHECK(!first.force_disconnect(seen));
    ada.wait("misses bob");
  }
  CHECK(seen.data() == "bob");  // a connection is a value
  CHECK(!otc::connection() && otc::connection().id().empty());
}

TEST(refusals_are_error_codes) {
  Journal journal;
  otc::session session = prepare(journal);
  const std::error_code early = session.send("t", "too early");
  CHECK(early && early.category() == otc::error_category());
  CHECK(std::strcmp(early.category().name(), "otc") == 0);
  CHECK(early == otc::errc::not_connected);
  CHECK(session.send(std::string_view("a\0b", 3), "x") == otc::errc::null_or_invalid_parameter);
  CHECK(session.send_to(otc::connection(), "t", "x"));

  for (int code = 0; code < 3000; ++code) CHECK(!otc::error_category().message(code).empty());
  CHECK(std::error_code(otc::errc::signal_data_too_long).message().find("8192") != std::string::npos);
  CHECK(!otc::make_error_code(OTC_SUCCESS));

  join(session, journal, "ada");
  CHECK(session.send("t", std::string(8193, 'x')) == otc::errc::signal_data_too_long);
  CHECK(session.send(std::string(129, 'x'), "t") == otc::errc::signal_type_too_long);
  CHECK(session.connect(token("again")));

  Journal refused;
  otc::session stranger = prepare(refused);
  CHECK(!stranger.connect("T1==nonsense"));
  refused.wait("error " + std::to_string(OTC_SESSION_AUTHORIZATION_FAILURE));
}

TEST(a_setting_that_cannot_be_used_is_an_exception_or_an_error_code) {
  otc::settings wrong;
  wrong.api_url = "not a url";
  std::error_code failure;
  const otc::session none(TEST_API_KEY, relay_session(), wrong, failure);
  CHECK(!none && failure == otc::errc::null_or_invalid_parameter);
  const otc::session some(TEST_API_KEY, relay_session(), relay(), failure);
  CHECK(some && !failure);
  otc::settings chosen = relay();
  chosen.forward_proxy = "ftp://proxy";
  const otc::session bad_proxy(TEST_API_KEY, relay_session(), chosen, failure);
  CHECK(!bad_proxy && failure);
  chosen.forward_proxy = "direct";
  chosen.timeouts.keepalive_interval_ms = 9000;
  chosen.timeouts.keepalive_loss_ms = 8000;
  const otc::session bad_times(TEST_API_KEY, relay_session(), chosen, failure);
  CHECK(!bad_times && failure);
  chosen.timeouts = {};
  chosen.limits.outbox_signals = 7;
  const otc::session good(TEST_API_KEY, relay_session(), chosen, failure);
  CHECK(good && !failure);
  const otc::session with_nul(std::string_view("a\0b", 3), relay_session(), relay(), failure);
  CHECK(!with_nul && failure);
  try {
    const otc::session session(TEST_API_KEY, relay_session(), wrong);
    CHECK(!"made");
  } catch (const std::system_error &error) {
    CHECK(error.code().category() == otc::error_category());
  }
}

static void run(const Test &test) {
  world_begin();
  {
    const otc::library library;
    test.run();
  }
  world_end();
}

int main(int count, char **arguments) {
  const std::string wanted = count == 2 ? arguments[1] : "";
  bool known = wanted == "--all" || wanted == "--list";
  for (const Test &test : tests()) {
    if (wanted == "--list") std::puts(test.name);
    if (wanted != "--all" && wanted != test.name) continue;
    known = true;
    run(test);
    std::printf("ok %s\n", test.name);
  }
  if (!known) std::fprintf(stderr, "usage: wrapper TEST|--all|--list\n");
  return known ? 0 : 2;
}
