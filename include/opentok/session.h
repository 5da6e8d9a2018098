/* Generated: `cargo run -p xtask -- headers`. The text comes from xtask/headers and src/ffi. */
/**
 * @file session.h
 * Joining a session, sending and receiving signals, knowing who is there.
 *
 * A program makes a session with otc_session_new(), joins with otc_session_connect(), sends with
 * otc_session_send_signal() and its relatives, leaves with otc_session_disconnect() and ends with
 * otc_session_delete(). What happens in between comes through struct otc_session_callbacks.
 */
#ifndef OTC_HEADER_SESSION_H
#define OTC_HEADER_SESSION_H

#include <stddef.h>

#include "config.h"
#include "base.h"
#include "capabilities.h"
#include "connection.h"
#include "publisher.h"
#include "stream.h"
#include "subscriber.h"

OTC_BEGIN_DECL

#ifndef OTC_SESSION_FWD_DECL
#define OTC_SESSION_FWD_DECL
typedef struct otc_session otc_session;
#endif

/**
 * What a session is made with when the defaults do not fit. Opaque.
 *
 * Belongs to the program, always: otc_session_settings_new() makes it, otc_session_settings_delete() ends it, and
 * otc_session_new_with_settings() only reads it. One object may serve any number of sessions.
 */
typedef struct otc_session_settings otc_session_settings;

/** The shortest encryption secret, in characters. */
#define ENCRYPTION_SECRET_MINIMUM_LENGTH 8

/** The longest encryption secret, in characters. */
#define ENCRYPTION_SECRET_MAXIMUM_LENGTH 256

/** Which layout of struct otc_session_callbacks this header declares. Changes when the middle of the struct does. */
#define OTC_X_GENERATION 3

/**
 * Why a call was refused, or why a session failed. An otc_status may carry any of these, and on_error always does.
 *
 * Values marked "not used" exist so that programs which name them compile.
 */
enum otc_session_error_code {
  /**
   * The server refused the token, its API key, or its role.
   */
  OTC_SESSION_AUTHORIZATION_FAILURE = 1004,
  /**
   * The server does not know the session id.
   */
  OTC_SESSION_INVALID_SESSION = 1005,
  /**
   * Connecting failed for a reason that has no code of its own.
   */
  OTC_SESSION_CONNECTION_FAILED = 1006,
  /**
   * The call needs a session that is connected.
   */
  OTC_SESSION_NOT_CONNECTED = 1010,
  /**
   * An argument other than the session is NULL or cannot be used.
   */
  OTC_SESSION_NULL_OR_INVALID_PARAMETER = 1011,
  /**
   * The call does not fit the state of the session, such as connecting twice.
   */
  OTC_SESSION_ILLEGAL_STATE = 1015,
  /**
   * The server accepted the client but did not tell in time who is in the session.
   */
  OTC_SESSION_STATE_FAILED = 1020,
  /**
   * Connecting took too long.
   */
  OTC_SESSION_CONNECTION_TIMED_OUT = 1021,
  /**
   * An established session ended by fault: reconnecting was given up, or the server refused to resume.
   */
  OTC_SESSION_CONNECTION_DROPPED = 1022,
  /**
   * No way to the server: nothing listens, the name is unknown, TLS, a proxy or the WebSocket upgrade refused.
   */
  OTC_SESSION_CONNECTION_REFUSED = 1023,
  /**
   * The server refuses clients of this country.
   */
  OTC_SESSION_BLOCKED_COUNTRY = 1026,
  /**
   * The session is full.
   */
  OTC_SESSION_CONNECTION_LIMIT_EXCEEDED = 1027,
  /**
   * Media; not used.
   */
  OTC_SESSION_SUBSCRIBER_NOT_FOUND = 1112,
  /**
   * Media; not used.
   */
  OTC_SESSION_PUBLISHER_NOT_FOUND = 1113,
  /**
   * The data of a signal is longer than 8192 bytes.
   */
  OTC_SESSION_SIGNAL_DATA_TOO_LONG = 1413,
  /**
   * The type of a signal is longer than 128 bytes.
   */
  OTC_SESSION_SIGNAL_TYPE_TOO_LONG = 1414,
  /**
   * The type of a signal has a character other than A-Z a-z 0-9 - . _ ~
   */
  OTC_SESSION_INVALID_SIGNAL_TYPE = 1461,
  /**
   * The server named no messaging server.
   */
  OTC_SESSION_NO_MESSAGING_SERVER = 1503,
  /**
   * Media; not used.
   */
  OTC_SESSION_FORCE_UNPUBLISH_OR_INVALID_STREAM = 1535,
  /**
   * The signal cannot be sent: its receiver has left, or too many signals wait already.
   */
  OTC_SESSION_UNABLE_TO_SEND_SIGNAL = 1550,
  /**
   * A defect of the library, or no memory. The session has ended.
   */
  OTC_SESSION_INTERNAL_ERROR = 2000,
  /**
   * The answer of the server was not understood. The name is spelt so in the mirrored interface.
   */
  OTC_SESSION_UNEXPECTED_GET_SESSION_INFO_REPONSE = 2001,
  /**
   * Media encryption; not used.
   */
  OTC_SESSION_ENCRYPTION_SECRET_MISSING = 6000,
  /**
   * The encryption secret is too short or too long.
   */
  OTC_SESSION_INVALID_ENCRYPTION_SECRET = 6004,
};

