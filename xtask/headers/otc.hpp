/**
 * @file otc.hpp
 * The library for C++17 programs: sessions as objects, handlers as functions, errors as std::error_code.
 *
 * Header only; it needs nothing but the C headers beside it and the standard library.
 *
 *     otc::library library;
 *     otc::session session("api key", "session id");
 *     session.on_connected([&] { session.send("greeting", "hello, everyone"); });
 *     session.on_signal("greeting", [](const otc::signal &signal) { std::cout << signal.data << '\n'; });
 *     session.on_error([](std::error_code code, std::string_view text) { std::cerr << text << '\n'; });
 *     session.connect("token");
 *
 * What the C headers promise holds here too: the handlers of one session run one at a time, in order, on threads of the
 * library, never on a thread of the program. In addition:
 *
 * - Handlers may be set and replaced at any time, from any thread, also inside a handler. One that is replaced while it runs
 *   finishes first.
 * - An exception that leaves a handler is caught and handed to the on_exception handler; without one, or if that one throws
 *   too, it is written to stderr. It never reaches the library, and the session goes on.
 * - Destroying a session from a thread that runs no handler waits for its running handler; afterwards none runs and none
 *   will. Inside a handler it does not wait: a running handler finishes, none starts, and what the handlers captured is
 *   destroyed when the last of them returned.
 */
#ifndef OTC_HPP
#define OTC_HPP

#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "opentok.h"
#include "opentok/otc_x.h"

namespace otc {

/// Everything that a call may be refused with, and everything that on_error may report. The numbers are those of the C
/// interface, whose headers tell what each means.
enum class errc : int {
  invalid_parameter = OTC_INVALID_PARAM,
  fatal = OTC_FATAL,
  authorization_failure = OTC_SESSION_AUTHORIZATION_FAILURE,
  invalid_session = OTC_SESSION_INVALID_SESSION,
  connection_failed = OTC_SESSION_CONNECTION_FAILED,
  not_connected = OTC_SESSION_NOT_CONNECTED,
  null_or_invalid_parameter = OTC_SESSION_NULL_OR_INVALID_PARAMETER,
  illegal_state = OTC_SESSION_ILLEGAL_STATE,
  state_failed = OTC_SESSION_STATE_FAILED,
  connection_timed_out = OTC_SESSION_CONNECTION_TIMED_OUT,
  connection_dropped = OTC_SESSION_CONNECTION_DROPPED,
  connection_refused = OTC_SESSION_CONNECTION_REFUSED,
  blocked_country = OTC_SESSION_BLOCKED_COUNTRY,
  connection_limit_exceeded = OTC_SESSION_CONNECTION_LIMIT_EXCEEDED,
  signal_data_too_long = OTC_SESSION_SIGNAL_DATA_TOO_LONG,
  signal_type_too_long = OTC_SESSION_SIGNAL_TYPE_TOO_LONG,
  invalid_signal_type = OTC_SESSION_INVALID_SIGNAL_TYPE,
  no_messaging_server = OTC_SESSION_NO_MESSAGING_SERVER,
  unable_to_force_disconnect = OTC_UNABLE_TO_FORCE_DISCONNECT,
  unable_to_force_mute = OTC_UNABLE_TO_FORCE_MUTE,
  unable_to_send_signal = OTC_SESSION_UNABLE_TO_SEND_SIGNAL,
  internal_error = OTC_SESSION_INTERNAL_ERROR,
  unexpected_session_info = OTC_SESSION_UNEXPECTED_GET_SESSION_INFO_REPONSE,
  invalid_encryption_secret = OTC_SESSION_INVALID_ENCRYPTION_SECRET,
};

namespace detail {

class category final : public std::error_category {
 public:
  const char *name() const noexcept override { return "otc"; }

