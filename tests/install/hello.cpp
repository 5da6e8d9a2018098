// The same with the C++ wrapper.
#include <otc.hpp>

#include <chrono>
#include <cstdlib>
#include <future>
#include <iostream>

int main() {
  const otc::library library;
  std::promise<bool> ended;
  otc::session session(std::getenv("OTC_API_KEY"), std::getenv("OTC_SESSION_ID"));
  session.on_connected([&] { session.send("greeting", "hello"); })
      .on_signal("greeting", [&](const otc::signal &signal) { ended.set_value(signal.data == "hello"); })
      .on_error([&](std::error_code code, std::string_view) {
        std::cerr << code.message() << '\n';
        ended.set_value(false);
      });
  if (session.connect(std::getenv("OTC_TOKEN"))) return 2;
  auto came_back = ended.get_future();
  if (came_back.wait_for(std::chrono::seconds(60)) != std::future_status::ready || !came_back.get()) return 1;
  std::cout << "hello came back\n";
}