/**
 * What a session tells the program.
 *
 * Fill a struct with zeros, set the members of interest, hand it to otc_session_new(), which copies it. A NULL
 * member means "not interested".
 *
 * Callbacks of one session run one at a time, in the order in which things happened, on a thread of the library that
 * does no network I/O. Those of different sessions may run at the same time. No lock is held: every function of this
 * library may be called inside, for any session, including otc_session_delete() of the same one. After
 * otc_session_delete() returned on another thread none is running and none will.
 *
 * Each receives the very pointer that otc_session_new() returned, and user_data. All other pointers die when the
 * callback returns. Strings are never NULL.
 *
 * @code
 * static void on_connected(otc_session* session, void* user_data) {
 *   (void)user_data;
 *   otc_session_send_signal(session, "greeting", "hello");
 * }
 *
 * struct otc_session_callbacks callbacks = {0};
 * callbacks.on_connected = on_connected;
 * otc_session* session = otc_session_new(api_key, session_id, &callbacks);
 * @endcode
 */
struct otc_session_callbacks {
  /**
   * The session is joined; its own connection is known. Then one on_connection_created follows for each client
   * that was there before, and one on_stream_received for each of their streams.
   */
  void (*on_connected)(otc_session *session, void *user_data);
  /**
   * The session has ended: after otc_session_disconnect(), after on_error of an established session, or because a
   * moderator or the server removed this client. It may be connected again, even from inside.
   */
  void (*on_disconnected)(otc_session *session, void *user_data);
  /**
   * Another client is in the session. Once for each, also across reconnections. From here on signals to it arrive.
   */
  void (*on_connection_created)(otc_session *session, void *user_data, const otc_connection *connection);
  /**
   * Another client has left. Once for each.
   */
  void (*on_connection_dropped)(otc_session *session, void *user_data, const otc_connection *connection);
  /**
   * Another client publishes a stream.
   */
  void (*on_stream_received)(otc_session *session, void *user_data, const otc_stream *stream);
  /**
   * A stream has ended.
   */
  void (*on_stream_dropped)(otc_session *session, void *user_data, const otc_stream *stream);
  /**
   * A stream has begun or ceased to carry audio.
   */
  void (*on_stream_has_audio_changed)(otc_session *session,
                                      void *user_data,
                                      const otc_stream *stream,
                                      otc_bool has_audio);
  /**
   * A stream has begun or ceased to carry video.
   */
  void (*on_stream_has_video_changed)(otc_session *session,
                                      void *user_data,
                                      const otc_stream *stream,
                                      otc_bool has_video);
  /**
   * A stream has begun or ceased to carry captions.
   */
  void (*on_stream_has_captions_changed)(otc_session *session,
                                         void *user_data,
                                         const otc_stream *stream,
                                         otc_bool has_captions);
  /**
   * The video of a stream has another size, in pixels.
   */
  void (*on_stream_video_dimensions_changed)(otc_session *session,
                                             void *user_data,
                                             const otc_stream *stream,
                                             int width,
                                             int height);
  /**
   * The video of a stream has another source.
   */
  void (*on_stream_video_type_changed)(otc_session *session,
                                       void *user_data,
                                       const otc_stream *stream,
                                       enum otc_stream_video_type type);
  /**
   * A signal has arrived: from another client, from this one (a signal to all comes back to its sender), or from
   * the server. type and signal are "" when the sender gave none. signal is the data; data that is not text is
   * handed over as compact JSON; text with a NUL inside ends there. connection is the sender, and NULL exactly
   * when the signal comes from the server: that is a normal case.
   */
  void (*on_signal_received)(otc_session *session,
                             void *user_data,
                             const char *type,
                             const char *signal,
                             const otc_connection *connection);
  /**
   * The link to the server is broken and the library has begun to mend it. Once for each loss. Then follows either
   * on_reconnected, or on_error and on_disconnected, or on_disconnected alone.
   */
  void (*on_reconnection_started)(otc_session *session, void *user_data);
  /**
   * The link works again. Nothing was lost, doubled or reordered.
   */
  void (*on_reconnected)(otc_session *session, void *user_data);
  /**
   * A recording of the session has begun.
   */
  void (*on_archive_started)(otc_session *session, void *user_data, const char *archive_id, const char *name);
  /**
   * A recording of the session has ended.
   */
  void (*on_archive_stopped)(otc_session *session, void *user_data, const char *archive_id);
  /**
   * Connecting failed, and nothing else follows; or an established session failed, and on_disconnected follows.
   * error_string is one line for people: which hop, which URL, why.
   */
  void (*on_error)(otc_session *session,
                   void *user_data,
                   const char *error_string,
                   enum otc_session_error_code error);
  /**
   * A moderator has muted the session or lifted that.
   */
  void (*on_mute_forced)(otc_session *session, void *user_data, otc_on_mute_forced_info *mute_info);
  /**
   * Handed to each callback, and never looked at. Must stay valid until otc_session_delete() has returned, or,
   * when that is called inside a callback of the same session, until that callback returns.
   */
  void *user_data;
  /**
   * Must be NULL.
   */
  void *reserved;
};

