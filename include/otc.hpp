/* Generated: `cargo run -p xtask -- headers`. The text comes from xtask/headers and src/ffi. */
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
 * Instead of functions, or beside them, an object may take the news: derive from otc::handlers, override what is of interest, and
 * give it to session::handle_with().
 *
 * What the C headers promise holds here too: the handlers of one session run one at a time, in order, on threads of the
 * library, never on a thread of the program. In addition:
 *
 * - Handlers may be set and replaced at any time, from any thread, also inside a handler. One that is replaced while it runs
 *   finishes first.
 * - An exception that leaves a handler is caught, written to the library's log as an error, and handed to the on_exception
 *   handler; without one, or if that one throws too, it is written to stderr. It never reaches the library, and the session and
 *   the other handlers of the same news go on.
 * - No handler knows where the session object is, so that it may be moved while handlers run. Like any object, it must not be
 *   moved or destroyed by one thread while another one calls its members.
 * - Destroying a session from a thread that runs no handler waits for its running handler; afterwards none runs and none
 *   will. Inside a handler it does not wait: a running handler finishes, none starts, and what the handlers captured is
 *   destroyed when the last of them returned.
 *
 * Without exceptions (-fno-exceptions), constructors that may fail take a std::error_code. RTTI is not used.
 */
#ifndef OTC_HPP
#define OTC_HPP

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "opentok.h"
#include "opentok/otc_x.h"

/// Whether the program is compiled with exceptions.
#if defined(__cpp_exceptions) || defined(__EXCEPTIONS) || defined(_CPPUNWIND)
#define OTC_HPP_EXCEPTIONS 1
#else
#define OTC_HPP_EXCEPTIONS 0
#endif

namespace otc {
#if !OTC_HPP_EXCEPTIONS
// Other names for the linker: the functions differ from those of sources that are compiled with exceptions.
inline namespace without_exceptions {
#endif

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
#if OTC_HPP_EXCEPTIONS
  /// Throws std::system_error when the library cannot start.
  library() {
    std::error_code failure;
    start(failure);
    if (failure) throw std::system_error(failure, "otc_init");
  }
#endif
  /// Tells in `failure` whether the library could start.
  explicit library(std::error_code &failure) noexcept { start(failure); }
  library(const library &) = delete;
  library &operator=(const library &) = delete;
  ~library() {
    if (alive_) static_cast<void>(otc_destroy());
  }

 private:
  void start(std::error_code &failure) noexcept {
    failure = make_error_code(otc_init(nullptr));
    alive_ = !failure;
  }

  bool alive_ = false;
};

namespace detail {
/// What handlers::on_exception throws where no class overrides it.
struct nobody_told {};
}  // namespace detail

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
  /// The connection id. The view lives as long as this object or a copy of it; of a temporary it is a copy.
  std::string_view id() const & { return detail::view(otc_connection_get_id(handle_.get())); }
  std::string id() const && { return std::string(detail::view(otc_connection_get_id(handle_.get()))); }
  /// The data of its token. The view lives as long as this object or a copy of it; of a temporary it is a copy.
  std::string_view data() const & { return detail::view(otc_connection_get_data(handle_.get())); }
  std::string data() const && { return std::string(detail::view(otc_connection_get_data(handle_.get()))); }
  /// When it entered, in milliseconds since 1970.
  std::int64_t creation_time() const { return otc_connection_get_creation_time(handle_.get()); }
  /// The handle for calls of the C interface; lives as long as this object or a copy of it.
  const otc_connection *native() const noexcept { return handle_.get(); }

  friend bool operator==(const connection &a, const connection &b) { return a.id() == b.id(); }
  friend bool operator!=(const connection &a, const connection &b) { return !(a == b); }

 private:
  std::shared_ptr<otc_connection> handle_;
};

/// A stream that another client publishes: a value, like a connection. Its sound and pictures are not part of this library.
class stream {
 public:
  /// No stream.
  stream() = default;