  std::string message(int code) const override {
    switch (static_cast<errc>(code)) {
      case errc::invalid_parameter: return "the session or settings do not exist";
      case errc::fatal: return "the library is not initialised, or failed";
      case errc::authorization_failure: return "the token or API key was refused";
      case errc::invalid_session: return "the session id was refused";
      case errc::connection_failed: return "connecting failed";
      case errc::not_connected: return "the session is not connected";
      case errc::null_or_invalid_parameter: return "an argument cannot be used";
      case errc::illegal_state: return "the call does not fit the state of the session";
      case errc::state_failed: return "the state of the session did not arrive in time";
      case errc::connection_timed_out: return "connecting took too long";
      case errc::connection_dropped: return "the connection was lost and did not come back";
      case errc::connection_refused: return "the server cannot be reached";
      case errc::blocked_country: return "the server refuses clients of this country";
      case errc::connection_limit_exceeded: return "the session is full";
      case errc::signal_data_too_long: return "the signal's data is longer than 8192 bytes";
      case errc::signal_type_too_long: return "the signal's type is longer than 128 bytes";
      case errc::invalid_signal_type: return "the signal's type has a forbidden character";
      case errc::no_messaging_server: return "the server named no messaging server";
      case errc::unable_to_force_disconnect: return "the client could not be removed";
      case errc::unable_to_force_mute: return "muting is not possible";
      case errc::unable_to_send_signal: return "the receiver has left, or too many signals wait";
      case errc::internal_error: return "the library failed";
      case errc::unexpected_session_info: return "the server's answer was not understood";
      case errc::invalid_encryption_secret: return "the encryption secret is too short or too long";
    }
    return "error " + std::to_string(code);
  }
};

/// A C string of the library, which a NULL handle may have turned into NULL.
inline std::string_view view(const char *text) { return text == nullptr ? std::string_view() : text; }

}  // namespace detail

/// The category of this library's error codes.
inline const std::error_category &error_category() noexcept {
  static const detail::category instance;
  return instance;
}

/// Makes std::error_code accept otc::errc.
inline std::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), error_category()}; }

/// The error code of a status of the C interface; no error for OTC_SUCCESS.
inline std::error_code make_error_code(otc_status status) noexcept { return {status, error_category()}; }

/// Keeps the library alive. Make one before the first session, and let it go after the last; several may live at once.
class library {
 public:
  /// Throws std::system_error when the library cannot start.
  library() {
    if (const otc_status status = otc_init(nullptr); status != OTC_SUCCESS) {
      throw std::system_error(make_error_code(status), "otc_init");
    }
  }
  library(const library &) = delete;
  library &operator=(const library &) = delete;
  ~library() { static_cast<void>(otc_destroy()); }
};

/// A client in a session: a value that may be kept and copied as long as anyone likes.
class connection {
 public:
  /// No client.
  connection() = default;

  /// A copy of what the C interface handed out; NULL gives no client.
  explicit connection(const otc_connection *handle)
      : handle_(otc_connection_copy(handle), [](otc_connection *copy) {
          if (copy != nullptr) static_cast<void>(otc_connection_delete(copy));
        }) {}

  /// Whether this is a client at all.
  explicit operator bool() const noexcept { return handle_ != nullptr; }
  /// The connection id.
  std::string_view id() const { return detail::view(otc_connection_get_id(handle_.get())); }
  /// The data of its token.
  std::string_view data() const { return detail::view(otc_connection_get_data(handle_.get())); }
  /// When it entered, in milliseconds since 1970.
  std::int64_t creation_time() const { return otc_connection_get_creation_time(handle_.get()); }
  /// The handle for calls of the C interface; lives as long as this object or a copy of it.
  const otc_connection *native() const noexcept { return handle_.get(); }

  friend bool operator==(const connection &a, const connection &b) { return a.id() == b.id(); }
  friend bool operator!=(const connection &a, const connection &b) { return !(a == b); }

 private:
  std::shared_ptr<otc_connection> handle_;
};

/// A signal that arrived. The views die when the handler returns.
struct signal {
  /// The type, or "".
  std::string_view type;
  /// The data, or "".
  std::string_view data;
  /// Who sent it. False when the server did.
  connection from;
};

/// What a session is made with when the defaults do not fit. A copyable bag of values.
struct settings {
  /// The address of the API server; "" for OTC_API_URL of the environment or the default.
  std::string api_url;
  /// A PEM file of certificates to trust besides the system's; "" for OTC_CA_FILE of the environment or none.
  std::string ca_file;
  /// The "IP proxy": every URL is appended to this one. "" for none.
  std::string proxy_url;
  /// Whether to do without events about other connections.
  bool connection_events_suppressed = false;
};