/**
 * What this client may do in its session, as the token's role says.
 */
struct otc_session_capabilities {
  /**
   * Publish streams.
   */
  otc_bool publish;
  /**
   * Subscribe to streams.
   */
  otc_bool subscribe;
  /**
   * Mute other clients.
   */
  otc_bool force_mute;
  /**
   * Remove other clients with otc_session_force_disconnect().
   */
  otc_bool force_disconnect;
};

/**
 * How one signal is sent. Passed by value.
 */
struct otc_signal_options {
  /**
   * What happens if the link to the server is broken. OTC_TRUE, the default of the functions without options: the
   * signal is kept and sent after the reconnection. OTC_FALSE: the call is refused with OTC_SESSION_NOT_CONNECTED,
   * and a signal that was accepted just before the link broke is not sent again.
   */
  otc_bool retry_after_reconnect;
};

/**
 * Servers for media connections. Accepted and ignored: this library carries no media.
 */
struct otc_custom_ice_config {
  /**
   * Number of entries in each of the three arrays.
   */
  int num_ice_servers;
  /**
   * URLs.
   */
  char **ice_url;
  /**
   * User names.
   */
  char **ice_user;
  /**
   * Passwords.
   */
  char **ice_credential;
  /**
   * Whether media must go through a TURN server.
   */
  otc_bool force_turn;
  /**
   * Whether only the servers given here are used.
   */
  otc_bool use_custom_turn_only;
  /**
   * Whether local addresses are left out.
   */
  otc_bool filter_out_lan_candidates;
};

/**
 * Makes a session with default settings; it does not connect yet.
 *
 * - When: after otc_init().
 * - Threads: any; does not block.
 * - Ownership: everything passed in is copied. The session belongs to the caller until otc_session_delete().
 * - NULL: a NULL argument gives NULL.
 * - Returns: the session; NULL if the library is not running or an argument is NULL. The strings are not checked: a
 *   wrong one shows when connecting, through on_error.
 * - Defaults: the server is the one of OTC_API_URL in the environment, else http://127.0.0.1:8080;
 *   otc_x_session_settings_set_api_url() sets another. callbacks has the layout that this header declares, unless
 *   OTC_ABI_GENERATION says that the program was built against older headers.
 */