  /// A copy of what the C interface handed out; NULL gives no stream.
  explicit stream(const otc_stream *handle)
      : handle_(otc_stream_copy(handle), [](otc_stream *copy) {
          if (copy != nullptr) static_cast<void>(otc_stream_delete(copy));
        }) {}

  /// Whether this is a stream at all.
  explicit operator bool() const noexcept { return handle_ != nullptr; }
  /// The stream id. The view lives as long as this object or a copy of it; of a temporary it is a copy.
  std::string_view id() const & { return detail::view(otc_stream_get_id(handle_.get())); }
  std::string id() const && { return std::string(detail::view(otc_stream_get_id(handle_.get()))); }
  /// The name that its publisher gave it. The view lives as long as this object or a copy of it; of a temporary it is a copy.
  std::string_view name() const & { return detail::view(otc_stream_get_name(handle_.get())); }
  std::string name() const && { return std::string(detail::view(otc_stream_get_name(handle_.get()))); }
  /// Whose it is.
  connection owner() const { return connection(otc_stream_get_connection(handle_.get())); }
  /// The handle for calls of the C interface; lives as long as this object or a copy of it.
  const otc_stream *native() const noexcept { return handle_.get(); }

 private:
  std::shared_ptr<otc_stream> handle_;
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
  /// The HTTP or SOCKS proxy that leads to servers, http://user:password@host:port or socks5://host:port; "direct" for none;
  /// "" for what the environment says.
  std::string forward_proxy;
  /// Whether to do without events about other connections.
  bool connection_events_suppressed = false;
  /// How long things may take, in milliseconds; 0 for the default. struct_size is seen to.
  struct otc_x_timeouts timeouts = {};
  /// How much may wait; 0 for the default. struct_size is seen to.
  struct otc_x_limits limits = {};
};

/// What an object is told of a session: override what is of interest. The rules are those of the functions of the same names in
/// otc::session; where both are set, the object is told first.
class handlers {
 public:
  virtual ~handlers() = default;
  /// The session is joined.
  virtual void on_connected() {}
  /// The session has ended; it may be connected again.
  virtual void on_disconnected() {}
  /// The link was lost and is being restored.
  virtual void on_reconnecting() {}
  /// The link is back; nothing was lost.
  virtual void on_reconnected() {}
  /// Another client is here.
  virtual void on_connection_created(const connection &) {}
  /// Another client has left.
  virtual void on_connection_dropped(const connection &) {}
  /// Another client publishes a stream.
  virtual void on_stream_received(const stream &) {}
  /// A stream has ended.
  virtual void on_stream_dropped(const stream &) {}
  /// A signal of any type arrived.
  virtual void on_signal(const signal &) {}
  /// Connecting failed, or the session ended by fault.
  virtual void on_error(std::error_code, std::string_view) {}
  /// One of these, or a function, threw.
  virtual void on_exception(std::exception_ptr) {
#if OTC_HPP_EXCEPTIONS
    throw detail::nobody_told();  // so that it is written to stderr, unless a function takes it
#endif
  }

 protected:
  handlers() = default;
  handlers(const handlers &) = default;
  handlers &operator=(const handlers &) = default;
};

namespace detail {

/// Everything that a session's handlers need. The library is given a number, not a pointer: a callback that is just starting
/// while the session is destroyed looks the number up, and finds the state alive or not at all.
struct state {
  /// Shared, not copied, by the callback that runs it: what a handler keeps in itself lasts from call to call.
  template <typename... Arguments>
  using handler = std::shared_ptr<std::function<void(Arguments...)>>;

  std::mutex mutex;
  std::shared_ptr<otc::handlers> object;
  handler<> connected, disconnected, reconnecting, reconnected;
  handler<const otc::connection &> joined, left;
  handler<const otc::stream &> stream_received, stream_dropped;
  handler<const otc::signal &> any_signal;
  std::map<std::string, handler<const otc::signal &>, std::less<>> typed_signals;
  handler<std::error_code, std::string_view> error;
  handler<std::exception_ptr> exception;
  /// Whether the session was destroyed: then no handler starts any more.
  std::atomic<bool> ended{false};

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

#if OTC_HPP_EXCEPTIONS
/// One line about what was thrown; cut where it has to be, because there may be no memory for more.
struct complaint {
  complaint(const char *where, const std::exception_ptr &thrown) noexcept {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception &error) {
      write(where, error.what());
    } catch (...) {
      write(where, "of a type that is not std::exception");
    }
    otc_x_log_error(text);
  }

