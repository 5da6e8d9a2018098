/* Generated: `cargo run -p xtask -- headers`. The text comes from xtask/headers and src/ffi. */
/**
 * @file otc_x.h
 * What this library offers beyond the interface that it mirrors.
 *
 * Names start with otc_x_ or OTC_X_. Nothing here changes what a function of the other headers does. Each struct
 * starts with struct_size: set it to sizeof of that struct, so that a program and a library of different versions
 * understand each other. In such a struct 0 stands for the default, and all times are in milliseconds.
 */
#ifndef OTC_HEADER_OTC_X_H
#define OTC_HEADER_OTC_X_H

#include <stddef.h>

#include "config.h"
#include "base.h"
#include "session.h"

OTC_BEGIN_DECL

/**
 * How long things may take, in milliseconds. 0 in a member means its default.
 */
struct otc_x_timeouts {
  /**
   * sizeof(struct otc_x_timeouts).
   */
  size_t struct_size;
  /**
   * One try to ask the API server for the session. Default 10000.
   */
  uint32_t session_info_ms;
  /**
   * Opening the socket, with TLS and the WebSocket upgrade. Default 15000.
   */
  uint32_t socket_ms;
  /**
   * The server's answer to joining, and the list of who is there: each. Default 15000.
   */
  uint32_t create_ms;
  /**
   * Time between two questions whether the link is alive. Default 5000.
   */
  uint32_t keepalive_interval_ms;
  /**
   * Silence after which the link counts as lost. Default 9900; must exceed keepalive_interval_ms.
   */
  uint32_t keepalive_loss_ms;
  /**
   * How long reconnecting is tried after a loss. Default 60000.
   */
  uint32_t reconnect_limit_ms;
  /**
   * An answer that a request may wait for before the link counts as lost. Default 30000.
   */
  uint32_t request_ms;
  /**
   * How long otc_session_disconnect() lets accepted signals leave. Default 1000.
   */
  uint32_t drain_ms;
  /**
   * Connecting as a whole, from otc_session_connect() to on_connected or on_error. Default 30000.
   */
  uint32_t connect_ms;
};

/**
 * How much may wait. 0 in a member means its default.
 */
struct otc_x_limits {
  /**
   * sizeof(struct otc_x_limits).
   */
  size_t struct_size;
  /**
   * Signals that were accepted and not yet answered by the server. Default 10000.
   */
  size_t outbox_signals;
  /**
   * Bytes of such signals. Default 16777216 (16 MiB).
   */
  size_t outbox_bytes;
  /**
   * Bytes of events that wait for a callback to return; beyond it the library stops reading from the server until
   * half of them are gone. Default 67108864 (64 MiB).
   */
  size_t callback_queue_bytes;
};

/**
 * Tells the version of the library.
 *
 * - When: any time, before otc_init() too.
 * - Threads: any; does not block.
 * - Ownership: the string is a constant.
 * - Returns: three numbers with dots between them, such as "1.2.3".
 */
OTC_API const char *otc_x_version(void);

/**
 * Writes a record of the level OTC_LOG_LEVEL_ERROR to the library's log, for wrappers that have something to complain of.
 *
 * - When: any time, before otc_init() too.
 * - Threads: any; inside a logger the record is dropped, as all are.
 * - Ownership: text is copied. It may end up in files: no secrets. It is made one line.
 * - NULL: nothing is written; nor is text that is not UTF-8.
 * - Outcome: the logger of otc_log_set_logger_callback() gets the record, else standard error, if otc_log_enable() lets
 *   errors through.
 */
OTC_API
void otc_x_log_error(const char *text);

/**
 * Sets the address of the API server, for example https://relay.example.
 *
 * - When: before the session is made with these settings; sessions that exist are not affected.
 * - Threads: any; does not block.
 * - Ownership: url is copied.
 * - NULL: NULL or unknown settings give OTC_INVALID_PARAM. A NULL url, or "", means the default.
 * - Returns: OTC_SUCCESS; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER for what is no http or https URL:
 *   the log says why, and nothing has changed. Whether the server is there shows when connecting, through on_error.
 * - Defaults: OTC_API_URL of the environment (ignored in set-uid programs), else http://127.0.0.1:8080.
 */