OTC_API
otc_session *otc_session_new(const char *apikey,
                             const char *session_id,
                             const struct otc_session_callbacks *callbacks);

/**
 * Makes a session with settings; it does not connect yet.
 *
 * - When: after otc_init().
 * - Threads: any; does not block.
 * - Ownership: everything passed in is copied; settings may be deleted at once and stay the caller's to delete. The
 *   session belongs to the caller until otc_session_delete().
 * - NULL: NULL settings mean the defaults; another NULL argument gives NULL.
 * - Returns: the session; NULL if the library is not running, an argument is NULL or settings is no valid object.
 * - Defaults: as for otc_session_new().
 */
OTC_API
otc_session *otc_session_new_with_settings(const char *apikey,
                                           const char *session_id,
                                           const struct otc_session_callbacks *callbacks,
                                           otc_session_settings *settings);

/**
 * Starts connecting to the session.
 *
 * - When: the session is new, or its end was reported. Inside on_disconnected it is legal.
 * - Threads: any; does not block.
 * - Ownership: token is copied.
 * - NULL: a NULL or unknown session gives OTC_INVALID_PARAM, a NULL token OTC_SESSION_NULL_OR_INVALID_PARAMETER.
 * - Returns: OTC_SUCCESS when connecting has begun; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER also
 *   for a token that is not UTF-8; OTC_SESSION_ILLEGAL_STATE if the session is connected, connecting, reconnecting
 *   or disconnecting, or the library was stopped by otc_destroy(); OTC_FATAL if the system refused a thread or a
 *   descriptor, which the log says and another try may get; OTC_SESSION_INTERNAL_ERROR.
 * - Outcome: on_connected or on_error, exactly one of them, within 30 s by default. A wrong token, API key or
 *   session id is reported there too, never by the return value.
 */
OTC_API
otc_status otc_session_connect(otc_session *session,
                               const char *token);

/**
 * Starts leaving the session.
 *
 * - When: connecting (which is cancelled), connected, reconnecting (which is given up).
 * - Threads: any; does not block.
 * - NULL: a NULL or unknown session gives OTC_INVALID_PARAM.
 * - Returns: OTC_SUCCESS, also while an earlier call is still at work; OTC_INVALID_PARAM; OTC_SESSION_NOT_CONNECTED
 *   if the session was not connected; OTC_SESSION_INTERNAL_ERROR.
 * - Outcome: on_disconnected, exactly once, within 3 s by default, and nothing else before it. Signals that were
 *   accepted are sent first, for up to 1 s.
 */
OTC_API
otc_status otc_session_disconnect(otc_session *session);

/**
 * Ends a session, whatever it is doing.
 *
 * - When: any time, once. Leaving first is not needed: a connected session says goodbye to the server in the
 *   background.
 * - Threads: any. Outside callbacks it waits until a running callback of this session has returned. Inside a
 *   callback, of any session, it never waits: a callback of this session that runs elsewhere may finish, no further
 *   one starts.
 * - Ownership: the session, its own connections and the string of otc_session_get_id() are gone when it returns;
 *   inside a callback of the same session, when that callback returns. user_data may be freed then; not so when a
 *   callback of another session deletes it: one of this session may still be running.
 * - What the session still answers: calls from elsewhere treat it as unknown at once. A callback of it that is running
 *   may go on to ask for id, connection, capabilities and user_data until it returns.
 * - NULL: gives OTC_INVALID_PARAM, and so does a session that was deleted before.
 * - Returns: OTC_SUCCESS; OTC_INVALID_PARAM.
 * - Outcome: no callback reports it, not even on_disconnected.
 */
OTC_API
otc_status otc_session_delete(otc_session *session);

/**
 * Tells the session id that the session was made with.
 *
 * - When: any time.
 * - Threads: any; does not block.
 * - Ownership: the string belongs to the session and lives as long; do not free it, do not write to it.
 * - NULL: a NULL or unknown session gives NULL.
 * - Returns: the session id.
 */
OTC_API char *otc_session_get_id(const otc_session *session);

/**
 * Tells which connection of the session this client is.
 *
 * - When: from on_connected on, also after the session has ended.
 * - Threads: any; does not block.
 * - Ownership: the connection belongs to the session and lives as long. otc_connection_delete() leaves it alone.
 * - NULL: a NULL or unknown session gives NULL.
 * - Returns: the connection, the same pointer each time until the session is connected again, which makes a new one;
 *   NULL before the session was connected for the first time.
 */