  void write(const char *where, const char *what) noexcept {
    static_cast<void>(std::snprintf(text, sizeof text, "an exception left the handler %s: %s", where, what));
  }

  void shout() const noexcept { std::fprintf(stderr, "otc: %s\n", text); }

  char text[512];
};

/// Calls an on_exception handler. Whether somebody was told.
template <typename Handler>
bool tell(Handler handler, const std::exception_ptr &thrown) noexcept {
  try {
    handler(thrown);
    return true;
  } catch (const nobody_told &) {
  } catch (...) {
    complaint("on_exception", std::current_exception()).shout();
  }
  return false;
}

/// Tells object and function of an exception. Whether there was anybody to tell.
inline bool report(state &current, const std::exception_ptr &thrown) {
  const auto object = current.take(&state::object);
  const auto function = current.take(&state::exception);
  const bool told = object && tell([&](const std::exception_ptr &it) { object->on_exception(it); }, thrown);
  return (function && tell(*function, thrown)) || told;
}
#endif

/// Runs one handler, unless the session is destroyed. Nothing that is thrown leaves.
template <typename Body>
void attempt(state &current, const char *where, Body body) noexcept {
  if (current.ended) return;
#if OTC_HPP_EXCEPTIONS
  try {
    body();
  } catch (...) {
    const std::exception_ptr thrown = std::current_exception();
    const complaint logged(where, thrown);
    if (!report(current, thrown)) logged.shout();
  }
#else
  static_cast<void>(where);
  body();
#endif
}

/// The names of handlers, for messages.
inline constexpr char connected_name[] = "on_connected";
inline constexpr char disconnected_name[] = "on_disconnected";
inline constexpr char reconnecting_name[] = "on_reconnecting";
inline constexpr char reconnected_name[] = "on_reconnected";
inline constexpr char joined_name[] = "on_connection_created";
inline constexpr char left_name[] = "on_connection_dropped";
inline constexpr char stream_received_name[] = "on_stream_received";
inline constexpr char stream_dropped_name[] = "on_stream_dropped";

/// Runs the handlers of one callback: that of the object, then the function.
template <auto Function, auto Virtual, typename Pass>
void deliver(void *user_data, const char *where, Pass pass) noexcept {
  const std::shared_ptr<state> current = registry::instance().find(user_data);
  if (current == nullptr) return;
  if (const auto object = current->take(&state::object)) {
    attempt(*current, where, [&] { pass([&](const auto &...news) { (object.get()->*Virtual)(news...); }); });
  }
  if (const auto function = current->take(Function)) {
    attempt(*current, where, [&] { pass([&](const auto &...news) { (*function)(news...); }); });
  }
}

template <auto Function, auto Virtual, const char *Name>
void plain(otc_session *, void *user_data) {
  deliver<Function, Virtual>(user_data, Name, [](auto call) { call(); });
}

template <auto Function, auto Virtual, const char *Name>
void presence(otc_session *, void *user_data, const otc_connection *who) {
  deliver<Function, Virtual>(user_data, Name, [who](auto call) { call(otc::connection(who)); });
}

template <auto Function, auto Virtual, const char *Name>
void stream_news(otc_session *, void *user_data, const otc_stream *which) {
  deliver<Function, Virtual>(user_data, Name, [which](auto call) { call(otc::stream(which)); });
}

inline void signal_received(otc_session *, void *user_data, const char *type, const char *data,
                            const otc_connection *from) {
  const auto pass = [=](auto call) { call(otc::signal{view(type), view(data), otc::connection(from)}); };
  deliver<&state::any_signal, &otc::handlers::on_signal>(user_data, "on_signal", pass);
  const std::shared_ptr<state> current = registry::instance().find(user_data);
  if (current == nullptr) return;
  state::handler<const otc::signal &> typed;
  {
    const std::lock_guard<std::mutex> lock(current->mutex);
    const auto found = current->typed_signals.find(view(type));
    if (found != current->typed_signals.end()) typed = found->second;
  }
  if (typed) attempt(*current, "on_signal", [&] { pass([&](const otc::signal &arrived) { (*typed)(arrived); }); });
}

inline void error_happened(otc_session *, void *user_data, const char *text, enum otc_session_error_code code) {
  deliver<&state::error, &otc::handlers::on_error>(user_data, "on_error", [=](auto call) {
    call(make_error_code(static_cast<otc_status>(code)), view(text));
  });
}

inline struct otc_session_callbacks callbacks(std::uintptr_t key) {
  struct otc_session_callbacks all = {};
  all.on_connected = plain<&state::connected, &otc::handlers::on_connected, connected_name>;
  all.on_disconnected = plain<&state::disconnected, &otc::handlers::on_disconnected, disconnected_name>;
  all.on_reconnection_started = plain<&state::reconnecting, &otc::handlers::on_reconnecting, reconnecting_name>;
  all.on_reconnected = plain<&state::reconnected, &otc::handlers::on_reconnected, reconnected_name>;
  all.on_connection_created = presence<&state::joined, &otc::handlers::on_connection_created, joined_name>;
  all.on_connection_dropped = presence<&state::left, &otc::handlers::on_connection_dropped, left_name>;
  all.on_stream_received = stream_news<&state::stream_received, &otc::handlers::on_stream_received, stream_received_name>;
  all.on_stream_dropped = stream_news<&state::stream_dropped, &otc::handlers::on_stream_dropped, stream_dropped_name>;
  all.on_signal_received = signal_received;
  all.on_error = error_happened;
  all.user_data = reinterpret_cast<void *>(key);
  return all;
}

}  // namespace detail