namespace detail {

/// Everything that a session's handlers need. The library is given a number, not a pointer: a callback that is just starting
/// while the session is destroyed looks the number up, and finds the state alive or not at all.
struct state {
  /// Shared, not copied, by the callback that runs it: what a handler keeps in itself lasts from call to call.
  template <typename... Arguments>
  using handler = std::shared_ptr<std::function<void(Arguments...)>>;

  std::mutex mutex;
  handler<> connected, disconnected, reconnecting, reconnected;
  handler<const otc::connection &> joined, left;
  handler<const otc::signal &> any_signal;
  std::map<std::string, handler<const otc::signal &>, std::less<>> typed_signals;
  handler<std::error_code, std::string_view> error;
  handler<std::exception_ptr> exception;

  /// Takes a handler out, so that it runs without the lock and outlives its replacement.
  template <typename Handler>
  Handler take(Handler state::*member) {
    const std::lock_guard<std::mutex> lock(mutex);
    return this->*member;
  }
};

struct registry {
  std::mutex mutex;
  std::map<std::uintptr_t, std::shared_ptr<state>> states;
  std::uintptr_t next = 1;

  /// Never destroyed: callbacks may still come while the program exits.
  static registry &instance() {
    static auto *const only = new registry;
    return *only;
  }

  std::uintptr_t add(std::shared_ptr<state> added) {
    const std::lock_guard<std::mutex> lock(mutex);
    states.emplace(next, std::move(added));
    return next++;
  }

  std::shared_ptr<state> find(void *user_data) {
    const std::lock_guard<std::mutex> lock(mutex);
    const auto found = states.find(reinterpret_cast<std::uintptr_t>(user_data));
    return found == states.end() ? nullptr : found->second;
  }

  void remove(std::uintptr_t key) {
    std::shared_ptr<state> last;  // destroyed after the lock is gone: its handlers may own sessions
    const std::lock_guard<std::mutex> lock(mutex);
    const auto found = states.find(key);
    if (found == states.end()) return;
    last = std::move(found->second);
    states.erase(found);
  }
};

inline void complain(const std::exception_ptr &thrown) noexcept {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "otc: an exception left a handler: %s\n", error.what());
  } catch (...) {
    std::fprintf(stderr, "otc: an exception left a handler\n");
  }
}

/// Runs what a callback has to do. Nothing that is thrown leaves.
template <typename Body>
void deliver(void *user_data, Body body) noexcept {
  std::shared_ptr<state> current;
  try {
    current = registry::instance().find(user_data);
    if (current != nullptr) body(*current);
  } catch (...) {
    const std::exception_ptr thrown = std::current_exception();
    try {
      if (const auto handler = current->take(&state::exception)) {
        (*handler)(thrown);
      } else {
        complain(thrown);
      }
    } catch (...) {
      complain(std::current_exception());
    }
  }
}

template <state::handler<> state::*Member>
void plain(otc_session *, void *user_data) {
  deliver(user_data, [](state &current) {
    if (const auto handler = current.take(Member)) (*handler)();
  });
}

template <state::handler<const otc::connection &> state::*Member>
void presence(otc_session *, void *user_data, const otc_connection *who) {
  deliver(user_data, [who](state &current) {
    if (const auto handler = current.take(Member)) (*handler)(otc::connection(who));
  });
}

inline void signal_received(otc_session *, void *user_data, const char *type, const char *data,
                            const otc_connection *from) {
  deliver(user_data, [=](state &current) {
    const otc::signal arrived{view(type), view(data), otc::connection(from)};
    state::handler<const otc::signal &> any, typed;
    {
      const std::lock_guard<std::mutex> lock(current.mutex);
      any = current.any_signal;
      if (const auto found = current.typed_signals.find(arrived.type); found != current.typed_signals.end()) {
        typed = found->second;
      }
    }
    if (any) (*any)(arrived);
    if (typed) (*typed)(arrived);
  });
}

inline void error_happened(otc_session *, void *user_data, const char *text, enum otc_session_error_code code) {
  deliver(user_data, [=](state &current) {
    if (const auto handler = current.take(&state::error)) {
      (*handler)(make_error_code(static_cast<otc_status>(code)), view(text));
    }
  });
}