OTC_API
otc_connection *otc_session_get_connection(const otc_session *session);

/**
 * Tells what this client may do in the session.
 *
 * - When: from on_connected on.
 * - Threads: any; does not block.
 * - Ownership: returned by value.
 * - NULL: a NULL or unknown session gives OTC_FALSE in every member.
 * - Returns: what the role of the token allows; OTC_FALSE in every member before the session is connected.
 */
OTC_API struct otc_session_capabilities otc_session_get_capabilities(const otc_session *session);

/**
 * Tells the user_data of the callbacks struct.
 *
 * - When: any time.
 * - Threads: any; does not block.
 * - Ownership: stays the program's; the library never looks at it.
 * - NULL: a NULL or unknown session gives NULL.
 * - Returns: user_data.
 */
OTC_API void *otc_session_get_user_data(const otc_session *session);

/**
 * Notes a problem in the log and gives it an id, to be quoted when asking for help.
 *
 * - When: any time.
 * - Threads: any; does not block.
 * - Ownership: issue_description is copied. *issue_id is set to a new string that the caller frees with free(); on
 *   failure to NULL.
 * - NULL: a NULL or unknown session gives OTC_INVALID_PARAM; another NULL argument
 *   OTC_SESSION_NULL_OR_INVALID_PARAMETER.
 * - Returns: OTC_SUCCESS; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER also for a description that is
 *   not UTF-8; OTC_SESSION_INTERNAL_ERROR without memory.
 * - Outcome: one line at level WARN with id and description. Nothing is sent anywhere.
 */
OTC_API
otc_status otc_session_report_issue(otc_session *session,
                                    const char *issue_description,
                                    char **issue_id);

/**
 * Makes a session as otc_session_new() does, for a program that tells which callbacks struct it has.
 *
 * Programs do not call this: a macro of this header turns otc_session_new() into it.
 *
 * - callbacks_size: sizeof(struct otc_session_callbacks) as the program knows it; members beyond it count as NULL.
 * - generation: OTC_X_GENERATION as the program knows it. A number that the library does not know gives NULL.
 * - Everything else: as for otc_session_new(), except that OTC_ABI_GENERATION has no say.
 */
OTC_API
otc_session *otc_x_session_new_sized(size_t callbacks_size,
                                     int generation,
                                     const char *apikey,
                                     const char *session_id,
                                     const struct otc_session_callbacks *callbacks);

/**
 * Makes a session as otc_session_new_with_settings() does, for a program that tells which callbacks struct it has.
 *
 * Programs do not call this: a macro of this header turns otc_session_new_with_settings() into it.
 *
 * - callbacks_size: sizeof(struct otc_session_callbacks) as the program knows it; members beyond it count as NULL.
 * - generation: OTC_X_GENERATION as the program knows it. A number that the library does not know gives NULL.
 * - Everything else: as for otc_session_new_with_settings(), except that OTC_ABI_GENERATION has no say.
 */
OTC_API
otc_session *otc_x_session_new_with_settings_sized(size_t callbacks_size,
                                                   int generation,
                                                   const char *apikey,
                                                   const char *session_id,
                                                   const struct otc_session_callbacks *callbacks,
                                                   otc_session_settings *settings);

/**
 * Sends a signal to every client of the session, this one included.
 *
 * - When: connected, or reconnecting: then it is kept and sent after the reconnection.
 * - Threads: any; does not block. Signals of one thread arrive in the order of the calls.
 * - Ownership: type and signal, which is the data, are copied.
 * - NULL: a NULL or unknown session gives OTC_INVALID_PARAM. A NULL type or signal means none, and so does "".
 * - Returns, the first that applies: OTC_INVALID_PARAM; OTC_SESSION_SIGNAL_TYPE_TOO_LONG above 128 bytes;
 *   OTC_SESSION_INVALID_SIGNAL_TYPE for a byte other than A-Z a-z 0-9 - . _ ~; OTC_SESSION_SIGNAL_DATA_TOO_LONG
 *   above 8192 bytes; OTC_SESSION_NULL_OR_INVALID_PARAMETER for data that is not UTF-8; OTC_SESSION_NOT_CONNECTED;
 *   OTC_SESSION_UNABLE_TO_SEND_SIGNAL if too many wait already; OTC_SESSION_INTERNAL_ERROR; OTC_SUCCESS, which means
 *   accepted for sending.
 * - Outcome: on_signal_received at each client. An accepted signal reaches the server exactly once, however often
 *   the link breaks, unless the session ends first.
 *   A full queue empties as the server answers. Inside a callback of the session do not wait for that: while one runs,
 *   what arrives is queued behind it, and when that queue is full the library reads no more, the answers included.
 *   Return instead, and send the rest later.
 * - Defaults: 10,000 signals or 16 MiB may wait; otc_x_session_settings_set_limits() changes that.
 */