OTC_API
otc_status otc_x_session_settings_set_api_url(otc_session_settings *settings,
                                              const char *url);

/**
 * Names a file of certificates, in PEM form, that are trusted in addition to those of the system.
 *
 * - When: before the session is made with these settings; sessions that exist are not affected.
 * - Threads: any; does not block.
 * - Ownership: path is copied; the file is read when the session connects.
 * - NULL: NULL or unknown settings give OTC_INVALID_PARAM. A NULL path, or "", means the default.
 * - Returns: OTC_SUCCESS; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER for text that is not UTF-8. A
 *   file that cannot be read shows when connecting, through on_error.
 * - Defaults: OTC_CA_FILE of the environment (ignored in set-uid programs), else none.
 */
OTC_API
otc_status otc_x_session_settings_set_ca_file(otc_session_settings *settings,
                                              const char *path);

/**
 * Chooses the proxy that leads to servers: HTTP CONNECT or SOCKS5, for session info and signals alike.
 *
 * It is another thing than the IP proxy of otc_session_settings_set_proxy_url(), and both may be set.
 *
 * - When: before the session is made with these settings; sessions that exist are not affected.
 * - Threads: any; does not block.
 * - Ownership: url is copied.
 * - NULL: NULL or unknown settings give OTC_INVALID_PARAM. A NULL url, or "", means the default.
 * - Returns: OTC_SUCCESS; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER for what is no URL of a proxy: the
 *   log says why, and nothing has changed. Whether the proxy is there shows when connecting, through on_error.
 * - Allowed: http://[user:password@]host[:port], or the same with https, socks5 or socks5h. Special characters of user
 *   and password are written as %XX. Without a port it is 1080, for https 443. The proxy looks names up. "direct"
 *   means no proxy, whatever the environment says.
 * - Outcome: every host is reached through it, this machine's own loopback too. User and password never reach the log
 *   or error_string.
 * - Defaults: https_proxy or http_proxy of the environment by the scheme of the URL, else all_proxy, in small or capital
 *   letters, except for hosts that no_proxy lists and for loopback; ignored in set-uid programs. See docs/networks.md.
 */
OTC_API
otc_status otc_x_session_settings_set_forward_proxy(otc_session_settings *settings,
                                                    const char *url);

/**
 * Sets how long things may take.
 *
 * - When: before the session is made with these settings; sessions that exist are not affected.
 * - Threads: any; does not block.
 * - Ownership: timeouts is copied.
 * - NULL: NULL or unknown settings give OTC_INVALID_PARAM; NULL timeouts OTC_SESSION_NULL_OR_INVALID_PARAMETER.
 * - Returns: OTC_SUCCESS; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER for a struct_size that fits no
 *   version of the struct, for a member set that this library does not know, and for values that contradict each
 *   other. Then nothing has changed.
 * - Defaults: see struct otc_x_timeouts.
 */
OTC_API
otc_status otc_x_session_settings_set_timeouts(otc_session_settings *settings,
                                               const struct otc_x_timeouts *timeouts);

/**
 * Sets how much may wait.
 *
 * - When: before the session is made with these settings; sessions that exist are not affected.
 * - Threads: any; does not block.
 * - Ownership: limits is copied.
 * - NULL: NULL or unknown settings give OTC_INVALID_PARAM; NULL limits OTC_SESSION_NULL_OR_INVALID_PARAMETER.
 * - Returns: OTC_SUCCESS; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER for a struct_size that fits no
 *   version of the struct and for a member set that this library does not know. Then nothing has changed.
 * - Defaults: see struct otc_x_limits.
 */
OTC_API
otc_status otc_x_session_settings_set_limits(otc_session_settings *settings,
                                             const struct otc_x_limits *limits);

OTC_END_DECL

#endif