inline struct otc_session_callbacks callbacks(std::uintptr_t key) {
  struct otc_session_callbacks all = {};
  all.on_connected = plain<&state::connected>;
  all.on_disconnected = plain<&state::disconnected>;
  all.on_reconnection_started = plain<&state::reconnecting>;
  all.on_reconnected = plain<&state::reconnected>;
  all.on_connection_created = presence<&state::joined>;
  all.on_connection_dropped = presence<&state::left>;
  all.on_signal_received = signal_received;
  all.on_error = error_happened;
  all.user_data = reinterpret_cast<void *>(key);
  return all;
}

}  // namespace detail

/// A session. Movable, not copyable; all members may be called from any thread, also inside a handler.
class session {
 public:
  /// Makes a session that is not connected yet. Throws std::system_error when the library is not alive or a setting cannot be
  /// used. Whether key and id are right shows when connecting.
  session(const std::string &api_key, const std::string &session_id, const settings &with = {})
      : state_(std::make_shared<detail::state>()), key_(detail::registry::instance().add(state_)) {
    try {
      const auto prepared = prepare(with);
      const struct otc_session_callbacks all = detail::callbacks(key_);
      handle_ = otc_session_new_with_settings(api_key.c_str(), session_id.c_str(), &all, prepared.get());
      if (handle_ == nullptr) throw std::system_error(make_error_code(errc::fatal), "otc_session_new");
    } catch (...) {
      detail::registry::instance().remove(key_);
      throw;
    }
  }

  session(session &&other) noexcept
      : state_(std::move(other.state_)),
        key_(std::exchange(other.key_, 0)),
        handle_(std::exchange(other.handle_, nullptr)) {}