OTC_API
otc_status otc_session_send_signal(otc_session *session,
                                   const char *type,
                                   const char *signal);

/**
 * Sends a signal to one client of the session, which may be this one.
 *
 * - When, threads: as for otc_session_send_signal().
 * - Ownership: type and signal are copied; connection is only read during the call.
 * - NULL: as for otc_session_send_signal(). A NULL connection gives OTC_SESSION_NULL_OR_INVALID_PARAMETER; it never
 *   means everyone.
 * - Returns: as for otc_session_send_signal(), with OTC_SESSION_NULL_OR_INVALID_PARAMETER for a connection that is
 *   NULL or not valid before everything about type and signal, and OTC_SESSION_UNABLE_TO_SEND_SIGNAL for one that is
 *   known to have left.
 * - Outcome: on_signal_received at that client. If it leaves before the signal arrives, the signal is dropped.
 */
OTC_API
otc_status otc_session_send_signal_to_connection(otc_session *session,
                                                 const char *type,
                                                 const char *signal,
                                                 const otc_connection *connection);

/**
 * Sends a signal to every client of the session, and says what happens if the link is broken.
 *
 * Everything is as for otc_session_send_signal(), except that with retry_after_reconnect OTC_FALSE the call returns
 * OTC_SESSION_NOT_CONNECTED while reconnecting, and that a signal whose link breaks is not sent a second time.
 */
OTC_API
otc_status otc_session_send_signal_with_options(otc_session *session,
                                                const char *type,
                                                const char *signal,
                                                struct otc_signal_options signal_options);

/**
 * Sends a signal to one client of the session, and says what happens if the link is broken.
 *
 * Everything is as for otc_session_send_signal_to_connection(), except that with retry_after_reconnect OTC_FALSE the
 * call returns OTC_SESSION_NOT_CONNECTED while reconnecting, and that a signal whose link breaks is not sent a
 * second time.
 */
OTC_API
otc_status otc_session_send_signal_to_connection_with_options(otc_session *session,
                                                              const char *type,
                                                              const char *signal,
                                                              const otc_connection *connection,
                                                              struct otc_signal_options signal_options);

/**
 * Makes settings that all have their defaults.
 *
 * - When: after otc_init().
 * - Threads: any; does not block.
 * - Ownership: the settings belong to the caller until otc_session_settings_delete().
 * - Returns: the settings; NULL if the library is not running.
 */
OTC_API otc_session_settings *otc_session_settings_new(void);

/**
 * Ends settings.
 *
 * - When: any time, once; sessions made with them are not affected.
 * - Threads: any; does not block.
 * - Ownership: the settings are gone.
 * - NULL: gives OTC_INVALID_PARAM, and so do settings that were deleted before.
 * - Returns: OTC_SUCCESS; OTC_INVALID_PARAM.
 */
OTC_API otc_status otc_session_settings_delete(otc_session_settings *settings);

/**
 * Chooses whether the session is told who comes and goes.
 *
 * - When: before the session is made with these settings; sessions that exist are not affected.
 * - Threads: any; does not block.
 * - NULL: NULL or unknown settings give OTC_INVALID_PARAM.
 * - Returns: OTC_SUCCESS; OTC_INVALID_PARAM.
 * - Outcome: with OTC_TRUE on_connection_created and on_connection_dropped never run, and the server does not send
 *   these events. The sender of a signal is then known by its id alone: its data is "" and its creation time 0.
 * - Defaults: OTC_FALSE.
 */