/// A session. Movable, not copyable; all members may be called from any thread, also inside a handler.
class session {
 public:
  /// No session: every call is refused.
  session() = default;

#if OTC_HPP_EXCEPTIONS
  /// Makes a session that is not connected yet. Throws std::system_error when the library is not alive or a setting cannot be
  /// used. Whether key and id are right shows when connecting.
  session(std::string_view api_key, std::string_view session_id, const settings &with = {}) {
    std::error_code failure;
    const char *const what = make(api_key, session_id, with, failure);
    if (failure) throw std::system_error(failure, what);
  }
#endif

  /// The same; tells in `failure` what cannot be used, and is no session then.
  session(std::string_view api_key, std::string_view session_id, const settings &with, std::error_code &failure) {
    make(api_key, session_id, with, failure);
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

  /// Whether this is a session at all: not one that was moved away, or never made.
  explicit operator bool() const noexcept { return handle_ != nullptr; }

  /// Starts connecting; on_connected or on_error tells how it went.
  std::error_code connect(std::string_view token) {
    if (has_nul(token)) return make_error_code(errc::null_or_invalid_parameter);
    return make_error_code(otc_session_connect(handle_, std::string(token).c_str()));
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

  /// Tells an object of everything, until another one is set or nullptr. The object is kept alive while it is set and while it is
  /// being told.
  session &handle_with(std::shared_ptr<handlers> object) {
    if (state_ == nullptr) return *this;
    const std::lock_guard<std::mutex> lock(state_->mutex);
    std::swap(state_->object, object);  // the old one is destroyed after the lock is gone
    return *this;
  }

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
  /// Another client publishes a stream.
  session &on_stream_received(std::function<void(const stream &)> handler) {
    return set(&detail::state::stream_received, std::move(handler));
  }
  /// A stream has ended.
  session &on_stream_dropped(std::function<void(const stream &)> handler) {
    return set(&detail::state::stream_dropped, std::move(handler));
  }
  /// A signal of any type arrived.
  session &on_signal(std::function<void(const signal &)> handler) {
    return set(&detail::state::any_signal, std::move(handler));
  }
  /// A signal of this type arrived; it runs after the handler for all types. An empty handler removes the one there is.
  session &on_signal(std::string_view type, std::function<void(const signal &)> handler) {
    if (state_ == nullptr) return *this;
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
  /// A handler threw. Never runs in a program that is compiled without exceptions.
  session &on_exception(std::function<void(std::exception_ptr)> handler) {
    return set(&detail::state::exception, std::move(handler));
  }

 private:
  struct settings_deleter {
    void operator()(otc_session_settings *which) const { static_cast<void>(otc_session_settings_delete(which)); }
  };
  using settings_handle = std::unique_ptr<otc_session_settings, settings_deleter>;

  /// Makes the session, or tells what was refused; returns a word for it.
  const char *make(std::string_view api_key, std::string_view session_id, const settings &with,
                   std::error_code &failure) {
    failure.clear();
    if (has_nul(api_key) || has_nul(session_id)) {
      failure = make_error_code(errc::null_or_invalid_parameter);
      return "api_key or session_id";
    }
    const settings_handle prepared(otc_session_settings_new());
    if (prepared == nullptr) {
      failure = make_error_code(errc::fatal);
      return "the library is not alive";
    }
    if (const char *const refused = prepare(prepared.get(), with, failure)) return refused;
    state_ = std::make_shared<detail::state>();
    key_ = detail::registry::instance().add(state_);
    const struct otc_session_callbacks all = detail::callbacks(key_);
    handle_ = otc_session_new_with_settings(std::string(api_key).c_str(), std::string(session_id).c_str(), &all,
                                            prepared.get());
    if (handle_ == nullptr) {
      end();
      failure = make_error_code(errc::fatal);
    }
    return "otc_session_new";
  }

  /// Which setting was refused; nullptr if none was.
  static const char *prepare(otc_session_settings *made, const settings &with, std::error_code &failure) {
    const auto refused = [&failure](otc_status status) {
      failure = make_error_code(status);
      return static_cast<bool>(failure);
    };
    const auto text = [&refused, made](otc_status (*set)(otc_session_settings *, const char *), const std::string &value) {
      if (has_nul(value)) return refused(OTC_SESSION_NULL_OR_INVALID_PARAMETER);
      return !value.empty() && refused(set(made, value.c_str()));
    };
    if (text(otc_x_session_settings_set_api_url, with.api_url)) return "api_url";
    if (text(otc_x_session_settings_set_ca_file, with.ca_file)) return "ca_file";
    if (text(otc_session_settings_set_proxy_url, with.proxy_url)) return "proxy_url";
    if (text(otc_x_session_settings_set_forward_proxy, with.forward_proxy)) return "forward_proxy";
    const otc_bool suppressed = with.connection_events_suppressed ? OTC_TRUE : OTC_FALSE;
    if (refused(otc_session_settings_set_connection_events_suppressed(made, suppressed))) {
      return "connection_events_suppressed";
    }
    struct otc_x_timeouts timeouts = with.timeouts;
    timeouts.struct_size = sizeof timeouts;
    if (refused(otc_x_session_settings_set_timeouts(made, &timeouts))) return "timeouts";
    struct otc_x_limits limits = with.limits;
    limits.struct_size = sizeof limits;
    if (refused(otc_x_session_settings_set_limits(made, &limits))) return "limits";
    return nullptr;
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
    if (state_ == nullptr) return *this;
    auto replaced = share(std::move(handler));  // the old one ends up here and is destroyed after the lock is gone
    const std::lock_guard<std::mutex> lock(state_->mutex);
    std::swap(state_.get()->*member, replaced);
    return *this;
  }

  void end() noexcept {
    if (state_ != nullptr) state_->ended = true;
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

#if !OTC_HPP_EXCEPTIONS
}  // namespace without_exceptions
#endif
}  // namespace otc

template <>
struct std::is_error_code_enum<otc::errc> : std::true_type {};

#endif
