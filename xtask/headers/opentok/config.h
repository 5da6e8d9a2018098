/**
 * @file config.h
 * Linkage and export macros, and the system headers that the other headers of this folder rely on.
 *
 * Including any header of the library gives the fixed-width integers of stdint.h and, outside Windows, sys/time.h:
 * programs written for the mirrored interface count on both.
 */
#ifndef OTC_HEADER_CONFIG_H
#define OTC_HEADER_CONFIG_H

#include <stdint.h>
#if !defined(_WIN32)
#include <sys/time.h>
#endif

/** 1 when the program is built for macOS (WEBRTC_MAC defined, WEBRTC_IOS not), else 0. */
#if defined(WEBRTC_MAC) && !defined(WEBRTC_IOS)
#define IS_MAC_OS 1
#else
#define IS_MAC_OS 0
#endif

/** 1 when the program is built for Linux (WEBRTC_LINUX defined, WEBRTC_ANDROID not), else 0. */
#if defined(WEBRTC_LINUX) && !defined(WEBRTC_ANDROID)
#define IS_LINUX 1
#else
#define IS_LINUX 0
#endif

/** Marks a symbol as exported from a shared library: dllexport on Windows, default visibility elsewhere. */
#if defined(SWIG)
#define LIBOPENTOK_LIBRARY_EXPORTED
#elif defined(_WIN32)
#define LIBOPENTOK_LIBRARY_EXPORTED __declspec(dllexport)
#elif defined(__GNUC__) || defined(__clang__)
#define LIBOPENTOK_LIBRARY_EXPORTED __attribute__((visibility("default")))
#else
#define LIBOPENTOK_LIBRARY_EXPORTED
#endif

/** Stands before each function that the library exports. Empty on Windows, where the import library is enough. */
#if defined(SWIG) || defined(_WIN32)
#define OTC_API
#else
#define OTC_API LIBOPENTOK_LIBRARY_EXPORTED
#endif

/** Open and close a block of declarations with C linkage; OTC_DECL() is linkage, export mark and return type. */
#if defined(__cplusplus)
#define OTC_BEGIN_DECL extern "C" {
#define OTC_END_DECL }
#define OTC_DECL(type) LIBOPENTOK_LIBRARY_EXPORTED type
#else
#define OTC_BEGIN_DECL
#define OTC_END_DECL
#define OTC_DECL(type) extern LIBOPENTOK_LIBRARY_EXPORTED type
#endif

/** The return type of a definition whose declaration used OTC_DECL(). */
#define OTC_DEF(type) type

#endif