OTC_API
otc_status otc_session_settings_set_connection_events_suppressed(otc_session_settings *settings,
                                                                 otc_bool suppress);

/**
 * Accepts servers for media connections, and ignores them: this library carries no media.
 *
 * - When: any time.
 * - Threads: any; does not block.
 * - Ownership: custom_ice_config is not looked at.
 * - NULL: NULL or unknown settings give OTC_INVALID_PARAM; a NULL custom_ice_config
 *   OTC_SESSION_NULL_OR_INVALID_PARAMETER.
 * - Returns: OTC_SUCCESS; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER.
 */
OTC_API
otc_status otc_session_settings_set_custom_ice_config(otc_session_settings *settings,
                                                      const struct otc_custom_ice_config *custom_ice_config);

/**
 * Sends all traffic through an IP proxy: a server to which every URL is appended, without its scheme.
 *
 * With https://proxy:8080 the URL https://api.example/session/X becomes https://proxy:8080/api.example/session/X.
 * This is not an HTTP CONNECT or SOCKS proxy; those are chosen by otc_x_session_settings_set_forward_proxy() or by the
 * environment.
 *
 * - When: before the session is made with these settings; sessions that exist are not affected.
 * - Threads: any; does not block.
 * - Ownership: proxy_url is copied.
 * - NULL: NULL or unknown settings give OTC_INVALID_PARAM. A NULL proxy_url, or "", means no proxy.
 * - Returns: OTC_SUCCESS; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER for what is no URL of a proxy:
 *   the log says why, and nothing has changed. Whether the proxy is there shows when connecting, through on_error.
 * - Defaults: no proxy.
 */
OTC_API
otc_status otc_session_settings_set_proxy_url(otc_session_settings *settings,
                                              const char *proxy_url);

/**
 * Accepts the choice of a fixed set of server addresses, and ignores it: addresses are the operator's affair here.
 *
 * - When: any time.
 * - Threads: any; does not block.
 * - NULL: NULL or unknown settings give OTC_INVALID_PARAM.
 * - Returns: OTC_SUCCESS; OTC_INVALID_PARAM.
 */
OTC_API
otc_status otc_session_settings_set_ip_whitelist(otc_session_settings *settings,
                                                 otc_bool ip_whitelist);

/**
 * Accepts the choice of moving media to another server while the session runs, and ignores it: this library carries
 * none.
 *
 * - When: any time.
 * - Threads: any; does not block.
 * - NULL: NULL or unknown settings give OTC_INVALID_PARAM.
 * - Returns: OTC_SUCCESS; OTC_INVALID_PARAM.
 */
OTC_API
otc_status otc_session_settings_set_session_migration(otc_session_settings *settings,
                                                      otc_bool session_migration);

/**
 * Accepts the choice of one media connection for all streams, and ignores it: this library carries none.
 *
 * - When: any time.
 * - Threads: any; does not block.
 * - NULL: NULL or unknown settings give OTC_INVALID_PARAM.
 * - Returns: OTC_SUCCESS; OTC_INVALID_PARAM.
 */
OTC_API
otc_status otc_session_settings_set_single_peer_connection(otc_session_settings *settings,
                                                           otc_bool single_peer_connection);

/**
 * Asks to mute one stream. Refused: this library carries no media, and does not know how to ask for it.
 *
 * - When: any time.
 * - Threads: any; does not block.
 * - NULL: a NULL or unknown session gives OTC_INVALID_PARAM; a NULL stream id OTC_SESSION_NULL_OR_INVALID_PARAMETER.
 * - Returns: OTC_UNABLE_TO_FORCE_MUTE; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER. The log says why.
 */
OTC_API
otc_status otc_session_force_mute_stream(otc_session *session,
                                         const char *stream_id_to_mute);

/**
 * Asks to mute every stream, except some. Refused: this library carries no media, and does not know how to ask for
 * it.
 *
 * - When: any time.
 * - Threads: any; does not block.
 * - Ownership: excluded_streams_ids is not looked at.
 * - NULL: a NULL or unknown session gives OTC_INVALID_PARAM. NULL excluded_streams_ids with a length of 0 mean no
 *   exception; NULL with another length, or a negative length, gives OTC_SESSION_NULL_OR_INVALID_PARAMETER.
 * - Returns: OTC_UNABLE_TO_FORCE_MUTE; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER. The log says why.
 */