  session &operator=(session &&other) noexcept {
    if (this != &other) {
      end();
      state_ = std::move(other.state_);
      key_ = std::exchange(other.key_, 0);
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }

  /// Leaves, if connected, without a further event. See the top of this file for what it waits for.
  ~session() { end(); }

  /// Starts connecting; on_connected or on_error tells how it went.
  std::error_code connect(const std::string &token) {
    return make_error_code(otc_session_connect(handle_, token.c_str()));
  }

  /// Starts leaving; on_disconnected follows.
  std::error_code disconnect() { return make_error_code(otc_session_disconnect(handle_)); }

  /// Sends a signal to everyone, the sender included. With retry_after_reconnect false it is refused while reconnecting.
  std::error_code send(std::string_view type, std::string_view data, bool retry_after_reconnect = true) {
    if (has_nul(type) || has_nul(data)) return make_error_code(errc::null_or_invalid_parameter);
    return make_error_code(otc_session_send_signal_with_options(
        handle_, std::string(type).c_str(), std::string(data).c_str(), options(retry_after_reconnect)));
  }

  /// Sends a signal to one client.
  std::error_code send_to(const connection &to, std::string_view type, std::string_view data,
                          bool retry_after_reconnect = true) {
    if (has_nul(type) || has_nul(data)) return make_error_code(errc::null_or_invalid_parameter);
    return make_error_code(otc_session_send_signal_to_connection_with_options(
        handle_, std::string(type).c_str(), std::string(data).c_str(), to.native(), options(retry_after_reconnect)));
  }

  /// Removes another client; needs the role of a moderator.
  std::error_code force_disconnect(const connection &whom) {
    return make_error_code(otc_session_force_disconnect(handle_, whom.native()));
  }

  /// This client itself; false before the first on_connected.
  connection own_connection() const { return connection(otc_session_get_connection(handle_)); }

  /// The session id.
  std::string_view id() const { return detail::view(otc_session_get_id(handle_)); }

  /// The handle for calls of the C interface; ends with this object.
  otc_session *native() const noexcept { return handle_; }

  /// The session is joined.
  session &on_connected(std::function<void()> handler) { return set(&detail::state::connected, std::move(handler)); }
  /// The session has ended; it may be connected again.
  session &on_disconnected(std::function<void()> handler) {
    return set(&detail::state::disconnected, std::move(handler));
  }
  /// The link was lost and is being restored.
  session &on_reconnecting(std::function<void()> handler) {
    return set(&detail::state::reconnecting, std::move(handler));
  }
  /// The link is back; nothing was lost.
  session &on_reconnected(std::function<void()> handler) { return set(&detail::state::reconnected, std::move(handler)); }
  /// Another client is here.
  session &on_connection_created(std::function<void(const connection &)> handler) {
    return set(&detail::state::joined, std::move(handler));
  }
  /// Another client has left.
  session &on_connection_dropped(std::function<void(const connection &)> handler) {
    return set(&detail::state::left, std::move(handler));
  }
  /// A signal of any type arrived.
  session &on_signal(std::function<void(const signal &)> handler) {
    return set(&detail::state::any_signal, std::move(handler));
  }
  /// A signal of this type arrived; it runs after the handler for all types. An empty handler removes the one there is.
  session &on_signal(std::string_view type, std::function<void(const signal &)> handler) {
    auto replaced = share(std::move(handler));  // the old one ends up here and is destroyed after the lock is gone
    const std::lock_guard<std::mutex> lock(state_->mutex);
    const auto found = state_->typed_signals.find(type);
    if (found != state_->typed_signals.end()) {
      std::swap(found->second, replaced);
      if (found->second == nullptr) state_->typed_signals.erase(found);
    } else if (replaced != nullptr) {
      state_->typed_signals.emplace(type, std::move(replaced));
    }
    return *this;
  }
  /// Connecting failed, or the session ended by fault.
  session &on_error(std::function<void(std::error_code, std::string_view)> handler) {
    return set(&detail::state::error, std::move(handler));
  }
  /// A handler threw.
  session &on_exception(std::function<void(std::exception_ptr)> handler) {
    return set(&detail::state::exception, std::move(handler));
  }

 private:
  struct settings_deleter {
    void operator()(otc_session_settings *which) const { static_cast<void>(otc_session_settings_delete(which)); }
  };
  using settings_handle = std::unique_ptr<otc_session_settings, settings_deleter>;

  static settings_handle prepare(const settings &with) {
    settings_handle made(otc_session_settings_new());
    if (made == nullptr) throw std::system_error(make_error_code(errc::fatal), "otc_session_settings_new");
    const auto check = [](otc_status status, const char *what) {
      if (status != OTC_SUCCESS) throw std::system_error(make_error_code(status), what);
    };
    if (!with.api_url.empty()) {
      check(otc_x_session_settings_set_api_url(made.get(), with.api_url.c_str()), "api_url");
    }
    if (!with.ca_file.empty()) {
      check(otc_x_session_settings_set_ca_file(made.get(), with.ca_file.c_str()), "ca_file");
    }
    if (!with.proxy_url.empty()) {
      check(otc_session_settings_set_proxy_url(made.get(), with.proxy_url.c_str()), "proxy_url");
    }
    check(otc_session_settings_set_connection_events_suppressed(
              made.get(), with.connection_events_suppressed ? OTC_TRUE : OTC_FALSE),
          "connection_events_suppressed");
    return made;
  }

  static bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

  static struct otc_signal_options options(bool retry_after_reconnect) {
    struct otc_signal_options chosen = {};
    chosen.retry_after_reconnect = retry_after_reconnect ? OTC_TRUE : OTC_FALSE;
    return chosen;
  }

  template <typename... Arguments>
  static detail::state::handler<Arguments...> share(std::function<void(Arguments...)> handler) {
    if (!handler) return nullptr;
    return std::make_shared<std::function<void(Arguments...)>>(std::move(handler));
  }

  template <typename... Arguments>
  session &set(detail::state::handler<Arguments...> detail::state::*member, std::function<void(Arguments...)> handler) {
    auto replaced = share(std::move(handler));  // the old one ends up here and is destroyed after the lock is gone
    const std::lock_guard<std::mutex> lock(state_->mutex);
    std::swap(state_.get()->*member, replaced);
    return *this;
  }

  void end() noexcept {
    if (handle_ != nullptr) static_cast<void>(otc_session_delete(handle_));
    handle_ = nullptr;
    if (key_ != 0) detail::registry::instance().remove(key_);
    key_ = 0;
    state_.reset();
  }

  std::shared_ptr<detail::state> state_;
  std::uintptr_t key_ = 0;
  otc_session *handle_ = nullptr;
};

}  // namespace otc

template <>
struct std::is_error_code_enum<otc::errc> : std::true_type {};

#endif