OTC_API
otc_status otc_session_force_mute_all(otc_session *session,
                                      const char **excluded_streams_ids,
                                      int excluded_streams_len);

/**
 * Asks to lift a mute of every stream. Refused: this library carries no media, and does not know how to ask for it.
 *
 * - When: any time.
 * - Threads: any; does not block.
 * - NULL: a NULL or unknown session gives OTC_INVALID_PARAM.
 * - Returns: OTC_UNABLE_TO_FORCE_MUTE; OTC_INVALID_PARAM. The log says why.
 */
OTC_API
otc_status otc_session_disable_force_mute(otc_session *session);

/**
 * Removes another client from the session. Needs the token of a moderator.
 *
 * - When: connected.
 * - Threads: any; does not block.
 * - Ownership: connection is only read during the call.
 * - NULL: a NULL or unknown session gives OTC_INVALID_PARAM; a NULL or invalid connection
 *   OTC_SESSION_NULL_OR_INVALID_PARAMETER.
 * - Returns: OTC_SUCCESS when the request is on its way; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER;
 *   OTC_SESSION_NOT_CONNECTED; OTC_UNABLE_TO_FORCE_DISCONNECT if the role does not allow it or too much waits to be
 *   sent already; OTC_SESSION_INTERNAL_ERROR.
 * - Outcome: on_disconnected at that client, on_connection_dropped at the others, this one included.
 */
OTC_API
otc_status otc_session_force_disconnect(otc_session *session,
                                        const otc_connection *connection);

/**
 * Checks the secret for encrypting media, and ignores it: this library carries none. Signals are not affected.
 *
 * - When: any time.
 * - Threads: any; does not block.
 * - Ownership: secret is only read during the call.
 * - NULL: a NULL or unknown session gives OTC_INVALID_PARAM; a NULL secret OTC_SESSION_INVALID_ENCRYPTION_SECRET.
 * - Returns: OTC_SUCCESS; OTC_INVALID_PARAM; OTC_SESSION_INVALID_ENCRYPTION_SECRET if the secret has fewer than 8 or
 *   more than 256 characters or is not UTF-8.
 */
OTC_API
otc_status otc_session_set_encryption_secret(otc_session *session,
                                             const char *secret);

/**
 * Would send the media of a publisher to the session: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: a NULL or unknown session, or a NULL publisher, gives OTC_INVALID_PARAM.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_session_publish(otc_session *session, otc_publisher *publisher);

/**
 * Would cease to send the media of a publisher: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: a NULL or unknown session, or a NULL publisher, gives OTC_INVALID_PARAM.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_session_unpublish(otc_session *session, otc_publisher *publisher);

/**
 * Would receive the media of a stream: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: a NULL or unknown session, or a NULL subscriber, gives OTC_INVALID_PARAM.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_session_subscribe(otc_session *session, otc_subscriber *subscriber);

/**
 * Would cease to receive the media of a stream: media, refused.
 *
 * - When, threads: any; does not block.
 * - NULL: a NULL or unknown session, or a NULL subscriber, gives OTC_INVALID_PARAM.
 * - Returns: OTC_FATAL; OTC_INVALID_PARAM.
 * - Outcome: the first call is noted in the log at level WARN.
 */
OTC_API otc_status otc_session_unsubscribe(otc_session *session, otc_subscriber *subscriber);

OTC_END_DECL

/** The other name by which programs know the member of struct otc_signal_options. */
#define retryAfterReconnect retry_after_reconnect

/*
 * These tell the library what struct otc_session_callbacks the program was compiled with, so that it works with every
 * later library. The address of either function is the plain one. Define OTC_X_NO_SIZED_CALLS before including the
 * header to call the plain functions, for example where a struct of the program has members of these names.
 */
#if !defined(OTC_X_NO_SIZED_CALLS) && !defined(SWIG)
#define otc_session_new(...) \
  otc_x_session_new_sized(sizeof(struct otc_session_callbacks), OTC_X_GENERATION, __VA_ARGS__)
#define otc_session_new_with_settings(...) \
  otc_x_session_new_with_settings_sized(sizeof(struct otc_session_callbacks), OTC_X_GENERATION, __VA_ARGS__)
#endif

#endif
